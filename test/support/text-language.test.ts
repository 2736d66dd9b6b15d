import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { accepts, anyText, either, exactly, glob, type GlobRules, isWithin, type Language, segment, sequence } from '../../src/support/text-language.ts';

const AWS: GlobRules = { star: 'anywhere', question: true };
const TRAILING: GlobRules = { star: 'last', question: false };

/** What a code host can send: `repo:OWNER/NAME:` and anything. */
const subjects = sequence(exactly('repo:'), segment(':/'), exactly('/'), segment(':/'), exactly(':'), segment(''));

function counterexample(inner: Language, outer: Language, within?: Language): string | undefined {
  const verdict = isWithin(inner, outer, within);
  return verdict.holds === false ? verdict.counterexample : undefined;
}

describe('what a wildcard lets in', () => {
  test.each([
    ['repo:acme/app:*', 'repo:acme/app:*', undefined],
    ['repo:acme/app:ref:refs/heads/main', 'repo:acme/app:*', undefined],
    ['repo:acme/*', 'repo:acme/app:*', 'repo:acme/x:x'],
    ['repo:acme/app*', 'repo:acme/app:*', 'repo:acme/appx:x'],
    ['repo:acme*', 'repo:acme/app:*', 'repo:acme/x:x'],
    ['repo:acme*', 'repo:acme/*', 'repo:acmex/x:x'],
    ['repo:*/app:*', 'repo:acme/app:*', 'repo:x/app:x'],
    ['*', 'repo:acme/app:*', 'repo:x/x:x'],
    ['repo:acme/ap?:environment:prod', 'repo:acme/app:environment:prod', 'repo:acme/apx:environment:prod'],
    ['repo:acme/app:ref:refs/heads/release-*', 'repo:acme/app:ref:refs/heads/release-?', 'repo:acme/app:ref:refs/heads/release-'],
  ])('%s against %s', (inner, outer, expected) => {
    expect(counterexample(glob(inner, AWS), glob(outer, AWS), subjects)).toBe(expected);
  });

  test('dialects differ: a star in the middle is a star or a character', () => {
    expect(accepts(glob('a*c*', TRAILING), 'a*cde')).toBe(true);
    expect(accepts(glob('a*c*', TRAILING), 'abcde')).toBe(false);
    expect(accepts(glob('a?', TRAILING), 'ab')).toBe(false);
    expect(isWithin(glob('repo:*:x', TRAILING), exactly('repo:*:x'))).toEqual({ holds: true });
  });

  test('either of several, and a name between separators', () => {
    const both = either(exactly('repo:a/b:ref:refs/heads/main'), exactly('repo:a/b:environment:prod'));
    expect(isWithin(both, glob('repo:a/b:*', AWS))).toEqual({ holds: true });
    expect(counterexample(both, exactly('repo:a/b:environment:prod'))).toBe('repo:a/b:ref:refs/heads/main');
    expect(accepts(segment('/'), '')).toBe(false);
    expect(isWithin(segment('/'), anyText)).toEqual({ holds: true });
    expect(counterexample(anyText, segment('/'))).toBe('');
  });

  test('characters beyond 16 bits are one character', () => {
    expect(accepts(glob('?', AWS), '😀')).toBe(true);
    expect(isWithin(exactly('😀'), glob('?', AWS))).toEqual({ holds: true });
  });

  test('a comparison that would take too long is undecided, not a yes, and ends soon', () => {
    const hard = (letter: string): Language => glob(`*${letter}${'?'.repeat(40)}`, AWS);
    expect(isWithin(hard('a'), hard('b')).holds).not.toBe(true);
    expect(isWithin(either(hard('a'), hard('b')), either(hard('b'), hard('a'))).holds).not.toBe(false);
  });
});

const pattern = fc.array(fc.constantFrom('a', 'b', '/', '*', '?'), { maxLength: 6 }).map((parts) => parts.join(''));
const text = fc.array(fc.constantFrom('a', 'b', '/', 'c'), { maxLength: 6 }).map((parts) => parts.join(''));

/** The same by the language's own regular expressions. */
function matches(source: string, value: string): boolean {
  return new RegExp(`^${source.replaceAll(/[*?/]/g, (wild) => (wild === '*' ? '[^]*' : wild === '?' ? '[^]' : '/'))}$`).test(value);
}

describe('any patterns', () => {
  test('accept what a regular expression accepts', () => {
    fc.assert(
      fc.property(pattern, text, (source, value) => {
        expect(accepts(glob(source, AWS), value)).toBe(matches(source, value));
      }),
      { numRuns: 2000 },
    );
  });

  test('a counterexample is one, and where there is none no text is one', () => {
    fc.assert(
      fc.property(pattern, pattern, fc.array(text, { maxLength: 20 }), (inner, outer, values) => {
        const verdict = isWithin(glob(inner, AWS), glob(outer, AWS));
        if (verdict.holds === false) {
          expect(matches(inner, verdict.counterexample)).toBe(true);
          expect(matches(outer, verdict.counterexample)).toBe(false);
          // A shorter text in one is in the other.
          for (const value of values.filter(({ length }) => length < verdict.counterexample.length)) expect(matches(inner, value) && !matches(outer, value)).toBe(false);
        } else {
          expect(verdict.holds).toBe(true);
          for (const value of values) expect(matches(inner, value) && !matches(outer, value)).toBe(false);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
