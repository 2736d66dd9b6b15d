// Runs a TypeScript script on any supported Node: `node scripts/run.mjs scripts/generate.ts ARGS`. Node 20 cannot strip types itself.
import { build } from 'esbuild';
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Packages stay what they are, but for those of GitHub's own parser: they import JSON in a way that Node 20 refuses. */
function leaveOut(bundler) {
  bundler.onResolve({ filter: /^[^./]/ }, ({ path, kind }) => (kind === 'entry-point' || path.startsWith('@actions/') ? undefined : { path, external: true }));
}

const [script, ...rest] = process.argv.slice(2);
if (script === undefined) {
  process.stderr.write('usage: node scripts/run.mjs SCRIPT.ts [ARGS]\n');
  process.exitCode = 2;
} else {
  const folder = join(import.meta.dirname, '..', '.cache', 'scripts');
  mkdirSync(folder, { recursive: true });
  // What the sources look for beside themselves.
  for (const asset of ['detect/prefilter/prefilter.wasm', 'report/html/report-page.js', 'report/html/report-page.css']) {
    const made = join(import.meta.dirname, '../src', asset);
    if (existsSync(made)) copyFileSync(made, join(folder, basename(asset)));
  }
  const outfile = join(folder, `${basename(script, '.ts')}-${process.pid}.mjs`);
  await build({ entryPoints: [resolve(script)], outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20', plugins: [{ name: 'packages', setup: leaveOut }], sourcemap: 'inline', logLevel: 'warning' });
  process.argv = [process.argv[0], resolve(script), ...rest];
  try {
    await import(pathToFileURL(outfile).href);
  } finally {
    const { rmSync } = await import('node:fs');
    rmSync(outfile, { force: true });
  }
}
