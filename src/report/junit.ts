import type { Credential, Finding, Inventory } from '../model/inventory.ts';
import { atLeast } from '../model/levels.ts';
import { xmlText } from '../support/xml.ts';
import { catalogOf, credentialTitle, describeFinding, DISPOSITION_LABELS, sentenceOf, shortProviderTitle, type Catalog } from './messages.ts';
import type { RenderOptions } from './renderer.ts';
import { placePrefix, printable } from './scanned.ts';

/** Places that a failure names; a key may stand in ten thousand. */
const PLACES = 20;

interface Case {
  readonly className: string;
  readonly name: string;
  /** Absent: passed. */
  readonly failure?: { readonly type: string; readonly message: string; readonly text: string };
  readonly skipped?: string;
}

/**
 * JUnit XML: each credential is a test case, and each finding of an account that belongs to none. It fails when one of its findings would fail the run: at or
 * above `failOn`, not accepted, of more than low confidence. Accepted ones and those that a person has to look at are skipped, with the reason.
 */
export function renderJunit(inventory: Inventory, options: RenderOptions): string {
  const catalog = catalogOf(options.providers, options.platforms);
  const findings = new Map(inventory.findings.map((finding) => [finding.id, finding]));
  const prefixes = new Map(inventory.targets.map((target) => [target.id, placePrefix(target)]));
  const place = ({ location }: Finding): string => `${prefixes.get(location.target) ?? ''}${location.path}${location.logical === true ? '' : `:${location.line}`}`;
  const cases: Case[] = inventory.credentials.map((credential) => {
    const own = credential.findings.flatMap((id) => findings.get(id) ?? []);
    return credentialCase(credential, own, { catalog, options, place });
  });
  for (const finding of inventory.findings) {
    if (finding.credential !== '') continue;
    const { title, fix } = describeFinding(finding, catalog);
    const failure = fails(finding, options) ? { type: finding.severity, message: title, text: `${sentenceOf({ finding, credential: undefined, workload: undefined }, catalog, asIs)}\n${fix}` } : undefined;
    const accepted = finding.allowed ?? finding.baselined;
    cases.push({ className: 'dekey.account', name: `${title} ${place(finding)}`, ...(failure === undefined ? {} : { failure }), ...(accepted === undefined ? {} : { skipped: accepted }) });
  }
  const failed = cases.filter(({ failure }) => failure !== undefined).length;
  const skipped = cases.filter(({ skipped: reason }) => reason !== undefined).length;
  const counts = `tests="${cases.length}" failures="${failed}" errors="0" skipped="${skipped}"`;
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="dekey" ${counts}>`,
    `  <testsuite name="${attribute(inventory.targets.map(({ name }) => name).join(', ') || 'dekey')}" ${counts} time="0">`,
    ...cases.flatMap(caseLines),
    '  </testsuite>',
    '</testsuites>',
  ];
  return `${lines.join('\n')}\n`;
}

interface Context {
  readonly catalog: Catalog;
  readonly options: RenderOptions;
  readonly place: (finding: Finding) => string;
}

function credentialCase(credential: Credential, findings: readonly Finding[], { catalog, options, place }: Context): Case {
  const title = credentialTitle(credential, findings, catalog);
  const className = `dekey.${/^[a-z0-9-]{1,40}$/.test(credential.provider) ? credential.provider : 'unknown'}`;
  // The id tells apart two keys that look the same.
  const name = `${title} ${credential.preview} (${credential.id})`;
  const failing = findings.filter((finding) => fails(finding, options));
  if (failing.length > 0) {
    const { level, score, factors } = credential.risk;
    const shown = findings.slice(0, PLACES).map((finding) => `  ${place(finding)}`);
    const more = findings.length > shown.length ? [`  and ${findings.length - shown.length} more`] : [];
    const why = factors.filter(({ points }) => points !== 0).map(({ label, points }) => `  ${points > 0 ? '+' : ''}${points} ${label}`);
    const text = [`${shortProviderTitle(credential.provider, catalog)}, ${DISPOSITION_LABELS[credential.disposition]}`, 'places', ...shown, ...more, ...(why.length === 0 ? [] : [`why ${score}`, ...why])].join('\n');
    return { className, name, failure: { type: level, message: `${level} ${score}: ${title} ${credential.preview}`, text } };
  }
  const open = findings.filter(({ allowed, baselined }) => allowed === undefined && baselined === undefined);
  if (findings.length > 0 && open.length === 0) return { className, name, skipped: findings[0]?.allowed ?? findings[0]?.baselined ?? 'accepted' };
  return credential.confidence === 'low' ? { className, name, skipped: 'low confidence: a person should look' } : { className, name };
}

/** The rule of the exit code (`cli/exit-codes.ts`), for one finding. */
function fails({ allowed, baselined, confidence, severity }: Finding, { failOn }: RenderOptions): boolean {
  return failOn !== 'none' && allowed === undefined && baselined === undefined && confidence !== 'low' && atLeast(severity, failOn);
}

function caseLines({ className, name, failure, skipped }: Case): string[] {
  const start = `    <testcase classname="${attribute(className)}" name="${attribute(name)}" time="0"`;
  if (failure !== undefined) {
    const text = failure.text.split('\n').map(attribute).join('\n');
    return [`${start}>`, `      <failure type="${attribute(failure.type)}" message="${attribute(failure.message)}">${text}</failure>`, '    </testcase>'];
  }
  if (skipped !== undefined) return [`${start}>`, `      <skipped message="${attribute(skipped)}"/>`, '    </testcase>'];
  return [`${start}/>`];
}

/** On one line, nothing in it acts on a terminal or a CI log, and XML can hold it. */
function attribute(text: string): string {
  return xmlText(printable(text));
}

function asIs(text: string): string {
  return text;
}
