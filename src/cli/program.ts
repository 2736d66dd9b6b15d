import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { UNUSED_AFTER } from '../model/account.ts';
import { CONFIDENCES, SEVERITIES } from '../model/levels.ts';
import { FORMATS } from '../report/renderer.ts';
import { type Shell, SHELLS } from './completion/model.ts';
import { EXIT_CODES } from './exit-codes.ts';

/** The command line as data; what a command does is loaded only when it runs, so that `--help` answers at once. */
export function buildProgram(version: string, finish: (code: number) => void): Command {
  const program = new Command('dekey')
    .description('Finds every long-lived AI API key and every workload that uses one, scores\nthe risk, and says which of them workload identity federation can replace.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .showHelpAfterError('(dekey COMMAND --help lists the options)')
    .configureHelp({ sortOptions: false, showGlobalOptions: false, subcommandTerm: (command) => command.name() })
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  dekey scan                  what is here, worst first',
        '  dekey plan                  what replaces it, as a folder to read',
        '  dekey apply                 the diff; --write makes it',
        '  dekey ui                    all of that on a screen',
        '  dekey scan --help           the options of a command, with examples',
        ...exitCodes(['clean', 'findings', 'usage', 'incomplete', 'internal', 'interrupted']),
      ].join('\n'),
    );

  program
    .command('scan')
    .description('find keys, references and workloads; score them')
    .argument('[TARGET...]', 'files, folders, git repositories, github:ORG[/REPO], aws:[PROFILE],\nanthropic:, openai:, gcp:PROJECT, azure:SUBSCRIPTION, gitlab:GROUP,\nkubernetes:[CONTEXT][/NAMESPACE], machine:', ['.'])
    .addOption(new Option('--format <FORMAT>', 'output format').choices([...FORMATS]).default('text'))
    .option('-o, --output <FILE>', 'write the result to a new file (mode 0600) instead of standard output')
    .option('--also <FORMAT=FILE>', 'write the same result in another format too (repeatable)', alsoOutput)
    .option('--history', 'also every object git holds: all branches, stashes, dangling commits, messages, tags')
    .addOption(new Option('--since <REV>', 'only what commits after REV brought in').conflicts(['history', 'staged']))
    .addOption(new Option('--staged', 'only what is staged for the next commit').conflicts('history'))
    .addOption(new Option('--base <REV>', 'what the tree of REV has already is known: only new findings are listed and fail the run').conflicts(['since', 'staged', 'updateBaseline']))
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
    .option('--quick', 'of targets on GitHub only the names of secrets and the workflow files')
    .option('--github-api <URL>', 'API of GitHub, when not that of the host in the target')
    .option('--github-app <ID>', 'ask as this GitHub App instead of with a token')
    .option('--github-app-key <FILE>', 'private key of that App (mode 0600)')
    .option('--read-values', 'of stores in accounts also the values, to find keys in them; they are never kept')
    .option('--unused-after <DAYS>', 'days without use from which a key in an account is called idle (default: 90)', unusedDays)
    .option('--offline', 'open no connection (targets on GitHub and accounts need one)')
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
        '  dekey scan --base main --format markdown    what a branch adds to main',
        '  dekey scan --staged --fail-on medium        in a pre-commit hook',
        '  dekey scan --baseline dekey.baseline.json   only new findings fail',
        '  dekey scan github:acme                      a whole organisation',
        '  dekey scan github:acme/app --quick          the quickest look at one',
        '  dekey scan . github:acme aws:prod openai:   one key across code and accounts',
        '  dekey scan machine:                         where keys lie on this machine',
        '',
        `Confidence (${CONFIDENCES.join(', ')}) is apart from severity: a finding of low`,
        'confidence is for a person to look at, and never fails a run.',
        ...exitCodes(['clean', 'findings', 'usage', 'incomplete', 'internal', 'interrupted']),
      ].join('\n'),
    )
    .action(async (targets: string[], flags: Record<string, unknown>) => {
      const { runScan } = await import('./commands/scan.ts');
      finish(await runScan(targets, flags, version));
    });

  program
    .command('report')
    .description('render, merge and compare saved inventories')
    .argument('<INVENTORY...>', 'files that dekey scan --format json wrote, each of other targets')
    .addOption(new Option('--format <FORMAT>', 'output format').choices([...FORMATS]).default('text'))
    .option('-o, --output <FILE>', 'write the result to a file (mode 0600) instead of standard output')
    .option('--since <OLD>', 'an earlier inventory of the same targets: what is new, fixed, changed, and for how long open')
    .option('--trend <FOLDER>', 'inventories with a date in their names (dekey-2026-11-29.json): the curve to zero')
    .option('--share', 'with html: counts only, no names and no paths')
    .option('--changes <FILE>', 'with html: what dekey apply --format json printed; the page of each key\nshows its diff')
    .option('--exposed-by <SERVICE>', 'a service was broken into: which of our keys it held, who uses them,\nwhat to do first (text or json)')
    .addOption(new Option('--fail-on <LEVEL>', 'exit 1 when a finding is this bad or worse (default: exit 0; junit marks high)').choices([...SEVERITIES, 'none']))
    .option('--no-color', 'no colour (also: NO_COLOR)')
    .option('-v, --verbose', 'every place, every reason')
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  dekey report app.json --format html -o app.html    to open in a browser',
        '  dekey report app.json web.json --format markdown   two inventories as one',
        '  dekey report new.json --since old.json             what came and what went',
        '  dekey report app.json --trend inventories/         the curve to zero',
        '  dekey report app.json --format html --share -o a.html',
        '  dekey report app.json --format html --changes changes.json -o app.html',
        '  dekey report app.json --exposed-by braintrust      what a breach there means',
        '',
        'Merging: ids stay, unless an earlier file has the same one. Keys of two files',
        'are one key only when both were scanned with the same --fingerprint-key.',
        'Inventories that hold the same target are refused: it would be counted twice.',
        ...exitCodes(['clean', 'findings', 'usage', 'internal'], { clean: 'rendered; without --fail-on always', findings: 'with --fail-on: findings as bad as that' }),
      ].join('\n'),
    )
    .action(async (files: string[], flags: Record<string, unknown>) => {
      const { runReport } = await import('./commands/report.ts');
      finish(await runReport(files, flags));
    });

  program
    .command('init')
    .description('offer a configuration, a scheduled workflow and a pre-commit hook')
    .option('--write', 'write those that are not there; nothing is ever replaced')
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  dekey init            show what fits this folder',
        '  dekey init --write    write what is not there yet',
        ...exitCodes(['clean', 'usage', 'internal'], { clean: 'shown, or written' }),
      ].join('\n'),
    )
    .action(async (flags: Record<string, unknown>) => {
      const { runInit } = await import('./commands/init.ts');
      finish(await runInit(flags, version));
    });

  program
    .command('plan')
    .description('work out what replaces each key; write the plan and its configuration')
    .argument('[TARGET...]', 'files, folders, git repositories, github:ORG[/REPO], accounts,\nor one saved inventory', ['.'])
    .addOption(new Option('--format <FORMAT>', 'what is printed').choices(['text', 'markdown', 'json']).default('text'))
    .option('-o, --output <FOLDER>', 'where the plan is written', 'dekey-plan')
    .option('--no-write', 'only show the plan')
    .option('--overwrite', 'replace the plan that lies in the folder')
    .option('--set <ID=VALUE>', 'value of an input that the plan lists (repeatable)', collect)
    .option('--runs-on <[WHAT=]PLATFORM>', 'where workloads run whose files do not say: a path\npattern or platform id (default: code) and the platform', collect)
    .option('--repository <HOST/OWNER/NAME>', 'where the target is hosted, when git does not say')
    .option('--branch <NAME>', 'branch whose runs are trusted (default: the one scanned,\nwhen its name is one of a default branch)')
    .option('--github', 'ask GitHub for the numeric ids and the form of the subject\n(two GET requests a repository, with GITHUB_TOKEN or GH_TOKEN)')
    .addOption(new Option('--github-api <URL>', 'API of a GitHub server of your own').implies({ github: true }))
    .option('--github-app <ID>', 'ask as this GitHub App instead of with a token')
    .option('--github-app-key <FILE>', 'private key of that App (mode 0600)')
    .option('--quick', 'of targets on GitHub only the names of secrets and the workflow files')
    .option('--offline', 'open no connection (--github, targets on GitHub and accounts need one)')
    .option('--history', 'also keys in every object git holds')
    .option('--include <GLOB>', 'only files that match (repeatable)', collect)
    .option('--exclude <GLOB>', 'leave out files that match (repeatable)', collect)
    .option('--config <FILE>', 'configuration file (default: dekey.config.json in the current folder)')
    .option('--no-color', 'no colour (also: NO_COLOR)')
    .option('-q, --quiet', 'no progress')
    .option('-v, --verbose', 'every workload, every warning, every other way')
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  dekey plan                                       this folder, into dekey-plan/',
        '  dekey plan --no-write                            only show it',
        '  dekey plan --runs-on gke                         the code here runs on GKE',
        '  dekey plan --set anthropic.workspace_id=wrkspc_1 with a value filled in',
        '  dekey plan inventory.json -o plans/app           from a saved inventory',
        '  dekey plan github:acme                           a whole organisation',
        '',
        'Nothing is created anywhere and none of your files is changed: the plan is',
        'a folder to read, with scripts and configuration for each provider.',
        ...exitCodes(['clean', 'usage', 'incomplete', 'internal', 'interrupted'], { clean: 'planned' }),
      ].join('\n'),
    )
    .action(async (targets: string[], flags: Record<string, unknown>) => {
      const { runPlan } = await import('./commands/plan.ts');
      finish(await runPlan(targets, flags, version));
    });

  program
    .command('ui')
    .description('browse what was found, choose migrations, see diffs, write the plan')
    .argument('[TARGET]', 'a saved inventory, or what to scan first (as for scan)', '.')
    .option('--history', 'also keys in every object git holds')
    .option('--include <GLOB>', 'only files that match (repeatable)', collect)
    .option('--exclude <GLOB>', 'leave out files that match (repeatable)', collect)
    .option('--config <FILE>', 'configuration file (default: dekey.config.json in the\ncurrent folder)')
    .option('--offline', 'open no connection (targets on GitHub and accounts need one)')
    .option('--no-color', 'no colour (also: NO_COLOR)')
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  dekey ui                     scan this folder, then browse',
        '  dekey ui ../service          another one',
        '  dekey ui inventory.json      what dekey scan --format json -o has written',
        '',
        'Keys: ? shows them all. Arrows or j k move, Enter opens, / finds, Space chooses,',
        'd shows the diff, w writes the plan, q leaves. Nothing else is ever written.',
        'Without a terminal it prints the text report, with the exit code of scan.',
        ...exitCodes(['clean', 'usage', 'incomplete', 'internal', 'interrupted'], { clean: 'left with q' }),
      ].join('\n'),
    )
    .action(async (target: string, flags: Record<string, unknown>) => {
      const { runUi } = await import('./commands/ui.ts');
      finish(await runUi(target, flags, version));
    });

  program
    .command('apply')
    .description('show what a plan changes in your files; write it when told to')
    .argument('[PLAN]', 'plan.json or the folder that holds it (default: dekey-plan)')
    .option('--write', 'write what is shown: all files or none')
    .option('--interactive', 'ask for each change')
    .option('--only <WHAT>', 'only these changes: safe, unsafe, a provider, a kind of file,\na path pattern or a change id (repeatable)', collect)
    .addOption(new Option('--format <FORMAT>', 'what is printed; patch is for git apply').choices(['text', 'json', 'patch']).default('text'))
    .addOption(new Option('--ids <HOW>', 'how ids that are no secrets are written: as variables or\nsecrets of the platform, or as they are').choices(['vars', 'secrets', 'literal']).default('vars'))
    .option('--set <ID=VALUE>', 'value of an input that the plan lists (repeatable)', collect)
    .option('--root <FOLDER>', 'where the files are, when not where they were planned')
    .option('--allow-leftovers', 'write although a key is left that would win over the new identity')
    .option('--rollback <FILE>', 'show what takes back an earlier run; with --write take it back')
    .option('--pull-request', 'show the pull request of each repository of the plan;\nwith --write open them. No file here is touched')
    .addOption(new Option('--group <HOW>', 'one pull request a repository, or one for each provider').choices(['repository', 'provider']))
    .option('--repository <GLOB>', 'only these repositories: acme/app, acme/* (repeatable)', collect)
    .option('--label <NAME>', 'put this label on them (repeatable; default: none)', collect)
    .option('--reviewers <WHO>', 'codeowners, none, or names like ada,acme/ai (default: codeowners)')
    .option('--ready', 'ready for review, and not drafts')
    .option('--fork', 'through a fork where the token has no right to push')
    .option('--limit <N>', 'open at most N pull requests in this run', wholeNumber)
    .option('--max-open <N>', 'have at most N open at once', wholeNumber)
    .option('--per-hour <N>', 'open at most N in an hour', wholeNumber)
    .option('--tracking-issue <OWNER/REPO>', 'keep an issue there that says how far all is')
    .addOption(githubApi())
    .addOption(githubApp())
    .addOption(githubAppKey())
    .option('--no-color', 'no colour (also: NO_COLOR)')
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  dekey apply                                       the diff',
        '  dekey apply --only anthropic --only safe --write  its safe ones',
        '  dekey apply --only .github/ --interactive         one by one',
        '  dekey apply --format patch | git apply            by way of git',
        '  dekey apply --rollback dekey-plan/rollback-1.json --write',
        '  dekey apply --pull-request                        shows each of them',
        '  dekey apply --pull-request --limit 5 --write      the first five',
        '',
        'Files that changed since the plan are not written. What an earlier run wrote is',
        'known by the rollback files in the folder of the plan.',
        '',
        'Pull requests are drafts on a branch dekey/wif-... with one signed commit. A run',
        'looks first what is there: what is as it should be stays, what a person pushed',
        'to or closed is left alone. Nothing is forced or merged, and no default branch',
        'is written to.',
        ...exitCodes(['clean', 'findings', 'usage', 'incomplete', 'internal'], { clean: 'shown, or written', findings: 'a key is left that would win over the new identity', incomplete: 'a target is not here, or GitHub could not be asked' }),
      ].join('\n'),
    )
    .action(async (plan: string | undefined, flags: Record<string, unknown>) => {
      const { runApply } = await import('./commands/apply.ts');
      finish(await runApply(plan, flags, version));
    });

  program
    .command('campaign')
    .description('say how the pull requests of a plan stand, or close them')
    .addArgument(new Argument('<VERB>', 'status: how each stands; close: close those that are open').choices(['status', 'close']))
    .argument('[PLAN]', 'plan.json or the folder that holds it (default: dekey-plan)')
    .option('--write', 'with close: close them. Without it they are only named')
    .option('--repository <GLOB>', 'only these repositories: acme/app, acme/* (repeatable)', collect)
    .option('--tracking-issue <OWNER/REPO>', 'with --write: bring that issue up to date')
    .addOption(new Option('--format <FORMAT>', 'what is printed').choices(['text', 'json']).default('text'))
    .addOption(githubApi())
    .addOption(githubApp())
    .addOption(githubAppKey())
    .option('--no-color', 'no colour (also: NO_COLOR)')
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  dekey campaign status                                how each of them stands',
        '  dekey campaign status --tracking-issue acme/wif --write',
        '  dekey campaign close --repository acme/old           what would be closed',
        '  dekey campaign close --repository acme/old --write   close them',
        '',
        'A branch is deleted only when all commits on it are ours.',
        ...exitCodes(['clean', 'usage', 'incomplete', 'internal'], { clean: 'said, or closed', incomplete: 'GitHub could not be asked about all of them' }),
      ].join('\n'),
    )
    .action(async (verb: 'status' | 'close', plan: string | undefined, flags: Record<string, unknown>) => {
      const { runCampaign } = await import('./commands/apply.ts');
      finish(await runCampaign(verb, plan, flags, version));
    });

  program
    .command('explain')
    .description('explain a code, a provider, a platform, a risk vector, access to GitHub')
    .argument('<SUBJECT>', 'DK-SECRET-..., DK-REF-..., a provider or platform id, a vector DK1/..., or github')
    .argument('[PLATFORM]', 'with a provider: what replaces its key on this platform')
    .option('--no-color', 'no colour (also: NO_COLOR)')
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  dekey explain DK-SECRET-ANTHROPIC-API-KEY   a finding: what, why, what to do',
        '  dekey explain openai                        a provider and its keys',
        '  dekey explain kubernetes                    a platform and its tokens',
        '  dekey explain anthropic github-actions      what replaces the key there',
        '  dekey explain DK1/EX:RT/PR:P                a risk vector, term by term',
        '  dekey explain github                        what is asked of GitHub, and why',
        '  dekey explain aws                           and of an AWS account',
        ...exitCodes(['clean', 'usage', 'internal'], { clean: 'explained' }),
      ].join('\n'),
    )
    .action(async (subject: string, platform: string | undefined) => {
      const { runExplain } = await import('./commands/explain.ts');
      finish(await runExplain(subject, platform));
    });

  program
    .command('completion')
    .description('print what a shell needs to complete dekey')
    .addArgument(new Argument('<SHELL>', 'the shell that reads it').choices(SHELLS))
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  eval "$(dekey completion bash)"        in ~/.bashrc',
        '  source <(dekey completion zsh)         in ~/.zshrc, behind compinit',
        '  dekey completion fish | source         in ~/.config/fish/config.fish',
        '  dekey completion zsh > ~/.zfunc/_dekey as a file of fpath',
        ...exitCodes(['clean', 'usage', 'internal'], { clean: 'printed' }),
      ].join('\n'),
    )
    .action(async (shell: Shell) => {
      const { runCompletion } = await import('./commands/completion.ts');
      finish(await runCompletion(program, shell));
    });

  return program;
}

