import type { Proposal } from '../apply/pull-request/propose.ts';
import type { FileRead } from '../apply/pull-request/read.ts';
import type { PlanToApply } from '../apply/read-plan.ts';
import type { Text } from '../model/text.ts';
import { parties } from '../parties/index.ts';
import { providers } from '../providers/index.ts';
import { shown } from '../report/plan-words.ts';
import type { IdentityWords, KeyWords, PullRequestWords } from '../report/pull-request.ts';

const titles = new Map(providers.map((provider) => [provider.id, provider.title.replace(/ \(.*\)$/, '')]));
const revoking = new Map(providers.map((provider) => [provider.id, provider.revoke]));
const partyTitles = new Map<string, string>(parties.map(({ id, title }) => [id, title]));

export function providerTitle(id: string): string {
  return titles.get(id) ?? id;
}

/** What the description of one pull request says, put together from the plan and the proposal. Pure. */
export function wordsFor(proposal: Proposal, read: ReadonlyMap<string, FileRead>, isPublic: boolean, plan: PlanToApply, value: (input: string) => string | undefined): PullRequestWords {
  const made = new Set(proposal.files.flatMap(({ changes }) => changes.flatMap(({ migrations }) => migrations)));
  const own = plan.migrations.filter(({ id }) => made.has(id));
  return {
    repository: `${proposal.repository.owner}/${proposal.repository.name}`,
    isPublic,
    providers: [...new Set(own.map(({ provider }) => provider))].toSorted().map(providerTitle),
    files: proposal.files, summary: proposal.summary, toSet: proposal.toSet,
    identities: identitiesOf(own, plan, value),
    keys: keysOf(proposal, own, read, plan),
  };
}

function identitiesOf(own: PlanToApply['migrations'], plan: PlanToApply, value: (input: string) => string | undefined): readonly IdentityWords[] {
  const wanted = new Set(own.flatMap(({ chosen }) => chosen?.hops.map(({ identity }) => identity) ?? []));
  const filled = (text: Text): string => shown(text.map((part) => (typeof part === 'string' ? part : (value(part.input) ?? part))));
  const inputs = new Map(plan.inputs.map(({ id, how }) => [id, how]));
  const unknown = (text: Text): IdentityWords['unknown'] => text.flatMap((part) => (typeof part === 'string' || value(part.input) !== undefined ? [] : [{ name: part.input.toUpperCase().replaceAll('.', '_'), how: inputs.get(part.input) ?? '' }]));
  return plan.identities.filter(({ target }) => wanted.has(target.id)).map(({ target }) => {
    const subject = target.policy.subject?.text;
    return { id: target.id, party: partyTitles.get(target.party ?? '') ?? 'The relying party', subject: subject === undefined ? null : filled(subject), unknown: subject === undefined ? [] : unknown(subject) };
  });
}

const SECRET = /\bsecrets(?:\.|\[['"])([A-Za-z_][A-Za-z0-9_]{0,254})/g;

/** The secrets that lines of the diff no longer ask for, and what else asks for them. */
function keysOf({ files, edits, targets }: Proposal, own: PlanToApply['migrations'], read: ReadonlyMap<string, FileRead>, plan: PlanToApply): readonly KeyWords[] {
  const removed = files.flatMap(({ hunks }) => hunks.flatMap(({ lines }) => lines.flatMap(({ kind, text }) => (kind === 'removed' ? [...text.matchAll(SECRET)].flatMap(([, name]) => name ?? []) : []))));
  const known = new Set(own.flatMap(({ keys }) => keys));
  const named = [...new Set(removed)].filter((name) => known.has(name));
  const names = (named.length > 0 ? named : [...known].filter((name) => /^[A-Z][A-Z0-9_]*$/.test(name))).toSorted();
  const after = new Map([...read].flatMap(([path, { state }]) => (state.kind === 'text' ? [[path, state.text] as const] : [])));
  for (const { path, bytes } of edits) after.set(path, bytes.toString('utf8'));
  const made = new Set(own.map(({ id }) => id));
  return names.map((name) => {
    const provider = own.find(({ keys }) => keys.includes(name))?.provider ?? '';
    const asked = [...after].flatMap(([path, text]) => linesWith(text, name).map((line) => `${path}:${line}`));
    const others = plan.migrations.filter((migration) => targets.includes(migration.target) && !made.has(migration.id) && migration.keys.includes(name)).map(({ path, line }) => `${path}:${line}`);
    return { name, provider: providerTitle(provider), revoke: revoking.get(provider) ?? 'Delete it at the provider.', keptBy: [...new Set([...asked, ...others])].toSorted() };
  });
}

/** Lines that ask for the secret of this name, from 1: a comment asks for nothing. */
function linesWith(text: string, name: string): readonly number[] {
  return text.split('\n').flatMap((line, index) => ([...line.replace(/(?:^|\s)#.*$/, '').matchAll(SECRET)].some(([, found]) => found === name) ? [index + 1] : []));
}
