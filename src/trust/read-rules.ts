/** Federation rules of AI providers and brokers: one issuer, one subject, a few claims. */
import { childOf, entriesOf, textOf, type DataNode } from '../support/data-tree.ts';
import { readCel } from './cel.ts';
import { firstOf, isAllText, openJson, placedEntries, textsOf } from './json.ts';
import {
  below,
  type Arm,
  type ClaimMatcher,
  type Condition,
  type GlobDialect,
  type KeySource,
  type TrustDocument,
  type TrustParty,
  type TrustProblem,
  type TrustReading,
} from './model.ts';

/** A rule of any party whose documents have no form of their own here. */
export interface RuleFields {
  readonly issuer?: string;
  readonly audiences?: readonly string[];
  readonly subject?: string;
  /** By claim: the value, or several of which one must hold. */
  readonly claims?: Readonly<Record<string, string | readonly string[]>>;
  /** Where patterns are understood: the dialect. Left out: everything is compared as it stands. */
  readonly dialect?: GlobDialect;
}

/** Reads a rule given field by field. */
export function readRuleFields(party: TrustParty, fields: RuleFields): TrustReading {
  const matcher = (values: readonly string[]): ClaimMatcher =>
    fields.dialect === undefined ? { kind: 'exact', values } : { kind: 'glob', dialect: fields.dialect, values };
  const conditions: Condition[] = [];
  if (fields.subject !== undefined) conditions.push({ claim: 'sub', matcher: matcher([fields.subject]), operator: 'subject', place: '/subject' });
  for (const [claim, value] of Object.entries(fields.claims ?? {})) {
    conditions.push({ claim, matcher: matcher(typeof value === 'string' ? [value] : value), operator: 'claims', place: below('/claims', claim) });
  }
  if (fields.audiences !== undefined && fields.audiences.length > 0) conditions.push(audience(fields.audiences, '/audiences'));
  const problems = fields.issuer === undefined ? [{ place: '/issuer', message: 'no issuer' }] : [];
  return { documents: [{ party, arms: [{ issuer: fields.issuer, conditions, place: '' }], duplicateKeys: [] }], problems };
}

function audience(values: readonly string[], place: string): Condition {
  return { claim: 'aud', matcher: { kind: 'exact', values }, operator: 'audience', place };
}

/** Adds the arms of a CEL condition to what else the rule demands. */
function withCondition(
  base: Arm,
  text: string | undefined,
  variable: string,
  place: string,
): { readonly arms: readonly Arm[]; readonly problems: readonly TrustProblem[] } {
  if (text === undefined || text.trim() === '') return { arms: [base], problems: [] };
  const read = readCel(text, (parts) => (parts[0] === variable && parts.length > 1 ? parts.slice(1).join('/') : undefined), place);
  const unknown: Condition = { claim: '', matcher: { kind: 'unknown', text }, operator: text, place };
  const arms = (read.arms ?? [[unknown]]).map((conditions) => ({ ...base, conditions: [...base.conditions, ...conditions] }));
  return { arms, problems: read.arms === undefined ? [{ place, message: 'the condition is no expression that can be read' }] : [] };
}

/** A subject that is compared as it stands unless it ends in `*`. */
function trailingStar(subject: string, place: string, operator: string): Condition {
  const matcher: ClaimMatcher = subject.endsWith('*') ? { kind: 'glob', dialect: 'trailing-star', values: [subject] } : { kind: 'exact', values: [subject] };
  return { claim: 'sub', matcher, operator, place };
}

function claimConditions(node: DataNode | undefined, place: string, operator: string): readonly Condition[] {
  return placedEntries(node, place).map(({ key, value, place: at }) => ({
    claim: key,
    matcher: isAllText(value) ? ({ kind: 'exact', values: textsOf(value) } as const) : ({ kind: 'unknown', text: key } as const),
    operator,
    place: at,
  }));
}

// --- Anthropic ---

