/** Archives and clones: what git itself hands out. */
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { type CommitOf, GIT_ENVIRONMENT } from './git.ts';
import { fullName, type Repository } from './state.ts';

/** GitHub's archive addresses are good for five minutes. */
const GOOD_FOR = 300_000;

export function signedPath(repository: Repository, oid: string, key: string): string {
  const path = `/${fullName(repository)}/legacy.tar.gz/${oid}`;
  const until = Date.now() + GOOD_FOR;
  return `${path}?until=${until}&token=${proofOf(path, until, key)}`;
}

export function isSigned(url: URL, key: string): boolean {
  const until = Number(url.searchParams.get('until'));
  return until > Date.now() && url.searchParams.get('token') === proofOf(url.pathname, until, key);
}

function proofOf(path: string, until: number, key: string): string {
  return createHmac('sha256', key).update(`${path} ${until}`).digest('base64url');
}

/**
 * The tree of a commit as `git archive` packs it: a folder `owner-repository-abbreviated`, attributes obeyed. git is only started where attributes may say something, since a
 * process for each of a thousand repositories takes longer than everything else; `server.test.ts` holds both to the same entries.
 */
export async function tarball(repository: Repository, commit: CommitOf): Promise<Buffer> {
  const prefix = `${repository.owner.login}-${repository.name}-${commit.oid.slice(0, 7)}/`;
  const hasAttributes = [...repository.git.files(commit.tree).keys()].some((path) => path === '.gitattributes' || path.endsWith('/.gitattributes'));
  return hasAttributes ? await gitArchive(repository, commit, prefix) : await ownArchive(repository, commit, prefix);
}

export async function gitArchive(repository: Repository, commit: CommitOf, prefix: string): Promise<Buffer> {
  const child = spawn('git', ['archive', '--format=tar.gz', `--prefix=${prefix}`, commit.oid], { cwd: repository.git.folder, env: GIT_ENVIRONMENT, stdio: ['ignore', 'pipe', 'ignore'] });
  const parts: Buffer[] = [];
  for await (const part of child.stdout) parts.push(part);
  return Buffer.concat(parts);
}

export async function ownArchive(repository: Repository, commit: CommitOf, prefix: string): Promise<Buffer> {
  const tar = pack();
  const mtime = new Date(commit.committer.date);
  const add = (name: string, type: 'file' | 'directory' | 'symlink', mode: number, bytes: Buffer, linkname = ''): void => {
    tar.entry({ name, type, mode, size: bytes.length, linkname, mtime, uid: 0, gid: 0, uname: 'root', gname: 'root', devmajor: 0, devminor: 0, pax: null }, bytes);
  };
  const nothing = Buffer.alloc(0);
  add(prefix, 'directory', 0o775, nothing);
  const walk = (tree: string, folder: string): void => {
    for (const { mode, name, oid } of repository.git.entries(tree)) {
      const path = `${folder}${name}`;
      const bytes = repository.git.read(oid)?.bytes ?? Buffer.alloc(0);
      if (mode === '040000') {
        add(`${path}/`, 'directory', 0o775, nothing);
        walk(oid, `${path}/`);
      } else if (mode === '160000') add(`${path}/`, 'directory', 0o775, nothing);
      else if (mode === '120000') add(path, 'symlink', 0o777, nothing, bytes.toString('utf8'));
      else add(path, 'file', mode === '100755' ? 0o775 : 0o664, bytes);
    }
  };
  walk(commit.tree, prefix);
  tar.finalize();
  const parts: Buffer[] = [];
  for await (const part of tar as AsyncIterable<Buffer>) parts.push(part);
  return gzipSync(Buffer.concat(parts), { level: 1 });
}

/** Clones over HTTP, by git's own program. Pushing is not offered: a client that wants to changes branches through the API. */
export async function serveGit(request: IncomingMessage, response: ServerResponse, repository: Repository, rest: string, query: string, body: Buffer): Promise<number> {
  const child = spawn('git', ['http-backend'], {
    env: {
      ...GIT_ENVIRONMENT,
      GIT_PROJECT_ROOT: dirname(repository.git.folder),
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: `/${repository.name}.git/${rest}`,
      QUERY_STRING: query,
      REQUEST_METHOD: request.method ?? 'GET',
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      CONTENT_LENGTH: String(body.length),
      ...(request.headers['content-encoding'] === undefined ? {} : { HTTP_CONTENT_ENCODING: request.headers['content-encoding'] }),
      ...(request.headers['git-protocol'] === undefined ? {} : { GIT_PROTOCOL: String(request.headers['git-protocol']) }),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  // It ends before it has read what it does not need.
  child.stdin.on('error', () => undefined);
  child.stdin.end(body);
  const parts: Buffer[] = [];
  for await (const part of child.stdout) parts.push(part);
  const out = Buffer.concat(parts);
  const gap = out.indexOf('\r\n\r\n');
  const headers = Object.fromEntries(out.toString('latin1', 0, gap).split('\r\n').map((line): [string, string] => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
  const status = Number(/^\d+/.exec(headers['status'] ?? '200')?.[0] ?? 200);
  delete headers['status'];
  response.writeHead(status, headers);
  response.end(out.subarray(gap + 4));
  return status;
}
