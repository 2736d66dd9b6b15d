/**
 * Real bare repositories of one folder. What the generator and the server make goes into one shared object store that all repositories borrow from; what somebody pushes with
 * git goes into the repository itself. Refs are git's own files: real git may read and write beside the server.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';

export type ObjectType = 'blob' | 'tree' | 'commit' | 'tag';

export interface GitObject {
  readonly type: ObjectType;
  readonly bytes: Buffer;
}

/** `040000` is a tree, `160000` a submodule. */
export interface TreeEntry {
  readonly mode: string;
  readonly name: string;
  readonly oid: string;
}

export interface FileOf {
  readonly mode: string;
  readonly oid: string;
}

const PACK_TYPES: Readonly<Record<ObjectType, number>> = { commit: 1, tree: 2, blob: 3, tag: 4 };
/** Environment of every git that is run: nobody's settings. */
export const GIT_ENVIRONMENT = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_TERMINAL_PROMPT: '0' };

export class GitStore {
  readonly folder: string;
  readonly #objects = new Map<string, GitObject>();
  /** Made and not yet in a pack. */
  #pending: string[] | undefined = [];

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
    git(folder, ['init', '-q', '--bare', join(folder, 'shared.git')]);
  }

  get #shared(): string {
    return join(this.folder, 'shared.git', 'objects');
  }

  add(type: ObjectType, bytes: Buffer): string {
    const head = `${type} ${bytes.length}\0`;
    const oid = createHash('sha1').update(head).update(bytes).digest('hex');
    if (this.#objects.has(oid)) return oid;
    this.#objects.set(oid, { type, bytes });
    if (this.#pending !== undefined) this.#pending.push(oid);
    else {
      const path = join(this.#shared, oid.slice(0, 2), oid.slice(2));
      mkdirSync(dirname(path), { recursive: true });
      if (!existsSync(path)) writeFileSync(path, deflateSync(Buffer.concat([Buffer.from(head), bytes]), { level: 1 }));
    }
    return oid;
  }

  /** Hands everything made so far to git in one pack, which it checks; from now on objects are written one by one. */
  pack(): void {
    const oids = this.#pending ?? [];
    this.#pending = undefined;
    const head = Buffer.alloc(12);
    head.write('PACK');
    head.writeUInt32BE(2, 4);
    head.writeUInt32BE(oids.length, 8);
    const parts: Uint8Array[] = [head];
    for (const oid of oids) {
      const { type, bytes } = this.#known(oid);
      parts.push(packHead(PACK_TYPES[type], bytes.length), deflateSync(bytes, { level: 1 }));
    }
    const body = Buffer.concat(parts);
    execFileSync('git', ['index-pack', '--stdin', '--strict'], {
      cwd: join(this.folder, 'shared.git'),
      env: GIT_ENVIRONMENT,
      input: Buffer.concat([body, createHash('sha1').update(body).digest()]),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  }

  /** A bare repository. `refs`: full names to object ids. */
  create(path: string, head: string, refs: Readonly<Record<string, string>>): BareRepository {
    const folder = join(this.folder, `${path}.git`);
    mkdirSync(join(folder, 'objects', 'info'), { recursive: true });
    mkdirSync(join(folder, 'refs', 'heads'), { recursive: true });
    writeFileSync(join(folder, 'HEAD'), `ref: refs/heads/${head}\n`);
    writeFileSync(join(folder, 'config'), '[core]\n\trepositoryformatversion = 0\n\tbare = true\n[gc]\n\tauto = 0\n[receive]\n\tautogc = false\n[http]\n\treceivepack = true\n');
    writeFileSync(join(folder, 'objects', 'info', 'alternates'), `${this.#shared}\n`);
    const lines = Object.entries(refs).sort(([left], [right]) => (left < right ? -1 : 1)).map(([name, oid]) => `${oid} ${name}\n`);
    writeFileSync(join(folder, 'packed-refs'), `# pack-refs with: peeled fully-peeled sorted \n${lines.join('')}`);
    return new BareRepository(this, folder, new Map(Object.entries(refs)));
  }

  /** An object that the server made, or one that somebody pushed into `folder`. */
  read(folder: string, oid: string): GitObject | undefined {
    const known = this.#objects.get(oid);
    if (known !== undefined) return known;
    if (!/^[0-9a-f]{40}$/.test(oid)) return undefined;
    try {
      const type = execFileSync('git', ['cat-file', '-t', oid], { cwd: folder, env: GIT_ENVIRONMENT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
      if (type !== 'blob' && type !== 'tree' && type !== 'commit' && type !== 'tag') return undefined;
      const bytes = execFileSync('git', ['cat-file', type, oid], { cwd: folder, env: GIT_ENVIRONMENT, maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] });
      const object: GitObject = { type, bytes };
      this.#objects.set(oid, object);
      return object;
    } catch {
      return undefined;
    }
  }

  #known(oid: string): GitObject {
    const object = this.#objects.get(oid);
    if (object === undefined) throw new Error(`no object ${oid}`);
    return object;
  }
}

export class BareRepository {
  readonly store: GitStore;
  readonly folder: string;
  /** As of `packed-refs`; nothing packs again. */
  readonly #packed: Map<string, string>;

  constructor(store: GitStore, folder: string, packed: Map<string, string>) {
    this.store = store;
    this.folder = folder;
    this.#packed = packed;
  }

  read(oid: string): GitObject | undefined {
    return this.store.read(this.folder, oid);
  }

  ref(name: string): string | undefined {
    if (name.split('/').includes('..')) return undefined;
    try {
      return readFileSync(join(this.folder, name), 'utf8').trim();
    } catch {
      return this.#packed.get(name);
    }
  }

  /** All refs that begin so, by name. */
  refs(prefix: string): readonly (readonly [name: string, oid: string])[] {
    const found = new Map([...this.#packed].filter(([name]) => name.startsWith(prefix)));
    const walk = (folder: string): void => {
      for (const entry of readdirSync(join(this.folder, folder), { withFileTypes: true })) {
        const name = `${folder}/${entry.name}`;
        if (entry.isDirectory()) walk(name);
        else if (name.startsWith(prefix) && !name.endsWith('.lock')) found.set(name, readFileSync(join(this.folder, name), 'utf8').trim());
      }
    };
    walk('refs');
    return [...found].sort(([left], [right]) => (left < right ? -1 : 1));
  }

  /** @throws what git says, when it does not take the name or when the ref is not at `before` (empty: it must not exist). */
  setRef(name: string, oid: string, before: string): void {
    git(this.folder, ['update-ref', name, oid, before === '' ? '0'.repeat(40) : before]);
  }

  deleteRef(name: string): void {
    git(this.folder, ['update-ref', '-d', name]);
    this.#packed.delete(name);
  }

  isAncestor(older: string, newer: string): boolean {
    try {
      git(this.folder, ['merge-base', '--is-ancestor', older, newer]);
      return true;
    } catch {
      return false;
    }
  }

  entries(tree: string): readonly TreeEntry[] {
    const object = this.read(tree);
    if (object?.type !== 'tree') throw new Error(`no tree ${tree}`);
    return parseTree(object.bytes);
  }

  /** All files of a tree by path, in git's order. */
  files(tree: string): ReadonlyMap<string, FileOf> {
    const found = new Map<string, FileOf>();
    const walk = (oid: string, folder: string): void => {
      for (const { mode, name, oid: child } of this.entries(oid)) {
        if (mode === '040000') walk(child, `${folder}${name}/`);
        else found.set(`${folder}${name}`, { mode, oid: child });
      }
    };
    walk(tree, '');
    return found;
  }

  commit(oid: string): CommitOf | undefined {
    const object = this.read(oid);
    return object?.type === 'commit' ? parseCommit(oid, object.bytes) : undefined;
  }

  /** Entry at a path below a tree; an empty path is the tree itself. */
  at(tree: string, path: string): TreeEntry | undefined {
    let found: TreeEntry = { mode: '040000', name: '', oid: tree };
    for (const part of path.split('/').filter((one) => one !== '')) {
      if (found.mode !== '040000') return undefined;
      const next = this.entries(found.oid).find(({ name }) => name === part);
      if (next === undefined) return undefined;
      found = next;
    }
    return found;
  }
}

export interface PersonAt {
  readonly name: string;
  readonly email: string;
  /** ISO 8601. */
  readonly date: string;
}

export interface CommitOf {
  readonly oid: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: PersonAt;
  readonly committer: PersonAt;
  readonly message: string;
  /** The `gpgsig` header and what was signed; absent for an unsigned commit. */
  readonly signature?: { readonly text: string; readonly payload: string };
}

export function git(folder: string, args: readonly string[]): string {
  return execFileSync('git', [...args], { cwd: folder, env: GIT_ENVIRONMENT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 28, timeout: 60_000 });
}

function packHead(type: number, size: number): Buffer {
  const bytes = [(type << 4) | (size & 15)];
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 128;
    bytes.push(rest & 127);
  }
  return Buffer.from(bytes);
}

function parseTree(bytes: Buffer): readonly TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(32, at);
    const end = bytes.indexOf(0, space);
    entries.push({ mode: bytes.toString('latin1', at, space).padStart(6, '0'), name: bytes.toString('utf8', space + 1, end), oid: bytes.toString('hex', end + 1, end + 21) });
    at = end + 21;
  }
  return entries;
}

export function parseCommit(oid: string, bytes: Buffer): CommitOf {
  const text = bytes.toString('utf8');
  const gap = text.indexOf('\n\n');
  const headers = new Map<string, string[]>();
  const unsigned: string[] = [];
  let last = '';
  for (const line of text.slice(0, gap).split('\n')) {
    const isMore = line.startsWith(' ');
    if (!isMore) last = line.slice(0, line.indexOf(' '));
    if (last !== 'gpgsig') unsigned.push(line);
    const values = headers.get(last) ?? [];
    if (isMore) values[values.length - 1] = `${values.at(-1) ?? ''}\n${line.slice(1)}`;
    else values.push(line.slice(last.length + 1));
    headers.set(last, values);
  }
  const signature = headers.get('gpgsig')?.[0];
  const message = text.slice(gap + 2);
  return {
    oid,
    tree: headers.get('tree')?.[0] ?? '',
    parents: headers.get('parent') ?? [],
    author: person(headers.get('author')?.[0] ?? ''),
    committer: person(headers.get('committer')?.[0] ?? ''),
    message,
    ...(signature === undefined ? {} : { signature: { text: signature, payload: `${unsigned.join('\n')}\n\n${message}` } }),
  };
}

function person(line: string): PersonAt {
  const match = /^(.*) <(.*)> (\d+) [+-]\d{4}$/.exec(line);
  return { name: match?.[1] ?? '', email: match?.[2] ?? '', date: new Date(Number(match?.[3] ?? 0) * 1000).toISOString().replace('.000', '') };
}
