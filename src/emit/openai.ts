import type { EmittedFile, Emitter, Target } from '../model/federation.ts';
import type { Text } from '../model/text.ts';
import { partyInputs } from '../parties/inputs.ts';
import { Asking, byId, byIssuer, scriptFile } from './_party.ts';
import { jq, request, scriptValue, type Statement } from './_shell.ts';
import { concat, data, type Data, inputsOf, jsonText, placeholder } from './_text.ts';

const API = 'https://api.openai.com/v1/organization';
const BEARER = {
  variable: 'OPENAI_ADMIN_KEY',
  how: 'An admin key made for this with a short expiry (expires_in_seconds), and deleted afterwards: nothing else may create federation.',
} as const;
const TOOLS = ['curl', 'jq'] as const;
const SCRIPT_VALUES: ReadonlySet<string> = new Set(['provider_id', 'account_id']);

/** OpenAI: a workload identity provider for each issuer and audience; for each identity a service account without keys, and a federation rule. */
export const emitOpenAi: Emitter = (targets, ask, known) => {
  const asking = new Asking(ask, known);
  const project = asking.get(input('openai.project_id'));
  const issuers = byIssuer(targets).flatMap((group) => byAudience(group.targets).map(({ audience, targets: own }, index) => ({ ...group, targets: own, name: `dekey-${group.slug}${index === 0 ? '' : `-${index + 1}`}`, audience })));
  const providers = issuers.map((issuer) => ({ ...issuer, body: providerBody(issuer.name, issuer.issuer, issuer.audience, issuer.uploadsKeys) }));
  const rules = byId(targets).map((target) => ({ target, body: ruleBody(target, project), provider: providers.find(({ targets: own }) => own.includes(target))?.name ?? '' }));
  const inputs = asking.describe([...providers.flatMap(({ body }) => inputsOf(body)), ...rules.flatMap(({ body }) => inputsOf(body))].filter((id) => !SCRIPT_VALUES.has(id)));
  const files: EmittedFile[] = [
    ...providers.map(({ name, body }): EmittedFile => ({ path: `openai/provider.${name}.json`, kind: 'json', role: 'create', purpose: 'Body of POST /v1/organization/workload_identity_providers: who signs the tokens.', text: jsonText(body) })),
    ...rules.map(({ target, body, provider }): EmittedFile => ({ path: `openai/rule.${target.id}.json`, beside: `openai/provider.${provider}.json`, kind: 'json', role: 'create', purpose: `Body of POST .../federation_rules: whose tokens may act for ${target.id}.`, text: jsonText(body) })),
    scriptFile('openai', 'create', 'Makes provider, service accounts and federation rules at OpenAI where they are missing, and prints the ids that the workloads need.', {
      tools: TOOLS,
      inputs,
      bearer: BEARER,
      body: [...providers.flatMap(createProvider), ...rules.flatMap(({ target, body, provider }) => createRule(target, body, provider, project))],
    }),
    scriptFile('openai', 'check', 'Reads what stands at OpenAI and names every difference from the plan. Exit 1 when there is any.', {
      tools: TOOLS,
      inputs,
      bearer: BEARER,
      body: [
        { kind: 'set', variable: 'WRONG', value: '0' },
        ...providers.flatMap(({ name, body }) => [...fetchProvider(name), ...compare(name, { issuer: body['issuer'] ?? null, audience: body['audience'] ?? null }, '{issuer, audience}')]),
        ...rules.flatMap(({ target, body, provider }) => [...providerId(provider), ...fetchRule(target.id), ...compare(target.id, { attribute_matchers: body['attribute_matchers'] ?? null, project_id: body['project_id'] ?? null }, '{attribute_matchers, project_id}')]),
        { kind: 'when', test: ['test', { variable: 'WRONG' }, '=', '1'], body: [{ kind: 'fail', parts: ['Not as planned.'] }], otherwise: [{ kind: 'say', parts: ['As planned.'] }] },
      ],
    }),
    scriptFile('openai', 'undo', 'Deletes the rules of this plan, then the providers that have no rule left, then the service accounts.', {
      tools: TOOLS,
      inputs: inputs.filter(({ id }) => id === 'openai.project_id'),
      bearer: BEARER,
      body: [...rules.flatMap(({ target, provider }) => removeRule(target.id, provider)), ...providers.flatMap(({ name }) => removeProvider(name)), ...rules.flatMap(({ target }) => removeAccount(target.id, project))],
    }),
    { path: 'openai/console.md', kind: 'markdown', role: 'create', purpose: 'The same values for the dashboard.', text: consoleText(providers, rules, project) },
  ];
  return {
    files,
    manual: [
      'Make an admin key with a short expiry, set it as OPENAI_ADMIN_KEY for create.sh, and delete it afterwards.',
      'Try one exchange before you rely on the rule: attribute names are those of the token’s claims.',
    ],
  };
};

