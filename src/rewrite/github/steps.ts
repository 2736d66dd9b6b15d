import type { RelyingParty } from '../../model/federation.ts';
import type { OtherRun } from '../../model/issuer.ts';
import type { Text } from '../../model/text.ts';
import { mayRunOn, PULLS } from '../../platforms/_shared/github-events.ts';
import { isPerIdentity, variableOf } from '../replacements.ts';
import type { Replacement, RewriteContext } from '../types.ts';
import { unwrap } from './conditions.ts';
import { type House, reference } from './actions.ts';

/** Writes the value of an input (`anthropic.workspace_id`) into a workflow: `${{ vars.NAME }}`, or the value itself. */
export type Ids = (input: string) => string;

/** What stands before the first step that needs the new identity, and what it leaves in the environment of those after it. */
export interface Setup {
  /** Items of a list of steps, unindented. */
  readonly text: string;
  /** Variables that later steps find set, and that a container they start is handed. */
  readonly exports: readonly string[];
  readonly title: string;
  readonly why: string;
}

/**
 * An input of `replacement` as a workflow writes it. `styles`: `${{ vars.X }}`, `${{ secrets.X }}`, or the value where it is known. Where other runs have an
 * identity of their own, what names one is chosen by the event or the branch.
 */
export function idsOf(replacement: Replacement, context: RewriteContext): Ids {
  return (input) => {
    const value = context.ids === 'literal' ? context.value(input) : undefined;
    const named = (suffix: string): string => `${context.ids === 'secrets' ? 'secrets' : 'vars'}.${variableOf(input, { suffix })}`;
    const others = isPerIdentity(input) ? (replacement.otherRuns ?? []) : [];
    if (others.length === 0) return value ?? `\${{ ${named(replacement.suffix)} }}`;
    return byRun(others.map(({ run, suffix, chosenBy }) => ({ run, chosenBy, text: named(suffix) })), value === undefined ? named(replacement.suffix) : `'${value}'`);
  };
}

/** `${{ github.event_name == 'pull_request' && A || B }}` */
function byRun(others: readonly { readonly run: OtherRun; readonly text: string; readonly chosenBy?: string | undefined }[], otherwise: string): string {
  return `\${{ ${others.map(({ run, text, chosenBy = '' }) => `${run.event === 'environment' ? `${chosenBy} == '${run.environment}'` : run.event === 'push' ? `github.ref == 'refs/heads/${run.branch}'` : run.reviews === true ? "startsWith(github.event_name, 'pull_request')" : "github.event_name == 'pull_request'"} && ${text} || `).join('')}${otherwise} }}`;
}

/**
 * `replacement` for a job under this condition: identities of runs that it never has go, and where it has only such runs their identity is the job's.
 *
 * @param triggers undefined when the callers decide.
 */
export function forRuns(replacement: Replacement, condition: string, triggers: readonly string[] | undefined): Replacement {
  const others = (replacement.otherRuns ?? []).filter(({ run }) => run.event === 'environment' || triggers === undefined || eventsOfRun(run, triggers).some((event) => mayRunOn(condition, event, run.event === 'push' ? run.branch : undefined)));
  const [only] = others;
  if (only?.run.event !== 'pull_request' || triggers === undefined || triggers.some((trigger) => !PULLS.has(trigger) && mayRunOn(condition, trigger))) return { ...replacement, otherRuns: others };
  const { id, audience, suffix } = only;
  return { ...replacement, identity: { ...replacement.identity, id, audience }, suffix, otherRuns: [] };
}

/** `replacement` with the expression by which a job chooses its environment, for the runs that each have one of their own. */
export function inEnvironments(replacement: Replacement, environment: string): Replacement {
  const expression = unwrap(environment);
  const chosenBy = /[|&=<>! ]/.test(expression) ? `(${expression})` : expression;
  return { ...replacement, otherRuns: (replacement.otherRuns ?? []).map((other) => (other.run.event === 'environment' ? { ...other, chosenBy } : other)) };
}

function eventsOfRun({ event }: OtherRun, triggers: readonly string[]): readonly string[] {
  return triggers.filter((trigger) => (event === 'push' ? trigger === 'push' : PULLS.has(trigger)));
}

