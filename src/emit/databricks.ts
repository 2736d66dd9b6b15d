import type { EmittedFile, Emitter, Target } from '../model/federation.ts';
import type { Input, Text } from '../model/text.ts';
import type { Block } from './_hcl.ts';
import { terraformFile } from './_hcl-party.ts';
import { Asking, byId, scriptFile } from './_party.ts';
import { jq, type Statement } from './_shell.ts';
import { data, type Data, inputsIn, inputsOf, jsonText } from './_text.ts';

const TOOLS = ['databricks', 'jq'] as const;

/** Databricks: a federation policy on a service principal for each identity. */
export const emitDatabricks: Emitter = (targets, ask, known) => {
  const asking = new Asking(ask, known);
  const items = byId(targets).map((target) => ({ target, body: policyBody(target), principal: asking.get(principalOf(target)) }));
  const inputs = asking.describe(items.flatMap(({ body, principal }) => [...inputsOf(body), ...inputsIn(principal)]));
  const files: EmittedFile[] = [
    ...items.map(({ target, body }): EmittedFile => ({ path: `databricks/policy.${target.id}.json`, kind: 'json', role: 'create', purpose: `Federation policy of the service principal of ${target.id}.`, text: jsonText(body) })),
    terraformFile('databricks', 'Federation policies of Databricks service principals.', { name: 'databricks', source: 'databricks/databricks', version: '>= 1.80' }, asking, items.map(({ target, principal }): Block => ({
      type: 'resource',
      labels: ['databricks_service_principal_federation_policy', target.id],
      comment: target.workload.replace(/\s+/g, ' '),
      attributes: { service_principal_id: data(principal), policy_id: target.id, oidc_policy: { issuer: data(target.policy.issuer), audiences: [data(target.policy.audience)], subject: data(subjectOf(target)) } },
    }))),
    scriptFile('databricks', 'create', 'Makes the federation policies that are missing. Log in at the account first: databricks auth login.', {
      tools: TOOLS,
      inputs,
      body: items.flatMap(({ target, body, principal }): Statement[] => [
        {
          kind: 'unless',
          test: show(target, principal),
          body: [
            { kind: 'capture', variable: 'POLICY', pipe: [jq(body)] },
            { kind: 'run', pipe: [['databricks', 'account', 'service-principal-federation-policy', 'create', { text: principal }, '--policy-id', target.id, '--json', { variable: 'POLICY' }]] },
          ],
        },
      ]),
    }),
    scriptFile('databricks', 'check', 'Reads the federation policies and names every difference from the plan. Exit 1 when there is any.', {
      tools: TOOLS,
      inputs,
      body: [
        { kind: 'set', variable: 'WRONG', value: '0' },
        ...items.flatMap(({ target, body, principal }): Statement[] => [
          {
            kind: 'when',
            test: show(target, principal),
            body: [
              { kind: 'capture', variable: 'WANTED', pipe: [jq(body), ['jq', '--sort-keys', '--compact-output', '.oidc_policy']] },
              { kind: 'capture', variable: 'STANDS', pipe: [show(target, principal), ['jq', '--sort-keys', '--compact-output', '.oidc_policy | {issuer, audiences, subject}']] },
              { kind: 'unless', test: ['test', { variable: 'WANTED' }, '=', { variable: 'STANDS' }], body: [{ kind: 'say', parts: [`${target.id}: is `, { variable: 'STANDS' }, ', planned is ', { variable: 'WANTED' }] }, { kind: 'set', variable: 'WRONG', value: '1' }] },
            ],
            otherwise: [{ kind: 'say', parts: [`${target.id}: missing`] }, { kind: 'set', variable: 'WRONG', value: '1' }],
          },
        ]),
        { kind: 'when', test: ['test', { variable: 'WRONG' }, '=', '1'], body: [{ kind: 'fail', parts: ['Not as planned.'] }], otherwise: [{ kind: 'say', parts: ['As planned.'] }] },
      ],
    }),
    scriptFile('databricks', 'undo', 'Deletes the federation policies of this plan.', {
      tools: ['databricks'],
      inputs: asking.describe(items.flatMap(({ principal }) => inputsIn(principal))),
      body: items.map(({ target, principal }): Statement => ({ kind: 'run', pipe: [['databricks', 'account', 'service-principal-federation-policy', 'delete', { text: principal }, target.id]] })),
    }),
  ];
  return { files, manual: ['Give the service principal CAN QUERY on the serving endpoint it calls, and nothing more.', 'Set DATABRICKS_TOKEN_AUDIENCE in the workload to the audience of the policy: the default of the SDK is another.'] };
};

function principalOf({ id }: Target): Input {
  return { id: `databricks.service_principal_${id.replaceAll('-', '_')}`, title: `Numeric id of the service principal for ${id}`, shape: 'digits', how: 'databricks account service-principals list' };
}

function subjectOf({ id, policy }: Target): Text {
  if (policy.subject?.kind !== 'exact') throw new Error(`Databricks compares the subject as a whole: ${id}`);
  return policy.subject.text;
}

function policyBody(target: Target): { readonly [key: string]: Data } {
  return { oidc_policy: { issuer: data(target.policy.issuer), audiences: [data(target.policy.audience)], subject: data(subjectOf(target)) } };
}

function show(target: Target, principal: Text) {
  return ['databricks', 'account', 'service-principal-federation-policy', 'get', { text: principal }, target.id, '--output', 'json'] as const;
}
