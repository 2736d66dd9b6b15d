/** Clients of Python packages that take a key, and what each needs instead. What is not known to work is refused with what to do. */
import { AZURE_SCOPE, type Followed } from './_shared.ts';

export type Family = 'anthropic' | 'openai' | 'azure' | 'aws' | 'genai' | 'huggingface' | 'other';

export interface ClientKind {
  readonly family: Family;
  readonly title: string;
  /** Ids of providers, best first. */
  readonly providers: readonly string[];
  /** Arguments that hold a key. */
  readonly keys: readonly string[];
  /** What the package reads by itself for each of them. */
  readonly implicit: Readonly<Record<string, readonly string[]>>;
  /** Arguments that point the client at another address. */
  readonly addresses: readonly string[];
  /** For `other`: what to do by hand. */
  readonly byHand?: string;
}

const ANTHROPIC = ['ANTHROPIC_API_KEY'];
const AWS_KEYS = { aws_access_key_id: ['AWS_ACCESS_KEY_ID'], aws_secret_access_key: ['AWS_SECRET_ACCESS_KEY'], aws_session_token: ['AWS_SESSION_TOKEN'] };
const HUB = ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN'];
const kinds: readonly (readonly [ClientKind, string])[] = [
  [
    { family: 'anthropic', title: 'Anthropic', providers: ['anthropic'], keys: ['api_key', 'auth_token'], implicit: { api_key: ANTHROPIC, auth_token: ['ANTHROPIC_AUTH_TOKEN'] }, addresses: ['base_url'] },
    'anthropic.Anthropic anthropic.AsyncAnthropic anthropic.Client anthropic.AsyncClient',
  ],
  [
    {
      family: 'aws', title: 'Amazon Bedrock', providers: ['aws-bedrock', 'aws'], keys: ['aws_access_key', 'aws_secret_key', 'aws_session_token', 'api_key'],
      implicit: { aws_access_key: ['AWS_ACCESS_KEY_ID'], aws_secret_key: ['AWS_SECRET_ACCESS_KEY'], aws_session_token: ['AWS_SESSION_TOKEN'], api_key: ['AWS_BEARER_TOKEN_BEDROCK'] }, addresses: ['base_url'],
    },
    'anthropic.AnthropicBedrock anthropic.AsyncAnthropicBedrock',
  ],
  [{ family: 'aws', title: 'AWS', providers: ['aws-bedrock', 'aws'], keys: Object.keys(AWS_KEYS), implicit: AWS_KEYS, addresses: ['endpoint_url'] }, 'boto3.client boto3.resource boto3.Session boto3.session.Session'],
  [{ family: 'openai', title: 'OpenAI', providers: ['openai'], keys: ['api_key'], implicit: { api_key: ['OPENAI_API_KEY'] }, addresses: ['base_url'] }, 'openai.OpenAI openai.AsyncOpenAI openai.Client openai.AsyncClient'],
  [{ family: 'azure', title: 'Azure OpenAI', providers: ['azure-openai'], keys: ['api_key'], implicit: { api_key: ['AZURE_OPENAI_API_KEY'] }, addresses: [] }, 'openai.AzureOpenAI openai.AsyncAzureOpenAI openai.lib.azure.AzureOpenAI openai.lib.azure.AsyncAzureOpenAI'],
  [
    { family: 'azure', title: 'Azure OpenAI', providers: ['azure-openai'], keys: ['api_key', 'openai_api_key'], implicit: { api_key: ['AZURE_OPENAI_API_KEY'], openai_api_key: ['AZURE_OPENAI_API_KEY'] }, addresses: [] },
    'langchain_openai.AzureChatOpenAI langchain_openai.AzureOpenAI langchain_openai.AzureOpenAIEmbeddings langchain_openai.chat_models.AzureChatOpenAI langchain_openai.embeddings.AzureOpenAIEmbeddings',
  ],
  [{ family: 'genai', title: 'Gemini', providers: ['google-gemini'], keys: ['api_key'], implicit: { api_key: ['GOOGLE_API_KEY', 'GEMINI_API_KEY'] }, addresses: [] }, 'google.genai.Client'],
  [
    { family: 'huggingface', title: 'Hugging Face', providers: ['huggingface'], keys: ['token', 'api_key'], implicit: { token: HUB, api_key: HUB }, addresses: ['base_url', 'provider', 'endpoint'] },
    'huggingface_hub.InferenceClient huggingface_hub.AsyncInferenceClient huggingface_hub.HfApi huggingface_hub.snapshot_download huggingface_hub.hf_hub_download',
  ],
  [
    {
      family: 'other', title: 'LangChain', providers: ['anthropic'], keys: ['api_key', 'anthropic_api_key'], implicit: {}, addresses: [],
      // langchain-anthropic 1.7.10 hands an empty key on when it has none, and the SDK then takes that (2026-11-23, run).
      byHand: 'ChatAnthropic gives the Anthropic SDK an empty key when it has none, and that wins over federation: call the model through the SDK (Anthropic()), or wait for a release of langchain-anthropic that leaves it out.',
    },
    'langchain_anthropic.ChatAnthropic langchain_anthropic.AnthropicLLM langchain_anthropic.chat_models.ChatAnthropic langchain_community.chat_models.ChatAnthropic langchain.chat_models.ChatAnthropic',
  ],
  [
    {
      family: 'other', title: 'LangChain', providers: ['openai'], keys: ['api_key', 'openai_api_key'], implicit: {}, addresses: [],
      byHand: 'ChatOpenAI has no argument for workload identity: give api_key a function that exchanges the token of the workload at https://auth.openai.com/oauth/token and returns the result, or call the model through the SDK with workload_identity.',
    },
    'langchain_openai.ChatOpenAI langchain_openai.OpenAI langchain_openai.OpenAIEmbeddings langchain_openai.chat_models.ChatOpenAI langchain_community.chat_models.ChatOpenAI langchain.chat_models.ChatOpenAI langchain.llms.OpenAI langchain.embeddings.OpenAIEmbeddings langchain_community.embeddings.OpenAIEmbeddings',
  ],
  [
    { family: 'other', title: 'LlamaIndex', providers: ['anthropic'], keys: ['api_key'], implicit: {}, addresses: [], byHand: 'Take api_key away, raise anthropic to the version the plan names, and try one call: llama-index-llms-anthropic hands None on to the SDK, which then federates.' },
    'llama_index.llms.anthropic.Anthropic',
  ],
  [
    { family: 'other', title: 'LlamaIndex', providers: ['openai'], keys: ['api_key'], implicit: {}, addresses: [], byHand: 'Give it a client of the SDK that was made with workload_identity, or exchange the token before the program starts and hand it over as OPENAI_API_KEY.' },
    'llama_index.llms.openai.OpenAI llama_index.embeddings.openai.OpenAIEmbedding',
  ],
  [
    {
      family: 'other', title: 'LlamaIndex', providers: ['azure-openai'], keys: ['api_key'], implicit: {}, addresses: [],
      byHand: `In place of api_key give use_azure_ad=True and azure_ad_token_provider=get_bearer_token_provider(DefaultAzureCredential(), "${AZURE_SCOPE}"), with azure-identity among the dependencies.`,
    },
    'llama_index.llms.azure_openai.AzureOpenAI llama_index.embeddings.azure_openai.AzureOpenAIEmbedding',
  ],
  [
    {
      family: 'other', title: 'Pydantic AI', providers: ['anthropic'], keys: ['api_key'], implicit: {}, addresses: [],
      // pydantic-ai-slim 2.68.0 refuses to start without a key of its own (2026-11-23, run).
      byHand: 'AnthropicProvider stops without a key: give it a client of the SDK, AnthropicProvider(anthropic_client=AsyncAnthropic()), which federates by itself.',
    },
    'pydantic_ai.providers.anthropic.AnthropicProvider pydantic_ai.models.anthropic.AnthropicProvider',
  ],
  [
    { family: 'other', title: 'Pydantic AI', providers: ['openai'], keys: ['api_key'], implicit: {}, addresses: [], byHand: 'Give OpenAIProvider a client of the SDK, OpenAIProvider(openai_client=AsyncOpenAI(workload_identity=...)), in place of the key.' },
    'pydantic_ai.providers.openai.OpenAIProvider',
  ],
  [
    {
      family: 'other', title: 'LiteLLM', providers: ['anthropic', 'openai', 'azure-openai', 'google-gemini', 'huggingface'], keys: ['api_key'], implicit: {}, addresses: [],
      byHand: 'A key given to LiteLLM comes before any federation: take api_key away once the release of LiteLLM in use is known to federate for this provider, or call the provider through its own SDK.',
    },
    'litellm.completion litellm.acompletion litellm.embedding litellm.aembedding litellm.Router',
  ],
  [
    { family: 'other', title: 'Gemini', providers: ['google-gemini'], keys: ['api_key'], implicit: {}, addresses: [], byHand: 'google-generativeai has no way to Vertex AI: move to the package google-genai, and make the client with genai.Client(vertexai=True).' },
    'google.generativeai.configure',
  ],
  [
    { family: 'other', title: 'Claude in Foundry', providers: ['azure-openai'], keys: ['api_key'], implicit: {}, addresses: [], byHand: `In place of api_key give azure_ad_token_provider=get_bearer_token_provider(DefaultAzureCredential(), "${AZURE_SCOPE}"); if the resource refuses that scope, "https://ai.azure.com/.default".` },
    'anthropic.AnthropicFoundry anthropic.AsyncAnthropicFoundry',
  ],
  [
    { family: 'other', title: 'Bedrock through LangChain', providers: ['aws-bedrock', 'aws'], keys: ['aws_access_key_id', 'aws_secret_access_key', 'aws_session_token'], implicit: {}, addresses: [], byHand: 'Take the key arguments away: the default chain of AWS finds the role.' },
    'langchain_aws.ChatBedrock langchain_aws.ChatBedrockConverse langchain_aws.BedrockLLM langchain_aws.BedrockEmbeddings llama_index.llms.bedrock.Bedrock llama_index.llms.bedrock_converse.BedrockConverse',
  ],
  [{ family: 'other', title: 'Hugging Face', providers: ['huggingface'], keys: ['token'], implicit: {}, addresses: [], byHand: 'Take the login away: huggingface_hub finds the short-lived token by itself when HF_OIDC_RESOURCE is set.' }, 'huggingface_hub.login'],
];

