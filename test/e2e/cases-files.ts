/** Files as they lie in folders: encodings, notebooks, links, special files, accepted findings, configuration. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Case, skippedCount } from './case.ts';

export const fileCases: readonly Case[] = [
  {
    name: 'directory',
    run: (log) => {
      const { kit } = log;
      const folder = kit.folder('service');
      const [dotenv, python, script, argument] = [kit.key(), kit.key('anthropic'), kit.key('groq'), kit.key('openrouter')];
      kit.write(folder, {
        '.env': `PORT=1\nOPENAI_API_KEY=${dotenv.text}\n`,
        'jobs/run.py': `client = Anthropic(api_key="${python.text}")\n`,
        'bin/go.sh': `export GROQ_API_KEY='${script.text}'\n`,
        'src/deep/a/b/c.ts': `fetch(url, { headers: { Authorization: 'Bearer ${argument.text}' } });\n`,
        'README.md': 'Set OPENAI_API_KEY=sk-proj-your-key-here and run.\n',
      });
      const scanned = kit.scan(['.'], { cwd: folder });
      log.keys('folder', scanned, [[dotenv, '.env'], [python, 'jobs/run.py'], [script, 'bin/go.sh'], [argument, 'src/deep/a/b/c.ts']]);
      log.equal(scanned.inventory.targets[0]?.kind, 'directory', 'kind of target');
      const one = kit.scan(['.env'], { cwd: folder });
      log.keys('one file', one, [[dotenv, '.env']]);
      log.keys('two targets', kit.scan(['jobs', 'bin'], { cwd: folder }), [[python, 'run.py'], [script, 'go.sh']]);
      log.keys('exclude', kit.scan(['.', '--exclude', 'jobs/**', '--exclude', '*.sh'], { cwd: folder }), [[dotenv, '.env'], [argument, 'src/deep/a/b/c.ts']]);
      log.keys('include', kit.scan(['.', '--include', '**/*.py'], { cwd: folder }), [[python, 'jobs/run.py']]);
    },
  },
  {
    name: 'encodings',
    run: (log) => {
      const { kit } = log;
      const folder = kit.folder('encodings');
      const keys = Array.from({ length: 9 }, () => kit.key());
      const [little, big, bom, notebook, cluster, whole, escaped, percent, crlf] = keys;
      if (little === undefined || big === undefined || bom === undefined || notebook === undefined || cluster === undefined || whole === undefined || escaped === undefined || percent === undefined || crlf === undefined) return;
      kit.write(folder, {
        'little.txt': Buffer.from(`\ufeffOPENAI_API_KEY=${little.text}\r\n`, 'utf16le'),
        'big.txt': Buffer.from(`\ufeffOPENAI_API_KEY=${big.text}\r\n`, 'utf16le').swap16(),
        'bom.env': `\ufeffOPENAI_API_KEY=${bom.text}\n`,
        'a.ipynb': JSON.stringify({ cells: [{ cell_type: 'code', source: ['import os\n', `os.environ["OPENAI_API_KEY"] = "${notebook.text}"\n`], outputs: [] }], metadata: {}, nbformat: 4, nbformat_minor: 5 }, null, 1),
        'secret.yaml': `apiVersion: v1\nkind: Secret\nmetadata:\n  name: bot\ndata:\n  OPENAI_API_KEY: ${Buffer.from(cluster.text).toString('base64')}\n`,
        'whole.yaml': `apiVersion: v1\nkind: Secret\ndata:\n  .env: ${Buffer.from(`A=1\nOPENAI_API_KEY=${whole.text}\n`).toString('base64')}\n`,
        'escaped.json': `{"script":"set -e\\nexport OPENAI_API_KEY=\\"${escaped.text}\\"\\nrun"}`,
        'percent.http': `GET https://x.test/?key=${percent.text.replaceAll('-', '%2D').replaceAll('_', '%5F')}&v=1\n`,
        'crlf.ini': `[main]\r\nOPENAI_API_KEY=${crlf.text}\r\n`,
      });
      const scanned = kit.scan(['.'], { cwd: folder });
      log.keys('encodings', scanned, [[little, 'little.txt'], [big, 'big.txt'], [bom, 'bom.env'], [notebook, 'a.ipynb'], [cluster, 'secret.yaml'], [whole, 'whole.yaml'], [escaped, 'escaped.json'], [percent, 'percent.http'], [crlf, 'crlf.ini']]);
      const line = (path: string): number | undefined => scanned.secrets.find(({ location }) => location.path === path)?.location.line;
      log.equal(line('secret.yaml'), 6, 'line of a base64 entry');
      log.equal(line('a.ipynb'), 7, 'line of a notebook cell');
      const big16 = scanned.secrets.find(({ location }) => location.path === 'big.txt')?.location;
      log.equal(big16?.column, 16, 'column in UTF-16, byte order mark not counted as a column of text or counted once');
      log.equal(big16?.start, 32, 'byte offset in UTF-16');
    },
  },
  {
    name: 'links and special files',
    run: (log) => {
      const { kit } = log;
      const outside = kit.folder('outside');
      const folder = kit.folder('links');
      const [inside, beyond] = [kit.key(), kit.key()];
      kit.write(outside, { 'keys.txt': `OPENAI_API_KEY=${beyond.text}\n` });
      kit.write(folder, { 'real.env': `OPENAI_API_KEY=${inside.text}\n` });
      symlinkSync(join(outside, 'keys.txt'), join(folder, 'file-link.env'));
      symlinkSync(outside, join(folder, 'folder-link'));
      symlinkSync('../..', join(folder, 'up'));
      symlinkSync('real.env', join(folder, 'inner.env'));
      symlinkSync('loop-b', join(folder, 'loop-a'));
      symlinkSync('loop-a', join(folder, 'loop-b'));
      execFileSync('mkfifo', [join(folder, 'pipe.env')]);
      const scanned = kit.scan(['.'], { cwd: folder });
      log.equal(scanned.code, 0, 'a FIFO neither hangs nor fails the run');
      log.keys('links', scanned, [[inside, 'real.env']]);
      log.equal(scanned.secrets.length, 1, 'a link inside the root gives no second finding');
      log.check(skippedCount(scanned, /symlink out of the root/) >= 2, 'links out of the root are counted');
      log.check(skippedCount(scanned, /not a regular file/) >= 1, 'the FIFO is counted');
    },
  },
  {
    name: 'large and binary',
    run: (log) => {
      const { kit } = log;
      const folder = kit.folder('large');
      const [small, late, inBinary, tooLarge] = [kit.key(), kit.key(), kit.key('anthropic'), kit.key()];
      kit.write(folder, {
        'small.txt': `OPENAI_API_KEY=${small.text}`,
        'late.log': Buffer.concat([Buffer.alloc(3_000_000, 'a quiet line of a log\n'), Buffer.from(`OPENAI_API_KEY=${late.text}\n`)]),
        'app.bin': Buffer.concat([Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 0]), Buffer.alloc(500, 0), Buffer.from(inBinary.text), Buffer.alloc(500, 0)]),
        'huge.log': Buffer.concat([Buffer.alloc(2_200_000, 'x y z\n'), Buffer.from(`OPENAI_API_KEY=${tooLarge.text}\n`)]),
        'one-line.json': `{"a":"${'lorem ipsum dolor '.repeat(40_000)}"}`,
      });
      execFileSync('truncate', ['-s', '2300000', join(folder, 'huge.log')]);
      const scanned = kit.scan(['.', '--exclude', 'huge.log'], { cwd: folder });
      log.keys('large', scanned, [[small, 'small.txt'], [late, 'late.log'], [inBinary, 'app.bin']]);
      const capped = kit.scan(['.', '--max-file-size', '1'], { cwd: folder });
      log.keys('cap', capped, [[small, 'small.txt'], [inBinary, 'app.bin']]);
      log.equal(skippedCount(capped, /^over 1 MB$/), 2, 'files over the cap are counted');
      log.equal(capped.code, 0, 'a cap is a choice, not an incomplete read');
    },
  },
  {
    name: 'baseline',
    run: (log) => {
      const { kit } = log;
      const folder = kit.folder('baseline');
      const [old, fresh] = [kit.key(), kit.key('groq')];
      kit.write(folder, { 'a.env': `OPENAI_API_KEY=${old.text}\n` });
      const scan = (...more: string[]): { code: number; stderr: string } => kit.dekey(['scan', '.', '--exclude', 'base.json', '--baseline', 'base.json', ...more], { cwd: folder });
      log.equal(scan().code, 2, 'a baseline that is not there');
      log.equal(scan('--update-baseline', '--reason', 'rotated next week').code, 0, 'writing the baseline');
      const written = kit.keepFile(join(folder, 'base.json'));
      log.check(written.includes('rotated next week'), 'the reason is kept');
      log.equal(scan().code, 0, 'what was accepted passes');
      kit.write(folder, { 'a.env': `\n\n# moved\nOPENAI_API_KEY=${old.text}\n` });
      log.equal(scan().code, 0, 'an accepted key that moved passes');
      kit.write(folder, { 'b.env': `GROQ_API_KEY=${fresh.text}\n` });
      const failing = kit.scan(['.', '--exclude', 'base.json', '--baseline', 'base.json'], { cwd: folder });
      log.keys('beside a baseline', failing, [[old, 'a.env'], [fresh, 'b.env']]);
      log.equal(failing.inventory.summary.baselined, 1, 'accepted findings are counted');
      log.equal(scan('--fail-on', 'low').code, 1, 'a new key fails');
      const expired = JSON.parse(written);
      expired.findings[0].expires = '2020-01-01';
      writeFileSync(join(folder, 'base.json'), JSON.stringify(expired));
      const late = scan('--exclude', 'b.env');
      log.equal(late.code, 1, 'an expired entry fails again');
      log.check(late.stderr.includes('a.env'), 'and is named');
      writeFileSync(join(folder, 'base.json'), '{ "schemaVersion": "1.0", "findings": [ { "fingerprint": 5 } ] }');
      const broken = scan();
      log.equal(broken.code, 2, 'a broken baseline');
      log.check(broken.stderr.includes('base.json'), 'is named');
    },
  },
  {
    name: 'dekey:allow',
    run: (log) => {
      const { kit } = log;
      const folder = kit.folder('allow');
      const [same, above, none, other] = [kit.key(), kit.key(), kit.key(), kit.key()];
      kit.write(folder, {
        'a.py': `K = "${same.text}"  # dekey:allow revoked in 2024\n`,
        'b.ts': `// dekey:allow a test double that opens nothing\nconst k = '${above.text}';\n`,
        'c.py': `K = "${none.text}"  # dekey:allow\n`,
        'd.py': `K = "${other.text}"\n`,
      });
      const scanned = kit.scan(['.'], { cwd: folder });
      log.keys('allow', scanned, [[same, 'a.py'], [above, 'b.ts'], [none, 'c.py'], [other, 'd.py']]);
      log.equal(scanned.inventory.summary.allowed, 2, 'allowed with a reason');
      log.check(scanned.inventory.problems.some(({ path }) => path === 'c.py'), 'allow without a reason is a problem');
      log.equal(kit.dekey(['scan', '--exclude', 'c.py', '--exclude', 'd.py'], { cwd: folder }).code, 0, 'allowed findings pass');
      log.equal(kit.dekey(['scan', 'c.py'], { cwd: folder }).code, 1, 'without a reason it fails');
    },
  },
  {
    name: 'configuration',
    run: (log) => {
      const { kit } = log;
      const folder = kit.folder('config');
      const [kept, left] = [kit.key(), kit.key()];
      kit.write(folder, { 'a.env': `OPENAI_API_KEY=${kept.text}\n`, 'sub/b.env': `OPENAI_API_KEY=${left.text}\n` });
      const config = (text: string): void => kit.write(folder, { 'dekey.config.json': text });
      for (const [text, word] of [
        ['{ "includes": [] }', 'includes'],
        ['{ "failOn": "sometimes" }', 'failOn'],
        ['{ "workers": 0 }', 'workers'],
        ['{ "ignore": [ { "path": "x" } ] }', 'reason'],
        ['{ "baseline": "../../etc/passwd" }', 'baseline'],
        ['{ "failOn": "high", ', 'dekey.config.json'],
      ] as const) {
        config(text);
        const ran = kit.dekey(['scan'], { cwd: folder });
        log.equal(ran.code, 2, `configuration ${text}`);
        log.check(ran.stderr.includes('dekey.config.json') && ran.stderr.includes(word), `${text}: file and setting are named`);
        log.check(/\n {2}\S/.test(ran.stderr), `${text}: a fix is given`);
        log.equal(ran.stdout, '', `${text}: nothing on stdout`);
      }
      config('{ "exclude": ["sub/**"], "ignore": [{ "path": "a.env", "reason": "ends on Friday" }] }');
      const scanned = kit.scan(['.'], { cwd: folder });
      log.keys('exclude by configuration', scanned, [[kept, 'a.env']]);
      log.equal(scanned.inventory.summary.allowed, 1, 'ignored by configuration');
      log.keys('the configuration of a scanned folder counts only when one works in it', kit.scan([folder], { cwd: kit.home }), [[kept, 'a.env'], [left, 'sub/b.env']]);
      log.equal(kit.dekey(['scan', folder], { cwd: kit.home }).code, 1, 'and its ignore rules as well');
      log.check(existsSync(join(folder, 'dekey.config.json')) && readFileSync(join(folder, 'dekey.config.json'), 'utf8').includes('Friday'), 'the configuration is untouched');
    },
  },
];
