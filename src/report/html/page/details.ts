import { type FindingRow, type PageCredential, SCORES } from '../page-data.ts';
import { button, counted, h, number, table, terms } from './dom.ts';
import { changesOf } from './changes.ts';
import { keyLink, level, levelMark, link, placeMark, replacementText, type Store, text } from './store.ts';

/** Rows that a page draws at once; a button draws as many again. */
const ROWS = 100;

/** A table that grows when asked: a key may stand in ten thousand places. */
function growing<T>(label: string, columns: readonly string[], items: readonly T[], rowOf: (item: T) => readonly (Node | string)[]): HTMLElement {
  const box = h('div', { class: 'growing' });
  let shown = ROWS;
  const draw = (): void => {
    const more = items.length - shown;
    box.replaceChildren(
      table(label, columns, items.slice(0, shown).map(rowOf)),
      more > 0 ? button(`Show ${number(Math.min(more, ROWS * 10))} more of ${number(items.length)}`, () => { shown += ROWS * 10; draw(); }) : '',
    );
  };
  draw();
  return box;
}

export function credentialPage(store: Store, id: string): HTMLElement | undefined {
  const { data } = store;
  const credential = data.credentials[store.credentialAt.get(id) ?? -1];
  if (credential === undefined) return undefined;
  const provider = data.providers[credential.provider];
  const all = credential.findings.flatMap((at): FindingRow[] => {
    // A row is a list itself.
    const row = data.findings[at];
    return row === undefined ? [] : [row];
  });
  const uses = all.filter(([, kind]) => kind === 1);
  const places = all.filter(([, kind]) => kind !== 1);
  const users = new Set(uses.map((row) => row[8]));
  const others = credential.workloads.filter((at) => !users.has(at));
  const { change } = credential;
  return h('article', { class: 'detail' },
    h('header', {},
      h('p', { class: 'kicker' }, provider === undefined ? '' : link('p', provider.id, provider.title), ` \u00b7 ${credential.notes.map((note) => text(store, note)).join(' \u00b7 ')}`),
      h('h1', {}, credential.title, ' ', h('code', {}, credential.preview)),
      h('p', {}, levelMark(credential.level, credential.score), ' ', h('span', { class: 'badge' }, badge(credential.disposition)), change?.state === 'new' ? h('span', { class: 'badge' }, 'new') : undefined)),
    h('div', { class: 'columns' },
      h('section', {}, h('h2', {}, `Why ${credential.score}`), factors(store, credential)),
      h('section', {}, h('h2', {}, 'What replaces it'),
        credential.steps.length === 0 ? h('p', {}, 'Nothing to do.') : h('ol', { class: 'steps' }, ...credential.steps.map((step) => h('li', {}, text(store, step)))),
        terms([
          ['Effort', text(store, credential.effort)],
          ['Provider', provider?.federation],
          ['Revoke', provider?.revoke],
          ['Owner', text(store, credential.owner) === '' ? 'not known' : text(store, credential.owner)],
          ['Names', credential.names.map((name) => text(store, name)).join(', ')],
          ['Known since', change === undefined || change.opened === '' ? undefined : `${change.opened}${change.days < 0 ? '' : `, ${counted(change.days, 'day', 'days')}`}`],
          ['Changed', change?.was],
          ['Facts', credential.facts.map(([key, value]) => `${text(store, key)}: ${text(store, value)}`).join('; ')],
          ['Id', h('code', {}, credential.id)],
        ]))),
    changesOf(store, store.credentialAt.get(id) ?? -1),
    places.length === 0 ? undefined : h('section', {}, h('h2', {}, counted(places.length, 'place', 'places')), growing('Places', ['Place', 'What', 'Notes'], places, (row) => [where(store, row), text(store, row[9]), notes(store, row)])),
    uses.length + others.length === 0 ? undefined : h('section', {}, h('h2', {}, `Used by ${counted(credential.workloads.length, 'workload', 'workloads')}`),
      growing('Consumers', ['Workload', 'Runs on', 'Place', 'Takes it from'], [...uses, ...others], (row) => (typeof row === 'number' ? workloadCells(store, row) : useCells(store, row)))),
  );
}

