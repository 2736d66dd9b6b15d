import type { PinnableClaim, Refusal, SubjectForm, TokenShape, WorkloadContext } from '../../model/issuer.ts';
import type { Input, InputRef, InputShape, Text } from '../../model/text.ts';

/** One thing that a platform's tokens say: where its value is known from, and whom to ask when it is not. */
export interface Field {
  /** `the project`, for the rows of what is refused. */
  readonly label: string;
  readonly input: Input;
  /** Fact of the workload that holds the value. */
  readonly fact?: string;
  /** It is another one in every run: a commit, a container. */
  readonly perRun?: true;
}

/** How the tokens of a platform are made, as far as data can say. */
export interface ShapeSpec {
  readonly issuer: string;
  readonly form: SubjectForm;
  readonly fields: Readonly<Record<string, Field>>;
  /** `value` is a template of fields. */
  readonly claims: readonly { readonly claim: string; readonly value: string; readonly role: PinnableClaim['role']; readonly type?: 'boolean' }[];
  readonly audience?: string;
  readonly warnings?: readonly string[];
  /** Rows beyond those that come from the fields. */
  readonly refusals?: readonly { readonly title: string; readonly claims: Readonly<Record<string, string>> }[];
}

/** An input as data. */
export function input(id: string, title: string, shape: InputShape, how: string): Input {
  return { id, title, shape, how };
}

/** A field that is always asked for. */
export function asked(label: string, id: string, title: string, shape: InputShape, how: string): Field {
  return { label, input: input(id, title, shape, how) };
}

/** Part of an input's id, from a name: `my-App` becomes `my_app`. */
export function idPart(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9_]/g, '_') || 'x';
}

/** Whether a text of a file may stand in a rule: no wildcard, no quote, no expression, nothing that acts. */
export function isPlain(text: string): boolean {
  return /^[A-Za-z0-9._/+@-]{1,200}$/.test(text);
}

/** A value that no right token has, of the same shape: what another tenant's token might say. */
const OTHERS: Readonly<Record<InputShape, string>> = {
  name: 'somebody-else',
  path: 'somebody/else',
  digits: '999999999',
  hex: 'ffffffffffff',
  uuid: 'ffffffff-ffff-4fff-8fff-ffffffffffff',
  url: 'https://somebody-else.example',
  id: 'somebody-else',
  email: 'somebody@else.example',
  'subject-prefix': 'repo:somebody@999999999/else@999999998',
};

/** What tokens of this workload say, from the platform's spec. Pure. */
export function shapeFrom(spec: ShapeSpec, workload: WorkloadContext): TokenShape {
  const inputs = new Map<string, Input>();
  const valueOf = (name: string): string | InputRef => {
    const field = spec.fields[name];
    if (field === undefined) return `{${name}}`;
    const known = field.fact === undefined ? undefined : workload.facts[field.fact];
    if (known !== undefined && isPlain(known)) return known;
    inputs.set(field.input.id, field.input);
    return { input: field.input.id };
  };
  const build = (template: string, instead: Readonly<Record<string, string>> = {}): Text =>
    join(split(template).map((piece) => (piece.startsWith('{') ? (instead[piece.slice(1, -1)] ?? valueOf(piece.slice(1, -1))) : piece)));

  const perRun = (template: string): boolean => split(template).some((piece) => piece.startsWith('{') && spec.fields[piece.slice(1, -1)]?.perRun === true);
  const subjectOf = (instead: Readonly<Record<string, string>>): Text => build(spec.form.template, { ...runValues(spec), ...instead });
  const prefix = prefixOf(spec);
  const claims = spec.claims.map(({ claim, value, role, type }): PinnableClaim => ({ claim, value: build(value), role, ...(type === undefined ? {} : { type }) }));
  const refusals: Refusal[] = [];
  for (const [name, field] of Object.entries(spec.fields)) {
    if (field.perRun === true) continue;
    const other = { [name]: OTHERS[field.input.shape] };
    const uses = (template: string): boolean => template.includes(`{${name}}`);
    const changes: Record<string, Text> = {};
    if (uses(spec.issuer)) changes['iss'] = build(spec.issuer, other);
    if (uses(spec.form.template)) changes['sub'] = subjectOf(other);
    for (const { claim, value } of spec.claims) if (uses(value)) changes[claim] = build(value, other);
    if (Object.keys(changes).length > 0) refusals.push({ title: `another ${field.label}`, changes });
  }
  for (const { title, claims: said } of spec.refusals ?? []) refusals.push({ title, changes: Object.fromEntries(Object.entries(said).map(([claim, value]) => [claim, build(value, runValues(spec))])) });
  return {
    kind: 'shape',
    issuer: build(spec.issuer),
    subject: {
      form: spec.form.id,
      ...(perRun(spec.form.template) ? {} : { text: build(spec.form.template) }),
      ...(perRun(spec.form.template) && prefix !== undefined ? { prefix: build(prefix) } : {}),
    },
    claims,
    ...(spec.audience === undefined ? {} : { audience: build(spec.audience) }),
    inputs: [...inputs.values()],
    warnings: spec.warnings ?? [],
    refusals,
  };
}

/** The template up to its first part that is another one in every run; undefined when nothing that is bound stands before it. */
function prefixOf(spec: ShapeSpec): string | undefined {
  const pieces = split(spec.form.template);
  const at = pieces.findIndex((piece) => piece.startsWith('{') && spec.fields[piece.slice(1, -1)]?.perRun === true);
  const head = pieces.slice(0, at);
  return head.some((piece) => piece.startsWith('{')) ? head.join('') : undefined;
}

/** Stand-ins for what changes from run to run. */
function runValues(spec: ShapeSpec): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(spec.fields).flatMap(([name, { perRun }]) => (perRun === true ? [[name, '1']] : [])));
}

function split(template: string): readonly string[] {
  return template.split(/(\{[a-z-]+\})/).filter((piece) => piece !== '');
}

/** Neighbouring strings in one. */
export function join(parts: readonly (string | InputRef)[]): Text {
  const result: (string | InputRef)[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (typeof part === 'string' && typeof last === 'string') result[result.length - 1] = last + part;
    else if (part !== '') result.push(part);
  }
  return result;
}
