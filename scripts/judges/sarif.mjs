// Judges SARIF files by a validator that is not ours, with GitHub's rules on.
//   node scripts/judges/sarif.mjs FILE...      exit 0: no errors or warnings; 1: some, printed; 2: bad usage; 3: validator not installed
//   node scripts/judges/sarif.mjs --install    puts the validator (a 105 MB package with its own runtime) under .judges/
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PACKAGE = '@microsoft/sarif-multitool';
const VERSION = '5.7.0';
const folder = join(import.meta.dirname, '..', '..', '.judges');
// Run directly: the package's launcher goes through a shell, which would take the `;` between rule kinds for the end of the command.
const validator = join(folder, 'node_modules', `${PACKAGE}-${process.platform}`, process.platform === 'win32' ? 'Sarif.Multitool.exe' : 'Sarif.Multitool');

function install() {
  mkdirSync(folder, { recursive: true });
  const manifest = join(folder, 'package.json');
  if (!existsSync(manifest)) writeFileSync(manifest, '{ "private": true }\n');
  execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', `${PACKAGE}@${VERSION}`], { cwd: folder, stdio: 'inherit', shell: process.platform === 'win32' });
  // With install scripts off nobody else sets the bit.
  if (process.platform !== 'win32') chmodSync(validator, 0o755);
}

/** Errors and warnings of one file, one string each. */
function judge(file) {
  const work = mkdtempSync(join(tmpdir(), 'dekey-sarif-'));
  try {
    const output = join(work, 'verdict.sarif');
    const run = spawnSync(validator, ['validate', file, '--rule-kind', 'Sarif;Ghas', '--level', 'Error;Warning', '--output', output], { encoding: 'utf8' });
    if (!existsSync(output)) return [`the validator gave no verdict: ${run.error?.message ?? run.stdout + run.stderr}`];
    const verdict = JSON.parse(readFileSync(output, 'utf8'));
    const complaints = verdict.runs.flatMap((one) => (one.results ?? []).map((result) => complaint(one, result)));
    const failures = verdict.runs.flatMap((one) => (one.invocations ?? []).flatMap(({ toolExecutionNotifications = [], toolConfigurationNotifications = [] }) => [...toolExecutionNotifications, ...toolConfigurationNotifications]));
    return [...complaints, ...failures.filter(({ level }) => level === 'error').map(({ message }) => message.text)];
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function complaint(run, result) {
  const rule = run.tool.driver.rules?.find(({ id }) => id === result.ruleId);
  const template = result.message.text ?? rule?.messageStrings?.[result.message.id]?.text ?? '';
  const text = template.replace(/\{(\d+)\}/g, (whole, index) => result.message.arguments?.[Number(index)] ?? whole);
  const line = result.locations?.[0]?.physicalLocation?.region?.startLine;
  return `${result.ruleId} ${result.level ?? 'warning'}${line === undefined ? '' : ` line ${line}`}: ${text}`;
}

const files = process.argv.slice(2);
if (files.length === 0) {
  process.stderr.write('usage: node scripts/judges/sarif.mjs FILE... | --install\n');
  process.exitCode = 2;
} else if (files[0] === '--install') {
  install();
} else if (!existsSync(validator)) {
  process.stderr.write('The SARIF validator is not installed: node scripts/judges/sarif.mjs --install\n');
  process.exitCode = 3;
} else {
  for (const file of files) {
    const complaints = judge(file);
    for (const text of complaints) process.stdout.write(`${file}: ${text}\n`);
    if (complaints.length > 0) process.exitCode = 1;
    else process.stdout.write(`${file}: valid\n`);
  }
}
