import type { Route } from './federation.ts';
import type { Confidence } from './levels.ts';

/** What a key lets its holder do, widest first. `unknown` scores as `account`: an unknown never lowers a score. */
export type Privilege = 'admin' | 'account' | 'project' | 'restricted' | 'unknown';

/** `short` is a token that expires within hours by itself: reported at most as info, never scored as a key, never planned. */
export type Lifetime = 'long' | 'short';

/** Broad kind of a credential; with the provider it says what the thing is. */
export type CredentialKind =
  | 'api-key'
  | 'admin-key'
  | 'service-account-key'
  | 'oauth-token'
  | 'refresh-token'
  | 'session-token'
  | 'access-key'
  | 'secret-key'
  | 'client-secret'
  | 'pair';

/** An environment variable (and so a CI secret, a Kubernetes Secret entry, ...) that holds a credential by convention. */
export interface EnvName {
  readonly name: string;
  readonly kind: CredentialKind;
  /** `low` for names that other vendors share (`API_KEY`); default `high`. */
  readonly confidence?: Confidence;
  /** The name carries a path, an id or a short-lived token rather than the key: recognised, but never a reference to a key. */
  readonly notAKey?: true;
}

/** Languages whose code we read for references. */
export const LANGUAGES = ['javascript', 'python', 'go', 'java', 'ruby', 'csharp', 'shell', 'php', 'rust', 'kotlin'] as const;
export type Language = (typeof LANGUAGES)[number];

/** How one SDK takes its key, as data for the code reference finder. */
export interface SdkUse {
  readonly language: Language;
  /** Import paths or package names, exact or as a prefix before `/` or `.`: `@anthropic-ai/sdk`, `anthropic`, `com.anthropic`. */
  readonly packages: readonly string[];
  /** Constructors or factory calls that take a key: `Anthropic`, `createOpenAI`, `ChatOpenAI`. */
  readonly constructors: readonly string[];
  /** Argument or property names that carry the key: `apiKey`, `api_key`. */
  readonly keyArguments: readonly string[];
  /** Variables the constructor reads by itself when no key is passed. */
  readonly implicitEnv: readonly string[];
  /** The key may be handed over as the first argument, without a name. */
  readonly keyFirst?: true;
  /** Hands the provider's own client a key, an empty one where it has none: an identity that the environment holds is not found through it. */
  readonly keyOnly?: true;
  /** Talks to this provider alone: what it is given is this provider's key, also from a variable that is named after another. */
  readonly alone?: true;
}

/** Named checks on the structure of a match; see `detect/proofs.ts`. Data, so that detectors stay serialisable. */
export type ProofName =
  | 'anthropic-tail'
  | 'openai-halves'
  | 'azure-mark'
  | 'aws-account'
  | 'aws-secret'
  | 'bedrock-long'
  | 'bedrock-short'
  | 'github-crc32'
  | 'google-auth-key'
  | 'google-service-account'
  | 'google-authorized-user'
  | 'uuid-v4'
  | 'jwt-expiry';

/** Character classes that the prefilter can test without leaving WebAssembly. */
export type ByteClass = 'hex' | 'alnum' | 'url' | 'base64' | 'upper-alnum' | 'base32' | 'any';

/** A literal that must stand in the bytes before anything else is tried, and what must follow it at once. */
export interface PrefilterLiteral {
  /** ASCII, at least 3 bytes, as rare as the format allows. */
  readonly text: string;
  /** Compare letters without case (for names such as `mistral`); costs up to 8 x the candidates, so only where needed. */
  readonly ignoreCase?: true;
  /** At least `count` bytes of `class` must follow the literal. Rejects most chance hits inside WebAssembly. */
  readonly followedBy?: { readonly class: ByteClass; readonly count: number };
}

/**
 * A detector: one record per credential format. Patterns are linear (no nested quantifiers, no backreference) and are run only on a
 * window round a literal hit, never on a whole file.
 */
