import type { CompletedCommand, CompletedOption, Value } from './model.ts';

/** For fish. */
export function fishCompletion(commands: readonly CompletedCommand[]): string {
  return [
    '# Completion of dekey for fish:  dekey completion fish | source',
    'complete -c dekey -e',
    'complete -c dekey -f',
    "complete -c dekey -n __fish_use_subcommand -s h -l help -d 'print help'",
    "complete -c dekey -n __fish_use_subcommand -s V -l version -d 'print the version'",
    ...commands.map(({ name, what }) => `complete -c dekey -n __fish_use_subcommand -a ${name} -d ${quoted(what)}`),
    ...commands.flatMap((command) => [...command.options.map((option) => optionLine(command.name, option)), ...placeLines(command)]),
    '',
  ].join('\n');
}

function optionLine(command: string, { flags, what, value }: CompletedOption): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  return [`complete -c dekey -n ${quoted(`__fish_seen_subcommand_from ${command}`)}`, ...names, ...(value === undefined ? [] : [parameter(value)]), `-d ${quoted(what)}`].join(' ');
}

/** What stands there without an option; for a second place the first has to be filled. */
function placeLines({ name, values, isVariadic }: CompletedCommand): readonly string[] {
  return values.map((value, index) => {
    // The program and its command are counted too.
    const count = `test (commandline -opc | string match -v -- '-*' | count) ${isVariadic ? '-ge' : '-eq'} ${index + 2}`;
    const condition = values.length > 1 ? `__fish_seen_subcommand_from ${name}; and ${count}` : `__fish_seen_subcommand_from ${name}`;
    return `complete -c dekey -n ${quoted(condition)} ${placed(value)}`;
  });
}

function parameter(value: Value): string {
  return value.kind === 'words' || value.kind === 'anything' ? `-x${value.kind === 'words' ? ` -a ${quoted(value.words.join(' '))}` : ''}` : value.kind === 'folders' ? "-x -a '(__fish_complete_directories)'" : '-r -F';
}

function placed(value: Value): string {
  switch (value.kind) {
    case 'words':
      return `-f -a ${quoted(value.words.join(' '))}`;
    case 'files':
      return `-F${value.words.length === 0 ? '' : ` -a ${quoted(value.words.join(' '))}`}`;
    case 'folders':
      return "-f -a '(__fish_complete_directories)'";
    case 'anything':
      return '-f';
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', String.raw`\\`).replaceAll("'", String.raw`\'`)}'`;
}
