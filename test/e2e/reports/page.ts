import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Proof } from '../github/checks.ts';
import type { Tab } from './browser.ts';
import type { Files } from './run.ts';

const LAPTOP = { width: 1440, height: 900 } as const;
const PHONE = { width: 390, height: 844, scale: 2, isPhone: true } as const;
const VIEWS = ['v=overview', 'v=keys', 'v=findings', 'v=workloads', 'v=providers', 'v=targets', 'v=map', 'v=coverage', 'v=readiness'] as const;

export interface Timed {
  readonly what: string;
  readonly ms: number;
  readonly middle: number;
}

export interface Measured {
  readonly openMs: number;
  /** The quickest and the middle of five: a machine that others use too stops now and then, and never runs faster than it can. */
  readonly queries: readonly Timed[];
  readonly rows: number;
}

/** Opens the file three times and takes the slowest; then searches, chooses and sorts as a person would, each until the next frame is drawn. */
export async function measure(tab: Tab, html: string): Promise<Measured> {
  await tab.show(LAPTOP);
  let openMs = 0;
  for (let time = 0; time < 3; time += 1) openMs = Math.max(openMs, await tab.go(pathToFileURL(html).href));
  await tab.view('v=findings');
  // Nobody types in the first second.
  await tab.run('new Promise((done) => setTimeout(done, 1500))');
  const once = async (action: string): Promise<number> => Number(await tab.run(`new Promise((done) => requestAnimationFrame(() => { const started = performance.now(); ${action}; requestAnimationFrame(() => setTimeout(() => done(performance.now() - started))); }))`));
  const act = async (what: string, action: string, back = ''): Promise<Timed> => {
    const times = [];
    for (let time = 0; time < 5; time += 1) {
      times.push(await once(action));
      if (back !== '') await once(back);
    }
    const [ms = 0, , middle = 0] = times.toSorted((a, b) => a - b);
    return { what, ms, middle };
  };
  const search = (words: string): string => `const box = document.querySelector('input[type=search]'); box.value = ${JSON.stringify(words)}; box.dispatchEvent(new Event('input'))`;
  const queries = [];
  for (const words of ['s', 'support', 'support yml', 'nothing-has-this']) queries.push(await act(`search "${words}" in 20,000`, search(words), search('')));
  queries.push(await act('clear the search', search(''), search('support')));
  await once(search(''));
  const choose = (value: string): string => `const box = document.querySelector('select'); box.value = '${value}'; box.dispatchEvent(new Event('change'))`;
  queries.push(await act('choose a severity', choose('medium'), choose('')));
  queries.push(await act('sort by place', "document.querySelectorAll('.rows th button')[1].click()"));
  queries.push(await act('scroll to the end', "const frame = document.querySelector('.frame'); frame.scrollTop = frame.scrollHeight"));
  return { openMs, queries, rows: Number(await tab.run("document.querySelectorAll('.rows tbody tr').length")) };
}

