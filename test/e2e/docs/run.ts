/**
 * The documentation in a real browser: `npm run e2e -- docs [--no-pictures]`. The site is built, every page of it is opened from the disk, checked by axe-core and looked at for
 * anything that it asks of a network; then a reader searches. Screenshots are left in `test/out/docs/`.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSite, readParts } from '../../../scripts/site/build.ts';
import { makeSite } from '../../../scripts/site/site.ts';
import { Proof } from '../github/checks.ts';
import { findBrowser, Tab } from '../reports/browser.ts';

const LAPTOP = { width: 1440, height: 900 } as const;
const PHONE = { width: 390, height: 844, scale: 2, isPhone: true } as const;
/** One of each kind: what is looked at on a phone, in the dark, and as a picture. */
const SAMPLES = ['index.html', 'guides/local.html', 'guides/organisation.html', 'paths/index.html', 'paths/anthropic-native.html', 'comparison.html', 'cli.html', 'matrix.html'] as const;

interface Violation {
  readonly id: string;
  readonly impact: string;
}

/** Gives the exit code. A missing browser is a failure in CI, and a message elsewhere. */
export async function runDocs(args: readonly string[]): Promise<number> {
  const proof = new Proof('documentation');
  const root = process.cwd();
  const out = join(root, 'test', 'out', 'docs');
  mkdirSync(out, { recursive: true });
  const work = mkdtempSync(join(tmpdir(), 'dekey-docs-'));
  try {
    const site = join(work, 'site');
    const { faults } = buildSite(root, site);
    proof.equal(faults, [], 'links of the pages');
    const browser = findBrowser();
    if (browser === undefined) {
      proof.check((process.env['CI'] ?? '') === '', 'no Chromium could be had: no page was opened');
      process.stdout.write('No Chromium on the PATH, nor named by DEKEY_CHROMIUM: no page was opened (Debian: apt-get install chromium).\n');
    } else {
      const tab = await Tab.open(browser);
      try {
        await provePages(tab, proof, site, [...makeSite(readParts(root)).files.keys()].filter((path) => path.endsWith('.html')));
        await proveSearch(tab, proof, site);
        if (!args.includes('--no-pictures')) await takePictures(tab, proof, site, out);
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

async function provePages(tab: Tab, proof: Proof, site: string, pages: readonly string[]): Promise<void> {
  const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  let looked = 0;
  for (const [screen, scheme, shown] of [[LAPTOP, 'light', pages], [LAPTOP, 'dark', SAMPLES], [PHONE, 'light', pages], [PHONE, 'dark', SAMPLES]] as const) {
    await tab.show(screen, { scheme });
    for (const page of shown) {
      await tab.go(pathToFileURL(join(site, page)).href);
      const where = `${page} at ${screen.width}, ${scheme}`;
      const wide = Number(await tab.run('document.documentElement.scrollWidth - document.documentElement.clientWidth'));
      proof.check(wide <= 0, `${where} is ${wide} px too wide`);
      proof.check(Boolean(await tab.run("[...document.images].every((image) => image.complete && image.naturalWidth > 0)")), `${where}: a picture is not shown`);
      // What axe says of a page on a phone it has said of it on a laptop, colours and what is hidden aside.
      if (screen === PHONE && !SAMPLES.some((one) => one === page)) continue;
      await tab.run(`(() => { ${axe}; return 1; })()`);
      const found: readonly Violation[] = JSON.parse(String(await tab.run("axe.run(document, { resultTypes: ['violations'], preload: false }).then(({ violations }) => JSON.stringify(violations.map(({ id, impact, nodes }) => ({ id, impact, node: nodes[0].html.slice(0, 140), count: nodes.length, why: nodes[0].failureSummary.slice(0, 240) }))))")));
      for (const one of found) proof.check(false, `axe, ${where}: ${JSON.stringify(one)}`);
      looked += 1;
    }
  }
  proof.say(`${pages.length} pages; axe-core looked at ${looked} views and found nothing`);
  proof.equal(tab.errors, [], 'errors in the pages');
  const asked = tab.requests.filter((url) => !/^(?:file|about):/.test(url));
  proof.check(asked.length === 0, `requests: ${asked.join(', ')}`);
}

async function proveSearch(tab: Tab, proof: Proof, site: string): Promise<void> {
  await tab.show(LAPTOP);
  await tab.go(pathToFileURL(join(site, 'paths/anthropic-native.html')).href);
  const search = async (words: string): Promise<unknown> => await tab.run(`(() => { const box = document.querySelector('#search input'); box.focus(); box.value = ${JSON.stringify(words)}; box.dispatchEvent(new Event('input')); return [...document.querySelectorAll('#results a')].map(({ textContent }) => textContent).slice(0, 3).join(' | '); })()`);
  proof.check(String(await search('pull requests')).includes('Pull requests'), 'the search finds a heading');
  proof.equal(await search('no such words anywhere'), '', 'what is nowhere');
  proof.equal(await tab.run("document.querySelector('.told').textContent"), 'Nothing found', 'and it says so');
  await search('exit codes');
  proof.equal(await tab.run("(() => { const box = document.querySelector('#search input'); box.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true })); return document.activeElement.tagName; })()"), 'A', 'the key down leads into the results');
  const address = String(await tab.run('document.activeElement.href'));
  await tab.go(address);
  proof.check(/exit codes/i.test(String(await tab.run("document.querySelector(':target')?.textContent ?? ''"))), `a result leads to its part: ${address.slice(-40)}`);
}

async function takePictures(tab: Tab, proof: Proof, site: string, out: string): Promise<void> {
  let count = 0;
  for (const [device, screen] of [['laptop', LAPTOP], ['phone', PHONE]] as const) {
    for (const scheme of ['light', 'dark'] as const) {
      await tab.show(screen, { scheme });
      for (const page of SAMPLES) {
        await tab.go(pathToFileURL(join(site, page)).href);
        writeFileSync(join(out, `${device}-${scheme}-${page.replace('.html', '').replaceAll('/', '-')}.png`), await tab.picture());
        count += 1;
      }
    }
  }
  await tab.show({ width: 720, height: 1018 }, { type: 'print' });
  await tab.go(pathToFileURL(join(site, 'guides/local.html')).href);
  writeFileSync(join(out, 'print-local.png'), await tab.picture());
  writeFileSync(join(out, 'print-local.pdf'), await tab.pdf());
  proof.say(`${count + 1} screenshots in test/out/docs`);
}
