/** Constructors that take a key, and what each needs to do without. What is said of a package was run or read in that package (2026-11-29) unless a source is named. */
import { bare, type JsFile } from './javascript-file.ts';
import type { SyntaxNode } from './syntax.ts';

export type Treatment =
  /** Without the argument it finds the same variable, and without that the federated identity. */
  | { readonly kind: 'drop'; readonly finds: string }
  /** Takes a function that gives tokens of Microsoft Entra, under this name; `stopsBeside` is the variable of the key that it will not have set at the same time. */
  | { readonly kind: 'entra'; readonly option: string; readonly stopsBeside?: string }
  | { readonly kind: 'openai' }
  | { readonly kind: 'vertex' }
  /** Takes a chain of AWS, under this name. */
  | { readonly kind: 'aws-chain'; readonly option: string }
  /** No way is known to work: what a person does. */
  | { readonly kind: 'refuse'; readonly reason: string; readonly byHand: string };

export interface ClientShape {
  /** Exact; one that ends with `*` is a prefix. */
  readonly packages: readonly string[];
  /** Exported names; `default` for the default export. `*` for every class whose name ends with `Client`. */
  readonly exported: readonly string[];
  /** Whose keys it takes, in order. */
  readonly providers: readonly string[];
  /** Options that hold the key. */
  readonly keys: readonly string[];
  /** Variables that it reads by itself. */
  readonly reads: readonly string[];
  readonly treatment: Treatment;
  /** First version that can do it. */
  readonly floor?: string;
}

const ENTRA_HINT = 'getBearerTokenProvider(new DefaultAzureCredential(), ...) of @azure/identity';

