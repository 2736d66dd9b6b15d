import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { rewriter } from '../../src/rewrite/code/javascript.ts';
import { python } from '../../src/rewrite/code/python.ts';
import { loadGrammars } from '../../src/rewrite/code/syntax.ts';
import { rewriteText } from '../../src/rewrite/run.ts';
import type { RewriteContext } from '../../src/rewrite/types.ts';
import { contextFor, keptFor, replacementFor } from './code-kit.ts';

beforeAll(() => loadGrammars(['typescript', 'tsx', 'javascript', 'python']));

const BOTH = contextFor([replacementFor('anthropic', { names: ['ANTHROPIC_API_KEY'] }), replacementFor('openai', { names: ['OPENAI_API_KEY'] })]);

function js(text: string, path = 'src/a.mjs', context: RewriteContext = BOTH): { readonly after: string; readonly reasons: readonly string[]; readonly safety: readonly string[] } {
  const { after, refusals, made } = rewriteText(rewriter, path, text, context);
  return { after, reasons: refusals.map(({ reason }) => reason), safety: made.map(({ safety }) => safety) };
}

function py(text: string, context: RewriteContext = BOTH): { readonly after: string; readonly reasons: readonly string[]; readonly safety: readonly string[] } {
  const { after, refusals, made } = rewriteText(python, 'app.py', text, context);
  return { after, reasons: refusals.map(({ reason }) => reason), safety: made.map(({ safety }) => safety) };
}

/** The file without the function that is put into it. */
const rest = (text: string): string => text.replace(/^(?:import \{ readFile \}.*\n\n?|const \{ readFile \}.*\n\n?)/m, '').replace(/^\n?(?:\/\*\* @type .*\n)?let \w+Exchange[^]*?^\}\n\n?/m, '');
const restOf = (text: string): string => text.replace(/^import (?:os|time|threading|asyncio)\n/gm, '').replace(/^_\w+_lock[^]*?^[ \t]+return token\n\n\n/m, '');

const KEY = 'process.env.ANTHROPIC_API_KEY';
const URL = "'https://api.anthropic.com/v1/models'";
const BETA = "'anthropic-beta': 'oauth-2025-04-20'";
const BEARER = 'authorization: `Bearer ${await anthropicToken()}`';

