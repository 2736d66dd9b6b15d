import { isDeepStrictEqual } from 'node:util';
import { parse } from 'smol-toml';
import { type DataEntry, type DataMap, entriesOf, textOf } from '../../support/data-tree.ts';
import { parseToml } from '../../support/toml.ts';
import { spliceText } from '../edit.ts';
import { cutLines, lineEnd, lineNumber, lineStart, nextLine } from './_lines.ts';
import { holdsName } from './_needs.ts';
import type { Setting, SettingsFile } from './_settings.ts';

export interface TomlSetting extends Setting {
  readonly holder: DataMap;
  readonly entry: DataEntry;
}

/** Settings in TOML tables: `NAME = "value"` on a line of its own. */
export function tomlSettings(text: string): SettingsFile<TomlSetting> {
  const { root, fault } = parseToml(text);
  return {
    fault: fault?.message,
    settingsOf: (_, isNamed) => (root?.kind === 'map' ? settingsIn(text, root, isNamed) : []),
    remove(settings, added) {
      const cuts = settings.map(({ entry, name }, index) => {
        const from = lineStart(text, entry.keyStart);
        const put = index === 0 ? added.map(([key, value]) => `${text.slice(from, entry.keyStart)}${key} = "${value}"\n`).join('') : '';
        return { start: commentAbove(text, from, name), end: nextLine(text, entry.value.end), text: put };
      });
      if (!settings.every((setting) => isOwnLine(text, setting))) return undefined;
      const splices = cutLines(text, cuts);
      const after = spliceText(text, splices);
      return after !== undefined && means(text, after.text, settings, added) ? splices.map((splice) => ({ kind: 'text', ...splice })) : undefined;
    },
  };
}

function settingsIn(text: string, root: DataMap, isNamed: (name: string) => boolean): readonly TomlSetting[] {
  const found: TomlSetting[] = [];
  const open: DataMap[] = [root];
  for (let holder = open.pop(); holder !== undefined; holder = open.pop()) {
    for (const entry of entriesOf(holder)) {
      if (entry.value.kind === 'map') open.push(entry.value);
      else if (entry.value.kind === 'list') open.push(...entry.value.items.filter((item): item is DataMap => item.kind === 'map'));
      else if (isNamed(entry.key)) found.push({ name: entry.key, line: lineNumber(text, entry.keyStart), value: textOf(entry.value) ?? '', holder, entry });
    }
  }
  return found.toSorted((a, b) => a.entry.keyStart - b.entry.keyStart);
}

function isOwnLine(text: string, { entry }: TomlSetting): boolean {
  const line = text.slice(lineStart(text, entry.keyStart), lineEnd(text, entry.keyStart));
  return entry.value.end <= lineEnd(text, entry.keyStart) && /^[ \t]*["']?[\w-]+["']?[ \t]*=/.test(line);
}

function commentAbove(text: string, start: number, name: string): number {
  if (start <= lineStart(text, 0)) return start;
  const above = lineStart(text, start - 1);
  const line = text.slice(above, start);
  return /^[ \t]*#/.test(line) && holdsName(line, name) ? above : start;
}

/** Whether `after`, read again, is `text` with these settings exchanged. */
function means(text: string, after: string, settings: readonly TomlSetting[], added: readonly (readonly [string, string])[]): boolean {
  try {
    const names = new Set([...settings.map(({ name }) => name), ...added.map(([name]) => name)]);
    return isDeepStrictEqual(without(parse(text), names), without(parse(after), names));
  } catch {
    return false;
  }
}

function without(value: unknown, names: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => without(item, names));
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, item]) => (names.has(key) ? [] : [[key, without(item, names)]])));
}
