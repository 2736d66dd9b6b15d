// @ts-check
// Keeps one comment on the pull request that lists what is new. The only step of the action that opens a connection, to GITHUB_API_URL and nowhere else. Needs
// `pull-requests: write`; without it (pull requests from forks get a token that only reads) it says so and fails nothing.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ActionError, annotate, env, run } from './runner.mjs';

/** Comments are listed in pages of 100; GitHub takes at most 2,500 on one pull request. */
const MOST_PAGES = 26;
const LARGEST_ANSWER = 32 * 2 ** 20;
const TRIES = 3;
const LONGEST_PAUSE_S = 60;

/** @typedef {{ readonly id: number, readonly body: string, readonly login: string, readonly isBot: boolean }} Comment */

/** The token may not do it. Asking again would change nothing. */
class Refused extends Error {}

/** Something that may go by itself. */
class Passing extends Error {
  /** @param {string} message @param {number} [seconds] */
  constructor(message, seconds = 1) {
    super(message);
    this.seconds = seconds;
  }
}

await run(async () => {
  const number = pullRequest();
  if (number === undefined) return 0;
  const marker = `<!-- dekey:new-findings ${env('DEKEY_COMMENT_KEY')} -->`;
  const body = `${marker}\n${readFileSync(env('DEKEY_COMMENT_FILE'), 'utf8')}`;
  const isEmpty = env('DEKEY_NEW_FINDINGS') === '0';
  for (let attempt = 1; ; attempt += 1) {
    try {
      await keep(number, marker, body, isEmpty);
      return 0;
    } catch (error) {
      if (error instanceof Refused) {
        annotate('notice', `No comment was made: ${error.message}. It needs \`pull-requests: write\`, and a pull request from a fork gets a token that only reads.`);
        return 0;
      }
      if (!(error instanceof Passing)) throw error;
      if (attempt === TRIES) {
        annotate('warning', `No comment was made: ${error.message}, ${TRIES} times.`);
        return 0;
      }
      await sleep(Math.min(error.seconds * attempt, LONGEST_PAUSE_S) * 1000);
    }
  }
});

/** @returns {number | undefined} */
function pullRequest() {
  const number = JSON.parse(readFileSync(env('GITHUB_EVENT_PATH'), 'utf8'))?.pull_request?.number;
  return Number.isSafeInteger(number) && number > 0 ? number : undefined;
}

/**
 * Makes the comment, or brings it up to date. With nothing new it is only changed where it is there already. What a failed attempt left is found by the next.
 *
 * @param {number} number
 * @param {string} marker
 * @param {string} body
 * @param {boolean} isEmpty
 */
async function keep(number, marker, body, isEmpty) {
  const [first, ...rest] = await ours(number, marker);
  if (first === undefined) {
    if (!isEmpty) await ask('POST', `/issues/${number}/comments`, { body });
    return;
  }
  // Two runs at the same time make two.
  for (const { id } of rest) await ask('DELETE', `/issues/comments/${id}`);
  if (first.body.replaceAll('\r\n', '\n').trimEnd() !== body.trimEnd()) await ask('PATCH', `/issues/comments/${first.id}`, { body });
}

/**
 * Comments with our marker that this token's owner wrote: anybody can write the marker.
 *
 * @param {number} number
 * @param {string} marker
 * @returns {Promise<Comment[]>}
 */
async function ours(number, marker) {
  /** @type {Comment[]} */
  const marked = [];
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const answer = await ask('GET', `/issues/${number}/comments?per_page=100&page=${page}`);
    const comments = Array.isArray(answer) ? answer.map(commentOf) : [];
    marked.push(...comments.filter(({ body }) => body.startsWith(marker)));
    if (comments.length < 100) break;
  }
  if (marked.length === 0) return [];
  // The token of an app, which a job's own is, cannot ask who it is.
  if (env('DEKEY_TOKEN').startsWith('ghs_')) return marked.filter(({ isBot }) => isBot);
  const user = await ask('GET', '', undefined, '/user');
  return marked.filter(({ login }) => login === loginOf(user));
}

/** @param {any} answer @returns {Comment} */
function commentOf(answer) {
  if (!Number.isSafeInteger(answer?.id)) throw new Passing('the list of comments was not understood');
  return { id: answer.id, body: typeof answer.body === 'string' ? answer.body : '', login: loginOf(answer.user), isBot: answer.user?.type === 'Bot' };
}

/** @param {any} user @returns {string} */
function loginOf(user) {
  return typeof user?.login === 'string' ? user.login : '';
}

/**
 * @param {'GET' | 'POST' | 'PATCH' | 'DELETE'} method
 * @param {string} path below the repository
 * @param {object} [content]
 * @param {string} [other] a path that is not below the repository
 * @returns {Promise<unknown>}
 */
async function ask(method, path, content, other) {
  const repository = env('GITHUB_REPOSITORY');
  if (!/^[\w.-]{1,100}\/[\w.-]{1,100}$/.test(repository)) throw new ActionError('GITHUB_REPOSITORY is not OWNER/NAME');
  /** @type {Response} */
  let response;
  try {
    response = await fetch(`${api()}${other ?? `/repos/${repository}${path}`}`, {
      method,
      redirect: 'error',
      signal: AbortSignal.timeout(20_000),
      headers: { accept: 'application/vnd.github+json', authorization: `Bearer ${env('DEKEY_TOKEN')}`, 'user-agent': 'dekey-action', 'x-github-api-version': '2022-11-28', ...(content === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(content === undefined ? {} : { body: JSON.stringify(content) }),
    });
  } catch {
    throw new Passing('GitHub did not answer');
  }
  if (response.ok) return response.status === 204 ? undefined : await read(response);
  await response.body?.cancel();
  const { status, headers } = response;
  const isLimited = status === 429 || (status === 403 && (headers.has('retry-after') || headers.get('x-ratelimit-remaining') === '0'));
  if (isLimited) throw new Passing(`GitHub limits requests (${status})`, Number(headers.get('retry-after')) || LONGEST_PAUSE_S);
  if (status >= 500) throw new Passing(`GitHub answered ${status}`);
  throw new Refused(`GitHub answered ${status}`);
}

/** @param {Response} response @returns {Promise<unknown>} */
async function read(response) {
  if (Number(response.headers.get('content-length')) > LARGEST_ANSWER) throw new Passing('the answer is too large');
  try {
    return await response.json();
  } catch {
    throw new Passing('the answer was cut short');
  }
}

/** @returns {string} the API's address, without a slash at its end; plain http only on this machine */
function api() {
  const address = env('GITHUB_API_URL') || 'https://api.github.com';
  if (!/^https:\/\/[a-z0-9.-]+(?::\d+)?(?:\/api\/v3)?\/?$/i.test(address) && !/^http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?(?:\/api\/v3)?\/?$/.test(address)) throw new ActionError('GITHUB_API_URL is not an https address');
  return address.replace(/\/$/, '');
}
