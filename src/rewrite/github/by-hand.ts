/** Runs that people start by hand, on whichever branch they choose: a rule that trusts one branch refuses those for the others. */
import { mayRunOn } from '../../platforms/_shared/github-events.ts';
import { get, textOf, type YamlNode } from '../../support/yaml.ts';
import type { YamlMap } from '../yaml-edit.ts';
import { stepsOf } from './uses.ts';

const BY_HAND = 'workflow_dispatch';
/** A branch that no workflow names. */
const ANY_BRANCH = 'a-branch-of-somebody';

/** What the branch of the run is called: in expressions, in the scripts of an action, in those of a shell. */
const REF = String.raw`(?:github\.ref(?:_name)?\b|\bcontext\.ref\b|\$\{?GITHUB_REF(?:_NAME)?\b)`;
const OF_PULLS = /\bpulls\.list\b|\/pulls\?|\bgh pr (?:view|list|edit|comment|review)\b/;
/** Compared with what only a branch for one purpose is called. */
const NAMED = new RegExp(String.raw`github\.ref(?:_name)?\s*==\s*(?:format\(|'([^']*)')|startsWith\(\s*github\.ref(?:_name)?\s*,\s*'([^']*)'`, 'gi');

/**
 * A step that is made for runs on other branches than `trusted`: its condition names one, or its script looks for the pull request of whichever branch the run is on.
 *
 * @param jobs the job, and those of the workflow that it calls.
 */
export function madeForBranches(jobs: readonly YamlMap[], trusted: ReadonlySet<string>): YamlNode | undefined {
  return jobs.flatMap(stepsOf).map(({ step }) => step).find((step) => {
    const condition = textOf(get(step, 'if')) ?? '';
    if (mayRunOn(condition, BY_HAND) && [...condition.matchAll(NAMED)].some(([, whole, head]) => isElsewhere(whole ?? head, trusted))) return true;
    const script = [textOf(get(step, 'run')), textOf(get(get(step, 'with'), 'script'))].map((text) => text ?? '').join('\n');
    return OF_PULLS.test(script) && new RegExp(REF).test(script);
  });
}

/** Tags are no branches, and `format(…)` makes a name for one run. */
function isElsewhere(name: string | undefined, trusted: ReadonlySet<string>): boolean {
  if (name === undefined) return true;
  return !name.startsWith('refs/tags') && !name.startsWith('refs/pull') && !/^v(?:\d|$)/.test(name) && !trusted.has(name.replace(/^refs\/heads\//, ''));
}

/** Whether a person may start the job on any branch. */
export function isStartedAnywhere(condition: string, triggers: readonly string[]): boolean {
  return triggers.includes(BY_HAND) && mayRunOn(condition, BY_HAND, ANY_BRANCH);
}
