import { factText } from '../../platforms/_shared/ci-draft.ts';
import { assignmentTarget, type VariableMention } from '../../platforms/_shared/ci-shell.ts';
import { entriesOf, entry, get, itemsOf, textOf, textsOf, type YamlNode } from '../../support/yaml.ts';
import { editorOf } from '../editors.ts';
import type { Rewriter, RewriteContext } from '../types.ts';
import type { YamlEdit, YamlEditor, YamlMap } from '../yaml-edit.ts';
import { FILES, nameOf, nothing, unreadable } from './_file.ts';
import { distinctName, type Installation, type Job, jobNamed, type Part, type PipelineShape, rewritePipeline } from './_pipeline.ts';
import { credentialLine } from './_shell.ts';
import { type Dialect, keyMentions, type KeyNames, type Leaf, type Use } from './_uses.ts';
import { notYetSet, type Obstacle, type Setup, written } from './_way.ts';

const DIALECT: Dialect = { assigners: new Set(['variables', 'env']), mentions };
/** Inputs of tasks that are scripts. */
const SCRIPTS: ReadonlySet<string> = new Set(['script', 'inlineScript', 'Inline', 'bash', 'pwsh', 'powershell']);
/** Variable that names the service connection: no input of the plan has its name. */
const CONNECTION = 'AZURE_DEVOPS_CONNECTION_NAME';

export const rewriter: Rewriter = {
  id: 'azure-pipelines',
  matches: (path) => FILES['azure-pipelines'].test(path),
  rewrite(path, text, context) {
    const own = context.own.filter((replacement) => replacement.platform === 'azure-pipelines');
    if (own.length === 0) return nothing;
    const editor = editorOf(text);
    const root = editor.file.documents.findLast((document) => document.kind === 'map');
    if (editor.file.problems.length > 0 || root?.kind !== 'map') return unreadable(own, editor.file.problems[0]?.line ?? 1);
    const jobs = new Map<string, Job>();
    const places: { key: string; workload: string; from: number; to: number }[] = [];
    const shared = variablesOf(root);
    readHolder(get(get(root, 'extends'), 'parameters'), shared, 0);
    readHolder(root, shared, 0);
    const shape: PipelineShape = {
      jobs,
      dialect: DIALECT,
      special: (_, leaf, keys) => listedVariable(editor, leaf, keys) ?? conditionUse(leaf, keys),
      guard: (_, use, keys) => guard(use, keys),
      hasToken: ({ node }, setup) => text.slice(node.range.start, node.range.end).includes(`variable=${variableOf(setup)}]`),
      install: (installation) => install(editor, root, installation, context),
      store: `variables of the pipeline, with ${CONNECTION} for the name of its service connection`,
    };
    return rewritePipeline(editor, shape, own, context, (replacement) => jobNamed(places, replacement));

    /** As scans walk stages, jobs and steps. */
    function readHolder(holder: YamlNode | undefined, above: readonly Part[], depth: number): void {
      if (holder?.kind !== 'map' || depth > 6) return;
      for (const key of ['stages', 'jobs'] as const) {
        for (const one of itemsOf(get(holder, key))) {
          const parts = [...above, ...variablesOf(one)];
          if (get(one, 'jobs') !== undefined || key === 'stages') readHolder(one, parts, depth + 1);
          else add(one, parts);
          for (const inner of entriesOf(one)) if (inner.key.startsWith('${{') && inner.value.kind === 'seq') for (const nested of inner.value.items) if (key === 'jobs') add(nested, parts);
        }
      }
      if (get(holder, 'steps') !== undefined) add(holder, above);
    }

    function add(node: YamlNode, parts: readonly Part[]): void {
      if (node.kind !== 'map') return;
      const given = textOf(get(node, 'job')) ?? textOf(get(node, 'deployment')) ?? textOf(get(node, 'template')) ?? textOf(get(node, 'stage'));
      const file = path.slice(path.lastIndexOf('/') + 1);
      const line = editor.lineOf(node);
      const name = distinctName(given === undefined ? file : factText(given), line, jobs);
      places.push({ key: name, workload: given === undefined ? file : nameOf(path, factText(given)), from: line, to: editor.file.lines.position(node.range.end).line });
      const parted = node.entries.filter(({ key }) => key !== 'variables' && (node !== root || key === 'steps'));
      jobs.set(name, { name, node, line, own: parted.map((part) => ({ holder: node, entry: part, path: [] })), shared: parts, isAlias: editor.isShared(node) });
    }
  },
};

