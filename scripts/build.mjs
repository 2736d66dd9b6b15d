// Builds `dist/`: the WebAssembly prefilter from its AssemblyScript source, then one bundle per entry with shared chunks.
// Bundled, because some eighty small modules cost more to open than to run, and `dekey --help` has to answer at once.
import asc from 'assemblyscript/asc';
import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildPage } from './page.mjs';

const root = join(import.meta.dirname, '..');
const at = (...parts) => join(root, ...parts);

const { error } = await asc.main([
  'src/detect/prefilter/assembly/index.ts', '--baseDir', root, '--outFile', 'src/detect/prefilter/prefilter.wasm',
  '--optimizeLevel', '3', '--shrinkLevel', '0', '--converge', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--initialMemory', '32',
], { stderr: process.stderr });
if (error) throw error;

const { version } = JSON.parse(readFileSync(at('package.json'), 'utf8'));
rmSync(at('dist'), { recursive: true, force: true });
mkdirSync(at('dist'), { recursive: true });
// mainFields: jsonc-parser's CommonJS form loads its parts through a `require` no bundler sees; its ES form has none.
// CommonJS, because only scripts can be run from code compiled ahead (bin/dekey.js). What the sources import late is still run late.
const bundled = await build({
  absWorkingDir: root,
  entryPoints: [{ in: 'src/cli/main.ts', out: 'main' }, { in: 'src/scan/worker.ts', out: 'worker' }, { in: 'src/cli/commands/apply.ts', out: 'apply' }, { in: 'src/sources/github/index.ts', out: 'github-source' }, { in: 'src/github/client.ts', out: 'github' }, { in: 'src/sources/aws/index.ts', out: 'aws-source' }, { in: 'src/sources/accounts.ts', out: 'accounts-source' }],
  outdir: 'dist', outExtension: { '.js': '.cjs' }, bundle: true, platform: 'node', mainFields: ['module', 'main'], format: 'cjs', target: 'node20.19',
  supported: { 'dynamic-import': false }, minify: true, legalComments: 'none', logLevel: 'warning',
  // The SDK of AWS warns on standard error of Nodes that later versions of it will not support; ours is pinned.
  define: { __DEKEY_VERSION__: JSON.stringify(version), 'import.meta.url': '__fileUrl', 'process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED': '"true"' },
  banner: { js: "const __fileUrl = require('node:url').pathToFileURL(__filename).href;" },
  plugins: [withoutSubprocesses(), withBundleOfItsOwn(/\/apply\.ts$/, './apply.cjs'), withBundleOfItsOwn(/\/sources\/github\/index\.ts$/, './github-source.cjs'), withBundleOfItsOwn(/\/github\/client\.ts$/, './github.cjs'), withBundleOfItsOwn(/\/aws\/index\.ts$/, './aws-source.cjs'), withBundleOfItsOwn(/\/accounts\.ts$/, './accounts-source.cjs'), withBundleOfItsOwn(/\/ui\/index\.tsx$/, './ui.cjs'), withCommonGrammarRuntime()], metafile: true,
});
// The screen's libraries wait for WebAssembly while they are loaded, which only an ES module can do; the little file before it is what the bundle can ask for.
const screen = await build({
  absWorkingDir: root,
  entryPoints: [{ in: 'src/ui/index.tsx', out: 'ui' }],
  outdir: 'dist', outExtension: { '.js': '.mjs' }, bundle: true, platform: 'node', mainFields: ['module', 'main'], format: 'esm', target: 'node20.19', jsx: 'automatic',
  minify: true, legalComments: 'none', logLevel: 'warning', define: { 'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"' },
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
  plugins: [withoutDeveloperTools()], metafile: true,
});
writeFileSync(at('dist/ui.cjs'), "'use strict';\nexports.openUi = async (options) => (await import('./ui.mjs')).openUi(options);\n");
// Beside the bundle, where `src/rewrite/code/syntax.ts` looks for them.
mkdirSync(at('dist/grammars'));
copyFileSync(at('node_modules/web-tree-sitter/web-tree-sitter.wasm'), at('dist/grammars/web-tree-sitter.wasm'));
const grammars = [...readFileSync(at('src/rewrite/code/syntax.ts'), 'utf8').match(/GRAMMARS = \[([^\]]+)\]/)[1].matchAll(/'([a-z-]+)'/g)].map(([, name]) => name);
for (const name of grammars) copyFileSync(at(`node_modules/@vscode/tree-sitter-wasm/wasm/tree-sitter-${name}.wasm`), at(`dist/grammars/tree-sitter-${name}.wasm`));
for (const name of readdirSync(at('dist/grammars'))) chmodSync(at('dist/grammars', name), 0o644);
writeFileSync(at('dist/THIRD-PARTY.txt'), notices([...Object.keys(bundled.metafile.inputs), ...Object.keys(screen.metafile.inputs), 'node_modules/@vscode/tree-sitter-wasm/wasm']) + grammarNotices(grammars));
// `bin/dekey.js` runs it as a script: wrapped here, so that nothing has to copy it at each start.
writeFileSync(at('dist/main.cjs'), `(function (exports, require, module, __filename, __dirname) {${readFileSync(at('dist/main.cjs'), 'utf8')}\n})`);
for (const name of ['main.cjs', 'worker.cjs', 'ui.mjs']) {
  // One character beyond ASCII doubles what the engine keeps of the source. esbuild escapes them, except in regular expressions.
  const odd = /.{0,20}[^\0-\x7f].{0,20}/.exec(readFileSync(at('dist', name), 'utf8'));
  if (odd !== null) throw new Error(`dist/${name} is not plain ASCII: write the character as \\uXXXX: ${odd[0]}`);
}
copyFileSync(at('src/detect/prefilter/prefilter.wasm'), at('dist/prefilter.wasm'));
// Beside the bundle and beside the source, where `src/report/html/assets.ts` looks for them.
await buildPage(at('dist'), at('src/report/html'));

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

