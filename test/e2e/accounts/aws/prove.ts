/**
 * The inventory of an AWS account: a server on loopback that refuses whatever the printed policy does not allow, and moto for the calls that it has. What is planted has
 * to be found, nothing may be invented, and nothing may be changed.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ListedKey } from '../../../../src/model/account.ts';
import { scan } from '../../../../src/pipeline.ts';
import type { RemoteTarget } from '../../../../src/sources/remote.ts';
import { Proof } from '../../github/checks.ts';
import { checkAgainstMoto } from './moto.ts';
import { allowedByExplanation, readAws } from './read.ts';
import { READS } from './server.ts';
import { type PlantedKey, startAwsWorld } from './world.ts';

export async function proveAws(): Promise<Proof> {
  const proof = new Proof('aws');
  const world = await startAwsWorld();
  try {
    const started = performance.now();
    const { targets, accounts } = await readAws('@all', world.env, true);
    const { calls } = world.server;
    proof.say(`  ${accounts.listed?.length ?? 0} keys, ${accounts.stored.length} stored names, ${targets.flatMap(({ texts }) => texts).length} texts; ${calls.length} calls in ${((performance.now() - started) / 1000).toFixed(1)} s`);
    proof.equal(targets.map(({ name, kind }) => `${kind} ${name}`), ['aws aws:'], 'targets');
    proveKeys(proof, accounts.listed ?? [], world.planted.keys);
    compare(proof, 'stored names', accounts.stored.map(({ store, name }) => `${store} ${name}`), world.planted.stored);
    compare(proof, 'settings', accounts.settings.map(({ kind, name }) => `${kind} ${name}`), world.planted.settings);
    compare(proof, 'gaps', targets.flatMap(({ skipped }) => skipped.map(({ reason }) => reason)), world.planted.gaps);
    const seen = await scanTexts(targets.flatMap(({ texts }) => texts));
    compare(proof, 'keys in texts', seen.secrets, world.planted.secrets);
    compare(proof, 'names in texts', seen.references, world.planted.references);
    proof.equal(calls.filter(({ outcome }) => outcome === 'throttled').length, 4, 'calls that were throttled');
    const pages = (action: string): number => calls.filter((one) => one.action === action && one.outcome === 'answered').length;
    for (const action of ['iam:GetAccountAuthorizationDetails', 'iam:ListUsers', 'iam:ListServiceSpecificCredentials', 'lambda:ListFunctions']) proof.check(pages(action) >= 3, `${action}: ${pages(action)} pages of three`);
    // What the printed policy does not allow is denied: only what the world denies by itself may be.
    compare(proof, 'denied calls', [...new Set(calls.filter(({ outcome }) => outcome === 'denied').map(({ action }) => action))], ['ssm:GetParameters']);
    const used = new Set(calls.map(({ action }) => action));
    compare(proof, 'actions of the policy that nothing asks for', allowedByExplanation().filter((action) => !used.has(action)), ['kms:Decrypt', 'organizations:ListAccounts', 'sts:AssumeRole']);
    await readAws('/Audit', world.env, false).then(({ targets: members }) => {
      proof.equal(members.map(({ name }) => name), ['aws:/111122223333'], 'accounts of the organisation');
      proof.check(members[0]?.skipped.some(({ reason, examples }) => reason.startsWith('accounts not covered') && examples.includes('222233334444')) === true, 'an account that refuses is not named');
    });
    compare(proof, 'calls that change something', calls.filter(({ action }) => !READS.test(action)).map(({ action }) => action), []);
  } finally {
    await world.stop();
  }
  await checkAgainstMoto(proof);
  return proof;
}

function proveKeys(proof: Proof, listed: readonly ListedKey[], planted: ReadonlyMap<string, PlantedKey>): void {
  const said = new Map(listed.map((key) => [key.id, projected(key)]));
  proof.equal(said.size, listed.length, 'keys with an id of their own');
  for (const [id, wanted] of planted) proof.equal(said.get(id), ordered(wanted), `planted key of ${wanted.owner}`);
  const invented = [...said].filter(([id]) => !planted.has(id));
  proof.equal(invented.map(([, key]) => key.owner), [], 'invented keys');
  proof.say(`  keys planted ${planted.size}, found ${[...planted.keys()].filter((id) => said.has(id)).length}, invented ${invented.length}`);
}

function projected({ provider, status, privilege, owner, lastUsed, expires, facts }: ListedKey): PlantedKey {
  const isKnown = provider === 'aws' || provider === 'aws-bedrock';
  return ordered({
    provider: isKnown ? provider : 'aws', status, privilege, owner: `${owner?.kind ?? ''} ${owner?.name ?? ''}`, expires: expires ?? '', can: facts['can'] ?? '',
    ...(lastUsed === undefined ? {} : { lastUsed }), ...(facts['conditional'] === undefined ? {} : { conditional: facts['conditional'] }),
  });
}

function ordered({ provider, status, privilege, owner, lastUsed, expires, can, conditional }: PlantedKey): PlantedKey {
  return { provider, status, privilege, owner, expires, can, ...(lastUsed === undefined ? {} : { lastUsed }), ...(conditional === undefined ? {} : { conditional }) };
}

/** Both as lists, order aside: what is missing and what is there for no reason. */
function compare(proof: Proof, what: string, found: readonly string[], planted: readonly string[]): void {
  const missing = without(planted, found);
  const invented = without(found, planted);
  proof.check(missing.length === 0, `${what}: not found: ${missing.slice(0, 5).join('; ')}`);
  proof.check(invented.length === 0, `${what}: invented: ${invented.slice(0, 5).join('; ')}`);
  proof.say(`  ${what}: planted ${planted.length}, found ${planted.length - missing.length}, invented ${invented.length}`);
}

function without(all: readonly string[], these: readonly string[]): readonly string[] {
  const left = [...these];
  return all.filter((one) => {
    const at = left.indexOf(one);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/** What the scan sees in texts that lie in a folder. */
async function scanTexts(texts: RemoteTarget['texts']): Promise<{ readonly secrets: readonly string[]; readonly references: readonly string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'dekey-aws-'));
  try {
    for (const { path, text } of texts) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const { secrets, references } = await scan({ targets: ['.'], cwd: folder, history: false, staged: false, include: [], exclude: [], includeIgnored: true, maxFileSize: 2 ** 24, workers: 1, allowAlternates: false, onProgress: () => undefined });
    return {
      secrets: secrets.map(({ provider, location }) => `${provider} ${location.path}`),
      references: references.filter(({ store }) => store === 'vault').map(({ provider, name, location }) => `${provider} ${name} ${location.path}`),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
