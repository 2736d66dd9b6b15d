import { randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, parse, resolve } from 'node:path';
import { hintIdentity, identityOf } from './detect/scan-bytes.ts';
import type { AccountSightings, ListedKey } from './model/account.ts';
import { TargetError, UsageError } from './model/errors.ts';
import type { Sightings, Skipped, TargetReport } from './model/inventory.ts';
import { Secret } from './model/secret.ts';
import { isGithubTarget } from './github/hosts.ts';
import { buildNameTable } from './providers/_names.ts';
import { providers } from './providers/index.ts';
import { Assembler, type Place, sumSkipped } from './scan/assemble.ts';
import { runTasks } from './scan/pool.ts';
import type { ArtifactResult, EngineOptions, Progress, Task, TaskResult } from './scan/tasks.ts';
import { type ListedFile, listFiles } from './sources/directory/list.ts';
import { MODE_SUBMODULE, readIndex } from './sources/git/index-file.ts';
import { type GitRepository, openRepository } from './sources/git/repository.ts';
import type { GithubOptions } from './sources/github/index.ts';
import type { RemoteContext, RemoteSource, RemoteTarget } from './sources/remote.ts';
import { LOCAL_KINDS, OPENERS, parseRemoteTarget } from './sources/remotes.ts';

/** What a scan is asked to do. Everything that varies between machines (clock, threads, progress) comes in here. */
export interface ScanOptions {
  readonly targets: readonly string[];
  readonly cwd: string;
  /** Every object the repository holds, reachable or not. */
  readonly history: boolean;
  /** Only what came after this revision. */
  readonly since?: string;
  /** With `history`: only objects that commits after this revision brought in. The tree is read whole. */
  readonly historyFrom?: string;
  /** Only what is staged for the next commit. */
  readonly staged: boolean;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly includeIgnored: boolean;
  readonly maxFileSize: number;
  /** Threads; the result is the same for any number. */
  readonly workers?: number;
  readonly operatorKey?: Uint8Array;
  readonly allowAlternates: boolean;
  /** How targets `github:...` are read; without it there must be none. */
  readonly github?: GithubOptions;
  /** How targets of accounts, clusters and machines are read; without it there must be none. */
  readonly remote?: Omit<RemoteContext, 'firstId'>;
  /** No connection is opened: a target that needs one is an error. */
  readonly offline?: boolean;
  readonly onProgress: (phase: string, progress: Progress, total: Progress) => void;
}

/** Below this a folder is scanned in the calling thread: starting one costs more. */
const INLINE_BYTES = 6 * 2 ** 20;
/** A file costs about this much besides its bytes. */
const FILE_COST = 8192;
/** Objects above this are named, not read: two threads have to stay small. */
const MAX_OBJECT = 96 * 2 ** 20;
const MAX_WORKERS = 8;

/** What a scan saw, and a way to ask whether a text is one of the keys in it, which are themselves long gone. */
export interface ScanResult extends Sightings {
  readonly isKey: (text: string) => boolean;
  /** By target id: the folder its files were read from, for a target whose name is no path. */
  readonly roots: ReadonlyMap<string, string>;
}

/** From targets to sightings: sources and detection. What follows (joining, scoring, rendering) is pure. */
export async function scan(options: ScanOptions): Promise<ScanResult> {
  const assembler = new Assembler(providers, buildNameTable(providers));
  const runKey = randomBytes(32);
  const targets: TargetReport[] = [];
  const remote: Remote = { taken: new Set(), roots: new Map(), accounts: [] };
  for (const name of options.targets) {
    if (isGithubTarget(name)) targets.push(...(await scanRemote(await openGithub(name, targets.length, options, remote), options, runKey, assembler, remote)));
    else if (parseRemoteTarget(name) !== undefined) targets.push(...(await scanRemote(await openRemote(name, targets.length, options), options, runKey, assembler, remote)));
    else targets.push(await scanTarget(`t${targets.length}`, name, options, runKey, assembler));
  }
  const identities = new Set(assembler.secrets.map(({ identity }) => identity));
  const isKey = (text: string): boolean => identities.size > 0 && identities.has(identityOf(new Secret(text), runKey));
  const accounts = remote.accounts.length === 0 ? {} : { accounts: joinAccounts(remote.accounts, runKey) };
  return { targets, secrets: assembler.secrets, references: assembler.references, workloads: assembler.workloads, problems: assembler.problems, ...accounts, isKey, roots: remote.roots };
}

