import type { GithubApi } from '../../github/types.ts';
import type { CampaignItem, CampaignLimits, Outcome } from '../../model/pull-request.ts';
import type { FoundPull } from './decide.ts';
import { type Fault, faultOf } from './faults.ts';
import { makeFork } from './fork.ts';
import { type LimitOptions, Limits } from './limits.ts';
import { branchName, fullName } from './names.ts';
import { finish, perform, type Publication } from './perform.ts';
import type { CampaignFile, Remembered } from './state.ts';
import { forkOf, type Row, survey, type Surveyed, type SurveyOptions } from './survey.ts';

export interface RunOptions extends SurveyOptions {
  readonly api: GithubApi;
  readonly file: CampaignFile;
  readonly write: boolean;
  readonly limits: LimitOptions;
  readonly labels: readonly string[];
  readonly reviewersOf: (row: Row) => readonly string[];
  readonly isDraft: boolean;
  readonly farewell: (why: string) => string;
  readonly now: () => Date;
  readonly wait: (milliseconds: number) => Promise<void>;
  /** Told after each row is done. */
  readonly onDone?: (item: CampaignItem) => void;
}

export interface RunResult {
  readonly items: readonly CampaignItem[];
  readonly limits: CampaignLimits;
}

interface Seen {
  readonly surveyed: Surveyed;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Rows that are looked at together; changes are made one by one. */
const AT_ONCE = 8;
const HOUR = 3_600_000;
/** What was seen longer ago is looked at again before it is acted on. */
const FRESH = 60_000;
/** Looks and goes on as often after an answer that was lost. */
const MOST_TRIES = 4;
/** So many refusals in a row are no matter of one repository. */
const MOST_REFUSALS = 3;

/**
 * Looks at the rows, and, with `write`, does what is to be done about each, one after the other. A few are looked at and then acted on, so that what was seen is
 * still so; only where it counts how many are open altogether, all are looked at first.
 */
export async function runCampaign(rows: readonly Row[], options: RunOptions): Promise<RunResult> {
  const { file } = options;
  const atOnce = options.limits.open === undefined ? AT_ONCE : rows.length;
  const inRows = new Set(rows.map(({ proposal }) => keyOf(fullName(proposal.repository), proposal.provider)));
  const openElsewhere = file.state.items.filter((item) => item.state === 'open' && !inRows.has(keyOf(item.repository, item.provider))).length;
  const limits = new Limits(options.limits, openElsewhere, file.openedSince(options.now().getTime() - HOUR));
  const items: CampaignItem[] = [];
  const course = new Course();
  for (let from = 0; from < rows.length; from += atOnce) {
    const seen = await lookAt(rows.slice(from, from + atOnce), options);
    for (const { surveyed: { decision } } of seen) if (decision.kind !== 'failed' && decision.pull?.state === 'open') limits.countFound();
    for (const { surveyed, at } of seen) {
      const item = await settle(surveyed, at, options, limits, course);
      items.push(item);
      options.onDone?.(item);
    }
  }
  return { items, limits: limits.left };
}

async function lookAt(rows: readonly Row[], options: RunOptions): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  for (let from = 0; from < rows.length; from += AT_ONCE) {
    seen.push(...(await Promise.all(rows.slice(from, from + AT_ONCE).map(async (row): Promise<Seen> => ({ surveyed: await survey(row, options), at: options.now().getTime() })))));
  }
  return seen;
}

/** Whether to go on: a token that may not write is found out once, not in each of four hundred repositories. */
class Course {
  #done = 0;
  #refusals = 0;
  stopped: string | undefined;

  count(outcome: Outcome): void {
    if (outcome === 'created' || outcome === 'updated' || outcome === 'closed') {
      this.#done += 1;
      this.#refusals = 0;
    }
  }

