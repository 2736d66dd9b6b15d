import { providers } from '../../../src/providers/index.ts';
import type { Kit } from '../kit.ts';

/** Keys that are known by name only: enough for a list that has to be scrolled. */
const NAMES = 30;

/** A repository with keys in plain sight, workflows and a manifest that use them, and many names. */
export function supportBot(kit: Kit): string {
  const folder = kit.repository('support-bot');
  kit.git(folder, ['remote', 'add', 'origin', 'https://github.com/acme/support-bot.git']);
  const [anthropic, openai] = [kit.key('anthropic'), kit.key('openai')];
  const names = providers.flatMap(({ env }) => env.find(({ notAKey }) => notAKey !== true)?.name ?? []).filter((name) => !/^(?:ANTHROPIC|OPENAI|AWS)_/.test(name)).slice(0, NAMES);
  kit.write(folder, {
    '.env': `ANTHROPIC_API_KEY=${anthropic.text}\nOPENAI_API_KEY=${openai.text}\n`,
    '.github/workflows/ci.yml': [
      'name: ci', 'on:', '  push:', '    branches: [main]', 'jobs:', '  evals:', '    runs-on: ubuntu-latest', '    steps:', '      - uses: actions/checkout@v4', '      - uses: anthropics/claude-code-action@v1', '        with:',
      '          anthropic_api_key: ${{ secrets.ANTHROPIC_API_KEY }}', '          prompt: Run the eval suite', '  embed:', '    runs-on: ubuntu-latest', '    env:', '      OPENAI_API_KEY: ${{ secrets.OPENAI_API_KEY }}', '    steps:', '      - run: python src/embed.py', '',
    ].join('\n'),
    '.github/workflows/nightly.yml': [
      'name: nightly', 'on:', '  schedule:', "    - cron: '0 3 * * *'", 'jobs:', '  summary:', '    runs-on: ubuntu-latest', '    steps:', '      - run: node src/summary.mjs', '        env:', '          ANTHROPIC_API_KEY: ${{ secrets.ANTHROPIC_API_KEY }}', '',
    ].join('\n'),
    '.github/workflows/bench.yml': ['name: bench', 'on: workflow_dispatch', 'jobs:', '  bench:', '    runs-on: ubuntu-latest', '    steps:', '      - run: make bench', '        env:', ...names.map((name) => `          ${name}: \${{ secrets.${name} }}`), ''].join('\n'),
    'deploy/bot.yaml': [
      'apiVersion: apps/v1', 'kind: Deployment', 'metadata:', '  name: bot', 'spec:', '  selector:', '    matchLabels: {app: bot}', '  template:', '    metadata:', '      labels: {app: bot}', '    spec:', '      containers:', '        - name: bot', '          image: acme/bot:1', '          env:',
      '            - name: ANTHROPIC_API_KEY', '              valueFrom:', '                secretKeyRef:', '                  name: anthropic', '                  key: api-key', '',
    ].join('\n'),
    'src/embed.py': 'import os\nfrom openai import OpenAI\n\nclient = OpenAI(api_key=os.environ["OPENAI_API_KEY"])\n',
    'src/summary.mjs': "import Anthropic from '@anthropic-ai/sdk';\n\nconst client = new Anthropic({ apiKey: process.env.ANTHROPIC_API_KEY });\nawait client.models.list();\n",
    'package.json': '{ "name": "support-bot", "dependencies": { "@anthropic-ai/sdk": "^0.98.0" } }\n',
  });
  kit.commit(folder, 'support bot');
  return folder;
}
