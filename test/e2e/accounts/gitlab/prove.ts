import { openGitlab } from '../../../../src/sources/gitlab/index.ts';
import { Proof } from '../../github/checks.ts';
import { contextOf, credentialOf, placesOf, readSource, scanRead, usersOf } from '../cluster-scan.ts';
import { startGitlabWorld } from './world.ts';

/**
 * A group of some hundred projects: every value found once where it is set, with the jobs of its project that use it, and every variable listed with who can read it.
 *
 * @param crowd projects beside the four of interest
 */
export async function proveGitlab(crowd = 240): Promise<Proof> {
  const proof = new Proof('gitlab');
  const world = await startGitlabWorld({ crowd, isAdmin: true, instance: [] });
  try {
    const read = await readSource(openGitlab, 'acme', contextOf({ env: world.env }));
    const inventory = await scanRead(read);
    const prefix = `gitlab:${world.gitlab.origin}/`;
    const idOf = (holder: string): string => read.targets.find(({ name }) => name === `${prefix}${holder}`)?.id ?? '';
    for (const { value, holder, path, users } of world.planted) {
      proof.equal(placesOf(inventory, value), [`${idOf(holder)} ${path}`], `places of the key in ${path}`);
      if (users.length > 0) proof.equal(usersOf(inventory, value), users, `users of the key in ${path}`);
      else proof.check(credentialOf(inventory, value) !== undefined, `no credential for the key in ${path}`);
    }
    proof.equal(inventory.credentials.filter(({ seen }) => seen).length, world.planted.length, 'credentials whose value was seen');
    const { stored, readWhole } = read.accounts;
    const shared = stored.find(({ target, name, environment }) => target === idOf('acme') && name === 'OPENAI_API_KEY' && environment === undefined);
    proof.equal(shared?.readers.length, crowd + 2, 'readers of the variable of the group: all projects but the one below a nearer variable of its name');
    proof.equal(stored.find(({ target }) => target === idOf('acme/ml'))?.readers, [idOf('acme/ml/train')], 'readers of the variable of the subgroup');
    proof.equal(stored.filter(({ name }) => name.startsWith('SETTING_')).length, Math.ceil(crowd / 10) * 120, 'variables of lists of several pages');
    proof.equal(Object.keys(readWhole).length, 3 + 3 + crowd, 'targets whose variables were all listed');
    for (const violation of world.gitlab.violations) proof.check(false, violation);
    proof.say(`gitlab: ${read.targets.length} targets, ${world.gitlab.seen.length} requests, ${stored.length} variables, ${world.planted.length} keys, ${inventory.workloads.length} jobs`);
  } finally {
    world.stop();
  }
  return proof;
}
