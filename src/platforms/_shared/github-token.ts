import type { PinnableClaim, Refusal, TokenRefusal, TokenShape, WorkloadContext } from '../../model/issuer.ts';
import type { Input, InputRef, Text } from '../../model/text.ts';
import { mayRunOn, PULLS } from './github-events.ts';
import { idPart, input, isPlain, join } from './token-shape.ts';

/** Labels of GitHub's own runners; anything else may be a machine that outlives the job. */
const HOSTED = /^(?:ubuntu|windows|macos)-[a-z0-9.-]+$/;

/** Ids that belong to nobody here: what a namesake's or a fork's token says. */
const OTHER = { repository: '999999998', owner: '999999999' } as const;

/** What tokens of a GitHub Actions job say, or why they must not be trusted. Pure. */
export function describeGithub(workload: WorkloadContext): TokenShape | TokenRefusal {
  const refusal = refusalOf(workload);
  if (refusal !== undefined) return refusal;
  const { facts } = workload;
  const events = list(facts['events'] ?? facts['triggers']);
  // The environment stands in the subject, whatever the event and the branch.
  if ((facts['environment'] ?? '') !== '') return environmentShape(workload, events);
  const { branch, others } = branchesOf(workload, events);
  const own = branch === undefined ? workload : { ...workload, branch };
  const shape = new GithubShape(own, events).shape();
  // Runs for pull requests say only that they are that.
  const ofPulls = events.filter((event) => PULLS.has(event));
  const reviews = ofPulls.some((event) => event !== 'pull_request');
  const pulls = ofPulls.length > 0 && ofPulls.length < events.length ? [{ run: { event: 'pull_request' as const, ...(reviews ? { reviews: true as const } : {}) }, shape: new GithubShape(workload, ofPulls).shape() }] : [];
  const pushes = others.map((name) => ({ run: { event: 'push' as const, branch: name }, shape: new GithubShape({ ...workload, branch: name }, events.filter((event) => !PULLS.has(event))).shape() }));
  return pulls.length + pushes.length === 0 ? shape : { ...shape, otherRuns: [...pulls, ...pushes] };
}

/** Of a job in an environment; where an expression chooses one of several, their runs have a subject each. */
function environmentShape(workload: WorkloadContext, events: readonly string[]): TokenShape | TokenRefusal {
  const { facts } = workload;
  const given = facts['environment'] ?? '';
  const shapeIn = (environment: string): TokenShape => new GithubShape({ ...workload, facts: { ...facts, environment } }, events).shape();
  const [usual, ...others] = list(facts['environments']);
  if (usual !== undefined) {
    const shape = shapeIn(usual);
    return others.length === 0 ? shape : { ...shape, otherRuns: others.map((environment) => ({ run: { event: 'environment' as const, environment }, shape: shapeIn(environment) })) };
  }
  // A variable of the repository has one value, for which a plan can ask.
  if (!given.includes('${{') || /^\$\{\{\s*vars\.\w+\s*\}\}$/.test(given)) return shapeIn(given);
  return { kind: 'refused', code: 'no-identity', reason: 'The environment of the job is given by an expression whose values cannot be listed, and each would need a rule of its own.', unblock: 'Write the environment out, or choose it by an input of type choice, a matrix or literals, then plan again.' };
}

/** Branches beyond these are better served by an environment. */
const MOST_BRANCHES = 2;

/** The branch whose runs are trusted, and others that the workflow names for its pushes. */
function branchesOf({ facts, branch }: WorkloadContext, events: readonly string[]): { readonly branch: string | undefined; readonly others: readonly string[] } {
  const named = list(facts['branches']);
  if (!events.includes('push') || branch === undefined || named.length === 0) return { branch, others: [] };
  // Many list both names of a default branch, of which one exists.
  const others = named.filter((name) => name !== branch && !(/^(?:main|master)$/.test(name) && /^(?:main|master)$/.test(branch)));
  // Only pushes run it, and none to the default branch; or its condition keeps that branch out.
  const isKeptOut = !events.some((event) => !PULLS.has(event) && mayRunOn(facts['if'] ?? '', event, branch));
  const isElsewhere = !named.includes(branch) && others.length === named.length && (isKeptOut || events.every((event) => event === 'push' || PULLS.has(event)));
  const [first, ...rest] = others;
  if (isElsewhere && first !== undefined) return { branch: first, others: rest.length > MOST_BRANCHES ? [] : rest };
  return { branch, others: others.length > MOST_BRANCHES ? [] : others };
}

