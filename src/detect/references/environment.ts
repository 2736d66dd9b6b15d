/** Reads and writes of environment variables, settings and secrets by name, over the tokens of any language but shell. */
import type { Confidence } from '../../model/levels.ts';
import type { Language } from '../../model/provider.ts';
import type { NameMatch, NameTable, ReferenceStore } from '../../model/reference.ts';
import { isEnvironmentName, lookUp, weaker } from './found.ts';
import { looksGenerated } from '../generated.ts';
import type { Findings } from './found.ts';
import { IDENTIFIER, PUNCTUATION, STRING, TEMPLATE_CLOSE, TEMPLATE_OPEN } from './lexer.ts';
import type { Tokens } from './lexer.ts';

/** Objects that are the environment, or a copy of it: `process.env`, `os.environ`, `ENV`, `processEnv`, `$_ENV`. */
export const ENVIRONMENT = /(?:^|[^a-z])env(?:ironment|iron|ironb|s|vars?|ironmentvariables)?$|env$|^ENV$|Env$|^\$_(?:ENV|SERVER)$|environ/i;
/** Objects that hold secrets under a name: `secrets`, `userdata`, `credentials`. */
const SECRETS = /secrets?$|userdata$|credentials$|keyvault|keyring/i;
const SETTINGS = /conf(?:ig(?:uration)?)?$|settings?$|options?$|vars?$|properties$|props$|params?$/i;

/** Calls by the last two parts of their name, tested in this order. */
const WRITES = /set_?env|stub_?env|put_?env|env(?:iron)?\.(?:set|store|update|setdefault)$|set_?environment_?variable|setdefault$|set_var$|\bset_key$|setproperty$/i;
const IGNORES =
  /(?:^|\.)(?:del_?env|unset_?env|remove_var|delete|describe|it|test|expect|tobe|toequal|tocontain|tostrictequal|tohaveproperty|tothrow|log|info|warn|warning|debug|error|print|println|printf|fprintf|puts|echo|fail|panic|raise|exit|writeline|each|only|skip)!?$|(?:error|exception)$|^console\.|^logger\.|\.logger\.|assert/i;
const READS = /env|secret|credential|load_?api_?key|user_?data|get_?var$|keyvault|\.vars\.|system\.getproperty/i;
const CONFIGURES = /conf|setting|param|propert|option|get_?value|getstring|\.getordefault$|viper|^value$|field$|alias|bind|^get$|\.fetch$|required$/i;
/** Names of arguments and keys whose text value is the name of a variable: `environmentVariableName`, `api_key_env`, `forwardEnv`. */
const NAMING_KEY = /env|secret_?name|secretid|credential_?(?:source|name|key)|var(?:iable)?_?name/i;
/** Value builders of schema libraries and of typed environment helpers. */
const SCHEMA = new Set(['z', 'zod', 'v', 't', 'y', 'Joi', 'joi', 'yup', 'S', 'Type', 'Schema', 'Config', 's', 'str', 'string', 'url', 'makeValidator', 'envField', 'type', 'Env']);
const TYPE_WORDS = new Set(['string', 'String', 'undefined', 'any', 'unknown', 'never', 'str', 'boolean', 'number', 'SecretStr', 'Optional']);
/** Asking a person: the key comes from neither the environment nor a store. */
const PROMPT = /^(?:getpass|input|prompt|password|ask)$/i;
const STATEMENTS = new Set(['if', 'while', 'for', 'switch', 'return', 'in', 'of', 'and', 'or', 'not', 'print']);
/** How far the reader looks back for the owner of a bracket or the start of a statement. */
const REACH = 24;

interface Place {
  readonly confidence: Confidence;
  readonly store: ReferenceStore;
  readonly route: string;
  readonly write?: true;
}

