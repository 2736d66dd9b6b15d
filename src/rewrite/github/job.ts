import { parties } from '../../parties/index.ts';
import { eventsOf, PULLS } from '../../platforms/_shared/github-events.ts';
import { entriesOf, entry, get, sourceRange, textOf, type YamlEntry, type YamlNode, type YamlScalar } from '../../support/yaml.ts';
import { CannotRewrite } from '../cannot.ts';
import type { Edit } from '../edit.ts';
import { cannotPublish, isPublished } from '../published.ts';
import type { Replacement, RewriteContext } from '../types.ts';
import type { YamlEditor, YamlMap } from '../yaml-edit.ts';
import { type House, isBelow, pinOf, reference, versionOf } from './actions.ts';
import { clientDoubt, floorsNamed, type Programs, textsOf } from './clients.ts';
import { compositeKeys, folderOf } from './composite.ts';
import { actionOf, isKeyInput, isPreparing, type NativeAction, nativeOf } from './native.ts';
import { anthropicProfile, assumeRole, exchange, fill, forRuns, googleAuth, inEnvironments, type Ids, idsOf, type Setup, tokenFile, withConditions } from './steps.ts';
import { excludesPullRequests, quoteIfNeeded, quotedAs, unwrap } from './conditions.ts';
import { isUnused } from './idle.ts';
import { goesOnWithout, isOneOfSeveral, unlessPretending } from './optional.ts';
import { asGate, isQuestion, lineAround, onlyAsks, saidIn, testsOf } from './presence.ts';
import { ACCESS_TOKEN, headersIn, looksAt, mentionsIn, placesOf, sentTo, STORES, TESTED, writesDown } from './script-edits.ts';
import { formDoubt } from './key-form.ts';
import { hubResource } from './hub-resource.ts';
import { goesWithoutLogin, moneyTold, rightsTold } from './told.ts';
import { startsOf } from '../reach/job.ts';
import { unreadBy } from '../reach/unread.ts';
import { computedUses, environmentOf, jobScope, type KeyNames, normal, stepScope, stepsOf, type Use, usesOf } from './uses.ts';

/** What all jobs of one file share. */
export interface Scene {
  readonly text: string;
  readonly editor: YamlEditor;
  readonly root: YamlMap;
  readonly house: House;
  readonly context: RewriteContext;
  readonly triggers: readonly string[];
  /** For a called workflow: the names under which its callers hand the key over. */
  readonly isCalled: boolean;
  /** Of a called workflow: the events for which its callers run. */
  readonly callerEvents?: readonly string[];
}

/** What has to be done in one job for one provider. */
export interface JobEdits {
  readonly edits: readonly Edit[];
  /** `key input becomes federation inputs`; one each for what is done. */
  readonly titles: readonly string[];
  readonly why: readonly string[];
  /** What the result rests on beyond the file; none when it is safe. */
  readonly doubts: string[];
  /** From 1: the first place that is touched. */
  readonly line: number;
  /** Whether the job has to be allowed a token: not where it only asked whether there is a key. */
  readonly needsToken: boolean;
  /** Only actions take the key, no program. */
  readonly standsAlone: boolean;
  /** Providers whose changes of the same job it rests on. */
  readonly needs?: readonly string[];
}

/**
 * Works out the edits of one job (or of a composite action: `runs`) for one replacement.
 *
 * @param asked jobs that run by what this one finds of the key.
 * @throws CannotRewrite
 */
export function planJob(scene: Scene, job: YamlMap, replacement: Replacement, rootUses: readonly Use[], asked: readonly { readonly id: string; readonly job: YamlMap; readonly replacement: Replacement }[] = []): JobEdits {
  return new JobPlanner(scene, job, replacement, rootUses, asked.map((one) => ({ id: one.id, replacement: forRuns(one.replacement, textOf(get(one.job, 'if')) ?? '', scene.isCalled ? undefined : scene.triggers) }))).plan();
}

/** Names and contexts of the key that `replacement` replaces. */
export function keysOf(replacement: Replacement, contexts: readonly string[] = ['secrets']): KeyNames {
  const names = [...replacement.names, ...replacement.variables, ...replacement.remove, ...(replacement.parties[0] === 'aws' ? AWS_VARIABLES : [])];
  return { names: new Set(names.map(normal)), contexts: new Set(contexts) };
}
const AWS_VARIABLES = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'];

/** Stores that take key pairs of AWS's form. */
const OTHER_STORES = /secrets\.\w*(?:R2|MINIO|BACKBLAZE|B2|WASABI|SPACES|CLOUDFLARE|SCALEWAY|HETZNER|OVH|GARAGE|CEPH|TIGRIS)(?:_|\b)/i;
/** Seconds that a job's other steps rarely take. */
const LONG_ENOUGH = 3600;
const LONGEST_NAME = 100;
/** https://docs.github.com/en/code-security/dependabot/troubleshooting-dependabot/troubleshooting-dependabot-on-github-actions, 2026-11-30. */
const NO_DEPENDABOT = "github.actor != 'dependabot[bot]'";
/** A condition of more parts is no longer read at a glance. */
const MOST_JOINED = 3;

