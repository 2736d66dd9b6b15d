import type { CampaignItem, CampaignResult, LimitLeft, Outcome } from '../model/pull-request.ts';
import { type ApplyTextOptions, renderFilesText } from './apply-text.ts';
import { pad, wrapWords } from './layout.ts';
import { counted } from './messages.ts';
import { printable, printableAscii } from './scanned.ts';
import type { Palette } from './text-page.ts';

export interface CampaignTextOptions {
  /** Columns. */
  readonly width: number;
  readonly unicode: boolean;
  /** Workload and provider of a migration. */
  readonly usedBy: (migration: string) => string | undefined;
  /** The command line that would do what is shown. */
  readonly command: string;
}

/** What became of a pull request, and what would. */
const WORDS: Readonly<Record<Outcome, readonly [done: string, would: string]>> = {
  created: ['created', 'to create'], updated: ['updated', 'to update'], unchanged: ['unchanged', 'unchanged'], closed: ['closed', 'to close'], merged: ['merged', 'merged'],
  left: ['left alone', 'left alone'], held: ['held back', 'held back'], nothing: ['nothing', 'nothing'], refused: ['refused', 'refused'], failed: ['failed', 'failed'],
};

/** How a pull request stands, when that is all that was asked. */
const STANDING: Readonly<Partial<Record<Outcome, string>>> = { unchanged: 'open', nothing: 'none', held: 'to come' };

function wordFor({ kind, written }: CampaignResult, outcome: Outcome): string {
  return (kind === 'status' ? STANDING[outcome] : undefined) ?? WORDS[outcome][written ? 0 : 1];
}

interface View extends CampaignTextOptions {
  readonly paint: Palette;
  readonly columns: number;
  readonly clean: (text: string) => string;
}

/** Every pull request with its diff when none was made, then the table of what became of each, then limits and what comes next. Ends with a line feed. */
export function renderCampaignText(result: CampaignResult, paint: Palette, options: CampaignTextOptions): string {
  const view: View = { ...options, paint, columns: Math.max(60, Math.min(100, Math.trunc(options.width) || 80)), clean: options.unicode ? printable : printableAscii };
  const previews = result.kind === 'publish' && !result.written ? result.items.filter(({ wanted, outcome }) => wanted !== null && outcome !== 'unchanged' && outcome !== 'merged').map((item) => preview(view, item)) : [];
  const blocks = [...previews, rows(view, result), ends(view, result), next(view, result)].filter((block) => block.length > 0);
  const text = `${blocks.flatMap((block, index) => (index === 0 ? block : ['', ...block])).join('\n')}\n`;
  return options.unicode ? text : text.replaceAll('−', '-').replaceAll('›', '>').replaceAll('…', '...').replaceAll('·', '-').replaceAll('→', '->');
}

function preview(view: View, { repository, branch, fork, wanted, notes }: CampaignItem): string[] {
  if (wanted === null) return [];
  const { paint, clean } = view;
  const options: ApplyTextOptions = { width: view.width, unicode: view.unicode, usedBy: view.usedBy, prefix: () => '', kind: 'apply', commands: { write: '', undo: '' }, allowLeftovers: true, asked: false };
  const field = (label: string, text: string): string[] => (text === '' ? [] : wrapWords(text, view.columns - 13).map((line, index) => `  ${pad(index === 0 ? label : '', 11)}${line}`));
  return [
    paint.strong(`=== ${clean(repository)}`),
    ...field('title', wanted.title),
    ...field('branch', `${clean(branch ?? '')}${fork === null ? '' : ` in ${clean(fork)}`} → ${clean(wanted.base)}${wanted.isDraft ? ', draft' : ''}`),
    ...field('labels', wanted.labels.map(clean).join(', ')),
    ...field('reviewers', wanted.reviewers.map(clean).join(', ')),
    ...notes.flatMap((note) => field('note', clean(note))),
    '',
    ...wanted.body.trimEnd().split('\n').map((line) => paint.dim(`  │ ${clean(line)}`.trimEnd())).map((line) => (view.unicode ? line : line.replace('│', '|'))),
    '',
    ...renderFilesText(wanted.files, paint, options),
  ];
}

function rows(view: View, result: CampaignResult): string[] {
  const { items, written } = result;
  if (items.length === 0) return ['No repository of the plan is chosen.'];
  const { paint, clean } = view;
  const word = ({ outcome }: CampaignItem): string => wordFor(result, outcome);
  const label = Math.max(...items.map((item) => word(item).length)) + 2;
  return items.flatMap((item) => {
    const { repository, provider, url, number, state, reason, fix, notes, wanted, outcome } = item;
    const style = outcome === 'failed' || outcome === 'refused' ? paint.high : outcome === 'created' || outcome === 'updated' || outcome === 'merged' ? paint.good : paint.dim;
    const lines = wanted === null || outcome === 'unchanged' ? '' : `  +${wanted.summary.added} −${wanted.summary.removed}`;
    const head = ` ${style(pad(word(item), label))}${clean(repository)}${provider === null ? '' : ` (${clean(provider)})`}${number === null ? '' : `  #${number}${state === 'draft' ? ' draft' : ''}`}${lines}`;
    const under = (text: string): string[] => wrapWords(clean(text), view.columns - label - 1).map((line) => paint.dim(`${' '.repeat(label + 1)}${line}`));
    return [head, ...(url === null ? [] : under(url)), ...(reason === null ? [] : under(reason)), ...(fix === null ? [] : under(fix)), ...(written || outcome !== 'created' ? notes.flatMap(under) : [])];
  });
}

function ends(view: View, result: CampaignResult): string[] {
  const { items, limits, progress, trackingIssue, notes, requests } = result;
  const counts = new Map<string, number>();
  for (const { outcome } of items) counts.set(wordFor(result, outcome), (counts.get(wordFor(result, outcome)) ?? 0) + 1);
  const row = (label: string, text: string): string[] => (text === '' ? [] : wrapWords(text, view.columns - 13).map((line, index) => `${index === 0 ? view.paint.strong(pad(label, 13)) : ' '.repeat(13)}${line}`));
  const left = (name: string, limit: LimitLeft | null): readonly string[] => (limit === null ? [] : [`${name} ${limit.left} of ${limit.limit} left`]);
  return [
    ...row('Sum', [...counts].map(([word, count]) => `${count} ${word}`).join(', ')),
    ...row('Path to zero', `${progress.merged} of ${counted(progress.repositories, 'pull request', 'pull requests')} merged, ${progress.open} open`),
    ...row('Limits', [...left('this run', limits.run), ...left('open at once', limits.open), ...left('this hour', limits.hour)].join(' · ')),
    ...row('Tracking', trackingIssue === null ? '' : view.clean(trackingIssue.url)),
    ...row('Requests', Object.entries(requests).map(([family, count]) => `${family} ${count}`).join(', ')),
    ...notes.flatMap((note) => row('Note', view.clean(note))),
  ];
}

function next(view: View, { items, written, kind }: CampaignResult): string[] {
  const { paint, command } = view;
  if (kind === 'status') return [];
  const open = items.some(({ outcome }) => outcome === 'created' || outcome === 'updated' || outcome === 'closed');
  if (!written && open) return [paint.command(command), paint.dim(kind === 'close' ? '  closes them, each with a word' : '  makes them; no branch is forced, nothing is merged')];
  return items.some(({ outcome }) => outcome === 'held' || outcome === 'failed') ? [paint.command(command), paint.dim('  goes on: what is there already is not made again')] : [];
}
