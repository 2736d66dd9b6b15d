import { createServer, type RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { eachOf, hintOf } from '../../src/sources/_shared/account-source.ts';
import { ApiGaps } from '../../src/sources/_shared/api-gaps.ts';
import { loginFrom, openGetter, Renewed } from '../../src/sources/_shared/api-login.ts';
import { itemsAfter, itemsByLink, itemsByToken, type PagedApi } from '../../src/sources/_shared/api-pages.ts';
import { cut, expiryOf, Fields, ShapeError } from '../../src/sources/_shared/api-shape.ts';
import { reachOf, roleOf } from '../../src/sources/azure/roles.ts';
import { Getter, HttpError } from '../../src/support/get.ts';

/** Answers in turn, the last one for ever. */
function api(...answers: readonly unknown[]): PagedApi & { readonly origin: string; readonly urls: string[] } {
  const urls: string[] = [];
  const getter = new Getter({
    base: 'https://api.example',
    headers: () => ({}),
    version: '0',
    service: 'Example',
    fetch: async (url) => {
      urls.push(url instanceof URL ? url.href : 'no URL');
      return new Response(JSON.stringify(answers[Math.min(urls.length, answers.length) - 1]));
    },
  });
  return { getter, service: 'Example', origin: 'https://api.example', urls };
}

async function all(items: AsyncGenerator<Fields>): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const item of items) ids.push(item.id('id'));
  return ids;
}

describe('pages', () => {
  it('go on after the last id, which the page names or the last item has', async () => {
    const first = api({ data: [{ id: 'a' }], has_more: true, last_id: 'x' }, { data: [{ id: 'b' }], has_more: true }, { data: [], has_more: false });
    expect(await all(itemsAfter(first, '/v1/things', { limit: 1, also: undefined }, 'after'))).toEqual(['a', 'b']);
    expect(first.urls).toEqual(['https://api.example/v1/things?limit=1', 'https://api.example/v1/things?limit=1&after=x', 'https://api.example/v1/things?limit=1&after=b']);
  });

  it('never go round in a circle', async () => {
    const circle = api({ data: [{ id: 'a' }], has_more: true, last_id: 'a' });
    await expect(all(itemsAfter(circle, '/v1/things', {}, 'after_id'))).rejects.toThrow('Example answered something else than it documents: the page after page 2 of GET /v1/things is one that was there before');
    await expect(all(itemsAfter(api({ data: [], has_more: true }), '/v1/things', {}, 'after_id'))).rejects.toBeInstanceOf(ShapeError);
  });

  it('go on by a token, and may leave an empty list out where the service does', async () => {
    const names = { items: 'keys', next: 'nextPageToken', cursor: 'pageToken' };
    const sparse = api({ nextPageToken: 't&1' }, { keys: [{ id: 'a' }] });
    expect(await all(itemsByToken(sparse, '/v1/keys', {}, { ...names, isSparse: true }))).toEqual(['a']);
    expect(sparse.urls[1]).toBe('https://api.example/v1/keys?pageToken=t%261');
    await expect(all(itemsByToken(api({}), '/v1/keys', {}, names))).rejects.toThrow('keys of GET /v1/keys is no list');
    await expect(all(itemsByToken(api([]), '/v1/keys', {}, names))).rejects.toThrow('GET /v1/keys is no object');
  });

  it.each(['https://other.example/x', 'http://api.example/x', '//other.example/x', 'https://api.example@other.example/x', 'nonsense'])('follow no link to %s', async (link) => {
    const linked = api({ value: [{ id: 'a' }], nextLink: link });
    await expect(all(itemsByLink(linked, '/x', {}, 'nextLink'))).rejects.toThrow('nextLink of GET /x is at another host');
    expect(linked.urls).toHaveLength(1);
  });

  it('follow a link of the same host', async () => {
    const linked = api({ value: [{ id: 'a' }], nextLink: 'https://api.example/x?api-version=1&$skiptoken=b%2Fc' }, { value: [{ id: 'b' }] });
    expect(await all(itemsByLink(linked, '/x', { 'api-version': '1' }, 'nextLink'))).toEqual(['a', 'b']);
    expect(linked.urls[1]).toBe('https://api.example/x?api-version=1&$skiptoken=b%2Fc');
  });
});

