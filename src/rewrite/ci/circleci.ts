import { entriesOf, entry, get, itemsOf, textOf, textsOf, type YamlEntry, type YamlNode } from '../../support/yaml.ts';
import { editorOf } from '../editors.ts';
import type { Rewriter, RewriteContext } from '../types.ts';
import type { YamlEdit, YamlEditor, YamlMap } from '../yaml-edit.ts';
import { FILES, nameOf, nothing, unreadable } from './_file.ts';
import { type Installation, type Job, type Part, type PipelineShape, rewritePipeline } from './_pipeline.ts';
import { credentialLine, exportLine } from './_shell.ts';
import type { Dialect, KeyNames, Use } from './_uses.ts';
import { audienceText, notYetSet, type Obstacle, type Setup } from './_way.ts';

/** Orbs take the name of a variable (`env_var_name`): `token: OPENAI_API_KEY`. */
const DIALECT: Dialect = { assigners: new Set(['environment']), takers: ({ path }) => !['command', 'run', 'name', 'when', 'context'].includes(path.at(-1) ?? '') };
/** Steps that run no program of the user. */
const QUIET: ReadonlySet<string> = new Set(['checkout', 'attach_workspace', 'restore_cache', 'setup_remote_docker', 'add_ssh_keys']);

export const rewriter: Rewriter = {
  id: 'circleci',
  matches: (path) => FILES.circleci.test(path),
  rewrite(path, text, context) {
    const own = context.own.filter((replacement) => replacement.platform === 'circleci');
    if (own.length === 0) return nothing;
    const editor = editorOf(text);
    const root = editor.file.documents.findLast((document) => document.kind === 'map');
    if (editor.file.problems.length > 0 || root?.kind !== 'map') return unreadable(own, editor.file.problems[0]?.line ?? 1);
    const jobs = new Map<string, Job>();
    for (const job of entriesOf(get(root, 'jobs'))) {
      const holder = get(root, 'jobs');
      if (job.value.kind !== 'map' || holder?.kind !== 'map') continue;
      jobs.set(job.key, { name: job.key, node: job.value, line: editor.lineOf(job), own: [{ holder, entry: job, path: ['jobs'] }], shared: sharedParts(root, job), isAlias: job.via !== undefined || editor.isShared(job.value) });
    }
    const shape: PipelineShape = {
      jobs,
      dialect: DIALECT,
      guard: (_, use, keys) => guard(use, keys),
      hasToken: ({ node }, setup) => hasToken(text.slice(node.range.start, node.range.end), setup),
      install: (installation) => install(editor, root, installation, context),
      store: 'environment variables of the project or of a context',
    };
    return rewritePipeline(editor, shape, own, context, ({ workload }) => [...jobs.keys()].find((name) => nameOf(path, name) === workload));
  },
};

/** The executor, the commands it runs and theirs, and what workflows give it. */
function sharedParts(root: YamlMap, job: YamlEntry): readonly Part[] {
  const parts: Part[] = [];
  const add = (holder: YamlNode | undefined, key: string, path: readonly string[]): YamlNode | undefined => {
    const found = entry(holder, key);
    if (holder?.kind !== 'map' || found === undefined) return undefined;
    parts.push({ holder, entry: found, path });
    return found.value;
  };
  const executor = get(job.value, 'executor');
  add(get(root, 'executors'), textOf(executor) ?? textOf(get(executor, 'name')) ?? '', ['executors']);
  const pending = commandsIn(get(job.value, 'steps'));
  const seen = new Set<string>();
  for (let name = pending.shift(); name !== undefined && seen.size < 100; name = pending.shift()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const command = add(get(root, 'commands'), name, ['commands']);
    pending.push(...commandsIn(get(command, 'steps')));
  }
  for (const workflow of entriesOf(get(root, 'workflows'))) {
    for (const call of itemsOf(get(workflow.value, 'jobs'))) {
      if (call.kind === 'map') for (const own of call.entries) if (own.key === job.key) parts.push({ holder: call, entry: own, path: ['workflows', workflow.key, 'jobs'] });
    }
  }
  return parts;
}

function commandsIn(steps: YamlNode | undefined): string[] {
  const names: string[] = [];
  const pending = [...itemsOf(steps)];
  for (let step = pending.shift(); step !== undefined && names.length < 1000; step = pending.shift()) {
    if (step.kind === 'scalar') names.push(step.value);
    for (const own of entriesOf(step)) {
      names.push(own.key);
      if (own.key === 'when' || own.key === 'unless') pending.push(...itemsOf(get(own.value, 'steps')));
    }
  }
  return names;
}

function guard({ leaf, answer }: Use, keys: KeyNames): Obstacle | undefined {
  if (leaf.path.includes('docker') && leaf.path.at(-2) === 'environment') return { code: 'unknown-shape', reason: `A container gets the key of ${keys.title} when it starts, before any token can be there.`, byHand: 'Let a step hand the identity on, take the variable out of the container, and run again.' };
  if ('edits' in answer && answer.gated && leaf.path.includes('condition')) return { code: 'unknown-shape', reason: 'A condition that is read before the run asks for the key.', byHand: 'Let it ask for a parameter of the pipeline, and run again.' };
  return undefined;
}