function badge(disposition: number): string {
  return disposition < 2 ? `replace ${replacementText(disposition)}` : replacementText(disposition);
}

function factors(store: Store, credential: PageCredential): HTMLElement {
  if (credential.factors.length === 0) return h('p', {}, 'It expires by itself and is not scored.');
  const sum = credential.factors.reduce((total, [, points]) => total + points, 0);
  return h('div', {},
    table('Factors of the risk', ['Points#', 'Factor', 'Evidence'], credential.factors.map(([label, points, evidence]) => [points > 0 ? `+${points}` : String(points), text(store, label), h('span', { class: 'dim' }, text(store, evidence))])),
    h('p', { class: 'dim' }, sum === credential.score ? '' : `Sum ${sum}, counted as ${credential.score}. `, h('code', { class: 'vector' }, text(store, credential.vector))));
}

function where(store: Store, row: FindingRow): HTMLElement {
  return placeMark(store, row[4], row[5], row[6], row[7]);
}

function notes(store: Store, row: FindingRow): string {
  return [text(store, row[10]), text(store, row[11])].filter((note) => note !== '').join('; ');
}

function useCells(store: Store, row: FindingRow): readonly (Node | string)[] {
  const workload = store.data.workloads[row[8]];
  return [workload === undefined ? '' : link('w', workload.id, workload.name), platformOf(store, workload?.platform ?? -1), where(store, row), notes(store, row)];
}

function workloadCells(store: Store, at: number): readonly (Node | string)[] {
  const workload = store.data.workloads[at];
  if (workload === undefined) return ['', '', '', ''];
  return [link('w', workload.id, workload.name), platformOf(store, workload.platform), placeMark(store, workload.target, workload.path, workload.line), 'inherited'];
}

function platformOf({ data }: Store, at: number): string {
  return data.platforms[at]?.title ?? '';
}

function keyRows(items: readonly PageCredential[]): HTMLElement {
  return growing('Keys', ['Risk', 'Key', 'Replace', 'Places#', 'Workloads#'], items, (one) => [levelMark(one.level, one.score), keyLink(one), replacementText(one.disposition), number(one.findings.length), number(one.workloads.length)]);
}

export function workloadPage(store: Store, id: string): HTMLElement | undefined {
  const { data } = store;
  const workload = data.workloads[store.workloadAt.get(id) ?? -1];
  if (workload === undefined) return undefined;
  const platform = data.platforms[workload.platform];
  return h('article', { class: 'detail' },
    h('header', {}, h('p', { class: 'kicker' }, platform?.title ?? ''), h('h1', {}, workload.name)),
    terms([
      ['Place', placeMark(store, workload.target, workload.path, workload.line)],
      ['Identity', text(store, workload.identity)],
      ['Platform', platform === undefined ? undefined : platform.issuesTokens ? 'issues identity tokens that providers can verify' : 'issues no identity token by itself'],
    ]),
    h('section', {}, h('h2', {}, `Uses ${counted(workload.uses.length, 'key', 'keys')}`), keyRows(workload.uses.flatMap((at) => data.credentials[at] ?? []))));
}

export function providerPage(store: Store, id: string): HTMLElement | undefined {
  const { data } = store;
  const at = store.providerAt.get(id) ?? -1;
  const provider = data.providers[at];
  if (provider === undefined) return undefined;
  const own = data.credentials.filter((one) => one.provider === at);
  return h('article', { class: 'detail' },
    h('header', {}, h('p', { class: 'kicker' }, 'Provider'), h('h1', {}, provider.title)),
    terms([['Federation', provider.federation], ['Revoke', provider.revoke], ['Checked', provider.checked], ['Keys', `${number(provider.today)} today, ${number(provider.afterChange)} after a change, ${number(provider.none)} without federation`]]),
    h('section', {}, h('h2', {}, counted(own.length, 'credential', 'credentials')), keyRows(own)));
}

