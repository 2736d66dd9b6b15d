import type { Migration, MigrationPlan, PlannedIdentity } from '../model/plan.ts';
import { cell, code } from './markdown-inert.ts';
import { counted } from './messages.ts';
import { conditions, foldersOf, type PlanTitles, shown, whenLabel } from './plan-words.ts';
import { printable } from './scanned.ts';

export interface PlanMarkdownOptions {
  readonly titles: PlanTitles & { readonly revoke: (provider: string) => string };
}

/** Rows of a table and boxes of a diagram before the rest is left to `plan.json`. */
const MOST_ROWS = 400;
const MOST_BOXES = 24;

/** `README.md` of a plan: what a person does, from top to bottom. Ends with a line feed. */
export function renderPlanMarkdown(plan: MigrationPlan, options: PlanMarkdownOptions): string {
  const sections = [overview(plan, options), diagram(plan, options), fillIn(plan), phaseOne(plan, options), phaseTwo(plan, options), phaseThree(plan, options), blocked(plan, options), alternatives(plan, options), files(plan)];
  return `${sections.filter((section) => section.length > 0).map((section) => section.join('\n')).join('\n\n')}\n`;
}

function overview(plan: MigrationPlan, { titles }: PlanMarkdownOptions): string[] {
  const { summary } = plan;
  const { pathToZero } = summary;
  const names = plan.targets.map(({ name, repository }) => code(repository ?? name)).join(', ');
  return [
    '# From keys to identities',
    '',
    `${counted(summary.workloads, 'workload', 'workloads')} of ${names} and ${counted(summary.keys, 'key', 'keys')}.`,
    '',
    '| what becomes of a key | keys |',
    '| --- | --- |',
    `| can be gone today: settings only, as far as the plan can tell | ${pathToZero.today} |`,
    `| can be gone after a change or an answer | ${pathToZero.afterChange} |`,
    `| no way without it yet${summary.reduced > 0 ? ` (${summary.reduced} of them kept in one guarded place)` : ''} | ${pathToZero.none} |`,
    '',
    '| workload | platform | replaces | how | when |',
    '| --- | --- | --- | --- | --- |',
    ...byReadiness(plan.migrations).slice(0, MOST_ROWS).map((migration) => {
      const how = migration.chosen === null ? (migration.noPath?.code ?? '') : migration.chosen.title;
      return `| ${cell(migration.name)}<br>${code(`${migration.path}:${migration.line}`)} | ${cell(titles.platform(migration.platform))} | ${cell(titles.provider(migration.provider))} ${migration.keys.slice(0, 4).map(code).join(', ')} | ${cell(how)} | ${whenLabel(migration)} |`;
    }),
    ...more(plan.migrations.length),
    '',
    'Three phases, in this order: **1** add trust, which changes nothing that runs; **2** switch each workload and see it work while the key still exists; **3** revoke the key.',
    'A provider takes a key when it is given one, so federation is not in use until the key is gone from the workload’s environment.',
  ];
}

/** What can be done first stands first; what only reads a key stands last. */
function byReadiness(migrations: readonly Migration[]): readonly Migration[] {
  const rank = ({ when, chosen }: Migration): number => (['today', 'after-change', 'none'] as const).indexOf(when) + (chosen === null ? 3 : 0);
  return migrations.toSorted((a, b) => rank(a) - rank(b));
}

