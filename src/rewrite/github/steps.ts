import type { RelyingParty } from '../../model/federation.ts';
import { placeholder } from '../../emit/_text.ts';
import type { Replacement } from '../types.ts';
import { type House, reference } from './actions.ts';

/** How an input is written: `${{ vars.NAME }}`, or its value. */
export type Ids = (input: string) => string;

/** What stands before the first step that needs the new identity, and what it leaves in the environment of those after it. */
export interface Setup {
  /** Items of a list of steps, unindented. `CONDITION` is put in by {@link withCondition}. */
  readonly text: string;
  /** Variables that later steps find set. */
  readonly exports: readonly string[];
  /** Variables that every step which used the key needs instead. */
  readonly set: Readonly<Record<string, string>>;
  readonly title: string;
  readonly why: string;
  /** An input whose variable says whether federation is set up. */
  readonly gate: string;
}

/** Puts `if:` behind the name of each step. */
export function withCondition(text: string, condition: string | undefined): string {
  return condition === undefined ? text : text.replace(/^(- name: .*)$/gm, `$1\n  if: ${condition}`);
}

/** The platform's token in a file that is renewed while the job runs: for clients that exchange it themselves. */
export function tokenFile(replacement: Replacement, variable: string, house: House, ids: Ids): Setup {
  const file = `${replacement.parties[0] ?? replacement.provider}-identity-token`;
  const audience = audienceOf(replacement, ids);
  const set = Object.fromEntries(Object.entries(replacement.set).filter(([name]) => name !== variable).map(([name, value]) => [name, fill(value, ids)]));
  const gate = Object.values(replacement.set).flatMap((value) => /^\{([a-z_]+\.[a-z_]+)\}$/.exec(value)?.[1] ?? [])[0] ?? '';
  return {
    title: `identity token for ${replacement.title} in a file`,
    why: `The job’s own identity token, renewed every four minutes because it lives five. ${replacement.title}’s client exchanges it for a token of minutes.`,
    exports: [variable],
    set,
    gate,
    text: `- name: Get an identity token for ${replacement.title}
  uses: ${reference('actions/github-script', house)}
  env:
    AUDIENCE: ${audience}
  with:
    script: |
      const { renameSync, writeFileSync } = require('node:fs');
      const { spawn } = require('node:child_process');
      const file = \`\${process.env.RUNNER_TEMP}/${file}\`;
      writeFileSync(file, await core.getIDToken(process.env.AUDIENCE), { mode: 0o600 });
      core.exportVariable('${variable}', file);
      // The token lives five minutes: renew it for as long as the job runs.
      const renew = async ({ renameSync, writeFileSync }, { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token, AUDIENCE: audience, FILE: file }) => {
        const response = await fetch(\`\${url}&audience=\${encodeURIComponent(audience)}\`, { headers: { authorization: \`bearer \${token}\` } });
        if (!response.ok) return;
        writeFileSync(\`\${file}.new\`, (await response.json()).value, { mode: 0o600 });
        renameSync(\`\${file}.new\`, file);
      };
      const loop = \`setInterval(() => (\${renew})(require('node:fs'), process.env).catch(() => {}), 240_000)\`;
      spawn(process.execPath, ['--eval', loop], { detached: true, stdio: 'ignore', env: { ...process.env, FILE: file } }).unref();
`,
  };
}

/** An exchange at the party, whose result stands under the names that the key stood under. */
export function exchange(replacement: Replacement, party: RelyingParty, names: readonly string[], house: House, ids: Ids): Setup | undefined {
  const wire = party.exchange;
  if (wire === undefined || names.length === 0) return undefined;
  const fields = Object.entries(wire.fields);
  const inputs = fields.flatMap(([, value]) => /^\{([a-z_]+\.[a-z_]+)\}$/.exec(value)?.[1] ?? []);
  const variables = inputs.map((input) => `    ${variableOf(input)}: ${ids(input)}\n`).join('');
  const body = [
    `grant_type: '${wire.grant}'`,
    ...fields.map(([name, value]) => {
      const input = /^\{([a-z_]+\.[a-z_]+)\}$/.exec(value)?.[1];
      return `${name}: ${input === undefined ? `'${value}'` : `process.env.${variableOf(input)}`}`;
    }),
    `${wire.tokenField}: await core.getIDToken('${audienceText(replacement)}')`,
  ];
  if (/[{}]/.test(audienceText(replacement))) return undefined;
  const encoding = wire.encoding === 'json' ? ["headers: { 'content-type': 'application/json' },", 'JSON.stringify(request)'] : ["headers: { 'content-type': 'application/x-www-form-urlencoded' },", 'new URLSearchParams(request)'];
  return {
    title: `${replacement.title} token in place of the key`,
    why: `The job shows its own identity token to ${replacement.title} and gets one that lives minutes; later steps find it where the key was.`,
    exports: names,
    set: {},
    gate: inputs[0] ?? '',
    text: `- name: Exchange the job's identity for ${article(replacement.title)} ${replacement.title} token
  uses: ${reference('actions/github-script', house)}
${variables === '' ? '' : `  env:\n${variables}`}  with:
    script: |
      const request = {
${body.map((line) => `        ${line},\n`).join('')}      };
      const response = await fetch('${wire.url}', {
        method: 'POST',
        ${encoding[0]}
        body: ${encoding[1]},
      });
      if (!response.ok) throw new Error(\`${replacement.title} refused the exchange: \${response.status} \${response.headers.get('x-request-id') ?? ''}\`);
      const { access_token: token } = await response.json();
      core.setSecret(token);
${names.map((name) => `      core.exportVariable('${name}', token);\n`).join('')}`,
  };
}

