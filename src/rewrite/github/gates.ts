/** Jobs that ask whether there is a key, and those that run by their answer: both change, or neither does. */
import { entriesOf, get, textOf, textsOf, type YamlNode } from '../../support/yaml.ts';
import type { YamlMap } from '../yaml-edit.ts';
import { asGate, handedOn, isQuestion } from './presence.ts';
import { jobScope, type KeyNames, normal, stepScope, stepsOf, type Use, usesOf } from './uses.ts';

/** A job before another, with the first place where it asks. */
export interface Asker {
  readonly id: string;
  readonly use: Use;
}

/** Ids of the jobs that `id` waits for, those that they wait for among them. */
function jobsBefore(root: YamlMap, id: string): ReadonlySet<string> {
  const jobs = get(root, 'jobs');
  const seen = new Set<string>();
  const visit = (one: string): void => {
    for (const before of textsOf(get(get(jobs, one), 'needs'))) {
      if (seen.has(before) || before === id) continue;
      seen.add(before);
      visit(before);
    }
  };
  visit(id);
  return seen;
}

/** The first place where `job` asks for the key: in a test, or in a step whose result its outputs hand on. */
function askedIn(job: YamlNode, keys: KeyNames): Use | undefined {
  if (job.kind !== 'map') return undefined;
  const handed = handedOn(entriesOf(get(job, 'outputs')).flatMap(({ value }) => textOf(value) ?? []));
  const direct = usesOf({ ...job, entries: job.entries.filter(({ key }) => key !== 'steps') }, keys, jobScope);
  const inSteps = stepsOf(job).flatMap(({ step }) => usesOf(step, keys, stepScope, step));
  return [...direct, ...inSteps]
    .map((use) => (isQuestion(use) ? asGate(use) : use))
    .find(({ shape, step, scope }) => shape === 'gate' || scope === 'outputs' || (step !== undefined && handed.has(normal(textOf(get(step, 'id')) ?? ''))));
}

/** The jobs before `id` that ask for the key. */
export function askersOf(root: YamlMap, id: string, keys: KeyNames): readonly Asker[] {
  const jobs = get(root, 'jobs');
  return [...jobsBefore(root, id)].flatMap((before) => {
    const job = get(jobs, before);
    const use = job === undefined ? undefined : askedIn(job, keys);
    return use === undefined ? [] : [{ id: before, use }];
  });
}
