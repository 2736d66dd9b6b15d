import type { Credential, Finding, Inventory } from '../../model/inventory.ts';
import { SEVERITIES } from '../../model/levels.ts';
import { visible } from '../../support/escape.ts';
import { credentialTitle, describeFinding, readinessDetails } from '../messages.ts';
import type { RenderOptions } from '../renderer.ts';
import { groupCredentials } from '../text.ts';
import { findingsOf, type Page, pageOf, plainPalette } from '../text-page.ts';
import { pageChanges } from './data-changes.ts';
import { findingRow, type Indexes, pageCredential, Strings } from './data-credentials.ts';
import { pageEdges, pagePlatforms, pageProviders } from './data-graph.ts';
import { pageReadiness } from './data-readiness.ts';
import type { Group, Levels, PageData, PageTarget, Skip, Stats } from './page-data.ts';

/** Examples of what was left out, by target; an inventory names up to twenty. */
const EXAMPLES = 20;

/**
 * The inventory as the page reads it. With `share` only what can be counted: no target, path, name, preview, id or reason of the scanned world; titles of
 * providers and platforms come from our registries, and an id that those do not know is not shown.
 */
export function pageData(inventory: Inventory, options: RenderOptions): PageData {
  const page: Page = { ...pageOf(inventory, options, plainPalette), clean: visible };
  const grouped = groupCredentials(page);
  const groupOf = new Map<string, Group>();
  const fill = (group: Group, credentials: readonly Credential[]): void => credentials.forEach(({ id }) => groupOf.set(id, group));
  fill('open', grouped.certain);
  fill('doubtful', grouped.doubtful);
  fill('short-lived', grouped.shortLived);
  fill('accepted', grouped.accepted);
  fill('unused', grouped.unused);
  fill('missing', grouped.missing);
  const keys = [...grouped.certain, ...grouped.unused];
  const providers = pageProviders(page, keys);
  const platforms = pagePlatforms(page, keys);
  const shared: PageData = {
    tool: `${inventory.tool.name} ${visible(inventory.tool.version)}`,
    title: '',
    share: true,
    stats: statsOf(page, groupOf, keys),
    ...sinceOf(page, true),
    trend: (options.trend ?? []).map(({ date, today, afterChange, none }) => ({ date, today, afterChange, none })),
    providers: providers.map((one, index) => ({ ...one, id: String(index), title: page.catalog.providers.has(one.id) ? one.title : 'another provider' })),
    platforms: platforms.map((one, index) => ({ ...one, id: String(index), title: page.catalog.platforms.has(one.id) || one.id === 'code' ? one.title : 'another platform' })),
    edges: pageEdges(page, keys, platforms, providers),
    targets: [],
    skipped: [],
    problems: [],
    credentials: [],
    workloads: [],
    findings: [],
    strings: [''],
  };
  return options.share === true ? shared : { ...shared, share: false, title: titleOf(page), ...sinceOf(page, false), providers, platforms, ...named(page, groupOf, providers.map(({ id }) => id), platforms.map(({ id }) => id)) };
}

function named(page: Page, groupOf: ReadonlyMap<string, Group>, providers: readonly string[], platforms: readonly string[]): Pick<PageData, 'targets' | 'skipped' | 'problems' | 'credentials' | 'workloads' | 'findings' | 'strings' | 'changes' | 'readiness'> {
  const { inventory } = page;
  const strings = new Strings();
  const order = inventory.credentials.toSorted((a, b) => SEVERITIES.indexOf(a.risk.level) - SEVERITIES.indexOf(b.risk.level) || b.risk.score - a.risk.score);
  const numbered = (items: readonly { readonly id: string }[]): ReadonlyMap<string, number> => new Map(items.map(({ id }, index) => [id, index]));
  const at: Indexes = {
    credentials: numbered(order),
    workloads: numbered(inventory.workloads),
    targets: numbered(inventory.targets),
    findings: numbered(inventory.findings),
    providers: new Map(providers.map((id, index) => [id, index])),
  };
  const titles = new Map<string, string>();
  const titleOfFinding = (finding: Finding): string => {
    const key = `${finding.confidence === 'low'} ${finding.code} ${finding.provider}`;
    const known = titles.get(key) ?? page.clean(describeFinding(finding, page.catalog).title);
    titles.set(key, known);
    return known;
  };
  const listed = new Map((inventory.accounts?.listed ?? []).map((one) => [one.credential, one]));
  const platformAt = new Map(platforms.map((id, index) => [id, index]));
  return {
    targets: inventory.targets.map((target): PageTarget => ({
      id: target.id,
      name: page.clean(target.name),
      kind: page.clean(target.kind),
      complete: target.complete,
      files: target.files,
      objects: target.objects,
      facts: Object.entries(target.facts).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => [page.clean(key), page.clean(value)] as const),
    })),
    skipped: inventory.targets.flatMap((target) => target.skipped.map((one): Skip => ({ reason: page.clean(one.reason), count: one.count, target: page.clean(target.name), examples: one.examples.slice(0, EXAMPLES).map(page.clean), incomplete: one.incomplete }))),
    problems: inventory.problems.map(({ path, line, message, fix }) => ({ place: `${page.clean(path)}:${line}`, message: page.clean(message), fix: page.clean(fix) })),
    findings: inventory.findings.map((finding) => findingRow(page, finding, titleOfFinding, at, strings)),
    credentials: order.map((credential) => pageCredential(credential, findingsOf(page, credential), { page, at, strings, groupOf, listed })),
    workloads: inventory.workloads.map(({ id, platform, name, location, uses, identity }) => ({
      id,
      platform: platformAt.get(platform) ?? -1,
      name: page.clean(name),
      target: at.targets.get(location.target) ?? -1,
      path: strings.number(page.clean(location.path)),
      line: location.line,
      uses: uses.flatMap((used) => at.credentials.get(used) ?? []),
      identity: strings.number(identity.kind === 'enabled' ? `asks for a token already: ${page.clean(identity.how)}` : identity.kind === 'available' ? 'could ask for a token, does not yet' : 'its platform issues no token'),
    })),
    strings: strings.list,
    ...(page.options.changes === undefined ? {} : { changes: pageChanges(page.options.changes, order, page.clean) }),
    ...pageReadiness(inventory.findings, (finding) => readinessDetails(finding, page.clean), page.clean),
  };
}

