/** What the rules share: how a finding is made, how values are quoted, which repository a view is of. */
import type { Severity } from '../../model/levels.ts';
import { visible } from '../../support/escape.ts';
import type { Family } from '../issuers.ts';
import type { Arm, RepositoryFacts, TrustContext, TrustDocument, TrustFinding, TrustRule } from '../model.ts';
import { show } from '../pattern.ts';
import { viewsOf, type Source, type View } from '../view.ts';

/** A finding without what its rule says anyway. */
export interface Draft {
  readonly place: string;
  readonly message: string;
  readonly severity?: Severity;
  readonly status?: 'unknown';
  readonly fix?: string;
  readonly counterexample?: string | undefined;
}

type RuleFacts = Omit<TrustRule, 'check'>;

/** A rule from its data and its check. Equal findings of one rule are reported once. */
export function rule(facts: RuleFacts, check: (document: TrustDocument, context: TrustContext) => readonly Draft[]): TrustRule {
  return {
    ...facts,
    check: (document, context) => {
      if (facts.parties !== 'all' && !facts.parties.includes(document.party)) return [];
      const seen = new Set<string>();
      return check(document, context).flatMap((draft): readonly TrustFinding[] => {
        const key = `${draft.place}\n${draft.message}`;
        if (seen.has(key)) return [];
        seen.add(key);
        const counterexample = draft.counterexample;
        const example = counterexample === undefined ? '' : `; also matches ${quote(counterexample)}`;
        const message = `${draft.message}${example}${facts.unverified ? ' (check this: not confirmed at the source)' : ''}.`;
        return [
          {
            rule: facts.id,
            severity: draft.severity ?? facts.severity,
            status: draft.status ?? 'found',
            place: draft.place,
            message,
            fix: draft.fix ?? facts.fix,
            ...(counterexample === undefined ? {} : { counterexample }),
          },
        ];
      });
    },
  };
}

/** The value as it stands, on one line, with what cannot be seen spelled out. */
export function quote(text: string): string {
  const shown = visible(text);
  return `"${shown.length > 300 ? `${shown.slice(0, 297)}...` : shown}"`;
}

/** Families whose subjects have rules of their own. */
export function isPlain(family: Family): boolean {
  return family.id !== 'kubernetes' && family.id !== 'spiffe';
}

/** Families whose subject is one value: a pattern on it is not read level by level. */
export function isFlat(family: Family): boolean {
  return family.id === 'google' || family.id === 'shared' || family.id === 'other' || family.id === 'entra';
}

export function ofLevel(view: View, level: Source['level']): readonly Source[] {
  return view.sources.filter((source) => source.level === level);
}

/** Whether other conditions of the arm bound this level to one value. */
export function isBoundedElsewhere(view: View, source: Source): boolean {
  return view.sources.some((other) => other.level === source.level && other.width === 'exact' && other.condition !== source.condition);
}

/** Whether nothing at all is said about whose token it is, where strangers share the issuer. */
export function lacksTenant(view: View): boolean {
  return view.widths.tenant !== 'exact' && ofLevel(view, 'tenant').length === 0;
}

/** `unknown` when something in the arm could not be read. */
export function statusOf(view: View): { readonly status?: 'unknown' } {
  return view.hasUnknown ? { status: 'unknown' } : {};
}

/** Google providers without their IAM members: the condition alone says who may come, not what for. */
export function isHalf(document: TrustDocument): boolean {
  return document.google !== undefined && document.google.bindings === undefined;
}

export function issuerName(view: View): string {
  return view.arm.issuer === undefined ? view.family.title : quote(view.arm.issuer);
}

/** Claims that tell who or what started a run, or what it is called, and nothing about where. */
export const WEAK_CLAIMS = ['actor', 'actor_id', 'workflow', 'triggering_actor', 'head_ref', 'base_ref', 'event_name'];

/** Exact values of a claim, whether by a condition of its own or as a part of the subject. */
export function exactValues(view: View, claim: string): readonly string[] {
  const own = view.arm.conditions.flatMap((condition) =>
    condition.claim === claim && condition.ifExists === undefined && condition.quantifier !== 'all' && condition.matcher.kind === 'exact'
      ? condition.matcher.values
      : [],
  );
  const field = view.subject?.parts.fields.get(claim);
  return field === undefined ? own : [...own, show(field)];
}

/** The repository or project that a view is of: its path by name without ids, and the ids that stand in the document. */
export function repositoryNamed(view: View): { readonly path?: string; readonly id?: string; readonly ownerId?: string } {
  const result: { path?: string; id?: string; ownerId?: string } = {};
  const exact = view.sources.filter(({ width }) => width === 'exact');
  for (const claim of ['sub', 'repository', 'project_path', 'workflow_ref']) {
    const own = exact.filter((source) => source.claim === claim);
    const tenant = own.find(({ level }) => level === 'tenant');
    const scope = own.find(({ level, condition }) => level === 'scope' && condition === tenant?.condition);
    if (tenant === undefined || scope === undefined) continue;
    const [owner, ownerId] = cutId(show(tenant.piece));
    const [repository, id] = cutId(show(scope.piece));
    if (view.subject?.parts.form === 'custom' && claim === 'sub' && !view.subject.parts.fields.has('repo') && !view.subject.parts.fields.has('repository'))
      continue;
    if (view.family.id === 'gitlab' && claim === 'sub' && !view.subject?.parts.fields.has('project_path')) continue;
    result.path ??= `${owner}/${repository}`;
    if (ownerId !== undefined) result.ownerId ??= ownerId;
    if (id !== undefined) result.id ??= id;
  }
  const [id] = [...exactValues(view, 'repository_id'), ...exactValues(view, 'project_id')];
  const [ownerId] = [...exactValues(view, 'repository_owner_id'), ...exactValues(view, 'namespace_id')];
  if (id !== undefined) result.id ??= id;
  if (ownerId !== undefined) result.ownerId ??= ownerId;
  return result;
}

function cutId(name: string): readonly [string, string | undefined] {
  const found = /^(.*)@(\d+)$/.exec(name);
  return found?.[1] === undefined ? [name, undefined] : [found[1], found[2]];
}

/** What is known of the view's repository: found by its path, or by its id when the document names no path. */
export function factsOf(view: View, context: TrustContext): RepositoryFacts | undefined {
  const named = repositoryNamed(view);
  return context.repositories?.find(({ host, path, id }) => {
    if (host !== view.family.id) return false;
    return named.path === undefined ? id !== undefined && id === named.id : path.toLowerCase() === named.path.toLowerCase();
  });
}

export function viewsIn(document: TrustDocument, ...families: readonly Family['id'][]): readonly View[] {
  return viewsOf(document).filter(({ family }) => families.length === 0 || families.includes(family.id));
}

export function placeOf(view: View): string {
  return view.subject?.condition.place ?? view.arm.place;
}

/** All arms a document has, those of a condition that is looked at by itself too. */
export function allArms(document: TrustDocument): readonly Arm[] {
  return document.google === undefined ? document.arms : [...document.arms, ...document.google.conditionArms];
}
