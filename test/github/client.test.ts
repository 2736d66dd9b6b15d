import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isGithubError } from '../../src/github/errors.ts';
import { json, openLoopback, startLoopback, temporaryFolder, TOKEN } from './loopback.ts';

const itemsOf = (page: unknown): readonly unknown[] => (Array.isArray(page) ? page : []);

async function failure(promise: Promise<unknown>) {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isGithubError(error)) throw new Error('it did not fail as it should', { cause: error });
  return error;
}

describe('reading', () => {
  it('sends the token, a version and a name', async () => {
    const server = await startLoopback((_, response) => json(response, 200, { id: 1 }));
    const { api } = await openLoopback(server);
    expect((await api.get('repositories', '/repos/acme/app')).data).toEqual({ id: 1 });
    expect(api.account).toBe('octocat');
    expect(server.seen[0]?.headers).toMatchObject({ authorization: `Bearer ${TOKEN}`, accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' });
    expect(server.seen[0]?.headers['user-agent']).toMatch(/^dekey\/0\.0\.0 /);
    expect(api.counts.get('repositories')).toEqual({ sent: 1, unchanged: 0, repeated: 0 });
  });

  it('follows pages by Link, whatever they are called', async () => {
    const server = await startLoopback(({ url }, response) => {
      const page = Number(new URL(url, server.origin).searchParams.get('page') ?? 1);
      json(response, 200, [page], page < 3 ? { link: `<${server.origin}/repositories/7/keys?page=${page + 1}>; rel="next", <${server.origin}/x?page=3>; rel="last"` } : {});
    });
    const { api } = await openLoopback(server);
    expect(await api.all('keys', '/repos/acme/app/keys?per_page=100', itemsOf)).toEqual([1, 2, 3]);
    expect(server.seen.map(({ url }) => url)).toEqual(['/repos/acme/app/keys?per_page=100', '/repositories/7/keys?page=2', '/repositories/7/keys?page=3']);
  });

  it('does not follow pages away from the API, nor in a circle', async () => {
    const other = await startLoopback((_, response) => json(response, 200, []));
    const server = await startLoopback(({ url }, response) => json(response, 200, [1], { link: url.startsWith('/away') ? `<${other.origin}/more>; rel="next"` : `<${server.origin}${url}>; rel="next"` }));
    const { api } = await openLoopback(server);
    expect((await failure(api.all('x', '/away', itemsOf))).message).toContain('a next page outside the API');
    expect((await failure(api.all('x', '/round', itemsOf))).message).toContain('pages without an end');
    expect(other.seen).toEqual([]);
  });

  it('follows a renamed repository within the API only', async () => {
    const other = await startLoopback((_, response) => json(response, 200, {}));
    const server = await startLoopback(({ url }, response) => {
      if (url === '/repos/acme/old') json(response, 301, {}, { location: `${server.origin}/repositories/7` });
      else if (url === '/repos/acme/gone') json(response, 301, {}, { location: `${other.origin}/steal` });
      else json(response, 200, { name: 'new' });
    });
    const { api } = await openLoopback(server);
    expect((await api.get('x', '/repos/acme/old')).data).toEqual({ name: 'new' });
    expect((await failure(api.get('x', '/repos/acme/gone'))).message).toContain('leads away');
    expect(other.seen).toEqual([]);
  });

  it.each([
    [404, {}],
    [403, { 'x-accepted-github-permissions': 'secrets=read' }],
    [451, {}],
    [401, {}],
    [403, { 'x-github-sso': 'required; url=https://github.com/orgs/acme/sso?authorization_request=1' }],
  ] as const)('reports %i at once, with what was missing', async (status, headers) => {
    const server = await startLoopback((_, response) => json(response, status, { message: 'No \u001b[2J' }, headers));
    const { api, pauses } = await openLoopback(server);
    const { github, message } = await failure(api.get('repository-secrets', '/repos/acme/app/actions/secrets?per_page=100'));
    expect(github).toMatchObject({ status, family: 'repository-secrets', request: 'GET /repos/acme/app/actions/secrets', needsSso: 'x-github-sso' in headers, isUncertain: false });
    expect(github.permissions).toBe('x-accepted-github-permissions' in headers ? 'secrets=read' : undefined);
    expect(server.seen).toHaveLength(1);
    expect(pauses).toEqual([]);
    expect(message).not.toContain(TOKEN);
  });

  it('gives GraphQL data with what is missing in it', async () => {
    const server = await startLoopback((_, response) => json(response, 200, { data: { a: 1, b: null }, errors: [{ type: 'FORBIDDEN', message: 'no', path: ['b'] }] }));
    const { api } = await openLoopback(server);
    expect(await api.query('repositories', 'query { a b }', { n: 1 })).toEqual({ data: { a: 1, b: null }, errors: [{ type: 'FORBIDDEN', message: 'no', path: ['b'] }] });
    expect(JSON.parse(server.seen[0]?.body ?? '')).toEqual({ query: 'query { a b }', variables: { n: 1 } });
  });
});

describe('faults', () => {
  it('repeats a read after 5xx, a cut connection and cut JSON, with growing pauses', async () => {
    let asked = 0;
    const server = await startLoopback((_, response) => {
      asked += 1;
      if (asked === 1) json(response, 502, { message: 'bad gateway' });
      else if (asked === 2) response.destroy();
      else if (asked === 3) response.writeHead(200, { 'content-type': 'application/json' }).end('{"total_count": 3, "sec');
      else if (asked === 4) {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' }).write('{"total');
        setTimeout(() => response.destroy(), 5);
      } else json(response, 200, { total_count: 0 });
    });
    const { api, pauses } = await openLoopback(server);
    expect((await api.get('x', '/a')).data).toEqual({ total_count: 0 });
    expect(pauses).toEqual([250, 1000, 2250, 4000]);
    expect(api.counts.get('x')).toEqual({ sent: 5, unchanged: 0, repeated: 4 });
  });

  it('stops after a bounded number of repeats', async () => {
    const server = await startLoopback((_, response) => json(response, 500, {}));
    const { api } = await openLoopback(server);
    const { github } = await failure(api.get('x', '/a'));
    expect(github.status).toBe(500);
    expect(server.seen).toHaveLength(8);
  });

  it('repeats a query whose failure GraphQL reports with 200', async () => {
    let asked = 0;
    const server = await startLoopback((_, response) => {
      asked += 1;
      json(response, 200, asked === 1 ? { errors: [{ message: 'Something went wrong while executing your query. This may be the result of a timeout.' }] } : { data: { a: 1 } });
    });
    const { api } = await openLoopback(server);
    expect((await api.query('x', 'query { a }', {})).data).toEqual({ a: 1 });
    expect(server.seen).toHaveLength(2);
  });

  it('never repeats a change after a fault, and says that it may have happened', async () => {
    const server = await startLoopback((_, response) => response.destroy());
    const { api } = await openLoopback(server);
    expect((await failure(api.send('pull-requests', 'POST', '/repos/acme/app/pulls', { title: 'x' }))).github).toMatchObject({ status: 0, isUncertain: true });
    expect((await failure(api.mutate('pull-requests', 'mutation { x }', {}))).github).toMatchObject({ status: 0, isUncertain: true });
    expect(server.seen).toHaveLength(2);
  });

  it('gives the words and the body of a refusal', async () => {
    const server = await startLoopback((_, response) => json(response, 422, { message: 'Reference already exists', errors: [{ code: 'x' }] }));
    const { api } = await openLoopback(server);
    const { github } = await failure(api.send('branches', 'POST', '/repos/acme/app/git/refs', { ref: 'refs/heads/x' }));
    expect(github).toMatchObject({ status: 422, said: 'Reference already exists', isUncertain: false, data: { errors: [{ code: 'x' }] } });
    expect(server.seen[0]).toMatchObject({ method: 'POST', body: '{"ref":"refs/heads/x"}' });
  });
});

describe('limits', () => {
  it('waits for the reset of the primary limit by the clock of the server, and sends nothing before', async () => {
    let asked = 0;
    const server = await startLoopback((_, response) => {
      asked += 1;
      const theirs = new Date(Date.now() + 3_600_000);
      const headers = { date: theirs.toUTCString(), 'x-ratelimit-limit': '5000', 'x-ratelimit-reset': String(Math.floor(theirs.getTime() / 1000) + 1), 'x-ratelimit-resource': 'core' };
      if (asked === 1) json(response, 403, { message: 'API rate limit exceeded for user ID 1.' }, { ...headers, 'x-ratelimit-remaining': '0' });
      else json(response, 200, {}, { ...headers, 'x-ratelimit-remaining': '4999' });
    });
    const waits: string[] = [];
    const { api } = await openLoopback(server, { sleep: realSleep, onWait: ({ why }) => waits.push(why) });
    const [a, b] = await Promise.all([api.get('x', '/a'), api.get('x', '/b')]);
    expect([a.status, b.status]).toEqual([200, 200]);
    expect(waits).toEqual(['primary']);
    const late = server.seen.filter(({ at }) => at > (server.seen[0]?.at ?? 0) + 900);
    expect(late.length).toBeGreaterThanOrEqual(1);
    expect(api.limits.get('core')).toMatchObject({ limit: 5000, remaining: 4999 });
  });

  it('holds back before it runs into the limit', async () => {
    const server = await startLoopback((_, response) => json(response, 200, {}, { 'x-ratelimit-limit': '5000', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + 1), 'x-ratelimit-resource': 'core' }));
    const { api } = await openLoopback(server, { sleep: realSleep });
    await api.get('x', '/a');
    await api.get('x', '/b');
    expect((server.seen[1]?.at ?? 0) - (server.seen[0]?.at ?? 0)).toBeGreaterThan(900);
    expect(api.counts.get('x')).toEqual({ sent: 2, unchanged: 0, repeated: 0 });
  });

  it('obeys retry-after for everything that is sent', async () => {
    let limited = true;
    const server = await startLoopback((_, response) => {
      if (limited) json(response, 403, { message: 'You have exceeded a secondary rate limit.' }, { 'retry-after': '1' });
      else json(response, 200, {});
      limited = false;
    });
    const { api } = await openLoopback(server, { sleep: realSleep });
    await api.get('x', '/a');
    await api.send('y', 'POST', '/b', {});
    expect((server.seen[1]?.at ?? 0) - (server.seen[0]?.at ?? 0)).toBeGreaterThan(900);
  });

  it('waits a minute and then longer when a secondary limit names no time', async () => {
    let asked = 0;
    const server = await startLoopback((_, response) => {
      asked += 1;
      json(response, asked < 3 ? 429 : 200, { message: 'slow down' });
    });
    const asleep: number[] = [];
    let now = Date.now();
    const real = Date.now;
    Date.now = () => now;
    try {
      const { api } = await openLoopback(server, {
        sleep: (ms) => {
          asleep.push(ms);
          now += ms;
          return Promise.resolve();
        },
      });
      await api.get('x', '/a');
    } finally {
      Date.now = real;
    }
    expect(asleep).toEqual([60_000, 120_000]);
  });

  it('repeats a change that a limit refused: it was not carried out', async () => {
    let asked = 0;
    const server = await startLoopback((_, response) => {
      asked += 1;
      if (asked === 1) json(response, 403, { message: 'secondary rate limit' }, { 'retry-after': '0' });
      else json(response, 201, { number: 4 });
    });
    const { api } = await openLoopback(server);
    expect((await api.send('pull-requests', 'POST', '/repos/acme/app/pulls', {})).data).toEqual({ number: 4 });
    expect(server.seen).toHaveLength(2);
  });

  it('sends changes one by one, a second apart', async () => {
    let open = 0;
    let most = 0;
    const server = await startLoopback((_, response) => {
      open += 1;
      most = Math.max(most, open);
      setTimeout(() => {
        open -= 1;
        json(response, 201, {});
      }, 5);
    });
    const { api, pauses } = await openLoopback(server);
    await Promise.all([1, 2, 3].map(async (n) => await api.send('x', 'POST', `/${n}`, {})));
    expect(most).toBe(1);
    expect(pauses).toHaveLength(2);
    for (const ms of pauses) expect(ms).toBeGreaterThan(900);
  });

  it('reads a bounded number at a time', async () => {
    let open = 0;
    let most = 0;
    const server = await startLoopback((_, response) => {
      open += 1;
      most = Math.max(most, open);
      setTimeout(() => {
        open -= 1;
        json(response, 200, {});
      }, 40);
    });
    const { api } = await openLoopback(server, { parallel: 4 });
    await Promise.all(Array.from({ length: 30 }, async (_, n) => await api.get('x', `/${n}`)));
    expect(most).toBe(4);
  });
});

describe('kept answers', () => {
  it('asks the next run conditionally, and keeps nothing that the token could be told from', async () => {
    const server = await startLoopback(({ headers }, response) => {
      if (headers['if-none-match'] === '"v1"') response.writeHead(304).end();
      else json(response, 200, { name: 'OPENAI_API_KEY' }, { etag: '"v1"', link: `<${server.origin}/a?page=2>; rel="prev"` });
    });
    const env = { DEKEY_CACHE_DIR: join(temporaryFolder(), 'cache') };
    const first = await openLoopback(server, { env, keepAs: 'inventory acme' });
    expect(first.api.isKept('/a')).toBe(false);
    await first.api.get('x', '/a');
    await first.api.finish();
    const second = await openLoopback(server, { env, keepAs: 'inventory acme' });
    expect(second.api.isKept('/a')).toBe(true);
    expect(await second.api.get('x', '/a')).toMatchObject({ status: 200, data: { name: 'OPENAI_API_KEY' }, isUnchanged: true });
    expect(second.api.counts.get('x')).toEqual({ sent: 1, unchanged: 1, repeated: 0 });
    await second.api.finish();

    const files = readdirSync(env.DEKEY_CACHE_DIR, { recursive: true, withFileTypes: true });
    for (const file of files) {
      const path = join(file.parentPath, file.name);
      expect(statSync(path).mode & 0o077, path).toBe(0);
      if (file.isFile()) expect(readFileSync(path, 'utf8')).not.toContain(TOKEN.slice(4, 16));
    }
    expect(files.filter((file) => file.isFile())).toHaveLength(2);
  });

  it('takes up a run that was cut short without asking again', async () => {
    const server = await startLoopback(({ url }, response) => json(response, 200, { url, n: server.seen.length }));
    const env = { DEKEY_CACHE_DIR: join(temporaryFolder(), 'cache') };
    const first = await openLoopback(server, { env, keepAs: 'inventory acme' });
    await first.api.get('x', '/a');
    await first.api.query('y', 'query { a }', {}, { resumable: true });
    const again = await openLoopback(server, { env, keepAs: 'inventory acme' });
    expect(again.api.isResumed).toBe(true);
    expect((await again.api.get('x', '/a')).data).toEqual({ url: '/a', n: 1 });
    await again.api.query('y', 'query { a }', {}, { resumable: true });
    expect(again.api.counts.get('x')).toBeUndefined();
    await again.api.get('x', '/b');
    await again.api.finish();
    const other = await openLoopback(server, { env, keepAs: 'inventory acme' });
    expect(other.api.isResumed).toBe(false);
    await other.api.get('x', '/a');
    expect(server.seen).toHaveLength(4);
  });

  it('refuses a cache folder that is a link', async () => {
    const { symlinkSync } = await import('node:fs');
    const folder = temporaryFolder();
    symlinkSync(temporaryFolder(), join(folder, 'cache'));
    const server = await startLoopback((_, response) => json(response, 200, {}));
    await expect(openLoopback(server, { env: { DEKEY_CACHE_DIR: join(folder, 'cache') }, keepAs: 'x' })).rejects.toThrow('is not a folder of yours');
  });
});

describe('archives', () => {
  it('are fetched from where GitHub keeps them, without the token', async () => {
    const archive = await startLoopback((_, response) => response.writeHead(200, { 'content-type': 'application/x-gzip' }).end('bytes'));
    const server = await startLoopback((_, response) => response.writeHead(302, { location: `${archive.origin}/acme/app/legacy.tar.gz/1?token=AAAA` }).end());
    const { api } = await openLoopback(server);
    expect(Buffer.from(await api.bytes('trees', '/repos/acme/app/tarball/1', 100)).toString()).toBe('bytes');
    expect(archive.seen[0]?.headers['authorization']).toBeUndefined();
    expect(JSON.stringify(archive.seen)).not.toContain(TOKEN);
  });

  it('are not fetched over http from elsewhere, nor past a second redirect', async () => {
    const third = await startLoopback((_, response) => response.end('x'));
    const second = await startLoopback((_, response) => response.writeHead(302, { location: third.origin }).end());
    const server = await startLoopback(({ url }, response) => response.writeHead(302, { location: url === '/far' ? 'http://203.0.113.9/archive' : second.origin }).end());
    const { api } = await openLoopback(server);
    await expect(api.bytes('trees', '/far', 100)).rejects.toThrow('not at an https address');
    expect((await failure(api.bytes('trees', '/twice', 100))).github.status).toBe(0);
    expect(third.seen).toEqual([]);
  });

  it('end at the limit', async () => {
    const server = await startLoopback((_, response) => response.writeHead(200, { 'content-type': 'application/x-gzip' }).end(Buffer.alloc(3 * 2 ** 20)));
    const { api } = await openLoopback(server);
    expect((await failure(api.bytes('trees', '/big', 2 ** 20))).message).toContain('more than 1 MB');
    expect(server.seen).toHaveLength(1);
  });

  it('are begun anew when they are cut', async () => {
    let asked = 0;
    const server = await startLoopback((_, response) => {
      asked += 1;
      if (asked === 1) {
        response.writeHead(200, { 'content-length': '10' }).write('half');
        setTimeout(() => response.destroy(), 5);
      } else response.writeHead(200, { 'content-length': '10' }).end('0123456789');
    });
    const { api } = await openLoopback(server);
    expect(Buffer.from(await api.bytes('trees', '/cut', 100)).toString()).toBe('0123456789');
    expect(api.counts.get('trees')).toEqual({ sent: 2, unchanged: 0, repeated: 1 });
  });
});

async function realSleep(ms: number): Promise<void> {
  await new Promise((done) => setTimeout(done, ms));
}