function titleOf({ inventory, clean }: Page): string {
  const names = inventory.targets.map(({ name }) => clean(name));
  if (names.length <= 3) return names.join(', ');
  const organization = inventory.targets.find(({ kind }) => kind === 'github-organization');
  return organization === undefined ? `${names[0] ?? ''} and ${names.length - 1} more` : clean(organization.name);
}

function statsOf(page: Page, groupOf: ReadonlyMap<string, Group>, keys: readonly Credential[]): Stats {
  const { inventory } = page;
  const inGroup = (group: Group): number => [...groupOf.values()].filter((one) => one === group).length;
  const open = keys.filter(({ id }) => groupOf.get(id) === 'open');
  const isStored = (credential: Credential): boolean => !credential.seen && credential.findings.some((id) => page.findings.get(id)?.detector === 'stored-key');
  const count = (disposition: Credential['disposition']): number => keys.filter((one) => one.disposition === disposition).length;
  const levels: Levels = [0, 1, 2, 3, 4].map((level) => keys.filter(({ risk }) => SEVERITIES.indexOf(risk.level) === level).length) as unknown as Levels;
  return {
    credentials: inventory.credentials.length,
    findings: inventory.findings.length,
    workloads: inventory.workloads.length,
    targets: inventory.targets.length,
    incomplete: inventory.targets.filter(({ complete }) => !complete).length,
    files: inventory.targets.reduce((sum, { files }) => sum + files, 0),
    objects: inventory.targets.reduce((sum, { objects }) => sum + objects, 0),
    levels,
    seen: open.filter(({ seen }) => seen).length,
    stored: open.filter(isStored).length,
    named: open.filter((credential) => !credential.seen && !isStored(credential)).length,
    unused: inGroup('unused'),
    missing: inGroup('missing'),
    doubtful: inGroup('doubtful'),
    shortLived: inGroup('short-lived'),
    accepted: inGroup('accepted'),
    today: count('today'),
    afterChange: count('after-change'),
    none: count('none'),
  };
}

function sinceOf(page: Page, isShared: boolean): Pick<PageData, 'since'> {
  const { comparison } = page.options;
  if (comparison === undefined) return {};
  const count = (state: string): number => [...comparison.credentials.values()].filter((one) => one.state === state).length;
  const findings = new Map<string, Finding[]>();
  for (const finding of comparison.fixedFindings) {
    const own = findings.get(finding.credential);
    if (own === undefined) findings.set(finding.credential, [finding]);
    else own.push(finding);
  }
  const fixedKeys = comparison.fixed.map((credential) => ({
    title: page.clean(credentialTitle(credential, findings.get(credential.id) ?? [], page.catalog)),
    preview: page.clean(credential.preview),
    level: Math.max(0, SEVERITIES.indexOf(credential.risk.level)),
    score: credential.risk.score,
  }));
  const name = page.clean(comparison.date ?? (isShared ? (comparison.name === '' ? '' : 'an earlier inventory') : comparison.name));
  return { since: { name, added: count('new'), fixed: comparison.fixed.length, changed: count('changed'), fixedKeys: isShared ? [] : fixedKeys } };
}
