/**
 * What the audit knows of issuers: who shares them, how their subjects are built, which claims tell whose token it is. Kept apart from the planner's own
 * data on purpose, so that a fault there is not repeated here.
 */
import { type TextForm } from '../support/text-form.ts';
import type { Pattern } from '../support/text-language.ts';
import { after, indexOf, literalHead, show, widthOf } from './pattern.ts';

/** Whose it is, which repository or project, and which of its runs. */
export type Level = 'tenant' | 'scope' | 'context';
export const LEVELS: readonly Level[] = ['tenant', 'scope', 'context'];

/** `run`: something else that tells one run from another. */
export type ContextKind = 'branch' | 'tag' | 'ref' | 'environment' | 'pull-request' | 'run';

/** One level, as a subject or a claim speaks of it. */
export interface Part {
  readonly level: Level;
  readonly piece: Pattern;
  /** `id`: never given out again. */
  readonly by: 'id' | 'name';
  readonly context?: ContextKind;
}

/** A subject taken apart. `form` tells the shapes of one issuer from each other. */
export interface SubjectParts {
  readonly form: 'name' | 'immutable' | 'custom' | 'other';
  readonly parts: readonly Part[];
  /** By key of a `key:value:` subject. */
  readonly fields: ReadonlyMap<string, Pattern>;
}

export type FamilyId =
  | 'github'
  | 'gitlab'
  | 'terraform'
  | 'buildkite'
  | 'circleci'
  | 'bitbucket'
  | 'vercel'
  | 'fly'
  | 'modal'
  | 'spacelift'
  | 'google'
  | 'entra'
  | 'kubernetes'
  | 'spiffe'
  | 'shared'
  | 'other';

/** Issuers that build their tokens alike. */
export interface Family {
  readonly id: FamilyId;
  readonly title: string;
  readonly isShared: boolean;
  /** The audience names the tenant: it is what tells strangers apart. */
  readonly audienceIsTenant?: true;
  /** What a claim says; a claim that is not listed says nothing about whose token it is. */
  readonly claims: Readonly<Record<string, ClaimRole>>;
  readonly forms: readonly TextForm[];
  readonly read: (subject: Pattern) => SubjectParts;
  /** Beyond these levels tokens do not differ. */
  readonly levels: readonly Level[];
  /** Whether an exact claim that is not listed tells one workload from others. */
  readonly anyClaim?: true;
}

interface ClaimRole {
  readonly levels: readonly Level[];
  readonly by: 'id' | 'name';
  /** `acme/app`: tenant before the first slash, scope after it. */
  readonly splits?: true;
  /** `acme/app/.github/workflows/x.yml@refs/heads/main`. */
  readonly isWorkflow?: true;
  readonly context?: ContextKind;
}

const id = (...levels: readonly Level[]): ClaimRole => ({ levels, by: 'id' });
const name = (...levels: readonly Level[]): ClaimRole => ({ levels, by: 'name' });
const run = (context: ContextKind = 'run'): ClaimRole => ({ levels: ['context'], by: 'name', context });
const PATH: ClaimRole = { levels: ['tenant', 'scope'], by: 'name', splits: true };

const NAMES = { owner: ':/@', repository: ':/@', 'owner-id': ':/@', 'repository-id': ':/@' };
const NO_FIELDS: ReadonlyMap<string, Pattern> = new Map();

// --- GitHub Actions ---

const GITHUB_CLAIMS: Readonly<Record<string, ClaimRole>> = {
  repository: PATH,
  repository_id: id('tenant', 'scope'),
  repository_owner: name('tenant'),
  repository_owner_id: id('tenant'),
  enterprise: name('tenant'),
  enterprise_id: id('tenant'),
  workflow_ref: { levels: LEVELS, by: 'name', isWorkflow: true },
  ref: run('ref'),
  environment: run('environment'),
};
/** Claims that a template may put into the subject, beside those above. */
const GITHUB_OTHER = [
  'actor',
  'actor_id',
  'base_ref',
  'head_ref',
  'event_name',
  'job_workflow_ref',
  'job_workflow_sha',
  'ref_type',
  'ref_protected',
  'repository_visibility',
  'run_id',
  'run_number',
  'run_attempt',
  'runner_environment',
  'sha',
  'workflow',
  'workflow_sha',
  'check_run_id',
];
const GITHUB_KEYS: ReadonlySet<string> = new Set([...Object.keys(GITHUB_CLAIMS), ...GITHUB_OTHER, 'repo', 'pull_request']);