function input(id: string) {
  const found = partyInputs[id];
  if (found === undefined) throw new Error(`no input ${id}`);
  return found;
}

function byAudience(targets: readonly Target[]): readonly { readonly audience: Text; readonly targets: readonly Target[] }[] {
  const groups = new Map<string, { audience: Text; targets: Target[] }>();
  for (const target of targets) {
    const key = placeholder(target.policy.audience);
    const group = groups.get(key) ?? { audience: target.policy.audience, targets: [] };
    group.targets.push(target);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function providerBody(name: string, issuer: Text, audience: Text, uploadsKeys: boolean): { readonly [key: string]: Data } {
  return { name, type: 'oidc', issuer: data(issuer), audience: data(audience), verification: uploadsKeys ? { type: 'uploaded_jwks', jwks: { keys: [] } } : { type: 'discovery', discovery_url: null }, description: 'Made by dekey.' };
}

/** Matchers compare exactly: a subject that is only a beginning is left out, and the ids do the work. */
function ruleBody(target: Target, project: Text): { readonly [key: string]: Data } {
  const { subject, claims } = target.policy;
  const exact = subject?.kind === 'exact' ? [['sub', data(subject.text)] as const] : [];
  if (exact.length === 0 && claims.length === 0) throw new Error(`nothing to match for ${target.id}`);
  return {
    name: target.id,
    project_id: data(project),
    service_account_id: scriptValue('ACCOUNT_ID'),
    attribute_matchers: Object.fromEntries([...exact, ...claims.map(({ claim, value }) => [claim, data(value)] as const)]),
    permissions: { type: 'service_account_default' },
    description: 'Made by dekey.',
  };
}

/** Refuses to guess when the list has a second page. */
const ONE_PAGE = 'if .has_more == true then error("more than 100 objects: look it up by hand") else . end |';

function named(variable: string, url: Parameters<typeof request>[1], name: string, what: string): Statement {
  return { kind: 'capture', variable, pipe: [...request('GET', url), ['jq', '--raw-output', '--compact-output', '--arg', 'name', name, `${ONE_PAGE} [.data[] | select(.name == $name)${what}][0] // empty`]] };
}

function providerId(name: string): Statement[] {
  return [named('PROVIDER_ID', `${API}/workload_identity_providers?limit=100`, name, ' | .id')];
}

function fetchProvider(name: string): Statement[] {
  return [named('FOUND', `${API}/workload_identity_providers?limit=100`, name, '')];
}

function fetchRule(name: string): Statement[] {
  return [isMissing('PROVIDER_ID', [{ kind: 'set', variable: 'FOUND', value: { join: [] } }], [named('FOUND', rulesUrl(), name, '')])];
}

function rulesUrl(): Parameters<typeof request>[1] {
  return { join: [`${API}/workload_identity_providers/`, { variable: 'PROVIDER_ID' }, '/federation_rules?limit=100'] };
}

function accountsUrl(project: Text, tail: string): Parameters<typeof request>[1] {
  return { text: concat(`${API}/projects/`, project, `/service_accounts${tail}`) };
}

function isMissing(variable: string, body: readonly Statement[], otherwise: readonly Statement[] = []): Statement {
  return { kind: 'when', test: ['test', '-z', { variable }], body, otherwise };
}

const ID_OF = ['jq', '--raw-output', '--exit-status', '.id'] as const;

function createProvider({ name, body, uploadsKeys }: { readonly name: string; readonly body: { readonly [key: string]: Data }; readonly uploadsKeys: boolean }): Statement[] {
  const made = uploadsKeys
    ? [jq(body), ['jq', '--compact-output', '--slurpfile', 'set', { variable: 'JWKS_FILE' }, '.verification.jwks = $set[0]'], ...request('POST', `${API}/workload_identity_providers`, {}).slice(1)]
    : request('POST', `${API}/workload_identity_providers`, body);
  return [
    { kind: 'comment', text: `Provider ${name}` },
    ...providerId(name),
    isMissing('PROVIDER_ID', [
      ...(uploadsKeys ? ([{ kind: 'when', test: ['test', '-z', { variable: 'JWKS_FILE:-' }], body: [{ kind: 'fail', parts: ['JWKS_FILE is not set: the issuer cannot be reached, so its public keys are uploaded (kubectl get --raw /openid/v1/jwks > jwks.json).'] }] }] satisfies Statement[]) : []),
      { kind: 'capture', variable: 'PROVIDER_ID', pipe: [...made, ID_OF] },
    ]),
    { kind: 'set', variable: providerVariable(name), value: { variable: 'PROVIDER_ID' } },
    { kind: 'blank' },
  ];
}

function providerVariable(name: string): string {
  return `PROVIDER_${name.toUpperCase().replaceAll('-', '_')}`;
}

function createRule(target: Target, body: { readonly [key: string]: Data }, provider: string, project: Text): Statement[] {
  return [
    { kind: 'comment', text: `${target.id}: ${target.workload}` },
    { kind: 'set', variable: 'PROVIDER_ID', value: { variable: providerVariable(provider) } },
    named('ACCOUNT_ID', accountsUrl(project, '?limit=100'), target.id, ' | .id'),
    isMissing('ACCOUNT_ID', [
      { kind: 'comment', text: 'Without a key, and so without a role: the role is given next.' },
      { kind: 'capture', variable: 'ACCOUNT_ID', pipe: [...request('POST', accountsUrl(project, ''), { name: target.id, create_service_account_only: true }), ID_OF] },
      { kind: 'run', quiet: true, pipe: request('POST', { join: [accountsUrl(project, '/'), { variable: 'ACCOUNT_ID' }] }, { role: 'member' }) },
    ]),
    named('RULE_ID', rulesUrl(), target.id, ' | .id'),
    isMissing('RULE_ID', [{ kind: 'run', quiet: true, pipe: request('POST', { join: [`${API}/workload_identity_providers/`, { variable: 'PROVIDER_ID' }, '/federation_rules'] }, body) }], [
      { kind: 'run', quiet: true, pipe: request('POST', { join: [`${API}/workload_identity_providers/`, { variable: 'PROVIDER_ID' }, '/federation_rules/', { variable: 'RULE_ID' }] }, { attribute_matchers: body['attribute_matchers'] ?? {}, permissions: body['permissions'] ?? {} }) },
    ]),
    { kind: 'say', parts: [`# ${target.id}`] },
    { kind: 'say', parts: ['OPENAI_IDENTITY_PROVIDER_ID=', { variable: 'PROVIDER_ID' }] },
    { kind: 'say', parts: ['OPENAI_SERVICE_ACCOUNT_ID=', { variable: 'ACCOUNT_ID' }] },
    { kind: 'blank' },
  ];
}

function compare(name: string, wanted: Data, shape: string): Statement[] {
  return [
    isMissing('FOUND', [{ kind: 'say', parts: [`${name}: missing`] }, { kind: 'set', variable: 'WRONG', value: '1' }], [
      { kind: 'capture', variable: 'WANTED', pipe: [jq(wanted), ['jq', '--sort-keys', '--compact-output', '.']] },
      { kind: 'capture', variable: 'STANDS', pipe: [['printf', '%s', { variable: 'FOUND' }], ['jq', '--sort-keys', '--compact-output', shape]] },
      { kind: 'unless', test: ['test', { variable: 'WANTED' }, '=', { variable: 'STANDS' }], body: [{ kind: 'say', parts: [`${name}: is `, { variable: 'STANDS' }, ', planned is ', { variable: 'WANTED' }] }, { kind: 'set', variable: 'WRONG', value: '1' }] },
    ]),
  ];
}

function removeRule(id: string, provider: string): Statement[] {
  return [
    ...providerId(provider),
    isMissing('PROVIDER_ID', [{ kind: 'say', parts: [`${provider}: not there`] }], [
      named('RULE_ID', rulesUrl(), id, ' | .id'),
      isMissing('RULE_ID', [{ kind: 'say', parts: [`${id}: no rule`] }], [
        { kind: 'run', quiet: true, pipe: request('DELETE', { join: [`${API}/workload_identity_providers/`, { variable: 'PROVIDER_ID' }, '/federation_rules/', { variable: 'RULE_ID' }] }) },
        { kind: 'say', parts: [`${id}: rule deleted`] },
      ]),
    ]),
  ];
}

function removeProvider(name: string): Statement[] {
  return [
    ...providerId(name),
    isMissing('PROVIDER_ID', [{ kind: 'say', parts: [`${name}: not there`] }], [
      { kind: 'capture', variable: 'LEFT', pipe: [...request('GET', rulesUrl()), ['jq', '.data | length']] },
      { kind: 'when', test: ['test', { variable: 'LEFT' }, '=', '0'], body: [{ kind: 'run', quiet: true, pipe: request('DELETE', { join: [`${API}/workload_identity_providers/`, { variable: 'PROVIDER_ID' }] }) }], otherwise: [{ kind: 'say', parts: [`${name}: still has rules, left as it is`] }] },
    ]),
  ];
}

function removeAccount(id: string, project: Text): Statement[] {
  return [
    named('ACCOUNT_ID', accountsUrl(project, '?limit=100'), id, ' | .id'),
    isMissing('ACCOUNT_ID', [{ kind: 'say', parts: [`${id}: no service account`] }], [{ kind: 'run', quiet: true, pipe: request('DELETE', { join: [accountsUrl(project, '/'), { variable: 'ACCOUNT_ID' }] }) }]),
  ];
}

function consoleText(providers: readonly { readonly name: string; readonly issuer: Text; readonly audience: Text }[], rules: readonly { readonly target: Target; readonly body: { readonly [key: string]: Data } }[], project: Text): string {
  const lines = ['# OpenAI dashboard', '', 'Organization settings, Security, Workload identity provider. What is written in `code` is entered exactly so.', ''];
  for (const { name, issuer, audience } of providers) lines.push(`## Provider \`${name}\``, '', `- issuer: \`${placeholder(issuer)}\``, `- audience: \`${placeholder(audience)}\``, '');
  for (const { target, body } of rules) {
    const matchers = (body['attribute_matchers'] ?? {}) as { readonly [key: string]: Data };
    lines.push(`## Mapping \`${target.id}\``, '', `- project: \`${placeholder(project)}\``, `- service account: \`${target.id}\`, without an API key`, ...Object.entries(matchers).map(([claim, value]) => `- ${claim}: \`${jsonText(value).trim().replace(/^"|"$/g, '')}\``), '');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}
