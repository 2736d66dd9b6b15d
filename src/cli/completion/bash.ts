import type { CompletedCommand, Value } from './model.ts';

/** For bash from 3.2 on (that of macOS), without the package bash-completion. */
export function bashCompletion(commands: readonly CompletedCommand[]): string {
  return [
    '# Completion of dekey for bash:  eval "$(dekey completion bash)"',
    '# Line by line: names may hold blanks and stars.',
    '_dekey_add() { local one; while IFS= read -r one; do COMPREPLY+=("$one"); done < <(compgen "$@" -- "$cur"); }',
    '_dekey_words() {',
    '  _dekey_add -W "$1"',
    '  [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *: ]] && compopt -o nospace 2>/dev/null',
    '  return 0',
    '}',
    '_dekey_paths() { _dekey_add "$1"; compopt -o filenames 2>/dev/null; return 0; }',
    '_dekey() {',
    '  local cur prev command= place=0 skip=0 word i',
    '  COMPREPLY=()',
    '  cur=${COMP_WORDS[COMP_CWORD]}',
    '  prev=${COMP_WORDS[COMP_CWORD-1]}',
    '  # bash takes --format=json for three words.',
    '  if [[ $cur == "=" ]]; then cur=""',
    '  elif [[ $prev == "=" ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi',
    '  for (( i = 1; i < COMP_CWORD; i++ )); do',
    '    word=${COMP_WORDS[i]}',
    '    if (( skip )) && [[ $word != "=" ]]; then skip=0; continue; fi',
    '    if [[ -z $command ]]; then',
    '      [[ $word == -* ]] || command=$word',
    '      continue',
    '    fi',
    '    case "$command $word" in',
    ...commands.flatMap(({ name, options }) => {
      const flags = options.filter(({ value }) => value !== undefined).flatMap((option) => option.flags);
      return flags.length === 0 ? [] : [`      ${flags.map((flag) => `"${name} ${flag}"`).join('|')}) skip=1;;`];
    }),
    '      *" -"*|*" =") ;;',
    '      *) place=$((place + 1));;',
    '    esac',
    '  done',
    '  case "$command" in',
    `    "") _dekey_words "${commands.map(({ name }) => name).join(' ')} --help --version"; return;;`,
    ...commands.flatMap(commandCase),
    '  esac',
    '}',
    'complete -F _dekey dekey',
    '',
  ].join('\n');
}

function commandCase({ name, options, values, isVariadic }: CompletedCommand): readonly string[] {
  const withValue = options.flatMap(({ flags, value }) => (value === undefined ? [] : [{ flags, value }]));
  const last = values.length - 1;
  return [
    `    ${name})`,
    '      case "$prev" in',
    ...withValue.map(({ flags, value }) => `        ${flags.join('|')}) ${offer(value)}return;;`),
    '      esac',
    `      if [[ $cur == -* ]]; then _dekey_words "${options.flatMap(({ flags }) => flags).join(' ')}"; return; fi`,
    ...(values.length === 0 ? [] : ['      case "$place" in', ...values.map((value, index) => `        ${index === last && isVariadic ? '*' : index}) ${offer(value)}return;;`), '      esac']),
    '      return;;',
  ];
}

function offer(value: Value): string {
  switch (value.kind) {
    case 'words':
      return `_dekey_words "${value.words.join(' ')}"; `;
    case 'files':
      return value.words.length === 0 ? '_dekey_paths -f; ' : `_dekey_paths -f; _dekey_words "${value.words.join(' ')}"; `;
    case 'folders':
      return '_dekey_paths -d; ';
    case 'anything':
      return '';
  }
}
