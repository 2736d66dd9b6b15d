/** Constructor calls of AI SDKs, and the raw HTTP headers that do without one. Runs after the environment reads, and refers to them. */
import type { Confidence } from '../../model/levels.ts';
import type { Language, Provider, SdkUse } from '../../model/provider.ts';
import type { NameTable } from '../../model/reference.ts';
import { assignedValue, ENVIRONMENT, endsValue, isIndexed, isMember, objectBefore } from './environment.ts';
import { isEnvironmentName, kindOfName, lookUp } from './found.ts';
import { looksGenerated } from '../generated.ts';
import type { Findings, FoundReference } from './found.ts';
import { CHUNK, IDENTIFIER, STRING, TEMPLATE_OPEN } from './lexer.ts';
import type { Tokens } from './lexer.ts';

interface ActiveSdk {
  readonly provider: Provider;
  readonly sdk: SdkUse;
}

/** A name that the file got from a package. */
interface Binding {
  readonly packageName: string;
  /** `default` and `*` for whole modules. */
  readonly imported: string;
  /** Token of the import, for references that stand there. */
  readonly at: number;
  readonly typeOnly: boolean;
}

interface Import {
  readonly packageName: string;
  readonly at: number;
}

interface Imports {
  readonly packages: readonly Import[];
  readonly bindings: ReadonlyMap<string, Binding>;
}

/** How far into the arguments of one call the reader looks, in tokens. */
const REACH = 500;
const LONGEST_CHAIN = 40;
/** Arguments that show the client gets short-lived tokens instead of a key. */
const KEYLESS =
  /^(?:azure_?ad_?token(?:_?provider)?|\w*token_?provider|\w*credential_?provider(?:_?chain)?|credentials?|\w*(?:Default|Identity|Chained|Cli|Managed)\w*Credentials?|vertex_?ai|use_?vertex_?ai|google_?auth_?options|auth_?client|workload_?identity\w*|get_?bearer_?token_?provider)$/i;
/** Arguments that hand over a client or a provider, which has its key already. */
const CLIENT = /^(?!http|fetch|async_?http)(?:\w*_)?(?:client|provider)$|^(?!http|Http|HTTP)\w*Client$/;
const KEY_HOLDER = /^(?:Azure|Api)KeyCredential$/;
const NOTHING = new Set(['undefined', 'null', 'None', 'nil', 'false', 'False']);
const HEADERS = new Set(['x-api-key', 'api-key', 'x-goog-api-key', 'authorization', 'xi-api-key']);
/** How far from a host name a header may stand and still belong to it, in characters. */
const NEAR = 400;

/** Whether `name` is package `wanted` or lies inside it. */
function isInPackage(name: string, wanted: string): boolean {
  if (!name.startsWith(wanted)) return false;
  const next = name.charAt(wanted.length);
  return next === '' || next === '/' || next === '.' || next === ':' || next === '\\';
}

interface LanguageSdks {
  readonly all: readonly ActiveSdk[];
  /** Those whose constructors are written in full, as `OpenAI::Client`. */
  readonly qualified: readonly ActiveSdk[];
  /** Names that packages begin with: `google` of `google.genai`, because `from google import genai` names only it. */
  readonly parents: ReadonlySet<string>;
  /** What a package name leads to, remembered. */
  readonly byPackage: Map<string, readonly ActiveSdk[]>;
}

const LARGEST_MEMORY = 20_000;
const sdkTables = new WeakMap<readonly Provider[], Map<Language, LanguageSdks>>();

/** The SDK records that may be used from `language`. */
export function sdksOf(language: Language, providers: readonly Provider[]): LanguageSdks {
  let tables = sdkTables.get(providers);
  if (tables === undefined) {
    tables = new Map();
    sdkTables.set(providers, tables);
  }
  const known = tables.get(language);
  if (known !== undefined) return known;
  const all: ActiveSdk[] = [];
  for (const provider of providers) {
    for (const sdk of provider.sdks) if (sdk.language === language || (language === 'kotlin' && sdk.language === 'java')) all.push({ provider, sdk });
  }
  const qualified = all.filter(({ sdk }) => sdk.constructors.some((name) => name.includes('::')));
  const parents = new Set<string>();
  for (const { sdk } of all) {
    for (const name of sdk.packages) for (const separator of name.matchAll(/[./:\\]/g)) parents.add(name.slice(0, separator.index));
  }
  const made = { all, qualified, parents, byPackage: new Map() };
  tables.set(language, made);
  return made;
}

/** The SDK records that the import of `packageName` may make use of. */
export function sdksIn(packageName: string, table: LanguageSdks): readonly ActiveSdk[] {
  const known = table.byPackage.get(packageName);
  if (known !== undefined) return known;
  const found = table.all.filter(({ sdk }) => sdk.packages.some((wanted) => isInPackage(packageName, wanted)));
  if (table.byPackage.size > LARGEST_MEMORY) table.byPackage.clear();
  table.byPackage.set(packageName, found);
  return found;
}