function readGithub(subject: Pattern): SubjectParts {
  const pairs = readPairs(subject, GITHUB_KEYS);
  // Nothing that GitHub sends begins like this, or the pattern is wild from its first word on.
  if (pairs.fields.size === 0) return { form: 'other', parts: widthOf(subject) === 'exact' ? [] : [part('tenant', subject, 'name')], fields: NO_FIELDS };
  const repository = pairs.fields.get('repo');
  const parts: Part[] = [];
  let form: SubjectParts['form'] = 'custom';
  if (repository !== undefined) {
    const slash = indexOf(repository, '/');
    const owner = slash === -1 ? repository : repository.slice(0, slash);
    const project = slash === -1 ? undefined : repository.slice(slash + 1);
    const hasIds = project !== undefined && isNumbered(owner) && isNumbered(project);
    form = hasIds ? 'immutable' : 'name';
    parts.push(part('tenant', owner, hasIds ? 'id' : 'name'));
    if (project !== undefined) parts.push(part('scope', project, hasIds ? 'id' : 'name'));
  }
  const others = [...pairs.fields].filter(([key]) => key !== 'repo' && key !== 'pull_request');
  const isDefault = repository !== undefined && others.every(([key]) => key === 'ref' || key === 'environment') && others.length <= 1;
  if (!isDefault && form !== 'immutable') form = 'custom';
  for (const [key, value] of others) parts.push(...partsOfClaim(GITHUB_CLAIMS, key, value));
  if (pairs.fields.has('pull_request')) parts.push({ ...part('context', [], 'name'), context: 'pull-request' });
  if (pairs.rest !== undefined && !parts.some(({ level }) => level === 'context'))
    parts.push({ ...part('context', pairs.rest, 'name'), context: contextOfRest(pairs.rest) });
  return { form, parts, fields: pairs.fields };
}

/** `app@1029384`: an id after the name. */
function isNumbered(piece: Pattern): boolean {
  return widthOf(piece) === 'exact' && /@\d+$/.test(show(piece));
}

function contextOfRest(rest: Pattern): ContextKind {
  return literalHead(rest).startsWith('ref') ? 'ref' : 'run';
}

/** A ref as `refs/heads/main`. */
function contextOfRef(piece: Pattern): ContextKind {
  if (after(piece, 'refs/heads/') !== undefined) return 'branch';
  return after(piece, 'refs/tags/') === undefined ? 'ref' : 'tag';
}

// --- subjects of `key:value` pairs ---

/** `a:1:b:2` with the keys in `keys`; no value holds a colon. `rest` is what no key could be read from. */
function readPairs(subject: Pattern, keys: ReadonlySet<string>): { readonly fields: ReadonlyMap<string, Pattern>; readonly rest: Pattern | undefined } {
  const fields = new Map<string, Pattern>();
  let at = 0;
  while (at < subject.length) {
    const end = wordEnd(subject, at);
    const word = subject.slice(at, end);
    if (widthOf(word) !== 'exact' || !keys.has(show(word))) return { fields, rest: subject.slice(at) };
    const stop = end < subject.length ? wordEnd(subject, end + 1) : end;
    fields.set(show(word), subject.slice(end + 1, stop));
    at = stop + 1;
  }
  return { fields, rest: undefined };
}

function wordEnd(subject: Pattern, from: number): number {
  const end = indexOf(subject, ':', from);
  return end === -1 ? subject.length : end;
}

function part(level: Level, piece: Pattern, by: 'id' | 'name'): Part {
  return { level, piece, by };
}

/** What a value of `claim` says, level by level. */
export function partsOfClaim(claims: Readonly<Record<string, ClaimRole>>, claim: string, value: Pattern): readonly Part[] {
  const role = Object.hasOwn(claims, claim) ? claims[claim] : undefined;
  if (role === undefined) return [];
  if (role.splits) return splitPath(value, role.by);
  if (role.isWorkflow) return splitWorkflow(value);
  return role.levels.map((level) => {
    const context = role.context === 'ref' ? contextOfRef(value) : role.context;
    return { level, piece: value, by: role.by, ...(level === 'context' && context !== undefined ? { context } : {}) };
  });
}

