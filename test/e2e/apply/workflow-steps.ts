/**
 * Edited workflows, run: the steps that an edit puts in are executed as a runner would, then the job's own steps with real SDKs, against loopback parties. Before the edit the job works
 * with the key and fails without it; afterwards it works without any key, and fails where no variable is set.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { table } from '../../../bench/table.ts';
import { entriesOf, get, itemsOf, parseYaml, textOf, type YamlNode } from '../../../src/support/yaml.ts';
import { listen } from '../plan/http.ts';
import { rewriteFolder } from '../../rewrite/kit.ts';
import { type SdkSet, sdkFolder } from './_sdk-js.ts';
import { OLD_KEY, type Way } from './_providers.ts';
import { startWorld, type World } from './_world-js.ts';

interface JobCase {
  readonly name: string;
  readonly set: SdkSet;
  readonly secret: string;
  readonly steps: string;
  readonly programs: Readonly<Record<string, string>>;
  readonly without?: readonly string[];
  /** How often the APIs are to be asked. */
  readonly requests: number;
}

const PATH = '.github/workflows/ci.yml';
const PING = `messages: [{ role: 'user', content: 'ping' }]`;
const CLAUDE = `import Anthropic from '@anthropic-ai/sdk';\nawait new Anthropic({ maxRetries: 0 }).messages.create({ model: 'm', max_tokens: 1, ${PING} });\n`;
const GPT = `import OpenAI from 'openai';\nawait new OpenAI({ maxRetries: 0 }).chat.completions.create({ model: 'm', ${PING} });\n`;
const step = (run: string, name: string): string => `      - run: ${run}\n        env:\n          ${name}: \${{ secrets.${name} }}\n`;
const BY_HAND = `for (const page of [1, 2]) {\n  const response = await fetch(\`https://api.anthropic.com/v1/models?page=\${page}\`, { headers: { 'x-api-key': process.env.ANTHROPIC_API_KEY, 'anthropic-version': '2023-06-01' } });\n  if (!response.ok) throw new Error(String(response.status));\n}\n`;
const twice = { secret: 'ANTHROPIC_API_KEY', steps: step('node one.mjs', 'ANTHROPIC_API_KEY') + step('node two.mjs', 'ANTHROPIC_API_KEY'), programs: { 'one.mjs': CLAUDE, 'two.mjs': CLAUDE }, requests: 2 };

const JOBS: readonly JobCase[] = [
  { ...twice, name: 'Anthropic, two processes', set: 'anthropic-floor' },
  { ...twice, name: 'Anthropic, two processes', set: 'anthropic' },
  { name: 'OpenAI, exchanged in a step', set: 'openai', secret: 'OPENAI_API_KEY', steps: step('node one.mjs', 'OPENAI_API_KEY'), programs: { 'one.mjs': GPT }, requests: 1 },
  { name: 'OpenAI, key under another name', set: 'openai-floor', secret: 'OPENAI_API_KEY', steps: `      - run: node one.mjs\n        env:\n          MY_KEY: \${{ secrets.OPENAI_API_KEY }}\n`, programs: { 'one.mjs': GPT.replace('{ maxRetries: 0 }', '{ apiKey: process.env.MY_KEY, maxRetries: 0 }') }, requests: 1 },
  { name: 'Anthropic, by fetch', set: 'raw', secret: 'ANTHROPIC_API_KEY', steps: step('node one.mjs', 'ANTHROPIC_API_KEY'), programs: { 'one.mjs': BY_HAND }, requests: 2 },
  {
    name: 'Anthropic, by curl', set: 'anthropic', secret: 'ANTHROPIC_API_KEY', programs: {}, requests: 1,
    steps: `      - run: |\n          curl -fsS "$ANTHROPIC_BASE_URL/v1/messages" -H "content-type: application/json" -H "anthropic-version: 2023-06-01" -H "x-api-key: $ANTHROPIC_API_KEY" -d '{}'\n        env:\n          ANTHROPIC_API_KEY: \${{ secrets.ANTHROPIC_API_KEY }}\n`,
  },
];

