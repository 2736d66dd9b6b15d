/** Where a Python file gets a key from, and which of its statements only serve to have one. */
import { argumentsIn, argumentsOf, binds, contains, pathOf, type Python, scopeOf, statementOf, stringOf } from './_python-tree.ts';
import type { SyntaxNode } from './syntax.ts';

/** A read of one environment variable. */
export interface Read {
  readonly name: string;
  /** The whole read, with its default. */
  readonly node: SyntaxNode;
  /** `os.environ["X"]` fails without the variable; the others do not. */
  readonly fails: boolean;
  /** A default that is neither empty nor None. */
  readonly fallback: SyntaxNode | undefined;
}

/** What is given as a key. */
export type Given =
  | { readonly kind: 'read'; readonly read: Read }
  /** A name that is bound once, to a read, and used by nothing but what may go with it. */
  | { readonly kind: 'bound'; readonly read: Read; readonly statements: readonly SyntaxNode[]; readonly atModule: boolean; readonly name: string }
  /** `settings.anthropic_api_key`: filled from the variable by something outside this expression. */
  | { readonly kind: 'settings'; readonly name: string; readonly text: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'literal' }
  | { readonly kind: 'other'; readonly reason: string; readonly name: string | undefined };

const WRAPPERS: ReadonlySet<string> = new Set(['SecretStr', 'str', 'pydantic.SecretStr', 'pydantic.v1.SecretStr', 'typing.cast', 'cast']);
const SETTINGS = /(?:settings?|configs?|configuration|cfg|conf|env|secrets?|options|constants)(?:\(\))?$/i;

/** The variable that `node` reads from the environment at once. */
export function readIn(python: Python, node: SyntaxNode | null | undefined): Read | undefined {
  const at = unwrapped(python, node);
  if (at?.type === 'subscript') {
    if (pathOf(python, at.childForFieldName('value')) !== 'os.environ') return undefined;
    const name = stringOf(at.childForFieldName('subscript'));
    return name === undefined ? undefined : { name, node: at, fails: true, fallback: undefined };
  }
  if (at?.type !== 'call') return undefined;
  const path = pathOf(python, at.childForFieldName('function'));
  if (path !== 'os.getenv' && path !== 'os.environ.get') return undefined;
  const [first, second, ...rest] = argumentsIn(argumentsOf(at));
  const name = stringOf(first);
  if (name === undefined || rest.length > 0) return undefined;
  const value = second?.type === 'keyword_argument' ? (second.childForFieldName('value') ?? undefined) : second;
  const isEmpty = value === undefined || value.type === 'none' || stringOf(value) === '';
  return { name, node: at, fails: false, fallback: isEmpty ? undefined : value };
}

/** Without parentheses, `SecretStr(...)`, `str(...)`, `.strip()`. */
function unwrapped(python: Python, node: SyntaxNode | null | undefined): SyntaxNode | undefined {
  let at = node ?? undefined;
  for (let depth = 0; depth < 6 && at !== undefined; depth += 1) {
    if (at.type === 'parenthesized_expression') {
      at = at.namedChildren[0] ?? undefined;
      continue;
    }
    if (at.type !== 'call') return at;
    const callee = at.childForFieldName('function');
    const list = argumentsIn(argumentsOf(at));
    const name = pathOf(python, callee) ?? callee?.text ?? '';
    if (WRAPPERS.has(name) && list.length > 0) at = list.at(-1);
    else if (callee?.type === 'attribute' && callee.childForFieldName('attribute')?.text === 'strip' && list.length === 0) at = callee.childForFieldName('object') ?? undefined;
    else return at;
  }
  return at;
}

/** What `value` gives as a key; `others` are places that go anyway. */
export function givenIn(python: Python, value: SyntaxNode | null, going: readonly SyntaxNode[]): Given {
  if (value === null || value.type === 'none') return { kind: 'none' };
  const read = readIn(python, value);
  if (read !== undefined) return { kind: 'read', read };
  const at = unwrapped(python, value);
  if (at?.type === 'string') return { kind: 'literal' };
  if (at?.type === 'identifier') return bound(python, at, going);
  if (at?.type === 'attribute') return settings(at.childForFieldName('object')?.text ?? '', at.childForFieldName('attribute')?.text ?? '', at.text);
  if (at?.type === 'subscript') {
    const name = stringOf(at.childForFieldName('subscript'));
    if (name !== undefined) return settings(at.childForFieldName('value')?.text ?? '', name, at.text);
  }
  const inside = readsIn(python, value);
  return { kind: 'other', reason: 'The key is worked out from several sources', name: inside[0]?.name };
}

