import type { SubjectForm } from '../model/issuer.ts';
import type { Platform, WorkloadIdentity } from '../model/reference.ts';
import { at, entriesOf, get, itemsOf, joinRoute, textOf, textsOf, type YamlEntry, type YamlNode } from '../support/yaml.ts';
import { factList, factText, type Job } from './_shared/ci-draft.ts';
import { openFile, readBroken, readParts, type Part, type VariableReader, type VariableSystem } from './_shared/ci-variables.ts';
import { asked, type ShapeSpec, shapeFrom } from './_shared/token-shape.ts';

const SYSTEM: VariableSystem = {
  store: 'ci-secret',
  assigners: new Set(['environment', 'parameters']),
  bareName(leaf) {
    // Orb parameters of type `env_var_name` take the name of a variable: `api_key: OPENAI_API_KEY`.
    const isParameter = leaf.entry !== undefined && leaf.assigned === undefined && /(?:^|[._-])(?:key|token|secret|env|var|name|password)s?$/i.test(leaf.entry.key);
    return isParameter && leaf.entry?.key !== 'name' && /^[A-Z][A-Z0-9_]{3,100}$/.test(leaf.scalar.value) ? { name: leaf.scalar.value, store: 'ci-secret', confidence: 'medium' } : undefined;
  },
};

const MAX_PARTS = 100;

const FORM: SubjectForm = { id: 'ref', template: 'org/{organization-id}/project/{project-id}/user/{user-id}/vcs-origin/{origin}/vcs-ref/{ref}' };

const SPEC: ShapeSpec = {
  issuer: 'https://oidc.circleci.com/org/{organization-id}',
  form: FORM,
  fields: {
    'organization-id': asked('organisation', 'circleci.organization_id', 'CircleCI organization id', 'uuid', 'Organization settings, Overview: Organization ID.'),
    'project-id': asked('project', 'circleci.project_id', 'CircleCI project id', 'uuid', 'Project settings, Overview: Project ID.'),
    'user-id': { ...asked('user', 'circleci.user_id', 'User of the run', 'uuid', 'Another one in every run.'), perRun: true },
    origin: asked('origin', 'circleci.vcs_origin', 'Repository as CircleCI names it', 'path', 'HOST/OWNER/NAME, such as github.com/acme/app.'),
    ref: asked('ref', 'circleci.vcs_ref', 'Ref whose runs are trusted', 'path', 'Such as refs/heads/main.'),
  },
  claims: [
    { claim: 'oidc.circleci.com/project-id', value: '{project-id}', role: 'id' },
    { claim: 'oidc.circleci.com/org-id', value: '{organization-id}', role: 'id' },
    { claim: 'oidc.circleci.com/vcs-origin', value: '{origin}', role: 'name' },
    { claim: 'oidc.circleci.com/vcs-ref', value: '{ref}', role: 'context' },
    { claim: 'oidc.circleci.com/ssh-rerun', value: 'false', role: 'context', type: 'boolean' },
  ],
  warnings: [
    'Subjects hold the user of each run, so claims are compared.',
    'A run that somebody reruns with SSH gives that person the identity: ssh-rerun is compared where the party can.',
  ],
  refusals: [
    { title: 'another branch', claims: { 'oidc.circleci.com/vcs-ref': 'refs/heads/some-work' } },
    { title: 'a rerun with SSH', claims: { 'oidc.circleci.com/ssh-rerun': 'true' } },
  ],
};

export const platform: Platform = {
  id: 'circleci',
  title: 'CircleCI',
  checked: '2026-11-23',
  issuesTokens: true,
  tokens: {
    issuer: 'https://oidc.circleci.com/org/{organization-id}',
    isShared: false,
    discovery: 'public',
    subjects: [
      { id: 'user', template: 'org/{organization-id}/project/{project-id}/user/{user-id}', except: { 'organization-id': '/', 'project-id': '/', 'user-id': '/' } },
      {
        id: 'ref',
        template: 'org/{organization-id}/project/{project-id}/user/{user-id}/vcs-origin/{origin}/vcs-ref/{ref}',
        except: { 'organization-id': '/', 'project-id': '/', 'user-id': '/', origin: ':', ref: ':' },
      },
    ],
    stableClaims: ['oidc.circleci.com/project-id', 'oidc.circleci.com/org-id'],
    audience: 'free',
    lifetime: { seconds: 3600, refresh: 'ask-again' },
    arrival: { kind: 'request', how: 'circleci run oidc get --claims \'{"aud":"AUDIENCE"}\'' },
    edits: [
      'Ask for a token with the audience of the rule: circleci run oidc get --claims \'{"aud":"AUDIENCE"}\', into a file that only the job can read.',
      'Take the context or variable that holds the key away from the job.',
    ],
    source: 'https://circleci.com/docs/openid-connect-tokens/',
    describe: (workload) => shapeFrom(SPEC, workload),
  },
  matches(file) {
    return /(?:^|\/)\.circleci\/(?:.*\/)?[^/]+\.ya?ml$|(?:^|\/)circle\.yml$/.test(file.path);
  },
  extract(file, names) {
    const reader = openFile(file, 'circleci', names, SYSTEM);
    const { root } = reader;
    const calls = callsOf(root);
    const asking = tokenReads(reader.yaml.text);
    for (const source of entriesOf(get(root, 'jobs'))) {
      const own = calls.get(source.key) ?? [];
      const parts = partsOf(root, source, own);
      const job = reader.draft.declare(jobOf(reader, source, own, identityOf(asking, parts)));
      readParts(reader, job, parts);
    }
    for (const [name, own] of calls) if (get(get(root, 'jobs'), name) === undefined) readOrbJob(reader, name, own);
    readBroken(reader);
    return reader.draft.finish();
  },
};

