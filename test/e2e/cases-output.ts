/** Every format on one repository, each judged by somebody else's rules where there are any. */
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Case } from './case.ts';
import { type Kit, ROOT } from './kit.ts';

const FORMATS = ['text', 'json', 'sarif', 'github', 'markdown', 'html', 'csv', 'junit'] as const;

export const outputCases: readonly Case[] = [
  {
    name: 'formats',
    run: (log) => {
      const { kit } = log;
      const folder = richRepository(kit);
      const validate = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true }).compile(JSON.parse(readFileSync(join(ROOT, 'schema/inventory.schema.json'), 'utf8')));
      for (const format of FORMATS) {
        for (const more of [[], ['--verbose'], ['--public', '--fail-on', 'low']]) {
          const file = join(kit.home, `out.${format}`);
          const written = kit.dekey(['scan', '--history', '--format', format, '-o', file, ...more], { cwd: folder });
          log.equal(written.code, 1, `${format} ${more.join(' ')}: exit code`);
          log.equal(written.stdout, '', `${format}: nothing on stdout when it goes to a file`);
          log.equal(statSync(file).mode & 0o777, 0o600, `${format}: mode of the file`);
          const text = kit.keepFile(file);
          const printed = kit.dekey(['scan', '--history', '--format', format, ...more], { cwd: folder });
          // The text format tells the time it took.
          if (format !== 'text') log.check(printed.stdout === text, `${format}: the same on stdout and in a file`);
          log.equal(printed.stderr, '', `${format}: nothing on stderr`);
        }
      }
      const json: unknown = JSON.parse(readFileSync(join(kit.home, 'out.json'), 'utf8'));
      log.check(validate(json), `JSON against its schema: ${(validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`).slice(0, 3).join('; ')}`);
      const judge = spawnSync(process.execPath, [join(ROOT, 'scripts/judges/sarif.mjs'), join(kit.home, 'out.sarif')], { encoding: 'utf8' });
      log.check(judge.status === 0, judge.status === 3 ? 'SARIF was not judged: npm run judges' : `SARIF: ${judge.stdout}`);
      const text = readFileSync(join(kit.home, 'out.text'), 'utf8');
      log.check(!text.includes('\u001b'), 'no colour in a file');
      log.check(text.includes('.env:1') && text.includes('ci.yml'), 'the text names places and workloads');
      const github = readFileSync(join(kit.home, 'out.github'), 'utf8').trimEnd().split('\n');
      log.check(github.every((line) => /^::(?:error|warning|notice) [^:]*::/.test(line)), 'every line of the github format is a workflow command');
      log.check(github.some((line) => line.startsWith('::error file=.env,line=1,')), 'the tree key is annotated where it stands');
    },
  },
  {
    name: 'keys in errors',
    run: (log) => {
      const { kit } = log;
      const folder = kit.folder('errors');
      const [inFile, inConfig] = [kit.key(), kit.key()];
      kit.write(folder, {
        'a.env': `OPENAI_API_KEY=${inFile.text}\n`,
        '.github/workflows/broken.yml': `jobs:\n  a:\n   - env: {OPENAI_API_KEY: ${inFile.text}\n  b: [\n`,
        '.mcp.json': `{ "mcpServers": { "x": { "env": { "OPENAI_API_KEY": "${inFile.text}" `,
        'broken.tf': `variable "openai_api_key" {\n default = "${inFile.text}\n`,
        'broken.toml': `[env]\nOPENAI_API_KEY = "${inFile.text}\n`,
        'bad.json': `{ "failOn": "${inConfig.text}" }`,
        'worse.json': `{ "${inConfig.text}": ${inConfig.text}`,
      });
      for (const format of FORMATS) log.equal(kit.dekey(['scan', '--format', format, '--verbose'], { cwd: folder }).code, 1, `${format} with broken files`);
      for (const config of ['bad.json', 'worse.json']) {
        log.equal(kit.dekey(['scan', '--config', config], { cwd: folder }).code, 2, `${config} as configuration`);
        log.equal(kit.dekey(['scan', '--baseline', config], { cwd: folder }).code, 2, `${config} as baseline`);
      }
    },
  },
  {
    name: 'keys in names',
    run: (log) => {
      const { kit } = log;
      const key = kit.key();
      const [path, branch, remote, value, short] = [kit.key('groq'), kit.key('groq'), kit.key('groq'), kit.key(), kit.key('groq')];
      const folder = kit.repository('names');
      kit.git(folder, ['checkout', '-q', '-b', `fix-${branch.text}`]);
      kit.git(folder, ['remote', 'add', 'origin', `https://x:${remote.text}@git.example.test/acme/${remote.text}.git`]);
      kit.write(folder, {
        'a.py': `import os\na = os.getenv("${key.text}")\nb = os.environ["OPENAI_API_KEY_${key.text}"]\n`,
        'a.ts': `const k = process.env["${key.text}"];\nconst j = process.env.OPENAI_KEY_${short.text};\n`,
        '.github/workflows/ci.yml': `on: push\njobs:\n  ${short.text}:\n    runs-on: x\n    env:\n      OPENAI_KEY: \${{ secrets.${short.text} }}\n      "${key.text}": \${{ secrets.OPENAI_API_KEY }}\n    steps:\n      - run: echo "$OPENAI_API_KEY"\n        name: use ${key.text}\n`,
        'map.json': `{ "${key.text}": { "env": { "OPENAI_API_KEY": "${value.text}" } }, "${short.text}": "${short.text}" }\n`,
        '.mcp.json': `{ "mcpServers": { "${key.text}": { "command": "x", "env": { "OPENAI_API_KEY": "${value.text}", "ANTHROPIC_API_KEY": "\${ANTHROPIC_API_KEY}" } } } }\n`,
        'docker-compose.yml': `services:\n  ${short.text}:\n    environment:\n      - OPENAI_API_KEY=${value.text}\n      - GROQ_API_KEY\n`,
        'a.toml': `["${key.text}"]\nOPENAI_API_KEY = "${value.text}"\n`,
        'pod.yaml': `apiVersion: v1\nkind: Pod\nmetadata: { name: bot }\nspec:\n  containers:\n    - name: x\n      env:\n        - name: OPENAI_API_KEY\n          valueFrom: { secretKeyRef: { name: "${key.text}", key: k } }\n`,
        '.env': `OPENAI_API_KEY=\${${short.text}}\n${short.text}=${value.text}\n`,
        [`${path.text}/a.txt`]: `OPENAI_API_KEY=${value.text}\n`,
      });
      kit.commit(folder, 'names');
      for (const format of FORMATS) kit.dekey(['scan', '--history', '--format', format, '--verbose'], { cwd: folder });
      kit.dekey(['scan', '--update-baseline', '--baseline', 'base.json', '--reason', 'x'], { cwd: folder });
      kit.keepFile(join(folder, 'base.json'));
    },
  },
];

/** Keys in the tree, in history and in a message, with workloads that use them. */
function richRepository(kit: Kit): string {
  const folder = kit.repository('rich');
  const [openai, anthropic, groq, message, doubtful] = [kit.key(), kit.key('anthropic'), kit.key('groq'), kit.key('openrouter'), kit.key()];
  kit.write(folder, {
    'old.py': `GROQ_API_KEY = "${groq.text}"\n`,
    'k8s/secret.yaml': `apiVersion: v1\nkind: Secret\nmetadata: { name: bot }\ndata:\n  ANTHROPIC_API_KEY: ${Buffer.from(anthropic.text).toString('base64')}\n`,
  });
  kit.commit(folder, `first\n\nkey ${message.text}`);
  kit.git(folder, ['rm', '-q', 'old.py']);
  kit.write(folder, {
    '.env': `OPENAI_API_KEY=${openai.text}\n`,
    'test/fixtures/sample.env': `OPENAI_API_KEY=${doubtful.text}\n`,
    '.github/workflows/ci.yml': 'on: push\njobs:\n  evals:\n    runs-on: ubuntu-latest\n    steps:\n      - run: npm test\n        env:\n          OPENAI_API_KEY: ${{ secrets.OPENAI_API_KEY }}\n',
    'src/a.ts': "import OpenAI from 'openai';\nexport const a = new OpenAI({ apiKey: process.env.OPENAI_API_KEY });\n",
  });
  kit.commit(folder, 'second');
  return folder;
}
