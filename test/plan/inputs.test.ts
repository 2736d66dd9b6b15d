import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/model/errors.ts';
import type { InputShape } from '../../src/model/text.ts';
import { patternOf } from '../../src/emit/_hcl.ts';
import { checkInput, fitsInput } from '../../src/plan/inputs.ts';

const EXAMPLES: Readonly<Record<InputShape, { readonly good: readonly string[]; readonly bad: readonly string[] }>> = {
  name: { good: ['acme', 'my-app_1.x'], bad: ['a/b', 'a b', '', 'a*'] },
  path: { good: ['group/sub/app'], bad: ['a:b', 'a b', '*'] },
  digits: { good: ['1029384'], bad: ['12a', '', '-1', '1 2'] },
  hex: { good: ['0af9'], bad: ['xyz', 'AF'] },
  uuid: { good: ['00000000-0000-4000-8000-000000000000'], bad: ['00000000', 'zzzzzzzz-0000-4000-8000-000000000000'] },
  url: { good: ['https://issuer.example/id/1'], bad: ['http://issuer.example', 'https://a.example?x=1', 'https://u@h.example', 'https://*.example'] },
  id: { good: ['wrkspc_01Abc', 'arn:aws:iam::123456789012:role/x'], bad: ["a'b", 'a"b', 'a$(b)', 'a\nb', 'a*'] },
  email: { good: ['bot@p.iam.gserviceaccount.com'], bad: ['bot', 'a b@c'] },
  'subject-prefix': { good: ['repo:acme/app', 'repo:acme@1/app@2'], bad: ['repo:acme', 'repo:acme/*', 'repo:acme/app:ref', 'acme/app', 'repo:acme-1/app:x'] },
};

describe.each(Object.entries(EXAMPLES) as [InputShape, (typeof EXAMPLES)[InputShape]][])('%s', (shape, { good, bad }) => {
  const input = { id: 'x.y', title: 'Thing', shape, how: 'Look there.' };

  test('takes what it should and nothing else, here and in Terraform alike', () => {
    for (const value of good) {
      expect(fitsInput(input, value)).toBe(true);
      expect(new RegExp(patternOf(shape)).test(value)).toBe(true);
    }
    for (const value of bad) {
      expect(fitsInput(input, value)).toBe(false);
      expect(new RegExp(patternOf(shape)).test(value)).toBe(false);
    }
  });

  test('lets no wildcard, quote, blank or control through', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '1', '/', ':', '*', '?', "'", '"', '`', '$', '(', ' ', '\n', '\u0000', '\\', '{') }), (value) => {
        if (/[*?'"`$( \n\0\\{]/.test(value)) expect(fitsInput(input, value)).toBe(false);
      }),
    );
  });

  test('a wrong value is refused with the place to read the right one', () => {
    expect(() => checkInput(input, bad[0] ?? '', '--set')).toThrow(UsageError);
  });
});
