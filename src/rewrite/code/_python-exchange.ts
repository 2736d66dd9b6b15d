/** The function that exchanges the identity token of a workload, written into the Python file whose requests need it. */
import type { Splice } from '../../model/change.ts';
import { lineEnd, lineStart } from './_cuts.ts';
import { type Exchange, exchangeOf, MOST_REQUESTS, takesExchanged, variablesOf } from './_exchange.ts';
import { bearerSplices, type KeyHeader, keyHeadersIn, type Sender, senderOf } from './_python-raw.ts';
import { type Given, givenIn } from './_python-keys.ts';
import { indentUnit, quoteOf, STANDARD } from './_python-text.ts';
import type { Python } from './_python-tree.ts';
import type { Followed } from './_shared.ts';
import type { SyntaxNode } from './syntax.ts';

/** A request whose header takes a token in place of the key. */
export interface Request {
  readonly header: KeyHeader;
  readonly follow: Followed;
  readonly exchange: Exchange;
  readonly sender: Sender;
  readonly splices: readonly Splice[];
  /** The function, once for all requests of the provider. */
  readonly helper: readonly Splice[];
}

/** Names of Python itself that the function uses. */
export const BUILT_IN: ReadonlySet<string> = new Set(['RuntimeError', 'max', 'open', 'str']);

type Found = { readonly kind: 'request'; readonly request: Request } | { readonly kind: 'refuse'; readonly header: KeyHeader; readonly reason: string; readonly byHand: string };

export function requestByHand({ replacement: { title } }: Followed): string {
  return `Call ${title} through its SDK, which exchanges the token of the workload, or exchange it here and send "Authorization: Bearer" with the result.`;
}

/** Every request with a key that `follow` replaces. */
export function requestsIn(python: Python, follow: Followed): readonly Found[] {
  const { provider, class: kind, route } = follow.replacement;
  if (!takesExchanged(provider) || kind === 'broker' || kind === 'short-lived' || route === 'native-step') return [];
  const all = keyHeadersIn(python, provider);
  const pairs = all.map(({ pair }) => pair);
  const [some] = all;
  if (some !== undefined && all.length > MOST_REQUESTS) return [{ kind: 'refuse', header: some, reason: `The file has more than ${MOST_REQUESTS} requests with a header like this.`, byHand: requestByHand(follow) }];
  const headers = all.filter(({ slot }) => isOurs(givenIn(python, slot, pairs), follow));
  if (headers.length === 0) return [];
  const exchange = exchangeOf(follow);
  const byHand = requestByHand(follow);
  if ('reason' in exchange) return headers.map((header) => ({ kind: 'refuse', header, reason: `${exchange.reason}.`, byHand: exchange.byHand }));
  const senders = headers.map((header) => senderOf(python, header, exchange));
  const fit = senders.filter((sender) => 'library' in sender);
  const [first] = fit;
  const helper = first === undefined || fit.some(({ waits }) => waits !== first.waits) ? undefined : helperSplices(python, exchange, first);
  return headers.map((header, index): Found => {
    const sender = senders[index];
    if (sender === undefined || 'reason' in sender) return { kind: 'refuse', header, reason: sender?.reason ?? '', byHand };
    if (helper === undefined) return { kind: 'refuse', header, reason: `A function that exchanges the token has no place in this file: a name it needs has another meaning, ${sender.library} is not imported whole, or some requests wait and others do not.`, byHand };
    const splices = bearerSplices(python, header, exchange, `${sender.waits ? 'await ' : ''}${exchange.word}_token()`);
    return 'reason' in splices ? { kind: 'refuse', header, reason: splices.reason, byHand } : { kind: 'request', request: { header, follow, exchange, sender, splices, helper } };
  });
}

function isOurs(given: Given, { names }: Followed): boolean {
  if (given.kind === 'read' || given.kind === 'bound') return names.has(given.read.name);
  return given.kind === 'other' && given.name !== undefined && names.has(given.name);
}

