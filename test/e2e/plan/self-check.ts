/**
 * The proof proves itself: documents that are right are taken and told apart from every other token, documents that are loose are either refused by the party or found out
 * by a token that should have been refused. Without the second half a party that takes everything would look like a proof.
 */
import type { Claims } from './issuer.ts';
import type { AnthropicDocuments } from './parties/anthropic.ts';
import type { AwsDocuments } from './parties/aws-sts.ts';
import type { GoogleDocuments } from './parties/google-sts.ts';
import type { Fields } from './http.ts';
import { type Proof, proveTarget, type RefusedToken } from './tokens.ts';

const GITHUB = 'https://token.actions.githubusercontent.com';
const CLUSTER = 'https://kubernetes.default.svc.cluster.local';
const SUB = 'repo:acme/app:ref:refs/heads/main';

const workload: Claims = {
  iss: GITHUB,
  sub: SUB,
  repository: 'acme/app',
  repository_id: '1029384',
  repository_owner: 'acme',
  repository_owner_id: '5647382',
  ref: 'refs/heads/main',
  event_name: 'push',
  job_workflow_ref: 'acme/app/.github/workflows/ci.yml@refs/heads/main',
};
const pod: Claims = { iss: CLUSTER, sub: 'system:serviceaccount:ai:worker', 'kubernetes.io': { namespace: 'ai', serviceaccount: { name: 'worker' } } };

const refusals: readonly RefusedToken[] = [
  { title: 'a recycled name with other ids', changes: { repository_id: '999', repository_owner_id: '888' } },
  { title: 'another repository', changes: { sub: 'repo:acme/other:ref:refs/heads/main', repository: 'acme/other', repository_id: '77' } },
  { title: 'a pull request', changes: { sub: 'repo:acme/app:pull_request', ref: 'refs/pull/1/merge', event_name: 'pull_request' } },
  { title: 'another branch', changes: { sub: 'repo:acme/app:ref:refs/heads/main-2', ref: 'refs/heads/main-2' } },
  { title: 'no repository id', changes: { repository_id: null } },
  { title: 'an id that is a number', changes: { repository_id: 1_029_384 } },
];
/** For parties that compare `sub` alone. */
const bySubject = refusals.filter(({ changes }) => 'sub' in changes);

const anthropic: AnthropicDocuments = {
  issuer: { issuer_url: GITHUB, name: 'github' },
  serviceAccount: { name: 'ci' },
  memberships: [{ workspace_id: 'wrkspc_01LoopbackLoopback', workspace_role: 'workspace_developer' }],
  rule: {
    name: 'ci',
    match: { subject_prefix: SUB, audience: 'https://api.anthropic.com', claims: { repository_id: '1029384', repository_owner_id: '5647382' } },
    workspace_id: 'wrkspc_01LoopbackLoopback',
    oauth_scope: 'workspace:inference',
    token_lifetime_seconds: 600,
  },
};
const anthropicMatch = (match: Fields, rule: Fields = {}): AnthropicDocuments => ({ ...anthropic, rule: { ...anthropic.rule, ...rule, match } });

const openai = {
  project: 'proj_loopback',
  serviceAccount: { name: 'ci', create_service_account_only: true },
  role: { role: 'member' },
  provider: { name: 'github', type: 'oidc', issuer: GITHUB, audience: 'https://api.openai.com/v1', verification: { type: 'discovery', discovery_url: null } },
  rule: { attribute_matchers: { repository_id: '1029384', repository_owner_id: '5647382', ref: 'refs/heads/main', event_name: 'push' } as Fields },
};

const PROVIDER = 'token.actions.githubusercontent.com';
const aws: AwsDocuments = {
  account: '111122223333',
  issuer: GITHUB,
  providers: [{ Url: GITHUB, ClientIDList: ['sts.amazonaws.com'] }],
  trustPolicy: trust({ StringEquals: { [`${PROVIDER}:aud`]: 'sts.amazonaws.com', [`${PROVIDER}:sub`]: SUB, [`${PROVIDER}:repository_id`]: '1029384' } }),
};

function trust(condition: Fields): Fields {
  return {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Federated: `arn:aws:iam::111122223333:oidc-provider/${PROVIDER}` }, Action: 'sts:AssumeRoleWithWebIdentity', Condition: condition }],
  };
}

