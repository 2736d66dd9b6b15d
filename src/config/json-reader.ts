import { UsageError } from '../model/errors.ts';
import { routeTo, type DataEntry, type DataNode } from '../support/data-tree.ts';
import { visible } from '../support/escape.ts';
import { LineIndex } from '../support/lines.ts';

/** A JSON file (comments allowed) with the means to say exactly what is wrong in it and where. */
export interface JsonDocument {
  readonly file: string;
  readonly root: DataNode;
  /** @returns UsageError `FILE:LINE:COLUMN: ROUTE MESSAGE`. Values are never quoted: a misplaced key must not reach a log. */
  problem(node: DataNode, route: string, message: string, fix: string): UsageError;
}

/** @throws UsageError when `text` is not JSON. */
export async function parseDocument(file: string, text: string): Promise<JsonDocument> {
  const { parseJson } = await import('../support/json.ts');
  const { root, fault } = parseJson(text);
  const lines = new LineIndex(text);
  function at(offset: number): string {
    const { line, column } = lines.position(offset);
    return `${visible(file)}:${line}:${column}`;
  }
  if (fault !== undefined) throw new UsageError(`${at(fault.offset)}: not valid JSON: ${fault.message}`, 'Correct the file at this place.');
  if (root === undefined) throw new UsageError(`${visible(file)}: the file is empty`, 'Write a JSON object, at least {}.');
  return { file, root, problem: (node, route, message, fix) => new UsageError(`${at(node.start)}: ${visible(route)} ${message}`, fix) };
}

/** Reads the value at one key. Throws the document's problem when it is not what the key takes. */
export type FieldReader<T> = (document: JsonDocument, node: DataNode, route: string) => T;

/**
 * The entries of an object by key, in a map, so that no key can reach a prototype. Unknown and repeated keys are refused: a misspelt setting
 * that silently does nothing is the worst kind.
 */
export function readObject(document: JsonDocument, node: DataNode, route: string, known?: readonly string[]): ReadonlyMap<string, DataNode> {
  if (node.kind !== 'map') throw document.problem(node, route, 'must be an object', known === undefined ? 'Write {...}.' : `Write {...} with any of: ${known.join(', ')}.`);
  const fields = new Map<string, DataNode>();
  for (const entry of node.entries) {
    const place = routeTo(route, entry.key);
    if (known !== undefined && !known.includes(entry.key)) throw document.problem(keyNode(entry), place, 'is not a known setting', `Remove it, or use one of: ${known.join(', ')}.`);
    if (fields.has(entry.key)) throw document.problem(keyNode(entry), place, 'is given twice', 'Keep one of the two.');
    fields.set(entry.key, entry.value);
  }
  return fields;
}

function keyNode(entry: DataEntry): DataNode {
  return { kind: 'scalar', value: null, start: entry.keyStart, end: entry.keyEnd };
}

export function readList<T>(document: JsonDocument, node: DataNode, route: string, item: FieldReader<T>): readonly T[] {
  if (node.kind !== 'list') throw document.problem(node, route, 'must be a list', 'Write [...], even for one item.');
  return node.items.map((each, index) => item(document, each, routeTo(route, index)));
}

/** A string that is not empty once trimmed. */
export function readText(document: JsonDocument, node: DataNode, route: string): string {
  if (node.kind !== 'scalar' || typeof node.value !== 'string' || node.value.trim() === '') {
    throw document.problem(node, route, 'must be a text that is not empty', 'Write it in double quotes.');
  }
  return node.value;
}

export function readBoolean(document: JsonDocument, node: DataNode, route: string): boolean {
  if (node.kind !== 'scalar' || typeof node.value !== 'boolean') throw document.problem(node, route, 'must be true or false', 'Write true or false, without quotes.');
  return node.value;
}

/** A whole number from `low` to `high`. */
export function readInteger(document: JsonDocument, node: DataNode, route: string, low: number, high: number): number {
  const value = node.kind === 'scalar' ? node.value : undefined;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < low || value > high) {
    throw document.problem(node, route, `must be a whole number from ${low} to ${high}`, 'Write it without quotes.');
  }
  return value;
}

export function readChoice<const T extends string>(document: JsonDocument, node: DataNode, route: string, choices: readonly T[]): T {
  const value = node.kind === 'scalar' ? node.value : undefined;
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw document.problem(node, route, `must be one of: ${choices.join(', ')}`, 'Use one of these words, in quotes.');
  return found;
}

/** A day of the calendar, `2026-11-24`. */
export function readDay(document: JsonDocument, node: DataNode, route: string): string {
  const value = node.kind === 'scalar' ? node.value : undefined;
  if (typeof value !== 'string' || !isDay(value)) throw document.problem(node, route, 'must be a date', 'Write it as "YYYY-MM-DD".');
  return value;
}

function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** The rule for every `expires`: it still counts on the day itself. Both as `YYYY-MM-DD`. */
export function isPast(expires: string | undefined, today: string): boolean {
  return expires !== undefined && expires < today.slice(0, 10);
}
