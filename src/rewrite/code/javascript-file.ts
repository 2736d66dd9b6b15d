/** A JavaScript or TypeScript file as the rewriter sees it: what its names are bound to, where clients are made, how its author writes. */
import type { Grammar, SyntaxNode } from './syntax.ts';

/** Where a name comes from. */
export interface Binding {
  readonly package: string;
  /** `default`, `*` for the whole module, else the exported name. */
  readonly imported: string;
  readonly statement: SyntaxNode;
}

export interface Style {
  readonly quote: "'" | '"';
  readonly semicolon: '' | ';';
  /** One level of indentation. */
  readonly unit: string;
}

export interface JsFile {
  readonly path: string;
  readonly text: string;
  readonly root: SyntaxNode;
  /** TypeScript: assertions may be written. */
  readonly typed: boolean;
  readonly bindings: ReadonlyMap<string, Binding>;
  /** Statements at the top level that import, in order, with the package. */
  readonly imports: readonly { readonly statement: SyntaxNode; readonly package: string; readonly module: 'import' | 'require'; readonly typeOnly: boolean }[];
  /** `new X(...)` and `x(...)` in the order of the text. */
  readonly calls: readonly SyntaxNode[];
  /** Identifiers (uses and declarations, shorthand ones too) by name. */
  readonly identifiers: ReadonlyMap<string, readonly SyntaxNode[]>;
  /** Property names, and whole texts of strings, by what they say. */
  readonly words: ReadonlyMap<string, readonly SyntaxNode[]>;
  readonly ifs: readonly SyntaxNode[];
  readonly style: Style;
}

const PATH = /\.([cm]?[jt]s|[jt]sx)$/i;

/** The grammar of a path; undefined for what is no JavaScript, for type declarations and for what tools have put together. */
export function grammarOf(path: string): Grammar | undefined {
  if (/\.d\.[mc]?ts$|\.min\.[mc]?js$|(?:^|\/)(?:node_modules|vendor|dist|build|\.next|\.yarn)\//i.test(path)) return undefined;
  const extension = PATH.exec(path)?.[1]?.toLowerCase();
  if (extension === undefined) return undefined;
  if (extension === 'tsx') return 'tsx';
  return extension.includes('t') ? 'typescript' : 'javascript';
}

export function readFile(path: string, text: string, root: SyntaxNode): JsFile {
  const calls: SyntaxNode[] = [];
  const ifs: SyntaxNode[] = [];
  const identifiers = new Map<string, SyntaxNode[]>();
  const words = new Map<string, SyntaxNode[]>();
  const open: SyntaxNode[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    switch (node.type) {
      case 'identifier':
      case 'shorthand_property_identifier':
      case 'shorthand_property_identifier_pattern':
        push(identifiers, node.text, node);
        if (node.type !== 'identifier') push(words, node.text, node);
        break;
      case 'property_identifier':
      case 'string_fragment':
        push(words, node.text, node);
        break;
      case 'new_expression':
      case 'call_expression':
        calls.push(node);
        break;
      case 'if_statement':
        ifs.push(node);
        break;
      default:
    }
    // Backwards, so that the first child is looked at first.
    for (let index = node.namedChildCount - 1; index >= 0; index -= 1) {
      const child = node.namedChild(index);
      if (child !== null) open.push(child);
    }
  }
  const { bindings, imports } = readImports(root);
  return { path, text, root, typed: /\.(?:[cm]?ts|tsx)$/i.test(path), bindings, imports, calls, identifiers, words, ifs, style: styleOf(text, imports.map(({ statement }) => statement)) };
}

function push(map: Map<string, SyntaxNode[]>, key: string, node: SyntaxNode): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [node]);
  else known.push(node);
}

function readImports(root: SyntaxNode): Pick<JsFile, 'bindings' | 'imports'> {
  const bindings = new Map<string, Binding>();
  const imports: JsFile['imports'][number][] = [];
  for (const statement of root.namedChildren) {
    if (statement.type === 'import_statement') {
      const typeOnly = /^import\s+(?:type|typeof)\s+(?!from\b|,)/.test(statement.text);
      const clause = statement.namedChildren.find(({ type }) => type === 'import_clause' || type === 'import_require_clause');
      const source = stringOf(statement.childForFieldName('source') ?? clause?.childForFieldName('source') ?? undefined);
      if (source === undefined) continue;
      imports.push({ statement, package: source, module: 'import', typeOnly });
      if (typeOnly) continue;
      for (const child of clause?.namedChildren ?? []) {
        if (child.type === 'identifier') bindings.set(child.text, { package: source, imported: 'default', statement });
        if (child.type === 'namespace_import') bindings.set(child.namedChild(0)?.text ?? '', { package: source, imported: '*', statement });
        if (child.type !== 'named_imports') continue;
        for (const specifier of child.namedChildren) {
          if (specifier.type !== 'import_specifier' || /^type\s+\w/.test(specifier.text)) continue;
          const name = specifier.childForFieldName('name')?.text ?? '';
          bindings.set(specifier.childForFieldName('alias')?.text ?? name, { package: source, imported: name, statement });
        }
      }
      continue;
    }
    if (statement.type !== 'lexical_declaration' && statement.type !== 'variable_declaration') continue;
    for (const declarator of statement.namedChildren) {
      const required = requiredBy(declarator.childForFieldName('value'));
      const name = declarator.childForFieldName('name');
      if (required === undefined || name === null) continue;
      imports.push({ statement, package: required.package, module: 'require', typeOnly: false });
      if (name.type === 'identifier') bindings.set(name.text, { package: required.package, imported: required.member ?? '*', statement });
      else if (name.type === 'object_pattern') {
        for (const part of name.namedChildren) {
          if (part.type === 'shorthand_property_identifier_pattern') bindings.set(part.text, { package: required.package, imported: part.text, statement });
          const value = part.childForFieldName('value');
          if (part.type === 'pair_pattern' && value?.type === 'identifier') bindings.set(value.text, { package: required.package, imported: part.childForFieldName('key')?.text ?? '', statement });
        }
      }
    }
  }
  return { bindings, imports };
}

