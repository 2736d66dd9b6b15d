import { factText } from '../../platforms/_shared/ci-draft.ts';
import type { VariableMention } from '../../platforms/_shared/ci-shell.ts';
import { entriesOf, entry, get, itemsOf, textOf, type YamlNode } from '../../support/yaml.ts';
import { editorOf } from '../editors.ts';
import type { Rewriter, RewriteContext } from '../types.ts';
import type { YamlEdit, YamlEditor } from '../yaml-edit.ts';
import { FILES, item, nameOf, nothing, unreadable } from './_file.ts';
import { distinctName, type Installation, type Job, jobNamed, type Part, type PipelineShape, rewritePipeline } from './_pipeline.ts';
import { credentialLine, wordOf } from './_shell.ts';
import { type Dialect, type KeyNames, type Leaf, type Use, useOf } from './_uses.ts';
import { audienceText, notYetSet, type Obstacle, type Setup, written } from './_way.ts';

const DIALECT: Dialect = { assigners: new Set(['env']), takers: ({ path }) => path.includes('plugins'), mentions };
/** Seconds: the time that Buildkite's own plugin for Google asks for. An access token of Anthropic lives twice the rest of it. https://github.com/buildkite-plugins/gcp-workload-identity-federation-buildkite-plugin, 2026-11-23 */
const LIFETIME = 1800;

export const rewriter: Rewriter = {
  id: 'buildkite',
  matches: (path) => FILES.buildkite.test(path),
  rewrite(path, text, context) {
    const own = context.own.filter((replacement) => replacement.platform === 'buildkite');
    if (own.length === 0) return nothing;
    const editor = editorOf(text);
    const root = editor.file.documents.findLast((document) => document.kind === 'map') ?? editor.file.documents[0];
    if (editor.file.problems.length > 0 || root === undefined) return unreadable(own, editor.file.problems[0]?.line ?? 1);
    const jobs = new Map<string, Job>();
    const places: { key: string; workload: string; from: number; to: number }[] = [];
    const rootParts = root.kind === 'map' ? root.entries.filter(({ key }) => key === 'env' || key === 'secrets').map((own): Part => ({ holder: root, entry: own, path: [] })) : [];
    readSteps(root.kind === 'seq' ? root : get(root, 'steps'), rootParts, 0);
    const shape: PipelineShape = {
      jobs,
      dialect: DIALECT,
      special: (_, leaf, keys) => secretUse(editor, leaf, keys) ?? fetchedUse(leaf, keys),
      guard: (_, use, keys) => guard(use, keys),
      hasToken: ({ node }, setup) => hasToken(text.slice(node.range.start, node.range.end), setup),
      install: (installation) => install(editor, installation, context),
      store: 'environment variables of the pipeline',
      note: (_, of) => (of.some(({ node }) => Number(textOf(get(node, 'timeout_in_minutes')) ?? '0') > 60) ? 'A step that runs longer than an hour has to ask for another token by then.' : ''),
    };
    return rewritePipeline(editor, shape, own, context, (replacement) => jobNamed(places, replacement));

    function readSteps(steps: YamlNode | undefined, shared: readonly Part[], depth: number): void {
      for (const [index, step] of itemsOf(steps).entries()) {
        if (step.kind !== 'map') continue;
        const group = get(step, 'steps');
        if (group !== undefined && depth < 4) {
          const env = entry(step, 'env');
          readSteps(group, env === undefined ? shared : [...shared, { holder: step, entry: env, path: [] }], depth + 1);
          continue;
        }
        const label = factText(textOf(get(step, 'key')) ?? textOf(get(step, 'id')) ?? textOf(get(step, 'label')) ?? textOf(get(step, 'name')) ?? `step ${index + 1}`);
        const line = editor.lineOf(step);
        const name = distinctName(label, line, jobs);
        places.push({ key: name, workload: nameOf(path, label), from: line, to: editor.file.lines.position(step.range.end).line });
        jobs.set(name, { name, node: step, line, own: step.entries.map((own) => ({ holder: step, entry: own, path: [] })), shared, isAlias: editor.isShared(step) });
      }
    }
  },
};

/** `$(buildkite-agent secret get NAME)`, which a command puts into a variable. */
function mentions(text: string): readonly VariableMention[] {
  return [...text.matchAll(/\$?\$\(buildkite-agent secret get(?: --?[a-z-]{1,30}){0,4} "?([A-Za-z]\w{2,254})"?\)/g)].map((match) => ({ name: match[1] ?? '', start: match.index, end: match.index + match[0].length, target: undefined }));
}

/** `secrets: [NAME]`, `secrets: { VARIABLE: name }`. */
function secretUse(editor: YamlEditor, leaf: Leaf, keys: KeyNames): Use | undefined {
  const { path, held, scalar } = leaf;
  if (path.at(-1) === 'secrets' && held.kind === 'item') {
    if (!keys.names.has(scalar.value)) return undefined;
    return { leaf, reads: [], gives: scalar.value, answer: { edits: [{ kind: 'remove-item', holder: held.holder, item: held.item }], gated: false } };
  }
  if (path.at(-2) !== 'secrets' || path.includes('plugins') || held.kind !== 'entry' || editor.holderOf(held.holder)?.kind !== 'map') return undefined;
  if (!keys.names.has(held.entry.key)) return undefined;
  return { leaf, reads: [], gives: held.entry.key, answer: { edits: [{ kind: 'remove-entry', holder: held.holder, entry: held.entry, names: [...keys.names] }], gated: false } };
}

