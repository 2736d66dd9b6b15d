/** A service that holds keys of its customers: whoever breaks into it has them. */
export interface Holder {
  /** Kebab-case, as `--exposed-by` takes it. */
  readonly id: string;
  readonly title: string;
  readonly kind: 'evaluation' | 'observability' | 'gateway' | 'agents' | 'hosting' | 'ci';
  /** Id of the provider whose keys open an account there. */
  readonly provider?: string;
  /** Hosts through which calls to models pass with the caller's key, or which keep keys for it: `oai.helicone.ai`, with a path where the host does other things too. */
  readonly gateways?: readonly string[];
  /** Ids of platforms that are this service: the secrets of what runs there are stored with it. */
  readonly platforms?: readonly string[];
  /** Ids of stores that are this service's. */
  readonly stores?: readonly string[];
}

/** How sure it is that the service held a key. `own`: it opens an account of ours at the service itself. */
export type Held = 'held' | 'own' | 'likely' | 'possible';
