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
  /** How the file refers to `actions/github-script` already, with the comment behind it, where that release has what the scripts need. */
  readonly script?: string;
}

/** The first of actions/github-script on Node 20, which has `fetch`: https://github.com/actions/github-script/releases/tag/v7.0.0, 2026-11-30. */
const SCRIPT_FLOOR = [7, 0, 0] as const;

/** The newest that a file uses; undefined where one is too old or says no release. */
function scriptOf(text: string): string | undefined {
  const found = [...text.matchAll(/\buses:[ \t]*["']?(actions\/github-script@([^\s"'#]+))["']?([ \t]*#[^\r\n]*)?/g)].map(([, whole = '', ref = '', comment = '']) => ({ whole, comment: /^[0-9a-f]{40}$/.test(ref) ? comment : '', version: versionOf(ref, comment) }));
  const [newest] = found.toSorted((a, b) => (a.version !== undefined && b.version !== undefined && isBelow(a.version, [b.version[0], b.version[1] ?? 0, b.version[2] ?? 0]) ? 1 : -1));
  return newest === undefined || found.some(({ version }) => version === undefined || isBelow(version, SCRIPT_FLOOR)) ? undefined : `${newest.whole}${newest.comment}`;
}

/** The habits of `text`: most of its references, and most of its comments. */
export function houseOf(text: string): House {
  const references = [...text.matchAll(/\buses:\s*["']?([\w.-]+\/[\w./-]+)@([^\s"'#]+)/g)];
  const pinned = references.filter(([, , ref]) => /^[0-9a-f]{40}$/.test(ref ?? '')).length;
  const gaps = [...text.matchAll(/\S( +)# /g)].map(([, gap]) => (gap ?? '').length);
  const two = gaps.filter((length) => length === 2).length;
  const script = scriptOf(text);
  return { pinsCommits: references.length > 0 && pinned * 2 >= references.length, gap: two * 2 > gaps.length ? '  ' : ' ', indent: indentOf(text), ...(script === undefined ? {} : { script }) };
}

/** How far the first job stands in. */
function indentOf(text: string): number {
  const indent = /^jobs[ \t]*:[^\n]*\n(?:[ \t]*(?:#[^\n]*)?\r?\n)*( +)\S/m.exec(text)?.[1]?.length ?? 2;
  return indent > 8 ? 2 : indent;
}

/** `owner/name@ref`, with the release as a comment where the file's neighbours are pinned to commits. */
export function reference(action: KnownAction, house: House): string {
  if (action === 'actions/github-script' && house.script !== undefined) return house.script;
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
