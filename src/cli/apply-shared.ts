import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Rooted } from '../apply/roots.ts';
import { type Palette, plainPalette } from '../report/text-page.ts';
import type { IdStyle } from '../rewrite/types.ts';
import { visible } from '../support/escape.ts';
import { isInside, toPosix } from '../support/paths.ts';
import { useColor } from './terminal.ts';

export interface ApplyFlags {
  readonly write: boolean;
  readonly interactive: boolean;
  readonly only: readonly string[];
  readonly format: 'text' | 'json' | 'patch';
  readonly ids: IdStyle;
  readonly set: readonly string[];
  readonly root?: string;
  readonly allowLeftovers: boolean;
  readonly rollback?: string;
  readonly color: boolean;
}

/** From the folder of the run to the files of a target. */
export function prefixOf(targets: readonly Rooted[], id: string, cwd: string): string {
  const root = targets.find((target) => target.id === id)?.root;
  if (root === undefined) return '';
  const here = realpathSync(cwd);
  const way = isInside(here, root) ? relative(here, root) : root;
  return way === '' ? '' : `${toPosix(way).replace(/\/$/, '')}/`;
}

/** `git apply` takes paths from the top of the repository; where there is none, from the folder it runs in. */
export function patchPrefix(root: string, cwd: string): string {
  let top = root;
  while (!existsSync(join(top, '.git')) && dirname(top) !== top) top = dirname(top);
  const here = realpathSync(cwd);
  const base = existsSync(join(top, '.git')) ? top : isInside(here, root) ? here : root;
  const way = toPosix(relative(base, root));
  return way === '' ? '' : `${way}/`;
}

/** A word of a command line that a person may copy. */
export function shellWord(word: string): string {
  const shown = visible(word);
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", String.raw`'\''`)}'`;
}

export async function paletteOf(flags: ApplyFlags): Promise<Palette> {
  if (flags.format !== 'text' || !flags.color || !useColor(undefined)) return plainPalette;
  return (await import('../report/palette.ts')).colorPalette();
}
