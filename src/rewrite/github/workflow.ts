/**
 * GitHub Actions: workflows, called workflows and composite actions of one repository.
 *
 * A job gets its identity by the action's own inputs where it has them, and else by one step before the first that needs it; what named the key goes.
 */
import type { Change } from '../../model/change.ts';
import { eventsOf, mayRunOn, mayStrangersCause, PULLS } from '../../platforms/_shared/github-events.ts';
import { strangersChange } from '../../platforms/_shared/github-token.ts';
import { entriesOf, entry, get, itemsOf, textOf, textsOf, walk, type YamlEntry, type YamlNode } from '../../support/yaml.ts';
import { CannotRewrite } from '../cannot.ts';
import type { Edit } from '../edit.ts';
import { editorOf } from '../editors.ts';
import type { FileRefusal, Kept, Replacement, RewriteContext, Rewriter, Rewriting } from '../types.ts';
import type { YamlEdit, YamlMap } from '../yaml-edit.ts';
import { houseOf } from './actions.ts';
import { isStartedAnywhere, madeForBranches } from './by-hand.ts';
import { commentSplices } from './comments.ts';
import { compositeEdits, folderOf } from './composite.ts';
import { askersOf } from './gates.ts';
import { type JobEdits, keysOf, planJob, type Scene } from './job.ts';
import { workflowProblems } from './parser.ts';
import { permissionEdit } from './permissions.ts';
import { environmentOf, normal, stepsOf, triggersOf, type Use, usesOf } from './uses.ts';

const WORKFLOW = /^\.github\/workflows\/[^/]+\.ya?ml$/i;
const ACTION = /(?:^|\/)action\.ya?ml$/;

