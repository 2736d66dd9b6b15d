// Checks the package as its users get it: packs it, looks at the file list, installs the tarball in an empty folder with install scripts off,
// and runs what was installed. Needs a build (`npm run build`). Exit 0: as it should be; 1: not, and why.
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Everything that may be in the package. */
const ALLOWED = [
  /^(?:package\.json|README\.md|LICENSE|CHANGELOG\.md|SECURITY\.md|bin\/dekey\.js|bin\/package\.json)$/,
  /^dist\/(?:main\.cjs|main\.cjs\.cache|worker\.cjs|apply\.cjs|github\.cjs|github-source\.cjs|accounts-source\.cjs|aws-source\.cjs|ui\.cjs|ui\.mjs|THIRD-PARTY\.txt)$/,
  /^dist\/report-page\.(?:js|css)$/,
  /^dist\/grammars\/(?:web-tree-sitter|tree-sitter-[a-z]+)\.wasm$/,
  /^dist\/prefilter(?:\.wasm|-tree\.bin|-history\.bin)$/,
  /^docs\/(?:(?:guides|paths)\/)?[\w-]+\.md$/,
  /^docs\/images\/[\w-]+\.svg$/,
  /^schema\/[\w-]+\.schema\.json$/,
];
const REQUIRED = ['bin/dekey.js', 'bin/package.json', 'dist/main.cjs', 'dist/main.cjs.cache', 'dist/worker.cjs', 'dist/apply.cjs', 'dist/github.cjs', 'dist/accounts-source.cjs', 'dist/aws-source.cjs', 'dist/ui.cjs', 'dist/ui.mjs', 'dist/github-source.cjs', 'dist/grammars/web-tree-sitter.wasm', 'dist/grammars/tree-sitter-typescript.wasm', 'dist/grammars/tree-sitter-python.wasm', 'dist/THIRD-PARTY.txt', 'dist/report-page.js', 'dist/report-page.css', 'dist/prefilter.wasm', 'dist/prefilter-tree.bin', 'dist/prefilter-history.bin', 'README.md', 'LICENSE', 'schema/inventory.schema.json'];
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall'];
const LARGEST_TARBALL = 4 * 2 ** 20;

const root = join(import.meta.dirname, '..');
const shell = process.platform === 'win32';
const work = mkdtempSync(join(tmpdir(), 'dekey-pack-'));
const faults = [];

try {
  const tarball = pack();
  install(tarball);
  run();
} finally {
  rmSync(work, { recursive: true, force: true });
}
for (const fault of faults) process.stderr.write(`package: ${fault}\n`);
if (faults.length > 0) process.exitCode = 1;
else process.stdout.write('package: as it should be\n');

function pack() {
  // Scripts are off so that what is packed is the build that was tested, and so that standard output is JSON alone.
  const answer = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', work], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], shell });
  const parsed = JSON.parse(answer);
  const [packed] = Array.isArray(parsed) ? parsed : Object.values(parsed);
  const paths = packed.files.map(({ path }) => path);
  for (const path of paths) if (!ALLOWED.some((pattern) => pattern.test(path))) faults.push(`${path} is not meant to be published`);
  for (const path of REQUIRED) if (!paths.includes(path)) faults.push(`${path} is missing`);
  if (packed.size > LARGEST_TARBALL) faults.push(`the tarball has ${packed.size} bytes, more than ${LARGEST_TARBALL}`);
  process.stdout.write(`package: ${paths.length} files, ${packed.size} bytes packed\n`);
  return join(work, packed.filename);
}

function install(tarball) {
  writeFileSync(join(work, 'package.json'), '{ "private": true }\n');
  execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', tarball], { cwd: work, stdio: ['ignore', 'ignore', 'inherit'], shell });
  const { scripts = {} } = JSON.parse(readFileSync(join(work, 'node_modules/dekey/package.json'), 'utf8'));
  for (const name of INSTALL_SCRIPTS) if (name in scripts) faults.push(`the package has an install script: ${name}`);
}

function run() {
  const dekey = join(work, 'node_modules/dekey/bin/dekey.js');
  const help = spawnSync(process.execPath, [dekey, '--help'], { encoding: 'utf8' });
  if (help.status !== 0 || !help.stdout.includes('Usage: dekey')) faults.push(`dekey --help ended with ${help.status}: ${help.stderr}`);

  const folder = join(work, 'tree');
  mkdirSync(folder);
  const key = ['sk-ant-', 'api03-', randomBytes(70).toString('base64url').slice(0, 93), 'AA'].join('');
  writeFileSync(join(folder, '.env'), `ANTHROPIC_API_KEY=${key}\n`);
  const scan = spawnSync(process.execPath, [dekey, 'scan', folder, '--format', 'json'], { cwd: work, encoding: 'utf8' });
  if (scan.status !== 1) faults.push(`a scan of a folder with a key ended with ${scan.status} and not with 1: ${scan.stderr}`);
  else if (JSON.parse(scan.stdout).summary.credentials !== 1) faults.push('a scan of a folder with one key did not find one credential');
  if (`${scan.stdout}${scan.stderr}`.includes(key)) faults.push('a key was printed');
}
