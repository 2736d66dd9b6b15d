/** Rules on how much of a subject, or of the claims beside it, is left open. */
import { exactly, glob, isWithin, type Language } from '../../support/text-language.ts';
import type { TrustDocument, TrustRule } from '../model.ts';
import { literalHead, patternsOf, show, widthOf } from '../pattern.ts';
import { boundsOn, continued, counterexample, type Source, type View } from '../view.ts';
import {
  exactValues,
  factsOf,
  isBoundedElsewhere,
  isFlat,
  isHalf,
  isPlain,
  issuerName,
  lacksTenant,
  ofLevel,
  placeOf,
  quote,
  repositoryNamed,
  rule,
  statusOf,
  viewsIn,
  WEAK_CLAIMS,
  type Draft,
} from './_shared.ts';

/** `acme*`: a name, and then anything at once. */
function endsInStar(source: Source): boolean {
  const head = [...literalHead(source.piece)].length;
  return head > 0 && widthOf(source.piece.slice(head)) === 'open';
}

/** A text that the pattern lets in beside what its literal beginning, followed by a separator, would. */
function beyond(view: View, source: Source, separators: string): string | undefined {
  const head = source.language[0] === undefined ? '' : literalHead(source.language[0]);
  const intended: Language = separators === '' ? [] : source.claim === 'sub' || source.text.includes('/') ? continued(head, separators) : exactly(head);
  return counterexample(view.family, source.claim, source.language, intended);
}

function loose(view: View, level: Source['level']): readonly Source[] {
  return ofLevel(view, level).filter(({ width }) => width !== 'exact');
}

function wideTenant(view: View, isTrailing: boolean): readonly Draft[] {
  if (!isPlain(view.family) || (isFlat(view.family) && !view.family.isShared)) return [];
  return (
    loose(view, 'tenant')
      // A pattern that is wild before it comes to the tenant has no name to go wrong after.
      .filter((source) => (endsInStar(source) && !isFlat(view.family) && !(source.claim === 'sub' && view.subject?.parts.form === 'other')) === isTrailing)
      .map((source) => ({
        place: source.condition.place,
        severity: isBoundedElsewhere(view, source) ? 'medium' : view.family.isShared ? 'critical' : 'high',
        message: isTrailing
          ? `${quote(source.text)} has a wildcard directly after the tenant's name`
          : `the part of ${quote(source.text)} that names the tenant is, or holds, a wildcard`,
        counterexample: beyond(view, source, isTrailing ? '/:@' : ''),
      }))
  );
}

const tp003 = rule(
  {
    id: 'TP003',
    title: 'Wildcard in the tenant',
    parties: 'all',
    severity: 'critical',
    fix: 'Write the owner, group or organisation out in full.',
  },
  (document) => [...viewsIn(document).flatMap((view) => wideTenant(view, false)), ...viewsIn(document).flatMap((view) => missingTenant(document, view))],
);

/** Parties without a rule of their own for a bound that is missing altogether. */
function missingTenant(document: TrustDocument, view: View): readonly Draft[] {
  if (!view.family.isShared || !lacksTenant(view) || isExplained(view)) return [];
  if (['google', 'anthropic', 'openai', 'vault'].includes(document.party)) return [];
  if (document.party === 'aws' && boundsOn(view.arm, 'sub').length === 0) return [];
  const message =
    view.subject === undefined
      ? `nothing says whose tokens of ${issuerName(view)} are meant, and the issuer is shared`
      : `${quote(view.subject.text)} names no tenant of ${issuerName(view)}, which is shared`;
  return [{ place: placeOf(view), message, ...statusOf(view) }];
}

/** TP014, TP015 and TP016 say it better. */
function isExplained(view: View): boolean {
  return isWeak(view) || hasWeakTemplate(view) || boundsOn(view.arm, 'job_workflow_ref').length > 0;
}

