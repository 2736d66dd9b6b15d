import { CLASSES, type FindingRow, GROUPS, type PageCredential, type PageProvider, type PageTarget, type PageWorkload } from '../page-data.ts';
import { h, number } from './dom.ts';
import { list, type ListColumn } from './list.ts';
import type { Filter, Query } from './rows.ts';
import { keyLink, level, levelMark, link, place, placeMark, replacementText, type Store, text } from './store.ts';

/** Makes the long list of one view. */
export type ListView = (store: Store, query: Query, onQuery: (query: Query) => void) => HTMLElement;

const CONFIDENCES = ['high', 'medium', 'low'] as const;

export const keys: ListView = (store, query, onQuery) => {
  const { data } = store;
  const provider = ({ provider: at }: PageCredential): string => data.providers[at]?.title ?? '';
  const columns: readonly ListColumn<PageCredential>[] = [
    { name: 'Risk', text: (row) => `${level(row.level)} ${row.score}`, rank: (row) => row.level * 1000 - row.score, cell: (row) => levelMark(row.level, row.score), kind: 'risk' },
    { name: 'Key', text: (row) => [row.title, row.preview, ...row.names.map((name) => text(store, name)).filter((name) => name !== row.preview)].join(' '), cell: (row) => keyLink(row), kind: 'wide' },
    { name: 'Provider', text: provider, kind: 'minor' },
    { name: 'Replace', text: (row) => replacementText(row.disposition) },
    { name: 'Places', text: (row) => String(row.findings.length), rank: (row) => row.findings.length, kind: 'number' },
    { name: 'Workloads', text: (row) => String(row.workloads.length), rank: (row) => row.workloads.length, kind: 'number minor' },
    ...(data.since === undefined ? [] : [{ name: 'Days open', text: (row: PageCredential) => (row.change === undefined || row.change.days < 0 ? '' : String(row.change.days)), rank: (row: PageCredential) => row.change?.days ?? -1, kind: 'number minor' }]),
  ];
  const filters: readonly Filter<PageCredential>[] = [
    { id: 'level', label: 'Any risk', value: (row) => level(row.level) },
    { id: 'replace', label: 'Any replacement', value: (row) => replacementText(row.disposition) },
    { id: 'provider', label: 'Any provider', value: provider },
    { id: 'state', label: 'Any state', value: (row) => GROUPS[row.group] ?? '' },
    { id: 'seen', label: 'Seen or named', value: (row) => (row.seen ? 'in plain sight' : 'by name') },
    ...(data.since === undefined || data.since.name === '' ? [] : [{ id: 'since', label: 'New and old', value: (row: PageCredential) => row.change?.state ?? '' }]),
  ];
  return list({ label: 'Keys', one: 'key', many: 'keys', rows: data.credentials, columns, filters, query, onQuery });
};

export const findings: ListView = (store, query, onQuery) => {
  const { data } = store;
  // Worst first; of equal severity those of the worst key.
  const rows = data.findings.toSorted((a, b) => a[2] - b[2] || (a[0] < 0 ? 1e9 : a[0]) - (b[0] < 0 ? 1e9 : b[0]));
  const credential = ([at]: FindingRow): PageCredential | undefined => data.credentials[at];
  const where = ([, , , , target, path, line]: FindingRow): string => place(store, target, path, line);
  const workload = (row: FindingRow): string => data.workloads[row[8]]?.name ?? '';
  const columns: readonly ListColumn<FindingRow>[] = [
    { name: 'Severity', text: ([, , severity]) => level(severity), rank: ([, , severity]) => severity, cell: ([, , severity]) => levelMark(severity), kind: 'risk' },
    { name: 'Place', text: where, cell: (row) => placeMark(store, row[4], row[5], row[6]), kind: 'wide' },
    { name: 'Key', text: (row) => credential(row)?.preview ?? '', cell: (row) => cellOf(credential(row)) },
    { name: 'What', text: (row) => text(store, row[9]), kind: 'minor' },
    { name: 'Used by', text: workload, kind: 'minor' },
    { name: 'Notes', text: (row) => [text(store, row[10]), text(store, row[11])].filter((note) => note !== '').join('; '), kind: 'minor' },
  ];
  const filters: readonly Filter<FindingRow>[] = [
    { id: 'severity', label: 'Any severity', value: ([, , severity]) => level(severity) },
    { id: 'class', label: 'Any kind', value: ([, kind]) => CLASSES[kind] ?? '' },
    { id: 'confidence', label: 'Any confidence', value: (row) => CONFIDENCES[row[3]] ?? '' },
    { id: 'provider', label: 'Any provider', value: (row) => data.providers[credential(row)?.provider ?? -1]?.title ?? '' },
    { id: 'state', label: 'Any state', value: (row) => (row[11] === 0 ? 'open' : 'accepted') },
    ...(data.targets.length < 2 ? [] : [{ id: 'target', label: 'Any target', value: (row: FindingRow) => data.targets[row[4]]?.name ?? '' }]),
  ];
  return list({ label: 'Findings', one: 'finding', many: 'findings', rows, columns, filters, query, onQuery });
};

