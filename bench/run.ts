/**
 * Measures dekey: `npm run bench -- scan [REPO...] [--seed N] [--per-shape N] [--strict] [--keep]`.
 *
 * Without a repository: precision and recall on a labelled corpus made from the seed, the same bytes with any number of threads, and start-up
 * time (`npm run bench -- newcomer` times the way from a fresh clone to the first diff). With repositories: the time of a whole history scan against one `git cat-file --batch --buffer` over the same blobs, and peak memory.
 * Times are ratios of programs that ran in turn in the same run, so that the machine and its load cancel out.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Finding, Inventory } from '../src/model/inventory.ts';
import { compare, type Tally } from './accuracy.ts';
import { writeCorpus } from './corpus.ts';
import { newcomer } from './newcomer.ts';
import { DEKEY, dekey, median, peakMemory, timed } from './processes.ts';
import { megabytes, type Row, seconds, share, table } from './table.ts';

/** What has to hold. `timing` depends on the machine and its load, and only warns unless --strict. */
const FLOORS = {
  recallHigh: { text: 'recall, grade H', atLeast: 0.99 },
  recallMedium: { text: 'recall, grade M', atLeast: 0.97 },
  traps: { text: 'traps reported', atMost: 0.005 },
  references: { text: 'recall, references', atLeast: 0.97 },
  same: { text: 'runs that differ', atMost: 0 },
  leaks: { text: 'keys in the output', atMost: 0 },
  history: { text: 'history / cat-file', atMost: 1.5, timing: true },
  memory: { text: 'peak memory, MB', atMost: 500 },
  help: { text: '--help / node -e 0', atMost: 2.5, timing: true },
  small: { text: 'small scan / node -e 0', atMost: 4, timing: true },
} as const;
type FloorName = keyof typeof FLOORS;

const OUT = resolve('bench/out');
const ROUNDS = 3;
const STARTS = 15;
const WORKERS = [1, 2, 7] as const;

interface Verdict {
  readonly floor: FloorName;
  readonly subject: string;
  readonly value: number;
  readonly shown: string;
}

const verdicts: Verdict[] = [];

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      seed: { type: 'string', default: '20260211' },
      'per-shape': { type: 'string', default: '60' },
      strict: { type: 'boolean', default: false },
      'repos-only': { type: 'boolean', default: false },
      details: { type: 'boolean', default: false },
    },
  });
  const [what, ...repositories] = positionals;
  if (what === 'newcomer') {
    const { lines, holds } = newcomer(process.cwd());
    say(...lines);
    if (!holds) process.exitCode = 1;
    return;
  }
  if (what !== 'scan') return usage('usage: npm run bench -- scan [REPO...] [--seed N] [--per-shape N] [--repos-only] [--details] [--strict] | newcomer');
  const unknown = repositories.find((path) => !existsSync(path));
  if (unknown !== undefined) return usage(`there is no ${unknown}`);
  if (!existsSync(resolve('dist/main.cjs'))) return usage('dist/ is missing: npm run build');
  mkdirSync(OUT, { recursive: true });

  if (!values['repos-only']) {
    accuracy(Number(values.seed), Number(values['per-shape']), values.details);
    await startup();
  }
  for (const repository of repositories) await repositoryTimes(resolve(repository));
  finish(values.strict);
}

function usage(text: string): void {
  process.stderr.write(`${text}\n`);
  process.exitCode = 2;
}

