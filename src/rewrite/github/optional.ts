/** Signs that a job also runs without its key: then what takes the key's place must not be able to stop it. */
import { entriesOf, get, textOf } from '../../support/yaml.ts';
import { reachOf } from '../reach/job.ts';
import { languageOf } from '../reach/languages.ts';
import type { Replacement, RewriteContext } from '../types.ts';
import type { YamlMap } from '../yaml-edit.ts';
import { unwrap } from './conditions.ts';
import { normal } from './uses.ts';

/** Variables that let a program do without a model. A dry run may well ask one, and only write nothing. */
const PRETENDS = /(?:^|_)(?:MOCK|OFFLINE|FAKE|STUB)(?:_|$)/;

/** The condition under which a step calls a model after all, by its switch for pretending: `${{ inputs.stage == 'dev' && 'true' || 'false' }}` gives `inputs.stage != 'dev'`. */
export function unlessPretending(step: YamlMap): string | undefined {
  for (const { key, value } of entriesOf(get(step, 'env'))) {
    if (!PRETENDS.test(normal(key))) continue;
    const text = unwrap(textOf(value) ?? '');
    const [, left, operator, right] = /^([\w.-]+) (==|!=) ('[^']*')(?: && '(?:true|1)' \|\| '(?:false|0)?')?$/.exec(text) ?? [];
    if (left !== undefined && operator !== undefined && right !== undefined) return `${left} ${operator === '==' ? '!=' : '=='} ${right}`;
    const [, input] = /^((?:inputs|github\.event\.inputs)\.[\w-]+)$/.exec(text) ?? [];
    if (input !== undefined) return `${input} != ${input.startsWith('github.') ? "'true'" : 'true'}`;
  }
  return undefined;
}

/** Those whose models a program can choose between. */
const MODELS = new Set(['anthropic', 'openai', 'openrouter', 'google-gemini', 'azure-openai', 'groq', 'mistral', 'cohere', 'deepseek', 'xai', 'perplexity', 'together', 'fireworks', 'huggingface', 'cerebras', 'nvidia']);

/** Whether the steps are handed keys of several makers of models, of which a program may ask only one. */
export function isOneOfSeveral(steps: readonly YamlMap[], wide: readonly YamlMap[], { provider, workload }: Replacement, { own, kept }: Pick<RewriteContext, 'own' | 'kept'>): boolean {
  if (!MODELS.has(provider)) return false;
  const others = [...own, ...kept].filter((one) => one.workload === workload && one.provider !== provider && MODELS.has(one.provider)).flatMap(({ names }) => names.map(normal));
  const handed = (env: YamlMap): readonly string[] => entriesOf(get(env, 'env')).filter(({ value }) => (textOf(value) ?? '').includes('secrets')).map(({ key }) => normal(key));
  const common = wide.flatMap(handed);
  return others.length > 0 && steps.length > 0 && steps.every((step) => [...handed(step), ...common].some((key) => others.includes(key)));
}

/** Lines after a question in which the answer no may end the program. */
const NEAR = 4;
const ENDS = /\braise\b|\bthrow\b|\bexit\b|\bquit\(|\bfail\(|\bpanic|\bassert\b/;

/** Whether every program of the job that reads the variable goes on without it, and one does read it. */
export function goesOnWithout(text: string, { workload, names, variables }: Replacement, { paths = [], read }: Pick<RewriteContext, 'paths' | 'read'>): boolean {
  const wanted = [...new Set([...names, ...variables])].filter((name) => /^[A-Z][A-Z0-9_]*$/.test(name));
  const files = paths.flatMap((path) => {
    const language = languageOf(path);
    if (language !== 'python' && language !== 'javascript') return [];
    const own = read(path);
    return own !== undefined && wanted.some((name) => own.includes(name)) ? [{ path, own }] : [];
  });
  if (files.length === 0) return false;
  const reach = reachOf(text, [workload.slice(workload.lastIndexOf(' › ') + 3)], names, { paths, read });
  const answers = files.filter(({ path }) => reach.may(path)).flatMap(({ own }) => wanted.flatMap((name) => readsOf(own, name)));
  return answers.length > 0 && answers.every((isOptional) => isOptional);
}

/** For each place that reads `name`, whether it goes on without it. */
function readsOf(text: string, name: string): readonly boolean[] {
  const lines = text.split('\n');
  const call = `(?:os\\.getenv\\(|os\\.environ\\.get\\(|os\\.environ\\[|process\\.env\\.|process\\.env\\[)\\s*['"]?${name}['"]?`;
  const reads = new RegExp(`${call}(?![A-Za-z0-9_])`);
  return lines.flatMap((line, index) => {
    if (/^\s*(?:#|\/\/|\*)/.test(line) || !reads.test(line)) return [];
    if (new RegExp(`skip_?[iI]f\\(|(?:getenv|environ\\.get)\\(\\s*['"]${name}['"]\\s*,\\s*(?:default=)?(?:""|'')\\s*\\)|process\\.env\\.${name}\\s*(?:\\?\\?|\\|\\|)\\s*(?:""|''|undefined|null)`).test(line)) return [true];
    if (/os\.environ\[/.test(line)) return [false];
    const following = (at: number): string => lines.slice(at, at + NEAR).join('\n');
    // Asked at once.
    if (new RegExp(`\\bif\\b\\s*\\(?\\s*(?:not\\s|!)\\s*${call}`).test(line)) return [!ENDS.test(following(index))];
    if (new RegExp(`\\bif\\b\\s*\\(?\\s*${call}|process\\.env\\.${name}\\s*(?:\\?[^?.]|&&)`).test(line)) return [true];
    // Asked by the name that it is given.
    const held = new RegExp(`([A-Za-z_][\\w.]*)\\s*(?::\\s*[\\w\\[\\]| ]+)?=\\s*(?:str\\()?${call}`).exec(line)?.[1];
    if (held === undefined) return [false];
    const its = held.replaceAll('.', '\\.');
    const denied = lines.findIndex((one, at) => at > index && new RegExp(`\\bif\\b\\s*\\(?\\s*(?:(?:not\\s|!)\\s*${its}\\b|${its} is None)`).test(one));
    if (denied >= 0) return [!ENDS.test(following(denied))];
    return [lines.some((one, at) => at > index && new RegExp(`\\bif\\b\\s*\\(?\\s*${its}(?:\\s*(?::|\\)|and\\b|&&)|\\s+is not None)|\\bif ${its} else\\b`).test(one))];
  });
}
