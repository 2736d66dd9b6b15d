// Installs every judge that is not ours and runs the tests that ask one. Exit 1 when a judge cannot be had or a test fails: nothing is skipped here.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const judged = ['test/report-sarif.test.ts', 'test/rewrite/cluster.test.ts', 'test/rewrite/ci-scripts.test.ts', 'test/report-markdown.test.ts', 'test/action/judges.test.ts'];

const steps = [
  [join(import.meta.dirname, 'sarif.mjs'), '--install'],
  [join(root, 'scripts/run.mjs'), join(import.meta.dirname, 'python.ts')],
  [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...judged],
];
for (const args of steps) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env: { ...process.env, DEKEY_JUDGES: 'required' } });
  if (status !== 0) {
    process.exitCode = 1;
    break;
  }
}