/** Adds to `findings` each place in `tokens` that names a key. One pass; the look round each token is bounded. */
export function findEnvironment(tokens: Tokens, language: Language, names: NameTable, findings: Findings): void {
  const openers: number[] = [];
  const seen = new Set<number>();
  const fields = language === 'python' ? settingsFields(tokens) : undefined;

  for (let at = 0; at < tokens.length; at += 1) {
    const kind = tokens.kind(at);
    if (kind === PUNCTUATION) {
      const code = tokens.code(at);
      if (code === 40 || code === 91 || code === 123 || code === TEMPLATE_OPEN) openers.push(at);
      else if ((code === 41 || code === 93 || code === 125 || code === TEMPLATE_CLOSE) && tokens.partner(at) >= 0) {
        while (openers.length > 0 && (openers[openers.length - 1] ?? 0) >= tokens.partner(at)) openers.pop();
      }
      continue;
    }
    if (kind === IDENTIFIER) identifier(at);
    else if (kind === STRING) literal(at);
  }

  function identifier(at: number): void {
    const length = tokens.end(at) - tokens.start(at);
    if (length < 3 || length > 100) return;
    if (language === 'javascript' && length <= 20) destructured(at);
    const prefix = fields?.get(at);
    const follower = tokens.code(at + 1);
    const member = isMember(tokens, at);
    // `getenv(OPENAI_API_KEY)`: a constant named like the variable that it names.
    const constant = !member && tokens.code(at - 1) === 40 && (follower === 41 || follower === 44);
    if (!member && follower !== 58 && prefix === undefined && !constant) return;
    const name = tokens.value(at);
    if (prefix !== undefined) return field(at, `${prefix}${name}`);
    const match = lookUp(names, name);
    if (match === undefined) return;
    const upper = isEnvironmentName(name);
    if (member) {
      const object = objectBefore(tokens, at);
      const place = memberPlace(object.name, object.path, upper);
      if (place === undefined || isRemoved(object.start)) return;
      // `secrets.openai_api_key.get()` is a read; `env.OPENAI_API_KEY()` is a function of some other thing.
      if (follower === 40) return;
      access(at, at, object.start, name, match, place);
      return;
    }
    if (!upper) return;
    if (!constant) return entry(at, name, match);
    const owner = ownerOf(tokens, at - 1);
    const tail = owner.callee.split('.').slice(-2).join('.');
    if (/env/i.test(tail) && READS.test(tail) && !WRITES.test(tail) && !IGNORES.test(tail)) add(at, name, match, { confidence: 'medium', store: 'environment', route: `${owner.callee}()` }, owner.start);
  }

  function memberPlace(object: string, path: string, upper: boolean): Place | undefined {
    if (upper && ENVIRONMENT.test(object)) return { confidence: 'high', store: 'environment', route: path };
    if (SECRETS.test(object) && (upper || language === 'python' || language === 'ruby')) return { confidence: upper ? 'high' : 'medium', store: 'vault', route: path };
    if (!upper) return undefined;
    if (SETTINGS.test(object)) return { confidence: 'medium', store: 'environment', route: path };
    return { confidence: 'low', store: 'unknown', route: path };
  }

  /** A read or a write through an object: `process.env.X`, `os.environ["X"]`. `last` is the last token of the access. */
  function access(at: number, last: number, first: number, name: string, match: NameMatch, place: Place): void {
    const value = assignedValue(tokens, last + 1);
    if (value < 0) {
      add(at, name, match, place, first);
      return;
    }
    if (place.confidence === 'low') return;
    write(at, name, match, place, value);
  }

  /** A place that gives the variable a value; the value begins at token `value`, or nowhere (-1). */
  function write(at: number, name: string, match: NameMatch, place: Place, value: number): void {
    const prompted = PROMPT.test(tokens.identifier(value) ?? '') || (tokens.is(value + 1, '.') && PROMPT.test(tokens.identifier(value + 2) ?? ''));
    add(at, name, match, { ...place, store: prompted ? 'prompt' : place.store, route: 'write', write: true }, at);
    if (value < 0 || tokens.kind(value) !== STRING || !endsValue(tokens, value + 1)) return;
    const text = tokens.value(value);
    if (!looksGenerated(text)) return;
    findings.values.push({ provider: match.provider, kind: match.kind, name, route: 'write', start: tokens.start(value), end: tokens.end(value) });
  }

  function add(at: number, name: string, match: NameMatch, place: Place, first: number, alias?: string): void {
    const start = tokens.start(at);
    if (seen.has(start)) return;
    seen.add(start);
    const variable = place.write === undefined ? assignedVariable(tokens, first) : undefined;
    findings.references.push({
      provider: match.provider,
      kind: match.kind,
      name,
      ...(alias === undefined ? {} : { alias }),
      store: place.store,
      confidence: weaker(match.confidence, place.confidence),
      route: place.route,
      start,
      end: tokens.end(at),
      ...(variable === undefined ? {} : { variable }),
      write: place.write === true,
    });
  }

  /** `delete process.env.X`, `del os.environ["X"]`: takes the variable away, consumes nothing. */
  function isRemoved(first: number): boolean {
    const before = tokens.identifier(first - 1);
    return before === 'delete' || before === 'del' || before === 'unset';
  }

  /** `const { X, Y: alias } = process.env` and `import { X } from '$env/static/private'`, seen from the object. */
  function destructured(at: number): void {
    const word = tokens.value(at);
    let close = -1;
    let path = word;
    if (word === 'from' && tokens.is(at - 1, '}') && tokens.kind(at + 1) === STRING) {
      path = tokens.value(at + 1);
      if (!/^(?:\$env\/(?:static|dynamic)\/|astro:env\/|cloudflare:workers$)/.test(path)) return;
      close = at - 1;
    } else {
      if (!ENVIRONMENT.test(word) && !SECRETS.test(word)) return;
      const follower = tokens.code(at + 1);
      if (follower === 46 || follower === 91 || follower === 40) return;
      const object = objectBefore(tokens, at + 2, at);
      path = object.path;
      if (!tokens.is(object.start - 1, '=') || !tokens.is(object.start - 2, '}')) return;
      close = object.start - 2;
    }
    const open = tokens.partner(close);
    if (open < 0 || close - open > 400) return;
    for (let index = open + 1; index < close; index += 1) {
      if (tokens.partner(index) > index) {
        index = tokens.partner(index);
        continue;
      }
      const name = tokens.identifier(index);
      if (name === undefined || !(tokens.is(index - 1, '{') || tokens.is(index - 1, ','))) continue;
      const match = lookUp(names, name);
      if (match === undefined || !isEnvironmentName(name)) continue;
      const alias = tokens.is(index + 1, ':') ? tokens.identifier(index + 2) : undefined;
      const start = tokens.start(index);
      if (seen.has(start)) continue;
      seen.add(start);
      findings.references.push({
        provider: match.provider,
        kind: match.kind,
        name,
        ...(alias === undefined ? {} : { alias }),
        store: 'environment',
        confidence: match.confidence,
        route: path,
        start,
        end: tokens.end(index),
        variable: alias ?? name,
        write: false,
      });
    }
  }

  /** A field of a settings class, which is filled from the variable of the same name in upper case. */
  function field(at: number, full: string): void {
    const match = lookUp(names, full) ?? lookUp(names, full.toUpperCase());
    if (match === undefined) return;
    add(at, full.toUpperCase(), match, { confidence: 'high', store: 'environment', route: 'settings field' }, at);
  }

  /** `OPENAI_API_KEY: value` in an object: a schema of the environment, or an environment that is handed on. */
  function entry(at: number, name: string, match: NameMatch): void {
    const value = tokens.is(at + 1, ':') ? at + 2 : tokens.is(at + 1, '=') && tokens.is(at + 2, '>') ? at + 3 : at + 1;
    const word = tokens.identifier(value);
    const caller = tokens.code(value + 1);
    if (word !== undefined && SCHEMA.has(word) && (caller === 46 || caller === 40)) {
      add(at, name, match, { confidence: 'high', store: 'environment', route: 'environment schema' }, at);
      return;
    }
    if (word !== undefined && TYPE_WORDS.has(word) && caller !== 40) return;
    const opener = openers[openers.length - 1] ?? -1;
    const owner = ownerOf(tokens, opener);
    if (!ENVIRONMENT.test(owner.key) && !WRITES.test(owner.callee)) return;
    // The value is a read of its own, which says all: `env: { X: process.env.X }`.
    if (readsEnvironment(tokens, value)) return;
    write(at, name, match, { confidence: 'medium', store: 'environment', route: 'write', write: true }, value);
  }

  function literal(at: number): void {
    const length = tokens.end(at) - tokens.start(at);
    if (length < 3 || length > 200) return;
    const text = tokens.value(at);
    if (text.includes('${')) return placeholder(at, text);
    if (language === 'go' && text.includes(':"')) return structTag(at, text);
    if (!/^[A-Za-z][A-Za-z0-9_.:\-/]*$/.test(text)) return language === 'php' || language === 'ruby' ? assignmentText(at, text) : undefined;
    const match = lookUp(names, text);
    if (match === undefined) return;
    const upper = isEnvironmentName(text);
    const before = tokens.code(at - 1);
    if (before === 91 && tokens.is(at + 1, ']') && isIndexed(tokens, at - 1)) return indexed(at, text, match, upper);
    if (tokens.is(at + 1, ':') && (before === 123 || before === 44)) {
      if (upper) entry(at, text, match);
      return;
    }
    if (tokens.is(at + 1, '=') && tokens.is(at + 2, '>')) {
      if (upper) entry(at, text, match);
      return;
    }
    const place = literalPlace(at, upper);
    if (place !== undefined) add(at, text, match, place, place.first);
  }

  /** `putenv('OPENAI_API_KEY=value')`. */
  function assignmentText(at: number, text: string): void {
    const name = /^([A-Z][A-Z0-9_]{2,98})=/.exec(text)?.[1];
    const match = name === undefined ? undefined : lookUp(names, name);
    if (name === undefined || match === undefined || !ownerOf(tokens, openers[openers.length - 1] ?? -1).callee.endsWith('putenv')) return;
    const start = tokens.start(at);
    findings.references.push({ provider: match.provider, kind: match.kind, name, store: 'environment', confidence: match.confidence, route: 'write', start, end: start + name.length, write: true });
    const value = text.slice(name.length + 1);
    if (looksGenerated(value)) findings.values.push({ provider: match.provider, kind: match.kind, name, route: 'write', start: start + name.length + 1, end: tokens.end(at) });
  }

  function indexed(at: number, name: string, match: NameMatch, upper: boolean): void {
    const object = objectBefore(tokens, at, at - 2);
    if (isRemoved(object.start)) return;
    const environment = ENVIRONMENT.test(object.name);
    if (environment && !upper && language !== 'csharp') return;
    if (environment || SECRETS.test(object.name)) {
      return access(at, at + 1, object.start, name, match, { confidence: 'high', store: environment ? 'environment' : 'vault', route: object.path });
    }
    // Configuration keys are written `OpenAI:ApiKey` in .NET, and in upper case everywhere.
    if (SETTINGS.test(object.name) && (upper || /[:.]/.test(name))) {
      return access(at, at + 1, object.start, name, match, { confidence: 'medium', store: 'environment', route: object.path });
    }
    if (upper) access(at, at + 1, object.start, name, match, { confidence: 'low', store: 'unknown', route: object.path });
  }

  /** What a text that is exactly a name means, by the call, key or list it stands in. */
  function literalPlace(at: number, upper: boolean): (Place & { first: number }) | undefined {
    const name = tokens.value(at);
    const key = keyBefore(tokens, at);
    if (key !== '' && NAMING_KEY.test(key)) return upper ? { confidence: isArgument() ? 'high' : tokens.is(at - 1, ':') ? 'low' : 'medium', store: 'environment', route: key, first: at } : undefined;
    const member = tokens.identifier(at + 1) === 'not' ? at + 2 : at + 1;
    if (tokens.identifier(member) === 'in' && [member + 1, member + 3].some((index) => ENVIRONMENT.test(tokens.identifier(index) ?? ''))) {
      return upper ? { confidence: 'high', store: 'environment', route: 'in environment', first: at } : undefined;
    }
    const opener = openers[openers.length - 1] ?? -1;
    const owner = ownerOf(tokens, opener);
    if (owner.key !== '' && NAMING_KEY.test(owner.key)) return upper ? { confidence: isArgument() ? 'high' : 'low', store: 'environment', route: owner.key, first: at } : undefined;
    // Ruby and shell-like calls need no brackets: `ENV.fetch "X"`.
    const bare = language === 'ruby' && tokens.kind(at - 1) === IDENTIFIER ? objectBefore(tokens, at, at - 1) : undefined;
    const callee = bare?.path ?? owner.callee;
    const first = bare?.start ?? owner.start;
    if (callee !== '') {
      const tail = callee.split('.').slice(-2).join('.');
      if (WRITES.test(tail)) {
        if (upper && opener >= 0 && at === opener + 1) return { confidence: 'high', store: 'environment', route: 'write', write: true, first: literalArgument(at, name) };
        return undefined;
      }
      if (IGNORES.test(tail)) return undefined;
      if (READS.test(callee)) {
        const secret = /secret|credential|user_?data|vault/i.test(callee) && !/env/i.test(callee);
        if (upper) return { confidence: 'high', store: secret ? 'vault' : 'environment', route: `${callee}()`, first };
        if (secret) return { confidence: 'medium', store: 'vault', route: `${callee}()`, first };
        return undefined;
      }
      if (CONFIGURES.test(tail) && (upper || /[:.]/.test(name))) return { confidence: 'medium', store: 'environment', route: `${callee}()`, first };
    }
    return upper ? { confidence: 'low', store: 'unknown', route: 'text', first: at } : undefined;
  }

  /** Whether the brackets round the token at hand lead to a call, and so hand over what stands in them. A table by itself only lists names. */
  function isArgument(): boolean {
    for (let index = openers.length - 1; index >= 0; index -= 1) {
      const opener = openers[index] ?? -1;
      const before = tokens.code(opener - 1);
      if (tokens.is(opener, '(')) {
        const callee = tokens.identifier(opener - 1);
        if (callee !== undefined || before === 62) return callee === undefined || !STATEMENTS.has(callee);
        // A parenthesis round an expression, or a list of parameters.
        continue;
      }
      // A block: after `)`, `=>`, a type or a keyword.
      if (tokens.is(opener, '{') && (before === 41 || (before === 62 && tokens.is(opener - 2, '=')) || (tokens.kind(opener - 1) === IDENTIFIER && language !== 'go' && tokens.identifier(opener - 1) !== 'return'))) return false;
    }
    return false;
  }

  /** The value argument of `setenv("X", "value")` when it is a literal: a value of its own. Gives back `at`. */
  function literalArgument(at: number, name: string): number {
    const match = lookUp(names, name);
    if (match === undefined || !tokens.is(at + 1, ',') || tokens.kind(at + 2) !== STRING || !endsValue(tokens, at + 3)) return at;
    if (looksGenerated(tokens.value(at + 2))) {
      findings.values.push({ provider: match.provider, kind: match.kind, name, route: 'write', start: tokens.start(at + 2), end: tokens.end(at + 2) });
    }
    return at;
  }

  /** `@Value("${openai.api.key:}")`: property placeholders inside a text. */
  function placeholder(at: number, text: string): void {
    const found = /\$\{([A-Za-z][\w.-]{2,98})(?=[:}])/.exec(text);
    const name = found?.[1];
    if (found === null || name === undefined || (language !== 'java' && language !== 'kotlin')) return;
    const match = lookUp(names, name);
    if (match === undefined) return;
    const start = tokens.start(at) + found.index + 2;
    if (seen.has(start)) return;
    seen.add(start);
    const annotated = ownerOf(tokens, openers[openers.length - 1] ?? -1).callee === 'Value';
    findings.references.push({
      provider: match.provider,
      kind: match.kind,
      name,
      store: 'environment',
      confidence: weaker(match.confidence, annotated ? 'high' : 'medium'),
      route: annotated ? '@Value' : 'property placeholder',
      start,
      end: start + name.length,
      write: false,
    });
  }

  /** `env:"OPENAI_API_KEY"` in the tag of a Go struct field. */
  function structTag(at: number, text: string): void {
    const found = /\b(?:env|envconfig|mapstructure|envvar|secret):"([A-Z][A-Z0-9_]{2,98})/.exec(text);
    const name = found?.[1];
    if (found === null || name === undefined) return;
    const match = lookUp(names, name);
    if (match === undefined) return;
    const start = tokens.start(at) + found.index + found[0].length - name.length;
    findings.references.push({ provider: match.provider, kind: match.kind, name, store: 'environment', confidence: match.confidence, route: 'struct tag', start, end: start + name.length, write: false });
  }
}

