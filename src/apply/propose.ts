import type { ApplyResult, AppliedFile, ShownChange } from '../model/apply.ts';
import type { Provider } from '../model/provider.ts';
import { spliceText } from '../rewrite/edit.ts';
import { replacementsOf } from '../rewrite/replacements.ts';
import { prepare, type RewrittenFile, rewriteTarget } from '../rewrite/target.ts';
import type { FileRefusal, IdStyle, Rewriter } from '../rewrite/types.ts';
import { type FileState, readText } from './files.ts';
import { hunksOf, plainHunksOf, type Versions } from './diff.ts';
import type { KeyFinder } from './keys.ts';
import type { PlanToApply } from './read-plan.ts';
import type { Rooted } from './roots.ts';
import { type ByteSplice, undoSplices } from './splices.ts';

/** What one target is rewritten for. */
export interface Job {
  readonly rewriters: readonly Rewriter[];
  readonly providers: readonly Provider[];
  readonly plan: PlanToApply;
  readonly target: Rooted;
  readonly keys: KeyFinder;
  readonly value: (input: string) => string | undefined;
  readonly ids: IdStyle;
  /** Ids of migrations that earlier runs have carried out. */
  readonly done: ReadonlySet<string>;
  /** Those of them that no program has to follow. */
  readonly idle: ReadonlySet<string>;
  /** The files, where they are no folder of this machine. Else they are read below the root of the target. */
  readonly files?: (path: string) => FileState;
}

/** Which change is meant, wherever it stands. */
export interface ChangeName {
  readonly target: string;
  readonly path: string;
  readonly rewriter: string;
  readonly id: string;
}

/** A file with changes that can be made. */
export interface Proposed {
  readonly target: Rooted;
  readonly file: RewrittenFile;
  readonly state: FileState;
  readonly refusals: readonly FileRefusal[];
}

/** Rewrites the files of one target, once with everything that can be made and again with what was chosen. */
export class Proposer {
  readonly #job: Job;
  readonly #states = new Map<string, FileState>();
  readonly #paths: readonly string[];
  /** Changes that take out text that holds a key, by name. */
  readonly #literal = new Set<string>();
  #everything: readonly Proposed[] = [];

  private constructor(job: Job) {
    this.#job = job;
    this.#paths = [...new Set(job.plan.sources.filter(({ target }) => target === job.target.id).map(({ path }) => path))].toSorted((a, b) => (a < b ? -1 : 1));
  }

