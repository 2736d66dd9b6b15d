/** Providers of Google workload identity pools, with the IAM members that let their identities in. */
import { readCel } from './cel.ts';
import { below, type Arm, type Condition, type TrustReading } from './model.ts';

/** A provider of a pool, field by field. */
export interface GoogleProvider {
  readonly issuer: string;
  readonly allowedAudiences?: readonly string[];
  readonly attributeMapping?: Readonly<Record<string, string>>;
  readonly attributeCondition?: string;
  /** IAM members: `principal://...`, `principalSet://...`. Left out when they are not known. */
  readonly bindings?: readonly string[];
  /** `projects/N/locations/global/workloadIdentityPools/P`. */
  readonly pool?: string;
}

/** Reads one provider. What a member may do is the condition of the provider and the member's own bound, both. Never throws. */
export function readGoogleProvider(provider: GoogleProvider): TrustReading {
  const mapping = provider.attributeMapping ?? {};
  const condition = (provider.attributeCondition ?? '').trim();
  const place = '/attributeCondition';
  const claimOf = (parts: readonly string[]): string | undefined => claimOfPath(parts, mapping);
  const bounds = condition === '' ? [[]] : readCel(condition, claimOf, place).arms;
  const problems = bounds === undefined ? [{ place, message: 'the attribute condition is no expression that can be read' }] : [];
  const unknown: Condition = { claim: '', matcher: { kind: 'unknown', text: condition }, operator: condition, place };
  const audiences = provider.allowedAudiences ?? [];
  const audience: Condition[] =
    audiences.length === 0 ? [] : [{ claim: 'aud', matcher: { kind: 'exact', values: audiences }, operator: 'allowedAudiences', place: '/allowedAudiences' }];
  const conditionArms: Arm[] = (bounds ?? [[unknown]]).map((conditions) => ({ issuer: provider.issuer, conditions: [...conditions, ...audience], place }));
  const { bindings } = provider;
  const arms =
    bindings === undefined
      ? conditionArms
      : bindings.flatMap((member, index) => {
          const bound = boundOf(member, below('/bindings', index), mapping);
          return bound === undefined
            ? []
            : conditionArms.map((arm) => ({ ...arm, conditions: [...arm.conditions, ...bound], place: below('/bindings', index) }));
        });
  const pool =
    provider.pool ??
    bindings?.map((member) => /projects\/[^/]+\/locations\/[^/]+\/workloadIdentityPools\/[^/]+/.exec(member)?.[0]).find((found) => found !== undefined);
  return {
    documents: [
      {
        party: 'google',
        arms,
        duplicateKeys: [],
        google: {
          condition,
          conditionArms,
          mapping,
          allowedAudiences: audiences,
          ...(bindings === undefined ? {} : { bindings }),
          ...(pool === undefined ? {} : { pool }),
        },
      },
    ],
    problems,
  };
}

function claimOfPath(parts: readonly string[], mapping: Readonly<Record<string, string>>): string | undefined {
  const [root, ...rest] = parts;
  if (rest.length === 0) return undefined;
  if (root === 'assertion') return rest.join('/');
  if (root === 'attribute' || root === 'google') return mappedClaim(`${root}.${rest.join('.')}`, mapping);
  return undefined;
}

/** The claim that a mapped attribute is a plain copy of; otherwise the attribute's own name, about which nothing is known. */
function mappedClaim(attribute: string, mapping: Readonly<Record<string, string>>): string {
  const expression = Object.hasOwn(mapping, attribute) ? mapping[attribute] : undefined;
  return (expression === undefined ? undefined : claimOfMapping(expression)) ?? attribute;
}

/** `assertion.sub`, `assertion['a.b']` as a claim; undefined for anything that is computed. */
export function claimOfMapping(expression: string): string | undefined {
  const read = readCel(`${expression} == 'x'`, (parts) => (parts[0] === 'assertion' && parts.length > 1 ? parts.slice(1).join('/') : undefined), '');
  const [arm, ...more] = read.arms ?? [];
  const [condition, ...others] = arm ?? [];
  return more.length > 0 || others.length > 0 || condition === undefined || condition.matcher.kind !== 'exact' ? undefined : condition.claim;
}

/** What an IAM member adds; undefined for members that are no identities of a pool. */
function boundOf(member: string, place: string, mapping: Readonly<Record<string, string>>): readonly Condition[] | undefined {
  const subject = /^principal:\/\/[^/]+\/projects\/[^/]+\/locations\/[^/]+\/workloadIdentityPools\/[^/]+\/subject\/(.+)$/s.exec(member)?.[1];
  if (subject !== undefined)
    return [{ claim: mappedClaim('google.subject', mapping), matcher: { kind: 'exact', values: [subject] }, operator: 'subject', place }];
  const set = /^principalSet:\/\/[^/]+\/projects\/[^/]+\/locations\/[^/]+\/workloadIdentityPools\/[^/]+\/(.+)$/s.exec(member)?.[1];
  if (set === undefined) return undefined;
  if (set === '*') return [];
  const attribute = /^attribute\.([^/]+)\/(.+)$/s.exec(set);
  if (attribute?.[1] === undefined || attribute[2] === undefined) return [{ claim: '', matcher: { kind: 'unknown', text: set }, operator: set, place }];
  return [{ claim: mappedClaim(`attribute.${attribute[1]}`, mapping), matcher: { kind: 'exact', values: [attribute[2]] }, operator: 'attribute', place }];
}
