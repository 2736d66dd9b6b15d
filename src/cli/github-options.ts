import type { GithubOptions } from '../sources/github/index.ts';
import type { ProgressSink } from './progress.ts';
import { noteAbove } from './remote-options.ts';

/** What the flags of `scan` and `plan` say of targets on GitHub. What is to be known meanwhile goes to standard error, above the bar. */
export function githubOptions(raw: Readonly<Record<string, unknown>>, version: string, quiet: boolean, bar: Pick<ProgressSink, 'clear'>): GithubOptions {
  const text = (name: string): string | undefined => (typeof raw[name] === 'string' ? raw[name] : undefined);
  const api = text('githubApi');
  const appId = text('githubApp');
  const appKeyFile = text('githubAppKey');
  return {
    quick: raw['quick'] === true,
    ...(api === undefined ? {} : { api }),
    ...(appId === undefined ? {} : { appId }),
    ...(appKeyFile === undefined ? {} : { appKeyFile }),
    env: process.env,
    version,
    note: noteAbove(quiet, bar),
  };
}
