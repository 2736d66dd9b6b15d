/** `OPENAI_API_KEY`, `openai-api-key` and `openaiApiKey` name the same thing: letters and digits, without case. */
export function normalName(name: string): string {
  const bare = name.replace(/[^\p{L}\p{N}]/gu, '').toUpperCase();
  return bare === '' ? name : bare;
}

/** Words that tell the halves of a pair apart; what is left of a name without them is the same in both. */
const HALF_WORDS: ReadonlySet<string> = new Set(['ACCESS', 'SECRET', 'PUBLIC', 'KEY', 'ID']);

/** What the names of both halves of a pair share: `PROD AWS` of `PROD_AWS_ACCESS_KEY_ID` and of `prodAwsSecretAccessKey`. */
export function pairStem(name: string): string {
  const words = name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+/g) ?? [];
  return words
    .map((word) => word.toUpperCase())
    .filter((word) => !HALF_WORDS.has(word))
    .join(' ');
}

/** The last name in a route: `OPENAI_API_KEY` of `services.api.environment.OPENAI_API_KEY` and of `env["OPENAI_API_KEY"]`. */
export function lastOfRoute(route: string): string {
  const quoted = /\[["']([^"'[\]]{1,200})["']\]$/.exec(route)?.[1];
  if (quoted !== undefined) return quoted;
  const dot = route.lastIndexOf('.');
  const last = route.slice(dot + 1);
  const bracket = last.indexOf('[');
  return bracket > 0 ? last.slice(0, bracket) : last;
}
