import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { DekeyError, TargetError } from '../src/model/errors.ts';
import { attributeBlobs, walkReachable } from '../src/sources/git/attribute.ts';
import { parseConfig } from '../src/sources/git/config-text.ts';
import { findGit, runGit } from '../src/sources/git/command.ts';
import { readIndex, submodulePaths } from '../src/sources/git/index-file.ts';
import { listObjects, listSince, listStaged } from '../src/sources/git/objects.ts';
import { readObjects } from '../src/sources/git/read-objects.ts';
import { openRepository, parseRemote } from '../src/sources/git/repository.ts';
import type { GitRepository } from '../src/sources/git/repository.ts';

const home = realpathSync(mkdtempSync(join(tmpdir(), 'dekey-git-')));
afterAll(() => rmSync(home, { recursive: true, force: true }));

let clock = 1_700_000_000;
let made = 0;

function git(folder: string, args: readonly string[], input?: string | Buffer): string {
  const date = `${clock} +0000`;
  return execFileSync('git', ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.test', '-c', 'protocol.file.allow=always', '-c', 'init.defaultBranch=main', '-c', 'gc.auto=0', ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: home, GIT_CONFIG_NOSYSTEM: '1', GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date },
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: 20_000,
    ...(input === undefined ? {} : { input }),
    maxBuffer: 1 << 28,
  })
    .toString('utf8')
    .trim();
}

function newRepository(...args: string[]): string {
  const folder = join(home, `r${(made += 1)}`);
  mkdirSync(folder);
  git(folder, ['init', '-q', ...args]);
  return folder;
}

function write(folder: string, path: string, text: string | Buffer): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function commit(folder: string, message: string, files: Readonly<Record<string, string>> = {}): string {
  for (const [path, text] of Object.entries(files)) write(folder, path, text);
  clock += 3600;
  git(folder, ['add', '-A']);
  git(folder, ['commit', '-q', '--allow-empty', '-m', message]);
  return git(folder, ['rev-parse', 'HEAD']);
}

function blobOf(folder: string, text: string): string {
  return git(folder, ['hash-object', '-w', '--stdin'], text);
}

async function open(folder: string): Promise<GitRepository> {
  const repo = await openRepository(folder);
  if (repo === undefined) throw new Error('no repository');
  return repo;
}

interface Read {
  readonly type: string;
  readonly text: string;
}

async function readAll(repo: GitRepository, oids: readonly string[]): Promise<{ read: Map<string, Read>; missing: string[]; order: string[] }> {
  const read = new Map<string, Read>();
  const missing: string[] = [];
  const order: string[] = [];
  let place = Buffer.alloc(0);
  await readObjects(repo, oids, {
    begin(_oid, _type, size) {
      place = Buffer.alloc(size);
      return place;
    },
    end(oid, type) {
      order.push(oid);
      read.set(oid, { type, text: place.toString('latin1') });
    },
    missing(oid) {
      missing.push(oid);
    },
  });
  return { read, missing, order };
}

