import type { AccountInventory, AccountSetting, InventoryListed, InventoryStored } from '../model/account.ts';
import type { Credential, Finding, Inventory, RiskScore, Skipped, Summary, TargetReport, Workload } from '../model/inventory.ts';
import type { CommitStamp, HistoryPlace, Location } from '../model/location.ts';
import type { Problem, WorkloadIdentity } from '../model/reference.ts';
import { catalogOf, sentenceOf } from './messages.ts';
import type { RenderOptions } from './renderer.ts';
import { inertJson } from './scanned.ts';

/**
 * The inventory as JSON that follows `schema/inventory.schema.json`: members in the order of the contract whatever order they were
 * built in, two spaces, a newline at the end. Each finding also carries `message`, its wording in plain text. The bytes depend on
 * nothing but the inventory and the registries.
 */
export function renderJson(inventory: Inventory, options: RenderOptions): string {
  const catalog = catalogOf(options.providers, options.platforms);
  const credentials = new Map(inventory.credentials.map((credential) => [credential.id, credential]));
  const workloads = new Map(inventory.workloads.map((workload) => [workload.id, workload]));
  const findings = inventory.findings.map((finding) => {
    const subject = { finding, credential: credentials.get(finding.credential), workload: workloads.get(finding.workload ?? '') };
    return findingJson(finding, sentenceOf(subject, catalog, asIs));
  });
  const value = {
    schemaVersion: inventory.schemaVersion,
    tool: { name: inventory.tool.name, version: inventory.tool.version },
    targets: inventory.targets.map(targetJson),
    summary: summaryJson(inventory.summary),
    credentials: inventory.credentials.map(credentialJson),
    findings,
    workloads: inventory.workloads.map(workloadJson),
    problems: inventory.problems.map(problemJson),
    ...(inventory.accounts === undefined ? {} : { accounts: accountsJson(inventory.accounts) }),
  };
  return `${inertJson(JSON.stringify(value, null, 2))}\n`;
}

/** JSON strings need no escape of ours: `inertJson` treats the whole text. */
function asIs(scanned: string): string {
  return scanned;
}

function targetJson({ id, kind, name, complete, files, objects, bytes, skipped, facts }: TargetReport): TargetReport {
  return { id, kind, name, complete, files, objects, bytes, skipped: skipped.map(skippedJson), facts: sortedJson(facts) };
}

function skippedJson({ reason, count, examples, incomplete }: Skipped): Skipped {
  return { reason, count, examples, incomplete };
}

function summaryJson({ findings, credentials, workloads, byLevel, pathToZero, allowed, baselined }: Summary): Summary {
  return {
    findings,
    credentials,
    workloads,
    byLevel: { critical: byLevel.critical, high: byLevel.high, medium: byLevel.medium, low: byLevel.low, info: byLevel.info },
    pathToZero: { today: pathToZero.today, afterChange: pathToZero.afterChange, none: pathToZero.none },
    allowed,
    baselined,
  };
}

function credentialJson(credential: Credential): Credential {
  const { id, provider, kind, lifetime, privilege, preview, seen, names, confidence, liveness, fingerprint, facts, risk, findings, workloads, disposition } = credential;
  return {
    id,
    provider,
    kind,
    lifetime,
    privilege,
    preview,
    seen,
    names,
    confidence,
    liveness,
    ...(fingerprint === undefined ? {} : { fingerprint }),
    facts: sortedJson(facts),
    risk: riskJson(risk),
    findings,
    workloads,
    disposition,
  };
}

function riskJson({ score, level, vector, factors }: RiskScore): RiskScore {
  return { score, level, vector, factors: factors.map(({ code, value, points, label, evidence }) => ({ code, value, points, label, evidence })) };
}

function findingJson(finding: Finding, message: string): Finding & { readonly message: string } {
  const { id, code, provider, detector, severity, confidence, location, credential, workload, fingerprint, allowed, baselined } = finding;
  return {
    id,
    code,
    class: finding.class,
    provider,
    detector,
    severity,
    confidence,
    location: locationJson(location),
    credential,
    ...(workload === undefined ? {} : { workload }),
    message,
    arguments: sortedJson(finding.arguments),
    fingerprint,
    ...(allowed === undefined ? {} : { allowed }),
    ...(baselined === undefined ? {} : { baselined }),
  };
}

function locationJson({ target, path, line, column, endLine, endColumn, start, end, route, history, encoding, logical }: Location): Location {
  return {
    target,
    path,
    line,
    column,
    endLine,
    endColumn,
    start,
    end,
    ...(route === undefined ? {} : { route }),
    ...(history === undefined ? {} : { history: historyJson(history) }),
    ...(encoding === undefined ? {} : { encoding }),
    ...(logical === undefined ? {} : { logical }),
  };
}

function historyJson({ object, objectType, reachable, inHead, firstSeen, lastSeen }: HistoryPlace): HistoryPlace {
  return {
    object,
    objectType,
    reachable,
    inHead,
    ...(firstSeen === undefined ? {} : { firstSeen: stampJson(firstSeen) }),
    ...(lastSeen === undefined ? {} : { lastSeen: stampJson(lastSeen) }),
  };
}

function stampJson({ commit, authored }: CommitStamp): CommitStamp {
  return { commit, authored };
}

function workloadJson({ id, platform, name, location, uses, identity, facts, federationPath }: Workload): Workload {
  return { id, platform, name, location: locationJson(location), uses, identity: identityJson(identity), facts: sortedJson(facts), federationPath };
}

function identityJson(identity: WorkloadIdentity): WorkloadIdentity {
  return identity.kind === 'enabled' ? { kind: identity.kind, how: identity.how } : { kind: identity.kind };
}

function problemJson({ path, line, message, fix }: Problem): Problem {
  return { path, line, message, fix };
}

function accountsJson({ stored, listed, unrelated, settings, readWhole }: AccountInventory): AccountInventory {
  return { stored: stored.map(storedJson), ...(listed === undefined ? {} : { listed: listed.map(listedJson) }), unrelated, settings: settings.map(settingJson), readWhole };
}

function storedJson({ target, store, scope, environment, name, created, updated, visibility, readers, credential, usedBy }: InventoryStored): InventoryStored {
  return {
    target,
    store,
    scope,
    ...(environment === undefined ? {} : { environment }),
    name,
    ...(created === undefined ? {} : { created }),
    ...(updated === undefined ? {} : { updated }),
    ...(visibility === undefined ? {} : { visibility }),
    readers,
    usedBy,
    credential,
  };
}

function listedJson({ target, provider, kind, privilege, id, name, status, owner, created, expires, lastUsed, publicPart, facts, credential }: InventoryListed): InventoryListed {
  return {
    target,
    provider,
    kind,
    privilege,
    id,
    name,
    status,
    ...(owner === undefined ? {} : { owner: { kind: owner.kind, name: owner.name } }),
    ...(created === undefined ? {} : { created }),
    ...(expires === undefined ? {} : { expires }),
    ...(lastUsed === undefined ? {} : { lastUsed }),
    ...(publicPart === undefined ? {} : { publicPart: { fact: publicPart.fact, value: publicPart.value } }),
    facts: sortedJson(facts),
    credential,
  };
}

function settingJson({ target, kind, name, facts }: AccountSetting): AccountSetting {
  return { target, kind, name, facts: sortedJson(facts) };
}

/** Members sorted by name. Built by entries, so that a member called `__proto__` is a member like any other. */
function sortedJson(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
