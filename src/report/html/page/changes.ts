import type { PageFileChange } from '../page-data.ts';
import { counted, h } from './dom.ts';
import type { Store } from './store.ts';

/** Files that are open from the start: a reader of a key in forty files opens what he wants. */
const OPEN = 3;

/** What a plan does to the files that use a key: the diff, why, and what is left for a person. Undefined when no plan was given. */
export function changesOf({ data }: Store, credential: number): HTMLElement | undefined {
  if (data.changes === undefined) return undefined;
  const files = data.changes.flatMap((file) => {
    const changes = file.changes.filter(({ of }) => of.includes(credential));
    const refusals = file.refusals.filter(({ of }) => of.includes(credential));
    return changes.length + refusals.length === 0 ? [] : [{ file, changes, refusals }];
  });
  const edited = files.filter(({ changes }) => changes.length > 0);
  const left = files.filter(({ refusals }) => refusals.length > 0);
  const words = edited.length === 0 ? 'The plan edits no file for this key.' : '';
  return h('section', {}, h('h2', {}, edited.length === 0 ? 'What changes' : `What changes in ${counted(edited.length, 'file', 'files')}`),
    words === '' ? undefined : h('p', {}, words),
    ...edited.map(({ file, changes }, index) => h('details', index < OPEN ? { open: '' } : {},
      h('summary', {}, h('code', {}, file.path)),
      h('ul', { class: 'whys' }, ...changes.map(({ title, why, rests }) => h('li', {}, h('strong', {}, title), ` \u00b7 ${why}`, rests === '' ? undefined : h('span', { class: 'dim' }, ` To check: ${rests}`)))),
      diffBlock(file))),
    left.length === 0 ? undefined : h('div', {}, h('h2', {}, 'Left for you'), h('ul', { class: 'whys' }, ...left.flatMap(({ file, refusals }) => refusals.map(({ line, reason, byHand }) => h('li', {}, h('code', {}, `${file.path}:${line}`), ` ${reason} ${byHand}`))))));
}

const KINDS: Readonly<Record<string, string>> = { '+': 'added', '-': 'removed', '@': 'hunk', '\\': 'hunk' };

/** Signs stay in the text: who cannot tell the colours, or copies it, loses nothing. */
function diffBlock({ diff, path }: PageFileChange): HTMLElement {
  const lines = diff.replace(/\n$/, '').split('\n');
  return h('pre', { class: 'diff', tabindex: '0', role: 'region', 'aria-label': `Diff of ${path}` }, ...lines.map((line) => h('span', { class: KINDS[line[0] ?? ''] }, `${line}\n`)));
}
