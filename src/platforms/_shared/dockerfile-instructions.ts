import { baseName, type Place } from './config-draft.ts';

const NAMED = /^(?:(?:.*\.)?(?:dockerfile|containerfile)|(?:dockerfile|containerfile)(?:[._-].*)?)$/i;

/** Whether a path is that of an image build. */
export function isDockerfile(path: string): boolean {
  const name = baseName(path);
  return NAMED.test(name) && !/\.(?:md|dockerignore|[cm]?[jt]sx?|py|ya?ml|json)$/i.test(name);
}

export interface Instruction extends Place {
  readonly keyword: string;
  /** `build[2].ENV`: stage, position in the stage, keyword. */
  readonly route: string;
}

const HEREDOC = /<<-?(["']?)([A-Za-z_]\w{0,63})\1/g;

/** Instructions with continuation lines and here-documents. `start` is after the keyword. Linear. */
export function instructionsOf(text: string): Instruction[] {
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
