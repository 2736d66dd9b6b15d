/** Reads shell scripts, makefiles and justfiles for variables: expansions, assignments, exports and names handed to containers. */
import type { NameMatch, NameTable, ReferenceStore } from '../../model/reference.ts';
import { isEnvironmentName, lookUp, weaker } from './found.ts';
import { looksGenerated } from '../generated.ts';
import type { Findings } from './found.ts';
import type { Confidence } from '../../model/levels.ts';

export type ShellKind = 'shell' | 'make' | 'just';

interface Heredoc {
  readonly word: string;
  /** False for `<<'EOF'`: nothing in it is expanded here. */
  readonly expands: boolean;
}

/** Commands whose words are text for people. */
const PROSE = new Set(['echo', 'printf', 'print', 'info', 'warn', 'error', 'log', 'die', 'fail', 'log_info', 'log_error', 'log_warn', 'usage']);
/** Commands whose words are names of variables. */
const DECLARES = new Set(['export', 'declare', 'typeset', 'readonly', 'local', 'printenv', 'set', 'env', 'setenv', 'ifdef', 'ifndef', 'require_env', 'check_env', 'need_env']);
/** Options whose value is `NAME` (handed through) or `NAME=value`. */
const PASSES = /^(?:-e|--env|--build-arg|--set-env|--env-vars?|-v)$/;