export const CLIENTS: ReadonlyMap<string, ClientKind> = new Map(kinds.flatMap(([kind, paths]) => paths.split(' ').map((path) => [path, kind] as const)));

/** Packages whose import makes a file worth parsing. */
export const PACKAGES = /\b(?:anthropic|openai|boto3|genai|generativeai|huggingface_hub|langchain\w*|llama_index|pydantic_ai|litellm|BaseSettings)\b/;

export type Decision = { readonly kind: 'edit' } | { readonly kind: 'leave' } | { readonly kind: 'refuse'; readonly reason: string; readonly byHand: string };

const MODELS: Readonly<Record<string, string>> = {
  bedrock: 'AnthropicBedrock() of the package anthropic[bedrock], without key arguments, and the Bedrock id of the model',
  vertex: 'AnthropicVertex() of the package anthropic[vertex], with project and region, and the Vertex id of the model',
  foundry: `AnthropicFoundry of the package anthropic with azure_ad_token_provider (scope ${AZURE_SCOPE})`,
  'claude-platform': 'AnthropicAWS of the package anthropic',
};

/** What the route asks of a client of this kind. */
export function decide(kind: ClientKind, { replacement }: Followed): Decision {
  const { route } = replacement;
  // A broker or a step gives the variable a value; the program goes on reading it.
  if (replacement.class === 'broker' || replacement.class === 'short-lived' || route === 'native-step') return { kind: 'leave' };
  if (replacement.class === 'gateway') return { kind: 'refuse', reason: `The key is replaced by a gateway: the client needs its address and the token of the workload.`, byHand: 'Point base_url at the gateway, and give the client the identity token of the workload in place of the key.' };
  if (kind.family === 'other') return { kind: 'refuse', reason: `${kind.title} takes the key itself, and no argument is known that does without.`, byHand: kind.byHand ?? 'Follow the README of the plan.' };
  if (kind.family === 'genai') return route === 'vertex' ? { kind: 'edit' } : otherModel(replacement.title, route);
  if (route !== 'native') return otherModel(replacement.title, route);
  return { kind: 'edit' };
}

function otherModel(title: string, route: string): Decision {
  const client = MODELS[route] ?? 'the client of that service';
  return { kind: 'refuse', reason: `The path of ${title} leads to the same model at another service (${route}): client and model id change.`, byHand: `Make the client with ${client}.` };
}