/** Why the key in a header cannot give way. */
export function keyProblem(given: Given): string | undefined {
  if (given.kind === 'other') return `${given.reason}.`;
  if (given.kind !== 'read' && given.kind !== 'bound') return 'The key comes from somewhere else.';
  return given.read.fallback === undefined ? undefined : 'The key has a value of its own for when the variable is missing.';
}

function helperSplices(python: Python, exchange: Exchange, { library, waits }: Sender): readonly Splice[] | undefined {
  const { word } = exchange;
  const { text, imports, names, root } = python;
  const isTaken = (name: string): boolean => names.has(name) || imports.some(({ local }) => local === name);
  if ([`${word}_token`, `_${word}_lock`, `_${word}_bearer`].some(isTaken) || imports.some(({ local }) => BUILT_IN.has(local))) return undefined;
  const alias = imports.find(({ path, statement }) => path === library && statement.parent?.id === root.id && statement.type === 'import_statement')?.local;
  const modules = importSplices(python, ['os', 'time', waits ? 'asyncio' : 'threading']);
  const last = headImports(root).at(-1);
  if (alias === undefined || modules === undefined || last === undefined) return undefined;
  const unit = indentUnit(text);
  const lines = (waits ? asyncLines : syncLines)(exchange, library, alias, quoteOf(text)).map((line) => line.replace(/^ +/, (blanks) => unit.repeat(blanks.length / 4)));
  const at = lineEnd(text, Math.max(last.endIndex - 1, last.startIndex));
  const gap = /^(?:[ \t]*\r?\n)*/.exec(text.slice(at))?.[0].split('\n').length ?? 1;
  return [...modules, { start: at, end: at, text: `${'\n'.repeat(Math.min(2, Math.max(1, gap - 1)))}${lines.join('\n')}\n${'\n'.repeat(Math.max(0, 3 - gap))}` }];
}

/** Imports before anything else is done, `try` around them included. */
function headImports(root: SyntaxNode): readonly SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (const node of root.namedChildren) {
    if (node === null || node.type === 'comment') continue;
    const isDoc = node.type === 'expression_statement' && node.namedChild(0)?.type === 'string';
    const isGuarded = (node.type === 'try_statement' || (node.type === 'if_statement' && /TYPE_CHECKING/.test(node.childForFieldName('condition')?.text ?? ''))) && /^(?:try|if [\w.]+):[^\n]*\n\s+(?:from|import)\b/.test(node.text);
    if (/^(?:import|import_from|future_import)_statement$/.test(node.type) || isGuarded) found.push(node);
    else if (!isDoc) break;
  }
  return found;
}

/** `import x` for each of `modules` that is missing, in order among those of the standard library. Undefined where such a name means something else. */
function importSplices({ text, root, imports, names }: Python, modules: readonly string[]): readonly Splice[] | undefined {
  const top = imports.map(({ statement }) => statement).filter((statement) => statement.parent?.id === root.id && !/^from\s+__future__/.test(statement.text));
  const [first] = top;
  if (first === undefined) return undefined;
  const plain = top.filter((statement) => statement.type === 'import_statement' && STANDARD.test(statement.text));
  const byPlace = new Map<number, string[]>();
  for (const module of modules) {
    const known = imports.filter(({ local }) => local === module);
    if (known.some(({ path, statement }) => path === module && statement.parent?.id === root.id)) continue;
    if (known.length > 0 || (names.get(module) ?? []).length > 0) return undefined;
    const next = plain.find((statement) => statement.text > `import ${module}`);
    const before = plain.findLast((statement) => statement.text < `import ${module}`);
    const start = lineStart(text, (next ?? first).startIndex);
    const at = next === undefined && before !== undefined ? lineEnd(text, before.endIndex - 1) : start + (text.charCodeAt(start) === 0xfeff ? 1 : 0);
    byPlace.set(at, [...(byPlace.get(at) ?? []), `import ${module}\n`]);
  }
  const isApart = plain.length === 0 && !STANDARD.test(first.text);
  return [...byPlace].map(([at, lines]) => ({ start: at, end: at, text: `${lines.toSorted().join('')}${isApart ? '\n' : ''}` }));
}

