import type { CompletedCommand, CompletedOption, Value } from './model.ts';

/** For zsh with its completion system (`compinit`). */
export function zshCompletion(commands: readonly CompletedCommand[]): string {
  return [
    '#compdef dekey',
    '# Completion of dekey for zsh:  source <(dekey completion zsh)',
    '_dekey() {',
    '  local context state state_descr line',
    '  typeset -A opt_args',
    "  _arguments -C '(-h --help)'{-h,--help}'[print help]' '(-V --version)'{-V,--version}'[print the version]' '1: :->command' '*:: :->rest'",
    '  case "$state" in',
    '    command)',
    '      local -a commands',
    '      commands=(',
    ...commands.map(({ name, what }) => `        ${quoted(`${name}:${what.replaceAll(':', '\\:')}`)}`),
    '      )',
    '      _describe command commands;;',
    '    rest)',
    '      case "$line[1]" in',
    ...commands.flatMap((command) => [`        ${command.name})`, `          _arguments ${specs(command).join(' \\\n            ')};;`]),
    '      esac;;',
    '  esac',
    '}',
    '# As a file of fpath it is called; read in by hand it has to be made known.',
    'if [[ "${funcstack[1]}" == _dekey ]]; then _dekey "$@"; else compdef _dekey dekey; fi',
    '',
  ].join('\n');
}

function specs({ options, values, isVariadic }: CompletedCommand): readonly string[] {
  const last = values.length - 1;
  return [
    ...options.flatMap(optionSpecs),
    ...values.map((value, index) => quoted(`${index === last && isVariadic ? '*' : index + 1}: :${action(value)}`)),
  ];
}

function optionSpecs({ flags, what, value, isRepeatable }: CompletedOption): readonly string[] {
  const text = `[${what.replaceAll('[', '\\[').replaceAll(']', '\\]').replaceAll(':', '\\:')}]${value === undefined ? '' : `: :${action(value)}`}`;
  const exclusive = isRepeatable ? '*' : flags.length > 1 ? `(${flags.join(' ')})` : '';
  return flags.map((flag) => quoted(`${exclusive}${flag}${text}`));
}

function action(value: Value): string {
  switch (value.kind) {
    case 'words':
      return `(${value.words.map((word) => word.replaceAll(':', '\\:')).join(' ')})`;
    case 'files':
      // Files, and where there are words those beside them.
      return value.words.length === 0 ? '_files' : `{_alternative "words:word:(${value.words.map((word) => word.replaceAll(':', '\\:')).join(' ')})" "files:file:_files"}`;
    case 'folders':
      return '_files -/';
    case 'anything':
      return ' ';
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
