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
}

/** What a request is for: the rows of the budget. `repositories`, `repository-secrets`, `environments`, `workflow-files`, `trees`, `pull-requests`, ... */
export type Family = string;

/** An answer whose body has been read whole and parsed. */
export interface Answer {
  readonly status: number;
  readonly data: unknown;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body is the one kept from an earlier run: GitHub said 304. */
  readonly isUnchanged: boolean;
}

export interface GithubApi {
  readonly host: GithubHost;
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
  /** A request that changes something: one at a time, at least a second apart, never repeated blindly: after a fault the caller looks what is there. */
  send(family: Family, method: 'POST' | 'PATCH' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<Answer>;
  /** A query (repeated like a GET) or a mutation (like `send`). Gives `data`; partial data comes with `errors`. */
  query(family: Family, query: string, variables: Readonly<Record<string, unknown>>): Promise<{ readonly data: unknown; readonly errors: readonly GraphqlProblem[] }>;
  mutate(family: Family, query: string, variables: Readonly<Record<string, unknown>>): Promise<{ readonly data: unknown; readonly errors: readonly GraphqlProblem[] }>;
  /** Requests so far, by family: sent, of those answered 304, and repeated after a fault. */
  readonly counts: ReadonlyMap<Family, { readonly sent: number; readonly unchanged: number; readonly repeated: number }>;
}

export interface GraphqlProblem {
  readonly type?: string;
  readonly message: string;
  readonly path?: readonly (string | number)[];
}