function variablesOf(holder: YamlNode | undefined): readonly Part[] {
  const variables = entry(holder, 'variables');
  return holder?.kind === 'map' && variables !== undefined ? [{ holder, entry: variables, path: [] }] : [];
}

/** `$(NAME)`, and `variables.NAME` or `variables['NAME']` in expressions. */
function mentions(text: string): readonly VariableMention[] {
  const macros = [...text.matchAll(/\$\(([A-Za-z_][\w.-]{1,127})\)/g)].map((match) => ({ name: match[1] ?? '', start: match.index, end: match.index + match[0].length, target: assignmentTarget(text, match.index) }));
  const expressions = [...text.matchAll(/\bvariables(?:\.([A-Za-z_][\w-]{1,127})|\['([A-Za-z_][\w.-]{1,127})'\])/g)].map((match) => ({ name: match[1] ?? match[2] ?? '', start: match.index, end: match.index + match[0].length, target: undefined }));
  return [...macros, ...expressions];
}

/** `- name: KEY`, `value: $(OTHER)` in a list of variables. */
function listedVariable(editor: YamlEditor, leaf: Leaf, keys: KeyNames): Use | undefined {
  const { path, held } = leaf;
  if (path.at(-2) !== 'variables' || path.at(-1) !== 'value' || held.kind !== 'entry') return undefined;
  const list = editor.holderOf(held.holder);
  const name = textOf(get(held.holder, 'name')) ?? '';
  if (list?.kind !== 'seq') return undefined;
  const reads = [...new Set(keyMentions(leaf.scalar.value, keys, DIALECT).map((mention) => mention.name))];
  if (!keys.names.has(name)) return undefined;
  if (!leaf.scalar.value.includes('$')) return { leaf, reads, answer: { code: 'literal-key', reason: `A value of ${name} is written out here.`, byHand: `Revoke the key if it is one, take ${name} out of the file, and run again.` } };
  return { leaf, reads, gives: name, answer: { edits: [{ kind: 'remove-item', holder: list, item: held.holder }], gated: false } };
}

/** `condition: ne(variables['KEY'], '')` asks whether there is one. */
function conditionUse(leaf: Leaf, keys: KeyNames): Use | undefined {
  if (leaf.path.at(-1) !== 'condition') return undefined;
  const { scalar } = leaf;
  const found = keyMentions(scalar.value, keys, DIALECT);
  if (found.length === 0) return undefined;
  const reads = [...new Set(found.map(({ name }) => name))];
  const asks = found.every(({ start, end }) => /\b(?:ne|eq)\(\s*$/.test(scalar.value.slice(0, start)) && /^\s*,\s*''\s*\)/.test(scalar.value.slice(end)));
  if (!asks || keys.gate === undefined) return { leaf, reads, answer: { code: 'unknown-shape', reason: 'A condition asks for the key.', byHand: 'Let it ask for a variable of the new identity, and run again.' } };
  const { gate } = keys;
  const edits = found.map(({ start, end, name }): YamlEdit => {
    const from = start + scalar.value.slice(start, end).lastIndexOf(name);
    return { kind: 'replace-within', scalar, from, to: from + name.length, text: gate };
  });
  return { leaf, reads, answer: { edits, gated: true } };
}

function guard({ leaf }: Use, keys: KeyNames): Obstacle | undefined {
  const { path } = leaf;
  if (path.includes('inputs') && !SCRIPTS.has(path.at(-1) ?? '')) return { code: 'takes-only-a-key', reason: `A task gets the key of ${keys.title} as an input.`, byHand: 'Make the call in a script of its own, and run again.' };
  if (path.includes('parameters')) return { code: 'other-repository', reason: `A template gets the key of ${keys.title} as a parameter.`, byHand: 'Let the template ask for the token itself, take the parameter out, and run again.' };
  return undefined;
}