function splitPath(value: Pattern, by: 'id' | 'name'): readonly Part[] {
  const slash = indexOf(value, '/');
  return slash === -1 ? [part('tenant', value, by)] : [part('tenant', value.slice(0, slash), by), part('scope', value.slice(slash + 1), by)];
}

function splitWorkflow(value: Pattern): readonly Part[] {
  const owner = indexOf(value, '/');
  if (owner === -1) return [part('tenant', value, 'name')];
  const repository = indexOf(value, '/', owner + 1);
  const head = part('tenant', value.slice(0, owner), 'name');
  if (repository === -1) return [head, part('scope', value.slice(owner + 1), 'name')];
  return [head, part('scope', value.slice(owner + 1, repository), 'name'), { ...part('context', value.slice(repository + 1), 'name'), context: 'run' }];
}

/** A family whose subjects are pairs: `tenant`, `scope` and `context` keys, all of the listed scope keys being needed. */
function pairReader(keys: {
  readonly tenant: string;
  readonly scope: readonly string[];
  readonly context: readonly string[];
  readonly more?: readonly string[];
}): (subject: Pattern) => SubjectParts {
  const all = new Set([keys.tenant, ...keys.scope, ...keys.context, ...(keys.more ?? [])]);
  return (subject) => {
    const { fields, rest } = readPairs(subject, all);
    const parts: Part[] = [];
    const tenant = fields.get(keys.tenant);
    if (tenant !== undefined) parts.push(part('tenant', tenant, 'name'));
    else if (fields.size === 0 && widthOf(subject) !== 'exact') parts.push(part('tenant', subject, 'name'));
    for (const [level, names] of [
      ['scope', keys.scope],
      ['context', keys.context],
    ] as const) {
      const values = names.map((key) => fields.get(key));
      // Of several keys the one that says least decides.
      const widestValue =
        values.find((value) => value !== undefined && widthOf(value) === 'open') ??
        values.find((value) => value !== undefined && widthOf(value) === 'partial') ??
        values.find((value) => value === undefined) ??
        values[0];
      const isWhole = values.every((value) => value !== undefined);
      if (values.some((value) => value !== undefined && widthOf(value) !== 'exact') && widestValue !== undefined) parts.push(part(level, widestValue, 'name'));
      else if (isWhole && values[0] !== undefined)
        parts.push({
          ...part(
            level,
            values.flatMap((value) => value ?? []),
            'name',
          ),
          ...(level === 'context' ? { context: 'run' } : {}),
        });
    }
    if (rest !== undefined && fields.size > 0 && widthOf(rest) !== 'exact') {
      const open = (['scope', 'context'] as const).find((level) => !parts.some((known) => known.level === level));
      if (open !== undefined) parts.push({ ...part(open, rest, 'name'), ...(open === 'context' ? { context: 'run' } : {}) });
    }
    return { form: fields.size === 0 ? 'other' : 'name', parts, fields };
  };
}

// --- GitLab ---

const GITLAB_CLAIMS: Readonly<Record<string, ClaimRole>> = {
  project_path: PATH,
  project_id: id('tenant', 'scope'),
  namespace_id: id('tenant'),
  namespace_path: name('tenant'),
  job_project_id: id('tenant', 'scope'),
  job_project_path: PATH,
  source_project_id: id('tenant', 'scope'),
  ref: run('run'),
  ref_path: run('run'),
  environment: run('environment'),
  // Only what maintainers let through runs there.
  ref_protected: run(),
  environment_protected: run(),
};
const GITLAB_KEYS: ReadonlySet<string> = new Set([
  ...Object.keys(GITLAB_CLAIMS),
  'ref_type',
  'ref_protected',
  'environment_protected',
  'deployment_tier',
  'job_namespace_id',
  'job_namespace_path',
  'pipeline_source',
  'user_login',
]);

