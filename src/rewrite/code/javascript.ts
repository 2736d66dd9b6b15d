import type { Change, Splice } from '../../model/change.ts';
import { LineIndex } from '../../support/lines.ts';
import type { Edit } from '../edit.ts';
import type { FileRefusal, Replacement, RewriteContext, Rewriter, Rewriting } from '../types.ts';
import { type Exchange, restsOn } from './_exchange.ts';
import { canStay, type Followed, followed, workloadsOf } from './_shared.ts';
import { isAtLeast } from './_ranges.ts';
import { type ClientShape, clientsIn, type Made, mayMakeClient } from './javascript-clients.ts';
import { rawByHand, requestsOf } from './javascript-exchange.ts';
import { bare, environmentName, grammarOf, isSame, type JsFile, readFile, within } from './javascript-file.ts';
import { type Constant, guardsOf, leftOver, type Source, sourceOf } from './javascript-keys.ts';
import { addImports, cutLines, cutMembers, linesOf, memberOf, membersOf, nameOfMember, type Needed, valueOfMember } from './javascript-splice.ts';
import { write, type Written } from './javascript-write.ts';
import { declaring } from './_manifest.ts';
import { parseCode, type SyntaxNode } from './syntax.ts';

/** Clients of AI providers in JavaScript and TypeScript. */
export const rewriter: Rewriter = {
  id: 'javascript',
  matches: (path) => grammarOf(path) !== undefined,
  grammars: (path) => {
    const grammar = grammarOf(path);
    return grammar === undefined ? [] : [grammar];
  },
  rewrite: (path, text, context) => {
    const { changes, refusals } = workOn(path, text, context);
    return { changes, refusals };
  },
  problems: (path, text) => {
    const grammar = grammarOf(path);
    return grammar === undefined ? [] : parseCode(grammar, text).errors;
  },
};

/** What a changed file has to find in its package.json. */
export interface Demand {
  readonly package: string;
  readonly version: string;
  /** It may have to be added: in this version, where that package stands. */
  readonly add?: { readonly version: string; readonly beside: string };
  readonly provider: string;
  readonly migrations: readonly string[];
}

interface Work extends Rewriting {
  readonly demands: readonly Demand[];
}

const NOTHING: Work = { changes: [], refusals: [], demands: [] };
/** A file beyond this is no hand-written code. */
const LARGEST = 2 ** 20;
/** Nor is one that makes more clients than this. */
const MOST_CLIENTS = 200;

const remembered = new WeakMap<readonly Replacement[], Map<string, Work>>();

/** Everything there is to do in one file. Remembered, because package.json asks the files it is for. */
export function workOn(path: string, text: string, context: RewriteContext): Work {
  const works = remembered.get(context.all) ?? new Map<string, Work>();
  remembered.set(context.all, works);
  const key = `${path}\n${text}`;
  const known = works.get(key) ?? findWork(path, text, context);
  works.set(key, known);
  return known;
}

function findWork(path: string, text: string, context: RewriteContext): Work {
  const grammar = grammarOf(path);
  if (grammar === undefined || text.length > LARGEST || context.all.length === 0) return NOTHING;
  const sources = context.own.length > 0 ? [...context.own, ...context.all] : context.all;
  const providers = [...new Set(sources.map(({ provider }) => provider))].toSorted();
  const groups = providers.flatMap((provider): Group[] => {
    const follows = followed(context, [provider]);
    if (follows === undefined) return [];
    // Inputs and entries of secrets are no names that code reads.
    const names = new Set([...follows.all.flatMap((one) => one.names).filter((name) => /^[A-Z][A-Z0-9_]{2,}$/.test(name)), ...follows.local]);
    const isOwn = follows.replacement.path === path;
    return isOwn || (!stays(follows) && ([...names].some((name) => text.includes(name)) || mayMakeClient(text, provider))) ? [{ provider, follows, names, isOwn }] : [];
  });
  if (groups.length === 0) return NOTHING;
  const file = readFile(path, text, parseCode(grammar, text).root);
  const lines = new LineIndex(text);
  const made = clientsIn(file);
  if (made.length > MOST_CLIENTS) return { ...NOTHING, refusals: [{ code: 'unknown-shape', line: 1, reason: `The file makes more than ${MOST_CLIENTS} clients.`, byHand: 'Change it by hand, or what generates it.', migrations: groups.flatMap(({ follows }) => follows.migrations), shadows: false }] };
  const done = new Set<number>();
  const works = groups.map((group) => workOnProvider(file, group, made, done, context, (offset) => lines.position(offset).line));
  return { changes: works.flatMap(({ changes }) => changes), refusals: works.flatMap(({ refusals }) => refusals), demands: works.flatMap(({ demands }) => demands) };
}

