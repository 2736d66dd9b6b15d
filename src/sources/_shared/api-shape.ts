/** Names and descriptions that others wrote are kept as they are, up to here; renderers escape them. */
const LONGEST_TEXT = 300;
/** Ids, links and cursors are sent back, so they are never cut: what is longer is none. */
const LONGEST_ID = 8000;
const BEYOND = 2100;

/** An answer that is not made as its service documents it. */
export class ShapeError extends Error {
  constructor(service: string, place: string, wanted: string) {
    super(`${service} answered something else than it documents: ${place} is ${wanted}`);
    this.name = 'ShapeError';
  }
}

/** Cut to what is kept of a text that others wrote, never through the middle of a character. */
export function cut(text: string): string {
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** Seconds since 1970, or a date, as ISO 8601 in UTC. */
function isoOf(value: number | string): string | undefined {
  const time = typeof value === 'number' ? value * 1000 : Date.parse(value);
  return Number.isNaN(time) || Math.abs(time) > 8.64e15 ? undefined : new Date(time).toISOString().replace('.000Z', 'Z');
}

/** When a credential ends: `never` also for what lies beyond this century. */
export function expiryOf(iso: string): string {
  return new Date(iso).getUTCFullYear() >= BEYOND ? 'never' : iso;
}

/**
 * An object of an answer. Each reader says what has to be there: another type is a ShapeError that names the service and the place. `null` counts as absent.
 */
export class Fields {
  readonly #service: string;
  readonly #place: string;
  readonly #record: Readonly<Record<string, unknown>>;

  /** @param place `GET /v1/things`, then `data[3].scope` */
  constructor(service: string, place: string, value: unknown) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ShapeError(service, place, 'no object');
    this.#service = service;
    this.#place = place;
    this.#record = value as Readonly<Record<string, unknown>>;
  }

  #get(name: string): unknown {
    return Object.hasOwn(this.#record, name) ? this.#record[name] : undefined;
  }

  #wrong(name: string, wanted: string): ShapeError {
    return new ShapeError(this.#service, `${name} of ${this.#place}`, wanted);
  }

  /** It is there, and says `null`. */
  isNull(name: string): boolean {
    return this.#get(name) === null;
  }

  maybeId(name: string): string | undefined {
    const value = this.#get(name) ?? undefined;
    if (value === undefined) return undefined;
    if (typeof value !== 'string') throw this.#wrong(name, 'no text');
    if (value.length > LONGEST_ID) throw this.#wrong(name, 'too long');
    return value === '' ? undefined : value;
  }

  /** Not cut, and not empty. */
  id(name: string): string {
    const value = this.maybeId(name);
    if (value === undefined) throw this.#wrong(name, 'missing');
    return value;
  }

  /** Cut; undefined when it is missing or empty. */
  maybeText(name: string): string | undefined {
    const value = this.#get(name) ?? undefined;
    if (value !== undefined && typeof value !== 'string') throw this.#wrong(name, 'no text');
    return value === undefined || value === '' ? undefined : cut(value);
  }

  maybeNumber(name: string): number | undefined {
    const value = this.#get(name) ?? undefined;
    if (value !== undefined && (typeof value !== 'number' || !Number.isFinite(value))) throw this.#wrong(name, 'no number');
    return value;
  }

  maybeFlag(name: string): boolean | undefined {
    const value = this.#get(name) ?? undefined;
    if (value !== undefined && typeof value !== 'boolean') throw this.#wrong(name, 'neither true nor false');
    return value;
  }

  /** A date, or seconds since 1970; given as ISO 8601 in UTC. */
  maybeTime(name: string): string | undefined {
    const value = this.#get(name) ?? undefined;
    if (value === undefined) return undefined;
    const iso = typeof value === 'number' || typeof value === 'string' ? isoOf(value) : undefined;
    if (iso === undefined) throw this.#wrong(name, 'no time');
    return iso;
  }

  within(name: string): Fields {
    return new Fields(this.#service, `${name} of ${this.#place}`, this.#get(name));
  }

  maybeWithin(name: string): Fields | undefined {
    return (this.#get(name) ?? undefined) === undefined ? undefined : this.within(name);
  }

  list(name: string): readonly Fields[] {
    const value = this.#get(name);
    if (!Array.isArray(value)) throw this.#wrong(name, 'no list');
    return value.map((item, index) => new Fields(this.#service, `${name}[${index}] of ${this.#place}`, item));
  }

  /** Empty when it is missing: Google and Microsoft leave empty lists out. */
  maybeList(name: string): readonly Fields[] {
    return (this.#get(name) ?? undefined) === undefined ? [] : this.list(name);
  }

  /** Texts of a list, each cut. */
  maybeTexts(name: string): readonly string[] {
    const value = this.#get(name) ?? [];
    if (!Array.isArray(value)) throw this.#wrong(name, 'no list');
    return value.map((item: unknown) => {
      if (typeof item !== 'string') throw this.#wrong(name, 'a list of something else than texts');
      return cut(item);
    });
  }

  /** Names and simple values of an object, as `name=value`, in the order of names; [] when it is missing. */
  maybePairs(name: string): readonly (readonly [string, string])[] {
    const fields = this.maybeWithin(name);
    if (fields === undefined) return [];
    return Object.entries(fields.#record)
      .map(([key, value]): readonly [string, string] => {
        if (typeof value !== 'string' && typeof value !== 'boolean' && typeof value !== 'number') throw fields.#wrong(key, 'no simple value');
        return [cut(key), cut(String(value))];
      })
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
  }
}
