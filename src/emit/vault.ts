import type { EmittedFile, Emitter, Target } from '../model/federation.ts';
import type { Input } from '../model/text.ts';
import { type Block, expression } from './_hcl.ts';
import { terraformFile } from './_hcl-party.ts';
import { Asking, byId, byIssuer, scriptFile } from './_party.ts';
import { jq, type Statement } from './_shell.ts';
import { data, type Data, inputsOf, jsonText } from './_text.ts';

const KV_PATH: Input = { id: 'vault.kv_mount', title: 'Mount of the KV version 2 store', shape: 'path', how: 'vault secrets list; usually secret.' };
const TOOLS = ['vault', 'jq'] as const;

/** Vault or OpenBao: a mount of the auth method jwt for each issuer; for each identity a role bound to its claims, and a policy for its keys alone. */
export const emitVault: Emitter = (targets, ask, known) => {
  const asking = new Asking(ask, known);
  const mount = asking.get(KV_PATH);
  const issuers = byIssuer(targets).map((group) => ({ ...group, path: `jwt-${group.slug}` }));
  const roles = byId(targets).map((target) => ({ target, path: issuers.find((issuer) => issuer.targets.includes(target))?.path ?? '', body: roleBody(target) }));
  const configs = issuers.map(({ path, issuer, uploadsKeys }) => ({
    path,
    uploadsKeys,
    body: { bound_issuer: data(issuer), ...(uploadsKeys ? {} : { oidc_discovery_url: data(issuer) }) } satisfies { readonly [key: string]: Data },
  }));
  const used = [...roles.flatMap(({ body }) => inputsOf(body)), ...configs.flatMap(({ body }) => inputsOf(body)), ...inputsOf(data(mount))];
  const inputs = asking.describe(used);
  const files: EmittedFile[] = [
    ...roles.map(({ target, path, body }): EmittedFile => ({ path: `vault/role.${target.id}.json`, kind: 'json', role: 'create', purpose: `Role ${target.id} of auth/${path}: whose tokens it takes.`, text: jsonText(body) })),
    ...roles.map(({ target }): EmittedFile => ({ path: `vault/policy.${target.id}.hcl`, kind: 'hcl', role: 'create', purpose: `Policy ${target.id}: the keys it may read, and nothing else. Replace the mount when it is not secret/.`, text: policyText(target) })),
    terraformFile(
      'vault',
      'Auth methods, roles and policies of Vault or OpenBao.',
      { name: 'vault', source: 'hashicorp/vault', version: '>= 4.0' },
      asking,
      [
        { type: 'locals', attributes: { kv_mount: data(mount) } },
        ...configs.map(({ path, body, uploadsKeys }): Block => ({
          type: 'resource',
          labels: ['vault_jwt_auth_backend', path],
          attributes: { path, ...body, ...(uploadsKeys ? { jwt_validation_pubkeys: expression('var.jwt_validation_pubkeys') } : {}) },
        })),
        ...roles.flatMap(({ target, path, body }) => roleBlocks(target, path, body)),
      ],
      configs.some(({ uploadsKeys }) => uploadsKeys) ? [{ type: 'variable', labels: ['jwt_validation_pubkeys'], attributes: { type: expression('list(string)'), description: 'Public keys of the issuer in PEM, since Vault cannot reach it.' } }] : [],
    ),
    scriptFile('vault', 'create', 'Makes auth methods, roles and policies where they are missing, and puts right those that differ.', {
      tools: TOOLS,
      inputs,
      body: [...configs.flatMap(createMount), ...roles.flatMap(({ target, path, body }) => createRole(target, path, body))],
    }),
    scriptFile('vault', 'check', 'Reads the roles and names every difference from the plan. Exit 1 when there is any.', {
      tools: TOOLS,
      inputs,
      body: [
        { kind: 'set', variable: 'WRONG', value: '0' },
        ...roles.flatMap(({ target, path, body }) => checkRole(target, path, body)),
        { kind: 'when', test: ['test', { variable: 'WRONG' }, '=', '1'], body: [{ kind: 'fail', parts: ['Not as planned.'] }], otherwise: [{ kind: 'say', parts: ['As planned.'] }] },
      ],
    }),
    scriptFile('vault', 'undo', 'Deletes the roles and policies of this plan. Auth methods stay when they have other roles.', {
      tools: TOOLS,
      inputs: [],
      body: [
        ...roles.flatMap(({ target, path }): Statement[] => [
          { kind: 'run', pipe: [['vault', 'delete', `auth/${path}/role/${target.id}`]] },
          { kind: 'run', pipe: [['vault', 'policy', 'delete', target.id]] },
        ]),
        ...configs.map(({ path }): Statement => ({ kind: 'unless', test: ['vault', 'list', `auth/${path}/role`], body: [{ kind: 'run', pipe: [['vault', 'auth', 'disable', path]] }], otherwise: [{ kind: 'say', parts: [`auth/${path} has other roles, left as it is`] }] })),
      ],
    }),
  ];
  return {
    files,
    manual: ['Put the keys into the KV store once, with vault kv put and the value on standard input, and rotate them there: they still exist.', ...roles.map(({ target, path }) => `${target.workload}: log in with vault write auth/${path}/login role=${target.id} jwt=@TOKEN_FILE, and read the key in the one step that needs it.`)],
  };
};

