import { describe, expect, test } from 'vitest';
import { like } from './parties/aws-sts.ts';
import { evaluateCel, holds, parseCel } from './parties/_cel.ts';
import { Denial } from './parties/_token.ts';
import { runSelfCase, selfCases } from './self-check.ts';

describe('parties tell tight documents from loose ones', () => {
  for (const one of selfCases) {
    test(one.title, async () => {
      expect((await runSelfCase(one)).problems).toEqual([]);
    });
  }
});

describe('conditions', () => {
  const scope = { claims: { sub: 'a:b', list: ['x'], nested: { 'a/b': 'c' }, yes: true, number: 7 } };
  test.each([
    ['claims.sub == "a:b"', true],
    ["claims.sub == 'a:c'", false],
    ['claims.sub != "a:c" && claims.yes', true],
    ['claims.sub in ["x", "a:b"]', true],
    ['"x" in claims.list', true],
    ['claims.nested["a/b"] == "c"', true],
    ['has(claims.gone) || claims.number == 7', true],
    ['claims.sub.startsWith("a:")', true],
    ['claims.gone == "x" || claims.yes', true],
    ['claims.gone == "x" && claims.sub == "no"', false],
    ['claims.number == "7"', false],
    ['(claims.yes == false || claims.sub == "a:b") && claims.list == ["x"]', true],
  ])('%s', (text, wanted) => {
    expect(holds(parseCel(text, ['claims']), scope)).toBe(wanted);
  });

  test.each(['', 'claims', 'claims.sub', 'claims.gone == "x"', 'claims.gone == "x" && claims.yes', 'claims.sub && claims.yes', '"a" + claims.number == "a7"'])('no truth value: %s', (text) => {
    expect(() => holds(parseCel(text, ['claims']), scope)).toThrow(Denial);
  });

  test.each([
    '!claims.yes',
    'claims.sub.matches("a")',
    'claims.sub.contains("a")',
    'claims.sub.startsWith',
    'claims.list.exists(x, x == "a")',
    'size(claims.sub) == 1',
    'claims.yes ? true : false',
    'other.sub == "a"',
    'claims.sub == r"a"',
    'claims.sub == """a"""',
    'claims.sub == "a" == true',
    'claims.number < 3',
    'claims.sub == "a\\x41"',
    'claims.sub == "a" claims.yes',
    'claims.sub == "a" // so',
    'claims.sub == "a',
    'has(claims)',
    'claims["a" + "b"] == "c"',
  ])('refused when read: %s', (text) => {
    expect(() => parseCel(text, ['claims'])).toThrow(Denial);
  });

  test('texts are joined', () => {
    expect(evaluateCel(parseCel("'gh:' + claims.sub", ['claims']), scope)).toBe('gh:a:b');
  });
});

test.each([
  ['repo:acme/app:ref', 'repo:acme/*', true],
  ['repo:acme/app', 'repo:acme/ap?', true],
  ['repo:acme/ap', 'repo:acme/ap?', false],
  ['repo:acme.app', 'repo:acme?app', true],
  ['repo:acmeXapp', 'repo:acme.app', false],
  ['a\nb', 'a*', true],
])('%j like %j', (value, pattern, wanted) => {
  expect(like(value, pattern)).toBe(wanted);
});
