/** Installs the judges that are Python packages: `node scripts/run.mjs scripts/judges/python.ts`. */
import { installJudges } from './install.ts';

for (const { name, seconds, failure } of installJudges({ slow: false, only: ['python'] })) {
  process.stdout.write(`${name}: ${failure ?? `installed, ${seconds} s`}\n`);
  if (failure !== undefined) process.exitCode = 1;
}
