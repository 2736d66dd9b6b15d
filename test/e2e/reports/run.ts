/**
 * Reports in a real browser: `npm run e2e -- reports`. A made-up organisation of 20,000 findings is written by the built program, opened, measured, searched and
 * checked by axe-core; hostile names are looked for in every format, and LibreOffice reads the CSV files. Screenshots are left in `test/out/reports/`.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { table } from '../../../bench/table.ts';
import { providers } from '../../../src/providers/index.ts';
import { platforms } from '../../../src/platforms/index.ts';
import { render, type RenderOptions } from '../../../src/report/index.ts';
import { Proof } from '../github/checks.ts';
import { requireBuild } from '../kit.ts';
import { findBrowser, Tab } from './browser.ts';
import { earlier, madeUp, madeUpChanges } from './made-up.ts';
import { proveHostile } from './hostile.ts';
import { measure, provePage, provePolicy, takePictures } from './page.ts';
import { proveSpreadsheet } from './spreadsheet.ts';

const FINDINGS = 20_000;
const LIMITS = { bytes: 8_000_000, openMs: 2000, filterMs: 100 } as const;

/** Gives the exit code. A missing browser is a failure in CI, and a message elsewhere. */
export async function runReports(args: readonly string[]): Promise<number> {
  requireBuild();
  const proof = new Proof('reports');
  const root = process.cwd();
  const out = join(root, 'test', 'out', 'reports');
  mkdirSync(out, { recursive: true });
  const work = mkdtempSync(join(tmpdir(), 'dekey-reports-'));
  try {
    const files = await written(root, work, proof);
    await proveHostile(proof, work);
    await proveSpreadsheet(proof, work, [join(work, 'acme.csv')]);
    const browser = findBrowser();
    if (browser === undefined) {
      const isCi = (process.env['CI'] ?? '') !== '';
      proof.check(!isCi, 'no Chromium could be had: the page was not opened');
      process.stdout.write('No Chromium on the PATH, nor named by DEKEY_CHROMIUM: the page was not opened (Debian: apt-get install chromium).\n');
    } else {
      const tab = await Tab.open(browser);
      try {
        const measured = await measure(tab, files.html);
        proof.check(measured.openMs < LIMITS.openMs, `opening took ${Math.round(measured.openMs)} ms`);
        for (const { what, ms } of measured.queries) proof.check(ms < LIMITS.filterMs, `${what} took ${Math.round(ms)} ms`);
        process.stdout.write(`${table(['measured', 'best', 'middle', 'limit'], [
          ['size of the file', `${(statSync(files.html).size / 1e6).toFixed(2)} MB`, '', '8 MB'],
          ['opened and drawn', `${Math.round(measured.openMs)} ms (worst of 3)`, '', `${LIMITS.openMs} ms`],
          ...measured.queries.map(({ what, ms, middle }) => [what, `${ms.toFixed(1)} ms`, `${middle.toFixed(1)} ms`, `${LIMITS.filterMs} ms`]),
          ['rows in the document', String(measured.rows), '', ''],
        ]).join('\n')}\n`);
        proof.check(measured.rows < 200, `${measured.rows} rows are in the document: the list is not virtual`);
        await provePage(tab, proof, files);
        await provePolicy(tab, proof, files, work);
        if (!args.includes('--no-pictures')) await takePictures(tab, files, out, proof);
      } finally {
        await tab.close();
      }
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  process.stdout.write(`${[...proof.lines, ...(proof.failures.length === 0 ? ['All hold.'] : proof.failures.map((failure) => `  FAILED ${failure}`))].join('\n')}\n`);
  return proof.failures.length === 0 ? 0 : 1;
}

export interface Files {
  readonly html: string;
  readonly share: string;
  readonly hostile: string;
}

/** Everything by the built program, as a person would. */
async function written(root: string, work: string, proof: Proof): Promise<Files> {
  const inventory = madeUp(FINDINGS);
  const options: RenderOptions = { providers, platforms, width: 100, color: false, verbose: false, failOn: 'high' };
  const trend = join(work, 'trend');
  mkdirSync(trend);
  writeFileSync(join(work, 'acme.json'), await render('json', inventory, options));
  for (const [day, one] of earlier(inventory)) writeFileSync(join(trend, `acme-${day}.json`), await render('json', one, options));
  // What was there before: all but the newest, and a few that are gone.
  const gone = inventory.credentials.filter(({ risk }) => risk.level === 'critical').slice(0, 25).map((one, index) => ({ ...one, id: `c-gone-${index}`, preview: `sk-gone-\u2026${index}`, findings: [], workloads: [] }));
  const old = { ...inventory, credentials: [...inventory.credentials.slice(40), ...gone], findings: inventory.findings.slice(300) };
  writeFileSync(join(work, 'acme-2026-10-01.json'), await render('json', old, options));
  writeFileSync(join(work, 'changes.json'), JSON.stringify(madeUpChanges(inventory)));
  const file = (name: string): string => join(work, name);
  const dekey = (...args: string[]): void => {
    const started = performance.now();
    const { status, stderr } = spawnSync(process.execPath, [join(root, 'bin', 'dekey.js'), 'report', 'acme.json', ...args], { cwd: work, encoding: 'utf8' });
    proof.equal(status, 0, `dekey report ${args.join(' ')} said ${stderr}`);
    proof.say(`dekey report ${args.join(' ')}: ${Math.round(performance.now() - started)} ms`);
  };
  dekey('--format', 'html', '-o', 'acme.html', '--since', 'acme-2026-10-01.json', '--trend', 'trend', '--changes', 'changes.json');
  dekey('--format', 'html', '--share', '-o', 'share.html', '--since', 'acme-2026-10-01.json', '--trend', 'trend');
  for (const format of ['csv', 'junit', 'markdown', 'sarif', 'text']) dekey('--format', format, '-o', `acme.${format}`);
  proof.check(statSync(file('acme.html')).size < LIMITS.bytes, `the file has ${statSync(file('acme.html')).size} bytes`);
  return { html: file('acme.html'), share: file('share.html'), hostile: file('hostile.html') };
}