const tp004 = rule(
  {
    id: 'TP004',
    title: 'Wildcard directly after the tenant',
    parties: 'all',
    severity: 'critical',
    fix: 'Put the separator after the tenant: `repo:OWNER/REPOSITORY:...`.',
  },
  (document) => viewsIn(document).flatMap((view) => wideTenant(view, true)),
);

function wideScope(view: View, isNamed: boolean): readonly Draft[] {
  if (!isPlain(view.family) || isFlat(view.family)) return [];
  return loose(view, 'scope')
    .filter((source) => (source.width === 'partial') === isNamed && !loose(view, 'tenant').some(({ condition }) => condition === source.condition))
    .map((source) => ({
      place: source.condition.place,
      severity: isBoundedElsewhere(view, source) ? 'medium' : 'high',
      message: isNamed
        ? `${quote(source.text)} has a wildcard inside or directly after the name of the repository or project`
        : `${quote(source.text)} lets in every repository or project of the tenant`,
      counterexample: beyond(view, source, isNamed && endsInStar(source) ? ':@' : ''),
    }));
}

const tp005 = rule(
  {
    id: 'TP005',
    title: 'Wildcard directly after the repository or project',
    parties: 'all',
    severity: 'high',
    fix: 'End the name with its separator: `repo:OWNER/REPOSITORY:...`.',
  },
  (document) => viewsIn(document).flatMap((view) => wideScope(view, true)),
);

const tp006 = rule(
  { id: 'TP006', title: 'Whole tenant let in', parties: 'all', severity: 'high', fix: 'Name one repository or project; make one identity for each.' },
  (document) => [...viewsIn(document).flatMap((view) => wideScope(view, false)), ...viewsIn(document).flatMap((view) => missingScope(document, view))],
);

function missingScope(document: TrustDocument, view: View): readonly Draft[] {
  if (!isPlain(view.family) || isHalf(document) || view.widths.tenant !== 'exact' || view.widths.scope === 'exact') return [];
  if (isFlat(view.family)) {
    const sources = loose(view, 'scope');
    if (view.family.isShared || sources.some(({ width }) => width === 'partial')) return [];
    const [source] = sources;
    return [
      {
        place: source?.condition.place ?? placeOf(view),
        message: `${source === undefined ? 'nothing bounds the subject' : quote(source.text)}: every token of ${issuerName(view)} is let in`,
        ...statusOf(view),
      },
    ];
  }
  if (ofLevel(view, 'scope').length > 0 || loose(view, 'tenant').length > 0) return [];
  const by = ofLevel(view, 'tenant').find(({ width }) => width === 'exact');
  const message = by === undefined ? `every token of ${issuerName(view)} is let in` : `${quote(by.text)} names the tenant and no repository or project of it`;
  return [{ place: by?.condition.place ?? placeOf(view), message, ...statusOf(view) }];
}

/** Whether the code that runs is pinned although neither ref nor environment is. */
function runsKnownCode(view: View): boolean {
  return view.family.id === 'github' && exactValues(view, 'job_workflow_ref').length > 0;
}

function isOpenContext(view: View): boolean {
  return view.widths.tenant === 'exact' && view.widths.scope === 'exact' && view.widths.context !== 'exact' && !runsKnownCode(view);
}

