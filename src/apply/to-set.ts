import type { AppliedFile, ValueToSet } from '../model/apply.ts';
import type { Input } from '../model/text.ts';
import { isPerIdentity, variableOf } from '../rewrite/replacements.ts';
import type { Replacement } from '../rewrite/types.ts';

/** Systems that hand every variable of theirs to a job unasked: a value that a client reads by itself then stands in no line of the file. */
const HANDS_ALL_ON: ReadonlySet<string> = new Set(['gitlab-ci', 'circleci', 'buildkite', 'bitbucket-pipelines']);

/** Names by which a file usually says where it runs: one that is read there already has a value. */
const REGIONS: ReadonlySet<string> = new Set(['AWS_REGION', 'AWS_DEFAULT_REGION', 'GOOGLE_LOCATION']);

/**
 * Values that are no secrets and that what was changed reads from somewhere: each has to be set there before it runs. Sorted by where and name.
 *
 * @param before a file as it stood.
 */
export function valuesToSet(files: readonly AppliedFile[], replacements: readonly Replacement[], inputs: ReadonlyMap<string, Input>, known: (input: string) => string | undefined, before: (file: Pick<AppliedFile, 'target' | 'path'>) => string = () => ''): readonly ValueToSet[] {
  const byMigration = new Map(replacements.map((replacement) => [replacement.migration, replacement]));
  const found = new Map<string, ValueToSet>();
  for (const file of files) {
    const { changes, hunks } = file;
    const added = hunks.flatMap(({ lines }) => lines.filter(({ kind }) => kind === 'added').map(({ text }) => text)).join('\n');
    for (const { migrations, rewriter } of changes) {
      for (const replacement of migrations.flatMap((id) => byMigration.get(id) ?? [])) {
        const implied = new Set(HANDS_ALL_ON.has(rewriter) ? Object.values(replacement.set).flatMap((value) => /^\{([a-z_]+\.[a-z_]+)\}$/.exec(value)?.[1] ?? []) : []);
        const identities = [{ id: replacement.identity.id, suffix: replacement.suffix }, ...(replacement.otherRuns ?? [])];
        for (const input of inputs.values()) {
          if (!isOf(input.id, replacement)) continue;
          for (const { id, suffix } of identities) {
            const name = variableOf(input.id, { suffix });
            const key = name.toLowerCase().replaceAll('_', '-');
            const where = readsConfigMap(added, key) ? 'config-map' : readsVariable(added, name) || (implied.has(input.id) && id === replacement.identity.id) ? 'variable' : undefined;
            if (where === undefined || (REGIONS.has(name) && isThere(before(file), name))) continue;
            const shown = where === 'config-map' ? key : name;
            const isShared = name === variableOf(input.id, { suffix: '' }) && ((replacement.otherRuns ?? []).length === 0 || !isPerIdentity(input.id));
            if (!found.has(`${where} ${shown}`)) found.set(`${where} ${shown}`, { where, name: shown, input: input.id, title: input.title, how: input.how, identity: isShared ? null : id, value: known(input.id) ?? null });
          }
        }
      }
    }
  }
  return [...found.values()].toSorted((a, b) => compare(a.where, b.where) || compare(a.name, b.name));
}

function isOf(input: string, { parties }: Replacement): boolean {
  const party = input.slice(0, input.indexOf('.'));
  return parties.some((one) => one === party) || (party === 'azure_devops' && parties[0] === 'azure');
}

/** Whether a file reads the variable already, or gives it a value. */
function isThere(text: string, name: string): boolean {
  return readsVariable(text, name) || new RegExp(`^\\s*-?\\s*["']?${name}["']?\\s*:\\s*\\S`, 'm').test(text);
}

function readsVariable(text: string, name: string): boolean {
  return new RegExp(`(?:\\b(?:vars|secrets)\\.|\\$[({]?)${name}(?![A-Z0-9_])`).test(text);
}

function readsConfigMap(text: string, key: string): boolean {
  return text.includes('dekey-identity') && new RegExp(`\\bkey: ["']?${key}(?![a-z0-9-])`).test(text);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
