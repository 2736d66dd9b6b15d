import { describe, expect, test } from 'vitest';
import { BINDINGS, COMMANDS } from '../../src/ui/keys.ts';
import { DEFAULT_FILE, detailOf, initialState, reduce, rowOf } from '../../src/ui/state.ts';
import { keyOf, modelOf, opened, press } from './sample.ts';

describe('keys', () => {
  test('every command has a key, and no key has two', () => {
    expect(BINDINGS.map(({ command }) => command).toSorted()).toEqual([...COMMANDS].toSorted());
    const keys = BINDINGS.flatMap((binding) => binding.keys);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('arrows and letters move, pages and ends too', () => {
    const start = opened(100);
    expect(press(start, 'down', 'j', 'j').state.cursor).toBe(3);
    expect(press(start, 'down', 'j', 'k', 'up').state.cursor).toBe(0);
    // 24 rows less title, filter, columns, notice and keys.
    expect(press(start, 'pagedown').state.cursor).toBe(18);
    expect(press(start, 'f', 'ctrl-d', 'b').state.cursor).toBe(18);
    expect(press(start, 'end').state).toMatchObject({ cursor: 99, top: 81 });
    expect(press(start, 'G', 'g').state).toMatchObject({ cursor: 0, top: 0 });
    expect(press(start, 'G', 'ctrl-u').state).toMatchObject({ cursor: 81, top: 81 });
    expect(press(start, 'up').state.cursor).toBe(0);
    expect(press(opened(0), 'down', 'end', ' ', 'd', 'enter').state).toMatchObject({ cursor: 0, focus: 'list' });
  });

  test('a key without a meaning changes nothing', () => {
    const start = opened(5);
    expect(press(start, 'z', 'Z', '9').state).toEqual(start);
  });
});

describe('filters', () => {
  test('text is looked for as it is typed; Escape takes it back, Enter keeps it', () => {
    const typed = press(opened(100), '/', 'g', 'r', 'o', 'q').state;
    expect(typed.shown.length).toBe(25);
    expect(typed.shown.every(({ provider }) => provider === 'Groq')).toBe(true);
    expect(press(typed, 'escape').state).toMatchObject({ prompt: undefined, filter: { query: '' } });
    expect(press(typed, 'escape').state.shown.length).toBe(100);
    const kept = press(typed, 'enter').state;
    expect(kept).toMatchObject({ prompt: undefined, filter: { query: 'groq' } });
    expect(press(kept, '/', 'backspace', 'backspace', 'backspace', 'backspace', 'escape').state.filter.query).toBe('groq');
    expect(press(kept, '/', 'ctrl-u', 'enter').state.shown.length).toBe(100);
    // Letters that are commands elsewhere are letters here.
    expect(press(opened(100), '/', 'q', 'w', ' ').state.filter.query).toBe('qw ');
  });

  test('each word has to be somewhere', () => {
    expect(press(opened(100), ...'/service-17 groq'.split('')).state.shown).toEqual([]);
    expect(press(opened(100), ...'/service-19 groq'.split('')).state.shown.map(({ id }) => id)).toEqual(['k19']);
  });

  test('provider, level and order go round, there and back', () => {
    const start = opened(40);
    const providers = ['', 'Anthropic', 'Groq', 'OpenAI', 'Tavily', ''].map((_, index) => press(start, ...Array.from({ length: index }, () => 'p')).state.filter.provider);
    expect(providers).toEqual(['', 'Anthropic', 'Groq', 'OpenAI', 'Tavily', '']);
    expect(press(start, 'P').state.filter.provider).toBe('Tavily');
    expect(press(start, 's', 's').state.filter.severity).toBe('high');
    expect(press(start, 's', 's').state.shown.every(({ level }) => level === 'critical' || level === 'high')).toBe(true);
    expect(press(start, 'S').state.filter.severity).toBe('info');
    expect(press(start, 's', 'p', '/', 'x', 'enter', 'x').state).toMatchObject({ filter: { query: '', provider: '', severity: '' } });
    const places = press(start, 'o', 'o').state;
    expect(places.filter.sort).toBe('places');
    expect(places.shown.map((row) => row.places)).toEqual(places.shown.map((row) => row.places).toSorted((a, b) => b - a));
    expect(press(start, 'o', 'o', 'o', 'o').state.filter.sort).toBe('risk');
  });

  test('the cursor stays on its key while it is shown', () => {
    const on = press(opened(40), 'down', 'down', 'down').state;
    expect(rowOf(press(on, 'o').state)?.id).toBe(rowOf(on)?.id);
    expect(press(on, '/', 'n', 'o', 't', 'h', 'i', 'n', 'g').state).toMatchObject({ cursor: 0, shown: [] });
  });

  test('what nobody has to look at comes last', () => {
    const model = modelOf(4);
    const folded = { ...model, rows: model.rows.map((row, index) => ({ ...row, isFolded: index === 0 })) };
    const [state] = reduce(initialState({ columns: 80, rows: 24 }), { kind: 'loaded', model: folded });
    expect(state.shown.map(({ id }) => id)).toEqual(['k1', 'k2', 'k3', 'k0']);
  });
});

describe('details', () => {
  test('open, scroll, back; another key begins at its top', () => {
    const open = press(opened(10), 'enter').state;
    expect(open.focus).toBe('detail');
    expect(press(open, 'down', 'j').state.detailTop).toBe(2);
    expect(press(open, 'end').state.detailTop).toBe(81 - 21);
    expect(press(open, 'pagedown', 'pageup').state.detailTop).toBe(0);
    for (const key of ['escape', 'left', 'h', 'backspace', 'q']) expect(press(open, key).state.focus, key).toBe('list');
    expect(press(open, 'down', 'escape', 'down', 'enter').state.detailTop).toBe(0);
    for (const key of ['right', 'l', 'tab']) expect(press(opened(10), key).state.focus, key).toBe('detail');
  });

  test('n and N step through the migrations and bring them into view', () => {
    // k0 has two, at lines 40 and 60.
    const first = press(opened(10), 'enter', 'n').state;
    expect(first).toMatchObject({ marked: 0, detailTop: 38 });
    const second = press(first, 'n').state;
    expect(second).toMatchObject({ marked: 1, detailTop: 58 });
    expect(press(second, 'n').state.marked).toBe(0);
    expect(press(second, 'N').state.marked).toBe(0);
    expect(press(opened(10), 'n').state.notice?.text).toContain('Enter opens the key');
  });

  test('on a wide screen they stand beside the list, and n goes there', () => {
    const wide = opened(10, 200, 60);
    expect(press(wide, 'n').state).toMatchObject({ focus: 'detail', marked: 0 });
    // Leaving from there is leaving.
    expect(press(wide, 'enter', 'q').effects).toEqual([{ kind: 'leave', interrupted: false }]);
  });
});

describe('choosing', () => {
  test('Space takes all migrations of a key, and gives them back', () => {
    const chosen = press(opened(10), ' ').state;
    expect([...chosen.chosen]).toEqual(['m0', 'm0-second']);
    expect(chosen.isSaved).toBe(false);
    expect([...press(chosen, ' ').state.chosen]).toEqual([]);
  });

  test('in the details it takes the marked one', () => {
    expect([...press(opened(10), 'enter', 'n', 'n', ' ').state.chosen]).toEqual(['m0-second']);
    // Of a key with some of them the list takes the rest.
    expect([...press(opened(10), 'enter', 'n', 'n', ' ', 'escape', ' ').state.chosen].toSorted()).toEqual(['m0', 'm0-second']);
  });

  test('where there is none it says so', () => {
    const none = press(opened(5), 'end').state;
    expect(rowOf(none)?.migrations).toEqual([]);
    expect(press(none, ' ').state).toMatchObject({ chosen: new Set(), notice: { style: 'dim' } });
    // A notice is gone with the next key.
    expect(press(none, ' ', 'up').state.notice).toBeUndefined();
  });

  test('a takes what is shown, and only that', () => {
    const some = press(opened(20), ...'/groq'.split(''), 'enter', 'a').state;
    expect(some.chosen.size).toBe(4);
    expect(press(some, 'a').state.chosen.size).toBe(0);
    expect(press(some, 'x', 'a').state.chosen.size).toBe(24);
  });
});

describe('the diff', () => {
  test('is asked for once, and an answer to an older question is passed over', () => {
    const asked = press(opened(10), 'd');
    expect(asked.effects).toEqual([{ kind: 'preview', token: 1, migrations: ['m0', 'm0-second'] }]);
    expect(asked.state.diff).toMatchObject({ token: 1, result: undefined });
    const again = press(asked.state, 'escape', 'down', 'd');
    const [late] = reduce(again.state, { kind: 'previewed', token: 1, result: { kind: 'page', lines: () => ['old'] } });
    expect(late.diff?.result).toBeUndefined();
    const [ready] = reduce(again.state, { kind: 'previewed', token: 2, result: { kind: 'page', lines: () => Array.from({ length: 50 }, (_, index) => `+line ${index}`) } });
    expect(press(ready, 'end').state.diff?.top).toBe(50 - 21);
    expect(press(ready, 'j', 'j', 'k').state.diff?.top).toBe(1);
    for (const key of ['escape', 'h', 'left', 'q', 'd']) expect(press(ready, key).state.diff, key).toBeUndefined();
    const [gone] = reduce(press(ready, 'escape').state, { kind: 'previewed', token: 2, result: { kind: 'page', lines: () => [] } });
    expect(gone.diff).toBeUndefined();
  });

  test('D is that of all that is chosen; without any there is none', () => {
    expect(press(opened(10), 'D')).toMatchObject({ effects: [], state: { notice: { style: 'dim' } } });
    expect(press(opened(10), ' ', 'down', ' ', 'D').effects).toEqual([{ kind: 'preview', token: 1, migrations: ['m0', 'm0-second', 'm5'] }]);
  });
});

describe('writing', () => {
  const chosen = press(opened(10), ' ').state;

  test('asks for a name, and proposes one', () => {
    const asked = press(chosen, 'w');
    expect(asked.state.prompt).toEqual({ kind: 'file', text: DEFAULT_FILE });
    expect(press(asked.state, 'enter').effects).toEqual([{ kind: 'write', file: DEFAULT_FILE, migrations: ['m0', 'm0-second'], overwrite: false }]);
    expect(press(asked.state, 'ctrl-u', 'q', '/', 'p', 'enter').effects).toMatchObject([{ file: 'q/p' }]);
    expect(press(asked.state, 'ctrl-u', 'enter')).toMatchObject({ effects: [], state: { prompt: { kind: 'file' } } });
    expect(press(asked.state, 'escape')).toMatchObject({ effects: [], state: { prompt: undefined } });
    expect(press(opened(10), 'w')).toMatchObject({ effects: [], state: { prompt: undefined, notice: { style: 'dim' } } });
  });

  test('never replaces anything that nobody said yes to', () => {
    const [there] = reduce(chosen, { kind: 'written', result: { kind: 'exists', file: 'p.json' } });
    expect(there.prompt).toEqual({ kind: 'overwrite', file: 'p.json' });
    for (const key of ['n', 'escape', 'q']) expect(press(there, key), key).toMatchObject({ effects: [], state: { prompt: undefined, isSaved: false } });
    for (const key of ['enter', ' ', 'w', 'x']) expect(press(there, key), key).toMatchObject({ effects: [], state: { prompt: { kind: 'overwrite' } } });
    expect(press(there, 'y').effects).toEqual([{ kind: 'write', file: 'p.json', migrations: ['m0', 'm0-second'], overwrite: true }]);
  });

  test('says what came of it', () => {
    const [written] = reduce(chosen, { kind: 'written', result: { kind: 'written', file: 'p.json', count: 2, next: 'dekey apply p.json shows the diff.' } });
    expect(press(chosen, 'w', 'enter').state.notice?.text).toBe('Making the plan ...');
    expect(written).toMatchObject({ isSaved: true, notice: { style: 'good', text: 'Written: p.json. dekey apply p.json shows the diff.' } });
    expect(press(written, ' ').state.isSaved).toBe(false);
    const [failed] = reduce(chosen, { kind: 'written', result: { kind: 'failed', message: 'cannot write' } });
    expect(failed).toMatchObject({ isSaved: false, notice: { style: 'high', text: 'cannot write' } });
  });
});

describe('leaving', () => {
  test('q asks when a choice is not written; Ctrl-C never asks', () => {
    expect(press(opened(3), 'q').effects).toEqual([{ kind: 'leave', interrupted: false }]);
    const asked = press(opened(3), ' ', 'q');
    expect(asked).toMatchObject({ effects: [], state: { prompt: { kind: 'leave' } } });
    expect(press(asked.state, 'n')).toMatchObject({ effects: [], state: { prompt: undefined } });
    expect(press(asked.state, 'y').effects).toEqual([{ kind: 'leave', interrupted: false }]);
    for (const before of [[], [' '], ['/'], ['?'], ['d'], [' ', 'w'], ['enter'], [' ', 'q']]) expect(press(opened(3), ...before, 'ctrl-c').effects.at(-1), before.join()).toEqual({ kind: 'leave', interrupted: true });
  });

  test('while it scans, and where it is too small, only that works', () => {
    const scanning = initialState({ columns: 80, rows: 24 });
    expect(press(scanning, 'j', ' ', 'd', 'w', '/').state).toMatchObject({ prompt: undefined, diff: undefined });
    expect(press(scanning, 'q').effects).toEqual([{ kind: 'leave', interrupted: true }]);
    expect(press(opened(3, 40, 10), 'd')).toMatchObject({ effects: [], state: { diff: undefined } });
    expect(press(opened(3, 40, 10), 'q').effects).toEqual([{ kind: 'leave', interrupted: false }]);
  });
});

describe('sizes', () => {
  test('the cursor stays in view, and nothing is scrolled past its end', () => {
    const low = press(opened(100), 'end').state;
    const [small] = reduce(low, { kind: 'resized', size: { columns: 80, rows: 16 } });
    expect(small).toMatchObject({ cursor: 99, top: 89 });
    const [large] = reduce(small, { kind: 'resized', size: { columns: 200, rows: 120 } });
    expect(large).toMatchObject({ cursor: 99, top: 0 });
    const [detail] = reduce(press(opened(10), 'enter', 'end').state, { kind: 'resized', size: { columns: 200, rows: 60 } });
    expect(detail.detailTop).toBe(81 - 57);
    expect(detail.repaints).toBe(1);
  });

  test('20,000 keys do not slow it down', () => {
    let state = opened(20_000);
    const started = performance.now();
    for (const key of ['end', 'home', ...Array.from({ length: 200 }, () => 'down'), '/', 's', 'e', 'r', 'v', 'i', 'c', 'e', '-', '1', '9', 'enter', 'x', 'p', 'p', 's', 'o', 'a']) ({ state } = press(state, key));
    expect((performance.now() - started) / 220).toBeLessThan(30);
  });

  test('details are those of the key under the cursor', () => {
    expect(detailOf(press(opened(10), 'down').state).lines[0]).toBe('details of k5');
    expect(keyOf('j')).toEqual({ text: 'j' });
  });
});
