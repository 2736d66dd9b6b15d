import { readFile, stat } from 'node:fs/promises';
import { UsageError } from '../model/errors.ts';
import type { Finding } from '../model/inventory.ts';
import { writeNewFile } from '../support/atomic-write.ts';
import type { DataNode } from '../support/data-tree.ts';
import { visible } from '../support/escape.ts';
import { compareBytes } from '../support/paths.ts';
import { isPast, parseDocument, readChoice, readDay, readList, readObject, readText, type JsonDocument } from './json-reader.ts';

/** One accepted finding. */
export interface BaselineEntry {
  /** `Finding.fingerprint`: what matching goes by. It cannot be turned back into a secret. */
  readonly fingerprint: string;
  readonly code: string;
  /** Where it was when it was accepted; for people. */
  readonly path: string;
  readonly reason: string;
  /** Last day on which it counts, `YYYY-MM-DD`. */
  readonly expires?: string;
  /** Day on which it was accepted, `YYYY-MM-DD`. */
  readonly accepted: string;
}

export interface Baseline {
  readonly schemaVersion: '1.0';
  readonly findings: readonly BaselineEntry[];
}

const LARGEST_BASELINE = 64 * 1024 * 1024;

/** @throws UsageError naming file, line, field and fix. */
export async function readBaseline(path: string): Promise<Baseline> {
  let text: string;
  try {
    const status = await stat(path);
    if (!status.isFile()) throw new UsageError(`cannot read the baseline ${visible(path)}: it is not a regular file`, 'Name the file written by --update-baseline.');
    if (status.size > LARGEST_BASELINE) throw new UsageError(`cannot read the baseline ${visible(path)}: it is larger than 64 MB`, 'Check that this is the right file.');
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`cannot read the baseline ${visible(path)}`, 'Check the name, or make it with --update-baseline.', { cause: error });
  }
  return parseBaseline(path, text);
}

/** Parses and checks the text of a baseline; `file` is for messages. */
export async function parseBaseline(file: string, text: string): Promise<Baseline> {
  const document = await parseDocument(file, text);
  const fields = readObject(document, document.root, '$', ['$schema', 'schemaVersion', 'findings']);
  const schema = fields.get('$schema');
  if (schema !== undefined) readText(document, schema, '$.$schema');
  const schemaVersion = readChoice(document, required(document, fields, document.root, '$', 'schemaVersion'), '$.schemaVersion', ['1.0']);
  const findings = readList(document, required(document, fields, document.root, '$', 'findings'), '$.findings', readEntry);
  return { schemaVersion, findings };
}

function readEntry(document: JsonDocument, node: DataNode, route: string): BaselineEntry {
  const fields = readObject(document, node, route, ['fingerprint', 'code', 'path', 'reason', 'expires', 'accepted']);
  function text(key: string): string {
    return readText(document, required(document, fields, node, route, key), `${route}.${key}`);
  }
  const expires = fields.get('expires');
  return {
    fingerprint: text('fingerprint'),
    code: text('code'),
    path: text('path'),
    reason: text('reason'),
    ...(expires === undefined ? {} : { expires: readDay(document, expires, `${route}.expires`) }),
    accepted: readDay(document, required(document, fields, node, route, 'accepted'), `${route}.accepted`),
  };
}

function required(document: JsonDocument, fields: ReadonlyMap<string, DataNode>, parent: DataNode, route: string, key: string): DataNode {
  const node = fields.get(key);
  if (node === undefined) throw document.problem(parent, `${route}.${key}`, 'is missing', 'Restore it, or write the baseline anew with --update-baseline.');
  return node;
}

export interface BaselinedFindings {
  /** All of them, in the same order; the accepted ones carry the reason in `baselined`. */
  readonly findings: readonly Finding[];
  /** Entries past their day whose finding is still there: it counts again. */
  readonly expired: readonly BaselineEntry[];
  /** Entries whose finding is gone. */
  readonly stale: readonly BaselineEntry[];
}

/**
 * Marks the findings that `baseline` accepts. Of several entries with one fingerprint (two branches merged) any that still counts is enough.
 *
 * @param today `YYYY-MM-DD`.
 */
export function applyBaseline(findings: readonly Finding[], baseline: Baseline, today: string): BaselinedFindings {
  const active = new Map<string, BaselineEntry>();
  for (const entry of baseline.findings) {
    if (!isPast(entry.expires, today) && !active.has(entry.fingerprint)) active.set(entry.fingerprint, entry);
  }
  const met = new Set(findings.map((finding) => finding.fingerprint));
  return {
    findings: findings.map((finding) => {
      const entry = active.get(finding.fingerprint);
      return entry === undefined ? finding : { ...finding, baselined: entry.reason };
    }),
    expired: baseline.findings.filter((entry) => met.has(entry.fingerprint) && !active.has(entry.fingerprint)),
    stale: baseline.findings.filter((entry) => !met.has(entry.fingerprint)),
  };
}

/**
 * The baseline that accepts `findings`. Entries that still count keep their reason, day and expiry; those past their day are accepted anew; those whose
 * finding is gone are dropped. Findings that a comment or a rule allows need no entry. Sorted, one entry a fingerprint.
 *
 * @param today `YYYY-MM-DD`.
 */
export function updateBaseline(old: Baseline | undefined, findings: readonly Finding[], reason: string, today: string): Baseline {
  const kept = new Map<string, BaselineEntry>();
  for (const entry of old?.findings ?? []) {
    if (!isPast(entry.expires, today) && !kept.has(entry.fingerprint)) kept.set(entry.fingerprint, entry);
  }
  const entries = new Map<string, BaselineEntry>();
  for (const { fingerprint, code, location, allowed } of findings) {
    const before = kept.get(fingerprint);
    if ((allowed !== undefined && before === undefined) || entries.has(fingerprint)) continue;
    entries.set(fingerprint, before ?? { fingerprint, code, path: location.path, reason, accepted: today.slice(0, 10) });
  }
  return { schemaVersion: '1.0', findings: [...entries.values()].sort(compareEntries) };
}

function compareEntries(a: BaselineEntry, b: BaselineEntry): number {
  return compareBytes(a.path, b.path) || compareBytes(a.code, b.code) || compareBytes(a.fingerprint, b.fingerprint);
}

/** The bytes of a baseline file: stable, one finding after the other, so that a review shows what was accepted. */
export function renderBaseline(baseline: Baseline): string {
  const findings = baseline.findings.map(({ fingerprint, code, path, reason, expires, accepted }) => ({ fingerprint, code, path, reason, expires, accepted }));
  return `${JSON.stringify({ schemaVersion: baseline.schemaVersion, findings }, null, 2)}\n`;
}

/** Writes the file, replacing an earlier one. @throws DekeyError as `writeNewFile` does. */
export async function writeBaseline(path: string, baseline: Baseline): Promise<void> {
  await writeNewFile(path, renderBaseline(baseline), { overwrite: true });
}
