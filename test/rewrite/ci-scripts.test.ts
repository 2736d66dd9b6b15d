/**
 * What is put into pipelines is run: the scripts of every expected fixture, with stand-ins for the tools of the platforms, up to the program that used the key. It has to find the
 * identity and no key.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { entriesOf, get, itemsOf, parseYaml, textOf, textsOf, type YamlNode } from '../../src/support/yaml.ts';

const fixtures = join(import.meta.dirname, '../../fixtures/rewrite');
/** Installed by `npm run judges`, which requires it; elsewhere the system's. */
const judged = join(import.meta.dirname, '../../node_modules/.cache/dekey-judges/python/bin/shellcheck');
const shellcheck = existsSync(judged) ? judged : 'shellcheck';
const hasShellcheck = process.env['DEKEY_JUDGES'] === 'required' || spawnSync(shellcheck, ['--version']).status === 0;
const hasBash = spawnSync('bash', ['-c', 'command -v jq']).status === 0;

/** What a job runs, one script a shell, with what the platform puts into its environment. */
interface Run {
  readonly label: string;
  readonly shell: 'sh' | 'bash';
  readonly scripts: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

const KEYS = ['ANTHROPIC_API_KEY', 'CLAUDE_CODE_OAUTH_TOKEN', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'HF_TOKEN', 'HUGGINGFACE_TOKEN', 'AZURE_OPENAI_API_KEY', 'GOOGLE_APPLICATION_CREDENTIALS'];

/** What the platform's own store gives every job: the variables that the file read by their names. */
function storedFor(input: string): Readonly<Record<string, string>> {
  return Object.fromEntries(KEYS.filter((name) => new RegExp(`\\$\\{?${name}\\b`).test(input) && !input.includes('secrets:\n')).map((name) => [name, `stored-${name}`]));
}

function variables(node: YamlNode | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(entriesOf(node).flatMap(({ key, value }) => (textOf(value) === undefined ? [] : [[key, textOf(value) ?? '']])));
}

function expanded(values: Readonly<Record<string, string>>, known: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.replace(/\$\{?(\w+)\}?/g, (_, of: string) => known[of] ?? '')]));
}

