/**
 * The way of somebody new, timed: `npm run bench -- newcomer`. A fresh clone of what is committed here, its installation, then in a small repository with keys the first useful finding, the
 * first plan and the first diff, with the commands of the README. How long it takes depends on the machine and on what npm has in its cache, so nothing is asserted of it; that each
 * step gives what it is for, is.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Kit } from '../test/e2e/kit.ts';
import { DEMO_SEED, makeDemo } from '../test/support/demo.ts';
import { table } from './table.ts';

interface Step {
  readonly what: string;
  readonly command: string;
  readonly seconds: number;
  readonly holds: boolean;
}

/** Gives what to print, and whether every step gave what it is for. */
export function newcomer(root: string): { readonly lines: readonly string[]; readonly holds: boolean } {
  const kit = new Kit(DEMO_SEED);
  try {
    const clone = join(kit.home, 'dekey');
    const demo = makeDemo(kit);
    const steps: Step[] = [];
    const step = (what: string, command: string, act: () => boolean): void => {
      const started = performance.now();
      const holds = act();
      steps.push({ what, command, seconds: (performance.now() - started) / 1000, holds });
    };
    const dekey = (verb: string, gives: RegExp): boolean => {
      const { stdout } = spawnSync(process.execPath, [join(clone, 'bin/dekey.js'), verb], { cwd: demo, encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '', HOME: kit.home, NO_COLOR: '1' } });
      return gives.test(stdout);
    };
    step('a clone', 'git clone', () => {
      execFileSync('git', ['clone', '-q', '--no-hardlinks', `file://${root}`, clone], { stdio: ['ignore', 'ignore', 'inherit'] });
      return true;
    });
    step('installed and built', 'npm ci', () => spawnSync('npm', ['ci', '--loglevel=error'], { cwd: clone, stdio: ['ignore', 'ignore', 'inherit'] }).status === 0);
    step('the first finding', 'dekey scan', () => dekey('scan', /HIGH \d+ +Anthropic API key[\s\S]*used by +github-actions/));
    step('the first plan', 'dekey plan', () => dekey('plan', /GitHub Actions \u2192 Anthropic[\s\S]*refuses \d+ kinds of other tokens/));
    step('the first diff', 'dekey apply', () => dekey('apply', /^\+ +id-token: write/m));
    let sum = 0;
    const rows = steps.map(({ what, command, seconds, holds }) => {
      sum += seconds;
      return [what, command, seconds.toFixed(1), sum.toFixed(1), holds ? '' : 'FAILED'];
    });
    return { lines: ['', 'From a fresh clone, in seconds', '', ...table(['what', 'command', 'took', 'since the start', ''], rows)], holds: steps.every(({ holds }) => holds) };
  } finally {
    kit.remove();
  }
}