function install(editor: YamlEditor, root: YamlMap, { job, setups, uses }: Installation, context: RewriteContext): readonly YamlEdit[] | Obstacle {
  const { name, node } = job;
  const source = editor.file.text.slice(node.range.start, node.range.end);
  const missing = setups.filter((setup) => !source.includes(`variable=${variableOf(setup)}]`));
  if (missing.length === 0) return [];
  const deployed = [...entriesOf(get(node, 'strategy'))].flatMap(({ value }) => ['deploy', 'preDeploy', 'postRouteTraffic'].flatMap((hook) => get(get(value, hook), 'steps') ?? []));
  const steps = get(node, 'steps') ?? (deployed.length === 1 ? deployed[0] : undefined);
  if (steps?.kind !== 'seq' || editor.isShared(steps)) return { code: 'unknown-shape', reason: `The steps of ${name} are not written in one list here.`, byHand: 'Let AzureCLI@2 with the service connection leave the token in a file before them; then take the key out.' };
  if (isWindows(node, root, source)) return { code: 'unknown-shape', reason: `${name} runs on Windows, for which no step is written.`, byHand: 'Let AzureCLI@2 with the service connection and scriptType pscore leave the token in a file; then take the key out.' };
  const isUsed = (step: YamlNode): boolean => uses.some(({ leaf }) => step.range.start <= leaf.scalar.range.start && leaf.scalar.range.start <= step.range.end);
  const inSteps = steps.items.find(isUsed);
  const first = steps.items.find((step) => get(step, 'checkout') === undefined);
  const before = uses.every(({ leaf }) => steps.items.some((step) => step.range.start <= leaf.scalar.range.start && leaf.scalar.range.start <= step.range.end)) ? inSteps : first;
  if (before === undefined) return { code: 'unknown-shape', reason: `${name} has no step that could use the identity.`, byHand: 'Follow the README of the plan for this job.' };
  return [{ kind: 'add-items', holder: steps, before, text: missing.map((setup) => tokenStep({ ...setup, settings: notYetSet(setup.settings, source) }, context)).join('') }];
}

/** Said by the pool, or, where there is none, to be feared from PowerShell. */
function isWindows(node: YamlMap, root: YamlMap, source: string): boolean {
  const pool = get(node, 'pool') ?? get(root, 'pool');
  if (pool === undefined && /\bPowerShell@|^[ \t]*-[ \t]*powershell:/m.test(source)) return true;
  return /windows|^win\b/i.test([textOf(pool), textOf(get(pool, 'vmImage')), textOf(get(pool, 'name')), ...textsOf(get(pool, 'demands'))].join(' '));
}

/** Variable that tells the client where its token is. */
function variableOf({ way }: Setup): string {
  if (way.kind === 'google') return 'GOOGLE_APPLICATION_CREDENTIALS';
  return way.kind === 'file' ? way.variable : (way.file ?? way.variable);
}

/**
 * A step that leaves a token of the service connection in a file outside the checkout, and tells later steps of the job. The task names the connection, so that the pipeline's right
 * to it is checked; its own `idToken` is kept for a day and more (https://learn.microsoft.com/en-us/answers/questions/5866363/, 2026-04-21), so a fresh one is asked for.
 * https://learn.microsoft.com/en-us/rest/api/azure/devops/distributedtask/oidctoken/create, 2026-11-24
 */
function tokenStep(setup: Setup, context: RewriteContext): string {
  const { way, party, replacement } = setup;
  const connection = context.value('azure_devops.connection_name') ?? `$(${CONNECTION})`;
  const set = (name: string, value: string): string => `echo "##vso[task.setvariable variable=${name}]${value}"`;
  const number = (line: string): string => line.replace(/ "\$([A-Z_]+)" "/, ' "$($1)" "');
  const lines = [
    'set -euo pipefail',
    'umask 077',
    `token_file="$AGENT_TEMPDIRECTORY/${party}-identity-token"`,
    `printf 'Authorization: Bearer %s\\n' "$SYSTEM_ACCESSTOKEN" |`,
    `  curl -fsS -X POST -H @- -H 'Content-Type: application/json' -H 'Content-Length: 0' \\`,
    '    "$SYSTEM_OIDCREQUESTURI?api-version=7.1&serviceConnectionId=$AZURESUBSCRIPTION_SERVICE_CONNECTION_ID" |',
    '  jq -er .oidcToken > "$token_file"',
    ...(way.kind === 'google' ? ['config_file="$AGENT_TEMPDIRECTORY/google-credentials.json"', ...credentialLine(setup, context, '$token_file', '$config_file').map(number), set('GOOGLE_APPLICATION_CREDENTIALS', '$config_file')] : [set(variableOf(setup), '$token_file')]),
    ...written(setup.settings).map(({ name, source }) => set(name, source.kind === 'literal' ? source.text : `$(${source.name})`)),
  ];
  return `- task: AzureCLI@2
  displayName: Get an identity token for ${replacement.title}
  inputs:
    azureSubscription: ${connection}
    scriptType: bash
    scriptLocation: inlineScript
    inlineScript: |
${lines.map((line) => `      ${line}\n`).join('')}  env:
    SYSTEM_ACCESSTOKEN: $(System.AccessToken)
`;
}