describe('fields', () => {
  const fields = new Fields('Example', 'GET /x', { text: 'a', empty: '', nothing: null, number: 1, flag: true, list: ['a'], mixed: [1], inner: {}, when: '2026-01-02T03:04:05+01:00', pairs: { b: true, a: 1 } });

  it('give what is there, and undefined for what is missing, empty or null', () => {
    expect([fields.maybeText('text'), fields.maybeText('empty'), fields.maybeText('nothing'), fields.maybeText('__proto__'), fields.maybeText('toString')]).toEqual(['a', undefined, undefined, undefined, undefined]);
    expect([fields.isNull('nothing'), fields.isNull('missing'), fields.maybeTime('when'), fields.maybeTexts('missing'), fields.maybeList('nothing')]).toEqual([true, false, '2026-01-02T02:04:05Z', [], []]);
    expect(fields.maybePairs('pairs')).toEqual([['a', '1'], ['b', 'true']]);
  });

  it('name the service and the place when something else is there', () => {
    const wrong: readonly [() => unknown, string][] = [
      [() => fields.maybeText('number'), 'number of GET /x is no text'],
      [() => fields.id('empty'), 'empty of GET /x is missing'],
      [() => fields.maybeNumber('text'), 'text of GET /x is no number'],
      [() => fields.maybeFlag('number'), 'number of GET /x is neither true nor false'],
      [() => fields.maybeTime('text'), 'text of GET /x is no time'],
      [() => fields.within('list'), 'list of GET /x is no object'],
      [() => fields.list('inner'), 'inner of GET /x is no list'],
      [() => fields.maybeTexts('mixed'), 'mixed of GET /x is a list of something else than texts'],
      [() => fields.list('list'), 'list[0] of GET /x is no object'],
    ];
    for (const [read, message] of wrong) expect(read).toThrow(`Example answered something else than it documents: ${message}`);
  });

  it('cut long texts, never through a character', () => {
    expect(cut('x'.repeat(300))).toHaveLength(300);
    expect(cut(`${'x'.repeat(298)}😀😀`)).toBe(`${'x'.repeat(298)}…`);
    expect([expiryOf('2099-12-31T23:59:59Z'), expiryOf('2100-01-01T00:00:00Z')]).toEqual(['2099-12-31T23:59:59Z', 'never']);
  });
});

it('a hint is what a service shows of both ends, and never a whole value', () => {
  expect(hintOf('sk-ant-api03-R2D...igAA')).toEqual({ head: 'sk-ant-api03-R2D', tail: 'igAA' });
  expect(hintOf('sk-****abcd')).toEqual({ head: 'sk-', tail: 'abcd' });
  expect(hintOf('…abcd')).toEqual({ head: '', tail: 'abcd' });
  for (const none of [undefined, '', '...', 'sk-whole', `sk-${'a'.repeat(40)}...abcd`, 'sk-...abcdefghijkl', 'a...b...c']) expect(hintOf(none)).toBeUndefined();
});

it('tasks run a few at a time, and their results keep the order of the items', async () => {
  let [running, most] = [0, 0];
  const results = await eachOf([5, 1, 4, 2, 3, 0], async (item) => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((done) => setTimeout(done, item * 3));
    running -= 1;
    return item * 2;
  }, 3);
  expect(results).toEqual([10, 2, 8, 4, 6, 0]);
  expect(most).toBe(3);
});

it('what fails alike is one gap with all of its examples; what is no refusal goes on', async () => {
  const gaps = new ApiGaps();
  const call = { call: 'GET /x', permission: 'x.read', title: 'things' };
  for (const name of ['b', 'a', 'b']) await gaps.attempt(call, async () => await Promise.reject(new HttpError(403, 'Example', 'no')), name);
  await gaps.attempt(call, async () => await Promise.reject(new HttpError(500, 'Example', 'broken')));
  await gaps.attempt(call, async () => await Promise.reject(new HttpError(0, 'Example', 'ECONNREFUSED')));
  expect(gaps.skipped).toEqual([
    { reason: 'things: not readable (403, GET /x needs x.read)', count: 3, examples: ['a', 'b'], incomplete: true },
    { reason: 'things: not readable (500 for GET /x: broken)', count: 1, examples: [], incomplete: true },
    { reason: 'things: not readable (Example cannot be reached: ECONNREFUSED)', count: 1, examples: [], incomplete: true },
  ]);
  await expect(gaps.attempt(call, async () => await Promise.reject(new TypeError('a mistake of ours')))).rejects.toBeInstanceOf(TypeError);
});

