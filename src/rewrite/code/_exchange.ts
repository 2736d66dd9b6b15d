/** Requests made by hand: what the identity token of a workload is exchanged for, and where the result goes. */
import { parties } from '../../parties/index.ts';
import { providers } from '../../providers/index.ts';
import { type Followed, TOKEN_FILE_PLATFORMS } from './_shared.ts';

/** One exchange, as code that has no SDK makes it. */
export interface Exchange {
  /** `anthropic`: names in the code begin with it. */
  readonly word: string;
  readonly title: string;
  readonly url: string;
  /** Body: a text, or the variable that holds the value. */
  readonly fields: readonly { readonly name: string; readonly text?: string; readonly variable?: string }[];
  readonly tokenField: string;
  /** Variable that names the file of the identity token. */
  readonly tokenFile: string;
  /** Where the result is taken; a URL has to begin with it. */
  readonly host: string;
  /** Header that takes nothing but keys: Authorization takes its place. */
  readonly keyHeader: string | undefined;
  /** Value of `anthropic-beta` that goes with the token. */
  readonly beta: string | undefined;
  /** Header of an answer that support asks for. */
  readonly requestId: string;
}

type Obstacle = { readonly reason: string; readonly byHand: string };

/**
 * What differs between those whose tokens are exchanged by code. Tokens of Anthropic are sent with this beta by its SDKs: core/credentials.ts of @anthropic-ai/sdk 1.12.0, 2026-11-23.
 */
const KNOWN: Readonly<Record<string, Pick<Exchange, 'host' | 'keyHeader' | 'beta' | 'requestId'> & { readonly platforms: ReadonlySet<string> }>> = {
  anthropic: { host: 'https://api.anthropic.com/', keyHeader: 'x-api-key', beta: 'oauth-2025-04-20', requestId: 'request-id', platforms: new Set([...TOKEN_FILE_PLATFORMS, 'github-actions']) },
  openai: { host: 'https://api.openai.com/', keyHeader: undefined, beta: undefined, requestId: 'x-request-id', platforms: TOKEN_FILE_PLATFORMS },
};

/** A file with more of them is no hand-written code. */
export const MOST_REQUESTS = 100;

/** Whether requests to this provider are looked at at all. */
export function takesExchanged(provider: string): boolean {
  return KNOWN[provider] !== undefined;
}

/** The header in which a key of `provider` goes; `undefined` for all others. */
export function headerKind(provider: string, name: string): 'key' | 'bearer' | undefined {
  const header = name.toLowerCase();
  if (header === 'authorization') return 'bearer';
  return header === KNOWN[provider]?.keyHeader ? 'key' : undefined;
}

/** The exchange that all workloads that run this code can make, or why there is none. */
export function exchangeOf({ all, kept, replacement }: Followed): Exchange | Obstacle {
  const { provider, title } = replacement;
  const known = KNOWN[provider];
  const wire = parties.find(({ id }) => id === provider)?.exchange;
  const env = providers.find(({ id }) => id === provider)?.routes?.find(({ id }) => id === 'native')?.env ?? {};
  const variableOf = (template: string): string | undefined => Object.entries(env).find(([, value]) => value === template)?.[0];
  const tokenFile = variableOf('{token-file}');
  if (known === undefined || wire?.encoding !== 'json' || tokenFile === undefined) return { reason: `${title} has no exchange that code can make by itself`, byHand: 'Follow the README of the plan.' };
  const other = all.find((one) => one.route !== 'native' || one.class !== 'native' || one.parties.length !== 1);
  if (other !== undefined) return { reason: `The path of ${other.workload} (${other.route}) gives this program no token of its own to exchange`, byHand: 'Follow the README of the plan for that workload, or choose one route for all that run this code.' };
  if (kept.length > 0) return { reason: `${kept[0]?.workload ?? ''}, which keeps its key, may run this code too`, byHand: 'Find a path for that workload first.' };
  const away = all.find(({ platform }) => !known.platforms.has(platform));
  if (away !== undefined) return { reason: `On ${away.platform} (${away.workload}) no file holds the identity token`, byHand: `Ask the platform for the token, exchange it at ${wire.url}, and send the result as Authorization: Bearer.` };
  const fields = Object.entries(wire.fields).map(([name, template]) => {
    const variable = variableOf(template);
    return variable === undefined ? { name, text: template } : { name, variable };
  });
  return { ...known, word: provider, title, url: wire.url, tokenField: wire.tokenField, tokenFile, fields: [{ name: 'grant_type', text: wire.grant }, ...fields] };
}

/** Variables that the exchange reads, the file's first. */
export function variablesOf({ fields, tokenFile }: Exchange): readonly string[] {
  return [tokenFile, ...fields.flatMap(({ variable }) => variable ?? [])];
}

/** What an edit with an exchange rests on. */
export function restsOn({ tokenFile }: Exchange): string {
  return `${tokenFile} and the ids of the plan being set where the program runs, and on no other process showing the same identity token`;
}
