import { setTimeout as pause } from 'node:timers/promises';
import { resolve } from 'node:path';
import { KeyFinder } from '../../apply/keys.ts';
import type { ChangeName } from '../../apply/propose.ts';
import { framed, trailers } from '../../apply/pull-request/content.ts';
import { CODEOWNERS_PATHS, ownersOf } from '../../apply/pull-request/codeowners.ts';
import { emptyProposal, nameOf, prepare, type Prepared, type Proposal, type ProposalOptions, proposalsOf } from '../../apply/pull-request/propose.ts';
import { type FileRead, type RepositoryRead, readFiles, readRepositories } from '../../apply/pull-request/read.ts';
import { isWorkflow, rightsOf } from '../../apply/pull-request/rights.ts';
import { runCampaign } from '../../apply/pull-request/run.ts';
import { CampaignFile } from '../../apply/pull-request/state.ts';
import type { Row } from '../../apply/pull-request/survey.ts';
import { fullName, ownerAndName, type RepositoryName } from '../../apply/pull-request/names.ts';
import { type PlanRead, readPlan } from '../../apply/read-plan.ts';
import { type Selectable, selection } from '../../apply/select.ts';
import { UsageError } from '../../model/errors.ts';
import type { CampaignItem, CampaignResult } from '../../model/pull-request.ts';
import type { GithubApi } from '../../github/types.ts';
import { partyInputs } from '../../parties/inputs.ts';
import { providers } from '../../providers/index.ts';
import { commitMessage, farewell, pullRequestBody, pullRequestTitle } from '../../report/pull-request.ts';
import { rewriters } from '../../rewrite/index.ts';
import { visible } from '../../support/escape.ts';
import { valuesOf } from '../apply-shared.ts';
import { type CampaignFlags, commandLine, exitCodeOf, flagsFrom, notedTracking, openFor, printCampaign, repositoriesOf, resultOf } from '../campaign-shared.ts';
import { wordsFor } from '../pull-request-words.ts';

/** Runs `dekey apply PLAN --pull-request`: shows the pull requests of a plan, and makes them with `--write`. Returns the exit code. */
export async function runPullRequests(planName: string, raw: Readonly<Record<string, unknown>>, version: string): Promise<number> {
  const flags = flagsFrom(raw);
  const read = readPlan(resolve(process.cwd(), planName), planName);
  const result = await publish(read, flags, version, openFor);
  await printCampaign(result, read, flags, commandLine(['dekey apply', planName, '--pull-request'], flags, true));
  return exitCodeOf(result.items);
}

/**
 * Reads, proposes, looks what is there, and with `--write` makes what is missing.
 *
 * @param open gives the API for a host and the repositories there
 */
export async function publish(read: PlanRead, flags: CampaignFlags, version: string, open: typeof openFor): Promise<CampaignResult> {
  const { host, targets, unhosted } = repositoriesOf(read, flags);
  const api = await open(host, targets.map(({ name }) => name), flags, version);
  const file = CampaignFile.open(read.folder, host, flags.group);
  const names = withRemembered(targets, file, flags, host);
  const { actor, repositories } = await readRepositories(api, names.map(({ name }) => name));

  const files = await readAll(api, read, names, repositories, flags);
  const options = proposalOptions(read, flags);
  const prepared: (Prepared | undefined)[] = [];
  for (const [index, { name, ids }] of names.entries()) prepared.push(repositories[index]?.kind === 'facts' ? await prepare(name, ids, files[index] ?? new Map(), options) : undefined);
  const isChosen = chosenBy(flags.only, read, prepared);
  const rows = names.flatMap(({ name, ids }, index) => rowsOf({ name, ids, facts: repositories[index], prepared: prepared[index], files: files[index] ?? new Map(), isChosen, options, read, file }));

  const notes = unhosted.length === 0 ? [] : [`${unhosted.length === 1 ? 'One target is' : `${unhosted.length} targets are`} in no repository at a GitHub: ${unhosted.slice(0, 5).join(', ')}.`];
  await checkRights(api, actor, rows, flags, notes);
  const run = await runCampaign(rows, {
    api, plan: read.digest, actor, useFork: flags.fork, file, write: flags.write, limits: flags.limits, labels: flags.labels, isDraft: !flags.ready, farewell,
    isKnown: ({ repository, provider }) => file.find(fullName(repository), provider) !== undefined,
    knownFork: ({ repository, provider }) => ownerAndName(file.find(fullName(repository), provider)?.fork ?? ''),
    reviewersOf: ({ proposal, facts }) => reviewersOf(proposal, files[names.findIndex(({ name }) => name === facts?.name)], flags, actor),
    now: () => new Date(), wait: async (milliseconds) => await pause(milliseconds), onDone: progress(flags.write ? rows.length : 0),
  });
  const trackingIssue = await notedTracking(api, file, run.items, actor, flags, notes);
  return resultOf({ version, kind: 'publish', read, host, flags, actor, items: run.items, limits: run.limits, trackingIssue, notes, api });
}

