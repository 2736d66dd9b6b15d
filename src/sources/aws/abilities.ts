import type { Privilege } from '../../model/provider.ts';
import { least, most, type Permissions, type Probe, type Reach, reachOf } from './permissions.ts';

/** What a key may do, in the words of the report. */
export interface Abilities {
  readonly privilege: Privilege;
  /** `call models`, `create keys`, `read secrets`, `change permissions`. */
  readonly can: readonly string[];
  /** Those of `can` that hang on a condition. */
  readonly conditional: readonly string[];
}

// Names nobody has: a policy that covers these covers all of the kind.
const MODEL = 'arn:aws:bedrock:none-none-0::foundation-model/dekey.none';
const PROJECT = 'arn:aws:bedrock-mantle:none-none-0:000000000000:project/none';
const ENDPOINT = 'arn:aws:sagemaker:none-none-0:000000000000:endpoint/dekey-none';
const AGENT = 'arn:aws:bedrock-agentcore:none-none-0:000000000000:runtime/dekey-none';
const SECRET = 'arn:aws:secretsmanager:none-none-0:000000000000:secret:dekey-none';
const PARAMETER = 'arn:aws:ssm:none-none-0:000000000000:parameter/dekey-none';

/** Models of one's own, which are no foundation models. */
const OWN_MODEL = 'arn:aws:bedrock:none-none-0:000000000000:provisioned-model/none';

const INVOKE: readonly Probe[] = ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'].map((action) => ({ action, resource: MODEL, besides: [OWN_MODEL] }));
const MANTLE: Probe = { action: 'bedrock-mantle:CreateInference', resource: PROJECT };
const OTHER_MODELS: readonly Probe[] = [{ action: 'sagemaker:InvokeEndpoint', resource: ENDPOINT }, { action: 'bedrock-agentcore:InvokeAgentRuntime', resource: AGENT }];
/** Rights by which a user gives itself every other right. */
const RAISES = ['iam:AttachUserPolicy', 'iam:PutUserPolicy'];
const MAKES_KEYS = ['iam:CreateAccessKey', 'iam:CreateServiceSpecificCredential'];

/** What an access key of the user with `arn` may do. */
export function abilitiesOfAccessKey(permissions: Permissions, arn: string): Abilities {
  const widest = (probes: readonly Probe[]): Reach => probes.map((probe) => reachOf(permissions, probe)).reduce(most, 'none');
  const onItself = (actions: readonly string[]): readonly Probe[] => actions.map((action) => ({ action, resource: arn }));
  const models = widest([...INVOKE, MANTLE, ...OTHER_MODELS]);
  const raises = widest(onItself(RAISES));
  const reaches: readonly (readonly [string, Reach])[] = [
    ['call models', models],
    ['create keys', widest(onItself(MAKES_KEYS))],
    ['read secrets', widest([{ action: 'secretsmanager:GetSecretValue', resource: SECRET }, { action: 'ssm:GetParameter', resource: PARAMETER }])],
    ['change permissions', raises],
  ];
  return { ...said(reaches), privilege: raises === 'all' ? 'admin' : raises === 'conditional' && models !== 'all' ? 'unknown' : privilegeOf(models, permissions) };
}

/** What a Bedrock API key of the user may do: it is a bearer token for models and nothing else, and needs that right beside the one to call. */
export function abilitiesOfBedrockKey(permissions: Permissions): Abilities {
  const invoke = INVOKE.map((probe) => reachOf(permissions, probe)).reduce(most, 'none');
  const models = most(
    least(invoke, reachOf(permissions, { action: 'bedrock:CallWithBearerToken', resource: MODEL, besides: [OWN_MODEL] })),
    least(reachOf(permissions, MANTLE), reachOf(permissions, { action: 'bedrock-mantle:CallWithBearerToken', resource: PROJECT })),
  );
  return { ...said([['call models', models]]), privilege: privilegeOf(models, permissions) };
}

function privilegeOf(models: Reach, { unread }: Permissions): Privilege {
  if (models === 'all') return 'account';
  // What hangs on a condition may be everything: an unknown never lowers a score.
  return models === 'conditional' || unread.length > 0 ? 'unknown' : 'restricted';
}

function said(reaches: readonly (readonly [string, Reach])[]): Pick<Abilities, 'can' | 'conditional'> {
  return {
    can: reaches.filter(([, reach]) => reach !== 'none').map(([words]) => words),
    conditional: reaches.filter(([, reach]) => reach === 'conditional').map(([words]) => words),
  };
}