/** Signs links to stored objects, and for how many seconds. */
const SIGNS_LINKS = /\bs3 presign\b|\bgenerate_presigned_(?:url|post)\b|\b(?:getSignedUrl|createPresignedPost|PresignClient|generate_signed_url)\b|\bsignurl\b|\bstorage sign-url\b/;
const EXPIRES = /(?:--expires-in[ =]|\bexpires_?in["']?\s*[:=]\s*)(\d+)/gi;

/** Where a repository at Hugging Face is named to be written to; group 1 is its name, or an expression. */
const NAMED = '([\\w.-]+\\/[\\w.-]+|\\$\\{\\{[^}]*\\}\\}(?:\\/\\S+)?|\\$\\w+(?:\\/\\S+)?)';
const WRITES_TO: readonly RegExp[] = [
  new RegExp(`\\b(?:huggingface-cli|hf)\\s+upload(?:-large-folder)?\\s+(?:--\\S+\\s+)*["']?${NAMED}`, 'g'),
  new RegExp(`\\bgit\\s+(?:push|remote\\s+(?:add|set-url))\\b[^\\n]*huggingface\\.co\\/(?:spaces\\/|datasets\\/)?${NAMED}`, 'g'),
  new RegExp(`\\b(?:upload_file|upload_folder|upload_large_folder|create_commit)\\([^)]*?repo_id\\s*=\\s*["']${NAMED}["']`, 'g'),
  new RegExp(`\\bpush_to_hub\\(\\s*["']${NAMED}["']`, 'g'),
  new RegExp(`^repo_id="${NAMED}"$`, 'g'),
];

/** As AWS names its regions. */
const REGION = /\b(?:us|eu|ap|sa|ca|me|af|il|mx)(?:-gov)?-(?:north|south|east|west|central|northeast|northwest|southeast|southwest)-\d\b/g;

type Kind = { readonly kind: 'native'; readonly native: NativeAction } | { readonly kind: 'run' } | { readonly kind: 'curl' } | { readonly kind: 'composite'; readonly inputs: ReadonlySet<string> } | { readonly kind: 'other' };

interface Consumer {
  readonly step: YamlMap;
  readonly top: YamlNode;
  readonly index: number;
  readonly kind: Kind;
  readonly uses: readonly Use[];
}

class JobPlanner {
  readonly #scene: Scene;
  readonly #job: YamlMap;
  readonly #replacement: Replacement;
  readonly #rootUses: readonly Use[];
  readonly #asked: readonly { readonly id: string; readonly replacement: Replacement }[];
  /** The job does nothing with the key but to ask whether it is there. */
  #onlyAsks = false;
  /** For which the job may run. */
  readonly #events: readonly string[];
  readonly #keys: KeyNames;
  readonly #ids: Ids;
  /** What a token of Hugging Face is for, where the job says it. */
  readonly #resource: string | undefined;
  readonly #edits: Edit[] = [];
  readonly #titles: string[] = [];
  readonly #why: string[] = [];
  readonly #doubts: string[] = [];
  readonly #lines: number[] = [];
  #gates: readonly Use[] = [];
  readonly #needs = new Set<string>();
  /** By step: id of the step whose output is its token. Empty where the token stands in the environment. */
  readonly #outputs = new Map<YamlMap, string>();

  constructor(scene: Scene, job: YamlMap, replacement: Replacement, rootUses: readonly Use[], asked: readonly { readonly id: string; readonly replacement: Replacement }[]) {
    this.#scene = scene;
    this.#asked = asked;
    this.#job = job;
    const condition = textOf(get(job, 'if')) ?? '';
    this.#events = eventsOf(condition, scene.callerEvents ?? scene.triggers);
    this.#replacement = inEnvironments(forRuns(replacement, condition, scene.isCalled ? undefined : scene.triggers), environmentOf(job) ?? '');
    this.#rootUses = rootUses;
    const keys = keysOf(replacement);
    const env = get(job, 'env');
    const wide = [...rootUses, ...(env?.kind === 'map' ? usesOf(env, keys, () => 'job-env') : [])].filter(isValue);
    this.#keys = { ...keys, variables: new Set(wide.flatMap(({ held }) => (held === undefined ? [] : [normal(held.entry.key)]))) };
    const ids = idsOf(this.#replacement, scene.context);
    this.#resource = replacement.parties[0] === 'huggingface' ? hubResource(stepsOf(job).map(({ step }) => textOf(get(step, 'run')) ?? '')) : undefined;
    this.#ids = (input) => (input === 'aws.region' ? this.#region() : input === 'huggingface.resource' ? this.#resource : undefined) ?? ids(input);
  }

  plan(): JobEdits {
    this.#refusePublished();
    this.#refusePath();
    const [computed] = computedUses(this.#job);
    if (computed !== undefined) throw new CannotRewrite('computed-name', 'The job takes secrets by a computed name or all at once, so it cannot be told which it uses.', 'Name the secrets one by one, then plan again.', { line: this.#line(computed) });
    const jobUses = this.#jobUses();
    this.#gates = [...this.#rootUses, ...jobUses].filter(({ shape }) => shape === 'gate');
    const wide = this.#withoutAsked([...this.#rootUses, ...jobUses.filter(({ scope }) => scope === 'job-env' || scope === 'container-env')].filter(isValue));
    for (const use of this.#rootUses) if (use.shape === 'gate') this.#gate(use);
    this.#refuseLooks(jobUses, wide);
    const consumers = this.#consumers(jobUses, wide);
    this.#onlyAsks = consumers.length === 0;
    this.#refuseUnread(consumers, wide);
    const natives = consumers.filter(({ kind }) => kind.kind === 'native');
    this.#refuseSecondLogin(natives);
    const others = consumers.filter(({ kind }) => kind.kind !== 'native');
    for (const consumer of natives) this.#convert(consumer);
    const curls = others.filter(({ kind }) => kind.kind === 'curl');
    const clients = others.filter(({ kind }) => kind.kind !== 'curl');
    this.#distinctSecrets(jobUses);
    if (wide.length > 0 && consumers.length === 0 && this.#rootUses.length === 0) throw new CannotRewrite('unknown-shape', 'The key is in the environment of the job, and no step is seen to use it.', 'Take it out by hand, if nothing needs it.', { line: this.#line(wide[0]?.scalar ?? this.#job) });
    if (curls.length > 0) this.#bearer(curls);
    this.#refuseLeftovers(consumers, [...wide, ...jobUses]);
    if (clients.length > 0) this.#prepare(clients, wide);
    else for (const use of wide) this.#removeEntry(use);
    this.#restOf(jobUses, others);
    const paid = consumers.length === 0 ? undefined : moneyTold(this.#replacement, [...jobUses, ...this.#rootUses]);
    if (paid !== undefined) this.#doubts.push(paid);
    if (this.#edits.length === 0) throw new CannotRewrite('unknown-shape', 'Nothing in the job was found to edit.', 'Follow the README of the plan for this job.');
    return { edits: this.#edits, titles: [...new Set(this.#titles)], why: [...new Set(this.#why)], doubts: [...new Set(this.#doubts)], line: Math.min(...this.#lines), needsToken: consumers.length > 0, standsAlone: others.length === 0, needs: [...this.#needs] };
  }

  /** A key under a name that a build compiles into a site or an app. */
  #refusePublished(): void {
    for (const { held, scalar, spans, shape } of [...this.#rootUses, ...this.#jobUses()]) {
      if (shape === 'gate') continue;
      const written = spans.map(({ start }) => /([A-Z][A-Z0-9_]*)\s*[=:]\s*["']?$/.exec(scalar.value.slice(Math.max(0, start - LONGEST_NAME), start))?.[1] ?? '');
      const name = [held?.entry.key ?? '', ...written].find(isPublished);
      if (name !== undefined) throw cannotPublish(name, this.#replacement.title, this.#line(scalar));
    }
  }

  #refusePath(): void {
    const { outcome, parties: hops, change, title, route } = this.#replacement;
    if (outcome === 'reduced') throw new CannotRewrite('no-path', `${title} has no federation: the plan only moves its key to a guarded place.`, 'Store the key at the broker of the plan first, then read it in the job by the step that the broker documents.');
    if (hops.length !== 1) throw new CannotRewrite('no-path', `The path takes ${hops.length} exchanges, one after the other, which no step of a workflow does.`, 'Follow the README of the plan: authenticate at the first party, ask it for a token for the second.');
    if (this.#replacement.identity.subject?.some((part) => typeof part !== 'string' && part.input.endsWith('.release_tag')) === true) {
      throw new CannotRewrite('no-path', 'The subject of a run for a release names its tag, so a rule for one release refuses the next.', 'Give the job an environment with a rule for tags, then plan again.');
    }
    if (change === 'model') throw new CannotRewrite('needs-code-change', `The path (${route}) needs another client and the cloud’s id of the model.`, 'Change the program first as the plan says, then run dekey plan again.');
  }

  /** A step that shows how long the key is, or how it begins. */
  #refuseLooks(uses: readonly Use[], wide: readonly Use[]): void {
    const named = wide.flatMap(({ held }) => held?.entry.key ?? []);
    for (const { step } of stepsOf(this.#job)) {
      const run = textOf(get(step, 'run')) ?? '';
      const names = [...named, ...uses.flatMap((use) => (use.step === step && use.scope === 'step-env' ? (use.held?.entry.key ?? []) : []))];
      if (!names.some((name) => looksAt(run, name))) continue;
      throw new CannotRewrite('needs-code-change', `A step looks at the key of ${this.#replacement.title} itself, at its length or its letters, and there is none any more.`, 'Take that step out, or let it ask whether the job has its identity, then plan again.', { line: this.#line(step) });
    }
  }

  /** A key that nothing the job runs is seen to read: an identity could only make it fail. @throws CannotRewrite */
  #refuseUnread(consumers: readonly Consumer[], wide: readonly Use[]): void {
    if (consumers.some(({ kind }) => kind.kind !== 'run') || this.#rootUses.length > 0) return;
    const uses = [...wide, ...consumers.flatMap((consumer) => consumer.uses)];
    if (uses.some(({ held, scope }) => held === undefined || scope === 'step-run')) return;
    const names = [...new Set(uses.flatMap(({ held }) => held?.entry.key ?? []))];
    const { paths = [], read } = this.#scene.context;
    const tree = { paths, read };
    const { provider, title } = this.#replacement;
    const scripts = consumers.map(({ step }) => textOf(get(step, 'run')) ?? '');
    const reason = unreadBy({ scripts, starts: startsOf(this.#scene.root, this.#job, names, tree).filter((start) => start.kind !== 'folder' || start.language !== undefined) }, { provider: this.#replacement.parties[0] === 'aws' ? 'aws' : provider, title, names }, tree);
    if (reason !== undefined) throw new CannotRewrite('unknown-shape', reason, `Delete ${names.length > 1 ? 'these lines' : 'the line'} by hand once you have seen a run without ${names.length > 1 ? 'them' : 'it'}.`, { line: this.#line(uses[0]?.scalar ?? this.#job) });
  }

  /** A variable that stays, and that clients would take before the new identity. */
  #refuseLeftovers(consumers: readonly Consumer[], uses: readonly Use[]): void {
    const gone = new Set(uses.flatMap(({ held }) => held?.entry ?? []));
    const names = this.#replacement.parties[0] === 'aws' ? [...AWS_VARIABLES, 'AWS_BEARER_TOKEN_BEDROCK'] : this.#replacement.readByClients;
    const places = [...consumers.map(({ step }) => get(step, 'env')), get(this.#job, 'env'), get(this.#scene.root, 'env'), get(get(this.#job, 'container'), 'env')];
    const isElsewhere = this.#replacement.parties[0] === 'aws' && [...uses, ...consumers.flatMap((consumer) => consumer.uses)].some((use) => use.spans.some(({ start, end }) => OTHER_STORES.test(use.scalar.value.slice(start, end))));
    const hasEndpoint = this.#replacement.parties[0] === 'aws' && consumers.some(({ step }) => /--endpoint-url\b/.test(textOf(get(step, 'run')) ?? ''));
    if (isElsewhere || hasEndpoint) throw new CannotRewrite('no-path', 'The keys are for a store of its own that speaks as S3 does, not for AWS.', 'See whether that store federates; its keys have nothing to do with a role at AWS.');
    for (const one of places.flatMap(entriesOf)) {
      if (this.#replacement.parties[0] === 'aws' && /^(?:AWS_ENDPOINT_URL|S3_ENDPOINT|(?:R2|MINIO|B2|SPACES|WASABI)_ENDPOINT)/.test(one.key)) {
        throw new CannotRewrite('unknown-shape', 'The keys are for a server of its own at another address, not for AWS.', 'See whether that server federates; its keys have nothing to do with a role at AWS.', { line: this.#line(one) });
      }
      if (new RegExp(`^${normal(this.#replacement.provider)}_(?:API_)?(?:BASE|BASE_URL|HOST|PROXY_URL)$`).test(one.key) && !isOwnHost(textOf(one.value) ?? '?', this.#replacement.hosts)) {
        throw new CannotRewrite('unknown-shape', textOf(one.value)?.includes('${{') === true ? `${one.key} may send the requests to a server of its own, which would be shown the token: its value does not stand in the file.` : `${one.key} sends the requests to a server of its own, which would be shown the token.`, 'See whether that server takes identities; if the line is not needed, take it out and plan again.', { line: this.#line(one) });
      }
      if (!names.includes(one.key) || gone.has(one) || textOf(one.value) === '') continue;
      throw new CannotRewrite('shadowing', `${one.key} is also set to something that is no secret, and would win over the new identity.`, `Take ${one.key} out there, then plan again.`, { line: this.#line(one), shadows: true });
    }
  }

  /** Several secrets of one provider become one identity: it can do what any of them could, or less. */
  #distinctSecrets(uses: readonly Use[]): void {
    const names = new Set([...this.#rootUses, ...uses].filter(isValue).flatMap(({ scalar, spans, shape }) => (shape === 'fallback' ? [] : spans.flatMap(({ start, end }) => /secrets\.([A-Za-z0-9_-]+)/.exec(scalar.value.slice(start, end))?.[1]?.toUpperCase() ?? []))));
    // A key pair is one credential in two parts.
    const distinct = this.#replacement.parties[0] === 'aws' ? [] : [...names];
    if (distinct.length > 1 && this.#replacement.provider === 'huggingface') {
      throw new CannotRewrite('unknown-shape', `${distinct.join(' and ')} are for different repositories or rights at Hugging Face, and an exchanged token is for one.`, 'Split the job by what each of them is for, then plan again.');
    }
    const { provider, identity, migration, suffix } = this.#replacement;
    const other = provider !== 'huggingface' ? undefined : this.#scene.context.all.find((one) => one.provider === provider && one.migration !== migration && (one.identity.id === identity.id || one.suffix === suffix) && !one.names.some((name) => this.#replacement.names.includes(name) && !STANDARD.test(name)) && secretsIn(one.names).some((name) => !secretsIn(this.#replacement.names).includes(name)));
    if (other !== undefined) {
      throw new CannotRewrite('unknown-shape', `${secretsIn(this.#replacement.names).join(', ')} and ${secretsIn(other.names).join(', ')} of ${other.workload} may be for different repositories or rights at Hugging Face, and would get one resource.`, 'Give each job an environment of its own, so that each has a resource, then plan again.');
    }
    if (distinct.length > 1) this.#doubts.push(`${distinct.join(' and ')} become one identity, which has to be allowed what each of them was for`);
  }

  #jobUses(): readonly Use[] {
    const direct = usesOf(withoutSteps(this.#job), this.#keys, (route) => jobScope(route));
    const inSteps = stepsOf(this.#job).flatMap(({ step }) => usesOf(step, this.#keys, stepScope, step));
    // A script that only asks whether the variable is set is a condition too.
    return [...direct, ...inSteps.map((use) => (isQuestion(use) ? asGate(use) : use))];
  }

  /**
   * Steps that need the identity: those that name the key. A key in the environment of all reaches every step: then those that ask for it or speak of it, and where none does, every
   * step that runs more than an installation.
   */
  #consumers(uses: readonly Use[], wide: readonly Use[]): readonly Consumer[] {
    const steps = stepsOf(this.#job);
    const named = new Set(wide.flatMap(({ held }) => held?.entry.key ?? []));
    const isNamed = steps.map(({ step }) => [...named].some((name) => (textOf(get(step, 'run')) ?? '').includes(name) && !onlyAsks(textOf(get(step, 'run')), name)));
    const speaks = steps.map(({ step }, index) => isNamed[index] === true || uses.some((use) => use.step === step));
    if (uses.length === 0 && !speaks.includes(true) && this.#onlyReports()) {
      if (!steps.every(({ step }) => isPreparing(step))) this.#doubts.push('a job that reports on others, and fetches no code, gets no identity');
      return [];
    }
    // One that only asks whether there is a key does not need it.
    const isTold = wide.length > 0 && this.#rootUses.length === 0 && steps.some(({ step }, index) => speaks[index] === true && (isNamed[index] === true || !isPreparing(step)));
    return steps.flatMap(({ step, top }, index): Consumer[] => {
      const own = uses.filter((use) => use.step === step && use.shape !== 'gate');
      const native = nativeOf(step, this.#replacement);
      const action = actionOf(step);
      if (own.length === 0 && wide.length === 0) return [];
      if (native !== undefined && (own.length > 0 || (wide.length > 0 && native.readsEnvironment === true))) return [{ step, top, index, kind: { kind: 'native', native }, uses: own }];
      if (own.length === 0 && isNamed[index] !== true && (isPreparing(step) || (isTold && speaks[index] !== true && !runsPrograms(step)))) return [];
      if (action === undefined) return [{ step, top, index, kind: { kind: this.#callsByCurl(step, own) ? 'curl' : 'run' }, uses: own }];
      if (/^[.$]\//.test(action.name)) return [{ step, top, index, kind: { kind: 'composite', inputs: this.#compositeInputs(action.name) }, uses: own }];
      return [{ step, top, index, kind: { kind: 'other' }, uses: own }];
    });
  }

  /** Runs whatever became of the jobs before it, and has no code to run. */
  #onlyReports(): boolean {
    const isAnyway = /\b(?:always|failure|cancelled)\(\)/.test(textOf(get(this.#job, 'if')) ?? '') && entry(this.#job, 'needs') !== undefined;
    return isAnyway && !stepsOf(this.#job).some(({ step }) => /^(?:actions\/(?:checkout|download-artifact)|\.\/)/.test(actionOf(step)?.name ?? '') || /\b(?:git clone|gh repo clone|docker run|curl|npx|uvx|pipx)\b/.test(textOf(get(step, 'run')) ?? ''));
  }

  #compositeInputs(name: string): ReadonlySet<string> {
    const folder = folderOf(name);
    if (folder === undefined || folder === '') return new Set();
    const path = ['action.yml', 'action.yaml'].map((file) => `${folder}/${file}`).find((file) => this.#scene.context.read(file) !== undefined);
    const text = path === undefined ? undefined : this.#scene.context.read(path);
    if (text === undefined) return new Set();
    return compositeKeys(text, this.#replacement);
  }

  // --- actions that take an identity ---

  #convert({ step, kind, uses }: Consumer): void {
    if (kind.kind !== 'native') return;
    const { native } = kind;
    const held = uses.map((use) => {
      if (use.scope === 'step-with' && use.held !== undefined && !isKeyInput(native, use.held.entry.key)) throw this.#within(use, step);
      if (use.held === undefined || (use.shape !== 'plain' && use.shape !== 'fallback')) throw this.#odd(use);
      const { key } = use.held.entry;
      // GitHub takes upper and lower case for the same in names of inputs, and a hyphen for no underscore.
      if (use.scope === 'step-with' && !native.keys.includes(key.toLowerCase())) {
        throw new CannotRewrite('unknown-shape', `${key} is no input of ${actionOf(step)?.name ?? 'the action'} (it has ${native.keys.join(', ')}), so the action is not given the key.`, `Delete the line; if the action is to work, give it ${nearest(native.keys, key)} first, then plan again.`, { line: this.#line(use.scalar) });
      }
      return use.held;
    });
    const lines = native.inputs(step, this.#replacement, this.#ids);
    const inputs = get(step, 'with');
    const first = held.find(({ holder }) => holder === inputs);
    for (const { holder, entry: gone } of held) this.#remove(holder, gone);
    const missing = lines.filter((line) => entry(inputs, line.slice(0, line.indexOf(':'))) === undefined);
    const chosen = this.#choose(native, step);
    if (missing.length > 0) {
      const style = held[0]?.entry.value.kind === 'scalar' ? held[0].entry.value.style : 'plain';
      const text = missing.map((line) => `${quotedAs(line, style)}\n`).join('');
      if (inputs?.kind === 'map' && inputs.entries.length > 0) this.#edits.push({ kind: 'add-entries', holder: inputs, ...(first === undefined ? {} : { after: first.entry }), text });
      else if (inputs === undefined) this.#edits.push({ kind: 'add-entries', holder: step, after: entry(step, 'uses') ?? step.entries[0] ?? fail(), text: `with:\n${missing.map((line) => `${' '.repeat(this.#scene.house.indent)}${line}\n`).join('')}` });
      else throw new CannotRewrite('unknown-shape', 'The inputs of the step are computed.', 'Write them out as a map, then plan again.', { line: this.#line(step) });
    }
    this.#lines.push(this.#line(first?.entry ?? step));
    const isThere = missing.length === 0 && chosen === undefined;
    this.#titles.push(held.some(({ holder }) => holder === inputs) ? `${held.length > 1 ? 'keys become' : 'key input becomes'} ${isThere ? 'nothing, the federation inputs are there already' : 'federation inputs'}` : 'federation inputs in place of a key in the environment');
    this.#why.push(`${actionOf(step)?.name ?? 'The action'} asks for the job’s own token and exchanges it; a key beside these inputs would win over them.`);
    const read = readIn(step, chosen);
    if (isThere || read.length > 0) this.#doubts.push(`the variables that the federation inputs read have to be set: ${read.join(', ')}`);
    if (native.party === 'aws') {
      const later = stepsOf(this.#job).map(({ step: other }, index) => ({ step: other, top: other, index, kind: { kind: 'run' } as const, uses: [] })).filter(({ step: other }) => other !== step && !isPreparing(other));
      if (entry(get(step, 'with'), 'role-duration-seconds') === undefined) {
        this.#outlast(later);
        this.#ends(later);
      }
    }
    if (native.party === 'aws' || native.party === 'google') this.#refuseSignedLinks();
    if (native.party === 'aws' && stepsOf(this.#job).some(({ step: other }) => /AWS_SECRET_ACCESS_KEY/.test(textOf(get(other, 'run')) ?? ''))) this.#doubts.push('a script names AWS_SECRET_ACCESS_KEY: AWS_SESSION_TOKEN has to go with it');
    const cautions = [native.caution?.(step), native.isLogin === true && !isThere ? rightsTold(this.#replacement) : undefined];
    for (const caution of cautions) if (caution !== undefined) this.#doubts.push(caution);
    if (native.party === 'google' && native.isLogin === true && !isThere) this.#onlyWhereSetUp(step);
    this.#raise(step, native);
  }

  /** Google's step exports credentials before anything is exchanged for them: where the job can go without, it has to be skipped as long as there is no identity. */
  #onlyWhereSetUp(step: YamlMap): void {
    const variable = /^\$\{\{ ((?:vars|secrets)\.[A-Z0-9_]+) \}\}$/.exec(this.#ids('google.project_number'))?.[1];
    const standing = entry(step, 'if');
    if (variable?.startsWith('vars.') !== true || (standing === undefined && !goesWithoutLogin(this.#job, step)) || this.#gates.some(({ scalar }) => scalar === standing?.value)) return;
    if (standing === undefined) {
      this.#edits.push({ kind: 'add-entries', holder: step, after: entry(step, 'name') ?? entry(step, 'id') ?? entry(step, 'uses') ?? fail(), text: `if: ${variable} != ''\n` });
      this.#why.push('It is skipped as long as federation is not set up, as it went without the secret before.');
    } else if (standing.value.kind === 'scalar' && goesWithoutLogin(this.#job, step) && !standing.value.value.includes(variable)) {
      const own = unwrap(standing.value.value).trim().replace(/\s*\n\s*/g, ' ');
      this.#edits.push({ kind: 'replace', scalar: standing.value, text: quoteIfNeeded(`${own.includes('||') ? `(${own})` : own} && ${variable} != ''`) });
    }
  }

  /** Writes which identity a run takes over what names one for all of them; gives the input. */
  #choose({ chooses }: NativeAction, step: YamlMap): string | undefined {
    const standing = chooses === undefined ? undefined : entry(get(step, 'with'), chooses.input);
    if (chooses === undefined || standing === undefined || (this.#replacement.otherRuns ?? []).length === 0) return undefined;
    const value = chooses.value(this.#replacement, this.#ids);
    if (value === undefined || standing.value.kind !== 'scalar' || standing.via !== undefined) {
      throw new CannotRewrite('unknown-shape', `${chooses.input} names one provider, and the runs of this job need one each for pull requests and for branches.`, 'Let the provider that it names take both subjects, set the variables that the inputs read, then take the key inputs out.', { line: this.#line(step) });
    }
    const text = quotedAs(`${chooses.input}: ${value}`, standing.value.style).slice(chooses.input.length + 2);
    this.#edits.push({ kind: 'replace', scalar: standing.value, text });
    this.#doubts.push(`${chooses.input} named one provider for all runs, and now names the one of the plan for each of them`);
    return chooses.input;
  }

  /** Raises an action that is too old to know the inputs. */
  #raise(step: YamlMap, { floor, unreleased, lost = [] }: NativeAction): void {
    const action = actionOf(step);
    const scalar = get(step, 'uses');
    if (action === undefined || scalar?.kind !== 'scalar') return;
    if (unreleased !== undefined) {
      if (/^(?:main|master)$/.test(action.ref)) return;
      if (!/^[0-9a-f]{40}$/.test(action.ref)) throw new CannotRewrite('unknown-shape', `No tag of ${action.name} has inputs for federation.`, `Use ${unreleased.instead} in its place, then plan again.`, { line: this.#line(scalar) });
      this.#doubts.push(`${action.name} is pinned to a commit, which has to be of ${unreleased.since} or later`);
      return;
    }
    if (floor === undefined) return;
    const { text } = this.#scene;
    const end = text.indexOf('\n', scalar.outer.end);
    const rest = text.slice(scalar.outer.end, end === -1 ? text.length : end);
    const isCommit = /^[0-9a-f]{40}$/.test(action.ref);
    const said = versionOf(action.ref, rest);
    // `# v1` beside a commit does not say which release it is.
    const version = isCommit && said?.[2] === undefined ? undefined : said;
    if (version !== undefined && !isBelow(version, floor.version)) return;
    if (version === undefined && /^(?:main|master)$/.test(action.ref)) return;
    if (version === undefined && isCommit) {
      // It may be newer than any release known here: it is left as it is.
      this.#doubts.push(`${action.name} is pinned to a commit that does not say its release, which has to be ${floor.version.join('.')} or later`);
      return;
    }
    if (version === undefined) {
      throw new CannotRewrite('unknown-shape', `Whether ${action.name}@${action.ref} has inputs for federation cannot be told: it names no release.`, `Move the step to ${action.name}@${pinOf(floor.raise).tag} first, then plan again.`, { line: this.#line(scalar) });
    }
    if (action.name.toLowerCase() !== floor.raise) throw new CannotRewrite('unknown-shape', `${action.name}@${action.ref} is older than ${floor.version.join('.')}, the first with inputs for federation.`, `Move the step to ${action.name}@${pinOf(floor.raise).tag} first, then plan again.`, { line: this.#line(scalar) });
    const gone = version[0] >= floor.version[0] ? [] : lost.filter((name) => entry(get(step, 'with'), name) !== undefined);
    if (gone.length > 0) throw new CannotRewrite('unknown-shape', `${action.name}@${action.ref} has no inputs for federation, and its later releases have no ${gone.slice(0, 3).join(', ')}.`, `Move the step to ${action.name}@${pinOf(floor.raise).tag} first, as its migration guide says, then plan again.`, { line: this.#line(scalar) });
    const comment = /^([ \t]+)#[^\r]*/.exec(rest);
    const isQuoted = scalar.style !== 'plain';
    const exact = !isCommit && version[2] !== undefined;
    const whole = exact ? `${floor.raise}@${pinOf(floor.raise).release ?? pinOf(floor.raise).tag}` : reference(floor.raise, { ...this.#scene.house, pinsCommits: isCommit, gap: comment?.[1] ?? this.#scene.house.gap });
    const [value = whole, words] = whole.split(/[ \t]+(?=#)/);
    const quote = isQuoted ? (text[scalar.outer.start] ?? '') : '';
    this.#edits.push({ kind: 'replace', scalar, text: `${quote}${value}${quote}` });
    // A comment that names the old version would now be wrong.
    const old = /#[ \t]*(?:tag=|version=)?v?\d+(?:\.\d+)*\S*/.exec(rest);
    if (old !== null && words !== undefined) this.#edits.push({ kind: 'text', start: scalar.outer.end + old.index, end: scalar.outer.end + old.index + old[0].length, text: words });
    else if (words !== undefined && comment === null) this.#edits.push({ kind: 'text', start: scalar.outer.end, end: scalar.outer.end, text: `${this.#scene.house.gap}${words}` });
    this.#titles.push(`${action.name} raised to ${pinOf(floor.raise).release ?? pinOf(floor.raise).tag}`);
    this.#doubts.push(`${action.name} is raised from ${version.filter((part) => part !== undefined).join('.')}, since ${floor.version.join('.')} is the first with these inputs`);
  }

  // --- everything else: a step before it ---

  #prepare(consumers: readonly Consumer[], wide: readonly Use[]): void {
    const names = this.#exportNames(consumers, wide);
    const groups = this.#groups(consumers, wide);
    this.#handOn(groups, wide);
    const setup = this.#setup(names, consumers);
    for (const use of wide) this.#swap(use, setup, names);
    for (const consumer of consumers) this.#consume(consumer, setup, names);
    this.#restOfScripts(consumers, wide, setup);
    const steps = get(this.#job, 'steps');
    if (steps?.kind !== 'seq') throw new CannotRewrite('unknown-shape', 'The steps of the job are no list.', 'Write them out, then plan again.');
    const keyLogins = this.#replacement.parties[0] === 'google' ? stepsOf(this.#job).flatMap(({ step }) => (actionOf(step)?.name === 'google-github-actions/auth' && entry(get(step, 'with'), 'credentials_json') !== undefined ? [step] : [])) : [];
    const converted = keyLogins.map((step) => this.#convertedBy(step));
    const isLoggedIn = this.#hasLogin(consumers, keyLogins);
    for (const provider of converted) if (provider !== undefined) this.#needs.add(provider);
    if (converted.includes(undefined)) {
      throw new CannotRewrite('needs-other-change', 'The job also logs in to Google Cloud with the key of a service account.', 'Let that step federate first (workload_identity_provider), then plan again.');
    }
    this.#outlast(consumers);
    this.#refuseUnused(consumers, wide);
    this.#refuseSignedLinks();
    this.#resourceOf(consumers);
    const [unseen] = consumers.filter(({ kind }) => kind.kind === 'other');
    if (unseen !== undefined && !this.#isExchange() && this.#replacement.parties[0] !== 'aws' && consumers.every(({ kind }) => kind.kind === 'other')) {
      throw new CannotRewrite('takes-only-a-key', `What ${actionOf(unseen.step)?.name ?? 'the action'} does with the key in its environment cannot be seen here.`, 'See whether what it runs finds the identity by itself; if so set it up by hand, else call the model from a run step.', { line: this.#line(unseen.step) });
    }
    this.#ends(consumers);
    const doubt = this.#isExchange() || this.#replacement.parties[0] === 'aws' || !consumers.some(({ kind }) => kind.kind === 'run') ? '' : clientDoubt(this.#scene.context, this.#replacement, this.#programs(consumers));
    if (isLoggedIn) {
      this.#titles.push('key is gone, the job has logged in by federation already');
      this.#why.push('A step before logs in to the same cloud by the job’s own token.');
      this.#doubts.push('the identity of that step has to be allowed what the key was for');
      return;
    }
    const asking = this.#isExchange() ? this.#firstAsking(wide) : undefined;
    for (const [index, group] of groups.entries()) {
      const [first] = group;
      if (first === undefined) continue;
      const isEarlier = index === 0 && asking !== undefined && asking.index < first.index;
      this.#edits.push({ kind: 'add-items', holder: steps, ...(isEarlier ? { before: asking.top } : this.#placeOf(first, steps.items)), text: this.#styled((index === 0 ? setup : this.#setup(names, group)).text, group, isEarlier ? asking.index : first.index) });
      this.#lines.push(this.#line(isEarlier ? asking.top : first.top));
    }
    this.#titles.push(setup.title);
    this.#why.push(setup.why);
    const isOwn = consumers.every(({ kind }) => kind.kind === 'run' || (kind.kind === 'composite' && kind.inputs.size > 0));
    if (consumers.some(({ kind }) => kind.kind === 'composite' && kind.inputs.size > 0)) this.#doubts.push('the composite action has to be changed together with it');
    this.#doubts.push(isOwn ? this.#programDoubt(consumers, doubt) : `what the action does with the ${this.#isExchange() ? 'token' : 'identity'} cannot be seen here`);
  }

  /** A key that nothing of what the steps run is seen to use: a token for it would only be one more thing that can fail. @throws CannotRewrite */
  #refuseUnused(consumers: readonly Consumer[], wide: readonly Use[]): void {
    const { root, context, isCalled } = this.#scene;
    if (isCalled || consumers.some(({ kind }) => kind.kind !== 'run')) return;
    const fallback = [get(get(this.#job, 'defaults'), 'run'), get(get(root, 'defaults'), 'run')].flatMap((run) => textOf(get(run, 'working-directory')) ?? [])[0] ?? '';
    const runs = consumers.map(({ step }) => ({ script: textOf(get(step, 'run')) ?? '', folder: (textOf(get(step, 'working-directory')) ?? fallback).replace(/^\.\/?/, '').replace(/\/+$/, '') }));
    if (runs.some(({ folder }) => folder.includes('${{') || folder.startsWith('/')) || !isUnused(runs, this.#replacement, context)) return;
    const [use] = [...consumers.flatMap(({ uses }) => uses), ...wide];
    throw new CannotRewrite('unknown-shape', `Nothing that the ${consumers.length === 1 ? 'step runs' : 'steps run'} is seen to use the key of ${this.#replacement.title}.`, 'Take the key out there: the job should need neither it nor a token.', { line: this.#line(use?.held?.entry ?? use?.scalar ?? this.#job) });
  }

  /** The first step that asks whether the variable is set: an exchange has to come before it too. */
  #firstAsking(wide: readonly Use[]): { readonly top: YamlNode; readonly index: number } | undefined {
    const names = [...new Set(wide.flatMap(({ held }) => held?.entry.key ?? []))];
    const steps = stepsOf(this.#job);
    const index = steps.findIndex(({ step }) => this.#gates.some((gate) => gate.step === step && gate.scope === 'step-if' && !this.#readsSecrets(gate)) || names.some((name) => (textOf(get(step, 'run')) ?? '').includes(name)));
    const found = steps[index];
    return found === undefined ? undefined : { top: found.top, index };
  }

  /** Before the first that needs it; a checkout after that would take away the file that Google's step leaves in the workspace. */
  #placeOf(first: Consumer, items: readonly YamlNode[]): { readonly before?: YamlNode } {
    if (this.#replacement.parties[0] !== 'google') return { before: first.top };
    const checkout = items.findLastIndex((item) => item.kind === 'map' && actionOf(item)?.name === 'actions/checkout');
    if (stepsOf(this.#job).some(({ step }) => /\bgit (?:add (?:-A|--all|\.)|commit -\w*a)/.test(textOf(get(step, 'run')) ?? ''))) this.#doubts.push('gha-creds-*.json lies in the workspace while the job runs: add it to .gitignore');
    if (checkout < items.indexOf(first.top)) return { before: first.top };
    const after = items[checkout + 1];
    return after === undefined ? {} : { before: after };
  }

  #programDoubt(consumers: readonly Consumer[], doubt: string): string {
    const { parties: [party] } = this.#replacement;
    if (this.#isExchange()) return formDoubt(this.#scene.context, this.#programs(consumers).scripts);
    if (party === 'aws') return 'what the steps run has to take AWS_SESSION_TOKEN along with the two keys, as the SDKs and the command line of AWS do';
    const floor = floorsNamed(this.#scene.context, this.#replacement, this.#programs(consumers));
    return `what the steps run has to make its client without a key${floor.length === 0 ? '' : `, which needs ${floor.join(' or ')} or later`}${doubt}`;
  }

  /** What the steps run, and where. */
  #programs(consumers: readonly Consumer[]): Programs {
    const folders = [...consumers.map(({ step }) => get(step, 'working-directory')), get(get(get(this.#job, 'defaults'), 'run'), 'working-directory'), get(get(get(this.#scene.root, 'defaults'), 'run'), 'working-directory')];
    const runs = stepsOf(this.#job).flatMap(({ step }) => textOf(get(step, 'run')) ?? []);
    return {
      isElsewhere: folders.some((folder) => (textOf(folder) ?? '').startsWith('/')),
      scripts: consumers.map(({ step }) => textOf(get(step, 'run')) ?? '').join('\n'),
      installs: runs.flatMap((run) => run.split('\n').filter((line) => /\b(?:install|add|--with)\b/.test(line))).join('\n'),
      folders: [...new Set(folders.flatMap((folder) => textOf(folder) ?? []).map((folder) => folder.replace(/^\.\//, '').replace(/\/+$/, '')).filter((folder) => folder !== '' && folder !== '.' && !folder.includes('${{')))],
    };
  }

  /** Where no variable of the job held the key, its token goes from step to step too: other steps never see it. */
  #handOn(groups: readonly (readonly Consumer[])[], wide: readonly Use[]): void {
    const isAsked = this.#gates.some(({ scope, step }) => scope === 'step-if' && step !== undefined);
    const reads = (kind: Kind): boolean => kind.kind === 'composite' && kind.inputs.size > 0;
    if (!this.#isExchange() || wide.length > 0 || isAsked || groups.flat().some(({ kind }) => reads(kind))) return;
    const taken = new Set(stepsOf(this.#job).flatMap(({ step }) => textOf(get(step, 'id')) ?? []));
    for (const group of groups) {
      const base = `${this.#replacement.parties[0] ?? 'job'}-token`;
      let id = base;
      for (let number = 2; taken.has(id); number += 1) id = `${base}-${number}`;
      taken.add(id);
      for (const { step } of group) this.#outputs.set(step, id);
    }
  }

  #isHanded({ step }: Use): boolean {
    return step !== undefined && this.#outputs.has(step);
  }

  /** What stands for the key in an expression. */
  #tokenOf({ step }: Use, names: readonly string[]): string {
    const id = step === undefined ? undefined : this.#outputs.get(step);
    return id === undefined ? `env.${names[0] ?? ''}` : `steps.${id}.outputs.token`;
  }

  #isExchange(): boolean {
    const { parties: [party], set } = this.#replacement;
    return party !== 'aws' && party !== 'google' && party !== 'anthropic' && !Object.values(set).includes('{token-file}');
  }

  /** Where the result of an exchange is put: the key's usual name, and those that only a job or workflow `env` gives it. */
  #exportNames(consumers: readonly Consumer[], wide: readonly Use[]): readonly string[] {
    const keys = [...consumers.flatMap(({ uses }) => uses), ...wide].flatMap((use) => (use.held !== undefined && (use.scope === 'step-env' || wide.includes(use)) ? [use.held.entry.key] : []));
    const usual = this.#replacement.variables.filter((name) => keys.includes(name));
    const wideNames = wide.flatMap(({ held }) => held?.entry.key ?? []);
    const first = usual[0] ?? this.#replacement.variables.find((name) => this.#keys.names.has(normal(name)) && this.#replacement.names.map(normal).includes(normal(name))) ?? this.#replacement.variables[0] ?? '';
    return [...new Set([first, ...usual, ...wideNames])].filter((name) => name !== '');
  }

  #setup(names: readonly string[], consumers: readonly Consumer[]): Setup {
    const { house } = this.#scene;
    const replacement = this.#replacement;
    const [party] = replacement.parties;
    const isDocker = consumers.some(({ step }) => actionOf(step)?.name.startsWith('docker://'));
    if (isDocker && !this.#isExchange()) throw new CannotRewrite('unknown-shape', 'The step runs in an image of its own, where the file of the token is not seen.', 'Run the program in a run step, or mount the file by hand.');
    const setup =
      party === 'anthropic' ? anthropicProfile(replacement, house, this.#ids)
      : party === 'aws' ? assumeRole(house, this.#ids)
      : party === 'google' ? googleAuth(replacement, house, this.#ids)
      : this.#isExchange() ? exchange(replacement, parties.find(({ id }) => id === party) ?? fail(), names, house, this.#ids, this.#outputs.get(consumers[0]?.step ?? this.#job))
      : tokenFile(replacement, house, this.#ids);
    if (setup === undefined) throw new CannotRewrite('no-path', `No step is known that gets a token of ${replacement.title} in a workflow.`, 'Follow the README of the plan for this job.');
    return setup;
  }

  /** The region as the job says it: by its usual names, where every step can read it, or as the one region that it names at all. */
  #region(): string | undefined {
    for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION']) {
      for (const env of [get(this.#job, 'env'), get(this.#scene.root, 'env'), ...stepsOf(this.#job).map(({ step }) => get(step, 'env'))]) {
        const value = get(env, name);
        if (value?.kind === 'scalar' && value.value !== '' && !/\bsteps\./.test(value.value)) return this.#scene.text.slice(value.outer.start, value.outer.end);
      }
    }
    const said = [this.#job, ...stepsOf(this.#job).map(({ step }) => step)].flatMap((one) => this.#scene.text.slice(one.range.start, one.range.end).match(REGION) ?? []);
    const [only, ...more] = new Set(said);
    return more.length === 0 ? only : undefined;
  }

  /** One `env` entry of the key: it goes, since the step before sets what takes its place. */
  #swap(use: Use, setup: Setup, names: readonly string[]): void {
    if (use.held === undefined || (use.shape !== 'plain' && use.shape !== 'fallback')) throw this.#odd(use);
    const { key } = use.held.entry;
    if (key.startsWith('TF_VAR_')) throw new CannotRewrite('needs-code-change', 'The key becomes a variable of Terraform, which keeps it.', 'Let what Terraform makes have an identity of its own.', { line: this.#line(use.scalar) });
    if (this.#isExchange()) {
      if (!this.#isHanded(use) && (names.includes(key) || setup.exports.includes(key))) this.#removeEntry(use);
      else this.#replaceAll(use, this.#tokenOf(use, names));
      return;
    }
    if (!this.#isDefaultName(key)) {
      if (this.#isOnlyAskedFor(key)) throw new CannotRewrite('unknown-shape', `${key} is there for a script that asks whether it is set, in a way that no edit is known for.`, `Let the script ask for ${this.#gateText() === '' ? 'what takes its place' : this.#gateText().replace(/^vars\./, 'the variable ')}, take ${key} away, then plan again.`, { line: this.#line(use.scalar) });
      throw new CannotRewrite('needs-code-change', `The key is handed on as ${key}, which no client reads by itself: the program takes it from there.`, `Let the program make its client without a key, then take ${key} away and plan again.`, { line: this.#line(use.scalar) });
    }
    this.#removeEntry(use);
    // What the login step does not set has to stand where the key stood.
    const beside = this.#replacement.parties[0] === 'google' ? Object.entries(this.#replacement.set).filter(([name]) => name !== 'GOOGLE_CLOUD_PROJECT' && !setup.exports.includes(name)) : [];
    if (beside.length > 0) this.#edits.push({ kind: 'add-entries', holder: use.held.holder, after: use.held.entry, text: beside.map(([name, value]) => `${quotedAs(`${name}: ${fill(value, this.#ids)}`, use.scalar.style)}\n`).join('') });
  }

  /** Whether scripts of the job do no more with a variable than ask whether it is set, and speak of it. */
  #isOnlyAskedFor(key: string): boolean {
    const lines = stepsOf(this.#job).flatMap(({ step }) => (textOf(get(step, 'run')) ?? '').split('\n')).filter((line) => line.includes(key));
    return lines.length > 0 && lines.every((line) => /^\s*(?:#|echo\b)/.test(line) || new RegExp(`-[nz] ["']?\\$\\{?${key}\\b`).test(line));
  }

  #isDefaultName(key: string): boolean {
    const { readByClients, parties: [party] } = this.#replacement;
    if (party === 'aws') return [...AWS_VARIABLES, 'AWS_BEARER_TOKEN_BEDROCK'].includes(key);
    // A document for a login step: no client reads it.
    return readByClients.includes(key) && !key.endsWith('_CREDENTIALS');
  }

  #consume(consumer: Consumer, setup: Setup, names: readonly string[]): void {
    const { step, kind, uses } = consumer;
    for (const use of uses) {
      switch (use.scope) {
        case 'step-env':
          this.#swap(use, setup, names);
          break;
        case 'step-with':
          this.#input(use, step, kind, names);
          break;
        case 'step-run':
          this.#inline(use, names);
          break;
        case 'step-if':
        case 'job-if':
        case 'workflow-env':
        case 'job-env':
        case 'container-env':
        case 'service-env':
        case 'secrets':
        case 'outputs':
        case 'other':
          throw this.#odd(use);
      }
    }
    if (kind.kind === 'other' && !this.#isExchange() && this.#replacement.parties[0] !== 'aws' && uses.some(({ scope }) => scope === 'step-env')) {
      throw new CannotRewrite('takes-only-a-key', `What ${actionOf(step)?.name ?? 'the action'} does with the key cannot be seen here.`, 'See whether the action documents federation; if so set it up by hand, else call the model from a run step.', { line: this.#line(step) });
    }
    const run = get(step, 'run');
    if (run?.kind === 'scalar' && this.#replacement.parties[0] === 'google' && /(?:^|[;&|(]|\s)(?:npx\s+(?:-y\s+)?)?(?:@google\/gemini-cli|gemini)\s/m.test(run.value)) {
      throw new CannotRewrite('needs-code-change', 'The script calls the Gemini CLI, which has to be told to use Vertex AI.', 'Use google-github-actions/run-gemini-cli, or set GOOGLE_GENAI_USE_VERTEXAI for it by hand, then take the key out.', { line: this.#line(step) });
    }
    if (run?.kind === 'scalar') this.#script(run, step, setup);
    if (kind.kind === 'composite') this.#checkComposite(step, kind.inputs.size > 0);
  }

  /** Scripts that only ask whether the variable of the job is set, and need no identity themselves. */
  #restOfScripts(consumers: readonly Consumer[], wide: readonly Use[], setup: Setup): void {
    const names = wide.flatMap(({ held }) => held?.entry.key ?? []);
    for (const { step } of stepsOf(this.#job)) {
      const run = get(step, 'run');
      if (run?.kind === 'scalar' && !consumers.some((consumer) => consumer.step === step) && names.some((name) => run.value.includes(name))) this.#script(run, step, setup);
    }
  }

  /** An action of this repository that reads the variable itself is changed with the job or not at all. */
  #checkComposite(step: YamlMap, isChanged: boolean): void {
    const folder = folderOf(actionOf(step)?.name ?? '') ?? '';
    const text = ['action.yml', 'action.yaml'].map((file) => this.#scene.context.read(folder === '' ? file : `${folder}/${file}`)).find((read) => read !== undefined);
    if (isChanged || this.#isExchange() || text === undefined) return;
    const named = [...this.#keys.names].find((name) => new RegExp(`(?<![A-Za-z0-9_])${name}(?![A-Za-z0-9_])`).test(text));
    if (named !== undefined) throw new CannotRewrite('unknown-shape', `The action ./${folder} reads ${named} from the environment.`, 'Let the action use a client that finds its identity by itself, then plan again.', { line: this.#line(step) });
  }

  #input(use: Use, step: YamlMap, kind: Kind, names: readonly string[]): void {
    const key = use.held?.entry.key ?? '';
    if (kind.kind === 'composite' && kind.inputs.has(normal(key))) {
      this.#removeEntry(use);
      return;
    }
    if (this.#isExchange() && kind.kind !== 'composite' && use.shape !== 'mixed' && this.#isKeyInput(key)) {
      this.#replaceAll(use, this.#tokenOf(use, names));
      return;
    }
    const action = actionOf(step)?.name;
    if (use.shape === 'part' || nativeOf(step, this.#replacement) !== undefined) throw this.#within(use, step);
    throw new CannotRewrite('takes-only-a-key', `${key === '' ? 'An input' : key} of ${action ?? 'the action'} is an input for a key, and no other way to authenticate is known of it.`, action === undefined || !/^[.$]\//.test(action) ? this.#otherwise(step) : 'Change that action first: let its steps use a client that finds its identity by itself, and take the input out.', { line: this.#line(use.scalar) });
  }

  /** What to do in place of an action that asks for a key. */
  #otherwise(step: YamlMap): string {
    if (this.#replacement.parties[0] !== 'aws') return 'See whether a newer version documents federation; else call the model from a run step with an SDK that federates.';
    return `Put aws-actions/configure-aws-credentials with role-to-assume before the step, and see whether ${actionOf(step)?.name ?? 'the action'} takes the credentials from the environment when its inputs for keys are left out, AWS_SESSION_TOKEN among them.`;
  }

  /** A key within the text of an input (`claude_env`, `settings`, arguments): it goes on to what the action starts. */
  #within(use: Use, step: YamlMap): CannotRewrite {
    const name = use.held?.entry.key ?? 'An input';
    return new CannotRewrite('unknown-shape', `${name} of ${actionOf(step)?.name ?? 'the action'} holds the key within a longer text, and what becomes of it there cannot be seen here.`, `If nothing needs the key there, take it out of ${name} and plan again; else let what reads it find its identity by itself first.`, { line: this.#line(use.scalar) });
  }

  /** `openai-api-key`, `hf_token`: an input that takes a bearer token, by its name. */
  #isKeyInput(name: string): boolean {
    const known = this.#replacement.variables.map(normal);
    return known.includes(normal(name)) || /(?:^|[-_])api[-_]?key$/i.test(name) || normal(name).includes(normal(this.#replacement.provider));
  }

  /** The key pasted into a script. */
  #inline(use: Use, names: readonly string[]): void {
    const lines = use.spans.map(({ start, end }) => use.scalar.value.slice(use.scalar.value.lastIndexOf('\n', start) + 1, use.scalar.value.indexOf('\n', end) === -1 ? undefined : use.scalar.value.indexOf('\n', end)));
    if (this.#isExchange() && use.shape !== 'mixed' && !lines.some((line) => /[^0-9&]>{1,2}(?!&)|\btee\b|\.npmrc|config\s+set/.test(line)) && !STORES.test(use.scalar.value) && !writesDown(use.scalar.value, [/\$\{\{\s*secrets\./])) {
      this.#replaceAll(use, this.#tokenOf(use, names));
      return;
    }
    throw new CannotRewrite('unknown-shape', 'The key is pasted into a script.', this.#scriptAdvice(use.scalar.value), { line: this.#lineWithin(use.scalar, use.spans[0]?.start ?? 0) });
  }

  /** Tests of the variable and `docker run -e` follow what takes its place; a script that does more with it is left alone. */
  #script(run: YamlScalar, step: YamlMap, setup: Setup): void {
    const [first] = setup.exports;
    const handed = entriesOf(get(step, 'env')).map(({ key }) => key).filter((key) => this.#keys.names.has(normal(key)));
    const named = handed.map((key) => new RegExp(`\\$\\{?${key}\\b`));
    if (STORES.test(run.value) || writesDown(run.value, named) || run.value.split('\n').some((line) => handed.some((key) => new RegExp(`\\$\\{?${key}\\b`).test(line)) && /GITHUB_(?:OUTPUT|ENV)|>>/.test(line))) throw new CannotRewrite('needs-code-change', 'The script puts what it is given somewhere to stay, and the token lives an hour at most.', 'Let what reads it there have an identity of its own.', { line: this.#line(step) });
    const given = [...handed, ...(this.#keys.variables ?? [])].find((key) => sentTo(run.value, key));
    if (given !== undefined) throw new CannotRewrite('needs-code-change', `The script hands ${given} to what it deploys, and the token lives an hour at most.`, 'Let what is deployed have an identity of its own.', { line: this.#line(step) });
    if (this.#isExchange() || this.#replacement.parties[0] === 'aws' || first === undefined) return;
    if (/\bdocker[ -]compose\b/.test(run.value)) throw new CannotRewrite('unknown-shape', 'The script starts containers by Compose, which take the key from the environment.', 'Let the Compose file mount the token and hand the federation variables on, then take the key out.', { line: this.#line(step) });
    const names = this.#replacement.remove.filter((name) => run.value.includes(name));
    for (const name of names) {
      const known = [...run.value.matchAll(new RegExp(TESTED.replaceAll('NAME', name), 'g'))];
      for (const { index, 0: whole, 1: head = '' } of known) {
        const from = index + head.length;
        if (!/^-(?:e|-env)/.test(whole)) this.#edits.push({ kind: 'replace-within', scalar: run, from, to: from + name.length, text: first });
        else this.#edits.push({ kind: 'replace-within', scalar: run, from: index, to: index + whole.length, text: this.#dockerOptions(whole, setup) });
      }
      // What a script only says of the variable is no use of it.
      const said = saidIn(run.value, name);
      const [left] = placesOf(run.value, name).filter((at) => !said.includes(at) && !known.some(({ index, 0: whole }) => index <= at && at < index + whole.length));
      if (left !== undefined) throw new CannotRewrite('unknown-shape', `The script itself uses ${name}.`, this.#scriptAdvice(run.value), { line: this.#lineWithin(run, left) });
      if (known.some(({ 0: whole }) => whole.startsWith('-e') || whole.startsWith('--env'))) this.#doubts.push('the container has to run as a user that may read the mounted folder');
    }
  }

  #dockerOptions(option: string, setup: Setup): string {
    if (this.#replacement.parties[0] !== 'anthropic') throw new CannotRewrite('unknown-shape', 'A container started by a script takes the key.', 'Mount the file of the token into the container, and hand the variables on with -e in place of the key.');
    const flag = option.startsWith('--env') ? '--env' : '-e';
    return `${setup.exports.map((name) => `${flag} ${name}`).join(' ')} -v "$ANTHROPIC_CONFIG_DIR:$ANTHROPIC_CONFIG_DIR"`;
  }

  #scriptAdvice(script: string): string {
    if (/\bcurl\b/.test(script)) return `Exchange the job’s token first (the plan’s README has the request), and send the result as "Authorization: Bearer" in place of the key.`;
    if (/\bdocker\s+run\b/.test(script)) return 'Mount the folder of the token into the container, and hand the federation variables on with -e in place of the key.';
    return 'Let the script call a client that finds its identity by itself, then take the key out of it and plan again.';
  }

  /**
   * Consumers that one exchange serves. A token that lives minutes is got anew once other steps have come between; one that lives an hour only where the steps have
   * conditions of their own that cannot be joined.
   */
  #groups(consumers: readonly Consumer[], wide: readonly Use[]): readonly (readonly Consumer[])[] {
    if (!this.#isExchange() || wide.length > 0) return [consumers];
    if (this.#lifetime() >= LONG_ENOUGH && this.#joined(consumers) !== undefined) return [consumers];
    return groupsOf(consumers).flatMap((group) => (this.#joined(group) === undefined ? group.map((one) => [one]) : [group]));
  }

  /** Whether what the job gets ends on its own, and nothing in the job gets it anew: clients of the other parties renew theirs. */
  #isFixed(): boolean {
    return this.#isExchange() || this.#replacement.parties[0] === 'aws';
  }

  /** A job that is given more time than its token lives. @throws CannotRewrite */
  #outlast(consumers: readonly Consumer[]): void {
    const given = this.#limit(consumers);
    if (given === undefined) this.#refuseHurry(consumers);
    if (!this.#isFixed() || given === undefined || given.minutes * 60 <= this.#lifetime()) return;
    const isAws = this.#replacement.parties[0] === 'aws';
    const what = isAws ? 'the credentials of its role live' : `its token of ${this.#replacement.title} lives`;
    throw new CannotRewrite(
      'needs-code-change',
      `The ${given.where} is given ${given.minutes} minutes, and ${what} ${inWords(this.#lifetime())} and ${isAws ? 'are' : 'is'} not renewed.`,
      isAws ? 'Lower timeout-minutes to 60 if that is enough and plan again; else let the role have longer sessions (MaxSessionDuration) and ask for one by role-duration-seconds, by hand.' : `Lower timeout-minutes to ${Math.floor(this.#lifetime() / 60)} if that is enough, or let the program exchange the token of the job again before it ends; then plan again.`,
      { line: this.#line(given.node) },
    );
  }

  /** A token that lives minutes, for steps that follow one another or go through a list, in a job that may take hours. @throws CannotRewrite */
  #refuseHurry(consumers: readonly Consumer[]): void {
    if (!this.#isExchange() || this.#lifetime() >= LONG_ENOUGH) return;
    const isWide = consumers.some(({ uses }) => uses.length === 0);
    const several = isWide ? consumers.length > 1 : groupsOf(consumers).some((group) => group.length > 1);
    const loop = consumers.find(({ step }) => /^\s*(?:for\s+\w+\s+in|while)\b[^\n]*(?:;|\n)\s*do\b/m.test(textOf(get(step, 'run')) ?? ''));
    if (!several && loop === undefined) return;
    throw new CannotRewrite(
      'needs-code-change',
      `${several ? `${consumers.length} steps` : 'A step that goes through a list'} would have to do with one token of ${this.#replacement.title}, which lives ${inWords(this.#lifetime())} and is not renewed, and the job sets no timeout-minutes.`,
      `${!several ? '' : isWide ? 'Hand the key only to the step that needs it, and ' : 'Let one step do all that needs the key, and '}${several ? 'set' : 'Set'} timeout-minutes to ${Math.floor(this.#lifetime() / 60)} ${several ? 'there' : 'on the step'} if that is enough; then plan again.`,
      { line: this.#line(loop?.step ?? consumers[0]?.step ?? this.#job) },
    );
  }

  /** The time that the steps which need the identity may take, as the job or all of them say it. */
  #limit(consumers: readonly Consumer[]): { readonly minutes: number; readonly where: string; readonly node: YamlNode } | undefined {
    const minutesOf = (node: YamlNode | undefined): number => Number(textOf(node) ?? 'none');
    const own = get(this.#job, 'timeout-minutes');
    const ofJob = own === undefined || Number.isNaN(minutesOf(own)) ? undefined : { minutes: minutesOf(own), where: 'job', node: own };
    const steps = consumers.map(({ step }) => get(step, 'timeout-minutes'));
    const [first] = steps;
    const sum = steps.reduce((all, node) => all + minutesOf(node), 0);
    const ofSteps = first === undefined || Number.isNaN(sum) ? undefined : { minutes: sum, where: steps.length === 1 ? 'step' : 'steps', node: first };
    return ofSteps === undefined || (ofJob !== undefined && ofJob.minutes <= ofSteps.minutes) ? ofJob : ofSteps;
  }

  /** What ends while a job without a limit may still run. */
  #ends(consumers: readonly Consumer[]): void {
    if (!this.#isFixed() || this.#limit(consumers) !== undefined) return;
    const what = this.#replacement.parties[0] === 'aws' ? `the credentials live ${inWords(this.#lifetime())} and are` : `the token lives ${inWords(this.#lifetime())} and is`;
    this.#doubts.push(`${what} not renewed, and the job sets no timeout-minutes: a call after ${this.#lifetime() >= LONG_ENOUGH ? 'that hour' : 'these minutes'} fails`);
  }

  /** Of the token that the party gives, in seconds. */
  #lifetime(): number {
    return parties.find(({ id }) => id === this.#replacement.parties[0])?.lifetime ?? 0;
  }

  /** Hugging Face trusts a job for one repository, where a token of a person writes to all of that person's. @throws CannotRewrite */
  #resourceOf(consumers: readonly Consumer[]): void {
    if (this.#replacement.provider !== 'huggingface' || this.#replacement.parties[0] !== 'huggingface') return;
    const { paths = [], read } = this.#scene.context;
    const scripts = consumers.map(({ step }) => textOf(get(step, 'run')) ?? '');
    const texts = [...scripts, ...textsOf(paths, read, scripts.join('\n')), ...consumers.flatMap(({ step }) => entriesOf(get(step, 'with')).flatMap(({ key, value }) => (/repo|space|dataset/i.test(key) ? [`repo_id="${textOf(value) ?? ''}"`] : [])))];
    const written = new Set(texts.flatMap((text) => WRITES_TO.flatMap((pattern) => [...text.matchAll(pattern)].map(([, name = '']) => name.replace(/\.git$/, '')))));
    const [first] = consumers;
    if (first === undefined) return;
    const line = this.#line(first.step);
    if (written.size > 1) throw new CannotRewrite('no-path', `The job writes to ${[...written].slice(0, 3).join(', ')}${written.size > 3 ? ` and ${written.size - 3} more` : ''}, and a trusted publisher of Hugging Face writes to one repository.`, 'Let a job of its own write to each, in an environment of its own, then plan again.', { line });
    const [only] = written;
    if (only?.includes('$') === true) throw new CannotRewrite('no-path', 'The job writes to a repository that it is told when it runs, and a trusted publisher of Hugging Face writes to one.', 'Let a job of its own write to each, in an environment of its own, then plan again.', { line });
    this.#doubts.push(only === undefined ? 'the token is good for one repository of Hugging Face, or for gated ones and inference: it reads no private repository beside' : `the token is good for one repository of Hugging Face, which has to be ${only}`);
  }

  /** Links that are signed with what the job gets end with it. @throws CannotRewrite */
  #refuseSignedLinks(): void {
    const [party] = this.#replacement.parties;
    if (party !== 'aws' && party !== 'google') return;
    const steps = stepsOf(this.#job).flatMap(({ step }) => (get(step, 'run') === undefined ? [] : [{ step, run: textOf(get(step, 'run')) ?? '' }]));
    for (const { step, run } of steps) {
      const texts = [run, ...textsOf(this.#scene.context.paths ?? [], this.#scene.context.read, run)].filter((text) => SIGNS_LINKS.test(text));
      if (texts.length === 0) continue;
      if (party === 'google') {
        const impersonates = stepsOf(this.#job).some(({ step: other }) => entry(get(other, 'with'), 'service_account') !== undefined);
        if (!impersonates) throw new CannotRewrite('needs-code-change', 'The step signs links, which takes a service account, and the plan trusts the job directly.', 'Let the job impersonate a service account that may sign (roles/iam.serviceAccountTokenCreator), by hand.', { line: this.#line(step) });
        continue;
      }
      const longest = Math.max(0, ...texts.flatMap((text) => [...text.matchAll(EXPIRES)].map(([, seconds]) => Number(seconds))));
      if (longest > this.#lifetime()) throw new CannotRewrite('needs-code-change', `The step signs links for ${longest} seconds, and what it signs them with lives ${inWords(this.#lifetime())}: they would end then.`, 'Sign them where long-lived credentials are allowed, or let them be fetched in another way; then plan again.', { line: this.#line(step) });
      this.#doubts.push('links that the steps sign end with the credentials of the role, an hour after they were got at the latest');
    }
  }

  /** The condition under which any of the steps runs; '' for always, undefined where a condition asks for what only comes later. */
  #joined(consumers: readonly Consumer[]): string | undefined {
    const own = [...new Set(consumers.map(({ step }) => unwrap(this.#condition(step))))];
    if (own.includes('') || own.some((text) => own.includes(text.replace(' == ', ' != ')) && text.includes(' == ') && !/&&|\|\|/.test(text))) return '';
    const [first, ...rest] = own;
    if (first === undefined) return '';
    if (rest.length === 0) return first;
    // The result of a step between, or of those before it (`failure()`), is not known yet where the exchange stands, nor what a step between sets.
    if (own.some((text) => /\b(?:always|failure|success|cancelled)\(/.test(text) || !this.#isKnownBefore(text, consumers[0]?.index ?? 0)) || own.length > MOST_JOINED) return undefined;
    return own.map((text) => (/&&|\|\|/.test(text) ? `(${text})` : text)).join(' || ');
  }

  #styled(text: string, group: readonly Consumer[], index: number): string {
    const deeper = ' '.repeat(Math.max(0, this.#scene.house.indent - 2));
    return withConditions(text, this.#conditions(group, index)).replace(/^ {4}/gm, `    ${deeper}`);
  }

  /** `if:` and `continue-on-error:` that the steps which need the identity have in common, and no token for forks. */
  #conditions(consumers: readonly Consumer[], index: number): readonly string[] {
    const own = new Set(consumers.map(({ step }) => this.#condition(step)));
    const [wanted] = own.size === 1 ? [...own] : [this.#joined(consumers)];
    const only = wanted !== undefined && (index === consumers[0]?.index || this.#isKnownBefore(wanted, index)) ? wanted : '';
    // Conditions that cannot stand here: at least nothing is asked for where federation is not set up.
    const isDropped = only !== wanted || (only === '' && own.size === 1 && consumers.every(({ step }) => get(step, 'if') !== undefined));
    const soft = new Set(consumers.map(({ step }) => this.#source(get(step, 'continue-on-error')) ?? ''));
    const [tolerant = ''] = soft.size === 1 ? [...soft] : [];
    // What a condition skips where there is no key it has to skip where federation is not set up.
    const goesWithout = this.#isGated() || consumers.every((consumer) => this.#goesWithout(consumer));
    const isAsked = goesWithout || isDropped;
    const guard = this.#forkGuard(only);
    const gate = (isAsked || this.#isOptional(consumers)) && this.#gateText() !== '' && !only.includes(this.#gateText()) ? `${this.#gateText()} != ''` : undefined;
    const pretends = new Set(consumers.map(({ step }) => unlessPretending(step)));
    const [real] = pretends.size === 1 ? [...pretends] : [];
    const isReal = real !== undefined && !only.includes(real) && this.#isKnownBefore(real, index) ? real : undefined;
    if (isReal !== undefined) this.#why.push('Where the steps only pretend to call a model nothing is asked for.');
    const parts = [unwrap(only), isReal, guard, gate].filter((part) => part !== undefined && part !== '');
    const condition = parts.length === 1 && only !== '' ? only : parts.length < 2 ? (parts[0] ?? '') : parts.map((part) => (part?.includes('||') !== true ? part : `(${part})`)).join(' && ');
    return [...(condition === '' ? [] : [`if: ${quoteIfNeeded(condition)}`]), ...(tolerant === '' ? [] : [`continue-on-error: ${tolerant}`])];
  }

  /** The condition of a step as it will be: gates of the key ask for the variable of federation. */
  #condition(step: YamlMap): string {
    const node = get(step, 'if');
    if (node?.kind !== 'scalar') return '';
    // What the login of another provider sets may not be there yet, or not be there any more.
    if (!this.#gates.some(({ scalar }) => scalar === node) && [...node.value.matchAll(/\benv\.(\w+)/g)].some(([, name = '']) => this.#isMoved(name))) return '';
    const asked = /^env\.(\w+) == 'true'$/.exec(unwrap(node.value))?.[1];
    if (asked !== undefined && this.#gateText() !== '' && this.#gates.some(({ scope, held }) => (scope === 'job-env' || scope === 'workflow-env') && held?.entry.key === asked)) return `${this.#gateText()} != ''`;
    const use = this.#gates.find(({ scalar }) => scalar === node);
    if (use === undefined || (this.#isExchange() && !this.#readsSecrets(use))) return use === undefined ? (this.#source(node) ?? '') : '';
    const replaced = use.spans.toReversed().reduce((text, { start, end }) => text.slice(0, start) + this.#gateText() + text.slice(end), node.value);
    return replaced.trim().replace(/\s*\n\s*/g, ' ');
  }

  /** Whether a variable holds a key that another change of this job may take away. */
  #isMoved(name: string): boolean {
    const { workload, migration } = this.#replacement;
    return this.#scene.context.own.some((other) => other.workload === workload && other.migration !== migration && other.outcome !== 'reduced' && keysOf(other).names.has(normal(name)));
  }

  /** Whether all that a condition asks for is there before the step at `index`: outputs of earlier steps, variables of the job and of the workflow. */
  #isKnownBefore(condition: string, index: number): boolean {
    const earlier = new Set(stepsOf(this.#job).slice(0, index).flatMap(({ step }) => textOf(get(step, 'id')) ?? []));
    const wide = new Set([get(this.#scene.root, 'env'), get(this.#job, 'env')].flatMap(entriesOf).map(({ key }) => key));
    return [...condition.matchAll(/\bsteps\.([\w-]+)/g)].every(([, id = '']) => earlier.has(id)) && [...condition.matchAll(/(?<![.\w])env\.(\w+)/g)].every(([, name = '']) => wide.has(name));
  }

  /** A script that asks whether it was given the key, and does something else where it was not. */
  #goesWithout({ step, uses }: Consumer): boolean {
    const run = textOf(get(step, 'run')) ?? '';
    const names = uses.flatMap(({ held, scope }) => (scope === 'step-env' ? (held?.entry.key ?? []) : []));
    return !/\bexit [1-9]/.test(run) && names.some((name) => new RegExp(`\\[\\[? -[nz] "?\\$\\{?${name}\\b`).test(run));
  }

  /** Whether the steps were left without a key before, and went on: what takes its place is left out too where it is not set up. */
  #isOptional(consumers: readonly Consumer[]): boolean {
    const { context, root, text, isCalled } = this.#scene;
    const isOptional = isOneOfSeveral(consumers.map(({ step }) => step), [root, this.#job], this.#replacement, context) || (!isCalled && consumers.every(({ kind }) => kind.kind === 'run') && goesOnWithout(text, this.#replacement, context));
    if (isOptional && this.#gateText() !== '') this.#why.push(`Where ${this.#gateText().replace('vars.', '')} is not set the step is left out, and the program goes on as it did with an empty key.`);
    return isOptional;
  }

  #isGated(): boolean {
    return this.#gates.length > 0;
  }

  /** Runs for pull requests of forks get no token, as they got no key before; and a rule that trusts a branch refuses all runs for pull requests. */
  #forkGuard(condition: string): string | undefined {
    const events = this.#events;
    const own = textOf(get(this.#job, 'if')) ?? '';
    const isExcluded = [condition, own].some((text) => /head\.repo/.test(text)) || excludesPullRequests(condition);
    const isBranch = entry(this.#job, 'environment') === undefined && events.length > 1;
    const queue = isBranch && events.includes('merge_group') ? "github.event_name != 'merge_group'" : undefined;
    const pulls = events.filter((event) => PULLS.has(event));
    if (pulls.length === 0 || isExcluded) return queue;
    const sameRepository = `github.event.pull_request.head.repo.full_name == github.repository${this.#hasDependabot(condition, own) ? ` && ${NO_DEPENDABOT}` : ''}`;
    if (events.length === pulls.length) return sameRepository;
    const hasNone = isBranch && (this.#replacement.otherRuns ?? []).every(({ run }) => run.event !== 'pull_request');
    const isReview = pulls.some((event) => event !== 'pull_request');
    const guard = hasNone ? (isReview ? 'github.event.pull_request == null' : "github.event_name != 'pull_request'") : `${isReview ? 'github.event.pull_request == null' : "github.event_name != 'pull_request'"} || ${sameRepository.includes('&&') ? `(${sameRepository})` : sameRepository}`;
    if (queue === undefined) return guard;
    return `${hasNone ? guard : `(${guard})`} && ${queue}`;
  }

  /** Dependabot opens pull requests here, with the packages that it raises, and its runs have no secrets: they got no key before. */
  #hasDependabot(...conditions: readonly string[]): boolean {
    return !conditions.some((text) => text.includes('dependabot')) && ['.github/dependabot.yml', '.github/dependabot.yaml'].some((path) => this.#scene.context.read(path) !== undefined);
  }

  /** The value on one line. */
  #source(node: YamlNode | undefined): string | undefined {
    return node?.kind === 'scalar' ? node.value.trim().replace(/\s*\n\s*/g, ' ') : undefined;
  }

  /** The provider whose own change lets this login federate. */
  #convertedBy(login: YamlMap): string | undefined {
    const { workload, provider } = this.#replacement;
    return this.#scene.context.own.find((other) => other.workload === workload && other.provider !== provider && other.parties[0] === 'google' && usesOf(login, keysOf(other), stepScope, login).length > 0)?.provider;
  }

  /** A step before that logs in to the same cloud by federation already, or does once its own change is made (`soon`). */
  #hasLogin(consumers: readonly Consumer[], soon: readonly YamlMap[]): boolean {
    const first = consumers[0]?.index ?? 0;
    const logins: Readonly<Record<string, readonly [action: RegExp, input: string]>> = { google: [/^google-github-actions\/auth$/, 'workload_identity_provider'], aws: [/^aws-actions\/configure-aws-credentials$/, 'role-to-assume'] };
    const login = logins[this.#replacement.parties[0] ?? ''];
    if (login === undefined) return false;
    return stepsOf(this.#job).slice(0, first).some(({ step }) => login[0].test(actionOf(step)?.name ?? '') && (soon.includes(step) || entry(get(step, 'with'), login[1]) !== undefined) && !/key/.test(entriesOf(get(step, 'with')).map(({ key }) => key).join(' ')));
  }

  /** A job that has one login by a key and another by its own token, of which conditions choose: which of them stays is for a person to say. @throws CannotRewrite */
  #refuseSecondLogin(natives: readonly Consumer[]): void {
    const inputs: Readonly<Record<string, string>> = { 'azure/login': 'client-id', 'google-github-actions/auth': 'workload_identity_provider', 'aws-actions/configure-aws-credentials': 'role-to-assume' };
    for (const { step, index } of natives) {
      const name = actionOf(step)?.name.toLowerCase() ?? '';
      const input = inputs[name];
      if (input === undefined || entry(get(step, 'with'), input) !== undefined) continue;
      const other = stepsOf(this.#job).find(({ step: one }, at) => at !== index && actionOf(one)?.name.toLowerCase() === name && entry(get(one, 'with'), input) !== undefined && usesOf(one, this.#keys, stepScope, one).length === 0);
      if (other === undefined) continue;
      const read = [...new Set(entriesOf(get(other.step, 'with')).flatMap(({ value }) => [...(textOf(value) ?? '').matchAll(/\b(?:secrets|vars)\.\w+/g)].map(([text]) => text)))];
      throw new CannotRewrite('unknown-shape', `The job has a second login beside this one, by its own token (line ${this.#line(other.step)}).`, `${read.length === 0 ? 'Let that one stand' : `Set what that one reads (${read.join(', ')})`}, then take the login with the key out, and what asks for its secret.`, { line: this.#line(step) });
    }
  }

  // --- requests made by hand ---

  /** Whether the script sends the key itself, and only as `x-api-key` of curl. */
  #callsByCurl(step: YamlMap, own: readonly Use[]): boolean {
    const run = get(step, 'run');
    if (this.#replacement.parties[0] !== 'anthropic' || run?.kind !== 'scalar' || !/\bcurl\b/.test(run.value)) return false;
    const places = headersIn(run.value, this.#keys, this.#replacement.remove);
    return places.length > 0 && places.length === mentionsIn(run.value, own, this.#replacement.remove);
  }

  /** An exchange before, and its result in place of the header. */
  #bearer(consumers: readonly Consumer[]): void {
    const party = parties.find(({ id }) => id === 'anthropic') ?? fail();
    const setup = exchange(this.#replacement, party, [ACCESS_TOKEN], this.#scene.house, this.#ids) ?? fail();
    const steps = get(this.#job, 'steps');
    if (steps?.kind !== 'seq') throw new CannotRewrite('unknown-shape', 'The steps of the job are no list.', 'Write them out, then plan again.');
    for (const group of groupsOf(consumers)) {
      const [first] = group;
      if (first !== undefined) this.#edits.push({ kind: 'add-items', holder: steps, before: first.top, text: this.#styled(setup.text, group, first.index) });
    }
    for (const { step, uses } of consumers) {
      const run = get(step, 'run');
      if (run?.kind !== 'scalar') continue;
      for (const { start, end, text } of headersIn(run.value, this.#keys, this.#replacement.remove)) this.#edits.push({ kind: 'replace-within', scalar: run, from: start, to: end, text });
      for (const use of uses) if (use.scope === 'step-env') this.#removeEntry(use);
      this.#lines.push(this.#line(step));
    }
    this.#titles.push('exchange and bearer token in place of x-api-key');
    this.#why.push(setup.why);
    this.#doubts.push('the request is made by hand: the token lives minutes, so it has to follow the exchange at once');
  }

  // --- what is left ---

  /** Gates ask for the variable that says whether federation is set up; everything else that still reads the key cannot stay. */
  #restOf(uses: readonly Use[], others: readonly Consumer[]): void {
    const handled = new Set(others.flatMap((consumer) => consumer.uses));
    for (const use of uses) {
      if (use.shape === 'gate') this.#gate(use);
      else if (use.step === undefined && use.scope !== 'job-env' && use.scope !== 'container-env') throw this.#odd(use);
      else if (use.step !== undefined && !handled.has(use) && nativeOf(use.step, this.#replacement) === undefined) throw this.#odd(use);
    }
  }

  #gate(use: Use): void {
    // After an exchange or a role the variable is there as before.
    if (use.scope === 'step-if' && this.#isExchange() && !this.#readsSecrets(use)) return;
    const inEnv = this.#gateText();
    if (inEnv === '') throw new CannotRewrite('unknown-shape', 'A condition asks whether there is a key, and nothing that the file could ask takes its place.', 'Decide the condition by hand.', { line: this.#line(use.scalar) });
    if (!this.#renamed(use, inEnv)) for (const { start, end } of use.spans) this.#edits.push({ kind: 'replace-within', scalar: use.scalar, from: start, to: end, text: inEnv });
    // https://docs.github.com/en/actions/reference/workflows-and-actions/contexts, 2026-11-30: neither is there in a job's condition, and secrets in no condition at all.
    if (use.scope === 'job-if' || (use.scope === 'step-if' && this.#readsSecrets(use))) this.#doubts.push(`GitHub knows no ${this.#readsSecrets(use) ? 'secrets' : 'env'} in the condition of a ${use.scope === 'job-if' ? 'job' : 'step'} and refuses the workflow as it stands, so that it has not run`);
    this.#lines.push(this.#line(use.scalar));
    this.#titles.push('condition asks whether federation is set up');
  }

  /** A step that asks for the key under the key's own name asks for what is there in its place by that one's name: an id is no key. */
  #renamed({ scope, step, held, scalar }: Use, inEnv: string): boolean {
    const run = get(step, 'run');
    const name = inEnv.replace(/^vars\./, '');
    if (scope !== 'step-env' || held === undefined || run?.kind !== 'scalar' || !this.#replacement.variables.includes(held.entry.key)) return false;
    if (held.entry.via !== undefined || this.#scene.editor.isShared(held.holder) || entry(held.holder, name) !== undefined) throw this.#odd({ scope, step, held, scalar, shape: 'mixed', spans: [] });
    this.#edits.push({ kind: 'remove-entry', holder: held.holder, entry: held.entry }, { kind: 'add-entries', holder: held.holder, after: held.entry, text: `${quotedAs(`${name}: \${{ ${inEnv} }}`, scalar.style)}\n` });
    // What tells people to store a secret would be untrue of the variable as well: it is listed for a person.
    const told = saidIn(run.value, held.entry.key).filter((at) => /\bsecrets?\b/i.test(lineAround(run.value, at)));
    for (const from of placesOf(run.value, held.entry.key)) if (!told.includes(from)) this.#edits.push({ kind: 'replace-within', scalar: run, from, to: from + held.entry.key.length, text: name });
    return true;
  }

  /** A variable of the job that no client reads, and that its scripts only ask for: it holds the id, by the id's name. Gives the others. */
  #withoutAsked(wide: readonly Use[]): readonly Use[] {
    return wide.filter(({ scope, shape, held, scalar }) => {
      const gate = this.#gateText();
      const key = held?.entry.key ?? '';
      if (scope !== 'job-env' || shape !== 'plain' || held === undefined || gate === '' || this.#isExchange() || this.#isDefaultName(key)) return true;
      const name = gate.replace(/^vars\./, '');
      const scripts = stepsOf(this.#job).flatMap(({ step }) => {
        const run = get(step, 'run');
        return run?.kind === 'scalar' && placesOf(run.value, key).length > 0 ? [{ run, tests: testsOf(run.value, key) }] : [];
      });
      const { text, editor } = this.#scene;
      const isRead = new RegExp(`\\benv\\.${key}\\b`).test(text.slice(this.#job.range.start, this.#job.range.end)) || entry(held.holder, name) !== undefined || held.entry.via !== undefined || editor.isShared(held.holder);
      if (isRead || scripts.length === 0 || scripts.some(({ tests }) => tests === undefined || tests.length === 0)) return true;
      this.#edits.push({ kind: 'remove-entry', holder: held.holder, entry: held.entry }, { kind: 'add-entries', holder: held.holder, after: held.entry, text: `${quotedAs(`${name}: \${{ ${gate} }}`, scalar.style)}\n` });
      for (const { run, tests = [] } of scripts) for (const from of tests) this.#edits.push({ kind: 'replace-within', scalar: run, from, to: from + key.length, text: name });
      this.#lines.push(this.#line(held.entry));
      this.#titles.push('condition asks whether federation is set up');
      return false;
    });
  }

  /** `vars.ANTHROPIC_FEDERATION_RULE_ID`; '' where ids are written out. A job that only asks does so for those that run by its answer. */
  #gateText(): string {
    if (this.#resource !== undefined) return '';
    const textFor = (replacement: Replacement): string => /^\$\{\{ (vars\.[A-Z0-9_]+) \}\}$/.exec(idsOf({ ...replacement, otherRuns: [] }, this.#scene.context)(this.#gateInput()))?.[1] ?? '';
    if (!this.#onlyAsks || this.#asked.length === 0) return textFor(this.#replacement);
    const [text = '', ...more] = new Set(this.#asked.map(({ replacement }) => textFor(replacement)));
    if (more.length > 0) throw new CannotRewrite('unknown-shape', `${this.#asked.map(({ id }) => id).join(' and ')} run by what this job finds of the key, and each gets an identity of its own.`, 'Let each of them ask for its own variable, then plan again.', { line: this.#line(this.#gates[0]?.scalar ?? this.#job) });
    return text;
  }

  #readsSecrets(use: Use): boolean {
    return use.spans.some(({ start, end }) => /^secrets\b/i.test(use.scalar.value.slice(start, end)));
  }

  #gateInput(): string {
    const { parties: [party], set } = this.#replacement;
    const known: Readonly<Record<string, string>> = { anthropic: 'anthropic.federation_rule_id', openai: 'openai.identity_provider_id', aws: 'aws.role_arn', google: 'google.project_id', azure: 'azure.client_id', huggingface: 'huggingface.resource', openrouter: 'openrouter.federation_policy_id' };
    return known[party ?? ''] ?? Object.values(set).flatMap((value) => /^\{([a-z_]+\.[a-z_]+)\}$/.exec(value)?.[1] ?? [])[0] ?? '';
  }

  #odd(use: Use): CannotRewrite {
    const where = { 'workflow-env': 'the env of the workflow', 'job-env': 'the env of the job', 'container-env': 'the env of its container', 'service-env': 'a service container', 'step-env': 'the env of a step', 'step-with': 'an input of a step', 'step-run': 'a script', 'step-if': 'a condition', 'job-if': 'the condition of the job', secrets: 'secrets', outputs: 'the outputs of the job', other: 'the job' }[use.scope];
    if (use.scope === 'service-env') return new CannotRewrite('unknown-shape', 'A service container takes the key, and it starts before any step could get a token.', 'Start the service in a step after authentication, or give it a token file by hand.', { line: this.#line(use.scalar) });
    return new CannotRewrite('unknown-shape', use.shape === 'mixed' ? `An expression in ${where} gives the key or something else.` : `The key is read in ${where} in a way that no edit is known for.`, 'Write it as a plain reference to the secret, then plan again; or change it by hand.', { line: this.#line(use.scalar) });
  }

  #removeEntry(use: Use): void {
    if (use.held === undefined || (use.shape !== 'plain' && use.shape !== 'fallback')) throw this.#odd(use);
    this.#remove(use.held.holder, use.held.entry);
    this.#lines.push(this.#line(use.held.entry));
  }

  #remove(holder: YamlMap, gone: YamlEntry): void {
    if (gone.via !== undefined || this.#scene.editor.isShared(holder)) {
      throw new CannotRewrite('shared-by-alias', 'The key stands behind an anchor, so one edit would change several places.', 'Write the places out, or take the key out at the anchor by hand once all of them federate.', { line: this.#line(gone) });
    }
    this.#edits.push({ kind: 'remove-entry', holder, entry: gone, names: [...this.#keys.names] });
  }

  #replaceAll(use: Use, text: string): void {
    for (const { start, end } of use.spans) this.#edits.push({ kind: 'replace-within', scalar: use.scalar, from: start, to: end, text: `\${{ ${text} }}` });
    this.#lines.push(this.#line(use.scalar));
  }

  /** The line of an offset in a value. */
  #lineWithin(scalar: YamlScalar, at: number): number {
    const { text, editor } = this.#scene;
    return text.slice(0, sourceRange(editor.file, scalar, at, at + 1).start).split('\n').length;
  }

  #line(node: YamlNode | YamlEntry): number {
    return this.#scene.editor.lineOf(node);
  }
}

function nearest(keys: readonly string[], name: string): string {
  return keys.find((key) => normal(key) === normal(name)) ?? keys[0] ?? '';
}

function inWords(seconds: number): string {
  return seconds >= LONG_ENOUGH || seconds === 0 ? 'an hour' : `${Math.round(seconds / 60)} minutes`;
}

function groupsOf(consumers: readonly Consumer[]): readonly (readonly Consumer[])[] {
  const groups: Consumer[][] = [];
  for (const consumer of consumers) {
    const last = groups.at(-1)?.at(-1);
    if (last !== undefined && consumer.index - last.index <= 1) groups.at(-1)?.push(consumer);
    else groups.push([consumer]);
  }
  return groups;
}

function fail(): never {
  throw new CannotRewrite('unknown-shape', 'A part of the job that has to be there is not.', 'Look at the job by hand.');
}

/** Names that clients read: they say nothing of what a token is for. */
const STANDARD = /^(?:HF_TOKEN|HF_API_TOKEN|HUGGING_?FACE(?:_HUB)?_(?:API_)?(?:TOKEN|KEY))$/i;

function secretsIn(names: readonly string[]): readonly string[] {
  const own = names.filter((name) => !STANDARD.test(name));
  return own.length > 0 ? own : names;
}

function isValue({ shape }: Use): boolean {
  return shape !== 'gate';
}

/** Whether an address names the provider's own API, or nothing. */
function isOwnHost(address: string, hosts: readonly string[]): boolean {
  return address === '' || (URL.canParse(address) && hosts.includes(new URL(address).hostname));
}

/** Tests and programs of the repository: what they read of the environment is in no line of the workflow. */
function runsPrograms(step: YamlMap): boolean {
  return /(?:^|[;&|]|\s)(?:pytest|tox|nox|jest|vitest|python3?\s+(?!-m\s+(?:pip|build|venv|black|ruff|mypy|flake8|isort)\b)|node\s|tsx\s|ts-node\s|(?:npm|pnpm|yarn|bun)\s+(?:run\s+)?(?:test|eval|e2e|start)|go\s+(?:test|run)|cargo\s+(?:test|run)|mvn\s+\S*test|gradlew?\s+\S*test|make\s+(?:\w+-)?(?:test|eval|e2e))/m.test(textOf(get(step, 'run')) ?? '');
}

/** `vars.X` that the inputs of a step read, but for the input that is written anew. */
function readIn(step: YamlMap, except: string | undefined): readonly string[] {
  return [...new Set(entriesOf(get(step, 'with')).flatMap(({ key, value }) => (key !== except && /identity_provider|project|location|service_account|vertex|client-id|tenant|role/i.test(key) ? [...(textOf(value) ?? '').matchAll(/vars\.(\w+)/g)].map(([, name = '']) => name) : [])))];
}

/** The job without its steps, whose uses are sought step by step. */
function withoutSteps(job: YamlMap): YamlMap {
  return { ...job, entries: job.entries.filter(({ key }) => key !== 'steps') };
}