function readGitlab(subject: Pattern): SubjectParts {
  const { fields, rest } = readPairs(subject, GITLAB_KEYS);
  if (fields.size === 0) return { form: 'other', parts: widthOf(subject) === 'exact' ? [] : [part('tenant', subject, 'name')], fields };
  const parts: Part[] = [...fields].flatMap(([key, value]) => (key === 'ref' ? [] : partsOfClaim(GITLAB_CLAIMS, key, value)));
  const type = fields.get('ref_type');
  const ref = fields.get('ref');
  const loose = [type, ref].find((piece) => piece !== undefined && widthOf(piece) !== 'exact');
  if (loose !== undefined) parts.push({ ...part('context', loose, 'name'), context: 'run' });
  else if (ref !== undefined) parts.push({ ...part('context', ref, 'name'), context: 'run' });
  else if (rest !== undefined) parts.push({ ...part('context', rest, 'name'), context: 'run' });
  return { form: fields.has('project_id') ? 'immutable' : 'name', parts, fields };
}

// --- others ---

const UUID = /^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/;
const readBuildkitePairs = pairReader({ tenant: 'organization', scope: ['pipeline'], context: ['ref'], more: ['commit', 'step'] });

function readBuildkite(subject: Pattern): SubjectParts {
  // `--subject-claim pipeline_id`: the subject is the id alone.
  if (widthOf(subject) === 'exact' && UUID.test(show(subject)))
    return { form: 'custom', parts: [part('tenant', subject, 'id'), part('scope', subject, 'id')], fields: NO_FIELDS };
  return readBuildkitePairs(subject);
}

function readCircle(subject: Pattern): SubjectParts {
  const organization = after(subject, 'org/');
  if (organization === undefined) return readFlat(subject);
  const first = indexOf(organization, '/');
  const parts: Part[] = [part('tenant', first === -1 ? organization : organization.slice(0, first), 'id')];
  const project = first === -1 ? undefined : after(organization.slice(first + 1), 'project/');
  if (project === undefined) return { form: 'name', parts, fields: NO_FIELDS };
  const second = indexOf(project, '/');
  parts.push(part('scope', second === -1 ? project : project.slice(0, second), 'id'));
  if (second === -1) return { form: 'name', parts, fields: NO_FIELDS };
  const user = project.slice(second + 1);
  const written = show(user);
  const mark = '/vcs-ref/';
  const at = written.lastIndexOf(mark);
  parts.push({
    ...part(
      'context',
      at === -1 ? (widthOf(user) === 'exact' ? user : user.slice(user.findIndex((element) => element.kind !== 'character'))) : user.slice(at + mark.length),
      'name',
    ),
    context: 'run',
  });
  return { form: 'name', parts, fields: NO_FIELDS };
}

function readBitbucket(subject: Pattern): SubjectParts {
  const end = indexOf(subject, ':');
  if (end === -1) return { form: 'other', parts: [part('scope', subject, 'id')], fields: NO_FIELDS };
  const rest = subject.slice(end + 1);
  return { form: 'name', parts: [part('scope', subject.slice(0, end), 'id'), { ...part('context', rest, 'name'), context: 'run' }], fields: NO_FIELDS };
}

function readFly(subject: Pattern): SubjectParts {
  const first = indexOf(subject, ':');
  if (first === -1) return { form: 'other', parts: [part('tenant', subject, 'name')], fields: NO_FIELDS };
  const second = indexOf(subject, ':', first + 1);
  return {
    form: 'name',
    parts: [part('tenant', subject.slice(0, first), 'name'), part('scope', subject.slice(first + 1, second === -1 ? subject.length : second), 'name')],
    fields: NO_FIELDS,
  };
}

function readKubernetes(subject: Pattern): SubjectParts {
  const rest = after(subject, 'system:serviceaccount:');
  if (rest === undefined)
    return { form: 'other', parts: widthOf(subject) === 'exact' ? [] : [part('tenant', subject, 'name'), part('scope', subject, 'name')], fields: NO_FIELDS };
  const end = indexOf(rest, ':');
  const parts = end === -1 ? [part('tenant', rest, 'name')] : [part('tenant', rest.slice(0, end), 'name'), part('scope', rest.slice(end + 1), 'name')];
  return { form: 'name', parts, fields: NO_FIELDS };
}