/** Lines that both have; four blanks are one level of indentation. */
function readLines(exchange: Exchange, q: string): readonly string[] {
  return [
    `        token, renewal = _${exchange.word}_bearer`,
    '        if time.time() < renewal:',
    '            return token',
    '        for name in (',
    ...variablesOf(exchange).map((name) => `            ${q}${name}${q},`),
    '        ):',
    '            if not os.environ.get(name):',
    `                raise RuntimeError(f${q}{name} is not set${q})`,
    `        with open(os.environ[${q}${exchange.tokenFile}${q}], encoding=${q}utf-8${q}) as file:`,
    '            identity = file.read().strip()',
  ];
}

function bodyLines({ fields, tokenField }: Exchange, q: string, indent: string): readonly string[] {
  const lines = fields.map(({ name, text, variable }) => `${indent}    ${q}${name}${q}: ${variable === undefined ? `${q}${text ?? ''}${q}` : `os.environ[${q}${variable}${q}]`},`);
  return [`${indent}json={`, ...lines.slice(0, 1), `${indent}    ${q}${tokenField}${q}: identity,`, ...lines.slice(1), `${indent}},`];
}

function headLines({ word, title }: Exchange, q: string, lock: string, isAsync: boolean): readonly string[] {
  const start = isAsync ? 'async ' : '';
  return [
    `_${word}_lock = ${lock}.Lock()`,
    `_${word}_bearer = (${q}${q}, 0.0)`,
    '',
    '',
    `${start}def ${word}_token() -> str:`,
    `    """Exchange the identity token of this workload for one of ${title}, kept until shortly before it ends."""`,
    `    global _${word}_bearer`,
    `    ${start}with _${word}_lock:`,
  ];
}

function refusedLines({ title, requestId }: Exchange, q: string, indent: string, status: string): readonly string[] {
  return [
    `${indent}if response.${status} != 200:`,
    `${indent}    request_id = response.headers.get(${q}${requestId}${q}, ${q}${q})`,
    `${indent}    raise RuntimeError(f${q}${title} refused the exchange: {response.${status}} {request_id}${q})`,
  ];
}

function keepLines({ word }: Exchange, q: string): readonly string[] {
  return [
    `        token, lifetime = answer[${q}access_token${q}], answer[${q}expires_in${q}]`,
    `        _${word}_bearer = (token, time.time() + max(lifetime - 60, lifetime / 2))`,
    '        return token',
  ];
}

function syncLines(exchange: Exchange, library: Sender['library'], alias: string, q: string): readonly string[] {
  return [
    ...headLines(exchange, q, 'threading', false),
    ...readLines(exchange, q),
    `        response = ${alias}.post(`,
    `            ${q}${exchange.url}${q},`,
    ...bodyLines(exchange, q, '            '),
    `            ${library === 'httpx' ? 'follow_redirects' : 'allow_redirects'}=False,`,
    '            timeout=30,',
    '        )',
    ...refusedLines(exchange, q, '        ', 'status_code'),
    '        answer = response.json()',
    ...keepLines(exchange, q),
  ];
}

function asyncLines(exchange: Exchange, library: Sender['library'], alias: string, q: string): readonly string[] {
  const before = [...headLines(exchange, q, 'asyncio', true), ...readLines(exchange, q)];
  if (library === 'httpx') {
    return [
      ...before,
      `        async with ${alias}.AsyncClient(timeout=30) as client:`,
      '            response = await client.post(',
      `                ${q}${exchange.url}${q},`,
      ...bodyLines(exchange, q, '                '),
      '                follow_redirects=False,',
      '            )',
      ...refusedLines(exchange, q, '        ', 'status_code'),
      '        answer = response.json()',
      ...keepLines(exchange, q),
    ];
  }
  return [
    ...before,
    `        async with ${alias}.ClientSession(timeout=${alias}.ClientTimeout(total=30)) as session:`,
    '            async with session.post(',
    `                ${q}${exchange.url}${q},`,
    ...bodyLines(exchange, q, '                '),
    '                allow_redirects=False,',
    '            ) as response:',
    ...refusedLines(exchange, q, '                ', 'status'),
    '                answer = await response.json()',
    ...keepLines(exchange, q),
  ];
}
