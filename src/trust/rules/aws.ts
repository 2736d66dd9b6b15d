/** Rules on trust policies of IAM roles. */
import { awsClaimsOf, bareIssuer } from '../issuers.ts';
import type { Condition, TrustRule } from '../model.ts';
import { patternsOf, widthOf } from '../pattern.ts';
import { providerOf } from '../read-aws.ts';
import { boundsOn, isBound, viewsOf, type View } from '../view.ts';
import { isPlain, issuerName, lacksTenant, quote, rule, viewsIn, type Draft } from './_shared.ts';

function named(condition: Condition): string {
  return `${condition.operator} on ${quote(condition.key ?? condition.claim)}`;
}

/** Conditions that look like a bound on the claim and are none; other rules tell about them. */
function pretends(condition: Condition): boolean {
  return condition.ifExists !== undefined || condition.quantifier === 'all' || condition.matcher.kind === 'not';
}

const tp001 = rule(
  {
    id: 'TP001',
    title: 'Shared issuer without a subject',
    parties: ['aws'],
    severity: 'critical',
    fix: "Add StringEquals on the issuer's `sub` with the full subject.",
  },
  (document) =>
    viewsIn(document).flatMap((view): readonly Draft[] => {
      if (!view.family.isShared || boundsOn(view.arm, 'sub').length > 0) return [];
      if (view.arm.conditions.some((condition) => condition.claim === 'sub' && pretends(condition))) return [];
      if (view.family.audienceIsTenant)
        return lacksTenant(view) ? [{ place: view.arm.place, message: `no condition on the audience of ${issuerName(view)}, which names the tenant` }] : [];
      return view.widths.tenant === 'exact'
        ? [{ place: view.arm.place, severity: 'medium', message: `no condition on \`sub\` of ${issuerName(view)}: IAM refuses such a policy, ids or not` }]
        : [{ place: view.arm.place, message: `no condition on \`sub\` of ${issuerName(view)}, which strangers use too` }];
    }),
);

const tp002 = rule(
  {
    id: 'TP002',
    title: 'No audience',
    parties: ['aws'],
    severity: 'high',
    fix: 'Add StringEquals on the issuer\'s `aud` with "sts.amazonaws.com" or an audience of this account\'s own.',
  },
  (document) =>
    document.arms.flatMap((arm): readonly Draft[] => {
      const audiences = [...boundsOn(arm, 'aud'), ...boundsOn(arm, 'oaud')];
      if (audiences.length === 0)
        return arm.conditions.some((condition) => condition.claim === 'aud' && pretends(condition))
          ? []
          : [{ place: arm.place, message: `no condition on \`aud\` of ${quote(arm.issuer ?? 'the issuer')}` }];
      return audiences.flatMap(({ matcher, place }) =>
        (patternsOf(matcher) ?? [])
          .filter(({ language }) => language === undefined || language.some((pattern) => widthOf(pattern) !== 'exact'))
          .map(({ text }) => ({ place, message: `audience ${quote(text)} is a pattern: tokens for other parties are accepted` })),
      );
    }),
);

const tp017 = rule(
  { id: 'TP017', title: 'ForAllValues, which holds for nothing', parties: ['aws'], severity: 'critical', fix: 'Use the operator without ForAllValues.' },
  (document) =>
    document.arms.flatMap(({ conditions }) =>
      conditions
        .filter((condition) => condition.quantifier === 'all' && condition.isRequest === undefined)
        .map((condition) => ({
          place: condition.place,
          severity: isIdentity(condition) ? 'critical' : 'high',
          message: `${named(condition)} holds when the claim is missing`,
        })),
    ),
);

const tp018 = rule(
  { id: 'TP018', title: 'IfExists, which holds for nothing', parties: ['aws'], severity: 'critical', fix: 'Use the operator without IfExists.' },
  (document) =>
    document.arms.flatMap(({ conditions }) =>
      conditions
        .filter((condition) => condition.ifExists !== undefined && condition.isRequest === undefined)
        .map((condition) => ({
          place: condition.place,
          severity: isIdentity(condition) ? 'critical' : 'medium',
          message: `${named(condition)} holds when the claim is missing`,
        })),
    ),
);