/**
 * Reads a federation rule of the Claude API. The issuer stands in the rule (`issuer`) or is given beside it; without it the issuer is not known.
 *
 * @param issuerText the issuer object
 */
export function readAnthropicRule(text: string, issuerText?: string): TrustReading {
  const { root, duplicateKeys, problems } = openJson(text);
  if (root === undefined) return { documents: [], problems };
  const beside = issuerText === undefined ? undefined : openJson(issuerText);
  const issuer = beside?.root ?? childOf(root, 'issuer');
  const match = childOf(root, 'match');
  const conditions: Condition[] = [];
  const subject = textOf(childOf(match, 'subject_prefix'));
  if (subject !== undefined && subject !== '') conditions.push(trailingStar(subject, '/match/subject_prefix', 'subject_prefix'));
  const aud = textOf(childOf(match, 'audience'));
  if (aud !== undefined && aud !== '') conditions.push(audience([aud], '/match/audience'));
  conditions.push(...claimConditions(childOf(match, 'claims'), '/match/claims', 'claims'));
  const arm: Arm = { issuer: textOf(childOf(issuer, 'issuer_url')) ?? textOf(issuer), conditions, place: '/match' };
  const condition = withCondition(arm, textOf(childOf(match, 'condition')), 'claims', '/match/condition');
  const scope = textOf(childOf(root, 'oauth_scope'));
  const issuerId = textOf(childOf(root, 'issuer_id'));
  const lifetime = numberOf(childOf(root, 'token_lifetime_seconds'));
  const target = textOf(childOf(root, 'target', 'service_account_id'));
  const keys = anthropicKeys(childOf(issuer, 'jwks'));
  const document: TrustDocument = {
    party: 'anthropic',
    arms: condition.arms,
    duplicateKeys: [...duplicateKeys, ...(beside?.duplicateKeys ?? []).map(({ place, key }) => ({ place: `/issuer${place}`, key }))],
    anthropic: {
      appliesToAllWorkspaces: textOf(childOf(root, 'applies_to_all_workspaces')) === 'true',
      ...(scope === undefined ? {} : { scope }),
      ...(issuerId === undefined ? {} : { issuerId }),
    },
    ...(target === undefined ? {} : { target }),
    ...(lifetime === undefined ? {} : { lifetimeSeconds: lifetime }),
    ...(keys === undefined ? {} : { keys }),
  };
  return { documents: [document], problems: [...problems, ...(beside?.problems ?? []), ...condition.problems] };
}

function anthropicKeys(node: DataNode | undefined): KeySource | undefined {
  const type = textOf(childOf(node, 'type'));
  if (type === 'inline') return { kind: 'uploaded' };
  if (type === 'explicit_url') return { kind: 'url', ...urlOf(childOf(node, 'url')) };
  return type === 'discovery' ? { kind: 'discovery', ...urlOf(childOf(node, 'discovery_base')) } : undefined;
}

function urlOf(node: DataNode | undefined): { readonly url?: string } {
  const url = textOf(node);
  return url === undefined ? {} : { url };
}

function numberOf(node: DataNode | undefined): number | undefined {
  return node?.kind === 'scalar' && typeof node.value === 'number' ? node.value : undefined;
}

// --- OpenAI ---

/**
 * Reads a federation rule of the OpenAI API (`attribute_matchers`) or of Codex (`subject`, `claims`, `condition`, `audiences`), with its provider beside
 * it or inside it (`provider`).
 */