/** Adds SDK calls, default instances and headers to `findings`. */
export function findSdkUses(tokens: Tokens, language: Language, names: NameTable, providers: readonly Provider[], findings: Findings): void {
  const table = sdksOf(language, providers);
  const imports = importsOf(tokens, language);
  const activeSet = new Set<ActiveSdk>();
  for (const packageName of new Set(imports.packages.map((entry) => entry.packageName))) {
    const found = sdksIn(packageName, table);
    if (found.length > 0) findings.packages.add(packageName);
    for (const entry of found) activeSet.add(entry);
  }
  const active = [...activeSet];
  // Written out in full (`OpenAI::Client`), a Ruby or Rust constructor needs no import in the file.
  const qualified = table.qualified;
  const reads = [...findings.references].toSorted((a, b) => a.start - b.start);
  const variables = new Map<string, FoundReference>();
  let unnamed: ReadonlyMap<string, string> | undefined;
  for (const read of reads) if (read.variable !== undefined && !read.write && read.confidence !== 'low') variables.set(read.variable, read);
  if (active.length > 0 || qualified.length > 0) findCalls();
  if (language === 'javascript' && active.length > 0) findDefaultInstances();
  findHeaders();

  function findCalls(): void {
    const byName = new Map<string, ActiveSdk[]>();
    for (const entry of new Set([...active, ...qualified])) {
      for (const constructor of entry.sdk.constructors) {
        const last = constructor.split(/::|\./).at(-1) ?? constructor;
        byName.set(last, [...(byName.get(last) ?? []), entry]);
      }
    }
    const settled: { start: number; end: number; provider: string }[] = [];
    // Backwards, so that a call inside another's arguments is settled first and not counted again.
    for (let at = tokens.length - 1; at >= 0; at -= 1) {
      if (tokens.kind(at) !== IDENTIFIER) continue;
      const word = tokens.value(at);
      const binding = imports.bindings.get(word);
      const known = byName.get(word) ?? (binding === undefined || isMember(tokens, at) ? undefined : renamed(binding));
      if (known === undefined) {
        if (language === 'python') moduleKey(at, word);
        continue;
      }
      const open = callAt(tokens, at, language);
      if (open < 0 || isDeclared(tokens, at)) continue;
      const path = isMember(tokens, at) ? objectBefore(tokens, at) : { name: '', path: '', start: at };
      const entry = choose(known, word, path.path);
      if (entry === undefined) continue;
      const close = regionEnd(tokens, open);
      const inside = settled.some((other) => other.provider === entry.provider.id && other.start > at && other.start < close);
      if (inside) continue;
      if (call(entry, at, open, close)) settled.push({ start: at, end: close, provider: entry.provider.id });
      if (settled.length > 64) settled.shift();
    }
  }

  /** `import { OpenAI as Client }` and `import Client from 'openai'`. */
  function renamed(binding: Binding): ActiveSdk[] | undefined {
    if (binding.typeOnly || binding.imported === '*') return undefined;
    const entries = active.filter(({ sdk }) => sdk.packages.some((wanted) => isInPackage(binding.packageName, wanted)));
    if (binding.imported === 'default') return language === 'javascript' ? entries.filter(({ sdk }) => /^[A-Z]/.test(sdk.constructors[0] ?? '')) : undefined;
    const fitting = entries.filter(({ sdk }) => sdk.constructors.includes(binding.imported));
    return fitting.length > 0 ? fitting : undefined;
  }

  /** Which SDK a call belongs to, by what its first name is bound to. */
  function choose(known: readonly ActiveSdk[], word: string, path: string): ActiveSdk | undefined {
    const full = path === '' ? word : `${path}.${word}`;
    const root = full.split('.')[0] ?? word;
    const binding = imports.bindings.get(root);
    if (binding === undefined && known[0] !== undefined && path === '' && !known.some((entry) => activeSet.has(entry))) return undefined;
    const fits = known.filter(({ sdk }) =>
      sdk.constructors.some((name) => {
        const dotted = name.replaceAll('::', '.');
        return dotted === word || full === dotted || full.endsWith(`.${dotted}`);
      }),
    );
    if (binding !== undefined) return fits.find(({ sdk }) => !binding.typeOnly && sdk.packages.some((wanted) => isInPackage(binding.packageName, wanted) || isInPackage(wanted, binding.packageName)));
    // These languages name whatever they use: an unbound name is the file's own.
    if (language === 'javascript' || language === 'python' || language === 'go') return undefined;
    return fits.find((entry) => activeSet.has(entry) || path !== '');
  }

  /** Judges one call. False when it says nothing about keys. */
  function call({ provider, sdk }: ActiveSdk, at: number, open: number, close: number): boolean {
    const word = tokens.value(at);
    const first = objectBefore(tokens, at, at).start;
    const fresh = tokens.identifier(first - 1) === 'new' ? 'new ' : '';
    const written = tokens.text.slice(Math.max(tokens.start(first), tokens.end(at) - 80), tokens.end(at));
    const title = `${fresh}${/^[\w$.:]+$/.test(written) ? written : word}`;
    let keyless = false;
    let keyHolder = false;
    const end = Math.min(close, open + REACH);
    for (let index = open + 1; index < end; index += 1) {
      const name = tokens.identifier(index);
      if (name === undefined || name.length > 80) continue;
      if (KEY_HOLDER.test(name)) keyHolder = true;
      else if (KEYLESS.test(name) && !sdk.keyArguments.includes(name)) keyless = true;
      else if (CLIENT.test(name) && valueOfArgument(tokens, index) !== undefined) keyless = true;
      if (!sdk.keyArguments.includes(name)) continue;
      const value = valueOfArgument(tokens, index);
      if (value === undefined) continue;
      return argument({ provider, sdk }, at, `${title}(${name})`, value.start, value.end, 'medium');
    }
    const inside = readsWithin(tokens.start(open), tokens.start(Math.min(close, tokens.length - 1)) + 1);
    for (const read of inside) {
      if (read.provider !== provider.id || read.write) continue;
      read.route = `${title}()`;
      read.sdk = true;
      return true;
    }
    if (keyless && !keyHolder) return false;
    const positional = firstArgument(tokens, open);
    const handed = sdk.keyFirst === true && positional !== undefined ? variableBehind(positional.start, positional.end) : undefined;
    if (handed !== undefined && positional !== undefined) {
      reference(provider, handed, positional.start, `${title}()`, 'medium');
      return true;
    }
    if (positional !== undefined && positional.end === positional.start + 1) {
      const only = positional.start;
      if (tokens.kind(only) === STRING && sdk.keyArguments.length === 0 && looksGenerated(tokens.value(only))) {
        return argument({ provider, sdk }, at, `${title}()`, only, only + 1, 'medium');
      }
      const name = tokens.identifier(only);
      if (name !== undefined && /key|token|secret/i.test(name)) return argument({ provider, sdk }, at, `${title}()`, only, only + 1, 'medium');
      // A setter such as `WithAPIKey(value)` holds only what it is given.
      if (word.startsWith('With')) return false;
      // A whole configuration handed in may hold a key, or something else.
      if (name !== undefined) return implicit(provider, sdk, at, `${title}()`, 'low');
    }
    return implicit(provider, sdk, at, `${title}()`, 'medium');
  }

  function implicit(provider: Provider, sdk: SdkUse, at: number, route: string, confidence: Confidence): boolean {
    const name = implicitName(sdk);
    if (name === undefined) return false;
    reference(provider, name, at, route, confidence);
    return true;
  }

  /** The variable an SDK reads by itself. A cloud's default chain may read one too, but serves workload identities as well: no sign of a key. */
  function implicitName(sdk: SdkUse): string | undefined {
    for (const name of sdk.implicitEnv) {
      const kind = lookUp(names, name)?.kind;
      if (kind === 'service-account-key') return undefined;
      // The AI SDK asks for access keys without a chain behind them.
      if ((kind === 'access-key' || kind === 'secret-key') && !sdk.packages.some((wanted) => wanted.startsWith('@ai-sdk/'))) return undefined;
    }
    return sdk.implicitEnv[0];
  }

  function reference(provider: Provider, name: string, at: number, route: string, confidence: Confidence): void {
    findings.references.push({ provider: provider.id, kind: kindOfName(provider, name), name, store: 'environment', confidence, route, sdk: true, start: tokens.start(at), end: tokens.end(at), write: false });
  }

  /** Judges the value given for the key. */
  function argument({ provider, sdk }: ActiveSdk, at: number, route: string, start: number, end: number, confidence: Confidence): boolean {
    const inside = readsWithin(tokens.start(start), tokens.end(end - 1)).filter((read) => read.confidence !== 'low');
    if (inside.length > 0) {
      for (const read of inside) {
        if (read.write) continue;
        read.route = route;
        read.sdk = true;
        if (sdk.alone === true) claim(read, provider);
      }
      return true;
    }
    const name = sdk.implicitEnv[0] ?? provider.env.find((entry) => entry.notAKey === undefined)?.name;
    if (tokens.kind(start) === STRING && end === start + 1) {
      const text = tokens.value(start);
      if (name !== undefined && looksGenerated(text)) findings.values.push({ provider: provider.id, kind: kindOfName(provider, name), name, route, start: tokens.start(start), end: tokens.end(start) });
      return true;
    }
    for (let index = start; index < Math.min(end, start + 60); index += 1) {
      const word = tokens.identifier(index);
      if (word !== undefined && word.length <= 80 && KEYLESS.test(word) && !sdk.keyArguments.includes(word)) return true;
    }
    // An argument such as `headers` may carry a key, or anything else.
    if (!/key|token|secret|cred|auth|\(\)/i.test(route)) return true;
    const behind = variableBehind(start, end);
    if (behind !== undefined) {
      reference(provider, behind, start, route, confidence);
      return true;
    }
    const variable = variableIn(start, end);
    if (variable === undefined) return true;
    if (NOTHING.has(variable)) return implicit(provider, sdk, at, route.replace(/\([^)]*\)$/, '()'), confidence);
    const origin = variables.get(variable);
    if (origin !== undefined && sdk.alone === true) claim(origin, provider);
    const known = lookUp(names, variable);
    // `new OpenAI({ apiKey: profile.openrouter_api_key })`: the client of one provider with the key of another that speaks the same protocol.
    const other = origin === undefined && known !== undefined && !isKin(known.provider, provider.id) ? providers.find((one) => one.id === known.provider) : undefined;
    const theirs = other?.env.find((entry) => entry.notAKey === undefined)?.name;
    if (other !== undefined && theirs !== undefined) {
      reference(other, isEnvironmentName(variable) ? variable : theirs, start, route, confidence);
      return true;
    }
    const chosen = origin?.name ?? (known !== undefined && isEnvironmentName(variable) ? variable : name);
    if (chosen !== undefined) reference(provider, chosen, start, route, confidence);
    return true;
  }

  function claim(read: FoundReference, provider: Provider): void {
    read.provider = provider.id;
    read.kind = kindOfName(provider, read.name);
  }

  /** The variable of the environment that a value is read from, where its name says nothing of a provider: `process.env.KEY`, or a variable of the file that is filled from it. */
  function variableBehind(start: number, end: number): string | undefined {
    const direct = environmentRead(tokens, start, end);
    if (direct !== undefined) return lookUp(names, direct) === undefined ? direct : undefined;
    const local = tokens.identifier(start);
    if (local === undefined || isMember(tokens, start) || tokens.is(start + 1, '.') || tokens.is(start + 1, '(')) return undefined;
    unnamed ??= filledFromEnvironment(tokens);
    const name = unnamed.get(local);
    return name === undefined || lookUp(names, name) !== undefined ? undefined : name;
  }

  /** The variable that a value consists of: `apiKey`, `this.apiKey`, `options.key ?? x`; the last name of the first path. */
  function variableIn(start: number, end: number): string | undefined {
    let last: string | undefined;
    for (let index = start; index < Math.min(end, start + 12); index += 1) {
      const word = tokens.identifier(index);
      if (word !== undefined) last = word;
      else if (tokens.is(index, '(') && last !== undefined) return last;
      else if (!tokens.is(index, '.') && !tokens.is(index, '?') && !tokens.is(index, '!') && !tokens.is(index, '&') && !tokens.is(index, '*') && tokens.code(index) !== TEMPLATE_OPEN) break;
    }
    return last;
  }

  function readsWithin(start: number, end: number): FoundReference[] {
    let low = 0;
    let high = reads.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((reads[middle]?.start ?? 0) < start) low = middle + 1;
      else high = middle;
    }
    const inside: FoundReference[] = [];
    for (let index = low; index < reads.length && inside.length < 20; index += 1) {
      const read = reads[index];
      if (read === undefined || read.start >= end) break;
      inside.push(read);
    }
    return inside;
  }

  /** `openai.api_key = value`: the key set on the module. */
  function moduleKey(at: number, word: string): void {
    if (!tokens.is(at - 1, '.')) return;
    const value = assignedValue(tokens, at + 1);
    const root = tokens.identifier(at - 2);
    if (value < 0 || root === undefined) return;
    const binding = imports.bindings.get(root);
    if (binding === undefined || binding.imported !== '*') return;
    const ofModule = active.filter(({ sdk }) => sdk.packages.includes(binding.packageName));
    const entry = ofModule.find(({ sdk }) => sdk.keyArguments.includes(`${binding.packageName}.${word}`)) ?? ofModule.find(({ sdk }) => sdk.keyArguments.includes(word));
    if (entry === undefined) return;
    let end = value + 1;
    while (end < value + 40 && end < tokens.length && !(tokens.startsLine(end) && tokens.partner(end) < 0)) end += 1;
    argument(entry, at, `${root}.${word}`, value, end, 'medium');
  }

  /** `openai('gpt-4o')` from a package of ready instances: one reference where the instance is imported. */
  function findDefaultInstances(): void {
    const done = new Set<string>();
    for (const [local, binding] of imports.bindings) {
      if (binding.typeOnly || !binding.packageName.startsWith('@ai-sdk/') || !/^[a-z]/.test(binding.imported) || /^(?:create|default$)/.test(binding.imported)) continue;
      const entry = active.find(({ sdk }) => sdk.packages.some((wanted) => isInPackage(binding.packageName, wanted)));
      const name = entry === undefined ? undefined : implicitName(entry.sdk);
      if (entry === undefined || name === undefined || done.has(entry.provider.id) || !isCalled(local, binding.at)) continue;
      done.add(entry.provider.id);
      // The call itself may already be there, because the instance is listed among the constructors.
      const calls = findings.references.filter((found) => found.provider === entry.provider.id && (found.route === `${local}()` || found.route.startsWith(`${local}(`)));
      for (const found of calls) findings.references.splice(findings.references.indexOf(found), 1);
      reference(entry.provider, name, binding.at, `import ${local}`, 'medium');
    }
  }

  function isCalled(local: string, importedAt: number): boolean {
    for (let at = importedAt + 1; at < tokens.length; at += 1) {
      if (tokens.kind(at) !== IDENTIFIER || tokens.end(at) - tokens.start(at) !== local.length || tokens.value(at) !== local) continue;
      if ((tokens.is(at + 1, '(') || tokens.is(at + 1, '.')) && !isMember(tokens, at)) return true;
    }
    return false;
  }

  /** A key header near the host name of a provider, filled from something that is no environment read. */
  function findHeaders(): void {
    let hosts: { provider: Provider; offset: number }[] | undefined;
    for (let at = 0; at < tokens.length; at += 1) {
      const kind = tokens.kind(at);
      if (kind !== STRING && kind !== IDENTIFIER) continue;
      const length = tokens.end(at) - tokens.start(at);
      if (length < 7 || length > 14 || !HEADERS.has(tokens.value(at).toLowerCase())) continue;
      const value = headerValue(tokens, at);
      if (value === undefined) continue;
      const inside = readsWithin(tokens.start(value.start), tokens.end(value.end - 1));
      if (inside.length > 0) continue;
      hosts ??= hostsIn(tokens, providers);
      let nearest: { provider: Provider; offset: number } | undefined;
      for (const host of hosts) {
        const distance = Math.abs(host.offset - tokens.start(at));
        if (distance <= NEAR && (nearest === undefined || distance < Math.abs(nearest.offset - tokens.start(at)))) nearest = host;
      }
      if (nearest === undefined) continue;
      header(nearest.provider, at, value.start, value.end);
    }
  }

  function header(provider: Provider, at: number, start: number, end: number): void {
    const name = provider.env.find((entry) => entry.notAKey === undefined)?.name;
    if (name === undefined) return;
    const title = tokens.value(at).toLowerCase();
    for (let index = start; index < Math.min(end, start + 20); index += 1) {
      const word = tokens.identifier(index);
      if (word === undefined || tokens.is(index + 1, '(') || NOTHING.has(word)) continue;
      if (tokens.is(index + 1, '.') || word === 'Bearer') continue;
      const origin = variables.get(word);
      reference(provider, origin?.name ?? (isEnvironmentName(word) && lookUp(names, word) !== undefined ? word : name), index, `header ${title}`, 'low');
      return;
    }
    const text = tokens.value(start);
    if (tokens.kind(start) === STRING && looksGenerated(text.replace(/^Bearer /, ''))) {
      findings.values.push({ provider: provider.id, kind: kindOfName(provider, name), name, route: `header ${title}`, start: tokens.end(start) - text.replace(/^Bearer /, '').length, end: tokens.end(start) });
    }
  }
}

