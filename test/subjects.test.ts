import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { platforms } from '../src/platforms/index.ts';
import { fieldsOf, fillForm, languageOfForm, readForm } from '../src/support/text-form.ts';
import { accepts, glob, isWithin } from '../src/support/text-language.ts';

const sources = platforms.flatMap(({ id, tokens }) => (tokens === undefined ? [] : [{ id, tokens }]));
const forms = sources.flatMap(({ id, tokens }) => tokens.subjects.map((form) => ({ name: `${id} ${form.id}`, form })));

/** What may stand in any field of any form. */
const value = fc.stringMatching(/^[A-Za-z0-9._-]{1,12}$/);

function formOf(platform: string, id: string) {
  const found = sources.find((source) => source.id === platform)?.tokens.subjects.find((form) => form.id === id);
  if (found === undefined) throw new Error(`no form ${id} of ${platform}`);
  return found;
}

describe.each(forms)('$name', ({ form }) => {
  const fields = fc.record(Object.fromEntries(fieldsOf(form).map((field) => [field, value])));

  test('what is filled in is read back, and is in no other form of the platform', () => {
    fc.assert(
      fc.property(fields, (values) => {
        const filled = fillForm(form, values);
        if (!('text' in filled)) throw new Error(`refused ${filled.refused}`);
        expect({ ...readForm(form, filled.text) }).toEqual({ ...values });
        const others = sources.find(({ tokens }) => tokens.subjects.includes(form))?.tokens.subjects.filter((other) => other !== form) ?? [];
        expect(others.filter((other) => readForm(other, filled.text) !== undefined)).toEqual([]);
        expect(accepts(languageOfForm(form, {}), filled.text)).toBe(true);
      }),
    );
  });

  test('a form with all fields known lets in exactly one text', () => {
    fc.assert(
      fc.property(fields, value, (values, other) => {
        const [field] = fieldsOf(form);
        if (field === undefined || values[field] === other) return;
        expect(isWithin(languageOfForm(form, { ...values, [field]: other }), languageOfForm(form, values)).holds).toBe(false);
        expect(isWithin(languageOfForm(form, values), languageOfForm(form, {}))).toEqual({ holds: true });
      }),
    );
  });

  test.each(['', ' ', '*', 'a?', 'a\nb', 'a:b'])('a value that would read as something else is refused: %j', (bad) => {
    for (const field of fieldsOf(form)) {
      const values = Object.fromEntries(fieldsOf(form).map((name) => [name, name === field ? bad : 'x']));
      if (bad === 'a:b' && form.except?.[field]?.includes(':') === false) continue;
      expect(fillForm(form, values)).toEqual({ refused: field });
    }
  });
});

describe('subjects of real tokens', () => {
  test.each([
    ['github-actions', 'branch', 'repo:octo-org/octo-repo:ref:refs/heads/feature/a', { owner: 'octo-org', repository: 'octo-repo', branch: 'feature/a' }],
    ['github-actions', 'environment', 'repo:octo-org/octo-repo:environment:Production', { owner: 'octo-org', repository: 'octo-repo', environment: 'Production' }],
    ['github-actions', 'immutable-branch', 'repo:octo-org@123456/octo-repo@456789:ref:refs/heads/main', { owner: 'octo-org', 'owner-id': '123456', repository: 'octo-repo', 'repository-id': '456789', branch: 'main' }],
    ['github-actions', 'pull-request', 'repo:octo-org/octo-repo:pull_request', { owner: 'octo-org', repository: 'octo-repo' }],
    ['gitlab-ci', 'branch', 'project_path:my-group/sub/my-project:ref_type:branch:ref:main', { project: 'my-group/sub/my-project', branch: 'main' }],
    ['kubernetes', 'service-account', 'system:serviceaccount:prod:bot', { namespace: 'prod', name: 'bot' }],
    ['buildkite', 'step', 'organization:acme:pipeline:deploy:ref:refs/heads/main:commit:9f3182061f1e2cca4702c368cbc039b7dc9d4485:step:', { organization: 'acme', pipeline: 'deploy', ref: 'refs/heads/main', commit: '9f3182061f1e2cca4702c368cbc039b7dc9d4485' }],
  ])('%s %s', (platform, id, subject, values) => {
    expect({ ...readForm(formOf(platform, id), subject) }).toEqual(values);
    expect(fillForm(formOf(platform, id), values)).toEqual({ text: subject });
  });

  test('what only looks like one is none', () => {
    const branch = formOf('github-actions', 'branch');
    for (const text of ['repo:a/b/c:ref:refs/heads/x', 'repo:a:ref:refs/heads/x', 'repo:a/b:ref:refs/heads/', 'xrepo:a/b:ref:refs/heads/x', 'repo:a-1/b-2@3:ref:refs/heads/x']) expect(readForm(branch, text)).toBeUndefined();
  });

  test('a wildcard that is wider than meant is shown by a subject that the platform can send', () => {
    const meant = languageOfForm(formOf('github-actions', 'branch'), { owner: 'acme', repository: 'app', branch: 'main' });
    const possible = languageOfForm(formOf('github-actions', 'branch'), {});
    expect(isWithin(glob('repo:acme*:ref:refs/heads/main', { star: 'anywhere', question: true }), meant, possible)).toEqual({ holds: false, counterexample: 'repo:acme/x:ref:refs/heads/main' });
  });
});

test('every platform that says what its tokens hold issues tokens and says where that was read', () => {
  expect(sources.length).toBeGreaterThanOrEqual(5);
  for (const { id, tokens } of sources) {
    expect(platforms.find((platform) => platform.id === id)?.issuesTokens).toBe(true);
    expect(tokens.source).toMatch(/^https:\/\//);
    expect(new Set(tokens.subjects.map((form) => form.id)).size).toBe(tokens.subjects.length);
  }
});
