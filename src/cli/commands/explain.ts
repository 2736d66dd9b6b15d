import { UsageError } from '../../model/errors.ts';
import type { Provider } from '../../model/provider.ts';
import type { TokenSource } from '../../model/issuer.ts';
import type { Platform } from '../../model/reference.ts';
import { platforms } from '../../platforms/index.ts';
import { providers } from '../../providers/index.ts';
import { describeCode, listCodes } from '../../report/messages.ts';
import { explainVector } from '../../risk/vector.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { print } from '../print.ts';

/** Runs `dekey explain SUBJECT`: a code, a provider, a platform or a vector. UsageError, with near names, for anything else. */
export async function runExplain(subject: string): Promise<number> {
  await print(`${explain(subject).join('\n')}\n`);
  return EXIT_CODES.clean.code;
}

function explain(subject: string): readonly string[] {
  if (subject.toUpperCase().startsWith('DK1/')) return vectorLines(subject.toUpperCase());
  const code = describeCode(subject.toUpperCase(), providers, platforms);
  if (code !== undefined) return [`${code.code}: ${code.title}`, '', code.what, '', `Why: ${code.why}`, '', `Fix: ${code.fix}`];
  const provider = providers.find(({ id }) => id === subject.toLowerCase());
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
    REPLACEABLE[provider.federation.kind],
    `  ${provider.federation.note}`,
    `  Source: ${provider.federation.source}`,
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

function explainPlatform(platform: Platform): string[] {
  return [
    `${platform.title} (${platform.id}), facts checked ${platform.checked}`,
    '',
    platform.issuesTokens ? 'Issues identity tokens that providers can verify: its workloads can do without keys.' : 'Issues no identity tokens that providers could verify: its workloads need another issuer, or a broker.',
    ...(platform.tokens === undefined ? [] : tokenLines(platform.tokens)),
    `Findings: DK-REF-${platform.id.toUpperCase()}`,
  ];
}

function tokenLines({ issuer, isShared, subjects, escapesColons, stableClaims, source }: TokenSource): string[] {
  return [
    `Issuer: ${issuer}${isShared ? ' (one for all customers: a rule has to name the tenant)' : ''}`,
    'Subject, one of:',
    ...subjects.map(({ template }) => `  ${template}`),
    ...(escapesColons === true ? ['  A colon inside a value is written %3A.'] : []),
    ...(stableClaims.length === 0 ? [] : [`To pin, beside the subject: ${stableClaims.join(', ')}`]),
    `Source: ${source}`,
    '',
  ];
}
