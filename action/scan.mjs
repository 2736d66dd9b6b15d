// @ts-check
// Scans once, and writes what came of it where GitHub looks: log, annotations, job summary, files, outputs. Opens no connection; dekey does for `github:` targets alone.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix, resolve } from 'node:path';
import { ActionError, annotate, env, inputName, run, setOutputs, yes } from './runner.mjs';

/** GitHub refuses a step's summary above this. */
const LARGEST_SUMMARY = 1024 * 1024;
const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'];

await run(() => {
  const workspace = env('GITHUB_WORKSPACE') || process.cwd();
  const folder = mkdtempSync(join(env('RUNNER_TEMP') || tmpdir(), 'dekey-'));
  const sarif = line('DEKEY_SARIF_FILE');
  const files = { json: join(folder, 'dekey.json'), sarif: sarif === '' ? join(folder, 'dekey.sarif') : resolve(workspace, sarif), markdown: join(folder, 'dekey.md'), github: join(folder, 'annotations.txt') };
  const where = line('DEKEY_WORKING_DIRECTORY');
  const targets = targetsFrom(where);
  const base = baseOf(resolve(workspace, where));
  const { showsSummary, annotates } = { showsSummary: yes('DEKEY_SUMMARY'), annotates: yes('DEKEY_ANNOTATIONS') };

  const args = ['scan', '--quiet', ...Object.entries(files).map(([format, file]) => `--also=${format}=${file}`), ...flags(workspace, where), ...(base === undefined ? [] : [`--base=${base}`]), '--', ...targets];
  const { status } = spawnSync(process.execPath, [env('DEKEY_BIN'), ...args], { cwd: workspace, stdio: ['ignore', 'inherit', 'inherit'], env: environment(targets) });
  const code = status ?? 4;
  if (code !== 0 && code !== 1 && code !== 3) {
    setOutputs({ 'exit-code': code });
    return 0;
  }
  // A target that cannot be read at all leaves no report, and its exit code is 3 too.
  if (!existsSync(files.markdown)) {
    setOutputs({ 'exit-code': code });
    return 0;
  }

  if (annotates) process.stdout.write(readFileSync(files.github, 'utf8'));
  if (showsSummary) addToSummary(readFileSync(files.markdown, 'utf8'));
  const { findings, fresh, worst } = count(JSON.parse(readFileSync(files.json, 'utf8')), base !== undefined);
  setOutputs({ findings, 'new-findings': fresh, 'highest-severity': worst, 'sarif-file': files.sarif, 'json-file': files.json, 'exit-code': code });
  // Without a base nothing is known to be new, so there is nothing to say in a pull request.
  if (base !== undefined) setOutputs({ 'comment-file': files.markdown, 'comment-key': keyOf([env('GITHUB_WORKFLOW'), env('GITHUB_JOB'), where, ...targets]) });
  return 0;
});

/**
 * An input of one line that is no option.
 *
 * @param {string} name
 * @returns {string}
 */
function line(name) {
  const value = env(name).trim();
  if (/[\r\n]/.test(value)) throw new ActionError(`the input ${inputName(name)} has to be one line`);
  return value;
}

/**
 * Targets as they are named from the top of the workspace, so that the places in the report are paths of the repository.
 *
 * @param {string} where the working directory
 * @returns {string[]}
 */
function targetsFrom(where) {
  const named = env('DEKEY_TARGETS').split(/\r?\n/).map((one) => one.trim()).filter((one) => one !== '');
  return (named.length === 0 ? ['.'] : named).map((one) => (isAddress(one) ? one : fromWorkspace(where, one)));
}

/** @param {string} target */
function isAddress(target) {
  return /^[a-z][a-z0-9+.-]+:/.test(target);
}

/**
 * @param {string} where
 * @param {string} path
 * @returns {string}
 */
function fromWorkspace(where, path) {
  return where === '' || posix.isAbsolute(path) ? path : posix.join(where, path);
}

/**
 * @param {string} workspace
 * @param {string} where
 * @returns {string[]}
 */
