/** Federated identity credentials of Entra applications and managed identities. */
import { childOf, textOf } from '../support/data-tree.ts';
import { firstOf, openJson, textsOf } from './json.ts';
import type { Condition, TrustReading } from './model.ts';

/** Reads a credential as Graph, ARM or the command line have it. Never throws. */
export function readAzureCredential(text: string): TrustReading {
  const { root, duplicateKeys, problems } = openJson(text);
  if (root === undefined) return { documents: [], problems };
  const inside = childOf(root, 'properties');
  const body = inside?.kind === 'map' ? inside : root;
  const base = body === root ? '' : '/properties';
  const issuer = textOf(childOf(body, 'issuer'));
  const subject = textOf(childOf(body, 'subject'));
  const flexible = childOf(body, 'claimsMatchingExpression');
  const expression = textOf(flexible) ?? textOf(childOf(flexible, 'value'));
  const named = firstOf(body, 'audiences', 'audience');
  const audiences = textsOf(named?.value);
  const conditions: Condition[] = [];
  const faults = [...problems];
  if (subject !== undefined) conditions.push({ claim: 'sub', matcher: { kind: 'exact', values: [subject] }, operator: 'subject', place: `${base}/subject` });
  if (expression !== undefined) {
    const place = `${base}/claimsMatchingExpression`;
    conditions.push(
      ...(flexibleConditions(expression, place) ?? [{ claim: '', matcher: { kind: 'unknown', text: expression } as const, operator: expression, place }]),
    );
  }
  if (subject !== undefined && expression !== undefined) faults.push({ place: base, message: 'subject and claimsMatchingExpression exclude each other' });
  if (issuer === undefined) faults.push({ place: `${base}/issuer`, message: 'no issuer' });
  if (audiences.length > 0)
    conditions.push({ claim: 'aud', matcher: { kind: 'exact', values: audiences }, operator: 'audiences', place: `${base}/${named?.key ?? 'audiences'}` });
  return {
    documents: [
      { party: 'azure', arms: [{ issuer, conditions, place: base }], duplicateKeys, azure: { audiences, ...(expression === undefined ? {} : { expression }) } },
    ],
    problems: faults,
  };
}

/** `claims['sub'] matches '...' and claims['job_workflow_ref'] eq '...'`, one space round each word; undefined for any other text. */
function flexibleConditions(expression: string, place: string): readonly Condition[] | undefined {
  const clause = /claims\['([\w.]+)'\] (eq|matches) '([^']*)'/y;
  const conditions: Condition[] = [];
  for (let at = 0; ;) {
    clause.lastIndex = at;
    const found = clause.exec(expression);
    const [whole, claim, operator, value] = found ?? [];
    if (whole === undefined || claim === undefined || value === undefined) return undefined;
    const matcher = operator === 'eq' ? ({ kind: 'exact', values: [value] } as const) : ({ kind: 'glob', dialect: 'azure', values: [value] } as const);
    conditions.push({ claim, matcher, operator: operator ?? '', place });
    at += whole.length;
    if (at === expression.length) return conditions;
    if (!expression.startsWith(' and ', at)) return undefined;
    at += ' and '.length;
  }
}