describe('openRepository', () => {
  it('tells root, branch, commit, format and remote of a plain repository, from a folder below as well', async () => {
    const folder = newRepository();
    git(folder, ['remote', 'add', 'origin', 'https://ann:pass@GitHub.com/acme/tools/app.git']);
    const head = commit(folder, 'one', { 'src/a.txt': 'a' });
    const repo = await open(join(folder, 'src'));
    expect(repo).toMatchObject({ root: folder, gitDir: join(folder, '.git'), bare: false, head, branch: 'main', objectFormat: 'sha1', shallow: false, partial: false, alternates: [] });
    expect(repo.remote).toEqual({ host: 'github.com', owner: 'acme/tools', name: 'app' });
    expect(JSON.stringify(repo)).not.toContain('pass');
    git(folder, ['pack-refs', '--all']);
    expect((await open(folder)).head).toBe(head);
    git(folder, ['checkout', '-q', '--detach']);
    const detached = await open(folder);
    expect(detached.head).toBe(head);
    expect(detached).not.toHaveProperty('branch');
    expect(detached).not.toHaveProperty('defaultBranch');
  });

  it('tells what the remote of a clone calls its default branch, whatever is checked out', async () => {
    const folder = newRepository();
    commit(folder, 'one', { 'a.txt': 'a' });
    git(folder, ['branch', '-m', 'release/v2']);
    const copy = join(home, 'copy-of-release');
    git(home, ['clone', '-q', folder, copy]);
    git(copy, ['checkout', '-q', '-b', 'mine']);
    expect(await open(copy)).toMatchObject({ branch: 'mine', defaultBranch: 'release/v2' });
    // What could lead elsewhere is no name.
    writeFileSync(join(copy, '.git/refs/remotes/origin/HEAD'), 'ref: refs/remotes/origin/../../x\n');
    expect(await open(copy)).not.toHaveProperty('defaultBranch');
  });

  it('gives nothing outside a repository, and no commit before the first', async () => {
    const folder = join(home, 'plain');
    mkdirSync(folder);
    expect(await openRepository(folder)).toBeUndefined();
    const fresh = await open(newRepository());
    expect(fresh.branch).toBe('main');
    expect(fresh).not.toHaveProperty('head');
  });

  it('opens a bare repository at the named path', async () => {
    const folder = newRepository();
    const head = commit(folder, 'one', { 'a.txt': 'a' });
    const bare = join(home, 'bare.git');
    git(home, ['clone', '-q', '--bare', folder, bare]);
    const repo = await open(bare);
    expect(repo).toMatchObject({ bare: true, gitDir: bare, head });
    expect((await listObjects(repo)).commits).toHaveLength(1);
  });

  it('opens linked worktrees and submodules by the link back', async () => {
    const folder = newRepository();
    commit(folder, 'one', { 'a.txt': 'a' });
    const linked = join(home, 'linked');
    git(folder, ['worktree', 'add', '-q', '-b', 'other', linked]);
    const repo = await open(linked);
    expect(repo).toMatchObject({ root: linked, commonDir: join(folder, '.git'), branch: 'other' });
    expect((await listObjects(repo)).commits).toHaveLength(1);
    expect((await open(folder)).linkedWorktrees).toEqual([linked]);

    const sup = newRepository();
    git(sup, ['submodule', 'add', '-q', folder, 'lib/sub']);
    commit(sup, 'with submodule');
    const sub = await open(join(sup, 'lib/sub'));
    expect(sub).toMatchObject({ root: join(sup, 'lib/sub'), branch: 'main' });
    expect(submodulePaths(await readIndex(join(sup, '.git'), 'sha1'))).toEqual(['lib/sub']);
  });

  it('knows shallow and partial clones', async () => {
    const folder = newRepository();
    commit(folder, 'one', { 'a.txt': 'a' });
    commit(folder, 'two', { 'a.txt': 'b' });
    git(folder, ['config', 'uploadpack.allowFilter', 'true']);
    const shallow = join(home, 'shallow');
    git(home, ['clone', '-q', '--depth', '1', `file://${folder}`, shallow]);
    expect(await open(shallow)).toMatchObject({ shallow: true, partial: false });
    const partial = join(home, 'partial');
    git(home, ['clone', '-q', '--filter=blob:none', '--no-checkout', `file://${folder}`, partial]);
    expect(await open(partial)).toMatchObject({ shallow: false, partial: true });
  });
});

describe('parseRemote', () => {
  it.each([
    ['https://github.com/o/r.git', 'github.com', 'o', 'r'],
    ['https://token@github.com/o/r', 'github.com', 'o', 'r'],
    ['ssh://git@gitlab.example.org:2222/a/b/c.git', 'gitlab.example.org', 'a/b', 'c'],
    ['git@github.com:o/r.git', 'github.com', 'o', 'r'],
    ['git://host.test/o/r/', 'host.test', 'o', 'r'],
  ])('%s', (url, host, owner, name) => {
    expect(parseRemote(url)).toEqual({ host, owner, name });
  });

  it.each(['ext::sh -c id', 'file:///tmp/x/y', '/tmp/x/y', '../x/y', 'ssh://-oProxyCommand=x/o/r', 'C:\\x\\y', 'C:/x/y', 'https://github.com/o', 'https://h/o/../r', ''])('refuses %s', (url) => {
    expect(parseRemote(url)).toBeUndefined();
  });
});

