/** A decoded piece of text with, for each of its characters, where it came from in the original. */
export interface Decoded {
  readonly text: string;
  /** `origin[i]` is the offset in the original of the first character that gave `text[i]`; one more entry for the end. */
  readonly origin: Uint32Array;
  readonly encodings: readonly ('escape' | 'percent')[];
}

const HEX2 = /^[0-9A-Fa-f]{2}$/;
const HEX4 = /^[0-9A-Fa-f]{4}$/;
const SIMPLE: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', '"': '"', "'": "'", '\\': '\\', '/': '/' };

/**
 * Undoes JSON and string-literal escapes (`\n`, `\/`, `\u002d`, `\x2d`) and percent encoding (`%2D`), wherever they stand. Linear.
 * Returns undefined when there was nothing to undo.
 */
export function decodeEscapes(text: string): Decoded | undefined {
  let result = '';
  const origin = new Uint32Array(text.length + 1);
  let escape = false;
  let percent = false;
  let at = 0;
  while (at < text.length) {
    const step = escapeAt(text, at);
    origin[result.length] = at;
    if (step === undefined) {
      result += text[at] ?? '';
      at += 1;
      continue;
    }
    if (step.percent) percent = true;
    else escape = true;
    result += step.character;
    at += step.length;
  }
  if (!escape && !percent) return undefined;
  origin[result.length] = text.length;
  const encodings: ('escape' | 'percent')[] = [];
  if (escape) encodings.push('escape');
  if (percent) encodings.push('percent');
  return { text: result, origin: origin.slice(0, result.length + 1), encodings };
}

function escapeAt(text: string, at: number): { character: string; length: number; percent: boolean } | undefined {
  const code = text.charCodeAt(at);
  if (code === 37) {
    const digits = text.slice(at + 1, at + 3);
    return HEX2.test(digits) ? { character: String.fromCharCode(Number.parseInt(digits, 16)), length: 3, percent: true } : undefined;
  }
  if (code !== 92) return undefined;
  // A run of backslashes is one escape of the innermost level: text quoted twice has `\\n`, three times `\\\\n`.
  let kind = at + 1;
  while (text.charCodeAt(kind) === 92 && kind - at < 8) kind += 1;
  const letter = text[kind] ?? '';
  if (letter === 'u' || letter === 'x') {
    const digits = text.slice(kind + 1, kind + (letter === 'u' ? 5 : 3));
    if (!(letter === 'u' ? HEX4 : HEX2).test(digits)) return undefined;
    const value = Number.parseInt(digits, 16);
    return value < 256 ? { character: String.fromCharCode(value), length: kind + 1 + digits.length - at, percent: false } : undefined;
  }
  const character = Object.hasOwn(SIMPLE, letter) ? SIMPLE[letter] : undefined;
  return character === undefined ? undefined : { character, length: kind + 1 - at, percent: false };
}

const BASE64 = new Int8Array(128).fill(-1);
'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'.split('').forEach((character, value) => {
  BASE64[character.charCodeAt(0)] = value;
});
BASE64['-'.charCodeAt(0)] = 62;
BASE64['_'.charCodeAt(0)] = 63;

/** A stretch of base64 (standard or URL alphabet), decoded to latin1. */
export interface Base64Run {
  /** Offset of its first character in the text. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Longest stretch decoded round a hit: enough for a service-account file, small enough to stay cheap on huge blobs. */
const LONGEST_RUN = 16_384;

/**
 * The base64 stretch that covers `at`, decoded so that group boundaries fall where `phase` (0..2: how many bytes before the literal
 * share its first group) says. A stretch may be wrapped over lines only by JSON or YAML folding, which is not undone here.
 */
export function base64Around(text: string, at: number, phase: number): Base64Run {
  const groups = phase === 0 ? 0 : phase + 1;
  // Where the group that holds the literal's first bits begins.
  const aligned = at - groups;
  let start = aligned;
  while (start - 4 >= 0 && aligned - start < LONGEST_RUN && isRun(text, start - 4)) start -= 4;
  let end = at;
  while (end < text.length && end - start < LONGEST_RUN && (BASE64[text.charCodeAt(end)] ?? -1) >= 0) end += 1;
  start = Math.max(0, start);
  let bits = 0;
  let held = 0;
  const bytes: number[] = [];
  for (let index = start; index < end; index += 1) {
    bits = (bits << 6) | Math.max(0, BASE64[text.charCodeAt(index)] ?? 0);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes.push((bits >> held) & 255);
    bits &= (1 << held) - 1;
  }
  return { start, end, text: Buffer.from(bytes).toString('latin1') };
}

function isRun(text: string, start: number): boolean {
  for (let index = start; index < start + 4; index += 1) if ((BASE64[text.charCodeAt(index)] ?? -1) < 0) return false;
  return true;
}

/** Offset in the original of the base64 character that carries decoded byte `index` (its first bits). */
export function base64Origin(run: Base64Run, index: number): number {
  return run.start + Math.floor((index * 8) / 6);
}

/**
 * Whether the base64 at `at` decodes to `literal` with at least `count` characters of `fits` after it: a look at a few dozen characters, before a
 * whole stretch is decoded. `at` and `phase` as in {@link base64Around}.
 */
export function opensInBase64(text: string, at: number, phase: number, literal: string, count: number, fits: (character: string) => boolean): boolean {
  const start = at - (phase === 0 ? 0 : phase + 1);
  const wanted = phase + literal.length + count;
  let bits = 0;
  let held = 0;
  let decoded = '';
  for (let index = start; decoded.length < wanted; index += 1) {
    const value = BASE64[text.charCodeAt(index)] ?? -1;
    if (value < 0) return false;
    bits = (bits << 6) | value;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    const character = String.fromCharCode((bits >> held) & 255);
    bits &= (1 << held) - 1;
    const position = decoded.length - phase;
    if (position >= 0 && (position < literal.length ? character !== literal[position] : !fits(character))) return false;
    decoded += character;
  }
  return true;
}

/**
 * The base64 forms of an ASCII literal: for each phase the characters that do not depend on what stands round it.
 * Phases whose stable part is shorter than three characters are left out: they would hit everywhere.
 */
export function base64Forms(literal: string): readonly { readonly text: string; readonly phase: number }[] {
  const forms: { text: string; phase: number }[] = [];
  for (const phase of [0, 1, 2]) {
    const encoded = Buffer.concat([Buffer.alloc(phase), Buffer.from(literal, 'latin1')]).toString('base64').replace(/=+$/, '');
    const first = phase === 0 ? 0 : phase + 1;
    const stable = Math.floor(((phase + literal.length) * 8) / 6);
    const text = encoded.slice(first, stable);
    if (text.length >= 3) forms.push({ text, phase });
  }
  return forms;
}
