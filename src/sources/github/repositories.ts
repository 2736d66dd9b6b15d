import { TargetError } from '../../model/errors.ts';
import { visible } from '../../support/escape.ts';
import { isRepositoryName } from '../../github/hosts.ts';
import type { GithubApi, GraphqlAnswer, GraphqlProblem } from '../../github/types.ts';
import { ENDPOINTS } from './families.ts';
import { isRecord, listOf, numberOf, recordOf, textOf } from './fields.ts';

/** A workflow file as the list of its folder names it. */
export interface WorkflowFile {
  readonly name: string;
  readonly oid: string;
  /** With `--quick`; undefined for what is binary or too long for GraphQL. */
  readonly text?: string;
}

/** What GraphQL tells of one repository. */
export interface RepositoryFacts {
  readonly owner: string;
  readonly name: string;
  /** As a decimal; undefined when GitHub does not say. */
  readonly id?: string;
  readonly visibility: 'public' | 'private' | 'internal';
  readonly isArchived: boolean;
  readonly isFork: boolean;
  /** Switched off by GitHub, or locked while it is moved: nothing of it can be read. */
  readonly isClosed: boolean;
  /** Undefined for an empty repository. */
  readonly branch?: string;
  readonly head?: string;
  readonly workflows: readonly WorkflowFile[];
  /** Undefined when it could not be read. */
  readonly environments?: number;
  readonly deployKeys?: readonly { readonly title: string; readonly facts: Readonly<Record<string, string>> }[];
  /** Of the default branch; undefined when that could not be read. */
  readonly protection?: Readonly<Record<string, string>>;
  /** Parts that were refused. */
  readonly refused: readonly { readonly part: string; readonly type: string }[];
}

/** An organisation or a user, and the repositories to read. */
export interface Listing {
  readonly kind: 'organization' | 'user';
  readonly login: string;
  readonly ownerId?: string;
  /** In the order of their names. */
  readonly repositories: readonly RepositoryFacts[];
  /** Repositories that the list counts and does not show. */
  readonly hidden: readonly string[];
}

/** Heavy enough that a thousand repositories take twenty requests, light enough for GitHub's ten seconds. */
const PAGE = 50;
const QUICK_PAGE = 25;
const MOST_REPOSITORIES = 100_000;

function factsOf(isQuick: boolean, withRules: boolean): string {
  const common = `databaseId name visibility isArchived isFork isDisabled isLocked isEmpty environments(first: 1) { totalCount }`;
  const text = isQuick ? ' object { ... on Blob { isBinary isTruncated text } }' : '';
  const workflows = `workflows: object(expression: "HEAD:.github/workflows") { ... on Tree { entries { name type oid${text} } } }`;
  if (isQuick) return `${common} defaultBranchRef { name target { oid } } ${workflows}`;
  const rule = 'branchProtectionRule { pattern requiresApprovingReviews requiredApprovingReviewCount requiresCodeOwnerReviews isAdminEnforced allowsForcePushes requiresCommitSignatures }';
  const rules = withRules ? ' rules(first: 50) { nodes { type } }' : '';
  return `${common} defaultBranchRef { name target { oid } ${rule}${rules} } ${workflows} deployKeys(first: 50) { totalCount nodes { title readOnly enabled createdAt } }`;
}

const OWNER = '__typename login ... on Organization { databaseId } ... on User { databaseId }';

/**
 * Lists the repositories of an owner, fifty to a query, or reads one.
 *
 * @throws TargetError when there is no such owner or repository for this token
 */
