/**
 * Syntax trees of source code, by tree-sitter's WebAssembly grammars: no native part, and nothing of the code is run.
 *
 * Import late: the runtime and each grammar take some ten milliseconds to load.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Language, type Node, Parser, type Tree } from 'web-tree-sitter';

export type { Node as SyntaxNode } from 'web-tree-sitter';

export const GRAMMARS = ['typescript', 'tsx', 'javascript', 'python', 'go', 'java', 'bash'] as const;
export type Grammar = (typeof GRAMMARS)[number];

const parsers = new Map<Grammar, Parser>();
let started: Promise<void> | undefined;

/** Loads what {@link parseCode} needs for these grammars; those already there cost nothing. */
export async function loadGrammars(grammars: Iterable<Grammar>): Promise<void> {
  for (const grammar of new Set(grammars)) {
    if (parsers.has(grammar)) continue;
    started ??= Parser.init({ wasmBinary: readFileSync(fileOf('web-tree-sitter.wasm', 'web-tree-sitter/web-tree-sitter.wasm')) });
    await started;
    const parser = new Parser();
    parser.setLanguage(await Language.load(readFileSync(fileOf(`tree-sitter-${grammar}.wasm`, `@vscode/tree-sitter-wasm/wasm/tree-sitter-${grammar}.wasm`))));
    parsers.set(grammar, parser);
  }
}

export function isGrammar(name: string): name is Grammar {
  return GRAMMARS.some((grammar) => grammar === name);
}

/** One parsed source file. Offsets of nodes are UTF-16 code units of the text. */
export interface Code {
  readonly root: Node;
  /** Places that the grammar could not make sense of, as `line: kind`: compared before and after an edit. */
  readonly errors: readonly string[];
}

const MOST = 32;
const known = new Map<string, { readonly code: Code; readonly tree: Tree }>();

/** @throws Error when the grammar was not loaded: a defect of ours. */
export function parseCode(grammar: Grammar, text: string): Code {
  const key = `${grammar}\n${text}`;
  const cached = known.get(key);
  if (cached !== undefined) return cached.code;
  const tree = parsers.get(grammar)?.parse(text);
  if (tree === undefined || tree === null) throw new Error(`the grammar of ${grammar} is not loaded`);
  const code: Code = { root: tree.rootNode, errors: tree.rootNode.hasError ? errorsIn(tree.rootNode) : [] };
  if (known.size >= MOST) {
    const [oldest] = known;
    if (oldest !== undefined) {
      oldest[1].tree.delete();
      known.delete(oldest[0]);
    }
  }
  known.set(key, { code, tree });
  return code;
}

function errorsIn(root: Node): readonly string[] {
  const errors: string[] = [];
  const open: Node[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.isError || node.isMissing) errors.push(`${node.isMissing ? 'missing' : 'unexpected'} ${node.type} in ${node.parent?.type ?? 'file'}`);
    else if (node.hasError) open.push(...node.children);
  }
  return errors;
}

/** Beside the bundle, or where npm put it. */
function fileOf(name: string, module: string): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const bundled = join(here, 'grammars', name);
  return existsSync(bundled) ? bundled : createRequire(import.meta.url).resolve(module);
}
