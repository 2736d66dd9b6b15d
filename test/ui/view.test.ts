import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { displayWidth } from '../../src/report/layout.ts';
import { BINDINGS } from '../../src/ui/keys.ts';
import { fitLine, lineWidth, mark, parseMarks, plainText, wrapLine } from '../../src/ui/marks.ts';
import { Painter } from '../../src/ui/painter.ts';
import { type Event, initialState, reduce, type State } from '../../src/ui/state.ts';
import { ASCII, frame, UNICODE } from '../../src/ui/view.ts';
import { keyOf, modelOf, opened, press } from './sample.ts';

function screen(state: State, glyphs = UNICODE): readonly string[] {
  return frame(state, glyphs).map((line) => plainText(line).trimEnd());
}

describe('the frame', () => {
  test('has as many lines as the screen, each as wide, whatever is pressed at whatever size', () => {
    const keys = BINDINGS.flatMap((binding) => binding.keys).filter((key) => key !== 'ctrl-c');
    const key = fc.constantFrom(...keys, 'y', 'n').map((text): Event => ({ kind: 'key', key: keyOf(text) }));
    const resize = fc.record({ columns: fc.integer({ min: 1, max: 240 }), rows: fc.integer({ min: 1, max: 80 }) }).map((size): Event => ({ kind: 'resized', size }));
    const answer = fc.constantFrom<Event>(
      { kind: 'previewed', token: 1, result: { kind: 'page', lines: (width) => [`asked for ${width}`, '+\tan added line with a tab', `${'-'.repeat(300)}`, mark('good', '+\u6f22\u5b57'.repeat(60))] } },
      { kind: 'previewed', token: 2, result: { kind: 'failed', message: 'a reason that is longer than a line of a narrow screen could ever be' } },
      { kind: 'written', result: { kind: 'exists', file: 'p.json' } },
      { kind: 'written', result: { kind: 'written', file: 'p.json', count: 1, next: 'dekey apply p.json shows the diff.' } },
      { kind: 'progress', progress: { phase: 'objects', done: { artifacts: 10, bytes: 1e9 }, total: { artifacts: 100, bytes: 0 }, elapsedMs: 5000 } },
    );
    fc.assert(fc.property(fc.array(fc.oneof({ weight: 8, arbitrary: key }, resize, answer), { maxLength: 40 }), fc.boolean(), (events, isLoaded) => {
      let state = isLoaded ? opened(23) : initialState({ columns: 80, rows: 24 });
      for (const event of events) [state] = reduce(state, event);
      const lines = frame(state, UNICODE);
      expect(lines.length).toBe(state.size.rows);
      for (const line of lines) expect(lineWidth(line)).toBe(state.size.columns);
      if (state.shown.length > 0) expect(state.cursor).toBeLessThan(state.shown.length);
    }), { numRuns: 150 });
  });

  test('of 20,000 keys only those that are seen are drawn', () => {
    const state = press(opened(20_000, 200, 60), 'end').state;
    const started = performance.now();
    for (let index = 0; index < 20; index += 1) frame(state, UNICODE);
    expect((performance.now() - started) / 20).toBeLessThan(20);
  });

  test('a list at 80 columns', () => {
    const lines = screen(press(opened(12), ' ').state);
    expect(lines[0]).toBe(' dekey  \u00b7 ./support-bot \u00b7 12 keys                           2 migrations chosen');
    expect(lines[1]).toBe('  every provider  \u00b7  every level  \u00b7  by risk');
    expect(lines[2]).toBe('      risk         key                                places users  replace');
    expect(lines[3]).toBe('> [x] CRITICAL 100 Anthropic API key  sk-\u20260000             0     0  today');
    expect(lines[4]).toBe('  [ ] CRITICAL 95  OpenAI API key     sk-\u20260005             5     2  today');
    expect(lines[22]).toBe(' 1 of 12  \u00b7  2 migrations');
  });

  test('details mark what is chosen, and which is meant', () => {
    const lines = screen(press(opened(12, 80, 30), 'enter', 'n', ' ').state);
    expect(lines[3]).toBe('>  [x] line 39');
    expect(lines.some((line) => line === '   [ ] line 59')).toBe(true);
    expect(lines[27]).toBe('  \u2026 17 more lines below');
  });

  test('what is asked stands where it is answered', () => {
    const chosen = press(opened(12), ' ').state;
    expect(screen(press(chosen, 'w').state)[22]).toBe(' Write the plan of 2 migrations to: dekey-plan.json');
    expect(screen(reduce(chosen, { kind: 'written', result: { kind: 'exists', file: 'p.json' } })[0])[22]).toBe(' p.json is there already. Replace it? [y/n]');
    expect(screen(press(chosen, 'q').state)[22]).toBe(' What is chosen is not written. Leave all the same? [y/n]');
    expect(screen(press(chosen, '/', 'g').state).slice(22)).toEqual([' /g', ' Enter keep  Esc undo  Ctrl-U empty']);
    expect(screen(press(chosen, ...'/nothing'.split('')).state)[4]).toBe('  No key fits. x shows all again.');
  });

  test('what went wrong is said whole, in as many lines as it takes', () => {
    const [state] = reduce(opened(30), { kind: 'written', result: { kind: 'failed', message: `cannot write ${'no/such/'.repeat(12)}plan.json: the folder is not there. Make it first.` } });
    const lines = screen(state);
    expect(lines.length).toBe(24);
    expect(lines.slice(-4, -1).join(' ').replace(/\s+/g, ' ')).toContain('the folder is not there. Make it first.');
    expect(lines.at(-1)).toContain('? help');
  });

  test('where there is no room for numbers, names have it', () => {
    expect(screen(opened(12, 60, 20)).slice(2, 4)).toEqual([`      risk         key${' '.repeat(26)}replace`, '> [ ] CRITICAL 100 Anthropic      sk-\u20260000      today']);
  });

  test('a scan says how far it is', () => {
    const [state] = reduce(initialState({ columns: 80, rows: 24 }), { kind: 'progress', progress: { phase: 'files', done: { artifacts: 500, bytes: 40e6 }, total: { artifacts: 2000, bytes: 160e6 }, elapsedMs: 4000 } });
    expect(screen(state).filter((line) => line !== '').slice(1)).toEqual([
      `   ${'\u2588'.repeat(15)}${'\u2591'.repeat(45)}  25 %`, '   files        500 of 2,000', '   read         40 MB of 160 MB', '   rate         10 MB a second', '   elapsed      4 s', '   left         about 12 s', ' Ctrl-C leave; nothing is written',
    ]);
  });

  test('below 60x15 it says what is missing, at any size', () => {
    expect(screen(reduce(initialState({ columns: 40, rows: 10 }), { kind: 'loaded', model: modelOf(3) })[0]).slice(0, 3)).toEqual(['This screen is 40x10.', 'dekey ui needs 60x15.', 'Make it larger, or q: leave.']);
    expect(screen(opened(3, 60, 15))[3]).toContain('> [ ] CRITICAL');
  });

  test('without UTF-8 our own signs are ASCII', () => {
    for (const state of [opened(3), opened(3, 200, 60), press(opened(3, 80, 60), 'enter').state, press(opened(3), '?').state, initialState({ columns: 80, rows: 24 })]) {
      // The previews come from the report, which has escaped them by then.
      for (const line of screen(state, ASCII)) expect(line.replaceAll('\u2026', '')).toMatch(/^[\x20-\x7e]*$/);
    }
  });

  test('the help names every key', () => {
    const text = screen(press(opened(3, 120, 60), '?').state).join('\n');
    for (const { shown, what } of BINDINGS) if (shown !== '') expect(text).toMatch(new RegExp(`${shown.replace(/[/?]/g, '\\$&')} +${what.replace(/[.?]/g, '\\$&')}`));
  });
});