function readSpiffe(subject: Pattern): SubjectParts {
  const rest = after(subject, 'spiffe://');
  if (rest === undefined) return { form: 'other', parts: [part('tenant', subject, 'name')], fields: NO_FIELDS };
  const end = indexOf(rest, '/');
  const parts = end === -1 ? [part('tenant', rest, 'name')] : [part('tenant', rest.slice(0, end), 'name'), part('scope', rest.slice(end + 1), 'name')];
  return { form: 'name', parts, fields: NO_FIELDS };
}

/** The container at the end differs from run to run; before it stand pairs. */
function readModal(subject: Pattern): SubjectParts {
  if (widthOf(subject) === 'exact') return readFlat(subject);
  const head = literalHead(subject);
  const parts: Part[] = [];
  for (const [level, words] of [
    ['tenant', /(?:^|:)workspace_(?:id|name):([^:]+):/],
    ['scope', /(?:^|:)app_(?:id|name):([^:]+):/],
  ] as const) {
    const found = words.exec(head)?.[1];
    if (found !== undefined)
      parts.push(
        part(
          level,
          [...found].map((character) => ({ kind: 'character', character })),
          'name',
        ),
      );
  }
  if (parts.length === 0) parts.push(part('tenant', subject, 'name'));
  return { form: 'other', parts, fields: NO_FIELDS };
}

/** The subject is one id, without parts. */
function readFlat(subject: Pattern): SubjectParts {
  return { form: 'other', parts: LEVELS.map((level) => part(level, subject, 'id')), fields: NO_FIELDS };
}

const FLAT = { forms: [], read: readFlat, levels: LEVELS } as const;

