/** New text in Python source: arguments, and the imports they need, in the style of the file. */
import type { Splice } from '../../model/change.ts';
import type { Text } from '../../model/text.ts';
import { indentAt, lineEnd, lineStart, startsLine } from './_cuts.ts';
import { argumentsIn, argumentsOf, contains, type Imported, type Python, scopeOf } from './_python-tree.ts';
import { AZURE_SCOPE, OPENAI_VARIABLES, TOKEN_FILE_PLATFORMS } from './_shared.ts';
import type { SyntaxNode } from './syntax.ts';

/** An argument to write, and what it needs imported. */
export interface Argument {
  /** Lines; the first stands where the argument begins, the others are indented against its line. */
  readonly lines: readonly string[];
  readonly imports: readonly { readonly module: string; readonly name: string }[];
  readonly needsOs: boolean;
}

const WIDEST = 100;

export function quoteOf(text: string): "'" | '"' {
  let single = 0;
  let double = 0;
  for (const match of text.matchAll(/(['"])(?:(?!\1)[^\\\n])*\1/g)) {
    if (match[1] === "'") single += 1;
    else double += 1;
  }
  return single > double ? "'" : '"';
}

/** One step of indentation: the commonest between the head of a block and its first line. */
export function indentUnit(text: string): string {
  const counts = new Map<string, number>();
  for (const match of text.matchAll(/^([ \t]*)(?:def|class|if|for|with|try|async|else|while|except|elif)\b[^\n]*:[ \t]*\r?\n([ \t]+)(?=\S)/gm)) {
    const [, outer = '', inner = ''] = match;
    if (inner.startsWith(outer) && inner.length > outer.length) counts.set(inner.slice(outer.length), (counts.get(inner.slice(outer.length)) ?? 0) + 1);
  }
  const [most] = [...counts].toSorted((a, b) => b[1] - a[1]);
  return most?.[0] ?? '    ';
}

/** `azure_ad_token_provider=...`. */
export function azureArgument(text: string, column: number): Argument {
  const quote = quoteOf(text);
  const one = `azure_ad_token_provider=get_bearer_token_provider(DefaultAzureCredential(), ${quote}${AZURE_SCOPE}${quote})`;
  const lines = column + one.length + 1 <= WIDEST ? [one] : ['azure_ad_token_provider=get_bearer_token_provider(', `${indentUnit(text)}DefaultAzureCredential(), ${quote}${AZURE_SCOPE}${quote}`, ')'];
  return { lines, imports: ['DefaultAzureCredential', 'get_bearer_token_provider'].map((name) => ({ module: 'azure.identity', name })), needsOs: false };
}

/** `vertexai=True` with project and location. */
export function vertexArguments(text: string): Argument {
  const quote = quoteOf(text);
  const lines = ['vertexai=True,', `project=os.environ[${quote}GOOGLE_CLOUD_PROJECT${quote}],`, `location=os.environ[${quote}GOOGLE_CLOUD_LOCATION${quote}]`];
  return { lines, imports: [], needsOs: true };
}

/** `workload_identity={...}`; undefined where no provider of the SDK reads the token of `platform`. */
export function openAiArgument(python: Python, platform: string, audience: Text, environ: string): Argument | undefined {
  const quote = quoteOf(python.text);
  const unit = indentUnit(python.text);
  const q = (value: string): string => `${quote}${value}${quote}`;
  const variable = (name: string): string => `${environ}[${q(name)}]`;
  const subject = tokenProvider(platform, audience, q, variable);
  if (subject === undefined) return undefined;
  return {
    lines: [
      'workload_identity={',
      `${unit}${q('identity_provider_id')}: ${variable(OPENAI_VARIABLES.identityProvider)},`,
      `${unit}${q('service_account_id')}: ${variable(OPENAI_VARIABLES.serviceAccount)},`,
      `${unit}${q('provider')}: ${subject.text},`,
      '}',
    ],
    imports: [{ module: 'openai.auth', name: subject.name }],
    needsOs: environ === 'os.environ',
  };
}

function tokenProvider(platform: string, audience: Text, q: (value: string) => string, variable: (name: string) => string): { readonly name: string; readonly text: string } | undefined {
  const [only, ...rest] = audience;
  const known = typeof only === 'string' && rest.length === 0 ? only : undefined;
  if (TOKEN_FILE_PLATFORMS.has(platform)) return { name: 'k8s_service_account_token_provider', text: `k8s_service_account_token_provider(${variable(OPENAI_VARIABLES.tokenFile)})` };
  // Default audience of the SDK: openai-python 2.37 to 3.22.
  if (platform === 'google-compute' && known !== undefined) return { name: 'gcp_id_token_provider', text: `gcp_id_token_provider(${known === 'https://api.openai.com/v1' ? '' : q(known)})` };
  if (platform === 'azure-identity' && known !== undefined) return { name: 'azure_managed_identity_token_provider', text: `azure_managed_identity_token_provider(${q(known)})` };
  return undefined;
}

/** Puts `argument` in the place of `node`, an argument of its own or one among others. */
export function replaceArgument(text: string, node: SyntaxNode, argument: Argument): Splice {
  const list = node.parent;
  if (list !== null && argument.lines.length > 1 && isOneLine(list)) return spread(text, list, argumentsIn(list).map((one) => (one.id === node.id ? argument.lines : [one.text])));
  return { start: node.startIndex, end: node.endIndex, text: argument.lines.join(`\n${indentAt(text, node.startIndex)}`) };
}

/** Adds `argument` to a call that has none of its kind. Undefined where what is handed over is not all written down. */
export function addArgument(text: string, call: SyntaxNode, argument: Argument): Splice | undefined {
  const list = argumentsOf(call);
  if (list === undefined) return undefined;
  const all = argumentsIn(list);
  if (all.some(({ type }) => type === 'dictionary_splat' || type === 'list_splat' || type === 'generator_expression')) return undefined;
  // Behind the positional arguments.
  const keyword = all.find(({ type }) => type === 'keyword_argument');
  if (isOneLine(list)) {
    const parts: (readonly string[])[] = all.map((one) => [one.text]);
    parts.splice(keyword === undefined ? all.length : all.indexOf(keyword), 0, argument.lines);
    if (argument.lines.length > 1) return spread(text, list, parts);
    return { start: list.startIndex + 1, end: list.endIndex - 1, text: parts.map(([line = '']) => line).join(', ') };
  }
  if (keyword === undefined) return undefined;
  const indent = indentAt(text, keyword.startIndex);
  const between = startsLine(text, keyword.startIndex) ? `,\n${indent}` : ', ';
  return { start: keyword.startIndex, end: keyword.startIndex, text: `${argument.lines.join(`\n${indent}`)}${between}` };
}

function isOneLine(list: SyntaxNode): boolean {
  return list.startPosition.row === list.endPosition.row;
}

/** One argument a line, as formatters lay out what does not fit on one. */
function spread(text: string, list: SyntaxNode, parts: readonly (readonly string[])[]): Splice {
  const indent = indentAt(text, list.startIndex);
  const inner = `${indent}${indentUnit(text)}`;
  const lines = parts.map((part) => part.map((line) => `${inner}${line}`).join('\n'));
  return { start: list.startIndex + 1, end: list.endIndex - 1, text: `\n${lines.join(',\n')},\n${indent}` };
}

export const STANDARD = /^(?:from|import)\s+(?:__future__|abc|argparse|ast|asyncio|base64|collections|contextlib|copy|csv|dataclasses|datetime|enum|functools|glob|hashlib|io|itertools|json|logging|math|os|pathlib|pprint|random|re|shutil|signal|string|subprocess|sys|tempfile|textwrap|threading|time|traceback|typing|unittest|urllib|uuid|warnings)\b/;

/** Imports that are missing, beside the import of the SDK at `anchor`. Undefined when a name is taken by something else. */
export function importSplices(python: Python, anchor: SyntaxNode, wanted: Argument['imports'], needsOs: boolean): readonly Splice[] | undefined {
  const { text, imports } = python;
  const splices: Splice[] = [];
  const byModule = new Map<string, string[]>();
  for (const { module, name } of wanted) {
    if (imports.some(({ path, local }) => path === `${module}.${name}` && local === name)) continue;
    if (python.names.has(name) && (isBound(python, name) || imports.some(({ local }) => local === name))) return undefined;
    if (imports.some(({ local }) => local === name)) return undefined;
    const names = byModule.get(module) ?? [];
    if (!names.includes(name)) names.push(name);
    byModule.set(module, names);
  }
  for (const [module, names] of byModule) {
    const existing = imports.find(({ statement, path }) => statement.type === 'import_from_statement' && path.startsWith(`${module}.`) && statement.childForFieldName('module_name')?.text === module && statement.parent?.id === anchor.parent?.id);
    const last = existing === undefined ? undefined : imports.filter(({ statement }) => statement.id === existing.statement.id).at(-1);
    if (last !== undefined) splices.push({ start: last.node.endIndex, end: last.node.endIndex, text: names.map((name) => `, ${name}`).join('') });
    else {
      const line = `${indentAt(text, anchor.startIndex)}from ${module} import ${names.toSorted(caseless).join(', ')}`;
      const next = firstBehind(anchor, module);
      const goesBefore = next !== undefined;
      const at = goesBefore ? lineStart(text, next.startIndex) + bom(text, lineStart(text, next.startIndex)) : lineEnd(text, anchor.endIndex - 1);
      const isCut = !goesBefore && text.charCodeAt(at - 1) !== 10;
      splices.push({ start: at, end: at, text: isCut ? `\n${line}` : `${line}\n` });
    }
  }
  if (needsOs && !imports.some(({ local, path, statement }) => local === 'os' && path === 'os' && statement.parent !== null && contains(statement.parent, anchor))) {
    if (isBound(python, 'os')) return undefined;
    splices.push(...osImport(python, anchor));
  }
  return splices;
}

/** Where the SDK is imported inside a function, beside it; else at the head of the module, in order. */
function osImport({ text, root, imports }: Python, anchor: SyntaxNode): readonly Splice[] {
  if (scopeOf(anchor).type !== 'module') {
    const at = lineStart(text, anchor.startIndex);
    return [{ start: at, end: at, text: `${indentAt(text, anchor.startIndex)}import os\n` }];
  }
  const top = imports.map(({ statement }) => statement).filter((statement) => statement.parent?.id === root.id && !/^from\s+__future__/.test(statement.text));
  const [first] = top;
  if (first === undefined) return [];
  const target = top.find((statement) => statement.type === 'import_statement' && statement.text > 'import os' && STANDARD.test(statement.text)) ?? first;
  const start = lineStart(text, target.startIndex);
  const at = start + bom(text, start);
  return [{ start: at, end: at, text: STANDARD.test(target.text) ? 'import os\n' : 'import os\n\n' }];
}

/** The import to put one of `module` before: the first of those that stand together with `anchor` and come behind it in order; undefined when it goes behind `anchor`. */
function firstBehind(anchor: SyntaxNode, module: string): SyntaxNode | undefined {
  const comesBehind = (node: SyntaxNode): boolean => node.type === 'import_from_statement' && module < (node.childForFieldName('module_name')?.text ?? '');
  if (!comesBehind(anchor)) return undefined;
  let at = anchor;
  for (let before = at.previousNamedSibling; before !== null && comesBehind(before) && before.endPosition.row + 1 === at.startPosition.row; before = at.previousNamedSibling) at = before;
  return at;
}

function bom(text: string, at: number): number {
  return text.charCodeAt(at) === 0xfeff ? 1 : 0;
}

function caseless(a: string, b: string): number {
  return a.toLowerCase() < b.toLowerCase() ? -1 : 1;
}

/** Whether the file binds `name` by anything but an import. */
function isBound(python: Python, name: string): boolean {
  return (python.names.get(name) ?? []).some(({ parent, id }) => parent !== null && ['assignment', 'function_definition', 'class_definition', 'parameters', 'for_statement'].includes(parent.type) && (parent.childForFieldName('left')?.id === id || parent.childForFieldName('name')?.id === id || parent.type === 'parameters'));
}

/** Import statements whose names nothing uses once `gone` is taken away and `added` is there; only those that `gone` itself used. */
export function unusedAfter(python: Python, gone: readonly { readonly start: number; readonly end: number }[], added: readonly Splice[]): readonly Imported[] {
  const inside = (node: SyntaxNode): boolean => gone.some(({ start, end }) => start <= node.startIndex && node.endIndex <= end);
  return python.imports.filter((one, index, all) => {
    const { local, statement } = one;
    const like = all.filter((other) => other.local === local);
    const scope = scopeOf(statement);
    // Of several, one that a function has for itself is told apart by that function.
    if (like.length > 1 && (scope.type === 'module' || like.filter((other) => scopeOf(other.statement).id === scope.id).length > 1)) return false;
    if (all.findIndex((other) => other.local === local && scopeOf(other.statement).id === scope.id) !== index) return false;
    const isAlone = like.length === 1;
    const uses = (python.names.get(local) ?? []).filter((node) => isAlone || contains(scope, node));
    if (!uses.some(inside) || !uses.every(inside)) return false;
    if (added.some(({ start, text }) => (isAlone || (scope.startIndex <= start && start <= scope.endIndex)) && new RegExp(`\\b${local}\\b`).test(text))) return false;
    return !new RegExp(`__all__[^\\]]*['"]${local}['"]`).test(python.text);
  });
}
