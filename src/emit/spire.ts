import type { EmittedFile, Emitter, Target } from '../model/federation.ts';
import type { Input, Text } from '../model/text.ts';
import { Asking, byId, scriptFile } from './_party.ts';
import type { Statement } from './_shell.ts';
import { data, inputsIn, jsonText, placeholder } from './_text.ts';

const PARENT: Input = { id: 'spiffe.parent_id', title: 'SPIFFE ID of the agents', shape: 'id', how: 'spire-server agent list' };
const SELECTOR: Input = { id: 'spiffe.selector', title: 'Selector of the workload', shape: 'id', how: 'What attests the process, such as k8s:sa:bot or unix:uid:1001.' };

/** SPIRE: a registration entry and a configuration of spiffe-helper for each workload. */
export const emitSpire: Emitter = (targets, ask, known) => {
  const asking = new Asking(ask, known);
  const parent = asking.get(PARENT);
  const items = byId(targets).map((target) => ({ target, id: subjectOf(target), selector: asking.get({ ...SELECTOR, id: `spiffe.selector_${target.id.replaceAll('-', '_')}`, title: `${SELECTOR.title} ${target.id}` }) }));
  const inputs = asking.describe(items.flatMap(({ id, selector, target }) => [...inputsIn(id), ...inputsIn(selector), ...inputsIn(target.policy.audience)]).concat(inputsIn(parent)));
  const files: EmittedFile[] = [
    {
      path: 'spire/entries.json',
      kind: 'json',
      role: 'create',
      purpose: 'Registration entries: spire-server entry create -data entries.json',
      text: jsonText({ entries: items.map(({ id, selector }) => ({ spiffe_id: data(id), parent_id: data(parent), selectors: [{ type: 'from', value: data(selector) }], jwt_svid_ttl: 300 })) }),
    },
    ...items.map(({ target }): EmittedFile => ({ path: `spire/helper.${target.id}.conf`, kind: 'helper-config', role: 'switch', purpose: `spiffe-helper beside ${target.workload}: keeps a fresh token in a file that only the workload reads.`, text: helperText(target) })),
    {
      path: 'spire/oidc-discovery-provider.conf',
      kind: 'helper-config',
      role: 'create',
      purpose: 'The discovery provider that lets others fetch the signing keys; its address has to equal jwt_issuer of the server.',
      text: ['# Serves /.well-known/openid-configuration and /keys of the trust domain.', 'domains = ["${DOMAIN_OF_THE_ISSUER}"]', 'acme {', '    email = "${EMAIL}"', '    tos_accepted = true', '}', 'server_api {', '    address = "unix:///tmp/spire-server/private/api.sock"', '}', 'set_key_use = true', ''].join('\n'),
    },
    scriptFile('spire', 'create', 'Makes the registration entries that are missing.', {
      tools: ['spire-server'],
      inputs,
      body: items.map(({ id, selector }): Statement => ({
        kind: 'unless',
        test: ['spire-server', 'entry', 'show', '-spiffeID', { text: id }, '-selector', { text: selector }],
        body: [{ kind: 'run', pipe: [['spire-server', 'entry', 'create', '-spiffeID', { text: id }, '-parentID', { text: parent }, '-selector', { text: selector }, '-jwtSVIDTTL', '300']] }],
      })),
    }),
    scriptFile('spire', 'check', 'Shows the registration entries of the plan. Exit 1 when one is missing.', {
      tools: ['spire-server'],
      inputs: asking.describe(items.flatMap(({ id }) => inputsIn(id))),
      body: items.map(({ id }): Statement => ({ kind: 'run', pipe: [['spire-server', 'entry', 'show', '-spiffeID', { text: id }]] })),
    }),
    scriptFile('spire', 'undo', 'Names the registration entries of the plan, to be deleted by their ids.', {
      tools: ['spire-server'],
      inputs: asking.describe(items.flatMap(({ id }) => inputsIn(id))),
      body: items.flatMap(({ id }): Statement[] => [{ kind: 'run', pipe: [['spire-server', 'entry', 'show', '-spiffeID', { text: id }]] }, { kind: 'say', parts: ['delete it with: spire-server entry delete -entryID ID'] }]),
    }),
  ];
  return { files, manual: ['Set jwt_issuer on the SPIRE server to the public address of the discovery provider: without it tokens have no iss.', 'The token file is written in place, not renamed: a reader that finds half a token reads again.'] };
};

function subjectOf({ id, policy }: Target): Text {
  if (policy.subject?.kind !== 'exact') throw new Error(`a SPIFFE ID is compared as a whole: ${id}`);
  return policy.subject.text;
}

function helperText({ policy }: Target): string {
  const audience = JSON.stringify(placeholder(policy.audience));
  return [
    '# spiffe-helper: writes the JWT-SVID and renews it before it expires.',
    'agent_address = "/tmp/spire-agent/public/api.sock"',
    'cert_dir = "/run/spiffe"',
    'daemon_mode = true',
    `jwt_svids = [{ jwt_audience = ${audience}, jwt_svid_file_name = "token" }]`,
    'jwt_svid_file_mode = 0600',
    '',
  ].join('\n');
}
