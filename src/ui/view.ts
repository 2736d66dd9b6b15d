import { displayWidth, pad, shortenMiddle } from '../report/layout.ts';
import { bytesText, durationText, paceOf } from '../support/progress.ts';
import { EDGES, isTooSmall, type Layout, layoutOf, SMALLEST } from './layout.ts';
import { fitLine, type Line, lineWidth, parseMarks, shortenEnd, type Span, type Style, wrapLine } from './marks.ts';
import type { UiModel, UiProgress, UiRow } from './model.ts';
import { isFiltered } from './rows.ts';
import { detailOf, detailWidth, diffLines, helpLines, type Prompt, rowOf, type State } from './state.ts';

/** Characters that a terminal without UTF-8 cannot show. */
export interface Glyphs {
  readonly dot: string;
  readonly ellipsis: string;
  readonly rule: string;
  readonly bar: string;
  readonly filled: string;
  readonly empty: string;
}

export const UNICODE: Glyphs = { dot: '\u00b7', ellipsis: '\u2026', rule: '\u2500', bar: '\u2502', filled: '\u2588', empty: '\u2591' };
export const ASCII: Glyphs = { dot: '-', ellipsis: '...', rule: '-', bar: '|', filled: '#', empty: '.' };

/** The whole screen: as many lines as it has rows, each as wide as it is. Pure. */
export function frame(state: State, glyphs: Glyphs): readonly Line[] {
  const { columns, rows } = state.size;
  const lines = isTooSmall(state.size) ? tooSmall(state) : pageOf(state, glyphs);
  return Array.from({ length: rows }, (_, index) => fitLine(lines[index] ?? [], columns));
}

function tooSmall({ size }: State): readonly Line[] {
  return [
    [{ text: `This screen is ${size.columns}x${size.rows}.` }],
    [{ text: `dekey ui needs ${SMALLEST.columns}x${SMALLEST.rows}.` }],
    [{ text: 'Make it larger, or q: leave.' }],
  ];
}

function pageOf(state: State, glyphs: Glyphs): readonly Line[] {
  const { model, size } = state;
  if (model === undefined) return scanning(state, glyphs);
  const body = size.rows - EDGES.above - EDGES.below;
  const status = statusLines(state, model, glyphs);
  // A long word takes its room from what is above it.
  return [titleLine(state, model, glyphs), ...padded(bodyOf(state, model, glyphs), body - status.length + 1), ...status, keysLine(state, glyphs)];
}

function padded(lines: readonly Line[], height: number): readonly Line[] {
  return Array.from({ length: height }, (_, index) => lines[index] ?? []);
}

// --- while it scans ---

function scanning({ progress, task, size }: State, glyphs: Glyphs): readonly Line[] {
  const lines = progress === undefined ? [[{ text: `   ${task}`, style: 'dim' } as const]] : progressLines(progress, size.columns, glyphs);
  return [...padded([[{ text: ' dekey ', style: 'strong' }, { text: progress === undefined ? '' : ' scanning', style: 'dim' }], [], ...lines], size.rows - 1), [{ text: ' Ctrl-C', style: 'command' }, { text: ' leave; nothing is written', style: 'dim' }]];
}

function progressLines({ phase, done, total, elapsedMs }: UiProgress, columns: number, glyphs: Glyphs): readonly Line[] {
  const { share, bytesPerSecond, artifactsPerSecond, secondsLeft } = paceOf(done, total, elapsedMs);
  const of = (now: string, all: string, isKnown: boolean): string => (isKnown ? `${now} of ${all}` : now);
  const rate = done.bytes > 0 ? `${bytesText(bytesPerSecond)} a second` : `${count(Math.round(artifactsPerSecond))} ${phase} a second`;
  const rows: readonly (readonly [string, string])[] = [
    [phase, of(count(done.artifacts), count(total.artifacts), total.artifacts > 0)],
    ...(done.bytes > 0 ? [['read', of(bytesText(done.bytes), bytesText(total.bytes), total.bytes > 0)] as const] : []),
    ['rate', elapsedMs < 500 ? '' : rate],
    ['elapsed', durationText(elapsedMs / 1000)],
    ['left', secondsLeft === undefined ? '' : `about ${durationText(secondsLeft)}`],
  ];
  const width = Math.min(60, columns - 12);
  const filled = Math.round((share ?? 0) * width);
  const bar: Line = [{ text: '   ' }, { text: glyphs.filled.repeat(filled), style: 'good' }, { text: glyphs.empty.repeat(width - filled), style: 'dim' }, { text: ` ${String(Math.floor((share ?? 0) * 100)).padStart(3)} %` }];
  return [...(share === undefined ? [] : [bar, []]), ...rows.filter(([, value]) => value !== '').map(([name, value]): Line => [{ text: `   ${name.padEnd(13)}`, style: 'dim' }, { text: value }])];
}

