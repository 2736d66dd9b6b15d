/** Rules on the texts themselves: placeholders, doubled keys, letters that look like others, issuers that look like others. */
import { bareIssuer, familyOf, ISSUERS_WITH_PATHS, KNOWN_ISSUERS } from '../issuers.ts';
import type { Arm, Condition, TrustDocument, TrustRule } from '../model.ts';
import { patternsOf } from '../pattern.ts';
import { viewsOf, viewsOfArms } from '../view.ts';
import { allArms, factsOf, placeOf, quote, repositoryNamed, rule, type Draft } from './_shared.ts';

/** Every value that a claim is compared with, and every issuer, with its place. */
function textsIn(document: TrustDocument): readonly { readonly text: string; readonly place: string; readonly claim: string; readonly arm: Arm }[] {
  return allArms(document).flatMap((arm) => [
    ...(arm.issuer === undefined ? [] : [{ text: arm.issuer, place: arm.place, claim: 'iss', arm }]),
    ...arm.conditions.flatMap((condition) =>
      condition.isRequest ? [] : valuesIn(condition).map((text) => ({ text, place: condition.place, claim: condition.claim, arm })),
    ),
  ]);
}

function valuesIn({ matcher }: Condition): readonly string[] {
  if (matcher.kind === 'unknown') return [matcher.text];
  return 'values' in matcher ? matcher.values : (patternsOf(matcher)?.map(({ text }) => text) ?? []);
}

const TEMPLATE = /\$\{\{?[^}]*\}\}?|\{\{[^}]*\}\}|%\{[^}]*\}|\$\([A-Za-z_][\w.]*\)|\$[A-Za-z_]\w+/;
const PLACEHOLDER =
  /<[A-Za-z][\w .-]*>|\bYOUR[-_][\w-]+|\byour[-_](?:org(?:ani[sz]ation)?|owner|repo(?:sitory)?|project|group|user(?:name)?|account|enterprise)\b|\bCHANGE_?ME\b/;

const tp058 = rule({ id: 'TP058', title: 'Variable inside a subject', parties: 'all', severity: 'high', fix: 'Write the value itself.' }, (document) =>
  textsIn(document).flatMap(({ text, place, claim }): readonly Draft[] => {
    if (claim === 'aud') return [];
    const own = document.party === 'aws' ? text.replace(/\$\{[*?$]\}/g, '') : text;
    const template = TEMPLATE.exec(own)?.[0];
    // IAM fills these in at every request, with what the caller sends.
    if (template !== undefined && document.party === 'aws' && /^\$\{[^}]*:[^}]*\}$/.test(template))
      return [{ place, message: `${quote(text)} holds ${quote(template)}, which every request fills in anew` }];
    if (template !== undefined) return [{ place, status: 'unknown', message: `${quote(text)} holds ${quote(template)}, whose value is not known here` }];
    const placeholder = PLACEHOLDER.exec(own)?.[0];
    return placeholder === undefined ? [] : [{ place, message: `${quote(text)} still holds the placeholder ${quote(placeholder)}` }];
  }),
);

const tp059 = rule(
  { id: 'TP059', title: 'Key that stands twice', parties: 'all', severity: 'high', fix: 'Keep one of the two: readers differ in which one they take.' },
  ({ duplicateKeys }) => duplicateKeys.map(({ place, key }) => ({ place, message: `${quote(key)} stands twice in one object` })),
);

/** Controls, format characters, and what renderers leave out. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
const NOT_ASCII = /[^\0-\x7f]/;
/** A word in which Latin letters stand beside letters of a script that looks like it. */
const FOREIGN = '[\\p{Script=Cyrillic}\\p{Script=Greek}\\p{Script=Armenian}\\p{Script=Cherokee}\\p{Script=Lisu}]';
/** The last part: full-width forms and phonetic letters, which look like ASCII by themselves. */
const MIXED = new RegExp(`[A-Za-z]${FOREIGN}|${FOREIGN}[A-Za-z]|[\\uff00-\\uffef\\u0250-\\u02ff]`, 'u');
/** What is the same in every subject, and so has one letter case. */
const WORDS = [
  /^(?:repo|project_path|project_id|organization|system:serviceaccount|spiffe):/i,
  /(?<=^repo:[^:]*:)(?:ref|environment|pull_request)(?=:|$)/i,
  /(?<=^repo:[^:]*:ref:)refs\/(?:heads|tags)\//i,
];