const POOL = 'projects/1029384/locations/global/workloadIdentityPools/ci-pool';
const google: GoogleDocuments = {
  project: '1029384',
  poolId: 'ci-pool',
  pool: {},
  providerId: 'github',
  provider: {
    attributeMapping: { 'google.subject': "'gh:' + assertion.repository_id + ':' + assertion.ref", 'attribute.repository_id': 'assertion.repository_id' },
    attributeCondition: `assertion.repository_owner_id == '5647382' && assertion.repository_id == '1029384' && assertion.sub == '${SUB}'`,
    oidc: { issuerUri: GITHUB },
  },
  bindings: [{ role: 'roles/aiplatform.user', members: [`principal://iam.googleapis.com/${POOL}/subject/gh:1029384:refs/heads/main`] }],
};
const googleWith = (provider: Fields, members?: readonly string[]): GoogleDocuments => ({
  ...google,
  provider: { ...google.provider, ...provider },
  ...(members === undefined ? {} : { bindings: [{ role: 'roles/aiplatform.user', members }] }),
});

const federated = { name: 'acme-ci', issuer: GITHUB, subject: SUB, audiences: ['api://AzureADTokenExchange'] };

const common = { intendedClaims: workload, exactSubject: true } as const;

interface SelfCase {
  readonly title: string;
  readonly proof: Proof;
  /** What has to come of it: all rows as wanted; these rows not as wanted; or the documents refused with this text. */
  readonly ends: { readonly kind: 'proven' } | { readonly kind: 'found-out'; readonly by: readonly string[] } | { readonly kind: 'refused'; readonly with: string };
}

const proven = { kind: 'proven' } as const;
const foundOut = (...by: readonly string[]): SelfCase['ends'] => ({ kind: 'found-out', by });
const refused = (text: string): SelfCase['ends'] => ({ kind: 'refused', with: text });

