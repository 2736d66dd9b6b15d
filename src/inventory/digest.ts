import { createHash } from 'node:crypto';

/** Lower-case hex SHA-256 over `parts`, unambiguous between ['ab','c'] and ['a','bc']. */
export function digest(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** Hands out ids `<prefix>-<12 hex>`; a second owner of the same twelve digits gets `-2`, so call it in a stable order. */
export function idMaker(prefix: string): (hex: string) => string {
  const used = new Map<string, number>();
  return (hex) => {
    const id = `${prefix}-${hex.slice(0, 12)}`;
    const count = (used.get(id) ?? 0) + 1;
    used.set(id, count);
    return count === 1 ? id : `${id}-${count}`;
  };
}
