/** What stands in the made-up repositories: the inputs of the rewriters' fixtures, ordinary projects, and files with planted keys. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A folder with workflows that use keys, and what they are to become. */
export interface Shape {
  readonly name: string;
  readonly files: ReadonlyMap<string, Buffer>;
  /** Files that change, as the fixture's reviewer approved them. */
  readonly expected: ReadonlyMap<string, Buffer>;
  /** Names in `secrets.NAME`. */
  readonly secrets: readonly string[];
  /** Of those, the ones that a workflow names which is not only called: what a called one gets depends on its callers. */
  readonly asked: readonly string[];
  /** Some name is computed while it runs: of no secret can it be said that nothing uses it. */
  readonly isOpaque: boolean;
  /** It was planned with something said to it, which nobody says to an organisation. */
  readonly isTold: boolean;
}

const FIXTURES = join(process.cwd(), 'fixtures', 'rewrite', 'github-actions');

/** Everything in a workflow that may be any text at all, filled with what must not come alive in a pull request. */
const HOSTILE_WORKFLOW = `name: "\${{ github.token }} closes #1 @acme/security"
on:
  push:
    branches: [main]
jobs:
  evals:
    name: "@acme/security closes #1 <img src=x onerror=alert(1)> [x](javascript:alert(1))"
    runs-on: ubuntu-latest
    environment: 'prod | @acme/team #1 \`id\`'
    steps:
      - uses: actions/checkout@fbc6f3992d24b796d5a048ff273f7fcc4a7b6c09 # v5.1.0
      - name: '"; touch /tmp/dekey-was-here; " -->'
        uses: anthropics/claude-code-action@be7b93b1907a4abad570368f3c74b6fe3807510b # v1.0.183
        with:
          anthropic_api_key: \${{ secrets.ANTHROPIC_API_KEY }}
          prompt: Run the eval suite
`;
const HOSTILE_FILES = new Map([
  ['.github/workflows/$(touch x) @acme closes #1 `id` ${{ github.token }} <b>.yml', Buffer.from(HOSTILE_WORKFLOW)],
  ['.github/CODEOWNERS', Buffer.from('* @acme/team\\ closes #1 ${{ github.token }}\n/.github/ @bob @nobody-such <img@x.test>\n')],
]);

/** The fixtures' folders, and one that is hostile. */
export function shapes(): readonly Shape[] {
  return [...fixtureShapes(), { name: 'hostile', files: HOSTILE_FILES, expected: new Map(), secrets: ['ANTHROPIC_API_KEY'], asked: ['ANTHROPIC_API_KEY'], isOpaque: false, isTold: false }];
}

function fixtureShapes(): readonly Shape[] {
  return readdirSync(FIXTURES).sort().map((name) => {
    const files = readFolder(join(FIXTURES, name, 'input'));
    const expected = readFolder(join(FIXTURES, name, 'expected'));
    expected.delete('changes.txt');
    // What a comment names, or a file that was put aside, uses nothing.
    const texts = [...files].filter(([path]) => path.startsWith('.github/') && /\.ya?ml$/.test(path)).map(([, bytes]) => bytes.toString('utf8').replace(/(?:^|\s)#.*$/gm, ''));
    const text = texts.join('\n');
    // An environment that an expression names may hold the secret.
    const isOpenEnvironment = (one: string): boolean => /^\s+(?:environment|name): \$\{\{.*(?:environment|stage)/m.test(one);
    const isCalledAlone = (one: string): boolean => /^ {2}workflow_call:/m.test(one) && !/^ {2}(?:push|pull_request|schedule|workflow_dispatch|issue_comment|issues|release):/m.test(one);
    return { name, files, expected, secrets: namesIn(text), asked: namesIn(texts.filter((one) => !isCalledAlone(one) && !isOpenEnvironment(one)).join('\n')), isOpaque: /secrets\[(?!['"])|toJSON\(secrets\)/i.test(text), isTold: existsSync(join(FIXTURES, name, 'case.json')) };
  });
}

function namesIn(text: string): readonly string[] {
  return [...new Set([...text.matchAll(/secrets\.([A-Z][A-Z0-9_]*)/g)].flatMap((match) => match[1] ?? []))].filter((one) => one !== 'GITHUB_TOKEN');
}

function readFolder(folder: string): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) if (statSync(join(folder, path)).isFile()) found.set(path.replaceAll('\\', '/'), readFileSync(join(folder, path)));
  return found;
}

const PLAIN_WORKFLOW = `name: Test
on: [push]
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@fbc6f3992d24b796d5a048ff273f7fcc4a7b6c09 # v5.1.0
      - run: make test
        env:
          CODECOV_TOKEN: \${{ secrets.CODECOV_TOKEN }}
`;

/** Files of a project by language, without any AI in them. */
export function plainFiles(language: string | null, variant: number): ReadonlyMap<string, Buffer> {
  const files = new Map<string, string>([['README.md', `# Project ${variant % 7}\n\nWhat it does stands here.\n`], ['.github/workflows/test.yml', PLAIN_WORKFLOW]]);
  if (language === 'TypeScript') files.set('package.json', '{ "name": "app", "version": "1.0.0", "type": "module" }\n').set('src/index.ts', `export const answer = ${variant % 11};\n`);
  else if (language === 'Python') files.set('pyproject.toml', '[project]\nname = "app"\nversion = "1.0.0"\n').set('app/__init__.py', `ANSWER = ${variant % 11}\n`);
  else if (language === 'Go') files.set('go.mod', 'module example.test/app\n\ngo 1.24\n').set('main.go', `package main\n\nfunc main() { println(${variant % 11}) }\n`);
  else files.set('Makefile', `test:\n\t@echo ${variant % 11}\n`);
  return new Map([...files].map(([path, text]) => [path, Buffer.from(text)]));
}
