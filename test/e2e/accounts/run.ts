/** Accounts: `npm run e2e -- accounts [NAME...]`. Every source against a server of its own, then what is made of all of them. */
import type { Proof } from '../github/checks.ts';
import { proveScale } from './scale.ts';

const CASES: Readonly<Record<string, () => Proof | Promise<Proof>>> = {
  scale: proveScale,
};

/** Gives the exit code. */
export async function runAccounts(args: readonly string[]): Promise<number> {
  const started = performance.now();
  const failures: string[] = [];
  for (const [name, prove] of Object.entries(CASES)) {
    if (args.length > 0 && !args.includes(name)) continue;
    const began = performance.now();
    const proof = await prove();
    failures.push(...proof.failures);
    process.stdout.write(`${[`${proof.name}: ${proof.failures.length} failures, ${((performance.now() - began) / 1000).toFixed(1)} s`, ...proof.lines].join('\n')}\n\n`);
  }
  process.stdout.write(`${[`${((performance.now() - started) / 1000).toFixed(0)} s. Node ${process.version}.`, ...(failures.length === 0 ? ['All hold.'] : failures.slice(0, 60).map((failure) => `  FAILED ${failure}`))].join('\n')}\n`);
  return failures.length === 0 ? 0 : 1;
}
