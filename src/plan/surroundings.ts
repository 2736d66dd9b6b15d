import type { PartyId } from '../model/federation.ts';
import type { Inventory } from '../model/inventory.ts';

/** Actions that log in somewhere: whoever uses one has the account, and its people know it. */
const ACTIONS: readonly (readonly [string, PartyId])[] = [
  ['aws-actions/', 'aws'],
  ['google-github-actions/', 'google'],
  ['azure/login', 'azure'],
  ['hashicorp/vault-action', 'vault'],
  ['infisical/', 'infisical'],
  ['dopplerhq/', 'doppler'],
  ['1password/', 'onepassword'],
  ['akeyless-community/', 'akeyless'],
];

/** Providers whose keys show that the account exists. */
const PROVIDERS: Readonly<Record<string, PartyId>> = {
  aws: 'aws',
  'aws-bedrock': 'aws',
  azure: 'azure',
  'azure-openai': 'azure',
  'google-vertex': 'google',
  litellm: 'litellm',
  portkey: 'portkey',
};

const RESOURCES: readonly (readonly [RegExp, PartyId])[] = [
  [/^(?:aws_|AWS::)/, 'aws'],
  [/^google_/, 'google'],
  [/^azurerm_/, 'azure'],
];

/** By target id: the parties that its files show to be in use. */
export function surroundingsOf(inventory: Inventory): ReadonlyMap<string, ReadonlySet<PartyId>> {
  const result = new Map<string, Set<PartyId>>(inventory.targets.map(({ id }) => [id, new Set()]));
  for (const { location, facts } of inventory.workloads) {
    const seen = result.get(location.target);
    if (seen === undefined) continue;
    for (const used of (facts['uses'] ?? '').toLowerCase().split(',')) for (const [action, party] of ACTIONS) if (used.startsWith(action)) seen.add(party);
    for (const [pattern, party] of RESOURCES) if (pattern.test(facts['resource'] ?? '')) seen.add(party);
  }
  const places = new Map(inventory.findings.map(({ id, location }) => [id, location.target]));
  for (const { provider, findings } of inventory.credentials) {
    const party = PROVIDERS[provider];
    if (party === undefined) continue;
    for (const finding of findings) result.get(places.get(finding) ?? '')?.add(party);
  }
  return result;
}