/** Lines for the end of a help text; `words` where a command means something of its own by a code. */
function exitCodes(names: readonly (keyof typeof EXIT_CODES)[], words: Partial<Record<keyof typeof EXIT_CODES, string>> = {}): string[] {
  return ['', 'Exit codes:', ...names.map((name) => `  ${String(EXIT_CODES[name].code).padEnd(3)}  ${words[name] ?? EXIT_CODES[name].short}`)];
}

function githubApi(): Option {
  return new Option('--github-api <URL>', 'API of a GitHub server of your own');
}

function githubApp(): Option {
  return new Option('--github-app <ID>', 'act as this GitHub App (with --github-app-key)');
}

function githubAppKey(): Option {
  return new Option('--github-app-key <FILE>', 'private key of the App');
}

function collect(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** `sarif=dekey.sarif` as it stands; it is taken apart where it is used. */
function alsoOutput(value: string, before: readonly string[] | undefined): string[] {
  const at = value.indexOf('=');
  if (at === value.length - 1 || !FORMATS.some((format) => format === value.slice(0, at))) throw new InvalidArgumentError(`It has to be one of ${FORMATS.join(', ')}, then = and a file.`);
  return collect(value, before);
}

function wholeNumber(value: string): number {
  if (!/^[1-9]\d{0,5}$/.test(value)) throw new InvalidArgumentError('It has to be a whole number from 1.');
  return Number(value);
}

function unusedDays(value: string): number {
  const { least, most } = UNUSED_AFTER;
  const days = /^\d{1,4}$/.test(value) ? Number(value) : 0;
  if (days < least || days > most) throw new InvalidArgumentError(`It has to be a whole number from ${least} to ${most}.`);
  return days;
}
