import type { Detector, PrefilterLiteral, Provider } from '../model/provider.ts';
import { base64Forms } from './decode.ts';

/** A detector with its pattern compiled and its provider at hand. */
export interface Matcher {
  readonly provider: Provider;
  readonly detector: Detector;
  /** Sticky-free, global: run on a window, never on a file. */
  readonly pattern: RegExp;
  /** Order among matches of one place: lower wins. */
  readonly rank: number;
}

/** What a prefilter literal means: a plain literal of some matchers, its base64 form, or a sign that text is escaped. */
export type LiteralUse =
  | { readonly kind: 'plain'; readonly matcher: Matcher; readonly length: number }
  | { readonly kind: 'base64'; readonly matcher: Matcher; readonly length: number; readonly phase: number }
  | { readonly kind: 'escape' };

/** Everything a scan needs, built once a thread. */
export interface Rules {
  readonly scope: 'tree' | 'history';
  readonly literals: readonly PrefilterLiteral[];
  /** By index of the literal. */
  readonly uses: readonly (readonly LiteralUse[])[];
  readonly matchers: readonly Matcher[];
}

/** Escaped forms of the characters that stand in key prefixes: `-`, `.`, `_`, `s`. Text that holds them is decoded before it is matched. */
const ESCAPE_SIGNS = ['\\u002d', '\\u002D', '\\u002e', '\\u002E', '\\x2e', '\\x2E', '%2E', '%2e', '\\u005f', '\\u005F', '\\u0073', '\\x2d', '\\x5f', '\\x73', '%2D', '%2d', '%5F', '%5f', '%73'];

/** Bytes that must follow in WebAssembly at most: an escaped `/` or `+` ends a run of base64 early. */
const BASE64_FOLLOW = 6;
/** More than this many bytes hardly tell more, and each lengthens what has to be looked at again round a seam of a delta. */
const LONGEST_FOLLOW = 24;
/** After a form of three characters, which stand in any text: a key goes on for longer than this. */
const SHORT_FORM = 3;
const SHORT_FORM_FOLLOW = 24;

/**
 * Compiles the detectors of `providers`. `scope` is `tree` for files as they stand and `history` for every blob, where detectors with common literals
 * are left out.
 */
export function compileRules(providers: readonly Provider[], scope: 'tree' | 'history'): Rules {
  const literals: PrefilterLiteral[] = [];
  const uses: LiteralUse[][] = [];
  const indexOf = new Map<string, number>();
  const matchers: Matcher[] = [];

  function add(literal: PrefilterLiteral, use: LiteralUse): void {
    const key = JSON.stringify([literal.text, literal.ignoreCase === true, literal.followedBy?.class, literal.followedBy?.count]);
    let index = indexOf.get(key);
    if (index === undefined) {
      index = literals.length;
      literals.push(literal);
      uses.push([]);
      indexOf.set(key, index);
    }
    uses[index]?.push(use);
  }

  for (const provider of providers) {
    for (const detector of provider.detectors) {
      if (scope === 'history' && detector.inHistory === false) continue;
      const matcher: Matcher = { provider, detector, pattern: new RegExp(detector.pattern, detector.ignoreCase === true ? 'dgi' : 'dg'), rank: matchers.length };
      matchers.push(matcher);
      for (const literal of detector.literals) {
        const follow = literal.followedBy;
        const most = follow?.class === 'base64' ? BASE64_FOLLOW : LONGEST_FOLLOW;
        add(follow === undefined ? literal : { ...literal, followedBy: { ...follow, count: Math.min(follow.count, most) } }, { kind: 'plain', matcher, length: literal.text.length });
        if (literal.ignoreCase === true || !hasShape(detector)) continue;
        for (const form of base64Forms(literal.text)) {
          const short = form.text.length <= SHORT_FORM;
          add({ text: form.text, followedBy: { class: 'base64', count: short ? SHORT_FORM_FOLLOW : BASE64_FOLLOW } }, { kind: 'base64', matcher, length: form.text.length, phase: form.phase });
        }
      }
    }
  }
  for (const text of ESCAPE_SIGNS) add({ text }, { kind: 'escape' });
  return { scope, literals, uses, matchers };
}

/** True when the key can be told from its own text: only then is it worth looking for inside base64. */
function hasShape(detector: Detector): boolean {
  return detector.context === undefined && (detector.publicPrefix.length >= 3 || detector.proof !== undefined);
}
