import type { Credential, Finding, Inventory } from '../model/inventory.ts';
import { csvText } from '../support/csv.ts';
import { catalogOf, credentialTitle, describeFinding, DISPOSITION_LABELS, sentenceOf, shortProviderTitle, type Catalog } from './messages.ts';
import type { RenderOptions } from './renderer.ts';
import { printable } from './scanned.ts';

/** Names of the columns, in the order of the file. */
const COLUMNS = [
  'level', 'score', 'severity', 'confidence', 'provider', 'credential', 'preview', 'replacement', 'class', 'code', 'title', 'target', 'path', 'line', 'column', 'route',
  'platform', 'workload', 'state', 'since', 'credential_id', 'finding_id', 'fingerprint', 'message',
] as const;
type Row = Readonly<Record<(typeof COLUMNS)[number], string>>;

/**
 * One line for each finding, in the order of the inventory, below a line of names. What was scanned is on one line and can be no formula. `state` is `open`,
 * `allowed: REASON` or `baselined: REASON`; `since` says `new` or for how many days it is known, where earlier inventories were given.
 */
export function renderCsv(inventory: Inventory, options: RenderOptions): string {
  const catalog = catalogOf(options.providers, options.platforms);
  const credentials = new Map(inventory.credentials.map((credential) => [credential.id, credential]));
  const workloads = new Map(inventory.workloads.map((workload) => [workload.id, workload]));
  const targets = new Map(inventory.targets.map((target) => [target.id, target]));
  const titles = titlesOf(inventory, credentials, catalog);
  const rows = inventory.findings.map((finding): Row => {
    const credential = credentials.get(finding.credential);
    const workload = workloads.get(finding.workload ?? '');
    const { location } = finding;
    const known = options.comparison?.credentials.get(finding.credential);
    return {
      level: credential?.risk.level ?? '',
      score: credential === undefined ? '' : String(credential.risk.score),
      severity: finding.severity,
      confidence: finding.confidence,
      provider: finding.provider === '' ? '' : shortProviderTitle(finding.provider, catalog),
      credential: titles.get(finding.credential) ?? '',
      preview: credential?.preview ?? '',
      replacement: credential === undefined ? '' : DISPOSITION_LABELS[credential.disposition],
      class: finding.class,
      code: finding.code,
      title: describeFinding(finding, catalog).title,
      target: targets.get(location.target)?.name ?? location.target,
      path: location.path,
      line: location.logical === true ? '' : String(location.line),
      column: location.logical === true ? '' : String(location.column),
      route: location.route ?? '',
      platform: workload?.platform ?? '',
      workload: workload?.name ?? '',
      state: stateOf(finding),
      since: known === undefined ? '' : known.state === 'new' ? 'new' : known.daysOpen === undefined ? known.state : String(known.daysOpen),
      credential_id: finding.credential,
      finding_id: finding.id,
      fingerprint: finding.fingerprint,
      message: sentenceOf({ finding, credential, workload }, catalog, (text) => text),
    };
  });
  return csvText([COLUMNS, ...rows.map((row) => COLUMNS.map((name) => printable(row[name])))]);
}

/** A credential with thousands of places is named once. */
function titlesOf(inventory: Inventory, credentials: ReadonlyMap<string, Credential>, catalog: Catalog): ReadonlyMap<string, string> {
  const findings = new Map(inventory.findings.map((finding) => [finding.id, finding]));
  return new Map([...credentials].map(([id, credential]) => [id, credentialTitle(credential, credential.findings.flatMap((one) => findings.get(one) ?? []), catalog)]));
}

function stateOf({ allowed, baselined }: Finding): string {
  if (allowed !== undefined) return `allowed: ${allowed}`;
  return baselined === undefined ? 'open' : `baselined: ${baselined}`;
}
