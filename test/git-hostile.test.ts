import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { TargetError } from '../src/model/errors.ts';
import { attributeBlobs, walkReachable } from '../src/sources/git/attribute.ts';
import { readIndex } from '../src/sources/git/index-file.ts';
import { listObjects, listSince, listStaged } from '../src/sources/git/objects.ts';
import type { ObjectLists } from '../src/sources/git/objects.ts';
import { readObjects } from '../src/sources/git/read-objects.ts';
import { openRepository } from '../src/sources/git/repository.ts';
import type { GitRepository } from '../src/sources/git/repository.ts';

// Numbers in the titles are those of the hostile-input list of the threat model.

const home = realpathSync(mkdtempSync(join(tmpdir(), 'dekey-hostile-')));
afterAll(() => rmSync(home, { recursive: true, force: true }));

let made = 0;

function git(folder: string, args: readonly string[], input?: string | Buffer): string {
  const date = '1700000000 +0000';
  return execFileSync('git', ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.test', '-c', 'init.defaultBranch=main', '-c', 'gc.auto=0', ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: home, GIT_CONFIG_NOSYSTEM: '1', GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date },
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: 20_000,
    ...(input === undefined ? {} : { input }),
  })
    .toString('utf8')
    .trim();
}

function newRepository(): string {
  const folder = join(home, `r${(made += 1)}`);
  mkdirSync(folder);
  git(folder, ['init', '-q']);
  write(folder, 'a.txt', 'first');
  commit(folder, 'one');
  write(folder, 'a.txt', 'second');
  commit(folder, 'two');
  return folder;
}

function write(folder: string, path: string, text: string | Buffer): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function commit(folder: string, message: string): string {
  git(folder, ['add', '-A']);
  git(folder, ['commit', '-q', '--allow-empty', '-m', message]);
  return git(folder, ['rev-parse', 'HEAD']);
}

/** A program that leaves a mark when it is run. */
function trap(folder: string): { mark: string; program: string } {
  const mark = join(home, `mark${(made += 1)}`);
  const program = join(folder, '.git', `trap${made}.sh`);
  writeFileSync(program, `#!/bin/sh\ntouch ${mark}\n`);
  chmodSync(program, 0o755);
  return { mark, program };
}

async function open(folder: string): Promise<GitRepository> {
  const repo = await openRepository(folder);
  if (repo === undefined) throw new Error('no repository');
  return repo;
}

async function read(repo: GitRepository, lists: ObjectLists): Promise<{ texts: string[]; missing: string[] }> {
  const texts: string[] = [];
  const missing: string[] = [];
  let place = Buffer.alloc(0);
  const oids = [...lists.blobs, ...lists.commits, ...lists.tags].map(({ oid }) => oid);
  await readObjects(repo, oids, {
    begin: (_oid, _type, size) => (place = Buffer.alloc(size)),
    end: () => texts.push(place.toString('latin1')),
    missing: (oid) => missing.push(oid),
  });
  return { texts, missing };
}

/** Everything the source can do to a repository. */
async function everything(folder: string): Promise<{ texts: string[]; missing: string[] }> {
  const repo = await open(folder);
  const lists = await listObjects(repo);
  const all = await read(repo, lists);
  await attributeBlobs(repo, [...lists.blobs, ...lists.commits, ...lists.tags].map(({ oid }) => oid));
  await walkReachable(repo);
  await listStaged(repo);
  await listSince(repo, 'HEAD~1');
  return all;
}

