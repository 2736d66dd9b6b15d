import { lstatSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { UNUSED_AFTER } from '../model/account.ts';
import { UsageError } from '../model/errors.ts';
import { SEVERITIES, type Severity } from '../model/levels.ts';
import type { DataNode } from '../support/data-tree.ts';
import { visible } from '../support/escape.ts';
import { compileGlobs } from '../support/glob.ts';
import { isInside } from '../support/paths.ts';
import { parseDocument, readBoolean, readChoice, readDay, readInteger, readList, readObject, readText, type FieldReader, type JsonDocument } from './json-reader.ts';

/** A rule that accepts findings by place. */
export interface IgnoreRule {
  /** A pattern as in {@link compileGlobs}. */
  readonly path: string;
  /** Only findings with this code. */
  readonly code?: string;
  readonly reason: string;
  /** Last day on which it counts, `YYYY-MM-DD`. */
  readonly expires?: string;
}

/** The configuration of a run. It can narrow what is scanned and say what is accepted; it cannot name hosts, commands or outputs. */
export interface Config {
  /** The file it came from, absolute; absent when there is none. */
  readonly file?: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly failOn?: Severity | 'none';
  /** Absolute. */
  readonly baseline?: string;
  /** In MB (2^20 bytes). */
  readonly maxFileSize?: number;
  readonly history?: boolean;
  readonly ignore: readonly IgnoreRule[];
  /** Absolute. */
  readonly fingerprintKeyFile?: string;
  readonly workers?: number;
  /** The repository can be read by everyone. */
  readonly public?: boolean;
  /** Days without use from which a key that an account lists is called idle. */
  readonly unusedAfter?: number;
  readonly plan?: PlanConfig;
}

/** What a plan cannot read out of files. Ids and names only: nothing secret. */
export interface PlanConfig {
  /** Values of inputs by id: `"anthropic.organization_id": "..."`. */
  readonly inputs: ReadonlyMap<string, string>;
  /** By path pattern or platform id: the platform that these workloads run on. */
  readonly runsOn: ReadonlyMap<string, string>;
  /** Branch whose runs are trusted. */
  readonly branch?: string;
}

export const CONFIG_NAME = 'dekey.config.json';

const LARGEST_CONFIG = 1024 * 1024;
const MOST_MEGABYTES = 4096;
const MOST_WORKERS = 256;
const FAIL_ON = [...SEVERITIES, 'none'] as const;
const INPUT_ID = /^[a-z0-9_]+(?:\.[a-z0-9_]+)+$/;
const FINDING_CODE = /^DK-[A-Z0-9]+(?:-[A-Z0-9]+)*$/;

/**
 * Loads `dekey.config.json` from the working directory of the run, or the file named `explicit` (from `cwd`). Nowhere else is looked, so a
 * scanned tree cannot configure the scan of itself unless someone works in it.
 *
 * @throws UsageError naming file, line, setting and fix.
 */
export async function loadConfig(cwd: string, explicit?: string): Promise<Config> {
  const file = resolve(cwd, explicit ?? CONFIG_NAME);
  if (explicit === undefined && lstatSync(file, { throwIfNoEntry: false }) === undefined) return { include: [], exclude: [], ignore: [] };
  return parseConfig(file, readConfigFile(file, explicit !== undefined), explicit !== undefined);
}

function readConfigFile(file: string, named: boolean): string {
  const shown = visible(file);
  try {
    // A name on the command line may be a link; one found in the folder may not, since it could lead to any file.
    const status = named ? statSync(file) : lstatSync(file);
    if (!status.isFile()) throw new UsageError(`cannot read the configuration ${shown}: it is not a regular file`, 'Put a regular file there, or name one with --config.');
    if (status.size > LARGEST_CONFIG) throw new UsageError(`cannot read the configuration ${shown}: it is larger than 1 MB`, 'Check that this is the right file.');
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`cannot read the configuration ${shown}`, 'Check the name and its permissions.', { cause: error });
  }
}

/**
 * Parses and checks the text of a configuration.
 *
 * @param trusted whether a person named the file. One that was only found may not lead out of its own folder.
 */
export async function parseConfig(file: string, text: string, trusted: boolean): Promise<Config> {
  const document = await parseDocument(file, text);
  const fields = readObject(document, document.root, '$', SETTINGS);
  const schema = fields.get('$schema');
  if (schema !== undefined) readText(document, schema, '$.$schema');

  function read<T>(key: (typeof SETTINGS)[number], reader: FieldReader<T>): T | undefined {
    const node = fields.get(key);
    return node === undefined ? undefined : reader(document, node, `$.${key}`);
  }
  const pathReader: FieldReader<string> = (_, node, route) => readPath(document, node, route, trusted);
  return {
    file,
    include: read('include', readPatterns) ?? [],
    exclude: read('exclude', readPatterns) ?? [],
    ignore: read('ignore', (_, node, route) => readList(document, node, route, readIgnoreRule)) ?? [],
    ...present('failOn', read('failOn', (_, node, route) => readChoice(document, node, route, FAIL_ON))),
    ...present('baseline', read('baseline', pathReader)),
    ...present('maxFileSize', read('maxFileSize', (_, node, route) => readInteger(document, node, route, 1, MOST_MEGABYTES))),
    ...present('history', read('history', readBoolean)),
    ...present('fingerprintKeyFile', read('fingerprintKeyFile', pathReader)),
    ...present('workers', read('workers', (_, node, route) => readInteger(document, node, route, 1, MOST_WORKERS))),
    ...present('public', read('public', readBoolean)),
    ...present('unusedAfter', read('unusedAfter', (_, node, route) => readInteger(document, node, route, UNUSED_AFTER.least, UNUSED_AFTER.most))),
    ...present('plan', read('plan', readPlan)),
  };
}

