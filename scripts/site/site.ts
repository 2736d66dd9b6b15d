/** The documentation as a site: every file of it by its path. Pure; `build.ts` reads and writes. */
import { posix } from 'node:path';
import { escapeHtml, type Heading, renderMarkdown, type Rendered } from './markdown.ts';

export interface Source {
  /** From the root of the project: `docs/guides/ci.md`. */
  readonly path: string;
  readonly text: string;
}

/** What the site is made of. */
export interface Parts {
  readonly pages: readonly Source[];
  /** Files that pages link to and that are copied as they are: pictures, schemas. */
  readonly files: readonly Source[];
  readonly style: string;
  readonly script: string;
}

interface Page {
  readonly path: string;
  /** In the site: `guides/ci.html`. */
  readonly out: string;
  readonly rendered: Rendered;
}

/** Pages that the menu names, in its order, with the words it has for them; others are reached from these. */
const MENU: readonly (readonly [section: string, entries: readonly (readonly [path: string, title: string])[]])[] = [
  ['', [['README.md', 'Start']]],
  ['Guides', [['docs/guides/local.md', 'On your machine'], ['docs/guides/ci.md', 'In CI'], ['docs/guides/organisation.md', 'A whole organisation'], ['docs/guides/report.md', 'Reading a report']]],
  ['What replaces a key', [['docs/paths/README.md', 'Paths'], ['docs/matrix.md', 'Provider by platform'], ['docs/providers.md', 'Providers and platforms']]],
  ['Reference', [['docs/cli.md', 'Command line'], ['docs/findings.md', 'Findings'], ['docs/apply.md', 'What apply edits'], ['docs/github.md', 'GitHub'], ['docs/accounts.md', 'Accounts and clusters'], ['docs/action.md', 'GitHub Action']]],
  ['About', [['docs/comparison.md', 'Compared with others'], ['CHANGELOG.md', 'Changes'], ['SECURITY.md', 'Security'], ['CONTRIBUTING.md', 'Contributing'], ['ARCHITECTURE.md', 'Architecture']]],
];
/** A page with fewer parts needs no list of them, and one with more is searched. */
const PARTS = { least: 3, most: 40 } as const;

/** Every file of the site by its path, and what is wrong with it: links that lead nowhere, pages that nothing leads to. */
export function makeSite({ pages: sources, files, style, script }: Parts): { readonly files: ReadonlyMap<string, string>; readonly faults: readonly string[] } {
  const known = new Set([...sources, ...files].map(({ path }) => path));
  const pages = sources.map(({ path, text }): Page => {
    const out = outOf(path);
    return { path, out, rendered: renderMarkdown(text, (link) => addressOf(link, path, out, known)) };
  });
  const made = new Map<string, string>(pages.map((page) => [page.out, documentOf(page, pages)]));
  for (const { path, text } of files) made.set(outOf(path), text);
  made.set('assets/site.css', style);
  made.set('assets/site.js', `${script}\nsearchIn(${JSON.stringify(entriesOf(pages)).replaceAll('<', '\\u003c')});\n`);
  return { files: made, faults: faultsOf(pages, made) };
}

