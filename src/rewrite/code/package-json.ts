import type { Node } from 'jsonc-parser';
import type { Change, Splice } from '../../model/change.ts';
import { LineIndex } from '../../support/lines.ts';
import type { Edit } from '../edit.ts';
import type { FileRefusal, RewriteContext, Rewriter } from '../types.ts';
import { type Declared, declaring, type Manifest, manifestOf, manifestsAbove, type Section, SECTIONS } from './_manifest.ts';
import { mayBeIn } from './_floors.ts';
import { compareVersions, isBreaking, readRange } from './_ranges.ts';
import { grammarOf } from './javascript-file.ts';
import { type Demand, workOn } from './javascript.ts';
import { indentAt, lineStart } from './javascript-splice.ts';

/** Versions of packages that can do without a key. The lock file is not touched: installing writes it. */
export const rewriter: Rewriter = {
  id: 'package-json',
  matches: (path) => /(?:^|\/)package\.json$/.test(path) && !path.includes('node_modules/'),
  // The files beside it say what they need.
  grammars: () => ['typescript', 'tsx', 'javascript'],
  rewrite: (path, text, context) => {
    if (context.all.length === 0) return { changes: [], refusals: [] };
    const manifest = manifestOf(text);
    if (manifest === undefined) return { changes: [], refusals: [] };
    const demands = distinct([...floorsFor(path, manifest, context), ...demandsBelow(path, context)]);
    const byProvider = new Map<string, Demand[]>();
    for (const demand of demands) byProvider.set(demand.provider, [...(byProvider.get(demand.provider) ?? []), demand]);
    const lines = new LineIndex(text);
    const changes: Change<Edit>[] = [];
    const refusals: FileRefusal[] = [];
    for (const [provider, list] of byProvider) {
      const outcome = meet(text, manifest, list, lines);
      refusals.push(...outcome.refusals);
      if (outcome.splices.length === 0) continue;
      changes.push({
        id: `package.json/${provider}`,
        line: lines.position(Math.min(...outcome.splices.map(({ start }) => start))).line,
        title: outcome.done.join('; '),
        why: `${outcome.why.join(' ')} ${installation(path, context)}`,
        safety: 'unsafe',
        reason: outcome.isNew ? 'A package is added: install it and run the tests.' : outcome.isBreaking ? 'A version that may break other code is asked for: read its changelog, then install and run the tests.' : 'Another version is installed: install and run the tests.',
        migrations: [...new Set(list.flatMap(({ migrations }) => migrations))],
        edits: outcome.splices.map((splice) => ({ kind: 'text', ...splice })),
      });
    }
    return { changes, refusals };
  },
  problems: (_path, text) => (manifestOf(text) === undefined ? ['no package.json'] : []),
};

/** Installers by the lock files that they write. */
const INSTALLERS: readonly (readonly [lock: string, command: string])[] = [['pnpm-lock.yaml', 'pnpm install'], ['yarn.lock', 'yarn install'], ['bun.lock', 'bun install'], ['bun.lockb', 'bun install'], ['package-lock.json', 'npm install']];

/** What to run for the lock of the package, or of the workspace above it. */
function installation(path: string, { read }: RewriteContext): string {
  const parts = path.split('/').slice(0, -1);
  const folders = [...parts.map((_, index) => `${parts.slice(0, parts.length - index).join('/')}/`), ''];
  const found = folders.flatMap((folder) => INSTALLERS.flatMap(([lock, command]) => (read(`${folder}${lock}`) === undefined ? [] : [{ lock: `${folder}${lock}`, command }])))[0];
  return found === undefined ? 'Then run npm install (or the installer this repository uses), so that the lock file follows.' : `Then run ${found.command} and commit ${found.lock} with it: an installation by the lock alone would keep the older release.`;
}

/** Floors of routes for packages that this file names itself: also for code that needs no edit. */
function floorsFor(path: string, { declared }: Manifest, { own, all, paths }: RewriteContext): readonly Demand[] {
  const names = new Set(declared.map(({ name }) => name));
  const below = paths?.some((other) => grammarOf(other) !== undefined && manifestsAbove(other).includes(path)) ?? true;
  if (!below) return [];
  return [...own, ...all].flatMap(({ path: home, floors, provider, migration, change }) =>
    // What only changed clients need is asked for by the code that makes them.
    change !== 'configuration' || !mayBeIn(home, 'javascript') ? [] : floors.filter(({ language, package: name }) => language === 'javascript' && names.has(name)).map(({ package: name, version }) => ({ package: name, version, provider, migrations: [migration] })),
  );
}

/** What the source files that this package.json is for ask of it. */
function demandsBelow(path: string, context: RewriteContext): readonly Demand[] {
  const folder = path.slice(0, -'package.json'.length);
  return (context.paths ?? [])
    .filter((other) => other.startsWith(folder) && grammarOf(other) !== undefined)
    .flatMap((other): readonly Demand[] => {
      const text = context.read(other);
      // Parsing is dear: most files make no client.
      if (text === undefined || !/@anthropic-ai|openai|@azure|@aws-sdk|@ai-sdk|@google|@langchain|@llamaindex/.test(text)) return [];
      const own = context.all.filter((replacement) => replacement.path === other);
      const { demands } = workOn(other, text, { ...context, own });
      return demands.filter(({ package: name, add }) => (declaring(other, add?.beside ?? name, context.read) ?? declaring(other, name, context.read))?.path === path);
    });
}

