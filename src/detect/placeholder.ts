/** Why a text is not, or hardly, a generated key. `certain` findings are dropped, `likely` ones fall to low confidence unless the key's structure proves it. */
export interface Doubt {
  readonly strength: 'certain' | 'likely';
  readonly reason: string;
}

/** Words that stand in made-up keys. Shorter ones turn up in random text by chance, so they count only between separators or case changes. */
const LONG_WORDS = [
  'example', 'placeholder', 'changeme', 'change-me', 'change_me', 'redacted', 'dummy', 'insert', 'replace', 'sample', 'secret', 'invalid', 'mykey', 'testkey', 'test-key',
  'test_key', 'your-', 'your_', 'yourkey', 'yourapi', 'youropenai', 'api-key', 'api_key', 'apikey', 'xxxxx', 'fakekey', 'foobar', 'masked', 'hidden', 'removed', 'notreal', 'abcdefg', 'qwerty',
  '1234567', 'deadbeef', 'lorem',
];
const SHORT_WORDS = new Set(['fake', 'test', 'your', 'todo', 'mock', 'demo', 'null', 'none', 'here', 'some', 'this', 'token', 'key', 'my', 'foo', 'bar', 'baz', 'xxx', 'the', 'not', 'real', 'valid', 'old', 'new', 'stub', 'goes', 'secret', 'value']);

/** Share of a body that runs and repeats may take before it cannot be random. */
const SEQUENCE_SHARE = 0.3;
/** How often, in generated keys of the same length and alphabet, a run may come by chance before it counts as a sign of a made-up one. */
const CHANCE = { certain: 3e-7, likely: 1e-4 } as const;

/**
 * Looks for the marks of a made-up key in `body` (the key without its constant prefix): repeated characters and blocks, ascending runs,
 * words. Linear in the length of the body.
 */
export function doubtOf(body: string): Doubt | undefined {
  if (body.length === 0) return { strength: 'certain', reason: 'empty' };
  if (/\*{3}|\.{3}|\u2026|<|>|\$\{|\{\{|%s/.test(body)) return { strength: 'certain', reason: 'placeholder signs' };
  const block = repeatedBlock(body);
  if (block !== undefined) return { strength: 'certain', reason: `one block of ${block} repeated` };
  const size = alphabetOf(body);
  const same = longestSame(body);
  const sameChance = body.length * size ** (1 - same);
  const sameReason = `one character ${same} times in a row`;
  if (sameChance < CHANCE.certain || (same >= 4 && same / body.length > SEQUENCE_SHARE)) return { strength: 'certain', reason: sameReason };
  const run = sequential(body);
  // Up or down, and letters count without their case.
  const runChance = 2 * body.length * Math.min(size, 36) ** (1 - run.longest);
  const runReason = 'a sequence such as abcdef or 123456';
  if (runChance < CHANCE.certain || run.total / body.length > SEQUENCE_SHARE) return { strength: 'certain', reason: runReason };
  // `A1B2C3D4`: two sequences, turn and turn about.
  if (body.length >= 16 && isBraided(body)) return { strength: 'certain', reason: runReason };
  const word = wordIn(body);
  if (word !== undefined) return { strength: word.length >= 6 ? 'certain' : 'likely', reason: `the word "${word}"` };
  if (runChance < CHANCE.likely) return { strength: 'likely', reason: runReason };
  if (sameChance < CHANCE.likely) return { strength: 'likely', reason: sameReason };
  return undefined;
}

/** How many characters the body seems to be drawn from, by the kinds that occur in it. */
function alphabetOf(body: string): number {
  if (/^(?:[0-9a-f]+|[0-9A-F]+)$/.test(body)) return /[a-f]/i.test(body) ? 16 : 10;
  const kinds = Number(/[a-z]/.test(body)) * 26 + Number(/[A-Z]/.test(body)) * 26 + Number(/[0-9]/.test(body)) * 10 + Number(/[^A-Za-z0-9]/.test(body)) * 2;
  return Math.max(kinds, 10);
}

/** Length of the block when the whole body is one block, of up to half its length, over and over. */
function repeatedBlock(body: string): number | undefined {
  // The smallest period of a text, by the prefix function: linear.
  const prefix = new Uint16Array(body.length);
  for (let index = 1, matched = 0; index < body.length; index += 1) {
    while (matched > 0 && body[index] !== body[matched]) matched = prefix[matched - 1] ?? 0;
    if (body[index] === body[matched]) matched += 1;
    prefix[index] = matched;
  }
  const period = body.length - (prefix[body.length - 1] ?? 0);
  return body.length >= 8 && period <= body.length / 2 ? period : undefined;
}

function longestSame(body: string): number {
  let longest = 1;
  let current = 1;
  for (let index = 1; index < body.length; index += 1) {
    current = body[index] === body[index - 1] ? current + 1 : 1;
    longest = Math.max(longest, current);
  }
  return longest;
}

/** Runs of five and more in which each character is the next (or the one before) of the alphabet or the digits. */
function sequential(body: string): { longest: number; total: number } {
  let longest = 1;
  let total = 0;
  let current = 1;
  let direction = 0;
  const text = body.toLowerCase();
  for (let index = 1; index <= text.length; index += 1) {
    const step = index < text.length ? stepBetween(text.charCodeAt(index - 1), text.charCodeAt(index)) : 0;
    if (step !== 0 && (step === direction || current === 1)) {
      direction = step;
      current += 1;
      continue;
    }
    if (current >= 5) total += current;
    longest = Math.max(longest, current);
    current = step === 0 ? 1 : 2;
    direction = step;
  }
  return { longest, total };
}

/** Shortest run in every other character that chance does not make. */
const BRAIDED = 8;

function isBraided(body: string): boolean {
  return [0, 1].some((first) => {
    const half = Array.from({ length: Math.ceil((body.length - first) / 2) }, (_, index) => body[first + 2 * index]).join('');
    return sequential(half).longest >= BRAIDED;
  });
}

function stepBetween(a: number, b: number): number {
  const wrap = (a === 57 && b === 48) || (a === 122 && b === 97) || (a === 102 && b === 48) || (a === 57 && b === 97) || (a === 122 && b === 48);
  if (wrap) return 1;
  return Math.abs(b - a) === 1 ? b - a : 0;
}

function wordIn(body: string): string | undefined {
  const lower = body.toLowerCase();
  for (const word of LONG_WORDS) if (lower.includes(word)) return word;
  // Words between separators: `my-fake-key`. One alone may be chance in a long random body, so ask for four letters or a neighbour.
  const parts = body.split(/[^A-Za-z]+|(?<=[a-z])(?=[A-Z])/).map((part) => part.toLowerCase());
  const hits = parts.filter((part) => SHORT_WORDS.has(part));
  const long = hits.find((part) => part.length >= 4);
  if (long !== undefined) return long;
  return hits.length >= 3 ? hits.join('-') : undefined;
}
