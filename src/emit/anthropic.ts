import type { EmittedFile, Emitter, Target } from '../model/federation.ts';
import type { Text } from '../model/text.ts';
import { partyInputs } from '../parties/inputs.ts';
import { Asking, byId, byIssuer, celClaim, celText, scriptFile } from './_party.ts';
import { type Command, jq, request, scriptValue, type Statement } from './_shell.ts';
import { concat, data, type Data, inputsOf, jsonText, placeholder } from './_text.ts';

const API = 'https://api.anthropic.com/v1/organizations';
const BEARER = {
  variable: 'ANTHROPIC_AUTH_TOKEN',
  how: 'A token with the scope org:admin, which lives for minutes: ant auth login --profile admin --scope "org:admin", then ANTHROPIC_AUTH_TOKEN="$(ant auth print-credentials --profile admin --access-token)". Keep ANTHROPIC_API_KEY unset.',
  headers: ['anthropic-version: 2023-06-01'],
} as const;
const TOOLS = ['curl', 'jq'] as const;
/** Platforms whose own tokens live longer than the hour that an issuer takes by default. */
const LONG_TOKENS: Readonly<Record<string, number>> = { 'azure-identity': 86_400, 'gitlab-ci': 86_400, 'hcp-terraform': 86_400, auth0: 86_400, modal: 176_400 };

/** Anthropic: an issuer for each issuer URL; for each identity a service account, its membership of the workspace, and a rule. */
export const emitAnthropic: Emitter = (targets, ask, known) => {
  const asking = new Asking(ask, known);
  const workspace = asking.get(input('anthropic.workspace_id'));
  const issuers = byIssuer(targets).map((group) => ({ ...group, name: `dekey-${group.slug}`, body: issuerBody(group) }));
  const rules = byId(targets).map((target) => ({ target, body: ruleBody(target, workspace), issuer: issuers.find((issuer) => issuer.targets.includes(target))?.name ?? '' }));
  const used = [...issuers.flatMap(({ body }) => inputsOf(body)), ...rules.flatMap(({ body }) => inputsOf(body))];
  const inputs = asking.describe(used.filter((id) => !SCRIPT_VALUES.has(id)));
  const files: EmittedFile[] = [
    ...issuers.map(({ name, body }): EmittedFile => ({ path: `anthropic/issuer.${name}.json`, kind: 'json', role: 'create', purpose: 'Body of POST /v1/organizations/federation_issuers: who signs the tokens.', text: jsonText(body) })),
    ...rules.map(({ target, body, issuer }): EmittedFile => ({ path: `anthropic/rule.${target.id}.json`, beside: `anthropic/issuer.${issuer}.json`, kind: 'json', role: 'create', purpose: `Body of POST /v1/organizations/federation_rules: whose tokens may act for ${target.id}.`, text: jsonText(body) })),
    scriptFile('anthropic', 'create', 'Makes issuer, service accounts and federation rules at Anthropic where they are missing, and prints the ids that the workloads need.', {
      tools: TOOLS,
      inputs,
      bearer: BEARER,
      body: [
        ...issuers.flatMap(({ name, body, uploadsKeys }) => createIssuer(name, body, uploadsKeys)),
        ...rules.flatMap(({ target, body, issuer }) => createRule(target, body, issuer, workspace)),
      ],
    }),
    scriptFile('anthropic', 'check', 'Reads what stands at Anthropic and names every difference from the plan. Exit 1 when there is any.', {
      tools: TOOLS,
      inputs,
      bearer: BEARER,
      body: [{ kind: 'set', variable: 'WRONG', value: '0' }, ...issuers.flatMap(({ name, body }) => checkIssuer(name, body)), ...rules.flatMap(({ target, body }) => checkRule(target, body)), finish()],
    }),
    scriptFile('anthropic', 'undo', 'Archives the rules, service accounts and issuers of this plan: exchange stops at once, tokens already given live until they expire.', {
      tools: TOOLS,
      inputs: [],
      bearer: BEARER,
      body: [
        ...rules.flatMap(({ target }) => [...archive('federation_rules', target.id), ...archive('service_accounts', target.id)]),
        { kind: 'comment', text: 'An issuer that another rule still uses is refused (400): then it stays.' },
        ...issuers.flatMap(({ name }) => archive('federation_issuers', name, true)),
      ],
    }),
    ...(issuers.some(({ uploadsKeys }) => uploadsKeys)
      ? [
          {
            path: 'anthropic/renew-keys.sh',
            kind: 'shell',
            role: 'switch',
            purpose: 'Uploads the public keys of issuers that Anthropic cannot reach, before each rotation takes effect: run it on a schedule.',
            text: scriptFile('anthropic', 'check', 'Uploads the public keys of issuers that Anthropic cannot reach. Run it on a schedule: keys that are not renewed go stale at the next rotation.', {
              tools: TOOLS,
              inputs: [],
              bearer: BEARER,
              body: issuers.filter(({ uploadsKeys }) => uploadsKeys).flatMap(({ name }) => renewKeys(name)),
            }).text,
          } satisfies EmittedFile,
        ]
      : []),
    { path: 'anthropic/console.md', kind: 'markdown', role: 'create', purpose: 'The same values for the Console, for those who would rather click.', text: consoleText(issuers, rules, workspace) },
  ];
  return {
    files,
    manual: ['Log in as an admin or owner: ant auth login --profile admin --scope "org:admin". Only people and rules made in the Console may administer federation.', 'After create.sh put the ids it prints into the workloads: they are no secrets.'],
  };
};

