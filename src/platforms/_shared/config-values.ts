import type { ReferenceStore } from '../../model/reference.ts';

/** Something a value takes from elsewhere. Offsets count from the start of the value. */
export interface Interpolation {
  /** Variable, input or entry name; for a vault reference its whole text, cut to a readable length. */
  readonly name: string;
  readonly store: ReferenceStore;
  readonly start: number;
  readonly end: number;
  /** Default that stands in the file: `x` of `${NAME:-x}`. */
  readonly fallback?: { readonly text: string; readonly start: number };
}

/** What stands where a key's value is expected. */
export type ValueForm =
  /** Nothing, or a text that asks to be replaced: `your-key-here`, `<KEY>`, `sk-...`. Somebody fills it in. */
  | { readonly kind: 'unset' }
  /** A text that shows no key is needed: `dummy`, `not-used`, `ollama`. */
  | { readonly kind: 'dummy' }
  /** Taken from elsewhere. */
  | { readonly kind: 'taken'; readonly from: readonly Interpolation[] }
  /** Encrypted where it stands, or an address in a secret manager. */
  | { readonly kind: 'vault' }
  /** Long and random enough to be a key. */
  | { readonly kind: 'literal' };

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
/** Longest `${...}` or `{{...}}` that is read. */
const MAX_EXPRESSION = 1000;
const MAX_NAME = 200;

/** Prefixes that mean "kept in a vault, or encrypted in place". */
const VAULT_PREFIXES: readonly string[] = [
  'op://', 'vault:', 'vault://', 'ENC[', 'encrypted:', 'ref+', 'secretref+', 'awssm://', 'awsps://', 'gcpsm://', 'sm://', 'akv://', 'azkv://',
  'keyring:', 'bws://', 'doppler://', 'infisical://', 'secret://', 'arn:aws:secretsmanager:', 'arn:aws:ssm:', 'arn:aws-us-gov:secretsmanager:',
  'arn:aws-cn:secretsmanager:', 'aws/secretsmanager/', 'gcp/secretmanager/', '@Microsoft.KeyVault(', '@microsoft.keyvault(', '{{resolve:',
  '{cipher}', '-----BEGIN AGE ENCRYPTED', '-----BEGIN PGP MESSAGE', '$ANSIBLE_VAULT;', 'kms:', 'sops:', 'secretsmanager:', 'ssm:', '!vault', 'dotenvx:',
];

/** Sorts a value as it stands between its quotes. Linear. */
export function formOf(value: string): ValueForm {
  const text = value.trim();
  if (text === '') return { kind: 'unset' };
  if (VAULT_PREFIXES.some((prefix) => text.startsWith(prefix)) || VAULT_ADDRESS.test(text.slice(0, 300))) return { kind: 'vault' };
  const from = interpolations(value);
  if (from.length > 0) return { kind: 'taken', from };
  return literalForm(text);
}

/** A sealed secret, `projects/p/secrets/s/versions/1` of Google Secret Manager, `@name` of Vercel. */
const VAULT_ADDRESS = /^(?:Ag[A-D][A-Za-z0-9+/]{200}|projects\/[\w-]{1,63}\/secrets\/[\w-]{1,255}(?:\/|$)|@[a-z][\w-]{1,100}$)/;

/** Shorter texts are words, ports and switches; every provider's keys are longer. */
const SHORTEST_KEY = 16;
const DUMMY_WORDS = [
  'dummy', 'fake', 'mock', 'none', 'unused', 'noneed', 'not-needed', 'notneeded', 'not_needed', 'not-used', 'not_used', 'no-key', 'nokey', 'no_key', 'not-required', 'not_required',
  'ignored', 'anything', 'local', 'ollama', 'lm-studio', 'lmstudio', 'vllm', 'empty', 'disabled', 'test', 'testing', 'null', 'undefined', 'true', 'false', 'n/a', 'na', 'nil', 'random', 'whatever',
];
const UNSET_WORDS = [
  'your', 'example', 'changeme', 'change-me', 'change_me', 'change this', 'placeholder', 'redacted', 'insert', 'replace', 'sample', 'todo', 'fixme', 'paste', 'enter', 'secret-key', 'secret_key',
  'my-key', 'my_key', 'mykey', 'api-key', 'api_key', 'apikey', 'token-here', 'key-here', 'here', 'xxxx', '****', '...', '\u2026', '____', '----', '0000', 'abcdef', '12345', 'goes',
];