describe('marks', () => {
  test('come apart as they were put together', () => {
    expect(parseMarks(`a ${mark('good', 'b')} c${mark('dim', 'd')}`)).toEqual([{ text: 'a ' }, { text: 'b', style: 'good' }, { text: ' c' }, { text: 'd', style: 'dim' }]);
    expect(parseMarks(mark('dim', `x ${mark('strong', 'y')} z`))).toEqual([{ text: 'x ', style: 'dim' }, { text: 'y', style: 'strong' }, { text: ' z', style: 'dim' }]);
    expect(parseMarks('')).toEqual([]);
    expect(mark('dim', '')).toBe('');
  });

  test('wrapping and cutting lose nothing and keep to the width', () => {
    fc.assert(fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => text.replace(/[\p{C}\p{Z}\p{M}]/gu, '.')), { maxLength: 6 }), fc.integer({ min: 4, max: 40 }), (texts, width) => {
      const line = texts.map((text) => ({ text, style: 'dim' as const }));
      const wrapped = wrapLine(line, width);
      expect(wrapped.map(plainText).join('')).toBe(plainText(line));
      for (const one of wrapped) expect(lineWidth(one)).toBeLessThanOrEqual(width);
      expect(lineWidth(fitLine(line, width))).toBe(width);
    }));
    expect(wrapLine(parseMarks(`      ${mark('dim', 'a sentence that is too long')} for it`), 24, 6).map(plainText)).toEqual(['      a sentence that is', '      too long for it']);
    expect(wrapLine([{ text: 'one sentence that breaks' }], 17, 0).map(plainText)).toEqual(['one sentence that', 'breaks']);
    expect(wrapLine([{ text: 'one sentence that breaks' }], 15, 0).map(plainText)).toEqual(['one sentence ', 'that breaks']);
    expect(wrapLine([{ text: `+${'x'.repeat(30)}` }], 20, 2).map(plainText)).toEqual([`+${'x'.repeat(19)}`, `  ${'x'.repeat(11)}`]);
    expect(plainText(fitLine([{ text: '\u6f22\u5b57' }], 3))).toBe('\u6f22 ');
    expect(displayWidth('\u6f22')).toBe(2);
  });
});

