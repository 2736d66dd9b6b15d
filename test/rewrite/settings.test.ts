import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadGrammars } from '../../src/rewrite/code/syntax.ts';
import { rewriteText } from '../../src/rewrite/run.ts';
import { removeHcl } from '../../src/rewrite/settings/_hcl.ts';
import { jsonEntries, jsonTree, removeJson } from '../../src/rewrite/settings/_json.ts';
import { spliceText } from '../../src/rewrite/edit.ts';
import { agentConfig } from '../../src/rewrite/settings/agent-config.ts';
import { dotenv } from '../../src/rewrite/settings/dotenv.ts';
import { fly } from '../../src/rewrite/settings/fly.ts';
import { settings } from '../../src/rewrite/settings/index.ts';
import { shell } from '../../src/rewrite/settings/shell.ts';
import { terraform } from '../../src/rewrite/settings/terraform.ts';
import { BEDROCK, contextFor, kept, replacement } from './settings-context.ts';

beforeAll(() => loadGrammars(['bash']));

/** Looks like a key, is none, and is nowhere in the repository as a whole. */
const LITERAL = ['Zq3', 'vT8', 'xL0', 'pW5', 'nR7', 'bK2', 'mD9'].join('');

describe('dotenv', () => {
  const run = (path: string, text: string, parts = {}) => rewriteText(dotenv, path, text, contextFor(path, parts));

  test('a literal key is refused, is in no text of ours, and shadows where the file is loaded', () => {
    for (const [path, shadows] of [['.env', true], ['.env.example', false]] as const) {
      const result = run(path, `A=1\nexport ANTHROPIC_API_KEY="${LITERAL}"\n`);
      expect(result.made).toEqual([]);
      expect(result.refusals).toMatchObject([{ code: 'literal-key', line: 2, shadows }]);
      expect(JSON.stringify(result.refusals)).not.toContain(LITERAL);
    }
  });

  test('only keys that are asked for models go', () => {
    expect(run('.env.example', 'ANTHROPIC_ADMIN_KEY=\nANTHROPIC_MODEL=\nMY_ANTHROPIC_API_KEY=\n').made).toEqual([]);
  });

  test('a comment that heads several lines stays, one about the key goes', () => {
    expect(run('.env.example', '# API keys\nANTHROPIC_API_KEY=\nTAVILY_API_KEY=\n').after).toBe('# API keys\n# Log in with "ant auth login" in place of a key.\nTAVILY_API_KEY=\n');
    expect(run('.env.example', '# Anthropic API key\nANTHROPIC_API_KEY=\nTAVILY_API_KEY=\n').after).toBe('# Log in with "ant auth login" in place of a key.\nTAVILY_API_KEY=\n');
    expect(run('.env.example', '# first\n\n# Required.\n# Get one at https://platform.claude.com/settings/keys\nANTHROPIC_API_KEY=').after).toBe('# first\n\n# Log in with "ant auth login" in place of a key.');
  });

  test('a value that runs over lines goes whole', () => {
    expect(run('.env.local', 'A=1\nANTHROPIC_API_KEY="${A}\n${B}"\nC=2\n').after).toBe('A=1\nC=2\n');
  });

  test('the last line without a line end', () => {
    expect(run('.env.local', 'A=1\r\nANTHROPIC_API_KEY=').after).toBe('A=1');
    expect(run('.env.local', 'A=1\n\nANTHROPIC_API_KEY=\n').after).toBe('A=1\n');
    expect(run('.env.local', '\uFEFFANTHROPIC_API_KEY=').after).toBe('\uFEFF');
  });

  test('those who still need the key are named', () => {
    expect(run('.env.example', 'ANTHROPIC_API_KEY=\n', { kept: [kept(), kept({ workload: 'cron', migration: 'k-2' })] }).refusals).toMatchObject([{ code: 'no-path', reason: 'ANTHROPIC_API_KEY is still needed by worker and cron.' }]);
    // Another key of the same provider is not this one.
    expect(run('.env.example', 'ANTHROPIC_API_KEY=\n', { kept: [kept({ names: ['OTHER_ANTHROPIC_KEY'] })] }).made).toHaveLength(1);
    expect(run('.env.example', 'ANTHROPIC_API_KEY=\n', { all: [replacement({ change: 'model', route: 'bedrock', parties: ['aws'] })] }).refusals).toMatchObject([{ code: 'needs-code-change' }]);
    expect(run('.env.example', 'ANTHROPIC_API_KEY=\n', { all: [replacement({ outcome: 'reduced', class: 'broker', route: 'broker', parties: ['vault'] })] }).refusals).toMatchObject([{ code: 'no-path' }]);
  });

  test('an agent that a login replaces in the same run needs no key', () => {
    const files = { '.claude/settings.json': '{ "env": { "ANTHROPIC_API_KEY": "" }, "model": "x" }\n' };
    const agent = kept({ workload: 'settings.json', platform: 'developer-machine', path: '.claude/settings.json' });
    const context = contextFor('.env.example', { kept: [agent] }, files);
    expect(rewriteText(dotenv, '.env.example', 'ANTHROPIC_API_KEY=\n', context).made).toHaveLength(1);
    expect(rewriteText(agentConfig, '.claude/settings.json', files['.claude/settings.json'], contextFor('.claude/settings.json', { kept: [agent] }, files)).after).toBe('{ "model": "x" }\n');
  });
});

