import { consoleEmitter } from './console.ts';

const CLAIMS = { issuer: 'issuer', audience: 'audience', subject: 'subject', claims: 'claim' } as const;
const SUBJECT = { issuer: 'issuer', audience: 'audience', subject: 'subject' } as const;

export const emitHuggingFace = consoleEmitter({
  folder: 'huggingface',
  title: 'Hugging Face',
  before: ['Open the repository’s settings, Trusted publishers (for writes to it), or your account’s settings, Authentication, CI/CD access (for gated reads and Inference Providers).'],
  labels: CLAIMS,
  rule: ['claims are compared as they are, without wildcards'],
  check: 'In a job of the workload: HF_OIDC_RESOURCE set, HF_TOKEN unset, `hf auth whoami`.',
  undo: 'Delete the publisher on the same page: no new token is given, those already given live an hour at most.',
});

export const emitMistral = consoleEmitter({
  folder: 'mistral',
  title: 'Mistral AI',
  before: ['An organisation admin registers the cluster as a trusted issuer.', 'A workspace admin makes a service account for each rule, with a workload identity credential.'],
  labels: SUBJECT,
  rule: ['check with Mistral which audience the credential expects, and change the projected token if it is another'],
  check: 'Call the API from the pod with MISTRAL_API_KEY unset.',
  undo: 'Delete the credential of the service account.',
});

export const emitOpenRouter = consoleEmitter({
  folder: 'openrouter',
  title: 'OpenRouter',
  before: ['Ask OpenRouter to switch workload identity on for the organisation.', 'Settings, Workload identity: add the issuer, then a policy for each rule.'],
  labels: SUBJECT,
  rule: ['acts as: an API key with a spending limit, made for this policy, whose value is stored nowhere'],
  check: 'Exchange a token of the workload at https://openrouter.ai/api/v1/oauth/token with the policy id, and ask https://openrouter.ai/api/v1/key with the result.',
  undo: 'Delete the policy, then its key.',
});

export const emitWandb = consoleEmitter({
  folder: 'wandb',
  title: 'Weights & Biases',
  before: ['An organisation admin opens Settings, Authentication, Set up JWT issuer.'],
  labels: SUBJECT,
  rule: ['a service account that the subject stands for: compare with the documentation of your version'],
  check: 'In the workload: WANDB_IDENTITY_TOKEN_FILE set, WANDB_API_KEY unset, `wandb login --verify`.',
  undo: 'Remove the issuer on the same page.',
});

export const emitVercelAiGateway = consoleEmitter({
  folder: 'vercel-ai-gateway',
  title: 'Vercel AI Gateway',
  before: ['Project settings, Security: switch OIDC federation on, in team issuer mode.'],
  labels: SUBJECT,
  rule: ['nothing else is entered: the gateway takes the project’s own token'],
  check: 'A request through the gateway from a preview deployment without AI_GATEWAY_API_KEY.',
  undo: 'Give the project its key back.',
});

export const emitGithubCopilot = consoleEmitter({
  folder: 'github-copilot',
  title: 'GitHub Copilot',
  before: ['The organisation allows Copilot CLI billed to the organisation (Settings, Copilot, Policies).'],
  labels: SUBJECT,
  rule: ['the job gets permissions: copilot-requests: write, and GITHUB_TOKEN in the step'],
  check: 'A run of the job without COPILOT_GITHUB_TOKEN.',
  undo: 'Take the permission away from the job.',
});

export const emitWatsonx = consoleEmitter({
  folder: 'watsonx',
  title: 'IBM Cloud',
  before: ['Manage, Access (IAM), Trusted profiles: make a profile for the compute resource.'],
  labels: SUBJECT,
  rule: ['access to the watsonx project, and nothing else'],
  check: 'One request from the workload without an API key.',
  undo: 'Delete the trusted profile.',
});