/** What is said of runs for this event that handle what somebody outside wrote. */
export function strangersChange(event: string): { readonly reason: string; readonly unblock: string } {
  // It need not fetch what a stranger wrote: that the run before was a stranger's is what no rule can tell.
  if (event === 'workflow_run') {
    return {
      reason: 'workflow_run runs with the identity of this repository whoever caused the workflow before it, be it a stranger’s pull request, and no rule can tell those runs apart.',
      unblock: 'Make it a job of the workflow that it waits for (needs), or put it behind an environment that a person approves, and plan again.',
    };
  }
  return {
    reason: `${event} runs with the identity of this repository while it handles a stranger’s change: whatever that change gets to run could ask for a token too.`,
    unblock: 'Move what needs the model into a workflow of its own that runs on push, schedule or workflow_dispatch, or behind an environment that a person approves, and plan again.',
  };
}

function refusalOf({ facts }: WorkloadContext): TokenRefusal | undefined {
  const refuse = (code: TokenRefusal['code'], reason: string, unblock: string): TokenRefusal => ({ kind: 'refused', code, reason, unblock });
  const triggers = list(facts['triggers']);
  if (facts['unreadable'] === 'true') return refuse('unreadable', 'The workflow cannot be parsed, so nothing is known of its jobs.', 'Correct its syntax and plan again.');
  if (facts['action'] !== undefined) return refuse('not-a-run', 'An action runs inside the job that calls it, with that job’s identity.', 'Let the action take the identity variables in place of a key, and plan the workflows that call it.');
  if (facts['active'] === 'false' || facts['nested'] === 'true') return refuse('not-a-run', 'The workflow is a template or an example: GitHub does not run it where it stands.', 'Change it by hand together with its documentation; whoever copies it needs a rule of their own.');
  if (triggers.length > 0 && triggers.every((trigger) => trigger === 'workflow_call')) {
    return refuse('not-a-run', 'A reusable workflow runs with the identity of the workflow that calls it.', 'Plan the calling workflows, grant id-token: write in the calling job, and pin job_workflow_ref to this file.');
  }
  const dangerous = triggers.find((trigger) => trigger === 'pull_request_target' || trigger === 'workflow_run');
  if (dangerous !== undefined) {
    const { reason, unblock } = strangersChange(dangerous);
    return refuse('unsafe-trigger', reason, unblock);
  }
  return undefined;
}

class GithubShape {
  readonly #workload: WorkloadContext;
  readonly #inputs = new Map<string, Input>();
  readonly #triggers: readonly string[];

  /** @param events those for which the job may run. */
  constructor(workload: WorkloadContext, events: readonly string[]) {
    this.#workload = workload;
    this.#triggers = events;
  }

