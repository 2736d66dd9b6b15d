import { createHash } from 'node:crypto';
import { visible } from '../../support/escape.ts';
import { xmlText } from '../../support/xml.ts';
import { counted } from '../messages.ts';
import type { Renderer } from '../renderer.ts';
import { inertJson } from '../scanned.ts';
import type { PageAssets } from './assets.ts';
import { pageData } from './data.ts';
import type { PageData } from './page-data.ts';

/**
 * One file that opens without a network: the data as JSON, and our script and style, which the policy in the file names by their hashes. Nothing else runs or is
 * loaded, whatever is in the data: no inline handler, no other script, no frame, no form, no request; and no text can be made into markup by a script at all
 * (`require-trusted-types-for`). Pure but for the assets.
 */
export function htmlRenderer({ script, style }: PageAssets): Renderer {
  const policy = [
    "default-src 'none'",
    `script-src '${hash(script)}'`,
    `style-src '${hash(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
  return (inventory, options) => {
    const data = pageData(inventory, options);
    const title = data.share ? 'AI API keys: counts' : `AI API keys: ${data.title}`;
    return [
      '<!doctype html>',
      '<html lang="en">',
      '<head>',
      '<meta charset="utf-8">',
      `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
      '<meta name="viewport" content="width=device-width, initial-scale=1">',
      '<meta name="color-scheme" content="light dark">',
      '<meta name="referrer" content="no-referrer">',
      `<title>${xmlText(visible(title))}</title>`,
      `<style>${style}</style>`,
      '</head>',
      '<body>',
      `<noscript><main>${withoutScript(data)}</main></noscript>`,
      '<div id="app"></div>',
      `<script type="application/json" id="data">${embedded(data)}</script>`,
      `<script>${script}</script>`,
      '</body>',
      '</html>',
      '',
    ].join('\n');
  };
}

/** JSON in which no character ends the element, begins a comment in it, or acts on whoever prints the file. */
function embedded(data: PageData): string {
  return inertJson(JSON.stringify(data)).replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);
}

function hash(text: string): string {
  return `sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}`;
}

/** What a reader without scripts gets: the counts. */
function withoutScript({ tool, title, stats }: PageData): string {
  const lines = [
    `<h1>AI API keys${title === '' ? '' : `: ${xmlText(title)}`}</h1>`,
    `<p>${counted(stats.credentials, 'credential', 'credentials')}, ${counted(stats.findings, 'finding', 'findings')}, ${counted(stats.workloads, 'workload', 'workloads')}.</p>`,
    `<p>Path to zero: ${stats.today} today, ${stats.afterChange} after a change, ${stats.none} without federation.</p>`,
    `<p>Risk: ${stats.levels[0]} critical, ${stats.levels[1]} high, ${stats.levels[2]} medium, ${stats.levels[3]} low.</p>`,
    '<p>The lists need scripts, which this browser does not run. dekey report --format markdown or csv gives them without.</p>',
    `<p>${xmlText(tool)}</p>`,
  ];
  return lines.join('');
}
