import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TokenRefusal, TokenShape, WorkloadContext } from '../src/model/issuer.ts';
import type { Text } from '../src/model/text.ts';
import { sameText } from '../src/plan/texts.ts';
import { platforms } from '../src/platforms/index.ts';
import { serviceAccountFor } from '../src/platforms/_shared/service-account.ts';
import { exampleWorkload } from '../src/plan/matrix.ts';
import { readForm } from '../src/support/text-form.ts';

const issuing = platforms.flatMap(({ id, tokens }) => (tokens === undefined ? [] : [{ id, tokens }]));

function shapeOf(id: string, facts: Readonly<Record<string, string>> = {}, parts: Partial<WorkloadContext> = {}): TokenShape | TokenRefusal {
  const source = issuing.find((each) => each.id === id);
  if (source === undefined) throw new Error(`${id} issues no tokens`);
  return source.tokens.describe({ ...exampleWorkload(id), facts, ...parts });
}

/** A right-looking value for every input, in the shape it asks for. */
const SAMPLES = {
  name: 'acme',
  path: 'acme/app',
  digits: '1029384',
  hex: 'abcdef',
  uuid: '00000000-0000-4000-8000-000000000001',
  url: 'https://issuer.acme.example',
  id: 'id-1',
  email: 'bot@acme.example',
  'subject-prefix': 'repo:acme@1029384/app@5566778',
} as const;

function filled(text: Text, shape: TokenShape): string {
  return text
    .map((part) => {
      if (typeof part === 'string') return part;
      const input = shape.inputs.find(({ id }) => id === part.input);
      if (input === undefined) throw new Error(`${part.input} is not listed`);
      return SAMPLES[input.shape];
    })
    .join('');
}

function textsOf(shape: TokenShape): readonly Text[] {
  return [shape.issuer, shape.subject.text ?? [], shape.subject.prefix ?? [], shape.audience ?? [], ...shape.claims.map(({ value }) => value), ...shape.refusals.flatMap(({ changes }) => Object.values(changes).flatMap((text) => (text === null ? [] : [text])))];
}

