/**
 * The editor of YAML on random documents: whatever is asked of it, bytes outside its splices stay, what comes out means what was meant, a second time changes nothing more,
 * and it never throws.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { spliceText } from '../../src/rewrite/edit.ts';
import { YamlEditor, type YamlEdit, type YamlMap } from '../../src/rewrite/yaml-edit.ts';
import type { YamlNode } from '../../src/support/yaml.ts';

const RUNS = 500;

// --- documents: lines with the indentation of a tree, in many manners ---

type Tree = { readonly kind: 'scalar'; readonly source: string } | { readonly kind: 'block'; readonly header: string; readonly lines: readonly string[] } | { readonly kind: 'map'; readonly entries: readonly (readonly [string, Tree])[] } | { readonly kind: 'seq'; readonly items: readonly Tree[] } | { readonly kind: 'flow'; readonly source: string };

interface Manner {
  readonly unit: number;
  readonly zeroIndented: boolean;
  readonly gap: number;
  readonly comments: readonly (string | undefined)[];
  readonly trailing: readonly (string | undefined)[];
  readonly blanks: readonly boolean[];
}

const word = fc.constantFrom('alpha', 'beta', 'gamma', 'API_KEY', 'x-y', 'on', 'null', 'a.b', 'e1', '"quoted key"', "'single'");
const scalarSource = fc.oneof(
  fc.constantFrom('value', 'true', '010', '~', 'https://example.com/a#b', '"double \\n \\u00e9"', "'it''s'", '"a # b"', 'a b c', '-1', '!tag value', 'ünïcode', '""'),
  fc.stringMatching(/^[a-z][a-z0-9 ._-]{0,12}[a-z0-9]$/),
);
const flowSource = fc.constantFrom('{}', '[]', '{a: 1}', '{ a: 1, b: [x, y] }', '[one, "two", {k: v}]', '[ one ]', '{a: {b: c}, d: "e, f"}');
const blockScalar = fc.record({ header: fc.constantFrom('|', '|-', '|+', '>', '>-', '>+'), lines: fc.array(fc.constantFrom('text', '  deeper', '', '# no comment', '- no item', 'key: no key'), { minLength: 1, maxLength: 4 }) }).map(({ header, lines }) => ({ kind: 'block' as const, header, lines: ['first', ...lines] }));
const tree: fc.Arbitrary<Tree> = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalarSource.map((source): Tree => ({ kind: 'scalar', source })),
    flowSource.map((source): Tree => ({ kind: 'flow', source })),
    blockScalar,
    fc.uniqueArray(fc.tuple(word, tie('tree')), { selector: ([key]) => key.replace(/["']/g, ''), minLength: 1, maxLength: 4 }).map((entries): Tree => ({ kind: 'map', entries })),
    fc.array(tie('tree'), { minLength: 1, maxLength: 3 }).map((items): Tree => ({ kind: 'seq', items })),
  ),
})).tree;
const root = fc.uniqueArray(fc.tuple(word, tree), { selector: ([key]) => key.replace(/["']/g, ''), minLength: 1, maxLength: 5 }).map((entries): Tree => ({ kind: 'map', entries }));
const comment = fc.option(fc.constantFrom('# note', '# API_KEY of the team', '#\ttabbed', '# alpha: old', '#'), { nil: undefined, freq: 4 });
const manner: fc.Arbitrary<Manner> = fc.record({
  unit: fc.constantFrom(1, 2, 2, 2, 3, 4),
  zeroIndented: fc.boolean(),
  gap: fc.constantFrom(1, 1, 1, 3),
  comments: fc.array(comment, { minLength: 7, maxLength: 7 }),
  trailing: fc.array(comment, { minLength: 5, maxLength: 5 }),
  blanks: fc.array(fc.boolean(), { minLength: 11, maxLength: 11 }).map((all) => all.map((one, index) => one && index % 3 === 0)),
});

/** Prints a tree; an odd position in the text decides where comments and blank lines stand. */
function print(node: Tree, style: Manner): string {
  const lines: string[] = [];
  const decorate = (indent: string): void => {
    const note = style.comments[lines.length % style.comments.length];
    if (style.blanks[lines.length % style.blanks.length] === true) lines.push('');
    if (note !== undefined) lines.push(indent + note);
  };
  const tail = (): string => {
    const note = style.trailing[lines.length % style.trailing.length];
    return note === undefined ? '' : `  ${note}`;
  };
  const value = (of: Tree, head: string, indent: number): void => {
    if (of.kind === 'scalar' || of.kind === 'flow') lines.push(`${head} ${of.source}${tail()}`);
    else if (of.kind === 'block') lines.push(`${head} ${of.header}`, ...of.lines.map((line) => (line === '' ? '' : ' '.repeat(indent + style.unit) + line)));
    else {
      lines.push(head + tail());
      body(of, of.kind === 'seq' && style.zeroIndented && !/-[ ]*$/.test(head) ? indent : indent + style.unit);
    }
  };
  const body = (of: Tree, indent: number): void => {
    const pad = ' '.repeat(indent);
    if (of.kind === 'map') {
      for (const [key, child] of of.entries) {
        decorate(pad);
        value(child, `${pad}${key}:`, indent);
      }
    } else if (of.kind === 'seq') {
      for (const item of of.items) {
        decorate(pad);
        const dash = `${pad}-${' '.repeat(style.gap)}`;
        if (item.kind === 'map') {
          const from = lines.length;
          const inner = print({ kind: 'map', entries: item.entries }, { ...style, comments: style.comments.map(() => undefined), blanks: style.blanks.map(() => false) });
          lines.push(...inner.split('\n').slice(0, -1).map((line, index) => (line === '' ? '' : index === 0 ? dash + line : ' '.repeat(dash.length) + line)));
          if (lines.length === from) lines.push(`${pad}- {}`);
        } else if (item.kind === 'seq') value(item, `${pad}-`, indent);
        else value(item, `${pad}-`, indent);
      }
    }
  };
  body(node, 0);
  return `${lines.join('\n')}\n`;
}

