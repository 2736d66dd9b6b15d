/**
 * The scripts of a plan that call a provider's API, run against the party on loopback that enforces its documented rules. A `curl` in front of the real one puts the
 * loopback address in place of the provider's; everything else is what a person would run.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { sampleOf } from '../../support/sample-plan.ts';
import { planOne } from './matrix.ts';
import { startAnthropic } from './parties/anthropic.ts';
import { startOpenAi } from './parties/openai.ts';

const GITHUB = 'https://token.actions.githubusercontent.com';

interface Api {
  readonly party: 'anthropic' | 'openai';
  readonly host: string;
  readonly bearer: string;
  readonly start: () => Promise<{ readonly url: string; readonly admin?: string; readonly stop: () => Promise<void> }>;
}

const APIS: readonly Api[] = [
  { party: 'anthropic', host: 'https://api.anthropic.com', bearer: 'ANTHROPIC_AUTH_TOKEN', start: () => startAnthropic({ [GITHUB]: GITHUB }) },
  { party: 'openai', host: 'https://api.openai.com', bearer: 'OPENAI_ADMIN_KEY', start: () => startOpenAi({ [GITHUB]: GITHUB }) },
];

export async function runHttpScripts(say: (lines: readonly string[]) => void): Promise<readonly string[]> {
  const failures: string[] = [];
  for (const api of APIS) {
    const server = await api.start();
    const folder = mkdtempSync(join(tmpdir(), 'dekey-scripts-'));
    try {
      failures.push(...(await runOn(api, server, folder, say)));
    } finally {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return failures;
}

async function runOn(api: Api, server: { readonly url: string; readonly admin?: string }, folder: string, say: (lines: readonly string[]) => void): Promise<readonly string[]> {
  const { files, draft, inputs } = planOne('github-actions', [api.party], {});
  const values = Object.fromEntries([...draft.inputs, ...inputs].map((input) => [input.id.toUpperCase().replaceAll('.', '_'), sampleOf(input)]));
  for (const name of ['create', 'check', 'undo']) writeFileSync(join(folder, `${name}.sh`), files.find(({ path }) => path === `${api.party}/${name}.sh`)?.text ?? '');
  const path = process.env['PATH'] ?? '';
  writeFileSync(join(folder, 'curl'), `#!/usr/bin/env bash\nPATH="\${PATH#*:}"\nexec curl "\${@/#${api.host.replaceAll('/', '\\/')}/${server.url.replaceAll('/', '\\/')}}"\n`, { mode: 0o700 });
  const env = { PATH: `${folder}${delimiter}${path}`, HOME: folder, ...values, [api.bearer]: server.admin ?? 'loopback' };
  const failures: string[] = [];
  const expect = async (step: string, script: string, wanted: number): Promise<string> => {
    const { status, out } = await run(join(folder, `${script}.sh`), env);
    say([`  ${api.party}: ${step}: exit ${String(status)}`]);
    if (status !== wanted) failures.push(`${api.party}: ${step}: exit ${String(status)} and not ${wanted}: ${out.trim().slice(-500)}`);
    if (out.includes(server.admin ?? 'loopback-never')) failures.push(`${api.party}: ${step} prints its credential`);
    return out;
  };
  await expect('check before anything is there', 'check', 1);
  const made = await expect('create', 'create', 0);
  if (!/^[A-Z_]+_ID=\S+$/m.test(made)) failures.push(`${api.party}: create prints no ids: ${made.slice(-300)}`);
  await expect('check', 'check', 0);
  const again = await expect('create again', 'create', 0);
  const idsOf = (out: string): string => [...out.matchAll(/^[A-Z_]+_ID=\S+$/gm)].join('\n');
  if (idsOf(again) !== idsOf(made)) failures.push(`${api.party}: the second create gives other ids`);
  await expect('check', 'check', 0);
  await expect('undo', 'undo', 0);
  await expect('undo again', 'undo', 0);
  await expect('check after undo', 'check', 1);
  return failures;
}

/** Not `spawnSync`: the server that is asked runs in this very process. */
function run(script: string, env: Readonly<Record<string, string>>): Promise<{ readonly status: number | null; readonly out: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', [script], { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
    let out = '';
    child.stdout.on('data', (part: Buffer) => {
      out += part.toString('utf8');
    });
    child.stderr.on('data', (part: Buffer) => {
      out += part.toString('utf8');
    });
    child.once('error', reject).once('close', (status) => resolve({ status, out }));
  });
}
