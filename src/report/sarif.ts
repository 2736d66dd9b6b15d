import type { Credential, Finding, Inventory, Skipped, TargetReport, Workload } from '../model/inventory.ts';
import { CONFIDENCES, SEVERITIES, type Confidence, type Severity } from '../model/levels.ts';
import type { Location } from '../model/location.ts';
import type { Problem } from '../model/reference.ts';
import { percentEncodePath } from '../support/escape.ts';
import { catalogOf, counted, DISPOSITION_LABELS, describeFinding, isInTree, sentenceOf, type Catalog, type CodeDescription } from './messages.ts';
import type { RenderOptions } from './renderer.ts';
import { inertJson, isInside, placePrefix, printable } from './scanned.ts';

/** What GitHub code scanning takes: results of a run, and what it shows of the locations of a result. */
const LIMITS = { results: 25_000, relatedLocations: 50, threadFlows: 10, notifications: 200 } as const;

const SOURCE_ROOT = '%SRCROOT%';

type Level = 'error' | 'warning' | 'note';

const LEVELS: Readonly<Record<Severity, Level>> = { critical: 'error', high: 'error', medium: 'warning', low: 'note', info: 'note' };

/** GitHub reads a rule's severity from this number: over 9.0 critical, from 7.0 high, from 4.0 medium, below low. */
const SECURITY_SEVERITIES: Readonly<Record<Severity, string>> = { critical: '9.5', high: '8.0', medium: '5.5', low: '3.0', info: '0.5' };

interface Message {
  readonly text: string;
}

interface PhysicalLocation {
  readonly artifactLocation: { readonly uri: string; readonly uriBaseId: string };
  readonly region: { readonly startLine: number; readonly startColumn: number; readonly endLine: number; readonly endColumn: number };
}

interface SarifLocation {
  readonly id?: number;
  readonly message?: Message;
  readonly physicalLocation: PhysicalLocation;
  readonly logicalLocations?: readonly { readonly fullyQualifiedName: string; readonly kind?: 'resource' }[];
}

interface Rule {
  readonly id: string;
  readonly name: string;
  readonly shortDescription: Message;
  readonly fullDescription: Message;
  readonly help: { readonly text: string; readonly markdown: string };
  readonly defaultConfiguration: { readonly level: Level };
  readonly properties: { readonly tags: readonly string[]; readonly precision: Confidence; readonly 'security-severity': string; readonly 'problem.severity': string };
}

interface Notification {
  readonly descriptor: { readonly id: string; readonly index: number };
  readonly level: 'note' | 'warning' | 'error';
  readonly message: Message;
  readonly locations?: readonly SarifLocation[];
}

interface Suppression {
  readonly kind: 'inSource' | 'external';
  readonly status: 'accepted';
  readonly justification: string;
}

const NOTIFICATIONS = [
  { id: 'DK-NOT-LOOKED-AT', name: 'NotLookedAt', text: 'Something was left out of the scan by design or by a limit.', help: 'Raise the limit or name the file as a target of its own if it matters.' },
  { id: 'DK-NOT-READ', name: 'NotRead', text: 'Something could not be read, so the scan is incomplete.', help: 'Make what is named readable, or fetch what is missing, and run again.' },
  { id: 'DK-PROBLEM', name: 'Problem', text: 'A file could not be understood by its structure; it was scanned as text.', help: 'Mend the file and run again.' },
  { id: 'DK-RESULTS-CUT', name: 'ResultsCut', text: 'There are more results than GitHub code scanning takes; the least severe are left out.', help: 'Scan in parts, or read the JSON report, which holds all of them.' },
] as const;
type NotificationId = (typeof NOTIFICATIONS)[number]['id'];

