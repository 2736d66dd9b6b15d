import { createHash, createHmac } from 'node:crypto';
import type { Confidence } from '../model/levels.ts';
import { type Preview, Secret, previewOf } from '../model/secret.ts';
import type { LiteralUse, Matcher, Rules } from './compile.ts';
import { base64Around, base64Origin, decodeEscapes, opensInBase64 } from './decode.ts';
import { type Verdict, judge } from './judge.ts';
import { type Window, assignedName, matchWindow } from './match.ts';
import { inClass } from './prefilter/layout.ts';
import { type Copies, type Hits, type OnHit, Prefilter, builtImage } from './prefilter/prefilter.ts';
import { type BytePlace, placesOf } from './text-place.ts';

/** One key found in one artefact, without the key. Offsets are bytes of the artefact as scanned. */
export interface Sighting {
  readonly provider: string;
  readonly detector: string;
  readonly start: number;
  readonly end: number;
  readonly from: BytePlace;
  readonly to: BytePlace;
  readonly encoding: readonly ('base64' | 'escape' | 'percent')[];
  readonly confidence: Confidence;
  /** True when the structure of the key proves it, wherever it stands. */
  readonly proven: boolean;
  readonly reasons: readonly string[];
  readonly facts: Readonly<Record<string, string>>;
  readonly preview: string;
  /** Keyed digest of the secret: equal for equal secrets of one run. */
  readonly identity: string;
  /** The same with the operator's key; absent without one. */
  readonly fingerprint?: string;
  /** Keyed digest of what APIs show of a key; see {@link hintIdentity}. Absent for what is too short to show anything of. */
  readonly hint?: string;
  readonly lineDigest: string;
  readonly assignedTo?: string;
  /** Path through a structured file, when it was parsed: `cells[3].source[0]`. */
  readonly route?: string;
}

/** Keys of the digests that stand for secrets. `run` is random and lives for one run; `operator` makes digests comparable between runs. */
export interface DigestKeys {
  readonly run: Uint8Array;
  readonly operator?: Uint8Array;
}

/** How far round a key its proof looks: the rest of the object that a private key stands in, some twenty lines for the secret of a key id. */
const PROOF_REACH: Readonly<Record<string, number>> = { 'google-service-account': 6144, 'google-authorized-user': 6144, 'aws-account': 1200 };

interface Found {
  readonly matcher: Matcher;
  readonly start: number;
  readonly end: number;
  readonly verdict: Verdict;
  readonly secret: Secret;
  readonly encoding: readonly ('base64' | 'escape' | 'percent')[];
  readonly assignedTo: string | undefined;
}

/** Characters round an escape sign that are decoded; a key and its name fit. */
/** Bytes before a value in which its name is looked for: those `assignedName` reads, and enough to see whether the name is whole. */
const NAME_REACH = 176;
const ESCAPE_REACH = 400;
/** Extra characters beside a window, for boundaries. */
const MARGIN = 16;
/** A base64 stretch is sought this far on both sides of a hit. */
const BASE64_REACH = 16_384;
/** What is decoded at first: the literal, and this many characters of what must follow it. */
const BASE64_FOLLOW = 16;
const BASE64_LOOK = 80;

/**
 * Finds keys in bytes. One instance a thread: it owns the WebAssembly memory that inputs are written to.
 *
 * Use: `reserve(size)`, write the bytes there, `scan(size, ...)`.
 */
export class ByteScanner {
  readonly #rules: Rules;
  readonly #prefilter: Prefilter;
  readonly #keys: DigestKeys;

  constructor(rules: Rules, keys: DigestKeys) {
    this.#rules = rules;
    this.#keys = keys;
    this.#prefilter = new Prefilter(rules.literals, builtImage(rules.scope));
  }

  /** Where the next input has to be written; valid until the next call of `reserve`. */
  reserve(size: number): Uint8Array {
    return this.#prefilter.reserve(size);
  }

