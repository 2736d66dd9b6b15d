import { formOf } from '../../platforms/_shared/config-values.ts';
import { childOf, entriesOf, textOf } from '../../support/data-tree.ts';
import type { FileRefusal, Replacement, RewriteContext } from '../types.ts';
import { ambientSettings, type Cloud, deliveryOf } from './_delivery.ts';
import { extentOf, type HclBlock, hclBlocks, hclNamed, type HclPlace, type HclRemoval, outerText } from './_hcl.ts';
import { lineNumber, lineStart } from './_lines.ts';
import { isReadByClients, listed, namesOf } from './_needs.ts';

/** What becomes of one workload of a module. */
export type WorkloadEdit =
  | { readonly kind: 'removed'; readonly replacement: Replacement; readonly block: HclBlock; readonly removals: readonly HclRemoval[]; readonly names: readonly string[]; readonly rests: readonly string[] }
  | { readonly kind: 'refused'; readonly refusal: FileRefusal };

/** What becomes of every planned workload of one file; nothing when it cannot be read. */
export function workloadEdits(path: string, text: string, context: Pick<RewriteContext, 'all' | 'value'>): readonly WorkloadEdit[] {
  const own = context.all.filter((replacement) => replacement.path === path);
  if (own.length === 0 || !/\.(?:tf|tofu)$/i.test(path)) return [];
  const blocks = hclBlocks(text);
  // Two keys of one workload may be replaced by the same settings.
  const put = new Set<string>();
  return own.flatMap((replacement): readonly WorkloadEdit[] => {
    if (blocks === undefined) return [refused(replacement, replacement.line, 'not-readable', 'The file cannot be read as HCL.', 'Correct its syntax, and run again.')];
    const block = blocks.find(({ type, labels }) => labels.join('.') === replacement.workload || [type, ...labels].join('.') === replacement.workload);
    return block === undefined ? [] : [editOf(text, block, replacement, context, put)];
  });
}

function editOf(text: string, block: HclBlock, replacement: Replacement, context: Pick<RewriteContext, 'value'>, alreadyPut: Set<string>): WorkloadEdit {
  const { workload, title } = replacement;
  const names = namesOf([replacement]);
  const named = hclNamed(block.body, (name) => names.has(name));
  // `secret { name = "openai-key" }` is what a variable of the container is filled from: it goes with the last of these.
  const variables = named.filter(({ place }) => place.entry?.key !== 'secret');
  const held = variables.length > 0 ? variables : named;
  const [first] = held;
  const blockLine = lineNumber(text, block.header.keyStart);
  if (first === undefined) return refused(replacement, blockLine, 'not-named-here', `${workload} gets its key of ${title} through a local value, a template or a name of its own.`, `Follow the value to where it is put together, and take it out there once ${workload} has the identity of the plan.`);
  const line = lineNumber(text, extentOf(text, first.place).start);
  const called = listed(held.map(({ name }) => name));
  if (held.some(({ place }) => isLiteral(place))) return refused(replacement, line, 'literal-key', `${called} has a value that looks like a real key.`, `Revoke the key at ${title} first, then take it out; it stays in the history of the repository and in the state.`);
  const alias = held.find(({ name }) => !isReadByClients(name, replacement));
  if (alias !== undefined || block.type !== 'resource') return refused(replacement, line, 'unknown-shape', `${workload} is handed the key as ${alias?.name ?? called}, and what it makes of it is not in this file.`, `Change the program or module that takes ${alias?.name ?? called}, and take it out in the same change.`);
  const delivery = deliveryOf(replacement);
  if (delivery.kind === 'refused') return refused(replacement, line, delivery.code, delivery.reason, delivery.byHand);
  if (delivery.kind === 'role') return refused(replacement, line, 'unknown-shape', 'How this resource is told its role is not known.', 'Follow the README of the plan for this workload.');
  const missing = identityMissing(block, delivery.cloud, held.length > 0);
  if (missing !== undefined) return refused(replacement, line, 'unknown-shape', missing.reason, missing.byHand);
  const settings = missingSettings(block, ambientSettings(replacement, delivery.cloud).filter(([name]) => !alreadyPut.has(`${workload}\n${name}`)), context);
  if ('unknown' in settings) {
    return refused(replacement, line, 'unknown-shape', `${workload} has to be told ${listed(settings.unknown.map(({ name }) => name))} in place of the key, and the values are not known.`, `Run again with ${settings.unknown.map(({ input }) => `--set ${input}=...`).join(' ')}, or make the change by hand.`);
  }
  for (const [name] of settings.added) alreadyPut.add(`${workload}\n${name}`);
  const put = settings.added.map(([name, value]) => shapedLike(text, first.place, name, value)).join('');
  const removals = held.map(({ place }, index): HclRemoval => ({ place, ...(index === 0 && put !== '' ? { put } : {}) }));
  return { kind: 'removed', replacement, block, removals: [...removals, ...orphanedSecrets(text, block, held.map(({ place }) => place))], names: held.map(({ name }) => name), rests: restsOn(block, replacement, delivery.cloud) };
}

function isLiteral({ node }: HclPlace): boolean {
  const value = node.kind === 'map' ? (childOf(node, 'value') ?? childOf(node, 'Value')) : node;
  return value?.kind === 'scalar' && value.tag === undefined && formOf(textOf(value) ?? '').kind === 'literal';
}