const tp007 = rule(
  {
    id: 'TP007',
    title: 'Every run of the repository or project let in',
    parties: 'all',
    severity: 'high',
    fix: 'Name a protected environment or one protected branch: `:environment:NAME` or `:ref:refs/heads/BRANCH`.',
  },
  (document, context) =>
    viewsIn(document).flatMap((view): readonly Draft[] => {
      if (!isPlain(view.family) || view.family.id === 'terraform') return [];
      const severity = context.privileged === false ? 'medium' : 'high';
      if (isFlat(view.family)) {
        if (view.family.isShared) return [];
        return loose(view, 'context')
          .filter((source) => source.width === 'partial' && view.widths.context !== 'exact')
          .map((source) => ({
            place: source.condition.place,
            severity,
            message: `${quote(source.text)} lets in more than one subject`,
            counterexample: beyond(view, source, ''),
          }));
      }
      if (!isOpenContext(view)) return [];
      const sources = loose(view, 'context');
      const [whole] = sources.filter(
        ({ context: kind, width }) => view.family.id !== 'github' || kind === 'run' || (kind === 'environment' && width === 'open'),
      );
      if (whole !== undefined) {
        const message =
          whole.context === 'environment'
            ? `${quote(whole.text)} lets in every environment, and a job makes one by naming it`
            : `${quote(whole.text)} lets in every run of the repository or project`;
        return [{ place: whole.condition.place, severity, message, counterexample: beyond(view, whole, '') }];
      }
      if (sources.length > 0 || isHalf(document)) return [];
      const by = ofLevel(view, 'scope').find(({ width }) => width === 'exact');
      return [
        {
          place: by?.condition.place ?? placeOf(view),
          severity,
          message: `${by === undefined ? 'the policy' : quote(by.text)} pins no branch and no environment: pull requests and all branches are let in`,
          ...statusOf(view),
        },
      ];
    }),
);

const tp008 = rule(
  { id: 'TP008', title: 'Pull requests let in', parties: 'all', severity: 'high', fix: 'Give pull requests an identity of their own that can only read.' },
  (document, context) =>
    context.privileged === false
      ? []
      : viewsIn(document, 'github').flatMap((view): readonly Draft[] => {
          const source = ofLevel(view, 'context').find(({ context: kind }) => kind === 'pull-request');
          if (source !== undefined) return [{ place: source.condition.place, message: `${quote(source.text)} lets pull requests in` }];
          const condition = boundsOn(view.arm, 'event_name').find(
            ({ matcher }) => matcher.kind === 'exact' && matcher.values.some((value) => value.startsWith('pull_request')),
          );
          return condition === undefined
            ? []
            : [
                {
                  place: condition.place,
                  message: `event_name ${quote(
                    patternsOf(condition.matcher)
                      ?.map(({ text }) => text)
                      .join(', ') ?? '',
                  )} lets pull requests in`,
                },
              ];
        }),
);

/** Wild refs of one kind that no protection is known to cover. */
function wildRefs(
  document: TrustDocument,
  context: Parameters<TrustRule['check']>[1],
  kinds: readonly string[],
): readonly { readonly view: View; readonly source: Source }[] {
  return viewsIn(document, 'github').flatMap((view) => {
    if (view.widths.context === 'exact' || runsKnownCode(view)) return [];
    const protectedRefs = factsOf(view, context)?.protectedRefs ?? [];
    const covered = protectedRefs.flatMap((ref) => glob(ref, { star: 'anywhere', question: false }));
    return loose(view, 'context')
      .filter((source) => source.context !== undefined && kinds.includes(source.context))
      .filter((source) => covered.length === 0 || isWithin([source.piece], covered).holds !== true)
      .map((source) => ({ view, source }));
  });
}

const tp009 = rule(
  { id: 'TP009', title: 'Wildcard over branches', parties: 'all', severity: 'high', fix: 'Name one protected branch, or a protected environment.' },
  (document, context) =>
    wildRefs(document, context, ['branch', 'ref']).map(({ view, source }) => ({
      place: source.condition.place,
      message: `${quote(source.text)} lets in branches that any contributor can push`,
      counterexample: beyond(view, source, ''),
    })),
);

const tp010 = rule(
  {
    id: 'TP010',
    title: 'Wildcard over tags',
    parties: 'all',
    severity: 'medium',
    fix: 'Use an environment whose deployment rules name the tags, or protect the tags.',
  },
  (document, context) =>
    wildRefs(document, context, ['tag']).map(({ view, source }) => ({
      place: source.condition.place,
      message: `${quote(source.text)} lets in tags, and no protection of them is known`,
      counterexample: beyond(view, source, ''),
    })),
);