  /**
   * Scans the first `length` bytes of the input. `binary` leaves out detectors whose
   * shape is too weak for binary files.
   */
  scan(length: number, binary: boolean): Sighting[] {
    const view = this.#prefilter.reserve(length);
    return this.#matched(Buffer.from(view.buffer, view.byteOffset, length), binary, (onHit) => this.#prefilter.scan(length, onHit)).sightings;
  }

  /**
   * Scans an object that stands in {@link ByteScanner.memory}. `base` is what the scan of the object it was made from gave: bytes copied from there are not
   * looked at again.
   */
  scanAt(address: number, length: number, binary: boolean, base?: { readonly hits: Hits; readonly copies: Copies }): { readonly sightings: Sighting[]; readonly hits: Hits } {
    const view = this.#prefilter.view(address, length);
    const known = base?.hits;
    return this.#matched(Buffer.from(view.buffer, address, length), binary, (onHit) =>
      base === undefined || known === undefined ? this.#prefilter.scanAt(address, length, onHit) : this.#prefilter.scanCopied(address, length, base.copies, known, onHit),
    );
  }

  /** The memory that objects are put into for {@link ByteScanner.scanAt}. */
  get memory(): Prefilter {
    return this.#prefilter;
  }

  #matched<T>(bytes: Buffer, binary: boolean, search: (onHit: OnHit) => T): { sightings: Sighting[]; hits: T } {
    const found = new Map<string, Found>();
    let escapedUntil = -1;
    const hits = search((offset, literal) => {
      for (const use of this.#rules.uses[literal] ?? []) {
        if (use.kind === 'escape') {
          if (offset < escapedUntil || binary) continue;
          escapedUntil = offset + ESCAPE_REACH / 2;
          this.#scanEscaped(bytes, offset, found);
          continue;
        }
        if (binary && !inBinary(use.matcher)) continue;
        if (use.kind === 'plain') this.#scanPlain(bytes, offset, use, found);
        else this.#scanBase64(bytes, offset, use, found);
      }
    });
    return { sightings: found.size === 0 ? [] : this.#finish(bytes, withoutOverlaps([...found.values()])), hits };
  }

  #scanPlain(bytes: Buffer, offset: number, use: Extract<LiteralUse, { kind: 'plain' }>, found: Map<string, Found>): void {
    const { window } = use.matcher.detector;
    const from = Math.max(0, offset - window.before - MARGIN);
    const text = latin1(bytes, from, Math.min(bytes.length, offset + use.length + window.after + MARGIN));
    const raw: Window = { text, literalStart: offset - from, literalEnd: offset - from + use.length };
    let any = false;
    for (const match of matchWindow(use.matcher, raw)) {
      any = true;
      this.#take(use.matcher, text, match.start, match.end, found, from + match.start, from + match.end, [], bytes);
    }
    if (any) return;
    // A `\/` or `%2B` inside the key: undo escapes and try once more. The literal itself stands in the clear, so its place carries over.
    if (!text.includes('\\', raw.literalStart) && !text.includes('%', raw.literalStart)) return;
    const decoded = decodeEscapes(text);
    if (decoded === undefined) return;
    const start = decoded.origin.indexOf(raw.literalStart);
    if (start < 0) return;
    for (const match of matchWindow(use.matcher, { text: decoded.text, literalStart: start, literalEnd: start + use.length })) {
      const first = decoded.origin[match.start] ?? 0;
      const last = decoded.origin[match.end] ?? text.length;
      // The same text again means that only the neighbourhood was escaped.
      const encoding = last - first === match.end - match.start ? [] : decoded.encodings;
      this.#take(use.matcher, decoded.text, match.start, match.end, found, from + first, from + last, encoding, bytes);
    }
  }

  #scanEscaped(bytes: Buffer, offset: number, found: Map<string, Found>): void {
    const from = Math.max(0, offset - ESCAPE_REACH);
    const decoded = decodeEscapes(latin1(bytes, from, Math.min(bytes.length, offset + 2 * ESCAPE_REACH)));
    if (decoded === undefined) return;
    const lower = decoded.text.toLowerCase();
    for (const matcher of this.#rules.matchers) {
      for (const literal of matcher.detector.literals) {
        const text = literal.ignoreCase === true ? lower : decoded.text;
        const wanted = literal.ignoreCase === true ? literal.text.toLowerCase() : literal.text;
        for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + 1)) {
          for (const match of matchWindow(matcher, { text: decoded.text, literalStart: at, literalEnd: at + wanted.length })) {
            const first = decoded.origin[match.start] ?? 0;
            const last = decoded.origin[match.end] ?? 0;
            if (last - first === match.end - match.start) continue; // stands in the clear: the plain scan has it
            this.#take(matcher, decoded.text, match.start, match.end, found, from + first, from + last, decoded.encodings, bytes);
          }
        }
      }
    }
  }

  #scanBase64(bytes: Buffer, offset: number, use: Extract<LiteralUse, { kind: 'base64' }>, found: Map<string, Found>): void {
    const near = latin1(bytes, Math.max(0, offset - 4), Math.min(bytes.length, offset + BASE64_LOOK));
    const opens = use.matcher.detector.literals.some(({ text, followedBy }) => {
      const follow = Math.min(followedBy?.count ?? 0, BASE64_FOLLOW);
      return opensInBase64(near, Math.min(4, offset), use.phase, text, follow, (character) => followedBy === undefined || inClass(character, followedBy.class));
    });
    if (!opens) return;
    const from = Math.max(0, offset - BASE64_REACH);
    const text = latin1(bytes, from, Math.min(bytes.length, offset + BASE64_REACH));
    const run = base64Around(text, offset - from, use.phase);
    for (const literal of use.matcher.detector.literals) {
      const around = Math.floor(((offset - from - run.start) * 6) / 8) - 4;
      const at = run.text.indexOf(literal.text, Math.max(0, around));
      if (at === -1) continue;
      for (const match of matchWindow(use.matcher, { text: run.text, literalStart: at, literalEnd: at + literal.text.length })) {
        const start = from + base64Origin(run, match.start);
        const end = Math.min(from + run.end, from + base64Origin(run, match.end - 1) + 2);
        const outer = assignedName(text, run.start, from > 0);
        this.#take(use.matcher, run.text, match.start, match.end, found, start, end, ['base64'], bytes, outer);
      }
    }
  }

  #take(
    matcher: Matcher,
    text: string,
    start: number,
    end: number,
    found: Map<string, Found>,
    from: number,
    to: number,
    encoding: Found['encoding'],
    bytes: Buffer,
    outerName?: string,
  ): void {
    const key = `${from}:${to}:${matcher.rank}`;
    if (found.has(key)) return;
    const value = text.slice(start, end);
    // A proof may need more than the window.
    const reach = PROOF_REACH[matcher.detector.proof ?? ''] ?? 0;
    const wide = reach > 0 && encoding.length === 0;
    const wideFrom = wide ? Math.max(0, from - reach) : 0;
    const candidate = wide ? { key: value, text: latin1(bytes, wideFrom, Math.min(bytes.length, to + reach)), at: from - wideFrom } : { key: value, text, at: start };
    const verdict = judge(matcher, candidate);
    if (verdict === undefined) return;
    const assignedTo = encoding.length === 0 ? nameBefore(bytes, from) : assignedName(text, start, encoding[0] !== 'base64' && from > ESCAPE_REACH / 2);
    found.set(key, { matcher, start: from, end: to, verdict, secret: new Secret(value), encoding, assignedTo: assignedTo ?? outerName });
  }

  #finish(bytes: Buffer, found: readonly Found[]): Sighting[] {
    const offsets = [...new Set(found.flatMap(({ start, end }) => [start, end]))].toSorted((a, b) => a - b);
    const places = new Map(placesOf(bytes, offsets).map((place, index) => [offsets[index] ?? 0, place] as const));
    const rules = found.some(({ verdict }) => verdict.confidence === 'high') ? patternsIn(bytes) : [];
    return found.map((one, index) => {
      const sample = one.verdict.confidence === 'high' && isNearAny(rules, one.start);
      const from = places.get(one.start);
      const to = places.get(one.end);
      if (from === undefined || to === undefined) throw new Error('place of a match is missing');
      const { detector, provider } = one.matcher;
      const sighting: Sighting = {
        provider: provider.id,
        detector: detector.id,
        start: one.start,
        end: one.end,
        from,
        to,
        encoding: one.encoding,
        confidence: sample ? 'medium' : one.verdict.confidence,
        proven: one.verdict.proven,
        reasons: sample ? [...one.verdict.reasons, 'stands near a pattern for keys: a sample for a rule'] : one.verdict.reasons,
        facts: one.verdict.facts,
        preview: previewBy(one.secret, one.verdict.facts['key-id']) ?? previewOf(shown(one.secret), detector.publicPrefix),
        identity: identityOf(one.secret, this.#keys.run),
        ...hintOf(one.secret, detector.publicPrefix, this.#keys.run),
        lineDigest: lineDigest(bytes, one, from, found.slice(Math.max(0, index - NEIGHBOURS), index + NEIGHBOURS)),
        ...(this.#keys.operator === undefined ? {} : { fingerprint: identityOf(one.secret, this.#keys.operator) }),
        ...(one.assignedTo === undefined ? {} : { assignedTo: one.assignedTo }),
      };
      return sighting;
    });
  }
}

/** A key that is known by an id beside it is shown by that; undefined where the id is all that was found. */
function previewBy(secret: Secret, id: string | undefined): Preview | undefined {
  return id === undefined || secret.expose((text) => text === id) ? undefined : `key ${id.slice(0, 8)}…`;
}

/** A key file ends in its frame, which tells nothing: the end of what is framed is shown instead. */
function shown(secret: Secret): Secret {
  let framed: Secret | undefined;
  secret.expose((text) => {
    if (text.startsWith('-----BEGIN')) framed = new Secret(text.replace(/-----[A-Z ]{1,40}-----/g, '').replace(/\\+[nrt]|[^A-Za-z0-9+/]/g, ''));
    return 0;
  });
  return framed ?? secret;
}

/** One byte a character, so that offsets in the text are offsets in the bytes. */
function latin1(bytes: Buffer, from: number, to: number): string {
  return bytes.toString('latin1', from, to);
}

function inBinary({ detector }: Matcher): boolean {
  return detector.inBinary ?? (detector.context === undefined && (detector.publicPrefix.length >= 5 || detector.proof !== undefined));
}

/** A class of characters many times over: what regular expressions for keys are made of. */
const KEY_PATTERN = /[\])](?:\{(?:1[6-9]|[2-9]\d|\d{3})(?:,\d{0,4})?\})/g;
/** How far from such a pattern keys are its samples, in bytes, and the largest file in which patterns are sought. */
const PATTERN_REACH = 8192;
const LARGEST_WITH_PATTERNS = 4 * 2 ** 20;

