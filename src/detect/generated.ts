import { entropy } from './entropy.ts';
import { doubtOf } from './placeholder.ts';

/** Shortest text that is taken for a key of unknown shape, and the longest: keys that go on longer have a shape, and what has none is data. */
const SHORTEST = 16;
const LONGEST = 200;
const LOWEST_ENTROPY = 3;
/** Longest piece between separators: shorter ones are words of a slug. */
const SHORTEST_PIECE = 10;
/** Share of neighbours of another kind (digit, small, capital) below which a text is a word with a number, not a random one. */
const LEAST_CHANGE = 0.15;

/** `vault:v1:...`, `encrypted:...`, `op://...`, `arn:...`: an address, or a form that something else has to open. */
const SCHEME = /^!?[A-Za-z][A-Za-z+_]{1,20}(?::|\/\/)|^[A-Z]{2,8}\[/;
/**
 * Heads of ciphertext, as bytes in base64: sealed-secrets (a two-byte length of 512), KMS (version and key digest), age, OpenSSL (`Salted__`), Fernet,
 * PGP messages; and the public half of an age key.
 */
const SEALED = /^(?:Ag[A-D][A-Za-z0-9+/]{200}|AQ(?:IC|EC|ID)AH|YWdlLWVuY3J5cHRpb24|U2FsdGVkX1|gAAAAA|hQ[EIM][A-Za-z0-9+/]{100}|age1)/;

/**
 * Whether a text without a known shape looks as if a machine had drawn it: long, unspaced, letters with digits, mixed well, and neither made up nor
 * encrypted where it stands.
 */
export function looksGenerated(text: string): boolean {
  if (text.length < SHORTEST || text.length > LONGEST) return false;
  if (!/^[A-Za-z0-9_\-.+/=:~]+$/.test(text) || !/[0-9]/.test(text) || !/[A-Za-z]/.test(text)) return false;
  if (text.includes('://') || SCHEME.test(text) || SEALED.test(text)) return false;
  // Model names and slugs are words joined by hyphens: `gpt-4o-mini-2024-07-18`.
  const pieces = text.split(/[-_.:/]/);
  if (Math.max(...pieces.map((piece) => piece.length)) < SHORTEST_PIECE) return false;
  return changes(text) >= LEAST_CHANGE && entropy(text) >= LOWEST_ENTROPY && doubtOf(text) === undefined;
}

/** Share of neighbouring letters and digits that are of two kinds. */
function changes(text: string): number {
  let pairs = 0;
  let changed = 0;
  for (let index = 1; index < text.length; index += 1) {
    const before = kindOf(text.charCodeAt(index - 1));
    const after = kindOf(text.charCodeAt(index));
    if (before === 0 || after === 0) continue;
    pairs += 1;
    if (before !== after) changed += 1;
  }
  return pairs === 0 ? 0 : changed / pairs;
}

function kindOf(code: number): 0 | 1 | 2 | 3 {
  if (code >= 48 && code <= 57) return 1;
  if (code >= 97 && code <= 122) return 2;
  return code >= 65 && code <= 90 ? 3 : 0;
}