/** Puts `if:` and what else the step that needs it has behind the name of each step. */
export function withConditions(text: string, lines: readonly string[]): string {
  const added = lines.map((line) => `\n  ${line}`).join('');
  return added === '' ? text : text.replace(/^(- name: .*)$/gm, (name) => name + added);
}

/**
 * Anthropic: the job's token in a file, and a profile that points at it. A token can be shown once only, and only with a profile do the processes of a job
 * share what they got for it. https://platform.claude.com/docs/en/manage-claude/wif-reference, 2026-11-23.
 */
export function anthropicProfile(replacement: Replacement, house: House, ids: Ids): Setup {
  return {
    title: 'identity token and profile in place of the key',
    why: 'The clients of Anthropic find the profile by themselves, show the job’s own token and get one that lives minutes. The file is renewed every four minutes, because a job token lives five.',
    // Of what is set, the profile is all that a client needs: it wins over the variables beside it.
    exports: ['ANTHROPIC_CONFIG_DIR', 'ANTHROPIC_PROFILE'],
    text: `- name: Let Anthropic clients authenticate as this job
  uses: ${reference('actions/github-script', house)}
  env:
    AUDIENCE: ${audienceOf(replacement, ids)}
    FEDERATION_RULE_ID: ${ids('anthropic.federation_rule_id')}
    ORGANIZATION_ID: ${ids('anthropic.organization_id')}
    SERVICE_ACCOUNT_ID: ${ids('anthropic.service_account_id')}
    WORKSPACE_ID: ${ids('anthropic.workspace_id')}
  with:
    script: |
      const { mkdirSync, writeFileSync } = require('node:fs');
      const { env } = process;
      const ids = ['FEDERATION_RULE_ID', 'ORGANIZATION_ID', 'SERVICE_ACCOUNT_ID', 'WORKSPACE_ID'];
      const unset = ids.find((name) => !env[name]);
      if (unset) return core.setFailed(\`${unsetWords('ANTHROPIC', ['anthropic.federation_rule_id', 'anthropic.organization_id', 'anthropic.service_account_id', 'anthropic.workspace_id'], ids)}\`);
      const home = \`\${env.RUNNER_TEMP}/anthropic\`;
      const path = \`\${home}/identity-token\`;
      mkdirSync(\`\${home}/configs\`, { recursive: true, mode: 0o700 });
      writeFileSync(\`\${home}/configs/default.json\`, JSON.stringify({
        version: '1.0',
        organization_id: env.ORGANIZATION_ID,
        workspace_id: env.WORKSPACE_ID,
        authentication: {
          type: 'oidc_federation',
          federation_rule_id: env.FEDERATION_RULE_ID,
          service_account_id: env.SERVICE_ACCOUNT_ID,
          identity_token: { source: 'file', path },
        },
      }), { mode: 0o600 });
${TOKEN_FILE}
      core.exportVariable('ANTHROPIC_CONFIG_DIR', home);
      core.exportVariable('ANTHROPIC_PROFILE', 'default');
      // Programs without the SDK exchange the token themselves.
      core.exportVariable('ANTHROPIC_IDENTITY_TOKEN_FILE', path);
      for (const name of ids) core.exportVariable(\`ANTHROPIC_\${name}\`, env[name]);
`,
  };
}

/** What a step says of a value that is not there: the variable's own name, where each is called after what it is for. */
function unsetWords(prefix: string, inputs: readonly string[], ids: Ids): string {
  const isPlain = inputs.every((input) => ids(input) === `\${{ vars.${prefix}_${shortName(input)} }}` || !ids(input).startsWith('${{'));
  return isPlain ? `${prefix}_\${unset} is not set in this repository's variables` : '${unset} is not set: see which variable the env of this step reads for it';
}

/** The token of `AUDIENCE` at `path`, now and for as long as the job runs. */
const TOKEN_FILE = `      writeFileSync(path, await core.getIDToken(env.AUDIENCE), { mode: 0o600 });
      // The token lives five minutes: renew it for as long as the job runs.
      const renew = async ({ renameSync, writeFileSync }, env) => {
        const response = await fetch(\`\${env.ACTIONS_ID_TOKEN_REQUEST_URL}&audience=\${encodeURIComponent(env.AUDIENCE)}\`, {
          headers: { authorization: \`bearer \${env.ACTIONS_ID_TOKEN_REQUEST_TOKEN}\` },
        });
        if (!response.ok) return;
        writeFileSync(\`\${env.TOKEN_PATH}.new\`, (await response.json()).value, { mode: 0o600 });
        renameSync(\`\${env.TOKEN_PATH}.new\`, env.TOKEN_PATH);
      };
      const loop = \`setInterval(() => (\${renew})(require('node:fs'), process.env).catch(() => {}), 240_000)\`;
      require('node:child_process')
        .spawn(process.execPath, ['--eval', loop], { detached: true, stdio: 'ignore', env: { ...env, TOKEN_PATH: path } })
        .unref();`;

