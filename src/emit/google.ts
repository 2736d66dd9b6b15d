import type { EmittedFile, Emitter, Target } from '../model/federation.ts';
import type { Input, Text } from '../model/text.ts';
import { partyInputs } from '../parties/inputs.ts';
import { credentialConfig, POOL, providerId } from './_google-credentials.ts';
import { type Block, expression, type HclValue, patternOf } from './_hcl.ts';
import { terraformFile } from './_hcl-party.ts';
import { Asking, byId, celClaim, celText, scriptFile } from './_party.ts';
import type { Statement, Word } from './_shell.ts';
import { concat, data, inputsIn, jsonText, literal, placeholder, shortName, variableName } from './_text.ts';

/** Bytes of a mapped subject. */
const LONGEST_SUBJECT = 127;
const SECRET: Input = { id: 'google.secret_project', title: 'Project of the secrets', shape: 'name', how: 'gcloud config get-value project' };
const ACCOUNT: Input = { id: 'google.service_account_email', title: 'E-mail of the service account', shape: 'email', how: 'gcloud iam service-accounts list' };
const TOOLS = ['gcloud', 'jq'] as const;
/** In the description of what is made here, so that nothing else is changed or deleted. */
const MARK = 'dekey';

/**
 * Google Cloud: one pool; for each identity a provider with an audience, a mapping and a condition of its own, and a role for its subject alone.
 *
 * @throws Error when a policy compares nothing, or a permission is none of Google's
 */
