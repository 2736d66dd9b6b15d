import { describe, expect, test } from 'vitest';
import { raisePython } from '../../src/rewrite/code/_floors.ts';
import { python } from '../../src/rewrite/code/python.ts';
import { pythonManifests } from '../../src/rewrite/code/python-manifests.ts';
import { contextFor, edited, keptFor, replacementFor } from './code-kit.ts';

const anthropic = contextFor([replacementFor('anthropic')]);
const after = async (text: string, context = anthropic): Promise<string> => (await edited(python, 'app.py', text, context)).after;
const notes = async (text: string, context = anthropic, path = 'app.py'): Promise<readonly string[]> => (await edited(python, path, text, context)).notes;
const HEAD = 'import os\nfrom anthropic import Anthropic\n';
const READ = 'os.environ["ANTHROPIC_API_KEY"]';

describe('an argument goes with its comma', () => {
  test.each([
    ['alone', `Anthropic(api_key=${READ})`, 'Anthropic()'],
    ['first', `Anthropic(api_key=${READ}, timeout=3)`, 'Anthropic(timeout=3)'],
    ['last', `Anthropic(timeout=3, api_key=${READ})`, 'Anthropic(timeout=3)'],
    ['last, with a comma behind', `Anthropic(timeout=3, api_key=${READ},)`, 'Anthropic(timeout=3,)'],
    ['between', `Anthropic(timeout=3, api_key=${READ}, max_retries=1)`, 'Anthropic(timeout=3, max_retries=1)'],
    ['alone on a line', `Anthropic(\n    api_key=${READ},\n)`, 'Anthropic()'],
    ['alone, with a comment about it', `Anthropic(\n    # the API key\n    api_key=${READ},  # secret\n)`, 'Anthropic()'],
    ['first line', `Anthropic(\n    api_key=${READ},  # why\n    timeout=3,\n)`, 'Anthropic(\n    timeout=3,\n)'],
    ['last line without a comma', `Anthropic(\n    timeout=3,\n    api_key=${READ}\n)`, 'Anthropic(\n    timeout=3\n)'],
    ['last line with a comma', `Anthropic(\n    timeout=3,\n    api_key=${READ},\n)`, 'Anthropic(\n    timeout=3,\n)'],
    ['last line with the bracket', `Anthropic(timeout=3,\n          api_key=${READ})`, 'Anthropic(timeout=3)'],
    ['first, the next below', `Anthropic(api_key=${READ},\n          timeout=3)`, 'Anthropic(timeout=3)'],
    ['before a line break', `Anthropic(timeout=3, api_key=${READ},\n          max_retries=1)`, 'Anthropic(timeout=3,\n          max_retries=1)'],
    ['an own line before one that follows on the same', `Anthropic(\n    api_key=${READ}, timeout=3,\n)`, 'Anthropic(\n    timeout=3,\n)'],
    ['a comment of another argument stays', `Anthropic(\n    api_key=${READ},\n    # seconds\n    timeout=3,\n)`, 'Anthropic(\n    # seconds\n    timeout=3,\n)'],
    ['before what is spread', `Anthropic(api_key=${READ}, **more)`, 'Anthropic(**more)'],
    ['getenv', 'Anthropic(api_key=os.getenv("ANTHROPIC_API_KEY"))', 'Anthropic()'],
    ['with an empty default', 'Anthropic(api_key=os.environ.get("ANTHROPIC_API_KEY", ""))', 'Anthropic()'],
  ])('%s', async (_, call, wanted) => {
    expect(await after(`${HEAD}more = {}\nprint(os.name)\nc = ${call}\n`)).toBe(`${HEAD}more = {}\nprint(os.name)\nc = ${wanted}\n`);
  });

  test('a comment that would be left in an empty call stays, and so does the call', async () => {
    const text = `${HEAD}c = Anthropic(\n    # see the handbook\n    api_key=${READ},\n)\n`;
    expect(await after(text)).toBe(text);
    expect(await notes(text)).toEqual([expect.stringContaining('leaves no clean cut')]);
  });
});

