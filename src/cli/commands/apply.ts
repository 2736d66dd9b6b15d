import { realpathSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { digestOf, readText } from '../../apply/files.ts';
import { KeyFinder } from '../../apply/keys.ts';
import { beforeOf, type ChangeName, patchHunks, Proposer, type Proposed, shownFile, splicesOf, stagesOf, summaryOf, versionsOf } from '../../apply/propose.ts';
import { hunksOf } from '../../apply/diff.ts';
import { type PlanRead, type PlanToApply, readPlan } from '../../apply/read-plan.ts';
import { History, removeTemporaries, type Rollback, rollbacksIn, rootFrom, writeRollback } from '../../apply/rollback.ts';
import { findRoots, type Rooted } from '../../apply/roots.ts';
import { type Selectable, selection } from '../../apply/select.ts';
import { valuesToSet } from '../../apply/to-set.ts';
import { replaceAll, type Replacing, temporaryName } from '../../apply/write.ts';
import { UsageError } from '../../model/errors.ts';
import type { AppliedFile, ApplyResult } from '../../model/apply.ts';
import { partyInputs } from '../../parties/inputs.ts';
import { providers } from '../../providers/index.ts';
import { renderApplyJson } from '../../report/apply-json.ts';
import { gitPatch } from '../../report/apply-patch.ts';
import { type ApplyTextOptions, renderApplyText, renderChangeText, renderFilesText } from '../../report/apply-text.ts';
import type { Palette } from '../../report/text-page.ts';
import { rewriters as registry } from '../../rewrite/index.ts';
import { replacementsOf } from '../../rewrite/replacements.ts';
import { ID_STYLES, type Rewriter } from '../../rewrite/types.ts';
import { visible } from '../../support/escape.ts';
import { toPosix } from '../../support/paths.ts';
import { type ApplyFlags, paletteOf, patchPrefix, prefixOf, shellWord, valuesOf } from '../apply-shared.ts';
import { Asker } from '../ask.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { print } from '../print.ts';
import { hasUnicode } from '../terminal.ts';

/** Where `dekey plan` writes when it is not told. */
const USUAL_PLAN = 'dekey-plan';

/** Runs `dekey apply`: shows what the plan changes in files, writes it when asked, or takes it back. Returns the exit code. */
export async function runApply(planName: string | undefined, raw: Readonly<Record<string, unknown>>, version: string, rewriters: readonly Rewriter[] = registry): Promise<number> {
  if (raw['pullRequest'] === true) {
    const { runPullRequests } = await import('./apply-pull-request.ts');
    return await runPullRequests(planName ?? USUAL_PLAN, raw, version);
  }
  const flags = parseFlags(raw);
  if (flags.interactive) checkInteractive(flags);
  if (flags.rollback !== undefined) {
    const { runRollback } = await import('./apply-rollback.ts');
    return await runRollback(planName, flags.rollback, flags, version);
  }
  const cwd = process.cwd();
  const name = planName ?? USUAL_PLAN;
  const read = readPlan(resolve(cwd, name), name);
  const history = new History(rollbacksIn(read.folder, read.digest));
  const targets = rootsOf(read, history, flags, cwd);
  const keys = new KeyFinder();
  const value = valuesOf(read, flags.set);
  const done = doneMigrations(read, history, targets);
  const proposers = new Map<string, Proposer>();
  for (const target of targets) proposers.set(target.id, await Proposer.start({ rewriters, providers, plan: read.plan, target, keys, value, ids: flags.ids, done: done.migrations, idle: done.idle }));

  const isWanted = wantedOf(flags.only, read, [...proposers.values()]);
  const choose = (accepts: (change: ChangeName) => boolean): readonly Proposed[] => [...proposers.values()].flatMap((proposer) => proposer.choose(accepts));
  let chosen = choose(isWanted);
  const stale = changedSince(read, history, proposers);
  refuseStale(chosen, stale, read, (target, path) => prefixOf(targets, target, cwd) + path);
  const paint = await paletteOf(flags);
  const options = textOptions(read, targets, flags, name, cwd);

  let answer: 'write' | 'show' | 'quit' = flags.write ? 'write' : 'show';
  if (flags.interactive) {
    const asked = await askEach(chosen, keys, (file, change, hunks) => renderChangeText(file, change, hunks, paint, options));
    chosen = asked === undefined ? chosen : choose(asked);
    answer = asked === undefined ? 'quit' : 'show';
  }
  const files = chosen.map((proposed) => shownFile(proposed, keys, digestOf));
  const summary = summaryOf(files, done.count);
  const blocked = summary.leftovers > 0 && !flags.allowLeftovers;
  if (answer === 'quit') {
    process.stderr.write('dekey: nothing was written\n');
    return EXIT_CODES.clean.code;
  }
  if (flags.interactive && summary.changes > 0 && !blocked) answer = flags.write || (await askToWrite(summary)) ? 'write' : 'show';

  let rollback: string | null = null;
  if (answer === 'write' && summary.changes > 0 && !blocked) rollback = await write(chosen, read, targets, version, (target, path) => prefixOf(targets, target, cwd) + path);
  if (flags.write) for (const target of targets) await removeTemporaries(target.root, history.filesOf(target.id));
  const result: ApplyResult = {
    schemaVersion: '1.0', tool: { name: 'dekey', version }, plan: read.digest, targets: targets.map(({ id, name: its }) => ({ id, name: its })),
    files, summary, toSet: valuesToSet(files, targets.flatMap(({ id }) => replacementsOf(read.plan, id, providers).replacements), new Map([...Object.values(partyInputs), ...read.plan.inputs].map((input) => [input.id, input])), value, beforeOf(chosen)), changedSince: stale, written: rollback !== null, rollback: rollback === null ? null : toPosix(relative(read.folder, rollback)),
  };
  if (flags.format === 'json') await print(renderApplyJson(result));
  else if (flags.format === 'patch') await print(patchOf(chosen, keys, cwd));
  else await print(renderApplyText(result, paint, rollback === null ? options : { ...options, commands: { ...options.commands, undo: `dekey apply --rollback ${shellWord(relative(cwd, rollback))} --write` } }));
  if (blocked && answer === 'write') process.stderr.write(`dekey: nothing was written: ${summary.leftovers} ${summary.leftovers === 1 ? 'key is' : 'keys are'} left that would win over the new identity\n`);
  return blocked ? EXIT_CODES.findings.code : EXIT_CODES.clean.code;
}

/** What a plan that nobody has saved would change, as lines for any width: for the screen of `dekey ui`, which needs what applying needs and so finds it in this bundle. Reads files, writes none. */
export async function previewPlan(plan: PlanToApply, at: { readonly roots: ReadonlyMap<string, string>; readonly bases: readonly string[]; readonly cwd: string }, look: { readonly paint: Palette; readonly unicode: boolean }): Promise<(width: number) => readonly string[]> {
  const concerned = new Set(plan.migrations.map(({ target }) => target));
  const expected = (target: string) => plan.sources.filter((source) => source.target === target).map(({ path, sha256 }) => ({ path, hashes: new Set(sha256 === null ? [] : [sha256]) }));
  const targets = plan.targets.filter(({ id }) => concerned.has(id)).flatMap(({ id, name }): readonly Rooted[] => {
    const root = at.roots.get(id);
    return root === undefined ? findRoots([{ id, name }], expected, at.bases) : [{ id, name, root }];
  });
  const keys = new KeyFinder();
  const value = valuesOf({ plan }, []);
  const files: AppliedFile[] = [];
  for (const target of targets) {
    const proposer = await Proposer.start({ rewriters: registry, providers, plan, target, keys, value, ids: 'vars', done: new Set(), idle: new Set() });
    files.push(...proposer.everything.map((proposed) => shownFile(proposed, keys, digestOf)));
  }
  const title = new Map(providers.map((provider) => [provider.id, provider.title.replace(/ \(.*\)$/, '')]));
  const users = new Map(plan.migrations.map(({ id, name, provider }) => [id, `${name} (${title.get(provider) ?? provider})`]));
  return (width) => renderFilesText(files, look.paint, {
    width, unicode: look.unicode, usedBy: (migration) => users.get(migration), prefix: (target) => prefixOf(targets, target, at.cwd), kind: 'apply', commands: { write: '', undo: '' }, allowLeftovers: false, asked: false,
  });
}

/** Runs `dekey campaign`: it needs what making pull requests needs, and so is in the same bundle. */
export async function runCampaign(verb: 'status' | 'close', planName: string | undefined, raw: Readonly<Record<string, unknown>>, version: string): Promise<number> {
  const { runCampaignVerb } = await import('./campaign.ts');
  return await runCampaignVerb(verb, planName ?? USUAL_PLAN, raw, version);
}

function parseFlags(raw: Readonly<Record<string, unknown>>): ApplyFlags {
  const text = (name: string): string | undefined => (typeof raw[name] === 'string' ? raw[name] : undefined);
  const list = (name: string): readonly string[] => (Array.isArray(raw[name]) ? raw[name].filter((item) => typeof item === 'string') : []);
  const root = text('root');
  const rollback = text('rollback');
  return {
    write: raw['write'] === true,
    interactive: raw['interactive'] === true,
    only: list('only'),
    format: raw['format'] === 'json' || raw['format'] === 'patch' ? raw['format'] : 'text',
    ids: ID_STYLES.find((style) => style === raw['ids']) ?? 'vars',
    set: list('set'),
    ...(root === undefined ? {} : { root }),
    allowLeftovers: raw['allowLeftovers'] === true,
    ...(rollback === undefined ? {} : { rollback }),
    color: raw['color'] !== false,
  };
}

function checkInteractive(flags: ApplyFlags): void {
  if (flags.format !== 'text') throw new UsageError(`--interactive asks on the terminal, and --format ${flags.format} is for programs`, 'Leave out one of the two.');
  if (flags.rollback !== undefined) throw new UsageError('--rollback takes back all of a run, and --interactive asks for each change', 'Leave out one of the two.');
  if (!process.stdin.isTTY || !process.stdout.isTTY) throw new UsageError('--interactive needs a terminal', 'Choose with --only instead.');
}

// --- what is planned ---

function rootsOf({ plan, folder }: PlanRead, history: History, flags: ApplyFlags, cwd: string): readonly Rooted[] {
  const expected = (target: string) => plan.sources.filter((source) => source.target === target).map(({ path, sha256 }) => ({ path, hashes: new Set([...(sha256 === null ? [] : [sha256]), ...history.hashes(target, path)]) }));
  return findRoots(plan.targets, expected, [cwd, dirname(folder)], flags.root === undefined ? undefined : resolve(cwd, flags.root));
}

/** What earlier runs of this plan have made, as far as it is still in the files. */
function doneMigrations({ plan }: PlanRead, history: History, targets: readonly Rooted[]): { readonly migrations: ReadonlySet<string>; readonly idle: ReadonlySet<string>; readonly count: number } {
  const migrations = new Set<string>();
  const alone = new Map<string, boolean>();
  let count = 0;
  for (const { target, path, sha256 } of plan.sources) {
    if (history.hashes(target, path).length === 0) continue;
    const root = targets.find(({ id }) => id === target)?.root;
    const state = root === undefined ? undefined : readText(root, path);
    if (state?.kind !== 'text') continue;
    const made = history.made(target, path, state.sha256, sha256);
    count += made.length;
    for (const change of made) {
      for (const migration of change.migrations) {
        migrations.add(migration);
        alone.set(migration, change.standsAlone === true && alone.get(migration) !== false);
      }
    }
  }
  return { migrations, idle: new Set([...alone].flatMap(([migration, is]) => (is ? [migration] : []))), count };
}

function wantedOf(patterns: readonly string[], { plan }: PlanRead, proposers: readonly Proposer[]): (change: ChangeName) => boolean {
  if (patterns.length === 0) return () => true;
  const provider = new Map(plan.migrations.map(({ id, provider: its }) => [id, its]));
  const byName = new Map<string, Selectable>();
  for (const { target, file } of proposers.flatMap(({ everything }) => everything)) {
    for (const { id, rewriter, safety, migrations } of file.changes) {
      byName.set(keyOf({ target: target.id, path: file.path, rewriter, id }), { path: file.path, id, rewriter, safety, providers: [...new Set(migrations.flatMap((migration) => provider.get(migration) ?? []))] });
    }
  }
  const isSelected = selection(patterns, [...byName.values()], plan.sources.map(({ path }) => path));
  return (name) => {
    const change = byName.get(keyOf(name));
    return change !== undefined && isSelected(change);
  };
}

function keyOf({ target, path, rewriter, id }: ChangeName): string {
  return JSON.stringify([target, path, rewriter, id]);
}

/** Files of the plan that are neither as planned nor as an earlier run left them. */
function changedSince({ plan }: PlanRead, history: History, proposers: ReadonlyMap<string, Proposer>): ApplyResult['changedSince'] {
  return plan.sources.filter(({ target, path, sha256 }) => {
    const state = proposers.get(target)?.state(path);
    if (state === undefined || state.kind === 'unreadable') return false;
    return state.kind === 'missing' ? sha256 !== null : state.sha256 !== sha256 && !history.hashes(target, path).includes(state.sha256);
  }).map(({ target, path }) => ({ target, path }));
}

/** A diff of a file that nobody has planned is no diff to approve. */
function refuseStale(chosen: readonly Proposed[], stale: ApplyResult['changedSince'], { plan }: PlanRead, nameOf: (target: string, path: string) => string): void {
  const edited = new Set(chosen.filter(({ file }) => file.changes.length > 0).map(({ target, file }) => `${target.id}\n${file.path}`));
  const changed = stale.filter(({ target, path }) => edited.has(`${target}\n${path}`));
  if (changed.length === 0) return;
  const names = changed.map(({ target, path }) => visible(nameOf(target, path))).join(', ');
  const unknown = changed.every((file) => plan.sources.some(({ target, path, sha256 }) => target === file.target && path === file.path && sha256 === null));
  if (unknown) throw new UsageError(`the plan was made without ${names} at hand`, 'Nothing was written. Plan again where the files are: dekey plan.');
  throw new UsageError(`${names} ${changed.length === 1 ? 'has' : 'have'} changed since the plan`, 'Nothing was written. Plan again: dekey plan --overwrite.');
}

// --- showing ---

function textOptions({ plan }: PlanRead, targets: readonly Rooted[], flags: ApplyFlags, name: string, cwd: string): ApplyTextOptions {
  const title = new Map(providers.map((provider) => [provider.id, provider.title.replace(/ \(.*\)$/, '')]));
  const users = new Map(plan.migrations.map(({ id, name: workload, provider }) => [id, `${workload} (${title.get(provider) ?? provider})`]));
  return {
    width: process.stdout.isTTY ? (process.stdout.columns ?? 80) : 100,
    unicode: hasUnicode(),
    usedBy: (migration) => users.get(migration),
    prefix: (target) => prefixOf(targets, target, cwd),
    kind: 'apply',
    commands: { write: commandLine(name, flags), undo: '' },
    allowLeftovers: flags.allowLeftovers,
    asked: flags.interactive,
  };
}

/** The same run, but writing. */
function commandLine(name: string, flags: ApplyFlags): string {
  const options = [
    ...flags.only.flatMap((pattern) => ['--only', shellWord(pattern)]),
    ...(flags.ids === 'vars' ? [] : ['--ids', flags.ids]),
    ...flags.set.flatMap((setting) => ['--set', shellWord(setting)]),
    ...(flags.root === undefined ? [] : ['--root', shellWord(flags.root)]),
    ...(flags.allowLeftovers ? ['--allow-leftovers'] : []),
  ];
  return ['dekey apply', shellWord(name), ...options, '--write'].join(' ');
}

function patchOf(chosen: readonly Proposed[], keys: KeyFinder, cwd: string): string {
  return chosen.map((proposed) => {
    const hunks = patchHunks(proposed, keys);
    const path = patchPrefix(proposed.target.root, cwd) + proposed.file.path;
    if (hunks !== undefined) return gitPatch(path, hunks);
    process.stderr.write(`dekey: ${visible(path)} is left out of the patch: a key stands beside what changes in it\n`);
    return '';
  }).join('');
}

// --- asking ---

type ShowChange = (file: Pick<AppliedFile, 'target' | 'path'>, change: AppliedFile['changes'][number], hunks: AppliedFile['hunks']) => string;

/** Which changes were accepted; undefined when the user left. */
async function askEach(chosen: readonly Proposed[], keys: KeyFinder, show: ShowChange): Promise<((change: ChangeName) => boolean) | undefined> {
  const asker = new Asker();
  const accepted = new Set<string>();
  let all = false;
  try {
    const total = chosen.reduce((sum, { file }) => sum + file.changes.length, 0);
    let number = 0;
    for (const proposed of chosen) {
      const { target, file } = proposed;
      const stages = stagesOf(file);
      const shown = shownFile(proposed, keys, digestOf);
      for (const [index, change] of file.changes.entries()) {
        number += 1;
        const name = keyOf({ target: target.id, path: file.path, rewriter: change.rewriter, id: change.id });
        const masked = shown.changes[index];
        if (all || masked === undefined) {
          accepted.add(name);
          continue;
        }
        const stage = stages.get(change);
        await print(`${number === 1 ? '' : '\n'}${show({ target: target.id, path: file.path }, masked, stage === undefined ? shown.hunks : hunksOf(versionsOf(keys, file.path, stage.before, stage.after)))}`);
        const answer = await asker.ask(`\nMake this change? (${number} of ${total})  [y]es, [n]o, [a]ll the rest, [q]uit: `, ['y', 'n', 'a', 'q']);
        if (answer === 'q') return undefined;
        all = answer === 'a';
        if (answer !== 'n') accepted.add(name);
      }
    }
  } finally {
    asker.close();
  }
  return (change) => accepted.has(keyOf(change));
}

async function askToWrite({ files, changes }: ApplyResult['summary']): Promise<boolean> {
  const asker = new Asker();
  try {
    return (await asker.ask(`\nWrite ${changes} ${changes === 1 ? 'change' : 'changes'} to ${files} ${files === 1 ? 'file' : 'files'}?  [y]es, [n]o: `, ['y', 'n', 'q'])) === 'y';
  } finally {
    asker.close();
    await print('\n');
  }
}

// --- writing ---

/** Returns the path of the rollback file. */
async function write(chosen: readonly Proposed[], read: PlanRead, targets: readonly Rooted[], version: string, nameOf: (target: string, path: string) => string): Promise<string> {
  const changed = chosen.filter(({ file }) => file.changes.length > 0 && file.after !== file.before);
  const files = changed.flatMap((proposed): readonly { readonly proposed: Proposed; readonly replacing: Replacing }[] => {
    const { target, file, state } = proposed;
    if (state.kind !== 'text') return [];
    return [{ proposed, replacing: { root: target.root, path: file.path, name: nameOf(target.id, file.path), expected: state.sha256, before: state.bytes, after: Buffer.from(file.after, 'utf8'), temporary: temporaryName() } }];
  });
  const rollback: Rollback = {
    schemaVersion: '1.0', kind: 'dekey-rollback', tool: { name: 'dekey', version }, plan: read.digest,
    targets: targets.map(({ id, name, root }) => ({ id, name, root: rootFrom(realpathSync(read.folder), root) })),
    files: files.map(({ proposed, replacing }) => ({
      target: proposed.target.id, path: proposed.file.path, sha256: { before: replacing.expected, after: digestOf(replacing.after) }, undo: splicesOf(proposed), temporary: replacing.temporary,
      changes: proposed.file.changes.map(({ id, rewriter, migrations, standsAlone }) => ({ id, rewriter, migrations, ...(standsAlone === true ? { standsAlone } : {}) })),
    })),
  };
  let written = '';
  await replaceAll(files.map(({ replacing }) => replacing), async () => {
    const { file, forget } = await writeRollback(read.folder, rollback);
    written = file;
    return { undo: relative(process.cwd(), file), forget };
  });
  return written;
}
