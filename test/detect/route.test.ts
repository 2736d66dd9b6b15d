import { describe, expect, test } from 'vitest';
import { routesOf } from '../../src/detect/route.ts';

function routeOf(path: string, text: string, value = 'VALUE'): string | undefined {
  const start = text.indexOf(value);
  return routesOf(path, text, [{ start, end: start + value.length }])[0];
}

describe('the route to a value', () => {
  test.each([
    ['a.json', '{"mcpServers":{"x":{"env":{"K":"VALUE"}}}}', 'mcpServers.x.env.K'],
    ['a.json', '\ufeff{"env":{"K":"VALUE"}}', 'env.K'],
    ['a.jsonc', '// note\n{"list":[1,{"K":"Bearer VALUE"},],}', 'list[1].K'],
    ['a.ipynb', '{"cells":[{"source":["import os\\n","k = \\"VALUE\\""]}]}', 'cells[0].source[1]'],
    ['a.yaml', 'a:\n  - b:\n      - k: VALUE\n', 'a[0].b[0].k'],
    ['a.yml', 'one: 1\n---\ntwo:\n  k: |\n    first\n    VALUE\n', 'two.k'],
    ['a.toml', '[tool.x]\nkeys = ["a", "VALUE"]\n', 'tool.x.keys[1]'],
  ])('%s %j', (path, text, route) => {
    expect(routeOf(path, text)).toBe(route);
  });

  test.each([
    ['a file without structure', 'a.txt', '{"k":"VALUE"}'],
    ['a comment', 'a.yaml', '# VALUE\nk: 1\n'],
    ['a file cut off before its value', 'a.json', '{"a": VALUE'],
    ['a scalar alone', 'a.json', '"VALUE"'],
  ])('none: %s', (_what, path, text) => {
    expect(routeOf(path, text)).toBeUndefined();
  });

  test('a key used as a name is no part of a route', () => {
    const text = '{"KEY1":{"a":"KEY2"}}';
    const ranges = ['KEY1', 'KEY2'].map((key) => ({ start: text.indexOf(key), end: text.indexOf(key) + 4 }));
    expect(routesOf('a.json', text, ranges)).toEqual([undefined, undefined]);
  });
});
