import { entry, get, textOf } from '../../support/yaml.ts';
import type { YamlMap } from '../yaml-edit.ts';
import { CannotRewrite } from '../cannot.ts';
import type { Replacement } from '../types.ts';
import type { KnownAction } from './actions.ts';
import { googleProvider, type Ids } from './steps.ts';
import { normal } from './uses.ts';

/** An action that takes a federated identity by inputs of its own. */
export interface NativeAction {
  /** Without the ref: `anthropics/claude-code-action`. */
  readonly action: RegExp;
  /** The party whose identity it takes. */
  readonly party: Replacement['parties'][number];
  /** Inputs that hold a key. */
  readonly keys: readonly string[];
  /** First version with the inputs, and what a lower or unknown one is raised to. */
  readonly floor?: { readonly version: readonly [number, number, number]; readonly raise: KnownAction };
  /** Inputs that a release before the floor has, and what it is raised to has not. */
  readonly lost?: readonly string[];
  /** No release has the inputs: only its default branch, and this action in its place. */
  readonly unreleased?: { readonly instead: string; readonly since: string };
  /** Inputs in place of the key, as lines of YAML. @throws CannotRewrite */
  readonly inputs: (step: YamlMap, replacement: Replacement, ids: Ids) => readonly string[];
  /** The input that names the identity, where one of several is chosen from: what stands there would be right for one of them only. */
  readonly chooses?: { readonly input: string; readonly value: (replacement: Replacement, ids: Ids) => string | undefined };
  /** It also takes a key from the environment of the job. */
  readonly readsEnvironment?: true;
  /** What comes after it acts by what it logs in as: the rights are those of the key. */
  readonly isLogin?: true;
  /** What a reviewer has to know beyond the edit. */
  readonly caution?: (step: YamlMap) => string | undefined;
}

const CLAUDE_CODE = {
  party: 'anthropic',
  keys: ['anthropic_api_key', 'claude_code_oauth_token'],
  readsEnvironment: true,
  inputs: (step: YamlMap, _: Replacement, ids: Ids) => {
    for (const other of ['use_bedrock', 'use_vertex', 'use_foundry']) {
      if (textOf(get(get(step, 'with'), other)) === 'true') throw new CannotRewrite('unknown-shape', `The step sets ${other}, so the key is not what it uses.`, 'Remove the key input by hand once you have seen that nothing needs it.');
    }
    return [
      `anthropic_federation_rule_id: ${ids('anthropic.federation_rule_id')}`,
      `anthropic_organization_id: ${ids('anthropic.organization_id')}`,
      `anthropic_service_account_id: ${ids('anthropic.service_account_id')}`,
      `anthropic_workspace_id: ${ids('anthropic.workspace_id')}`,
    ];
  },
} as const;

