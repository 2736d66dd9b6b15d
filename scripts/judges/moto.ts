/** An AWS account that moto plays on loopback, for scripts that call the `aws` program. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { judgeFolder } from './install.ts';

const bin = join(judgeFolder, 'python', 'bin');

export interface MotoAccount {
  /** For child processes: `aws` on PATH, pointed at the account and at nothing else. */
  readonly env: Readonly<Record<string, string>>;
  readonly stop: () => void;
}

/**
 * @param programs folder that holds `moto_server`, and `aws` where it is wanted
 * @param settings of the server itself: `MOTO_IAM_LOAD_MANAGED_POLICIES`
 * @throws Error when the server does not answer
 */
export async function startMoto(programs = bin, settings: Readonly<Record<string, string>> = {}): Promise<MotoAccount> {
  const home = mkdtempSync(join(tmpdir(), 'dekey-moto-'));
  const port = await freePort();
  const child = spawn(join(programs, 'moto_server'), ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore', env: { ...process.env, ...settings } });
  const failed = new Promise<boolean>((gone) => child.once('error', () => gone(false)).once('exit', () => gone(false)));
  const stop = (): void => {
    child.kill();
    rmSync(home, { recursive: true, force: true });
  };
  const env = {
    PATH: `${programs}:${process.env['PATH'] ?? ''}`,
    HOME: home,
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_ACCESS_KEY_ID: 'loopback',
    AWS_SECRET_ACCESS_KEY: 'loopback',
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_PAGER: '',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  for (let tries = 0; ; tries += 1) {
    const answers = fetch(`${env.AWS_ENDPOINT_URL}/moto-api/`).then(
      ({ ok }) => ok,
      () => undefined,
    );
    const answer = await Promise.race([answers, failed]);
    if (answer === true) return { env, stop };
    if (answer === false || tries === 100) {
      stop();
      throw new Error('moto_server does not answer');
    }
    await pause(200);
  }
}

function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const server = createServer();
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (typeof address === 'object' && address !== null ? found(address.port) : failed(new Error('no port'))));
    });
  });
}

/** Whether the `aws` program works against a fresh account; the line to print. Throws an Error when it does not. */
export async function checkMoto(): Promise<string> {
  const { env, stop } = await startMoto();
  try {
    const url = 'https://token.actions.githubusercontent.com';
    const created = spawnSync('aws', ['iam', 'create-open-id-connect-provider', '--url', url, '--client-id-list', 'sts.amazonaws.com', '--query', 'OpenIDConnectProviderArn', '--output', 'text'], { encoding: 'utf8', env, timeout: 60_000 });
    if (created.status !== 0) throw new Error(`aws against moto: ${created.error?.message ?? created.stderr}`);
    const version = spawnSync('aws', ['--version'], { encoding: 'utf8', env }).stdout.split(' ')[0] ?? '';
    return `${version} against moto: ${created.stdout.trim()}`;
  } finally {
    stop();
  }
}
