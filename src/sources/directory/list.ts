import { lstatSync, readdirSync, realpathSync, statSync, type Dirent, type Stats } from 'node:fs';
import { readdir as readdirWithCallback } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { TargetError } from '../../model/errors.ts';
import type { Skipped } from '../../model/inventory.ts';
import { visible } from '../../support/escape.ts';
import { compileGlobs, type GlobSet } from '../../support/glob.ts';
import { compareBytes, isInside, isPlainRelative, toPosix } from '../../support/paths.ts';
import { findCheckout, type Checkout } from './checkout.ts';
import { isCredentialFile, isVendorFolder } from './credential-files.ts';
import { addIgnoreFile, isIgnored, type IgnoreChain } from './gitignore.ts';
import { readFileSafelySync, sizeWords } from './read.ts';

export interface ListedFile {
  /** From the listed root, with `/`. */
  readonly path: string;
  readonly absolute: string;
  /** Bytes, when it was listed. */
  readonly size: number;
}

export interface FileList {
  /** Sorted by the bytes of `path`. */
  readonly files: readonly ListedFile[];
  /** Sorted by reason. */
  readonly skipped: readonly Skipped[];
  /** The root with links resolved: what `readFileSafely` takes as the folder files must not lie outside of. */
  readonly root: string;
}

export interface ListOptions {
  /** Only these, when there are any. Patterns as in {@link compileGlobs}. */
  readonly include?: readonly string[];
  /** Never these; wins over `include`. */
  readonly exclude?: readonly string[];
  /** Bytes; larger files are left out and counted. Default {@link DEFAULT_MAX_FILE_SIZE}. */
  readonly maxFileSize?: number;
  /** Look at everything but `.git`: also what git ignores, `node_modules`, submodules and nested checkouts. */
  readonly includeIgnored?: boolean;
  /** The index of the checkout the root lies in; paths from the root of the checkout, with `/`. Without it nothing counts as tracked. */
  readonly tracked?: readonly TrackedPath[] | undefined;
}

export interface TrackedPath {
  readonly path: string;
  readonly mode: number;
}

export const DEFAULT_MAX_FILE_SIZE = 20 * 1024 * 1024;

const GITLINK = 0o160000;
const SPARSE_FOLDER = 0o040000;
const MOST_EXAMPLES = 20;
const LONGEST_EXAMPLE = 300;
const LARGEST_IGNORE_FILE = 1024 * 1024;
/** Folders below an ignored folder that are still searched for credential files, counting the ignored one. */
const IGNORED_DEPTH = 4;
/** Names looked at in ignored folders, in all: past this the rest is not searched, and that is reported. */
const MOST_IGNORED_NAMES = 50_000;
/** Milliseconds after which a walk lets timers, progress bars and signals have their turn. */
const TURN = 30;

/**
 * Lists the files to scan under `root`, which may be a folder or a single file.
 *
 * In a git checkout (or in a folder of one): what git tracks, what is untracked but not ignored (nested `.gitignore`, `info/exclude`; a
 * user-wide excludes file is not read, so that the same tree gives the same list on every machine), and ignored files whose name says that they hold
 * credentials or agent configuration. Elsewhere: every file outside `.git` and `node_modules`. Only names and sizes are read, never git's configuration.
 *
 * A folder of several checkouts is not one itself, so all of them are listed, each without its `.git`; inside a checkout a nested one is a submodule and is
 * left to its own scan.
 *
 * Links are never followed out of the root; one to a file inside it gives that file, once. FIFOs, sockets and devices are not opened.
 * Whatever is left out is counted, with names.
 *
 * @throws TargetError when `root` does not exist or cannot be read.
 */
export async function listFiles(root: string, options: ListOptions = {}): Promise<FileList> {
  const { path: real, status } = resolveRoot(root);
  if (!status.isDirectory()) return listSingle(root, real, status, options);
  const listing = new Listing(real, options);
  if (isBareRepository(real)) {
    listing.skip('bare repository', '.');
    return listing.finish();
  }
  const checkout = options.includeIgnored ? undefined : checkoutThatKnows(real, options.tracked ?? []);
  if (options.includeIgnored) await walk(listing, { path: '', rules: undefined, searchDepth: undefined }, { kind: 'everything' });
  else if (checkout === undefined) await walkPlain(listing);
  else await walkCheckout(listing, checkout, options.tracked ?? []);
  listing.followLinks();
  return listing.finish();
}

