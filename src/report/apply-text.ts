import type { AppliedFile, ApplyResult, DiffLine, Hunk, ShownChange } from '../model/apply.ts';
import { visible } from '../support/escape.ts';
import { pad, wrapItems, wrapWords } from './layout.ts';
import { counted, formatCount } from './messages.ts';
import { printable, printableAscii } from './scanned.ts';
import type { Palette } from './text-page.ts';

export interface ApplyTextOptions {
  /** Columns; prose takes 60 to 100 of them. */
  readonly width: number;
  readonly unicode: boolean;
  /** Workload and provider of a migration: `ci.yml › evals (Anthropic)`. */
  readonly usedBy: (migration: string) => string | undefined;
  /** What leads from the folder of the run to the files of a target: '' or `app/`. */
  readonly prefix: (target: string) => string;
  readonly kind: 'apply' | 'rollback';
  /** The command line that would write what is shown, and the one that takes back what was written. */
  readonly commands: { readonly write: string; readonly undo: string };
  readonly allowLeftovers: boolean;
  /** Each change was shown already, for a question about it. */
  readonly asked: boolean;
}

const LABEL = 10;

interface View extends ApplyTextOptions {
  readonly paint: Palette;
  readonly clean: (text: string) => string;
  readonly columns: number;
}

/** What would be done, or was, file by file: why, the diff, what was left and why; then what it adds up to. Ends with a line feed. */
export function renderApplyText(result: ApplyResult, paint: Palette, options: ApplyTextOptions): string {
  const view = viewOf(paint, options);
  const blocks = [...withoutRepeats(view, result.files).flatMap((file) => fileBlocks(view, file)), endBlock(view, result), toSetBlock(view, result), nextBlock(view, result)].filter((block) => block.length > 0);
  return finish(view, blocks.flatMap((block, index) => (index === 0 ? block : ['', ...block])));
}

/** One change by itself, for a question about it. Ends with a line feed. */
export function renderChangeText(file: Pick<AppliedFile, 'target' | 'path'>, change: ShownChange, hunks: readonly Hunk[], paint: Palette, options: ApplyTextOptions): string {
  const view = viewOf(paint, options);
  return finish(view, [paint.strong(view.clean(view.prefix(file.target) + file.path)), '', ...changeLines(view, change), '', ...hunks.flatMap((hunk) => hunkLines(view, hunk))]);
}

/** Files with their changes, diffs and what was left, as lines: a part of a page. */
export function renderFilesText(files: readonly AppliedFile[], paint: Palette, options: ApplyTextOptions): readonly string[] {
  const view = viewOf(paint, options);
  const blocks = withoutRepeats(view, files).flatMap((file) => fileBlocks(view, file)).filter((block) => block.length > 0);
  return blocks.flatMap((block, index) => (index === 0 ? block : ['', ...block]));
}

function viewOf(paint: Palette, options: ApplyTextOptions): View {
  return { ...options, paint, clean: options.unicode ? printable : printableAscii, columns: Math.max(60, Math.min(100, Math.trunc(options.width) || 80)) };
}

function finish({ unicode }: View, lines: readonly string[]): string {
  const text = `${lines.join('\n')}\n`;
  return unicode ? text : text.replaceAll('−', '-').replaceAll('›', '>').replaceAll('…', '...');
}

function fileBlocks(view: View, file: FileSaidOnce): string[][] {
  const { paint, clean, prefix, asked } = view;
  if (asked) return file.refusals.length === 0 ? [] : [[paint.strong(clean(prefix(file.target) + file.path))], ...file.refusals.map((refusal) => refusalLines(view, refusal))];
  if (file.changes.length + file.refusals.length + file.hunks.length === 0) return [];
  return [
    [paint.strong(clean(prefix(file.target) + file.path))],
    ...file.changes.map((change) => changeLines(view, change)),
    file.hunks.flatMap((hunk) => hunkLines(view, hunk)),
    ...file.refusals.map((refusal) => refusalLines(view, refusal)),
  ];
}

function changeLines(view: View, { title, why, safety, reason, migrations, id }: ShownChange): string[] {
  const { paint } = view;
  const style = safety === 'safe' ? paint.good : paint.medium;
  const users = [...new Set(migrations.flatMap((migration) => view.usedBy(migration) ?? []))];
  return [
    ...labelled(view, safety, style, title, paint.strong),
    ...indented(view, why),
    ...indented(view, `${safety === 'safe' ? 'Safe' : 'Unsafe'}: ${lowerFirst(reason.replace(/^look at this: /i, ''))}`),
    ...(users.length === 0 ? [] : wrapItems(users.map((user) => view.clean(user)), ', ', view.columns - LABEL - 9).map((line, index) => paint.dim(`${' '.repeat(LABEL)}${index === 0 ? 'used by  ' : ' '.repeat(9)}${line}`))),
    ...indented(view, `id       ${id}`, paint.dim),
  ];
}

