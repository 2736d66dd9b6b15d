import { randomBytes } from 'node:crypto';
import { realpathSync, statSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { TargetError } from './model/errors.ts';
import type { Sightings, Skipped, TargetReport } from './model/inventory.ts';
import type { ScanOptions } from './pipeline.ts';
import { buildNameTable } from './providers/_names.ts';
import { providers } from './providers/index.ts';
import { Assembler, sumSkipped } from './scan/assemble.ts';
import { scanRevision } from './scan/revision.ts';
import { openRepository } from './sources/git/repository.ts';
import { resolveCommit } from './sources/git/objects.ts';
import { toPosix } from './support/paths.ts';

/** What an earlier state of the targets held where something was found now. */
export interface BaseScan {
  /** As a person knows it: the revision and a short id, or the short id alone. */
  readonly name: string;
  readonly sightings: Sightings;
}

/** Shorter ids are branch names more often than ids. */
const SHORTEST_ID = 7;

/**
 * Scans `revision` as far as it matters to what was found now: only files that hold a finding can say whether it is new. A file that is equal in both costs
 * one read, and nothing is checked out.
 *
 * @param pathsOf paths inside a target, by its id, that are asked about.
 * @throws TargetError when a target is in no git repository or has no such commit.
 */
export async function scanBase(revision: string, options: Pick<ScanOptions, 'targets' | 'cwd' | 'allowAlternates' | 'maxFileSize'>, pathsOf: (target: string) => readonly string[]): Promise<BaseScan> {
  const assembler = new Assembler(providers, buildNameTable(providers));
  const engine = { runKey: randomBytes(32), maxFileSize: options.maxFileSize, scope: 'tree' as const };
  const targets: TargetReport[] = [];
  const names = new Set<string>();
  for (const [index, name] of options.targets.entries()) {
    const id = `t${index}`;
    const path = resolve(options.cwd, name);
    const folder = statSync(path, { throwIfNoEntry: false })?.isFile() === true ? dirname(path) : path;
    const repository = await openRepository(folder, { allowAlternates: options.allowAlternates });
    if (repository === undefined) throw new TargetError(`${name} is not inside a git repository`, '--base compares with a commit: name a repository, or leave the option out.');
    const commit = await resolveCommit(repository, revision);
    names.add(nameOf(revision, commit));
    const prefix = repository.root === undefined ? '' : prefixOf(repository.root, realpathSync(folder));
    const { files, unread } = await scanRevision(repository, commit, { prefix, paths: new Set(pathsOf(id)) }, engine);
    for (const { artifact, place } of files) assembler.add(id, artifact, [place]);
    targets.push(reportOf(id, name, files.length, sumSkipped(unread)));
  }
  const { secrets, references, workloads, problems } = assembler;
  return { name: [...names].join(', '), sightings: { targets, secrets, references, workloads, problems } };
}

function nameOf(revision: string, commit: string): string {
  const short = commit.slice(0, SHORTEST_ID);
  return revision.length >= SHORTEST_ID && commit.startsWith(revision.toLowerCase()) ? short : `${revision} (${short})`;
}

/** From the root of a repository to a folder in it. Both are real paths. */
function prefixOf(root: string, folder: string): string {
  const way = toPosix(relative(root, folder));
  return way === '' || way.startsWith('..') ? '' : `${way}/`;
}

function reportOf(id: string, name: string, files: number, skipped: readonly Skipped[]): TargetReport {
  return { id, kind: 'git', name, complete: skipped.every(({ incomplete }) => !incomplete), files, objects: 0, bytes: 0, skipped, facts: {} };
}
