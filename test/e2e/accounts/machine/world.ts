import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { keyMaker } from '../cluster-scan.ts';

/** A key that was put somewhere, and where. */
export interface PlantedKey {
  readonly value: string;
  readonly path: string;
}

export interface MachineWorld {
  readonly env: Readonly<Record<string, string>>;
  readonly home: string;
  /** What to name on the command line. */
  readonly target: string;
  readonly planted: readonly PlantedKey[];
  readonly stop: () => void;
}

/** How a key stands in a file of each kind. */
const FILES: readonly { readonly path: string; readonly kind: 'openai' | 'anthropic' | 'groq'; readonly text: (key: string) => string }[] = [
  { path: '.zshrc', kind: 'openai', text: (key) => `alias ll="ls -l"\nexport OPENAI_API_KEY="${key}"\n` },
  { path: '.bash_profile', kind: 'anthropic', text: (key) => `export ANTHROPIC_API_KEY=${key}\n` },
  { path: '.config/fish/fish_variables', kind: 'groq', text: (key) => `SETUVAR --export GROQ_API_KEY:${key}\n` },
  { path: '.config/fish/conf.d/ai.fish', kind: 'openai', text: (key) => `set -gx OPENAI_API_KEY ${key}\n` },
  { path: '.env', kind: 'openai', text: (key) => `OPENAI_API_KEY=${key}\n` },
  { path: '.env.local', kind: 'groq', text: (key) => `GROQ_API_KEY='${key}'\n` },
  { path: '.netrc', kind: 'anthropic', text: (key) => `machine api.anthropic.com login key password ${key}\n` },
  { path: '.npmrc', kind: 'openai', text: (key) => `; ${key}\nfund=false\n` },
  { path: '.pypirc', kind: 'groq', text: (key) => `[groq]\npassword = ${key}\n` },
  { path: '.claude/settings.json', kind: 'anthropic', text: (key) => JSON.stringify({ env: { ANTHROPIC_API_KEY: key } }) },
  { path: '.claude.json', kind: 'openai', text: (key) => JSON.stringify({ mcpServers: { search: { command: 'npx', env: { OPENAI_API_KEY: key } } } }) },
  { path: '.claude/projects/-home-ann-app/1.jsonl', kind: 'openai', text: (key) => `${JSON.stringify({ message: { content: `my key is ${key}` } })}\n` },
  { path: '.codex/auth.json', kind: 'openai', text: (key) => JSON.stringify({ OPENAI_API_KEY: key }) },
  { path: '.codex/config.toml', kind: 'groq', text: (key) => `[mcp_servers.fast.env]\nGROQ_API_KEY = "${key}"\n` },
  { path: '.codex/sessions/2026/11/29/rollout.jsonl', kind: 'anthropic', text: (key) => `${JSON.stringify({ text: key })}\n` },
  { path: '.gemini/.env', kind: 'groq', text: (key) => `GROQ_API_KEY=${key}\n` },
  { path: '.cursor/mcp.json', kind: 'anthropic', text: (key) => JSON.stringify({ mcpServers: { one: { command: 'x', env: { ANTHROPIC_API_KEY: key } } } }) },
  { path: '.continue/config.yaml', kind: 'openai', text: (key) => `models:\n  - provider: openai\n    apiKey: ${key}\n` },
  { path: '.aider.conf.yml', kind: 'openai', text: (key) => `openai-api-key: ${key}\n` },
  { path: '.config/zed/settings.json', kind: 'groq', text: (key) => `{ "context_servers": { "g": { "env": { "GROQ_API_KEY": "${key}" } } } }\n` },
  { path: '.config/goose/secrets.yaml', kind: 'openai', text: (key) => `OPENAI_API_KEY: ${key}\n` },
  { path: '.config/Code/User/settings.json', kind: 'openai', text: (key) => `{ "openai.apiKey": "${key}" } // mine\n` },
  { path: 'Library/Application Support/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json', kind: 'anthropic', text: (key) => JSON.stringify({ mcpServers: { a: { env: { ANTHROPIC_API_KEY: key } } } }) },
  { path: 'AppData/Roaming/Claude/claude_desktop_config.json', kind: 'groq', text: (key) => JSON.stringify({ mcpServers: { a: { env: { GROQ_API_KEY: key } } } }) },
  { path: '.config/JetBrains/IntelliJIdea2026.2/options/ai.xml', kind: 'openai', text: (key) => `<option name="key" value="${key}" />\n` },
  { path: '.config/io.datasette.llm/keys.json', kind: 'openai', text: (key) => JSON.stringify({ openai: key }) },
  { path: '.config/openai/key', kind: 'openai', text: (key) => `${key}\n` },
  { path: '.aws/credentials', kind: 'openai', text: (key) => `# ${key}\n[default]\n` },
  { path: '.bash_history', kind: 'openai', text: (key) => `curl -H "Authorization: Bearer ${key}" https://api.openai.com/v1/models\n` },
  { path: '.zsh_history', kind: 'anthropic', text: (key) => `: 1764000000:0;export ANTHROPIC_API_KEY=${key}\n` },
  { path: '.local/share/fish/fish_history', kind: 'groq', text: (key) => `- cmd: set GROQ_API_KEY ${key}\n  when: 1764000000\n` },
  { path: '.python_history', kind: 'openai', text: (key) => `client = OpenAI(api_key="${key}")\n` },
  { path: '.node_repl_history', kind: 'groq', text: (key) => `process.env.GROQ_API_KEY = '${key}'\n` },
  { path: '.psql_history', kind: 'openai', text: (key) => `insert into keys values ('${key}');\n` },
  { path: '.config/systemd/user/bot.service', kind: 'anthropic', text: (key) => `[Service]\nEnvironment=ANTHROPIC_API_KEY=${key}\nExecStart=/usr/bin/bot\n` },
  { path: '.config/environment.d/50-ai.conf', kind: 'openai', text: (key) => `OPENAI_API_KEY=${key}\n` },
  { path: 'Library/LaunchAgents/bot.plist', kind: 'groq', text: (key) => `<key>GROQ_API_KEY</key><string>${key}</string>\n` },
];

