/** Every example of the README and of the documentation, run as it stands there. `UPDATE_DOCS=1` writes what commands print into the blocks below them. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseConfig } from '../../src/config/load-config.ts';
import { workflowProblems } from '../../src/rewrite/github/parser.ts';
import { GENERATED } from '../../scripts/pages.ts';
import { requireBuild } from '../e2e/kit.ts';
import { type Block, blocksOf, commandsOf, misfit, type WorldName, WORLDS } from './blocks.ts';
import { openWorld, type World } from './worlds.ts';

const ROOT = join(import.meta.dirname, '../..');
const isUpdating = process.env['UPDATE_DOCS'] === '1';

const PAGES = ['README.md', ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.md')).map((path) => `docs/${path.replaceAll('\\', '/')}`).toSorted()];
const TEXTS = new Map(PAGES.map((page) => [page, readFileSync(join(ROOT, page), 'utf8')]));
/** What is run or compared of a page. A generated page is compared as a whole elsewhere; only its commands are left. */
const BLOCKS = [...TEXTS].flatMap(([page, text]) => blocksOf(page, text).filter(({ language }) => language === 'sh' || !text.includes(GENERATED)));

beforeAll(requireBuild);

const isWorld = (name: string): name is WorldName => WORLDS.some((world) => world === name);

describe.each(PAGES.filter((page) => BLOCKS.some((block) => block.page === page && isWorld(block.kind))))('commands of %s', (page) => {
  const worlds = new Map<WorldName, World>();
  const printed = new Map<number, string>();
  afterAll(async () => {
    for (const world of worlds.values()) expect(await world.close()).toEqual([]);
    if (isUpdating) writeFileSync(join(ROOT, page), withOutputs(TEXTS.get(page) ?? '', printed));
  });

  // In the order of the page: later ones build on what earlier ones wrote.
  let before = '';
  for (const block of BLOCKS.filter((one) => one.page === page)) {
    const { kind, line, language, exit } = block;
    if (language === 'sh' && isWorld(kind)) {
      test(`line ${line}: ${commandsOf(block).at(-1) ?? ''}`, { timeout: 120_000 }, async () => {
        const world = worlds.get(kind) ?? (await openWorld(kind));
        worlds.set(kind, world);
        before = '';
        const commands = commandsOf(block);
        expect(commands.length).toBeGreaterThan(0);
        for (const [index, command] of commands.entries()) {
          const { code, stdout, stderr } = await world.shell(command);
          // A scan that finds something is no failure, and only of the last command the code is shown.
          expect(index === commands.length - 1 ? [exit] : [0, 1], `${command}\n${stderr}${stdout.slice(-600)}`).toContain(code);
          before += stdout;
        }
      });
    }
    if (kind === 'output') {
      test(`line ${line}: what that prints`, () => {
        if (isUpdating && !/^[ +-]*\u2026$/m.test(block.text)) printed.set(line, before.trimEnd());
        else expect(misfit(block.text, before)).toBeUndefined();
        // A text that fits anything says nothing.
        expect(isUpdating || block.text.replaceAll('\u2026', '').trim().length > 20).toBe(true);
      });
    }
  }
});

function withOutputs(text: string, printed: ReadonlyMap<number, string>): string {
  const lines = text.split('\n');
  for (const [line, output] of [...printed].toSorted(([a], [b]) => b - a)) {
    const fence = /^`+/.exec(lines[line - 1] ?? '')?.[0] ?? '';
    lines.splice(line, lines.indexOf(fence, line) - line, ...output.split('\n').map((one) => one.trimEnd()));
  }
  return lines.join('\n');
}

describe('blocks that are no commands', () => {
  const ofKind = (...kinds: readonly string[]): readonly [string, Block][] => BLOCKS.filter(({ kind }) => kinds.includes(kind)).map((block) => [`${block.page}:${block.line}`, block]);

  test.each(ofKind('config'))('%s is a configuration', async (_, { text }) => {
    const config = await parseConfig(join(ROOT, 'dekey.config.json'), text, true);
    expect(Object.keys(config).length).toBeGreaterThan(0);
  });

  test.each(ofKind('workflow', 'steps'))('%s is a workflow to GitHub’s own parser', (_, block) => {
    expect(workflowProblems(workflowOf(block))).toEqual([]);
  });

  test.each(ofKind('gitlab'))('%s is a job of GitLab CI/CD', (_, { text }) => {
    const jobs = Object.entries(parse(text) as Readonly<Record<string, unknown>>);
    expect(jobs.some(([, job]) => typeof job === 'object' && job !== null && 'script' in job)).toBe(true);
  });
});

/** Parts of a job stand in one. */
function workflowOf({ kind, text }: Block): string {
  return kind === 'steps' ? `on: push\njobs:\n  scan:\n    runs-on: ubuntu-24.04\n${text}\n` : `${text}\n`;
}

describe('what is not run', () => {
  test('every block says what it is', () => {
    const unmarked = BLOCKS.filter(({ kind, notRun, language }) => notRun === undefined && !['output', 'generated', 'config', 'workflow', 'steps', 'gitlab'].includes(kind) && !(language === 'sh' && isWorld(kind)));
    expect(unmarked.map(({ page, line, language, kind }) => `${page}:${line} ${language} ${kind}`)).toEqual([]);
  });

  test('and what cannot be run says why', () => {
    const reasons = new Map<string, number>();
    for (const { notRun } of BLOCKS) if (notRun !== undefined) reasons.set(notRun, (reasons.get(notRun) ?? 0) + 1);
    expect(Object.fromEntries(reasons)).toEqual(NOT_RUN);
  });
});

/** Reasons, and how many blocks give each: a new one is to be seen in a review. */
const NOT_RUN: Readonly<Record<string, number>> = {
  'CI runs these two in a fresh clone': 2,
  'a line of a file, not a command': 1,
  'it needs a terminal: npm run e2e -- ui drives it in one': 1,
};

describe('how an output is compared', () => {
  test('whole, or in parts round an ellipsis; durations count for nothing', () => {
    expect(misfit('a\nb', 'a\nb\n')).toBeUndefined();
    expect(misfit('took 0.1 s', 'took 2.34 s')).toBeUndefined();
    expect(misfit('a\nb', 'a\nb\nc')).toBeDefined();
    expect(misfit('a\n\u2026\nd', 'a\nb\nc\nd')).toBeUndefined();
    expect(misfit('\u2026\nc\n\u2026', 'a\nb\nc\nd')).toBeUndefined();
    expect(misfit('a\n\u2026', 'a\nb')).toBeUndefined();
    expect(misfit('b\n\u2026', 'a\nb')).toBeDefined();
    expect(misfit('a\n\u2026\nb', 'a\nb\nc')).toBeDefined();
    expect(misfit('a\n\u2026\nc\n\u2026\nb', 'a\nb\nc')).toBeDefined();
    expect(misfit('\u2026\nx\n\u2026', 'a\nb')).toBeDefined();
  });
});
