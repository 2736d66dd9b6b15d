/** The pictures of the documentation: the program is run on the small repository of `test/support/demo.ts`, and what it printed is drawn. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kit } from '../test/e2e/kit.ts';
import { DEMO_SEED, makeDemo } from '../test/support/demo.ts';
import { draw } from './picture.ts';

const MINUTE = 60_000;

/** By path. @throws when the program was never built: its prefilter is a part of the build. */
export function demoPictures(root: string): Map<string, string> {
  if (!existsSync(join(root, 'src/detect/prefilter/prefilter.wasm'))) throw new Error('the pictures need a build: npm run build');
  const { version }: { readonly version: string } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const kit = new Kit(DEMO_SEED);
  try {
    const folder = makeDemo(kit);
    // From the sources, so that a picture is never older than what it shows.
    const { stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts/run.mjs'), join(root, 'src/cli/main.ts'), 'scan'], {
      cwd: folder, encoding: 'utf8', timeout: MINUTE, env: { PATH: process.env['PATH'] ?? '', HOME: kit.home, FORCE_COLOR: '1' },
    });
    if (!stdout.includes('Path to zero')) throw new Error(`dekey scan said: ${stderr}${stdout}`);
    // How long it took is another thing on each machine; of a run from the sources the version is none.
    const output = stdout.replace(/ {2}\u00b7 {2}\d+\.\d s$/m, '').replace('0.0.0-dev', version);
    return new Map([['docs/images/scan.svg', draw({ title: 'dekey scan of a small repository: three keys, what uses each, how bad each is and why, and how many can be replaced today', command: 'npx dekey scan', output })]]);
  } finally {
    kit.remove();
  }
}
