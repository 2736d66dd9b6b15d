import { openMachine } from '../../../../src/sources/machine/index.ts';
import { contextOf, placesOf, readSource, scanRead } from '../cluster-scan.ts';
import { Proof } from '../../github/checks.ts';
import { startMachineWorld } from './world.ts';

/** Every kind of place of a home folder: all keys in them found where they stand, none that lies elsewhere. */
export async function proveMachine(): Promise<Proof> {
  const proof = new Proof('machine');
  const world = startMachineWorld();
  try {
    const read = await readSource(openMachine, '', contextOf({ env: world.env, home: world.home }));
    const inventory = await scanRead(read);
    for (const { value, path } of world.planted) proof.equal(placesOf(inventory, value), [`t0 ${path}`], `the key in ${path}`);
    const seen = inventory.findings.filter((finding) => finding.class === 'secret');
    const paths = new Set(world.planted.map(({ path }) => path));
    for (const { location } of seen) proof.check(paths.has(location.path), `a key was found in ${location.path}, where none was put`);
    proof.say(`machine: ${world.planted.length} keys in as many places, ${seen.length} places told, ${read.targets[0]?.files?.length ?? 0} files read`);
  } finally {
    world.stop();
  }
  return proof;
}
