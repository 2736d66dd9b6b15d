import type { Change, Splice } from '../../model/change.ts';
import { childOf, type DataNode, entryOf, itemsOf, textOf } from '../../support/data-tree.ts';
import { parseToml } from '../../support/toml.ts';
import type { Edit } from '../edit.ts';
import type { FileRefusal, RewriteContext, Rewriter, Rewriting } from '../types.ts';
import { type Floor, floorsFor, type Raised, raisePython, wants } from './_floors.ts';

/** First release whose default credential takes WorkloadIdentityCredential for AZURE_TOKEN_CREDENTIALS: 1.23.0 stops at the value, and those before look for AZURE_AUTHORITY_HOST, which AKS alone sets (run, 2026-11-29). */
const AZURE_IDENTITY = '1.24.0';
const SECTIONS_OF_POETRY = /^(?:dependencies|dev-dependencies)$/;

/** Where a requirement stands: its range, or the place where one would. */
interface Requirement {
  readonly name: string;
  /** Range of the specifier. */
  readonly start: number;
  readonly end: number;
  readonly specifier: string;
  /** Why it is not edited. */
  readonly locked?: string;
  /** Address that it is taken from, where that does not say its release. */
  readonly origin?: string;
}

/** What Python projects say they need: versions that can do without a key. */
export const pythonManifests: Rewriter = {
  id: 'python-manifests',
  matches: (path) => kindOf(path) !== undefined,
  problems: (path, text) => {
    const fault = kindOf(path) === 'toml' || kindOf(path) === 'pipfile' ? parseToml(text).fault : undefined;
    return fault === undefined ? [] : [fault.message];
  },
  rewrite: (path, text, context) => rewriteManifest(path, text, context),
};

type Kind = 'lines' | 'toml' | 'pipfile' | 'cfg';

function kindOf(path: string): Kind | undefined {
  const base = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  if (base === 'pyproject.toml') return 'toml';
  if (base === 'pipfile') return 'pipfile';
  if (base === 'setup.cfg') return 'cfg';
  if (/^(?:[\w.-]*requirements[\w.-]*|constraints[\w.-]*)\.(?:txt|in)$/.test(base) || /(?:^|\/)requirements\/[^/]+\.(?:txt|in)$/i.test(path)) return 'lines';
  return undefined;
}

function rewriteManifest(path: string, text: string, context: RewriteContext): Rewriting {
  const azure = wants(context, 'azure-openai', 'native');
  const identity: readonly Floor[] = azure.length === 0 ? [] : [{ package: 'azure-identity', version: AZURE_IDENTITY, migrations: azure.map(({ migration }) => migration), title: 'Azure OpenAI' }];
  const floors = [...floorsFor(context, 'python'), ...identity];
  if (floors.length === 0) return { changes: [], refusals: [] };
  const requirements = requirementsIn(path, text);
  const changes: Change<Edit>[] = [];
  const refusals: FileRefusal[] = [];
  for (const floor of floors) {
    const splices: Splice[] = [];
    let crosses = false;
    for (const requirement of requirements.filter(({ name }) => name === normal(floor.package))) {
      const raised = raisePython(requirement.specifier, floor.version);
      if (raised.kind === 'fine' && requirement.origin === undefined) continue;
      const line = text.slice(0, requirement.start).split('\n').length;
      if (requirement.origin !== undefined) {
        refusals.push({ code: 'needs-code-change', line, reason: `${floor.title} without a key needs ${floor.package} ${floor.version} or later, and ${ORIGIN}.`, byHand: `See that what ${requirement.origin} gives is ${floor.version} or later, or take ${floor.package} from the package index.`, migrations: floor.migrations, shadows: false });
        continue;
      }
      const reason = requirement.locked ?? (raised.kind === 'refused' ? raised.reason : heldBack(text, requirement, raised, requirements));
      if (reason !== undefined || raised.kind !== 'raised') {
        refusals.push({ code: 'needs-code-change', line, reason: `${floor.title} without a key needs ${floor.package} ${floor.version} or later, and ${reason ?? 'it is not asked for'}.`, byHand: requirement.locked === undefined ? `Allow ${floor.package} ${floor.version} or later.` : commandFor(text, path, floor), migrations: floor.migrations, shadows: false });
        continue;
      }
      crosses ||= raised.crosses;
      splices.push({ start: requirement.start, end: requirement.end, text: raised.text });
    }
    if (splices.length > 0) changes.push(raiseChange(path, text, context, floor, splices, crosses));
  }
  const added = azure.length === 0 ? undefined : addition(path, text, requirements);
  if (added !== undefined) {
    changes.push({
      id: 'azure-identity/azure-openai',
      line: text.slice(0, added.start).split('\n').length,
      title: 'Azure OpenAI: azure-identity becomes a dependency',
      why: `The client asks it for tokens.${lockOf(path, context, 'azure-identity')}`,
      safety: 'unsafe',
      reason: 'Rests on this: the Python code of this project makes a client of Azure OpenAI.',
      migrations: azure.map(({ migration }) => migration),
      edits: [{ kind: 'text', ...added }],
    });
  }
  return { changes, refusals };
}