function flags(workspace, where) {
  const own = posix.join(where, 'dekey.config.json');
  const config = line('DEKEY_CONFIG') || (where !== '' && existsSync(resolve(workspace, own)) ? 'dekey.config.json' : '');
  const [since, failOn, baseline] = [line('DEKEY_SINCE'), line('DEKEY_FAIL_ON'), line('DEKEY_BASELINE')];
  return [
    ...(yes('DEKEY_HISTORY') ? ['--history'] : []),
    ...(since === '' ? [] : [`--since=${since}`]),
    ...(failOn === '' ? [] : [`--fail-on=${failOn}`]),
    ...(baseline === '' ? [] : [`--baseline=${fromWorkspace(where, baseline)}`]),
    ...(config === '' ? [] : [`--config=${fromWorkspace(where, config)}`]),
  ];
}

/**
 * The commit to compare with. A pull request is checked out as the commit that would merge it: its first parent is the base as it is now, so what the merge has and that
 * parent has not is what the pull request adds. Where its head was checked out instead, it is compared with the commit the two have in common.
 *
 * @param {string} folder
 * @returns {string | undefined}
 */
function baseOf(folder) {
  const asked = line('DEKEY_BASE');
  if (asked === 'none' || (asked === '' && env('DEKEY_SINCE') !== '')) return undefined;
  if (asked !== '') return asked;
  if (env('GITHUB_EVENT_NAME') !== 'pull_request') return undefined;
  const parent = git(folder, ['rev-parse', '--verify', '--quiet', 'HEAD^1^{commit}']);
  if (parent !== undefined && git(folder, ['rev-parse', '--verify', '--quiet', 'HEAD^2^{commit}']) !== undefined) return parent;
  const base = baseInEvent();
  const common = base === undefined ? undefined : git(folder, ['merge-base', base, 'HEAD']);
  if (common === undefined) annotate('notice', 'What the pull request is compared with is not in this checkout, so all findings count as new: give actions/checkout `fetch-depth: 2`.');
  return common;
}

/** @returns {string | undefined} */
function baseInEvent() {
  const sha = event()?.pull_request?.base?.sha;
  return typeof sha === 'string' && /^[0-9a-f]{40,64}$/.test(sha) ? sha : undefined;
}

/** @returns {{ readonly pull_request?: { readonly base?: { readonly sha?: unknown } } } | undefined} */
function event() {
  const file = env('GITHUB_EVENT_PATH');
  return file === '' ? undefined : JSON.parse(readFileSync(file, 'utf8'));
}

/**
 * @param {string} folder
 * @param {readonly string[]} args
 * @returns {string | undefined} an object id
 */
function git(folder, args) {
  // Not from inside the checkout: Windows looks for programs in the current folder first.
  const { status, stdout } = spawnSync('git', ['-C', folder, ...args], { cwd: tmpdir(), encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const id = (stdout ?? '').trim();
  return status === 0 && /^[0-9a-f]{40,64}$/.test(id) ? id : undefined;
}

/**
 * The token goes only where a target needs it.
 *
 * @param {readonly string[]} targets
 * @returns {NodeJS.ProcessEnv}
 */
function environment(targets) {
  const { DEKEY_TOKEN: token, ...rest } = process.env;
  return targets.some(isAddress) && token !== undefined && token !== '' ? { ...rest, GITHUB_TOKEN: token } : rest;
}

/** @param {string} markdown */
function addToSummary(markdown) {
  const file = env('GITHUB_STEP_SUMMARY');
  if (file === '') return;
  const before = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (before + Buffer.byteLength(markdown) > LARGEST_SUMMARY) annotate('notice', 'The job summary of this step is full, so the report is only in the log and the files.');
  else appendFileSync(file, markdown);
}

/**
 * @param {{ readonly findings: readonly { readonly severity: string, readonly confidence: string, readonly allowed?: string, readonly baselined?: string }[] }} inventory
 * @param {boolean} isCompared
 * @returns {{ readonly findings: number, readonly fresh: number, readonly worst: string }}
 */
function count(inventory, isCompared) {
  const certain = inventory.findings.filter(({ confidence, allowed }) => confidence !== 'low' && allowed === undefined);
  const fresh = certain.filter(({ baselined }) => baselined === undefined);
  const known = isCompared ? certain.filter(({ baselined }) => baselined?.startsWith('already in ') === true) : [];
  return { findings: fresh.length + known.length, fresh: fresh.length, worst: SEVERITIES.find((severity) => fresh.some((finding) => finding.severity === severity)) ?? '' };
}

/**
 * Tells the comments of two jobs on one pull request apart.
 *
 * @param {readonly string[]} parts
 * @returns {string}
 */
function keyOf(parts) {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}
