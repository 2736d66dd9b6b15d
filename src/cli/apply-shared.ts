import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { PlanRead } from '../apply/read-plan.ts';
import type { Rooted } from '../apply/roots.ts';
import { UsageError } from '../model/errors.ts';
import type { Input } from '../model/text.ts';
import { partyInputs } from '../parties/inputs.ts';
import { checkInput, fitsInput } from '../plan/inputs.ts';
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

export async function paletteOf(flags: { readonly format: string; readonly color: boolean }): Promise<Palette> {
  if (flags.format !== 'text' || !flags.color || !useColor(undefined)) return plainPalette;
  return (await import('../report/palette.ts')).colorPalette();
}

/** `--set` goes before what the plan knows; either has to be of its input's shape, because it goes into files. */
export function valuesOf({ plan }: Pick<PlanRead, 'plan'>, settings: readonly string[]): (input: string) => string | undefined {
  const known = new Map<string, Input>([...Object.values(partyInputs), ...plan.inputs].map((input) => [input.id, input]));
  const values = new Map(plan.inputs.flatMap((input): readonly (readonly [string, string])[] => (input.value !== null && isFitting(input, input.value) ? [[input.id, input.value]] : [])));
  for (const setting of settings) {
    const at = setting.indexOf('=');
    const id = setting.slice(0, at);
    if (at < 1 || !/^[a-z0-9_]+(?:\.[a-z0-9_]+)+$/.test(id)) throw new UsageError(`--set ${visible(setting)} is not ID=VALUE`, 'Write it like --set anthropic.workspace_id=wrkspc_...; the plan lists the ids.');
    const input = known.get(id);
    if (input === undefined) throw new UsageError(`--set ${visible(id)}: this plan has no such input`, `It has: ${plan.inputs.map((one) => one.id).join(', ') || 'none'}.`);
    checkInput(input, setting.slice(at + 1), '--set');
    values.set(id, setting.slice(at + 1));
  }
  return (input) => values.get(input);
}

/** The shape in the plan is a word from outside. */
function isFitting(input: Input, value: string): boolean {
  try {
    return fitsInput(partyInputs[input.id] ?? input, value);
  } catch {
    return false;
  }
}
