/**
 * Path patterns, matched without regular expressions: time grows with pattern length x path length whatever the pattern holds.
 *
 * A pattern is a list of segments between `/`. `*` is any run within one segment, `?` one code unit, `[a-z]`, `[!a-z]` and `[[:alpha:]]` a class,
 * `\` makes the next character plain, and a segment `**` is any number of segments. Leading dots are ordinary characters.
 */
type Token =
  | { readonly kind: 'unit'; readonly unit: number }
  | { readonly kind: 'any' }
  | { readonly kind: 'star' }
  | { readonly kind: 'class'; readonly negated: boolean; readonly ranges: readonly number[] };

export type Segment =
  | { readonly kind: 'globstar' }
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'tokens'; readonly tokens: readonly Token[] }
  /** A broken pattern (`[a`, a last `\`): matches nothing, as in git. */
  | { readonly kind: 'never' };

const POSIX_CLASSES: ReadonlyMap<string, readonly number[]> = new Map(
  Object.entries({
    alnum: '09AZaz', alpha: 'AZaz', blank: '  \t\t', digit: '09', graph: '!~', lower: 'az', print: ' ~',
    punct: '!/:@[`{~', space: '  \t\r', upper: 'AZ', xdigit: '09AFaf', cntrl: '\0\x1f\x7f\x7f',
  }).map(([name, bounds]) => [name, unitsOf(bounds)]),
);

function unitsOf(text: string): number[] {
  return Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
}

/** Splits `pattern` at `/` and compiles each part; neighbouring `**` become one. */
export function compileSegments(pattern: string): readonly Segment[] {
  const segments: Segment[] = [];
  for (const part of splitPattern(pattern)) {
    const segment = compileSegment(part);
    if (segment.kind === 'globstar' && segments.at(-1)?.kind === 'globstar') continue;
    segments.push(segment);
  }
  return segments;
}

/** Splits at each `/` that is not a member of a class. An escaped `/` is one like any other. */
function splitPattern(pattern: string): readonly string[] {
  const parts: string[] = [];
  let part = '';
  let at = 0;
  while (at < pattern.length) {
    let next = at + 1;
    if (pattern[at] === '/' || pattern.startsWith('\\/', at)) {
      parts.push(part);
      part = '';
      at += pattern[at] === '/' ? 1 : 2;
      continue;
    }
    if (pattern[at] === '\\') next += 1;
    else if (pattern[at] === '[') next = readClass(pattern, at, []);
    // A class that is never closed swallows the rest: the whole pattern matches nothing.
    if (next < 0) return [...parts, pattern.slice(at)];
    part += pattern.slice(at, next);
    at = next;
  }
  return [...parts, part];
}

/** Compiles what stands between two `/`. */
export function compileSegment(part: string): Segment {
  if (/^\*\*+$/.test(part)) return { kind: 'globstar' };
  const tokens: Token[] = [];
  let at = 0;
  while (at < part.length) {
    const unit = part.charCodeAt(at);
    if (unit === 0x2a) {
      if (tokens.at(-1)?.kind !== 'star') tokens.push({ kind: 'star' });
      at += 1;
    } else if (unit === 0x3f) {
      tokens.push({ kind: 'any' });
      at += 1;
    } else if (unit === 0x5b) {
      const end = readClass(part, at, tokens);
      if (end < 0) return { kind: 'never' };
      at = end;
    } else if (unit === 0x5c) {
      if (at + 1 >= part.length) return { kind: 'never' };
      tokens.push({ kind: 'unit', unit: part.charCodeAt(at + 1) });
      at += 2;
    } else {
      tokens.push({ kind: 'unit', unit });
      at += 1;
    }
  }
  let text = '';
  for (const token of tokens) {
    if (token.kind !== 'unit') return { kind: 'tokens', tokens };
    text += String.fromCharCode(token.unit);
  }
  return { kind: 'literal', text };
}

/** Reads the class that opens at `open`, adds it to `tokens`, and returns the offset after its `]`, or -1 when it is never closed. */
function readClass(part: string, open: number, tokens: Token[]): number {
  let at = open + 1;
  const negated = part[at] === '!' || part[at] === '^';
  if (negated) at += 1;
  const ranges: number[] = [];
  const first = at;
  while (at < part.length) {
    if (part[at] === ']' && at > first) {
      tokens.push({ kind: 'class', negated, ranges });
      return at + 1;
    }
    if (part[at] === '[' && part[at + 1] === ':') {
      const close = part.indexOf(':]', at + 2);
      if (close >= 0) {
        const known = POSIX_CLASSES.get(part.slice(at + 2, close));
        if (known === undefined) return -1;
        ranges.push(...known);
        at = close + 2;
        continue;
      }
    }
    if (part[at] === '\\') at += 1;
    if (at >= part.length) return -1;
    const low = part.charCodeAt(at);
    at += 1;
    if (part[at] !== '-' || at + 1 >= part.length || part[at + 1] === ']') {
      ranges.push(low, low);
      continue;
    }
    at += part[at + 1] === '\\' ? 2 : 1;
    if (at >= part.length) return -1;
    ranges.push(low, part.charCodeAt(at));
    at += 1;
  }
  return -1;
}

/** True when one segment of a path is what `segment` asks for. */
export function matchesSegment(segment: Segment, text: string): boolean {
  if (segment.kind === 'literal') return segment.text === text;
  if (segment.kind === 'globstar') return true;
  if (segment.kind === 'never') return false;
  const { tokens } = segment;
  let token = 0;
  let at = 0;
  let star = -1;
  let resume = 0;
  while (at < text.length) {
    const wanted = tokens[token];
    if (wanted?.kind === 'star') {
      star = token;
      resume = at;
      token += 1;
    } else if (wanted !== undefined && accepts(wanted, text.charCodeAt(at))) {
      token += 1;
      at += 1;
    } else if (star >= 0) {
      // Only the last star needs another try: an earlier one could gain nothing the last cannot.
      resume += 1;
      at = resume;
      token = star + 1;
    } else {
      return false;
    }
  }
  while (tokens[token]?.kind === 'star') token += 1;
  return token === tokens.length;
}