/** True when token `at` follows `.`, `?.`, `::` or `->`. */
export function isMember(tokens: Tokens, at: number): boolean {
  const before = tokens.code(at - 1);
  if (before === 46) return !tokens.is(at - 2, '.');
  if (before === 58) return tokens.is(at - 2, ':');
  return before === 62 && tokens.is(at - 2, '-');
}

/** The last token of what stands before the separator in front of `at`, skipping `?` and `!`. */
function beforeSeparator(tokens: Tokens, at: number): number {
  let index = at - (tokens.code(at - 1) === 46 ? 2 : 3);
  while (tokens.is(index, '?') || tokens.is(index, '!')) index -= 1;
  return index;
}

/**
 * The object in front of a member or bracket: its last name, its whole path as written, and its first token.
 *
 * @param last the last token of the object, when it is not followed by a separator.
 */
export function objectBefore(tokens: Tokens, at: number, last = beforeSeparator(tokens, at)): { name: string; path: string; start: number } {
  const parts: string[] = [];
  let name = '';
  let index = last;
  let start = last;
  for (let step = 0; step < 8; step += 1) {
    while (tokens.is(index, '?') || tokens.is(index, '!') || (tokens.is(index, '.') && tokens.is(index - 1, '?'))) index -= 1;
    if (tokens.is(index, ')') || tokens.is(index, ']')) {
      const open = tokens.partner(index);
      if (open < 0) break;
      start = open;
      index = open - 1;
      if (tokens.kind(index) !== IDENTIFIER && !tokens.is(index, ')') && !tokens.is(index, ']') && !tokens.is(index, '.') && !tokens.is(index, '>')) break;
      continue;
    }
    if (tokens.is(index, '>')) {
      const open = genericStart(tokens, index);
      if (open < 0) break;
      index = open - 1;
      continue;
    }
    const word = tokens.identifier(index);
    if (word === undefined) break;
    parts.unshift(word);
    if (name === '') name = word;
    start = index;
    if (!isMember(tokens, index)) break;
    index = beforeSeparator(tokens, index);
  }
  return { name, path: parts.join('.'), start };
}

