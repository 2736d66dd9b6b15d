import { keyMaker } from '../cluster-scan.ts';
import { type FakeGitlab, type FakeGitlabOptions, type FakeGroup, type FakeProject, startFakeGitlab } from './server.ts';

/** Not of the form of a real one. */
export const TOKEN = 'token-of-ann';

/** A key, where it stands, and the jobs of the same project that use it. */
export interface PlantedKey {
  readonly value: string;
  /** Path of the group or project. */
  readonly holder: string;
  readonly path: string;
  readonly users: readonly string[];
}

export interface GitlabWorld {
  readonly env: Readonly<Record<string, string>>;
  /** What to name on the command line. */
  readonly target: string;
  readonly planted: readonly PlantedKey[];
  readonly gitlab: FakeGitlab;
  readonly stop: () => void;
}

const PIPELINE = `
include:
  - local: /ci/build.yml
  - local: ci/jobs/*.yml
  - project: acme/web/templates
    file: [/ai.yml]
  - template: Jobs/SAST.gitlab-ci.yml
train:
  script:
    - curl -H "x-api-key: $GROQ_API_KEY" https://api.groq.com
reuse:
  script: !reference [.base, script]
`;

function job(name: string, variable: string): string {
  return `${name}:\n  script:\n    - run --key "$${variable}"\n`;
}

/** A group with two subgroups and as many projects as make pages; names that stand for other values further down; variables of every kind. */
export async function startGitlabWorld(options: Partial<FakeGitlabOptions> & { readonly crowd?: number } = {}, seed = 99): Promise<GitlabWorld> {
  const key = keyMaker(seed);
  const planted: PlantedKey[] = [];
  const plant = (kind: Parameters<typeof key>[0], holder: string, path: string, users: readonly string[] = []): string => {
    const value = key(kind);
    planted.push({ value, holder, path, users });
    return value;
  };
  const groups: FakeGroup[] = [
    { id: 1, full_path: 'acme', variables: [{ key: 'OPENAI_API_KEY', value: plant('openai', 'acme', 'gitlab/acme/variables.env'), masked: true, protected: true, hidden: false }, { key: 'GROQ_API_KEY', value: plant('groq', 'acme', 'gitlab/acme/environments/production/variables.env'), environment_scope: 'production' }] },
    { id: 2, full_path: 'acme/ml', variables: [{ key: 'OPENAI_API_KEY', value: plant('openai', 'acme/ml', 'gitlab/acme/ml/variables.env') }] },
    { id: 3, full_path: 'acme/web' },
    { id: 9, full_path: 'other', variables: [{ key: 'OPENAI_API_KEY', value: key('openai') }] },
  ];
  const train = 'gitlab/acme/ml/train';
  const projects: FakeProject[] = [
    {
      id: 11,
      path: 'acme/ml/train',
      variables: [
        { key: 'GROQ_API_KEY', value: plant('groq', 'acme/ml/train', `${train}/variables.env`, ['.gitlab-ci.yml › train', 'extra.gitlab-ci.yml › extra']) },
        { key: 'ANTHROPIC_API_KEY', value: plant('anthropic', 'acme/ml/train', `${train}/environments/review%2F%2A/variables.env`, ['build.gitlab-ci.yml › build']), environment_scope: 'review/*', masked: true },
        { key: 'WANDB_API_KEY', value: null, hidden: true, masked: true },
        { key: 'SETTINGS', variable_type: 'file', value: `# it's a file\nOPENROUTER_API_KEY="${plant('openrouter', 'acme/ml/train', `${train}/variables.env`)}"\n` },
      ],
      schedules: [{ id: 5, variables: [{ key: 'REPLICATE_API_TOKEN', value: plant('replicate', 'acme/ml/train', `${train}/schedules/5/variables.env`) }] }],
      files: { 'README.md': 'x', '.gitlab-ci.yml': PIPELINE, 'ci/build.yml': job('build', 'ANTHROPIC_API_KEY'), 'ci/jobs/extra.yml': job('extra', 'GROQ_API_KEY'), 'ci/jobs/deep/no.yml': job('no', 'GROQ_API_KEY'), ...Object.fromEntries(Array.from({ length: 130 }, (_, at) => [`src/file-${at}.ts`, ''])) },
      more: { namespace: { id: 2 }, ci_id_token_sub_claim_components: ['project_id', 'ref_type', 'ref'], visibility: 'internal' },
    },
    { id: 12, path: 'acme/web/templates', files: { 'ai.yml': `${job('shared', 'WANDB_API_KEY')}include: /more.yml\n`, 'more.yml': job('more', 'OPENAI_API_KEY') } },
    { id: 13, path: 'acme/empty' },
    { id: 99, path: 'other/app', files: { '.gitlab-ci.yml': job('theirs', 'OPENAI_API_KEY') } },
  ];
  for (let at = 0; at < (options.crowd ?? 0); at += 1) {
    const path = `acme/web/app-${at}`;
    const users = ['.gitlab-ci.yml › test'];
    const variables = at % 10 === 0 ? [...Array.from({ length: 120 }, (_, n) => ({ key: `SETTING_${n}`, value: `v${n}` })), { key: 'ANTHROPIC_API_KEY', value: plant('anthropic', path, `gitlab/${path}/variables.env`, users) }] : [];
    projects.push({ id: 100 + at, path, variables, files: { '.gitlab-ci.yml': job('test', at % 10 === 0 ? 'ANTHROPIC_API_KEY' : 'OPENAI_API_KEY') } });
  }
  const gitlab = await startFakeGitlab({ token: TOKEN, groups, projects, ...options });
  return { env: { GITLAB_TOKEN: TOKEN, GITLAB_HOST: gitlab.origin }, target: 'gitlab:acme', planted, gitlab, stop: gitlab.stop };
}