/** Before and after, as a picture that GitHub and GitLab draw. */
function diagram(plan: MigrationPlan, { titles }: PlanMarkdownOptions): string[] {
  const drawn = plan.migrations.filter(({ chosen }) => chosen !== null).slice(0, MOST_BOXES);
  if (drawn.length === 0) return [];
  const lines = ['```mermaid', 'flowchart LR', '  subgraph before [before]'];
  const providers = new Map<string, string>();
  const boxOf = (known: Map<string, string>, key: string, prefix: string): string => {
    const id = known.get(key) ?? `${prefix}${known.size}`;
    known.set(key, id);
    return id;
  };
  for (const [index, migration] of drawn.entries()) {
    lines.push(`    b${index}["${label(migration.name)}"] -- "${label(migration.keys[0] ?? 'key')}" --> ${boxOf(providers, migration.provider, 'bp')}["${label(titles.provider(migration.provider))}"]`);
  }
  lines.push('  end', '  subgraph after [after]');
  const boxes = new Map<string, string>();
  // Two workloads may go on from one party to one service.
  const drawnEdges = new Set<string>();
  for (const [index, migration] of drawn.entries()) {
    let from = `a${index}["${label(migration.name)}"]`;
    for (const hop of migration.chosen?.hops ?? []) {
      const box = `${boxOf(boxes, hop.party, 'ap')}["${label(titles.party(hop.party))}"]`;
      lines.push(`    ${from} -- "${label(titles.platform(hop.platform))} token" --> ${box}`);
      from = box;
    }
    const last = migration.chosen?.hops.at(-1)?.party;
    if (last !== undefined && migration.chosen?.route !== 'native') {
      const service = migration.chosen?.outcome === 'reduced' ? titles.provider(migration.provider) : (migration.chosen?.title.split(' → ').at(-1) ?? '');
      const edge = `    ${from} -- "${migration.chosen?.outcome === 'reduced' ? 'key, for minutes' : 'short-lived token'}" --> ${boxOf(boxes, `service ${service}`, 'ap')}["${label(service)}"]`;
      if (!drawnEdges.has(edge)) lines.push(edge);
      drawnEdges.add(edge);
    }
  }
  return ['## Before and after', '', ...lines, '  end', '```', ...more(plan.migrations.filter(({ chosen }) => chosen !== null).length, MOST_BOXES)];
}

function fillIn(plan: MigrationPlan): string[] {
  if (plan.inputs.length === 0) return [];
  return [
    '## Fill in first',
    '',
    'None of these is a secret. Put them into `dekey.config.json` (`"plan": { "inputs": { "ID": "VALUE" } }`) or give `--set ID=VALUE` and run `dekey plan` again, or set the variables when running the scripts.',
    '',
    '| id | variable | what | where to read it | value |',
    '| --- | --- | --- | --- | --- |',
    ...plan.inputs.map(({ id, title, how, value }) => `| ${code(id)} | ${code(id.toUpperCase().replaceAll('.', '_'))} | ${cell(title)} | ${cell(how)} | ${value === null ? '**to fill in**' : code(value)} |`),
  ];
}

function phaseOne(plan: MigrationPlan, { titles }: PlanMarkdownOptions): string[] {
  if (plan.identities.length === 0) return [];
  const lines = ['## Phase 1: add trust', '', 'Nothing that runs changes. Each `create.sh` may be run again; `check.sh` only reads; `undo.sh` takes back what `create.sh` made.'];
  const parties = [...new Set(plan.identities.map(({ target }) => target.party))];
  for (const party of parties) {
    const own = plan.files.filter(({ path, role }) => path.startsWith(`${party}/`) && role !== 'read');
    lines.push('', `### ${cell(titles.party(party))}`, '');
    for (const file of own) lines.push(`- ${code(file.path)}: ${cell(file.purpose)}`);
    const manual = plan.manual.find((entry) => entry.party === party)?.steps ?? [];
    if (manual.length > 0) lines.push('', 'By hand:', '', ...manual.map((step, index) => `${index + 1}. ${cell(step)}`));
    for (const identity of plan.identities.filter(({ target }) => target.party === party)) lines.push('', ...identitySection(identity));
  }
  const parts = new Set<string>(parties);
  const others = foldersOf(plan).filter((folder) => !parts.has(folder));
  for (const folder of others) {
    lines.push('', `### ${code(`${folder}/`)}`, '', ...plan.files.filter(({ path }) => path.startsWith(`${folder}/`)).map((file) => `- ${code(file.path)}: ${cell(file.purpose)}`));
    const manual = plan.manual.find((entry) => entry.party === folder)?.steps ?? [];
    if (manual.length > 0) lines.push('', ...manual.map((step, index) => `${index + 1}. ${cell(step)}`));
  }
  return lines;
}