/** A token file with the variables that a client's default chain reads, the file's own among them. Undefined when the route names no such file. */
export function tokenFile(replacement: Replacement, house: House, ids: Ids): Setup | undefined {
  const entries = Object.entries(replacement.set);
  const file = entries.find(([, value]) => value === '{token-file}')?.[0];
  if (file === undefined) return undefined;
  const others = entries.filter(([name]) => name !== file);
  const values = others.map(([name, value]) => `    ${name}: ${fill(value, ids)}\n`).join('');
  return {
    title: 'identity token in a file in place of the key',
    why: `The default chain of ${replacement.title}’s clients shows the job’s own token and gets one that lives an hour. The file is renewed every four minutes, because a job token lives five.`,
    exports: entries.map(([name]) => name),
    text: `- name: Let ${replacement.parties[0] === 'azure' ? 'Azure' : replacement.title} clients authenticate as this job
  uses: ${reference('actions/github-script', house)}
  env:
    AUDIENCE: ${audienceOf(replacement, ids)}
${values}  with:
    script: |
      const { writeFileSync } = require('node:fs');
      const { env } = process;
      const path = \`\${env.RUNNER_TEMP}/${replacement.parties[0] ?? 'job'}-identity-token\`;
${TOKEN_FILE}
      core.exportVariable('${file}', path);
${handedOn(others.map(([name]) => name))}`,
  };
}

/** Lines of a script that make variables of the step ones of the job. */
function handedOn(names: readonly string[]): string {
  const [only, ...more] = names;
  if (only === undefined) return '';
  return more.length === 0 ? `      core.exportVariable('${only}', env.${only});\n` : `      for (const name of [${names.map((name) => `'${name}'`).join(', ')}]) core.exportVariable(name, env[name]);\n`;
}

/**
 * An exchange at the party, whose result later steps find under `names`, or as the output `token` of the step with the id `output`: then it reaches no step that is not handed it.
 * Undefined when the exchange is not one request of known form.
 */
