import type { Extraction, NameTable, Platform, TextFile } from '../model/reference.ts';
import { assignments } from '../support/shell-words.ts';
import { baseName, Draft, NO_IDENTITY, type WorkloadSeed } from './_shared/config-draft.ts';
import { type Instruction, instructionsOf, isDockerfile } from './_shared/dockerfile-instructions.ts';

/** Image builds: what `ENV` and `ARG` hold stays in the image and its history. */
export const platform: Platform = {
  id: 'dockerfile',
  title: 'Dockerfile',
  checked: '2026-11-23',
  issuesTokens: false,
  runsOn: () => undefined,
  matches(file: TextFile): boolean {
    return isDockerfile(file.path);
  },
  extract(file: TextFile, names: NameTable): Extraction {
    const draft = new Draft(file, 'dockerfile', names);
    const instructions = instructionsOf(file.text);
    const copied = instructions.some((one) => (one.keyword === 'COPY' || one.keyword === 'ADD') && /(?:^|[\s/"])\.env(?:[\s"]|$)/.test(file.text.slice(one.start, Math.min(one.end, one.start + 2000))));
    const workload: WorkloadSeed = {
      key: 'Dockerfile',
      name: baseName(file.path),
      route: '',
      start: 0,
      end: 0,
      identity: NO_IDENTITY,
      facts: copied ? { copies: '.env' } : {},
    };
    for (const instruction of instructions) readInstruction(draft, workload, instruction);
    return draft.done();
  },
};

function readInstruction(draft: Draft, workload: WorkloadSeed, instruction: Instruction): void {
  const { keyword, route, start, end } = instruction;
  switch (keyword) {
    case 'ENV':
    case 'ARG':
    case 'LABEL':
      return readVariables(draft, workload, instruction);
    case 'RUN':
      readMounts(draft, workload, instruction);
      return draft.shell(workload, { start, end }, route);
    case 'CMD':
    case 'ENTRYPOINT':
    case 'HEALTHCHECK':
      return draft.shell(workload, { start, end }, route);
    case 'ONBUILD': {
      const inner = /^[ \t]*([A-Za-z]+)[ \t]+/.exec(draft.text.slice(start, Math.min(end, start + 200)));
      if (inner?.[1] === undefined || inner[1].toUpperCase() === 'ONBUILD') return;
      return readInstruction(draft, workload, { keyword: inner[1].toUpperCase(), route: `${route}.${inner[1].toUpperCase()}`, start: start + inner[0].length, end });
    }
    default:
  }
}

function readVariables(draft: Draft, workload: WorkloadSeed, instruction: Instruction): void {
  const { keyword, route, start, end } = instruction;
  const text = draft.text.slice(start, end);
  // The old form `ENV NAME the whole rest`.
  const old = keyword === 'ENV' ? /^([A-Za-z_]\w*)[ \t]+(?!=)/.exec(text) : null;
  if (old?.[1] !== undefined) {
    const name = old[1];
    let from = start + old[0].length;
    let to = end;
    while (to > from && draft.text.charCodeAt(to - 1) <= 32) to -= 1;
    const quote = draft.text[from];
    if ((quote === '"' || quote === "'") && to - from > 1 && draft.text[to - 1] === quote) {
      from += 1;
      to -= 1;
    }
    return draft.bind(workload, { name, route: `${route}.${name}`, place: { start, end: start + name.length }, value: { start: from, end: to } });
  }
  for (const one of assignments(text)) {
    const place = { start: start + one.nameStart, end: start + one.nameStart + one.name.length };
    draft.bind(workload, { name: one.name, route: `${route}.${one.name}`, place, value: { start: start + one.valueStart, end: start + one.valueEnd } });
  }
  if (keyword !== 'ARG') return;
  for (const match of text.matchAll(/(?<![^\s])([A-Za-z_]\w*)(?=\s|$)/g)) {
    const name = match[1] ?? '';
    const place = { start: start + match.index, end: start + match.index + name.length };
    draft.bind(workload, { name, route: `${route}.${name}`, place });
  }
}

/** `RUN --mount=type=secret,id=openai_key,env=OPENAI_API_KEY`. */
function readMounts(draft: Draft, workload: WorkloadSeed, instruction: Instruction): void {
  const { route, start, end } = instruction;
  const text = draft.text.slice(start, end);
  for (const mount of text.matchAll(/--mount=(\S{1,500})/g)) {
    const options = new Map<string, string>();
    for (const option of (mount[1] ?? '').split(',')) {
      const equals = option.indexOf('=');
      if (equals > 0) options.set(option.slice(0, equals), option.slice(equals + 1));
    }
    if (options.get('type') !== 'secret') continue;
    const target = options.get('target') ?? options.get('dst') ?? options.get('destination');
    const candidates = [options.get('env'), options.get('id'), target?.slice(target.lastIndexOf('/') + 1)].filter((name) => name !== undefined && name !== '');
    const name = candidates.find((candidate) => candidate !== undefined && draft.names.lookup(candidate) !== undefined);
    const match = name === undefined ? undefined : draft.names.lookup(name);
    if (name === undefined || match === undefined) continue;
    const at = start + mount.index;
    draft.reference(workload, match, { name, alias: candidates.find((other) => other !== name), store: 'file', route: `${route}.mount`, place: { start: at, end: at + mount[0].length } });
  }
}
