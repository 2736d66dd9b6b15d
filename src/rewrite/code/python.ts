import type { Change, Splice } from '../../model/change.ts';
import type { Edit } from '../edit.ts';
import type { FileRefusal, RewriteContext, Rewriter, Rewriting } from '../types.ts';
import { restsOn } from './_exchange.ts';
import { BUILT_IN, keyProblem, type Request, requestByHand, requestsIn } from './_python-exchange.ts';
import type { KeyHeader } from './_python-raw.ts';
import { CLIENTS, type ClientKind, decide, PACKAGES } from './_python-clients.ts';
import { absenceGuardOf, type Given, givenIn, guardOf, readIn } from './_python-keys.ts';
import { withoutArguments, withoutImports, withoutRemarks, withoutStatements } from './_cuts.ts';
import { notebook } from './_python-notebook.ts';
import { addArgument, type Argument, azureArgument, importSplices, openAiArgument, replaceArgument, unusedAfter, vertexArguments } from './_python-text.ts';
import { argumentsOf, contains, keywordsOf, pathOf, type Python, readPython, scopeOf, unboundNames } from './_python-tree.ts';
import { closureOf } from '../reach/imports.ts';
import { heldBelow } from './python-manifests.ts';
import { canStay, type Followed, followed, partedOf } from './_shared.ts';
import type { SyntaxNode } from './syntax.ts';

const NOTHING: Rewriting = { changes: [], refusals: [] };
const LARGEST = 400_000;
const TESTS = /(?:^|\/)(?:tests?|testing|conftest\.py$|test_[^/]*$)|_test\.py$/;

/** Python source: clients of AI services made without a key. */
export const python: Rewriter = {
  id: 'python',
  matches: (path, text) => /\.(?:pyw?|ipynb)$/i.test(path) && text.length <= LARGEST && PACKAGES.test(text),
  grammars: (path) => (/\.pyw?$/i.test(path) ? ['python'] : []),
  problems: (path, text) => (/\.pyw?$/i.test(path) ? [...readPython(text).errors, ...unboundNames(readPython(text)).filter((name) => !BUILT_IN.has(name)).map((name) => `undefined name ${name}`)] : []),
  rewrite: (path, text, context) => {
    if (/\.ipynb$/i.test(path)) return notebook(text, context);
    const tree = readPython(text);
    return new Editor(tree, path, context).run();
  },
};

/** Packages that make clients themselves, and hand them the key or an empty one. */
const FRAMEWORKS = /^[ \t]*(?:from|import)[ \t]+(?:langchain\w*|llama_index|litellm|crewai|pydantic_ai|dspy|autogen\w*|agno|haystack|smolagents|google\.generativeai)\b/m;

/** A client call with what is to become of it. */
interface Client {
  readonly call: SyntaxNode;
  readonly kind: ClientKind;
  readonly follow: Followed;
  /** Its key arguments. */
  readonly keys: readonly SyntaxNode[];
  readonly provider: string;
}

interface Draft {
  readonly provider: string;
  readonly follow: Followed;
  readonly clients: Client[];
  /** Headers that take a token in place of the key. */
  readonly requests: { readonly pair: SyntaxNode; readonly title: string }[];
  readonly statements: SyntaxNode[];
  readonly splices: Splice[];
  readonly arguments: { readonly argument: Argument; readonly anchor: SyntaxNode }[];
  readonly lines: number[];
  /** What it rests on. */
  readonly doubts: Set<string>;
}

class Editor {
  readonly #python: Python;
  readonly #path: string;
  readonly #context: RewriteContext;
  readonly #refusals: FileRefusal[] = [];
  readonly #drafts = new Map<string, Draft>();
  /** Reads that a change or a refusal already speaks of. */
  readonly #told: SyntaxNode[] = [];

  constructor(tree: Python, path: string, context: RewriteContext) {
    this.#python = tree;
    this.#path = path;
    this.#context = context;
  }

