import type { Detector, Provider } from '../model/provider.ts';
import { Secret, previewOf } from '../model/secret.ts';
import { type Matcher, compileRules } from './compile.ts';
import { matchWindow } from './match.ts';

/** Takes keys out of a text that is to be shown. The same text always gives the same. */
export type Mask = (text: string) => string;

/** Nothing shorter can hold a key. */
const SUSPECT = /[A-Za-z0-9+/=_-]{16}/;
/** No name that is of use to a reader is longer, and work on a hostile one stays bounded. In UTF-16 code units. */
const LONGEST = 8192;
/** Stretches that could be a key by themselves, by the alphabets keys are written in. */
const STRETCHES = [/[A-Za-z0-9_-]{16,}/g, /[A-Za-z0-9+/=]{16,}/g, /[A-Za-z0-9_.~+/=:-]{16,}/g];
/** What may be drawn at random: a run of pieces between slashes. */
const RUN = /[A-Za-z0-9+/=_-]{20,}/g;
const PIECE_CHARACTER = /[A-Za-z0-9+=_-]/;
/** Parts of names that say nothing about how the rest was made: numbers, checksums, and what a UUID is made of. */
const NUMBERS = /(?<![A-Za-z0-9])(?:[0-9a-f]{4,}|\d+)(?![A-Za-z0-9])/g;
/** A piece between slashes that a person would write. */
const WORD = /^(?:[A-Z]?[a-z]*|[A-Z]*|\d*)$/;

/** Letters and digits looked at together. Camel case is regular over any such length, and a drawn text is not. */
const WINDOW = 24;
/**
 * Changes of kind (small, capital, digit) per pair of neighbours from which on a window looks drawn; a capital before a small letter counts half.
 * Drawn from 62 characters the mean is 0.53; `GitHubActionsDeployRole2024` has 0.33.
 */
const LEAST_CHANGES = 0.42;
/** The same where one kind of letter is missing: more evidence is needed, since the mean is 0.40. */
const WIDE_WINDOW = 32;
const LEAST_CHANGES_WIDE = 0.31;

/** Small letters in a row that make a word: one window in two hundred of a drawn text has as many. */
const WORD_LENGTH = 8;

/** Half open, in UTF-16 code units of the text. */
interface Range {
  readonly start: number;
  readonly end: number;
  /** What may stay of it, from its start. */
  readonly prefix: string;
}

/**
 * A mask for names: of files, variables, jobs, services, branches. A key may stand where a name is expected, and names are what reports are made of.
 *
 * Three signs are taken: the form of a detector, being equal to a key that was found (`isKey`), and looking drawn at random. Object ids, checksums and UUIDs
 * are left alone unless they are equal to a key. Linear in the text, of which no more than 8192 characters are kept.
 */
export function nameMask(providers: readonly Provider[], isKey: (text: string) => boolean): Mask {
  // Compiling takes a while, and nearly no scan needs it: few names hold what a key opens with.
  let opening: RegExp | undefined;
  let matchers: readonly Matcher[] | undefined;
  const known = new Map<string, string>();

  return (whole) => {
    const text = whole.length > LONGEST ? `${whole.slice(0, LONGEST)}…` : whole;
    if (!SUSPECT.test(text)) return text;
    const before = known.get(text);
    if (before !== undefined) return before;
    opening ??= openingOf(providers);
    const opens = opening.test(text);
    if (opens) matchers ??= compileRules(providers, 'tree').matchers.filter(({ detector }) => hasForm(detector));
    const masked = hide(text, [...equal(text, isKey), ...(opens && matchers !== undefined ? forms(text, matchers) : []), ...drawn(text)]);
    known.set(text, masked);
    return masked;
  };
}

/** Whether the form alone tells, where no text around it is left to ask. */
function hasForm({ publicPrefix, context }: Detector): boolean {
  return publicPrefix !== '' || context === undefined;
}

/** A no of this spares the search by each detector. */
function openingOf(providers: readonly Provider[]): RegExp {
  const literals = providers.flatMap(({ detectors }) => detectors.filter(hasForm).flatMap((detector) => detector.literals.map(({ text }) => text)));
  return new RegExp([...new Set(literals)].map((text) => text.replaceAll(/[^A-Za-z0-9]/g, String.raw`\$&`)).join('|'), 'i');
}

function hide(text: string, ranges: readonly Range[]): string {
  let result = '';
  let at = 0;
  for (const { start, end, prefix } of merged(ranges.map((range) => widened(text, range)))) {
    result += text.slice(at, start) + previewOf(new Secret(text.slice(start, end)), prefix);
    at = end;
  }
  return result + text.slice(at);
}

/** To the ends of what the range stands in: the rest of a key is not to stay because a detector knows a shorter form. */
function widened(text: string, { start, end, prefix }: Range): Range {
  let to = end;
  for (;;) {
    while (to < text.length && PIECE_CHARACTER.test(text.charAt(to))) to += 1;
    // Base64 has slashes; so have paths, whose pieces are words.
    const next = text.charAt(to) === '/' ? /^[A-Za-z0-9+=_-]*/.exec(text.slice(to + 1, to + 1 + LONGEST))?.[0] ?? '' : '';
    if (next === '' || WORD.test(next)) break;
    to += 1 + next.length;
  }
  return { start, end: to, prefix };
}

