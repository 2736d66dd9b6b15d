/** A page for every way from a provider's key to none: facts of the registries, and what a plan for a sample workload really holds. Pure. */
import type { EmittedFile, Outcome, PartyId, RelyingParty, Route } from '../src/model/federation.ts';
import type { PlannedIdentity } from '../src/model/plan.ts';
import type { Provider } from '../src/model/provider.ts';
import type { Platform } from '../src/model/reference.ts';
import { parties } from '../src/parties/index.ts';
import { exampleWorkload, cellOf } from '../src/plan/matrix.ts';
import type { Candidate } from '../src/plan/search.ts';
import { platforms } from '../src/platforms/index.ts';
import { providers } from '../src/providers/index.ts';
import { conditions, shown } from '../src/report/plan-words.ts';
import { type PlatformPlan, planFor, valueOf } from '../test/support/sample-plan.ts';
import { cell, page } from './pages.ts';

const world = { platforms: new Map(platforms.map((entry) => [entry.id, entry])), parties: new Map(parties.map((entry) => [entry.id, entry])) };
/** Where most workloads are; a path that has none of them takes the first that it has. */
const USUAL = ['github-actions', 'kubernetes', 'gitlab-ci', 'vercel'];
/** Lines of a file that a page shows whole. */
const MOST_LINES = 45;

const CLASS_WORDS: Readonly<Record<Route['class'], string>> = {
  native: 'The provider itself takes the platform\u2019s token.',
  'same-model': 'The same model runs at a cloud, which takes the platform\u2019s token.',
  gateway: 'A gateway takes the token and keeps the provider\u2019s key.',
  broker: 'A store takes the token and hands the key out.',
  'short-lived': 'A key that ends by itself takes the place of the lasting one.',
};
const CHANGE_WORDS: Readonly<Record<Route['change'], string>> = { configuration: 'settings only', code: 'code that makes the client', model: 'client and model' };
const STATUS_WORDS: Readonly<Record<Route['status'], string>> = { general: 'generally available', preview: 'a preview of the vendor', 'on-request': 'to be asked for at the vendor' };
const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = { gone: 'gone', reduced: 'still there, in one guarded place' };
const SUBJECT_WORDS: Readonly<Record<RelyingParty['subject'], string>> = { exact: 'the whole text', 'exact-or-trailing-star': 'the whole text, or its beginning (`*` at the end)', glob: 'a pattern with `*`' };

/** A provider without federation, to show what stores do for its keys; any other would do. */
const KEPT = 'tavily';
/** Actions that show a job to log in at a store already: the plan then takes that one. */
const LOGINS: Readonly<Partial<Record<PartyId, string>>> = {
  vault: 'hashicorp/vault-action', aws: 'aws-actions/configure-aws-credentials', google: 'google-github-actions/auth', azure: 'azure/login', infisical: 'infisical/secrets-action', doppler: 'dopplerhq/secrets-fetch-action',
  onepassword: '1password/load-secrets-action', akeyless: 'akeyless-community/akeyless-github-action',
};

interface Way {
  /** Of the page: `anthropic-native`, `broker-vault`. */
  readonly name: string;
  readonly title: string;
  readonly provider: Provider;
  readonly route: Route;
  readonly party: RelyingParty;
  /** By platform, the way from there; only those that have one. */
  readonly from: readonly { readonly platform: Platform; readonly candidate: Candidate }[];
}

function waysOf(): readonly Way[] {
  return providers.flatMap((provider) =>
    (provider.routes ?? []).map((route): Way => {
      const alone = { ...provider, routes: [route] };
      const party = world.parties.get(route.party);
      if (party === undefined) throw new Error(`${provider.id}: no party ${route.party}`);
      const from = platforms.flatMap((platform) => {
        const { best, others } = cellOf(alone, platform, world);
        const candidate = [best, ...others].find((each) => each?.route === route);
        return candidate === undefined ? [] : [{ platform, candidate }];
      });
      return { name: `${provider.id}-${route.id}`, title: `${provider.title}: ${route.title}`, provider, route, party, from };
    }),
  );
}