/** Why the resource would have no identity at its cloud. */
function identityMissing({ labels, body }: HclBlock, cloud: Cloud, hasEntries: boolean): { readonly reason: string; readonly byHand: string } | undefined {
  const name = labels.join('.');
  if (!hasEntries) return undefined;
  if (cloud === 'aws' && labels[0] === 'aws_ecs_task_definition' && childOf(body, 'task_role_arn') === undefined) {
    return { reason: `${name} has no task role: its programs run without an identity.`, byHand: 'Give it task_role_arn (the role of the plan), and take the key out in the same change.' };
  }
  if (cloud === 'aws' && /^aws_(?:instance|launch_template)$/.test(labels[0] ?? '') && childOf(body, 'iam_instance_profile') === undefined) {
    return { reason: `${name} has no instance profile: its programs run without an identity.`, byHand: 'Give it iam_instance_profile (with the role of the plan), and take the key out in the same change.' };
  }
  if (cloud !== 'azure') return undefined;
  const identities = body.entries.filter(({ key }) => key === 'identity').map(({ value }) => textOf(childOf(value, 'type')) ?? '');
  if (identities.some((type) => type.includes('SystemAssigned'))) return undefined;
  if (identities.length === 0) return { reason: `${name} has no managed identity.`, byHand: 'Add identity { type = "SystemAssigned" } with the role of the plan, and take the key out in the same change.' };
  return { reason: `${name} has only identities that its programs have to choose by client id.`, byHand: 'Set AZURE_CLIENT_ID to the client id of the identity, and take the key out in the same change.' };
}

function missingSettings(block: HclBlock, wanted: readonly (readonly [string, string])[], context: Pick<RewriteContext, 'value'>): { readonly added: readonly (readonly [string, string])[] } | { readonly unknown: readonly { readonly name: string; readonly input: string }[] } {
  const names = new Set(wanted.map(([name]) => name));
  const there = new Set(hclNamed(block.body, (name) => names.has(name)).map(({ name }) => name));
  const missing = wanted.filter(([name]) => !there.has(name));
  const unknown: { name: string; input: string }[] = [];
  const added = missing.map(([name, value]): readonly [string, string] => {
    const input = /^\{([a-z_]+\.[a-z_]+)\}$/.exec(value)?.[1];
    const known = input === undefined ? value : context.value(input);
    if (known === undefined || /["\\$%\n]/.test(known)) unknown.push({ name, input: input ?? name });
    return [name, known ?? ''];
  });
  return unknown.length > 0 ? { unknown } : { added };
}

/** Lines for another variable, written as `place` is. */
function shapedLike(text: string, place: HclPlace, name: string, value: string): string {
  const { start } = extentOf(text, place);
  const from = lineStart(text, start);
  const indent = text.slice(from, start);
  if (place.entry !== undefined && place.node.kind !== 'map') {
    const written = text.slice(start, place.node.start);
    const equals = written.indexOf('=');
    const quote = written.startsWith('"') ? '"' : '';
    return `${indent}${`${quote}${name}${quote}`.padEnd(Math.max(equals - 1, 0))} = "${value}"\n`;
  }
  const whole = outerText(text, place);
  if (!whole.includes('\n')) {
    const colon = /name"?[ \t]*:/i.test(whole) ? ': ' : ' = ';
    return place.entry === undefined ? `${indent}{ name${colon}"${name}", value${colon}"${value}" },\n` : `${indent}${place.entry.key} { name = "${name}", value = "${value}" }\n`;
  }
  const inner = entriesOf(place.node)[0];
  const innerIndent = inner === undefined ? `${indent}  ` : text.slice(lineStart(text, inner.keyStart), inner.keyStart);
  const head = place.entry === undefined ? '{' : `${place.entry.key} {`;
  return `${indent}${head}\n${innerIndent}name  = "${name}"\n${innerIndent}value = "${value}"\n${indent}}${place.entry === undefined ? ',' : ''}\n`;
}

/** `secret { name = "x" }` of a container app whose only readers go. */
function orphanedSecrets(text: string, block: HclBlock, gone: readonly HclPlace[]): readonly HclRemoval[] {
  const freed = new Set(gone.flatMap(({ node }) => textOf(childOf(node, 'secret_name')) ?? []));
  if (freed.size === 0) return [];
  const left = gone.reduce((rest, place) => rest.replace(outerText(text, place), ''), text.slice(block.body.start, block.body.end));
  return block.body.entries.flatMap((entry): readonly HclRemoval[] => {
    const name = entry.key === 'secret' ? textOf(childOf(entry.value, 'name')) : undefined;
    if (name === undefined || !freed.has(name) || new RegExp(`secret_name\\s*=\\s*"${name.replace(/\W/g, '\\$&')}"`).test(left)) return [];
    return [{ place: { entry, node: entry.value, holder: block.body, above: undefined } }];
  });
}

/** What the edit rests on beside the file. */
function restsOn({ labels, body }: HclBlock, { change, title }: Replacement, cloud: Cloud): readonly string[] {
  const account = cloud === 'google' && !/service_account/.test(body.entries.map(({ key }) => key).join(' ')) && entriesOf(childOf(body, 'template')).every(({ key }) => !key.startsWith('service_account'));
  return [
    `${cloud === 'aws' ? 'the role' : 'the identity'} of ${labels.join('.')} being allowed what the plan gives it`,
    ...(account ? ['the default service account being given up for one of its own'] : []),
    ...(change === 'code' ? [`the code that makes the client of ${title} being changed too`] : []),
  ];
}

function refused(replacement: Replacement, line: number, code: FileRefusal['code'], reason: string, byHand: string): WorkloadEdit {
  return { kind: 'refused', refusal: { code, line, reason, byHand, migrations: [replacement.migration], shadows: false } };
}
