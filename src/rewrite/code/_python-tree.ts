/** What a Python file binds, calls and imports: one walk over its tree, so that every question afterwards is a look-up. */
import { parseCode, type SyntaxNode } from './syntax.ts';

/** One name that an import statement binds. */
export interface Imported {
  /** The name in this file. */
  readonly local: string;
  /** `anthropic.Anthropic`, or the module itself. */
  readonly path: string;
  /** The part of the statement that says so: `x as y`. */
  readonly node: SyntaxNode;
  readonly statement: SyntaxNode;
}

export interface Python {
  readonly text: string;
  readonly root: SyntaxNode;
  readonly errors: readonly string[];
  readonly imports: readonly Imported[];
  /** Paths by the name they have here. */
  readonly paths: ReadonlyMap<string, ReadonlySet<string>>;
  readonly calls: readonly SyntaxNode[];
  readonly subscripts: readonly SyntaxNode[];
  readonly comparisons: readonly SyntaxNode[];
  readonly attributes: readonly SyntaxNode[];
  readonly classes: readonly SyntaxNode[];
  readonly pairs: readonly SyntaxNode[];
  /** Places where a name is read or bound, by name; not attributes, not names of arguments, not in imports. */
  readonly names: ReadonlyMap<string, readonly SyntaxNode[]>;
  readonly assignments: readonly SyntaxNode[];
}

const MOST = 16;
const known = new Map<string, Python>();

export function readPython(text: string): Python {
  const cached = known.get(text);
  if (cached !== undefined && cached.root.tree === parseCode('python', text).root.tree) return cached;
  const python = walk(text);
  if (known.size >= MOST) known.clear();
  known.set(text, python);
  return python;
}

function walk(text: string): Python {
  const { root, errors } = parseCode('python', text);
  const imports: Imported[] = [];
  const byType: Record<string, SyntaxNode[]> = { call: [], subscript: [], comparison_operator: [], attribute: [], class_definition: [], assignment: [], pair: [] };
  const names = new Map<string, SyntaxNode[]>();
  const open: SyntaxNode[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const { type } = node;
    if (type === 'import_statement' || type === 'import_from_statement') {
      imports.push(...importsOf(node));
      continue;
    }
    byType[type]?.push(node);
    if (type === 'identifier') {
      const list = names.get(node.text);
      if (list === undefined) names.set(node.text, [node]);
      else list.push(node);
      continue;
    }
    if (type === 'string' && !node.namedChildren.some((child) => child?.type === 'interpolation')) continue;
    const skipped = type === 'attribute' ? node.childForFieldName('attribute')?.id : type === 'keyword_argument' ? node.childForFieldName('name')?.id : undefined;
    const children = node.namedChildren;
    for (let at = children.length - 1; at >= 0; at -= 1) {
      const child = children[at];
      if (child !== null && child !== undefined && child.id !== skipped) open.push(child);
    }
  }
  const { call = [], subscript = [], comparison_operator: comparisons = [], attribute = [], class_definition: classes = [], assignment = [], pair = [] } = byType;
  const paths = new Map<string, Set<string>>();
  for (const { local, path } of imports) paths.set(local, (paths.get(local) ?? new Set()).add(path));
  return { text, root, errors, imports, paths, calls: call, subscripts: subscript, comparisons, attributes: attribute, classes, pairs: pair, names, assignments: assignment };
}

function importsOf(statement: SyntaxNode): readonly Imported[] {
  const isFrom = statement.type === 'import_from_statement';
  const module = isFrom ? (statement.childForFieldName('module_name')?.text ?? '') : '';
  return statement.childrenForFieldName('name').flatMap((node): Imported[] => {
    if (node === null) return [];
    const named = node.type === 'aliased_import' ? node.childForFieldName('name') : node;
    const alias = node.type === 'aliased_import' ? node.childForFieldName('alias')?.text : undefined;
    const name = named?.text ?? '';
    if (isFrom) return [{ local: alias ?? name, path: `${module}.${name}`, node, statement }];
    return [{ local: alias ?? name.split('.')[0] ?? name, path: alias === undefined ? (name.split('.')[0] ?? name) : name, node, statement }];
  });
}

/** The dotted name that an expression stands for, through the imports: `anthropic.Anthropic` for `Anthropic` and for `a.Anthropic`. Undefined where it is no plain name. */
export function pathOf(python: Python, node: SyntaxNode | null): string | undefined {
  const parts: string[] = [];
  let at = node;
  while (at?.type === 'attribute') {
    parts.unshift(at.childForFieldName('attribute')?.text ?? '');
    at = at.childForFieldName('object');
  }
  if (at?.type !== 'identifier') return undefined;
  const paths = python.paths.get(at.text);
  return paths?.size === 1 ? [...paths, ...parts].join('.') : undefined;
}