const text = fc
  .record({
    documents: fc.array(fc.tuple(root, manner), { minLength: 1, maxLength: 3 }),
    mark: fc.boolean(),
    windows: fc.boolean(),
    bom: fc.boolean(),
    final: fc.constantFrom('', '\n', '\n\n\n', '# end\n'),
    anchored: fc.boolean(),
  })
  .map(({ documents, mark, windows, bom, final, anchored }) => {
    const printed = documents.map(([node, style]) => print(node, style));
    const anchors = anchored ? 'base: &base\n  one: 1\n  API_KEY: 2\nsame: *base\nmore:\n  <<: *base\n  two: 2\n' : '';
    const joined = (mark ? '---\n' : '') + anchors + printed.join('---\n');
    const ended = final === '' ? joined.slice(0, -1) : joined + (final === '\n' ? '' : final);
    return (bom ? '\uFEFF' : '') + (windows ? ended.replaceAll('\n', '\r\n') : ended);
  });

// --- edits: any node, anything ---

function nodesOf(editor: YamlEditor): readonly YamlNode[] {
  const found = new Set<YamlNode>();
  const visit = (node: YamlNode): void => {
    if (found.has(node)) return;
    found.add(node);
    if (node.kind === 'map') for (const { value } of node.entries) visit(value);
    if (node.kind === 'seq') node.items.forEach(visit);
  };
  editor.file.documents.forEach(visit);
  return [...found];
}

interface Choice {
  readonly node: number;
  readonly part: number;
  readonly kind: number;
  readonly text: number;
}
const choices = fc.array(fc.record({ node: fc.nat(), part: fc.nat(), kind: fc.nat(), text: fc.nat() }), { minLength: 1, maxLength: 4 });
const ENTRIES = ['added: 1\n', 'added:\n  deep:\n    - one\n    - two: 2\n', 'added: "quoted"\nmore: x\n'];
const ITEMS = ['- added\n', '- name: added\n  value: 1\n', '- name: a\n  list:\n    - b\n- c\n'];
const VALUES = ['changed', '"quoted # text"', '${{ vars.X }}', "'it''s'"];

