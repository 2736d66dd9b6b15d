import type { Replacement } from '../types.ts';
import { jsonEntries, jsonGet, type JsonNode, jsonText, jsonTree, keyOf, removeJson } from './_json.ts';
import { lineNumber, lineStart } from './_lines.ts';
import type { Setting, SettingsFile } from './_settings.ts';

export interface JsonSetting extends Setting {
  readonly node: JsonNode;
}

/** Settings in JSON: `"NAME": value`, and `{ "name": "NAME", "value": ... }` in lists. */
export function jsonSettings(text: string, partsOf: (root: JsonNode, replacement: Replacement) => readonly JsonNode[] = (root) => [root]): SettingsFile<JsonSetting> {
  const root = jsonTree(text);
  return {
    fault: root === undefined ? 'it is no JSON' : undefined,
    settingsOf: (replacement, isNamed) => (root === undefined ? [] : partsOf(root, replacement).flatMap((part) => settingsIn(text, part, isNamed))),
    remove(settings, added) {
      const [first] = settings;
      const removed = removeJson(text, settings.map(({ node }) => node), settings.map(({ name }) => name));
      if (first === undefined || removed === undefined) return undefined;
      if (added.length === 0) return removed.map((splice) => ({ kind: 'text', ...splice }));
      // Put in place of the first, which then is not taken out: as the lines above and below it are written.
      if (settings.length > 1 || first.node.type !== 'property') return undefined;
      const indent = text.slice(lineStart(text, first.node.offset), first.node.offset);
      if (indent.trim() !== '') return undefined;
      return [{ kind: 'text', start: first.node.offset, end: first.node.offset + first.node.length, text: added.map(([name, value]) => `"${name}": "${value}"`).join(`,\n${indent}`) }];
    },
  };
}

function settingsIn(text: string, part: JsonNode, isNamed: (name: string) => boolean): readonly JsonSetting[] {
  const setting = (node: JsonNode, name: string, value: JsonNode | undefined): JsonSetting => ({ name, node, value: jsonText(value) ?? '', line: lineNumber(text, node.offset) });
  // Code reads `AzureOpenAI: { ApiKey }` by the names of both.
  const nameOf = (property: JsonNode): string => {
    const above = property.parent?.parent;
    const whole = above?.type === 'property' ? `${keyOf(above)}.${keyOf(property)}` : '';
    return isNamed(whole) ? whole : keyOf(property);
  };
  const direct = jsonEntries(part, () => true).flatMap((property) => (isNamed(nameOf(property)) ? [setting(property, nameOf(property), property.children?.[1])] : []));
  const paired = jsonEntries(part, (key) => key === 'name' || key === 'Name' || key === 'key').flatMap((property) => {
    const item = property.parent;
    const name = jsonText(property.children?.[1]) ?? '';
    return item?.parent?.type === 'array' && isNamed(name) ? [setting(item, name, jsonGet(item, 'value') ?? jsonGet(item, 'Value'))] : [];
  });
  return [...direct, ...paired];
}
