import { factText } from '../../platforms/_shared/ci-draft.ts';
import { entriesOf, entry, get, itemsOf, textOf, textsOf, type YamlNode } from '../../support/yaml.ts';
import { editorOf } from '../editors.ts';
import type { Rewriter, RewriteContext } from '../types.ts';
import type { YamlEdit, YamlEditor } from '../yaml-edit.ts';
import { columnOf, FILES, item, nameOf, nothing, unreadable } from './_file.ts';
import { distinctName, type Installation, type Job, jobNamed, type Part, type PipelineShape, rewritePipeline } from './_pipeline.ts';
import { credentialLine, wordOf } from './_shell.ts';
import type { Dialect, KeyNames, Use } from './_uses.ts';
import { audienceText, notYetSet, type Obstacle, type Setup, written } from './_way.ts';

const DIALECT: Dialect = { assigners: new Set(['variables', 'environment']) };
const TOKEN = 'BITBUCKET_STEP_OIDC_TOKEN';

export const rewriter: Rewriter = {
  id: 'bitbucket-pipelines',
  matches: (path) => FILES['bitbucket-pipelines'].test(path),
  rewrite(path, text, context) {
    const own = context.own.filter((replacement) => replacement.platform === 'bitbucket-pipelines');
    if (own.length === 0) return nothing;
    const editor = editorOf(text);
    const root = editor.file.documents.findLast((document) => document.kind === 'map');
    if (editor.file.problems.length > 0 || root === undefined) return unreadable(own, editor.file.problems[0]?.line ?? 1);
    const jobs = new Map<string, Job>();
    const places: { key: string; workload: string; from: number; to: number }[] = [];
    for (const { key, value } of entriesOf(get(root, 'pipelines'))) {
      if (value.kind === 'seq') readSteps(value, key, 0);
      else for (const branch of entriesOf(value)) readSteps(branch.value, `${key} ${branch.key}`, 0);
    }
    const shape: PipelineShape = {
      jobs,
      dialect: DIALECT,
      guard: (_, use, keys) => guard(use, keys),
      hasToken: ({ node }) => text.slice(node.range.start, node.range.end).includes(TOKEN),
      install: (installation) => install(editor, installation, context),
      store: 'variables of the repository, the workspace or the deployment',
    };
    return rewritePipeline(editor, shape, own, context, (replacement) => jobNamed(places, replacement));

    function readSteps(list: YamlNode | undefined, pipeline: string, depth: number): void {
      for (const [index, one] of itemsOf(list).entries()) {
        for (const { key, value, via } of entriesOf(one)) {
          if ((key === 'parallel' || key === 'stage') && depth < 4) readSteps(value.kind === 'seq' ? value : get(value, 'steps'), pipeline, depth + 1);
          if (key !== 'step' || value.kind !== 'map') continue;
          const label = factText(textOf(get(value, 'name')) ?? `step ${index + 1}`);
          const line = editor.lineOf(value);
          const name = distinctName(label, line, jobs);
          places.push({ key: name, workload: nameOf(path, `${factText(pipeline)} › ${label}`), from: line, to: editor.file.lines.position(value.range.end).line });
          const services = textsOf(get(value, 'services')).flatMap((service): Part[] => {
            const holder = get(get(root, 'definitions'), 'services');
            const found = entry(holder, service);
            return holder?.kind === 'map' && found !== undefined ? [{ holder, entry: found, path: ['services'] }] : [];
          });
          jobs.set(name, { name, node: value, line, own: value.entries.map((part) => ({ holder: value, entry: part, path: [] })), shared: services, isAlias: via !== undefined || editor.isShared(value) });
        }
      }
    }
  },
};

function guard({ leaf }: Use, keys: KeyNames): Obstacle | undefined {
  const { path } = leaf;
  if (path[0] === 'services') return { code: 'unknown-shape', reason: `A service container gets the key of ${keys.title}.`, byHand: 'Make the call in the step itself, and run again.' };
  if (path.includes('script') && path.at(-2) === 'variables') return { code: 'takes-only-a-key', reason: `A pipe takes the key of ${keys.title}.`, byHand: 'Use a version of the pipe that takes an identity token, or make the call in the script; then run again.' };
  if (path.includes('after-script')) return { code: 'unknown-shape', reason: 'A command of after-script takes the key: it runs without what the script has set up.', byHand: 'Move the command to script, and run again.' };
  return undefined;
}

