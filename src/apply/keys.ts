import { randomBytes } from 'node:crypto';
import { compileRules } from '../detect/compile.ts';
import { type Mask, nameMask } from '../detect/mask.ts';
import { ReferenceFinder } from '../detect/references/finder.ts';
import { ByteScanner, identityOf } from '../detect/scan-bytes.ts';
import { Secret } from '../model/secret.ts';
import { providers } from '../providers/index.ts';

/** A stretch of a text that holds a key, half open, in UTF-16 code units. */
export interface KeySpan {
  readonly start: number;
  readonly end: number;
  /** What may be shown of it. */
  readonly preview: string;
}

/** What may still belong to a key of which a detector knows a shorter form. */
const KEY_CHARACTER = /[A-Za-z0-9+/=_-]/;
const MOST = 256;

/** Finds keys in the texts of files, so that none of them is ever shown or written anywhere else. */
export class KeyFinder {
  readonly #runKey = randomBytes(32);
  readonly #scanner = new ByteScanner(compileRules(providers, 'tree'), { run: this.#runKey });
  readonly #references = new ReferenceFinder(providers, { run: this.#runKey });
  readonly #identities = new Set<string>();
  readonly #known = new Map<string, readonly KeySpan[]>();
  /** For names and sentences that are made from what a file says. */
  readonly mask: Mask = nameMask(providers, (text) => this.#identities.size > 0 && this.#identities.has(identityOf(new Secret(text), this.#runKey)));

  /** Loads the readers that these paths may need. */
  async prepare(paths: readonly string[]): Promise<void> {
    await this.#references.prepare(paths);
  }

  /** In order, none overlapping. */
  spans(path: string, text: string): readonly KeySpan[] {
    const key = `${path}\n${text}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const spans = this.#find(path, text);
    if (this.#known.size >= MOST) this.#known.clear();
    this.#known.set(key, spans);
    return spans;
  }

  /** Whether `text` holds a key by itself, without the file around it. */
  holdsKey(text: string): boolean {
    return this.spans('', text).length > 0;
  }

  #find(path: string, text: string): readonly KeySpan[] {
    const input = Buffer.from(text, 'utf8');
    this.#scanner.reserve(input.length).set(input);
    const formed = this.#scanner.scan(input.length, false);
    const sightings = path !== '' && this.#references.wants(path, input) ? this.#references.find({ path, text }, input, formed).sightings : formed;
    const spans: { start: number; end: number; preview: string }[] = [];
    for (const sighting of sightings.toSorted((a, b) => a.start - b.start)) {
      this.#identities.add(sighting.identity);
      const start = input.toString('utf8', 0, sighting.start).length;
      let end = start + input.toString('utf8', sighting.start, sighting.end).length;
      while (end < text.length && KEY_CHARACTER.test(text.charAt(end))) end += 1;
      const last = spans.at(-1);
      if (last !== undefined && start < last.end) last.end = Math.max(last.end, end);
      else spans.push({ start, end, preview: sighting.preview });
    }
    return spans;
  }
}

/** `text` from `start` to `end` with its keys replaced by what may be shown of them; of a key that began before only a mark is left. */
export function masked(text: string, start: number, end: number, spans: readonly KeySpan[]): string {
  let result = '';
  let at = start;
  for (const span of spans) {
    if (span.end <= start || span.start >= end) continue;
    result += text.slice(at, Math.max(at, span.start)) + (span.start >= start ? span.preview : '…');
    at = Math.min(end, span.end);
  }
  return result + text.slice(at, end);
}
