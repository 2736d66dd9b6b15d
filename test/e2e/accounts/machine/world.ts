import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { KeychainSystem } from '../../../../src/sources/machine/keychains.ts';
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
  /** Entries of keychains whose names say that they are keys: `store name`. */
  readonly named: readonly string[];
  /** What each system's own program says, in its own form, with the same entries. */
  readonly systems: Readonly<Record<'darwin' | 'win32' | 'linux', KeychainSystem>>;
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

/** Keychains and password stores: names alone matter. What stands in them is no key, and must not be looked at. */
const KEYRINGS: readonly { readonly path: string; readonly text: string }[] = [
  { path: '.password-store/.gpg-id', text: 'ann\n' },
  { path: '.password-store/ai/openai-api-key.gpg', text: '\u0085\u0001encrypted' },
  { path: '.password-store/web/openai.com.gpg', text: 'encrypted' },
  { path: '.password-store/bank/savings.gpg', text: 'encrypted' },
  { path: '.local/share/gopass/stores/team/work/ANTHROPIC_API_KEY.age', text: 'age-encryption.org/v1' },
  { path: '.passage/store/groq/api-key.age', text: 'age-encryption.org/v1' },
  { path: '.local/share/python_keyring/keyring_pass.cfg', text: '[llm]\nmistral_5fapi_5fkey = \n\tbm90IGEga2V5\n\n[mail_2Eexample]\nann = \n\tbm90aGluZw==\n' },
  { path: '.local/share/python_keyring/crypted_pass.cfg', text: '[keyring_2Dsetting]\npassword_20reference = \n\tZ29uZQ==\nscheme = [PyCrypto] AES.CFB\n\n[cohere]\napi_5fkey = \n\tZ29uZQ==\n' },
  { path: '.local/share/keyrings/Default_keyring.keyring', text: '[keyring]\ndisplay-name=Default keyring\nctime=1750965549\nmtime=0\nlock-on-idle=false\nlock-after=false\n\n[1]\nitem-type=0\ndisplay-name=HF_TOKEN\nsecret=nothing\nmtime=1750965549\nctime=1750965549\n\n[1:attribute0]\nname=xdg:schema\ntype=string\nvalue=org.freedesktop.Secret.Generic\n\n[2]\nitem-type=0\ndisplay-name=Wi-Fi\nsecret=nothing\nmtime=0\nctime=0\n' },
  { path: '.local/share/keyrings/login.keyring', text: 'GnomeKeyring\n\r\0\n\0\0OPENAI_API_KEY' },
];

const NAMED = ['plain-keyring HF_TOKEN', 'plain-keyring llm/mistral_api_key', 'pass ai/openai-api-key', 'pass groq/api-key', 'pass team/work/ANTHROPIC_API_KEY', 'python-keyring cohere/api_key'];

/** `security dump-keychain`, as it prints one item. */
function item(kind: string, attributes: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ ...attributes, cdat: 'date', mdat: 'date' }).map(([name, value]) => `    "${name}"${value === 'date' ? '<timedate>=0x32303235303130323033303430355A00  "20250102030405Z\\000"' : `<blob>=${value}`}`);
  return [`keychain: "/Users/ann/Library/Keychains/login.keychain-db"`, 'version: 512', `class: ${kind}`, 'attributes:', ...lines, ''].join('\n');
}

const DUMP = [
  item('"genp"', { '0x00000007 ': '"OPENAI_API_KEY"', acct: '"ann"', svce: '"OPENAI_API_KEY"' }),
  item('"genp"', { acct: '"ann"', gena: '<NULL>', svce: '"Claude Code"' }),
  item('"genp"', { acct: '"ann"', svce: '"Claude Code-credentials"' }),
  item('"genp"', { acct: '"Chrome"', svce: '"Chrome Safe Storage"' }),
  item('"genp"', { acct: '"GROQ_API_KEY"', svce: '0x6D6F6E20617070C3A9  "mon app\\303\\251"' }),
  item('"inet"', { acct: '"ann@acme.example"', srvr: '"platform.openai.com"' }),
  item('0x80001000 ', { labl: '"OPENAI_API_KEY certificate"' }),
].join('');

const CMDKEY = ['', 'Currently stored credentials:', '', '    Target: LegacyGeneric:target=OPENAI_API_KEY', '    Type: Generic ', '    User: ann', '    Local machine persistence', '    ', '    Target: LegacyGeneric:target=git:https://github.com', '    Type: Generic ', '    User: PersonalAccessToken', '    Local machine persistence', '    ', '    Target: LegacyGeneric:target=llm', '    Type: Generic ', '    User: GROQ_API_KEY', '    Local machine persistence', '    ', '    Target: Domain:interactive=ACME\\OPENAI_API_KEY', '    Type: Domain Password', '    User: ACME\\ann', '    '].join('\r\n');

const SYSTEMS: MachineWorld['systems'] = {
  linux: { platform: 'linux', run: async () => await Promise.reject(new Error('nothing is run here')) },
  darwin: { platform: 'darwin', run: async (program, parameters) => await Promise.resolve(program === '/usr/bin/security' && parameters.join(' ') === 'dump-keychain' ? { kind: 'printed', text: DUMP } : { kind: 'absent' }) },
  win32: { platform: 'win32', run: async (program, parameters) => await Promise.resolve(program === String.raw`C:\Windows\System32\cmdkey.exe` && parameters.join(' ') === '/list' ? { kind: 'printed', text: CMDKEY } : { kind: 'absent' }) },
};

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
  for (const { path, text } of KEYRINGS) write(path, text);
  chmodSync(home, 0o755);
  chmodSync(join(home, '.netrc'), 0o644);
  return { env: { HOME: home, CLAUDE_CONFIG_DIR: join(home, 'settings/claude'), ANTHROPIC_API_KEY: inEnvironment, PATH: '/usr/bin' }, home, target: 'machine:', planted, named: NAMED, systems: SYSTEMS, stop: () => rmSync(root, { recursive: true, force: true }) };
}
