import type { CampaignFile } from '../apply/pull-request/state.ts';
import { branchName, fullName, repositoryName, type RepositoryName } from '../apply/pull-request/names.ts';
import { keepTrackingIssue, trackingMarker, type TrackingIssue } from '../apply/pull-request/tracking.ts';
import type { LimitOptions } from '../apply/pull-request/limits.ts';
import type { PlanRead } from '../apply/read-plan.ts';
import { resolveHost } from '../github/hosts.ts';
import type { GithubApi } from '../github/types.ts';
import { UsageError } from '../model/errors.ts';
import type { CampaignItem, CampaignLimits, CampaignResult, Grouping } from '../model/pull-request.ts';
import { GROUPINGS } from '../model/pull-request.ts';
import { renderCampaignJson } from '../report/campaign-json.ts';
import { renderCampaignText } from '../report/campaign-text.ts';
import { TRACKING_TITLE, trackingBody } from '../report/tracking-issue.ts';
import { ID_STYLES, type IdStyle } from '../rewrite/types.ts';
import { visible } from '../support/escape.ts';
import { compileGlobs, type GlobSet } from '../support/glob.ts';
import { paletteOf, shellWord } from './apply-shared.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { print } from './print.ts';
import { providerTitle } from './pull-request-words.ts';
import { hasUnicode } from './terminal.ts';

export interface CampaignFlags {
  readonly write: boolean;
  readonly format: 'text' | 'json';
  readonly only: readonly string[];
  readonly ids: IdStyle;
  readonly set: readonly string[];
  readonly allowLeftovers: boolean;
  readonly group: Grouping;
  readonly labels: readonly string[];
  readonly reviewers: 'codeowners' | readonly string[];
  readonly ready: boolean;
  readonly fork: boolean;
  /** Patterns of `--repository`, as given. */
  readonly repositories: readonly string[];
  readonly isChosen: (repository: string, host: string) => boolean;
  readonly limits: LimitOptions;
  readonly trackingIssue: string | undefined;
  readonly githubApi: string | undefined;
  readonly githubApp: string | undefined;
  readonly githubAppKey: string | undefined;
  readonly color: boolean;
}

/** @throws UsageError for flags that say nothing together, or of which one is no name */
export function flagsFrom(raw: Readonly<Record<string, unknown>>): CampaignFlags {
  const text = (name: string): string | undefined => (typeof raw[name] === 'string' ? raw[name] : undefined);
  const list = (name: string): readonly string[] => (Array.isArray(raw[name]) ? raw[name].filter((item) => typeof item === 'string') : []);
  const count = (name: string): number | undefined => (typeof raw[name] === 'number' ? raw[name] : undefined);
  for (const name of ['root', 'rollback', 'interactive']) if (raw[name] !== undefined && raw[name] !== false) throw new UsageError(`--${name} is about files here, and --pull-request touches none`, 'Leave out one of the two.');
  if (raw['format'] === 'patch') throw new UsageError('--format patch is about files here, and --pull-request touches none', 'Leave out one of the two.');
  const repositories = list('repository');
  const globs = globsOf(repositories);
  const tracking = text('trackingIssue');
  if (tracking !== undefined && repositoryName(`github.com/${tracking}`) === undefined) throw new UsageError(`--tracking-issue ${visible(tracking)} is no repository`, 'Write it like acme/security.');
  const [run, open, hour] = [count('limit'), count('maxOpen'), count('perHour')];
  return {
    write: raw['write'] === true, format: raw['format'] === 'json' ? 'json' : 'text', only: list('only'), ids: ID_STYLES.find((style) => style === raw['ids']) ?? 'vars', set: list('set'),
    allowLeftovers: raw['allowLeftovers'] === true, group: GROUPINGS.find((group) => group === raw['group']) ?? 'repository', labels: labelsOf(list('label')), reviewers: reviewersFrom(text('reviewers') ?? 'codeowners'),
    ready: raw['ready'] === true, fork: raw['fork'] === true, repositories,
    isChosen: (repository, host) => globs === undefined || globs.matches(repository) || globs.matches(`${host}/${repository}`),
    limits: { ...(run === undefined ? {} : { run }), ...(open === undefined ? {} : { open }), ...(hour === undefined ? {} : { hour }) },
    trackingIssue: tracking, githubApi: text('githubApi'), githubApp: text('githubApp'), githubAppKey: text('githubAppKey'), color: raw['color'] !== false,
  };
}

