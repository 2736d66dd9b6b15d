import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TrustPolicy } from '../../src/model/federation.ts';
import type { TokenShape, TokenSource } from '../../src/model/issuer.ts';
import { intendedToken, refusalTable, refusedBy, tightnessOf } from '../../src/plan/proof.ts';
import { Atoms, fromTemplate, resolve, sameText } from '../../src/plan/texts.ts';
import { accepts } from '../../src/support/text-language.ts';

const tokens: TokenSource = {
  issuer: 'https://issuer.example',
  isShared: true,
  discovery: 'public',
  subjects: [
    { id: 'branch', template: 'repo:{owner}/{repository}:ref:refs/heads/{branch}', except: { owner: ':/@', repository: ':/@' } },
    { id: 'environment', template: 'repo:{owner}/{repository}:environment:{environment}', except: { owner: ':/@', repository: ':/@' } },
  ],
  stableClaims: ['repository_id'],
  audience: 'free',
  lifetime: { seconds: 300, refresh: 'ask-again' },
  arrival: { kind: 'request', how: 'ask' },
  edits: [],
  source: 'https://example.com',
  describe: () => shape,
};
const shape: TokenShape = {
  kind: 'shape',
  issuer: ['https://issuer.example'],
  subject: { form: 'branch', text: [{ input: 'x.prefix' }, ':ref:refs/heads/main'], prefix: [{ input: 'x.prefix' }, ':'] },
  claims: [{ claim: 'repository_id', value: [{ input: 'x.id' }], role: 'id' }],
  inputs: [],
  warnings: [],
  refusals: [
    { title: 'another branch', changes: { sub: [{ input: 'x.prefix' }, ':ref:refs/heads/main2'] } },
    { title: 'a namesake', changes: { repository_id: ['999'] } },
  ],
};
const policy: TrustPolicy = {
  issuer: shape.issuer,
  issuerIsShared: true,
  audience: ['https://api.example'],
  subject: { kind: 'exact', text: [{ input: 'x.prefix' }, ':ref:refs/heads/main'] },
  claims: [{ claim: 'repository_id', value: [{ input: 'x.id' }], type: 'string' }],
  uploadsKeys: false,
};

describe('refusals', () => {
  test('the intended token is let in, and every other is refused by the part that differs', () => {
    expect(refusedBy(policy, intendedToken(policy, shape))).toBeUndefined();
    const table = refusalTable(policy, shape);
    expect(table.map(({ refusedBy: part }) => part)).toEqual(['subject', 'repository_id', 'audience', 'issuer']);
  });

  test('what a policy without the claim cannot tell apart is said', () => {
    const loose = { ...policy, claims: [] };
    expect(refusalTable(loose, shape).find(({ title }) => title === 'a namesake')?.refusedBy).toBeNull();
  });

  test('a missing claim never matches', () => {
    const { repository_id: _, ...without } = intendedToken(policy, shape);
    expect(refusedBy(policy, without)).toBe('repository_id');
  });
});

describe('tightness', () => {
  test('an exact subject is tight, unknown parts and all', () => {
    expect(tightnessOf(policy, tokens, shape)).toMatchObject({ holds: true });
  });

  test('a prefix that is wider than the workload gives the subject that slips through', () => {
    const { text, ...rest } = shape.subject;
    const wide = { ...policy, subject: { kind: 'prefix', text: ['repo:acme/app:'] } as const };
    const narrow = { ...shape, subject: { ...rest, prefix: ['repo:acme/app:ref:'] } };
    expect(text).toBeDefined();
    const found = tightnessOf(wide, tokens, narrow);
    if (found.holds !== false) throw new Error('expected a counterexample');
    expect(found.counterexample).toMatch(/^repo:acme\/app:environment:/);
  });

  test('a name without its separator lets a sibling in', () => {
    const wide = { ...policy, subject: { kind: 'prefix', text: ['repo:acme/app'] } as const };
    const found = tightnessOf(wide, tokens, { ...shape, subject: { form: 'branch', prefix: ['repo:acme/app:'] } });
    if (found.holds !== false) throw new Error('expected a counterexample');
    expect(found.counterexample.startsWith('repo:acme/app')).toBe(true);
    expect(found.counterexample.startsWith('repo:acme/app:')).toBe(false);
  });

  test('without a subject only an id that is never given out again will do', () => {
    const { subject: _, ...rest } = policy;
    expect(tightnessOf(rest, tokens, shape)).toMatchObject({ holds: true });
    expect(tightnessOf({ ...rest, claims: [] }, tokens, shape)).toMatchObject({ holds: 'undecided' });
  });
});

describe('texts', () => {
  const text = fc.array(fc.oneof(fc.string({ maxLength: 6 }), fc.record({ input: fc.constantFrom('a.b', 'c.d') })), { maxLength: 5 });

  test('values put in place give the text they stand for', () => {
    expect(resolve(['repo:', { input: 'a.b' }, ':x'], new Map([['a.b', 'acme']]))).toEqual(['repo:acme:x']);
    expect(resolve(['repo:', { input: 'a.b' }], new Map())).toEqual(['repo:', { input: 'a.b' }]);
    expect(fromTemplate('https://{aws.region}.example/{not-an-input}')).toEqual(['https://', { input: 'aws.region' }, '.example/{not-an-input}']);
  });

  test('two texts are the same exactly when their atoms are', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        const atoms = new Atoms();
        const same = sameText(a, b);
        expect(atoms.string(a) === atoms.string(b)).toBe(same);
        expect(accepts(atoms.exactly(a), atoms.string(b))).toBe(same);
        expect(accepts(atoms.beginning(a), atoms.string([...a, ...b]))).toBe(true);
      }),
    );
  });
});
