import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { blobOid, contentDigest, contentIn, framed, markerIn, mergedBody, saysTheSame, trailers } from '../../../src/apply/pull-request/content.ts';
import { faultOf, MutationRefused } from '../../../src/apply/pull-request/faults.ts';
import { Limits } from '../../../src/apply/pull-request/limits.ts';
import { branchName, ownerAndName, repositoryName } from '../../../src/apply/pull-request/names.ts';
import { installed, listed } from '../../../src/apply/pull-request/rights.ts';
import { CampaignFile } from '../../../src/apply/pull-request/state.ts';
import { GithubError } from '../../../src/github/errors.ts';

const APP = { host: 'github.com', owner: 'acme', name: 'app' };

describe('names', () => {
  test.each(['github.com/acme/app', 'ghe.example.com:8443/a_b/a.b-c_d', 'acme.ghe.com/x/.github'])('%s is a repository', (remote) => {
    expect(repositoryName(remote)).toBeDefined();
  });

  test.each(['', 'github.com/acme', 'github.com/acme/app/x', 'github.com/acme/..', 'github.com/../app', 'github.com/a b/c', 'github.com/acme/${{ github.token }}', 'github.com/acme/a\nb', 'github.com/acme/a%2fb', 'github.com/-x/y', 'evil@github.com/a/b', 'github.com/acme/a?b', 'github.com/acme/a#1'])('%j is none', (remote) => {
    expect(repositoryName(remote)).toBeUndefined();
  });

  test('a branch is the same in every run, another for each provider and attempt, and git takes it whatever the names', () => {
    expect(branchName(APP, null)).toBe(branchName({ ...APP, owner: 'ACME' }, null));
    expect(branchName(APP, null)).toMatch(/^dekey\/wif-[0-9a-f]{8}$/);
    expect(branchName(APP, 'anthropic', 2)).toMatch(/^dekey\/wif-anthropic-[0-9a-f]{8}-2$/);
    expect(new Set([branchName(APP, null), branchName(APP, 'openai'), branchName({ ...APP, name: 'app2' }, null), branchName(APP, null, 2)]).size).toBe(4);
    for (const provider of ['${{ github.token }}', 'a\nb', '../../main', '@team', 'closes #1', '--force', '<img src=x>', 'é'.repeat(300), '']) {
      const branch = branchName(APP, provider);
      expect(branch).toMatch(/^dekey\/wif-[a-z0-9-]{1,60}$/);
      expect(execFileSync('git', ['check-ref-format', '--branch', branch], { encoding: 'utf8' }).trim()).toBe(branch);
    }
  });

  test('names in a state file are read as strictly', () => {
    expect(ownerAndName('acme/app')).toEqual({ owner: 'acme', name: 'app' });
    expect(ownerAndName('acme/app/../x')).toBeUndefined();
  });
});

describe('content', () => {
  test('the id of bytes is the one that git gives', () => {
    for (const bytes of [Buffer.from(''), Buffer.from('on: push\r\n'), Buffer.from([0xef, 0xbb, 0xbf, 0x61])]) expect(blobOid(bytes)).toBe(execFileSync('git', ['hash-object', '--stdin'], { input: bytes, encoding: 'utf8' }).trim());
  });

  test('the digest depends on paths and bytes, and on no order', () => {
    const [a, b] = [{ path: 'a', oid: '1' }, { path: 'b', oid: '2' }];
    expect(contentDigest([a, b])).toBe(contentDigest([b, a]));
    expect(contentDigest([a, b])).not.toBe(contentDigest([a, { ...b, oid: '3' }]));
    expect(contentDigest([{ path: 'a', oid: '1\nb' }])).not.toBe(contentDigest([a, { path: 'b', oid: '' }]));
    expect(contentIn(`title\n\nwords\n\n${trailers('a'.repeat(64), 'b'.repeat(64))}`)).toBe('a'.repeat(64));
    expect(contentIn('Dekey-Content: short')).toBeUndefined();
  });

  test('ticked boxes and words of people stay when the description is made anew', () => {
    const marker = { plan: 'a'.repeat(64), content: 'b'.repeat(64), isWithdrawn: false };
    const old = `Hello.\r\n${framed('- [ ] one\n- [ ] two', marker).replace('- [ ] one', '- [x] one').replaceAll('\n', '\r\n')}\r\nSee you.`;
    const fresh = framed('- [ ] one\n- [ ] three', { ...marker, content: 'c'.repeat(64) });
    const merged = mergedBody(old, fresh);
    expect(merged).toBe(`Hello.\n${framed('- [x] one\n- [ ] three', { ...marker, content: 'c'.repeat(64) }).trimEnd()}\n\nSee you.\n`);
    expect(mergedBody(merged, fresh)).toBe(merged);
    expect(saysTheSame(merged, merged.replaceAll('\n', '\r\n'))).toBe(true);
    expect(markerIn(merged)?.content).toBe('c'.repeat(64));
    expect(mergedBody('Somebody took all of it out.', fresh)).toBe(fresh);
  });
});

describe('limits', () => {
  test('each is counted, and the first that is reached is named', () => {
    const limits = new Limits({ run: 3, open: 5, hour: 10 }, 3, 9);
    expect(limits.reason).toBeUndefined();
    limits.countOpened();
    expect(limits.reason).toBe('--per-hour 10 is reached.');
    expect(limits.left).toEqual({ run: { limit: 3, left: 2 }, open: { limit: 5, left: 1 }, hour: { limit: 10, left: 0 } });
    const open = new Limits({ open: 1 }, 1, 0);
    expect(open.reason).toBe('--max-open 1 is reached.');
    open.countClosed();
    expect(open.reason).toBeUndefined();
    expect(new Limits({}, 900, 900).reason).toBeUndefined();
  });
});

