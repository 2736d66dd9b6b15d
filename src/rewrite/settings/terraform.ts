import { posix } from 'node:path';
import { formOf } from '../../platforms/_shared/config-values.ts';
import { parseHcl } from '../../platforms/_shared/config-hcl.ts';
import type { Change } from '../../model/change.ts';
import { childOf, entriesOf, textOf } from '../../support/data-tree.ts';
import type { Edit } from '../edit.ts';
import type { FileRefusal, RewriteContext, Rewriter } from '../types.ts';
import { extentOf, type HclBlock, hclBlocks, type HclRemoval, removeHcl } from './_hcl.ts';
import { lineNumber } from './_lines.ts';
import { goes, listed, type Need, needsOf, normalName } from './_needs.ts';
import { type Orphan, orphanedVariables } from './_terraform-variables.ts';
import { type WorkloadEdit, workloadEdits } from './_terraform-workload.ts';

/** Modules and variable files of Terraform and OpenTofu. What stores a key is never taken out: the next apply would delete it. */
export const terraform: Rewriter = {
  id: 'terraform',
  matches: (path) => /\.(?:tf|tofu|tfvars)$/i.test(path),
  rewrite: (path, text, context) => (/\.tfvars$/i.test(path) ? rewriteValues(path, text, context) : rewriteModule(path, text, context)),
  problems(_, text) {
    const { fault } = parseHcl(text);
    return fault === undefined ? [] : [fault.message];
  },
};

type Removed = Extract<WorkloadEdit, { readonly kind: 'removed' }>;

function rewriteModule(path: string, text: string, context: RewriteContext): ReturnType<Rewriter['rewrite']> {
  const edits = workloadEdits(path, text, context);
  const refusals: FileRefusal[] = edits.flatMap((edit) => (edit.kind === 'refused' ? [edit.refusal] : []));
  const removed = edits.filter((edit): edit is Removed => edit.kind === 'removed');
  const orphans = orphanedVariables(path, text, context);
  const blocks = hclBlocks(text) ?? [];
  const changes: Change<Edit>[] = [];
  for (const provider of new Set([...removed.map(({ replacement }) => replacement.provider), ...orphans.map((orphan) => orphan.provider)])) {
    const own = removed.filter(({ replacement }) => replacement.provider === provider);
    const variables = declared(text, blocks, orphans.filter((orphan) => orphan.provider === provider));
    refusals.push(...variables.refusals);
    const made = changeOf(text, provider, own, variables.removals, variables.migrations);
    if (made === undefined) continue;
    if ('edits' in made) changes.push(made);
    else refusals.push(made);
  }
  for (const need of needsOf(context)) if (need.kept.length === 0) refusals.push(...stores(text, blocks, need, removed));
  return { changes, refusals };
}

function changeOf(text: string, provider: string, own: readonly Removed[], variables: readonly HclRemoval[], freeing: readonly string[]): Change<Edit> | FileRefusal | undefined {
  const removals = [...own.flatMap((edit) => edit.removals), ...variables];
  const [first] = removals;
  if (first === undefined) return undefined;
  const names = own.flatMap((edit) => edit.names);
  const line = Math.min(...removals.map(({ place }) => lineNumber(text, extentOf(text, place).start)));
  const migrations = own.length > 0 ? own.map(({ replacement }) => replacement.migration) : freeing;
  const splices = removeHcl(text, removals, [...names, ...variables.map(({ place }) => place.entry?.key.split('.')[1] ?? '')]);
  if (splices === undefined) return { code: 'unknown-shape', line, reason: `${listed(names) || 'The variable'} does not stand on lines of its own.`, byHand: 'Take it out by hand, with the variable that fills it.', migrations, shadows: false };
  const workloads = own.map(({ replacement }) => replacement.workload);
  const rests = [...new Set(own.flatMap((edit) => edit.rests))];
  const variable = listed(variables.map(({ place }) => place.entry?.key.split('.')[1] ?? ''));
  return {
    id: `module/${provider}`,
    line,
    title: own.length === 0 ? `variable ${variable} goes` : `${listed(workloads)}: ${listed(names)} ${goes(names)}${variable === '' ? '' : `, with variable ${variable}`}`,
    why: own.length === 0 ? 'Nothing in the module reads it once the planned edits are made.' : `${listed(workloads)} ${workloads.length === 1 ? 'runs' : 'run'} under an identity of the cloud that the client finds by itself; the key would win over it.`,
    safety: 'unsafe',
    reason: own.length === 0 ? 'Rests on the edits of the same module in other files, and on no caller that sets it from outside the repository.' : `Rests on ${rests.join(', and on ')}.`,
    migrations,
    edits: splices.map((splice) => ({ kind: 'text', ...splice })),
  };
}

function declared(text: string, blocks: readonly HclBlock[], orphans: readonly Orphan[]): { readonly removals: readonly HclRemoval[]; readonly migrations: readonly string[]; readonly refusals: readonly FileRefusal[] } {
  const removals: HclRemoval[] = [];
  const migrations: string[] = [];
  const refusals: FileRefusal[] = [];
  for (const orphan of orphans) {
    const block = blocks.find(({ type, labels }) => type === 'variable' && labels[0] === orphan.name);
    if (block === undefined) continue;
    const { header } = block;
    const fallback = childOf(block.body, 'default');
    if (fallback?.kind === 'scalar' && fallback.tag === undefined && formOf(textOf(fallback) ?? '').kind === 'literal') {
      refusals.push({ code: 'literal-key', line: lineNumber(text, header.keyStart), reason: `The default of variable ${orphan.name} looks like a real key.`, byHand: 'Revoke the key first, then delete the variable.', migrations: [], shadows: false });
    } else if (orphan.givenBy !== undefined) {
      refusals.push({ code: 'unknown-shape', line: lineNumber(text, header.keyStart), reason: `Nothing reads variable ${orphan.name} any more, but ${orphan.givenBy} still sets it.`, byHand: `Delete the variable together with its value in ${orphan.givenBy}.`, migrations: [], shadows: false });
    } else {
      removals.push({ place: { entry: header, node: header.value, holder: header.value, above: undefined } });
      migrations.push(...orphan.migrations);
    }
  }
  return { removals, migrations, refusals };
}

