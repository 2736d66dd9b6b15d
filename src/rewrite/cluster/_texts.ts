import type { AccountPlan } from './_accounts.ts';
import type { ClusterObject } from './_objects.ts';
import { CONFIG_MAP, type PodPath } from './_path.ts';
import type { PodEdits } from './_pod.ts';
import type { ClusterFiles } from './_repository.ts';

/** Those that most programs are in; the README of the plan has the others. */
const LANGUAGES: Readonly<Record<string, string>> = { javascript: 'JavaScript', python: 'Python' };

/** What the change of a pod rests on. */
export function podReason(path: PodPath, edits: PodEdits, account: AccountPlan, object: ClusterObject, files: ClusterFiles): readonly string[] {
  return [programText(path, edits.renamed), configText(edits, object), accountText(account, files), unseenText(edits, path)].filter((text) => text !== '');
}

/** What the program has to do differently. `renamed`: names under which it reads the key. */
export function programText({ replacement }: PodPath, renamed: readonly string[]): string {
  const floors = replacement.floors.flatMap((floor) => (floor.language in LANGUAGES ? [`${floor.package} ${floor.version} (${LANGUAGES[floor.language] ?? ''})`] : []));
  const from = floors.length === 0 ? '' : `, with ${floors.join(', ')} or later`;
  const asked = replacement.change === 'code' ? `The program has to make its client with this identity in place of the key${from}.` : `The program has to make its client without a key argument${from}.`;
  return renamed.length === 0 ? asked : `${asked} It reads the key as ${renamed.join(', ')} now.`;
}

function configText({ configKeys }: PodEdits, { namespace }: ClusterObject): string {
  if (configKeys.length === 0) return '';
  return `ConfigMap ${CONFIG_MAP} has to exist in ${namespace === '' ? 'the namespace of the pod' : `namespace ${namespace}`} with ${configKeys.join(', ')}: until then the pod says which is missing, and does not start.`;
}

function accountText({ account, state, defined }: AccountPlan, files: ClusterFiles): string {
  const renamed = files.renames ? ' A kustomization here renames objects: the subject in the trust has to be the name that comes out.' : '';
  if (state === 'kept') return `The pod keeps ServiceAccount ${account}, which the plan trusts.${renamed}`;
  const where = { here: ', which is added here', repository: ', which is in this repository', outside: ', which has to exist (kubernetes/service-accounts.yaml of the plan)' }[defined];
  return `It runs as ServiceAccount ${account}${where}, and no longer as the default one, whose roles and image pull secrets do not come along.${renamed}`;
}

function unseenText({ unseen }: PodEdits, { replacement }: PodPath): string {
  return unseen.length === 0 ? '' : `What Secret ${unseen.join(', ')} brings by envFrom is not in this repository: a key of ${replacement.title} in it would still win.`;
}
