import { entriesOf, itemsOf, textOf, type YamlEntry, type YamlNode } from '../../support/yaml.ts';
import { editorOf } from '../editors.ts';
import type { Replacement } from '../types.ts';
import type { YamlEdit, YamlMap, YamlSequence } from '../yaml-edit.ts';
import type { Setting, SettingsFile } from './_settings.ts';

/** A variable in a map, or in a list of `{ name | key: ..., value: ... }`. */
export interface YamlSetting extends Setting {
  readonly place: { readonly kind: 'entry'; readonly holder: YamlMap; readonly entry: YamlEntry } | { readonly kind: 'item'; readonly holder: YamlSequence; readonly item: YamlNode };
}

/** Parts of the file that belong to one workload. */
export type PartsOf = (root: YamlNode, replacement: Replacement, lineOf: (node: YamlNode | YamlEntry) => number) => readonly YamlNode[];

export function yamlSettings(text: string, partsOf: PartsOf): SettingsFile<YamlSetting> {
  const editor = editorOf(text);
  const problem = editor.file.problems[0];
  return {
    fault: problem?.message,
    settingsOf: (replacement, isNamed) =>
      editor.file.documents.flatMap((root) => partsOf(root, replacement, (node) => editor.lineOf(node))).flatMap((part) => settingsIn(part, isNamed, (node) => editor.lineOf(node))),
    remove(settings, added) {
      const edits: YamlEdit[] = settings.map(({ place, name }) => (place.kind === 'entry' ? { kind: 'remove-entry', holder: place.holder, entry: place.entry, names: [name] } : { kind: 'remove-item', holder: place.holder, item: place.item }));
      const [first] = settings;
      if (first === undefined) return undefined;
      if (added.length === 0) return edits;
      if (first.place.kind !== 'entry') return undefined;
      const { holder, entry } = first.place;
      const before = holder.entries[holder.entries.indexOf(entry) - 1];
      const after = before !== undefined && before.via === undefined && !settings.some(({ place }) => place.kind === 'entry' && place.entry === before) ? { after: before } : {};
      const quote = text.split('"').length > text.split("'").length ? '"' : "'";
      return [...edits, { kind: 'add-entries', holder, ...after, text: added.map(([name, value]) => `${name}: ${/^(?:true|false|\d+)$/.test(value) ? `${quote}${value}${quote}` : value}\n`).join('') }];
    },
  };
}

function settingsIn(root: YamlNode, isNamed: (name: string) => boolean, lineOf: (node: YamlNode | YamlEntry) => number): readonly YamlSetting[] {
  const found: YamlSetting[] = [];
  const open: YamlNode[] = [root];
  const seen = new Set<YamlNode>();
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (node.kind === 'map') {
      for (const entry of node.entries) {
        if (isNamed(entry.key)) found.push({ name: entry.key, line: lineOf(entry), value: textOf(entry.value) ?? '', place: { kind: 'entry', holder: node, entry } });
        else open.push(entry.value);
      }
    } else if (node.kind === 'seq') {
      for (const item of itemsOf(node)) {
        const name = entriesOf(item).find(({ key }) => /^(?:name|key|Name|Key)$/.test(key));
        const said = textOf(name?.value) ?? '';
        if (isNamed(said)) found.push({ name: said, line: lineOf(item), value: textOf(entriesOf(item).find(({ key }) => /^value$/i.test(key))?.value) ?? '', place: { kind: 'item', holder: node, item } });
        else open.push(item);
      }
    }
  }
  return found.toSorted((a, b) => a.line - b.line);
}