  refuse(repository: string): void {
    this.#refusals += 1;
    if (this.#done === 0 || this.#refusals >= MOST_REFUSALS) this.stopped = `Not tried: the token was refused at ${repository}.`;
  }
}

async function settle(surveyed: Surveyed, at: number, options: RunOptions, limits: Limits, course: Course): Promise<CampaignItem> {
  const { decision } = surveyed;
  if (decision.kind === 'failed') return itemOf(surveyed, options, { outcome: 'failed', reason: decision.reason, fix: decision.fix });
  if (decision.kind === 'stay') {
    await rememberSeen(surveyed, decision.pull, options);
    const notes = options.write && decision.outcome === 'unchanged' ? await finishEarlier(surveyed, decision.pull, options) : [];
    return itemOf(surveyed, options, { outcome: decision.outcome, reason: decision.reason, fix: decision.fix, pull: decision.pull, notes });
  }
  if (course.stopped !== undefined) return itemOf(surveyed, options, { outcome: 'held', reason: course.stopped, fix: 'Give the token what it needs, and run again.', pull: decision.pull });
  const isNew = decision.outcome === 'created';
  if (isNew && limits.reason !== undefined) return itemOf(surveyed, options, { outcome: 'held', reason: limits.reason, fix: null, pull: decision.pull });
  if (!options.write) {
    if (isNew) limits.countOpened();
    if (decision.outcome === 'closed') limits.countClosed();
    return itemOf(surveyed, options, { outcome: decision.outcome, reason: decision.reason, fix: null, pull: decision.pull });
  }
  const item = await act(surveyed, at, options, course);
  if (item.outcome === 'created') limits.countOpened();
  if (item.outcome === 'closed') limits.countClosed();
  course.count(item.outcome);
  return item;
}

/** Acts on a row until it is as it should be, looking anew after whatever was lost. */
async function act(first: Surveyed, at: number, options: RunOptions, course: Course): Promise<CampaignItem> {
  let surveyed = first;
  let fault: Fault | undefined;
  const intended = first.decision.kind === 'act' ? first.decision.outcome : undefined;
  for (let attempt = 0; attempt < MOST_TRIES; attempt += 1) {
    try {
      if (surveyed.needsFork) surveyed = await withFork(surveyed, options);
      else if (attempt > 0 || options.now().getTime() - at > FRESH) surveyed = await survey(surveyed.row, options);
      const { decision, place, found } = surveyed;
      if (decision.kind === 'failed') return itemOf(surveyed, options, { outcome: 'failed', reason: decision.reason, fix: decision.fix });
      if (decision.kind === 'stay') return await seenDone(surveyed, decision, options, attempt > 0 ? intended : undefined);
      if (place === undefined || found === undefined) throw new Error('a decision to act on nothing');
      const opening = decision.steps.some(({ kind }) => kind === 'open');
      const publication = publicationOf(surveyed, options);
      const late = opening ? [] : await finishEarlier(surveyed, decision.pull, options);
      const performed = await perform(options.api, publication, decision.steps, async () => {
        await options.file.remember(rememberedOf(surveyed, { state: 'opening', number: null, opened: options.now().toISOString() }));
      });
      const pull = performed.pull ?? decision.pull;
      await rememberDone(surveyed, pull, opening, options);
      return itemOf(surveyed, options, { outcome: decision.outcome, reason: decision.reason, fix: null, pull, notes: [...late, ...performed.notes] });
    } catch (error) {
      fault = faultOf(error);
      if (fault.kind !== 'again') break;
    }
  }
  if (fault?.kind === 'permission') course.refuse(fullName(surveyed.row.proposal.repository));
  return itemOf(surveyed, options, { outcome: 'failed', reason: fault?.reason ?? 'It could not be done.', fix: fault?.fix ?? 'Run again.' });
}

/** An answer was lost, and what it was about is there: that it was this run which made it is known. */
async function seenDone(surveyed: Surveyed, decision: Extract<Surveyed['decision'], { readonly kind: 'stay' }>, options: RunOptions, intended: 'created' | 'updated' | 'closed' | 'nothing' | undefined): Promise<CampaignItem> {
  const { pull } = decision;
  await rememberSeen(surveyed, pull, options);
  const notes = decision.outcome === 'unchanged' ? await finishEarlier(surveyed, pull, options) : [];
  const isMade = (decision.outcome === 'unchanged' && (intended === 'created' || intended === 'updated')) || (decision.outcome === 'nothing' && intended === 'closed');
  return itemOf(surveyed, options, { outcome: isMade ? intended : decision.outcome, reason: decision.reason, fix: decision.fix, pull, notes });
}

/** Labels and reviewers that an earlier run, or an earlier try, may not have come to. */
async function finishEarlier(surveyed: Surveyed, pull: FoundPull | null, options: RunOptions): Promise<readonly string[]> {
  const known = options.file.find(fullName(surveyed.row.proposal.repository), surveyed.row.proposal.provider);
  if (pull === null || known?.state !== 'opening' || surveyed.place === undefined) return [];
  let fault: Fault | undefined;
  // Either may be asked for twice: GitHub takes it once.
  for (let attempt = 0; attempt < MOST_TRIES && (fault === undefined || fault.kind === 'again'); attempt += 1) {
    try {
      const notes = await finish(options.api, publicationOf(surveyed, options), pull);
      await options.file.remember({ ...known, state: 'open', number: pull.number });
      return notes;
    } catch (error) {
      fault = faultOf(error);
    }
  }
  return [`Labels and reviewers are still missing: ${fault?.reason ?? ''}`];
}

async function withFork(surveyed: Surveyed, options: RunOptions): Promise<Surveyed> {
  const { row } = surveyed;
  if (row.facts === undefined) return surveyed;
  const fork = await makeFork(options.api, row.facts, options.wait);
  if (fork === undefined) return { ...surveyed, needsFork: false, decision: { kind: 'failed', reason: 'The fork is not there yet.', fix: 'Run again in some minutes.' } };
  return await survey(row, { ...options, knownFork: () => fork });
}

function publicationOf({ row, place, found }: Surveyed, options: RunOptions): Publication {
  if (place === undefined) throw new Error('a pull request in no place');
  return { place, attempt: found?.attempt ?? 1, edits: row.proposal.edits, text: row.text, labels: options.labels, reviewers: options.reviewersOf(row), isDraft: options.isDraft, farewell: options.farewell };
}

// --- what is remembered ---

function rememberedOf({ row, place, found }: Surveyed, what: Pick<Remembered, 'state' | 'number' | 'opened'>): Remembered {
  const { repository, provider } = row.proposal;
  return { repository: fullName(repository), provider, branch: branchName(repository, provider, found?.attempt ?? 1), fork: forkOf(place), ...what };
}

async function rememberDone(surveyed: Surveyed, pull: FoundPull | null, isOpening: boolean, options: RunOptions): Promise<void> {
  const { repository, provider } = surveyed.row.proposal;
  const known = options.file.find(fullName(repository), provider);
  if (pull === null) return;
  const opened = isOpening ? options.now().toISOString() : (known?.opened ?? null);
  await options.file.remember(rememberedOf(surveyed, { state: pull.state, number: pull.number, opened }));
}

/** What was found is written down in a dry run, too: it is a fact, and no later run has to look for it. Not when labels may be missing. */
async function rememberSeen(surveyed: Surveyed, pull: FoundPull | null, options: RunOptions): Promise<void> {
  if (!options.write || pull === null || surveyed.place === undefined) return;
  const { repository, provider } = surveyed.row.proposal;
  const known = options.file.find(fullName(repository), provider);
  if (known?.state === 'opening' && pull.state === 'open') return;
  await options.file.remember(rememberedOf(surveyed, { state: pull.state, number: pull.number, opened: known?.opened ?? null }));
}

function keyOf(repository: string, provider: string | null): string {
  return JSON.stringify([repository.toLowerCase(), provider]);
}

// --- rows of the table ---

interface Ended {
  readonly outcome: Outcome;
  readonly reason: string | null;
  readonly fix: string | null;
  readonly pull?: FoundPull | null;
  readonly notes?: readonly string[];
}

function itemOf(surveyed: Surveyed, options: RunOptions, { outcome, reason, fix, pull = null, notes = [] }: Ended): CampaignItem {
  const { row, place, found } = surveyed;
  const { proposal, facts, text } = row;
  return {
    repository: fullName(proposal.repository), provider: proposal.provider,
    branch: place === undefined ? null : branchName(proposal.repository, proposal.provider, found?.attempt ?? 1), fork: forkOf(place),
    outcome, reason, fix, number: pull?.number ?? null, url: pull === null || pull.url === '' ? null : pull.url, state: pull === null ? null : pull.state === 'open' && pull.isDraft ? 'draft' : pull.state,
    wanted: text === null || facts === undefined || proposal.edits.length === 0 ? null : {
      title: text.title, body: text.body, labels: options.labels, reviewers: options.reviewersOf(row), isDraft: options.isDraft, base: facts.base,
      files: proposal.files, summary: proposal.summary, toSet: proposal.toSet,
    },
    notes: [...proposal.notes, ...notes],
  };
}