  /** Reads the files, loads the grammars, and makes every change in memory. */
  static async start(job: Job): Promise<Proposer> {
    const proposer = new Proposer(job);
    await Promise.all([prepare(job.rewriters, proposer.#paths), job.keys.prepare(proposer.#paths)]);
    const first = proposer.#rewrite(() => true);
    for (const proposed of first) {
      for (const change of proposer.#culprits(proposed.file)) proposer.#literal.add(nameOf({ target: job.target.id, path: proposed.file.path, rewriter: change.rewriter, id: change.id }));
    }
    proposer.#everything = proposer.#literal.size === 0 ? first : proposer.#rewrite(() => true);
    return proposer;
  }

  /** All that can be made. */
  get everything(): readonly Proposed[] {
    return this.#everything;
  }

  /** What is made of the changes that `accepts` takes; the others are named as declined. */
  choose(accepts: (change: ChangeName) => boolean): readonly Proposed[] {
    const isChosen = this.#everything.every(({ file, target }) => file.changes.every(({ id, rewriter }) => accepts({ target: target.id, path: file.path, rewriter, id })));
    return isChosen ? this.#everything : this.#rewrite(accepts);
  }

  /** As it was when it was first looked at: what is shown and what is written are made from one reading. */
  state(path: string): FileState {
    const known = this.#states.get(path);
    if (known !== undefined) return known;
    const state = this.#job.files?.(path) ?? readText(this.#job.target.root, path);
    this.#states.set(path, state);
    return state;
  }

  #rewrite(accepts: (change: ChangeName) => boolean): readonly Proposed[] {
    const { rewriters, providers, plan, target, value, ids, done, idle } = this.#job;
    const { replacements, kept } = replacementsOf(plan, target.id, providers);
    const read = (path: string): string | undefined => {
      const state = this.state(path);
      return state.kind === 'text' ? state.text : undefined;
    };
    const files = rewriteTarget(rewriters, {
      paths: this.#paths, read, replacements, kept, value, ids, done, idle,
      accepts: (change, path, rewriter) => !this.#literal.has(nameOf({ target: target.id, path, rewriter, id: change.id })) && accepts({ target: target.id, path, rewriter, id: change.id }),
    });
    return files.map((file) => this.#proposed(file));
  }

  #proposed(file: RewrittenFile): Proposed {
    const { target } = this.#job;
    const state = this.state(file.path);
    const isLiteral = ({ rewriter, id }: { readonly rewriter: string; readonly id: string }): boolean => this.#literal.has(nameOf({ target: target.id, path: file.path, rewriter, id }));
    const literal = file.declined.filter(isLiteral).map((change): FileRefusal => ({
      code: 'literal-key', line: change.line, reason: `${change.title}: the text that would be taken out holds a key itself.`,
      byHand: 'Revoke the key first, take it out by hand, and plan again.', migrations: change.migrations, shadows: false,
    }));
    const declined = file.declined.filter((change) => !isLiteral(change));
    // A file that an earlier run has edited has nothing left of the shape that was edited.
    const open = file.refusals.filter(({ code, shadows, migrations }) => shadows || code !== 'unknown-shape' || migrations.length === 0 || !migrations.every((id) => this.#job.done.has(id)));
    const refusals = state.kind === 'text' ? [...open, ...literal].toSorted((a, b) => a.line - b.line) : file.refusals.map((refusal) => unreadableRefusal(refusal, state));
    return { target, file: { ...file, declined }, state, refusals };
  }

  /** The changes of a file to blame for text with a key that would have to be kept for a rollback. */
  #culprits(file: RewrittenFile): RewrittenFile['changes'] {
    if (file.after === file.before || !this.#takesKey(file.path, file.before, file.after)) return [];
    const alone = stagesOf(file);
    const found = file.changes.filter((change) => {
      const stage = alone.get(change);
      return stage === undefined || this.#takesKey(file.path, stage.before, stage.after);
    });
    return found.length === 0 ? file.changes : found;
  }

  #takesKey(path: string, before: string, after: string): boolean {
    const { keys } = this.#job;
    const spans = keys.spans(path, before);
    // Offsets of what is taken out, in the text before.
    const taken = undoSplices(after, before);
    if (undoSplices(before, after).some(({ text }) => keys.holdsKey(text))) return true;
    if (spans.length === 0) return false;
    const bytes = Buffer.from(before, 'utf8');
    return taken.some(({ start, end }) => {
      const from = bytes.toString('utf8', 0, start).length;
      const to = from + bytes.toString('utf8', start, end).length;
      return from < to && spans.some((span) => span.start < to && span.end > from);
    });
  }
}

function unreadableRefusal(refusal: FileRefusal, state: Exclude<FileState, { readonly kind: 'text' }>): FileRefusal {
  if (state.kind === 'missing') return { ...refusal, code: 'not-readable', reason: 'The file is not there any more.', byHand: 'Plan again: dekey plan.' };
  return { ...refusal, code: 'not-readable', reason: `The file ${state.why}.`, byHand: state.byHand };
}

function nameOf({ target, path, rewriter, id }: ChangeName): string {
  return JSON.stringify([target, path, rewriter, id]);
}

type Made = RewrittenFile['changes'][number];

/** What each change does by itself, for those that can be made so. */
export function stagesOf(file: RewrittenFile): ReadonlyMap<Made, { readonly before: string; readonly after: string }> {
  const stages = new Map<Made, { before: string; after: string }>();
  let text = file.before;
  for (const rewriter of new Set(file.changes.map((change) => change.rewriter))) {
    const own = file.changes.filter((change) => change.rewriter === rewriter);
    for (const change of own) {
      const made = change.splices.length === 0 ? undefined : spliceText(text, change.splices);
      if (made !== undefined) stages.set(change, { before: text, after: made.text });
    }
    const all = spliceText(text, own.flatMap(({ splices }) => splices));
    // What comes after rests on all of these.
    if (all === undefined || own.some(({ splices }) => splices.length === 0)) break;
    text = all.text;
  }
  return stages;
}

/** Before and after with the keys in them. */
export function versionsOf(keys: KeyFinder, path: string, before: string, after: string): Versions {
  return { before, after, keysBefore: keys.spans(path, before), keysAfter: keys.spans(path, after) };
}

/** A file as it is shown. */
export function shownFile({ target, file, state, refusals }: Proposed, keys: KeyFinder, digest: (text: string) => string): AppliedFile {
  const versions = versionsOf(keys, file.path, file.before, file.after);
  const hunks = file.before === file.after ? [] : hunksOf(versions);
  const before = state.kind === 'text' ? state.sha256 : null;
  const { mask } = keys;
  const show = ({ id, line, title, why, safety, reason, migrations, rewriter }: ShownChange): ShownChange => ({ id: mask(id), line, title: mask(title), why: mask(why), safety, reason: mask(reason), migrations, rewriter });
  return {
    target: target.id,
    path: file.path,
    sha256: { before, after: file.before === file.after ? before : digest(file.after) },
    changes: file.changes.map(show),
    declined: file.declined.map(show),
    refusals: refusals.map((refusal) => ({ ...refusal, reason: mask(refusal.reason), byHand: mask(refusal.byHand) })),
    hunks,
  };
}

/** Files as they stood, by where they stand. */
export function beforeOf(proposed: readonly Proposed[]): (file: Pick<AppliedFile, 'target' | 'path'>) => string {
  const texts = new Map(proposed.map(({ target, file }) => [`${target.id}\n${file.path}`, file.before]));
  return ({ target, path }) => texts.get(`${target}\n${path}`) ?? '';
}

/** The hunks of a file for another program; undefined when a key stands too near. */
export function patchHunks({ file }: Proposed, keys: KeyFinder): ReturnType<typeof plainHunksOf> {
  return file.before === file.after ? [] : plainHunksOf(versionsOf(keys, file.path, file.before, file.after));
}

export function splicesOf({ file }: Proposed): readonly ByteSplice[] {
  return undoSplices(file.before, file.after);
}

/** A key that stays only matters to a workload that is switched: one that shares a file or a migration with a change, or that cannot be told. */
export function summaryOf(files: readonly AppliedFile[], madeBefore: number): ApplyResult['summary'] {
  const changes = files.flatMap((file) => file.changes);
  const touched = new Set(changes.flatMap(({ migrations }) => migrations));
  const lines = files.flatMap(({ hunks }) => hunks.flatMap((hunk) => hunk.lines));
  const refused = new Map<string, number>();
  let dropped = 0;
  let leftovers = 0;
  for (const file of files) {
    for (const { code, shadows, migrations } of file.refusals) {
      if (shadows && touched.size > 0 && (file.changes.length > 0 || migrations.length === 0 || migrations.some((id) => touched.has(id)))) leftovers += 1;
      else if (code === 'dropped') dropped += 1;
      else refused.set(code, (refused.get(code) ?? 0) + 1);
    }
  }
  return {
    files: files.filter((file) => file.changes.length > 0).length,
    changes: changes.length,
    safe: changes.filter(({ safety }) => safety === 'safe').length,
    unsafe: changes.filter(({ safety }) => safety === 'unsafe').length,
    declined: files.reduce((sum, file) => sum + file.declined.length, 0),
    added: lines.filter(({ kind }) => kind === 'added').length,
    removed: lines.filter(({ kind }) => kind === 'removed').length,
    refused: Object.fromEntries([...refused].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    dropped,
    leftovers,
    madeBefore,
  };
}