/** The stores that keep a key and hand it out to workloads that show their token. */
function stores(): readonly Way[] {
  const provider = providers.find(({ id }) => id === KEPT);
  if (provider === undefined) throw new Error(`there is no provider ${KEPT}`);
  const cells = platforms.map((platform) => ({ platform, cell: cellOf(provider, platform, world) }));
  const routes = [...new Set(cells.flatMap(({ cell: { best, others } }) => [best, ...others].flatMap((one) => (one?.route.class === 'broker' ? [one.route] : []))))];
  return routes.toSorted((a, b) => (a.party < b.party ? -1 : 1)).map((route): Way => {
    const party = world.parties.get(route.party);
    if (party === undefined) throw new Error(`no party ${route.party}`);
    const from = cells.flatMap(({ platform, cell: { best, others } }) => {
      const candidate = [best, ...others].find((one) => one?.route === route);
      return candidate === undefined ? [] : [{ platform, candidate }];
    });
    return { name: `broker-${route.party}`, title: `A provider without federation: ${route.title}`, provider, route, party, from };
  });
}

/** All pages, by path, and `docs/paths/README.md`, which lists them. */
export function pathPages(): readonly (readonly [path: string, text: string])[] {
  const [ways, kept] = [waysOf(), stores()];
  return [['docs/paths/README.md', indexPage(ways, kept)], ...[...ways, ...kept].map((way): readonly [string, string] => [`docs/paths/${way.name}.md`, wayPage(way)])];
}

function indexPage(ways: readonly Way[], kept: readonly Way[]): string {
  const without = providers.filter(({ routes = [], retired }) => routes.length === 0 && retired === undefined);
  return page('Paths: what replaces a key, one page for each way', [
    'A path begins with the token that a platform gives to a workload and ends at the models its key was for. Each page says what is accepted, what dekey generates, what a person sets up, how it is proven, and',
    'where it ends. They are made from the same registries that `dekey plan` works with; where several are possible it takes the first that fits. What is possible from which platform: [matrix](../matrix.md).',
    '',
    '| key of | path | what changes | status | checked |',
    '| --- | --- | --- | --- | --- |',
    ...ways.map((way) => `| ${cell(way.provider.title)} | [${cell(way.route.title)}](${way.name}.md) | ${CHANGE_WORDS[way.route.change]} | ${statusOf(way)} | ${way.route.checked} |`),
    '',
    '## Providers without a path of their own',
    '',
    `For ${without.length} providers nothing is known that takes a workload's token in place of a key: ${without.map(({ title }) => cell(title.replace(/ \(.*\)$/, ''))).join(', ')}. A plan for them names a store that hands the key out`,
    'for minutes to workloads that it knows by their tokens. The key then still exists, in one guarded place, and the plan says so. What each provider said, and when it was read: [providers](../providers.md).',
    '',
    'A plan takes a store that the repository logs in to already, and else the first that can tell the workload apart:',
    '',
    '| store | status | checked |',
    '| --- | --- | --- |',
    ...kept.map((way) => `| [${cell(way.party.title)}](${way.name}.md) | ${statusOf(way)} | ${way.party.checked} |`),
  ]);
}

function outcomeOf(route: Route): Outcome {
  return route.class === 'native' || route.class === 'same-model' ? 'gone' : 'reduced';
}

/** The weaker of what route and party say. */
function statusOf({ route, party }: Way): string {
  return STATUS_WORDS[route.status === 'general' ? party.status : route.status];
}

