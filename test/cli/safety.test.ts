import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Kit, requireBuild } from '../e2e/kit.ts';

const kit = new Kit(73);
beforeAll(requireBuild);
afterAll(() => kit.remove());

/** Names that act on a terminal, a log viewer or a runner, and names that hide. */
const HOSTILE_NAMES = [
  '\u001b[2J\u001b[H cleared.env',
  '\u001b]0;title\u0007.env',
  '\u001b]8;;https:/evil.test\u0007link\u001b]8;;\u0007.env',
  'line\nbreak.env',
  'return\rback.env',
  '::error file=x::injected.env',
  '\n::error::on a line of its own.env',
  '##[error]azure.env',
  '\u202Evne.txt.env',
  'zero\u200Bwidth.env',
  '\u009b31mC1.env',
  '%0A::warning::encoded.env',
  '-rf.env',
  'comma,title=forged.env',
];

function hostileFolder(): string {
  const folder = kit.folder('hostile');
  for (const name of HOSTILE_NAMES) kit.write(folder, { [name]: `OPENAI_API_KEY=${kit.key().text}\n` });
  kit.write(folder, { '.github/workflows/a.yml': 'on: push\njobs:\n  a:\n    name: "\\e[31mred\\n::error::x"\n    runs-on: x\n    env:\n      OPENAI_API_KEY: ${{ secrets.OPENAI_API_KEY }}\n' });
  return folder;
}