  run(): Rewriting {
    if (this.#context.all.length === 0) return NOTHING;
    let clients = this.#clients();
    let requests = this.#requests();
    // A key that one client still needs is not taken from another: what cannot be edited stays, and the rest is looked at again.
    for (let rounds = clients.length + requests.length; rounds >= 0; rounds -= 1) {
      const going = goingWith(clients, requests);
      const stuck = clients.filter((client) => client.keys.some((key) => this.#problemOf(client, key, givenIn(this.#python, key.childForFieldName('value'), going)) !== undefined));
      const held = requests.flatMap((request) => {
        const reason = keyProblem(givenIn(this.#python, request.header.slot, going));
        return reason === undefined ? [] : [{ request, reason }];
      });
      if (stuck.length === 0 && held.length === 0) break;
      clients = clients.filter((client) => !stuck.includes(client));
      requests = requests.filter((request) => !held.some((one) => one.request === request));
      for (const client of stuck) this.#refuseClient(client, going);
      for (const { request, reason } of held) this.#refuseRequest(request.header, request.follow, reason, requestByHand(request.follow));
    }
    const going = goingWith(clients, requests);
    for (const client of clients) this.#edit(client, going);
    for (const request of requests) this.#send(request, going);
    this.#rest();
    const changes = this.#finish();
    this.#unsaid(new Set([...changes, ...this.#refusals].flatMap(({ migrations }) => migrations)));
    return { changes, refusals: this.#refusals.toSorted((a, b) => a.line - b.line) };
  }

  #clients(): readonly Client[] {
    const found: Client[] = [];
    for (const call of this.#python.calls) {
      const path = pathOf(this.#python, call.childForFieldName('function'));
      const kind = path === undefined ? undefined : CLIENTS.get(path);
      if (kind === undefined || argumentsOf(call) === undefined) continue;
      const follow = followed(this.#context, kind.providers);
      if (follow === undefined) continue;
      const keys = keywordsOf(call).filter((node) => kind.keys.includes(node.childForFieldName('name')?.text ?? '') && node.childForFieldName('value')?.type !== 'none');
      const client: Client = { call, kind, follow, keys, provider: follow.replacement.provider };
      if (!this.#concerns(client)) continue;
      const decision = isHandedOn(follow, keys.map((key) => givenIn(this.#python, key.childForFieldName('value'), keys))) ? ({ kind: 'leave' } as const) : decide(kind, follow);
      if (decision.kind === 'leave') {
        this.#told.push(...keys);
        if (stepFor(follow) && follow.all.some((one) => this.#context.own.includes(one))) this.#refuse(client, 'not-named-here', 'The code can stay as it is; what it is given is decided where it is run.', `Give ${this.#path} a short-lived HF_TOKEN where it is run.`);
        continue;
      }
      if (decision.kind === 'refuse') {
        if (keys.length > 0 || this.#isOwn(follow) || kind.family !== 'other' || follow.replacement.change !== 'configuration') this.#refuse(client, 'needs-code-change', decision.reason, decision.byHand);
        continue;
      }
      const held = this.#heldBelow(client);
      if (held !== undefined) {
        this.#refuse(client, 'needs-code-change', `Without a key this needs ${held.package} ${held.version} or later, and ${held.manifest} does not let it in: ${held.reason}.`, `Allow ${held.package} ${held.version} or later in ${held.manifest}, see that the program works with it, then plan and apply again.`);
        continue;
      }
      const problem = this.#staticProblem(client);
      if (problem !== undefined) {
        this.#refuse(client, 'needs-code-change', problem.reason, problem.byHand);
        continue;
      }
      found.push(client);
    }
    return found;
  }

  /** Whether the plan speaks of this file itself: then it is known to run with a key, and there is no other file to say what becomes of it. */
  #isOwn({ all }: Followed): boolean {
    return all.some((one) => this.#context.own.includes(one));
  }

  /** What becomes of clients that name no key, where the plan speaks of this file and nothing was said of them yet. */
  #unsaid(said: ReadonlySet<string>): void {
    for (const provider of new Set(this.#context.own.map((one) => one.provider))) {
      const follow = followed(this.#context, [provider]);
      if (follow === undefined || !follow.migrations.some((id) => !said.has(id))) continue;
      const bare = this.#python.calls.flatMap((call): readonly Client[] => {
        const kind = CLIENTS.get(pathOf(this.#python, call.childForFieldName('function')) ?? '');
        const isBare = kind?.providers.includes(provider) === true && argumentsOf(call) !== undefined && !keywordsOf(call).some((node) => kind.keys.includes(node.childForFieldName('name')?.text ?? '') && node.childForFieldName('value')?.type !== 'none');
        return kind !== undefined && isBare ? [{ call, kind, follow, keys: [], provider }] : [];
      });
      const [first] = bare;
      if (first === undefined) continue;
      const problems = bare.flatMap((client): readonly { readonly client: Client; readonly reason: string; readonly byHand: string }[] => {
        const decision = decide(client.kind, follow);
        const problem = decision.kind === 'refuse' ? decision : decision.kind === 'edit' ? this.#staticProblem(client) : undefined;
        return problem === undefined ? [] : [{ client, ...problem }];
      });
      for (const { client, reason, byHand } of problems) this.#refuse(client, 'needs-code-change', reason, byHand);
      const findsIt = bare.every(({ kind: { family } }) => family === 'anthropic' || family === 'aws' || family === 'huggingface');
      const handedOn = decide(first.kind, follow).kind === 'leave' || stepFor(follow);
      if (problems.length === 0 && (handedOn || findsIt)) this.#refusals.push(canStay(this.#path, follow, handedOn, handedOn ? undefined : follow.replacement.floors.find(({ language }) => language === 'python')));
    }
  }

  #requests(): readonly Request[] {
    return [...new Set(this.#context.all.map((one) => one.provider))].flatMap((provider) => {
      const follow = followed(this.#context, [provider]);
      return (follow === undefined ? [] : requestsIn(this.#python, follow)).flatMap((found) => {
        if (found.kind === 'request') return [found.request];
        if (follow !== undefined) this.#refuseRequest(found.header, follow, found.reason, found.byHand);
        return [];
      });
    });
  }

  #refuseRequest({ pair, slot }: KeyHeader, { migrations }: Followed, reason: string, byHand: string): void {
    this.#told.push(pair, ...this.#bindingsOf(slot));
    this.#refusals.push({ code: 'needs-code-change', line: pair.startPosition.row + 1, reason, byHand, migrations, shadows: false });
  }

  #send({ header: { pair, slot }, follow, exchange, sender, splices, helper }: Request, going: readonly SyntaxNode[]): void {
    const draft = this.#draft(follow.replacement.provider, follow);
    if (draft.requests.length === 0) draft.splices.push(...helper);
    draft.requests.push({ pair, title: sender.title });
    draft.splices.push(...splices);
    draft.lines.push(pair.startPosition.row + 1);
    draft.doubts.add(restsOn(exchange));
    this.#told.push(pair);
    const given = givenIn(this.#python, slot, going);
    if (given.kind !== 'bound') return;
    draft.statements.push(...given.statements);
    this.#told.push(...given.statements);
    if (given.atModule) draft.doubts.add(`no other module imports ${given.name} from this file`);
    if (given.statements.length > 1) draft.doubts.add('nothing but the key was asked for by the check that goes');
  }

  /** Whether the key that this client is given is one that the plan replaces. A client without one reads the package's own variable. */
  #concerns({ keys, follow, kind, call }: Client): boolean {
    if (keys.length === 0) {
      // Clients of tests are mostly given made-up keys by their environment.
      if (TESTS.test(this.#path) && !this.#isOwn(follow)) return false;
      const has = (name: string): boolean => keywordsOf(call).some((node) => node.childForFieldName('name')?.text === name);
      if (kind.family === 'openai') return !has('workload_identity') && !has('base_url') && !has('provider') && !keywordsOf(call).some((node) => node.childForFieldName('name')?.text === 'api_key') && follow.replacement.change === 'code';
      if (kind.family === 'genai') return this.#isOwn(follow) && !has('vertexai') && !has('enterprise') && !has('credentials') && follow.replacement.route === 'vertex';
      if (kind.family === 'azure') return !has('azure_ad_token_provider') && !has('azure_ad_token') && !keywordsOf(call).some((node) => node.childForFieldName('name')?.text === 'credential');
      return kind.family === 'other' && kind.title === 'LangChain' && follow.replacement.route === 'native';
    }
    return keys.some((key) => {
      const given = givenIn(this.#python, key.childForFieldName('value'), keys);
      if (given.kind === 'none') return false;
      if (given.kind === 'literal') return !/^['"](?:|EMPTY|dummy|none|ollama|lm-studio|not-needed|test|fake|sk-no-key-required)['"]$/i.test(key.childForFieldName('value')?.text ?? '') && !TESTS.test(this.#path);
      const name = given.kind === 'read' || given.kind === 'bound' ? given.read.name : given.name;
      return name !== undefined && (follow.names.has(name) || (given.kind === 'other' && /KEY|TOKEN|SECRET/.test(name) && follow.all.some((one) => this.#context.own.includes(one))));
    });
  }

  /** The other clients are made as before with an old release; this one would not be found. */
  #heldBelow({ kind, follow }: Client): { readonly package: string; readonly version: string; readonly manifest: string; readonly reason: string } | undefined {
    const floor = kind.family === 'openai' ? follow.replacement.floors.find((one) => one.language === 'python' && one.package === 'openai') : undefined;
    const held = floor === undefined ? undefined : heldBelow(this.#path, floor, this.#context);
    return floor === undefined || held === undefined ? undefined : { package: floor.package, version: floor.version, ...held };
  }

  #staticProblem({ kind, call, follow, keys }: Client): { readonly reason: string; readonly byHand: string } | undefined {
    const args = keywordsOf(call);
    const made = call.parent?.type === 'assignment' ? call.parent.childForFieldName('left')?.text : undefined;
    const used = made === undefined ? undefined : this.#python.attributes.find((node) => node.childForFieldName('object')?.text === made && /^(?:api_key|auth_token)$/.test(node.childForFieldName('attribute')?.text ?? ''));
    if (used !== undefined) return { reason: `The key is taken out of the client again (line ${used.startPosition.row + 1}).`, byHand: 'Do without the key there first, then make the client without it.' };
    const address = args.find((node) => kind.addresses.includes(node.childForFieldName('name')?.text ?? ''));
    if (address !== undefined) {
      const read = readIn(this.#python, address.childForFieldName('value'));
      const value = address.childForFieldName('value');
      if (!(read !== undefined && /^(?:ANTHROPIC|OPENAI)_BASE_URL$/.test(read.name)) && value?.type !== 'none') {
        return { reason: `The client talks to an address of its own (${address.childForFieldName('name')?.text ?? ''}), and whether that takes the new identity is not known.`, byHand: `Find out what stands behind that address; if it is the provider itself, take the address${keys.length === 0 ? '' : ' and the key argument'} away.` };
      }
    }
    if (kind.family === 'genai') {
      const feature = this.#python.attributes.find((node) => ['files', 'file_search_stores', 'auth_tokens'].includes(node.childForFieldName('attribute')?.text ?? ''));
      if (feature !== undefined) return { reason: `The program uses ${feature.childForFieldName('attribute')?.text ?? ''} of the Gemini Developer API (line ${feature.startPosition.row + 1}), which Vertex AI has not.`, byHand: 'Move that use first (files to Cloud Storage), then make the client with vertexai=True and without api_key.' };
      const named = /(["'])models\/gemini[\w.-]{0,80}\1/.exec(this.#python.text);
      if (named !== null) return { reason: `A model is named ${named[0]} (line ${this.#python.text.slice(0, named.index).split('\n').length}), which Vertex AI takes for a model of your own project.`, byHand: 'Name the model without models/, then plan and apply again.' };
      if (args.some((node) => ['vertexai', 'enterprise', 'credentials'].includes(node.childForFieldName('name')?.text ?? ''))) return { reason: 'The client is already made for Vertex AI, with a key beside.', byHand: 'Take api_key away, and give project and location.' };
    }
    if (kind.family === 'openai' && openAiArgument(this.#python, follow.replacement.platform, follow.replacement.identity.audience, 'os.environ') === undefined) {
      return { reason: `The OpenAI SDK has no provider that reads the token of ${follow.replacement.platform}.`, byHand: 'Give the client workload_identity with a provider of your own: {"token_type": "jwt", "get_token": a function that returns the token}.' };
    }
    return undefined;
  }

  /** Why an argument cannot go, in view of what it is given. */
  #problemOf({ kind, follow }: Client, key: SyntaxNode, given: Given): { readonly code: FileRefusal['code']; readonly reason: string; readonly byHand: string } | undefined {
    const argument = key.childForFieldName('name')?.text ?? '';
    if (given.kind === 'literal') return { code: 'literal-key', reason: `A key stands in the source as ${argument}.`, byHand: `Revoke the key, then take ${argument} away.` };
    if (given.kind === 'none') return undefined;
    if (given.kind === 'other') return { code: 'unknown-shape', reason: `${given.reason}.`, byHand: `Take ${argument} away, and what only serves to fill it${after(kind)}.` };
    if (given.kind !== 'settings' && given.read.fallback !== undefined) return { code: 'unknown-shape', reason: `${argument} has a value of its own for when the variable is missing.`, byHand: `Decide what that value was for, then take ${argument} away${after(kind)}.` };
    const name = given.kind === 'settings' ? given.name : given.read.name;
    const isOwn = (kind.implicit[argument] ?? []).includes(name);
    if (!follow.agree && !isOwn) return { code: 'needs-code-change', reason: `Not every workload that may run this file goes the same way (${partedOf(follow)}).`, byHand: `Plan a path for all workloads that run this file, or say with --runs-on which one does; then take ${argument} away.` };
    if (!follow.agree && kind.family !== 'anthropic' && kind.family !== 'aws' && kind.family !== 'huggingface') return { code: 'needs-code-change', reason: `Not every workload that may run this file goes the same way (${partedOf(follow)}).`, byHand: 'Plan a path for all workloads that run this file, or say with --runs-on which one does.' };
    return undefined;
  }

  #refuseClient(client: Client, going: readonly SyntaxNode[]): void {
    for (const key of client.keys) {
      const problem = this.#problemOf(client, key, givenIn(this.#python, key.childForFieldName('value'), going));
      if (problem !== undefined) return this.#refuse(client, problem.code, problem.reason, problem.byHand);
    }
  }

  #refuse({ call, follow, keys }: Client, code: FileRefusal['code'], reason: string, byHand: string): void {
    this.#told.push(...keys, ...keys.flatMap((key) => this.#bindingsOf(key.childForFieldName('value'))));
    this.#refusals.push({ code, line: call.startPosition.row + 1, reason, byHand, migrations: follow.migrations, shadows: false });
  }

  /** Assignments that fill the name given as a key: what is said of the client is said of them. */
  #bindingsOf(value: SyntaxNode | null): readonly SyntaxNode[] {
    if (value?.type !== 'identifier') return [];
    return this.#python.assignments.filter((node) => node.childForFieldName('left')?.text === value.text);
  }

  #draft(provider: string, follow: Followed): Draft {
    const draft = this.#drafts.get(provider) ?? { provider, follow, clients: [], requests: [], statements: [], splices: [], arguments: [], lines: [], doubts: new Set<string>() };
    this.#drafts.set(provider, draft);
    return draft;
  }

  #edit(client: Client, going: readonly SyntaxNode[]): void {
    const { call, kind, follow, keys, provider } = client;
    const list = argumentsOf(call);
    if (list === undefined) return;
    const { text } = this.#python;
    const given = keys.map((key) => ({ key, given: givenIn(this.#python, key.childForFieldName('value'), going) }));
    const written = this.#argumentFor(client);
    const splices: Splice[] = [];
    const [first, ...others] = keys;
    if (written !== undefined && first === undefined) {
      const added = addArgument(text, call, written);
      if (added === undefined) return this.#refuse(client, 'unknown-shape', 'The arguments of the client are handed over in a way that leaves no place for another.', `Add ${written.lines[0]?.split('=')[0] ?? 'the identity'} to what is handed over.`);
      splices.push(added);
    } else {
      const removed = written === undefined || first === undefined ? withoutArguments(text, list, keys) : others.length === 0 ? [] : withoutArguments(text, list, others);
      if (removed === undefined) return this.#refuse(client, 'unknown-shape', 'The key argument shares its line with comments or arguments in a way that leaves no clean cut.', `Take ${keys.map((key) => key.childForFieldName('name')?.text ?? '').join(' and ')} away${after(kind)}.`);
      splices.push(...removed);
      if (written !== undefined && first !== undefined) splices.push(...withoutRemarks(text, first), replaceArgument(text, first, written));
    }
    const draft = this.#draft(provider, follow);
    draft.clients.push(client);
    if (TESTS.test(this.#path)) draft.doubts.add('the tests do not rest on a made-up key');
    draft.lines.push(call.startPosition.row + 1);
    draft.splices.push(...splices);
    this.#told.push(...keys);
    if (written !== undefined) {
      const anchor = this.#importOf(call);
      if (anchor !== undefined) draft.arguments.push({ argument: written, anchor });
    }
    for (const { key, given: what } of given) {
      const argument = key.childForFieldName('name')?.text ?? '';
      if (what.kind === 'bound') {
        draft.statements.push(...what.statements);
        this.#told.push(...what.statements);
        if (what.atModule) draft.doubts.add(`no other module imports ${what.name} from this file`);
        if (what.statements.length > 1) draft.doubts.add('nothing but the key was asked for by the check that goes');
      }
      if (what.kind === 'settings') draft.doubts.add(`${what.text} may be empty or absent afterwards`);
      if ((what.kind === 'read' || what.kind === 'bound') && !(kind.implicit[argument] ?? []).includes(what.read.name)) draft.doubts.add(`nothing gives ${what.read.name} any more`);
    }
  }

  #argumentFor({ kind, follow, call, keys }: Client): Argument | undefined {
    const column = (keys[0] ?? call).startPosition.column;
    if (kind.family === 'azure') return azureArgument(this.#python.text, column);
    if (kind.family === 'openai') return openAiArgument(this.#python, follow.replacement.platform, follow.replacement.identity.audience, 'os.environ');
    if (kind.family === 'genai') return vertexArguments(this.#python.text);
    return undefined;
  }

  /** The import statement that the name of a call comes from. */
  #importOf(call: SyntaxNode): SyntaxNode | undefined {
    let at = call.childForFieldName('function');
    while (at?.type === 'attribute') at = at.childForFieldName('object');
    const visible = this.#python.imports.filter(({ local, statement }) => local === at?.text && contains(scopeOf(statement), call));
    return (visible.find(({ statement }) => scopeOf(statement).type !== 'module') ?? visible[0])?.statement;
  }

  /** Whatever else in the file needs the key: checks that go, reads and writes that a person has to look at. */
  #rest(): void {
    const python = this.#python;
    const byName = new Map<string, Followed>();
    for (const provider of new Set(this.#context.all.map((one) => one.provider))) {
      const follow = followed(this.#context, [provider]);
      if (follow === undefined || follow.replacement.class !== 'native' && follow.replacement.class !== 'same-model' || follow.replacement.route === 'native-step') continue;
      for (const name of [...follow.replacement.remove, ...follow.all.flatMap(({ names }) => names), ...follow.local]) if (!byName.has(name) && !(stepFor(follow) && name === 'HF_TOKEN')) byName.set(name, follow);
    }
    const isTold = (node: SyntaxNode): boolean => this.#told.some((one) => one.startIndex <= node.startIndex && node.endIndex <= one.endIndex);
    for (const node of [...python.calls, ...python.subscripts].toSorted((a, b) => a.startIndex - b.startIndex)) {
      const read = readIn(python, node);
      const follow = read === undefined ? undefined : byName.get(read.name);
      if (read === undefined || follow === undefined || read.node.id !== node.id || isTold(node)) continue;
      if (node.parent?.type === 'assignment' && node.parent.childForFieldName('left')?.id === node.id) this.#write(node, read.name, follow);
      else if (node.parent?.type !== 'delete_statement') this.#read(node, read.name, follow);
    }
    for (const comparison of python.comparisons) {
      const absence = absenceGuardOf(python, comparison);
      const follow = absence === undefined ? undefined : byName.get(absence.name);
      if (absence === undefined || follow === undefined) continue;
      if (absence.statement === undefined || !this.#federates(follow)) this.#refusals.push(this.#gate(comparison, absence.name, follow));
      else this.#guard(absence.statement, follow);
    }
    this.#settings(byName);
  }

  #guard(statement: SyntaxNode, follow: Followed): void {
    if (!follow.agree) return;
    const draft = this.#draft(follow.replacement.provider, follow);
    draft.statements.push(statement);
    draft.lines.push(statement.startPosition.row + 1);
    draft.doubts.add('nothing but the key was asked for by the check that goes');
    this.#told.push(statement);
  }

  #read(node: SyntaxNode, name: string, follow: Followed): void {
    const guard = guardOf(this.#python, node);
    if (guard !== undefined && follow.agree && this.#federates(follow)) return this.#guard(guard, follow);
    this.#refusals.push(this.#gate(node, name, follow));
  }

  /** Whether what a check stands before does without the key: no client of this provider, here or in what the file imports, is one that has to have it. */
  #federates({ replacement: { provider } }: Followed): boolean {
    const kinds = this.#python.calls.flatMap((call) => {
      const path = pathOf(this.#python, call.childForFieldName('function'));
      return (path === undefined ? undefined : CLIENTS.get(path)) ?? [];
    });
    const own = kinds.filter(({ providers }) => providers.includes(provider));
    if (own.length > 0) return own.every(({ family }) => family !== 'other');
    const { paths = [], read } = this.#context;
    const closure = closureOf({ path: this.#path, text: this.#python.text, language: 'python', folder: '' }, { paths, read });
    return ![this.#python.text, ...closure.texts].some((text) => FRAMEWORKS.test(text));
  }

  #gate(node: SyntaxNode, name: string, follow: Followed): FileRefusal {
    const { migrations } = follow;
    const target = node.parent?.type === 'assignment' ? pathOf(this.#python, node.parent.childForFieldName('left')) : undefined;
    if (target === 'openai.api_key') return { code: 'needs-code-change', line: node.startPosition.row + 1, reason: 'The key is given to the openai module, which takes no other identity.', byHand: 'Make a client, OpenAI(workload_identity=...) or AzureOpenAI(azure_ad_token_provider=...), call that in place of the module, and take this line away.', migrations, shadows: false };
    const passed = this.#passedOn(node, name);
    if (passed !== undefined) return { code: 'needs-code-change', line: node.startPosition.row + 1, ...passed, migrations, shadows: false };
    const isHeader = /x-api-key|authorization|bearer/i.test(this.#python.text.slice(Math.max(0, node.startIndex - 80), node.startIndex));
    return {
      code: 'needs-code-change',
      line: node.startPosition.row + 1,
      reason: isHeader ? `${name} is sent in a header by hand.` : `${name} is read for something other than a client that finds the new identity by itself.`,
      byHand: isHeader ? requestByHand(follow) : `Make this work without ${name}, which is not set once the workloads have switched.`,
      migrations,
      shadows: false,
    };
  }

  /** A read that is kept as an attribute, `self.api_key`, and given to a client by that. */
  #passedOn(node: SyntaxNode, name: string): { readonly reason: string; readonly byHand: string } | undefined {
    const left = node.parent?.type === 'assignment' ? node.parent.childForFieldName('left') : null;
    if (left?.type !== 'attribute') return undefined;
    for (const call of this.#python.calls) {
      const given = call.startIndex < node.startIndex ? undefined : keywordsOf(call).find((one) => one.childForFieldName('value')?.text === left.text);
      const path = given === undefined ? undefined : pathOf(this.#python, call.childForFieldName('function'));
      if (given === undefined || path === undefined) continue;
      const line = call.startPosition.row + 1;
      if (path === 'google.generativeai.configure') return { reason: `${name} is given to google.generativeai (line ${line}), which takes only a key.`, byHand: 'Move to google-genai and make its client with vertexai=True, project and location, then plan again.' };
      const kind = CLIENTS.get(path);
      if (kind === undefined) return undefined;
      const reason = `${name} is kept as ${left.text}, and the client of ${kind.title} is given that (line ${line}).`;
      return { reason, byHand: kind.byHand ?? `Make the client there without ${given.childForFieldName('name')?.text ?? 'the key'}${after(kind)}, take this line away and what checks ${left.text}, then plan again.` };
    }
    return undefined;
  }

  #write(node: SyntaxNode, name: string, { migrations, replacement }: Followed): void {
    if (TESTS.test(this.#path)) return;
    this.#refusals.push({ code: 'shadowing', line: node.startPosition.row + 1, reason: `The program sets ${name} itself, and that wins over the new identity.`, byHand: `Take the line away: with the identity of ${replacement.title} nothing has to set ${name}.`, migrations, shadows: true });
  }

  /** `anthropic_api_key: str` in a settings class: it stops the program when the variable is gone. */
  #settings(byName: ReadonlyMap<string, Followed>): void {
    for (const declaration of this.#python.classes) {
      if (!/\bBaseSettings\b/.test(declaration.childForFieldName('superclasses')?.text ?? '')) continue;
      const body = declaration.childForFieldName('body');
      for (const node of this.#python.assignments) {
        const left = node.childForFieldName('left');
        const follow = byName.get((left?.text ?? '').toUpperCase());
        const annotation = node.childForFieldName('type')?.text ?? '';
        if (follow === undefined || node.parent?.parent?.id !== body?.id || annotation === '' || /\bOptional\b|\bNone\b/.test(annotation)) continue;
        const right = node.childForFieldName('right');
        if (right !== null && !/^(?:pydantic\.)?Field\(\s*(?:\.\.\.|(?:alias|validation_alias|description|env)\b)/.test(right.text)) continue;
        this.#refusals.push({ code: 'needs-code-change', line: node.startPosition.row + 1, reason: `The settings class demands ${(left?.text ?? '').toUpperCase()}, and stops the program without it.`, byHand: `Take the field away where nothing uses it, or give it the type "${annotation} | None" and the default None.`, migrations: follow.migrations, shadows: false });
      }
    }
  }

  #finish(): readonly Change<Edit>[] {
    const drafts = [...this.#drafts.values()];
    const alone = drafts.map((draft) => this.#splicesOf([draft]));
    const together = drafts.length > 1 ? this.#splicesOf(drafts) : undefined;
    const needed = alone.reduce((sum, one) => sum + (one?.length ?? 0), 0);
    // Together they leave an import unused that each alone still needs: then they are one decision.
    if (together !== undefined && together.length !== needed) return [this.#change(drafts, together)];
    return drafts.flatMap((draft, index) => {
      const splices = alone[index];
      if (splices !== undefined) return [this.#change([draft], splices)];
      const [request] = draft.requests;
      if (request !== undefined) this.#refusals.push({ code: 'unknown-shape', line: request.pair.startPosition.row + 1, reason: 'What holds the key, its check or the imports share lines with something else.', byHand: requestByHand(draft.follow), migrations: draft.follow.migrations, shadows: false });
      for (const client of draft.clients) this.#refuse(client, 'unknown-shape', 'The key argument, its check or the imports share lines with something else.', `Take the key away${after(client.kind)}.`);
      return [];
    });
  }

  #splicesOf(drafts: readonly Draft[]): readonly Splice[] | undefined {
    const python = this.#python;
    const { text } = python;
    const statements = drafts.flatMap((draft) => draft.statements);
    const inner = drafts.flatMap((draft) => draft.splices).filter(({ start, end }) => !statements.some((one) => one.startIndex <= start && end <= one.endIndex));
    const gone = [...statements.map(({ startIndex, endIndex }) => ({ start: startIndex, end: endIndex })), ...inner.filter(({ start, end }) => end > start)];
    const needed = drafts.flatMap((draft) => draft.arguments);
    const imports = importSplicesOf(python, needed);
    if (imports === undefined) return undefined;
    const unused = unusedAfter(python, gone, [...inner, ...imports]);
    const dropped = withoutImports(text, unused, python.imports);
    if (dropped === undefined) return undefined;
    const removed = withoutStatements(text, [...statements, ...dropped.statements]);
    return removed === undefined ? undefined : [...inner, ...imports, ...dropped.splices, ...removed];
  }

  #change(drafts: readonly Draft[], splices: readonly Splice[]): Change<Edit> {
    const titles = [...new Set(drafts.map(({ follow }) => follow.replacement.title))];
    const clients = drafts.flatMap((draft) => draft.clients);
    const requests = drafts.flatMap((draft) => draft.requests);
    const done = [
      ...(clients.length === 0 ? [] : [clients.length === 1 ? 'the client is made without a key' : `${clients.length} clients are made without a key`]),
      ...(requests.length === 0 ? [] : [`${[...new Set(requests.map(({ title }) => title))].join(', ')}: the key in the header becomes a bearer token of minutes`]),
    ];
    const why = [...new Set(clients.map(({ kind }) => WHY[kind.family])), ...(requests.length === 0 ? [] : ['The identity token of the workload is exchanged once for a token of minutes, which goes into the header Authorization.'])];
    const isSafe = drafts.every(({ doubts, clients: own }) => doubts.size === 0 && own.every(({ kind }) => kind.family === 'anthropic' || kind.family === 'aws' || kind.family === 'huggingface'));
    return {
      id: `${clients.length === 0 && requests.length > 0 ? 'request' : 'client'}/${drafts.map(({ provider }) => provider).join('+')}`,
      line: Math.min(...drafts.flatMap(({ lines }) => lines)),
      title: `${titles.join(' and ')}: ${done.length === 0 ? 'the check for a key goes' : done.join('; ')}`,
      why: why.join(' ') || 'Once the workloads have switched the key is not set, and the check would stop the program.',
      safety: isSafe ? 'safe' : 'unsafe',
      reason: isSafe ? 'The package reads the same variable by itself: where it is set nothing changes, and where it is gone the new identity is found.' : reasonOf(drafts),
      migrations: [...new Set(drafts.flatMap(({ follow }) => follow.migrations))],
      edits: splices.map((splice) => ({ kind: 'text', ...splice })),
    };
  }
}

function goingWith(clients: readonly Client[], requests: readonly Request[]): readonly SyntaxNode[] {
  return [...clients.flatMap(({ keys }) => keys), ...requests.map(({ header }) => header.pair)];
}

/** On GitHub Actions a step exchanges for Hugging Face and hands the short-lived token on as HF_TOKEN: what reads that goes on doing so. */
function stepFor({ replacement, all }: Followed): boolean {
  return replacement.provider === 'huggingface' && all.every(({ platform }) => platform === 'github-actions');
}

function isHandedOn(follow: Followed, given: readonly Given[]): boolean {
  return stepFor(follow) && given.length > 0 && given.every((one) => (one.kind === 'read' || one.kind === 'bound') && one.read.name === 'HF_TOKEN');
}

const WHY: Readonly<Record<ClientKind['family'], string>> = {
  anthropic: 'Without an argument the SDK takes ANTHROPIC_API_KEY where it is set, and the federation variables where it is not.',
  aws: 'Without arguments the default chain of AWS finds the role.',
  huggingface: 'Without an argument huggingface_hub exchanges the token of the workload when HF_OIDC_RESOURCE is set, and takes HF_TOKEN otherwise.',
  openai: 'No variable configures workload identity of OpenAI: the client is told where the token is and which account it stands for.',
  azure: 'The client asks Microsoft Entra for a token each time it needs one; the key of the resource is not used.',
  genai: 'The same models on Vertex AI take the identity of the workload. Project and location are named, because a key left in the environment would win over those that are not.',
  other: '',
};

function reasonOf(drafts: readonly Draft[]): string {
  const parts = new Set<string>();
  for (const { doubts, clients } of drafts) {
    for (const doubt of doubts) parts.add(doubt);
    for (const { kind } of clients) {
      if (kind.family === 'openai') parts.add('the workload is given the variables and the token file, and openai is 2.37.0 or later');
      if (kind.family === 'azure') parts.add('azure-identity is installed, and the identity has a role at the resource');
      if (kind.family === 'genai') parts.add('the models the program names exist on Vertex AI in that location');
    }
  }
  return `Rests on this: ${[...parts].join('; ')}.`;
}

function after({ family }: ClientKind): string {
  switch (family) {
    case 'openai':
      return ', and give workload_identity in its place';
    case 'azure':
      return ', and give azure_ad_token_provider in its place';
    case 'genai':
      return ', and give vertexai=True, project and location in its place';
    default:
      return '';
  }
}

/** Imports that the new arguments need: once for the module, and once for each function that imports the SDK itself. */
function importSplicesOf(python: Python, needed: Draft['arguments']): readonly Splice[] | undefined {
  const splices: Splice[] = [];
  const byPlace = new Map<number, { anchor: SyntaxNode; imports: Argument['imports'][number][]; needsOs: boolean }>();
  for (const { argument, anchor } of needed) {
    const place = anchor.parent?.id ?? anchor.id;
    const entry = byPlace.get(place) ?? { anchor, imports: [], needsOs: false };
    entry.imports.push(...argument.imports);
    entry.needsOs ||= argument.needsOs;
    byPlace.set(place, entry);
  }
  for (const { anchor, imports, needsOs } of byPlace.values()) {
    const made = importSplices(python, anchor, imports, needsOs);
    if (made === undefined) return undefined;
    splices.push(...made);
  }
  return splices;
}