describe('the painter', () => {
  function paint(...steps: readonly ((painter: Painter) => void)[]): string {
    let written = '';
    const painter = new Painter((bytes) => {
      written += bytes;
    });
    for (const step of steps) step(painter);
    return written;
  }
  const size = { rows: 3 };

  test('writes only the lines that changed', () => {
    const first = paint((painter) => painter.open(), (painter) => painter.paint('a\nb\nc', size));
    const both = paint((painter) => painter.open(), (painter) => painter.paint('a\nb\nc', size), (painter) => painter.paint('a\nB\nc', size));
    expect(both.slice(first.length)).toBe('\u001b[2;1H\u001b[2KB\u001b[0m');
    const same = paint((painter) => painter.open(), (painter) => painter.paint('a\nb\nc', size), (painter) => painter.paint('a\nb\nc', size));
    expect(same).toBe(first);
  });

  test('gives the terminal back as it was, once', () => {
    const whole = paint((painter) => painter.open(), (painter) => painter.paint('a', size), (painter) => painter.close(), (painter) => painter.close(), (painter) => painter.paint('b', size), (painter) => painter.reset());
    expect(whole.startsWith('\u001b[?1049h\u001b[?25l')).toBe(true);
    expect(whole.endsWith('\u001b[?25h\u001b[0m\u001b[?1049l')).toBe(true);
    expect(whole.split('\u001b[?1049l').length).toBe(2);
    expect(paint((painter) => painter.close())).toBe('');
  });

  test('never scrolls, and never touches what scrolled away before', () => {
    const whole = paint((painter) => painter.open(), (painter) => painter.paint('a\nb\nc\nd\ne', size), (painter) => painter.reset(), (painter) => painter.paint('a\nb', size));
    expect(whole).not.toMatch(/\n|\u001b\[3J|\u001b\[4;1H/);
  });
});
