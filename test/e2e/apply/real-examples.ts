/**
 * Programs of public repositories, edited by the built program and run: `npm run e2e -- apply --real-examples DIR [--only NAME]`.
 *
 * DIR holds a folder per program, as it stands in its repository, and `examples.json`, which says where each is from and how it is started. Nothing of them is kept here. Each gets the
 * SDKs that its edited manifest asks for, from npm or PyPI, and is run unchanged and edited against the providers' own host names, which are served on loopback (`_hosts.ts`).
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { build } from 'esbuild';
import { table } from '../../../bench/table.ts';
import { judgeFolder } from '../../../scripts/judges/install.ts';
import { readFields } from '../plan/http.ts';
import { type Hosts, type Seen, startHosts } from './_hosts.ts';
import { AUDIENCES, oldKeyFor, type Provider, type Providers, startProviders, type Way } from './_providers.ts';
import { added, typeErrors } from './_types-js.ts';

interface Example {
  readonly name: string;
  readonly repository: string;
  readonly commit: string;
  /** Of the program, in its repository. */
  readonly path: string;
  /** The same below the folder of the example. */
  readonly program: string;
  readonly provider: Provider;
  readonly runsOn: string;
  /** Variables that hold the key where the program is as it was. */
  readonly keys: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** What the program needs installed, in the versions that its manifest asks for, before and after; `name@version` or the newest where it names none. */
  readonly packages: readonly string[];
  /** What is typed. */
  readonly input?: string;
}

interface Ran {
  readonly way: Way;
  readonly code: number | null;
  readonly exchanges: number;
  readonly seen: readonly Seen[];
  readonly output: string;
}

interface Installed {
  readonly folder: string;
  readonly versions: string;
}

interface Outcome {
  readonly cells: readonly string[];
  readonly failures: readonly string[];
}

