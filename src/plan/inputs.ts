import { UsageError } from '../model/errors.ts';
import type { Input, InputShape } from '../model/text.ts';

/** Whole values of each shape. Wildcards, quotes, blanks and controls are in none, so that no value widens a rule or leaves its quotes. */
const SHAPES: Readonly<Record<InputShape, { readonly pattern: RegExp; readonly looks: string }>> = {
  name: { pattern: /^[A-Za-z0-9._-]{1,255}$/, looks: 'letters, digits, ".", "_" and "-"' },
  path: { pattern: /^[A-Za-z0-9._/-]{1,512}$/, looks: 'letters, digits, ".", "_", "-" and "/"' },
  digits: { pattern: /^[0-9]{1,30}$/, looks: 'digits' },
  hex: { pattern: /^[0-9a-f]{1,256}$/, looks: 'lower-case hexadecimal digits' },
  uuid: { pattern: /^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/, looks: 'a UUID' },
  url: { pattern: /^https:\/\/[A-Za-z0-9._~:/-]{1,512}$/, looks: 'an https address without query' },
  id: { pattern: /^[A-Za-z0-9._:/-]{1,512}$/, looks: 'letters, digits and any of . _ : / -' },
  email: { pattern: /^[A-Za-z0-9._-]{1,128}@[A-Za-z0-9.-]{1,255}$/, looks: 'an e-mail address' },
  'subject-prefix': {
    pattern: /^repo:[A-Za-z0-9._-]{1,100}(?:@[0-9]{1,20})?\/[A-Za-z0-9._-]{1,100}(?:@[0-9]{1,20})?$/,
    looks: 'repo:OWNER/REPOSITORY or repo:OWNER@ID/REPOSITORY@ID',
  },
};

/** Whether `value` is of the shape that `input` asks for. */
export function fitsInput(input: Input, value: string): boolean {
  return SHAPES[input.shape].pattern.test(value);
}

/**
 * Refuses a value that does not look as it should, naming the input and where the right one is read.
 *
 * @throws UsageError
 */
export function checkInput(input: Input, value: string, from: string): void {
  if (fitsInput(input, value)) return;
  throw new UsageError(`the value of ${input.id} from ${from} does not look right: it has to be ${SHAPES[input.shape].looks}`, `${input.title}: ${input.how}`);
}
