import type { ApplyResult } from '../model/apply.ts';
import { unifiedText } from './apply-patch.ts';
import { inertJson } from './scanned.ts';

/** The result as `schema/apply.schema.json` has it. Keys are masked in its diffs: for one that can be applied there is `--format patch`. Ends with a line feed. */
export function renderApplyJson(result: ApplyResult): string {
  const { schemaVersion, tool, plan, targets, files, summary, toSet, changedSince, written, rollback } = result;
  const shown = files.map(({ target, path, sha256, changes, declined, refusals, hunks }) => ({ target, path, sha256, changes, declined, refusals, diff: unifiedText(hunks) }));
  return inertJson(`${JSON.stringify({ schemaVersion, tool, plan, targets, summary, files: shown, toSet, changedSince, written, rollback }, undefined, 2)}\n`);
}