export const emitWeaviate = consoleEmitter({
  folder: 'weaviate',
  title: 'Weaviate',
  before: ['Set AUTHENTICATION_OIDC_ENABLED, AUTHENTICATION_OIDC_ISSUER, AUTHENTICATION_OIDC_CLIENT_ID and AUTHENTICATION_OIDC_USERNAME_CLAIM=sub on the server.'],
  labels: SUBJECT,
  rule: ['authorise the subject, and nobody else, for the collections it needs'],
  check: 'GET /v1/meta with a token of the workload answers 200, with another token 401.',
  undo: 'Take the settings off the server.',
});

export const emitLiteLlm = consoleEmitter({
  folder: 'litellm',
  title: 'LiteLLM proxy',
  before: ['general_settings: enable_jwt_auth: true, with an entry under litellm_jwtauth for the issuer; set JWT_AUDIENCE, or no audience is checked.'],
  labels: SUBJECT,
  rule: ['map the subject to a team with these models and a budget', 'give the proxy itself an identity at the provider, or its key is only in another place'],
  check: 'GET /v1/models with a token of the workload answers 200, with a token for another audience 401.',
  undo: 'Remove the entry of the issuer.',
});

export const emitPortkey = consoleEmitter({
  folder: 'portkey',
  title: 'Portkey gateway',
  before: ['Ask Portkey to switch JWT authentication on.'],
  labels: SUBJECT,
  rule: ['a workspace and a budget for the subject', 'workload identity from the gateway to the provider, where it has it'],
  check: 'One request through the gateway with a token of the workload.',
  undo: 'Remove the issuer.',
});

export const emitTrueFoundry = consoleEmitter({
  folder: 'truefoundry',
  title: 'TrueFoundry gateway',
  before: ['Platform, Identity providers: add the issuer.'],
  labels: CLAIMS,
  rule: ['a virtual account with the models that the workload needs'],
  check: 'One request through the gateway with a token of the workload.',
  undo: 'Remove the mapping, then the issuer.',
});

export const emitBifrost = consoleEmitter({
  folder: 'bifrost',
  title: 'Bifrost gateway',
  before: ['Ask for workload identity, which is an Enterprise feature, and add the issuer.'],
  labels: CLAIMS,
  rule: ['a service account with the models that the workload needs'],
  check: 'One request through the gateway with a token of the workload.',
  undo: 'Remove the mapping, then the issuer.',
});

export const emitInfisical = consoleEmitter({
  folder: 'infisical',
  title: 'Infisical',
  before: ['Access control, Machine identities: make one for each rule, with OIDC Auth.'],
  labels: CLAIMS,
  rule: ['access to one environment and path, read only'],
  check: 'In a job of the workload: Infisical/secrets-action with method: oidc reads the secret.',
  undo: 'Delete the machine identity.',
});

export const emitDoppler = consoleEmitter({
  folder: 'doppler',
  title: 'Doppler',
  before: ['Team, Service accounts: make one for each rule, with a service account identity.'],
  labels: CLAIMS,
  rule: ['access to one config, read only'],
  check: 'In a job of the workload: dopplerhq/secrets-fetch-action with auth-method: oidc reads the secret.',
  undo: 'Delete the identity of the service account.',
});

export const emitOnePassword = consoleEmitter({
  folder: 'onepassword',
  title: '1Password',
  before: ['Ask for the preview of the Credential Broker.'],
  labels: SUBJECT,
  rule: ['access to one vault that holds these keys alone'],
  check: 'A run of the job without OP_SERVICE_ACCOUNT_TOKEN.',
  undo: 'Remove the workload from the broker.',
});

export const emitAkeyless = consoleEmitter({
  folder: 'akeyless',
  title: 'Akeyless',
  before: ['Users and auth methods: add OAuth 2.0/JWT for the issuer.'],
  labels: CLAIMS,
  rule: ['an access role with read on these items alone'],
  check: 'akeyless auth with a token of the workload, then akeyless get-secret-value.',
  undo: 'Delete the auth method.',
});
