import { SEVERITIES } from '../model/levels.ts';
import { BINDINGS, type Command, commandOf, type Key } from './keys.ts';
import { EDGES, isTooSmall, type Layout, layoutOf, type Size } from './layout.ts';
import { type Line, parseMarks, wrapLine } from './marks.ts';
import type { Detail, Preview, UiModel, UiProgress, UiRow, Written } from './model.ts';
import { cycle, type Filter, NO_FILTER, providersOf, shownRows, SORTS } from './rows.ts';

export interface Diff {
  readonly title: string;
  /** Which question the answer belongs to. */
  readonly token: number;
  readonly result: Preview | undefined;
  readonly top: number;
}

export type Prompt =
  /** `before` is put back by Escape. */
  | { readonly kind: 'search'; readonly text: string; readonly before: string }
  | { readonly kind: 'file'; readonly text: string }
  | { readonly kind: 'overwrite'; readonly file: string }
  | { readonly kind: 'leave' };

export interface State {
  readonly size: Size;
  /** Absent while the scan runs. */
  readonly model: UiModel | undefined;
  readonly progress: UiProgress | undefined;
  /** What is done before there is anything to see, where it cannot be counted. */
  readonly task: string;
  readonly filter: Filter;
  readonly shown: readonly UiRow[];
  readonly cursor: number;
  readonly top: number;
  readonly focus: 'list' | 'detail';
  readonly detailTop: number;
  /** Which migration of the key under the cursor is marked. */
  readonly marked: number;
  readonly diff: Diff | undefined;
  readonly helpTop: number | undefined;
  readonly prompt: Prompt | undefined;
  readonly chosen: ReadonlySet<string>;
  /** False when what is chosen stands in no file. */
  readonly isSaved: boolean;
  readonly notice: { readonly text: string; readonly style: 'good' | 'high' | 'dim' } | undefined;
  readonly tokens: number;
  /** Counts up when everything is to be drawn anew. */
  readonly repaints: number;
}

export type Event =
  | { readonly kind: 'key'; readonly key: Key }
  | { readonly kind: 'resized'; readonly size: Size }
  | { readonly kind: 'progress'; readonly progress: UiProgress }
  | { readonly kind: 'task'; readonly text: string }
  | { readonly kind: 'loaded'; readonly model: UiModel }
  | { readonly kind: 'previewed'; readonly token: number; readonly result: Preview }
  | { readonly kind: 'written'; readonly result: Written };

export type Effect =
  | { readonly kind: 'preview'; readonly token: number; readonly migrations: readonly string[] }
  | { readonly kind: 'write'; readonly file: string; readonly migrations: readonly string[]; readonly overwrite: boolean }
  | { readonly kind: 'leave'; readonly interrupted: boolean };

type Step = readonly [State, readonly Effect[]];

export const DEFAULT_FILE = 'dekey-plan.json';
/** Longest text that a prompt takes. */
const LONGEST = 200;

export function initialState(size: Size): State {
  return {
    size, model: undefined, progress: undefined, task: 'Starting ...', filter: NO_FILTER, shown: [], cursor: 0, top: 0, focus: 'list', detailTop: 0, marked: 0, diff: undefined, helpTop: undefined, prompt: undefined,
    chosen: new Set(), isSaved: true, notice: undefined, tokens: 0, repaints: 0,
  };
}

/** What a key, a new size or an answer makes of the screen, and what is to be done. Pure. */
export function reduce(state: State, event: Event): Step {
  switch (event.kind) {
    case 'key':
      return onKey({ ...state, notice: undefined }, event.key);
    case 'resized':
      return still(settle({ ...state, size: event.size, repaints: state.repaints + 1 }));
    case 'progress':
      return still({ ...state, progress: event.progress });
    case 'task':
      return still({ ...state, task: event.text, progress: undefined });
    case 'loaded':
      return still(settle({ ...state, model: event.model, progress: undefined, shown: shownRows(event.model.rows, state.filter) }));
    case 'previewed':
      return still(state.diff?.token === event.token ? { ...state, diff: { ...state.diff, result: event.result } } : state);
    case 'written':
      return still(onWritten(state, event.result));
  }
}

