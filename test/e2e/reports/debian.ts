/** Programs that the proofs ask and that come from Debian: on a CI machine they are installed, anywhere else they are used where they are. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Path of the first of `names` on the PATH. In CI, as root, `packages` are installed when there is none. Undefined when none can be had. */
export function findProgram(names: readonly string[], packages: readonly string[], timeout = 400_000): string | undefined {
  const found = onPath(names);
  if (found !== undefined || (process.env['CI'] ?? '') === '' || process.getuid?.() !== 0) return found;
  for (const args of [['update', '-qq'], ['install', '-y', '-qq', '--no-install-recommends', ...packages]]) {
    const { status } = spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, timeout });
    if (status !== 0) return undefined;
  }
  return onPath(names);
}

function onPath(names: readonly string[]): string | undefined {
  return (process.env['PATH'] ?? '').split(delimiter).flatMap((folder) => names.map((name) => join(folder, name))).find((path) => existsSync(path));
}
