import type { GithubApi } from '../../github/types.ts';
import type { FileState } from '../files.ts';
import { stateOf } from '../files.ts';
import { at, listAt, numberAt, oidAt, textAt } from './answers.ts';
import { blobOid } from './content.ts';
import { fullName, type RepositoryName } from './names.ts';

/** What one has to know of a repository before anything is done to it. */
export interface RepositoryFacts {
  readonly name: RepositoryName;
  /** Name of the default branch. */
  readonly base: string;
  /** Commit that it is at. */
  readonly head: string;
  readonly isPublic: boolean;
  /** Null when GitHub does not tell, as for Apps. */
  readonly canPush: boolean | null;
}

export type RepositoryRead = ({ readonly kind: 'facts' } & RepositoryFacts) | { readonly kind: 'refused'; readonly reason: string; readonly fix: string };

/** Repositories in one query: GitHub counts its cost by what it asks for, and answers within ten seconds or not at all. */
const REPOSITORIES_PER_QUERY = 25;
const FACTS = 'nameWithOwner isArchived isDisabled visibility viewerPermission defaultBranchRef { name target { oid } }';

/** What GitHub says of these repositories, in their order, and whose token it is (null when it does not say). */
export async function readRepositories(api: GithubApi, names: readonly RepositoryName[]): Promise<{ readonly actor: string | null; readonly repositories: readonly RepositoryRead[] }> {
  let actor: string | null = null;
  const repositories: RepositoryRead[] = [];
  for (let from = 0; from < names.length; from += REPOSITORIES_PER_QUERY) {
    const part = names.slice(from, from + REPOSITORIES_PER_QUERY);
    const parameters = part.flatMap((_, index) => [`$o${index}: String!`, `$n${index}: String!`]).join(', ');
    const variables = Object.fromEntries(part.flatMap(({ owner, name }, index) => [[`o${index}`, owner], [`n${index}`, name]]));
    const { data } = await api.query('repositories', `query(${parameters}) { viewer { login } ${part.map((_, index) => `r${index}: repository(owner: $o${index}, name: $n${index}) { ${FACTS} }`).join(' ')} }`, variables);
    actor = textAt(data, 'viewer', 'login') ?? actor;
    repositories.push(...part.map((name, index) => factsOf(name, at(data, `r${index}`))));
  }
  return { actor, repositories };
}

function factsOf(name: RepositoryName, data: unknown): RepositoryRead {
  const refused = (reason: string, fix: string): RepositoryRead => ({ kind: 'refused', reason, fix });
  const called = textAt(data, 'nameWithOwner');
  if (called === undefined) return refused('It is not there, or the token may not see it.', 'Check its name, and that the token has access to it.');
  // Subjects of its tokens hold its name: trust that was planned for the old one does not let the new one in.
  if (called.toLowerCase() !== fullName(name).toLowerCase()) return refused('It has been renamed or moved since the plan.', 'Plan again: the subject of its tokens has changed with its name.');
  if (at(data, 'isArchived') === true) return refused('It is archived, and so read-only.', 'Unarchive it, or delete the keys that only it uses.');
  if (at(data, 'isDisabled') === true) return refused('It is disabled.', 'Ask its owner.');
  const base = textAt(data, 'defaultBranchRef', 'name');
  const head = oidAt(data, 'defaultBranchRef', 'target', 'oid');
  if (base === undefined || head === undefined) return refused('It is empty.', 'Leave it out with --repository.');
  const permission = textAt(data, 'viewerPermission');
  return { kind: 'facts', name, base, head, isPublic: textAt(data, 'visibility') === 'PUBLIC', canPush: permission === undefined ? null : ['ADMIN', 'MAINTAIN', 'WRITE'].includes(permission) };
}

/** Files of one commit. */
export interface FilesWanted {
  readonly repository: RepositoryName;
  readonly commit: string;
  readonly paths: readonly string[];
}

/** A file of a commit; `oid` is the id of its bytes. */
export interface FileRead {
  readonly state: FileState;
  readonly oid: string | null;
  readonly isExecutable: boolean;
}

const OBJECTS_PER_QUERY = 60;
/** A file is asked for by itself from here on: an answer has to be of a size that can be sent again. */
const LARGEST = 20 * 2 ** 20;

interface Asked {
  readonly wanted: number;
  readonly repository: RepositoryName;
  readonly commit: string;
  readonly path: string;
}

