import { compileGlobs } from '../../support/glob.ts';

/** Files that exist to hold credentials or agent configuration: looked at even when git ignores them, since that is where keys live. */
const CREDENTIAL_FILES = compileGlobs([
  // Environment files of shells, frameworks and local runners
  '.env', '.env.*', '.env-*', '*.env', 'env.local', '.envrc', '.envrc.*', '.dev.vars', '.dev.vars.*', '.flaskenv', '.secrets', '.secrets.*', '*.secrets', '.vars',
  // Agents, editors and model gateways
  '.mcp.json', 'mcp.json', 'mcp_config.json', '.cursor/*.json', '.vscode/{mcp,settings}.json', '.claude/settings*.json', '.claude/*.env', '.claude.json', 'claude_desktop_config.json',
  '.codex/*', '.gemini/*', '.tabnine/agent/*', '.windsurf/*', '.continue/*', '.continuerc.json', '.aider.conf.yml', '.aider*.yml', 'opencode.json', 'opencode.jsonc', '.opencode/*',
  '.roo/*', '.zed/*', '.kiro/settings/*', '.amazonq/*', '.goose/*', '.librechat/*', 'librechat.yaml', 'litellm*.{yml,yaml}', '.github/copilot/*', '.devcontainer/*', '.devcontainer.json',
  // Clouds
  'credentials', 'credentials.*', 'credentials*.json', '*[-_]credentials.json', '*[-_]credentials.y{,a}ml', 'service[-_]account*.json', '*service[-_]account*.json', 'serviceaccount*.json',
  'sa[-_]key*.json', '*[-_]key.json', '*[-_]keys.json', 'client_secret*.json', 'application_default_credentials.json', 'gha-creds-*.json', '.aws/*', '.boto',
  'kubeconfig', 'kubeconfig.*', '*.kubeconfig', '.kube/config', '.docker/config.json', '.dockercfg', 'auth.json',
  // Infrastructure
  '*.tfvars', '*.tfvars.json', 'terraform.tfstate*', '*.tfstate', '*.tfstate.backup', 'secrets.toml', '.streamlit/*', 'secrets.{yml,yaml,json,env,properties}', '*[-_.]secrets.{yml,yaml,json,toml}',
  '*secret*.{yml,yaml}', 'vault.{yml,yaml}', 'values[-_.]local.{yml,yaml}', '{docker-,}compose.override.{yml,yaml}', '{docker-,}compose.local.{yml,yaml}',
  // Application settings kept off the repository by habit
  'appsettings.*.json', 'local.settings.json', 'application-*.{yml,yaml,properties}', 'local.properties', 'local_settings.py', 'config.local.*', 'settings.local.*', 'secrets.py',
  // Package managers and network tools
  '.netrc', '_netrc', '.npmrc', '.yarnrc.yml', '.pypirc', 'pip.conf', '.git-credentials', '.curlrc',
]);

/** Folders of installed or built things: what lies in them was copied from elsewhere, and there is a lot of it. */
const VENDOR_FOLDERS: ReadonlySet<string> = new Set([
  'node_modules', 'bower_components', 'jspm_packages', 'vendor', 'dist', 'build', 'out', 'target', 'bin', 'obj', 'lib', 'lib64', 'site-packages', 'venv', '.venv', 'env', 'virtualenv',
  '__pycache__', '.tox', '.nox', '.eggs', '.mypy_cache', '.pytest_cache', '.ruff_cache', '.cache', '.next', '.nuxt', '.output', '.svelte-kit', '.turbo', '.parcel-cache', '.gradle',
  '.m2', '.cargo', '.rustup', '.bundle', '.yarn', '.pnpm-store', 'Pods', 'DerivedData', 'coverage', '.nyc_output', '.angular', 'bazel-bin', 'bazel-out', 'bazel-testlogs', '_build', 'deps',
]);

/** `path` is relative, with `/`. */
export function isCredentialFile(path: string): boolean {
  return CREDENTIAL_FILES.matches(path);
}

/** By the folder's own name. */
export function isVendorFolder(name: string): boolean {
  return VENDOR_FOLDERS.has(name);
}