function still(state: State): Step {
  return [state, []];
}

function onKey(state: State, key: Key): Step {
  const command = commandOf(key);
  if (command === 'leave') return [state, [{ kind: 'leave', interrupted: true }]];
  if (command === 'repaint') return still({ ...state, repaints: state.repaints + 1 });
  if (state.prompt !== undefined) return onPrompt(state, state.prompt, key);
  // While there is nothing to see, the only way is out.
  if (state.model === undefined || isTooSmall(state.size)) return command === 'quit' ? [state, [{ kind: 'leave', interrupted: state.model === undefined }]] : still(state);
  if (command === undefined) return still(state);
  if (state.helpTop !== undefined) return still(onHelp(state, state.helpTop, command));
  if (state.diff !== undefined) return still(onDiff(state, state.diff, command));
  return onCommand(state, state.model, command);
}

// --- help and diff: pages to scroll ---

function onHelp(state: State, top: number, command: Command): State {
  if (command === 'help' || command === 'back' || command === 'quit') return { ...state, helpTop: undefined };
  return { ...state, helpTop: scrolled(top, command, helpLines(state).length, pageRows(state.size)) };
}

function onDiff(state: State, diff: Diff, command: Command): State {
  if (command === 'preview' || command === 'preview-chosen' || command === 'back' || command === 'quit') return { ...state, diff: undefined };
  if (command === 'help') return { ...state, helpTop: 0 };
  return { ...state, diff: { ...diff, top: scrolled(diff.top, command, diffLines(state).length, pageRows(state.size)) } };
}

/** Rows of a page that takes the whole screen. */
export function pageRows({ rows }: Size): number {
  return Math.max(1, rows - EDGES.above - EDGES.below);
}

function scrolled(top: number, command: Command, lines: number, rows: number): number {
  const page = Math.max(1, rows - 1);
  const steps: Partial<Record<Command, number>> = { up: -1, down: 1, 'page-up': -page, 'page-down': page, top: -Infinity, bottom: Infinity };
  return clamp(top + (steps[command] ?? 0), 0, Math.max(0, lines - rows));
}

// --- list and details ---

function onCommand(state: State, model: UiModel, command: Command): Step {
  switch (command) {
    case 'up':
    case 'down':
    case 'page-up':
    case 'page-down':
    case 'top':
    case 'bottom':
      return still(move(state, command));
    case 'open':
      return still(rowOf(state) === undefined ? state : { ...state, focus: 'detail' });
    case 'back':
      return still(onBack(state, model));
    case 'search':
      return still({ ...state, focus: 'list', prompt: { kind: 'search', text: state.filter.query, before: state.filter.query } });
    case 'provider':
    case 'provider-back':
      return still(filtered(state, model, { provider: cycle(providersOf(model.rows), state.filter.provider, command === 'provider' ? 1 : -1) }));
    case 'severity':
    case 'severity-back':
      return still(filtered(state, model, { severity: cycle(SEVERITIES, state.filter.severity, command === 'severity' ? 1 : -1) }));
    case 'sort':
      return still(filtered(state, model, { sort: SORTS[(SORTS.indexOf(state.filter.sort) + 1) % SORTS.length] ?? 'risk' }));
    case 'clear':
      return still(filtered(state, model, { ...NO_FILTER, sort: state.filter.sort }));
    case 'choose':
      return still(choose(state));
    case 'choose-shown':
      return still(chooseShown(state));
    case 'next-migration':
    case 'previous-migration':
      return still(markMigration(state, command === 'next-migration' ? 1 : -1));
    case 'preview':
      return preview(state, rowOf(state)?.migrations ?? [], rowOf(state)?.label ?? '');
    case 'preview-chosen':
      return preview(state, [...state.chosen], 'all that is chosen');
    case 'write':
      return still(state.chosen.size === 0 ? say(state, 'Nothing is chosen yet: Space chooses the migrations of a key.') : { ...state, prompt: { kind: 'file', text: DEFAULT_FILE } });
    case 'help':
      return still({ ...state, helpTop: 0 });
    case 'quit':
      return onQuit(state);
    case 'leave':
    case 'repaint':
      return still(state);
  }
}