interface Context {
  readonly inventory: Inventory;
  readonly catalog: Catalog;
  readonly targets: ReadonlyMap<string, TargetReport>;
  readonly credentials: ReadonlyMap<string, Credential>;
  readonly workloads: ReadonlyMap<string, Workload>;
  /** Findings of each credential, in the order of the inventory. */
  readonly byCredential: ReadonlyMap<string, { readonly secrets: readonly Finding[]; readonly uses: readonly Finding[] }>;
  readonly bases: ReadonlyMap<string, string>;
}

/**
 * SARIF 2.1.0 as GitHub code scanning takes it: one run; one rule per finding code, and one more for findings of that code whose
 * confidence is low, because GitHub reads severity from the rule. Plain text messages only; URIs relative and percent-encoded;
 * allowed and baselined findings are suppressed results; what was not read stands in the notifications.
 */
export function renderSarif(inventory: Inventory, options: RenderOptions): string {
  const context = contextOf(inventory, options);
  const findings = withinLimit(inventory);
  const rules = rulesOf(findings, context.catalog);
  const ruleIndexes = new Map(rules.map((rule, index) => [rule.id, index]));
  const hasSuppressions = findings.some((finding) => suppressionsOf(finding).length > 0);
  const provenance = versionControl(context);
  const run = {
    tool: {
      driver: {
        name: inventory.tool.name,
        semanticVersion: inventory.tool.version,
        version: inventory.tool.version,
        // A package URL names the project without promising a web page that might belong to someone else.
        informationUri: `pkg:npm/${inventory.tool.name}@${encodeURIComponent(inventory.tool.version)}`,
        rules,
        notifications: NOTIFICATIONS.map(({ id, name, text, help }) => ({ id, name, shortDescription: { text }, fullDescription: { text }, help: { text: help } })),
      },
    },
    invocations: [invocation(context, findings.length)],
    ...(provenance.length === 0 ? {} : { versionControlProvenance: provenance }),
    originalUriBaseIds: uriBases(context),
    columnKind: 'utf16CodeUnits',
    results: findings.map((finding) => resultOf(context, finding, { ruleIndexes, hasSuppressions })),
  };
  const log = { $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0', runs: [run] };
  return `${inertJson(JSON.stringify(log, null, 2))}\n`;
}

function contextOf(inventory: Inventory, options: RenderOptions): Context {
  const byCredential = new Map<string, { secrets: Finding[]; uses: Finding[] }>();
  for (const finding of inventory.findings) {
    const places = byCredential.get(finding.credential) ?? { secrets: [], uses: [] };
    byCredential.set(finding.credential, places);
    if (finding.class === 'secret') places.secrets.push(finding);
    if (finding.class === 'reference') places.uses.push(finding);
  }
  return {
    inventory,
    catalog: catalogOf(options.providers, options.platforms),
    targets: new Map(inventory.targets.map((target) => [target.id, target])),
    credentials: new Map(inventory.credentials.map((credential) => [credential.id, credential])),
    workloads: new Map(inventory.workloads.map((workload) => [workload.id, workload])),
    byCredential,
    bases: baseIds(inventory.targets),
  };
}

/** All findings, or the worst of them in the order of the inventory when there are more than a run may hold. */
function withinLimit({ findings }: Inventory): readonly Finding[] {
  if (findings.length <= LIMITS.results) return findings;
  const worst = findings.toSorted(
    (a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || CONFIDENCES.indexOf(a.confidence) - CONFIDENCES.indexOf(b.confidence),
  );
  const kept = new Set(worst.slice(0, LIMITS.results));
  return findings.filter((finding) => kept.has(finding));
}

/** Targets inside the folder of the run share the source root, which is the checkout in CI; any other has a root of its own. */
function baseIds(targets: readonly TargetReport[]): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  targets.forEach((target, index) => {
    ids.set(target.id, isInside(target) || targets.length === 1 ? SOURCE_ROOT : `TARGET${index + 1}`);
  });
  return ids;
}

function uriBases(context: Context): Record<string, { readonly description: Message }> {
  const bases: Record<string, { description: Message }> = { [SOURCE_ROOT]: { description: { text: 'The folder in which the scan ran.' } } };
  for (const target of context.inventory.targets) {
    const id = context.bases.get(target.id) ?? SOURCE_ROOT;
    if (id !== SOURCE_ROOT || !isInside(target)) bases[id] = { description: { text: `The target ${plain(target.name)}.` } };
  }
  return bases;
}

function rulesOf(findings: readonly Finding[], catalog: Catalog): Rule[] {
  const byId = new Map<string, { readonly description: CodeDescription; worst: Severity; surest: Confidence }>();
  for (const finding of findings) {
    const id = ruleIdOf(finding, catalog);
    const known = byId.get(id);
    if (known === undefined) {
      byId.set(id, { description: describeFinding(finding, catalog), worst: finding.severity, surest: finding.confidence });
      continue;
    }
    if (SEVERITIES.indexOf(finding.severity) < SEVERITIES.indexOf(known.worst)) known.worst = finding.severity;
    if (CONFIDENCES.indexOf(finding.confidence) < CONFIDENCES.indexOf(known.surest)) known.surest = finding.confidence;
  }
  return [...byId].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([id, { description, worst, surest }]) => ruleOf(id, description, { worst, surest }));
}