function wayPage(way: Way): string {
  const { provider, route, party, from } = way;
  const chosen = USUAL.flatMap((id) => from.filter(({ platform }) => platform.id === id))[0] ?? from[0];
  const plan = chosen === undefined ? undefined : samplePlan(chosen.platform, route.class === 'broker' ? provider : { ...provider, routes: [route] }, route.class === 'broker' ? LOGINS[route.party] : undefined);
  const outcome = outcomeOf(route);
  return page(way.title, [
    `${CLASS_WORDS[route.class]} The key is ${OUTCOME_WORDS[outcome]} afterwards; what changes is ${CHANGE_WORDS[route.change]}. This way is ${statusOf(way)}. Facts last compared with their sources: ${datesOf(way).join(', ')}.`,
    '',
    // The command shows the best way; it has no name for another.
    ...(chosen === undefined || cellOf(provider, chosen.platform, world).best?.route !== route ? [] : ['```sh anywhere', `dekey explain ${provider.id} ${chosen.platform.id}`, '```', '']),
    `## What ${party.title} accepts`,
    '',
    ...acceptedLines(party),
    '',
    '## From where',
    '',
    ...fromLines(way),
    '',
    '## What you set up',
    '',
    ...setUpLines(party, plan),
    '',
    '## What dekey generates',
    '',
    ...generatedLines(way, chosen?.platform, plan),
    '',
    '## What changes in the workload',
    '',
    ...workloadLines(route, chosen?.candidate),
    '',
    '## How it is proven',
    '',
    ...proofLines(route, plan),
    '',
    '## Limits',
    '',
    ...limitLines(way),
    '',
    '## Sources',
    '',
    ...sourcesOf(way, chosen?.platform).map(([title, source, checked]) => `- ${title}: ${linked(source)}, read ${checked}`),
  ]);
}

function acceptedLines(party: RelyingParty): readonly string[] {
  const claims = (): string => {
    if (party.claims === 'none') return 'no other claim can be compared';
    if (party.claims === 'strings') return 'any claim at the top of the token, as text';
    if (party.claims === 'expression') return 'any claim, nested ones too, in an expression';
    const hosts = Object.entries(party.claims.byIssuer);
    return hosts.length === 0 ? 'no other claim can be compared' : hosts.map(([host, names]) => `of \`${host}\`: ${names.map((name) => `\`${name}\``).join(', ')}`).join('; ');
  };
  return [
    '| asked | answer |',
    '| --- | --- |',
    `| tokens of | ${party.issuers === 'any' ? 'any OpenID Connect issuer that a rule names' : `${party.issuers.only.map((id) => world.platforms.get(id)?.title ?? id).join(', ') || 'no platform that dekey knows'}: ${cell(party.issuers.note)}`} |`,
    `| audience | ${'free' in party.audience ? `any text that the rule names; dekey takes \`${party.audience.free}\`` : `always \`${party.audience.fixed}\``} |`,
    `| subject is compared as | ${SUBJECT_WORDS[party.subject]}${party.maxSubject === undefined ? '' : `, of at most ${party.maxSubject} characters`} |`,
    `| other claims | ${cell(claims())} |`,
    `| an issuer that cannot be reached | ${party.uploadsKeys ? 'its keys may be uploaded' : 'is not possible: its keys are fetched'} |`,
    ...(party.refusesFinalSlash === true ? ['| an issuer that ends with a slash | is refused |'] : []),
    `| its own token lives | ${party.lifetime} seconds |`,
    ...(party.exchange === undefined ? [] : [`| exchange | \`POST ${cell(party.exchange.url)}\`, \`${party.exchange.grant}\`, the token in \`${party.exchange.tokenField}\` |`]),
  ];
}

function fromLines({ from, route, party }: Way): readonly string[] {
  if (from.length === 0) return [`From no platform that dekey knows: ${route.only?.note ?? (party.issuers === 'any' ? 'its rules cannot hold what their tokens say.' : party.issuers.note)}`];
  const byWay = new Map<string, string[]>();
  for (const { platform, candidate } of from) {
    const through = candidate.steps.slice(0, -1).map(({ party: { title } }) => title).join(' and ');
    byWay.set(through, [...(byWay.get(through) ?? []), platform.title]);
  }
  return [...[...byWay].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([through, titles]) => `- ${through === '' ? 'Directly' : `By way of ${through}`}: ${cell(titles.join(', '))}.`), ...(route.only === undefined ? [] : [`- Nowhere else: ${cell(route.only.note)}`])];
}

