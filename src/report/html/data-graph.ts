import type { Credential, Workload } from '../../model/inventory.ts';
import { SEVERITIES } from '../../model/levels.ts';
import { shortProviderTitle } from '../messages.ts';
import type { Page } from '../text-page.ts';
import type { Edge, Fate, PagePlatform, PageProvider } from './page-data.ts';

const FEDERATION: Readonly<Record<'native' | 'after-change' | 'none', string>> = { native: 'Accepts workload identity today', 'after-change': 'Reached after a change of code or model access', none: 'Has no federation' };

/** Every provider that has a credential, most keys first; `keys` are those on the path to zero. */
export function pageProviders(page: Page, keys: readonly Credential[]): readonly PageProvider[] {
  const ids = [...new Set(page.inventory.credentials.map(({ provider }) => provider))];
  return ids
    .map((id): PageProvider => {
      const own = keys.filter(({ provider }) => provider === id);
      const count = (disposition: Credential['disposition']): number => own.filter((one) => one.disposition === disposition).length;
      const known = page.catalog.providers.get(id);
      return {
        id,
        title: page.clean(shortProviderTitle(id, page.catalog)),
        keys: own.length,
        workloads: new Set(own.flatMap(({ workloads }) => workloads)).size,
        today: count('today'),
        afterChange: count('after-change'),
        none: count('none'),
        worst: own.length === 0 ? 4 : Math.min(...own.map(({ risk }) => Math.max(0, SEVERITIES.indexOf(risk.level)))),
        federation: known === undefined ? 'not in the registry' : `${known.federation.kind === 'native' && known.federation.terms !== undefined ? `Offers workload identity ${known.federation.terms}` : FEDERATION[known.federation.kind]}. ${known.federation.note}`.replaceAll('`', ''),
        revoke: (known?.revoke ?? '').replaceAll('`', ''),
        checked: known?.checked ?? '',
      };
    })
    .toSorted((a, b) => b.keys - a.keys || (a.title < b.title ? -1 : 1));
}

export function pagePlatforms(page: Page, keys: readonly Credential[]): readonly PagePlatform[] {
  const byId = new Map<string, number>();
  for (const { platform } of page.inventory.workloads) byId.set(platform, (byId.get(platform) ?? 0) + 1);
  const used = new Map<string, number>();
  for (const { workloads } of keys) {
    for (const platform of new Set(workloads.flatMap((id) => page.workloads.get(id)?.platform ?? []))) used.set(platform, (used.get(platform) ?? 0) + 1);
  }
  return [...byId]
    .map(([id, workloads]): PagePlatform => {
      const known = page.catalog.platforms.get(id);
      return { id, title: known?.title ?? (id === 'code' ? 'Source code' : page.clean(id)), issuesTokens: known?.issuesTokens === true, workloads, keys: used.get(id) ?? 0 };
    })
    .toSorted((a, b) => b.workloads - a.workloads || (a.title < b.title ? -1 : 1));
}

/** Who uses whose keys, and what becomes of that. Platform -1: no workload is known to use the key. */
export function pageEdges(page: Page, keys: readonly Credential[], platforms: readonly PagePlatform[], providers: readonly PageProvider[]): readonly Edge[] {
  const platformAt = new Map(platforms.map(({ id }, index) => [id, index]));
  const providerAt = new Map(providers.map(({ id }, index) => [id, index]));
  const edges = new Map<string, { platform: number; provider: number; fate: Fate; keys: Set<string>; workloads: Set<string> }>();
  const add = (credential: Credential, workload: Workload | undefined): void => {
    const platform = workload === undefined ? -1 : (platformAt.get(workload.platform) ?? -1);
    const provider = providerAt.get(credential.provider) ?? -1;
    const fate = fateOf(credential, platforms[platform]);
    const key = `${platform} ${provider} ${fate}`;
    const edge = edges.get(key) ?? { platform, provider, fate, keys: new Set(), workloads: new Set() };
    edge.keys.add(credential.id);
    if (workload !== undefined) edge.workloads.add(workload.id);
    edges.set(key, edge);
  };
  for (const credential of keys) {
    if (credential.disposition === 'not-a-key') continue;
    const users = credential.workloads.flatMap((id) => page.workloads.get(id) ?? []);
    if (users.length === 0) add(credential, undefined);
    for (const user of users) add(credential, user);
  }
  return [...edges.values()].map((edge) => ({ ...edge, keys: edge.keys.size, workloads: edge.workloads.size })).toSorted((a, b) => (a.platform < 0 ? platforms.length : a.platform) - (b.platform < 0 ? platforms.length : b.platform) || a.provider - b.provider || (a.fate < b.fate ? -1 : 1));
}

function fateOf({ disposition }: Credential, platform: PagePlatform | undefined): Fate {
  if (disposition === 'none') return 'stays';
  if (platform?.issuesTokens !== true) return 'unknown';
  return disposition === 'today' ? 'token' : 'change';
}
