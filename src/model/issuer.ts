/**
 * One way a platform writes the subject of its tokens. A subject that is in no form of the platform is no subject of it.
 */
export interface SubjectForm {
  /** Kebab-case, one per platform. */
  readonly id: string;
  /** The text with `{field}` where a value stands: `system:serviceaccount:{namespace}:{name}`. */
  readonly template: string;
  /** By field: characters that its values never hold, the one that ends it among them. A field that is not listed holds no colon. */
  readonly except?: Readonly<Record<string, string>>;
}

/** What a platform signs about a workload, and under which name. Facts with a date: `Platform.checked`. */
export interface TokenSource {
  /** `iss`, to the last slash, with `{field}` where it differs between customers. */
  readonly issuer: string;
  /** Whether all customers of the platform share the issuer: then a rule without a tenant trusts strangers. */
  readonly isShared: boolean;
  /** In the order in which a reader should look for them. No text is in two. */
  readonly subjects: readonly SubjectForm[];
  /** Whether a colon inside a value is written `%3A`. */
  readonly escapesColons?: true;
  /** Claims that hold ids which are never given out again, so that a rule outlives a rename and refuses a namesake. */
  readonly stableClaims: readonly string[];
  /** Page the facts were read at. */
  readonly source: string;
}
