import { openKubernetes } from '../../../../src/sources/kubernetes/index.ts';
import { Proof } from '../../github/checks.ts';
import { contextOf, placesOf, readSource, scanRead, usersOf } from '../cluster-scan.ts';
import { startKubernetesWorld } from './world.ts';

/**
 * A cluster of some thousand Secrets in pages that expire on the way: every key found once, with all that use it and nobody else.
 *
 * @param crowd Secrets of no interest
 */
export async function proveKubernetes(crowd = 2600): Promise<Proof> {
  const proof = new Proof('kubernetes');
  const world = await startKubernetesWorld({ crowd, expiring: 2 });
  try {
    const read = await readSource(openKubernetes, 'prod', contextOf({ env: world.env, home: world.home }));
    const inventory = await scanRead(read);
    const idOf = (namespace: string): string => read.targets.find(({ name }) => name === `kubernetes:prod/${namespace}`)?.id ?? '';
    for (const { value, namespace, paths, users } of world.planted) {
      proof.equal(placesOf(inventory, value), paths.map((path) => `${idOf(namespace)} ${path}`), `places of the key in ${paths.join(', ')}`);
      proof.equal(usersOf(inventory, value), users, `users of the key in ${paths.join(', ')}`);
    }
    const seen = inventory.credentials.filter(({ seen: isSeen }) => isSeen);
    proof.equal(seen.length, world.planted.length, 'credentials whose value was seen');
    proof.equal(inventory.credentials.length, seen.length, 'credentials in all');
    for (const violation of world.cluster.violations) proof.check(false, violation);
    proof.equal(read.targets.length, 10, 'targets: the cluster, and its namespaces');
    const secretPages = world.cluster.seen.filter((request) => request.includes('/secrets?') && request.includes('type%21%3D')).length;
    proof.check(secretPages >= crowd / 500, `${secretPages} pages of Secrets`);
    proof.say(`kubernetes: ${world.objects.length} objects, ${world.cluster.seen.length} requests, ${seen.length} keys, ${inventory.workloads.length} workloads`);
  } finally {
    world.stop();
  }
  return proof;
}
