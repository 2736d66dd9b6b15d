import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Extraction, Platform } from '../src/model/reference.ts';
import { buildNameTable } from '../src/providers/_names.ts';
import { provider as anthropic } from '../src/providers/anthropic.ts';
import { provider as openai } from '../src/providers/openai.ts';
import { platform as awsCodebuild } from '../src/platforms/aws-codebuild.ts';
import { platform as azurePipelines } from '../src/platforms/azure-pipelines.ts';
import { platform as bitbucketPipelines } from '../src/platforms/bitbucket-pipelines.ts';
import { platform as buildkite } from '../src/platforms/buildkite.ts';
import { platform as circleci } from '../src/platforms/circleci.ts';
import { platform as drone } from '../src/platforms/drone.ts';
import { platform as githubActions } from '../src/platforms/github-actions.ts';
import { platform as gitlabCi } from '../src/platforms/gitlab-ci.ts';
import { platform as googleCloudBuild } from '../src/platforms/google-cloud-build.ts';
import { platform as jenkins } from '../src/platforms/jenkins.ts';
import { platform as travis } from '../src/platforms/travis.ts';
import { platform as woodpecker } from '../src/platforms/woodpecker.ts';
import { parseYaml, sourceRange, walk } from '../src/support/yaml.ts';

const names = buildNameTable([anthropic, openai]);
const WORKFLOW = '.github/workflows/ci.yml';

function extract(platform: Platform, path: string, text: string): Extraction {
  expect(platform.matches({ path, text })).toBe(true);
  return platform.extract({ path, text }, names);
}

function fixture(platform: Platform, name: string, path: string): { readonly text: string; readonly result: Extraction } {
  const text = readFileSync(join(import.meta.dirname, '../fixtures/platforms', platform.id, name), 'utf8');
  return { text, result: extract(platform, path, text) };
}

/** `workload: NAME [as ALIAS] store confidence route "source text"`, in the order found. */
function listed(text: string, result: Extraction): readonly string[] {
  return result.references.map((reference) => {
    const alias = reference.alias === undefined ? '' : ` as ${reference.alias}`;
    return `${reference.workload}: ${reference.name}${alias} ${reference.store} ${reference.confidence} ${reference.route} ${text.slice(reference.span.start, reference.span.end)}`;
  });
}

function workflow(text: string): { readonly lines: readonly string[]; readonly result: Extraction } {
  const result = extract(githubActions, WORKFLOW, text);
  return { lines: listed(text, result), result };
}

/** A key-like value that stands nowhere whole. */
const VALUE = ['q7Rt', '2LmZ', 'x9Wv', '4KbN', 'c8Yd', '1HsP'].join('');

