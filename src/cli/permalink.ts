import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Where the files of this checkout can be read, in a job of GitHub Actions: its environment says which repository and commit it checked out. Nothing of the scanned
 * repository's own configuration is asked: a remote can name any host.
 *
 * Undefined elsewhere, and where the folder of the run is not the checkout.
 */
export function permalinkOf(cwd: string): { readonly url: string; readonly commit: string } | undefined {
  const { GITHUB_ACTIONS: actions, GITHUB_SERVER_URL: server = '', GITHUB_REPOSITORY: repository = '', GITHUB_SHA: commit = '', GITHUB_WORKSPACE: workspace = '' } = process.env;
  if (actions !== 'true' || workspace === '' || !existsSync(join(workspace, '.git'))) return undefined;
  if (!/^https:\/\/[a-z0-9.-]{1,253}(?::\d{1,5})?$/i.test(server) || !/^[\w.-]{1,100}\/[\w.-]{1,100}$/.test(repository) || !/^[0-9a-f]{40,64}$/.test(commit)) return undefined;
  if (realpathSync(cwd) !== realpathSync(workspace)) return undefined;
  return { url: `${server}/${repository}/blob/${commit}/`, commit };
}
