/** What tests of sources share: reading one to its end, and scanning what it gave as `dekey scan` does. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type JoinedInventory, joinCredentials } from '../../../src/inventory/build.ts';
import type { AccountSightings } from '../../../src/model/account.ts';
import type { TargetReport } from '../../../src/model/inventory.ts';
import { buildNameTable } from '../../../src/providers/_names.ts';
import { providers } from '../../../src/providers/index.ts';
import { Assembler, sumSkipped } from '../../../src/scan/assemble.ts';
import { ScanEngine } from '../../../src/scan/engine.ts';
import type { OpenRemote, RemoteContext, RemoteTarget } from '../../../src/sources/remote.ts';
import { expandRecipe, seededRandom } from '../../support/recipes.ts';

export const NOW = '2026-11-29';

const RECIPES = { openai: 'sk-proj-{url:74}T3BlbkFJ{url:73}x', anthropic: 'sk-ant-api03-{url:93}AA', groq: 'gsk_{alnum:52}', replicate: 'r8_{alnum:37}', openrouter: 'sk-or-v1-{hex:64}', wandb: '{hex:40}' } as const;

/** Makes keys, the same ones for the same seed. */
export function keyMaker(seed: number): (kind: keyof typeof RECIPES) => string {
  const random = seededRandom(seed);
  return (kind) => expandRecipe(RECIPES[kind], random).text;
}

export function contextOf(part: Partial<RemoteContext>): RemoteContext {
  return { firstId: 0, env: {}, home: '/nonexistent', version: '0.0.0', readValues: false, now: NOW, note: () => undefined, ...part };
}

export interface ReadSource {
  readonly targets: readonly RemoteTarget[];
  readonly accounts: AccountSightings;
}

/** Opens a source and reads it to its end. */
export async function readSource(open: OpenRemote, rest: string, context: RemoteContext): Promise<ReadSource> {
  const source = await open(rest, context);
  const targets: RemoteTarget[] = [];
  for await (const target of source.read()) targets.push(target);
  await source.finish();
  return { targets, accounts: source.accounts() };
}

/** Scans texts and files of the targets with all readers, and joins what was found. Texts are read as the files that their paths say they are. */
export async function scanRead({ targets, accounts }: ReadSource): Promise<JoinedInventory> {
  const names = buildNameTable(providers);
  const assembler = new Assembler(providers, names);
  const reports: TargetReport[] = [];
  // One for all, as in a run: a value that stands in two targets is one credential.
  const engine = new ScanEngine({ runKey: randomBytes(32), maxFileSize: 20 * 2 ** 20, scope: 'tree' });
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'dekey-texts-')));
  try {
    for (const target of targets) {
      const files = target.texts.map(({ path, text }, index) => {
        const absolute = join(folder, target.id, String(index));
        mkdirSync(dirname(absolute), { recursive: true });
        writeFileSync(absolute, text);
        return { path, absolute };
      });
      const skipped = [...target.skipped];
      for (const [root, list] of [[folder, files], [undefined, target.files ?? []]] as const) {
        if (list.length === 0) continue;
        const result = await engine.run({ kind: 'files', root: root ?? '/', files: list });
        skipped.push(...sumSkipped(result.skipped));
        for (const artifact of result.artifacts) assembler.add(target.id, artifact, [{ path: artifact.name }]);
      }
      reports.push({ id: target.id, kind: target.kind, name: target.name, complete: skipped.every(({ incomplete }) => !incomplete), files: files.length, objects: 0, bytes: 0, skipped, facts: target.facts });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return joinCredentials({ targets: reports, secrets: assembler.secrets, references: assembler.references, workloads: assembler.workloads, problems: assembler.problems, accounts }, providers, { names, now: NOW });
}

/** Where a value of that tail was seen: `target path`, sorted. */
export function placesOf(inventory: JoinedInventory, value: string): readonly string[] {
  const tail = value.slice(-4);
  return inventory.findings.filter((finding) => finding.class === 'secret' && finding.arguments['preview']?.endsWith(tail) === true).map(({ location }) => `${location.target} ${location.path}`).toSorted();
}

/** The credential whose value has that tail. */
export function credentialOf(inventory: JoinedInventory, value: string): JoinedInventory['credentials'][number] | undefined {
  return inventory.credentials.find(({ preview, seen }) => seen && preview.endsWith(value.slice(-4)));
}

/** Names of the workloads that use it, sorted. */
export function usersOf(inventory: JoinedInventory, value: string): readonly string[] {
  const credential = credentialOf(inventory, value);
  return inventory.workloads.filter(({ uses }) => credential !== undefined && uses.includes(credential.id)).map(({ name }) => name).toSorted();
}

/** All that was said to be skipped, as `reason: names`, with `!` before what makes a target incomplete. */
export function gapsOf({ targets }: ReadSource): readonly string[] {
  return targets.flatMap(({ skipped }) => skipped.map(({ reason, examples, incomplete }) => `${incomplete ? '!' : ''}${reason}${examples.length === 0 ? '' : `: ${examples.join(', ')}`}`)).toSorted();
}
