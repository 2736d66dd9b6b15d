import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FORMATS, render } from '../../../src/report/index.ts';
import { hostileInventory, HOSTILE_NAMES, plainOptions } from '../../report-sample.ts';
import type { Proof } from '../github/checks.ts';

/** Acts on a terminal or hides: no format may hold any, whatever a name holds. Line ends are looked at one by one. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const ACTING = /[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b\u202a-\u202e\u2066-\u2069\ud800-\udfff]/;
/** What a CI runner takes for a command. */
const COMMAND = /^[ \t]*::(?!error |warning |notice )|##(?:vso)?\[/im;

/** The names of the threat model's tests 27 to 32 in every place of a report, in every format. Leaves `hostile.html` for the browser. */
export async function proveHostile(proof: Proof, work: string): Promise<void> {
  const inventory = hostileInventory();
  for (const format of FORMATS) {
    const text = await render(format, inventory, plainOptions);
    const line = text.split(/\n/).find((one) => ACTING.test(one.replace(/\r$/, '')));
    proof.check(line === undefined, `${format} holds a character that acts: ${JSON.stringify(line?.slice(0, 200))}`);
    proof.check(!COMMAND.test(text), `${format} holds a command of a CI runner: ${JSON.stringify(COMMAND.exec(text)?.[0])}`);
    if (format === 'html' || format === 'markdown') proof.check(!text.includes('<img'), `${format} holds an element of a name`);
    if (format === 'html') {
      proof.equal(text.match(/<script/g)?.length, 2, 'elements of scripts in the page');
      writeFileSync(join(work, 'hostile.html'), text);
    }
    if (format === 'markdown') proof.check(!/(?<!\\)\]\(javascript:/.test(text), 'markdown holds a link of a name');
    if (format === 'csv') for (const cell of cellsOf(text)) proof.check(!/^[\s]*[=+\-@]/.test(cell), `csv holds a formula: ${cell.slice(0, 60)}`);
    if (format === 'sarif' || format === 'json') proof.check(typeof JSON.parse(text) === 'object', `${format} is not JSON`);
    if (format === 'junit') proof.check(!/<(?!\/?(?:testsuites?|testcase|failure|skipped)\b|\?xml)/.test(text), 'junit holds an element of a name');
  }
  proof.check(Object.getPrototypeOf({}) === Object.prototype && !('x' in {}), 'a name changed the prototype');
  proof.say(`${HOSTILE_NAMES.length} hostile names in ${FORMATS.length} formats`);
}

/** Cells of a CSV file by RFC 4180. */
function cellsOf(text: string): readonly string[] {
  return [...text.matchAll(/(?:^|,|\r\n)(?:"((?:[^"]|"")*)"|([^",\r\n]*))/g)].map(([, quoted, plain]) => (quoted ?? plain ?? '').replaceAll('""', '"'));
}