/** Calls that ask for a variable of the environment, by the end of their path. */
const ASKS = /(?:env|env(?:iron)?\.(?:get|fetch|var)|get_?environment_?variable)$/i;
const VARIABLE = /^[A-Za-z_]\w{1,98}$/;
/** How far into a value its read may begin, in tokens: `SecretStr(os.environ["X"])`. */
const HEAD = 12;

/** The variable of the environment that the value at `start` reads first; undefined when it begins with anything else. */
function environmentRead(tokens: Tokens, start: number, end: number): string | undefined {
  for (let at = start; at < Math.min(end, start + HEAD, tokens.length); at += 1) {
    // A value that is done with its line is done with.
    if (at > start && tokens.startsLine(at) && tokens.partner(at) < 0 && !isMember(tokens, at)) return undefined;
    const kind = tokens.kind(at);
    if (kind !== IDENTIFIER && kind !== STRING) continue;
    const name = tokens.value(at);
    if (kind === IDENTIFIER) {
      if (isMember(tokens, at) && VARIABLE.test(name) && !tokens.is(at + 1, '(') && !tokens.is(at + 1, '.') && !tokens.is(at + 1, '[') && ENVIRONMENT.test(objectBefore(tokens, at).name)) return name;
      continue;
    }
    if (!VARIABLE.test(name)) return undefined;
    if (tokens.is(at - 1, '[') && tokens.is(at + 1, ']') && isIndexed(tokens, at - 1)) return ENVIRONMENT.test(objectBefore(tokens, at, at - 2).name) ? name : undefined;
    return tokens.is(at - 1, '(') && ASKS.test(objectBefore(tokens, at - 1, at - 2).path) ? name : undefined;
  }
  return undefined;
}

