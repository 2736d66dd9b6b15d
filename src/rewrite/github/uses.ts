import { bareExpression, contextUses, findExpressions, isTest, type ContextUse } from '../../platforms/_shared/ci-expression.ts';
import { entriesOf, get, itemsOf, textOf, type YamlEntry, type YamlNode, type YamlScalar } from '../../support/yaml.ts';
import type { YamlMap } from '../yaml-edit.ts';

/** Where in a workflow a value stands. */
export type Scope = 'workflow-env' | 'job-env' | 'container-env' | 'service-env' | 'step-env' | 'step-with' | 'step-run' | 'step-if' | 'job-if' | 'secrets' | 'outputs' | 'other';

/** One place where a key is read. */
export interface Use {
  readonly scope: Scope;
  readonly scalar: YamlScalar;
  /** The entry that holds it, with its map; absent in lists. */
  readonly held: { readonly holder: YamlMap; readonly entry: YamlEntry } | undefined;
  readonly step: YamlMap | undefined;
  /**
   * `plain`: the whole value is the key; `fallback`: one key or another of the same provider; `gate`: only asks whether there is a key; `part`: the key inside a longer text; `mixed`:
   * an expression that may give something else.
   */
  readonly shape: 'plain' | 'fallback' | 'gate' | 'part' | 'mixed';
  /** Offsets in the value: of each `${{ }}` that reads the key, or for a gate of each read. */
  readonly spans: readonly { readonly start: number; readonly end: number }[];
}

/** Which reads are reads of the key. */
export interface KeyNames {
  /** Normalised. */
  readonly names: ReadonlySet<string>;
  /** Where keys come from: `secrets` or `inputs`. */
  readonly contexts: ReadonlySet<string>;
  /** Variables of the job or workflow that hold a key, normalised: `env.NAME` reads it. */
  readonly variables?: ReadonlySet<string>;
}

/** A name as names are compared: variables, secrets and inputs differ in case and dash only. */
export function normal(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}

/** Every place below `holder` where a key is read. */
export function usesOf(holder: YamlMap, keys: KeyNames, place: (route: readonly string[]) => Scope, step?: YamlMap): readonly Use[] {
  const uses: Use[] = [];
  function visit(node: YamlNode, held: Use['held'], route: readonly string[]): void {
    if (node.kind === 'map') for (const entry of node.entries) visit(entry.value, { holder: node, entry }, [...route, entry.key]);
    else if (node.kind === 'seq') for (const item of node.items) visit(item, undefined, route);
    else {
      const scope = place(route);
      const use = useOf(node, held, keys, scope);
      if (use !== undefined) uses.push({ ...use, scope, step });
    }
  }
  for (const entry of holder.entries) visit(entry.value, { holder, entry }, [entry.key]);
  return uses;
}

function useOf(scalar: YamlScalar, held: Use['held'], keys: KeyNames, scope: Scope): Omit<Use, 'scope' | 'step'> | undefined {
  const value = scalar.value.toLowerCase();
  if (![...keys.contexts].some((context) => value.includes(context)) && !((keys.variables?.size ?? 0) > 0 && value.includes('env'))) return undefined;
  const isNamed = held !== undefined && keys.names.has(normal(held.entry.key));
  const expressions = findExpressions(scalar.value);
  // `if:` is an expression without braces.
  const all = isCondition(scope) && expressions.length === 0 ? [bareExpression(scalar.value)] : expressions;
  const spans: { start: number; end: number }[] = [];
  const gates: { start: number; end: number }[] = [];
  let shape: 'plain' | 'fallback' | 'mixed' = 'plain';
  for (const expression of all) {
    const uses = contextUses(expression.tokens);
    const own = uses.filter((use) => isKey(use, keys, isNamed));
    if (own.length === 0) continue;
    if (isCondition(scope) || isTest(expression.tokens)) {
      gates.push(...own.map(({ start, end }) => ({ start, end })));
      continue;
    }
    spans.push({ start: expression.start, end: expression.end });
    const others = uses.length > own.length;
    const operators = expression.tokens.filter((token) => token.kind === 'operator' && !['.', '[', ']'].includes(token.text));
    const strings = expression.tokens.some((token, index) => (token.kind === 'string' && !(expression.tokens[index - 1]?.text === '[')) || token.kind === 'number');
    const isLiteralLess = !strings && !expression.tokens.some((token) => token.kind === 'name' && /^(?:true|false|null)$/i.test(token.text));
    if (others || !isLiteralLess || operators.some(({ text }) => text !== '||' && text !== '(' && text !== ')')) shape = 'mixed';
    else if (operators.length > 0 && shape === 'plain') shape = 'fallback';
  }
  if (spans.length === 0) return gates.length === 0 ? undefined : { scalar, held, spans: gates, shape: 'gate' };
  if (gates.length > 0) return { scalar, held, spans, shape: 'mixed' };
  const rest = spans.toReversed().reduce((text, { start, end }) => text.slice(0, start) + text.slice(end), scalar.value);
  return { scalar, held, spans, shape: shape === 'mixed' ? 'mixed' : rest.trim() !== '' ? 'part' : shape };
}

export function isCondition(scope: Scope): boolean {
  return scope === 'step-if' || scope === 'job-if';
}

function isKey(use: ContextUse, { names, contexts, variables }: KeyNames, isNamed: boolean): boolean {
  const [name, ...more] = use.path;
  if (name === undefined || more.length > 0 || use.computed !== undefined) return false;
  if (use.context === 'env') return variables?.has(normal(name)) ?? false;
  if (!contexts.has(use.context)) return false;
  return names.has(normal(name)) || (isNamed && use.context === 'secrets' && normal(name) !== 'GITHUB_TOKEN');
}

/** Secrets taken by a computed name, or all at once, below `node`: `secrets[matrix.key]`, `toJSON(secrets)`. */
export function computedUses(node: YamlNode): readonly YamlScalar[] {
  const found: YamlScalar[] = [];
  function visit(current: YamlNode): void {
    if (current.kind === 'map') for (const { value } of current.entries) visit(value);
    else if (current.kind === 'seq') for (const item of current.items) visit(item);
    else if (current.value.includes('secrets') && findExpressions(current.value).some(({ tokens }) => contextUses(tokens).some(({ context, computed, whole }) => context === 'secrets' && (computed !== undefined || whole)))) found.push(current);
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

/** Where below a job, but for its steps, a route leads. */
export function jobScope([first, second, third]: readonly string[]): Scope {
  if (first === 'env') return 'job-env';
  if (first === 'container' && second === 'env') return 'container-env';
  if (first === 'services' && third === 'env') return 'service-env';
  if (first === 'if') return 'job-if';
  if (first === 'secrets') return 'secrets';
  if (first === 'outputs') return 'outputs';
  return 'other';
}

/** Where below a step a route leads. */
export function stepScope([first]: readonly string[]): Scope {
  if (first === 'env') return 'step-env';
  if (first === 'with') return 'step-with';
  if (first === 'run') return 'step-run';
  if (first === 'if') return 'step-if';
  return 'other';
}

/** The name of a job's environment, as it is written. */
export function environmentOf(job: ReturnType<typeof get>): string | undefined {
  const environment = get(job, 'environment');
  return textOf(environment) ?? textOf(get(environment, 'name'));
}
