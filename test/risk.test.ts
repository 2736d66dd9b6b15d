import { describe, expect, test } from 'vitest';
import { UsageError } from '../src/model/errors.ts';
import type { Location } from '../src/model/location.ts';
import type { Credential, ReferenceSighting, SecretSighting, Sightings, TargetReport } from '../src/model/inventory.ts';
import type { Provider } from '../src/model/provider.ts';
import { providers as registry } from '../src/providers/index.ts';
import { FACTOR_SCALES, levelOf, SCALES } from '../src/risk/factors.ts';
import { buildInventory } from '../src/risk/score-inventory.ts';
import { explainVector, parseVector } from '../src/risk/vector.ts';

const NOW = '2026-11-23';

const PROVIDER: Provider = {
  id: 'alpha',
  title: 'Alpha',
  checked: NOW,
  words: ['alpha'],
  hosts: [],
  env: [],
  sdks: [],
  detectors: [],
  federation: { kind: 'native', note: 'Alpha takes identity tokens', source: 'docs' },
  spend: 'uncapped',
  revoke: 'Delete it.',
};

function place(more: Partial<Location> = {}): Location {
  return { target: 't0', path: 'a.ts', start: 0, end: 9, line: 3, column: 1, endLine: 3, endColumn: 10, ...more };
}

function seen(first: string | undefined, more: Partial<Location> = {}): Location {
  const history = { object: 'o', objectType: 'blob' as const, reachable: true, inHead: false, ...(first === undefined ? {} : { firstSeen: { commit: 'c', authored: first } }) };
  return place({ history, ...more });
}

function secret(more: Partial<SecretSighting> = {}): SecretSighting {
  return { class: 'secret', provider: 'alpha', detector: 'alpha-key', kind: 'api-key', lifetime: 'long', privilege: 'project', confidence: 'high', identity: 'i', preview: 'al-…abcd', location: place(), lineDigest: 'l', reasons: [], facts: {}, ...more };
}

function reference(more: Partial<ReferenceSighting> = {}): ReferenceSighting {
  return { class: 'reference', provider: 'alpha', kind: 'api-key', name: 'ALPHA_API_KEY', store: 'ci-secret', confidence: 'high', location: place({ path: 'ci.yml' }), workload: 'w', ...more };
}

function score(parts: Partial<Sightings>, more: { public?: boolean; provider?: Partial<Provider>; facts?: Readonly<Record<string, string>>; job?: Readonly<Record<string, string>>; now?: string } = {}): Credential {
  const target: TargetReport = { id: 't0', kind: 'git', name: '.', complete: true, files: 1, objects: 1, bytes: 1, skipped: [], facts: more.facts ?? {} };
  const sightings: Sightings = {
    targets: [target],
    secrets: [],
    references: [],
    workloads: [{ id: 'w', platform: 'github-actions', name: 'ci.yml › job', location: place({ path: 'ci.yml' }), identity: { kind: 'available' }, facts: more.job ?? {} }],
    problems: [],
    ...parts,
  };
  const [credential, ...others] = buildInventory(sightings, [{ ...PROVIDER, ...more.provider }], { version: '0', now: more.now ?? NOW, public: more.public ?? false }).credentials;
  if (credential === undefined || others.length > 0) throw new Error('one credential expected');
  return credential;
}

function values(credential: Credential): string {
  return credential.risk.factors.map(({ code, value }) => `${code}:${value}`).join(' ');
}

describe('anchors of the scale', () => {
  test('an admin key in plain text in public history is near 100', () => {
    expect(score({ secrets: [secret({ privilege: 'admin', location: seen('2026-02-11') })] }, { public: true }).risk).toMatchObject({ score: 97, level: 'critical' });
  });

  test('a project key in a private tree is high', () => {
    expect(score({ secrets: [secret()] }).risk).toMatchObject({ score: 69, level: 'high' });
    expect(score({ secrets: [secret()] }, { provider: { spend: 'prepaid', federation: { kind: 'none', note: '', source: '' } } }).risk).toMatchObject({ score: 63, level: 'high' });
  });

  test('a CI secret that one workflow uses is about 40', () => {
    expect(score({ references: [reference()] }).risk).toMatchObject({ score: 43, level: 'medium' });
    expect(score({ references: [reference()] }, { provider: { spend: 'prepaid', federation: { kind: 'none', note: '', source: '' } } }).risk).toMatchObject({ score: 37, level: 'low' });
  });

  test('a key read from a vault is low', () => {
    expect(score({ references: [reference({ store: 'vault' })] }).risk).toMatchObject({ score: 30, level: 'low' });
  });

  test('levels begin at 20, 40, 60 and 80', () => {
    expect([0, 19, 20, 39, 40, 59, 60, 79, 80, 100].map(levelOf)).toEqual(['info', 'info', 'low', 'low', 'medium', 'medium', 'high', 'high', 'critical', 'critical']);
  });
});

