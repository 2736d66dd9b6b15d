import { DISPOSITIONS, LEVELS, type PageCredential, type PageData } from '../page-data.ts';
import { h } from './dom.ts';

/** The data and what all views ask of it. */
export interface Store {
  readonly data: PageData;
  readonly credentialAt: ReadonlyMap<string, number>;
  readonly workloadAt: ReadonlyMap<string, number>;
  readonly providerAt: ReadonlyMap<string, number>;
  readonly targetAt: ReadonlyMap<string, number>;
}

export function storeOf(data: PageData): Store {
  const numbered = (items: readonly { readonly id: string }[]): ReadonlyMap<string, number> => new Map(items.map(({ id }, index) => [id, index]));
  return { data, credentialAt: numbered(data.credentials), workloadAt: numbered(data.workloads), providerAt: numbered(data.providers), targetAt: numbered(data.targets) };
}

export function text({ data }: Store, index: number): string {
  return data.strings[index] ?? '';
}

/** `path:14`, with its target behind it when there are several. */
export function place(store: Store, target: number, path: number, line: number): string {
  const name = targetOf(store, target);
  return `${text(store, path)}${line === 0 ? '' : `:${line}`}${name === '' ? '' : ` in ${name}`}`;
}

function targetOf({ data }: Store, target: number): string {
  return data.targets.length > 1 ? (data.targets[target]?.name ?? '') : '';
}

/** The same for the eye: what tells places apart comes first and is not cut. Column 0 is none. */
export function placeMark(store: Store, target: number, path: number, line: number, column = 0): HTMLElement {
  const name = targetOf(store, target);
  const at = `${text(store, path)}${line === 0 ? '' : `:${line}`}${line === 0 || column === 0 ? '' : `:${column}`}`;
  return h('span', {}, h('code', {}, at), name === '' ? undefined : ' ', name === '' ? undefined : h('span', { class: 'sub' }, name));
}

export function level(index: number): string {
  return LEVELS[index] ?? 'info';
}

/** The level as a mark that is told apart by weight and by word, not by colour. */
export function levelMark(index: number, score?: number): HTMLElement {
  return h('span', { class: `level ${level(index)}` }, score === undefined ? level(index) : `${level(index)} ${score}`);
}

const REPLACEMENTS = { today: 'today', 'after-change': 'after a change', none: 'no federation', 'not-a-key': 'expires by itself' } as const;

export function replacementText(index: number): string {
  return REPLACEMENTS[DISPOSITIONS[index] ?? 'none'];
}

export function keyLink({ id, title, preview }: PageCredential): HTMLElement {
  return h('a', { href: `#c=${encodeURIComponent(id)}` }, title, ' ', h('code', {}, preview));
}

export function link(view: string, id: string, label: string): HTMLElement {
  return h('a', { href: `#${view}=${encodeURIComponent(id)}` }, label);
}
