/** Where one kind of file lies on a developer's machine. */
export interface MachinePlace {
  readonly title: string;
  /** `credentials` and `history` are for their owner alone: that others may read one is told. */
  readonly kind: 'profile' | 'credentials' | 'agent' | 'editor' | 'history' | 'service';
  /** Where it is usual. Every place is looked for everywhere: homes travel, and what is not there costs one look. */
  readonly platforms: readonly ('linux' | 'macos' | 'windows')[];
  /** Relative to the home folder, with `/`; `*`, `?`, `[a-z]` and `{a,b}` within a segment, `**` for up to six folders. */
  readonly globs: readonly string[];
}

const UNIX = ['linux', 'macos'] as const;
const ALL = ['linux', 'macos', 'windows'] as const;

/** Each of `names` below the folder that holds the settings of applications, on all three systems. */
function settings(...names: readonly string[]): readonly string[] {
  return ['.config', 'Library/Application Support', 'AppData/Roaming'].flatMap((folder) => names.map((name) => `${folder}/${name}`));
}

/** Editors of the family of VS Code keep the same files under names of their own. */
const CODE = '{Code,Code - Insiders,VSCodium,Cursor,Windsurf,Trae,Kiro,Antigravity}/User';

/**
 * Every place that is looked at, once. Sources: ai-credentials.md and agent-files.ts for what agents read; the manuals of the shells and tools for the rest, mostly
 * as remembered: a place that is wrong is one where nothing lies.
 */
