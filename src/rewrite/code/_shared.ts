import type { FileRefusal, Kept, Replacement, RewriteContext } from '../types.ts';

/**
 * Variables that client code reads where an SDK has none of its own for federation (OpenAI, 2026-11-23). Inside a workload they have no suffix: each workload has one
 * identity, and its platform file gives the value.
 */
export const OPENAI_VARIABLES = { identityProvider: 'OPENAI_IDENTITY_PROVIDER_ID', serviceAccount: 'OPENAI_SERVICE_ACCOUNT_ID', tokenFile: 'OPENAI_IDENTITY_TOKEN_FILE' } as const;

/** Token scope of Azure OpenAI and Foundry. https://learn.microsoft.com/en-us/azure/ai-services/openai/how-to/managed-identity, 2026-11-23. */
export const AZURE_SCOPE = 'https://cognitiveservices.azure.com/.default';

/** What examples of the SDKs write beside a key argument: `This is the default and can be omitted`. Without that argument it speaks of another. */
export const ABOUT_DEFAULT = /\b(?:this is the default|defaults? to|(?:can|may) be omitted)\b/i;

/** Platforms whose token is a file in the workload: what code has to do depends on how the token is handed over. */
export const TOKEN_FILE_PLATFORMS: ReadonlySet<string> = new Set(['kubernetes', 'eks', 'gke', 'aks', 'spiffe']);

/** The replacements that a source file follows for one provider. */
export interface Followed {
  /** The first; when all agree it speaks for all. */
  readonly replacement: Replacement;
  readonly all: readonly Replacement[];
  /** All take the same route, from platforms that hand the token over alike, and no workload of this provider keeps its key. */
  readonly agree: boolean;
  /** Workloads of this provider without a path. */
  readonly kept: readonly Kept[];
  /** Ids of the migrations. */
  readonly migrations: readonly string[];
  /** Names under which a key of this provider is read or handed on. */
  readonly names: ReadonlySet<string>;
  /** Those of them that mean this key in this file only. */
  readonly local: ReadonlySet<string>;
}

/** Those of the file itself, else those of the whole target; undefined when none is for one of `providers` (the first with any counts). */
export function followed(context: Pick<RewriteContext, 'own' | 'all' | 'kept'>, providers: readonly string[]): Followed | undefined {
  for (const source of [context.own, context.all]) {
    for (const provider of providers) {
      const all = source.filter((replacement) => replacement.provider === provider);
      const [replacement] = all;
      if (replacement === undefined) continue;
      const kept = source === context.own ? [] : context.kept.filter((one) => one.provider === provider);
      const agree = kept.length === 0 && all.every((one) => one.route === replacement.route && one.class === replacement.class && handsOver(one.platform) === handsOver(replacement.platform));
      const local = new Set(source === context.own ? all.flatMap(({ localNames = [] }) => localNames) : []);
      const names = new Set([...all.flatMap((one) => [...one.names, ...one.variables, ...one.remove]), ...local]);
      return { replacement, all, agree, kept, migrations: all.map(({ migration }) => migration), names, local };
    }
  }
  return undefined;
}

/** Of a file that is right as it is, and is what the plan speaks of: what has to be done stands where the program is run. `floor` is the release that its client has to be. */
export function canStay(path: string, { replacement, local, migrations }: Followed, handedOn: boolean, floor?: { readonly package: string; readonly version: string }): FileRefusal {
  const given = handedOn ? `a short-lived ${[...new Set([...replacement.names, ...local])].join(' or ')}` : `${Object.keys(replacement.set).join(', ') || 'the identity'} and no key`;
  const reason = `The code can stay as it is${floor === undefined ? '' : `, with ${floor.package} ${floor.version} or later`}; what it is given is decided where it is run.`;
  return { code: 'not-named-here', line: replacement.line, reason, byHand: `Give ${path} ${given} where it is run.`, migrations, shadows: false };
}

function handsOver(platform: string): string {
  return TOKEN_FILE_PLATFORMS.has(platform) ? 'file' : platform;
}

/** The same, with what keeps its key: they part for that too. */
export function partedOf(follow: Followed): string {
  const [first, ...more] = [...new Set(follow.kept.map(({ workload }) => workload))];
  return first === undefined ? workloadsOf(follow) : `${first}${more.length === 0 ? '' : ` and ${more.length} more`} ${more.length === 0 ? 'keeps its key' : 'keep their key'}, ${workloadsOf(follow)} ${follow.all.length === 1 ? 'does' : 'do'} not`;
}

/** `ci.yml › evals and 2 more`. */
export function workloadsOf({ all }: Followed): string {
  const names = [...new Set(all.map(({ workload }) => workload))];
  const [first = ''] = names;
  return names.length < 2 ? first : names.length === 2 ? `${first} and ${names[1] ?? ''}` : `${first} and ${names.length - 1} more`;
}
