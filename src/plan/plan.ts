import type { Emission, Emitter, PartyId, RelyingParty, Target } from '../model/federation.ts';
import type { Credential, Inventory, TargetReport, Workload } from '../model/inventory.ts';
import type { OtherRun, TokenShape, TokenSource, WorkloadContext } from '../model/issuer.ts';
import { type FederationPath, type Hop, type Migration, migrationId, type MigrationPlan, type NoPath, type PlannedIdentity, type PlannedInput, type PlannedKey, type SourceFile } from '../model/plan.ts';
import type { Provider } from '../model/provider.ts';
import type { Platform } from '../model/reference.ts';
import type { Input, Text } from '../model/text.ts';
import { identityName, uniqueName } from './names.ts';
import { policyFor } from './policy.ts';
import { intendedToken, refusalTable, tightnessOf } from './proof.ts';
import { type Candidate, PREVIOUS_IDENTITY, searchPaths, type Step, type World } from './search.ts';
import { summaryOf } from './summary.ts';
import { surroundingsOf } from './surroundings.ts';
import { fromTemplate, keyOf, resolve } from './texts.ts';

/** The registries a plan is made with. */
export interface Registries {
  readonly platforms: readonly Platform[];
  readonly providers: readonly Provider[];
  readonly parties: readonly RelyingParty[];
  readonly partyInputs: Readonly<Record<string, Input>>;
}

/** What the operator said. */
export interface PlanOptions {
  readonly version: string;
  /** Values of inputs by id, checked against their shapes, and where each came from. */
  readonly values: ReadonlyMap<string, { readonly value: string; readonly from: string }>;
  /** The platform that the workloads for which `matches` holds run on. First match wins. */
  readonly runsOn: readonly { readonly matches: (workload: Workload) => boolean; readonly platform: string }[];
  /** Default branch, when it is known to differ from the one that was scanned. */
  readonly branch?: string;
  readonly sources: readonly SourceFile[];
}

/** The plan without its files: `emit` makes them. */
export type DraftPlan = Omit<MigrationPlan, 'files' | 'manual'> & { readonly manual: MigrationPlan['manual'] };

/** Branch names that are a default branch's; any other checked-out branch may be somebody's work. */
const DEFAULT_BRANCHES: ReadonlySet<string> = new Set(['main', 'master', 'trunk', 'develop', 'default', 'mainline']);
const MOST_RUNNERS_UP = 5;
const MOST_EXAMPLES = 20;
const MOST_SEARCHES = 200;
/** Ids that a cloud gives out when an identity is made. */
const IDENTITY_INPUTS: ReadonlySet<string> = new Set(['google.service_account_unique_id', 'google.service_account_email', 'azure.principal_id']);

/** A workload with the platform its token comes from. */
interface Runner {
  readonly context: WorkloadContext;
  readonly workload: Workload;
  readonly target: string;
  readonly tokens: TokenSource;
  readonly shape: TokenShape;
}

/**
 * Works out what replaces every key of `inventory`: for each workload and provider the best path, what it needs, and why the others were not taken.
 * Pure; the same inventory and options give the same plan.
 */
export function makePlan(inventory: Inventory, registries: Registries, options: PlanOptions): DraftPlan {
  return new Planner(inventory, registries, options).run();
}

/** What is decided for one migration before identities have names. */
interface Decision {
  readonly migration: Omit<Migration, 'chosen' | 'noPath'>;
  readonly noPath: NoPath | null;
  readonly candidate: Candidate | undefined;
  readonly runner: Runner | undefined;
  readonly others: readonly Candidate[];
}

class Planner {
  readonly #inventory: Inventory;
  readonly #options: PlanOptions;
  readonly #world: World;
  readonly #providers: ReadonlyMap<string, Provider>;
  readonly #partyInputs: Readonly<Record<string, Input>>;
  readonly #credentials: ReadonlyMap<string, Credential>;
  readonly #targets: ReadonlyMap<string, TargetReport>;
  readonly #surroundings: ReadonlyMap<string, ReadonlySet<PartyId>>;
  readonly #values: ReadonlyMap<string, string>;
  /** Inputs that say which identity of a cloud is meant: one for each identity, not one for all. */
  readonly #hopInputs = new Map<string, Input>();
  readonly #ownInputs = new Map<string, Input>();
  readonly #searches = new Map<string, readonly Candidate[] | NoPath>();

