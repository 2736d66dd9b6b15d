import type { Credential, Disposition, Finding, Liveness, Workload } from '../model/inventory.ts';
import { READINESS_PATTERNS, READINESS_SCORES } from '../model/readiness.ts';
import type { HistoryPlace, Location } from '../model/location.ts';
import type { CredentialKind, Detector, Federation, Privilege, Provider } from '../model/provider.ts';
import type { Platform, ReferenceStore } from '../model/reference.ts';
import { accountCodes, accountSentence, describeAccount } from './account-messages.ts';

/** Wording of one finding code, made from the registries, so that a new detector or platform has its text the day it exists. */
export interface CodeDescription {
  readonly code: string;
  readonly title: string;
  /** What was seen. */
  readonly what: string;
  /** What it can lead to. */
  readonly why: string;
  readonly fix: string;
  /** All of it, with sources and dates, as Markdown. Holds registry text only, never anything scanned. */
  readonly help: string;
}

/** The registries, by id. */
export interface Catalog {
  readonly providers: ReadonlyMap<string, Provider>;
  readonly platforms: ReadonlyMap<string, Platform>;
  readonly detectors: ReadonlyMap<string, { readonly provider: Provider; readonly detector: Detector }>;
}

/** A finding with what its wording needs from the rest of the inventory. */
export interface Subject {
  readonly finding: Finding;
  readonly credential: Credential | undefined;
  readonly workload: Workload | undefined;
}

/** Makes a scanned text safe for the place it is written to. */
export type Escape = (scanned: string) => string;

export const KIND_LABELS: Readonly<Record<CredentialKind, string>> = {
  'api-key': 'API key',
  'admin-key': 'admin key',
  'service-account-key': 'service account key',
  'oauth-token': 'OAuth token',
  'refresh-token': 'refresh token',
  'session-token': 'session token',
  'access-key': 'access key',
  'secret-key': 'secret key',
  'client-secret': 'client secret',
  pair: 'access key pair',
};

export const DISPOSITION_LABELS: Readonly<Record<Disposition, string>> = {
  today: 'replace today',
  'after-change': 'replace after a change',
  none: 'no federation',
  'not-a-key': 'expires by itself',
};

/** Said only when liveness is known to matter; '' for a key that was never asked about. */
export const LIVENESS_LABELS: Readonly<Record<Liveness, string>> = {
  live: 'live',
  'live-restricted': 'live, restricted',
  'live-no-funds': 'live, without funds',
  expired: 'expired',
  dead: 'no longer works',
  unknown: 'liveness unknown',
  'not-checkable': '',
  'not-checked': '',
};

const STORE_LABELS: Readonly<Record<ReferenceStore, string>> = {
  'ci-secret': 'CI secret',
  'cluster-secret': 'cluster secret',
  vault: 'vault',
  environment: 'environment',
  file: 'file',
  prompt: 'asked of a person',
  unknown: '',
};

const STORE_PHRASES: Readonly<Record<ReferenceStore, string>> = {
  'ci-secret': ' from a CI secret',
  'cluster-secret': ' from a cluster secret',
  vault: ' from a vault',
  environment: ' from its environment',
  file: ' from a file',
  prompt: ' from a person at a prompt',
  unknown: '',
};

const PRIVILEGE_RISKS: Readonly<Record<Privilege, string>> = {
  admin: 'It administers the account: its holder can make further keys and change who has access.',
  account: 'It acts for the whole account, not for one workload.',
  project: 'It acts for a whole project or workspace, not for one workload.',
  restricted: 'Its permissions are restricted, but its holder still has all of them.',
  unknown: 'What it may do cannot be seen from the key, so it has to be taken for the whole account.',
};

const SPEND_RISKS: Readonly<Record<Provider['spend'], string>> = {
  uncapped: 'Whoever uses it spends the owner\'s money without a ceiling.',
  capped: 'Whoever uses it spends the owner\'s money up to the cap.',
  prepaid: 'Whoever uses it spends the prepaid credit.',
  none: '',
  unknown: '',
};

const FEDERATION_FIXES: Readonly<Record<Federation['kind'], (provider: string, terms?: string) => string>> = {
  native: (provider, terms) => `${provider} ${terms === undefined ? 'accepts workload identity federation' : `offers workload identity federation ${terms}`}: trust the workload's platform there, let the workload present its token, and the key is unnecessary.`,
  'after-change': (provider) => `Workload identity federation can replace this key of ${provider} once the code or the model access has changed.`,
  none: (provider) => `${provider} has no federation. Keep the key in a vault, hand it out with a short lease, restrict and rotate it.`,
};