it('a login is one line of what a header can hold, and an address is https or of this machine', () => {
  expect(loginFrom({ A: ' ', B: ' key\n' }, ['A', 'B'])).toEqual({ name: 'B', value: 'key' });
  expect(loginFrom({}, ['A'])).toBeUndefined();
  for (const value of ['a b', 'a\r\nx: y', 'schlüssel']) expect(() => loginFrom({ A: value }, ['A'])).toThrow('A holds characters that no login has');
  const open = (base: string) => openGetter('BASE', { base, headers: () => ({}), version: '0', service: 'Example' });
  for (const base of ['', 'api.example', 'http://api.example', 'ftp://api.example', 'https://user:pass@api.example', 'https://api.example/?a=b', 'https://api.example/#a']) expect(() => open(base)).toThrow(/^BASE/);
  for (const base of ['https://api.example/', 'http://127.0.0.1:8080', 'http://localhost:1/v1/']) expect(open(base)).toBeInstanceOf(Getter);
});

describe('roles of Azure', () => {
  const role = (permission: object) => roleOf(new Fields('Azure', 'GET', { id: '/x/roleDefinitions/R', properties: { roleName: 'r', permissions: [permission] } })).role;

  it.each([
    [{ actions: ['*'] }, [false, true, true]],
    [{ actions: ['*'], notActions: ['Microsoft.Authorization/*/Write', 'Microsoft.Authorization/*/Delete'] }, [false, true, false]],
    [{ actions: ['*/read'] }, [false, false, false]],
    [{ actions: ['microsoft.cognitiveservices/*'], dataActions: ['Microsoft.CognitiveServices/*'] }, [true, true, false]],
    [{ actions: ['Microsoft.CognitiveServices/*/read'], dataActions: ['Microsoft.CognitiveServices/accounts/OpenAI/*/action'], notDataActions: ['Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/*'] }, [false, false, false]],
    [{ actions: ['Microsoft.CognitiveServices/accounts/listKeys/action'], notActions: ['*'] }, [false, false, false]],
    [{ actions: ['Microsoft.CognitiveServices/accounts/listkeys/actio'] }, [false, false, false]],
  ])('%j', (permission, [callsModels, readsKeys, grantsRoles]) => {
    expect(role(permission)).toEqual({ name: 'r', callsModels, readsKeys, grantsRoles });
  });

  it('count where they cover an account: there, above it, and nowhere else', () => {
    const roles = new Map([['r', { name: 'r', callsModels: true, readsKeys: false, grantsRoles: false }]]);
    const account = '/subscriptions/S/resourceGroups/ai/providers/Microsoft.CognitiveServices/accounts/chat';
    const reaches = (scope: string, principal = 'r'): string | undefined => reachOf([{ principal: 'p', isGroup: false, role: principal, scope }], roles, 's', [account]).reaches;
    for (const scope of ['/', '', '/subscriptions/s', '/providers/Microsoft.Management/managementGroups/m', '/subscriptions/S/resourcegroups/AI', account]) expect(reaches(scope)).toBe('azure-openai');
    for (const scope of ['/subscriptions/s/resourceGroups/a', '/subscriptions/s/resourceGroups/ai2', `${account}2`, '/subscriptions/other']) expect(reaches(scope)).toBeUndefined();
    expect(reaches('/', 'unknown')).toBeUndefined();
  });
});