describe('parseConfig', () => {
  it('reads as git does', () => {
    const folder = newRepository();
    const text = '[a "B\\"x"]\n\tk = one  two ; note\n v="q # r" tail\n[core]bare\n[x.Y]\nz = a\\\n b\\n\n# last\n';
    writeFileSync(join(folder, 'c'), text);
    const truth = git(folder, ['config', '--file', 'c', '--list', '-z']).split('\0').filter((line) => line !== '');
    const ours = parseConfig(text).map(({ section, subsection, key, value }) => `${section}${subsection === '' ? '' : `.${subsection}`}.${key}\n${value}`);
    expect(ours.map((line) => line.replace('core.bare\ntrue', 'core.bare'))).toEqual(truth);
  });
});

describe('readIndex', () => {
  it.each([2, 3, 4])('reads version %i', async (version) => {
    const folder = newRepository();
    commit(folder, 'one', Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`dir${at % 7}/sub/file-${at}${'x'.repeat(at)}.txt`, `text ${at}`])));
    write(folder, 'héllo "q".txt', 'x');
    write(folder, 'later.txt', 'x');
    chmodSync(join(folder, 'dir1/sub/file-1x.txt'), 0o755);
    git(folder, ['add', '-A', '.']);
    git(folder, ['rm', '-q', '--cached', 'later.txt']);
    if (version >= 3) git(folder, ['add', '-N', 'later.txt']);
    git(folder, ['update-index', '--index-version', String(version)]);
    expect(readFileSync(join(folder, '.git/index')).readUInt32BE(4)).toBe(version);
    const entries = await readIndex(join(folder, '.git'), 'sha1');
    const truth = git(folder, ['ls-files', '-s', '-z']).split('\0').filter((line) => line !== '');
    expect(entries.map((entry) => `${entry.mode.toString(8)} ${entry.oid} ${entry.stage}\t${entry.path}`)).toEqual(truth);
    expect(entries.filter((entry) => entry.intentToAdd).map((entry) => entry.path)).toEqual(version >= 3 ? ['later.txt'] : []);
    expect(entries.find((entry) => entry.path === 'dir1/sub/file-1x.txt')).toMatchObject({ size: 6, mode: 0o100755 });
  });

  it('reads SHA-256 indexes, sparse indexes and merge conflicts', async () => {
    const wide = newRepository('--object-format=sha256');
    commit(wide, 'one', { 'a.txt': 'a', 'b/c.txt': 'c' });
    expect((await readIndex(join(wide, '.git'), 'sha256')).map((entry) => [entry.path, entry.oid.length])).toEqual([['a.txt', 64], ['b/c.txt', 64]]);

    const sparse = newRepository();
    commit(sparse, 'one', { 'in/a.txt': 'a', 'out/b.txt': 'b', 'top.txt': 't' });
    git(sparse, ['sparse-checkout', 'set', '--cone', '--sparse-index', 'in']);
    const entries = await readIndex(join(sparse, '.git'), 'sha1');
    expect(entries.find((entry) => entry.path === 'out/')).toMatchObject({ mode: 0o040000, skipWorktree: true });

    const torn = newRepository();
    commit(torn, 'base', { 'f.txt': 'base' });
    git(torn, ['checkout', '-q', '-b', 'side']);
    commit(torn, 'side', { 'f.txt': 'side' });
    git(torn, ['checkout', '-q', 'main']);
    commit(torn, 'main', { 'f.txt': 'main' });
    expect(() => git(torn, ['merge', 'side'])).toThrow();
    expect((await readIndex(join(torn, '.git'), 'sha1')).map((entry) => entry.stage)).toEqual([1, 2, 3]);
    expect((await listStaged(await open(torn))).map((blob) => blob.path)).toEqual(['f.txt', 'f.txt']);
  });

  it('names a damaged or split index, and takes a missing one as empty', async () => {
    const folder = newRepository();
    commit(folder, 'one', { 'a.txt': 'a' });
    expect(await readIndex(join(home, 'nowhere'), 'sha1')).toEqual([]);
    const path = join(folder, '.git/index');
    const whole = readFileSync(path);
    for (const bad of [Buffer.alloc(0), Buffer.from('DIRC'), whole.subarray(0, whole.length - 1), Buffer.concat([whole.subarray(0, 30), Buffer.from('x'), whole.subarray(31)])]) {
      writeFileSync(path, bad);
      await expect(readIndex(join(folder, '.git'), 'sha1')).rejects.toThrow(path);
    }
    writeFileSync(path, whole);
    git(folder, ['update-index', '--split-index']);
    await expect(readIndex(join(folder, '.git'), 'sha1')).rejects.toThrow(DekeyError);
  });

  it('does not run past the end on any cut or flipped byte', async () => {
    const folder = newRepository();
    commit(folder, 'one', { 'a.txt': 'a', 'b/c.txt': 'c' });
    git(folder, ['update-index', '--index-version', '4']);
    const path = join(folder, '.git/index');
    const whole = readFileSync(path);
    // Zeros for the checksum mean there is none, so the parser itself must hold.
    whole.fill(0, whole.length - 20);
    for (let at = 0; at < whole.length - 20; at += 1) {
      const bent = Buffer.from(whole);
      bent[at] = 0xff;
      writeFileSync(path, bent);
      await readIndex(join(folder, '.git'), 'sha1').catch((error: unknown) => expect(error).toBeInstanceOf(DekeyError));
    }
  });
});

