import { readFileSync, statSync } from 'node:fs';
import { UsageError } from '../model/errors.ts';
import type { Inventory } from '../model/inventory.ts';
import { SEVERITIES } from '../model/levels.ts';

/** An inventory of a very large organisation; more is no inventory of ours. */
const LARGEST = 512 * 2 ** 20;

/** Whether `path` is a saved inventory: a JSON file that says it is one of ours. A source file named `.json` is not. */
export function isInventoryFile(path: string): boolean {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status?.isFile() !== true || status.size > LARGEST || !path.endsWith('.json')) return false;
  const head = readFileSync(path, 'utf8').slice(0, 300);
  return /^\s*\{\s*"schemaVersion"\s*:/.test(head) && /"name"\s*:\s*"dekey"/.test(head);
}

/**
 * Reads an inventory that `dekey scan --format json` wrote.
 *
 * @throws UsageError naming the file, the part that is wrong, and what to do.
 */
export function readInventory(path: string): Inventory {
  const wrong = (what: string): UsageError => new UsageError(`${path} is not a whole inventory: ${what}`, 'Make it anew: dekey scan --format json -o FILE');
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`${path} is not valid JSON`, 'Make it anew: dekey scan --format json -o FILE', { cause: error });
  }
  if (!isRecord(value)) throw wrong('it is not an object');
  const version = value['schemaVersion'];
  if (version !== '1.0' && version !== '1.1') throw wrong(`its schema version is ${JSON.stringify(version)}, and this version reads "1.0" and "1.1"`);
  const { summary, tool } = value;
  if (!isRecord(tool) || typeof tool['version'] !== 'string') throw wrong('"tool" is missing');
  if (!isRecord(summary) || !isRecord(summary['byLevel']) || !isRecord(summary['pathToZero'])) throw wrong('"summary" is missing');
  checkLists(value, LISTS, '', wrong);
  const accounts = value['accounts'];
  if (accounts !== undefined) {
    if (!isRecord(accounts)) throw wrong('"accounts" is not an object');
    checkLists(accounts, ACCOUNT_LISTS, 'accounts.', wrong);
  }
  // Checked above as far as anything here reads it.
  return value as unknown as Inventory;
}

type Lists = Readonly<Record<string, Readonly<Record<string, Kind>>>>;

function checkLists(holder: Readonly<Record<string, unknown>>, lists: Lists, at: string, wrong: (what: string) => UsageError): void {
  for (const [list, fields] of Object.entries(lists)) {
    const items = holder[list];
    if (!Array.isArray(items)) throw wrong(`"${at}${list}" is missing`);
    for (const [index, item] of items.entries()) {
      if (!isRecord(item)) throw wrong(`${at}${list}[${index}] is not an object`);
      for (const [field, kind] of Object.entries(fields)) if (!isOfKind(item[field], kind)) throw wrong(`${at}${list}[${index}].${field} is missing or not ${kind}`);
    }
  }
}

type Kind = 'a text' | 'a number' | 'a list of objects' | 'a score with factors' | 'a list of texts' | 'texts by name' | 'an object' | 'true or false';

const LISTS: Lists = {
  targets: { id: 'a text', kind: 'a text', name: 'a text', complete: 'true or false', files: 'a number', objects: 'a number', skipped: 'a list of objects', facts: 'texts by name' },
  credentials: { id: 'a text', provider: 'a text', kind: 'a text', preview: 'a text', lifetime: 'a text', confidence: 'a text', disposition: 'a text', names: 'a list of texts', findings: 'a list of texts', workloads: 'a list of texts', risk: 'a score with factors', facts: 'texts by name' },
  findings: { id: 'a text', code: 'a text', class: 'a text', provider: 'a text', detector: 'a text', severity: 'a text', confidence: 'a text', location: 'an object', credential: 'a text', arguments: 'texts by name', fingerprint: 'a text' },
  workloads: { id: 'a text', platform: 'a text', name: 'a text', location: 'an object', uses: 'a list of texts', identity: 'an object', facts: 'texts by name' },
  problems: { path: 'a text', message: 'a text', fix: 'a text' },
};

const ACCOUNT_LISTS: Lists = {
  stored: { target: 'a text', store: 'a text', scope: 'a text', name: 'a text', readers: 'a list of texts', usedBy: 'a list of texts', credential: 'a text' },
  settings: { target: 'a text', kind: 'a text', name: 'a text', facts: 'texts by name' },
};

function isOfKind(value: unknown, kind: Kind): boolean {
  switch (kind) {
    case 'a text':
      return typeof value === 'string';
    case 'a number':
      return typeof value === 'number';
    case 'a list of objects':
      return Array.isArray(value) && value.every(isRecord);
    case 'a score with factors':
      return isRecord(value) && typeof value['score'] === 'number' && SEVERITIES.some((level) => level === value['level']) && typeof value['vector'] === 'string' && isOfKind(value['factors'], 'a list of objects');
    case 'true or false':
      return typeof value === 'boolean';
    case 'an object':
      return isRecord(value);
    case 'a list of texts':
      return Array.isArray(value) && value.every((item) => typeof item === 'string');
    case 'texts by name':
      return isRecord(value) && Object.values(value).every((item) => typeof item === 'string');
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
