/** Programs of clouds that give the login of this machine: small scripts in a folder of their own, put first in `PATH`. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

export interface FakeProgram {
  /** `PATH` with the program in it. */
  readonly path: string;
  /** Arguments of each call so far. */
  calls(): readonly (readonly string[])[];
  remove(): void;
}

/**
 * @param answers by the words that a call begins with: what is printed; a number is the exit code of a failure. The first that fits counts.
 */
export function fakeProgram(name: string, answers: Readonly<Record<string, string | number>>): FakeProgram {
  const folder = mkdtempSync(join(tmpdir(), 'dekey-program-'));
  const log = join(folder, 'calls.log');
  writeFileSync(log, '');
  const script = [
    `#!${process.execPath}`,
    `const given = process.argv.slice(2);`,
    `require('node:fs').appendFileSync(${JSON.stringify(log)}, JSON.stringify(given) + '\\n');`,
    `const found = Object.entries(${JSON.stringify(answers)}).find(([words]) => given.join(' ').startsWith(words));`,
    `if (found === undefined || typeof found[1] === 'number') { process.stderr.write('ERROR: not logged in\\n'); process.exit(found === undefined ? 2 : found[1]); }`,
    `process.stdout.write(found[1] + '\\n');`,
  ].join('\n');
  const file = join(folder, name);
  writeFileSync(file, `${script}\n`);
  chmodSync(file, 0o755);
  return {
    path: `${folder}${delimiter}${process.env['PATH'] ?? ''}`,
    calls: () =>
      readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line): readonly string[] => JSON.parse(line) as string[]),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