/** The `<` that pairs with the `>` at `at`, a few tokens back, as in `GetValue<string>(`; -1 when there is none. */
function genericStart(tokens: Tokens, at: number): number {
  let depth = 0;
  for (let index = at; index > at - REACH && index >= 0; index -= 1) {
    if (tokens.is(index, '>')) depth += 1;
    else if (tokens.is(index, '<')) {
      depth -= 1;
      if (depth === 0) return index;
    } else if (tokens.is(index, ';') || tokens.is(index, '{')) return -1;
  }
  return -1;
}

/** The name of the argument or key that token `at` is the value of: `key: "X"`, `key="X"`; '' when there is none. */
function keyBefore(tokens: Tokens, at: number): string {
  let index = at - 1;
  if (tokens.is(index, '>') && tokens.is(index - 1, '=')) index -= 1;
  if (!tokens.is(index, ':') && !tokens.is(index, '=')) return '';
  if (tokens.is(index, '=') && (tokens.is(index - 1, '=') || tokens.is(index - 1, '!'))) return '';
  if (tokens.is(index, '=') && tokens.is(index - 1, ':')) index -= 1;
  if (tokens.kind(index - 1) === IDENTIFIER || tokens.kind(index - 1) === STRING) return tokens.value(index - 1).slice(0, 100);
  return '';
}