interface Group {
  readonly provider: string;
  readonly follows: Followed;
  /** Variables that will no longer be there. */
  readonly names: ReadonlySet<string>;
  /** The file is a workload itself. */
  readonly isOwn: boolean;
}

/** The variable is still there afterwards, with something short-lived in it: the code is as it has to be. */
function stays({ replacement, agree }: Followed): boolean {
  if (!agree) return false;
  return replacement.class === 'broker' || replacement.class === 'short-lived' || replacement.route === 'native-step' || replacement.provider === 'huggingface';
}

type Job =
  | { readonly kind: 'edit'; readonly made: Made; readonly written: Written; readonly source: Source | undefined; readonly spread: boolean }
  | { readonly kind: 'none' }
  /** It takes the identity as it stands, from this release on. */
  | { readonly kind: 'ready'; readonly floor: { readonly package: string; readonly version: string } | undefined }
  | { readonly kind: 'refuse'; readonly made: Made; readonly code: FileRefusal['code']; readonly reason: string; readonly byHand: string };

function workOnProvider(file: JsFile, group: Group, made: readonly Made[], done: Set<number>, context: RewriteContext, lineOf: (offset: number) => number): Work {
  const { follows, names, provider } = group;
  const { title } = follows.replacement;
  const { migrations } = follows;
  if (stays(follows)) return needsNothing(file, group);
  const ours = made.filter(({ shape, node }) => shape.providers.includes(provider) && !done.has(node.id));
  const alone = ours.map((one) => jobOf(file, one, group, false));
  const isShared = alone.filter(({ kind }) => kind === 'edit').length > 1;
  const jobs = isShared ? ours.map((one) => jobOf(file, one, group, true)) : alone;
  const refuse = (at: SyntaxNode, code: FileRefusal['code'], reason: string, byHand: string): FileRefusal => ({ code, line: lineOf(at.startIndex), reason, byHand, migrations, shadows: false });
  const refused = jobs.filter((job) => job.kind === 'refuse');
  if (refused.length > 0) {
    const once = refused.filter((job, index) => refused.findIndex((other) => other.byHand === job.byHand) === index);
    return { ...NOTHING, refusals: once.map((job) => refuse(job.made.node, job.code, job.reason, job.byHand)) };
  }
  const edits = jobs.filter((job) => job.kind === 'edit');
  const requests = stanceOf(follows, undefined) === undefined && !isClientOrEdge(file) ? requestsOf(file, follows, names, context.read) : ({ kind: 'none' } as const);
  if (requests.kind === 'refuse') return { ...NOTHING, refusals: [refuse(requests.at, 'needs-code-change', requests.reason, requests.byHand)] };
  const headers = requests.kind === 'edit' ? requests.headers : [];
  const hasEdits = edits.length > 0 || headers.length > 0;
  const sources = [...edits.flatMap(({ source }) => (source?.kind === 'key' ? [source] : [])), ...headers.map(({ source }) => source)];
  const constants = distinctConstants(sources.flatMap((source) => source.constants));
  const isKey = (node: SyntaxNode): boolean => {
    const variable = environmentName(file, node);
    if (variable !== undefined) return names.has(variable);
    return constants.some(({ uses }) => uses.some((use) => isSame(use, node)));
  };
  const guards = !hasEdits ? [] : guardsOf(file, isKey);
  const covered = [...edits.flatMap(({ written }) => written.covers), ...headers.map(({ pair }) => pair), ...guards, ...constants.map(({ statement }) => statement)];
  const left = leftOver(file, names, follows.local, covered);
  const [other] = left;
  if (other !== undefined) {
    const name = other.text;
    const stance = stanceOf(follows, undefined);
    if (stance !== undefined && !hasEdits) return { ...NOTHING, refusals: [refuse(other, 'needs-code-change', `${stance.reason}, and this file reads ${name}.`, stance.byHand)] };
    return { ...NOTHING, refusals: [leftOverRefusal(file, other, name, group, hasEdits, refuse, left.length)] };
  }
  // Of a client that is not known nothing is said here.
  const ready = jobs.filter((job) => job.kind === 'ready');
  if (!hasEdits) return ready.length === 0 ? NOTHING : needsNothing(file, group, ready.find(({ floor }) => floor !== undefined)?.floor);
  const splices: Splice[] = [...edits.flatMap(({ written }) => written.splices), ...(requests.kind === 'edit' ? requests.splices : [])];
  const whole: Splice[] = [];
  const words = [...names];
  for (const constant of constants) {
    const used = constant.uses.find((use) => !covered.some((outer) => within(outer, use)));
    if (used !== undefined) return { ...NOTHING, refusals: [refuse(used, 'needs-code-change', `\`${constant.name}\` holds the key of ${title}, and more than its ${edits.length > 0 ? 'client' : 'request'} uses it.`, `Take \`${constant.name}\` out of that place first; the ${edits.length > 0 ? 'client' : 'request'} does without it.`)] };
    const cut = cutConstant(file, constant, words);
    if (cut === undefined) return { ...NOTHING, refusals: [refuse(constant.statement, 'unknown-shape', `\`${constant.name}\`, which holds the key of ${title}, is declared together with other things.`, 'Take this variable and the key argument away by hand.')] };
    (cut.isWhole ? whole : splices).push(cut.splice);
  }
  for (const guard of guards) {
    const cut = linesOf(file, guard, words);
    if (cut === undefined) return { ...NOTHING, refusals: [refuse(guard, 'unknown-shape', `The check for the key of ${title} shares its line with something else.`, 'Take the check and the key argument away by hand.')] };
    whole.push(cut);
  }
  splices.push(...cutLines(file, whole));
  const [first] = edits;
  const needed = mergedNeeds(edits.flatMap(({ written }) => written.imports));
  const imports = first === undefined ? [] : addImports(file, needed, first.made.package);
  if (first !== undefined && imports === undefined) return { ...NOTHING, refusals: [refuse(first.made.node, 'unknown-shape', `The file gives a name that ${title} needs another meaning, or imports in a way that is not known.`, `Import ${needed.flatMap((one) => one.names).join(' and ')} of ${needed.map((one) => one.package).join(' and ')} by hand.`)] };
  splices.push(...(imports ?? []));
  for (const { made: one } of edits) done.add(one.node.id);
  const demands = demandsOf(edits, provider, migrations);
  const starts = [...edits.map(({ made: one }) => one.node), ...headers.map(({ pair }) => pair)].map(({ startIndex }) => startIndex);
  const what = [first?.written.why ?? [], requests.kind === 'edit' ? 'requests made by hand show a token that it is exchanged for once, because the header took nothing but the key.' : []].flat();
  const change: Change<Edit> = {
    id: `${edits.length > 0 ? 'client' : 'request'}/${provider}`,
    line: lineOf(Math.min(...starts)),
    title: [edits.length > 0 ? titleOf(edits) : [], requests.kind === 'edit' ? requests.title : []].flat().join('; '),
    why: `${workloadsOf(follows)} ${follows.all.length > 1 ? 'use' : 'uses'} ${follows.replacement.route === 'native' ? `the federated identity at ${title}` : 'a federated identity'}: ${what.join(' Its ')}`,
    ...(requests.kind === 'edit' ? requestSafety(requests.exchange, guards.length, demands) : safetyOf(file, edits, guards.length, demands, context, follows)),
    migrations,
    edits: splices.map((splice) => ({ kind: 'text', ...splice })),
  };
  return { changes: [change], refusals: [], demands };
}

