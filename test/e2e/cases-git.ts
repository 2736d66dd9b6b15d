/** Repositories: what git holds, where it holds it, what it does not hold, and what their configuration would run. */
import { chmodSync, existsSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Case, type Log, skippedCount } from './case.ts';
import { findingsOf, type Key, type Scanned } from './kit.ts';

export const gitCases: readonly Case[] = [
  { name: 'history, loose objects', run: (log) => history(log, false) },
  { name: 'history, packed', run: (log) => history(log, true) },
  {
    name: 'bare repository',
    run: (log) => {
      const { kit } = log;
      const { folder, key } = withDeletedKey(log);
      const bare = join(kit.folder('bare'), 'x.git');
      kit.git(kit.home, ['clone', '-q', '--bare', folder, bare]);
      const scanned = kit.scan([bare], { cwd: kit.home });
      log.keys('bare', scanned, [[key, 'deploy/old.sh']]);
      log.equal(scanned.code, 0, 'exit code');
    },
  },
  {
    name: 'worktree',
    run: (log) => {
      const { kit } = log;
      const { folder, key } = withDeletedKey(log);
      const [here, there] = [kit.key(), kit.key()];
      const tree = join(kit.folder('trees'), 'feature');
      kit.git(folder, ['worktree', 'add', '-q', '-b', 'feature', tree]);
      kit.write(tree, { 'new.env': `OPENAI_API_KEY=${here.text}\n` });
      kit.write(folder, { 'main.env': `OPENAI_API_KEY=${there.text}\n` });
      log.keys('worktree', kit.scan(['.'], { cwd: tree }), [[here, 'new.env']]);
      log.keys('worktree with history', kit.scan(['.', '--history'], { cwd: tree }), [[here, 'new.env'], [key, 'deploy/old.sh']]);
      log.keys('main work tree', kit.scan(['.'], { cwd: folder }), [[there, 'main.env']]);
    },
  },
  {
    name: 'submodule',
    run: (log) => {
      const { kit } = log;
      const inner = withDeletedKey(log);
      const own = kit.key();
      const folder = kit.repository('outer');
      kit.write(inner.folder, { 'vendor.env': `OPENAI_API_KEY=${kit.key().text}\n` });
      kit.commit(inner.folder, 'a key in the submodule');
      kit.git(folder, ['submodule', '--quiet', 'add', inner.folder, 'vendor/llm']);
      kit.write(folder, { 'a.env': `OPENAI_API_KEY=${own.text}\n` });
      kit.commit(folder, 'with a submodule');
      const scanned = kit.scan(['.', '--history'], { cwd: folder });
      log.keys('outer repository', scanned, [[own, 'a.env']]);
      log.equal(skippedCount(scanned, /^submodule/), 1, 'the boundary is named');
      log.check(kit.scan(['vendor/llm'], { cwd: folder }).secrets.length > 0, 'the submodule can be named as a target');
    },
  },
  {
    name: 'SHA-256 repository',
    run: (log) => {
      const { kit } = log;
      const folder = kit.repository('sha256', 'sha256');
      const { key } = withDeletedKey(log, folder);
      const now = kit.key('anthropic');
      kit.write(folder, { 'now.env': `ANTHROPIC_API_KEY=${now.text}\n` });
      kit.commit(folder, 'one more');
      const scanned = kit.scan(['.', '--history'], { cwd: folder });
      log.keys('sha256', scanned, [[key, 'deploy/old.sh'], [now, 'now.env']]);
      log.equal(scanned.code, 0, 'exit code');
      log.equal(scanned.secrets.find(({ location }) => location.path === 'deploy/old.sh')?.location.history?.object.length, 64, 'length of an object id');
    },
  },
  {
    name: 'shallow clone',
    run: (log) => {
      const { kit } = log;
      const { folder } = withDeletedKey(log);
      const now = kit.key();
      kit.write(folder, { 'now.env': `OPENAI_API_KEY=${now.text}\n` });
      kit.commit(folder, 'one more');
      const clone = join(kit.folder('shallow'), 'x');
      kit.git(kit.home, ['clone', '-q', '--depth', '1', pathToFileURL(folder).href, clone]);
      const scanned = kit.scan(['.', '--history'], { cwd: clone });
      log.keys('shallow', scanned, [[now, 'now.env']]);
      log.check(skippedCount(scanned, /shallow/) > 0, 'that history is cut off is named');
    },
  },
  {
    name: 'partial clone',
    run: (log) => {
      const { kit } = log;
      const { folder } = withDeletedKey(log);
      kit.git(folder, ['config', 'uploadpack.allowFilter', 'true']);
      const clone = join(kit.folder('partial'), 'x');
      kit.git(kit.home, ['clone', '-q', '--no-checkout', '--filter=blob:none', pathToFileURL(folder).href, clone]);
      const mark = trap(log, clone, 'fetched');
      kit.git(clone, ['config', 'remote.origin.uploadpack', mark.program]);
      const scanned = kit.scan(['.', '--history'], { cwd: clone });
      log.equal(scanned.code, 3, 'missing objects: exit code');
      log.equal(scanned.inventory.targets[0]?.complete, false, 'the target is not complete');
      log.check(skippedCount(scanned, /missing object/) >= 2, 'missing objects are counted');
      log.check(!existsSync(mark.file), 'nothing was fetched');
      const text = kit.dekey(['scan', '--history'], { cwd: clone });
      log.equal(text.code, 3, 'the same in text');
      log.check(/missing object/.test(text.stdout), 'and named there');
    },
  },
  {
    name: 'damaged repository',
    run: (log) => {
      const { kit } = log;
      const { folder, key, blob } = withDeletedKey(log);
      const other = kit.key('groq');
      kit.write(folder, { 'b.env': `GROQ_API_KEY=${other.text}\n` });
      kit.commit(folder, 'second key');
      log.keys('whole', kit.scan(['.', '--history'], { cwd: folder }), [[key, 'deploy/old.sh'], [other, 'b.env']]);
      const path = join(folder, '.git/objects', blob.slice(0, 2), blob.slice(2));
      chmodSync(path, 0o644);
      writeFileSync(path, 'this is not a zlib stream');
      const damaged = kit.scan(['.', '--history'], { cwd: folder });
      log.keys('with a damaged object', damaged, [[other, 'b.env']]);
      log.equal(damaged.code, 3, 'damaged object: exit code');
      log.equal(damaged.inventory.targets[0]?.complete, false, 'the target is not complete');
      rmSync(path);
      const missing = kit.scan(['.', '--history'], { cwd: folder });
      log.keys('with a missing object', missing, [[other, 'b.env']]);
      log.equal(missing.code, 3, 'missing object: exit code');
      log.check(JSON.stringify(missing.inventory.targets).includes(blob), 'the missing object is named');
      log.equal(kit.scan(['.'], { cwd: folder }).code, 0, 'the tree alone is whole');
    },
  },
  {
    name: 'staged and since',
    run: (log) => {
      const { kit } = log;
      const { folder, key } = withDeletedKey(log);
      const [staged, later, unstaged, since] = [kit.key(), kit.key(), kit.key(), kit.key()];
      const before = kit.git(folder, ['rev-parse', 'HEAD']);
      kit.write(folder, { 'staged.env': `OPENAI_API_KEY=${staged.text}\n`, 'ref.py': 'import os\nk = os.environ["GROQ_API_KEY"]\n' });
      kit.git(folder, ['add', 'staged.env', 'ref.py']);
      kit.write(folder, { 'staged.env': `OPENAI_API_KEY=${later.text}\n`, 'unstaged.env': `OPENAI_API_KEY=${unstaged.text}\n` });
      const index = kit.scan(['.', '--staged'], { cwd: folder });
      log.keys('staged', index, [[staged, 'staged.env']]);
      log.check(index.inventory.findings.some((finding) => finding.class === 'reference' && finding.location.path === 'ref.py'), 'references of staged files');
      log.equal(kit.dekey(['scan', '--staged'], { cwd: folder }).code, 1, 'a pre-commit hook stops');
      kit.git(folder, ['reset', '-q', '--hard']);
      log.keys('nothing staged', kit.scan(['.', '--staged'], { cwd: folder }), []);
      kit.git(folder, ['clean', '-q', '-f', '-d']);
      kit.write(folder, { 'since.env': `OPENAI_API_KEY=${since.text}\n` });
      kit.commit(folder, 'new key');
      kit.git(folder, ['rm', '-q', 'since.env']);
      kit.commit(folder, 'gone again');
      log.keys('since', kit.scan(['.', '--since', before], { cwd: folder }), [[since, 'since.env']]);
      log.keys('since HEAD~1', kit.scan(['.', '--since', 'HEAD~1'], { cwd: folder }), []);
      log.keys('all history', kit.scan(['.', '--history'], { cwd: folder }), [[key, 'deploy/old.sh'], [since, 'since.env'], [staged, 'blob:']]);
      for (const revision of ['no-such-branch', '--output=x', '-x', '']) {
        const ran = kit.dekey(['scan', '--since', revision], { cwd: folder });
        log.check(ran.code === 2 || ran.code === 3, `--since ${revision} is refused (code ${ran.code})`);
        log.equal(ran.stdout, '', `--since ${revision}: nothing on stdout`);
      }
      log.equal(kit.dekey(['scan', '--history'], { cwd: kit.folder('plain') }).code, 3, 'history of what is no repository');
    },
  },
  { name: 'hostile configuration', run: hostile },
  {
    name: 'borrowed objects, files for .git',
    run: (log) => {
      const { kit } = log;
      const { folder, key } = withDeletedKey(log);
      const borrower = join(kit.folder('borrow'), 'x');
      kit.git(kit.home, ['clone', '-q', '--shared', folder, borrower]);
      const refused = kit.dekey(['scan', '--history'], { cwd: borrower });
      log.equal(refused.code, 3, 'objects outside the repository are refused');
      log.check(refused.stderr.includes('--allow-alternates'), 'and the flag that allows them is named');
      log.keys('allowed', kit.scan(['.', '--history', '--allow-alternates'], { cwd: borrower }), [[key, 'deploy/old.sh']]);
      const lure = kit.folder('lure');
      kit.write(lure, { 'a.txt': 'nothing\n', '.git': `gitdir: ${join(folder, '.git')}\n` });
      const pointed = kit.dekey(['scan', '--history', '--format', 'json', '--fail-on', 'none'], { cwd: lure });
      log.check(!pointed.stdout.includes('deploy/old.sh'), 'a .git file does not lead into a repository that does not know of it');
    },
  },
];

