import type { CampaignItem, Outcome } from '../model/pull-request.ts';
import { inert } from './markdown-inert.ts';

const MOST_ROWS = 400;
const BAR = 20;

const WORDS: Readonly<Record<Outcome, string>> = {
  created: 'open', updated: 'open', unchanged: 'open', closed: 'closed', merged: 'merged', left: 'left alone', held: 'to come', nothing: 'nothing to do', refused: 'cannot be done', failed: 'to be tried again',
};

/** Of the tracking issue. Nothing in it comes from a scan. */
export const TRACKING_TITLE = 'Path to zero stored AI keys';

/** What the tracking issue says: how far all is, and each pull request. `marker`: a hidden line by which it is found again. Ends with a line feed. */
export function trackingBody(items: readonly CampaignItem[], marker: string): string {
  const counted = items.filter(({ outcome }) => outcome !== 'nothing');
  const merged = counted.filter(({ outcome }) => outcome === 'merged').length;
  const filled = counted.length === 0 ? 0 : Math.floor((merged * BAR) / counted.length);
  return `${[
    marker,
    `\`${'█'.repeat(filled)}${'░'.repeat(BAR - filled)}\` ${merged} of ${counted.length} merged`,
    '',
    '| repository | pull request | state | |',
    '| --- | --- | --- | --- |',
    ...counted.slice(0, MOST_ROWS).map(row),
    ...(counted.length > MOST_ROWS ? ['', `and ${counted.length - MOST_ROWS} more: \`dekey campaign status\``] : []),
    '',
    'dekey keeps this up to date. Each pull request says what has to exist before it is merged, and which secret can be deleted afterwards.',
  ].join('\n')}\n`;
}

function row({ repository, provider, number, url, state, outcome, reason }: CampaignItem): string {
  const link = number === null ? '' : url === null ? `${number}` : `[${number}](${url})`;
  const word = (outcome === 'created' || outcome === 'updated' || outcome === 'unchanged') && state === 'draft' ? 'draft' : WORDS[outcome];
  return `| ${inert(repository)}${provider === null ? '' : ` (${inert(provider)})`} | ${link} | ${word} | ${reason === null ? '' : inert(reason, 160)} |`;
}
