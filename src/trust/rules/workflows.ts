/** Rules on GitHub Actions workflows. */
import type { TrustRule, WorkflowJob } from '../model.ts';
import { quote, rule, type Draft } from './_shared.ts';

/** Events that run with the base repository's rights although a stranger can cause them. */
const FOREIGN = [
  'pull_request_target',
  'workflow_run',
  'issue_comment',
  'issues',
  'discussion',
  'discussion_comment',
  'pull_request_review',
  'pull_request_review_comment',
];

const tp055 = rule(
  {
    id: 'TP055',
    title: "Token for jobs that need none, or that run strangers' code",
    parties: ['github-workflow'],
    severity: 'critical',
    fix: 'Grant `id-token: write` to the one job that federates, and run code of pull requests in another.',
  },
  (document): readonly Draft[] => {
    const { workflow } = document;
    if (workflow === undefined) return [];
    const heirs = workflow.jobs.filter(({ idToken }) => idToken === 'workflow');
    const whole: readonly Draft[] = workflow.grantsAll
      ? [
          {
            place: '/permissions',
            severity: heirs.length > 1 ? 'high' : 'medium',
            message: `"id-token: write" holds for the whole workflow (${heirs.length} job(s) inherit it)`,
          },
        ]
      : [];
    const jobs = workflow.jobs
      .filter(({ idToken }) => idToken !== 'none')
      .flatMap((job): readonly Draft[] => {
        const foreign = workflow.triggers.filter((event) => FOREIGN.includes(event) && !excludes(job.condition, event));
        if (foreign.length > 0 && job.checksOutHead !== undefined)
          return [{ place: job.place, message: `job ${quote(job.name)} can ask for a token and fetches ${quote(job.checksOutHead)} on ${foreign.join(', ')}` }];
        const isPull = workflow.triggers.includes('pull_request') && !excludes(job.condition, 'pull_request');
        return isPull && job.checksOut
          ? [{ place: job.place, severity: 'high', message: `job ${quote(job.name)} can ask for a token and runs the code of pull requests` }]
          : [];
      });
    return [...whole, ...jobs];
  },
);

/** Whether the condition of a job is false on `event`. Only comparisons with a fixed event or branch are understood. */
function excludes(condition: string, event: string): boolean {
  const text = condition
    .trim()
    .replace(/^\$\{\{([\s\S]*)\}\}$/, '$1')
    .trim();
  if (text === '') return false;
  const choices = splitOutside(text, '||');
  if (choices.length > 1) return choices.every((choice) => excludes(choice, event));
  const parts = splitOutside(text, '&&');
  if (parts.length > 1) return parts.some((part) => excludes(part, event));
  if (text.startsWith('(') && text.endsWith(')')) return excludes(text.slice(1, -1), event);
  const compared = /^github\.event_name\s*(==|!=)\s*'([^']*)'$/.exec(text) ?? /^()'([^']*)'\s*==\s*github\.event_name$/.exec(text);
  if (compared !== null) return compared[1] === '!=' ? compared[2] === event : compared[2] !== event;
  // A pull request has a ref of its own; events that run for the base repository have the ref of a branch.
  return (
    event === 'pull_request' &&
    /^(?:github\.ref\s*==\s*'refs\/(?:heads|tags)\/[^']*'|startsWith\(\s*github\.ref\s*,\s*'refs\/(?:heads|tags)\/[^']*'\s*\))$/.test(text)
  );
}

/** The parts of an expression between operators that stand in no parentheses and no text. */
function splitOutside(text: string, operator: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === "'") isQuoted = !isQuoted;
    if (isQuoted) continue;
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (depth !== 0 || !text.startsWith(operator, at)) continue;
    parts.push(text.slice(from, at));
    from = at + operator.length;
    at = from - 1;
  }
  return [...parts, text.slice(from)];
}

const PINNED = /@(?:[0-9a-f]{40}|[0-9a-f]{64}|sha256:[0-9a-f]{64})$/;

function unpinned(job: WorkflowJob, owners: readonly string[]): WorkflowJob['uses'] {
  return job.uses.filter(({ text }) => {
    if (text.startsWith('./') || PINNED.test(text)) return false;
    const owner = text.split('/', 1)[0]?.toLowerCase() ?? '';
    return text.startsWith('docker://') || !owners.includes(owner);
  });
}

const tp056 = rule(
  { id: 'TP056', title: 'Action that can change beside a token', parties: ['github-workflow'], severity: 'high', fix: 'Pin the action to a full commit hash.' },
  (document, context) => {
    const owners = [
      'actions',
      'github',
      ...(context.repositories ?? []).filter(({ host }) => host === 'github').map(({ path }) => path.split('/', 1)[0]?.toLowerCase() ?? ''),
    ];
    return (document.workflow?.jobs ?? [])
      .filter(({ idToken }) => idToken !== 'none')
      .flatMap((job) =>
        unpinned(job, owners).map(({ place, text }) => ({ place, message: `job ${quote(job.name)} can ask for a token and uses ${quote(text)}` })),
      );
  },
);

const tp057 = rule(
  {
    id: 'TP057',
    title: 'Key still there beside federation',
    parties: ['github-workflow'],
    severity: 'medium',
    fix: 'Remove the key from the job after one run has succeeded without it.',
  },
  (document) =>
    (document.workflow?.jobs ?? [])
      .filter(({ idToken }) => idToken !== 'none')
      .flatMap((job) =>
        job.staticKeys
          .filter(({ vendor }) => job.federates.includes(vendor))
          .map(({ place, vendor, name }) => ({ place, message: `job ${quote(job.name)} federates with ${vendor} and is given ${quote(name)} too` })),
      ),
);

export const workflowRules: readonly TrustRule[] = [tp055, tp056, tp057];
