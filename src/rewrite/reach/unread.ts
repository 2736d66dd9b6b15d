/** Keys that a job is handed and that nothing it runs is seen to read: an exchange for them could only make the job fail. */
import { closureOf, type Tree } from './imports.ts';
import type { Start } from './commands.ts';
import { joined } from './languages.ts';

/** What the steps that are handed the key run. */
export interface Handed {
  readonly scripts: readonly string[];
  readonly starts: readonly Start[];
}

export interface Wanted {
  readonly provider: string;
  readonly title: string;
  /** By which programs could ask for it. */
  readonly names: readonly string[];
}

const PYTEST = /(?:^|[\s;&|])(?:pytest|py\.test)(?=\s|$)/m;
const PROMPTFOO = /(?:^|[\s;&|])promptfoo(?:@\S+)?\s+(?:eval|redteam)\b/m;
/** Lines of a script that run nothing of the repository. */
const IDLE = /^\s*(?:#.*|cd\s.*|echo\s.*|set\s.*|mkdir\s.*|export\s.*|source\s.*|python3?\s+-m\s+pip\s.*|pip3?\s+install\s.*|uv\s+(?:sync|pip)\b.*|)$/;
/** Programs that speak to AWS without the words of its SDK. */
const AWS = /aws|boto|bedrock|sagemaker|\bs3\b|s3fs|s3:\/\/|smart_open|dynamo|\bmoto\b/i;
const STANDS_IN = /\b(?:mock|patch|monkeypatch|MagicMock|AsyncMock)\b/i;
/** Tests that ask the provider itself. */
const LIVE = /\b(?:integration|live|e2e|end_to_end|real_api|skipif|skipUnless|requires_\w*key|vcr)\b/i;
/** Where a configuration of promptfoo has its providers from elsewhere. */
const ELSEWHERE = /file:\/\/|exec:|python:|javascript:|\{\{\s*env\b|\$\{|\.[cm]?[jt]s\b|https?:\/\//;

/** Why the key is for nothing, as a sentence; undefined where something reads it, or where that cannot be told. */
export function unreadBy(handed: Handed, wanted: Wanted, tree: Tree): string | undefined {
  if (handed.scripts.length === 0) return undefined;
  if (handed.scripts.every((script) => PROMPTFOO.test(script))) return unreadByPromptfoo(handed, wanted, tree);
  const isPytest = handed.scripts.every((script) => PYTEST.test(script) && script.replace(/\\\r?\n/g, ' ').split('\n').every((line) => IDLE.test(line) || PYTEST.test(line)));
  return isPytest ? unreadByTests(handed.starts, wanted, tree) : undefined;
}

function unreadByPromptfoo({ scripts }: Handed, { provider, title, names }: Wanted, tree: Tree): string | undefined {
  // It grades by a model of OpenAI where nothing else is said.
  if (provider === 'openai') return undefined;
  const configs = scripts.flatMap((script) => {
    const folder = joined('', /(?:^|\n)\s*cd\s+([\w./-]+)\s*(?:\n|&&)/.exec(script)?.[1] ?? '') ?? '';
    const named = [...script.matchAll(/(?:-c|--config)[ =]+["']?([\w./-]+)/g)].map(([, path = '']) => path);
    return (named.length > 0 ? named : ['promptfooconfig.yaml']).map((path) => joined(folder, path) ?? path);
  });
  const texts = configs.map((path) => tree.read(path));
  const isOpen = texts.some((text) => text === undefined || ELSEWHERE.test(text) || speaksOf(text, provider, names));
  return isOpen || configs.length === 0 ? undefined : `No provider that ${configs.join(' and ')} names is ${title}, so promptfoo never reads ${names.join(' or ')}.`;
}

function unreadByTests(starts: readonly Start[], { provider, title, names }: Wanted, tree: Tree): string | undefined {
  if (starts.length === 0 || starts.some((start) => start.kind === 'text' || (start.kind === 'folder' && start.language !== 'python'))) return undefined;
  // What else lies in a folder of tests is not known here.
  const tests = starts.flatMap((start) => (start.kind === 'file' ? [start.path] : start.kind === 'folder' && start.tests.length > 0 ? start.tests : ['']));
  if (tests.some((path) => !path.endsWith('.py'))) return undefined;
  const folder = starts[0]?.kind === 'text' ? '' : (starts[0]?.folder ?? '');
  const found = tests.map((path) => ({ path, text: tree.read(path) })).map(({ path, text }) => ({ path, text, closure: text === undefined ? undefined : closureOf({ path, text, language: 'python', folder }, tree) }));
  if (found.length === 0 || found.some(({ closure }) => closure === undefined || closure.isOpen)) return undefined;
  const speaks = (text: string): boolean => (provider === 'aws' ? AWS.test(text) : speaksOf(text, provider, names));
  const speaking = found.filter(({ closure }) => closure?.texts.some(speaks) === true);
  if (provider === 'aws') return speaking.length > 0 ? undefined : `None of the tests that the job runs, nor what they import, speaks of AWS, so nothing is seen to read ${names.join(' or ')}.`;
  const isMocked = speaking.length > 0 && speaking.every(({ text = '' }) => STANDS_IN.test(text)) && !found.some(({ text = '', path }) => LIVE.test(text) || LIVE.test(path.replace(/[/.-]/g, ' ')));
  return isMocked ? `The tests that the job runs work with stand-ins (mock, patch), and none of them is seen to ask ${title} itself.` : undefined;
}

function speaksOf(text: string, provider: string, names: readonly string[]): boolean {
  const word = provider.replace(/[^a-z0-9]/g, '[-_ ]?');
  return new RegExp(word, 'i').test(text) || names.some((name) => text.includes(name));
}
