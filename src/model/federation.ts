import type { Language } from './provider.ts';
import type { Input, Text } from './text.ts';

/** Everything that can verify a token: AI providers that federate, clouds, brokers, gateways. */
export const PARTIES = [
  'anthropic',
  'openai',
  'aws',
  'google',
  'azure',
  'huggingface',
  'mistral',
  'openrouter',
  'databricks',
  'snowflake',
  'wandb',
  'vercel-ai-gateway',
  'github-copilot',
  'watsonx',
  'weaviate',
  'litellm',
  'portkey',
  'truefoundry',
  'bifrost',
  'vault',
  'infisical',
  'doppler',
  'onepassword',
  'akeyless',
] as const;
export type PartyId = (typeof PARTIES)[number];

/** One that takes tokens of others under rules that its customer sets: a relying party. */
export interface RelyingParty {
  readonly id: PartyId;
  readonly title: string;
  readonly checked: string;
  /** `aud` to ask for. `free`: any text the rule names, with the one to prefer; `fixed`: only this (`{field}` for inputs `<party>.<field>`). */
  readonly audience: { readonly free: string } | { readonly fixed: string };
  /** Whose tokens it takes: of any OpenID Connect issuer, or only of these platforms (registry ids). */
  readonly issuers: 'any' | { readonly only: readonly string[]; readonly note: string };
  /** It cannot name an issuer that ends with a slash. */
  readonly refusesFinalSlash?: true;
  /** Whether keys of an issuer that cannot be reached may be uploaded. */
  readonly uploadsKeys: boolean;
  /** How `sub` may be compared. */
  readonly subject: 'exact' | 'exact-or-trailing-star' | 'glob';
  /**
   * Which other claims a rule may name. `none`; `strings`: any top-level claim, compared as text; `expression`: any, nested ones too, in CEL; otherwise by
   * issuer host the list of those it reads (a host that is not listed: none).
   */
  readonly claims: 'none' | 'strings' | 'expression' | { readonly byIssuer: Readonly<Record<string, readonly string[]>> };
  /** Longest subject it stores or maps, characters. */
  readonly maxSubject?: number;
  /** Seconds its own token lives, at most and by default. */
  readonly lifetime: number;
  /** The exchange on the wire, for verification and for steps that exchange by hand. */
  readonly exchange?: {
    readonly url: string;
    readonly encoding: 'json' | 'form';
    readonly grant: string;
    /** Name of the field that holds the platform's token. */
    readonly tokenField: string;
    readonly fields: Readonly<Record<string, string>>;
  };
  /** Platform registry id whose tokens a workload can ask for once this party has let it in: a cloud is an issuer too. */
  readonly issues?: string;
  /** `general`, `preview`, or `on-request` (ask the vendor first). */
  readonly status: 'general' | 'preview' | 'on-request';
  /** What has to exist before: one sentence each. */
  readonly prerequisites: readonly string[];
  readonly source: string;
}

/** How a key's work is done without the key. The order is the order of preference. */
export const ROUTE_CLASSES = ['native', 'same-model', 'gateway', 'broker', 'short-lived'] as const;
export type RouteClass = (typeof ROUTE_CLASSES)[number];

/** What remains of the key when the route is taken. `reduced`: it still exists, in one guarded place. */
export type Outcome = 'gone' | 'reduced';

/** What the identity has to be allowed at the party. */
export type Permission =
  | 'inference'
  /** To write to a repository of models, data sets or Spaces. */
  | 'hub-write'
  | 'bedrock-invoke'
  | 'claude-platform'
  | 'vertex-predict'
  | 'azure-openai'
  | 'azure-ai'
  | 'read-secret'
  | 'mint-token'
  | 'cloud-access';

