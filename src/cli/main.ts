import { CommanderError } from 'commander';
import type { DekeyError } from '../model/errors.ts';
import { visible } from '../support/escape.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { buildProgram } from './program.ts';
import { VERSION } from './version.ts';

/** Runs the command line; the only place that prints errors and sets the exit code. */
async function main(argv: readonly string[]): Promise<void> {
  const program = buildProgram(VERSION, (code) => {
    process.exitCode = code;
  });
  program.exitOverride();
  for (const command of program.commands) command.exitOverride();
  let given = argv;
  if (argv.length === 0) {
    if (!process.stdin.isTTY || !process.stdout.isTTY) {
      program.outputHelp();
      return;
    }
    const { offerScan } = await import('./first-run.ts');
    const chosen = await offerScan();
    if (chosen === undefined) return;
    given = chosen;
  }
  try {
    await program.parseAsync(given, { from: 'user' });
  } catch (error) {
    process.exitCode = await report(error);
  }
}

async function report(error: unknown): Promise<number> {
  // Commander has printed its own message; help and version come here too, as code 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODES.clean.code : EXIT_CODES.usage.code;
  if (isExpected(error)) {
    const [{ nameMask }, { providers }] = await Promise.all([import('../detect/mask.ts'), import('../providers/index.ts')]);
    // It may quote a file, and a file may hold a key where it should not.
    const mask = nameMask(providers, () => false);
    process.stderr.write(`dekey: ${visible(mask(error.message))}\n  ${visible(mask(error.fix))}\n`);
    return error.name === 'TargetError' ? EXIT_CODES.incomplete.code : EXIT_CODES.usage.code;
  }
  // A fault of ours. The message may quote input, so only the kind and our own frames are printed.
  const stack = error instanceof Error ? (typeof error.cause === 'string' ? error.cause : (error.stack ?? '')) : '';
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line)).slice(0, 6);
  const kind = error instanceof Error ? error.constructor.name : typeof error;
  const code = error instanceof Error && 'code' in error ? ` ${String(error.code)}` : '';
  process.stderr.write(`dekey: internal error (${kind}${visible(code)}). This is a fault of dekey, not of your files; please report it with these lines:\n${frames.join('\n')}\n`);
  return EXIT_CODES.internal.code;
}

/** By what it says of itself: a command with a bundle of its own has a class of its own. */
function isExpected(error: unknown): error is DekeyError {
  return error instanceof Error && ['DekeyError', 'UsageError', 'TargetError'].includes(error.name) && 'fix' in error && typeof error.fix === 'string';
}

// A reader that closes the pipe early (`dekey scan | head`) is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

/** Settles when the command has run; the exit code is set by then. */
export const finished = main(process.argv.slice(2));