const FAMILIES: Readonly<Record<FamilyId, Family>> = {
  github: {
    id: 'github',
    title: 'GitHub Actions',
    isShared: true,
    claims: GITHUB_CLAIMS,
    forms: [
      { template: 'repo:{owner}/{repository}:environment:{environment}', except: NAMES },
      { template: 'repo:{owner}/{repository}:ref:refs/heads/{branch}', except: NAMES },
      { template: 'repo:{owner}/{repository}:ref:refs/tags/{tag}', except: NAMES },
      { template: 'repo:{owner}/{repository}:pull_request', except: NAMES },
      { template: 'repo:{owner}@{owner-id}/{repository}@{repository-id}:environment:{environment}', except: NAMES },
      { template: 'repo:{owner}@{owner-id}/{repository}@{repository-id}:ref:refs/heads/{branch}', except: NAMES },
      { template: 'repo:{owner}@{owner-id}/{repository}@{repository-id}:ref:refs/tags/{tag}', except: NAMES },
      { template: 'repo:{owner}@{owner-id}/{repository}@{repository-id}:pull_request', except: NAMES },
    ],
    read: readGithub,
    levels: LEVELS,
  },
  gitlab: {
    id: 'gitlab',
    title: 'GitLab CI',
    isShared: true,
    claims: GITLAB_CLAIMS,
    forms: [
      { template: 'project_path:{group}/{project}:ref_type:{type}:ref:{ref}', except: { group: ':/' } },
      { template: 'project_id:{id}:ref_type:{type}:ref:{ref}' },
    ],
    read: readGitlab,
    levels: LEVELS,
  },
  terraform: {
    id: 'terraform',
    title: 'HCP Terraform',
    isShared: true,
    claims: {
      terraform_organization_id: id('tenant'),
      terraform_organization_name: name('tenant'),
      terraform_workspace_id: id('tenant', 'scope'),
      terraform_workspace_name: name('scope'),
      terraform_full_workspace: name('tenant', 'scope', 'context'),
      terraform_run_phase: run(),
    },
    forms: [{ template: 'organization:{organization}:project:{project}:workspace:{workspace}:run_phase:{phase}' }],
    read: pairReader({ tenant: 'organization', scope: ['project', 'workspace'], context: ['run_phase'] }),
    levels: LEVELS,
  },
  buildkite: {
    id: 'buildkite',
    title: 'Buildkite',
    isShared: true,
    claims: {
      organization_id: id('tenant'),
      organization_slug: name('tenant'),
      pipeline_id: id('tenant', 'scope'),
      pipeline_slug: name('scope'),
      build_branch: run(),
      build_tag: run(),
    },
    forms: [{ template: 'organization:{organization}:pipeline:{pipeline}:ref:{ref}:commit:{commit}:step:{step}' }],
    read: readBuildkite,
    levels: LEVELS,
  },
  circleci: {
    id: 'circleci',
    title: 'CircleCI',
    isShared: false,
    claims: {
      'oidc.circleci.com/org-id': id('tenant'),
      'oidc.circleci.com/project-id': id('tenant', 'scope'),
      'oidc.circleci.com/pipeline-definition-id': id('scope'),
      'oidc.circleci.com/vcs-ref': run(),
    },
    forms: [
      {
        template: 'org/{organization}/project/{project}/user/{user}/vcs-origin/{origin}/vcs-ref/{ref}',
        except: { organization: '/', project: '/', user: '/' },
      },
    ],
    read: readCircle,
    levels: LEVELS,
  },
  bitbucket: {
    id: 'bitbucket',
    title: 'Bitbucket Pipelines',
    isShared: false,
    claims: { workspaceUuid: id('tenant'), repositoryUuid: id('tenant', 'scope'), branchName: run(), deploymentEnvironmentUuid: run() },
    forms: [],
    read: readBitbucket,
    levels: LEVELS,
  },
  vercel: {
    id: 'vercel',
    title: 'Vercel',
    isShared: true,
    audienceIsTenant: true,
    claims: { owner: name('tenant'), owner_id: id('tenant'), project: name('scope'), project_id: id('tenant', 'scope'), environment: run() },
    forms: [{ template: 'owner:{owner}:project:{project}:environment:{environment}' }],
    read: pairReader({ tenant: 'owner', scope: ['project'], context: ['environment'] }),
    levels: LEVELS,
  },
  fly: {
    id: 'fly',
    title: 'Fly.io',
    isShared: false,
    claims: { org_id: id('tenant'), org_name: name('tenant'), app_id: id('tenant', 'scope'), app_name: name('scope') },
    forms: [{ template: '{organization}:{app}:{machine}' }],
    read: readFly,
    levels: ['tenant', 'scope'],
  },
  modal: {
    id: 'modal',
    title: 'Modal',
    isShared: true,
    claims: {
      workspace_id: id('tenant'),
      workspace_name: name('tenant'),
      app_id: id('tenant', 'scope'),
      app_name: name('scope'),
      function_id: id('tenant', 'scope'),
      function_name: name('scope'),
    },
    forms: [],
    read: readModal,
    levels: ['tenant', 'scope'],
  },
  spacelift: {
    id: 'spacelift',
    title: 'Spacelift',
    isShared: false,
    claims: { spaceId: id('scope'), callerId: id('scope'), runType: name(), scope: run() },
    forms: [],
    read: pairReader({ tenant: 'space', scope: ['stack'], context: ['run_type', 'scope'], more: ['module'] }),
    levels: LEVELS,
  },
  google: {
    ...FLAT,
    id: 'google',
    title: 'Google Cloud',
    isShared: true,
    claims: { sub: id(...LEVELS), email: name(...LEVELS), azp: id(...LEVELS), hd: name('tenant') },
  },
  entra: {
    ...FLAT,
    id: 'entra',
    title: 'Microsoft Entra ID',
    isShared: false,
    claims: { tid: id('tenant'), oid: id(...LEVELS), appid: id('scope'), azp: id('scope') },
  },
  kubernetes: {
    id: 'kubernetes',
    title: 'Kubernetes',
    isShared: false,
    claims: {
      'kubernetes.io/namespace': name('tenant'),
      'kubernetes.io/serviceaccount/name': name('scope'),
      'kubernetes.io/serviceaccount/uid': id('tenant', 'scope'),
    },
    forms: [{ template: 'system:serviceaccount:{namespace}:{name}', except: { namespace: ':/', name: ':/' } }],
    read: readKubernetes,
    levels: ['tenant', 'scope'],
  },
  spiffe: { id: 'spiffe', title: 'SPIFFE', isShared: false, claims: {}, forms: [], read: readSpiffe, levels: ['tenant', 'scope'] },
  shared: { ...FLAT, id: 'shared', title: 'a shared issuer', isShared: true, claims: {} },
  other: { ...FLAT, id: 'other', title: 'this issuer', isShared: false, claims: {}, anyClaim: true },
};