/** Offsets of patterns for keys, ascending. */
function patternsIn(bytes: Buffer): number[] {
  if (bytes.length > LARGEST_WITH_PATTERNS) return [];
  return Array.from(latin1(bytes, 0, bytes.length).matchAll(KEY_PATTERN), (match) => match.index);
}

/** Read from the file itself: a window may begin in the middle of a word. */
function nameBefore(bytes: Buffer, at: number): string | undefined {
  const from = Math.max(0, at - NAME_REACH);
  return assignedName(latin1(bytes, from, at), at - from, from > 0);
}

function isNearAny(offsets: readonly number[], at: number): boolean {
  let low = 0;
  let high = offsets.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((offsets[middle] ?? 0) < at - PATTERN_REACH) low = middle + 1;
    else high = middle;
  }
  const nearest = offsets[low];
  return nearest !== undefined && nearest <= at + PATTERN_REACH;
}

/** Characters of a key that its issuer's lists show beside the constant prefix, at its head and at its end, and how many of them are compared. */
const HINT = { head: 3, tail: 4, shortest: 20 } as const;

function hintOf(secret: Secret, prefix: string, key: Uint8Array): { readonly hint?: string } {
  if (secret.length - prefix.length < HINT.shortest) return {};
  return { hint: secret.expose((text) => hintIdentity(text.slice(0, prefix.length + HINT.head), text.slice(-HINT.tail), prefix, key) ?? '') };
}

