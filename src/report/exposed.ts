import type { ExposedKey, Exposure } from '../inventory/exposed.ts';
import type { Held, Holder } from '../model/holder.ts';
import type { Disposition, Finding } from '../model/inventory.ts';
import type { Provider } from '../model/provider.ts';
import { visible } from '../support/escape.ts';
import { storedWords } from './account-messages.ts';

const MOST_SHOWN = 8;

const TITLES: Readonly<Record<Held, (holder: string) => string>> = {
  held: (holder) => `${holder} held these. End them now, in this order.`,
  own: (holder) => `These open our account at ${holder}. End them too: they lead to what is saved there.`,
  likely: (holder) => `Used together with ${holder}: look in its settings whether they were saved there, and end those that were.`,
  possible: (holder) => `In the same repositories as ${holder}, nothing more is known.`,
};

const KEPT: Readonly<Record<Holder['kind'], string>> = {
  evaluation: 'keys of AI providers that somebody saved in its settings for playgrounds and evaluations',
  observability: 'keys of AI providers that somebody saved in its settings for playgrounds and evaluations',
  gateway: 'keys of AI providers that somebody saved in it, so that callers need none',
  agents: 'keys and sign-ins that somebody saved in its settings for its agents and tools',
  hosting: 'variables that somebody set by hand for what runs there',
  ci: 'variables and secrets that somebody set by hand for what runs there',
};

const INSTEAD: Readonly<Record<Disposition, string>> = {
  today: 'an identity can take its place today: dekey plan',
  'after-change': 'an identity can take its place after a change of code or model: dekey plan',
  none: 'its provider takes nothing but keys: make a new one, and keep it out of there',
  'not-a-key': 'nothing has to take its place',
};

/** The answer for the person on call: what to end first, what stops with it, what takes its place, and what cannot be seen from here. */
export function exposureText({ holder, keys, incomplete, targets }: Exposure, providers: readonly Provider[], width: number): string {
  const providerById = new Map(providers.map((provider) => [provider.id, provider]));
  const count = (held: Held): number => keys.filter((key) => key.held === held).length;
  const lines = [`${holder.title}: which of our keys did it hold?`, '', ...wrap(summary(holder, count), width, '', 0)];
  let number = 0;
  for (const held of ['held', 'own', 'likely', 'possible'] as const) {
    const group = keys.filter((key) => key.held === held);
    if (group.length === 0) continue;
    lines.push('', ...wrap(TITLES[held](holder.title), width, '', 0));
    for (const key of group) {
      number += 1;
      const provider = providerById.get(key.credential.provider);
      if (held === 'possible') lines.push(...wrap(`${String(number).padStart(2)} ${nameOf(key, provider)}: ${visible(key.reasons[0] ?? '')}.`, width, '', 3));
      else lines.push('', ...keyLines(key, { number, provider, width, targets, isWhole: incomplete.length === 0 }));
    }
  }
  lines.push(
    '', 'Then', ...wrap(`- Ask ${holder.title} since when, and read the usage of each key at its provider from that day on.`, width, '  '),
    ...wrap('- Look at what a key could do besides calling models: its privilege is given above.', width, '  '),
    '', 'What cannot be seen from here', ...wrap(`- At ${holder.title} itself: ${KEPT[holder.kind]}. Open its settings and compare.`, width, '  '),
    ...(incomplete.length === 0 ? [] : wrap(`- Not read whole: ${visible(incomplete.slice(0, MOST_SHOWN).join(', '))}${incomplete.length > MOST_SHOWN ? ` and ${incomplete.length - MOST_SHOWN} more` : ''}.`, width, '  ')),
    '  - Whatever was not scanned.', '',
  );
  return lines.join('\n');
}

function summary({ title }: Holder, count: (held: Held) => number): string {
  const parts = ([
    [count('held'), 'certainly there'],
    [count('own'), 'of our own account there'],
    [count('likely'), 'likely there'],
    [count('possible'), 'possibly there'],
  ] as const).filter(([number]) => number > 0).map(([number, words]) => `${number} ${words}`);
  return parts.length === 0 ? `Nothing in this inventory uses ${title}, and no key in it is known to have been there.` : `Keys: ${parts.join(', ')}.`;
}

function nameOf({ credential: { preview, names, provider: id } }: ExposedKey, provider: Provider | undefined): string {
  return `${provider?.title ?? visible(id)}  ${visible([preview, ...names.filter((name) => name !== preview)].slice(0, 3).join(' · '))}`;
}