describe('imports', () => {
  test.each([
    ['one of its own', 'import os\nfrom anthropic import Anthropic\n\n', 'from anthropic import Anthropic\n\n'],
    ['one among others', 'import os, sys\nfrom anthropic import Anthropic\nprint(sys.argv)\n\n', 'import sys\nfrom anthropic import Anthropic\nprint(sys.argv)\n\n'],
    ['one that is used elsewhere', 'import os\nfrom anthropic import Anthropic\nprint(os.name)\n\n', 'import os\nfrom anthropic import Anthropic\nprint(os.name)\n\n'],
    ['blank lines between groups', '"""Doc."""\n\nimport os\n\nfrom anthropic import Anthropic\n\n', '"""Doc."""\n\nfrom anthropic import Anthropic\n\n'],
    ['one that is exported', 'import os\nfrom anthropic import Anthropic\n__all__ = ["os"]\n\n', 'import os\nfrom anthropic import Anthropic\n__all__ = ["os"]\n\n'],
  ])('%s', async (_, head, wanted) => {
    expect(await after(`${head}c = Anthropic(api_key=${READ})\n`)).toBe(`${wanted}c = Anthropic()\n`);
  });

  test('environ by name', async () => {
    expect(await after('from os import environ, path\nimport anthropic as a\nc = a.Anthropic(api_key=environ["ANTHROPIC_API_KEY"])\nprint(path)\n')).toBe('from os import path\nimport anthropic as a\nc = a.Anthropic()\nprint(path)\n');
  });
});

describe('names and checks', () => {
  const body = (lines: string): string => `${HEAD}\n\ndef made():\n${lines}`;
  test.each([
    ['a name', `    key = ${READ}\n    return Anthropic(api_key=key)\n`, '    return Anthropic()\n'],
    ['a check', `    key = os.getenv("ANTHROPIC_API_KEY")\n    if not key:\n        raise ValueError("no key")\n    return Anthropic(api_key=key)\n`, '    return Anthropic()\n'],
    ['a check for None', `    key = os.getenv("ANTHROPIC_API_KEY")\n    if key is None:\n        raise ValueError("no key")\n\n    return Anthropic(api_key=key)\n`, '    return Anthropic()\n'],
    ['an assertion', `    key = os.getenv("ANTHROPIC_API_KEY")\n    assert key, "no key"\n    return Anthropic(api_key=key)\n`, '    return Anthropic()\n'],
    ['an attempt', `    try:\n        key = ${READ}\n    except KeyError:\n        raise SystemExit("no key")\n    return Anthropic(api_key=key)\n`, '    return Anthropic()\n'],
    ['with a type', `    key: str | None = os.getenv("ANTHROPIC_API_KEY")\n    return Anthropic(api_key=key)\n`, '    return Anthropic()\n'],
    ['two clients', `    key = ${READ}\n    spare = Anthropic(api_key=key)\n    return spare, Anthropic(api_key=key)\n`, '    spare = Anthropic()\n    return spare, Anthropic()\n'],
  ])('%s goes', async (_, lines, wanted) => {
    expect(await after(body(lines))).toBe(`from anthropic import Anthropic\n\n\ndef made():\n${wanted}`);
  });

  test.each([
    ['used elsewhere', `    key = ${READ}\n    print(key)\n    return Anthropic(api_key=key)\n`, 'is used for something else too'],
    ['set twice', `    key = ${READ}\n    key = "x"\n    return Anthropic(api_key=key)\n`, 'in more than one place'],
    ['a fallback', `    key = os.getenv("ANTHROPIC_API_KEY") or os.getenv("OTHER")\n    return Anthropic(api_key=key)\n`, 'several sources'],
    ['a check that does more', `    key = os.getenv("ANTHROPIC_API_KEY")\n    if not key:\n        return Fake()\n    return Anthropic(api_key=key)\n`, 'is used for something else too'],
    ['a check with a way out', `    key = os.getenv("ANTHROPIC_API_KEY")\n    if not key:\n        raise ValueError\n    else:\n        print("ok")\n    return Anthropic(api_key=key)\n`, 'is used for something else too'],
    ['a block of its own', `    if os.name:\n        key = ${READ}\n    return Anthropic(api_key=key)\n`, 'share lines'],
    ['several on a line', `    key = ${READ}; other = 1\n    return Anthropic(api_key=key)\n`, 'share lines'],
  ])('%s stays', async (_, lines, reason) => {
    const text = body(lines);
    expect(await after(text)).toBe(text);
    expect((await notes(text)).join('\n')).toContain(reason);
  });

  test('a key that is in the source is revoked first', async () => {
    const [note] = await notes(`${HEAD}c = Anthropic(api_key="not-a-real-one")\n`);
    expect(note).toMatch(/literal-key/);
    expect(note).not.toContain('not-a-real-one');
  });
});

