import { readdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { compileSegments, expandBraces, matchesSegment, type Segment } from '../../support/glob.ts';
import { isInside } from '../../support/paths.ts';

/** A file that a pattern leads to. */
export interface Found {
  /** Relative to the folder that was searched, with `/`. */
  readonly path: string;
  /** Links resolved: where it really lies. */
  readonly absolute: string;
  readonly stats: Stats;
}

/** What stood in the way. `reason` as in `Skipped`. */
export interface Hindrance {
  readonly path: string;
  readonly reason: string;
  readonly incomplete: boolean;
}

/** Folders below a `**`. */
const DEEPEST = 6;
/** Entries looked at for one pattern: a folder of more is no folder of settings. */
const MOST_ENTRIES = 50_000;

const OUTSIDE = 'symlink out of the home folder';
const UNREADABLE = 'unreadable';

/**
 * Files below `folder` that `glob` names, sorted by path. Follows links as long as they stay in `home`; throws for nothing.
 *
 * @param home resolved; nothing outside of it is found
 */
export function expand(home: string, folder: string, glob: string, hinder: (hindrance: Hindrance) => void): Found[] {
  const found: Found[] = [];
  const budget = { left: MOST_ENTRIES };
  for (const pattern of expandBraces(glob)) step({ home, budget, hinder, found }, folder, '', compileSegments(pattern), 0);
  if (budget.left < 0) hinder({ path: glob, reason: `more than ${MOST_ENTRIES} files`, incomplete: true });
  return found;
}

interface Search {
  readonly home: string;
  readonly budget: { left: number };
  readonly hinder: (hindrance: Hindrance) => void;
  readonly found: Found[];
}

function step(search: Search, absolute: string, path: string, [segment, ...rest]: readonly Segment[], depth: number): void {
  if (segment === undefined) return take(search, absolute, path);
  if (segment.kind === 'literal') return step(search, join(absolute, segment.text), joined(path, segment.text), rest, depth);
  if (segment.kind === 'globstar') step(search, absolute, path, rest, depth);
  for (const name of namesIn(search, absolute, path)) {
    search.budget.left -= 1;
    if (search.budget.left < 0) return;
    if (!matchesSegment(segment, name)) continue;
    const below = join(absolute, name);
    if (segment.kind !== 'globstar') step(search, below, joined(path, name), rest, depth);
    else if (depth < DEEPEST && isFolder(below)) step(search, below, joined(path, name), [segment, ...rest], depth + 1);
  }
}

function joined(path: string, name: string): string {
  return path === '' ? name : `${path}/${name}`;
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function namesIn(search: Search, absolute: string, path: string): readonly string[] {
  try {
    const real = realpathSync(absolute);
    if (!isInside(search.home, real)) {
      search.hinder({ path, reason: OUTSIDE, incomplete: false });
      return [];
    }
    return readdirSync(real).toSorted();
  } catch (error) {
    if (!isAbsent(error)) search.hinder({ path, reason: UNREADABLE, incomplete: true });
    return [];
  }
}

function take({ home, hinder, found }: Search, absolute: string, path: string): void {
  try {
    const real = realpathSync(absolute);
    if (!isInside(home, real)) return hinder({ path, reason: OUTSIDE, incomplete: false });
    const stats = statSync(real);
    if (stats.isFile()) found.push({ path, absolute: real, stats });
  } catch (error) {
    if (!isAbsent(error)) hinder({ path, reason: UNREADABLE, incomplete: true });
  }
}

/** ENOENT also for a link that leads nowhere. Windows says EINVAL for a name that cannot be. */
function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'EINVAL');
}
