import { isRecord } from '../shape.ts';

// Answers of an API are outside data: what is read of them is read by these, and is undefined where it is not of the kind that is wanted.

export function at(value: unknown, ...route: readonly (string | number)[]): unknown {
  let current = value;
  for (const step of route) {
    if (typeof step === 'number') current = Array.isArray(current) ? current[step] : undefined;
    else current = isRecord(current) && Object.hasOwn(current, step) ? current[step] : undefined;
  }
  return current;
}

export function textAt(value: unknown, ...route: readonly (string | number)[]): string | undefined {
  const found = at(value, ...route);
  return typeof found === 'string' ? found : undefined;
}

export function numberAt(value: unknown, ...route: readonly (string | number)[]): number | undefined {
  const found = at(value, ...route);
  return typeof found === 'number' && Number.isSafeInteger(found) ? found : undefined;
}

export function listAt(value: unknown, ...route: readonly (string | number)[]): readonly unknown[] {
  const found = at(value, ...route);
  return Array.isArray(found) ? found : [];
}

/** An object id, which goes into addresses. */
export function oidAt(value: unknown, ...route: readonly (string | number)[]): string | undefined {
  const found = textAt(value, ...route);
  return found !== undefined && /^[0-9a-f]{40,64}$/.test(found) ? found : undefined;
}

/** An address that a person is shown: of the web, and nothing but an address. */
export function urlAt(value: unknown, ...route: readonly (string | number)[]): string | undefined {
  const found = textAt(value, ...route);
  return found !== undefined && /^https?:\/\/[\w.:[\]-]+\/[\w./%~#-]*$/.test(found) ? found : undefined;
}