/** What a bracket belongs to: the key or variable it is the value of, or the call it opens; looks outward through lists. */
function ownerOf(tokens: Tokens, opener: number): { key: string; callee: string; start: number } {
  let at = opener;
  for (let step = 0; step < 3 && at >= 0; step += 1) {
    if (tokens.is(at, '(')) {
      const before = tokens.kind(at - 1);
      if (before === IDENTIFIER || tokens.is(at - 1, '>') || tokens.is(at - 1, '!') || tokens.is(at - 1, '.')) {
        const object = objectBefore(tokens, at, tokens.is(at - 1, '.') ? at - 2 : at - 1);
        return { key: '', callee: object.path, start: object.start };
      }
      at -= 1;
      if (tokens.kind(at) !== PUNCTUATION) return { key: '', callee: '', start: opener };
      if (!tokens.is(at, '(') && !tokens.is(at, '[')) return { key: keyBefore(tokens, at + 1), callee: '', start: opener };
      continue;
    }
    const key = keyBefore(tokens, at) || typedVariable(tokens, at);
    if (key !== '') return { key, callee: '', start: opener };
    if (tokens.is(at - 1, '(') || tokens.is(at - 1, '[')) {
      at -= 1;
      continue;
    }
    return { key: '', callee: '', start: opener };
  }
  return { key: '', callee: '', start: opener };
}

