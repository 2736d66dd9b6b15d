/**
 * GitHub at the scale of an organisation: `npm run e2e -- github [--full] [NAME...]`. The built program as it is, against a loopback GitHub that holds every request and
 * every answer against GitHub's published description. Tracks run beside each other: those that open pull requests mostly wait, as GitHub asks of them.
 */
import { requireBuild } from '../kit.ts';
import { provePullFaults, proveScanFaults } from './case-faults.ts';
import { proveInventory } from './case-inventory.ts';
import { proveRefusals, proveWindows } from './case-limits.ts';
import { provePulls } from './case-pulls.ts';
import { Proof } from './checks.ts';

interface Case {
  readonly name: string;
  readonly prove: () => Promise<Proof>;
}

/** Gives the exit code. */
export async function runGithub(args: readonly string[]): Promise<number> {
  requireBuild();
  const isFull = args.includes('--full');
  const names = args.filter((arg) => !arg.startsWith('--'));
  const tracks: readonly (readonly Case[])[] = [
    [{ name: 'pulls', prove: async () => await provePulls(40) }],
    [{ name: 'pull-faults', prove: async () => await provePullFaults(isFull ? 12 : 5) }],
    [
      { name: 'inventory', prove: async () => await proveInventory(1_200) },
      { name: 'scan-faults', prove: async () => await proveScanFaults(isFull ? 200 : 40) },
      { name: 'windows', prove: async () => await proveWindows(isFull ? 5_000 : 60, isFull ? 120 : 6) },
      { name: 'refusals', prove: proveRefusals },
    ],
  ];
  const started = performance.now();
  const proofs = (await Promise.all(tracks.map(async (track) => await runTrack(track.filter(({ name }) => names.length === 0 || names.includes(name)))))).flat();
  const failures = proofs.flatMap((proof) => proof.failures);
  const lines = [`${proofs.length} proofs in ${((performance.now() - started) / 1000).toFixed(0)} s. Node ${process.version}.`, ...(failures.length === 0 ? ['All hold.'] : failures.slice(0, 60).map((failure) => `  FAILED ${failure}`))];
  process.stdout.write(`\n${lines.join('\n')}\n`);
  return failures.length === 0 ? 0 : 1;
}

async function runTrack(cases: readonly Case[]): Promise<readonly Proof[]> {
  const proofs: Proof[] = [];
  for (const { name, prove } of cases) {
    const started = performance.now();
    let proof: Proof;
    try {
      proof = await prove();
    } catch (error) {
      proof = new Proof(name);
      proof.check(false, error instanceof Error ? error.message : String(error));
    }
    proofs.push(proof);
    process.stdout.write(`${[`${proof.name}: ${proof.failures.length} failures, ${((performance.now() - started) / 1000).toFixed(1)} s`, ...proof.lines].join('\n')}\n\n`);
  }
  return proofs;
}