describe('factors', () => {
  test('exposure runs from public history down to a vault', () => {
    function points(credential: Credential): number {
      return credential.risk.factors.find(({ code }) => code === 'EX')?.points ?? 0;
    }
    const falling = [
      points(score({ secrets: [secret({ location: seen('2026-01-01') })] }, { public: true })),
      points(score({ secrets: [secret()] }, { public: true })),
      points(score({ secrets: [secret({ location: seen('2026-01-01') })] })),
      points(score({ secrets: [secret()] })),
      points(score({ references: [reference()] })),
      points(score({ references: [reference({ store: 'vault' })] })),
    ];
    expect(falling).toEqual(falling.toSorted((a, b) => b - a));
    expect(new Set(falling).size).toBe(falling.length);
    expect(points(score({ references: [reference({ store: 'prompt' })] }))).toBe(0);
  });

  test('the worst place and the worst store decide', () => {
    expect(values(score({ secrets: [secret(), secret({ location: seen('2026-01-01', { path: 'old.sh' }) })] }, { public: true }))).toContain('EX:PH');
    expect(values(score({ references: [reference({ store: 'vault' }), reference({ store: 'cluster-secret', location: place({ path: 'pod.yml' }) })] }))).toContain('ST:K');
    expect(values(score({ references: [reference(), reference({ store: 'environment', location: place({ path: 'a.py' }) })] }))).toContain('ST:C');
  });

  test('each privilege has its weight, and an unknown one is an account’s', () => {
    const scores = (['admin', 'account', 'unknown', 'project', 'restricted'] as const).map((privilege) => score({ secrets: [secret({ privilege })] }).risk.score);
    expect(scores).toEqual([80, 72, 72, 69, 65]);
  });

  test('a name takes the widest privilege its provider’s formats have', () => {
    const [detector] = registry.flatMap(({ detectors }) => detectors).filter(({ kind, lifetime }) => kind === 'api-key' && lifetime === 'long');
    if (detector === undefined) throw new Error('no detector');
    const detectors = [{ ...detector, privilege: 'restricted' as const }, { ...detector, privilege: 'project' as const }];
    expect(score({ references: [reference()] }, { provider: { detectors } }).privilege).toBe('project');
    expect(score({ references: [reference()] }, { provider: { detectors: [...detectors, { ...detector, privilege: 'unknown' }] } }).privilege).toBe('unknown');
    expect(score({ references: [reference({ kind: 'admin-key' })] }).privilege).toBe('admin');
  });

  test('age in days, and unknown where it cannot be told', () => {
    function age(first: string | undefined, now = NOW, facts: Readonly<Record<string, string>> = {}): string {
      const factor = score({ secrets: [secret({ location: seen(first) })] }, { now, facts }).risk.factors.find(({ code }) => code === 'AG');
      return `${factor?.value} ${factor?.points} ${factor?.label}`;
    }
    expect(age('2026-02-11T10:00:00Z')).toBe('Q 8 284 days old');
    expect(age('2026-11-22T00:00:00Z')).toBe('N 2 1 day old');
    expect(age('2026-11-23T18:00:00Z')).toBe('N 2 new today');
    expect(age('2026-10-01T00:00:00Z')).toBe('M 5 53 days old');
    expect(age('2020-01-01T00:00:00Z')).toMatch(/^Y 10 /);
    expect(age(undefined)).toBe('U 8 age not known');
    expect(age('2031-01-01T00:00:00Z')).toBe('U 8 age not known');
    expect(age('2026-11-22T00:00:00Z', 'not a date')).toBe('U 8 age not known');
    expect(age('2026-11-22T00:00:00Z', NOW, { shallow: 'true' })).toBe('U 8 age not known');
  });

  test('spread counts places and workloads', () => {
    const places = Array.from({ length: 20 }, (_, index) => secret({ location: place({ path: `f${index}` }) }));
    function spread(count: number): string | undefined {
      return score({ secrets: places.slice(0, count) }).risk.factors.find(({ code }) => code === 'SP')?.label;
    }
    expect([1, 3, 20].map(spread)).toEqual(['1 place', '3 places', '20 places']);
    expect(values(score({ secrets: places }))).toContain('SP:X');
    expect(score({ references: [reference()] }).risk.factors.find(({ code }) => code === 'SP')?.label).toBe('1 workload, 1 place');
  });

  test('dangerous surroundings add', () => {
    expect(values(score({ references: [reference()] }, { job: { triggers: 'push,pull_request_target' } }))).toContain('FK:Y');
    expect(values(score({ references: [reference()] }, { job: { pull_request_target: 'true' } }))).toContain('FK:Y');
    expect(values(score({ references: [reference()] }, { job: { triggers: 'push,pull_request' } }))).not.toContain('FK');
    expect(values(score({ references: [reference({ name: 'NEXT_PUBLIC_ALPHA_KEY' })] }))).toContain('CB:Y');
    expect(values(score({ references: [reference({ alias: 'VITE_ALPHA_KEY' })] }))).toContain('CB:Y');
    expect(values(score({ references: [reference({ name: 'ALPHA_PUBLIC_KEY' })] }))).not.toContain('CB');
  });

  test('what adds nothing is left out, so the vector is the sum', () => {
    const { risk } = score({ secrets: [secret()] }, { provider: { spend: 'none', federation: { kind: 'none', note: '', source: '' } } });
    expect(risk.vector).toBe('DK1/EX:RT/PR:P/ST:P/AG:U/SP:S');
    expect(risk.factors.reduce((sum, { points }) => sum + points, 0)).toBe(risk.score);
  });

  test('evidence names the place and the framework, and only frameworks that were confirmed', () => {
    const exposure = score({ secrets: [secret()] }).risk.factors.find(({ code }) => code === 'EX');
    expect(exposure?.evidence).toMatch(/^a\.ts:3; OWASP NHI2:2025/);
    for (const { evidence, code } of SCALES.values()) {
      expect(evidence, code).not.toBe('');
      expect(evidence, code).not.toMatch(/UNVERIFIED|SEC02|800-57|8\.6\.2|under 60 seconds/);
    }
  });
});