const READERS: Readonly<Record<string, (root: YamlNode, work: string, stored: Readonly<Record<string, string>>) => readonly Run[]>> = {
  'gitlab-ci': (root, work, stored) =>
    entriesOf(root).flatMap(({ key, value }): Run[] => {
      const tokens = get(value, 'id_tokens');
      const script = [...textsOf(get(value, 'before_script')), ...textsOf(get(value, 'script') ?? get(get(root, textOf(get(value, 'extends')) ?? ''), 'script'))];
      if (tokens === undefined || script.length === 0) return [];
      const known = { ...stored, CI_PROJECT_DIR: join(work, 'app'), ...Object.fromEntries(entriesOf(tokens).map((token) => [token.key, 'the-token'])), ANTHROPIC_FEDERATION_RULE_ID: 'fdrl_1', GOOGLE_PROJECT_NUMBER: '111' };
      return [{ label: key, shell: 'sh', scripts: [script.filter((line) => !line.includes('.setup')).join('\n')], environment: { ...expanded(variables(get(value, 'variables')), known), ...known } }];
    }),
  circleci: (root, work, stored) =>
    entriesOf(get(root, 'jobs')).flatMap(({ key, value }): Run[] => {
      const scripts = itemsOf(get(value, 'steps')).flatMap((step) => textOf(get(step, 'run')) ?? textOf(get(get(step, 'run'), 'command')) ?? []);
      if (!scripts.some((script) => script.includes('circleci run oidc get'))) return [];
      return [{ label: key, shell: 'bash', scripts: [...scripts, 'python evals.py'], environment: { ...stored, BASH_ENV: join(work, 'bash_env'), ANTHROPIC_FEDERATION_RULE_ID: 'fdrl_1', GOOGLE_PROJECT_NUMBER: '111' } }];
    }),
  buildkite: (root, _, stored) =>
    itemsOf(get(root, 'steps')).flatMap((step): Run[] => {
      const command = get(step, 'commands') ?? get(step, 'command');
      const script = textsOf(command).join('\n').replaceAll('$$', '$');
      return script.includes('oidc request-token') ? [{ label: textOf(get(step, 'label')) ?? '', shell: 'bash', scripts: [`${script}\npython`], environment: { ...variables(get(step, 'env')), ...stored, ANTHROPIC_FEDERATION_RULE_ID: 'fdrl_1', GOOGLE_PROJECT_NUMBER: '111' } }] : [];
    }),
  'bitbucket-pipelines': (root, _, stored) => {
    const steps = (node: YamlNode): readonly YamlNode[] => (node.kind === 'map' ? node.entries.flatMap(({ key, value }) => (key === 'step' ? [value] : steps(value))) : node.kind === 'seq' ? node.items.flatMap(steps) : []);
    return steps(root).flatMap((step): Run[] => {
      const script = textsOf(get(step, 'script')).join('\n');
      return script.includes('BITBUCKET_STEP_OIDC_TOKEN') ? [{ label: textOf(get(step, 'name')) ?? '', shell: 'bash', scripts: [script], environment: { ...stored, BITBUCKET_STEP_OIDC_TOKEN: 'the-token', ANTHROPIC_FEDERATION_RULE_ID: 'fdrl_1', GOOGLE_PROJECT_NUMBER: '111' } }] : [];
    });
  },
  'azure-pipelines': (root, work) => {
    const tasks = (node: YamlNode): readonly YamlNode[] => (node.kind === 'map' ? (get(node, 'task') === undefined ? node.entries.flatMap(({ value }) => tasks(value)) : [node]) : node.kind === 'seq' ? node.items.flatMap(tasks) : []);
    return tasks(root).flatMap((task): Run[] => {
      const script = textOf(get(get(task, 'inputs'), 'inlineScript'));
      if (script === undefined) return [];
      return [{ label: textOf(get(task, 'displayName')) ?? '', shell: 'bash', scripts: [script.replace(/\$\((GOOGLE_\w+)\)/g, '111')], environment: { AGENT_TEMPDIRECTORY: work, SYSTEM_ACCESSTOKEN: 'system-token', SYSTEM_OIDCREQUESTURI: 'https://dev.azure.example/oidctoken', AZURESUBSCRIPTION_SERVICE_CONNECTION_ID: 'connection' } }];
    });
  },
};

/** What the program that used the key says of its environment. */
const PROGRAM = `#!/bin/sh
for name in ANTHROPIC_API_KEY CLAUDE_CODE_OAUTH_TOKEN AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY HF_TOKEN AZURE_OPENAI_API_KEY; do
  eval "value=\\\${$name-}"
  case $value in stored-*) echo "KEY $name" ;; esac
done
for name in ANTHROPIC_IDENTITY_TOKEN HF_OIDC_ID_TOKEN; do
  eval "value=\\\${$name-}"
  [ -z "$value" ] || echo "TOKEN $name $value"
done
for name in ANTHROPIC_IDENTITY_TOKEN_FILE AWS_WEB_IDENTITY_TOKEN_FILE AZURE_FEDERATED_TOKEN_FILE; do
  eval "value=\\\${$name-}"
  [ -z "$value" ] || echo "TOKEN $name $(cat "$value") $(stat -c %a "$value")"
done
case \${GOOGLE_APPLICATION_CREDENTIALS-} in
  '') ;;
  *) file=$(jq -er .credential_source.file "$GOOGLE_APPLICATION_CREDENTIALS") && echo "TOKEN google $(cat "$file") $(stat -c %a "$file") $(jq -r .audience "$GOOGLE_APPLICATION_CREDENTIALS")" ;;
esac
`;

