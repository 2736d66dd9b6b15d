import { describe, expect, test } from 'vitest';
import { refuseLoosePolicies } from '../../src/cli/audit-plan.ts';
import type { EmittedFile } from '../../src/model/federation.ts';
import { platformPlans } from '../e2e/plan/matrix.ts';

const plans = platformPlans();

describe.each(plans)('$open.platform', ({ open, filled, named }) => {
  test('nothing that is emitted breaks our own rules, open or filled in', () => {
    for (const { draft, files, inputs } of [open, filled, named]) expect(() => refuseLoosePolicies(files, [...draft.inputs, ...inputs])).not.toThrow();
  });
});

const github = plans.find(({ open }) => open.platform === 'github-actions')?.filled;

/** A document of the plan, made loose. */
function loosened(path: RegExp, change: (text: string) => string): readonly EmittedFile[] {
  const files = github?.files ?? [];
  const found = files.find((file) => path.test(file.path));
  if (found === undefined) throw new Error(`no file ${path.source}`);
  const text = change(found.text);
  expect(text).not.toBe(found.text);
  return files.map((file) => (file === found ? { ...file, text } : file));
}

describe('what is loosened is found', () => {
  test.each([
    ['a wildcard at AWS', /\.trust\.json$/, (text: string) => text.replaceAll('StringEquals', 'StringLike').replace(/(:sub": ")[^"]*"/, '$1repo:acme*"')],
    ['no subject at AWS', /\.trust\.json$/, (text: string) => text.replace(/ *"[^"]*:sub": "[^"]*",?\n/, '')],
    ['an operator that holds when the claim is missing', /\.trust\.json$/, (text: string) => text.replace('StringEquals', 'StringEqualsIfExists')],
    ['no condition at Google', /^google\/provider\./, (text: string) => text.replace(/"attributeCondition": "[^"]*"/, '"attributeCondition": ""')],
    ['a beginning at Google', /^google\/provider\./, (text: string) => text.replace(/"attributeCondition": "[^"]*"/, '"attributeCondition": "assertion.sub.startsWith(\'repo:acme\')"')],
    ['a star at Anthropic', /^anthropic\/rule\./, (text: string) => text.replace(/"subject_prefix": "[^"]*"/, '"subject_prefix": "repo:acme/*"').replace(/"claims": \{[^}]*\},?/, '')],
    ['the whole organisation at Azure', /^azure\/credential\./, (text: string) => text.replace(/"subject": "[^"]*"/, '"subject": "repo:acme/*"')],
  ])('%s', (_, path, change) => {
    expect(() => refuseLoosePolicies(loosened(path, change), github?.draft.inputs ?? [])).toThrow(/TP\d{3}|cannot be read/);
  });
});