describe('what the plan says', () => {
  const openai = 'import os\nfrom openai import OpenAI\nc = OpenAI(api_key=os.environ["OPENAI_API_KEY"])\n';
  test('a token that a step hands on is read as the key was', async () => {
    expect(await edited(python, 'app.py', openai, contextFor([replacementFor('openai', { route: 'native-step', platform: 'github-actions' })]))).toEqual({ after: openai, notes: [] });
  });
  test('a key that a broker gives is read as before', async () => {
    expect(await edited(python, 'app.py', openai, contextFor([replacementFor('openai', { route: 'vault', class: 'broker' })]))).toEqual({ after: openai, notes: [] });
  });
  test('a platform whose token no provider of the SDK reads', async () => {
    expect((await notes(openai, contextFor([replacementFor('openai', { platform: 'aws-compute' })])))[0]).toMatch(/needs-code-change: The OpenAI SDK has no provider/);
  });
  test('a metadata server', async () => {
    const context = contextFor([replacementFor('openai', { platform: 'google-compute', identity: { id: 'a', audience: ['https://api.openai.com/v1'], permission: 'inference', subject: undefined } })]);
    expect(await after(openai, context)).toContain('"provider": gcp_id_token_provider(),');
  });
  test('a workload that keeps its key: the argument may go where the SDK reads the same variable, else not', async () => {
    const context = contextFor([replacementFor('anthropic', { names: ['MY_KEY'] })], { kept: [keptFor('anthropic')] });
    expect(await after(`${HEAD}c = Anthropic(api_key=${READ})\n`, context)).toBe('from anthropic import Anthropic\nc = Anthropic()\n');
    expect((await notes(`${HEAD}c = Anthropic(api_key=os.environ["MY_KEY"])\n`, context))[0]).toMatch(/Not every workload/);
  });
  test('a variable that is nobody’s key is left alone', async () => {
    expect(await notes(`${HEAD}c = Anthropic(api_key=os.environ["OTHER_THING"])\n`)).toEqual([]);
  });
  test('the same model elsewhere is a change of client', async () => {
    expect((await notes(`${HEAD}c = Anthropic(api_key=${READ})\n`, contextFor([replacementFor('anthropic', { route: 'bedrock', class: 'same-model', change: 'model' })])))[0]).toMatch(/leads to the same model at another service/);
  });
  test('nothing is planned, nothing is done', async () => {
    expect(await notes(`${HEAD}c = Anthropic(api_key=${READ})\n`, contextFor([]))).toEqual([]);
  });
});

describe('requirements', () => {
  test.each([
    ['>=0.40', '>=0.99'], ['==0.40.0', '==0.99.0'], ['~=0.40', '~=0.99'], ['~=0.40.1', '~=0.99.0'], ['^0.40', '^0.99'], ['==0.40.*', '==0.99.*'], ['>0.40,<1', '>=0.99,<1'], ['>=0.40, !=0.41', '>=0.99, !=0.41'],
  ])('%s becomes %s', (specifier, wanted) => {
    expect(raisePython(specifier, '0.99.0')).toMatchObject({ kind: 'raised', text: wanted });
  });
  test.each(['', '>=0.99', '==1.2.0', '>=0.100', '*', '^1.0', '!=0.40'])('%s is fine', (specifier) => {
    expect(raisePython(specifier, '0.99.0')).toEqual({ kind: 'fine' });
  });
  test.each(['<0.50', '>=0.40,<0.99', '==0.40rc1', '@ git+https://example.com'])('%s is refused', (specifier) => {
    expect(raisePython(specifier, '0.99.0').kind).toBe('refused');
  });
  test('a pin does not cross a major release', async () => {
    const context = contextFor([replacementFor('openai')]);
    expect((await edited(pythonManifests, 'requirements.txt', 'openai==1.40.0\n', context)).notes[0]).toMatch(/lets in no other major release/);
    expect((await edited(pythonManifests, 'requirements.txt', 'openai>=1.40.0\n', context)).after).toBe('openai>=2.37.0\n');
  });
  test('azure-identity is added once', async () => {
    const context = contextFor([replacementFor('azure-openai')]);
    for (const [path, text, wanted] of [
      ['requirements.txt', 'openai', 'openai\nazure-identity'],
      ['pyproject.toml', '[project]\ndependencies = ["openai>=1", "x"]\n', '[project]\ndependencies = ["openai>=1", "azure-identity>=1.24.0", "x"]\n'],
      ['pyproject.toml', '[project]\ndependencies = [\n  "openai>=1"\n]\n', '[project]\ndependencies = [\n  "openai>=1",\n  "azure-identity>=1.24.0"\n]\n'],
      ['Pipfile', '[packages]\nopenai = "*"\n', '[packages]\nopenai = "*"\nazure-identity = "*"\n'],
    ] as const) expect((await edited(pythonManifests, path, text, context)).after).toBe(wanted);
  });
});

test('no text makes it throw', async () => {
  const text = `${HEAD}key = ${READ}\nif not key:\n    raise ValueError("x")\nc = Anthropic(\n    api_key=key,  # é\n    timeout=3,\n)\nd = Anthropic(timeout=1, api_key=key)\n`;
  for (let end = 0; end <= text.length; end += 1) await edited(python, 'app.py', text.slice(0, end), anthropic);
});
