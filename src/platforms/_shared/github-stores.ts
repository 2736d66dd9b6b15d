/** Secrets of stores that take key pairs of AWS's form, by their names. */
const OTHER = /^\w*(?:R2|MINIO|BACKBLAZE|B2|WASABI|SPACES|CLOUDFLARE|SCALEWAY|HETZNER|OVH|GARAGE|CEPH|TIGRIS)(?:_|$)/i;
const HANDED = /\baws[-_](?:access[-_]key[-_]id|secret[-_]access[-_]key)["']?\s*[:=]\s*["']?\$\{\{\s*secrets\.(\w+)/gi;
const ENDPOINT = /--endpoint-url\b|\bAWS_ENDPOINT_URL(?:_S3)?\b\s*[:=]|\bendpoint_url\s*=/;

/** `true`: the key pairs of the job are for a store of its own that speaks as S3 does. '' where any may be for AWS. */
export function otherStore(job: string): string {
  const names = [...job.matchAll(HANDED)].map(([, name = '']) => name);
  return names.length > 0 && (names.every((name) => OTHER.test(name)) || ENDPOINT.test(job)) ? 'true' : '';
}
