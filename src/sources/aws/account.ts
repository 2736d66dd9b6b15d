import type { AccountSetting, ListedKey, StoredSecret } from '../../model/account.ts';
import type { RemoteTarget } from '../remote.ts';
import type { Gaps } from './gaps.ts';
import { readIam } from './iam.ts';
import type { Access } from './login.ts';
import type { Place } from './places/_place.ts';
import { apprunner } from './places/apprunner.ts';
import { codebuild } from './places/codebuild.ts';
import { ecs } from './places/ecs.ts';
import { lambda } from './places/lambda.ts';
import { parameterStore } from './places/parameter-store.ts';
import { sagemaker } from './places/sagemaker.ts';
import { secretsManager } from './places/secrets-manager.ts';
import { inLanes } from './gaps.ts';
import { regionsOf } from './regions.ts';
import type { AwsTarget } from './target.ts';

const PLACES: readonly Place[] = [lambda, ecs, codebuild, apprunner, sagemaker, secretsManager, parameterStore];

export interface AccountToRead {
  readonly id: string;
  readonly name: string;
  readonly account: string;
  readonly access: Access;
  readonly regions: AwsTarget['regions'];
  readonly facts: Readonly<Record<string, string>>;
  readonly gaps: Gaps;
}

export interface AccountRead {
  readonly target: RemoteTarget;
  readonly keys: readonly ListedKey[];
  readonly settings: readonly AccountSetting[];
  readonly stored: readonly StoredSecret[];
}

/** Reads one account: IAM once, the other services region by region. */
export async function readAccount({ id, name, account, access, regions: asked, facts, gaps }: AccountToRead, readValues: boolean, now: string): Promise<AccountRead> {
  const iam = await readIam(access, now, gaps);
  const regions = await regionsOf(asked, access, gaps);
  // A few services beside each other; their limits are apart.
  const found = await inLanes(regions.flatMap((region) => PLACES.map((place) => ({ region, place }))), 4, async ({ region, place }) => await place({ access, region, gaps, readValues }));
  return {
    target: {
      id,
      kind: 'aws',
      name,
      facts: { account, ...iam.facts, ...facts, regions: regions.join(',') },
      skipped: gaps.skipped,
      texts: found.flatMap(({ texts }) => texts).toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    },
    keys: iam.keys.map((key) => ({ target: id, ...key })),
    settings: iam.settings.map((setting) => ({ target: id, ...setting })),
    stored: found.flatMap(({ stored }) => stored).map((one) => ({ target: id, ...one, readers: [id] })),
  };
}
