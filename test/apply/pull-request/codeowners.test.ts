import { expect, test } from 'vitest';
import { ownersOf } from '../../../src/apply/pull-request/codeowners.ts';

/** Patterns of the kinds that GitHub's documentation explains, and what each fits. */
const FITS: readonly [pattern: string, path: string, fits: boolean][] = [
  ['*', 'a/b/c.ts', true], ['*', '.github/workflows/ci.yml', true], ['*.js', 'a/b.js', true], ['*.js', 'b.jsx', false], ['*.*', 'a/b.js', true],
  ['/build/logs/', 'build/logs/deep/x.log', true], ['/build/logs/', 'a/build/logs/x', false], ['/build/logs/', 'build/logs', false],
  ['docs/*', 'docs/getting-started.md', true], ['docs/*', 'docs/build-app/troubleshooting.md', false], ['docs/*', 'a/docs/x.md', false],
  ['apps/', 'apps/x/y', true], ['apps/', 'a/apps/x', true], ['apps/', 'apps', false], ['apps', 'a/apps/x', true], ['apps', 'apps', true],
  ['/docs/', 'docs/a/b', true], ['/scripts', 'scripts/x', true], ['/scripts', 'a/scripts', false], ['**/logs', 'build/logs/x', true], ['**/logs', 'logs', true], ['**/logs', 'mylogs', false],
  ['a/**/b', 'a/x/y/b', true], ['a/**/b', 'a/b', true], ['a/**/b', 'a/x/c', false], ['a/**', 'a/x/y', true], ['a/**', 'b/a', false],
  ['.github/workflows/ci?.yml', '.github/workflows/ci1.yml', true], ['.github/workflows/ci?.yml', '.github/workflows/ci.yml', false],
  ['*.YML', 'a.yml', false], ['path\\ with/x.md', 'path with/x.md', true], ['\\#x', '#x', true], ['/', 'a', true],
];

test.each(FITS)('%s and %s: %s', (pattern, path, fits) => {
  expect(ownersOf(`${pattern} @owner`, [path])).toEqual(fits ? ['owner'] : []);
});

test('the last rule that fits decides, also when it names nobody', () => {
  const text = '* @everybody\n*.yml @acme/ci @ada # the pipeline\n.github/workflows/free.yml\n\n# *.yml @nobody\n';
  expect(ownersOf(text, ['.github/workflows/ci.yml'])).toEqual(['acme/ci', 'ada']);
  expect(ownersOf(text, ['.github/workflows/free.yml'])).toEqual([]);
  expect(ownersOf(text, ['.github/workflows/free.yml', 'x.ts', 'y.yml'])).toEqual(['everybody', 'acme/ci', 'ada']);
});

test('only names of users and teams are taken', () => {
  expect(ownersOf('* @ada docs@example.com @acme/team-1 @ @-x @a/b/c @${{x}} ada @Ada', ['x'])).toEqual(['ada', 'acme/team-1']);
  expect(ownersOf('!x @ada\n[ab] @bob\n', ['x', 'a'])).toEqual([]);
  expect(ownersOf('* @ada\r\n', ['x'])).toEqual(['ada']);
});

test('hostile patterns take no time', () => {
  const started = performance.now();
  ownersOf(`${'**/a/'.repeat(190)}b @x`, [`${'a/'.repeat(200)}c`]);
  ownersOf(`${'*a'.repeat(490)}b @x`, ['a'.repeat(4000)]);
  ownersOf('* @x\n'.repeat(20_000), ['x']);
  expect(performance.now() - started).toBeLessThan(5000);
});
