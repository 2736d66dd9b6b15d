import type { ListedKey } from '../../model/account.ts';
import { facts } from '../_shared/account-source.ts';
import type { Fields } from '../_shared/api-shape.ts';

const GEMINI = 'generativelanguage.googleapis.com';
export const VERTEX = 'aiplatform.googleapis.com';
const MOST_NAMED = 5;

/**
 * An API key that reaches an AI service, or might; undefined for one that does not. Restrictions are of `google/api/apikeys/v2/resources.proto`: without API
 * targets all services of the project that are enabled, with them those alone; names are compared without case.
 *
 * @param enabled services of the project; undefined when they could not be read
 * @throws ShapeError
 */
export function apiKey(item: Fields, project: string, enabled: ReadonlySet<string> | undefined): Omit<ListedKey, 'target'> | undefined {
  const name = item.id('name');
  const restrictions = item.maybeWithin('restrictions');
  const targets = (restrictions?.maybeList('apiTargets') ?? []).map((target) => (target.maybeText('service') ?? '').toLowerCase());
  const account = item.maybeText('serviceAccountEmail');
  const may = (service: string): boolean => (targets.length === 0 ? (enabled?.has(service) ?? true) : targets.includes(service));
  // A key reaches Vertex AI only as the service account it is bound to.
  const [isGemini, isVertex] = [may(GEMINI), may(VERTEX) && (account !== undefined || targets.includes(VERTEX))];
  if (!isGemini && !isVertex) return undefined;
  const isOpen = targets.length === 0;
  const reaches = [...(isGemini ? ['gemini'] : []), ...(isVertex ? ['vertex'] : [])].join(',');
  const created = item.maybeTime('createTime');
  const isDeleted = item.maybeTime('deleteTime') !== undefined;
  return {
    provider: isGemini ? 'google-gemini' : 'google-vertex',
    kind: 'api-key',
    privilege: isOpen ? (enabled === undefined ? 'unknown' : 'project') : targets.every((target) => target === GEMINI || target === VERTEX) ? 'restricted' : 'project',
    id: name,
    name: item.maybeText('displayName') ?? name.split('/').at(-1) ?? name,
    status: isDeleted ? 'inactive' : 'active',
    ...(account === undefined ? {} : { owner: { kind: 'service-account', name: account } }),
    ...(created === undefined ? {} : { created }),
    // The resource has no end.
    expires: 'never',
    facts: facts({
      project,
      can: 'call models',
      // Without the list of services it is not known where a key without restrictions leads, and nothing is to be said of it.
      restrictions: isOpen && enabled === undefined ? undefined : restrictionsOf(targets, restrictions),
      reaches: isOpen && enabled === undefined ? undefined : reaches,
      note: noteOf(isOpen, isGemini ? GEMINI : VERTEX, enabled),
    }),
  };
}

function noteOf(isOpen: boolean, service: string, enabled: ReadonlySet<string> | undefined): string | undefined {
  if (enabled === undefined) return isOpen ? 'which services it reaches is not known: those that are enabled could not be read' : undefined;
  return enabled.has(service) ? undefined : `${service} is not enabled in the project now`;
}

const CLIENTS: readonly (readonly [string, string, string])[] = [
  ['browserKeyRestrictions', 'allowedReferrers', 'websites'],
  ['serverKeyRestrictions', 'allowedIps', 'addresses'],
  ['iosKeyRestrictions', 'allowedBundleIds', 'iOS apps'],
];

function restrictionsOf(targets: readonly string[], restrictions: Fields | undefined): string {
  const parts = targets.length === 0 ? [] : [`services: ${listed(targets.toSorted())}`];
  for (const [field, list, title] of CLIENTS) {
    const given = restrictions?.maybeWithin(field)?.maybeTexts(list) ?? [];
    if (given.length > 0) parts.push(`${title}: ${listed(given)}`);
  }
  const apps = restrictions?.maybeWithin('androidKeyRestrictions')?.maybeList('allowedApplications') ?? [];
  if (apps.length > 0) parts.push(`Android apps: ${listed(apps.map((app) => app.maybeText('packageName') ?? ''))}`);
  return parts.length === 0 ? 'none' : parts.join('; ');
}

function listed(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  return `${names.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