describe('listing and reading', () => {
  it.each(['sha1', 'sha256'])('sees every object once, loose, packed and dangling (%s)', async (format) => {
    const folder = newRepository(`--object-format=${format}`);
    commit(folder, 'one', { 'a.txt': 'first', 'b.bin': 'x\0y' });
    git(folder, ['tag', '-a', 'v1', '-m', 'a tag message']);
    git(folder, ['gc', '-q']);
    commit(folder, 'two\n\nbody of two', { 'a.txt': 'second', 'empty': '' });
    const dangling = blobOf(folder, 'never committed');
    const repo = await open(folder);
    const lists = await listObjects(repo);
    const truth = git(folder, ['cat-file', '--batch-all-objects', '--batch-check']).split('\n').map((line) => line.split(' '));
    for (const [type, list] of [['blob', lists.blobs], ['commit', lists.commits], ['tag', lists.tags]] as const) {
      expect(list.map(({ oid, size }) => `${oid} ${size}`).sort()).toEqual(truth.filter((row) => row[1] === type).map((row) => `${row[0]} ${row[2]}`).sort());
    }
    expect(lists.complete).toBe(true);
    expect((await listObjects(repo, { types: ['tag'] })).blobs).toEqual([]);

    const oids = [...lists.blobs, ...lists.commits, ...lists.tags].map(({ oid }) => oid);
    const absent = 'd'.repeat(oids[0]?.length ?? 0);
    const { read, missing, order } = await readAll(repo, [...oids, absent]);
    expect(order).toEqual(oids);
    expect(missing).toEqual([absent]);
    expect(read.get(dangling)).toEqual({ type: 'blob', text: 'never committed' });
    expect([...read.values()].map(({ text }) => text)).toEqual(expect.arrayContaining(['', 'x\0y', 'first', 'second', expect.stringContaining('body of two'), expect.stringContaining('a tag message')]));
  });

  it('reads contents of every size exactly, whatever the pipe cuts them into', async () => {
    const folder = newRepository();
    const texts = Array.from({ length: 300 }, (_, at) => `${at}:${String.fromCharCode(10, 0, 97 + (at % 26)).repeat((at * at * 7) % 40_000)}`);
    texts.push('m'.repeat(5_000_000));
    for (const [at, text] of texts.entries()) write(folder, `f${at}`, Buffer.from(text, 'latin1'));
    commit(folder, 'all');
    const repo = await open(folder);
    const oids = (await listObjects(repo, { types: ['blob'] })).blobs.map(({ oid }) => oid);
    const { read } = await readAll(repo, oids);
    expect([...read.values()].map(({ text }) => text).sort()).toEqual([...new Set(texts)].sort());
  });

  it('passes over what the sink does not want, and hands on what it throws', async () => {
    const folder = newRepository();
    commit(folder, 'one', { 'a.txt': 'aa', 'b.txt': 'b'.repeat(100_000), 'c.txt': 'cc' });
    const repo = await open(folder);
    const oids = (await listObjects(repo, { types: ['blob'] })).blobs.map(({ oid }) => oid);
    const ended: number[] = [];
    const place = Buffer.alloc(10);
    await readObjects(repo, oids, { begin: (_oid, _type, size) => (size > 10 ? undefined : place), end: (_oid, _type, size) => ended.push(size), missing: () => {} });
    expect(ended).toEqual([2, 2]);
    const fault = new Error('from the sink');
    await expect(readObjects(repo, oids, { begin: () => { throw fault; }, end: () => {}, missing: () => {} })).rejects.toBe(fault);
    const stop = new AbortController();
    await expect(readObjects(repo, oids, { begin: () => { stop.abort(); return undefined; }, end: () => {}, missing: () => {} }, { signal: stop.signal })).rejects.toThrow();
  });

  it('lists what came in since a revision', async () => {
    const folder = newRepository();
    const one = commit(folder, 'one', { 'a.txt': 'a' });
    git(folder, ['tag', 'start']);
    commit(folder, 'two', { 'a.txt': 'changed', 'b.txt': 'new' });
    const repo = await open(folder);
    const lists = await listSince(repo, 'start');
    expect(lists.commits).toHaveLength(1);
    expect(lists.blobs.map(({ oid }) => oid).sort()).toEqual([blobOf(folder, 'changed'), blobOf(folder, 'new')].sort());
    expect((await listSince(repo, one.slice(0, 10))).blobs).toHaveLength(2);
    expect((await listSince(repo, 'HEAD')).commits).toEqual([]);
    for (const bad of ['nope', '-h', '--output=x', '', 'a\nb', 'HEAD:a.txt']) await expect(listSince(repo, bad)).rejects.toThrow(TargetError);
  });

  it('lists staged blobs only', async () => {
    const folder = newRepository();
    write(folder, 'new.txt', 'n');
    git(folder, ['add', '-A']);
    expect((await listStaged(await open(folder))).map((blob) => blob.path)).toEqual(['new.txt']);
    commit(folder, 'one', { 'same.txt': 's', 'edit.txt': 'before' });
    write(folder, 'edit.txt', 'after');
    write(folder, 'unstaged.txt', 'u');
    git(folder, ['add', 'edit.txt']);
    git(folder, ['add', '-N', 'unstaged.txt']);
    expect(await listStaged(await open(folder))).toEqual([{ path: 'edit.txt', oid: blobOf(folder, 'after'), mode: 0o100644 }]);
  });
});