describe('a request', () => {
  /** A server on loopback, how often it was asked, and a client for it. */
  async function served<T>(answer: RequestListener, use: (getter: Getter, asked: () => number) => Promise<T>, headers: () => Readonly<Record<string, string>> = () => ({})): Promise<T> {
    let count = 0;
    const server = createServer((request, response) => {
      count += 1;
      answer(request, response);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    try {
      if (address === null || typeof address === 'string') throw new Error('no port');
      return await use(new Getter({ base: `http://127.0.0.1:${address.port}`, headers, version: '0', service: 'Example' }), () => count);
    } finally {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
  }

  it('that is led elsewhere is not repeated, and not followed', async () => {
    await served(
      (request, response) => response.writeHead(302, { location: request.url === '/x' ? '/y' : '/x' }).end('moved'),
      async (getter, asked) => {
        await expect(getter.json('/x')).rejects.toMatchObject({ status: 0, message: 'Example cannot be reached: it leads to another address (302), which is not followed' });
        expect(asked()).toBe(1);
      },
    );
  });

  it('with an answer over the bound stops there, whatever length it says, and is not repeated', async () => {
    const block = Buffer.alloc(2 ** 20, 0x20);
    let sent = 0;
    await served(
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const write = (): void => {
          if (response.destroyed) return;
          sent += block.length;
          if (sent > 300 * 2 ** 20) response.end('1');
          else if (response.write(block)) setImmediate(write);
          else response.once('drain', write);
        };
        write();
      },
      async (getter, asked) => {
        await expect(getter.json('/x')).rejects.toMatchObject({ status: 0, detail: 'the answer is too long' });
        expect(asked()).toBe(1);
        // Of what was on its way some more; of 300 MB by far not all.
        expect(sent).toBeLessThan(120 * 2 ** 20);
      },
    );
    await served((_, response) => response.writeHead(200, { 'content-length': String(2 ** 32) }).end('['), async (getter, asked) => {
      await expect(getter.json('/x')).rejects.toMatchObject({ detail: 'the answer is too long' });
      expect(asked()).toBe(1);
    });
  });

  it('is not sent with a login that no header takes, and the login is not quoted', async () => {
    for (const login of ['one\ntwo-secret', 'sécret-\u2028', 'nul\0secret']) {
      await served(
        (_, response) => response.end('{}'),
        async (getter, asked) => {
          const error = await getter.json('/x').then(() => undefined, (thrown: unknown) => thrown);
          expect(error).toBeInstanceOf(HttpError);
          expect(String(error)).toBe('HttpError: Example cannot be reached: the login holds characters that no login has');
          expect(asked()).toBe(0);
        },
        () => ({ authorization: `Bearer ${login}` }),
      );
    }
  });

  it('to a server whose certificate is no good is not repeated; one that broke is', async () => {
    const failing = (code: string): { readonly getter: Getter; readonly asked: () => number } => {
      let count = 0;
      const getter = new Getter({
        base: 'https://api.example', headers: () => ({}), version: '0', service: 'Example',
        fetch: async () => {
          count += 1;
          throw new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code }) });
        },
      });
      return { getter, asked: () => count };
    };
    const bad = failing('DEPTH_ZERO_SELF_SIGNED_CERT');
    await expect(bad.getter.json('/x')).rejects.toMatchObject({ detail: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(bad.asked()).toBe(1);
    const broken = failing('ECONNRESET');
    await expect(broken.getter.json('/x')).rejects.toMatchObject({ detail: 'ECONNRESET' });
    expect(broken.asked()).toBe(5);
  }, 20_000);

  it('gives back characters that lie on the border of two pieces', async () => {
    const bytes = Buffer.from(JSON.stringify({ name: '\u00e9\ud83d\ude00' }));
    await served(
      (_, response) => {
        response.writeHead(200);
        const next = (at: number): void => {
          if (at === bytes.length) response.end();
          else response.write(bytes.subarray(at, at + 1), () => setImmediate(next, at + 1));
        };
        next(0);
      },
      async (getter) => expect(await getter.json('/x')).toEqual({ name: '\u00e9\ud83d\ude00' }),
    );
  });
});

it('a login that a program renews outlives a renewal that fails, and is asked for again', async () => {
  let now = 0;
  const answers: (() => string)[] = [() => 'first', () => { throw new Error('no network'); }, () => 'third'];
  const login = new Renewed('a program', async () => (answers.shift() ?? (() => ''))(), () => now);
  expect(await login.token()).toBe('first');
  now += 5 * 60_000;
  expect(await login.token()).toBe('first');
  now += 5 * 60_000;
  expect(await login.token()).toBe('third');
  await expect(new Renewed('a program', async () => { throw new Error('none'); }).token()).rejects.toThrow('none');
});