const SETTINGS = ['$schema', 'include', 'exclude', 'failOn', 'baseline', 'maxFileSize', 'history', 'ignore', 'fingerprintKeyFile', 'workers', 'public', 'unusedAfter', 'plan'] as const;

/** `{ [key]: value }`, or nothing when there is no value. */
function present<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  if (value === undefined) return {};
  const field: { [P in K]?: V } = {};
  field[key] = value;
  return field;
}

function readPatterns(document: JsonDocument, node: DataNode, route: string): readonly string[] {
  return readList(document, node, route, readPattern);
}

function readPattern(document: JsonDocument, node: DataNode, route: string): string {
  const pattern = readText(document, node, route);
  if (pattern.startsWith('!')) throw document.problem(node, route, 'starts with "!"', 'Patterns have no negation here: use "exclude" to leave something out.');
  try {
    compileGlobs([pattern]);
  } catch {
    throw document.problem(node, route, 'has braces with more than 1,000 alternatives', 'Write a simpler pattern.');
  }
  return pattern;
}

function readPlan(document: JsonDocument, node: DataNode, route: string): PlanConfig {
  const fields = readObject(document, node, route, ['inputs', 'runsOn', 'branch']);
  const inputs = fields.get('inputs');
  const runsOn = fields.get('runsOn');
  const branch = fields.get('branch');
  return {
    inputs: inputs === undefined ? new Map() : readTexts(document, inputs, `${route}.inputs`, INPUT_ID, 'must be the id of an input', 'Write it as the plan lists it, such as "anthropic.organization_id".'),
    runsOn: runsOn === undefined ? new Map() : readTexts(document, runsOn, `${route}.runsOn`, /\S/, 'must be a path pattern or a platform', 'Write "services/api/**": "gke", or "code": "aws-compute".'),
    ...present('branch', branch === undefined ? undefined : readText(document, branch, `${route}.branch`)),
  };
}

/** An object from names to texts. */
function readTexts(document: JsonDocument, node: DataNode, route: string, names: RegExp, wrong: string, fix: string): ReadonlyMap<string, string> {
  const result = new Map<string, string>();
  for (const [name, value] of readObject(document, node, route)) {
    if (!names.test(name)) throw document.problem(node, `${route}.${name}`, wrong, fix);
    result.set(name, readText(document, value, `${route}.${name}`));
  }
  return result;
}

function readIgnoreRule(document: JsonDocument, node: DataNode, route: string): IgnoreRule {
  const fields = readObject(document, node, route, ['path', 'code', 'reason', 'expires']);
  const path = fields.get('path');
  const reason = fields.get('reason');
  const code = fields.get('code');
  const expires = fields.get('expires');
  if (path === undefined) throw document.problem(node, `${route}.path`, 'is missing', 'Say which files the rule is for: "path": "docs/**".');
  if (reason === undefined) throw document.problem(node, `${route}.reason`, 'is missing', 'Say why these findings are accepted: "reason": "...".');
  return {
    path: readPattern(document, path, `${route}.path`),
    reason: readText(document, reason, `${route}.reason`),
    ...present('code', code === undefined ? undefined : readCode(document, code, `${route}.code`)),
    ...present('expires', expires === undefined ? undefined : readDay(document, expires, `${route}.expires`)),
  };
}

function readCode(document: JsonDocument, node: DataNode, route: string): string {
  const code = readText(document, node, route);
  if (!FINDING_CODE.test(code)) throw document.problem(node, route, 'must be a finding code', 'Write it as the report does, such as "DK-SECRET-ANTHROPIC-API-KEY".');
  return code;
}

/** A path from the folder of the configuration file. */
function readPath(document: JsonDocument, node: DataNode, route: string, trusted: boolean): string {
  const path = readText(document, node, route);
  const folder = dirname(document.file);
  const full = resolve(folder, path);
  if (trusted || (!isAbsolute(path) && staysInside(folder, full))) return full;
  throw document.problem(node, route, 'leads out of the folder of the configuration file', 'Use a path inside it, give it on the command line, or name this file with --config.');
}

/** Also through links: the nearest folder or file that exists on the way must lie inside. */
function staysInside(folder: string, path: string): boolean {
  if (!isInside(folder, path)) return false;
  const real = realpathSync(folder);
  for (let at = path; at !== folder; at = dirname(at)) {
    if (lstatSync(at, { throwIfNoEntry: false }) === undefined) continue;
    try {
      return isInside(real, join(realpathSync(at), relative(at, path)));
    } catch {
      return false;
    }
  }
  return true;
}
