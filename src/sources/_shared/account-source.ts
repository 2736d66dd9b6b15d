import type { AccountSetting, AccountSightings, ListedKey } from '../../model/account.ts';
import type { RemoteSource, RemoteTarget } from '../remote.ts';

/** What one account gave, before it is a target of a run. */
export interface AccountRead {
  readonly target: Omit<RemoteTarget, 'id' | 'texts'>;
  readonly listed: readonly Omit<ListedKey, 'target'>[];
  readonly settings: readonly Omit<AccountSetting, 'target'>[];
}

/** A source with one target: an organisation, a project, a subscription. The order of what it gives is total. */
export function accountSource(firstId: number, read: () => Promise<AccountRead>): RemoteSource {
  const id = `t${firstId}`;
  let sightings: AccountSightings = { stored: [], listed: [], settings: [], readWhole: {} };
  return {
    async *read(): AsyncGenerator<RemoteTarget> {
      const { target, listed, settings } = await read();
      sightings = {
        stored: [],
        listed: listed.map((key) => ({ ...key, target: id })).toSorted(byText((key) => key.id)),
        settings: settings.map((setting) => ({ ...setting, target: id })).toSorted(byText(({ kind, name, facts }) => `${kind}\0${name}\0${JSON.stringify(facts)}`)),
        readWhole: {},
      };
      yield { ...target, id, texts: [] };
    },
    accounts: () => sightings,
    finish: async () => undefined,
  };
}

function byText<T>(textOf: (item: T) => string): (a: T, b: T) => number {
  return (a, b) => {
    const [left, right] = [textOf(a), textOf(b)];
    return left < right ? -1 : left > right ? 1 : 0;
  };
}

/** Facts without those that are not known. */
export function facts(values: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''));
}

/**
 * What a service shows of a value, as `sk-abc...WXYZ` or `sk-abc****WXYZ`. A text without a gap is no hint: it might be the value.
 */
export function hintOf(shown: string | undefined): { readonly head: string; readonly tail: string } | undefined {
  const parts = /^([^*.…•]{0,24})(?:\*{2,}|\.{2,}|[…•]+)([^*.…•]{0,8})$/.exec(shown ?? '');
  return parts === null || (parts[1] === '' && parts[2] === '') ? undefined : { head: parts[1] ?? '', tail: parts[2] ?? '' };
}

/** Runs `task` for each item, a few at a time, and gives the results in the order of the items. */
export async function eachOf<T, R>(items: readonly T[], task: (item: T) => Promise<R>, atATime = 4): Promise<readonly R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next; index < items.length; index = next) {
      next += 1;
      const item = items[index];
      if (item !== undefined) results[index] = await task(item);
    }
  };
  await Promise.all(Array.from({ length: atATime }, lane));
  return results;
}
