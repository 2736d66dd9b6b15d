import fc from 'fast-check';
import { parse } from 'smol-toml';
import { describe, expect, test } from 'vitest';
import { parseHcl } from '../../src/platforms/_shared/config-hcl.ts';
import type { Rewritten } from '../../src/rewrite/run.ts';
import { rewriteText } from '../../src/rewrite/run.ts';
import { dotenv } from '../../src/rewrite/settings/dotenv.ts';
import { fly } from '../../src/rewrite/settings/fly.ts';
import { terraform } from '../../src/rewrite/settings/terraform.ts';
import { vercel } from '../../src/rewrite/settings/vercel.ts';
import { BEDROCK, contextFor, replacement } from './settings-context.ts';

/** What stands outside the splices of a result is what stood there before, byte for byte. */
function expectOnlySplices(before: string, { after, made }: Rewritten): void {
  const splices = made.flatMap((change) => change.splices).toSorted((a, b) => a.start - b.start || a.end - b.end);
  let at = 0;
  let put = 0;
  for (const { start, end, text } of splices) {
    if (start < at) continue;
    const kept = before.slice(at, start);
    expect(after.slice(put, put + kept.length)).toBe(kept);
    const adapted = after.slice(put + kept.length).startsWith(text) ? text : text.replaceAll('\n', '\r\n');
    put += kept.length + adapted.length;
    at = end;
  }
  expect(after.slice(put)).toBe(before.slice(at));
}

const ending = fc.constantFrom('\n', '\r\n');
const word = fc.stringMatching(/^[A-Z]{1,8}$/);

describe('dotenv', () => {
  const other = fc.oneof(
    fc.constant(''),
    fc.constant('   '),
    fc.tuple(word, fc.string({ maxLength: 12 })).map(([name, value]) => `X_${name}=${JSON.stringify(value.replace(/[\r\n]/g, ''))}`),
    fc.string({ maxLength: 20 }).map((text) => `# note ${text.replace(/[\r\n=:]/g, '')}`),
    word.map((name) => `export X_${name}= 'a b'  # why`),
  );
  const key = fc.tuple(fc.constantFrom('', 'export ', '  ', '# '), fc.constantFrom('ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN'), fc.constantFrom('=', ' = ', '='), fc.constantFrom('', '""', "'your-key'", '${OTHER}', 'sk-ant-...  # ask'));
  const lines = fc.array(fc.oneof({ weight: 3, arbitrary: other.map((text) => ({ text, isKey: false })) }, { weight: 1, arbitrary: key.map((parts) => ({ text: parts.join(''), isKey: true })) }), { maxLength: 14 });

  test('lines that hold no key stay as they are, in order, with their line ends', () => {
    fc.assert(
      fc.property(lines, ending, fc.boolean(), fc.constantFrom('', '\uFEFF'), fc.constantFrom('.env.example', '.env.local'), (all, end, ended, mark, path) => {
        const text = mark + all.map((line) => line.text).join(end) + (ended && all.length > 0 ? end : '');
        const result = rewriteText(dotenv, path, text, contextFor(path));
        expect(result.refusals.filter(({ code }) => code === 'dropped')).toEqual([]);
        expectOnlySplices(text, result);
        const stay = all.filter((line) => !line.isKey && line.text.trim() !== '').map((line) => line.text);
        const left = result.after.replace(/^\uFEFF/, '').split(/\r?\n/).filter((line) => line.trim() !== '' && !line.includes('Log in with'));
        const keys = left.filter((line) => /ANTHROPIC_(?:API_KEY|AUTH_TOKEN)/.test(line));
        expect(left.filter((line) => !keys.includes(line))).toEqual(stay);
        // What is commented out in a file that is no template says nothing.
        expect(keys.every((line) => path === '.env.local' && line.startsWith('#'))).toBe(true);
        expect(result.after.startsWith(mark)).toBe(true);
        if (end === '\r\n' && all.length > 2) expect(/[^\r]\n/.test(result.after)).toBe(false);
      }),
      { numRuns: 400 },
    );
  });
});

