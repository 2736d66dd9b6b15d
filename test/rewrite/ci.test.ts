/** What holds of every pipeline file, whatever stands in it. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rewriters } from '../../src/rewrite/index.ts';
import { listFilesBelow } from './files.ts';
import { rewriteFolder, type Settings } from './kit.ts';

const fixtures = join(import.meta.dirname, '../../fixtures/rewrite');
const KINDS = ['gitlab-ci', 'circleci', 'buildkite', 'bitbucket-pipelines', 'azure-pipelines', 'jenkins', 'google-cloud-build'];
const own = rewriters.filter(({ id }) => KINDS.includes(id));
const cases = KINDS.flatMap((kind) => readdirSync(join(fixtures, kind)).map((name) => ({ kind, name, folder: join(fixtures, kind, name) })));

describe('pipelines', () => {
  let root = '';
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'dekey-ci-'));
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  /** Rewrites the files of a case after `change`. */
  async function rewriteAs(folder: string, change: (text: string) => string) {
    const settings: Settings = existsSync(join(folder, 'case.json')) ? JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) : {};
    const copy = mkdtempSync(join(root, 'case-'));
    for (const path of listFilesBelow(join(folder, 'input'))) {
      mkdirSync(dirname(join(copy, path)), { recursive: true });
      writeFileSync(join(copy, path), change(readFileSync(join(folder, 'input', path), 'utf8')));
    }
    return rewriteFolder(copy, settings, own);
  }

  const windows = (text: string): string => text.replace(/\r?\n/g, '\r\n');

  test.each(cases)('with the line ends of Windows and a byte order mark: $kind $name', async ({ folder }) => {
    const files = await rewriteAs(folder, (text) => `\uFEFF${windows(text.replace(/^\uFEFF/, ''))}`);
    for (const { path, after, before } of files) {
      const expected = join(folder, 'expected', path);
      const wanted = existsSync(expected) ? readFileSync(expected, 'utf8') : readFileSync(join(folder, 'input', path), 'utf8');
      expect(after).toBe(`\uFEFF${windows(wanted.replace(/^\uFEFF/, ''))}`);
      expect(before.length).toBeGreaterThan(0);
    }
  });

  test.each(cases)('cut off anywhere nothing is thrown: $kind $name', async ({ folder }) => {
    const length = listFilesBelow(join(folder, 'input')).map((path) => readFileSync(join(folder, 'input', path), 'utf8').length)[0] ?? 0;
    for (const part of [0.35, 0.6, 0.85]) {
      const files = await rewriteAs(folder, (text) => text.slice(0, Math.floor(length * part)));
      for (const { after, before, changes } of files) expect(changes.length > 0).toBe(after !== before);
    }
  });

  test.each(cases)('no migration is passed over: $kind $name', async ({ folder }) => {
    const files = await rewriteAs(folder, (text) => text);
    // What the caller says of a migration that nobody named.
    const unnamed = files.flatMap(({ refusals }) => refusals.filter(({ reason }) => reason.endsWith('is not a shape that can be edited.')));
    expect(unnamed).toEqual([]);
    expect(files.flatMap(({ refusals }) => refusals.filter(({ code }) => code === 'dropped'))).toEqual([]);
  });
});