function pick<T>(list: readonly T[], at: number): T | undefined {
  return list.length === 0 ? undefined : list[at % list.length];
}

function editFor(editor: YamlEditor, nodes: readonly YamlNode[], { node: at, part, kind, text: which }: Choice): YamlEdit | undefined {
  const node = pick(nodes, at);
  if (node === undefined) return undefined;
  if (kind % 11 === 10) return { kind: 'add-document', beside: pick(editor.file.documents, at) ?? node, where: which % 2 === 0 ? 'before' : 'after', text: pick(ENTRIES, which) ?? '' };
  if (kind % 23 === 9) return { kind: 'remove-document', root: pick(editor.file.documents, at) ?? node };
  if (node.kind === 'scalar') {
    if (kind % 2 === 0) return { kind: 'replace', scalar: node, text: pick(VALUES, which) ?? '' };
    const from = node.value.length === 0 ? 0 : part % node.value.length;
    return { kind: 'replace-within', scalar: node, from, to: Math.min(node.value.length, from + 1 + (which % 3)), text: 'Z' };
  }
  if (node.kind === 'map') {
    const entry = pick(node.entries, part);
    if (kind % 4 === 0) return { kind: 'add-entries', holder: node, text: pick(ENTRIES, which) ?? '', ...(which % 3 === 0 && entry !== undefined ? { after: entry } : which % 3 === 1 && entry !== undefined ? { before: entry } : {}) };
    if (entry === undefined) return undefined;
    return kind % 4 === 1 ? { kind: 'clear-value', holder: node, entry } : { kind: 'remove-entry', holder: node, entry, names: ['API_KEY', 'alpha'] };
  }
  const item = pick(node.items, part);
  if (kind % 2 === 0 && item !== undefined) return { kind: 'remove-item', holder: node, item, names: ['API_KEY'] };
  return { kind: 'add-items', holder: node, text: pick(ITEMS, which) ?? '', ...(which % 2 === 0 && item !== undefined ? { before: item } : {}) };
}

/** What `yaml` itself makes of a text: another reader than the editor's own model. */
function meaning(source: string): unknown {
  return parseDocument(source, { schema: 'failsafe', logLevel: 'silent' }).toJS({ maxAliasCount: 1000 }) as unknown;
}

/** Keys and places that lead to `node`. */
function routeTo(current: YamlNode, node: YamlNode): readonly (string | number)[] | undefined {
  if (current === node) return [];
  const children: readonly (readonly [string | number, YamlNode])[] = current.kind === 'map' ? current.entries.map(({ key, value }) => [key, value]) : current.kind === 'seq' ? current.items.map((item, index) => [index, item]) : [];
  for (const [part, child] of children) {
    const rest = routeTo(child, node);
    if (rest !== undefined) return [part, ...rest];
  }
  return undefined;
}

/** The value without the entry at `route`. */
function without(value: unknown, [part, ...rest]: readonly (string | number)[]): unknown {
  if (Array.isArray(value)) return value.map((one: unknown, index) => (index === part ? without(one, rest) : one));
  const entries = Object.entries(value as Readonly<Record<string, unknown>>);
  return Object.fromEntries(entries.flatMap(([key, one]) => (key !== part ? [[key, one]] : rest.length === 0 ? [] : [[key, without(one, rest)]])));
}