export function exchange(replacement: Replacement, party: RelyingParty, names: readonly string[], house: House, ids: Ids, output?: string): Setup | undefined {
  const wire = party.exchange;
  const [first] = names;
  if (wire === undefined || first === undefined || /[{}]/.test(wire.url)) return undefined;
  const fields = Object.entries(wire.fields).map(([name, value]) => ({ name, value, input: inputOf(value) }));
  if (fields.some(({ value, input }) => input === undefined && /[{}]/.test(value))) return undefined;
  const inputs = fields.flatMap(({ input }) => input ?? []);
  // What is written out is there.
  const open = inputs.filter((input) => ids(input).includes('${{'));
  const lines = [
    `grant_type: '${wire.grant}',`,
    `${wire.tokenField}: await core.getIDToken(env.AUDIENCE),`,
    ...fields.map(({ name, value, input }) => `${name}: ${input === undefined ? `'${value}'` : `env.${shortName(input)}`},`),
  ];
  const isJson = wire.encoding === 'json';
  return {
    title: 'token from an exchange in place of the key',
    why: `The job shows its own token to ${party.title} and gets one that lives ${party.lifetime >= 3600 ? 'an hour' : `${Math.round(party.lifetime / 60)} minutes`}; ${output === undefined ? 'the steps after it find it where the key was' : 'it is handed to the steps that had the key, and to no other'}.`,
    exports: output === undefined ? names : [],
    text: `- name: Exchange this job's identity for a token of ${party.title}
${output === undefined ? '' : `  id: ${output}\n`}  uses: ${reference('actions/github-script', house)}
  env:
    AUDIENCE: ${audienceOf(replacement, ids)}
${inputs.map((input) => `    ${shortName(input)}: ${ids(input)}\n`).join('')}  with:
    script: |
      const { env } = process;
${open.length === 0 ? '' : `      const unset = [${open.map((input) => `'${shortName(input)}'`).join(', ')}].find((name) => !env[name]);
      if (unset) return core.setFailed(\`${unsetWords(replacement.parties[0]?.toUpperCase().replaceAll('-', '_') ?? '', open, ids)}\`);
`}      const request = {
${lines.map((line) => `        ${line}\n`).join('')}      };
      const response = await fetch('${wire.url}', {
        method: 'POST',
        redirect: 'error',
        headers: { 'content-type': '${isJson ? 'application/json' : 'application/x-www-form-urlencoded'}' },
        body: ${isJson ? 'JSON.stringify(request)' : 'new URLSearchParams(request)'},
      });
      if (!response.ok) return core.setFailed(\`${party.title} refused the exchange: \${response.status} \${response.headers.get('x-request-id') ?? ''}\`);
      const { access_token: token } = await response.json();
      core.setSecret(token);
${output === undefined ? names.map((name) => `      core.exportVariable('${name}', token);\n`).join('') : "      core.setOutput('token', token);\n"}`,
  };
}

/** Credentials of a role at AWS. */
export function assumeRole(house: House, ids: Ids): Setup {
  return {
    title: 'AWS role in place of the key pair',
    why: 'The job shows its own token to AWS and gets credentials of its role that live an hour.',
    exports: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_REGION', 'AWS_DEFAULT_REGION'],
    text: `- name: Assume the AWS role of this job
  uses: ${reference('aws-actions/configure-aws-credentials', house)}
  with:
    role-to-assume: ${ids('aws.role_arn')}
    aws-region: ${ids('aws.region')}
`,
  };
}

/** Application default credentials of Google by the job's token. Undefined when the provider's name cannot be told. */
export function googleAuth(replacement: Replacement, house: House, ids: Ids): Setup | undefined {
  const provider = googleProvider(replacement, ids);
  if (provider === undefined) return undefined;
  return {
    title: 'Google credentials of this job in place of the key',
    why: 'The job shows its own token to Google Cloud; clients find application default credentials that live an hour.',
    exports: ['GOOGLE_APPLICATION_CREDENTIALS', 'GOOGLE_CLOUD_PROJECT'],
    text: `- name: Authenticate to Google Cloud as this job
  uses: ${reference('google-github-actions/auth', house)}
  with:
    project_id: ${ids('google.project_id')}
    workload_identity_provider: ${provider}
`,
  };
}

/** `projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/ID`: the audience of the job's token without its host. */
export function googleProvider(replacement: Replacement, ids: Ids): string | undefined {
  const audience = audienceOf(replacement, ids);
  return audience.startsWith(GOOGLE_HOST) ? audience.slice(GOOGLE_HOST.length) : undefined;
}
const GOOGLE_HOST = 'https://iam.googleapis.com/';

/** Where `value` is nothing but an input, that input's id. */
function inputOf(value: string): string | undefined {
  return /^\{([a-z_]+\.[a-z_]+)\}$/.exec(value)?.[1];
}

export function fill(value: string, ids: Ids): string {
  const input = inputOf(value);
  return input === undefined ? (value === 'true' || value === 'false' ? `'${value}'` : value) : ids(input);
}

/** Where the audience names the identity, that part is chosen by the event too. */
function audienceOf({ identity, otherRuns = [] }: Replacement, ids: Ids): string {
  const own = textOf(identity.audience, ids);
  const others = otherRuns.map(({ run, audience, chosenBy }) => ({ run, chosenBy, text: textOf(audience, ids) }));
  if (others.every(({ text }) => text === own)) return own;
  const head = own.slice(0, own.lastIndexOf('/') + 1);
  const tail = (text: string): string => `'${text.slice(head.length)}'`;
  return `${head}${byRun(others.map((other) => ({ ...other, text: tail(other.text) })), tail(own))}`;
}

function textOf(text: Text, ids: Ids): string {
  return text.map((part) => (typeof part === 'string' ? part.replace(/\{([a-z_]+\.[a-z_]+)\}/g, (_, input: string) => ids(input)) : ids(part.input))).join('');
}

/** `SERVICE_ACCOUNT_ID` of `openai.service_account_id`: inside one step the party is plain. */
function shortName(input: string): string {
  return input.slice(input.indexOf('.') + 1).toUpperCase();
}