describe('GitHub Actions', () => {
  test('finds every use in env, with, run, container and computed names, job by job', () => {
    const { text, result } = fixture(githubActions, 'plain/ci.yml', WORKFLOW);
    expect(listed(text, result)).toEqual([
      "jobs.build: OPENAI_API_KEY as KEY ci-secret high jobs.build.steps[1].env.KEY secrets['OPENAI_API_KEY']",
      'jobs.build: OPENAI_API_KEY_PROD as KEY ci-secret medium jobs.build.steps[1].env.KEY secrets.openai_api_key_prod',
      'jobs.build: API_KEY as OPENAI_API_KEY ci-secret high jobs.build.steps[1].env.OPENAI_API_KEY secrets.API_KEY',
      'jobs.build: ANTHROPIC_API_KEY as anthropic_api_key ci-secret high jobs.build.steps[2].with.anthropic_api_key secrets.ANTHROPIC_API_KEY',
      'jobs.build: ANTHROPIC_API_KEY ci-secret high env.ANTHROPIC_API_KEY secrets.ANTHROPIC_API_KEY',
      'jobs.federated: OPENAI_API_KEY environment high jobs.federated.container.env.OPENAI_API_KEY vars.OPENAI_API_KEY',
      'jobs.federated: OPENAI_API_KEY ci-secret high jobs.federated.steps[0].run secrets.OPENAI_API_KEY',
      'jobs.federated: ANTHROPIC_API_KEY ci-secret high env.ANTHROPIC_API_KEY secrets.ANTHROPIC_API_KEY',
      "jobs.matrix: OPENAI_API_KEY ci-secret low jobs.matrix.steps[0].env.TOKEN secrets[format('{0}_API_KEY', matrix.vendor)]",
      "jobs.matrix: ANTHROPIC_API_KEY ci-secret low jobs.matrix.steps[0].env.TOKEN secrets[format('{0}_API_KEY', matrix.vendor)]",
      'jobs.matrix: ANTHROPIC_API_KEY ci-secret high env.ANTHROPIC_API_KEY secrets.ANTHROPIC_API_KEY',
    ]);
    const [build, federated] = result.workloads;
    expect(build?.name).toBe('ci.yml › build');
    expect(build?.identity).toEqual({ kind: 'available' });
    expect(build?.facts).toMatchObject({ triggers: 'pull_request_target,push', pull_request_target: 'true', environment: 'production', permissions: 'contents:read', 'steps[1]': 'Run evals' });
    expect(federated?.identity).toEqual({ kind: 'enabled', how: 'permissions: id-token: write' });
    expect(federated?.facts).toMatchObject({ runsOn: 'self-hosted,gpu', container: 'ghcr.io/acme/eval:1' });
    expect(result.problems).toEqual([]);
  });

  test('reads CRLF, a byte order mark, anchors, merge keys, flow maps, folded text and odd job names', () => {
    const { text, result } = fixture(githubActions, 'awkward/ci.yml', WORKFLOW);
    expect(listed(text, result)).toEqual([
      'jobs.odd job: ANTHROPIC_API_KEY ci-secret high jobs["odd job"].env.ANTHROPIC_API_KEY secrets.ANTHROPIC_API_KEY',
      'jobs.odd job: OPENAI_API_KEY ci-secret high jobs["odd job"].env.OPENAI_API_KEY secrets.OPENAI_API_KEY',
      'jobs.odd job: OPENAI_API_KEY ci-secret high jobs["odd job"].steps[0].run secrets.OPENAI_API_KEY',
      'jobs.second: OPENAI_API_KEY ci-secret high jobs.second.env.OPENAI_API_KEY secrets.OPENAI_API_KEY',
      'jobs.second: ANTHROPIC_API_KEY ci-secret high jobs.second.steps[0].run secrets.ANTHROPIC_API_KEY',
    ]);
    expect(result.references[2]?.span).toMatchObject({ line: 11, column: 22 });
    expect(result.workloads.map((workload) => workload.key)).toEqual(['jobs.odd job', 'jobs.second']);
  });

  test('keeps what a join over files needs of reusable workflows', () => {
    const caller = fixture(githubActions, 'reusable/caller.yml', '.github/workflows/caller.yml');
    expect(listed(caller.text, caller.result)).toEqual([
      'jobs.maps: ANTHROPIC_API_KEY as llm_key ci-secret high jobs.maps.secrets.llm_key secrets.ANTHROPIC_API_KEY',
      'jobs.everything: OPENAI_API_KEY ci-secret high env.OPENAI_API_KEY secrets.OPENAI_API_KEY',
    ]);
    const [inherits, , everything] = caller.result.workloads;
    expect(inherits?.facts).toMatchObject({ calls: './.github/workflows/callee.yml', secrets: 'inherit' });
    expect(everything?.facts).toMatchObject({ secrets: 'all' });

    const callee = fixture(githubActions, 'reusable/callee.yml', '.github/workflows/callee.yml');
    expect(listed(callee.text, callee.result)).toEqual([
      'jobs.eval: OPENAI_API_KEY ci-secret high jobs.eval.steps[0].env.OPENAI_API_KEY secrets.OPENAI_API_KEY',
      'jobs.eval: OPENAI_API_KEY ci-secret high on.workflow_call.secrets.OPENAI_API_KEY OPENAI_API_KEY',
    ]);
    expect(callee.result.workloads[0]?.facts).toMatchObject({ reusable: 'true', declares: 'OPENAI_API_KEY,UNRELATED' });
  });

  test('reads composite actions through their inputs', () => {
    const { text, result } = fixture(githubActions, 'reusable/action.yml', '.github/actions/review/action.yml');
    expect(listed(text, result)).toEqual(['action: anthropic_api_key as ANTHROPIC_API_KEY unknown high runs.steps[0].env.ANTHROPIC_API_KEY inputs.anthropic_api_key']);
    expect(result.workloads[0]?.name).toBe('action .github/actions/review');
    expect(githubActions.matches({ path: 'src/action.yml', text: 'name: nothing of the kind' })).toBe(false);
  });

  test('says what is wrong with a broken file and still finds its secrets', () => {
    const { result } = fixture(githubActions, 'broken/ci.yml', WORKFLOW);
    expect(result.problems).toHaveLength(1);
    expect(result.problems[0]).toMatchObject({ line: 8, message: 'duplicate key "env" (first at line 4)' });
    expect(result.problems[0]?.fix).toContain('Remove one of the two');
    expect(new Set(result.references.map((reference) => reference.span.line))).toEqual(new Set([5, 9, 12]));
  });

  test('finds secrets where there is no structure at all', () => {
    const { lines, result } = workflow('{{ template }}: [\n  x: ${{ secrets.OPENAI_API_KEY }}\n  # ${{ secrets.ANTHROPIC_API_KEY }}\n');
    expect(lines.some((line) => line.endsWith(' secrets.OPENAI_API_KEY'))).toBe(true);
    expect(lines.some((line) => line.endsWith(' secrets.ANTHROPIC_API_KEY'))).toBe(false);
    expect(result.problems).toHaveLength(1);
  });

  test('a job that uses no key gives nothing, nor does the platform token', () => {
    const { result } = workflow('on: push\njobs:\n  a:\n    env: { OPENAI_API_KEY: test, GH_TOKEN: "${{ secrets.GITHUB_TOKEN }}", X: "${{ github.token }}", M: "${{ vars.OPENAI_MODEL }}" }\n    steps: [{ uses: a/b@v1, with: { token: "${{ secrets.ANTHROPIC_BOT_GITHUB_TOKEN }}" } }]\n');
    expect(result).toEqual({ references: [], workloads: [], values: [], problems: [] });
  });

  test('a variable read in a script is a reference only when nothing in the job sets it', () => {
    const { lines } = workflow('jobs:\n  a:\n    steps:\n      - run: |\n          ask "$OPENAI_API_KEY" ${ANTHROPIC_API_KEY:-none} \\$OPENAI_KEY_ESCAPED\n      - run: export OPENAI_API_KEY=dummy\n');
    expect(lines).toEqual(['jobs.a: ANTHROPIC_API_KEY environment medium jobs.a.steps[0].run ${ANTHROPIC_API_KEY:-none}']);
  });

  test('a literal where a key belongs is a value; placeholders and words are not', () => {
    const text = `jobs:\n  a:\n    env:\n      OPENAI_API_KEY: ${VALUE}\n      ANTHROPIC_API_KEY: your-key-here\n    steps:\n      - run: OPENAI_API_KEY="${VALUE}" ./ask\n`;
    const { result } = workflow(text);
    expect(result.values.map((value) => `${value.name} ${value.route} ${value.span.line}`)).toEqual(['OPENAI_API_KEY jobs.a.env.OPENAI_API_KEY 4', 'OPENAI_API_KEY jobs.a.steps[0].run 7']);
    expect(result.values.map((value) => text.slice(value.span.start, value.span.end))).toEqual([VALUE, VALUE]);
    expect(JSON.stringify(result)).not.toContain(VALUE);
  });

  test('job permissions replace those of the workflow', () => {
    const { result } = workflow('permissions: write-all\njobs:\n  a:\n    steps: [{ run: "${{ secrets.OPENAI_API_KEY }}" }]\n  b:\n    permissions: {}\n    steps: [{ run: "${{ SECRETS.OPENAI_API_KEY }}" }]\n');
    expect(result.workloads.map((workload) => workload.identity.kind)).toEqual(['enabled', 'available']);
  });

  test('only the workflow folder itself counts', () => {
    expect(githubActions.matches({ path: '.github/workflows/scripts/x.yml', text: '' })).toBe(false);
    expect(githubActions.matches({ path: '.github/workflows/x.yaml', text: '' })).toBe(true);
  });
});

