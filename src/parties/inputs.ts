import type { Input, InputShape } from '../model/text.ts';

/** Every input that parties and routes name, by id. None of them is a secret. */
export const partyInputs: Readonly<Record<string, Input>> = byId([
  ['anthropic.organization_id', 'Anthropic organization id', 'uuid', 'Console, Settings, Organization: a UUID.'],
  ['anthropic.workspace_id', 'Anthropic workspace id', 'id', 'Console, Settings, Workspaces (wrkspc_...); "default" for the default workspace.'],
  ['anthropic.service_account_id', 'Anthropic service account id', 'id', 'Printed by anthropic/create.sh (svac_...).'],
  ['anthropic.federation_rule_id', 'Anthropic federation rule id', 'id', 'Printed by anthropic/create.sh (fdrl_...).'],
  ['openai.project_id', 'OpenAI project id', 'id', 'Platform settings, Project, General (proj_...).'],
  ['openai.identity_provider_id', 'OpenAI workload identity provider id', 'id', 'Printed by openai/create.sh.'],
  ['openai.service_account_id', 'OpenAI service account id', 'id', 'Printed by openai/create.sh.'],
  ['aws.account_id', 'AWS account id', 'digits', 'aws sts get-caller-identity --query Account --output text'],
  ['aws.region', 'AWS Region', 'name', 'The Region of the models: aws configure get region'],
  ['aws.role_arn', 'ARN of the role', 'id', 'Printed by aws/create.sh, or the output of Terraform.'],
  ['aws.bedrock_model', 'Amazon Bedrock model id', 'id', 'aws bedrock list-foundation-models --query "modelSummaries[].modelId"'],
  ['aws.claude_workspace_id', 'Workspace id of Claude Platform on AWS', 'id', 'Console of Claude Platform on AWS (wrkspc_...).'],
  ['google.project_id', 'Google Cloud project id', 'name', 'gcloud config get-value project'],
  ['google.project_number', 'Google Cloud project number', 'digits', 'gcloud projects describe PROJECT --format="value(projectNumber)"'],
  ['google.location', 'Vertex AI location', 'name', 'The location of the models; global where none is demanded.'],
  ['azure.tenant_id', 'Microsoft Entra tenant id', 'uuid', 'az account show --query tenantId --output tsv'],
  ['azure.client_id', 'Client id of the managed identity', 'uuid', 'Printed by azure/create.sh.'],
  ['azure.endpoint', 'Endpoint of the Azure OpenAI or Foundry resource', 'url', 'az cognitiveservices account show --name NAME --resource-group GROUP --query properties.endpoint'],
  ['azure.subscription_id', 'Azure subscription id', 'uuid', 'az account show --query id --output tsv'],
  ['azure_devops.connection_name', 'Service connection of Azure DevOps', 'name', 'Project settings, Service connections: the name of the one that the plan trusts.'],
  ['azure.foundry_resource', 'Name of the Foundry resource', 'name', 'az cognitiveservices account list --query "[].name"'],
  ['huggingface.resource', 'Hugging Face resource', 'path', 'What the token is for: NAMESPACE/NAME of a model, datasets/NAMESPACE/NAME, spaces/NAMESPACE/NAME, or USER.'],
  ['openrouter.federation_policy_id', 'OpenRouter federation policy id', 'uuid', 'OpenRouter, Settings, Workload identity: id of the policy.'],
  ['databricks.host', 'Databricks workspace URL', 'url', 'The address of the workspace: https://....'],
  ['databricks.client_id', 'Application id of the Databricks service principal', 'uuid', 'databricks service-principals list'],
  ['databricks.account_id', 'Databricks account id', 'uuid', 'Account console, top right menu.'],
  ['snowflake.account', 'Snowflake account identifier', 'name', 'SELECT CURRENT_ORGANIZATION_NAME() || \'-\' || CURRENT_ACCOUNT_NAME()'],
  ['litellm.base_url', 'Address of the LiteLLM proxy', 'url', 'The address clients call.'],
  ['weaviate.url', 'Address of the Weaviate server', 'url', 'The address clients call.'],
  ['weaviate.client_id', 'Client id that Weaviate expects as audience', 'id', 'AUTHENTICATION_OIDC_CLIENT_ID of the server.'],
  ['portkey.base_url', 'Address of the Portkey gateway', 'url', 'The address clients call.'],
]);

function byId(rows: readonly (readonly [id: string, title: string, shape: InputShape, how: string])[]): Readonly<Record<string, Input>> {
  return Object.fromEntries(rows.map(([id, title, shape, how]) => [id, { id, title, shape, how }]));
}
