// Makes the script and the style of the HTML report: one text each, beside the source that reads them and, in a build, beside the bundle.
// Run by scripts/build.mjs; by hand after a change of src/report/html/page/: node scripts/page.mjs
import { build } from 'esbuild';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = join(import.meta.dirname, '..');

/** Writes `report-page.js` and `report-page.css` into each of `folders`. The oldest browsers meant have `toSorted` and `clip-path`: those of 2023. */
export async function buildPage(...folders) {
  const common = { absWorkingDir: root, bundle: true, minify: true, charset: 'ascii', legalComments: 'none', logLevel: 'warning', write: false, target: ['chrome115', 'firefox115', 'safari16.4'] };
  const [script, style] = await Promise.all([
    build({ ...common, entryPoints: ['src/report/html/page/main.ts'], format: 'iife', platform: 'browser' }),
    build({ ...common, entryPoints: ['src/report/html/page/page.css'] }),
  ]);
  for (const folder of folders) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'report-page.js'), script.outputFiles[0].text.trim());
    writeFileSync(join(folder, 'report-page.css'), style.outputFiles[0].text.trim());
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await buildPage(join(root, 'src/report/html'));
