import type { PartyId } from '../model/federation.ts';

/** Platforms that put a token of the pod's ServiceAccount into a file. */
export const CLUSTERS: ReadonlySet<string> = new Set(['kubernetes', 'eks', 'gke', 'aks']);
/** Holds the ids, which are no secrets, for manifests that are merged before they are known. */
export const CONFIG_MAP = 'dekey-identity';
/** Variable of the ids' kind for what GOOGLE_APPLICATION_CREDENTIALS points at. */
const CREDENTIAL_CONFIG = 'GOOGLE_CREDENTIAL_CONFIG';

/** Folder below which the token of each party is mounted: one volume for each, because their audiences differ. */
const MOUNT = '/var/run/secrets/dekey';

/**
 * The least that Kubernetes gives. It renews a token after four fifths of its life: a file that is newer than what was last exchanged, whenever a client
 * comes back, so that no token is shown twice. https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/ (2026-11-23)
 */
export const POD_TOKEN_SECONDS = 600;

/** The variable by which the client of a party finds the token. */
const TOKEN_VARIABLES: Partial<Readonly<Record<PartyId, string>>> = {
  aws: 'AWS_WEB_IDENTITY_TOKEN_FILE',
  azure: 'AZURE_FEDERATED_TOKEN_FILE',
  databricks: 'DATABRICKS_OIDC_TOKEN_FILEPATH',
};

/** Those of no client's own are named like Anthropic's and W&B's, which are. */
export function tokenVariable(party: PartyId): string {
  return TOKEN_VARIABLES[party] ?? `${party.toUpperCase().replaceAll('-', '_')}_IDENTITY_TOKEN_FILE`;
}

export function tokenFolder(party: PartyId): string {
  return `${MOUNT}/${party}`;
}

export function tokenVolume(party: PartyId): string {
  return `dekey-${party}`;
}

/** `anthropic-federation-rule-id`: where CONFIG_MAP has what other platforms have in ANTHROPIC_FEDERATION_RULE_ID. */
export function configKey(variable: string): string {
  return variable.toLowerCase().replaceAll('_', '-');
}

/** Where it has the credential configuration of Google. */
export function credentialConfigKey(suffix: string): string {
  return configKey(`${CREDENTIAL_CONFIG}${suffix}`);
}