function needsNothing({ path }: JsFile, { follows, isOwn }: Group, floor?: { readonly package: string; readonly version: string }): Work {
  return isOwn ? { ...NOTHING, refusals: [canStay(path, follows, stays(follows), floor)] } : NOTHING;
}

/** What is to be done with one client. */
function jobOf(file: JsFile, made: Made, { follows, names, isOwn }: Group, isShared: boolean): Job {
  const { shape, options } = made;
  const { replacement } = follows;
  const given = made.arguments?.namedChildren.filter(({ type }) => type !== 'comment') ?? [];
  const members = options === undefined ? [] : membersOf(options).filter((member) => shape.keys.includes(nameOfMember(member) ?? ''));
  const values = members.map((member): Source => {
    const value = valueOfMember(member);
    return value === undefined ? { kind: 'elsewhere', how: 'a method' } : sourceOf(file, value, names);
  });
  const [positional] = given;
  const isNew = made.node.type === 'new_expression';
  if (positional !== undefined && options === undefined && isNew) {
    const source = sourceOf(file, positional, names);
    // Options that are made elsewhere may hold a key or not: what reads it is found by itself.
    if (source.kind !== 'elsewhere') values.push(source);
  }
  const isOurs = values.some(({ kind }) => kind === 'key');
  const isOther = options !== undefined && hasOtherHost(options, shape);
  // A client of somebody else that speaks the same protocol, or a key of somebody else.
  if (!isOurs && (values.some(({ kind }) => kind === 'foreign') || (isOther && values.length > 0))) return { kind: 'none' };
  const refuse = (code: FileRefusal['code'], reason: string, byHand: string): Job => ({ kind: 'refuse', made, code, reason: reason.endsWith('.') ? reason : `${reason}.`, byHand });
  const literal = values.find((value) => value.kind === 'literal');
  if (!isOurs && literal?.kind === 'literal') return literal.text.length < 20 ? { kind: 'none' } : refuse('literal-key', `${made.title} is given a text in place of a key`, `Revoke it at ${replacement.title} if it is a key, then take the argument away.`);
  const elsewhere = values.find((value) => value.kind === 'elsewhere');
  const ready: Job = { kind: 'ready', floor: shape.floor === undefined ? undefined : { package: made.package, version: shape.floor } };
  if (options !== undefined && alreadyDone(options, shape)) return ready;
  const isImplicit = values.every(({ kind }) => kind === 'nothing');
  if (isImplicit && given.length > 0 && options === undefined && (isNew || shape.treatment.kind !== 'refuse')) return { kind: 'none' };
  // Without a key argument these find the identity by themselves.
  if (isImplicit && shape.treatment.kind === 'drop' && !isOther) return ready;
  if (isImplicit && isOther && isOwn && shape.reads.some((name) => names.has(name))) return refuse('needs-code-change', `${made.title} talks to an address of its own, and whether that takes the new identity is not known`, 'Find out what stands behind that address; if it is the provider itself, take the address away.');
  if (isImplicit && (shape.treatment.kind === 'drop' || !shape.reads.some((name) => names.has(name)) || isOther)) return { kind: 'none' };
  const stance = stanceOf(follows, shape);
  if (stance !== undefined) return refuse('needs-code-change', stance.reason, stance.byHand);
  if (shape.treatment.kind === 'refuse') return isOurs || isImplicit || elsewhere !== undefined ? refuse('needs-code-change', `${sentence(shape.treatment.reason)} (${made.title})`, shape.treatment.byHand) : { kind: 'none' };
  const named = replacement.provider === 'google-gemini' && made.package === '@google/genai' ? [...file.words].find(([word]) => /^models\/gemini[\w.-]{0,80}$/.test(word)) : undefined;
  if (named !== undefined) return refuse('needs-code-change', `A model is named ${named[0]} (line ${(named[1][0]?.startPosition.row ?? 0) + 1}), which Vertex AI takes for a model of your own project`, 'Name the model without models/, then plan and apply again.');
  const old = replacement.provider === 'openai' && made.package === 'openai' ? betaChatIn(file) : undefined;
  if (old !== undefined) return refuse('needs-code-change', `The file uses beta.chat (line ${old.startPosition.row + 1}), which openai has not had since 5.0.0, and workload identity came with 7.8.0`, 'Use chat in place of beta.chat first, with openai 7.8.0 or later; then make the client with workloadIdentity.');
  if (isOther && isOurs) return refuse('unknown-shape', `${made.title} is given ${shape.packages.includes('@aws-sdk/*') ? 'an endpoint' : 'a base URL'}: the identity would be shown to whoever answers there`, `Decide whether that host takes the identity of ${replacement.title}; if not, it needs a way of its own.`);
  if (elsewhere?.kind === 'elsewhere') return refuse('needs-code-change', `The key of ${made.title} comes from ${elsewhere.how}`, byHandOf(shape, made, elsewhere.how));
  if (options !== undefined && memberOf(options, 'dangerouslyAllowBrowser') !== undefined) return refuse('unknown-shape', `${made.title} may run in a browser, where no workload identity is`, 'Make the call from a server, and the client there without a key.');
  if (isClientOrEdge(file)) return refuse('unknown-shape', `${made.title} runs in a browser or an edge runtime, where no token file is`, 'Run this code on Node, and make the client there without a key.');
  const accessors = values.flatMap((value) => (value.kind === 'key' ? value.accessors : []));
  if (shape.treatment.kind !== 'drop' && accessors.some((node) => !/^(?:globalThis\.)?process\b|^env\b/.test(node.text))) return refuse('unknown-shape', `${made.title} reads its key in a way that is not Node's`, 'Write the new options by hand, with the variables read as this file reads them.');
  // What is switched off stays switched off.
  const gone = shape.treatment.kind === 'drop' ? members.filter((member, index) => values[index]?.kind === 'key' || (values[index]?.kind === 'foreign' && /session_?token$/i.test(nameOfMember(member) ?? ''))) : members;
  const written = write(file, made, gone, { follows, accessor: accessors[0], names: [...names], isShared });
  if ('reason' in written) return refuse('unknown-shape', written.reason, written.byHand);
  const keys = values.filter((value) => value.kind === 'key');
  const source: Source | undefined = keys.length === 0 ? undefined : { kind: 'key', names: keys.flatMap((key) => key.names), plain: keys.every(({ plain }) => plain), accessors, constants: keys.flatMap(({ constants }) => constants) };
  return { kind: 'edit', made, written, source, spread: options !== undefined && membersOf(options).some(({ type }) => type === 'spread_element') };
}

