import type { Provider } from '../model/provider.ts';
import { Secret, previewOf } from '../model/secret.ts';
import { type Matcher, compileRules } from './compile.ts';
import { entropy } from './entropy.ts';
import { matchWindow } from './match.ts';

/** Takes keys out of a text that is to be shown. The same text always gives the same. */
export type Mask = (text: string) => string;

/** Nothing shorter can hold a key. */
const SUSPECT = /[A-Za-z0-9+/=_-]{16}/;
/** Stretches that could be a key by themselves, by the alphabets keys are written in. */
const STRETCHES = [/[A-Za-z0-9_-]{16,}/g, /[A-Za-z0-9+/=]{16,}/g, /[A-Za-z0-9_.~+/=:-]{16,}/g];
/** A stretch that a path, a route or a list of names is made of. */
const PIECE = /[A-Za-z0-9+=_-]{20,}/g;
const HEX = /^(?:[0-9a-f]+|[0-9A-F]+)$/;
/** What names are made of: numbers, checksums and words between separators, and words with or without a capital. */
const WORD = /(?<![A-Za-z0-9])(?:[0-9a-f]{8,}|\d+|[a-z]+)(?![A-Za-z0-9])|[A-Z]?[a-z]{3,}|[A-Z]{4,}/g;
/** Share of letters and digits outside words from which on a piece looks drawn, not written. */
const LEAST_OUTSIDE = 0.55;
const LEAST_ENTROPY = 3.7;
/** From this length on two kinds of characters are enough. */
const LONG = 40;

/**
 * A mask for names: of files, variables, jobs, services, branches. A key may stand where a name is expected, and names are what reports are made of.
 *
 * Three signs are taken: the form of a detector, being equal to a key that was found (`isKey`), and looking drawn at random. Object ids, checksums and UUIDs
 * are left alone unless they are equal to a key.
 */
export function nameMask(providers: readonly Provider[], isKey: (text: string) => boolean): Mask {
  // Compiling takes a while, and nearly no scan needs it.
  let matchers: readonly Matcher[] | undefined;
  const known = new Map<string, string>();

  return (text) => {
    if (!SUSPECT.test(text)) return text;
    const before = known.get(text);
    if (before !== undefined) return before;
    let masked = text;
    if (/\d/.test(text)) {
      for (const stretch of STRETCHES) masked = masked.replace(stretch, (part) => (isKey(part) ? hidden(part, '') : part));
    }
    matchers ??= compileRules(providers, 'tree').matchers.filter(({ detector }) => detector.publicPrefix !== '' || detector.context === undefined);
    masked = withoutForms(masked, matchers).replace(PIECE, (piece) => (looksDrawn(piece) ? hidden(piece, '') : piece));
    known.set(text, masked);
    return masked;
  };
}

function hidden(text: string, prefix: string): string {
  return previewOf(new Secret(text), prefix);
}

function withoutForms(text: string, matchers: readonly Matcher[]): string {
  let result = text;
  for (const matcher of matchers) {
    for (const { text: literal, ignoreCase } of matcher.detector.literals) {
      const wanted = ignoreCase === true ? literal.toLowerCase() : literal;
      for (let at = find(result, wanted, ignoreCase, 0); at !== -1; at = find(result, wanted, ignoreCase, at + 1)) {
        // From the last to the first, so that places stay true.
        for (const { start, end } of matchWindow(matcher, { text: result, literalStart: at, literalEnd: at + wanted.length }).toReversed()) {
          result = result.slice(0, start) + hidden(result.slice(start, end), matcher.detector.publicPrefix) + result.slice(end);
        }
      }
    }
  }
  return result;
}

function find(text: string, literal: string, ignoreCase: true | undefined, from: number): number {
  return (ignoreCase === true ? text.toLowerCase() : text).indexOf(literal, from);
}

function looksDrawn(piece: string): boolean {
  const plain = piece.replaceAll(/[-_+=]/g, '');
  if (plain.length < 18 || HEX.test(plain) || !/\d/.test(plain) || !/[A-Za-z]/.test(plain)) return false;
  const kinds = Number(/[a-z]/.test(plain)) + Number(/[A-Z]/.test(plain)) + 1;
  if (kinds < 3 && plain.length < LONG) return false;
  let outside = plain.length;
  for (const [word] of piece.matchAll(WORD)) outside -= word.length;
  return outside / plain.length >= LEAST_OUTSIDE && entropy(plain) >= LEAST_ENTROPY;
}