// --- the frame round everything ---

function titleLine(state: State, { title, rows, incomplete }: UiModel, glyphs: Glyphs): Line {
  const { columns } = state.size;
  const right = state.diff === undefined ? (state.helpTop === undefined ? chosenText(state) : 'help') : `diff: ${state.diff.title}`;
  const left: Span[] = [{ text: ' dekey ', style: 'strong' }, { text: ` ${glyphs.dot} `, style: 'dim' }, { text: title }, { text: ` ${glyphs.dot} `, style: 'dim' }, { text: `${count(rows.length)} ${rows.length === 1 ? 'key' : 'keys'}` }];
  if (incomplete !== '') left.push({ text: ` ${glyphs.dot} `, style: 'dim' }, { text: incomplete, style: 'high' });
  const shownRight = shortenEnd(right, Math.floor(columns / 2), glyphs.ellipsis);
  const room = columns - displayWidth(shownRight) - 3;
  return [...fitLine(left, Math.max(0, room)), { text: '  ' }, { text: shownRight, style: state.diff === undefined && state.chosen.size > 0 ? 'good' : 'dim' }, { text: ' ' }];
}

function chosenText({ chosen, isSaved }: State): string {
  if (chosen.size === 0) return 'nothing chosen';
  return `${count(chosen.size)} ${chosen.size === 1 ? 'migration' : 'migrations'} chosen${isSaved ? ', written' : ''}`;
}

function bodyOf(state: State, model: UiModel, glyphs: Glyphs): readonly Line[] {
  const height = state.size.rows - EDGES.above - EDGES.below;
  if (state.helpTop !== undefined) return helpLines(state).slice(state.helpTop, state.helpTop + height);
  if (state.diff !== undefined) return diffLines(state).slice(state.diff.top, state.diff.top + height);
  const layout = layoutOf(state.size);
  if (layout.kind === 'one') return state.focus === 'list' ? listPane(state, model, layout, glyphs) : detailPane(state, layout, glyphs);
  const list = listPane(state, model, layout, glyphs);
  const detail = detailPane(state, layout, glyphs);
  const ruleStyle: Style = state.focus === 'detail' ? 'good' : 'dim';
  if (layout.kind === 'stack') return [...padded(list, layout.list.height), [{ text: glyphs.rule.repeat(state.size.columns), style: ruleStyle }], ...detail];
  return Array.from({ length: height }, (_, index): Line => [...fitLine(list[index] ?? [], layout.list.width), { text: ` ${glyphs.bar} `, style: ruleStyle }, ...(detail[index] ?? [])]);
}

// --- list ---

/** Columns before the name of a key, and behind it. */
const LEAD = { cursor: 2, choice: 4, risk: 13 } as const;
const TAIL = { places: 7, users: 6, state: 14 } as const;
/** Below this there is no room for numbers beside the names. */
const NUMBERS = 76;

function numbersOf(width: number): { readonly places: number; readonly users: number } {
  return width < NUMBERS ? { places: 0, users: 0 } : TAIL;
}

function listPane(state: State, model: UiModel, { list, listRows }: Layout, glyphs: Glyphs): readonly Line[] {
  const numbers = numbersOf(list.width);
  const name = list.width - LEAD.cursor - LEAD.choice - LEAD.risk - numbers.places - numbers.users - TAIL.state;
  const counts = numbers.places === 0 ? '' : `${'places'.padStart(TAIL.places)}${'users'.padStart(TAIL.users)}`;
  const head: Line = [{ text: `${' '.repeat(LEAD.cursor + LEAD.choice)}${'risk'.padEnd(LEAD.risk)}${'key'.padEnd(name)}${counts}  ${'replace'}`, style: 'dim' }];
  const rows = state.shown.slice(state.top, state.top + listRows).map((row, index) => rowLine(state, row, state.top + index === state.cursor, name, list.width, glyphs));
  const empty: readonly Line[] = state.shown.length > 0 ? [] : [[], [{ text: model.rows.length === 0 ? '  No AI API key and nothing that uses one was found.' : '  No key fits. x shows all again.', style: 'dim' }]];
  return [filterLine(state, model, list.width, glyphs), head, ...rows, ...empty];
}

