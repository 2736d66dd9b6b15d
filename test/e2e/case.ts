import { findingsOf, type Key, type Kit, type Scanned } from './kit.ts';

/** One real situation. */
export interface Case {
  readonly name: string;
  readonly run: (log: Log) => void;
}

/** A key and where a scan has to report it: a path, or the start of one. */
export type Expected = readonly [key: Key, ...places: string[]];

/** What a case planted, what was found of it, what was found besides, and what else went wrong. */
export class Log {
  readonly kit: Kit;
  readonly failures: string[] = [];
  planted = 0;
  found = 0;
  invented = 0;

  constructor(kit: Kit) {
    this.kit = kit;
  }

  /** Counts every place; `expected` has to be all there is at confidence high and medium. */
  keys(what: string, scanned: Scanned, expected: readonly Expected[]): void {
    const wanted = new Set<unknown>();
    for (const [key, ...places] of expected) {
      const there = findingsOf(key, scanned.secrets);
      for (const finding of there) wanted.add(finding);
      for (const place of places) {
        this.planted += 1;
        if (there.some(({ location }) => location.path === place || (place.endsWith(':') && location.path.startsWith(place)))) this.found += 1;
        else this.failures.push(`${what}: the key in ${place} was not found${there.length === 0 ? '' : `, only in ${there.map(({ location }) => location.path).join(', ')}`}`);
      }
    }
    for (const finding of scanned.secrets) {
      if (wanted.has(finding)) continue;
      this.invented += 1;
      this.failures.push(`${what}: invented ${finding.code} at ${finding.location.path}:${finding.location.line}`);
    }
  }

  check(holds: boolean, text: string): void {
    if (!holds) this.failures.push(text);
  }

  equal(actual: unknown, wanted: unknown, text: string): void {
    if (actual !== wanted) this.failures.push(`${text}: ${JSON.stringify(actual)} in place of ${JSON.stringify(wanted)}`);
  }
}

/** Count behind a reason for not looking, 0 when it is not named. */
export function skippedCount(scanned: Scanned, reason: RegExp): number {
  return scanned.inventory.targets.flatMap(({ skipped }) => skipped).filter((skipped) => reason.test(skipped.reason)).reduce((sum, { count }) => sum + count, 0);
}
