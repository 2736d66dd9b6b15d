/** What handlers take and give. */
import { type Fields, isFields } from '../../plan/http.ts';
import type { Operation } from './contract.ts';
import type { Limits } from './limits.ts';
import { roleOf, type Account, type Repository, type Role, type Token, type World } from './state.ts';
import type { Sites } from './shapes.ts';

export interface Call {
  readonly world: World;
  readonly sites: Sites;
  readonly limits: Limits;
  readonly operation: Operation;
  readonly token: Token | undefined;
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Fields;
  /** Path and query of the request, for links to other pages. */
  readonly address: string;
}

/** For operations below `/repos/{owner}/{repo}`. */
export interface RepositoryCall extends Call {
  readonly repository: Repository;
  readonly role: Role;
}

export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Handler = (call: Call) => Reply;
export type RepositoryHandler = (call: RepositoryCall) => Reply;

const DOCUMENTATION = 'https://docs.github.com/rest';

export function ok(body: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status: 200, body, headers };
}

export function failure(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, body: { message, documentation_url: DOCUMENTATION, status: String(status) }, headers };
}

/** 422 with one reason. */
export function invalid(resource: string, field: string, code: string, message?: string): Reply {
  return { status: 422, body: { message: 'Validation Failed', documentation_url: DOCUMENTATION, errors: [{ resource, field, code, ...(message === undefined ? {} : { message }) }] } };
}

export function invalidSimply(message: string): Reply {
  return { status: 422, body: { message, documentation_url: DOCUMENTATION } };
}

export const NOT_FOUND = failure(404, 'Not Found');

/** One page of a list, with links to the others. */
export function paged<T>({ query, operation, sites, address }: Call, items: readonly T[], wrap: (page: readonly T[]) => unknown): Reply {
  const size = Math.min(Math.max(Number(query.get('per_page') ?? operation.pageDefault) || 1, 1), operation.pageCap);
  const page = Math.max(Number(query.get('page') ?? 1) || 1, 1);
  const last = Math.max(1, Math.ceil(items.length / size));
  const at = (number: number): string => {
    const url = new URL(address, sites.api);
    url.searchParams.set('page', String(number));
    return url.href;
  };
  const links = [
    ...(page > 1 ? [`<${at(page - 1)}>; rel="prev"`] : []),
    ...(page < last ? [`<${at(page + 1)}>; rel="next"`, `<${at(last)}>; rel="last"`] : []),
    ...(page > 1 ? [`<${at(1)}>; rel="first"`] : []),
  ];
  return ok(wrap(items.slice((page - 1) * size, page * size)), links.length === 0 ? {} : { link: links.join(', ') });
}

/** Repositories that a token can see. */
export function visible(token: Token | undefined, repositories: readonly Repository[]): readonly Repository[] {
  return repositories.filter((repository) => roleOf(token, repository) !== undefined);
}

/** Who is behind a request that needs somebody. @throws when nobody is: the rules come first. */
export function accountOf({ token }: Call): Account {
  if (token === undefined) throw new Error('an operation without a token');
  return token.account;
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function textList(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.flatMap((one) => (typeof one === 'string' ? [one] : isFields(one) && typeof one['name'] === 'string' ? [one['name']] : [])) : [];
}