/** A repository whose second commit removes a key again. */
function withDeletedKey({ kit }: Log, folder = kit.repository()): { folder: string; key: Key; blob: string } {
  const key = kit.key();
  kit.write(folder, { 'deploy/old.sh': `#!/bin/sh\nexport OPENAI_API_KEY=${key.text}\n`, 'README.md': 'a service\n' });
  kit.commit(folder, 'first');
  const blob = kit.git(folder, ['rev-parse', 'HEAD:deploy/old.sh']);
  kit.git(folder, ['rm', '-q', 'deploy/old.sh']);
  kit.commit(folder, 'remove the deploy script');
  return { folder, key, blob };
}

/** Every place where git keeps what its user thinks is gone. */
function history(log: Log, packed: boolean): void {
  const { kit } = log;
  const { folder, key: deleted } = withDeletedKey(log);
  const [amended, stashed, untracked, message, tagged, forced, loose, current, merged, renamed] = [kit.key(), kit.key('groq'), kit.key('anthropic'), kit.key('openrouter'), kit.key(), kit.key(), kit.key(), kit.key(), kit.key('replicate'), kit.key()];
  // A dangling commit, which no reflog knows any more.
  kit.write(folder, { 'amended.env': `OPENAI_API_KEY=${amended.text}\n` });
  kit.commit(folder, 'oops');
  kit.git(folder, ['reset', '-q', '--hard', 'HEAD~1']);
  kit.git(folder, ['reflog', 'expire', '--expire=now', '--all']);
  // A stash, with an untracked file in its third parent.
  kit.write(folder, { 'README.md': `a service\nGROQ_API_KEY=${stashed.text}\n`, 'notes.txt': `claude = "${untracked.text}"\n` });
  kit.git(folder, ['stash', 'push', '-q', '--include-untracked']);
  kit.git(folder, ['commit', '-q', '--allow-empty', '-m', `deploy\n\nused ${message.text} for it`]);
  kit.git(folder, ['tag', '-a', 'v1', '-m', `release with OPENAI_API_KEY=${tagged.text}`]);
  // A branch overwritten by a force push: only the reflog still leads to what it was.
  kit.git(folder, ['checkout', '-q', '-b', 'feature']);
  kit.write(folder, { 'feature.env': `OPENAI_API_KEY=${forced.text}\n` });
  kit.commit(folder, 'feature');
  kit.git(folder, ['reset', '-q', '--hard', 'main']);
  kit.git(folder, ['checkout', '-q', 'main']);
  // On a merged branch, and under two names.
  kit.git(folder, ['checkout', '-q', '-b', 'side']);
  kit.write(folder, { 'side.py': `replicate = "${merged.text}"\n`, 'first.env': `OPENAI_API_KEY=${renamed.text}\n` });
  kit.commit(folder, 'side');
  kit.git(folder, ['mv', 'first.env', 'second.env']);
  kit.commit(folder, 'renamed');
  kit.git(folder, ['rm', '-q', 'side.py', 'second.env']);
  kit.commit(folder, 'cleaned');
  kit.git(folder, ['checkout', '-q', 'main']);
  kit.git(folder, ['merge', '-q', '--no-ff', '-m', 'merge side', 'side']);
  const blob = kit.git(folder, ['hash-object', '-w', '--stdin'], `OPENAI_API_KEY=${loose.text}\n`);
  kit.write(folder, { 'now.env': `OPENAI_API_KEY=${current.text}\n` });
  kit.commit(folder, 'still here');
  // Unreachable objects go into the pack too, as on a server that keeps them.
  if (packed) kit.git(folder, ['repack', '-q', '-a', '-d', '-k']);

  const tree = kit.scan(['.'], { cwd: folder });
  log.keys('tree alone', tree, [[current, 'now.env']]);
  const scanned = kit.scan(['.', '--history'], { cwd: folder });
  log.keys('history', scanned, [
    [deleted, 'deploy/old.sh'],
    [amended, 'amended.env'],
    [stashed, 'README.md'],
    [untracked, 'notes.txt'],
    [message, 'commit:'],
    [tagged, 'tag:'],
    [forced, 'feature.env'],
    [merged, 'side.py'],
    [renamed, 'first.env', 'second.env'],
    [loose, `blob:${blob.slice(0, 12)}`],
    [current, 'now.env'],
  ]);
  log.equal(scanned.code, 0, 'exit code');
  reach(log, scanned, deleted, { reachable: true, inHead: false });
  reach(log, scanned, amended, { reachable: false, inHead: false });
  reach(log, scanned, stashed, { reachable: true, inHead: false });
  reach(log, scanned, loose, { reachable: false, inHead: false });
  const first = findingsOf(deleted, scanned.secrets)[0]?.location.history?.firstSeen;
  log.equal(first?.authored, '2026-02-11T10:00:00Z', 'first seen');
  log.equal(findingsOf(current, scanned.secrets).length, 1, 'a key in the tree and in history under the same path is one finding');
}

