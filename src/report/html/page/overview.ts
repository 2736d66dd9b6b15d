import type { PageCredential } from '../page-data.ts';
import { bars, pathBar, trendChart } from './charts.ts';
import { counted, h, number, table } from './dom.ts';
import { keyLink, level, levelMark, link, replacementText, type Store } from './store.ts';

/** Keys that the first screen names. */
const TOP = 10;
/** Providers that it names. */
const PROVIDERS = 6;

/** The first screen, which is also the one page on paper. */
export function overview(store: Store): HTMLElement {
  const { data } = store;
  const { stats } = data;
  const total = stats.today + stats.afterChange + stats.none;
  const severe = stats.levels[0] + stats.levels[1];
  const isEmpty = stats.findings === 0;
  return h(
    'div',
    { class: 'overview' },
    h('p', { class: 'lead' }, isEmpty ? 'No AI API key was found, and nothing that uses one.' : lead(total, severe, stats.today)),
    isEmpty ? undefined : h('section', { 'aria-labelledby': 'zero' }, h('h2', { id: 'zero' }, 'Path to zero'), pathBar(stats.today, stats.afterChange, stats.none)),
    facts(store),
    since(store),
    isEmpty ? undefined : h('div', { class: 'columns' },
      h('section', { 'aria-labelledby': 'risk' }, h('h2', { id: 'risk' }, 'Risk of the keys'), bars('Keys by level of risk', stats.levels.map((count, index) => ({ name: data.share || count === 0 ? level(index) : h('a', { href: `#v=keys&level=${level(index)}` }, level(index)), count, kind: level(index) })))),
      providers(store)),
    data.trend.length < 2 ? undefined : h('section', { 'aria-labelledby': 'trend' }, h('h2', { id: 'trend' }, 'Curve to zero'), trendChart(data.trend)),
    data.share || isEmpty ? undefined : top(store),
    uncovered(store),
  );
}

function lead(total: number, severe: number, today: number): string {
  if (total === 0) return 'No key is certain; what was seen is for a person to look at.';
  const first = `${counted(total, 'long-lived key', 'long-lived keys')}${severe === 0 ? ', none above medium risk' : severe === total ? `, ${total === 1 ? 'and it is' : 'all'} critical or high` : `, ${number(severe)} of them critical or high`}.`;
  const second = today === 0 ? 'None can be replaced without a change of code or provider.' : today === total ? `${total === 1 ? 'It' : 'All'} can be replaced today.` : `${number(today)} can be replaced today.`;
  return `${first} ${second}`;
}

function facts({ data }: Store): HTMLElement {
  const { stats } = data;
  const pairs: (readonly [string, number, string?])[] = [
    ['in plain sight', stats.seen, '#v=keys&seen=in+plain+sight'],
    ['in secret stores', stats.stored],
    ['known by name', stats.named],
    ['that nothing uses', stats.unused, '#v=keys&state=unused'],
    ['workloads', stats.workloads, '#v=workloads'],
    ['findings', stats.findings, '#v=findings'],
    ['targets', stats.targets, '#v=targets'],
  ];
  return h('ul', { class: 'facts' }, ...pairs.filter(([name, count]) => count > 0 || name === 'in plain sight').map(([name, count, where]) => {
    const content = [h('strong', {}, number(count)), h('span', {}, name)];
    return h('li', {}, where === undefined || data.share || count === 0 ? h('span', {}, ...content) : h('a', { href: where }, ...content));
  }));
}

function since({ data }: Store): HTMLElement | undefined {
  const { since: known } = data;
  if (known === undefined || known.name === '') return undefined;
  const rows = known.fixedKeys.slice(0, TOP).map(({ title, preview, level: at, score }) => [levelMark(at, score), h('span', {}, title, ' ', h('code', {}, preview))]);
  return h('section', { 'aria-labelledby': 'since' },
    h('h2', { id: 'since' }, `Since ${known.name}`),
    h('ul', { class: 'facts small' }, ...([['new', known.added], ['fixed', known.fixed], ['changed', known.changed]] as const).map(([name, count]) => {
      const content = [h('strong', {}, number(count)), h('span', {}, name)];
      return h('li', {}, data.share || name === 'fixed' || count === 0 ? h('span', {}, ...content) : h('a', { href: `#v=keys&since=${name}` }, ...content));
    })),
    rows.length === 0 ? undefined : h('details', {}, h('summary', {}, `Fixed: ${number(known.fixedKeys.length)}${known.fixedKeys.length > TOP ? `, the first ${TOP}` : ''}`), table('Fixed keys', ['Risk', 'Key'], rows)));
}

function providers({ data }: Store): HTMLElement {
  const shown = data.providers.filter(({ keys }) => keys > 0);
  const rows = shown.slice(0, PROVIDERS).map(({ id, title, keys }) => ({ name: data.share ? title : link('p', id, title), count: keys, kind: 'plain' }));
  const more = shown.slice(PROVIDERS).reduce((sum, { keys }) => sum + keys, 0);
  return h('section', { 'aria-labelledby': 'who' }, h('h2', { id: 'who' }, 'Keys by provider'), bars('Keys by provider', more === 0 ? rows : [...rows, { name: `${shown.length - PROVIDERS} more`, count: more, kind: 'plain' }]));
}

function top({ data }: Store): HTMLElement {
  const worst = data.credentials.filter(({ group }) => group === 0).slice(0, TOP);
  const provider = ({ provider: at }: PageCredential): string => data.providers[at]?.title ?? '';
  return h('section', { 'aria-labelledby': 'top' },
    h('h2', { id: 'top' }, worst.length < TOP ? 'Keys' : 'Ten worst keys'),
    table('Worst keys', ['Risk', 'Key', 'Provider', 'Places#', 'Workloads#', 'Replace'], worst.map((one) => [levelMark(one.level, one.score), keyLink(one), provider(one), number(one.findings.length), number(one.workloads.length), replacementText(one.disposition)]), { class: 'scroll top' }));
}

function uncovered({ data }: Store): HTMLElement {
  const { stats } = data;
  const left = data.skipped.reduce((sum, { count }) => sum + count, 0);
  const parts = [
    stats.incomplete === 0 ? `${counted(stats.targets, 'target was', 'targets were')} read whole.` : `${counted(stats.incomplete, 'target', 'targets')} of ${number(stats.targets)} could not be read whole.`,
    `${counted(stats.files, 'file', 'files')}${stats.objects === 0 ? '' : ` and ${counted(stats.objects, 'object of history', 'objects of history')}`} were looked at${left === 0 ? '' : `, ${counted(left, 'thing was', 'things were')} left out`}.`,
    ...([[stats.doubtful, 'for a person to look at'], [stats.accepted, 'accepted'], [stats.shortLived, 'expiring by themselves'], [stats.missing, 'named but stored nowhere']] as const).filter(([count]) => count > 0).map(([count, what]) => `${number(count)} more ${what}.`),
  ];
  return h('section', { 'aria-labelledby': 'not', class: stats.incomplete === 0 ? 'quiet' : 'quiet loud' }, h('h2', { id: 'not' }, 'What this covers'), h('p', {}, parts.join(' '), data.share ? undefined : ' ', data.share ? undefined : h('a', { href: '#v=coverage' }, 'Details')));
}