function cellOf(credential: PageCredential | undefined): Node | string {
  return credential === undefined ? '' : h('a', { href: `#c=${encodeURIComponent(credential.id)}` }, h('code', {}, credential.preview === '' ? credential.title : credential.preview));
}

export const workloads: ListView = (store, query, onQuery) => {
  const { data } = store;
  const platform = ({ platform: at }: PageWorkload): string => data.platforms[at]?.title ?? '';
  const worst = (row: PageWorkload): number => Math.min(4, ...row.uses.map((use) => data.credentials[use]?.level ?? 4));
  const columns: readonly ListColumn<PageWorkload>[] = [
    { name: 'Workload', text: ({ name }) => name, cell: (row) => link('w', row.id, row.name), kind: 'wide name' },
    { name: 'Runs on', text: platform },
    { name: 'Place', text: (row) => place(store, row.target, row.path, row.line), cell: (row) => placeMark(store, row.target, row.path, row.line), kind: 'minor place' },
    { name: 'Keys', text: ({ uses }) => String(uses.length), rank: ({ uses }) => uses.length, kind: 'number' },
    { name: 'Worst key', text: (row) => level(worst(row)), rank: worst, cell: (row) => levelMark(worst(row)), kind: 'risk' },
    { name: 'Identity', text: (row) => text(store, row.identity), kind: 'minor' },
  ];
  const filters: readonly Filter<PageWorkload>[] = [
    { id: 'platform', label: 'Any platform', value: platform },
    { id: 'level', label: 'Any risk', value: (row) => level(worst(row)) },
    ...(data.targets.length < 2 ? [] : [{ id: 'target', label: 'Any target', value: (row: PageWorkload) => data.targets[row.target]?.name ?? '' }]),
  ];
  return list({ label: 'Workloads', one: 'workload', many: 'workloads', rows: data.workloads, columns, filters, query, onQuery });
};

export const providers: ListView = (store, query, onQuery) => {
  const { data } = store;
  const columns: readonly ListColumn<PageProvider>[] = [
    { name: 'Provider', text: ({ title }) => title, cell: (row) => link('p', row.id, row.title), kind: 'wide' },
    { name: 'Keys', text: ({ keys: count }) => String(count), rank: ({ keys: count }) => count, kind: 'number' },
    { name: 'Today', text: ({ today }) => String(today), rank: ({ today }) => today, kind: 'number' },
    { name: 'After a change', text: ({ afterChange }) => String(afterChange), rank: ({ afterChange }) => afterChange, kind: 'number minor' },
    { name: 'No federation', text: ({ none }) => String(none), rank: ({ none }) => none, kind: 'number minor' },
    { name: 'Workloads', text: (row) => String(row.workloads), rank: (row) => row.workloads, kind: 'number minor' },
    { name: 'Worst key', text: ({ worst }) => level(worst), rank: ({ worst }) => worst, cell: ({ worst, keys: count }) => (count === 0 ? '' : levelMark(worst)), kind: 'risk' },
  ];
  return list({ label: 'Providers', one: 'provider', many: 'providers', rows: data.providers, columns, filters: [], query, onQuery });
};

interface TargetRow {
  readonly target: PageTarget;
  readonly findings: number;
  readonly keys: number;
  readonly worst: number;
}

export const targets: ListView = (store, query, onQuery) => {
  const { data } = store;
  const rows = data.targets.map((target): { target: PageTarget; findings: number; keys: Set<number> } => ({ target, findings: 0, keys: new Set() }));
  for (const [credential, , , , target] of data.findings) {
    const row = rows[target];
    if (row === undefined) continue;
    row.findings += 1;
    if (credential >= 0) row.keys.add(credential);
  }
  const counted = rows.map((row): TargetRow => ({ target: row.target, findings: row.findings, keys: row.keys.size, worst: [...row.keys].reduce((worst, at) => Math.min(worst, data.credentials[at]?.level ?? 4), 4) }));
  const columns: readonly ListColumn<TargetRow>[] = [
    { name: 'Target', text: ({ target }) => target.name, cell: ({ target }) => link('t', target.id, target.name), kind: 'wide' },
    { name: 'Kind', text: ({ target }) => target.kind, kind: 'minor' },
    { name: 'Keys', text: (row) => String(row.keys), rank: (row) => row.keys, kind: 'number' },
    { name: 'Findings', text: (row) => number(row.findings), rank: (row) => row.findings, kind: 'number' },
    { name: 'Worst key', text: ({ worst }) => level(worst), rank: ({ worst }) => worst, cell: ({ worst, keys: count }) => (count === 0 ? '' : levelMark(worst)), kind: 'risk' },
    { name: 'Read', text: ({ target }) => (target.complete ? 'whole' : 'in part'), kind: 'minor' },
    { name: 'Files', text: ({ target }) => number(target.files), rank: ({ target }) => target.files, kind: 'number minor' },
  ];
  const filters: readonly Filter<TargetRow>[] = [{ id: 'kind', label: 'Any kind', value: ({ target }) => target.kind }, { id: 'read', label: 'Read how', value: ({ target }) => (target.complete ? 'whole' : 'in part') }];
  return list({ label: 'Targets', one: 'target', many: 'targets', rows: counted, columns, filters, query, onQuery });
};