const tp011 = rule(
  {
    id: 'TP011',
    title: 'Environment without protection',
    parties: 'all',
    severity: 'medium',
    fix: 'Give the environment required reviewers and a rule for its branches.',
  },
  (document, context) =>
    viewsIn(document, 'github').flatMap((view) => {
      const sources = ofLevel(view, 'context');
      if (sources.some(({ context: kind, width }) => kind !== 'environment' && kind !== 'pull-request' && width === 'exact') || runsKnownCode(view)) return [];
      return sources.flatMap((source): readonly Draft[] => {
        if (source.context !== 'environment' || source.width === 'open') return [];
        if (source.width === 'partial') {
          const example = counterexample(view.family, source.claim, source.language);
          return [
            {
              place: source.condition.place,
              message: `${quote(source.text)} lets in environments that a job can make by naming them`,
              counterexample: example,
            },
          ];
        }
        const name = source.claim === 'sub' ? show(source.piece).replace(/%3A/gi, ':') : show(source.piece);
        const known = factsOf(view, context)?.environments;
        const isProtected = known !== undefined && Object.hasOwn(known, name) ? known[name] : undefined;
        if (isProtected === true) return [];
        return isProtected === false
          ? [{ place: source.condition.place, message: `environment ${quote(name)} of ${quote(source.text)} has no protection rules` }]
          : [
              {
                place: source.condition.place,
                status: 'unknown',
                message: `whether environment ${quote(name)} of ${quote(source.text)} has protection rules is not known`,
              },
            ];
      });
    }),
);

const tp012 = rule(
  {
    id: 'TP012',
    title: 'Names where ids are known',
    parties: 'all',
    severity: 'critical',
    fix: 'Pin repository_id and repository_owner_id beside the subject, or use the subject form that holds the ids.',
  },
  (document, context) =>
    viewsIn(document, 'github').flatMap((view): readonly Draft[] => {
      const facts = factsOf(view, context);
      if (facts === undefined) return [];
      const named = repositoryNamed(view);
      const shown = quote(view.subject?.text ?? named.path ?? facts.path);
      if (facts.exists === false)
        return document.party === 'azure'
          ? []
          : [
              {
                place: placeOf(view),
                message: `${shown} names ${facts.path}, which is not there any more: whoever takes the name gets in`,
                fix: 'Remove this trust.',
              },
            ];
      for (const [kind, here, known] of [
        ['repository', named.id, facts.id],
        ['owner', named.ownerId, facts.ownerId],
      ] as const) {
        if (here !== undefined && known !== undefined && here !== known)
          return [
            {
              place: placeOf(view),
              message: `${shown} goes with ${kind} id ${here}, and ${facts.path} has ${known}: the name may belong to somebody else now`,
            },
          ];
      }
      if (facts.id === undefined || view.hasIds.scope) return [];
      return [{ place: placeOf(view), severity: 'medium', message: `${shown} goes by name alone, although the id of ${facts.path} is known (${facts.id})` }];
    }),
);

const tp013 = rule(
  {
    id: 'TP013',
    title: 'Subject in a form that is not sent',
    parties: 'all',
    severity: 'medium',
    fix: 'Write the subject in the form that the repository sends; read it from a token or from its settings.',
  },
  (document, context) =>
    viewsIn(document, 'github').flatMap((view): readonly Draft[] => {
      const facts = factsOf(view, context) ?? soleCustom(view, context);
      const subject = view.subject;
      if (facts === undefined || subject === undefined) return [];
      const { subjectForm, subjectPrefix } = facts;
      const formDiffers =
        subjectForm !== undefined &&
        subject.parts.form !== subjectForm &&
        !(subjectForm === 'custom' && subject.parts.form === 'immutable' && subject.parts.fields.size > 2);
      const prefixDiffers =
        subjectPrefix !== undefined && subject.language.every((pattern) => !fitsPrefix(literalHead(pattern), widthOf(pattern) === 'exact', subjectPrefix));
      if (!formDiffers && !prefixDiffers) return [];
      const sent = subjectPrefix === undefined ? `subjects of the ${String(subjectForm)} form` : `subjects that begin with ${quote(subjectPrefix)}`;
      return [{ place: subject.condition.place, message: `${quote(subject.text)} is never sent: ${facts.path} sends ${sent}` }];
    }),
);