/** Every (blob, path) of a repository with the commits whose tree holds it, by listing each commit's tree. */
function truthOf(folder: string, commits: readonly string[]): Map<string, Map<string, string[]>> {
  const truth = new Map<string, Map<string, string[]>>();
  for (const id of commits) {
    for (const line of git(folder, ['ls-tree', '-r', '-z', id]).split('\0').filter((row) => row !== '')) {
      const [facts = '', path = ''] = line.split('\t');
      const oid = facts.split(' ')[2] ?? '';
      const paths = truth.get(oid) ?? new Map<string, string[]>();
      paths.set(path, [...(paths.get(path) ?? []), id]);
      truth.set(oid, paths);
    }
  }
  return truth;
}

/** A repository with branches, merges, renames, copies, deletions and returns, from a fixed seed. */
function tangled(): string {
  const folder = newRepository();
  let seed = 7;
  const random = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * below);
  };
  commit(folder, 'start', { 'a/b/c.txt': 'k0', 'top.txt': 't' });
  for (let step = 0; step < 40; step += 1) {
    const path = `${['a', 'a/b', 'z/y/x', '.'][random(4)]}/f${random(5)}.txt`;
    if (random(5) === 0) rmSync(join(folder, path), { force: true });
    else write(folder, path, `key ${random(8)}`);
    commit(folder, `step ${step}`);
    if (step % 8 === 3) git(folder, ['branch', `side${step}`, 'HEAD~2']);
    if (step % 8 === 5) {
      git(folder, ['checkout', '-q', `side${step - 2}`]);
      commit(folder, 'aside', { [`side/${step}.txt`]: `key ${random(8)}` });
      git(folder, ['checkout', '-q', 'main']);
      clock += 60;
      git(folder, ['merge', '-q', '--no-edit', '-s', 'ours', `side${step - 2}`]);
    }
  }
  return folder;
}

