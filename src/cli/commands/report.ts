import { readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { readChanges } from '../../apply/read-changes.ts';
import { compareInventories, type Dated } from '../../inventory/compare.ts';
import { mergeInventories, sameTargets } from '../../inventory/merge.ts';
import { isInventoryFile, readInventory } from '../../inventory/read.ts';
import { dateInName, trendOf } from '../../inventory/trend.ts';
import { UsageError } from '../../model/errors.ts';
import type { Inventory } from '../../model/inventory.ts';
import { SEVERITIES } from '../../model/levels.ts';
import { providers } from '../../providers/index.ts';
import { FORMATS, render, type RenderOptions } from '../../report/index.ts';
import { writeNewFile } from '../../support/atomic-write.ts';
import { visible } from '../../support/escape.ts';
import { EXIT_CODES, exitCodeOf } from '../exit-codes.ts';
import { print } from '../print.ts';
import { hasUnicode, useColor } from '../terminal.ts';

/** Files of a trend: ten years of days. */
const MOST_FILES = 4000;

/** Runs `dekey report`: reads saved inventories, merges, compares, renders. Returns the exit code, which only `--fail-on` makes other than 0. */
export async function runReport(files: readonly string[], raw: Readonly<Record<string, unknown>>): Promise<number> {
  const text = (name: string): string | undefined => (typeof raw[name] === 'string' ? raw[name] : undefined);
  const cwd = process.cwd();
  const format = FORMATS.find((one) => one === raw['format']) ?? 'text';
  const output = text('output');
  const failOn = raw['failOn'] === 'none' ? 'none' : SEVERITIES.find((severity) => severity === raw['failOn']);
  if (raw['share'] === true && format !== 'html') throw new UsageError(`--share is for --format html, not for ${format}`, 'Add --format html, or leave out --share.');

  const changesFile = text('changes');
  if (changesFile !== undefined && (format !== 'html' || raw['share'] === true)) throw new UsageError(`--changes is for --format html without --share`, 'Add --format html, or leave out --changes.');

  const named = files.map((file) => ({ name: file, inventory: readInventory(resolve(cwd, file)) }));
  const [twice] = sameTargets(named);
  if (twice !== undefined) throw new UsageError(`${visible(twice.files[0])} and ${visible(twice.files[1])} both hold ${visible(twice.target)}: it would be counted twice`, 'Leave one out. To compare the two: dekey report NEW.json --since OLD.json');
  const inventory = mergeInventories(named.map((one) => one.inventory));

  const service = text('exposedBy');
  if (service !== undefined) return await showExposed(inventory, service, { format, ...(output === undefined ? {} : { output: resolve(cwd, output) }) });

  const today = new Date().toISOString().slice(0, 10);
  const since = text('since');
  const folder = text('trend');
  const dated = folder === undefined ? [] : readDated(resolve(cwd, folder), folder);
  const { platforms } = await import('../../platforms/index.ts');
  const options: RenderOptions = {
    providers,
    platforms,
    width: process.stdout.isTTY && output === undefined ? (process.stdout.columns ?? 80) : 100,
    color: raw['color'] !== false && useColor(output),
    verbose: raw['verbose'] === true,
    failOn: failOn ?? 'high',
    cwd,
    unicode: hasUnicode(),
    ...compared(inventory, since === undefined ? undefined : resolve(cwd, since), dated, today),
    ...(folder === undefined ? {} : { trend: trendOf([...dated.filter(({ date }) => date !== dayOf(files, today)), { date: dayOf(files, today), inventory }]) }),
    ...(raw['share'] === true ? { share: true } : {}),
    ...(changesFile === undefined ? {} : { changes: readChanges(resolve(cwd, changesFile), changesFile) }),
  };
  const result = await render(format, inventory, options);
  if (output === undefined) await print(result);
  else await writeNewFile(resolve(cwd, output), result, { overwrite: true });
  // It was said when it was scanned that something could not be read; this run read all it was given.
  return failOn !== undefined && exitCodeOf(inventory, failOn) === EXIT_CODES.findings.code ? EXIT_CODES.findings.code : EXIT_CODES.clean.code;
}

async function showExposed(inventory: Inventory, service: string, { format, output }: { readonly format: string; readonly output?: string }): Promise<number> {
  if (format !== 'text' && format !== 'json') throw new UsageError(`--exposed-by answers as text or json, not as ${format}`, 'Leave out --format, or give json.');
  const { renderExposed } = await import('./exposed.ts');
  const result = renderExposed(inventory, service, format, process.stdout.isTTY && output === undefined ? Math.min(process.stdout.columns ?? 80, 110) : 100);
  if (output === undefined) await print(result);
  else await writeNewFile(output, result, { overwrite: true });
  return EXIT_CODES.clean.code;
}

/** With `--since` what came and went; with `--trend` alone for how many days each is known. */
function compared(inventory: Inventory, since: string | undefined, dated: readonly Dated[], today: string): Pick<RenderOptions, 'comparison'> {
  if (since === undefined && dated.length === 0) return {};
  if (since === undefined) return { comparison: compareInventories(inventory, { name: '', inventory }, today, dated) };
  const date = dateInName(basename(since));
  return { comparison: compareInventories(inventory, { name: basename(since), ...(date === undefined ? {} : { date }), inventory: readInventory(since) }, today, dated) };
}

/** The day of what is rendered: the latest that the names of its files say, else today. */
function dayOf(files: readonly string[], today: string): string {
  return files.flatMap((file) => dateInName(basename(file)) ?? []).toSorted().at(-1) ?? today;
}

/** Inventories of a folder whose names say a day. Others are named on standard error and left out: a file's own date changes when it is copied. */
function readDated(folder: string, shown: string): readonly (Dated & { readonly date: string })[] {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw new UsageError(`--trend ${visible(shown)} is not a folder`, 'Name a folder of inventories such as dekey-2026-11-29.json.');
  const names = readdirSync(folder).filter((name) => name.endsWith('.json')).toSorted();
  if (names.length > MOST_FILES) throw new UsageError(`--trend ${visible(shown)} holds ${names.length} files, more than ${MOST_FILES}`, 'Keep fewer: one a week is enough for a curve.');
  return names.flatMap((name) => {
    const path = join(folder, name);
    if (!isInventoryFile(path)) return [];
    const date = dateInName(name);
    if (date !== undefined) return [{ date, inventory: readInventory(path) }];
    process.stderr.write(`dekey: ${visible(name)} has no date in its name (YYYY-MM-DD) and is left out of the trend\n`);
    return [];
  });
}
