import type { OtherRun } from '../model/issuer.ts';
import type { Hop, Migration } from '../model/plan.ts';
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
 * all targets share what lies in a namespace. Identities for other runs always have the event or the branch behind theirs.
 *
 * @param repository name of the repository that holds the target: its variables need not say it.
 */
export function suffixesOf(migrations: readonly Suffixed[], target: string, repository = ''): (migration: Suffixed) => Suffixes {
  const here = migrations.filter((migration) => migration.target === target);
  const own = identitiesAt(here, ({ party, identity }) => [[party, identity]]);
  const clustered = identitiesAt(migrations.filter(({ platform }) => CLUSTERS.has(platform)), ({ party, identity }) => [[party, identity]]);
  const others = identitiesAt(here, ({ party, otherRuns = [] }) => otherRuns.map(({ run, identity }) => [`${party} ${runName(run)}`, identity]));
  return ({ platform, chosen }) => {
    const [first] = chosen?.hops ?? [];
    if (first === undefined) return { own: '', otherRuns: [] };
    const { party, identity, otherRuns = [] } = first;
    const several = isSeveral(own, party) || (CLUSTERS.has(platform) && isSeveral(clustered, party));
    return {
      own: several ? suffixed(identity, CLUSTERS.has(platform) ? '' : repository) : '',
      otherRuns: otherRuns.map((other) => (isSeveral(others, `${party} ${runName(other.run)}`) ? suffixed(other.identity, repository) : suffixed(runName(other.run), ''))),
    };
  };
}

function runName(run: OtherRun): string {
  return run.event === 'push' ? run.branch : run.event;
}

function isSeveral(identities: ReadonlyMap<string, ReadonlySet<string>>, key: string): boolean {
  return (identities.get(key)?.size ?? 0) > 1;
}

function suffixed(identity: string, repository: string): string {
  const words = (text: string): string => text.toUpperCase().replace(/[^A-Z0-9]+/g, '_').replace(/^_+|_+$/g, '');
  const [all, head] = [words(identity), `${words(repository)}_`];
  return `_${head.length > 1 && all.startsWith(head) && all.length > head.length ? all.slice(head.length) : all}`;
}

function identitiesAt(migrations: readonly Suffixed[], pick: (hop: Hop) => readonly (readonly [key: string, identity: string])[]): ReadonlyMap<string, ReadonlySet<string>> {
  const result = new Map<string, Set<string>>();
  for (const [key, identity] of migrations.flatMap(({ chosen }) => (chosen?.hops ?? []).flatMap(pick))) result.set(key, (result.get(key) ?? new Set()).add(identity));
  return result;
}
