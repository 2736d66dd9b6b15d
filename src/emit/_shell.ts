/** Shell scripts from typed statements: what is written is always quoted, and no value becomes code. */
import type { Input, Text } from '../model/text.ts';
import { type Data, inputsOf, isTextData, variableName } from './_text.ts';

/** One argument: a literal, a text with inputs, or the value of a variable the script set. */
export type Word = string | { readonly text: Text } | { readonly variable: string } | { readonly join: readonly Word[] };

/** A program and its arguments. */
export type Command = readonly Word[];

export type Statement =
  /** Wrapped at 100 columns. */
  | { readonly kind: 'comment'; readonly text: string }
  /** Runs `pipe[0] | pipe[1] | ...`; the script ends when any part fails. `quiet` drops what it prints. */
  | { readonly kind: 'run'; readonly pipe: readonly Command[]; readonly quiet?: true }
  /** The output of a pipe in a variable. */
  | { readonly kind: 'capture'; readonly variable: string; readonly pipe: readonly Command[] }
  | { readonly kind: 'set'; readonly variable: string; readonly value: Word }
  /** Runs `body` when the command fails (`unless`) or succeeds (`when`); what the command prints is dropped. */
  | { readonly kind: 'unless' | 'when'; readonly test: Command; readonly body: readonly Statement[]; readonly otherwise?: readonly Statement[] }
  /** One line to standard output. */
  | { readonly kind: 'say'; readonly parts: readonly Word[] }
  /** One line to standard error, and exit 1. */
  | { readonly kind: 'fail'; readonly parts: readonly Word[] }
  | { readonly kind: 'blank' };

export interface Script {
  /** What it does, first comment. */
  readonly purpose: string;
  /** Programs that have to be there, checked first: `jq`, `curl`, `aws`. */
  readonly tools: readonly string[];
  /** Inputs the statements refer to: the script refuses to begin without them, and says where each is read. */
  readonly inputs: readonly Input[];
  /**
   * A variable of the environment that holds a short-lived credential of the person who runs this, with where to get it. It is handed to curl in a file
   * that only the user can read, never as an argument.
   */
  readonly bearer?: { readonly variable: string; readonly how: string; readonly headers?: readonly string[] };
  readonly body: readonly Statement[];
}

/** A call of an HTTP API with the script's bearer; the body comes through the pipe when `body` is given. Follows no redirects. */
export function request(method: 'GET' | 'POST' | 'DELETE', url: Word, body?: Data): readonly Command[] {
  const call: Command = [
    'curl', '--silent', '--show-error', '--fail-with-body', '--max-time', '30', '--request', method, '--header', { join: ['@', { variable: 'HEADERS' }] },
    ...(body === undefined ? [] : ['--header', 'content-type: application/json', '--data-binary', '@-']), url,
  ];
  return body === undefined ? [call] : [jq(body), call];
}

/** `jq` making `value`; inputs and script variables come in as arguments, so that none is read as code. */
export function jq(value: Data, variables: readonly string[] = []): Command {
  const names = [...new Set([...inputsOf(value).map(variableName), ...variables])].toSorted();
  return ['jq', '--null-input', '--compact-output', ...names.flatMap((name): Word[] => ['--arg', name, { variable: name }]), jqProgram(value)];
}

/** A variable of the script inside a document: `{ kind: 'text', text: [variableText('ISSUER')] }`. The name is kept as it is. */
export function scriptValue(variable: string): Data {
  return { kind: 'text', text: [{ input: variable.toLowerCase() }] };
}

