import { createHash, randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** An answer as it is kept. */
export interface KeptAnswer {
  readonly etag?: string;
  readonly link?: string;
  readonly body: string;
}

interface Place {
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
  readonly hasEtag: boolean;
  run: string;
  day: number;
}

/** An interrupted run is taken up for so long; after that everything is asked again, conditionally. */
const RESUMABLE_FOR = 12 * 3_600_000;
/** Answers that no run has used for so many days are dropped. */
const KEPT_DAYS = 60;
const DAY = 86_400_000;
const COMPACT_ABOVE = 8 * 2 ** 20;
/** Named by when they were begun, so that they are read in the order they were written. */
const NAME = /^answers-\d{13}-[0-9a-f]{8}\.ndjson$/;

/**
 * Answers on disk, for the next run to ask conditionally, and for a run that was killed to be taken up where it stopped.
 *
 * Lines of JSON in files that are only appended to: a line that was cut by a kill is passed over. A file belongs to one process, so two runs at once do
 * not disturb each other. In memory there is where each answer stands, not the answer.
 */
export class Answers {
  readonly #folder: string;
  readonly #places = new Map<string, Place>();
  readonly #segments: number[] = [];
  readonly #own: { readonly segment: number; size: number };
  readonly #run: string;
  /** An earlier run of the same kind was cut short, and this one goes on with what it has. */
  readonly isResumed: boolean;

  /**
   * @param folder private, and of one account at one host
   * @param kind what the run is to read; only a run of the same kind is taken up
   * @param now milliseconds since 1970
   */
  constructor(folder: string, kind: string, now: number) {
    this.#folder = folder;
    const names = readdirSync(folder).filter((name) => NAME.test(name)).toSorted();
    const runs = new Map<string, { kind: string; at: number; ended: boolean }>();
    let bytes = 0;
    for (const name of names) bytes += this.#load(join(folder, name), runs);
    const open = [...runs].filter(([, run]) => !run.ended && run.kind === kind && now - run.at < RESUMABLE_FOR).toSorted(([, a], [, b]) => b.at - a.at)[0];
    this.isResumed = open !== undefined;
    this.#run = open?.[0] ?? randomBytes(8).toString('hex');
    this.#own = this.#begin(now);
    if (bytes > COMPACT_ABOVE || names.length > 16) this.#compact(names, now, open === undefined ? undefined : { id: open[0], ...open[1] });
    if (open === undefined) this.#append(JSON.stringify({ run: this.#run, kind, at: now }));
  }

  /** What an interrupted run has read already. */
  ofThisRun(key: string): KeptAnswer | undefined {
    const place = this.#places.get(hash(key));
    return place === undefined || place.run !== this.#run ? undefined : this.#read(place);
  }

  /** What to ask conditionally with. */
  earlier(key: string): KeptAnswer | undefined {
    const place = this.#places.get(hash(key));
    return place === undefined || !place.hasEtag ? undefined : this.#read(place);
  }

  has(key: string): boolean {
    return this.#places.get(hash(key))?.hasEtag === true;
  }

  keep(key: string, answer: KeptAnswer, now: number): void {
    const k = hash(key);
    const day = Math.floor(now / DAY);
    const line = JSON.stringify({ k, r: this.#run, d: day, ...(answer.etag === undefined ? {} : { e: answer.etag }), ...(answer.link === undefined ? {} : { l: answer.link }), b: answer.body });
    const { offset, length } = this.#append(line);
    this.#places.set(k, { segment: this.#own.segment, offset, length, hasEtag: answer.etag !== undefined, run: this.#run, day });
  }

  /** The kept answer is still what GitHub says. */
  confirm(key: string, now: number): void {
    const k = hash(key);
    const place = this.#places.get(k);
    if (place === undefined) return;
    place.run = this.#run;
    place.day = Math.floor(now / DAY);
    this.#append(JSON.stringify({ k, r: this.#run, d: place.day }));
  }

  /** The run is whole. */
  end(): void {
    this.#append(JSON.stringify({ end: this.#run }));
  }

  #begin(now: number): { segment: number; size: number } {
    const path = join(this.#folder, `answers-${String(now).padStart(13, '0')}-${randomBytes(4).toString('hex')}.ndjson`);
    const file = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0), 0o600);
    this.#segments.push(file);
    return { segment: this.#segments.length - 1, size: 0 };
  }

  #append(line: string): { offset: number; length: number } {
    const bytes = Buffer.from(`${line}\n`, 'utf8');
    const offset = this.#own.size;
    writeSync(this.#file(this.#own.segment), bytes);
    this.#own.size += bytes.length;
    return { offset, length: bytes.length - 1 };
  }

  #file(segment: number): number {
    const file = this.#segments[segment];
    if (file === undefined) throw new Error('a segment that was never opened');
    return file;
  }

  #read({ segment, offset, length }: Place): KeptAnswer | undefined {
    const bytes = Buffer.alloc(length);
    if (readSync(this.#file(segment), bytes, 0, length, offset) !== length) return undefined;
    const { e, l, b } = fieldsOf(bytes.toString('utf8'));
    if (typeof b !== 'string') return undefined;
    return { body: b, ...(typeof e === 'string' ? { etag: e } : {}), ...(typeof l === 'string' ? { link: l } : {}) };
  }

  #load(path: string, runs: Map<string, { kind: string; at: number; ended: boolean }>): number {
    let file: number;
    try {
      file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    } catch {
      return 0;
    }
    if (!fstatSync(file).isFile()) {
      closeSync(file);
      return 0;
    }
    this.#segments.push(file);
    const segment = this.#segments.length - 1;
    const bytes = readFileSync(file);
    for (let from = 0; from < bytes.length; ) {
      const end = bytes.indexOf(0x0a, from);
      if (end < 0) break;
      const { k, r, d, e, b, run, kind, at, end: ended } = fieldsOf(bytes.toString('utf8', from, end));
      if (typeof run === 'string' && typeof kind === 'string' && typeof at === 'number') runs.set(run, { kind, at, ended: runs.get(run)?.ended ?? false });
      if (typeof ended === 'string') runs.set(ended, { kind: runs.get(ended)?.kind ?? '', at: runs.get(ended)?.at ?? 0, ended: true });
      if (typeof k === 'string' && typeof r === 'string' && typeof d === 'number') {
        const known = this.#places.get(k);
        if (typeof b === 'string') this.#places.set(k, { segment, offset: from, length: end - from, hasEtag: typeof e === 'string', run: r, day: d });
        else if (known !== undefined) {
          known.run = r;
          known.day = d;
        }
      }
      from = end + 1;
    }
    return bytes.length;
  }

  /** Writes what is still of use into the new file and takes the old ones away; another run that has one open goes on with its own. */
  #compact(names: readonly string[], now: number, open: { id: string; kind: string; at: number } | undefined): void {
    if (open !== undefined) this.#append(JSON.stringify({ run: open.id, kind: open.kind, at: open.at }));
    for (const [k, place] of this.#places) {
      const isOfUse = now / DAY - place.day < KEPT_DAYS && (place.hasEtag || place.run === this.#run);
      const answer = isOfUse ? this.#read(place) : undefined;
      if (answer === undefined) {
        this.#places.delete(k);
        continue;
      }
      const line = JSON.stringify({ k, r: place.run, d: place.day, ...(answer.etag === undefined ? {} : { e: answer.etag }), ...(answer.link === undefined ? {} : { l: answer.link }), b: answer.body });
      const { offset, length } = this.#append(line);
      this.#places.set(k, { segment: this.#own.segment, offset, length, hasEtag: place.hasEtag, run: place.run, day: place.day });
    }
    for (const name of names) {
      try {
        unlinkSync(join(this.#folder, name));
      } catch {
        // Another run took it away first.
      }
    }
  }
}

function hash(key: string): string {
  return createHash('sha256').update(key).digest('base64url').slice(0, 27);
}

function fieldsOf(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}
