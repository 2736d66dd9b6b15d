import { TargetError } from '../../model/errors.ts';

/** What GitHub says about how a repository's tokens will look. */
export interface RepositoryIdentity {
  readonly repositoryId: string;
  readonly ownerId: string;
  readonly defaultBranch: string;
  /** `repo:acme@1/app@2` or `repo:acme/app`, as it will be sent; undefined when the API does not tell, or a template of the repository's own is in force. */
  readonly subjectPrefix?: string;
  readonly hasTemplate: boolean;
}

const TIMEOUT = 15_000;
const LARGEST = 2 ** 20;

/**
 * Reads the ids and the subject's form of one repository: two GET requests, nothing is written.
 *
 * @param base `https://api.github.com`, `https://HOST/api/v3`, or a server on loopback in tests
 * @param token a token that may read the repository; private repositories and the subject's form need one
 * @throws TargetError when the repository cannot be read
 */
export async function readRepositoryIdentity(base: string, owner: string, name: string, token: string | undefined): Promise<RepositoryIdentity> {
  const path = `/repos/${encodeURIComponent(owner)}/${encodeURIComponent(name)}`;
  const repository = await get(`${base}${path}`, token);
  const repositoryId = idOf(repository['id']);
  const holder = repository['owner'];
  const ownerId = isRecord(holder) ? idOf(holder['id']) : undefined;
  const defaultBranch = repository['default_branch'];
  if (repositoryId === undefined || ownerId === undefined || typeof defaultBranch !== 'string') throw new TargetError(`${base} answered without the ids of ${owner}/${name}`, 'Check that the address is that of a GitHub API.');
  const subject = await get(`${base}${path}/actions/oidc/customization/sub`, token).catch(() => undefined);
  const hasTemplate = subject?.['use_default'] === false;
  const prefix = subject?.['sub_claim_prefix'];
  return { repositoryId, ownerId, defaultBranch, hasTemplate, ...(typeof prefix === 'string' && !hasTemplate ? { subjectPrefix: prefix } : {}) };
}

async function get(url: string, token: string | undefined): Promise<Readonly<Record<string, unknown>>> {
  let response: Response;
  try {
    response = await fetch(url, {
      headers: { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28', 'user-agent': 'dekey', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT),
    });
  } catch (error) {
    throw new TargetError(`cannot reach ${new URL(url).host}`, 'Check the network, or leave --github out and fill the inputs in by hand.', { cause: error });
  }
  if (!response.ok) {
    await response.body?.cancel();
    throw new TargetError(`${new URL(url).host} answered ${response.status} to ${new URL(url).pathname}`, response.status === 404 || response.status === 403 || response.status === 401 ? 'Set GITHUB_TOKEN or GH_TOKEN to a token that may read the repository.' : 'Try again later.');
  }
  const text = await response.text();
  if (text.length > LARGEST) throw new TargetError(`${new URL(url).host} answered with too much`, 'Check that the address is that of a GitHub API.');
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : {};
  } catch (error) {
    throw new TargetError(`${new URL(url).host} did not answer with JSON`, 'Check that the address is that of a GitHub API.', { cause: error });
  }
}

function idOf(value: unknown): string | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? String(value) : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
