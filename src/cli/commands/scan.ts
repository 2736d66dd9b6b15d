import { existsSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { type Baseline, readBaseline, updateBaseline, writeBaseline } from '../../config/baseline.ts';
import { loadConfig } from '../../config/load-config.ts';
import { UsageError } from '../../model/errors.ts';
import type { Inventory } from '../../model/inventory.ts';
import { SEVERITIES, type Severity } from '../../model/levels.ts';
import { readOperatorKey, scan, type ScanOptions } from '../../pipeline.ts';
import { buildNameTable } from '../../providers/_names.ts';
import { providers } from '../../providers/index.ts';
import { FORMATS, type Format, render } from '../../report/index.ts';
import { scoreInventory } from '../../risk/score-inventory.ts';
import { nameMask } from '../../detect/mask.ts';
import { joinCredentials } from '../../inventory/build.ts';
import { maskInventory } from '../../inventory/mask.ts';
import { writeNewFile } from '../../support/atomic-write.ts';
import { visible } from '../../support/escape.ts';
import { accept } from '../accept.ts';
import { exitCodeOf } from '../exit-codes.ts';
import { githubOptions } from '../github-options.ts';
import { remoteContext } from '../remote-options.ts';
import { knownReason, markKnown } from '../known.ts';
import { permalinkOf } from '../permalink.ts';
import { print } from '../print.ts';
import { ProgressBar } from '../progress.ts';
import { hasUnicode, useColor } from '../terminal.ts';

/** A format and the file it is written to. */
interface Output {
  readonly format: Format;
  readonly file: string;
}

/** The command line's flags, checked. Everything from outside is `unknown` until here. */
interface Flags {
  readonly format: Format;
  readonly output?: string;
  readonly also: readonly Output[];
  readonly history: boolean;
  readonly since?: string;
  readonly base?: string;
  readonly staged: boolean;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly includeIgnored: boolean;
  readonly maxFileSize?: number;
  readonly failOn?: Severity | 'none';
  readonly baseline?: string;
  readonly updateBaseline: boolean;
  readonly reason?: string;
  readonly config?: string;
  readonly fingerprintKey?: string;
  readonly public: boolean;
  readonly allowAlternates: boolean;
  readonly workers?: number;
  readonly unusedAfter?: number;
  readonly color: boolean;
  readonly offline: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/** Runs `dekey scan`: reads, joins, scores, renders, writes. Returns the exit code. */
export async function runScan(targets: readonly string[], raw: Readonly<Record<string, unknown>>, version: string): Promise<number> {
  const started = performance.now();
  const cwd = process.cwd();
  const flags = parseFlags(raw);
  const config = await loadConfig(cwd, flags.config);
  const keyFile = flags.fingerprintKey ?? config.fingerprintKeyFile;
  const baselineFile = flags.baseline ?? config.baseline;
  if (flags.updateBaseline && baselineFile === undefined) throw new UsageError('--update-baseline needs a file to write', 'Name one with --baseline FILE, or "baseline" in dekey.config.json.');
  // Read before the scan: a mistake in it should not cost the user the wait.
  const baseline = baselineFile === undefined ? undefined : await readBaselineFor(resolve(cwd, baselineFile), flags.updateBaseline);

  const bar = new ProgressBar(process.stderr, flags.quiet);
  const scanOptions: ScanOptions = {
    targets,
    cwd,
    history: flags.history || (config.history ?? false),
    ...(flags.since === undefined ? {} : { since: flags.since }),
    ...(flags.base === undefined ? {} : { historyFrom: flags.base }),
    staged: flags.staged,
    include: [...(config.include ?? []), ...flags.include],
    exclude: [...(config.exclude ?? []), ...flags.exclude],
    includeIgnored: flags.includeIgnored,
    maxFileSize: (flags.maxFileSize ?? config.maxFileSize ?? 20) * 2 ** 20,
    ...((flags.workers ?? config.workers) === undefined ? {} : { workers: flags.workers ?? config.workers ?? 1 }),
    ...(keyFile === undefined ? {} : { operatorKey: readOperatorKey(resolve(cwd, keyFile)) }),
    allowAlternates: flags.allowAlternates,
    offline: flags.offline,
    github: githubOptions(raw, version, flags.quiet, bar),
    remote: remoteContext(raw, version, flags.quiet, bar),
    onProgress: bar.update,
  };
  const sightings = await scan(scanOptions).finally(bar.end);

  const today = new Date().toISOString();
  const unusedAfter = flags.unusedAfter ?? config.unusedAfter;
  const joined = joinCredentials(sightings, providers, sightings.accounts === undefined ? undefined : { names: buildNameTable(providers), now: today, ...(unusedAfter === undefined ? {} : { unusedAfter }) });
  const scored = scoreInventory(joined, providers, { version, now: today, public: flags.public || (config.public ?? false) });
  const accepted = accept(scored, { ignore: config.ignore ?? [], baseline, today: today.slice(0, 10) });
  // The last step before anything is shown or written: a key may stand where a name is expected.
  const mask = nameMask(providers, sightings.isKey);
  const compared = flags.base === undefined ? undefined : await compareWith(flags.base, accepted.inventory, scanOptions);
  const inventory = maskInventory(compared?.inventory ?? accepted.inventory, mask);
  const notes = accepted.notes.map(mask);
  const failOn = flags.failOn ?? config.failOn ?? 'high';

  const { platforms } = await import('../../platforms/index.ts');
  const permalink = permalinkOf(cwd);
  const base = compared === undefined ? undefined : { name: mask(compared.name), reason: mask(knownReason(compared.name)) };
  const renderIn = async (format: Format, output: string | undefined): Promise<string> =>
    // Code scanning compares with the base by itself, so it is given the whole state.
    await render(format, format === 'sarif' && compared !== undefined ? maskInventory(accepted.inventory, mask) : inventory, {
      providers,
      platforms,
      width: process.stdout.isTTY && output === undefined ? (process.stdout.columns ?? 80) : 100,
      color: flags.color && useColor(output),
      verbose: flags.verbose,
      failOn,
      elapsedMs: performance.now() - started,
      hyperlinks: output === undefined && hasHyperlinks(),
      cwd,
      unicode: hasUnicode(),
      ...(base === undefined ? {} : { base }),
      ...(permalink === undefined ? {} : { permalink }),
    });
  for (const { format, file } of flags.also) await writeNewFile(resolve(cwd, file), await renderIn(format, file), { overwrite: true });
  const text = await renderIn(flags.format, flags.output);
  if (flags.output === undefined) await print(text);
  else await writeNewFile(resolve(cwd, flags.output), text, { overwrite: true });
  for (const note of notes) process.stderr.write(`dekey: ${visible(note)}\n`);
  if (flags.updateBaseline && baselineFile !== undefined) {
    const next = updateBaseline(baseline, inventory.findings, flags.reason ?? 'accepted when the baseline was written', today.slice(0, 10));
    await writeBaseline(resolve(cwd, baselineFile), next);
    process.stderr.write(`dekey: ${next.findings.length} accepted findings written to ${visible(relative(cwd, resolve(cwd, baselineFile)))}\n`);
    return exitCodeOf(inventory, 'none');
  }
  return exitCodeOf(inventory, failOn);
}

/** What the tree of `revision` had already, marked as known. */
async function compareWith(revision: string, inventory: Inventory, options: ScanOptions): Promise<{ readonly name: string; readonly inventory: Inventory }> {
  const { scanBase } = await import('../../pipeline-base.ts');
  // What somebody accepted is not asked about.
  const open = inventory.findings.filter(({ allowed, baselined }) => allowed === undefined && baselined === undefined);
  const pathsOf = (target: string): string[] => open.flatMap(({ location }) => (location.target === target ? [location.path] : []));
  const { name, sightings } = await scanBase(revision, options, pathsOf);
  return { name, inventory: markKnown(inventory, { name, inventory: joinCredentials(sightings, providers) }) };
}

function parseFlags(raw: Readonly<Record<string, unknown>>): Flags {
  const text = (name: string): string | undefined => (typeof raw[name] === 'string' ? raw[name] : undefined);
  const number = (name: string): number | undefined => (typeof raw[name] === 'number' ? raw[name] : undefined);
  const list = (name: string): readonly string[] => (Array.isArray(raw[name]) ? raw[name].filter((item) => typeof item === 'string') : []);
  const optional = <K extends string, V>(name: K, value: V | undefined): { readonly [P in K]?: V } => {
    const part: { [P in K]?: V } = {};
    if (value !== undefined) part[name] = value;
    return part;
  };
  return {
    format: FORMATS.find((format) => format === raw['format']) ?? 'text',
    also: list('also').flatMap((one): Output[] => {
      const format = FORMATS.find((name) => one.startsWith(`${name}=`));
      return format === undefined ? [] : [{ format, file: one.slice(format.length + 1) }];
    }),
    history: raw['history'] === true,
    staged: raw['staged'] === true,
    include: list('include'),
    exclude: list('exclude'),
    includeIgnored: raw['includeIgnored'] === true,
    updateBaseline: raw['updateBaseline'] === true,
    public: raw['public'] === true,
    allowAlternates: raw['allowAlternates'] === true,
    color: raw['color'] !== false,
    offline: raw['offline'] === true,
    quiet: raw['quiet'] === true,
    verbose: raw['verbose'] === true,
    ...optional('failOn', raw['failOn'] === 'none' ? ('none' as const) : SEVERITIES.find((severity) => severity === raw['failOn'])),
    ...optional('output', text('output')),
    ...optional('since', text('since')),
    ...optional('base', text('base')),
    ...optional('maxFileSize', number('maxFileSize')),
    ...optional('baseline', text('baseline')),
    ...optional('reason', text('reason')),
    ...optional('config', text('config')),
    ...optional('fingerprintKey', text('fingerprintKey')),
    ...optional('workers', number('workers')),
    ...optional('unusedAfter', number('unusedAfter')),
  };
}

/** A baseline that is about to be written for the first time need not exist yet. */
async function readBaselineFor(path: string, updating: boolean): Promise<Baseline | undefined> {
  return updating && !existsSync(path) ? undefined : await readBaseline(path);
}

/** Only terminals known to take them: others print the address itself, or worse. */
function hasHyperlinks(): boolean {
  const { env } = process;
  if (!process.stdout.isTTY || env['TERM'] === 'dumb' || (env['CI'] ?? '') !== '' || (env['NO_COLOR'] ?? '') !== '') return false;
  return /^(?:iTerm\.app|WezTerm|vscode|ghostty|Hyper)$/.test(env['TERM_PROGRAM'] ?? '') || Number(env['VTE_VERSION'] ?? 0) >= 5000 || /kitty|alacritty/.test(env['TERM'] ?? '') || (env['WT_SESSION'] ?? '') !== '';
}
