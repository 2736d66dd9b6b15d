import { homedir } from 'node:os';
import type { RemoteContext } from '../sources/remote.ts';
import { visible } from '../support/escape.ts';
import type { ProgressSink } from './progress.ts';

/** What the flags of `scan` and `plan` say of accounts, clusters and this machine. */
export function remoteContext(raw: Readonly<Record<string, unknown>>, version: string, quiet: boolean, bar: Pick<ProgressSink, 'clear'>): Omit<RemoteContext, 'firstId'> {
  return {
    env: process.env,
    home: homedir(),
    version,
    readValues: raw['readValues'] === true,
    now: new Date().toISOString(),
    note: noteAbove(quiet, bar),
  };
}

/** A line for standard error, above the bar. */
export function noteAbove(quiet: boolean, bar: Pick<ProgressSink, 'clear'>): (line: string) => void {
  return (line) => {
    if (quiet) return;
    bar.clear();
    process.stderr.write(`${visible(line)}\n`);
  };
}
