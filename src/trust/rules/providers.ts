/** Rules on federation rules of AI providers and on roles of Vault. */
import type { Condition, TrustDocument, TrustRule } from '../model.ts';
import { patternsOf, widthOf } from '../pattern.ts';
import { isAnchored } from '../regex.ts';
import { boundsOn, counterexample, isBound, valuesOf, viewsOf, type View } from '../view.ts';
import { isFlat, isPlain, issuerName, lacksTenant, ofLevel, quote, repositoryNamed, rule, statusOf, viewsIn, type Draft } from './_shared.ts';

const RULES = ['anthropic', 'openai'] as const;

const tp047 = rule(
  {
    id: 'TP047',
    title: 'Subject prefix ends too early',
    parties: RULES,
    severity: 'high',
    fix: 'Write the subject at least as far as the separator after the repository or project.',
  },
  (document) =>
    viewsIn(document).flatMap((view): readonly Draft[] => {
      const { subject } = view;
      if (subject === undefined || !isPlain(view.family) || isFlat(view.family) || subject.language.every((pattern) => widthOf(pattern) === 'exact')) return [];
      const own = ofLevel(view, 'scope').filter(({ condition }) => condition === subject.condition);
      if (own.length > 0 && own.every(({ width }) => width === 'exact')) return [];
      return [
        {
          place: subject.condition.place,
          message: `the prefix ${quote(subject.text)} ends before the repository or project does`,
          counterexample: counterexample(view.family, 'sub', subject.language),
        },
      ];
    }),
);

const INFERENCE = 'workspace:inference';
/** Scopes that no workload which asks a model needs. */
const ADMIN_SCOPES = ['org:admin', 'org:manage_tunnels', 'workspace:manage_tunnels'];

const tp048 = rule(
  {
    id: 'TP048',
    title: 'More workspaces or more scope than needed',
    parties: ['anthropic'],
    severity: 'high',
    fix: 'Name one workspace_id, and the scope "workspace:inference" where messages are all that is sent.',
  },
  (document, context): readonly Draft[] => {
    const { appliesToAllWorkspaces = false, scope } = document.anthropic ?? {};
    const isWide = scope !== undefined && (ADMIN_SCOPES.includes(scope) || (context.use === 'inference' && scope !== INFERENCE));
    return [
      ...(appliesToAllWorkspaces ? [{ place: '/applies_to_all_workspaces', message: 'applies_to_all_workspaces is "true"' }] : []),
      ...(isWide
        ? [
            {
              place: '/oauth_scope',
              severity: ADMIN_SCOPES.includes(scope) ? ('high' as const) : ('medium' as const),
              message: `scope ${quote(scope)} allows more than inference`,
            },
          ]
        : []),
    ];
  },
);

/** Parties that check no audience, or one that many share, when none is set, and that have no rule of their own for it. */
const NEEDS_AUDIENCE = [
  ...RULES,
  'openrouter',
  'infisical',
  'doppler',
  'litellm',
  'akeyless',
  'truefoundry',
  'bifrost',
  'portkey',
  'weaviate',
  'wandb',
  'mistral',
] as const;

const tp049 = rule(
  {
    id: 'TP049',
    title: 'No audience of its own',
    parties: NEEDS_AUDIENCE,
    severity: 'high',
    fix: 'Set an audience of this party alone, and have the workload ask for it.',
  },
  (document) =>
    viewsOf(document).flatMap((view): readonly Draft[] => {
      const audiences = valuesOf(view.arm, 'aud');
      if (audiences === undefined) return [{ place: view.arm.place, message: 'no audience is set ("")' }];
      // What GitHub puts in when the job asks for none.
      const ownerUrl = /^https:\/\/github\.com\/[^/]+\/?$/;
      return audiences
        .filter((audience) => view.family.id === 'github' && ownerUrl.test(audience))
        .map((audience) => ({
          place: boundsOn(view.arm, 'aud')[0]?.place ?? view.arm.place,
          message: `audience ${quote(audience)} is the default that all of the owner's tokens have`,
        }));
    }),
);

/** Bounds that say something about whose token it is. */
function identities(view: View): readonly Condition[] {
  return view.arm.conditions.filter((condition) => condition.claim !== 'aud' && condition.claim !== 'iss' && isBound(condition));
}

function isOpenEnded(view: View, condition: Condition): boolean {
  const { matcher } = condition;
  if (matcher.kind === 'contains' || matcher.kind === 'suffix')
    return view.sources.some((source) => source.condition === condition && source.level !== 'context') || condition.claim === 'sub';
  if (matcher.kind === 'regex') return !matcher.values.every(isAnchored) || (patternsOf(matcher) ?? []).some(({ language }) => language === undefined);
  return matcher.kind === 'prefix' && view.sources.some((source) => source.condition === condition && source.level !== 'context' && source.width !== 'exact');
}

const tp050 = rule(
  { id: 'TP050', title: 'Condition that lets strangers in', parties: RULES, severity: 'critical', fix: 'Compare ids with ==, in every alternative.' },
  (document) =>
    viewsOf(document).flatMap((view): readonly Draft[] => {
      const shown = view.arm.conditions
        .filter(({ claim }) => claim !== 'aud')
        .map(({ operator, claim }) => (operator.includes(claim) ? operator : `${operator} ${claim}`));
      const place = view.arm.conditions.find(({ place: at }) => at === '/match/condition' || at === '/condition')?.place ?? view.arm.place;
      if (identities(view).length === 0)
        return [{ place, message: `${quote(shown.join(' && '))} is enough to come in from ${issuerName(view)}, and names nobody`, ...statusOf(view) }];
      const open = identities(view)
        .filter((condition) => isOpenEnded(view, condition))
        .map((condition): Draft => ({ place: condition.place, severity: 'high', message: `${quote(condition.operator)} has an open end` }));
      if (!view.family.isShared || !lacksTenant(view) || boundsOn(view.arm, 'job_workflow_ref').length > 0) return open;
      return [
        ...open,
        { place, message: `${quote(shown.join(' && '))} is enough to come in from ${issuerName(view)}, and names no tenant`, ...statusOf(view) },
      ];
    }),
);

