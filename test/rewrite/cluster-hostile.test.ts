import fc from 'fast-check';
import { expect, test } from 'vitest';
import { devcontainer } from '../../src/rewrite/cluster/devcontainer.ts';
import { dockerCompose } from '../../src/rewrite/cluster/docker-compose.ts';
import { dockerfile } from '../../src/rewrite/cluster/dockerfile.ts';
import { helm } from '../../src/rewrite/cluster/helm.ts';
import { kubernetes } from '../../src/rewrite/cluster/kubernetes.ts';
import { kustomize } from '../../src/rewrite/cluster/kustomize.ts';
import { rewriteText } from '../../src/rewrite/run.ts';
import type { Replacement, RewriteContext } from '../../src/rewrite/types.ts';

const replacement: Replacement = {
  migration: 'm-1',
  provider: 'anthropic',
  title: 'Anthropic',
  workload: 'Pod/app',
  platform: 'kubernetes',
  path: 'app.yaml',
  line: 1,
  names: ['ANTHROPIC_API_KEY'],
  variables: ['ANTHROPIC_API_KEY'],
  readByClients: ['ANTHROPIC_API_KEY'],
  hosts: ['api.anthropic.com'],
  parties: ['anthropic'],
  route: 'native',
  class: 'native',
  outcome: 'gone',
  change: 'configuration',
  identity: { id: 'app', audience: ['https://api.anthropic.com'], permission: 'inference', subject: ['system:serviceaccount:default:app'] },
  suffix: '',
  set: { ANTHROPIC_FEDERATION_RULE_ID: '{anthropic.federation_rule_id}', ANTHROPIC_IDENTITY_TOKEN_FILE: '{token-file}' },
  remove: ['ANTHROPIC_API_KEY'],
  floors: [],
};
const context: RewriteContext = { own: [replacement], all: [replacement], kept: [], read: () => undefined, value: () => undefined, ids: 'vars' };
const rewriters = [kubernetes, kustomize, helm, dockerCompose, dockerfile, devcontainer];

const line = fc.constantFrom(
  'apiVersion: v1', 'kind: Pod', 'kind: List', 'items:', 'metadata:', '  name: app', 'spec:', '  containers:', '  - name: app', '    env:', '    - name: ANTHROPIC_API_KEY', '      value: $(ANTHROPIC_API_KEY)', '      valueFrom: {secretKeyRef: {name: a, key: b}}',
  '    - *x', '    <<: *y', '    env: &x', '  volumes: []', '---', 'services:', '  a:', '    environment:', '      ANTHROPIC_API_KEY:', '      - ANTHROPIC_API_KEY', 'ENV ANTHROPIC_API_KEY=$ANTHROPIC_API_KEY \\', 'ARG ANTHROPIC_API_KEY', 'ENV A=1 ANTHROPIC_API_KEY="', 'RUN x', '{"remoteEnv": {"ANTHROPIC_API_KEY": ""', '}', '{{ .Values.x }}', 'secretGenerator:', '- literals: [ANTHROPIC_API_KEY=x]', '\t', '',
);
const text = fc.tuple(fc.array(line, { maxLength: 30 }), fc.constantFrom('\n', '\r\n'), fc.constantFrom('', '\uFEFF')).map(([lines, end, bom]) => bom + lines.join(end));

test('no text makes a rewriter throw, and a second run has nothing to do', () => {
  fc.assert(
    fc.property(text, (source) => {
      for (const rewriter of rewriters) {
        const path = rewriter === dockerfile ? 'Dockerfile' : rewriter === kustomize ? 'kustomization.yaml' : rewriter === devcontainer ? 'devcontainer.json' : rewriter === dockerCompose ? 'compose.yaml' : 'app.yaml';
        const once = rewriteText(rewriter, path, source, context);
        expect(rewriteText(rewriter, path, once.after, context).after).toBe(once.after);
      }
    }),
    { numRuns: 400, seed: 5, endOnFailure: true },
  );
});

/** Random enough to be a key, and none: made here so that no file holds it. */
const made = Array.from({ length: 40 }, (_, index) => 'k7Qz2mX9vB4cR8tW'[(index * 7) % 16]).join('');

test('a key that stands in the file is refused, and never repeated', () => {
  const manifest = `apiVersion: v1\nkind: Pod\nmetadata:\n  name: app\nspec:\n  containers:\n    - name: app\n      env:\n        - name: ANTHROPIC_API_KEY\n          value: ${made}\n`;
  for (const [rewriter, path, source, own] of [
    [kubernetes, 'app.yaml', manifest, true],
    [dockerfile, 'Dockerfile', `FROM x\nENV ANTHROPIC_API_KEY=${made}\n`, false],
    [dockerCompose, 'compose.yaml', `services:\n  a:\n    environment:\n      ANTHROPIC_API_KEY: ${made}\n`, false],
    [devcontainer, 'devcontainer.json', `{"containerEnv": {"ANTHROPIC_API_KEY": "${made}"}}\n`, false],
  ] as const) {
    const result = rewriteText(rewriter, path, source, own ? context : { ...context, own: [] });
    expect(result.after).toBe(source);
    expect(result.refusals.map(({ code }) => code), path).toEqual(['literal-key']);
    expect(JSON.stringify(result.refusals)).not.toContain(made);
  }
});
