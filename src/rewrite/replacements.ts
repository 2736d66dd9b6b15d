import type { Migration, MigrationPlan } from '../model/plan.ts';
import type { Provider } from '../model/provider.ts';
import type { Kept, Replacement } from './types.ts';

/** Inputs of which every identity at a party has one of its own. The others (organization, project, region) are the same for all. */
const PER_IDENTITY: ReadonlySet<string> = new Set([
  'anthropic.federation_rule_id', 'anthropic.service_account_id', 'openai.service_account_id', 'aws.role_arn', 'azure.client_id', 'google.service_account_email',
  'databricks.client_id', 'openrouter.federation_policy_id', 'huggingface.resource',
]);

/** What the files of one target have to be rewritten for. */
export interface TargetReplacements {
  readonly replacements: readonly Replacement[];
  readonly kept: readonly Kept[];
}

/** The migrations of `plan` in `target`, as rewriters need them. Pure. */
export function replacementsOf(plan: Pick<MigrationPlan, 'migrations' | 'identities'>, target: string, providers: readonly Provider[]): TargetReplacements {
  const byId = new Map(providers.map((provider) => [provider.id, provider]));
  const identities = new Map(plan.identities.map((identity) => [identity.target.id, identity]));
  const own = plan.migrations.filter((migration) => migration.target === target);
  const atParty = new Map<string, Set<string>>();
  for (const { chosen } of own) {
    for (const { party, identity } of chosen?.hops ?? []) atParty.set(party, (atParty.get(party) ?? new Set()).add(identity));
  }
  const replacements: Replacement[] = [];
  const kept: Kept[] = [];
  for (const migration of own) {
    const provider = byId.get(migration.provider);
    const base = { migration: migration.id, provider: migration.provider, title: shortTitle(provider?.title ?? migration.provider), workload: migration.name, platform: migration.platform, path: migration.path, line: migration.line, names: migration.keys };
    const made = replacementOf(migration, base, provider, identities, atParty);
    if (made !== undefined) replacements.push(made);
    else kept.push({ ...base, code: migration.noPath?.code ?? 'no-route', reason: migration.noPath?.reason ?? 'No path was planned.', unblock: migration.noPath?.unblock ?? 'Plan again.' });
  }
  return { replacements, kept };
}

type Base = Pick<Replacement, 'migration' | 'provider' | 'title' | 'workload' | 'platform' | 'path' | 'line' | 'names'>;

function replacementOf({ chosen, environment, floors }: Migration, base: Base, provider: Provider | undefined, identities: ReadonlyMap<string, MigrationPlan['identities'][number]>, atParty: ReadonlyMap<string, ReadonlySet<string>>): Replacement | undefined {
  const [first] = chosen?.hops ?? [];
  const identity = identities.get(first?.identity ?? '');
  if (chosen === null || first === undefined || identity === undefined) return undefined;
  const several = (atParty.get(first.party)?.size ?? 0) > 1;
  return {
    ...base,
    variables: [...new Set((provider?.env ?? []).filter(({ notAKey }) => notAKey !== true).map(({ name }) => name))],
    readByClients: [...new Set([...(provider?.sdks ?? []).flatMap(({ implicitEnv }) => implicitEnv), ...(provider?.routes?.find(({ id }) => id === chosen.route)?.remove ?? [])])],
    parties: chosen.hops.map(({ party }) => party),
    route: chosen.route,
    class: chosen.class,
    outcome: chosen.outcome,
    change: chosen.change,
    identity: { id: first.identity, audience: identity.target.policy.audience, permission: identity.target.permission, subject: identity.target.policy.subject?.text },
    suffix: several ? `_${first.identity.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}` : '',
    set: environment.set,
    remove: environment.remove,
    floors,
  };
}

/** `ANTHROPIC_FEDERATION_RULE_ID` of `anthropic.federation_rule_id`, with the identity's name behind it where there are several. */
export function variableOf(input: string, replacement: Pick<Replacement, 'suffix'>): string {
  return `${input.toUpperCase().replaceAll('.', '_')}${PER_IDENTITY.has(input) ? replacement.suffix : ''}`;
}

/** `Microsoft Entra ID application (client secret)` without what stands in parentheses. */
function shortTitle(title: string): string {
  return title.replace(/ \(.*\)$/, '');
}