/** Names of variables the scripts set themselves; `scriptValue` makes inputs of them. */
const SCRIPT_VALUES: ReadonlySet<string> = new Set(['issuer_id', 'account_id', 'jwks']);

function input(id: string) {
  const found = partyInputs[id];
  if (found === undefined) throw new Error(`no input ${id}`);
  return found;
}

function issuerBody({ issuer, uploadsKeys, targets, slug }: ReturnType<typeof byIssuer>[number]): { readonly [key: string]: Data } {
  const longest = Math.max(3600, ...targets.map(({ platform }) => LONG_TOKENS[platform] ?? 3600));
  return {
    name: `dekey-${slug}`,
    issuer_url: data(issuer),
    jwks: uploadsKeys ? { type: 'inline', keys: [] } : { type: 'discovery' },
    check_jti: true,
    max_jwt_lifetime_seconds: longest,
  };
}

function ruleBody(target: Target, workspace: Text): { readonly [key: string]: Data } {
  const { policy, id } = target;
  const { subject } = policy;
  const simple = policy.claims.filter(({ claim, type }) => type === 'string' && !claim.includes('://'));
  const other = policy.claims.filter((claim) => !simple.includes(claim));
  const condition = other.map(({ claim, value, type }) => (type === 'boolean' ? concat(`${celClaim('claims', claim)} == `, value) : concat(`${celClaim('claims', claim)} == '`, value.map((part) => (typeof part === 'string' ? celText(part).slice(1, -1) : part)), "'")));
  return {
    name: id,
    issuer_id: scriptValue('ISSUER_ID'),
    match: {
      ...(subject === undefined ? {} : { subject_prefix: data(subject.kind === 'exact' ? subject.text : concat(subject.text, '*')) }),
      audience: data(policy.audience),
      ...(simple.length === 0 ? {} : { claims: Object.fromEntries(simple.map(({ claim, value }) => [claim, data(value)])) }),
      ...(condition.length === 0 ? {} : { condition: data(concat(...condition.flatMap((text, index) => (index === 0 ? [text] : [[' && '], text])))) }),
    },
    target: { type: 'service_account', service_account_id: scriptValue('ACCOUNT_ID') },
    workspace_id: data(workspace),
    oauth_scope: 'workspace:inference',
    token_lifetime_seconds: Math.min(target.lifetime, 600),
    description: 'Made by dekey.',
  };
}

/** Refuses to guess when the list has a second page. */
const ONE_PAGE = 'if .next_page != null then error("more than 100 objects: look it up by hand") else . end |';

/** The id of the object of this name, or nothing. */
function find(kind: string, name: string, variable: string): Statement[] {
  const list: Command = ['jq', '--raw-output', '--arg', 'name', name, `${ONE_PAGE} [.data[] | select(.name == $name and .archived_at == null) | .id][0] // empty`];
  return [{ kind: 'capture', variable, pipe: [...request('GET', `${API}/${kind}?limit=100`), list] }];
}

function isMissing(variable: string, body: readonly Statement[], otherwise: readonly Statement[] = []): Statement {
  return { kind: 'when', test: ['test', '-z', { variable }], body, otherwise };
}

