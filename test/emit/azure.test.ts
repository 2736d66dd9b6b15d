import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { emitAzure } from '../../src/emit/azure.ts';
import type { EmittedFile, Permission, Target } from '../../src/model/federation.ts';
import type { Input, Text } from '../../src/model/text.ts';

const GITHUB = 'https://token.actions.githubusercontent.com';
const ISSUER: Input = { id: 'azure_pipelines.issuer', title: 'Issuer of the service connection', shape: 'url', how: 'The page of the service connection.' };
const KNOWN = new Map([[ISSUER.id, ISSUER]]);
const OPENAI_USER = '5e0bd9bd-7b93-4f28-af87-19fc36ad61bd';
const SECRETS_USER = '4633458b-17de-408a-b874-0445c86b69e6';
const FOUNDRY_USER = '53ca6127-db72-4b80-b1b0-d745d6d5456d';
const COGNITIVE_USER = 'a97b65f3-24c7-4388-baec-2e87135dc908';
const PRINCIPAL = '00000000-0000-4000-8000-000000000009';

function target(id: string, over: Partial<Omit<Target, 'policy'>> & { readonly policy?: Partial<Target['policy']> } = {}): Target {
  const { policy, ...rest } = over;
  return {
    id, party: 'azure', platform: 'github-actions', workload: `ci.yml › ${id}`, path: '.github/workflows/ci.yml', facts: {}, permission: 'azure-openai', provider: 'azure-openai', keys: ['AZURE_OPENAI_API_KEY'], lifetime: 3600, ...rest,
    policy: { issuer: [GITHUB], issuerIsShared: true, audience: ['api://AzureADTokenExchange'], subject: { kind: 'exact', text: [`repo:acme/app:environment:${id}`] }, claims: [], uploadsKeys: false, ...policy },
  };
}

const VALUES: Readonly<Record<string, string>> = { 'azure.subscription_id': '00000000-0000-4000-8000-000000000001', 'azure.resource_group': 'Acme', 'azure.account_name': 'acme-ai', 'azure.key_vault': 'acme-vault', 'azure.location': 'westeurope', 'azure.principal_id': PRINCIPAL };
const open = (input: Input): Text => [{ input: input.id }];
const filled = (input: Input): Text => [VALUES[input.id] ?? 'x'];

function emit(targets: readonly Target[], ask = filled): readonly EmittedFile[] {
  return emitAzure(targets, ask, KNOWN).files;
}

function textOf(files: readonly EmittedFile[], path: string): string {
  const found = files.find((file) => file.path === path);
  if (found === undefined) throw new Error(`no ${path}`);
  return found.text;
}