/** The text of a string without interpolation, prefix or escapes. */
export function stringOf(node: SyntaxNode | null | undefined): string | undefined {
  if (node?.type !== 'string') return undefined;
  const match = /^[rRuU]?("""|'''|"|')([^\\]*)\1$/s.exec(node.text);
  return match === null || node.namedChildren.some((child) => child?.type === 'interpolation') ? undefined : match[2];
}

export function argumentsOf(call: SyntaxNode): SyntaxNode | undefined {
  const list = call.childForFieldName('arguments');
  return list?.type === 'argument_list' ? list : undefined;
}

export function keywordsOf(call: SyntaxNode): readonly SyntaxNode[] {
  return argumentsIn(argumentsOf(call)).filter(({ type }) => type === 'keyword_argument');
}

/** Arguments in order, without comments. */
export function argumentsIn(list: SyntaxNode | undefined): readonly SyntaxNode[] {
  return (list?.namedChildren ?? []).filter((node): node is SyntaxNode => node !== null && node.type !== 'comment');
}

const SCOPES: ReadonlySet<string> = new Set(['function_definition', 'lambda', 'module', 'class_definition']);

/** The function, class or module whose names an expression at `node` binds. */
export function scopeOf(node: SyntaxNode): SyntaxNode {
  let at = node.parent;
  while (at !== null && !SCOPES.has(at.type)) at = at.parent;
  return at ?? node;
}

/** The statement that `node` is part of: a child of a block or of the module. */
export function statementOf(node: SyntaxNode): SyntaxNode | undefined {
  let at: SyntaxNode | null = node;
  while (at !== null && at.parent !== null && at.parent.type !== 'block' && at.parent.type !== 'module') at = at.parent;
  return at?.parent === null || at === null ? undefined : at;
}

export function contains(outer: SyntaxNode, inner: SyntaxNode): boolean {
  return outer.startIndex <= inner.startIndex && inner.endIndex <= outer.endIndex;
}

/** Whether the function at `scope` binds `name` itself: as a parameter, by assignment, in a loop. */
export function binds(python: Python, scope: SyntaxNode, name: string): boolean {
  if (scope.type === 'module') return false;
  return (python.names.get(name) ?? []).some((node) => {
    if (!contains(scope, node)) return false;
    const { parent } = node;
    if (parent === null) return false;
    if (['parameters', 'default_parameter', 'typed_parameter', 'typed_default_parameter', 'lambda_parameters', 'as_pattern_target', 'for_statement', 'for_in_clause', 'named_expression'].includes(parent.type)) {
      return parent.type.endsWith('parameters') || parent.type === 'typed_parameter' || parent.childForFieldName('name')?.id === node.id || parent.childForFieldName('left')?.id === node.id || parent.type === 'as_pattern_target';
    }
    return parent.type === 'assignment' && parent.childForFieldName('left')?.id === node.id;
  });
}

const PATTERNS: ReadonlySet<string> = new Set(['pattern_list', 'tuple_pattern', 'list_pattern', 'list_splat_pattern', 'dictionary_splat_pattern', 'tuple', 'list', 'parenthesized_expression', 'case_pattern', 'splat_pattern', 'class_pattern', 'keyword_pattern', 'dict_pattern']);
const BINDERS: ReadonlySet<string> = new Set(['parameters', 'lambda_parameters', 'typed_parameter', 'as_pattern_target', 'global_statement', 'nonlocal_statement', 'case_clause', 'type_parameter', 'as_pattern', 'delete_statement']);

/** Names that are read and that nothing in the file binds; those of Python itself are among them. What an edit must not add to. */
export function unboundNames(python: Python): readonly string[] {
  if (/^\s*from\s+\S+\s+import\s+\*/m.test(python.text)) return [];
  const imported = new Set(python.imports.map(({ local }) => local));
  return [...python.names].filter(([name, nodes]) => !imported.has(name) && !nodes.some(isBinding)).map(([name]) => name);
}

function isBinding(node: SyntaxNode): boolean {
  let at = node;
  while (at.parent !== null && PATTERNS.has(at.parent.type)) at = at.parent;
  const { parent } = at;
  if (parent === null) return false;
  if (BINDERS.has(parent.type)) return true;
  const field = ['assignment', 'augmented_assignment', 'for_statement', 'for_in_clause'].includes(parent.type) ? 'left' : 'name';
  return parent.childForFieldName(field)?.id === at.id;
}
