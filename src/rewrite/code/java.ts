import type { Splice } from '../../model/change.ts';
import type { FileRefusal, RewriteContext, Rewriter, Rewriting } from '../types.ts';
import { JAVA, withoutStatements } from './_cuts.ts';
import { contains } from './_python-tree.ts';
import { canStay, followed, partedOf } from './_shared.ts';
import { parseCode, type SyntaxNode } from './syntax.ts';

const PACKAGES = /\b(?:com\.anthropic|com\.openai|dev\.langchain4j|org\.springframework\.ai|com\.azure\.ai|com\.google\.genai)\b/;

/** Java source: clients of Anthropic that find their identity by themselves. */
export const java: Rewriter = {
  id: 'java',
  matches: (path, text) => path.endsWith('.java') && text.length < 400_000 && PACKAGES.test(text),
  grammars: () => ['java'],
  problems: (_, text) => parseCode('java', text).errors,
  rewrite: (path, text, context) => (context.all.length === 0 ? { changes: [], refusals: [] } : rewriteJava(path, text, context)),
};

interface JavaTree {
  readonly calls: readonly SyntaxNode[];
  readonly names: ReadonlyMap<string, readonly SyntaxNode[]>;
  readonly declarators: readonly SyntaxNode[];
}

function treeOf(text: string): JavaTree {
  const calls: SyntaxNode[] = [];
  const declarators: SyntaxNode[] = [];
  const names = new Map<string, SyntaxNode[]>();
  const open: SyntaxNode[] = [parseCode('java', text).root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.type === 'method_invocation') calls.push(node);
    if (node.type === 'variable_declarator') declarators.push(node);
    if (node.type === 'identifier' && !isMember(node)) names.set(node.text, [...(names.get(node.text) ?? []), node]);
    for (const child of node.namedChildren) if (child !== null) open.push(child);
  }
  return { calls: calls.toSorted((a, b) => a.startIndex - b.startIndex), names, declarators };
}

/** Whether it names a method or a field of something, not a variable. */
function isMember(node: SyntaxNode): boolean {
  const { parent } = node;
  return (parent?.type === 'method_invocation' && parent.childForFieldName('name')?.id === node.id) || (parent?.type === 'field_access' && parent.childForFieldName('field')?.id === node.id);
}

function argument(call: SyntaxNode): SyntaxNode | undefined {
  const all = call.childForFieldName('arguments')?.namedChildren ?? [];
  return all.length === 1 ? (all[0] ?? undefined) : undefined;
}

/** The variable that `System.getenv("X")` reads. */
function readIn(node: SyntaxNode | null | undefined): string | undefined {
  if (node?.type !== 'method_invocation' || node.childForFieldName('object')?.text !== 'System' || node.childForFieldName('name')?.text !== 'getenv') return undefined;
  const only = argument(node);
  return only?.type === 'string_literal' ? only.text.slice(1, -1) : undefined;
}

type Given = { readonly name: string; readonly statements: readonly SyntaxNode[] } | { readonly code: FileRefusal['code']; readonly reason: string };

