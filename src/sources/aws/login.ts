import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromIni, fromNodeProviderChain, fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { TargetError } from '../../model/errors.ts';
import { failureOf } from './failures.ts';

type Environment = Readonly<Record<string, string | undefined>>;
type Credentials = ReturnType<typeof fromNodeProviderChain>;

/** A way into one account, and how its services are reached. */
export interface Access {
  readonly credentials: Credentials;
  readonly env: Environment;
  /** Of global calls, and of regional ones unless others are asked for. */
  readonly region: string;
}

export interface Login extends Access {
  /** Twelve digits. */
  readonly account: string;
  /** `aws`, `aws-cn`, `aws-us-gov` */
  readonly partition: string;
  /** ARN of who is logged in; holds no secret. */
  readonly caller: string;
  /** Neither the environment nor the profile named a region. */
  readonly isRegionGuessed: boolean;
}

/** What every client of the SDK is made with. */
export interface ClientOptions {
  readonly region: string;
  readonly credentials: Credentials;
  readonly retryMode: 'adaptive';
  readonly maxAttempts: number;
  readonly endpoint?: string;
  readonly logger: typeof SILENT;
  readonly requestHandler: { readonly connectionTimeout: number; readonly requestTimeout: number; readonly throwOnRequestTimeout: true; readonly logger: typeof SILENT };
}

const nothing = (): void => undefined;
/** The SDK would write to the console, and standard output belongs to the report. */
const SILENT = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

/** AWS limits IAM by account and does not say how: eight attempts, each later than the one before. */
const ATTEMPTS = 8;

/**
 * Options of a client of `service`, as `AWS_ENDPOINT_URL_...` calls it: `IAM`, `SECRETS_MANAGER`.
 *
 * The SDK would read addresses from the process; they are given, so that a run sees one environment only.
 */
export function clientOptions({ credentials, env, region: own }: Access, service: string, region = own): ClientOptions {
  const endpoint = env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] === 'true' ? undefined : (env[`AWS_ENDPOINT_URL_${service}`] ?? env['AWS_ENDPOINT_URL']);
  return {
    region,
    credentials,
    retryMode: 'adaptive',
    maxAttempts: ATTEMPTS,
    ...(endpoint === undefined || endpoint === '' ? {} : { endpoint }),
    logger: SILENT,
    // Without the last but one it would wait on, and only say so.
    requestHandler: { connectionTimeout: 10_000, requestTimeout: 60_000, throwOnRequestTimeout: true, logger: SILENT },
  };
}

/**
 * Logs in with a profile, or with what the SDK finds.
 *
 * @throws TargetError when there is no login or it is not accepted: it names the fix
 */
export async function logIn(profile: string | undefined, env: Environment, home: string): Promise<Login> {
  const configFilepath = env['AWS_CONFIG_FILE'] ?? join(home, '.aws', 'config');
  const filepath = env['AWS_SHARED_CREDENTIALS_FILE'] ?? join(home, '.aws', 'credentials');
  const named = profile ?? env['AWS_PROFILE'];
  const told = env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? regionOf(read(configFilepath), named ?? 'default') ?? regionOf(read(filepath), named ?? 'default');
  const region = told ?? 'us-east-1';
  const credentials = credentialsOf(named, profile !== undefined, env, { filepath, configFilepath }, region);
  const access: Access = { credentials, env, region };
  const sts = new STSClient(clientOptions(access, 'STS'));
  const fix = `Run \`aws sso login${named === undefined ? '' : ` --profile ${named}`}\`, or name a profile that has a login: aws:PROFILE. \`dekey explain aws\` says what is looked for.`;
  try {
    const { Account: account, Arn: caller = '' } = await sts.send(new GetCallerIdentityCommand({}));
    if (account === undefined || !/^\d{12}$/.test(account)) throw new TargetError('aws: sts:GetCallerIdentity: what answers does not speak as AWS does', fix);
    return { ...access, account, caller, partition: /^arn:([a-z-]+):/.exec(caller)?.[1] ?? 'aws', isRegionGuessed: told === undefined };
  } catch (error) {
    if (error instanceof TargetError) throw error;
    const failure = failureOf(error, 'sts:GetCallerIdentity');
    if (failure === undefined) throw error;
    const who = `aws${named === undefined ? '' : ` (profile ${named})`}`;
    const isWanting = error instanceof Error && error.name === 'CredentialsProviderError';
    throw new TargetError(isWanting ? `${who}: no login: ${error.message}` : `${who}: sts:GetCallerIdentity: ${failure.why}`, fix, { cause: error });
  } finally {
    sts.destroy();
  }
}

/** The same login, as `role` in another account of the organisation. Nothing is asked before its first use. */
export function assume(login: Login, account: string, role: string): Access {
  const { credentials, ...sts } = clientOptions(login, 'STS');
  return {
    env: login.env,
    region: login.region,
    credentials: fromTemporaryCredentials({
      masterCredentials: credentials,
      params: { RoleArn: `arn:${login.partition}:iam::${account}:role/${role}`, RoleSessionName: 'dekey-inventory' },
      clientConfig: sts,
    }),
  };
}

function credentialsOf(profile: string | undefined, isAsked: boolean, env: Environment, files: { readonly filepath: string; readonly configFilepath: string }, region: string): Credentials {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = env;
  if (!isAsked && accessKeyId !== undefined && secretAccessKey !== undefined) {
    return async () => await Promise.resolve({ accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) });
  }
  const endpoint = env['AWS_ENDPOINT_URL_STS'] ?? env['AWS_ENDPOINT_URL'];
  const clientConfig = { region, ...(endpoint === undefined ? {} : { endpoint }) };
  if (profile !== undefined) return fromIni({ profile, ...files, ignoreCache: true, clientConfig });
  return fromNodeProviderChain({ ...files, ignoreCache: true, clientConfig });
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** `region` of a profile in the text of a configuration file. */
export function regionOf(text: string, profile: string): string | undefined {
  let isIn = false;
  for (const line of text.split(/\r?\n/)) {
    const section = /^\s*\[\s*(?:profile\s+)?"?([^\]"]+?)"?\s*\]/.exec(line)?.[1];
    if (section !== undefined) isIn = section === profile;
    else if (isIn) {
      const region = /^region\s*=\s*([a-z0-9-]{5,30})/.exec(line)?.[1];
      if (region !== undefined) return region;
    }
  }
  return undefined;
}
