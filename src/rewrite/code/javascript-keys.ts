/** Where the key of a client comes from, and what else of the file is only there for it. */
import { bare, environmentName, isSame, type JsFile, outwards, statementOf, stringOf, within } from './javascript-file.ts';
import { membersOf, nameOfMember, valueOfMember } from './javascript-splice.ts';
import type { SyntaxNode } from './syntax.ts';

export interface KeySource {
  /** Variables it is read from. */
  readonly names: readonly string[];
  /** It is read as the SDK would read it by itself: nothing is computed, and nothing but an empty text takes its place. */
  readonly plain: boolean;
  /** Of an environment of Node, by which accessor: `process.env`. */
  readonly accessors: readonly SyntaxNode[];
  readonly constants: readonly Constant[];
}
/** A variable of the file that holds nothing but the key. */
export interface Constant {
  readonly name: string;
  readonly declarator: SyntaxNode;
  /** The name where it is declared. */
  readonly declared: SyntaxNode;
  readonly statement: SyntaxNode;
  readonly uses: readonly SyntaxNode[];
}

export type Source =
  | ({ readonly kind: 'key' } & KeySource)
  /** `undefined`, `null` and empty texts. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'literal'; readonly text: string }
  /** A key of somebody else. */
  | { readonly kind: 'foreign' }
  /** `how` goes on `the key comes from`. */
  | { readonly kind: 'elsewhere'; readonly how: string };

/** Expressions nested further than this are nobody's key. */
const DEEPEST = 40;

/** What the expression `value` is, for a provider whose keys go by `names`. */
export function sourceOf(file: JsFile, value: SyntaxNode, names: ReadonlySet<string>, depth = 0): Source {
  if (depth > DEEPEST) return { kind: 'elsewhere', how: 'an expression' };
  const node = bare(value);
  if (node.type === 'undefined' || node.type === 'null' || (node.type === 'identifier' && node.text === 'undefined')) return { kind: 'nothing' };
  const text = stringOf(node);
  if (text !== undefined) return text === '' ? { kind: 'nothing' } : { kind: 'literal', text };
  const variable = environmentName(file, node);
  if (variable !== undefined) return names.has(variable) ? { kind: 'key', names: [variable], plain: true, accessors: [node], constants: [] } : { kind: 'foreign' };
  switch (node.type) {
    case 'binary_expression':
      return ofFallback(file, node, names, depth + 1);
    case 'template_string': {
      const [only, ...more] = node.namedChildren;
      if (only?.type !== 'template_substitution' || more.length > 0) break;
      const inner = only.namedChild(0);
      return inner === null ? { kind: 'nothing' } : unplain(sourceOf(file, inner, names, depth + 1));
    }
    case 'object':
      return ofObject(file, node, names, depth + 1);
    case 'call_expression':
      return ofCall(file, node, names, depth + 1);
    case 'identifier':
    case 'shorthand_property_identifier':
      return ofName(file, node, names, depth + 1);
    case 'member_expression': {
      const property = node.childForFieldName('property')?.text ?? '';
      const root = rootOf(node);
      const own = root === undefined ? undefined : file.bindings.get(root);
      if (names.has(property) && own !== undefined) return { kind: 'elsewhere', how: `${root ?? ''} of ${own.package}` };
      return { kind: 'elsewhere', how: `\`${shown(node)}\`` };
    }
    default:
  }
  return { kind: 'elsewhere', how: `\`${shown(node)}\`` };
}