test('every platform says what its tokens are, where its workloads run, or why it has no tokens', () => {
  for (const { id, tokens, runsOn, whyNot, issuesTokens } of platforms) {
    expect([tokens, runsOn, whyNot].filter((part) => part !== undefined), id).toHaveLength(1);
    expect(issuesTokens, id).toBe(tokens !== undefined);
    expect(whyNot?.source ?? tokens?.source ?? 'https://', id).toMatch(/^https:\/\//);
    if (whyNot !== undefined) expect(whyNot.unblock, id).not.toBe('');
  }
});

test('where a file format runs is a platform that has tokens, or says why not', () => {
  const facts = [{}, { resource: 'aws_lambda_function' }, { resource: 'google_cloud_run_v2_service' }, { resource: 'azurerm_linux_web_app' }, { resource: 'kubernetes_deployment' }, { resource: 'AWS::Lambda::Function' }, { resource: 'random_id' }];
  for (const { id, runsOn } of platforms) {
    for (const each of facts) {
      const home = runsOn?.(each);
      if (home !== undefined) expect(platforms.find((platform) => platform.id === home)?.runsOn, `${id} leads to ${home}`).toBeUndefined();
    }
  }
  expect(platforms.find(({ id }) => id === 'terraform')?.runsOn?.({ resource: 'aws_lambda_function' })).toBe('aws-compute');
});

describe.each(issuing)('$id', ({ id, tokens }) => {
  const shape = shapeOf(id, exampleWorkload(id).facts);
  if (shape.kind === 'refused') throw new Error(`${id}: ${shape.reason}`);

  test('the subject is in exactly one form of the platform', () => {
    const subject = shape.subject.text ?? (shape.subject.prefix === undefined ? undefined : [...shape.subject.prefix, '1']);
    if (shape.subject.text !== undefined && subject !== undefined) expect(tokens.subjects.filter((form) => readForm(form, filled(subject, shape)) !== undefined).map((form) => form.id)).toHaveLength(1);
    expect(tokens.subjects.map((form) => form.id)).toContain(shape.subject.form);
  });

  test('every input is listed, named and has a place to read it', () => {
    const listed = new Set(shape.inputs.map((input) => input.id));
    for (const text of textsOf(shape)) for (const part of text) if (typeof part !== 'string') expect(listed).toContain(part.input);
    for (const input of shape.inputs) {
      expect(input.id).toMatch(/^[a-z0-9_]+(?:\.[a-z0-9_]+)+$/);
      expect(input.how).not.toBe('');
    }
  });

  test('a shared issuer comes with something that names the tenant', () => {
    if (tokens.isShared) expect(shape.subject.text !== undefined || shape.claims.some(({ role }) => role === 'id')).toBe(true);
  });

  test('every refusal differs from the intended token, and there is one for each part that identifies it', () => {
    for (const { title, changes } of shape.refusals) {
      const differs = Object.entries(changes).some(([claim, value]) => {
        const own = claim === 'sub' ? shape.subject.text : claim === 'iss' ? shape.issuer : shape.claims.find((each) => each.claim === claim)?.value;
        return value === null ? own !== undefined : own === undefined || !sameText(own, value);
      });
      expect(differs, title).toBe(true);
    }
    expect(shape.refusals.length).toBeGreaterThan(0);
  });

  test('no text of a file brings a wildcard, a quote, a blank or a control into a rule, and nothing throws', () => {
    const nasty = fc.oneof(fc.string(), fc.constantFrom('*', "a'b", 'a"b', 'a b', 'a\nb', '$(x)', '${{ inputs.x }}', '../..', 'ünïcode', ''));
    const facts = fc.dictionary(fc.constantFrom('environment', 'triggers', 'namespace', 'serviceAccount', 'runsOn', 'calls', 'role', 'action', 'nested'), nasty);
    fc.assert(
      fc.property(facts, nasty, nasty, nasty, (given, owner, name, branch) => {
        const found = shapeOf(id, given, { repository: { host: 'github.com', owner, name }, branch, path: name });
        if (found.kind === 'refused') return;
        for (const text of [found.subject.text ?? [], found.subject.prefix ?? [], ...found.claims.map(({ value }) => value)]) {
          for (const part of text) if (typeof part === 'string') expect(part).not.toMatch(/[*?'"\s`$(){}\\<>|;&\p{Cc}]/u);
        }
      }),
    );
  });
});

describe('GitHub Actions', () => {
  const cases: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
    ['push', { triggers: 'push' }, ':ref:refs/heads/main'],
    ['schedule and dispatch', { triggers: 'schedule,workflow_dispatch' }, ':ref:refs/heads/main'],
    ['pull requests only', { triggers: 'pull_request' }, ':pull_request'],
    ['push and pull requests: the branch is trusted', { triggers: 'push,pull_request' }, ':ref:refs/heads/main'],
    ['an environment wins over everything', { triggers: 'pull_request', environment: 'production' }, ':environment:production'],
    ['a colon inside a value is encoded', { triggers: 'push', environment: 'Production:V1' }, ':environment:Production%3AV1'],
  ];

  test.each(cases)('%s', (_, facts, tail) => {
    const shape = shapeOf('github-actions', facts);
    if (shape.kind === 'refused') throw new Error(shape.reason);
    // The head is never guessed.
    expect(shape.subject.text).toEqual([{ input: 'github.acme.app.subject_prefix' }, tail]);
    expect(shape.issuer).toEqual(['https://token.actions.githubusercontent.com']);
  });

  test.each([
    ['pull_request_target', { triggers: 'pull_request_target' }, 'unsafe-trigger'],
    ['workflow_run beside others', { triggers: 'push,workflow_run' }, 'unsafe-trigger'],
    ['a called workflow', { triggers: 'workflow_call' }, 'not-a-run'],
    ['a template', { triggers: 'push', active: 'false' }, 'not-a-run'],
    ['an action', { action: 'composite' }, 'not-a-run'],
    ['an unreadable file', { unreadable: 'true' }, 'unreadable'],
  ])('%s is refused', (_, facts, code) => {
    expect(shapeOf('github-actions', facts)).toMatchObject({ kind: 'refused', code });
  });

  test('a server of one’s own has its own issuer, and names in its subjects', () => {
    const server = shapeOf('github-actions', { triggers: 'push' }, { repository: { host: 'ghe.acme.example', owner: 'acme', name: 'app' } });
    expect(server).toMatchObject({ issuer: ['https://ghe.acme.example/_services/token'], subject: { text: ['repo:acme/app:ref:refs/heads/main'] } });
    expect(shapeOf('github-actions', { triggers: 'push' }, { repository: { host: 'acme.ghe.com', owner: 'acme', name: 'app' } })).toMatchObject({ issuer: ['https://token.actions.acme.ghe.com'] });
  });

  test('what a person should know is said', () => {
    const warnings = (facts: Readonly<Record<string, string>>): string => {
      const shape = shapeOf('github-actions', facts);
      return shape.kind === 'shape' ? shape.warnings.join(' ') : '';
    };
    expect(warnings({ triggers: 'push,pull_request_review' })).not.toContain('can open such a pull request');
    expect(warnings({ triggers: 'pull_request_review' })).toContain('GitHub does not say');
    expect(warnings({ triggers: 'issue_comment', 'outsiders-can-run': 'true' })).toContain('Anybody can cause this run');
    expect(warnings({ triggers: 'push', environment: 'production' })).toContain('reviewers');
  });

  test('runs for pull requests, and pushes to other branches that are named, are told apart', () => {
    const runs = (facts: Readonly<Record<string, string>>) => {
      const shape = shapeOf('github-actions', facts);
      return shape.kind === 'shape' ? (shape.otherRuns ?? []).map(({ run, shape: other }) => [run, other.subject.text?.at(-1)]) : [];
    };
    expect(runs({ triggers: 'push,pull_request' })).toEqual([[{ event: 'pull_request' }, ':pull_request']]);
    expect(runs({ triggers: 'issue_comment,pull_request_review_comment' })).toEqual([[{ event: 'pull_request', reviews: true }, ':pull_request']]);
    expect(runs({ triggers: 'push', branches: 'main,dev' })).toEqual([[{ event: 'push', branch: 'dev' }, ':ref:refs/heads/dev']]);
    expect(runs({ triggers: 'push', branches: 'main,master' })).toEqual([]);
    expect(runs({ triggers: 'pull_request' })).toEqual([]);
    expect(runs({ triggers: 'push,pull_request', environment: 'production' })).toEqual([]);
    expect(runs({ triggers: 'push,pull_request', events: 'push' })).toEqual([]);
  });

  test('a runner of one’s own is not taken for GitHub’s', () => {
    const claims = (runsOn: string) => {
      const shape = shapeOf('github-actions', { triggers: 'push', runsOn });
      return shape.kind === 'shape' ? shape.claims.map(({ claim }) => claim) : [];
    };
    expect(claims('ubuntu-latest')).toContain('runner_environment');
    expect(claims('self-hosted,linux')).not.toContain('runner_environment');
  });
});

test('a pod without a service account of its own gets one that is named after it', () => {
  expect(serviceAccountFor({ name: 'Deployment/Support_Bot', facts: {} })).toEqual({ name: 'support-bot', isNew: true });
  expect(serviceAccountFor({ name: 'Deployment/bot', facts: { serviceAccount: 'default' } })).toEqual({ name: 'bot', isNew: true });
  expect(serviceAccountFor({ name: 'Deployment/bot', facts: { serviceAccount: 'ai' } })).toEqual({ name: 'ai', isNew: false });
});