describe('CI systems that hand out variables', () => {
  const cases: readonly (readonly [Platform, string, string, readonly string[]])[] = [
    [gitlabCi, 'basic/.gitlab-ci.yml', '.gitlab-ci.yml', [
      'eval: OPENAI_API_KEY_RULE ci-secret medium eval.rules[0].variables.OPENAI_API_KEY_RULE $OPENAI_API_KEY_RULE',
      'eval: OPENAI_API_KEY_TEST ci-secret medium [".base"].script[0] ${OPENAI_API_KEY_TEST:-}',
      'eval: MY_LLM as OPENAI_API_KEY ci-secret high default.before_script[0] $MY_LLM',
      'eval: PROD_ANTHROPIC_KEY as ANTHROPIC_API_KEY ci-secret medium variables.ANTHROPIC_API_KEY $PROD_ANTHROPIC_KEY',
      'tools: OPENAI_API_KEY vault high tools.secrets.OPENAI_API_KEY.vault ai/openai/key@kv',
      'tools: OPENAI_KEY_TOOLS ci-secret medium [".tools"].script[0] $OPENAI_KEY_TOOLS',
      'tools: PROD_ANTHROPIC_KEY as ANTHROPIC_API_KEY ci-secret medium variables.ANTHROPIC_API_KEY $PROD_ANTHROPIC_KEY',
      'include: OPENAI_API_KEY as openai_api_key ci-secret high include[0].inputs.openai_api_key $OPENAI_API_KEY',
    ]],
    [circleci, 'basic/config.yml', '.circleci/config.yml', [
      'jobs.eval: TEAM_ANTHROPIC_KEY as ANTHROPIC_API_KEY ci-secret medium executors.py.environment.ANTHROPIC_API_KEY $TEAM_ANTHROPIC_KEY',
      'jobs.eval: OPENAI_API_KEY ci-secret high commands.ask.steps[0].run $OPENAI_API_KEY',
      'jobs.review/run: ANTHROPIC_API_KEY ci-secret medium workflows.main.jobs[2].review/run.api_key ANTHROPIC_API_KEY',
    ]],
    [buildkite, 'basic/pipeline.yml', '.buildkite/pipeline.yml', [
      'steps[0].steps[0]: openai_api_key ci-secret high steps[0].steps[0].command openai_api_key',
      'steps[0].steps[0]: OPENAI_API_KEY_DOCKER ci-secret medium steps[0].steps[0].plugins[0]["docker#v5.0.0"].environment[1] OPENAI_API_KEY_DOCKER',
      'steps[0].steps[0]: SHARED_ANTHROPIC_KEY as ANTHROPIC_API_KEY ci-secret medium env.ANTHROPIC_API_KEY $SHARED_ANTHROPIC_KEY',
      'steps[2]: team_openai_key as OPENAI_API_KEY ci-secret medium steps[2].secrets.OPENAI_API_KEY team_openai_key',
      'steps[2]: SHARED_ANTHROPIC_KEY as ANTHROPIC_API_KEY ci-secret medium env.ANTHROPIC_API_KEY $SHARED_ANTHROPIC_KEY',
    ]],
    [azurePipelines, 'basic/azure-pipelines.yml', 'azure-pipelines.yml', [
      'stages[0].jobs[0]: openai-api-key vault high stages[0].jobs[0].steps[0].inputs.SecretsFilter openai-api-key',
      'stages[0].jobs[0]: OPENAI_API_KEY ci-secret high stages[0].jobs[0].steps[1].env.OPENAI_API_KEY $(OPENAI_API_KEY)',
      "stages[0].jobs[0]: OPENAI_API_KEY_TWO as KEY_TWO ci-secret medium stages[0].jobs[0].steps[1].env.KEY_TWO variables['OPENAI_API_KEY_TWO']",
      'stages[0].jobs[0]: anthropic-api-key-prod as ANTHROPIC_API_KEY ci-secret medium variables[1].variables.ANTHROPIC_API_KEY $(anthropic-api-key-prod)',
    ]],
    [bitbucketPipelines, 'basic/bitbucket-pipelines.yml', 'bitbucket-pipelines.yml', [
      'pipelines.default[0].step: OPENAI_API_KEY ci-secret high pipelines.default[0].step.script[0] $OPENAI_API_KEY',
      'pipelines.default[0].step: ANTHROPIC_API_KEY as API_KEY ci-secret high pipelines.default[0].step.script[1].variables.API_KEY $ANTHROPIC_API_KEY',
      'pipelines.branches.main[0].parallel[1].step: OPENAI_API_KEY ci-secret high pipelines.branches.main[0].parallel[1].step.script[0] $OPENAI_API_KEY',
    ]],
    [jenkins, 'basic/Jenkinsfile', 'Jenkinsfile', [
      'pipeline: openai-api-key as OPENAI_API_KEY ci-secret high environment.OPENAI_API_KEY openai-api-key',
      'pipeline: anthropic-api-key as KEY ci-secret high withCredentials.KEY anthropic-api-key',
      'pipeline: ANTHROPIC_API_KEY_CI environment medium line 10 env.ANTHROPIC_API_KEY_CI',
    ]],
    [googleCloudBuild, 'basic/cloudbuild.yaml', 'deploy/cloudbuild.yaml', [
      'build: prod-key as OPENAI_API_KEY vault high availableSecrets.secretManager[0].versionName projects/p/secrets/prod-key/versions/latest',
      'build: OPENAI_API_KEY vault high steps[0].secretEnv[0] OPENAI_API_KEY',
    ]],
    [awsCodebuild, 'basic/buildspec.yml', 'buildspec.yml', [
      'build: OPENAI_API_KEY vault high env.secrets-manager.OPENAI_API_KEY ai/keys:openai',
      'build: ANTHROPIC_API_KEY vault high env.parameter-store.ANTHROPIC_API_KEY /ai/anthropic',
      'build: OPENAI_API_KEY_MACHINE environment medium phases.build.commands[0] $OPENAI_API_KEY_MACHINE',
    ]],
    [travis, 'basic/.travis.yml', '.travis.yml', ['jobs.include[0]: ANTHROPIC_API_KEY ci-secret high jobs.include[0].script $ANTHROPIC_API_KEY', 'jobs.include[0]: OPENAI_API_KEY ci-secret high script $OPENAI_API_KEY']],
    [drone, 'basic/.drone.yml', '.drone.yml', ['main/steps[0]: openai_api_key as OPENAI_API_KEY ci-secret high steps[0].environment.OPENAI_API_KEY.from_secret openai_api_key']],
    [woodpecker, 'basic/.woodpecker.yml', '.woodpecker.yml', ['steps.eval: anthropic_api_key ci-secret high steps.eval.secrets[0] anthropic_api_key']],
  ];

  test.each(cases)('$id: %s %s', (platform, name, path, expected) => {
    const { text, result } = fixture(platform, name, path);
    expect(listed(text, result)).toEqual(expected);
    expect(result.problems).toEqual([]);
    expect(new Set(result.references.map((reference) => reference.workload))).toEqual(new Set(result.workloads.map((workload) => workload.key)));
  });

  test('jobs that ask for identity tokens are seen to', () => {
    const kinds = (platform: Platform, name: string, path: string): readonly string[] => fixture(platform, name, path).result.workloads.map((workload) => workload.identity.kind);
    expect(kinds(gitlabCi, 'basic/.gitlab-ci.yml', '.gitlab-ci.yml')).toEqual(['enabled', 'available', 'available']);
    expect(kinds(buildkite, 'basic/pipeline.yml', '.buildkite/pipeline.yml')).toEqual(['enabled', 'available']);
    expect(kinds(bitbucketPipelines, 'basic/bitbucket-pipelines.yml', 'bitbucket-pipelines.yml')).toEqual(['enabled', 'available']);
    expect(kinds(travis, 'basic/.travis.yml', '.travis.yml')).toEqual(['none']);
  });
});