function globsOf(patterns: readonly string[]): GlobSet | undefined {
  if (patterns.length === 0) return undefined;
  try {
    return compileGlobs(patterns);
  } catch (error) {
    throw new UsageError(`--repository ${patterns.map(visible).join(', ')}: ${error instanceof Error ? error.message : 'not a pattern'}`, 'Write it like acme/* or acme/app.', { cause: error });
  }
}

function labelsOf(labels: readonly string[]): readonly string[] {
  const odd = labels.find((label) => label.trim() === '' || label.length > 50 || visible(label) !== label);
  if (odd !== undefined) throw new UsageError(`--label ${visible(odd)} is no label`, 'Give 1 to 50 characters.');
  return labels;
}

function reviewersFrom(text: string): CampaignFlags['reviewers'] {
  if (text === 'codeowners') return 'codeowners';
  if (text === 'none') return [];
  const names = text.split(',').map((name) => name.trim().replace(/^@/, ''));
  const odd = names.find((name) => !/^[A-Za-z0-9][A-Za-z0-9_-]{0,98}(?:\/[A-Za-z0-9_.-]{1,100})?$/.test(name));
  if (odd !== undefined) throw new UsageError(`--reviewers ${visible(odd)} is no user and no team`, 'Write codeowners, none, or names like ada,acme/ai.');
  return names;
}

export interface PlanRepositories {
  readonly host: string;
  readonly targets: readonly { readonly name: RepositoryName; readonly ids: readonly string[] }[];
  /** Names of targets that are in no repository at a GitHub, made visible. */
  readonly unhosted: readonly string[];
}

/**
 * Repositories of a plan that are chosen, each with the targets that are it, by name.
 *
 * @throws UsageError when there is none, or they are at several hosts
 */
export function repositoriesOf({ plan }: PlanRead, flags: CampaignFlags): PlanRepositories {
  const byName = new Map<string, { readonly name: RepositoryName; readonly ids: string[] }>();
  const unhosted: string[] = [];
  for (const { id, kind, name, repository } of plan.targets) {
    if (kind === 'github-organization') continue;
    const found = repositoryName(repository ?? '');
    if (found === undefined) unhosted.push(visible(name));
    else if (flags.isChosen(fullName(found), found.host)) {
      const key = `${found.host}/${fullName(found)}`.toLowerCase();
      const known = byName.get(key) ?? { name: found, ids: [] };
      known.ids.push(id);
      byName.set(key, known);
    }
  }
  const targets = [...byName].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, target]) => target);
  const hosts = [...new Set(targets.map(({ name }) => name.host))];
  const [host, ...others] = hosts;
  if (host === undefined) {
    if (flags.repositories.length > 0) throw new UsageError(`--repository ${flags.repositories.map(visible).join(', ')} fits no repository of the plan`, 'Write it like acme/* or acme/app.');
    throw new UsageError('no target of the plan is in a repository at a GitHub', 'Plan one that is: dekey plan github:acme/app, or say where with dekey plan --repository HOST/OWNER/NAME.');
  }
  if (others.length > 0) throw new UsageError(`repositories of the plan are at several hosts: ${hosts.join(', ')}`, `Choose one: --repository '${host}/**'.`);
  return { host, targets, unhosted: flags.repositories.length > 0 ? [] : unhosted };
}

/** @throws UsageError when there is no token, or an App is to act for several owners at once */
export async function openFor(host: string, names: readonly RepositoryName[], flags: CampaignFlags, version: string): Promise<GithubApi> {
  const { env } = process;
  const owners = [...new Set(names.map(({ owner }) => owner.toLowerCase()))];
  if (flags.githubApp !== undefined && owners.length > 1) throw new UsageError(`an App acts for one owner at a time, and the plan has ${owners.length}`, `Choose one: --repository '${names[0]?.owner ?? ''}/*'.`);
  // A bundle of its own: an apply of files here needs none of it.
  const { openGithub } = await import('../github/client.ts');
  const usual = resolveHost(undefined, flags.githubApi, env).host;
  return await openGithub({
    owner: names[0]?.owner ?? '', env, version,
    ...(usual === host ? {} : { host }),
    ...(flags.githubApi === undefined ? {} : { api: flags.githubApi }),
    ...(flags.githubApp === undefined ? {} : { appId: flags.githubApp }),
    ...(flags.githubAppKey === undefined ? {} : { appKeyFile: flags.githubAppKey }),
    onWait: ({ why, ms }) => process.stderr.write(`dekey: GitHub's ${why} limit is reached; waiting ${Math.ceil(ms / 1000)} s\n`),
  });
}

