import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { folderName } from '../../src/github/cache-folder.ts';
import { findCredentials } from '../../src/github/credentials.ts';
import { isGithubTarget, parseGithubTarget, resolveHost } from '../../src/github/hosts.ts';
import { json, openLoopback, startLoopback, temporaryFolder, TOKEN } from './loopback.ts';

describe('targets', () => {
  it.each([
    ['github:acme', { owner: 'acme' }],
    ['github:acme/app.js', { owner: 'acme', name: 'app.js' }],
    ['github:acme/--output', { owner: 'acme', name: '--output' }],
    ['github:GitHub.example.com/acme', { host: 'github.example.com', owner: 'acme' }],
    ['github:acme.ghe.com/acme/app', { host: 'acme.ghe.com', owner: 'acme', name: 'app' }],
    ['github:localhost:8443/acme', { host: 'localhost:8443', owner: 'acme' }],
  ])('%s', (target, parts) => {
    expect(isGithubTarget(target)).toBe(true);
    expect(parseGithubTarget(target)).toEqual(parts);
  });

  it.each(['github:', 'github:a/b/c', 'github:acme/..', 'github:acme/.git', 'github:acme/a b', 'github:-x', 'github:a\nb', 'github:acme/app/', 'github:user@host.com/acme', 'github:h.com/acme/app/x'])('%j is none', (target) => {
    expect(() => parseGithubTarget(target)).toThrow('names no organisation and no repository');
  });
});

describe('hosts', () => {
  it('are where GitHub documents them', () => {
    expect(resolveHost(undefined, undefined, {})).toEqual({ host: 'github.com', rest: 'https://api.github.com', graphql: 'https://api.github.com/graphql', web: 'https://github.com', isServer: false, isMetered: true });
    expect(resolveHost('acme.ghe.com', undefined, {})).toMatchObject({ rest: 'https://api.acme.ghe.com', graphql: 'https://api.acme.ghe.com/graphql', isServer: false });
    expect(resolveHost('ghe.example.com', undefined, {})).toMatchObject({ rest: 'https://ghe.example.com/api/v3', graphql: 'https://ghe.example.com/api/graphql', isServer: true, isMetered: false });
    expect(resolveHost(undefined, undefined, { GH_HOST: 'ghe.example.com' })).toMatchObject({ host: 'ghe.example.com', isServer: true });
  });

  it('come from the runner, and from --github-api before that', () => {
    const env = { GITHUB_API_URL: 'https://ghe.example.com/api/v3', GITHUB_SERVER_URL: 'https://ghe.example.com' };
    expect(resolveHost(undefined, undefined, env)).toMatchObject({ host: 'ghe.example.com', rest: 'https://ghe.example.com/api/v3', graphql: 'https://ghe.example.com/api/graphql' });
    // The token of that server is not for another one.
    expect(resolveHost('github.com', undefined, env)).toMatchObject({ rest: 'https://api.github.com' });
    expect(resolveHost(undefined, 'https://api.acme.ghe.com/', env)).toMatchObject({ host: 'acme.ghe.com', rest: 'https://api.acme.ghe.com' });
    expect(resolveHost(undefined, 'http://127.0.0.1:80/api/v3', {})).toMatchObject({ host: 'github.com', rest: 'http://127.0.0.1/api/v3', graphql: 'http://127.0.0.1/api/graphql', isMetered: false });
  });

  it.each(['http://ghe.example.com/api/v3', 'ftp://x', 'x', 'https://user:pass@ghe.example.com', 'https://ghe.example.com/?a=b', 'http://127.0.0.1.evil.example/'])('%s is refused', (api) => {
    expect(() => resolveHost(undefined, api, {})).toThrow('is not an https address');
  });
});

