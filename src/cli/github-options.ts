import type { GithubOptions } from '../sources/github/index.ts';
import { visible } from '../support/escape.ts';
import type { ProgressBar } from './progress.ts';

/** What the flags of `scan` and `plan` say of targets on GitHub. What is to be known meanwhile goes to standard error, above the bar. */
export function githubOptions(raw: Readonly<Record<string, unknown>>, version: string, quiet: boolean, bar: ProgressBar): GithubOptions {
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
    note: (line) => {
      if (quiet) return;
      bar.clear();
      process.stderr.write(`${visible(line)}\n`);
    },
  };
}