function settings(object: string, name: string, text: string): Given {
  if (SETTINGS.test(object)) return { kind: 'settings', name: name.toUpperCase(), text };
  return { kind: 'other', reason: `The key comes from ${text}, and this file does not say where that is filled`, name: name.toUpperCase() };
}

/** Every read of the environment below `node`. */
function readsIn(python: Python, node: SyntaxNode): readonly Read[] {
  return [...python.calls, ...python.subscripts].filter((one) => contains(node, one)).flatMap((one) => readIn(python, one) ?? []);
}

function bound(python: Python, use: SyntaxNode, going: readonly SyntaxNode[]): Given {
  const name = use.text;
  let scope = scopeOf(use);
  while (scope.type !== 'module' && !binds(python, scope, name)) scope = scopeOf(scope);
  const uses = (python.names.get(name) ?? []).filter((node) => contains(scope, node) && !isRebound(python, scope, node, name));
  const assignments = python.assignments.filter((node) => node.childForFieldName('left')?.id !== undefined && node.childForFieldName('left')?.type === 'identifier' && node.childForFieldName('left')?.text === name && uses.some(({ id }) => id === node.childForFieldName('left')?.id));
  const [assignment] = assignments;
  if (assignment === undefined) {
    const imported = python.imports.some(({ local }) => local === name);
    return { kind: 'other', reason: imported ? `The key (${name}) is imported from another module` : `The key (${name}) is handed in by the caller`, name: name.toUpperCase() };
  }
  const right = assignment.childForFieldName('right');
  const read = readIn(python, right);
  if (assignments.length > 1) return { kind: 'other', reason: `The key (${name}) is set in more than one place`, name: read?.name ?? name.toUpperCase() };
  if (read === undefined) {
    if (right?.type === 'string') return { kind: 'literal' };
    return { kind: 'other', reason: `The key (${name}) is worked out from several sources`, name: (right === null ? undefined : readsIn(python, right)[0]?.name) ?? name.toUpperCase() };
  }
  const statement = wholeOf(python, assignment);
  if (statement === undefined) return { kind: 'other', reason: `The statement that sets ${name} does more`, name: read.name };
  const statements = [statement];
  for (const node of uses) {
    if (contains(statement, node) || going.some((one) => contains(one, node))) continue;
    const guard = guardOf(python, node);
    if (guard === undefined) return { kind: 'other', reason: `The key (${name}) is used for something else too (line ${node.startPosition.row + 1})`, name: read.name };
    if (!statements.some(({ id }) => id === guard.id)) statements.push(guard);
  }
  return { kind: 'bound', read, statements, atModule: scope.type === 'module', name };
}

/** Whether `node` stands in a function below `scope` that has a name of its own of this kind. */
function isRebound(python: Python, scope: SyntaxNode, node: SyntaxNode, name: string): boolean {
  for (let inner = scopeOf(node); inner.id !== scope.id && inner.type !== 'module'; inner = scopeOf(inner)) if (binds(python, inner, name)) return true;
  return false;
}

/** The statement to take away with an assignment: itself, or the `try` that only catches its failure. */
function wholeOf(python: Python, assignment: SyntaxNode): SyntaxNode | undefined {
  const statement = statementOf(assignment);
  if (statement?.type !== 'expression_statement' || statement.namedChildCount !== 1 || statement.namedChild(0)?.id !== assignment.id) return undefined;
  const { parent } = statement;
  if (parent?.type !== 'block' || parent.parent?.type !== 'try_statement') return statement;
  const attempt = parent.parent;
  const clauses = attempt.namedChildren.filter((node): node is SyntaxNode => node !== null && node.type !== 'block' && node.type !== 'comment');
  const [clause] = clauses;
  if (parent.namedChildCount !== 1 || clauses.length !== 1 || clause?.type !== 'except_clause' || !/^except\s+\(?KeyError\)?\b/.test(clause.text)) return undefined;
  const body = clause.namedChildren.find((node) => node?.type === 'block');
  return body !== null && body !== undefined && onlyComplains(python, body) ? attempt : undefined;
}

