import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { emitGoogle } from '../../src/emit/google.ts';
import type { EmittedFile, Target } from '../../src/model/federation.ts';
import type { Input, Text } from '../../src/model/text.ts';

const GITHUB = 'https://token.actions.githubusercontent.com';
const REPOSITORY: Input = { id: 'github.repository_id', title: 'Repository id', shape: 'digits', how: 'gh api repos/acme/app --jq .id' };
const KNOWN = new Map([[REPOSITORY.id, REPOSITORY]]);

function target(id: string, over: Partial<Omit<Target, 'policy'>> & { readonly policy?: Partial<Target['policy']> } = {}): Target {
  const { policy, ...rest } = over;
  return {
    id, party: 'google', platform: 'github-actions', workload: `ci.yml › ${id}`, path: '.github/workflows/ci.yml', facts: {}, permission: 'vertex-predict', provider: 'google-vertex', keys: ['GEMINI_API_KEY'], lifetime: 3600, ...rest,
    policy: { issuer: [GITHUB], issuerIsShared: true, audience: [`https://audience.example/${id}`], subject: { kind: 'exact', text: [`repo:acme/app:ref:refs/heads/${id}`] }, claims: [], uploadsKeys: false, ...policy },
  };
}

const VALUES: Readonly<Record<string, string>> = { 'google.project_id': 'acme', 'google.project_number': '1029384', 'google.secret_project': 'acme-secrets', 'github.repository_id': '5566778' };
const open = (input: Input): Text => [{ input: input.id }];
const filled = (input: Input): Text => [VALUES[input.id] ?? (input.shape === 'email' ? 'bot@acme.iam.gserviceaccount.com' : 'x')];

function emit(targets: readonly Target[], ask = filled): readonly EmittedFile[] {
  return emitGoogle(targets, ask, KNOWN).files;
}

function textOf(files: readonly EmittedFile[], path: string): string {
  const found = files.find((file) => file.path === path);
  if (found === undefined) throw new Error(`no ${path}`);
  return found.text;
}

interface Provider {
  readonly oidc: { readonly issuerUri: string; readonly allowedAudiences: readonly string[] };
  readonly attributeMapping: Readonly<Record<string, string>>;
  readonly attributeCondition: string;
}

function providerOf(files: readonly EmittedFile[], id: string): Provider {
  return JSON.parse(textOf(files, `google/provider.${id}.json`)) as Provider;
}

/** Tokens of Terraform, read without the writer: strings as they are, the rest by sign. Throws on a string that does not end. */
function tokens(text: string): readonly string[] {
  const found: string[] = [];
  const next = /\s+|#[^\n]*|"(?:\\(?:[\\"nrt]|u[0-9a-f]{4})|[^"\\\n])*"|[A-Za-z_][\w.-]*|[0-9]+|>=|==|[{}[\](),=.]/y;
  while (next.lastIndex < text.length) {
    const at = next.lastIndex;
    const [token] = next.exec(text) ?? [];
    if (token === undefined) throw new Error(`unreadable: ${text.slice(at, at + 60)}`);
    if (token.trim() !== '' && !token.startsWith('#')) found.push(token);
  }
  return found;
}

function isBalanced(all: readonly string[]): boolean {
  const waiting: string[] = [];
  const ends: Readonly<Record<string, string>> = { '{': '}', '[': ']', '(': ')' };
  for (const token of all) {
    const end = ends[token];
    if (end !== undefined) waiting.push(end);
    else if (['}', ']', ')'].includes(token) && waiting.pop() !== token) return false;
  }
  return waiting.length === 0;
}

/** What a string of Terraform stands for, when it has no template. */
function valueOf(token: string): string {
  return token.slice(1, -1).replaceAll('$${', '${').replaceAll('%%{', '%{').replace(/\\(u[0-9a-f]{4}|.)/g, (_, escape: string) => ({ n: '\n', r: '\r', t: '\t' })[escape] ?? (escape.length > 1 ? String.fromCharCode(Number.parseInt(escape.slice(1), 16)) : escape));
}

