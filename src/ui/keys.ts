/** A key as the screen knows it: a name, or one character that was typed. */
export type Key = { readonly name: NamedKey } | { readonly text: string };

export const NAMED_KEYS = ['up', 'down', 'left', 'right', 'pageup', 'pagedown', 'home', 'end', 'enter', 'escape', 'backspace', 'tab', 'ctrl-c', 'ctrl-d', 'ctrl-u', 'ctrl-l'] as const;
export type NamedKey = (typeof NAMED_KEYS)[number];

export const COMMANDS = [
  'up', 'down', 'page-up', 'page-down', 'top', 'bottom', 'open', 'back', 'next-migration', 'previous-migration', 'choose', 'choose-shown', 'search', 'provider', 'provider-back',
  'severity', 'severity-back', 'sort', 'clear', 'preview', 'preview-chosen', 'write', 'help', 'repaint', 'quit', 'leave',
] as const;
export type Command = (typeof COMMANDS)[number];

interface Binding {
  readonly command: Command;
  /** Names and characters that give the command. */
  readonly keys: readonly string[];
  /** As the help shows them; '' where the line above says it. */
  readonly shown: string;
  readonly what: string;
}

/** All of them: the help is made of this table, and the end-to-end test drives every key in it. */
export const BINDINGS: readonly Binding[] = [
  { command: 'up', keys: ['up', 'k'], shown: 'up k', what: 'one up' },
  { command: 'down', keys: ['down', 'j'], shown: 'down j', what: 'one down' },
  { command: 'page-up', keys: ['pageup', 'ctrl-u', 'b'], shown: 'PgUp Ctrl-U b', what: 'a page up' },
  { command: 'page-down', keys: ['pagedown', 'ctrl-d', 'f'], shown: 'PgDn Ctrl-D f', what: 'a page down' },
  { command: 'top', keys: ['home', 'g'], shown: 'Home g', what: 'to the first' },
  { command: 'bottom', keys: ['end', 'G'], shown: 'End G', what: 'to the last' },
  { command: 'open', keys: ['enter', 'right', 'l', 'tab'], shown: 'Enter right l Tab', what: 'what is known of this key' },
  { command: 'back', keys: ['escape', 'left', 'h', 'backspace'], shown: 'Esc left h', what: 'back' },
  { command: 'search', keys: ['/'], shown: '/', what: 'show only what has a text' },
  { command: 'provider', keys: ['p'], shown: 'p P', what: 'only one provider: next, previous' },
  { command: 'provider-back', keys: ['P'], shown: '', what: '' },
  { command: 'severity', keys: ['s'], shown: 's S', what: 'only this bad or worse: next, previous' },
  { command: 'severity-back', keys: ['S'], shown: '', what: '' },
  { command: 'sort', keys: ['o'], shown: 'o', what: 'another order' },
  { command: 'clear', keys: ['x'], shown: 'x', what: 'show all again' },
  { command: 'choose', keys: [' '], shown: 'Space', what: 'choose its migrations, or the marked one' },
  { command: 'choose-shown', keys: ['a'], shown: 'a', what: 'choose all that are shown, or none' },
  { command: 'next-migration', keys: ['n'], shown: 'n N', what: 'mark the next, the previous migration' },
  { command: 'previous-migration', keys: ['N'], shown: '', what: '' },
  { command: 'preview', keys: ['d'], shown: 'd', what: 'the diff for this key; nothing is written' },
  { command: 'preview-chosen', keys: ['D'], shown: 'D', what: 'the diff of all that is chosen' },
  { command: 'write', keys: ['w'], shown: 'w', what: 'write the plan of what is chosen' },
  { command: 'help', keys: ['?'], shown: '?', what: 'this help' },
  { command: 'repaint', keys: ['ctrl-l'], shown: 'Ctrl-L', what: 'draw the screen anew' },
  { command: 'quit', keys: ['q'], shown: 'q', what: 'leave; asks when a choice is not written' },
  { command: 'leave', keys: ['ctrl-c'], shown: 'Ctrl-C', what: 'leave at once' },
];

const BY_KEY: ReadonlyMap<string, Command> = new Map(BINDINGS.flatMap(({ command, keys }) => keys.map((key) => [key, command] as const)));

export function commandOf(key: Key): Command | undefined {
  return BY_KEY.get('name' in key ? key.name : key.text);
}