/** In order of place, none touching another; where two overlap, the prefix of the first may stay. */
function merged(ranges: readonly Range[]): readonly Range[] {
  const result: Range[] = [];
  for (const range of ranges.toSorted((a, b) => a.start - b.start || b.prefix.length - a.prefix.length)) {
    const last = result.at(-1);
    if (last === undefined || range.start >= last.end) result.push(range);
    else if (range.end > last.end) result[result.length - 1] = { ...last, end: range.end };
  }
  return result;
}

function equal(text: string, isKey: (text: string) => boolean): readonly Range[] {
  const result: Range[] = [];
  for (const stretch of STRETCHES) {
    for (const { 0: part, index } of text.matchAll(stretch)) if (isKey(part)) result.push({ start: index, end: index + part.length, prefix: '' });
  }
  return result;
}

function forms(text: string, matchers: readonly Matcher[]): readonly Range[] {
  const result: Range[] = [];
  const lower = text.toLowerCase();
  for (const matcher of matchers) {
    for (const { text: literal, ignoreCase } of matcher.detector.literals) {
      // Lower case may be longer than the text; then places do not agree, and the text is taken as it is.
      const [searched, wanted] = ignoreCase === true && lower.length === text.length ? [lower, literal.toLowerCase()] : [text, literal];
      let seen = 0;
      for (let at = searched.indexOf(wanted); at !== -1; at = searched.indexOf(wanted, Math.max(at + 1, seen))) {
        for (const { start, end } of matchWindow(matcher, { text, literalStart: at, literalEnd: at + wanted.length })) {
          result.push({ start, end, prefix: matcher.detector.publicPrefix });
          seen = Math.max(seen, end);
        }
      }
    }
  }
  return result;
}

function drawn(text: string): readonly Range[] {
  const result: Range[] = [];
  for (const { 0: run, index } of text.matchAll(RUN)) {
    for (const { start, end } of windowsIn(run.replaceAll(NUMBERS, (number) => '_'.repeat(number.length)))) {
      // Whole pieces: half a key is a key half known. A window may begin in the word before.
      let from = start;
      while (from > 0 && PIECE_CHARACTER.test(run.charAt(from - 1))) from -= 1;
      for (let slash = run.indexOf('/', from); slash !== -1 && slash < end && WORD.test(run.slice(from, slash)); slash = run.indexOf('/', from)) from = slash + 1;
      while (from > 0) {
        const before = run.slice(run.lastIndexOf('/', from - 2) + 1, from - 1);
        if (WORD.test(before)) break;
        from -= 1 + before.length;
      }
      result.push({ start: index + from, end: index + end, prefix: '' });
    }
  }
  return result;
}

type Kind = 'small' | 'capital' | 'digit';

/** Stretches of windows that look drawn at random and overlap. */
function windowsIn(run: string): readonly { readonly start: number; readonly end: number }[] {
  const places: number[] = [];
  const kinds: Kind[] = [];
  /** By letter or digit: how much its kind differs from the one before it. */
  const changes: number[] = [];
  for (let at = 0; at < run.length; at += 1) {
    const kind = kindOf(run.charCodeAt(at));
    if (kind === undefined) continue;
    const before = kinds.at(-1);
    changes.push(before === undefined || before === kind || places.at(-1) !== at - 1 ? 0 : before === 'capital' && kind === 'small' ? 0.5 : 1);
    kinds.push(kind);
    places.push(at);
  }
  const result: { start: number; end: number }[] = [];
  for (let from = 0; from + WINDOW <= kinds.length; from += 1) {
    if (!isDrawn(kinds, changes, from, WINDOW, 3, LEAST_CHANGES) && !isDrawn(kinds, changes, from, WIDE_WINDOW, 2, LEAST_CHANGES_WIDE)) continue;
    const start = places[from] ?? 0;
    const end = (places[from + WINDOW - 1] ?? run.length - 1) + 1;
    const last = result.at(-1);
    if (last !== undefined && start < last.end) last.end = end;
    else result.push({ start, end });
  }
  return result;
}

function isDrawn(kinds: readonly Kind[], changes: readonly number[], from: number, length: number, leastKinds: number, leastChanges: number): boolean {
  if (from + length > kinds.length) return false;
  let sum = 0;
  for (let at = from + 1; at < from + length; at += 1) sum += changes[at] ?? 0;
  if (sum / (length - 1) < leastChanges) return false;
  for (let at = from, run = 0; at < from + length; at += 1) {
    run = kinds[at] === 'small' ? run + 1 : 0;
    if (run === WORD_LENGTH) return false;
  }
  const seen = new Set(kinds.slice(from, from + length));
  return seen.size >= leastKinds && seen.has('digit');
}

function kindOf(code: number): Kind | undefined {
  if (code >= 0x61 && code <= 0x7a) return 'small';
  if (code >= 0x41 && code <= 0x5a) return 'capital';
  return code >= 0x30 && code <= 0x39 ? 'digit' : undefined;
}
