/** Rules on federated identity credentials of Microsoft Entra. */
import type { TrustRule } from '../model.ts';
import { viewsOf } from '../view.ts';
import { factsOf, ofLevel, placeOf, quote, rule, statusOf, viewsIn, type Draft } from './_shared.ts';

const tp031 = rule(
  {
    id: 'TP031',
    title: 'Flexible expression open in tenant or repository',
    parties: ['azure'],
    severity: 'critical',
    fix: 'Use wildcards in the ref part alone, or a plain credential with the full subject.',
  },
  (document) =>
    document.azure?.expression === undefined
      ? []
      : viewsIn(document).flatMap((view): readonly Draft[] => {
          const text = quote(document.azure?.expression ?? '');
          if (view.widths.tenant !== 'exact' || ofLevel(view, 'tenant').every(({ width }) => width !== 'exact'))
            return [{ place: placeOf(view), message: `${text} leaves the tenant open`, ...statusOf(view) }];
          return view.widths.scope === 'exact'
            ? []
            : [{ place: placeOf(view), severity: 'high', message: `${text} leaves the repository or project open`, ...statusOf(view) }];
        }),
);

const HEADS = /^(?:repo|project_path|project_id|organization|system):/i;

const tp032 = rule(
  {
    id: 'TP032',
    title: 'Subject with a slip of the pen',
    parties: ['azure'],
    severity: 'medium',
    fix: 'Write the subject exactly as the token has it: letter case and all, no spaces, no placeholder.',
  },
  (document) =>
    viewsOf(document).flatMap(({ subject }): readonly Draft[] => {
      if (subject === undefined) return [];
      const { text } = subject;
      const head = HEADS.exec(text)?.[0];
      const slip =
        text !== text.trim() || /[\t\r\n]/.test(text)
          ? 'holds white space at an end'
          : head !== undefined && head !== head.toLowerCase()
            ? 'is written in another letter case than tokens are'
            : /<[^<>]*>|\{(?![0-9a-f-]{36}\})[^{}]*\}|\bYOUR[-_]/.test(text)
              ? 'holds a placeholder'
              : undefined;
      return slip === undefined ? [] : [{ place: subject.condition.place, message: `${quote(text)} ${slip}` }];
    }),
);

const AUDIENCES = ['api://AzureADTokenExchange', 'api://AzureADTokenExchangeChina', 'api://AzureADTokenExchangeUSGov'];

const tp033 = rule(
  {
    id: 'TP033',
    title: 'Audience other than the documented one',
    parties: ['azure'],
    severity: 'medium',
    fix: 'Set audiences to ["api://AzureADTokenExchange"], or the name of the sovereign cloud\'s.',
  },
  (document): readonly Draft[] => {
    const audiences = document.azure?.audiences ?? [];
    if (audiences.length === 0) return [{ place: '/audiences', message: 'no audience ("[]")' }];
    return audiences
      .filter((audience) => !AUDIENCES.includes(audience))
      .map((audience) => ({ place: '/audiences', message: `audience ${quote(audience)} is not the one that is documented` }));
  },
);

const tp034 = rule(
  {
    id: 'TP034',
    title: 'Credential for something that is gone',
    parties: ['azure'],
    severity: 'critical',
    fix: 'Remove the credential: whoever takes the name gets in.',
  },
  (document, context) =>
    viewsOf(document).flatMap((view): readonly Draft[] => {
      const facts = factsOf(view, context);
      return facts?.exists === false
        ? [{ place: placeOf(view), message: `${quote(view.subject?.text ?? facts.path)} names ${facts.path}, which is not there any more` }]
        : [];
    }),
);

/** Roles with which the holder can give itself everything. Names of directory roles, of Graph permissions and of Azure roles. */
const PRIVILEGED: readonly RegExp[] = [
  /^(?:Owner|User Access Administrator|Role Based Access Control Administrator)$/i,
  /^(?:Global|Privileged Role|Privileged Authentication|Application|Cloud Application) Administrator$/i,
  /^(?:RoleManagement|AppRoleAssignment|Application|Directory)\.ReadWrite\.\w+$/i,
];
/** Issuers whose tokens come out of pipelines. */
const CI = ['github', 'gitlab', 'terraform', 'buildkite', 'circleci', 'bitbucket', 'spacelift'];

const tp035 = rule(
  {
    id: 'TP035',
    title: 'Pipeline identity with a privileged role, or with a secret beside it',
    parties: ['azure'],
    severity: 'high',
    fix: 'Give the pipeline an application of its own, and delete client secrets once it federates.',
  },
  (document, context): readonly Draft[] => {
    const isCi = viewsOf(document).some(({ family }) => CI.includes(family.id));
    const roles = isCi ? (context.azure?.roles ?? []).filter((role) => PRIVILEGED.some((pattern) => pattern.test(role))) : [];
    const secrets = context.azure?.clientSecrets ?? 0;
    return [
      ...roles.map((role) => ({ place: '', message: `the identity that pipelines use has the role ${quote(role)}` })),
      ...(secrets > 0 ? [{ place: '', message: `"${secrets}" client secret(s) are still valid beside the credential` }] : []),
    ];
  },
);

export const azureRules: readonly TrustRule[] = [tp031, tp032, tp033, tp034, tp035];
