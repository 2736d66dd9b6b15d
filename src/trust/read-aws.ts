/** Trust policies of IAM roles. */
import { childOf, entriesOf, itemsOf, textOf, type DataNode } from '../support/data-tree.ts';
import { accepts, glob } from '../support/text-language.ts';
import { bareIssuer, familyOf } from './issuers.ts';
import { isAllText, openJson, placedEntries, textsOf } from './json.ts';
import { below, type Arm, type AwsStatement, type ClaimMatcher, type Condition, type TrustReading } from './model.ts';

/** What else is known of the role. */
export interface AwsRole {
  readonly maxSessionSeconds?: number;
  /** ARNs or names of managed policies. */
  readonly attachedPolicies?: readonly string[];
  /** JSON texts of inline policies. */
  readonly inlinePolicies?: readonly string[];
}

/**
 * Reads a trust policy, or a role that holds one (`get-role` output, CloudFormation resource). Statements that let no identity provider's tokens in give
 * no arms. Never throws.
 */
export function readAwsTrust(text: string, role: AwsRole = {}): TrustReading {
  const { root, duplicateKeys, problems } = openJson(text, (place) => /\/Condition(?:\/|$)/.test(place));
  if (root === undefined) return { documents: [], problems };
  const holder = [root, childOf(root, 'Role'), childOf(root, 'Properties')].find((node) => childOf(node, 'AssumeRolePolicyDocument') !== undefined);
  const held = childOf(holder, 'AssumeRolePolicyDocument');
  const nested = textOf(held);
  if (nested !== undefined) {
    const inner = readAwsTrust(decoded(nested), { ...roleOf(holder), ...role });
    return { documents: inner.documents, problems: [...problems, ...inner.problems] };
  }
  const policy = held ?? root;
  const base =
    held === undefined ? '' : below(holder === root ? '' : below('', childOf(root, 'Role') === holder ? 'Role' : 'Properties'), 'AssumeRolePolicyDocument');
  const known = { ...roleOf(holder), ...role };
  const statement = childOf(policy, 'Statement');
  if (statement === undefined) return { documents: [], problems: [...problems, { place: base, message: 'no Statement: this is no IAM policy' }] };
  const placed =
    statement.kind === 'list'
      ? itemsOf(statement).map((node, index) => ({ node, place: below(base, 'Statement', index) }))
      : [{ node: statement, place: below(base, 'Statement') }];
  const allowed = placed.filter(({ node }) => textOf(childOf(node, 'Effect')) === 'Allow');
  const statements = allowed.map(({ node, place }) => statementOf(node, place));
  const arms = allowed.flatMap(({ node, place }, index) => {
    const read = statements[index];
    return read?.isWebIdentity ? armsOf(node, place, read) : [];
  });
  const aws = {
    statements,
    ...(known.maxSessionSeconds === undefined ? {} : { maxSessionSeconds: known.maxSessionSeconds }),
    administrator: administratorOf(known),
  };
  return { documents: [{ party: 'aws', arms, duplicateKeys, aws }], problems };
}

function roleOf(holder: DataNode | undefined): AwsRole {
  const seconds = Number(textOf(childOf(holder, 'MaxSessionDuration')));
  const attached = textsOf(childOf(holder, 'ManagedPolicyArns'));
  return { ...(Number.isFinite(seconds) && seconds > 0 ? { maxSessionSeconds: seconds } : {}), ...(attached.length > 0 ? { attachedPolicies: attached } : {}) };
}

