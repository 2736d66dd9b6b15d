import type { RemoteContext } from '../remote.ts';
import { askProgram, loginFrom, openGetter, Renewed } from '../_shared/api-login.ts';
import type { PagedApi } from '../_shared/api-pages.ts';

const SERVICES = ['apikeys', 'iam', 'serviceusage', 'orgpolicy', 'policyanalyzer', 'cloudasset'] as const;
export type Services = Readonly<Record<(typeof SERVICES)[number], PagedApi>>;

export const FIX = 'Run gcloud auth login, or set GOOGLE_OAUTH_ACCESS_TOKEN to an access token that may read the project.';

/**
 * Clients of all services, with one login.
 *
 * @throws UsageError, TargetError
 */
export async function openServices(context: RemoteContext): Promise<Services> {
  const { env, version, note } = context;
  const given = loginFrom(env, ['GOOGLE_OAUTH_ACCESS_TOKEN', 'CLOUDSDK_AUTH_ACCESS_TOKEN']);
  const asked = new Renewed('what gcloud printed', async () => await askProgram('gcloud', ['auth', 'print-access-token', '--quiet'], env, FIX));
  const quota = loginFrom(env, ['GOOGLE_CLOUD_QUOTA_PROJECT', 'CLOUDSDK_BILLING_QUOTA_PROJECT'])?.value;
  const headers = async (): Promise<Readonly<Record<string, string>>> => {
    const token = given?.value ?? (await asked.token());
    return { authorization: `Bearer ${token}`, ...(quota === undefined ? {} : { 'x-goog-user-project': quota }) };
  };
  // Before anything is asked, so that a missing login is said as such.
  await headers();
  const open = (name: (typeof SERVICES)[number]): PagedApi => {
    const variable = `CLOUDSDK_API_ENDPOINT_OVERRIDES_${name.toUpperCase()}`;
    const service = `${name}.googleapis.com`;
    return { service, getter: openGetter(variable, { base: env[variable]?.trim() || `https://${service}`, headers, version, service, note }) };
  };
  return { apikeys: open('apikeys'), iam: open('iam'), serviceusage: open('serviceusage'), orgpolicy: open('orgpolicy'), policyanalyzer: open('policyanalyzer'), cloudasset: open('cloudasset') };
}
