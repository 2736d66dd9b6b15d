/** The same source against moto, which other people made: what it has of IAM, Lambda, ECS, CodeBuild, Secrets Manager and Parameter Store. Installed once, from PyPI. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AttachUserPolicyCommand, CreateAccessKeyCommand, CreateOpenIDConnectProviderCommand, CreateRoleCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand, UpdateAccessKeyCommand } from '@aws-sdk/client-iam';
import { RegisterTaskDefinitionCommand, ECSClient } from '@aws-sdk/client-ecs';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { startMoto } from '../../../../scripts/judges/moto.ts';
import type { Proof } from '../../github/checks.ts';
import { readAws } from './read.ts';

const PINS = ['moto[server]==5.2.5'];
/** Calls that moto answers with a page of HTML, or not at all. */
const LACKS = ['iam:ListServiceSpecificCredentials', 'iam:GetOutboundWebIdentityFederationInfo', 'apprunner:ListServices', 'sagemaker:ListInferenceComponents'];

/** Fails where the packages cannot be had and `CI` is set; elsewhere it says that it was left out. */
export async function checkAgainstMoto(proof: Proof): Promise<void> {
  const place = join(process.cwd(), '.judges', 'moto');
  const problem = await install(place);
  if (problem !== undefined) {
    proof.say(`  moto: left out, it cannot be installed: ${problem.slice(0, 120)}`);
    proof.check(process.env['CI'] === undefined, `moto cannot be installed: ${problem}`);
    return;
  }
  const moto = await startMoto(join(place, 'bin'), { MOTO_IAM_LOAD_MANAGED_POLICIES: 'true' });
  try {
    await fill(moto.env);
    const { targets, accounts } = await readAws('', moto.env, true);
    const said = (accounts.listed ?? []).map(({ name, provider, status, privilege, lastUsed, facts }) => `${provider} ${name} ${status} ${privilege} ${lastUsed}: ${facts['can']}`).toSorted();
    proof.equal(said, [
      'aws admin active admin never: call models, create keys, read secrets, change permissions',
      'aws bot active account never: call models',
      'aws bot inactive account never: call models',
      // Quarantine denies InvokeModel; the other ways to call a model stay open.
      'aws leaked leaked account never: call models',
    ], 'moto: keys');
    proof.equal(accounts.settings.map(({ kind, name, facts }) => `${kind} ${name} ${facts['audiences'] ?? ''}${facts['subject'] ?? ''}`), ['issuer token.actions.githubusercontent.com sts.amazonaws.com', 'rule deploy repo:acme/app:ref:refs/heads/main'], 'moto: federation');
    proof.equal(accounts.stored.map(({ store, name }) => `${store} ${name}`).filter((name) => !name.includes('/aws/')), ['aws-secrets-manager openai', 'aws-parameter-store /ai/anthropic'], 'moto: stored names');
    proof.equal(targets.flatMap(({ texts }) => texts.map(({ path }) => path)).filter((path) => !path.includes('/aws/')).toSorted(), ['aws/us-east-1/ecs/api.template.json', 'aws/us-east-1/parameter-store/ai/anthropic.env', 'aws/us-east-1/secrets-manager/openai.env'], 'moto: texts');
    const gaps = targets.flatMap(({ skipped }) => skipped.filter(({ incomplete }) => incomplete).map(({ reason }) => reason));
    proof.check(gaps.every((reason) => LACKS.some((call) => reason.startsWith(`${call}: `))), `moto: gaps beyond what it lacks: ${gaps.join('; ')}`);
    proof.say(`  moto: ${said.length} keys, ${accounts.settings.length} settings, ${accounts.stored.length} stored names; it lacks ${gaps.map((reason) => reason.slice(0, reason.indexOf(': '))).join(', ')}`);
  } finally {
    moto.stop();
  }
}

async function fill(env: Readonly<Record<string, string>>): Promise<void> {
  const options = { region: 'us-east-1', endpoint: env['AWS_ENDPOINT_URL'] ?? '', credentials: { accessKeyId: 'loopback', secretAccessKey: 'loopback' } };
  const iam = new IAMClient(options);
  for (const UserName of ['admin', 'bot', 'leaked', 'nobody']) await iam.send(new CreateUserCommand({ UserName }));
  await iam.send(new AttachUserPolicyCommand({ UserName: 'admin', PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' }));
  await iam.send(new AttachUserPolicyCommand({ UserName: 'leaked', PolicyArn: 'arn:aws:iam::aws:policy/AmazonBedrockFullAccess' }));
  await iam.send(new AttachUserPolicyCommand({ UserName: 'leaked', PolicyArn: 'arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3' }));
  await iam.send(new PutUserPolicyCommand({ UserName: 'bot', PolicyName: 'models', PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'bedrock:Invoke*', Resource: '*' }] }) }));
  for (const UserName of ['admin', 'bot', 'leaked']) await iam.send(new CreateAccessKeyCommand({ UserName }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'bot' }));
  await iam.send(new UpdateAccessKeyCommand({ UserName: 'bot', AccessKeyId: AccessKey?.AccessKeyId, Status: 'Inactive' }));
  await iam.send(new CreateOpenIDConnectProviderCommand({ Url: 'https://token.actions.githubusercontent.com', ClientIDList: ['sts.amazonaws.com'] }));
  const Federated = 'arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com';
  const Condition = { StringEquals: { 'token.actions.githubusercontent.com:sub': 'repo:acme/app:ref:refs/heads/main' } };
  await iam.send(new CreateRoleCommand({ RoleName: 'deploy', AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRoleWithWebIdentity', Principal: { Federated }, Condition }] }) }));
  await new SecretsManagerClient(options).send(new CreateSecretCommand({ Name: 'openai', SecretString: 'no-key-of-anybody' }));
  await new SSMClient(options).send(new PutParameterCommand({ Name: '/ai/anthropic', Type: 'SecureString', Value: 'no-key-of-anybody' }));
  await new ECSClient(options).send(new RegisterTaskDefinitionCommand({ family: 'api', containerDefinitions: [{ name: 'app', image: 'x', memory: 128, environment: [{ name: 'OPENAI_API_KEY', value: 'no-key-of-anybody' }] }] }));
}

async function install(place: string): Promise<string | undefined> {
  const marker = join(place, 'installed');
  const wanted = PINS.join('\n');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return undefined;
  rmSync(place, { recursive: true, force: true });
  mkdirSync(dirname(place), { recursive: true });
  for (const [program, args] of [
    ['python3', ['-m', 'venv', place]],
    [join(place, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--prefer-binary', ...PINS]],
  ] as const) {
    const problem = await run(program, args);
    if (problem !== undefined) return problem;
  }
  writeFileSync(marker, wanted);
  return undefined;
}

/** The end of what it said when it failed. */
function run(program: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((done) => {
    execFile(program, [...args], { timeout: 300_000, maxBuffer: 1 << 24 }, (error, stdout, stderr) => done(error === null ? undefined : `${stdout}${stderr}`.slice(-400) || error.message));
  });
}