/** `env` of `const env: Record<string, string> = {` and of `env := map[string]string{`. */
function typedVariable(tokens: Tokens, at: number): string {
  let equals = -1;
  for (let index = at - 1; index > at - REACH && index >= 0; index -= 1) {
    const code = tokens.code(index);
    if (code === 59 || code === 123 || code === 125 || code === 40) return '';
    if (code === 61) equals = index;
    const word = tokens.identifier(index);
    if (equals >= 0 && (word === 'const' || word === 'let' || word === 'var' || word === 'val')) return tokens.value(index + 1).slice(0, 100);
    if (equals === index && tokens.is(index - 1, ':')) return tokens.value(index - 2).slice(0, 100);
  }
  return '';
}

/** True when `[` at `at` indexes something rather than begins a list. */
export function isIndexed(tokens: Tokens, at: number): boolean {
  const before = tokens.code(at - 1);
  if (tokens.kind(at - 1) === IDENTIFIER) return !['return', 'in', 'of', 'case'].includes(tokens.value(at - 1));
  return before === 41 || before === 93 || before === 33 || (before === 46 && tokens.is(at - 2, '?'));
}

/** The first token of the value when an assignment stands at `at` (`=`, `||=`, `??=`); -1 otherwise. */
export function assignedValue(tokens: Tokens, at: number): number {
  let index = at;
  const code = tokens.code(index);
  if ((code === 124 || code === 63) && tokens.code(index + 1) === code) index += 2;
  if (!tokens.is(index, '=')) return -1;
  const glued = tokens.start(index + 1) === tokens.end(index);
  if (glued && (tokens.is(index + 1, '=') || tokens.is(index + 1, '>') || tokens.is(index + 1, '~'))) return -1;
  return index + 1;
}