describe('names from outside', () => {
  test('act on nothing in text', () => {
    const { stdout, stderr } = kit.dekey(['scan', '--verbose'], { cwd: hostileFolder() });
    expect(stdout + stderr).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(stdout).not.toMatch(/^\s*(?:::|##\[)/m);
    // They are shown, not dropped.
    for (const word of ['cleared.env', 'break.env', 'azure.env', 'forged.env', 'link']) expect(stdout).toContain(word);
    expect(stdout).toContain('\\u{1b}');
  });

  test('forge no workflow command', () => {
    const folder = hostileFolder();
    const { stdout } = kit.dekey(['scan', '--format', 'github'], { cwd: folder });
    expect(stdout).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    for (const line of stdout.trimEnd().split('\n')) {
      const properties = /^::(?:error|warning|notice) ([^:]*)::/.exec(line)?.[1]?.split(',') ?? [];
      expect(properties.filter((property) => property.startsWith('title='))).toEqual([expect.not.stringContaining('forged')]);
    }
  });

  test('come back exactly in JSON and SARIF, from bytes that act on nothing', () => {
    const folder = hostileFolder();
    const json = kit.scan(['.'], { cwd: folder });
    expect(json.stdout).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(new Set(json.secrets.map(({ location }) => location.path))).toEqual(new Set(HOSTILE_NAMES));
    const sarif = kit.dekey(['scan', '--format', 'sarif'], { cwd: folder }).stdout;
    expect(sarif).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    const { runs }: { runs: { results: { locations: { physicalLocation: { artifactLocation: { uri: string } } }[] }[] }[] } = JSON.parse(sarif);
    const paths = new Set(runs[0]?.results.map(({ locations }) => decodeURIComponent(locations[0]?.physicalLocation.artifactLocation.uri ?? '')));
    for (const name of HOSTILE_NAMES) expect(paths).toContain(name);
  });

  test('in arguments act on nothing either', () => {
    const ran = kit.dekey(['scan', '\u001b[31mno\n::error::such'], { cwd: kit.home });
    expect(ran.code).toBe(2);
    expect(ran.stderr).not.toContain('\u001b');
    expect(ran.stderr).not.toMatch(/^::/m);
  });
});

describe('the world stays as it is', () => {
  test('no socket is opened', () => {
    const folder = kit.repository('sockets');
    const marker = join(kit.home, 'socket');
    kit.write(folder, { '.env': `OPENAI_API_KEY=${kit.key().text}\nOPENAI_BASE_URL=https://collect.example.test\n` });
    kit.commit(folder, 'one');
    kit.write(kit.home, {
      'no-net.mjs': `import net from 'node:net';\nimport dns from 'node:dns';\nimport dgram from 'node:dgram';\nimport { appendFileSync } from 'node:fs';\nimport { syncBuiltinESMExports } from 'node:module';
function refuse(name) { return () => { appendFileSync(${JSON.stringify(marker)}, name + '\\n'); throw new Error('network: ' + name); }; }
net.connect = refuse('connect'); net.createConnection = refuse('createConnection'); net.createServer = refuse('createServer');
net.Socket.prototype.connect = refuse('Socket.connect'); dns.lookup = refuse('lookup'); dns.promises.lookup = refuse('lookup'); dgram.createSocket = refuse('dgram');
globalThis.fetch = refuse('fetch');\nsyncBuiltinESMExports();\n`,
    });
    const node = ['--import', pathToFileURL(join(kit.home, 'no-net.mjs')).href];
    // One thread, so that all of it runs where the preload is.
    for (const more of [[], ['--history'], ['--offline'], ['--staged'], ['--format', 'sarif']]) {
      const ran = kit.dekey(['scan', '--workers', '1', '--fail-on', 'none', ...more], { cwd: folder, node });
      expect({ more, code: ran.code, stderr: ran.stderr }).toEqual({ more, code: 0, stderr: '' });
    }
    expect(existsSync(marker)).toBe(false);
    // The preload does refuse.
    kit.write(kit.home, { 'try.mjs': "import net from 'node:net';\nnet.connect(9);\n" });
    const tried = kit.dekey(['--version'], { cwd: kit.home, node: [...node, '--import', pathToFileURL(join(kit.home, 'try.mjs')).href] });
    expect(tried.code).not.toBe(0);
    expect(readFileSync(marker, 'utf8')).toBe('connect\n');
  });

  test('nothing of a scanned tree is run or loaded', () => {
    const folder = kit.repository('lure');
    const marker = join(kit.home, 'ran');
    const shell = `#!/bin/sh\n: > '${marker}'\n`;
    const code = `require('node:fs').writeFileSync(${JSON.stringify(marker)}, '');\n`;
    kit.write(folder, {
      '.env': `OPENAI_API_KEY=${kit.key().text}\nNODE_OPTIONS=--require ./index.js\n`,
      git: shell,
      node: shell,
      'index.js': code,
      'dekey.config.js': code,
      'dekey.config.mjs': `import fs from 'node:fs';\nfs.writeFileSync(${JSON.stringify(marker)}, '');\n`,
      'package.json': JSON.stringify({ name: 'x', type: 'commonjs', scripts: { postinstall: 'node index.js' } }),
      'node_modules/yaml/index.js': code,
      'node_modules/yaml/package.json': '{ "name": "yaml", "main": "index.js" }',
      '.git/hooks/post-checkout': shell,
      '.gitattributes': '* filter=x diff=x\n',
    });
    for (const name of ['git', 'node', '.git/hooks/post-checkout']) chmodSync(join(folder, name), 0o755);
    for (const setting of ['core.fsmonitor', 'core.pager', 'diff.external', 'diff.x.textconv', 'filter.x.clean', 'filter.x.smudge', 'core.sshCommand']) kit.git(folder, ['config', setting, join(folder, 'git')]);
    kit.git(folder, ['config', 'alias.cat-file', `!${join(folder, 'git')}`]);
    const before = kit.files(folder).toSorted();
    for (const args of [['scan', '--history'], ['scan', '--staged'], ['scan']]) kit.dekey(args, { cwd: folder, env: { PATH: `.:${folder}:${process.env['PATH'] ?? ''}` } });
    expect(existsSync(marker)).toBe(false);
    // Nor is anything written into it.
    expect(kit.files(folder).toSorted()).toEqual(before);
  });

  test('the environment of the user gives no key away', () => {
    const key = kit.key();
    const folder = kit.folder('environment');
    kit.write(folder, { 'a.py': 'import os\nk = os.environ["OPENAI_API_KEY"]\n' });
    for (const format of ['text', 'json', 'sarif', 'github', 'markdown']) kit.dekey(['scan', '--format', format, '--verbose'], { cwd: folder, env: { OPENAI_API_KEY: key.text } });
    kit.dekey(['scan', '--since', 'x'], { cwd: folder, env: { OPENAI_API_KEY: key.text } });
    expect(kit.sweep()).toEqual([]);
  });
});