/** One way from a relying party to what the key was for. Declared by the AI provider. */
export interface Route {
  /** Kebab-case, one per provider: `native`, `bedrock`. */
  readonly id: string;
  readonly title: string;
  readonly class: RouteClass;
  readonly party: PartyId;
  readonly permission: Permission;
  /** What the user's own files need: settings only, code that builds the client, or another model and client. */
  readonly change: 'configuration' | 'code' | 'model';
  /** Registry ids of platforms this route is confined to, with the reason. */
  readonly only?: { readonly platforms: readonly string[]; readonly note: string };
  /** First version of each SDK that can do it. */
  readonly floors: readonly { readonly language: Language; readonly package: string; readonly version: string }[];
  /** Variables to set. A value may hold `{party.field}` inputs; `{token-file}` is the path of the platform's token, `{token}` the token itself. */
  readonly env: Readonly<Record<string, string>>;
  /** Variables that would win over the new identity and have to go from the whole environment. */
  readonly remove: readonly string[];
  /** Which wins when both are there, and why the old one has to go. One or two sentences. */
  readonly precedence: string;
  /** Edits beyond the variables, one imperative sentence each. */
  readonly edits: readonly string[];
  /** A call that proves the new path works and costs nothing. */
  readonly probe: string;
  readonly status: 'general' | 'preview' | 'on-request';
  readonly note: string;
  readonly checked: string;
  readonly source: string;
}

/** How a claim is compared. */
export type Matcher = { readonly kind: 'exact'; readonly text: Text } | { readonly kind: 'prefix'; readonly text: Text };

/** Whose tokens are taken for whom: one issuer, one audience, all of the rest at once. */
export interface TrustPolicy {
  readonly issuer: Text;
  readonly issuerIsShared: boolean;
  readonly audience: Text;
  /** `sub`; absent when the platform's subjects cannot be compared at this party and `claims` do the work. */
  readonly subject?: Matcher;
  readonly claims: readonly { readonly claim: string; readonly value: Text; readonly type: 'string' | 'boolean' }[];
  /** True when the keys of the issuer have to be uploaded, because it cannot be reached. */
  readonly uploadsKeys: boolean;
}

/** What one identity at one party is to be: the emitters' whole input, with what is known already filled in. */
export interface Target {
  /** `[a-z0-9-]{3,40}`, unique in the plan and the same in every plan of the same inventory. */
  readonly id: string;
  readonly party: PartyId;
  /** Platform registry id of the token. */
  readonly platform: string;
  /** `ci.yml › evals`. */
  readonly workload: string;
  readonly path: string;
  readonly facts: Readonly<Record<string, string>>;
  readonly policy: TrustPolicy;
  readonly permission: Permission;
  /** AI provider whose key this replaces. */
  readonly provider: string;
  /** Names of the keys replaced: secret names a broker is asked for. */
  readonly keys: readonly string[];
  /** Seconds. */
  readonly lifetime: number;
  /** What its variables end with where files read several of them; not in a plan. */
  readonly suffix?: string;
  /** For `mint-token`: the audience that the next hop expects. */
  readonly nextAudience?: Text;
}

export type EmittedKind = 'shell' | 'terraform' | 'cloudformation' | 'bicep' | 'json' | 'yaml' | 'kubernetes' | 'hcl' | 'sql' | 'rego' | 'cedar' | 'markdown' | 'helper-config';

/** One file of the plan. */
export interface EmittedFile {
  /** Inside the plan's folder, with `/`: `aws/main.tf`. */
  readonly path: string;
  readonly kind: EmittedKind;
  readonly text: string;
  /** What a person does with it, one sentence. */
  readonly purpose: string;
  /** `create` adds trust, `check` reads, `undo` takes it back, `guard` stops new keys, `switch` is for the workload itself. */
  readonly role: 'create' | 'check' | 'undo' | 'guard' | 'switch';
  /** Path of another file that this one says nothing without: the issuer of a rule. */
  readonly beside?: string;
}

/** What one party needs for all its targets. */
export interface Emission {
  readonly files: readonly EmittedFile[];
  /** What only a console can do: one line each, in order. */
  readonly manual: readonly string[];
}
/** Pure and deterministic. `ask` gives the value of an input when it is known, and a reference to it when not; `known` describes the inputs of the policies. */
export type Emitter = (targets: readonly Target[], ask: (input: Input) => Text, known: ReadonlyMap<string, Input>) => Emission;