describe('programs the repository names are not run', () => {
  const settings: readonly (readonly [string, (program: string) => readonly string[]])[] = [
    ['1 core.fsmonitor', (program) => ['core.fsmonitor', program]],
    ['2 core.sshCommand', (program) => ['core.sshCommand', program]],
    ['3 diff.external', (program) => ['diff.external', program]],
    ['4 textconv', (program) => ['diff.evil.textconv', program]],
    ['5 clean', (program) => ['filter.evil.clean', program]],
    ['5 smudge', (program) => ['filter.evil.smudge', program]],
    ['5 process', (program) => ['filter.evil.process', program]],
    ['6 core.hooksPath', (program) => ['core.hooksPath', dirname(program)]],
    ['7 gpg.program', (program) => ['gpg.program', program]],
    ['8 core.pager', (program) => ['core.pager', program]],
    ['8 pager.rev-list', (program) => ['pager.rev-list', program]],
    ['8 core.editor', (program) => ['core.editor', program]],
    ['8 sequence.editor', (program) => ['sequence.editor', program]],
    ['9 credential.helper', (program) => ['credential.helper', `!${program}`]],
    ['9 core.askPass', (program) => ['core.askPass', program]],
    ['10 alias.rev-parse', (program) => ['alias.rev-parse', `!${program}`]],
    ['10 alias.cat-file', (program) => ['alias.cat-file', `!${program}`]],
    ['uploadpack.packObjectsHook', (program) => ['uploadpack.packObjectsHook', program]],
    ['core.alternateRefsCommand', (program) => ['core.alternateRefsCommand', program]],
    ['core.gitProxy', (program) => ['core.gitProxy', program]],
  ];

  it('1-10 all together, with attributes, hooks and a signed commit', async () => {
    const folder = newRepository();
    write(folder, '.gitattributes', '* diff=evil filter=evil\n');
    const tree = git(folder, ['write-tree']);
    const signed = git(folder, ['hash-object', '-t', 'commit', '-w', '--stdin'], `tree ${tree}\nparent ${git(folder, ['rev-parse', 'HEAD'])}\nauthor A <a@b> 1700000000 +0000\ncommitter A <a@b> 1700000000 +0000\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\nsigned\n`);
    git(folder, ['update-ref', 'refs/heads/main', signed]);
    const { mark, program } = trap(folder);
    for (const hook of ['post-checkout', 'reference-transaction', 'post-index-change', 'fsmonitor-watchman']) {
      for (const place of [join(folder, '.git/hooks', hook), join(folder, '.git', hook)]) {
        mkdirSync(dirname(place), { recursive: true });
        writeFileSync(place, readFileSync(program));
        chmodSync(place, 0o755);
      }
    }
    git(folder, ['config', 'log.showSignature', 'true']);
    git(folder, ['config', 'remote.origin.url', 'ssh://host.test/x/y']);
    for (const [, setting] of settings) git(folder, ['config', '--local', ...setting(program)]);
    // The trap itself works: git status runs it.
    const control = newRepository();
    const other = trap(control);
    git(control, ['config', 'core.fsmonitor', other.program]);
    git(control, ['status']);
    expect(existsSync(other.mark)).toBe(true);

    rmSync(mark, { force: true });
    const { texts } = await everything(folder);
    expect(texts).toEqual(expect.arrayContaining(['first', 'second', expect.stringContaining('signed')]));
    expect(existsSync(mark)).toBe(false);
  });

  it('18 a promisor remote is not asked for missing objects, whatever protocols the repository allows', async () => {
    const folder = newRepository();
    const blob = git(folder, ['rev-parse', 'HEAD~1:a.txt']);
    const { mark, program } = trap(folder);
    git(folder, ['config', 'core.repositoryFormatVersion', '1']);
    git(folder, ['config', 'extensions.partialClone', 'evil']);
    git(folder, ['config', 'remote.evil.promisor', 'true']);
    git(folder, ['config', 'remote.evil.url', `ext::sh -c "${program}"`]);
    for (const key of ['protocol.allow', 'protocol.ext.allow', 'protocol.file.allow']) git(folder, ['config', key, 'always']);
    rmSync(join(folder, '.git/objects', blob.slice(0, 2)), { recursive: true });
    // Control: without our environment git does ask the remote.
    try {
      git(folder, ['cat-file', '-p', blob]);
    } catch {
      // The helper speaks no protocol, so the command fails.
    }
    expect(existsSync(mark)).toBe(true);
    rmSync(mark);

    const repo = await open(folder);
    expect(repo.partial).toBe(true);
    await everything(folder);
    const missing: string[] = [];
    await readObjects(repo, [blob, '1'.repeat(40)], { begin: () => undefined, end: () => {}, missing: (oid) => missing.push(oid) });
    expect(missing).toEqual([blob, '1'.repeat(40)]);
    expect((await walkReachable(repo)).missing).toEqual([blob]);
    expect(existsSync(mark)).toBe(false);
  });

  it('13 odd remote URLs are neither used nor shown', async () => {
    const folder = newRepository();
    const { mark, program } = trap(folder);
    for (const url of [`ext::${program}`, 'file:///etc', 'ssh://-oProxyCommand=touch/x/y', '--upload-pack=x']) {
      git(folder, ['config', '--replace-all', 'remote.origin.url', url]);
      expect(await open(folder)).not.toHaveProperty('remote');
      await everything(folder);
    }
    expect(existsSync(mark)).toBe(false);
  });

  it('inherited GIT_ variables have no effect', async () => {
    const folder = newRepository();
    const other = newRepository();
    const { mark, program } = trap(folder);
    const before = { ...process.env };
    Object.assign(process.env, { GIT_DIR: join(other, '.git'), GIT_OBJECT_DIRECTORY: '/nowhere', GIT_EXTERNAL_DIFF: program, GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'core.fsmonitor', GIT_CONFIG_VALUE_0: program, GIT_TRACE: join(home, 'trace') });
    try {
      const repo = await open(folder);
      expect((await listObjects(repo)).commits).toHaveLength(2);
    } finally {
      for (const key of Object.keys(process.env)) if (!(key in before)) delete process.env[key];
    }
    expect(existsSync(mark)).toBe(false);
    expect(existsSync(join(home, 'trace'))).toBe(false);
  });
});

