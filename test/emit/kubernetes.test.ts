import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { providers } from '../../src/providers/index.ts';
import { CannotRewrite } from '../../src/rewrite/cannot.ts';
import { podPath } from '../../src/rewrite/cluster/_path.ts';
import { replacementsOf } from '../../src/rewrite/replacements.ts';
import type { Replacement } from '../../src/rewrite/types.ts';
import { platformPlans } from '../e2e/plan/matrix.ts';

const CLUSTERS = new Set(['kubernetes', 'eks', 'gke', 'aks']);
const plans = platformPlans().flatMap(({ open, filled }) => (CLUSTERS.has(open.platform) ? [{ name: open.platform, plan: open }, { name: `${open.platform}, filled in`, plan: filled }] : []));

/** What an edited manifest reads from the ConfigMap while nothing is known. */
function readBy(replacement: Replacement): readonly string[] {
  try {
    const { variables, token } = podPath(replacement, { value: () => undefined }, false);
    return [...variables.flatMap(([, value]) => (value.kind === 'config' ? [value.key] : [])), ...(token?.credentialConfig === undefined ? [] : [token.credentialConfig])];
  } catch (error) {
    if (error instanceof CannotRewrite) return [];
    throw error;
  }
}

interface ConfigMap {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly data: Readonly<Record<string, string>>;
}

describe.each(plans)('$name', ({ plan: { draft, files } }) => {
  const maps = parseAllDocuments(files.find(({ path }) => path === 'kubernetes/config-map.yaml')?.text ?? '').map((document) => document.toJS() as ConfigMap);
  const data = Object.assign({}, ...maps.map((map) => map.data)) as ConfigMap['data'];

  test('every key that an edited manifest reads is there', () => {
    const read = new Set(replacementsOf(draft, 't0', providers).replacements.flatMap(readBy));
    expect(read.size).toBeGreaterThan(5);
    for (const key of read) expect(Object.keys(data)).toContain(key);
  });

  test('it has one name, values are texts, and Google is told the same as in its own folder', () => {
    for (const { metadata } of maps) expect(metadata.name).toBe('dekey-identity');
    expect(new Set(maps.map(({ metadata }) => metadata.namespace)).size).toBe(maps.length);
    for (const value of Object.values(data)) expect(typeof value).toBe('string');
    const own = files.filter(({ path }) => path.startsWith('google/credential-config.')).map(({ text }) => text);
    const told = Object.entries(data).flatMap(([key, value]) => (key.startsWith('google-credential-config') ? [value] : []));
    expect(told.length).toBeGreaterThan(0);
    for (const text of told) expect(own).toContain(text);
  });
});
