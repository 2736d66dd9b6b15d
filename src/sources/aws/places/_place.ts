import type { StoredSecret } from '../../../model/account.ts';
import type { Gaps } from '../gaps.ts';
import type { Access } from '../login.ts';

/** A text that is no file, in the format of one. */
export interface Text {
  readonly path: string;
  readonly text: string;
}

/** What one service holds in one region. */
export interface Found {
  readonly texts: readonly Text[];
  readonly stored: readonly Omit<StoredSecret, 'target' | 'readers'>[];
}

export interface Asked {
  readonly access: Access;
  readonly region: string;
  readonly gaps: Gaps;
  readonly readValues: boolean;
}

/** Reads a service in a region. Whatever is refused is in the gaps. */
export type Place = (asked: Asked) => Promise<Found>;

/** Details that are asked for one by one. */
export const AT_A_TIME = 5;

/** A resource as CloudFormation writes it, so that the reader of templates finds the workload, its names and its values. */
export interface Resource {
  readonly Type: string;
  readonly Properties: object;
}

/** `aws/eu-central-1/lambda/NAME.template.json`; `resources` by the names they have in AWS. */
export function template(region: string, service: string, name: string, resources: readonly (readonly [string, Resource])[]): Text {
  return { path: `aws/${region}/${service}/${name}.template.json`, text: `${JSON.stringify({ AWSTemplateFormatVersion: '2010-09-09', Resources: Object.fromEntries(resources) }, null, 2)}\n` };
}

/** `NAME="value"` lines; several where the value is a JSON object, as Secrets Manager keeps them. */
export function dotenv(region: string, service: string, name: string, value: string): Text {
  const inner = objectOf(value);
  const entries = inner === undefined ? [[variableOf(name), value] as const] : Object.entries(inner).flatMap(([key, one]) => (isScalar(one) ? [[variableOf(key), String(one)] as const] : [[variableOf(key), JSON.stringify(one)] as const]));
  return { path: `aws/${region}/${service}/${name.replace(/^\/+/, '')}.env`, text: entries.map(([key, one]) => `${key}=${JSON.stringify(one)}\n`).join('') };
}

function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** `prod/openai-api-key` -> `OPENAI_API_KEY`: the last part of a path, as a variable would be named. */
function variableOf(name: string): string {
  const last = name.split('/').findLast((part) => part !== '') ?? name;
  const plain = last.replace(/[^A-Za-z0-9_]/g, '_');
  return (/^[0-9]/.test(plain) ? `_${plain}` : plain).toUpperCase();
}