function resolveRoot(root: string): { path: string; status: Stats } {
  try {
    const path = realpathSync(root);
    return { path, status: statSync(path) };
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
    throw new TargetError(
      `cannot read ${visible(root)}: ${missing ? 'no such file or folder' : 'it cannot be opened'}`,
      missing ? 'Check the spelling; targets are paths from the working directory.' : 'Check its permissions.',
      { cause: error },
    );
  }
}

function listSingle(root: string, real: string, status: Stats, options: ListOptions): FileList {
  if (!status.isFile()) throw new TargetError(`cannot read ${visible(root)}: it is not a regular file or a folder`, 'Name a file or a folder.');
  const listing = new Listing(dirname(real), options.maxFileSize === undefined ? {} : { maxFileSize: options.maxFileSize });
  listing.addFile(basename(real));
  return listing.finish();
}

/**
 * The checkout to go by. None when the root is itself ignored by the repository above it, as every project is in a home folder kept in
 * git with the rule `*`: going by that repository would find an empty tree.
 */
function checkoutThatKnows(root: string, tracked: readonly TrackedPath[]): Checkout | undefined {
  const checkout = findCheckout(root);
  if (checkout === undefined || checkout.prefix === '') return checkout;
  const inside = `${checkout.prefix}/`;
  if (tracked.some((entry) => entry.path.startsWith(inside))) return checkout;
  return isIgnoredFolder(checkout) ? undefined : checkout;
}

function isIgnoredFolder(checkout: Checkout): boolean {
  let rules = excludeRules(checkout);
  let folder = '';
  for (const name of checkout.prefix.split('/')) {
    rules = withIgnoreFile(rules, checkout.root, folder);
    folder = below(folder, name);
    if (isIgnored(rules, folder, true)) return true;
  }
  return false;
}

function excludeRules(checkout: Checkout): IgnoreChain | undefined {
  const read = readFileSafelySync(join(checkout.commonDir, 'info', 'exclude'), LARGEST_IGNORE_FILE);
  return read.kind === 'bytes' ? addIgnoreFile(read.bytes.toString('utf8'), '', undefined) : undefined;
}

/** Adds the rules of the `.gitignore` in `folder`, when there is one. A link is not read, as in git. */
function withIgnoreFile(outer: IgnoreChain | undefined, checkoutRoot: string, folder: string): IgnoreChain | undefined {
  const read = readFileSafelySync(join(checkoutRoot, folder, '.gitignore'), LARGEST_IGNORE_FILE, checkoutRoot);
  return read.kind === 'bytes' ? addIgnoreFile(read.bytes.toString('utf8'), folder, outer) : outer;
}