function ruleIdOf(finding: Finding, catalog: Catalog): string {
  return describeFinding(finding, catalog).code;
}

function ruleOf(id: string, description: CodeDescription, { worst, surest }: { readonly worst: Severity; readonly surest: Confidence }): Rule {
  // A rule of doubtful findings never ranks above the lowest band that is still shown.
  const severity = surest === 'low' ? 'info' : worst;
  const level = LEVELS[severity];
  return {
    id,
    name: pascalCase(id),
    shortDescription: { text: endSentence(plain(description.title)) },
    fullDescription: { text: plain(`${description.what} ${description.why}`) },
    help: { text: `${description.what}\n\n${description.why}\n\n${description.fix}`, markdown: description.help },
    defaultConfiguration: { level },
    properties: {
      // What an account says of a store is no credential in a file.
      tags: ['security', 'credentials', ...(id.startsWith('DK-ACCOUNT-') ? [] : ['external/cwe/cwe-798'])],
      precision: surest,
      'security-severity': SECURITY_SEVERITIES[severity],
      'problem.severity': level === 'note' ? 'recommendation' : level,
    },
  };
}

/** `SecretAnthropicApiKey` for `DK-SECRET-ANTHROPIC-API-KEY`. */
function pascalCase(code: string): string {
  return code
    .replace(/^DK-/, '')
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase())
    .join('');
}

function resultOf(context: Context, finding: Finding, { ruleIndexes, hasSuppressions }: { readonly ruleIndexes: ReadonlyMap<string, number>; readonly hasSuppressions: boolean }): object {
  const credential = context.credentials.get(finding.credential);
  const ruleId = ruleIdOf(finding, context.catalog);
  const related = relatedFindings(context, finding);
  const flows = codeFlows(context, finding, related.shown);
  const relatedLocations = related.shown
    .map((other, index) => ({ id: index + 1, ...locationOf(context, other.location), message: { text: relationText(context, other) } }));
  return {
    ruleId,
    ruleIndex: ruleIndexes.get(ruleId),
    level: finding.confidence === 'low' ? 'note' : LEVELS[finding.severity],
    message: { text: messageText(context, finding, { related: related.count, shown: relatedLocations.length }) },
    locations: [locationOf(context, finding.location)],
    partialFingerprints: {
      'dekey/v1': finding.fingerprint,
      // GitHub's upload action hashes lines of files in the checkout; a finding that stands only in history has no such line.
      ...(isInTree(finding.location) ? {} : { primaryLocationLineHash: `${finding.fingerprint.slice(0, 16)}:1` }),
    },
    ...(relatedLocations.length === 0 ? {} : { relatedLocations }),
    ...(flows.length === 0 ? {} : { codeFlows: flows }),
    ...(hasSuppressions ? { suppressions: suppressionsOf(finding) } : {}),
    ...(credential === undefined ? {} : { rank: Math.max(0, Math.min(100, credential.risk.score)) }),
    properties: {
      severity: finding.severity,
      confidence: finding.confidence,
      ...(finding.credential === '' ? {} : { credential: finding.credential }),
      ...(credential === undefined ? {} : { score: credential.risk.score, vector: credential.risk.vector, disposition: DISPOSITION_LABELS[credential.disposition] }),
    },
  };
}