function joinAccounts(parts: readonly AccountSightings[], runKey: Uint8Array): AccountSightings {
  const listed = parts.flatMap((part) => part.listed ?? []);
  return {
    stored: parts.flatMap(({ stored }) => stored),
    settings: parts.flatMap(({ settings }) => settings),
    readWhole: Object.assign({}, ...parts.map(({ readWhole }) => readWhole)),
    ...(parts.some((part) => part.listed !== undefined) ? { listed: listed.map((key) => withHint(key, runKey)) } : {}),
  };
}

/** A key and its entry in a list are joined by what the list shows of it, digested, so that nothing of a value is kept. */
function withHint(key: ListedKey, runKey: Uint8Array): ListedKey {
  const { hint, provider } = key;
  if (hint === undefined) return key;
  const prefixes = providers.find(({ id }) => id === provider)?.detectors.map(({ publicPrefix }) => publicPrefix).filter((prefix) => prefix !== '' && hint.head.startsWith(prefix)) ?? [];
  const longest = prefixes.toSorted((a, b) => b.length - a.length)[0];
  const identity = longest === undefined ? undefined : hintIdentity(hint.head, hint.tail, longest, runKey);
  return identity === undefined ? key : { ...key, hintIdentity: identity };
}

interface Run {
  readonly id: string;
  readonly options: ScanOptions;
  readonly engine: Omit<EngineOptions, 'scope'>;
  readonly assembler: Assembler;
  readonly skipped: Skipped[];
  /** About the target, for its report. */
  readonly facts: Record<string, string>;
}

interface Count {
  files: number;
  objects: number;
  bytes: number;
}

async function scanTarget(id: string, name: string, options: ScanOptions, runKey: Uint8Array, assembler: Assembler): Promise<TargetReport> {
  const path = resolve(options.cwd, name);
  const isFile = kindOf(path, name) === 'file';
  const repository = await openRepository(isFile ? dirname(path) : path, { allowAlternates: options.allowAlternates });
  const run: Run = { id, options, engine: engineOf(options, runKey), assembler, skipped: [], facts: repository === undefined ? {} : factsOf(repository) };
  const count: Count = { files: 0, objects: 0, bytes: 0 };

  if (needsGit(options) && repository === undefined) {
    throw new TargetError(`${name} is not inside a git repository`, '--history, --since and --staged read git objects: name a repository, or leave the option out.');
  }
  if (repository !== undefined && options.staged) await scanStaged(run, repository, count);
  else if (repository !== undefined && options.since !== undefined) await scanHistory(run, repository, count, options.since);
  else {
    if (repository?.bare !== true) await scanTree(run, path, repository, count);
    if (repository !== undefined && (options.history || repository.bare)) await scanHistory(run, repository, count, options.historyFrom);
  }

  const skipped = sumSkipped(run.skipped);
  return {
    id,
    kind: repository === undefined ? 'directory' : 'git',
    name,
    complete: skipped.every(({ incomplete }) => !incomplete),
    ...count,
    skipped,
    facts: run.facts,
  };
}

function engineOf(options: ScanOptions, runKey: Uint8Array): Run['engine'] {
  return { runKey, maxFileSize: options.maxFileSize, ...(options.operatorKey === undefined ? {} : { operatorKey: options.operatorKey }) };
}

// --- targets behind an API ---

/** What targets read through an API leave behind besides sightings. */
interface Remote {
  readonly taken: Set<string>;
  readonly roots: Map<string, string>;
  readonly accounts: AccountSightings[];
}

/** A target that has been read and waits, with others, for the scan of its files. */
interface Waiting {
  readonly run: Run;
  readonly read: RemoteTarget;
  readonly root: string;
  readonly files: readonly Pick<ListedFile, 'path' | 'absolute' | 'size'>[];
  readonly count: Count;
}

/** Trees are scanned some dozens at a time: a thread takes longer to start than most of them. */
const TREES_TOGETHER = 64 * 2 ** 20;

