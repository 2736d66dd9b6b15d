import { Asker } from './ask.ts';

/** What it will and will not do, in five lines. */
export const WELCOME: readonly string[] = [
  'dekey finds long-lived AI API keys, what uses them, and what can replace them.',
  '  It will    read the files of this folder, and show what it found, worst first.',
  '  It will    plan the replacement and show the change, when asked (plan, apply).',
  '  It won’t   write, send or run anything, or connect, unless a command says so.',
  '  It won’t   show a key: only a constant prefix and its last four characters.',
];

/** On a terminal, without arguments: says what it does and offers the scan. Gives the arguments to go on with; none for the help. */
export async function offerScan(): Promise<readonly string[] | undefined> {
  process.stdout.write(`${WELCOME.join('\n')}\n\n`);
  const asker = new Asker();
  try {
    const answer = await asker.ask('Scan this folder now? [y/n, h for help] ', ['y', 'n', 'h']);
    if (answer === 'y') return ['scan'];
    return answer === 'h' ? ['--help'] : undefined;
  } finally {
    asker.close();
  }
}
