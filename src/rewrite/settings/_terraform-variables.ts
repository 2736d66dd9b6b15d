import { posix } from 'node:path';
import { textOf } from '../../support/data-tree.ts';
import { childOf } from '../../support/data-tree.ts';
import type { RewriteContext } from '../types.ts';
import { extentOf, type HclBlock, hclBlocks } from './_hcl.ts';
import { workloadEdits } from './_terraform-workload.ts';

/** A variable of a module that nothing reads any more. */
export interface Orphan {
  readonly name: string;
  /** Migrations whose edits free it. */
  readonly migrations: readonly string[];
  readonly provider: string;
  /** Where it is still given a value that would be an error without the variable; it stays then. */
  readonly givenBy: string | undefined;
}

const orphans = new WeakMap<RewriteContext, Map<string, readonly Orphan[]>>();

/**
 * Variables of the module in the folder of `path` whose every use goes with the planned edits. `text` is of `path`; nothing when the files of the target are not known.
 */
export function orphanedVariables(path: string, text: string, context: RewriteContext): readonly Orphan[] {
  const folder = posix.dirname(path);
  const key = `${folder}\n${path}\n${text}`;
  const known = orphans.get(context) ?? new Map<string, readonly Orphan[]>();
  orphans.set(context, known);
  const found = known.get(key) ?? orphansOf(folder, path, text, context);
  known.set(key, found);
  return found;
}

function orphansOf(folder: string, path: string, text: string, context: RewriteContext): readonly Orphan[] {
  const paths = context.paths;
  if (paths === undefined) return [];
  const files = new Map(paths.filter((other) => posix.dirname(other) === folder && /\.(?:tf|tofu)$/i.test(other)).map((other) => [other, other === path ? text : (context.read(other) ?? '')]));
  if (!context.all.some((replacement) => files.has(replacement.path))) return [];
  // A module written in JSON beside it might read anything.
  if (paths.some((other) => posix.dirname(other) === folder && /\.tf\.json$/i.test(other))) return [];
  const freed = new Map<string, { count: number; provider: string; migrations: Set<string> }>();
  for (const [file, content] of files) {
    for (const edit of workloadEdits(file, content, context)) {
      if (edit.kind === 'refused') continue;
      for (const { place } of edit.removals) {
        const { start, end } = extentOf(content, place);
        for (const name of variablesIn(content.slice(start, end))) {
          const entry = freed.get(name) ?? { count: 0, provider: edit.replacement.provider, migrations: new Set<string>() };
          entry.count += 1;
          entry.migrations.add(edit.replacement.migration);
          freed.set(name, entry);
        }
      }
    }
  }
  return [...freed].flatMap(([name, { count, provider, migrations }]): readonly Orphan[] => {
    const uses = [...files.values()].reduce((sum, content) => sum + variablesIn(content).filter((used) => used === name).length, 0);
    if (uses > count) return [];
    return [{ name, provider, migrations: [...migrations], givenBy: giverOf(name, folder, paths, context) }];
  });
}

function variablesIn(text: string): readonly string[] {
  return [...text.matchAll(/\bvar\.([A-Za-z_][\w-]*)/g)].map(([, name = '']) => name);
}

/** A caller of the module, a command line, or a file of values that holds a real one. */
function giverOf(name: string, folder: string, paths: readonly string[], context: RewriteContext): string | undefined {
  for (const path of paths) {
    if (/\.(?:tf|tofu)$/i.test(path)) {
      const content = context.read(path) ?? '';
      if (!content.includes('module') || !content.includes(name)) continue;
      const passes = (hclBlocks(content) ?? []).some((block) => block.type === 'module' && childOf(block.body, name) !== undefined && callsFolder(block, path, folder));
      if (passes) return path;
    } else if (/\.(?:ya?ml|sh|bash|mk)$|(?:^|\/)(?:Makefile|Jenkinsfile|justfile)$/i.test(path)) {
      const content = context.read(path) ?? '';
      if (content.includes(name) && new RegExp(`-var[= ]+["']?${name.replace(/\W/g, '\\$&')}=`).test(content)) return path;
    }
  }
  return undefined;
}

function callsFolder({ body }: HclBlock, path: string, folder: string): boolean {
  const source = textOf(childOf(body, 'source')) ?? '';
  return source.startsWith('.') && posix.normalize(posix.join(posix.dirname(path), source)).replace(/\/$/, '') === posix.normalize(folder);
}
