/** What the code readers hand to each other: places by offset, before lines and columns are known. */
import type { Confidence } from '../../model/levels.ts';
import type { CredentialKind, Provider } from '../../model/provider.ts';
import type { NameMatch, NameTable, ReferenceStore } from '../../model/reference.ts';

/** A place that consumes a key. Offsets are UTF-16 code units of the text that was read. */
export interface FoundReference {
  /** An SDK that talks to one provider alone says whose key it is, whatever the variable is called. */
  provider: string;
  kind: CredentialKind;
  readonly name: string;
  readonly alias?: string;
  readonly store: ReferenceStore;
  readonly confidence: Confidence;
  route: string;
  /** True when the route tells the SDK call that takes the key. */
  sdk?: boolean;
  readonly start: number;
  readonly end: number;
  /** The variable this value is assigned to at once: `const key = process.env.X`. */
  readonly variable?: string;
  /** True when the place gives the value rather than reads it. */
  readonly write: boolean;
}

export interface FoundValue {
  readonly provider: string;
  readonly kind: CredentialKind;
  readonly name: string;
  readonly route: string;
  readonly start: number;
  readonly end: number;
}

/** Everything found in one text. */
export interface Findings {
  readonly references: FoundReference[];
  readonly values: FoundValue[];
  /** Packages of AI SDKs that the text imports. */
  readonly packages: Set<string>;
}

/** Longer names are not looked up: it keeps the work for a token constant. */
const LONGEST_NAME = 100;
const LARGEST_MEMORY = 20_000;
const memories = new WeakMap<NameTable, Map<string, NameMatch | null>>();

/** `names.lookup`, remembered: the same few thousand identifiers fill every repository. */
export function lookUp(names: NameTable, name: string): NameMatch | undefined {
  if (name.length < 3 || name.length > LONGEST_NAME) return undefined;
  let memory = memories.get(names);
  if (memory === undefined || memory.size > LARGEST_MEMORY) {
    memory = new Map();
    memories.set(names, memory);
  }
  const known = memory.get(name);
  if (known !== undefined) return known ?? undefined;
  const match = names.lookup(name);
  memory.set(name, match ?? null);
  return match;
}

/** `OPENAI_API_KEY`: how environment variables are written, and hardly anything else. */
export function isEnvironmentName(name: string): boolean {
  return /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/.test(name);
}

export function weaker(a: Confidence, b: Confidence): Confidence {
  if (a === 'low' || b === 'low') return 'low';
  return a === 'medium' || b === 'medium' ? 'medium' : 'high';
}

/** The kind of key that variable `name` of `provider` holds. */
export function kindOfName(provider: Provider, name: string): CredentialKind {
  return (provider.env.find((entry) => entry.name === name) ?? provider.env[0])?.kind ?? 'api-key';
}
