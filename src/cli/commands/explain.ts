import { UsageError } from '../../model/errors.ts';
import type { Provider } from '../../model/provider.ts';
import type { TokenSource } from '../../model/issuer.ts';
import type { Platform } from '../../model/reference.ts';
import { platforms } from '../../platforms/index.ts';
import { parties } from '../../parties/index.ts';
import { cellOf } from '../../plan/matrix.ts';
import type { Candidate } from '../../plan/search.ts';
import { providers } from '../../providers/index.ts';
import { describeCode, listCodes } from '../../report/messages.ts';
import { shown } from '../../report/plan-words.ts';
import { explainVector } from '../../risk/vector.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { ACCOUNT_KINDS } from '../../model/inventory.ts';
import { explainGithub } from '../explain-github.ts';
import { explainSource } from '../explain-source.ts';
import { print } from '../print.ts';

/** Runs `dekey explain SUBJECT [PLATFORM]`: a code, a provider, a platform, a vector, or what becomes of a provider's key on a platform. UsageError, with near names, for anything else. */
export async function runExplain(subject: string, on: string | undefined): Promise<number> {
  await print(`${(on === undefined ? explain(subject) : explainPair(subject, on)).join('\n')}\n`);
  return EXIT_CODES.clean.code;
}

/** In either order. */
function explainPair(first: string, second: string): readonly string[] {
  const ids = [first.toLowerCase(), second.toLowerCase()];
  const provider = providers.find(({ id }) => ids.includes(id));
  const platform = platforms.find(({ id }) => ids.includes(id) && id !== provider?.id) ?? platforms.find(({ id }) => ids[1] === id);
  if (provider === undefined || platform === undefined) {
    const missing = provider === undefined ? 'a provider' : 'a platform';
    throw new UsageError(`neither "${first}" nor "${second}" is ${missing}`, `Give one provider and one platform, such as: dekey explain anthropic github-actions. Platforms: ${platforms.filter(({ tokens }) => tokens !== undefined).map(({ id }) => id).join(', ')}.`);
  }
  const world = { platforms: new Map(platforms.map((entry) => [entry.id, entry])), parties: new Map(parties.map((entry) => [entry.id, entry])) };
  const { best, others, noPath } = cellOf(provider, platform, world);
  const head = [`${provider.title} on ${platform.title}`, `facts checked ${platform.checked} (platform), ${provider.checked} (provider)`, ''];
  if (best === undefined) return [...head, `No path: ${noPath?.code ?? 'no-route'}`, `  ${noPath?.reason ?? ''}`, `  ${noPath?.unblock ?? ''}`];
  return [...head, ...candidateLines(best), ...(others.length === 0 ? [] : ['', 'Other ways, best first:', ...distinctTitles(others).map((other) => `  ${other}`)])];
}

function candidateLines({ steps, route, outcome, reason }: Candidate): string[] {
  const policies = steps.map(({ party, policy }) => [
    `${party.title} trusts:`,
    `  iss = ${shown(policy.issuer)}`,
    `  aud = ${shown(policy.audience)}`,
    ...(policy.subject === undefined ? [] : [`  sub ${policy.subject.kind === 'exact' ? '=' : 'begins with'} ${shown(policy.subject.text)}`]),
    ...policy.claims.map(({ claim, value }) => `  ${claim} = ${shown(value)}`),
  ]);
  const [first] = steps;
  const set = Object.entries(route.env);
  return [
    `${route.class === 'native' ? 'Federation at the provider' : route.title}${steps.length > 1 ? `, by way of ${steps.slice(0, -1).map(({ party }) => party.title).join(' and ')}` : ''}: the key is ${outcome === 'gone' ? 'gone' : 'reduced, not gone'}; ${CHANGE_LABELS[route.change]}.`,
    reason,
    '',
    ...policies.flatMap((lines, index) => (index === 0 ? lines : ['', ...lines])),
    '',
    'In the workload:',
    ...[...(first?.tokens.edits ?? []), ...route.edits].map((edit) => `  ${edit}`),
    ...(set.length === 0 ? [] : [`  Set ${set.map(([name, value]) => `${name}=${value}`).join(', ')}.`]),
    ...(route.remove.length === 0 ? [] : [`  Remove ${route.remove.join(', ')}.`]),
    ...(route.precedence === '' ? [] : [`  ${route.precedence}`]),
    ...(route.floors.length === 0 ? [] : [`  Needs ${route.floors.map(({ package: name, version }) => `${name} >= ${version}`).join(', ')}.`]),
    '',
    `Verify: ${route.probe}`,
    `Source: ${route.source}`,
  ];
}

const CHANGE_LABELS = { configuration: 'settings only', code: 'code changes', model: 'the client and the model change' } as const;

function distinctTitles(candidates: readonly Candidate[]): readonly string[] {
  return [...new Set(candidates.map(({ steps, route, outcome }) => `${[...steps.map(({ party }) => party.title), route.title].join(' → ')}${outcome === 'reduced' ? ' (reduced, not gone)' : ''}`))].slice(0, 8);
}

