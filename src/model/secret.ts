/** Where a secret would appear if this class let it. */
const REDACTED = '[redacted]';

/**
 * A found key, between the matcher that saw it and the fingerprint that replaces it.
 *
 * The text sits in a private field, which no serialiser, logger, inspector, structured clone or template literal can read.
 * It exists only inside one worker for the length of one match; findings carry a {@link Preview} and a fingerprint instead.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** Length in characters: safe to know, and needed by structure checks. */
  get length(): number {
    return this.#text.length;
  }

  /**
   * Hands the text to `use` and returns what `use` returns. The only way in, so a search for `expose(` lists every reader.
   * `use` must return something that cannot hold the text: a digest, a boolean, a preview.
   */
  expose<T extends string | number | boolean>(use: (text: string) => T): T {
    return use(this.#text);
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.toPrimitive](): string {
    return REDACTED;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return REDACTED;
  }
}

/** What may be shown of a secret: its public prefix and at most four last characters, `sk-ant-api03-…f3AA`. */
export type Preview = string;

/** A secret shorter than this shows nothing but its public prefix: four characters of it would be too much (threat model T11). */
const SHORTEST_WITH_TAIL = 20;

/**
 * The part of `secret` that may be printed.
 *
 * @param publicPrefix the constant prefix every key of this kind has (`sk-ant-api03-`); never random characters.
 */
export function previewOf(secret: Secret, publicPrefix: string): Preview {
  if (secret.length - publicPrefix.length < SHORTEST_WITH_TAIL) return `${publicPrefix}…`;
  return secret.expose((text) => `${text.startsWith(publicPrefix) ? publicPrefix : ''}…${text.slice(-4)}`);
}