/** By variable of the file: the variable of the environment that it is filled from, where it is filled from one alone. */
function filledFromEnvironment(tokens: Tokens): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const several = new Set<string>();
  const fill = (local: string, name: string | undefined): void => {
    if (found.has(local) && found.get(local) !== name) several.add(local);
    if (name !== undefined) found.set(local, name);
  };
  for (let at = 0; at < tokens.length; at += 1) {
    if (tokens.is(at, '}') && tokens.is(at + 1, '=') && ENVIRONMENT.test(tokens.identifier(at + 4) ?? '') && tokens.is(at + 3, '.') && !tokens.is(at + 5, '.') && !tokens.is(at + 5, '[')) {
      // `const { KEY, OTHER: name } = process.env`
      const open = tokens.partner(at);
      for (let index = open + 1; open >= 0 && at - open < REACH && index < at; index += 1) {
        const name = tokens.identifier(index);
        if (name === undefined || !(tokens.is(index - 1, '{') || tokens.is(index - 1, ','))) continue;
        fill(tokens.is(index + 1, ':') ? (tokens.identifier(index + 2) ?? name) : name, name);
      }
      continue;
    }
    if (tokens.kind(at) !== IDENTIFIER || isMember(tokens, at)) continue;
    const value = tokens.is(at + 1, ':') && tokens.is(at + 2, '=') ? at + 3 : assignedValue(tokens, at + 1);
    if (value >= 0) fill(tokens.value(at).slice(0, 100), environmentRead(tokens, value, valueEnd(tokens, value)));
  }
  for (const local of several) found.delete(local);
  return found;
}

