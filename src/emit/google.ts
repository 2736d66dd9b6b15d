import type { EmittedFile, Emitter, Target } from '../model/federation.ts';
import type { Input, Text } from '../model/text.ts';
import { partyInputs } from '../parties/inputs.ts';
import { type Block, expression, type HclValue } from './_hcl.ts';
import { terraformFile } from './_hcl-party.ts';
import { Asking, byId, celClaim, celText, scriptFile } from './_party.ts';
import type { Statement, Word } from './_shell.ts';
import { concat, data, inputsIn, jsonText, literal, shortName } from './_text.ts';

const POOL = 'dekey';
/** Bytes of a mapped subject. */
const LONGEST_SUBJECT = 127;
const SECRET: Input = { id: 'google.secret_project', title: 'Project of the secrets', shape: 'name', how: 'gcloud config get-value project' };
const ACCOUNT: Input = { id: 'google.service_account_email', title: 'E-mail of the service account', shape: 'email', how: 'gcloud iam service-accounts list' };
const TOOLS = ['gcloud'] as const;
/** Platforms whose token lies in a file, which Google's libraries read by themselves. */
const FILE_PLATFORMS: Readonly<Record<string, string>> = {
  kubernetes: '/var/run/secrets/dekey/google/token',
  eks: '/var/run/secrets/dekey/google/token',
  gke: '/var/run/secrets/dekey/google/token',
  aks: '/var/run/secrets/dekey/google/token',
  spiffe: '/run/spiffe/token',
  spacelift: '/mnt/workspace/spacelift.oidc',
};

/** Google Cloud: one pool; for each identity a provider with an audience, a mapping and a condition of its own, and a role for its subject alone. */
export const emitGoogle: Emitter = (targets, ask, known) => {
  const asking = new Asking(ask, known);
  const project = asking.get(input('google.project_id'));
  const number = asking.get(input('google.project_number'));
  const outside = byId(targets).filter(({ platform }) => platform !== 'google-compute').map((target) => identityOf(target, number));
  const inside = byId(targets).filter(({ platform }) => platform === 'google-compute');
  const account = inside.length > 0 ? asking.get(ACCOUNT) : [];
  // An identity that goes on to another party does so as a service account of its own.
  const minters = new Map(byId(targets).filter(({ permission }) => permission === 'mint-token').map(({ id }) => [id, asking.get({ ...ACCOUNT, id: `${ACCOUNT.id}_${id.replaceAll('-', '_')}`, title: `${ACCOUNT.title} for ${id}` })]));
  const secretProject = targets.some(({ permission }) => permission === 'read-secret') ? asking.get(SECRET) : project;
  const scope: Scope = { project, secretProject, accountOf: ({ id }) => minters.get(id) ?? account };
  const used = [project, number, account, ...minters.values(), secretProject, ...outside.flatMap((one) => [one.target.policy.issuer, one.condition, one.target.policy.audience])].flatMap(inputsIn);
  const inputs = asking.describe(used);
  const uploads = outside.some(({ target }) => target.policy.uploadsKeys);
  const blocks: Block[] = [
    ...(outside.length === 0 ? [] : [{ type: 'resource', labels: ['google_iam_workload_identity_pool', POOL], attributes: { project: data(project), workload_identity_pool_id: POOL, display_name: 'dekey' } } satisfies Block]),
    ...outside.flatMap((one) => [providerBlock(one, project), ...grantBlocks(one.target, scope, one.memberHcl)]),
    ...inside.flatMap((target) => grantBlocks(target, scope, data(concat('serviceAccount:', account)))),
  ];
  const files: EmittedFile[] = [
    terraformFile('google', 'Workload identity federation of Google Cloud.', { name: 'google', source: 'hashicorp/google', version: '>= 6.0' }, asking, blocks, uploads ? [{ type: 'variable', labels: ['issuer_jwks_json'], attributes: { type: expression('string'), description: 'Public keys of the issuer as a JWK set, since Google cannot reach it: kubectl get --raw /openid/v1/jwks' } }] : []),
    ...outside.map((one): EmittedFile => ({
      path: `google/provider.${one.target.id}.json`,
      kind: 'json',
      role: 'create',
      purpose: `The provider of ${one.target.id} as the API has it, to be read beside what stands in the project.`,
      text: jsonText(providerBody(one)),
    })),
    ...outside.flatMap((one): EmittedFile[] => credentialFile(one, number)),
    scriptFile('google', 'create', 'Makes pool, providers and role bindings where they are missing.', {
      tools: TOOLS,
      inputs,
      body: [...(outside.length === 0 ? [] : createPool(project)), ...outside.flatMap((one) => [...createProvider(one, project, number), ...bind('add', one.target, scope, one.member)]), ...inside.flatMap((target) => bind('add', target, scope, concat('serviceAccount:', account)))],
    }),
    scriptFile('google', 'check', 'Reads the providers and names every difference from the plan. Exit 1 when there is any.', {
      tools: TOOLS,
      inputs,
      body: [{ kind: 'set', variable: 'WRONG', value: '0' }, ...outside.flatMap((one) => checkProvider(one, project)), { kind: 'when', test: ['test', { variable: 'WRONG' }, '=', '1'], body: [{ kind: 'fail', parts: ['Not as planned.'] }], otherwise: [{ kind: 'say', parts: ['As planned.'] }] }],
    }),
    scriptFile('google', 'undo', 'Takes the role bindings and providers of this plan away. A deleted provider keeps its name for 30 days: create.sh brings it back.', {
      tools: TOOLS,
      inputs,
      body: [
        ...outside.flatMap((one) => [...bind('remove', one.target, scope, one.member), removeProvider(one, project)]),
        ...inside.flatMap((target) => bind('remove', target, scope, concat('serviceAccount:', account))),
        { kind: 'comment', text: 'The pool stays: others may use it, and its name could not be used again for 30 days.' },
      ],
    }),
  ];
  return {
    files,
    manual: outside.some(({ target }) => target.platform === 'github-actions') ? ['In workflows give google-github-actions/auth the provider as projects/NUMBER/locations/global/workloadIdentityPools/dekey/providers/ID, with the number, and project_id beside it; add gha-creds-*.json to .gitignore and .dockerignore.'] : [],
  };
};