export const selfCases: readonly SelfCase[] = [
  { title: 'anthropic: exact', proof: { party: 'anthropic', documents: anthropic, refusals, ...common }, ends: proven },
  { title: 'anthropic: ES256', proof: { party: 'anthropic', documents: anthropic, refusals, ...common, alg: 'ES256' }, ends: proven },
  {
    title: 'anthropic: condition',
    proof: { party: 'anthropic', documents: anthropicMatch({ condition: `claims.sub == "${SUB}" && claims.repository_id in ["1029384"] && claims.repository_owner_id == "5647382"` }), refusals, ...common },
    ends: proven,
  },
  {
    title: 'anthropic: uploaded keys',
    proof: {
      party: 'anthropic',
      documents: ({ keys }) => ({ ...anthropicMatch({ subject_prefix: 'system:serviceaccount:ai:worker' }), issuer: { issuer_url: CLUSTER, name: 'cluster', jwks: { type: 'inline', keys } } }),
      intendedClaims: pod,
      refusals: [{ title: 'another service account', changes: { sub: 'system:serviceaccount:ai:default' } }],
      exactSubject: true,
      lifetime: 3600,
    },
    ends: proven,
  },
  {
    title: 'anthropic: star after the repository',
    proof: { party: 'anthropic', documents: anthropicMatch({ subject_prefix: 'repo:acme/app:*', claims: { repository_id: '1029384', repository_owner_id: '5647382' } }), refusals, intendedClaims: workload },
    ends: foundOut('a pull request', 'another branch'),
  },
  { title: 'anthropic: name only', proof: { party: 'anthropic', documents: anthropicMatch({ subject_prefix: SUB }), refusals, ...common }, ends: foundOut('a recycled name with other ids', 'no repository id', 'an id that is a number') },
  { title: 'anthropic: audience only', proof: { party: 'anthropic', documents: anthropicMatch({ audience: 'https://api.anthropic.com' }), refusals, ...common }, ends: refused('needs one of subject_prefix') },
  { title: 'anthropic: no tenant', proof: { party: 'anthropic', documents: anthropicMatch({ claims: { ref: 'refs/heads/main' } }), refusals, ...common }, ends: refused('name the tenant') },
  { title: 'anthropic: one arm without a tenant', proof: { party: 'anthropic', documents: anthropicMatch({ condition: 'claims.repository_id == "1029384" || claims.event_name == "push"' }), refusals, ...common }, ends: refused('name the tenant') },
  { title: 'anthropic: always true', proof: { party: 'anthropic', documents: anthropicMatch({ condition: 'true' }), refusals, ...common }, ends: refused('the same for every token') },
  { title: 'anthropic: function not understood', proof: { party: 'anthropic', documents: anthropicMatch({ condition: 'claims.sub.matches("repo:acme/app:.*")' }), refusals, ...common }, ends: refused('not understood') },
  { title: 'anthropic: not a member', proof: { party: 'anthropic', documents: { ...anthropic, memberships: [] }, refusals, ...common }, ends: foundOut('the intended workload', 'the intended workload, once more') },
  {
    title: 'anthropic: unreachable issuer',
    proof: { party: 'anthropic', documents: { ...anthropicMatch({ subject_prefix: 'system:serviceaccount:ai:worker' }), issuer: { issuer_url: CLUSTER, name: 'cluster' } }, intendedClaims: pod, refusals: [] },
    ends: refused('public name'),
  },
  { title: 'openai: claims', proof: { party: 'openai', documents: openai, refusals, intendedClaims: workload }, ends: proven },
  { title: 'openai: subject only', proof: { party: 'openai', documents: { ...openai, rule: { attribute_matchers: { sub: SUB } } }, refusals: bySubject, ...common }, ends: proven },
  { title: 'openai: audience only', proof: { party: 'openai', documents: { ...openai, rule: { attribute_matchers: {} } }, refusals, ...common }, ends: refused('the audience alone') },
  { title: 'openai: star', proof: { party: 'openai', documents: { ...openai, rule: { attribute_matchers: { sub: 'repo:acme/app:*' } } }, refusals, ...common }, ends: refused('a star matches nothing') },
  { title: 'openai: an API key on the way', proof: { party: 'openai', documents: { ...openai, serviceAccount: { name: 'ci' } }, refusals, ...common }, ends: refused('an API key would be created') },
  {
    title: 'openai: uploaded keys',
    proof: {
      party: 'openai',
      documents: (keys) => ({ ...openai, provider: { ...openai.provider, issuer: CLUSTER, verification: { type: 'uploaded_jwks', jwks: keys } }, rule: { attribute_matchers: { sub: 'system:serviceaccount:ai:worker' } } }),
      intendedClaims: pod,
      refusals: [],
      exactSubject: true,
    },
    ends: proven,
  },
  { title: 'aws: exact', proof: { party: 'aws', documents: aws, refusals: refusals.filter(({ changes }) => 'sub' in changes || 'repository_id' in changes), ...common }, ends: proven },
  { title: 'aws: audience only', proof: { party: 'aws', documents: { ...aws, trustPolicy: trust({ StringEquals: { [`${PROVIDER}:aud`]: 'sts.amazonaws.com' } }) }, refusals, ...common }, ends: refused('has to evaluate') },
  {
    title: 'aws: ForAllValues on an absent claim',
    proof: { party: 'aws', documents: { ...aws, trustPolicy: trust({ StringLike: { [`${PROVIDER}:sub`]: 'repo:acme/*' }, 'ForAllValues:StringEquals': { [`${PROVIDER}:event_name`]: 'push' } }) }, refusals: bySubject, intendedClaims: workload },
    ends: foundOut('another repository', 'a pull request', 'another branch'),
  },
  {
    title: 'aws: IfExists on an absent claim',
    proof: { party: 'aws', documents: { ...aws, trustPolicy: trust({ StringEquals: { [`${PROVIDER}:sub`]: SUB }, StringEqualsIfExists: { [`${PROVIDER}:repository_id`]: '1029384' } }) }, refusals, ...common },
    ends: foundOut('no repository id', 'an id that is a number'),
  },
  {
    title: 'aws: a claim that AWS does not fill',
    proof: { party: 'aws', documents: { ...aws, trustPolicy: trust({ StringEquals: { [`${PROVIDER}:sub`]: SUB, [`${PROVIDER}:event_name`]: 'push' } }) }, refusals: [], ...common },
    ends: foundOut('the intended workload', 'the intended workload, once more'),
  },
  {
    title: 'aws: star in StringEquals',
    proof: { party: 'aws', documents: { ...aws, trustPolicy: trust({ StringEquals: { [`${PROVIDER}:sub`]: 'repo:acme/app:*' } }) }, refusals: [], ...common },
    ends: foundOut('the intended workload', 'the intended workload, once more'),
  },
  { title: 'google: exact', proof: { party: 'google', documents: google, refusals, ...common }, ends: proven },
  { title: 'google: no condition', proof: { party: 'google', documents: googleWith({ attributeCondition: '' }), refusals, ...common }, ends: refused('name the tenant') },
  {
    title: 'google: whole pool',
    proof: { party: 'google', documents: googleWith({ attributeCondition: "assertion.repository_owner_id == '5647382'" }, [`principalSet://iam.googleapis.com/${POOL}/*`]), refusals: bySubject, intendedClaims: workload },
    ends: foundOut('another repository', 'a pull request', 'another branch'),
  },
  { title: 'google: function not understood', proof: { party: 'google', documents: googleWith({ attributeCondition: "assertion.sub.contains('acme')" }), refusals, ...common }, ends: refused('not understood') },
  {
    title: 'google: a subject that is too long',
    proof: {
      party: 'google',
      documents: googleWith({ attributeMapping: { 'google.subject': 'assertion.sub' }, attributeCondition: "assertion.repository_id == '1029384'" }, [`principalSet://iam.googleapis.com/${POOL}/*`]),
      intendedClaims: { ...workload, sub: `repo:acme/app:ref:refs/heads/${'long-'.repeat(30)}` },
      refusals: [],
    },
    ends: foundOut('the intended workload', 'the intended workload, once more'),
  },
  {
    title: 'google: a mapped claim that is missing',
    proof: {
      party: 'google',
      documents: googleWith({ attributeMapping: { 'google.subject': 'assertion.sub', 'attribute.environment': 'assertion.environment' } }, [`principalSet://iam.googleapis.com/${POOL}/*`]),
      intendedClaims: workload,
      refusals: [],
    },
    ends: foundOut('the intended workload', 'the intended workload, once more'),
  },
  { title: 'azure: managed identity', proof: { party: 'azure', documents: { identity: 'managed-identity', credentials: [federated] }, refusals: bySubject, ...common }, ends: proven },
  { title: 'azure: application', proof: { party: 'azure', documents: { identity: 'application', credentials: [federated] }, refusals: bySubject, ...common }, ends: proven },
  { title: 'azure: wildcard in a subject', proof: { party: 'azure', documents: { identity: 'application', credentials: [{ ...federated, subject: 'repo:acme/app:*' }] }, refusals, ...common }, ends: refused('a wildcard matches nothing') },
  { title: 'azure: another audience', proof: { party: 'azure', documents: { identity: 'application', credentials: [{ ...federated, audiences: ['https://example.org'] }] }, refusals, ...common }, ends: refused('audiences') },
  {
    title: 'azure: flexible, any ref',
    proof: {
      party: 'azure',
      documents: { identity: 'application', credentials: [{ name: 'acme-ci', issuer: GITHUB, audiences: ['api://AzureADTokenExchange'], claimsMatchingExpression: { value: "claims['sub'] matches 'repo:acme/app:ref:*'", languageVersion: 1 } }] },
      refusals: bySubject,
      intendedClaims: workload,
    },
    ends: foundOut('another branch'),
  },
  {
    title: 'azure: flexible for a managed identity',
    proof: { party: 'azure', documents: { identity: 'managed-identity', credentials: [{ name: 'acme-ci', issuer: GITHUB, audiences: ['api://AzureADTokenExchange'], claimsMatchingExpression: { value: "claims['sub'] eq 'x'", languageVersion: 1 } }] }, refusals, ...common },
    ends: refused('extra inputs'),
  },
];

export interface SelfResult {
  readonly tokens: number;
  /** What is not as it has to be; empty when the case holds. */
  readonly problems: readonly string[];
}

export async function runSelfCase({ proof, ends }: SelfCase): Promise<SelfResult> {
  try {
    const { rows } = await proveTarget(proof);
    const off = rows.filter((row) => !row.isAsWanted).map((row) => `${row.title} (${row.wanted} was wanted; ${row.reason})`);
    const wanted: readonly string[] = ends.kind === 'found-out' ? ends.by : [];
    const titles = rows.filter((row) => !row.isAsWanted).map(({ title }) => title);
    if (ends.kind === 'refused') return { tokens: rows.length, problems: ['the documents were taken'] };
    const missed = wanted.filter((title) => !titles.includes(title)).map((title) => `not found out: ${title}`);
    const unwanted = off.filter((text) => !wanted.some((title) => text.startsWith(`${title} (`)));
    return { tokens: rows.length, problems: [...missed, ...unwanted] };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (ends.kind === 'refused' && text.includes(ends.with)) return { tokens: 0, problems: [] };
    return { tokens: 0, problems: [text] };
  }
}
