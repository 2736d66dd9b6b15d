import { request } from 'node:https';
import { TOO_LONG } from '../../support/get.ts';
import type { ClusterConfig } from './kubeconfig.ts';
import type { Login } from './login.ts';

const LARGEST = 64 * 2 ** 20;

/**
 * `fetch` for a server with a certificate of its own, or that asks for one: Node's own cannot be told either. It sends what a GET needs and nothing else; a redirect is
 * an answer like any other.
 *
 * @returns undefined where plain `fetch` will do
 */
export function fetchFor(config: ClusterConfig, login: () => Promise<Login>): typeof fetch | undefined {
  const { server, authority, isInsecure, serverName, user } = config;
  if (!server.startsWith('https:')) return undefined;
  if (authority === undefined && !isInsecure && serverName === undefined && user.certificate === undefined && user.exec === undefined) return undefined;
  return async (input, init) => {
    const { certificate, key } = await login();
    const url = input instanceof Request ? input.url : input;
    return await new Promise<Response>((done, fail) => {
      const sent = request(
        url,
        {
          method: 'GET',
          headers: Object.fromEntries(new Headers(init?.headers)),
          rejectUnauthorized: !isInsecure,
          ...(authority === undefined ? {} : { ca: authority }),
          ...(certificate === undefined ? {} : { cert: certificate }),
          ...(key === undefined ? {} : { key }),
          ...(serverName === undefined ? {} : { servername: serverName }),
          ...(init?.signal === undefined || init.signal === null ? {} : { signal: init.signal }),
        },
        (answer) => {
          const chunks: Buffer[] = [];
          let size = 0;
          answer.on('data', (chunk: Buffer) => {
            size += chunk.length;
            if (size > LARGEST) answer.destroy(new Error(TOO_LONG));
            else chunks.push(chunk);
          });
          answer.on('error', fail);
          answer.on('end', () => {
            const status = answer.statusCode ?? 0;
            const headers = new Headers();
            for (const [name, value] of Object.entries(answer.headers)) if (typeof value === 'string') headers.set(name, value);
            const isEmpty = status === 204 || status === 205 || status === 304;
            try {
              done(new Response(isEmpty ? null : Buffer.concat(chunks), { status, headers }));
            } catch (error) {
              fail(error);
            }
          });
        },
      );
      sent.on('error', (error) => fail(init?.signal?.aborted === true ? init.signal.reason : error));
      sent.end();
    });
  };
}
