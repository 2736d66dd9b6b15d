/**
 * Real situations, end to end, against the built program: `npm run e2e -- scan [NAME...] [--seed N]`, proof of plans: `npm run e2e -- plan [--slow]`,
 * proof of edits: `npm run e2e -- apply [DIR]`, `npm run e2e -- apply --real-examples DIR`, an organisation on a loopback GitHub: `npm run e2e -- github [--full]`,
 * accounts: `npm run e2e -- accounts [NAME...]`, in a real browser reports: `npm run e2e -- reports [--no-pictures]`, and the documentation: `npm run e2e -- docs [--no-pictures]`, and the screen
 * in a real terminal: `npm run e2e -- ui`.
 *
 * Each case of `scan` builds folders and repositories, plants keys, scans, and counts what was planted, found and invented. After each, everything
 * that was printed or written is searched for the planted keys. Exit 1 when anything is off.
 */
import { parseArgs } from 'node:util';
import { share, table } from '../../bench/table.ts';
import { type Case, Log } from './case.ts';
import { fileCases } from './cases-files.ts';
import { gitCases } from './cases-git.ts';
import { outputCases } from './cases-output.ts';
import { Kit, requireBuild } from './kit.ts';
import { runAccounts } from './accounts/run.ts';
import { runApply } from './apply/run.ts';
import { runDocs } from './docs/run.ts';
import { runGithub } from './github/run.ts';
import { runPlan } from './plan/run.ts';
import { runReports } from './reports/run.ts';
import { runUi } from './ui/run.ts';

const SEED = 41;

async function main(): Promise<void> {
  if (process.argv[2] === 'plan') {
    process.exitCode = await runPlan(process.argv.slice(3));
    return;
  }
  if (process.argv[2] === 'apply') {
    process.exitCode = await runApply(process.argv.slice(3));
    return;
  }
  if (process.argv[2] === 'github') {
    process.exitCode = await runGithub(process.argv.slice(3));
    return;
  }
  if (process.argv[2] === 'accounts') {
    process.exitCode = await runAccounts(process.argv.slice(3));
    return;
  }
  if (process.argv[2] === 'reports') {
    process.exitCode = await runReports(process.argv.slice(3));
    return;
  }
  if (process.argv[2] === 'docs') {
    process.exitCode = await runDocs(process.argv.slice(3));
    return;
  }
  if (process.argv[2] === 'ui') {
    process.exitCode = await runUi();
    return;
  }
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { seed: { type: 'string' } } });
  const seed = Number(values.seed ?? SEED);
  const [what, ...names] = positionals;
  if (what !== 'scan') {
    process.stderr.write('usage: npm run e2e -- scan [NAME...] [--seed N] | plan [--slow] | apply [DIR] | apply --real-examples DIR | github [--full] [NAME...] | accounts [NAME...] | reports [--no-pictures] | docs [--no-pictures] | ui\n');
    process.exitCode = 2;
    return;
  }
  requireBuild();
  const cases = [...fileCases, ...gitCases, ...outputCases].filter(({ name }) => names.length === 0 || names.some((part) => name.includes(part)));
  const rows: string[][] = [];
  const failures: string[] = [];
  const sums = { planted: 0, found: 0, invented: 0, artefacts: 0 };
  for (const [index, one] of cases.entries()) {
    const started = performance.now();
    const { log, leaks, artefacts } = runCase(one, seed + index);
    failures.push(...log.failures.map((failure) => `${one.name}: ${failure}`));
    rows.push([one.name, String(log.planted), String(log.found), String(log.invented), String(leaks), String(log.failures.length), ((performance.now() - started) / 1000).toFixed(1)]);
    sums.planted += log.planted;
    sums.found += log.found;
    sums.invented += log.invented;
    sums.artefacts += artefacts;
  }
  const lines = [
    ...table(['case', 'planted', 'found', 'invented', 'leaks', 'failures', 'seconds'], rows),
    '',
    `Found ${share(sums.found, sums.planted)}, invented ${sums.invented}; ${sums.artefacts} outputs searched for planted keys. Node ${process.version}.`,
    ...(failures.length === 0 ? ['All hold.'] : ['', ...failures.map((failure) => `  FAILED ${failure}`)]),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  if (failures.length > 0) process.exitCode = 1;
}

function runCase(one: Case, seed: number): { log: Log; leaks: number; artefacts: number } {
  const kit = new Kit(seed);
  const log = new Log(kit);
  try {
    one.run(log);
  } catch (error) {
    // What git or node printed may quote the case's own files, which hold planted keys.
    log.failures.push(error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'failed');
  }
  const leaks = kit.sweep();
  for (const name of leaks) log.failures.push(`a planted key stands in ${name}`);
  const { artefacts } = kit.swept;
  kit.remove();
  return { log, leaks: leaks.length, artefacts };
}

await main();
