import { openOn } from '../../../../src/sources/machine/index.ts';
import { contextOf, placesOf, readSource, scanRead } from '../cluster-scan.ts';
import { Proof } from '../../github/checks.ts';
import { startMachineWorld } from './world.ts';

/** What the program of each system names beside the files, which are the same on all. */
const OF_SYSTEM = {
  linux: [],
  darwin: ['macos-keychain Claude Code', 'macos-keychain OPENAI_API_KEY', 'macos-keychain mon appé/GROQ_API_KEY'],
  win32: ['windows-credentials OPENAI_API_KEY', 'windows-credentials llm/GROQ_API_KEY'],
} as const;

/** Every kind of place of a home folder: all keys in them found where they stand, none that lies elsewhere; entries of keychains by name, those of AI keys and no others. */
export async function proveMachine(): Promise<Proof> {
  const proof = new Proof('machine');
  const world = startMachineWorld();
  try {
    const context = contextOf({ env: world.env, home: world.home });
    const read = await readSource(async (rest, given) => await openOn(world.systems.linux, rest, given), '', context);
    const inventory = await scanRead(read);
    for (const { value, path } of world.planted) proof.equal(placesOf(inventory, value), [`t0 ${path}`], `the key in ${path}`);
    const seen = inventory.findings.filter((finding) => finding.class === 'secret');
    const paths = new Set(world.planted.map(({ path }) => path));
    for (const { location } of seen) proof.check(paths.has(location.path), `a key was found in ${location.path}, where none was put`);
    proof.say(`machine: ${world.planted.length} keys in as many places, ${seen.length} places told, ${read.targets[0]?.files?.length ?? 0} files read`);
    for (const platform of ['linux', 'darwin', 'win32'] as const) {
      const joined = await scanRead(await readSource(async (rest, given) => await openOn(world.systems[platform], rest, given), '', context));
      const stored = joined.accounts?.stored ?? [];
      proof.equal(stored.map(({ store, name }) => `${store} ${name}`).toSorted(), [...world.named, ...OF_SYSTEM[platform]].toSorted(), `names of AI keys in keychains (${platform})`);
      const own = joined.credentials.filter(({ id }) => stored.some(({ credential }) => credential === id));
      proof.check(own.length === stored.length && own.every(({ seen }) => !seen), `${platform}: an entry was joined with a value that nobody compared`);
      proof.say(`keychains (${platform}): ${stored.length} names told, ${joined.accounts?.unrelated ?? 0} others counted`);
    }
  } finally {
    world.stop();
  }
  return proof;
}
