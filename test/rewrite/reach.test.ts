/** What the commands of a job start, and which files of the repository that reaches. */
import { describe, expect, test } from 'vitest';
import { startedBy } from '../../src/rewrite/reach/commands.ts';
import { reachOf } from '../../src/rewrite/reach/job.ts';
import type { Tree } from '../../src/rewrite/reach/imports.ts';
import { readIn } from '../../src/rewrite/reach/reads.ts';

function treeOf(files: Readonly<Record<string, string>>): Tree {
  return { paths: Object.keys(files), read: (path) => (Object.hasOwn(files, path) ? files[path] : undefined) };
}

const FILES = {
  'package.json': '{ "scripts": { "eval": "tsx scripts/eval.ts", "test": "vitest run src" } }',
  'scripts/eval.ts': "import { ask } from '../src/ask.js';\nask();",
  'src/ask.ts': 'export const ask = () => process.env.KEY;',
  'src/other.ts': 'process.env.KEY;',
  Makefile: 'PY ?= python3\nscore: data\n\t$(PY) -m tools.score\ndata:\n\tmkdir -p data\n',
  'tools/score.py': 'from tools.lib import run\nrun()',
  'tools/lib.py': 'import os\nos.environ["KEY"]',
  'main.py': 'import importlib\nimportlib.import_module(name)',
  'worker/wrangler.toml': 'name = "worker"',
  'worker/index.ts': 'export default { fetch: (_, env) => env.KEY };',
  'docs/sample.py': 'import os\nos.environ["KEY"]',
};

describe('commands', () => {
  const tree = treeOf(FILES);
  const starts = (script: string): readonly string[] => startedBy(script, '', tree).starts.map((start) => (start.kind === 'file' ? start.path : start.kind === 'text' ? `${start.language} text` : `${start.language ?? 'anything'} in ${start.folder || '.'}`));
  test.each([
    ['npm ci && npm run eval -- --fast', ['scripts/eval.ts']],
    ['make score', ['tools/score.py']],
    ['uv run --with httpx python main.py', ['main.py']],
    ['timeout 30 poetry run pytest -q tools', ['python in .']],
    ["python - <<'EOF'\nimport os\nEOF", ['python text']],
    ['cd tools && python score.py', ['tools/score.py']],
    ['pip install -r requirements.txt\nruff check .\ngh pr list | jq .', []],
    ['X=$(python main.py) npx eslint .', ['main.py']],
    ['./no-such-program', ['anything in .']],
    ['house-tool run', ['anything in .']],
    ['pnpm -r test', ['javascript in .']],
  ])('%s', (script, wanted) => {
    expect(starts(script)).toEqual(wanted);
  });

  test('a script without an end is read in no time', () => {
    const started = performance.now();
    startedBy('$('.repeat(5000), '', tree);
    startedBy(`cat <<EOF\n${'x <<EOF\n'.repeat(2000)}`, '', tree);
    startedBy('a\\\n'.repeat(20_000), '', tree);
    expect(performance.now() - started).toBeLessThan(4000);
  });
});

describe('reach', () => {
  const may = (run: string, path: string): boolean => reachOf(`on: push\njobs:\n  job:\n    steps:\n      - run: ${run}\n        env:\n          KEY: \${{ secrets.KEY }}\n`, ['job'], ['KEY'], treeOf(FILES)).may(path);
  test.each([
    ['npm run eval', 'src/ask.ts', true],
    ['npm run eval', 'src/other.ts', false],
    ['npm test', 'src/other.ts', true],
    ['npm test', 'worker/index.ts', false],
    ['make score', 'tools/lib.py', true],
    ['make score', 'src/ask.ts', false],
    ['python main.py', 'tools/lib.py', true],
    ['python main.py', 'docs/sample.py', false],
    ['python main.py && pytest docs', 'docs/sample.py', true],
    ['echo done', 'tools/lib.py', false],
  ])('%s may run %s: %s', (run, path, wanted) => {
    expect(may(run, path)).toBe(wanted);
  });
});

test.each([
  ['a.py', 'key = os.getenv("KEY")', 1],
  ['a.py', 'os.environ["KEY"] = "x"', undefined],
  ['a.rb', "client = Client.new(ENV.fetch('KEY'))", 1],
  ['a.rs', 'let key = std::env::var("KEY").unwrap();', 1],
  ['a.php', '$key = getenv("KEY");', 1],
  ['a.cs', 'var key = Environment.GetEnvironmentVariable("KEY");', 1],
  ['a.ts', 'const label = "KEY";', undefined],
  ['a.ts', '// process.env.KEY\nprocess.env.KEY', 2],
])('%s: %s', (path, text, line) => {
  expect(readIn(path, text, ['KEY'])?.line).toBe(line);
});
