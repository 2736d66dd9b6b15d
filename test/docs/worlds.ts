/** Where the examples of the documentation run: a repository made for it, an organisation on a loopback GitHub, accounts on loopback, or an empty folder. */
import { spawn } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startAnthropicWorld } from '../e2e/accounts/anthropic/prove.ts';
import { startKubernetesWorld } from '../e2e/accounts/kubernetes/world.ts';
import { WRITE_PERMISSIONS } from '../e2e/github/world/make.ts';
import { GithubKit, TOKEN } from '../apply/pull-request/github-kit.ts';
import { DEKEY, Kit, type Ran } from '../e2e/kit.ts';
import { DEMO_SEED, demoFiles, makeDemo } from '../support/demo.ts';
import type { WorldName } from './blocks.ts';

/** One command of a page, and what came of it. */
export type Shell = (command: string) => Promise<Ran>;

export interface World {
  readonly shell: Shell;
  readonly kit: Kit;
  /** What is wrong afterwards. */
  readonly close: () => Promise<readonly string[]>;
}

/** `npx` runs the program at hand, and nothing else. */
const NPX = `#!/bin/sh
if [ "$1" = --yes ]; then shift; fi
case "$1" in
  dekey|dekey@*) shift; exec dekey "$@" ;;
  *) echo "an example asks npx for $1" >&2; exit 99 ;;
esac
`;

export async function openWorld(name: WorldName): Promise<World> {
  const kit = new Kit(DEMO_SEED);
  const bin = kit.folder('bin');
  kit.write(bin, { npx: NPX, dekey: `#!/bin/sh\nexec "${process.execPath}" "${DEKEY}" "$@"\n` });
  for (const program of ['npx', 'dekey']) chmodSync(join(bin, program), 0o755);
  const environment = { PATH: `${bin}:${process.env['PATH'] ?? ''}`, HOME: kit.folder('home'), LANG: 'C.UTF-8', NO_COLOR: '1', GIT_CONFIG_NOSYSTEM: '1', GIT_AUTHOR_NAME: 'Ann', GIT_AUTHOR_EMAIL: 'ann@example.test', GIT_COMMITTER_NAME: 'Ann', GIT_COMMITTER_EMAIL: 'ann@example.test' };
  if (name === 'organisation') return await openOrganisation(kit, environment, kit.folder('work'));
  if (name === 'accounts') return await openAccounts(kit, environment);
  const cwd = name === 'demo' ? makeDemo(kit) : kit.folder('empty');
  return { kit, shell: shellIn(kit, cwd, environment), close: async () => closed(kit, []) };
}

/** An organisation with four repositories, three of them with keys, and secrets that it stores for them. */
async function openOrganisation(kit: Kit, environment: Readonly<Record<string, string>>, cwd: string): Promise<World> {
  // A second of ours is a minute of GitHub's.
  const github = new GithubKit(kit, { limits: { minuteMs: 1000, retryAfter: 1, primary: 1_000_000 } });
  github.token({ permissions: WRITE_PERMISSIONS });
  const files = demoFiles(kit.key('anthropic').text);
  const workflows = (...names: readonly string[]): Readonly<Record<string, string>> => Object.fromEntries(Object.entries(files).filter(([path]) => names.includes(path)));
  github.add('support-bot', files);
  github.add('evaluations', workflows('.github/workflows/ci.yml', 'README.md'));
  github.add('search', workflows('scripts/search.py', 'README.md'));
  github.add('website', { 'README.md': '# website\n', 'index.html': '<h1>Acme</h1>\n' });
  const named = (name: string, visibility: 'all' | 'private'): { readonly name: string; readonly created: string; readonly updated: string; readonly visibility: 'all' | 'private'; readonly selected: readonly number[] } => ({ name, created: '2024-03-01T09:00:00Z', updated: '2024-03-01T09:00:00Z', visibility, selected: [] });
  const acme = github.world.organizations.get('acme');
  if (acme !== undefined) github.world.organizations.set('acme', { ...acme, secrets: { ...acme.secrets, actions: [named('ANTHROPIC_API_KEY', 'all'), named('COHERE_API_KEY', 'private'), named('OPENAI_API_KEY', 'private')] } });
  await github.server.start();
  const ask = shellIn(kit, cwd, { ...environment, GITHUB_API_URL: github.server.url, GITHUB_TOKEN: TOKEN, DEKEY_CACHE_DIR: kit.folder('cache') });
  return {
    kit,
    // What people see there is GitHub's own address.
    shell: async (command) => {
      const ran = await ask(command);
      return { ...ran, stdout: ran.stdout.replaceAll(github.server.url, 'https://github.com') };
    },
    close: async () => {
      await github.server.stop();
      return closed(kit, github.violations);
    },
  };
}

/** The repository, the organisation, the account of the issuer that lists its key, and a cluster. */
async function openAccounts(kit: Kit, environment: Readonly<Record<string, string>>): Promise<World> {
  const cwd = makeDemo(kit);
  const value = readFileSync(join(cwd, '.env.production'), 'utf8').split('=')[1]?.trim() ?? '';
  const [issuer, cluster] = [await startAnthropicWorld({ values: [value] }), await startKubernetesWorld({}, 12)];
  const organisation = await openOrganisation(kit, { ...issuer.env, ...cluster.env, ...environment, HOME: cluster.home }, cwd);
  return {
    ...organisation,
    close: async () => {
      await issuer.stop();
      cluster.stop();
      return await organisation.close();
    },
  };
}

function closed(kit: Kit, faults: readonly string[]): readonly string[] {
  const leaks = kit.sweep().map((name) => `a key stands in ${name}`);
  kit.remove();
  return [...faults, ...leaks];
}

function shellIn(kit: Kit, cwd: string, env: Readonly<Record<string, string>>): Shell {
  return async (command) =>
    await new Promise((done, failed) => {
      // The server that a command asks runs in this process, so nothing here may wait for the command.
      const child = spawn('bash', ['-c', command], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 120_000 });
      const parts = { stdout: '', stderr: '' };
      child.stdout.setEncoding('utf8').on('data', (text: string) => (parts.stdout += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (parts.stderr += text));
      child.once('error', failed);
      child.once('close', (code) => {
        kit.keep(`stdout of ${command}`, parts.stdout);
        kit.keep(`stderr of ${command}`, parts.stderr);
        done({ code: code ?? -1, ...parts });
      });
    });
}