export function readOpenAiRule(text: string, providerText?: string): TrustReading {
  const { root, duplicateKeys, problems } = openJson(text);
  if (root === undefined) return { documents: [], problems };
  const beside = providerText === undefined ? undefined : openJson(providerText);
  const provider = beside?.root ?? childOf(root, 'provider');
  const conditions: Condition[] = [];
  for (const condition of claimConditions(childOf(root, 'attribute_matchers'), '/attribute_matchers', 'attribute_matchers')) {
    const value = condition.matcher.kind === 'exact' ? condition.matcher.values[0] : undefined;
    conditions.push(condition.claim === 'sub' && value !== undefined ? trailingStar(value, condition.place, condition.operator) : condition);
  }
  const subject = textOf(childOf(root, 'subject'));
  if (subject !== undefined && subject !== '') conditions.push(trailingStar(subject, '/subject', 'subject'));
  conditions.push(...claimConditions(childOf(root, 'claims'), '/claims', 'claims'));
  const own = firstOf(root, 'audiences', 'audience');
  const from = own ?? firstOf(provider, 'audience', 'audiences');
  const audiences = textsOf(from?.value).filter((value) => value !== '');
  if (audiences.length > 0) conditions.push(audience(audiences, `${own === undefined ? '/provider' : ''}/${from?.key ?? 'audience'}`));
  const arm: Arm = { issuer: textOf(childOf(provider, 'issuer')) ?? textOf(childOf(root, 'issuer')), conditions, place: '' };
  const condition = withCondition(arm, textOf(childOf(root, 'condition')), 'assertion', '/condition');
  const target = textOf(childOf(root, 'service_account_id'));
  const lifetime = numberOf(firstOf(root, 'token_lifetime_seconds', 'lifetime_seconds')?.value);
  const type = textOf(childOf(provider, 'verification', 'type'));
  const keys: KeySource | undefined =
    type === 'uploaded_jwks'
      ? { kind: 'uploaded' }
      : type === 'discovery'
        ? { kind: 'discovery', ...urlOf(childOf(provider, 'verification', 'discovery_url')) }
        : undefined;
  const document: TrustDocument = {
    party: 'openai',
    arms: condition.arms,
    duplicateKeys: [...duplicateKeys, ...(beside?.duplicateKeys ?? []).map(({ place, key }) => ({ place: `/provider${place}`, key }))],
    ...(target === undefined ? {} : { target }),
    ...(lifetime === undefined ? {} : { lifetimeSeconds: lifetime }),
    ...(keys === undefined ? {} : { keys }),
  };
  return { documents: [document], problems: [...problems, ...(beside?.problems ?? []), ...condition.problems] };
}

// --- Vault, OpenBao ---