function messageText(context: Context, finding: Finding, { related, shown }: { readonly related: number; readonly shown: number }): string {
  const subject = { finding, credential: context.credentials.get(finding.credential), workload: context.workloads.get(finding.workload ?? '') };
  const sentence = sentenceOf(subject, context.catalog, plain);
  return related > shown ? `${sentence} ${counted(related - shown, 'more place is', 'more places are')} not listed here.` : sentence;
}

/** The other places of the same credential: where it stands, and where it is used. Only as many as are shown, and how many there are. */
function relatedFindings(context: Context, finding: Finding): { readonly shown: readonly Finding[]; readonly count: number } {
  const places = context.byCredential.get(finding.credential);
  if (places === undefined) return { shown: [], count: 0 };
  const isUse = finding.class === 'reference';
  const others = places.secrets.slice(0, LIMITS.relatedLocations + 1).filter((other) => other !== finding);
  // Uses first: a key in a thousand places would leave no room for them, and they are what a migration is about.
  const shown = [...(isUse ? [] : places.uses.slice(0, LIMITS.relatedLocations)), ...others].slice(0, LIMITS.relatedLocations);
  const self = finding.class === 'secret' ? 1 : 0;
  return { shown, count: places.secrets.length - self + (isUse ? 0 : places.uses.length) };
}

/** From the place that holds the secret to each place that uses it: how the value travels. */
function codeFlows(context: Context, finding: Finding, related: readonly Finding[]): object[] {
  if (finding.class !== 'secret') return [];
  const uses = related.filter((other) => other.class === 'reference').slice(0, LIMITS.threadFlows);
  if (uses.length === 0) return [];
  const threadFlows = uses.map((use) => ({
    locations: [
      { location: { ...locationOf(context, finding.location), message: { text: 'The key stands here.' } } },
      { location: { ...locationOf(context, use.location), message: { text: relationText(context, use) } } },
    ],
  }));
  return [{ message: { text: 'From the key to the workloads that use it.' }, threadFlows }];
}

function relationText(context: Context, { class: kind, workload, location }: Finding): string {
  if (kind !== 'reference') return isInTree(location) ? 'The same key stands here.' : 'The same key was here and is still in history.';
  const user = context.workloads.get(workload ?? '');
  return user === undefined ? 'The key is used here.' : `${plain(user.name)} uses the key.`;
}

function locationOf(context: Context, location: Location): SarifLocation {
  const target = context.targets.get(location.target);
  const prefix = target !== undefined && isInside(target) ? placePrefix(target) : '';
  const startLine = Math.max(1, location.line);
  const startColumn = Math.max(1, location.column);
  const endLine = Math.max(startLine, location.endLine);
  return {
    physicalLocation: {
      artifactLocation: { uri: percentEncodePath(prefix + location.path), uriBaseId: context.bases.get(location.target) ?? SOURCE_ROOT },
      region: { startLine, startColumn, endLine, endColumn: endLine === startLine ? Math.max(startColumn, location.endColumn) : Math.max(1, location.endColumn) },
    },
    ...logicalOf(location, target),
  };
}

/** GitHub takes no result without a file, so what is in an account has its name there for a path; here it is called what it is. */
function logicalOf({ logical, path, route }: Location, target: TargetReport | undefined): Pick<SarifLocation, 'logicalLocations'> {
  if (logical === true) return { logicalLocations: [{ fullyQualifiedName: `${target?.name ?? ''}/${path.replace(/^account:/, '')}`, kind: 'resource' }] };
  return route === undefined || route === '' ? {} : { logicalLocations: [{ fullyQualifiedName: route }] };
}

