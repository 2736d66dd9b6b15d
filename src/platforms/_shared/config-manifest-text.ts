import type { ReferenceStore } from '../../model/reference.ts';
import { formOf } from './config-values.ts';
import { baseName, IDENTITY_AVAILABLE, type Draft, type WorkloadSeed } from './config-draft.ts';

interface Line {
  readonly text: string;
  readonly start: number;
  readonly indent: number;
}

/** Lines that may belong to one `- name:` entry. */
const MAX_ENTRY_LINES = 14;
/** Longer lines are data. */
const MAX_LINE = 2000;
const NAMED = /^(\s*-\s+(?:\{\s*)?name:\s*["']?)([A-Za-z_][\w.-]{0,127})["']?(?:[\s,}]|$)/;
const KEYED = /^(\s*(?:-\s+)?["']?)([A-Za-z_][\w.-]{0,127})["']?\s*:\s+(\S.*)$/;

/**
 * Reads a Kubernetes manifest that is still a template (Helm, Jinja, envsubst) and so is no YAML: variables, secret keys and template values by
 * line. Everything found has confidence medium at most. Linear.
 */
export function readManifestText(draft: Draft): void {
  let workload = seedOf(draft, 'template', '', 0);
  const lines = linesOf(draft.text);
  for (let n = 0; n < lines.length; n += 1) {
    const line = lines[n];
    if (line === undefined || line.text.length > MAX_LINE) continue;
    const kind = /^kind:\s*["']?([A-Za-z]+)/.exec(line.text)?.[1];
    if (kind !== undefined) workload = seedOf(draft, kind, nameBelow(lines, n), line.start);
    const named = NAMED.exec(line.text);
    if (named !== null) readEntry(draft, workload, lines, n, named);
    else readKeyed(draft, workload, line);
  }
}

function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  for (let at = 0; at < text.length; ) {
    const stop = text.indexOf('\n', at);
    const end = stop < 0 ? text.length : stop;
    const line = text.slice(at, end);
    lines.push({ text: line, start: at, indent: line.length - line.trimStart().length });
    at = end + 1;
  }
  return lines;
}

function seedOf(draft: Draft, kind: string, name: string, start: number): WorkloadSeed {
  const key = `${kind}/${name === '' ? baseName(draft.path) : name}`;
  return { key, name: key, route: '', start, end: start, identity: IDENTITY_AVAILABLE, facts: { templated: 'true' } };
}

/** `metadata.name` when it stands in plain text. */
function nameBelow(lines: readonly Line[], from: number): string {
  for (const line of lines.slice(from + 1, from + 12)) {
    if (line.text.startsWith('---')) return '';
    const name = /^ {1,4}name:\s*["']?([\w.-]{1,100})["']?\s*$/.exec(line.text)?.[1];
    if (name !== undefined) return name;
  }
  return '';
}

function readEntry(draft: Draft, workload: WorkloadSeed, lines: readonly Line[], at: number, named: RegExpExecArray): void {
  const first = lines[at];
  const lead = named[1] ?? '';
  const name = named[2] ?? '';
  if (first === undefined) return;
  const start = first.start + lead.length;
  const entry = [first];
  for (const line of lines.slice(at + 1, at + MAX_ENTRY_LINES)) {
    if (line.text.trim() !== '' && !line.text.trimStart().startsWith('{{') && line.indent <= first.indent) break;
    if (line.text.length <= MAX_LINE) entry.push(line);
  }
  const body = entry.map((line) => line.text).join('\n');
  const store: ReferenceStore | undefined = body.includes('secretKeyRef') ? 'cluster-secret' : body.includes('configMapKeyRef') ? 'environment' : undefined;
  const key = /\bkey:\s*["']?([A-Za-z_][\w.-]{0,127})/.exec(body)?.[1];
  const place = { start, end: start + name.length };
  const match = draft.names.lookup(name);
  if (store !== undefined) {
    const theirs = key === undefined ? undefined : draft.names.lookup(key);
    if (match !== undefined) draft.reference(workload, match, { name, alias: key, store, route: name, place, confidence: 'medium' });
    else if (theirs !== undefined && key !== undefined) draft.reference(workload, theirs, { name: key, alias: name, store, route: name, place, confidence: 'medium' });
    return;
  }
  for (const line of entry) {
    const value = /^(.*\bvalue:\s*)(\S.*)$/.exec(line.text);
    if (match === undefined || value?.[1] === undefined || value[2] === undefined) continue;
    return bindText(draft, workload, name, line.start + value[1].length, value[2], place);
  }
}

function readKeyed(draft: Draft, workload: WorkloadSeed, line: Line): void {
  const keyed = KEYED.exec(line.text);
  const name = keyed?.[2];
  const value = keyed?.[3];
  if (keyed === null || name === undefined || value === undefined || draft.names.lookup(name) === undefined) return;
  const start = line.start + (keyed[1] ?? '').length;
  bindText(draft, workload, name, line.start + line.text.length - value.length, value, { start, end: start + name.length });
}

function bindText(draft: Draft, workload: WorkloadSeed, name: string, start: number, raw: string, place: { start: number; end: number }): void {
  const value = raw.replace(/\s+#.*$/, '').trimEnd();
  const quoted = /^(["'])(.*)\1$/.exec(value);
  const inner = quoted?.[2] ?? value;
  const from = start + (quoted === null ? 0 : 1);
  const match = draft.names.lookup(name);
  if (match === undefined) return;
  const form = formOf(inner);
  // A template's own value has no name outside the chart; the key beside it is the name.
  if (form.kind === 'taken' && inner.includes('{{')) draft.reference(workload, match, { name, store: 'environment', route: name, place, confidence: 'medium' });
  else draft.bind(workload, { name, route: name, place, value: { start: from, end: from + inner.length }, unset: 'skip', confidence: 'medium' });
}