/** Values of variables that go: the line of a value that is no key. */
function rewriteValues(path: string, text: string, context: RewriteContext): ReturnType<Rewriter['rewrite']> {
  const { root, fault } = parseHcl(text);
  if (root === undefined || fault !== undefined) return { changes: [], refusals: [] };
  const folders = new Set((context.paths ?? []).filter((other) => /\.(?:tf|tofu)$/i.test(other)).map((other) => posix.dirname(other)));
  const changes: Change<Edit>[] = [];
  const refusals: FileRefusal[] = [];
  // Files of values stand beside the module or below it.
  for (const folder of folders) {
    if (folder !== '.' && !path.startsWith(`${folder}/`)) continue;
    for (const orphan of orphanedVariables(posix.join(folder, ' '), '', context)) {
      const entry = entriesOf(root).find(({ key }) => key === orphan.name);
      if (entry === undefined || orphan.givenBy !== undefined) continue;
      const line = lineNumber(text, entry.keyStart);
      const { value } = entry;
      if (value.kind !== 'scalar' || formOf(textOf(value) ?? '').kind === 'literal') {
        refusals.push({ code: 'literal-key', line, reason: `${orphan.name} has a value that looks like a real key.`, byHand: 'Revoke the key first, then delete the line; it stays in the history of the repository.', migrations: [], shadows: false });
        continue;
      }
      const splices = removeHcl(text, [{ place: { entry, node: value, holder: root, above: undefined } }], [orphan.name]);
      if (splices === undefined) continue;
      changes.push({
        id: `${orphan.name}/${orphan.provider}`,
        line,
        title: `value of variable ${orphan.name} goes`,
        why: 'The variable goes too: nothing in the module reads it once the planned edits are made.',
        safety: 'unsafe',
        reason: 'Rests on the edits of the module in its own files.',
        migrations: orphan.migrations,
        edits: splices.map((splice) => ({ kind: 'text', ...splice })),
      });
    }
  }
  return { changes, refusals };
}

const STORES = /secret|ssm_parameter|key_vault|vault_|parameter|doppler|infisical|onepassword/;
const CI_STORES = /^(?:github_|gitlab_|circleci_|buildkite_|bitbucket_|tfe_variable|spacelift_)/;

/** Resources that keep the key, and providers that are configured with it. */
function stores(text: string, blocks: readonly HclBlock[], need: Need, removed: readonly Removed[]): readonly FileRefusal[] {
  const wanted = new Set([...need.names].map(normalName));
  const refusals: FileRefusal[] = [];
  for (const { type, labels, header, body } of blocks) {
    const [kind = '', label = ''] = labels;
    if (removed.some(({ block }) => block.header === header)) continue;
    const line = lineNumber(text, header.keyStart);
    if (type === 'provider' && wanted.has(normalName(`${kind}_api_key`)) && entriesOf(body).some(({ key }) => /key|token/i.test(key))) {
      refusals.push({ code: 'takes-only-a-key', line, reason: `Provider ${kind} is given a key of ${need.title} whenever Terraform runs.`, byHand: 'Keep that key out of the environment of workloads, and make it one that expires soon.', migrations: [], shadows: false });
      continue;
    }
    const passed = type === 'module' ? body.entries.find(({ key }) => wanted.has(normalName(key))) : undefined;
    if (passed !== undefined) {
      refusals.push({ code: 'unknown-shape', line: lineNumber(text, passed.keyStart), reason: `module.${kind} is handed the key of ${need.title} as ${passed.key}.`, byHand: `Once nothing in the module needs it, delete its variable ${passed.key} and this line in one change.`, migrations: [], shadows: false });
      continue;
    }
    if (type !== 'resource' || !(STORES.test(kind) || CI_STORES.test(kind)) || /_(?:policy|rotation|iam_\w+|access)$/.test(kind)) continue;
    const source = text.slice(body.start, body.end);
    const said = ['name', 'secret_id', 'secret_name', 'key', 'variable_name', 'path'].flatMap((key) => textOf(childOf(body, key)) ?? []);
    const used = [...source.matchAll(/\b(?:var|local)\.([A-Za-z_][\w-]*)/g)].map(([, name = '']) => name);
    if (![label, ...said.map((name) => name.slice(name.lastIndexOf('/') + 1)), ...used].some((name) => wanted.has(normalName(name)))) continue;
    refusals.push({
      code: 'unknown-shape',
      line,
      reason: `${labels.join('.')} keeps the key of ${need.title}; out of the file, the next apply deletes it while it may still be needed to go back.`,
      byHand: 'Keep it until the workloads have run without the key, then take it out in a change of its own, with the variable that fills it, and revoke the key.',
      migrations: [],
      shadows: false,
    });
  }
  return refusals;
}
