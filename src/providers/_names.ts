import type { Confidence } from '../model/levels.ts';
import type { CredentialKind, EnvName, Provider } from '../model/provider.ts';
import type { NameMatch, NameTable } from '../model/reference.ts';

/** Longer strings are not names, and a bound keeps the work per lookup constant. */
const LONGEST_NAME = 256;
/** Most tokens a provider word or a known name is spread over: `GOOGLE_GENERATIVE_AI_API_KEY` has five, camel case adds some. */
const LONGEST_RUN = 8;

/** Words that say "a credential" on either side of the provider's word. */
const KEY_WORDS = set('key apikey token secret pat bearer accesskey secretkey accesstoken authtoken authkey');
/** Collective words: `openai-secrets` holds keys, but the `secrets` of `secrets.OPENAI_MODEL` is only a namespace. */
const KEY_WORDS_AFTER = set('keys apikeys secrets credential credentials creds');
const FILE_WORDS = set('file path json');

/** A key word with one of these straight before it is no credential: `next page token`, `primary key`, `public key`, `identity token`. */
const NOT_BEFORE = set(
  'public private publishable foreign primary partition sort cache storage store config setting settings option query route map dict json field column ' +
    'row state i18n translation message event metadata header model encryption ssh kms s3 object bucket host group license idempotency ' +
    'max min num total input output prompt completion cached reasoning next page cancel cancellation continuation csrf xsrf id identity ' +
    'oidc federated federation subject stop pad eos bos unk special per stream sync first last secretsmanager params sso',
);
/** A key word with one of these after it is about a credential, or about counting: `key id`, `token limit`, `secret arn`, `key file`. */
const NOT_AFTER = set(
  'id ids name names path file filename url uri endpoint host limit limits count counts counter counting length len size type types version ' +
    'vault arn ref refs prefix suffix header headers param params index hash sha ttl expiry expires expired expiration regex pattern format label ' +
    'placeholder description desc error errors valid invalid missing provider providers manager required present exists enabled configured usage ' +
    'budget cost costs price env envvar var variable variables field fields map schema store service alias pair hint help docs page link button input ' +
    'output dialog modal form model models region project org organization base rate window encoder encoding optional status source location ' +
    'rotation policy generator factory getter check validation validator resolver digest scope scopes audience issuer',
);
/** A name that begins with a verb or a question is a function or a flag: `hasOpenaiKey`, `get_openai_key`. */
const NOT_FIRST = set('has have is get set validate valid check missing invalid require requires required load fetch create delete remove rotate mask use no show hide should need needs handle render parse read find');
/** Anywhere in the name these turn `token` into a unit of text. */
const NOT_ANYWHERE = set('max maximum count tiktoken tokenizer');
/** A store or a server that the provider's program uses, with a credential of its own: `LANGFUSE_S3_SECRET_ACCESS_KEY`. */
const ELSEWHERE = set('s3 minio gcs redis postgres postgresql mysql mongodb clickhouse database smtp ssl tls nextauth jwt session cookie webhook salt signing slack stripe sentry pem');
/** Providers whose own keys are called personal access tokens; elsewhere one is for the code host: `GEMINI_PAT`. */
const PERSONAL = set('github databricks snowflake clarifai');

interface KnownName {
  readonly provider: string;
  readonly entry: EnvName;
}

interface Run {
  readonly provider: string;
  readonly start: number;
  readonly end: number;
  readonly length: number;
}

/**
 * Builds the table that tells a credential's name from any other name.
 *
 * A whole known name has its own confidence, however its words are joined (`anthropic_api_key`, `openaiApiKey`); a known name inside a
 * longer one (`OPENAI_API_KEY_PROD`) and a provider word with a key word (`my-openai-key`) have confidence `medium`. The longest match
 * names the provider. Names of paths, ids, limits, models and public keys give `undefined`.
 */
