import type { AccountSetting, AccountSightings, ListedKey, StoredSecret } from '../../model/account.ts';
import type { OpenRemote, RemoteContext, RemoteSource, RemoteTarget } from '../remote.ts';
import { readAccount } from './account.ts';
import { Gaps } from './gaps.ts';
import { type Login, logIn } from './login.ts';
import { type Member, membersOf } from './organization.ts';
import { type AwsTarget, parseAwsTarget } from './target.ts';

/** Opens `aws:PROFILE`, `aws:PROFILE@REGIONS` or `aws:PROFILE/ROLE`: logs in, and for an organisation finds its accounts. Nothing is ever changed. */
export const openAws: OpenRemote = async (rest, context) => {
  const asked = parseAwsTarget(rest);
  const login = await logIn(asked.profile, context.env, context.home);
  if (login.isRegionGuessed && asked.regions === undefined) context.note(`AWS: no region is set, ${login.region} is read; name others as in aws:${rest}@eu-central-1,us-east-1, or @all`);
  const gaps = new Gaps();
  const members: readonly Member[] = asked.role === undefined ? [{ account: login.account, name: '', access: login }] : await membersOf(login, asked.role, gaps);
  if (members.length > 1) context.note(`AWS: ${members.length} accounts of the organisation are read`);
  return new Source(asked, login, members, gaps, context);
};

class Source implements RemoteSource {
  readonly #asked: AwsTarget;
  readonly #login: Login;
  readonly #members: readonly Member[];
  readonly #first: Gaps;
  readonly #context: RemoteContext;
  readonly #listed: ListedKey[] = [];
  readonly #settings: AccountSetting[] = [];
  readonly #stored: StoredSecret[] = [];

  /** @param first what is said of the account of the login, which stands for the organisation too */
  constructor(asked: AwsTarget, login: Login, members: readonly Member[], first: Gaps, context: RemoteContext) {
    this.#asked = asked;
    this.#login = login;
    this.#members = members;
    this.#first = first;
    this.#context = context;
  }

  async *read(): AsyncGenerator<RemoteTarget> {
    const { profile = '', role, regions } = this.#asked;
    for (const [index, { account, name, access }] of this.#members.entries()) {
      const read = await readAccount({
        id: `t${this.#context.firstId + index}`,
        name: role === undefined ? `aws:${profile}` : `aws:${profile}/${account}`,
        account,
        access,
        regions,
        facts: { ...(name === '' ? {} : { accountName: name }), ...(index === 0 ? { caller: this.#login.caller } : {}) },
        gaps: index === 0 ? this.#first : new Gaps(),
      }, this.#context.readValues, this.#context.now);
      this.#listed.push(...read.keys);
      this.#settings.push(...read.settings);
      this.#stored.push(...read.stored);
      yield read.target;
    }
  }

  accounts(): AccountSightings {
    // Stores are read in some regions, and under names of their own: what is not listed may be there all the same.
    return { stored: this.#stored, listed: this.#listed, settings: this.#settings, readWhole: {} };
  }

  async finish(): Promise<void> {
    await Promise.resolve();
  }
}
