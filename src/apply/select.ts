import { UsageError } from '../model/errors.ts';
import { visible } from '../support/escape.ts';
import { compileGlobs, type GlobSet } from '../support/glob.ts';

/** What `--only` is compared with. */
export interface Selectable {
  readonly path: string;
  readonly id: string;
  readonly rewriter: string;
  readonly safety: 'safe' | 'unsafe';
  readonly providers: readonly string[];
}

const KINDS = ['safety', 'provider', 'rewriter', 'path', 'id'] as const;
type Kind = (typeof KINDS)[number];

/**
 * Which changes `--only` leaves: patterns of one kind are joined by "or", kinds by "and".
 *
 * @param all every change that could be made.
 * @param paths every file that could have one: a pattern that fits one is no mistake, even if nothing is to be done there.
 * @throws UsageError for a pattern that fits nothing, listing what there is.
 */
export function selection(patterns: readonly string[], all: readonly Selectable[], paths: readonly string[]): (change: Selectable) => boolean {
  const chosen = new Map<Kind, string[]>();
  for (const pattern of patterns) {
    const kind = kindOf(pattern, all, paths);
    chosen.set(kind, [...(chosen.get(kind) ?? []), pattern]);
  }
  const globs = new Map([...chosen].flatMap(([kind, list]): readonly (readonly [Kind, GlobSet])[] => (kind === 'path' || kind === 'id' ? [[kind, globsOf(list)]] : [])));
  return (change) => [...chosen].every(([kind, list]) => (globs.get(kind) === undefined ? list.some((pattern) => valuesOf(change, kind).includes(pattern)) : valuesOf(change, kind).some((value) => globs.get(kind)?.matches(value) ?? false)));
}

function kindOf(pattern: string, all: readonly Selectable[], paths: readonly string[]): Kind {
  if (pattern === 'safe' || pattern === 'unsafe') return 'safety';
  for (const kind of ['provider', 'rewriter'] as const) if (all.some((change) => valuesOf(change, kind).includes(pattern))) return kind;
  const glob = globsOf([pattern]);
  if (all.some(({ path }) => glob.matches(path))) return 'path';
  if (all.some(({ id }) => glob.matches(id))) return 'id';
  if (paths.some((path) => glob.matches(path))) return 'path';
  throw new UsageError(`--only ${visible(pattern)} fits no change of this plan`, wordsFor(all));
}

function globsOf(patterns: readonly string[]): GlobSet {
  try {
    return compileGlobs(patterns);
  } catch (error) {
    throw new UsageError(`--only ${patterns.map(visible).join(', ')}: ${error instanceof Error ? error.message : 'not a pattern'}`, 'Give several --only instead.', { cause: error });
  }
}

function valuesOf(change: Selectable, kind: Kind): readonly string[] {
  switch (kind) {
    case 'safety':
      return [change.safety];
    case 'provider':
      return change.providers;
    case 'rewriter':
      return [change.rewriter];
    case 'path':
      return [change.path];
    case 'id':
      return [change.id];
  }
}

const MOST = 12;

function wordsFor(all: readonly Selectable[]): string {
  if (all.length === 0) return 'There is no change to choose from.';
  const list = (kind: Kind): string => {
    const values = [...new Set(all.flatMap((change) => valuesOf(change, kind)))].toSorted();
    return `${values.slice(0, MOST).map(visible).join(', ')}${values.length > MOST ? ` and ${values.length - MOST} more` : ''}`;
  };
  return `There is: safe, unsafe; provider ${list('provider')}; rewriter ${list('rewriter')}; path ${list('path')}; change ${list('id')}.`;
}
