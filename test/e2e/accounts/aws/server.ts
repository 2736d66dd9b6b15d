/**
 * AWS on loopback, as far as an inventory asks: IAM and STS speak the query protocol, the others JSON or REST. A request has to be signed by a key the server
 * knows, and has to be allowed by a policy; everything else is refused as AWS refuses it. Every call is recorded.
 */
import { type Answer, type Asked, listen } from '../../plan/http.ts';
import type { AwsAccount } from './account.ts';
import { ANSWERS, Refusal } from './answers.ts';

export interface Call {
  /** `iam:ListUsers` */
  readonly action: string;
  readonly region: string;
  readonly account: string;
  readonly outcome: 'answered' | 'denied' | 'throttled' | 'refused';
}

export interface AwsServerOptions {
  /** The first is that of the login. */
  readonly accounts: readonly AwsAccount[];
  readonly accessKeyId: string;
  /** Actions that are allowed; all others are denied. */
  readonly allowed: readonly string[];
  /** Accounts that let no role in. */
  readonly closed?: readonly string[];
  /** How often the first calls of an action are throttled. */
  readonly throttle?: Readonly<Record<string, number>>;
  /** Actions that a proxy answers in its own way. */
  readonly broken?: readonly string[];
}

export interface AwsServer {
  readonly calls: readonly Call[];
  /** What a program needs to find it. */
  readonly env: Readonly<Record<string, string>>;
  readonly stop: () => Promise<void>;
}

const QUERY = new Set(['iam', 'sts']);
const REST: Readonly<Record<string, string>> = { 'GET /2015-03-31/functions': 'ListFunctions', 'POST /listRegions': 'ListRegions' };
/** What reads; any other operation changes something. */
export const READS = /^[a-z]+:(?:List|Get|Describe|BatchGet|AssumeRole$|GenerateCredentialReport$)/;
/** Actions that another needs besides. */
const BESIDES: Readonly<Record<string, string>> = { 'secretsmanager:GetSecretValue': 'kms:Decrypt', 'ssm:GetParameters': 'kms:Decrypt' };
export const SERVICES = ['IAM', 'STS', 'ORGANIZATIONS', 'ACCOUNT', 'LAMBDA', 'ECS', 'CODEBUILD', 'APPRUNNER', 'SAGEMAKER', 'SECRETS_MANAGER', 'SSM'] as const;

export async function startAwsServer(options: AwsServerOptions): Promise<AwsServer> {
  const calls: Call[] = [];
  const accounts = new Map(options.accounts.map((account) => [account.id, account]));
  const logins = new Map<string, { readonly account: AwsAccount; readonly caller: string }>();
  const home = options.accounts[0];
  if (home === undefined) throw new Error('a server of no account');
  logins.set(options.accessKeyId, { account: home, caller: `arn:aws:sts::${home.id}:assumed-role/inventory/dekey` });
  const throttled = new Map(Object.entries(options.throttle ?? {}));

  const assume = (roleArn: string): Readonly<Record<string, unknown>> => {
    const [, id = '', role = ''] = /^arn:aws:iam::(\d{12}):role\/(.+)$/.exec(roleArn) ?? [];
    const account = accounts.get(id);
    if (account === undefined || options.closed?.includes(id) === true) throw new Refusal('AccessDenied', 'is not authorized to perform: sts:AssumeRole', 403);
    const AccessKeyId = `ASIA${String(logins.size).padStart(16, '2')}`;
    logins.set(AccessKeyId, { account, caller: `arn:aws:sts::${id}:assumed-role/${role}/dekey-inventory` });
    return { Credentials: { AccessKeyId, SecretAccessKey: 'of-nobody', SessionToken: 'of-nobody', Expiration: new Date(Date.now() + 3_600_000) } };
  };

  const answer = (asked: Asked): Answer => {
    const scope = /^AWS4-HMAC-SHA256 Credential=([A-Z0-9]{16,24})\/(\d{8})\/([a-z0-9-]+)\/([a-z-]+)\/aws4_request, SignedHeaders=[a-z0-9;-]+, Signature=[0-9a-f]{64}$/.exec(asked.headers.authorization ?? '');
    const [, key = '', , region = '', service = ''] = scope ?? [];
    const input = inputOf(asked, service);
    const action = `${service}:${operationOf(asked, service, input)}`;
    const isQuery = QUERY.has(service);
    const record = (outcome: Call['outcome'], account = ''): void => {
      calls.push({ action, region, account, outcome });
    };
    const refuse = (code: string, message: string, status: number): Answer => failed(action, code, message, status, isQuery);
    if (scope === null || asked.headers['x-amz-date'] === undefined) {
      record('refused');
      return { status: 403, body: { __type: 'MissingAuthenticationToken' } };
    }
    const login = logins.get(key);
    if (login === undefined) {
      record('refused');
      return refuse(isQuery ? 'InvalidClientTokenId' : 'UnrecognizedClientException', 'The security token included in the request is invalid', 403);
    }
    const { account, caller } = login;
    if (options.broken?.includes(action) === true) {
      record('refused', account.id);
      return { status: 500, body: '<html><body><h1>Bad gateway</h1><br></body></html>', headers: { 'content-type': 'text/html' } };
    }
    const needs = [action, BESIDES[action]].filter((one): one is string => one !== undefined);
    if (action !== 'sts:GetCallerIdentity' && !needs.every((one) => options.allowed.includes(one))) {
      record('denied', account.id);
      return refuse(isQuery ? 'AccessDenied' : 'AccessDeniedException', `User: ${caller} is not authorized to perform: ${action}`, 403);
    }
    const left = throttled.get(action) ?? 0;
    if (left > 0) {
      throttled.set(action, left - 1);
      record('throttled', account.id);
      return service === 'lambda' ? refuse('TooManyRequestsException', 'Rate exceeded', 429) : refuse(isQuery ? 'Throttling' : 'ThrottlingException', 'Rate exceeded', 400);
    }
    const answers = ANSWERS[action];
    if (answers === undefined) {
      record('refused', account.id);
      return refuse('InvalidAction', `no such action here: ${action}`, 400);
    }
    try {
      const body = answers({ account, region: account.regions[region] ?? {}, input, accounts, caller, now: new Date(), assume });
      record('answered', account.id);
      return isQuery ? { status: 200, body: query(action, body) } : { status: 200, body };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      record(error.code.startsWith('AccessDenied') ? 'denied' : 'refused', account.id);
      return refuse(error.code, error.message, error.status);
    }
  };

  const { url, stop } = await listen(answer);
  const endpoints = Object.fromEntries(SERVICES.map((service) => [`AWS_ENDPOINT_URL_${service}`, url]));
  return { calls, env: { AWS_ACCESS_KEY_ID: options.accessKeyId, AWS_SECRET_ACCESS_KEY: 'of-nobody', AWS_REGION: 'eu-central-1', ...endpoints }, stop };
}

