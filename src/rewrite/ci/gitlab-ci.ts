import { entriesOf, entry, get, itemsOf, textOf, textsOf, type YamlEntry, type YamlNode } from '../../support/yaml.ts';
import { editorOf } from '../editors.ts';
import type { Rewriter, RewriteContext } from '../types.ts';
import type { YamlEdit, YamlEditor, YamlMap, YamlSequence } from '../yaml-edit.ts';
import { block, columnOf, FILES, item, nameOf, nothing, unreadable } from './_file.ts';
import { type Installation, type Job, type Part, type PipelineShape, rewritePipeline } from './_pipeline.ts';
import { type Dialect, keyMentions, type KeyNames, type Use } from './_uses.ts';
import { audienceText, credentialConfiguration, type Obstacle, type Setup, written } from './_way.ts';

const DIALECT: Dialect = { assigners: new Set(['variables']) };
/** Keys at the root that are no jobs. */
const GLOBAL_KEYS: ReadonlySet<string> = new Set(['default', 'include', 'stages', 'variables', 'workflow', 'spec', 'image', 'services', 'cache', 'before_script', 'after_script', 'pages_settings']);
/** What jobs take from `default:`, or from the root in old files, unless they set it themselves. */
const INHERITED = ['before_script', 'after_script', 'services', 'id_tokens', 'secrets', 'hooks'] as const;
/** Of a template and the job that extends it, both count: the others are replaced. */
const MERGED: ReadonlySet<string> = new Set(['variables', 'id_tokens', 'secrets']);
const MAX_EXTENDS = 11;

export const rewriter: Rewriter = {
  id: 'gitlab-ci',
  matches: (path) => FILES['gitlab-ci'].test(path),
  rewrite(path, text, context) {
    const own = context.own.filter((replacement) => replacement.platform === 'gitlab-ci');
    if (own.length === 0) return nothing;
    const editor = editorOf(text);
    if (editor.file.problems.length > 0) return unreadable(own, editor.file.problems[0]?.line ?? 1);
    const root = editor.file.documents.findLast((document) => document.kind === 'map');
    if (root?.kind !== 'map') return unreadable(own, 1);
    const pipeline = new Pipeline(editor, root, context);
    const shape: PipelineShape = {
      jobs: pipeline.jobs,
      dialect: DIALECT,
      special: (_, leaf, keys) => (leaf.scalar.tag === '!reference' ? undefined : (pipeline.secretUse(leaf, keys) ?? conditionUse(leaf, keys))),
      guard,
      hasToken: ({ node }, setup) => pipeline.hasToken(node, setup),
      install: (installation) => pipeline.install(installation),
      store: 'CI/CD variables of the project',
      note: (uses, jobs, parties) =>
        [
          get(root, 'include') !== undefined && uses.some(({ leaf }) => leaf.path[0] === 'variables') ? 'Jobs of included files have the variables of this file too, and have to be changed with it.' : '',
          parties.includes('anthropic') && jobs.some(({ node }) => minutesOf(textOf(get(node, 'timeout')) ?? textOf(get(get(root, 'default'), 'timeout')) ?? '') > 60) ? 'Its tokens live as long as the job may run, which is longer than the hour that an issuer at Anthropic takes: raise max_jwt_lifetime_seconds there.' : '',
        ]
          .filter((sentence) => sentence !== '')
          .join(' '),
    };
    return rewritePipeline(editor, shape, own, context, ({ workload }) => [...pipeline.jobs.keys()].find((name) => nameOf(path, name) === workload));
  },
};

class Pipeline {
  readonly #editor: YamlEditor;
  readonly #root: YamlMap;
  readonly #context: RewriteContext;
  readonly jobs: ReadonlyMap<string, Job>;