/** Gives what is off. */
export async function proveWorkflowSteps(say: (lines: readonly string[]) => void): Promise<readonly string[]> {
  const world = await startWorld();
  const tokens = await listen(async ({ headers, query }) => (headers.authorization === 'bearer of-this-job' ? { status: 200, body: { value: await world.mint(query.get('audience') ?? '') } } : { status: 401, body: {} }));
  const failures: string[] = [];
  const rows: string[][] = [];
  try {
    for (const one of JOBS) {
      const installed = sdkFolder(one.set);
      if ('failure' in installed) {
        failures.push(`${one.name}: packages cannot be installed: ${installed.failure}`);
        continue;
      }
      const before = `on: workflow_dispatch\npermissions:\n  contents: read\njobs:\n  ask:\n    runs-on: ubuntu-24.04\n    steps:\n${one.steps}`;
      const files = await edited(before, one.programs);
      const after = files[PATH] ?? before;
      if (after === before) {
        failures.push(`${one.name}: not edited`);
        continue;
      }
      const cells: string[] = [];
      for (const [title, text, secrets, vars, wanted] of [
        ['before, with the key', before, { [one.secret]: OLD_KEY }, {}, 'key'],
        ['before, without the key', before, {}, {}, 'refused'],
        ['after, with the variables', after, {}, world.withIdentity, 'token'],
        ['after, without the variables', after, {}, {}, 'refused'],
      ] as const) {
        const job = new Job(world, tokens.url, installed.folder, text === before ? one : { ...one, programs: { ...one.programs, ...files } }, { secrets, vars });
        const { got, output } = await job.run(text);
        cells.push(got);
        if (got !== wanted) failures.push(`${one.name} (${one.set}), ${title}: ${got} where ${wanted} is right: ${output.slice(0, 1200)}`);
        failures.push(...job.problems.map((problem) => `${one.name} (${one.set}), ${title}: ${problem}`));
      }
      rows.push([one.name, one.set, ...cells]);
    }
  } finally {
    await Promise.all([tokens.stop(), world.stop()]);
  }
  say(table(['job', 'packages', 'before, key', 'before, no key', 'after, variables', 'after, none'], rows));
  return failures;
}

