import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { GithubApi } from '../../github/types.ts';
import { standing } from '../../apply/pull-request/decide.ts';
import { faultOf } from '../../apply/pull-request/faults.ts';
import { look, type Place } from '../../apply/pull-request/look.ts';
import { branchName, fullName, ownerAndName, type RepositoryName } from '../../apply/pull-request/names.ts';
import { emptyProposal } from '../../apply/pull-request/propose.ts';
import { readRepositories, type RepositoryRead } from '../../apply/pull-request/read.ts';
import { runCampaign } from '../../apply/pull-request/run.ts';
import { CampaignFile, type Remembered } from '../../apply/pull-request/state.ts';
import type { Row } from '../../apply/pull-request/survey.ts';
import { forkOf } from '../../apply/pull-request/survey.ts';
import { type PlanRead, readPlan } from '../../apply/read-plan.ts';
import type { CampaignItem, CampaignLimits, CampaignResult, Grouping } from '../../model/pull-request.ts';
import { farewell } from '../../report/pull-request.ts';
import { type CampaignFlags, commandLine, exitCodeOf, flagsFrom, notedTracking, openFor, printCampaign, repositoriesOf, resultOf } from '../campaign-shared.ts';

const NO_LIMITS: CampaignLimits = { run: null, open: null, hour: null };

/** Runs `dekey campaign status PLAN` and `dekey campaign close PLAN`. Returns the exit code. */
export async function runCampaignVerb(verb: 'status' | 'close', planName: string, raw: Readonly<Record<string, unknown>>, version: string): Promise<number> {
  const read = readPlan(resolve(process.cwd(), planName), planName);
  const flags = flagsFrom(raw);
  const result = await follow(verb, read, flags, version, openFor);
  await printCampaign(result, read, flags, commandLine(['dekey campaign', verb, planName], flags, false));
  return exitCodeOf(result.items);
}

/** How each pull request stands; with `close`, those that are open are closed when `--write` says so. */
export async function follow(verb: 'status' | 'close', read: PlanRead, flags: CampaignFlags, version: string, open: typeof openFor): Promise<CampaignResult> {
  const group = CampaignFile.groupIn(read.folder) ?? 'repository';
  const { host, targets } = repositoriesOf(read, flags);
  const file = CampaignFile.open(read.folder, host, group);
  const api = await open(host, targets.map(({ name }) => name), flags, version);
  const pulls = pullsOf(read, targets, file, group, host);
  const { actor, repositories } = await readRepositories(api, pulls.map(({ name }) => name));
  const notes: string[] = [];
  const run = verb === 'status' ? { items: await statusOf(api, pulls, repositories, actor, file), limits: NO_LIMITS } : await runCampaign(pulls.map((pull, index) => closingRow(pull, repositories[index])), {
    api, plan: read.digest, actor, useFork: false, file, write: flags.write, limits: {}, labels: [], isDraft: true, farewell, isKnown: () => true,
    knownFork: ({ repository, provider }) => ownerAndName(file.find(fullName(repository), provider)?.fork ?? ''),
    reviewersOf: () => [], now: () => new Date(), wait: async (milliseconds) => await pause(milliseconds),
  });
  // Where there is none to close, nothing is said of it.
  const items = run.items.map((item): CampaignItem => (verb === 'close' && item.outcome === 'nothing' && item.number === null ? { ...item, reason: null } : item));
  const trackingIssue = await notedTracking(api, file, items, actor, flags, notes);
  return resultOf({ version, kind: verb, read, host, flags, actor, items, limits: run.limits, trackingIssue, notes, api });
}

interface Pull {
  readonly name: RepositoryName;
  readonly provider: string | null;
}

/** Every pull request that the campaign has, or may have. */
function pullsOf({ plan }: PlanRead, targets: readonly { readonly name: RepositoryName; readonly ids: readonly string[] }[], file: CampaignFile, group: Grouping, host: string): readonly Pull[] {
  const planned = targets.flatMap(({ name, ids }): readonly Pull[] => {
    const migrations = plan.migrations.filter(({ target, chosen }) => ids.includes(target) && chosen !== null);
    if (group === 'repository') return migrations.length === 0 ? [] : [{ name, provider: null }];
    return [...new Set(migrations.map(({ provider }) => provider))].toSorted().map((provider) => ({ name, provider }));
  });
  const known = new Set(planned.map(keyOf));
  const remembered = file.state.items.flatMap(({ repository, provider }: Remembered): readonly Pull[] => {
    const name = ownerAndName(repository);
    return name === undefined ? [] : [{ name: { host, ...name }, provider }];
  });
  return [...planned, ...remembered.filter((pull) => !known.has(keyOf(pull)))];
}

function keyOf({ name, provider }: Pull): string {
  return JSON.stringify([fullName(name).toLowerCase(), provider]);
}

function closingRow({ name, provider }: Pull, facts: RepositoryRead | undefined): Row {
  if (facts?.kind !== 'facts') return { proposal: emptyProposal(name, provider, { refusal: facts ?? { reason: 'It could not be read.', fix: 'Run again.' }, nothing: null }), facts: undefined, text: null };
  return { proposal: emptyProposal(name, provider, { refusal: null, nothing: 'The campaign was ended.' }), facts, text: null };
}

async function statusOf(api: GithubApi, pulls: readonly Pull[], repositories: readonly RepositoryRead[], actor: string | null, file: CampaignFile): Promise<readonly CampaignItem[]> {
  const items: CampaignItem[] = [];
  for (let from = 0; from < pulls.length; from += AT_ONCE) items.push(...(await Promise.all(pulls.slice(from, from + AT_ONCE).map(async (pull, index) => await itemOf(api, pull, repositories[from + index], actor, file)))));
  return items;
}

const MOST_ATTEMPTS = 20;
const AT_ONCE = 8;

async function itemOf(api: GithubApi, { name, provider }: Pull, facts: RepositoryRead | undefined, actor: string | null, file: CampaignFile): Promise<CampaignItem> {
  const base = { repository: fullName(name), provider, branch: null, fork: null, fix: null, number: null, url: null, state: null, wanted: null, notes: [] } as const;
  if (facts?.kind !== 'facts') return { ...base, outcome: 'refused', reason: facts?.reason ?? 'It could not be read.', fix: facts?.fix ?? 'Run again.' };
  const fork = ownerAndName(file.find(fullName(name), provider)?.fork ?? '');
  const place: Place = { facts, owner: fork?.owner ?? name.owner, name: fork?.name ?? name.name, provider };
  try {
    let attempt = 1;
    let stands = standing(await look(api, place, attempt), actor);
    // After one that was merged there may be another.
    while (stands.outcome === 'merged' && attempt < MOST_ATTEMPTS) {
      const later = standing(await look(api, place, attempt + 1), actor);
      if (later.pull === null && later.outcome === 'nothing') break;
      attempt += 1;
      stands = later;
    }
    const { pull } = stands;
    return { ...base, branch: branchName(name, provider, attempt), fork: forkOf(place), outcome: stands.outcome, reason: stands.reason, number: pull?.number ?? null, url: pull?.url ?? null, state: pull === null ? null : pull.state === 'open' && pull.isDraft ? 'draft' : pull.state };
  } catch (error) {
    const fault = faultOf(error);
    return { ...base, outcome: 'failed', reason: fault.reason, fix: fault.fix };
  }
}
