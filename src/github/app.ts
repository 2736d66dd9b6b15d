import { Secret } from '../model/secret.ts';
import { TargetError, UsageError } from '../model/errors.ts';
import { visible } from '../support/escape.ts';
import type { AppKey } from './credentials.ts';
import { isGithubError } from './errors.ts';
import { isRecord } from './http.ts';

/** A request that brings its own authorization: what the App's flow needs. Throws GithubError. */
export type SignedRequest = (method: string, path: string, authorization: string) => Promise<unknown>;

/** An installation: its tokens, and what the latest one may. */
export interface Installation {
  token(): Promise<Secret>;
  /** By key, such as `contents`, to `read` or `write`; undefined before the first token, or where GitHub does not say. */
  permissions(): Readonly<Record<string, string>> | undefined;
}

/** Renewed so long before it ends. */
const EARLY = 5 * 60_000;

/**
 * The token of the App's installation at one owner, renewed before it ends (they live an hour).
 *
 * @throws UsageError when the key is not the App's, TargetError when it is not installed there
 */
export async function installationTokens(app: AppKey, owner: string, send: SignedRequest): Promise<Installation> {
  const { createAppAuth } = await import('@octokit/auth-app');
  const signed = async (method: string, path: string): Promise<unknown> => {
    let jwt: string;
    try {
      // The key is handed to the library that signs with it, which keeps it in memory as we do.
      let auth: ReturnType<typeof createAppAuth> | undefined;
      app.key.expose((privateKey) => {
        auth = createAppAuth({ appId: app.id, privateKey });
        return true;
      });
      if (auth === undefined) throw new Error('no key');
      jwt = (await auth({ type: 'app' })).token;
    } catch {
      throw new UsageError('the key of the App cannot sign', 'Name the .pem file that GitHub gave out for the App.');
    }
    return await send(method, path, `Bearer ${jwt}`);
  };
  const installation = await findInstallation(owner, signed);
  let known: { readonly token: Secret; readonly until: number } | undefined;
  let renewing: Promise<Secret> | undefined;
  let permissions: Readonly<Record<string, string>> | undefined;
  const renew = async (): Promise<Secret> => {
    const given = await signed('POST', `/app/installations/${installation}/access_tokens`);
    const token = isRecord(given) ? given['token'] : undefined;
    const expires = isRecord(given) && typeof given['expires_at'] === 'string' ? Date.parse(given['expires_at']) : Number.NaN;
    if (typeof token !== 'string' || token === '') throw new TargetError('GitHub gave no token for the installation of the App', 'Check that the App is not suspended.');
    permissions = isRecord(given) && isRecord(given['permissions']) ? Object.fromEntries(Object.entries(given['permissions']).flatMap(([key, access]) => (typeof access === 'string' ? [[key, access]] : []))) : undefined;
    known = { token: new Secret(token), until: Number.isNaN(expires) ? Date.now() + 30 * 60_000 : expires };
    return known.token;
  };
  return {
    token: async () => {
      if (known !== undefined && known.until - EARLY > Date.now()) return known.token;
      renewing ??= renew().finally(() => {
        renewing = undefined;
      });
      return await renewing;
    },
    permissions: () => permissions,
  };
}

async function findInstallation(owner: string, signed: (method: string, path: string) => Promise<unknown>): Promise<number> {
  for (const kind of ['orgs', 'users']) {
    try {
      const found = await signed('GET', `/${kind}/${encodeURIComponent(owner)}/installation`);
      const id = isRecord(found) ? found['id'] : undefined;
      if (typeof id === 'number' && Number.isSafeInteger(id)) return id;
    } catch (error) {
      if (isGithubError(error) && error.github.status === 401) throw new UsageError('GitHub does not take the key of the App', 'Check that --github-app names the App that the key belongs to, and this machine\'s clock.');
      if (!isGithubError(error) || error.github.status !== 404) throw error;
    }
  }
  throw new TargetError(`the App is not installed at ${visible(owner)}`, 'Install it there, for all repositories that are to be read.');
}