type SaidOnce = AppliedFile['refusals'][number] & { readonly also?: readonly string[] };
type FileSaidOnce = Omit<AppliedFile, 'refusals'> & { readonly refusals: readonly SaidOnce[] };

/** What is to be done by hand is said once a target, where it comes first, with the other places. */
function withoutRepeats({ prefix }: View, files: readonly AppliedFile[]): readonly FileSaidOnce[] {
  const keyOf = ({ target }: AppliedFile, { code, reason, byHand, shadows }: SaidOnce): string => JSON.stringify([target, code, reason, byHand, shadows]);
  const places = new Map<string, string[]>();
  for (const file of files) for (const refusal of file.refusals) places.set(keyOf(file, refusal), [...(places.get(keyOf(file, refusal)) ?? []), `${prefix(file.target)}${file.path}:${refusal.line}`]);
  const said = new Set<string>();
  return files.map((file) => ({
    ...file,
    refusals: file.refusals.flatMap((refusal): readonly SaidOnce[] => {
      const key = keyOf(file, refusal);
      if (said.has(key)) return [];
      said.add(key);
      return [{ ...refusal, also: (places.get(key) ?? []).slice(1) }];
    }),
  }));
}

const MOST_PLACES = 6;

function refusalLines(view: View, { code, line, reason, byHand, shadows, also = [] }: SaidOnce): string[] {
  const { paint } = view;
  const [label, style] = shadows ? ['leftover', paint.high] : code === 'dropped' ? ['dropped', paint.dim] : ['not done', paint.dim];
  return [...labelled(view, label, style, `line ${line}: ${reason}${code === 'dropped' ? '' : ` (${code})`}`, (text) => text), ...indented(view, `By hand: ${byHand}`), ...(also.length === 0 ? [] : indented(view, `So too: ${also.slice(0, MOST_PLACES).join(', ')}${also.length > MOST_PLACES ? ` and ${also.length - MOST_PLACES} more` : ''}`))];
}

function labelled({ columns, clean }: View, label: string, style: (text: string) => string, text: string, paintText: (text: string) => string): string[] {
  return wrapWords(clean(text), columns - LABEL).map((line, index) => `${index === 0 ? ` ${style(pad(label, LABEL - 1))}` : ' '.repeat(LABEL)}${paintText(line)}`);
}

function indented({ columns, clean }: View, text: string, paint: (text: string) => string = (line) => line): string[] {
  return text === '' ? [] : wrapWords(clean(text), columns - LABEL).map((line) => paint(' '.repeat(LABEL) + line));
}

