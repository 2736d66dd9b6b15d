import { entriesOf, entry, get, textOf, type YamlEntry, type YamlNode } from '../../support/yaml.ts';
import type { Edit } from '../edit.ts';
import { editorOf } from '../editors.ts';
import type { Replacement } from '../types.ts';
import type { YamlMap } from '../yaml-edit.ts';
import { actionOf } from './native.ts';
import { type KeyNames, normal, stepsOf, type Use, usesOf } from './uses.ts';

/** How a composite action takes the key: by inputs that it only puts into the environment of its steps, under the name that clients read by themselves. */
interface CompositeUse {
  readonly inputs: readonly YamlEntry[];
  readonly uses: readonly Use[];
}

/**
 * `.github/actions/ask` of `./.github/actions/ask/`; undefined when the action is of another repository. `$/` is this repository at the commit of the workflow, without a checkout.
 * https://github.com/actions/runner/pull/4457, 2026-11-29.
 */
export function folderOf(uses: string): string | undefined {
  return /^\.\/?$/.test(uses) ? '' : /^[.$]\//.test(uses) ? uses.slice(2).replace(/\/+$/, '') : undefined;
}

/** Names of inputs of the action `text` that the callers of `replacement` can leave out once a step before has set the environment. Normalised; empty when it does more with them. */
export function compositeKeys(text: string, replacement: Replacement): ReadonlySet<string> {
  const editor = editorOf(text);
  const [root] = editor.file.documents;
  if (root?.kind !== 'map' || editor.file.problems.length > 0) return new Set();
  const found = compositeUse(root, replacement);
  return new Set(found === undefined ? [] : found.inputs.map(({ key }) => normal(key)));
}

/** Edits of the action itself: the inputs go, and the lines that hand them on. Undefined when it does more with the key. */
export function compositeEdits(root: YamlMap, replacement: Replacement): readonly Edit[] | undefined {
  const found = compositeUse(root, replacement);
  const inputs = get(root, 'inputs');
  if (found === undefined || inputs?.kind !== 'map') return undefined;
  const names = found.inputs.map(({ key }) => key);
  return [
    ...found.inputs.map((gone): Edit => ({ kind: 'remove-entry', holder: inputs, entry: gone, names })),
    ...found.uses.flatMap(({ held }): Edit[] => (held === undefined ? [] : [{ kind: 'remove-entry', holder: held.holder, entry: held.entry, names }])),
  ];
}

function compositeUse(root: YamlMap, replacement: Replacement): CompositeUse | undefined {
  const runs = get(root, 'runs');
  // For Google more than a login step is needed where the key stood.
  if (textOf(get(runs, 'using')) !== 'composite' || runs?.kind !== 'map' || replacement.parties[0] === 'google') return undefined;
  const wanted = new Set([...replacement.names, ...replacement.variables].map(normal));
  const inputs = entriesOf(get(root, 'inputs')).filter(({ key }) => wanted.has(normal(key)) || [...wanted].some((name) => normal(key).endsWith(name)));
  if (inputs.length === 0) return undefined;
  const keys: KeyNames = { names: new Set(inputs.map(({ key }) => normal(key))), contexts: new Set(['inputs']) };
  const uses = stepsOf(runs).flatMap(({ step }) => usesOf(step, keys, ([first]) => (first === 'env' ? 'step-env' : first === 'if' ? 'step-if' : 'other'), step));
  const outputs = entry(root, 'outputs');
  const stray = outputs?.value.kind === 'map' ? usesOf(outputs.value, keys, () => 'outputs') : [];
  const isPlain = uses.every((use) => use.scope === 'step-env' && use.held !== undefined && (use.shape === 'plain' || use.shape === 'fallback') && isReadByClients(use.held.entry.key, replacement) && isRun(use.step));
  return uses.length === 0 || !isPlain || stray.length > 0 ? undefined : { inputs, uses };
}

function isReadByClients(name: string, { readByClients, variables, parties: [party], set }: Replacement): boolean {
  // An exchange puts its result under the key's usual name, whoever reads it there.
  const isExchange = party !== 'aws' && party !== 'google' && party !== 'anthropic' && !Object.values(set).includes('{token-file}');
  return readByClients.includes(name) || ((isExchange || party === 'aws') && variables.includes(name));
}

function isRun(step: YamlNode | undefined): boolean {
  return step?.kind === 'map' && actionOf(step) === undefined;
}