const PROGRAM = join(process.cwd(), 'bin', 'dekey.js');
const TIMEOUT = 120_000;
/** Their SDKs find this variable by themselves when nothing else is there: an edited program works with it until it is taken away, which is why one that is left behind stops `--write`. */
const FOUND_BY_SDK: Readonly<Partial<Record<Provider, readonly string[]>>> = { anthropic: ['ANTHROPIC_API_KEY'], aws: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'], huggingface: ['HF_TOKEN'] };

/** Failures; empty when everything is as it should be. */
export async function proveRealExamples(say: (lines: readonly string[]) => void, root: string, only = /./): Promise<readonly string[]> {
  const list = join(root, 'examples.json');
  if (!existsSync(list)) return [`${list} is not there: it says which programs to take and where they are from`];
  const examples = (JSON.parse(readFileSync(list, 'utf8')) as readonly Example[]).filter(({ name }) => only.test(name));
  const scratch = mkdtempSync(join(tmpdir(), 'dekey-real-'));
  const providers = await startProviders();
  const hosts = await startHosts(scratch, providers);
  const rows: (readonly string[])[] = [];
  const failures: string[] = [];
  try {
    for (const example of examples) {
      const outcome = await prove(example, join(root, example.name), scratch, providers, hosts).catch((error: unknown): Outcome => ({ cells: [], failures: [error instanceof Error ? error.message : String(error)] }));
      rows.push([example.name, `${example.repository}@${example.commit.slice(0, 7)}`, ...outcome.cells]);
      failures.push(...outcome.failures.map((failure) => `${example.name}: ${failure}`));
      say([`  ${rows.length} of ${examples.length}: ${example.name}: ${outcome.failures[0] === undefined ? 'holds' : `FAILED: ${outcome.failures[0]}`}`]);
    }
  } finally {
    await hosts.stop();
    await providers.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
  const failed = new Set(failures.map((failure) => failure.slice(0, failure.indexOf(':'))));
  const typed = examples.filter(({ program }) => !program.endsWith('.py')).length;
  say([
    '',
    ...table(['program', 'from', 'packages', 'edited', 'check', 'before: key', 'before: none', 'after: identity', 'after: key only', 'after: none', 'after: both'], rows),
    '',
    `${examples.length} programs of ${new Set(examples.map(({ repository }) => repository)).size} repositories (${typed} TypeScript or JavaScript, ${examples.length - typed} Python; ${new Set(examples.map(({ provider }) => provider)).size} providers): ${examples.length - failed.size} hold.`,
    'key*: the SDK finds the old variable by itself; apply names it as a leftover. after: both is told, not wanted: it is the SDK that decides.',
  ]);
  return failures;
}

async function prove(example: Example, source: string, scratch: string, providers: Providers, hosts: Hosts): Promise<Outcome> {
  const home = join(scratch, example.name);
  const edited = edit(example, source, join(home, 'edited'));
  const isPython = example.program.endsWith('.py');
  const install = isPython ? installPython : installNode;
  const [original, installed] = [install(example, source), install(example, join(home, 'edited'))];
  // Node looks for packages in the folders above.
  const places = [original, installed].map(({ folder }) => (isPython ? mkdtempSync(join(home, 'run-')) : mkdtempSync(join(folder, 'run-'))));
  const failures: string[] = [];
  try {
    const [before, after] = places.map((place) => join(place, 'program')) as [string, string];
    cpSync(source, before, { recursive: true, verbatimSymlinks: true });
    cpSync(join(home, 'edited'), after, { recursive: true, verbatimSymlinks: true });
    const fresh = isPython ? compile(installed, before, after, example.program) : added(...([before, after].map((folder) => typeErrors(join(folder, 'tsconfig.proof.json'), example.program).map((error) => error.replaceAll(folder, ''))) as [string[], string[]]));
    failures.push(...fresh.map((error) => `after the edit: ${error}`));
    const old = Object.fromEntries(example.keys.map((name) => [name, oldKeyFor(example.provider)]));
    const own = FOUND_BY_SDK[example.provider];
    const isFoundBySdk = own?.every((name) => example.keys.includes(name)) === true && !edited.isByHand;
    const run = async (title: string, folder: string, variables: Readonly<Record<string, string>>, withIdentity: boolean, wanted: Way | undefined): Promise<string> => {
      const ran = await start(example, folder === before ? original : installed, folder, scratch, variables, withIdentity, providers, hosts);
      const strays = ran.seen.filter(({ status, host }) => status === 403 || host === '').map(({ host, path }) => `${host}${path}`);
      const why = `${ran.seen.map(({ method, host, path, status }) => `${method} ${host}${path} ${status}`).join(', ')} | exit ${ran.code} | ${ran.output.trim().split('\n').slice(-6).join(' / ').slice(0, 900)}`;
      if (wanted !== undefined && ran.way !== wanted) failures.push(`${title}: ${ran.way} where ${wanted} is right: ${why}`);
      if (wanted === 'token' && ran.exchanges === 0) failures.push(`${title}: no exchange was seen`);
      if (wanted === 'token' && ran.seen.some(({ hasKey }) => hasKey)) failures.push(`${title}: a key was sent`);
      if (strays.length > 0) failures.push(`${title}: asked of hosts that nobody plays: ${strays.join(', ')}`);
      return ran.way;
    };
    const cells = [
      await run('before, with the key', before, old, false, 'key'),
      await run('before, without the key', before, {}, false, 'refused'),
      await run('after, with the identity', after, {}, true, 'token'),
      `${await run('after, with the key and no identity', after, old, false, isFoundBySdk ? 'key' : 'refused')}${isFoundBySdk ? '*' : ''}`,
      await run('after, with nothing', after, {}, false, 'refused'),
      await run('after, with both', after, old, true, undefined),
    ];
    return { cells: [original.versions === installed.versions ? installed.versions : `${installed.versions} (before: ${original.versions})`, edited.files.join(' '), fresh.length === 0 ? 'ok' : `${fresh.length} new`, ...cells], failures };
  } finally {
    for (const place of places) rmSync(place, { recursive: true, force: true });
    rmSync(home, { recursive: true, force: true });
  }
}

/** Plans and applies with the built program, in a repository of its own. It throws where the program is neither edited nor said to work as it stands. */
function edit({ repository, program, runsOn }: Example, source: string, folder: string): { readonly files: readonly string[]; readonly isByHand: boolean } {
  cpSync(source, folder, { recursive: true, verbatimSymlinks: true });
  const env = { PATH: process.env['PATH'], NO_COLOR: '1', HOME: folder, GIT_CONFIG_NOSYSTEM: '1' };
  for (const args of [['init', '-q', '-b', 'main'], ['remote', 'add', 'origin', `https://github.com/${repository}`]]) spawnSync('git', args, { cwd: folder, env });
  const dekey = (args: readonly string[]): { readonly status: number | null; readonly stdout: string; readonly stderr: string } => spawnSync(process.execPath, [PROGRAM, ...args], { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 29, env });
  const planned = dekey(['plan', '.', '--quiet', '--format', 'json', '--runs-on', `code=${runsOn}`]);
  if (planned.status !== 0 && planned.status !== 3) throw new Error(`dekey plan ended with ${planned.status}: ${planned.stderr.slice(0, 300)}`);
  const applied = dekey(['apply', 'dekey-plan', '--write', '--allow-leftovers', '--format', 'json']);
  const result = readFields(applied.stdout);
  if (applied.status !== 0 || result === undefined) throw new Error(`dekey apply ended with ${applied.status}: ${applied.stderr.slice(0, 300)}`);
  const files = result['files'] as readonly { readonly path: string; readonly changes: readonly { readonly id: string }[]; readonly refusals: readonly { readonly code: string; readonly reason: string }[] }[];
  const own = files.find(({ path }) => path === program);
  const canStay = own?.refusals.every(({ code }) => code === 'not-named-here') === true && own.refusals.length > 0;
  if (own === undefined || (own.changes.length === 0 && !canStay)) throw new Error(`${program} is not edited: ${own?.refusals.map(({ reason }) => reason).join(' ') ?? 'nothing was found in it'}`);
  rmSync(join(folder, 'dekey-plan'), { recursive: true, force: true });
  rmSync(join(folder, '.git'), { recursive: true, force: true });
  const isManifest = (path: string): boolean => /(?:^|\/)(?:package\.json|requirements[^/]*\.txt|pyproject\.toml)$/.test(path);
  const shown = files.filter(({ path, changes }) => changes.length > 0 && (path === program || (isManifest(path) && program.startsWith(dirname(path) === '.' ? '' : `${dirname(path)}/`)))).map(({ path }) => path);
  return { files: shown, isByHand: own.changes.some(({ id }) => id.startsWith('request/')) };
}

function installNode({ packages, program }: Example, folder: string): Installed {
  const manifest = manifestsAbove(folder, program, (name) => name === 'package.json').map((path) => readFields(readFileSync(path, 'utf8')) ?? {});
  const names = packages.map(nameOf);
  const wanted = packages.map((given) => {
    const name = nameOf(given);
    const asked = manifest.map((one) => ({ ...fieldsOf(one['devDependencies']), ...fieldsOf(one['dependencies']) })[name]).find((one): one is string => typeof one === 'string');
    // Names of packages beside it in its own repository.
    return asked === undefined || /^(?:workspace|file|link|catalog):/.test(asked) ? given : `${name}@${asked}`;
  });
  const specs = [...wanted, '@types/node@22.19.1'];
  const target = installFolder('node', specs);
  if (!target.isThere) {
    mkdirSync(target.folder, { recursive: true });
    writeFileSync(join(target.folder, 'package.json'), '{ "private": true, "type": "module" }\n');
    const run = spawnSync('npm', ['install', '--prefix', target.folder, '--ignore-scripts', '--no-audit', '--no-fund', '--legacy-peer-deps', '--engine-strict=false', '--loglevel=error', ...specs], { cwd: target.folder, encoding: 'utf8', timeout: 600_000 });
    if (run.status !== 0) throw new Error(`cannot be installed: ${run.stdout}${run.stderr}`.slice(0, 400));
    writeFileSync(target.stamp, '');
  }
  const versions = names.map((name) => {
    const { version } = JSON.parse(readFileSync(join(target.folder, 'node_modules', name, 'package.json'), 'utf8')) as { readonly version: string };
    return `${name}@${version}`;
  });
  return { folder: target.folder, versions: versions.join(' ') };
}

/** `@scope/name@1.2.3` without its version. */
function nameOf(given: string): string {
  return given.replace(/(?<=.)@.*$/, '');
}

function installPython({ packages, program }: Example, folder: string): Installed {
  const texts = manifestsAbove(folder, program, (name) => /^(?:requirements[^/]*\.txt|pyproject\.toml)$/.test(name)).map((path) => readFileSync(path, 'utf8'));
  const names = packages.map((given) => given.replace(/[<>=~!].*$/, ''));
  const specs = packages.map((name, index) => {
    if (name !== names[index]) return name;
    const line = new RegExp(`(?:^|["'])[^\\S\\n]*${name.replaceAll(/[-_]/g, '[-_]')}((?:\\[[^\\]]*\\])?[^\\S\\n]*(?:[=<>~!][^"'#;\\n]*)?)[^\\S\\n]*(?:[;#].*)?(?:["']|$)`, 'im');
    return `${name}${texts.map((text) => line.exec(text)?.[1]).find((one) => one !== undefined)?.replaceAll(/\s/g, '') ?? ''}`;
  });
  const target = installFolder('python', specs);
  const python = join(target.folder, 'bin', 'python');
  if (!target.isThere) {
    mkdirSync(dirname(target.folder), { recursive: true });
    for (const [command, args] of [['python3', ['-m', 'venv', target.folder]], [python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--prefer-binary', ...specs, 'pyflakes']]] as const) {
      const run = spawnSync(command, args, { encoding: 'utf8', timeout: 600_000 });
      if (run.status !== 0) throw new Error(`cannot be installed: ${run.stdout}${run.stderr}`.slice(-400));
    }
    writeFileSync(target.stamp, '');
  }
  const asked = spawnSync(python, ['-c', `import importlib.metadata as m\nprint(' '.join(f'{n}=={m.version(n)}' for n in ${JSON.stringify(names)}))`], { encoding: 'utf8' });
  return { folder: target.folder, versions: asked.stdout.trim() };
}

/** Outside of the tree's own files; again when other versions are asked for. */
function installFolder(kind: string, specs: readonly string[]): { readonly folder: string; readonly stamp: string; readonly isThere: boolean } {
  const folder = join(judgeFolder, 'real-examples', `${kind}-${createHash('sha256').update(specs.join('\n')).digest('hex').slice(0, 16)}`);
  const stamp = join(folder, '.installed');
  const isThere = existsSync(stamp);
  if (!isThere) rmSync(folder, { recursive: true, force: true });
  return { folder, stamp, isThere };
}

/** Manifests beside the program, then those of the folders above it. */
function manifestsAbove(folder: string, program: string, isOne: (name: string) => boolean): readonly string[] {
  const found: string[] = [];
  for (let at = dirname(program); ; at = dirname(at)) {
    for (const name of ['package.json', 'pyproject.toml', 'requirements.txt', 'requirements-dev.txt']) if (isOne(name) && existsSync(join(folder, at, name))) found.push(join(folder, at, name));
    if (at === '.') return found;
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/** What Python and pyflakes say of the edited program and did not say of the original. */
function compile({ folder }: Installed, before: string, after: string, program: string): readonly string[] {
  const python = join(folder, 'bin', 'python');
  const ask = (module: string, place: string): readonly string[] => {
    const { status, stdout, stderr } = spawnSync(python, ['-m', module, join(place, program)], { encoding: 'utf8' });
    return status === 0 ? [] : `${stdout}${stderr}`.split('\n').filter((line) => line !== '').map((line) => line.replaceAll(place, '').replace(/^.*?:\d+:\d+:? /, '').replace(/ from line \d+/, ''));
  };
  return ['py_compile', 'pyflakes'].flatMap((module) => added(ask(module, before), ask(module, after)));
}

async function start(example: Example, { folder: installed }: Installed, folder: string, scratch: string, variables: Readonly<Record<string, string>>, withIdentity: boolean, providers: Providers, hosts: Hosts): Promise<Ran> {
  // A home of its own for each process, and a token: tokens are shown once.
  const home = mkdtempSync(join(scratch, 'home-'));
  const [tokenFile, googleCredentials] = [join(home, 'token'), join(home, 'credentials.json')];
  const token = await providers.mint(AUDIENCES[example.provider], 600);
  writeFileSync(tokenFile, token);
  writeFileSync(googleCredentials, providers.googleCredentials(tokenFile, 'https://sts.googleapis.com/v1/token'));
  const identity = withIdentity ? providers.identity(example.provider, { tokenFile, googleCredentials, token }) : {};
  const quiet = { AWS_EC2_METADATA_DISABLED: 'true', AWS_MAX_ATTEMPTS: '1', NO_GCE_CHECK: 'true', METADATA_SERVER_DETECTION: 'none', AZURE_TOKEN_CREDENTIALS: 'WorkloadIdentityCredential', HF_HUB_DISABLE_TELEMETRY: '1', LANGCHAIN_TRACING_V2: 'false' };
  const isPython = example.program.endsWith('.py');
  const network = isPython
    ? { HTTPS_PROXY: hosts.proxy, HTTP_PROXY: hosts.proxy, SSL_CERT_FILE: hosts.certificate, REQUESTS_CA_BUNDLE: hosts.certificate, AWS_CA_BUNDLE: hosts.certificate }
    : { NODE_EXTRA_CA_CERTS: hosts.certificate };
  const { PATH = '' } = process.env;
  const env = { PATH, HOME: home, PYTHONDONTWRITEBYTECODE: '1', ...quiet, ...network, ...example.environment, ...variables, ...identity };
  const [command, args] = isPython ? [join(installed, 'bin', 'python'), [example.program]] : [process.execPath, ['--import', hosts.preload, await runnable(folder, example.program)]];
  providers.ways();
  providers.exchanges();
  hosts.seen();
  const child = spawn(command, args, { cwd: folder, env, stdio: ['pipe', 'pipe', 'pipe'], timeout: TIMEOUT });
  child.stdin.on('error', () => undefined).end(example.input ?? '');
  let output = '';
  child.stdout.on('data', (part: Buffer) => (output += part.toString('utf8')));
  child.stderr.on('data', (part: Buffer) => (output += part.toString('utf8')));
  const code = await new Promise<number | null>((ended) => child.on('close', ended));
  const ways = providers.ways();
  const isIn = (way: Way): boolean => ways.includes(way);
  // Let in once is enough to count as in; in is only who was never turned away, and ended well.
  const way: Way = isIn('key') ? 'key' : isIn('token') ? 'token' : 'refused';
  const isWhole = way === 'refused' || (code === 0 && !isIn('refused'));
  return { way: isWhole ? way : 'refused', code, exchanges: providers.exchanges(), seen: hosts.seen(), output };
}

/** The file to hand to Node: TypeScript, and modules that are not named as such, are put together first; packages stay what they are. */
async function runnable(folder: string, program: string): Promise<string> {
  const text = readFileSync(join(folder, program), 'utf8');
  const [manifest] = manifestsAbove(folder, program, (name) => name === 'package.json');
  const isModule = extname(program) === '.mjs' || (manifest !== undefined && readFields(readFileSync(manifest, 'utf8'))?.['type'] === 'module');
  const isWritten = /^\s*import\s|^\s*export\s/m.test(text);
  if (/^\.[cm]?js$/.test(extname(program)) && isModule === isWritten) return join(folder, program);
  const outfile = join(folder, `${program}.proof.mjs`);
  await build({ entryPoints: [join(folder, program)], outfile, bundle: true, packages: 'external', platform: 'node', format: 'esm', target: 'node20', logLevel: 'silent' });
  return outfile;
}