describe('configuration and links out of the named folder', () => {
  it('11 includes of other files give a fixed error without their content', async () => {
    const secret = join(home, 'private.txt');
    writeFileSync(secret, 'root:PRIVATE-CONTENT:0\n');
    const folder = newRepository();
    appendFileSync(join(folder, '.git/config'), `[include]\n\tpath = ${secret}\n`);
    const repo = await open(folder);
    const error: unknown = await listObjects(repo).then(() => undefined, (reason: unknown) => reason);
    expect(error).toBeInstanceOf(TargetError);
    expect(String(error)).toContain('configuration');
    expect(JSON.stringify([String(error), error])).not.toContain('PRIVATE');

    const loop = newRepository();
    appendFileSync(join(loop, '.git/config'), `[include]\n\tpath = config\n`);
    await expect(openRepository(loop)).rejects.toThrow(TargetError);

    const piped = newRepository();
    execFileSync('mkfifo', [join(home, 'pipe')]);
    appendFileSync(join(piped, '.git/config'), `[includeIf "gitdir:/"]\n\tpath = ${join(home, 'pipe')}\n`);
    await expect(openRepository(piped)).rejects.toThrow('regular file');
    appendFileSync(join(folder, '.git/config'), '[include]\n\tpath = /dev/zero\n');
    await expect(openRepository(folder)).rejects.toThrow('regular file');
  });

  it('a pipe in place of a repository file does not stall', async () => {
    for (const file of ['HEAD', 'config', 'packed-refs', 'index', 'shallow']) {
      const folder = newRepository();
      rmSync(join(folder, '.git', file), { force: true });
      execFileSync('mkfifo', [join(folder, '.git', file)]);
      await expect(openRepository(folder)).rejects.toThrow('regular file');
    }
  });

  it('12 .gitmodules is not looked at', async () => {
    const folder = newRepository();
    const { mark, program } = trap(folder);
    write(folder, '.gitmodules', `[submodule "x"]\n\tpath = ../../x\n\turl = ext::${program}\n\tupdate = !${program}\n`);
    git(folder, ['update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},sub`]);
    commit(folder, 'submodule');
    await everything(folder);
    expect(existsSync(mark)).toBe(false);
  });

  it('14 refs of any name are data', async () => {
    const folder = newRepository();
    const mark = join(home, 'mark-ref');
    const head = git(folder, ['rev-parse', 'HEAD']);
    const names = ['-h', '--output=M', `$(touch ${mark})`.replaceAll(' ', '${IFS}'), 'a;b', 'é', `${'d/'.repeat(20)}x`, 'l'.repeat(200)];
    const lines = names.map((name) => `${head} refs/heads/${name}`).sort();
    writeFileSync(join(folder, '.git/packed-refs'), `# pack-refs with: peeled fully-peeled sorted \n${lines.join('\n')}\n`);
    await everything(folder);
    writeFileSync(join(folder, '.git/HEAD'), 'ref: refs/heads/-h\n');
    expect(await open(folder)).toMatchObject({ branch: '-h', head });
    await everything(folder);
    for (const bad of ['ref: refs/heads/../../../../../etc/passwd', 'ref: /etc/passwd', 'ref: refs/heads/a\nb', `ref: refs/heads/${'y'.repeat(5000)}`]) {
      writeFileSync(join(folder, '.git/HEAD'), `${bad}\n`);
      expect(await open(folder)).not.toHaveProperty('head');
    }
    expect(existsSync(mark)).toBe(false);
    expect(readdirSync(folder)).not.toContain('M');
  });

  it('15 a bare repository below the named folder is not entered', async () => {
    const folder = join(home, 'tree');
    mkdirSync(folder);
    git(home, ['clone', '-q', '--bare', newRepository(), join(folder, 'inner')]);
    expect(await openRepository(folder)).toBeUndefined();
    mkdirSync(join(folder, 'inner/sub'));
    expect(await openRepository(join(folder, 'inner/sub'))).toBeUndefined();
  });

  it('16 a .git file or link to another repository is refused, and so is a foreign commondir', async () => {
    const victim = newRepository();
    const evil = join(home, 'evil');
    mkdirSync(evil);
    writeFileSync(join(evil, '.git'), `gitdir: ${join(victim, '.git')}\n`);
    await expect(openRepository(evil)).rejects.toThrow(TargetError);

    // The shape of a worktree alone is not enough: the entry belongs to another folder.
    git(victim, ['worktree', 'add', '-q', '--detach', join(home, 'its-worktree')]);
    writeFileSync(join(evil, '.git'), `gitdir: ${join(victim, '.git/worktrees/its-worktree')}\n`);
    await expect(openRepository(evil)).rejects.toThrow('does not name it back');

    rmSync(join(evil, '.git'));
    symlinkSync(join(victim, '.git'), join(evil, '.git'));
    await expect(openRepository(evil)).rejects.toThrow('symbolic link');

    const common = newRepository();
    writeFileSync(join(common, '.git/commondir'), `${join(victim, '.git')}\n`);
    await expect(openRepository(common)).rejects.toThrow('commondir');

    writeFileSync(join(home, 'nowhere.txt'), 'x');
    rmSync(join(evil, '.git'));
    writeFileSync(join(evil, '.git'), 'gitdir: /dev/null\n');
    await expect(openRepository(evil)).rejects.toThrow(TargetError);
  });

  it('17 objects of another repository are refused, and read when the user allows it', async () => {
    const victim = newRepository();
    const folder = newRepository();
    write(folder, '.git/objects/info/alternates', `${join(victim, '.git/objects')}\n`);
    git(victim, ['hash-object', '-w', '--stdin'], 'only the victim has this');
    const repo = await open(folder);
    expect(repo.alternates).toEqual([join(victim, '.git/objects')]);
    await expect(listObjects(repo)).rejects.toThrow('alternates');
    await expect(readObjects(repo, ['1'.repeat(40)], { begin: () => undefined, end: () => {}, missing: () => {} })).rejects.toThrow(TargetError);
    const allowed = await openRepository(folder, { allowAlternates: true });
    if (allowed === undefined) throw new Error('no repository');
    expect((await read(allowed, await listObjects(allowed))).texts).toContain('only the victim has this');

    // Alternates of alternates, and links in place of folders, lead out just the same.
    const chained = newRepository();
    const inner = join(chained, 'inner/objects');
    write(chained, 'inner/objects/info/alternates', `${join(victim, '.git/objects')}\n`);
    write(chained, '.git/objects/info/alternates', `${inner}\n`);
    expect((await open(chained)).alternates).toEqual([join(victim, '.git/objects')]);
    const linked = newRepository();
    rmSync(join(linked, '.git/objects/pack'), { recursive: true });
    mkdirSync(join(victim, '.git/objects/pack'), { recursive: true });
    symlinkSync(join(victim, '.git/objects/pack'), join(linked, '.git/objects/pack'));
    await expect(listObjects(await open(linked))).rejects.toThrow(TargetError);
  });

  it('an index with paths out of the worktree is refused', async () => {
    const folder = newRepository();
    const path = join(folder, '.git/index');
    const bytes = readFileSync(path);
    bytes.write('../xx', bytes.indexOf('a.txt'), 'latin1');
    bytes.fill(0, bytes.length - 20);
    writeFileSync(path, bytes);
    await expect(readIndex(join(folder, '.git'), 'sha1')).rejects.toThrow('out of the worktree');
  });
});

describe('objects that hide, break or explode', () => {
  it('19 replace refs and grafts hide nothing', async () => {
    const folder = newRepository();
    const [blob, clean] = [git(folder, ['rev-parse', 'HEAD~1:a.txt']), git(folder, ['hash-object', '-w', '--stdin'], 'clean')];
    const [head, first] = [git(folder, ['rev-parse', 'HEAD']), git(folder, ['rev-parse', 'HEAD~1'])];
    git(folder, ['replace', blob, clean]);
    const tree = git(folder, ['mktree'], `100644 blob ${clean}\ta.txt\n`);
    git(folder, ['replace', first, git(folder, ['commit-tree', '-m', 'harmless', tree])]);
    write(folder, '.git/info/grafts', `${head}\n`);
    const repo = await open(folder);
    expect((await read(repo, await listObjects(repo))).texts).toEqual(expect.arrayContaining(['first', 'second']));
    expect((await attributeBlobs(repo, [blob])).get(blob)).toMatchObject({ reachable: true, places: [{ path: 'a.txt', firstSeen: { commit: first } }] });
    expect((await listSince(repo, first)).commits).toHaveLength(1);
  });

  it('20 damage is bounded and named, and the rest is read', async () => {
    const folder = newRepository();
    const objects = join(folder, '.git/objects');
    const put = (oid: string, bytes: Buffer): void => write(folder, join('.git/objects', oid.slice(0, 2), oid.slice(2)), bytes);
    // A header that promises 2 GB, one of an unknown type, one that is empty, one that is no zlib.
    put('a'.repeat(40), deflateSync(Buffer.from(`blob ${2 ** 31}\0short`)));
    put('b'.repeat(40), deflateSync(Buffer.from('evil 5\0short')));
    put('c'.repeat(40), Buffer.alloc(0));
    put('e'.repeat(40), Buffer.from('nothing like zlib'));
    write(folder, join('.git/objects/pack', `pack-${'1'.repeat(40)}.pack`), 'PACKjunk');
    write(folder, join('.git/objects/pack', `pack-${'1'.repeat(40)}.idx`), Buffer.alloc(2000, 7));
    expect(existsSync(objects)).toBe(true);
    const { texts, missing } = await everything(folder);
    expect(texts).toEqual(expect.arrayContaining(['first', 'second']));
    expect(missing.length).toBeGreaterThan(0);
    expect(missing.every((oid) => /^(a+|b+|c+|e+)$/.test(oid))).toBe(true);
  });

  it('20 trees of trees of trees do not explode, and paths without end do not either', async () => {
    const folder = newRepository();
    const blob = git(folder, ['hash-object', '-w', '--stdin'], 'bomb');
    let tree = git(folder, ['mktree'], Array.from({ length: 10 }, (_, at) => `100644 blob ${blob}\tf${at}\n`).join(''));
    for (let level = 0; level < 12; level += 1) tree = git(folder, ['mktree'], Array.from({ length: 10 }, (_, at) => `040000 tree ${tree}\td${at}\n`).join(''));
    git(folder, ['update-ref', 'refs/heads/bomb', git(folder, ['commit-tree', '-m', 'bomb', tree])]);
    const started = Date.now();
    const entry = (await attributeBlobs(await open(folder), [blob])).get(blob);
    expect(entry?.reachable).toBe(true);
    expect(entry?.places.length).toBeGreaterThan(0);
    expect(entry?.places.length).toBeLessThanOrEqual(64);
    expect(Date.now() - started).toBeLessThan(5000);
  });

  it('damaged trees and names of any bytes are borne', async () => {
    const folder = newRepository();
    const blob = git(folder, ['rev-parse', 'HEAD:a.txt']);
    const id = Buffer.from(blob, 'hex');
    const raw = Buffer.concat([Buffer.from('100644 __proto__\0'), id, Buffer.from('100644 \x1b[2J\xff\0', 'latin1'), id, Buffer.from('100644 cut')]);
    const tree = git(folder, ['hash-object', '-t', 'tree', '-w', '--literally', '--stdin'], raw);
    const id2 = git(folder, ['hash-object', '-t', 'commit', '-w', '--literally', '--stdin'], `tree ${tree}\nauthor x\ncommitter y <z> 99999999999999999999 +9999\nparent zz\n`);
    git(folder, ['update-ref', '--no-deref', 'refs/heads/odd', id2]);
    const entry = (await attributeBlobs(await open(folder), [blob])).get(blob);
    expect(entry?.places.map((place) => place.path)).toEqual(expect.arrayContaining(['a.txt', '__proto__']));
  });

  it('20 very many refs are walked without trouble', async () => {
    const folder = newRepository();
    const head = git(folder, ['rev-parse', 'HEAD']);
    const lines = Array.from({ length: 50_000 }, (_, at) => `${head} refs/heads/b${String(at).padStart(7, '0')}`);
    writeFileSync(join(folder, '.git/packed-refs'), `# pack-refs with: peeled fully-peeled sorted \n${lines.join('\n')}\n`);
    writeFileSync(join(folder, '.git/HEAD'), 'ref: refs/heads/b0049999\n');
    expect((await open(folder)).head).toBe(head);
    await everything(folder);
  });
});