function roleBody(target: Target): { readonly [key: string]: Data } {
  const { policy } = target;
  const { subject } = policy;
  if (subject === undefined && policy.claims.length === 0) throw new Error(`nothing to bind ${target.id} to`);
  const claims = Object.fromEntries(policy.claims.map(({ claim, value }) => [claim, data(value)]));
  return {
    role_type: 'jwt',
    user_claim: 'sub',
    bound_audiences: [data(policy.audience)],
    ...(subject?.kind === 'exact' ? { bound_subject: data(subject.text) } : {}),
    ...(Object.keys(claims).length === 0 ? {} : { bound_claims_type: 'string', bound_claims: claims }),
    token_policies: [target.id],
    token_no_default_policy: true,
    token_ttl: '10m',
    token_max_ttl: '10m',
    token_type: 'batch',
  };
}

/** The names of the keys are names of variables, so they hold nothing that a path or a string would read as more. */
function secretName(key: string): string {
  return key.toLowerCase().replace(/[^a-z0-9_-]/g, '_');
}

function policyText(target: Target): string {
  return `# What ${target.id} may read.\n${target.keys.map((key) => `path "secret/data/ai/${secretName(key)}" {\n  capabilities = ["read"]\n}\n`).join('\n')}`;
}

function roleBlocks(target: Target, path: string, body: { readonly [key: string]: Data }): Block[] {
  const { role_type, user_claim, bound_audiences, bound_subject, bound_claims_type, bound_claims, token_no_default_policy } = body;
  const paths = target.keys.map((key) => `"path \\"\${local.kv_mount}/data/ai/${secretName(key)}\\" { capabilities = [\\"read\\"] }"`);
  return [
    { type: 'resource', labels: ['vault_policy', target.id], attributes: { name: target.id, policy: expression(`join("\\n", [${paths.join(', ')}])`) } } satisfies Block,
    {
      type: 'resource',
      labels: ['vault_jwt_auth_backend_role', target.id],
      attributes: {
        backend: expression(`vault_jwt_auth_backend.${path}.path`),
        role_name: target.id,
        role_type: role_type ?? 'jwt',
        user_claim: user_claim ?? 'sub',
        bound_audiences: bound_audiences ?? [],
        ...(bound_subject === undefined ? {} : { bound_subject }),
        ...(bound_claims === undefined ? {} : { bound_claims_type: bound_claims_type ?? 'string', bound_claims }),
        token_policies: [target.id],
        token_no_default_policy: token_no_default_policy ?? true,
        token_ttl: 600,
        token_max_ttl: 600,
        token_type: 'batch',
      },
    } satisfies Block,
  ];
}

function createMount({ path, body, uploadsKeys }: { readonly path: string; readonly body: { readonly [key: string]: Data }; readonly uploadsKeys: boolean }): Statement[] {
  return [
    { kind: 'comment', text: `Auth method at ${path}` },
    { kind: 'unless', test: ['vault', 'read', `auth/${path}/config`], body: [{ kind: 'run', pipe: [['vault', 'auth', 'enable', `-path=${path}`, 'jwt']] }] },
    ...(uploadsKeys
      ? ([
          { kind: 'comment', text: 'Vault cannot reach this issuer: give it the public keys in PEM, and again when they are rotated.' },
          { kind: 'when', test: ['test', '-z', { variable: 'PEM_FILE:-' }], body: [{ kind: 'fail', parts: ['PEM_FILE is not set: a file with the public keys of the issuer.'] }] },
          { kind: 'run', pipe: [jq(body), ['jq', '--compact-output', '--rawfile', 'pem', { variable: 'PEM_FILE' }, '.jwt_validation_pubkeys = [$pem]'], ['vault', 'write', `auth/${path}/config`, '-']] },
        ] satisfies Statement[])
      : ([{ kind: 'run', pipe: [jq(body), ['vault', 'write', `auth/${path}/config`, '-']] }] satisfies Statement[])),
    { kind: 'blank' },
  ];
}

function createRole(target: Target, path: string, body: { readonly [key: string]: Data }): Statement[] {
  return [
    { kind: 'comment', text: `${target.id}: ${target.workload}` },
    { kind: 'run', pipe: [jq(Object.fromEntries(target.keys.map((key) => [`path ${secretName(key)}`, secretName(key)]))), ['jq', '--raw-output', '--arg', 'mount', { variable: 'VAULT_KV_MOUNT:-secret' }, 'to_entries[] | "path \\"\\($mount)/data/ai/\\(.value)\\" { capabilities = [\\"read\\"] }"'], ['vault', 'policy', 'write', target.id, '-']] },
    { kind: 'run', pipe: [jq(body), ['vault', 'write', `auth/${path}/role/${target.id}`, '-']] },
    { kind: 'blank' },
  ];
}

function checkRole(target: Target, path: string, body: { readonly [key: string]: Data }): Statement[] {
  const names = ['bound_audiences', 'bound_subject', 'bound_claims'].filter((name) => name in body);
  const shape = `{${names.join(', ')}}`;
  return [
    {
      kind: 'unless',
      test: ['vault', 'read', `auth/${path}/role/${target.id}`],
      body: [{ kind: 'say', parts: [`${target.id}: missing`] }, { kind: 'set', variable: 'WRONG', value: '1' }],
      otherwise: [
        { kind: 'capture', variable: 'WANTED', pipe: [jq(body), ['jq', '--sort-keys', '--compact-output', shape]] },
        { kind: 'capture', variable: 'STANDS', pipe: [['vault', 'read', '-format=json', `auth/${path}/role/${target.id}`], ['jq', '--sort-keys', '--compact-output', `.data | ${shape}`]] },
        { kind: 'unless', test: ['test', { variable: 'WANTED' }, '=', { variable: 'STANDS' }], body: [{ kind: 'say', parts: [`${target.id}: is `, { variable: 'STANDS' }, ', planned is ', { variable: 'WANTED' }] }, { kind: 'set', variable: 'WRONG', value: '1' }] },
      ],
    },
  ];
}