function createIssuer(name: string, body: { readonly [key: string]: Data }, uploadsKeys: boolean): Statement[] {
  const keyed: { readonly [key: string]: Data } = uploadsKeys ? { ...body, jwks: { type: 'inline', keys: [] } } : body;
  const made: readonly Command[] = uploadsKeys
    ? [jq(keyed), ['jq', '--compact-output', '--slurpfile', 'set', { join: [{ variable: 'JWKS_FILE' }] }, '.jwks.keys = $set[0].keys'], ...request('POST', `${API}/federation_issuers`, {}).slice(1)]
    : request('POST', `${API}/federation_issuers`, keyed);
  return [
    { kind: 'comment', text: `Issuer ${name}` },
    ...find('federation_issuers', name, 'ISSUER_ID'),
    isMissing('ISSUER_ID', [
      ...(uploadsKeys
        ? ([
            { kind: 'comment', text: 'Anthropic cannot reach this issuer, so its public keys are uploaded; do it again when they are rotated.' },
            { kind: 'when', test: ['test', '-z', { variable: 'JWKS_FILE:-' }], body: [{ kind: 'fail', parts: ['JWKS_FILE is not set: kubectl get --raw /openid/v1/jwks > jwks.json, and set it to that file.'] }] },
          ] satisfies Statement[])
        : []),
      { kind: 'capture', variable: 'ISSUER_ID', pipe: [...made, ['jq', '--raw-output', '--exit-status', '.id']] },
      { kind: 'say', parts: [`made issuer ${name}: `, { variable: 'ISSUER_ID' }] },
    ]),
    { kind: 'set', variable: issuerVariable(name), value: { variable: 'ISSUER_ID' } },
    { kind: 'blank' },
  ];
}

function renewKeys(name: string): Statement[] {
  return [
    { kind: 'when', test: ['test', '-z', { variable: 'JWKS_FILE:-' }], body: [{ kind: 'fail', parts: ['JWKS_FILE is not set: kubectl get --raw /openid/v1/jwks > jwks.json, and set it to that file.'] }] },
    ...find('federation_issuers', name, 'ISSUER_ID'),
    isMissing('ISSUER_ID', [{ kind: 'fail', parts: [`issuer ${name} is not there: run create.sh first`] }]),
    {
      kind: 'run',
      quiet: true,
      pipe: [['jq', '--compact-output', '{jwks: {type: "inline", keys: .keys}}', { variable: 'JWKS_FILE' }], ...request('POST', { join: [`${API}/federation_issuers/`, { variable: 'ISSUER_ID' }] }, {}).slice(1)],
    },
  ];
}

function issuerVariable(name: string): string {
  return `ISSUER_${name.toUpperCase().replaceAll('-', '_')}`;
}

function createRule(target: Target, body: { readonly [key: string]: Data }, issuer: string, workspace: Text): Statement[] {
  const { id } = target;
  return [
    { kind: 'comment', text: `${id}: ${target.workload}` },
    ...find('service_accounts', id, 'ACCOUNT_ID'),
    isMissing('ACCOUNT_ID', [
      { kind: 'capture', variable: 'ACCOUNT_ID', pipe: [...request('POST', `${API}/service_accounts`, { name: id, description: 'Made by dekey.' }), ['jq', '--raw-output', '--exit-status', '.id']] },
    ]),
    ...(placeholder(workspace) === 'default'
      ? []
      : ([{ kind: 'run', quiet: true, pipe: request('POST', { join: [`${API}/service_accounts/`, { variable: 'ACCOUNT_ID' }, '/workspaces'] }, { workspace_id: data(workspace), workspace_role: 'workspace_user' }) }] satisfies Statement[])),
    { kind: 'set', variable: 'ISSUER_ID', value: { variable: issuerVariable(issuer) } },
    ...find('federation_rules', id, 'RULE_ID'),
    isMissing('RULE_ID', [{ kind: 'capture', variable: 'RULE_ID', pipe: [...request('POST', `${API}/federation_rules`, body), ['jq', '--raw-output', '--exit-status', '.id']] }], [
      { kind: 'comment', text: 'It is there: what it matches is put right, the issuer of a rule cannot change.' },
      { kind: 'run', quiet: true, pipe: request('POST', { join: [`${API}/federation_rules/`, { variable: 'RULE_ID' }] }, withoutFixed(body)) },
    ]),
    { kind: 'say', parts: [`# ${id}`] },
    { kind: 'say', parts: ['ANTHROPIC_FEDERATION_RULE_ID=', { variable: 'RULE_ID' }] },
    { kind: 'say', parts: ['ANTHROPIC_SERVICE_ACCOUNT_ID=', { variable: 'ACCOUNT_ID' }] },
    { kind: 'blank' },
  ];
}

const FIXED: ReadonlySet<string> = new Set(['name', 'issuer_id', 'workspace_id']);

function withoutFixed(body: { readonly [key: string]: Data }): Data {
  return Object.fromEntries(Object.entries(body).filter(([key]) => !FIXED.has(key)));
}