interface KeyView {
  readonly number: number;
  readonly provider: Provider | undefined;
  readonly width: number;
  readonly targets: ReadonlyMap<string, string>;
  /** All targets were read whole. */
  readonly isWhole: boolean;
}

/** Without a workload that names it: what that says of ending the key. */
function nobody(places: readonly Finding[], isWhole: boolean): string {
  // A key that stands in a file is used by whatever runs the file.
  if (places.some(({ class: of, location }) => of === 'secret' && location.history?.inHead !== false)) return 'no workload that was scanned names it; what runs the files below may use it';
  return isWhole ? 'no workload that was scanned: ending it should stop nothing here' : 'no workload that was scanned, and not all was';
}

function keyLines(key: ExposedKey, { number, provider, width, targets, isWhole }: KeyView): string[] {
  const { credential, reasons, users, places, named } = key;
  const { facts, risk, privilege, disposition } = credential;
  const row = (label: string, text: string): string[] => wrap(`${label.padEnd(9)}${text}`, width, '   ', 9);
  const shown = (items: readonly string[]): string => visible(items.slice(0, MOST_SHOWN).join(', ')) + (items.length > MOST_SHOWN ? ` and ${items.length - MOST_SHOWN} more` : '');
  const at = (finding: Finding): string => placeOf(finding, targets);
  const known = [
    facts['owner'] === undefined ? undefined : `owner ${facts['owner']}`,
    facts['created'] === undefined ? undefined : `made ${facts['created'].slice(0, 10)}`,
    facts['last-used'] === undefined ? undefined : facts['last-used'] === 'never' ? 'never used' : `last used ${facts['last-used'].slice(0, 10)}`,
    `may do: ${facts['can'] ?? PRIVILEGES[privilege]}`,
  ].filter((part) => part !== undefined);
  return [
    `${String(number).padStart(2)} ${nameOf(key, provider)}  (risk ${risk.score}, ${risk.level})`,
    ...row('Why', `${shown(reasons)}.`),
    ...row('Used by', users.length === 0 ? nobody(places, isWhole) : shown(users.map(({ name, platform }) => `${name} (${platform})`))),
    ...(places.length === 0 ? row('Named', shown(named.map(at))) : row('Stands', shown(places.map(at)))),
    ...row('Known', visible(known.join(', '))),
    ...row('End it', provider?.revoke ?? 'at its provider'),
    ...row('Instead', INSTEAD[disposition]),
  ];
}

const PRIVILEGES = { admin: 'administer the organisation', account: 'use the whole account', project: 'use one project', restricted: 'little: it is restricted', unknown: 'not known' } as const;

function placeOf({ location, detector, arguments: said }: Finding, targets: ReadonlyMap<string, string>): string {
  // One path may stand in many repositories.
  const where = targets.size > 1 ? `${targets.get(location.target) ?? location.target}: ` : '';
  if (detector === 'stored-key') return `${where}${storedWords(said, (text) => text)} ${said['name'] ?? ''}`;
  if (detector === 'listed-key') return `${where}list of its issuer as ${said['name'] ?? ''}`;
  return `${where}${location.path}:${location.line}${location.history === undefined ? '' : ' (history)'}`;
}

/** Lines of at most `width`; later lines hang by `hang` more than the indent. */
function wrap(text: string, width: number, indent: string, hang = 2): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(' ')) {
    if (line.trim() !== '' && line.length + 1 + word.length > width) {
      lines.push(line.trimEnd());
      line = indent + ' '.repeat(hang);
    }
    line += line.trim() === '' ? word : ` ${word}`;
  }
  return [...lines, line.trimEnd()];
}

/** The same for programs. Order is that of the text. */
export function exposureJson({ holder, keys, incomplete, targets }: Exposure): string {
  const value = {
    schemaVersion: '1.0', kind: 'dekey-exposure', holder: { id: holder.id, title: holder.title, kind: holder.kind },
    keys: keys.map(({ credential, held, reasons, users, places }) => ({
      held, reasons, credential: { id: credential.id, provider: credential.provider, preview: credential.preview, names: credential.names, privilege: credential.privilege, score: credential.risk.score, level: credential.risk.level, disposition: credential.disposition, facts: credential.facts },
      users: users.map(({ id, name, platform, location }) => ({ id, name, platform, path: location.path, line: location.line })),
      places: places.map(({ id, code, location }) => ({ id, code, target: location.target, path: location.path, line: location.line })),
    })),
    targets: [...targets].map(([id, name]) => ({ id, name })),
    incomplete,
  };
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
