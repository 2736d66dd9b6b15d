import type { GithubApi } from '../../github/types.ts';
import { decide, type Decision, type Found, type Wanted } from './decide.ts';
import { faultOf } from './faults.ts';
import { type Fork, findFork } from './fork.ts';
import { look, type Place } from './look.ts';
import { fullName } from './names.ts';
import type { PullRequestText } from './perform.ts';
import type { Proposal } from './propose.ts';
import type { RepositoryFacts } from './read.ts';

/** One pull request of a campaign, before anything is done about it. */
export interface Row {
  readonly proposal: Proposal;
  /** Undefined when the repository could not be read. */
  readonly facts: RepositoryFacts | undefined;
  readonly text: PullRequestText | null;
}

export interface Surveyed {
  readonly row: Row;
  readonly place: Place | undefined;
  /** The fork has to be made first. */
  readonly needsFork: boolean;
  readonly found: Found | undefined;
  readonly decision: Exclude<Decision, { readonly kind: 'next' }> | { readonly kind: 'failed'; readonly reason: string; readonly fix: string };
}

export interface SurveyOptions {
  readonly api: GithubApi;
  /** SHA-256 of plan.json. */
  readonly plan: string;
  readonly actor: string | null;
  readonly useFork: boolean;
  /** Whether an earlier run has had to do with it: where the plan wants nothing and never did, only then is there something to look for. */
  readonly isKnown: (proposal: Proposal) => boolean;
  /** The fork that an earlier run has used. */
  readonly knownFork: (proposal: Proposal) => Fork | undefined;
}

/** As often may a repository have had a pull request of ours merged. */
const MOST_ATTEMPTS = 20;

/** Looks what is there for one row, and decides. Reads only. */
export async function survey(row: Row, options: SurveyOptions): Promise<Surveyed> {
  const { proposal, facts } = row;
  const wanted = wantedOf(row, options.plan);
  if (facts === undefined) return unread(row, proposal.refusal ?? { reason: 'It could not be read.', fix: 'Run again.' });
  if (wanted.kind === 'nothing' && !proposal.isPlanned && !options.isKnown(proposal)) return { row, place: undefined, needsFork: false, found: undefined, decision: { kind: 'stay', outcome: 'nothing', pull: null, reason: wanted.why, fix: null } };
  try {
    const place = await placeOf(row, facts, options);
    if ('reason' in place) return unread(row, place);
    const at: Place = place.fork === undefined ? { facts, owner: facts.name.owner, name: facts.name.name, provider: proposal.provider } : { facts, ...place.fork, provider: proposal.provider };
    if (place.needsFork) return { row, place: at, needsFork: true, found: { attempt: 1, branch: undefined, pulls: [] }, decision: settled(decide(wanted, { attempt: 1, branch: undefined, pulls: [] }, options.actor)) };
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt += 1) {
      const found = await look(options.api, at, attempt);
      const decision = decide(wanted, found, options.actor);
      if (decision.kind !== 'next') return { row, place: at, needsFork: false, found, decision };
    }
    return unread(row, { reason: `${MOST_ATTEMPTS} pull requests of this plan were merged here already.`, fix: 'Find out why it has to be done again and again.' });
  } catch (error) {
    const fault = faultOf(error);
    return { row, place: undefined, needsFork: false, found: undefined, decision: { kind: 'failed', reason: fault.reason, fix: fault.fix } };
  }
}

function unread(row: Row, { reason, fix }: { readonly reason: string; readonly fix: string }): Surveyed {
  return { row, place: undefined, needsFork: false, found: undefined, decision: { kind: 'stay', outcome: 'refused', pull: null, reason, fix } };
}

function settled(decision: Decision): Surveyed['decision'] {
  if (decision.kind === 'next') throw new Error('nothing was merged where nothing is');
  return decision;
}

/** What there should be. Pure. */
export function wantedOf({ proposal, text }: Row, plan: string): Wanted {
  if (proposal.refusal !== null) return { kind: 'refused', plan, ...proposal.refusal };
  if (proposal.edits.length === 0 || text === null) return { kind: 'nothing', plan, why: proposal.nothing ?? 'The plan changes no file of it.' };
  return { kind: 'changes', plan, content: proposal.content, title: text.title, body: text.body };
}

type Where = { readonly fork?: Fork; readonly needsFork: boolean } | { readonly reason: string; readonly fix: string };

/** The repository itself, where the token may push; else a fork, when one was asked for. What can be told without a right to push is told all the same. */
async function placeOf({ proposal }: Row, facts: RepositoryFacts, { api, useFork, actor, knownFork }: SurveyOptions): Promise<Where> {
  if (facts.canPush !== false) return { needsFork: false };
  const known = knownFork(proposal);
  if (known !== undefined) return { fork: known, needsFork: false };
  if (proposal.edits.length === 0) return { needsFork: false };
  if (!useFork) return { reason: 'The token has no right to push to it.', fix: 'Use one that has, or --fork.' };
  if (actor === null || actor.endsWith('[bot]')) return { reason: 'An App has no forks.', fix: 'Use the token of a user for --fork, or install the App there.' };
  const fork = await findFork(api, facts.name, actor);
  return fork === undefined ? { fork: { owner: actor, name: facts.name.name }, needsFork: true } : { fork, needsFork: false };
}

/** `me/app` when the branch is not in the repository itself. */
export function forkOf(place: Place | undefined): string | null {
  if (place === undefined) return null;
  const name = fullName(place);
  return name.toLowerCase() === fullName(place.facts.name).toLowerCase() ? null : name;
}
