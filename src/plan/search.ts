import { type Outcome, type PartyId, type Permission, type RelyingParty, type Route, ROUTE_CLASSES, type RouteClass, type TrustPolicy } from '../model/federation.ts';
import type { TokenShape, TokenSource, WorkloadContext } from '../model/issuer.ts';
import type { NoPath } from '../model/plan.ts';
import type { Provider } from '../model/provider.ts';
import type { Platform } from '../model/reference.ts';
import { policyFor } from './policy.ts';

/** Everything the search knows: the registries, indexed. */
export interface World {
  readonly platforms: ReadonlyMap<string, Platform>;
  readonly parties: ReadonlyMap<PartyId, RelyingParty>;
}

/** What the user's files show to be there already: it is preferred over what would have to be introduced. */
export interface Surroundings {
  readonly parties: ReadonlySet<PartyId>;
}

/** One hop of a candidate, with all that its identity needs. */
export interface Step {
  readonly platform: string;
  readonly tokens: TokenSource;
  readonly shape: TokenShape;
  readonly party: RelyingParty;
  readonly policy: TrustPolicy;
}

export interface Candidate {
  readonly steps: readonly Step[];
  readonly route: Route;
  readonly outcome: Outcome;
  /** Smaller is better; compared part by part. */
  readonly rank: readonly number[];
  readonly reason: string;
}

export interface Search {
  readonly candidates: readonly Candidate[];
  /** Why parties said no, in the order in which they were asked; empty when every one said yes. */
  readonly refusals: readonly NoPath[];
}

/** A workload's token, a cloud, and what the cloud gives: more hops would be more to operate than a key. */
const MOST_HOPS = 2;

/** Brokers hand out the key for minutes: the last resort, and the same for every provider. */
const BROKERS: readonly { readonly party: PartyId; readonly title: string }[] = [
  { party: 'vault', title: 'Vault or OpenBao' },
  { party: 'aws', title: 'AWS Secrets Manager' },
  { party: 'google', title: 'Google Secret Manager' },
  { party: 'azure', title: 'Azure Key Vault' },
  { party: 'infisical', title: 'Infisical' },
  { party: 'doppler', title: 'Doppler' },
  { party: 'onepassword', title: '1Password' },
  { party: 'akeyless', title: 'Akeyless' },
];

/** Providers whose models such gateways call. Search, vector stores and tracing are no models. */
const BEHIND_GATEWAYS: ReadonlySet<string> = new Set([
  'ai21', 'alibaba', 'anthropic', 'aws-bedrock', 'azure-openai', 'baseten', 'cerebras', 'cloudflare', 'cohere', 'databricks', 'deepinfra', 'deepseek', 'fireworks', 'google-gemini',
  'google-vertex', 'groq', 'huggingface', 'minimax', 'mistral', 'moonshot', 'nvidia', 'openai', 'openrouter', 'perplexity', 'replicate', 'sambanova', 'snowflake', 'together', 'voyage',
  'watsonx', 'xai', 'zhipu',
]);

/** Gateways hold the providers' keys and let callers in by token. */
const GATEWAYS: readonly PartyId[] = ['litellm', 'portkey', 'truefoundry', 'bifrost'];

/**
 * Every sound way from the tokens of one workload to `provider`, best first: the provider's own federation, the same model through a cloud that is
 * in use, a gateway that is in use, the same model through a cloud still to be set up, a broker, a gateway still to be set up, a short-lived key.
 */
export function searchPaths(workload: WorkloadContext, tokens: TokenSource, shape: TokenShape, provider: Provider, world: World, surroundings: Surroundings): Search {
  const refusals: NoPath[] = [];
  const candidates: Candidate[] = [];
  const routes = [...(provider.routes ?? []), ...fallbacks(provider)];
  const taken = new Set<Route>();
  const reached = reach(workload, tokens, shape, world, refusals, new Set(routes.map(({ party }) => party)));
  for (const steps of reached) {
    const last = steps.at(-1);
    if (last === undefined) continue;
    for (const route of routes) {
      // Chains come short ones first: a longer way to the same end adds nothing.
      if (route.party !== last.party.id || taken.has(route) || (route.only !== undefined && !route.only.platforms.includes(workload.platform))) continue;
      taken.add(route);
      candidates.push(candidateOf(steps, route, surroundings));
    }
  }
  return { candidates: candidates.toSorted(compareCandidates), refusals };
}