export async function listRepositories(api: GithubApi, owner: string, name: string | undefined, isQuick: boolean, onProgress: (read: number, of: number) => void): Promise<Listing> {
  const asked = new Question(api, isQuick);
  if (name !== undefined) {
    const { data, errors } = await asked.ask((facts) => `query($owner: String!, $name: String!) { repository(owner: $owner, name: $name, followRenames: true) { ${facts} owner { ${OWNER} } } }`, { owner, name });
    const found = recordOf(recordOf(data)['repository']);
    const holder = recordOf(found['owner']);
    const repository = repositoryOf(found, textOf(holder['login']) ?? owner, errors, ['repository']);
    if (repository === undefined) throw notFound(api, `${owner}/${name}`, errors);
    return { ...ownerOf(holder, owner), repositories: [repository], hidden: [] };
  }
  const repositories: RepositoryFacts[] = [];
  const hidden: string[] = [];
  let holder: Readonly<Record<string, unknown>> = {};
  for (let after: string | null = null; repositories.length < MOST_REPOSITORIES; ) {
    const { data, errors }: GraphqlAnswer = await asked.ask(
      (facts) => `query($owner: String!, $after: String) { repositoryOwner(login: $owner) { ${OWNER} repositories(first: ${isQuick ? QUICK_PAGE : PAGE}, after: $after, ownerAffiliations: [OWNER], orderBy: { field: NAME, direction: ASC }) { totalCount pageInfo { hasNextPage endCursor } nodes { ${facts} } } } }`,
      { owner, after },
    );
    holder = recordOf(recordOf(data)['repositoryOwner']);
    if (textOf(holder['login']) === undefined) throw notFound(api, owner, errors);
    const connection = recordOf(holder['repositories']);
    for (const [index, node] of listOf(connection['nodes']).entries()) {
      const path = ['repositoryOwner', 'repositories', 'nodes', index];
      const repository = isRecord(node) ? repositoryOf(node, textOf(holder['login']) ?? owner, errors, path) : undefined;
      if (repository === undefined) hidden.push(errors.find((problem) => startsWith(problem.path, path))?.type ?? 'no answer');
      else repositories.push(repository);
    }
    const { hasNextPage, endCursor } = recordOf(connection['pageInfo']);
    onProgress(repositories.length, numberOf(connection['totalCount']) ?? repositories.length);
    if (hasNextPage !== true || typeof endCursor !== 'string') break;
    if (endCursor === after) throw new TargetError(`${api.host.host} gives the same page of repositories twice`, 'Run again later.');
    after = endCursor;
  }
  return { ...ownerOf(holder, owner), repositories: repositories.toSorted((a, b) => (a.name < b.name ? -1 : 1)), hidden };
}

/** One kind of query, asked again without what an older GitHub does not know. */
class Question {
  readonly #api: GithubApi;
  readonly #isQuick: boolean;
  #withRules = true;

  constructor(api: GithubApi, isQuick: boolean) {
    this.#api = api;
    this.#isQuick = isQuick;
  }