export function buildNameTable(providers: readonly Provider[]): NameTable {
  const byId = new Map(providers.map((provider) => [provider.id, provider]));
  const exact = new Map<string, KnownName>();
  const joined = new Map<string, KnownName>();
  const words = new Map<string, string>();
  for (const provider of providers) {
    for (const entry of provider.env) {
      addFirst(exact, entry.name, { provider: provider.id, entry });
      addFirst(joined, tokensOf(entry.name).join(''), { provider: provider.id, entry });
    }
    for (const word of provider.words) addFirst(words, tokensOf(word).join(''), provider.id);
  }

  function lookup(name: string): NameMatch | undefined {
    if (name.length === 0 || name.length > LONGEST_NAME) return undefined;
    const known = exact.get(name) ?? exact.get(lastSegment(name));
    if (known !== undefined) return matchOf(known, known.entry.confidence ?? 'high');
    const whole = joined.get(tokensOf(lastSegment(name)).join('')) ?? joined.get(tokensOf(name).join(''));
    if (whole !== undefined) return matchOf(whole, whole.entry.confidence ?? 'high');
    return lookupInside(tokensOf(name));
  }

  function lookupInside(tokens: readonly string[]): NameMatch | undefined {
    if (tokens.some((token) => NOT_ANYWHERE.has(token)) || NOT_FIRST.has(tokens[0] ?? '')) return undefined;
    let best: (Run & { known: KnownName }) | undefined;
    let word: Run | undefined;
    for (const run of runsOf(tokens)) {
      const known = joined.get(run.text);
      // A shared or short name (`API_KEY`, `CO_API_KEY`) says nothing once it is part of another.
      const usable = known !== undefined && (known.entry.confidence ?? 'high') === 'high';
      if (usable && run.text.length > (best?.length ?? 0)) {
        best = { provider: known.provider, start: run.start, end: run.end, length: run.text.length, known };
      }
      const provider = words.get(run.text);
      // Of two as long, the one nearer to the key word says whose it is: `LANGFUSE_VERTEXAI_KEY`.
      if (provider !== undefined && run.text.length >= (word?.length ?? 1)) {
        word = { provider, start: run.start, end: run.end, length: run.text.length };
      }
    }
    if (best !== undefined && best.length >= (word?.length ?? 0)) {
      return aboutSomethingElse(tokens, best.end) ? undefined : matchOf(best.known, 'medium');
    }
    const owner = word === undefined ? undefined : byId.get(word.provider);
    if (word === undefined || owner === undefined || !namesAKey(tokens, word) || isElsewhere(tokens, word)) return undefined;
    return { provider: owner.id, kind: kindOf(owner, tokens), confidence: 'medium' };
  }

  return { lookup };
}

/** Lower-case words of a name in any convention: `spring.ai.openai.api-key`, `openaiApiKey`, `OPENAI_API_KEY2`. */
function tokensOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((token) => token !== '');
}

function* runsOf(tokens: readonly string[]): Generator<{ start: number; end: number; text: string }> {
  for (let start = 0; start < tokens.length; start += 1) {
    let text = '';
    for (let end = start; end < Math.min(tokens.length, start + LONGEST_RUN); end += 1) {
      text += tokens[end];
      yield { start, end, text };
    }
  }
}

function lastSegment(name: string): string {
  return name.slice(Math.max(name.lastIndexOf('.'), name.lastIndexOf('/'), name.lastIndexOf(':')) + 1);
}

function namesAKey(tokens: readonly string[], word: Run): boolean {
  for (let at = tokens.length - 1; at >= 0; at -= 1) {
    if (at >= word.start && at <= word.end) continue;
    const token = withoutNumber(tokens[at] ?? '');
    if (!KEY_WORDS.has(token) && !(at > word.end && KEY_WORDS_AFTER.has(token))) continue;
    if (token === 'pat' && !PERSONAL.has(word.provider)) return false;
    if (at > 0 && NOT_BEFORE.has(tokens[at - 1] ?? '')) return false;
    return !aboutSomethingElse(tokens, at);
  }
  return false;
}

function isElsewhere(tokens: readonly string[], word: Run): boolean {
  return tokens.some((token, at) => ELSEWHERE.has(token) && (at < word.start || at > word.end));
}

/** True when a word after position `at` says that the name holds something other than the key at `at`. */
function aboutSomethingElse(tokens: readonly string[], at: number): boolean {
  const holdsFile = (tokens[at] ?? '').startsWith('cred');
  return tokens.slice(at + 1).some((token) => NOT_AFTER.has(withoutNumber(token)) && !(holdsFile && FILE_WORDS.has(token)));
}

function kindOf(provider: Provider, tokens: readonly string[]): CredentialKind {
  const kinds = provider.env.filter((entry) => entry.notAKey === undefined).map((entry) => entry.kind);
  if (tokens.includes('admin') && kinds.includes('admin-key')) return 'admin-key';
  if (tokens.includes('secret') && kinds.includes('secret-key')) return 'secret-key';
  return kinds[0] ?? 'api-key';
}

function matchOf(known: KnownName, confidence: Confidence): NameMatch | undefined {
  if (known.entry.notAKey === true) return undefined;
  return { provider: known.provider, kind: known.entry.kind, confidence };
}

/** `key2` and `token01` are a `key` and a `token`. */
function withoutNumber(token: string): string {
  let end = token.length;
  while (end > 0 && token.charCodeAt(end - 1) >= 48 && token.charCodeAt(end - 1) <= 57) end -= 1;
  return token.slice(0, end);
}

function addFirst<T>(map: Map<string, T>, key: string, value: T): void {
  if (!map.has(key)) map.set(key, value);
}

function set(words: string): ReadonlySet<string> {
  return new Set(words.split(' '));
}