interface Identity {
  readonly target: Target;
  /** Provider id. */
  readonly id: string;
  /** CEL: what becomes of the subject. */
  readonly subject: string;
  readonly condition: Text;
  /** IAM principal, for commands and for Terraform. */
  readonly member: Text;
  readonly memberHcl: HclValue;
}

function input(id: string): Input {
  const found = partyInputs[id];
  if (found === undefined) throw new Error(`no input ${id}`);
  return found;
}

function identityOf(target: Target, number: Text): Identity {
  const { policy } = target;
  const id = shortName(target.id, 32);
  const conditions = [
    ...(policy.subject === undefined ? [] : [policy.subject.kind === 'exact' ? comparison('sub', policy.subject.text, 'string') : concat("assertion.sub.startsWith('", inner(policy.subject.text), "')")]),
    ...policy.claims.map(({ claim, value, type }) => comparison(claim, value, type)),
  ];
  // A subject too long to be mapped, or not known to be short enough, gives way to the name of the one workload the condition lets in.
  const exact = policy.subject?.kind === 'exact' ? literal(policy.subject.text) : undefined;
  const fits = exact !== undefined && Buffer.byteLength(exact) <= LONGEST_SUBJECT;
  const mapped = fits ? exact : id;
  const member = concat('principal://iam.googleapis.com/projects/', number, `/locations/global/workloadIdentityPools/${POOL}/subject/${mapped}`);
  return { target, id, subject: fits ? 'assertion.sub' : celText(id), condition: conditions.reduce((all, one) => (all.length === 0 ? one : concat(all, ' && ', one)), [] as Text), member, memberHcl: data(member) };
}

/** `assertion.ref == 'refs/heads/main'`. Inputs stand between the quotes: their shapes hold none. */
function comparison(claim: string, value: Text, type: 'string' | 'boolean'): Text {
  const name = celClaim('assertion', claim);
  return type === 'boolean' ? concat(`${name} == `, value) : concat(`${name} == '`, inner(value), "'");
}

function inner(value: Text): Text {
  return value.map((part) => (typeof part === 'string' ? celText(part).slice(1, -1) : part));
}

function mapping(one: Identity): Readonly<Record<string, string>> {
  return { 'google.subject': one.subject };
}

