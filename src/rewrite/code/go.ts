import type { Change, Splice } from '../../model/change.ts';
import type { Edit } from '../edit.ts';
import type { FileRefusal, RewriteContext, Rewriter, Rewriting } from '../types.ts';
import { GO, withoutArguments, withoutStatements } from './_cuts.ts';
import { argumentsIn, contains } from './_python-tree.ts';
import { canStay, type Followed, followed, partedOf } from './_shared.ts';
import { parseCode, type SyntaxNode } from './syntax.ts';

const ANTHROPIC = 'github.com/anthropics/anthropic-sdk-go';
const PACKAGES = /github\.com\/(?:anthropics\/anthropic-sdk-go|openai\/openai-go|sashabaranov\/go-openai|Azure\/azure-sdk-for-go\/sdk\/ai)|google\.golang\.org\/genai|aws-sdk-go/;
/** What other packages need by hand; their keys are named by the plan, their calls are not edited. */
const BY_HAND: Readonly<Record<string, string>> = {
  openai: 'The Go package has no workload identity that is known to work: exchange the token of the workload at https://auth.openai.com/oauth/token before each hour is over, and give the result to option.WithAPIKey.',
  'azure-openai': 'Give the client azure.WithTokenCredential with azidentity.NewDefaultAzureCredential in place of azure.WithAPIKey.',
  aws: 'Take the static credentials provider away: config.LoadDefaultConfig finds the role.',
  'aws-bedrock': 'Take the static credentials provider away: config.LoadDefaultConfig finds the role.',
  'google-gemini': 'Make the client with Backend: genai.BackendVertexAI, Project and Location in place of APIKey.',
};

/** Go source: clients of Anthropic made without a key. Imports that are not used any more go, or the file would not compile. */
export const go: Rewriter = {
  id: 'go',
  matches: (path, text) => path.endsWith('.go') && text.length < 400_000 && PACKAGES.test(text),
  grammars: () => ['go'],
  problems: (_, text) => [...parseCode('go', text).errors, ...unusedImports(treeOf(text)).map((name) => `unused import ${name}`)],
  rewrite: (path, text, context) => (context.all.length === 0 ? { changes: [], refusals: [] } : rewriteGo(path, text, context)),
};

interface GoTree {
  readonly text: string;
  readonly imports: readonly { readonly name: string; readonly path: string; readonly node: SyntaxNode }[];
  readonly calls: readonly SyntaxNode[];
  readonly names: ReadonlyMap<string, readonly SyntaxNode[]>;
}

function treeOf(text: string): GoTree {
  const { root } = parseCode('go', text);
  const imports: { name: string; path: string; node: SyntaxNode }[] = [];
  const calls: SyntaxNode[] = [];
  const names = new Map<string, SyntaxNode[]>();
  const open: SyntaxNode[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.type === 'import_spec') {
      const path = node.childForFieldName('path')?.text.slice(1, -1) ?? '';
      imports.push({ name: node.childForFieldName('name')?.text ?? nameOf(path), path, node });
      continue;
    }
    if (node.type === 'call_expression') calls.push(node);
    if (node.type === 'identifier' || node.type === 'package_identifier') names.set(node.text, [...(names.get(node.text) ?? []), node]);
    for (const child of node.namedChildren) if (child !== null) open.push(child);
  }
  return { text, imports, calls: calls.toSorted((a, b) => a.startIndex - b.startIndex), names };
}

/** The name a package has by its path: `anthropic` for anthropic-sdk-go, the last part without a version for others. */
function nameOf(path: string): string {
  const parts = path.split('/').filter((part) => !/^v\d+$/.test(part));
  const last = parts.at(-1) ?? '';
  return last === 'anthropic-sdk-go' ? 'anthropic' : last === 'openai-go' || last === 'go-openai' ? 'openai' : last;
}

function unusedImports({ imports, names }: GoTree): readonly string[] {
  return imports.filter(({ name }) => name !== '_' && name !== '.' && !names.has(name)).map(({ path }) => path);
}

