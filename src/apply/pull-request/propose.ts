import type { AppliedFile, ApplySummary, ValueToSet } from '../../model/apply.ts';
import type { Provider } from '../../model/provider.ts';
import type { Grouping } from '../../model/pull-request.ts';
import type { Input } from '../../model/text.ts';
import { replacementsOf } from '../../rewrite/replacements.ts';
import type { IdStyle, Rewriter } from '../../rewrite/types.ts';
import { digestOf, type FileState } from '../files.ts';
import type { KeyFinder } from '../keys.ts';
import { beforeOf, type ChangeName, Proposer, type Proposed, shownFile, summaryOf } from '../propose.ts';
import type { PlanToApply } from '../read-plan.ts';
import { valuesToSet } from '../to-set.ts';
import { blobOid, contentDigest, type FileId } from './content.ts';
import type { RepositoryName } from './names.ts';
import type { FileRead } from './read.ts';

/** How the proposals of all repositories are made. */
export interface ProposalOptions {
  readonly plan: PlanToApply;
  readonly rewriters: readonly Rewriter[];
  readonly providers: readonly Provider[];
  readonly keys: KeyFinder;
  readonly value: (input: string) => string | undefined;
  readonly inputs: ReadonlyMap<string, Input>;
  readonly ids: IdStyle;
  readonly group: Grouping;
  readonly allowLeftovers: boolean;
}

/** One file as the commit is to have it. */
export interface FileEdit extends FileId {
  readonly bytes: Buffer;
}

/** What one pull request is to hold. */
export interface Proposal {
  readonly repository: RepositoryName;
  /** Registry id, where each provider has a pull request of its own. */
  readonly provider: string | null;
  /** Targets of the plan that are this repository. */
  readonly targets: readonly string[];
  readonly files: readonly AppliedFile[];
  readonly summary: ApplySummary;
  readonly toSet: readonly ValueToSet[];
  readonly edits: readonly FileEdit[];
  /** Digest of the edits. */
  readonly content: string;
  /** Why it cannot be made. */
  readonly refusal: { readonly reason: string; readonly fix: string } | null;
  /** The plan has a path for something in it, so that it may have had a pull request. */
  readonly isPlanned: boolean;
  /** Why there is nothing to be done, when there are no edits and no refusal. */
  readonly nothing: string | null;
  readonly notes: readonly string[];
}

/** GitHub compares no more files of a branch than this, and nobody reviews them. */
const MOST_FILES = 250;

/** A repository with everything that could be changed in it. */
export interface Prepared {
  readonly repository: RepositoryName;
  /** Targets of the plan that are this repository. */
  readonly targets: readonly string[];
  /** By path, as they are at the head of its default branch. */
  readonly files: ReadonlyMap<string, FileRead>;
  readonly proposers: readonly Proposer[];
}

/** Makes every change of one repository in memory. */
export async function prepare(repository: RepositoryName, targets: readonly string[], files: ReadonlyMap<string, FileRead>, options: ProposalOptions): Promise<Prepared> {
  const proposers: Proposer[] = [];
  for (const id of targets) {
    proposers.push(await Proposer.start({
      rewriters: options.rewriters, providers: options.providers, plan: options.plan, target: { id, name: '', root: '' }, keys: options.keys, value: options.value, ids: options.ids, done: new Set(), idle: new Set(),
      files: (path): FileState => files.get(path)?.state ?? { kind: 'missing' },
    }));
  }
  return { repository, targets, files, proposers };
}

/** What is proposed for one repository: one pull request, or one a provider. Pure once it is prepared. */
export function proposalsOf({ repository, targets, files, proposers }: Prepared, isChosen: (change: ChangeName) => boolean, options: ProposalOptions): readonly Proposal[] {
  const own = options.plan.migrations.filter(({ target }) => targets.includes(target));
  const providerOf = new Map(own.map(({ id, provider }) => [id, provider]));
  const migrations = new Map(proposers.flatMap(({ everything }) => everything.flatMap(({ target, file }) => file.changes.map((change) => [nameOf({ target: target.id, path: file.path, rewriter: change.rewriter, id: change.id }), change.migrations] as const))));
  const executable = [...files].filter(([, { isExecutable }]) => isExecutable).map(([path]) => path);
  const isWanted = (provider: string | null) => (name: ChangeName): boolean => {
    if (executable.includes(name.path) || !isChosen(name)) return false;
    // A change for two providers goes with the first, so that it is made once.
    return provider === null || (migrations.get(nameOf(name)) ?? []).map((id) => providerOf.get(id) ?? '').toSorted()[0] === provider;
  };
  const groups: readonly (string | null)[] = options.group === 'repository' ? [null] : [...new Set(own.filter(({ chosen }) => chosen !== null).map(({ provider }) => provider))].toSorted();
  return (groups.length === 0 ? [null] : groups).map((provider) => {
    const chosen = proposers.flatMap((proposer) => proposer.choose(isWanted(provider)));
    return proposalOf({ repository, provider, targets, chosen, files, executable }, options);
  });
}

/** A repository that cannot be read, or of which an earlier run made a pull request and the plan says nothing. */
export function emptyProposal(repository: RepositoryName, provider: string | null, what: Pick<Proposal, 'refusal' | 'nothing'>): Proposal {
  return { repository, provider, targets: [], files: [], summary: summaryOf([], 0), toSet: [], edits: [], content: contentDigest([]), isPlanned: false, notes: [], ...what };
}

interface Chosen {
  readonly repository: RepositoryName;
  readonly provider: string | null;
  readonly targets: readonly string[];
  readonly chosen: readonly Proposed[];
  readonly files: ReadonlyMap<string, FileRead>;
  readonly executable: readonly string[];
}