/** Workloads known only by their source file belong to this platform, which no file of the registry describes. */
const CODE_PLATFORM = { id: 'code', title: 'source code' } as const;

const SECRET_PREFIX = 'DK-SECRET-';
const REFERENCE_PREFIX = 'DK-REF-';
/** Ends the detector id of values known by the name they are assigned to: `openai-value`. */
const VALUE_SUFFIX = '-value';
/** Suffix of the SARIF rule that collects findings of low confidence. */
export const POSSIBLE_SUFFIX = '/possible';

export function catalogOf(providers: readonly Provider[], platforms: readonly Platform[]): Catalog {
  const detectors = new Map<string, { provider: Provider; detector: Detector }>();
  for (const provider of providers) {
    for (const detector of provider.detectors) detectors.set(detector.id, { provider, detector });
  }
  return {
    providers: new Map(providers.map((provider) => [provider.id, provider])),
    platforms: new Map(platforms.map((platform) => [platform.id, platform])),
    detectors,
  };
}

/** Every finding code the registries can give, sorted; what `dekey explain` offers. */
export function listCodes(providers: readonly Provider[], platforms: readonly Platform[]): string[] {
  return [
    ...providers.flatMap(({ detectors }) => detectors.map(({ id }) => SECRET_PREFIX + id.toUpperCase())),
    ...[CODE_PLATFORM, ...platforms.filter(({ isIssuerOnly }) => isIssuerOnly !== true)].map(({ id }) => REFERENCE_PREFIX + id.toUpperCase()),
    ...accountCodes(),
  ]
    .filter((code, index, all) => all.indexOf(code) === index)
    .toSorted();
}

/** Explains a finding code, in any case; undefined when the registries do not know it. */
export function describeCode(code: string, providers: readonly Provider[], platforms: readonly Platform[]): CodeDescription | undefined {
  return describeWith(code, catalogOf(providers, platforms));
}

/** As {@link describeCode}, for callers that ask often. */
export function describeWith(code: string, catalog: Catalog): CodeDescription | undefined {
  const wanted = code.toUpperCase();
  const isPossible = wanted.endsWith(POSSIBLE_SUFFIX.toUpperCase());
  const base = isPossible ? wanted.slice(0, -POSSIBLE_SUFFIX.length) : wanted;
  const described = describeBase(base, catalog);
  if (described === undefined || !isPossible) return described;
  return {
    ...described,
    code: base + POSSIBLE_SUFFIX,
    title: `Possible ${described.title}`,
    what: `${described.what} The evidence is weak: a person should look before anything is done.`,
    help: `The evidence is weak: a person should look before anything is done.\n\n${described.help}`,
  };
}

/** The description of a finding's code, or a plain one when the code comes from a newer or an older registry. */
export function describeFinding(finding: Finding, catalog: Catalog): CodeDescription {
  const code = finding.confidence === 'low' ? finding.code + POSSIBLE_SUFFIX : finding.code;
  const described = describeWith(code, catalog);
  if (described !== undefined) return described;
  const provider = shortProviderTitle(finding.provider, catalog);
  const base = CLASS_DESCRIPTIONS[finding.class](provider);
  const title = finding.confidence === 'low' ? `Possible ${base.title}` : base.title;
  return { ...base, code, title, help: helpOf(base.what, base.why, base.fix, []) };
}

const CLASS_DESCRIPTIONS: Readonly<Record<Finding['class'], (provider: string) => Pick<CodeDescription, 'title' | 'what' | 'why' | 'fix'>>> = {
  secret: (provider) => ({
    title: `${provider} credential`,
    what: `A value stands where only a credential of ${provider} belongs.`,
    why: 'Whoever can read the file can use it from anywhere, until somebody revokes it.',
    fix: 'Revoke it at the provider, then replace it by workload identity federation.',
  }),
  // One code serves all providers, so its words may not depend on whose key was found first.
  reference: () => ({
    title: 'Use of an AI credential',
    what: 'A workload uses a long-lived credential of an AI provider.',
    why: 'A key that is used has to exist, and everyone who can read the place it is kept in can copy it.',
    fix: 'Replace the key by workload identity federation.',
  }),
  account: (provider) => ({
    title: `${provider} account finding`,
    what: `Something in the ${provider} account needs attention.`,
    why: 'Long-lived credentials in an account work for whoever holds them.',
    fix: 'Read the finding and decide.',
  }),
  trust: (provider) => ({
    title: `${provider} trust policy finding`,
    what: `A trust policy of ${provider} is wider than it needs to be.`,
    why: 'A wide trust policy lets workloads in that nobody meant.',
    fix: 'Name the issuer, the audience and the subject exactly.',
  }),
  readiness: (provider) => ({
    title: `${provider} readiness finding`,
    what: `A control for workload identity at ${provider} is missing.`,
    why: 'Without it, federation is harder to prove or easier to abuse.',
    fix: 'Read the finding and decide.',
  }),
};

