/** The small repository that the documentation shows: an assistant with keys in the usual places. The same for everyone, down to the keys' last four characters. */
import type { Kit } from '../e2e/kit.ts';

/** A generator seeded with it gives the keys of the pictures. */
export const DEMO_SEED = 2026;

const WORKFLOW = `name: CI
on:
  push:
    branches: [main]
jobs:
  evals:
    runs-on: ubuntu-latest
    permissions:
      contents: read
    steps:
      - uses: actions/checkout@v5
      - uses: anthropics/claude-code-action@v1
        with:
          anthropic_api_key: \${{ secrets.ANTHROPIC_API_KEY }}
          prompt: Run the eval suite
`;

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: bot
  namespace: support
spec:
  selector:
    matchLabels:
      app: bot
  template:
    metadata:
      labels:
        app: bot
    spec:
      containers:
        - name: bot
          image: ghcr.io/acme/support-bot:2.4.0
          env:
            - name: ANTHROPIC_API_KEY
              valueFrom:
                secretKeyRef:
                  name: anthropic
                  key: api-key
`;

const CLIENT = `import Anthropic from '@anthropic-ai/sdk';

/** Answers for the support desk. */
export const claude = new Anthropic();
`;

const EMBED = `import os
from openai import OpenAI

client = OpenAI(api_key=os.environ["OPENAI_API_KEY"])
`;

const SEARCH = `import os
from tavily import TavilyClient

tavily = TavilyClient(api_key=os.environ["TAVILY_API_KEY"])
`;

const NIGHTLY = `name: Nightly
on:
  schedule:
    - cron: '17 3 * * *'
jobs:
  embed:
    runs-on: ubuntu-latest
    permissions:
      contents: read
    steps:
      - uses: actions/checkout@v5
      - run: pip install -r requirements.txt && python scripts/embed.py
        env:
          OPENAI_API_KEY: \${{ secrets.OPENAI_API_KEY }}
`;

/** Its files; \`key\` stands in a dotenv file that was committed. */
export function demoFiles(key: string): Readonly<Record<string, string>> {
  return {
    '.env.production': `# read by docker run --env-file\nANTHROPIC_API_KEY=${key}\n`,
    '.github/workflows/ci.yml': WORKFLOW,
    '.github/workflows/nightly.yml': NIGHTLY,
    'deploy/bot.yaml': DEPLOYMENT,
    'src/client.ts': CLIENT,
    'scripts/embed.py': EMBED,
    'scripts/search.py': SEARCH,
    'requirements.txt': 'openai>=2.40\ntavily-python>=0.7\n',
    'package.json': '{\n  "name": "support-bot",\n  "private": true,\n  "type": "module",\n  "dependencies": {\n    "@anthropic-ai/sdk": "^0.100.0"\n  }\n}\n',
    'README.md': '# support-bot\n\nAnswers questions of customers.\n',
  };
}

/** The repository in a new folder, with one commit and a remote that is never asked. */
export function makeDemo(kit: Kit): string {
  const folder = kit.repository('support-bot');
  kit.write(folder, demoFiles(kit.key('anthropic').text));
  kit.git(folder, ['remote', 'add', 'origin', 'https://github.com/acme/support-bot.git']);
  kit.commit(folder, 'Support bot');
  return folder;
}
