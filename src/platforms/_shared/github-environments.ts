import { at, entriesOf, get, itemsOf, textOf, textsOf, type YamlNode } from '../../support/yaml.ts';

/** More of them are better served by one name. */
const MOST = 6;
/** It stands in an expression and in a subject as it is. */
const NAME = /^[A-Za-z0-9._-]{1,100}$/;

/**
 * The environments that an expression in `environment:` can give, the usual one first: its literals, the options of a `choice` input, the values of a matrix. None where any part of it
 * may be something else, or nothing.
 */
export function environmentsOf(root: YamlNode | undefined, job: YamlNode): readonly string[] {
  const environment = get(job, 'environment');
  const expression = /^\$\{\{((?:(?!\$\{\{|\}\}).)*)\}\}$/s.exec((textOf(environment) ?? textOf(get(environment, 'name')) ?? '').trim())?.[1];
  // Parentheses would have to be understood.
  if (expression === undefined || /[()]/.test(expression)) return [];
  const terms = expression.split('||').map((term) => term.split('&&').at(-1)?.trim() ?? '');
  const found = terms.map((term) => valuesOf(root, job, term));
  // Without a last literal or a matrix value nothing may be what is left: then there is no environment in the token.
  const isAlways = /^'[^']*'$/.test(terms.at(-1) ?? '') || terms.at(-1)?.startsWith('matrix.') === true || isOnlyByHand(root);
  const all = found.flatMap((values) => values ?? []);
  const usual = /^'([^']*)'$/.exec(terms.at(-1) ?? '')?.[1] ?? defaultOf(root, terms.at(-1) ?? '') ?? all[0];
  const names = [...new Set([usual ?? '', ...all])];
  return isAlways && found.every((values) => values !== undefined) && names.length <= MOST && names.every((name) => NAME.test(name)) ? names : [];
}

/** Values of one operand; undefined where they cannot be listed. */
function valuesOf(root: YamlNode | undefined, job: YamlNode, term: string): readonly string[] | undefined {
  const literal = /^'([^']*)'$/.exec(term)?.[1];
  if (literal !== undefined) return [literal];
  const given = inputOf(root, term);
  if (given !== undefined) {
    const options = itemsOf(get(given, 'options'));
    return textOf(get(given, 'type')) === 'choice' && options.length > 0 && options.every(({ kind }) => kind === 'scalar') ? textsOf(get(given, 'options')) : undefined;
  }
  const key = /^matrix\.([\w-]+)$/.exec(term)?.[1];
  const matrix = at(job, ['strategy', 'matrix']);
  if (key === undefined || matrix?.kind !== 'map') return undefined;
  const own = get(matrix, key);
  const included = get(matrix, 'include');
  // An expression in place of a list is a list that does not stand here.
  if ([own, included].some((list) => list !== undefined && list.kind !== 'seq')) return undefined;
  const values = [...itemsOf(own).map(textOf), ...itemsOf(included).flatMap((item) => entriesOf(item).filter((entry) => entry.key === key).map((entry) => textOf(entry.value)))];
  if (own === undefined && values.length !== itemsOf(included).length) return undefined;
  return values.every((value) => value !== undefined) && values.length > 0 ? values : undefined;
}

/** What `workflow_dispatch` says of an input, unless callers can give anything under its name. */
function inputOf(root: YamlNode | undefined, term: string): YamlNode | undefined {
  const name = /^(?:github\.event\.)?inputs\.([\w-]+)$/.exec(term)?.[1];
  if (name === undefined || (!term.startsWith('github') && at(root, ['on', 'workflow_call', 'inputs', name]) !== undefined)) return undefined;
  return at(root, ['on', 'workflow_dispatch', 'inputs', name]);
}

function defaultOf(root: YamlNode | undefined, term: string): string | undefined {
  return textOf(get(inputOf(root, term), 'default'));
}

/** Whether all runs are started by hand, so that an input always has a value. */
function isOnlyByHand(root: YamlNode | undefined): boolean {
  const on = get(root, 'on');
  const triggers = on?.kind === 'map' ? on.entries.map(({ key }) => key) : textsOf(on);
  return triggers.length > 0 && triggers.every((trigger) => trigger === 'workflow_dispatch');
}
