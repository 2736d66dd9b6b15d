/** Runs the steps of `action.yml` as the runner does: GitHub's own evaluator for expressions, bash for the scripts, files for outputs and summary. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { data, Evaluator, Lexer, Parser } from '@actions/expressions';
import { parse } from 'yaml';

export interface Step {
  readonly id?: string;
  readonly if?: string;
  readonly shell: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly run: string;
}

export interface Action {
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default?: string }>>;
  readonly outputs: Readonly<Record<string, { readonly description: string; readonly value: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

export interface Job {
  /** Top of the checkout. */
  readonly workspace: string;
  /** For everything that the runner keeps. */
  readonly temp: string;
  readonly event: 'push' | 'pull_request';
  readonly payload: unknown;
  readonly sha: string;
  readonly token: string;
  readonly api: string;
  readonly inputs: Readonly<Record<string, string>>;
}

export interface Ran {
  /** Exit code of the first step that failed, or 0. */
  readonly code: number;
  readonly log: string;
  readonly summary: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** Environment that each step was given beyond the runner's, in order. */
  readonly given: readonly Readonly<Record<string, string>>[];
}

export function readAction(root: string): Action {
  return parse(readFileSync(join(root, 'action.yml'), 'utf8')) as Action;
}

/** Runs the composite action in `root` and says what a job would see of it. A step runs only while none has failed, as without `if: always()`. */
export async function runAction(root: string, job: Job): Promise<Ran> {
  const { inputs, outputs, runs } = readAction(root);
  const folder = mkdtempSync(join(job.temp, 'job-'));
  mkdirSync(join(folder, 'temp'));
  const file = (name: string, text = ''): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const summary = file('summary.md');
  const runner = {
    PATH: process.env['PATH'] ?? '', HOME: folder, LANG: 'C.UTF-8', CI: 'true', GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: job.workspace, GITHUB_ACTION_PATH: root, RUNNER_TEMP: join(folder, 'temp'),
    GITHUB_EVENT_NAME: job.event, GITHUB_EVENT_PATH: file('event.json', JSON.stringify(job.payload)), GITHUB_REPOSITORY: 'acme/support-bot', GITHUB_SERVER_URL: 'https://github.com', GITHUB_API_URL: job.api,
    GITHUB_SHA: job.sha, GITHUB_WORKFLOW: 'dekey', GITHUB_JOB: 'scan', GITHUB_STEP_SUMMARY: summary,
  };
  // What a workflow gives has been evaluated by then; defaults are evaluated here.
  const values = Object.fromEntries(Object.entries(inputs).map(([name, { default: fallback = '' }]) => [name, job.inputs[name] ?? filled(fallback, dictionary({ github: { token: job.token } }))]));
  const steps = new Map<string, Record<string, string>>();
  const context = (): data.Dictionary => dictionary({ github: { token: job.token }, inputs: values, steps: Object.fromEntries([...steps].map(([id, set]) => [id, { outputs: set }])) });

  let code = 0;
  let log = '';
  const given: Record<string, string>[] = [];
  for (const [index, step] of runs.steps.entries()) {
    if (code !== 0) break;
    if (step.if !== undefined && evaluate(step.if, context()) !== 'true') continue;
    const output = file(`output-${index}`);
    const env = Object.fromEntries(Object.entries(step.env ?? {}).map(([name, text]) => [name, filled(text, context())]));
    given.push(env);
    const ended = await bash(file(`step-${index}.sh`, filled(step.run, context())), { ...runner, ...env, GITHUB_OUTPUT: output }, job.workspace);
    code = ended.code;
    log += ended.log;
    if (step.id !== undefined) steps.set(step.id, readOutputs(readFileSync(output, 'utf8')));
  }
  const results = Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, filled(value, context())]));
  return { code, log, summary: readFileSync(summary, 'utf8'), outputs: results, given };
}

/** As the runner calls it: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell */
async function bash(script: string, env: Readonly<Record<string, string>>, cwd: string): Promise<{ readonly code: number; readonly log: string }> {
  const child = spawn('bash', ['--noprofile', '--norc', '-e', '-o', 'pipefail', script], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stdout.on('data', (chunk: Buffer) => (log += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString('utf8')));
  const code = await new Promise<number>((done) => child.on('close', (status) => done(status ?? -1)));
  return { code, log };
}

/** Every `${{ … }}` of a text replaced by its value. */
function filled(text: string, context: data.Dictionary): string {
  return text.replace(/\$\{\{(.*?)\}\}/gs, (_, expression: string) => evaluate(expression, context));
}

function evaluate(expression: string, context: data.Dictionary): string {
  const names = ['github', 'inputs', 'steps'];
  const tree = new Parser(new Lexer(expression).lex().tokens, names, []).parse();
  return new Evaluator(tree, context).evaluate().coerceString();
}

type Values = string | { readonly [name: string]: Values };

function dictionary(values: Exclude<Values, string>): data.Dictionary {
  return new data.Dictionary(...Object.entries(values).map(([key, value]) => ({ key, value: typeof value === 'string' ? new data.StringData(value) : dictionary(value) })));
}

/** `name<<delimiter`, lines, `delimiter`; or `name=value`. */
function readOutputs(text: string): Record<string, string> {
  const result: Record<string, string> = {};
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const block = /^([^=]+?)<<(.+)$/.exec(line);
    if (block !== null) {
      const end = lines.indexOf(block[2] ?? '', at + 1);
      if (end === -1) throw new Error(`no end of ${line}`);
      result[block[1] ?? ''] = lines.slice(at + 1, end).join('\n');
      at = end;
    } else if (line !== '') result[line.slice(0, line.indexOf('='))] = line.slice(line.indexOf('=') + 1);
  }
  return result;
}
