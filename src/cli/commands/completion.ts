import type { Command } from 'commander';
import { HOLDERS } from '../../holders/index.ts';
import { ACCOUNT_KINDS } from '../../model/inventory.ts';
import { platforms } from '../../platforms/index.ts';
import { providers } from '../../providers/index.ts';
import { bashCompletion } from '../completion/bash.ts';
import { fishCompletion } from '../completion/fish.ts';
import { completedCommands, type Shell, type Words } from '../completion/model.ts';
import { zshCompletion } from '../completion/zsh.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { print } from '../print.ts';

const WRITERS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/** Runs `dekey completion`: prints the script of a shell, made from the definition of the command line. Returns the exit code. */
export async function runCompletion(program: Command, shell: Shell): Promise<number> {
  await print(WRITERS[shell](completedCommands(program, words())));
  return EXIT_CODES.clean.code;
}

/** By placeholder: words of our own registries, which hold letters, digits, `-` and `:` alone. */
function words(): Words {
  const running = platforms.filter(({ tokens, whyNot }) => tokens !== undefined || whyNot !== undefined).map(({ id }) => id);
  const targets = ['github:', ...ACCOUNT_KINDS.map((kind) => `${kind}:`)];
  return {
    TARGET: targets,
    SUBJECT: [...new Set([...providers.map(({ id }) => id), ...platforms.map(({ id }) => id), 'github', ...ACCOUNT_KINDS])],
    PLATFORM: platforms.map(({ id }) => id),
    '[WHAT=]PLATFORM': running,
    SERVICE: HOLDERS.map(({ id }) => id),
    WHAT: ['safe', 'unsafe', ...providers.map(({ id }) => id)],
    WHO: ['codeowners', 'none'],
  };
}
