import type { Migration, MigrationPlan } from '../model/plan.ts';
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

/** Whether every identity at a party has a value of its own for this input. */
export function isPerIdentity(input: string): boolean {
  return PER_IDENTITY.has(input);
}

type Suffixed = Pick<Migration, 'target' | 'platform' | 'chosen'>;

/** What stands behind the variables of a migration's identity, and of those for other runs, in their order. */
export interface Suffixes {
  readonly own: string;
  readonly otherRuns: readonly string[];
}

/**
 * What stands behind the variables of an identity, where several are let in by the same party: those of one target, whose files read the same variables. In a cluster
 * all targets share what lies in a namespace. An identity for other runs has the event or the branch behind its variables, everywhere.
 *
 * @param repository name of the repository that holds the target: its variables need not say it.
 */
export function suffixesOf(migrations: readonly Suffixed[], target: string, repository = ''): (migration: Suffixed) => Suffixes {
  const here = namesAt(migrations.filter((migration) => migration.target === target), repository);
  const clustered = clusteredNames(migrations);
  return ({ platform, chosen }) => {
    const [first] = chosen?.hops ?? [];
    if (first === undefined) return { own: '', otherRuns: [] };
    const { party, identity, otherRuns = [] } = first;
    const names = CLUSTERS.has(platform) && (clustered.get(party)?.size ?? 0) > 1 ? clustered : here;
    // In a cluster identities are called by their whole names: other repositories have theirs beside them.
    const own = names.get(party)?.get(identity) ?? '';
    return { own: own !== '' && CLUSTERS.has(platform) ? words(identity) : own, otherRuns: otherRuns.map((other) => here.get(party)?.get(other.identity) ?? '') };
  };
}

/** Asked for each target of a plan, and the same for all of them. */
const clusteredOf = new WeakMap<readonly Suffixed[], ReturnType<typeof namesAt>>();

function clusteredNames(migrations: readonly Suffixed[]): ReturnType<typeof namesAt> {
  const known = clusteredOf.get(migrations) ?? namesAt(migrations.filter(({ platform }) => CLUSTERS.has(platform)), '');
  clusteredOf.set(migrations, known);
  return known;
}

/** By identity: what stands behind its variables in the files that read them. */
export function suffixesByIdentity({ migrations, targets }: Pick<MigrationPlan, 'migrations' | 'targets'>): ReadonlyMap<string, string> {
  const result = new Map<string, string>();
  for (const { id, repository } of targets) {
    const suffixOf = suffixesOf(migrations, id, repository?.split('/').at(-1));
    for (const migration of migrations) {
      const [hop] = migration.chosen?.hops ?? [];
      if (migration.target !== id || hop === undefined) continue;
      const { own, otherRuns } = suffixOf(migration);
      result.set(hop.identity, own);
      for (const [index, { identity }] of (hop.otherRuns ?? []).entries()) result.set(identity, otherRuns[index] ?? '');
    }
  }
  return result;
}

/** By party and identity: what its variables end with. */
function namesAt(migrations: readonly Suffixed[], repository: string): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const hops = migrations.flatMap(({ chosen }) => chosen?.hops ?? []);
  const result = new Map<string, Map<string, string>>();
  for (const party of new Set(hops.map((hop) => hop.party))) {
    const at = hops.filter((hop) => hop.party === party);
    const runs = new Map<string, Set<string>>();
    for (const { run, identity } of at.flatMap(({ otherRuns = [] }) => otherRuns)) {
      const name = run.event === 'push' ? run.branch : run.event === 'environment' ? run.environment : run.event;
      runs.set(name, (runs.get(name) ?? new Set()).add(identity));
    }
    const others = new Set([...runs.values()].flatMap((identities) => [...identities]));
    const usual = new Set(at.map(({ identity }) => identity).filter((identity) => !others.has(identity)));
    const names = new Map<string, string>();
    for (const [identity, name] of numbered(usual, repository)) names.set(identity, usual.size > 1 ? name : '');
    for (const [run, identities] of runs) for (const [identity, name] of numbered(identities, repository)) names.set(identity, identities.size > 1 ? name : words(run));
    result.set(party, names);
  }
  return result;
}

/** Identities with their names as variables end with them: without the repository, and without a number that only tells them from those of another party. */
function numbered(identities: ReadonlySet<string>, repository: string): readonly (readonly [identity: string, name: string])[] {
  const whole = [...identities].map((identity) => [identity, withoutRepository(words(identity), words(repository))] as const);
  const bare = whole.map(([identity, name]) => [identity, name.replace(/_\d+$/, '')] as const);
  return new Set(bare.map(([, name]) => name)).size === bare.length && bare.every(([, name]) => name !== '') ? bare : whole;
}

/** Letters that are left of a name at least. */
const SHORTEST = 8;

/** Without the words of the repository that it begins with: all of them, or as many as fitted. */
function withoutRepository(name: string, repository: string): string {
  const [own, others] = [name.split('_').slice(1), repository.split('_').slice(1)];
  let same = 0;
  while (same < others.length && own[same] === others[same]) same += 1;
  // The first word may have been cut.
  if (same === 0 && (own[0]?.length ?? 0) >= SHORTEST && others[0]?.startsWith(own[0] ?? '') === true) same = 1;
  return same === 0 || same === own.length ? name : `_${own.slice(same).join('_')}`;
}

function words(text: string): string {
  const clean = text.toUpperCase().replace(/[^A-Z0-9]+/g, '_').replace(/^_+|_+$/g, '');
  return clean === '' ? '' : `_${clean}`;
}
