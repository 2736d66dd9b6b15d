/** Accounts: `npm run e2e -- accounts [NAME...]`. Every source against a server of its own, then what is made of all of them. */
import { requireBuild } from '../kit.ts';
import type { Proof } from '../github/checks.ts';
import { proveAnthropic } from './anthropic/prove.ts';
import { proveAws } from './aws/prove.ts';
import { proveAzure } from './azure/prove.ts';
import { proveJoin } from './case-join.ts';
import { proveGcp } from './gcp/prove.ts';
import { proveGitlab } from './gitlab/prove.ts';
import { proveKubernetes } from './kubernetes/prove.ts';
import { proveMachine } from './machine/prove.ts';
import { proveOpenai } from './openai/prove.ts';
import { proveScale } from './scale.ts';

/** `scale` comes first: memory is that of the whole process. */
const CASES: Readonly<Record<string, () => Proof | Promise<Proof>>> = {
  scale: proveScale,
  aws: proveAws,
  anthropic: proveAnthropic,
  openai: proveOpenai,
  gcp: proveGcp,
  azure: proveAzure,
  kubernetes: async () => await proveKubernetes(),
  gitlab: async () => await proveGitlab(),
  machine: proveMachine,
  join: proveJoin,
};

/** Gives the exit code. */
export async function runAccounts(args: readonly string[]): Promise<number> {
  requireBuild();
  const started = performance.now();
  const failures: string[] = [];
  for (const [name, prove] of Object.entries(CASES)) {
    if (args.length > 0 && !args.includes(name)) continue;
    const began = performance.now();
    const proof = await prove();
    failures.push(...proof.failures.map((failure) => `${name}: ${failure}`));
    process.stdout.write(`${[`${proof.name}: ${proof.failures.length} failures, ${((performance.now() - began) / 1000).toFixed(1)} s`, ...proof.lines].join('\n')}\n\n`);
  }
  process.stdout.write(`${[`${((performance.now() - started) / 1000).toFixed(0)} s. Node ${process.version}.`, ...(failures.length === 0 ? ['All hold.'] : failures.slice(0, 60).map((failure) => `  FAILED ${failure}`))].join('\n')}\n`);
  return failures.length === 0 ? 0 : 1;
}