function attribute(text: string, name: string): readonly string[] {
  const all = tokens(text);
  return all.flatMap((token, at) => (token === name && all[at + 1] === '=' ? [all[at + 2] ?? ''] : []));
}

/** `a == 'x' && b == true` back to its parts, or undefined when it is anything else. */
function comparisons(condition: string): Readonly<Record<string, string | boolean>> | undefined {
  const found: Record<string, string | boolean> = {};
  const next = /assertion(?:\.(\w+)|\['((?:\\.|[^'\\])*)'\]) == (?:'((?:\\.|[^'\\])*)'|(true|false))( && |$)/y;
  const plain = (text: string): string => text.replace(/\\(.)/g, (_, escape: string) => ({ n: '\n', r: '\r' })[escape] ?? escape);
  while (next.lastIndex < condition.length) {
    const match = next.exec(condition);
    if (match === null) return undefined;
    const [, name, odd, value, boolean] = match;
    found[name ?? plain(odd ?? '')] = value === undefined ? boolean === 'true' : plain(value);
  }
  return found;
}

const nasty = fc.string({ unit: fc.constantFrom('a', "'", '"', '`', '$', '{', '}', '%', '\\', '\n', '\r', ' ', '|', '&', '(', ')', '='), maxLength: 16 });

describe('conditions', () => {
  test('say exactly what the policy says, strings in quotes and booleans without', () => {
    const files = emit([target('robot', { policy: { claims: [{ claim: 'repository_id', value: ['5566778'], type: 'string' }, { claim: 'a.b/c', value: ['x'], type: 'string' }, { claim: 'ssh', value: ['false'], type: 'boolean' }] } })]);
    const { attributeCondition, oidc } = providerOf(files, 'robot');
    expect(attributeCondition).toBe("assertion.sub == 'repo:acme/app:ref:refs/heads/robot' && assertion.repository_id == '5566778' && assertion['a.b/c'] == 'x' && assertion.ssh == false");
    expect(oidc).toEqual({ issuerUri: GITHUB, allowedAudiences: ['https://audience.example/robot'] });
    expect(attribute(textOf(files, 'google/main.tf'), 'attribute_condition').map(valueOf)).toEqual([attributeCondition]);
  });

  test('no literal ends its string, in CEL or in Terraform', () => {
    fc.assert(
      fc.property(nasty, nasty, nasty, (subject, claim, value) => {
        fc.pre(claim !== '' && claim !== 'sub');
        const files = emit([target('robot', { policy: { subject: { kind: 'exact', text: [subject] }, claims: [{ claim, value: [value], type: 'string' }] } })]);
        const { attributeCondition } = providerOf(files, 'robot');
        expect(comparisons(attributeCondition)).toEqual({ sub: subject, [claim]: value });
        const terraform = textOf(files, 'google/main.tf');
        expect(isBalanced(tokens(terraform))).toBe(true);
        const [written = ''] = attribute(terraform, 'attribute_condition');
        expect(written.replaceAll('$${', '').replaceAll('%%{', '')).not.toMatch(/[$%]\{/);
        expect(valueOf(written)).toBe(attributeCondition);
      }),
      { examples: [['%%{{', 'a', ''], ['$$${a', 'a', '%${b']] },
    );
  });

  test('a literal that ends with a dollar sign leaves the input after it alone', () => {
    const files = emit([target('robot', { policy: { subject: { kind: 'exact', text: ['a$', { input: REPOSITORY.id }] } } })], open);
    expect(attribute(textOf(files, 'google/main.tf'), 'attribute_condition')).toEqual([String.raw`"assertion.sub == 'a\u0024${'${var.github_repository_id}'}'"`]);
  });

  test('a policy that compares nothing is refused, and so is a boolean that is code', () => {
    const { subject: _, ...policy } = target('robot').policy;
    expect(() => emit([{ ...target('robot'), policy }])).toThrow('compares nothing');
    expect(() => emit([target('robot', { policy: { claims: [{ claim: 'x', value: ['true || true'], type: 'boolean' }] } })])).toThrow('true or false');
    expect(() => emit([target('robot', { policy: { claims: [{ claim: 'x', value: [{ input: REPOSITORY.id }], type: 'boolean' }] } })])).toThrow('true or false');
  });

  test('a permission of another cloud is refused', () => {
    expect(() => emit([target('robot', { permission: 'bedrock-invoke' })])).toThrow('no role');
  });
});

describe('principals', () => {
  const members = (files: readonly EmittedFile[]): readonly string[] => attribute(textOf(files, 'google/main.tf'), 'member').map(valueOf);
  const principal = (subject: string): string => `principal://iam.googleapis.com/projects/1029384/locations/global/workloadIdentityPools/dekey/subject/${subject}`;

  test('are the subject where it fits, and no set of them ever', () => {
    const files = emit([target('robot')]);
    expect(providerOf(files, 'robot').attributeMapping).toEqual({ 'google.subject': 'assertion.sub' });
    expect(members(files)).toEqual([principal('repo:acme/app:ref:refs/heads/robot')]);
    expect(textOf(files, 'google/main.tf')).not.toContain('principalSet');
  });

  test('take the name of the identity where the subject is longer than 127 bytes, or not known', () => {
    // 64 characters, 128 bytes.
    for (const text of [['a'.repeat(128)], ['ä'.repeat(64)], ['repo:', { input: REPOSITORY.id }]]) {
      const files = emit([target('robot', { policy: { subject: { kind: 'exact', text } } })]);
      expect(providerOf(files, 'robot').attributeMapping).toEqual({ 'google.subject': "'robot'" });
      expect(members(files)).toEqual([principal('robot')]);
    }
    expect(providerOf(emit([target('robot', { policy: { subject: { kind: 'exact', text: ['a'.repeat(127)] } } })]), 'robot').attributeMapping).toEqual({ 'google.subject': 'assertion.sub' });
  });

  test('differ for namesakes at two issuers, and for two purposes of one workload', () => {
    const subject = { kind: 'exact', text: ['system:serviceaccount:acme:bot'] } as const;
    const files = emit([target('first', { policy: { subject, issuer: ['https://one.example'] } }), target('other', { policy: { subject, issuer: ['https://two.example'] } })]);
    expect(members(files)).toEqual([principal('first'), principal('other')]);
    const purposes = emit([target('first', { policy: { subject } }), target('other', { policy: { subject }, permission: 'read-secret', keys: ['A'] })]);
    expect(new Set(members(purposes)).size).toBe(2);
    // A subject that is the name of another identity would be that identity.
    const named = emit([target('first', { policy: { subject: { kind: 'exact', text: ['other'] } } }), target('other', { policy: { subject: { kind: 'exact', text: ['x'.repeat(200)] } } })]);
    expect(members(named)).toEqual([principal('first'), principal('other')]);
  });
});

describe('documents', () => {
  const all = [
    target('zeta', { policy: { claims: [{ claim: 'repository_id', value: [{ input: REPOSITORY.id }], type: 'string' }] } }),
    target('alpha', { permission: 'read-secret', keys: ['OPENAI_API_KEY', 'openai.api.key', 'openai-api-key'], platform: 'gitlab-ci', policy: { issuer: ['https://gitlab.com'] } }),
    target('mint', { permission: 'mint-token' }),
    target('cluster', { platform: 'kubernetes', policy: { issuer: ['https://kubernetes.default.svc'], uploadsKeys: true } }),
  ];

  test('every name in Terraform is declared, no two resources have one name, all is balanced', () => {
    for (const files of [emit(all), emit(all, open)]) {
      const text = textOf(files, 'google/main.tf');
      const found = tokens(text);
      expect(isBalanced(found)).toBe(true);
      for (const [, name] of text.matchAll(/\bvar\.([a-z0-9_]+)/g)) expect(text).toContain(`variable "${name ?? ''}" {`);
      const resources = [...text.matchAll(/^resource "([^"]+)" "([^"]+)"/gm)].map(([whole]) => whole);
      expect(new Set(resources).size).toBe(resources.length);
      expect(text.match(/^resource "google_iam_workload_identity_pool" /gm)).toHaveLength(1);
      expect(text.match(/^resource "google_iam_workload_identity_pool_provider" /gm)).toHaveLength(4);
    }
  });

  test('roles are granted on one secret, one service account, or the project', () => {
    const text = textOf(emit(all), 'google/main.tf');
    // Two of the three names are one secret; the two secrets would have one label.
    expect(text.match(/"google_secret_manager_secret_iam_member" "[^"]+"/g)).toEqual(['alpha-openai-api-key', 'alpha-openai-api-key-2'].map((name) => `"google_secret_manager_secret_iam_member" "${name}"`));
    expect(attribute(text, 'secret_id')).toEqual(['"OPENAI_API_KEY"', '"openai-api-key"']);
    expect(text).toContain('service_account_id = "projects/acme/serviceAccounts/bot@acme.iam.gserviceaccount.com"');
    expect(attribute(text, 'role').toSorted()).toEqual(['"roles/aiplatform.user"', '"roles/aiplatform.user"', '"roles/iam.serviceAccountOpenIdTokenCreator"', '"roles/secretmanager.secretAccessor"', '"roles/secretmanager.secretAccessor"']);
  });

  test('access of a kind that is not known is asked for, not guessed', () => {
    const { files, manual } = emitGoogle([target('robot', { permission: 'cloud-access' })], filled, KNOWN);
    expect(textOf(files, 'google/main.tf')).not.toContain('role');
    expect(manual.some((line) => line.startsWith('Grant robot'))).toBe(true);
  });

  test('are the same whatever order the targets come in', () => {
    expect(emit(all.toReversed(), open)).toEqual(emit(all, open));
  });

  test('ids keep to the rules of Google', () => {
    for (const id of ['abc', 'gcp-deploy', 'a'.repeat(40), '9lives']) {
      const text = textOf(emit([target(id)]), 'google/main.tf');
      const [provider = ''] = attribute(text, 'workload_identity_pool_provider_id').map(valueOf);
      expect(provider).toMatch(/^(?!gcp-)[a-z0-9-]{4,32}$/);
      for (const [, name] of text.matchAll(/^resource "[^"]+" "([^"]+)"/gm)) expect(name).toMatch(/^[A-Za-z_][\w-]*$/);
    }
  });

  test('keys of two issuers that cannot be reached are two variables', () => {
    const files = emit(['one', 'two'].map((id) => target(id, { platform: 'kubernetes', policy: { issuer: [`https://${id}.svc`], uploadsKeys: true } })));
    const used = attribute(textOf(files, 'google/main.tf'), 'jwks_json');
    expect(new Set(used).size).toBe(2);
    const create = textOf(files, 'google/create.sh');
    expect(new Set([...create.matchAll(/--jwk-json-path="?\$\{(JWKS_FILE_\w+)\}/g)].map(([, name]) => name)).size).toBe(2);
    for (const [, name] of create.matchAll(/--jwk-json-path=\$\{(\w+)\}/g)) expect(create).toContain(`: "\${${name ?? ''}:?`);
  });

  test('the configuration of a client holds a path and no secret', () => {
    const found = JSON.parse(textOf(emit(all), 'google/credential-config.cluster.json')) as Record<string, unknown>;
    expect(found).toMatchObject({ type: 'external_account', audience: '//iam.googleapis.com/projects/1029384/locations/global/workloadIdentityPools/dekey/providers/cluster', credential_source: { file: '/var/run/secrets/dekey/google/token' } });
    expect(emit(all).some(({ path }) => path.includes('credential-config.zeta'))).toBe(false);
  });

  test('a workload in Google has no pool, only a role', () => {
    const files = emit([target('vm', { platform: 'google-compute' })], open);
    const text = textOf(files, 'google/main.tf');
    expect(text).not.toContain('workload_identity_pool');
    expect(attribute(text, 'member')).toEqual(['"serviceAccount:${var.google_service_account_email}"']);
    expect(textOf(files, 'google/create.sh')).not.toContain('GOOGLE_PROJECT_NUMBER');
    const two = textOf(emit([target('vm', { platform: 'google-compute' }), target('run', { platform: 'google-compute' })], open), 'google/main.tf');
    expect(new Set(attribute(two, 'member')).size).toBe(2);
  });
});

/** Stands for gcloud: pools, providers and policies in a file, deleted ones kept, as the real one does. */
const GCLOUD = String.raw`#!/usr/bin/env node
const fs = require('node:fs');
const file = process.env.STATE_FILE;
const state = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : { pools: {}, providers: {}, policies: {} };
const words = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const flags = Object.fromEntries(process.argv.slice(2).filter((word) => word.startsWith('--')).map((word) => { const at = word.indexOf('='); return at < 0 ? [word.slice(2), true] : [word.slice(2, at), word.slice(at + 1)]; }));
const fail = (why) => { console.error(why); process.exit(1); };
const save = () => fs.writeFileSync(file, JSON.stringify(state));
const show = (value) => { const wanted = /^value\((.*)\)$/.exec(flags.format ?? ''); console.log(wanted ? wanted[1].split(',').map((key) => value[key] ?? '').join('\t') : JSON.stringify(value)); };
const crud = (all, id, verb, body) => {
  const one = all[id];
  if (verb === 'describe') return one ? show(one) : fail('NOT_FOUND');
  if (verb.startsWith('create')) { if (one) fail('ALREADY_EXISTS'); all[id] = { name: id, state: 'ACTIVE', ...body }; return save(); }
  if (!one) fail('NOT_FOUND');
  if (verb === 'undelete') { if (one.state !== 'DELETED') fail('NOT_DELETED'); one.state = 'ACTIVE'; return save(); }
  if (one.state === 'DELETED') fail('NOT_FOUND');
  if (verb === 'delete') one.state = 'DELETED'; else Object.assign(one, body);
  return save();
};
if (words[1] === 'workload-identity-pools' && words[2] === 'providers') {
  if (words[3] === 'list') { for (const one of Object.values(state.providers)) if (one.state === 'ACTIVE') show(one); process.exit(0); }
  if (state.pools[flags['workload-identity-pool']]?.state !== 'ACTIVE') { if (words[3] !== 'describe') fail('NOT_FOUND'); }
  const at = (flags['attribute-mapping'] ?? '').indexOf('=');
  const mapping = { [(flags['attribute-mapping'] ?? '').slice(0, at)]: (flags['attribute-mapping'] ?? '').slice(at + 1) };
  crud(state.providers, words[4], words[3], { description: flags.description, attributeMapping: mapping, attributeCondition: flags['attribute-condition'], oidc: { issuerUri: flags['issuer-uri'], allowedAudiences: (flags['allowed-audiences'] ?? '').split(','), ...(flags['jwk-json-path'] ? { jwksJson: fs.readFileSync(flags['jwk-json-path'], 'utf8') } : {}) } });
} else if (words[1] === 'workload-identity-pools') crud(state.pools, words[3], words[2], { description: flags.description });
else {
  const at = words.findIndex((word) => word.endsWith('iam-policy') || word.endsWith('iam-policy-binding'));
  const resource = words.slice(0, at).join('/') + '/' + words[at + 1];
  const bindings = (state.policies[resource] ??= []);
  const found = bindings.find(({ role }) => role === flags.role);
  if (words[at] === 'get-iam-policy') console.log(JSON.stringify({ bindings }));
  else if (words[at].startsWith('add')) { if (!found) bindings.push({ role: flags.role, members: [flags.member] }); else if (!found.members.includes(flags.member)) found.members.push(flags.member); save(); }
  else { if (!found?.members.includes(flags.member)) fail('binding not found'); found.members = found.members.filter((one) => one !== flags.member); state.policies[resource] = bindings.filter(({ members }) => members.length > 0); save(); }
}
`;

interface State {
  readonly pools: Record<string, { state: string; description?: string }>;
  readonly providers: Record<string, { state: string; description?: string; disabled?: boolean; attributeCondition: string; attributeMapping: Record<string, string>; oidc: { allowedAudiences: string[]; jwksJson?: string } }>;
  readonly policies: Record<string, { role: string; members: string[] }[]>;
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

function project(files: readonly EmittedFile[], given: Readonly<Record<string, string>> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'dekey-google-'));
  folders.push(folder);
  writeFileSync(join(folder, 'gcloud'), GCLOUD);
  chmodSync(join(folder, 'gcloud'), 0o755);
  writeFileSync(join(folder, 'jwks.json'), '{"keys":[{"kid":"1","kty":"RSA","n":"AQ","e":"AQAB"}]}');
  const stateFile = join(folder, 'state.json');
  const run = (name: string, more: Readonly<Record<string, string>> = {}) => {
    const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-c', textOf(files, `google/${name}.sh`)], { encoding: 'utf8', env: { PATH: `${folder}:${process.env['PATH'] ?? ''}`, STATE_FILE: stateFile, JWKS_FILE: join(folder, 'jwks.json'), ...given, ...more } });
    return { status, stdout, stderr };
  };
  const state = (): State => JSON.parse(readFileSync(stateFile, 'utf8')) as State;
  const tamper = (change: (state: State) => void): void => {
    const now = state();
    change(now);
    writeFileSync(stateFile, JSON.stringify(now));
  };
  return { run, state, tamper, write: (value: State) => writeFileSync(stateFile, JSON.stringify(value)), folder };
}

describe('scripts', () => {
  const targets = [target('robot'), target('secret', { permission: 'read-secret', keys: ['OPENAI_API_KEY'] }), target('cluster', { platform: 'kubernetes', policy: { issuer: ['https://kubernetes.default.svc'], uploadsKeys: true } })];

  test('make, look, make again, take back twice, and make again what was deleted', () => {
    const { run, state } = project(emit(targets));
    const made = run('create');
    expect(made).toMatchObject({ status: 0, stderr: '' });
    expect(made.stdout).toContain('GOOGLE_WORKLOAD_IDENTITY_PROVIDER=projects/1029384/locations/global/workloadIdentityPools/dekey/providers/robot\n');
    expect(run('check')).toMatchObject({ status: 0, stdout: 'As planned.\n' });
    const before = state();
    expect(run('create').status).toBe(0);
    expect(state()).toEqual(before);
    expect(run('undo')).toMatchObject({ status: 0, stderr: '' });
    expect(Object.values(state().providers).map((one) => one.state)).toEqual(['DELETED', 'DELETED', 'DELETED']);
    expect(state().pools['dekey']?.state).toBe('DELETED');
    expect(Object.values(state().policies).flat()).toEqual([]);
    expect(run('undo').status).toBe(0);
    expect(run('check').status).toBe(1);
    expect(run('create').status).toBe(0);
    expect(run('check').status).toBe(0);
  }, 60_000);

  test.each<[string, string, (state: State) => void]>([
    ['a wider condition', 'condition', ({ providers }) => Object.assign(providers['robot'] ?? {}, { attributeCondition: 'true' })],
    ['another mapping', 'mapping', ({ providers }) => Object.assign(providers['robot']?.attributeMapping ?? {}, { 'google.subject': 'assertion.actor' })],
    ['a second audience', 'audiences', ({ providers }) => providers['robot']?.oidc.allowedAudiences.push('https://evil.example')],
    ['keys of somebody', 'uploaded keys', ({ providers }) => Object.assign(providers['robot']?.oidc ?? {}, { jwksJson: '{"keys":[]}' })],
    ['other keys', 'uploaded keys', ({ providers }) => Object.assign(providers['cluster']?.oidc ?? {}, { jwksJson: '{"keys":[{"kid":"1","kty":"RSA","n":"AB","e":"AQAB"}]}' })],
    ['a switched off provider', 'state', ({ providers }) => Object.assign(providers['robot'] ?? {}, { disabled: true })],
    ['a role too many', 'roles/owner', ({ policies }) => policies['projects/acme']?.push({ role: 'roles/owner', members: ['principal://iam.googleapis.com/projects/1029384/locations/global/workloadIdentityPools/dekey/subject/repo:acme/app:ref:refs/heads/robot'] })],
    ['a role on the project for who reads a secret', 'whole project', ({ policies }) => policies['projects/acme']?.push({ role: 'roles/viewer', members: ['principal://iam.googleapis.com/projects/1029384/locations/global/workloadIdentityPools/dekey/subject/repo:acme/app:ref:refs/heads/secret'] })],
    ['a role gone', 'access', ({ policies }) => policies['secrets/OPENAI_API_KEY']?.splice(0)],
  ])('check finds %s', (_, word, change) => {
    const { run, tamper } = project(emit(targets));
    expect(run('create').status).toBe(0);
    tamper(change);
    const { status, stdout } = run('check');
    expect(status).toBe(1);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(stdout).toContain(word);
  }, 60_000);

  test('a provider or a pool of somebody else is left as it is', () => {
    const { run, state, write } = project(emit([target('robot')]));
    const foreign: State = { pools: { dekey: { state: 'ACTIVE' } }, providers: { robot: { state: 'ACTIVE', description: 'ours', attributeCondition: 'x', attributeMapping: {}, oidc: { allowedAudiences: [] } } }, policies: { 'projects/acme': [] } };
    write(foreign);
    expect(run('create').status).toBe(1);
    expect(run('undo').stdout).toContain('left alone');
    expect(state()).toEqual(foreign);
  }, 60_000);

  test('a value that would end its string in the condition is refused before anything is made', () => {
    const files = emit([target('robot', { policy: { claims: [{ claim: 'repository_id', value: [{ input: REPOSITORY.id }], type: 'string' }] } })], filled);
    const { run, state } = project(files);
    for (const value of ["' || true || '", '1\n2', '*', '']) expect(run('create', { GITHUB_REPOSITORY_ID: value }).status).toBe(1);
    expect(() => state()).toThrow('ENOENT');
    expect(run('create', { GITHUB_REPOSITORY_ID: '5566778' }).status).toBe(0);
    expect(state().providers['robot']?.attributeCondition).toContain("assertion.repository_id == '5566778'");
    expect(run('check', { GITHUB_REPOSITORY_ID: '5566778' }).status).toBe(0);
  }, 60_000);

  test('the role of an existing service account goes only when a person says so', () => {
    const { run, state } = project(emit([target('vm', { platform: 'google-compute' })]));
    expect(run('create').status).toBe(0);
    expect(run('check').status).toBe(0);
    expect(run('undo').status).toBe(0);
    expect(state().policies['projects/acme']).toHaveLength(1);
    expect(run('undo', { REMOVE_ROLES: 'yes' }).status).toBe(0);
    expect(state().policies['projects/acme']).toEqual([]);
  }, 60_000);
});