/** Reads a role of the JWT auth method, with the method's own configuration beside it or inside it (`config`), which names the issuer. */
export function readVaultRole(text: string, configText?: string): TrustReading {
  const { root, duplicateKeys, problems } = openJson(text);
  if (root === undefined) return { documents: [], problems };
  const beside = configText === undefined ? undefined : openJson(configText);
  const config = beside?.root ?? childOf(root, 'config');
  const data = childOf(root, 'data');
  const [role, base] = data?.kind === 'map' ? [data, '/data'] : [root, ''];
  const isGlob = textOf(childOf(role, 'bound_claims_type')) === 'glob';
  const conditions: Condition[] = [];
  const subject = textOf(childOf(role, 'bound_subject'));
  if (subject !== undefined && subject !== '')
    conditions.push({ claim: 'sub', matcher: { kind: 'exact', values: [subject] }, operator: 'bound_subject', place: `${base}/bound_subject` });
  for (const { key, value, place } of placedEntries(childOf(role, 'bound_claims'), `${base}/bound_claims`)) {
    const values = textsOf(value);
    const matcher: ClaimMatcher = !isAllText(value)
      ? { kind: 'unknown', text: key }
      : isGlob
        ? { kind: 'glob', dialect: 'vault', values }
        : { kind: 'exact', values };
    // A key may be a JSON pointer: `/kubernetes.io/namespace`.
    conditions.push({ claim: key.replace(/^\//, ''), matcher, operator: 'bound_claims', place });
  }
  const audiences = textsOf(childOf(role, 'bound_audiences'));
  if (audiences.length > 0) conditions.push(audience(audiences, `${base}/bound_audiences`));
  const lifetime = numberOf(childOf(role, 'token_ttl'));
  const issuer = [textOf(childOf(config, 'bound_issuer')), textOf(childOf(config, 'oidc_discovery_url'))].find((value) => value !== undefined && value !== '');
  const hasKeys = entriesOf(config).some(({ key, value }) => key === 'jwt_validation_pubkeys' && textsOf(value).length > 0);
  const jwks = textOf(childOf(config, 'jwks_url'));
  const keys: KeySource | undefined = hasKeys ? { kind: 'uploaded' } : jwks !== undefined && jwks !== '' ? { kind: 'url', url: jwks } : undefined;
  return {
    documents: [
      {
        party: 'vault',
        arms: [{ issuer, conditions, place: base }],
        duplicateKeys: [...duplicateKeys, ...(beside?.duplicateKeys ?? []).map(({ place, key }) => ({ place: `/config${place}`, key }))],
        ...(lifetime === undefined ? {} : { lifetimeSeconds: lifetime }),
        ...(keys === undefined ? {} : { keys }),
      },
    ],
    problems: [...problems, ...(beside?.problems ?? [])],
  };
}

// --- Hugging Face, OpenRouter, Databricks, Snowflake ---

/** A trusted publisher as the form of the Hub asks for it. The audience is always the Hub itself. */
export interface HuggingFacePublisher {
  readonly issuer?: string;
  /** Preset that stands for an issuer. */
  readonly provider?: 'github' | 'gitlab';
  readonly repository?: string;
  readonly branch?: string;
  /** File name of the workflow. */
  readonly workflow?: string;
  readonly environment?: string;
  /** Further claims, compared as they stand. */
  readonly claims?: Readonly<Record<string, string>>;
}

const PRESETS = { github: 'https://token.actions.githubusercontent.com', gitlab: 'https://gitlab.com' } as const;

export function readHuggingFacePublisher(publisher: HuggingFacePublisher): TrustReading {
  const issuer = publisher.issuer ?? (publisher.provider === undefined ? undefined : PRESETS[publisher.provider]);
  const isGitlab = issuer === PRESETS.gitlab;
  const claims: Record<string, string> = { ...publisher.claims };
  if (publisher.repository !== undefined) claims[isGitlab ? 'project_path' : 'repository'] = publisher.repository;
  if (publisher.branch !== undefined) claims['ref'] = isGitlab ? publisher.branch : `refs/heads/${publisher.branch}`;
  if (publisher.environment !== undefined) claims['environment'] = publisher.environment;
  if (publisher.workflow !== undefined) claims['workflow'] = publisher.workflow;
  const { sub, ...others } = claims;
  return readRuleFields('huggingface', {
    ...(issuer === undefined ? {} : { issuer }),
    audiences: ['https://huggingface.co'],
    ...(sub === undefined ? {} : { subject: sub }),
    claims: others,
  });
}

/** A policy of OpenRouter: exact subject, one audience. */
export function readOpenRouterPolicy(text: string): TrustReading {
  const { root, duplicateKeys, problems } = openJson(text);
  if (root === undefined) return { documents: [], problems };
  const issuerNode = firstOf(root, 'issuer', 'issuer_url')?.value;
  const issuer = textOf(issuerNode) ?? textOf(firstOf(issuerNode, 'url', 'issuer_url', 'issuer')?.value);
  const subject = textOf(childOf(root, 'subject'));
  return withDuplicates(
    readRuleFields('openrouter', { ...defined({ issuer, subject }), audiences: textsOf(firstOf(root, 'audience', 'audiences')?.value) }),
    duplicateKeys,
    problems,
  );
}

/** A federation policy of Databricks: `oidc_policy { issuer, audiences, subject, subject_claim }`. */
export function readDatabricksPolicy(text: string): TrustReading {
  const { root, duplicateKeys, problems } = openJson(text);
  if (root === undefined) return { documents: [], problems };
  const policy = childOf(root, 'oidc_policy') ?? root;
  const issuer = textOf(childOf(policy, 'issuer'));
  const subject = textOf(childOf(policy, 'subject'));
  const claim = textOf(childOf(policy, 'subject_claim')) ?? 'sub';
  const fields: RuleFields = {
    ...defined({ issuer }),
    ...(claim === 'sub' ? defined({ subject }) : { claims: subject === undefined ? {} : { [claim]: subject } }),
    audiences: textsOf(childOf(policy, 'audiences')),
  };
  return withDuplicates(readRuleFields('databricks', fields), duplicateKeys, problems);
}

function defined<Key extends string>(fields: Readonly<Record<Key, string | undefined>>): Partial<Record<Key, string>> {
  const result: Partial<Record<Key, string>> = {};
  for (const key of Object.keys(fields) as Key[]) {
    const value = fields[key];
    if (value !== undefined && value !== '') result[key] = value;
  }
  return result;
}

function withDuplicates(reading: TrustReading, duplicateKeys: TrustDocument['duplicateKeys'], problems: readonly TrustProblem[]): TrustReading {
  return { documents: reading.documents.map((document) => ({ ...document, duplicateKeys })), problems: [...problems, ...reading.problems] };
}

/** Workload identities in `CREATE USER` and `ALTER USER` statements of Snowflake. Types other than OIDC have no subject of a token and give no document. */
export function readSnowflakeUser(sql: string): TrustReading {
  const documents: TrustDocument[] = [];
  const problems: TrustProblem[] = [];
  const text = withoutComments(sql);
  for (const found of text.matchAll(/WORKLOAD_IDENTITY\s*=\s*\(/gi)) {
    const body = parenthesised(text, found.index + found[0].length);
    if (body === undefined) {
      problems.push({ place: '', message: 'WORKLOAD_IDENTITY is not closed' });
      continue;
    }
    const fields = new Map<string, readonly string[]>();
    const duplicateKeys: { place: string; key: string }[] = [];
    for (const [, key, list, quoted, bare] of body.matchAll(/\b([A-Z_]+)\s*=\s*(?:\(((?:'(?:''|[^'])*'(?!')|[^')])*)\)|'((?:''|[^'])*)'(?!')|([\w.]+))/gi)) {
      if (key === undefined) continue;
      const name = key.toUpperCase();
      if (fields.has(name)) duplicateKeys.push({ place: below('', key), key });
      const values = list === undefined ? [quoted ?? bare ?? ''] : [...list.matchAll(/'((?:''|[^'])*)'/g)].map((item) => item[1] ?? '');
      fields.set(
        name,
        values.map((value) => value.replaceAll("''", "'")),
      );
    }
    if (fields.get('TYPE')?.[0]?.toUpperCase() !== 'OIDC') continue;
    const reading = readRuleFields('snowflake', {
      ...defined({ issuer: fields.get('ISSUER')?.[0], subject: fields.get('SUBJECT')?.[0] }),
      audiences: fields.get('OIDC_AUDIENCE_LIST') ?? [],
    });
    documents.push(...reading.documents.map((document) => ({ ...document, duplicateKeys })));
    problems.push(...reading.problems);
  }
  if (documents.length === 0 && problems.length === 0) problems.push({ place: '', message: 'no workload identity of type OIDC' });
  return { documents, problems };
}

/** Comments become spaces; quoted texts stay. */
function withoutComments(sql: string): string {
  return sql.replace(/'(?:''|[^'])*'|--[^\n]*|\/\*[\s\S]*?\*\//g, (part) => (part.startsWith("'") ? part : ' '));
}

function parenthesised(text: string, from: number): string | undefined {
  let depth = 1;
  let isQuoted = false;
  for (let at = from; at < text.length; at += 1) {
    const character = text[at];
    if (character === "'") isQuoted = !isQuoted;
    if (isQuoted) continue;
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (depth === 0) return text.slice(from, at);
  }
  return undefined;
}