/**
 * Says what the token has to be allowed before anything is made.
 *
 * @throws UsageError when it is known to lack it, and something is to be made
 */
async function checkRights(api: GithubApi, actor: string | null, rows: readonly Row[], flags: CampaignFlags, notes: string[]): Promise<void> {
  const changed = rows.filter(({ proposal }) => proposal.edits.length > 0);
  if (changed.length === 0) return;
  const { refusal, note } = await rightsOf(api, actor, { workflows: changed.some(({ proposal }) => proposal.edits.some(({ path }) => isWorkflow(path))), isPrivate: changed.some(({ facts }) => facts?.isPublic === false) });
  if (refusal !== null && flags.write) throw new UsageError(refusal.reason.replace(/\.$/, ''), refusal.fix);
  if (refusal !== null) notes.push(`${refusal.reason} ${refusal.fix}`);
  if (note === null) return;
  if (!flags.write) notes.push(note);
  else process.stderr.write(`dekey: ${note}\n`);
}

interface Named {
  readonly name: RepositoryName;
  /** Ids of its targets. */
  readonly ids: readonly string[];
}

/** Repositories of the plan, and those of earlier plans whose pull request may have to be closed. */
function withRemembered(targets: readonly Named[], file: CampaignFile, flags: CampaignFlags, host: string): readonly Named[] {
  const known = new Set(targets.map(({ name }) => fullName(name).toLowerCase()));
  const others = file.state.items.flatMap(({ repository, state }): readonly Named[] => {
    const name = ownerAndName(repository);
    if (name === undefined || known.has(repository.toLowerCase()) || state === 'merged' || state === 'closed' || !flags.isChosen(repository, host)) return [];
    known.add(repository.toLowerCase());
    return [{ name: { host, ...name }, ids: [] }];
  });
  return [...targets, ...others];
}

async function readAll(api: GithubApi, { plan }: PlanRead, names: readonly Named[], repositories: readonly RepositoryRead[], flags: CampaignFlags): Promise<readonly ReadonlyMap<string, FileRead>[]> {
  const wanted = names.map(({ name, ids }, index) => {
    const facts = repositories[index];
    const sources = [...new Set(plan.sources.filter(({ target }) => ids.includes(target)).map(({ path }) => path))];
    const paths = facts?.kind !== 'facts' || sources.length === 0 ? [] : [...sources, ...(flags.reviewers === 'codeowners' ? CODEOWNERS_PATHS.filter((path) => !sources.includes(path)) : [])];
    return { repository: name, commit: facts?.kind === 'facts' ? facts.head : '', paths };
  });
  return await readFiles(api, wanted);
}

function proposalOptions(read: PlanRead, flags: CampaignFlags): ProposalOptions {
  const inputs = new Map([...Object.values(partyInputs), ...read.plan.inputs].map((input) => [input.id, input]));
  return { plan: read.plan, rewriters, providers, keys: new KeyFinder(), value: valuesOf(read, flags.set), inputs, ids: flags.ids, group: flags.group, allowLeftovers: flags.allowLeftovers };
}

