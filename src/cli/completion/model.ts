import type { Argument, Command, Option } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** What may stand in a place of the command line. */
export type Value =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** Files and folders, and words that may stand there besides. */
  | { readonly kind: 'files'; readonly words: readonly string[] }
  | { readonly kind: 'folders' }
  /** Nothing that could be known here: a revision, a name at GitHub. */
  | { readonly kind: 'anything' };

export interface CompletedOption {
  /** `--output`, and `-o` before it where there is one. */
  readonly flags: readonly string[];
  readonly what: string;
  /** Absent for a switch. */
  readonly value?: Value;
  readonly isRepeatable: boolean;
}

export interface CompletedCommand {
  readonly name: string;
  readonly what: string;
  readonly options: readonly CompletedOption[];
  /** The last one stands for all that follow, where there may be several. */
  readonly values: readonly Value[];
  readonly isVariadic: boolean;
}

/** Words of the registries: what a placeholder stands for besides files. */
export type Words = Readonly<Record<string, readonly string[]>>;

const FILES: ReadonlySet<string> = new Set(['FILE', 'PLAN', 'INVENTORY', 'OLD', 'TARGET', 'FORMAT=FILE']);
const FOLDERS: ReadonlySet<string> = new Set(['FOLDER']);

/** Everything that a shell can offer, read from the definition of the command line itself. Pure. */
export function completedCommands(program: Command, words: Words): readonly CompletedCommand[] {
  return program.commands.map((command): CompletedCommand => {
    const given = command.registeredArguments;
    return {
      name: command.name(),
      what: firstLine(command.description()),
      options: [...command.options.map((option) => completedOption(option, words)), { flags: ['-h', '--help'], what: 'print help', isRepeatable: false }],
      values: given.map((argument) => valueOf(argument, placeholderOf(argument.name()), words)),
      isVariadic: given.at(-1)?.variadic === true,
    };
  });
}

function completedOption(option: Option, words: Words): CompletedOption {
  const flags = [option.short, option.long].flatMap((flag) => (flag === undefined ? [] : [flag]));
  const placeholder = /[<[](.+)[>\]]$/.exec(option.flags)?.[1];
  const base = { flags, what: firstLine(option.description), isRepeatable: option.description.includes('(repeatable') };
  return placeholder === undefined ? base : { ...base, value: valueOf(option, placeholder, words) };
}

function valueOf({ argChoices }: Pick<Option | Argument, 'argChoices'>, placeholder: string, words: Words): Value {
  if (argChoices !== undefined) return { kind: 'words', words: argChoices };
  const known = words[placeholder];
  if (FILES.has(placeholder)) return { kind: 'files', words: known ?? [] };
  if (FOLDERS.has(placeholder)) return { kind: 'folders' };
  return known === undefined ? { kind: 'anything' } : { kind: 'words', words: known };
}

function placeholderOf(name: string): string {
  return name.replace(/\.\.\.$/, '');
}

/** The first sentence, without what stands in parentheses at its end: a list of words has a line each. */
function firstLine(text: string): string {
  return text.replaceAll('\n', ' ').replace(/ \((?:default|repeatable)[^()]{0,120}\)/g, '').split(/; |: (?=[a-z])/)[0] ?? '';
}