function proposalOf({ repository, provider, targets, chosen, files: read, executable }: Chosen, options: ProposalOptions): Proposal {
  const { plan, providers, keys } = options;
  const ofProvider = new Set(plan.migrations.filter((migration) => provider === null || migration.provider === provider).map(({ id }) => id));
  const isOurs = ({ migrations }: { readonly migrations: readonly string[] }): boolean => provider === null || migrations.length === 0 || migrations.some((id) => ofProvider.has(id));
  const files = chosen.map((proposed) => shownFile(proposed, keys, digestOf)).map((file) => ({ ...file, declined: file.declined.filter(isOurs), refusals: file.refusals.filter(isOurs) }));
  const edits = editsOf(chosen);
  const summary = summaryOf(files, 0);
  const replacements = targets.flatMap((target) => replacementsOf(plan, target, providers).replacements);
  const stale = staleFiles(plan, targets, read);
  const refusal = refusalOf(edits, stale, summary, options);
  return {
    repository, provider, targets, files, summary, toSet: valuesToSet(files, replacements, options.inputs, options.value, beforeOf(chosen)),
    edits: refusal === null && edits !== 'differ' ? edits : [],
    content: contentDigest(edits === 'differ' ? [] : edits),
    isPlanned: plan.migrations.some(({ id, target, chosen }) => targets.includes(target) && ofProvider.has(id) && chosen !== null),
    refusal: refusal ?? (edits.length === 0 && stale.length > 0 && !isGone(plan, targets, ofProvider, read) ? changedSince(stale) : null),
    nothing: edits.length > 0 || refusal !== null ? null : stale.length > 0 ? 'Its files no longer name the keys.' : summary.declined > 0 ? 'No change of it was chosen.' : 'The plan changes no file of it.',
    notes: executable.filter((path) => files.some((file) => file.path === path && file.declined.length > 0)).map((path) => `${path} is executable, which GitHub's API for commits does not promise to keep: change it by hand.`),
  };
}

/** `differ`: two targets of the plan are this repository, and want different things of one file. */
function editsOf(chosen: readonly Proposed[]): readonly FileEdit[] | 'differ' {
  const edits = new Map<string, FileEdit>();
  for (const { file } of chosen) {
    if (file.after === file.before) continue;
    const bytes = Buffer.from(file.after, 'utf8');
    const edit = { path: file.path, oid: blobOid(bytes), bytes };
    if ((edits.get(file.path)?.oid ?? edit.oid) !== edit.oid) return 'differ';
    edits.set(file.path, edit);
  }
  return [...edits.values()];
}

interface Stale {
  readonly path: string;
  /** The plan was made without the file at hand. */
  readonly isUnknown: boolean;
}

function staleFiles(plan: PlanToApply, targets: readonly string[], files: ReadonlyMap<string, FileRead>): readonly Stale[] {
  return plan.sources.filter(({ target, path, sha256 }) => {
    const state = files.get(path)?.state;
    if (!targets.includes(target) || state === undefined || state.kind === 'unreadable') return false;
    return state.kind === 'missing' ? sha256 !== null : state.sha256 !== sha256;
  }).map(({ path, sha256 }) => ({ path, isUnknown: sha256 === null }));
}

function refusalOf(edits: readonly FileEdit[] | 'differ', stale: readonly Stale[], summary: ApplySummary, { allowLeftovers }: ProposalOptions): Proposal['refusal'] {
  if (edits === 'differ') return { reason: 'Two targets of the plan are this repository, and change one file in two ways.', fix: 'Plan the repository once.' };
  const touched = stale.filter(({ path }) => edits.some((edit) => edit.path === path));
  if (touched.length > 0) return changedSince(touched);
  if (edits.length > MOST_FILES) return { reason: `It would change ${edits.length} files, more than a pull request shows.`, fix: 'Choose with --only, or --group provider.' };
  if (edits.length > 0 && summary.leftovers > 0 && !allowLeftovers) {
    return { reason: `${summary.leftovers} ${summary.leftovers === 1 ? 'key is' : 'keys are'} left that would win over the new identity.`, fix: 'Take it out by hand and plan again, choose with --only what it does not touch, or say --allow-leftovers.' };
  }
  return null;
}

const MOST_NAMED = 3;

function changedSince(stale: readonly Stale[]): { readonly reason: string; readonly fix: string } {
  const names = `${stale.slice(0, MOST_NAMED).map(({ path }) => path).join(', ')}${stale.length > MOST_NAMED ? ` and ${stale.length - MOST_NAMED} more` : ''}`;
  if (stale.every(({ isUnknown }) => isUnknown)) return { reason: `The plan was made without ${names} at hand.`, fix: 'Plan again where the files are: dekey plan.' };
  return { reason: `Changed since the plan: ${names}.`, fix: 'Plan again: dekey plan --overwrite.' };
}

/** Somebody has done by hand what was planned: no file of a migration that was to be carried out names its keys any more. */
function isGone({ migrations }: PlanToApply, targets: readonly string[], wanted: ReadonlySet<string>, files: ReadonlyMap<string, FileRead>): boolean {
  return migrations.filter(({ id, target, chosen }) => targets.includes(target) && wanted.has(id) && chosen?.outcome === 'gone').every(({ path, keys }) => {
    const state = files.get(path)?.state;
    return state?.kind === 'missing' || (state?.kind === 'text' && !keys.some((key) => key !== '' && state.text.includes(key)));
  });
}

/** One text for each change of a plan. */
export function nameOf({ target, path, rewriter, id }: ChangeName): string {
  return JSON.stringify([target, path, rewriter, id]);
}