function onQuit(state: State): Step {
  if (state.focus === 'detail' && layoutOf(state.size).kind === 'one') return still({ ...state, focus: 'list' });
  if (state.isSaved || state.chosen.size === 0) return [state, [{ kind: 'leave', interrupted: false }]];
  return still({ ...state, prompt: { kind: 'leave' } });
}

function onBack(state: State, model: UiModel): State {
  if (state.focus === 'detail') return { ...state, focus: 'list' };
  if (state.filter.query !== '') return filtered(state, model, { query: '' });
  return say(state, 'q leaves.');
}

export function rowOf(state: State): UiRow | undefined {
  return state.shown[state.cursor];
}

function move(state: State, command: Command): State {
  const { kind, listRows, detail } = layoutOf(state.size);
  if (state.focus === 'detail') return { ...state, detailTop: scrolled(state.detailTop, command, detailOf(state).lines.length, detail.height) };
  const page = Math.max(1, listRows - 1);
  const steps: Partial<Record<Command, number>> = { up: -1, down: 1, 'page-up': -page, 'page-down': page, top: -Infinity, bottom: Infinity };
  const cursor = clamp(state.cursor + (steps[command] ?? 0), 0, Math.max(0, state.shown.length - 1));
  const moved = { ...state, cursor, top: windowTop(state.top, cursor, listRows, state.shown.length) };
  return cursor === state.cursor && kind !== 'one' ? moved : { ...moved, detailTop: 0, marked: 0 };
}

/** First row of a window that shows the cursor, moved no more than it takes. */
function windowTop(top: number, cursor: number, rows: number, length: number): number {
  const seen = cursor < top ? cursor : cursor >= top + rows ? cursor - rows + 1 : top;
  return clamp(seen, 0, Math.max(0, length - rows));
}

/** Another filter: the cursor stays on its key when that is still shown. */
function filtered(state: State, model: UiModel, change: Partial<Filter>): State {
  const filter = { ...state.filter, ...change };
  const shown = shownRows(model.rows, filter);
  const id = rowOf(state)?.id;
  const found = shown.findIndex((row) => row.id === id);
  return settle({ ...state, filter, shown, cursor: Math.max(0, found), ...(found < 0 ? { detailTop: 0, marked: 0 } : {}), focus: shown.length === 0 ? 'list' : state.focus });
}

/** Puts everything that depends on the size, or on how much there is, back into its bounds. */
function settle(state: State): State {
  const { listRows, detail } = layoutOf(state.size);
  const cursor = clamp(state.cursor, 0, Math.max(0, state.shown.length - 1));
  const settled = { ...state, cursor, top: windowTop(state.top, cursor, listRows, state.shown.length) };
  return {
    ...settled,
    detailTop: clamp(settled.detailTop, 0, Math.max(0, detailOf(settled).lines.length - detail.height)),
    diff: settled.diff === undefined ? undefined : { ...settled.diff, top: clamp(settled.diff.top, 0, Math.max(0, diffLines(settled).length - pageRows(state.size))) },
    helpTop: settled.helpTop === undefined ? undefined : clamp(settled.helpTop, 0, Math.max(0, helpLines(settled).length - pageRows(state.size))),
  };
}

// --- choosing ---

function choose(state: State): State {
  const row = rowOf(state);
  if (row === undefined) return state;
  if (row.migrations.length === 0) return say(state, 'Nothing to choose here: no workload is known whose identity could replace this key. Enter says why.');
  const marked = state.focus === 'detail' ? detailOf(state).migrations[state.marked]?.id : undefined;
  const ids = marked === undefined ? row.migrations : [marked];
  return withChosen(state, ids);
}