/** How workflows start each job: `workflows.W.jobs[]`, by job name. */
function callsOf(root: YamlNode | undefined): ReadonlyMap<string, readonly Part[]> {
  const calls = new Map<string, Part[]>();
  for (const workflow of entriesOf(get(root, 'workflows'))) {
    for (const [index, item] of itemsOf(get(workflow.value, 'jobs')).entries()) {
      const route = `${joinRoute('workflows', workflow.key)}.jobs[${index}]`;
      const found: readonly { name: string; part: Part }[] = item.kind === 'scalar' ? [{ name: item.value, part: { node: item, route } }] : entriesOf(item).map((entry) => ({ name: entry.key, part: { node: entry.value, route: joinRoute(route, entry.key) } }));
      for (const { name, part } of found) calls.set(name, [...(calls.get(name) ?? []), part].slice(0, MAX_PARTS));
    }
  }
  return calls;
}

/** The job, its executor, the commands it runs (and theirs), and the parameters that workflows give it. */
function partsOf(root: YamlNode | undefined, source: YamlEntry, calls: readonly Part[]): readonly Part[] {
  const route = joinRoute('jobs', source.key);
  const parts: Part[] = [{ node: source.value, route }, ...calls];
  const executor = textOf(get(source.value, 'executor')) ?? textOf(at(source.value, ['executor', 'name']));
  const executorNode = executor === undefined ? undefined : at(root, ['executors', executor]);
  if (executor !== undefined && executorNode !== undefined) parts.push({ node: executorNode, route: joinRoute('executors', executor) });
  const pending = commandsIn(source.value);
  const seen = new Set<string>();
  while (pending.length > 0 && parts.length < MAX_PARTS) {
    const name = pending.shift() ?? '';
    const command = seen.has(name) ? undefined : at(root, ['commands', name]);
    seen.add(name);
    if (command === undefined) continue;
    parts.push({ node: command, route: joinRoute('commands', name) });
    pending.push(...commandsIn(command));
  }
  return parts;
}

function commandsIn(holder: YamlNode): string[] {
  const names: string[] = [];
  const pending = [...itemsOf(get(holder, 'steps'))];
  for (let step = pending.shift(); step !== undefined && names.length < 1000; step = pending.shift()) {
    if (step.kind === 'scalar') names.push(step.value);
    for (const entry of entriesOf(step)) {
      names.push(entry.key);
      // `when:` and `unless:` hold steps of their own.
      if (entry.key === 'when' || entry.key === 'unless') pending.push(...itemsOf(get(entry.value, 'steps')));
    }
  }
  return names;
}

function contextsOf(calls: readonly Part[]): readonly string[] {
  return calls.flatMap((call) => textsOf(get(call.node, 'context')));
}

function jobOf(reader: VariableReader, source: YamlEntry, calls: readonly Part[], identity: WorkloadIdentity): Job {
  return {
    key: `jobs.${source.key}`,
    name: `${reader.fileName} › ${source.key}`,
    route: joinRoute('jobs', source.key),
    range: { start: source.keyRange.start, end: source.via === undefined ? Math.max(source.keyRange.end, source.value.range.end) : source.keyRange.end },
    identity,
    facts: {
      contexts: factList(contextsOf(calls)),
      executor: factText(textOf(get(source.value, 'executor')) ?? textOf(at(source.value, ['executor', 'name'])) ?? ''),
      container: factText(textOf(at(source.value, ['docker', 0, 'image'])) ?? ''),
      workflows: factList(calls.map((call) => /^workflows\.([^.[\]]{1,100})/.exec(call.route)?.[1] ?? '')),
    },
  };
}

/** Offsets at which scripts read the token; the first few are enough to tell which jobs do. */
function tokenReads(text: string): readonly number[] {
  const offsets: number[] = [];
  for (const match of text.matchAll(/CIRCLE_OIDC_TOKEN|circleci run oidc get/g)) if (offsets.length < 50) offsets.push(match.index);
  return offsets;
}

/** Every job has a token at hand; whether it uses one shows only in its text. */
function identityOf(asking: readonly number[], parts: readonly Part[]): WorkloadIdentity {
  const enabled = asking.some((offset) => parts.some(({ node }) => node.range.start <= offset && offset < node.range.end));
  return enabled ? { kind: 'enabled', how: 'CIRCLE_OIDC_TOKEN' } : { kind: 'available' };
}

/** A job that an orb defines: only its parameters stand here. */
function readOrbJob(reader: VariableReader, name: string, calls: readonly Part[]): void {
  const [first] = calls;
  if (first === undefined) return;
  const job = reader.draft.declare({ key: `jobs.${name}`, name: `${reader.fileName} › ${name}`, route: first.route, range: first.node.range, identity: { kind: 'available' }, facts: { calls: factText(name), contexts: factList(contextsOf(calls)) } });
  readParts(reader, job, calls);
}