  constructor(inventory: Inventory, registries: Registries, options: PlanOptions) {
    this.#inventory = inventory;
    this.#options = options;
    this.#world = { platforms: new Map(registries.platforms.map((platform) => [platform.id, platform])), parties: new Map(registries.parties.map((party) => [party.id, party])) };
    this.#providers = new Map(registries.providers.map((provider) => [provider.id, provider]));
    this.#partyInputs = registries.partyInputs;
    this.#credentials = new Map(inventory.credentials.filter(isPlanned).map((credential) => [credential.id, credential]));
    this.#targets = new Map(inventory.targets.map((target) => [target.id, target]));
    this.#surroundings = surroundingsOf(inventory);
    this.#values = new Map([...options.values].map(([id, { value }]) => [id, value]));
  }

  run(): DraftPlan {
    const decisions = this.#decide();
    const { identities, migrations } = this.#identify(decisions);
    const keys = this.#keys(migrations);
    const inputs = this.#inputs(identities, decisions, migrations);
    return {
      schemaVersion: '1.0',
      tool: { name: 'dekey', version: this.#options.version },
      targets: this.#inventory.targets.map(({ id, kind, name, complete, facts }) => ({ id, kind, name, complete, repository: facts['remote'] ?? null, branch: facts['branch'] ?? null, ...(kind === 'github' && facts['head'] !== undefined ? { head: facts['head'] } : {}) })),
      sources: this.#options.sources,
      summary: summaryOf({ migrations, keys, identities, inputs }),
      keys,
      migrations,
      identities,
      inputs,
      manual: [],
    };
  }

  // --- which path for which workload ---

  #decide(): readonly Decision[] {
    const decisions: Decision[] = [];
    const homeless = new Map<string, Workload[]>();
    const readers = this.#readers();
    for (const workload of this.#inventory.workloads) {
      const used = this.#usedBy(workload);
      if (used.size === 0) continue;
      const home = this.#homeOf(workload);
      if (home === undefined) {
        for (const provider of used.keys()) {
          append(homeless, `${workload.location.target}\n${provider}`, workload);
        }
        continue;
      }
      for (const [provider, credentials] of used) {
        const files = credentials.flatMap(({ id }) => readers.get(`${workload.location.target}\n${id}`) ?? []);
        decisions.push(this.#decideOne(workload, home, provider, credentials, [...new Map(files.map((file) => [file.location.path, file])).values()]));
      }
    }
    const covered = new Set(decisions.flatMap(({ migration }) => migration.credentials.map((id) => `${migration.target}\n${id}`)));
    for (const [key, workloads] of homeless) {
      const [target = '', provider = ''] = key.split('\n');
      const open = workloads.filter((workload) => (this.#usedBy(workload).get(provider) ?? []).some(({ id }) => !covered.has(`${target}\n${id}`)));
      const [first] = open;
      if (first === undefined) continue;
      const credentials = distinct(open.flatMap((workload) => this.#usedBy(workload).get(provider) ?? [])).filter(({ id }) => !covered.has(`${target}\n${id}`));
      decisions.push(this.#undecided(first, open, provider, credentials));
    }
    return decisions.toSorted((a, b) => compareText(a.migration.target, b.migration.target) || compareText(a.migration.path, b.migration.path) || a.migration.line - b.migration.line || compareText(a.migration.id, b.migration.id));
  }

  /** By target and credential: source files that read it and do not say where they run. */
  #readers(): ReadonlyMap<string, readonly Workload[]> {
    const result = new Map<string, Workload[]>();
    for (const workload of this.#inventory.workloads) {
      if (this.#homeOf(workload) !== undefined) continue;
      for (const id of workload.uses) {
        append(result, `${workload.location.target}\n${id}`, workload);
      }
    }
    return result;
  }

  /** Platform id the workload runs on; undefined when its file does not say. */
  #homeOf(workload: Workload): string | undefined {
    const override = this.#options.runsOn.find(({ matches }) => matches(workload));
    if (override !== undefined) return override.platform;
    const platform = this.#world.platforms.get(workload.platform);
    if (platform === undefined) return undefined;
    if (platform.tokens !== undefined || platform.whyNot !== undefined) return platform.id;
    return platform.runsOn?.(workload.facts);
  }

  /** Its planned credentials by provider, in the inventory's order. */
  #usedBy(workload: Workload): ReadonlyMap<string, readonly Credential[]> {
    const result = new Map<string, Credential[]>();
    for (const id of workload.uses) {
      const credential = this.#credentials.get(id);
      if (credential === undefined) continue;
      result.set(credential.provider, [...(result.get(credential.provider) ?? []), credential]);
    }
    return result;
  }

  #decideOne(workload: Workload, home: string, providerId: string, credentials: readonly Credential[], readers: readonly Workload[]): Decision {
    const base = this.#base(workload, home, providerId, credentials, readers.map(({ location }) => location.path));
    const provider = this.#providers.get(providerId);
    const platform = this.#world.platforms.get(home);
    const stop = (noPath: NoPath): Decision => ({ migration: { ...base, when: noPath.code === 'service-retired' ? 'today' : whenBlocked(noPath, provider) }, noPath, candidate: undefined, runner: undefined, others: [] });
    if (provider?.retired !== undefined) {
      return stop({ code: 'service-retired', reason: `${provider.title} was shut down on ${provider.retired.on}: ${provider.retired.note}`, unblock: 'Delete the key and the configuration that names it, and choose another provider.' });
    }
    if (providerId === 'aws' && workload.facts['other-store'] === 'true') {
      return stop({ code: 'no-route', reason: 'The key pair is for a store of its own that speaks as S3 does, not for AWS.', unblock: 'See whether that store federates; its keys have nothing to do with a role at AWS.' });
    }
    if (platform?.tokens === undefined) {
      const why = platform?.whyNot;
      return stop({
        code: 'platform-issues-no-token',
        reason: why?.reason ?? `${platform?.title ?? home} issues no identity token that a provider could verify.`,
        unblock: why?.unblock ?? 'Move the call to a platform that issues tokens, or keep the key scoped, capped and rotated.',
      });
    }
    const context = this.#context(workload, home);
    const shape = platform.tokens.describe(context);
    if (shape.kind === 'refused') return stop({ code: shape.code, reason: shape.reason, unblock: shape.unblock });
    if (provider === undefined) return stop({ code: 'no-route', reason: `Nothing is known of ${providerId}.`, unblock: 'Look at the key by hand.' });
    const found = this.#search(context, platform.tokens, shape, provider, workload.location.target);
    if ('code' in found) return stop(found);
    const [candidate, ...others] = found;
    if (candidate === undefined) return stop({ code: 'no-route', reason: `No way to ${provider.title} without its key is known.`, unblock: provider.federation.note });
    const runner: Runner = { context, workload, target: workload.location.target, tokens: platform.tokens, shape };
    const { route } = candidate;
    const wrapper = route.change === 'configuration' && route.class === 'native' ? this.#wrapperOf(provider, workload, readers) : undefined;
    return {
      migration: {
        ...base,
        edits: [...platform.tokens.edits, ...route.edits],
        environment: { set: route.env, remove: [...new Set([...route.remove, ...(candidate.outcome === 'gone' ? base.keys : [])])].toSorted() },
        floors: route.floors.map(({ language, package: name, version }) => ({ language, package: name, version })),
        probe: route.probe,
        warnings: [...shape.warnings, ...(route.note.startsWith('Check:') ? [route.note] : []), ...(route.precedence === '' ? [] : [route.precedence]), ...(wrapper === undefined ? [] : [`${wrapper} hands the client a key and finds no identity by itself: the program has to change first.`])],
        when: candidate.outcome === 'reduced' ? 'none' : route.change === 'configuration' && route.status === 'general' && wrapper === undefined ? 'today' : 'after-change',
      },
      noPath: null,
      candidate,
      runner,
      others: runnersUp(candidate, others),
    };
  }

  /** The package through which the workload's own code, or every program that reads its keys, reaches the provider with a key and nothing else. */
  #wrapperOf(provider: Provider, workload: Workload, readers: readonly Workload[]): string | undefined {
    const shared = (name: string): boolean => [...this.#providers.values()].some((other) => other.id !== provider.id && other.sdks.some(({ packages }) => packages.includes(name)));
    const wrappers = provider.sdks.filter(({ keyOnly }) => keyOnly === true).flatMap(({ packages, constructors }) => packages.flatMap((name) => (shared(name) ? constructors.map((one) => `${name}.${one}`) : [name])));
    const wrapperIn = ({ facts }: Workload): string | undefined => (facts['sdks'] ?? '').split(',').find((name) => wrappers.some((one) => name === one || name.startsWith(`${one}/`) || name.startsWith(`${one}.`)));
    const found = [wrapperIn(workload), ...(readers.every((one) => wrapperIn(one) !== undefined) ? readers.map(wrapperIn) : [])];
    return found.find((name) => name !== undefined);
  }

  /** Candidates, or the reason why there is none. Jobs of one file share most of what is asked here. */
  #search(context: WorkloadContext, tokens: TokenSource, shape: TokenShape, provider: Provider, target: string): readonly Candidate[] | NoPath {
    const key = [provider.id, context.platform, target, keyOf(shape.issuer), shape.subject.text === undefined ? '' : keyOf(shape.subject.text), shape.subject.prefix === undefined ? '' : keyOf(shape.subject.prefix), ...shape.claims.map(({ claim, value }) => `${claim}=${keyOf(value)}`)].join('\n');
    const known = this.#searches.get(key);
    if (known !== undefined) return known;
    const { candidates, refusals } = searchPaths(context, tokens, shape, provider, this.#world, { parties: this.#surroundings.get(target) ?? new Set() });
    const result = candidates.length > 0 ? candidates : (refusals[0] ?? { code: 'no-route' as const, reason: `No way to ${provider.title} without its key is known.`, unblock: provider.federation.note });
    // Jobs of one file come one after the other: an old search is not asked for again.
    if (this.#searches.size >= MOST_SEARCHES) this.#searches.clear();
    this.#searches.set(key, result);
    return result;
  }

  #base(workload: Workload, home: string, provider: string, credentials: readonly Credential[], readers: readonly string[]): Omit<Migration, 'chosen' | 'noPath'> {
    const { location } = workload;
    return {
      id: migrationId(workload.id, provider),
      workload: workload.id,
      name: workload.name,
      platform: home,
      target: location.target,
      path: location.path,
      line: location.line,
      provider,
      credentials: credentials.map(({ id }) => id),
      keys: distinct(credentials.flatMap(({ names }) => names)).toSorted(),
      runnersUp: [],
      edits: [],
      environment: { set: {}, remove: [] },
      floors: [],
      probe: null,
      readers: { count: readers.length, examples: readers.slice(0, MOST_EXAMPLES) },
      warnings: [],
      when: 'none',
    };
  }

  /** Source files that use keys which no job, pod or function is seen to hand them. */
  #undecided(first: Workload, all: readonly Workload[], providerId: string, credentials: readonly Credential[]): Decision {
    const provider = this.#providers.get(providerId);
    const paths = distinct(all.map(({ location }) => location.path));
    const noPath: NoPath = {
      code: 'where-it-runs-unknown',
      reason: `${paths.length === 1 ? '1 file reads' : `${paths.length} files read`} the key, and nothing scanned says where ${paths.length === 1 ? 'it runs' : 'they run'}.`,
      unblock: `Say where: dekey plan --runs-on ${first.platform}=PLATFORM, or "plan": { "runsOn": ... } in dekey.config.json; or scan the repository that deploys it too.`,
    };
    const base = this.#base(first, first.platform, providerId, credentials, paths);
    return {
      migration: { ...base, name: paths.length === 1 ? first.name : `${first.location.path} and ${paths.length - 1} more`, when: provider?.retired === undefined ? whenBlocked(noPath, provider) : 'today' },
      noPath: provider?.retired === undefined ? noPath : { code: 'service-retired', reason: `${provider.title} was shut down on ${provider.retired.on}: ${provider.retired.note}`, unblock: 'Delete the key and the code that calls the service.' },
      candidate: undefined,
      runner: undefined,
      others: [],
    };
  }

  #context(workload: Workload, home: string): WorkloadContext {
    const target = this.#targets.get(workload.location.target);
    const facts = target?.facts ?? {};
    const [host, ...rest] = (facts['remote'] ?? '').split('/');
    const name = rest.at(-1);
    const owner = rest.slice(0, -1).join('/');
    const scanned = facts['branch'];
    const branch = this.#options.branch ?? facts['defaultBranch'] ?? (scanned !== undefined && (target?.kind === 'github' || DEFAULT_BRANCHES.has(scanned)) ? scanned : undefined);
    return {
      platform: home,
      name: workload.name,
      path: workload.location.path,
      route: workload.location.route ?? '',
      facts: workload.facts,
      ...(host === undefined || host === '' || name === undefined || owner === '' ? {} : { repository: { host, owner, name } }),
      ...(branch === undefined ? {} : { branch }),
    };
  }

  // --- identities ---

  #identify(decisions: readonly Decision[]): { readonly identities: readonly PlannedIdentity[]; readonly migrations: readonly Migration[] } {
    interface Draft {
      readonly target: Omit<Target, 'id' | 'keys'>;
      readonly step: Step;
      readonly name: string;
      readonly keys: Set<string>;
      readonly migrations: string[];
      readonly warnings: Set<string>;
      readonly key: string;
      /** Of the hop before: what it is called stands in this one's policy. */
      readonly previous: Draft | undefined;
      id: string;
    }
    const drafts = new Map<string, Draft>();
    const chosen = new Map<string, readonly Draft[]>();
    const nextOf = new Map<Draft, Draft>();
    const others = new Map<string, readonly { readonly run: OtherRun; readonly draft: Draft }[]>();
    for (const { migration, candidate, runner } of decisions) {
      if (candidate === undefined || runner === undefined) continue;
      const draftOf = (step: Step, first: TokenShape, next: Step | undefined, previous: Draft | undefined): Draft => {
        const policy = this.#resolved(step.policy);
        const target: Omit<Target, 'id' | 'keys'> = {
          party: step.party.id,
          platform: step.platform,
          workload: runner.workload.name,
          path: migration.path,
          facts: runner.workload.facts,
          policy,
          permission: next === undefined ? permissionOf(candidate.route.permission, migration.provider, runner.workload.facts) : 'mint-token',
          provider: migration.provider,
          lifetime: Math.min(step.party.lifetime, 3600),
          ...(next === undefined ? {} : { nextAudience: resolve(next.policy.audience, this.#values) }),
        };
        const isSecret = target.permission === 'read-secret';
        const key = JSON.stringify([target.party, target.platform, target.permission, isSecret ? '' : target.provider, policy, target.nextAudience ?? null, previous?.key ?? '']);
        const draft: Draft = drafts.get(key) ?? { target, step, name: identityName(runner.context, first), keys: new Set<string>(), migrations: [], warnings: new Set<string>(), key, previous, id: '' };
        drafts.set(key, draft);
        for (const name of migration.keys) draft.keys.add(name);
        draft.migrations.push(migration.id);
        for (const warning of step.shape.warnings) draft.warnings.add(warning);
        return draft;
      };
      let previous: Draft | undefined;
      const steps = candidate.steps.map((step, index) => (previous = draftOf(step, candidate.steps[0]?.shape ?? step.shape, candidate.steps[index + 1], previous)));
      chosen.set(migration.id, steps);
      others.set(migration.id, otherSteps(candidate).map(({ run, step }) => ({ run, draft: draftOf(step, step.shape, undefined, undefined) })));
      for (const [index, draft] of steps.entries()) {
        const next = steps[index + 1];
        if (next !== undefined) nextOf.set(draft, next);
      }
    }
    for (const { candidate } of decisions) for (const { shape } of candidate?.steps.slice(1) ?? []) for (const input of shape.inputs) if (IDENTITY_INPUTS.has(input.id)) this.#hopInputs.set(input.id, input);
    const taken = new Map<string, number>();
    for (const draft of drafts.values()) draft.id = uniqueName(draft.name, taken);
    const identities = [...drafts.values()].map((draft): PlannedIdentity => {
      const { step } = draft;
      const rename = (text: Text): Text => this.#renamed(text, draft.id, draft.previous?.id);
      const { policy } = draft.target;
      const { nextAudience } = draft.target;
      const target = {
        ...draft.target,
        ...(nextAudience === undefined ? {} : { nextAudience: nextAudience.map((part) => (typeof part === 'string' ? part.replaceAll('{identity}', nextOf.get(draft)?.id ?? '') : part)) }),
        policy: {
          ...policy,
          audience: policy.audience.map((part) => (typeof part === 'string' ? part.replaceAll('{identity}', draft.id) : part)),
          ...(policy.subject === undefined ? {} : { subject: { ...policy.subject, text: rename(policy.subject.text) } }),
          claims: policy.claims.map((claim) => ({ ...claim, value: rename(claim.value) })),
        },
      };
      const resolved = this.#resolvedShape(step.shape);
      const { text, prefix } = resolved.subject;
      const shape: TokenShape = {
        ...resolved,
        subject: { ...resolved.subject, ...(text === undefined ? {} : { text: rename(text) }), ...(prefix === undefined ? {} : { prefix: rename(prefix) }) },
        claims: resolved.claims.map((claim) => ({ ...claim, value: rename(claim.value) })),
        refusals: resolved.refusals.map(({ title, changes }) => ({ title, changes: Object.fromEntries(Object.entries(changes).map(([claim, value]) => [claim, value === null ? null : rename(value)])) })),
      };
      return {
        target: { id: draft.id, ...target, keys: [...draft.keys].toSorted() },
        intended: intendedToken(target.policy, shape),
        refusals: refusalTable(target.policy, shape),
        tightness: tightnessOf(target.policy, step.tokens, shape),
        warnings: [...draft.warnings],
        migrations: draft.migrations,
      };
    });
    const migrations = decisions.map(({ migration, noPath, candidate, others: runnersUp }): Migration => {
      const steps = chosen.get(migration.id) ?? [];
      return {
        ...migration,
        chosen: candidate === undefined ? null : this.#path(candidate, steps.map(({ id }) => id), (others.get(migration.id) ?? []).map(({ run, draft }) => ({ run, identity: draft.id }))),
        noPath,
        runnersUp: runnersUp.map((other) => this.#path(other, [])),
      };
    });
    return { identities: identities.toSorted((a, b) => compareText(a.target.party, b.target.party) || compareText(a.target.id, b.target.id)), migrations };
  }

  /**
   * Texts of a later hop, about the identity that the hop before makes: its name where a name is all it takes, an input of its own where an id is given out
   * only then.
   */
  #renamed(text: Text, id: string, previous: string | undefined): Text {
    if (previous === undefined) return text;
    return text.map((part) => {
      if (typeof part === 'string') return part.replaceAll(PREVIOUS_IDENTITY, previous);
      const base = this.#hopInputs.get(part.input);
      if (base === undefined) return part;
      const own = { ...base, id: `${part.input}_${id.replaceAll('-', '_')}`, title: `${base.title} (${previous})` };
      this.#ownInputs.set(own.id, own);
      const value = this.#values.get(own.id);
      return value ?? { input: own.id };
    });
  }

  #path(candidate: Candidate, identities: readonly string[], others: NonNullable<Hop['otherRuns']> = []): FederationPath {
    const { steps, route, outcome, reason } = candidate;
    const start = this.#world.platforms.get(steps[0]?.platform ?? '')?.title ?? '';
    const parties = steps.map(({ party }) => party.title);
    return {
      hops: steps.map((step, index) => ({ platform: step.platform, party: step.party.id, identity: identities[index] ?? '', ...(index > 0 || others.length === 0 ? {} : { otherRuns: others }) })),
      route: route.id,
      class: route.class,
      outcome,
      change: route.change,
      status: route.status,
      title: [start, ...parties, ...(route.class === 'native' ? [] : [route.title])].join(' → '),
      reason,
    };
  }

  #resolved(policy: Target['policy']): Target['policy'] {
    const value = (text: Text): Text => resolve(text, this.#values);
    return {
      ...policy,
      issuer: value(policy.issuer),
      audience: value(policy.audience),
      ...(policy.subject === undefined ? {} : { subject: { ...policy.subject, text: value(policy.subject.text) } }),
      claims: policy.claims.map((claim) => ({ ...claim, value: value(claim.value) })),
    };
  }

  #resolvedShape(shape: TokenShape): TokenShape {
    const value = (text: Text): Text => resolve(text, this.#values);
    const { text, prefix } = shape.subject;
    return {
      ...shape,
      issuer: value(shape.issuer),
      subject: { ...shape.subject, ...(text === undefined ? {} : { text: value(text) }), ...(prefix === undefined ? {} : { prefix: value(prefix) }) },
      claims: shape.claims.map((claim) => ({ ...claim, value: value(claim.value) })),
      refusals: shape.refusals.map(({ title, changes }) => ({ title, changes: Object.fromEntries(Object.entries(changes).map(([claim, changed]) => [claim, changed === null ? null : value(changed)])) })),
    };
  }

  // --- what it adds up to ---

  #keys(migrations: readonly Migration[]): readonly PlannedKey[] {
    const byCredential = new Map<string, Migration[]>();
    for (const migration of migrations) for (const id of migration.credentials) append(byCredential, id, migration);
    return [...this.#credentials.values()].map((credential): PlannedKey => {
      const own = byCredential.get(credential.id) ?? [];
      const when = own.some((migration) => migration.when === 'none') ? 'none' : own.some((migration) => migration.when === 'after-change') ? 'after-change' : 'today';
      const isReduced = own.some(({ chosen }) => chosen?.outcome === 'reduced') && own.every(({ chosen }) => chosen !== null);
      return {
        credential: credential.id,
        provider: credential.provider,
        preview: credential.preview,
        names: credential.names,
        when,
        outcome: when === 'none' ? (isReduced ? 'reduced' : 'kept') : 'gone',
        migrations: own.map(({ id }) => id),
      };
    });
  }