function chooseShown(state: State): State {
  const ids = state.shown.flatMap(({ migrations }) => migrations);
  return ids.length === 0 ? say(state, 'Nothing to choose among what is shown.') : withChosen(state, ids);
}

/** All of them, or none when all were. */
function withChosen(state: State, ids: readonly string[]): State {
  const chosen = new Set(state.chosen);
  const isAll = ids.every((id) => chosen.has(id));
  for (const id of ids) {
    if (isAll) chosen.delete(id);
    else chosen.add(id);
  }
  return { ...state, chosen, isSaved: false };
}

function markMigration(state: State, step: 1 | -1): State {
  const { migrations } = detailOf(state);
  const { kind, detail } = layoutOf(state.size);
  if (migrations.length === 0) return say(state, 'This key has no migration to mark.');
  if (kind === 'one' && state.focus === 'list') return say(state, 'Enter opens the key; n marks its migrations there.');
  const isInView = (index: number): boolean => {
    const line = migrations[index]?.line ?? 0;
    return line >= state.detailTop && line < state.detailTop + detail.height - 1;
  };
  // Where the mark is out of sight, the first press shows it.
  const marked = state.focus === 'list' || !isInView(state.marked) ? Math.min(state.marked, migrations.length - 1) : (state.marked + step + migrations.length) % migrations.length;
  const line = migrations[marked]?.line ?? 0;
  const isSeen = isInView(marked);
  return settle({ ...state, focus: 'detail', marked, detailTop: isSeen ? state.detailTop : Math.max(0, line - 2) });
}

// --- plan and diff ---

function preview(state: State, migrations: readonly string[], title: string): Step {
  if (migrations.length === 0) return still(say(state, title === 'all that is chosen' ? 'Nothing is chosen yet: Space chooses the migrations of a key.' : 'No change to show: nothing is known that could replace this key. Enter says why.'));
  const token = state.tokens + 1;
  return [{ ...state, tokens: token, diff: { title, token, result: undefined, top: 0 } }, [{ kind: 'preview', token, migrations }]];
}

function onWritten(state: State, result: Written): State {
  if (result.kind === 'exists') return { ...state, notice: undefined, prompt: { kind: 'overwrite', file: result.file } };
  if (result.kind === 'failed') return { ...state, notice: { text: result.message, style: 'high' } };
  return { ...state, isSaved: true, notice: { text: `Written: ${result.file}. ${result.next}`, style: 'good' } };
}

function onPrompt(state: State, prompt: Prompt, key: Key): Step {
  const name = 'name' in key ? key.name : undefined;
  const closed = { ...state, prompt: undefined };
  switch (prompt.kind) {
    case 'search': {
      if (name === 'enter') return still(closed);
      const text = name === 'escape' ? prompt.before : typed(prompt.text, key);
      const next = state.model === undefined ? state : filtered(state, state.model, { query: text });
      return still({ ...next, prompt: name === 'escape' ? undefined : { ...prompt, text } });
    }
    case 'file': {
      if (name === 'escape') return still(say(closed, 'Nothing was written.'));
      if (name !== 'enter') return still({ ...state, prompt: { kind: 'file', text: typed(prompt.text, key) } });
      return prompt.text === '' ? still(state) : [say(closed, 'Making the plan ...'), [{ kind: 'write', file: prompt.text, migrations: [...state.chosen], overwrite: false }]];
    }
    case 'overwrite':
      if (isYes(key)) return [say(closed, 'Making the plan ...'), [{ kind: 'write', file: prompt.file, migrations: [...state.chosen], overwrite: true }]];
      return isNo(key) ? still(say(closed, 'Nothing was written.')) : still(state);
    case 'leave':
      if (isYes(key)) return [closed, [{ kind: 'leave', interrupted: false }]];
      return isNo(key) ? still(closed) : still(state);
  }
}

