import type { Stats } from 'node:fs';
import { lstat, readFile, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { TargetError } from '../../model/errors.ts';
import { configValue, isTrue, parseConfig } from './config-text.ts';
import type { ConfigEntry } from './config-text.ts';

export type ObjectFormat = 'sha1' | 'sha256';

/** Where a repository is published, read from its configuration. Never holds a user name or a password. */
export interface RemoteAddress {
  /** Lower case, without a port. */
  readonly host: string;
  /** May hold `/` for nested groups. */
  readonly owner: string;
  readonly name: string;
}

/** What is known of a repository without running git. Plain data: it may be posted to a worker thread. */
export interface GitRepository {
  /** As the user named it, for messages. */
  readonly name: string;
  /** Absolute, symbolic links resolved. Absent for a bare repository. */
  readonly root?: string;
  /** Absolute. For a linked worktree `<commonDir>/worktrees/<id>`. */
  readonly gitDir: string;
  /** Absolute. Holds objects and refs; the same as `gitDir` except in a linked worktree. */
  readonly commonDir: string;
  readonly bare: boolean;
  readonly objectFormat: ObjectFormat;
  readonly shallow: boolean;
  /** A partial clone: objects may be missing by design. They are never fetched. */
  readonly partial: boolean;
  /** Every object directory, the repository's own first, then alternates. Absolute. */
  readonly objectFolders: readonly string[];
  /** Object directories outside what the user named that git would read too: alternates, and symbolic links to elsewhere. */
  readonly alternates: readonly string[];
  /** The user agreed to read `alternates`. When false and there are some, git is not run. */
  readonly alternatesAllowed: boolean;
  /** Roots of the other worktrees linked to this repository, as it records them. */
  readonly linkedWorktrees: readonly string[];
  /** Absent before the first commit, and for repositories that keep refs as reftable. */
  readonly head?: string;
  /** Absent when HEAD is detached. */
  readonly branch?: string;
  readonly remote?: RemoteAddress;
  /** Of the remote `origin`, as of the clone. Absent in what was not cloned. */
  readonly defaultBranch?: string;
}

export interface OpenOptions {
  /** Read object directories outside the named path as well. Default false. */
  readonly allowAlternates?: boolean;
  /** Look in the folders above `path` too, as git does. Default true. */
  readonly upward?: boolean;
}

/** A file of the repository's own machinery is never this long, except packed-refs. */
const LONGEST_SMALL_FILE = 1 << 20;
const LONGEST_PACKED_REFS = 1 << 28;
/** As in git: alternates of alternates stop here. */
const DEEPEST_ALTERNATE = 5;
const DEEPEST_INCLUDE = 10;

/**
 * The repository at or above `path`, or undefined when there is none. Git is not run.
 * A bare repository is only recognised at `path` itself, so one that lies inside a scanned tree is never entered.
 *
 * @throws TargetError when the repository points out of what the user named (a `.git` file to elsewhere, a foreign
 *   `commondir`), or when a file git would open is not a regular file.
 */
export async function openRepository(path: string, options: OpenOptions = {}): Promise<GitRepository | undefined> {
  const named = await realpathOrUndefined(path);
  if (named === undefined) return undefined;
  const info = await stat(named);
  const start = info.isDirectory() ? named : dirname(named);
  if (info.isDirectory() && (await looksLikeGitDir(start)) && !(await exists(join(start, '.git')))) {
    return describe({ name: path, named, gitDir: start, commonDir: await commonDirOf(start, start, path) }, options);
  }

  for (let folder = start; ; folder = dirname(folder)) {
    const found = await openAt(folder, path, start, options);
    if (found !== undefined) return found;
    if (options.upward === false || dirname(folder) === folder) return undefined;
  }
}

interface Found {
  readonly name: string;
  readonly named: string;
  readonly root?: string;
  readonly gitDir: string;
  readonly commonDir: string;
}

async function openAt(folder: string, name: string, start: string, options: OpenOptions): Promise<GitRepository | undefined> {
  const dotGit = join(folder, '.git');
  const info = await lstatOrUndefined(dotGit);
  if (info === undefined) return undefined;
  // Above the named path the user vouched for nothing: a repository there counts only when it is ours, as git demands too.
  if (folder !== start && !ownedByUs(info.uid)) return undefined;
  if (info.isDirectory()) {
    if (!(await looksLikeGitDir(dotGit))) return undefined;
    return describe({ name, named: folder, root: folder, gitDir: dotGit, commonDir: await commonDirOf(dotGit, folder, name) }, options);
  }
  if (info.isSymbolicLink()) {
    const gitDir = await realpathOrUndefined(dotGit);
    if (gitDir === undefined) return undefined;
    if (!isInside(folder, gitDir)) throw pointsElsewhere(name, '.git is a symbolic link');
    return describe({ name, named: folder, root: folder, gitDir, commonDir: await commonDirOf(gitDir, folder, name) }, options);
  }
  if (!info.isFile()) return undefined;
  const gitDir = await followGitFile(dotGit, folder, name);
  if (gitDir === undefined) return undefined;
  return describe({ name, named: folder, root: folder, gitDir, commonDir: await commonDirOf(gitDir, folder, name) }, options);
}

/**
 * Target of a `.git` file. Outside the folder it is followed only into a `worktrees/` or `modules/` entry that names this very
 * folder back: who wrote the `.git` file cannot have written that, so the repository's owner agreed.
 */
async function followGitFile(dotGit: string, folder: string, name: string): Promise<string | undefined> {
  const text = await readSmall(dotGit, name);
  const match = text?.startsWith('gitdir:') ? text.slice('gitdir:'.length).trim() : undefined;
  if (match === undefined || match === '') return undefined;
  const gitDir = await realpathOrUndefined(resolve(folder, match));
  if (gitDir === undefined || !(await looksLikeGitDir(gitDir))) throw pointsElsewhere(name, '.git is a file that leads to no repository');
  if (isInside(folder, gitDir)) return gitDir;

  const parts = gitDir.split(sep);
  if (parts.at(-2) === 'worktrees') {
    const back = (await readSmall(join(gitDir, 'gitdir'), name))?.trim();
    if (back !== undefined && (await realpathOrUndefined(resolve(gitDir, back))) === dotGit) return gitDir;
  }
  if (parts.includes('modules')) {
    const back = configValue(parseConfig((await readSmall(join(gitDir, 'config'), name)) ?? ''), 'core', '', 'worktree');
    if (back !== undefined && (await realpathOrUndefined(resolve(gitDir, back))) === folder) return gitDir;
  }
  throw pointsElsewhere(name, '.git is a file that leads out of the folder to a repository that does not name it back');
}

async function commonDirOf(gitDir: string, folder: string, name: string): Promise<string> {
  const text = (await readSmall(join(gitDir, 'commondir'), name))?.trim();
  if (text === undefined || text === '') return gitDir;
  const commonDir = await realpathOrUndefined(resolve(gitDir, text));
  if (commonDir === undefined) throw pointsElsewhere(name, 'commondir leads nowhere');
  // The layout git makes, `<common>/worktrees/<id>`, was vouched for by the link back; anything else must stay in the folder.
  if (dirname(dirname(gitDir)) === commonDir && dirname(gitDir).endsWith(`${sep}worktrees`)) return commonDir;
  if (isInside(folder, commonDir)) return commonDir;
  throw pointsElsewhere(name, 'commondir leads out of the folder');
}

async function describe(found: Found, options: OpenOptions): Promise<GitRepository> {
  const { name, root, gitDir, commonDir } = found;
  await refuseOddFiles([join(gitDir, 'HEAD'), join(gitDir, 'index'), join(commonDir, 'config'), join(commonDir, 'packed-refs'), join(commonDir, 'shallow')], name);
  const config = parseConfig((await readSmall(join(commonDir, 'config'), name)) ?? '');
  await refuseOddIncludes(config, commonDir, name, 0);

  const head = await readHead(gitDir, commonDir, name);
  const remote = remoteOf(config, head.branch);
  const defaultBranch = await readDefaultBranch(commonDir, name);
  return {
    name,
    ...(root === undefined ? {} : { root }),
    gitDir,
    commonDir,
    bare: root === undefined,
    objectFormat: configValue(config, 'extensions', '', 'objectformat')?.toLowerCase() === 'sha256' ? 'sha256' : 'sha1',
    shallow: await exists(join(commonDir, 'shallow')),
    partial: config.some((entry) => (entry.section === 'remote' && entry.key === 'promisor' && isTrue(entry.value)) || (entry.section === 'extensions' && entry.key === 'partialclone')),
    ...(await objectFolders(commonDir, root ?? found.named, name)),
    alternatesAllowed: options.allowAlternates === true,
    linkedWorktrees: await linkedWorktrees(commonDir, gitDir, name),
    ...(head.commit === undefined ? {} : { head: head.commit }),
    ...(head.branch === undefined ? {} : { branch: head.branch }),
    ...(remote === undefined ? {} : { remote }),
    ...(defaultBranch === undefined ? {} : { defaultBranch }),
  };
}

async function looksLikeGitDir(folder: string): Promise<boolean> {
  const [head, objects, refs, common] = await Promise.all(['HEAD', 'objects', 'refs', 'commondir'].map((entry) => lstatOrUndefined(join(folder, entry))));
  if (head === undefined) return false;
  return common !== undefined || (objects !== undefined && refs !== undefined);
}

// --- objects kept elsewhere

async function objectFolders(commonDir: string, named: string, name: string): Promise<{ objectFolders: readonly string[]; alternates: readonly string[] }> {
  const found = new Set<string>();
  const all = new Set<string>();
  const objects = join(commonDir, 'objects');
  for (const folder of [objects, join(objects, 'pack'), join(objects, 'info')]) {
    const real = await realpathOrUndefined(folder);
    if (real !== undefined && real !== folder && !isInside(commonDir, real) && !isInside(named, real)) found.add(real);
  }
  all.add(objects);
  await collectAlternates(objects, name, 0, all);
  for (const folder of all) if (folder !== objects && !isInside(named, folder) && !isInside(commonDir, folder)) found.add(folder);
  return { objectFolders: [...all], alternates: [...found].sort() };
}

async function collectAlternates(objects: string, name: string, depth: number, found: Set<string>): Promise<void> {
  if (depth > DEEPEST_ALTERNATE) return;
  const text = await readSmall(join(objects, 'info', 'alternates'), name);
  for (const line of text?.split('\n') ?? []) {
    const entry = unquote(line.trim());
    if (entry === '' || entry.startsWith('#')) continue;
    const written = isAbsolute(entry) ? entry : resolve(objects, entry);
    const real = (await realpathOrUndefined(written)) ?? written;
    if (found.has(real)) continue;
    found.add(real);
    await collectAlternates(real, name, depth + 1, found);
  }
}

function unquote(text: string): string {
  return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}

// --- HEAD and refs

/** Commit and branch of the HEAD kept in `gitDir`. Refs kept as reftable are not read: the commit is then absent. */
async function readHead(gitDir: string, commonDir: string, name: string): Promise<{ commit?: string; branch?: string }> {
  let text = (await readSmall(join(gitDir, 'HEAD'), name))?.trim() ?? '';
  let branch: string | undefined;
  for (let hops = 0; hops < 5; hops += 1) {
    if (isObjectId(text)) return branch === undefined ? { commit: text } : { commit: text, branch };
    const ref = text.startsWith('ref:') ? text.slice('ref:'.length).trim() : '';
    if (!isSafeRef(ref)) break;
    if (ref.startsWith('refs/heads/')) branch ??= ref.slice('refs/heads/'.length);
    const next = (await readSmall(join(commonDir, ref), name)) ?? (await packedRef(commonDir, ref));
    if (next === undefined) break;
    text = next.trim();
  }
  return branch === undefined || branch === '.invalid' ? {} : { branch };
}

/** What `origin` called its default branch when it was cloned. */
async function readDefaultBranch(commonDir: string, name: string): Promise<string | undefined> {
  const start = 'ref: refs/remotes/origin/';
  const text = (await readSmall(join(commonDir, 'refs/remotes/origin/HEAD'), name))?.trim() ?? '';
  const branch = text.startsWith(start) ? text.slice(start.length) : '';
  return isSafeRef(`refs/heads/${branch}`) ? branch : undefined;
}

async function packedRef(commonDir: string, ref: string): Promise<string | undefined> {
  const path = join(commonDir, 'packed-refs');
  const info = await lstatOrUndefined(path);
  if (info === undefined || !info.isFile() || info.size > LONGEST_PACKED_REFS) return undefined;
  const bytes = await readFile(path);
  const at = bytes.indexOf(` ${ref}\n`);
  if (at < 0) return undefined;
  return bytes.toString('latin1', bytes.lastIndexOf(10, at) + 1, at);
}

function isSafeRef(ref: string): boolean {
  return ref.startsWith('refs/') && !ref.includes('\\') && !ref.includes('\0') && ref.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

/** True for a full object id, of either hash. */
export function isObjectId(text: string): boolean {
  return (text.length === 40 || text.length === 64) && /^[0-9a-f]+$/.test(text);
}

async function linkedWorktrees(commonDir: string, gitDir: string, name: string): Promise<readonly string[]> {
  const folder = join(commonDir, 'worktrees');
  const roots: string[] = [];
  for (const id of (await readdirOrEmpty(folder)).sort()) {
    if (join(folder, id) === gitDir) continue;
    const back = (await readSmall(join(folder, id, 'gitdir'), name))?.trim();
    if (back !== undefined && back !== '') roots.push(dirname(resolve(folder, id, back)));
  }
  return roots;
}

// --- remote

function remoteOf(config: readonly ConfigEntry[], branch: string | undefined): RemoteAddress | undefined {
  const tracked = branch === undefined ? undefined : configValue(config, 'branch', branch, 'remote');
  const names = [tracked, 'origin', ...config.filter((entry) => entry.section === 'remote' && entry.key === 'url').map((entry) => entry.subsection)];
  for (const name of names) {
    const url = name === undefined ? undefined : configValue(config, 'remote', name, 'url');
    const address = url === undefined ? undefined : parseRemote(url);
    if (address !== undefined) return address;
  }
  return undefined;
}

/** Host, owner and name in a remote URL; undefined for local paths, transport helpers (`ext::`) and anything odd. */
export function parseRemote(url: string): RemoteAddress | undefined {
  if (url.length > 2048 || url.includes('::')) return undefined;
  const scheme = /^(?:https?|ssh|git):\/\//.exec(url);
  if (scheme === null && url.includes('://')) return undefined;
  const rest = scheme === null ? url : url.slice(scheme[0].length);
  const cut = scheme === null ? rest.indexOf(':') : rest.indexOf('/');
  if (cut <= 0 || (scheme === null && rest.slice(0, cut).includes('/'))) return undefined;
  const authority = rest.slice(0, cut);
  const host = authority.slice(authority.lastIndexOf('@') + 1).replace(/:\d{1,5}$/, '').toLowerCase();
  if (!/^[a-z0-9][a-z0-9.-]*$/.test(host) || (scheme === null && host.length < 2)) return undefined;
  const parts = rest.slice(cut + 1).split('/').filter((part) => part !== '');
  const name = parts.pop()?.replace(/\.git$/, '') ?? '';
  if (parts.length === 0 || ![...parts, name].every((part) => /^[\w.~-]+$/.test(part) && part !== '.' && part !== '..')) return undefined;
  return { host, owner: parts.join('/'), name };
}

// --- files that must be plain

/** A pipe or a device in place of a file would stall git, or feed it without end. */
async function refuseOddFiles(paths: readonly string[], name: string): Promise<void> {
  for (const path of paths) {
    const info = await statOrUndefined(path);
    if (info !== undefined && !info.isFile()) throw new TargetError(`${name}: a file of the repository is not a regular file`, 'Check where this repository comes from; clone it anew to scan it.');
  }
}

async function refuseOddIncludes(config: readonly ConfigEntry[], folder: string, name: string, depth: number): Promise<void> {
  if (depth > DEEPEST_INCLUDE) throw new TargetError(`${name}: the repository configuration includes itself`, 'Remove the include from .git/config.');
  for (const entry of config) {
    if ((entry.section !== 'include' && entry.section !== 'includeif') || entry.key !== 'path') continue;
    if (entry.value.startsWith('~') || entry.value.startsWith('%')) continue;
    const path = resolve(folder, entry.value);
    await refuseOddFiles([path], name);
    const text = await readSmall(path, name);
    if (text !== undefined) await refuseOddIncludes(parseConfig(text), dirname(path), name, depth + 1);
  }
}

function pointsElsewhere(name: string, what: string): TargetError {
  return new TargetError(`${name}: ${what}`, 'Name the main repository itself as a target.');
}

/** True when `path` is `folder` or lies below it. Both absolute, links resolved. */
export function isInside(folder: string, path: string): boolean {
  const step = relative(folder, path);
  return step === '' || (step !== '..' && !step.startsWith(`..${sep}`) && !isAbsolute(step));
}

function ownedByUs(uid: number): boolean {
  return process.getuid === undefined || uid === process.getuid();
}

async function readSmall(path: string, name: string): Promise<string | undefined> {
  const info = await statOrUndefined(path);
  if (info === undefined || info.isDirectory()) return undefined;
  if (!info.isFile()) throw new TargetError(`${name}: a file of the repository is not a regular file`, 'Check where this repository comes from; clone it anew to scan it.');
  if (info.size > LONGEST_SMALL_FILE) throw new TargetError(`${name}: a file of the repository's own settings is over 1 MB`, 'Check where this repository comes from; clone it anew to scan it.');
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new TargetError(`${name}: a file of the repository cannot be read`, 'Check the permissions of the .git folder.', { cause });
  }
}

async function exists(path: string): Promise<boolean> {
  return (await lstatOrUndefined(path)) !== undefined;
}

function lstatOrUndefined(path: string): Promise<Stats | undefined> {
  return lstat(path).catch(() => undefined);
}

function statOrUndefined(path: string): Promise<Stats | undefined> {
  return stat(path).catch(() => undefined);
}

function realpathOrUndefined(path: string): Promise<string | undefined> {
  return realpath(path).catch(() => undefined);
}

function readdirOrEmpty(path: string): Promise<string[]> {
  return readdir(path).catch(() => []);
}
