import type { AccountSetting, ListedKey } from '../../model/account.ts';
import { facts } from '../_shared/account-source.ts';
import type { Fields } from '../_shared/api-shape.ts';

/** An account of Azure AI, and whether its keys work. */
export interface AiAccount {
  /** The resource's id. */
  readonly id: string;
  readonly name: string;
  /** Absent where keys are switched off. */
  readonly key?: Omit<ListedKey, 'target'>;
  /** Where they are. */
  readonly policy?: Omit<AccountSetting, 'target'>;
}

/**
 * Unless local authentication is switched off, two keys exist that never end. They are not read: only the account says that there are such.
 *
 * @throws ShapeError
 */
export function aiAccount(item: Fields): AiAccount {
  const [id, properties] = [item.id('id'), item.within('properties')];
  const name = item.maybeText('name') ?? id;
  if (properties.maybeFlag('disableLocalAuth') === true) return { id, name, policy: { kind: 'policy', name: `${name}: disableLocalAuth`, facts: { id, enforced: 'true' } } };
  const key: Omit<ListedKey, 'target'> = {
    provider: 'azure-openai',
    kind: 'api-key',
    privilege: 'account',
    id,
    name,
    status: 'active',
    expires: 'never',
    facts: facts({
      localAuth: 'true',
      accountKind: item.maybeText('kind'),
      group: /\/resourceGroups\/([^/]+)\//i.exec(id)?.[1],
      location: item.maybeText('location'),
      endpoint: properties.maybeText('endpoint'),
      publicNetwork: properties.maybeText('publicNetworkAccess')?.toLowerCase(),
      networkDefault: properties.maybeWithin('networkAcls')?.maybeText('defaultAction')?.toLowerCase(),
      accountCreated: properties.maybeTime('dateCreated') ?? item.maybeWithin('systemData')?.maybeTime('createdAt'),
      can: 'call models, everything else in the account',
      note: 'two keys; their age and last use are not told',
    }),
  };
  return { id, name, key };
}
