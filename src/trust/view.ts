/** What an arm lets in, level by level: whose tokens, of which repository or project, of which of its runs. */
import { exactly, isWithin, type Language, type Pattern } from '../support/text-language.ts';
import { languageOfForm } from '../support/text-form.ts';
import { familyOf, LEVELS, partsOfClaim, type ContextKind, type Family, type Level, type SubjectParts } from './issuers.ts';
import type { Arm, Condition, TrustDocument } from './model.ts';
import { narrowest, patternsOf, widest, widthOf, type Width } from './pattern.ts';

/** One piece of one condition that speaks about one level. */
export interface Source {
  readonly level: Level;
  readonly width: Width;
  readonly piece: Pattern;
  readonly by: 'id' | 'name';
  readonly claim: string;
  readonly context?: ContextKind;
  readonly condition: Condition;
  /** The whole value, as written and as a language. */
  readonly text: string;
  readonly language: Language;
}

/** One arm with one of its subjects. */
export interface View {
  readonly arm: Arm;
  readonly family: Family;
  /** The value of `sub` that this view is of; undefined when `sub` is not bounded. */
  readonly subject?: { readonly text: string; readonly language: Language; readonly parts: SubjectParts; readonly condition: Condition };
  readonly sources: readonly Source[];
  readonly widths: Readonly<Record<Level, Width>>;
  /** Whether a level that is exact is so by an id. */
  readonly hasIds: Readonly<Record<Level, boolean>>;
  /** Something in the arm could not be read, so that it may be narrower than it looks. */
  readonly hasUnknown: boolean;
}

const cache = new WeakMap<readonly Arm[], readonly View[]>();

export function viewsOf(document: TrustDocument): readonly View[] {
  return viewsOfArms(document.arms);
}

export function viewsOfArms(arms: readonly Arm[]): readonly View[] {
  const known = cache.get(arms);
  if (known !== undefined) return known;
  const views = arms.flatMap(viewsOfArm);
  cache.set(arms, views);
  return views;
}

/** Whether the condition bounds the claim of every token: not `IfExists`, not a quantifier that holds for nothing, not a negation. */
export function isBound(condition: Condition): boolean {
  return condition.ifExists === undefined && condition.quantifier !== 'all' && condition.isRequest === undefined && patternsOf(condition.matcher) !== undefined;
}

/** Conditions of the arm that bound `claim`. */
export function boundsOn(arm: Arm, claim: string): readonly Condition[] {
  return arm.conditions.filter((condition) => condition.claim === claim && isBound(condition));
}

/** Values that `claim` is compared with, as written; undefined when the claim is not bounded. */
export function valuesOf(arm: Arm, claim: string): readonly string[] | undefined {
  const bounds = boundsOn(arm, claim);
  return bounds.length === 0 ? undefined : bounds.flatMap(({ matcher }) => patternsOf(matcher)?.map(({ text }) => text) ?? []);
}

function viewsOfArm(arm: Arm): readonly View[] {
  const subjects = valuesOf(arm, 'sub') ?? [];
  const family = familyOf(
    arm.issuer,
    subjects,
    arm.conditions.filter(({ isRequest }) => isRequest === undefined).map(({ claim }) => claim),
  );
  const [primary, ...others] = boundsOn(arm, 'sub');
  const rest = arm.conditions.filter((condition) => condition.claim !== 'sub' && isBound(condition));
  const conditions = [...others, ...rest];
  const hasUnknown = arm.conditions.some(({ matcher }) => matcher.kind === 'unknown');
  if (primary === undefined) return [viewOf(arm, family, undefined, conditions, hasUnknown)];
  const values = patternsOf(primary.matcher) ?? [];
  return values.map(({ text, language }) =>
    language === undefined
      ? viewOf(arm, family, undefined, conditions, true)
      : viewOf(arm, family, { text, language, parts: readAll(family, language), condition: primary }, conditions, hasUnknown),
  );
}