function sentence(text: string): string {
  return text.replace(/^[a-z]/, (letter) => letter.toUpperCase()).replace(/^@/, '@');
}

/** `.beta.chat`, which the major releases between left out. */
function betaChatIn({ words }: JsFile): SyntaxNode | undefined {
  return words.get('beta')?.find(({ parent }) => parent?.type === 'member_expression' && parent.parent?.type === 'member_expression' && parent.parent.childForFieldName('property')?.text === 'chat');
}

function byHandOf(shape: ClientShape, made: Made, how: string): string {
  const what = shape.treatment.kind === 'drop' ? `Take the key argument of ${made.title} away` : `Give ${made.title} the identity in place of the key`;
  return how.includes(' of ') ? `${what}, and the variable out of the module that demands it.` : `${what}, and out of what hands it in.`;
}

/** Why the clients of this provider cannot be changed for all workloads that run them; undefined when they can. */
function stanceOf(follows: Followed, shape: ClientShape | undefined): { readonly reason: string; readonly byHand: string } | undefined {
  const { replacement, all, agree, kept } = follows;
  const model = all.find(({ change, route }) => change === 'model' || route === 'bedrock' || route === 'foundry' || (route === 'vertex' && shape !== undefined && shape.treatment.kind !== 'vertex' && shape.treatment.kind !== 'refuse'));
  if (model !== undefined) return { reason: `The plan for ${model.workload} goes through another vendor's endpoint of the same model (${model.route})`, byHand: 'Change client and model id by hand, as the README of the plan says.' };
  if (all.some((one) => one.class === 'gateway')) return { reason: `The plan for ${replacement.workload} goes through a gateway`, byHand: 'Give the client the base URL of the gateway and its short-lived token.' };
  // Dropped arguments change nothing for those that keep a variable of that name.
  if (shape === undefined || shape.treatment.kind === 'drop') return undefined;
  if (kept.length > 0) return { reason: `${kept[0]?.workload ?? ''}, which keeps its key, may run this code too`, byHand: 'Find a path for that workload first, or make the client by what the environment holds.' };
  if (!agree) return { reason: `The workloads that run this code take different ways (${[...new Set(all.map(({ workload, route }) => `${workload}: ${route}`))].slice(0, 3).join(', ')})`, byHand: 'Make the client by what the environment holds, or choose one route for all of them.' };
  if (all.some(({ parties }) => parties.length > 1)) return { reason: `The path of ${replacement.workload} leads over ${replacement.parties.join(' and ')}, which no file of this repository sets up`, byHand: 'Set up the exchange between them as the README of the plan says, then change the client.' };
  return undefined;
}

