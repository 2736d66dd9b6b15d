import { Buffer } from 'node:buffer';

/** Characters of every class a recipe may name. */
const CLASSES: Readonly<Record<string, string>> = {
  hex: '0123456789abcdef',
  HEX: '0123456789ABCDEF',
  digit: '0123456789',
  lower: 'abcdefghijklmnopqrstuvwxyz',
  'lower-alnum': 'abcdefghijklmnopqrstuvwxyz0123456789',
  'upper-alnum': 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789',
  alpha: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
  alnum: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
  url: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
  base64: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
  base32: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567',
};
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** Characters that belong to a key when they stand directly beside a recipe part, so that `sk-ant-{url:93}AA` is one key. */
const KEY_CHARACTER = /[A-Za-z0-9_.~/+-]/;

export interface Expanded {
  readonly text: string;
  /** The generated secrets, as they stand in `text`, in order of first appearance. */
  readonly keys: readonly string[];
}

interface Span {
  start: number;
  end: number;
  /** Special recipes say themselves which part of them is the key. */
  fixed: boolean;
}

interface Part {
  readonly text: string;
  /** Offsets of the secret inside `text`; absent: all of it, and what stands directly beside it. */
  readonly secret?: { readonly start: number; readonly end: number };
}

/** A small repeatable generator (mulberry32): numbers in [0, 1), the same sequence for the same seed on every machine. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * Replaces every recipe in `text` by generated characters and says which secrets came out.
 *
 * Recipes: `{CLASS:COUNT}` (classes above), `{uuid}`, `{same:N}` (the N-th recipe of this text, from 1), `{absk}`, `{bedrock-short}`,
 * `{github-crc:PREFIX}`, `{gcp-json}`, `{gcp-user-json}`; `{{` is a brace. A brace that opens no recipe stays as it is.
 */
export function expandRecipe(text: string, random: () => number): Expanded {
  const made: Part[] = [];
  const spans: Span[] = [];
  let out = '';
  let at = 0;
  while (at < text.length) {
    if (text.startsWith('{{', at)) {
      out += '{';
      at += 2;
      continue;
    }
    const recipe = /^\{([A-Za-z0-9-]+)(?::([A-Za-z0-9_-]+))?\}/.exec(text.slice(at, at + 64));
    const part = recipe === null ? undefined : expandPart(recipe[1] ?? '', recipe[2], made, random);
    if (recipe === null || part === undefined) {
      out += text[at];
      at += 1;
      continue;
    }
    made.push(part);
    const secret = part.secret ?? { start: 0, end: part.text.length };
    spans.push({ start: out.length + secret.start, end: out.length + secret.end, fixed: part.secret !== undefined });
    out += part.text;
    at += recipe[0].length;
  }
  return { text: out, keys: [...new Set(mergeSpans(out, spans).map((span) => out.slice(span.start, span.end)))] };
}

function expandPart(name: string, argument: string | undefined, made: readonly Part[], random: () => number): Part | undefined {
  if (name === 'same') return made[Number(argument) - 1];
  if (name === 'uuid') return { text: uuid(random) };
  if (name === 'absk') return { text: bedrockLongKey(random) };
  if (name === 'bedrock-short') return { text: bedrockShortKey(random) };
  if (name === 'github-crc' && argument !== undefined) return { text: withChecksum(argument, pick('alnum', 30, random)) };
  if (name === 'gcp-json') return serviceAccount(random);
  if (name === 'gcp-user-json') return authorizedUser(random);
  if (!Object.hasOwn(CLASSES, name) || argument === undefined) return undefined;
  return { text: pick(name, Number(argument), random) };
}

function pick(name: string, count: number, random: () => number): string {
  const characters = CLASSES[name] ?? '';
  let out = '';
  for (let index = 0; index < count; index += 1) out += characters[Math.floor(random() * characters.length)];
  return out;
}