export const githubActions: Rewriter = {
  id: 'github-actions',
  matches: (path, text) => WORKFLOW.test(path) || (ACTION.test(path) && /^["']?runs["']?[ \t]*:/m.test(text)),
  rewrite(path, text, context) {
    const editor = editorOf(text);
    const [root] = editor.file.documents;
    const [problem] = editor.file.problems;
    if (problem !== undefined || root?.kind !== 'map') {
      return { changes: [], refusals: context.own.map((one) => ({ code: 'not-readable', line: problem?.line ?? one.line, reason: `The file cannot be edited safely: ${problem?.message ?? 'it is no map'}.`, byHand: 'Correct the file, then plan again.', migrations: [one.migration], shadows: false })) };
    }
    if (isGenerated(text)) {
      return { changes: [], refusals: [...context.own, ...context.kept.filter((one) => one.path === path)].map((one) => ({ code: 'template', line: one.line, reason: 'The file says that it is generated.', byHand: 'Change what it is generated from, generate it again, and plan again.', migrations: [one.migration], shadows: false })) };
    }
    return ACTION.test(path) ? rewriteAction(path, root, context) : rewriteWorkflow(path, text, root, context);
  },
  problems: (path, text) => (ACTION.test(path) ? [] : workflowProblems(text)),
};

/** Whether the comments at the head of a file say that a program writes it. */
function isGenerated(text: string): boolean {
  const head = text.split('\n', 40).filter((line) => /^\uFEFF?\s*#/.test(line)).slice(0, 30).join('\n');
  return /(?:do not|don['’]t|never)\s+(?:directly\s+|manually\s+)?(?:edit|modify|change)\b|\b(?:auto|automatically)[- ]?generated\b|\bgenerated\s+(?:by|from|automatically)\b/i.test(head);
}

interface JobNode {
  readonly id: string;
  readonly entry: YamlEntry;
  readonly job: YamlMap;
  readonly replacement: Replacement;
}

function rewriteWorkflow(path: string, text: string, root: YamlMap, context: RewriteContext): Rewriting {
  const editor = editorOf(text);
  const scene: Scene = { text, editor, root, house: houseOf(text), context, triggers: triggersOf(root), isCalled: false };
  const jobs = entriesOf(get(root, 'jobs'));
  const nodes = jobs.flatMap((one): JobNode[] => {
    const { value } = one;
    if (value.kind !== 'map') return [];
    // By name: lines move with the first edit.
    const own = context.own.filter((replacement) => replacement.workload.endsWith(` › ${one.key}`));
    return own.map((replacement) => ({ id: one.key, entry: one, job: value, replacement }));
  });
  const changes: Change<Edit>[] = [];
  const refusals: FileRefusal[] = [];
  const caller = scene.triggers.includes('workflow_call') ? anyCallerOf(path, context) : undefined;
  if (caller !== undefined && nodes.length > 0) {
    for (const node of nodes) attempt([node], changes, refusals, () => {
      throw new CannotRewrite('unknown-shape', `The workflow runs by itself and is also called by ${caller}, which would have to grant id-token: write and has another identity.`, 'Split it: one workflow that is only called, and one for its own runs that calls it.');
    });
    return { changes, refusals };
  }
  for (const provider of new Set(nodes.map(({ replacement }) => replacement.provider))) {
    const own = nodes.filter(({ replacement }) => replacement.provider === provider);
    const [first] = own;
    if (first === undefined) continue;
    const rootUses = rootUsesOf(scene, first.replacement);
    if (rootUses.length === 0) {
      for (const node of own) attempt([node], changes, refusals, () => jobChange(scene, node, own, jobs.length));
    } else {
      attempt(own, changes, refusals, () => sharedChange(scene, path, own, rootUses, context.kept, jobs.length));
    }
  }
  const called = calledChanges(scene, path, context);
  return { changes: [...changes, ...called.changes].map((change, _, all) => withComments(scene, change, all, [...refusals, ...called.refusals])), refusals: [...refusals, ...called.refusals] };
}

/** Comments that tell people to store a secret name what is read in its place, where this change alone decides whether it is needed. */
function withComments({ text, editor, root, context }: Scene, change: Change<Edit>, all: readonly Change<Edit>[], refusals: readonly FileRefusal[]): Change<Edit> {
  const own = context.all.filter(({ migration }) => change.migrations.includes(migration));
  const providers = new Set(own.map(({ provider }) => provider));
  const ofProviders = new Set(context.all.filter(({ provider }) => providers.has(provider)).map(({ migration }) => migration));
  const isOfThem = ({ migrations }: { readonly migrations: readonly string[] }): boolean => migrations.some((migration) => ofProviders.has(migration));
  if (all.some((other) => other !== change && isOfThem(other)) || refusals.some(isOfThem)) return change;
  const made = editor.make(change.edits.filter((edit): edit is YamlEdit => edit.kind !== 'text'), change.edits.filter((edit) => edit.kind === 'text'));
  if (!made.ok) return change;
  const scalars: { start: number; end: number }[] = [];
  walk(root, '', ({ outer }) => {
    scalars.push(outer);
  });
  const splices = commentSplices(text, made.text, own.flatMap(({ names }) => names), scalars);
  return splices.length === 0 ? change : { ...change, title: `${change.title}; a comment names what is read now`, edits: [...change.edits, ...splices.map((splice) => ({ kind: 'text' as const, ...splice }))] };
}

/** Makes a change, or the refusal that says why there is none. */
function attempt(nodes: readonly JobNode[], changes: Change<Edit>[], refusals: FileRefusal[], make: () => Change<Edit>): void {
  try {
    const change = make();
    // A job that only calls a workflow may be allowed everything already: then the called one is all there is to change.
    if (change.edits.length > 0) changes.push(change);
  } catch (error) {
    if (!(error instanceof CannotRewrite)) throw error;
    const title = nodes[0]?.replacement.title ?? '';
    refusals.push({
      code: error.code,
      line: error.line ?? nodes[0]?.replacement.line ?? 1,
      // Several providers may be refused for the same in one job.
      reason: error.message.includes(title) ? error.message : `${title}: ${error.message}`,
      byHand: error.byHand,
      migrations: nodes.map(({ replacement }) => replacement.migration),
      shadows: error.shadows,
    });
  }
}

function rootUsesOf(scene: Scene, replacement: Replacement): readonly Use[] {
  const env = get(scene.root, 'env');
  return env?.kind === 'map' ? usesOf(env, keysOf(replacement), () => 'workflow-env') : [];
}

/** One job, one provider. */
function jobChange(scene: Scene, node: JobNode, nodes: readonly JobNode[], count: number): Change<Edit> {
  const asked = nodes.filter((other) => other !== node && askersOf(scene.root, other.id, keysOf(other.replacement)).some(({ id }) => id === node.id));
  const done = editsOf(scene, node, [], count, asked);
  const change = changeOf(`${node.id}/${node.replacement.provider}`, node.id, [done], [node]);
  const requires = [...requiredBy(scene, node), ...neededBy(node, done), ...gatesOf(scene, node, nodes), ...asked.map(({ id, replacement }) => ({ path: replacement.path, id: `${id}/${replacement.provider}` }))];
  return requires.length === 0 ? change : { ...change, requires };
}

/** Jobs before this one that ask for the key: without it their answer is no, and this one would not run. */
function gatesOf(scene: Scene, { id, replacement }: JobNode, nodes: readonly JobNode[]): NonNullable<Change<Edit>['requires']> {
  return askersOf(scene.root, id, keysOf(replacement)).map((asker) => {
    if (!nodes.some((node) => node.id === asker.id)) {
      throw new CannotRewrite('needs-other-change', `Job ${asker.id} asks whether there is the key, this job waits for it, and what it asks cannot be changed.`, 'Let it ask for the variable that the plan sets, then plan again.', { line: scene.editor.lineOf(asker.use.scalar) });
    }
    return { path: replacement.path, id: `${asker.id}/${replacement.provider}` };
  });
}

/** Changes of the same job that a change rests on: a login that federates once they are made. */
function neededBy({ id, replacement }: JobNode, { needs = [] }: JobEdits): NonNullable<Change<Edit>['requires']> {
  return needs.map((provider) => ({ path: replacement.path, id: `${id}/${provider}` }));
}

/** What has to change with a job: the workflow it calls, the composite actions it no longer hands the key to. */
function requiredBy(scene: Scene, { job, replacement }: JobNode): NonNullable<Change<Edit>['requires']> {
  const callee = localPath(textOf(get(job, 'uses')) ?? '');
  if (callee !== undefined) return [{ path: callee, id: `called/${replacement.provider}` }];
  const folders = stepsOf(job).flatMap(({ step }) => {
    const folder = folderOf(textOf(get(step, 'uses')) ?? '');
    const hands = entriesOf(get(step, 'with')).some(({ value }) => value.kind === 'scalar' && usesOf(step, keysOf(replacement), () => 'step-with').some((use) => use.scalar === value));
    return folder === undefined || folder === '' || !hands ? [] : [folder];
  });
  return [...new Set(folders)].flatMap((folder) => ['action.yml', 'action.yaml'].map((file) => `${folder}/${file}`).filter((path) => scene.context.read(path) !== undefined).map((path) => ({ path, id: `action/${replacement.provider}` })));
}

/** A key in the `env` of the workflow reaches every job: it goes from all of them at once, or stays. */
function sharedChange(scene: Scene, path: string, nodes: readonly JobNode[], rootUses: readonly Use[], kept: readonly Kept[], count: number): Change<Edit> {
  const [first] = nodes;
  if (first === undefined) throw new CannotRewrite('unknown-shape', 'No job uses the key.', 'Take it out of the env of the workflow by hand.');
  const stuck = kept.filter((one) => one.path === path && one.provider === first.replacement.provider);
  const [reason] = stuck;
  if (reason !== undefined) {
    throw new CannotRewrite('shadowing', `The env of the workflow hands the key to every job, and ${reason.workload} still needs it: ${reason.reason}`, 'Move the key into the env of the steps that still need it, then plan again.', { shadows: true, line: scene.editor.lineOf(rootUses[0]?.scalar ?? scene.root) });
  }
  const done = nodes.map((node) => editsOf(scene, node, rootUses, count));
  if (!done.some(({ needsToken }) => needsToken)) throw new CannotRewrite('unknown-shape', 'No step of any job is seen to use the key.', 'Take it out of the env of the workflow by hand, if nothing needs it.', { line: scene.editor.lineOf(rootUses[0]?.scalar ?? scene.root) });
  const change = changeOf(`workflow/${first.replacement.provider}`, nodes.filter((_, index) => done[index]?.needsToken === true).map(({ id }) => id).join(', '), done, nodes);
  const requires = nodes.flatMap((node, index) => (done[index] === undefined ? [] : neededBy(node, done[index])));
  return requires.length === 0 ? change : { ...change, requires };
}

function editsOf(scene: Scene, { job, replacement }: JobNode, rootUses: readonly Use[], count: number, asked: readonly JobNode[] = []): JobEdits {
  const calls = textOf(get(job, 'uses'));
  refuseStrangersCode(scene, job);
  const done = calls === undefined ? planJob(scene, job, replacement, rootUses, asked) : planCall(scene, job, calls, replacement);
  if (!done.needsToken) return done;
  refuseSharedEnvironment(scene, job);
  const callee = calls === undefined ? [] : calleeJobs(scene, calls);
  const permission = permissionEdit(scene.root, job, count, scene.house, scene.context.read, callee);
  if (permission.kind === 'impossible') throw new CannotRewrite('unknown-shape', `The job cannot be given id-token: write: ${permission.reason}.`, 'Write the permissions of the job out by hand, id-token: write among them, then plan again.');
  const doubts = [...done.doubts, ...(permission.kind === 'edits' && !permission.reviewed ? ['the permissions written out are what its steps are known to need; a script may need more'] : []), ...eventDoubts(scene, job, replacement)];
  return { ...done, edits: [...done.edits, ...(permission.kind === 'edits' ? permission.edits : [])], doubts, why: [...done.why, ...(permission.kind === 'edits' ? [`${permission.what}.`] : [])] };
}

/** Events that anybody can cause. */
const OUTSIDERS = new Set(['issue_comment', 'issues', 'discussion', 'discussion_comment', 'pull_request_review', 'pull_request_review_comment', 'fork', 'watch']);

/** What names the code of a pull request where the event is a comment on it: as the `ref` of a checkout, and in a script. `github.head_ref` is empty there. */
const PULL_REQUEST_REF = /refs\/pull\/|(?:^|[^\w])head(?!_ref)|\.outputs\.\w*(?:ref|sha|branch)/i;
const PULL_REQUEST_CHECKOUT = /\bgh pr checkout\b|\bgit (?:fetch|checkout|pull|switch|reset|merge)\b[^\n]*(?:pull\/|head)/i;

/**
 * A job that a comment starts and that checks out the pull request: whoever wrote that could ask for the job's token, whoever wrote the comment. The secret stood in the environment of one
 * step; the token can be had from every step. Only an environment lets a person look first.
 */
function refuseStrangersCode(scene: Scene, job: YamlMap): void {
  const { triggers, editor } = scene;
  if (!eventsOf(textOf(get(job, 'if')) ?? '', triggers).includes('issue_comment') || entry(job, 'environment') !== undefined) return;
  const calls = textOf(get(job, 'uses'));
  const called = calls === undefined ? [] : calleeJobs(scene, calls).filter((one) => entry(one, 'environment') === undefined);
  const at = [job, ...called].flatMap(stepsOf).map(({ step }) => step).find((step) => PULL_REQUEST_REF.test(textOf(get(get(step, 'with'), 'ref')) ?? '') || PULL_REQUEST_CHECKOUT.test(textOf(get(step, 'run')) ?? ''));
  if (at === undefined) return;
  const { reason, unblock } = strangersChange('issue_comment');
  throw new CannotRewrite('no-path', reason, unblock, { line: editor.lineOf(calls === undefined ? at : job) });
}

/** Agents that act on what they read. */
const AGENT = /^(?:anthropics\/claude-code|google-github-actions\/run-gemini-cli|openai\/codex-action)/i;
/** Logins that show the job's token to a cloud or a broker. */
const LOGIN = /^(?:aws-actions\/configure-aws-credentials|azure\/login|google-github-actions\/auth|hashicorp\/vault-action|infisical\/secrets-action|dopplerhq\/secrets-fetch-action)$/i;
const BY_TOKEN = /^(?:role-to-assume|client-id|workload_identity_provider|method|auth-method)$/;

/**
 * An agent that gets `id-token: write` in an environment by which another job logs in elsewhere: its token would say the same, and open the same doors.
 *
 * @throws CannotRewrite
 */
function refuseSharedEnvironment({ root, editor, context }: Scene, job: YamlMap): void {
  const name = environmentOf(job);
  const isGranted = [get(job, 'permissions'), entry(job, 'permissions') === undefined ? get(root, 'permissions') : undefined].some((block) => textOf(get(block, 'id-token')) === 'write' || textOf(block) === 'write-all');
  if (name === undefined || name.includes('${{') || isGranted || !stepsOf(job).some(({ step }) => AGENT.test(textOf(get(step, 'uses')) ?? ''))) return;
  for (const path of (context.paths ?? []).filter((one) => WORKFLOW.test(one))) {
    const other = context.read(path);
    if (other === undefined || !other.includes(name)) continue;
    const login = entriesOf(get(editorOf(other).file.documents[0], 'jobs')).find(
      ({ value }) => environmentOf(value) === name && stepsOf(value).some(({ step }) => LOGIN.test((textOf(get(step, 'uses')) ?? '').replace(/@.*$/, '')) && entriesOf(get(step, 'with')).some(({ key }) => BY_TOKEN.test(key))),
    );
    if (login === undefined) continue;
    throw new CannotRewrite('no-path', `Job ${login.key} of ${path} logs in elsewhere by the environment ${name}: an agent that may ask for a token there could do so too.`, 'Give the agent an environment of its own, then plan again.', { line: editor.lineOf(job) });
  }
}

/** Actions that stop unless the person who causes the run may write, whatever the event. https://github.com/anthropics/claude-code-action/blob/main/docs/security.md, 2026-11-30. */
const ASKS_FOR_WRITE = /^anthropics\/claude-code-action(?:@|$)/i;

/** Whether nothing but fetching the code comes before an action that stops for strangers, and nothing runs after it has stopped. */
function isHeldByAgent(job: YamlMap): boolean {
  const steps = stepsOf(job).map(({ step }) => step);
  const at = steps.findIndex((step) => ASKS_FOR_WRITE.test(textOf(get(step, 'uses')) ?? ''));
  const inputs = get(steps[at], 'with');
  const isOpen = entry(inputs, 'allowed_non_write_users') !== undefined || (textOf(get(inputs, 'allowed_bots')) ?? '').includes('*') || get(steps[at], 'continue-on-error') !== undefined;
  return at >= 0 && !isOpen && steps.slice(0, at).every((step) => /^actions\/checkout(?:@|$)/i.test(textOf(get(step, 'uses')) ?? '')) && steps.slice(at + 1).every((step) => !/\b(?:always|failure|cancelled)\(\)/.test(textOf(get(step, 'if')) ?? ''));
}

/** What only people with rights in the repository do to an issue or a discussion. */
const TRIAGED = new Set(['labeled', 'unlabeled', 'assigned', 'unassigned', 'milestoned', 'demilestoned', 'pinned', 'unpinned', 'locked', 'unlocked', 'transferred', 'category_changed']);

/** Whether the workflow waits for a person to label, and no form for new issues sets a label by itself. */
function isTriaged({ root, context: { paths = [], read } }: Scene, trigger: string): boolean {
  const types = get(get(get(root, 'on'), trigger), 'types');
  const named = types?.kind === 'scalar' ? [types.value] : textsOf(types);
  const setsLabels = (path: string): boolean => /^\.github\/(?:ISSUE|DISCUSSION)_TEMPLATE/i.test(path) && /^labels:[ \t]*(?:\r?\n[ \t]*-|["'[]*\w)/m.test(read(path) ?? '');
  return named.length > 0 && named.every((type) => TRIAGED.has(type)) && !paths.some(setsLabels);
}

/** By the conditions of the job and of those that it waits for. */
function whoMayCause(scene: Scene, job: YamlMap, trigger: string): 'anybody' | 'whomever a job before lets through' | 'whoever may triage' | 'known people' {
  const { root } = scene;
  const before = textsOf(get(job, 'needs')).flatMap((id) => get(get(root, 'jobs'), id) ?? []);
  const conditionOf = (one: YamlNode): string => textOf(get(one, 'if')) ?? '';
  // A job that runs whatever became of those before it is not held back by them.
  const isAnyway = /\b(?:always|failure|cancelled)\(\)/.test(conditionOf(job));
  if ([job, ...(isAnyway ? [] : before)].some((one) => !mayStrangersCause(conditionOf(one), trigger)) || isHeldByAgent(job)) return 'known people';
  if (isTriaged(scene, trigger)) return 'whoever may triage';
  return /\bneeds\.[\w-]+\.outputs\./.test(conditionOf(job)) ? 'whomever a job before lets through' : 'anybody';
}

/** A rule trusts one subject: what runs of the workflow have another, and who can cause them. */
function eventDoubts(scene: Scene, job: YamlMap, { identity, otherRuns = [] }: Replacement): readonly string[] {
  const { root, text } = scene;
  const triggers = eventsOf(textOf(get(job, 'if')) ?? '', scene.triggers);
  const doubts: string[] = [];
  const outsider = triggers.find((trigger) => OUTSIDERS.has(trigger) && whoMayCause(scene, job, trigger) !== 'known people');
  const cause = outsider === undefined ? 'known people' : whoMayCause(scene, job, outsider);
  if (outsider !== undefined) doubts.push(cause === 'whoever may triage' ? `${cause} can cause a run by ${outsider}, over what anybody may have written: keep that text away from what runs commands` : `${cause} can cause a run by ${outsider}, and every step of it can then ask for the job’s token: keep untrusted text away from what runs commands`);
  if (text.split('\n').some((line) => /\b(?:id-token|OIDC)\b/i.test(line) && !/^\s*["']?id-token["']?\s*:\s*["']?(?:write|none)/.test(line))) doubts.push('the file speaks of id-token or OIDC: see that what it says still holds');
  if (entry(job, 'environment') !== undefined) return doubts;
  const reviews = triggers.filter((trigger) => trigger.startsWith('pull_request_review'));
  if (reviews.length > 0) doubts.push(`runs for ${reviews.join(' and ')} belong to a pull request and take its identity; GitHub does not say what their subject is, so look at one such run`);
  if (triggers.includes('workflow_call') && triggers.length > 1) doubts.push('callers in other repositories, if there are any, have to grant id-token: write, and have an identity of their own');
  if (triggers.some((trigger) => PULLS.has(trigger)) && triggers.some((trigger) => !PULLS.has(trigger)) && otherRuns.every(({ run }) => run.event !== 'pull_request')) doubts.push('runs for pull requests get no identity, since the rule trusts the branch: what needs the model is left out or fails there; for both give the job an environment');
  const subject = identity.subject?.map((part) => (typeof part === 'string' ? part : '*')).join('') ?? '';
  const branch = /:ref:refs\/heads\/(.+)$/.exec(subject)?.[1];
  if (branch?.includes('*') === true) return [...doubts, 'the branch that the rule trusts is not known yet: plan in a clone, or with --branch'];
  if (branch === undefined) return doubts;
  const push = get(get(root, 'on'), 'push');
  const condition = textOf(get(job, 'if')) ?? '';
  const branches = itemsOf(get(push, 'branches')).flatMap((item) => textOf(item) ?? []).filter((name) => mayRunOn(condition, 'push', name));
  const trusted = new Set([branch, ...otherRuns.flatMap(({ run }) => (run.event === 'push' ? [run.branch] : []))]);
  const isDefault = (name: string): boolean => /^(?:main|master)$/.test(name);
  const others = branches.filter((one) => !trusted.has(one) && !(isDefault(one) && isDefault(branch)));
  // Where a run is known to be refused, the job would stop there.
  const elsewhere = (what: string): CannotRewrite => new CannotRewrite('no-path', `The rule would trust the branch ${branch}, and the job also runs for ${what}, where its token would be refused.`, 'Give the job an environment, whose name then stands in every token of it, or keep those runs out by a condition; then plan again.');
  const isBound = /\bgithub\.(?:ref|ref_name|ref_type|base_ref)\b|startsWith\(/.test(condition);
  if (others.length > 0) throw elsewhere(`pushes to ${others.join(', ')}`);
  if (triggers.includes('push') && mayRunOn(condition, 'push', 'a-branch-of-somebody') && branches.length === 0 && (push?.kind !== 'map' || push.entries.every(({ key }) => key !== 'tags' && key !== 'branches'))) throw elsewhere('pushes to every other branch');
  if (triggers.includes('push') && get(push, 'tags') !== undefined && !isBound) throw elsewhere('tags');
  if (triggers.includes('release') && triggers.length > 1 && !isBound) throw elsewhere('releases');
  if (isStartedAnywhere(condition, triggers)) {
    const at = madeForBranches([job, ...calleeJobs(scene, textOf(get(job, 'uses')) ?? '')], trusted);
    if (at !== undefined) throw new CannotRewrite('no-path', `The rule would trust the branch ${branch}, and a step of the job is made for runs that are started by hand on another one, where its token would be refused.`, 'Give the job an environment, whose name then stands in every token of it; then plan again.');
    doubts.push(`a run started by hand on another branch than ${[...trusted].join(' or ')} is refused a token`);
  }
  if (triggers.includes('merge_group') && triggers.length > 1) doubts.push(`runs for merge_group have another subject than the branch ${branch} that the rule trusts`);
  return doubts;
}

function changeOf(id: string, jobs: string, done: readonly JobEdits[], nodes: readonly JobNode[]): Change<Edit> {
  const list = (pick: (one: JobEdits) => readonly string[]): string[] => [...new Set(done.flatMap(pick))];
  const doubts = list((one) => one.doubts);
  if (doubts.length === 0 && done.some(({ needsToken }) => !needsToken)) doubts.push('no step gets an identity here: see that nothing else needs the key');
  return {
    id,
    line: Math.min(...done.map(({ line }) => line)),
    title: `${jobs}: ${list((one) => one.titles).join('; ')}`,
    why: list((one) => one.why).join(' '),
    safety: doubts.length === 0 ? 'safe' : 'unsafe',
    reason: doubts.length === 0 ? 'The action itself asks for the token, the job is allowed to have one, and no key is left in its environment.' : `Look at this: ${doubts.join('; ')}.`,
    migrations: nodes.map(({ replacement }) => replacement.migration),
    ...(done.every(({ standsAlone }) => standsAlone) ? { standsAlone: true as const } : {}),
    edits: done.flatMap(({ edits }) => edits),
  };
}

// --- workflows that call, and that are called ---

/** `./.github/workflows/x.yml` of this repository, or `$/.github/workflows/x.yml`, as a path. */
function localPath(calls: string): string | undefined {
  return /^[.$]\//.test(calls) ? calls.slice(2) : undefined;
}

function calleeJobs(scene: Scene, calls: string): readonly YamlMap[] {
  const path = localPath(calls);
  const text = path === undefined ? undefined : scene.context.read(path);
  const [root] = text === undefined ? [] : editorOf(text).file.documents;
  return entriesOf(get(root, 'jobs')).flatMap(({ value }) => (value.kind === 'map' ? [value] : []));
}

/** The job that calls another workflow: it no longer hands the key over, once the called one does without. */
function planCall(scene: Scene, job: YamlMap, calls: string, replacement: Replacement): JobEdits {
  const callee = localPath(calls);
  const text = callee === undefined ? undefined : scene.context.read(callee);
  if (callee === undefined || text === undefined) {
    throw new CannotRewrite('other-repository', `The job calls ${calls.replace(/@.*$/, '')}, which another repository holds.`, 'Change that workflow first, or call the model from a job of this repository.');
  }
  const uses = usesOf(job, keysOf(replacement), ([first]) => (first === 'secrets' ? 'secrets' : 'other'));
  const odd = uses.find((use) => use.scope !== 'secrets' || use.held === undefined || (use.shape !== 'plain' && use.shape !== 'fallback'));
  const inherits = textOf(get(job, 'secrets')) === 'inherit';
  if ((uses.length === 0 && !inherits) || odd !== undefined) {
    throw new CannotRewrite('unknown-shape', 'The key is not handed over by name.', 'Name the secrets that the called workflow needs, without the key, then plan again.');
  }
  if (scene.context.all.some((one) => one.path === callee && one.provider === replacement.provider)) {
    throw new CannotRewrite('unknown-shape', `${callee} also runs by itself, with an identity of its own.`, 'Split it: one workflow that is only called, and one for its own runs that calls it.');
  }
  const [calleeRoot] = editorOf(text).file.documents;
  if (calleeRoot?.kind !== 'map') throw new CannotRewrite('not-readable', `${callee} cannot be read.`, 'Correct it, then plan again.');
  const made = rewriteCalled({ ...scene, text, editor: editorOf(text), root: calleeRoot, house: houseOf(text), triggers: triggersOf(calleeRoot), isCalled: true, callerEvents: eventsOf(textOf(get(job, 'if')) ?? '', scene.triggers) }, replacement, namesHandedOver(uses));
  if (made instanceof CannotRewrite) throw new CannotRewrite(made.code, `${callee} cannot be changed with it: ${made.message}`, made.byHand);
  const takes = entriesOf(get(calleeRoot, 'jobs')).some(({ value }) => value.kind === 'map' && usesOf(value, keysOf({ ...replacement, names: [...replacement.names, ...namesHandedOver(uses)] }), () => 'other').length > 0) || rootUsesOf({ ...scene, root: calleeRoot }, replacement).length > 0;
  if (uses.length > 0 && !takes) throw new CannotRewrite('unknown-shape', `${callee} declares ${namesHandedOver(uses).join(' and ')}, and no job of it reads that.`, 'Delete the secret from its declaration and from every job that hands it over, by hand.', { line: scene.editor.lineOf(uses[0]?.scalar ?? job) });
  return {
    edits: uses.flatMap(({ held }): Edit[] => (held === undefined ? [] : [{ kind: 'remove-entry', holder: held.holder, entry: held.entry, names: replacement.names }])),
    titles: [inherits ? `${callee} may ask for the identity of this job` : `key is no longer handed to ${callee}`],
    why: [`${callee} gets a token by the identity of this job; the permission has to be granted here, where the call is.`],
    doubts: [`${callee} has to be changed together with it`],
    line: scene.editor.lineOf(uses[0]?.scalar ?? job),
    needsToken: true,
    standsAlone: true,
  };
}

function namesHandedOver(uses: readonly Use[]): readonly string[] {
  return uses.flatMap(({ held }) => held?.entry.key ?? []);
}

/** Path of a workflow of this repository that calls the one at `path`. */
function anyCallerOf(path: string, { paths = [], read }: RewriteContext): string | undefined {
  return paths.filter((one) => WORKFLOW.test(one) && one !== path).find((one) => {
    const text = read(one);
    return text !== undefined && text.includes(path) && entriesOf(get(editorOf(text).file.documents[0], 'jobs')).some(({ value }) => localPath(textOf(get(value, 'uses')) ?? '') === path);
  });
}

interface Caller {
  readonly path: string;
  readonly job: string;
  /** Undefined when the caller keeps its key. */
  readonly replacement: Replacement | undefined;
  readonly names: readonly string[];
  /** Whether anything of it has to change. */
  readonly changes: boolean;
  /** For which it may call. */
  readonly events: readonly string[];
}

/** Jobs of this repository that call the workflow at `path` and hand keys of `provider` over, by name or all of them. */
function callersOf(path: string, provider: string, context: RewriteContext): readonly Caller[] {
  return (context.paths ?? []).filter((one) => WORKFLOW.test(one)).flatMap((callerPath) => {
    const text = context.read(callerPath);
    if (text === undefined || !text.includes(path)) return [];
    const editor = editorOf(text);
    const [root] = editor.file.documents;
    if (root?.kind !== 'map') return [];
    const jobs = entriesOf(get(root, 'jobs'));
    return jobs.flatMap((one): Caller[] => {
      const { key, value } = one;
      if (value.kind !== 'map' || localPath(textOf(get(value, 'uses')) ?? '') !== path) return [];
      const replacement = context.all.find((other) => other.path === callerPath && other.provider === provider && other.workload.endsWith(` › ${key}`));
      if (replacement === undefined) {
        const isKept = context.kept.some((other) => other.path === callerPath && other.provider === provider && other.workload.endsWith(` › ${key}`));
        return isKept ? [{ path: callerPath, job: key, replacement: undefined, names: [], changes: false, events: [] }] : [];
      }
      const scene: Scene = { text, editor, root, house: houseOf(text), context, triggers: triggersOf(root), isCalled: false };
      return [{ path: callerPath, job: key, replacement, names: namesHandedOver(usesOf(value, keysOf(replacement), () => 'secrets')), changes: hasEdits(scene, { id: key, entry: one, job: value, replacement }, jobs.length), events: eventsOf(textOf(get(value, 'if')) ?? '', scene.triggers) }];
    });
  });
}

function hasEdits(scene: Scene, node: JobNode, count: number): boolean {
  try {
    return editsOf(scene, node, [], count).edits.length > 0;
  } catch (error) {
    if (error instanceof CannotRewrite) return true;
    throw error;
  }
}

/** A workflow that only runs when called follows its callers. */
function calledChanges(scene: Scene, path: string, context: RewriteContext): Rewriting {
  if (!scene.triggers.includes('workflow_call')) return { changes: [], refusals: [] };
  const changes: Change<Edit>[] = [];
  const refusals: FileRefusal[] = [];
  for (const provider of new Set(context.all.map((one) => one.provider))) {
    // One that also runs by itself is rewritten for that, and goes on taking the key from callers that have one.
    if (context.own.some((one) => one.provider === provider)) continue;
    const callers = callersOf(path, provider, context);
    const own = callers.flatMap(({ replacement }) => replacement ?? []);
    const [first] = own;
    if (first === undefined) continue;
    const migrations = context.kept.filter((one) => one.path === path && one.provider === provider).map(({ migration }) => migration);
    const stuck = callers.find(({ replacement }) => replacement === undefined);
    const isMixed = own.some((replacement) => replacement.suffix !== first.suffix || replacement.route !== first.route);
    const result =
      stuck !== undefined ? new CannotRewrite('needs-other-change', `Its caller ${stuck.path} (${stuck.job}) keeps the key.`, 'Mend what is refused there first, or split the workflow in two.')
      : isMixed ? new CannotRewrite('unknown-shape', 'Its callers have identities of different names.', 'Hand the ids over as inputs, one set for each caller.')
      : rewriteCalled({ ...scene, isCalled: true, callerEvents: [...new Set(callers.flatMap(({ events }) => events))] }, first, [...new Set(callers.flatMap(({ names }) => names))]);
    if (result instanceof CannotRewrite) {
      refusals.push({ code: result.code, line: result.line ?? 1, reason: result.message, byHand: result.byHand, migrations, shadows: false });
    } else if (result.edits.length > 0) {
      const requires = callers.filter((caller) => caller.changes).map((caller) => ({ path: caller.path, id: `${caller.job}/${provider}` }));
      changes.push({ ...changeOf(`called/${provider}`, 'called workflow', [result], []), migrations: [...migrations, ...own.map(({ migration }) => migration)], requires });
    }
  }
  return { changes, refusals };
}

/** Edits of a called workflow: the declared secret goes, and its jobs get a token by the identity of the caller. */
function rewriteCalled(scene: Scene, replacement: Replacement, handed: readonly string[]): JobEdits | CannotRewrite {
  try {
    const call = get(get(scene.root, 'on'), 'workflow_call');
    const secrets = get(call, 'secrets');
    const declared = entriesOf(secrets).filter(({ key }) => handed.some((name) => normal(name) === normal(key)));
    const inner: Replacement = { ...replacement, names: [...replacement.names, ...handed] };
    const rootUses = rootUsesOf(scene, inner);
    const done: JobEdits[] = [];
    for (const { value } of entriesOf(get(scene.root, 'jobs'))) {
      if (value.kind !== 'map') continue;
      const isUser = rootUses.length > 0 || usesOf(value, keysOf(inner), () => 'other').length > 0;
      if (!isUser) continue;
      if (get(value, 'uses') !== undefined) throw new CannotRewrite('unknown-shape', 'It hands the key on to a third workflow.', 'Change the innermost workflow by hand first.');
      const job = planJob(scene, value, inner, rootUses);
      if (!job.needsToken) {
        done.push(job);
        continue;
      }
      if (entry(value, 'environment') !== undefined) throw new CannotRewrite('unknown-shape', 'A job of it has an environment, which stands in the subject of its token: the rule that is made for the caller would refuse it.', 'Let the rule trust that environment, or take it from the job, then change both by hand.', { line: scene.editor.lineOf(value) });
      // A called workflow keeps what its caller has, unless it says less itself.
      const own = entry(value, 'permissions') ?? entry(scene.root, 'permissions');
      const permission = own === undefined ? { kind: 'none' as const } : permissionEdit(scene.root, value, entriesOf(get(scene.root, 'jobs')).length, scene.house, scene.context.read);
      if (permission.kind === 'impossible') throw new CannotRewrite('unknown-shape', `A job cannot be given id-token: write: ${permission.reason}.`, 'Write the permissions of the job out by hand, then plan again.');
      done.push({ ...job, edits: [...job.edits, ...(permission.kind === 'edits' ? permission.edits : [])] });
    }
    if (done.length === 0 && declared.length === 0) return { edits: [], titles: [], why: [], doubts: [], line: 1, needsToken: false, standsAlone: true };
    return {
      edits: [...declarationEdits(scene, call, secrets, declared), ...done.flatMap(({ edits }) => edits)],
      titles: ['key is no longer taken from callers', ...done.flatMap(({ titles }) => titles)],
      why: ['It runs with the identity of the job that calls it.', ...done.flatMap(({ why }) => why)],
      doubts: ['callers in other repositories, if there are any, have to stop handing the key over and grant id-token: write', ...done.flatMap(({ doubts }) => doubts)],
      line: Math.min(...declared.map((one) => scene.editor.lineOf(one)), ...done.map(({ line }) => line)),
      needsToken: done.some(({ needsToken }) => needsToken),
      standsAlone: done.every(({ standsAlone }) => standsAlone),
    };
  } catch (error) {
    if (error instanceof CannotRewrite) return error;
    throw error;
  }
}

/** Takes declared secrets away, and their block when none is left; `workflow_call:` itself stays. */
function declarationEdits(scene: Scene, call: ReturnType<typeof get>, secrets: ReturnType<typeof get>, declared: readonly YamlEntry[]): readonly Edit[] {
  if (secrets?.kind !== 'map' || call?.kind !== 'map' || declared.length === 0) return [];
  const on = get(scene.root, 'on');
  const trigger = entry(on, 'workflow_call');
  if (declared.length === secrets.entries.length && call.entries.length === 1 && on?.kind === 'map' && trigger !== undefined) return [{ kind: 'clear-value', holder: on, entry: trigger }];
  return declared.map((gone): Edit => ({ kind: 'remove-entry', holder: secrets, entry: gone }));
}

// --- composite actions ---

/** A composite action follows the workflows of this repository that use it. */
function rewriteAction(path: string, root: YamlMap, context: RewriteContext): Rewriting {
  const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
  // An action at the root is what the repository publishes: its inputs are not only its own.
  if (folder === '') return { changes: [], refusals: [] };
  const changes: Change<Edit>[] = [];
  for (const provider of new Set(context.all.map((one) => one.provider))) {
    const callers = context.all.filter((one) => one.provider === provider && WORKFLOW.test(one.path) && callsAction(context.read(one.path), folder, one.workload));
    const [first] = callers;
    const isKept = context.kept.some((one) => one.provider === provider && WORKFLOW.test(one.path) && callsAction(context.read(one.path), folder, one.workload));
    // Every caller has to do without the key, and each of them has to be a job that can be changed.
    const isStuck = isKept || callers.some(({ outcome, change, parties }) => outcome !== 'gone' || change === 'model' || parties.length !== 1) || isUsedByActions(folder, context);
    if (first === undefined || isStuck) continue;
    const edits = compositeEdits(root, first);
    if (edits === undefined || edits.length === 0) continue;
    const requires = callers.map((one) => ({ path: one.path, id: `${one.workload.slice(one.workload.lastIndexOf(' › ') + 3)}/${provider}` }));
    changes.push({
      id: `action/${provider}`,
      requires,
      line: Math.min(...edits.map((edit) => (edit.kind === 'remove-entry' ? editorOf(context.read(path) ?? '').lineOf(edit.entry) : 1))),
      title: 'action: key input is gone',
      why: 'The job that uses the action authenticates in a step before it; what that step sets reaches the steps of the action.',
      safety: 'unsafe',
      reason: 'Look at this: workflows of other repositories that use this action have to authenticate before it too.',
      migrations: context.kept.filter((one) => one.path === path && one.provider === provider).map(({ migration }) => migration),
      edits,
    });
  }
  return { changes, refusals: [] };
}

/** Whether another action of the repository uses the one in `folder`: what it hands over is not followed. */
function isUsedByActions(folder: string, { paths = [], read }: RewriteContext): boolean {
  return paths.some((path) => ACTION.test(path) && path !== `${folder}/action.yml` && path !== `${folder}/action.yaml` && new RegExp(`uses:[^\\n]*[.$]/${folder.replace(/[^\w/-]/g, '\\$&')}/?["'\\s]`).test(`${read(path) ?? ''}\n`));
}

function callsAction(text: string | undefined, folder: string, workload: string): boolean {
  const [root] = text === undefined || !text.includes(`/${folder}`) ? [] : editorOf(text).file.documents;
  return entriesOf(get(root, 'jobs')).some(({ key, value }) => workload.endsWith(` › ${key}`) && stepsOf(value).some(({ step }) => folderOf(textOf(get(step, 'uses')) ?? '') === folder));
}
