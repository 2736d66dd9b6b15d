/** What a GitHub knows. The generator fills it, requests change it, tests read it. */
import type { BareRepository, GitStore } from './git.ts';

export type Store = 'actions' | 'dependabot' | 'codespaces' | 'agents';
export type Visibility = 'public' | 'private' | 'internal';
export type Role = 'admin' | 'write' | 'read';

export interface Account {
  readonly login: string;
  readonly id: number;
  readonly type: 'Organization' | 'User' | 'Bot';
}

export interface Named {
  readonly name: string;
  readonly created: string;
  readonly updated: string;
}

/** Of an organisation. */
export interface Shared extends Named {
  readonly visibility: 'all' | 'private' | 'selected';
  /** Ids of repositories, for `selected`. */
  readonly selected: readonly number[];
}

export interface Variable extends Named {
  readonly value: string;
}

export interface Environment {
  readonly id: number;
  readonly name: string;
  readonly created: string;
  readonly secrets: readonly Named[];
  readonly variables: readonly Variable[];
  readonly waitMinutes?: number;
  readonly reviewers?: readonly Account[];
  /** Present: only branches that are protected, or of a custom policy, may deploy. */
  readonly branches?: 'protected' | 'custom';
}

export interface DeployKey {
  readonly id: number;
  readonly title: string;
  readonly key: string;
  readonly isReadOnly: boolean;
  readonly created: string;
}

export interface Runner {
  readonly id: number;
  readonly name: string;
  readonly os: string;
  readonly labels: readonly string[];
}

export interface Protection {
  readonly reviews: number;
  readonly isForAdmins: boolean;
  readonly needsSignatures: boolean;
}

export interface Installation {
  readonly id: number;
  readonly appId: number;
  readonly slug: string;
  readonly permissions: Readonly<Record<string, string>>;
  readonly selection: 'all' | 'selected';
  readonly created: string;
}

export interface Pull {
  readonly id: number;
  readonly number: number;
  title: string;
  body: string;
  state: 'open' | 'closed';
  isDraft: boolean;
  readonly base: string;
  /** Branch of the head, and whose repository it is in. */
  readonly head: string;
  readonly headRepository: Repository;
  readonly author: Account;
  readonly created: string;
  updated: string;
  closed: string | null;
  /** When a person merged it. */
  merged?: string;
  readonly canMaintainerModify: boolean;
  labels: string[];
  readonly reviewers: string[];
  readonly teams: string[];
  readonly comments: Comment[];
}

export interface Issue {
  readonly id: number;
  readonly number: number;
  title: string;
  body: string;
  state: 'open' | 'closed';
  readonly author: Account;
  readonly created: string;
  updated: string;
  closed: string | null;
  labels: string[];
  readonly comments: Comment[];
}

export interface Comment {
  readonly id: number;
  readonly body: string;
  readonly author: Account;
  readonly created: string;
}

export interface Label {
  readonly id: number;
  readonly name: string;
  readonly color: string;
  readonly description: string;
}

export interface Repository {
  readonly id: number;
  readonly owner: Account;
  readonly name: string;
  readonly description: string | null;
  readonly visibility: Visibility;
  isArchived: boolean;
  readonly parent?: Repository;
  readonly language: string | null;
  readonly defaultBranch: string;
  readonly created: string;
  pushed: string;
  readonly git: BareRepository;
  /** Files of the default branch take no part in a tarball when `.gitattributes` says so: git itself makes those archives. */
  readonly secrets: Readonly<Record<Store, readonly Named[]>>;
  readonly variables: readonly Variable[];
  readonly environments: readonly Environment[];
  readonly keys: readonly DeployKey[];
  readonly runners: readonly Runner[];
  readonly protections: ReadonlyMap<string, Protection>;
  readonly actions: { readonly isEnabled: boolean; readonly allowed: 'all' | 'local_only' | 'selected' };
  readonly workflowToken: { readonly permissions: 'read' | 'write'; readonly canApprove: boolean };
  readonly oidc: { readonly useDefault: boolean; readonly claimKeys?: readonly string[]; readonly useImmutable?: boolean };
  readonly labels: Label[];
  readonly pulls: Pull[];
  readonly issues: Issue[];
  /** GitHub answers 451. */
  readonly isTakenDown?: boolean;
}