describe('JSON', () => {
  const without = (text: string): string | undefined => {
    const root = jsonTree(text);
    const splices = root === undefined ? undefined : removeJson(text, jsonEntries(root, (key) => key === 'K'), ['K']);
    return splices === undefined ? undefined : spliceText(text, splices)?.text;
  };

  test.each([
    ['{"K": 1, "b": 2}', '{"b": 2}'],
    ['{"a": 1, "K": 2}', '{"a": 1}'],
    ['{"a": 1, "K": 2, "b": 3}', '{"a": 1, "b": 3}'],
    ['{"a": {"K": 1}, "b": 2}', '{"b": 2}'],
    ['{\n  "a": 1,\n  "K": 2\n}', '{\n  "a": 1\n}'],
    ['{\n  "a": 1, // one\n  "K": 2 // two\n}', '{\n  "a": 1 // one\n}'],
    ['{\n  "a": 1,\n  "K": 2,\n}', '{\n  "a": 1,\n}'],
    ['{\r\n\t"K": 2,\r\n\t"b": 1\r\n}', '{\r\n\t"b": 1\r\n}'],
    ['{\n  "a": 1,\n  "x": {\n    "K": 2\n  },\n  "b": 1\n}', '{\n  "a": 1,\n  "b": 1\n}'],
    ['{\n  "a": 1,\n  "x": {\n    // kept: others\n    "K": 2\n  }\n}', '{\n  "a": 1,\n  "x": {\n    // kept: others\n  }\n}'],
    ['\uFEFF{ "a": [ { "K": 1 }, 2 ] }', '\uFEFF{ "a": [ 2 ] }'],
    ['{"K": 1}', undefined],
    ['{"K": 1', undefined],
  ])('%j', (before, after) => {
    expect(without(before)).toBe(after);
  });
});

describe('agent configurations', () => {
  test('a literal key is refused without its text', () => {
    const text = `{ "mcpServers": { "x": { "command": "node", "args": ["x.js"], "env": { "ANTHROPIC_API_KEY": "${LITERAL}" } } } }`;
    const context = contextFor('.mcp.json', { kept: [kept({ workload: 'x', platform: 'developer-machine', path: '.mcp.json' })] }, { 'x.js': '' });
    const result = rewriteText(agentConfig, '.mcp.json', text, context);
    expect(result.made).toEqual([]);
    expect(result.refusals).toMatchObject([{ code: 'literal-key' }]);
    expect(JSON.stringify(result)).not.toContain(`"reason":"${LITERAL}`);
  });

  test('a script that gives the key stays a matter for people', () => {
    const text = '{ "apiKeyHelper": "./key.sh", "env": { "ANTHROPIC_API_KEY": "" } }';
    const context = contextFor('.claude/settings.json', { kept: [kept({ workload: 'settings.json', platform: 'developer-machine', path: '.claude/settings.json' })] });
    expect(rewriteText(agentConfig, '.claude/settings.json', text, context).refusals).toMatchObject([{ code: 'unknown-shape' }]);
  });
});

