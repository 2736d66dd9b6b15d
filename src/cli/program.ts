import { Command, InvalidArgumentError, Option } from 'commander';
import { CONFIDENCES, SEVERITIES } from '../model/levels.ts';
import { FORMATS } from '../report/renderer.ts';
import { EXIT_CODES } from './exit-codes.ts';

/** The command line as data; what a command does is loaded only when it runs, so that `--help` answers at once. */
export function buildProgram(version: string, finish: (code: number) => void): Command {
  const program = new Command('dekey')
    .description('Finds every long-lived AI API key and every workload that uses one, scores\nthe risk, and says which of them workload identity federation can replace.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .showHelpAfterError('(dekey COMMAND --help lists the options)')
    .configureHelp({ sortOptions: false, showGlobalOptions: false });

  program
    .command('scan')
    .description('find keys, references and workloads; score them')
    .argument('[TARGET...]', 'files, folders or git repositories', ['.'])
    .addOption(new Option('--format <FORMAT>', 'output format').choices([...FORMATS]).default('text'))
    .option('-o, --output <FILE>', 'write the result to a new file (mode 0600) instead of standard output')
    .option('--history', 'also every object git holds: all branches, stashes, dangling commits, messages, tags')
    .addOption(new Option('--since <REV>', 'only what commits after REV brought in').conflicts(['history', 'staged']))
    .addOption(new Option('--staged', 'only what is staged for the next commit').conflicts('history'))
    .option('--include <GLOB>', 'only files that match (repeatable)', collect)
    .option('--exclude <GLOB>', 'leave out files that match (repeatable)', collect)
    .option('--include-ignored', 'also files that git ignores (dotenv, agent and credential files always are)')
    .option('--max-file-size <MB>', 'leave out larger files, and say so (default: 20)', wholeNumber)
    .addOption(new Option('--fail-on <LEVEL>', 'exit 1 when a finding is this bad or worse (default: high)').choices([...SEVERITIES, 'none']))
    .option('--baseline <FILE>', 'findings already accepted; they are shown as such and never fail the run')
    .option('--update-baseline', 'write the findings of this run into the baseline')
    .option('--reason <TEXT>', 'reason recorded with --update-baseline')
    .option('--config <FILE>', 'configuration file (default: dekey.config.json in the current folder)')
    .option('--fingerprint-key <FILE>', 'secret key (32 bytes or more) that makes fingerprints of secrets comparable between runs')
    .option('--public', 'score as a public repository')
    .option('--allow-alternates', 'read object folders outside the repository that it borrows from')
    .option('--workers <N>', 'threads (default: one a core, at most 8); the result is the same for any number', wholeNumber)
    .option('--offline', 'open no connection (scan never does)')
    .option('--no-color', 'no colour (also: NO_COLOR)')
    .option('-q, --quiet', 'no progress')
    .option('-v, --verbose', 'every place, every reason, everything that was not looked at')
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  dekey scan                                  this folder',
        '  dekey scan ../service --history             with everything git holds of it',
        '  dekey scan --format sarif -o dekey.sarif    for code scanning',
        '  dekey scan --staged --fail-on medium        in a pre-commit hook',
        '  dekey scan --baseline dekey.baseline.json   only new findings fail',
        '',
        `Confidence (${CONFIDENCES.join(', ')}) is apart from severity: a finding of low`,
        'confidence is for a person to look at, and never fails a run.',
        '',
        'Exit codes:',
        ...Object.values(EXIT_CODES).map(({ code, short }) => `  ${code}  ${short}`),
      ].join('\n'),
    )
    .action(async (targets: string[], flags: Record<string, unknown>) => {
      const { runScan } = await import('./commands/scan.ts');
      finish(await runScan(targets, flags, version));
    });

  program
    .command('explain')
    .description('explain a finding code, a provider, a platform or a risk vector')
    .argument('<SUBJECT>', 'DK-SECRET-..., DK-REF-..., a provider or platform id, or a vector DK1/...')
    .option('--no-color', 'no colour (also: NO_COLOR)')
    .addHelpText('after', '\nExamples:\n  dekey explain DK-SECRET-ANTHROPIC-API-KEY\n  dekey explain openai\n  dekey explain kubernetes')
    .action(async (subject: string) => {
      const { runExplain } = await import('./commands/explain.ts');
      finish(await runExplain(subject));
    });

  return program;
}

function collect(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

function wholeNumber(value: string): number {
  if (!/^[1-9]\d{0,5}$/.test(value)) throw new InvalidArgumentError('It has to be a whole number from 1.');
  return Number(value);
}