/** `require('x')`, `require('x').y` and `await import('x')`. */
function requiredBy(value: SyntaxNode | null): { readonly package: string; readonly member?: string } | undefined {
  if (value?.type === 'await_expression') return requiredBy(value.namedChild(0));
  if (value?.type === 'member_expression') {
    const inner = requiredBy(value.childForFieldName('object'));
    const member = value.childForFieldName('property')?.text;
    return inner === undefined || inner.member !== undefined || member === undefined ? undefined : { package: inner.package, member };
  }
  if (value?.type !== 'call_expression') return undefined;
  const called = value.childForFieldName('function');
  const [first, ...more] = value.childForFieldName('arguments')?.namedChildren ?? [];
  const name = stringOf(first);
  if (more.length > 0 || name === undefined || (called?.text !== 'require' && called?.type !== 'import')) return undefined;
  return { package: name };
}

/** Text of a plain string; undefined for anything else. */
export function stringOf(node: SyntaxNode | undefined): string | undefined {
  if (node?.type !== 'string') return undefined;
  const inner = node.text.slice(1, -1);
  return inner.includes('\\') ? undefined : inner;
}

function styleOf(text: string, imports: readonly SyntaxNode[]): Style {
  const sources = imports.map(({ text: statement }) => statement).join('\n');
  const sample = sources === '' ? text : sources;
  const singles = count(sample, "'");
  const doubles = count(sample, '"');
  const ended = imports.filter((statement) => statement.text.trimEnd().endsWith(';')).length;
  const semicolon = imports.length === 0 ? /;[ \t]*\r?$/m.test(text) : ended * 2 >= imports.length;
  const indents = [...text.matchAll(/^(\t|[ ]{2,8})(?=[^\s*])/gm)].slice(0, 200).map(([, indent = '']) => indent);
  const spaces = indents.filter((indent) => indent !== '\t').map(({ length }) => length);
  const unit = indents.length > 0 && spaces.length * 2 < indents.length ? '\t' : ' '.repeat(spaces.length === 0 ? 2 : Math.min(...spaces));
  return { quote: doubles > singles ? '"' : "'", semicolon: semicolon ? ';' : '', unit };
}

function count(text: string, sought: string): number {
  return text.split(sought).length - 1;
}

// --- nodes ---

/** What stands between parentheses or before assertions: `(x!)`, `x as string`. */
export function bare(node: SyntaxNode): SyntaxNode {
  let at = node;
  while (at.type === 'parenthesized_expression' || at.type === 'non_null_expression' || at.type === 'as_expression' || at.type === 'satisfies_expression') {
    const inner = at.namedChildren.find(({ type }) => type !== 'comment');
    if (inner === undefined) return at;
    at = inner;
  }
  return at;
}

/** The name of the variable that `node` reads from the environment, in whichever way. */
export function environmentName(file: JsFile, node: SyntaxNode): string | undefined {
  if (node.type === 'call_expression') {
    const called = node.childForFieldName('function')?.text;
    const [first, ...more] = node.childForFieldName('arguments')?.namedChildren ?? [];
    return called === 'Deno.env.get' && more.length === 0 ? stringOf(first) : undefined;
  }
  const object = node.childForFieldName('object');
  if (object === null || !isEnvironment(file, object)) return undefined;
  if (node.type === 'member_expression') return node.childForFieldName('property')?.text;
  return node.type === 'subscript_expression' ? stringOf(node.childForFieldName('index') ?? undefined) : undefined;
}

export function isEnvironment(file: JsFile, node: SyntaxNode): boolean {
  const text = node.text.replace(/\s+/g, '');
  if (text === 'process.env' || text === 'import.meta.env' || text === 'Bun.env' || text === 'globalThis.process.env') return true;
  const binding = file.bindings.get(text);
  return binding?.imported === 'env' && /^(?:node:)?process$/.test(binding.package);
}

/** The node and those around it, from the inside. */
export function* outwards(node: SyntaxNode): Generator<SyntaxNode> {
  for (let at: SyntaxNode | null = node; at !== null; at = at.parent) yield at;
}

const LISTS = new Set(['program', 'statement_block', 'switch_case', 'switch_default', 'class_static_block']);

/** The statement that `node` stands in, when it is one of a list of statements. */
export function statementOf(node: SyntaxNode): SyntaxNode | undefined {
  for (const at of outwards(node)) {
    if (at.parent !== null && LISTS.has(at.parent.type)) return at.parent.type.startsWith('switch') && at.parent.childForFieldName('value')?.id === at.id ? undefined : at;
  }
  return undefined;
}

export function isSame(a: SyntaxNode | null | undefined, b: SyntaxNode | null | undefined): boolean {
  return a !== null && a !== undefined && b !== null && b !== undefined && a.startIndex === b.startIndex && a.endIndex === b.endIndex && a.type === b.type;
}

export function within(outer: SyntaxNode, inner: SyntaxNode): boolean {
  return outer.startIndex <= inner.startIndex && inner.endIndex <= outer.endIndex;
}