describe('Terraform', () => {
  const lambda = (variables: string): string => `resource "aws_lambda_function" "bot" {\n  role = aws_iam_role.bot.arn\n  environment {\n    variables = ${variables}\n  }\n}\n`;
  const run = (text: string, files: Readonly<Record<string, string>> = {}, parts: Parameters<typeof replacement>[0] = {}) => {
    const own = replacement({ ...BEDROCK, workload: 'aws_lambda_function.bot', platform: 'aws-compute', path: 'main.tf', line: 1, ...parts });
    return rewriteText(terraform, 'main.tf', text, contextFor('main.tf', { all: [own] }, { 'main.tf': text, ...files }));
  };

  test('attributes are aligned again only where they were', () => {
    expect(run(lambda('{\n      STAGE                    = "prod"\n      AWS_BEARER_TOKEN_BEDROCK = var.bedrock_api_key\n      PORT                     = 80\n    }')).after).toBe(lambda('{\n      STAGE = "prod"\n      PORT  = 80\n    }'));
    expect(run(lambda('{\n      STAGE = "prod"\n      AWS_BEARER_TOKEN_BEDROCK = var.bedrock_api_key\n    }')).after).toBe(lambda('{\n      STAGE = "prod"\n    }'));
    expect(run(lambda('{\n      STAGE                    = "prod" # never changed\n      AWS_BEARER_TOKEN_BEDROCK = var.bedrock_api_key\n    }')).after).toContain('STAGE                    = "prod" # never changed\n');
  });

  test('strings, comments and here-documents hold no blocks', () => {
    const text = `/* resource "x" "y" { */\nlocals {\n  a = "\${join("}", ["{"])}"\n  b = <<-EOT\n    AWS_BEARER_TOKEN_BEDROCK = { \n  EOT\n}\n${lambda('{ "AWS_BEARER_TOKEN_BEDROCK" = var.bedrock_api_key, "PORT" = 80 }')}`;
    expect(run(text).after).toBe(text.replace('"AWS_BEARER_TOKEN_BEDROCK" = var.bedrock_api_key, ', ''));
  });

  test('a literal is refused, and so is what the file does not say', () => {
    expect(run(lambda(`{ AWS_BEARER_TOKEN_BEDROCK = "${LITERAL}" }`)).refusals).toMatchObject([{ code: 'literal-key', line: 4 }]);
    expect(run(lambda('local.environment')).refusals).toMatchObject([{ code: 'not-named-here' }]);
    expect(run('resource "aws_lambda_function" "bot" {').refusals).toMatchObject([{ code: 'not-readable' }]);
    expect(run(lambda('{ AWS_BEARER_TOKEN_BEDROCK = var.k }'), {}, { outcome: 'reduced', parties: ['vault'] }).refusals).toMatchObject([{ code: 'no-path' }]);
    expect(run(lambda('{ AWS_BEARER_TOKEN_BEDROCK = var.k }'), {}, { change: 'model' }).refusals).toMatchObject([{ code: 'needs-code-change' }]);
  });

  test('a variable goes only when nothing in its module, its callers or a command line is left of it', () => {
    const text = `${lambda('{ AWS_BEARER_TOKEN_BEDROCK = var.bedrock_api_key, PORT = 80 }')}\nvariable "bedrock_api_key" {\n  type = string\n}\n`;
    expect(run(text).after).not.toContain('bedrock_api_key');
    expect(run(text, { 'outputs.tf': 'output "k" {\n  value = var.bedrock_api_key\n}\n' }).after).toContain('variable "bedrock_api_key"');
    expect(run(text, { 'deploy.sh': 'terraform apply -var="bedrock_api_key=$KEY"\n' }).refusals).toMatchObject([{ code: 'unknown-shape', reason: 'Nothing reads variable bedrock_api_key any more, but deploy.sh still sets it.' }]);
    expect(run(text, { 'live/main.tf': 'module "bot" {\n  source          = "../"\n  bedrock_api_key = "x"\n}\n' }).after).toContain('variable "bedrock_api_key"');
    expect(run(text, { 'other.tf.json': '{}' }).after).toContain('variable "bedrock_api_key"');
  });

  test('a value that is a key is never taken out of a file of values', () => {
    const main = `${lambda('{ AWS_BEARER_TOKEN_BEDROCK = var.bedrock_api_key, PORT = 80 }')}\nvariable "bedrock_api_key" {}\n`;
    const own = replacement({ ...BEDROCK, workload: 'aws_lambda_function.bot', platform: 'aws-compute', path: 'main.tf', line: 1 });
    const values = `bedrock_api_key = "${LITERAL}"\n`;
    const result = rewriteText(terraform, 'prod.tfvars', values, contextFor('prod.tfvars', { all: [own] }, { 'main.tf': main, 'prod.tfvars': values }));
    expect(result.after).toBe(values);
    expect(result.refusals).toMatchObject([{ code: 'literal-key' }]);
  });

  test('what cannot be cut is said to be', () => {
    expect(removeHcl('a {\n}\n', [], [])).toEqual([]);
  });
});

