import type { PageData } from '../page-data.ts';
import { button, h } from './dom.ts';
import { coveragePage, credentialPage, providerPage, readinessPage, targetPage, workloadPage } from './details.ts';
import { findings, keys, type ListView, providers, targets, workloads } from './lists.ts';
import { federationMap } from './map.ts';
import { overview } from './overview.ts';
import type { Query } from './rows.ts';
import { type Store, storeOf } from './store.ts';

/** Views by the name that the address has for them: `#v=keys`. */
const LISTS: Readonly<Record<string, ListView>> = { keys, findings, workloads, providers, targets };
const TITLES: readonly (readonly [string, string])[] = [
  ['overview', 'Overview'], ['keys', 'Keys'], ['findings', 'Findings'], ['workloads', 'Workloads'], ['providers', 'Providers'], ['targets', 'Targets'], ['map', 'Federation map'], ['coverage', 'Coverage'], ['readiness', 'Readiness'],
];
/** Pages of one thing: `#c=ID`; with the view that they belong to. */
const PAGES: readonly (readonly [string, string, (store: Store, id: string) => HTMLElement | undefined])[] = [
  ['c', 'keys', credentialPage], ['w', 'workloads', workloadPage], ['p', 'providers', providerPage], ['t', 'targets', targetPage],
];
const THEMES = ['system', 'light', 'dark'] as const;

function start(): void {
  const root = document.getElementById('app');
  const source = document.getElementById('data')?.textContent;
  if (root === null || source === null || source === undefined) return;
  const store = storeOf(JSON.parse(source) as PageData);
  const { data } = store;
  const shown = TITLES.filter(([view]) => (view === 'readiness' ? data.readiness !== undefined : !data.share || view === 'overview' || view === 'map'));
  const links = new Map(shown.map(([view, title]) => [view, h('a', { href: `#v=${view}` }, title)]));
  const main = h('main', { id: 'main', tabindex: '-1' });
  const skip = h('a', { href: '#main', class: 'skip' }, 'Skip to content');
  skip.addEventListener('click', (event) => {
    // The address holds the view, so it must not become `#main`.
    event.preventDefault();
    main.focus();
  });
  root.append(
    skip,
    h('header', { class: 'top' },
      h('div', { class: 'brand' }, h('a', { href: '#v=overview' }, 'dekey'), h('span', { class: 'title' }, data.share ? 'counts only' : data.title)),
      h('nav', { 'aria-label': 'Views' }, ...links.values()),
      themeButton()),
    main,
    h('footer', {}, h('p', {}, `${data.tool}. This file opens no connection, and holds no whole key.`)),
  );

  const show = (isFirst: boolean): void => {
    const asked = new URLSearchParams(location.hash.slice(1));
    const { view, content, title } = contentOf(store, asked);
    for (const [name, link] of links) {
      if (name === view) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
    main.replaceChildren(...(content === undefined ? [h('h1', {}, 'Not in this report'), h('p', {}, 'What the address names is not in this file.')] : [title === '' ? '' : h('h1', { class: view === 'overview' ? 'hidden' : '' }, title), content]));
    document.title = `${title === '' ? (main.querySelector('h1')?.textContent ?? '') : title} \u00b7 dekey${data.title === '' ? '' : ` \u00b7 ${data.title}`}`;
    links.get(view)?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    if (isFirst) return;
    scrollTo(0, 0);
    main.focus({ preventScroll: true });
  };
  addEventListener('hashchange', () => show(false));
  show(true);
}

function contentOf(store: Store, asked: URLSearchParams): { readonly view: string; readonly title: string; readonly content: HTMLElement | undefined } {
  const { data } = store;
  for (const [key, view, page] of PAGES) {
    const id = asked.get(key);
    if (id !== null) return { view, title: '', content: page(store, id) };
  }
  const view = asked.get('v') ?? 'overview';
  const title = TITLES.find(([name]) => name === view)?.[1] ?? '';
  const list = Object.hasOwn(LISTS, view) ? LISTS[view] : undefined;
  if (list !== undefined && !data.share) return { view, title, content: list(store, queryOf(asked), (query) => history.replaceState(null, '', `#${addressOf(view, query)}`)) };
  if (view === 'overview') return { view, title: 'Overview', content: overview(store) };
  if (view === 'map') return { view, title, content: federationMap(data) };
  if (view === 'coverage' && !data.share) return { view, title, content: coveragePage(store) };
  if (view === 'readiness' && data.readiness !== undefined) return { view, title, content: readinessPage(store) };
  return { view, title: '', content: undefined };
}

function queryOf(asked: URLSearchParams): Query {
  const chosen = Object.fromEntries([...asked].filter(([name]) => name !== 'v' && name !== 'q' && name !== 'sort'));
  return { words: asked.get('q') ?? '', chosen, sort: asked.get('sort') ?? '' };
}

function addressOf(view: string, { words, chosen, sort }: Query): string {
  const address = new URLSearchParams({ v: view });
  if (words !== '') address.set('q', words);
  for (const [name, value] of Object.entries(chosen)) if (value !== '') address.set(name, value);
  if (sort !== '') address.set('sort', sort);
  return address.toString();
}

/** As the system says, light, dark, and round again. It is not remembered: a file has no place of its own to keep it. */
function themeButton(): HTMLElement {
  let at = 0;
  const label = (): string => `Theme: ${THEMES[at] ?? 'system'}`;
  const change = button(label(), () => {
    at = (at + 1) % THEMES.length;
    document.documentElement.dataset['theme'] = THEMES[at] ?? 'system';
    change.textContent = label();
  }, { class: 'theme' });
  return change;
}

start();