/** The packages that `tokens` imports, and the names it binds to them. */
function importsOf(tokens: Tokens, language: Language): Imports {
  const packages: Import[] = [];
  const bindings = new Map<string, Binding>();
  for (let at = 0; at < tokens.length; at += 1) {
    if (tokens.kind(at) !== IDENTIFIER) continue;
    const length = tokens.end(at) - tokens.start(at);
    if (length < 3 || length > 16) continue;
    const word = tokens.value(at);
    if (language === 'javascript') javascriptImport(tokens, at, word, packages, bindings);
    else if (language === 'python') pythonImport(tokens, at, word, packages, bindings);
    else if (language === 'go') goImport(tokens, at, word, packages, bindings);
    else if (language === 'ruby') {
      if (word === 'require' || word === 'gem') {
        const name = tokens.is(at + 1, '(') ? at + 2 : at + 1;
        if (tokens.kind(name) === STRING) packages.push({ packageName: tokens.value(name), at: name });
      }
    } else if (word === 'import' || word === 'using' || word === 'use' || word === 'crate') pathImport(tokens, at, packages);
  }
  return { packages, bindings };
}

function javascriptImport(tokens: Tokens, at: number, word: string, packages: Import[], bindings: Map<string, Binding>): void {
  if (isMember(tokens, at)) return;
  const called = (word === 'require' || word === 'import') && tokens.is(at + 1, '(') && tokens.kind(at + 2) === STRING;
  if (called) {
    const packageName = tokens.value(at + 2).slice(0, 200);
    packages.push({ packageName, at: at + 2 });
    let index = at - 1;
    if (tokens.identifier(index) === 'await') index -= 1;
    if (!tokens.is(index, '=')) return;
    const local = tokens.identifier(index - 1);
    if (local !== undefined) bindings.set(local, { packageName, imported: '*', at: index - 1, typeOnly: false });
    if (tokens.is(index - 1, '}')) bindList(tokens, tokens.partner(index - 1), index - 1, packageName, false, bindings);
    return;
  }
  if (word === 'import' && tokens.kind(at + 1) === STRING) {
    packages.push({ packageName: tokens.value(at + 1).slice(0, 200), at: at + 1 });
    return;
  }
  if (word !== 'from' || tokens.kind(at + 1) !== STRING) return;
  const packageName = tokens.value(at + 1).slice(0, 200);
  // Back to the `import` or `export`; a list may be long.
  let index = at - 1;
  const close = tokens.is(index, '}') ? index : -1;
  const open = close < 0 ? -1 : tokens.partner(close);
  if (close >= 0) {
    if (open < 0) return;
    index = open - 1;
  }
  let typeOnly = false;
  let plain = -1;
  for (let step = 0; step < 6; step += 1) {
    const name = tokens.identifier(index);
    if (name === 'import' || name === 'export') {
      if (name === 'export') return;
      packages.push({ packageName: typeOnly ? '' : packageName, at: at + 1 });
      if (plain >= 0) bindings.set(tokens.value(plain), { packageName, imported: tokens.identifier(plain - 1) === 'as' ? '*' : 'default', at: plain, typeOnly });
      if (open >= 0) bindList(tokens, open, close, packageName, typeOnly, bindings);
      return;
    }
    if (name === 'type') typeOnly = true;
    else if (name !== undefined && name !== 'as') plain = index;
    else if (name === undefined && !tokens.is(index, ',') && !tokens.is(index, '*')) return;
    index -= 1;
  }
}

