import { readFileSync } from 'node:fs';

/** Script and style of the page, as the build made them. */
export interface PageAssets {
  readonly script: string;
  readonly style: string;
}

/**
 * Reads what `scripts/page.mjs` made: beside the bundle in an installed dekey, beside this file in a checkout that was built.
 *
 * @throws the system's error when the build was not run.
 */
export function pageAssets(): PageAssets {
  return { script: read('report-page.js'), style: read('report-page.css') };
}

function read(name: string): string {
  return readFileSync(new URL(`./${name}`, import.meta.url), 'utf8');
}
