import { get, textOf } from '../../support/yaml.ts';
import { normal, type Use } from './uses.ts';

/** Scripts that ask whether a key is there, and the places where they do. */

/** Asks whether something is set: `[ -n "$KEY" ]`, `[[ -z "${{ secrets.KEY }}" ]]`, `test "$KEY" = ""`, `[ -z "${!name}" ]`. Group 1 or 2 is the name of a variable, with `!` where it holds that name. */
const ASKS = /^(?:(?:if|elif) )?(?:! )?(?:(?:\[\[?|test) )?(?:-[nz] "?\$(?:\{\{ *[A-Za-z]+\.[\w.-]+ *\}\}|\{?(!?\w+)(?::-)?\}?)"?|"\$\{?(\w+)(?::-)?\}?" (?:=|==|!=) (?:""|''))(?: \]\]?)?;?(?: then)?$/;
/** A list of names: `required=("A" "B")`. */
const LIST = /^[ \t]*(?:declare -a |local )?\w+=\(([\s"'A-Za-z0-9_]{0,4000})\)[ \t]*$/gm;
/** `for name in "${required[@]}"; do`, `for name in A B; do`. Group 1: the names. */
const LOOP = /^for \w+ in ((?:\s*(?:"?\$\{\w+\[@\]\}"?|["']?[A-Za-z0-9_]+["']?))+)(?:; do)?$/;

/** Whether a script does nothing with the variable `name` but to ask whether it is set, and runs no program. It may ask the same of others. */
export function onlyAsks(script: string | undefined, name: string): boolean {
  if (script === undefined || name === '') return false;
  const listed: string[] = [];
  const lines = script
    .replace(LIST, (_, names: string) => {
      listed.push(...names.split(/[\s"']+/));
      return '';
    })
    .split(/\n|\s*(?:&&|\|\|)\s*|;(?=\s*(?:then|else|fi|echo|exit|done|\})(?:\s|$))/)
    .map((line) => line.trim().replace(/^\{\s+/, '').replace(/;$/, ''))
    .filter((line) => line !== '' && line !== '}' && !line.startsWith('#'));
  const shows = new RegExp(`\\$(?:${name}\\b|\\{[#!]?${name}\\b(?!:\\+))`);
  for (const line of lines) listed.push(...(LOOP.exec(line)?.[1]?.split(/[\s"']+/) ?? []));
  const isPlain = (line: string): boolean =>
    /^(?:then|else|fi|do|done|true|continue|exit \d|set -[a-z]+(?: pipefail)?)$/.test(line) ||
    LOOP.test(line) ||
    (/^(?:(?:then|else|do) )?(?:echo|printf)\b/.test(line) && !shows.test(line) && !/\$\{!/.test(line)) ||
    (/^\w+\+?=(?:"[^"`]*"|'[^']*'|\("?[^"'`()]*"?\)|[\w.$-]*)$/.test(line) && !/\$\(/.test(line) && !shows.test(line) && !/\$\{!/.test(line));
  const asked = lines.map(askedIn);
  return (asked.includes(name) || (listed.includes(name) && asked.some((one) => one?.startsWith('!')))) && lines.every((line) => ASKS.test(line) || isPlain(line));
}

function askedIn(line: string): string | undefined {
  const found = ASKS.exec(line);
  return found?.[1] ?? found?.[2];
}

/** Whether the text from `start` to `end` of a script stands in a test whether it is empty, and nowhere else: what follows such a test is not of the key. */
function isTested(script: string, start: number, end: number): boolean {
  const before = script.slice(script.lastIndexOf('\n', start - 1) + 1, start);
  const line = script.indexOf('\n', end);
  const after = script.slice(end, line === -1 ? undefined : line);
  const isUnary = /(?:^|[\s;&|(!])(?:\[\[?|test)\s(?:[^\]\n]*\s)?-[nz]\s+["']?$/.test(before) && /^["']?(?:\s+(?:\]|-[ao]\s|&&|\|\|)|\s*(?:;|$))/.test(after);
  const isCompared = /(?:^|[\s;&|(!])(?:\[\[?|test)\s(?:[^\]\n]*\s)?["']$/.test(before) && /^["']\s+(?:=|==|!=)\s+(?:""|'')(?=\s|;|$)/.test(after);
  return isUnary || isCompared;
}

/** Whether the key is only asked for: in a script that tests the variable and does nothing else, or that tests the expression, whatever else it does. */
export function isQuestion({ scope, shape, step, held, scalar, spans }: Use): boolean {
  const run = textOf(get(step, 'run'));
  if (scope === 'step-env') return shape === 'plain' && onlyAsks(run, held?.entry.key ?? '');
  if (scope !== 'step-run' || shape === 'mixed') return false;
  if (spans.length > 0 && spans.every(({ start, end }) => isSingle(scalar.value.slice(start, end)) && isTested(scalar.value, start, end))) return true;
  return onlyAsks(spans.toReversed().reduce((text, { start, end }) => `${text.slice(0, start)}$THE_KEY${text.slice(end)}`, scalar.value), 'THE_KEY');
}

/** Where a script reads the variable `name`, when every read of it stands in a test whether it is empty; offsets of the name. */
export function testsOf(script: string, name: string): readonly number[] | undefined {
  const reads = [...script.matchAll(new RegExp(`\\$(?:\\{[!#]?)?(?=${name}\\b)${name}(?::?-)?\\}?`, 'g'))];
  return reads.every(({ index, 0: whole }) => !/^\$\{[!#]/.test(whole) && isTested(script, index, index + whole.length)) ? reads.map(({ index, 0: whole }) => index + whole.indexOf(name)) : undefined;
}

/** `${{ secrets.KEY }}`: one read and nothing else. */
function isSingle(expression: string): boolean {
  return /^\$\{\{\s*[A-Za-z]+(?:\.[\w-]+|\['[^']*'\])\s*\}\}$/.test(expression);
}

/** The read inside `${{ }}` alone, so that what stands for it can be put there. */
export function asGate(use: Use): Use {
  const spans = use.spans.flatMap(({ start, end }) => {
    const read = /[A-Za-z]+(?:\.[\w-]+|\['[^']*'\])/.exec(use.scalar.value.slice(start, end));
    return read === null ? [] : [{ start: start + read.index, end: start + read.index + read[0].length }];
  });
  return { ...use, shape: 'gate', spans };
}

/** The line of a script that holds this offset. */
export function lineAround(script: string, at: number): string {
  const end = script.indexOf('\n', at);
  return script.slice(script.lastIndexOf('\n', at - 1) + 1, end === -1 ? undefined : end);
}

/** Where a script names a variable in a text for people alone: `echo "NAME is not set"`, a comment. */
export function saidIn(script: string, name: string): readonly number[] {
  return [...script.matchAll(new RegExp(`(?<![A-Za-z0-9_])${name}(?![A-Za-z0-9_])`, 'g'))].flatMap(({ index }) => {
    const before = script.slice(script.lastIndexOf('\n', index - 1) + 1, index);
    const isText = /^\s*#/.test(before) || (/(?:^|[\s;&|{(])(?:echo|printf)\s(?:[^;&|]|&&|>&)*$/.test(before) && !/\$\{?[!#]?$/.test(before) && !/\$\([^)]*$/.test(before));
    return isText ? [index] : [];
  });
}

/** Steps of a job whose result its outputs hand on, by their ids. */
export function handedOn(outputs: readonly string[]): ReadonlySet<string> {
  return new Set(outputs.flatMap((text) => [...text.matchAll(/\bsteps\.([\w-]+)\.outputs\b/g)].map(([, id = '']) => normal(id))));
}
