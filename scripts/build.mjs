// Builds `dist/`: the WebAssembly prefilter from its AssemblyScript source, then one bundle per entry with shared chunks.
// Bundled, because some eighty small modules cost more to open than to run, and `dekey --help` has to answer at once.
import asc from 'assemblyscript/asc';
import { build } from 'esbuild';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = join(import.meta.dirname, '..');
const at = (...parts) => join(root, ...parts);

const { error } = await asc.main([
  'src/detect/prefilter/assembly/index.ts', '--baseDir', root, '--outFile', 'src/detect/prefilter/prefilter.wasm',
  '--optimizeLevel', '3', '--shrinkLevel', '0', '--converge', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--initialMemory', '32',
], { stderr: process.stderr });
if (error) throw error;

const { version, dependencies } = JSON.parse(readFileSync(at('package.json'), 'utf8'));
const entries = ['src/cli/main.ts', 'src/scan/worker.ts'].filter((entry) => existsSync(at(entry)));
rmSync(at('dist'), { recursive: true, force: true });
mkdirSync(at('dist'), { recursive: true });
if (entries.length > 0) {
  // mainFields: jsonc-parser's CommonJS form loads its parts through a `require` no bundler sees; its ES form has none.
  await build({
    absWorkingDir: root,
    entryPoints: entries.map((entry) => ({ in: entry, out: entry.replace(/^.*\/([^/]+)\.ts$/, '$1') })),
    outdir: 'dist', bundle: true, splitting: true, platform: 'node', mainFields: ['module', 'main'], format: 'esm', target: 'node20.19',
    external: Object.keys(dependencies ?? {}).filter((name) => !['commander', 'yaml', 'jsonc-parser', 'smol-toml', 'chalk', 'fast-glob'].includes(name)),
    minify: true, legalComments: 'none', logLevel: 'warning', chunkNames: 'chunks/[name]-[hash]',
    define: { __DEKEY_VERSION__: JSON.stringify(version) },
    banner: { js: "import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);" },
  });
}
copyFileSync(at('src/detect/prefilter/prefilter.wasm'), at('dist/prefilter.wasm'));

// The prefilter's tables for both scopes, so that a scan does not work them out each time it starts.
const tables = at('.cache/tables/tables.mjs');
mkdirSync(at('.cache/tables'), { recursive: true });
copyFileSync(at('src/detect/prefilter/prefilter.wasm'), at('.cache/tables/prefilter.wasm'));
await build({ absWorkingDir: root, entryPoints: ['scripts/tables.ts'], outfile: tables, bundle: true, platform: 'node', mainFields: ['module', 'main'], format: 'esm', target: 'node20.19', logLevel: 'warning' });
const { images } = await import(`${pathToFileURL(tables).href}?${Date.now()}`);
for (const [scope, image] of Object.entries(images())) {
  writeFileSync(at(`dist/prefilter-${scope}.bin`), image);
  writeFileSync(at(`src/detect/prefilter/prefilter-${scope}.bin`), image);
}
