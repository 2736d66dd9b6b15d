import type { Change } from '../../model/change.ts';
import type { Edit } from '../edit.ts';
import type { FileRefusal, Rewriting } from '../types.ts';
import type { Use } from './_uses.ts';
import { listed, type Obstacle, restsOn, type Setup } from './_way.ts';

/** What one job needs for one provider, and what stands in the way. */
export interface Unit {
  readonly setup: Setup;
  /** Of the job: unique in the file. */
  readonly job: string;
  readonly line: number;
  /** Uses in the job's own text. */
  readonly own: readonly Use[];
  /** Uses in text that other jobs have too. */
  readonly shared: readonly Use[];
}

/** Refused from the outset. */
export interface Refused {
  readonly job: string;
  readonly migration: string;
  readonly obstacle: Obstacle;
  readonly line: number;
  readonly shadows: boolean;
}

interface Site {
  /** Jobs that have the use of this shared text; those without a unit of the same provider keep it where it is. */
  readonly usersOf: (use: Use) => readonly string[];
  /** From 1. */
  readonly lineOf: (use: Use) => number;
  /** Edits that bring the new identity into a job, once for all of its providers. */
  readonly install: (job: string, units: readonly Unit[]) => readonly Edit[] | Obstacle;
  /** Names of variables that stay in the platform's own store. */
  readonly stored: (units: readonly Unit[]) => readonly string[];
  /** What a change rests on beside the rest. */
  readonly note: (units: readonly Unit[]) => string;
  /** `CI/CD variables of the project`. */
  readonly store: string;
}

/**
 * Makes one change of all units that have to go together: those of one job, and those of jobs that share a text which goes. What one of them cannot do, none does.
 */
export function settle(units: readonly Unit[], refused: readonly Refused[], site: Site): Rewriting {
  const refusals = new Map<string, FileRefusal>();
  const refuse = (unit: Unit, obstacle: Obstacle, line: number, shadows: boolean): void => {
    const id = unit.setup.replacement.migration;
    if (!refusals.has(id)) refusals.set(id, { ...obstacle, line, migrations: [id], shadows });
  };
  for (const { migration, obstacle, line, shadows } of refused) refusals.set(migration, { ...obstacle, line, migrations: [migration], shadows });
  for (const unit of units) {
    const stuck = [...unit.own, ...unit.shared].find(({ answer }) => 'code' in answer);
    if (stuck !== undefined && 'code' in stuck.answer) refuse(unit, stuck.answer, site.lineOf(stuck), true);
  }
  let standing = standingOf(units, refusals);
  for (const [job, own] of byJob(standing)) {
    const installed = site.install(job, own);
    if ('code' in installed) for (const unit of own) refuse(unit, installed, unit.line, true);
  }
  // A text goes when everybody who has it can do without.
  for (let changed = true; changed; ) {
    changed = false;
    standing = standingOf(units, refusals);
    for (const unit of standing) {
      const blocked = unit.shared.find((use) => blockersOf(use, unit, standing, site).length > 0);
      if (blocked === undefined) continue;
      const blockers = blockersOf(blocked, unit, standing, site);
      refuse(unit, { code: 'shadowing', reason: `${listed(blocked.reads)} also reaches ${listed(blockers.slice(0, 3))}${blockers.length > 3 ? ' and others' : ''}, which cannot do without it yet, and would win here.`, byHand: `Set the key only in the jobs that still need it, and run again.` }, site.lineOf(blocked), true);
      changed = true;
    }
  }
  const changes = componentsOf(standing).flatMap((group): Change<Edit>[] => {
    const change = changeOf(group, site);
    return change === undefined ? [] : [change];
  });
  return { changes, refusals: [...refusals.values()].toSorted((a, b) => a.line - b.line) };
}

function standingOf(units: readonly Unit[], refusals: ReadonlyMap<string, FileRefusal>): readonly Unit[] {
  return units.filter(({ setup }) => !refusals.has(setup.replacement.migration));
}

function blockersOf(use: Use, unit: Unit, standing: readonly Unit[], site: Site): readonly string[] {
  const able = new Set(standing.filter(({ setup }) => setup.replacement.provider === unit.setup.replacement.provider).map(({ job }) => job));
  return site.usersOf(use).filter((job) => !able.has(job));
}

function byJob(units: readonly Unit[]): ReadonlyMap<string, readonly Unit[]> {
  const jobs = new Map<string, Unit[]>();
  for (const unit of units) jobs.set(unit.job, [...(jobs.get(unit.job) ?? []), unit]);
  return jobs;
}

/** Groups of units that one change has to cover. */
function componentsOf(units: readonly Unit[]): readonly (readonly Unit[])[] {
  const parent = new Map<Unit, Unit>(units.map((unit) => [unit, unit]));
  const find = (unit: Unit): Unit => {
    let top = unit;
    while (parent.get(top) !== top) top = parent.get(top) ?? top;
    return top;
  };
  const first = new Map<unknown, Unit>();
  for (const unit of units) {
    for (const key of [`job ${unit.job}`, ...unit.shared.map(({ leaf }) => leaf.scalar)]) {
      const other = first.get(key);
      if (other === undefined) first.set(key, unit);
      else parent.set(find(unit), find(other));
    }
  }
  const groups = new Map<Unit, Unit[]>();
  for (const unit of units) groups.set(find(unit), [...(groups.get(find(unit)) ?? []), unit]);
  return [...groups.values()];
}

function changeOf(units: readonly Unit[], site: Site): Change<Edit> | undefined {
  const edits: Edit[] = [];
  for (const { own, shared } of units) for (const { answer } of [...own, ...shared]) if ('edits' in answer) edits.push(...answer.edits);
  for (const [job, own] of byJob(units)) {
    const installed = site.install(job, own);
    if ('code' in installed) return undefined;
    edits.push(...installed);
  }
  if (edits.length === 0) return undefined;
  const setups = units.map(({ setup }) => setup);
  const jobs = [...new Set(units.map(({ job }) => job))];
  const providers = [...new Set(setups.map(({ replacement }) => replacement.provider))];
  const titles = [...new Set(setups.map(({ replacement }) => replacement.title))];
  const needed = [...new Set(setups.flatMap((setup) => setup.needed))];
  const stored = site.stored(units);
  const place = jobs.length === 1 ? (jobs[0] ?? '') : `${jobs[0] ?? ''} and ${jobs.length - 1} more`;
  return {
    id: `${jobs.join('+').slice(0, 200)}/${providers.join('+')}`,
    line: Math.min(...units.map(({ line }) => line)),
    title: `${place}: the key of ${listed(titles)} becomes an identity token`,
    why: `The job shows its own identity to ${listed(titles)} and holds no key.${needed.length === 0 ? '' : ` ${listed(needed)} ${needed.length === 1 ? 'has' : 'have'} to be set as ${site.store}.`}`,
    safety: 'unsafe',
    reason: [restsOn(setups, stored), site.note(units)].filter((sentence) => sentence !== '').join(' '),
    migrations: setups.map(({ replacement }) => replacement.migration),
    edits,
  };
}
