/** CSV files in a real spreadsheet: LibreOffice without a window opens them, and no cell of what it read is a formula. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { hostileInventory, plainOptions } from '../../report-sample.ts';
import { render } from '../../../src/report/index.ts';
import type { Proof } from '../github/checks.ts';
import { findProgram } from './debian.ts';

/** A minute is what it may cost; where it cannot be had in that, the proof says so and goes on. */
const INSTALL_MS = 60_000;
const OPEN_MS = 120_000;

/** `csv`: files that the program wrote. The hostile names are written here. */
export async function proveSpreadsheet(proof: Proof, work: string, csv: readonly string[]): Promise<void> {
  const office = findProgram(['soffice', 'libreoffice'], ['libreoffice-calc-nogui'], INSTALL_MS);
  if (office === undefined) {
    proof.say('LibreOffice could not be had: the CSV files were not opened in it (Debian: apt-get install libreoffice-calc-nogui)');
    return;
  }
  const hostile = join(work, 'hostile.csv');
  writeFileSync(hostile, await render('csv', hostileInventory(), plainOptions));
  // What shows that the judge judges: a file as it must not be.
  const bad = join(work, 'formula.csv');
  writeFileSync(bad, '"a","b"\r\n"=1+1","+2+3"\r\n');
  const folder = join(work, 'opened');
  mkdirSync(folder);
  const files = [bad, hostile, ...csv];
  const started = performance.now();
  const ran = spawnSync(office, ['--headless', `-env:UserInstallation=${pathToFileURL(join(work, 'office')).href}`, '--convert-to', 'fods', '--outdir', folder, ...files], { encoding: 'utf8', timeout: OPEN_MS });
  if (ran.status !== 0) {
    proof.check(false, `LibreOffice ended with ${ran.status ?? ran.signal ?? ''}: ${ran.stderr.slice(0, 300)}`);
    return;
  }
  const opened = new Map(files.map((file) => [file, readFileSync(join(folder, basename(file).replace(/\.csv$/, '.fods')), 'utf8')]));
  proof.check(formulas(opened.get(bad) ?? '').length > 0, 'LibreOffice takes no cell of a file with formulas for one: this proof says nothing');
  let rows = 0;
  for (const [file, text] of opened) {
    if (file === bad) continue;
    proof.equal(formulas(text), [], `formulas in ${basename(file)} as LibreOffice reads it`);
    // Rows that are equal stand there once, with their number.
    const read = text.split('<table:table-row').filter((row) => row.includes('office:value-type')).reduce((sum, row) => sum + Number(/^[^>]*table:number-rows-repeated="(\d+)"/.exec(row)?.[1] ?? 1), 0);
    proof.equal(read, recordsOf(readFileSync(file, 'utf8')), `rows of ${basename(file)}`);
    rows += read;
  }
  const version = /LibreOffice (\S+)/.exec(spawnSync(office, ['--version'], { encoding: 'utf8' }).stdout)?.[1] ?? '';
  proof.say(`LibreOffice ${version} read ${rows} rows of ${opened.size - 1} CSV files in ${((performance.now() - started) / 1000).toFixed(1)} s, and no cell as a formula`);
}

function formulas(fods: string): readonly string[] {
  return [...fods.matchAll(/table:formula="([^"]*)"/g)].map(([, formula]) => formula ?? '').slice(0, 5);
}

/** Records of a CSV file: a line end inside quotes ends none. */
function recordsOf(text: string): number {
  return text.replaceAll(/"(?:[^"]|"")*"/g, 'x').split('\r\n').filter((line) => line !== '').length;
}