function setUpLines(party: RelyingParty, plan: PlatformPlan | undefined): readonly string[] {
  const steps = [...party.prerequisites, ...(plan?.manual ?? [])];
  const inputs = plan === undefined ? [] : [...new Map([...plan.draft.inputs, ...plan.inputs].map((input) => [input.id, input])).values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return [
    ...(steps.length === 0 ? ['Nothing beforehand.'] : [...new Set(steps)].map((step, index) => `${index + 1}. ${cell(step)}`)),
    ...(inputs.length === 0
      ? []
      : ['', 'Ids that no file of the sample tells; a plan takes them from `--set`, from `dekey.config.json`, or with `--github` from GitHub:', '', '| id | what it is | where to read it |', '| --- | --- | --- |', ...inputs.map(({ id, title, how }) => `| \`${id}\` | ${cell(title)} | ${cell(how)} |`)]),
  ];
}

/** With what the platform itself would tell filled in, and what only the account's owner knows left open. */
function samplePlan(platform: Platform, provider: Provider, uses = ''): PlatformPlan {
  const found = { isInUse: true, uses };
  const open = planFor(platform.id, new Map(), [provider], found);
  const told = [...open.draft.inputs, ...open.inputs].filter(({ id }) => /^(?:github|gitlab)\./.test(id));
  const filled = planFor(platform.id, new Map(told.map((input) => [input.id, { value: valueOf(input), from: 'sample' }])), [provider], found);
  return { ...filled, draft: { ...filled.draft, inputs: open.draft.inputs }, inputs: open.inputs };
}

function generatedLines({ provider }: Way, platform: Platform | undefined, plan: PlatformPlan | undefined): readonly string[] {
  if (platform === undefined || plan === undefined) return ['Nothing: there is no platform for which it could be planned.'];
  const { name, path } = exampleWorkload(platform.id);
  const isCluster = name.startsWith('Deployment/');
  const folders = plan.files.filter(({ path: file }) => !file.startsWith('guardrails/'));
  const guards = plan.files.length - folders.length;
  const shownFiles = folders.filter(isShown);
  return [
    `For ${isCluster ? `\`${name}\` on ${platform.title}` : `the job \`${name}\` in \`${path}\` of \`acme/app\` (${platform.title})`} with a key of ${provider.title.replace(/ \(.*\)$/, '')}, \`dekey plan\` writes:`,
    '',
    '| file | for | what it does |',
    '| --- | --- | --- |',
    ...folders.map(({ path: file, role, purpose }) => `| \`${file}\` | ${role} | ${cell(purpose)} |`),
    ...(guards === 0 ? [] : [`| \`guardrails/\` | guard | ${guards} files against new keys. |`]),
    '',
    ...(shownFiles.some(({ text }) => /\$\{[A-Z]/.test(text)) ? ['`${NAMES}` in capitals are ids that the sample does not have; the scripts ask for them.', ''] : []),
    ...shownFiles.flatMap((file) => [`\`${file.path}\`:`, '', ...fenced(file), '']),
  ].slice(0, -1);
}

function isShown({ kind, role, text }: EmittedFile): boolean {
  return (kind === 'json' || kind === 'sql' || kind === 'kubernetes' || kind === 'yaml' || (kind === 'markdown' && role === 'create')) && text.split('\n').length <= MOST_LINES;
}

const LANGUAGES: Readonly<Partial<Record<EmittedFile['kind'], string>>> = { json: 'json', sql: 'sql', kubernetes: 'yaml', yaml: 'yaml', markdown: 'markdown' };

function fenced({ kind, text }: EmittedFile): readonly string[] {
  const fence = text.includes('```') ? '````' : '```';
  return [`${fence}${LANGUAGES[kind] ?? 'text'} generated`, text.trimEnd(), fence];
}

function workloadLines(route: Route, candidate: Candidate | undefined): readonly string[] {
  const edits = [...(candidate?.steps[0]?.tokens.edits ?? []), ...route.edits];
  const set = Object.entries(route.env);
  return [
    ...edits.map((edit) => `- ${cell(edit)}`),
    ...(set.length === 0 ? [] : [`- Set ${set.map(([name, value]) => `\`${name}\` to \`${value}\``).join(', ')}.`]),
    ...(route.remove.length === 0 ? [] : [`- Take ${route.remove.map((name) => `\`${name}\``).join(', ')} out of the whole environment. ${cell(route.precedence)}`]),
    ...(route.remove.length > 0 || route.precedence === '' ? [] : [`- ${cell(route.precedence)}`]),
    ...(route.floors.length === 0 ? [] : ['', '| language | package | from version |', '| --- | --- | --- |', ...route.floors.map(({ language, package: name, version }) => `| ${language} | \`${name}\` | ${version} |`)]),
    '',
    outcomeOf(route) === 'gone'
      ? '`dekey apply` shows these as a diff of the files at hand; what it edits and what it refuses: [apply](../apply.md).'
      : '`dekey apply` leaves this to you: the key only moves, and where it is kept is a decision of its own.',
  ];
}

