import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Extraction, NameTable, Platform, TextFile } from '../src/model/reference.ts';
import { platform as agentConfig } from '../src/platforms/agent-config.ts';
import { platform as ansible } from '../src/platforms/ansible.ts';
import { platform as appEngine } from '../src/platforms/app-engine.ts';
import { platform as appSettings } from '../src/platforms/app-settings.ts';
import { platform as cloudflareWorkers } from '../src/platforms/cloudflare-workers.ts';
import { platform as cloudformation } from '../src/platforms/cloudformation.ts';
import { platform as devcontainer } from '../src/platforms/devcontainer.ts';
import { platform as dockerCompose } from '../src/platforms/docker-compose.ts';
import { platform as dockerfile } from '../src/platforms/dockerfile.ts';
import { platform as dotenv } from '../src/platforms/dotenv.ts';
import { platform as fly } from '../src/platforms/fly.ts';
import { platform as helm } from '../src/platforms/helm.ts';
import { platform as heroku } from '../src/platforms/heroku.ts';
import { platform as kubernetes } from '../src/platforms/kubernetes.ts';
import { platform as netlify } from '../src/platforms/netlify.ts';
import { platform as pulumi } from '../src/platforms/pulumi.ts';
import { platform as render } from '../src/platforms/render.ts';
import { platform as serverless } from '../src/platforms/serverless.ts';
import { platform as systemd } from '../src/platforms/systemd.ts';
import { platform as terraform } from '../src/platforms/terraform.ts';
import { platform as vercel } from '../src/platforms/vercel.ts';
import { buildNameTable } from '../src/providers/_names.ts';
import { providers } from '../src/providers/index.ts';
import { parseHcl } from '../src/platforms/_shared/config-hcl.ts';
import { formOf, interpolations } from '../src/platforms/_shared/config-values.ts';
import { childOf, textOf } from '../src/support/data-tree.ts';
import { parseJson } from '../src/support/json.ts';
import { assignments, shellWords, variableUses } from '../src/support/shell-words.ts';
import { parseToml } from '../src/support/toml.ts';

const platforms: readonly Platform[] = [
  agentConfig, ansible, appEngine, appSettings, cloudflareWorkers, cloudformation, devcontainer, dockerCompose, dockerfile, dotenv, fly, helm, heroku,
  kubernetes, netlify, pulumi, render, serverless, systemd, terraform, vercel,
];
const names: NameTable = buildNameTable(providers);
const ROOT = join(import.meta.dirname, '..', 'fixtures', 'platforms');

/** Shapeless and random; put together here so that no file holds it whole. */
const KEY = ['q7Vd2', 'mXr9', 'LbT4k', 'Wz8N', 'cJ3yPf', '6sGh'].join('');
const KEY64 = Buffer.from(KEY).toString('base64');

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .toSorted();
}

function inputOf(folder: string, path: string): TextFile {
  const text = readFileSync(path, 'utf8').replaceAll('@KEY@', KEY).replaceAll('@KEY64@', KEY64);
  return { path: relative(folder, path).replaceAll('\\', '/'), text };
}

/** One line for everything found, as people check it. */
function listed(file: TextFile, extraction: Extraction): string[] {
  const references = extraction.references.map((one) => {
    const alias = one.alias === undefined ? '' : ` as ${one.alias}`;
    return `${one.span.line}:${one.span.column} reference ${one.provider} ${one.name}${alias} | ${one.store} ${one.confidence} | ${one.route} | ${one.workload}`;
  });
  const values = extraction.values.map((one) => `${one.span.line}:${one.span.column} value ${one.provider} ${one.name} | ${one.route} | ${file.text.slice(one.span.start, one.span.end) === KEY ? 'exact' : file.text.slice(one.span.start, one.span.end) === KEY64 ? 'base64' : 'OTHER'}`);
  const workloads = extraction.workloads.map((one) => {
    const facts = Object.entries(one.facts).map(([name, value]) => ` ${name}=${value}`).join('');
    return `workload ${one.key} | ${one.name} | ${one.identity.kind}${facts}`;
  });
  const problems = extraction.problems.map((one) => `problem ${one.line}`);
  return [...references, ...values, ...workloads, ...problems];
}

describe.each(platforms)('$id', (platform) => {
  const cases = existsSync(join(ROOT, platform.id)) ? readdirSync(join(ROOT, platform.id)) : [];

  test('has fixtures', () => {
    expect(cases.length).toBeGreaterThan(0);
  });

  test.each(cases)('%s', (name) => {
    const folder = join(ROOT, platform.id, name);
    const input = join(folder, 'input');
    const lines: string[] = [];
    for (const path of filesUnder(input)) {
      const file = inputOf(input, path);
      expect(platform.matches(file), file.path).toBe(true);
      const extraction = platform.extract(file, names);
      // Every reference belongs to a workload of the file, and no workload is idle.
      const keys = new Set(extraction.workloads.map((one) => one.key));
      for (const reference of extraction.references) expect(keys).toContain(reference.workload);
      lines.push(`# ${file.path}`, ...listed(file, extraction));
    }
    const expected = join(folder, 'expected', 'extraction.txt');
    const actual = `${lines.join('\n')}\n`;
    if (process.env['UPDATE_FIXTURES'] === '1') writeFileSync(expected, actual);
    expect(actual).toBe(readFileSync(expected, 'utf8'));
    expect(actual).not.toContain(KEY);
  });
});

