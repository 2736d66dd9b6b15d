import type { Migration } from '../model/plan.ts';
import { CLUSTERS } from './_pod-token.ts';
import { variableName } from './_text.ts';

/** Inputs of which every identity at a party has one of its own. The others (organization, project, region) are the same for all. */
const PER_IDENTITY: ReadonlySet<string> = new Set([
  'anthropic.federation_rule_id', 'anthropic.service_account_id', 'openai.service_account_id', 'aws.role_arn', 'azure.client_id', 'google.service_account_email',
  'databricks.client_id', 'openrouter.federation_policy_id', 'huggingface.resource',
]);

/** `ANTHROPIC_FEDERATION_RULE_ID` of `anthropic.federation_rule_id`, with the identity's name behind it where there are several. */
export function variableOf(input: string, { suffix }: { readonly suffix: string }): string {
  return `${variableName(input)}${PER_IDENTITY.has(input) ? suffix : ''}`;
}

type Suffixed = Pick<Migration, 'target' | 'platform' | 'chosen'>;

/**
 * What stands behind the variables of an identity, where several are let in by the same party: those of one target, whose files read the same variables. In a cluster
 * all targets share what lies in a namespace.
 */
export function suffixesOf(migrations: readonly Suffixed[], target: string): (migration: Suffixed) => string {
  const own = identitiesAt(migrations.filter((migration) => migration.target === target));
  const clustered = identitiesAt(migrations.filter(({ platform }) => CLUSTERS.has(platform)));
  return ({ platform, chosen }) => {
    const [first] = chosen?.hops ?? [];
    if (first === undefined) return '';
    const several = (own.get(first.party)?.size ?? 0) > 1 || (CLUSTERS.has(platform) && (clustered.get(first.party)?.size ?? 0) > 1);
    return several ? `_${first.identity.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}` : '';
  };
}

function identitiesAt(migrations: readonly Suffixed[]): ReadonlyMap<string, ReadonlySet<string>> {
  const result = new Map<string, Set<string>>();
  for (const { chosen } of migrations) for (const { party, identity } of chosen?.hops ?? []) result.set(party, (result.get(party) ?? new Set()).add(identity));
  return result;
}