/** A language of several patterns (a regular expression with alternatives) is read pattern by pattern. */
function readAll(family: Family, language: Language): SubjectParts {
  const [first, ...more] = language.map((pattern) => family.read(pattern));
  if (first === undefined) return { form: 'other', parts: [], fields: new Map() };
  if (more.length === 0) return first;
  const all = [first, ...more];
  const parts = LEVELS.flatMap((level) => {
    const found = all.map((one) => one.parts.filter((part) => part.level === level));
    // A level that one alternative leaves out is not bounded by the others.
    if (found.some((one) => one.length === 0)) return [];
    const flat = found.flat();
    const loose = flat.find((part) => widthOf(part.piece) === 'open') ?? flat.find((part) => widthOf(part.piece) === 'partial');
    return loose === undefined ? flat.slice(0, 1) : [loose];
  });
  return { ...first, parts };
}

function viewOf(arm: Arm, family: Family, subject: View['subject'], conditions: readonly Condition[], hasUnknown: boolean): View {
  const sources: Source[] = [];
  if (subject !== undefined) {
    for (const part of subject.parts.parts) {
      sources.push({ ...part, width: widthOf(part.piece), claim: 'sub', condition: subject.condition, text: subject.text, language: subject.language });
    }
  }
  const claimSources = conditions.map((condition) => sourcesOf(family, condition));
  for (const found of claimSources) sources.push(...found);
  const fromSubject = sources.filter(({ claim, condition }) => claim === 'sub' && condition === subject?.condition);
  const groups = [fromSubject, ...claimSources];
  const issued: Width = family.isShared && !hasTenantAudience(arm, family) ? 'open' : 'exact';
  const widths = Object.fromEntries(
    LEVELS.map((level) => {
      const bounds = groups.flatMap((group) => {
        const own = group.filter((source) => source.level === level);
        return own.length === 0 ? [] : [widest(own.map(({ width }) => width))];
      });
      return [level, narrowest(level === 'tenant' ? [...bounds, issued] : bounds)];
    }),
  ) as Record<Level, Width>;
  // A family whose tokens do not differ below a level has nothing more to bound.
  if (!family.levels.includes('context')) widths.context = widths.scope;
  const hasIds = Object.fromEntries(
    LEVELS.map((level) => [level, sources.some((source) => source.level === level && source.width === 'exact' && source.by === 'id')]),
  ) as Record<Level, boolean>;
  return { arm, family, ...(subject === undefined ? {} : { subject }), sources, widths, hasIds, hasUnknown };
}

function sourcesOf(family: Family, condition: Condition): readonly Source[] {
  if (condition.claim === 'aud' || condition.claim === 'iss') return [];
  const values = patternsOf(condition.matcher) ?? [];
  return values.flatMap(({ text, language }) => {
    if (language === undefined) return [];
    return language.flatMap((pattern) => {
      const parts =
        condition.claim === 'sub'
          ? family.read(pattern).parts
          : family.anyClaim
            ? LEVELS.map((level) => ({ level, piece: pattern, by: 'name' as const }))
            : partsOfClaim(family.claims, condition.claim, pattern);
      return parts.map((part) => ({ ...part, width: widthOf(part.piece), claim: condition.claim, condition, text, language }));
    });
  });
}

function hasTenantAudience(arm: Arm, family: Family): boolean {
  if (family.audienceIsTenant === undefined) return false;
  return boundsOn(arm, 'aud').some(({ matcher }) => matcher.kind === 'exact' && matcher.values.length > 0);
}

/** What a text can be at all, as far as the audit knows the issuer. */
function withinOf(family: Family): Language | undefined {
  return family.forms.length === 0 ? undefined : family.forms.flatMap((form) => languageOfForm(form, {}));
}

const PLAIN: Language = [
  [
    { kind: 'one', except: ' ' },
    { kind: 'many', except: ' ' },
  ],
];

/** A shortest text of `language` that is not in `intended` (default: any text of it), of the issuer's own form where there is one. */
export function counterexample(family: Family, claim: string, language: Language, intended: Language = []): string | undefined {
  const within = claim === 'sub' ? withinOf(family) : undefined;
  for (const candidates of within === undefined ? [PLAIN] : [within, PLAIN]) {
    const answer = isWithin(language, intended, candidates);
    if (answer.holds === false) return answer.counterexample;
    if (answer.holds === true && intended.length > 0 && candidates === within) return undefined;
  }
  return undefined;
}

/** Every text that begins with `head` and one of `separators`. */
export function continued(head: string, separators: string): Language {
  return [...separators].map((separator) => [...(exactly(head + separator)[0] ?? []), { kind: 'many', except: '' } as const]);
}
