/**
 * Proof of plans by programs and rules that are not ours: `npm run e2e -- plan [--slow]`.
 *
 * The parties on loopback are proven first (`self-check.ts`), then the judges (each on files that are right and files that are wrong). Exit 1 when anything is off, and in CI
 * when a judge cannot be had.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { table } from '../../../bench/table.ts';
import { installJudges } from '../../../scripts/judges/install.ts';
import { type JudgedFile, judges, type Verdict } from '../../../scripts/judges/judges.ts';
import { checkMoto } from '../../../scripts/judges/moto.ts';
import { goodFiles, wrongFiles } from './judge-samples.ts';
import { provePlans } from './prove-plans.ts';
import { runHttpScripts } from './run-http-scripts.ts';
import { runAwsScripts } from './run-scripts.ts';
import { runSelfCase, selfCases } from './self-check.ts';
import { proveSpire } from './spire.ts';

/** A file of a plan, or anything that is shaped like one. */
export interface FileToCheck {
  readonly path: string;
  readonly kind: string;
  readonly text: string;
}

export interface CheckReport {
  readonly verdicts: readonly Verdict[];
  /** Judges that could not be asked, with how to have them. Optional ones are marked. */
  readonly missing: readonly { readonly name: string; readonly why: string; readonly install: string; readonly optional: boolean }[];
  readonly lines: readonly string[];
}

/** Sends each file to the judges of its kind. Judges without a file still tell their version. */
export async function checkFiles(files: readonly FileToCheck[]): Promise<CheckReport> {
  const home = mkdtempSync(join(tmpdir(), 'dekey-judges-'));
  try {
    const placed = files.map((file): JudgedFile => {
      const location = join(home, file.path);
      mkdirSync(dirname(location), { recursive: true });
      writeFileSync(location, file.text);
      return { ...file, location };
    });
    const verdicts: Verdict[] = [];
    const missing: CheckReport['missing'][number][] = [];
    for (const { name, takes, install, optional, judge } of judges) {
      const answer = await judge(placed.filter(takes));
      if ('missing' in answer) missing.push({ name, why: answer.missing, install, optional: optional === true });
      else verdicts.push(answer);
    }
    const rows = verdicts.map(({ name, version, checked, problems }) => [name, version, String(checked), String(problems.length)]);
    const lines = [
      ...table(['judge', 'version', 'files', 'problems'], rows),
      ...verdicts.flatMap(({ name, problems }) => problems.map(({ path, text }) => `  ${name}: ${path}: ${text.slice(0, 400)}`)),
      ...missing.map(({ name, why, install, optional }) => `  NOT ASKED: ${name}${optional ? ' (optional)' : ''}: ${why.slice(0, 200)}. Install: ${install}.`),
    ];
    return { verdicts, missing, lines };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Gives the exit code. */
export async function runPlan(args: readonly string[]): Promise<number> {
  const isSlow = args.includes('--slow');
  const failures: string[] = [];
  const say = (lines: readonly string[]): void => {
    process.stdout.write(`${lines.join('\n')}\n`);
  };

  const rows: string[][] = [];
  for (const one of selfCases) {
    const { tokens, problems } = await runSelfCase(one);
    rows.push([one.title, one.ends.kind, String(tokens), String(problems.length)]);
    failures.push(...problems.map((problem) => `${one.title}: ${problem}`));
  }
  say([...table(['parties', 'end', 'tokens', 'problems'], rows), '']);

  const installed = installJudges({ slow: isSlow });
  say([...table(['installed', 'seconds', 'failure'], installed.map(({ name, seconds, failure }) => [name, String(seconds), failure ?? ''])), '']);
  failures.push(...(await checkJudges(say)));
  try {
    say(['', await checkMoto()]);
  } catch (error) {
    failures.push(error instanceof Error ? error.message : String(error));
  }
  failures.push(...(await provePlans(say, checkFiles)));
  say(['', 'Scripts of a plan, against the parties and an emulator of IAM:']);
  failures.push(...(await runHttpScripts(say)), ...(await runAwsScripts(say)));
  if (isSlow) failures.push(...(await proveSpire(say)));

  say(failures.length === 0 ? ['', 'All hold.'] : ['', ...failures.map((failure) => `  FAILED ${failure}`)]);
  return failures.length === 0 ? 0 : 1;
}

/** Every judge has to pass what is right and to find what is wrong: one that says nothing is no judge. */
async function checkJudges(say: (lines: readonly string[]) => void): Promise<readonly string[]> {
  const good = await checkFiles(goodFiles);
  say(good.lines);
  const wrong = await checkFiles(wrongFiles);
  const isRequired = (process.env['CI'] ?? '') !== '';
  return [
    ...good.verdicts.flatMap(({ name, checked, problems }) => [
      ...problems.map(({ path, text }) => `${name} finds fault with a file that is right: ${path}: ${text}`),
      ...(checked === 0 ? [`${name} was given no sample`] : []),
    ]),
    ...wrong.verdicts.filter(({ problems }) => problems.length === 0).map(({ name }) => `${name} finds no fault with a file that is wrong`),
    ...good.missing.filter(({ optional }) => isRequired && !optional).map(({ name, install }) => `${name} could not be asked; install ${install}`),
  ];
}
