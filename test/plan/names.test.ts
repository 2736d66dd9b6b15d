import { expect, test } from 'vitest';
import { suffixesOf } from '../../src/emit/_identity-variables.ts';
import type { Text } from '../../src/model/text.ts';
import type { TokenShape } from '../../src/model/issuer.ts';
import { identityName, uniqueName } from '../../src/plan/names.ts';

function nameOf(repository: string, path: string, tail: string, environment?: Text): string {
  const claims: TokenShape['claims'] = environment === undefined ? [{ claim: 'job_workflow_ref', value: ['x'], role: 'context' }] : [{ claim: 'environment', value: environment, role: 'context' }];
  const shape: TokenShape = { kind: 'shape', issuer: ['https://issuer.example'], subject: { form: 'branch', text: [{ input: 'prefix' }, tail] }, claims, inputs: [], warnings: [], refusals: [] };
  return identityName({ platform: 'github-actions', name: 'ci.yml › a', path, route: '', facts: { environment: '${{ github.event.inputs.environment }}' }, repository: { host: 'github.com', owner: 'acme', name: repository } }, shape);
}

test('what tells two branches apart is not cut off, and no word is cut', () => {
  const names = ['main', 'dev'].map((branch) => nameOf('PhoenixRooivalk', '.github/workflows/deploy-azure-functions.yml', `:ref:refs/heads/${branch}`));
  expect(names).toEqual(['phoenixr-deploy-azure-main', 'phoenixr-deploy-azure-dev']);
  for (const name of names) expect(name.length).toBeLessThanOrEqual(32);
});

test('a short name is whole', () => {
  expect(nameOf('app', '.github/workflows/ci.yml', ':ref:refs/heads/main')).toBe('app-ci-main');
});

test('an environment names its identity, and never the text of an expression', () => {
  expect(nameOf('app', '.github/workflows/ci.yml', ':environment:prod', ['prod'])).toBe('app-prod');
  expect(nameOf('app', '.github/workflows/ci.yml', ':environment:', [{ input: 'github.environment' }])).toBe('app-ci-a');
});

test('a number stands behind whole words', () => {
  const taken = new Map<string, number>();
  expect(['x', 'y'].map(() => uniqueName('phoenix-deploy-azure-functions-x', taken))).toEqual(['phoenix-deploy-azure-functions-x', 'phoenix-deploy-azure-functions-2']);
  expect(uniqueName('abc-deploy-to-azure-functionslong', new Map([['abc-deploy-to-azure-functionslong', 1]]))).toBe('abc-deploy-to-azure-2');
});

test('variables are called without the repository, whose name may have been cut', () => {
  const hop = (identity: string) => ({ target: 't', platform: 'github-actions', chosen: { hops: [{ platform: 'github-actions', party: 'azure', identity }] } });
  const migrations = [hop('phoenixr-deploy-azure-main'), hop('phoenixr-deploy-azure-dev')] as unknown as Parameters<typeof suffixesOf>[0];
  const suffixOf = suffixesOf(migrations, 't', 'PhoenixRooivalk');
  expect(migrations.map((migration) => suffixOf(migration).own)).toEqual(['_DEPLOY_AZURE_MAIN', '_DEPLOY_AZURE_DEV']);
});
