import type { SubjectForm } from '../model/issuer.ts';
import type { Platform } from '../model/reference.ts';
import { issuerOnly } from './_shared/issuer-only.ts';
import { asked, type ShapeSpec, shapeFrom } from './_shared/token-shape.ts';

const FORM: SubjectForm = { id: 'role', template: 'arn:aws:iam::{account-id}:role/{role}', except: { role: '' } };

const SPEC: ShapeSpec = {
  issuer: 'https://{account}.tokens.sts.global.api.aws',
  form: FORM,
  fields: {
    account: asked('issuer', 'aws.outbound_issuer', 'Issuer id of the account', 'uuid', 'aws iam get-outbound-web-identity-federation-info: the first part of the IssuerIdentifier.'),
    'account-id': asked('account', 'aws.account_id', 'AWS account id', 'digits', 'aws sts get-caller-identity --query Account --output text'),
    role: { ...asked('role', 'aws.role_name', 'Role the workload runs under', 'path', 'The name of its execution, task or instance role.'), fact: 'role' },
  },
  claims: [],
  warnings: ['One role a workload: whoever shares the role shares the identity.'],
};

export const platform: Platform = {
  id: 'aws-compute',
  title: 'AWS compute',
  checked: '2026-11-23',
  issuesTokens: true,
  tokens: {
    issuer: 'https://{account}.tokens.sts.global.api.aws',
    isShared: false,
    discovery: 'public',
    subjects: [FORM],
    stableClaims: [],
    audience: 'free',
    lifetime: { seconds: 300, refresh: 'ask-again' },
    arrival: { kind: 'request', how: 'aws sts get-web-identity-token --audience AUDIENCE --signing-algorithm RS256 --duration-seconds 900' },
    edits: [
      'Switch outbound web identity federation on for the account, and allow the role sts:GetWebIdentityToken for this audience only.',
      'Mint the token in the process (a regional STS endpoint), or in a sidecar that writes a file; never take request tags for proof.',
      'Remove the variable that holds the key from the function, task or instance.',
    ],
    source: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound.html',
    describe: (workload) => shapeFrom(SPEC, workload),
  },
  ...issuerOnly,
};
