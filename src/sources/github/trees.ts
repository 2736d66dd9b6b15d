import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Skipped } from '../../model/inventory.ts';
import { TargetError, UsageError } from '../../model/errors.ts';
import { isPlainRelative } from '../../support/paths.ts';
import { cacheFolder, folderName, privateFolder } from '../../github/cache-folder.ts';
import type { GithubApi } from '../../github/types.ts';
import { ENDPOINTS } from './families.ts';
import { listOf, numberOf, recordOf, textOf } from './fields.ts';
import { Gaps } from './gaps.ts';
import type { RepositoryFacts, WorkflowFile } from './repositories.ts';
import { BadArchive, unpack, UNPACK_LIMITS, type UnpackLimits } from './unpack.ts';

/** Files of a repository's default branch on this disk. */
export interface Tree {
  readonly root: string;
  /** What was left out when it was unpacked. */
  readonly skipped: readonly Skipped[];
}

/** Bytes of an archive as it is sent. */
const LARGEST_ARCHIVE = 2 * 2 ** 30;
const WORKFLOWS = '.github/workflows';
const HOUR = 3_600_000;
/** What GraphQL gives of one blob at most, and of how many in one query. */
const LARGEST_BLOB = 512 * 1024;
const BLOBS_TOGETHER = 100;
const MOST_LEFT_OUT = 2000;
const OID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** Private folders for trees, one for each head, so that nothing is fetched again while the head is the same. */
export class Trees {
  readonly #api: GithubApi;
  readonly #base: string;
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #limits: UnpackLimits;

  constructor(api: GithubApi, env: Readonly<Record<string, string | undefined>>, limits: UnpackLimits = UNPACK_LIMITS) {
    this.#api = api;
    this.#base = privateFolder(cacheFolder(env), 'github', folderName(new URL(api.host.rest).host), 'trees');
    this.#env = env;
    this.#limits = limits;
  }