function rewriteJava(path: string, text: string, context: RewriteContext): Rewriting {
  const tree = treeOf(text);
  const refusals: FileRefusal[] = [];
  const told: SyntaxNode[] = [];
  const splices: Splice[] = [];
  const statements: SyntaxNode[] = [];
  const lines: number[] = [];
  const follow = followed(context, ['anthropic']);
  // A step hands a token on, or a broker a key: the program goes on reading the variable.
  const isNative = follow !== undefined && follow.replacement.route === 'native';
  const keys = !isNative ? [] : tree.calls.filter((call) => /^(?:apiKey|authToken)$/.test(call.childForFieldName('name')?.text ?? '') && /^(?:com\.anthropic\.client\.okhttp\.)?AnthropicOkHttpClient(?:Async)?\s*\.\s*builder\s*\(\)/.test(call.childForFieldName('object')?.text ?? ''));
  for (const call of keys) {
    if (follow === undefined) break;
    told.push(call);
    const line = (call.childForFieldName('name')?.startPosition.row ?? call.startPosition.row) + 1;
    const refuse = (code: FileRefusal['code'], reason: string): void => {
      refusals.push({ code, line, reason, byHand: code === 'literal-key' ? 'Revoke the key, then make the client with fromEnv() in place of the key.' : 'Make the client with fromEnv() in place of the key, and take away what only serves to fill it.', migrations: follow.migrations, shadows: false });
    };
    const given = givenIn(tree, argument(call), keys);
    if ('code' in given) {
      refuse(given.code, given.reason);
      continue;
    }
    if (!follow.names.has(given.name)) continue;
    if (!follow.agree && given.name !== 'ANTHROPIC_API_KEY') {
      refuse('needs-code-change', `Not every workload that may run this file goes the same way (${partedOf(follow)}).`);
      continue;
    }
    if (/\.\s*(?:baseUrl|backend|fromEnv)\s*\(/.test(chainOf(call))) {
      refuse('needs-code-change', 'The client talks to an address or a backend of its own, and whether that takes the new identity is not known.');
      continue;
    }
    const name = call.childForFieldName('name');
    if (name === null) continue;
    splices.push(fromEnvironment(call, name));
    statements.push(...given.statements);
    told.push(...given.statements);
    lines.push(line);
  }
  for (const call of tree.calls) {
    const name = readIn(call);
    if (name === undefined || told.some((one) => contains(one, call)) || refusals.some(({ line }) => line === call.startPosition.row + 1)) continue;
    const other = [...new Set(context.all.map((one) => one.provider))].map((provider) => followed(context, [provider])).find((one) => one?.names.has(name) === true && one.replacement.class !== 'broker' && one.replacement.class !== 'short-lived' && one.replacement.route !== 'native-step');
    if (other === undefined || isRefusedBinding(tree, call, refusals)) continue;
    refusals.push({ code: 'needs-code-change', line: call.startPosition.row + 1, reason: `${name} is read for something other than a client that finds the new identity by itself.`, byHand: BY_HAND[other.replacement.provider] ?? `Make this work without ${name}, which is not set once the workloads have switched.`, migrations: other.migrations, shadows: false });
  }
  const [line] = lines.toSorted((a, b) => a - b);
  const isReady = keys.length === 0 && /\bAnthropicOkHttpClient(?:Async)?\s*\.\s*(?:fromEnv\s*\(|builder\s*\(\)\s*\.\s*fromEnv\s*\()/.test(text) && !/\.\s*(?:apiKey|authToken|baseUrl|backend)\s*\(/.test(text);
  if (follow !== undefined && line === undefined && refusals.length === 0 && isNative && isReady && follow.all.some((one) => context.own.includes(one))) {
    refusals.push(canStay(path, follow, false, follow.replacement.floors.find(({ language }) => language === 'java')));
  }
  if (follow === undefined || line === undefined) return { changes: [], refusals };
  const cut = withoutStatements(text, statements, JAVA);
  if (cut === undefined) {
    refusals.push({ code: 'unknown-shape', line, reason: 'What fills the key shares its lines with something else.', byHand: 'Make the client with fromEnv() in place of the key, and take away what only serves to fill it.', migrations: follow.migrations, shadows: false });
    return { changes: [], refusals };
  }
  const inner = splices.filter(({ start }) => !statements.some((one) => one.startIndex <= start && start < one.endIndex));
  return {
    changes: [{
      id: 'client/anthropic',
      line,
      title: `Anthropic: ${lines.length === 1 ? 'the client is made' : `${lines.length} clients are made`} from the environment`,
      why: 'fromEnv() takes ANTHROPIC_API_KEY where it is set, and the federation variables where it is not.',
      safety: 'unsafe',
      reason: 'Rests on this: anthropic-java is 2.29.0 or later, and nothing else in the environment configures the client (ANTHROPIC_BASE_URL).',
      migrations: follow.migrations,
      edits: [...inner, ...cut].map((splice) => ({ kind: 'text', ...splice })),
    }],
    refusals: refusals.toSorted((a, b) => a.line - b.line),
  };
}

/** `X.fromEnv()` where the key was all that was set, else `.fromEnv()` in the place of the key. */
function fromEnvironment(call: SyntaxNode, name: SyntaxNode): Splice {
  const builder = call.childForFieldName('object');
  const owner = builder?.childForFieldName('object');
  const { parent } = call;
  const isAll = parent?.type === 'method_invocation' && parent.childForFieldName('object')?.id === call.id && parent.childForFieldName('name')?.text === 'build' && builder?.childForFieldName('name')?.text === 'builder';
  return isAll && owner !== null && owner !== undefined && parent !== null ? { start: owner.endIndex, end: parent.endIndex, text: '.fromEnv()' } : { start: name.startIndex, end: call.endIndex, text: 'fromEnv()' };
}

const BY_HAND: Readonly<Record<string, string>> = {
  openai: 'Give the client a short-lived token: exchange the token of the workload at https://auth.openai.com/oauth/token, again before each hour is over.',
  'azure-openai': 'Give the client builder a DefaultAzureCredential in place of the key.',
  anthropic: 'Make the client with AnthropicOkHttpClient.fromEnv(); a framework that takes only a key needs one that does not.',
};

/** The whole chain of calls that `call` is part of. */
function chainOf(call: SyntaxNode): string {
  let at = call;
  while (at.parent?.type === 'method_invocation' && at.parent.childForFieldName('object')?.id === at.id) at = at.parent;
  return at.text;
}

function givenIn(tree: JavaTree, value: SyntaxNode | undefined, keys: readonly SyntaxNode[]): Given {
  const read = readIn(value);
  if (read !== undefined) return { name: read, statements: [] };
  if (value?.type === 'string_literal') return { code: 'literal-key', reason: 'A key stands in the source.' };
  if (value?.type !== 'identifier') return { code: 'unknown-shape', reason: 'The key comes from something that this file does not fill from the environment.' };
  const { text } = value;
  const method = methodOf(value);
  const declared = tree.declarators.filter((node) => node.childForFieldName('name')?.text === text && method !== undefined && contains(method, node));
  const [declarator] = declared;
  const name = readIn(declarator?.childForFieldName('value'));
  const statement = declarator?.parent;
  if (declarator === undefined || name === undefined || declared.length > 1 || statement?.type !== 'local_variable_declaration' || statement.namedChildren.filter((node) => node?.type === 'variable_declarator').length !== 1) return { code: 'unknown-shape', reason: `Where ${text} comes from is not one read of the environment in this method.` };
  const statements = [statement];
  for (const node of tree.names.get(text) ?? []) {
    if (method === undefined || !contains(method, node) || contains(statement, node) || keys.some((key) => contains(key.childForFieldName('arguments') ?? key, node))) continue;
    const guard = guardOf(node, text);
    if (guard === undefined) return { code: 'unknown-shape', reason: `${text} is used for something else too (line ${node.startPosition.row + 1}).` };
    if (!statements.some(({ id }) => id === guard.id)) statements.push(guard);
  }
  return { name, statements };
}

function methodOf(node: SyntaxNode): SyntaxNode | undefined {
  let at = node.parent;
  while (at !== null && !['method_declaration', 'constructor_declaration', 'lambda_expression', 'static_initializer'].includes(at.type)) at = at.parent;
  return at ?? undefined;
}

/** `if (key == null || key.isEmpty()) { throw ... }` that asks for nothing else. */
function guardOf(node: SyntaxNode, name: string): SyntaxNode | undefined {
  let at: SyntaxNode | null = node;
  while (at !== null && at.type !== 'if_statement' && at.type !== 'block') at = at.parent;
  if (at?.type !== 'if_statement' || at.childForFieldName('alternative') !== null) return undefined;
  const condition = at.childForFieldName('condition');
  if (condition === null || !contains(condition, node)) return undefined;
  const parts = condition.text.replace(/^\(|\)$/g, '').split('||').map((part) => part.trim());
  if (!parts.every((part) => [`${name} == null`, `null == ${name}`, `${name}.isEmpty()`, `${name}.isBlank()`, `${name}.trim().isEmpty()`, `"".equals(${name})`].includes(part))) return undefined;
  const body = at.childForFieldName('consequence');
  const statements = body?.type === 'block' ? body.namedChildren.filter((one) => one !== null && !one.type.endsWith('comment')) : [body];
  const complains = statements.every((one) => one?.type === 'throw_statement' || /^return;$/.test(one?.text ?? '') || /^(?:System\.(?:err|out|exit)|log|LOG|logger|LOGGER)\b/.test(one?.text ?? ''));
  return complains && at.parent?.type === 'block' ? at : undefined;
}

function isRefusedBinding(tree: JavaTree, call: SyntaxNode, refusals: readonly FileRefusal[]): boolean {
  const declarator = call.parent;
  if (declarator?.type !== 'variable_declarator') return false;
  const lines = new Set(refusals.map(({ line }) => line));
  return (tree.names.get(declarator.childForFieldName('name')?.text ?? '') ?? []).some((node) => lines.has(node.startPosition.row + 1));
}
