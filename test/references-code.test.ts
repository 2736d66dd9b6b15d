import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { extractCode, languageOf } from '../src/detect/references/code.ts';
import { buildNameTable } from '../src/providers/_names.ts';
import { providers } from '../src/providers/index.ts';
import type { Extraction } from '../src/model/reference.ts';

const names = buildNameTable(providers);
const root = join(import.meta.dirname, '..', 'fixtures', 'code');

function extract(path: string, text: string): Extraction {
  const language = languageOf(path, text.slice(0, 256));
  if (language === undefined) throw new Error(`no language for ${path}`);
  return extractCode({ path, text }, language, names, providers);
}

/** One line a reference: place, confidence, name, store, route, as `expected.txt` holds it. */
function summary(text: string, extraction: Extraction): string {
  return extraction.references
    .map((found) => {
      const { line, column, start, end } = found.span;
      const seen = text.slice(start, end);
      const alias = found.alias === undefined ? '' : ` as ${found.alias}`;
      return `${line}:${column} ${found.confidence} ${found.provider} ${found.name}${alias} ${found.store} "${found.route}" at ${seen}\n`;
    })
    .join('');
}

describe('fixtures', () => {
  for (const language of readdirSync(root)) {
    for (const name of readdirSync(join(root, language))) {
      it(`${language}/${name}`, () => {
        const folder = join(root, language, name);
        const input = readdirSync(folder).find((file) => file !== 'expected.txt') ?? '';
        const text = readFileSync(join(folder, input), 'utf8');
        const extraction = extract(input, text);
        if (process.env['UPDATE'] === '1') writeFileSync(join(folder, 'expected.txt'), summary(text, extraction));
        expect(extraction.problems).toEqual([]);
        expect(summary(text, extraction)).toBe(readFileSync(join(folder, 'expected.txt'), 'utf8'));
        if (name.startsWith('ng-')) expect(extraction.references.filter((found) => found.confidence !== 'low')).toEqual([]);
        expect(extraction.workloads).toHaveLength(extraction.references.length > 0 ? 1 : 0);
      });
    }
  }
});

describe('languageOf', () => {
  it.each([
    ['src/a.tsx', '', 'javascript'],
    ['a.vue', '', 'javascript'],
    ['a.d.ts', '', undefined],
    ['a.ipynb', '', 'notebook'],
    ['Makefile', '', 'shell'],
    ['sub/justfile', '', 'shell'],
    ['Rakefile', '', 'ruby'],
    ['build.gradle.kts', '', 'kotlin'],
    ['bin/run', '#!/usr/bin/env python3\n', 'python'],
    ['bin/run', '#!/bin/bash -e\n', 'shell'],
    ['bin/run', '#!/usr/bin/env -S node --no-warnings\n', 'javascript'],
    ['bin/run', 'no script\n', undefined],
    ['notes.md', '', undefined],
    ['.bashrc', '', 'shell'],
  ])('%s %j', (path, head, expected) => {
    expect(languageOf(path, head)).toBe(expected);
  });
});

/** A literal that looks generated but has no provider's shape, made here so that no such text stands in a file. */
function plainKey(): string {
  return createHash('sha256').update('a value for tests').digest('hex').slice(0, 40);
}

describe('values', () => {
  const key = plainKey();
  it.each([
    ['a.ts', `process.env.OPENAI_API_KEY = '${key}';\n`, 'write'],
    ['a.ts', `import OpenAI from 'openai';\nconst c = new OpenAI({ apiKey: "${key}", timeout: 3 });\n`, 'new OpenAI(apiKey)'],
    ['a.py', `import os\nos.environ["OPENAI_API_KEY"] = "${key}"\n`, 'write'],
    ['a.py', `import openai\nopenai.api_key = "${key}"\n`, 'openai.api_key'],
    ['a.sh', `export OPENAI_API_KEY="${key}"\n`, 'write'],
    ['a.sh', `OPENAI_API_KEY=${key} ./run\n`, 'write'],
    ['a.go', `package a\nfunc f() { os.Setenv("OPENAI_API_KEY", "${key}") }\n`, 'write'],
    ['a.rb', `ENV["OPENAI_API_KEY"] = "${key}"\n`, 'write'],
    ['a.php', `<?php putenv('OPENAI_API_KEY=${key}');`, 'write'],
  ])('%s %#', (path, text, route) => {
    const { values } = extract(path, text);
    expect(values.map((value) => [value.provider, value.name, value.route, text.slice(value.span.start, value.span.end)])).toEqual([['openai', 'OPENAI_API_KEY', route, key]]);
  });

  it.each(['test-key', 'your-openai-api-key-here-1', 'sk-...', 'xxxxxxxxxxxxxxxxxxxxxxxx1', 'gpt-4o-mini-2024-07-18', '${OPENAI_KEY}', ''])('no value in %j', (text) => {
    expect(extract('a.ts', `process.env.OPENAI_API_KEY = '${text}';\n`).values).toEqual([]);
    expect(extract('a.sh', `export OPENAI_API_KEY="${text}"\n`).values).toEqual([]);
  });
});

