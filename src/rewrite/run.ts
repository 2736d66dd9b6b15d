import type { Change, Splice } from '../model/change.ts';
import { type Edit, spliceText } from './edit.ts';
import { editorOf } from './editors.ts';
import type { FileRefusal, RewriteContext, Rewriter } from './types.ts';
import type { YamlEdit, YamlEditor } from './yaml-edit.ts';

/** A change with the bytes it touches. Offsets are of the text before this rewriter ran. */
export type MadeChange = Omit<Change<Edit>, 'edits'> & { readonly splices: readonly Splice[] };

export interface Rewritten {
  readonly after: string;
  readonly made: readonly MadeChange[];
  /** Found, and left out because `accepts` said no. */
  readonly declined: readonly Omit<Change<Edit>, 'edits'>[];
  readonly refusals: readonly FileRefusal[];
}

/**
 * Runs one rewriter on one file, and proves what it made: edits of YAML mean what was intended, other edits touch what they said and nothing else, no
 * reader of the file finds a problem that was not there, and a second run has nothing left to do. A change that fails is dropped with the reason.
 *
 * @param accepts which changes are made.
 */
export function rewriteText(rewriter: Rewriter, path: string, text: string, context: RewriteContext, accepts: (change: Change<Edit>) => boolean = () => true): Rewritten {
  // Held for as long as its nodes are needed: a rewriter may read more files than editors are kept.
  const editor = /\.ya?ml\b/i.test(path) ? editorOf(text) : undefined;
  const { changes, refusals } = rewriter.rewrite(path, text, context);
  const wanted = changes.filter(accepts);
  const declined = changes.filter((change) => !wanted.includes(change)).map(withoutEdits);
  const nothing: Rewritten = { after: text, made: [], declined, refusals };
  if (wanted.length === 0) return nothing;
  const problems = rewriter.problems?.(path, text) ?? [];
  const known = countOf(problems);
  const dropped: FileRefusal[] = [];
  let kept: readonly Change<Edit>[] = wanted;
  let result = makeProven(rewriter, path, text, kept, known, editor);
  if ('reason' in result) {
    // One of them is at fault: those that can be made are made.
    kept = [];
    for (const change of wanted) {
      const tried = makeProven(rewriter, path, text, [...kept, change], known, editor);
      if ('reason' in tried) dropped.push(droppedRefusal(change, tried.reason));
      else kept = [...kept, change];
    }
    result = makeProven(rewriter, path, text, kept, known, editor);
  }
  if ('reason' in result || kept.length === 0) return { ...nothing, refusals: [...refusals, ...dropped] };
  const left = new Set([...declined.map(({ id }) => id), ...dropped.flatMap(({ migrations }) => migrations)]);
  const again = rewriter.rewrite(path, result.text, context).changes.filter((change) => accepts(change) && !left.has(change.id) && !change.migrations.some((id) => left.has(id)));
  if (again.length > 0) return { ...nothing, refusals: [...refusals, ...dropped, ...kept.map((change) => droppedRefusal(change, `a second run would change it again (${again[0]?.title ?? ''})`))] };
  return {
    after: result.text,
    made: kept.map((change) => ({ ...withoutEdits(change), splices: lowered(text, change.edits, editor) })),
    declined,
    refusals: [...refusals, ...dropped],
  };
}

function makeProven(rewriter: Rewriter, path: string, text: string, changes: readonly Change<Edit>[], known: ReadonlyMap<string, number>, editor: YamlEditor | undefined): { readonly text: string } | { readonly reason: string } {
  const made = make(text, changes.flatMap(({ edits }) => edits), editor);
  if ('reason' in made) return made;
  if (made.text === text && changes.length > 0) return { reason: 'it would change nothing' };
  const fresh = [...countOf(rewriter.problems?.(path, made.text) ?? [])].find(([problem, count]) => count > (known.get(problem) ?? 0));
  return fresh === undefined ? { text: made.text } : { reason: `its reader would then complain: ${fresh[0]}` };
}

/** Makes edits of both kinds together. */
function make(text: string, edits: readonly Edit[], editor: YamlEditor | undefined): { readonly text: string } | { readonly reason: string } {
  const yaml = edits.filter((edit): edit is YamlEdit => edit.kind !== 'text');
  const plain = edits.filter((edit) => edit.kind === 'text');
  if (yaml.length === 0) {
    const spliced = spliceText(text, plain);
    return spliced === undefined ? { reason: 'two edits touch the same text' } : { text: spliced.text };
  }
  const outcome = (editor ?? editorOf(text)).make(yaml, plain);
  return outcome.ok ? { text: outcome.text } : { reason: outcome.reason };
}

/** The splices of one change by itself, for showing; empty when it can only be made together with others. */
function lowered(text: string, edits: readonly Edit[], editor: YamlEditor | undefined): readonly Splice[] {
  const yaml = edits.filter((edit): edit is YamlEdit => edit.kind !== 'text');
  const plain = edits.filter((edit) => edit.kind === 'text').map(({ start, end, text: inserted }) => ({ start, end, text: inserted }));
  if (yaml.length === 0) return plain;
  const outcome = (editor ?? editorOf(text)).make(yaml, plain);
  return outcome.ok ? outcome.splices : [];
}

function countOf(problems: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const problem of problems) counts.set(problem, (counts.get(problem) ?? 0) + 1);
  return counts;
}

function withoutEdits({ id, line, title, why, safety, reason, migrations, requires, standsAlone }: Change<Edit>): Omit<Change<Edit>, 'edits'> {
  return { id, line, title, why, safety, reason, migrations, ...(requires === undefined ? {} : { requires }), ...(standsAlone === true ? { standsAlone } : {}) };
}

function droppedRefusal(change: Change<Edit>, reason: string): FileRefusal {
  return { code: 'dropped', line: change.line, reason: `${change.title}: ${reason}.`, byHand: 'Make this edit by hand; dekey could not prove its own.', migrations: change.migrations, shadows: false };
}