function isIdentity({ claim }: Condition): boolean {
  return claim === 'sub' || claim === 'aud';
}

const tp019 = rule(
  {
    id: 'TP019',
    title: 'Operator does not fit the value',
    parties: 'all',
    severity: 'medium',
    fix: 'Use an exact comparison for exact values, and a pattern operator only for patterns.',
  },
  (document) =>
    viewsOf(document).flatMap(({ arm }) =>
      arm.conditions.flatMap((condition): readonly Draft[] => {
        const { matcher, place, isRequest } = condition;
        if (isRequest) return [];
        if (matcher.kind === 'exact') {
          const wild = matcher.values.filter((value) => (document.party === 'aws' ? /[*?]/ : /\*/).test(value));
          return wild.map((value) => ({
            place,
            message: `${condition.operator} compares ${quote(value)} as it stands, wildcard and all, and so never matches`,
          }));
        }
        if (matcher.kind !== 'glob' || matcher.dialect !== 'aws') return [];
        return matcher.values
          .filter((value) => !/[*?]/.test(value))
          .map((value) => ({ place, severity: 'low', message: `${condition.operator} with ${quote(value)}, which holds no wildcard` }));
      }),
    ),
);

const tp020 = rule(
  { id: 'TP020', title: 'Only a negative bound', parties: ['aws'], severity: 'critical', fix: 'Say who may come in, not who may not.' },
  (document) =>
    viewsIn(document).flatMap((view) =>
      view.arm.conditions
        .filter((condition) => condition.matcher.kind === 'not' && condition.isRequest === undefined && boundsOn(view.arm, condition.claim).length === 0)
        .filter((condition) => condition.claim === 'sub' || condition.claim === 'aud' || view.widths.tenant !== 'exact')
        .map((condition) => {
          const values = condition.matcher.kind === 'not' ? (patternsOf(condition.matcher.of) ?? []).map(({ text }) => text) : [];
          return { place: condition.place, message: `${named(condition)} with ${quote(values.join(', '))} lets everyone else in` };
        }),
    ),
);

const tp021 = rule(
  {
    id: 'TP021',
    title: 'Any principal or any action',
    parties: ['aws'],
    severity: 'critical',
    fix: 'Name the ARN of one identity provider, and sts:AssumeRoleWithWebIdentity alone.',
  },
  (document) =>
    (document.aws?.statements ?? []).flatMap((statement): readonly Draft[] => [
      ...statement.federated
        .filter((principal) => principal.includes('*'))
        .map((principal) => ({ place: statement.place, message: `principal Federated ${quote(principal)} is any identity provider` })),
      ...statement.others
        .filter((principal) => /^(?:AWS:)?\*$/.test(principal))
        .map((principal) => ({ place: statement.place, message: `principal ${quote(principal)} is anyone` })),
      ...statement.actions
        .filter((action) => action.includes('*'))
        .map((action) => ({ place: statement.place, message: `action ${quote(action)} is more than the exchange of a token` })),
      ...(statement.isInverted ? [{ place: statement.place, message: 'NotPrincipal or NotAction allows everything but what it names' }] : []),
    ]),
);

const tp022 = rule(
  {
    id: 'TP022',
    title: 'A second statement without the conditions',
    parties: ['aws'],
    severity: 'critical',
    fix: 'Give every Allow statement the same conditions: one of them is enough to get in.',
  },
  (document) => {
    const groups = new Map<string, View[]>();
    for (const view of viewsIn(document)) groups.set(view.arm.place, [...(groups.get(view.arm.place) ?? []), view]);
    if (groups.size < 2) return [];
    const isLoose = (place: string): boolean =>
      (groups.get(place) ?? []).some((view) =>
        isPlain(view.family) ? view.subject === undefined && view.widths.scope !== 'exact' : view.subject === undefined,
      );
    const places = [...groups.keys()];
    if (places.every(isLoose)) return [];
    return places.filter(isLoose).map((place) => ({
      place,
      message: `this Allow statement for ${quote(groups.get(place)?.[0]?.arm.issuer ?? 'any issuer')} lacks the condition on \`sub\` that another one has`,
    }));
  },
);

