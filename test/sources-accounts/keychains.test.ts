import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { STORE_KINDS } from '../../src/model/account.ts';
import { buildNameTable } from '../../src/providers/_names.ts';
import { providers } from '../../src/providers/index.ts';
import { accountSentence } from '../../src/report/account-messages.ts';
import { render } from '../../src/report/index.ts';
import type { RenderOptions } from '../../src/report/renderer.ts';
import { buildInventory } from '../../src/risk/score-inventory.ts';
import { openOn } from '../../src/sources/machine/index.ts';
import { entryName, parseCmdkeyList, parseKeychainDump, parsePlainKeyring, parsePythonKeyring } from '../../src/sources/machine/keychain-text.ts';
import { type Answer, type KeychainSystem, THIS_SYSTEM } from '../../src/sources/machine/keychains.ts';
import { contextOf, gapsOf, readSource, scanRead } from '../e2e/accounts/cluster-scan.ts';
import { type MachineWorld, startMachineWorld } from '../e2e/accounts/machine/world.ts';

const worlds: MachineWorld[] = [];
afterEach(() => {
  for (const world of worlds.splice(0)) world.stop();
});

function start(): MachineWorld {
  const world = startMachineWorld();
  worlds.push(world);
  return world;
}

describe('security dump-keychain', () => {
  const head = 'keychain: "/Users/ann/Library/Keychains/login.keychain-db"\nversion: 512\n';

  it('gives service, account and dates of passwords', () => {
    const text = `${head}class: "genp"\nattributes:\n    0x00000007 <blob>="Label"\n    0x00000008 <blob>=<NULL>\n    "acct"<blob>="ann"\n    "cdat"<timedate>=0x32303234303130313132303030305A00  "20240101120000Z\\000"\n    "crtr"<uint32>=<NULL>\n    "icmt"<blob>="a comment nobody is shown"\n    "mdat"<timedate>=0x32303235303230313132303030305A00  "20250201120000Z\\000"\n    "svce"<blob>="OPENAI_API_KEY"\n    "type"<uint32>=<NULL>\n`;
    expect(parseKeychainDump(text)).toEqual([{ service: 'OPENAI_API_KEY', account: 'ann', created: '2024-01-01T12:00:00Z', updated: '2025-02-01T12:00:00Z' }]);
  });

  it('reads names that are not ASCII, quotes in names, and those of servers', () => {
    const item = (svce: string): string => `${head}class: "genp"\nattributes:\n    "acct"<blob>=<NULL>\n    "svce"<blob>=${svce}\n`;
    expect(parseKeychainDump(item('0xC3A9  "\\303\\251"') + item('"a "quoted" name"') + item('<NULL>')).map(({ service }) => service)).toEqual(['é', 'a "quoted" name', '']);
    expect(parseKeychainDump(`${head}class: "inet"\nattributes:\n    "acct"<blob>="key"\n    "srvr"<blob>="api.openai.com"\n`)).toEqual([{ service: 'api.openai.com', account: 'key' }]);
  });

  it('leaves out what is no password, and makes nothing of other texts', () => {
    expect(parseKeychainDump(`${head}class: 0x80001000 \nattributes:\n    "svce"<blob>="OPENAI_API_KEY"\n`)).toEqual([]);
    for (const text of ['', 'security: SecKeychainCopySearchList: error', 'class: "genp"\n    "svce"<blob>="A"', '\0'.repeat(100)]) expect(parseKeychainDump(text)).toEqual([]);
  });

  it('takes no time for a hostile text', () => {
    const started = performance.now();
    parseKeychainDump(`${head}class: "genp"\n${'    "svce"<blob>=0x'.repeat(50_000)}`);
    parseKeychainDump(head.repeat(30_000));
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe('cmdkey /list', () => {
  it('gives targets of programs with their users, whatever the language of Windows', () => {
    for (const [target, type, user] of [['Target', 'Type', 'User'], ['Ziel', 'Typ', 'Benutzer'], ['ターゲット', '種類', 'ユーザー']]) {
      const text = `\r\nx:\r\n\r\n    ${target}: LegacyGeneric:target=OPENAI_API_KEY\r\n    ${type}: Generic \r\n    ${user}: ann\r\n    x\r\n    \r\n    ${target}: Domain:target=server\r\n    ${type}: Domain Password\r\n    ${user}: ACME\\ann\r\n`;
      expect(parseCmdkeyList(text)).toEqual([{ service: 'OPENAI_API_KEY', account: 'ann' }]);
    }
  });

  it('gives none where there are none', () => {
    expect(parseCmdkeyList('\r\nCurrently stored credentials:\r\n\r\n* NONE *\r\n')).toEqual([]);
  });

  it('takes a target without a user', () => {
    expect(parseCmdkeyList('    Target: LegacyGeneric:target=Open AI api key\r\n    Type: Generic\r\n')).toEqual([{ service: 'Open AI api key', account: '' }]);
  });
});

describe('keyrings in files', () => {
  it('of GNOME: by the attributes that programs look for, else by the label; a secret never', () => {
    const secret = ['no', 'name', 'at', 'all'].join('-');
    const text = `[keyring]\ndisplay-name=login\n\n[5]\nitem-type=0\ndisplay-name=Password for 'GROQ_API_KEY' on 'llm'\nsecret=${secret}\\n[6]\nmtime=1750965549\nctime=0\n\n[5:attribute0]\nname=service\ntype=string\nvalue=llm\n\n[5:attribute1]\nname=username\ntype=string\nvalue=GROQ_API_KEY\n\n[7]\ndisplay-name=HF_TOKEN\nsecret=${secret}\n`;
    const entries = parsePlainKeyring(text);
    expect(entries).toEqual([{ service: 'llm', account: 'GROQ_API_KEY', updated: '2025-06-26T19:19:09.000Z' }, { service: 'HF_TOKEN', account: '' }]);
    expect(JSON.stringify(entries)).not.toContain(secret);
  });

  it('of Python: a section a service, an option a user, both unescaped', () => {
    expect(parsePythonKeyring('[mon_20app_C3_A9]\nopenai_5fapi_5fkey = \n\tQUJD\n\n[keyring_2Dsetting]\npassword_20reference = \n\tQUJD\n\n[b]\nx: 1\n')).toEqual([{ service: 'mon appé', account: 'openai_api_key' }, { service: 'b', account: 'x' }]);
    expect(parsePythonKeyring('option = before any section\n\tx = y\n')).toEqual([]);
  });
});

it('an entry has one name: the service, and the account where that is more than who is logged in', () => {
  const name = (service: string, account: string): string => entryName({ service, account }, 'ann');
  expect(name('OPENAI_API_KEY', 'ann')).toBe('OPENAI_API_KEY');
  expect(name('OPENAI_API_KEY', 'Ann')).toBe('OPENAI_API_KEY');
  expect(name('OPENAI_API_KEY', 'ann@acme.example')).toBe('OPENAI_API_KEY');
  expect(name('llm', 'OPENAI_API_KEY')).toBe('llm/OPENAI_API_KEY');
  expect(name('app/OPENAI_API_KEY', 'OPENAI_API_KEY')).toBe('app/OPENAI_API_KEY');
  expect(name('', 'OPENAI_API_KEY')).toBe('OPENAI_API_KEY');
  expect(name('two\nlines', '')).toBe('two');
  expect(name('x'.repeat(1000), '')).toHaveLength(256);
});

describe('machine: and what answers', () => {
  const read = async (world: MachineWorld, system: KeychainSystem, env: Readonly<Record<string, string>> = {}) => await readSource(async (rest, given) => await openOn(system, rest, given), '', contextOf({ env, home: world.home }));
  const says = (platform: NodeJS.Platform, answer: Answer): KeychainSystem => ({ platform, run: async () => await Promise.resolve(answer) });

  it.each([
    ['darwin', { kind: 'refused' }, '!macOS Keychain could not be read: it is locked, or refused'],
    ['darwin', { kind: 'late' }, '!macOS Keychain could not be read: no answer within 10 s'],
    ['darwin', { kind: 'absent' }, '!macOS Keychain could not be read: no /usr/bin/security'],
    ['win32', { kind: 'refused' }, '!Windows Credential Manager could not be read: it is locked, or refused'],
  ] as const)('%s: %j is named, and the machine is not read whole', async (platform, answer, gap) => {
    expect(gapsOf(await read(start(), says(platform, answer)))).toContain(gap);
  });

  it('names encrypted keyrings on every system, and asks no program on Linux', async () => {
    const world = start();
    const given = await read(world, world.systems.linux);
    expect(gapsOf(given)).toContain('keyring with encrypted names: ~/.local/share/keyrings/login.keyring');
    expect(given.accounts.stored.every(({ store }) => store !== 'macos-keychain' && store !== 'windows-credentials')).toBe(true);
  });

  it('takes no program from a folder that is none of Windows', async () => {
    const world = start();
    const ran: string[] = [];
    const system: KeychainSystem = { platform: 'win32', run: async (program) => await Promise.resolve((ran.push(program), { kind: 'absent' })) };
    for (const SystemRoot of [String.raw`\\server\share`, 'windows', String.raw`C:\a"b`, '/tmp']) expect(gapsOf(await read(world, system, { SystemRoot }))).toContain('!Windows Credential Manager could not be read: SystemRoot is no folder');
    expect(ran).toEqual([]);
    await read(world, system, { SystemRoot: String.raw`D:\Windows` });
    expect(ran).toEqual([String.raw`D:\Windows\System32\cmdkey.exe`]);
  });

  it('follows PASSWORD_STORE_DIR inside the home folder, and names one outside', async () => {
    const world = start();
    const inside = await read(world, world.systems.linux, { PASSWORD_STORE_DIR: `${world.home}/.password-store/ai` });
    expect(inside.accounts.stored.map(({ store, name }) => `${store} ${name}`)).toContain('pass openai-api-key');
    expect(gapsOf(await read(world, world.systems.linux, { PASSWORD_STORE_DIR: `${world.home}/..` }))).toContain('!outside the home folder: PASSWORD_STORE_DIR');
  });

  it('opens no entry of a password store, and gives no value of a keyring to the scan', async () => {
    const world = start();
    const { targets } = await read(world, world.systems.darwin);
    const read_ = (targets[0]?.files ?? []).map(({ path }) => path);
    expect(read_.filter((path) => /password-store|gopass|passage|keyring/.test(path))).toEqual([]);
    expect(JSON.stringify(targets[0]?.texts)).not.toContain('keyring');
  });
});

it('a program of the system gets no question answered, and its end is told', async () => {
  if (process.platform === 'win32') return;
  expect(await THIS_SYSTEM.run('/nonexistent/security', [], {})).toEqual({ kind: 'absent' });
  expect(await THIS_SYSTEM.run('/bin/cat', [], {})).toEqual({ kind: 'printed', text: '' });
  expect(await THIS_SYSTEM.run('/bin/sh', ['-c', 'echo "$A"; env | grep -c HOME='], { A: 'x' })).toEqual({ kind: 'refused' });
});

describe('in the report', () => {
  const NOW = '2026-11-29T00:00:00Z';
  const OPTIONS: RenderOptions = { providers, platforms: [], width: 100, color: false, verbose: true, failOn: 'high', elapsedMs: 1, hyperlinks: false, cwd: '/', unicode: true };

  async function inventoryOf(world: MachineWorld) {
    const given = await readSource(async (rest, context) => await openOn(world.systems.darwin, rest, context), '', contextOf({ env: { OPENAI_API_KEY: 'x' }, home: world.home }));
    const target = { id: 't0', kind: 'machine' as const, name: 'machine:', complete: true, files: 0, objects: 0, bytes: 0, skipped: [], facts: {} };
    return buildInventory({ targets: [target], secrets: [], references: [], workloads: [], problems: [], accounts: given.accounts }, providers, { version: '0.0.0', now: NOW, public: false }, buildNameTable(providers));
  }

  it('an entry is a stored key of low severity in a place that is no repository', async () => {
    const inventory = await inventoryOf(start());
    const finding = inventory.findings.find(({ arguments: said, detector }) => detector === 'stored-key' && said['store'] === 'macos-keychain' && said['name'] === 'OPENAI_API_KEY');
    expect(finding).toMatchObject({ severity: 'low', confidence: 'high', location: { path: 'account:macos-keychain/user/OPENAI_API_KEY', logical: true } });
    expect(finding === undefined ? '' : accountSentence(finding, (text) => text)).toBe('macOS Keychain entry OPENAI_API_KEY holds an AI key, set 2025-01-02.');
    // Who can read the file can read the key.
    expect(inventory.findings.find(({ arguments: said, detector }) => detector === 'stored-key' && said['store'] === 'plain-keyring')).toMatchObject({ severity: 'medium' });
    const claude = inventory.credentials.find(({ names }) => names.includes('Claude Code'));
    expect(claude).toMatchObject({ provider: 'anthropic', seen: false });
    const text = await render('text', inventory, OPTIONS);
    expect(text).toContain('macOS Keychain entry');
    expect(text).toContain('OPENAI_API_KEY of machine: macOS Keychain entry');
    expect(await render('markdown', inventory, OPTIONS)).not.toContain('history:');
    expect(text).not.toMatch(/repository|Chrome|platform\.openai\.com|savings/);
  });

  it('holds to its schema, which knows every store', async () => {
    const { Ajv2020 } = await import('ajv/dist/2020.js');
    const schema = JSON.parse(readFileSync(new URL('../../schema/inventory.schema.json', import.meta.url), 'utf8')) as { readonly $defs: { readonly store: { readonly enum: readonly string[] } } };
    expect([...schema.$defs.store.enum].toSorted()).toEqual(Object.keys(STORE_KINDS).toSorted());
    const validate = new Ajv2020({ allErrors: true, strict: false, validateFormats: false }).compile(schema);
    const json: unknown = JSON.parse(await render('json', await inventoryOf(start()), OPTIONS));
    expect(validate(json), JSON.stringify(validate.errors)).toBe(true);
    expect(JSON.stringify(json)).not.toContain('"holds"');
  });
});

it('a variable of this machine with the name of an entry is not taken for it', async () => {
  const world = start();
  const joined = await scanRead(await readSource(async (rest, context) => await openOn(world.systems.darwin, rest, context), '', contextOf({ env: { ...world.env, OPENAI_API_KEY: world.planted[0]?.value ?? '' }, home: world.home })));
  const entry = joined.accounts?.stored.find(({ store, name }) => store === 'macos-keychain' && name === 'OPENAI_API_KEY');
  expect(joined.credentials.find(({ id }) => id === entry?.credential)?.seen).toBe(false);
});