function lowerFirst(text: string): string {
  // `GitHub` and `ANTHROPIC_API_KEY` begin as they are spelt.
  return /^[A-Z][a-z]+(?:\s|')/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

function hunkLines(view: View, { oldStart, oldLines, newStart, newLines, lines }: Hunk): string[] {
  return [view.paint.low(`@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`), ...lines.flatMap((line) => diffLines(view, line))];
}

const SIGNS = { same: ' ', removed: '-', added: '+' } as const;

function diffLines({ paint, unicode }: View, { kind, text, ending }: DiffLine): string[] {
  const shown = `${SIGNS[kind]}${shownCode(text, kind === 'same', unicode)}`;
  const style = kind === 'added' ? paint.good : kind === 'removed' ? paint.high : (line: string): string => line;
  return [shown === ' ' ? '' : style(shown), ...(ending === '' ? [paint.dim('\\ No newline at end of file')] : [])];
}

/**
 * A line of a file as it is, but for what acts on a terminal or a CI log. Tabs stay, and so does `::`, except where a runner obeys it: at the start of a
 * line, which a sign before it is not.
 */
function shownCode(text: string, isBare: boolean, unicode: boolean): string {
  const bare = text.startsWith('\ufeff') ? text.slice(1) : text;
  let shown = bare.split('\t').map(visible).join('\t').replace(/##(?=[a-z]{0,16}\[)/gi, '#\\u{23}');
  if (isBare) shown = shown.replace(/^(\s*)::/, '$1\\u{3a}:');
  return unicode ? shown : shown.replace(/[^\x20-\x7e\t]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

function endBlock(view: View, { summary, changedSince, written }: ApplyResult): string[] {
  const { paint, clean, prefix, columns, kind } = view;
  const rows: [string, string][] = [];
  const lines = `+${formatCount(summary.added)} −${formatCount(summary.removed)} ${summary.added + summary.removed === 1 ? 'line' : 'lines'}`;
  if (kind === 'rollback' && summary.files > 0) rows.push([written ? 'Restored' : 'To restore', `${counted(summary.files, 'file', 'files')}, ${lines}`]);
  if (kind === 'apply' && summary.changes > 0) rows.push([written ? 'Written' : 'Changes', `${counted(summary.files, 'file', 'files')}, ${counted(summary.changes, 'change', 'changes')} (${safetyWords(summary)}), ${lines}`]);
  if (summary.declined > 0) rows.push(['Left out', `${counted(summary.declined, 'change', 'changes')} that ${summary.declined === 1 ? 'was' : 'were'} not chosen`]);
  if (summary.madeBefore > 0) rows.push(['Made before', `${counted(summary.madeBefore, 'change', 'changes')} of this plan, by an earlier run`]);
  const refused = Object.entries(summary.refused).map(([code, count]) => `${count} ${code}`);
  if (refused.length > 0) rows.push(['Not done', refused.join(', ')]);
  if (summary.dropped > 0) rows.push(['Dropped', `${counted(summary.dropped, 'change', 'changes')} that failed a check of our own`]);
  if (summary.leftovers > 0) rows.push(['Leftovers', `${counted(summary.leftovers, 'key', 'keys')} would still win over the new identity`]);
  const changed = changedSince.slice(0, 5).map(({ target, path }) => clean(prefix(target) + path));
  if (changed.length > 0) rows.push(['Changed', `since the plan: ${changed.join(', ')}${changedSince.length > changed.length ? ` and ${changedSince.length - changed.length} more` : ''}`]);
  const indent = 13;
  return rows.flatMap(([label, text]) => wrapWords(text, columns - indent).map((line, index) => `${index === 0 ? (label === 'Leftovers' ? paint.high : paint.strong)(pad(label, indent)) : ' '.repeat(indent)}${line}`));
}

const MOST_TO_SET = 12;

/** What has to be set where before the changed files run. */
function toSetBlock({ paint, columns, clean }: View, { toSet }: ApplyResult): string[] {
  if (toSet.length === 0) return [];
  const rows = toSet.slice(0, MOST_TO_SET).flatMap(({ name, title, identity, value, where }) => {
    const what = `${title}${identity === null ? '' : ` of ${identity}`}${where === 'config-map' ? ', in ConfigMap dekey-identity' : ''}${value === null ? '' : `: ${value}`}`;
    return [`  ${clean(name)}`, ...wrapWords(clean(what), columns - 4).map((line) => paint.dim(`    ${line}`))];
  });
  const more = toSet.length > MOST_TO_SET ? [paint.dim(`  and ${toSet.length - MOST_TO_SET} more: --format json`)] : [];
  return [...wrapWords(`To be set before what was changed runs: ${counted(toSet.length, 'value that is no secret', 'values that are no secrets')}. The scripts of the plan print those of identities.`, columns), ...rows, ...more];
}

function safetyWords({ safe, unsafe }: ApplyResult['summary']): string {
  return [...(safe > 0 ? [`${formatCount(safe)} safe`] : []), ...(unsafe > 0 ? [`${formatCount(unsafe)} unsafe`] : [])].join(', ');
}

function nextBlock(view: View, { summary, written, changedSince }: ApplyResult): string[] {
  const { paint, commands, kind, allowLeftovers } = view;
  const row = (command: string, what: string): string[] => [paint.command(command), ...wrapWords(what, view.columns - 2).map((line) => paint.dim(`  ${line}`))];
  if (kind === 'rollback') {
    if (summary.files === 0) return ['Nothing to take back: every file is as it was before.'];
    return written ? ['Every file is as it was before.'] : row(commands.write, 'puts the files back');
  }
  const again = changedSince.length > 0 ? row('dekey plan', 'reads the files that have changed anew') : [];
  if (written) return [...row(commands.undo, 'takes it back'), ...again];
  if (view.asked && summary.leftovers === 0) return ['Nothing was written.', ...again];
  if (summary.changes === 0) return [`Nothing ${summary.madeBefore > 0 ? 'left ' : ''}to do: no file is changed.`, ...again];
  if (summary.leftovers > 0 && !allowLeftovers) {
    return [...wrapWords('Nothing is written while a key is left that would win over the new identity. Take it out as said above and plan again, or choose with --only what it does not touch.', view.columns), ...row(`${commands.write} --allow-leftovers`, 'writes the changes all the same')];
  }
  return [...row(commands.write, 'writes this, all of it or nothing; it can be taken back'), ...again];
}
