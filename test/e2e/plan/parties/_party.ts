/** What all parties of the proof have in common. Each is a server on loopback that takes the vendor's own documents and enforces the vendor's rules. */
import type { Fields } from '../http.ts';

export const PROVEN = ['anthropic', 'openai', 'aws', 'google', 'azure'] as const;
export type ProvenParty = (typeof PROVEN)[number];

export interface Verdict {
  readonly accepted: boolean;
  /** Status of the exchange. */
  readonly status: number;
  /** Why it was refused, as the party knows it and mostly does not tell. Empty when accepted. */
  readonly reason: string;
  /** Seconds the token lives that was given out. */
  readonly expiresIn?: number;
}

/** A party that has taken documents and can now be asked for tokens. */
export interface Configured {
  readonly exchange: (token: string) => Promise<Verdict>;
  /** Whether a second exchange of the same token has to fail. */
  readonly refusesReplay: boolean;
  /** Audience that the documents ask for. */
  readonly audience: string;
  /** Largest `exp - iat` of a token, seconds, where the party has one. */
  readonly longest?: number;
  /** What a client has to name in the exchange, by input id: `anthropic.federation_rule_id`. */
  readonly ids: Readonly<Record<string, string>>;
}

export interface Party<Documents> {
  /** Where it listens. */
  readonly url: string;
  /** Bearer token of its administration calls, where it asks for one: for scripts that are run against it. */
  readonly admin?: string;
  /** Puts the documents in place by the vendor's own calls. Throws an Error that says which call was refused and why. */
  readonly configure: (documents: Documents) => Promise<Configured>;
  readonly stop: () => Promise<void>;
}

export interface Shape {
  readonly required?: readonly string[];
  readonly optional?: readonly string[];
}

/** The first thing wrong with the members of a body: one that is missing, or one that nobody documents. */
export function misshapen(body: Fields, { required = [], optional = [] }: Shape): string | undefined {
  const missing = required.find((name) => body[name] === undefined || body[name] === null);
  if (missing !== undefined) return `${missing}: field required`;
  const extra = Object.keys(body).find((name) => !required.includes(name) && !optional.includes(name));
  return extra === undefined ? undefined : `${extra}: extra inputs are not permitted`;
}