const tp023 = rule(
  {
    id: 'TP023',
    title: 'Condition key of another issuer',
    parties: ['aws'],
    severity: 'high',
    fix: 'Write the key with host and path exactly as in the ARN of the provider, without scheme and without a slash at the end.',
  },
  (document) => {
    const statements = document.aws?.statements.filter(({ isWebIdentity }) => isWebIdentity) ?? [];
    const slips = statements.flatMap(({ federated, place }) =>
      federated
        .filter((principal) => principal.includes(':oidc-provider/') && isSlip(providerOf(principal)))
        .map((principal) => ({ place, message: `principal ${quote(principal)} does not name the issuer by host and path alone` })),
    );
    const keys = document.arms.flatMap((arm) => {
      const own = statements
        .find(({ place }) => place === arm.place)
        ?.federated.map(providerOf)
        .find((provider) => `https://${provider.replace(/^https?:\/\//, '')}` === arm.issuer);
      if (own === undefined || own.includes('${') || own === '*') return [];
      return arm.conditions
        .filter(({ keyIssuer }) => keyIssuer !== undefined && keyIssuer !== own && !keyIssuer.includes('$'))
        .map((condition) => ({ place: condition.place, message: `key ${quote(condition.key ?? '')} is not of the provider ${quote(own)}` }));
    });
    return [...slips, ...keys];
  },
);

function isSlip(provider: string): boolean {
  const host = provider.split('/', 1)[0] ?? '';
  return /^[a-z]+:\/\//i.test(provider) || provider.endsWith('/') || (host !== host.toLowerCase() && !provider.includes('${'));
}

/** One hour: what `MaxSessionDuration` is when nobody sets it. */
const DEFAULT_SESSION_SECONDS = 3600;

const tp024 = rule(
  {
    id: 'TP024',
    title: 'Role that can do everything, or for long',
    parties: ['aws'],
    severity: 'high',
    fix: 'Give the role only the actions it needs, for one hour.',
  },
  (document): readonly Draft[] => {
    if (document.arms.length === 0) return [];
    const seconds = document.aws?.maxSessionSeconds;
    return [
      ...(document.aws?.administrator ?? []).map(({ place, name }) => ({ place, message: `the role has ${quote(name)}` })),
      ...(seconds !== undefined && seconds > DEFAULT_SESSION_SECONDS
        ? [{ place: '', severity: 'low' as const, message: `sessions may last "${seconds}" seconds` }]
        : []),
    ];
  },
);

const tp063 = rule(
  {
    id: 'TP063',
    title: 'Claim that IAM does not read',
    parties: ['aws'],
    severity: 'critical',
    fix: 'Use a claim that IAM reads for this issuer, or move the value into the subject.',
  },
  (document) =>
    document.arms.flatMap(({ issuer, conditions }) => {
      if (issuer === undefined || issuer.includes('*') || issuer.includes('${')) return [];
      const known = ['sub', 'aud', ...awsClaimsOf(bareIssuer(issuer))];
      return conditions
        .filter(({ claim, isRequest, key }) => isRequest === undefined && claim !== '' && !known.includes(claim) && !key?.startsWith('aws:'))
        .map((condition): Draft => {
          const isAlways = !isBound(condition) && condition.matcher.kind !== 'present' && condition.matcher.kind !== 'unknown';
          return {
            place: condition.place,
            severity: isAlways ? 'critical' : 'medium',
            message: `${named(condition)}: IAM does not read this claim of ${quote(issuer)}, so the condition ${isAlways ? 'always' : 'never'} holds`,
          };
        });
    }),
);

export const awsRules: readonly TrustRule[] = [tp001, tp002, tp017, tp018, tp019, tp020, tp021, tp022, tp023, tp024, tp063];