function filterLine(state: State, model: UiModel, width: number, glyphs: Glyphs): Line {
  const { query, provider, severity, sort } = state.filter;
  const set = (text: string, isSet: boolean): Span => ({ text, style: isSet ? 'command' : 'dim' });
  const shown = isFiltered(state.filter) ? `${count(state.shown.length)} of ${count(model.rows.length)} shown` : '';
  const joint: Span = { text: `  ${glyphs.dot}  `, style: 'dim' };
  const parts: Span[] = [
    { text: '  ' },
    ...(query === '' ? [] : [set(`/${shortenEnd(query, 20, glyphs.ellipsis)}`, true), joint]),
    set(provider === '' ? 'every provider' : shortenEnd(provider, 20, glyphs.ellipsis), provider !== ''), joint,
    set(severity === '' ? 'every level' : `${severity}${severity === 'critical' ? '' : ' or worse'}`, severity !== ''), joint,
    set(`by ${sort}`, sort !== 'risk'),
  ];
  const room = width - lineWidth(parts) - displayWidth(shown) - 1;
  return shown === '' || room < 2 ? parts : [...parts, { text: ' '.repeat(room) }, { text: shown }];
}

function rowLine(state: State, row: UiRow, isCursor: boolean, name: number, width: number, glyphs: Glyphs): Line {
  const level = `${row.level.toUpperCase()} ${row.score}`;
  // Two columns of their own, so that the eye finds what it looks for; a wide screen has room for longer titles.
  const titles = Math.min(36, Math.floor(name * 0.5));
  // That it is a key is known; whose it is is not.
  const named = displayWidth(row.title) <= titles ? row.title : row.title.replace(/ API key$/, '');
  const title = pad(shortenEnd(named, titles, glyphs.ellipsis), titles);
  const label = pad(shortenMiddle(row.label, name - titles - 2, glyphs.ellipsis), name - titles - 2);
  const plain: Span[] = [
    { text: isCursor ? '> ' : '  ', style: 'strong' },
    { text: `${choiceMark(state, row)} ` },
    { text: level.padEnd(LEAD.risk), style: row.isFolded ? 'dim' : row.level },
    { text: title, ...(row.isFolded ? { style: 'dim' as const } : {}) },
    { text: `  ${label}`, style: 'dim' },
    ...(numbersOf(width).places === 0 ? [] : [{ text: count(row.places).padStart(TAIL.places) + count(row.workloads).padStart(TAIL.users) }]),
    { text: `  ${shortenEnd(row.state, TAIL.state - 2, glyphs.ellipsis)}`, style: row.stateStyle },
  ];
  if (!isCursor) return plain;
  // The whole row stands out; without colour it is the mark in front.
  return [{ text: fitLine(plain, width).map(({ text }) => text).join(''), style: 'chosen' }];
}

/** `[x]` all of its migrations, `[-]` some, `[ ]` none; nothing where there is none to choose. */
function choiceMark({ chosen }: State, { migrations }: UiRow): string {
  if (migrations.length === 0) return '   ';
  const taken = migrations.filter((id) => chosen.has(id)).length;
  return taken === 0 ? '[ ]' : taken === migrations.length ? '[x]' : '[-]';
}

// --- details ---

function detailPane(state: State, layout: Layout, glyphs: Glyphs): readonly Line[] {
  const { lines, migrations } = detailOf(state);
  const { height } = layout.detail;
  const at = new Map(migrations.map(({ id, line }, index) => [line, { id, index }]));
  const isMore = lines.length > state.detailTop + height;
  const shown = lines.slice(state.detailTop, state.detailTop + height).map((line, index): Line => {
    const migration = at.get(state.detailTop + index);
    const parsed = parseMarks(line);
    if (migration === undefined) return [{ text: '  ' }, ...parsed];
    const isMarked = state.focus === 'detail' && migration.index === state.marked;
    const box = state.chosen.has(migration.id) ? '[x]' : '[ ]';
    return [{ text: isMarked ? '> ' : '  ', style: 'strong' }, { text: ` ${box} `, style: isMarked ? 'command' : 'strong' }, ...parsed];
  });
  const width = detailWidth(layout);
  if (!isMore || shown.length === 0) return shown;
  const rest = lines.length - state.detailTop - height + 1;
  return [...shown.slice(0, -1), [{ text: `  ${shortenEnd(`${glyphs.ellipsis} ${rest} more ${rest === 1 ? 'line' : 'lines'} below`, width, glyphs.ellipsis)}`, style: 'dim' }]];
}

// --- what stands below ---

const MOST_NOTICE = 5;

function statusLines(state: State, model: UiModel, glyphs: Glyphs): readonly Line[] {
  if (state.prompt === undefined && state.notice !== undefined) return wrapLine([{ text: ` ${state.notice.text}`, style: state.notice.style }], state.size.columns - 1, 1).slice(0, MOST_NOTICE);
  return [statusLine(state, model, glyphs)];
}

