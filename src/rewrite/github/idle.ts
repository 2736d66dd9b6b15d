/** Keys that a job is handed and that nothing it runs is seen to use. */
import { startedBy } from '../reach/commands.ts';
import { closureOf } from '../reach/imports.ts';
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

/** Whether the programs that these steps run can all be seen, and none of them reads the key or has a client that might. */
export function isUnused(runs: readonly Run[], { names, variables }: Replacement, { paths = [], read }: Pick<RewriteContext, 'paths' | 'read'>): boolean {
  const tree = { paths, read };
  const wanted = [...new Set([...names, ...variables])].filter((name) => /^[A-Z][A-Z0-9_]*$/.test(name));
  const isUser = (own: string): boolean => USES.test(own) || wanted.some((name) => own.includes(name));
  return (
    runs.length > 0 &&
    runs.every(({ script, folder }) => {
      const { starts, texts } = startedBy(script.replace(/\$\{\{[^}]*\}\}/g, '$EXPRESSION'), folder, tree);
      const words = texts.join('\n');
      if (starts.length === 0 || SEES_ALL.test(words) || wanted.some((name) => words.includes(name))) return false;
      return starts.every((start) => {
        // Of a folder it is not known all that is run.
        if (start.kind === 'folder') return false;
        const language = start.kind === 'text' ? start.language : languageOf(start.path);
        const own = start.kind === 'text' ? start.text : read(start.path);
        if (own === undefined || (language !== 'python' && language !== 'javascript')) return false;
        const closure = closureOf({ path: start.kind === 'file' ? start.path : '', text: own, language, folder: start.folder }, tree);
        return !closure.isOpen && !closure.texts.some(isUser);
      });
    })
  );
}
