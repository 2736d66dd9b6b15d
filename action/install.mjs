// @ts-check
// Makes dekey ready to run. Without `version`, the code at this commit of the action: who pins the action by a commit has then pinned all that runs, since the lockfile
// names every package by its hash. With `version`, that release from npm, which takes a few seconds instead of half a minute. Install scripts are off in both.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ActionError, env, run, setOutputs } from './runner.mjs';

const own = join(import.meta.dirname, '..');
const QUIET = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];

await run(() => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) throw new ActionError(`dekey needs Node 20.19 or later, and this is ${process.versions.node}: put actions/setup-node before it`);
  const version = env('DEKEY_VERSION');
  setOutputs({ bin: version === '' ? built() : released(version) });
  return 0;
});

/** @returns {string} the program of this commit */
function built() {
  const bin = join(own, 'bin', 'dekey.js');
  if (existsSync(join(own, 'dist', 'main.cjs'))) return bin;
  npm(own, ['ci', ...QUIET]);
  npm(own, ['run', '--silent', 'build']);
  return bin;
}

/**
 * @param {string} version
 * @returns {string} the program of a release
 */
function released(version) {
  if (!/^\d{1,6}\.\d{1,6}\.\d{1,6}(?:-[0-9A-Za-z.-]{1,40})?$/.test(version)) throw new ActionError('the input version has to be the exact number of a release, such as 0.1.0');
  // A folder of its own, with a manifest: npm would otherwise take its settings from the checkout, which a pull request may have changed.
  const folder = mkdtempSync(join(env('RUNNER_TEMP') || tmpdir(), 'dekey-'));
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  npm(folder, ['install', ...QUIET, `dekey@${version}`]);
  return join(folder, 'node_modules', 'dekey', 'bin', 'dekey.js');
}

/**
 * @param {string} folder where npm runs
 * @param {readonly string[]} args fixed words, or of a checked form
 */
function npm(folder, args) {
  const { status, error } = spawnSync('npm', args, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'], shell: process.platform === 'win32' });
  if (status !== 0) throw new ActionError(`npm ${args[0]} failed (${error?.message ?? `exit code ${status}`}); its own words stand above`);
}