  async ask(query: (facts: string) => string, variables: Readonly<Record<string, unknown>>): Promise<GraphqlAnswer> {
    const { family } = ENDPOINTS.repositories;
    const answer = await this.#api.query(family, query(factsOf(this.#isQuick, this.#withRules)), variables, { resumable: true });
    if (!this.#withRules || this.#isQuick || isRecord(answer.data) || !answer.errors.some(({ message }) => /\brules\b/.test(message))) return answer;
    this.#withRules = false;
    return await this.#api.query(family, query(factsOf(this.#isQuick, false)), variables, { resumable: true });
  }
}

function notFound(api: GithubApi, what: string, errors: readonly GraphqlProblem[]): TargetError {
  const said = errors[0]?.message ?? '';
  return new TargetError(`${api.host.host} shows no ${visible(what)} to ${visible(api.account)}${said === '' ? '' : `: ${visible(said)}`}`, 'Check the name, and what the token may read: dekey explain github.');
}

function ownerOf(holder: Readonly<Record<string, unknown>>, asked: string): Pick<Listing, 'kind' | 'login' | 'ownerId'> {
  const id = numberOf(holder['databaseId']);
  return { kind: holder['__typename'] === 'Organization' ? 'organization' : 'user', login: textOf(holder['login']) ?? asked, ...(id === undefined ? {} : { ownerId: String(id) }) };
}

const OID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

function repositoryOf(node: Readonly<Record<string, unknown>>, owner: string, errors: readonly GraphqlProblem[], path: readonly (string | number)[]): RepositoryFacts | undefined {
  const name = textOf(node['name']);
  if (name === undefined || !isRepositoryName(name)) return undefined;
  const id = numberOf(node['databaseId']);
  const ref = recordOf(node['defaultBranchRef']);
  const branch = textOf(ref['name']);
  const head = textOf(recordOf(ref['target'])['oid']);
  const isRefused = (part: string): boolean => errors.some((problem) => startsWith(problem.path, [...path, ...part.split('.')]));
  const environments = numberOf(recordOf(node['environments'])['totalCount']);
  const hasBranch = branch !== undefined && head !== undefined && OID.test(head);
  const protection = hasBranch && !isRefused('defaultBranchRef.branchProtectionRule') && !isRefused('defaultBranchRef.rules') ? protectionOf(ref) : undefined;
  const deployKeys = isRefused('deployKeys') || !isRecord(node['deployKeys']) ? undefined : listOf(recordOf(node['deployKeys'])['nodes']).filter(isRecord).map(deployKeyOf);
  const refused = errors.flatMap((problem) => (startsWith(problem.path, path) ? [{ part: String(problem.path?.slice(path.length).find((step) => step !== 'defaultBranchRef') ?? ''), type: problem.type ?? '' }] : []));
  return {
    owner,
    name,
    ...(id === undefined ? {} : { id: String(id) }),
    visibility: visibilityOf(node['visibility']),
    isArchived: node['isArchived'] === true,
    isFork: node['isFork'] === true,
    isClosed: node['isDisabled'] === true || node['isLocked'] === true,
    ...(hasBranch ? { branch, head } : {}),
    workflows: listOf(recordOf(node['workflows'])['entries']).filter(isRecord).flatMap(workflowOf),
    ...(environments === undefined || isRefused('environments') ? {} : { environments }),
    ...(deployKeys === undefined ? {} : { deployKeys }),
    ...(protection === undefined ? {} : { protection }),
    refused,
  };
}

function visibilityOf(value: unknown): RepositoryFacts['visibility'] {
  return value === 'PUBLIC' ? 'public' : value === 'INTERNAL' ? 'internal' : 'private';
}

function workflowOf({ name, type, oid, object }: Readonly<Record<string, unknown>>): readonly WorkflowFile[] {
  if (typeof name !== 'string' || typeof oid !== 'string' || type !== 'blob' || !OID.test(oid) || !/\.ya?ml$/i.test(name)) return [];
  const blob = recordOf(object);
  const text = blob['isTruncated'] === true || blob['isBinary'] === true ? undefined : textOf(blob['text']);
  return [{ name, oid, ...(text === undefined ? {} : { text }) }];
}

function deployKeyOf({ title, readOnly, enabled, createdAt }: Readonly<Record<string, unknown>>): { readonly title: string; readonly facts: Readonly<Record<string, string>> } {
  return { title: textOf(title) ?? '', facts: { readOnly: String(readOnly === true), enabled: String(enabled !== false), ...(typeof createdAt === 'string' ? { created: createdAt } : {}) } };
}

/** Rules that keep a branch from being changed by anybody alone; others (a form of commit messages, say) do not. */
const GUARDING_RULES = new Set(['PULL_REQUEST', 'UPDATE', 'MERGE_QUEUE', 'REQUIRED_STATUS_CHECKS', 'NON_FAST_FORWARD', 'LOCK_BRANCH']);

/** Undefined when there is no rule of the old kind and those of the new kind could not be asked for: then nothing is known. */
function protectionOf(ref: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> | undefined {
  const rule = ref['branchProtectionRule'];
  const rules = isRecord(ref['rules']) ? listOf(ref['rules']['nodes']).filter(isRecord).flatMap(({ type }) => (typeof type === 'string' ? [type] : [])) : undefined;
  const guarding = [...new Set(rules?.filter((type) => GUARDING_RULES.has(type)) ?? [])].toSorted();
  if (!isRecord(rule)) return rules === undefined ? undefined : { protected: String(guarding.length > 0), default: 'true', ...(guarding.length === 0 ? {} : { rules: guarding.join(',').toLowerCase() }) };
  return {
    protected: 'true',
    default: 'true',
    pattern: textOf(rule['pattern']) ?? '',
    reviews: String(rule['requiresApprovingReviews'] === true ? (numberOf(rule['requiredApprovingReviewCount']) ?? 1) : 0),
    codeOwners: String(rule['requiresCodeOwnerReviews'] === true),
    admins: String(rule['isAdminEnforced'] === true),
    forcePushes: String(rule['allowsForcePushes'] === true),
    signatures: String(rule['requiresCommitSignatures'] === true),
    ...(guarding.length === 0 ? {} : { rules: guarding.join(',').toLowerCase() }),
  };
}

function startsWith(path: readonly (string | number)[] | undefined, start: readonly (string | number)[]): boolean {
  return path !== undefined && start.every((step, index) => path[index] === step);
}
