import type { TargetReport } from '../model/inventory.ts';
import { visible } from '../support/escape.ts';

/**
 * A scanned text for a terminal or a CI log: control and direction characters made visible, and nothing left in it that a runner
 * could take for a command. GitHub obeys `::error::` at the start of a line, blanks before it notwithstanding; it and Azure Pipelines
 * also obey `##[…]` and `##vso[…]` anywhere in a line, TeamCity `##teamcity[…]`.
 */
export function printable(scanned: string): string {
  return visible(scanned)
    .replace(/(^|\s)::/g, '$1\\u{3a}:')
    .replace(/##(?=[a-z]{0,16}\[)/gi, '#\\u{23}');
}

/** As {@link printable}, for terminals without UTF-8. */
export function printableAscii(scanned: string): string {
  return printable(scanned).replace(/[^\x20-\x7e]/gu, (character) => (character === '…' ? '...' : character === '›' ? '>' : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`));
}

/**
 * The same JSON value, in which no character acts on a terminal, hides, or spells a runner command. All of them can stand only inside
 * strings, where `\uXXXX` means the same.
 */
export function inertJson(json: string): string {
  return json.replace(/[\p{Cf}\p{Zl}\p{Zp}\u007f-\u009f]/gu, escapeUnits).replace(/##(?=[a-z]{0,16}\[)/gi, '#\\u0023');
}

function escapeUnits(character: string): string {
  let escaped = '';
  for (let at = 0; at < character.length; at += 1) escaped += `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`;
  return escaped;
}

/**
 * What leads from the folder of the run to a path of `target`: '' for `.`, `support-bot/` for `./support-bot`, the whole name for an
 * absolute path or one that climbs out.
 */
export function placePrefix(target: TargetReport | undefined): string {
  if (target === undefined) return '';
  let name = target.name;
  while (name.startsWith('./')) name = name.slice(2);
  while (name.length > 1 && name.endsWith('/')) name = name.slice(0, -1);
  if (name === '' || name === '.') return '';
  return name.endsWith('/') ? name : `${name}/`;
}

/** True for a target inside the folder of the run, so that its prefixed paths are relative to that folder. */
export function isInside(target: TargetReport): boolean {
  const prefix = placePrefix(target);
  return !/^(?:[/\\~]|[a-z][a-z0-9+.-]{0,30}:)/i.test(prefix) && !prefix.split(/[/\\]/).includes('..');
}
