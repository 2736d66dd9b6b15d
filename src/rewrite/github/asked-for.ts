import { entriesOf, get, textOf, textsOf } from '../../support/yaml.ts';
import type { Replacement } from '../types.ts';
import type { YamlMap } from '../yaml-edit.ts';
import { forRuns } from './steps.ts';

/**
 * Whose identity a job asks for that only tells others whether there is a key: that of the one job that waits for it, where their identities differ. Its own where none does, or several
 * which are not the same.
 */
export function askedFor(root: YamlMap, job: YamlMap, own: readonly Replacement[], replacement: Replacement, triggers: readonly string[] | undefined): Replacement {
  const jobs = entriesOf(get(root, 'jobs'));
  const id = jobs.find(({ value }) => value === job)?.key;
  if (id === undefined) return replacement;
  const waiting = jobs.flatMap(({ key, value }) => {
    if (!textsOf(get(value, 'needs')).includes(id)) return [];
    return own.filter(({ provider, workload }) => provider === replacement.provider && workload.endsWith(` › ${key}`)).map((one) => forRuns(one, textOf(get(value, 'if')) ?? '', triggers));
  });
  const [first] = waiting;
  return first !== undefined && waiting.every(({ suffix, otherRuns = [] }) => suffix === first.suffix && otherRuns.length === 0) ? { ...replacement, suffix: first.suffix } : replacement;
}