/** `docs/` is the top of the site, and so is what lies beside it. */
function outOf(path: string): string {
  const inside = path.replace(/^docs\//, '');
  if (inside === 'README.md') return 'index.html';
  return inside.replace(/(^|\/)README\.md$/, '$1index.html').replace(/\.md$/, '.html');
}

/** A link of a page, as its page of the site has it. Links that leave the site stay; what is no part of the site is marked with `missing:`. */
function addressOf(link: string, path: string, out: string, known: ReadonlySet<string>): string {
  if (/^[a-z][a-z0-9+.-]*:/i.test(link) || link.startsWith('#')) return link;
  const [target = '', part] = link.split('#');
  const inside = posix.normalize(posix.join(posix.dirname(path), target)).replace(/\/$/, '');
  const file = known.has(inside) ? inside : known.has(`${inside}/README.md`) ? `${inside}/README.md` : undefined;
  if (file === undefined) return `missing:${inside}`;
  return `${posix.relative(posix.dirname(out), outOf(file))}${part === undefined ? '' : `#${part}`}`;
}

function documentOf({ path, out, rendered }: Page, pages: readonly Page[]): string {
  const up = posix.relative(posix.dirname(out), '.') === '' ? '' : `${posix.relative(posix.dirname(out), '.')}/`;
  const entry = ([to, title]: readonly [string, string]): string => `<li><a href="${posix.relative(posix.dirname(out), outOf(to))}"${to === path || (to === 'docs/paths/README.md' && path.startsWith('docs/paths/')) ? ' aria-current="page"' : ''}>${escapeHtml(title)}</a></li>`;
  const there = new Set(pages.map(({ path: one }) => one));
  const menu = MENU.map(([section, entries]) => `${section === '' ? '' : `<h2>${escapeHtml(section)}</h2>`}<ul>${entries.filter(([to]) => there.has(to)).map(entry).join('')}</ul>`).join('\n');
  const title = path === 'README.md' ? 'dekey: AI workloads without long-lived keys' : `${rendered.title} \u00b7 dekey`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="${up}assets/site.css">
</head>
<body>
<a class="skip" href="#content">Skip to content</a>
<header><a class="brand" href="${up}index.html">dekey</a><div id="search" data-up="${up}"></div></header>
<div class="frame">
<nav class="menu" aria-label="Pages"><details><summary>Pages</summary><div>${menu}</div></details></nav>
<main id="content" tabindex="-1">
${rendered.html}</main>
${partsOf(rendered.headings)}
</div>
<script src="${up}assets/site.js"></script>
</body>
</html>
`;
}

/** The second headings of a page, beside it where there is room. */
function partsOf(headings: readonly Heading[]): string {
  const parts = headings.filter(({ level }) => level === 2);
  if (parts.length < PARTS.least || parts.length > PARTS.most) return '';
  return `<nav class="parts" aria-label="On this page"><h2>On this page</h2><ul>${parts.map(({ id, text }) => `<li><a href="#${id}">${escapeHtml(text)}</a></li>`).join('')}</ul></nav>`;
}

/** What the search looks through: title of the page, address, heading. */
function entriesOf(pages: readonly Page[]): readonly (readonly [string, string, string])[] {
  return pages.flatMap(({ out, rendered }) => rendered.headings.filter(({ level }) => level <= 3).map(({ level, id, text }) => [rendered.title, level === 1 ? out : `${out}#${id}`, level === 1 ? '' : text] as const));
}

function faultsOf(pages: readonly Page[], made: ReadonlyMap<string, string>): readonly string[] {
  const ids = new Map(pages.map(({ out, rendered }) => [out, rendered.ids]));
  const reached = new Set(MENU.flatMap(([, entries]) => entries.map(([path]) => outOf(path))));
  const faults: string[] = [];
  for (const { path, out, rendered } of pages) {
    for (const link of rendered.links) {
      if (/^(?:https?|mailto):/.test(link)) continue;
      if (link.startsWith('missing:')) {
        faults.push(`${path}: ${link.slice('missing:'.length)} is no part of the site`);
        continue;
      }
      const [target = '', part] = link.split('#');
      const to = target === '' ? out : posix.normalize(posix.join(posix.dirname(out), target));
      reached.add(to);
      if (!made.has(to)) faults.push(`${path}: there is no ${to}`);
      else if (part !== undefined && !(ids.get(to)?.has(part) ?? false)) faults.push(`${path}: ${to} has no part #${part}`);
    }
  }
  for (const { path, out } of pages) if (!reached.has(out)) faults.push(`nothing leads to ${path}`);
  for (const [, entries] of MENU) for (const [path] of entries) if (!made.has(outOf(path))) faults.push(`the menu names ${path}, which is not there`);
  return [...new Set(faults)];
}