/** A home folder with a key in a file of every kind, a link inside it and one that leads out, a file that is too long, and a project that is none of its business. */
export function startMachineWorld(seed = 4711): MachineWorld {
  const key = keyMaker(seed);
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'dekey-machine-')));
  const home = join(root, 'ann');
  const planted: PlantedKey[] = [];
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text, { mode: 0o600 });
  };
  for (const { path, kind, text } of FILES) {
    const value = key(kind);
    write(path, text(value));
    planted.push({ value, path: `~/${path}` });
  }
  const linked = key('openai');
  write('dotfiles/zprofile', `export OPENAI_API_KEY=${linked}\n`);
  symlinkSync(join(home, 'dotfiles/zprofile'), join(home, '.zprofile'));
  planted.push({ value: linked, path: '~/.zprofile' });
  const moved = key('groq');
  write('settings/claude/settings.json', JSON.stringify({ env: { GROQ_API_KEY: moved } }));
  planted.push({ value: moved, path: '~/settings/claude/settings.json' });
  const inEnvironment = key('anthropic');
  planted.push({ value: inEnvironment, path: 'environment/variables.env' });

  writeFileSync(join(root, 'outside'), `export OPENAI_API_KEY=${key('openai')}\n`);
  symlinkSync(join(root, 'outside'), join(home, '.profile'));
  symlinkSync('.kshrc', join(home, '.kshrc'));
  write('.history', `${'x'.repeat(2 ** 20)}\n`.repeat(21));
  write('code/app/.env', `OPENAI_API_KEY=${key('openai')}\n`);
  write('notes/keys.md', `${key('openai')}\n`);
  chmodSync(home, 0o755);
  chmodSync(join(home, '.netrc'), 0o644);
  return { env: { HOME: home, CLAUDE_CONFIG_DIR: join(home, 'settings/claude'), ANTHROPIC_API_KEY: inEnvironment, PATH: '/usr/bin' }, home, target: 'machine:', planted, stop: () => rmSync(root, { recursive: true, force: true }) };
}
