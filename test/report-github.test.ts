import { describe, expect, test } from 'vitest';
import type { Inventory } from '../src/model/inventory.ts';
import { render, type RenderOptions } from '../src/report/index.ts';
import { credential, hostileInventory, inventoryOf, place, plainOptions, richInventory, secretFinding } from './report-sample.ts';

/** A workflow command as the runner reads it. */
interface Command {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly message: string;
}

/** Reads output the way GitHub's runner does: blanks before `::` do not count, and `##[` counts anywhere. */
function commandsIn(output: string): Command[] {
  return output.split(/\r\n|\r|\n/).flatMap((line) => {
    if (line.includes('##[')) throw new Error(`old-style command: ${line}`);
    const match = /^\s*::([^ :]+)(?: (.*?))?::(.*)$/.exec(line);
    if (match === null) return [];
    const [, name = '', list = '', message = ''] = match;
    const properties = Object.fromEntries(
      list
        .split(',')
        .filter((item) => item !== '')
        .map((item) => [item.slice(0, item.indexOf('=')), decode(item.slice(item.indexOf('=') + 1))]),
    );
    return [{ name, properties, message: decode(message) }];
  });
}

function decode(value: string): string {
  return value.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%3A', ':').replaceAll('%2C', ',').replaceAll('%25', '%');
}

async function github(inventory: Inventory, more: Partial<RenderOptions> = {}): Promise<string> {
  return render('github', inventory, { ...plainOptions, ...more });
}

describe('the GitHub annotations', () => {
  test('are as recorded', async () => {
    await expect(await github(richInventory())).toMatchFileSnapshot('../fixtures/report/rich-github.txt');
  });

  test('name file, lines and columns of what stands in the tree, and no file of what does not', async () => {
    const commands = commandsIn(await github(richInventory()));
    expect(commands[0]).toMatchObject({ name: 'error', properties: { file: 'support-bot/src/agent/client.ts', line: '14', endLine: '14', col: '18', endColumn: '48', title: 'Anthropic API key' } });
    const old = commands.find(({ message }) => message.includes('deploy/old.sh'));
    expect(old?.properties).toEqual({ title: 'Anthropic API key' });
  });

  test('`failOn` decides what is an error', async () => {
    const count = async (failOn: RenderOptions['failOn']): Promise<number> => commandsIn(await github(richInventory(), { failOn })).filter(({ name }) => name === 'error').length;
    expect(await count('none')).toBe(0);
    expect(await count('critical')).toBe(5);
    expect(await count('medium')).toBe(10);
  });

  test('leave out what is accepted or doubtful, and count it', async () => {
    const output = await github(richInventory());
    expect(output).not.toMatch(/dead-key|setup\.md/);
    expect(commandsIn(output).at(-1)).toEqual({
      name: 'notice',
      properties: { title: 'dekey' },
      message: '17 findings in 6 keys and 9 workloads. 1 more needs a person to look: --format text --verbose. 2 are accepted.',
    });
  });

  test("stop at GitHub's limit and say so", async () => {
    const findings = Array.from({ length: 30 }, (_, index) => secretFinding('anthropic-api-key', 'anthropic', place(`f${index}`, 1, 1)));
    const draft = { credential: credential({ id: 'c', provider: 'anthropic', preview: 'x' }), score: 90, level: 'critical' as const, factors: [], findings };
    const commands = commandsIn(await github(inventoryOf([draft], [])));
    expect(commands.filter(({ name }) => name === 'error')).toHaveLength(10);
    expect(commands.at(-1)?.message).toContain('20 are not annotated');
  });

  test('hostile names give no command of their own and no raw control character', async () => {
    const output = await github(hostileInventory(), { failOn: 'none' });
    expect(output).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
    const commands = commandsIn(output);
    expect(commands).toHaveLength(output.trimEnd().split('\n').length);
    for (const { name, properties } of commands) {
      expect(['error', 'warning', 'notice']).toContain(name);
      expect(Object.keys(properties).every((key) => ['file', 'line', 'endLine', 'col', 'endColumn', 'title'].includes(key))).toBe(true);
    }
  });

  test('a file whose name holds signs of the command syntax is still named exactly', async () => {
    const name = 'a,b:c %41/ü.yml';
    const draft = {
      credential: credential({ id: 'c', provider: 'anthropic', preview: 'x' }),
      score: 90,
      level: 'critical' as const,
      factors: [],
      findings: [secretFinding('anthropic-api-key', 'anthropic', place(name, 1, 1))],
    };
    expect(commandsIn(await github(inventoryOf([draft], [])))[0]?.properties['file']).toBe(name);
  });
});