/** Stands for the identity of the hop before, whose name is given when the plan is put together. */
export const PREVIOUS_IDENTITY = 'identity-of-the-hop-before';

/** What tokens of a cloud say about an identity made there: the same question for every workload. */
const nextShapes = new WeakMap<World, Map<string, TokenShape | undefined>>();

function nextShapeOf(world: World, platform: Platform): TokenShape | undefined {
  const known = nextShapes.get(world) ?? new Map<string, TokenShape | undefined>();
  nextShapes.set(world, known);
  if (!known.has(platform.id)) {
    const shape = platform.tokens?.describe({ platform: platform.id, name: PREVIOUS_IDENTITY, path: '', route: '', facts: { role: PREVIOUS_IDENTITY } });
    known.set(platform.id, shape?.kind === 'shape' ? shape : undefined);
  }
  return known.get(platform.id);
}

const policies = new WeakMap<TokenShape, Map<PartyId, TrustPolicy | NoPath>>();

function knownPolicy(party: RelyingParty, platform: string, tokens: TokenSource, shape: TokenShape): TrustPolicy | NoPath {
  const known = policies.get(shape) ?? new Map<PartyId, TrustPolicy | NoPath>();
  policies.set(shape, known);
  const found = known.get(party.id) ?? policyFor(party, platform, tokens, shape);
  known.set(party.id, found);
  return found;
}

/** All chains of hops that end at a party some route wants, short ones first. */
function reach(workload: WorkloadContext, tokens: TokenSource, shape: TokenShape, world: World, refusals: NoPath[], wanted: ReadonlySet<PartyId>): readonly (readonly Step[])[] {
  const found: (readonly Step[])[] = [];
  const chains: { readonly platform: string; readonly tokens: TokenSource; readonly shape: TokenShape; readonly steps: readonly Step[] }[] = [{ platform: workload.platform, tokens, shape, steps: [] }];
  const reached = new Set<PartyId>();
  for (const chain of chains) {
    if (chain.steps.length > 0 && reached.size === wanted.size) break;
    for (const party of world.parties.values()) {
      if (chain.steps.some((step) => step.party.id === party.id)) continue;
      const isWanted = wanted.has(party.id);
      if (!isWanted && party.issues === undefined) continue;
      const policy = knownPolicy(party, chain.platform, chain.tokens, chain.shape);
      if ('code' in policy) {
        if (isWanted && chain.steps.length === 0) refusals.push(policy);
        continue;
      }
      const steps = [...chain.steps, { platform: chain.platform, tokens: chain.tokens, shape: chain.shape, party, policy }];
      if (isWanted) {
        found.push(steps);
        reached.add(party.id);
      }
      const next = party.issues === undefined || party.issues === chain.platform ? undefined : world.platforms.get(party.issues);
      if (next?.tokens === undefined || steps.length >= MOST_HOPS) continue;
      const nextShape = nextShapeOf(world, next);
      if (nextShape !== undefined) chains.push({ platform: next.id, tokens: next.tokens, shape: nextShape, steps });
    }
  }
  return found;
}

function candidateOf(steps: readonly Step[], route: Route, surroundings: Surroundings): Candidate {
  const inUse = surroundings.parties.has(route.party);
  const outcome: Outcome = route.class === 'broker' || route.class === 'gateway' || route.class === 'short-lived' ? 'reduced' : 'gone';
  const rank = [
    tier(route.class, inUse),
    inUse ? 0 : 1,
    STATUSES.indexOf(route.status),
    steps.length,
    CHANGES.indexOf(route.change),
    ROUTE_CLASSES.indexOf(route.class),
  ];
  return { steps, route, outcome, rank, reason: `${reasonFor(route, steps, inUse)}${termsOf(route, steps)}` };
}

