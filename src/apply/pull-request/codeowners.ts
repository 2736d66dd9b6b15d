/** Where GitHub looks, in this order: the first that is there counts. https://docs.github.com/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners (read 2026-11-29) */
export const CODEOWNERS_PATHS = ['.github/CODEOWNERS', 'CODEOWNERS', 'docs/CODEOWNERS'] as const;

/** GitHub loads no larger file. */
const LARGEST = 3 * 2 ** 20;
/** A pattern is matched against each changed file; nobody writes a longer one. */
const LONGEST_PATTERN = 1000;

interface Rule {
  readonly pattern: string;
  readonly owners: readonly string[];
}

/** Who owns files: users by login and teams as `acme/ai`, each once, in the order in which the files name them. E-mail addresses are left out: no review can be asked of one. */
export function ownersOf(codeowners: string, paths: readonly string[]): readonly string[] {
  if (codeowners.length > LARGEST) return [];
  const rules = rulesIn(codeowners).toReversed();
  const owners = new Map<string, string>();
  for (const path of paths) {
    // The last rule that fits decides, also when it names nobody.
    const rule = rules.find(({ pattern }) => matches(pattern, path));
    for (const owner of rule?.owners ?? []) if (!owners.has(owner.toLowerCase())) owners.set(owner.toLowerCase(), owner);
  }
  return [...owners.values()];
}

function rulesIn(text: string): readonly Rule[] {
  return text.split(/\r?\n/).flatMap((line): readonly Rule[] => {
    const [pattern, ...words] = wordsOf(line);
    // GitHub has no `!` and no `[ ]` in these patterns; a line with one is skipped there, too.
    if (pattern === undefined || pattern.startsWith('!') || /[[\]]/.test(pattern) || pattern.length > LONGEST_PATTERN) return [];
    const owners = words.flatMap((word) => /^@([A-Za-z0-9](?:[A-Za-z0-9_-]{0,98})(?:\/[A-Za-z0-9_.-]{1,100})?)$/.exec(word)?.[1] ?? []);
    return [{ pattern, owners }];
  });
}

/** Words of a line; `\ ` is a blank of a word, and `#` begins a comment. */
function wordsOf(line: string): readonly string[] {
  const words: string[] = [];
  let word = '';
  for (let at = 0; at < line.length; at += 1) {
    const sign = line.charAt(at);
    if (sign === '\\' && at + 1 < line.length) {
      word += line.charAt(at + 1) === ' ' || line.charAt(at + 1) === '#' ? line.charAt(at + 1) : sign + line.charAt(at + 1);
      at += 1;
    } else if (sign === ' ' || sign === '\t') {
      if (word !== '') words.push(word);
      word = '';
    } else if (sign === '#') break;
    else word += sign;
  }
  if (word !== '') words.push(word);
  return words;
}

/**
 * As gitignore matches, with what GitHub leaves out: a pattern without `/` but at its end fits at any depth, one with a `/` from the top; a folder fits all below
 * it, but `docs/*` fits no deeper file.
 */
function matches(pattern: string, path: string): boolean {
  const isRooted = pattern.slice(0, -1).includes('/');
  const isFolder = pattern.endsWith('/');
  const parts = pattern.replace(/^\//, '').replace(/\/$/, '').split('/');
  const segments = path.split('/');
  if (parts.length === 1 && parts[0] === '') return true;
  const failed = new Set<number>();
  const starts = isRooted ? [0] : segments.map((_, index) => index);
  return starts.some((start) => fits({ parts, segments, isFolder, failed }, 0, start));
}

interface Match {
  readonly parts: readonly string[];
  readonly segments: readonly string[];
  readonly isFolder: boolean;
  /** Pairs of positions that are known not to fit, so that no pair is tried twice. */
  readonly failed: Set<number>;
}

function fits(match: Match, part: number, segment: number): boolean {
  const key = part * (match.segments.length + 1) + segment;
  if (match.failed.has(key)) return false;
  const found = fitsHere(match, part, segment);
  if (!found) match.failed.add(key);
  return found;
}

function fitsHere(match: Match, at: number, on: number): boolean {
  const { parts, segments, isFolder } = match;
  const part = parts[at];
  const segment = segments[on];
  if (part === undefined) return !isFolder || segment !== undefined;
  if (part === '**') return at === parts.length - 1 ? segment !== undefined : fits(match, at + 1, on) || (segment !== undefined && fits(match, at, on + 1));
  if (segment === undefined || !fitsSegment(part, segment)) return false;
  // What is left is below a folder that fits; a `*` at the end means only what lies directly there.
  if (at === parts.length - 1 && part === '*' && on < segments.length - 1 && !isFolder) return false;
  return fits(match, at + 1, on + 1);
}

/** `*` and `?` within one segment, by the usual two fingers: no repeat of repeats. */
function fitsSegment(pattern: string, text: string): boolean {
  let at = 0;
  let on = 0;
  let star = -1;
  let mark = 0;
  while (on < text.length) {
    const sign = pattern.charAt(at);
    if (at < pattern.length && sign === '*') {
      star = at;
      mark = on;
      at += 1;
    } else if (at < pattern.length && (sign === '?' || sign === text.charAt(on))) {
      at += 1;
      on += 1;
    } else if (star !== -1) {
      at = star + 1;
      mark += 1;
      on = mark;
    } else return false;
  }
  while (pattern.charAt(at) === '*') at += 1;
  return at === pattern.length;
}