/** The names between the braces of an import or of a destructured `require`. */
function bindList(tokens: Tokens, open: number, close: number, packageName: string, typeOnly: boolean, bindings: Map<string, Binding>): void {
  if (open < 0) return;
  for (let index = open + 1; index < close; index += 1) {
    const typed = tokens.identifier(index) === 'type' && tokens.kind(index + 1) === IDENTIFIER && tokens.value(index + 1) !== 'as';
    if (typed) index += 1;
    const imported = tokens.identifier(index);
    if (imported === undefined) continue;
    let local = imported;
    const at = index;
    if (tokens.identifier(index + 1) === 'as' || tokens.is(index + 1, ':')) {
      local = tokens.identifier(index + 2) ?? imported;
      index += 2;
    }
    bindings.set(local, { packageName, imported, at, typeOnly: typeOnly || typed });
  }
}

function pythonImport(tokens: Tokens, at: number, word: string, packages: Import[], bindings: Map<string, Binding>): void {
  if (word === 'from') {
    const path = dottedPath(tokens, at + 1);
    if (path.name === '' || tokens.identifier(path.next) !== 'import') return;
    packages.push({ packageName: path.name, at: at + 1 });
    const listed = tokens.is(path.next + 1, '(');
    for (let index = path.next + (listed ? 2 : 1); index < path.next + REACH && index < tokens.length; index += 1) {
      if (!listed && tokens.startsLine(index)) return;
      if (tokens.is(index, ')')) return;
      const imported = tokens.identifier(index);
      if (imported === undefined) continue;
      let local = imported;
      const first = index;
      if (tokens.identifier(index + 1) === 'as') {
        local = tokens.identifier(index + 2) ?? imported;
        index += 2;
      }
      bindings.set(local, { packageName: path.name, imported, at: first, typeOnly: false });
      // `from google import genai`: the name is itself a package.
      packages.push({ packageName: `${path.name}.${imported}`, at: first });
    }
    return;
  }
  if (word !== 'import' || !tokens.startsLine(at)) return;
  let index = at + 1;
  for (let step = 0; step < 20; step += 1) {
    const path = dottedPath(tokens, index);
    if (path.name === '') return;
    packages.push({ packageName: path.name, at: index });
    const renamed = tokens.identifier(path.next) === 'as' ? tokens.identifier(path.next + 1) : undefined;
    bindings.set(renamed ?? path.name.split('.')[0] ?? path.name, { packageName: path.name, imported: '*', at: index, typeOnly: false });
    index = path.next + (renamed === undefined ? 0 : 2);
    if (!tokens.is(index, ',')) return;
    index += 1;
  }
}