describe('Terraform', () => {
  const KEY = 'AWS_BEARER_TOKEN_BEDROCK';
  const name = fc.stringMatching(/^[A-Z][A-Z_]{0,20}[A-Z]$/).filter((text) => text !== KEY);
  const value = fc.constantFrom('"a"', '80', 'true', 'var.stage', '"${var.a}-{x}"', 'aws_x.y.z["q"]', '"#no comment"', 'jsonencode({ a = 1 })', '[1, 2]', 'merge(var.a, { b = "}" })');
  const attribute = fc.tuple(name, value, fc.constantFrom('', ' # {', ' // "'), fc.constantFrom(' ', '   ')).map(([key, text, comment, gap]) => `${key}${gap}= ${text}${comment}`);
  const keyLine = fc.constantFrom(`${KEY} = var.bedrock_api_key`, `"${KEY}" = aws_ssm_parameter.k.value # yearly`, `${KEY}   = data.x.y.z`);
  const map = fc.array(fc.oneof({ weight: 4, arbitrary: attribute }, { weight: 1, arbitrary: keyLine }), { minLength: 1, maxLength: 8 }).filter((lines) => new Set(lines.map((line) => /^"?(\w+)/.exec(line)?.[1])).size === lines.length);
  const around = fc.constantFrom('', '# AWS_BEARER_TOKEN_BEDROCK\n\n', 'locals {\n  a = <<EOT\n}{ "\nEOT\n}\n\n', '/* { */\n', 'variable "stage" {\n\tdefault = "a\\"}"\n}\n');

  test('only the entries of the key go, and the file is as readable as before', () => {
    fc.assert(
      fc.property(map, around, around, ending, fc.constantFrom('  ', '\t'), (lines, before, behind, end, unit) => {
        const text = `${before}resource "aws_lambda_function" "bot" {\n${unit}role = "r"\n${unit}environment {\n${unit}${unit}variables = {\n${lines.map((line) => `${unit.repeat(3)}${line}\n`).join('')}${unit}${unit}}\n${unit}}\n}\n${behind}`.replaceAll('\n', end);
        const own = replacement({ ...BEDROCK, workload: 'aws_lambda_function.bot', platform: 'aws-compute', path: 'main.tf', line: 1 });
        const result = rewriteText(terraform, 'main.tf', text, contextFor('main.tf', { all: [own] }, { 'main.tf': text }));
        const hasKey = lines.some((line) => line.includes(KEY));
        expect(result.made.length).toBe(hasKey ? 1 : 0);
        expectOnlySplices(text, result);
        expect(parseHcl(result.after).fault).toBe(undefined);
        const bare = (content: string): string => content.replace(/[ \t]+=/g, ' =').replace(/\r/g, '');
        for (const line of lines) if (!line.includes(KEY)) expect(bare(result.after)).toContain(bare(line));
        expect(result.after.startsWith(before.replaceAll('\n', end))).toBe(true);
        expect(result.after.endsWith(behind.replaceAll('\n', end))).toBe(true);
        if (hasKey) expect(new RegExp(`${KEY}"?[ \\t]*=`).test(result.after)).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});

test('TOML: nothing but the entry of the key changes', () => {
  const entry = fc.tuple(fc.stringMatching(/^[a-z]{1,6}[0-9]{1,3}$/), fc.constantFrom('"a#b"', '1', '[1, 2]', "'x'", '{ a = "}" }', 'true # why'));
  const table = fc.uniqueArray(entry, { selector: ([name]) => name, maxLength: 5 });
  fc.assert(
    fc.property(table, table, ending, fc.boolean(), (before, behind, end, ended) => {
      const written = (entries: readonly (readonly [string, string])[]): string => entries.map(([name, text]) => `  ${name} = ${text}\n`).join('');
      const body = `app = "x"\n\n[env]\n${written(before)}  AWS_BEARER_TOKEN_BEDROCK = ""\n[other]\n${written(behind)}`.replaceAll('\n', end);
      const text = ended ? body : body.slice(0, -end.length);
      const own = replacement({ ...BEDROCK, workload: 'fly.toml', platform: 'fly', path: 'fly.toml', line: 1 });
      const result = rewriteText(fly, 'fly.toml', text, contextFor('fly.toml', { all: [own], value: () => 'arn:aws:iam::111111111111:role/x' }));
      expect(result.made).toHaveLength(1);
      expectOnlySplices(text, result);
      const { AWS_ROLE_ARN: role, ...env } = parse(result.after)['env'] as Record<string, unknown>;
      const { AWS_BEARER_TOKEN_BEDROCK: _, ...was } = parse(text)['env'] as Record<string, unknown>;
      expect(env).toEqual(was);
      expect(role).toBe('arn:aws:iam::111111111111:role/x');
    }),
    { numRuns: 200 },
  );
});

test('JSON: nothing but the entry of the key changes', () => {
  const KEY = 'AWS_BEARER_TOKEN_BEDROCK';
  fc.assert(
    fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 4 }), fc.nat(4), fc.constantFrom(undefined, 2, '\t'), (values, place, indent) => {
      const entries = Object.entries(values);
      entries.splice(Math.min(place, entries.length), 0, [KEY, '@key']);
      const text = JSON.stringify({ name: 'x', env: Object.fromEntries(entries) }, null, indent);
      const own = replacement({ ...BEDROCK, workload: 'vercel.json', platform: 'aws-compute', path: 'vercel.json', line: 1 });
      const result = rewriteText(vercel, 'vercel.json', text, contextFor('vercel.json', { all: [own] }));
      expect(result.made).toHaveLength(1);
      expectOnlySplices(text, result);
      expect(result.after).toBe(JSON.stringify(entries.length === 1 ? { name: 'x' } : { name: 'x', env: Object.fromEntries(entries.filter(([key]) => key !== KEY)) }, null, indent));
    }),
    { numRuns: 200 },
  );
});
