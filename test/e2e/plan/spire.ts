/**
 * Tokens of a real SPIRE server on loopback, checked by a party that was given the server's keys. Only with `--slow`: the server takes four minutes to build on two cores.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { judgeFolder } from '../../../scripts/judges/install.ts';
import { type Fields, isFields, readFields } from './http.ts';
import { startAnthropic } from './parties/anthropic.ts';

const program = join(judgeFolder, 'spire', 'spire-server');
const TRUST_DOMAIN = 'acme.example';
const ISSUER = 'https://spire.acme.example';
const AUDIENCE = 'https://api.anthropic.com';

interface SpireServer {
  /** A JWT-SVID; throws with what the server said. */
  readonly mint: (id: string, audience: string) => string;
  /** Public keys of its JWT-SVIDs, as an OpenID Connect issuer publishes them. */
  readonly keys: () => readonly Fields[];
  readonly stop: () => void;
}

async function startSpire(): Promise<SpireServer> {
  const home = mkdtempSync(join(tmpdir(), 'dekey-spire-'));
  const socket = join(home, 'api.sock');
  const config = join(home, 'server.conf');
  writeFileSync(
    config,
    `server {
  bind_address = "127.0.0.1"
  bind_port = "${await freePort()}"
  trust_domain = "${TRUST_DOMAIN}"
  data_dir = ${JSON.stringify(home)}
  socket_path = ${JSON.stringify(socket)}
  jwt_issuer = "${ISSUER}"
  jwt_key_type = "rsa-2048"
  log_level = "ERROR"
}
plugins {
  DataStore "sql" { plugin_data { database_type = "sqlite3" connection_string = ${JSON.stringify(join(home, 'data.sqlite3'))} } }
  KeyManager "memory" { plugin_data {} }
  NodeAttestor "join_token" { plugin_data {} }
}
`,
  );
  const child = spawn(program, ['run', '-config', config], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (said += part.toString('utf8')));
  const stop = (): void => {
    child.kill();
    rmSync(home, { recursive: true, force: true });
  };
  const call = (args: readonly string[]): { readonly ok: boolean; readonly text: string } => {
    const { status, stdout, stderr } = spawnSync(program, [...args, '-socketPath', socket], { encoding: 'utf8', timeout: 20_000 });
    return { ok: status === 0, text: status === 0 ? stdout : stdout + stderr };
  };
  for (let tries = 0; !call(['healthcheck']).ok; tries += 1) {
    if (tries === 60 || child.exitCode !== null) {
      stop();
      throw new Error(`spire-server did not start: ${said.slice(-600)}`);
    }
    await pause(500);
  }
  const must = (args: readonly string[]): string => {
    const { ok, text } = call(args);
    if (!ok) throw new Error(`spire-server ${args[0] ?? ''}: ${text}`);
    return text;
  };
  return {
    stop,
    mint: (id, audience) => must(['jwt', 'mint', '-spiffeID', id, '-audience', audience, '-ttl', '5m']).trim(),
    keys: () => {
      const list = readFields(must(['bundle', 'show', '-format', 'spiffe']))?.['keys'];
      const keys = Array.isArray(list) ? (list as unknown[]).filter(isFields) : [];
      return keys.filter(({ use }) => use === 'jwt-svid').map((key) => ({ ...key, use: 'sig' }));
    },
  };
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

/** Gives what is not as it has to be. */
export async function proveSpire(say: (lines: readonly string[]) => void): Promise<readonly string[]> {
  const version = spawnSync(program, ['--version'], { encoding: 'utf8' });
  if (version.error !== undefined) return [`spire-server cannot be run: ${version.error.message}`];
  const server = await startSpire();
  const party = await startAnthropic({});
  try {
    const id = `spiffe://${TRUST_DOMAIN}/ns/ai/sa/worker`;
    const first = server.mint(id, AUDIENCE);
    const { exchange } = await party.configure({
      issuer: { issuer_url: ISSUER, name: 'spire', jwks: { type: 'inline', keys: server.keys() } },
      serviceAccount: { name: 'worker' },
      memberships: [],
      rule: { name: 'worker', match: { subject_prefix: id, audience: AUDIENCE }, workspace_id: 'default', oauth_scope: 'workspace:inference', token_lifetime_seconds: 600 },
    });
    const rows: readonly (readonly [string, boolean, string])[] = [
      ['the workload', true, first],
      ['another workload', false, server.mint(`spiffe://${TRUST_DOMAIN}/ns/ai/sa/other`, AUDIENCE)],
      ['a workload below', false, server.mint(`${id}/x`, AUDIENCE)],
      ['another audience', false, server.mint(id, 'https://example.org')],
      ['the workload again', true, server.mint(id, AUDIENCE)],
    ];
    const failures: string[] = [];
    for (const [title, wanted, token] of rows) {
      const { accepted, reason } = await exchange(token);
      if (accepted !== wanted) failures.push(`spire: ${title}: ${reason}`);
    }
    say(['', `SPIRE ${(version.stdout + version.stderr).trim()}: ${rows.length} tokens, ${failures.length} problems`]);
    return failures;
  } finally {
    await party.stop();
    server.stop();
  }
}