const SHAPES: readonly ClientShape[] = [
  {
    // 0.94.0 sends the workspace in the exchange: CHANGELOG of the package.
    packages: ['@anthropic-ai/sdk', '@anthropic-ai/sdk/index', '@anthropic-ai/sdk/index.mjs'],
    exported: ['default', 'Anthropic'],
    providers: ['anthropic'],
    keys: ['apiKey', 'authToken'],
    reads: ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN'],
    treatment: { kind: 'drop', finds: 'the federation variables' },
    floor: '0.94.0',
  },
  {
    packages: ['@langchain/anthropic', 'langchain/chat_models/anthropic'],
    exported: ['ChatAnthropic', 'ChatAnthropicMessages'],
    providers: ['anthropic'],
    keys: ['apiKey', 'anthropicApiKey'],
    reads: ['ANTHROPIC_API_KEY'],
    // The constructor throws without a key unless it is given createClient.
    treatment: { kind: 'refuse', reason: 'ChatAnthropic throws without a key, unless it is told how to make its client', byHand: 'Give it createClient: (options) => new Anthropic(options), with Anthropic of @anthropic-ai/sdk 0.94.0 or later, and take the key away.' },
  },
  {
    packages: ['@ai-sdk/anthropic'],
    exported: ['createAnthropic', 'anthropic'],
    providers: ['anthropic'],
    keys: ['apiKey', 'authToken'],
    reads: ['ANTHROPIC_API_KEY'],
    treatment: { kind: 'refuse', reason: '@ai-sdk/anthropic takes only a fixed key or token and has no federation of its own', byHand: 'Give createAnthropic a fetch that exchanges the token of the workload and sets Authorization, or make this call with @anthropic-ai/sdk.' },
  },
  {
    packages: ['@llamaindex/anthropic', 'llamaindex'],
    exported: ['Anthropic', 'AnthropicAgent', 'anthropic'],
    providers: ['anthropic'],
    keys: ['apiKey'],
    reads: ['ANTHROPIC_API_KEY'],
    treatment: { kind: 'refuse', reason: 'the Anthropic class of LlamaIndex throws without a key', byHand: 'Make this call with @anthropic-ai/sdk 0.94.0 or later, whose client finds the identity.' },
  },
  {
    packages: ['openai', 'openai/index', 'openai/index.mjs'],
    exported: ['default', 'OpenAI'],
    providers: ['openai'],
    keys: ['apiKey'],
    reads: ['OPENAI_API_KEY'],
    treatment: { kind: 'openai' },
    floor: '7.8.0',
  },
  {
    packages: ['openai'],
    exported: ['OpenAIApi', 'Configuration'],
    providers: ['openai'],
    keys: ['apiKey'],
    reads: ['OPENAI_API_KEY'],
    treatment: { kind: 'refuse', reason: 'this is version 3 of the package openai, which knows no workload identity', byHand: 'Move to openai 7.8.0 or later and make the client with workloadIdentity and apiKey: null.' },
  },
  {
    packages: ['@langchain/openai', 'langchain/chat_models/openai', 'langchain/llms/openai', 'langchain/embeddings/openai'],
    exported: ['ChatOpenAI', 'OpenAI', 'OpenAIEmbeddings', 'DallEAPIWrapper'],
    providers: ['openai'],
    keys: ['apiKey', 'openAIApiKey', 'openaiApiKey'],
    reads: ['OPENAI_API_KEY'],
    treatment: { kind: 'refuse', reason: 'LangChain makes the client of OpenAI itself and hands it a key', byHand: 'Take the key away and give configuration: { workloadIdentity: { identityProviderId, serviceAccountId, provider } }, with @langchain/openai on openai 7.8.0 or later.' },
  },
  {
    packages: ['@ai-sdk/openai', '@ai-sdk/openai-compatible'],
    exported: ['createOpenAI', 'createOpenAICompatible', 'openai'],
    providers: ['openai'],
    keys: ['apiKey'],
    reads: ['OPENAI_API_KEY'],
    treatment: { kind: 'refuse', reason: '@ai-sdk/openai takes only a fixed key and has no workload identity', byHand: 'Give createOpenAI a fetch that exchanges the token of the workload and sets Authorization, or make this call with the package openai.' },
  },
  {
    packages: ['@openai/agents', '@openai/agents-openai', '@openai/codex-sdk'],
    exported: ['run', 'Runner', 'OpenAIProvider', 'setDefaultOpenAIKey', 'Codex'],
    providers: ['openai'],
    keys: ['apiKey'],
    reads: ['OPENAI_API_KEY'],
    treatment: { kind: 'refuse', reason: 'the Agents SDK makes its client by itself, with the key', byHand: 'Call setDefaultOpenAIClient of @openai/agents with a client that is made with workloadIdentity of openai 7.8.0 or later.' },
  },
  {
    packages: ['@llamaindex/openai', 'llamaindex'],
    exported: ['OpenAI', 'OpenAIEmbedding', 'OpenAIAgent', 'openai'],
    providers: ['openai'],
    keys: ['apiKey'],
    reads: ['OPENAI_API_KEY'],
    treatment: { kind: 'refuse', reason: 'LlamaIndex makes the client of OpenAI itself and hands it a key', byHand: 'Make this call with the package openai, 7.8.0 or later, and workloadIdentity.' },
  },
  {
    // First seen in 4.42.0, not in 4.40.0. An apiKey that is left out, or undefined, is read from the variable, and then both are too much (4.104.0 to 7.59.0).
    packages: ['openai'],
    exported: ['AzureOpenAI'],
    providers: ['azure-openai'],
    keys: ['apiKey'],
    reads: ['AZURE_OPENAI_API_KEY'],
    treatment: { kind: 'entra', option: 'azureADTokenProvider', stopsBeside: 'AZURE_OPENAI_API_KEY' },
    floor: '4.42.0',
  },
  {
    // First seen in 0.1.0, not in 0.0.28.
    packages: ['@langchain/openai'],
    exported: ['AzureChatOpenAI', 'AzureOpenAI', 'AzureOpenAIEmbeddings'],
    providers: ['azure-openai'],
    keys: ['azureOpenAIApiKey', 'apiKey', 'openAIApiKey'],
    reads: ['AZURE_OPENAI_API_KEY'],
    treatment: { kind: 'entra', option: 'azureADTokenProvider' },
    floor: '0.1.0',
  },
  {
    // Seen in 3.0.102, not in 3.0.0.
    packages: ['@ai-sdk/azure'],
    exported: ['createAzure'],
    providers: ['azure-openai'],
    keys: ['apiKey'],
    reads: ['AZURE_API_KEY'],
    treatment: { kind: 'entra', option: 'tokenProvider' },
    floor: '3.0.102',
  },
  { packages: ['@anthropic-ai/foundry-sdk'], exported: ['default', 'AnthropicFoundry'], providers: ['azure-openai'], keys: ['apiKey'], reads: ['ANTHROPIC_FOUNDRY_API_KEY'], treatment: { kind: 'entra', option: 'azureADTokenProvider' } },
  {
    packages: ['@llamaindex/azure'],
    exported: ['AzureOpenAI', 'AzureOpenAIEmbedding'],
    providers: ['azure-openai'],
    keys: ['apiKey'],
    reads: ['AZURE_OPENAI_API_KEY', 'AZURE_OPENAI_KEY'],
    treatment: { kind: 'refuse', reason: 'the Azure class of LlamaIndex puts a key from the environment beside what it is given', byHand: `Make this call with AzureOpenAI of the package openai and azureADTokenProvider: ${ENTRA_HINT}.` },
  },
  {
    packages: ['@azure/openai', '@azure-rest/ai-inference', '@azure/ai-inference', '@azure/core-auth'],
    exported: ['AzureKeyCredential', 'OpenAIKeyCredential'],
    providers: ['azure-openai'],
    keys: [],
    reads: [],
    treatment: { kind: 'refuse', reason: 'AzureKeyCredential is the key', byHand: 'Hand the client new DefaultAzureCredential() of @azure/identity in its place.' },
  },
  {
    packages: ['@aws-sdk/*'],
    exported: ['*'],
    providers: ['aws', 'aws-bedrock'],
    keys: ['credentials'],
    reads: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
    treatment: { kind: 'drop', finds: 'the role by the default chain of AWS' },
  },
  {
    packages: ['@anthropic-ai/bedrock-sdk'],
    exported: ['default', 'AnthropicBedrock', 'AnthropicBedrockMantle'],
    providers: ['aws', 'aws-bedrock'],
    keys: ['awsAccessKey', 'awsSecretKey', 'awsSessionToken', 'apiKey'],
    reads: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_BEARER_TOKEN_BEDROCK'],
    treatment: { kind: 'drop', finds: 'the role by the default chain of AWS' },
  },
  {
    packages: ['@langchain/aws'],
    exported: ['ChatBedrockConverse', 'BedrockEmbeddings', 'AmazonKnowledgeBaseRetriever'],
    providers: ['aws', 'aws-bedrock'],
    keys: ['credentials'],
    reads: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
    treatment: { kind: 'drop', finds: 'the role by the default chain of AWS' },
  },
  {
    packages: ['@ai-sdk/amazon-bedrock'],
    exported: ['createAmazonBedrock'],
    providers: ['aws', 'aws-bedrock'],
    keys: ['accessKeyId', 'secretAccessKey', 'sessionToken', 'apiKey'],
    reads: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_BEARER_TOKEN_BEDROCK'],
    treatment: { kind: 'aws-chain', option: 'credentialProvider' },
    // Seen in 3.0.0, not in 2.0.0.
    floor: '3.0.0',
  },
  {
    packages: ['aws-sdk', 'aws-sdk/*'],
    exported: ['*', 'S3', 'DynamoDB', 'Lambda', 'SQS', 'SNS', 'SES', 'STS', 'Config', 'Credentials', 'BedrockRuntime'],
    providers: ['aws', 'aws-bedrock'],
    keys: ['accessKeyId', 'secretAccessKey', 'sessionToken', 'credentials'],
    reads: [],
    treatment: { kind: 'refuse', reason: 'this is version 2 of the AWS SDK, which is out of support', byHand: 'Move to the clients of version 3 (@aws-sdk/client-...), made without credentials.' },
  },
  {
    packages: ['@google/genai'],
    exported: ['GoogleGenAI'],
    providers: ['google-gemini'],
    keys: ['apiKey'],
    reads: ['GOOGLE_API_KEY', 'GEMINI_API_KEY'],
    treatment: { kind: 'vertex' },
  },
  {
    packages: ['@google/generative-ai', '@google/generative-ai/server'],
    exported: ['GoogleGenerativeAI', 'GoogleAIFileManager', 'GoogleAICacheManager'],
    providers: ['google-gemini'],
    keys: ['apiKey'],
    reads: [],
    treatment: { kind: 'refuse', reason: '@google/generative-ai knows only keys', byHand: 'Move to @google/genai: new GoogleGenAI({ vertexai: true, project, location }).' },
  },
  {
    packages: ['@ai-sdk/google'],
    exported: ['createGoogleGenerativeAI', 'createGoogle', 'google'],
    providers: ['google-gemini'],
    keys: ['apiKey'],
    reads: ['GOOGLE_GENERATIVE_AI_API_KEY'],
    treatment: { kind: 'refuse', reason: '@ai-sdk/google knows only keys', byHand: 'Move to createVertex({ project, location }) of @ai-sdk/google-vertex, which finds application default credentials.' },
  },
  {
    packages: ['@langchain/google-genai', '@langchain/google', '@langchain/google-webauth'],
    exported: ['ChatGoogleGenerativeAI', 'GoogleGenerativeAIEmbeddings', 'ChatGoogle'],
    providers: ['google-gemini'],
    keys: ['apiKey'],
    reads: ['GOOGLE_API_KEY'],
    treatment: { kind: 'refuse', reason: 'this class of LangChain knows only keys', byHand: 'Move to ChatVertexAI of @langchain/google-vertexai, which finds application default credentials.' },
  },
];

