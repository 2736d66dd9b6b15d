/** Rules on providers of Google workload identity pools. */
import type { Condition, TrustDocument, TrustRule } from '../model.ts';
import { patternsOf } from '../pattern.ts';
import { claimOfMapping } from '../read-google.ts';
import { isAnchored } from '../regex.ts';
import { isBound, valuesOf, viewsOfArms, type View } from '../view.ts';
import { issuerName, lacksTenant, quote, rule, statusOf, viewsIn, type Draft } from './_shared.ts';

function conditionViews(document: TrustDocument): readonly View[] {
  return document.google === undefined ? [] : viewsOfArms(document.google.conditionArms);
}

function lacksCondition(document: TrustDocument): boolean {
  return document.google?.condition === '' && conditionViews(document).some(({ family }) => family.isShared);
}

const tp025 = rule(
  {
    id: 'TP025',
    title: 'Shared issuer without a condition',
    parties: ['google'],
    severity: 'critical',
    fix: 'Set attributeCondition, for example `assertion.repository_owner_id == "1029384" && assertion.repository_id == "5647382"`.',
  },
  (document) =>
    lacksCondition(document)
      ? conditionViews(document).map((view) => ({
          place: '/attributeCondition',
          message: `the condition is empty (""): every token of ${issuerName(view)} enters the pool`,
        }))
      : [],
);

const tp026 = rule(
  {
    id: 'TP026',
    title: 'Names only',
    parties: ['google'],
    severity: 'medium',
    fix: 'Compare the ids too: repository_owner_id and repository_id, or namespace_id and project_id.',
  },
  (document) =>
    viewsIn(document)
      .filter(({ family, widths, hasIds }) => family.isShared && widths.tenant === 'exact' && !hasIds.tenant && !hasIds.scope)
      .flatMap((view) => {
        const by = view.sources.find(({ level, width }) => level === 'tenant' && width === 'exact');
        return by === undefined
          ? []
          : [{ place: by.condition.place, message: `${by.claim} ${quote(by.text)} is a name, and a name can be given to somebody else` }];
      }),
);

const tp027 = rule(
  {
    id: 'TP027',
    title: 'Whole pool let in',
    parties: ['google'],
    severity: 'critical',
    fix: 'Bind one subject or one attribute: `principalSet://.../attribute.repository_id/5647382`.',
  },
  (document) =>
    (document.google?.bindings ?? []).flatMap((member, index) =>
      /\/workloadIdentityPools\/[^/]+\/\*$/.test(member)
        ? [
            {
              place: `/bindings/${index}`,
              severity: lacksCondition(document) ? ('critical' as const) : ('high' as const),
              message: `member ${quote(member)} is everyone in the pool`,
            },
          ]
        : [],
    ),
);

/** Whether a comparison by beginning, part or pattern leaves whose token it is open. */
function isUnanchored(view: View, condition: Condition): boolean {
  const { matcher } = condition;
  const own = view.sources.filter((source) => source.condition === condition);
  const isLoose = own.some(({ level, width }) => level !== 'context' && width !== 'exact');
  if (matcher.kind === 'regex')
    return isLoose || (patternsOf(matcher) ?? []).some(({ language }) => language === undefined) || !matcher.values.every(isAnchored);
  return matcher.kind === 'prefix' || matcher.kind === 'contains' || matcher.kind === 'suffix' ? isLoose : false;
}

const tp028 = rule(
  {
    id: 'TP028',
    title: 'Condition with an open end',
    parties: ['google'],
    severity: 'high',
    fix: 'Compare with ==, and let every alternative of an || name the tenant.',
  },
  (document): readonly Draft[] => {
    if (document.google === undefined || document.google.condition === '') return [];
    return conditionViews(document).flatMap((view): readonly Draft[] => {
      const loose = view.arm.conditions
        .filter((condition) => isBound(condition) && isUnanchored(view, condition))
        .map((condition) => ({ place: condition.place, message: `${quote(condition.operator)} has an open end` }));
      if (!view.family.isShared || !lacksTenant(view) || loose.length > 0) return loose;
      const shown = view.arm.conditions.filter(({ claim }) => claim !== 'aud').map(({ operator }) => operator);
      return [
        {
          place: view.arm.place,
          message: `${quote(shown.length === 0 ? (document.google?.condition ?? '') : shown.join(' && '))} is enough to enter, and names no tenant`,
          ...statusOf(view),
        },
      ];
    });
  },
);

