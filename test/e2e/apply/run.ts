/**
 * Proof of edits: `npm run e2e -- apply [DIR] [--runs-on WHAT=PLATFORM] [--proofs]`, and of programs of public repositories: `… apply --real-examples DIR [--only NAME]`.
 *
 * With DIR: every workflow below it edited as if each of its secrets were a key, and every project below it planned, applied, applied again and rolled back. Without: the same over
 * this repository's fixtures, then programs that are edited and run; `--quick` takes every third project, and each Python program with one of the two sets of SDKs in turn. Exit 1 when
 * anything is off.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { table } from '../../../bench/table.ts';
import { installJudges } from '../../../scripts/judges/install.ts';
import { requireBuild } from '../kit.ts';
import { proveJavascript } from './code-javascript.ts';
import { provePython } from './code-python.ts';
import { type FolderOutcome, projectsBelow, runFolder } from './folders.ts';
import { copyFixtures } from './fixtures.ts';
import { proveRealExamples } from './real-examples.ts';
import { proveWorkflowSteps } from './workflow-steps.ts';
import { editAll, workflowsBelow } from './workflows.ts';

/** Gives the exit code. */
export async function runApply(args: readonly string[]): Promise<number> {
  const { positionals, values } = parseArgs({ args: [...args], allowPositionals: true, options: { 'runs-on': { type: 'string', multiple: true }, proofs: { type: 'boolean' }, quick: { type: 'boolean' }, 'real-examples': { type: 'string' }, only: { type: 'string' } } });
  requireBuild();
  const say = (lines: readonly string[]): void => {
    if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
  };
  const examples = values['real-examples'];
  if (examples !== undefined) return end(await proveRealExamples(say, resolve(examples), values.only === undefined ? undefined : new RegExp(values.only)), say);
  const [given] = positionals;
  const quick = values.quick === true;
  const scratch = mkdtempSync(join(tmpdir(), 'dekey-e2e-apply-'));
  const failures: string[] = [];
  try {
    const installed = installJudges({ slow: false, only: ['actionlint'] })[0];
    if (installed?.failure !== undefined) failures.push(`actionlint could not be installed: ${installed.failure}`);
    const folder = given === undefined ? copyFixtures(scratch) : resolve(given);
    failures.push(...proveWorkflows(folder, say));
    failures.push(...(await proveFolders(folder, (values['runs-on'] ?? []).flatMap((rule) => ['--runs-on', rule]), quick ? 3 : 1, say)));
    if (given === undefined || values.proofs === true) {
      say(['', 'Jobs and programs, before and after, with the real SDKs:']);
      failures.push(...(await proveWorkflowSteps(say)), ...(await Promise.all([proveJavascript(say), provePython(say, { quick })])).flat());
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return end(failures, say);
}

function end(failures: readonly string[], say: (lines: readonly string[]) => void): number {
  say(failures.length === 0 ? ['', 'All hold.'] : ['', ...failures.slice(0, 200).map((failure) => `  FAILED ${failure}`)]);
  return failures.length === 0 ? 0 : 1;
}

function proveWorkflows(folder: string, say: (lines: readonly string[]) => void): readonly string[] {
  const files = workflowsBelow(folder);
  if (files.length === 0) return [];
  const { totals } = editAll(files, say);
  const rows = totals.map(({ shape, files: all, concerned, edited, changes, refused, dropped, problems }) => [shape, String(all), String(concerned), String(edited), String(changes), codes(refused), String(dropped), String(problems.length)]);
  say(['Workflow files, each secret taken for a key (bytes outside the planned lines, actionlint, GitHub’s parser, a second run):', ...table(['as a key of', 'files', 'with secrets', 'edited', 'changes', 'refused', 'dropped', 'problems'], rows), '']);
  return totals.flatMap(({ problems }) => problems);
}

async function proveFolders(folder: string, says: readonly string[], every: number, say: (lines: readonly string[]) => void): Promise<readonly string[]> {
  const projects = projectsBelow(folder).filter((_, index) => index % every === 0);
  const outcomes: FolderOutcome[] = [];
  const waiting = [...projects];
  const work = async (): Promise<void> => {
    for (let project = waiting.shift(); project !== undefined; project = waiting.shift()) {
      const outcome = await runFolder(project, says);
      outcomes.push(outcome);
      say(outcome.problems.map((problem) => `  PROBLEM ${outcome.folder}: ${problem}`));
      if (outcomes.length % 25 === 0) say([`  … ${outcomes.length} of ${projects.length} projects`]);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  const sum = (pick: (one: FolderOutcome) => number): number => outcomes.reduce((total, one) => total + pick(one), 0);
  const refused: Record<string, number> = {};
  for (const one of outcomes) for (const [code, count] of Object.entries(one.refused)) refused[code] = (refused[code] ?? 0) + count;
  say([
    'Projects, by the built program (planned, shown, written, written again, rolled back):',
    ...table(['projects', 'with changes', 'files', 'changes', 'safe', 'refused', 'dropped', 'problems'], [[String(projects.length), String(outcomes.filter(({ changes }) => changes > 0).length), String(sum(({ files }) => files)), String(sum(({ changes }) => changes)), String(sum(({ safe }) => safe)), codes(refused), String(sum(({ dropped }) => dropped)), String(sum(({ problems }) => problems.length))]]),
  ]);
  return outcomes.flatMap(({ folder: name, problems }) => problems.map((problem) => `${name}: ${problem}`));
}

function codes(refused: Readonly<Record<string, number>>): string {
  return Object.entries(refused).toSorted(([, a], [, b]) => b - a).map(([code, count]) => `${code} ${count}`).join(', ');
}