/** What a reader does: every view, deep links, keys, themes; axe-core finds nothing serious in any of them. */
export async function provePage(tab: Tab, proof: Proof, { html, share, hostile }: Files): Promise<void> {
  const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  let checked = 0;
  for (const [file, screen, scheme, theme] of [[html, LAPTOP, 'light', 'light'], [html, LAPTOP, 'dark', 'dark'], [html, PHONE, 'light', 'light'], [share, LAPTOP, 'light', 'light'], [hostile, LAPTOP, 'light', 'light']] as const) {
    await tab.show(screen, { scheme });
    await tab.go(pathToFileURL(file).href);
    await tab.run(`(() => { ${axe}; return 1; })()`);
    const first = file === share ? '' : String(await tab.run("(() => { location.hash = 'v=keys'; return JSON.parse(document.getElementById('data').textContent).credentials[0].id; })()"));
    const detail = file === share ? [] : [`c=${first}`, ...(file === html ? [withDiff(file)] : [])];
    for (const view of file === share ? ['v=overview', 'v=map'] : [...VIEWS, ...detail]) {
      await tab.view(view);
      const found = JSON.parse(String(await tab.run("axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => JSON.stringify(violations.map(({ id, impact, nodes }) => ({ id, impact, node: nodes[0].html.slice(0, 140), count: nodes.length, why: nodes[0].failureSummary.slice(0, 240) }))))"))) as readonly { readonly id: string; readonly impact: string }[];
      for (const one of found) if (one.impact === 'serious' || one.impact === 'critical') proof.check(false, `axe, ${theme} ${screen.width} ${view}: ${JSON.stringify(one)}`);
      const wide = Number(await tab.run('document.documentElement.scrollWidth - document.documentElement.clientWidth'));
      proof.check(wide <= 0, `${view} is ${wide} px wider than ${screen.width}`);
      checked += 1;
    }
  }
  proof.say(`axe-core looked at ${checked} views`);
  await tab.show(LAPTOP);
  await tab.go(pathToFileURL(html).href);
  await tab.view(withDiff(html));
  proof.check(String(await tab.run("[...document.querySelectorAll('.diff .added')].map((one) => one.textContent).join('')")).includes('+      id-token: write\n'), 'the page of a key does not show its diff');
  await tab.show(LAPTOP);
  await tab.go(`${pathToFileURL(html).href}#v=keys&level=critical&q=openai&sort=-Places`);
  proof.equal(await tab.run("document.querySelector('input[type=search]').value + ' ' + document.querySelector('th[aria-sort=descending]')?.textContent"), 'openai Places', 'a deep link to a search');
  proof.equal(await tab.run("(() => { const frame = document.querySelector('.frame'); frame.focus(); frame.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true })); return document.activeElement.tagName; })()"), 'A', 'the key down leads into the list');
  await tab.run('document.activeElement.click()');
  await tab.view(String(await tab.run('location.hash.slice(1)')));
  proof.equal(await tab.run("document.querySelector('main h2').textContent.slice(0, 4)"), 'Why ', 'a link of the list leads to the page of a key');
  proof.equal(await tab.run("(() => { const button = document.querySelector('.theme'); button.click(); button.click(); return document.documentElement.dataset.theme; })()"), 'dark', 'the theme');
  await tab.view('c=no-such-id');
  proof.equal(await tab.run("document.querySelector('main h1').textContent"), 'Not in this report', 'an unknown id');
  // What the page would save, caught on its way to the disk.
  await tab.view('v=findings');
  const csv = String(await tab.run("new Promise((done) => { const make = URL.createObjectURL; URL.createObjectURL = (blob) => { blob.text().then(done); return make.call(URL, blob); }; [...document.querySelectorAll('button')].find((one) => one.textContent === 'Save as CSV').click(); })"));
  proof.equal(csv.split('\r\n').length, 20_002, 'lines of the saved CSV file');
  proof.equal(tab.errors, [], 'errors in the page');
  proof.check(tab.requests.every((url) => /^(?:file|about|blob):/.test(url)), `requests: ${tab.requests.filter((url) => !/^(?:file|about|blob):/.test(url)).join(', ')}`);
  const shared = readFileSync(share, 'utf8');
  // Words of the made-up organisation; ids have twelve digits.
  for (const name of [/acme/, /support-bot/, /workflows/, /[A-Z]_API_KEY/, /sk-proj/, /[cfw]-[0-9a-f]{12}/, /\.yml/]) proof.check(!name.test(dataOf(shared)), `the shared file holds ${name.source}`);
}

/** The page of a key that a plan takes out of a file. */
function withDiff(html: string): string {
  const { credentials, changes } = JSON.parse(dataOf(readFileSync(html, 'utf8'))) as { readonly credentials: readonly { readonly id: string }[]; readonly changes: readonly { readonly diff: string; readonly changes: readonly { readonly of: readonly number[] }[] }[] };
  return `c=${credentials[changes.find(({ diff }) => diff !== '')?.changes[0]?.of[0] ?? -1]?.id ?? 'none'}`;
}