function jqProgram(value: Data): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (isTextData(value)) {
    const parts = value.text.map((part) => (typeof part === 'string' ? JSON.stringify(part) : `$${variableName(part.input)}`));
    return parts.length === 1 ? (parts[0] ?? '""') : `(${parts.join(' + ')})`;
  }
  if (Array.isArray(value)) return `[${value.map((item: Data) => jqProgram(item)).join(', ')}]`;
  return `{${Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${jqProgram(item as Data)}`).join(', ')}}`;
}

/** The whole script, for bash 3.2 and later. */
export function shellText(script: Script): string {
  // The `$name`s inside programs of jq are jq's own.
  const lines = ['#!/usr/bin/env bash', ...comment(script.purpose), '# shellcheck disable=SC2016', 'set -euo pipefail', 'umask 077', ''];
  for (const tool of script.tools) lines.push(`command -v ${word(tool)} > /dev/null || { echo ${quote(`${tool} is needed: install it and run this again.`)} >&2; exit 1; }`);
  if (script.tools.length > 0) lines.push('');
  const inputs = [...new Map(script.inputs.map((input) => [input.id, input])).values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  for (const input of inputs) {
    lines.push(...comment(`${input.title}. ${input.how}`));
    lines.push(`: "\${${variableName(input.id)}:?is not set: ${plain(input.title)}}"`);
  }
  if (inputs.length > 0) lines.push('');
  if (script.bearer !== undefined) {
    const { variable, how, headers = [] } = script.bearer;
    lines.push(...comment(how), `: "\${${variable}:?is not set}"`);
    lines.push('HEADERS="$(mktemp)"', `trap 'rm -f "$HEADERS"' EXIT`, '{', `  printf 'authorization: Bearer %s\\n' "$${variable}"`);
    for (const header of headers) lines.push(`  printf '%s\\n' ${quote(header)}`);
    lines.push('} > "$HEADERS"', '');
  }
  for (const statement of script.body) lines.push(...write(statement, ''));
  return `${lines.join('\n')}\n`;
}

function write(statement: Statement, indent: string): string[] {
  switch (statement.kind) {
    case 'blank':
      return [''];
    case 'comment':
      return comment(statement.text).map((line) => indent + line);
    case 'run':
      return [`${indent}${pipeText(statement.pipe)}${statement.quiet === true ? ' > /dev/null' : ''}`];
    case 'capture':
      return [`${indent}${statement.variable}="$(${pipeText(statement.pipe)})"`];
    case 'set':
      return [`${indent}${statement.variable}=${word(statement.value)}`];
    case 'say':
      return [`${indent}printf '%s\\n' ${join(statement.parts)}`];
    case 'fail':
      return [`${indent}printf '%s\\n' ${join(statement.parts)} >&2`, `${indent}exit 1`];
    default: {
      const inner = `${indent}  `;
      const { otherwise = [] } = statement;
      return [
        `${indent}if ${statement.kind === 'unless' ? '! ' : ''}${pipeText([statement.test])}${statement.test[0] === 'test' ? '' : ' > /dev/null 2>&1'}; then`,
        ...statement.body.flatMap((part) => write(part, inner)),
        ...(otherwise.length === 0 ? [] : [`${indent}else`, ...otherwise.flatMap((part) => write(part, inner))]),
        `${indent}fi`,
      ];
    }
  }
}

function pipeText(pipe: readonly Command[]): string {
  return pipe.map((command) => command.map(word).join(' ')).join(' | ');
}

function join(parts: readonly Word[]): string {
  return word({ join: parts });
}

/** One argument, quoted. */
function word(part: Word): string {
  if (typeof part === 'string') return /^[A-Za-z0-9_./:=@%+,-]+$/.test(part) ? part : quote(part);
  const inner = doubleQuoted(part);
  return inner.some(({ variable }) => variable) ? `"${inner.map(({ text }) => text).join('')}"` : word(plainOf(part));
}

function doubleQuoted(part: Word): readonly { readonly text: string; readonly variable: boolean }[] {
  if (typeof part === 'string') return [{ text: part.replace(/[\\"$`]/g, '\\$&'), variable: false }];
  if ('variable' in part) return [{ text: `\${${part.variable}}`, variable: true }];
  if ('join' in part) return part.join.flatMap(doubleQuoted);
  return part.text.flatMap((piece) => doubleQuoted(typeof piece === 'string' ? piece : { variable: variableName(piece.input) }));
}

/** The literal a word without variables stands for. */
function plainOf(part: Word): string {
  if (typeof part === 'string') return part;
  if ('variable' in part) return '';
  return ('join' in part ? part.join.map(plainOf) : part.text.map((piece) => (typeof piece === 'string' ? piece : ''))).join('');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** For the message inside `${NAME:?...}`, where quotes and braces would end it. */
function plain(text: string): string {
  return text.replace(/[^A-Za-z0-9 .,;:()/_-]/g, '');
}

function comment(text: string): string[] {
  const lines: string[] = [];
  let line = '#';
  for (const piece of text.split(/\s+/)) {
    if (line.length + piece.length + 1 > 100 && line !== '#') {
      lines.push(line);
      line = '#';
    }
    line += ` ${piece}`;
  }
  lines.push(line);
  return lines;
}
