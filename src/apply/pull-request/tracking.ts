import { createHash } from 'node:crypto';
import { isGithubError } from '../../github/errors.ts';
import type { GithubApi } from '../../github/types.ts';
import { at, numberAt, textAt, urlAt, listAt } from './answers.ts';
import { FAMILY } from './look.ts';
import { fullName, ownerAndName } from './names.ts';
import type { CampaignFile } from './state.ts';

export interface TrackingIssue {
  readonly repository: string;
  readonly number: number;
  readonly url: string;
}

/** The hidden line by which the issue of a campaign is found again when its number was not written down. */
export function trackingMarker(repositories: readonly string[]): string {
  const digest = createHash('sha256').update([...new Set(repositories.map((name) => name.toLowerCase()))].toSorted().join('\n')).digest('hex').slice(0, 16);
  return `<!-- dekey:campaign ${digest} -->`;
}

/** Keeps the issue of the campaign up to date, or opens it. What is there is looked for first: by its number, then among the issues of the same author by its hidden line. */
export async function keepTrackingIssue(api: GithubApi, file: CampaignFile, repository: string, actor: string | null, words: { readonly title: string; readonly body: string; readonly marker: string }): Promise<TrackingIssue> {
  const known = file.state.trackingIssue;
  const found = (known !== null && known.repository.toLowerCase() === repository.toLowerCase() ? await read(api, repository, known.number) : undefined) ?? (await find(api, repository, actor, words.marker));
  if (found === undefined) {
    const { data } = await api.send(FAMILY, 'POST', `${pathOf(repository)}/issues`, { title: words.title, body: words.body });
    return await noted(file, repository, data);
  }
  // Closed by a person: it stays closed, and still says how far all is.
  if (textAt(found, 'body')?.replaceAll('\r\n', '\n').trimEnd() === words.body.trimEnd()) return await noted(file, repository, found);
  const { data } = await api.send(FAMILY, 'PATCH', `${pathOf(repository)}/issues/${numberAt(found, 'number') ?? 0}`, { body: words.body });
  return await noted(file, repository, data);
}

async function noted(file: CampaignFile, repository: string, issue: unknown): Promise<TrackingIssue> {
  const number = numberAt(issue, 'number') ?? 0;
  await file.rememberIssue({ repository, number });
  return { repository, number, url: urlAt(issue, 'html_url') ?? '' };
}

async function read(api: GithubApi, repository: string, number: number): Promise<unknown> {
  try {
    return (await api.get(FAMILY, `${pathOf(repository)}/issues/${number}`)).data;
  } catch (error) {
    if (isGithubError(error) && (error.github.status === 404 || error.github.status === 410)) return undefined;
    throw error;
  }
}

async function find(api: GithubApi, repository: string, actor: string | null, marker: string): Promise<unknown> {
  if (actor === null) return undefined;
  const issues = await api.all(FAMILY, `${pathOf(repository)}/issues?state=all&creator=${encodeURIComponent(actor)}&per_page=100`, (page) => listAt({ page }, 'page'));
  return issues.find((issue) => at(issue, 'pull_request') === undefined && textAt(issue, 'body')?.includes(marker) === true);
}

function pathOf(repository: string): string {
  const name = ownerAndName(repository);
  if (name === undefined) throw new Error('no repository');
  return `/repos/${fullName(name)}`;
}
