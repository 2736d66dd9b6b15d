import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { cloneHead, cloneMirror } from '../../src/sources/github/clone.ts';
import { json, openLoopback, startLoopback, temporaryFolder, TOKEN } from '../github/loopback.ts';

const path = process.env['PATH'];

afterEach(() => {
  process.env['PATH'] = path;
  delete process.env['GIT_SSH_COMMAND'];
});

const folder = mkdtempSync(join(tmpdir(), 'dekey-git-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A git that writes down how it was started: one for all tests, since git is looked for once. */
function recordingGit(): string {
  const out = join(folder, 'seen');
  writeFileSync(join(folder, 'git'), `#!/bin/sh\n/usr/bin/printf '%s\\n' "$@" > ${out}.args\n/usr/bin/env > ${out}.env\nfor last; do :; done\n/bin/mkdir -p "$last"\nexit \${FAIL:-0}\n`);
  chmodSync(join(folder, 'git'), 0o755);
  process.env['PATH'] = folder;
  return out;
}

describe('a clone for the history', () => {
  it('gets the token by its environment, bound to one origin, and nothing else of ours', async () => {
    const server = await startLoopback((_, response) => json(response, 200, {}));
    const { api } = await openLoopback(server);
    const seen = recordingGit();
    process.env['GIT_SSH_COMMAND'] = 'touch M';
    const cache = join(temporaryFolder(), 'cache');
    const mirror = await cloneMirror(api, 'acme', '--upload-pack=x', { DEKEY_CACHE_DIR: cache });
    const args = readFileSync(`${seen}.args`, 'utf8').trimEnd().split('\n');
    expect(args.slice(args.indexOf('clone'))).toEqual(['clone', '--quiet', '--mirror', '--no-local', '--template=', '--end-of-options', `${server.origin}/acme/--upload-pack%3Dx.git`, mirror.path]);
    expect(args).toContain('http.followRedirects=false');
    expect(args).toContain('protocol.allow=never');
    const basic = Buffer.from(`x-access-token:${TOKEN}`).toString('base64');
    expect(args.join('\n')).not.toMatch(new RegExp(`${TOKEN}|${basic}`));
    const env = readFileSync(`${seen}.env`, 'utf8');
    expect(env).toContain(`GIT_CONFIG_KEY_0=http.${server.origin}/.extraHeader\n`);
    expect(env).toContain(`GIT_CONFIG_VALUE_0=Authorization: Basic ${basic}\n`);
    expect(env).toContain('GIT_ALLOW_PROTOCOL=http\n');
    expect(env).not.toContain('GIT_SSH_COMMAND');
    expect(existsSync(mirror.path)).toBe(true);
    mirror.remove();
    expect(readdirSync(join(cache, 'github', 'history'))).toEqual([]);
  });
});

describe('a clone of the head', () => {
  it('has one commit and no tags, and is gone when it is removed', async () => {
    const server = await startLoopback((_, response) => json(response, 200, {}));
    const { api } = await openLoopback(server);
    const seen = recordingGit();
    const cache = join(temporaryFolder(), 'cache');
    // One that a killed run left, and one of a run beside this one.
    for (const name of ['old.git', 'new.git']) mkdirSync(join(cache, 'github', 'heads', name), { recursive: true });
    utimesSync(join(cache, 'github', 'heads', 'old.git'), new Date(0), new Date(0));
    for (const name of ['', 'github', 'github/heads']) chmodSync(join(cache, name), 0o700);
    const copy = await cloneHead(api, 'acme', 'app', { DEKEY_CACHE_DIR: cache });
    const args = readFileSync(`${seen}.args`, 'utf8').trimEnd().split('\n');
    expect(args.slice(args.indexOf('clone'))).toEqual(['clone', '--quiet', '--bare', '--depth=1', '--single-branch', '--no-tags', '--no-local', '--template=', '--end-of-options', `${server.origin}/acme/app.git`, copy.path]);
    copy.remove();
    expect(readdirSync(join(cache, 'github', 'heads'))).toEqual(['new.git']);
  });
});