describe('JavaScript: the header takes a token', () => {
  test.each([
    ['alone', `await fetch(${URL}, { headers: { 'x-api-key': ${KEY} } });`, `await fetch(${URL}, { headers: { ${BEARER}, ${BETA} } });`],
    ['without blanks', `await fetch(${URL},{headers:{'x-api-key':${KEY}}})`, `await fetch(${URL},{headers:{${BEARER}, ${BETA}}})`],
    ['double quotes', `await fetch("https://api.anthropic.com/v1/x", {headers: {"X-API-KEY": ${KEY}}})`, 'await fetch("https://api.anthropic.com/v1/x", {headers: {authorization: `Bearer ${await anthropicToken()}`, "anthropic-beta": "oauth-2025-04-20"}})'],
    ['last, with a comma, and a comment', `await fetch(${URL}, {\n\theaders: {\n\t\tAccept: 'x',\n\t\t'x-api-key': ${KEY}, // ours\n\t},\n});`, `await fetch(${URL}, {\n\theaders: {\n\t\tAccept: 'x',\n\t\tAuthorization: \`Bearer \${await anthropicToken()}\`,\n\t\t${BETA}, // ours\n\t},\n});`],
    ['all names quoted', `await fetch(${URL}, { headers: { 'Accept': 'x', 'x-api-key': ${KEY} } });`, `await fetch(${URL}, { headers: { 'Accept': 'x', 'Authorization': \`Bearer \${await anthropicToken()}\`, ${BETA} } });`],
    ['a beta beside', `await fetch(${URL}, { headers: { 'x-api-key': ${KEY}, 'anthropic-beta': 'a' } });`, `await fetch(${URL}, { headers: { ${BEARER}, 'anthropic-beta': 'a,oauth-2025-04-20' } });`],
    ['a beta that is there', `await fetch(${URL}, { headers: { 'x-api-key': ${KEY}, 'anthropic-beta': 'oauth-2025-04-20, a' } });`, `await fetch(${URL}, { headers: { ${BEARER}, 'anthropic-beta': 'oauth-2025-04-20, a' } });`],
    ['a bearer', `await fetch(${URL}, { headers: { authorization: \`Bearer \${${KEY}}\`, ${BETA} } });`, `await fetch(${URL}, { headers: { ${BEARER}, ${BETA} } });`],
    ['a bearer, added up', "await fetch('https://api.openai.com/v1/x', { headers: { Authorization: 'Bearer ' + process.env.OPENAI_API_KEY } });", "await fetch('https://api.openai.com/v1/x', { headers: { Authorization: 'Bearer ' + (await openaiToken()) } });"],
    ['with an empty default', `await fetch(${URL}, { headers: { 'x-api-key': ${KEY} ?? '' } });`, `await fetch(${URL}, { headers: { ${BEARER}, ${BETA} } });`],
    ['Headers', `await fetch(${URL}, { headers: new Headers({ 'x-api-key': ${KEY} }) });`, `await fetch(${URL}, { headers: new Headers({ ${BEARER}, ${BETA} }) });`],
    ['an address put together', "const base = 'https://api.anthropic.com';\nconst url = `${base}/v1/x`;\n" + `await fetch(url + '?a', { headers: { 'x-api-key': ${KEY} } });`, "const base = 'https://api.anthropic.com';\nconst url = `${base}/v1/x`;\n" + `await fetch(url + '?a', { headers: { ${BEARER}, ${BETA} } });`],
    ['options by name', `const options = { headers: { 'x-api-key': ${KEY} } };\nawait fetch(${URL}, options);`, `const options = { headers: { ${BEARER}, ${BETA} } };\nawait fetch(${URL}, options);`],
    ['in a method', `export class A {\n  async b() {\n    return globalThis.fetch(${URL}, { headers: { 'x-api-key': ${KEY} } });\n  }\n}`, `export class A {\n  async b() {\n    return globalThis.fetch(${URL}, { headers: { ${BEARER}, ${BETA} } });\n  }\n}`],
    ['an arrow without a block', `export const f = async () => fetch(${URL}, { headers: { 'x-api-key': ${KEY} } });`, `export const f = async () => fetch(${URL}, { headers: { ${BEARER}, ${BETA} } });`],
    ['a constant and its check', `const key = ${KEY};\nif (!key) throw new Error('no key');\n\nawait fetch(${URL}, { headers: { 'x-api-key': key } });`, `await fetch(${URL}, { headers: { ${BEARER}, ${BETA} } });`],
  ])('%s', (_, before, wanted) => {
    const { after, reasons, safety } = js(`${before}\n`);
    expect({ reasons, text: rest(after) }).toEqual({ reasons: [], text: `${wanted}\n` });
    expect(safety).toEqual(['unsafe']);
    expect(after.match(/async function \w+Token\(\)/g)).toHaveLength(1);
  });

  test.each([
    ['a shell line and a byte order mark', '\uFEFF#!/usr/bin/env node\n\n'],
    ['a comment that stands apart', '// What it is for.\n// Who has it.\n\n'],
    ['a directive', "'use strict';\n\n"],
  ])('the function stands behind %s', (_, head) => {
    const { after } = js(`${head}await fetch(${URL}, { headers: { 'x-api-key': ${KEY} } });\n`);
    expect(after.startsWith(`${head}import { readFile } from 'node:fs/promises';\n\n/** @type {Promise<string> | undefined} */\nlet anthropicExchange;\n`)).toBe(true);
  });

  test.each([
    ['require', "const fs = require('fs');\n", '(await fs.promises.readFile(process.env.'],
    ['a name', "const { readFileSync } = require('node:fs');\n", 'assertion: readFileSync(process.env.'],
    ['promises', "const { promises: files } = require('fs');\n", '(await files.readFile(process.env.'],
    ['fs/promises', "const { readFile: read } = require('fs/promises');\n", '(await read(process.env.'],
  ])('what reads files already reads the token: %s', (_, head, wanted) => {
    const { after, reasons } = js(`${head}\nasync function f() {\n  await fetch(${URL}, { headers: { 'x-api-key': ${KEY} } });\n}\n`, 'src/a.cjs');
    expect(reasons).toEqual([]);
    expect(after).toContain(wanted);
    expect(after.match(/require\(/g)).toHaveLength(1);
  });

  test('a file without imports imports as its package does', () => {
    const text = `async function f() {\n  await fetch(${URL}, { headers: { 'x-api-key': ${KEY} } });\n}\n`;
    expect(js(text, 'src/a.js').after).toContain("const { readFile } = require('node:fs/promises');");
    expect(js(text, 'src/a.js', { ...BOTH, all: [...BOTH.all], read: (path) => (path === 'package.json' ? '{ "type": "module" }' : undefined) }).after).toContain("import { readFile } from 'node:fs/promises';");
  });

  test.each([
    ['no async function', `export const f = () => fetch(${URL}, { headers: { 'x-api-key': ${KEY} } });`, 'nothing can wait'],
    ['a callback', `export async function f(a) {\n  a.forEach((b) => fetch(${URL}, { headers: { 'x-api-key': ${KEY} } }));\n}`, 'nothing can wait'],
    ['a default of a parameter', `export async function f(a = fetch(${URL}, { headers: { 'x-api-key': ${KEY} } })) {}`, 'nothing can wait'],
    ['a field of a class', `class A {\n  b = fetch(${URL}, { headers: { 'x-api-key': ${KEY} } });\n}`, 'nothing can wait'],
    ['another host', `await fetch('https://api.anthropic.com.example.org/v1', { headers: { 'x-api-key': ${KEY} } });`, 'not written out as'],
    ['a host from outside', `await fetch(process.env.URL, { headers: { 'x-api-key': ${KEY} } });`, 'not written out as'],
    ['a host that may change', `let url = ${URL};\nurl = other;\nawait fetch(url, { headers: { 'x-api-key': ${KEY} } });`, 'not written out as'],
    ['a function of its own', `await ask(${URL}, { headers: { 'x-api-key': ${KEY} } });`, 'can be read whole'],
    ['headers that are also logged', `const headers = { 'x-api-key': ${KEY} };\nconsole.log(headers);\nawait fetch(${URL}, { headers });`, 'can be read whole'],
    ['headers that others import', `export const headers = { 'x-api-key': ${KEY} };\nawait fetch(${URL}, { headers });`, 'can be read whole'],
    ['a fetch of its own', `async function fetch(url, options) {}\nawait fetch(${URL}, { headers: { 'x-api-key': ${KEY} } });`, 'another meaning'],
    ['two headers', `await fetch(${URL}, { headers: { Authorization: 'Basic x', 'x-api-key': ${KEY} } });`, 'Authorization beside'],
    ['another use of the key', `const key = ${KEY};\nlog(key);\nawait fetch(${URL}, { headers: { 'x-api-key': key } });`, 'more than its request'],
    ['a key set on headers', `const headers = new Headers();\nheaders.set('x-api-key', ${KEY});\nawait fetch(${URL}, { headers });`, 'made by hand'],
  ])('%s is refused', (_, text, reason) => {
    const { after, reasons } = js(`${text}\n`);
    expect(after).toBe(`${text}\n`);
    expect(reasons).toEqual([expect.stringContaining(reason)]);
  });

  test('where no file holds the token, where a key is kept, and where a step leaves a token under the name of the key', () => {
    const text = `await fetch('https://api.openai.com/v1/x', { headers: { Authorization: \`Bearer \${process.env.OPENAI_API_KEY}\` } });\n`;
    const of = (parts: object, more: Partial<RewriteContext> = {}): RewriteContext => contextFor([replacementFor('openai', { names: ['OPENAI_API_KEY'], ...parts })], more);
    expect(js(text, 'a.mjs', of({ platform: 'google-compute' })).reasons).toEqual([expect.stringContaining('no file holds')]);
    expect(js(text, 'a.mjs', of({}, { kept: [keptFor('openai')] })).reasons).toEqual([expect.stringContaining('keeps its key')]);
    expect(js(text, 'a.mjs', of({ platform: 'github-actions', route: 'native-step', change: 'configuration' }))).toEqual({ after: text, reasons: [], safety: [] });
    expect(js(text, 'a.cjs').reasons).toEqual([expect.stringContaining('nothing can wait')]);
  });
});

describe('the function that JavaScript is given', () => {
  const variables = Object.fromEntries(['FEDERATION_RULE_ID', 'ORGANIZATION_ID', 'SERVICE_ACCOUNT_ID', 'WORKSPACE_ID', 'IDENTITY_TOKEN_FILE'].map((name) => [`ANTHROPIC_${name}`, name.toLowerCase()]));
  interface Call {
    readonly url: string;
    readonly options: { readonly redirect?: string; readonly body?: string; readonly headers: Readonly<Record<string, string>> };
  }

  /** The edited program's `ask`, with a clock and a network of its own. */
  function program(answer: (count: number) => { readonly ok: boolean; readonly lifetime?: number }, env: Readonly<Record<string, string>> = variables): { readonly ask: () => Promise<unknown>; readonly calls: readonly Call[]; readonly clock: { now: number } } {
    const { after } = js(`const ask = async () => fetch(${URL}, { headers: { 'x-api-key': ${KEY} } });\n`);
    const calls: Call[] = [];
    const clock = { now: 0 };
    let count = 0;
    const send = async (url: string, options: Call['options']): Promise<unknown> => {
      calls.push({ url, options });
      if (!url.endsWith('/oauth/token')) return options.headers['authorization'];
      const { ok, lifetime = 600 } = answer((count += 1));
      return { ok, status: ok ? 200 : 401, headers: new Headers({ 'request-id': 'req_1' }), json: async () => ({ access_token: `token-${count}`, expires_in: lifetime }) };
    };
    const code = after.replace(/^import .*$/m, '');
    const world = { readFile: async () => 'identity\n', fetch: send, process: { env }, Date: { now: () => clock.now }, AbortSignal };
    const ask = runInNewContext(`${code}; ask`, world) as () => Promise<unknown>;
    return { ask, calls, clock };
  }

  test('exchanges once for all, follows no redirect, and again shortly before the end', async () => {
    const { ask, calls, clock } = program(() => ({ ok: true }));
    expect(await Promise.all([ask(), ask()])).toEqual(['Bearer token-1', 'Bearer token-1']);
    expect(calls[0]?.options.redirect).toBe('error');
    expect(JSON.parse(calls[0]?.options.body ?? '')).toEqual({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: 'identity', federation_rule_id: 'federation_rule_id', organization_id: 'organization_id', service_account_id: 'service_account_id', workspace_id: 'workspace_id' });
    clock.now = 539_000;
    expect(await ask()).toBe('Bearer token-1');
    clock.now = 540_000;
    expect(await Promise.all([ask(), ask()])).toEqual(['Bearer token-2', 'Bearer token-2']);
  });

  test('a token of a minute is good for half of it', async () => {
    const { ask, clock } = program(() => ({ ok: true, lifetime: 60 }));
    await ask();
    clock.now = 29_000;
    expect(await ask()).toBe('Bearer token-1');
    clock.now = 30_000;
    expect(await ask()).toBe('Bearer token-2');
  });

  test('a refusal is told to all who wait, without what was sent, and the next tries again', async () => {
    const { ask } = program((count) => ({ ok: count > 1 }));
    const told = await Promise.allSettled([ask(), ask()]);
    expect(told.map((one) => (one.status === 'rejected' ? String(one.reason) : one.status))).toEqual(['Error: Anthropic refused the exchange: 401 req_1', 'Error: Anthropic refused the exchange: 401 req_1']);
    expect(await ask()).toBe('Bearer token-2');
  });

  test('a variable that is missing is named', async () => {
    const { ANTHROPIC_WORKSPACE_ID: _, ...others } = variables;
    await expect(program(() => ({ ok: true }), others).ask()).rejects.toThrow('ANTHROPIC_WORKSPACE_ID is not set');
    await expect(program(() => ({ ok: true }), {}).ask()).rejects.toThrow('ANTHROPIC_IDENTITY_TOKEN_FILE is not set');
  });
});

const READ = 'os.environ["ANTHROPIC_API_KEY"]';
const HEAD = 'import requests\nimport os\n\n';
const ASK = 'https://api.anthropic.com/v1/models';

describe('Python: the header takes a token', () => {
  test.each([
    ['alone', `requests.get("${ASK}", headers={"x-api-key": ${READ}})`, `requests.get("${ASK}", headers={"authorization": f"Bearer {anthropic_token()}", "anthropic-beta": "oauth-2025-04-20"})`],
    ['single quotes, no blanks', `requests.get('${ASK}',headers={'X-API-Key':${READ},})`, `requests.get('${ASK}',headers={'authorization': f'Bearer {anthropic_token()}', 'anthropic-beta': 'oauth-2025-04-20',})`],
    ['lines', `requests.get(\n    "${ASK}",\n    headers={\n        "Accept": "x",\n        "x-api-key": ${READ},  # ours\n    },\n)`, `requests.get(\n    "${ASK}",\n    headers={\n        "Accept": "x",\n        "Authorization": f"Bearer {anthropic_token()}",\n        "anthropic-beta": "oauth-2025-04-20",  # ours\n    },\n)`],
    ['an f-string', `requests.get("https://api.openai.com/v1/x", headers={"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"})`, 'requests.get("https://api.openai.com/v1/x", headers={"Authorization": f"Bearer {openai_token()}"})'],
    ['format', 'requests.get("https://api.openai.com/v1/x", headers={"Authorization": "Bearer {}".format(os.getenv("OPENAI_API_KEY"))})', 'requests.get("https://api.openai.com/v1/x", headers={"Authorization": "Bearer {}".format(openai_token())})'],
    ['by its method', `requests.request("GET", "${ASK}", headers={"x-api-key": ${READ}, "anthropic-beta": "a"})`, `requests.request("GET", "${ASK}", headers={"authorization": f"Bearer {anthropic_token()}", "anthropic-beta": "a,oauth-2025-04-20"})`],
    ['by names', `headers = {"x-api-key": ${READ}}\nurl = "${ASK}"\nrequests.get(url=url + "?a", headers=headers)`, `headers = {"authorization": f"Bearer {anthropic_token()}", "anthropic-beta": "oauth-2025-04-20"}\nurl = "${ASK}"\nrequests.get(url=url + "?a", headers=headers)`],
    ['a session', `with requests.Session() as s:\n    s.get("${ASK}", headers={"x-api-key": ${READ}})`, `with requests.Session() as s:\n    s.get("${ASK}", headers={"authorization": f"Bearer {anthropic_token()}", "anthropic-beta": "oauth-2025-04-20"})`],
    ['a name with a check', `key = os.getenv("ANTHROPIC_API_KEY")\nassert key\nrequests.get("${ASK}", headers={"x-api-key": key})`, `requests.get("${ASK}", headers={"authorization": f"Bearer {anthropic_token()}", "anthropic-beta": "oauth-2025-04-20"})`],
  ])('%s', (_, before, wanted) => {
    const { after, reasons, safety } = py(`${HEAD}${before}\n`);
    expect({ reasons, text: restOf(after) }).toEqual({ reasons: [], text: `import requests\n\n${wanted}\n` });
    expect(safety).toEqual(['unsafe']);
    expect(after.match(/def \w+_token\(\)/g)).toHaveLength(1);
  });

  test('a client that waits gets a function that waits', () => {
    const { after } = py(`import os\n\nimport httpx\n\n\nasync def f():\n    async with httpx.AsyncClient() as c:\n        await c.get("${ASK}", headers={"x-api-key": ${READ}})\n`);
    expect(after).toContain('f"Bearer {await anthropic_token()}"');
    expect(after).toContain('_anthropic_lock = asyncio.Lock()');
  });

  test.each([
    ['another host', `requests.get("https://example.org", headers={"x-api-key": ${READ}})`, 'not written out as'],
    ['a host from outside', `requests.get(os.environ["URL"], headers={"x-api-key": ${READ}})`, 'not written out as'],
    ['a host that a caller gives', `def f(url="${ASK}"):\n    requests.get(url, headers={"x-api-key": ${READ}})`, 'not written out as'],
    ['made once for all calls', `H = {"x-api-key": ${READ}}\n\n\ndef f():\n    requests.get("${ASK}", headers=H)`, 'another function'],
    ['given on', `h = {"x-api-key": ${READ}}\nlog(h)\nrequests.get("${ASK}", headers=h)`, 'can be read whole'],
    ['set twice', `h = {"x-api-key": ${READ}}\nh = {**h, "a": "b"}\nrequests.get("${ASK}", headers=h)`, 'can be read whole'],
    ['headers of a session', `s = requests.Session()\ns.headers = {"x-api-key": ${READ}}`, 'can be read whole'],
    ['a default', `requests.get("${ASK}", headers={"x-api-key": os.getenv("ANTHROPIC_API_KEY", "x")})`, 'a value of its own'],
    ['a name of its own', `def anthropic_token():\n    pass\n\n\nrequests.get("${ASK}", headers={"x-api-key": ${READ}})`, 'no place in this file'],
    ['two headers', `requests.get("${ASK}", headers={"Authorization": "x", "x-api-key": ${READ}})`, 'Authorization beside'],
    ['a beta that is worked out', `requests.get("${ASK}", headers={"anthropic-beta": b, "x-api-key": ${READ}})`, 'worked out'],
  ])('%s is refused', (_, text, reason) => {
    const { after, reasons } = py(`${HEAD}${text}\n`);
    expect(after).toBe(`${HEAD}${text}\n`);
    expect(reasons).toEqual([expect.stringContaining(reason)]);
  });
});

test('any pieces in any order: no rewriter throws, and what it makes stands a second run', () => {
  const pieces = fc.constantFrom(KEY, READ, URL, `"${ASK}"`, "'x-api-key': ", '"Authorization": ', 'f"Bearer {', '`Bearer ${', '}', '}"', '`', 'headers: {', 'headers=', '{', '(', ')', 'await fetch(', 'requests.get(', 'async ', 'function f', '=> ', 'const headers = ', 'headers', ', ', '\n', '\r\n', '  ', 'import os\nimport requests\n', '/*', '#', '\uFEFF');
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
      const text = parts.join('');
      js(text, 'a.ts');
      js(text, 'a.cjs');
      py(text);
    }),
    { numRuns: 200 },
  );
});
