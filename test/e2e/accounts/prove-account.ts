/** What every account source has to hold on a large world: all that was planted is found and nothing else, whatever goes wrong on the way, and each refusal is named. */
import type { AccountSetting, ListedKey } from '../../../src/model/account.ts';
import { TargetError } from '../../../src/model/errors.ts';
import type { OpenRemote, RemoteExplanation, RemoteTarget } from '../../../src/sources/remote.ts';
import { Proof } from '../github/checks.ts';
import type { AccountServer } from './loopback.ts';

export const NOW = '2026-11-29T12:00:00Z';

export interface Planted {
  /** Each key as it has to be listed, in the order of ids. */
  readonly listed: readonly Omit<ListedKey, 'target'>[];
  readonly settings: readonly Omit<AccountSetting, 'target'>[];
}

/** An account on this machine, for a test or for the whole program. */
export interface AccountWorld {
  /** What the program needs beside its own environment. */
  readonly env: Readonly<Record<string, string>>;
  /** As on the command line: `anthropic:`. */
  readonly target: string;
  readonly planted: Planted;
  readonly server: AccountServer;
  stop(): Promise<void>;
}

interface Read {
  readonly target: RemoteTarget;
  readonly listed: readonly ListedKey[];
  readonly settings: readonly AccountSetting[];
}

async function read(world: AccountWorld, open: OpenRemote): Promise<Read> {
  const source = await open(world.target.slice(world.target.indexOf(':') + 1), { firstId: 0, env: { ...process.env, ...world.env }, home: '/nowhere', version: '0.0.0', readValues: false, now: NOW, note: () => undefined });
  let target: RemoteTarget | undefined;
  for await (const one of source.read()) target = one;
  await source.finish();
  if (target === undefined) throw new Error('no target');
  const { listed = [], settings } = source.accounts();
  return { target, listed, settings };
}

const without = (items: readonly { readonly target: string }[]): readonly object[] => items.map((item) => Object.fromEntries(Object.entries(item).filter(([name]) => name !== 'target')));

/** In the order of `JSON.stringify` of sorted names, so that the order of fields does not count. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, one]) => [name, sorted(one)]));
}

function differences(proof: Proof, what: string, found: readonly unknown[], planted: readonly unknown[]): void {
  const [is, was] = [found, planted].map((items) => items.map((item) => JSON.stringify(sorted(item))));
  const missing = (was ?? []).filter((item) => !(is ?? []).includes(item));
  const invented = (is ?? []).filter((item) => !(was ?? []).includes(item));
  proof.check(missing.length === 0, `${what}: ${missing.length} planted and not found as they are, such as ${missing[0]?.slice(0, 700) ?? ''}`);
  proof.check(invented.length === 0, `${what}: ${invented.length} found and not planted, such as ${invented[0]?.slice(0, 700) ?? ''}`);
  proof.equal(found.length, planted.length, `${what}: how many`);
}

/**
 * @param door calls without which there is no way in at all
 * @param pages of the longest list, at least
 * @param prefix of all paths, which calls leave out
 */
export async function proveAccount(name: string, start: () => Promise<AccountWorld>, open: OpenRemote, { calls }: RemoteExplanation, { door = [], pages = 3, prefix = '' }: { readonly door?: readonly string[]; readonly pages?: number; readonly prefix?: string } = {}): Promise<Proof> {
  const proof = new Proof(name);
  const world = await start();
  const { server, planted } = world;
  // Programs are looked for in the PATH of the process itself.
  const path = process.env['PATH'];
  process.env['PATH'] = world.env['PATH'] ?? path;
  try {
    const began = Date.now();
    const first = await read(world, open);
    proof.equal(first.target.skipped.filter(({ incomplete }) => incomplete), [], 'nothing is missing when all is allowed');
    differences(proof, 'keys', without(first.listed), planted.listed);
    differences(proof, 'settings', without(first.settings), planted.settings);
    const byPath = new Map<string, number>();
    for (const { path } of server.asked) byPath.set(path, (byPath.get(path) ?? 0) + 1);
    proof.check(Math.max(...byPath.values()) >= pages, `a list of ${pages} pages or more`);
    proof.say(`  ${first.listed.length} keys and ${first.settings.length} settings in ${server.asked.length} requests, ${((Date.now() - began) / 1000).toFixed(1)} s`);

    const again = await read(world, open);
    proof.equal(again, first, 'a second run says the same');

    // Once at each of the first paths: all is found all the same.
    for (const [index, path] of [...byPath.keys()].slice(0, 12).entries()) server.faults.set(path, [(['throttle', 'cut', 'busy', 'drop', 'html'] as const)[index % 5] ?? 'cut']);
    const faulty = await read(world, open);
    proof.equal(faulty, first, 'the same when answers are refused for a while, cut or lost');
    proof.check(server.waits.length > 0 && server.waits.every((wait) => wait >= 950), `waits as it is asked to: ${server.waits.join(', ')} ms`);
    server.faults.clear();

    for (const { call, permission } of calls) {
      const path = `${prefix}${call.replace(/^GET [^/]*/, '').replaceAll(/\{[^}]*\}/g, '*')}`;
      server.refused.set(path, 403);
      try {
        const refused = await read(world, open);
        const reasons = refused.target.skipped.filter(({ incomplete }) => incomplete).map(({ reason }) => reason);
        proof.check(reasons.some((reason) => reason.includes(call) && reason.includes(permission)), `${call} refused: ${JSON.stringify(reasons).slice(0, 300)} names not the call and ${permission}`);
        proof.check(!door.includes(call), `${call} is a door, yet it was opened`);
        const ids = new Set(planted.listed.map(({ id }) => id));
        proof.check(refused.listed.every(({ id }) => ids.has(id)), `${call} refused: a key that was not planted`);
      } catch (error) {
        proof.check(error instanceof TargetError && door.includes(call), `${call} refused: ${String(error)}`);
      }
      server.refused.delete(path);
    }
    proof.say(`  ${calls.length} permissions, each missing in turn: named`);
    proof.equal(server.violations, [], 'nothing but GET');
    proof.say(`  ${server.asked.length} requests in all, every one a GET`);
  } finally {
    process.env['PATH'] = path;
    await world.stop();
  }
  return proof;
}
