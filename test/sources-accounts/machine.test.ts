import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openMachine as openReal, openOn } from '../../src/sources/machine/index.ts';
import type { OpenRemote } from '../../src/sources/remote.ts';
import { explainMachine } from '../../src/sources/machine/explain.ts';
import { KEYCHAIN_PROGRAMS, KEYRING_FILES, PASSWORD_STORES } from '../../src/sources/machine/keychains.ts';
import { PLACES } from '../../src/sources/machine/places.ts';
import { dotenvText } from '../../src/support/dotenv-text.ts';
import { dotenvLines } from '../../src/platforms/_shared/dotenv-lines.ts';
import { contextOf, gapsOf, readSource } from '../e2e/accounts/cluster-scan.ts';
import { proveMachine } from '../e2e/accounts/machine/prove.ts';
import { type MachineWorld, startMachineWorld } from '../e2e/accounts/machine/world.ts';

/** Without the programs of the system that the test runs on. */
const openMachine: OpenRemote = async (rest, context) => await openOn({ platform: 'linux', run: async () => await Promise.resolve({ kind: 'absent' }) }, rest, context);

const worlds: MachineWorld[] = [];
afterEach(() => {
  for (const world of worlds.splice(0)) world.stop();
});

function start(): MachineWorld {
  const world = startMachineWorld();
  worlds.push(world);
  return world;
}

describe('machine:', () => {
  it('finds the key in every kind of place and none elsewhere', async () => {
    expect((await proveMachine()).failures).toEqual([]);
  });

  it('names what it did not read, and why', async () => {
    const world = start();
    const read = await readSource(openMachine, '', contextOf({ env: world.env, home: world.home }));
    expect(gapsOf(read)).toEqual(['!unreadable: ~/.kshrc', 'keyring with encrypted names: ~/.local/share/keyrings/login.keyring', 'over 20 MB: ~/.history', 'symlink out of the home folder: ~/.profile']);
    expect(read.targets).toHaveLength(1);
    expect(read.targets[0]).toMatchObject({ id: 't0', kind: 'machine', name: 'machine:' });
    expect(read.accounts).toMatchObject({ settings: [], readWhole: {} });
    expect(read.accounts.stored.every(({ target, scope }) => target === 't0' && scope === 'user')).toBe(true);
  });

  it('tells which credentials others may read, unless nobody gets into the home folder', async () => {
    const world = start();
    const read = async () => (await readSource(openMachine, '', contextOf({ env: {}, home: world.home }))).targets[0]?.facts;
    expect(await read()).toEqual({ readableByOthers: '~/.netrc' });
    chmodSync(world.home, 0o700);
    expect(await read()).toEqual({});
  });

  it('reads nothing that a variable moves out of the home folder, and says so', async () => {
    const world = start();
    const outside = join(world.home, '..', 'elsewhere');
    mkdirSync(outside);
    writeFileSync(join(outside, 'config.toml'), 'x');
    const read = await readSource(openMachine, '', contextOf({ env: { CODEX_HOME: outside }, home: world.home }));
    expect(gapsOf(read)).toContain('!outside the home folder: CODEX_HOME');
    expect(read.targets[0]?.files?.some(({ absolute }) => absolute.startsWith(outside))).toBe(false);
  });

  it('changes nothing', async () => {
    const world = start();
    const before = statSync(join(world.home, '.zshrc'));
    await readSource(openMachine, '', contextOf({ env: world.env, home: world.home }));
    expect(statSync(join(world.home, '.zshrc')).mtimeMs).toBe(before.mtimeMs);
  });

  it('takes nothing after the colon, and needs a home', async () => {
    await expect(openReal('other', contextOf({}))).rejects.toThrow(/machine:other is no target/);
    await expect(openMachine('', contextOf({ home: '/nonexistent/home' }))).rejects.toMatchObject({ name: 'TargetError', fix: expect.stringContaining('HOME') });
  });

  it('explains every place that it looks at', () => {
    expect(explainMachine.calls).toHaveLength(PLACES.length + PASSWORD_STORES.length + KEYRING_FILES.length + Object.keys(KEYCHAIN_PROGRAMS).length);
    expect(new Set(PLACES.map(({ title }) => title)).size).toBe(PLACES.length);
    for (const glob of PLACES.flatMap(({ globs }) => globs)) expect(glob).not.toMatch(/^[~/]|\/\/|\/$/);
  });
});

it('dotenv text gives every value back as it was', () => {
  const values = ['plain', '', 'two words', '{"a":"b"}', "it's", 'a\nb\n', `'"`, `-----BEGIN\n"x"\n'y'\n`, 'tail\\', '#no comment'];
  const text = dotenvText(values.map((value, index) => ({ name: `V${index}`, value })));
  const lines = dotenvLines(text);
  expect(lines.map(({ name }) => name)).toEqual(values.map((_, index) => `V${index}`));
  expect(lines.map(({ valueStart, valueEnd }) => text.slice(valueStart, valueEnd))).toEqual(values);
});