function literalForm(text: string): ValueForm {
  const lower = text.toLowerCase();
  // `x`: a store on the same machine asks for something, and looks at nothing.
  if (text.length < 3) return { kind: 'dummy' };
  if (DUMMY_WORDS.some((word) => lower === word || lower.startsWith(`${word}-`) || lower.startsWith(`${word}_`) || lower.endsWith(`-${word}`))) return { kind: 'dummy' };
  if (isMarked(lower) || UNSET_WORDS.some((word) => lower.includes(word))) return { kind: 'unset' };
  if (DUMMY_WORDS.some((word) => word.length >= 4 && lower.includes(word) && !isRandom(text))) return { kind: 'dummy' };
  if (isRandom(text)) return { kind: 'literal' };
  return /^[A-Z][A-Z0-9_]*$/.test(text) ? { kind: 'unset' } : { kind: 'dummy' };
}

/** `<KEY>`, `[KEY]`, `__KEY__`, `%KEY%`, `xxx`. */
function isMarked(lower: string): boolean {
  const first = lower[0] ?? '';
  const last = lower.at(-1) ?? '';
  if ((first === '<' && last === '>') || (first === '[' && last === ']') || (first === '%' && last === '%') || (first === '(' && last === ')')) return true;
  return new Set(lower).size <= 2 || /(?:^|[-_.])x{3,}$/.test(lower.slice(-40));
}

