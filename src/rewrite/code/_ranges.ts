/** Version ranges of npm, as far as raising their lower end needs. https://docs.npmjs.com/cli/v11/configuring-npm/package-json#dependencies, 2026-11-29. */

export type Range =
  /** `^1.2.3`, `~1.2`, `>=1`, `1.2.3`: one version behind an operator. */
  | { readonly kind: 'simple'; readonly operator: string; readonly lowest: string }
  /** Any version: `*`, `latest`, nothing. */
  | { readonly kind: 'any' }
  /** `workspace:*`, `catalog:`, `git+https://...`, a folder: the version stands elsewhere. `how` names the kind. */
  | { readonly kind: 'elsewhere'; readonly how: string }
  /** `>=1 <2`, `^1 || ^2`, `1.x`. */
  | { readonly kind: 'other'; readonly lowest: string | undefined };

const PLAIN = /^(\^|~|>=|=|v|)\s*(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?:-[\w.-]{1,80})?(?:\+[\w.-]{1,80})?$/;

export function readRange(text: string): Range {
  const range = text.trim();
  if (/^(?:\*|x|latest|next|)$/i.test(range)) return { kind: 'any' };
  const protocol = /^([a-z][a-z+]*):/i.exec(range);
  if (protocol !== null) return { kind: 'elsewhere', how: `${protocol[1] ?? ''}:` };
  if (/^[\w.-]+\/[\w.-]+/.test(range)) return { kind: 'elsewhere', how: 'a repository' };
  const plain = PLAIN.exec(range);
  if (plain !== null) return { kind: 'simple', operator: plain[1] ?? '', lowest: [plain[2], plain[3] ?? '0', plain[4] ?? '0'].join('.') };
  const first = /(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?/.exec(range);
  return { kind: 'other', lowest: first === null || /^\s*</.test(range) ? undefined : [first[1], first[2] ?? '0', first[3] ?? '0'].join('.') };
}

/** Negative when `a` is the older. Numbers only: what stands behind them is not compared. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map((part) => Number.parseInt(part, 10) || 0));
  for (let index = 0; index < 3; index += 1) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether every version that `text` lets in is `floor` or later; undefined when it cannot be told. */
export function isAtLeast(text: string, floor: string): boolean | undefined {
  const range = readRange(text);
  if (range.kind === 'elsewhere') return undefined;
  // The newest is taken.
  if (range.kind === 'any') return true;
  return range.lowest === undefined ? undefined : compareVersions(range.lowest, floor) >= 0;
}

/** Whether going from the range to `floor` crosses what semantic versions call breaking. */
export function isBreaking(lowest: string, floor: string): boolean {
  const [major = '0', minor = '0'] = lowest.split('.');
  const [newMajor = '0', newMinor = '0'] = floor.split('.');
  return major !== newMajor || (major === '0' && minor !== newMinor);
}