/** The only repository that is known, when it sends a form in which no path stands. */
function soleCustom(view: View, context: Parameters<TrustRule['check']>[1]): ReturnType<typeof factsOf> {
  const all = context.repositories ?? [];
  return all.length === 1 && repositoryNamed(view).path === undefined ? all.find(({ host }) => host === 'github') : undefined;
}

function fitsPrefix(head: string, isExact: boolean, prefix: string): boolean {
  return head.startsWith(prefix) || (!isExact && prefix.startsWith(head));
}

/** A subject made of other keys than the repository's, as far as it can be read. */
function hasWeakTemplate(view: View): boolean {
  const parts = view.subject?.parts;
  return view.family.id === 'github' && parts?.form === 'custom' && parts.fields.size > 0 && !parts.parts.some(({ level }) => level === 'tenant');
}

const IDENTIFYING = ['repo', 'repository', 'repository_id', 'repository_owner', 'repository_owner_id'];

const tp014 = rule(
  {
    id: 'TP014',
    title: 'Subject template without the repository',
    parties: 'all',
    severity: 'high',
    unverified: true,
    fix: 'Begin the template with repository_owner_id and repository_id.',
  },
  (document, context) => {
    const views = viewsIn(document, 'github');
    const inSubject = views
      .filter((view) => hasWeakTemplate(view) && view.widths.tenant !== 'exact')
      .map((view): Draft => ({ place: placeOf(view), message: `${quote(view.subject?.text ?? '')} is built of claims that whoever starts a run can choose` }));
    if (inSubject.length > 0 || views.length === 0) return inSubject;
    const templates = (context.repositories ?? []).filter(
      ({ host, subjectTemplate }) => host === 'github' && subjectTemplate !== undefined && !subjectTemplate.some((key) => IDENTIFYING.includes(key)),
    );
    return templates.map(({ path, subjectTemplate }) => ({
      place: views[0]?.arm.place ?? '',
      message: `${path} builds its subject of ${quote((subjectTemplate ?? []).join(', '))}, in which no repository stands`,
    }));
  },
);

/** Who started the run, or what its workflow is called, and nothing else. */
function isWeak(view: View): boolean {
  if (view.family.id !== 'github' || !lacksTenant(view)) return false;
  const fields = [...(view.subject?.parts.fields.keys() ?? [])];
  return WEAK_CLAIMS.some((claim) => boundsOn(view.arm, claim).length > 0 || fields.includes(claim));
}

const tp015 = rule(
  {
    id: 'TP015',
    title: 'Only the actor or the name of a workflow',
    parties: 'all',
    severity: 'critical',
    fix: 'Add repository_id and repository_owner_id: anyone can name a workflow, and an actor works in many repositories.',
  },
  (document) =>
    viewsIn(document, 'github')
      .filter(isWeak)
      .map((view) => {
        const claims = WEAK_CLAIMS.filter((claim) => boundsOn(view.arm, claim).length > 0 || view.subject?.parts.fields.has(claim));
        const condition = claims.flatMap((claim) => boundsOn(view.arm, claim))[0];
        const values = claims.flatMap((claim) => exactValues(view, claim).map((value) => `${claim} ${quote(value)}`));
        return {
          place: condition?.place ?? placeOf(view),
          message: `only ${values.length > 0 ? values.join(', ') : claims.join(', ')} is asked for, and any repository can send that`,
        };
      }),
);

