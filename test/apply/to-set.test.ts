import { describe, expect, test } from 'vitest';
import { valuesToSet } from '../../src/apply/to-set.ts';
import type { AppliedFile } from '../../src/model/apply.ts';
import { partyInputs } from '../../src/parties/inputs.ts';
import { replacementFor } from '../rewrite/code-kit.ts';

const inputs = new Map(Object.values(partyInputs).map((input) => [input.id, input]));

function fileWith(rewriter: string, ...lines: readonly string[]): AppliedFile {
  return {
    target: 't0', path: 'x', sha256: { before: null, after: null }, declined: [], refusals: [],
    changes: [{ id: 'a/anthropic', line: 1, title: '', why: '', safety: 'safe', reason: '', migrations: ['m-1-anthropic'], rewriter }],
    hunks: [{ oldStart: 1, oldLines: 1, newStart: 1, newLines: lines.length, lines: [{ kind: 'removed', text: 'k: ${{ vars.ANTHROPIC_ORGANIZATION_ID }}', ending: '\n' }, ...lines.map((text) => ({ kind: 'added' as const, text, ending: '\n' as const }))] }],
  };
}

function named(files: readonly AppliedFile[], parts: Parameters<typeof replacementFor>[1] = {}): readonly string[] {
  return valuesToSet(files, [replacementFor('anthropic', parts)], inputs, (input) => (input === 'anthropic.workspace_id' ? 'wrkspc_1' : undefined)).map(({ where, name, identity, value }) => [where, name, identity ?? '-', value ?? '-'].join(' '));
}

describe('values to set', () => {
  test('are those that added lines read, by variable or by ConfigMap, and no others', () => {
    expect(named([fileWith('github-actions', 'a: ${{ vars.ANTHROPIC_WORKSPACE_ID }}', 'b: ${{ secrets.ANTHROPIC_FEDERATION_RULE_ID }}', 'c: ANTHROPIC_SERVICE_ACCOUNT_ID')])).toEqual(['variable ANTHROPIC_FEDERATION_RULE_ID - -', 'variable ANTHROPIC_WORKSPACE_ID - wrkspc_1']);
    expect(named([fileWith('kubernetes', 'valueFrom: { configMapKeyRef: { name: dekey-identity, key: anthropic-organization-id } }')])).toEqual(['config-map anthropic-organization-id - -']);
    expect(named([fileWith('kubernetes', '  key: anthropic-organization-id')])).toEqual([]);
  });

  test('leave out a region that the file has already', () => {
    const file = fileWith('github-actions', 'role: ${{ vars.AWS_ROLE_ARN }}', 'region: ${{ vars.AWS_REGION }}');
    const aws = [replacementFor('aws', { migration: 'm-1-anthropic' })];
    const names = (text: string): readonly string[] => valuesToSet([file], aws, inputs, () => undefined, () => text).map(({ name }) => name);
    expect(names('')).toEqual(['AWS_REGION', 'AWS_ROLE_ARN']);
    expect(names('env:\n  REGION: ${{ vars.AWS_REGION }}\n')).toEqual(['AWS_ROLE_ARN']);
    expect(names('env:\n  AWS_REGION: us-east-1\n')).toEqual(['AWS_ROLE_ARN']);
  });

  test('belong to an identity where each has its own', () => {
    expect(named([fileWith('github-actions', '${{ vars.ANTHROPIC_FEDERATION_RULE_ID_APP }} ${{ vars.ANTHROPIC_ORGANIZATION_ID }}')], { suffix: '_APP' })).toEqual(['variable ANTHROPIC_FEDERATION_RULE_ID_APP api -', 'variable ANTHROPIC_ORGANIZATION_ID - -']);
  });

  test('are all of the path where the platform hands its variables on unasked', () => {
    expect(named([fileWith('gitlab-ci', 'id_tokens:')], { set: { ANTHROPIC_ORGANIZATION_ID: '{anthropic.organization_id}', ANTHROPIC_IDENTITY_TOKEN_FILE: '{token-file}' } })).toEqual(['variable ANTHROPIC_ORGANIZATION_ID - -']);
  });
});