/**
 * Digest of the part of a key that a list of its issuer shows, equal to that of the key itself; undefined when the list shows too little.
 *
 * @param head begins with `prefix`, the constant beginning of such keys
 */
export function hintIdentity(head: string, tail: string, prefix: string, key: Uint8Array): string | undefined {
  if (!head.startsWith(prefix) || head.length < prefix.length + HINT.head || tail.length < HINT.tail) return undefined;
  return createHmac('sha256', key).update(`hint ${head.slice(0, prefix.length + HINT.head)} ${tail.slice(-HINT.tail)}`, 'latin1').digest('hex').slice(0, 32);
}

/** Keyed, so that a short or structured secret cannot be searched for offline (threat model T13). */
export function identityOf(secret: Secret, key: Uint8Array): string {
  return secret.expose((text) => createHmac('sha256', key).update(text, 'latin1').digest('hex').slice(0, 32));
}

/** Bytes of a line, on either side of the key, that its digest covers. */
const LINE_REACH = 120;

/** Keys on either side that can stand within that reach: the shortest has 20 bytes. */
const NEIGHBOURS = 12;

/** Digest of the line with every key in it replaced by its detector's name: survives moved lines, and says nothing of the keys. */
function lineDigest(bytes: Buffer, one: Found, place: BytePlace, all: readonly Found[]): string {
  const from = Math.max(place.lineStart, one.start - LINE_REACH);
  const to = Math.min(Math.max(place.lineEnd, one.end), one.end + LINE_REACH);
  const hash = createHash('sha256');
  let at = from;
  for (const other of all) {
    if (other.end <= at || other.start >= to) continue;
    hash.update(bytes.subarray(at, Math.max(at, other.start))).update(`\0${other.matcher.detector.id}\0`);
    at = Math.max(at, other.end);
  }
  if (at < to) hash.update(bytes.subarray(at, to));
  return hash.digest('hex').slice(0, 16);
}