function below(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

/** What a walk goes by. */
type Scope =
  | { readonly kind: 'everything' }
  | { readonly kind: 'plain' }
  | {
      readonly kind: 'checkout';
      readonly checkout: Checkout;
      /** From the listed root. Entries are removed as the walk meets them; what remains was not met. */
      readonly tracked: Set<string>;
      readonly submodules: ReadonlySet<string>;
    };

interface Folder {
  /** From the listed root; '' for the root. */
  readonly path: string;
  readonly rules: IgnoreChain | undefined;
  /** Inside an ignored folder: how many more levels are searched for credential files. */
  readonly searchDepth: number | undefined;
}

async function walkCheckout(listing: Listing, checkout: Checkout, entries: readonly TrackedPath[]): Promise<void> {
  const tracked = new Set<string>();
  const submodules = new Set<string>();
  const inside = checkout.prefix === '' ? '' : `${checkout.prefix}/`;
  for (const { path, mode } of entries) {
    if (!path.startsWith(inside)) continue;
    const local = path.slice(inside.length);
    if (mode === SPARSE_FOLDER) listing.skip(NOT_CHECKED_OUT, local);
    // An index is a file like any other in a copied folder: its paths are checked before they are joined to the root.
    else if (isPlainRelative(local)) (mode === GITLINK ? submodules : tracked).add(local);
  }
  let rules = excludeRules(checkout);
  let folder = '';
  for (const name of checkout.prefix === '' ? [] : checkout.prefix.split('/')) {
    rules = withIgnoreFile(rules, checkout.root, folder);
    folder = below(folder, name);
  }
  await walk(listing, { path: '', rules, searchDepth: undefined }, { kind: 'checkout', checkout, tracked, submodules });
  for (const path of submodules) if (listing.wants(path)) listing.skip('submodule', path);
  addUnmet(listing, tracked);
}

/** Tracked files in folders the walk does not enter: ignored ones, `node_modules`, and those now in the way of a nested repository. */
function addUnmet(listing: Listing, paths: ReadonlySet<string>): void {
  const folders = new Map<string, boolean>([['', true]]);
  for (const path of paths) {
    if (!listing.wants(path)) {
      listing.skip(LEFT_OUT, path);
      continue;
    }
    const slash = path.lastIndexOf('/');
    const status = isRealFolder(listing.root, slash < 0 ? '' : path.slice(0, slash), folders) ? lstat(join(listing.root, path)) : undefined;
    if (status === undefined || status.isDirectory()) listing.skip(NOT_CHECKED_OUT, path);
    else if (status.isSymbolicLink()) listing.links.push(path);
    else listing.addFile(path);
  }
}

/** True when each part of `path` is a folder and none is a link. Answers are kept in `known`. */
function isRealFolder(root: string, path: string, known: Map<string, boolean>): boolean {
  const open: string[] = [];
  let at = path;
  while (!known.has(at)) {
    open.push(at);
    const slash = at.lastIndexOf('/');
    at = slash < 0 ? '' : at.slice(0, slash);
  }
  let real = known.get(at) ?? false;
  for (const folder of open.toReversed()) {
    real &&= lstat(join(root, folder))?.isDirectory() ?? false;
    known.set(folder, real);
  }
  return real;
}

function lstat(absolute: string): Stats | undefined {
  try {
    return lstatSync(absolute, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** @returns the folders left over when more than `most` names were met. */
async function walk(listing: Listing, start: Folder, scope: Scope, most = Infinity): Promise<readonly Folder[]> {
  const open = [start];
  let names = 0;
  let turn = performance.now();
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    let entries: Dirent[];
    try {
      entries = readdirSync(listing.absolute(folder.path), { withFileTypes: true });
    } catch {
      listing.skip('unreadable', folder.path === '' ? '.' : folder.path, true);
      continue;
    }
    const found = admit(listing, folder, entries, scope);
    for (const path of found.files) listing.addFile(path);
    // One push a folder, not a spread: a folder may hold more entries than a call may have arguments.
    for (const child of found.folders) open.push(child);
    names += entries.length;
    if (names > most) return open;
    if (performance.now() - turn > TURN) {
      await setImmediate();
      turn = performance.now();
    }
  }
  return [];
}

/** A small folder is done before fast-glob would be loaded; below this many names the plain walk stays alone. */
const SMALL_TREE = 2000;

async function walkPlain(listing: Listing): Promise<void> {
  const rest = await walk(listing, { path: '', rules: undefined, searchDepth: undefined }, { kind: 'plain' }, SMALL_TREE);
  for (const folder of rest) await walkLarge(listing, folder.path);
}

/**
 * The walk of a large tree outside git. fast-glob finds its way through the folders; each listing passes through {@link admit} first, which takes out
 * what is not to be entered or opened, so that nothing is left out uncounted.
 */
async function walkLarge(listing: Listing, start: string): Promise<void> {
  const { default: glob } = await import('fast-glob');
  const apart: Folder[] = [];

  function readdir(path: string, options: { withFileTypes: true }, callback: (error: NodeJS.ErrnoException | null, files: Dirent[]) => void): void;
  function readdir(path: string, callback: (error: NodeJS.ErrnoException | null, files: string[]) => void): void;
  function readdir(path: string, ...rest: [unknown, unknown?]): void {
    const callback = rest.at(-1);
    if (typeof callback !== 'function') return;
    readdirWithCallback(path, { withFileTypes: true }, (error, entries) => {
      const folder = listing.relative(path);
      if (error !== null) {
        listing.skip('unreadable', folder === '' ? '.' : folder, true);
        callback(null, []);
        return;
      }
      const found = admit(listing, { path: folder, rules: undefined, searchDepth: undefined }, entries, { kind: 'plain' });
      const wanted = new Set<string>(found.files);
      for (const child of found.folders) {
        if (NOT_MATCHED.test(child.path)) apart.push(child);
        else wanted.add(child.path);
      }
      for (const name of found.files) {
        if (!NOT_MATCHED.test(name)) continue;
        listing.addFile(name);
        wanted.delete(name);
      }
      callback(null, entries.filter((entry) => wanted.has(below(folder, entry.name))));
    });
  }

  const found = glob.stream('**', { cwd: listing.absolute(start), dot: true, followSymbolicLinks: false, unique: false, suppressErrors: true, fs: { readdir } });
  for await (const path of found) listing.addFile(below(start, String(path)));
  for (const folder of apart) await walk(listing, folder, { kind: 'plain' });
}

/** The regular expressions that globs are turned into stop at line ends in names, and `\` has a meaning of its own there; both are walked here instead. */
const NOT_MATCHED = /[\n\r\u2028\u2029\\]/;

const NOT_CHECKED_OUT = 'not in the work tree';
const LEFT_OUT = 'left out by include or exclude';

/** Sorts the entries of one folder into files to list and folders to enter; what is neither is counted, links are kept for later. */
function admit(listing: Listing, folder: Folder, entries: readonly Dirent[], scope: Scope): { files: string[]; folders: Folder[] } {
  const files: string[] = [];
  const folders: Folder[] = [];
  if (folder.path !== '' && scope.kind === 'checkout' && entries.some((entry) => isDotGit(entry.name))) {
    listing.skip('submodule', folder.path);
    return { files, folders };
  }
  if (folder.path !== '' && looksBare(entries)) {
    listing.skip('bare repository', folder.path);
    return { files, folders };
  }
  const prefix = scope.kind === 'checkout' ? scope.checkout.prefix : '';
  const rules =
    scope.kind === 'checkout' && folder.searchDepth === undefined && entries.some((entry) => entry.name === '.gitignore' && entry.isFile())
      ? withIgnoreFile(folder.rules, scope.checkout.root, below(prefix, folder.path).replace(/\/$/, ''))
      : folder.rules;

  for (const entry of entries) {
    if (isDotGit(entry.name)) continue;
    const path = below(folder.path, entry.name);
    if (folder.searchDepth !== undefined && !listing.spendIgnored(folder.path)) break;
    if (entry.isDirectory()) {
      const child = folderToEnter(listing, { path, name: entry.name, rules, searchDepth: folder.searchDepth }, scope);
      if (child !== undefined) folders.push(child);
      continue;
    }
    if (scope.kind === 'checkout' && !scope.tracked.delete(path)) {
      const ignored = folder.searchDepth !== undefined || isIgnored(rules, below(prefix, path), false);
      if (ignored && !isCredentialFile(path)) {
        if (folder.searchDepth === undefined) listing.skip('ignored by git', path);
        continue;
      }
    }
    if (!listing.wants(path)) listing.skip(LEFT_OUT, path);
    else if (entry.isFile()) files.push(path);
    else if (entry.isSymbolicLink()) listing.links.push(path);
    else listing.skip('not a regular file', path);
  }
  return { files, folders };
}

function folderToEnter(listing: Listing, folder: Folder & { readonly name: string }, scope: Scope): Folder | undefined {
  const { path, name, rules } = folder;
  // Reported with the other submodules, checked out or not.
  if (scope.kind === 'checkout' && scope.submodules.has(path)) return undefined;
  if (!listing.mayEnter(path)) {
    if (folder.searchDepth === undefined) listing.skip(LEFT_OUT, path);
    return undefined;
  }
  if (scope.kind === 'everything') return { path, rules, searchDepth: undefined };
  if (folder.searchDepth !== undefined) {
    return folder.searchDepth > 1 && !isVendorFolder(name) ? { path, rules, searchDepth: folder.searchDepth - 1 } : undefined;
  }
  if (name === 'node_modules') {
    listing.skip('node_modules', path);
    return undefined;
  }
  if (scope.kind === 'checkout' && isIgnored(rules, below(scope.checkout.prefix, path), true)) {
    listing.skip('ignored by git', path);
    return isVendorFolder(name) ? undefined : { path, rules, searchDepth: IGNORED_DEPTH };
  }
  return { path, rules, searchDepth: undefined };
}

/** Where file systems fold case, `.GIT` opens the same folder. */
function isDotGit(name: string): boolean {
  if (name === '.git') return true;
  return (process.platform === 'darwin' || process.platform === 'win32') && name.toLowerCase() === '.git';
}

/** A git folder without a work tree round it: its objects are no files of this tree. */
function looksBare(entries: readonly Dirent[]): boolean {
  let found = 0;
  for (const entry of entries) {
    if (entry.name === 'HEAD' && !entry.isDirectory()) found += 1;
    else if ((entry.name === 'objects' || entry.name === 'refs') && entry.isDirectory()) found += 1;
  }
  return found === 3;
}

function isBareRepository(folder: string): boolean {
  return (
    lstat(join(folder, '.git')) === undefined &&
    lstat(join(folder, 'HEAD'))?.isDirectory() === false &&
    (lstat(join(folder, 'objects'))?.isDirectory() ?? false) &&
    (lstat(join(folder, 'refs'))?.isDirectory() ?? false)
  );
}

interface SkipTally {
  count: number;
  examples: string[];
  incomplete: boolean;
}

/** Collects what a walk finds. */
class Listing {
  readonly root: string;
  /** Links met, to be resolved when all files are known. */
  readonly links: string[] = [];
  readonly #base: string;
  readonly #files: ListedFile[] = [];
  readonly #skipped = new Map<string, SkipTally>();
  readonly #include: GlobSet | undefined;
  readonly #exclude: GlobSet;
  readonly #maxFileSize: number;
  #ignoredNames = 0;

  constructor(root: string, options: ListOptions) {
    this.root = root;
    this.#base = root.endsWith(sep) ? root : root + sep;
    this.#include = options.include === undefined || options.include.length === 0 ? undefined : compileGlobs(options.include);
    this.#exclude = compileGlobs(options.exclude ?? []);
    this.#maxFileSize = options.maxFileSize ?? DEFAULT_MAX_FILE_SIZE;
  }

  absolute(path: string): string {
    if (path === '') return this.root;
    return this.#base + (sep === '/' ? path : path.replaceAll('/', sep));
  }

  /** The inverse of `absolute`. */
  relative(absolute: string): string {
    return toPosix(resolve(absolute).slice(this.#base.length));
  }

  wants(path: string): boolean {
    if (this.#exclude.size > 0 && this.#exclude.matches(path)) return false;
    return this.#include === undefined || this.#include.matches(path);
  }

  mayEnter(path: string): boolean {
    if (this.#exclude.size > 0 && this.#exclude.matches(path)) return false;
    return this.#include === undefined || this.#include.mayMatchBelow(path);
  }

  /** Counts a name in an ignored folder; false when enough were looked at. */
  spendIgnored(folder: string): boolean {
    this.#ignoredNames += 1;
    if (this.#ignoredNames <= MOST_IGNORED_NAMES) return true;
    this.skip('ignored folder too large to search for credentials', folder);
    return false;
  }

  addFile(path: string): void {
    const absolute = this.absolute(path);
    const status = lstat(absolute);
    // Gone, swapped, or under a name that is not UTF-8 and so cannot be opened as decoded.
    if (status === undefined) this.skip(path.includes('\ufffd') ? 'name is not UTF-8' : 'unreadable', path, true);
    else if (!status.isFile()) this.skip('not a regular file', path);
    else if (status.size > this.#maxFileSize) this.skip(`over ${sizeWords(this.#maxFileSize)}`, path);
    else this.#files.push({ path, absolute, size: status.size });
  }

  skip(reason: string, example: string, incomplete = false): void {
    let tally = this.#skipped.get(reason);
    if (tally === undefined) {
      tally = { count: 0, examples: [], incomplete };
      this.#skipped.set(reason, tally);
    }
    tally.count += 1;
    tally.examples.push(example.length > LONGEST_EXAMPLE ? `${example.slice(0, LONGEST_EXAMPLE)}…` : example);
    if (tally.examples.length > MOST_EXAMPLES * 50) tally.examples = firstExamples(tally.examples);
  }

  /** Adds the files that links inside the root lead to, unless they were listed under their own path. */
  followLinks(): void {
    if (this.links.length === 0) return;
    const listed = new Set(this.#files.map((file) => file.path));
    for (const path of this.links) {
      const target = resolveLink(this.absolute(path));
      if (target === undefined) {
        this.skip('broken symlink', path);
        continue;
      }
      const inside = isInside(this.root, target.path) ? this.relative(target.path) : undefined;
      if (inside === undefined || (inside !== '' && !isPlainRelative(inside))) {
        this.skip('symlink out of the root', path);
        continue;
      }
      // A folder inside the root has its own place in the walk.
      if (target.status.isDirectory() || listed.has(inside)) continue;
      if (!target.status.isFile()) this.skip('not a regular file', path);
      else if (this.wants(inside)) this.addFile(inside);
      else this.skip(LEFT_OUT, path);
      listed.add(inside);
    }
  }

  finish(): FileList {
    const skipped = [...this.#skipped].map(([reason, { count, examples, incomplete }]) => ({ reason, count, examples: firstExamples(examples), incomplete }));
    return {
      root: this.root,
      files: this.#files.sort((a, b) => compareBytes(a.path, b.path)),
      skipped: skipped.sort((a, b) => compareBytes(a.reason, b.reason)),
    };
  }
}

function firstExamples(examples: readonly string[]): string[] {
  return examples.toSorted(compareBytes).slice(0, MOST_EXAMPLES);
}

function resolveLink(absolute: string): { path: string; status: Stats } | undefined {
  try {
    const path = realpathSync(absolute);
    return { path, status: statSync(path) };
  } catch {
    return undefined;
  }
}
