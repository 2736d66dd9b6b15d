/** Rules on Kubernetes and SPIFFE identities, as workloads have them and as parties trust them. */
import { bareIssuer } from '../issuers.ts';
import type { TrustRule } from '../model.ts';
import { literalHead, show } from '../pattern.ts';
import { boundsOn, counterexample } from '../view.ts';
import { exactValues, isHalf, ofLevel, placeOf, quote, rule, statusOf, viewsIn, type Draft } from './_shared.ts';

const tp042 = rule(
  {
    id: 'TP042',
    title: 'Service account not pinned, or the default one',
    parties: 'all',
    severity: 'critical',
    fix: "Name the namespace and a service account of the workload's own: `system:serviceaccount:NAMESPACE:NAME`.",
  },
  (document): readonly Draft[] => {
    const pods = (document.kubernetes?.pods ?? []).filter(
      ({ hasToken, serviceAccount }) => hasToken && (serviceAccount === '' || serviceAccount === 'default'),
    );
    const views = viewsIn(document, 'kubernetes').flatMap((view): readonly Draft[] => {
      if (isHalf(document)) return [];
      const [namespaces, names] = [ofLevel(view, 'tenant'), ofLevel(view, 'scope')];
      const [namespace, name] = [namespaces.find(({ width }) => width === 'exact'), names.find(({ width }) => width === 'exact')];
      const open = [...namespaces, ...names].find(({ width }) => width !== 'exact');
      const shown = open === undefined ? 'no bound on the subject' : quote(open.text);
      const example = open === undefined ? undefined : counterexample(view.family, open.claim, open.language);
      const place = open?.condition.place ?? placeOf(view);
      if (namespace === undefined)
        return [{ place, message: `${shown}: every namespace of the cluster is let in`, counterexample: example, ...statusOf(view) }];
      if (name === undefined)
        return [
          {
            place,
            severity: 'high',
            message: `${open === undefined ? quote(namespace.text) : shown}: more than one service account of the namespace is let in`,
            counterexample: example,
            ...statusOf(view),
          },
        ];
      return show(name.piece) === 'default'
        ? [{ place: name.condition.place, severity: 'medium', message: `${quote(name.text)} is the account of every pod that names none` }]
        : [];
    });
    return [
      ...views,
      ...pods.map(({ place, name, serviceAccount }) => ({
        place,
        severity: 'medium' as const,
        message: `${quote(name)} runs as ${quote(serviceAccount === '' ? 'default' : serviceAccount)}, the account of every pod that names none`,
      })),
    ];
  },
);

/** Audiences of the API server itself. */
function isApiAudience(audience: string, issuer?: string): boolean {
  return (
    /^(?:https?:\/\/)?kubernetes(?:\.default(?:\.svc(?:\.[\w.-]+)?)?)?\/?$/.test(audience) ||
    audience === 'api' ||
    (issuer !== undefined && audience === issuer)
  );
}

const LONGEST_TOKEN_SECONDS = 3600;

const tp043 = rule(
  {
    id: 'TP043',
    title: 'Token that is meant for the cluster itself',
    parties: 'all',
    severity: 'high',
    fix: 'Project a token with the audience of this party alone and expirationSeconds of at most 3600.',
  },
  (document): readonly Draft[] => {
    const tokens = (document.kubernetes?.tokens ?? []).flatMap(({ place, kind, audience, expirationSeconds }): readonly Draft[] => {
      if (kind === 'legacy-secret') return [{ place, message: 'type "kubernetes.io/service-account-token" is a token without audience and without end' }];
      if (kind === 'default-mount')
        return [{ place, message: 'the path under "/var/run/secrets/kubernetes.io/serviceaccount" holds the token for the cluster\'s own API' }];
      if (audience === undefined) return [{ place, message: 'the projected token has no audience (""): it is for the cluster\'s own API' }];
      if (isApiAudience(audience)) return [{ place, message: `audience ${quote(audience)} is the cluster's own API` }];
      return expirationSeconds !== undefined && expirationSeconds > LONGEST_TOKEN_SECONDS
        ? [{ place, severity: 'medium', message: `the token lives "${expirationSeconds}" seconds` }]
        : [];
    });
    const views = viewsIn(document, 'kubernetes').flatMap((view) =>
      exactValues(view, 'aud')
        .filter((audience) => isApiAudience(audience, view.arm.issuer))
        .map((audience) => ({
          place: boundsOn(view.arm, 'aud')[0]?.place ?? view.arm.place,
          message: `audience ${quote(audience)} is the cluster's own API: every pod has such a token`,
        })),
    );
    return [...tokens, ...views];
  },
);