/** `pkg.Func` of a call, with the import path of pkg. */
function calleeOf({ imports }: GoTree, call: SyntaxNode): { readonly path: string; readonly field: string } | undefined {
  const callee = call.childForFieldName('function');
  if (callee?.type !== 'selector_expression') return undefined;
  const operand = callee.childForFieldName('operand')?.text;
  const path = imports.find(({ name }) => name === operand)?.path;
  return path === undefined ? undefined : { path, field: callee.childForFieldName('field')?.text ?? '' };
}

/** The variable that `os.Getenv("X")` reads. */
function readIn(tree: GoTree, node: SyntaxNode | null | undefined): string | undefined {
  if (node?.type !== 'call_expression') return undefined;
  const callee = calleeOf(tree, node);
  if (callee?.path !== 'os' || callee.field !== 'Getenv') return undefined;
  const [only] = argumentsIn(node.childForFieldName('arguments') ?? undefined);
  return only?.type === 'interpreted_string_literal' ? only.text.slice(1, -1) : undefined;
}

type Given =
  | { readonly kind: 'key'; readonly name: string; readonly statements: readonly SyntaxNode[] }
  | { readonly kind: 'literal' }
  | { readonly kind: 'other'; readonly reason: string; readonly name: string | undefined };

function rewriteGo(path: string, text: string, context: RewriteContext): Rewriting {
  const tree = treeOf(text);
  const follow = followed(context, ['anthropic']);
  const refusals: FileRefusal[] = [];
  const told: SyntaxNode[] = [];
  const removed: SyntaxNode[] = [];
  const statements: SyntaxNode[] = [];
  const splices: Splice[] = [];
  let isPlain = true;
  const isNative = follow?.replacement.route === 'native';
  const options = follow === undefined ? [] : tree.calls.filter((call) => {
    const callee = calleeOf(tree, call);
    return callee !== undefined && callee.path.startsWith(ANTHROPIC) && callee.path.endsWith('/option') && (callee.field === 'WithAPIKey' || callee.field === 'WithAuthToken');
  });
  for (const option of options) {
    if (follow === undefined || !isNative) break;
    const refuse = (code: FileRefusal['code'], reason: string, byHand: string): void => {
      refusals.push({ code, line: option.startPosition.row + 1, reason, byHand, migrations: follow.migrations, shadows: false });
      told.push(option);
    };
    const given = givenIn(tree, argumentsIn(option.childForFieldName('arguments') ?? undefined)[0], options);
    if (given.kind === 'literal') {
      refuse('literal-key', 'A key stands in the source.', 'Revoke the key, then take the option away.');
      continue;
    }
    if (given.kind === 'other') {
      refuse('unknown-shape', given.reason, 'Take the option away, with what only serves to fill it: the client finds the federation variables by itself.');
      continue;
    }
    if (!follow.names.has(given.name)) continue;
    if (!follow.agree && given.name !== 'ANTHROPIC_API_KEY' && given.name !== 'ANTHROPIC_AUTH_TOKEN') {
      refuse('needs-code-change', `Not every workload that may run this file goes the same way (${partedOf(follow)}).`, 'Plan a path for all workloads that run this file, or say with --runs-on which one does; then take the option away.');
      continue;
    }
    const list = option.parent;
    const call = list?.parent;
    const callee = call?.type === 'call_expression' ? calleeOf(tree, call) : undefined;
    if (list?.type !== 'argument_list' || callee === undefined || !callee.path.startsWith(ANTHROPIC) || callee.field !== 'NewClient') {
      refuse('unknown-shape', 'The option with the key is not handed to NewClient at once.', 'Take the option out of where it is collected, with what only serves to fill it.');
      continue;
    }
    if (argumentsIn(list).some((one) => /\bWithBaseURL\b/.test(one.text))) {
      refuse('needs-code-change', 'The client talks to an address of its own, and whether that takes the new identity is not known.', 'Find out what stands behind that address; if it is Anthropic itself, take the address and the key away.');
      continue;
    }
    told.push(option, ...given.statements);
    removed.push(option);
    statements.push(...given.statements);
    isPlain &&= given.statements.length === 0 && (given.name === 'ANTHROPIC_API_KEY' || given.name === 'ANTHROPIC_AUTH_TOKEN');
  }
  const byList = new Map<number, { list: SyntaxNode; nodes: SyntaxNode[] }>();
  for (const option of removed) {
    const { parent } = option;
    if (parent !== null) byList.set(parent.id, { list: parent, nodes: [...(byList.get(parent.id)?.nodes ?? []), option] });
  }
  let isClean = true;
  for (const { list, nodes } of byList.values()) {
    const cut = withoutArguments(text, list, nodes, GO);
    if (cut === undefined) isClean = false;
    else splices.push(...cut);
  }
  rest(tree, context, told, refusals, follow === undefined || !isNative ? undefined : { follow, statements });
  const [firstRemoved] = [...removed, ...statements].toSorted((a, b) => a.startIndex - b.startIndex);
  if (follow !== undefined && firstRemoved === undefined && refusals.length === 0 && isNative && isReady(tree) && follow.all.some((one) => context.own.includes(one))) {
    refusals.push(canStay(path, follow, false, follow.replacement.floors.find(({ language }) => language === 'go')));
  }
  if (follow === undefined || firstRemoved === undefined) return { changes: [], refusals };
  const gone = [...removed, ...statements];
  const isGone = (node: SyntaxNode): boolean => gone.some((one) => contains(one, node));
  const specs = tree.imports.filter(({ name }) => (tree.names.get(name) ?? []).length > 0 && (tree.names.get(name) ?? []).every(isGone)).map(({ node }) => importStatement(node, tree, isGone));
  const cut = isClean && !leavesUnused(tree, isGone) ? withoutStatements(text, [...statements, ...specs], GO) : undefined;
  if (cut === undefined) {
    refusals.push({ code: 'unknown-shape', line: firstRemoved.startPosition.row + 1, reason: 'The key shares its lines or its variables with something else.', byHand: 'Take the option with the key away, with what only serves to fill it and the imports that are not used any more.', migrations: follow.migrations, shadows: false });
    return { changes: [], refusals };
  }
  const change: Change<Edit> = {
    id: 'client/anthropic',
    line: firstRemoved.startPosition.row + 1,
    title: removed.length === 0 ? 'Anthropic: the check for a key goes' : `Anthropic: ${removed.length === 1 ? 'the client is made without a key' : `${removed.length} clients are made without a key`}`,
    why: `Without the option the SDK takes ANTHROPIC_API_KEY where it is set, and the federation variables where it is not.${[...byList.values()].some(({ list, nodes }) => isRespaced(list, nodes)) ? ' Run gofmt afterwards: it spaces an operator in a lone argument differently.' : ''}`,
    safety: isPlain && statements.length === 0 ? 'safe' : 'unsafe',
    reason: isPlain && statements.length === 0 ? 'The package reads the same variable by itself: where it is set nothing changes, and where it is gone the new identity is found.' : 'Rests on this: nothing but the key was asked for by what goes with it.',
    migrations: follow.migrations,
    edits: [...splices, ...cut].map((splice) => ({ kind: 'text', ...splice })),
  };
  return { changes: [change], refusals: refusals.toSorted((a, b) => a.line - b.line) };
}

