import type { SubjectForm } from '../model/issuer.ts';
import type { Platform } from '../model/reference.ts';
import { issuerOnly } from './_shared/issuer-only.ts';
import { asked, type ShapeSpec, shapeFrom } from './_shared/token-shape.ts';

const FORM: SubjectForm = { id: 'object-id', template: '{object-id}' };

const SPEC: ShapeSpec = {
  issuer: 'https://login.microsoftonline.com/{tenant}/v2.0',
  form: FORM,
  fields: {
    tenant: asked('tenant', 'azure.tenant_id', 'Microsoft Entra tenant id', 'uuid', 'az account show --query tenantId --output tsv'),
    'object-id': asked('managed identity', 'azure.principal_id', 'Object id of the managed identity', 'uuid', 'az identity show --query principalId --output tsv'),
    application: asked('application', 'azure.audience_application_id', 'Application that stands for the audience', 'uuid', 'az ad app list --query "[].appId": an app registration with requestedAccessTokenVersion 2.'),
  },
  claims: [{ claim: 'oid', value: '{object-id}', role: 'id' }, { claim: 'tid', value: '{tenant}', role: 'id' }],
  audience: '{application}',
  warnings: ['The audience is an application in the tenant: decode a token, and register what it says.'],
};

export const platform: Platform = {
  id: 'azure-identity',
  title: 'Azure managed identity',
  checked: '2026-11-23',
  issuesTokens: true,
  tokens: {
    issuer: 'https://login.microsoftonline.com/{tenant}/v2.0',
    isShared: false,
    discovery: 'public',
    subjects: [FORM],
    stableClaims: ['oid', 'tid'],
    audience: { fixed: '{application}' },
    lifetime: { seconds: 86400, refresh: 'ask-again' },
    arrival: { kind: 'request', how: 'GET http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=AUDIENCE, or $IDENTITY_ENDPOINT' },
    edits: [
      'Give the workload a user-assigned managed identity of its own.',
      'Ask the identity endpoint for a token with the audience of the rule.',
      'Remove the application setting that holds the key.',
    ],
    source: 'https://learn.microsoft.com/en-us/entra/identity/managed-identities-azure-resources/how-to-use-vm-token',
    describe: (workload) => shapeFrom(SPEC, workload),
  },
  ...issuerOnly,
};