export const PLACES: readonly MachinePlace[] = [
  {
    title: 'shell profiles',
    kind: 'profile',
    platforms: UNIX,
    globs: ['.profile', '.bash{rc,_profile,_login,_logout,_aliases,_env}', '.zsh{rc,env}', '.z{profile,login,logout}', '.zshrc.{local,d/*}', '.kshrc', '.{c,tc}shrc', '.login', '.inputrc', '.aliases', '.exports', '.functions', '.extra', '.secrets', '.config/{zsh,bash,sh}/*', '.config/zsh/.z{shrc,shenv,profile}', '.config/fish/{config.fish,fish_variables,conf.d/*.fish,functions/*.fish}', '.config/nushell/*.nu', '.xonshrc', '.xprofile', '.xsessionrc', '.pam_environment', '.oh-my-zsh/custom/*.zsh', '.bashrc.d/*', '.zshrc.d/*'],
  },
  { title: 'PowerShell profiles', kind: 'profile', platforms: ALL, globs: ['{Documents,OneDrive/Documents}/{PowerShell,WindowsPowerShell}/*.ps1', '.config/powershell/*.ps1'] },
  { title: 'environment files', kind: 'credentials', platforms: ALL, globs: ['.env', '.env.*', '.env-*', '*.env', '.envrc', '.envrc.*', '.dev.vars', '.config/environment.d/*.conf', '.secrets/*', '.config/direnv/*', '.config/{env,secrets}', '.config/{env,secrets}/*'] },
  {
    title: 'credentials of package managers and network tools',
    kind: 'credentials',
    platforms: ALL,
    globs: ['.netrc', '_netrc', '.npmrc', '.yarnrc', '.yarnrc.yml', '.bunfig.toml', '.pypirc', '.pip/pip.conf', '.config/pip/pip.conf', '.config/pypoetry/{auth,config}.toml', '.config/uv/uv.toml', '.condarc', '.git-credentials', '.gitconfig', '.config/git/{credentials,config}', '.curlrc', '.wgetrc', '.cargo/credentials{,.toml}', '.gem/credentials', '.bundle/config', '.m2/settings.xml', '.gradle/gradle.properties', '.composer/auth.json', '.config/composer/auth.json', '.nuget/NuGet/NuGet.Config', '.docker/config.json', '.config/containers/auth.json', '.terraformrc', '.terraform.d/credentials.tfrc.json', '.vault-token', '.pgpass', '.my.cnf'],
  },
  { title: 'credentials of hosts of code', kind: 'credentials', platforms: ALL, globs: ['.config/gh/{hosts,config}.yml', 'AppData/Roaming/GitHub CLI/hosts.yml', '.config/hub', ...settings('glab-cli/config.yml'), '.circleci/cli.yml', '.config/{vercel,netlify}/*.json', ...settings('com.vercel.cli/auth.json'), '.local/share/com.vercel.cli/auth.json', '.wrangler/config/*.toml', '.config/.wrangler/config/*.toml', '.fly/config.yml', '.railway/config.json', '.pulumi/credentials.json'] },
  { title: 'AWS', kind: 'credentials', platforms: ALL, globs: ['.aws/{credentials,config}', '.aws/cli/cache/*.json', '.boto', '.s3cfg', '.saml2aws', '.config/rclone/rclone.conf'] },
  { title: 'Google Cloud', kind: 'credentials', platforms: ALL, globs: ['{.config,AppData/Roaming}/gcloud/application_default_credentials.json', '{.config,AppData/Roaming}/gcloud/{credentials,access_tokens}.db', '{.config,AppData/Roaming}/gcloud/legacy_credentials/*/*.json', '{.config,AppData/Roaming}/gcloud/configurations/config_*', '.config/firebase/*.json', '*service{_,-,}account*.json', '.config/*service{_,-,}account*.json', 'Downloads/*service{_,-,}account*.json', '.gcp/*.json', '.gcloud/*.json'] },
  { title: 'Azure', kind: 'credentials', platforms: ALL, globs: ['.azure/*.json', '.azure/{credentials,config}', '.azure/service_principal_entries.json'] },
  { title: 'Kubernetes', kind: 'credentials', platforms: ALL, globs: ['.kube/{config,*.yaml,*.yml,*.conf}', '.kube/configs/*', '.kube/config.d/*'] },
  { title: 'data platforms', kind: 'credentials', platforms: ALL, globs: ['.databrickscfg', '.snowflake/*.toml', '.config/snowflake/*.toml', '.snowsql/config', '.dbt/profiles.yml', '.kaggle/kaggle.json', '.config/kaggle/kaggle.json'] },
  {
    title: 'command lines of AI providers',
    kind: 'credentials',
    platforms: ALL,
    globs: [
      '.huggingface/token', '.cache/huggingface/{token,stored_tokens}', '.config/openai/*', '.openai/*', '.config/anthropic/*', '.anthropic/*', ...settings('io.datasette.llm/keys.json'), ...settings('shell_gpt/.sgptrc'), '.sgptrc', ...settings('mods/mods.yml'), ...settings('aichat/{config.yaml,.env}'), '.config/fabric/.env', '.aicommits', '.opencommit', '.config/{wandb,cohere,replicate,groq,mistral}/*', '.modal.toml', '.runpod/*.toml', '.together/*', '.fal/*', '.e2b/config.json', '.cerebrium/config.yaml', '.replicate/*', '.banana/*', '.pinecone/*', '.config/pinecone/*', '.litellm/*.{yaml,yml,env}', '.config/litellm/*.{yaml,yml,env}', '.litellm_config.yaml', '.config/langsmith/*', '.streamlit/secrets.toml',
    ],
  },
  { title: 'Claude', kind: 'agent', platforms: ALL, globs: ['.claude.json', '.claude.json.backup', '.claude/{*.json,*.jsonl,*.env,.env,.credentials.json,CLAUDE.md}', '.claude/{hooks,commands,agents}/**/*', '.claude/plugins/*.json', '.config/claude/*', ...settings('Claude/*.json')] },
  { title: 'Codex', kind: 'agent', platforms: ALL, globs: ['.codex/{*.toml,*.json,*.jsonl,.env,AGENTS.md}', '.config/codex/*'] },
  { title: 'Gemini', kind: 'agent', platforms: ALL, globs: ['.gemini/{*.json,.env,GEMINI.md}', '.gemini/extensions/*/*.json'] },
  {
    title: 'other agents and MCP clients',
    kind: 'agent',
    platforms: ALL,
    globs: [
      '.mcp.json', 'mcp.json', '.mcp/*.json', '.cursor/*.json', '.codeium/windsurf/*.json', '.windsurf/*.json', '.continue/{config.json,config.yaml,config.ts,.env}', '.continue/{mcpServers,assistants,models}/*', '.aider*', '.config/github-copilot/*.json', 'AppData/Local/github-copilot/*.json', '.copilot/*.json', ...settings('opencode/{*.json,*.jsonc}'), '.opencode.json', '.local/share/opencode/*.json', ...settings('crush/crush.json'), '.local/share/crush/*.json', ...settings('goose/*.yaml'), 'AppData/Roaming/Block/goose/config/*.yaml', ...settings('amp/*.json'), '.local/share/amp/secrets.json', '.factory/*.json', '.kiro/settings/*.json', '.aws/amazonq/*.json', '.roo/*.json', '.qwen/{*.json,.env}', '.junie/*', '.lmstudio/*.json', '.tabnine/**/*.json', ...settings('Block/goose/*.yaml'), '.openhands/*.{toml,json}', '.config/openhands/*', '.plandex*/**/*.json', '.smithery/*.json', '.librechat/*', 'librechat.yaml',
    ],
  },
  { title: 'records of agents’ sessions', kind: 'history', platforms: ALL, globs: ['.claude/projects/*/*.jsonl', '.codex/sessions/**/*.jsonl', '.gemini/tmp/*/*.json', '.aider.chat.history.md', '.aider.input.history', '.local/share/opencode/storage/**/*.json', '.claude/shell-snapshots/*.sh'] },
  { title: 'VS Code and its family', kind: 'editor', platforms: ALL, globs: settings(`${CODE}/{settings,mcp,keybindings,tasks,launch}.json`, `${CODE}/profiles/*/{settings,mcp}.json`, `${CODE}/globalStorage/*/settings/*.json`, `${CODE}/globalStorage/state.vscdb`, `${CODE}/snippets/*`) },
  { title: 'other editors', kind: 'editor', platforms: ALL, globs: [...settings('zed/*.json', 'Zed/*.json'), ...settings('JetBrains/*/options/*.xml'), ...settings('Google/AndroidStudio*/options/*.xml'), ...settings('Sublime Text/Packages/User/*.sublime-settings'), '.vimrc', '.vim/vimrc', '.config/nvim/**/*.{lua,vim}', '.emacs', '.emacs.d/*.el', '.config/emacs/*.el', '.doom.d/*.el', '.authinfo', '.config/helix/*.toml'] },
  { title: 'notebooks', kind: 'editor', platforms: ALL, globs: ['.jupyter/*.{py,json}', '.jupyter/lab/user-settings/**/*.jupyterlab-settings', '.ipython/profile_*/startup/*', '.local/share/jupyter/runtime/*.json', '.config/matlab/*'] },
  {
    title: 'histories of shells and consoles',
    kind: 'history',
    platforms: ALL,
    globs: ['.bash_history', '.bash_sessions/*', '.zsh_history', '.zhistory', '.histfile', '.zsh_sessions/*', '.history', '.sh_history', '.local/share/fish/fish_history', '.config/fish/fish_history', '.config/nushell/history.*', '.python_history', '.node_repl_history', '.ts_node_repl_history', '.psql_history', '.mysql_history', '.sqlite_history', '.rediscli_history', '.irb_history', '.Rhistory', '.lesshst', '.viminfo', '.local/share/nvim/shada/*.shada', '.local/state/nvim/shada/*.shada', '.ipython/profile_*/history.sqlite', '.local/share/atuin/history.db', '{AppData/Roaming/Microsoft/Windows,.local/share}/PowerShell/PSReadLine/*_history.txt', '.local/share/powershell/PSReadLine/*_history.txt'],
  },
  { title: 'services of the user', kind: 'service', platforms: UNIX, globs: ['.config/systemd/user/*.{service,timer,env}', '.config/systemd/user/*.d/*.conf', 'Library/LaunchAgents/*.plist', '.config/autostart/*.desktop', '.local/share/applications/*.desktop', '.config/supervisor/*.conf', '.pm2/dump.pm2', '.config/pm2/*', '.crontab'] },
];

