/** The function that exchanges the identity token of a workload, written into the file whose requests need it. */
import type { Splice } from '../../model/change.ts';
import { type Exchange, exchangeOf, MOST_REQUESTS, takesExchanged, variablesOf } from './_exchange.ts';
import { manifestsAbove } from './_manifest.ts';
import type { Followed } from './_shared.ts';
import { isSame, type JsFile } from './javascript-file.ts';
import { bearerSplices, canWait, hasTopLevelAwait, type KeyHeader, keyHeadersIn, sendersOf } from './javascript-raw.ts';
import { addImports, lineStart, type Needed } from './javascript-splice.ts';
import { variable } from './javascript-write.ts';
import type { SyntaxNode } from './syntax.ts';

const WIDTH = 100;

/** How the file gets at a file's text, and what it has to import for that. */
interface Reading {
  /** An expression of the file's text. */
  readonly call: (path: string) => string;
  readonly needs: Needed | undefined;
}

/** Name of the function that gives a token. */
function tokenCall({ word }: Exchange): string {
  return `${word}Token`;
}

/** Names that the function takes in the file. */
function namesTaken({ word }: Exchange): readonly string[] {
  return [`${word}Token`, `${word}Exchange`, `${word}Renewal`];
}

/**
 * Puts the function behind the imports, before `first`. Undefined where a name is taken or the imports have a form that is not known.
 *
 * @param read another file of the target.
 */
function exchangeSplices(file: JsFile, exchange: Exchange, like: SyntaxNode | undefined, first: number, read: (path: string) => string | undefined): readonly Splice[] | undefined {
  if (namesTaken(exchange).some((name) => file.identifiers.has(name)) || declaresFetch(file)) return undefined;
  const reading = readingOf(file);
  if (reading === undefined) return undefined;
  const lines = helper(file, exchange, like, reading).map((line) => line.replace(/^ +/, (blanks) => file.style.unit.repeat(blanks.length / 2)));
  const { needs } = reading;
  const heads = file.imports.filter(({ statement }) => statement.endIndex <= first);
  const last = heads.at(-1)?.statement;
  if (last === undefined) {
    if (file.imports.length > 0) return undefined;
    const at = headOf(file);
    const imported = needs === undefined ? '' : `${importLine(file, needs, read)}\n\n`;
    const before = at > 1 && file.text.charAt(at - 1) !== '\n' ? '\n' : '';
    return [{ start: at, end: at, text: `${before}${imported}${lines.join('\n')}\n\n` }];
  }
  const end = file.text.indexOf('\n', last.endIndex);
  const rest = file.text.slice(last.endIndex, end === -1 ? undefined : end).trim();
  if (end === -1 || (rest !== '' && rest !== ';' && !rest.startsWith('//'))) return undefined;
  const at = end + 1;
  const nextEnd = file.text.indexOf('\n', at);
  const isTight = file.text.slice(at, nextEnd === -1 ? undefined : nextEnd).trim() !== '';
  // The module that is read through stands among its like.
  const beside = heads.findLast(({ package: name, typeOnly }) => !typeOnly && /^(?:node:|(?:fs|path|os|util|url|process|child_process|crypto|readline|http|https|stream)(?:\/|$))/.test(name))?.package ?? '';
  const imports = needs === undefined ? [] : addImports({ ...file, imports: heads }, [needs], beside);
  return imports === undefined ? undefined : [...imports, { start: at, end: at, text: `\n${lines.join('\n')}\n${isTight ? '\n' : ''}` }];
}

/** A function of its own by the name that the exchange calls. */
function declaresFetch({ identifiers, bindings }: JsFile): boolean {
  return !bindings.has('fetch') && (identifiers.get('fetch') ?? []).some((node) => isSame(node.parent?.childForFieldName('name'), node) || /parameter/.test(node.parent?.type ?? ''));
}

function readingOf({ bindings, imports, identifiers }: JsFile): Reading | undefined {
  for (const [name, { package: from, imported }] of bindings) {
    const isWhole = imported === '*' || imported === 'default';
    if (/^(?:node:)?fs\/promises$/.test(from) && (isWhole || imported === 'readFile')) return { call: (path) => `(await ${name}${isWhole ? '.readFile' : ''}(${path}))`, needs: undefined };
    if (!/^(?:node:)?fs$/.test(from)) continue;
    if (imported === 'readFileSync') return { call: (path) => `${name}(${path})`, needs: undefined };
    if (isWhole || imported === 'promises') return { call: (path) => `(await ${name}${isWhole ? '.promises' : ''}.readFile(${path}))`, needs: undefined };
  }
  if (identifiers.has('readFile')) return undefined;
  const isOld = imports.some(({ package: name }) => /^(?:fs|path|os|util|url|child_process|crypto|readline|http|https|stream)$/.test(name)) && !imports.some(({ package: name }) => name.startsWith('node:'));
  return { call: (path) => `(await readFile(${path}))`, needs: { package: isOld ? 'fs/promises' : 'node:fs/promises', names: ['readFile'] } };
}