  shape(): TokenShape {
    const { facts, repository } = this.#workload;
    const host = repository?.host ?? 'github.com';
    const isServer = host !== 'github.com' && !host.endsWith('.ghe.com');
    const scope = repository === undefined ? 'github' : `github.${idPart(repository.owner)}.${idPart(repository.name)}`;
    const where = repository === undefined ? 'OWNER/REPOSITORY' : `${repository.owner}/${repository.name}`;
    const head: string | InputRef =
      isServer && repository !== undefined && isPlain(repository.owner) && isPlain(repository.name)
        ? `repo:${repository.owner}/${repository.name}`
        : this.#ask({
            ...input(`${scope}.subject_prefix`, `Head of the subject of ${where}`, 'subject-prefix', `gh api repos/${where}/actions/oidc/customization/sub --jq .sub_claim_prefix`),
            ...(repository !== undefined && isPlain(repository.owner) && isPlain(repository.name) ? { example: `repo:${repository.owner}@1/${repository.name}@2` } : {}),
          });
    const repositoryId = this.#ask(input(`${scope}.repository_id`, `Numeric id of ${where}`, 'digits', `gh api repos/${where} --jq .id`));
    const ownerId = this.#ask(input(`${scope}.repository_owner_id`, `Numeric id of the owner of ${where}`, 'digits', `gh api repos/${where} --jq .owner.id`));
    const tail = this.#tail(scope);
    const claims = this.#claims(repositoryId, ownerId, tail);
    return {
      kind: 'shape',
      issuer: [issuerOf(host)],
      subject: { form: `${isServer ? '' : 'immutable-'}${tail.form}`, text: join([head, ':', ...tail.text]) },
      claims,
      inputs: [...this.#inputs.values()],
      warnings: this.#warnings(facts, isServer),
      refusals: this.#refusals(head, tail),
    };
  }

  #ask(wanted: Input): InputRef {
    this.#inputs.set(wanted.id, wanted);
    return { input: wanted.id };
  }

  /** What the token is bound to within the repository. An environment wins over everything, also in pull requests. */
  #tail(scope: string): Tail {
    const { facts, branch } = this.#workload;
    const environment = facts['environment'] ?? '';
    if (environment !== '') {
      // A colon inside a value is written %3A in the subject, and as it is in the claim.
      if (/^[A-Za-z0-9._:/-]{1,200}$/.test(environment)) return { form: 'environment', text: [`environment:${environment.replaceAll(':', '%3A')}`], environment: [environment] };
      const name = this.#ask(input(`${scope}.environment`, 'Environment of the job', 'name', 'The value that the expression in environment: has in the run.'));
      return { form: 'environment', text: ['environment:', name], environment: [name] };
    }
    if (this.#triggers.length > 0 && this.#triggers.every((trigger) => PULLS.has(trigger))) return { form: 'pull-request', text: ['pull_request'] };
    if (this.#triggers.length > 0 && this.#triggers.every((trigger) => trigger === 'release')) {
      const tag = this.#ask(input(`${scope}.release_tag`, 'Tag of the release', 'name', 'One tag; for every release, put the job into an environment with a tag rule instead.'));
      return { form: 'tag', text: ['ref:refs/tags/', tag], ref: ['refs/tags/', tag] };
    }
    const name = branch !== undefined && /^[A-Za-z0-9._/-]+$/.test(branch) ? branch : this.#ask(input(`${scope}.default_branch`, 'Default branch', 'path', 'The branch whose runs may use the model: gh repo view --json defaultBranchRef --jq .defaultBranchRef.name'));
    return { form: 'branch', text: join(['ref:refs/heads/', name]), ref: join(['refs/heads/', name]) };
  }

  #claims(repositoryId: InputRef, ownerId: InputRef, tail: Tail): readonly PinnableClaim[] {
    const { facts, repository, path } = this.#workload;
    const [only, ...others] = this.#triggers;
    const claims: PinnableClaim[] = [
      { claim: 'repository_id', value: [repositoryId], role: 'id' },
      { claim: 'repository_owner_id', value: [ownerId], role: 'id' },
    ];
    if (tail.environment !== undefined) claims.push({ claim: 'environment', value: tail.environment, role: 'context' });
    if (tail.ref !== undefined) claims.push({ claim: 'ref', value: tail.ref, role: 'context' });
    // The subject says it: runs for reviews are of the same kind.
    if (only !== undefined && others.length === 0 && isPlain(only) && tail.form !== 'pull-request') claims.push({ claim: 'event_name', value: [only], role: 'context' });
    const runners = list(facts['runsOn']);
    if (runners.length > 0 && runners.every((label) => HOSTED.test(label))) claims.push({ claim: 'runner_environment', value: ['github-hosted'], role: 'context' });
    // For a job that calls a reusable workflow the claim names the called file.
    if (tail.ref !== undefined && repository !== undefined && facts['calls'] === undefined && isPlain(repository.owner) && isPlain(repository.name) && /^\.github\/workflows\/[A-Za-z0-9._-]+$/.test(path)) {
      claims.push({ claim: 'job_workflow_ref', value: join([`${repository.owner}/${repository.name}/${path}@`, ...tail.ref]), role: 'context' });
    }
    if (repository !== undefined && isPlain(repository.owner) && isPlain(repository.name)) claims.push({ claim: 'repository', value: [`${repository.owner}/${repository.name}`], role: 'name' });
    return claims;
  }

  #warnings(facts: WorkloadContext['facts'], isServer: boolean): readonly string[] {
    const warnings: string[] = [];
    if (this.#triggers.some((trigger) => trigger !== 'pull_request' && PULLS.has(trigger))) warnings.push('What the subject of runs for reviews is, GitHub does not say: decode the token of one such run before relying on it.');
    if (this.#triggers.every((trigger) => PULLS.has(trigger)) && this.#triggers.length > 0) {
      warnings.push('Everybody who can push a branch here can open such a pull request and use this identity: give it no more than inference. Forks get no token, as they got no key before.');
    }
    if (this.#triggers.includes('release') && this.#triggers.length > 1 && facts['environment'] === undefined) warnings.push('Runs for releases come from a tag and are refused: put the job into an environment with a tag rule.');
    if (facts['outsiders-can-run'] === 'true') warnings.push('Anybody can cause this run: check the author’s association before the step, and keep untrusted text away from tools that can read the environment.');
    if (facts['environment'] !== undefined && facts['environment'] !== '') warnings.push('The environment is the gate: give it reviewers or a branch rule, or everybody who can push can use it.');
    if (facts['reusable'] === 'true') warnings.push('The workflow can also be called by others: then the token is that of the caller, and this rule refuses it.');
    if (!isServer) warnings.push('The head of the subject is read, not guessed: repositories made, renamed or transferred after 15 July 2026 send their numeric ids in it, others their names, and a repository may have a template of its own.');
    return warnings;
  }

  #refusals(head: string | InputRef, tail: Tail): readonly Refusal[] {
    const { repository } = this.#workload;
    const owner = repository?.owner ?? 'acme';
    const name = repository?.name ?? 'app';
    const elsewhere = (holder: string, project: string): Refusal['changes'] => ({
      sub: join([`repo:${holder}@${holder === owner ? '1' : OTHER.owner}/${project}@${OTHER.repository}:`, ...tail.text]),
      repository: [`${holder}/${project}`],
      repository_id: [OTHER.repository],
      ...(holder === owner ? {} : { repository_owner_id: [OTHER.owner] }),
      job_workflow_ref: [`${holder}/${project}/.github/workflows/x.yml@refs/heads/main`],
    });
    const within = (text: Text, changes: Refusal['changes']): Refusal['changes'] => ({ sub: join([head, ':', ...text]), ...changes });
    const branch = (ref: string): Refusal['changes'] => within([`ref:${ref}`], { ref: [ref], environment: null });
    const known = tail.ref?.map((part) => (typeof part === 'string' ? part : 'x')).join('') ?? 'refs/heads/main';
    return [
      { title: 'another repository of the same owner', changes: elsewhere(owner, 'somewhere-else') },
      { title: 'a repository whose name begins the same', changes: elsewhere(owner, `${name}-fork`) },
      { title: 'another owner whose name begins the same', changes: elsewhere(`${owner}-evil`, name) },
      { title: 'a namesake: the same names, other ids', changes: { repository_id: [OTHER.repository], repository_owner_id: [OTHER.owner] } },
      ...(tail.form === 'pull-request' ? [] : [{ title: 'a pull request', changes: within(['pull_request'], { event_name: ['pull_request'], ref: ['refs/pull/1/merge'], environment: null }) }]),
      { title: 'another branch', changes: branch('refs/heads/some-work') },
      ...(tail.ref === undefined ? [] : [{ title: 'a branch whose name begins the same', changes: branch(`${known}-2`) }]),
      { title: 'a tag', changes: within(['ref:refs/tags/v1'], { ref: ['refs/tags/v1'], environment: null }) },
      { title: 'another environment', changes: within(['environment:somewhere-else'], { environment: ['somewhere-else'] }) },
    ];
  }
}

interface Tail {
  readonly form: 'environment' | 'pull-request' | 'tag' | 'branch';
  readonly text: Text;
  readonly environment?: Text;
  readonly ref?: Text;
}

/** Byte for byte as the token says it. An enterprise may add its slug: a decoded token shows it. */
function issuerOf(host: string): string {
  if (host === 'github.com') return 'https://token.actions.githubusercontent.com';
  return host.endsWith('.ghe.com') ? `https://token.actions.${host}` : `https://${host}/_services/token`;
}

function list(fact: string | undefined): readonly string[] {
  return (fact ?? '').split(',').filter((item) => item !== '');
}