/** Shared issuers without a grammar of their own here, with those whose audience names the tenant. */
const OTHER_SHARED: Readonly<Record<string, 'audience' | 'subject'>> = {
  'vstoken.actions.githubusercontent.com': 'subject',
  'oidc-configuration.audit-log.githubusercontent.com': 'subject',
  'oidc.codefresh.io': 'subject',
  'studio.datachain.ai/api': 'subject',
  'scalr.io': 'subject',
  'tokens.cloud.shisho.dev': 'subject',
  'proidc.upbound.io': 'subject',
  'api.pulumi.com/oidc': 'audience',
  'sandboxes.cloud': 'audience',
  'cognito-identity.amazonaws.com': 'audience',
};

/** Issuers that are one text: everything else that looks like them is not them. Without the scheme. */
export const KNOWN_ISSUERS: readonly string[] = [
  'token.actions.githubusercontent.com',
  'gitlab.com',
  'app.terraform.io',
  'app.eu.terraform.io',
  'agent.buildkite.com',
  'oidc.circleci.com',
  'accounts.google.com',
  'oidc.vercel.com',
  'oidc.modal.com',
  'oidc.fly.io',
  'api.bitbucket.org',
  'login.microsoftonline.com',
  'sts.windows.net',
  'vstoken.dev.azure.com',
  ...Object.keys(OTHER_SHARED).filter((known) => !known.includes('/')),
  'api.pulumi.com',
  'studio.datachain.ai',
];
/** Of these the ones below which tenants have paths of their own. */
export const ISSUERS_WITH_PATHS: ReadonlySet<string> = new Set([
  'token.actions.githubusercontent.com',
  'oidc.circleci.com',
  'oidc.vercel.com',
  'oidc.fly.io',
  'api.bitbucket.org',
  'login.microsoftonline.com',
  'sts.windows.net',
  'vstoken.dev.azure.com',
  'api.pulumi.com',
  'studio.datachain.ai',
]);

const CLUSTER_HOSTS = [
  /^kubernetes\.default(?:\.svc(?:\.[\w.-]+)?)?$/,
  /^oidc\.eks\.[\w-]+\.amazonaws\.com(?:\.cn)?$/,
  /(?:^|\.)oic\.[\w-]+-aks\.azure\.(?:com|cn|us)$/,
  /^container\.googleapis\.com$/,
];