function inputOf({ method, query: given, body }: Asked, service: string): Readonly<Record<string, unknown>> {
  if (QUERY.has(service)) return Object.fromEntries(new URLSearchParams(body));
  if (method === 'GET') return Object.fromEntries(given);
  const read: unknown = body === '' ? {} : JSON.parse(body);
  return typeof read === 'object' && read !== null ? { ...read } : {};
}

function operationOf({ method, path, headers }: Asked, service: string, input: Readonly<Record<string, unknown>>): string {
  if (QUERY.has(service)) return String(input['Action']);
  const target = headers['x-amz-target'];
  return typeof target === 'string' ? target.slice(target.lastIndexOf('.') + 1) : (REST[`${method} ${path.replace(/\/$/, '')}`] ?? `${method} ${path}`);
}

function failed(action: string, code: string, message: string, status: number, isQuery: boolean): Answer {
  if (isQuery) return { status, body: `<ErrorResponse xmlns="${space(action)}"><Error><Type>Sender</Type><Code>${code}</Code><Message>${escape(message)}</Message></Error><RequestId>0</RequestId></ErrorResponse>` };
  return { status, body: { __type: code, message, Message: message }, headers: { 'x-amzn-errortype': code } };
}

function space(action: string): string {
  return action.startsWith('iam:') ? 'https://iam.amazonaws.com/doc/2010-05-08/' : 'https://sts.amazonaws.com/doc/2011-06-15/';
}

/** The query protocol: members as elements, lists as `member`, maps as `entry`. */
function query(action: string, body: Readonly<Record<string, unknown>>): string {
  const operation = action.slice(action.indexOf(':') + 1);
  return `<${operation}Response xmlns="${space(action)}"><${operation}Result>${xml(body)}</${operation}Result><ResponseMetadata><RequestId>0</RequestId></ResponseMetadata></${operation}Response>`;
}

function xml(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Map) return [...value].map(([key, one]) => `<entry><key>${escape(String(key))}</key><value>${xml(one)}</value></entry>`).join('');
  if (Array.isArray(value)) return value.map((one) => `<member>${xml(one)}</member>`).join('');
  if (typeof value === 'object') return Object.entries(value).map(([name, one]) => (one === undefined ? '' : `<${name}>${xml(one)}</${name}>`)).join('');
  return escape(typeof value === 'string' ? value : JSON.stringify(value));
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