/** Whether every client of Anthropic is made without a key and an address: it finds the identity by itself. */
function isReady(tree: GoTree): boolean {
  const clients = tree.calls.filter((call) => {
    const callee = calleeOf(tree, call);
    return callee !== undefined && callee.path.startsWith(ANTHROPIC) && callee.field === 'NewClient';
  });
  return clients.length > 0 && clients.every((call) => !/\bWith(?:APIKey|AuthToken|BaseURL)\b|\.\.\./.test(call.childForFieldName('arguments')?.text ?? ''));
}

/** gofmt writes `20*time.Second` among several arguments and `20 * time.Second` in one that stands alone. */
function isRespaced(list: SyntaxNode, removed: readonly SyntaxNode[]): boolean {
  const left = argumentsIn(list).filter(({ id }) => !removed.some((one) => one.id === id));
  return left.length === 1 && (left[0]?.descendantsOfType('binary_expression').length ?? 0) > 0;
}

/** The whole declaration where it imports nothing else. */
function importStatement(spec: SyntaxNode, { imports, names }: GoTree, isGone: (node: SyntaxNode) => boolean): SyntaxNode {
  const { parent } = spec;
  if (parent?.type === 'import_declaration') return parent;
  const all = imports.filter(({ node }) => node.parent?.id === parent?.id);
  const isLast = all.every(({ name }) => (names.get(name) ?? []).length > 0 && (names.get(name) ?? []).every(isGone));
  return isLast && parent?.parent?.type === 'import_declaration' ? parent.parent : spec;
}

