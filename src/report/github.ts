import type { Finding, Inventory } from '../model/inventory.ts';
import { atLeast, SEVERITIES } from '../model/levels.ts';
import { escapeWorkflowData, escapeWorkflowProperty } from '../support/escape.ts';
import { catalogOf, counted, describeFinding, isInTree, sentenceOf, type Catalog } from './messages.ts';
import type { RenderOptions } from './renderer.ts';
import { isInside, placePrefix, printable } from './scanned.ts';

/** GitHub shows this many annotations of each level in one step and drops the rest without a word. */
const SHOWN_PER_LEVEL = 10;

type Level = 'error' | 'warning' | 'notice';

/**
 * Workflow commands that annotate the lines of a pull request: an error for what is at or above `failOn`, a warning for the rest down
 * to medium, a notice below. Allowed and baselined findings and those of low confidence are counted, not annotated. The last notice
 * says what the numbers are and what GitHub's limit left out.
 */
export function renderGithub(inventory: Inventory, options: RenderOptions): string {
  const catalog = catalogOf(options.providers, options.platforms);
  const open = inventory.findings.filter((finding) => finding.allowed === undefined && finding.baselined === undefined);
  const certain = open.filter(({ confidence }) => confidence !== 'low');
  const scores = new Map(inventory.credentials.map(({ id, risk }) => [id, risk.score]));
  const worstFirst = certain.toSorted(
    (a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || (scores.get(b.credential) ?? 0) - (scores.get(a.credential) ?? 0),
  );
  const byLevel: Record<Level, Finding[]> = { error: [], warning: [], notice: [] };
  for (const finding of worstFirst) byLevel[levelOf(finding, options.failOn)].push(finding);
  // One notice is kept for the closing line.
  const shown = [...byLevel.error.slice(0, SHOWN_PER_LEVEL), ...byLevel.warning.slice(0, SHOWN_PER_LEVEL), ...byLevel.notice.slice(0, SHOWN_PER_LEVEL - 1)];
  const lines = shown.map((finding) => annotation(inventory, finding, { catalog, level: levelOf(finding, options.failOn) }));
  const doubtful = open.length - certain.length;
  return `${[...lines, closing(inventory, { shown: shown.length, certain: certain.length, doubtful })].join('\n')}\n`;
}

function levelOf({ severity }: Finding, failOn: RenderOptions['failOn']): Level {
  if (failOn !== 'none' && atLeast(severity, failOn)) return 'error';
  return atLeast(severity, 'medium') ? 'warning' : 'notice';
}

function annotation(inventory: Inventory, finding: Finding, { catalog, level }: { readonly catalog: Catalog; readonly level: Level }): string {
  const credential = inventory.credentials.find(({ id }) => id === finding.credential);
  const workload = inventory.workloads.find(({ id }) => id === finding.workload);
  const described = describeFinding(finding, catalog);
  const place = placeProperties(inventory, finding);
  // Without a file the annotation hangs nowhere, so its text says where the finding is.
  const where = place.length === 0 ? placeInWords(inventory, finding) : '';
  const message = `${where}${sentenceOf({ finding, credential, workload }, catalog, printable)} ${described.code}`;
  const properties = [...place, `title=${escapeWorkflowProperty(described.title)}`];
  return `::${level} ${properties.join(',')}::${escapeWorkflowData(message)}`;
}

function placeInWords(inventory: Inventory, { location }: Finding): string {
  const target = inventory.targets.find(({ id }) => id === location.target);
  const isOfAccount = target?.kind === 'github' || target?.kind === 'github-organization';
  const holder = isOfAccount ? printable(target.name.replace(/^[a-z-]{1,20}:/, '')) : '';
  if (!isInTree(location)) return holder === '' ? '' : `${holder}: `;
  return `${holder === '' ? '' : `${holder}/`}${printable(location.path)}:${location.line}: `;
}

/** A file that is not in the checkout cannot be annotated; GitHub would hang the note on an unrelated line. */
function placeProperties(inventory: Inventory, { location }: Finding): string[] {
  const target = inventory.targets.find(({ id }) => id === location.target);
  if (!isInTree(location) || (target !== undefined && !isInside(target))) return [];
  const file = placePrefix(target) + location.path;
  // A name that had to be made visible is no longer the name of the file.
  if (printable(file) !== file) return [];
  const lines = [`file=${escapeWorkflowProperty(file)}`, `line=${location.line}`, `endLine=${location.endLine}`];
  // Columns count only within one line.
  return location.line === location.endLine ? [...lines, `col=${location.column}`, `endColumn=${location.endColumn}`] : lines;
}

function closing(inventory: Inventory, { shown, certain, doubtful }: { readonly shown: number; readonly certain: number; readonly doubtful: number }): string {
  const { summary } = inventory;
  const sentences = [`${counted(certain, 'finding', 'findings')} in ${counted(summary.credentials, 'key', 'keys')} and ${counted(summary.workloads, 'workload', 'workloads')}.`];
  if (shown < certain) sentences.push(`${counted(certain - shown, 'is', 'are')} not annotated, because GitHub shows ${SHOWN_PER_LEVEL} of a level: --format text or sarif lists all.`);
  if (doubtful > 0) sentences.push(`${counted(doubtful, 'more needs', 'more need')} a person to look: --format text --verbose.`);
  if (summary.allowed + summary.baselined > 0) sentences.push(`${counted(summary.allowed + summary.baselined, 'is', 'are')} accepted.`);
  const unread = inventory.targets.filter(({ complete }) => !complete).length;
  if (unread > 0) sentences.push(`${counted(unread, 'target was', 'targets were')} not read whole.`);
  return `::notice title=dekey::${escapeWorkflowData(sentences.join(' '))}`;
}