  isKept(repository: RepositoryFacts): boolean {
    return repository.head !== undefined && existsSync(this.#noteOf(repository, repository.head));
  }

  /** The whole tree at the head, unpacked from GitHub's archive of it. Undefined, with a gap, when it cannot be had. */
  async whole(repository: RepositoryFacts, gaps: Gaps): Promise<Tree | undefined> {
    const { owner, name, head } = repository;
    if (head === undefined) return undefined;
    const folder = this.#folderOf(repository);
    const root = join(folder, head);
    const kept = readNote(this.#noteOf(repository, head));
    if (kept !== undefined && existsSync(root)) return { root, skipped: kept };
    const part = join(folder, `part-${randomBytes(6).toString('hex')}`);
    try {
      const unpacked = await gaps.attempt(ENDPOINTS.trees, async () => {
        return await this.#api.download(ENDPOINTS.trees.family, `/repos/${owner}/${name}/tarball/${head}`, LARGEST_ARCHIVE, async (body) => {
          rmSync(part, { recursive: true, force: true });
          mkdirSync(part, { mode: 0o700 });
          return await unpack(body, part, this.#limits);
        });
      });
      if (unpacked === undefined) return undefined;
      const own = new Gaps();
      own.skipped.push(...unpacked.skipped);
      const isLeavingOut = leavesOut(part);
      const differing = differingWorkflows(repository, part);
      if ((isLeavingOut || differing.length > 0) && !(await this.#putByGit(repository, part, differing, own))) {
        await this.#putWorkflows(repository, part, differing, own);
        if (isLeavingOut) await this.#putLeftOut(repository, part, own);
      }
      return this.#keep(folder, head, part, own.skipped);
    } catch (error) {
      if (!(error instanceof BadArchive)) throw error;
      gaps.add(`${ENDPOINTS.trees.title}: not readable (${error.message})`);
      return undefined;
    } finally {
      rmSync(part, { recursive: true, force: true });
    }
  }

  /** The workflow files alone, as the list of repositories brought them. */
  workflows(repository: RepositoryFacts, gaps: Gaps): Tree | undefined {
    const { head, workflows } = repository;
    if (head === undefined) return undefined;
    const folder = this.#folderOf(repository);
    const part = join(folder, `part-${randomBytes(6).toString('hex')}`);
    try {
      mkdirSync(part, { mode: 0o700 });
      const missing: string[] = [];
      for (const { name, text } of workflows) {
        if (text === undefined || !isFileName(name)) missing.push(name);
        else put(part, name, text);
      }
      if (missing.length > 0) gaps.add(`${ENDPOINTS.files.title}: not readable (binary or too long)`, missing);
      const root = join(folder, `${head}-workflows`);
      rmSync(root, { recursive: true, force: true });
      renameSync(part, root);
      return { root, skipped: [] };
    } finally {
      rmSync(part, { recursive: true, force: true });
    }
  }

  /**
   * An archive is no checkout: attributes may leave files out of it (`export-ignore`) or change their line ends, and workflows are what a plan edits. A clone of the
   * head alone has everything as it is and asks nothing of the API.
   *
   * @returns false when it cannot be had: no git here, or a head that has moved on meanwhile
   */
  async #putByGit({ owner, name, head = '' }: RepositoryFacts, root: string, differing: readonly WorkflowFile[], gaps: Gaps): Promise<boolean> {
    const { cloneHead } = await import('./clone.ts');
    let copy: Awaited<ReturnType<typeof cloneHead>> | undefined;
    try {
      copy = await cloneHead(this.#api, owner, name, this.#env);
      const { putMissing } = await import('./left-out.ts');
      gaps.skipped.push(...(await putMissing(copy.path, head, root, new Set(differing.map((file) => `${WORKFLOWS}/${file.name}`)), this.#limits.file)));
      return true;
    } catch (error) {
      if (error instanceof TargetError || error instanceof UsageError) return false;
      throw error;
    } finally {
      copy?.remove();
    }
  }

  /** Without git, workflows are asked for by id. */
  async #putWorkflows({ owner, name }: RepositoryFacts, root: string, differing: readonly WorkflowFile[], gaps: Gaps): Promise<void> {
    if (differing.length === 0) return;
    const texts = await this.#texts({ owner, name }, differing.map(({ oid }) => oid), gaps);
    const missing = differing.filter((file, index) => {
      const text = texts[index];
      if (text !== undefined) put(root, file.name, text);
      return text === undefined;
    });
    if (missing.length > 0) gaps.add(`${ENDPOINTS.files.title}: not readable (not in the archive)`, missing.map((file) => file.name));
  }

  /** And what was left out: the list of the tree tells which, and they are asked for by id, a hundred to a query. */
  async #putLeftOut({ owner, name, head = '' }: RepositoryFacts, root: string, gaps: Gaps): Promise<void> {
    const { trees, files } = ENDPOINTS;
    const listed = await gaps.attempt(trees, async () => await this.#api.get(trees.family, `/repos/${owner}/${name}/git/trees/${head}?recursive=1`), ['.gitattributes']);
    if (listed === undefined) return;
    const data = recordOf(listed.data);
    if (data['truncated'] === true) gaps.add('files that .gitattributes keeps out of the archive (export-ignore): too many to list', ['.gitattributes']);
    const missing = listOf(data['tree']).flatMap((entry) => {
      const { path, type, mode, sha, size } = recordOf(entry);
      const isFile = type === 'blob' && mode !== '120000' && typeof path === 'string' && typeof sha === 'string' && OID.test(sha) && isPlainRelative(path) && !path.includes('\\');
      return isFile && (numberOf(size) ?? 0) <= LARGEST_BLOB && !existsSync(join(root, path)) ? [{ path, oid: sha }] : [];
    });
    const unread: string[] = [];
    for (let at = 0; at < Math.min(missing.length, MOST_LEFT_OUT); at += BLOBS_TOGETHER) {
      const some = missing.slice(at, at + BLOBS_TOGETHER);
      const texts = await this.#texts({ owner, name }, some.map(({ oid }) => oid), gaps);
      for (const [index, { path }] of some.entries()) {
        const text = texts[index];
        if (text === undefined) unread.push(path);
        else putFile(root, path, text);
      }
    }
    unread.push(...missing.slice(MOST_LEFT_OUT).map(({ path }) => path));
    if (unread.length > 0) gaps.add(`${files.title.replace('workflow ', '')} that .gitattributes keeps out of the archive (export-ignore): binary, too long or too many`, unread.slice(0, 20));
  }

  /** Texts of blobs, in their order; undefined for what is binary, too long for GraphQL, or not given. */
  async #texts({ owner, name }: Pick<RepositoryFacts, 'owner' | 'name'>, oids: readonly string[], gaps: Gaps): Promise<readonly (string | undefined)[]> {
    const parts = oids.map((oid, index) => `f${index}: object(oid: "${oid}") { ... on Blob { isBinary isTruncated text } }`);
    const answer = await gaps.attempt(ENDPOINTS.files, async () => await this.#api.query(ENDPOINTS.files.family, `query($owner: String!, $name: String!) { repository(owner: $owner, name: $name) { ${parts.join(' ')} } }`, { owner, name }));
    const blobs = recordOf(recordOf(answer?.data)['repository']);
    return oids.map((_, index) => {
      const blob = recordOf(blobs[`f${index}`]);
      return blob['isBinary'] === true || blob['isTruncated'] === true ? undefined : textOf(blob['text']);
    });
  }

  #folderOf({ owner, name }: RepositoryFacts): string {
    return privateFolder(this.#base, folderName(owner), folderName(name));
  }

  #noteOf({ owner, name }: RepositoryFacts, head: string): string {
    return join(this.#base, folderName(owner), folderName(name), `${head}.json`);
  }

  /** Puts the tree in its place, with a note that says that it is whole; then takes older ones away. */
  #keep(folder: string, head: string, part: string, skipped: readonly Skipped[]): Tree {
    const root = join(folder, head);
    rmSync(root, { recursive: true, force: true });
    renameSync(part, root);
    writeFileSync(join(folder, `${head}.json`), JSON.stringify({ skipped }), { mode: 0o600 });
    for (const name of readdirSync(folder)) {
      if (name.startsWith(head)) continue;
      // Another run may be unpacking beside this one.
      if (name.startsWith('part-') && Date.now() - statSync(join(folder, name)).mtimeMs < HOUR) continue;
      rmSync(join(folder, name), { recursive: true, force: true });
    }
    return { root, skipped };
  }
}

function put(root: string, name: string, text: string): void {
  putFile(root, `${WORKFLOWS}/${name}`, text);
}

/** In a folder of our own, which holds no links: nothing leads out of it. */
function putFile(root: string, path: string, text: string): void {
  const full = join(root, ...path.split('/'));
  mkdirSync(dirname(full), { recursive: true, mode: 0o700 });
  rmSync(full, { force: true });
  writeFileSync(full, text, { mode: 0o600, flag: 'wx' });
}

function isFileName(name: string): boolean {
  return name !== '' && name.length <= 255 && !/[\\/\0]/.test(name);
}

/** Workflows of which the archive has nothing or something else: compared with the ids that the list of repositories gave. */
function differingWorkflows({ workflows }: RepositoryFacts, root: string): readonly WorkflowFile[] {
  return workflows.filter((file) => isFileName(file.name) && blobId(join(root, WORKFLOWS, file.name), file.oid.length) !== file.oid);
}

/** The id git gives a file's bytes; undefined when there is none. The root holds nothing but what was unpacked: no links. */
function blobId(path: string, length: number): string | undefined {
  try {
    const bytes = readFileSync(path);
    return createHash(length === 64 ? 'sha256' : 'sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
  } catch {
    return undefined;
  }
}

function leavesOut(root: string): boolean {
  try {
    return /\sexport-ignore\b/.test(readFileSync(join(root, '.gitattributes'), 'utf8'));
  } catch {
    return false;
  }
}

function readNote(path: string): readonly Skipped[] | undefined {
  try {
    const note: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return listOf(recordOf(note)['skipped']).map((entry): Skipped => {
      const { reason, count, examples, incomplete } = recordOf(entry);
      return { reason: textOf(reason) ?? '', count: typeof count === 'number' ? count : 1, examples: listOf(examples).flatMap((example) => textOf(example) ?? []), incomplete: incomplete === true };
    });
  } catch {
    return undefined;
  }
}
