import type { Extraction, NameTable, Platform, ReferenceStore, TextFile, WorkloadIdentity } from '../model/reference.ts';
import { at, entriesOf, get, itemsOf, joinRoute, parseYaml, sourceRange, textOf, textsOf, walk, type WalkBudget, type YamlEntry, type YamlFile, type YamlNode, type YamlRange, type YamlScalar } from '../support/yaml.ts';
import { baseName, CiDraft, factList, factText, type Job } from './_shared/ci-draft.ts';
import { bareExpression, candidates, contextUses, findExpressions, isTest, type ContextUse, type Expression } from './_shared/ci-expression.ts';
import { environmentsOf } from './_shared/github-environments.ts';
import { eventsOf, mayRunOn } from './_shared/github-events.ts';
import { googleLogin, writesToHub } from './_shared/github-logins.ts';
import { otherStore } from './_shared/github-stores.ts';
import { describeGithub } from './_shared/github-token.ts';
import { assignmentTarget, assignments, locallySet, variableMentions } from './_shared/ci-shell.ts';

/** GitHub runs only the files of this one level. */
const WORKFLOW = /(?:^|\/)\.github\/workflows\/[^/]+\.ya?ml$/i;
/** A workflow elsewhere: a template, an example, or one that is copied into place. GitHub does not run it where it stands. */
const ELSEWHERE = /\.ya?ml(?:\.(?:tmpl|template|j2|jinja2?|example|sample|disabled))?$/i;
const ACTION = /(?:^|\/)action\.ya?ml$/;
/** GitHub refuses larger workflows by far. */
const MAX_LENGTH = 1_500_000;
/** Scalars read in one file, aliases counted each time. */
const MAX_SCALARS = 100_000;

/** Names of accounts and repositories hold none of these; ids are set off by the last. */
const NAMES = { owner: ':/@', repository: ':/@', 'owner-id': ':/@', 'repository-id': ':/@' };

