import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { TargetError } from '../src/model/errors.ts';
import { readRepositoryIdentity } from '../src/sources/github/identity.ts';

let server: Server | undefined;

afterEach(async () => {
  await new Promise<void>((resolve) => {
    if (server === undefined) resolve();
    else server.close(() => resolve());
  });
  server = undefined;
});

async function serve(handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const made = createServer(handler);
  server = made;
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  const address = made.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

const REPOSITORY = { id: 5566778, owner: { id: 1029384 }, default_branch: 'trunk' };

describe('what GitHub says of a repository', () => {
  test('ids, default branch and the head of the subject are read, with the token in the header only', async () => {
    const seen: string[] = [];
    const base = await serve((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.authorization}`);
      json(response, request.url?.endsWith('/sub') === true ? { use_default: true, use_immutable_subject: true, sub_claim_prefix: 'repo:acme@1029384/app@5566778' } : REPOSITORY);
    });
    expect(await readRepositoryIdentity(base, 'acme', 'app', 'token-of-a-test')).toEqual({
      repositoryId: '5566778',
      ownerId: '1029384',
      defaultBranch: 'trunk',
      hasTemplate: false,
      subjectPrefix: 'repo:acme@1029384/app@5566778',
    });
    expect(seen).toEqual(['GET /repos/acme/app Bearer token-of-a-test', 'GET /repos/acme/app/actions/oidc/customization/sub Bearer token-of-a-test']);
  });

  test('a template of its own leaves the head unknown: nothing is guessed', async () => {
    const base = await serve((request, response) => json(response, request.url?.endsWith('/sub') === true ? { use_default: false, include_claim_keys: ['repository_id'], sub_claim_prefix: 'repo:acme/app' } : REPOSITORY));
    expect(await readRepositoryIdentity(base, 'acme', 'app', undefined)).toMatchObject({ hasTemplate: true });
    expect(await readRepositoryIdentity(base, 'acme', 'app', undefined)).not.toHaveProperty('subjectPrefix');
  });

  test('without the right to read the setting the ids are still read', async () => {
    const base = await serve((request, response) => (request.url?.endsWith('/sub') === true ? json(response, {}, 403) : json(response, REPOSITORY)));
    expect(await readRepositoryIdentity(base, 'acme', 'app', undefined)).toEqual({ repositoryId: '5566778', ownerId: '1029384', defaultBranch: 'trunk', hasTemplate: false });
  });

  test.each([
    ['a refusal', (response: ServerResponse) => json(response, {}, 404), /404/],
    ['a redirect', (response: ServerResponse) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(), /cannot reach/],
    ['no JSON', (response: ServerResponse) => response.end('<html>'), /JSON/],
    ['an answer without ids', (response: ServerResponse) => json(response, { id: 'x' }), /without the ids/],
  ])('%s is an error that says what to do', async (_, answer, message) => {
    const base = await serve((_request, response) => {
      answer(response);
    });
    const failure: unknown = await readRepositoryIdentity(base, 'acme', 'app', undefined).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TargetError);
    expect(failure instanceof TargetError ? failure.message : '').toMatch(message);
  });
});