function dataOf(html: string): string {
  const start = html.indexOf('id="data">') + 'id="data">'.length;
  return html.slice(start, html.indexOf('</script>', start));
}

/** A script that somebody puts into the file does not run, nor does markup become anything; hostile names stay texts. */
export async function provePolicy(tab: Tab, proof: Proof, { html, hostile }: Files, work: string): Promise<void> {
  const broken = join(work, 'injected.html');
  writeFileSync(broken, readFileSync(html, 'utf8').replace('<div id="app">', '<script>window.injected = 1</script><img src="x" onerror="window.injected = 2"><style>body { display: none }</style><iframe src="https://evil.test/"></iframe><div id="app">'));
  const before = tab.refused.length;
  await tab.go(pathToFileURL(broken).href);
  proof.equal(await tab.run('String(window.injected)'), 'undefined', 'an injected script');
  proof.equal(await tab.run("getComputedStyle(document.body).display + ' ' + (document.querySelector('.lead') !== null)"), 'block true', 'an injected style, and the page itself');
  proof.check(tab.refused.length - before >= 3, `the policy refused ${tab.refused.length - before} things`);
  proof.equal(await tab.run("(() => { try { document.body.innerHTML = '<b>x</b>'; return 'made'; } catch (error) { return error.name; } })()"), 'TypeError', 'markup out of a text');
  proof.equal(await tab.run("fetch('https://evil.test/').then(() => 'sent', () => 'refused')"), 'refused', 'a request');
  proof.say(`the policy refused ${tab.refused.length - before} injected things`);
  await tab.go(pathToFileURL(hostile).href);
  for (const view of [...VIEWS, 'c=c-1', 'w=w-11']) {
    await tab.view(view);
    proof.equal(await tab.run("document.querySelectorAll('img, iframe, object, embed, base, form, [onerror], [onclick], a:not([href^=\"#\"])').length"), 0, `elements out of hostile names in ${view}`);
  }
  proof.check(String(await tab.run('document.body.textContent')).includes('<img src=x onerror=alert(1)>'), 'a hostile name is not shown as it is');
}

export async function takePictures(tab: Tab, { html, share }: Files, out: string, proof: Proof): Promise<void> {
  const first = `c=${String(JSON.parse(dataOf(readFileSync(html, 'utf8')).replaceAll('\\u003c', '<')).credentials.find((one: { findings: unknown[]; seen: boolean }) => one.seen && one.findings.length > 9).id)}`;
  let count = 0;
  const save = async (name: string, isWhole = false): Promise<void> => {
    writeFileSync(join(out, `${name}.png`), await tab.picture(isWhole));
    count += 1;
  };
  for (const [device, screen] of [['laptop', LAPTOP], ['phone', PHONE]] as const) {
    for (const scheme of ['light', 'dark'] as const) {
      await tab.show(screen, { scheme });
      await tab.go(pathToFileURL(html).href);
      for (const view of [...VIEWS, first, withDiff(html)]) {
        await tab.view(view);
        await save(`${device}-${scheme}-${view === first ? 'c' : view.startsWith('c=') ? 'diff' : view.slice(2)}`, view === 'v=overview' || view.startsWith('c=') || view === 'v=map');
      }
    }
  }
  await tab.show({ width: 720, height: 1018 }, { type: 'print' });
  for (const [name, hash] of [['overview', 'v=overview'], ['credential', first]] as const) {
    await tab.go(`${pathToFileURL(html).href}#${hash}`);
    await save(`print-${name}`, true);
    const pdf = await tab.pdf();
    writeFileSync(join(out, `print-${name}.pdf`), pdf);
    if (name === 'overview') proof.equal(pdf.toString('latin1').match(/\/Type \/Page\b/g)?.length, 1, 'pages of the printed overview');
  }
  await tab.show(LAPTOP);
  await tab.go(pathToFileURL(share).href);
  await save('laptop-share', true);
  proof.say(`${count} screenshots in test/out/reports`);
}