function typed(text: string, key: Key): string {
  if ('text' in key) return text.length >= LONGEST ? text : text + key.text;
  if (key.name === 'backspace') return [...text].slice(0, -1).join('');
  return key.name === 'ctrl-u' ? '' : text;
}

function isYes(key: Key): boolean {
  return 'text' in key && (key.text === 'y' || key.text === 'Y');
}

function isNo(key: Key): boolean {
  return 'name' in key ? key.name === 'escape' : ['n', 'N', 'q'].includes(key.text);
}

function say(state: State, text: string): State {
  return { ...state, notice: { text, style: 'dim' } };
}

// --- what is scrolled through ---

const NO_DETAIL: Detail = { lines: [], migrations: [] };

export function detailOf(state: State): Detail {
  const row = rowOf(state);
  return row === undefined || state.model === undefined ? NO_DETAIL : state.model.detail(row, detailWidth(layoutOf(state.size)));
}

/** Two columns are left of it, for marks. */
export function detailWidth({ detail }: Layout): number {
  return Math.max(20, detail.width - 2);
}

/** Lines as they are shown, by the page they were made of. */
const wrapped = new WeakMap<(width: number) => readonly string[], { readonly width: number; readonly lines: readonly Line[] }>();

export function diffLines({ diff, size }: State): readonly Line[] {
  const result = diff?.result;
  if (result === undefined) return [[{ text: 'Working out the change ...', style: 'dim' }]];
  if (result.kind === 'failed') return wrapLine([{ text: result.message, style: 'high' }], size.columns);
  const known = wrapped.get(result.lines);
  if (known?.width === size.columns) return known.lines;
  const lines = result.lines(size.columns).flatMap((line) => wrapLine(parseMarks(expandTabs(line)), size.columns, hangOf(line)));
  wrapped.set(result.lines, { width: size.columns, lines });
  return lines;
}

/** A sentence goes on below itself, a line of a file two columns behind its sign. */
function hangOf(line: string): number {
  const [blanks = ''] = /^ {6,}/.exec(line) ?? [];
  return Math.max(2, blanks.length);
}

const TAB = 4;

/** Tab stops count from the first column of the file, which stands behind the sign of the diff. */
function expandTabs(text: string): string {
  if (!text.includes('\t')) return text;
  let column = -1;
  let expanded = '';
  let isMark = false;
  for (const character of text) {
    if (character === '\t') {
      const blanks = TAB - (Math.max(0, column) % TAB);
      expanded += ' '.repeat(blanks);
      column += blanks;
      continue;
    }
    expanded += character;
    // A mark and the letter behind it take no column.
    if (character === '\u0001') isMark = true;
    else if (isMark) isMark = false;
    else if (character !== '\u0002') column += 1;
  }
  return expanded;
}

export function helpLines({ size }: State): readonly Line[] {
  const width = Math.max(...BINDINGS.map(({ shown }) => shown.length));
  const table = BINDINGS.filter(({ shown }) => shown !== '').map(({ shown, what }): Line => [{ text: ' ' }, { text: shown.padEnd(width + 2), style: 'command' }, { text: what }]);
  const notes = [
    '',
    'A key is replaced by the identity of the workloads that use it: each of them is a migration. Space in the list chooses all migrations of a key, and in its details the marked one.',
    `w writes what is chosen as one plan. A name that ends in .json is that file alone; any other is a folder with plan.json, a README and the scripts that make the identities. A plan changes nothing: dekey apply shows its diff, and writes only when told to.`,
    'Keys are never shown beyond their prefix and last four characters.',
  ];
  return [...table, ...notes.flatMap((note) => wrapLines(note, size.columns - 2).map((text): Line => [{ text: ` ${text}` }]))];
}

function wrapLines(text: string, width: number): readonly string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last === '') lines[lines.length - 1] = word;
    else if (last.length + word.length + 1 <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