test('Fly.io is told the role where one hop leads to AWS', () => {
  const text = 'app = "chat"\n\n[env]\n  PORT = "8080"\n  # AWS_BEARER_TOKEN_BEDROCK is set by hand\n  AWS_BEARER_TOKEN_BEDROCK = "" # secret\n';
  const own = replacement({ ...BEDROCK, workload: 'fly.toml', platform: 'fly', path: 'fly.toml', line: 1 });
  const known = contextFor('fly.toml', { all: [own], value: (input) => (input === 'aws.role_arn' ? 'arn:aws:iam::111111111111:role/chat' : undefined) });
  expect(rewriteText(fly, 'fly.toml', text, known).after).toBe('app = "chat"\n\n[env]\n  PORT = "8080"\n  AWS_ROLE_ARN = "arn:aws:iam::111111111111:role/chat"\n');
  expect(rewriteText(fly, 'fly.toml', text, contextFor('fly.toml', { all: [own] })).refusals).toMatchObject([{ code: 'unknown-shape', byHand: 'Run again with --set aws.role_arn=..., or make the change by hand.' }]);
});

describe('shell', () => {
  const run = (text: string, path = 'ask.sh') => rewriteText(shell, path, text, contextFor(path));
  const call = 'curl https://api.anthropic.com/v1/models -H "x-api-key: $ANTHROPIC_API_KEY" -H "anthropic-version: 2023-06-01"\n';

  test.skipIf(process.platform === 'win32')('the script exchanges its identity token, and sends what it gets', () => {
    const folder = mkdtempSync(join(tmpdir(), 'dekey-shell-'));
    try {
      // Stands for curl: answers an exchange, and says what a call was made with.
      writeFileSync(join(folder, 'curl'), '#!/bin/sh\ncase "$*" in\n*oauth/token*) cat > "$OUT"; echo "{\\"token_type\\":\\"Bearer\\", \\"access_token\\": \\"short\\", \\"expires_in\\": 600}";;\n*) echo "$@";;\nesac\n', { mode: 0o755 });
      writeFileSync(join(folder, 'token'), 'a.b.c\n');
      const env = { PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}`, OUT: join(folder, 'out'), ANTHROPIC_IDENTITY_TOKEN_FILE: join(folder, 'token'), ANTHROPIC_FEDERATION_RULE_ID: 'r', ANTHROPIC_ORGANIZATION_ID: 'o', ANTHROPIC_SERVICE_ACCOUNT_ID: 's', ANTHROPIC_WORKSPACE_ID: 'w' };
      const script = run(`set -eu\n${call}`).after;
      const output = execFileSync('/bin/sh', ['-c', script], { env, encoding: 'utf8' });
      expect(output).toBe('https://api.anthropic.com/v1/models -H Authorization: Bearer short -H anthropic-beta: oauth-2025-04-20 -H anthropic-version: 2023-06-01\n');
      const sent: unknown = JSON.parse(execFileSync('/bin/cat', [join(folder, 'out')], { encoding: 'utf8' }));
      expect(sent).toEqual({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: 'a.b.c', federation_rule_id: 'r', organization_id: 'o', service_account_id: 's', workspace_id: 'w' });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('one exchange for all calls, above the first', () => {
    const { after } = run(`a=1\n# Models\n${call}if true; then\n  ${call}fi\n`);
    expect(after.split('/v1/oauth/token')).toHaveLength(2);
    expect(after.startsWith('a=1\n# The identity token')).toBe(true);
    expect(after).not.toContain('ANTHROPIC_API_KEY');
  });

  test.each([
    ['ask() {\n  ' + call + '}\n[ -z "$ANTHROPIC_API_KEY" ] && exit 1\nask\n', 'unknown-shape'],
    ['export ANTHROPIC_API_KEY=x\n' + call, 'needs-code-change'],
    [call + "ssh host 'echo $ANTHROPIC_API_KEY'\n", 'needs-code-change'],
    ['curl https://llm.acme.example -H "x-api-key: $ANTHROPIC_API_KEY"\n', 'needs-code-change'],
    ['curl https://api.anthropic.com/v1/models -H "x-api-key: ${ANTHROPIC_API_KEY:-none}"\n', 'needs-code-change'],
    ['python ask.py --key "$ANTHROPIC_API_KEY"\n', 'needs-code-change'],
  ])('%j is refused', (text, code) => {
    const { made, refusals } = run(text);
    expect(made).toEqual([]);
    expect(refusals).toMatchObject([{ code }]);
  });

  test('a step that leaves a token under the key’s name lets scripts be', () => {
    const own = replacement({ provider: 'openai', title: 'OpenAI', names: ['OPENAI_API_KEY'], variables: ['OPENAI_API_KEY'], route: 'native-step', parties: ['openai'], set: {} });
    const text = 'curl https://api.openai.com/v1/models -H "Authorization: Bearer $OPENAI_API_KEY"\n';
    expect(rewriteText(shell, 'ask.sh', text, contextFor('ask.sh', { all: [own] }))).toMatchObject({ made: [], refusals: [] });
  });
});

test('no text makes one of them throw', () => {
  const texts = ['', '\uFEFF', '{', '[[', 'a: [', '"', '${', '<<EOF', 'resource "a" "b" {', '\0\u2028', 'ANTHROPIC_API_KEY', 'ANTHROPIC_API_KEY="', '{"env": {"ANTHROPIC_API_KEY": '];
  const paths = ['.env', '.env.example', '.mcp.json', 'main.tf', 'x.tfvars', 'main.bicep', 'serverless.yml', 'serverless.json', 'template.yaml', 'app.yaml', 'render.yaml', 'fly.toml', 'vercel.json', 'appsettings.json', 'Pulumi.x.yaml', 'a.sh', 'Makefile', 'README.md'];
  for (const path of paths) {
    const own = replacement({ path, workload: path, platform: 'aws-compute' });
    const context = contextFor(path, { all: [own], kept: [] }, { [path]: '' });
    for (const text of texts) for (const rewriter of settings) if (rewriter.matches(path, text)) rewriter.rewrite(path, text, context);
  }
  expect(paths.length).toBeGreaterThan(0);
});