describe('places', () => {
  it('gives offsets, lines and columns into the raw notebook', () => {
    const text = JSON.stringify({ cells: [{ cell_type: 'code', source: ['# "é\\n"\tx\n', 'k = os.environ["OPENAI_API_KEY"]\n'] }], metadata: {} });
    const [found] = extract('a.ipynb', text).references;
    expect(text.slice(found?.span.start, found?.span.end)).toBe('OPENAI_API_KEY');
    expect(found).toMatchObject({ route: 'cells[0].source[1]', workload: 'file', span: { line: 1, column: (found?.span.start ?? 0) + 1 } });
  });

  it('keeps every place of a name', () => {
    const { references } = extract('a.ts', 'f(process.env.OPENAI_API_KEY);\r\ng(process.env.OPENAI_API_KEY);\r\n');
    expect(references.map((found) => [found.span.line, found.span.column])).toEqual([[1, 15], [2, 15]]);
  });

  it('describes the workload', () => {
    const { workloads } = extract('src/a.py', 'from openai import OpenAI\nc = OpenAI()\n');
    expect(workloads).toMatchObject([{ key: 'file', platform: 'code', name: 'src/a.py', identity: { kind: 'none' }, facts: { language: 'python' } }]);
    expect(workloads[0]?.facts['sdks']).toContain('openai');
  });

  it('does not count a key argument twice', () => {
    const { references } = extract('a.ts', "import OpenAI from 'openai';\nnew OpenAI({ apiKey: process.env.OPENAI_API_KEY, baseURL });\n");
    expect(references).toHaveLength(1);
    expect(references[0]).toMatchObject({ route: 'new OpenAI(apiKey)', confidence: 'high' });
  });

  it('names a variable after the environment variable it came from', () => {
    const { references } = extract('a.ts', "import OpenAI from 'openai';\nconst key = process.env.OPENAI_API_KEY_STAGING;\nnew OpenAI({ apiKey: key });\n");
    expect(references.map((found) => found.name)).toEqual(['OPENAI_API_KEY_STAGING', 'OPENAI_API_KEY_STAGING']);
  });

  it('leaves clients of a cloud with its own credentials alone', () => {
    const text = "import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';\nconst c = new BedrockRuntimeClient({ region: 'eu-west-1' });\n";
    expect(extract('a.ts', text).references).toEqual([]);
  });
});

describe('hostile input', () => {
  // Set SLOW to run at the full size and see what takes long.
  const slow = process.env['SLOW'] !== undefined;
  const size = slow ? 1_000_000 : 60_000;
  const fill = (unit: string): string => unit.repeat(Math.ceil(size / unit.length));
  const tail = ' process.env.OPENAI_API_KEY ';
  const units = [
    'a', ' ', '\n', '(', ')', '{', '[', '"', "'", '`', '/', '\\', '<', '$', '#', '${', '`${', "\\'", '[/', '/*', '"""', "'''", '<<A\n', '<<<A\n', '%w[', 'f"{', '$"{', 'r#"', '$(', '${A:-', 'a.b', 'a?.', 'A_KEY ', 'OPENAI_API_KEY', 'OPENAI_API_KEY ',
    '"OPENAI_API_KEY",', 'env.OPENAI_API_KEY=', 'OpenAI(', 'OpenAI({apiKey:', 'from openai import OpenAI\n', "import {a} from 'openai'\n", 'import(', 'from  ', 'key', 'const {', '} = process.env', '"x-api-key": a,', 'https://api.openai.com/ ', '"authorization": api.openai.com', 'class A(BaseSettings):\n', '>', 'import a.b.c;', 'use a::b::', '\u0000', '\ud83d',
  ];
  const paths = ['a.ts', 'a.py', 'a.go', 'a.java', 'a.kt', 'a.rb', 'a.cs', 'a.sh', 'Makefile', 'justfile', 'a.php', 'a.rs', 'a.vue', 'a.ipynb'];
  it.each(paths)('%s stays linear', (path) => {
    for (const unit of units) {
      const text = `<?php import OpenAI from 'openai'; import openai\n${fill(unit)}${tail}"x-api-key" api.openai.com`;
      const started = performance.now();
      const extraction = extract(path, text);
      const spent = performance.now() - started;
      if (slow && spent > 1000) process.stderr.write(`${path} ${JSON.stringify(unit)} ${Math.round(spent)} ms\n`);
      expect(spent, `${path} ${JSON.stringify(unit)}`).toBeLessThan(slow ? 5000 : 1000);
      expect(extraction.problems).toEqual([]);
    }
  }, 180_000);

  it('never throws on damaged fixtures', () => {
    for (const language of readdirSync(root)) {
      for (const name of readdirSync(join(root, language))) {
        const folder = join(root, language, name);
        const input = readdirSync(folder).find((file) => file !== 'expected.txt') ?? '';
        const text = readFileSync(join(folder, input), 'utf8');
        for (let cut = 0; cut < text.length; cut += 7) {
          for (const damaged of [text.slice(0, cut), text.slice(cut)]) {
            const { references, problems } = extract(input, damaged);
            expect(problems).toEqual([]);
            for (const { span } of references) expect(span.start >= 0 && span.start < span.end && span.end <= damaged.length).toBe(true);
          }
        }
      }
    }
  });
});