function goImport(tokens: Tokens, at: number, word: string, packages: Import[], bindings: Map<string, Binding>): void {
  if (word !== 'import') return;
  const listed = tokens.is(at + 1, '(');
  const end = listed ? tokens.partner(at + 1) : at + 4;
  for (let index = at + 1; index < end; index += 1) {
    if (tokens.kind(index) !== STRING) continue;
    const packageName = tokens.value(index).slice(0, 200);
    packages.push({ packageName, at: index });
    // The package's own name is the last part of its path, without a version and without `go-` or `-go`.
    const parts = packageName.split('/').filter((part) => !/^v\d+$/.test(part));
    const own = (parts.at(-1) ?? '').replace(/^go-|-go$|-sdk-go$|\.v\d+$/g, '').replaceAll('-', '');
    const alias = tokens.identifier(index - 1);
    const local = alias !== undefined && alias !== 'import' && !tokens.startsLine(index) ? alias : own.replace(/sdk$/, '');
    bindings.set(local, { packageName, imported: '*', at: index, typeOnly: false });
    if (!listed) return;
  }
}

/** `import a.b.C;`, `using A.B;`, `use a::b::C;`, `use A\B;`. */
function pathImport(tokens: Tokens, at: number, packages: Import[]): void {
  let index = at + 1;
  if (tokens.identifier(index) === 'static') index += 1;
  if (tokens.is(index + 1, '=')) index += 2;
  const parts: string[] = [];
  const start = index;
  for (let step = 0; step < 24; step += 1) {
    const word = tokens.identifier(index);
    if (word === undefined) break;
    parts.push(word);
    index += 1;
    if (tokens.is(index, '.')) parts.push('.');
    else if (tokens.is(index, '\\')) parts.push('\\');
    else if (tokens.is(index, ':') && tokens.is(index + 1, ':')) {
      parts.push('::');
      index += 1;
    } else break;
    index += 1;
  }
  if (parts.length > 0) packages.push({ packageName: parts.join(''), at: start });
}

function dottedPath(tokens: Tokens, at: number): { name: string; next: number } {
  let index = at;
  let name = '';
  for (let step = 0; step < 16; step += 1) {
    const word = tokens.identifier(index);
    if (word === undefined || (name === '' && word === 'import')) break;
    name += word;
    index += 1;
    if (!tokens.is(index, '.')) break;
    name += '.';
    index += 1;
  }
  return { name, next: index };
}

/** The bracket of the call that the constructor at `at` makes, past generics and `.new`, `.builder`; -1 when it is not called. */
function callAt(tokens: Tokens, at: number, language: Language): number {
  if (tokens.is(at + 1, '(')) return at + 1;
  if (language === 'rust' && tokens.is(at + 1, ':') && tokens.is(at + 2, ':') && tokens.is(at + 4, '(')) return at + 4;
  if (language === 'php' && tokens.is(at + 1, ':') && tokens.is(at + 2, ':') && tokens.is(at + 4, '(')) return at + 4;
  if ((language === 'java' || language === 'kotlin' || language === 'ruby') && tokens.is(at + 1, '.')) {
    const method = tokens.identifier(at + 2);
    if (method === undefined || !/^(?:new|builder|fromEnv|from_env|configure|create|withApiKey)$/.test(method)) return -1;
    return tokens.is(at + 3, '(') ? at + 3 : language === 'ruby' ? at + 2 : -1;
  }
  if (tokens.is(at + 1, '<')) {
    for (let index = at + 2; index < at + 20; index += 1) if (tokens.is(index, '>') && tokens.is(index + 1, '(')) return index + 1;
  }
  return -1;
}

/** `azure-openai` and `openai`, `aws` and `aws-bedrock`: one takes what is named after the other. */
function isKin(a: string, b: string): boolean {
  const parts = a.split('-');
  return b.split('-').some((part) => parts.includes(part));
}