describe('attributeBlobs', () => {
  it.each([undefined, 3])('equals the truth from listing every commit (edges kept: %s)', async (mostEdges) => {
    const folder = tangled();
    const repo = await open(folder);
    // Oldest first, parents before children.
    const commits = git(folder, ['rev-list', '--all', '--date-order', '--reverse']).split('\n');
    const truth = truthOf(folder, commits);
    const head = truthOf(folder, [git(folder, ['rev-parse', 'HEAD'])]);
    const found = await attributeBlobs(repo, [...truth.keys()], mostEdges === undefined ? {} : { mostEdges });
    expect(truth.size).toBeGreaterThan(8);
    for (const [oid, paths] of truth) {
      const entry = found.get(oid);
      expect(entry?.reachable).toBe(true);
      const ours = Object.fromEntries((entry?.places ?? []).map((place) => [place.path, [place.firstSeen?.commit, place.lastSeen?.commit, place.inHead]]));
      expect(ours).toEqual(Object.fromEntries([...paths].map(([path, ids]) => [path, [ids[0], ids.at(-1), head.get(oid)?.has(path) ?? false]])));
    }
  });

  it('agrees with git log --raw on the commit that brought a blob in, and gives its author date', async () => {
    const folder = newRepository();
    commit(folder, 'one', { 'conf/app.env': 'SECRET=1', 'other.txt': 'x' });
    commit(folder, 'two', { 'conf/app.env': 'SECRET=2' });
    commit(folder, 'three', { 'conf/app.env': 'SECRET=3' });
    const oid = blobOf(folder, 'SECRET=2');
    const raw = git(folder, ['log', '--all', '--no-abbrev', '--raw', '--format=C %H %aI']).split('\n');
    const line = raw.findIndex((row) => row.startsWith(':') && row.split(' ')[3] === oid);
    const [, id, date = ''] = raw.slice(0, line).findLast((row) => row.startsWith('C '))?.split(' ') ?? [];
    const place = (await attributeBlobs(await open(folder), [oid])).get(oid)?.places[0];
    expect(place).toEqual({ path: 'conf/app.env', inHead: false, firstSeen: { commit: id, authored: new Date(date).toISOString().replace('.000Z', 'Z') }, lastSeen: { commit: id, authored: expect.any(String) } });
  });

  it('keeps the order of history when all commits have one date', async () => {
    const folder = newRepository();
    const ids: string[] = [];
    for (let at = 0; at < 12; at += 1) {
      const before = clock;
      ids.push(commit(folder, `n${at}`, { 'k.txt': 'same', [`f${at}`]: String(at) }));
      clock = before;
    }
    const oid = blobOf(folder, 'same');
    const place = (await attributeBlobs(await open(folder), [oid])).get(oid)?.places[0];
    expect([place?.firstSeen?.commit, place?.lastSeen?.commit]).toEqual([ids[0], ids.at(-1)]);
  });

  it('tells reachable by reflog and stash from dangling, and names the paths of both', async () => {
    const folder = newRepository();
    commit(folder, 'base', { 'a.txt': 'base' });
    write(folder, 'a.txt', 'stash one');
    git(folder, ['stash', '-q']);
    write(folder, 'a.txt', 'stash two');
    git(folder, ['stash', '-q']);
    const undone = commit(folder, 'undone', { 'env/undone.txt': 'reset away' });
    git(folder, ['reset', '-q', '--hard', 'HEAD~1']);
    const loose = blobOf(folder, 'only hashed');
    write(folder, 'staged.txt', 'only staged');
    git(folder, ['add', 'staged.txt']);
    const tree = git(folder, ['mktree'], `100644 blob ${blobOf(folder, 'in a tree')}\tdeep.txt\n`);
    git(folder, ['mktree'], `040000 tree ${tree}\tup\n`);
    const orphan = git(folder, ['commit-tree', '-m', 'dangling', git(folder, ['mktree'], `100644 blob ${blobOf(folder, 'dangling')}\tgone.txt\n`)]);

    const [one, two, reset, staged, inTree, dangling] = ['stash one', 'stash two', 'reset away', 'only staged', 'in a tree', 'dangling'].map((text) => blobOf(folder, text));
    const all = [one, two, reset, staged, inTree, dangling, loose].map((oid) => oid ?? '');
    const found = await attributeBlobs(await open(folder), all);
    const facts = (oid: string | undefined): unknown => {
      const entry = found.get(oid ?? '');
      return [entry?.reachable, entry?.places.map((place) => place.path)];
    };
    expect(facts(one)).toEqual([true, ['a.txt']]);
    expect(facts(two)).toEqual([true, ['a.txt']]);
    expect(facts(reset)).toEqual([true, ['env/undone.txt']]);
    expect(facts(staged)).toEqual([false, ['staged.txt']]);
    expect(facts(inTree)).toEqual([false, ['up/deep.txt']]);
    expect(facts(dangling)).toEqual([false, ['gone.txt']]);
    expect(facts(loose)).toEqual([false, []]);
    expect(found.get(dangling ?? '')?.places[0]?.lastSeen?.commit).toBe(orphan);

    git(folder, ['reflog', 'expire', '--expire=all', '--expire-unreachable=all', '--all']);
    const after = await attributeBlobs(await open(folder), all);
    expect(after.get(reset ?? '')).toMatchObject({ reachable: false, places: [{ path: 'env/undone.txt', firstSeen: { commit: undone } }] });
  });

  it('knows commits, tags, and blobs that a ref or tag names directly', async () => {
    const folder = newRepository();
    const first = commit(folder, 'message');
    git(folder, ['tag', '-a', 'v1', '-m', 'noted']);
    const blob = blobOf(folder, 'a tagged blob');
    git(folder, ['tag', '-a', 'key', '-m', 'x', blob]);
    const tag = git(folder, ['rev-parse', 'v1']);
    const found = await attributeBlobs(await open(folder), [first, tag, blob]);
    expect(found.get(first)).toMatchObject({ type: 'commit', reachable: true, places: [{ path: `commit:${first.slice(0, 12)}`, inHead: true, lastSeen: { commit: first } }] });
    expect(found.get(tag)).toMatchObject({ type: 'tag', reachable: true, places: [{ path: 'tag:v1', firstSeen: { commit: first } }] });
    expect(found.get(blob)).toEqual({ type: 'blob', reachable: true, places: [] });
  });

  it('works on SHA-256, bare and shallow repositories', async () => {
    const folder = newRepository('--object-format=sha256');
    commit(folder, 'one', { 'd/a.txt': 'wide' });
    const oid = blobOf(folder, 'wide');
    expect((await attributeBlobs(await open(folder), [oid])).get(oid)?.places).toMatchObject([{ path: 'd/a.txt', inHead: true }]);
    const bare = join(home, 'wide.git');
    git(home, ['clone', '-q', '--bare', '--depth', '1', `file://${folder}`, bare]);
    expect((await attributeBlobs(await open(bare), [oid])).get(oid)?.places).toMatchObject([{ path: 'd/a.txt', inHead: true }]);
  });
});

