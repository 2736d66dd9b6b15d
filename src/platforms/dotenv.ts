import type { Extraction, NameTable, Platform, TextFile } from '../model/reference.ts';
import { Draft, NO_IDENTITY, type WorkloadSeed } from './_shared/config-draft.ts';
import { formOf } from './_shared/config-values.ts';
import { type DotenvLine, dotenvLines, isDotenv, isDotenvTemplate } from './_shared/dotenv-lines.ts';


/** `.env` files, real and template, in the dialects of dotenv, direnv and Wrangler. */
export const platform: Platform = {
  id: 'dotenv',
  title: 'dotenv file',
  checked: '2026-11-23',
  issuesTokens: false,
  runsOn: () => undefined,
  matches(file: TextFile): boolean {
    return isDotenv(file.path);
  },
  extract(file: TextFile, names: NameTable): Extraction {
    const draft = new Draft(file, 'dotenv', names);
    const template = isDotenvTemplate(file.path);
    const workload: WorkloadSeed = {
      key: 'environment',
      name: file.path,
      route: '',
      start: 0,
      end: 0,
      identity: NO_IDENTITY,
      facts: { template: String(template) },
    };
    for (const line of dotenvLines(file.text)) bindLine(draft, workload, line, template);
    return draft.done();
  },
};

function bindLine(draft: Draft, workload: WorkloadSeed, line: DotenvLine, template: boolean): void {
  const { name, nameStart, valueStart, valueEnd } = line;
  const place = { start: nameStart, end: nameStart + name.length };
  const match = draft.names.lookup(name);
  const form = formOf(draft.text.slice(valueStart, valueEnd));
  if (match !== undefined && form.kind === 'literal') {
    draft.value(workload, match, name, name, { start: valueStart, end: valueEnd });
    if (template) draft.reference(workload, match, { name, store: 'environment', route: name, place });
    return;
  }
  if (line.comment) {
    // A commented line of a template tells what may be set; of a real file, what is not.
    if (template && match !== undefined) draft.reference(workload, match, { name, store: 'environment', route: name, place, confidence: 'low' });
    return;
  }
  if (template && match !== undefined && (form.kind === 'dummy' || form.kind === 'unset')) {
    draft.reference(workload, match, { name, store: 'environment', route: name, place });
    return;
  }
  draft.bind(workload, { name, route: name, place, value: { start: valueStart, end: valueEnd } });
}
