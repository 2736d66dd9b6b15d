import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { TargetError } from '../../model/errors.ts';
import { recordOf, textOf } from '../github/fields.ts';
import type { ClusterConfig, ExecConfig } from './kubeconfig.ts';

/** What is shown to the API server. */
export interface Login {
  readonly headers: Readonly<Record<string, string>>;
  readonly certificate?: string;
  readonly key?: string;
}

const EXEC_TIMEOUT = 60_000;
/** An answer is a token or a certificate; more is none. */
const LONGEST_ANSWER = 2 ** 20;
/** A token is renewed this long before it ends. */
const EARLY = 30_000;
/** A program that failed to renew one is run again after this. */
const AGAIN = 60_000;

/**
 * The login of a cluster, asked for before each request. A program that the kubeconfig names is run once, and again when what it gave has ended.
 *
 * @throws TargetError when the program cannot be run or gives no login, or the token's file is gone
 */
export function loginOf(config: ClusterConfig, env: Readonly<Record<string, string | undefined>>): () => Promise<Login> {
  const { user } = config;
  let kept: Promise<ExecLogin> | undefined;
  const renewed = async (exec: ExecConfig): Promise<ExecLogin> => {
    const held = kept;
    if (held === undefined) return await (kept = runPlugin(exec, config, env));
    const known = await held;
    // Whoever comes first renews it for all. An old login may still do; the server says so when it does not.
    if ((known.ends ?? Infinity) - EARLY < Date.now() && kept === held) kept = runPlugin(exec, config, env).catch(() => ({ ...known, ends: Date.now() + EARLY + AGAIN }));
    return await (kept ?? held);
  };
  return async () => {
    const certificate = { ...(user.certificate === undefined ? {} : { certificate: user.certificate }), ...(user.key === undefined ? {} : { key: user.key }) };
    if (user.tokenFile !== undefined) return { headers: bearer(tokenIn(user.tokenFile)), ...certificate };
    if (user.token !== undefined) return { headers: bearer(user.token), ...certificate };
    if (user.basic !== undefined) return { headers: { authorization: `Basic ${Buffer.from(`${user.basic.name}:${user.basic.password}`).toString('base64')}` }, ...certificate };
    if (user.exec === undefined) return { headers: {}, ...certificate };
    const { token, ...given } = await renewed(user.exec);
    return { headers: token === undefined ? {} : bearer(token), ...certificate, ...(given.certificate === undefined ? {} : { certificate: given.certificate }), ...(given.key === undefined ? {} : { key: given.key }) };
  };
}

function bearer(token: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${token}` };
}

function tokenIn(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new TargetError('the file of the token cannot be read', `Make ${path} readable, or log in anew.`, { cause: error });
  }
}

interface ExecLogin {
  readonly token?: string;
  readonly certificate?: string;
  readonly key?: string;
  /** Milliseconds since 1970; absent when it does not say. */
  readonly ends?: number;
}

/** Source: kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins; as remembered, not read again for this. */
async function runPlugin(exec: ExecConfig, { context, server, authority, isInsecure, serverName }: ClusterConfig, env: Readonly<Record<string, string | undefined>>): Promise<ExecLogin> {
  const { apiVersion, command, args, folder, installHint } = exec;
  const fix = installHint?.replaceAll(/\s+/g, ' ').slice(0, 300) ?? `Run it by hand (${command}), log in where it asks for it, or choose another context.`;
  if (exec.isInteractive) throw new TargetError(`the login of ${context} wants to ask questions`, `Use a context that logs in without: ${command} has interactiveMode Always.`);
  const program = /[/\\]/.test(command) && !isAbsolute(command) ? join(folder, command) : command;
  const cluster = {
    server,
    ...(authority === undefined ? {} : { 'certificate-authority-data': Buffer.from(authority).toString('base64') }),
    ...(isInsecure ? { 'insecure-skip-tls-verify': true } : {}),
    ...(serverName === undefined ? {} : { 'tls-server-name': serverName }),
  };
  const info = JSON.stringify({ apiVersion, kind: 'ExecCredential', spec: { interactive: false, ...(exec.wantsCluster ? { cluster } : {}) } });
  const { code, output, error } = await run(program, args, { ...env, ...Object.fromEntries(exec.env.map(({ name, value }) => [name, value])), KUBERNETES_EXEC_INFO: info });
  // What it printed is not repeated: a token may be in it.
  if (error !== undefined || code !== 0) throw new TargetError(`the login of ${context} failed: ${command} ${error ?? `ended with code ${code}`}`, fix);
  const status = statusOf(output);
  const token = textOf(status['token']);
  const certificate = textOf(status['clientCertificateData']);
  const key = textOf(status['clientKeyData']);
  if (token === undefined && certificate === undefined) throw new TargetError(`the login of ${context} failed: ${command} gave neither a token nor a certificate`, fix);
  const ends = Date.parse(textOf(status['expirationTimestamp']) ?? '');
  return { ...(token === undefined ? {} : { token }), ...(certificate === undefined ? {} : { certificate }), ...(key === undefined ? {} : { key }), ...(Number.isNaN(ends) ? {} : { ends }) };
}

function statusOf(output: string): Readonly<Record<string, unknown>> {
  try {
    return recordOf(recordOf(JSON.parse(output))['status']);
  } catch {
    return {};
  }
}

async function run(program: string, args: readonly string[], env: Readonly<Record<string, string | undefined>>): Promise<{ readonly code: number | null; readonly output: string; readonly error?: string }> {
  return await new Promise((done) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'ignore'], timeout: EXEC_TIMEOUT });
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > LONGEST_ANSWER) child.kill();
      else chunks.push(chunk);
    });
    child.on('error', (error) => done({ code: null, output: '', error: 'code' in error && error.code === 'ENOENT' ? 'is not there' : 'cannot be run' }));
    child.on('close', (code, signal) => done({ code, output: Buffer.concat(chunks).toString('utf8'), ...(signal === null ? {} : { error: 'gave no answer in time' }) }));
  });
}
