import { describe, expect, test } from 'vitest';
import type { Migration, PlannedIdentity, PlannedKey } from '../../src/model/plan.ts';
import type { Text } from '../../src/model/text.ts';
import { chooseMigrations } from '../../src/plan/choose.ts';
import type { DraftPlan } from '../../src/plan/plan.ts';

function migration(id: string, credentials: readonly string[], identities: readonly string[], others: readonly string[] = [], set: Readonly<Record<string, string>> = {}): Migration {
  return {
    id, workload: `w-${id}`, name: id, platform: 'github-actions', target: 't1', path: 'ci.yml', line: 1, provider: 'anthropic', credentials, keys: [],
    chosen: { hops: identities.map((identity) => ({ platform: 'github-actions', party: 'anthropic', identity, otherRuns: others.map((other) => ({ run: { event: 'pull_request', reviews: false } as never, identity: other })) })), route: 'native', class: 'native', outcome: 'gone', change: 'configuration', status: 'general', title: '', reason: '' },
    noPath: null, runnersUp: [], edits: [], environment: { set, remove: [] }, floors: [], probe: null, readers: { count: 0, examples: [] }, warnings: [], when: 'today',
  };
}

function identity(id: string, migrations: readonly string[], subject: Text): PlannedIdentity {
  return { target: { id, policy: { issuer: ['https://ci.example'], audience: ['aud'], subject: { kind: 'exact', text: subject }, claims: [] } } as unknown as PlannedIdentity['target'], intended: {}, refusals: [{ title: 'x', changes: {}, refusedBy: 'sub' }], tightness: { holds: true, by: 'x' }, warnings: [], migrations };
}

function key(credential: string, migrations: readonly string[]): PlannedKey {
  return { credential, provider: 'anthropic', preview: 'sk-\u2026' as PlannedKey['preview'], names: [], when: 'today', outcome: 'gone', migrations };
}

const input = (id: string, value: string | null = null) => ({ id, title: id, shape: 'name' as const, how: '', value, from: value === null ? null : '--set' });

const draft: DraftPlan = {
  schemaVersion: '1.0', tool: { name: 'dekey', version: '0.0.0' }, targets: [], sources: [],
  summary: { workloads: 3, keys: 3, pathToZero: { today: 3, afterChange: 0, none: 0 }, reduced: 0, identities: 4, refusalsChecked: 4, inputsToFill: 3 },
  keys: [key('c1', ['m1', 'm2']), key('c2', ['m2']), key('c3', ['m3'])],
  migrations: [migration('m1', ['c1'], ['i1']), migration('m2', ['c1', 'c2'], ['i1', 'i2'], ['i3'], { A_ID: 'x-{a.id}' }), migration('m3', ['c3'], ['i4'])],
  identities: [identity('i1', ['m1', 'm2'], ['repo:', { input: 'b.id' }]), identity('i2', ['m2'], ['y']), identity('i3', ['m2'], ['z']), identity('i4', ['m3'], [{ input: 'c.id' }])],
  inputs: [input('a.id'), input('b.id'), input('c.id'), input('d.id', 'given')],
  manual: [],
};

describe('a part of a plan', () => {
  test('has the identities of its migrations, those of other runs and of earlier hops too', () => {
    const part = chooseMigrations(draft, new Set(['m2']));
    expect(part.migrations.map(({ id }) => id)).toEqual(['m2']);
    expect(part.identities.map(({ target, migrations }) => [target.id, migrations])).toEqual([['i1', ['m2']], ['i2', ['m2']], ['i3', ['m2']]]);
  });

  test('asks only for what it needs, and keeps what was given', () => {
    expect(chooseMigrations(draft, new Set(['m2'])).inputs.map(({ id }) => id)).toEqual(['a.id', 'b.id', 'd.id']);
    expect(chooseMigrations(draft, new Set(['m3'])).inputs.map(({ id }) => id)).toEqual(['c.id', 'd.id']);
  });

  test('a key that another workload goes on using is kept, and is not counted as gone', () => {
    const part = chooseMigrations(draft, new Set(['m2']));
    expect(part.keys.map(({ credential, outcome, when, migrations }) => ({ credential, outcome, when, migrations }))).toEqual([
      { credential: 'c1', outcome: 'kept', when: 'none', migrations: ['m2'] },
      { credential: 'c2', outcome: 'gone', when: 'today', migrations: ['m2'] },
    ]);
    expect(part.summary).toEqual({ workloads: 1, keys: 2, pathToZero: { today: 1, afterChange: 0, none: 1 }, reduced: 0, identities: 3, refusalsChecked: 3, inputsToFill: 2 });
  });

  test('all of it is the plan itself; none is empty', () => {
    expect(chooseMigrations(draft, new Set(['m1', 'm2', 'm3']))).toEqual(draft);
    expect(chooseMigrations(draft, new Set()).migrations).toEqual([]);
  });
});