function uuid(random: () => number): string {
  const hex = pick('hex', 30, random);
  const variant = '89ab'[Math.floor(random() * 4)];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(12, 15)}-${variant}${hex.slice(15, 18)}-${hex.slice(18, 30)}`;
}

function bedrockLongKey(random: () => number): string {
  const decoded = `BedrockAPIKey-${pick('lower-alnum', 4, random)}-at-${pick('digit', 12, random)}:${pick('base64', 44, random)}`;
  return `ABSK${Buffer.from(decoded, 'latin1').toString('base64')}`;
}

function bedrockShortKey(random: () => number): string {
  const day = `2026${String(1 + Math.floor(random() * 9)).padStart(2, '0')}${String(10 + Math.floor(random() * 18))}`;
  const decoded =
    'bedrock.amazonaws.com/?Action=CallWithBearerToken&X-Amz-Algorithm=AWS4-HMAC-SHA256' +
    `&X-Amz-Credential=${'ASIA'}${pick('base32', 16, random)}%2F${day}%2Fus-east-1%2Fbedrock%2Faws4_request` +
    `&X-Amz-Date=${day}T120000Z&X-Amz-Expires=43200&X-Amz-Security-Token=IQoJb3JpZ2lu${pick('alnum', 500, random)}` +
    `&X-Amz-Signature=${pick('hex', 64, random)}&X-Amz-SignedHeaders=host&Version=1`;
  return `bedrock-api-key-${Buffer.from(decoded, 'latin1').toString('base64')}`;
}

/** A token of GitHub's classic family: the last six characters are the CRC-32 of the thirty before, in base 62. */
function withChecksum(prefix: string, body: string): string {
  let rest = crc32(body);
  let digits = '';
  while (rest > 0) {
    digits = `${BASE62[rest % 62]}${digits}`;
    rest = Math.floor(rest / 62);
  }
  return `${prefix}${body}${digits.padStart(6, '0')}`;
}

function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let index = 0; index < text.length; index += 1) {
    crc ^= text.charCodeAt(index);
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function serviceAccount(random: () => number): Part {
  const project = `acme-${pick('lower', 6, random)}`;
  const lines = [`MIIEvQIBADANBgkqhkiG9w0BAQEFAASC${pick('base64', 32, random)}`];
  for (let line = 0; line < 24; line += 1) lines.push(pick('base64', 64, random));
  lines.push(`${pick('base64', 22, random)}==`);
  const body = lines.join('\\n');
  const email = `worker@${project}.iam.gserviceaccount.com`;
  const text = [
    '{',
    '  "type": "service_account",',
    `  "project_id": "${project}",`,
    `  "private_key_id": "${pick('hex', 40, random)}",`,
    `  "private_key": "-----BEGIN ${'PRIVATE'} KEY-----\\n${body}\\n-----END ${'PRIVATE'} KEY-----\\n",`,
    `  "client_email": "${email}",`,
    `  "client_id": "${pick('digit', 21, random)}",`,
    '  "auth_uri": "https://accounts.google.com/o/oauth2/auth",',
    '  "token_uri": "https://oauth2.googleapis.com/token",',
    '  "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",',
    `  "client_x509_cert_url": "https://www.googleapis.com/robot/v1/metadata/x509/${encodeURIComponent(email)}",`,
    '  "universe_domain": "googleapis.com"',
    '}',
  ].join('\n');
  const start = text.indexOf('-----BEGIN');
  return { text, secret: { start, end: text.indexOf('\\n",', start) } };
}

function authorizedUser(random: () => number): Part {
  const refresh = `1//0${pick('alnum', 1, random)}${pick('url', 95, random)}${pick('alnum', 2, random)}`;
  const text = [
    '{',
    '  "account": "",',
    `  "client_id": "${pick('digit', 12, random)}-${pick('lower-alnum', 32, random)}.apps.googleusercontent.com",`,
    `  "client_secret": "${'GOCSPX'}-${pick('url', 28, random)}",`,
    `  "refresh_token": "${refresh}",`,
    '  "type": "authorized_user",',
    '  "universe_domain": "googleapis.com"',
    '}',
  ].join('\n');
  const start = text.indexOf(refresh);
  return { text, secret: { start, end: start + refresh.length } };
}

/** Grows every span over the key characters beside it and joins those that touch. */
function mergeSpans(text: string, spans: readonly Span[]): Span[] {
  const merged: Span[] = [];
  for (const span of spans) {
    const grown = { ...span };
    if (!span.fixed) {
      while (grown.start > 0 && KEY_CHARACTER.test(text[grown.start - 1] ?? '') && text[grown.start - 2] !== '\\') grown.start -= 1;
      while (grown.end < text.length && KEY_CHARACTER.test(text[grown.end] ?? '')) grown.end += 1;
      // Base64 padding ends a key.
      while (grown.end < text.length && text[grown.end] === '=') grown.end += 1;
    }
    const last = merged.at(-1);
    if (last !== undefined && grown.start <= last.end && !grown.fixed) last.end = Math.max(last.end, grown.end);
    else merged.push(grown);
  }
  return merged;
}