const tp060 = rule(
  {
    id: 'TP060',
    title: 'Letters that are not what they look like',
    parties: 'all',
    severity: 'medium',
    fix: 'Write the value in plain ASCII, in the letter case that tokens have.',
  },
  (document, context): readonly Draft[] => {
    const texts = textsIn(document).flatMap(({ text, place, claim, arm }): readonly Draft[] => {
      if (claim === 'aud') return [];
      const found = oddity(text, claim, familyOf(arm.issuer, [text], []).id === 'github');
      return found === undefined ? [] : [{ place, message: `${quote(text)} ${found}` }];
    });
    const cases = viewsOf(document).flatMap((view): readonly Draft[] => {
      const facts = factsOf(view, context);
      const { path } = repositoryNamed(view);
      return facts !== undefined && path !== undefined && path !== facts.path
        ? [{ place: placeOf(view), message: `${quote(path)} is written ${quote(facts.path)} in tokens` }]
        : [];
    });
    return [...texts, ...cases];
  },
);

function oddity(text: string, claim: string, isGithub: boolean): string | undefined {
  if (INVISIBLE.test(text)) return 'holds a character that cannot be seen';
  if (MIXED.test(text)) return 'holds letters that look like others';
  if (claim === 'iss') {
    if (NOT_ASCII.test(text)) return 'holds letters outside ASCII';
    const authority = /^[A-Za-z][\w+.-]*:\/\/([^/?#]*)/.exec(text)?.[1] ?? '';
    if (!authority.includes('$') && authority !== authority.toLowerCase()) return 'has upper-case letters in the host';
    return text.includes('%') ? 'holds an encoded character' : undefined;
  }
  if (claim !== 'sub' && !/^(?:repository|repository_owner|project_path|namespace_path)$/.test(claim)) return undefined;
  const whose = claim === 'sub' ? (/^[^:]*:[^:]*/.exec(text)?.[0] ?? text) : text;
  if (NOT_ASCII.test(whose)) return 'holds letters outside ASCII in the name';
  if (WORDS.some((pattern) => isShouted(pattern.exec(text)?.[0]))) return 'has upper-case letters in a fixed word';
  // GitHub writes a colon inside a value as `%3A`, and encodes nothing else.
  const encoded = /%[0-9A-Fa-f]{2}/g;
  const odd = [...text.matchAll(encoded)].some(([code]) => !(isGithub && code === '%3A'));
  return odd ? 'holds an encoded character' : undefined;
}

function isShouted(word: string | undefined): boolean {
  return word !== undefined && word !== word.toLowerCase();
}

const tp061 = rule(
  {
    id: 'TP061',
    title: 'Issuer that looks like a known one',
    parties: 'all',
    severity: 'critical',
    fix: "Copy the issuer from the vendor's documentation or from a token, byte for byte.",
  },
  (document) => {
    const seen = new Set<string>();
    return allArms(document).flatMap(({ issuer, place }): readonly Draft[] => {
      if (issuer === undefined || seen.has(issuer) || issuer.includes('${') || issuer.includes('{{')) return [];
      seen.add(issuer);
      const fault = faultOf(issuer, document.keys?.kind === 'uploaded');
      return fault === undefined ? [] : [{ place, severity: fault.isOutage ? 'medium' : 'critical', message: `issuer ${quote(issuer)} ${fault.text}` }];
    });
  },
);

/** Confusable letters as the ones they are taken for. */
const SKELETON: Readonly<Record<string, string>> = { ɡ: 'g', а: 'a', е: 'e', о: 'o', р: 'p', с: 'c', і: 'i', ѕ: 's', һ: 'h', ո: 'n', '0': 'o', '1': 'l' };

function faultOf(issuer: string, isUploaded: boolean): { readonly text: string; readonly isOutage: boolean } | undefined {
  const parsed = /^([A-Za-z][\w+.-]*):\/\/([^/?#]*)([^?#]*)([?#][\s\S]*)?$/.exec(issuer);
  const isName = parsed === null;
  const authority = parsed?.[2] ?? issuer.split('/', 1)[0] ?? '';
  const rest = parsed?.[4] ?? '';
  if (authority.includes('@')) return { text: 'holds a user name', isOutage: false };
  if (rest !== '') return { text: 'holds a query or a fragment', isOutage: false };
  const host = authority.replace(/:\d*$/, '');
  const lower = host.toLowerCase();
  const known = KNOWN_ISSUERS.find((candidate) => candidate === lower);
  if (known === undefined) {
    const bare = [...lower].map((character) => SKELETON[character] ?? character).join('');
    const like = KNOWN_ISSUERS.find((candidate) => isLookAlike(lower, bare, candidate));
    if (like !== undefined) return { text: `is not ${quote(like)}, which it looks like`, isOutage: false };
    return !isName && parsed[1]?.toLowerCase() === 'http' && !isUploaded ? { text: 'is not https', isOutage: false } : undefined;
  }
  if (authority !== host) return { text: 'holds a port', isOutage: false };
  if (!isName && parsed[1]?.toLowerCase() !== 'https') return { text: 'is not https', isOutage: false };
  const path = parsed?.[3] ?? issuer.slice(authority.length);
  // These two end in a slash by themselves.
  const isSlashed = known === 'sts.windows.net' || known === 'login.microsoftonline.com';
  if (path.endsWith('/') && !isSlashed) return { text: 'ends in a slash that tokens do not have', isOutage: true };
  if (path !== '' && !ISSUERS_WITH_PATHS.has(known)) return { text: `has a path, and ${quote(known)} has none`, isOutage: true };
  return undefined;
}

/** Shorter names lie so close together that a neighbour is no imitation. */
const SHORTEST_IMITATED = 10;

/** Long names may differ in two letters, short ones in one. */
function isLookAlike(host: string, skeleton: string, known: string): boolean {
  if (host.startsWith(`${known}.`) || host.startsWith(`${known}-`) || host.includes(`.${known}.`)) return true;
  if (host.endsWith(`.${known}`)) return false;
  const most = known.length >= 16 ? 2 : known.length >= SHORTEST_IMITATED ? 1 : 0;
  return skeleton === known || (Math.abs(host.length - known.length) <= most && distance(host, known) <= most);
}

/** Edit distance, with neighbours swapped counting once. */
function distance(one: string, other: string): number {
  const rows: number[][] = [[...other, ''].map((_, index) => index)];
  for (let row = 1; row <= one.length; row += 1) {
    const line = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const cost = one[row - 1] === other[column - 1] ? 0 : 1;
      let least = Math.min((rows[row - 1]?.[column] ?? 0) + 1, (line[column - 1] ?? 0) + 1, (rows[row - 1]?.[column - 1] ?? 0) + cost);
      const isSwap = row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      if (isSwap) least = Math.min(least, (rows[row - 2]?.[column - 2] ?? 0) + 1);
      line.push(least);
    }
    rows.push(line);
  }
  return rows[one.length]?.[other.length] ?? 0;
}

/** More issuers of one kind than clusters that one role plausibly serves. */
const MANY = 3;

const tp062 = rule(
  { id: 'TP062', title: 'Unrelated issuers in one policy', parties: 'all', severity: 'medium', fix: 'Make one role or rule for each issuer.' },
  (document): readonly Draft[] => {
    const views = viewsOfArms(document.arms);
    const issuers = [...new Set(views.flatMap(({ arm }) => arm.issuer ?? []))];
    const kinds = new Set(
      views.flatMap(({ arm, family }) =>
        arm.issuer === undefined ? [] : [family.id === 'other' || family.id === 'shared' ? bareIssuer(arm.issuer) : family.id],
      ),
    );
    return kinds.size > 1 || issuers.length > MANY
      ? [{ place: document.arms[0]?.place ?? '', message: `${quote(issuers.toSorted().join(', '))} are all let in` }]
      : [];
  },
);

export const textRules: readonly TrustRule[] = [tp058, tp059, tp060, tp061, tp062];