function importLine(file: JsFile, { package: name, names }: Needed, read: (path: string) => string | undefined): string {
  const { quote, semicolon } = file.style;
  return isModule(file, read) ? `import { ${names.join(', ')} } from ${quote}${name}${quote}${semicolon}` : `const { ${names.join(', ')} } = require(${quote}${name}${quote})${semicolon}`;
}

/** Whether the file is a module of ECMAScript: by its own words, by its name, by its package. */
function isModule({ path, root, imports }: JsFile, read: (path: string) => string | undefined): boolean {
  if (/\.[cm][jt]s$/i.test(path)) return /\.m/i.test(path);
  if (/\.tsx?$/i.test(path) || root.namedChildren.some(({ type }) => type === 'import_statement' || type === 'export_statement')) return true;
  return imports.length === 0 && isModulePackage(path, read);
}

/** Whether the nearest package.json makes a module of each file. */
function isModulePackage(path: string, read: (path: string) => string | undefined): boolean {
  const manifest = manifestsAbove(path).map(read).find((text) => text !== undefined) ?? '';
  return /"type"\s*:\s*"module"/.test(manifest);
}

/** Before the first statement, behind what has to come first: a byte order mark, the line for the shell, directives, and a comment that stands apart. */
function headOf({ text, root }: JsFile): number {
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  const nodes = root.namedChildren;
  for (let index = 0; index < nodes.length; index += 1) {
    let node = nodes[index];
    if (node === undefined) break;
    const isDirective = node.type === 'expression_statement' && /^["']use \w+["'];?$/.test(node.text.trim());
    const isComment = node.type === 'comment';
    // Comments on lines that follow one another are one.
    for (let next = nodes[index + 1]; isComment && next?.type === 'comment' && /^[ \t]*\r?\n?[ \t]*$/.test(text.slice(node.endIndex, next.startIndex)); next = nodes[index + 1]) {
      node = next;
      index += 1;
    }
    const isApart = /^[^\n]*\n[ \t]*\r?\n/.test(text.slice(node.endIndex));
    if (node.type !== 'hash_bang_line' && !isDirective && !(isComment && isApart)) break;
    const next = nodes[index + 1];
    at = next === undefined ? text.length : lineStart(text, next.startIndex);
  }
  return at;
}

/** Lines of the function; two blanks are one level of indentation. */
function helper(file: JsFile, exchange: Exchange, like: SyntaxNode | undefined, reading: Reading): readonly string[] {
  const { quote: q, semicolon: s } = file.style;
  const { word, title, url, fields, tokenField, tokenFile, requestId } = exchange;
  const typed = (type: string): string => (file.typed ? type : '');
  const env = (name: string): string => variable(file, name, like);
  const environment = like?.childForFieldName('object')?.text ?? 'process.env';
  const names = variablesOf(exchange).map((name) => `${q}${name}${q}`);
  const list = names.join(', ');
  const missing = `    const missing = [${list}].find((name) => !${environment}[name])${s}`;
  const path = `${env(tokenFile)} ?? ${q}${q}, ${q}utf8${q}`;
  const body = fields.map(({ name, text, variable: of }) => `        ${name}: ${of === undefined ? `${q}${text ?? ''}${q}` : env(of)},`);
  return [
    // For those who have their JavaScript checked.
    ...(file.typed ? [] : ['/** @type {Promise<string> | undefined} */']),
    `let ${word}Exchange${typed(': Promise<string> | undefined')}${s}`,
    `let ${word}Renewal = 0${s}`,
    '',
    `/** The identity token of this workload, exchanged for a token of ${title} that is kept until shortly before it ends. */`,
    `async function ${tokenCall(exchange)}()${typed(': Promise<string>')} {`,
    `  if (${word}Exchange && Date.now() < ${word}Renewal) return ${word}Exchange${s}`,
    '  // An identity token may be good for one exchange only: whoever asks meanwhile waits for this one.',
    `  ${word}Renewal = Infinity${s}`,
    `  ${word}Exchange = (async () => {`,
    ...(missing.length <= WIDTH ? [missing] : ['    const missing = [', ...names.map((name) => `      ${name},`), `    ].find((name) => !${environment}[name])${s}`]),
    `    if (missing) throw new Error(\`\${missing} is not set\`)${s}`,
    `    const response = await fetch(${q}${url}${q}, {`,
    `      method: ${q}POST${q},`,
    `      redirect: ${q}error${q},`,
    '      signal: AbortSignal.timeout(30_000),',
    `      headers: { ${q}content-type${q}: ${q}application/json${q} },`,
    '      body: JSON.stringify({',
    ...body.slice(0, 1),
    `        ${tokenField}: ${reading.call(path)}.trim(),`,
    ...body.slice(1),
    '      }),',
    `    })${s}`,
    '    if (!response.ok) {',
    `      throw new Error(\`${title} refused the exchange: \${response.status} \${response.headers.get(${q}${requestId}${q}) ?? ${q}${q}}\`)${s}`,
    '    }',
    `    const answer = ${file.typed ? '(await response.json()) as { access_token: string; expires_in: number }' : 'await response.json()'}${s}`,
    `    ${word}Renewal = Date.now() + 1000 * Math.max(answer.expires_in - 60, answer.expires_in / 2)${s}`,
    `    return answer.access_token${s}`,
    `  })()${s}`,
    '  try {',
    `    return await ${word}Exchange${s}`,
    '  } catch (error) {',
    `    ${word}Exchange = undefined${s}`,
    `    throw error${s}`,
    '  }',
    '}',
  ];
}

/** What becomes of the requests of one file that show a key by hand. */
export type Requests =
  | { readonly kind: 'none' }
  | { readonly kind: 'refuse'; readonly at: SyntaxNode; readonly reason: string; readonly byHand: string }
  | { readonly kind: 'edit'; readonly headers: readonly KeyHeader[]; readonly splices: readonly Splice[]; readonly exchange: Exchange; readonly title: string };

export function requestsOf(file: JsFile, follows: Followed, names: ReadonlySet<string>, read: (path: string) => string | undefined): Requests {
  const { provider, title } = follows.replacement;
  const headers = takesExchanged(provider) ? keyHeadersIn(file, provider, names) : [];
  const [first] = headers;
  if (first === undefined) return { kind: 'none' };
  const refuse = (at: SyntaxNode, reason: string, byHand = rawByHand(provider, title)): Requests => ({ kind: 'refuse', at, reason: `${reason}.`, byHand });
  const exchange = exchangeOf(follows);
  if ('reason' in exchange) return refuse(first.pair, exchange.reason, exchange.byHand);
  if (headers.length > MOST_REQUESTS) return refuse(first.pair, `The file has more than ${MOST_REQUESTS} requests with a key`);
  const waits = topLevelWaits(file, read);
  const splices: Splice[] = [];
  const all = new Set<string>();
  for (const header of headers) {
    const senders = sendersOf(file, header, exchange);
    if ('reason' in senders) return refuse(header.pair, senders.reason);
    for (const sender of senders) all.add(sender);
    if (header.source.accessors.some((node) => !/^(?:globalThis\.)?process\b|^env\b/.test(node.text))) return refuse(header.pair, 'The key is read in a way that is not Node’s, and a token file is read by Node');
    if (!canWait(header.pair, waits)) return refuse(header.pair, 'The request stands where nothing can wait for an exchange: in a function that is not async, or at the top of a file that is no module', `Make the function around it async and its callers wait; then: ${rawByHand(provider, title)}`);
    const bearer = bearerSplices(file, header, exchange, tokenCall(exchange));
    if ('reason' in bearer) return refuse(header.pair, bearer.reason);
    splices.push(...bearer);
  }
  const like = headers.flatMap(({ source }) => source.accessors)[0];
  const helped = exchangeSplices(file, exchange, like, Math.min(...headers.map(({ pair }) => pair.startIndex)), read);
  if (helped === undefined) return refuse(first.pair, `The file gives a name that the exchange needs another meaning (${namesTaken(exchange).join(', ')}, fetch, readFile), or imports in a way that is not known`);
  const said = first.pair.childForFieldName('key')?.text.replace(/["']/g, '') ?? 'the key';
  return { kind: 'edit', headers, splices: [...splices, ...helped], exchange, title: `${[...all].join(', ')}: ${said} becomes a bearer token of minutes${headers.length > 1 ? ` (${headers.length} requests)` : ''}` };
}

function topLevelWaits(file: JsFile, read: (path: string) => string | undefined): boolean {
  if (/\.[cm][jt]s$/i.test(file.path)) return /\.m/i.test(file.path);
  return hasTopLevelAwait(file) || (isModule(file, read) && isModulePackage(file.path, read));
}

export function rawByHand(provider: string, title: string): string {
  if (provider === 'anthropic') return 'Make the request with @anthropic-ai/sdk, which exchanges the token of the workload; or exchange it at https://api.anthropic.com/v1/oauth/token and send the result as Authorization: Bearer in place of x-api-key.';
  if (provider === 'openai') return 'Make the request with the package openai and workloadIdentity; or exchange the token of the workload at https://auth.openai.com/oauth/token and send the result as Authorization: Bearer.';
  if (provider === 'azure-openai') return 'Send Authorization: Bearer with a token of getBearerTokenProvider of @azure/identity in place of api-key.';
  return `Send a short-lived token of ${title} in its place, as the README of the plan says.`;
}
