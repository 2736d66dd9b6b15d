/** Bicep from typed declarations. */
import type { Input } from '../model/text.ts';
import { type Data, inputsOf, isTextData, parameterName } from './_text.ts';

/** `expression` is code of ours: `identity.properties.principalId`. */
export type BicepValue = Data | { readonly kind: 'expression'; readonly code: string } | readonly BicepValue[] | { readonly [key: string]: BicepValue };

export interface BicepResource {
  readonly symbol: string;
  /** `Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31`. */
  readonly type: string;
  /** It is there already, and only referred to. */
  readonly existing?: true;
  readonly comment?: string;
  readonly body: { readonly [key: string]: BicepValue };
}

export interface BicepFile {
  readonly header: string;
  readonly inputs: readonly Input[];
  readonly parameters?: readonly { readonly name: string; readonly description: string; readonly value: BicepValue }[];
  readonly resources: readonly BicepResource[];
  readonly outputs: readonly { readonly name: string; readonly code: string }[];
}

export function bicepExpression(code: string): BicepValue {
  return { kind: 'expression', code };
}

/** The whole file. Ends with a line feed. */
export function bicepText({ header, inputs, parameters = [], resources, outputs }: BicepFile): string {
  const parts = [
    ...header.split('\n').map((line) => `// ${line}`.trimEnd()),
    "targetScope = 'resourceGroup'",
    ...inputs.toSorted((a, b) => (a.id < b.id ? -1 : 1)).flatMap((input) => [`@description(${quoted(`${input.title}. ${input.how}`)})`, '@minLength(1)', `param ${parameterName(input.id)} string`, '']),
    ...parameters.flatMap(({ name, description, value }) => [`@description(${quoted(description)})`, `param ${name} string = ${valueText(value, '')}`, '']),
    ...resources.flatMap((resource) => [...(resource.comment === undefined ? [] : [`// ${resource.comment.replace(/\s+/g, ' ')}`]), `resource ${resource.symbol} '${resource.type}' ${resource.existing === true ? 'existing ' : ''}= ${valueText(resource.body, '')}`, '']),
    ...outputs.map(({ name, code }) => `output ${name} string = ${code}`),
  ];
  const text = parts.join('\n').replace("targetScope = 'resourceGroup'\n", "targetScope = 'resourceGroup'\n\n").replace(/\n{3,}/g, '\n\n');
  return `${text.trimEnd()}\n`;
}

/** Ids of the inputs in resources, sorted. */
export function inputsOfResources(resources: readonly BicepResource[]): readonly string[] {
  const found = new Set<string>();
  const visit = (value: BicepValue): void => {
    if (typeof value !== 'object' || value === null) return;
    if (isTextData(value as Data)) for (const id of inputsOf(value as Data)) found.add(id);
    else for (const inner of Object.values(value)) visit(inner as BicepValue);
  };
  for (const { body } of resources) visit(body);
  return [...found].toSorted();
}

function valueText(value: BicepValue, indent: string): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object') return String(value);
  if ('kind' in value && value.kind === 'expression' && 'code' in value && typeof value.code === 'string') return value.code;
  if (isTextData(value as Data)) return template(value as Data);
  const inner = `${indent}  `;
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `[\n${value.map((item: BicepValue) => `${inner}${valueText(item, inner)}\n`).join('')}${indent}]`;
  const entries = Object.entries(value as { readonly [key: string]: BicepValue });
  if (entries.length === 0) return '{}';
  return `{\n${entries.map(([key, item]) => `${inner}${/^[A-Za-z_]\w*$/.test(key) ? key : quoted(key)}: ${valueText(item, inner)}\n`).join('')}${indent}}`;
}

function template(value: Data): string {
  if (!isTextData(value)) return "''";
  const [only, ...others] = value.text;
  if (only !== undefined && typeof only !== 'string' && others.length === 0) return parameterName(only.input);
  return `'${value.text.map((part) => (typeof part === 'string' ? escaped(part) : `\${${parameterName(part.input)}}`)).join('')}'`;
}

function quoted(text: string): string {
  return `'${escaped(text)}'`;
}

function escaped(text: string): string {
  return text.replace(/[\\']/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t').replaceAll('${', '\\${');
}