describe('YAML positions', () => {
  test('every style maps a part of its value to the source', () => {
    const source = 'a: ${{ A }}\r\nb: \'it\'\'s ${{ A }}\'\r\nc: "t\\t\\u0041\\U0001F600 \\\r\n   ${{ A }}"\r\nd: |\r\n  x\r\n\r\n    ${{ A }}\r\ne: >-\r\n  one\r\n  two ${{ A }}\r\nf: plain\r\n  ${{ A }}\r\n';
    const file = parseYaml(source);
    const parts: string[] = [];
    for (const document of file.documents) {
      walk(document, '', (scalar) => {
        const from = scalar.value.indexOf('${{');
        if (from === -1) return;
        const { start, end } = sourceRange(file, scalar, from, from + '${{ A }}'.length);
        parts.push(source.slice(start, end));
      });
    }
    expect(parts).toEqual(Array.from({ length: 6 }, () => '${{ A }}'));
    expect(file.problems).toEqual([]);
  });

  test('unknown tags, several documents and keys of the object prototype are ordinary', () => {
    const file = parseYaml('a: !reference [x, y]\n__proto__: { b: 1 }\n---\nc: !vault |\n  text\n');
    expect(file.problems).toEqual([]);
    const routes: string[] = [];
    for (const document of file.documents) walk(document, '', (scalar, route) => routes.push(`${route}=${scalar.value.trim()}`));
    expect(routes).toEqual(['a[0]=x', 'a[1]=y', '__proto__.b=1', 'c=text']);
  });
});