function isRandom(text: string): boolean {
  if (text.length < SHORTEST_KEY || /\s/.test(text)) return false;
  // A JSON key file or PEM block is found by its own shape; an address or a path holds no key as a whole.
  if (/^(?:https?:|file:|\/|\.\.?\/|~\/|\{|-----BEGIN)/.test(text)) return false;
  const body = text.slice(0, 200);
  return new Set(body).size >= 8 && /[0-9]/.test(body) && /[A-Za-z]/.test(body) && !isWords(body);
}

/** `my-openai-key-2`: nothing but lower-case words and short numbers between separators. */
function isWords(text: string): boolean {
  const parts = text.split(/[-_./: ]+/);
  if (parts.length < 2) return false;
  return parts.every((part) => /^(?:[a-z]+|[A-Z]+|[A-Z][a-z]+)?[0-9]{0,4}$/.test(part) && part.length < 16);
}

/**
 * Everything in `value` that is filled in from elsewhere, in the notations of shells, Compose, editors, agents, Terraform, Serverless,
 * Spring, Jinja and Go templates. `$$`, `\$` and single occurrences of the marks are text. Linear.
 */
export function interpolations(value: string): Interpolation[] {
  const found: Interpolation[] = [];
  for (const prefix of WHOLE_PREFIXES) {
    const name = value.startsWith(prefix) ? nameAt(value, prefix.length) : undefined;
    if (name !== undefined) return [{ name, store: 'environment', start: 0, end: value.length }];
  }
  for (let at = 0; at < value.length; at += 1) {
    const char = value[at];
    if (char === '\\' && value[at + 1] === '$') {
      at += 1;
      continue;
    }
    if (char === '$' && value[at + 1] === '$') {
      at += 1;
      continue;
    }
    const one = char === '$' ? dollarAt(value, at) : char === '{' ? braceAt(value, at) : char === '%' ? percentAt(value, at) : undefined;
    if (one === undefined) continue;
    found.push(one);
    at = one.end - 1;
  }
  return found;
}

/** `os.environ/NAME` (LiteLLM), `env(NAME)` (Supabase), `process.env.NAME`, `env:NAME`. */
const WHOLE_PREFIXES = ['os.environ/', 'env(', 'process.env.', 'env://', 'env:', 'env.'] as const;

/** Commands that print a secret out of a manager: 1Password, Vault, pass, macOS Keychain, cloud secret managers, ... */
const VAULT_COMMAND = /(?:^|[\s;|&/])(?:op read|op item|vault |pass |gopass |security find|aws secretsmanager|aws ssm|gcloud secrets|az keyvault|doppler |infisical |bws |secret-tool|lpass |bw get|sops |chamber )/;

function nameAt(text: string, at: number): string | undefined {
  NAME.lastIndex = at;
  return NAME.exec(text)?.[0];
}

function dollarAt(value: string, at: number): Interpolation | undefined {
  const next = value[at + 1];
  if (next === '{') {
    const double = value[at + 2] === '{';
    const open = at + (double ? 3 : 2);
    const close = value.slice(open, open + MAX_EXPRESSION).indexOf(double ? '}}' : '}');
    if (close < 0) return undefined;
    const end = open + close + (double ? 2 : 1);
    return expression(value.slice(open, open + close), at, end, open);
  }
  if (next === '(') {
    const close = value.slice(at, at + MAX_EXPRESSION).indexOf(')');
    // `$(NAME)` is Kubernetes' own expansion; `$(command)` hands the question to a command.
    if (close < 0) return undefined;
    const inside = value.slice(at + 2, at + close);
    const simple = /^[A-Za-z_][A-Za-z0-9_.]*$/.test(inside);
    const store = simple ? 'environment' : VAULT_COMMAND.test(inside) ? 'vault' : 'unknown';
    return { name: inside.slice(0, MAX_NAME), store, start: at, end: at + close + 1 };
  }
  const from = value.startsWith('env:', at + 1) ? at + 5 : at + 1;
  const name = nameAt(value, from);
  return name === undefined ? undefined : { name, store: 'environment', start: at, end: from + name.length };
}

const STORES: ReadonlyMap<string, ReferenceStore> = new Map<string, ReferenceStore>([
  ['env', 'environment'], ['localEnv', 'environment'], ['containerEnv', 'environment'], ['input', 'prompt'], ['ssm', 'vault'], ['secretsManager', 'vault'], ['secretsmanager', 'vault'],
  ['vault', 'vault'], ['file', 'file'], ['param', 'environment'], ['opt', 'environment'], ['self', 'environment'], ['cf', 'environment'], ['aws', 'vault'], ['sm', 'vault'], ['op', 'vault'],
]);

function expression(inside: string, start: number, end: number, open: number): Interpolation {
  const text = inside.trim();
  const colon = text.indexOf(':');
  const scope = colon > 0 ? text.slice(0, colon) : '';
  const store = STORES.get(scope);
  if (store !== undefined && !/^[-=?+]/.test(text.slice(colon + 1))) {
    const rest = text.slice(colon + 1);
    // A vault path is named by its whole text; a variable by its name alone, for a default may follow.
    const comma = rest.search(/[,:]/);
    const name = store === 'vault' || store === 'file' ? rest.trim() : rest.slice(0, comma < 0 ? undefined : comma).trim();
    return { name: name.slice(0, MAX_NAME), store, start, end };
  }
  const dotted = /^(?:(?:inputs|vars|env|secrets|var|local|data|params|github)\.)+([A-Za-z_][\w-]*)/.exec(text.slice(0, MAX_NAME));
  if (dotted?.[1] !== undefined) return { name: dotted[1], store: text.startsWith('secrets.') ? 'ci-secret' : 'environment', start, end };
  const name = nameAt(text, 0);
  if (name === undefined) return { name: text.slice(0, MAX_NAME), store: 'unknown', start, end };
  const operator = /^:?[-=]/.exec(text.slice(name.length))?.[0] ?? '';
  const lead = inside.length - inside.trimStart().length;
  const fallbackStart = open + lead + name.length + operator.length;
  if (operator === '') return { name: text.slice(0, MAX_NAME) === name ? name : text.replace(/[:?+].*$/s, '').slice(0, MAX_NAME), store: 'environment', start, end };
  return { name, store: 'environment', start, end, fallback: { text: text.slice(name.length + operator.length), start: fallbackStart } };
}

function braceAt(value: string, at: number): Interpolation | undefined {
  if (value[at + 1] === '{') {
    const close = value.slice(at, at + MAX_EXPRESSION).indexOf('}}');
    if (close < 0) return undefined;
    const inside = value.slice(at + 2, at + close);
    return { name: templateName(inside), store: /vault|secret|lookup\(\s?['"](?!env)/i.test(inside) ? 'vault' : 'environment', start: at, end: at + close + 2 };
  }
  // OpenCode writes `{env:NAME}` and `{file:path}`.
  const scope = value.startsWith('env:', at + 1) ? 'environment' : value.startsWith('file:', at + 1) ? 'file' : undefined;
  if (scope === undefined) return undefined;
  const close = value.slice(at, at + MAX_EXPRESSION).indexOf('}');
  if (close < 0) return undefined;
  const colon = scope === 'environment' ? 5 : 6;
  return { name: value.slice(at + colon, at + close).trim().slice(0, MAX_NAME), store: scope, start: at, end: at + close + 1 };
}

/** The last name in a template expression that looks like data: `openai_api_key` of `lookup('env', 'X') | default(openai_api_key)`. */
function templateName(inside: string): string {
  const quoted = /['"]([A-Za-z_][A-Za-z0-9_]{2,99})['"]\s*\)/.exec(inside.slice(0, MAX_EXPRESSION))?.[1];
  if (quoted !== undefined) return quoted;
  const path = /[A-Za-z_][\w.]*/.exec(inside.replace(/^\s*[-+]?\s*/, '').replace(/^(?:required|quote|b64enc|toYaml|tpl|default)\b(?:\s*"[^"]*")?\s*/, '').replace(/^[.$]+/, ''))?.[0] ?? inside.trim();
  return path.slice(0, MAX_NAME);
}

function percentAt(value: string, at: number): Interpolation | undefined {
  const name = nameAt(value, at + 1);
  if (name === undefined || value[at + 1 + name.length] !== '%') return undefined;
  return { name, store: 'environment', start: at, end: at + name.length + 2 };
}