/** Declarations of Bicep, read without the writer; strings are kept with their quotes. Throws on a string that does not end. */
function bicepTokens(text: string): readonly string[] {
  const found: string[] = [];
  const next = /\s+|\/\/[^\n]*|'(?:\\(?:[\\'nrt]|\$\{)|\$\{[a-z0-9_]+\}|\$(?!\{)|[^'\\\n$])*'|@?[A-Za-z_]\w*|[0-9]+|[{}[\](),:.=]/y;
  while (next.lastIndex < text.length) {
    const at = next.lastIndex;
    const [token] = next.exec(text) ?? [];
    if (token === undefined) throw new Error(`unreadable: ${text.slice(at, at + 60)}`);
    if (token.trim() !== '' && !token.startsWith('//')) found.push(token);
  }
  return found;
}

/** The same for Terraform. */
function hclTokens(text: string): readonly string[] {
  const found: string[] = [];
  const next = /\s+|#[^\n]*|"(?:\\(?:[\\"nrt]|u[0-9a-f]{4})|[^"\\\n])*"|[A-Za-z_][\w.-]*|[0-9]+|>=|[{}[\](),=.]/y;
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

/** Values that follow `name` and `sign`. */
function after(tokens: readonly string[], name: string, sign: string): readonly string[] {
  return tokens.flatMap((token, at) => (token === name && tokens[at + 1] === sign ? [tokens[at + 2] ?? ''] : []));
}

const nasty = fc.string({ unit: fc.constantFrom('a', "'", '"', '$', '{', '}', '%', '\\', '\n', '\r', ' ', '/', '(', ')'), maxLength: 16 });
const all = [
  target('zeta'),
  target('alpha', { permission: 'read-secret', keys: ['OPENAI_API_KEY', 'openai-api-key', 'XAI_API_KEY'] }),
  target('foundry', { permission: 'azure-ai', platform: 'azure-pipelines', policy: { issuer: [{ input: ISSUER.id }], subject: { kind: 'exact', text: ['/eid1/c/pub/t/', { input: ISSUER.id }] } } }),
  target('mint', { permission: 'mint-token' }),
  target('vm-bot', { platform: 'azure-identity' }),
];

describe('documents', () => {
  test('a federated credential says issuer, whole subject and audience', () => {
    expect(JSON.parse(textOf(emit(all), 'azure/credential.zeta.json'))).toEqual({ name: 'dekey', issuer: GITHUB, subject: 'repo:acme/app:environment:zeta', audiences: ['api://AzureADTokenExchange'] });
  });

  test('a subject that is not whole is refused, and so is a permission of another cloud', () => {
    expect(() => emit([target('bot', { policy: { subject: { kind: 'prefix', text: ['repo:acme/'] } } })])).toThrow('exact subject');
    expect(() => emit([target('bot', { permission: 'vertex-predict' })])).toThrow('no role');
  });

  test('roles are given by id, on the resource or on one secret; never the role that lists keys', () => {
    const roleOf = (permission: Permission): readonly string[] => [...textOf(emit([target('bot', { permission })]), 'azure/main.tf').matchAll(/roleDefinitions\/([0-9a-f-]+)"/g)].map(([, id]) => id ?? '');
    expect(roleOf('azure-openai')).toEqual([OPENAI_USER]);
    expect(roleOf('azure-ai')).toEqual([FOUNDRY_USER]);
    expect(roleOf('read-secret')).toEqual([SECRETS_USER]);
    expect(roleOf('mint-token')).toEqual([]);
    expect(roleOf('cloud-access')).toEqual([]);
    for (const { text } of emit(all)) expect(text).not.toContain(COGNITIVE_USER);
    const scopes = after(hclTokens(textOf(emit(all), 'azure/main.tf')), 'scope', '=');
    expect(scopes).toHaveLength(5);
    for (const scope of scopes) expect(scope).toMatch(/\/(?:accounts\/acme-ai|vaults\/acme-vault\/secrets\/[\w-]+)"$/);
    expect(scopes.filter((scope) => /openai-api-key/i.test(scope))).toHaveLength(1);
  });

  test('Bicep and Terraform are whole: declared once, declared before use, balanced', () => {
    for (const files of [emit(all), emit(all, open), emit([target('mint', { permission: 'mint-token' })], open)]) {
      const bicep = textOf(files, 'azure/main.bicep');
      const tokens = bicepTokens(bicep);
      expect(isBalanced(tokens)).toBe(true);
      const symbols = tokens.flatMap((token, at) => (token === 'resource' || token === 'param' ? [tokens[at + 1] ?? ''] : []));
      expect(new Set(symbols).size).toBe(symbols.length);
      for (const parent of [...after(tokens, 'parent', ':'), ...after(tokens, 'scope', ':')]) expect(symbols).toContain(parent);
      for (const [, name] of bicep.matchAll(/\$\{([a-z0-9_]+)\}/g)) expect(symbols).toContain(name);
      expect(after(tokens, 'subject', ':')).toHaveLength(symbols.filter((name) => name.startsWith('credential_')).length);
      const terraform = textOf(files, 'azure/main.tf');
      expect(isBalanced(hclTokens(terraform))).toBe(true);
      for (const [, name] of terraform.matchAll(/\bvar\.([a-z0-9_]+)/g)) expect(terraform).toContain(`variable "${name ?? ''}" {`);
      const resources = [...terraform.matchAll(/^resource "[^"]+" "[^"]+"/gm)].map(([whole]) => whole);
      expect(new Set(resources).size).toBe(resources.length);
      expect(terraform).not.toMatch(/parent_id|resource_group_name\s*=.*\n.*issuer/);
    }
  });

  test('an open input is a parameter, a variable, and asked for by the scripts', () => {
    const files = emit(all, open);
    expect(textOf(files, 'azure/main.bicep')).toContain('@minLength(1)\nparam azure_pipelines_issuer string\n');
    expect(textOf(files, 'azure/main.bicep')).toContain('issuer: azure_pipelines_issuer\n');
    expect(textOf(files, 'azure/main.tf')).toContain('variable "azure_pipelines_issuer" {');
    for (const name of ['create', 'check', 'undo']) {
      const script = textOf(files, `azure/${name}.sh`);
      for (const [, used] of script.matchAll(/"\$\{(AZURE_[A-Z_]+)\}/g)) expect(script).toContain(`: "\${${used ?? ''}:?`);
    }
  });

  test('no literal ends its string', () => {
    fc.assert(
      fc.property(nasty, nasty, (subject, workload) => {
        const files = emit([target('bot', { workload, policy: { subject: { kind: 'exact', text: [subject] } } })]);
        const plain = (text: string): string => text.slice(1, -1).replaceAll('\\${', '${').replace(/\\(.)/g, (_, escape: string) => ({ n: '\n', r: '\r' })[escape] ?? escape);
        const tokens = bicepTokens(textOf(files, 'azure/main.bicep'));
        expect(isBalanced(tokens)).toBe(true);
        expect(after(tokens, 'subject', ':').map(plain)).toEqual([subject]);
        const [written = ''] = after(hclTokens(textOf(files, 'azure/main.tf')), 'subject', '=');
        expect(written.replaceAll('$${', '').replaceAll('%%{', '')).not.toMatch(/[$%]\{/);
        expect(JSON.parse(textOf(files, 'azure/credential.bot.json'))).toMatchObject({ subject });
      }),
    );
  });

  test('a workload with a managed identity gets a role and nothing else', () => {
    const files = emit([target('vm-bot', { platform: 'azure-identity' })]);
    const text = textOf(files, 'azure/main.tf');
    expect([...text.matchAll(/^resource "([^"]+)"/gm)].map(([, type]) => type)).toEqual(['azurerm_role_assignment']);
    expect(after(hclTokens(text), 'principal_id', '=')).toEqual([`"${PRINCIPAL}"`]);
    expect(files.some(({ path }) => path.startsWith('azure/credential.'))).toBe(false);
  });

  test('switching keys off is a step of its own', () => {
    const files = emit(all);
    for (const { path, text } of files) if (path !== 'azure/disable-keys.sh') expect(text, path).not.toContain('disableLocalAuth');
    expect(textOf(files, 'azure/disable-keys.sh')).toContain('properties.disableLocalAuth=true');
    expect(emit([target('bot', { permission: 'read-secret' })]).some(({ path }) => path === 'azure/disable-keys.sh')).toBe(false);
  });

  test('are the same whatever order the targets come in', () => {
    expect(emit(all.toReversed(), open)).toEqual(emit(all, open));
  });
});

/** Stands for az: identities, credentials and role assignments in a file. An assignment outlives its identity, as at the real one. */
const AZ = String.raw`#!/usr/bin/env node
const fs = require('node:fs');
const file = process.env.STATE_FILE;
const state = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : { next: 1, identities: {}, assignments: [] };
const argv = process.argv.slice(2);
const words = argv.slice(0, argv.findIndex((word) => word.startsWith('--')));
const flags = {};
for (let at = words.length; at < argv.length; ) { const name = argv[at].slice(2); const value = argv[at + 1]; if (value === undefined || value.startsWith('--')) { flags[name] = true; at += 1; } else { flags[name] = value; at += 2; } }
const fail = (why) => { console.error(why); process.exit(3); };
const save = () => fs.writeFileSync(file, JSON.stringify(state));
if (!flags.subscription) fail('no subscription');
const show = (value) => {
  const { query } = flags;
  const found = query === undefined ? value : query === "join(' ', audiences)" ? value.audiences.join(' ') : query === "join(' ', sort([].name))" ? value.map(({ name }) => name).sort().join(' ') : query.split('.').reduce((one, key) => one?.[key], value);
  console.log(flags.output === 'json' ? JSON.stringify(found) : (found ?? ''));
};
const key = words.join(' ');
const identity = state.identities[flags['identity-name'] ?? flags.name];
if (key === 'identity show') identity ? show(identity) : fail('ResourceNotFound');
else if (key === 'identity create') { const [name, value] = flags.tags.split('='); state.identities[flags.name] = { id: '/identities/' + flags.name, principalId: 'principal-' + state.next, clientId: 'client-' + state.next, tags: { [name]: value }, credentials: [] }; state.next += 1; save(); }
else if (key === 'identity delete') { if (!identity) fail('ResourceNotFound'); delete state.identities[flags.name]; save(); }
else if (words[1] === 'federated-credential') {
  if (!identity) fail('ResourceNotFound');
  const one = identity.credentials.find(({ name }) => name === flags.name);
  const body = { id: '/credentials/' + flags.name, name: flags.name, issuer: flags.issuer, subject: flags.subject, audiences: [flags.audiences] };
  if (words[2] === 'list') show(identity.credentials);
  else if (words[2] === 'show') one ? show(one) : fail('ResourceNotFound');
  else if (words[2] === 'create') { if (one) fail('exists'); identity.credentials.push(body); save(); }
  else { if (!one) fail('ResourceNotFound'); Object.assign(one, body); save(); }
} else if (key === 'role assignment list') show(state.assignments.filter(({ scope }) => flags.all === true || scope.toLowerCase() === flags.scope.toLowerCase()));
else if (key === 'role assignment create') { state.assignments.push({ id: '/assignments/' + state.next, principalId: flags['assignee-object-id'], scope: flags.scope.toLowerCase(), description: flags.description, roleDefinitionId: '/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/' + flags.role, condition: null }); state.next += 1; save(); }
else if (key === 'role assignment delete') { if (!state.assignments.some(({ id }) => id === flags.ids)) fail('not found'); state.assignments = state.assignments.filter(({ id }) => id !== flags.ids); save(); }
else if (key === 'cognitiveservices account show') show({ id: '/accounts/acme-ai', properties: { customSubDomainName: process.env.SUBDOMAIN ?? 'acme' } });
else fail('unknown command: ' + key);
`;

interface Assignment {
  readonly id: string;
  readonly principalId: string;
  readonly scope: string;
  readonly description: string | null;
  readonly roleDefinitionId: string;
  readonly condition: string | null;
}

interface State {
  next: number;
  readonly identities: Record<string, { readonly id: string; readonly principalId: string; readonly clientId: string; readonly tags: Record<string, string>; readonly credentials: { name: string; issuer: string; subject: string; audiences: string[] }[] }>;
  readonly assignments: Assignment[];
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

function subscription(files: readonly EmittedFile[]) {
  const folder = mkdtempSync(join(tmpdir(), 'dekey-azure-'));
  folders.push(folder);
  writeFileSync(join(folder, 'az'), AZ);
  chmodSync(join(folder, 'az'), 0o755);
  const stateFile = join(folder, 'state.json');
  const state = (): State => JSON.parse(readFileSync(stateFile, 'utf8')) as State;
  return {
    state,
    run: (name: string, more: Readonly<Record<string, string>> = {}) => {
      const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-c', textOf(files, `azure/${name}.sh`)], { encoding: 'utf8', env: { PATH: `${folder}:${process.env['PATH'] ?? ''}`, STATE_FILE: stateFile, ...more } });
      return { status, stdout, stderr };
    },
    write: (value: State): void => writeFileSync(stateFile, JSON.stringify(value)),
    tamper: (change: (state: State) => void): void => {
      const now = state();
      change(now);
      writeFileSync(stateFile, JSON.stringify(now));
    },
  };
}

describe('scripts', () => {
  const targets = [target('robot'), target('secret', { permission: 'read-secret', keys: ['OPENAI_API_KEY', 'XAI_API_KEY'] }), target('mint', { permission: 'mint-token' })];

  test('make, look, make again, take back twice', () => {
    const { run, state } = subscription(emit(targets));
    expect(run('create')).toMatchObject({ status: 0, stderr: '', stdout: '# mint\nAZURE_CLIENT_ID=client-1\n# robot\nAZURE_CLIENT_ID=client-2\n# secret\nAZURE_CLIENT_ID=client-4\n' });
    expect(run('check')).toMatchObject({ status: 0, stdout: 'As planned.\n' });
    const before = state();
    expect(run('create').status).toBe(0);
    expect(state()).toEqual(before);
    expect(run('undo')).toMatchObject({ status: 0, stderr: '' });
    expect(state()).toMatchObject({ identities: {}, assignments: [] });
    expect(run('undo').status).toBe(0);
    expect(run('check').status).toBe(1);
  }, 60_000);

  test.each<[string, string, (state: State) => void]>([
    ['another subject', 'subject', ({ identities }) => Object.assign(identities['robot']?.credentials[0] ?? {}, { subject: 'repo:evil/app' })],
    ['another issuer', 'issuer', ({ identities }) => Object.assign(identities['robot']?.credentials[0] ?? {}, { issuer: 'https://evil.example' })],
    ['a second audience', 'audiences', ({ identities }) => identities['robot']?.credentials[0]?.audiences.push('x')],
    ['a second way in', 'federated credentials', ({ identities }) => identities['robot']?.credentials.push({ name: 'back-door', issuer: 'https://evil.example', subject: 'x', audiences: [] })],
    ['a role too many', 'unplanned', (state) => state.assignments.push({ id: '/assignments/x', principalId: state.identities['robot']?.principalId ?? '', scope: '/subscriptions/s', description: null, roleDefinitionId: '/x/owner', condition: null })],
    ['a role gone', 'missing', ({ assignments }) => assignments.splice(0, 1)],
    ['a lost tag', 'tag', ({ identities }) => Object.assign(identities['robot']?.tags ?? {}, { dekey: 'x' })],
  ])('check finds %s', (_, word, change) => {
    const { run, tamper } = subscription(emit(targets));
    expect(run('create').status).toBe(0);
    tamper(change);
    const { status, stdout } = run('check');
    expect(status).toBe(1);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(stdout).toContain(word);
  }, 60_000);

  test('check finds a resource that cannot take tokens', () => {
    const { run } = subscription(emit(targets));
    expect(run('create').status).toBe(0);
    expect(run('check', { SUBDOMAIN: '' })).toMatchObject({ status: 1, stdout: 'custom subdomain of the resource is missing, planned is set\n' });
  }, 60_000);

  test('an identity of somebody else is left as it is', () => {
    const { run, state, write } = subscription(emit([target('robot')]));
    const foreign: State = { next: 5, identities: { robot: { id: '/identities/robot', principalId: 'p', clientId: 'c', tags: {}, credentials: [] } }, assignments: [] };
    write(foreign);
    expect(run('create').status).toBe(1);
    expect(run('undo').stdout).toContain('left alone');
    expect(state()).toEqual(foreign);
  }, 60_000);

  test('a role that an existing identity had before stays when the plan is taken back', () => {
    const { run, state, write } = subscription(emit([target('vm-bot', { platform: 'azure-identity' })]));
    expect(run('create').status).toBe(0);
    expect(run('check').status).toBe(0);
    const [made] = state().assignments;
    if (made === undefined) throw new Error('nothing was assigned');
    expect(run('undo').status).toBe(0);
    expect(state().assignments).toEqual([]);
    const older = { ...made, description: null };
    write({ next: 9, identities: {}, assignments: [older] });
    for (const name of ['create', 'check', 'undo']) expect(run(name).status, name).toBe(0);
    expect(state().assignments).toEqual([older]);
  }, 60_000);
});