const STATUSES = ['general', 'preview', 'on-request'] as const;
const CHANGES = ['configuration', 'code', 'model'] as const;

function tier(routeClass: RouteClass, inUse: boolean): number {
  if (routeClass === 'native') return 0;
  if (routeClass === 'same-model') return inUse ? 1 : 3;
  if (routeClass === 'gateway') return inUse ? 2 : 5;
  return routeClass === 'broker' ? 4 : 6;
}

/** What an account has to have first. */
function termsOf({ class: kind, status, note }: Route, steps: readonly Step[]): string {
  if (kind !== 'native' || status === 'general') return '';
  const party = steps.at(-1)?.party.title ?? 'The provider';
  return status === 'preview' ? ` ${party} offers it as a preview${note === '' ? '' : `: ${note.charAt(0).toLowerCase()}${note.slice(1).replace(/\.$/, '')}`}.` : ` ${party} has to switch it on first.`;
}

function reasonFor(route: Route, steps: readonly Step[], inUse: boolean): string {
  const party = steps.at(-1)?.party.title ?? '';
  const through = steps.length > 1 ? ` by way of ${steps.slice(0, -1).map((step) => step.party.title).join(' and ')}` : '';
  switch (route.class) {
    case 'native':
      return `The provider itself takes the token${through}: the key can stop existing.`;
    case 'same-model':
      return `The same model through ${party}${through}${inUse ? ', which this repository uses already' : ', which has to be set up'}: the key can stop existing, and the client changes.`;
    case 'gateway':
      return `${party} lets the workload in by its token${through} and keeps the provider's key: fewer places hold it, it still exists.`;
    case 'broker':
      return `The provider has no federation, so ${party} hands out the key for minutes${through}: it still exists, in one guarded place.`;
    default:
      return `A key that expires by itself, made${through} for each run.`;
  }
}

const knownFallbacks = new WeakMap<Provider, readonly Route[]>();

function fallbacks(provider: Provider): readonly Route[] {
  const known = knownFallbacks.get(provider) ?? makeFallbacks(provider);
  knownFallbacks.set(provider, known);
  return known;
}

function makeFallbacks(provider: Provider): readonly Route[] {
  const common = {
    floors: [],
    env: {},
    remove: [],
    precedence: '',
    checked: provider.checked,
  };
  const brokers = BROKERS.map(({ party, title }): Route => ({
    id: 'broker',
    title: `the key in ${title}`,
    class: 'broker',
    party,
    permission: 'read-secret' satisfies Permission,
    change: 'configuration',
    ...common,
    edits: [`Read the key from ${title} in the one step that needs it, with its value masked, and hand it to no other step.`, 'Remove the stored secret from the CI system or cluster.'],
    probe: `Read the secret with the workload's identity, and check that another identity is refused.`,
    status: party === 'onepassword' ? 'preview' : 'general',
    note: `${provider.title} has no federation, so the key stays: keep it in one place, limit its scope and spend, and rotate it.`,
    source: provider.federation.source,
  }));
  const gateways = (BEHIND_GATEWAYS.has(provider.id) ? GATEWAYS : []).map((party): Route => ({
    id: 'gateway',
    title: 'a gateway that keeps the key',
    class: 'gateway',
    party,
    permission: 'inference',
    change: 'code',
    ...common,
    edits: ['Point the base URL of the client at the gateway, and send the identity token where the key was sent.'],
    probe: 'List the models at the gateway with the identity token.',
    status: 'general',
    note: 'A gateway moves the key, unless its own leg to the provider is keyless too.',
    source: provider.federation.source,
  }));
  return [...brokers, ...gateways];
}

function compareCandidates(a: Candidate, b: Candidate): number {
  for (const [index, value] of a.rank.entries()) {
    const difference = value - (b.rank[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