function suppressionsOf({ allowed, baselined }: Finding): Suppression[] {
  const suppressions: Suppression[] = [];
  if (allowed !== undefined) suppressions.push({ kind: 'inSource', status: 'accepted', justification: printable(allowed) });
  if (baselined !== undefined) suppressions.push({ kind: 'external', status: 'accepted', justification: printable(baselined) });
  return suppressions;
}

/** Where the scanned trees came from, as far as their own facts give a plain `host/path`: a remote is scanned text like any other. */
function versionControl(context: Context): object[] {
  return context.inventory.targets.flatMap((target) => {
    const remote = target.facts['remote'];
    if (remote === undefined || !/^[a-z0-9][a-z0-9.-]*(?::\d+)?(?:\/[\w.~-]+)+$/i.test(remote)) return [];
    const head = target.facts['head'];
    const branch = target.facts['branch'];
    return [
      {
        repositoryUri: `https://${remote}`,
        ...(head !== undefined && /^[0-9a-f]{40,64}$/.test(head) ? { revisionId: head } : {}),
        ...(branch === undefined || branch === '' ? {} : { branch }),
        mappedTo: { uriBaseId: context.bases.get(target.id) ?? SOURCE_ROOT },
      },
    ];
  });
}

function invocation(context: Context, resultCount: number): object {
  const { inventory } = context;
  const notifications: Notification[] = [];
  const cut = inventory.findings.length - resultCount;
  if (cut > 0) notifications.push(notification('DK-RESULTS-CUT', 'warning', `${counted(cut, 'finding is', 'findings are')} left out: a run may hold ${LIMITS.results} results. The worst are kept.`));
  for (const target of inventory.targets) notifications.push(...target.skipped.map((skipped) => skippedNotification(target, skipped)));
  for (const problem of inventory.problems.slice(0, LIMITS.notifications)) notifications.push(problemNotification(problem));
  const unsaid = inventory.problems.length - LIMITS.notifications;
  if (unsaid > 0) notifications.push(notification('DK-PROBLEM', 'warning', `${counted(unsaid, 'more file', 'more files')} could not be understood.`));
  return {
    executionSuccessful: inventory.targets.every(({ complete }) => complete),
    ...(notifications.length === 0 ? {} : { toolExecutionNotifications: notifications }),
  };
}

function skippedNotification(target: TargetReport, { reason, count, examples, incomplete }: Skipped): Notification {
  const names = examples.length === 0 ? '' : `: ${examples.map(plain).join(', ')}${count > examples.length ? ', ...' : ''}`;
  const text = `${plain(target.name)}: ${plain(reason)} (${count})${names}`;
  return incomplete ? notification('DK-NOT-READ', 'error', text) : notification('DK-NOT-LOOKED-AT', 'note', text);
}

/** A problem names its path but not its target, so the path is told, not linked. */
function problemNotification({ path, line, message, fix }: Problem): Notification {
  return notification('DK-PROBLEM', 'warning', plain(`${path}${line > 0 ? `:${line}` : ''}: ${message}${fix === '' ? '' : ` ${fix}`}`));
}

function notification(id: NotificationId, level: Notification['level'], text: string): Notification {
  return { descriptor: { id, index: NOTIFICATIONS.findIndex((known) => known.id === id) }, level, message: { text } };
}

/**
 * Scanned text inside a SARIF message: what acts or hides is made visible, `[text](target)` cannot become a link and `{0}` no
 * placeholder (SARIF 2.1.0, 3.11.5 and 3.11.6).
 */
function plain(scanned: string): string {
  return printable(scanned).replace(/[\\[\]]/g, '\\$&').replace(/[{}]/g, '$&$&');
}

function endSentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