/** Whether a local variable would be declared and not used afterwards, which Go does not compile. */
function leavesUnused({ names }: GoTree, isGone: (node: SyntaxNode) => boolean): boolean {
  return [...names.values()].some((nodes) => {
    const left = nodes.filter((node) => !isGone(node));
    return left.length < nodes.length && left.length > 0 && left.every((node) => node.parent?.type === 'expression_list' && node.parent.parent?.type === 'short_var_declaration' && node.parent.parent.childForFieldName('left')?.id === node.parent.id);
  });
}

function functionOf(node: SyntaxNode): SyntaxNode | undefined {
  let at = node.parent;
  while (at !== null && !['function_declaration', 'method_declaration', 'func_literal'].includes(at.type)) at = at.parent;
  return at ?? undefined;
}

function givenIn(tree: GoTree, value: SyntaxNode | undefined, options: readonly SyntaxNode[]): Given {
  const read = readIn(tree, value);
  if (read !== undefined) return { kind: 'key', name: read, statements: [] };
  if (value?.type === 'interpreted_string_literal' || value?.type === 'raw_string_literal') return { kind: 'literal' };
  if (value?.type !== 'identifier') return { kind: 'other', reason: `The key comes from ${value?.text.split('\n')[0] ?? 'elsewhere'}, and this file does not say where that is filled.`, name: undefined };
  const scope = functionOf(value);
  const uses = (tree.names.get(value.text) ?? []).filter((node) => scope !== undefined && contains(scope, node));
  const declared = uses.filter((node) => node.parent?.type === 'expression_list' && node.parent.parent?.type === 'short_var_declaration' && node.parent.parent.childForFieldName('left')?.id === node.parent.id);
  const [declaration] = declared;
  const statement = declaration?.parent?.parent;
  const name = readIn(tree, statement?.childForFieldName('right')?.namedChildren[0]);
  if (declaration === undefined || statement === null || statement === undefined || declared.length > 1 || name === undefined || statement.childForFieldName('left')?.namedChildCount !== 1) return { kind: 'other', reason: `Where ${value.text} comes from is not one read of the environment in this function.`, name: undefined };
  const statements = [statement];
  for (const node of uses) {
    if (contains(statement, node) || options.some((option) => contains(option, node))) continue;
    const guard = guardOf(tree, node);
    if (guard === undefined) return { kind: 'other', reason: `${value.text} is used for something else too (line ${node.startPosition.row + 1}).`, name };
    statements.push(guard);
  }
  return { kind: 'key', name, statements };
}

