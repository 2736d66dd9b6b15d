// Runs the bundle once over a small project of the usual files and keeps what V8 compiled on the way: `bin/dekey.js` starts from that.
'use strict';
const { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { Script } = require('node:vm');

const USUAL = {
  'README.md': '# Service\n\n```sh\nexport OPENAI_API_KEY=your-key-here\n```\n',
  'package.json': '{ "name": "service", "dependencies": { "openai": "5.0.0" } }\n',
  'tsconfig.json': '{ "compilerOptions": { "strict": true } }\n',
  '.env.example': 'OPENAI_API_KEY=\nPORT=3000\n',
  'Dockerfile': 'FROM node:20\nENV PORT=3000\nARG OPENAI_API_KEY\nRUN npm ci\nCMD ["node", "app.js"]\n',
  'compose.yaml': 'services:\n  app:\n    image: app\n    environment:\n      - OPENAI_API_KEY\n',
  '.github/workflows/ci.yml': 'name: ci\non: push\njobs:\n  test:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: npm test\n        env:\n          OPENAI_API_KEY: ${{ secrets.OPENAI_API_KEY }}\n',
  'src/client.ts': "import OpenAI from 'openai';\n\nexport const client = new OpenAI({ apiKey: process.env.OPENAI_API_KEY });\nexport function add(a: number, b: number): number {\n  return a + b;\n}\n",
  'src/embed.py': 'import os\nfrom openai import OpenAI\n\nclient = OpenAI(api_key=os.environ["OPENAI_API_KEY"])\n',
  'run.sh': '#!/bin/sh\nexport ANTHROPIC_API_KEY="$ANTHROPIC_API_KEY"\nnode app.js\n',
};

const file = path.join(__dirname, '..', 'dist', 'main.cjs');
const folder = mkdtempSync(path.join(tmpdir(), 'dekey-build-'));
for (const [name, text] of Object.entries(USUAL)) {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), text);
}
const script = new Script(readFileSync(file, 'utf8'), { filename: file });
process.argv = [process.execPath, file, 'scan', folder, '--fail-on', 'none'];
process.stdout.write = () => true;
process.on('exit', () => {
  writeFileSync(`${file}.cache`, script.createCachedData());
  rmSync(folder, { recursive: true, force: true });
});
script.runInThisContext()({}, createRequire(file), { exports: {} }, file, path.dirname(file));