test('confidence does not change the score', () => {
  const [sure, doubtful] = (['high', 'low'] as const).map((confidence) => score({ secrets: [secret({ confidence })] }));
  expect(sure?.risk).toEqual(doubtful?.risk);
  expect(doubtful?.confidence).toBe('low');
});

test('the scales run from worst to least bad, with codes that are used once', () => {
  expect(SCALES.size).toBe(FACTOR_SCALES.length + 1);
  for (const { code, values: steps } of SCALES.values()) {
    const points = steps.map((step) => step.points);
    expect(points, code).toEqual(points.toSorted((a, b) => b - a));
    expect(Math.min(...points), code).toBeGreaterThanOrEqual(0);
    expect(new Set(steps.map(({ value }) => value)).size, code).toBe(steps.length);
  }
});

describe('vectors', () => {
  function refusal(text: string): UsageError {
    try {
      parseVector(text);
    } catch (error) {
      if (error instanceof UsageError) return error;
    }
    throw new Error(`${text} was not refused`);
  }

  test('recompute, in any order of the parts', () => {
    expect(parseVector('DK1/ST:P/EX:PH/PR:A')).toMatchObject({ score: 80, level: 'critical' });
    expect(explainVector(' DK1/ST:P/EX:PH/PR:A ').vector).toBe('DK1/EX:PH/PR:A/ST:P');
  });

  test('say what is wrong and what is allowed', () => {
    expect(refusal('DK2/EX:PH').message).toContain('"DK2"');
    expect(refusal('CVSS:4.0/AV:N').fix).toContain('DK1/');
    expect(refusal('DK1').message).toContain('no factor');
    expect(refusal('DK1/XX:P').message).toContain('"XX:P"');
    expect(refusal('DK1/XX:P').fix).toContain('EX (Exposure)');
    expect(refusal('DK1/EX:Q').message).toContain('"EX:Q"');
    expect(refusal('DK1/EX:Q').fix).toContain('PH (in public history)');
    expect(refusal('DK1/EX').message).toContain('"EX"');
    expect(refusal('DK1/EX:PH:PH').message).toContain('"EX:PH:PH"');
    expect(refusal('DK1/EX:PH/').message).toContain('""');
    expect(refusal('DK1/ex:ph').message).toContain('"ex:ph"');
    expect(refusal('DK1/EX:PH/EX:PT').message).toContain('twice');
    expect(refusal('DK1/NK:S/EX:PH').message).toContain('NK');
    expect(refusal('DK1/__proto__:constructor').message).toContain('__proto__');
    expect(refusal(`DK1/${'x'.repeat(1_000_000)}`).message.length).toBeLessThan(200);
  });

  test('are explained line by line, with what is not in them', () => {
    const explained = explainVector('DK1/EX:PH/PR:A/ST:P/AG:Y/SP:X/LV:L');
    expect(explained).toMatchObject({ score: 100, level: 'critical', sum: 108 });
    expect(explained.lines.map(({ title, label, points }) => [title, label, points])[0]).toEqual(['Exposure', 'in public history', 42]);
    expect(explained.lines[0]?.values.map(({ value }) => value)).toContain('VA');
    expect(explained.absent.map(({ code }) => code)).toEqual(['RU', 'CB', 'FK', 'UO', 'SE', 'RP']);
    expect(explainVector('DK1/NK:S')).toMatchObject({ score: 5, level: 'info', absent: [] });
  });
});
