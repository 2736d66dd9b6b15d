import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bicepExpression, bicepText } from '../../src/emit/_bicep.ts';
import { expression, hclText, jsonencode, variableBlock } from '../../src/emit/_hcl.ts';
import { celText } from '../../src/emit/_party.ts';
import { jq, request, scriptValue, shellText, type Statement } from '../../src/emit/_shell.ts';
import { sqlName, sqlText } from '../../src/emit/_sql.ts';
import { concat, data, jsonText, placeholder, shortName } from '../../src/emit/_text.ts';

/** Texts that end a quote, begin a command or a substitution, or break a line. */
const nasty = fc.string({ unit: fc.constantFrom('a', "'", '"', '`', '$', '(', ')', '{', '}', '\\', '\n', ' ', ';', '&', '|', '*', '~', '#', '!', '-'), maxLength: 20 });

function run(script: string, env: Readonly<Record<string, string>> = {}): { readonly status: number | null; readonly stdout: string } {
  const { status, stdout } = spawnSync('bash', ['-c', script], { env: { PATH: process.env['PATH'] ?? '', ...env }, encoding: 'utf8' });
  return { status, stdout };
}

function script(body: readonly Statement[]): string {
  return shellText({ purpose: 'A test.', tools: [], inputs: [], body });
}

describe('shell', () => {
  test('whatever a literal holds comes out as it is, and runs nothing', () => {
    fc.assert(
      // Many texts to one script: what this test costs is starting the shell.
      fc.property(fc.array(nasty, { minLength: 1, maxLength: 12 }), (texts) => {
        const lines = texts.flatMap((text) => [
          { kind: 'say' as const, parts: [text] },
          { kind: 'say' as const, parts: [{ text: [text, { input: 'x.y' }, text] }] },
        ]);
        expect(run(script(lines), { X_Y: '$(false)' }).stdout).toBe(texts.map((text) => `${text}\n${text}$(false)${text}\n`).join(''));
      }),
      { numRuns: 12 },
    );
  });

  test('a script without its inputs does not begin, and says which one is missing', () => {
    const text = shellText({ purpose: 'A test.', tools: [], inputs: [{ id: 'x.y', title: 'Thing', shape: 'id', how: 'Look there.' }], body: [{ kind: 'say', parts: ['begun'] }] });
    expect(run(text)).toMatchObject({ stdout: '' });
    expect(run(text).status).not.toBe(0);
    expect(run(text, { X_Y: 'v' })).toEqual({ status: 0, stdout: 'begun\n' });
  });

  test('a failed part of a pipe ends the script', () => {
    expect(run(script([{ kind: 'run', pipe: [['false'], ['cat']] }, { kind: 'say', parts: ['on'] }]))).toMatchObject({ stdout: '' });
  });

  test('a missing program is named', () => {
    expect(run(shellText({ purpose: 'A test.', tools: ['no-such-program-here'], inputs: [], body: [] })).status).toBe(1);
  });

  test('a token is handed to curl in a file, never as an argument, and redirects are not followed', () => {
    const text = shellText({ purpose: 'A test.', tools: [], inputs: [], bearer: { variable: 'TOKEN', how: 'Make one.' }, body: [{ kind: 'run', pipe: request('POST', 'https://api.example/x', { a: scriptValue('NAME') }) }] });
    const call = text.split('\n').find((line) => line.includes('curl')) ?? '';
    expect(call).not.toContain('TOKEN');
    expect(call).not.toMatch(/--location|\s-L\s/);
    expect(call).toContain('--header "@${HEADERS}"');
  });

  test('values come to jq as arguments', () => {
    const command = jq({ a: data(['x', { input: 'x.y' }]), b: [1, true, null] });
    const [program] = command.slice(-1);
    expect(program).toBe('{"a": ("x" + $X_Y), "b": [1, true, null]}');
    expect(command).toContain('--arg');
  });
});

describe('Terraform', () => {
  test('no text begins a template or ends its string', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const line = hclText('x', [{ type: 'resource', labels: ['a', 'b'], attributes: { value: text } }]).split('\n').find((each) => each.includes('value')) ?? '';
        const inner = line.slice(line.indexOf('"') + 1, line.lastIndexOf('"'));
        expect(inner.replace(/\\[\\"nrt]/g, 'x')).not.toMatch(/["\n]/);
        expect(inner.replaceAll('$${', 'x').replaceAll('%%{', 'x')).not.toMatch(/[$%]\{/);
      }),
    );
  });

  test('inputs become variables with a pattern, and equal signs stand in line', () => {
    const input = { id: 'aws.account_id', title: 'Account', shape: 'digits', how: 'Look.' } as const;
    const text = hclText('Head.', [variableBlock(input), { type: 'resource', labels: ['aws_iam_role', 'x'], attributes: { name: 'x', max_session_duration: 3600, policy: jsonencode({ Arn: data(concat('arn:', { input: input.id })) }), ref: expression('a.b.c') } }]);
    expect(text).toContain('variable "aws_account_id" {');
    expect(text).toContain('regex("^[0-9]+$", var.aws_account_id)');
    expect(text).toContain('name                 = "x"\n  max_session_duration = 3600');
    expect(text).toContain('Arn = "arn:${var.aws_account_id}"');
    expect(text).toContain('ref = a.b.c');
  });
});

describe('Bicep, SQL and CEL', () => {
  test('no text ends its string', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const bicep = bicepText({ header: 'x', inputs: [], resources: [{ symbol: 'a', type: 'B/c@1', body: { name: text, parent: bicepExpression('other') } }], outputs: [] });
        const line = bicep.split('\n').find((each) => each.includes('name:')) ?? '';
        const inner = line.slice(line.indexOf("'") + 1, line.lastIndexOf("'"));
        expect(inner.replace(/\\[\\'nrt$]/g, 'x')).not.toMatch(/['\n]|\$\{/);
        expect(sqlText([text]).slice(1, -1).replaceAll("''", 'x').replaceAll('\\\\', 'x')).not.toMatch(/['\\]/);
        expect(sqlName(text).slice(1, -1).replaceAll('""', 'x')).not.toContain('"');
        expect(celText(text).slice(1, -1).replace(/\\[\\'nr]/g, 'x')).not.toMatch(/['\n]/);
      }),
    );
  });
});

describe('texts', () => {
  test('a name is never longer than asked, and differs where the text differs', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 80 }), fc.integer({ min: 10, max: 40 }), (text, most) => {
        const name = shortName(text, most);
        expect(name.length).toBeLessThanOrEqual(most);
        expect(name).toMatch(/^[a-z0-9-]*$/);
      }),
    );
    expect(shortName('a-very-long-name-of-a-workload-one', 20)).not.toBe(shortName('a-very-long-name-of-a-workload-two', 20));
  });

  test('documents name the inputs that are still open', () => {
    expect(jsonText({ a: data(['x', { input: 'a.b' }]) })).toBe('{\n  "a": "x${A_B}"\n}\n');
    expect(placeholder([{ input: 'a.b' }, ':y'])).toBe('${A_B}:y');
  });
});