/**
 * The statement that only checks whether the key in `node` is there: `if not key: raise`, `assert key`. `node` is the name or the read that it checks.
 */
export function guardOf(python: Python, node: SyntaxNode): SyntaxNode | undefined {
  let at: SyntaxNode | null = node;
  while (at?.parent?.type === 'parenthesized_expression') at = at.parent;
  const { parent } = at ?? {};
  if (at === null || parent === null || parent === undefined) return undefined;
  if (parent.type === 'assert_statement') return parent.namedChild(0)?.id === at.id ? whole(parent) : undefined;
  const isNone = parent.type === 'comparison_operator' && parent.namedChild(0)?.id === at.id && /^(?:is(?:\s+not)?\s+None|[!=]=\s*(?:None|""|''))$/.test(parent.text.slice(at.text.length).trim());
  const isNot = parent.type === 'not_operator';
  if (!isNone && !isNot) return undefined;
  let test: SyntaxNode = parent;
  while (test.parent?.type === 'parenthesized_expression') test = test.parent;
  const owner = test.parent;
  if (owner?.type === 'assert_statement') return owner.namedChild(0)?.id === test.id && !isNot ? whole(owner) : undefined;
  if (isNone && /is\s+not|!=/.test(parent.text.slice(at.text.length))) return undefined;
  if (owner?.type !== 'if_statement' || owner.childForFieldName('condition')?.id !== test.id || owner.childForFieldName('alternative') !== null) return undefined;
  const body = owner.childForFieldName('consequence');
  return body !== null && onlyComplains(python, body) ? whole(owner) : undefined;
}

/** `"X" not in os.environ` as a guard. */
export function absenceGuardOf(python: Python, comparison: SyntaxNode): { readonly name: string; readonly statement: SyntaxNode | undefined } | undefined {
  const [left, right] = comparison.namedChildren;
  const name = stringOf(left);
  if (name === undefined || comparison.namedChildCount !== 2 || pathOf(python, right ?? null) !== 'os.environ') return undefined;
  const isAbsent = /^['"]\s*not\s+in\s+/.test(comparison.text.slice((left?.text.length ?? 1) - 1));
  const owner = comparison.parent;
  if (owner?.type === 'assert_statement' && !isAbsent) return { name, statement: whole(owner) };
  const body = owner?.type === 'if_statement' && isAbsent && owner.childForFieldName('alternative') === null ? owner.childForFieldName('consequence') : null;
  return { name, statement: body !== null && owner !== null && owner.childForFieldName('condition')?.id === comparison.id && onlyComplains(python, body) ? whole(owner) : undefined };
}

function whole(statement: SyntaxNode): SyntaxNode | undefined {
  return statement.parent?.type === 'block' || statement.parent?.type === 'module' ? statement : undefined;
}

const COMPLAINTS = /^(?:print|pprint|rprint|(?:self\.)?_?(?:\w*log|\w*logger|logging|console|click|typer|st|streamlit|sys\.stderr|warnings)\.\w+)$/i;
const EXITS = /^(?:sys\.exit|exit|quit|os\._exit|st\.stop|pytest\.skip)$/;

/** Whether a block says that something is missing, and then stops or does nothing else. */
function onlyComplains(python: Python, block: SyntaxNode): boolean {
  const statements = block.namedChildren.filter((node): node is SyntaxNode => node !== null && node.type !== 'comment');
  return statements.length > 0 && statements.every((statement, index) => {
    if (statement.type === 'raise_statement') return index === statements.length - 1;
    if (statement.type === 'return_statement') return /^return(?:\s+(?:None|\d+))?\s*;?$/.test(statement.text);
    const call = statement.type === 'expression_statement' && statement.namedChildCount === 1 ? statement.namedChild(0) : null;
    if (call?.type !== 'call') return statement.type === 'pass_statement';
    const callee = call.childForFieldName('function');
    const name = pathOf(python, callee) ?? callee?.text ?? '';
    return EXITS.test(name) || COMPLAINTS.test(callee?.text ?? '');
  });
}