/** What tells the workloads of two views from each other: the repository, or the subject as a whole. */
function workloadOf(view: View): string | undefined {
  const named = repositoryNamed(view);
  const subject = view.subject?.text;
  return named.path?.toLowerCase() ?? named.id ?? subject;
}

const tp051 = rule(
  {
    id: 'TP051',
    title: 'Unrelated workloads share a service account',
    parties: RULES,
    severity: 'medium',
    fix: 'Give each workload a service account and a rule of its own.',
  },
  (document, context): readonly Draft[] => {
    const others = (context.siblings ?? []).filter(({ party, target }) => party === document.party && target !== undefined && target === document.target);
    const names = (of: TrustDocument): readonly string[] => viewsOf(of).flatMap((view) => workloadOf(view) ?? []);
    const own = new Set(names(document));
    const all = new Set([...own, ...others.flatMap(names)]);
    if (all.size < 2 || own.size === 0) return [];
    return [
      {
        place: document.arms[0]?.place ?? '',
        message: `${quote([...all].toSorted().join(', '))} act as one service account${document.target === undefined ? '' : ` (${document.target})`}`,
      },
    ];
  },
);

const LONGEST_SECONDS = 3600;

const tp052 = rule(
  { id: 'TP052', title: 'Tokens live longer than needed', parties: RULES, severity: 'low', fix: 'Set a lifetime between 600 and 3600 seconds.' },
  ({ lifetimeSeconds }) =>
    lifetimeSeconds === undefined || lifetimeSeconds <= LONGEST_SECONDS
      ? []
      : [{ place: '/token_lifetime_seconds', message: `tokens live "${lifetimeSeconds}" seconds` }],
);

const tp053 = rule(
  {
    id: 'TP053',
    title: 'Signing keys that nobody renews',
    parties: ['anthropic'],
    severity: 'medium',
    fix: 'Let the keys be found by discovery over https, once for each issuer; renew uploaded keys when the issuer rotates them.',
  },
  (document, context): readonly Draft[] => {
    const { keys, arms, anthropic } = document;
    const issuer = arms[0]?.issuer;
    const isFixed = keys !== undefined && keys.kind !== 'discovery' && context.keysRenewed !== true;
    const plain = [issuer, keys?.url].filter((url) => url !== undefined && /^http:\/\//i.test(url));
    const again = (context.siblings ?? []).filter(
      (other) =>
        anthropic?.issuerId !== undefined &&
        other.anthropic?.issuerId !== undefined &&
        other.anthropic.issuerId !== anthropic.issuerId &&
        issuer !== undefined &&
        other.arms[0]?.issuer === issuer,
    );
    return [
      ...(isFixed
        ? [
            {
              place: '/issuer/jwks',
              message:
                keys.kind === 'uploaded'
                  ? 'keys of type "inline" stay as they are when the issuer rotates them'
                  : `keys are read from ${quote(keys.url ?? '')}, and nobody is known to follow a rotation`,
            },
          ]
        : []),
      ...plain.map((url) => ({ place: '/issuer', message: `${quote(url ?? '')} is not https` })),
      ...(again.length > 0 ? [{ place: '/issuer', message: `issuer ${quote(issuer ?? '')} is registered more than once` }] : []),
    ];
  },
);

const tp054 = rule(
  {
    id: 'TP054',
    title: 'Role without exact bounds',
    parties: ['vault'],
    severity: 'critical',
    fix: 'Set bound_subject or bound_claims to exact values (bound_claims_type "string"), and bound_audiences.',
  },
  (document) =>
    viewsOf(document).flatMap((view): readonly Draft[] => {
      const drafts: Draft[] = [];
      const { place } = view.arm;
      if (identities(view).length === 0) drafts.push({ place, message: 'neither bound_subject nor bound_claims is set ("")', ...statusOf(view) });
      else if (view.family.isShared && lacksTenant(view))
        drafts.push({
          place,
          message: `${quote(
            view.arm.conditions
              .filter(({ claim }) => claim !== 'aud')
              .map(({ claim }) => claim)
              .join(', '),
          )} tell no tenant of ${issuerName(view)}`,
          ...statusOf(view),
        });
      for (const condition of view.arm.conditions) {
        if (condition.matcher.kind !== 'glob') continue;
        for (const value of condition.matcher.values.filter((text) => text.includes('*'))) {
          drafts.push({
            place: condition.place,
            severity: view.widths.tenant === 'exact' ? 'high' : 'critical',
            message: `${condition.claim} ${quote(value)} is a pattern`,
          });
        }
      }
      if (boundsOn(view.arm, 'aud').length === 0) drafts.push({ place, severity: 'high', message: 'bound_audiences is empty ("[]")' });
      return drafts;
    }),
);

export const providerRules: readonly TrustRule[] = [tp047, tp048, tp049, tp050, tp051, tp052, tp053, tp054];