test('deep nesting is refused before anything recurses over it', () => {
  const file = parseYaml(`a: 1\n---\n${'['.repeat(100_000)}`);
  expect(file.problems.map((problem) => problem.message)).toEqual(['nested too deeply']);
  expect(file.documents).toHaveLength(1);
});

describe('hostile input', () => {
  const everyone: readonly (readonly [Platform, string])[] = [
    [githubActions, WORKFLOW], [gitlabCi, '.gitlab-ci.yml'], [circleci, '.circleci/config.yml'], [buildkite, '.buildkite/pipeline.yml'], [azurePipelines, 'azure-pipelines.yml'], [bitbucketPipelines, 'bitbucket-pipelines.yml'],
    [jenkins, 'Jenkinsfile'], [googleCloudBuild, 'cloudbuild.yaml'], [awsCodebuild, 'buildspec.yml'], [travis, '.travis.yml'], [drone, '.drone.yml'], [woodpecker, '.woodpecker.yml'],
  ];
  const repeat = (unit: string): string => unit.repeat(Math.ceil(20_000 / unit.length));
  let laughs = 'x0: &x0 ["$OPENAI_API_KEY", "${{ secrets.OPENAI_API_KEY }}"]\n';
  for (let level = 1; level < 40; level += 1) laughs += `x${level}: &x${level} [*x${level - 1}, *x${level - 1}]\n`;
  const inputs: readonly string[] = [
    repeat("${{ ' }} ' "), repeat('${{ secrets['), repeat('['), repeat('{a: '), repeat('- '), repeat('"\\'), repeat('$'), repeat('${'), repeat("credentials('"), repeat("credentialsId: 'x' "),
    repeat('/*'), repeat('A=') , repeat('secrets.'), `a: ${repeat('${{ x[')}`, `jobs:\n  a: "${repeat('${{ secrets.OPENAI_API_KEY }}')}"`, `${laughs}jobs: { a: *x39, b: *x39 }\nsteps: *x39\n`, '\0', '\uD800', '\uFEFF', '',
    `env: &e\n${Array.from({ length: 600 }, (_, index) => `  K${index}: "\${{ secrets.K }}"\n`).join('')}jobs:\n${Array.from({ length: 600 }, (_, index) => `  j${index}: *e\n`).join('')}`,
    `.a0: &a\n  extends: .a0\n${Array.from({ length: 600 }, (_, index) => `j${index}: { extends: [.a0, j${index + 1}], script: ["$X"] }\n`).join('')}`,
  ];

  test.each(everyone)('$id keeps its time on every one', (platform, path) => {
    for (const text of inputs) {
      const started = performance.now();
      expect(() => platform.extract({ path, text }, names)).not.toThrow();
      // Quadratic work on these sizes takes minutes; the bound leaves room for a slow, shared machine.
      expect(performance.now() - started).toBeLessThan(5000);
    }
  }, 120_000);

  test('no text makes a reader throw, and every span lies in the file', () => {
    const word = fc.constantFrom('jobs', 'steps', ':', ' ', '\n', '\n  ', '- ', '${{', '}}', 'secrets', '.', '[', ']', "'", '"', 'OPENAI_API_KEY', '$', '{', '}', 'env', 'run', '&a', '*a', '<<', '|', '>', '#', '!x', '\\', '\r\n', 'é', '\t');
    fc.assert(
      fc.property(fc.array(word, { maxLength: 80 }), fc.nat(everyone.length - 1), (parts, index) => {
        const [platform, path] = everyone[index] ?? [githubActions, WORKFLOW];
        const text = parts.join('');
        const result = platform.extract({ path, text }, names);
        for (const { span } of [...result.references, ...result.values, ...result.workloads]) {
          expect(span.start).toBeGreaterThanOrEqual(0);
          expect(span.end).toBeGreaterThanOrEqual(span.start);
          expect(span.end).toBeLessThanOrEqual(text.length);
        }
        const keys = new Set(result.workloads.map((workload) => workload.key));
        for (const reference of result.references) expect(keys.has(reference.workload)).toBe(true);
      }),
      { numRuns: 600, seed: 7 },
    );
  });
});