/** Where the arguments end; a builder's chained calls are arguments too. */
function regionEnd(tokens: Tokens, open: number): number {
  let close = tokens.partner(open);
  if (close < 0) return Math.min(tokens.length, tokens.is(open, '(') ? open + 100 : open + 1);
  for (let step = 0; step < LONGEST_CHAIN; step += 1) {
    let next = close + 1;
    while (tokens.is(next, '?') || tokens.is(next, '!')) next += 1;
    if (tokens.is(next, '-') && tokens.is(next + 1, '>')) next += 1;
    else if (!tokens.is(next, '.')) break;
    if (tokens.kind(next + 1) !== IDENTIFIER || !tokens.is(next + 2, '(') || tokens.partner(next + 2) < 0) break;
    close = tokens.partner(next + 2);
  }
  return close;
}

function isDeclared(tokens: Tokens, at: number): boolean {
  const before = tokens.identifier(at - 1);
  return before === 'class' || before === 'function' || before === 'def' || before === 'func' || before === 'fn' || before === 'fun' || before === 'interface' || before === 'extends';
}

/** The value given to the key argument named at `at`: `apiKey: v`, `api_key=v`, `.apiKey(v)`, shorthand `apiKey`. */
function valueOfArgument(tokens: Tokens, at: number): { start: number; end: number } | undefined {
  if (tokens.is(at + 1, '(')) {
    const close = tokens.partner(at + 1);
    return close > at + 2 ? { start: at + 2, end: Math.min(close, at + REACH) } : undefined;
  }
  const colon = tokens.is(at + 1, ':') && !tokens.is(at + 2, ':');
  const value = tokens.is(at + 1, '=') && tokens.is(at + 2, '>') ? at + 3 : colon ? at + 2 : assignedValue(tokens, at + 1);
  if (value > 0) return { start: value, end: valueEnd(tokens, value) };
  const before = tokens.code(at - 1);
  const after = tokens.code(at + 1);
  // Shorthand: `{ apiKey }`, `{ apiKey, model }`.
  if ((before === 123 || before === 44) && (after === 125 || after === 44)) return { start: at, end: at + 1 };
  return undefined;
}

/** The token after the value at `at`: the comma or bracket that ends it. */
function valueEnd(tokens: Tokens, at: number): number {
  let index = at;
  while (index < tokens.length && index < at + REACH) {
    const partner = tokens.partner(index);
    if (partner > index) {
      index = partner + 1;
      continue;
    }
    const code = tokens.code(index);
    if (code === 44 || code === 59 || code === 41 || code === 93 || code === 125) break;
    index += 1;
  }
  return Math.max(index, at + 1);
}

function firstArgument(tokens: Tokens, open: number): { start: number; end: number } | undefined {
  if (!tokens.is(open, '(') || tokens.is(open + 1, ')')) return undefined;
  return { start: open + 1, end: valueEnd(tokens, open + 1) };
}

/** The value of the header whose name stands at `at`: `'x-api-key': v`, `.set("x-api-key", v)`, `["x-api-key"] = v`. */
function headerValue(tokens: Tokens, at: number): { start: number; end: number } | undefined {
  let value = -1;
  if (tokens.is(at + 1, ':') || tokens.is(at + 1, ',')) value = at + 2;
  else if (tokens.is(at + 1, '=') && tokens.is(at + 2, '>')) value = at + 3;
  else if (tokens.is(at + 1, ']')) value = assignedValue(tokens, at + 2);
  else if (tokens.kind(at) === IDENTIFIER) value = assignedValue(tokens, at + 1);
  if (value < 0 || value >= tokens.length) return undefined;
  const end = valueEnd(tokens, value);
  return endsValue(tokens, end) || end > value ? { start: value, end } : undefined;
}

const hostPatterns = new WeakMap<readonly Provider[], { pattern: RegExp; owners: ReadonlyMap<string, Provider> }>();

/** One pattern for the API hosts of all providers, and whose each is. */
export function hostPattern(providers: readonly Provider[]): { pattern: RegExp; owners: ReadonlyMap<string, Provider> } {
  const known = hostPatterns.get(providers);
  if (known !== undefined) return known;
  const owners = new Map<string, Provider>();
  for (const provider of providers) {
    for (const host of provider.hosts) {
      const plain = host.replace(/^[*.]+/, '').toLowerCase();
      if (plain.length > 4 && !owners.has(plain)) owners.set(plain, provider);
    }
  }
  const list = [...owners.keys()].map((host) => host.replace(/[^a-z0-9]/g, '\\$&'));
  const made = { pattern: new RegExp(list.length === 0 ? '(?!)' : list.join('|'), 'g'), owners };
  hostPatterns.set(providers, made);
  return made;
}

/** Host names that stand in strings, in order; those in comments are left out. */
function hostsIn(tokens: Tokens, providers: readonly Provider[]): { provider: Provider; offset: number }[] {
  const { pattern, owners } = hostPattern(providers);
  const found: { provider: Provider; offset: number }[] = [];
  for (let at = 0; at < tokens.length && found.length < 200; at += 1) {
    const kind = tokens.kind(at);
    if ((kind !== STRING && kind !== CHUNK) || tokens.end(at) - tokens.start(at) > 2000) continue;
    const text = tokens.value(at);
    if (!text.includes('.')) continue;
    pattern.lastIndex = 0;
    const match = pattern.exec(text);
    const provider = owners.get(match?.[0] ?? '');
    if (match !== null && provider !== undefined) found.push({ provider, offset: tokens.start(at) + match.index });
  }
  return found;
}
