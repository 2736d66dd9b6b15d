import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { helm } from '../../src/rewrite/cluster/helm.ts';
import { rewriteText } from '../../src/rewrite/run.ts';
import type { Replacement, RewriteContext } from '../../src/rewrite/types.ts';
import { listFilesBelow } from './files.ts';

const input = join(import.meta.dirname, '../../fixtures/rewrite/helm/create/input');
const chart = new Map(listFilesBelow(input).map((path) => [path, readFileSync(join(input, path), 'utf8')]));
const VALUES = 'charts/bot/values.yaml';
const TEMPLATE = 'charts/bot/templates/deployment.yaml';

const replacement: Replacement = {
  migration: 'm-1',
  provider: 'anthropic',
  title: 'Anthropic',
  workload: VALUES,
  platform: 'kubernetes',
  path: VALUES,
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
  identity: { id: 'app', audience: ['https://api.anthropic.com'], permission: 'inference', subject: ['system:serviceaccount:default:bot'] },
  suffix: '',
  set: { ANTHROPIC_FEDERATION_RULE_ID: '{anthropic.federation_rule_id}', ANTHROPIC_IDENTITY_TOKEN_FILE: '{token-file}' },
  remove: ['ANTHROPIC_API_KEY'],
  floors: [],
};

function rewritten(values: string, template = chart.get(TEMPLATE) ?? ''): ReturnType<typeof rewriteText> {
  const files = new Map([...chart, [VALUES, values], [TEMPLATE, template]]);
  const context: RewriteContext = { own: [replacement], all: [replacement], kept: [], paths: [...files.keys()], read: (path) => files.get(path), value: () => undefined, ids: 'vars' };
  return rewriteText(helm, VALUES, values, context);
}

const values = chart.get(VALUES) ?? '';
const lines = (chart.get(TEMPLATE) ?? '').split('\n');

test('the chart as it is can be edited', () => {
  expect(rewritten(values).made).toHaveLength(1);
});

test('ends of lines stay as they are', () => {
  const windows = values.replaceAll('\n', '\r\n');
  const { after } = rewritten(windows, lines.join('\r\n'));
  expect(after).not.toBe(windows);
  expect(after.replaceAll('\r\n', '')).not.toContain('\n');
});

const harmless = ['# a comment', '', '              protocol: TCP'];
const strange = ['{{- if .Values.debug }}', '{{- end }}', '{{- range .Values.list }}', '{{- else }}', '{{', '}}', '{{/*', '"', '      initContainers:', '        - name: other', '          env:', '{{- with .Values.env }}', '            {{- toYaml .Values.env | nindent 12 }}', '{{ toYaml .Values }}', '\t', '{{- define "x" }}'];

test('whatever a template is made of, nothing is thrown, and a second run has nothing to do', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(lines.length), fc.constantFrom(...harmless, ...strange), fc.boolean()), { minLength: 1, maxLength: 5 }), (edits) => {
      const changed = [...lines];
      for (const [at, line, replaces] of edits) changed.splice(at, replaces ? 1 : 0, line);
      const template = changed.join('\n');
      const once = rewritten(values, template);
      expect(once.made.length + once.refusals.length).toBe(1);
      expect(rewritten(once.after, template).after).toBe(once.after);
    }),
    { numRuns: 500, seed: 7, endOnFailure: true },
  );
});

test('a condition of another value round the variables, the volumes or the mounts is a reason to leave them', () => {
  for (const key of ['env', 'volumeMounts', 'volumes']) {
    const at = lines.findIndex((line) => line.trim() === `${key}:`);
    const template = [...lines.slice(0, at - 1), '{{- if .Values.debug }}', ...lines.slice(at - 1, at + 3), '{{- end }}', ...lines.slice(at + 3)].join('\n');
    expect(rewritten(values, template).refusals.map(({ code }) => code), key).toEqual(['template']);
  }
});

test('a template of braces without an end is read in no time', () => {
  // Of the processor, not of the clock: others may be at work beside it.
  const start = process.cpuUsage();
  expect(rewritten(values, `${lines.join('\n')}${'{{ "'.repeat(20_000)}`).refusals.length).toBeLessThan(2);
  expect(process.cpuUsage(start).user / 1000).toBeLessThan(8000);
});

/** Random enough to be a key, and none: made here so that no file holds it. */
const made = Array.from({ length: 40 }, (_, index) => 'k7Qz2mX9vB4cR8tW'[(index * 7) % 16]).join('');

test('a key that stands in the values is refused, and never repeated', () => {
  const source = values.replace(/(- name: ANTHROPIC_API_KEY\n)(?: {4}.*\n)+/, `$1    value: ${made}\n`);
  expect(source).toContain(made);
  const { after, refusals } = rewritten(source);
  expect(after).toBe(source);
  expect(refusals.map(({ code }) => code)).toEqual(['literal-key']);
  expect(JSON.stringify(refusals)).not.toContain(made);
});
