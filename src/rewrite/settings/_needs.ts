import type { PartyId } from '../../model/federation.ts';
import { providers } from '../../providers/index.ts';
import type { Kept, Replacement, RewriteContext } from '../types.ts';

/** How a person is let in on a machine of their own, and the settings, no secrets, that programs still need there. */
export interface Login {
  readonly command: string;
  readonly settings: readonly string[];
}

/**
 * By the party that takes the key's place. Those that have no login which other programs find by themselves are left out: `codex login` is for Codex alone.
 *
 * Sources, 2026-11-24: https://platform.claude.com/docs/en/manage-claude/workload-identity-federation, https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-sso.html,
 * https://cloud.google.com/docs/authentication/provide-credentials-adc, https://learn.microsoft.com/en-us/cli/azure/authenticate-azure-cli
 */
const LOGINS: Readonly<Partial<Record<PartyId, Login>>> = {
  anthropic: { command: 'ant auth login', settings: [] },
  aws: { command: 'aws sso login', settings: ['AWS_REGION'] },
  google: { command: 'gcloud auth application-default login', settings: ['GOOGLE_GENAI_USE_ENTERPRISE', 'GOOGLE_CLOUD_PROJECT', 'GOOGLE_CLOUD_LOCATION', 'ANTHROPIC_VERTEX_PROJECT_ID', 'CLOUD_ML_REGION'] },
  azure: { command: 'az login', settings: [] },
};

export function loginOf(replacement: Pick<Replacement, 'outcome' | 'parties'>): Login | undefined {
  const party = replacement.parties.at(-1);
  return replacement.outcome === 'gone' && party !== undefined ? LOGINS[party] : undefined;
}

/** What the whole target says about the keys of one provider. */
export interface Need {
  readonly provider: string;
  readonly title: string;
  /** At least one. */
  readonly replacements: readonly Replacement[];
  readonly kept: readonly Kept[];
  /** Variables and other names that hold its keys. */
  readonly names: ReadonlySet<string>;
}

/** Keys that do other things than ask models: no identity of a workload takes their place. */
const OTHER_KEYS = /ADMIN|WEBHOOK|REFRESH|SIGNING/i;

/** One a provider with a replacement, in the order of the replacements. */
export function needsOf({ all, kept }: Pick<RewriteContext, 'all' | 'kept'>): readonly Need[] {
  // Every file of a target asks the same.
  const known = asked.get(all);
  if (known?.kept === kept) return known.needs;
  const needs = makeNeeds({ all, kept });
  asked.set(all, { kept, needs });
  return needs;
}

const asked = new WeakMap<readonly Replacement[], { readonly kept: readonly Kept[]; readonly needs: readonly Need[] }>();

function makeNeeds(context: Pick<RewriteContext, 'all' | 'kept'>): readonly Need[] {
  const providers = [...new Set(context.all.map(({ provider }) => provider))];
  return providers.flatMap((provider) => {
    const replacements = context.all.filter((replacement) => replacement.provider === provider);
    const [first] = replacements;
    if (first === undefined) return [];
    return [{ provider, title: first.title, replacements, kept: context.kept.filter((kept) => kept.provider === provider), names: namesOf(replacements) }];
  });
}

/** Names that hold keys which `replacements` replace. */
export function namesOf(replacements: readonly Pick<Replacement, 'names' | 'variables'>[]): ReadonlySet<string> {
  return new Set(replacements.flatMap(({ names, variables }) => [...names, ...variables]).filter((name) => !OTHER_KEYS.test(name)));
}

/**
 * Names that clients of the provider read by themselves. A program that gets its key by any other name has code of its own that reads it, and that fails once
 * the name is gone.
 */
function implicitNames(provider: string): ReadonlySet<string> {
  const known = providers.find(({ id }) => id === provider);
  const routes = known?.routes ?? [];
  return new Set([...(known?.sdks ?? []).flatMap(({ implicitEnv }) => implicitEnv), ...routes.flatMap(({ remove }) => remove)]);
}

/** Whether settings alone may take `name` away: clients read it by themselves, or their code changes anyway and the name is one of the provider's. */
export function isReadByClients(name: string, { provider, change, variables }: Pick<Replacement, 'provider' | 'change' | 'variables'>): boolean {
  return implicitNames(provider).has(name) || (change === 'code' && variables.includes(name));
}

/** Those that look like variables of a process: what prose and settings call a key by. */
export function variablesOf(names: Iterable<string>): readonly string[] {
  return [...names].filter((name) => /^[A-Z][A-Z0-9_]*_[A-Z0-9_]+$/.test(name));
}

/** `a`, `a and b`, `a, b and 3 more`. */
export function listed(names: readonly string[], most = 3): string {
  const unique = [...new Set(names)];
  if (unique.length <= 1) return unique[0] ?? '';
  if (unique.length <= most) return `${unique.slice(0, -1).join(', ')} and ${unique.at(-1) ?? ''}`;
  return `${unique.slice(0, most - 1).join(', ')} and ${unique.length - most + 1} more`;
}

/** Whether `text` holds `name` as a word of its own. */
export function holdsName(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + 1)) {
    if (!/[\w-]/.test(text[at - 1] ?? '') && !/[\w-]/.test(text[at + name.length] ?? '')) return true;
  }
  return false;
}

/** `OPENAI_API_KEY`, `openai-api-key` and `openaiApiKey` name the same thing. */
export function normalName(name: string): string {
  return name.replace(/[^A-Za-z0-9]/g, '').toUpperCase();
}

/** `goes` or `go`, after so many names. */
export function goes(names: readonly string[]): string {
  return new Set(names).size > 1 ? 'go' : 'goes';
}