export const platform: Platform = {
  id: 'github-actions',
  title: 'GitHub Actions',
  checked: '2026-11-23',
  issuesTokens: true,
  tokens: {
    issuer: 'https://token.actions.githubusercontent.com',
    isShared: true,
    // The form with ids first: which of the two a repository sends is read from its settings or from a token, never guessed.
    subjects: [
      { id: 'immutable-environment', template: 'repo:{owner}@{owner-id}/{repository}@{repository-id}:environment:{environment}', except: NAMES },
      { id: 'immutable-branch', template: 'repo:{owner}@{owner-id}/{repository}@{repository-id}:ref:refs/heads/{branch}', except: NAMES },
      { id: 'immutable-tag', template: 'repo:{owner}@{owner-id}/{repository}@{repository-id}:ref:refs/tags/{tag}', except: NAMES },
      { id: 'immutable-pull-request', template: 'repo:{owner}@{owner-id}/{repository}@{repository-id}:pull_request', except: NAMES },
      { id: 'environment', template: 'repo:{owner}/{repository}:environment:{environment}', except: NAMES },
      { id: 'branch', template: 'repo:{owner}/{repository}:ref:refs/heads/{branch}', except: NAMES },
      { id: 'tag', template: 'repo:{owner}/{repository}:ref:refs/tags/{tag}', except: NAMES },
      { id: 'pull-request', template: 'repo:{owner}/{repository}:pull_request', except: NAMES },
    ],
    escapesColons: true,
    stableClaims: ['repository_id', 'repository_owner_id'],
    discovery: 'public',
    audience: 'free',
    lifetime: { seconds: 300, refresh: 'ask-again' },
    arrival: { kind: 'request', how: 'GET $ACTIONS_ID_TOKEN_REQUEST_URL&audience=AUDIENCE with the bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN' },
    edits: [
      'Give the job permissions: id-token: write, beside the permissions it needs already: a permissions block drops all that it does not name.',
      'Ask for the token in a step before the call, write it to a file that only the job can read, and mask it; or use the action that does it for this party.',
    ],
    describe: describeGithub,
    source: 'https://docs.github.com/en/actions/reference/security/oidc',
  },
  matches(file) {
    if (WORKFLOW.test(file.path) || isWorkflowElsewhere(file)) return true;
    return ACTION.test(file.path) && /^["']?runs["']?[ \t]*:/m.test(file.text);
  },
  extract(file, names) {
    const yaml = parseYaml(file.text, MAX_LENGTH);
    const draft = new CiDraft(file, 'github-actions', names, yaml.lines);
    draft.problemsOf(yaml);
    const reader: Reader = { file, yaml, draft, names, root: yaml.documents.find((document) => document.kind === 'map'), budget: { left: MAX_SCALARS } };
    const active = WORKFLOW.test(file.path);
    const jobs = active || isWorkflowElsewhere(file) ? readWorkflow(reader) : readAction(reader);
    if (yaml.problems.length > 0) readAsText(yaml, jobs, draft);
    const found = draft.finish();
    return active || ACTION.test(file.path) ? found : asTemplate(found);
  },
};

function isWorkflowElsewhere({ path, text }: TextFile): boolean {
  if (!ELSEWHERE.test(path) || ACTION.test(path)) return false;
  return /^["']?on["']?[ \t]*:/m.test(text) && /^["']?jobs["']?[ \t]*:/m.test(text) && /^[ \t]+runs-on[ \t]*:/m.test(text);
}

/** What stands in a template is no fault of its author, and no use of a key yet. */
function asTemplate(found: Extraction): Extraction {
  return {
    references: found.references.map((reference) => ({ ...reference, confidence: reference.confidence === 'high' ? 'medium' : reference.confidence })),
    workloads: found.workloads.map((workload) => ({ ...workload, facts: { ...workload.facts, active: 'false' } })),
    values: found.values,
    problems: [],
  };
}

interface Reader {
  readonly file: TextFile;
  readonly yaml: YamlFile;
  readonly draft: CiDraft;
  readonly names: NameTable;
  readonly root: YamlNode | undefined;
  readonly budget: WalkBudget;
}

/** A scalar with what is computed in it. */
interface Leaf {
  readonly scalar: YamlScalar;
  readonly route: string;
  readonly entry: YamlEntry | undefined;
  readonly expressions: readonly { readonly expression: Expression; readonly uses: readonly ContextUse[] }[];
}

/** What is in force throughout one job. */
interface Scope {
  readonly reader: Reader;
  readonly job: Job;
  /** Names that some `env` or script of the job sets: a read of one is not another reference. */
  readonly defined: ReadonlySet<string>;
  /** Values of `matrix.X` that the file spells out. */
  readonly matrix: ReadonlyMap<string, readonly string[]>;
  /** Where `inputs.X` comes from in this file. */
  readonly inputs: ReferenceStore;
  /** Routes of the steps that use a key; filled while reading. */
  readonly touched: Set<string>;
}

// --- workflows and actions ---

function readWorkflow(reader: Reader): readonly Job[] {
  const { root, draft } = reader;
  const triggers = triggersOf(root);
  const declared = entriesOf(at(triggers.node, ['workflow_call', 'secrets']));
  const shared = workflowFacts(reader, triggers, declared);
  const inputs = triggers.names.includes('workflow_call') ? 'unknown' : 'prompt';
  const envLeaves = valuesUnder(root, 'env').flatMap((env) => leavesOf(reader, env, 'env'));
  const envNames = definedNames(envLeaves);
  const jobs: Job[] = [];
  for (const entry of valuesUnder(root, 'jobs').flatMap(entriesOf)) {
    const route = joinRoute('jobs', entry.key);
    const leaves = leavesOf(reader, entry.value, route);
    const job = draft.declare(jobOf(reader, entry, leaves, shared));
    jobs.push(job);
    // A called workflow does not get its caller's `env`.
    const isCall = get(entry.value, 'uses') !== undefined;
    const own = definedNames(leaves);
    const scope: Scope = { reader, job, defined: isCall ? own : new Set([...own, ...envNames]), matrix: matrixOf(entry.value), inputs, touched: new Set() };
    for (const leaf of leaves) readLeaf(scope, leaf);
    reader.budget.left -= envLeaves.length;
    if (!isCall && reader.budget.left >= 0) for (const leaf of envLeaves) readLeaf(scope, leaf);
    readDeclared(scope, declared, entry.value, leaves);
    noteSteps(scope, entry.value, route);
  }
  readInputDefaults(draft, jobs[0], triggers.node);
  return jobs;
}

/** A composite, JavaScript or Docker action: one workload, named by its folder. */
function readAction(reader: Reader): readonly Job[] {
  const { file, root, draft } = reader;
  const folder = file.path.includes('/') ? file.path.slice(0, file.path.lastIndexOf('/')) : '.';
  const runs = get(root, 'runs');
  const inputs = entriesOf(get(root, 'inputs'));
  const leaves = runs === undefined ? [] : leavesOf(reader, runs, 'runs');
  const job = draft.declare({
    key: 'action',
    name: `action ${folder}`,
    route: 'runs',
    range: runs?.range ?? { start: 0, end: 0 },
    // Permissions belong to the calling job; an action can always ask.
    identity: { kind: 'available' },
    facts: { action: factText(textOf(get(runs, 'using')) ?? ''), inputs: factList(inputs.map((entry) => entry.key)), uses: usesOf(runs) },
  });
  const scope: Scope = { reader, job, defined: definedNames(leaves), matrix: new Map(), inputs: 'unknown', touched: new Set() };
  for (const leaf of leaves) readLeaf(scope, leaf);
  const used = new Set(leaves.flatMap((leaf) => usesIn(leaf, 'inputs')).map((use) => (use.path[0] ?? '').toLowerCase()));
  for (const entry of inputs) {
    const route = joinRoute('inputs', entry.key);
    const fallback = get(entry.value, 'default');
    if (fallback?.kind === 'scalar') draft.literal(job, entry.key, fallback.value, `${route}.default`, fallback.range);
    // JavaScript and Docker actions read their inputs in code: the declaration is then the only trace.
    if (!used.has(entry.key.toLowerCase())) draft.take(job, { name: entry.key, store: 'unknown', route, range: entry.keyRange });
  }
  noteSteps(scope, runs, 'runs');
  return [job];
}

interface Triggers {
  readonly names: readonly string[];
  readonly node: YamlNode | undefined;
}

function triggersOf(root: YamlNode | undefined): Triggers {
  const node = get(root, 'on');
  return { node, names: node?.kind === 'map' ? node.entries.map((entry) => entry.key) : textsOf(node) };
}

/** Events that anyone may cause and that run with the repository's secrets. */
const OUTSIDER_EVENTS: ReadonlySet<string> = new Set([
  'pull_request_target', 'workflow_run', 'issue_comment', 'issues', 'discussion', 'discussion_comment', 'pull_request_review', 'pull_request_review_comment', 'fork', 'watch', 'gollum',
]);

/** Branches that pushes are filtered by, when they are named and not described by patterns. */
function pushBranches(on: YamlNode | undefined): readonly string[] {
  const named = textsOf(at(on, ['push', 'branches']));
  return named.every((name) => /^[A-Za-z0-9._/-]{1,100}$/.test(name)) ? named : [];
}

function workflowFacts(reader: Reader, triggers: Triggers, declared: readonly YamlEntry[]): Record<string, string> {
  return {
    workflow: factText(textOf(get(reader.root, 'name')) ?? baseName(reader.file.path)),
    triggers: factList(triggers.names),
    branches: factList(pushBranches(triggers.node)),
    reusable: triggers.names.includes('workflow_call') ? 'true' : '',
    declares: factList(declared.map((entry) => entry.key)),
    pull_request_target: triggers.names.includes('pull_request_target') ? 'true' : '',
    'outsiders-can-run': triggers.names.some((name) => OUTSIDER_EVENTS.has(name)) ? 'true' : '',
    // Below the root of a repository a workflow is a template or a fixture: GitHub does not run it.
    nested: reader.file.path.startsWith('.github/') ? '' : 'true',
  };
}

function jobOf(reader: Reader, entry: YamlEntry, leaves: readonly Leaf[], shared: Readonly<Record<string, string>>): Job {
  const job = entry.value;
  const permissions = get(job, 'permissions') ?? get(reader.root, 'permissions');
  const inherits = textOf(get(job, 'secrets')) === 'inherit';
  const environment = get(job, 'environment');
  const container = get(job, 'container');
  const runsOn = get(job, 'runs-on');
  const range = { start: entry.keyRange.start, end: entry.via === undefined ? Math.max(entry.keyRange.end, job.range.end) : entry.keyRange.end };
  const text = reader.yaml.text.slice(range.start, range.end);
  return {
    key: `jobs.${entry.key}`,
    name: `${baseName(reader.file.path)} › ${entry.key}`,
    route: joinRoute('jobs', entry.key),
    range,
    identity: identityOf(permissions),
    // Such a job takes secrets that this file does not name.
    keep: inherits || leaves.some((leaf) => usesIn(leaf, 'secrets').some((use) => use.whole || use.path.length === 0)),
    facts: {
      ...shared,
      'job-name': factText(textOf(get(job, 'name')) ?? ''),
      environment: factText(textOf(environment) ?? textOf(get(environment, 'name')) ?? ''),
      environments: factList(environmentsOf(reader.root, job)),
      permissions: permissionsText(permissions),
      'permissions-at': get(job, 'permissions') !== undefined ? 'job' : permissions !== undefined ? 'workflow' : '',
      runsOn: factList([...textsOf(runsOn), ...textsOf(get(runsOn, 'labels')), ...textsOf(get(runsOn, 'group'))]),
      calls: factText(textOf(get(job, 'uses')) ?? ''),
      secrets: inherits ? 'inherit' : '',
      matrix: at(job, ['strategy', 'matrix']) === undefined ? '' : 'true',
      container: factText(textOf(container) ?? textOf(get(container, 'image')) ?? ''),
      uses: usesOf(job),
      if: factText(textOf(get(job, 'if')) ?? ''),
      'google-login': googleLogin(text),
      'writes-to-hub': writesToHub(text),
      'other-store': otherStore(text),
      events: narrowedEvents(textOf(get(job, 'if')) ?? '', shared['triggers'] ?? ''),
      branches: factList((shared['branches'] ?? '').split(',').filter((name) => mayRunOn(textOf(get(job, 'if')) ?? '', 'push', name))),
    },
  };
}

/** The events that a job's condition leaves of its workflow's; '' where it leaves all. */
function narrowedEvents(condition: string, triggers: string): string {
  const all = triggers.split(',');
  const left = eventsOf(condition, all);
  return left.length === 0 || left.length === all.length ? '' : left.join(',');
}

function identityOf(permissions: YamlNode | undefined): WorkloadIdentity {
  if (textOf(permissions) === 'write-all') return { kind: 'enabled', how: 'permissions: write-all' };
  if (textOf(get(permissions, 'id-token')) === 'write') return { kind: 'enabled', how: 'permissions: id-token: write' };
  return { kind: 'available' };
}

function permissionsText(permissions: YamlNode | undefined): string {
  if (permissions?.kind !== 'map') return factText(textOf(permissions) ?? '');
  return permissions.entries.length === 0 ? '{}' : factList(permissions.entries.map((entry) => `${entry.key}:${textOf(entry.value) ?? ''}`));
}

/** Steps of a job or action, those inside `parallel` groups included. */
function stepsOf(holder: YamlNode | undefined, route: string): readonly { readonly node: YamlNode; readonly route: string }[] {
  return itemsOf(get(holder, 'steps')).flatMap((node, index) => {
    const step = { node, route: `${route}.steps[${index}]` };
    return [step, ...itemsOf(get(node, 'parallel')).map((inner, at) => ({ node: inner, route: `${step.route}.parallel[${at}]` }))];
  });
}

function usesOf(holder: YamlNode | undefined): string {
  return factList(stepsOf(holder, '').slice(0, 200).flatMap(({ node }) => textOf(get(node, 'uses')) ?? []));
}

/** `steps[2]=Run evals` for the steps that use a key, so that a report can say where in the job it is. */
function noteSteps(scope: Scope, holder: YamlNode | undefined, route: string): void {
  if (scope.touched.size === 0) return;
  for (const step of stepsOf(holder, route)) {
    if (!scope.touched.has(step.route)) continue;
    const label = textOf(get(step.node, 'name')) ?? textOf(get(step.node, 'id')) ?? textOf(get(step.node, 'uses'));
    if (label !== undefined) scope.reader.draft.fact(scope.job, step.route.slice(route.length + 1), factText(label));
  }
}

/** Every value under `key`: a duplicated key keeps all its copies in view. */
function valuesUnder(node: YamlNode | undefined, key: string): readonly YamlNode[] {
  return entriesOf(node).filter((entry) => entry.key === key).map((entry) => entry.value);
}

/** At most this many values of one matrix key are tried as names of secrets. */
const MAX_MATRIX_VALUES = 200;

/** Literal values of `matrix.KEY` and `matrix.KEY.FIELD`, those of `include` entries too. */
function matrixOf(job: YamlNode): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>();
  function add(name: string, node: YamlNode): void {
    if (node.kind !== 'scalar') return;
    const list = values.get(name) ?? [];
    if (list.length < MAX_MATRIX_VALUES) list.push(node.value);
    values.set(name, list);
  }
  for (const { key, value } of entriesOf(at(job, ['strategy', 'matrix']))) {
    if (key === 'exclude') continue;
    for (const item of itemsOf(value).slice(0, MAX_MATRIX_VALUES)) {
      add(key, item);
      for (const field of entriesOf(item).slice(0, MAX_MATRIX_VALUES)) add(key === 'include' ? field.key : `${key}.${field.key}`, field.value);
    }
  }
  return values;
}

// --- scalars ---

function leavesOf(reader: Reader, node: YamlNode, route: string): readonly Leaf[] {
  const leaves: Leaf[] = [];
  function visit(scalar: YamlScalar, path: string, entry: YamlEntry | undefined): void {
    if (scalar.value === '') return;
    // The braces are optional in a condition.
    const isBare = entry?.key === 'if' && !scalar.value.includes('${{');
    const expressions = isBare ? [bareExpression(scalar.value)] : findExpressions(scalar.value);
    leaves.push({ scalar, route: path, entry, expressions: expressions.map((expression) => ({ expression, uses: contextUses(expression.tokens) })) });
  }
  walk(node, route, visit, reader.budget);
  return leaves;
}

function usesIn(leaf: Leaf, context: string): readonly ContextUse[] {
  return leaf.expressions.flatMap(({ uses }) => uses.filter((use) => use.context === context));
}

/** Every name that an `env` map sets, and every name a script sets for itself. */
function definedNames(leaves: readonly Leaf[]): Set<string> {
  const defined = new Set<string>();
  for (const { entry, route, scalar } of leaves) {
    if (entry === undefined) continue;
    // `X: ${{ env.X }}` only hands on what comes from outside.
    if (parentKey(route) === 'env') {
      if (scalar.value.replace(/^\$\{\{\s*env\.(\w+)\s*\}\}$/, '$1') !== entry.key) defined.add(entry.key);
    }
    else if (isScript(entry.key, route)) for (const name of locallySet(scalar.value)) defined.add(name);
  }
  return defined;
}

/** The last key but one of a route, when no index stands between. */
function parentKey(route: string): string | undefined {
  return /(?:^|[.\]])(\w+)(?:\.[^.[\]]+|\["[^"]*"\])$/.exec(route.slice(-250))?.[1];
}

/** Whether the last key of a route names a variable, an input or a secret rather than a part of the grammar. */
function isAssignment(route: string): boolean {
  const parent = parentKey(route);
  return parent === 'env' || parent === 'with' || parent === 'secrets';
}

/** Inputs of actions that take a script or command line. */
const SCRIPT_INPUTS: ReadonlySet<string> = new Set(['run', 'script', 'args', 'command', 'commands', 'cmd', 'options', 'inlineScript', 'env', 'envs', 'env_vars']);

function isScript(key: string, route: string): boolean {
  if (key === 'run') return true;
  const parent = parentKey(route);
  return (parent === 'with' && SCRIPT_INPUTS.has(key)) || (parent === 'container' && key === 'options');
}

function readLeaf(scope: Scope, leaf: Leaf): void {
  const { scalar, route, entry, expressions } = leaf;
  const { draft, yaml } = scope.reader;
  const assigned = entry !== undefined && isAssignment(route) ? entry.key : undefined;
  for (const { expression, uses } of expressions) {
    // A comparison hands on only its outcome.
    const target = isTest(expression.tokens) ? undefined : (assignmentTarget(scalar.value, expression.start) ?? assigned);
    for (const use of uses) readUse(scope, use, { route, target, range: sourceRange(yaml, scalar, use.start, use.end) });
  }
  if (entry !== undefined && isScript(entry.key, route)) readScript(scope, leaf);
  if (assigned !== undefined && expressions.length === 0) draft.literal(scope.job, assigned, scalar.value, route, scalar.range);
}

interface UsePlace {
  readonly route: string;
  readonly target: string | undefined;
  readonly range: YamlRange;
}

function readUse(scope: Scope, use: ContextUse, place: UsePlace): void {
  const { draft } = scope.reader;
  if (use.context === 'secrets' && use.whole) return draft.fact(scope.job, 'secrets', 'all');
  if ((use.context === 'secrets' || use.context === 'vars') && use.path.length === 0) return readComputed(scope, use, place);
  const name = nameOf(use);
  if (name === undefined) return;
  switch (use.context) {
    case 'secrets':
      // GitHub keeps the names of secrets and variables in upper case, however they are written.
      return take(scope, { ...place, name: name.toUpperCase(), store: 'ci-secret' });
    case 'vars':
      // Anyone who can write to the repository reads configuration variables: no secret store.
      return take(scope, { ...place, name: name.toUpperCase(), store: 'environment' });
    case 'inputs':
      return take(scope, { ...place, name, store: scope.inputs });
    case 'github':
      return take(scope, { ...place, name, store: 'prompt' });
    case 'env':
      if (scope.defined.has(name)) return;
      return take(scope, { ...place, name, store: 'environment', confidence: 'medium' });
    default:
      // Outputs of steps and jobs carry on what was taken from a store elsewhere.
      return;
  }
}

/** `secrets[matrix.key]`: the names it can stand for, as far as the file tells. */
function readComputed(scope: Scope, use: ContextUse, place: UsePlace): void {
  if (use.context === 'secrets') scope.reader.draft.fact(scope.job, 'secrets', 'computed');
  const possible = candidates(use.computed ?? [], (context, path) => (context === 'matrix' ? (scope.matrix.get(path.join('.')) ?? []) : []));
  for (const name of new Set(possible)) {
    take(scope, { ...place, target: undefined, name: name.toUpperCase(), store: use.context === 'secrets' ? 'ci-secret' : 'environment', confidence: 'low' });
  }
}

function nameOf(use: ContextUse): string | undefined {
  if (use.context !== 'github') return use.path[0];
  // Handed in by whoever starts the run.
  const [event, source, name] = use.path;
  return event === 'event' && (source === 'inputs' || source === 'client_payload') ? name : undefined;
}

function take(scope: Scope, found: Parameters<CiDraft['take']>[1]): void {
  if (!scope.reader.draft.take(scope.job, found)) return;
  const step = /^.*?\.steps\[\d+\](?:\.parallel\[\d+\])?/.exec(found.route)?.[0];
  if (step !== undefined) scope.touched.add(step);
}

/** Variables that a script reads and nothing in the job sets: they come from the machine, or from files of an earlier step. */
function readScript(scope: Scope, leaf: Leaf): void {
  const { scalar, route } = leaf;
  const { draft, yaml } = scope.reader;
  const text = blankOut(scalar.value, leaf.expressions.map(({ expression }) => expression));
  for (const { name, target, start, end } of variableMentions(text)) {
    if (!scope.defined.has(name)) take(scope, { name, target, store: 'environment', route, range: sourceRange(yaml, scalar, start, end), confidence: 'medium' });
  }
  for (const { name, value, start, end } of assignments(text)) draft.literal(scope.job, name, value, route, sourceRange(yaml, scalar, start, end));
}

/** Expressions are read on their own, and their insides are no shell. Offsets stay as they are. */
function blankOut(text: string, expressions: readonly Expression[]): string {
  const parts: string[] = [];
  let from = 0;
  for (const { start, end } of expressions) {
    parts.push(text.slice(from, start), ' '.repeat(end - start));
    from = end;
  }
  parts.push(text.slice(from));
  return parts.join('');
}

/** `on.workflow_call.secrets.X` is an edit site of its own, for the jobs that use X or pass everything on. */
function readDeclared(scope: Scope, declared: readonly YamlEntry[], job: YamlNode, leaves: readonly Leaf[]): void {
  if (declared.length === 0) return;
  const inherits = textOf(get(job, 'secrets')) === 'inherit';
  const used = new Set(leaves.flatMap((leaf) => usesIn(leaf, 'secrets')).map((use) => (use.path[0] ?? '').toLowerCase()));
  for (const entry of declared.slice(0, MAX_DECLARED)) {
    if (!inherits && !used.has(entry.key.toLowerCase())) continue;
    take(scope, { name: entry.key.toUpperCase(), store: 'ci-secret', route: joinRoute('on.workflow_call.secrets', entry.key), range: entry.keyRange });
  }
}

/** GitHub allows one hundred secrets a workflow. */
const MAX_DECLARED = 200;

/** `inputs.X.default` of a workflow that people or other workflows start; it reaches any job, and is listed with the first. */
function readInputDefaults(draft: CiDraft, job: Job | undefined, triggers: YamlNode | undefined): void {
  if (job === undefined) return;
  for (const event of ['workflow_dispatch', 'workflow_call']) {
    for (const entry of entriesOf(at(triggers, [event, 'inputs']))) {
      const fallback = get(entry.value, 'default');
      if (fallback?.kind === 'scalar') draft.literal(job, entry.key, fallback.value, `${joinRoute(`on.${event}.inputs`, entry.key)}.default`, fallback.range);
    }
  }
}

// --- broken files ---

/** Finds secrets in a file whose structure could not be read whole, and gives each to the job it stands in. */
function readAsText(yaml: YamlFile, jobs: readonly Job[], draft: CiDraft): void {
  const whole: Job = { key: 'file', name: baseName(draft.path), route: '', range: { start: 0, end: yaml.text.length }, identity: { kind: 'available' }, facts: { unreadable: 'true' } };
  const ordered = jobs.toSorted((a, b) => a.range.start - b.range.start);
  let next = 0;
  for (const expression of findExpressions(yaml.text)) {
    const { line, column } = yaml.lines.position(expression.start);
    if (/^\s*#/.test(yaml.text.slice(expression.start - column + 1, expression.start).slice(0, 200))) continue;
    while ((ordered[next]?.range.start ?? Number.POSITIVE_INFINITY) <= expression.start) next += 1;
    const job = ordered[next - 1] ?? whole;
    const target = isTest(expression.tokens) ? undefined : assignmentTarget(yaml.text, expression.start);
    for (const use of contextUses(expression.tokens)) {
      const [name] = use.path;
      if (use.context !== 'secrets' || name === undefined || draft.knows(use.start)) continue;
      draft.take(draft.declare(job), { name: name.toUpperCase(), target, store: 'ci-secret', route: `line ${line}`, range: { start: use.start, end: use.end } });
    }
  }
}