function identitySection(identity: PlannedIdentity): string[] {
  const { target, refusals, tightness, warnings } = identity;
  const proof = tightness.holds === true ? `Tight: ${tightness.by}.` : tightness.holds === false ? `Not tight: it would also take ${code(tightness.counterexample)}.` : `Not proven tight: ${tightness.why}.`;
  const open = refusals.filter(({ refusedBy }) => refusedBy === null);
  return [
    `**${code(target.id)}** for ${cell(target.workload)}, tokens of ${target.lifetime} s at most. ${proof}`,
    '',
    ...conditions(identity).map((condition) => `- ${code(condition)}`),
    '',
    '<details><summary>Tokens it refuses</summary>',
    '',
    '| token | says | refused by |',
    '| --- | --- | --- |',
    ...refusals.map(({ title, changes, refusedBy }) => `| ${cell(title)} | ${Object.entries(changes).map(([claim, value]) => code(`${claim} = ${value === null ? '(none)' : shown(value)}`)).join('<br>')} | ${refusedBy ?? '**nothing**'} |`),
    '',
    '</details>',
    ...(open.length === 0 ? [] : ['', `**Not told apart here:** ${open.map(({ title }) => cell(title)).join('; ')}. ${target.platform === 'github-actions' ? 'Switch the repository to immutable subjects, so that its numeric ids stand in the subject.' : 'Trust this identity with no more than what it needs.'}`]),
    ...(warnings.length === 0 ? [] : ['', ...warnings.map((warning) => `> ${cell(warning)}`)]),
  ];
}

function phaseTwo(plan: MigrationPlan, { titles }: PlanMarkdownOptions): string[] {
  const moved = plan.migrations.filter(({ chosen }) => chosen !== null);
  if (moved.length === 0) return [];
  const lines = ['## Phase 2: switch and verify', '', 'One workload at a time. Keep the stored key until a run without it is green: then a revert is all it takes to go back.'];
  // What is said beside the identity is not said again beside each workload.
  const said = new Set(plan.identities.flatMap((identity) => identity.warnings));
  for (const migration of moved.slice(0, MOST_ROWS)) lines.push('', ...switchSection({ ...migration, warnings: migration.warnings.filter((warning) => !said.has(warning)) }, titles));
  return [...lines, ...more(moved.length)];
}

function switchSection(migration: Migration, titles: PlanTitles): string[] {
  const { chosen, environment, edits, floors, probe, readers, warnings } = migration;
  if (chosen === null) return [];
  const set = Object.entries(environment.set);
  const steps = [
    ...edits.map(cell),
    ...(set.length === 0 ? [] : [`Set ${set.map(([name, value]) => code(`${name}=${filled(value)}`)).join(', ')}.`]),
    ...(environment.remove.length === 0 ? [] : [`Remove ${environment.remove.map(code).join(', ')} from everything the process inherits: workflow, job and step \`env\`, container image, \`.env\`.`]),
    ...(floors.length === 0 ? [] : [`Needs ${floors.map(({ package: name, version }) => code(`${name} >= ${version}`)).join(', ')}.`]),
    ...(readers.count === 0 ? [] : [`Source that reads the key: ${readers.examples.slice(0, 5).map(code).join(', ')}${readers.count > 5 ? ` and ${readers.count - 5} more` : ''}.`]),
    ...(probe === null ? [] : [`Verify: ${cell(probe)}`]),
  ];
  return [
    `### ${cell(migration.name)}: ${cell(titles.provider(migration.provider))}`,
    '',
    `${code(`${migration.path}:${migration.line}`)} · ${cell(chosen.title)} · ${whenLabel(migration)}. ${cell(chosen.reason)}`,
    '',
    ...steps.map((step, index) => `${index + 1}. ${step}`),
    ...(warnings.length === 0 ? [] : ['', ...warnings.map((warning) => `> ${cell(warning)}`)]),
  ];
}