export function targetPage(store: Store, id: string): HTMLElement | undefined {
  const { data } = store;
  const at = store.targetAt.get(id) ?? -1;
  const target = data.targets[at];
  if (target === undefined) return undefined;
  const rows = data.findings.filter((row) => row[4] === at);
  const own = [...new Set(rows.map(([credential]) => credential))].toSorted((a, b) => a - b).flatMap((one) => data.credentials[one] ?? []);
  const left = data.skipped.filter((one) => one.target === target.name);
  return h('article', { class: 'detail' },
    h('header', {}, h('p', { class: 'kicker' }, target.kind), h('h1', {}, target.name)),
    terms([
      ['Read', `${target.complete ? 'whole' : 'in part'}: ${counted(target.files, 'file', 'files')}${target.objects === 0 ? '' : `, ${counted(target.objects, 'object', 'objects')} of history`}`],
      ['Worst key', own[0] === undefined ? undefined : level(Math.min(...own.map((one) => one.level)))],
      ...target.facts.map(([key, value]) => [key, value] as const),
    ]),
    h('section', {}, h('h2', {}, counted(own.length, 'key', 'keys')), keyRows(own)),
    h('section', {}, h('h2', {}, counted(rows.length, 'finding', 'findings')), growing('Findings', ['Severity', 'Place', 'What', 'Notes'], rows, (row) => [levelMark(row[2]), where(store, row), text(store, row[9]), notes(store, row)])),
    left.length === 0 ? undefined : h('section', {}, h('h2', {}, 'Not looked at'), growing('Left out', ['Reason', 'Count#', 'Examples'], left, (one) => [one.reason, number(one.count), one.examples.join(', ')])));
}

export function coveragePage(store: Store): HTMLElement {
  const { data } = store;
  const missing = data.skipped.filter(({ incomplete }) => incomplete);
  const left = data.skipped.filter(({ incomplete }) => !incomplete);
  const several = data.targets.length > 1;
  const skips = (items: typeof missing): HTMLElement => growing('Left out', ['Reason', ...(several ? ['Target'] : []), 'Count#', 'Examples'], items, (one) => [one.reason, ...(several ? [one.target] : []), number(one.count), h('code', {}, one.examples.join(', '))]);
  return h('div', { class: 'detail' },
    h('section', {}, h('h2', {}, 'Could not be read'), missing.length === 0 ? h('p', {}, 'Nothing: all targets were read whole.') : skips(missing)),
    h('section', {}, h('h2', {}, 'Left out by design'), left.length === 0 ? h('p', {}, 'Nothing.') : skips(left)),
    h('section', {}, h('h2', {}, 'Files that could not be understood'), data.problems.length === 0 ? h('p', {}, 'None.') : growing('Problems', ['Place', 'What', 'What to do'], data.problems, (one) => [h('code', {}, one.place), one.message, one.fix])));
}

/** The scorecard: a pattern a section, a control a row, and nothing made up for what is not known. */
export function readinessPage({ data }: Store): HTMLElement {
  const patterns = data.readiness ?? [];
  const card = table('Patterns', ['Pattern', 'Level', 'Met#', 'Partial#', 'Absent#', 'Unknown#'], patterns.map(({ id, title, level: at, controls }) => {
    const count = (score: number): string => number(controls.filter((one) => one.score === score).length);
    return [`${id} ${title}`, scoreMark(at), count(2), count(1), count(0), count(4)];
  }));
  return h('div', { class: 'detail readiness' },
    h('p', {}, 'What lies beyond keys that are gone. The level of a pattern is that of its weakest control. Unknown is what files cannot tell, or what was not looked at: it is never taken for met or for absent, and where some of it is left a level is at most what it says.'),
    h('section', {}, h('h2', {}, 'Four patterns'), card),
    ...patterns.map(({ id, title, controls }) => h('section', {}, h('h2', {}, `${id} ${title}`),
      growing(title, ['Control', 'Score', 'What', 'Where'], controls, (one) => [
        `${one.id} ${one.title}`, scoreMark(one.score), one.says.join('; '),
        h('span', {}, ...one.places.flatMap((place, index) => [index === 0 ? '' : h('br', {}), h('code', {}, place)]), one.more === 0 ? '' : ` and ${number(one.more)} more`),
      ]))));
}

function scoreMark(score: number): HTMLElement {
  return h('span', { class: `score ${(SCORES[score] ?? '').replace(' ', '-')}` }, SCORES[score] ?? '');
}
