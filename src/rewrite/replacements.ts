import { type Suffixes, suffixesOf } from '../emit/_identity-variables.ts';
import type { Migration, MigrationPlan } from '../model/plan.ts';
import type { Provider } from '../model/provider.ts';
import type { NameTable } from '../model/reference.ts';
import { buildNameTable } from '../providers/_names.ts';
import type { Kept, Replacement } from './types.ts';

export { isPerIdentity, variableOf } from '../emit/_identity-variables.ts';

/** What the files of one target have to be rewritten for. */
export interface TargetReplacements {
  readonly replacements: readonly Replacement[];
  readonly kept: readonly Kept[];
}

/** The migrations of `plan` in `target`, as rewriters need them. Pure. */
export function replacementsOf(plan: Pick<MigrationPlan, 'migrations' | 'identities'> & { readonly targets?: readonly Pick<MigrationPlan['targets'][number], 'id' | 'repository'>[] }, target: string, providers: readonly Provider[]): TargetReplacements {
  const byId = new Map(providers.map((provider) => [provider.id, provider]));
  const identities = new Map(plan.identities.map((identity) => [identity.target.id, identity]));
  const own = plan.migrations.filter((migration) => migration.target === target);
  const suffixOf = suffixesOf(plan.migrations, target, plan.targets?.find(({ id }) => id === target)?.repository?.split('/').at(-1));
  const names = own.some(({ path }) => SOURCE.test(path)) ? buildNameTable(providers) : undefined;
  const replacements: Replacement[] = [];
  const kept: Kept[] = [];
  for (const migration of own) {
    const provider = byId.get(migration.provider);
    const local = names !== undefined && SOURCE.test(migration.path) ? migration.keys.filter((name) => !saysWhose(name, provider, names)) : [];
    const base = { migration: migration.id, provider: migration.provider, title: shortTitle(provider?.title ?? migration.provider), workload: migration.name, platform: migration.platform, path: migration.path, line: migration.line, names: migration.keys.filter((name) => !local.includes(name)), ...(local.length === 0 ? {} : { localNames: local }) };
    const made = replacementOf(migration, base, provider, identities, suffixOf(migration));
    if (made !== undefined) replacements.push(made);
    else kept.push({ ...base, code: migration.noPath?.code ?? 'no-route', reason: migration.noPath?.reason ?? 'No path was planned.', unblock: migration.noPath?.unblock ?? 'Plan again.' });
  }
  return { replacements, kept };
}

/** Programs: what one of them calls its key says nothing of any other file. */
const SOURCE = /\.(?:[cm]?[jt]sx?|vue|svelte|astro|pyw?|ipynb|go|java|kts?|rb|cs|php|rs)$/i;

/** Whether the name by itself, wherever it stands, is one of a key of this provider. */
function saysWhose(name: string, provider: Provider | undefined, names: NameTable): boolean {
  return names.lookup(name)?.provider === provider?.id || provider?.env.some((entry) => entry.name === name) === true || provider?.sdks.some(({ implicitEnv }) => implicitEnv.includes(name)) === true;
}

type Base = Pick<Replacement, 'migration' | 'provider' | 'title' | 'workload' | 'platform' | 'path' | 'line' | 'names' | 'localNames'>;

function replacementOf({ chosen, environment, floors }: Migration, base: Base, provider: Provider | undefined, identities: ReadonlyMap<string, MigrationPlan['identities'][number]>, suffixes: Suffixes): Replacement | undefined {
  const [first] = chosen?.hops ?? [];
  const identity = identities.get(first?.identity ?? '');
  if (chosen === null || first === undefined || identity === undefined) return undefined;
  const terms = termsOf(chosen.route, base.title, provider);
  return {
    ...base,
    ...(terms === undefined ? {} : { terms }),
    variables: [...new Set((provider?.env ?? []).filter(({ notAKey }) => notAKey !== true).map(({ name }) => name))],
    readByClients: [...new Set([...(provider?.sdks ?? []).flatMap(({ implicitEnv }) => implicitEnv), ...(provider?.routes?.find(({ id }) => id === chosen.route)?.remove ?? [])])],
    hosts: provider?.hosts ?? [],
    parties: chosen.hops.map(({ party }) => party),
    route: chosen.route,
    class: chosen.class,
    outcome: chosen.outcome,
    change: chosen.change,
    identity: { id: first.identity, audience: identity.target.policy.audience, permission: identity.target.permission, subject: identity.target.policy.subject?.text },
    suffix: suffixes.own,
    otherRuns: (first.otherRuns ?? []).flatMap(({ run, identity: id }, index) => {
      const other = identities.get(id);
      return other === undefined ? [] : [{ run, id, audience: other.target.policy.audience, suffix: suffixes.otherRuns[index] ?? '' }];
    }),
    set: environment.set,
    remove: environment.remove.filter((name) => base.localNames?.includes(name) !== true),
    floors,
  };
}

/** Where the provider's own federation is no feature of every account. */
function termsOf(route: string, title: string, provider: Provider | undefined): string | undefined {
  const known = provider?.routes?.find(({ id }) => id === route);
  if (known === undefined || known.class !== 'native' || known.status === 'general') return undefined;
  const { federation } = provider ?? {};
  if (federation?.kind === 'native' && federation.terms !== undefined) return `${title} offers this ${federation.terms}`;
  return known.status === 'preview' ? `${title} offers this as a preview` : `${title} has to switch this on first`;
}

/** `Microsoft Entra ID application (client secret)` without what stands in parentheses. */
function shortTitle(title: string): string {
  return title.replace(/ \(.*\)$/, '');
}