/** A base URL that is not the provider's own. */
function hasOtherHost(options: SyntaxNode, { treatment, providers, packages }: ClientShape): boolean {
  // Stores of other vendors speak the protocol of S3, with keys of their own.
  if (packages.includes('@aws-sdk/*')) {
    const endpoint = memberOf(options, 'endpoint');
    return endpoint !== undefined && !/amazonaws\.com/.test(endpoint.text);
  }
  if (treatment.kind === 'vertex') return /\bbaseUrl\b/i.test(options.text);
  if (treatment.kind !== 'openai' && !(treatment.kind === 'drop' && providers.includes('anthropic'))) return false;
  const member = memberOf(options, 'baseURL') ?? memberOf(options, 'baseUrl');
  if (member === undefined) return false;
  const value = valueOfMember(member);
  return value === undefined || !/^["'`]https:\/\/api\.(?:openai|anthropic)\.com(?:\/v1)?\/?["'`]$/.test(bare(value).text);
}

function alreadyDone(options: SyntaxNode, { treatment }: ClientShape): boolean {
  const has = (name: string): boolean => memberOf(options, name) !== undefined;
  switch (treatment.kind) {
    case 'openai':
      return has('workloadIdentity') || has('provider');
    case 'entra':
    case 'aws-chain':
      return has(treatment.option);
    case 'vertex':
      return has('vertexai') || has('enterprise');
    case 'drop':
      return has('federation') || has('config') || has('profile') || has('providerChainResolver');
    case 'refuse':
      return has('createClient') || has('azureADTokenProvider');
  }
}

function isClientOrEdge({ root, text }: JsFile): boolean {
  const [first] = root.namedChildren.filter(({ type }) => type !== 'comment');
  if (first?.type === 'expression_statement' && /^["']use client["']/.test(first.text)) return true;
  return /export\s+const\s+runtime\s*=\s*["'](?:edge|experimental-edge)["']/.test(text);
}

// --- what is there only for the key ---

function distinctConstants(all: readonly Constant[]): readonly Constant[] {
  return all.filter((constant, index) => all.findIndex((other) => isSame(other.declared, constant.declared)) === index);
}

function cutConstant(file: JsFile, { declarator, declared, statement }: Constant, words: readonly string[]): { readonly splice: Splice; readonly isWhole: boolean } | undefined {
  if (statement.parent?.type === 'export_statement' || statement.namedChildren.filter(({ type }) => type === 'variable_declarator').length > 1) return undefined;
  const pattern = declared.parent;
  if (pattern?.type === 'object_pattern' && pattern.namedChildren.length > 1) {
    const [splice, ...more] = cutMembers(file, pattern, [declared], words);
    return splice === undefined || more.length > 0 ? undefined : { splice, isWhole: false };
  }
  if (declarator.childForFieldName('name')?.type === 'object_pattern' && pattern?.type !== 'object_pattern') return undefined;
  const splice = linesOf(file, statement, words);
  return splice === undefined ? undefined : { splice, isWhole: true };
}

function leftOverRefusal(file: JsFile, at: SyntaxNode, name: string, { follows, provider }: Group, hasClient: boolean, refuse: (at: SyntaxNode, code: FileRefusal['code'], reason: string, byHand: string) => FileRefusal, count: number): FileRefusal {
  const more = count > 1 ? ` (${count} places)` : '';
  const { title } = follows.replacement;
  const isRaw = /\bfetch\b|axios|\bgot\b|undici|ky\b/.test(file.text) && /x-api-key|api-key|x-goog-api-key|authorization/i.test(file.text);
  if (!hasClient && isRaw) return refuse(at, 'needs-code-change', `${name} goes into a header of a request made by hand${more}.`, rawByHand(provider, title));
  // A name in a table or a constant, which something else reads the environment by.
  if (!hasClient && at.type === 'string_fragment' && !/\benv\b/.test(file.text)) return refuse(at, 'needs-code-change', `${name} is named here, and what reads a variable by that name will no longer find it${more}.`, `Let what asks for ${name} do without it, or take the name out where nothing does.`);
  return refuse(at, 'needs-code-change', `${name} is ${hasClient ? 'also read outside the client' : 'read here'}${more}, and it is not set once the workloads have switched.`, `Take the reading of ${name} away, or make it optional${hasClient ? '; then the client needs no key argument' : ''}.`);
}

// --- texts and judgement ---

function mergedNeeds(needs: readonly Needed[]): readonly Needed[] {
  const names = new Map<string, string[]>();
  for (const need of needs) names.set(need.package, [...new Set([...(names.get(need.package) ?? []), ...need.names])]);
  return [...names].map(([name, list]) => ({ package: name, names: list }));
}

function demandsOf(edits: readonly (Job & { kind: 'edit' })[], provider: string, migrations: readonly string[]): readonly Demand[] {
  return edits.flatMap(({ made, written }): Demand[] => [
    ...(made.shape.floor === undefined ? [] : [{ package: made.package, version: made.shape.floor, provider, migrations }]),
    ...written.dependencies.map(({ name, version, fresh }) => ({ package: name, version, add: { version: fresh, beside: made.package }, provider, migrations })),
  ]);
}

function titleOf(edits: readonly (Job & { kind: 'edit' })[]): string {
  const titles = [...new Set(edits.map(({ made, written }) => `${made.title}: ${written.title}`))];
  return `${titles[0] ?? ''}${titles.length > 1 ? ` (and ${titles.length - 1} more)` : edits.length > 1 ? ` (${edits.length} places)` : ''}`;
}

/** Safe: with the variable set the program does what it did, and the package that is asked for finds the identity when it is not. */
function safetyOf(file: JsFile, edits: readonly (Job & { kind: 'edit' })[], guards: number, demands: readonly Demand[], context: RewriteContext, follows: Followed): Pick<Change<Edit>, 'safety' | 'reason'> {
  const unsafe = (reason: string): Pick<Change<Edit>, 'safety' | 'reason'> => ({ safety: 'unsafe', reason });
  const rests = `It rests on ${follows.replacement.path === file.path ? 'the program' : workloadsOf(follows)} being given the identity`;
  const beside = [...new Set(edits.flatMap(({ made: { shape: { treatment } } }) => (treatment.kind === 'entra' && treatment.stopsBeside !== undefined ? [treatment.stopsBeside] : [])))];
  const stops = beside.length === 0 ? '' : `, and stops while ${beside.join(' or ')} is still set beside the identity: take the variable away in the same step`;
  if (edits.some(({ made }) => made.shape.treatment.kind !== 'drop')) return unsafe(`${rests}${demands.length > 0 ? `, and on ${demandText(demands)}` : ''}: the program no longer runs with a key${stops}.`);
  const tooOld = demands.filter(({ package: name, version }) => isAtLeast(declaring(file.path, name, context.read)?.range ?? 'workspace:', version) !== true);
  const strange = edits.flatMap(({ made, source }) => (source?.kind === 'key' ? source.names.filter((name) => !made.shape.reads.includes(name)) : []));
  const [other] = strange;
  if (other !== undefined) return unsafe(`${rests}: the SDK does not read ${other} by itself.`);
  if (edits.some(({ source }) => source?.kind === 'key' && !source.plain)) return unsafe(`${rests}: something else than the variable could take the place of the key.`);
  if (edits.some(({ spread }) => spread)) return unsafe('It rests on what is spread into the options holding no key.');
  if (guards > 0) return unsafe(`${rests}: the program no longer stops when the key is missing.`);
  if (tooOld.length > 0) return unsafe(`It rests on ${demandText(tooOld)}, which package.json does not ask for yet.`);
  return { safety: 'safe', reason: `The SDK reads ${[...new Set(edits.flatMap(({ source }) => (source?.kind === 'key' ? source.names : [])))].join(' and ')} by itself, so nothing changes while ${edits.some(({ source }) => source?.kind === 'key' && new Set(source.names).size > 1) ? 'they are' : 'it is'} set.` };
}

function requestSafety(exchange: Exchange, guards: number, demands: readonly Demand[]): Pick<Change<Edit>, 'safety' | 'reason'> {
  return { safety: 'unsafe', reason: `It rests on ${restsOn(exchange)}${demands.length > 0 ? `; and on ${demandText(demands)}` : ''}: the program no longer runs with a key${guards > 0 ? ', and fails without the identity where it stopped or went on without a key' : ''}.` };
}

function demandText(demands: readonly Demand[]): string {
  return [...new Set(demands.map(({ package: name, version }) => `${name} ${version} or later`))].join(' and ');
}
