import { type Agent, type ClientRequest, type IncomingMessage, Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { gunzipSync } from 'node:zlib';

/** An answer whose body has not been read. */
export interface RawAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: IncomingMessage;
}

export interface Outgoing {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** GitHub itself gives a request up after ten seconds; the rest is for the way. */
const FIRST_BYTE = 15_000;
const NEXT_BYTES = 30_000;

/** Nothing came for a while. */
export class TimedOut extends Error {}

/** More than was asked for: not worth another try. */
export class TooLarge extends Error {}

/**
 * HTTP with connections that stay open. Node's own client instead of its `fetch`, which takes twice the time for ten thousand small answers; neither follows redirects here.
 */
export class Connections {
  readonly #plain: Agent;
  readonly #secure: HttpsAgent;

  constructor(parallel: number) {
    // An idle connection does not keep the process alive.
    const options = { keepAlive: true, maxSockets: parallel + 8, scheduling: 'lifo' as const };
    this.#plain = new HttpAgent(options);
    this.#secure = new HttpsAgent(options);
  }

  /**
   * Sends one request and gives the head of the answer. A wait of more than fifteen seconds for it ends the request, and so does one of thirty for more of the body.
   *
   * @throws TimedOut, or the error of the connection
   */
  async open(address: URL, { method, headers, body }: Outgoing): Promise<RawAnswer> {
    return await new Promise<RawAnswer>((done, failed) => {
      const options = { method, headers: { ...headers, ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }) } };
      const request: ClientRequest = address.protocol === 'https:' ? httpsRequest(address, { ...options, agent: this.#secure }) : httpRequest(address, { ...options, agent: this.#plain });
      const clock = setTimeout(() => request.destroy(new TimedOut('no answer in time')), FIRST_BYTE);
      request.on('response', (response) => {
        clearTimeout(clock);
        response.setTimeout(NEXT_BYTES, () => response.destroy(new TimedOut('no answer in time')));
        done({ status: response.statusCode ?? 0, headers: textHeaders(response), body: response });
      });
      request.on('error', (error) => {
        clearTimeout(clock);
        failed(error);
      });
      request.end(body);
    });
  }
}

function textHeaders({ headers }: IncomingMessage): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) result[name] = Array.isArray(value) ? value.join(', ') : value;
  return result;
}

/** The whole body, unpacked when it came packed. */
export async function readWhole({ body, headers }: RawAnswer, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of limitedBody(body, limit)) chunks.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
  const bytes = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
  if (headers['content-encoding'] !== 'gzip' || bytes.length === 0) return bytes;
  return gunzipSync(bytes, { maxOutputLength: limit });
}

/** The chunks of a body, at most `limit` bytes of them. */
export async function* limitedBody(body: AsyncIterable<unknown>, limit: number): AsyncGenerator<Uint8Array> {
  let length = 0;
  for await (const chunk of body) {
    if (!(chunk instanceof Uint8Array)) continue;
    length += chunk.length;
    if (length > limit) throw new TooLarge('an answer that is too long');
    yield chunk;
  }
}