describe('incomplete stores', () => {
  it('names what a partial clone lacks and reads the rest', async () => {
    const source = newRepository();
    commit(source, 'one', { 'a.txt': 'old contents' });
    commit(source, 'two', { 'a.txt': 'new contents' });
    git(source, ['config', 'uploadpack.allowFilter', 'true']);
    const partial = join(home, 'partial2');
    git(home, ['clone', '-q', '--filter=blob:none', `file://${source}`, partial]);
    const repo = await open(partial);
    const [old, now] = [blobOf(source, 'old contents'), blobOf(source, 'new contents')];
    expect(await walkReachable(repo)).toEqual({ missing: [old], complete: true });
    const { read, missing } = await readAll(repo, [old, now]);
    expect([missing, [...read.keys()]]).toEqual([[old], [now]]);
    // Nothing was fetched on the way.
    expect((await walkReachable(repo)).missing).toEqual([old]);
  });

  it('reads on behind damaged loose objects', async () => {
    const folder = newRepository();
    commit(folder, 'one', { 'a.txt': 'aaa', 'b.txt': 'bbb', 'c.txt': 'ccc' });
    const repo = await open(folder);
    const oids = ['aaa', 'bbb', 'ccc'].map((text) => blobOf(folder, text));
    const path = join(folder, '.git/objects', (oids[1] ?? '').slice(0, 2), (oids[1] ?? '').slice(2));
    chmodSync(path, 0o644);
    writeFileSync(path, 'not zlib at all');
    const { read, missing } = await readAll(repo, oids);
    expect([...read.keys()]).toEqual([oids[0], oids[2]]);
    expect(missing).toEqual([oids[1]]);
    const lists = await listObjects(repo);
    expect(lists.commits).toHaveLength(1);
    expect(lists.blobs.map(({ oid }) => oid).sort()).toEqual([...oids].sort());
    expect((await attributeBlobs(repo, [oids[2] ?? ''])).get(oids[2] ?? '')?.places).toHaveLength(1);
  });

  it('survives a pack with bytes overwritten, and a missing commit', async () => {
    const folder = newRepository();
    for (let at = 0; at < 20; at += 1) commit(folder, `c${at}`, { [`f${at}.txt`]: `${at}`.repeat(3000 + at) });
    git(folder, ['gc', '-q']);
    const repo = await open(folder);
    const before = (await listObjects(repo)).blobs.map(({ oid }) => oid);
    const pack = git(folder, ['rev-parse', '--git-path', 'objects/pack']);
    const name = git(folder, ['verify-pack', '-v', join(pack, readdirPack(join(folder, pack)))]).split('\n').find((line) => line.includes(' blob '))?.split(/ +/) ?? [];
    const path = join(folder, pack, readdirPack(join(folder, pack)).replace('.idx', '.pack'));
    chmodSync(path, 0o644);
    const bytes = readFileSync(path);
    bytes.fill(0x55, Number(name[4]) + 4, Number(name[4]) + 10);
    writeFileSync(path, bytes);
    const { read, missing } = await readAll(repo, before);
    expect(missing).toEqual([name[0]]);
    expect(read.size).toBe(before.length - 1);

    const cut = newRepository();
    commit(cut, 'one', { 'a.txt': 'first' });
    const middle = commit(cut, 'two', { 'a.txt': 'second' });
    commit(cut, 'three', { 'a.txt': 'third' });
    renameSync(join(cut, '.git/objects', middle.slice(0, 2), middle.slice(2)), join(home, 'taken'));
    const third = blobOf(cut, 'third');
    expect((await attributeBlobs(await open(cut), [third])).get(third)).toMatchObject({ reachable: true, places: [{ path: 'a.txt', inHead: true }] });
    expect((await walkReachable(await open(cut))).complete).toBe(false);
  });
});

