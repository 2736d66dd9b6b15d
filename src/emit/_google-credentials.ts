import type { Target } from '../model/federation.ts';
import type { Text } from '../model/text.ts';
import { concat, data, jsonText, shortName } from './_text.ts';

export const POOL = 'dekey';

/** Platforms whose token lies in a file, which Google's libraries read by themselves. */
const FILE_PLATFORMS: Readonly<Record<string, string>> = {
  kubernetes: '/var/run/secrets/dekey/google/token',
  eks: '/var/run/secrets/dekey/google/token',
  gke: '/var/run/secrets/dekey/google/token',
  aks: '/var/run/secrets/dekey/google/token',
  spiffe: '/run/spiffe/token',
  spacelift: '/mnt/workspace/spacelift.oidc',
};

/** 4 to 32 characters; Google keeps names that begin with `gcp-` to itself. */
export function providerId(id: string): string {
  const name = shortName(id, 32);
  return name.length < 4 || name.startsWith('gcp-') ? shortName(`dekey-${id}`, 32) : name;
}

/** What GOOGLE_APPLICATION_CREDENTIALS points at: where the token lies, and who takes it; undefined where it lies in no file. `number`: of the project. */
export function credentialConfig({ id, platform }: Pick<Target, 'id' | 'platform'>, number: Text): string | undefined {
  const file = FILE_PLATFORMS[platform];
  if (file === undefined) return undefined;
  return jsonText({
    type: 'external_account',
    audience: data(concat('//iam.googleapis.com/projects/', number, `/locations/global/workloadIdentityPools/${POOL}/providers/${providerId(id)}`)),
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: 'https://sts.googleapis.com/v1/token',
    credential_source: { file },
  });
}
