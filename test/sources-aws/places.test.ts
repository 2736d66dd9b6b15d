import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { scan, type ScanResult } from '../../src/pipeline.ts';
import type { AwsAccount } from '../e2e/accounts/aws/account.ts';
import { expandRecipe, seededRandom } from '../support/recipes.ts';
import { emptyAccount, readServer } from './kit.ts';

/** Shapeless and random; put together here so that no file holds it whole. */
const KEY = ['q7Vd2', 'mXr9', 'LbT4k', 'Wz8N', 'cJ3yPf', '6sGh'].join('');
const other = (seed: string): string => `${KEY.slice(0, 12)}${seed}${KEY.slice(12)}`;

const ACCOUNT: AwsAccount = {
  ...emptyAccount(),
  regions: {
    'eu-central-1': {
      functions: [
        { FunctionName: 'worker', Version: '$LATEST', Role: 'arn:aws:iam::111122223333:role/service/worker', Environment: { Variables: { OPENAI_API_KEY: KEY, LOG: 'x' } } },
        { FunctionName: 'worker', Version: '1', Role: 'arn:aws:iam::111122223333:role/service/worker', Environment: { Variables: { OPENAI_API_KEY: other('OLD1') } } },
        { FunctionName: 'worker', Version: '2', Role: 'arn:aws:iam::111122223333:role/service/worker', Environment: { Variables: { OPENAI_API_KEY: KEY, LOG: 'x' } } },
        { FunctionName: 'sealed', Version: '$LATEST', Environment: { Error: { ErrorCode: 'AccessDeniedException', Message: 'KMS' } } },
        { FunctionName: 'plain', Version: '$LATEST' },
      ],
      tasks: [
        { family: 'api', taskRoleArn: 'arn:aws:iam::111122223333:role/api', containerDefinitions: [{ name: 'app', image: 'x', environment: [{ name: 'HF_TOKEN', value: other('TASK') }], secrets: [{ name: 'ANTHROPIC_API_KEY', valueFrom: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:ai' }] }] },
        { family: 'a1', containerDefinitions: [] }, { family: 'a2', containerDefinitions: [] }, { family: 'a3', containerDefinitions: [] },
      ],
      projects: [{ name: 'build', serviceRole: 'arn:aws:iam::111122223333:role/build', environment: { environmentVariables: [{ name: 'OPENAI_API_KEY', type: 'SECRETS_MANAGER', value: 'prod/openai' }, { name: 'GEMINI_API_KEY', type: 'PLAINTEXT', value: other('BLD1') }] }, source: { type: 'NO_SOURCE', buildspec: 'version: 0.2\nenv:\n  parameter-store:\n    MISTRAL_API_KEY: /ai/mistral\nphases: {}\n' } }],
      services: [{ ServiceName: 'site', SourceConfiguration: { ImageRepository: { ImageConfiguration: { RuntimeEnvironmentVariables: { GROQ_API_KEY: other('RUN1') }, RuntimeEnvironmentSecrets: { OPENAI_API_KEY: 'arn:aws:ssm:eu-central-1:111122223333:parameter/openai' } } } }, InstanceConfiguration: { InstanceRoleArn: 'arn:aws:iam::111122223333:role/site' } }],
      models: [{ ModelName: 'llm', ExecutionRoleArn: 'arn:aws:iam::111122223333:role/llm', PrimaryContainer: { Environment: { HF_TOKEN: other('MODL') } } }],
      components: [{ InferenceComponentName: 'part', Specification: { Container: { Environment: { HF_TOKEN: other('PART') } } } }],
      secrets: { 'prod/openai-api-key': other('SECR'), 'prod/bundle': JSON.stringify({ ANTHROPIC_API_KEY: other('BNDL') }) },
      parameters: { '/prod/OPENAI_API_KEY': { type: 'SecureString', value: other('PARM') }, '/prod/sealed': { type: 'SecureString', value: '', isSealed: true }, '/prod/size': { type: 'String', value: '3' } },
    },
    'us-east-1': { functions: [{ FunctionName: 'far', Version: '$LATEST', Environment: { Variables: { OPENAI_API_KEY: other('FAR1') } } }] },
  },
};

/** Scans texts as files of a folder. */
async function scanTexts(texts: readonly { readonly path: string; readonly text: string }[]): Promise<ScanResult> {
  const folder = mkdtempSync(join(tmpdir(), 'dekey-aws-'));
  try {
    for (const { path, text } of texts) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return await scan({ targets: ['.'], cwd: folder, history: false, staged: false, include: [], exclude: [], includeIgnored: true, maxFileSize: 2 ** 24, workers: 1, allowAlternates: false, onProgress: () => undefined });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('functions, tasks, builds, services and models are found with their keys and names', async () => {
  const { targets, accounts } = await readServer('', { accounts: [ACCOUNT] });
  const texts = targets.flatMap((target) => target.texts);
  expect(texts.map(({ path }) => path)).toEqual([
    'aws/eu-central-1/apprunner/site.template.json', 'aws/eu-central-1/codebuild/build.buildspec.yml', 'aws/eu-central-1/codebuild/build.template.json', 'aws/eu-central-1/ecs/api.template.json',
    'aws/eu-central-1/lambda/worker.template.json', 'aws/eu-central-1/sagemaker-component/part.template.json', 'aws/eu-central-1/sagemaker-model/llm.template.json',
  ]);
  expect(targets[0]?.skipped.map(({ reason, examples }) => [reason, ...examples])).toContainEqual(['lambda:ListFunctions: environment not readable (AccessDeniedException)', 'sealed']);
  const { secrets, references, workloads } = await scanTexts(texts);
  expect(secrets.map(({ provider, location }) => `${provider} ${location.path}`).toSorted()).toEqual([
    'google-gemini aws/eu-central-1/codebuild/build.template.json', 'groq aws/eu-central-1/apprunner/site.template.json', 'huggingface aws/eu-central-1/ecs/api.template.json',
    'huggingface aws/eu-central-1/sagemaker-component/part.template.json', 'huggingface aws/eu-central-1/sagemaker-model/llm.template.json', 'openai aws/eu-central-1/lambda/worker.template.json', 'openai aws/eu-central-1/lambda/worker.template.json',
  ]);
  expect(references.filter(({ store }) => store === 'vault').map(({ provider, name, location }) => `${provider} ${name} ${location.path}`).toSorted()).toEqual([
    'anthropic ANTHROPIC_API_KEY aws/eu-central-1/ecs/api.template.json', 'mistral MISTRAL_API_KEY aws/eu-central-1/codebuild/build.buildspec.yml',
    'openai OPENAI_API_KEY aws/eu-central-1/apprunner/site.template.json', 'openai OPENAI_API_KEY aws/eu-central-1/codebuild/build.template.json',
  ]);
  expect(workloads.filter(({ platform }) => platform === 'cloudformation').map(({ name, facts }) => `${name} ${facts['resource']} ${facts['role'] ?? ''}`).toSorted()).toEqual([
    'api AWS::ECS::TaskDefinition api', 'build AWS::CodeBuild::Project build', 'llm AWS::SageMaker::Model llm', 'part AWS::SageMaker::Model ', 'site AWS::AppRunner::Service site',
    'worker AWS::Lambda::Function service/worker', 'worker-version-1 AWS::Lambda::Function service/worker',
  ]);
  expect(accounts.stored).toEqual([
    { target: 't3', store: 'aws-secrets-manager', scope: 'repository', name: 'prod/openai-api-key', created: '2023-11-14T22:13:20.000Z', updated: '2025-06-15T15:06:40.500Z', readers: ['t3'] },
    { target: 't3', store: 'aws-secrets-manager', scope: 'repository', name: 'prod/bundle', created: '2023-11-14T22:13:20.000Z', updated: '2025-06-15T15:06:40.500Z', readers: ['t3'] },
    ...['/prod/OPENAI_API_KEY', '/prod/sealed', '/prod/size'].map((name) => ({ target: 't3', store: 'aws-parameter-store', scope: 'repository', name, updated: '2025-06-15T15:06:40.000Z', readers: ['t3'] })),
  ]);
});

test('no value of a store is asked for unless values are wanted', async () => {
  const without = await readServer('', { accounts: [ACCOUNT] });
  expect(without.server.calls.filter(({ action }) => /GetSecretValue|GetParameters/.test(action))).toEqual([]);
  const { targets } = await readServer('', { accounts: [ACCOUNT] }, { readValues: true });
  const texts = targets.flatMap((target) => target.texts).filter(({ path }) => path.endsWith('.env'));
  expect(texts.map(({ path }) => path)).toEqual(['aws/eu-central-1/parameter-store/prod/OPENAI_API_KEY.env', 'aws/eu-central-1/parameter-store/prod/size.env', 'aws/eu-central-1/secrets-manager/prod/bundle.env', 'aws/eu-central-1/secrets-manager/prod/openai-api-key.env']);
  expect(targets[0]?.skipped).toContainEqual({ reason: 'ssm:GetParameters: not allowed (needs ssm:GetParameters, kms:Decrypt)', count: 1, examples: ['/prod/sealed'], incomplete: true });
  const { secrets } = await scanTexts(texts);
  expect(secrets.map(({ provider, location }) => `${provider} ${location.path}`).toSorted()).toEqual(['anthropic aws/eu-central-1/secrets-manager/prod/bundle.env', 'openai aws/eu-central-1/parameter-store/prod/OPENAI_API_KEY.env', 'openai aws/eu-central-1/secrets-manager/prod/openai-api-key.env']);
});

test('regions are those that are named, or all that are switched on', async () => {
  const regionsIn = async (rest: string): Promise<unknown> => {
    const { targets, server } = await readServer(rest, { accounts: [ACCOUNT] });
    return [targets[0]?.facts['regions'], [...new Set(server.calls.filter(({ action }) => action.startsWith('lambda:')).map(({ region }) => region))].toSorted().join(','), targets[0]?.skipped.some(({ reason }) => reason.startsWith('regions other'))];
  };
  expect(await regionsIn('')).toEqual(['eu-central-1', 'eu-central-1', true]);
  expect(await regionsIn('@us-east-1')).toEqual(['us-east-1', 'us-east-1', false]);
  expect(await regionsIn('@all')).toEqual(['eu-central-1,us-east-1', 'eu-central-1,us-east-1', false]);
});

test('a key in a file is the listed one by what both show of it', async () => {
  const random = seededRandom(3);
  const id = expandRecipe(`${['AK', 'IA'].join('')}{base32:16}`, random).text;
  const alias = 'BedrockAPIKey-ab12-at-111122223333';
  const bearer = `ABSK${Buffer.from(`${alias}:${expandRecipe('{base64:44}', random).text}`).toString('base64')}`;
  const created = new Date('2025-01-01T00:00:00Z');
  const { accounts } = await readServer('', { accounts: [{ ...emptyAccount(), users: [{ name: 'BedrockAPIKey-ab12', created, keys: [{ id, status: 'Active', created }] }], bedrock: [{ id: 'ACCA1', user: 'BedrockAPIKey-ab12', alias, status: 'Active', created }] }] });
  const { secrets } = await scanTexts([{ path: 'app.env', text: `AWS_ACCESS_KEY_ID=${id}\nAWS_BEARER_TOKEN_BEDROCK=${bearer}\n` }]);
  expect(accounts.listed).toHaveLength(2);
  for (const { provider, publicPart } of accounts.listed ?? []) expect(secrets.find((one) => one.provider === provider)?.facts[publicPart?.fact ?? '']).toBe(publicPart?.value);
  // The id is shown as any other key is, not whole.
  expect(secrets.find(({ provider }) => provider === 'aws')?.preview).toMatch(/^AKIA…/);
});