function checkIssuer(name: string, body: { readonly [key: string]: Data }): Statement[] {
  return [...fetchByName('federation_issuers', name), ...compare(name, { issuer_url: body['issuer_url'] ?? null, check_jti: true, max_jwt_lifetime_seconds: body['max_jwt_lifetime_seconds'] ?? null }, '{issuer_url, check_jti, max_jwt_lifetime_seconds}')];
}

function checkRule(target: Target, body: { readonly [key: string]: Data }): Statement[] {
  return [
    ...fetchByName('federation_rules', target.id),
    ...compare(target.id, { match: body['match'] ?? null, oauth_scope: 'workspace:inference', token_lifetime_seconds: body['token_lifetime_seconds'] ?? null }, '{match: (.match | with_entries(select(.value != null))), oauth_scope, token_lifetime_seconds}'),
  ];
}

function fetchByName(kind: string, name: string): Statement[] {
  return [{ kind: 'capture', variable: 'FOUND', pipe: [...request('GET', `${API}/${kind}?limit=100`), ['jq', '--compact-output', '--arg', 'name', name, `${ONE_PAGE} [.data[] | select(.name == $name and .archived_at == null)][0] // empty`]] }];
}

/** `shape` is a filter of jq that takes from the object what the plan says about it. */
function compare(name: string, wanted: Data, shape: string): Statement[] {
  return [
    isMissing('FOUND', [{ kind: 'say', parts: [`${name}: missing`] }, { kind: 'set', variable: 'WRONG', value: '1' }], [
      { kind: 'capture', variable: 'WANTED', pipe: [jq(wanted), ['jq', '--sort-keys', '--compact-output', '.']] },
      { kind: 'capture', variable: 'STANDS', pipe: [['printf', '%s', { variable: 'FOUND' }], ['jq', '--sort-keys', '--compact-output', shape]] },
      { kind: 'unless', test: ['test', { variable: 'WANTED' }, '=', { variable: 'STANDS' }], body: [{ kind: 'say', parts: [`${name}: is `, { variable: 'STANDS' }, ', planned is ', { variable: 'WANTED' }] }, { kind: 'set', variable: 'WRONG', value: '1' }] },
    ]),
  ];
}

function finish(): Statement {
  return { kind: 'when', test: ['test', { variable: 'WRONG' }, '=', '1'], body: [{ kind: 'fail', parts: ['Not as planned.'] }], otherwise: [{ kind: 'say', parts: ['As planned.'] }] };
}

function archive(kind: string, name: string, lenient = false): Statement[] {
  const call = request('POST', { join: [`${API}/${kind}/`, { variable: 'FOUND_ID' }, '/archive'] }, {});
  const last = call.at(-1) ?? [];
  return [
    ...find(kind, name, 'FOUND_ID'),
    isMissing('FOUND_ID', [{ kind: 'say', parts: [`${name}: nothing to archive in ${kind}`] }], [
      lenient
        ? { kind: 'unless', test: last.map((word) => (word === '@-' ? '{}' : word)), body: [{ kind: 'say', parts: [`${name}: still in use, left as it is`] }], otherwise: [{ kind: 'say', parts: [`${name}: archived`] }] }
        : { kind: 'run', quiet: true, pipe: call },
      ...(lenient ? [] : ([{ kind: 'say', parts: [`${name}: archived in ${kind}`] }] satisfies Statement[])),
    ]),
  ];
}

function consoleText(issuers: readonly { readonly name: string; readonly body: { readonly [key: string]: Data } }[], rules: readonly { readonly target: Target; readonly body: { readonly [key: string]: Data } }[], workspace: Text): string {
  const lines = ['# Anthropic Console', '', 'Settings, Workload identity federation. What is written in `code` is entered exactly so.', ''];
  for (const { name, body } of issuers) lines.push(`## Issuer \`${name}\``, '', ...rows({ issuer_url: body['issuer_url'] ?? null, max_jwt_lifetime_seconds: body['max_jwt_lifetime_seconds'] ?? null }), '');
  for (const { target, body } of rules) {
    const match = body['match'];
    lines.push(`## Rule \`${target.id}\``, '', `A service account \`${target.id}\`, member of the workspace \`${placeholder(workspace)}\`.`, '', ...rows(typeof match === 'object' && match !== null && !Array.isArray(match) ? (match as { readonly [key: string]: Data }) : {}), '- scope: `workspace:inference`', `- token lifetime: ${rows({ seconds: body['token_lifetime_seconds'] ?? null }).join('').slice(2)}`, '');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

function rows(values: { readonly [key: string]: Data }): string[] {
  return Object.entries(values).map(([key, value]) => `- ${key}: \`${(typeof value === 'string' ? value : jsonText(value).trim()).replace(/\s+/g, ' ').replaceAll('`', "'").replace(/^"|"$/g, '')}\``);
}