/** Whether the text names a package whose clients take a key of this provider from the environment without a word in the code. */
export function mayMakeClient(text: string, provider: string): boolean {
  return SHAPES.some(({ providers, packages, reads, treatment }) => treatment.kind !== 'drop' && reads.length > 0 && providers.includes(provider) && packages.some((name) => text.includes(name.replace('*', ''))));
}

/** A place that makes a client. */
export interface Made {
  readonly node: SyntaxNode;
  readonly shape: ClientShape;
  readonly package: string;
  /** As the file writes it: `new Anthropic`. */
  readonly title: string;
  readonly arguments: SyntaxNode | undefined;
  /** The options, when they are written out. */
  readonly options: SyntaxNode | undefined;
}

/** Every client that the file makes, by what its names are bound to. */
export function clientsIn(file: JsFile): readonly Made[] {
  return file.calls.flatMap((node): readonly Made[] => {
    const called = node.childForFieldName(node.type === 'new_expression' ? 'constructor' : 'function');
    const of = called === null ? undefined : importOf(file, called);
    if (called === null || of === undefined) return [];
    const shape = SHAPES.find((one) => one.packages.some((name) => fits(name, of.package)) && one.exported.some((name) => isExport(name, of, node.type === 'new_expression')));
    if (shape === undefined) return [];
    const list = node.childForFieldName('arguments') ?? undefined;
    const given = list?.namedChildren.filter(({ type }) => type !== 'comment') ?? [];
    const options = given.map(bare).find(({ type }) => type === 'object');
    return [{ node, shape, package: of.package, title: `${node.type === 'new_expression' ? 'new ' : ''}${called.text.replace(/\s+/g, '')}`, arguments: list, options }];
  });
}