function explain(subject: string): readonly string[] {
  if (subject.toUpperCase().startsWith('DK1/')) return vectorLines(subject.toUpperCase());
  const code = describeCode(subject.toUpperCase(), providers, platforms);
  if (code !== undefined) return [`${code.code}: ${code.title}`, '', code.what, '', `Why: ${code.why}`, '', `Fix: ${code.fix}`];
  const provider = providers.find(({ id }) => id === subject.toLowerCase());
  const source = ACCOUNT_KINDS.find((kind) => kind === subject.toLowerCase().replace(/:$/, ''));
  // Some are both: where accounts are read, and a provider of models or a platform.
  const platformOfSource = platforms.find(({ id }) => id === source);
  if (source !== undefined) return [...explainSource(source), ...(provider === undefined ? [] : ['', ...explainProvider(provider)]), ...(platformOfSource === undefined ? [] : ['', ...explainPlatform(platformOfSource)])];
  // GitHub is both: where an organisation is read, and a provider of models.
  if (provider?.id === 'github') return [...explainGithub(), '', ...explainProvider(provider)];
  if (provider !== undefined) return explainProvider(provider);
  const platform = platforms.find(({ id }) => id === subject.toLowerCase());
  if (platform !== undefined) return explainPlatform(platform);
  const known = [...listCodes(providers, platforms), ...providers.map(({ id }) => id), ...platforms.map(({ id }) => id)];
  const word = subject.toLowerCase();
  const near = known.filter((name) => name.toLowerCase().includes(word) || word.includes(name.toLowerCase())).slice(0, 6);
  throw new UsageError(`there is nothing called "${subject}" to explain`, near.length > 0 ? `Near it: ${near.join(', ')}.` : 'Give a finding code (DK-...), a provider or platform id, or a risk vector (DK1/...).');
}

function vectorLines(subject: string): string[] {
  const { vector, score, level, sum, lines, absent } = explainVector(subject);
  return [
    `${vector}`,
    `${score} of 100, ${level}${sum > score ? ` (the factors sum to ${sum})` : ''}`,
    '',
    ...lines.flatMap((line) => [`  +${String(line.points).padStart(2)}  ${line.title}: ${line.label}`, `       ${line.evidence}`]),
    ...(absent.length === 0 ? [] : ['', `Not named, so nothing added: ${absent.map(({ title }) => title.toLowerCase()).join(', ')}`]),
  ];
}

const REPLACEABLE = {
  native: 'Replaceable today: the provider accepts workload identity.',
  'after-change': 'Replaceable after a change.',
  none: 'No federation at the provider.',
} as const;

function explainProvider(provider: Provider): string[] {
  const names = provider.env.filter(({ notAKey }) => notAKey !== true).map(({ name }) => name);
  return [
    `${provider.title} (${provider.id}), facts checked ${provider.checked}`,
    '',
    provider.federation.kind === 'native' && provider.federation.terms !== undefined ? `Replaceable: the provider offers workload identity ${provider.federation.terms}.` : REPLACEABLE[provider.federation.kind],
    `  ${provider.federation.note}`,
    `  Source: ${provider.federation.source}`,
    ...(provider.retired === undefined ? [] : ['', `Shut down on ${provider.retired.on}: ${provider.retired.note}`]),
    ...routeLines(provider),
    '',
    'Keys that are found by their shape:',
    ...(provider.detectors.length === 0 ? ['  none'] : provider.detectors.map((detector) => `  ${detector.title}  ${detector.publicPrefix === '' ? '(no prefix: found by its name)' : `${detector.publicPrefix}…`}  DK-SECRET-${detector.id.toUpperCase()}`)),
    '',
    'Names that hold them:',
    ...(names.length === 0 ? ['  none'] : [`  ${names.join(', ')}`]),
    '',
    `To end a key: ${provider.revoke}`,
  ];
}

function routeLines({ routes = [] }: Provider): string[] {
  if (routes.length === 0) return ['', 'Ways without the key: none at the provider; a broker can hand the key out for minutes.'];
  return [
    '',
    'Ways without the key:',
    ...routes.map(({ title, class: kind, change, status, only }) => `  ${title}  (${kind}, ${CHANGE_LABELS[change]}${status === 'general' ? '' : `, ${status}`}${only === undefined ? '' : `, on ${only.platforms.join(', ')} only`})`),
    '  dekey explain PROVIDER PLATFORM shows one of them whole.',
  ];
}

function explainPlatform(platform: Platform): string[] {
  return [
    `${platform.title} (${platform.id}), facts checked ${platform.checked}`,
    '',
    platform.issuesTokens ? 'Issues identity tokens that providers can verify: its workloads can do without keys.' : 'Issues no identity tokens that providers could verify: its workloads need another issuer, or a broker.',
    ...(platform.tokens === undefined ? [] : tokenLines(platform.tokens)),
    ...(platform.whyNot === undefined ? [] : ['', platform.whyNot.reason, platform.whyNot.unblock, `Source: ${platform.whyNot.source}`, '']),
    ...(platform.isIssuerOnly === true ? [] : [`Findings: DK-REF-${platform.id.toUpperCase()}`]),
  ];
}

const REFRESH_LABELS = { 'ask-again': 'ask again at any time', 'rotated-file': 'the file is renewed in place', none: 'there is no second one' } as const;

function tokenLines({ issuer, isShared, subjects, escapesColons, stableClaims, audience, lifetime, arrival, edits, source }: TokenSource): string[] {
  return [
    `Issuer: ${issuer}${isShared ? ' (one for all customers: a rule has to name the tenant)' : ''}`,
    'Subject, one of:',
    ...subjects.map(({ template }) => `  ${template}`),
    ...(escapesColons === true ? ['  A colon inside a value is written %3A.'] : []),
    ...(stableClaims.length === 0 ? [] : [`To pin, beside the subject: ${stableClaims.join(', ')}`]),
    `Audience: ${audience === 'free' ? 'the job chooses it' : `always ${audience.fixed}`}`,
    `Lives ${lifetime.seconds} s; ${REFRESH_LABELS[lifetime.refresh]}.`,
    `Arrives ${arrival.kind === 'file' ? `in the file ${arrival.path}` : arrival.kind === 'variable' ? `in the variable ${arrival.name}` : `on request: ${arrival.how}`}`,
    'To use it:',
    ...edits.map((edit) => `  ${edit}`),
    `Source: ${source}`,
    '',
  ];
}
