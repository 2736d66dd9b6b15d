import { BINDINGS, type Command } from '../../../src/ui/keys.ts';
import type { Proof } from '../github/checks.ts';
import type { Terminal } from './tmux.ts';

/** How tmux calls the keys of the table. */
const TMUX: Readonly<Record<string, string>> = {
  up: 'Up', down: 'Down', left: 'Left', right: 'Right', pageup: 'PageUp', pagedown: 'PageDown', home: 'Home', end: 'End', enter: 'Enter', escape: 'Escape', backspace: 'BSpace', tab: 'Tab',
  'ctrl-c': 'C-c', 'ctrl-d': 'C-d', 'ctrl-u': 'C-u', 'ctrl-l': 'C-l', ' ': 'Space',
};

export function pressKey(terminal: Terminal, key: string): void {
  const name = TMUX[key];
  if (name === undefined) terminal.type(key);
  else terminal.press(name);
}

/** What is on the screen before, and after the key. */
interface Case {
  readonly before: (terminal: Terminal) => Promise<void>;
  readonly after: RegExp | ((screen: string) => boolean);
}

const LIST = / Enter open /;
const DETAIL = / n N mark /;

/** Back to the list as it was at first, wherever the last key led. */
async function home(terminal: Terminal): Promise<void> {
  for (let round = 0; round < 6; round += 1) {
    const screen = terminal.screen();
    if (LIST.test(screen) && !/\[y\/n\]/.test(screen)) break;
    terminal.press('Escape');
    await terminal.until('Escape leads back', (now) => now !== screen || LIST.test(now));
  }
  terminal.type('x');
  terminal.press('Home');
  await terminal.until('the first of all', /^ 1 of \d+ /m);
}

function at(terminal: Terminal, ...keys: readonly string[]): Promise<void> {
  return home(terminal).then(() => {
    for (const key of keys) pressKey(terminal, key);
  });
}

/** Which key the cursor is on, of how many. */
function position(screen: string): readonly [number, number] {
  const [, now = '0', all = '0'] = /^ ([\d,]+) of ([\d,]+) /m.exec(screen) ?? [];
  return [Number(now.replaceAll(',', '')), Number(all.replaceAll(',', ''))];
}

const isLast = (screen: string): boolean => position(screen)[0] === position(screen)[1] && position(screen)[0] > 1;

/** One for each command; `undefined` for those that end the program, which are tried elsewhere. */
const CASES: Readonly<Record<Command, Case | undefined>> = {
  up: { before: async (terminal) => {
    await at(terminal, 'down', 'down');
    await terminal.until('the third', /^ 3 of /m);
  }, after: /^ 2 of /m },
  down: { before: (terminal) => at(terminal), after: /^ 2 of /m },
  'page-down': { before: (terminal) => at(terminal), after: (screen) => position(screen)[0] > 9 },
  'page-up': { before: async (terminal) => {
    await at(terminal, 'end');
    await terminal.until('the last', isLast);
  }, after: (screen) => position(screen)[0] > 0 && position(screen)[0] < position(screen)[1] - 8 },
  top: { before: async (terminal) => {
    await at(terminal, 'end');
    await terminal.until('the last', isLast);
  }, after: /^ 1 of /m },
  bottom: { before: (terminal) => at(terminal), after: isLast },
  open: { before: (terminal) => at(terminal), after: DETAIL },
  back: { before: async (terminal) => {
    await at(terminal, 'enter');
    await terminal.until('details', DETAIL);
  }, after: LIST },
  search: { before: (terminal) => at(terminal), after: / Enter keep /m },
  provider: { before: (terminal) => at(terminal), after: (screen) => !screen.includes('every provider') && / of \d+ shown/.test(screen) },
  'provider-back': { before: (terminal) => at(terminal), after: (screen) => !screen.includes('every provider') && / of \d+ shown/.test(screen) },
  severity: { before: (terminal) => at(terminal), after: (screen) => !screen.includes('every level') },
  'severity-back': { before: (terminal) => at(terminal), after: (screen) => !screen.includes('every level') },
  sort: { before: (terminal) => at(terminal), after: (screen) => !screen.includes('by risk') },
  clear: { before: async (terminal) => {
    await at(terminal, 's');
    await terminal.until('a filter', / of \d+ shown/);
  }, after: (screen) => screen.includes('every level') },
  choose: { before: (terminal) => at(terminal), after: /\d+ migrations? chosen/ },
  'choose-shown': { before: async (terminal) => {
    await at(terminal);
    if (/chosen/.test(terminal.screen()) && !/nothing chosen/.test(terminal.screen())) {
      terminal.type('a');
      await terminal.until('all are chosen', /\d{2,} migrations chosen/);
      terminal.type('a');
    }
    await terminal.until('none is chosen', /nothing chosen/);
  }, after: /\d{2,} migrations chosen/ },
  'next-migration': { before: async (terminal) => {
    await at(terminal, 'enter');
    await terminal.until('details', DETAIL);
  }, after: /> {2}\[[x ]\] / },
  'previous-migration': { before: async (terminal) => {
    await at(terminal, 'enter', 'n');
    await terminal.until('a mark', /> {2}\[[x ]\] /);
  }, after: /> {2}\[[x ]\] / },
  preview: { before: (terminal) => at(terminal), after: /diff: (?!all)[\s\S]*(?:@@|safe|not done|No file is changed)[\s\S]*: nothing is written/ },
  'preview-chosen': { before: async (terminal) => {
    await at(terminal);
    if (/nothing chosen/.test(terminal.screen())) terminal.press('Space');
    await terminal.until('a choice', /\d+ migrations? chosen/);
  }, after: /diff: all that is chosen[\s\S]*(?:safe|not done)[\s\S]*: nothing is written/ },
  write: { before: async (terminal) => {
    await at(terminal);
    if (/nothing chosen/.test(terminal.screen())) terminal.press('Space');
    await terminal.until('a choice', /\d+ migrations? chosen/);
  }, after: /Write the plan of \d+ migrations? to: dekey-plan\.json/ },
  help: { before: (terminal) => at(terminal), after: /this help[\s\S]* Esc back / },
  repaint: { before: (terminal) => at(terminal), after: LIST },
  quit: undefined,
  leave: undefined,
};

/** Presses every key of the table that does not end the program, and looks at what comes of each. */
export async function driveKeys(terminal: Terminal, proof: Proof, most: number, shoot: (name: string) => void): Promise<void> {
  let driven = 0;
  for (const { command, keys } of BINDINGS) {
    const tried = CASES[command];
    if (tried === undefined) continue;
    for (const key of keys) {
      await tried.before(terminal);
      const bytes = terminal.raw().length;
      pressKey(terminal, key);
      await terminal.until(`${command} by ${key}`, tried.after);
      driven += 1;
      // Over a slow line, to move by one may not draw everything.
      if (command === 'down') proof.check(terminal.raw().length - bytes < most, `moving by one wrote ${terminal.raw().length - bytes} bytes`);
      if (key === keys[0]) shoot(command);
      if (command === 'choose') terminal.press('Space');
    }
  }
  await home(terminal);
  proof.say(`${driven} keys pressed, each with what has to come of it`);
}