describe('credentials', () => {
  const cloud = resolveHost(undefined, undefined, {});
  const server = resolveHost('ghe.example.com', undefined, {});

  it('are of the environment, for the host they are for', async () => {
    expect(await findCredentials(cloud, { env: { GITHUB_TOKEN: TOKEN, GH_TOKEN: 'another-token' } })).toMatchObject({ from: 'GITHUB_TOKEN' });
    expect(await findCredentials(cloud, { env: { GH_TOKEN: TOKEN } })).toMatchObject({ from: 'GH_TOKEN' });
    expect(await findCredentials(server, { env: { GH_ENTERPRISE_TOKEN: TOKEN, GITHUB_TOKEN: 'for-github.com' } })).toMatchObject({ from: 'GH_ENTERPRISE_TOKEN' });
    expect(await findCredentials(server, { env: { GITHUB_TOKEN: TOKEN, GITHUB_SERVER_URL: 'https://ghe.example.com' } })).toMatchObject({ from: 'GITHUB_TOKEN' });
    await expect(findCredentials(cloud, { env: { GITHUB_TOKEN: 'has a space' } })).rejects.toThrow('GITHUB_TOKEN holds no token');
  });

  it('cannot be printed', async () => {
    const found = await findCredentials(cloud, { env: { GITHUB_TOKEN: TOKEN } });
    expect(`${inspect(found, { depth: 9, showHidden: true })}${JSON.stringify(found)}`).not.toContain(TOKEN.slice(4));
  });

  it('are asked of gh by its absolute path, with an environment that holds no token', async () => {
    const folder = temporaryFolder();
    const gh = join(folder, 'gh');
    writeFileSync(gh, `#!/bin/sh\n[ "$*" = "auth token --hostname github.com" ] || exit 3\n[ -z "$SECRET_OF_SHELL" ] || exit 4\necho ${TOKEN}\n`);
    chmodSync(gh, 0o755);
    const before = { PATH: process.env['PATH'], SECRET_OF_SHELL: process.env['SECRET_OF_SHELL'] };
    process.env['PATH'] = folder;
    process.env['SECRET_OF_SHELL'] = 'x';
    try {
      expect(await findCredentials(cloud, { env: { HOME: folder } })).toMatchObject({ from: 'gh auth token' });
    } finally {
      process.env['PATH'] = before.PATH;
      delete process.env['SECRET_OF_SHELL'];
    }
  });

  it('of an App need a key file that nobody else can read', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'app.pem');
    writeFileSync(file, generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o644 });
    const options = { appId: '7', appKeyFile: file, env: {} };
    await expect(findCredentials(cloud, options)).rejects.toThrow('others can read the key');
    chmodSync(file, 0o600);
    expect(await findCredentials(cloud, options)).toMatchObject({ kind: 'app', app: { id: '7' } });
    await expect(findCredentials(cloud, { appId: '7', env: {} })).rejects.toThrow('belong together');
    mkdirSync(join(folder, 'd'));
    await expect(findCredentials(cloud, { ...options, appKeyFile: join(folder, 'd') })).rejects.toThrow();
  });

  it('of an App become a token of its installation, which is renewed before it ends', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'app.pem');
    writeFileSync(file, generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 });
    let given = 0;
    const loopback = await startLoopback(({ url, headers }, response) => {
      const isSigned = /^Bearer eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(String(headers['authorization']));
      if (url === '/orgs/acme/installation') json(response, 404, { message: 'Not Found' });
      else if (url === '/users/acme/installation') json(response, isSigned ? 200 : 401, { id: 42 });
      else if (url === '/app/installations/42/access_tokens') {
        given += 1;
        // The first one ends at once, so it is not used a second time.
        json(response, isSigned ? 201 : 401, { token: `ghs_installation${given}`, expires_at: new Date(Date.now() + (given === 1 ? 1000 : 3_600_000)).toISOString(), permissions: { contents: 'write', odd: 7 } });
      } else json(response, 200, { authorization: headers['authorization'] });
    });
    const { api } = await openLoopback(loopback, { appId: '7', appKeyFile: file });
    expect(api.account).toBe('app 7');
    expect(api.permissions).toBeUndefined();
    const answers = [];
    for (const path of ['/a', '/b', '/c']) answers.push((await api.get('x', path)).data);
    expect(answers).toEqual([{ authorization: 'Bearer ghs_installation1' }, { authorization: 'Bearer ghs_installation2' }, { authorization: 'Bearer ghs_installation2' }]);
    expect(api.permissions).toEqual({ contents: 'write' });
  });

  it('are not sent where anybody could read them on the way', async () => {
    const loopback = await startLoopback((_, response) => json(response, 200, {}));
    await expect(openLoopback(loopback, { env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } })).rejects.toThrow('lets anybody read the token');
    expect(loopback.seen).toEqual([]);
  });
});

describe('names of folders', () => {
  it('are one for one text, and never lead elsewhere', () => {
    const names = ['app', 'a/b', 'a%2f.b', '..', '.', 'a b', 'ünï', '127.0.0.1:80', 'A'];
    const folders = names.map(folderName);
    expect(new Set(folders.slice(0, -1)).size).toBe(names.length - 1);
    for (const folder of folders) expect(folder).toMatch(/^(?!\.+$)[a-z0-9._%-]+$/);
  });
});
