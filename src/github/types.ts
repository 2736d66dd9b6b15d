/**
 * The one door to GitHub's API, for the source that reads and for the writer of pull requests. It obeys the documented limits, repeats what may be
 * repeated, asks conditionally where it has an answer already, and counts every request by family.
 */

/** Where a GitHub is. */
export interface GithubHost {
  /** `github.com`, `acme.ghe.com`, `github.example.com`. */
  readonly host: string;
  /** `https://api.github.com`, `https://api.acme.ghe.com`, `https://HOST/api/v3`; `http` on loopback only. */
  readonly rest: string;
  /** `https://api.github.com/graphql`, `https://HOST/api/graphql`. */
  readonly graphql: string;
  /** Where people and git go: `https://github.com`, `https://HOST`; the API's own origin on loopback. */
  readonly web: string;
  /** GitHub Enterprise Server: no Codespaces, no agents. */
  readonly isServer: boolean;
  /** github.com and ghe.com themselves: their documented limits for a minute hold. */
  readonly isMetered: boolean;
}

/** What a request is for: the rows of the budget. `repositories`, `repository-secrets`, `environments`, `workflow-files`, `trees`, `pull-requests`, ... */
export type Family = string;

/** An answer whose body has been read whole and parsed. */
export interface Answer {
  readonly status: number;
  readonly data: unknown;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body is the one kept from an earlier run: GitHub said 304, or an interrupted run had it already. */
  readonly isUnchanged: boolean;
}

/** Data of a GraphQL answer; what could not be read is null in it and has a problem beside it. */
export interface GraphqlAnswer {
  readonly data: unknown;
  readonly errors: readonly GraphqlProblem[];
}

export interface GraphqlProblem {
  /** `NOT_FOUND`, `FORBIDDEN`, `STALE_DATA`, ... */
  readonly type?: string;
  readonly message: string;
  readonly path?: readonly (string | number)[];
}

/** Requests of one family in this run. */
export interface Count {
  /** Answered or not, repeats included. */
  readonly sent: number;
  /** Answered 304. */
  readonly unchanged: number;
  /** Sent again after a fault or a limit. */
  readonly repeated: number;
}

/** What the last answer said of a primary limit. */
export interface Limit {
  readonly limit: number;
  readonly remaining: number;
  /** Milliseconds since 1970, by this machine's clock. */
  readonly resetsAt: number;
}

export interface GithubApi {
  readonly host: GithubHost;
  /** Login or App whose rights these are: `octocat`, `app 12345`. */
  readonly account: string;
  /** What the installation of an App may, such as `contents` to `write`; undefined for tokens of people, and before the first request. */
  readonly permissions?: Readonly<Record<string, string>> | undefined;
  /**
   * One GET of one path below the API's base, such as `/repos/acme/app/actions/secrets?per_page=100`.
   *
   * @throws GithubError for an answer of 400 or more that is not worth another try
   */
  get(family: Family, path: string): Promise<Answer>;
  /** All pages of a list, by `Link: rel="next"`; `pick` takes the items out of a page. */
  all(family: Family, path: string, pick: (page: unknown) => readonly unknown[]): Promise<readonly unknown[]>;
  /** A GET whose body is bytes, at most `limit` of them. Follows one redirect to where GitHub keeps archives, without the token. */
  bytes(family: Family, path: string, limit: number): Promise<Uint8Array>;
  /** The same for what is not to be held whole. After a fault half-way `use` is called again, with the body from its start. */
  download<T>(family: Family, path: string, limit: number, use: (body: AsyncIterable<Uint8Array>) => Promise<T>): Promise<T>;
  /** A request that changes something: one at a time, at least a second apart, never repeated blindly: after a fault the caller looks what is there. */
  send(family: Family, method: 'POST' | 'PATCH' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<Answer>;
  /** A query (repeated like a GET). With `resumable` its answer is kept for a run that takes up an interrupted one. */
  query(family: Family, query: string, variables: Readonly<Record<string, unknown>>, options?: { readonly resumable?: boolean }): Promise<GraphqlAnswer>;
  /** A mutation (like `send`). */
  mutate(family: Family, query: string, variables: Readonly<Record<string, unknown>>): Promise<GraphqlAnswer>;
  readonly counts: ReadonlyMap<Family, Count>;
  /** By resource: `core`, `graphql`. Empty until an answer told. */
  readonly limits: ReadonlyMap<string, Limit>;
  /** True when an answer to this path is kept, so that asking is likely to cost nothing. */
  isKept(path: string): boolean;
  /** `Authorization` for git over HTTP on `host.web`: for the environment of that one program, never for its arguments. */
  gitAuthorization(): Promise<string>;
  /** Says that the run is whole: the next one asks for everything again, conditionally. */
  finish(): Promise<void>;
}