function install(editor: YamlEditor, root: YamlMap, { job, setups, hidden, uses }: Installation, context: RewriteContext): readonly YamlEdit[] | Obstacle {
  const { name, node } = job;
  const { text } = editor.file;
  const source = text.slice(node.range.start, node.range.end);
  const missing = setups.filter((setup) => !hasToken(source, setup));
  if (missing.length === 0) return [];
  const shell = shellOf(root, node);
  if (shell !== undefined) return { code: 'unknown-shape', reason: `${name} runs ${shell}, which does not read what a step leaves for the next in BASH_ENV.`, byHand: 'Get the token in the step that uses it, with: circleci run oidc get; then take the key out.' };
  const steps = get(node, 'steps');
  if (steps?.kind !== 'seq' || editor.isShared(steps)) return { code: 'shared-by-alias', reason: `The steps of ${name} are written through an alias.`, byHand: 'Write them out, or put them into a command, and run again.' };
  const inSteps = steps.items.find((step) => uses.some(({ leaf }) => isWithin(leaf.scalar.range.start, step) || commandsOf(root, step).some((command) => isWithin(leaf.scalar.range.start, command))));
  const everywhere = uses.some(({ leaf }) => leaf.assigns !== undefined && !steps.items.some((step) => isWithin(leaf.scalar.range.start, step) || commandsOf(root, step).some((command) => isWithin(leaf.scalar.range.start, command))));
  const first = steps.items.find((step) => !QUIET.has(textOf(step) ?? entriesOf(step)[0]?.key ?? ''));
  const before = everywhere ? first : (inSteps ?? first);
  if (before === undefined) return { code: 'unknown-shape', reason: `${name} has no step that could use the identity.`, byHand: 'Follow the README of the plan for this job.' };
  const items = missing.map((setup, index) => tokenStep({ ...setup, settings: notYetSet(setup.settings, source) }, index === 0 ? hidden : [], context)).join('');
  return [{ kind: 'add-items', holder: steps, before, text: items }];
}

function hasToken(source: string, setup: Setup): boolean {
  return source.includes('circleci run oidc get') && source.includes(`export ${variableOf(setup)}=`);
}

function commandsOf(root: YamlMap, step: YamlNode): readonly YamlNode[] {
  const found: YamlNode[] = [];
  const pending = [textOf(step) ?? '', ...entriesOf(step).map(({ key }) => key)];
  for (let name = pending.shift(); name !== undefined && found.length < 100; name = pending.shift()) {
    const command = get(get(root, 'commands'), name);
    if (command === undefined || found.includes(command)) continue;
    found.push(command);
    pending.push(...commandsIn(get(command, 'steps')));
  }
  return found;
}

function isWithin(at: number, node: YamlNode): boolean {
  return node.range.start <= at && at <= node.range.end;
}

/** A shell other than bash; undefined when it is bash. */
function shellOf(root: YamlMap, job: YamlMap): string | undefined {
  const executor = get(job, 'executor');
  const defined = get(get(root, 'executors'), textOf(executor) ?? textOf(get(executor, 'name')) ?? '');
  for (const node of [job, defined]) {
    const shell = textOf(get(node, 'shell'));
    if (shell !== undefined) return /(?:^|[/\s])bash\b/.test(shell) ? undefined : 'another shell than bash';
  }
  const image = [job, defined].flatMap((node) => textsOf(get(itemsOf(get(node, 'docker'))[0], 'image')))[0] ?? '';
  if (/alpine|busybox/i.test(image)) return 'a small image without bash';
  const machine = [textOf(executor), textOf(get(executor, 'name')), textOf(get(job, 'resource_class')), textOf(get(defined, 'resource_class')), textOf(get(get(job, 'machine'), 'image'))].join(' ');
  return /\bwin(?:dows)?\b/i.test(machine) ? 'PowerShell' : undefined;
}

/** Variable that tells the client where its token is. */
function variableOf({ way }: Setup): string {
  if (way.kind === 'google') return 'GOOGLE_APPLICATION_CREDENTIALS';
  return way.kind === 'file' ? way.variable : (way.file ?? way.variable);
}

/**
 * A step that asks for a token with the audience of the rule, and tells later steps by BASH_ENV.
 * https://circleci.com/docs/oidc-tokens-with-custom-claims/, 2026-11-23
 */
function tokenStep(setup: Setup, hidden: readonly string[], context: RewriteContext): string {
  const { way, replacement } = setup;
  const audience = audienceText(setup, context, (variable) => `\${${variable}}`);
  const claims = audience.includes('$') ? `"{\\"aud\\":\\"${audience}\\"}"` : `'{"aud":"${audience}"}'`;
  const exports = [
    ...(hidden.length === 0 ? [] : [`echo 'unset ${hidden.join(' ')}'`]),
    ...(way.kind === 'google' ? ['echo "export GOOGLE_APPLICATION_CREDENTIALS=$config_file"'] : way.kind === 'token' && way.file === undefined ? [`echo "export ${way.variable}=\\$(cat $token_file)"`] : [`echo "export ${variableOf(setup)}=$token_file"`]),
    ...setup.settings.flatMap((setting) => exportLine(setting).map((line) => `echo ${line}`)),
  ];
  const lines = [
    'token_file="$(mktemp)"',
    `circleci run oidc get --claims ${claims} > "$token_file"`,
    ...(way.kind === 'google' ? ['config_file="$(mktemp)"', ...credentialLine(setup, context, '$token_file', '$config_file')] : []),
    ...(exports.length === 1 ? [`${exports[0] ?? ''} >> "$BASH_ENV"`] : ['{', ...exports.map((line) => `  ${line}`), '} >> "$BASH_ENV"']),
  ];
  return `- run:\n    name: Get an identity token for ${replacement.title}\n    command: |\n${lines.map((line) => `      ${line}\n`).join('')}`;
}
