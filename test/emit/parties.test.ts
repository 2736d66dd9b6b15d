import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { platformPlans } from '../e2e/plan/matrix.ts';

/** Every platform with a key of every provider: everything that can be emitted. */
const plans = platformPlans();
const all = plans.flatMap(({ open, filled }) => [open, filled].map((plan) => ({ plan, isFilled: plan === filled })));

describe.each(plans.map(({ open, filled }) => ({ platform: open.platform, open, filled })))('$platform', ({ open, filled }) => {
  test('documents are what their kind says', () => {
    for (const { path, kind, text } of [...open.files, ...filled.files]) {
      expect(text.endsWith('\n'), path).toBe(true);
      if (kind === 'json') expect(() => JSON.parse(text) as unknown, path).not.toThrow();
      if (kind === 'yaml' || kind === 'cloudformation') expect(() => parse(text) as unknown, path).not.toThrow();
      if (kind === 'kubernetes') expect(parseAllDocuments(text).every(({ errors }) => errors.length === 0), path).toBe(true);
      if (kind === 'terraform' || kind === 'bicep') expect([...text].filter((sign) => sign === '{').length, path).toBe([...text].filter((sign) => sign === '}').length);
    }
  });

  test('an open input is a variable that its script and its Terraform ask for; a filled plan has none', () => {
    for (const { path, kind, text } of open.files) {
      if (kind !== 'shell') continue;
      // What the script asks for, sets or reads with a default.
      const known = new Set([...text.matchAll(/^\s*: "\$\{([A-Z0-9_]+):\?/gm), ...text.matchAll(/^\s*([A-Z0-9_]+)=/gm), ...text.matchAll(/\$\{([A-Z0-9_]+):-/g), ...text.matchAll(/--arg ([A-Za-z0-9_]+) /g)].map(([, name]) => name));
      for (const [, name] of text.matchAll(/"\$\{([A-Z0-9_]+)\}/g)) expect(known, `${path}: ${name ?? ''}`).toContain(name);
    }
    for (const { path, kind, text } of open.files) if (kind === 'terraform') for (const [, name] of text.matchAll(/\bvar\.([a-z0-9_]+)/g)) expect(text, path).toContain(`variable "${name ?? ''}" {`);
    for (const { path, kind, text } of filled.files) if (kind === 'json' && !path.startsWith('anthropic/rule.') && !path.startsWith('openai/rule.')) expect(text, path).not.toMatch(/\$\{[A-Z]/);
  });

  test('each party says how its part is made, looked at and taken back', () => {
    const folders = new Map<string, Set<string>>();
    for (const { path, role, text } of open.files) {
      const folder = path.slice(0, path.indexOf('/'));
      const roles = folders.get(folder) ?? new Set<string>();
      roles.add(role);
      if (path.endsWith('.md')) for (const word of ['Create', 'Check', 'Undo']) if (text.includes(word)) roles.add(word.toLowerCase());
      folders.set(folder, roles);
    }
    for (const [folder, roles] of folders) for (const role of ['create', 'check', 'undo']) expect([...roles], `${folder} says how to ${role}`).toContain(role);
  });
});

test('no rule is wider than its workload: subjects are whole, or ids stand beside their beginning', () => {
  for (const { plan } of all) {
    for (const { target, tightness } of plan.draft.identities) {
      expect(tightness.holds, `${plan.platform} at ${target.party}`).toBe(true);
      if (target.policy.subject?.kind !== 'exact') expect(target.policy.claims.length, `${plan.platform} at ${target.party}`).toBeGreaterThan(0);
    }
  }
});

test('exact subjects hold no wildcard anywhere', () => {
  for (const { plan } of all) {
    for (const { path, text } of plan.files) {
      if (!path.startsWith('anthropic/rule.')) continue;
      const { match } = JSON.parse(text) as { readonly match: { readonly subject_prefix?: string; readonly claims?: object; readonly condition?: string } };
      if (match.subject_prefix?.includes('*') === true) expect(match.claims ?? match.condition, path).toBeDefined();
      expect(match.subject_prefix ?? '', path).not.toMatch(/\*./);
    }
    for (const { path, text } of plan.files) if (path.endsWith('.trust.json')) expect(JSON.stringify((JSON.parse(text) as { Statement: { Condition: { StringEquals: object } }[] }).Statement[0]?.Condition.StringEquals), path).not.toContain('*');
  }
});

test('names at Anthropic and Google keep to their rules', () => {
  for (const { plan } of all) {
    for (const { target } of plan.draft.identities) expect(target.id).toMatch(/^[a-z0-9](?:[a-z0-9-]{2,30})[a-z0-9]$/);
    expect(new Set(plan.draft.identities.map(({ target }) => target.id)).size).toBe(plan.draft.identities.length);
  }
});