export interface Organization {
  readonly account: Account;
  readonly name: string;
  readonly created: string;
  readonly secrets: Readonly<Record<Store, readonly Shared[]>>;
  readonly variables: readonly (Shared & Variable)[];
  readonly installations: readonly Installation[];
  readonly runners: readonly Runner[];
  readonly actions: { readonly repositories: 'all' | 'none' | 'selected'; readonly allowed: 'all' | 'local_only' | 'selected' };
  readonly workflowToken: { readonly permissions: 'read' | 'write'; readonly canApprove: boolean };
  readonly oidc: { readonly claimKeys: readonly string[]; readonly useImmutable: boolean };
  /** Token holders have to have gone through this sign-on first. */
  readonly needsSignOn?: boolean;
  /** Plans without them refuse draft pull requests in private repositories. */
  readonly hasDrafts: boolean;
}

/** What a token is good for. Permissions are those of fine-grained tokens and Apps: `contents`: `write`. */
export interface Token {
  readonly text: string;
  readonly account: Account;
  readonly kind: 'fine-grained' | 'classic' | 'installation' | 'app';
  readonly permissions: Readonly<Record<string, 'read' | 'write' | 'admin'>>;
  /** Of a classic token. */
  readonly scopes?: readonly string[];
  /** What its holder may do; by default `admin` everywhere. By full name. */
  readonly roles?: ReadonlyMap<string, Role>;
  readonly hasSignedOn?: boolean;
  readonly installationId?: number;
}

export class World {
  readonly store: GitStore;
  readonly organizations = new Map<string, Organization>();
  readonly users = new Map<string, Account>();
  readonly tokens = new Map<string, Token>();
  /** By full name in lower case. */
  readonly #repositories = new Map<string, Repository>();
  readonly #byId = new Map<number, Repository>();
  /** Old full name to new one. */
  readonly renamed = new Map<string, string>();
  /** Registered Apps: public keys by App id. */
  readonly apps = new Map<number, { readonly slug: string; readonly publicKey: string }>();
  #nextId = 9_000_000;

  constructor(store: GitStore) {
    this.store = store;
  }

  get nextId(): number {
    this.#nextId += 1;
    return this.#nextId;
  }

  addRepository(repository: Repository): void {
    this.#repositories.set(fullName(repository).toLowerCase(), repository);
    this.#byId.set(repository.id, repository);
  }

  repository(owner: string, name: string): Repository | undefined {
    return this.#repositories.get(`${owner}/${name}`.toLowerCase());
  }

  repositoryById(id: number): Repository | undefined {
    return this.#byId.get(id);
  }

  /** Newest first, as GitHub lists them by default. */
  repositoriesOf(login: string): readonly Repository[] {
    const wanted = login.toLowerCase();
    return [...this.#repositories.values()].filter(({ owner }) => owner.login.toLowerCase() === wanted).sort((left, right) => (left.created < right.created ? 1 : left.created > right.created ? -1 : right.id - left.id));
  }

  organization(login: string): Organization | undefined {
    return this.organizations.get(login.toLowerCase());
  }

  user(login: string): Account | undefined {
    return this.users.get(login.toLowerCase());
  }
}

export function fullName({ owner, name }: Repository): string {
  return `${owner.login}/${name}`;
}

export function isEmpty(repository: Repository): boolean {
  return repository.git.ref(`refs/heads/${repository.defaultBranch}`) === undefined;
}

/** Whether workflows of a repository can read what an organisation shares. */
export function isSharedWith({ visibility, selected }: Shared, repository: Repository): boolean {
  if (visibility === 'all') return true;
  return visibility === 'private' ? repository.visibility !== 'public' : selected.includes(repository.id);
}

/** What a token's holder may do in a repository; undefined when it cannot even see it. */
export function roleOf(token: Token | undefined, repository: Repository): Role | undefined {
  if (token === undefined) return repository.visibility === 'public' ? 'read' : undefined;
  if (repository.owner.login === token.account.login) return 'admin';
  return token.roles === undefined ? 'admin' : (token.roles.get(fullName(repository)) ?? (repository.visibility === 'public' ? 'read' : undefined));
}

/** ISO 8601 to the second, as the API writes it. */
export function now(): string {
  return new Date().toISOString().replace(/\.\d{3}Z$/, 'Z');
}