async function openGithub(name: string, first: number, options: ScanOptions, remote: Remote): Promise<RemoteSource> {
  if (options.offline === true) throw new UsageError(`${name} is read through GitHub's API, and --offline opens no connection`, 'Leave --offline out, or name a clone of it.');
  if (options.staged || options.since !== undefined) throw new UsageError(`--staged and --since look at a repository on this disk, and ${name} is none`, 'Name a clone, or leave the option out.');
  if (options.github === undefined) throw new Error('no way to GitHub was given');
  const { openGithubSource } = await import('./sources/github/index.ts');
  return await openGithubSource(name, first, remote.taken, options.github, (read, of) => options.onProgress('repositories', { artifacts: read, bytes: 0 }, { artifacts: of, bytes: 0 }));
}

async function openRemote(name: string, first: number, options: ScanOptions): Promise<RemoteSource> {
  const parsed = parseRemoteTarget(name);
  if (parsed === undefined || options.remote === undefined) throw new Error('no way to accounts was given');
  const { kind, rest } = parsed;
  if (options.offline === true && !LOCAL_KINDS.has(kind)) throw new UsageError(`${name} is read through an API, and --offline opens no connection`, 'Leave --offline out.');
  if (options.staged || options.since !== undefined) throw new UsageError(`--staged and --since look at a repository on this disk, and ${name} is none`, 'Leave the option out.');
  return await (await OPENERS[kind]())(rest, { ...options.remote, firstId: first });
}

async function scanRemote(source: RemoteSource, options: ScanOptions, runKey: Uint8Array, assembler: Assembler, remote: Remote): Promise<TargetReport[]> {
  const reports: TargetReport[] = [];
  let waiting: Waiting[] = [];
  let cost = 0;
  for await (const read of source.read()) {
    const run: Run = { id: read.id, options, engine: engineOf(options, runKey), assembler, skipped: [...read.skipped], facts: { ...read.facts } };
    // Whatever is in an archive is tracked: no rule of an ignore file leaves it out.
    // Files that a source names one by one may lie anywhere: it has looked where their links lead.
    const listed = read.files !== undefined ? { root: read.root ?? parse(read.files[0]?.absolute ?? '/').root, files: sized(read.files), skipped: [] } : read.root === undefined ? undefined : await listFiles(read.root, { include: options.include, exclude: options.exclude, includeIgnored: true, maxFileSize: options.maxFileSize });
    run.skipped.push(...(listed?.skipped ?? []));
    if (read.root !== undefined && read.files === undefined) remote.roots.set(read.id, read.root);
    waiting.push({ run, read, root: listed?.root ?? '', files: listed?.files ?? [], count: { files: 0, objects: 0, bytes: 0 } });
    cost += FILE_COST + (listed?.files ?? []).reduce((sum, { size }) => sum + size + FILE_COST, 0);
    if (cost < TREES_TOGETHER) continue;
    reports.push(...(await scanWaiting(waiting)));
    waiting = [];
    cost = 0;
  }
  reports.push(...(await scanWaiting(waiting)));
  remote.accounts.push(source.accounts());
  await source.finish();
  return reports;
}

/** Scans the files of several targets in one go, so that engines and threads are started once for all of them. */
async function scanWaiting(waiting: readonly Waiting[]): Promise<TargetReport[]> {
  const [first] = waiting;
  if (first === undefined) return [];
  const { options, engine } = first.run;
  const total = { artifacts: 0, bytes: 0 };
  for (const { files } of waiting) {
    total.artifacts += files.length;
    for (const { size } of files) total.bytes += size;
  }
  const workers = workerCount(options);
  const inline = workers === 1 || total.bytes + FILE_COST * total.artifacts < INLINE_BYTES;
  const share = inline ? INLINE_BYTES : (total.bytes + FILE_COST * total.artifacts) / (workers * 6);
  const tasks: { readonly of: Waiting; readonly task: Task }[] = [];
  for (const one of waiting) {
    if (one.read.texts.length > 0) tasks.push({ of: one, task: { kind: 'texts', texts: one.read.texts, ...(one.read.kind === 'github' || one.read.kind === 'github-organization' ? {} : { areFiles: true as const }) } });
    for (const files of inSharesOf(one.files, share)) tasks.push({ of: one, task: { kind: 'files', root: one.root, files: files.map(({ path, absolute }) => ({ path, absolute })) } });
  }
  const results = await runTasks(tasks.map(({ task }) => task), { ...engine, scope: 'tree' }, workers, inline, () => undefined);
  const reports: TargetReport[] = [];
  for (const one of waiting) {
    const { run, count, read } = one;
    const own = results.filter((_, index) => tasks[index]?.of === one);
    for (const artifact of gather(run, own, count, 'files')) run.assembler.add(run.id, artifact, [{ path: artifact.name }]);
    if (options.history) await scanRemoteHistory(run, read, count);
    const skipped = sumSkipped(run.skipped);
    reports.push({ id: read.id, kind: read.kind, name: read.name, complete: skipped.every(({ incomplete }) => !incomplete), ...count, skipped, facts: run.facts });
  }
  return reports;
}