function reach(log: Log, scanned: Scanned, key: Key, wanted: { readonly reachable: boolean; readonly inHead: boolean }): void {
  for (const { location } of findingsOf(key, scanned.secrets)) {
    log.equal(location.history?.reachable, wanted.reachable, `${location.path} reachable`);
    log.equal(location.history?.inHead, wanted.inHead, `${location.path} in HEAD`);
  }
}

/** A program that leaves a mark when somebody runs it. */
function trap({ kit }: Log, folder: string, name: string): { file: string; program: string } {
  const file = join(kit.home, `mark-${name}-${readdirSync(kit.home).length}`);
  const program = join(folder, `.git/${name}.sh`);
  writeFileSync(program, `#!/bin/sh\n: > '${file}'\n`, { mode: 0o755 });
  return { file, program };
}

/** Every setting and file by which a repository names a program. */
function hostile(log: Log): void {
  const { kit } = log;
  const { folder, key } = withDeletedKey(log);
  const now = kit.key();
  kit.write(folder, { 'now.env': `OPENAI_API_KEY=${now.text}\n`, '.gitattributes': '* diff=trap filter=trap merge=trap\n' });
  kit.commit(folder, 'attributes');
  const settings: readonly (readonly [string, (program: string) => string])[] = [
    ['core.fsmonitor', (program) => program],
    ['core.hooksPath', () => join(folder, '.git/my-hooks')],
    ['core.sshCommand', (program) => program],
    ['core.pager', (program) => program],
    ['core.editor', (program) => program],
    ['core.askPass', (program) => program],
    ['core.gitProxy', (program) => program],
    ['core.alternateRefsCommand', (program) => program],
    ['credential.helper', (program) => `!${program}`],
    ['diff.external', (program) => program],
    ['diff.trap.textconv', (program) => program],
    ['diff.trap.command', (program) => program],
    ['filter.trap.clean', (program) => program],
    ['filter.trap.smudge', (program) => program],
    ['filter.trap.process', (program) => program],
    ['merge.trap.driver', (program) => program],
    ['gpg.program', (program) => program],
    ['log.showSignature', () => 'true'],
    ['pager.cat-file', (program) => program],
    ['pager.rev-list', (program) => program],
    ['alias.rev-parse', (program) => `!${program}`],
    ['alias.cat-file', (program) => `!${program}`],
    ['alias.rev-list', (program) => `!${program}`],
    ['uploadpack.packObjectsHook', (program) => program],
    ['remote.origin.url', (program) => `ext::${program}`],
    ['remote.origin.uploadpack', (program) => program],
    ['remote.origin.promisor', () => 'true'],
    ['extensions.partialClone', () => 'origin'],
  ];
  const marks: { name: string; file: string }[] = [];
  for (const [name, value] of settings) {
    const { file, program } = trap(log, folder, name);
    marks.push({ name, file });
    kit.git(folder, ['config', name, value(program)]);
  }
  for (const hook of ['pre-commit', 'post-checkout', 'reference-transaction', 'post-index-change', 'fsmonitor-watchman']) {
    for (const place of ['hooks', 'my-hooks']) {
      const file = join(kit.home, `mark-${place}-${hook}`);
      marks.push({ name: `${place}/${hook}`, file });
      kit.write(folder, { [`.git/${place}/${hook}`]: `#!/bin/sh\n: > '${file}'\n` });
      chmodSync(join(folder, `.git/${place}/${hook}`), 0o755);
    }
  }
  // Programs that come with the tree, for whoever looks in the working directory or runs what a tree configures.
  const lures: Record<string, string> = {};
  for (const name of ['git', 'node', 'sh', 'ssh']) lures[name] = 'program';
  for (const name of Object.keys(lures)) {
    const file = join(kit.home, `mark-lure-${name}`);
    marks.push({ name: `./${name}`, file });
    kit.write(folder, { [name]: `#!/bin/sh\n: > '${file}'\n` });
    chmodSync(join(folder, name), 0o755);
  }
  const loaded = join(kit.home, 'mark-loaded');
  marks.push({ name: 'JavaScript of the tree', file: loaded });
  const code = `require('node:fs').writeFileSync(${JSON.stringify(loaded)}, '');\n`;
  kit.write(folder, {
    'dekey.config.js': code,
    'dekey.config.cjs': code,
    'index.js': code,
    '.npmrc': 'ignore-scripts=false\n',
    'package.json': JSON.stringify({ name: 'dekey', version: '9.9.9', main: 'index.js', scripts: { prepare: `node -e "${code}"` } }),
    'node_modules/commander/package.json': '{ "name": "commander", "main": "index.js" }',
    'node_modules/commander/index.js': code,
    'node_modules/yaml/index.js': code,
  });
  symlinkSync('/etc/passwd', join(folder, 'passwd'));

  const env = { PATH: `.:${folder}:${process.env['PATH'] ?? ''}` };
  const whole = kit.scan(['.', '--history'], { cwd: folder, env });
  log.keys('hostile repository', whole, [[now, 'now.env'], [key, 'deploy/old.sh']]);
  kit.scan(['.', '--staged'], { cwd: folder, env });
  kit.scan(['.', '--since', 'HEAD~1'], { cwd: folder, env });
  kit.scan([folder], { cwd: kit.home, env });
  // What git would take from the user's own environment must not reach it either.
  const { file, program } = trap(log, folder, 'environment');
  marks.push({ name: 'environment', file });
  kit.scan(['.', '--history'], {
    cwd: folder,
    env: { ...env, GIT_EXTERNAL_DIFF: program, GIT_SSH_COMMAND: program, GIT_PAGER: program, PAGER: program, GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'core.fsmonitor', GIT_CONFIG_VALUE_0: program, GIT_DIR: join(kit.home, 'elsewhere'), GIT_OBJECT_DIRECTORY: '/nonexistent' },
  });
  for (const mark of marks) log.check(!existsSync(mark.file), `${mark.name} was run`);
  // The traps do spring: plain git, for which they were set, runs one.
  try {
    kit.git(folder, ['-c', 'alias.rev-parse=', 'diff', 'HEAD~1']);
  } catch {
    // The programs give git no answer it can use.
  }
  log.check(marks.some((mark) => existsSync(mark.file)), 'the traps do not spring for git either, so this case shows nothing');
}