/** The tracking issue, when one was asked for: kept with `--write`, else only announced. */
export async function notedTracking(api: GithubApi, file: CampaignFile, items: readonly CampaignItem[], actor: string | null, flags: CampaignFlags, notes: string[]): Promise<TrackingIssue | null> {
  const { trackingIssue, write } = flags;
  if (trackingIssue === undefined) return null;
  if (!write) {
    notes.push(`The tracking issue in ${trackingIssue} would be kept up to date.`);
    return null;
  }
  const marker = trackingMarker(items.map(({ repository, provider }) => branchName({ host: file.state.host, owner: repository.slice(0, repository.indexOf('/')), name: repository.slice(repository.indexOf('/') + 1) }, provider)));
  return await keepTrackingIssue(api, file, trackingIssue, actor, { title: TRACKING_TITLE, body: trackingBody(items, marker), marker });
}

export interface ResultParts {
  readonly version: string;
  readonly kind: CampaignResult['kind'];
  readonly read: PlanRead;
  readonly host: string;
  readonly flags: CampaignFlags;
  readonly actor: string | null;
  readonly items: readonly CampaignItem[];
  readonly limits: CampaignLimits;
  readonly trackingIssue: TrackingIssue | null;
  readonly notes: readonly string[];
  readonly api: GithubApi;
}

export function resultOf({ version, kind, read, host, flags, actor, items, limits, trackingIssue, notes, api }: ResultParts): CampaignResult {
  const counted = items.filter(({ outcome }) => outcome !== 'nothing');
  return {
    schemaVersion: '1.0', tool: { name: 'dekey', version }, kind, plan: read.digest, host, written: flags.write, actor, items, limits,
    progress: { repositories: counted.length, merged: counted.filter(({ outcome }) => outcome === 'merged').length, open: counted.filter(({ state }) => state === 'open' || state === 'draft').length },
    trackingIssue, notes, requests: Object.fromEntries([...api.counts].map(([family, { sent }]) => [family, sent])),
  };
}

export async function printCampaign(result: CampaignResult, { plan }: PlanRead, flags: CampaignFlags, command: string): Promise<void> {
  if (flags.format === 'json') {
    await print(renderCampaignJson(result));
    return;
  }
  const users = new Map(plan.migrations.map(({ id, name, provider }) => [id, `${name} (${providerTitle(provider)})`]));
  const options = { width: process.stdout.isTTY ? (process.stdout.columns ?? 80) : 100, unicode: hasUnicode(), usedBy: (migration: string) => users.get(migration), command };
  await print(renderCampaignText(result, await paletteOf(flags), options));
}

/** Refused and failed ones are named; held ones are as the user wanted it, except behind a failure. */
export function exitCodeOf(items: readonly CampaignItem[]): number {
  return items.some(({ outcome }) => outcome === 'failed' || outcome === 'refused') ? EXIT_CODES.incomplete.code : EXIT_CODES.clean.code;
}

/** The same run, but writing. */
export function commandLine(words: readonly string[], flags: CampaignFlags, isPublish: boolean): string {
  const given = (option: string, values: readonly string[]): readonly string[] => values.flatMap((value) => [option, shellWord(value)]);
  const number = (option: string, value: number | undefined): readonly string[] => (value === undefined ? [] : [option, String(value)]);
  const reviewers = flags.reviewers === 'codeowners' ? [] : given('--reviewers', [flags.reviewers.join(',') || 'none']);
  const publish = !isPublish ? [] : [
    ...given('--only', flags.only), ...(flags.ids === 'vars' ? [] : ['--ids', flags.ids]), ...given('--set', flags.set), ...(flags.allowLeftovers ? ['--allow-leftovers'] : []), ...given('--label', flags.labels),
    ...reviewers, ...(flags.ready ? ['--ready'] : []), ...(flags.fork ? ['--fork'] : []), ...number('--limit', flags.limits.run), ...number('--max-open', flags.limits.open), ...number('--per-hour', flags.limits.hour),
  ];
  const [command = '', ...rest] = words;
  return [
    command, ...rest.map(shellWord), ...(flags.group === 'repository' ? [] : ['--group', flags.group]), ...given('--repository', flags.repositories), ...publish,
    ...(flags.trackingIssue === undefined ? [] : ['--tracking-issue', flags.trackingIssue]), ...(flags.githubApi === undefined ? [] : ['--github-api', shellWord(flags.githubApi)]),
    ...(flags.githubApp === undefined ? [] : ['--github-app', shellWord(flags.githubApp)]), ...(flags.githubAppKey === undefined ? [] : ['--github-app-key', shellWord(flags.githubAppKey)]), '--write',
  ].join(' ');
}
