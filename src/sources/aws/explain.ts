import type { RemoteExplanation } from '../remote.ts';
import { type AwsCall, CALLS } from './calls.ts';

/** What `dekey explain aws` says. Loads nothing of the SDK. */
export const explainAws: RemoteExplanation = {
  title: 'AWS accounts',
  calls: Object.values<AwsCall>(CALLS),
  login: [
    'aws: takes the default login of the machine: the environment (AWS_ACCESS_KEY_ID and its like, AWS_PROFILE), the profile default, a container or an instance role.',
    'aws:PROFILE takes a profile of ~/.aws/config or ~/.aws/credentials: keys, `aws sso login`, a role, or a program.',
    'aws:PROFILE@eu-central-1,us-east-1 reads these regions, aws:PROFILE@all every region that is switched on; otherwise the region of the login.',
    'aws:PROFILE/ROLE lists the active accounts of the organisation and assumes ROLE in each; the account of the login is read with the login itself.',
    'The least login is a role with the policy below; `aws sso login` or a role of the machine spares a key of its own.',
    'The AWS managed policy SecurityAudit covers nearly all of it, but for a few newer calls: what is refused is named in the report.',
  ],
  policy: policyLines(),
  limits: [
    'Service control policies, policies of resources and session policies are not read: a key may be able to do less than is said.',
    'A condition in a policy is not decided, but for that of a call over TLS: what hangs on one is said to be conditional.',
    'AWS keeps no last use of Bedrock API keys in IAM; CloudTrail has it.',
    'The credential report is made at most once in four hours, and leaves out Bedrock API keys and more than two access keys of a user.',
    'ECS: the newest active revision of each family; older revisions may hold older values.',
    'Not read: Batch, Step Functions, Amplify, Elastic Beanstalk, Glue, user data of EC2, training jobs and notebooks of SageMaker, vaults of Bedrock AgentCore.',
    'Names in Secrets Manager and Parameter Store are read in the regions asked for only, so that a name which is not there is never said to be missing.',
  ],
};

/** An identity policy: what is read, and apart from it what only some runs need. */
function policyLines(): readonly string[] {
  const calls = Object.values<AwsCall>(CALLS).filter(({ permission }) => permission !== '');
  const actionsOf = (some: readonly AwsCall[]): readonly string[] => [...new Set(some.flatMap((one) => [one.call, ...(one.besides ?? [])]))].toSorted();
  const statement = (Sid: string, Action: readonly string[]): object => ({ Sid, Effect: 'Allow', Action, Resource: '*' });
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      statement('DekeyInventory', actionsOf(calls.filter(({ only }) => only === undefined || only === 'all-regions'))),
      // Leave these two out where they are not wanted.
      statement('DekeyOrganization', actionsOf(calls.filter(({ only }) => only === 'organization'))),
      statement('DekeyReadValues', actionsOf(calls.filter(({ only }) => only === 'values'))),
    ],
  }, null, 2).split('\n');
}
