import type { Route } from '../../model/federation.ts';
import type { InputRef, Text } from '../../model/text.ts';
import { parties } from '../../parties/index.ts';
import { providers } from '../../providers/index.ts';
import { variableOf } from '../replacements.ts';
import type { FileRefusal, Replacement, RewriteContext } from '../types.ts';

/**
 * How the platform's token reaches the client.
 *
 * `token`: the client takes it from this variable; Anthropic's SDKs also from a file that `file` names. `file`: from the file that this variable names.
 * `google`: from a file that a credential configuration names.
 */
type Way =
  | { readonly kind: 'token'; readonly variable: string; readonly file?: string }
  | { readonly kind: 'file'; readonly variable: string }
  | { readonly kind: 'google' };

/** Where the value of a variable comes from: written out, or another variable of the platform. */
type Source = { readonly kind: 'literal'; readonly text: string } | { readonly kind: 'variable'; readonly name: string };

export interface Setting {
  readonly name: string;
  readonly source: Source;
}

/** What one workload needs in place of one provider's key. */
export interface Setup {
  readonly replacement: Replacement;
  readonly way: Way;
  readonly party: string;
  /** Variables beside the token that the client reads. */
  readonly settings: readonly Setting[];
  /** Variables that the platform has to hold for it. */
  readonly needed: readonly string[];
  /** Tells at run time whether federation is set up; undefined when nothing but literals does. */
  readonly gate: string | undefined;
}

/** Clients that take the token itself: Anthropic's SDKs (client.ts of @anthropic-ai/sdk 1.12.0), huggingface_hub 1.19.0 (https://huggingface.co/docs/hub/trusted-publishers). 2026-11-23. */
const TOKEN_VARIABLES: Readonly<Record<string, { readonly variable: string; readonly file?: string }>> = {
  anthropic: { variable: 'ANTHROPIC_IDENTITY_TOKEN', file: 'ANTHROPIC_IDENTITY_TOKEN_FILE' },
  huggingface: { variable: 'HF_OIDC_ID_TOKEN' },
};

const TITLES: ReadonlyMap<string, string> = new Map(parties.map(({ id, title }) => [id, title]));

const ROUTES: ReadonlyMap<string, Route> = new Map(providers.flatMap(({ id, routes = [] }) => routes.map((route) => [`${id}/${route.id}`, route] as const)));

/** What stands in the way of an edit, whatever the file looks like. */
export type Obstacle = Pick<FileRefusal, 'code' | 'reason' | 'byHand'>;

/** How `replacement` is carried out in the file of a CI system, or why it cannot be. */
export function setupOf(replacement: Replacement, context: Pick<RewriteContext, 'value' | 'ids'>): Setup | Obstacle {
  const { title, parties: hops, route } = replacement;
  const names = hops.map((id) => TITLES.get(id) ?? id);
  const [party] = hops;
  if (party === undefined) return { code: 'no-path', reason: `No path was planned for ${title}.`, byHand: 'Plan again.' };
  if (replacement.class === 'broker' || replacement.class === 'gateway' || replacement.outcome === 'reduced') {
    return { code: 'no-path', reason: `${title} takes no token of this platform: its key would stay behind ${names.join(' and ')}, and how this pipeline is to read it there is not written by a rule.`, byHand: 'Follow the README of the plan: put the key there, let this pipeline read it with its own identity, and delete the variable here.' };
  }
  if (replacement.change === 'model') {
    return { code: 'needs-code-change', reason: `The path of ${title} (${route}) asks for another model and client.`, byHand: 'Change client and model first, as the README of the plan says, and plan again.' };
  }
  if (hops.length > 1) {
    return { code: 'no-path', reason: `${title} does not take tokens of this platform directly: the path goes through ${names.slice(0, -1).join(' and ')}.`, byHand: `Let the program get a token of ${names.slice(0, -1).join(' and ')} first and show that to ${names.at(-1) ?? title}, as the README of the plan says; then delete the key here.` };
  }
  const way = wayOf(replacement);
  const exchange = parties.find(({ id }) => id === party)?.exchange;
  if (way === undefined && replacement.change === 'configuration' && exchange !== undefined) {
    return { code: 'unknown-shape', reason: `${title} takes an exchanged token under the name of the key, and whether this job has the tools to exchange one is not said in the file.`, byHand: `Exchange the identity token of the job at ${exchange.url}, keep the result out of the log, and export it under the name of the key; then delete the stored one.` };
  }
  if (way === undefined) {
    return { code: 'needs-code-change', reason: `No variable tells a client of ${title} to use an identity token.`, byHand: 'Give the client a token provider, as the README of the plan says; then delete the key here.' };
  }
  const settings = Object.entries(replacement.set).flatMap(([name, value]): Setting[] => (value === '{token-file}' ? [] : [{ name, source: sourceOf(value, replacement, context) }]));
  const inAudience = replacement.identity.audience.flatMap((part) => (typeof part === 'string' ? [] : [sourceOf(`{${part.input}}`, replacement, context)]));
  const inConfig = way.kind === 'google' ? [sourceOf('{google.project_number}', replacement, context)] : [];
  const needed = [...settings.map(({ source }) => source), ...inAudience, ...inConfig].flatMap((source) => (source.kind === 'variable' ? [source.name] : []));
  const gate = settings.find(({ source }) => source.kind === 'variable')?.source;
  return { replacement, way, party, settings, needed: [...new Set(needed)], gate: gate?.kind === 'variable' ? gate.name : undefined };
}