function shown(node: SyntaxNode): string {
  const text = node.text.replace(/\s+/g, ' ');
  return /^[\w$.?[\]()' ]{1,60}$/.test(text) ? text : 'an expression';
}

function rootOf(node: SyntaxNode): string | undefined {
  let at: SyntaxNode | null = node;
  while (at?.type === 'member_expression' || at?.type === 'call_expression') at = at.childForFieldName(at.type === 'call_expression' ? 'function' : 'object');
  return at?.type === 'identifier' ? at.text : undefined;
}

function unplain(source: Source): Source {
  return source.kind === 'key' ? { ...source, plain: false } : source;
}

function ofFallback(file: JsFile, node: SyntaxNode, names: ReadonlySet<string>, depth: number): Source {
  const operator = node.childForFieldName('operator')?.text ?? '';
  const left = node.childForFieldName('left');
  const right = node.childForFieldName('right');
  if ((operator !== '??' && operator !== '||') || left === null || right === null) return { kind: 'elsewhere', how: 'an expression' };
  const first = sourceOf(file, left, names, depth);
  const second = sourceOf(file, right, names, depth);
  if (first.kind === 'key' && second.kind === 'nothing') return first;
  if (first.kind === 'key' && second.kind === 'literal') return second.text.length < 20 ? unplain(first) : second;
  if (first.kind === 'key' && second.kind === 'key') return { kind: 'key', names: [...first.names, ...second.names], plain: false, accessors: [...first.accessors, ...second.accessors], constants: [...first.constants, ...second.constants] };
  if (first.kind === 'nothing') return second;
  if (first.kind === 'foreign' && second.kind === 'foreign') return first;
  return { kind: 'elsewhere', how: 'more than one place' };
}

/** `{ accessKeyId: process.env.A!, secretAccessKey: process.env.B! }`: every value a key, or a plain text beside them. */
function ofObject(file: JsFile, node: SyntaxNode, names: ReadonlySet<string>, depth: number): Source {
  const found: KeySource[] = [];
  for (const member of membersOf(node)) {
    const value = valueOfMember(member);
    const source: Source = value === undefined ? { kind: 'elsewhere', how: 'an expression' } : sourceOf(file, value, names, depth);
    if (source.kind === 'key') found.push(source);
    else if (source.kind === 'foreign' && /^session_?token$/i.test(nameOfMember(member) ?? '') && value !== undefined && environmentName(file, bare(value)) !== undefined) continue;
    else if (source.kind === 'literal' && source.text.length >= 16) return source;
    else if (source.kind !== 'nothing' && source.kind !== 'literal') return source;
  }
  if (found.length === 0) return { kind: 'nothing' };
  return { kind: 'key', names: found.flatMap((one) => one.names), plain: found.every(({ plain }) => plain), accessors: found.flatMap(({ accessors }) => accessors), constants: found.flatMap(({ constants }) => constants) };
}

/** `requireEnv('OPENAI_API_KEY')`, `config.getOrThrow('OPENAI_API_KEY')`, `JSON.parse(process.env.KEY)`. */
function ofCall(file: JsFile, node: SyntaxNode, names: ReadonlySet<string>, depth: number): Source {
  const list = node.childForFieldName('arguments')?.namedChildren.filter(({ type }) => type !== 'comment') ?? [];
  const [first] = list;
  const called = node.childForFieldName('function')?.text ?? '';
  const text = stringOf(first);
  if (first === undefined) return { kind: 'elsewhere', how: `\`${shown(node)}\`` };
  if (text !== undefined && list.length <= 2) {
    if (names.has(text)) return { kind: 'key', names: [text], plain: false, accessors: [], constants: [] };
    return /env|config|get|secret/i.test(called) && /^[A-Z][A-Z0-9_]+$/.test(text) ? { kind: 'foreign' } : { kind: 'elsewhere', how: `\`${shown(node)}\`` };
  }
  if (/^(?:JSON\.parse|String|atob)$/.test(called) && list.length === 1) return unplain(sourceOf(file, first, names, depth));
  return { kind: 'elsewhere', how: `\`${shown(node.childForFieldName('function') ?? node)}()\`` };
}

function ofName(file: JsFile, use: SyntaxNode, names: ReadonlySet<string>, depth: number): Source {
  const name = use.text;
  const constant = constantOf(file, use);
  if (constant === undefined) {
    const binding = file.bindings.get(name);
    return { kind: 'elsewhere', how: binding === undefined ? `\`${name}\`, which is handed in` : `\`${name}\` of ${binding.package}` };
  }
  const { declarator, declared } = constant;
  const value = declarator.childForFieldName('value');
  if (declared.type === 'shorthand_property_identifier_pattern') {
    if (value === null || !value.text.endsWith('env')) return { kind: 'elsewhere', how: `\`${name}\`` };
    return names.has(name) ? { kind: 'key', names: [name], plain: true, accessors: [], constants: [constant] } : { kind: 'foreign' };
  }
  if (value === null) return { kind: 'elsewhere', how: `\`${name}\`` };
  const source = sourceOf(file, value, names, depth);
  return source.kind === 'key' ? { ...source, constants: [...source.constants, constant] } : source;
}

/** The declaration that the name at `use` means, when it is one of a variable that is set once, in this file. */
export function constantOf(file: JsFile, use: SyntaxNode): Constant | undefined {
  const all = file.identifiers.get(use.text) ?? [];
  let best: Constant | undefined;
  let smallest = Number.POSITIVE_INFINITY;
  for (const declared of all) {
    const declarator = declaratorOf(declared);
    const statement = declarator?.parent;
    if (declarator === undefined || statement === null || statement === undefined) continue;
    const scope = statement.parent?.type === 'export_statement' ? statement.parent.parent : statement.parent;
    if (scope === null || !within(scope, use)) continue;
    const size = scope.endIndex - scope.startIndex;
    if (size >= smallest) continue;
    smallest = size;
    const uses = all.filter((node) => !isSame(node, declared) && within(scope, node));
    best = { name: use.text, declarator, declared, statement, uses };
  }
  return best;
}

function declaratorOf(node: SyntaxNode): SyntaxNode | undefined {
  const { parent } = node;
  if (parent?.type === 'variable_declarator' && isSame(parent.childForFieldName('name'), node)) return parent;
  if (node.type === 'shorthand_property_identifier_pattern' && parent?.type === 'object_pattern' && parent.parent?.type === 'variable_declarator') return parent.parent;
  return undefined;
}

// --- what is only there for the key ---

/**
 * Statements that stop the program when the key is missing: `if (!apiKey) throw ...`, `assert(process.env.KEY)`.
 *
 * @param isKey whether an expression is the key.
 */
export function guardsOf(file: JsFile, isKey: (node: SyntaxNode) => boolean): readonly SyntaxNode[] {
  const guards = file.ifs.filter((statement) => {
    if (statement.childForFieldName('alternative') !== null) return false;
    const condition = statement.childForFieldName('condition');
    const then = statement.childForFieldName('consequence');
    return condition !== null && then !== null && isMissing(condition, isKey) && stops(then);
  });
  for (const call of file.calls) {
    const name = call.childForFieldName('function')?.text ?? '';
    const [first] = call.childForFieldName('arguments')?.namedChildren ?? [];
    if (!/^(?:assert|invariant|ok|assert\.ok|console\.assert)$/.test(name) || first === undefined || !isKey(bare(first)) || call.parent?.type !== 'expression_statement') continue;
    guards.push(call.parent);
  }
  return guards;
}

function isMissing(condition: SyntaxNode, isKey: (node: SyntaxNode) => boolean, depth = 0): boolean {
  if (depth > DEEPEST) return false;
  const node = bare(condition);
  if (node.type === 'unary_expression' && node.childForFieldName('operator')?.text === '!') {
    const argument = node.childForFieldName('argument');
    return argument !== null && isKey(bare(argument));
  }
  if (node.type !== 'binary_expression') return false;
  const operator = node.childForFieldName('operator')?.text ?? '';
  const left = node.childForFieldName('left');
  const right = node.childForFieldName('right');
  if (left === null || right === null) return false;
  if (operator === '||') return isMissing(left, isKey, depth + 1) && isMissing(right, isKey, depth + 1);
  if (operator !== '===' && operator !== '==') return false;
  return isKey(bare(left)) && /^(?:undefined|null|''|"")$/.test(bare(right).text);
}

const STOPS = /^(?:process\.exit|exit|Deno\.exit)$/;

function stops(then: SyntaxNode): boolean {
  const list = then.type === 'statement_block' ? then.namedChildren.filter(({ type }) => type !== 'comment') : [then];
  const last = list.at(-1);
  if (last === undefined || !isStop(last)) return false;
  return list.slice(0, -1).every((statement) => statement.type === 'expression_statement' && /^(?:console|logger|log|core)\b/.test(statement.text));
}

function isStop(statement: SyntaxNode): boolean {
  if (statement.type === 'throw_statement' || statement.type === 'return_statement') return true;
  const call = statement.type === 'expression_statement' ? statement.namedChild(0) : null;
  // With 0 the program is skipped, not stopped: whether it is to run now is not for an edit to say.
  return call?.type === 'call_expression' && STOPS.test(call.childForFieldName('function')?.text ?? '') && call.childForFieldName('arguments')?.text !== '(0)';
}

/** Places of the file that name one of `names` and lie in none of `covered`. Those that only set a variable for a test are left out, and of `local` names those that do not read it. */
export function leftOver(file: JsFile, names: ReadonlySet<string>, local: ReadonlySet<string>, covered: readonly SyntaxNode[]): readonly SyntaxNode[] {
  const isTest = /(?:^|\/)(?:__tests__|__mocks__|tests?|spec|fixtures?)\/|[._-](?:test|spec)\.[cm]?[jt]sx?$|(?:^|\/)(?:vitest|jest)\.[\w.]+$/i.test(file.path);
  return [...names]
    .flatMap((name) => file.words.get(name) ?? [])
    .filter((node) => !covered.some((outer) => within(outer, node)) && !(isTest && isWritten(node)) && !isImportName(node) && !isSpoken(file, node) && (!local.has(node.text.replaceAll(/["'`]/g, '')) || isRead(file, node)))
    .toSorted((a, b) => a.startIndex - b.startIndex);
}

/** Whether the environment is read under the name at `node`: other things may be called `api_key`, too. */
function isRead(file: JsFile, node: SyntaxNode): boolean {
  if (node.type === 'shorthand_property_identifier_pattern') return declaratorOf(node)?.childForFieldName('value')?.text.endsWith('env') === true;
  let at: SyntaxNode | null = node.parent;
  for (let steps = 0; steps < 3 && at !== null; steps += 1, at = at.parent) if (environmentName(file, at) !== undefined) return true;
  return false;
}

function isWritten(node: SyntaxNode): boolean {
  for (const at of outwards(node)) {
    if (at.type === 'assignment_expression') return within(at.childForFieldName('left') ?? at, node);
    if (at.type === 'unary_expression' && at.childForFieldName('operator')?.text === 'delete') return true;
    if (at.type === 'call_expression' && /(?:stubEnv|unstubEnv|replaceProperty)$/.test(at.childForFieldName('function')?.text ?? '')) return true;
    if (at.type.endsWith('_statement') || at.type.endsWith('_declaration')) return false;
  }
  return false;
}

/** Texts for people, by the name that they are kept under. */
const SAID = /^(?:label|title|help|hint|placeholder|description|desc|message|text|caption|tooltip|example|note|display\w*|aria-\w+)$/i;

/** A name that is shown, or stands in a type: nothing is read by it. In a component a name is shown too, where the file asks for no variable by a computed name. */
function isSpoken(file: JsFile, node: SyntaxNode): boolean {
  for (const at of outwards(node)) {
    if (/^(?:literal_type|property_signature|interface_body|object_type|type_alias_declaration|enum_declaration|jsx_attribute|jsx_text)$/.test(at.type)) return true;
    if (node.type !== 'string_fragment') continue;
    if (at.type === 'pair' && SAID.test(nameOfMember(at) ?? '')) return true;
    if (at.type === 'call_expression') return /^(?:console\.\w+|logger?\.\w+|t|i18n\.t|describe|it|test)$/.test(at.childForFieldName('function')?.text ?? '');
    if (at.type === 'subscript_expression') return false;
    if (at.type.endsWith('_statement') || at.type.endsWith('_declaration')) break;
  }
  return node.type === 'string_fragment' && /\.[jt]sx$/.test(file.path) && !/\benv\b/.test(file.text);
}

function isImportName(node: SyntaxNode): boolean {
  const statement = statementOf(node);
  return statement?.type === 'import_statement';
}