function install(editor: YamlEditor, { job, setups, hidden }: Installation, context: RewriteContext): readonly YamlEdit[] | Obstacle {
  const { name, node } = job;
  const { text } = editor.file;
  const [setup, other] = setups;
  if (setup === undefined) return [];
  if (other !== undefined) return { code: 'unknown-shape', reason: `${name} would show one token to ${setup.replacement.title} and to ${other.replacement.title}, since a step has only one.`, byHand: 'Put what uses each into a step of its own, and run again.' };
  const edits: YamlEdit[] = [];
  const audience = audienceText(setup, context, (variable) => `$${variable}`);
  if (audience.includes('$')) return { code: 'unknown-shape', reason: `The audience of ${setup.replacement.title} holds a value that is not known yet, and it has to stand in the file.`, byHand: 'Give it to the plan with --set (google.project_number, databricks.account_id), plan again, and run again.' };
  const script = entry(node, 'script');
  const first = script?.value.kind === 'seq' ? script.value.items[0] : undefined;
  if (script === undefined || script.value.kind !== 'seq' || first === undefined || script.via !== undefined || editor.isShared(script.value)) return { code: 'shared-by-alias', reason: `The script of ${name} is not a list of its own.`, byHand: 'Write it out, and run again.' };
  const oidc = entry(node, 'oidc');
  const audiences = get(oidc?.value, 'audiences');
  const hasAudience = textsOf(audiences).includes(audience);
  if (oidc === undefined) {
    const step = Math.max(2, columnOf(text, script.value.range.start) - columnOf(text, script.keyRange.start));
    const block = `oidc:\n${' '.repeat(step > 8 ? 2 : step)}audiences: [${audience}]\n`;
    const before = node.entries[node.entries.indexOf(script) - 1];
    edits.push({ kind: 'add-entries', holder: node, ...(before === undefined || before.via?.kind === 'merge' ? { before: script } : { after: before }), text: block });
  } else if (!hasAudience && audiences?.kind === 'seq' && audiences.items.length > 0) edits.push({ kind: 'add-items', holder: audiences, text: `- ${audience}\n` });
  else if (!hasAudience) return { code: 'unknown-shape', reason: `${name} has its token for the audience of the workspace, which something else may need.`, byHand: `Give it oidc: { audiences: [...] } with that audience and ${audience}, and run again.` };
  if (!text.slice(node.range.start, node.range.end).includes(TOKEN)) edits.push({ kind: 'add-items', holder: script.value, before: first, text: [...(hidden.length === 0 ? [] : [`unset ${hidden.join(' ')}`]), ...tokenLines({ ...setup, settings: notYetSet(setup.settings, text.slice(node.range.start, node.range.end)) }, context)].map(item).join('') });
  else return { code: 'unknown-shape', reason: `${name} hands its token on already, for something else.`, byHand: 'Put what uses this identity into a step of its own, and run again.' };
  return edits;
}

/** https://support.atlassian.com/bitbucket-cloud/docs/integrate-pipelines-with-resource-servers-using-oidc/, 2026-11-23 */
function tokenLines(setup: Setup, context: RewriteContext): readonly string[] {
  const { way } = setup;
  const settings = written(setup.settings).map(({ name, source }) => `export ${name}=${source.kind === 'literal' ? wordOf(source.text) : `"$${source.name}"`}`);
  if (way.kind === 'token') return [`export ${way.variable}="$${TOKEN}"`, ...settings];
  const variable = way.kind === 'google' ? 'GOOGLE_APPLICATION_CREDENTIALS' : way.variable;
  if (way.kind === 'file') return [`${variable}="$(mktemp)"`, `export ${variable}`, `printf '%s' "$${TOKEN}" > "$${variable}"`, ...settings];
  return ['google_token_file="$(mktemp)"', `printf '%s' "$${TOKEN}" > "$google_token_file"`, `${variable}="$(mktemp)"`, `export ${variable}`, ...credentialLine(setup, context, '$google_token_file', `$${variable}`), ...settings];
}