export function isSetup(setup: Setup | Obstacle): setup is Setup {
  return 'way' in setup;
}

function wayOf({ parties: hops, set }: Replacement): Way | undefined {
  const [party] = hops;
  if (party === 'google') return { kind: 'google' };
  const token = TOKEN_VARIABLES[party ?? ''];
  if (token !== undefined) return { kind: 'token', ...token };
  const file = Object.entries(set).find(([, value]) => value === '{token-file}')?.[0];
  return file === undefined ? undefined : { kind: 'file', variable: file };
}

function sourceOf(value: string, replacement: Replacement, { value: valueOf, ids }: Pick<RewriteContext, 'value' | 'ids'>): Source {
  const input = /^\{([a-z0-9_]+(?:\.[a-z0-9_]+)+)\}$/.exec(value)?.[1];
  if (input === undefined) return { kind: 'literal', text: value };
  // The audience holds the project's number as soon as it is known, and the configuration has to say the same.
  const known = ids === 'literal' || input === 'google.project_number' ? valueOf(input) : undefined;
  return known === undefined ? { kind: 'variable', name: variableOf(input, replacement) } : { kind: 'literal', text: known };
}

/** Settings that the platform's own variables do not bring under their right name already. */
export function written(settings: readonly Setting[]): readonly Setting[] {
  return settings.filter(({ name, source }) => source.kind === 'literal' || source.name !== name);
}

/** Those of `settings` that a text does not set already. */
export function notYetSet(settings: readonly Setting[], source: string): readonly Setting[] {
  const isSet = (name: string): boolean => new RegExp(`(?<![\\w$])${name}["']?[ \\t]*[:=]`).test(source);
  return settings.filter(({ name }) => !isSet(name) && !(name === 'AWS_REGION' && isSet('AWS_DEFAULT_REGION')));
}

/** The audience as text, inputs as `reference` writes them. */
export function audienceText({ replacement }: Setup, context: Pick<RewriteContext, 'value' | 'ids'>, reference: (variable: string) => string): string {
  return textOf(replacement.identity.audience, replacement, context, reference);
}

/** The value of one input as text, a variable as `reference` writes it. */
export function settingText(input: string, { replacement }: Setup, context: Pick<RewriteContext, 'value' | 'ids'>, reference: (variable: string) => string): string {
  return textOf([{ input }], replacement, context, reference);
}

function textOf(text: Text, replacement: Replacement, context: Pick<RewriteContext, 'value' | 'ids'>, reference: (variable: string) => string): string {
  const write = (part: string | InputRef): string => {
    if (typeof part === 'string') return part;
    const source = sourceOf(`{${part.input}}`, replacement, context);
    return source.kind === 'literal' ? source.text : reference(source.name);
  };
  return text.map(write).join('');
}

/**
 * The configuration with which Google's libraries exchange the token that lies in `file`. It holds no secret.
 * Format: https://cloud.google.com/iam/docs/workload-identity-federation-with-other-providers, 2026-11-23.
 */
export function credentialConfiguration(setup: Setup, context: Pick<RewriteContext, 'value' | 'ids'>, file: string, reference: (variable: string) => string): string {
  const number = textOf([{ input: 'google.project_number' }], setup.replacement, context, reference);
  return `{
  "type": "external_account",
  "audience": "//iam.googleapis.com/projects/${number}/locations/global/workloadIdentityPools/dekey/providers/${setup.replacement.identity.id}",
  "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
  "token_url": "https://sts.googleapis.com/v1/token",
  "credential_source": { "file": "${file}" }
}
`;
}

/** Variables that hide the new identity from the client, of those in `reads`. An access key of AWS goes as a pair. */
export function hiding({ replacement }: Setup, reads: ReadonlySet<string>): readonly string[] {
  const route = ROUTES.get(`${replacement.provider}/${replacement.route}`);
  const hidden = (route?.remove ?? replacement.variables).filter((name) => reads.has(name));
  const isAws = hidden.some((name) => name === 'AWS_ACCESS_KEY_ID' || name === 'AWS_SECRET_ACCESS_KEY');
  return [...new Set([...hidden, ...(isAws ? ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] : [])])].toSorted();
}

/** What an edit rests on beyond the file, in a few sentences. */
export function restsOn(setups: readonly Setup[], stored: readonly string[]): string {
  const floors = [...new Set(setups.flatMap(({ replacement }) => replacement.floors.map(({ package: name, version }) => `${name} ${version}`)))];
  const code = setups.filter(({ replacement }) => replacement.change === 'code').map(({ replacement }) => replacement.title);
  return [
    code.length > 0 ? `The program has to make its client of ${code.join(' and ')} with an identity in place of a key first.` : 'The program has to make its client without a key argument.',
    floors.length > 0 ? `Its SDK has to be new enough (${floors.slice(0, 2).join(', ')}${floors.length > 2 ? '; the plan lists the others' : ''}).` : '',
    setups.some(({ party }) => party === 'anthropic') ? 'Anthropic takes a token that has an id only once: of several processes in one job the first is let in, unless they share a profile.' : '',
    stored.length > 0 ? `${stored.join(', ')} ${stored.length === 1 ? 'stays' : 'stay'} stored outside this file until deleted there.` : '',
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

/** `ANTHROPIC_FEDERATION_RULE_ID, ... and ...`, for the reason of a change. */
export function listed(names: readonly string[]): string {
  return names.length <= 1 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}
