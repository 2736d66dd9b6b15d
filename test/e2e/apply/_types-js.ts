/** Real files after the edit still type-check: `tsc --noEmit` with the SDKs' own types, errors before and after compared. What a file imports from its own repository is missing both times. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { table } from '../../../bench/table.ts';
import { rewriter as javascript } from '../../../src/rewrite/code/javascript.ts';
import { rewriter as packageJson } from '../../../src/rewrite/code/package-json.ts';
import { rewriteFolder } from '../../rewrite/kit.ts';
import { sdkFolder } from './_sdk-js.ts';

interface Example {
  readonly place: string;
  readonly before: string;
  readonly after: string;
  readonly changes: readonly string[];
}

/** Platforms whose plans bring out every edit: the second also has a short way to Azure. */
const PLATFORMS = ['eks', 'aks'] as const;

/** Each folder of `root` is a repository. Failures: errors that the edit brought. */
export async function typeCheckExamples(say: (lines: readonly string[]) => void, root: string): Promise<readonly string[]> {
  const installed = sdkFolder('types');
  if ('failure' in installed) return [`types cannot be installed: ${installed.failure}`];
  const examples: Example[] = [];
  const refused = new Map<string, number>();
  for (const { name } of readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
    for (const platform of PLATFORMS) {
      const files = await rewriteFolder(join(root, name), { runsOn: { code: platform } }, [javascript, packageJson]);
      for (const { path, before, after, changes, refusals } of files) {
        if (platform === 'eks') for (const { code } of refusals) refused.set(code, (refused.get(code) ?? 0) + 1);
        const ids = changes.map(({ id }) => id);
        const isNew = platform === 'eks' || ids.some((id) => id.endsWith('/azure-openai'));
        const isKnown = examples.some((one) => one.place === `${name}/${path}` && one.after === after);
        if (after !== before && isNew && !isKnown && !path.endsWith('package.json')) examples.push({ place: `${name}/${path}`, before, after, changes: ids });
      }
    }
  }
  // Not below node_modules: what is there the compiler takes for somebody else's.
  const folder = mkdtempSync(join(tmpdir(), 'dekey-types-'));
  symlinkSync(join(installed.folder, 'node_modules'), join(folder, 'node_modules'), 'junction');
  try {
    const before = check(folder, 'before', examples.map((one) => one.before), examples);
    const after = check(folder, 'after', examples.map((one) => one.after), examples);
    const failures: string[] = [];
    const rows = examples.map(({ place, changes }, index) => {
      const fresh = added(before[index] ?? [], after[index] ?? []);
      failures.push(...fresh.map((error) => `${place}: ${error}`));
      return [place.length > 70 ? `...${place.slice(-67)}` : place, changes.join(' '), String(before[index]?.length ?? 0), String(after[index]?.length ?? 0), String(fresh.length)];
    });
    say([...table(['file', 'edit', 'errors before', 'after', 'new'], rows), '', `${examples.length} edited files type-checked; refused: ${[...refused].map(([code, count]) => `${code} ${count}`).join(', ')}.`]);
    return failures;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const COMPILER_OPTIONS = { noEmit: true, strict: true, allowJs: true, checkJs: true, skipLibCheck: true, jsx: 'preserve', module: 'esnext', moduleResolution: 'bundler', target: 'es2022', lib: ['es2023', 'dom', 'dom.iterable'], types: ['node'], allowImportingTsExtensions: true, esModuleInterop: true };

/** What the compiler says of one file, as `TS2307: text`, without places. `project` is the configuration to write. */
export function typeErrors(project: string, file: string, options: object = COMPILER_OPTIONS): readonly string[] {
  writeFileSync(project, JSON.stringify({ compilerOptions: options, files: [file] }));
  const run = spawnSync(process.execPath, [join(process.cwd(), 'node_modules', 'typescript', 'bin', 'tsc'), '--noEmit', '--pretty', 'false', '-p', project], { encoding: 'utf8', cwd: dirname(project), maxBuffer: 1 << 28 });
  if (run.error !== undefined) throw run.error;
  const found = run.stdout.split('\n').flatMap((line) => /(?:^|: )error (TS\d+: .*)$/.exec(line)?.[1] ?? []);
  if (found.length === 0 && run.status !== 0) throw new Error(`the compiler fails: ${run.stdout.slice(0, 400)}`);
  return found;
}

/** Errors of each file. */
function check(folder: string, name: string, texts: readonly string[], examples: readonly Example[]): readonly (readonly string[])[] {
  const base = join(folder, name);
  for (const [index, text] of texts.entries()) {
    const path = join(base, String(index), examples[index]?.place ?? '');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  const options = { ...COMPILER_OPTIONS, types: ['node', 'jest'] };
  // Each by itself: of a program with one fault of syntax the compiler tells nothing else.
  return texts.map((_, index) => {
    return typeErrors(join(base, String(index), 'tsconfig.json'), examples[index]?.place ?? '', options);
  });
}

export function added(before: readonly string[], after: readonly string[]): readonly string[] {
  const left = [...before];
  return after.filter((error) => {
    const at = left.indexOf(error);
    if (at === -1) return true;
    left.splice(at, 1);
    return false;
  });
}
