import type { Extraction, NameTable, Platform, TextFile } from '../model/reference.ts';
import { assignments } from '../support/shell-words.ts';
import { baseName, Draft, NO_IDENTITY, type Place, type WorkloadSeed } from './_shared/config-draft.ts';

const NAMED = /^(?:(?:.*\.)?(?:dockerfile|containerfile)|(?:dockerfile|containerfile)(?:[._-].*)?)$/i;

/** Image builds: what `ENV` and `ARG` hold stays in the image and its history. */
export const platform: Platform = {
  id: 'dockerfile',
  title: 'Dockerfile',
  checked: '2026-11-23',
  issuesTokens: false,
  runsOn: () => undefined,
  matches(file: TextFile): boolean {
    const name = baseName(file.path);
    return NAMED.test(name) && !/\.(?:md|dockerignore|[cm]?[jt]sx?|py|ya?ml|json)$/i.test(name);
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

interface Instruction extends Place {
  readonly keyword: string;
  /** `build[2].ENV`: stage, position in the stage, keyword. */
  readonly route: string;
}

const HEREDOC = /<<-?(["']?)([A-Za-z_]\w{0,63})\1/g;

/** Instructions with continuation lines and here-documents. `start` is after the keyword. Linear. */
function instructionsOf(text: string): Instruction[] {
  const found: Instruction[] = [];
  const escape = /^(?:#[^\n]*\n){0,5}?#[ \t]*escape[ \t]*=[ \t]*`/i.test(text.slice(0, 2000)) ? '`' : '\\';
  const fences = new Map<string, number[]>();
  let fenced = false;
  let stage = '';
  let stages = 0;
  let position = 0;
  let at = 0;
  while (at < text.length) {
    const first = lineEnd(text, at);
    const head = /^[ \t\ufeff]*([A-Za-z]+)[ \t]+/.exec(text.slice(at, Math.min(first, at + 200)));
    const keyword = head?.[1]?.toUpperCase();
    if (head === null || keyword === undefined) {
      at = first + 1;
      continue;
    }
    const start = at + head[0].length;
    let end = first;
    while (end < text.length && continues(text, start, end, escape)) {
      end = lineEnd(text, end + 1);
      // Comment and empty lines do not end a continuation.
      while (end < text.length && isCommentLine(text, end)) end = lineEnd(text, end + 1);
    }
    if (keyword === 'RUN' || keyword === 'COPY' || keyword === 'ADD') {
      if (!fenced && text.includes('<<')) indexFences(text, fences);
      fenced = true;
      end = heredocEnd(text, start, end, fences);
    }
    if (keyword === 'FROM') {
      const name = /\bas[ \t]+([\w.-]+)/i.exec(text.slice(start, Math.min(end, start + 1000)))?.[1];
      stage = name ?? `stage${stages}`;
      stages += 1;
      position = 0;
    }
    const owner = stage === '' ? '' : `${stage}.`;
    found.push({ keyword, route: `${owner}${keyword}[${position}]`, start, end });
    position += 1;
    at = end + 1;
  }
  return found;
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

function continues(text: string, start: number, end: number, escape: string): boolean {
  let last = end - 1;
  while (last >= start && (text[last] === ' ' || text[last] === '\t' || text[last] === '\r')) last -= 1;
  return last >= start && text[last] === escape;
}

/** Whether the line that ends at `end` is a comment or blank. Looks at its beginning only. */
function isCommentLine(text: string, end: number): boolean {
  const start = text.lastIndexOf('\n', end - 1) + 1;
  return /^[ \t\r]*(?:#|$)/.test(text.slice(start, Math.min(end, start + 200)));
}

/** Where each line that could close a here-document ends. Looked up rather than searched for, so that many unclosed ones cost nothing. */
function indexFences(text: string, fences: Map<string, number[]>): void {
  for (let at = 0; at < text.length; ) {
    const end = lineEnd(text, at);
    const word = end - at > 100 ? undefined : /^[ \t]*([A-Za-z_]\w{0,63})[ \t\r]*$/.exec(text.slice(at, end))?.[1];
    if (word !== undefined) {
      const places = fences.get(word);
      if (places === undefined) fences.set(word, [end]);
      else places.push(end);
    }
    at = end + 1;
  }
  // The nearest is taken from the end of the list.
  for (const places of fences.values()) places.reverse();
}

/** The end of the last here-document opened between `start` and `end`; one that is never closed is ignored. */
function heredocEnd(text: string, start: number, end: number, fences: ReadonlyMap<string, number[]>): number {
  let stop = end;
  for (const match of text.slice(start, end).matchAll(HEREDOC)) {
    const places = fences.get(match[2] ?? '') ?? [];
    // Instructions come in order, so what lies behind is never asked for again.
    while (places.length > 0 && (places.at(-1) ?? 0) <= stop) places.pop();
    stop = places.pop() ?? stop;
  }
  return stop;
}

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