const ORIGIN = 'it comes from an address that does not say its release';

/** Packages that call providers by their clients, and work with few releases of those. */
const WRAPPERS = /^(?:litellm|langchain(?:-[\w-]+)?|llama-index(?:-[\w-]+)?|crewai|dspy(?:-ai)?|instructor|haystack-ai|pydantic-ai(?:-slim)?|smolagents|mem0ai|autogen(?:-[\w-]+)?|pyautogen)$/;

/**
 * Why a range that could be raised is left to a person: it says itself that it is held, it would let in another major release where it let in none, or it is one
 * version beside a package that rests on that version.
 */
function heldBack(text: string, { start, specifier }: Requirement, raised: Raised, all: readonly Requirement[]): string | undefined {
  const end = text.indexOf('\n', start);
  const comment = /#(.*)$/.exec(text.slice(start, end < 0 ? text.length : end))?.[1] ?? '';
  if (/\bpin(?:ned|s|ning)?\b|incompat|conflict|\bbreak|\bdo(?:n't| not)\b/i.test(comment)) return 'a comment says that it is held back on purpose';
  const wrapper = /^\s*={2,3}/.test(specifier) ? all.find(({ name }) => WRAPPERS.test(name)) : undefined;
  if (wrapper !== undefined) return `it is pinned to ${specifier.trim().replace(/^=+\s*/, '')} beside ${wrapper.name}, which may work with that release only`;
  return raised.kind === 'raised' && raised.crosses && !/^\s*>/.test(specifier) ? `${specifier.trim()} lets in no other major release` : undefined;
}

/** Why the manifest that speaks for `path` keeps a package below its floor until a person decides; undefined where it does not, and where none names it. */
export function heldBelow(path: string, floor: Pick<Floor, 'package' | 'version'>, { paths = [], read }: Pick<RewriteContext, 'paths' | 'read'>): { readonly manifest: string; readonly reason: string } | undefined {
  for (let folder = path.slice(0, path.lastIndexOf('/') + 1); ; folder = folder.slice(0, folder.lastIndexOf('/', folder.length - 2) + 1)) {
    const found = paths.filter((one) => one.startsWith(folder) && !one.slice(folder.length).includes('/') && kindOf(one) !== undefined).flatMap((manifest) => {
      const text = read(manifest) ?? '';
      const all = requirementsIn(manifest, text);
      return all.filter(({ name }) => name === normal(floor.package)).map((requirement) => ({ manifest, reason: heldReason(text, requirement, floor.version, all) }));
    });
    if (found.length > 0) {
      const [first] = found;
      return first === undefined || found.some(({ reason }) => reason === undefined) ? undefined : { manifest: first.manifest, reason: first.reason ?? '' };
    }
    if (folder === '') return undefined;
  }
}

function heldReason(text: string, requirement: Requirement, version: string, all: readonly Requirement[]): string | undefined {
  if (requirement.origin !== undefined) return ORIGIN;
  const raised = raisePython(requirement.specifier, version);
  if (raised.kind === 'fine' || requirement.locked !== undefined) return undefined;
  return raised.kind === 'refused' ? raised.reason : heldBack(text, requirement, raised, all);
}

function raiseChange(path: string, text: string, context: RewriteContext, floor: Floor, splices: readonly Splice[], crosses: boolean): Change<Edit> {
  return {
    id: `${floor.package}/floor`,
    line: text.slice(0, splices[0]?.start).split('\n').length,
    title: `${floor.package} ${floor.version} or later`,
    why: `${floor.package === 'azure-identity' ? 'Earlier releases do not find the token of the workload where AKS does not set more than the plan does.' : 'Earlier releases do not know workload identity.'}${lockOf(path, context, floor.package)}`,
    safety: 'unsafe',
    reason: crosses ? `Rests on this: the program works with ${floor.package} ${floor.version}, another major release than the one asked for.` : `Rests on this: the program works with ${floor.package} ${floor.version}.`,
    migrations: migrationsBelow(path, floor.migrations, context),
    edits: splices.map((splice) => ({ kind: 'text', ...splice })),
  };
}

/** Of the programs that this manifest speaks for; of all where none of them is below its folder. */
function migrationsBelow(path: string, migrations: readonly string[], { all }: RewriteContext): readonly string[] {
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  const below = new Set(all.filter((one) => one.path.startsWith(folder)).map(({ migration }) => migration));
  const own = migrations.filter((migration) => below.has(migration));
  return own.length === 0 ? migrations : own;
}

const LOCKS: readonly (readonly [string, (name: string) => string])[] = [
  ['uv.lock', (name) => `uv lock --upgrade-package ${name}`],
  ['poetry.lock', (name) => `poetry update ${name}`],
  ['pdm.lock', (name) => `pdm update ${name}`],
  ['Pipfile.lock', (name) => `pipenv update ${name}`],
];

/** What to run for the lock beside the file, or for that of the workspace above it; locks are not edited. */
function lockOf(path: string, context: RewriteContext, name: string): string {
  const parts = path.split('/').slice(0, -1);
  const folders = [...parts.map((_, index) => `${parts.slice(0, parts.length - index).join('/')}/`), ''];
  const lock = folders.flatMap((folder) => LOCKS.filter(([file]) => context.read(`${folder}${file}`) !== undefined))[0];
  return lock === undefined ? '' : ` Afterwards run ${lock[1](name)}, so that ${lock[0]} follows.`;
}

function commandFor(text: string, path: string, floor: Floor): string {
  const wanted = `'${floor.package}>=${floor.version}'`;
  const hashes = /--hash=/.test(text) ? ' --generate-hashes' : '';
  if (/autogenerated by uv|uv pip compile/.test(text)) return `Run uv pip compile with --upgrade-package ${wanted}${hashes}, and commit what it writes to ${path}.`;
  return `Run pip-compile --upgrade-package ${wanted}${hashes}, and commit what it writes to ${path}.`;
}

function normal(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, '-');
}

const REQUIREMENT = /^(\s*)([A-Za-z0-9][A-Za-z0-9._-]*)(\s*\[[^\]]*\])?(\s*)((?:===?|~=|>=|<=|!=|>|<)[^;#\\]*?)?(\s*(?:;.*?)?)$/;

/** `name @ git+https://...`, and `git+https://...#egg=name`. */
const DIRECT = /^\s*(?:-e\s+)?([A-Za-z0-9][A-Za-z0-9._-]*)(?:\s*\[[^\]]*\])?\s*@\s*([a-z+]+:\/\/[^\s;]+)/;
const EGG = /^\s*(?:-e\s+)?([a-z+]+:\/\/[^\s;]+#(?:[^\s;]*&)?egg=([A-Za-z0-9][A-Za-z0-9._-]*))/;

/** A package that is asked for by an address. A wheel on an index says its release in its name. */
function directIn(line: string): { readonly name: string; readonly origin: string } | undefined {
  const [, name, address] = DIRECT.exec(line) ?? [];
  const [, other, egg] = EGG.exec(line) ?? [];
  const origin = address ?? other;
  const found = name ?? egg;
  return origin === undefined || found === undefined || /\.whl(?:#|$)/.test(origin) ? undefined : { name: normal(found), origin: origin.replace(/^(?:[a-z]+\+)?[a-z]+:\/\/(?:[^@/\s]*@)?/, '').replace(/[#?].*$/, '').slice(0, 80) };
}

function requirementsIn(path: string, text: string): readonly Requirement[] {
  switch (kindOf(path)) {
    case 'lines':
      return inLines(text, 0, text.length, true);
    case 'cfg':
      return [...text.matchAll(/^(?:install_requires|[\w-]+)[ \t]*=[^\n]*\n(?:[ \t]+[^\n]*(?:\n|$)|[ \t]*\n)*/gm)].flatMap((match) => inLines(text, match.index + match[0].indexOf('\n') + 1, match.index + match[0].length, false));
    case 'toml':
      return withSources([...inToml(text), ...inPoetry(text, childOf(parseToml(text).root, 'tool', 'poetry'))], ofTable(text, childOf(parseToml(text).root, 'tool', 'uv', 'sources')));
    case 'pipfile': {
      const { root } = parseToml(text);
      return ['packages', 'dev-packages'].flatMap((section) => ofTable(text, childOf(root, section)));
    }
    default:
      return [];
  }
}

/** uv takes a package from the source that is named for it, whatever range stands beside its name. */
function withSources(requirements: readonly Requirement[], sources: readonly Requirement[]): readonly Requirement[] {
  const byName = new Map(sources.flatMap(({ name, origin }) => (origin === undefined ? [] : [[name, origin] as const])));
  return requirements.map((requirement) => ({ ...requirement, ...(byName.has(requirement.name) ? { origin: byName.get(requirement.name) ?? '' } : {}) }));
}

function inLines(text: string, from: number, to: number, mayBeLocked: boolean): readonly Requirement[] {
  const isCompiled = mayBeLocked && /autogenerated by (?:pip-compile|uv)|uv pip compile/.test(text.slice(0, 2000));
  const found: Requirement[] = [];
  let at = from;
  for (const full of text.slice(from, to).split(/(?<=\n)/)) {
    const line = full.replace(/\r?\n$/, '');
    const body = line.replace(/(?:^|\s)#.*$/, '').replace(/\s*\\$/, '');
    const direct = directIn(body);
    const match = direct === undefined ? REQUIREMENT.exec(body) : null;
    if (direct !== undefined) found.push({ ...direct, start: at, end: at, specifier: '' });
    if (match !== null && (match[5] !== undefined || body.trim() !== '')) {
      const [, lead = '', name = '', extras = '', space = '', specifier = ''] = match;
      const start = at + lead.length + name.length + extras.length + space.length;
      const isHashed = line.endsWith('\\') && /^\s*--hash=/.test(text.slice(at + full.length, at + full.length + 80));
      found.push({ name: normal(name), start, end: start + specifier.trimEnd().length, specifier: specifier.trimEnd(), ...(isHashed || /--hash=/.test(line) ? { locked: 'its hashes would no longer fit' } : isCompiled ? { locked: 'this file is written by a tool' } : {}) });
    }
    at += full.length;
  }
  return found;
}

/** Requirements as PEP 508 texts, wherever a list of them stands. */
function inToml(text: string): readonly Requirement[] {
  const { root } = parseToml(text);
  const project = childOf(root, 'project');
  const lists: (DataNode | undefined)[] = [childOf(project, 'dependencies')];
  for (const table of [childOf(project, 'optional-dependencies'), childOf(root, 'dependency-groups'), childOf(root, 'tool', 'pdm', 'dev-dependencies')]) if (table?.kind === 'map') lists.push(...table.entries.map(({ value }) => value));
  lists.push(childOf(root, 'tool', 'uv', 'dev-dependencies'));
  return lists.flatMap((list) => itemsOf(list)).flatMap((item): Requirement[] => {
    const value = textOf(item);
    const direct = value === undefined ? undefined : directIn(value);
    if (direct !== undefined) return [{ ...direct, start: item.start, end: item.start, specifier: '' }];
    const match = value === undefined ? null : REQUIREMENT.exec(value);
    if (value === undefined || match === null || text.slice(item.start, item.end) !== value) return [];
    const [, lead = '', name = '', extras = '', space = '', specifier = ''] = match;
    const start = item.start + lead.length + name.length + extras.length + space.length;
    return [{ name: normal(name), start, end: start + specifier.trimEnd().length, specifier: specifier.trimEnd() }];
  });
}

function inPoetry(text: string, poetry: DataNode | undefined): readonly Requirement[] {
  if (poetry?.kind !== 'map') return [];
  const groups = childOf(poetry, 'group');
  const tables = [...poetry.entries.filter(({ key }) => SECTIONS_OF_POETRY.test(key)).map(({ value }) => value), ...(groups?.kind === 'map' ? groups.entries.map(({ value }) => childOf(value, 'dependencies')) : [])];
  return tables.flatMap((table) => ofTable(text, table));
}

/** `name = "range"` and `name = { version = "range" }`. */
function ofTable(text: string, table: DataNode | undefined): readonly Requirement[] {
  if (table?.kind !== 'map') return [];
  return table.entries.flatMap(({ key, value }): Requirement[] => {
    const origin = ['git', 'url'].map((name) => textOf(value.kind === 'map' ? entryOf(value, name)?.value : undefined)).find((one) => one !== undefined);
    if (origin !== undefined && value.kind === 'map' && entryOf(value, 'version') === undefined) return [{ name: normal(key), start: value.start, end: value.start, specifier: '', origin: origin.replace(/^[a-z+]+:\/\/(?:[^@/\s]*@)?/, '').slice(0, 80) }];
    const node = value.kind === 'map' ? entryOf(value, 'version')?.value : value;
    const specifier = textOf(node);
    if (node === undefined || specifier === undefined || text.slice(node.start, node.end) !== specifier) return [];
    return [{ name: normal(key), start: node.start, end: node.end, specifier }];
  });
}

/** Where azure-identity is added: behind the client package, in the way it is written. */
function addition(path: string, text: string, requirements: readonly Requirement[]): Splice | undefined {
  if (requirements.some(({ name }) => name === 'azure-identity')) return undefined;
  const client = requirements.find(({ name }) => name === 'openai') ?? requirements.find(({ name }) => name === 'langchain-openai');
  if (client === undefined || client.locked !== undefined || client.origin !== undefined) return undefined;
  const range = client.specifier === '' ? '' : `>=${AZURE_IDENTITY}`;
  const kind = kindOf(path);
  const start = text.lastIndexOf('\n', client.start - 1) + 1;
  const newline = text.indexOf('\n', client.start);
  const end = newline < 0 ? text.length : newline + 1;
  const indent = /^[ \t]*/.exec(text.slice(start))?.[0] ?? '';
  if (kind === 'lines' || kind === 'cfg') return newline < 0 ? { start: end, end, text: `\n${indent}azure-identity${range}` } : sorted(text, requirements, `${indent}azure-identity${range}\n`, end);
  const quote = text[client.end] === "'" || /'/.test(text.slice(start, client.start)) ? "'" : '"';
  const isTable = new RegExp(`^[ \\t]*["']?(?:openai|langchain[-_]openai)["']?[ \\t]*=(?!=)[^\\[]*$`, 'i').test(text.slice(start, client.start));
  if (isTable) {
    const version = kind === 'pipfile' ? (/^\*?$/.test(client.specifier) ? '*' : `>=${AZURE_IDENTITY}`) : client.specifier.startsWith('^') ? '^1.24' : client.specifier === '*' ? '*' : `>=${AZURE_IDENTITY}`;
    const line = `${indent}azure-identity = ${quote}${version}${quote}\n`;
    return newline < 0 ? { start: end, end, text: `\n${line.trimEnd()}` } : { start: end, end, text: line };
  }
  const after = text.slice(client.end).match(/^[^"'\n]*["']/)?.[0].length ?? 0;
  const close = client.end + after;
  const isOwnLine = /^[ \t]*["'][^"'\n]*["'][ \t]*,?[ \t]*(?:#[^\n]*)?\r?\n$/.test(text.slice(start, end));
  const item = `${quote}azure-identity${range}${quote}`;
  if (!isOwnLine) return { start: close, end: close, text: `, ${item}` };
  const hasComma = /^[ \t]*,/.test(text.slice(close, end));
  return hasComma ? { start: end, end, text: `${indent}${item},\n` } : { start: close, end: close, text: `,\n${indent}${item}` };
}

/** In a list that is in order, at its place in it; else behind the client. */
function sorted(text: string, requirements: readonly Requirement[], line: string, end: number): Splice {
  const names = requirements.map(({ name }) => name);
  const isSorted = names.length > 2 && names.every((name, index) => index === 0 || (names[index - 1] ?? '') <= name);
  const next = isSorted ? requirements.find(({ name }) => name > 'azure-identity') : undefined;
  if (next === undefined) return { start: end, end, text: line };
  const at = text.lastIndexOf('\n', next.start - 1) + 1;
  return { start: at, end: at, text: line };
}