function providerBody(one: Identity): Parameters<typeof jsonText>[0] {
  return { oidc: { issuerUri: data(one.target.policy.issuer), allowedAudiences: [data(one.target.policy.audience)] }, attributeMapping: mapping(one), attributeCondition: data(one.condition) };
}

function providerBlock(one: Identity, project: Text): Block {
  return {
    type: 'resource',
    labels: ['google_iam_workload_identity_pool_provider', one.id],
    comment: one.target.workload.replace(/\s+/g, ' '),
    attributes: {
      project: data(project),
      workload_identity_pool_id: expression(`google_iam_workload_identity_pool.${POOL}.workload_identity_pool_id`),
      workload_identity_pool_provider_id: one.id,
      attribute_mapping: mapping(one),
      attribute_condition: data(one.condition),
    },
    blocks: [{ type: 'oidc', attributes: { issuer_uri: data(one.target.policy.issuer), allowed_audiences: [data(one.target.policy.audience)], ...(one.target.policy.uploadsKeys ? { jwks_json: expression('var.issuer_jwks_json') } : {}) } }],
  };
}

function roleOf({ permission }: Target): string {
  return permission === 'vertex-predict' || permission === 'inference' ? 'roles/aiplatform.user' : permission === 'mint-token' ? 'roles/iam.serviceAccountOpenIdTokenCreator' : 'roles/aiplatform.user';
}

/** Lower case with dashes: what names of secrets may hold. */
function secretId(key: string): string {
  return key.replace(/[^A-Za-z0-9_-]/g, '-');
}

/** What is granted, and on what: the narrowest resource that will do. */
interface Scope {
  readonly project: Text;
  readonly secretProject: Text;
  /** The service account whose tokens are minted, or as which the workload runs. */
  readonly accountOf: (target: Target) => Text;
}

function grantBlocks(target: Target, { project, secretProject, accountOf }: Scope, member: HclValue): Block[] {
  const base = target.id;
  if (target.permission === 'mint-token') {
    return [{ type: 'resource', labels: ['google_service_account_iam_member', base], attributes: { service_account_id: data(concat('projects/', project, '/serviceAccounts/', accountOf(target))), role: roleOf(target), member } }];
  }
  if (target.permission !== 'read-secret') return [{ type: 'resource', labels: ['google_project_iam_member', base], attributes: { project: data(project), role: roleOf(target), member } }];
  return target.keys.map((key) => ({
    type: 'resource',
    labels: ['google_secret_manager_secret_iam_member', `${base}-${key.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`],
    attributes: { project: data(secretProject), secret_id: secretId(key), role: 'roles/secretmanager.secretAccessor', member },
  }));
}

function credentialFile(one: Identity, number: Text): EmittedFile[] {
  const file = FILE_PLATFORMS[one.target.platform];
  if (file === undefined) return [];
  return [
    {
      path: `google/credential-config.${one.target.id}.json`,
      kind: 'json',
      role: 'switch',
      purpose: `GOOGLE_APPLICATION_CREDENTIALS of the workload points here: where its token lies. It holds no secret.`,
      text: jsonText({
        type: 'external_account',
        audience: data(concat('//iam.googleapis.com/projects/', number, `/locations/global/workloadIdentityPools/${POOL}/providers/${one.id}`)),
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        token_url: 'https://sts.googleapis.com/v1/token',
        credential_source: { file },
      }),
    },
  ];
}

const IN_POOL = ['--location=global', `--workload-identity-pool=${POOL}`] as const;

function ofProject(project: Text): Word {
  return { join: ['--project=', { text: project }] };
}

function createPool(project: Text): Statement[] {
  return [
    {
      kind: 'unless',
      test: ['gcloud', 'iam', 'workload-identity-pools', 'describe', POOL, '--location=global', ofProject(project)],
      body: [{ kind: 'run', pipe: [['gcloud', 'iam', 'workload-identity-pools', 'create', POOL, '--location=global', '--display-name=dekey', ofProject(project)]] }],
    },
    { kind: 'blank' },
  ];
}

