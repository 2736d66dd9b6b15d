/** Keys that a job is handed and that nothing it runs is seen to use. */
import { startedBy } from '../reach/commands.ts';
import { reachOf } from '../reach/job.ts';
import { languageOf } from '../reach/languages.ts';
import type { Replacement, RewriteContext } from '../types.ts';

/** Commands that use what the environment holds without any program of the repository, or start what is not seen here. */
const SEES_ALL =
  /(?:^|[\s;&|("'/])(?:aider|ant|ansible|aws|az|bedrock|braintrust|cdk|claude|codex|conda|crewai|curl|deepeval|docker|dvc|evalite|gcloud|gemini|gh|goose|hf|huggingface-cli|inspect|kubectl|langgraph|litellm|llm|mods|modal|npx|bunx|opencode|podman|promptfoo|pulumi|sam|serverless|sls|ssh|terraform|tofu|uvx|pipx|wget|wrangler|streamlit|jupyter|papermill|source|eval)(?=[\s;&|)"'@]|$)|(?:^|\s)\.\s/m;
/** Packages that read keys, or start programs that may. */
const USES =
  /^[ \t]*(?:from|import)[ \t]+(?:anthropic|openai|google\b|genai|vertexai|litellm|langchain\w*|langgraph|llama_index|dspy|crewai|pydantic_ai|pydantic_settings|dotenv|decouple|environs|dynaconf|deepeval|ragas|instructor|boto3|botocore|aioboto3|s3fs|smart_open|huggingface_hub|transformers|datasets|diffusers|sentence_transformers|agno|autogen\w*|smolagents|haystack|mirascope|claude_agent_sdk|agents|inspect_ai|subprocess|runpy|wandb|dvc)\b|\b(?:from|require\(|import\()\s*["'](?:@anthropic-ai\/|openai|@openai\/|@google\/|@google-cloud\/|@aws-sdk\/|aws-sdk|@langchain\/|langchain|@ai-sdk\/|ai["'/]|@huggingface\/|@openrouter\/|llamaindex|@mastra\/|@azure\/|dotenv|(?:node:)?child_process|execa|zx)|\bos\.(?:system|popen|exec\w*|environ(?!\.get\(|\[|\.setdefault\())|\bprocess\.env(?!\.|\[["'])|\b(?:spawn|exec)(?:Sync)?\(/m;

/** A step with what it runs, and where. */
interface Run {
  readonly script: string;
  readonly folder: string;
}

/**
 * Whether the programs that these steps run can all be seen, and none of them reads the key or has a client that might.
 *
 * @param text of the workflow.
 */
export function isUnused(text: string, runs: readonly Run[], { workload, names, variables }: Replacement, { paths = [], read }: Pick<RewriteContext, 'paths' | 'read'>): boolean {
  const tree = { paths, read };
  const wanted = [...new Set([...names, ...variables])].filter((name) => /^[A-Z][A-Z0-9_]*$/.test(name));
  const started = runs.map(({ script, folder }) => startedBy(script.replace(/\$\{\{[^}]*\}\}/g, '$EXPRESSION'), folder, tree));
  const starts = started.flatMap((one) => one.starts);
  const isSeen = starts.length > 0 && started.every((one) => one.starts.length > 0) && starts.every((start) => (start.kind === 'file' ? isProgram(languageOf(start.path)) && read(start.path) !== undefined : isProgram(start.language)));
  const words = started.flatMap((one) => one.texts).join('\n');
  if (!isSeen || SEES_ALL.test(words) || wanted.some((name) => words.includes(name))) return false;
  const reach = reachOf(text, [workload.slice(workload.lastIndexOf(' › ') + 3)], names, tree);
  const isUser = (own: string): boolean => USES.test(own) || wanted.some((name) => own.includes(name));
  if (starts.some((start) => start.kind === 'text' && isUser(start.text))) return false;
  const reached = paths.filter((path) => isProgram(languageOf(path)) && reach.may(path));
  // A folder of which nothing is known is not one that reads nothing.
  const isKnown = starts.every((start) => start.kind !== 'folder' || reached.some((path) => start.folder === '' || path.startsWith(`${start.folder}/`)));
  return isKnown && !reached.some((path) => isUser(read(path) ?? '')) && !paths.some((path) => languageOf(path) === 'shell' && isUser(read(path) ?? '') && reach.may(path));
}

function isProgram(language: string | undefined): boolean {
  return language === 'python' || language === 'javascript';
}
