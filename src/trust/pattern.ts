/** Patterns of claims as languages, and pieces of them. */
import { exactly, glob, sequence, type Element, type Language, type Pattern } from '../support/text-language.ts';
import type { ClaimMatcher, GlobDialect } from './model.ts';
import { languageOfRegex } from './regex.ts';

/** How much a piece of a pattern says: one text, some of it, or nothing. */
export type Width = 'exact' | 'partial' | 'open';

const MANY: Pattern = [{ kind: 'many', except: '' }];

/** One pattern by value of the matcher, with the text as written; undefined for matchers that say nothing about which values are let in. */
export function patternsOf(matcher: ClaimMatcher): readonly { readonly text: string; readonly language: Language | undefined }[] | undefined {
  switch (matcher.kind) {
    case 'exact':
      return matcher.values.map((text) => ({ text, language: exactly(text) }));
    case 'glob':
      return matcher.values.map((text) => ({ text, language: languageOfGlob(text, matcher.dialect) }));
    case 'prefix':
      return matcher.values.map((text) => ({ text: `${text}*`, language: sequence(exactly(text), [MANY]) }));
    case 'suffix':
      return matcher.values.map((text) => ({ text: `*${text}`, language: sequence([MANY], exactly(text)) }));
    case 'contains':
      return matcher.values.map((text) => ({ text: `*${text}*`, language: sequence([MANY], exactly(text), [MANY]) }));
    case 'regex':
      return matcher.values.map((text) => ({ text, language: languageOfRegex(text) }));
    default:
      return undefined;
  }
}

/** IAM writes a literal `*`, `?` or `$` as `${*}`, `${?}`, `${$}`. */
function languageOfGlob(text: string, dialect: GlobDialect): Language {
  switch (dialect) {
    case 'aws':
      return sequence(
        ...text
          .split(/(\$\{[*?$]\})/)
          .map((part) => (/^\$\{[*?$]\}$/.test(part) ? exactly(part.slice(2, 3)) : glob(part, { star: 'anywhere', question: true }))),
      );
    case 'azure':
      return glob(text, { star: 'anywhere', question: true });
    case 'vault':
      return glob(text, { star: 'anywhere', question: false });
    default:
      return glob(text, { star: 'last', question: false });
  }
}

export function widthOf(piece: Pattern): Width {
  if (piece.every(isCharacter)) return 'exact';
  return piece.some(isCharacter) ? 'partial' : 'open';
}

/** The widest of several: what holds for every one of them. */
export function widest(widths: readonly Width[]): Width {
  return widths.includes('open') ? 'open' : widths.includes('partial') ? 'partial' : 'exact';
}

/** The narrowest of several: all of them bound the same claim at once. */
export function narrowest(widths: readonly Width[]): Width {
  return widths.includes('exact') ? 'exact' : widths.includes('partial') ? 'partial' : 'open';
}

/** What every text of the pattern begins with. */
export function literalHead(pattern: Pattern): string {
  const end = pattern.findIndex((element) => !isCharacter(element));
  return show(end === -1 ? pattern : pattern.slice(0, end));
}

/** The pattern with its wild parts as `*` and `?`. */
export function show(pattern: Pattern): string {
  return pattern.map((element) => (element.kind === 'character' ? element.character : element.kind === 'many' ? '*' : '?')).join('');
}

/** Where `character` first stands at or after `from`; -1 when it does not. */
export function indexOf(pattern: Pattern, character: string, from = 0): number {
  return pattern.findIndex((element, index) => index >= from && element.kind === 'character' && element.character === character);
}

/** What follows `head`; undefined when the pattern does not begin with this very text. */
export function after(pattern: Pattern, head: string): Pattern | undefined {
  const characters = [...head];
  const fits = characters.every((character, index) => {
    const element = pattern[index];
    return element?.kind === 'character' && element.character === character;
  });
  return fits ? pattern.slice(characters.length) : undefined;
}

export function isCharacter(element: Element): boolean {
  return element.kind === 'character';
}