function proofLines(route: Route, plan: PlatformPlan | undefined): readonly string[] {
  const identity = plan?.draft.identities[0];
  return [
    ...(identity === undefined ? [] : identityLines(identity)),
    `Afterwards: ${cell(route.probe)}`,
  ];
}

function identityLines(identity: PlannedIdentity): readonly string[] {
  const told = identity.refusals.filter(({ refusedBy }) => refusedBy !== null);
  const open = identity.refusals.filter(({ refusedBy }) => refusedBy === null);
  return [
    'Before anything is created the rule is proven on paper. That of the sample lets in what says all of this:',
    '',
    '```text generated',
    ...conditions(identity),
    '```',
    '',
    `and refuses ${told.length} tokens of others:`,
    '',
    '| token of | says | refused by |',
    '| --- | --- | --- |',
    ...told.map(({ title, changes, refusedBy }) => `| ${cell(title)} | ${Object.entries(changes).slice(0, 2).map(([claim, value]) => (value === null ? `no \`${claim}\`` : `\`${cell(`${claim} = ${shown(value)}`)}\``)).join(', ')} | ${cell(refusedBy ?? '')} |`),
    ...(open.length === 0 ? [] : ['', 'It cannot tell these apart from the intended one:', '', ...open.map(({ title }) => `- ${cell(title)}`)]),
    '',
  ];
}

function limitLines(way: Way): readonly string[] {
  const { provider, route, party } = way;
  const lines = [
    ...(statusOf(way) === STATUS_WORDS.general ? [] : [`It is ${statusOf(way)}.`]),
    ...(route.note === '' ? [] : [route.note]),
    ...(route.only === undefined ? [] : [route.only.note]),
    ...(party.issuers === 'any' ? [] : [party.issuers.note]),
    ...(party.claims === 'none' ? [`${party.title} compares the subject and the audience alone: what the subject does not say cannot be asked for.`] : []),
    ...(provider.federation.kind === 'native' ? [] : [provider.federation.note]),
    ...(outcomeOf(route) === 'gone' ? [`The old key works until it is ended: ${provider.revoke}`] : []),
  ];
  return [...new Set(lines)].map((line) => `- ${cell(sentence(line))}`);
}

function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

function sourcesOf({ provider, route, party }: Way, platform: Platform | undefined): readonly (readonly [string, string, string])[] {
  const all: (readonly [string, string, string])[] = [
    // A store is none of the provider's.
    ...(route.class === 'broker' ? [] : [['the path', route.source, route.checked] as const]),
    [party.title, party.source, party.checked],
    [provider.title, provider.federation.source, provider.checked],
    ...(platform?.tokens === undefined ? [] : [[`tokens of ${platform.title}`, platform.tokens.source, platform.checked] as const]),
  ];
  return all.filter(([, source], index) => all.findIndex(([, other]) => other === source) === index);
}

function datesOf({ provider, route, party }: Way): readonly string[] {
  return [...new Set([route.checked, party.checked, provider.checked])].toSorted();
}

function linked(source: string): string {
  return /^https:\/\/\S+$/.test(source) ? `<${source}>` : cell(source);
}
