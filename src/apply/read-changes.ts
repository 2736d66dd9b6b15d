import { readFileSync, statSync } from 'node:fs';
import type { PlannedChanges } from '../model/apply.ts';
import { UsageError } from '../model/errors.ts';
import { misfit, type Shape } from './shape.ts';

const LARGEST = 256 * 2 ** 20;
const AGAIN = 'Make it anew: dekey apply PLAN --format json > changes.json';

const SHAPE: Shape = {
  fields: {
    schemaVersion: { oneOf: ['1.0'] },
    tool: { fields: { name: { oneOf: ['dekey'] } } },
    files: {
      list: {
        fields: {
          target: 'line', path: 'text', diff: 'text',
          changes: { list: { fields: { title: 'text', why: 'text', safety: { oneOf: ['safe', 'unsafe'] }, reason: 'text', migrations: { list: 'line' } } } },
          refusals: { list: { fields: { line: 'count', reason: 'text', byHand: 'text', migrations: { list: 'line' } } } },
        },
      },
    },
  },
};

/**
 * Reads what `dekey apply --format json` printed.
 *
 * @throws UsageError naming the file, the part that is wrong, and what to do
 */
export function readChanges(file: string, shown: string): PlannedChanges {
  const status = statSync(file, { throwIfNoEntry: false });
  if (status === undefined) throw new UsageError(`there is no ${shown}`, AGAIN);
  if (!status.isFile() || status.size > LARGEST) throw new UsageError(`${shown} is ${status.isFile() ? 'too large' : 'not a regular file'}`, AGAIN);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file)));
  } catch (error) {
    throw new UsageError(`${shown} is not valid JSON`, AGAIN, { cause: error });
  }
  const fault = misfit(value, SHAPE);
  if (fault !== undefined) throw new UsageError(`${shown} is not what dekey apply prints: ${fault}`, AGAIN);
  // Checked above as far as anything reads it.
  return value as PlannedChanges;
}