/** The issuer without its scheme, its host in lower case and no slash at the end. */
export function bareIssuer(issuer: string): string {
  const rest = issuer
    .trim()
    .replace(/^[A-Za-z][A-Za-z0-9+.-]*:\/\//, '')
    .replace(/\/+$/, '');
  const slash = rest.indexOf('/');
  return slash === -1 ? rest.toLowerCase() : rest.slice(0, slash).toLowerCase() + rest.slice(slash);
}

/** The family of an issuer; when the issuer is not told or not known, that of the subjects or claims it is used with. */
export function familyOf(issuer: string | undefined, subjects: readonly string[], claims: readonly string[]): Family {
  const bare = issuer === undefined ? undefined : bareIssuer(issuer);
  const known = bare === undefined ? undefined : familyOfIssuer(bare);
  if (known !== undefined) return known;
  if (subjects.some((subject) => subject.startsWith('system:serviceaccount:'))) return FAMILIES.kubernetes;
  if (subjects.some((subject) => subject.startsWith('spiffe://'))) return FAMILIES.spiffe;
  if (bare !== undefined && /(?:^|[.-])gitlab[.-]/.test(bare)) return { ...FAMILIES.gitlab, isShared: false };
  if (bare !== undefined && bare.endsWith('/_services/token')) return { ...FAMILIES.github, isShared: false };
  const told = bare !== undefined;
  const guess = familyOfSubjects(subjects, claims);
  // Behind an issuer of one's own the same subjects come from one's own server.
  return guess === undefined ? FAMILIES.other : told ? { ...guess, isShared: false } : guess;
}

function familyOfSubjects(subjects: readonly string[], claims: readonly string[]): Family | undefined {
  if (
    subjects.some((subject) => /^repo:/i.test(subject)) ||
    claims.some((claim) => /^(?:repository(?:_owner)?(?:_id)?|job_workflow_ref|workflow_ref)$/.test(claim))
  )
    return FAMILIES.github;
  if (subjects.some((subject) => /^project_(?:path|id):/.test(subject)) || claims.some((claim) => /^(?:project_path|namespace_(?:id|path))$/.test(claim)))
    return FAMILIES.gitlab;
  if (subjects.some((subject) => /^organization:.*:(?:workspace|project)/.test(subject)) || claims.some((claim) => claim.startsWith('terraform_')))
    return FAMILIES.terraform;
  if (subjects.some((subject) => /^organization:.*:pipeline:/.test(subject)) || claims.some((claim) => /^(?:organization|pipeline)_(?:id|slug)$/.test(claim)))
    return FAMILIES.buildkite;
  if (claims.some((claim) => claim.startsWith('oidc.circleci.com/'))) return FAMILIES.circleci;
  return undefined;
}

function familyOfIssuer(bare: string): Family | undefined {
  const host = (bare.split('/', 1)[0] ?? '').replace(/:\d+$/, '');
  if (host === 'token.actions.githubusercontent.com' || /^token\.actions\.[\w-]+\.ghe\.com$/.test(host)) return FAMILIES.github;
  if (host === 'gitlab.com') return FAMILIES.gitlab;
  if (host === 'app.terraform.io' || host === 'app.eu.terraform.io') return FAMILIES.terraform;
  if (host === 'agent.buildkite.com') return FAMILIES.buildkite;
  if (host === 'oidc.circleci.com') return { ...FAMILIES.circleci, isShared: !bare.includes('/org/') };
  if (host === 'api.bitbucket.org') return FAMILIES.bitbucket;
  // A team has an issuer of its own below the host.
  if (host === 'oidc.vercel.com') return { ...FAMILIES.vercel, isShared: bare === host };
  if (host === 'oidc.fly.io') return { ...FAMILIES.fly, isShared: bare === host };
  if (host === 'oidc.modal.com') return FAMILIES.modal;
  if (host.endsWith('.spacelift.io')) return FAMILIES.spacelift;
  if (host === 'accounts.google.com') return FAMILIES.google;
  if (host === 'login.microsoftonline.com' || host === 'sts.windows.net') return FAMILIES.entra;
  if (CLUSTER_HOSTS.some((pattern) => pattern.test(host))) return FAMILIES.kubernetes;
  const shared = Object.hasOwn(OTHER_SHARED, bare) ? OTHER_SHARED[bare] : undefined;
  if (shared === undefined) return undefined;
  return shared === 'audience' ? { ...FAMILIES.shared, audienceIsTenant: true } : FAMILIES.shared;
}

/**
 * Claims beside `sub` and `aud` that IAM reads from tokens of this issuer (`token.actions.githubusercontent.com`, without the scheme). AWS announcement of
 * January 2026 and service reference.
 */
export function awsClaimsOf(bare: string): readonly string[] {
  const host = bare.split('/', 1)[0] ?? '';
  if (host === 'token.actions.githubusercontent.com' || /^token\.actions\.[\w-]+\.ghe\.com$/.test(host)) {
    return ['actor', 'actor_id', 'enterprise_id', 'environment', 'job_workflow_ref', 'ref', 'repository', 'repository_id', 'repository_owner_id', 'workflow'];
  }
  if (bare === 'gitlab.com')
    return ['namespace_id', 'project_id', 'ref_protected', 'pipeline_source', 'runner_environment', 'user_id', 'user_login', 'user_email', 'user_access_level'];
  if (bare.startsWith('oidc.circleci.com/org/')) return ['oidc.circleci.com/project-id'];
  if (bare === 'agent.buildkite.com')
    return ['organization_id', 'organization_slug', 'pipeline_id', 'pipeline_slug', 'build_branch', 'cluster_id', 'cluster_name'];
  if (bare === 'accounts.google.com') return ['oaud', 'email'];
  if (bare === 'cognito-identity.amazonaws.com') return ['amr'];
  return ['amr'];
}