/** A role at AWS by the job's token. */
export function assumeRole(house: House, ids: Ids): Setup {
  return {
    title: 'AWS role by the job’s identity',
    why: 'The job shows its own identity token to AWS and gets credentials of its role that live an hour.',
    exports: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_REGION', 'AWS_DEFAULT_REGION'],
    set: {},
    gate: 'aws.role_arn',
    text: `- name: Assume the AWS role of this job
  uses: ${reference('aws-actions/configure-aws-credentials', house)}
  with:
    role-to-assume: ${ids('aws.role_arn')}
    aws-region: ${ids('aws.region')}
`,
  };
}

/** A key that stays, read from the one place where it is kept. Undefined for brokers whose step is not known for certain. */
export function readFromBroker(replacement: Replacement, stored: readonly { readonly name: string; readonly key: string }[], house: House, ids: Ids): Setup | undefined {
  const names = stored.map(({ name }) => name);
  const base = { exports: names, set: {}, why: `${replacement.title} has no federation: its key stays, in one place that only this job’s identity can read.` };
  switch (replacement.parties[0]) {
    case 'aws':
      return {
        ...base,
        title: 'key from AWS Secrets Manager',
        gate: 'aws.role_arn',
        text: `${assumeRole(house, ids).text}- name: Read ${names.join(', ')} from AWS Secrets Manager
  uses: ${reference('aws-actions/aws-secretsmanager-get-secrets', house)}
  with:
    secret-ids: |
${stored.map(({ name, key }) => `      ${name}, ${ids(`aws.secret_arn_${key.toLowerCase().replace(/[^a-z0-9]+/g, '_')}`)}\n`).join('')}`,
      };
    case 'google':
      return {
        ...base,
        title: 'key from Google Secret Manager',
        gate: 'google.workload_identity_provider',
        text: `- name: Authenticate to Google Cloud as this job
  uses: ${reference('google-github-actions/auth', house)}
  with:
    project_id: ${ids('google.project_id')}
    workload_identity_provider: ${ids('google.workload_identity_provider')}
- name: Read ${names.join(', ')} from Google Secret Manager
  uses: ${reference('google-github-actions/get-secretmanager-secrets', house)}
  with:
    export_to_environment: true
    secrets: |-
${stored.map(({ name, key }) => `      ${name}:${ids('google.project_id')}/${key}\n`).join('')}`,
      };
    case 'vault':
      return {
        ...base,
        title: 'key from Vault',
        gate: 'vault.address',
        text: `- name: Read ${names.join(', ')} from Vault
  uses: ${reference('hashicorp/vault-action', house)}
  with:
    url: ${ids('vault.address')}
    method: jwt
    role: ${replacement.identity.id}
    jwtGithubAudience: ${audienceOf(replacement, ids)}
    secrets: |
${stored.map(({ name, key }) => `      secret/data/${key} value | ${name} ;\n`).join('')}`,
      };
    default:
      return undefined;
  }
}

/** `ANTHROPIC_FEDERATION_RULE_ID` of `anthropic.federation_rule_id`. */
export function variableOf(input: string): string {
  return input.toUpperCase().replaceAll('.', '_');
}

function fill(value: string, ids: Ids): string {
  const input = /^\{([a-z_]+\.[a-z_]+)\}$/.exec(value)?.[1];
  return input === undefined ? value : ids(input);
}

function audienceText(replacement: Replacement): string {
  return placeholder(replacement.identity.audience);
}

function audienceOf(replacement: Replacement, ids: Ids): string {
  return replacement.identity.audience.map((part) => (typeof part === 'string' ? part : ids(part.input))).join('');
}

function article(word: string): string {
  return /^[AEIOUH]/i.test(word) && !/^(?:Hugging|Uni|Eu)/.test(word) ? 'an' : 'a';
}