function sized(files: NonNullable<RemoteTarget['files']>): readonly Pick<ListedFile, 'path' | 'absolute' | 'size'>[] {
  return files.map(({ path, absolute }) => ({ path, absolute, size: statSync(absolute, { throwIfNoEntry: false })?.size ?? 0 }));
}

/** One repository that cannot be cloned is named; the others go on. */
async function scanRemoteHistory(run: Run, read: RemoteTarget, count: Count): Promise<void> {
  if (read.clone === undefined) return;
  let mirror;
  try {
    mirror = await read.clone();
    const repository = await openRepository(mirror.path, { allowAlternates: false });
    if (repository !== undefined) await scanHistory(run, repository, count, undefined);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'TargetError') throw error;
    run.skipped.push({ reason: 'history: cannot be fetched', count: 1, examples: [error.message], incomplete: true });
  } finally {
    mirror?.remove();
  }
}

function needsGit(options: ScanOptions): boolean {
  return options.history || options.staged || options.since !== undefined;
}

function kindOf(path: string, name: string): 'file' | 'folder' {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts === undefined) throw new UsageError(`there is no ${name}`, 'Name a file or folder that exists; without a target the current folder is scanned.');
  if (facts.isFile()) return 'file';
  if (facts.isDirectory()) return 'folder';
  throw new UsageError(`${name} is neither a file nor a folder`, 'Name a file or folder.');
}

function factsOf(repository: GitRepository): Record<string, string> {
  const { head, branch, remote, shallow, defaultBranch } = repository;
  return {
    ...(shallow ? { shallow: 'true' } : {}),
    ...(head === undefined ? {} : { head }),
    ...(branch === undefined ? {} : { branch }),
    ...(defaultBranch === undefined ? {} : { defaultBranch }),
    ...(remote === undefined ? {} : { remote: [remote.host, remote.owner, remote.name].filter((part) => part !== undefined && part !== '').join('/') }),
  };
}

async function scanTree(run: Run, path: string, repository: GitRepository | undefined, count: Count): Promise<void> {
  const { options } = run;
  const listed = await listFiles(path, {
    include: options.include,
    exclude: options.exclude,
    includeIgnored: options.includeIgnored,
    maxFileSize: options.maxFileSize,
    tracked: repository === undefined ? undefined : await trackedFiles(repository, run),
  });
  run.skipped.push(...listed.skipped);
  const total = { artifacts: listed.files.length, bytes: 0 };
  for (const { size } of listed.files) total.bytes += size;
  const workers = workerCount(options);
  const inline = workers === 1 || total.bytes + FILE_COST * total.artifacts < INLINE_BYTES;
  const parts = inline ? inSharesOf(listed.files, INLINE_BYTES) : chunk(listed.files, total, workers * 6);
  const tasks = parts.map((files): Task => ({ kind: 'files', root: listed.root, files: files.map((file) => ({ path: file.path, absolute: file.absolute })) }));
  const results = await runTasks(tasks, { ...run.engine, scope: 'tree' }, workers, inline, (progress) => options.onProgress('files', progress, total));
  for (const artifact of gather(run, results, count, 'files')) run.assembler.add(run.id, artifact, [{ path: artifact.name }]);
}

