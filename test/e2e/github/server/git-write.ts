/** Trees and commits, as the server makes them. */
import { createHmac } from 'node:crypto';
import type { BareRepository, FileOf, GitStore, TreeEntry } from './git.ts';

/** The only key that signs here. */
const SIGNING_KEY = 'the loopback web-flow key';

/** Writes all trees of a set of files and gives the top one. Paths are relative with `/`. */
export function writeTree(store: GitStore, files: ReadonlyMap<string, FileOf>): string {
  interface Folder {
    readonly folders: Map<string, Folder>;
    readonly files: TreeEntry[];
  }
  const top: Folder = { folders: new Map(), files: [] };
  for (const [path, { mode, oid }] of files) {
    const parts = path.split('/');
    const name = parts.pop() ?? '';
    let folder = top;
    for (const part of parts) {
      const next = folder.folders.get(part) ?? { folders: new Map(), files: [] };
      folder.folders.set(part, next);
      folder = next;
    }
    folder.files.push({ mode, name, oid });
  }
  const write = (folder: Folder): string => {
    const entries = [...folder.files, ...[...folder.folders].map(([name, inner]): TreeEntry => ({ mode: '040000', name, oid: write(inner) }))];
    return writeEntries(store, entries);
  };
  return write(top);
}

/** Git sorts by bytes, a tree as if its name ended in a slash, and writes `40000` for one. */
function writeEntries(store: GitStore, entries: readonly TreeEntry[]): string {
  const sorted = entries.map((entry) => ({ entry, key: Buffer.from(entry.mode === '040000' ? `${entry.name}/` : entry.name) })).sort((left, right) => Buffer.compare(left.key, right.key));
  return store.add('tree', Buffer.concat(sorted.flatMap(({ entry: { mode, name, oid } }) => [Buffer.from(`${mode.replace(/^0/, '')} ${name}\0`), Buffer.from(oid, 'hex')])));
}

export interface NewCommit {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: { readonly name: string; readonly email: string };
  /** Differs from the author where GitHub commits for somebody. */
  readonly committer?: { readonly name: string; readonly email: string };
  /** Seconds since 1970. */
  readonly time: number;
  readonly message: string;
  /** Signed as GitHub signs what it commits for somebody. */
  readonly isSigned?: boolean;
}

export function writeCommit(store: GitStore, { tree, parents, author, committer = author, time, message, isSigned }: NewCommit): string {
  const head = [`tree ${tree}`, ...parents.map((parent) => `parent ${parent}`), `author ${author.name} <${author.email}> ${time} +0000`, `committer ${committer.name} <${committer.email}> ${time} +0000`];
  const payload = `${head.join('\n')}\n\n${message}`;
  const signed = isSigned === true ? [`gpgsig ${signatureOf(payload).replaceAll('\n', '\n ')}`] : [];
  return store.add('commit', Buffer.from(`${[...head, ...signed].join('\n')}\n\n${message}`));
}

/** Stands for GitHub's own signature: an HMAC in the armour of OpenPGP. */
export function signatureOf(payload: string): string {
  const proof = createHmac('sha256', SIGNING_KEY).update(payload).digest('base64');
  return `-----BEGIN PGP SIGNATURE-----\n\n${proof}\n-----END PGP SIGNATURE-----`;
}

/** The tree with some files put in (their modes stay; new ones are 100644) and some taken out. @throws for a path that cannot be. */
export function changedTree(repository: BareRepository, tree: string, additions: ReadonlyMap<string, Buffer>, deletions: readonly string[]): string {
  const files = new Map(repository.files(tree));
  for (const path of deletions) if (!files.delete(path)) throw new Error(`A path was requested for deletion which does not exist: ${path}`);
  for (const [path, bytes] of additions) files.set(path, { mode: files.get(path)?.mode ?? '100644', oid: repository.store.add('blob', bytes) });
  return writeTree(repository.store, files);
}
