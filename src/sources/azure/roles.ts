import type { Privilege } from '../../model/provider.ts';
import type { Fields } from '../_shared/api-shape.ts';

/** What a role allows, as far as it matters for models. */
export interface Role {
  readonly name: string;
  readonly callsModels: boolean;
  readonly readsKeys: boolean;
  readonly grantsRoles: boolean;
}

const CALL = 'Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action';
const LIST_KEYS = 'Microsoft.CognitiveServices/accounts/listKeys/action';
const GRANT = 'Microsoft.Authorization/roleAssignments/write';
const MOST_NAMED = 5;

/** @throws ShapeError */
export function roleOf(item: Fields): { readonly id: string; readonly role: Role } {
  const properties = item.within('properties');
  const permissions = properties.maybeList('permissions');
  const allows = (action: string, yes: string, no: string): boolean => permissions.some((one) => one.maybeTexts(yes).some((pattern) => fits(pattern, action)) && !one.maybeTexts(no).some((pattern) => fits(pattern, action)));
  return {
    id: lastPart(item.id('id')),
    role: {
      name: properties.maybeText('roleName') ?? lastPart(item.id('id')),
      callsModels: allows(CALL, 'dataActions', 'notDataActions'),
      readsKeys: allows(LIST_KEYS, 'actions', 'notActions'),
      grantsRoles: allows(GRANT, 'actions', 'notActions'),
    },
  };
}

/** `*` stands for any characters; case does not count. */
function fits(pattern: string, action: string): boolean {
  const parts = pattern.toLowerCase().split('*');
  const text = action.toLowerCase();
  const [first = '', ...rest] = parts;
  if (rest.length === 0) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  const last = rest.pop() ?? '';
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

/** The same role has an id below each subscription: its last part is what they share. */
function lastPart(id: string): string {
  return id.split('/').at(-1)?.toLowerCase() ?? '';
}

/** A role that somebody has somewhere. */
export interface Assignment {
  /** Object id, in lower case. */
  readonly principal: string;
  readonly isGroup: boolean;
  readonly role: string;
  readonly scope: string;
}

/** @throws ShapeError */
export function assignmentOf(item: Fields): Assignment {
  const properties = item.within('properties');
  return { principal: properties.id('principalId').toLowerCase(), isGroup: properties.maybeText('principalType') === 'Group', role: lastPart(properties.id('roleDefinitionId')), scope: properties.maybeId('scope') ?? '/' };
}

/** What an application may do in the subscription. Undefined parts: nothing is known of it. */
export interface Reach {
  readonly privilege: Privilege;
  readonly can: string | undefined;
  readonly roles: string | undefined;
  readonly reaches: string | undefined;
}

export function reachOf(assignments: readonly Assignment[], roles: ReadonlyMap<string, Role>, subscription: string, accounts: readonly string[]): Reach {
  const root = `/subscriptions/${subscription}`;
  const known = assignments.flatMap(({ role, scope }) => (roles.has(role) ? [{ role: roles.get(role), scope }] : []));
  const isWhole = (scope: string): boolean => covers(scope, root);
  const may = (can: (role: Role) => boolean, where: (scope: string) => boolean): boolean => known.some(({ role, scope }) => role !== undefined && can(role) && where(scope));
  const holdsAccount = (scope: string): boolean => isWhole(scope) || accounts.some((account) => covers(scope, account));
  const [calls, readsKeys] = [may((role) => role.callsModels, holdsAccount), may((role) => role.readsKeys, holdsAccount)];
  const grants = may((role) => role.grantsRoles, isWhole);
  const can = [...(calls ? ['call models'] : []), ...(readsKeys ? ['read keys of AI accounts'] : []), ...(grants ? ['grant roles'] : [])];
  const names = [...new Set(known.map(({ role, scope }) => `${role?.name ?? ''} on ${scope === '' ? '/' : scope}`))].toSorted();
  return {
    privilege: grants ? 'admin' : calls || readsKeys ? 'account' : 'unknown',
    can: can.length === 0 ? undefined : can.join(', '),
    roles: names.length === 0 ? undefined : `${names.slice(0, MOST_NAMED).join(', ')}${names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : ''}`,
    reaches: calls || readsKeys ? 'azure-openai' : undefined,
  };
}

/** A role on `scope` counts for `resource` as well. Those above the subscription are listed only when they do. */
function covers(scope: string, resource: string): boolean {
  const [above, below] = [scope.toLowerCase().replace(/\/+$/, ''), resource.toLowerCase()];
  return above === '' || above.startsWith('/providers/microsoft.management/') || below === above || below.startsWith(`${above}/`);
}