function say(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

function note(floor: FloorName, value: number, shown: string, subject = ''): void {
  verdicts.push({ floor, value, shown, subject });
}

/** Precision and recall on the labelled corpus, the same bytes with any number of threads, and no key in any of them. */
function accuracy(seed: number, perShape: number, details: boolean): void {
  const root = join(OUT, 'corpus');
  const corpus = writeCorpus(root, seed, { perShape, traps: perShape, references: Math.max(1, Math.round(perShape / 3)) });
  const scan = (workers: number): Buffer => {
    const ran = dekey(['scan', root, '--history', '--format', 'json', '--fail-on', 'none', '--workers', String(workers)], OUT);
    if (ran.code !== 0) throw new Error(`dekey ended with code ${ran.code}: ${ran.stderr}`);
    return ran.stdout;
  };
  const outputs = [...WORKERS, 2].map(scan);
  const [first = Buffer.alloc(0)] = outputs;
  const inventory = readInventory(first);
  const result = compare(corpus, inventory);

  say('', `Corpus, seed ${seed}: ${corpus.secrets.length} keys (${corpus.secrets.filter(({ history }) => history).length} only in history), ${corpus.traps.length} traps, ${corpus.references.length} references`, '');
  const count = (tally: Tally): string => share(tally.met, tally.of);
  for (const tally of result.grades) say(`  recall, grade ${tally.name}    ${count(tally)}`);
  say(`  traps reported     ${share(result.traps.hit, result.traps.of)}`);
  say(`  other inventions   ${result.invented.length}`);
  say(`  wrong provider     ${share(result.misnamed.length, corpus.secrets.length)}`);
  say(`  references         ${share(result.references.met, result.references.of)} (${result.references.wrongPlatform} on another platform)`);
  say(`  their precision    ${share(result.precision.right, result.precision.of)}`);

  below('Shapes below 1', result.shapes);
  below('Dresses below 1', result.dresses);
  below('References below 1', result.references.byPlatform);
  if (result.traps.byTrap.length > 0) say('', 'Traps reported', ...table(['trap', 'detector', 'reported'], result.traps.byTrap.map((tally) => [tally.name, detectorsOf(result.traps.findings.filter(({ label }) => label.trap === tally.name)), `${tally.met}/${tally.of}`])));
  list('Invented secrets', result.invented, details);
  list('Invented references', result.precision.invented, details);
  if (result.misnamed.length > 0) say('', 'Wrong provider', ...table(['shape', 'said', 'times'], grouped(result.misnamed.map(({ label, provider }) => [label.shape, provider]))));
  if (details) for (const { path, line, shape, dress } of result.missed) say(`  missed ${path}:${line} ${shape} ${dress}`);
  if (details) for (const { path, line, provider, name } of result.references.missed) say(`  missed ${path}:${line} ${provider} ${name}`);

  const differing = outputs.filter((output) => !output.equals(first)).length;
  say('', `Same bytes: ${outputs.length} runs with ${WORKERS.join(', ')} and again 2 workers, ${differing} differ (sha256 ${createHash('sha256').update(first).digest('hex').slice(0, 16)}, ${first.length} bytes)`);
  const leaks = corpus.secrets.filter(({ key }) => outputs.some((output) => output.includes(key))).length;
  say(`Planted keys in the output: ${leaks} of ${corpus.secrets.length}`);

  for (const tally of result.grades) note(tally.name === 'H' ? 'recallHigh' : 'recallMedium', tally.met / tally.of, count(tally));
  note('traps', result.traps.hit / result.traps.of, share(result.traps.hit, result.traps.of));
  note('references', result.references.met / result.references.of, share(result.references.met, result.references.of));
  note('same', differing, `${differing} of ${outputs.length}`);
  note('leaks', leaks, `${leaks} of ${corpus.secrets.length}`);
}

function readInventory(json: Buffer): Inventory {
  return JSON.parse(json.toString('utf8'));
}

function below(title: string, all: readonly Tally[]): void {
  const rows = all.filter((tally) => tally.met < tally.of).map((tally): Row => [tally.name, `${tally.met}/${tally.of}`, (tally.met / tally.of).toFixed(3)]);
  if (rows.length > 0) say('', title, ...table(['name', 'met', 'recall'], rows));
}

function detectorsOf(hits: readonly { readonly finding: Finding }[]): string {
  return [...new Set(hits.map(({ finding }) => finding.detector))].join(', ');
}

const FEW = 12;

function list(title: string, findings: readonly Finding[], details: boolean): void {
  if (findings.length === 0) return;
  const shown = details ? findings : findings.slice(0, FEW);
  say('', `${title}: ${findings.length}`, ...table(['place', 'code', 'confidence', 'name'], shown.map((finding) => [`${finding.location.path}:${finding.location.line}`, finding.code, finding.confidence, finding.arguments['name'] ?? ''])));
  if (shown.length < findings.length) say(`  and ${findings.length - shown.length} more: --details`);
}

function grouped(rows: readonly Row[]): Row[] {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(row.join('\0'), (counts.get(row.join('\0')) ?? 0) + 1);
  return [...counts].map(([key, count]) => [...key.split('\0'), String(count)]);
}

/** Help and a folder of ten files against an empty Node, in turn. */
async function startup(): Promise<void> {
  const folder = join(OUT, 'small');
  writeSmallFolder(folder);
  const times = { node: [] as number[], help: [] as number[], scan: [] as number[] };
  for (let round = 0; round <= STARTS; round += 1) {
    const node = await timed(process.execPath, ['-e', '0'], { cwd: OUT });
    const help = await timed(process.execPath, [DEKEY, '--help'], { cwd: OUT });
    const scan = await timed(process.execPath, [DEKEY, 'scan', folder], { cwd: OUT, exits: [0, 1] });
    // The first round warms the disk cache.
    if (round === 0) continue;
    times.node.push(node);
    times.help.push(help);
    times.scan.push(scan);
  }
  const base = median(times.node);
  const help = median(times.help);
  const scan = median(times.scan);
  say('', `Start-up, medians of ${STARTS} runs in turn`, ...table(['program', 'time', 'ratio'], [['node -e 0', seconds(base), '1.00'], ['dekey --help', seconds(help), (help / base).toFixed(2)], ['dekey scan, 10 files', seconds(scan), (scan / base).toFixed(2)]]));
  note('help', help / base, (help / base).toFixed(2));
  note('small', scan / base, (scan / base).toFixed(2));
}

/** Ten files as a small service has them. Names only: what is measured is the way to the first result. */
function writeSmallFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  const files: Readonly<Record<string, string>> = {
    'src/client.ts': "import Anthropic from '@anthropic-ai/sdk';\nexport const client = new Anthropic({ apiKey: process.env.ANTHROPIC_API_KEY });\n",
    'src/embed.ts': "import OpenAI from 'openai';\nexport const openai = new OpenAI();\n",
    'src/util.ts': 'export const sum = (a: number, b: number): number => a + b;\n',
    'jobs/nightly.py': 'import os\nfrom openai import OpenAI\nclient = OpenAI(api_key=os.environ["OPENAI_API_KEY"])\n',
    'jobs/report.py': 'def report(rows):\n    return len(rows)\n',
    '.github/workflows/ci.yml': 'on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: npm test\n        env:\n          OPENAI_API_KEY: ${{ secrets.OPENAI_API_KEY }}\n',
    '.env': 'PORT=8080\nOPENAI_API_KEY=\n',
    'package.json': '{ "name": "small", "private": true, "type": "module" }\n',
    'tsconfig.json': '{ "compilerOptions": { "strict": true } }\n',
    'README.md': '# Small\n\nSet `OPENAI_API_KEY` and run `npm start`.\n',
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** A whole history scan against git reading the same blobs and doing nothing with them. */
async function repositoryTimes(repository: string): Promise<void> {
  const name = basename(repository);
  const ids = join(OUT, `${name}.ids`);
  const report = join(OUT, `${name}.json`);
  const { blobs, bytes } = listBlobs(repository, ids);
  // Whoever runs a bench on a repository has named it on purpose, with whatever it borrows from.
  const scan = [DEKEY, 'scan', repository, '--history', '--allow-alternates', '--format', 'json', '-o', report];
  rmSync(report, { force: true });
  const exits = [0, 1, 3];
  const times = { git: [] as number[], history: [] as number[], tree: [] as number[] };
  const reports = new Set<string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    times.git.push(await timed('git', ['-C', repository, 'cat-file', '--batch', '--buffer'], { cwd: OUT, input: ids }));
    times.history.push(await timed(process.execPath, scan, { cwd: OUT, exits }));
    if (!existsSync(report)) throw new Error(`no report on ${repository}: run dekey scan on it to see why`);
    reports.add(createHash('sha256').update(readFileSync(report)).digest('hex'));
    times.tree.push(await timed(process.execPath, [DEKEY, 'scan', repository, '--format', 'json'], { cwd: OUT, exits }));
  }
  const memory = await peakMemory(process.execPath, scan, { cwd: OUT });
  const inventory = readInventory(readFileSync(report));
  const git = median(times.git);
  const history = median(times.history);
  const span = (values: readonly number[]): string => values.map(seconds).join(', ');
  say(
    '',
    `${name}: ${blobs.toLocaleString('en-US')} blobs, ${megabytes(bytes)}; ${inventory.targets.map(({ files, objects }) => `${files} files, ${objects} objects`).join('; ')}; complete: ${String(inventory.targets.every(({ complete }) => complete))}`,
    ...table(
      ['step', 'median', 'rounds', 'ratio'],
      [
        ['git cat-file --batch', seconds(git), span(times.git), '1.00'],
        ['dekey scan --history', seconds(history), span(times.history), (history / git).toFixed(2)],
        ['dekey scan', seconds(median(times.tree)), span(times.tree), (median(times.tree) / git).toFixed(2)],
      ],
    ),
    `  peak memory ${megabytes(memory.sum)} (node ${megabytes(memory.node)}, git children ${megabytes(memory.git)}; ${memory.samples} samples); reports that differ between rounds: ${reports.size - 1}`,
  );
  for (const skipped of inventory.targets.flatMap((target) => target.skipped)) say(`  ${skipped.incomplete ? 'not read' : 'left out'}: ${skipped.count} ${skipped.reason}`);
  const secrets = inventory.findings.filter((finding) => finding.class === 'secret');
  const rows = grouped(secrets.map((finding) => [finding.confidence, finding.detector, finding.location.history === undefined ? 'tree' : 'history'])).toSorted((a, b) => (a.join() < b.join() ? -1 : 1));
  if (rows.length > 0) say('', `Secret findings in ${name}`, ...table(['confidence', 'detector', 'where', 'findings'], rows));
  list(`Secret findings at confidence high in ${name}, each to be read by a person`, secrets.filter(({ confidence }) => confidence === 'high'), true);
  const workloads = grouped(inventory.workloads.map((workload) => [workload.platform])).toSorted((a, b) => Number(b[1]) - Number(a[1]));
  if (workloads.length > 0) say('', `Workloads in ${name}`, ...table(['platform', 'workloads'], workloads));
  note('history', history / git, (history / git).toFixed(2), name);
  note('memory', memory.sum / 1e6, (memory.sum / 1e6).toFixed(0), name);
  note('same', reports.size - 1, String(reports.size - 1), name);
}

/** Writes the ids of all blobs, in the order of the packs: the order in which git reads them fastest. */
function listBlobs(repository: string, file: string): { blobs: number; bytes: number } {
  const listed = execFileSync('git', ['-C', repository, 'cat-file', '--batch-all-objects', '--unordered', '--batch-check=%(objecttype) %(objectname) %(objectsize)'], { encoding: 'latin1', maxBuffer: 2 ** 30 });
  const ids: string[] = [];
  let bytes = 0;
  for (const line of listed.split('\n')) {
    const [type, id, size] = line.split(' ');
    if (type !== 'blob' || id === undefined) continue;
    ids.push(id);
    bytes += Number(size);
  }
  writeFileSync(file, `${ids.join('\n')}\n`);
  return { blobs: ids.length, bytes };
}

function finish(strict: boolean): void {
  const rows = verdicts.map(({ floor, subject, value, shown }): Row => {
    const rule = FLOORS[floor];
    const holds = 'atLeast' in rule ? value >= rule.atLeast : value <= rule.atMost;
    const timing = 'timing' in rule && !strict;
    if (!holds && !timing) process.exitCode = 1;
    return [rule.text, subject, shown, 'atLeast' in rule ? `at least ${rule.atLeast}` : `at most ${rule.atMost}`, holds ? 'holds' : timing ? 'MISSED (warning)' : 'MISSED'];
  });
  say('', 'Floors', ...table(['figure', 'of', 'measured', 'floor', 'verdict'], rows));
}

await main();
