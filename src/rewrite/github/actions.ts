/** An action as it is referred to: by tag, and by the commit of one release. */
interface ActionPin {
  readonly tag: string;
  readonly commit?: string;
  /** The release that `commit` is. */
  readonly release?: string;
}

/** Actions that edits add or raise. Commits were read from public repositories that pin them, 2026-11-24. */
const PINS = {
  'actions/github-script': { tag: 'v9', commit: '3a2844b7e9c422d3c10d287c895573f7108da1b3', release: 'v9.0.0' },
  'aws-actions/configure-aws-credentials': { tag: 'v6', commit: 'e6de054238d6b7531b4efff3b6587d9aade6a06c', release: 'v6.2.3' },
  'google-github-actions/auth': { tag: 'v3', commit: '7c6bc770dae815cd3e89ee6cdf493a5fab2cc093', release: 'v3.0.0' },
  'anthropics/claude-code-action': { tag: 'v1', commit: 'be7b93b1907a4abad570368f3c74b6fe3807510b', release: 'v1.0.183' },
} as const satisfies Readonly<Record<string, ActionPin>>;
export type KnownAction = keyof typeof PINS;

export function pinOf(action: KnownAction): ActionPin {
  return PINS[action];
}

/** How a file refers to the actions of others. */
export interface House {
  readonly pinsCommits: boolean;
  /** What stands between a value and the comment behind it. */
  readonly gap: string;
  /** Spaces a level. */
  readonly indent: number;
}

/** The habits of `text`: most of its references, and most of its comments. */
export function houseOf(text: string): House {
  const references = [...text.matchAll(/\buses:\s*["']?([\w.-]+\/[\w./-]+)@([^\s"'#]+)/g)];
  const pinned = references.filter(([, , ref]) => /^[0-9a-f]{40}$/.test(ref ?? '')).length;
  const gaps = [...text.matchAll(/\S( +)# /g)].map(([, gap]) => (gap ?? '').length);
  const two = gaps.filter((length) => length === 2).length;
  return { pinsCommits: references.length > 0 && pinned * 2 >= references.length, gap: two * 2 > gaps.length ? '  ' : ' ', indent: indentOf(text) };
}

/** How far the first job stands in. */
function indentOf(text: string): number {
  const indent = /^jobs[ \t]*:[^\n]*\n(?:[ \t]*(?:#[^\n]*)?\r?\n)*( +)\S/m.exec(text)?.[1]?.length ?? 2;
  return indent > 8 ? 2 : indent;
}

/** `owner/name@ref`, with the release as a comment where the file's neighbours are pinned to commits. */
export function reference(action: KnownAction, house: House): string {
  const pin = pinOf(action);
  if (!house.pinsCommits || pin.commit === undefined) return `${action}@${pin.tag}`;
  return `${action}@${pin.commit}${house.gap}# ${pin.release ?? pin.tag}`;
}

/** `[major, minor, patch]` of a ref or of the comment beside it; undefined for branches and bare commits. */
export function versionOf(ref: string, comment: string): readonly [number, number | undefined, number | undefined] | undefined {
  const text = /^[0-9a-f]{40}$/.test(ref) ? (/v?(\d+(?:\.\d+){0,2})\b/.exec(comment)?.[0] ?? '') : ref;
  const parts = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?$/.exec(text);
  if (parts === null) return undefined;
  const number = (index: number): number | undefined => (parts[index] === undefined ? undefined : Number(parts[index]));
  return [Number(parts[1]), number(2), number(3)];
}

/** Whether `version` is below `floor`; what a tag leaves open counts as the newest. */
export function isBelow(version: readonly [number, number | undefined, number | undefined], floor: readonly [number, number, number]): boolean {
  for (const [index, wanted] of floor.entries()) {
    const part = version[index];
    if (part === undefined || part > wanted) return false;
    if (part < wanted) return true;
  }
  return false;
}
