/** Installs the judges that the quick tests ask, Python packages and actionlint: `node scripts/run.mjs scripts/judges/python.ts`. */
import { installJudges } from './install.ts';

for (const { name, seconds, failure } of installJudges({ slow: false, only: ['python', 'actionlint'] })) {
  process.stdout.write(`${name}: ${failure ?? `installed, ${seconds} s`}\n`);
  if (failure !== undefined) process.exitCode = 1;
}