describe('random edits of random YAML', () => {
  const counts = { made: 0, refused: 0, unreadable: 0 };

  test('bytes outside the splices stay, the meaning is the one intended, and it never throws', () => {
    fc.assert(
      fc.property(text, choices, (source, chosen) => {
        const editor = new YamlEditor(source);
        if (editor.file.problems.length > 0) counts.unreadable += 1;
        const nodes = nodesOf(editor);
        const edits = chosen.flatMap((choice) => editFor(editor, nodes, choice) ?? []);
        if (edits.length === 0) return;
        const outcome = editor.make(edits);
        if (!outcome.ok) {
          counts.refused += 1;
          return;
        }
        counts.made += 1;
        const again = spliceText(source, outcome.splices);
        expect(again?.text).toBe(outcome.text);
        let at = 0;
        let kept = '';
        for (const { start, end } of outcome.splices) {
          expect(start).toBeGreaterThanOrEqual(at);
          kept += source.slice(at, start);
          at = end;
        }
        kept += source.slice(at);
        expect(isSubsequence(kept, outcome.text)).toBe(true);
        if (source.startsWith('\uFEFF') && source.length > 1) expect(outcome.text.startsWith('\uFEFF')).toBe(true);
        if (!/[\r\n]$/.test(source) && !/[|>]\+/.test(source)) expect(outcome.text).not.toMatch(/[\r\n]$/);
        if (source.includes('\r\n') && !/[^\r]\n/.test(source)) expect(outcome.text).not.toMatch(/[^\r]\n/);
        expect(new YamlEditor(outcome.text).file.problems.length).toBeLessThanOrEqual(editor.file.problems.length);
      }),
      { numRuns: RUNS, seed: 20261129 },
    );
    // Most texts are readable and many edits are made: the property is about something.
    expect(counts.made).toBeGreaterThan(RUNS / 4);
    expect(counts.unreadable).toBeLessThan(RUNS / 5);
  });

  test('one removal leaves all other entries as an independent reader sees them', () => {
    fc.assert(
      fc.property(text, fc.nat(), fc.nat(), (source, at, part) => {
        const editor = new YamlEditor(source);
        if (editor.file.problems.length > 0 || editor.file.documents.length !== 1) return;
        const maps = nodesOf(editor).filter((node): node is YamlMap => node.kind === 'map' && node.entries.length > 1 && !editor.isShared(node));
        const holder = pick(maps, at);
        const entry = holder === undefined ? undefined : pick(holder.entries, part);
        if (holder === undefined || entry === undefined || entry.via !== undefined) return;
        const outcome = editor.make([{ kind: 'remove-entry', holder, entry }]);
        if (!outcome.ok) return;
        const [document] = editor.file.documents;
        const route = document === undefined ? undefined : routeTo(document, holder);
        if (route === undefined) return;
        expect(meaning(outcome.text)).toEqual(without(meaning(source), [...route, entry.key]));
      }),
      { numRuns: Math.ceil(RUNS / 3), seed: 7 },
    );
  });

  test('made again it has nothing more to do', () => {
    fc.assert(
      fc.property(text, fc.nat(), fc.nat(), (source, at, part) => {
        const editor = new YamlEditor(source);
        const maps = nodesOf(editor).filter((node): node is YamlMap => node.kind === 'map');
        const holder = pick(maps, at);
        const entry = holder === undefined ? undefined : pick(holder.entries, part);
        if (holder === undefined || entry === undefined) return;
        // The same edit twice in one call is one edit.
        const once = editor.make([{ kind: 'remove-entry', holder, entry }]);
        const twice = editor.make([{ kind: 'remove-entry', holder, entry }, { kind: 'remove-entry', holder, entry }]);
        expect(twice.ok).toBe(once.ok);
        if (once.ok && twice.ok) expect(twice.text).toBe(once.text);
        const nothing = editor.make([]);
        expect(nothing.ok && nothing.text).toBe(source);
      }),
      { numRuns: Math.ceil(RUNS / 3), seed: 11 },
    );
  });

  test('texts that are no YAML at all do not make it throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab:-#{}[]&*!|>\'"%@`?,. \t\r\n\uFEFFé'.split('')), maxLength: 60 }), choices, (source, chosen) => {
        const editor = new YamlEditor(source);
        const nodes = nodesOf(editor);
        const edits = chosen.flatMap((choice) => editFor(editor, nodes, choice) ?? []);
        const outcome = editor.make(edits);
        if (outcome.ok) expect(spliceText(source, outcome.splices)?.text).toBe(outcome.text);
      }),
      { numRuns: RUNS * 2, seed: 3 },
    );
  });
});

function isSubsequence(part: string, whole: string): boolean {
  let at = 0;
  for (const character of part) {
    at = whole.indexOf(character, at);
    if (at === -1) return false;
    at += character.length;
  }
  return true;
}
