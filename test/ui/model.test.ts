import { describe, expect, test } from 'vitest';
import { uiModel } from '../../src/cli/ui-model.ts';
import type { Migration } from '../../src/model/plan.ts';
import { frame, ASCII, UNICODE } from '../../src/ui/view.ts';
import { plainText } from '../../src/ui/marks.ts';
import { initialState, reduce, type State } from '../../src/ui/state.ts';
import { hostileInventory, HOSTILE_NAMES, platforms, providers, richInventory } from '../report-sample.ts';
import { press } from './sample.ts';

/** Acts on a terminal or hides. */
const ACTING = /[\u0000-\u001f\u007f-\u009f\u200b\u202a-\u202e\u2066-\u2069\ud800-\udfff]/;

function migration(parts: Partial<Migration> & Pick<Migration, 'id' | 'credentials'>): Migration {
  return {
    workload: 'w', name: 'ci.yml \u203a evals', platform: 'github-actions', target: 't1', path: '.github/workflows/ci.yml', line: 4, provider: 'anthropic', keys: [],
    chosen: { hops: [], route: 'native', class: 'native', outcome: 'gone', change: 'configuration', status: 'general', title: 'GitHub Actions \u2192 Anthropic', reason: 'The provider itself takes the token.' },
    noPath: null, runnersUp: [], edits: ['Ask for a token.'], environment: { set: {}, remove: [] }, floors: [], probe: null, readers: { count: 0, examples: [] }, warnings: ['Check the claim.'], when: 'today', ...parts,
  };
}

function opened(model: ReturnType<typeof uiModel>, columns: number, rows: number): State {
  return reduce(initialState({ columns, rows }), { kind: 'loaded', model })[0];
}

describe('what the screen is given', () => {
  const inventory = richInventory();
  const [first] = inventory.credentials;
  const id = first?.id ?? '';
  const model = uiModel(inventory, [migration({ id: 'm-1', credentials: [id] }), migration({ id: 'm-2', credentials: [id], name: 'nightly.yml', chosen: null, noPath: { code: 'no-route', reason: 'No way is known.', unblock: 'Keep it short.' }, when: 'none' })], { providers, platforms, cwd: '/srv/support-bot' });
  const row = model.rows.find((one) => one.id === id);

  test('one row for each key, with what can be chosen', () => {
    expect(model.rows.map((one) => one.id).toSorted()).toEqual(inventory.credentials.map((one) => one.id).toSorted());
    expect(row?.migrations).toEqual(['m-1']);
    expect(row?.label).toBe(first?.preview);
    expect(model.title).toBe('./support-bot');
  });

  test('details: places, users, sum, effort, migrations with reasons, evidence of each factor', () => {
    if (row === undefined || first === undefined) throw new Error('no row');
    const { lines, migrations } = model.detail(row, 100);
    const text = lines.map((line) => line.replace(/\u0001.|\u0002/g, '')).join('\n');
    for (const finding of inventory.findings.filter((one) => first.findings.includes(one.id))) expect(text).toContain(finding.location.path.replace(/^.*:/, ''));
    for (const factor of first.risk.factors) expect(text).toContain(`${factor.points < 0 ? '' : '+'}${factor.points} ${factor.label}`);
    for (const part of ['What replaces it: 2 migrations', 'ci.yml \u203a evals', 'GitHub Actions \u2192 Anthropic', '1 Ask for a token.', '! Check the claim.', 'No way is known.', 'Keep it short.', 'effort ', first.risk.vector]) expect(text).toContain(part);
    expect(migrations.map((one) => one.id)).toEqual(['m-1']);
    expect(lines[migrations[0]?.line ?? 0]).toContain('evals');
    // Asked again it is the same value: a page is drawn many times.
    expect(model.detail(row, 100)).toBe(model.detail(row, 100));
    for (const width of [58, 78, 100]) for (const line of model.detail(row, width).lines) expect(line.replace(/\u0001.|\u0002/g, '').length).toBeLessThanOrEqual(width);
  });

  test('is found by what it says', () => {
    const path = inventory.findings.find((one) => one.credential === id)?.location.path ?? '';
    expect(press(opened(model, 80, 24), ...`/${path}`, 'enter').state.shown.map((one) => one.id)).toContain(id);
  });
});

describe('hostile names', () => {
  const hostile = hostileInventory();
  const target = hostile.targets[0];
  const inventory = target === undefined ? hostile : { ...hostile, targets: [{ ...target, name: `./${HOSTILE_NAMES[0] ?? ''}` }, ...hostile.targets.slice(1)] };
  const migrations = HOSTILE_NAMES.map((name, index) => migration({ id: `m-${index}`, credentials: inventory.credentials.map(({ id }) => id), name, path: name, edits: [name], warnings: [name] }));

  test('nothing that acts on a terminal comes onto the screen', () => {
    for (const [unicode, glyphs] of [[true, UNICODE], [false, ASCII]] as const) {
      const model = uiModel(inventory, migrations, { providers, platforms, unicode, cwd: '/srv' });
      for (const [columns, rows] of [[80, 24], [200, 60]] as const) {
        let state = opened(model, columns, rows);
        for (const key of ['', 'enter', ...Array.from({ length: 40 }, () => 'pagedown')]) {
          if (key !== '') ({ state } = press(state, key));
          for (const line of frame(state, glyphs)) expect(plainText(line)).not.toMatch(ACTING);
        }
      }
    }
  });
});
