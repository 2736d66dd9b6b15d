import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Kit, requireBuild } from '../e2e/kit.ts';

const kit = new Kit(37);
beforeAll(requireBuild);
afterAll(() => kit.remove());

function init(folder: string, ...args: readonly string[]) {
  return kit.dekey(['init', ...args], { cwd: folder });
}

test('without --write nothing is written, and everything is shown', () => {
  const folder = kit.repository('shown');
  mkdirSync(join(folder, '.github'));
  const before = kit.files(folder);
  const ran = init(folder);
  expect(ran.code).toBe(0);
  for (const path of ['dekey.config.json', '.github/workflows/dekey.yml', '.git/hooks/pre-commit', 'dekey init --write']) expect(ran.stdout).toContain(path);
  expect(ran.stdout).not.toContain('.gitlab');
  expect(kit.files(folder)).toEqual(before);
});

test('--write writes what is not there and replaces nothing; what it wrote works', () => {
  const folder = kit.repository('written');
  writeFileSync(join(folder, '.gitlab-ci.yml'), 'test:\n  script: [make]\n');
  writeFileSync(join(folder, 'dekey.config.json'), '{ "failOn": "low" }\n');
  const ran = init(folder, '--write');
  expect(ran.stdout).toMatch(/is there {2}dekey\.config\.json/);
  expect(readFileSync(join(folder, 'dekey.config.json'), 'utf8')).toBe('{ "failOn": "low" }\n');
  expect(statSync(join(folder, '.git/hooks/pre-commit')).mode & 0o777).toBe(0o755);
  expect(readFileSync(join(folder, '.gitlab/dekey.gitlab-ci.yml'), 'utf8')).toContain('--format junit');
  const again = init(folder, '--write');
  expect(again.stdout).not.toContain('written ');
});

test('the configuration that is offered is one', () => {
  const folder = kit.folder('config');
  expect(init(folder, '--write').stdout).toMatch(/written {3}dekey\.config\.json/);
  expect(kit.dekey(['scan', '.'], { cwd: folder }).code).toBe(0);
});
