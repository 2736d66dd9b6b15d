import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapeWorkflowData, escapeWorkflowProperty, percentEncodePath, visible } from '../src/support/escape.ts';

describe('for a terminal', () => {
  test.each([
    ['\u001b]52;c;aGk=\u0007', '\\u{1b}]52;c;aGk=\\u{7}'],
    ['\u001b[2Jgone', '\\u{1b}[2Jgone'],
    ['a\rb\nc\td', 'a\\u{d}b\\u{a}c\\u{9}d'],
    ['\u009b31m\u007f', '\\u{9b}31m\\u{7f}'],
    ['txt.\u202eexe', 'txt.\\u{202e}exe'],
    ['\u2066x\u2069\u061c', '\\u{2066}x\\u{2069}\\u{61c}'],
    ['a\u200bb\u200dc\ufeffd\u00ade', 'a\\u{200b}b\\u{200d}c\\u{feff}d\\u{ad}e'],
    ['\u2028\u2029', '\\u{2028}\\u{2029}'],
    ['\ud800 \udc00', '\\u{d800} \\u{dc00}'],
    ['\u{e0041}\u{e0100}\u3164', '\\u{e0041}\\u{e0100}\\u{3164}'],
  ])('%j becomes visible', (text, expected) => {
    expect(visible(text)).toBe(expected);
  });

  test('what people write stays as it is', () => {
    const text = 'src/größe/你好/مرحبا/😀❤\ufe0f [x](y) "q" \\ % # é';
    expect(visible(text)).toBe(text);
  });

  test('no text leaves anything a terminal acts on, and a second pass changes nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const shown = visible(text);
        expect(shown).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/);
        expect(visible(shown)).toBe(shown);
      }),
    );
  });

  test('time grows with length only', () => {
    const started = performance.now();
    visible('\u001b'.repeat(200_000));
    escapeWorkflowData('\r\n%'.repeat(200_000));
    expect(performance.now() - started).toBeLessThan(3000);
  });
});

describe('for GitHub workflow commands', () => {
  test('data keeps its line ends, encoded', () => {
    expect(escapeWorkflowData('50%\r\n::add-mask::x\u001b[0m')).toBe('50%25%0D%0A::add-mask::x\\u{1b}[0m');
  });

  test('a property cannot end itself or start another', () => {
    expect(escapeWorkflowProperty('a,line=1::error::%0A\n')).toBe('a%2Cline=1%3A%3Aerror%3A%3A%250A%0A');
  });

  test('nothing can begin a line of its own', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(escapeWorkflowData(text)).not.toMatch(/[\r\n]/);
        expect(escapeWorkflowProperty(text)).not.toMatch(/[\r\n:,]/);
      }),
    );
  });
});

describe('for SARIF URIs', () => {
  test.each([
    ['src/a b.ts', 'src/a%20b.ts'],
    ['100%/#1?x', '100%25/%231%3Fx'],
    ['a:b/c\\d', 'a%3Ab/c%5Cd'],
    ['größe', 'gr%C3%B6%C3%9Fe'],
    ['\ud800x', '%EF%BF%BDx'],
    ["it's(1)*!", 'it%27s%281%29%2A%21'],
    ['line\nend', 'line%0Aend'],
  ])('%j is %s', (path, uri) => {
    expect(percentEncodePath(path)).toBe(uri);
  });

  test('any path is a relative reference that decodes to itself', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !/[/\0]/.test(text) && text !== '.' && text !== '..');
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), (names) => {
        const path = names.join('/');
        const uri = percentEncodePath(path);
        expect(uri).toMatch(/^[A-Za-z0-9._~%/-]+$/);
        expect(decodeURIComponent(uri)).toBe(path);
        expect(new URL(uri, 'file:///srv/').pathname).toBe(`/srv/${uri}`);
      }),
    );
  });
});