/** What the index tracks; one that cannot be read is named, and the walk goes on without it. */
async function trackedFiles(repository: GitRepository, run: Run): Promise<readonly { path: string; mode: number }[] | undefined> {
  if (repository.root === undefined) return undefined;
  try {
    return await readIndex(repository.gitDir, repository.objectFormat);
  } catch (error) {
    run.skipped.push({ reason: 'git index not readable', count: 1, examples: [error instanceof Error ? error.message : 'unknown'], incomplete: true });
    return undefined;
  }
}

async function scanStaged(run: Run, repository: GitRepository, count: Count): Promise<void> {
  const { listStaged } = await import('./sources/git/objects.ts');
  const staged = (await listStaged(repository)).filter(({ mode }) => mode !== MODE_SUBMODULE);
  const task: Task = { kind: 'objects', repository, objects: staged.map(({ oid }) => oid), paths: staged.map(({ path }) => path) };
  const total = { artifacts: staged.length, bytes: 0 };
  const results = await runTasks(staged.length === 0 ? [] : [task], { ...run.engine, scope: 'tree' }, 1, true, (progress) => run.options.onProgress('staged files', progress, total));
  const pathsOf = new Map<string, string[]>();
  for (const { oid, path } of staged) pathsOf.set(oid, [...(pathsOf.get(oid) ?? []), path]);
  for (const artifact of gather(run, results, count, 'files')) run.assembler.add(run.id, artifact, (pathsOf.get(artifact.name) ?? []).map((path) => ({ path })));
}

async function scanHistory(run: Run, repository: GitRepository, count: Count, since: string | undefined): Promise<void> {
  const { scanObjects } = await import('./scan/history.ts');
  const { results, places, skipped, reader } = await scanObjects(repository, {
    since,
    engine: { ...run.engine, maxFileSize: MAX_OBJECT, scope: 'history' },
    workers: workerCount(run.options),
    onProgress: (progress, total) => run.options.onProgress('objects', progress, total),
  });
  run.skipped.push(...skipped);
  run.facts['historyReader'] = reader;
  if (repository.shallow) run.skipped.push({ reason: 'commits before the cut of a shallow clone', count: 1, examples: [], incomplete: false });
  for (const artifact of gather(run, results, count, 'objects')) run.assembler.add(run.id, artifact, placesFor(places, artifact));
}

function placesFor(places: ReadonlyMap<string, readonly Place[]>, artifact: ArtifactResult): readonly Place[] {
  return places.get(artifact.name) ?? [];
}

function gather(run: Run, results: readonly TaskResult[], count: Count, unit: 'files' | 'objects'): ArtifactResult[] {
  for (const result of results) {
    count[unit] += result.count;
    count.bytes += result.bytes;
    run.skipped.push(...sumSkipped(result.skipped));
  }
  return results.flatMap(({ artifacts }) => artifacts);
}

function workerCount(options: ScanOptions): number {
  return options.workers ?? Math.min(MAX_WORKERS, availableParallelism());
}

/** Cuts a list into about `parts` pieces of equal cost, in order. */
function chunk<T extends { readonly size: number }>(items: readonly T[], total: Progress, parts: number): (readonly T[])[] {
  return inSharesOf(items, (total.bytes + FILE_COST * items.length) / parts);
}

function inSharesOf<T extends { readonly size: number }>(items: readonly T[], share: number): (readonly T[])[] {
  const chunks: T[][] = [];
  let current: T[] = [];
  let cost = 0;
  for (const item of items) {
    current.push(item);
    cost += item.size + FILE_COST;
    if (cost < share) continue;
    chunks.push(current);
    current = [];
    cost = 0;
  }
  if (current.length > 0) chunks.push(current);
  return chunks;
}

/** Reads the operator's key for comparable fingerprints; UsageError when it is missing or too short to be one. */
export function readOperatorKey(path: string): Uint8Array {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new UsageError(`cannot read the fingerprint key ${path}`, 'Make one with: openssl rand -out FILE 32', { cause: error });
  }
  if (bytes.length < 32) throw new UsageError(`the fingerprint key ${path} has ${bytes.length} bytes`, 'It needs at least 32 random ones: openssl rand -out FILE 32');
  return bytes;
}