/** What becomes of the workflow and of the programs that it runs, by path. */
async function edited(text: string, programs: Readonly<Record<string, string>>): Promise<Readonly<Record<string, string>>> {
  const folder = mkdtempSync(join(tmpdir(), 'dekey-job-'));
  try {
    mkdirSync(dirname(join(folder, PATH)), { recursive: true });
    writeFileSync(join(folder, PATH), text);
    for (const [name, program] of Object.entries(programs)) writeFileSync(join(folder, name), program);
    return Object.fromEntries((await rewriteFolder(folder)).map(({ path, after }) => [path, after]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One run of the job `ask`, in a folder of its own. */
class Job {
  readonly problems: string[] = [];
  readonly #world: World;
  readonly #tokens: string;
  readonly #home: string;
  readonly #case: JobCase;
  readonly #values: Readonly<Record<'secrets' | 'vars', Readonly<Record<string, string>>>>;
  readonly #environment: Record<string, string> = {};
  /** By `ID.NAME`. */
  readonly #outputs = new Map<string, string>();

  constructor(world: World, tokens: string, packages: string, one: JobCase, values: Readonly<Record<'secrets' | 'vars', Readonly<Record<string, string>>>>) {
    this.#world = world;
    this.#tokens = tokens;
    this.#case = one;
    this.#values = values;
    this.#home = mkdtempSync(join(packages, 'job-'));
  }

  async run(text: string): Promise<{ readonly got: Way; readonly output: string }> {
    this.#world.ways();
    let output = '';
    try {
      for (const [name, program] of Object.entries(this.#case.programs)) if (name !== PATH) writeFileSync(join(this.#home, name), program);
      for (const node of itemsOf(get(get(get(parseYaml(text).documents[0], 'jobs'), 'ask'), 'steps'))) {
        const done = await this.#step(node);
        output += done.output;
        if (done.code !== 0) return { got: 'refused', output };
      }
      const ways = this.#world.ways();
      if (ways.length !== this.#case.requests) this.problems.push(`${ways.length} requests where ${this.#case.requests} are right`);
      return { got: ways.find((way) => way !== ways[0]) === undefined ? (ways[0] ?? 'refused') : 'refused', output };
    } finally {
      this.#endRenewal();
      rmSync(this.#home, { recursive: true, force: true });
    }
  }

  async #step(node: YamlNode): Promise<{ readonly code: number | null; readonly output: string }> {
    const env = Object.fromEntries(entriesOf(get(node, 'env')).map(({ key, value }) => [key, this.#filled(textOf(value) ?? '')]));
    const run = textOf(get(node, 'run'));
    if (run !== undefined) return await this.#spawn('bash', ['-e', '-o', 'pipefail', '-c', this.#filled(run)], env);
    if (!(textOf(get(node, 'uses')) ?? '').startsWith('actions/github-script@')) return { code: 0, output: '' };
    const file = join(this.#home, 'step.mjs');
    writeFileSync(file, runnerOf(textOf(get(get(node, 'with'), 'script')) ?? '', this.#home));
    const done = await this.#spawn(process.execPath, [file], { ...env, ACTIONS_ID_TOKEN_REQUEST_URL: `${this.#tokens}/?api-version=2`, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'of-this-job', RUNNER_TEMP: this.#home });
    const exported = join(this.#home, 'exported.json');
    if (existsSync(exported)) Object.assign(this.#environment, JSON.parse(readFileSync(exported, 'utf8')));
    const said = join(this.#home, 'outputs.json');
    const outputs: Readonly<Record<string, string>> = existsSync(said) ? (JSON.parse(readFileSync(said, 'utf8')) as Record<string, string>) : {};
    for (const [name, value] of Object.entries(outputs)) this.#outputs.set(`${textOf(get(node, 'id')) ?? ''}.${name}`, value);
    if (existsSync(join(this.#home, 'renewal.json'))) await this.#watchRenewal();
    return done;
  }

  #filled(text: string): string {
    return text.replace(/\$\{\{ steps\.([\w-]+)\.outputs\.(\w+) \}\}/g, (_, id: string, name: string) => this.#outputs.get(`${id}.${name}`) ?? '').replace(/\$\{\{ (secrets|vars|env)\.(\w+) \}\}/g, (_, context: string, name: string) => (context === 'env' ? (this.#environment[name] ?? '') : (this.#values[context === 'vars' ? 'vars' : 'secrets'][name] ?? '')));
  }

  /** The token in the file has to become another one while the job runs. */
  async #watchRenewal(): Promise<void> {
    const { path } = JSON.parse(readFileSync(join(this.#home, 'renewal.json'), 'utf8')) as { readonly path: string };
    const first = readFileSync(path, 'utf8');
    for (let waited = 0; waited < 100; waited += 1) {
      if (readFileSync(path, 'utf8') !== first) return;
      await new Promise((done) => setTimeout(done, 50));
    }
    this.problems.push('the token in the file is not renewed');
  }

  #endRenewal(): void {
    const file = join(this.#home, 'renewal.json');
    if (!existsSync(file)) return;
    const { pid } = JSON.parse(readFileSync(file, 'utf8')) as { readonly pid: number };
    try {
      process.kill(pid);
    } catch {
      this.problems.push('what renews the token had ended before the job');
    }
  }

  async #spawn(program: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<{ readonly code: number | null; readonly output: string }> {
    const { PATH: path = '' } = process.env;
    const isNode = program === process.execPath;
    const child = spawn(program, args, { cwd: this.#home, env: { PATH: `${dirname(process.execPath)}:${path}`, HOME: this.#home, ...this.#world.places, NODE_OPTIONS: `--import=${this.#world.preload}`, ...this.#environment, ...env }, stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
    let output = '';
    child.stdout.on('data', (part: Buffer) => (output += part.toString('utf8')));
    child.stderr.on('data', (part: Buffer) => (output += part.toString('utf8')));
    const code = await new Promise<number | null>((ended) => child.on(isNode ? 'exit' : 'close', ended));
    return { code, output };
  }
}

/** `actions/github-script` as far as the steps use it. What renews the token is told apart, and hurries. */
function runnerOf(script: string, home: string): string {
  return `import { createRequire } from 'node:module';
import { writeFileSync } from 'node:fs';
const load = createRequire(import.meta.url);
const exported = {};
const outputs = {};
const core = {
  async getIDToken(audience) {
    const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = process.env;
    const response = await fetch(\`\${url}&audience=\${encodeURIComponent(audience)}\`, { headers: { authorization: \`bearer \${token}\` } });
    return (await response.json()).value;
  },
  setSecret() {},
  setFailed(message) {
    console.error(message);
    process.exitCode = 1;
  },
  exportVariable(name, value) {
    exported[name] = value;
  },
  setOutput(name, value) {
    outputs[name] = value;
  },
};
const require = (name) => {
  const module = load(name);
  if (name !== 'node:child_process') return module;
  return {
    ...module,
    spawn(program, args, options) {
      const child = module.spawn(program, args.map((arg) => arg.replace('240_000', '300')), options);
      writeFileSync(${JSON.stringify(join(home, 'renewal.json'))}, JSON.stringify({ pid: child.pid, path: options.env.TOKEN_PATH }));
      return child;
    },
  };
};
const AsyncFunction = (async () => {}).constructor;
await new AsyncFunction('core', 'require', ${JSON.stringify(script)})(core, require);
writeFileSync(${JSON.stringify(join(home, 'exported.json'))}, JSON.stringify(exported));
writeFileSync(${JSON.stringify(join(home, 'outputs.json'))}, JSON.stringify(outputs));
`;
}