/** Reads files as they are at a commit; of each, whether it is a regular file is told by the folder it lies in. Every id is checked against the bytes. One map for each of `wanted`, by path. */
export async function readFiles(api: GithubApi, wanted: readonly FilesWanted[]): Promise<readonly ReadonlyMap<string, FileRead>[]> {
  const asked = wanted.flatMap(({ repository, commit, paths }, index): readonly Asked[] => {
    const folders = new Set(paths.map(folderOf));
    return [...paths, ...[...folders].map((folder) => `${folder}/`)].map((path) => ({ wanted: index, repository, commit, path }));
  });
  const answers = new Map<string, unknown>();
  for (let from = 0; from < asked.length; from += OBJECTS_PER_QUERY) {
    const part = asked.slice(from, from + OBJECTS_PER_QUERY);
    const data = await readObjects(api, part);
    for (const [index, one] of part.entries()) answers.set(keyOf(one.wanted, one.path), data[index]);
  }
  const files: Map<string, FileRead>[] = [];
  for (const [index, { repository, paths }] of wanted.entries()) {
    const read = new Map<string, FileRead>();
    for (const path of paths) {
      const folder = answers.get(keyOf(index, `${folderOf(path)}/`));
      const entry = listAt(folder, 'entries').find((one) => textAt(one, 'name') === path.slice(path.lastIndexOf('/') + 1));
      read.set(path, await fileOf(api, repository, answers.get(keyOf(index, path)), entry));
    }
    files.push(read);
  }
  return files;
}

/** The objects in the order in which they are asked for: of one repository they stand together, so it is named once. */
async function readObjects(api: GithubApi, asked: readonly Asked[]): Promise<readonly unknown[]> {
  const groups: { readonly repository: RepositoryName; readonly expressions: string[] }[] = [];
  const places = asked.map(({ repository, commit, path }) => {
    let group = groups.at(-1);
    if (group?.repository !== repository) {
      group = { repository, expressions: [] };
      groups.push(group);
    }
    group.expressions.push(`${commit}:${path.replace(/\/$/, '')}`);
    return [groups.length - 1, group.expressions.length - 1] as const;
  });
  const parameters = groups.flatMap(({ expressions }, index) => [`$o${index}: String!`, `$n${index}: String!`, ...expressions.map((_, at_) => `$e${index}_${at_}: String!`)]).join(', ');
  const variables = Object.fromEntries(groups.flatMap(({ repository, expressions }, index) => [[`o${index}`, repository.owner], [`n${index}`, repository.name], ...expressions.map((expression, at_) => [`e${index}_${at_}`, expression] as const)]));
  const fields = groups.map(({ expressions }, index) => `r${index}: repository(owner: $o${index}, name: $n${index}) { ${expressions.map((_, at_) => `f${at_}: object(expression: $e${index}_${at_}) { ...found }`).join(' ')} }`);
  const { data } = await api.query('workflow-files', `query(${parameters}) { ${fields.join(' ')} } fragment found on GitObject { __typename oid ... on Blob { byteSize isTruncated text } ... on Tree { entries { name mode type } } }`, variables);
  return places.map(([group, place]) => at(data, `r${group}`, `f${place}`));
}

async function fileOf(api: GithubApi, repository: RepositoryName, object: unknown, entry: unknown): Promise<FileRead> {
  const mode = numberAt(entry, 'mode');
  const oid = oidAt(object, 'oid');
  if (textAt(object, '__typename') !== 'Blob' || oid === undefined || mode === undefined) return { state: { kind: 'missing' }, oid: null, isExecutable: false };
  const unreadable = (why: string, byHand: string): FileRead => ({ state: { kind: 'unreadable', why, byHand }, oid, isExecutable: false });
  if ((mode & 0o170000) === 0o120000) return unreadable('is a symbolic link, which is never written through', 'Plan the file that it leads to.');
  if ((mode & 0o170000) !== 0o100000) return unreadable('is not a regular file', 'Put a regular file there, and plan again.');
  if ((numberAt(object, 'byteSize') ?? Infinity) > LARGEST) return unreadable('is too large', 'Edit it by hand, as the README of the plan says.');
  const bytes = await bytesOf(api, repository, object, oid);
  if (bytes === undefined) return unreadable('could not be read whole', 'Run again.');
  return { state: stateOf(bytes), oid, isExecutable: (mode & 0o111) !== 0 };
}

/** GraphQL hands out text, decoded; where that is not the file byte for byte, the file is asked for as it is. */
async function bytesOf(api: GithubApi, repository: RepositoryName, object: unknown, oid: string): Promise<Buffer | undefined> {
  const text = textAt(object, 'text');
  if (text !== undefined && at(object, 'isTruncated') !== true) {
    const bytes = Buffer.from(text, 'utf8');
    if (blobOid(bytes) === oid) return bytes;
  }
  const { data } = await api.get('workflow-files', `/repos/${repository.owner}/${repository.name}/git/blobs/${oid}`);
  const bytes = Buffer.from(textAt(data, 'content') ?? '', textAt(data, 'encoding') === 'base64' ? 'base64' : 'utf8');
  return blobOid(bytes) === oid ? bytes : undefined;
}

function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
}

function keyOf(wanted: number, path: string): string {
  return `${wanted}\n${path}`;
}