/** `if key == "" { ... }` that only complains. */
function guardOf(tree: GoTree, node: SyntaxNode): SyntaxNode | undefined {
  const test = node.parent;
  if (test?.type !== 'binary_expression' || !/==\s*""$/.test(test.text) || test.childForFieldName('left')?.id !== node.id) return undefined;
  const owner = test.parent;
  if (owner?.type !== 'if_statement' || owner.childForFieldName('condition')?.id !== test.id || owner.childForFieldName('alternative') !== null) return undefined;
  const initializer = owner.childForFieldName('initializer');
  if (initializer !== null && !contains(initializer, node) && readIn(tree, initializer.childForFieldName('right')?.namedChildren[0]) === undefined) return undefined;
  const body = owner.childForFieldName('consequence')?.namedChildren.flatMap((child) => (child?.type === 'statement_list' ? child.namedChildren : [child])) ?? [];
  const complains = body.every((one) => {
    if (one === null || one.type === 'comment') return true;
    if (one.type === 'return_statement') return /^return$|errors?\.New|fmt\.Errorf|\bErr\w*/.test(one.text);
    return one.type === 'expression_statement' && /^(?:log|slog|logger|fmt|os\.Exit|panic|t\.(?:Skip|Fatal)|klog|glog|zap|b\.Skip)\b/.test(one.text);
  });
  return complains && body.length > 0 && owner.parent !== null && GO.blocks.has(owner.parent.type) ? owner : undefined;
}

/** Other reads of the variables that go, of every provider. */
function rest(tree: GoTree, context: RewriteContext, told: readonly SyntaxNode[], refusals: FileRefusal[], anthropic: { readonly follow: Followed; readonly statements: SyntaxNode[] } | undefined): void {
  const isTold = (node: SyntaxNode): boolean => told.some((one) => contains(one, node) || contains(node, one));
  const refused = new Set(refusals.map(({ line }) => line));
  for (const provider of new Set(context.all.map((one) => one.provider))) {
    const follow = followed(context, [provider]);
    if (follow === undefined || follow.replacement.class === 'broker' || follow.replacement.class === 'short-lived' || follow.replacement.route === 'native-step') continue;
    for (const call of tree.calls) {
      const callee = calleeOf(tree, call);
      if (callee?.path !== 'os' || !['Getenv', 'LookupEnv', 'Setenv'].includes(callee.field) || isTold(call)) continue;
      const name = argumentsIn(call.childForFieldName('arguments') ?? undefined)[0]?.text.slice(1, -1);
      if (name === undefined || !follow.names.has(name)) continue;
      const line = call.startPosition.row + 1;
      const guard = anthropic !== undefined && provider === 'anthropic' && follow.agree ? guardAt(tree, call) : undefined;
      if (guard !== undefined && anthropic !== undefined) {
        anthropic.statements.push(guard);
        continue;
      }
      if (refused.has(line) || isRefusedBinding(tree, call, refused)) continue;
      refused.add(line);
      const isWrite = callee.field === 'Setenv';
      refusals.push({
        code: isWrite ? 'shadowing' : 'needs-code-change', line,
        reason: isWrite ? `The program sets ${name} itself, and that wins over the new identity.` : `${name} is read for something other than a client that finds the new identity by itself.`,
        byHand: isWrite ? 'Take the line away.' : (BY_HAND[provider] ?? `Make this work without ${name}, which is not set once the workloads have switched.`),
        migrations: follow.migrations, shadows: isWrite,
      });
    }
  }
}

/** `if os.Getenv("X") == ""` and `if key := os.Getenv("X"); key == ""`. */
function guardAt(tree: GoTree, call: SyntaxNode): SyntaxNode | undefined {
  const direct = guardOf(tree, call);
  if (direct !== undefined) return direct;
  const declaration = call.parent?.parent;
  const owner = declaration?.parent;
  if (declaration?.type !== 'short_var_declaration' || owner?.type !== 'if_statement' || owner.childForFieldName('initializer')?.id !== declaration.id) return undefined;
  const left = owner.childForFieldName('condition')?.childForFieldName('left');
  return left === null || left === undefined || left.text !== declaration.childForFieldName('left')?.text ? undefined : guardOf(tree, left);
}

/** Whether a refusal speaks of the option that this read fills. */
function isRefusedBinding(tree: GoTree, call: SyntaxNode, refused: ReadonlySet<number>): boolean {
  const declaration = call.parent?.parent;
  if (declaration?.type !== 'short_var_declaration') return false;
  const name = declaration.childForFieldName('left')?.text ?? '';
  return (tree.names.get(name) ?? []).some((node) => refused.has(node.startPosition.row + 1));
}