function accepts(token: Token, unit: number): boolean {
  if (token.kind === 'unit') return token.unit === unit;
  if (token.kind === 'any') return true;
  if (token.kind === 'star') return false;
  for (let at = 0; at + 1 < token.ranges.length; at += 2) {
    if (unit >= (token.ranges[at] ?? 0) && unit <= (token.ranges[at + 1] ?? -1)) return !token.negated;
  }
  return token.negated;
}

/**
 * Matches the segments of a path.
 *
 * @param extent `whole`: the pattern must cover the path. `within`: covering the path or one of the folders above it is enough.
 *   `below`: it must cover a folder above the path.
 */
export function matchesSegments(pattern: readonly Segment[], path: readonly string[], extent: 'whole' | 'within' | 'below'): boolean {
  let segment = 0;
  let at = 0;
  let star = -1;
  let resume = 0;
  while (at < path.length) {
    const wanted = pattern[segment];
    if (wanted?.kind === 'globstar') {
      if (segment === pattern.length - 1) return extent !== 'below' || path.length - at > 1;
      star = segment;
      resume = at;
      segment += 1;
      continue;
    }
    if (wanted !== undefined && matchesSegment(wanted, path[at] ?? '')) {
      segment += 1;
      at += 1;
      // The first cover leaves the most of the path over, so it decides for all later ones.
      if (segment === pattern.length && extent !== 'whole') return extent === 'within' || at < path.length;
      continue;
    }
    if (star < 0) return false;
    resume += 1;
    at = resume;
    segment = star + 1;
  }
  return segment === pattern.length;
}

/** Several patterns as one question. */
export interface GlobSet {
  readonly size: number;
  /** `path` is relative, with `/`. True when any pattern covers it or a folder above it. */
  matches(path: string): boolean;
  /** False only when nothing below the folder `path` can match: a walk need not enter it. */
  mayMatchBelow(path: string): boolean;
}

interface Glob {
  readonly segments: readonly Segment[];
  readonly folderOnly: boolean;
}

/** Alternatives that one pattern's braces may make: beyond it the pattern is refused rather than expanded. */
const MOST_ALTERNATIVES = 1000;

/**
 * Compiles the patterns people write in options and configuration. They read as in `.gitignore`: one without an inner `/` matches at any depth,
 * one with an inner or leading `/` from the root, one with a last `/` folders only, and what matches a folder holds for all below it.
 * Braces give alternatives, `*.{js,ts}`. There is no negation.
 *
 * @throws RangeError when braces give more than 1,000 alternatives.
 */
export function compileGlobs(patterns: readonly string[]): GlobSet {
  const globs = patterns.flatMap((pattern) => expandBraces(pattern).map(compileGlob));
  return {
    size: globs.length,
    matches(path) {
      if (globs.length === 0) return false;
      const parts = path.split('/');
      return globs.some((glob) => matchesSegments(glob.segments, parts, glob.folderOnly ? 'below' : 'within'));
    },
    mayMatchBelow(path) {
      if (path === '') return globs.length > 0;
      const parts = path.split('/');
      return globs.some((glob) => mayContinue(glob.segments, parts));
    },
  };
}

function compileGlob(pattern: string): Glob {
  let text = pattern.startsWith('./') ? pattern.slice(2) : pattern;
  const folderOnly = text.endsWith('/');
  if (folderOnly) text = text.slice(0, -1);
  const anchored = text.includes('/');
  if (text.startsWith('/')) text = text.slice(1);
  return { segments: compileSegments(anchored ? text : `**/${text}`), folderOnly };
}

function mayContinue(pattern: readonly Segment[], folder: readonly string[]): boolean {
  for (const [at, part] of folder.entries()) {
    const segment = pattern[at];
    if (segment === undefined || segment.kind === 'globstar') return true;
    if (!matchesSegment(segment, part)) return false;
  }
  return true;
}

/** `a{b,c{d,e}}` to `ab`, `acd`, `ace`. Braces without a comma, or without a partner, are plain text. */
export function expandBraces(pattern: string): readonly string[] {
  const finished: string[] = [];
  const open = [pattern];
  while (open.length > 0) {
    const text = open.pop() ?? '';
    const group = firstGroup(text);
    if (group === undefined) finished.push(text);
    else for (const choice of group.choices.toReversed()) open.push(text.slice(0, group.start) + choice + text.slice(group.end));
    if (finished.length + open.length > MOST_ALTERNATIVES) throw new RangeError('the braces give more than 1,000 alternatives');
  }
  return finished;
}

function firstGroup(text: string): { start: number; end: number; choices: string[] } | undefined {
  const starts: { at: number; commas: number[] }[] = [];
  let outermost: { start: number; end: number; choices: string[] } | undefined;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '\\') at += 1;
    else if (char === '{') starts.push({ at, commas: [] });
    else if (char === ',') starts.at(-1)?.commas.push(at);
    else if (char === '}') {
      const group = starts.pop();
      if (group === undefined || group.commas.length === 0) continue;
      const bounds = [group.at, ...group.commas, at];
      const choices = bounds.slice(1).map((bound, index) => text.slice((bounds[index] ?? 0) + 1, bound));
      outermost = { start: group.at, end: at + 1, choices };
      if (starts.length === 0) return outermost;
    }
  }
  return outermost;
}
