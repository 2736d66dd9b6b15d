import { entry, get, textOf } from '../../support/yaml.ts';
import { eventsOf } from '../../platforms/_shared/github-events.ts';
import type { Replacement } from '../types.ts';
import type { YamlMap } from '../yaml-edit.ts';
import { stepsOf } from './uses.ts';

/** A step that does something else on one branch than on another, or looks for the pull request of the branch it runs on. */
const BY_BRANCH = /\bgithub\.ref(?:_name)?\s*[!=]=|\bcontext\.ref\b|\bstartsWith\(\s*github\.ref/;

/** What becomes of runs that somebody starts by hand on another branch than the one that the rule trusts. */
export function startedByHand(job: YamlMap, triggers: readonly string[], { identity }: Pick<Replacement, 'identity'>): { readonly why?: string; readonly doubt?: string } {
  const condition = textOf(get(job, 'if')) ?? '';
  const subject = identity.subject?.map((part) => (typeof part === 'string' ? part : '*')).join('') ?? '';
  const branch = /:ref:refs\/heads\/([^*]+)$/.exec(subject)?.[1];
  if (branch === undefined || entry(job, 'environment') !== undefined || !eventsOf(condition, triggers).includes('workflow_dispatch') || /\bgithub\.ref(?:_name)?\b/.test(condition)) return {};
  const tellsApart = stepsOf(job).some(({ step }) => [get(step, 'if'), get(step, 'run'), get(get(step, 'with'), 'script')].some((node) => {
    const text = textOf(node) ?? '';
    return BY_BRANCH.test(text) && !new RegExp(`github\\.ref(?:_name)?\\s*[!=]=\\s*'(?:refs/heads/)?${branch.replace(/[^\w/-]/g, '\\$&')}'`).test(text);
  }));
  if (tellsApart) return { doubt: `the job is made to be started by hand on other branches than ${branch} too, where its token is refused: give it an environment if it is` };
  return { why: `A run that is started by hand on another branch than ${branch} is refused.` };
}
