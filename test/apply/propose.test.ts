import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { digestOf, readText } from '../../src/apply/files.ts';
import { KeyFinder } from '../../src/apply/keys.ts';
import { Proposer, shownFile, splicesOf, stagesOf, summaryOf } from '../../src/apply/propose.ts';
import type { PlanToApply } from '../../src/apply/read-plan.ts';
import { replaceAll, type Replacing, temporaryName } from '../../src/apply/write.ts';
import { providers } from '../../src/providers/index.ts';
import type { FileRefusal, Rewriter } from '../../src/rewrite/types.ts';
import { expandRecipe, seededRandom } from '../support/recipes.ts';

const [KEY = ''] = expandRecipe('sk-ant-api03-{url:93}AA', seededRandom(5)).keys;

let root = '';
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'dekey-propose-')));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** Takes out every line that begins with `word`, one change a line. */
function removing(id: string, word: string, refusals: readonly FileRefusal[] = []): Rewriter {
  return {
    id,
    matches: () => true,
    rewrite: (_path, text) => ({
      changes: [...text.matchAll(new RegExp(`^${word}(\\w+).*\\n`, 'gm'))].map((match) => ({
        id: match[1] ?? '', line: text.slice(0, match.index).split('\n').length, title: `${match[1]} goes`, why: 'It has to.', safety: 'safe' as const, reason: 'nothing', migrations: [`m-${match[1]}`],
        edits: [{ kind: 'text' as const, start: match.index, end: match.index + match[0].length, text: '' }],
      })),
      refusals,
    }),
  };
}

const EMPTY: PlanToApply = { targets: [{ id: 't0', kind: 'directory', name: '.', complete: true, repository: null, branch: null }], sources: [], migrations: [], identities: [], inputs: [] };

async function propose(rewriters: readonly Rewriter[], paths: readonly string[], done: readonly string[] = []) {
  const keys = new KeyFinder();
  const plan: PlanToApply = { ...EMPTY, sources: paths.map((path) => ({ target: 't0', path, sha256: null })) };
  const proposer = await Proposer.start({ rewriters, providers, plan, target: { id: 't0', name: '.', root }, keys, value: () => undefined, ids: 'vars', done: new Set(done), idle: new Set() });
  return { proposer, keys };
}

describe('what is proposed', () => {
  test('text with a key is not taken out: a rollback would have to hold it; the rest of the file is', async () => {
    put('a.txt', `drop one\ndrop two = ${KEY}\nkeep ${KEY}\ndrop three\n`);
    const { proposer, keys } = await propose([removing('r', 'drop ')], ['a.txt']);
    const [proposed] = proposer.everything;
    expect(proposed?.file.after).toBe(`drop two = ${KEY}\nkeep ${KEY}\n`);
    expect(proposed?.refusals).toMatchObject([{ code: 'literal-key', line: 2 }]);
    expect(proposed?.file.declined).toEqual([]);
    if (proposed === undefined) return;
    expect(JSON.stringify(splicesOf(proposed))).not.toContain(KEY.slice(20, 40));
    const shown = shownFile(proposed, keys, digestOf);
    expect(JSON.stringify(shown)).not.toContain(KEY.slice(20, 40));
    expect(summaryOf([shown], 0)).toMatchObject({ changes: 2, removed: 2, refused: { 'literal-key': 1 } });
    // What was found to be at fault stays so, whatever is chosen.
    expect(proposer.choose(() => true)).toBe(proposer.everything);
    expect(proposer.choose(({ id }) => id !== 'one')[0]?.file.after).toBe(`drop one\ndrop two = ${KEY}\nkeep ${KEY}\n`);
  });

  test('a key that only its name tells is one too', async () => {
    const value = expandRecipe('{alnum:40}', seededRandom(6)).text;
    put('.env', `OPENAI_API_KEY=${value}\ndrop one\n`);
    const { proposer, keys } = await propose([removing('r', 'OPENAI_'), removing('s', 'drop ')], ['.env']);
    const [proposed] = proposer.everything;
    expect(proposed?.refusals).toMatchObject([{ code: 'literal-key' }]);
    expect(proposed?.file.changes.map(({ id }) => id)).toEqual(['one']);
    expect(proposed === undefined ? '' : JSON.stringify(shownFile(proposed, keys, digestOf))).not.toContain(value);
  });

  test('each change by itself, through several rewriters', async () => {
    put('a.txt', 'x one\ny two\nx three\n');
    const { proposer } = await propose([removing('first', 'x '), removing('second', 'y ')], ['a.txt']);
    const [proposed] = proposer.everything;
    expect(proposed?.file.after).toBe('');
    const stages = proposed === undefined ? [] : [...stagesOf(proposed.file)].map(([{ id }, stage]) => [id, stage.before, stage.after]);
    expect(stages).toEqual([['one', 'x one\ny two\nx three\n', 'y two\nx three\n'], ['three', 'x one\ny two\nx three\n', 'x one\ny two\n'], ['two', 'y two\n', '']]);
  });

  test('what an earlier run has done is not called an unknown shape; a key that stays is', async () => {
    put('a.txt', 'nothing\n');
    const refusal: FileRefusal = { code: 'unknown-shape', line: 1, reason: 'Nothing found.', byHand: 'Look.', migrations: ['m-1'], shadows: false };
    const rewriter = removing('r', 'drop ', [refusal, { ...refusal, shadows: true }, { ...refusal, migrations: ['m-2'] }]);
    const { proposer } = await propose([rewriter], ['a.txt'], ['m-1']);
    expect(proposer.everything[0]?.refusals).toEqual([{ ...refusal, shadows: true }, { ...refusal, migrations: ['m-2'] }]);
  });
});

describe('writing', () => {
  function replacing(path: string, after: string): Replacing {
    const state = readText(root, path);
    if (state.kind !== 'text') throw new Error(state.kind);
    return { root, path, name: path, expected: state.sha256, before: state.bytes, after: Buffer.from(after), temporary: temporaryName() };
  }
  const texts = (): readonly string[] => ['a/a', 'b/b', 'c/c'].map((path) => readFileSync(join(root, path), 'utf8'));

  test('a folder that goes away before the last name changes: all is put back, and the record is taken back', async () => {
    for (const name of ['a', 'b', 'c']) put(`${name}/${name}`, `old ${name}`);
    let forgotten = false;
    const files = [replacing('a/a', 'new a'), replacing('b/b', 'new b'), replacing('c/c', 'new c')];
    const run = replaceAll(files, async () => {
      // Changes the last file after all new contents were written.
      put('c/c', 'mine');
      return { undo: 'rollback-1.json', forget: async () => { forgotten = true; } };
    });
    await expect(run).rejects.toThrow('c/c has changed while dekey ran');
    expect(texts()).toEqual(['old a', 'old b', 'mine']);
    expect(forgotten).toBe(true);
    expect(['a', 'b', 'c'].map((name) => readText(root, `${name}/${files.find(({ path }) => path.startsWith(name))?.temporary}`).kind)).toEqual(['missing', 'missing', 'missing']);
  });

  test('a record that cannot be written stops it before any name changes', async () => {
    for (const name of ['a', 'b', 'c']) put(`${name}/${name}`, `old ${name}`);
    await expect(replaceAll([replacing('a/a', 'new'), replacing('b/b', 'new')], async () => { throw Object.assign(new Error('x'), { code: 'ENOSPC' }); })).rejects.toThrow('the disk is full');
    expect(texts()).toEqual(['old a', 'old b', 'old c']);
  });
});
