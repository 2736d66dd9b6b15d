import { loadGrammars } from '../../src/rewrite/code/syntax.ts';
import { rewriteText } from '../../src/rewrite/run.ts';
import type { Kept, Replacement, RewriteContext, Rewriter } from '../../src/rewrite/types.ts';

const ROUTES: Readonly<Record<string, Pick<Replacement, 'parties' | 'route' | 'class' | 'change' | 'variables' | 'remove' | 'title' | 'floors'>>> = {
  anthropic: { title: 'Anthropic', parties: ['anthropic'], route: 'native', class: 'native', change: 'configuration', variables: ['ANTHROPIC_API_KEY', 'CLAUDE_API_KEY', 'ANTHROPIC_AUTH_TOKEN'], remove: ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN'], floors: [{ language: 'python', package: 'anthropic', version: '0.99.0' }, { language: 'go', package: 'github.com/anthropics/anthropic-sdk-go', version: '1.40.0' }, { language: 'java', package: 'com.anthropic:anthropic-java', version: '2.29.0' }] },
  openai: { title: 'OpenAI', parties: ['openai'], route: 'native', class: 'native', change: 'code', variables: ['OPENAI_API_KEY', 'OPENAI_KEY'], remove: ['OPENAI_API_KEY', 'OPENAI_ADMIN_KEY'], floors: [{ language: 'python', package: 'openai', version: '2.37.0' }] },
  'azure-openai': { title: 'Azure OpenAI', parties: ['azure'], route: 'native', class: 'native', change: 'code', variables: ['AZURE_OPENAI_API_KEY', 'AZURE_OPENAI_KEY'], remove: ['AZURE_OPENAI_API_KEY', 'AZURE_CLIENT_SECRET'], floors: [] },
  aws: { title: 'Amazon Web Services', parties: ['aws'], route: 'native', class: 'native', change: 'configuration', variables: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'], remove: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'], floors: [] },
  'google-gemini': { title: 'Google Gemini', parties: ['google'], route: 'vertex', class: 'same-model', change: 'code', variables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'], remove: ['GEMINI_API_KEY', 'GOOGLE_API_KEY', 'GOOGLE_GENERATIVE_AI_API_KEY'], floors: [] },
  huggingface: { title: 'Hugging Face', parties: ['huggingface'], route: 'native', class: 'native', change: 'configuration', variables: ['HF_TOKEN', 'HUGGINGFACE_API_KEY'], remove: ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN'], floors: [{ language: 'python', package: 'huggingface_hub', version: '1.19.0' }] },
};

/** A replacement as a plan would give it, for a workload in a cluster unless told otherwise. */
export function replacementFor(provider: string, parts: Partial<Replacement> = {}): Replacement {
  const route = ROUTES[provider];
  if (route === undefined) throw new Error(`no such provider in the kit: ${provider}`);
  return {
    migration: `m-1-${provider}`, provider, workload: 'deploy.yaml › api', platform: 'kubernetes', path: 'deploy.yaml', line: 1, names: [], outcome: 'gone',
    identity: { id: 'api', audience: ['https://api.example.com'], permission: 'inference', subject: undefined }, readByClients: [], hosts: [], suffix: '', set: {}, ...route, ...parts,
  };
}

export function contextFor(all: readonly Replacement[], parts: Partial<RewriteContext> = {}): RewriteContext {
  return { own: [], all, kept: [], read: () => undefined, value: () => undefined, ids: 'vars', ...parts };
}

export function keptFor(provider: string): Kept {
  return { migration: `m-2-${provider}`, provider, title: provider, workload: 'other.yml › job', platform: 'github-actions', path: 'other.yml', line: 1, names: [], code: 'unsafe-trigger', reason: 'It runs for anyone.', unblock: 'Run it for nobody.' };
}

/** Text after, and what was decided, a line each. */
export async function edited(rewriter: Rewriter, path: string, text: string, context: RewriteContext): Promise<{ readonly after: string; readonly notes: readonly string[] }> {
  await loadGrammars((rewriter.grammars?.(path) ?? []).filter((name) => name === 'python' || name === 'go' || name === 'java'));
  if (!rewriter.matches(path, text)) return { after: text, notes: ['no match'] };
  const { after, made, refusals } = rewriteText(rewriter, path, text, context);
  return {
    after,
    notes: [...made.map(({ line, safety, title }) => `${line} ${safety}: ${title}`), ...refusals.map(({ line, code, reason, shadows }) => `${line} ${code}${shadows ? ' (shadows)' : ''}: ${reason}`)],
  };
}
