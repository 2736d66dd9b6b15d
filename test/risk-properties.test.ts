import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SEVERITIES } from '../src/model/levels.ts';
import { UsageError } from '../src/model/errors.ts';
import type { ReferenceSighting, SecretSighting, Sightings } from '../src/model/inventory.ts';
import { providers } from '../src/providers/index.ts';
import { FACTOR_SCALES, findFactor, scoreOf } from '../src/risk/factors.ts';
import { buildInventory } from '../src/risk/score-inventory.ts';
import { formatVector, parseVector } from '../src/risk/vector.ts';

/** Any set of factors, each scale at most once. */
const anyFactors = fc
  .tuple(...FACTOR_SCALES.map(({ code, values }) => fc.option(fc.constantFrom(...values.map(({ value }) => ({ code, value }))))))
  .map((chosen) => chosen.flatMap((one) => findFactor(one?.code ?? '', one?.value ?? '') ?? []));

test('adding a factor never lowers a score or a level', () => {
  fc.assert(
    fc.property(anyFactors, anyFactors, (some, others) => {
      const codes = new Set(some.map(({ code }) => code));
      let factors = some;
      let before = scoreOf(factors);
      for (const other of others) {
        if (codes.has(other.code)) continue;
        factors = [...factors, other];
        const after = scoreOf(factors);
        expect(after.score).toBeGreaterThanOrEqual(before.score);
        expect(SEVERITIES.indexOf(after.level)).toBeLessThanOrEqual(SEVERITIES.indexOf(before.level));
        before = after;
      }
    }),
  );
});

test('a vector recomputes to the score it was written with', () => {
  fc.assert(
    fc.property(anyFactors, (factors) => {
      fc.pre(factors.length > 0);
      const vector = formatVector(factors.toReversed());
      const parsed = parseVector(vector);
      expect(parsed).toMatchObject(scoreOf(factors));
      expect(parsed.factors).toEqual(factors);
      expect(formatVector(parsed.factors)).toBe(vector);
    }),
  );
});

test('any text is a vector or refused with a reason', () => {
  const nearly = fc.array(fc.constantFrom('DK1', 'EX:PH', 'EX:', ':', 'PR:A', 'NK:S', 'ST:P:P', '', '__proto__:x', 'toString'), { maxLength: 6 }).map((parts) => parts.join('/'));
  fc.assert(
    fc.property(fc.oneof(fc.string(), nearly), (text) => {
      try {
        const { score, factors } = parseVector(text);
        expect(scoreOf(factors).score).toBe(score);
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError);
        expect(error).toHaveProperty('fix', expect.stringMatching(/./));
      }
    }),
  );
});

const at = fc.record({ path: fc.constantFrom('a', 'b', 'c', 'd'), line: fc.integer({ min: 1, max: 9 }), target: fc.constantFrom('t0', 't1', 't2') }).map(({ path, line, target }) => ({
  target,
  path,
  start: line,
  end: line + 1,
  line,
  column: 1,
  endLine: line,
  endColumn: 2,
}));

const anyProvider = fc.constantFrom(...providers.map(({ id }) => id));

function secretAt(location: SecretSighting['location'], provider: string, more: Partial<SecretSighting>): SecretSighting {
  return { class: 'secret', provider, detector: 'd', kind: 'api-key', lifetime: 'long', privilege: 'project', confidence: 'high', identity: 'i', preview: 'p', location, lineDigest: `l${location.line}`, reasons: [], facts: {}, ...more };
}

function scores(parts: Partial<Sightings>, isPublic: boolean): readonly { score: number; vector: string }[] {
  const targets = ['t0', 't1', 't2'].map((id) => ({ id, kind: 'git' as const, name: id, complete: true, files: 0, objects: 0, bytes: 0, skipped: [], facts: {} }));
  const workloads = ['a', 'b', 'c', 'd'].map((path) => ({ id: path, platform: 'code', name: path, location: { target: 't0', path, start: 0, end: 1, line: 1, column: 1, endLine: 1, endColumn: 2 }, identity: { kind: 'none' as const }, facts: path === 'd' ? { pull_request_target: 'true' } : {} }));
  const inventory = buildInventory({ targets, secrets: [], references: [], workloads, problems: [], ...parts }, providers, { version: '0', now: '2026-11-23', public: isPublic });
  return inventory.credentials.map(({ risk }) => risk);
}

test('one more place, user or target never lowers the score of a key', () => {
  const privilege = fc.constantFrom('admin' as const, 'account' as const, 'project' as const, 'restricted' as const, 'unknown' as const);
  fc.assert(
    fc.property(anyProvider, fc.array(fc.record({ location: at, privilege }), { minLength: 1, maxLength: 8 }), fc.boolean(), (provider, places, isPublic) => {
      let before = 0;
      for (let count = 1; count <= places.length; count += 1) {
        const secrets = places.slice(0, count).map(({ location, privilege: one }) => secretAt(location, provider, { privilege: one }));
        const [only, ...others] = scores({ secrets }, isPublic);
        expect(others).toEqual([]);
        expect(only?.score).toBeGreaterThanOrEqual(before);
        before = only?.score ?? 0;
        expect(parseVector(only?.vector ?? '').score).toBe(before);
      }
    }),
  );
});

test('one more reference never lowers the score of a key known by name', () => {
  const store = fc.constantFrom('ci-secret' as const, 'cluster-secret' as const, 'vault' as const, 'environment' as const, 'file' as const, 'prompt' as const, 'unknown' as const);
  fc.assert(
    fc.property(anyProvider, fc.array(fc.record({ location: at, store }), { minLength: 1, maxLength: 8 }), (provider, uses) => {
      let before = 0;
      for (let count = 1; count <= uses.length; count += 1) {
        const references = uses.slice(0, count).map(({ location, store: one }): ReferenceSighting => ({ class: 'reference', provider, kind: 'api-key', name: 'KEY', store: one, confidence: 'high', location: { ...location, target: 't0' }, workload: location.path }));
        const [only, ...others] = scores({ references }, false);
        expect(others).toEqual([]);
        expect(only?.score).toBeGreaterThanOrEqual(before);
        before = only?.score ?? 0;
        expect(parseVector(only?.vector ?? '').score).toBe(before);
      }
    }),
  );
});