const tp016 = rule(
  {
    id: 'TP016',
    title: 'Reusable workflow trusted for any caller, or at a moving ref',
    parties: 'all',
    severity: 'high',
    fix: "Add the caller's repository_id, and name the workflow at a commit or a protected tag.",
  },
  (document) =>
    viewsIn(document, 'github').flatMap((view) => {
      const bounds = boundsOn(view.arm, 'job_workflow_ref').flatMap(({ matcher, place }) =>
        (patternsOf(matcher) ?? []).map(({ text, language }) => ({ text, language, place })),
      );
      const field = view.subject?.parts.fields.get('job_workflow_ref');
      const all =
        field === undefined || view.subject === undefined ? bounds : [...bounds, { text: show(field), language: [field], place: view.subject.condition.place }];
      return all.flatMap(({ text, language, place }): readonly Draft[] => {
        if (view.widths.scope !== 'exact')
          return [{ place, message: `job_workflow_ref ${quote(text)} is the only bound, and any repository can call that workflow`, ...statusOf(view) }];
        const isWild = language === undefined || language.some((pattern) => widthOf(pattern) !== 'exact');
        if (isWild) return [{ place, message: `job_workflow_ref ${quote(text)} does not say at which version the workflow runs` }];
        if (!/@refs\/heads\//.test(text)) return [];
        const { path } = repositoryNamed(view);
        // A workflow of the same repository is as good as the branch it is on.
        if (path !== undefined && text.toLowerCase().startsWith(`${path.toLowerCase()}/`)) return [];
        return [
          {
            place,
            message: `job_workflow_ref ${quote(text)} is a branch of another repository, which moves`,
            ...(path === undefined ? { status: 'unknown' } : {}),
          },
        ];
      });
    }),
);

const tp036 = rule(
  {
    id: 'TP036',
    title: 'GitLab project not pinned',
    parties: 'all',
    severity: 'critical',
    fix: 'Pin project_id and namespace_id, beside the full project path in the subject.',
  },
  (document) =>
    viewsIn(document, 'gitlab').flatMap((view): readonly Draft[] => {
      const tenant = ofLevel(view, 'tenant').find(({ width }) => width === 'exact');
      const [open] = [...loose(view, 'tenant'), ...loose(view, 'scope')];
      const place = open?.condition.place ?? placeOf(view);
      const shown = open === undefined ? '' : `${quote(open.text)}: `;
      const example = open === undefined ? undefined : beyond(view, open, '');
      if (tenant === undefined)
        return [
          {
            place,
            severity: view.family.isShared ? 'critical' : 'high',
            message: `${shown}no project and no namespace is pinned`,
            counterexample: example,
            ...statusOf(view),
          },
        ];
      if (view.widths.scope === 'exact' || isHalf(document)) return [];
      return [
        {
          place,
          severity: 'high',
          message: `${open === undefined ? `${quote(tenant.text)}: ` : shown}every project of the namespace is let in`,
          counterexample: example,
          ...statusOf(view),
        },
      ];
    }),
);

const tp037 = rule(
  {
    id: 'TP037',
    title: 'GitLab ref not protected',
    parties: 'all',
    severity: 'medium',
    fix: 'Pin the branch and ref_protected = "true" (a string), or a protected environment.',
  },
  (document, context) =>
    context.privileged === false
      ? []
      : viewsIn(document, 'gitlab').flatMap((view): readonly Draft[] => {
          if (view.widths.scope !== 'exact') return [];
          const [open] = loose(view, 'context');
          if (view.widths.context !== 'exact') {
            if (open === undefined && isHalf(document)) return [];
            return [
              {
                place: open?.condition.place ?? placeOf(view),
                message: `${open === undefined ? 'no ref is pinned' : quote(open.text)}: branches that nobody protects are let in`,
                counterexample: open === undefined ? undefined : beyond(view, open, ''),
              },
            ];
          }
          const isProtected = ['ref_protected', 'environment_protected'].some((claim) => exactValues(view, claim).includes('true'));
          if (isProtected || context.privileged !== true) return [];
          const refs = factsOf(view, context)?.protectedRefs ?? [];
          const ref = exactValues(view, 'ref')[0];
          if (
            ref !== undefined &&
            refs.some(
              (known) => isWithin(exactly(ref), glob(known.replace(/^refs\/(?:heads|tags)\//, ''), { star: 'anywhere', question: false })).holds === true,
            )
          )
            return [];
          return [{ place: placeOf(view), message: `${quote(view.subject?.text ?? ref ?? '')} does not ask for a protected ref` }];
        }),
);

const tp038 = rule(
  { id: 'TP038', title: 'Audience shared by all parties of the instance', parties: 'all', severity: 'medium', fix: 'Ask for an audience of this party alone.' },
  (document) =>
    viewsIn(document, 'gitlab').flatMap((view) =>
      exactValues(view, 'aud')
        .filter((value) => value.replace(/\/+$/, '') === (view.arm.issuer ?? 'https://gitlab.com').replace(/\/+$/, '') || value === 'https://gitlab.com')
        .map((value) => ({
          place: boundsOn(view.arm, 'aud')[0]?.place ?? view.arm.place,
          message: `audience ${quote(value)} is the instance itself: a token given to any other party is accepted here`,
        })),
    ),
);

const tp039 = rule(
  {
    id: 'TP039',
    title: 'HCP Terraform organisation not pinned',
    parties: 'all',
    severity: 'critical',
    fix: 'Write the organisation out, and pin terraform_organization_id where the party can.',
  },
  (document) =>
    viewsIn(document, 'terraform').flatMap((view): readonly Draft[] => {
      const tenants = ofLevel(view, 'tenant');
      if (tenants.some(({ width }) => width === 'exact')) return [];
      const [open] = tenants;
      return [
        {
          place: open?.condition.place ?? placeOf(view),
          message: `${open === undefined ? 'no organisation is pinned' : `${quote(open.text)} lets in every organisation`}`,
          counterexample: open === undefined ? undefined : beyond(view, open, ''),
          ...statusOf(view),
        },
      ];
    }),
);

const tp040 = rule(
  { id: 'TP040', title: 'HCP Terraform workspace not pinned', parties: 'all', severity: 'high', fix: 'Write project and workspace out.' },
  (document) =>
    viewsIn(document, 'terraform').flatMap((view): readonly Draft[] => {
      const isWild = ['project', 'workspace'].some((key) => widthOf(view.subject?.parts.fields.get(key) ?? []) !== 'exact');
      if (!isWild && (view.widths.scope === 'exact' || ofLevel(view, 'tenant').every(({ width }) => width !== 'exact') || isHalf(document))) return [];
      const bounded = view.widths.scope === 'exact';
      const source = loose(view, 'scope')[0];
      return [
        {
          place: placeOf(view),
          severity: bounded ? 'medium' : 'high',
          message: `${quote(view.subject?.text ?? 'no subject')} leaves project or workspace open`,
          counterexample: source === undefined ? undefined : beyond(view, source, ''),
          ...statusOf(view),
        },
      ];
    }),
);

const tp041 = rule(
  {
    id: 'TP041',
    title: 'Plan and apply share an identity',
    parties: 'all',
    severity: 'high',
    fix: 'Give plans an identity that can only read, and let only run_phase:apply write.',
  },
  (document, context) =>
    context.privileged === false || isHalf(document)
      ? []
      : viewsIn(document, 'terraform').flatMap((view): readonly Draft[] => {
          const [open] = loose(view, 'context');
          if (view.widths.context === 'exact' || (open === undefined && view.widths.scope !== 'exact')) return [];
          return [
            {
              place: open?.condition.place ?? placeOf(view),
              message: `${open === undefined ? 'no run phase is pinned' : quote(open.text)}: speculative plans run code that nobody merged`,
              counterexample: open === undefined ? undefined : beyond(view, open, ''),
            },
          ];
        }),
);

export const subjectRules: readonly TrustRule[] = [
  tp003,
  tp004,
  tp005,
  tp006,
  tp007,
  tp008,
  tp009,
  tp010,
  tp011,
  tp012,
  tp013,
  tp014,
  tp015,
  tp016,
  tp036,
  tp037,
  tp038,
  tp039,
  tp040,
  tp041,
];
