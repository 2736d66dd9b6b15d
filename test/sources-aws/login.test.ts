import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { logIn } from '../../src/sources/aws/login.ts';
import { allowedByExplanation } from '../e2e/accounts/aws/read.ts';
import { type AwsServer, startAwsServer } from '../e2e/accounts/aws/server.ts';
import { emptyAccount, LOGIN } from './kit.ts';

let server: AwsServer;
let home: string;
/** Addresses only: the keys are in files. */
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  server = await startAwsServer({ accounts: [emptyAccount(), emptyAccount('222233334444')], accessKeyId: LOGIN, allowed: allowedByExplanation() });
  home = mkdtempSync(join(tmpdir(), 'dekey-aws-home-'));
  mkdirSync(join(home, '.aws'));
  writeFileSync(join(home, '.aws', 'credentials'), `[base]\naws_access_key_id = ${LOGIN}\naws_secret_access_key = of-nobody\n\n[stale]\naws_access_key_id = ${LOGIN.slice(0, 16)}AAAA\naws_secret_access_key = of-nobody\n`);
  writeFileSync(join(home, '.aws', 'config'), '[profile base]\nregion = eu-west-3\n\n[profile audit]\nrole_arn = arn:aws:iam::222233334444:role/Audit\nsource_profile = base\nregion = eu-north-1\n\n[profile program]\ncredential_process = false\n\n[profile sso]\nsso_session = acme\nsso_account_id = 111122223333\nsso_role_name = Audit\n\n[sso-session acme]\nsso_start_url = https://acme.invalid/start\nsso_region = eu-central-1\n');
  env = Object.fromEntries(Object.entries(server.env).filter(([name]) => name.startsWith('AWS_ENDPOINT_URL_')));
});

afterAll(async () => {
  await server.stop();
  rmSync(home, { recursive: true, force: true });
});

test('a profile with keys gives its account and region', async () => {
  expect(await logIn('base', env, home)).toMatchObject({ account: '111122223333', partition: 'aws', region: 'eu-west-3', isRegionGuessed: false });
  expect(await logIn('base', { ...env, AWS_REGION: 'us-west-2' }, home)).toMatchObject({ region: 'us-west-2' });
});

test('a profile of a role is assumed', async () => {
  expect(await logIn('audit', env, home)).toMatchObject({ account: '222233334444', region: 'eu-north-1', caller: expect.stringContaining(':assumed-role/Audit/') });
});

test('AWS_PROFILE names the profile where none is asked for', async () => {
  expect(await logIn(undefined, { ...env, AWS_PROFILE: 'audit' }, home)).toMatchObject({ account: '222233334444' });
});

test('keys of the environment are taken where no profile is asked for, and not where one is', async () => {
  const keys = { AWS_ACCESS_KEY_ID: LOGIN, AWS_SECRET_ACCESS_KEY: 'of-nobody' };
  expect(await logIn(undefined, { ...env, ...keys }, home)).toMatchObject({ account: '111122223333', region: 'us-east-1', isRegionGuessed: true });
  expect(await logIn('audit', { ...env, ...keys }, home)).toMatchObject({ account: '222233334444' });
});

test.each([
  ['stale', 'aws (profile stale): sts:GetCallerIdentity: the login is not accepted (InvalidClientTokenId)'],
  ['nobody', 'aws (profile nobody): no login: '],
  ['program', 'aws (profile program): no login: '],
  ['sso', 'aws (profile sso): no login: '],
])('profile %s is refused with the fix', async (profile, message) => {
  await expect(logIn(profile, env, home)).rejects.toMatchObject({ message: expect.stringContaining(message), fix: expect.stringContaining(`aws sso login --profile ${profile}`) });
});

test('where nothing is configured there is no login', async () => {
  await expect(logIn(undefined, { ...env, AWS_EC2_METADATA_DISABLED: 'true' }, join(home, 'empty'))).rejects.toMatchObject({ name: 'TargetError', message: expect.stringContaining('aws: ') });
});
