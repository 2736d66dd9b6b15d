import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../model/errors.ts';
import { GROUPINGS, type Grouping } from '../../model/pull-request.ts';
import { writeNewFile } from '../../support/atomic-write.ts';
import { misfit, type Shape } from '../shape.ts';
import { ownerAndName } from './names.ts';

/** What a run remembers of one pull request. It only saves questions and counts: what is there is always looked up. */
export interface Remembered {
  readonly repository: string;
  readonly provider: string | null;
  readonly branch: string;
  /** `me/app`, when the branch is in a fork. */
  readonly fork: string | null;
  /** `opening`: labels and reviewers may still be missing. */
  readonly state: 'opening' | 'open' | 'closed' | 'merged';
  readonly number: number | null;
  /** When it was opened, ISO 8601. */
  readonly opened: string | null;
}

export interface CampaignState {
  readonly schemaVersion: '1.0';
  readonly kind: 'dekey-campaign';
  readonly host: string;
  readonly group: Grouping;
  readonly items: readonly Remembered[];
  readonly trackingIssue: { readonly repository: string; readonly number: number } | null;
}

const NAME = 'campaign.json';
const LARGEST = 16 * 2 ** 20;

const SHAPE: Shape = {
  fields: {
    schemaVersion: { oneOf: ['1.0'] }, kind: { oneOf: ['dekey-campaign'] }, host: 'line', group: { oneOf: GROUPINGS },
    items: {
      list: {
        fields: {
          repository: 'line', provider: { orNull: 'line' }, branch: 'line', fork: { orNull: 'line' }, state: { oneOf: ['opening', 'open', 'closed', 'merged'] }, number: { orNull: 'count' }, opened: { orNull: 'line' },
        },
      },
    },
    trackingIssue: { orNull: { fields: { repository: 'line', number: 'count' } } },
  },
};

/** `campaign.json` beside a plan: names and numbers, no secret. Written anew after every step, whole or not at all. */
export class CampaignFile {
  readonly #path: string;
  #state: CampaignState;

  private constructor(path: string, state: CampaignState) {
    this.#path = path;
    this.#state = state;
  }

  /**
   * Takes up the campaign of the plan in `folder`, or begins one.
   *
   * @throws UsageError when the file is not ours, or the campaign is another one
   */
  static open(folder: string, host: string, group: Grouping): CampaignFile {
    const path = join(folder, NAME);
    const known = readState(path);
    if (known === undefined) return new CampaignFile(path, { schemaVersion: '1.0', kind: 'dekey-campaign', host, group, items: [], trackingIssue: null });
    if (known.host !== host) throw new UsageError(`the campaign of this plan is at ${known.host}, not at ${host}`, `Name the same GitHub, or take ${NAME} away to begin anew.`);
    const isOpen = known.items.some(({ state }) => state === 'open' || state === 'opening');
    if (known.group !== group && isOpen) throw new UsageError(`pull requests of this plan are open with --group ${known.group}`, 'Go on with that, or close them first: dekey campaign close.');
    return new CampaignFile(path, { ...known, group });
  }

  /** The grouping of the campaign in `folder`; undefined when none was begun. */
  static groupIn(folder: string): Grouping | undefined {
    return readState(join(folder, NAME))?.group;
  }

  get state(): CampaignState {
    return this.#state;
  }

  find(repository: string, provider: string | null): Remembered | undefined {
    return this.#state.items.find((item) => isSame(item, repository, provider));
  }

  /** How many were opened since `after` (milliseconds since 1970). */
  openedSince(after: number): number {
    return this.#state.items.filter(({ opened }) => opened !== null && Date.parse(opened) > after).length;
  }

  async remember(item: Remembered): Promise<void> {
    const others = this.#state.items.filter((other) => !isSame(other, item.repository, item.provider));
    await this.#write({ ...this.#state, items: [...others, item].toSorted((a, b) => compare(a.repository, b.repository) || compare(a.provider ?? '', b.provider ?? '')) });
  }

  async rememberIssue(trackingIssue: CampaignState['trackingIssue']): Promise<void> {
    await this.#write({ ...this.#state, trackingIssue });
  }

  async #write(state: CampaignState): Promise<void> {
    if (JSON.stringify(state) === JSON.stringify(this.#state)) return;
    await writeNewFile(this.#path, `${JSON.stringify(state, undefined, 2)}\n`, { overwrite: true });
    this.#state = state;
  }
}

function readState(path: string): CampaignState | undefined {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) return undefined;
  const again = `Take it away: dekey finds what it has opened by looking.`;
  if (!status.isFile() || status.size > LARGEST) throw new UsageError(`${NAME} is no regular file of ours`, again);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`${NAME} is not valid JSON`, again, { cause: error });
  }
  const fault = misfit(value, SHAPE);
  if (fault !== undefined) throw new UsageError(`${NAME} is not of dekey: ${fault}`, again);
  // Checked above; names go into addresses.
  const state = value as CampaignState;
  const names = [...state.items.flatMap(({ repository, fork }) => [repository, ...(fork === null ? [] : [fork])]), ...(state.trackingIssue === null ? [] : [state.trackingIssue.repository])];
  if (names.some((name) => ownerAndName(name) === undefined)) throw new UsageError(`${NAME} names something that is no repository`, again);
  return state;
}

function isSame(item: Remembered, repository: string, provider: string | null): boolean {
  return item.repository.toLowerCase() === repository.toLowerCase() && item.provider === provider;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
