/**
 * What the policies of one IAM user allow, worked out offline from the documents of the account. Pure.
 *
 * The order of AWS's own evaluation: an explicit deny wins, then the boundary has to allow, then a policy of the user or of a group. Service control
 * policies, policies of resources and session policies are not seen here.
 */

/** One statement of a policy, as far as it bears on what may be done. */
export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  /** Patterns, in lower case: AWS compares actions without regard to case. `not`: everything but these. */
  readonly actions: { readonly patterns: readonly string[]; readonly not: boolean };
  readonly resources: { readonly patterns: readonly string[]; readonly not: boolean };
  /** It has a condition that nothing offline can decide. */
  readonly conditional: boolean;
}

/** Everything that is attached to one user, its groups' policies included. */
export interface Permissions {
  readonly statements: readonly Statement[];
  /** Absent where no boundary is set. */
  readonly boundary?: readonly Statement[];
  /** Names of policies whose text was not given: what they say is not known. */
  readonly unread: readonly string[];
}

/**
 * How far an action reaches: on every resource of the kind asked for, on some, only under a condition, not at all. Widest last.
 */
const REACHES = ['none', 'conditional', 'some', 'all'] as const;
export type Reach = (typeof REACHES)[number];

/** An action, and a resource nobody has a policy about by name: what covers it covers all of its kind. */
export interface Probe {
  readonly action: string;
  readonly resource: string;
  /** Other kinds of resources the action may be used on: what is denied on one kind is still allowed on these. */
  readonly besides?: readonly string[];
}

/**
 * Statements of a policy's JSON text, as it is or percent-encoded (RFC 3986) as IAM gives it.
 *
 * @returns undefined for what is no policy
 */
export function readPolicy(text: string): readonly Statement[] | undefined {
  const root = policyRoot(text);
  if (root === undefined) return undefined;
  const { Statement: given } = root;
  return (Array.isArray(given) ? given : [given]).flatMap((one: unknown) => {
    const statement = fieldsOf(one);
    const effect = statement?.['Effect'];
    if (statement === undefined || (effect !== 'Allow' && effect !== 'Deny')) return [];
    const actions = patternsOf(statement['Action'], statement['NotAction']);
    const resources = patternsOf(statement['Resource'], statement['NotResource']);
    if (actions === undefined) return [];
    const holds = decided(fieldsOf(statement['Condition']));
    if (holds === 'never') return [];
    return [{
      effect,
      actions: { ...actions, patterns: actions.patterns.map((pattern) => pattern.toLowerCase()) },
      // A trust policy names none.
      resources: resources ?? { patterns: ['*'], not: false },
      conditional: holds === 'open',
    }];
  });
}

/**
 * Whether a condition holds for every call that a key can make. That a call comes over TLS is all that is plain: `aws:SecureTransport` is part of every request, and a client of AWS
 * speaks nothing else to IAM or to models (docs.aws.amazon.com, AWS global condition context keys, as of 2026-11). Keys of several operators all have to hold; of several values one.
 */
function decided(condition: Readonly<Record<string, unknown>> | undefined): 'always' | 'never' | 'open' {
  let holds: 'always' | 'open' = 'always';
  for (const [operator, keys] of Object.entries(condition ?? {})) {
    for (const [key, values] of Object.entries(fieldsOf(keys) ?? { '': keys })) {
      const isPlain = /^bool(?:ifexists)?$/i.test(operator) && key.toLowerCase() === 'aws:securetransport';
      // A policy may write the value without quotes.
      const wanted = (Array.isArray(values) ? values : [values]).map((value: unknown) => String(value).toLowerCase());
      if (!isPlain || wanted.length === 0 || wanted.some((value) => value !== 'true' && value !== 'false')) holds = 'open';
      else if (!wanted.includes('true')) return 'never';
    }
  }
  return holds;
}

/** The object a policy's text holds, encoded or not; undefined for anything else. */
export function policyRoot(text: string): Readonly<Record<string, unknown>> | undefined {
  for (const decode of [(given: string) => given, decodeURIComponent]) {
    try {
      return fieldsOf(JSON.parse(decode(text)));
    } catch {
      // The other form, or none.
    }
  }
  return undefined;
}

export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : undefined;
}

/** One text, or several. */
export function textsOf(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === 'string');
}

function patternsOf(these: unknown, allBut: unknown): { readonly patterns: readonly string[]; readonly not: boolean } | undefined {
  if (these !== undefined) return { patterns: textsOf(these), not: false };
  return allBut === undefined ? undefined : { patterns: textsOf(allBut), not: true };
}

