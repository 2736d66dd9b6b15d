import { compileSegment, compileSegments, matchesSegment, matchesSegments, type Segment } from '../../support/glob.ts';

/**
 * The rules of gitignore(5), with our own linear matcher: the rules come from the scanned tree, and a pattern such as
 * a chain of `**` must not be able to hold up a scan.
 */
interface IgnoreRule {
  readonly negated: boolean;
  readonly folderOnly: boolean;
  /** One segment is compared with the last name of a path, several with the whole path below the file's folder. */
  readonly segments: readonly Segment[];
  readonly order: number;
}

/** One ignore file. */
interface RuleFile {
  /** Rules that are a plain name, the last of each name and sort. Most rules are, so most of a file costs one look-up. */
  readonly names: ReadonlyMap<string, readonly IgnoreRule[]>;
  /** All others, last first. */
  readonly others: readonly IgnoreRule[];
}

/** The ignore files that bear on a folder, the nearest first. */
export interface IgnoreChain {
  readonly file: RuleFile;
  /** Folder the rules are relative to, from the root of the checkout, with `/`; '' for the root. */
  readonly base: string;
  readonly outer: IgnoreChain | undefined;
  /** Rules with wildcards in this file and all outer ones. */
  readonly cost: number;
}

/** Wildcard rules that one folder may be subject to. Rules past this are not applied, so that more is scanned rather than less. */
const MOST_RULES = 5000;

/** Adds the rules of one ignore file in front of `outer`. */
export function addIgnoreFile(text: string, base: string, outer: IgnoreChain | undefined): IgnoreChain {
  const names = new Map<string, IgnoreRule[]>();
  const others: IgnoreRule[] = [];
  const room = MOST_RULES - (outer?.cost ?? 0);
  let order = 0;
  for (const line of text.replace(/^\ufeff/, '').split('\n')) {
    const rule = parseRule(line, order);
    if (rule === undefined) continue;
    order += 1;
    const [only] = rule.segments;
    if (rule.segments.length === 1 && only?.kind === 'literal') {
      // At most two rules of a name can matter: the last for folders only, and the last for both.
      const earlier = (names.get(only.text) ?? []).filter((other) => rule.folderOnly && !other.folderOnly);
      names.set(only.text, [rule, ...earlier]);
    } else if (others.length < room) {
      others.push(rule);
    }
  }
  return { file: { names, others: others.reverse() }, base, outer, cost: (outer?.cost ?? 0) + others.length };
}

function parseRule(line: string, order: number): IgnoreRule | undefined {
  if (line.startsWith('#')) return undefined;
  let text = trimTrailingSpaces(line.endsWith('\r') ? line.slice(0, -1) : line);
  const negated = text.startsWith('!');
  if (negated) text = text.slice(1);
  const folderOnly = text.endsWith('/');
  if (folderOnly) text = text.slice(0, -1);
  const anchored = text.includes('/');
  if (text.startsWith('/')) text = text.slice(1);
  if (text === '') return undefined;
  if (!anchored) return { negated, folderOnly, segments: [compileSegment(text)], order };
  const segments = compileSegments(text);
  // `/name` is compared with the whole path too, which one segment alone would not say.
  return { negated, folderOnly, segments: segments.length === 1 ? [ANCHOR, ...segments] : segments, order };
}

/** Stands before the only segment of an anchored rule; see {@link verdict}. */
const ANCHOR: Segment = { kind: 'literal', text: '' };

function trimTrailingSpaces(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === ' ') end -= 1;
  let slashes = 0;
  while (slashes < end && text[end - 1 - slashes] === '\\') slashes += 1;
  return end < text.length && slashes % 2 === 1 ? text.slice(0, end + 1) : text.slice(0, end);
}

/**
 * What the rules say of `path` itself (from the root of the checkout, with `/`): the last rule of the nearest file that has one decides.
 * A folder above being ignored is the caller's to know, as in git, which never enters it.
 */
export function isIgnored(chain: IgnoreChain | undefined, path: string, isFolder: boolean): boolean {
  if (chain === undefined) return false;
  const name = path.slice(path.lastIndexOf('/') + 1);
  for (let link: IgnoreChain | undefined = chain; link !== undefined; link = link.outer) {
    const said = verdict(link, path, name, isFolder);
    if (said !== undefined) return said;
  }
  return false;
}

function verdict(link: IgnoreChain, path: string, name: string, isFolder: boolean): boolean | undefined {
  const named = link.file.names.get(name)?.find((rule) => isFolder || !rule.folderOnly);
  let parts: readonly string[] | undefined;
  for (const rule of link.file.others) {
    if (named !== undefined && rule.order < named.order) break;
    if (rule.folderOnly && !isFolder) continue;
    const [first, second] = rule.segments;
    if (first === undefined) continue;
    if (rule.segments.length === 1) {
      if (matchesSegment(first, name)) return !rule.negated;
      continue;
    }
    parts ??= (link.base === '' ? path : path.slice(link.base.length + 1)).split('/');
    const matched = first === ANCHOR && second !== undefined ? matchesSegments([second], parts, 'whole') : matchesSegments(rule.segments, parts, 'whole');
    if (matched) return !rule.negated;
  }
  return named === undefined ? undefined : !named.negated;
}