/** Claims of which each belongs to one workload alone. */
const UNIQUE = /^(?:sub|oid|uid|kubernetes\.io\/.*uid)$/;
/** Claims that tell one repository or project from another, from which a composition can start. */
const IDS = /(?:^|[_/-])(?:id|sub|uid)$|_id$|-id$/;
const MAX_SUBJECT_BYTES = 127;

const tp029 = rule(
  {
    id: 'TP029',
    title: 'google.subject not unique, or too long',
    parties: ['google'],
    severity: 'medium',
    fix: 'Map google.subject to assertion.sub, or to a composition that begins with an id and stays below 127 bytes.',
  },
  (document): readonly Draft[] => {
    const mapping = document.google?.mapping['google.subject'];
    if (mapping === undefined) return [];
    const place = '/attributeMapping/google.subject';
    const claim = claimOfMapping(mapping);
    if (claim === 'sub') {
      const subjects = new Set(document.arms.flatMap((arm) => valuesOf(arm, 'sub') ?? []));
      return [...subjects]
        .filter((text) => Buffer.byteLength(text) > MAX_SUBJECT_BYTES)
        .map((text) => ({ place, message: `${quote(text)} is longer than ${MAX_SUBJECT_BYTES} bytes, so its tokens are refused` }));
    }
    if (claim !== undefined) return UNIQUE.test(claim) ? [] : [{ place, message: `google.subject is ${quote(mapping)}, which is not one workload's own` }];
    const parts = claimsIn(mapping);
    return parts.length > 0 && !parts.some((part) => UNIQUE.test(part) || IDS.test(part))
      ? [{ place, message: `google.subject is ${quote(mapping)}, in which no id stands` }]
      : [];
  },
);

/** Claims that an expression speaks of, whatever it does with them. */
function claimsIn(expression: string): readonly string[] {
  const found = new Set<string>();
  for (const [, dotted, quoted] of expression.matchAll(/\bassertion(?:\.([A-Za-z_]\w*)|\[\s*['"]([^'"]+)['"]\s*\])/g)) found.add(dotted ?? quoted ?? '');
  return [...found];
}

const tp030 = rule(
  {
    id: 'TP030',
    title: 'Shared pool, or no audience of its own',
    parties: ['google'],
    severity: 'medium',
    unverified: true,
    fix: 'Make one pool for each trust, and set allowedAudiences.',
  },
  (document, context): readonly Draft[] => {
    const own = document.google;
    if (own === undefined) return [];
    const issuers = new Set(own.conditionArms.map(({ issuer }) => issuer));
    const others = (context.siblings ?? []).filter(
      ({ google }) =>
        google !== undefined &&
        google !== own &&
        own.pool !== undefined &&
        google.pool === own.pool &&
        google.mapping['google.subject'] === own.mapping['google.subject'] &&
        (google.conditionArms.some(({ issuer }) => !issuers.has(issuer)) || tenantsOf(google.conditionArms) !== tenantsOf(own.conditionArms)),
    );
    return [
      ...(own.allowedAudiences.length === 0 ? [{ place: '/allowedAudiences', message: 'allowedAudiences is empty ("[]")' }] : []),
      ...others.map(({ google }) => ({
        place: '/attributeMapping/google.subject',
        message: `pool ${quote(own.pool ?? '')} takes tokens of ${quote(google?.conditionArms[0]?.issuer ?? '')} too, under the same subjects`,
      })),
    ];
  },
);

function tenantsOf(arms: TrustDocument['arms']): string {
  const texts = viewsOfArms(arms).flatMap(({ sources }) =>
    sources.filter(({ level, width }) => level === 'tenant' && width === 'exact').map(({ claim, text }) => `${claim}=${text}`),
  );
  return [...new Set(texts)].toSorted().join('\n');
}

export const googleRules: readonly TrustRule[] = [tp025, tp026, tp027, tp028, tp029, tp030];