describe('what the token may', () => {
  test.each([
    ['repo, workflow', { workflows: true, isPrivate: true }, undefined], ['repo', { workflows: true, isPrivate: true }, 'workflow'], ['public_repo,workflow', { workflows: true, isPrivate: false }, undefined],
    ['public_repo', { workflows: false, isPrivate: true }, 'repo'], ['', { workflows: true, isPrivate: false }, 'public_repo and workflow'],
  ])('scopes %j', (scopes, needs, missing) => {
    const { refusal } = listed(scopes, needs);
    if (missing === undefined) expect(refusal).toBeNull();
    else expect(refusal?.reason).toContain(missing);
  });

  test.each([
    [{ contents: 'write', pull_requests: 'write', workflows: 'write' }, true, undefined], [{ contents: 'write', pull_requests: 'write' }, false, undefined],
    [{ contents: 'write', pull_requests: 'write' }, true, 'write Workflows here'], [{ contents: 'read', metadata: 'read' }, true, 'write Contents, Pull requests, Workflows here'],
  ])('an installation with %j', (permissions, workflows, missing) => {
    const { refusal } = installed(permissions, { workflows, isPrivate: true });
    if (missing === undefined) expect(refusal).toBeNull();
    else expect(refusal?.reason).toContain(missing);
  });

  const refused = (status: number, said: string, more: object = {}): GithubError => new GithubError('github.com', { status, family: 'f', request: 'POST /x', said, needsSso: false, isUncertain: false, ...more });
  test.each<[string, unknown, string, string]>([
    ['a fine-grained token', refused(403, 'Resource not accessible by personal access token', { permissions: 'contents=write' }), 'permission', 'contents=write'],
    ['no right, hidden', refused(404, 'Not Found'), 'permission', 'Contents, Pull requests and Workflows'],
    ['sign-on', refused(403, 'x', { needsSso: true }), 'permission', 'single sign-on'],
    ['workflows', new MutationRefused([{ type: 'FORBIDDEN', message: 'refusing to allow a GitHub App to create or update workflow `.github/workflows/ci.yml` without `workflows` permission' }]), 'permission', 'Workflows: write'],
    ['moved', new MutationRefused([{ type: 'STALE_DATA', message: 'Expected branch to point to "x" but it did not. Pull and try again.' }]), 'again', 'again'],
    ['lost', refused(502, '', { isUncertain: true }), 'again', ''], ['there already', refused(422, 'Validation Failed', { data: { errors: [{ message: 'A pull request already exists for acme:x.' }] } }), 'again', ''],
    ['a rule', new MutationRefused([{ message: 'Changes must be made through the merge queue' }]), 'failed', 'branch rules'], ['another 422', refused(422, 'Validation Failed'), 'failed', ''],
  ])('refused: %s', (_name, error, kind, words) => {
    const fault = faultOf(error);
    expect(fault.kind).toBe(kind);
    expect(`${fault.reason} ${fault.fix}`).toContain(words);
  });

  test('what is no answer of GitHub is a fault of ours', () => {
    expect(() => faultOf(new TypeError('x'))).toThrow(TypeError);
  });
});

describe('what a campaign remembers', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dekey-campaign-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const ITEM = { repository: 'acme/app', provider: null, branch: 'dekey/wif-0', fork: null, state: 'open', number: 3, opened: '2026-11-01T00:00:00.000Z' } as const;

  test('it is written whole, sorted, and read again', async () => {
    const file = CampaignFile.open(folder, 'github.com', 'repository');
    await file.remember({ ...ITEM, repository: 'acme/b' });
    await file.remember(ITEM);
    await file.remember({ ...ITEM, repository: 'ACME/app', state: 'merged' });
    expect(readdirSync(folder)).toEqual(['campaign.json']);
    const again = CampaignFile.open(folder, 'github.com', 'repository');
    expect(again.state.items.map(({ repository, state }) => `${repository} ${state}`)).toEqual(['ACME/app merged', 'acme/b open']);
    expect(again.find('acme/APP', null)?.state).toBe('merged');
    expect(again.openedSince(Date.parse('2026-10-31'))).toBe(2);
    expect(again.openedSince(Date.parse('2026-11-02'))).toBe(0);
  });

  test('another host, another grouping while some are open, and what is not ours are refused', async () => {
    await CampaignFile.open(folder, 'github.com', 'repository').remember(ITEM);
    expect(() => CampaignFile.open(folder, 'ghe.example.com', 'repository')).toThrow(/is at github.com/);
    expect(() => CampaignFile.open(folder, 'github.com', 'provider')).toThrow(/--group repository/);
    const good = JSON.parse(readFileSync(join(folder, 'campaign.json'), 'utf8'));
    for (const bad of ['{', '[]', JSON.stringify({ ...good, items: [{ ...ITEM, repository: '../../x' }] }), JSON.stringify({ ...good, items: [{ ...ITEM, fork: 'a b' }] }), JSON.stringify({ ...good, trackingIssue: { repository: 'x', number: 1 } })]) {
      writeFileSync(join(folder, 'campaign.json'), bad);
      expect(() => CampaignFile.open(folder, 'github.com', 'repository')).toThrow(/campaign\.json/);
    }
  });
});
