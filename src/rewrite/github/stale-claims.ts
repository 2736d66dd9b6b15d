import type { FileRefusal, Replacement } from '../types.ts';

/** What a workflow says, beyond the names of its secrets, that no longer holds once its jobs federate: who pays, and by what it logs in. */

const SAID = /(?:^|\s)#|^\s*(?:- )?name:|\becho\b|::(?:error|warning|notice)/;
const ABOUT_MONEY = /\b(?:plan|pro|max) subscription|subscription (?:plan|token|via)|\bfree\b(?!-form|[ -]?(?:up|disk|space|to\b))|free[- ]tier|effectively free|cost[^.]{0,30}\b(?:absorbed|covered|subscription)|無料|免费|免費/i;
/** What it says where no API is billed: the job's own words about another meter are left alone. */
const ABOUT_ACCOUNTS = /service principal|service account key|\bJSON key\b/i;
/** Inputs that name a federated identity, as a comment keeps one that was tried. */
const COMMENTED = /^\s*#\s*(workload_identity_provider|gcp_workload_identity_provider|role-to-assume|client-id|anthropic_federation_rule_id)\s*:/;

/** Lines of `before` that stand in `after` too and are made untrue by what was changed, one entry for each kind. */
export function staleClaims(before: string, after: string, done: readonly Pick<Replacement, 'provider' | 'parties' | 'names'>[]): readonly FileRefusal[] {
  const left = new Set(after.split('\n'));
  const standing = before.split('\n').flatMap((text, index) => (left.has(text) ? [{ text, line: index + 1 }] : []));
  const wasRead = (name: string): boolean => before.includes(`secrets.${name}`) && !after.includes(`secrets.${name}`);
  const isNowBilled = done.some(({ provider, parties: [party], names }) => (provider === 'google-gemini' && party === 'google') || names.some((name) => /OAUTH/i.test(name) && wasRead(name)));
  const isLogin = done.some(({ provider, names }) => (provider === 'azure' || provider === 'google-vertex') && names.some(wasRead));
  const linesWith = (pattern: RegExp): readonly number[] => standing.filter(({ text }) => SAID.test(text) && pattern.test(text)).map(({ line }) => line);
  const twins = standing.flatMap(({ text, line }) => {
    const input = COMMENTED.exec(text)?.[1];
    return input !== undefined && new RegExp(`^\\s*${input}:`, 'm').test(after) && !new RegExp(`^\\s*${input}:`, 'm').test(before) ? [line] : [];
  });
  return [
    ...told(isNowBilled ? linesWith(ABOUT_MONEY) : [], 'how the calls are paid for, and they are billed to the API or the project now', 'Say there what pays now.'),
    ...told(isLogin ? linesWith(ABOUT_ACCOUNTS) : [], 'the login by a key, and the step logs in by federation now', 'Name the step or the comment after what it does now.'),
    ...told(twins, 'an input in a comment that stands below it with a value now', 'Take the comment out.'),
  ];
}

function told(lines: readonly number[], what: string, byHand: string): readonly FileRefusal[] {
  const [line] = lines;
  if (line === undefined) return [];
  const shown = lines.length === 1 ? 'The line speaks' : `Lines ${lines.slice(0, -1).join(', ')} and ${lines.at(-1) ?? ''} speak`;
  return [{ code: 'unknown-shape', line, reason: `${shown} of ${what}.`, byHand, migrations: [], shadows: false }];
}
