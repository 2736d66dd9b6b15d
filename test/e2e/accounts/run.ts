/** Accounts: `npm run e2e -- accounts [NAME...]`. Every source against a server of its own, then what is made of all of them. */
import { requireBuild } from '../kit.ts';
import type { Proof } from '../github/checks.ts';

/** `scale` comes first, and each is loaded when its turn comes: memory is that of the whole process. */
const CASES: Readonly<Record<string, () => Promise<Proof>>> = {
  scale: async () => (await import('./scale.ts')).proveScale(),
  aws: async () => await (await import('./aws/prove.ts')).proveAws(),
  anthropic: async () => await (await import('./anthropic/prove.ts')).proveAnthropic(),
  openai: async () => await (await import('./openai/prove.ts')).proveOpenai(),
  gcp: async () => await (await import('./gcp/prove.ts')).proveGcp(),
  azure: async () => await (await import('./azure/prove.ts')).proveAzure(),
  kubernetes: async () => await (await import('./kubernetes/prove.ts')).proveKubernetes(),
  gitlab: async () => await (await import('./gitlab/prove.ts')).proveGitlab(),
  machine: async () => await (await import('./machine/prove.ts')).proveMachine(),
  exposed: async () => await (await import('./case-exposed.ts')).proveExposed(),
  join: async () => await (await import('./case-join.ts')).proveJoin(),
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