const CONFIDENCE_RANK: Readonly<Record<Confidence, number>> = { high: 0, medium: 1, low: 2 };

/** Of matches that overlap, the most certain, then the longest, then the first in the registry stays. Result is in order of place. */
function withoutOverlaps(found: readonly Found[]): Found[] {
  const kept: Found[] = [];
  let chain: Found[] = [];
  let reach = -1;
  // Matches that overlap, directly or through others, form a chain; only members of one chain have to be compared.
  for (const one of found.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    if (one.start >= reach) {
      kept.push(...bestOf(chain));
      chain = [];
    }
    chain.push(one);
    reach = Math.max(reach, one.end);
  }
  kept.push(...bestOf(chain));
  return kept;
}

function bestOf(chain: readonly Found[]): Found[] {
  if (chain.length < 2) return [...chain];
  const kept: Found[] = [];
  for (const one of chain.toSorted(better)) if (!kept.some((other) => one.start < other.end && other.start < one.end)) kept.push(one);
  return kept.toSorted((a, b) => a.start - b.start);
}

function better(a: Found, b: Found): number {
  return (
    CONFIDENCE_RANK[a.verdict.confidence] - CONFIDENCE_RANK[b.verdict.confidence] ||
    Number(b.matcher.detector.proof !== undefined) - Number(a.matcher.detector.proof !== undefined) ||
    b.matcher.detector.publicPrefix.length - a.matcher.detector.publicPrefix.length ||
    b.end - b.start - (a.end - a.start) ||
    a.encoding.length - b.encoding.length ||
    a.matcher.rank - b.matcher.rank ||
    a.start - b.start
  );
}