/** True when the value that ended before token `at` is whole: nothing is joined to it. */
export function endsValue(tokens: Tokens, at: number): boolean {
  if (at >= tokens.length) return true;
  const code = tokens.code(at);
  return code === 59 || code === 44 || code === 41 || code === 125 || code === 93 || tokens.startsLine(at);
}

/** The variable that the expression beginning at token `first` is assigned to, in the same statement. */
function assignedVariable(tokens: Tokens, first: number): string | undefined {
  for (let index = first - 1; index > first - 14 && index >= 0; index -= 1) {
    const code = tokens.code(index);
    if (code === 59 || code === 123 || code === 125 || code === 44) return undefined;
    if (code !== 61) continue;
    const before = tokens.code(index - 1);
    if (before === 61 || before === 33 || before === 60 || before === 62 || tokens.is(index + 1, '=') || tokens.is(index + 1, '>')) return undefined;
    if (before === 58) return tokens.identifier(index - 2);
    const name = tokens.identifier(index - 1);
    // `name: Type = value`
    if (name !== undefined && tokens.is(index - 2, ':') && !tokens.is(index - 3, ':')) return tokens.identifier(index - 3) ?? name;
    return name;
  }
  return undefined;
}

/** True when the value at `at` begins with a read of the environment. */
function readsEnvironment(tokens: Tokens, at: number): boolean {
  for (let index = at; index < at + 8 && index < tokens.length; index += 1) {
    const code = tokens.code(index);
    if (code === 44 || code === 125 || code === 59) return false;
    const word = tokens.identifier(index);
    if (word !== undefined && (ENVIRONMENT.test(word) || /getenv|environ/i.test(word))) return true;
  }
  return false;
}