const PRIVATE_HOST = /^(?:localhost|127\.|10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.|\[?(?:::1|f[cd][0-9a-f]{2}:|fe80:))|\.(?:local|internal)$/i;

const tp044 = rule(
  {
    id: 'TP044',
    title: 'Cluster issuer that others have too, or keys from a private place',
    parties: 'all',
    severity: 'high',
    fix: 'Serve discovery over https at a name of your own, or upload the keys of this very cluster.',
  },
  (document) =>
    viewsIn(document, 'kubernetes').flatMap((view): readonly Draft[] => {
      const { issuer, place } = view.arm;
      const keys = document.keys;
      const dialed = keys?.url ?? (keys === undefined || keys.kind === 'discovery' ? issuer : undefined);
      const host = dialed === undefined ? '' : (bareIssuer(dialed).split('/', 1)[0] ?? '').replace(/:\d+$/, '');
      const isPredictable = issuer !== undefined && /^kubernetes\.default(?:\.|\/|:|$)/.test(bareIssuer(issuer));
      return [
        ...(isPredictable && keys?.kind !== 'uploaded' && keys?.kind !== 'url'
          ? [{ place, message: `issuer ${quote(issuer)} is the same on many clusters` }]
          : []),
        ...(dialed !== undefined && /^http:\/\//i.test(dialed) ? [{ place, message: `keys are fetched from ${quote(dialed)} without https` }] : []),
        ...(dialed !== undefined && !isPredictable && PRIVATE_HOST.test(host)
          ? [{ place, message: `keys are fetched from ${quote(dialed)}, a private address` }]
          : []),
      ];
    }),
);

const tp045 = rule({ id: 'TP045', title: 'Whole trust domain let in', parties: 'all', severity: 'high', fix: 'Name the full SPIFFE ID.' }, (document) =>
  viewsIn(document, 'spiffe').flatMap((view): readonly Draft[] => {
    const subject = view.subject;
    const isWhole = ofLevel(view, 'scope').some(({ width, piece }) => width === 'exact' && piece.length > 0);
    if (subject === undefined || isWhole) return [];
    return [
      {
        place: subject.condition.place,
        message: `${quote(subject.text)} is more than one workload of the trust domain`,
        counterexample: counterexample(view.family, 'sub', subject.language),
      },
    ];
  }),
);

/** Words that name a place or everyone rather than a party. */
const BROAD = /^(?:prod(?:uction)?|stag(?:e|ing)|dev(?:elopment)?|test|internal|default|all|any|everyone|global|spiffe|jwt|api)$/i;

const tp046 = rule(
  {
    id: 'TP046',
    title: 'Broad audience, or several trust domains at once',
    parties: 'all',
    severity: 'high',
    fix: 'Use an audience that names this one service, and a separate issuer for each trust domain.',
  },
  (document): readonly Draft[] => {
    const views = viewsIn(document, 'spiffe');
    const audiences = views.flatMap((view) => {
      const domain = domainOf(view.subject?.text ?? '');
      return exactValues(view, 'aud')
        .filter((audience) => BROAD.test(audience) || audience === domain || audience.replace(/\/+$/, '') === `spiffe://${domain}`)
        .map((audience) => ({
          place: boundsOn(view.arm, 'aud')[0]?.place ?? view.arm.place,
          message: `audience ${quote(audience)} is shared by many services`,
        }));
    });
    const domains = [...new Set(views.map((view) => domainOf(view.subject === undefined ? '' : literalHead(view.subject.language[0] ?? []))))].filter(
      (domain) => domain !== '',
    );
    const first = views[0];
    return domains.length > 1 && first !== undefined
      ? [...audiences, { place: first.arm.place, message: `trust domains ${quote(domains.toSorted().join(', '))} are let in by one policy` }]
      : audiences;
  },
);

function domainOf(subject: string): string {
  return /^spiffe:\/\/([^/]*)/.exec(subject)?.[1] ?? '';
}

export const clusterRules: readonly TrustRule[] = [tp042, tp043, tp044, tp045, tp046];
