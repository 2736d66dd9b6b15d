import type { RelyingParty, TrustPolicy } from '../model/federation.ts';
import type { PinnableClaim, TokenShape, TokenSource } from '../model/issuer.ts';
import type { NoPath } from '../model/plan.ts';
import type { Text } from '../model/text.ts';
import { fromTemplate, sameText } from './texts.ts';

/**
 * The tightest policy that `party` can hold for the tokens of one workload, or why there is none that is tight enough.
 *
 * A policy has to name the workload by a subject that is the same in all its tokens, or by an id that is never given out again. Where neither can
 * be written at the party, there is no path: a looser rule is never made.
 */
export function policyFor(party: RelyingParty, platform: string, tokens: TokenSource, shape: TokenShape): TrustPolicy | NoPath {
  if (party.issuers !== 'any' && !party.issuers.only.includes(platform)) {
    return { code: 'issuer-not-accepted', reason: `${party.title} does not take tokens of this platform: ${party.issuers.note}`, unblock: `Ask ${party.title} to accept the issuer, or use another path.` };
  }
  if (party.refusesFinalSlash === true && tokens.issuer.endsWith('/')) {
    return { code: 'issuer-not-accepted', reason: `The issuer ends with a slash, which ${party.title} cannot name, and issuers are compared byte for byte.`, unblock: 'Use another path.' };
  }
  if (tokens.discovery === 'network' && !party.uploadsKeys) {
    return {
      code: 'issuer-not-reachable',
      reason: `${party.title} fetches the signing keys from the issuer, which may not be reachable from outside.`,
      unblock: 'Publish the discovery document and the keys of the issuer under a public https address, or use a party that takes uploaded keys.',
    };
  }
  const audience = audienceFor(party, tokens, shape);
  if ('code' in audience) return audience;
  const claims = claimsFor(party, shape);
  const subject = subjectFor(party, shape);
  const hasId = claims.some(({ role }) => role === 'id');
  if (subject?.kind !== 'exact' && !hasId) {
    return tokens.isShared && claims.length > 0
      ? { code: 'tenant-not-pinnable', reason: `The issuer is shared by all customers of the platform, and ${party.title} cannot be told which one is yours.`, unblock: 'Use a party that compares claims, or go through a cloud.' }
      : {
          code: 'subject-not-matchable',
          reason: `Subjects of this platform change from run to run, and ${party.title} compares ${party.claims === 'none' ? 'nothing but the subject' : 'too few claims'}: no rule would name this workload alone.`,
          unblock: 'Go through a cloud or a broker that compares claims.',
        };
  }
  if (!bindsContext(shape, claims, subject)) {
    return {
      code: 'subject-not-matchable',
      reason: `${party.title} cannot tell one branch or environment of this workload from another: its subjects do not say, and the claims that do cannot be compared there.`,
      unblock: 'Go through a cloud or a broker that compares claims.',
    };
  }
  return {
    issuer: shape.issuer,
    issuerIsShared: tokens.isShared,
    audience: audience.text,
    ...(subject === undefined ? {} : { subject }),
    claims: claims.map(({ claim, value, type }) => ({ claim, value, type: type ?? 'string' })),
    uploadsKeys: tokens.discovery === 'network',
  };
}

/** Where tokens say what run they are of (branch, environment, event), the policy has to hold at least one of these, in a claim or within the subject. */
function bindsContext(shape: TokenShape, claims: readonly PinnableClaim[], subject: TrustPolicy['subject']): boolean {
  // On what machine a run is says nothing of what it is for.
  const context = shape.claims.filter(({ role, claim }) => role === 'context' && claim !== 'runner_environment');
  if (context.length === 0 || claims.some(({ role }) => role === 'context')) return true;
  const text = subject?.text ?? [];
  return context.some(({ value }) => value.every((part) => (typeof part === 'string' ? text.some((piece) => typeof piece === 'string' && piece.includes(part)) : text.some((piece) => typeof piece !== 'string' && piece.input === part.input))));
}

function audienceFor(party: RelyingParty, tokens: TokenSource, shape: TokenShape): { readonly text: Text } | NoPath {
  const fixed = tokens.audience === 'free' ? undefined : (shape.audience ?? fromTemplate(tokens.audience.fixed));
  if (fixed === undefined) return { text: fromTemplate('free' in party.audience ? party.audience.free : party.audience.fixed) };
  if ('free' in party.audience || sameText(fixed, fromTemplate(party.audience.fixed))) return { text: fixed };
  return {
    code: 'audience-fixed',
    reason: `The platform fixes the audience of its tokens, and ${party.title} demands its own.`,
    unblock: 'Go through a party whose rules may name the audience, such as a cloud that issues tokens of its own.',
  };
}

function subjectFor(party: RelyingParty, shape: TokenShape): TrustPolicy['subject'] | undefined {
  const { text, prefix } = shape.subject;
  if (text !== undefined) return { kind: 'exact', text };
  return prefix !== undefined && party.subject !== 'exact' ? { kind: 'prefix', text: prefix } : undefined;
}

/** The claims that `party` can compare, names only where no id says the same. */
function claimsFor(party: RelyingParty, shape: TokenShape): readonly PinnableClaim[] {
  const usable = shape.claims.filter((claim) => canCompare(party, shape.issuer, claim));
  const hasId = usable.some(({ role }) => role === 'id');
  return usable.filter(({ role }) => role !== 'name' || !hasId);
}

function canCompare({ claims }: RelyingParty, issuer: Text, { claim, type }: PinnableClaim): boolean {
  if (claims === 'none') return false;
  if (claims === 'expression') return true;
  if (claims === 'strings') return type !== 'boolean' && !claim.includes('://');
  // A condition on a claim that a party does not read never holds: the identity could not be used at all.
  const host = issuer.map((part) => (typeof part === 'string' ? part : '{}')).join('').replace(/^https:\/\//, '');
  return type !== 'boolean' && namesFor(claims.byIssuer, host).includes(claim);
}

/** The entry for an issuer, by its host and path; `{}` stands for a part that differs between customers. */
function namesFor(byIssuer: Readonly<Record<string, readonly string[]>>, host: string): readonly string[] {
  for (const [pattern, names] of Object.entries(byIssuer)) {
    const parts = pattern.split(/\{[^}]*\}|\*/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    if (new RegExp(`^${parts.join('[^/]+')}$`).test(host.replaceAll('{}', 'x'))) return names;
  }
  return [];
}
