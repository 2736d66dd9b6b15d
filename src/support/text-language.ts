/**
 * Sets of texts that wildcard patterns describe, and the one question asked of them: is every text of one also in the other? The answer is exact, and a
 * no comes with the shortest text that shows it.
 */

/** One character, any character, or any number of them; `except` lists characters that are not among them. */
export type Element =
  | { readonly kind: 'character'; readonly character: string }
  | { readonly kind: 'one'; readonly except: string }
  | { readonly kind: 'many'; readonly except: string };

/** A text is in the pattern when its elements, in this order, are made of all of it. */
export type Pattern = readonly Element[];

/** A text is in the language when it is in one of its patterns. */
export type Language = readonly Pattern[];

/** `undecided`: the comparison would have taken more steps than are allowed. It must never be taken for a yes. */
export type Inclusion = { readonly holds: true } | { readonly holds: false; readonly counterexample: string } | { readonly holds: 'undecided' };

/** Which characters of a glob are wild. Everything else stands for itself. */
export interface GlobRules {
  /** `anywhere`: each `*` is any number of characters, separators too. `last`: only a `*` at the very end is. */
  readonly star: 'anywhere' | 'last';
  /** `?` is exactly one character. */
  readonly question: boolean;
}

/** Pairs of state sets looked at. Patterns that people write need hundreds. */
const MOST_STEPS = 50_000;
/** Stand-ins for characters that no pattern names, the likeliest to be read without surprise first. */
const STAND_INS = 'xzqvkwjybghfmu0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_~+!$%&;=@^|';

/** The language of `text` alone. */
export function exactly(text: string): Language {
  return [characters(text)];
}

/** The language of a glob. `rules` say which dialect. */
export function glob(text: string, rules: GlobRules): Language {
  const all = [...text];
  return [
    all.map((character, index): Element => {
      if (character === '*' && (rules.star === 'anywhere' || index === all.length - 1)) return { kind: 'many', except: '' };
      if (character === '?' && rules.question) return { kind: 'one', except: '' };
      return { kind: 'character', character };
    }),
  ];
}

/** At least one character, none of them in `except`: a name between separators. */
export function segment(except: string): Language {
  return [[{ kind: 'one', except }, { kind: 'many', except }]];
}

/** Any text, the empty one too. */
export const anyText: Language = [[{ kind: 'many', except: '' }]];

/** Every text that is one of each language, in this order. */
export function sequence(...parts: readonly Language[]): Language {
  return parts.reduce<Language>((result, part) => result.flatMap((head) => part.map((tail) => [...head, ...tail])), [[]]);
}

/** Every text of any of the languages. */
export function either(...languages: readonly Language[]): Language {
  return languages.flat();
}

/** Whether `text` is in `language`. */
export function accepts(language: Language, text: string): boolean {
  let states = start(language);
  for (const character of text) states = step(language, states, character);
  return isAccepting(language, states);
}

/**
 * Whether every text of `inner` is in `outer`.
 *
 * @param within only texts of this language are looked at: those that can occur at all
 */
export function isWithin(inner: Language, outer: Language, within: Language = anyText): Inclusion {
  const alphabet = alphabetOf([inner, outer, within]);
  interface Node {
    readonly sets: readonly [States, States, States];
    readonly from: Node | undefined;
    readonly character: string;
  }
  const first: Node = { sets: [start(inner), start(outer), start(within)], from: undefined, character: '' };
  const seen = new Set([keyOf(first.sets)]);
  // The list grows while it is walked: in order of length, so that the first text found is a shortest one.
  const queue: Node[] = [first];
  for (const node of queue) {
    const [a, b, c] = node.sets;
    if (isAccepting(inner, a) && isAccepting(within, c) && !isAccepting(outer, b)) {
      const text: string[] = [];
      for (let at: Node | undefined = node; at !== undefined; at = at.from) text.push(at.character);
      return { holds: false, counterexample: text.toReversed().join('') };
    }
    for (const character of alphabet) {
      const sets = [step(inner, a, character), step(outer, b, character), step(within, c, character)] as const;
      if (sets[0].length === 0 || sets[2].length === 0) continue;
      const key = keyOf(sets);
      if (seen.has(key)) continue;
      if (seen.size >= MOST_STEPS) return { holds: 'undecided' };
      seen.add(key);
      queue.push({ sets, from: node, character });
    }
  }
  return { holds: true };
}

function characters(text: string): Pattern {
  return [...text].map((character): Element => ({ kind: 'character', character }));
}

/** States of all patterns, numbered through, ascending, with everything that can be reached without a character. */
type States = readonly number[];

const offsets = new WeakMap<Language, readonly number[]>();

/** By pattern: the number of its first state. A pattern of n elements has n + 1 states. */
function offsetsOf(language: Language): readonly number[] {
  const known = offsets.get(language);
  if (known !== undefined) return known;
  let next = 0;
  const result = language.map((pattern) => {
    const from = next;
    next += pattern.length + 1;
    return from;
  });
  offsets.set(language, result);
  return result;
}

function start(language: Language): States {
  const states = new Set<number>();
  for (const [index, offset] of offsetsOf(language).entries()) enter(language[index] ?? [], offset, 0, states);
  return [...states].toSorted((a, b) => a - b);
}

/** Adds the state before element `at`, and those behind elements that may be empty. */
function enter(pattern: Pattern, offset: number, at: number, states: Set<number>): void {
  for (let position = at; ; position += 1) {
    states.add(offset + position);
    if (pattern[position]?.kind !== 'many') return;
  }
}

function step(language: Language, from: States, character: string): States {
  const states = new Set<number>();
  let index = 0;
  const firsts = offsetsOf(language);
  for (const state of from) {
    while ((firsts[index + 1] ?? Infinity) <= state) index += 1;
    const offset = firsts[index] ?? 0;
    const pattern = language[index] ?? [];
    const element = pattern[state - offset];
    if (element === undefined || !takes(element, character)) continue;
    enter(pattern, offset, element.kind === 'many' ? state - offset : state - offset + 1, states);
  }
  return [...states].toSorted((a, b) => a - b);
}

function takes(element: Element, character: string): boolean {
  return element.kind === 'character' ? element.character === character : !element.except.includes(character);
}

function isAccepting(language: Language, states: States): boolean {
  const firsts = offsetsOf(language);
  const ends = new Set(language.map((pattern, index) => (firsts[index] ?? 0) + pattern.length));
  return states.some((state) => ends.has(state));
}

function keyOf(sets: readonly States[]): string {
  return sets.map((states) => states.join(',')).join(';');
}

/** Every character a pattern names, and one that none names, which stands for all others. */
function alphabetOf(languages: readonly Language[]): readonly string[] {
  const named = new Set<string>();
  for (const element of languages.flat(2)) for (const character of element.kind === 'character' ? element.character : element.except) named.add(character);
  let standIn = [...STAND_INS].find((character) => !named.has(character));
  for (let code = 0xa1; standIn === undefined; code += 1) if (!named.has(String.fromCodePoint(code))) standIn = String.fromCodePoint(code);
  return [standIn, ...[...named].toSorted(byLooks)];
}

/** Letters and digits before signs: among texts of one length the more readable is shown. */
function byLooks(a: string, b: string): number {
  const looks = (character: string): number => (/[a-z]/.test(character) ? 0 : /[A-Z0-9]/.test(character) ? 1 : 2);
  return looks(a) - looks(b) || (a < b ? -1 : 1);
}