function describeBase(code: string, catalog: Catalog): CodeDescription | undefined {
  if (code.startsWith(SECRET_PREFIX)) {
    const id = code.slice(SECRET_PREFIX.length).toLowerCase();
    const found = catalog.detectors.get(id);
    if (found !== undefined) return describeDetector(code, found.provider, found.detector);
    const provider = id.endsWith(VALUE_SUFFIX) ? catalog.providers.get(id.slice(0, -VALUE_SUFFIX.length)) : undefined;
    return provider === undefined ? undefined : describeValue(code, provider);
  }
  if (code.startsWith(REFERENCE_PREFIX)) {
    const id = code.slice(REFERENCE_PREFIX.length).toLowerCase();
    const platform = catalog.platforms.get(id);
    if (platform !== undefined) return describePlatform(code, platform);
    return id === CODE_PLATFORM.id ? describeCodeUse(code) : undefined;
  }
  const account = describeAccount(code);
  if (account === undefined) return undefined;
  const { title, what, why, fix } = account;
  return { code, title, what, why, fix, help: helpOf(what, why, fix, [], ACCEPT_WITHOUT_FILE) };
}

function describeValue(code: string, provider: Provider): CodeDescription {
  const name = withoutParenthesis(provider.title);
  const title = `${name} credential`;
  const what = `A value stands where only a credential of ${name} belongs, under the name of one. Its own form says nothing, so the name is the evidence.`;
  const why = ['Whoever can read the file can use it from anywhere until somebody revokes it.', SPEND_RISKS[provider.spend]].filter((sentence) => sentence !== '').join(' ');
  const fix = `${endSentence(provider.revoke)} ${federationFix(provider, name)}`;
  return { code, title, what, why, fix, help: helpOf(what, why, fix, federationFacts(provider)) };
}

function federationFix({ federation }: Provider, name: string): string {
  return FEDERATION_FIXES[federation.kind](name, federation.kind === 'native' ? federation.terms : undefined);
}

