import type { Holder } from '../model/holder.ts';

/**
 * Services that hold AI keys of their customers, by id. What is known of each is what a scan can see: the keys of accounts there, calls that pass through its hosts, and what runs on it.
 *
 * Hosts and platforms were compared with the services' documentation on 2026-11-29, through the registry of providers and platforms.
 */
export const HOLDERS: readonly Holder[] = [
  { id: 'bitbucket', title: 'Bitbucket Pipelines', kind: 'ci', platforms: ['bitbucket-pipelines'] },
  { id: 'braintrust', title: 'Braintrust', kind: 'evaluation', provider: 'braintrust', gateways: ['api.braintrust.dev/v1/proxy'] },
  { id: 'browserbase', title: 'Browserbase', kind: 'agents', provider: 'browserbase' },
  { id: 'buildkite', title: 'Buildkite', kind: 'ci', platforms: ['buildkite'] },
  { id: 'circleci', title: 'CircleCI', kind: 'ci', platforms: ['circleci'] },
  { id: 'cloudflare', title: 'Cloudflare', kind: 'gateway', provider: 'cloudflare', gateways: ['gateway.ai.cloudflare.com'], platforms: ['cloudflare-workers'] },
  { id: 'composio', title: 'Composio', kind: 'agents', provider: 'composio', gateways: ['backend.composio.dev'] },
  { id: 'devin', title: 'Devin', kind: 'agents', provider: 'devin' },
  { id: 'e2b', title: 'E2B', kind: 'agents', provider: 'e2b' },
  { id: 'fly', title: 'Fly.io', kind: 'hosting', platforms: ['fly'] },
  { id: 'github', title: 'GitHub', kind: 'ci', platforms: ['github-actions', 'devcontainer'], stores: ['github-actions', 'github-dependabot', 'github-codespaces', 'github-agents'] },
  { id: 'gitlab', title: 'GitLab', kind: 'ci', platforms: ['gitlab-ci'], stores: ['gitlab-ci'] },
  { id: 'harness', title: 'Harness', kind: 'ci', platforms: ['harness', 'drone'] },
  { id: 'hcp-terraform', title: 'HCP Terraform', kind: 'ci', platforms: ['hcp-terraform'] },
  { id: 'helicone', title: 'Helicone', kind: 'observability', provider: 'helicone', gateways: ['oai.helicone.ai', 'anthropic.helicone.ai', 'gateway.helicone.ai', 'ai-gateway.helicone.ai'] },
  { id: 'heroku', title: 'Heroku', kind: 'hosting', platforms: ['heroku'] },
  { id: 'langfuse', title: 'Langfuse', kind: 'observability', provider: 'langfuse' },
  { id: 'langsmith', title: 'LangSmith', kind: 'observability', provider: 'langsmith' },
  { id: 'litellm', title: 'LiteLLM', kind: 'gateway', provider: 'litellm' },
  { id: 'modal', title: 'Modal', kind: 'hosting', provider: 'modal', platforms: ['modal'] },
  { id: 'netlify', title: 'Netlify', kind: 'hosting', platforms: ['netlify'] },
  { id: 'openrouter', title: 'OpenRouter', kind: 'gateway', provider: 'openrouter', gateways: ['openrouter.ai/api'] },
  { id: 'portkey', title: 'Portkey', kind: 'gateway', provider: 'portkey', gateways: ['api.portkey.ai'] },
  { id: 'posthog', title: 'PostHog', kind: 'observability', provider: 'posthog' },
  { id: 'railway', title: 'Railway', kind: 'hosting', platforms: ['railway'] },
  { id: 'render', title: 'Render', kind: 'hosting', platforms: ['render'] },
  { id: 'replicate', title: 'Replicate', kind: 'hosting', provider: 'replicate' },
  { id: 'runpod', title: 'Runpod', kind: 'hosting', provider: 'runpod' },
  { id: 'semaphore', title: 'Semaphore', kind: 'ci', platforms: ['semaphore'] },
  { id: 'spacelift', title: 'Spacelift', kind: 'ci', platforms: ['spacelift'] },
  { id: 'supabase', title: 'Supabase', kind: 'hosting', platforms: ['supabase'] },
  { id: 'travis', title: 'Travis CI', kind: 'ci', platforms: ['travis'] },
  { id: 'trigger-dev', title: 'Trigger.dev', kind: 'hosting', platforms: ['trigger-dev'] },
  { id: 'vercel', title: 'Vercel', kind: 'hosting', provider: 'vercel', gateways: ['ai-gateway.vercel.sh'], platforms: ['vercel'] },
  { id: 'wandb', title: 'Weights & Biases', kind: 'observability', provider: 'wandb' },
];

const GATEWAYS = HOLDERS.flatMap(({ id, gateways = [] }) => gateways.map((host) => ({ id, host })));
/** A host may stand behind a subdomain, never within a longer word: `my-openrouter.ai` is somebody else. */
const START = String.raw`(?<![\w-])`;
const PATTERNS = GATEWAYS.map(({ id, host }) => ({ id, pattern: new RegExp(START + host.replaceAll(/[.\\/]/g, '\\$&')) }));
const ANY_GATEWAY = new RegExp(`${START}(?:${GATEWAYS.map(({ host }) => host.replaceAll(/[.\\/]/g, '\\$&')).join('|')})`);

/** Ids of the services whose gateways a text names, sorted. */
export function gatewaysIn(text: string): readonly string[] {
  if (!ANY_GATEWAY.test(text)) return [];
  return [...new Set(PATTERNS.filter(({ pattern }) => pattern.test(text)).map(({ id }) => id))].toSorted();
}