export const emitGoogle: Emitter = (targets, ask, known) => {
  const asking = new Asking(ask, known);
  const project = asking.get(input('google.project_id'));
  const far = byId(targets).filter(({ platform }) => platform !== 'google-compute');
  const inside = byId(targets).filter(({ platform }) => platform === 'google-compute');
  const number = far.length > 0 ? asking.get(input('google.project_number')) : [];
  const outside = identitiesOf(far, number);
  // Two workloads run as two service accounts.
  const workloads = new Set(inside.map(({ path, workload }) => `${path}\n${workload}`));
  const members = new Map(inside.map((target) => [target.id, concat('serviceAccount:', asking.get(workloads.size > 1 ? accountFor(target) : ACCOUNT))]));
  const memberOf = ({ id }: Target): Text => members.get(id) ?? [];
  // An identity that goes on to another party does so as a service account of its own.
  const minters = new Map(byId(targets).filter(({ permission }) => permission === 'mint-token').map((target) => [target.id, asking.get(accountFor(target))]));
  const secretProject = targets.some(({ permission }) => permission === 'read-secret') ? asking.get(SECRET) : project;
  const scope: Scope = { project, secretProject, accountOf: ({ id }) => minters.get(id) ?? [] };
  const used = [project, number, ...members.values(), ...minters.values(), secretProject, ...outside.flatMap((one) => [one.target.policy.issuer, one.condition, one.target.policy.audience])].flatMap(inputsIn);
  const inputs = asking.describe(used);
  const keySets = [...new Map(outside.flatMap(({ keys }) => (keys === undefined ? [] : [[keys.id, keys] as const]))).values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const blocks: Block[] = [
    ...(outside.length === 0 ? [] : [{ type: 'resource', labels: ['google_iam_workload_identity_pool', POOL], comment: 'A deleted pool or provider keeps its id for 30 days: undelete and import it to have it back.', attributes: { project: data(project), workload_identity_pool_id: POOL, display_name: 'dekey', description: MARK } } satisfies Block]),
    ...outside.flatMap((one) => [providerBlock(one, project), ...grantBlocks(one.target, scope, one.memberHcl)]),
    ...inside.flatMap((target) => grantBlocks(target, scope, data(memberOf(target)))),
  ];
  const files: EmittedFile[] = [
    terraformFile('google', 'Workload identity federation of Google Cloud.', { name: 'google', source: 'hashicorp/google', version: '>= 6.0' }, asking, blocks, keySets.map((keys) => ({ type: 'variable', labels: [keys.terraform], attributes: { type: expression('string'), description: `${keys.title}. ${keys.how}` } }))),
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
      inputs: [...inputs, ...keySets],
      body: [...guards(inputs), ...(outside.length === 0 ? [] : createPool(project)), ...outside.flatMap((one) => [...createProvider(one, project, number), ...addGrants(one.target, scope, one.member)]), ...inside.flatMap((target) => addGrants(target, scope, memberOf(target)))],
    }),
    scriptFile('google', 'check', 'Reads pool, providers and role bindings and names every difference from the plan. Exit 1 when there is any.', {
      tools: TOOLS,
      inputs: [...inputs, ...keySets],
      body: [
        { kind: 'set', variable: 'WRONG', value: '0' },
        ...(outside.length === 0 ? [] : checkPool(project)),
        ...outside.flatMap((one) => [...checkProvider(one, project), ...checkGrants(one.target, scope, one.member, 'only')]),
        ...inside.flatMap((target) => checkGrants(target, scope, memberOf(target), 'among others')),
        { kind: 'when', test: ['test', { variable: 'WRONG' }, '=', '1'], body: [{ kind: 'fail', parts: ['Not as planned.'] }], otherwise: [{ kind: 'say', parts: ['As planned.'] }] },
      ],
    }),
    scriptFile('google', 'undo', 'Takes the role bindings, providers and pool of this plan away. What was deleted keeps its name for 30 days: create.sh brings it back.', {
      tools: TOOLS,
      inputs,
      body: [...outside.flatMap((one) => undoIdentity(one, project, scope)), ...undoInside(inside, scope, memberOf), ...(outside.length === 0 ? [] : undoPool(project))],
    }),
  ];
  return {
    files,
    manual: [
      ...(outside.some(({ target }) => target.platform === 'github-actions') ? ['In workflows give google-github-actions/auth the provider as projects/NUMBER/locations/global/workloadIdentityPools/dekey/providers/ID, with the number, and project_id beside it; add gha-creds-*.json to .gitignore and .dockerignore.'] : []),
      ...(targets.some(({ permission }) => permission === 'vertex-predict') ? ['roles/aiplatform.user allows more than inference: where that matters, make a custom role with aiplatform.endpoints.predict and grant that in its place.'] : []),
      ...byId(targets).filter(({ permission }) => permission === 'cloud-access').map(({ id }) => `Grant ${id} the roles that the service account of its key has, no wider; which these are, is not known here: gcloud projects get-iam-policy PROJECT --flatten=bindings[].members --filter=bindings.members:ACCOUNT lists those on the project. Where a service takes no direct federation, let it impersonate that account (roles/iam.workloadIdentityUser).`),
    ],
  };
};

/** The uploaded public keys of one issuer: an input of the scripts, which is a path, and a variable of Terraform, which holds their text. */
interface KeySet extends Input {
  readonly terraform: string;
}

interface Identity {
  readonly target: Target;
  /** Provider id. */
  readonly id: string;
  /** CEL: what becomes of the subject. */
  readonly subject: string;
  readonly condition: Text;
  /** When the keys of the issuer are uploaded. */
  readonly keys: KeySet | undefined;
  /** IAM principal, for commands and for Terraform. */
  readonly member: Text;
  readonly memberHcl: HclValue;
}

function input(id: string): Input {
  const found = partyInputs[id];
  if (found === undefined) throw new Error(`no input ${id}`);
  return found;
}

function accountFor({ id }: Target): Input {
  return { ...ACCOUNT, id: `${ACCOUNT.id}_${id.replaceAll('-', '_')}`, title: `${ACCOUNT.title} for ${id}` };
}