  #inputs(identities: readonly PlannedIdentity[], decisions: readonly Decision[], migrations: readonly Migration[]): readonly PlannedInput[] {
    const inputs = new Map<string, Input>();
    for (const { candidate } of decisions) for (const { shape } of candidate?.steps ?? []) for (const input of [shape, ...(shape.otherRuns ?? []).map((other) => other.shape)].flatMap((one) => one.inputs)) inputs.set(input.id, input);
    for (const input of [...Object.values(this.#partyInputs), ...this.#ownInputs.values()]) inputs.set(input.id, input);
    const used = new Set<string>();
    const use = (text: Text): void => {
      for (const part of text) if (typeof part !== 'string') used.add(part.input);
    };
    for (const { policy, nextAudience } of identities.map(({ target }) => target)) {
      for (const text of [policy.issuer, policy.audience, policy.subject?.text ?? [], nextAudience ?? [], ...policy.claims.map(({ value }) => value)]) use(text);
    }
    for (const { environment } of migrations) for (const value of Object.values(environment.set)) use(fromTemplate(value));
    return this.describeInputs([...used, ...[...this.#values.keys()].filter((id) => inputs.has(id))], inputs);
  }

  describeInputs(ids: readonly string[], known: ReadonlyMap<string, Input>): readonly PlannedInput[] {
    return [...new Set(ids)].toSorted().flatMap((id): PlannedInput[] => {
      const input = known.get(id);
      const value = this.#options.values.get(id);
      return input === undefined ? [] : [{ ...input, value: value?.value ?? null, from: value?.from ?? null }];
    });
  }
}

/** A login for something else than models gets no right to use them: what it needs is what its key has. A job that pushes to a repository of models needs to write there. */
function permissionOf(permission: Target['permission'], provider: string, facts: Workload['facts']): Target['permission'] {
  if (provider === 'huggingface' && permission === 'inference' && facts['writes-to-hub'] === 'true') return 'hub-write';
  return permission === 'vertex-predict' && facts['google-login'] === 'other' ? 'cloud-access' : permission;
}

/** Identities beside the one of a path, for runs whose tokens say something else: where one exchange is all there is, and the party can tell them. */
function otherSteps({ steps, outcome }: Candidate): readonly { readonly run: OtherRun; readonly step: Step }[] {
  const [only, ...more] = steps;
  if (only === undefined || more.length > 0 || outcome === 'reduced') return [];
  return (only.shape.otherRuns ?? []).flatMap(({ run, shape }) => {
    const policy = policyFor(only.party, only.platform, only.tokens, shape);
    return 'code' in policy ? [] : [{ run, step: { ...only, shape, policy } }];
  });
}

/** What a party's emitter made, with the inputs it asked for. */
export interface Emitted extends Emission {
  readonly party: PartyId;
  readonly asked: readonly Input[];
}

/** Runs every emitter that has targets; `values` answers what they ask, `suffixes` says by identity what its variables end with. Pure. */
export function emitPlan(plan: DraftPlan, emitters: Readonly<Record<PartyId, Emitter>>, values: PlanOptions['values'], suffixes: ReadonlyMap<string, string> = new Map()): readonly Emitted[] {
  const byParty = new Map<PartyId, Target[]>();
  for (const { target } of plan.identities) append(byParty, target.party, { ...target, suffix: suffixes.get(target.id) ?? '' });
  return [...byParty].toSorted(([a], [b]) => compareText(a, b)).map(([party, targets]) => {
    const asked = new Map<string, Input>();
    const answer = (input: Input): Text => {
      asked.set(input.id, input);
      const known = values.get(input.id);
      return known === undefined ? [{ input: input.id }] : [known.value];
    };
    const emission = emitters[party](targets, answer, new Map(plan.inputs.map((input) => [input.id, input])));
    return { party, ...emission, asked: [...asked.values()] };
  });
}

/** A blocked workload whose provider could do without the key is one question or change away; others keep theirs. */
function whenBlocked(noPath: NoPath, provider: Provider | undefined): Migration['when'] {
  const couldFederate = provider !== undefined && provider.federation.kind !== 'none';
  const answerable: readonly NoPath['code'][] = ['where-it-runs-unknown', 'host-unknown', 'not-a-run', 'unreadable', 'unsafe-trigger', 'issuer-not-reachable', 'person'];
  return couldFederate && answerable.includes(noPath.code) ? 'after-change' : 'none';
}

/** The others worth knowing: the best of each route and party. */
function runnersUp(chosen: Candidate, others: readonly Candidate[]): readonly Candidate[] {
  const seen = new Set([nameOf(chosen)]);
  const result: Candidate[] = [];
  for (const other of others) {
    if (seen.has(nameOf(other)) || result.length >= MOST_RUNNERS_UP) continue;
    seen.add(nameOf(other));
    result.push(other);
  }
  return result;
}

function nameOf({ route }: Candidate): string {
  return `${route.party} ${route.id}`;
}

/** Tokens that expire by themselves are no keys, and a doubtful finding is a person's to look at first. */
function isPlanned({ lifetime, disposition, confidence }: Credential): boolean {
  return lifetime === 'long' && disposition !== 'not-a-key' && confidence !== 'low';
}

/** Adds to a list of a map, in place: inventories have thousands of workloads for one key. */
function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

function distinct<T>(items: readonly T[]): readonly T[] {
  return [...new Set(items)];
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