function readdirPack(folder: string): string {
  return execFileSync('ls', [folder]).toString().split('\n').find((file) => file.endsWith('.idx')) ?? '';
}

describe('findGit', () => {
  it('gives an absolute path and shuns folders it is told to', () => {
    const path = findGit();
    expect(path.startsWith('/')).toBe(true);
    const folder = join(home, 'bin');
    mkdirSync(folder);
    writeFileSync(join(folder, 'git'), '#!/bin/sh\n');
    chmodSync(join(folder, 'git'), 0o755);
    const old = process.env['PATH'];
    process.env['PATH'] = `${folder}:${old}`;
    try {
      expect(findGit([folder])).toBe(path);
      expect(findGit([home])).toBe(path);
    } finally {
      process.env['PATH'] = old;
    }
  });

  it('refuses subcommands that are not on the list', async () => {
    const repo = await open(newRepository());
    // @ts-expect-error the type already rules it out; the check at run time is what is tested
    await expect(runGit(repo, ['status'])).rejects.toThrow('not allowed');
    await expect(runGit(repo, ['cat-file', '-p', 'HEAD'])).rejects.toThrow('batch');
    await expect(runGit(repo, ['cat-file', '--batch', '--textconv'])).rejects.toThrow('filters');
    appendFileSync(join(repo.gitDir, 'config'), '[broken');
    await expect(runGit(repo, ['rev-parse', '--git-dir'])).rejects.toThrow('configuration');
  });
});