function identitiesOf(targets: readonly Target[], number: Text): readonly Identity[] {
  const subjects = targets.map(({ policy }) => exactSubject(policy));
  const ids = new Set(targets.map(({ id }) => providerId(id)));
  const uploads = [...new Set(targets.filter(({ policy }) => policy.uploadsKeys).map(({ policy }) => placeholder(policy.issuer)))];
  return targets.map((target, index) => {
    const { policy } = target;
    const id = providerId(target.id);
    const condition = conditionOf(target);
    // A principal is a pool and a subject, whichever provider let it in. So a subject that is too long, not known, or some other identity's too (a namesake at
    // another issuer, another purpose of the same workload) gives way to the name of the one identity that the condition lets in.
    const exact = subjects[index];
    const isOwn = exact !== undefined && Buffer.byteLength(exact) <= LONGEST_SUBJECT && !ids.has(exact) && subjects.every((other, at) => at === index || other !== exact);
    const member = concat('principal://iam.googleapis.com/projects/', number, `/locations/global/workloadIdentityPools/${POOL}/subject/${isOwn ? exact : id}`);
    return { target, id, subject: isOwn ? 'assertion.sub' : celText(id), condition, keys: policy.uploadsKeys ? keySetOf(policy.issuer, uploads.length > 1) : undefined, member, memberHcl: data(member) };
  });
}

function exactSubject({ subject }: Target['policy']): string | undefined {
  return subject?.kind === 'exact' ? literal(subject.text) : undefined;
}

function conditionOf({ id, policy }: Target): Text {
  const conditions = [
    ...(policy.subject === undefined ? [] : [policy.subject.kind === 'exact' ? comparison('sub', policy.subject.text, 'string') : concat("assertion.sub.startsWith('", inner(policy.subject.text), "')")]),
    ...policy.claims.map(({ claim, value, type }) => comparison(claim, value, type)),
  ];
  if (conditions.length === 0) throw new Error(`the policy of ${id} compares nothing: it would let everybody of the issuer in`);
  return conditions.reduce((all, one) => concat(all, ' && ', one));
}

/** A name in Terraform begins with a letter or an underscore. */
function label(id: string): string {
  return /^[0-9]/.test(id) ? `_${id}` : id;
}

/** One set of keys for each issuer: keys of one must never be taken for another's. */
function keySetOf(issuer: Text, isOneOfMany: boolean): KeySet {
  const mark = isOneOfMany ? `_${shortName(placeholder(issuer), 40).replaceAll('-', '_')}` : '';
  return {
    id: `jwks_file${mark}`,
    terraform: `issuer_jwks_json${mark}`,
    title: `Public keys of the issuer ${placeholder(issuer).replace(/[${}]/g, '')} as a JWK set, since Google cannot reach it`,
    shape: 'path',
    how: 'kubectl get --raw /openid/v1/jwks > jwks.json',
  };
}

/** `assertion.ref == 'refs/heads/main'`. Inputs stand between the quotes: their shapes hold none. */
function comparison(claim: string, value: Text, type: 'string' | 'boolean'): Text {
  const name = celClaim('assertion', claim);
  // Without quotes anything else would be code.
  if (type === 'boolean' && !['true', 'false'].includes(literal(value) ?? '')) throw new Error(`the claim ${claim} has to be true or false`);
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
    labels: ['google_iam_workload_identity_pool_provider', label(one.id)],
    comment: one.target.workload.replace(/\s+/g, ' '),
    attributes: {
      project: data(project),
      workload_identity_pool_id: expression(`google_iam_workload_identity_pool.${POOL}.workload_identity_pool_id`),
      workload_identity_pool_provider_id: one.id,
      description: markOf(one),
      attribute_mapping: mapping(one),
      attribute_condition: data(one.condition),
    },
    blocks: [{ type: 'oidc', attributes: { issuer_uri: data(one.target.policy.issuer), allowed_audiences: [data(one.target.policy.audience)], ...(one.keys === undefined ? {} : { jwks_json: expression(`var.${one.keys.terraform}`) }) } }],
  };
}