execFileSync(process.execPath, [at('scripts/compile-ahead.cjs')], { env: { PATH: process.env.PATH }, stdio: ['ignore', 'ignore', 'inherit'] });

/** What `import(...)` asks for is left in a bundle of its own, read when it is run: most runs need none of it. */
function withBundleOfItsOwn(filter, path) {
  return {
    name: 'with-bundle-of-its-own',
    setup(bundler) {
      bundler.onResolve({ filter }, ({ kind }) => (kind === 'dynamic-import' ? { path, external: true } : undefined));
    },
  };
}

/** The ES form of the runtime of the grammars makes a `require` of its own, which hides the one that CommonJS has. */
function withCommonGrammarRuntime() {
  return {
    name: 'with-common-grammar-runtime',
    setup(bundler) {
      bundler.onResolve({ filter: /^web-tree-sitter$/ }, () => ({ path: at('node_modules/web-tree-sitter/web-tree-sitter.cjs') }));
    },
  };
}

/** ink asks for React's developer tools, and for a socket to them, where a variable says so. A bundle has neither. */
function withoutDeveloperTools() {
  return {
    name: 'without-developer-tools',
    setup(bundler) {
      bundler.onResolve({ filter: /^\.\/devtools\.js$/ }, () => ({ path: 'devtools', namespace: 'nothing' }));
      bundler.onLoad({ filter: /.*/, namespace: 'nothing' }, () => ({ contents: 'export {};', loader: 'js' }));
    },
  };
}

/** Commander can run sub-commands as programs, and loads child_process for that. Ours are functions. */
function withoutSubprocesses() {
  return {
    name: 'without-subprocesses',
    setup(bundler) {
      bundler.onResolve({ filter: /^(?:node:)?child_process$/ }, ({ importer }) => (/[\\/]commander[\\/]/.test(importer) ? { path: 'child_process', namespace: 'nothing' } : undefined));
      bundler.onLoad({ filter: /.*/, namespace: 'nothing' }, () => ({ contents: 'module.exports = {};', loader: 'js' }));
    },
  };
}

/** Licences of what the bundle holds of others; a text that several packages share stands once. */
function notices(inputs) {
  const names = new Set(inputs.flatMap((input) => /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []));
  const byText = new Map();
  for (const name of [...names].toSorted((a, b) => (a < b ? -1 : 1))) {
    const folder = at('node_modules', name);
    const { version: its, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim();
    // What has no text of its own stands by itself.
    const key = text === '' ? name : text;
    const entry = byText.get(key) ?? { heads: [], text };
    entry.heads.push(`${name} ${its} (${license})`);
    byText.set(key, entry);
  }
  return [...byText.values()].map(({ heads, text }) => `${heads.join('\n')}\n\n${text}\n`).join(`\n${'-'.repeat(80)}\n\n`);
}

/** The package of the grammars has the licence of its own build only; these are the licences of what was built (read in their npm packages, 2026-11-29). */
function grammarNotices(names) {
  const copyright = {
    bash: 'Copyright (c) 2017 Max Brunsfeld', go: 'Copyright (c) 2014 Max Brunsfeld', java: 'Copyright (c) 2017 Ayman Nadeem', javascript: 'Copyright (c) 2014 Max Brunsfeld',
    python: 'Copyright (c) 2016 Max Brunsfeld', typescript: 'Copyright (c) 2017 Max Brunsfeld', tsx: 'Copyright (c) 2017 Max Brunsfeld',
  };
  const terms = readFileSync(at('node_modules/web-tree-sitter/LICENSE'), 'utf8').trim();
  return names.map((name) => {
    if (copyright[name] === undefined) throw new Error(`whose is the grammar of ${name}?`);
    return `\n${'-'.repeat(80)}\n\ntree-sitter-${name}.wasm, built from tree-sitter-${name === 'tsx' ? 'typescript' : name} (MIT)\n\n${terms.replace(/^Copyright .*$/m, copyright[name])}\n`;
  }).join('');
}