function decoded(text: string): string {
  if (!/^\s*%7B/i.test(text)) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function administratorOf(role: AwsRole): { readonly place: string; readonly name: string }[] {
  const attached = (role.attachedPolicies ?? []).filter((name) => /(?:^|\/)AdministratorAccess$/.test(name)).map((name) => ({ place: '', name }));
  const inline = (role.inlinePolicies ?? []).flatMap((text) => {
    const { root } = openJson(text);
    const statement = childOf(root, 'Statement');
    const all = statement?.kind === 'list' ? itemsOf(statement) : statement === undefined ? [] : [statement];
    const isWide = all.some(
      (node) =>
        textOf(childOf(node, 'Effect')) === 'Allow' &&
        textsOf(childOf(node, 'Action')).some((action) => action === '*' || action === '*:*') &&
        textsOf(childOf(node, 'Resource')).includes('*'),
    );
    return isWide ? [{ place: '', name: 'an inline policy with Action "*" on Resource "*"' }] : [];
  });
  return [...attached, ...inline];
}

const WEB_IDENTITY = 'sts:assumerolewithwebidentity';

function statementOf(node: DataNode, place: string): AwsStatement {
  const principal = childOf(node, 'Principal');
  const federated = principal?.kind === 'map' ? textsOf(childOf(principal, 'Federated')) : [];
  const anyone = textOf(principal);
  const others = [
    ...(anyone === undefined ? [] : [anyone]),
    ...entriesOf(principal).flatMap(({ key, value }) => (key === 'Federated' ? [] : textsOf(value).map((text) => `${key}:${text}`))),
  ];
  const actions = textsOf(childOf(node, 'Action'));
  const isInverted = childOf(node, 'NotPrincipal') !== undefined || childOf(node, 'NotAction') !== undefined;
  const allowsTokens = actions.some((action) => isWithinAction(action)) || childOf(node, 'NotAction') !== undefined;
  const isWebIdentity =
    allowsTokens && (federated.some((text) => !text.includes(':saml-provider/')) || anyone === '*' || childOf(node, 'NotPrincipal') !== undefined);
  return { place, federated, others, actions, isInverted, isWebIdentity };
}

/** Whether an action pattern covers the call that exchanges a token. */
function isWithinAction(action: string): boolean {
  return accepts(glob(action.toLowerCase(), { star: 'anywhere', question: true }), WEB_IDENTITY);
}

/** `arn:aws:iam::111122223333:oidc-provider/gitlab.com` is `gitlab.com`. */
export function providerOf(principal: string): string {
  const mark = ':oidc-provider/';
  const at = principal.indexOf(mark);
  return at === -1 ? principal : principal.slice(at + mark.length);
}

function armsOf(node: DataNode, place: string, statement: AwsStatement): readonly Arm[] {
  const providers = statement.federated.length > 0 ? statement.federated : ['*'];
  return providers.map((principal) => {
    const provider = providerOf(principal);
    const conditions = conditionsOf(childOf(node, 'Condition'), below(place, 'Condition'), provider);
    return { issuer: provider === '*' ? undefined : `https://${provider.replace(/^https?:\/\//, '')}`, conditions, place };
  });
}

function conditionsOf(block: DataNode | undefined, place: string, provider: string): readonly Condition[] {
  if (block === undefined) return [];
  if (block.kind !== 'map') return [{ claim: '', matcher: { kind: 'unknown', text: 'Condition' }, operator: 'Condition', place }];
  return placedEntries(block, place).flatMap((operator) =>
    placedEntries(operator.value, operator.place).map(({ key, value, place: at }): Condition => {
      const { name, quantifier, ifExists } = operatorOf(operator.key);
      const { issuer, claim, isRequest } = keyOf(key, provider);
      const isSame = issuer !== undefined && (provider === '*' || bareIssuer(issuer) === bareIssuer(provider));
      return {
        // Another issuer's key is not in the request at all.
        claim: isRequest ? tagClaim(key, provider) : isSame ? claim : `${issuer ?? ''}:${claim}`,
        matcher: matcherOf(name, value),
        operator: operator.key,
        place: at,
        key,
        ...(issuer === undefined ? {} : { keyIssuer: issuer }),
        ...(ifExists ? { ifExists: true } : {}),
        ...(quantifier === undefined ? {} : { quantifier }),
        ...(isRequest && tagClaim(key, provider) === key ? { isRequest: true } : !isRequest && !isSame ? { isRequest: true } : {}),
      };
    }),
  );
}

/** Buildkite can send claims as session tags too: `aws:RequestTag/organization_slug`. */
function tagClaim(key: string, provider: string): string {
  const tag = /^aws:RequestTag\/(\w+)$/i.exec(key)?.[1];
  return tag !== undefined && familyOf(`https://${provider}`, [], []).id === 'buildkite' ? tag : key;
}

function operatorOf(operator: string): { readonly name: string; readonly quantifier?: 'all' | 'any'; readonly ifExists: boolean } {
  const quantified = /^(ForAllValues|ForAnyValue):(.+)$/i.exec(operator);
  const rest = quantified?.[2] ?? operator;
  const ifExists = /IfExists$/i.test(rest);
  const name = rest.replace(/IfExists$/i, '').toLowerCase();
  const quantifier = quantified === null ? undefined : /^ForAll/i.test(operator) ? ('all' as const) : ('any' as const);
  return { name, ifExists, ...(quantifier === undefined ? {} : { quantifier }) };
}

/** Prefixes of keys that are not about the token. */
const GLOBAL = /^(?:aws|sts|iam|saml|ec2|s3|kms):/i;

/** `token.actions.githubusercontent.com:sub`: the issuer before the colon, the claim after it. A scheme in front is a slip, and is kept for the report. */
function keyOf(key: string, provider: string): { readonly issuer?: string; readonly claim: string; readonly isRequest: boolean } {
  if (GLOBAL.test(key)) return { claim: key, isRequest: true };
  if (provider !== '*' && key.startsWith(`${provider}:`)) return { issuer: provider, claim: key.slice(provider.length + 1), isRequest: false };
  const scheme = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.exec(key)?.[0].length ?? 0;
  const colon = key.indexOf(':', scheme);
  if (colon === -1) return { claim: key, isRequest: true };
  return { issuer: key.slice(0, colon), claim: key.slice(colon + 1), isRequest: false };
}

function matcherOf(operator: string, value: DataNode): ClaimMatcher {
  const values = textsOf(value);
  const unknown: ClaimMatcher = { kind: 'unknown', text: operator };
  if (!isAllText(value)) return unknown;
  switch (operator) {
    case 'stringequals':
    case 'stringequalsignorecase':
      return { kind: 'exact', values };
    case 'stringlike':
      return { kind: 'glob', dialect: 'aws', values };
    case 'stringnotequals':
    case 'stringnotequalsignorecase':
      return { kind: 'not', of: { kind: 'exact', values } };
    case 'stringnotlike':
      return { kind: 'not', of: { kind: 'glob', dialect: 'aws', values } };
    case 'bool':
      return { kind: 'exact', values };
    case 'null':
      return values.every((text) => text === 'false') ? { kind: 'present' } : values.every((text) => text === 'true') ? { kind: 'absent' } : unknown;
    default:
      return unknown;
  }
}