function markOf({ target }: Identity): string {
  return `${MARK}:${target.id}`;
}

/** Lower case with dashes: what names of secrets may hold. */
function secretId(key: string): string {
  return key.replace(/[^A-Za-z0-9_-]/g, '-');
}

/** Where the resources are that a role is granted on. */
interface Scope {
  readonly project: Text;
  readonly secretProject: Text;
  /** The service account whose tokens are minted. */
  readonly accountOf: (target: Target) => Text;
}

/** A role on one resource, the narrowest that will do. */
interface Grant {
  readonly role: string;
  /** gcloud: group, resource and where it is, as `gcloud <group> <verb>-iam-policy-binding <...resource>`. */
  readonly group: readonly string[];
  readonly resource: readonly Word[];
  /** Terraform. */
  readonly type: string;
  readonly label: string;
  readonly attributes: Readonly<Record<string, HclValue>>;
}

function grantsOf(target: Target, { project, secretProject, accountOf }: Scope): readonly Grant[] {
  switch (target.permission) {
    case 'vertex-predict':
    case 'inference':
      return [{ role: 'roles/aiplatform.user', group: ['projects'], resource: [{ text: project }], type: 'google_project_iam_member', label: label(target.id), attributes: { project: data(project) } }];
    case 'mint-token':
      return [
        {
          role: 'roles/iam.serviceAccountOpenIdTokenCreator',
          group: ['iam', 'service-accounts'],
          resource: [{ text: accountOf(target) }, ofProject(project)],
          type: 'google_service_account_iam_member',
          label: label(target.id),
          attributes: { service_account_id: data(concat('projects/', project, '/serviceAccounts/', accountOf(target))) },
        },
      ];
    case 'read-secret': {
      const secrets = [...new Set(target.keys.map(secretId))];
      const names = secrets.map((secret) => secret.toLowerCase().replace(/[^a-z0-9]+/g, '-'));
      return secrets.map((secret, index) => ({
        role: 'roles/secretmanager.secretAccessor',
        group: ['secrets'],
        resource: [secret, ofProject(secretProject)],
        type: 'google_secret_manager_secret_iam_member',
        // Names of secrets differ by case, too.
        label: `${label(target.id)}-${names.indexOf(names[index] ?? '') === index ? names[index] : `${names[index]}-${index + 1}`}`,
        attributes: { project: data(secretProject), secret_id: secret },
      }));
    }
    case 'cloud-access':
      return [];
    default:
      throw new Error(`Google Cloud has no role for ${target.permission}`);
  }
}

function grantBlocks(target: Target, scope: Scope, member: HclValue): Block[] {
  return grantsOf(target, scope).map(({ type, label: name, attributes, role }) => ({ type: 'resource', labels: [type, name], attributes: { ...attributes, role, member } }));
}

function credentialFile({ target }: Identity, number: Text): EmittedFile[] {
  const text = credentialConfig(target, number);
  return text === undefined ? [] : [{ path: `google/credential-config.${target.id}.json`, kind: 'json', role: 'switch', purpose: `GOOGLE_APPLICATION_CREDENTIALS of the workload points here: where its token lies. It holds no secret.`, text }];
}

const IN_POOL = ['--location=global', `--workload-identity-pool=${POOL}`] as const;

function ofProject(project: Text): Word {
  return { join: ['--project=', { text: project }] };
}

function provider(verb: string, one: Identity, project: Text): Word[] {
  return ['gcloud', 'iam', 'workload-identity-pools', 'providers', verb, one.id, ...IN_POOL, ofProject(project)];
}

function pool(verb: string, project: Text): Word[] {
  return ['gcloud', 'iam', 'workload-identity-pools', verb, POOL, '--location=global', ofProject(project)];
}

