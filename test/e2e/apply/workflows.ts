/**
 * Byte-exactness over real workflow files: `npm run e2e -- apply DIR`. Every workflow below DIR is edited twice over: by a real scan and plan of its repository, and as if every secret
 * in it were a key of one provider, so that each job that takes any secret is an edit. What changed is then compared by code that knows nothing of the edits.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parties } from '../../../src/parties/index.ts';
import { findExpressions, contextUses } from '../../../src/platforms/_shared/ci-expression.ts';
import { githubActions } from '../../../src/rewrite/github/workflow.ts';
import { workflowProblems } from '../../../src/rewrite/github/parser.ts';
import { type RewrittenFile, rewriteTarget } from '../../../src/rewrite/target.ts';
import type { Replacement } from '../../../src/rewrite/types.ts';
import { entriesOf, get, parseYaml } from '../../../src/support/yaml.ts';
import { judgeFolder } from '../../../scripts/judges/install.ts';

/** A workflow of some repository, as text. */
export interface WorkflowFile {
  /** Where it was found, below the folder that was given. */
  readonly place: string;
  readonly text: string;
}

/** All workflows below `folder`: regular files in a folder `.github/workflows`. Links are not followed. */
export function workflowsBelow(folder: string): readonly WorkflowFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile() && /\.ya?ml$/.test(one.name) && one.parentPath.replaceAll('\\', '/').endsWith('.github/workflows'))
    .map((one) => join(one.parentPath, one.name))
    .toSorted()
    .flatMap((path) => {
      const bytes = readFileSync(path);
      const text = bytes.toString('utf8');
      return Buffer.from(text, 'utf8').equals(bytes) ? [{ place: path.slice(folder.length).replaceAll('\\', '/').replace(/^\//, ''), text }] : [];
    });
}

const PATH = '.github/workflows/file.yml';

/** Every job that takes any secret, as a migration of one provider. */
function everySecret(text: string, as: Omit<Replacement, 'migration' | 'workload' | 'line' | 'names' | 'path' | 'platform' | 'suffix'>): readonly Replacement[] {
  const file = parseYaml(text);
  const names = new Set<string>();
  for (const { tokens } of findExpressions(text)) for (const { context, path } of contextUses(tokens)) if (context === 'secrets' && path[0] !== undefined && path[0].toUpperCase() !== 'GITHUB_TOKEN') names.add(path[0]);
  if (names.size === 0) return [];
  // Whatever a secret is called where it is handed on counts as a name that clients read by themselves.
  const called = as.provider === 'anthropic' ? [...text.matchAll(/^[ \t-]*["']?([A-Za-z_][\w-]*)["']?[ \t]*:.*\bsecrets\./gm)].map(([, name = '']) => name) : [];
  const own = { ...as, variables: [...as.variables, ...called], remove: [...as.remove, ...called], readByClients: [...as.remove, ...called] };
  return entriesOf(get(file.documents[0], 'jobs')).flatMap(({ key, keyRange, value }): Replacement[] => {
    const job = text.slice(value.range.start, value.range.end);
    if (![...names].some((name) => job.includes(name))) return [];
    return [{ ...own, migration: `m-${key}`, workload: `file.yml › ${key}`, platform: 'github-actions', path: PATH, line: file.lines.position(keyRange.start).line, names: [...names], suffix: '' }];
  });
}

type Shape = Parameters<typeof everySecret>[1];
const base = { class: 'native', outcome: 'gone', change: 'configuration', floors: [], readByClients: [] as readonly string[], hosts: [] as readonly string[] } as const;
const identity = (audience: string): Shape['identity'] => ({ id: 'gha-app-main', audience: [audience], permission: 'inference', subject: undefined });
const SHAPES: Readonly<Record<string, Shape>> = {
  anthropic: { ...base, provider: 'anthropic', title: 'Anthropic', variables: ['ANTHROPIC_API_KEY'], parties: ['anthropic'], route: 'native', identity: identity('https://api.anthropic.com'), set: { ANTHROPIC_IDENTITY_TOKEN_FILE: '{token-file}' }, remove: ['ANTHROPIC_API_KEY'] },
  openai: { ...base, provider: 'openai', title: 'OpenAI', variables: ['OPENAI_API_KEY'], parties: ['openai'], route: 'native-step', identity: identity('https://api.openai.com/v1'), set: {}, remove: ['OPENAI_API_KEY'] },
  aws: { ...base, provider: 'aws', title: 'AWS', variables: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'], parties: ['aws'], route: 'native', identity: identity('sts.amazonaws.com'), set: {}, remove: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] },
};

export interface Outcome {
  readonly place: string;
  readonly before: string;
  readonly after: string;
  readonly file: RewrittenFile | undefined;
  readonly problems: readonly string[];
}

/** Edits one file as if all its secrets were keys of `shape`. */
function editOne({ place, text }: WorkflowFile, shape: Shape): Outcome {
  const replacements = everySecret(text, shape);
  const run = (current: string): RewrittenFile | undefined => rewriteTarget([githubActions], { paths: [PATH], read: (path) => (path === PATH ? current : undefined), replacements, kept: [], value: () => undefined, ids: 'vars' }).find(({ path }) => path === PATH);
  const file = run(text);
  const after = file?.after ?? text;
  const problems = after === text ? [] : [...outsideUnchanged(text, file), ...newParserProblems(text, after), ...secondRun(run, file)];
  return { place, before: text, after, file, problems: problems.map((problem) => `${place}: ${problem}`) };
}

/** Bytes outside the splices, compared from both ends of each gap without the code that made them. */
export function outsideUnchanged(before: string, file: RewrittenFile | undefined): readonly string[] {
  if (file === undefined) return [];
  const splices = file.changes.flatMap((change) => change.splices);
  if (file.changes.some((change) => change.splices.length === 0)) return ['a change cannot say which bytes it touches'];
  const sorted = [...new Map(splices.map((splice) => [`${splice.start} ${splice.end} ${splice.text}`, splice])).values()].toSorted((a, b) => a.start - b.start || a.end - b.end);
  let old = 0;
  let now = 0;
  for (const { start, end, text } of [...sorted, { start: before.length, end: before.length, text: '' }]) {
    const length = start - old;
    if (length < 0) return ['two splices overlap'];
    if (!Buffer.from(before.slice(old, start)).equals(Buffer.from(file.after.slice(now, now + length)))) return [`bytes changed outside the planned lines, before offset ${start}`];
    now += length;
    if (file.after.slice(now, now + text.length) !== text) return [`what stands at offset ${start} is not what was planned`];
    now += text.length;
    old = end;
  }
  return now === file.after.length ? [] : ['bytes were added at the end'];
}

function newParserProblems(before: string, after: string): readonly string[] {
  const old = workflowProblems(before);
  return workflowProblems(after).filter((problem) => !old.includes(problem)).map((problem) => `GitHub's parser: ${problem}`);
}

function secondRun(run: (text: string) => RewrittenFile | undefined, file: RewrittenFile | undefined): readonly string[] {
  if (file === undefined) return [];
  const again = run(file.after);
  return again !== undefined && again.after !== file.after ? ['a second run is not empty'] : [];
}

export interface Totals {
  readonly shape: string;
  readonly files: number;
  /** Files with at least one job that takes a secret. */
  readonly concerned: number;
  readonly edited: number;
  readonly changes: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly dropped: number;
  readonly problems: readonly string[];
}

/** Runs every file through every provider's shape. */
export function editAll(files: readonly WorkflowFile[], say: (lines: readonly string[]) => void): { readonly totals: readonly Totals[]; readonly outcomes: readonly Outcome[] } {
  const totals: Totals[] = [];
  const all: Outcome[] = [];
  for (const [name, shape] of Object.entries(SHAPES)) {
    if (!parties.some(({ id }) => id === shape.parties[0])) throw new Error(`no party ${name}`);
    const outcomes = files.map((file) => editOne(file, shape));
    const refusals = outcomes.flatMap(({ file }) => file?.refusals ?? []);
    const refused: Record<string, number> = {};
    for (const { code } of refusals) if (code !== 'dropped') refused[code] = (refused[code] ?? 0) + 1;
    const drops = outcomes.flatMap(({ place, file }) => (file?.refusals ?? []).filter(({ code }) => code === 'dropped').map(({ reason }) => `${place}: ${reason}`));
    if (drops.length > 0) say([`dropped (${name}):`, ...drops.slice(0, 40).map((line) => `  ${line}`)]);
    const edited = outcomes.filter(({ before, after }) => before !== after);
    totals.push({
      shape: name,
      files: files.length,
      concerned: outcomes.filter(({ file }) => file !== undefined).length,
      edited: edited.length,
      changes: outcomes.reduce((sum, { file }) => sum + (file?.changes.length ?? 0), 0),
      refused,
      dropped: drops.length,
      problems: [...outcomes.flatMap(({ problems }) => problems), ...lintProblems(edited)],
    });
    all.push(...edited);
  }
  return { totals, outcomes: all };
}

/** What actionlint says after and did not say before, in one run over all files. */
export function lintProblems(edited: readonly Outcome[]): readonly string[] {
  if (edited.length === 0) return [];
  const folder = mkdtempSync(join(tmpdir(), 'dekey-lint-'));
  try {
    const name = (index: number, which: string): string => join(folder, `${index}.${which}.yml`);
    for (const [index, { before, after }] of edited.entries()) {
      writeFileSync(name(index, 'before'), before);
      writeFileSync(name(index, 'after'), after);
    }
    const said = new Map<string, string[]>();
    const paths = edited.flatMap((_, index) => [name(index, 'before'), name(index, 'after')]);
    for (let at = 0; at < paths.length; at += 400) {
      const run = spawnSync(join(judgeFolder, 'actionlint', 'actionlint'), ['-format', '{{json .}}', '-shellcheck=', '-pyflakes=', ...paths.slice(at, at + 400)], { encoding: 'utf8', maxBuffer: 1 << 28 });
      if (run.error !== undefined) return [`actionlint could not be asked: ${run.error.message}`];
      const found = JSON.parse(run.stdout === '' ? '[]' : run.stdout) as readonly { readonly filepath: string; readonly kind: string; readonly message: string }[];
      for (const { filepath, kind, message } of found) said.set(filepath, [...(said.get(filepath) ?? []), `${kind}: ${message.replace(/line:\d+,col:\d+/g, 'line:_')}`]);
    }
    return edited.flatMap(({ place }, index) => {
      const left = [...(said.get(name(index, 'before')) ?? [])];
      const fresh = (said.get(name(index, 'after')) ?? []).filter((problem) => {
        const at = left.indexOf(problem);
        if (at !== -1) left.splice(at, 1);
        return at === -1;
      });
      return fresh.map((problem) => `${place}: actionlint: ${problem}`);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
