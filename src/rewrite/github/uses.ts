import { contextUses, findExpressions, type ContextUse } from '../../platforms/_shared/ci-expression.ts';
import { entriesOf, get, itemsOf, textOf, type YamlEntry, type YamlNode, type YamlScalar } from '../../support/yaml.ts';
import type { YamlMap } from '../yaml-edit.ts';

/** Where in a workflow a value stands. */
export type Scope = 'workflow-env' | 'job-env' | 'container-env' | 'service-env' | 'step-env' | 'step-with' | 'step-run' | 'secrets' | 'other';

/** One place where a key is read. */
export interface Use {
  readonly scope: Scope;
  readonly scalar: YamlScalar;
  /** The entry that holds it, with its map; absent in lists. */
  readonly held: { readonly holder: YamlMap; readonly entry: YamlEntry } | undefined;
  readonly step: YamlMap | undefined;
  /** `plain`: the whole value is the key; `fallback`: one key or another or a literal; `part`: the key inside a longer text; `mixed`: an expression that may give something else. */
  readonly shape: 'plain' | 'fallback' | 'part' | 'mixed';
  /** Offsets in the value of each `${{ }}` that reads the key. */
  readonly spans: readonly { readonly start: number; readonly end: number }[];
}

/** A name as names are compared: variables, secrets and inputs differ in case and dash only. */
export function normal(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}

/** Every place below `node` where one of `names` is read from the secrets. */
export function usesOf(holder: YamlMap, names: ReadonlySet<string>, place: (route: readonly string[]) => Scope, step?: YamlMap): readonly Use[] {
  const uses: Use[] = [];
  function visit(node: YamlNode, held: Use['held'], route: readonly string[]): void {
    if (node.kind === 'map') for (const entry of node.entries) visit(entry.value, { holder: node, entry }, [...route, entry.key]);
    else if (node.kind === 'seq') for (const item of node.items) visit(item, undefined, route);
    else {
      const use = useOf(node, held, names);
      if (use !== undefined) uses.push({ ...use, scope: place(route), step });
    }
  }
  for (const entry of holder.entries) visit(entry.value, { holder, entry }, [entry.key]);
  return uses;
}

function useOf(scalar: YamlScalar, held: Use['held'], names: ReadonlySet<string>): Omit<Use, 'scope' | 'step'> | undefined {
  if (!scalar.value.includes('secrets')) return undefined;
  const spans: { start: number; end: number }[] = [];
  let shape: Use['shape'] = 'plain';
  const isNamed = held !== undefined && names.has(normal(held.entry.key));
  for (const expression of findExpressions(scalar.value)) {
    const all = contextUses(expression.tokens);
    const secrets = all.filter(({ context }) => context === 'secrets');
    if (!secrets.some((use) => isKey(use, names, isNamed))) continue;
    spans.push({ start: expression.start, end: expression.end });
    const others = all.filter(({ context }) => context !== 'secrets');
    const operators = expression.tokens.filter((token) => token.kind === 'operator' && token.text !== '.' && token.text !== '[' && token.text !== ']');
    if (others.length > 0 || secrets.some((use) => !isKey(use, names, isNamed)) || operators.some(({ text }) => text !== '||' && text !== '(' && text !== ')')) shape = 'mixed';
    else if (operators.length > 0 && shape === 'plain') shape = 'fallback';
  }
  if (spans.length === 0) return undefined;
  const rest = spans.toReversed().reduce((text, { start, end }) => text.slice(0, start) + text.slice(end), scalar.value);
  return { scalar, held, spans, shape: shape === 'mixed' ? 'mixed' : rest.trim() !== '' ? 'part' : shape };
}

function isKey(use: ContextUse, names: ReadonlySet<string>, isNamed: boolean): boolean {
  const [name, ...more] = use.path;
  if (name === undefined || more.length > 0 || use.computed !== undefined) return false;
  return names.has(normal(name)) || (isNamed && normal(name) !== 'GITHUB_TOKEN');
}

/** Secrets taken by a computed name, or all at once, below `node`: `secrets[matrix.key]`, `toJSON(secrets)`. */
export function computedUses(node: YamlNode): readonly YamlScalar[] {
  const found: YamlScalar[] = [];
  function visit(current: YamlNode): void {
    if (current.kind === 'map') for (const { value } of current.entries) visit(value);
    else if (current.kind === 'seq') for (const item of current.items) visit(item);
    else if (current.value.includes('secrets') && findExpressions(current.value).some(({ tokens }) => contextUses(tokens).some(({ context, computed, whole, path }) => context === 'secrets' && (computed !== undefined || whole || path.length === 0)))) found.push(current);
  }
  visit(node);
  return found;
}

/** Steps of a job in order, those of `parallel` groups with their group's place. */
export function stepsOf(job: YamlNode): readonly { readonly step: YamlMap; readonly top: YamlNode }[] {
  return itemsOf(get(job, 'steps')).flatMap((top) => {
    const steps = [top, ...itemsOf(get(top, 'parallel'))];
    return steps.flatMap((step) => (step.kind === 'map' ? [{ step, top }] : []));
  });
}

/** Events that start the workflow. */
export function triggersOf(root: YamlNode): readonly string[] {
  const on = get(root, 'on');
  const single = textOf(on);
  if (single !== undefined) return [single];
  return [...itemsOf(on).flatMap((item) => textOf(item) ?? []), ...entriesOf(on).map(({ key }) => key)];
}