/** Values stand in expressions, between quotes: none may hold what ends them. The patterns are those of the variables in Terraform. */
function guards(inputs: readonly Input[]): Statement[] {
  return inputs.map((each) => ({
    kind: 'unless',
    test: ['env', 'LC_ALL=C', 'bash', '--norc', '-c', '[[ $1 =~ $2 ]]', '-', { variable: variableName(each.id) }, patternOf(each.shape)],
    body: [{ kind: 'fail', parts: [`${variableName(each.id)} does not look right`] }],
  }));
}

function createPool(project: Text): Statement[] {
  return [
    {
      kind: 'when',
      test: pool('describe', project),
      body: [
        { kind: 'comment', text: 'A pool that was deleted within 30 days is still there, and comes back under its name.' },
        { kind: 'capture', variable: 'STATE', pipe: [[...pool('describe', project), '--format=value(state)']] },
        { kind: 'when', test: ['test', { variable: 'STATE' }, '=', 'DELETED'], body: [{ kind: 'run', pipe: [pool('undelete', project)] }] },
      ],
      otherwise: [{ kind: 'run', pipe: [[...pool('create', project), '--display-name=dekey', `--description=${MARK}`]] }],
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
    `--description=${markOf(one)}`,
    ...(one.keys === undefined ? [] : [{ join: ['--jwk-json-path=', { variable: variableName(one.keys.id) }] }]),
  ];
  return [
    { kind: 'comment', text: `${one.id}: ${one.target.workload}` },
    {
      kind: 'when',
      test: provider('describe', one, project),
      body: [
        { kind: 'capture', variable: 'MADE', pipe: [[...provider('describe', one, project), '--format=value(description)']] },
        { kind: 'unless', test: ['test', { variable: 'MADE' }, '=', markOf(one)], body: [{ kind: 'fail', parts: [`${one.id}: a provider of this name is there and was not made by this plan; nothing was changed`] }] },
        { kind: 'capture', variable: 'STATE', pipe: [[...provider('describe', one, project), '--format=value(state)']] },
        { kind: 'when', test: ['test', { variable: 'STATE' }, '=', 'DELETED'], body: [{ kind: 'run', pipe: [provider('undelete', one, project)] }] },
        { kind: 'run', pipe: [[...provider('update-oidc', one, project), ...settings]] },
      ],
      otherwise: [{ kind: 'run', pipe: [[...provider('create-oidc', one, project), ...settings]] }],
    },
    { kind: 'say', parts: [`# ${one.target.id}`] },
    { kind: 'say', parts: ['GOOGLE_WORKLOAD_IDENTITY_PROVIDER=projects/', { text: number }, `/locations/global/workloadIdentityPools/${POOL}/providers/${one.id}`] },
  ];
}

function binding(verb: 'add' | 'remove', { group, resource, role }: Grant, member: Text): Statement {
  return { kind: 'run', quiet: true, pipe: [['gcloud', ...group, `${verb}-iam-policy-binding`, ...resource, `--role=${role}`, { join: ['--member=', { text: member }] }, '--condition=None']] };
}

function addGrants(target: Target, scope: Scope, member: Text): Statement[] {
  return [...grantsOf(target, scope).map((grant) => binding('add', grant, member)), { kind: 'blank' }];
}

/** What `program` makes of the policy of a resource, in `variable`. It has `$member` and `$role`. */
function readPolicy(variable: string, { group, resource, role }: Pick<Grant, 'group' | 'resource' | 'role'>, member: Text, program: string): Statement {
  return { kind: 'capture', variable, pipe: [['gcloud', ...group, 'get-iam-policy', ...resource, '--format=json'], ['jq', '--raw-output', '--arg', 'member', { text: member }, '--arg', 'role', role, program]] };
}

const ROLES_OF_MEMBER = '[.bindings[]? | select(.members | index($member)) | .role + (if .condition then " (conditional)" else "" end)] | unique | join(" ")';
const HAS_ROLE = 'any(.bindings[]?; .role == $role and .condition == null and (.members | index($member)) != null)';

function differs(variable: string, wanted: Word, what: readonly Word[]): Statement {
  return { kind: 'unless', test: ['test', { variable }, '=', wanted], body: [{ kind: 'say', parts: [...what, ' is ', { variable }, ', planned is ', wanted] }, { kind: 'set', variable: 'WRONG', value: '1' }] };
}

/** `only`: the principal is this plan's, so any other role of it is a difference. A service account may have more. */
function checkGrants(target: Target, scope: Scope, member: Text, mode: 'only' | 'among others'): Statement[] {
  const grants = grantsOf(target, scope);
  const nothing: Pick<Grant, 'group' | 'resource' | 'role'> = { group: ['projects'], resource: [{ text: scope.project }], role: '' };
  const isWide = grants.some(({ group }) => group[0] === 'projects') || target.permission === 'cloud-access';
  return [
    ...grants.flatMap((grant): Statement[] => {
      const what: Word[] = [`${target.id}: access (${grant.role}) to `, ...grant.resource.slice(0, 1)];
      return mode === 'only'
        ? [readPolicy('STANDS', grant, member, ROLES_OF_MEMBER), differs('STANDS', grant.role, what)]
        : [readPolicy('STANDS', grant, member, HAS_ROLE), differs('STANDS', 'true', what)];
    }),
    ...(mode === 'only' && !isWide ? [readPolicy('STANDS', nothing, member, ROLES_OF_MEMBER), differs('STANDS', '', [`${target.id}: access to the whole project`])] : []),
  ];
}

/** A field of what was described, as `jq` has it. */
function field(program: string): readonly Word[][] {
  return [['printf', '%s', { variable: 'FOUND' }], ['jq', '--raw-output', program]];
}

const LIVE = 'if .disabled then "DISABLED" else .state // "ACTIVE" end';

function missing(what: string): Statement[] {
  return [{ kind: 'say', parts: [`${what}: missing`] }, { kind: 'set', variable: 'WRONG', value: '1' }];
}

function checkPool(project: Text): Statement[] {
  return [
    {
      kind: 'when',
      test: pool('describe', project),
      body: [{ kind: 'capture', variable: 'FOUND', pipe: [[...pool('describe', project), '--format=json']] }, { kind: 'capture', variable: 'STANDS', pipe: field(LIVE) }, differs('STANDS', 'ACTIVE', [`pool ${POOL}: state`])],
      otherwise: missing(`pool ${POOL}`),
    },
  ];
}

const SORTED_KEYS = '[.keys[]] | sort_by(.kid)';

function checkProvider(one: Identity, project: Text): Statement[] {
  const same = (name: string, program: string, wanted: Word): Statement[] => [{ kind: 'capture', variable: 'STANDS', pipe: field(program) }, differs('STANDS', wanted, [`${one.id}: ${name}`])];
  const keys: Statement[] =
    one.keys === undefined
      ? same('uploaded keys', 'if (.oidc.jwksJson // "") == "" then "none" else "some" end', 'none')
      : [
          { kind: 'capture', variable: 'WANTED', pipe: [['jq', '--compact-output', '--sort-keys', SORTED_KEYS, { variable: variableName(one.keys.id) }]] },
          { kind: 'capture', variable: 'STANDS', pipe: [['printf', '%s', { variable: 'FOUND' }], ['jq', '--compact-output', '--sort-keys', `.oidc.jwksJson // "{\\"keys\\":[]}" | fromjson | ${SORTED_KEYS}`]] },
          differs('STANDS', { variable: 'WANTED' }, [`${one.id}: uploaded keys`]),
        ];
  return [
    {
      kind: 'when',
      test: provider('describe', one, project),
      body: [
        { kind: 'capture', variable: 'FOUND', pipe: [[...provider('describe', one, project), '--format=json']] },
        ...same('state', LIVE, 'ACTIVE'),
        ...same('description', '.description // ""', markOf(one)),
        ...same('issuer', '.oidc.issuerUri // ""', { text: one.target.policy.issuer }),
        ...same('audiences', '.oidc.allowedAudiences // [] | join(" ")', { text: one.target.policy.audience }),
        ...same('mapping', '.attributeMapping // {} | to_entries | map(.key + "=" + .value) | sort | join(" ")', `google.subject=${one.subject}`),
        ...same('condition', '.attributeCondition // ""', { text: one.condition }),
        ...keys,
      ],
      otherwise: missing(one.id),
    },
  ];
}

function removeGrants(target: Target, scope: Scope, member: Text): Statement[] {
  return grantsOf(target, scope).flatMap((grant): Statement[] => [
    readPolicy('STANDS', grant, member, HAS_ROLE),
    { kind: 'when', test: ['test', { variable: 'STANDS' }, '=', 'true'], body: [binding('remove', grant, member)] },
  ]);
}

/** With the provider gone its bindings may still stand: they are the plan's, since its name is in no other provider's hands. */
function undoIdentity(one: Identity, project: Text, scope: Scope): Statement[] {
  return [
    { kind: 'set', variable: 'MADE', value: markOf(one) },
    { kind: 'set', variable: 'STATE', value: 'DELETED' },
    {
      kind: 'when',
      test: provider('describe', one, project),
      body: [
        { kind: 'capture', variable: 'MADE', pipe: [[...provider('describe', one, project), '--format=value(description)']] },
        { kind: 'capture', variable: 'STATE', pipe: [[...provider('describe', one, project), '--format=value(state)']] },
      ],
    },
    {
      kind: 'when',
      test: ['test', { variable: 'MADE' }, '=', markOf(one)],
      body: [...removeGrants(one.target, scope, one.member), { kind: 'unless', test: ['test', { variable: 'STATE' }, '=', 'DELETED'], body: [{ kind: 'run', pipe: [[...provider('delete', one, project), '--quiet']] }] }],
      otherwise: [{ kind: 'say', parts: [`${one.id}: not made by this plan, left alone`] }],
    },
    { kind: 'blank' },
  ];
}

/** A service account may have had its role before: a binding does not say who made it, so a person has to. */
function undoInside(inside: readonly Target[], scope: Scope, memberOf: (target: Target) => Text): Statement[] {
  const removals = inside.flatMap((target) => removeGrants(target, scope, memberOf(target)));
  if (removals.length === 0) return [];
  return [
    {
      kind: 'when',
      test: ['test', { variable: 'REMOVE_ROLES:-no' }, '=', 'yes'],
      body: removals,
      otherwise: [{ kind: 'say', parts: ['The roles of existing service accounts stay: they may be older than this plan. REMOVE_ROLES=yes takes them away.'] }],
    },
  ];
}

/** Only an empty pool that was made here. */
function undoPool(project: Text): Statement[] {
  return [
    {
      kind: 'when',
      test: pool('describe', project),
      body: [
        { kind: 'capture', variable: 'MADE', pipe: [[...pool('describe', project), '--format=value(description,state)']] },
        { kind: 'capture', variable: 'LEFT', pipe: [['gcloud', 'iam', 'workload-identity-pools', 'providers', 'list', ...IN_POOL, ofProject(project), '--format=value(name)']] },
        {
          kind: 'when',
          test: ['test', { variable: 'MADE' }, '=', `${MARK}\tACTIVE`],
          body: [{ kind: 'when', test: ['test', '-z', { variable: 'LEFT' }], body: [{ kind: 'run', pipe: [[...pool('delete', project), '--quiet']] }], otherwise: [{ kind: 'say', parts: ['The pool stays: it has other providers.'] }] }],
          otherwise: [{ kind: 'say', parts: ['The pool stays: it was not made by this plan, or is deleted already.'] }],
        },
      ],
    },
  ];
}
