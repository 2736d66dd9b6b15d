import type { AccountSetting, StoredSecret, StoreId } from '../../model/account.ts';
import { listOf, recordOf, textOf } from './fields.ts';

/** A row of a list of secrets. */
export function storedOf(item: unknown, store: StoreId): (Omit<StoredSecret, 'target' | 'readers' | 'scope'> & { readonly name: string }) | undefined {
  const { name, created_at: created, updated_at: updated, visibility } = recordOf(item);
  if (typeof name !== 'string' || name === '') return undefined;
  return {
    store,
    name,
    ...(typeof created === 'string' ? { created } : {}),
    ...(typeof updated === 'string' ? { updated } : {}),
    ...(visibility === 'all' || visibility === 'private' || visibility === 'selected' ? { visibility } : {}),
  };
}

/** Variables as little texts of their own: the place they are found at is the settings page's. */
export function variablesOf(items: readonly unknown[], kind: string): readonly { readonly path: string; readonly text: string }[] {
  return items.flatMap((item) => {
    const { name, value } = recordOf(item);
    return typeof name === 'string' && /^[A-Za-z_][A-Za-z0-9_]{0,254}$/.test(name) && typeof value === 'string' ? [{ path: `settings/variables/${kind}/${name}`, text: `${name}=${value}\n` }] : [];
  });
}

export function workflowTokenOf(data: Readonly<Record<string, unknown>>): Omit<AccountSetting, 'target'> {
  return { kind: 'workflow-token', name: 'GITHUB_TOKEN', facts: { default: textOf(data['default_workflow_permissions']) ?? '', canApprove: String(data['can_approve_pull_request_reviews'] === true) } };
}

export function subjectOf(data: Readonly<Record<string, unknown>>): Omit<AccountSetting, 'target'> {
  const keys = listOf(data['include_claim_keys']).flatMap((key) => textOf(key) ?? []);
  const prefix = textOf(data['sub_claim_prefix']);
  return {
    kind: 'oidc-subject',
    name: 'sub',
    facts: {
      ...(typeof data['use_default'] === 'boolean' ? { useDefault: String(data['use_default']) } : {}),
      ...(typeof data['use_immutable_subject'] === 'boolean' ? { immutable: String(data['use_immutable_subject']) } : {}),
      ...(keys.length === 0 ? {} : { claims: keys.join(',') }),
      ...(prefix === undefined ? {} : { prefix }),
    },
  };
}
