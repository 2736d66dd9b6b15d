/** A fifth of all answers goes wrong and the program is killed ten times: what comes of it is what comes of a quiet run. */
import { seededRandom } from '../../support/recipes.ts';
import { comparable } from './case-inventory.ts';
import { CHANGING, itemsOf, stateOf } from './case-pulls.ts';
import { Proof } from './checks.ts';
import type { FaultKind } from './server/faults.ts';
import { Faults } from './server/faults.ts';
import type { Record } from './server/journal.ts';
import { type RunOptions, Session } from './session.ts';

const SHARE = 0.2;
const KILLS = 10;
const FAULTS = { share: SHARE, seed: 47, inARow: 3, stallMs: 1500 } as const;

export async function proveScanFaults(repositories: number): Promise<Proof> {
  const proof = new Proof('faults while scanning');
  const session = await Session.open(45, { repositories }, { limits: { pointsAMinute: 20_000 } });
  try {
    const quiet = await session.scan(['github:acme'], { cache: 'quiet' });
    session.server.faults = new Faults(FAULTS);
    const { killed } = await killedTimes(proof, session, ['scan', 'github:acme', '--fail-on', 'none', '--format', 'json'], quiet.records.length, {});
    const last = await session.scan(['github:acme']);
    proof.say(`  ${killed} killed runs; the last took ${last.seconds.toFixed(1)} s and ${last.records.length} requests after ${quiet.records.length} of a quiet run; faults: ${drawn(session.server.faults)}`);
    proof.equal(last.code, 0, 'exit code of the last run');
    proof.equal(comparable(last.inventory), comparable(quiet.inventory), 'another inventory than that of a quiet run');
    proof.clean(session);
  } finally {
    await session.close();
  }
  return proof;
}

export async function provePullFaults(repositories: number): Promise<Proof> {
  const proof = new Proof('faults while opening pull requests');
  const world = { repositories, isForPulls: true, shapes: CHANGING } as const;
  const [quiet, noisy] = [await Session.open(46, world, { limits: { pointsAMinute: 20_000 } }), await Session.open(46, world, { limits: { pointsAMinute: 20_000 } })];
  try {
    const write = ['apply', '--pull-request', '--write', '--format', 'json'];
    const [calm] = await Promise.all([quiet, noisy].map(async (session) => {
      await session.dekey(['plan', 'github:acme']);
      return session === quiet ? await session.dekey(write, { token: 'write' }) : undefined;
    }));
    noisy.server.faults = new Faults(FAULTS);
    const { killed, lost } = await killedTimes(proof, noisy, write, calm?.records.length ?? 1, { token: 'write' });
    let rounds = 0;
    let unseen = lost;
    let code = -1;
    // A change whose answer was lost may leave an item undone in one run; the next one finds out.
    for (; rounds < 4 && code !== 0; rounds += 1) {
      const run = await noisy.dekey(write, { token: 'write' });
      ({ code } = run);
      unseen += lostAnswers(run.records);
    }
    proof.say(`  ${killed} killed runs, then ${rounds} to the end; ${unseen} changes made whose answer was lost; faults: ${drawn(noisy.server.faults)}`);
    noisy.server.faults = undefined;
    const settled = await noisy.dekey(write, { token: 'write' });
    proof.check(settled.records.every(({ isChange }) => !isChange), `something was left to do: ${itemsOf(settled).map(({ outcome }) => outcome).join(', ')}`);
    proof.equal(stateOf(noisy), stateOf(quiet), 'another state than that of a quiet run');
    proof.clean(quiet);
    proof.clean(noisy);
  } finally {
    await quiet.close();
    await noisy.close();
  }
  return proof;
}

/** Starts the program and kills it after a random number of requests, so often. Gives how many were killed before they ended by themselves, and how many changes were made unseen. */
async function killedTimes(proof: Proof, session: Session, args: readonly string[], requests: number, options: RunOptions): Promise<{ readonly killed: number; readonly lost: number }> {
  const random = seededRandom(49);
  let killed = 0;
  let lost = 0;
  for (let time = 0; time < KILLS; time += 1) {
    const { code, records } = await session.dekey(args, { ...options, killAfter: 1 + Math.floor(random() * Math.max(2, requests / 3)) });
    if (code === -1) killed += 1;
    lost += lostAnswers(records);
  }
  proof.check(killed >= 5, `only ${killed} of ${KILLS} runs were killed before their end`);
  return { killed, lost };
}

function lostAnswers(records: readonly Record[]): number {
  return records.filter(({ isChange, fault }) => isChange && (fault?.endsWith(' after') ?? false)).length;
}

function drawn({ counts }: { readonly counts: ReadonlyMap<FaultKind, number> }): string {
  return [...counts].sort(([left], [right]) => (left < right ? -1 : 1)).map(([kind, count]) => `${kind} ${count}`).join(', ');
}