/** A secret that a command fetches stands in no variable before. */
function fetchedUse(leaf: Leaf, keys: KeyNames): Use | undefined {
  if (!leaf.scalar.value.includes('buildkite-agent secret get')) return undefined;
  const use = useOf(leaf, keys, DIALECT);
  if (use === undefined) return undefined;
  const fetched = new Set(mentions(leaf.scalar.value).map(({ name }) => name));
  return { ...use, reads: use.reads.filter((name) => !fetched.has(name)) };
}

function guard({ leaf }: Use, keys: KeyNames): Obstacle | undefined {
  if (leaf.path.includes('plugins')) return { code: 'takes-only-a-key', reason: `A plugin gets the key of ${keys.title}.`, byHand: 'Let the plugin ask for its own token, or make the call in the command of the step; then run again.' };
  if (leaf.path.includes('trigger') || leaf.path.includes('build')) return { code: 'other-repository', reason: 'The step starts another pipeline and gives it the key.', byHand: 'Let the steps of that pipeline ask for their own token, then take the variable out here.' };
  return undefined;
}

function install(editor: YamlEditor, { job, setups, hidden, uses }: Installation, context: RewriteContext): readonly YamlEdit[] | Obstacle {
  const { name, node } = job;
  const source = editor.file.text.slice(node.range.start, node.range.end);
  const missing = setups.filter((setup) => !hasToken(source, setup));
  const command = entry(node, 'commands') ?? entry(node, 'command');
  // A step without commands uses nothing itself.
  if (command === undefined) return uses.every(({ leaf }) => leaf.assigns !== undefined || leaf.path.at(-1) === 'secrets' || leaf.path.at(-2) === 'secrets') && get(node, 'plugins') === undefined ? [] : noCommand(name);
  const plugins = itemsOf(get(node, 'plugins')).flatMap((plugin) => (plugin.kind === 'scalar' ? [plugin.value] : entriesOf(plugin).map(({ key }) => key)));
  if (plugins.some((plugin) => /(?:^|\/)(?:docker|docker-compose|kubernetes)(?:-buildkite-plugin)?(?:#|$)/.test(plugin)) && missing.length > 0) {
    return { code: 'unknown-shape', reason: `The commands of ${name} run in a container, where buildkite-agent cannot be counted on.`, byHand: 'Ask for the token in a pre-command hook and hand its file into the container, or mount the agent (mount-buildkite-agent: true), and run again.' };
  }
  const lines = [...(hidden.length === 0 ? [] : [`unset ${hidden.join(' ')}`]), ...missing.flatMap((setup) => tokenLines({ ...setup, settings: notYetSet(setup.settings, source) }, context))];
  if (lines.length === 0) return [];
  if (/\$env:|\bpwsh\b|powershell/i.test(source)) return { code: 'unknown-shape', reason: `${name} runs PowerShell, for which no commands are written.`, byHand: 'Ask for the token with buildkite-agent oidc request-token at its start; then take the key out.' };
  const { value } = command;
  const first = value.kind === 'seq' ? value.items[0] : undefined;
  if (value.kind === 'seq' && first !== undefined && command.via === undefined) return [{ kind: 'add-items', holder: value, before: first, text: lines.map(item).join('') }];
  if (value.kind === 'scalar' && command.via === undefined) {
    if (value.style === 'literal') return [{ kind: 'replace-within', scalar: value, from: 0, to: 0, text: lines.map((line) => `${line}\n`).join('') }];
    if (value.style !== 'folded') return [{ kind: 'wrap-value', holder: node, entry: command, before: lines.map(item).join('') }];
  }
  return noCommand(name);
}

function hasToken(source: string, setup: Setup): boolean {
  return source.includes('buildkite-agent oidc request-token') && source.includes(`export ${variableOf(setup)}`);
}

function noCommand(name: string): Obstacle {
  return { code: 'unknown-shape', reason: `The commands of ${name} are not written in a way that can be added to.`, byHand: 'Write them as a list, and run again.' };
}

/** Variable that tells the client where its token is. */
function variableOf({ way }: Setup): string {
  if (way.kind === 'google') return 'GOOGLE_APPLICATION_CREDENTIALS';
  return way.kind === 'file' ? way.variable : (way.file ?? way.variable);
}

/**
 * Commands that leave the token in a file of the agent's user. Dollars stand twice, since uploading the pipeline halves them.
 * https://buildkite.com/docs/agent/cli/reference/oidc, 2026-11-23
 */
function tokenLines(setup: Setup, context: RewriteContext): readonly string[] {
  const { way } = setup;
  const audience = audienceText(setup, context, (variable) => `$$${variable}`);
  const request = `buildkite-agent oidc request-token --audience ${audience.includes('$') ? `"${audience}"` : audience} --lifetime ${LIFETIME} --subject-claim pipeline_id --claim organization_id,pipeline_id`;
  const settings = written(setup.settings).map(({ name, source }) => `export ${name}=${source.kind === 'literal' ? wordOf(source.text) : `"$$${source.name}"`}`);
  if (way.kind === 'token' && way.file === undefined) return [`${way.variable}="$$(${request})"`, `export ${way.variable}`, ...settings];
  if (way.kind === 'google') {
    return [
      `${setup.party}_token_file="$$(mktemp)"`,
      `${request} > "$$${setup.party}_token_file"`,
      'GOOGLE_APPLICATION_CREDENTIALS="$$(mktemp)"',
      'export GOOGLE_APPLICATION_CREDENTIALS',
      ...credentialLine(setup, context, `$$${setup.party}_token_file`, '$$GOOGLE_APPLICATION_CREDENTIALS', '$$'),
      ...settings,
    ];
  }
  const variable = variableOf(setup);
  return [`${variable}="$$(mktemp)"`, `export ${variable}`, `${request} > "$$${variable}"`, ...settings];
}