/** Variables that move a folder of the table elsewhere, or name one more file. */
export const MOVED: readonly { readonly variable: string; readonly folder?: string }[] = [
  { variable: 'XDG_CONFIG_HOME', folder: '.config' },
  { variable: 'XDG_DATA_HOME', folder: '.local/share' },
  { variable: 'XDG_CACHE_HOME', folder: '.cache' },
  { variable: 'ZDOTDIR', folder: '' },
  { variable: 'PASSWORD_STORE_DIR', folder: '.password-store' },
  { variable: 'CLAUDE_CONFIG_DIR', folder: '.claude' },
  { variable: 'CODEX_HOME', folder: '.codex' },
  { variable: 'HF_HOME', folder: '.cache/huggingface' },
  { variable: 'CLOUDSDK_CONFIG', folder: '.config/gcloud' },
  { variable: 'AZURE_CONFIG_DIR', folder: '.azure' },
  { variable: 'DOCKER_CONFIG', folder: '.docker' },
  { variable: 'AWS_SHARED_CREDENTIALS_FILE' },
  { variable: 'AWS_CONFIG_FILE' },
  { variable: 'GOOGLE_APPLICATION_CREDENTIALS' },
  { variable: 'NETRC' },
  { variable: 'NPM_CONFIG_USERCONFIG' },
  { variable: 'HISTFILE' },
  { variable: 'KUBECONFIG' },
];