describe('hostile input', () => {
  const deep = 100_000;
  const inputs: readonly (readonly [string, string])[] = [
    ['.mcp.json', '['.repeat(deep)],
    ['.mcp.json', '{"mcpServers":'.repeat(deep)],
    ['.codex/config.toml', `a = ${'['.repeat(deep)}`],
    ['.codex/config.toml', `[${'a.'.repeat(deep)}a]\nx = 1`],
    ['.codex/config.toml', `${"a = '''\n".repeat(20_000)}`],
    ['main.tf', 'a {'.repeat(deep)],
    ['main.tf', `x = ${'['.repeat(deep)}`],
    ['main.tf', `x = ${'f('.repeat(deep)}`],
    ['main.tf', '<<EOT\n'.repeat(50_000)],
    ['main.tf', 'x = "${'.repeat(50_000)],
    ['main.tf', '}'.repeat(deep)],
    ['main.tf', `x = ${'a ? b : '.repeat(50_000)}`],
    ['Dockerfile', 'RUN cat <<A\n'.repeat(50_000)],
    ['Dockerfile', Array.from({ length: 50_000 }, (_, n) => `RUN cat <<A${n}`).join('\n')],
    ['Dockerfile', 'ENV A=b \\\n'.repeat(50_000)],
    ['Dockerfile', `RUN ${'${A'.repeat(100_000)}`],
    ['.env', `${"A='\n".repeat(50_000)}`],
    ['.env', `A="${'\\'.repeat(500_000)}`],
    ['.env', `#${' '.repeat(500_000)}`],
    ['.env', `A=${' '.repeat(500_000)}x`],
    ['compose.yml', `services: ${'{a: '.repeat(deep)}`],
    ['compose.yml', `services:\n  a:\n    environment:\n      - ${'A="'.repeat(200_000)}`],
    ['k.yaml', `apiVersion: v1\nkind: Pod\nx: ${'['.repeat(deep)}`],
    ['k.yaml', `apiVersion: v1\nkind: Pod\n{{ x\n${'- name: OPENAI_API_KEY\n'.repeat(50_000)}`],
    ['bot.service', `[Service]\n${'ExecStart=a \\\n'.repeat(50_000)}`],
    ['Procfile', 'a: $'.repeat(100_000)],
    ['Procfile', `a: ${'a=$('.repeat(100_000)}`],
  ];

  test.each(inputs.map(([path, text]) => [path, text.slice(0, 20), text] as const))('%s %j', (path, _, text) => {
    const started = performance.now();
    for (const platform of platforms) {
      if (platform.matches({ path, text })) platform.extract({ path, text }, names);
    }
    // Quadratic readers take minutes on these.
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  test('aliases that grow without bound', () => {
    const levels = Array.from({ length: 30 }, (_, n) => `a${n}: &a${n} [${Array.from({ length: 9 }, () => (n === 0 ? 'x' : `*a${n - 1}`)).join(', ')}]`);
    const text = `apiVersion: v1\nkind: Pod\nmetadata: { name: p }\n${levels.join('\n')}\nspec: { containers: [{ env: [{ name: OPENAI_API_KEY }] }] }\n`;
    const started = performance.now();
    kubernetes.extract({ path: 'bomb.yaml', text }, names);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  test('keys of prototypes are keys', () => {
    const text = '{"mcpServers": {"__proto__": {"env": {"OPENAI_API_KEY": "${OPENAI_API_KEY}"}}, "constructor": {"env": {"HF_TOKEN": "${HF_TOKEN}"}}}}';
    const found = agentConfig.extract({ path: '.mcp.json', text }, names);
    expect(found.references.map((one) => one.workload)).toEqual(['mcpServers.__proto__', 'mcpServers.constructor']);
    expect(Object.prototype).not.toHaveProperty('env');
  });

  test('a broken file says so once, and a template does not', () => {
    expect(agentConfig.extract({ path: '.mcp.json', text: '{"mcpServers": ' }, names).problems).toHaveLength(1);
    expect(kubernetes.extract({ path: 'k.yaml', text: 'apiVersion: v1\nkind: Pod\n{{ if x }}\n a: [' }, names).problems).toEqual([]);
  });
});

describe('what no key is', () => {
  test.each([
    ['', 'unset'], ['your-api-key', 'unset'], ['<OPENAI_KEY>', 'unset'], ['sk-...', 'unset'], ['xxxxxxxxxxxxxxxxxxxxxxxx', 'unset'], ['changeme', 'unset'],
    ['dummy', 'dummy'], ['ollama', 'dummy'], ['fake-openai-key-1', 'dummy'], ['not-needed', 'dummy'],
    ['op://vault/item/field', 'vault'], ['ENC[AES256_GCM,data:abc]', 'vault'], ['arn:aws:secretsmanager:eu-west-1:1:secret:x', 'vault'], ['projects/p/secrets/openai/versions/latest', 'vault'],
    ['${OPENAI_API_KEY}', 'taken'], ['{{ vault_key }}', 'taken'], ['os.environ/KEY', 'taken'], ['{env:KEY}', 'taken'], ['%KEY%', 'taken'], ['$(op read op://a/b/c)', 'taken'],
    [KEY, 'literal'],
  ] as const)('%s is %s', (text, kind) => {
    expect(formOf(text).kind).toBe(kind);
  });

  test('interpolations keep name, store and default', () => {
    expect(interpolations('${A:-b} $$C \\$D ${input:e} ${localEnv:F} ${{ secrets.G }}').map((one) => [one.name, one.store, one.fallback?.text])).toEqual([
      ['A', 'environment', 'b'], ['e', 'prompt', undefined], ['F', 'environment', undefined], ['G', 'ci-secret', undefined],
    ]);
  });
});

describe('readers', () => {
  test('JSON with comments keeps the places of values', () => {
    const text = '\ufeff{ // c\n "a": {"b": "x\\u0041"}, }';
    const node = childOf(parseJson(text).root, 'a', 'b');
    expect(textOf(node)).toBe('xA');
    expect(node === undefined ? '' : text.slice(node.start, node.end)).toBe('x\\u0041');
  });

  test('TOML: headers, dotted keys, arrays of tables, every string', () => {
    const text = '[a."b.c"]\nd.e = "x"\nf = """\none\\\n two"""\n[[g]]\nh = [1, { i = \'lit\\n\' }] # c\n[[g]]\nh = 2020-01-01\n';
    const { root, fault } = parseToml(text);
    expect(fault).toBeUndefined();
    expect(textOf(childOf(root, 'a', 'b.c', 'd', 'e'))).toBe('x');
    const list = childOf(root, 'g');
    expect(list?.kind === 'list' ? list.items.length : 0).toBe(2);
    const first = list?.kind === 'list' ? childOf(list.items[0], 'h') : undefined;
    const inner = first?.kind === 'list' ? childOf(first.items[1], 'i') : undefined;
    expect(inner === undefined ? '' : text.slice(inner.start, inner.end)).toBe('lit\\n');
  });

  test('HCL: nested templates, functions, heredocs, comments', () => {
    const text = 'a "b" {\n  x = "${f("}")}" /* } */\n  y = <<-E\n   { }\n  E\n  z = g({ k = "v" }) # }\n}\nlast = 1\n';
    const { root, fault } = parseHcl(text);
    expect(fault).toBeUndefined();
    expect(textOf(childOf(root, 'a.b', 'x'))).toBe('${f("}")}');
    expect(textOf(childOf(root, 'a.b', 'z', 'k'))).toBe('v');
    expect(textOf(childOf(root, 'last'))).toBe('1');
  });

  test('shell: uses, quotes, defaults, prefixes', () => {
    const text = "A=1 B=\"x y\" run $C '${D}' \\$E \"${F:-g}\" # $H\nexport I=j; docker run -e K=l --env=M=n";
    expect(variableUses(text).map((one) => [one.name, one.quote, one.fallback?.text])).toEqual([
      ['C', 'none', undefined], ['D', 'single', undefined], ['F', 'double', 'g'], ['H', 'none', undefined],
    ]);
    expect(assignments(text).map((one) => [one.name, one.value, one.command])).toEqual([
      ['A', '1', undefined], ['B', 'x y', undefined], ['I', 'j', 'export'], ['K', 'l', 'docker'], ['M', 'n', 'docker'],
    ]);
    expect(assignments('T=$(cat $(which x)) run')[0]?.value).toBe('$(cat $(which x))');
    for (const one of assignments(text)) expect(text.slice(one.valueStart, one.valueEnd)).toBe(one.value);
    expect(shellWords('a "b c" | d').map((one) => [one.text, one.first])).toEqual([['a', true], ['b c', false], ['d', true]]);
  });
});

test('white space alone costs a reader nothing', () => {
  const text = `${'\n'.repeat(100_000)}${' '.repeat(100_000)}${'\t\n'.repeat(50_000)}`;
  const started = performance.now();
  for (const path of ['a.yaml', 'roles/a/tasks/b.yml', 'chart/templates/{{a}}.yaml', 'values.yaml', 'Dockerfile', '.env', 'a.tf', 'compose.yml', 'fly.toml']) {
    for (const platform of platforms) if (platform.matches({ path, text: `${text}{{` })) platform.extract({ path, text }, names);
  }
  expect(performance.now() - started).toBeLessThan(5_000);
});