/** How far `permissions` let one do `probe`. What could not be read counts for nothing here; see `unread`. */
export function reachOf({ statements, boundary }: Permissions, probe: Probe): Reach {
  const own = reachOfDocument(statements, probe);
  return boundary === undefined ? own : least(own, reachOfDocument(boundary, probe));
}

function reachOfDocument(statements: readonly Statement[], probe: Probe): Reach {
  let reach: Reach = 'none';
  for (const statement of statements) {
    if (statement.effect !== 'Allow' || !names(statement, probe.action)) continue;
    const [first = 'none', ...others] = coverages(statement, probe, false);
    const covers = first === 'none' && others.some((one) => one !== 'none') ? 'some' : first;
    if (covers !== 'none') reach = most(reach, statement.conditional ? 'conditional' : covers);
  }
  for (const statement of statements) {
    if (statement.effect !== 'Deny' || !names(statement, probe.action)) continue;
    const kinds = coverages(statement, probe, true);
    if (kinds.every((one) => one === 'none')) continue;
    const covers = kinds.every((one) => one === 'all') ? 'all' : 'some';
    if (covers === 'some') reach = least(reach, 'some');
    else reach = least(reach, statement.conditional ? 'conditional' : 'none');
  }
  return reach;
}

export function least(a: Reach, b: Reach): Reach {
  return REACHES.indexOf(a) < REACHES.indexOf(b) ? a : b;
}

export function most(a: Reach, b: Reach): Reach {
  return REACHES.indexOf(a) < REACHES.indexOf(b) ? b : a;
}

function names({ actions }: Statement, action: string): boolean {
  const wanted = action.toLowerCase();
  return actions.patterns.some((pattern) => matchesGlob(pattern, wanted)) !== actions.not;
}

function coverages(statement: Statement, { resource, besides = [] }: Probe, exactly: boolean): readonly ('none' | 'some' | 'all')[] {
  return [resource, ...besides].map((one) => coverage(statement, one, exactly));
}

/**
 * Which of the resources of the probe's kind a statement is about.
 *
 * @param exactly for denials: region and account count as well, so that a denial in one region takes nothing away elsewhere
 */
function coverage({ resources }: Statement, resource: string, exactly: boolean): 'none' | 'some' | 'all' {
  // What is left out counts exactly as well: the other regions stay in.
  const found = resources.patterns.map((pattern) => covered(pattern, resource, exactly || resources.not));
  if (!resources.not) return found.includes('all') ? 'all' : found.includes('some') ? 'some' : 'none';
  // Everything but these: those that are of another kind take nothing away.
  return found.includes('all') ? 'none' : found.includes('some') ? 'some' : 'all';
}

function covered(pattern: string, resource: string, exactly: boolean): 'none' | 'some' | 'all' {
  if (matchesGlob(pattern, resource)) return 'all';
  const [is, wanted] = [partsOf(pattern), partsOf(resource)];
  if (!matchesGlob(is.service, wanted.service)) return 'none';
  if (!exactly && matchesGlob(is.rest, wanted.rest)) return 'all';
  // `user/` is no part of a policy about `role/…`.
  const [kind = '', wantedKind = ''] = [is.rest.split(/[/:]/)[0], wanted.rest.split(/[/:]/)[0]];
  return KINDS.has(kind) && KINDS.has(wantedKind) && kind !== wantedKind ? 'none' : 'some';
}

/** Kinds of resources that exclude each other in IAM. A model may be named as a foundation model, a profile or a router. */
const KINDS = new Set(['user', 'role', 'group', 'policy', 'instance-profile', 'oidc-provider', 'saml-provider']);

/** `arn:PARTITION:SERVICE:REGION:ACCOUNT:REST`; a pattern that is none stands for all of its parts. */
function partsOf(arn: string): { readonly service: string; readonly rest: string } {
  const [, , service = '*', , , ...rest] = arn.split(':');
  return { service, rest: rest.length === 0 ? '*' : rest.join(':') };
}

/** `*` any characters, `?` one. Linear in both, up to their product. */
export function matchesGlob(pattern: string, text: string): boolean {
  let [at, from] = [0, 0];
  let [star, resume] = [-1, 0];
  while (from < text.length) {
    if (pattern[at] === '*') {
      star = at;
      at += 1;
      resume = from;
    } else if (pattern[at] === '?' || pattern[at] === text[from]) {
      at += 1;
      from += 1;
    } else if (star >= 0) {
      at = star + 1;
      resume += 1;
      from = resume;
    } else return false;
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}