function distinct(demands: readonly Demand[]): readonly Demand[] {
  const byKey = new Map<string, Demand>();
  for (const demand of demands) {
    const key = `${demand.provider}\n${demand.package}\n${demand.add === undefined ? '' : 'add'}`;
    const known = byKey.get(key);
    if (known === undefined) byKey.set(key, demand);
    else byKey.set(key, { ...known, version: compareVersions(known.version, demand.version) >= 0 ? known.version : demand.version, migrations: [...new Set([...known.migrations, ...demand.migrations])] });
  }
  return [...byKey.values()].toSorted((a, b) => (a.package < b.package ? -1 : 1));
}

interface Outcome {
  readonly splices: readonly Splice[];
  readonly refusals: readonly FileRefusal[];
  readonly done: readonly string[];
  readonly why: readonly string[];
  readonly isBreaking: boolean;
  /** Nothing is raised. */
  readonly isNew: boolean;
}

function meet(text: string, manifest: Manifest, demands: readonly Demand[], lines: LineIndex): Outcome {
  const splices: Splice[] = [];
  const refusals: FileRefusal[] = [];
  const done: string[] = [];
  const why: string[] = [];
  let breaking = false;
  for (const demand of demands) {
    const { package: name, version, add, migrations } = demand;
    // What a package asks of those that install it is no floor of what runs here.
    const found = manifest.declared.filter((one) => one.name === name && one.section !== 'peerDependencies');
    if (found.length === 0) {
      if (manifest.declared.some((one) => one.name === name)) continue;
      if (add === undefined) continue;
      const added = addEntry(text, manifest, name, add);
      if (added === undefined) {
        refusals.push({ code: 'unknown-shape', line: 1, reason: `${name} cannot be added to this package.json.`, byHand: `Run npm install ${name}@^${add.version}.`, migrations, shadows: false });
        continue;
      }
      splices.push(added);
      done.push(`${name} is added`);
      why.push(`The changed code imports ${name}.`);
      continue;
    }
    for (const declared of found) {
      const raised = raise(declared, version);
      if (raised === undefined) continue;
      if ('reason' in raised) {
        refusals.push({ code: 'needs-code-change', line: lines.position(declared.entry.offset).line, reason: `${name} is asked for as ${raised.reason}, so whether it is ${version} or later does not stand here.`, byHand: raised.byHand, migrations, shadows: false });
        continue;
      }
      splices.push({ start: declared.value.offset + 1, end: declared.value.offset + declared.value.length - 1, text: raised.range });
      done.push(`${name} ${declared.range} becomes ${raised.range}`);
      why.push(`${name} can do without a key from ${version} on.`);
      breaking ||= raised.isBreaking;
    }
  }
  return { splices, refusals, done: [...new Set(done)], why: [...new Set(why)], isBreaking: breaking, isNew: done.every((one) => one.endsWith('is added')) };
}

/** The range with its lower end raised, in its own style; undefined when it is high enough. */
function raise({ range: text, name }: Declared, floor: string): { readonly range: string; readonly isBreaking: boolean } | { readonly reason: string; readonly byHand: string } | undefined {
  const range = readRange(text);
  switch (range.kind) {
    case 'any':
      return undefined;
    case 'elsewhere':
      return { reason: range.how === 'a repository' ? range.how : `"${range.how}"`, byHand: /^(?:catalog|workspace)/.test(range.how) ? `Raise ${name} to ${floor} or later where the ${range.how.replace(':', '')} defines it, then install.` : `Take ${name} ${floor} or later from where it comes from, then install.` };
    case 'simple':
      if (compareVersions(range.lowest, floor) >= 0) return undefined;
      return { range: `${range.operator}${/^>=\s/.test(text.trim()) ? ' ' : ''}${floor}`, isBreaking: isBreaking(range.lowest, floor) };
    case 'other':
      if (range.lowest !== undefined && compareVersions(range.lowest, floor) >= 0) return undefined;
      return { reason: 'a range of several parts', byHand: `Raise it so that ${floor} is the lowest, then run npm install.` };
  }
}

/** A new entry at its place among its neighbours. */
function addEntry(text: string, { root, declared }: Manifest, name: string, { version, beside }: { readonly version: string; readonly beside: string }): Splice | undefined {
  const section: Section = declared.find((one) => one.name === beside && one.section !== 'peerDependencies')?.section ?? 'dependencies';
  if (!SECTIONS.includes(section)) return undefined;
  const entries = declared.filter((one) => one.section === section);
  const [first] = entries;
  if (first === undefined) return undefined;
  const exact = entries.filter(({ range }) => /^\d/.test(range)).length * 2 > entries.length;
  const colon = /^"(?:[^"\\]|\\.)*"(\s*:\s*)/.exec(text.slice(first.entry.offset, first.entry.offset + first.entry.length))?.[1] ?? ': ';
  // Packages of the AWS SDK are released together.
  const sibling = name.startsWith('@aws-sdk/') ? entries.find((one) => one.name.startsWith('@aws-sdk/') && readRange(one.range).kind === 'simple') : undefined;
  const entry = `"${name}"${colon}"${sibling?.range ?? `${exact ? '' : '^'}${version}`}"`;
  const isSorted = entries.every((one, index) => index === 0 || (entries[index - 1]?.name ?? '') <= one.name);
  const next = isSorted ? entries.find((one) => one.name > name) : undefined;
  const isLoose = text.slice(lineStart(text, first.entry.offset), first.entry.offset).trim() === '';
  const gap = isLoose ? `\n${indentAt(text, first.entry.offset)}` : /",\s/.test(text) ? ' ' : '';
  if (next !== undefined) return { start: next.entry.offset, end: next.entry.offset, text: `${entry},${gap}` };
  const last: Node | undefined = entries.at(-1)?.entry;
  if (last === undefined || root.type !== 'object') return undefined;
  return { start: last.offset + last.length, end: last.offset + last.length, text: `,${gap}${entry}` };
}
