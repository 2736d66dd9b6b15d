import type { EmittedFile, Emission, Emitter, Target } from '../model/federation.ts';
import { byId } from './_party.ts';
import { data, type Data, jsonText, placeholder } from './_text.ts';

/** How federation is set up where no documented interface makes it: in a console, with exact values. */
interface Console {
  readonly folder: string;
  readonly title: string;
  /** Steps before the first rule. */
  readonly before: readonly string[];
  /** The names that the console gives to the parts of a rule; `claims` when it compares others than the subject. */
  readonly labels: { readonly issuer: string; readonly audience: string; readonly subject: string; readonly claims?: string };
  /** What else each rule needs. */
  readonly rule: readonly string[];
  readonly check: string;
  readonly undo: string;
}

/** An emitter that writes `console.md` for people, and each rule as JSON for review and comparison. */
export function consoleEmitter(spec: Console): Emitter {
  return (targets): Emission => {
    const items = byId(targets);
    const files: EmittedFile[] = [
      { path: `${spec.folder}/console.md`, kind: 'markdown', role: 'create', purpose: `What is entered at ${spec.title}, how it is checked, and how it is taken back.`, text: page(spec, items) },
      ...items.map((target): EmittedFile => ({ path: `${spec.folder}/rule.${target.id}.json`, kind: 'json', role: 'check', purpose: `The rule of ${target.id}, to be compared with what stands at ${spec.title}.`, text: jsonText(rule(target)) })),
    ];
    return { files, manual: [...spec.before, `Enter the rules of ${spec.folder}/console.md.`] };
  };
}

function rule({ policy, provider, permission }: Target): Data {
  return {
    issuer: data(policy.issuer),
    audience: data(policy.audience),
    ...(policy.subject === undefined ? {} : policy.subject.kind === 'exact' ? { subject: data(policy.subject.text) } : { subject_prefix: data(policy.subject.text) }),
    ...(policy.claims.length === 0 ? {} : { claims: Object.fromEntries(policy.claims.map(({ claim, value }) => [claim, data(value)])) }),
    for: { provider, permission },
  };
}

function page(spec: Console, targets: readonly Target[]): string {
  const { labels } = spec;
  const lines = [`# ${spec.title}`, '', 'What is written in `code` is entered exactly so.', '', '## Create', '', ...spec.before.map((step, index) => `${index + 1}. ${step}`)];
  for (const target of targets) {
    const { policy } = target;
    lines.push('', `### \`${target.id}\``, '', `- ${labels.issuer}: ${code(placeholder(policy.issuer))}`, `- ${labels.audience}: ${code(placeholder(policy.audience))}`);
    if (policy.subject !== undefined) lines.push(`- ${labels.subject}: ${code(placeholder(policy.subject.text))}${policy.subject.kind === 'prefix' ? ' (beginning)' : ''}`);
    if (labels.claims !== undefined) for (const { claim, value } of policy.claims) lines.push(`- ${labels.claims}: ${code(claim)} is ${code(placeholder(value))}`);
    if (target.permission === 'read-secret') lines.push(`- may read: ${target.keys.map(code).join(', ')}, and nothing else`);
    for (const step of spec.rule) lines.push(`- ${step}`);
  }
  return `${[...lines, '', '## Check', '', spec.check, '', '## Undo', '', spec.undo].join('\n')}\n`;
}

function code(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}
