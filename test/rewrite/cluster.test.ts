/**
 * Manifests that `apply` wrote, before the schemas of Kubernetes: kubernetes-validate, a library of others, judges every expected manifest of the fixtures.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { listFilesBelow } from './files.ts';

const root = join(import.meta.dirname, '../..');
const fixtures = join(root, 'fixtures/rewrite');
const judges = join(root, 'node_modules/.cache/dekey-judges/python');
const python = join(judges, 'bin/python');

/** Groups whose objects are in Kubernetes itself; the others have schemas of their own. */
const BUILT_IN = /^(?:v1|apps\/v1|batch\/v1)$/;

/** Manifests of `expected/`, those that are patches of kustomize left out: they are no whole objects. */
function manifests(): readonly string[] {
  return readdirSync(fixtures).flatMap((kind) =>
    readdirSync(join(fixtures, kind)).flatMap((name) => {
      const expected = join(fixtures, kind, name, 'expected');
      return listFilesBelow(expected).filter((path) => /\.ya?ml$/.test(path) && isBuiltIn(readFileSync(join(expected, path), 'utf8'))).map((path) => join(expected, path));
    }),
  );
}

function isBuiltIn(text: string): boolean {
  const documents = parseAllDocuments(text).map((document) => document.toJS() as { readonly apiVersion?: unknown; readonly kind?: unknown; readonly spec?: { readonly selector?: unknown } } | null);
  return documents.every((one) => typeof one?.apiVersion === 'string' && BUILT_IN.test(one.apiVersion) && one.kind !== 'List' && !(one.apiVersion === 'apps/v1' && one.spec?.selector === undefined));
}

describe('schemas of Kubernetes', () => {
  const files = manifests();
  test('there are manifests to judge', () => {
    expect(files.length).toBeGreaterThan(10);
  });
  // Without the judge this says so and is skipped; `npm run judges` installs it and skips nothing.
  test.skipIf(!existsSync(join(judges, '.installed')) && process.env['DEKEY_JUDGES'] !== 'required')('kubernetes-validate finds nothing in them (installed by npm run judges)', { timeout: 120_000 }, () => {
    const { stdout, stderr } = spawnSync(python, [join(root, 'scripts/judges/ask.py'), 'kubernetes', ...files], { encoding: 'utf8' });
    expect(stdout ?? '', stderr ?? 'it is not installed').not.toBe('');
    const { problems } = JSON.parse(stdout) as { readonly problems: readonly { readonly file: string; readonly text: string }[] };
    expect(problems).toEqual([]);
  });
});
