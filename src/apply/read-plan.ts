import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { PARTIES, ROUTE_CLASSES } from '../model/federation.ts';
import { UsageError } from '../model/errors.ts';
import { OTHER_EVENTS } from '../model/issuer.ts';
import type { MigrationPlan } from '../model/plan.ts';
import { isPlainRelative } from '../support/paths.ts';
import { misfit, type Shape } from './shape.ts';

/** What of a plan is read here: a plan may come from anywhere, and nothing else of it has been checked. */
export type PlanToApply = Pick<MigrationPlan, 'targets' | 'sources' | 'migrations' | 'identities' | 'inputs'>;

export interface PlanRead {
  readonly plan: PlanToApply;
  /** SHA-256 of the file. */
  readonly digest: string;
  readonly file: string;
  readonly folder: string;
}

const PLAN_FILE = 'plan.json';
const LARGEST = 256 * 2 ** 20;
const AGAIN = 'Make it anew: dekey plan';

const PATH: Shape = {
  fields: {
    hops: { list: { fields: { platform: 'line', party: { oneOf: PARTIES }, identity: 'line', otherRuns: { optional: { list: { fields: { run: { fields: { event: { oneOf: OTHER_EVENTS }, branch: { optional: 'line' }, environment: { optional: 'line' }, reviews: { optional: 'boolean' } } }, identity: 'line' } } } } } } },
    route: 'line', class: { oneOf: ROUTE_CLASSES }, outcome: { oneOf: ['gone', 'reduced'] }, change: { oneOf: ['configuration', 'code', 'model'] },
  },
};
const SHAPE: Shape = {
  fields: {
    targets: { list: { fields: { id: 'line', kind: 'line', name: 'line', repository: { optional: { orNull: 'line' } } } } },
    sources: { list: { fields: { target: 'line', path: 'text', sha256: { orNull: 'digest' } } } },
    migrations: {
      list: {
        fields: {
          id: 'line', name: 'text', platform: 'line', target: 'line', path: 'text', line: 'count', provider: 'line', keys: { list: 'text' },
          chosen: { orNull: PATH },
          noPath: { orNull: { fields: { code: 'line', reason: 'text', unblock: 'text' } } },
          environment: { fields: { set: { byName: 'line' }, remove: { list: 'line' } } },
          floors: { list: { fields: { language: 'line', package: 'line', version: 'line' } } },
        },
      },
    },
    identities: { list: { fields: { target: { fields: { id: 'line', party: { optional: 'line' }, permission: 'line', policy: { fields: { audience: 'parts', subject: { optional: { fields: { text: 'parts' } } } } } } } } } },
    inputs: { list: { fields: { id: 'line', title: 'text', shape: 'line', how: 'text', value: { orNull: 'line' }, from: { orNull: 'line' } } } },
  },
};

/**
 * Reads the plan that `path` names: `plan.json`, or the folder it lies in.
 *
 * @throws UsageError naming the file, the part that is wrong, and what to do.
 */
export function readPlan(path: string, name: string): PlanRead {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) throw new UsageError(`there is no plan at ${name}`, 'Name the plan.json that dekey plan has written, or its folder.');
  const file = status.isDirectory() ? join(path, PLAN_FILE) : resolve(path);
  const shown = status.isDirectory() ? join(name, PLAN_FILE) : name;
  const bytes = readBytes(file, shown, status.isDirectory());
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new UsageError(`${shown} is not valid JSON`, AGAIN, { cause: error });
  }
  const version = misfit(value, { fields: { schemaVersion: 'line', tool: { fields: { name: { oneOf: ['dekey'] } } } } });
  if (version !== undefined) throw new UsageError(`${shown} is not a plan of dekey: ${version}`, `Name the ${PLAN_FILE} that dekey plan has written.`);
  const fault = misfit(value, { fields: { schemaVersion: { oneOf: ['1.0'] } } }) ?? misfit(value, SHAPE);
  if (fault !== undefined) throw new UsageError(`${shown} is not a whole plan: ${fault}`, AGAIN);
  // Checked above as far as anything here reads it.
  const plan = value as PlanToApply;
  const odd = unsound(plan);
  if (odd !== undefined) throw new UsageError(`${shown} is not a sound plan: ${odd}`, AGAIN);
  return { plan, digest: createHash('sha256').update(bytes).digest('hex'), file, folder: dirname(file) };
}

function readBytes(file: string, shown: string, inFolder: boolean): Buffer {
  try {
    const status = statSync(file);
    if (!status.isFile() || status.size > LARGEST) throw new UsageError(`${shown} is not a plan: it is ${status.isFile() ? 'too large' : 'not a regular file'}`, AGAIN);
    return readFileSync(file);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (missing && inFolder) throw new UsageError(`${dirname(shown)} holds no ${basename(file)}`, 'Name a folder that dekey plan has written.');
    throw new UsageError(`${shown} cannot be read`, 'Check its permissions.', { cause: error });
  }
}

/** What the parts say of each other. Paths decide which files are opened, so none may lead anywhere else. */
function unsound({ targets, sources, migrations }: PlanToApply): string | undefined {
  const ids = new Set(targets.map(({ id }) => id));
  if (ids.size !== targets.length) return 'two targets have one id';
  for (const [index, { target, path }] of sources.entries()) {
    if (!ids.has(target)) return `sources[${index}].target is no target of it`;
    if (!isPlainRelative(path)) return `sources[${index}].path leads out of its target`;
  }
  for (const [index, { target, chosen, noPath }] of migrations.entries()) {
    if (!ids.has(target)) return `migrations[${index}].target is no target of it`;
    if (chosen === null && noPath === null) return `migrations[${index}] has neither a path nor a reason why there is none`;
    for (const { run } of chosen?.hops.flatMap(({ otherRuns = [] }) => otherRuns) ?? []) {
      // It becomes part of an expression.
      if (run.event === 'environment' && !/^[A-Za-z0-9._-]{1,100}$/.test(run.environment ?? '')) return `migrations[${index}] names an environment that no expression can hold`;
      if (run.event === 'push' && !/^[A-Za-z0-9._/-]{1,200}$/.test(run.branch ?? '')) return `migrations[${index}] names a branch that no expression can hold`;
    }
  }
  return undefined;
}
