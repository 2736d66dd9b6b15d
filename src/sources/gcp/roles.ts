import type { Privilege } from '../../model/provider.ts';
import type { HttpError } from '../../support/get.ts';
import type { RemoteCall } from '../remote.ts';
import { eachOf } from '../_shared/account-source.ts';
import type { ApiGaps } from '../_shared/api-gaps.ts';
import { itemsByToken } from '../_shared/api-pages.ts';
import { cut, Fields } from '../_shared/api-shape.ts';
import { CALLS } from './explain.ts';
import type { Services } from './services.ts';

/** What a service account may do in its project, by roles of its own. */
export interface AccountReach {
  readonly privilege: Privilege;
  /** `call models, create keys`; undefined: none of what matters here, as far as was read. */
  readonly can: string | undefined;
  /** Those of `can` that hang on a condition. */
  readonly conditional: string | undefined;
  readonly roles: string | undefined;
  /** What each of these roles allows was read. */
  readonly isWhole: boolean;
}

/** A role that service accounts have on something in the project. */
interface Binding {
  readonly role: string;
  readonly resource: string;
  readonly isConditional: boolean;
}

const MOST_NAMED = 5;
/** A role's name, as a path below `/v1/`: Google's own, the project's, an organisation's. */
const ROLE = /^(?:(projects|organizations)\/[\w.:-]{1,253}\/)?roles\/[\w.]{1,300}$/;

/**
 * What matters for models and keys, each with the permissions of which any gives it, and where a role has to stand for it: on the project, or on what the beginning of a
 * resource's full name says (cloud.google.com/iam/docs/permissions-reference, as of 2026-11).
 */
const ABILITIES: readonly { readonly words: string; readonly permissions: readonly string[]; readonly on?: string }[] = [
  { words: 'call models', permissions: ['aiplatform.endpoints.predict'], on: '//aiplatform.googleapis.com/' },
  { words: 'create keys', permissions: ['iam.serviceAccountKeys.create', 'apikeys.keys.create'], on: '//iam.googleapis.com/' },
  { words: 'act as service accounts', permissions: ['iam.serviceAccounts.getAccessToken', 'iam.serviceAccounts.signJwt', 'iam.serviceAccounts.signBlob'], on: '//iam.googleapis.com/' },
  { words: 'read secrets', permissions: ['secretmanager.versions.access'], on: '//secretmanager.googleapis.com/' },
  { words: 'change permissions', permissions: ['resourcemanager.projects.setIamPolicy'] },
];
const PROJECT = '//cloudresourcemanager.googleapis.com/projects/';

/**
 * Roles of service accounts in the project, and on what is in it. Those given above the project, and through groups, are not among them, so that an account without a role here may still
 * have some.
 *
 * @param emails accounts that are asked about
 * @param isOff tells that the API is not enabled: a limit, where a refusal is a gap
 * @returns undefined where policies could not be read
 */
export async function readReach(services: Services, project: string, emails: ReadonlySet<string>, gaps: ApiGaps, isOff: (error: HttpError) => boolean): Promise<((email: string) => AccountReach) | undefined> {
  const bindings = new Map<string, Binding[]>();
  const isRead = await gaps.attempt(
    CALLS.iamPolicies,
    async () => {
      const path = `/v1/projects/${encodeURIComponent(project)}:searchAllIamPolicies`;
      for await (const item of itemsByToken(services.cloudasset, path, { query: 'memberTypes:serviceAccount', pageSize: 500 }, { items: 'results', next: 'nextPageToken', cursor: 'pageToken', isSparse: true })) {
        for (const [email, binding] of bindingsOf(item)) if (emails.has(email)) bindings.set(email, [...(bindings.get(email) ?? []), binding]);
      }
      return true;
    },
    { isLimit: isOff },
  );
  if (isRead === undefined) return undefined;
  const names = [...new Set([...bindings.values()].flat().map(({ role }) => role))].toSorted();
  const allows = new Map(await eachOf(names, async (role) => [role, await permissionsOf(services, role, gaps)] as const));
  return (email) => reachOf(bindings.get(email) ?? [], allows);
}

/** By address. `deleted:serviceAccount:…` is nobody any more. */
function bindingsOf(item: Fields): readonly (readonly [string, Binding])[] {
  const resource = item.id('resource');
  return (item.maybeWithin('policy')?.maybeList('bindings') ?? []).flatMap((one) => {
    const binding: Binding = { role: one.id('role'), resource, isConditional: one.maybeWithin('condition')?.maybeText('expression') !== undefined };
    return one.maybeTexts('members').flatMap((member) => (member.startsWith('serviceAccount:') ? [[member.slice('serviceAccount:'.length), binding] as const] : []));
  });
}

/** @returns undefined where it could not be read, which is noted */
async function permissionsOf({ iam }: Services, role: string, gaps: ApiGaps): Promise<ReadonlySet<string> | undefined> {
  const owner = ROLE.exec(role);
  const call: RemoteCall = owner?.[1] === 'projects' ? CALLS.ownRole : owner?.[1] === 'organizations' ? CALLS.organizationRole : CALLS.role;
  if (owner === null) {
    gaps.add(`${call.title}: not readable (no name of a role)`, [cut(role)]);
    return undefined;
  }
  return await gaps.attempt(call, async () => new Set(new Fields(iam.service, `GET /v1/${role}`, await iam.getter.json(`/v1/${role}`)).maybeTexts('includedPermissions')), role);
}

/** Pure. @param allows permissions of each role; undefined: not known */
export function reachOf(bindings: readonly Binding[], allows: ReadonlyMap<string, ReadonlySet<string> | undefined>): AccountReach {
  const gives = ({ role, resource }: Binding, { permissions, on }: (typeof ABILITIES)[number]): boolean =>
    permissions.some((permission) => allows.get(role)?.has(permission) === true) && (resource.startsWith(PROJECT) || (on !== undefined && resource.startsWith(on)));
  const able = ABILITIES.map((ability) => ({ ability, by: bindings.filter((binding) => gives(binding, ability)) })).filter(({ by }) => by.length > 0);
  const sure = able.filter(({ by }) => by.some(({ isConditional }) => !isConditional)).map(({ ability }) => ability.words);
  const conditional = able.map(({ ability }) => ability.words).filter((words) => !sure.includes(words));
  const roles = [...new Set(bindings.map(({ role, resource }) => `${role} on ${resource.startsWith(PROJECT) ? 'the project' : cut(resource.replace(/^\/\//, ''))}`))].toSorted();
  return {
    // Roles from above the project are not seen, and an unknown never lowers a score.
    privilege: sure.includes('change permissions') ? 'admin' : 'unknown',
    can: able.length === 0 ? undefined : able.map(({ ability }) => ability.words).join(', '),
    conditional: conditional.length === 0 ? undefined : conditional.join(', '),
    roles: roles.length === 0 ? undefined : `${roles.slice(0, MOST_NAMED).join(', ')}${roles.length > MOST_NAMED ? ` and ${roles.length - MOST_NAMED} more` : ''}`,
    isWhole: bindings.every(({ role }) => allows.get(role) !== undefined),
  };
}
