import { relative, resolve } from 'node:path';
import { digestOf, readText } from '../../apply/files.ts';
import { hunksOf, plainHunksOf } from '../../apply/diff.ts';
import { KeyFinder } from '../../apply/keys.ts';
import { summaryOf, versionsOf } from '../../apply/propose.ts';
import { readRollback, removeTemporaries, restored, type RollbackFile, type RollbackRead, trustedRoot } from '../../apply/rollback.ts';
import { findRoots, type Rooted } from '../../apply/roots.ts';
import { replaceAll, type Replacing, temporaryName } from '../../apply/write.ts';
import { TargetError, UsageError } from '../../model/errors.ts';
import type { AppliedFile, ApplyResult } from '../../model/apply.ts';
import { renderApplyJson } from '../../report/apply-json.ts';
import { gitPatch } from '../../report/apply-patch.ts';
import { renderApplyText } from '../../report/apply-text.ts';
import { visible } from '../../support/escape.ts';
import { type ApplyFlags, paletteOf, patchPrefix, prefixOf, shellWord } from '../apply-shared.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { print } from '../print.ts';
import { hasUnicode } from '../terminal.ts';

/** A file that is as the run left it, with what it was before. */
interface Taking {
  readonly target: Rooted;
  readonly file: RollbackFile;
  readonly current: Buffer;
  readonly before: Buffer;
}

/** Shows, and with `--write` does, what takes back one run of `dekey apply --write`. */
export async function runRollback(planName: string | undefined, name: string, flags: ApplyFlags, version: string): Promise<number> {
  if (planName !== undefined) throw new UsageError('--rollback takes no plan', `Leave it out: dekey apply --rollback ${shellWord(name)}`);
  for (const option of ['only', 'set'] as const) if (flags[option].length > 0) throw new UsageError(`--rollback takes back all of a run, and --${option} is for a plan`, `Leave out --${option}.`);
  const cwd = process.cwd();
  const read = readRollback(resolve(cwd, name), name);
  const targets = rootsOf(read, flags, cwd);
  const taking = takingOf(read, targets, cwd);
  if (flags.write) {
    await replaceAll(taking.map(({ target, file, current, before }): Replacing => ({
      root: target.root, path: file.path, name: prefixOf(targets, target.id, cwd) + file.path, expected: file.sha256.after, before: current, after: before, temporary: temporaryName(),
    })), async () => ({ undo: name, forget: async () => undefined }));
    for (const target of targets) await removeTemporaries(target.root, read.rollback.files.filter((file) => file.target === target.id));
  }
  await show(read, taking, targets, flags, version, cwd);
  return EXIT_CODES.clean.code;
}

function rootsOf(read: RollbackRead, flags: ApplyFlags, cwd: string): readonly Rooted[] {
  const { targets, files } = read.rollback;
  const used = targets.filter(({ id }) => files.some(({ target }) => target === id));
  const expected = (id: string) => files.filter(({ target }) => target === id).map(({ path, sha256 }) => ({ path, hashes: new Set([sha256.before, sha256.after]) }));
  if (flags.root !== undefined) return findRoots(used, expected, [], resolve(cwd, flags.root));
  return used.flatMap((target) => {
    const root = trustedRoot(read, target.root, cwd);
    if (root === undefined) throw new TargetError(`the rollback file says that its files lie in ${visible(target.root)}, outside the folder of this run`, 'Run dekey in the folder that holds them, or say with --root where they are.');
    return findRoots([{ id: target.id, name: root }], expected, [cwd]).map((found) => ({ ...found, name: target.name }));
  });
}

/** Files that have to be put back. One that is neither as before nor as after stops it all. */
function takingOf({ rollback }: RollbackRead, targets: readonly Rooted[], cwd: string): readonly Taking[] {
  const taking: Taking[] = [];
  const odd: string[] = [];
  for (const file of rollback.files) {
    const target = targets.find(({ id }) => id === file.target);
    if (target === undefined) continue;
    const state = readText(target.root, file.path);
    if (state.kind === 'text' && state.sha256 === file.sha256.before) continue;
    if (state.kind === 'text' && state.sha256 === file.sha256.after) taking.push({ target, file, current: state.bytes, before: restored(file, state.bytes) });
    else odd.push(prefixOf(targets, target.id, cwd) + file.path);
  }
  if (odd.length === 0) return taking;
  throw new UsageError(`${odd.map(visible).join(', ')} ${odd.length === 1 ? 'is' : 'are'} neither as before that run nor as after it`, 'Nothing was written. Take back later runs first, or restore the files from version control.');
}

async function show({ rollback, file }: RollbackRead, taking: readonly Taking[], targets: readonly Rooted[], flags: ApplyFlags, version: string, cwd: string): Promise<void> {
  const keys = new KeyFinder();
  await keys.prepare(taking.map((one) => one.file.path));
  const versions = taking.map((one) => ({ ...one, versions: versionsOf(keys, one.file.path, one.current.toString('utf8'), one.before.toString('utf8')) }));
  if (flags.format === 'patch') {
    for (const one of versions) {
      const hunks = plainHunksOf(one.versions);
      const path = patchPrefix(one.target.root, cwd) + one.file.path;
      if (hunks === undefined) process.stderr.write(`dekey: ${visible(path)} is left out of the patch: a key stands beside what changes in it\n`);
      else await print(gitPatch(path, hunks));
    }
    return;
  }
  const files = versions.map((one): AppliedFile => ({
    target: one.target.id, path: one.file.path, sha256: { before: digestOf(one.current), after: digestOf(one.before) }, changes: [], declined: [], refusals: [], hunks: hunksOf(one.versions),
  }));
  const result: ApplyResult = {
    schemaVersion: '1.0', tool: { name: 'dekey', version }, plan: rollback.plan, targets: targets.map(({ id, name }) => ({ id, name })), files,
    summary: { ...summaryOf(files, 0), files: files.length }, toSet: [], changedSince: [], written: flags.write && files.length > 0, rollback: null,
  };
  if (flags.format === 'json') return await print(renderApplyJson(result));
  await print(renderApplyText(result, await paletteOf(flags), {
    width: process.stdout.isTTY ? (process.stdout.columns ?? 80) : 100, unicode: hasUnicode(), usedBy: () => undefined, prefix: (target) => prefixOf(targets, target, cwd), kind: 'rollback',
    commands: { write: `dekey apply --rollback ${shellWord(relative(cwd, file))}${flags.root === undefined ? '' : ` --root ${shellWord(flags.root)}`} --write`, undo: '' }, allowLeftovers: false, asked: false,
  }));
}