/** Inputs as the actions' own `action.yml` has them, 2026-11-24; those of Claude Code, by their tags and branches, 2026-11-30. */
const NATIVE: readonly NativeAction[] = [
  {
    ...CLAUDE_CODE,
    action: /^anthropics\/claude-code-action$/,
    floor: { version: [1, 0, 130], raise: 'anthropics/claude-code-action' },
    // https://github.com/anthropics/claude-code-action/blob/main/docs/migration-guide.md, 2026-11-30.
    lost: ['mode', 'direct_prompt', 'override_prompt', 'custom_instructions', 'max_turns', 'model', 'allowed_tools', 'disallowed_tools', 'claude_env', 'mcp_config', 'timeout_minutes'],
  },
  { ...CLAUDE_CODE, action: /^anthropics\/claude-code-action\/base-action$/, floor: { version: [1, 0, 134], raise: 'anthropics/claude-code-action' } },
  // Its newest tag, v0.0.63 of August 2025, has not the inputs; its default branch has had them since June 2026.
  { ...CLAUDE_CODE, action: /^anthropics\/claude-code-base-action$/, unreleased: { instead: 'anthropics/claude-code-action/base-action@v1', since: '2 June 2026' } },
  {
    action: /^aws-actions\/configure-aws-credentials$/,
    party: 'aws',
    isLogin: true,
    keys: ['aws-access-key-id', 'aws-secret-access-key', 'aws-session-token'],
    floor: { version: [4, 0, 0], raise: 'aws-actions/configure-aws-credentials' },
    inputs: (step, _, ids) => {
      const inputs = get(step, 'with');
      if (entry(inputs, 'role-to-assume') !== undefined) {
        throw new CannotRewrite('unknown-shape', 'The step uses the key pair to assume another role.', 'Let that role trust the identity of the plan, then delete the two key inputs; or chain two steps, the first with the role of the plan.');
      }
      return [`role-to-assume: ${ids('aws.role_arn')}`, ...(entry(inputs, 'aws-region') === undefined ? [`aws-region: ${ids('aws.region')}`] : [])];
    },
  },
  {
    action: /^google-github-actions\/auth$/,
    party: 'google',
    isLogin: true,
    keys: ['credentials_json'],
    // Before it, an account to impersonate has to be named. Source: the action's src/main.ts at v1.3.0, and its change #348.
    floor: { version: [2, 0, 0], raise: 'google-github-actions/auth' },
    chooses: { input: 'workload_identity_provider', value: googleProvider },
    inputs: (step, replacement, ids) => {
      const inputs = get(step, 'with');
      if (entry(inputs, 'token_format') !== undefined) {
        throw new CannotRewrite('unknown-shape', 'token_format needs a service account to impersonate, and the plan trusts the job directly.', 'Add workload_identity_provider and service_account by hand, and let the principal of the plan impersonate that account (roles/iam.workloadIdentityUser).');
      }
      if (entry(inputs, 'workload_identity_provider') !== undefined) return [];
      const provider = googleProvider(replacement, ids);
      if (provider === undefined) throw new CannotRewrite('unknown-shape', 'The name of the workload identity provider cannot be told from the plan.', 'Add workload_identity_provider by hand: the plan’s google folder has it.');
      return [...(entry(inputs, 'project_id') === undefined ? [`project_id: ${ids('google.project_id')}`] : []), `workload_identity_provider: ${provider}`];
    },
    caution: (step) => (entry(get(step, 'with'), 'service_account') === undefined ? undefined : 'the step impersonates a service account, which the principal of the plan has to be allowed (roles/iam.workloadIdentityUser)'),
  },
  {
    action: /^azure\/login$/,
    party: 'azure',
    isLogin: true,
    keys: ['creds'],
    inputs: (step, _, ids) => ['client-id', 'tenant-id', 'subscription-id'].flatMap((name) => (entry(get(step, 'with'), name) === undefined ? [`${name}: ${ids(`azure.${name.replace('-', '_')}`)}`] : [])),
    caution: () => 'az shows the job’s token once: where a later step asks for another service more than five minutes after the login, Microsoft Entra ID can refuse it (AADSTS700024)',
  },
  {
    action: /^google-github-actions\/run-gemini-cli$/,
    party: 'google',
    keys: ['gemini_api_key', 'google_api_key'],
    chooses: { input: 'gcp_workload_identity_provider', value: googleProvider },
    inputs: (step, replacement, ids) => {
      const inputs = get(step, 'with');
      const missing = (name: string, value: string): readonly string[] => (entry(inputs, name) === undefined ? [`${name}: ${value}`] : []);
      const given = ['gcp_workload_identity_provider', 'gcp_project_id', 'gcp_location', 'gcp_service_account', 'use_vertex_ai'].flatMap((name) => /vars\.([A-Za-z_]\w*)/.exec(textOf(get(inputs, name)) ?? '')?.[1] ?? []);
      // As in the workflows that the action comes with: the file is ready for both, and which it is stands in the settings.
      if (/\$\{\{/.test(textOf(get(inputs, 'gcp_workload_identity_provider')) ?? '')) {
        throw new CannotRewrite('unknown-shape', 'The step takes a federated identity already, as soon as its variables are set.', `Set ${given.join(', ')} to what the google folder of the plan has, then delete the secrets of the keys: this file can stay as it is.`);
      }
      const provider = googleProvider(replacement, ids);
      if (provider === undefined) throw new CannotRewrite('unknown-shape', 'The name of the workload identity provider cannot be told from the plan.', 'Add gcp_workload_identity_provider by hand: the plan’s google folder has it.');
      return [
        ...missing('gcp_workload_identity_provider', provider),
        ...missing('gcp_project_id', ids('google.project_id')),
        ...missing('gcp_location', ids('google.location')),
        // With its default the action asks for a service account; direct federation has none.
        ...(entry(inputs, 'gcp_service_account') === undefined ? missing('gcp_token_format', "''") : []),
        ...missing('use_vertex_ai', "'true'"),
      ];
    },
    caution: (step) => `the model is then served by Vertex AI, whose model ids and quotas differ${entry(get(step, 'with'), 'gcp_service_account') === undefined ? '' : '; the step impersonates a service account, which the principal of the plan has to be allowed (roles/iam.workloadIdentityUser)'}`,
  },
];

/** The action of a step, without and with its ref. */
export function actionOf(step: YamlMap): { readonly name: string; readonly ref: string } | undefined {
  const uses = textOf(get(step, 'uses'));
  if (uses === undefined) return undefined;
  const at = uses.indexOf('@');
  return at === -1 ? { name: uses, ref: '' } : { name: uses.slice(0, at), ref: uses.slice(at + 1) };
}

export function nativeOf(step: YamlMap, replacement: Replacement): NativeAction | undefined {
  const action = actionOf(step);
  return action === undefined ? undefined : NATIVE.find((native) => native.party === replacement.parties[0] && native.action.test(action.name.toLowerCase()));
}

export function isKeyInput(native: NativeAction, name: string): boolean {
  return native.keys.some((key) => normal(key) === normal(name));
}

/** Actions that get things ready or pass results on, and call no model: nothing has to stand before them. */
const PREPARING = /^(?:actions\/.+|pre-commit(?:-ci)?\/.+|psf\/black|chartboost\/ruff-action|golangci\/.+|super-linter\/.+|oxsecurity\/megalinter|biomejs\/setup-biome|jdx\/mise-action|github\/.+|docker\/.+|astral-sh\/.+|pnpm\/action-setup|oven-sh\/setup-bun|denoland\/setup-deno|abatilo\/actions-poetry|snok\/install-poetry|pdm-project\/setup-pdm|prefix-dev\/setup-pixi|swatinem\/rust-cache|dtolnay\/rust-toolchain|taiki-e\/install-action|gradle\/.+|step-security\/harden-runner|dorny\/.+|tj-actions\/.+|google-github-actions\/(?:auth|setup-gcloud)|aws-actions\/configure-aws-credentials|azure\/login|hashicorp\/setup-terraform|ruby\/setup-ruby|shivammathur\/setup-php|codecov\/.+|coverallsapp\/.+|peter-evans\/.+|slackapi\/.+|8398a7\/action-slack|softprops\/action-gh-release|marocchino\/.+|jlumbroso\/free-disk-space|mikepenz\/.+)$/i;

/** Lines that install, build, format or say something: they need no model. One that writes somewhere is not among them. */
const INSTALLING = new RegExp(
  `^(?:${[
    '(?:npm|pnpm|yarn|bun)(?: (?:ci|i|install|add|link|audit|config|--version|-v)\\b.*)?',
    '(?:npm|pnpm|yarn|bun)(?: run)? (?:build|lint|format|fmt|typecheck|check-types|clean)\\b.*',
    'corepack .*',
    '(?:(?:poetry|uv|pdm) run )?(?:python3? -m )?pip3? (?:install|download|list|cache)\\b.*',
    'uv (?:sync|venv|pip|lock|add|tool install|python install|self)\\b.*',
    '(?:poetry|pdm|hatch|pipx) (?:install|config|lock|self|add|env|build|sync)\\b.*',
    '(?:poetry run |uv run |hatch run |pdm run )?(?:ruff|black|flake8|isort|mypy|pyright|pre-commit|pylint|codespell)\\b.*',
    '(?:npx |pnpm (?:exec )?|yarn )?(?:eslint|prettier|tsc|biome)\\b.*',
    'cargo (?:build|fetch|check|clippy|fmt|install)\\b.*', 'go (?:mod|build|vet|install|fmt)\\b.*', 'dotnet (?:restore|build|format)\\b.*', 'bundle (?:install|config)\\b.*', 'gem install\\b.*',
    '(?:sudo )?(?:apt|apt-get|brew|apk|yum|dnf) .*', '(?:shellcheck|actionlint|typos|yamllint)\\b.*', 'make (?:deps|install|build|lint|format|fmt)\\b.*',
    'cd .*', 'mkdir .*', 'set -.*', 'sleep .*', 'echo .*', '#.*', '',
  ].join('|')})$`,
);

export function isPreparing(step: YamlMap): boolean {
  const action = actionOf(step);
  if (action !== undefined) return PREPARING.test(action.name);
  const run = textOf(get(step, 'run'));
  return run === undefined || run.replaceAll('\\\n', ' ').split(/\n|&&|;/).every((line) => INSTALLING.test(line.trim()) && !/>|\btee\b/.test(line));
}