export interface Detector {
  /** Kebab-case, unique, starts with the provider id: `anthropic-api-key`. The finding code is `DK-SECRET-` + upper case. */
  readonly id: string;
  readonly title: string;
  readonly kind: CredentialKind;
  readonly lifetime: Lifetime;
  readonly privilege: Privilege;
  readonly literals: readonly PrefilterLiteral[];
  /**
   * Source of a regular expression (no flags; `i` only through `ignoreCase`). Must hold a group `(?<key>...)`: the secret. Boundaries
   * are added round the group `key` by the matcher from `boundary`, which also knows `\n`, `\u0022` and `%3D` before a key.
   */
  readonly pattern: string;
  readonly ignoreCase?: true;
  /** Characters that may not stand directly before or after the key. */
  readonly boundary: ByteClass;
  /** Bytes before and after the literal that the pattern may need. Keep small; `after` at least the longest key. */
  readonly window: { readonly before: number; readonly after: number };
  /** Constant prefix of the key that a preview may show; '' when the format has none. */
  readonly publicPrefix: string;
  /** Shannon entropy floor, bits per character, over the key without its public prefix. */
  readonly minEntropy: number;
  readonly proof?: ProofName;
  /** Confidence when shape and entropy hold, and when the proof holds or is refuted. A refuted proof drops the finding when absent. */
  readonly confidence: { readonly shape: Confidence; readonly proven?: Confidence; readonly refuted?: Confidence };
  /**
   * The shape is not distinctive: only report when one of `words` stands within `distance` characters before the key (or after it, for
   * `anywhere`), compared without case. `assigned` asks for a name = value relation, not mere nearness.
   */
  readonly context?: {
    readonly words: readonly string[];
    readonly distance: number;
    readonly relation: 'assigned' | 'near';
  };
  /** False for shapes too weak to be sought in binary files. Default: true when `proof` or `publicPrefix` exist. */
  readonly inBinary?: boolean;
  /** False: tree only, because the literals are too common for history. Default true. */
  readonly inHistory?: boolean;
  readonly samples: {
    /**
     * Texts that must be found, with keys written as recipes (`sk-ant-api03-{url:93}AA`) that a seeded generator fills in, so that no
     * whole key ever stands in a file. Classes: hex, HEX, alnum, lower, lower-alnum, upper-alnum, alpha, url, base64, base32, digit, uuid; `{same:N}` repeats the N-th
     * recipe part; `{{` is a brace. Special recipes: `{absk}`, `{bedrock-short}`, `{github-crc:ghp_}`, `{gcp-json}`, `{gcp-user-json}`.
     */
    readonly ok: readonly string[];
    /** Texts (same recipes) in which this detector must report nothing at confidence high or medium. */
    readonly ng: readonly string[];
  };
  /** Row of evidence: `H` two rule sets agree, `M` one, and where it was read. */
  readonly evidence: { readonly grade: 'H' | 'M'; readonly source: string };
}

/** Whether federation can replace this provider's keys, as of `checked`. */
export type Federation =
  /** `terms`: what an account has to have, where it is not open to all. Follows a name: `offers it ...`. */
  | { readonly kind: 'native'; readonly note: string; readonly source: string; readonly terms?: string }
  | { readonly kind: 'after-change'; readonly note: string; readonly source: string }
  | { readonly kind: 'none'; readonly note: string; readonly source: string };

/** One AI provider (a relying party), or a cloud that leads to one. */
export interface Provider {
  /** Kebab-case registry id, equal to the file name. */
  readonly id: string;
  readonly title: string;
  /** ISO date on which the facts below were last compared with their sources. */
  readonly checked: string;
  /** Lower-case words that name the provider in identifiers and prose: `anthropic`, `claude`. */
  readonly words: readonly string[];
  /** API host names that show a key nearby is this provider's. */
  readonly hosts: readonly string[];
  readonly env: readonly EnvName[];
  readonly sdks: readonly SdkUse[];
  readonly detectors: readonly Detector[];
  readonly federation: Federation;
  /** Ways to do without the key, best first. A provider without any is left with a broker. */
  readonly routes?: readonly Route[];
  /** The service is gone: its keys are to be deleted, not replaced. `on` is an ISO date. */
  readonly retired?: { readonly on: string; readonly note: string; readonly source: string };
  /** Whether a leaked key can run up cost with no ceiling unless its owner set one. */
  readonly spend: 'uncapped' | 'capped' | 'prepaid' | 'none' | 'unknown';
  /** How to end a key of this provider, in one sentence. */
  readonly revoke: string;
}