function describeDetector(code: string, provider: Provider, detector: Detector): CodeDescription {
  const name = withoutParenthesis(provider.title);
  if (detector.lifetime === 'short') {
    const what = `A value with the format of a short-lived credential (${detector.title}) stands in a file or in git history.`;
    const why = 'It expires by itself within hours, so it is not scored as a key. Where it came from may still hold something that does not expire.';
    const fix = 'Remove it, and look at what wrote it there.';
    return { code, title: detector.title, what, why, fix, help: helpOf(what, why, fix, [factsDated(provider)]) };
  }
  const what = `A value with the format of a long-lived credential (${detector.title}) stands in a file or in git history.`;
  const why = [
    'Whoever can read the file, or any copy of the history, can use it from anywhere until somebody revokes it.',
    PRIVILEGE_RISKS[detector.privilege],
    SPEND_RISKS[provider.spend],
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
  const fix = `${endSentence(provider.revoke)} ${federationFix(provider, name)}`;
  return { code, title: detector.title, what, why, fix, help: helpOf(what, why, fix, federationFacts(provider)) };
}

function federationFacts(provider: Provider): string[] {
  return [`Federation: ${endSentence(provider.federation.note)} Source: ${provider.federation.source}`, factsDated(provider)];
}

function factsDated({ title, checked }: Provider | Platform): string {
  return `Facts about ${title} as of ${checked}.`;
}

function describePlatform(code: string, platform: Platform): CodeDescription {
  const what = `A workload described for ${platform.title} uses a long-lived AI API key that is kept elsewhere: in a secret store, in its environment or in a file.`;
  const why =
    'The key itself was not seen here, but it has to exist. It does not expire by itself, and whoever can read the store or the running workload can copy it and use it from anywhere.';
  const fix = platform.issuesTokens
    ? `${platform.title} issues identity tokens, so the workload can prove who it is without a key, wherever the provider accepts them: \`dekey explain PROVIDER\` says whether it does.`
    : `${platform.title} issues no identity token that a provider can verify. Run the workload where one is issued, or let it fetch a credential with a short lease from a vault.`;
  const title = `AI API key used in ${platform.title}`;
  return { code, title, what, why, fix, help: helpOf(what, why, fix, [factsDated(platform)]) };
}

function describeCodeUse(code: string): CodeDescription {
  const what = 'A source file reads a long-lived AI API key, by a variable or through an SDK that looks for one.';
  const why =
    'The key itself was not seen here, but wherever this code runs somebody has to put one. It does not expire by itself, and whoever can read that environment can copy it.';
  const fix = 'Find out where the code runs. Where that platform issues identity tokens, a token can take the place of the key.';
  return { code, title: 'AI API key used in source code', what, why, fix, help: helpOf(what, why, fix, []) };
}

const ACCEPT = 'To accept one on purpose, write `dekey:allow REASON` in a comment on its line or the line above, or record it with `--update-baseline`.';
/** A setting has no line to write a comment on. */
const ACCEPT_WITHOUT_FILE = 'To accept one on purpose, record it with `--update-baseline`.';

function helpOf(what: string, why: string, fix: string, facts: readonly string[], accept: string = ACCEPT): string {
  const sections = [what, `**Why it matters.** ${why}`, `**What to do.** ${fix}`];
  return [...sections, accept, ...facts].join('\n\n');
}

/** What a credential is called: its detector's title when the value was seen, else provider and kind. */
export function credentialTitle(credential: Credential, findings: readonly Finding[], catalog: Catalog): string {
  if (credential.seen && credential.kind !== 'pair') {
    for (const finding of findings) {
      const found = finding.class === 'secret' ? catalog.detectors.get(finding.detector) : undefined;
      if (found !== undefined) return found.detector.title;
    }
  }
  const provider = shortProviderTitle(credential.provider, catalog);
  const kind = KIND_LABELS[credential.kind];
  // `Google Gemini Developer API` has an API key, not an API API key.
  return provider.endsWith(' API') && kind.startsWith('API ') ? `${provider} ${kind.slice(4)}` : `${provider} ${kind}`;
}

/** `Anthropic` for `Anthropic (Claude API)`; the id for a provider that the registry does not know, when it has the form of one. */
export function shortProviderTitle(id: string, catalog: Catalog): string {
  const provider = catalog.providers.get(id);
  if (provider !== undefined) return withoutParenthesis(provider.title);
  return /^[a-z0-9-]{1,40}$/.test(id) ? id : 'an unknown provider';
}

function withoutParenthesis(title: string): string {
  const at = title.indexOf(' (');
  return at > 0 && title.endsWith(')') ? title.slice(0, at) : title;
}

/** One or two sentences about a finding, in plain text. Every scanned part goes through `escape`. */
export function sentenceOf(subject: Subject, catalog: Catalog, escape: Escape): string {
  return SENTENCES[subject.finding.class](subject, catalog, escape);
}

const SENTENCES: Readonly<Record<Finding['class'], (subject: Subject, catalog: Catalog, escape: Escape) => string>> = {
  secret: secretSentence,
  reference: referenceSentence,
  account: accountOrPlainSentence,
  trust: plainSentence,
  readiness: readinessSentence,
};

function secretSentence({ finding, credential }: Subject, catalog: Catalog, escape: Escape): string {
  const title = credential === undefined ? describeFinding(finding, catalog).title : credentialTitle(credential, [finding], catalog);
  const preview = credential === undefined || credential.preview === '' ? '' : ` ${escape(credential.preview)}`;
  const wrapped = finding.location.encoding === undefined || finding.location.encoding.length === 0 ? '' : `, wrapped in ${finding.location.encoding.join(' in ')}`;
  const place = isInTree(finding.location) ? 'stands here' : `was in ${escape(finding.location.path)}, and ${remainsIn(finding.location.history)}`;
  const subject = finding.confidence === 'low' ? `What may be a credential (${title}${preview})` : `${title}${preview}`;
  return [`${subject} ${place}${wrapped}.`, consequence(credential)].filter((sentence) => sentence !== '').join(' ');
}

function consequence(credential: Credential | undefined): string {
  if (credential === undefined || credential.confidence === 'low') return '';
  const users = credential.workloads.length;
  const used = users === 0 ? '' : `${counted(users, 'workload uses', 'workloads use')} it. `;
  return `${used}${CONSEQUENCES[credential.disposition]}`;
}

const CONSEQUENCES: Readonly<Record<Disposition, string>> = {
  today: 'Revoke it; federation can replace it today.',
  'after-change': 'Revoke it; federation can replace it after a change.',
  none: 'Revoke it; its provider has no federation, so its successor belongs in a vault.',
  'not-a-key': 'It expires by itself.',
};

/** Where bytes that left the tree can still be read. */
function remainsIn(history: HistoryPlace | undefined): string {
  if (history === undefined) return 'is still stored';
  if (!history.reachable) return `object ${shortId(history.object)}, which no branch leads to, still holds it`;
  const last = history.lastSeen ?? history.firstSeen;
  return last === undefined ? `object ${shortId(history.object)} still holds it` : `commit ${shortId(last.commit)} of ${dayOf(last.authored)} still holds it`;
}

function referenceSentence({ finding, credential, workload }: Subject, catalog: Catalog, escape: Escape): string {
  const platform = workload === undefined ? undefined : platformTitle(workload.platform, catalog);
  const who = workload === undefined ? 'A workload' : `${escape(workload.name)} (${escape(platform ?? '')})`;
  const title = credential === undefined ? 'an AI credential' : `the ${credentialTitle(credential, [], catalog)}`;
  const name = finding.arguments['name'];
  const store = STORE_PHRASE_BY_ID.get(finding.arguments['store'] ?? '') ?? '';
  return `${who} takes ${title}${name === undefined ? '' : ` ${escape(name)}`}${store}. ${credential === undefined ? '' : REFERENCE_CONSEQUENCES[credential.disposition]}`.trimEnd();
}

function platformTitle(id: string, catalog: Catalog): string {
  return catalog.platforms.get(id)?.title ?? (id === CODE_PLATFORM.id ? CODE_PLATFORM.title : id);
}

const REFERENCE_CONSEQUENCES: Readonly<Record<Disposition, string>> = {
  today: 'Federation can replace it today.',
  'after-change': 'Federation can replace it after a change.',
  none: 'Its provider has no federation.',
  'not-a-key': '',
};

function accountOrPlainSentence(subject: Subject, catalog: Catalog, escape: Escape): string {
  return accountSentence(subject.finding, escape) ?? plainSentence(subject, catalog, escape);
}

function plainSentence({ finding }: Subject, catalog: Catalog, escape: Escape): string {
  const described = describeFinding(finding, catalog);
  const details = Object.entries(finding.arguments).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const shown = details.map(([key, value]) => `${escape(key)} ${escape(value)}`).join(', ');
  return shown === '' ? described.what : `${described.what} ${shown}.`;
}

/** `P1.2 one identity for each agent: absent; identity bot.` */
function readinessSentence(subject: Subject, catalog: Catalog, escape: Escape): string {
  const { control, score } = subject.finding.arguments;
  const title = READINESS_PATTERNS.flatMap(({ controls }) => controls).find(([id]) => id === control)?.[1];
  if (control === undefined || title === undefined) return plainSentence(subject, catalog, escape);
  const details = readinessDetails(subject.finding, escape);
  return `${control} ${title}: ${SCORE_WORDS[READINESS_SCORES.findIndex((one) => one === score)] ?? 'unknown'}${details === '' ? '' : `; ${details}`}.`;
}

const SCORE_WORDS = ['absent', 'partial', 'met', 'not applicable', 'unknown'] as const;

/** What a finding about readiness says besides its control and its score. */
export function readinessDetails({ arguments: said }: Finding, escape: Escape): string {
  return Object.entries(said).filter(([key]) => key !== 'control' && key !== 'score').toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${escape(key)} ${escape(value)}`).join(', ');
}

const STORE_LABEL_BY_ID: ReadonlyMap<string, string> = new Map(Object.entries(STORE_LABELS));
const STORE_PHRASE_BY_ID: ReadonlyMap<string, string> = new Map(Object.entries(STORE_PHRASES));

/** `CI secret` for `ci-secret`; '' when the finding does not say where the value is kept. */
export function storeLabel(finding: Finding): string {
  return STORE_LABEL_BY_ID.get(finding.arguments['store'] ?? '') ?? '';
}

/** True when the bytes stand in the tree as it is now, so that an editor or GitHub can open them. */
export function isInTree(location: Location): boolean {
  if (location.logical === true) return false;
  return location.history === undefined || (location.history.inHead && location.history.objectType === 'blob');
}

/** The day of an ISO date. */
export function dayOf(date: string): string {
  return date.slice(0, 10);
}

/** Seven characters of a git object id, as git itself shows them. */
export function shortId(id: string): string {
  return id.slice(0, 7);
}

/** `1 key`, `1,284 keys`. */
export function counted(count: number, one: string, many: string): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** Digits grouped by commas, the same on every machine. */
export function formatCount(count: number): string {
  const digits = String(Math.trunc(count));
  const groups: string[] = [];
  for (let end = digits.length; end > 0; end -= 3) groups.unshift(digits.slice(Math.max(0, end - 3), end));
  return groups.join(',');
}

function endSentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