function createProvider(one: Identity, project: Text, number: Text): Statement[] {
  const settings: Word[] = [
    { join: ['--issuer-uri=', { text: one.target.policy.issuer }] },
    { join: ['--allowed-audiences=', { text: one.target.policy.audience }] },
    `--attribute-mapping=google.subject=${one.subject}`,
    { join: ['--attribute-condition=', { text: one.condition }] },
    ...(one.target.policy.uploadsKeys ? [{ join: ['--jwk-json-path=', { variable: 'JWKS_FILE' }] }] : []),
  ];
  const command = (verb: string): Word[] => ['gcloud', 'iam', 'workload-identity-pools', 'providers', verb, one.id, ...IN_POOL, ofProject(project)];
  return [
    { kind: 'comment', text: `${one.id}: ${one.target.workload}` },
    ...(one.target.policy.uploadsKeys ? ([{ kind: 'when', test: ['test', '-z', { variable: 'JWKS_FILE:-' }], body: [{ kind: 'fail', parts: ['JWKS_FILE is not set: the issuer cannot be reached, so its public keys are uploaded (kubectl get --raw /openid/v1/jwks > jwks.json).'] }] }] satisfies Statement[]) : []),
    { kind: 'comment', text: 'A provider that was deleted within 30 days comes back under its name.' },
    { kind: 'when', test: command('undelete'), body: [{ kind: 'say', parts: [`${one.id}: brought back`] }] },
    { kind: 'when', test: command('describe'), body: [{ kind: 'run', pipe: [[...command('update-oidc'), ...settings]] }], otherwise: [{ kind: 'run', pipe: [[...command('create-oidc'), ...settings]] }] },
    { kind: 'say', parts: [`${one.id}: projects/`, { text: number }, `/locations/global/workloadIdentityPools/${POOL}/providers/${one.id}`] },
  ];
}

function bind(verb: 'add' | 'remove', target: Target, { project, secretProject, accountOf }: Scope, member: Text): Statement[] {
  const action = `${verb}-iam-policy-binding`;
  if (target.permission === 'mint-token') {
    return [{ kind: 'run', quiet: true, pipe: [['gcloud', 'iam', 'service-accounts', action, { text: accountOf(target) }, ofProject(project), `--role=${roleOf(target)}`, { join: ['--member=', { text: member }] }]] }, { kind: 'blank' }];
  }
  if (target.permission !== 'read-secret') {
    return [{ kind: 'run', quiet: true, pipe: [['gcloud', 'projects', action, { text: project }, `--role=${roleOf(target)}`, { join: ['--member=', { text: member }] }, '--condition=None']] }, { kind: 'blank' }];
  }
  return [
    ...target.keys.map((key): Statement => ({ kind: 'run', quiet: true, pipe: [['gcloud', 'secrets', action, secretId(key), ofProject(secretProject), '--role=roles/secretmanager.secretAccessor', { join: ['--member=', { text: member }] }]] })),
    { kind: 'blank' },
  ];
}

function checkProvider(one: Identity, project: Text): Statement[] {
  const read = (field: string): Word[] => ['gcloud', 'iam', 'workload-identity-pools', 'providers', 'describe', one.id, ...IN_POOL, ofProject(project), `--format=value(${field})`];
  const same = (field: string, wanted: Word): Statement[] => [
    { kind: 'capture', variable: 'STANDS', pipe: [read(field)] },
    { kind: 'unless', test: ['test', { variable: 'STANDS' }, '=', wanted], body: [{ kind: 'say', parts: [`${one.id}: ${field} is `, { variable: 'STANDS' }, ', planned is ', wanted] }, { kind: 'set', variable: 'WRONG', value: '1' }] },
  ];
  return [
    {
      kind: 'when',
      test: read('name'),
      body: [...same('oidc.issuerUri', { text: one.target.policy.issuer }), ...same('oidc.allowedAudiences', { text: one.target.policy.audience }), ...same('attributeCondition', { text: one.condition })],
      otherwise: [{ kind: 'say', parts: [`${one.id}: missing`] }, { kind: 'set', variable: 'WRONG', value: '1' }],
    },
  ];
}

function removeProvider(one: Identity, project: Text): Statement {
  return { kind: 'run', pipe: [['gcloud', 'iam', 'workload-identity-pools', 'providers', 'delete', one.id, ...IN_POOL, ofProject(project), '--quiet']] };
}