interface Imported {
  readonly package: string;
  readonly name: string;
}

function importOf(file: JsFile, called: SyntaxNode): Imported | undefined {
  if (called.type === 'identifier') {
    const binding = file.bindings.get(called.text);
    return binding === undefined ? undefined : { package: binding.package, name: binding.imported };
  }
  if (called.type !== 'member_expression') return undefined;
  const object = called.childForFieldName('object');
  const property = called.childForFieldName('property')?.text;
  const binding = object?.type === 'identifier' ? file.bindings.get(object.text) : undefined;
  if (binding === undefined || property === undefined || (binding.imported !== '*' && binding.imported !== 'default')) return undefined;
  return { package: binding.package, name: property };
}

function fits(wanted: string, name: string): boolean {
  return wanted.endsWith('*') ? name.startsWith(wanted.slice(0, -1)) : name === wanted;
}

function isExport(wanted: string, { name, package: from }: Imported, isNew: boolean): boolean {
  if (wanted === '*') return isNew && (/^[A-Z]\w*Client$/.test(name) || (/^@aws-sdk\/(?:client|lib)-/.test(from) && /^[A-Z]\w*$/.test(name) && !/(?:Command|Exception|Error|Input|Output)$/.test(name)) || (from.startsWith('aws-sdk') && isNew));
  // `const OpenAI = require('openai')`: the module is its default export.
  return name === wanted || (wanted === 'default' && name === '*' && isNew);
}
