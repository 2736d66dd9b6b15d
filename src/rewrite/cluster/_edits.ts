import type { YamlEdit } from '../yaml-edit.ts';

/** Blocks that several make become one; what ends at one place is written from the inside out. */
export function inOrder(edits: readonly YamlEdit[]): readonly YamlEdit[] {
  const result: YamlEdit[] = [];
  for (const edit of edits) {
    const head = edit.kind === 'add-entries' ? /^(?:volumes|volumeMounts|env):\n/.exec(edit.text)?.[0] : undefined;
    const index = head === undefined || edit.kind !== 'add-entries' ? -1 : result.findIndex((other) => other.kind === 'add-entries' && other.holder === edit.holder && other.text.startsWith(head));
    const made = result[index];
    if (made?.kind !== 'add-entries' || edit.kind !== 'add-entries' || head === undefined) result.push(edit);
    else if (made.text !== edit.text) result[index] = { ...made, text: made.text + edit.text.slice(head.length) };
  }
  return result.toSorted((a, b) => rank(a) - rank(b));
}

function rank(edit: YamlEdit): number {
  if (edit.kind === 'add-document') return 4;
  if (edit.kind === 'add-entries') return edit.text.startsWith('volumes:') ? 3 : 2;
  return edit.kind === 'add-items' ? 1 : 0;
}