  constructor(editor: YamlEditor, root: YamlMap, context: RewriteContext) {
    this.#editor = editor;
    this.#root = root;
    this.#context = context;
    const extended = new Set(entriesOf(root).flatMap((job) => textsOf(get(job.value, 'extends'))));
    this.jobs = new Map(
      entriesOf(root).flatMap((job): [string, Job][] => {
        if (GLOBAL_KEYS.has(job.key) || job.value.kind !== 'map' || (job.key.startsWith('.') && extended.has(job.key))) return [];
        return [[job.key, { name: job.key, node: job.value, line: editor.lineOf(job), own: [{ holder: root, entry: job, path: [] }], shared: this.#sharedParts(job), isAlias: job.via !== undefined || editor.isShared(job.value) }]];
      }),
    );
  }

  /** Templates it extends or refers to, defaults, and the variables of the file. */
  #sharedParts(job: YamlEntry): readonly Part[] {
    const parts: Part[] = [];
    const set = new Set<string>();
    const take = (holder: YamlMap, path: readonly string[]): void => {
      for (const own of holder.entries) {
        if (set.has(own.key) && !MERGED.has(own.key)) continue;
        set.add(own.key);
        if (holder !== job.value) parts.push({ holder, entry: own, path });
        for (const node of [own.value, ...itemsOf(own.value), ...entriesOf(own.value).map(({ value }) => value)]) {
          const referred = this.#referred(node);
          if (referred !== undefined && parts.length < 200) parts.push(referred);
        }
      }
    };
    const pending = [job.key];
    const seen = new Set<string>();
    while (pending.length > 0 && seen.size < MAX_EXTENDS) {
      const name = pending.shift() ?? '';
      if (seen.has(name)) continue;
      seen.add(name);
      const node = name === job.key ? job.value : get(this.#root, name);
      if (node?.kind !== 'map') continue;
      take(node, [name]);
      // The last one named wins.
      pending.push(...textsOf(get(node, 'extends')).toReversed());
    }
    const defaults = get(this.#root, 'default');
    for (const key of INHERITED) {
      if (set.has(key)) continue;
      const fallback = entry(defaults, key);
      const old = entry(this.#root, key);
      if (fallback !== undefined && defaults?.kind === 'map') parts.push({ holder: defaults, entry: fallback, path: ['default'] });
      else if (old !== undefined) parts.push({ holder: this.#root, entry: old, path: [] });
    }
    const variables = entry(this.#root, 'variables');
    if (variables !== undefined && textOf(get(get(job.value, 'inherit'), 'variables')) !== 'false') parts.push({ holder: this.#root, entry: variables, path: [] });
    return parts;
  }

  #referred(node: YamlNode): Part | undefined {
    if (node.tag !== '!reference') return undefined;
    const path = textsOf(node);
    let holder: YamlNode | undefined = this.#root;
    for (const key of path.slice(0, -1)) holder = get(holder, key);
    const found = entry(holder, path.at(-1) ?? '');
    return holder?.kind === 'map' && found !== undefined && path.length > 1 ? { holder, entry: found, path: path.slice(0, -1) } : undefined;
  }

  /** `secrets: { NAME: { vault: ... } }` */
  secretUse(leaf: Use['leaf'], keys: KeyNames): Use | undefined {
    const at = leaf.path.indexOf('secrets');
    const name = at === -1 ? undefined : leaf.path[at + 1];
    if (name === undefined || !keys.names.has(name)) return undefined;
    let node: YamlNode | undefined = leaf.held.holder;
    let found: { holder: YamlMap; entry: YamlEntry } | undefined;
    for (let step = 0; step < 8 && node !== undefined && found === undefined; step += 1) {
      const holder: YamlNode | undefined = this.#editor.holderOf(node);
      const own: YamlEntry | undefined = holder?.kind === 'map' ? holder.entries.find(({ value }) => value === node) : undefined;
      if (holder?.kind === 'map' && own?.key === name) found = { holder, entry: own };
      node = holder;
    }
    if (found === undefined && leaf.held.kind === 'entry' && leaf.held.entry.key === name) found = leaf.held;
    if (found === undefined) return undefined;
    return { leaf, reads: [], answer: { edits: [{ kind: 'remove-entry', ...found, names: [...keys.names] }], gated: false } };
  }

  hasToken(job: YamlNode, setup: Setup): boolean {
    return entry(get(job, 'id_tokens'), tokenName(setup)) !== undefined || entry(get(get(this.#root, 'default'), 'id_tokens'), tokenName(setup)) !== undefined;
  }

  install({ job, setups, hidden }: Installation): readonly YamlEdit[] | Obstacle {
    const { name, node } = job;
    const missing = setups.filter((setup) => !this.hasToken(node, setup));
    const commands = [...(hidden.length === 0 ? [] : [`unset ${hidden.join(' ')}`]), ...missing.flatMap((setup) => this.#tokenCommands(setup))];
    const text = this.#editor.file.text;
    const step = Math.max(2, columnOf(text, node.entries[0]?.keyRange.start ?? 0));
    const blocks: string[] = [];
    const edits: YamlEdit[] = [];

    const tokens = missing.map((setup) => `${tokenName(setup)}:\n${' '.repeat(step)}aud: ${audienceText(setup, this.#context, (variable) => `$${variable}`)}\n`);
    const ownTokens = entry(node, 'id_tokens');
    if (tokens.length > 0 && ownTokens?.value.kind === 'map' && ownTokens.via === undefined) edits.push({ kind: 'add-entries', holder: ownTokens.value, text: tokens.join('') });
    else if (tokens.length > 0) {
      if (ownTokens !== undefined || get(get(this.#root, 'default'), 'id_tokens') !== undefined) return { code: 'unknown-shape', reason: `${name} takes its id_tokens from elsewhere, and own ones would replace them.`, byHand: `Add ${missing.map(tokenName).join(', ')} there, and run again.` };
      blocks.push(block('id_tokens', tokens.join(''), step));
    }

    const variables = this.#variables(node, missing);
    const ownVariables = entry(node, 'variables');
    if (variables.length > 0 && ownVariables?.value.kind === 'map' && ownVariables.via === undefined) edits.push({ kind: 'add-entries', holder: ownVariables.value, text: variables.join('') });
    else if (variables.length > 0) blocks.push(block('variables', variables.join(''), step));

    if (commands.length > 0) {
      if (isWindows(text.slice(node.range.start, node.range.end))) return { code: 'unknown-shape', reason: `${name} runs PowerShell, for which no commands are written.`, byHand: `At its start remove ${hidden.join(', ') || 'the key'} from the environment and write the token to a file; then run again.` };
      const placed = this.#place(job, commands, setups);
      if ('code' in placed) return placed;
      if ('block' in placed) blocks.push(placed.block);
      else edits.push(placed.edit);
    }
    if (blocks.length > 0) {
      const script = entry(node, 'before_script') ?? entry(node, 'script');
      const own = node.entries.filter(({ via }) => via?.kind !== 'merge');
      const before = script === undefined || script.via !== undefined ? undefined : own[own.indexOf(script) - 1];
      edits.push(script !== undefined && before === undefined && script.via === undefined ? { kind: 'add-entries', holder: node, before: script, text: blocks.join('') } : { kind: 'add-entries', holder: node, ...(before === undefined ? {} : { after: before }), text: blocks.join('') });
    }
    return edits;
  }

  /** Commands come before all others of the job. A list that the job has not written itself is left alone: a file that includes this one may give it. */
  #place({ name, node, shared }: Job, commands: readonly string[], setups: readonly Setup[]): { readonly edit: YamlEdit } | { readonly block: string } | Obstacle {
    const early = entry(node, 'before_script');
    const script = entry(node, 'script');
    const items = commands.map(item).join('');
    if (early !== undefined && early.via === undefined && isList(early.value)) return { edit: { kind: 'add-items', holder: early.value, ...first(early.value), text: items } };
    const inherited = shared.find((part) => part.entry.key === 'before_script');
    const before = inherited?.entry.value ?? early?.value;
    const source = before === undefined ? '' : this.#editor.file.text.slice(before.range.start, before.range.end);
    const isTooLate = setups.some(({ way }) => way.kind !== 'token') && /\b(?:aws|gcloud|gsutil|az|terraform|docker|cdk|sam|kubectl|helm)\b/.test(source);
    if (script !== undefined && script.via === undefined && !isTooLate) {
      const { value } = script;
      if (isList(value)) return { edit: { kind: 'add-items', holder: value, ...first(value), text: items } };
      if (value.kind === 'scalar' && value.style === 'literal') return { edit: { kind: 'replace-within', scalar: value, from: 0, to: 0, text: commands.map((command) => `${command.trimEnd()}\n`).join('') } };
      if (value.kind === 'scalar' && value.style !== 'folded') return { edit: { kind: 'wrap-value', holder: node, entry: script, before: items } };
    }
    // https://docs.gitlab.com/ci/yaml/yaml_optimization/#reference-tags, 2026-11-24
    const template = inherited?.path[0];
    if (early === undefined && template?.startsWith('.') === true && inherited?.path.length === 1) return { block: `before_script:\n${`${items}- !reference [${template}, before_script]\n`.replace(/^(?=.)/gm, '  ')}` };
    const isKnown = textsOf(get(node, 'extends')).every((base) => get(this.#root, base) !== undefined) && get(this.#root, 'include') === undefined;
    if (early === undefined && inherited === undefined && isKnown) return { block: `before_script:\n${items.replace(/^(?=.)/gm, '  ')}` };
    return { code: 'unknown-shape', reason: `The commands of ${name} come from elsewhere, and the new identity has to be there before them.`, byHand: `Run first: ${commands.join('; ').replace(/\s*\n\s*/g, ' ')}` };
  }

  #tokenCommands(setup: Setup): readonly string[] {
    const { way } = setup;
    if (way.kind === 'token') return [];
    const token = tokenName(setup);
    if (way.kind === 'file') return [`(umask 077 && printf '%s' "$${token}" > "$${way.variable}")`];
    const file = `\${CI_PROJECT_DIR}.${setup.party}-identity-token`;
    return [
      `(umask 077 && printf '%s' "$${token}" > "${file}")`,
      // A variable of the project would win over one of the job.
      'export GOOGLE_APPLICATION_CREDENTIALS="${CI_PROJECT_DIR}.google-credentials.json"',
      `cat > "$GOOGLE_APPLICATION_CREDENTIALS" <<EOF\n${credentialConfiguration(setup, this.#context, file, (variable) => `\${${variable}}`)}EOF\n`,
    ];
  }

  #variables(node: YamlMap, setups: readonly Setup[]): readonly string[] {
    const there = new Set([...entriesOf(get(node, 'variables')), ...entriesOf(get(this.#root, 'variables'))].map(({ key }) => key));
    const lines: string[] = [];
    for (const setup of setups) {
      for (const { name, source } of written(setup.settings)) {
        if (there.has(name) || (name === 'AWS_REGION' && there.has('AWS_DEFAULT_REGION'))) continue;
        there.add(name);
        lines.push(`${name}: ${source.kind === 'variable' ? `$${source.name}` : scalar(source.text)}\n`);
      }
      if (setup.way.kind === 'file' && !there.has(setup.way.variable)) lines.push(`${setup.way.variable}: \${CI_PROJECT_DIR}.${setup.party}-identity-token\n`);
    }
    return lines;
  }
}

/** `rules: - if: $KEY` asks whether there is one. */
function conditionUse(leaf: Use['leaf'], keys: KeyNames): Use | undefined {
  const { scalar, path } = leaf;
  if (!(path.at(-1) === 'if' && path.includes('rules')) && !(path.at(-1) === 'variables' && (path.includes('only') || path.includes('except')))) return undefined;
  const mentions = keyMentions(scalar.value, keys, DIALECT);
  if (mentions.length === 0) return undefined;
  const reads = [...new Set(mentions.map(({ name }) => name))];
  const onlyAsks = mentions.every(({ end }) => /^\s*(?:$|\)|&&|\|\||[!=]=\s*(?:null|""|''))/.test(scalar.value.slice(end)));
  if (!onlyAsks || keys.gate === undefined) return { leaf, reads, answer: { code: 'unknown-shape', reason: `A rule asks for ${reads.join(', ')}.`, byHand: 'Let the rule ask for a variable of the new identity, and run again.' } };
  const { gate } = keys;
  const edits = mentions.map(({ start, end, name }): YamlEdit => {
    const from = start + scalar.value.slice(start, end).indexOf(name);
    return { kind: 'replace-within', scalar, from, to: from + name.length, text: gate };
  });
  return { leaf, reads, answer: { edits, gated: true } };
}

/** Uses that have no safe edit where they stand. */
function guard({ name, node }: Job, { leaf }: Use, keys: KeyNames): Obstacle | undefined {
  if (get(node, 'trigger') !== undefined) return { code: 'other-repository', reason: `${name} starts another pipeline and gives it the key.`, byHand: 'Let the jobs of that pipeline ask for their own token, then take the variable out here.' };
  if (leaf.path.includes('after_script') && leaf.assigns === undefined) return { code: 'unknown-shape', reason: 'A command of after_script takes the key: it runs in a shell of its own, without what was set up before.', byHand: 'Move the command to script, and run again.' };
  if (leaf.path.includes('services')) return { code: 'unknown-shape', reason: `A service container gets the key of ${keys.title}.`, byHand: 'Give the service another way to its identity, or make the call in the job itself; then run again.' };
  return undefined;
}

/** Name of the variable that GitLab puts the token in. */
function tokenName({ way, party }: Setup): string {
  return way.kind === 'token' ? way.variable : `${party.toUpperCase().replaceAll('-', '_')}_IDENTITY_TOKEN`;
}

function isList(node: YamlNode): node is YamlSequence {
  return node.kind === 'seq' && node.tag === undefined && node.items.length > 0;
}

function first(list: YamlSequence): { readonly before: YamlNode } | Record<string, never> {
  const [before] = list.items;
  return before === undefined ? {} : { before };
}

/** `2h 30m`, `90 minutes`, `1 hour` */
function minutesOf(text: string): number {
  const hours = /(\d+)\s*h/.exec(text.slice(0, 100))?.[1] ?? '0';
  const minutes = /(\d+)\s*m/.exec(text.slice(0, 100))?.[1] ?? '0';
  return Number(hours) * 60 + Number(minutes);
}

/** What YAML would read as something other than text. */
function scalar(text: string): string {
  return /^(?:true|false|yes|no|on|off|null|~|[\d.+-][\d.e+-]*)$/i.test(text) ? `"${text}"` : text;
}

function isWindows(text: string): boolean {
  return /\$env:|\bpwsh\b|powershell|\bwindows\b/i.test(text);
}
