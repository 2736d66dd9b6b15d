import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rewriters } from '../src/rewrite/index.ts';
import { parse } from 'yaml';
import { EXIT_CODES } from '../src/cli/exit-codes.ts';
import { buildProgram } from '../src/cli/program.ts';
import { generatedPages } from '../scripts/doc-pages.ts';
import { blocksOf } from './docs/blocks.ts';
import { writeGenerated } from '../scripts/write-generated.ts';

const ROOT = join(import.meta.dirname, '..');
const PAGES = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'] as const;
/** What the guides tell a reader to make; it must not be there yet. */
const MADE_BY_THE_READER = /acme/;
const FOLDERS = 'src|test|scripts|fixtures|bench|docs|schema|bin|\\.ci|\\.github';

function text(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

const manifest: { scripts: Record<string, string>; dependencies: Record<string, string>; engines: { node: string }; version: string } = JSON.parse(text('package.json'));

/** Texts of the blocks of one language. */
function blocks(page: string, language: string): string[] {
  return blocksOf('', page).flatMap((block) => (block.language === language ? [block.text] : []));
}

describe('generated pages', () => {
  test.each([...generatedPages(text('README.md'))])('%s is current', (path, wanted) => {
    expect(text(path) === wanted, 'run npm run generate').toBe(true);
  });

  test('a page that is not current is named, and written only when asked', () => {
    const folder = mkdtempSync(join(tmpdir(), 'dekey-docs-'));
    try {
      mkdirSync(join(folder, 'docs'));
      writeFileSync(join(folder, 'docs/a.md'), 'old\n');
      const files = new Map([['docs/a.md', 'new\n'], ['docs/b.md', 'made\n']]);
      expect(writeGenerated(folder, files, true)).toEqual(['docs/a.md', 'docs/b.md']);
      expect(readFileSync(join(folder, 'docs/a.md'), 'utf8')).toBe('old\n');
      expect(existsSync(join(folder, 'docs/b.md'))).toBe(false);
      writeGenerated(folder, files, false);
      expect(writeGenerated(folder, files, true)).toEqual([]);
      expect(readFileSync(join(folder, 'docs/a.md'), 'utf8')).toBe('new\n');
      expect(readFileSync(join(folder, 'docs/b.md'), 'utf8')).toBe('made\n');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('the command line page has every option and every exit code', () => {
    const page = text('docs/cli.md');
    for (const command of buildProgram('0.0.0', () => {}).commands) {
      expect(page).toContain(`## dekey ${command.name()}\n`);
      for (const option of command.options) expect(page).toContain(option.long ?? option.flags);
    }
    for (const { code, meaning } of Object.values(EXIT_CODES)) expect(page).toContain(`| ${code} | ${meaning} |`);
  });

  test('the README without its markers is refused', () => {
    expect(() => generatedPages('# dekey\n')).toThrow(/markers/);
  });
});

describe('names in the pages', () => {
  test.each(PAGES)('every file that %s names exists', (path) => {
    const page = text(path);
    const named = [
      ...[...page.matchAll(new RegExp(`\`((?:${FOLDERS})/[^\`\\s]*)\``, 'g'))].map((match) => match[1] ?? ''),
      ...[...page.matchAll(/`([A-Z]+\.md|\.[a-z]+rc\.json)`/g)].map((match) => match[1] ?? ''),
      ...[...page.matchAll(/\]\(([^)#:]+)\)/g)].map((match) => match[1] ?? ''),
      ...[...page.matchAll(/vitest run ([^\n]+)/g)].flatMap((match) => (match[1] ?? '').split(' ')),
    ].filter((name) => !MADE_BY_THE_READER.test(name));
    for (const name of named) expect(existsSync(join(ROOT, name)), `${path} names ${name}`).toBe(true);
    if (path === 'CONTRIBUTING.md' || path === 'ARCHITECTURE.md') expect(named.length).toBeGreaterThan(8);
  });

  test.each([...PAGES, '.ci/run', '.github/workflows/ci.yml'])('every npm script that %s names exists', (path) => {
    for (const [, name] of text(path).matchAll(/npm run (?:-s )?([a-z][\w:-]*)/g)) expect(Object.keys(manifest.scripts), path).toContain(name);
  });

  test('every folder of src has its paragraph, and every dependency its line', () => {
    const page = text('ARCHITECTURE.md');
    for (const folder of ['model', 'support', 'providers', 'platforms', 'sources', 'detect', 'scan', 'inventory', 'risk', 'config', 'report', 'cli']) {
      expect(statSync(join(ROOT, 'src', folder)).isDirectory()).toBe(true);
      expect(page).toContain(`**\`src/${folder}/\`**`);
    }
    const used = Object.keys(manifest.dependencies).filter((name) => page.includes(`| ${name} |`));
    const listed = [...page.matchAll(/^\| ([a-z][a-z0-9-]*) \| .*$/gm)].map((match) => match[1] ?? '').filter((name) => name in manifest.dependencies);
    expect(listed.toSorted()).toEqual(used.toSorted());
    expect(used.length).toBeGreaterThan(4);
  });

  test('links in a page lead to a heading of that page', () => {
    for (const path of PAGES) {
      const page = text(path);
      const anchors = [...page.matchAll(/^#+ (.+)$/gm)].map((match) => (match[1] ?? '').toLowerCase().replace(/[^\w\s-]/g, '').trim().replaceAll(' ', '-'));
      for (const [, anchor] of page.matchAll(/\]\(#([^)]+)\)/g)) expect(anchors, path).toContain(anchor);
    }
  });
});

describe('the comparison', () => {
  const page = text('docs/comparison.md');

  test('is dated, and every tool of the table has its source', () => {
    const header = /^\| question \| (.+) \|$/m.exec(page)?.[1]?.split(' | ') ?? [];
    expect(header.length).toBeGreaterThan(6);
    expect(page).toMatch(/^Read on \d{4}-\d\d-\d\d/m);
    const sources = page.slice(page.indexOf('## Sources'));
    for (const tool of header.filter((name) => name !== 'dekey')) expect(sources, tool).toMatch(new RegExp(`^\\| ${tool} \\| .*https://`, 'm'));
    for (const row of page.split('\n').filter((line) => line.startsWith('| ') && line.split(' | ').length > 5)) expect(row.split(' | ').length, row).toBe(header.length + 1);
    expect(page).toContain('## Where others are better');
  });
});

describe('what apply edits', () => {
  test('docs/apply.md names every kind of file and every code of a refusal', () => {
    const page = text('docs/apply.md');
    for (const { id } of rewriters) expect(page, id).toContain(`\`${id}\``);
    const schema = JSON.stringify(JSON.parse(text('schema/apply.schema.json')));
    const codes = [...text('src/model/change.ts').matchAll(/^ {2}\| '([a-z-]+)'/gm)].map(([, code = '']) => code);
    expect(codes.length).toBeGreaterThan(10);
    for (const code of codes) {
      expect(page, code).toContain(`\`${code}\``);
      expect(schema, code).toContain(`"${code}"`);
    }
  });

  test('the diff of the README is what comes of a fixture', () => {
    const diff = /<!-- apply:[^\n]*\n```diff generated\n([\s\S]*?)```/.exec(text('README.md'))?.[1] ?? '';
    const side = (sign: string): string => diff.split('\n').filter((line) => line.startsWith(' ') || line.startsWith(sign)).map((line) => line.slice(1)).join('\n');
    const folder = 'fixtures/rewrite/github-actions/readme';
    expect(side('+').length).toBeGreaterThan(100);
    expect(text(`${folder}/input/.github/workflows/ci.yml`)).toContain(side('-'));
    expect(text(`${folder}/expected/.github/workflows/ci.yml`)).toContain(side('+'));
  });
});

describe('commands of the README', () => {
  const readme = text('README.md');
  const commands = blocks(readme, 'sh').flatMap((block) => block.split('\n')).map((line) => line.replace(/\s+#.*$/, '').trim());

  test('the fresh clone has its two commands, and .ci/run begins with the second', () => {
    expect(commands).toContain('npm ci && node bin/dekey.js scan .');
    expect(commands).toContain('npm ci && npm test');
    const steps = [...text('.ci/run').matchAll(/^step '([^']+)' (.+)$/gm)];
    expect(steps[0]?.[2]).toBe("limited 900 bash -c 'npm ci && npm test'");
  });

  test('every dekey command it shows is a command with options that exist', () => {
    const program = buildProgram('0.0.0', () => {});
    let checked = 0;
    for (const line of [...commands, ...blocks(readme, 'yaml').flatMap((block) => block.split('\n'))]) {
      const match = /(?:^|\s)dekey(?:@\S+)? ([a-z]+)(.*)$/.exec(line);
      if (match === null) continue;
      const command = program.commands.find((one) => one.name() === match[1]);
      expect(command, line).toBeDefined();
      for (const [, flag] of (match[2] ?? '').matchAll(/\s(--?[a-z][a-z-]*)/g)) {
        expect(command?.options.flatMap((option) => [option.short, option.long]), line).toContain(flag);
      }
      checked += 1;
    }
    expect(checked).toBeGreaterThan(6);
  });

  test('its configuration example is one the configuration reader takes', async () => {
    const { parseConfig } = await import('../src/config/load-config.ts');
    const [example] = blocks(readme, 'json');
    const config = await parseConfig(join(ROOT, 'dekey.config.json'), example ?? '', true);
    expect(config.ignore[0]?.reason).toBe('examples');
    expect(config.exclude).toEqual(['third_party/']);
  });

  test('no page names a machine path or an address on this machine', () => {
    const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).filter((path) => /\.(?:md|svg)$/.test(path)).map((path) => `docs/${path}`);
    expect(docs.length).toBeGreaterThan(50);
    for (const path of [...PAGES, ...docs]) expect(text(path), path).not.toMatch(/\/(?:home|root|work|tmp|Users)\/|\blocalhost\b|\b127\.0\.0\.1\b/);
  });
});

describe('checks', () => {
  test.each([
    ['.github/workflows/ci.yml', { contents: 'read' }],
    ['.github/workflows/dekey.yml', { contents: 'read', 'pull-requests': 'write', 'security-events': 'write' }],
  ])('%s asks for nothing on top and pins what it uses', (path, permissions) => {
    const workflow: { permissions: unknown; jobs: Record<string, { permissions: unknown; steps: { uses?: string; with?: Record<string, unknown> }[] }> } = parse(text(path));
    expect(workflow.permissions).toEqual({});
    for (const job of Object.values(workflow.jobs)) {
      expect(job.permissions).toEqual(permissions);
      for (const { uses, with: inputs } of job.steps) {
        if (uses === undefined || uses === './') continue;
        expect(uses).toMatch(/@[0-9a-f]{40}$/);
        if (uses.startsWith('actions/checkout@')) expect(inputs?.['persist-credentials']).toBe(false);
      }
    }
  });

  test('.ci/run is a program that its shell can read', () => {
    expect(statSync(join(ROOT, '.ci/run')).mode & 0o111).not.toBe(0);
    expect(spawnSync('bash', ['-n', join(ROOT, '.ci/run')]).status).toBe(0);
  });

  test('a package that is installed runs nothing', () => {
    for (const name of ['preinstall', 'install', 'postinstall']) expect(manifest.scripts).not.toHaveProperty(name);
    expect(manifest.engines.node).toBe('>=20.19');
  });
});