/** Adds to `findings` what `text` between `from` and `to` reads and sets. One pass. */
export function findShell(text: string, kind: ShellKind, from: number, to: number, names: NameTable, findings: Findings): void {
  const heredocs: Heredoc[] = [];
  let command = '';
  let option = '';
  let wordStart = -1;
  let quote = 0;
  let quotedAt = 0;
  let at = from;
  let dollar = { from: 0, at: -1 };

  while (at < to) {
    const code = text.charCodeAt(at);
    if (quote === 39) {
      if (code === 39 || (kind !== 'shell' && code === 10)) {
        // Quoted for another shell or another program; it may still be expanded there.
        expansions(quotedAt, at, 'medium');
        quote = 0;
      }
      at += 1;
      continue;
    }
    if (code === 92) {
      at += text.charCodeAt(at + 1) === 13 ? 3 : 2;
      if (wordStart < 0 && text.charCodeAt(at - 1) !== 10) wordStart = at - 2;
      continue;
    }
    if (code === 36) {
      if (wordStart < 0) wordStart = at;
      const next = text.charCodeAt(at + 1);
      // `$(command)` begins a command of its own; in a makefile it is an expansion.
      if (next === 40 && kind !== 'make') {
        // `X=$(command)`: the assignment is judged before the command is.
        endWord(at);
        at += 2;
        command = '';
        option = '';
        continue;
      }
      at = expansion(at, 'high');
      continue;
    }
    if (quote === 34) {
      if (code === 34 || (kind !== 'shell' && code === 10)) quote = 0;
      at += 1;
      continue;
    }
    if (code === 34 || code === 39) {
      if (wordStart < 0) wordStart = at;
      quote = code;
      quotedAt = at + 1;
      at += 1;
      continue;
    }
    if (code === 35 && wordStart < 0) {
      const end = text.indexOf('\n', at);
      at = end < 0 || end > to ? to : end;
      continue;
    }
    if (code === 60 && text.charCodeAt(at + 1) === 60 && text.charCodeAt(at + 2) !== 60 && kind === 'shell') {
      endWord(at);
      const match = /^<<-?[ \t]*(?:"([A-Za-z_]\w{0,60})"|'([A-Za-z_]\w{0,60})'|\\?([A-Za-z_]\w{0,60}))/.exec(text.slice(at, at + 90));
      if (match !== null) {
        heredocs.push({ word: match[1] ?? match[2] ?? match[3] ?? '', expands: match[3] !== undefined });
        at += match[0].length;
        continue;
      }
    }
    if (code === 10) {
      endWord(at);
      command = '';
      option = '';
      at += 1;
      for (const heredoc of heredocs) at = readHeredoc(heredoc, at);
      heredocs.length = 0;
      continue;
    }
    if (code === 32 || code === 9 || code === 13) {
      endWord(at);
      at += 1;
      continue;
    }
    if (code === 40 && kind === 'just' && wordStart >= 0) {
      command = text.slice(wordStart, Math.min(at, wordStart + 60));
      option = '';
      wordStart = -1;
      at += 1;
      continue;
    }
    if (code === 59 || code === 124 || code === 38 || code === 40 || code === 41 || code === 96 || ((code === 123 || code === 125) && wordStart < 0)) {
      endWord(at);
      command = '';
      option = '';
      at += 1;
      continue;
    }
    if (wordStart < 0) wordStart = at;
    at += 1;
  }
  endWord(to);

  function readHeredoc(heredoc: Heredoc, start: number): number {
    let index = start;
    while (index < to) {
      const newline = text.indexOf('\n', index);
      const end = newline < 0 || newline > to ? to : newline;
      if (end - index < 100 && text.slice(index, end).trim() === heredoc.word) {
        expansions(start, index, heredoc.expands ? 'high' : 'medium');
        return end;
      }
      index = end + 1;
    }
    expansions(start, to, heredoc.expands ? 'high' : 'medium');
    return to;
  }

  function expansions(start: number, end: number, confidence: Confidence): void {
    let index = nextDollar(start);
    while (index < end) {
      if (text.charCodeAt(index - 1) === 92) index += 1;
      else index = expansion(index, confidence);
      index = nextDollar(index);
    }
  }

  /** Remembered, so that many short quotes do not each search the rest of the text. */
  function nextDollar(start: number): number {
    if (start < dollar.from || start > dollar.at) {
      const found = text.indexOf('$', start);
      dollar = { from: start, at: found < 0 ? to : found };
    }
    return dollar.at;
  }

  /** `$X`, `${X...}`, `$$X` and `$(X)` of make, `$env:X` of PowerShell. Returns where to go on. */
  function expansion(start: number, confidence: Confidence): number {
    let index = start + 1;
    while (text.charCodeAt(index) === 36) index += 1;
    const bracket = text.charCodeAt(index);
    if (bracket === 123 || bracket === 40) {
      index += 1;
      while (text.charCodeAt(index) === 33 || text.charCodeAt(index) === 35 || text.charCodeAt(index) === 32) index += 1;
    }
    if (/^env:/i.test(text.slice(index, index + 4))) index += 4;
    const end = nameEnd(index);
    if (end === index) return Math.max(index, start + 1);
    const name = text.slice(index, Math.min(end, index + 101));
    const match = lookUp(names, name);
    if (match !== undefined && isEnvironmentName(name)) add(index, end, name, match, confidence, bracket === 123 ? `\${${name}}` : `$${name}`);
    return end;
  }

  function nameEnd(start: number): number {
    let index = start;
    while (index < to && isNameCode(text.charCodeAt(index))) index += 1;
    return index;
  }

  function add(start: number, end: number, name: string, match: NameMatch, confidence: Confidence, route: string, store: ReferenceStore = 'environment'): void {
    findings.references.push({ provider: match.provider, kind: match.kind, name, store, confidence: weaker(match.confidence, confidence), route, start, end, write: route === 'write' });
  }

  /** Judges the word that ends at `end`, by its command and the option before it. */
  function endWord(end: number): void {
    const start = wordStart;
    wordStart = -1;
    if (start < 0) return;
    const first = text.slice(start, Math.min(end, start + 140));
    const nameStart = start + (/^(?:--env=|--build-arg=|-e(?=[A-Z])|["'])/.exec(first)?.[0].length ?? 0);
    const passed = nameStart > start && !/^["']/.test(first);
    const stop = nameEnd(nameStart);
    const name = text.slice(nameStart, Math.min(stop, nameStart + 101));
    const match = isEnvironmentName(name) ? lookUp(names, name) : undefined;
    const before = option;
    option = first;
    if (match === undefined) {
      if (command === '' && !/^(?:if|then|else|elif|do|while|until|!|\{|time|sudo|exec|command|[A-Za-z_]\w{0,100}=.*)$/s.test(first)) command = first.replace(/^[@-]+/, '');
      return;
    }
    const sign = /^[ \t]{0,8}(?::{1,3}|[?+])?=/.exec(text.slice(stop, Math.min(to, stop + 12)));
    const glued = text.charCodeAt(stop) === 61 || (text.charCodeAt(stop) === 43 && text.charCodeAt(stop + 1) === 61);
    const isPassed = passed || PASSES.test(before);
    if (glued || (sign !== null && kind !== 'shell' && (command === '' || command === 'export'))) {
      if (command !== '' && !DECLARES.has(command) && !isPassed) return;
      assignment(nameStart, stop, name, match, glued ? stop + (text.charCodeAt(stop) === 61 ? 1 : 2) : stop + (sign?.[0].length ?? 0), glued ? end : undefined);
      return;
    }
    const whole = end - stop <= 2 && /^["']?,?$/.test(text.slice(stop, end));
    if (isPassed) {
      if (whole) add(nameStart, stop, name, match, 'high', before.startsWith('-') ? before : '--env');
      return;
    }
    if (command === 'read' && whole) return add(nameStart, stop, name, match, 'high', 'write', 'prompt');
    if (command === 'set' && /^-\w*x\w*$/.test(before)) return add(nameStart, stop, name, match, 'high', 'write');
    if (kind !== 'just' && DECLARES.has(command)) {
      if (whole) add(nameStart, stop, name, match, 'high', command);
      return;
    }
    const called = /^(?:env_var|env_var_or_default|env|getenv)$/.exec(command);
    if (called !== null && whole) return add(nameStart, stop, name, match, 'high', `${command}()`);
    // A bare name elsewhere may be an argument of a script; makefiles print theirs without a command in front.
    if (kind !== 'shell' || command === '' || PROSE.has(command) || command === 'unset' || !whole) return;
    add(nameStart, stop, name, match, 'low', 'text');
  }

  function assignment(start: number, stop: number, name: string, match: NameMatch, valueAt: number, wordEnd: number | undefined): void {
    const lineEnd = text.indexOf('\n', valueAt);
    const end = Math.min(wordEnd ?? (lineEnd < 0 ? to : lineEnd), valueAt + 420, to);
    const raw = text.slice(valueAt, end);
    // Handed on under its own name: the read is the reference.
    if (new RegExp(`[$][{(]?${name}\\b`).test(raw)) return;
    const prompted = /^"?\$\(\s?read\b/.test(raw);
    add(start, stop, name, match, 'high', 'write', prompted ? 'prompt' : 'environment');
    const literal = /^[ \t]{0,4}(["']?)([^\s"'$`]{16,400})\1[ \t\r]*$/.exec(raw);
    const value = literal?.[2];
    if (literal === null || value === undefined || !looksGenerated(value)) return;
    const offset = valueAt + raw.indexOf(value);
    findings.values.push({ provider: match.provider, kind: match.kind, name, route: 'write', start: offset, end: offset + value.length });
  }
}

function isNameCode(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code === 95;
}