function phaseThree(plan: MigrationPlan, { titles }: PlanMarkdownOptions): string[] {
  const going = plan.keys.filter(({ outcome }) => outcome === 'gone');
  const staying = plan.keys.filter(({ outcome }) => outcome !== 'gone');
  if (plan.keys.length === 0) return [];
  const lines = ['## Phase 3: revoke', ''];
  if (going.length > 0) lines.push('Disable first where the provider can, watch that nothing misses it, then delete. Delete the stored secret last.', '', '| key | provider | how to end it |', '| --- | --- | --- |', ...going.slice(0, MOST_ROWS).map((key) => `| ${keyName(key)} | ${cell(titles.provider(key.provider))} | ${cell(titles.revoke(key.provider))} |`), ...more(going.length));
  if (staying.length > 0) lines.push(...(going.length > 0 ? [''] : []), 'These stay for now: limit their scope, cap their spend, rotate them.', '', ...staying.slice(0, MOST_ROWS).map((key) => `- ${keyName(key)} (${cell(titles.provider(key.provider))})${key.outcome === 'reduced' ? ': in one guarded place' : ''}`), ...more(staying.length));
  return lines;
}

function keyName({ preview, names }: MigrationPlan['keys'][number]): string {
  return [...new Set([...names.slice(0, 3), ...(names.length === 0 ? [preview] : [])])].map(code).join(', ');
}

function blocked(plan: MigrationPlan, { titles }: PlanMarkdownOptions): string[] {
  const stuck = plan.migrations.filter(({ noPath }) => noPath !== null);
  if (stuck.length === 0) return [];
  return [
    '## What has no path yet',
    '',
    '| workload | key of | why | what would change that |',
    '| --- | --- | --- | --- |',
    ...stuck.slice(0, MOST_ROWS).map(({ name, path, line, provider, noPath }) => `| ${cell(name)}<br>${code(`${path}:${line}`)} | ${cell(titles.provider(provider))} | ${cell(noPath?.reason ?? '')} | ${cell(noPath?.unblock ?? '')} |`),
    ...more(stuck.length),
  ];
}

function alternatives(plan: MigrationPlan, { titles }: PlanMarkdownOptions): string[] {
  const seen = new Set<string>();
  const rows: string[] = [];
  for (const { provider, platform, chosen, runnersUp } of plan.migrations) {
    if (chosen === null) continue;
    const key = `${provider}\n${platform}\n${chosen.title}`;
    if (seen.has(key)) continue;
    seen.add(key);
    for (const other of runnersUp) rows.push(`| ${cell(titles.provider(provider))} | ${cell(chosen.title)} | ${cell(other.title)} | ${cell(other.reason)} |`);
  }
  return rows.length === 0 ? [] : ['## Other ways, and why they come after', '', '| provider | chosen | instead | what it means |', '| --- | --- | --- | --- |', ...rows];
}

function files(plan: MigrationPlan): string[] {
  return ['## Files', '', '`plan.json` holds all of this for machines, with a hash of every file it rests on and of every file it wrote.', '', ...plan.files.map(({ path, purpose }) => `- ${code(path)}: ${cell(purpose)}`)];
}

function more(count: number, most = MOST_ROWS): string[] {
  return count > most ? ['', `… and ${count - most} more in \`plan.json\`.`] : [];
}

/** `{anthropic.organization_id}` as the variable that holds it. */
function filled(value: string): string {
  return value.replace(/\{([a-z0-9_]+(?:\.[a-z0-9_]+)+)\}/g, (_, id: string) => `\${${id.toUpperCase().replaceAll('.', '_')}}`);
}

/** A label of a diagram: quotes end it, and Mermaid reads entities. */
function label(text: string): string {
  return printable(text).replace(/[^\p{L}\p{N} ._:/\u203a,()-]/gu, (sign) => `#${sign.codePointAt(0) ?? 0};`).slice(0, 200);
}
