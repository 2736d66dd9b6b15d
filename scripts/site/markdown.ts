/** A Markdown page of the documentation as HTML: headings with the addresses that GitHub gives them, tables and blocks that scroll by themselves, links to pages of the site. Pure. */
import { Marked, type Tokens } from 'marked';

/** A table of so many fits a phone, when long words are broken. */
const FEW_COLUMNS = 3;

export interface Heading {
  readonly level: number;
  readonly id: string;
  readonly text: string;
}

export interface Rendered {
  readonly html: string;
  readonly title: string;
  readonly headings: readonly Heading[];
  readonly ids: ReadonlySet<string>;
  /** Addresses of links and pictures as they stand in the HTML. */
  readonly links: readonly string[];
}

/** @param address of a link as the page has it, as the site has it */
export function renderMarkdown(text: string, address: (link: string) => string): Rendered {
  const headings: Heading[] = [];
  const ids = new Set<string>();
  const links: string[] = [];
  let tables = 0;
  const linked = (href: string): string => {
    const made = address(href);
    links.push(made);
    return made;
  };
  const marked = new Marked({
    gfm: true,
    renderer: {
      heading(token: Tokens.Heading): string {
        const inner = this.parser.parseInline(token.tokens);
        const plain = plainText(inner);
        const id = slugOf(plain, ids);
        headings.push({ level: token.depth, id, text: plain });
        const anchor = token.depth === 1 ? '' : ` <a class="anchor" href="#${id}" aria-label="Link to this section: ${escapeHtml(plain)}">#</a>`;
        return `<h${token.depth} id="${id}">${inner}${anchor}</h${token.depth}>\n`;
      },
      link(token: Tokens.Link): string {
        return `<a href="${escapeHtml(linked(token.href))}">${this.parser.parseInline(token.tokens)}</a>`;
      },
      image(token: Tokens.Image): string {
        return `<img src="${escapeHtml(linked(token.href))}" alt="${escapeHtml(token.text)}">`;
      },
      table(token: Tokens.Table): string {
        tables += 1;
        const rows = (cells: readonly Tokens.TableCell[], tag: string): string => cells.map(({ tokens }) => `<${tag}${tag === 'th' ? ' scope="col"' : ''}>${this.parser.parseInline(tokens)}</${tag}>`).join('');
        const body = token.rows.map((row) => `<tr>${rows(row, 'td')}</tr>`).join('\n');
        // Wider than a phone: it scrolls by itself, with the keys too.
        return `<div class="scroll${token.header.length <= FEW_COLUMNS ? ' few' : ''}" tabindex="0" role="region" aria-label="Table ${tables}"><table>\n<thead><tr>${rows(token.header, 'th')}</tr></thead>\n<tbody>\n${body}\n</tbody></table></div>\n`;
      },
      code({ text: code, lang }: Tokens.Code): string {
        const language = (lang ?? '').split(' ')[0] ?? '';
        return `<pre tabindex="0" class="${escapeHtml(language === '' ? 'text' : language)}"><code>${code.split('\n').map((line) => painted(line, language)).join('\n')}</code></pre>\n`;
      },
      html({ text: raw }: Tokens.HTML | Tokens.Tag): string {
        // The pages have comments for those who edit them, and nothing else of HTML.
        if (/^\s*<!--[\s\S]*-->\s*$/.test(raw)) return '';
        throw new Error(`a page of the documentation has HTML: ${raw.slice(0, 80)}`);
      },
    },
  });
  const html = marked.parse(text, { async: false });
  return { html, title: headings.find(({ level }) => level === 1)?.text ?? '', headings, ids, links };
}

/** A comment of a shell, a line that came or went: the two things that are worth a colour. */
function painted(line: string, language: string): string {
  const text = escapeHtml(line);
  if (language === 'sh') return text.replace(/(^|\s)(#.*)$/, '$1<span class="comment">$2</span>');
  if (language === 'diff' && /^\+(?!\+\+)/.test(line)) return `<ins>${text}</ins>`;
  if (language === 'diff' && /^-(?!--)/.test(line)) return `<del>${text}</del>`;
  return text;
}

/** As GitHub makes it: lower case, punctuation dropped, blanks to dashes, a number where it is there already. */
function slugOf(text: string, taken: Set<string>): string {
  const base = text.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').trim().replaceAll(' ', '-');
  let id = base;
  for (let count = 1; taken.has(id); count += 1) id = `${base}-${count}`;
  taken.add(id);
  return id;
}

function plainText(html: string): string {
  return html.replaceAll(/<[^>]*>/g, '').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&');
}

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
