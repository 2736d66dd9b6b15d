import type { Inventory } from '../model/inventory.ts';
import type { Format, Renderer, RenderOptions } from './renderer.ts';

export { FORMATS, type Format, type Renderer, type RenderOptions } from './renderer.ts';

/** Loads one format and nothing of the others: a run that writes JSON pays for no colour library and no SARIF rules. */
export const renderers: Readonly<Record<Format, (options: RenderOptions) => Promise<Renderer>>> = {
  text: loadText,
  json: async () => (await import('./json.ts')).renderJson,
  sarif: async () => (await import('./sarif.ts')).renderSarif,
  github: async () => (await import('./github.ts')).renderGithub,
  markdown: async () => (await import('./markdown.ts')).renderMarkdown,
  html: loadHtml,
  csv: async () => (await import('./csv.ts')).renderCsv,
  junit: async () => (await import('./junit.ts')).renderJunit,
};

/** Renders `inventory` in `format`; the result is what goes to stdout, whole. */
export async function render(format: Format, inventory: Inventory, options: RenderOptions): Promise<string> {
  const renderer = await renderers[format](options);
  return renderer(inventory, options);
}

async function loadText(options: RenderOptions): Promise<Renderer> {
  const { plainPalette, textRenderer } = await import('./text.ts');
  if (!options.color) return textRenderer(plainPalette);
  const { colorPalette } = await import('./palette.ts');
  return textRenderer(colorPalette());
}

/** The page's own script and style are files of the build. */
async function loadHtml(): Promise<Renderer> {
  const [{ htmlRenderer }, { pageAssets }] = await Promise.all([import('./html/render.ts'), import('./html/assets.ts')]);
  return htmlRenderer(pageAssets());
}
