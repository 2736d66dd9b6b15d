import type { Route } from '../model/federation.ts';

const CHECKED = '2026-11-23';

/** The same model through Amazon Bedrock: the key goes, the client changes. */
export function bedrock(model: string, parts: Partial<Route> = {}): Route {
  return {
    id: 'bedrock',
    title: `${model} on Amazon Bedrock`,
    class: 'same-model',
    party: 'aws',
    permission: 'bedrock-invoke',
    change: 'model',
    floors: [],
    env: { AWS_REGION: '{aws.region}', AWS_ROLE_ARN: '{aws.role_arn}', AWS_WEB_IDENTITY_TOKEN_FILE: '{token-file}' },
    remove: ['AWS_BEARER_TOKEN_BEDROCK', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
    precedence: 'AWS_BEARER_TOKEN_BEDROCK in the environment wins over the role, even when it is empty: take the line away.',
    edits: ['Use the Bedrock client and the Bedrock id of the model, without credentials in code: the default chain of AWS finds the role.'],
    probe: 'aws sts get-caller-identity names the role.',
    status: 'general',
    note: 'Confirm model, price and data terms first: another vendor serves the model.',
    checked: CHECKED,
    source: 'https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html',
    ...parts,
  };
}

/** The same model through Vertex AI. */
export function vertex(model: string, parts: Partial<Route> = {}): Route {
  return {
    id: 'vertex',
    title: `${model} on Vertex AI`,
    class: 'same-model',
    party: 'google',
    permission: 'vertex-predict',
    change: 'model',
    floors: [],
    env: { GOOGLE_CLOUD_PROJECT: '{google.project_id}', GOOGLE_CLOUD_LOCATION: '{google.location}' },
    remove: ['GOOGLE_API_KEY', 'GEMINI_API_KEY'],
    precedence: 'A key in the environment makes some clients use it: remove both names, and set project and location.',
    edits: ['Use the Vertex client with project and location, without a key: application default credentials find the identity.'],
    probe: 'gcloud auth print-access-token succeeds, and one request with a single output token is answered.',
    status: 'general',
    note: 'Confirm model, price and data terms first: another vendor serves the model.',
    checked: CHECKED,
    source: 'https://cloud.google.com/iam/docs/workload-identity-federation',
    ...parts,
  };
}

/** The same model through Microsoft Foundry. */
export function foundry(model: string, parts: Partial<Route> = {}): Route {
  return {
    id: 'foundry',
    title: `${model} in Microsoft Foundry`,
    class: 'same-model',
    party: 'azure',
    permission: 'azure-ai',
    change: 'model',
    floors: [],
    env: { AZURE_TENANT_ID: '{azure.tenant_id}', AZURE_CLIENT_ID: '{azure.client_id}', AZURE_FEDERATED_TOKEN_FILE: '{token-file}', AZURE_TOKEN_CREDENTIALS: 'WorkloadIdentityCredential' },
    remove: ['AZURE_CLIENT_SECRET', 'AZURE_OPENAI_API_KEY'],
    precedence: 'AZURE_CLIENT_SECRET in the environment makes EnvironmentCredential win, and a key beside a token provider is an error in most clients.',
    edits: ['Use the Azure client with a token provider (DefaultAzureCredential, scope https://cognitiveservices.azure.com/.default) in place of the key.'],
    probe: 'az account show names the identity, and one request with a single output token is answered.',
    status: 'general',
    note: 'Confirm model, price and data terms first: another vendor serves the model.',
    checked: CHECKED,
    source: 'https://learn.microsoft.com/en-us/entra/workload-id/workload-identity-federation',
    ...parts,
  };
}