const cases = Object.keys(READERS).flatMap((kind) =>
  readdirSync(join(fixtures, kind)).flatMap((name) => {
    const folder = join(fixtures, kind, name, 'expected');
    const file = ['.gitlab-ci.yml', '.circleci/config.yml', '.buildkite/pipeline.yml', 'bitbucket-pipelines.yml', 'azure-pipelines.yml'].find((path) => existsSync(join(folder, path)));
    return file === undefined ? [] : [{ kind, name, file: join(folder, file) }];
  }),
);

describe.skipIf(!hasBash)('scripts put into pipelines', () => {
  let root = '';
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'dekey-ci-'));
    mkdirSync(join(root, 'bin'));
    const tool = (name: string, text: string): void => {
      writeFileSync(join(root, 'bin', name), text);
      chmodSync(join(root, 'bin', name), 0o755);
    };
    for (const name of ['python', 'npm', 'hf', 'aws', './review.sh'.slice(2)]) tool(name, PROGRAM);
    tool('pip', '#!/bin/sh\n');
    tool('circleci', '#!/bin/sh\n[ "$1 $2 $3" = "run oidc get" ] || exit 9\nprintf %s "$5" | jq -e .aud >/dev/null || exit 9\nprintf the-token\n');
    tool('buildkite-agent', '#!/bin/sh\n[ "$1 $2 $3" = "oidc request-token --audience" ] || exit 9\nprintf the-token\n');
    // The header comes by standard input: arguments are seen by everybody on the machine.
    tool('curl', '#!/bin/sh\nfor argument; do case $argument in *system-token*) exit 9 ;; esac; done\ngrep -q "^Authorization: Bearer system-token$" || exit 9\nprintf \'{"oidcToken":"the-token"}\'\n');
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test.each(cases)('$kind $name', ({ kind, name, file }) => {
    const document = parseYaml(readFileSync(file, 'utf8')).documents.at(-1);
    const work = mkdtempSync(join(root, `${kind}-${name}-`));
    mkdirSync(join(work, 'app'));
    const runs = document === undefined ? [] : (READERS[kind]?.(document, work, storedFor(readFileSync(file.replace('/expected/', '/input/'), 'utf8'))) ?? []);
    for (const { shell, scripts, environment, label } of runs) {
      const env: Record<string, string> = { ...environment, PATH: `${join(root, 'bin')}:${process.env['PATH'] ?? ''}`, HOME: work, TMPDIR: work };
      let output = '';
      for (const script of scripts) {
        writeFileSync(join(work, 'review.sh'), PROGRAM, { mode: 0o755 });
        writeFileSync(join(work, 'script'), `${script}\n`);
        output += execFileSync(shell, shell === 'bash' ? ['-eo', 'pipefail', join(work, 'script')] : ['-e', join(work, 'script')], { cwd: work, env, encoding: 'utf8' });
        for (const match of output.matchAll(/##vso\[task\.setvariable variable=(\w+)\](.*)/g)) env[match[1] ?? ''] = match[2] ?? '';
      }
      if (kind === 'azure-pipelines') output += execFileSync('python', { cwd: work, env, encoding: 'utf8' });
      expect({ label, keys: output.match(/^KEY .*/gm) }).toEqual({ label, keys: null });
      const tokens = output.match(/^TOKEN .*/gm) ?? [];
      expect(tokens.length, `${label}: ${output}`).toBeGreaterThan(0);
      for (const token of tokens) expect(token).toMatch(/^TOKEN \w+ the-token(?: 600)?(?: \/\/iam\.googleapis\.com\/projects\/111.*)?$/);
    }
  });

  test.skipIf(!hasShellcheck).each(cases)('shellcheck: $kind $name', ({ kind, file }) => {
    const document = parseYaml(readFileSync(file, 'utf8')).documents.at(-1);
    for (const { shell, scripts } of document === undefined ? [] : (READERS[kind]?.(document, '/tmp', {}) ?? [])) {
      for (const script of scripts) {
        const result = spawnSync(shellcheck, ['-s', shell, '-f', 'gcc', '-'], { input: `${script}\n`, encoding: 'utf8' });
        expect(result.stdout.replaceAll('\n', ' | ')).toBe('');
      }
    }
  });
});
