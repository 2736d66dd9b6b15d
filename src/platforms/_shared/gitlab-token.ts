import type { PinnableClaim, Refusal, TokenRefusal, TokenShape, WorkloadContext } from '../../model/issuer.ts';
import type { Input, InputRef, Text } from '../../model/text.ts';
import { idPart, input, isPlain, join } from './token-shape.ts';

const OTHER = '999999999';

/** What tokens of a GitLab job say. The project's numeric id is what holds; the path in the subject can be taken over. Pure. */
export function describeGitlab(workload: WorkloadContext, form: string): TokenShape | TokenRefusal {
  const { facts, repository, branch } = workload;
  if (facts['unreadable'] === 'true') return { kind: 'refused', code: 'unreadable', reason: 'The pipeline cannot be parsed, so nothing is known of its jobs.', unblock: 'Correct its syntax and plan again.' };
  if (workload.route === 'include') return { kind: 'refused', code: 'not-a-run', reason: 'An include has no identity: the jobs it brings have.', unblock: 'Plan the project that holds the included file, or the jobs where they are written.' };
  const inputs = new Map<string, Input>();
  const ask = (wanted: Input): InputRef => {
    inputs.set(wanted.id, wanted);
    return { input: wanted.id };
  };
  const isKnown = repository !== undefined && isPlain(repository.owner) && isPlain(repository.name);
  const path = isKnown ? `${repository.owner}/${repository.name}` : undefined;
  const scope = path === undefined ? 'gitlab' : `gitlab.${idPart(path)}`;
  const project: string | InputRef = path ?? ask(input('gitlab.project_path', 'Path of the GitLab project', 'path', 'GROUP/PROJECT, as in its address.'));
  const projectId = ask(input(`${scope}.project_id`, `Numeric id of ${path ?? 'the project'}`, 'digits', 'Project, Settings, General: Project ID.'));
  const namespaceId = ask(input(`${scope}.namespace_id`, `Numeric id of the group of ${path ?? 'the project'}`, 'digits', 'glab api projects/:id | jq .namespace.id'));
  const ref: string | InputRef = branch !== undefined && isPlain(branch) ? branch : ask(input(`${scope}.default_branch`, 'Default branch', 'path', 'Project, Settings, Repository: default branch.'));
  const environment = facts['environment'] ?? '';
  const subject = (where: string | InputRef, type: string, name: string | InputRef): Text => join(['project_path:', where, `:ref_type:${type}:ref:`, name]);
  const claims: PinnableClaim[] = [
    { claim: 'project_id', value: [projectId], role: 'id' },
    { claim: 'namespace_id', value: [namespaceId], role: 'id' },
    { claim: 'ref_protected', value: ['true'], role: 'context' },
    { claim: 'ref', value: [ref], role: 'context' },
    { claim: 'ref_type', value: ['branch'], role: 'context' },
    ...(environment !== '' && isPlain(environment) ? ([{ claim: 'environment', value: [environment], role: 'context' }, { claim: 'environment_protected', value: ['true'], role: 'context' }] as const) : []),
    { claim: 'project_path', value: [project], role: 'name' },
  ];
  const refusals: readonly Refusal[] = [
    { title: 'another project of the same group', changes: { sub: subject(path === undefined ? 'acme/else' : `${path}-2`, 'branch', ref), project_id: [OTHER], project_path: [path === undefined ? 'acme/else' : `${path}-2`] } },
    { title: 'another project under the same path: a recycled name', changes: { project_id: [OTHER], namespace_id: [OTHER] } },
    { title: 'a merge request from a fork', changes: { sub: subject('somebody/fork', 'branch', ref), project_id: [OTHER], namespace_id: [OTHER], project_path: ['somebody/fork'], ref_protected: ['false'] } },
    { title: 'another branch', changes: { sub: subject(project, 'branch', 'some-work'), ref: ['some-work'], ref_protected: ['false'] } },
    { title: 'another protected branch', changes: { sub: subject(project, 'branch', 'release'), ref: ['release'] } },
    { title: 'a tag', changes: { sub: subject(project, 'tag', 'v1'), ref: ['v1'], ref_type: ['tag'] } },
  ];
  return {
    kind: 'shape',
    issuer: [`https://${repository?.host ?? 'gitlab.com'}`],
    subject: { form, text: subject(project, 'branch', ref) },
    claims,
    inputs: [...inputs.values()],
    warnings: [
      'The form of the subject is a setting of the project (ci_id_token_sub_claim_components): look at it first, and prefer one that begins with project_id.',
      'Where the path belonged to another project before, GitLab issues no token until the subject begins with project_id.',
      'Merge request pipelines carry the source branch: they are refused, as long as that branch is not the protected one.',
      'There is one token a job and no second: exchange it early in long jobs.',
    ],
    refusals,
  };
}
