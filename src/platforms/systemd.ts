import type { Extraction, NameTable, Platform, TextFile } from '../model/reference.ts';
import { assignments } from '../support/shell-words.ts';
import { baseName, Draft, NO_IDENTITY, type WorkloadSeed } from './_shared/config-draft.ts';

const UNIT = /\.(?:service|conf)(?:\.(?:example|template|in|j2))?$/i;

/** systemd units: variables, credentials and commands of a service. */
export const platform: Platform = {
  id: 'systemd',
  title: 'systemd unit',
  checked: '2026-11-23',
  issuesTokens: false,
  runsOn: () => undefined,
  matches(file: TextFile): boolean {
    return UNIT.test(file.path) && /^\[Service\]/m.test(file.text);
  },
  extract(file: TextFile, names: NameTable): Extraction {
    const draft = new Draft(file, 'systemd', names);
    const name = baseName(file.path);
    const files = [...file.text.matchAll(/^EnvironmentFile=-?(\S{1,200})/gm)].map((match) => match[1] ?? '').slice(0, 10);
    const workload: WorkloadSeed = { key: name, name, route: '', start: 0, end: 0, identity: NO_IDENTITY, facts: files.length === 0 ? {} : { env_file: files.join(',') } };
    for (const line of directives(file.text)) readDirective(draft, workload, line);
    return draft.done();
  },
};

interface Directive {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** `Name=value`, with backslash continuation. */
function directives(text: string): Directive[] {
  const found: Directive[] = [];
  for (let at = 0; at < text.length; ) {
    let end = lineEnd(text, at);
    const head = /^[ \t]*([A-Z][A-Za-z]+)[ \t]*=[ \t]*/.exec(text.slice(at, Math.min(end, at + 200)));
    while (head !== null && end < text.length && text[end - 1] === '\\') end = lineEnd(text, end + 1);
    if (head?.[1] !== undefined) found.push({ name: head[1], start: at + head[0].length, end });
    at = end + 1;
  }
  return found;
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

function readDirective(draft: Draft, workload: WorkloadSeed, directive: Directive): void {
  const { name, start, end } = directive;
  const text = draft.text.slice(start, end);
  const route = `Service.${name}`;
  switch (name) {
    case 'Environment':
      for (const one of assignments(text)) {
        const place = { start: start + one.nameStart, end: start + one.nameStart + one.name.length };
        draft.bind(workload, { name: one.name, route: `${route}.${one.name}`, place, value: { start: start + one.valueStart, end: start + one.valueEnd } });
      }
      return;
    case 'PassEnvironment':
      for (const word of text.matchAll(/[A-Za-z_]\w*/g)) {
        const place = { start: start + word.index, end: start + word.index + word[0].length };
        draft.bind(workload, { name: word[0], route, place });
      }
      return;
    case 'LoadCredential':
    case 'LoadCredentialEncrypted':
    case 'SetCredential':
    case 'SetCredentialEncrypted':
    case 'ImportCredential': {
      const credential = /^[\w.-]{1,100}/.exec(text)?.[0];
      const match = credential === undefined ? undefined : draft.names.lookup(credential);
      if (credential === undefined || match === undefined) return;
      const store = name.endsWith('Encrypted') ? 'vault' : 'file';
      draft.reference(workload, match, { name: credential, store, route, place: { start, end: start + credential.length } });
      return;
    }
    default:
      if (name.startsWith('Exec')) draft.shell(workload, { start, end }, route);
  }
}