/** `--only`, over all repositories together: a pattern that fits nothing anywhere is a mistake. */
function chosenBy(patterns: readonly string[], { plan }: PlanRead, prepared: readonly (Prepared | undefined)[]): (change: ChangeName) => boolean {
  if (patterns.length === 0) return () => true;
  const provider = new Map(plan.migrations.map(({ id, provider: its }) => [id, its]));
  const byName = new Map(prepared.flatMap((one) => one?.proposers ?? []).flatMap(({ everything }) => everything.flatMap(({ target, file }) => file.changes.map(({ id, rewriter, safety, migrations }): readonly [string, Selectable] => [
    nameOf({ target: target.id, path: file.path, rewriter, id }), { path: file.path, id, rewriter, safety, providers: [...new Set(migrations.flatMap((migration) => provider.get(migration) ?? []))] },
  ]))));
  const isSelected = selection(patterns, [...byName.values()], plan.sources.map(({ path }) => path));
  return (name) => {
    const change = byName.get(nameOf(name));
    return change !== undefined && isSelected(change);
  };
}

interface RowInput extends Named {
  readonly facts: RepositoryRead | undefined;
  readonly prepared: Prepared | undefined;
  readonly files: ReadonlyMap<string, FileRead>;
  readonly isChosen: (change: ChangeName) => boolean;
  readonly options: ProposalOptions;
  readonly read: PlanRead;
  readonly file: CampaignFile;
}

function rowsOf({ name, ids, facts, prepared, files, isChosen, options, read, file }: RowInput): readonly Row[] {
  if (facts?.kind !== 'facts' || prepared === undefined) {
    const refusal = facts?.kind === 'refused' ? { reason: facts.reason, fix: facts.fix } : { reason: 'It could not be read.', fix: 'Run again.' };
    return [{ proposal: emptyProposal(name, null, { refusal, nothing: null }), facts: undefined, text: null }];
  }
  const proposals = ids.length === 0 ? [] : proposalsOf(prepared, isChosen, options);
  const remembered = file.state.items.filter((item) => item.repository.toLowerCase() === fullName(name).toLowerCase() && !proposals.some(({ provider }) => provider === item.provider));
  const gone = remembered.map(({ provider }) => emptyProposal(name, provider, { refusal: null, nothing: 'The plan changes nothing here any more.' }));
  return [...proposals, ...gone].map((proposal) => ({ proposal, facts, text: proposal.edits.length === 0 ? null : textOf(proposal, files, facts.isPublic, options, read) }));
}

function textOf(proposal: Proposal, files: ReadonlyMap<string, FileRead>, isPublic: boolean, { plan, value }: ProposalOptions, { digest }: PlanRead): Row['text'] {
  const words = wordsFor(proposal, files, isPublic, plan, value);
  const title = pullRequestTitle(words);
  return {
    title, headline: title,
    body: framed(pullRequestBody(words), { plan: digest, content: proposal.content, isWithdrawn: false }),
    message: `${commitMessage(words)}\n\n${trailers(proposal.content, digest)}`,
  };
}

/** GitHub asks no more people at a time. */
const MOST_REVIEWERS = 15;

/** Owners of the changed files; never who opens the pull request. Teams of other organisations cannot be asked. */
function reviewersOf({ repository, edits }: Proposal, files: ReadonlyMap<string, FileRead> | undefined, { reviewers }: CampaignFlags, actor: string | null): readonly string[] {
  const named = reviewers === 'codeowners' ? ownersIn(files, edits.map(({ path }) => path)) : reviewers;
  return named.filter((one) => one.toLowerCase() !== actor?.toLowerCase() && (!one.includes('/') || one.toLowerCase().startsWith(`${repository.owner.toLowerCase()}/`))).slice(0, MOST_REVIEWERS);
}

function ownersIn(files: ReadonlyMap<string, FileRead> | undefined, paths: readonly string[]): readonly string[] {
  for (const path of CODEOWNERS_PATHS) {
    const state = files?.get(path)?.state;
    if (state?.kind === 'text') return ownersOf(state.text, paths);
  }
  return [];
}

function progress(total: number): (item: CampaignItem) => void {
  let done = 0;
  return ({ outcome, repository }) => {
    done += 1;
    if (total > 0 && process.stderr.isTTY) process.stderr.write(`\r\u001b[K${done} of ${total}  ${outcome} ${visible(repository).slice(0, 60)}${done === total ? '\r\u001b[K' : ''}`);
  };
}