/** Fields of pydantic settings classes: first token of each field, with the prefix its variables carry. */
function settingsFields(tokens: Tokens): Map<number, string> {
  const fields = new Map<number, string>();
  if (!tokens.text.includes('Settings')) return fields;
  for (let at = 0; at < tokens.length; at += 1) {
    if (tokens.identifier(at) !== 'class' || !tokens.is(at + 2, '(')) continue;
    const close = tokens.partner(at + 2);
    if (close < 0 || close - at > 60 || !tokens.is(close + 1, ':')) continue;
    let settings = false;
    for (let index = at + 3; index < close; index += 1) settings ||= (tokens.identifier(index) ?? '').endsWith('Settings');
    if (!settings) continue;
    const margin = columnOf(tokens, at);
    const found: number[] = [];
    let prefix = '';
    let index = close + 2;
    for (; index < tokens.length; index += 1) {
      if (tokens.identifier(index) === 'env_prefix' && tokens.kind(index + 2) === STRING) prefix = tokens.value(index + 2).slice(0, 50);
      if (!tokens.startsLine(index)) continue;
      if (columnOf(tokens, index) <= margin) break;
      if (tokens.kind(index) === IDENTIFIER && tokens.is(index + 1, ':') && !namesVariable(tokens, index)) found.push(index);
    }
    for (const token of found) fields.set(token, prefix);
    at = index - 1;
  }
  return fields;
}

/** True when the field beginning at `at` names its variable itself: `key: str = Field(alias="OPENAI_API_KEY")`. */
function namesVariable(tokens: Tokens, at: number): boolean {
  for (let index = at + 1; index < at + 12 && index < tokens.length && !tokens.startsLine(index); index += 1) {
    if (!tokens.is(index, '(')) continue;
    const close = Math.min(tokens.partner(index), index + 60);
    for (let inside = index + 1; inside < close; inside += 1) {
      if (tokens.is(inside + 1, '=') && /^(?:env|alias|validation_alias)$/.test(tokens.identifier(inside) ?? '')) return true;
    }
    return false;
  }
  return false;
}

function columnOf(tokens: Tokens, at: number): number {
  const start = tokens.start(at);
  for (let index = start - 1; index >= 0 && start - index < 200; index -= 1) if (tokens.text.charCodeAt(index) === 10) return start - index - 1;
  return Math.min(start, 200);
}