function statusLine(state: State, model: UiModel, glyphs: Glyphs): Line {
  if (state.prompt !== undefined) return promptLine(state.prompt, state, glyphs);
  if (state.helpTop !== undefined || state.diff !== undefined) return positionLine(state);
  const row = rowOf(state);
  if (row === undefined) return [];
  const position = `${count(state.cursor + 1)} of ${count(state.shown.length)}`;
  const what = row.migrations.length === 0 ? 'no migration to choose' : `${count(row.migrations.length)} ${row.migrations.length === 1 ? 'migration' : 'migrations'}`;
  return [{ text: ` ${position}  ${glyphs.dot}  ${what}`, style: 'dim' }, ...(model.incomplete === '' ? [] : [{ text: `  ${glyphs.dot}  ${model.incomplete}: dekey scan names it`, style: 'dim' } as const])];
}

function positionLine(state: State): Line {
  const height = state.size.rows - EDGES.above - EDGES.below;
  const top = state.helpTop ?? state.diff?.top ?? 0;
  const total = state.helpTop === undefined ? diffLines(state).length : helpLines(state).length;
  const last = Math.min(total, top + height);
  if (state.helpTop === undefined && state.diff?.result?.kind !== 'page') return [];
  const text = total <= height ? `${count(total)} ${total === 1 ? 'line' : 'lines'}` : `lines ${count(top + 1)} to ${count(last)} of ${count(total)}`;
  return [{ text: ` ${text}${state.helpTop === undefined ? ': nothing is written' : ''}`, style: 'dim' }];
}

function promptLine(prompt: Prompt, { chosen, size }: State, glyphs: Glyphs): Line {
  const input = (label: string, text: string): Line => {
    const room = Math.max(4, size.columns - displayWidth(label) - 3);
    // The end is where it is typed.
    const shown = displayWidth(text) <= room ? text : glyphs.ellipsis + [...text].slice(-(room - glyphs.ellipsis.length)).join('');
    return [{ text: ` ${label}`, style: 'strong' }, { text: shown }, { text: ' ', style: 'chosen' }];
  };
  switch (prompt.kind) {
    case 'search':
      return input('/', prompt.text);
    case 'file':
      return input(`Write the plan of ${count(chosen.size)} ${chosen.size === 1 ? 'migration' : 'migrations'} to: `, prompt.text);
    case 'overwrite':
      return [{ text: ` ${prompt.file} is there already. Replace it? `, style: 'high' }, { text: '[y/n]', style: 'strong' }];
    case 'leave':
      return [{ text: ' What is chosen is not written. Leave all the same? ', style: 'high' }, { text: '[y/n]', style: 'strong' }];
  }
}

/** What the keys do here; as many as there is room for. */
function keysLine(state: State, glyphs: Glyphs): Line {
  const keys = keysFor(state);
  const line: Span[] = [];
  let room = state.size.columns - 1;
  for (const [key, what] of keys) {
    const width = key.length + what.length + 3;
    if (width > room) break;
    room -= width;
    line.push({ text: ' ' }, { text: key, style: 'command' }, { text: ` ${what}`, style: 'dim' }, { text: ' ' });
  }
  return fitLine(line, Math.max(0, state.size.columns - glyphs.dot.length));
}

function keysFor({ prompt, diff, helpTop, focus }: State): readonly (readonly [string, string])[] {
  if (prompt?.kind === 'search') return [['Enter', 'keep'], ['Esc', 'undo'], ['Ctrl-U', 'empty']];
  if (prompt?.kind === 'file') return [['Enter', 'write'], ['Esc', 'do not'], ['Ctrl-U', 'empty'], ['name.json', 'the plan alone'], ['name', 'a folder']];
  if (prompt !== undefined) return [['y', 'yes'], ['n', 'no']];
  if (helpTop !== undefined || diff !== undefined) return [['Esc', 'back'], ['j k', 'scroll'], ['PgDn', 'page'], ['g G', 'first, last']];
  if (focus === 'detail') return [['?', 'help'], ['Esc', 'back'], ['j k', 'scroll'], ['n N', 'mark'], ['Space', 'choose'], ['d', 'diff'], ['w', 'write'], ['q', 'leave']];
  return [['?', 'help'], ['Enter', 'open'], ['/', 'find'], ['Space', 'choose'], ['d', 'diff'], ['w', 'write'], ['q', 'leave'], ['p', 'provider'], ['s', 'level'], ['o', 'order'], ['a', 'choose all'], ['D', 'diff of all']];
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
