/** The new options of a client, written where the old ones stood. */
import type { Splice } from '../../model/change.ts';
import { AZURE_SCOPE, type Followed, OPENAI_VARIABLES, TOKEN_FILE_PLATFORMS } from './_shared.ts';
import type { Made } from './javascript-clients.ts';
import type { JsFile } from './javascript-file.ts';
import { afterImports, beforeStatement, cutMembers, indentAt, isSound, lineStart, membersOf, nameOfMember, type Needed, withoutRemarks } from './javascript-splice.ts';
import type { SyntaxNode } from './syntax.ts';

export interface Written {
  readonly splices: readonly Splice[];
  readonly imports: readonly Needed[];
  /** `version` is the first that has what is imported; `fresh` the one to add. */
  readonly dependencies: readonly { readonly name: string; readonly version: string; readonly fresh: string }[];
  /** Parts of the file in which the key may still be named: they go. */
  readonly covers: readonly SyntaxNode[];
  readonly title: string;
  /** Goes on `the workload uses the federated identity: `. */
  readonly why: string;
}

export interface Need {
  readonly follows: Followed;
  /** How the file reads a variable. */
  readonly accessor: SyntaxNode | undefined;
  readonly names: readonly string[];
  /** Several clients are changed: what they have in common is written once. */
  readonly isShared: boolean;
}

export type CannotWrite = { readonly reason: string; readonly byHand: string };

/** Beyond this a line is broken up, unless the file has longer ones. */
const WIDTH = 100;
const WIDEST = 140;

function widthOf({ text }: JsFile): number {
  let longest = 0;
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf('\n', from);
    longest = Math.max(longest, (end === -1 ? text.length : end) - from);
    from = end === -1 ? text.length : end + 1;
  }
  return Math.min(WIDEST, Math.max(WIDTH, longest));
}
/** getBearerTokenProvider: not in 4.1.0. The one to add is the newest that runs on Node 20 (2026-11-29). */
const AZURE_IDENTITY = { name: '@azure/identity', version: '4.2.0', fresh: '4.13.1' };
/** fromNodeProviderChain is in 3.200.0. */
const CREDENTIAL_PROVIDERS = { name: '@aws-sdk/credential-providers', version: '3.200.0', fresh: '3.1164.0' };

export function write(file: JsFile, made: Made, members: readonly SyntaxNode[], need: Need): Written | CannotWrite {
  const { treatment } = made.shape;
  if (!isSound(made.node)) return { reason: `The grammar cannot read ${made.title} whole.`, byHand: 'Change the options of the client by hand.' };
  switch (treatment.kind) {
    case 'drop': {
      if (made.options === undefined) return { reason: `${made.title} is given no options that can be read.`, byHand: 'Take the key away by hand.' };
      const words = [...need.names, ...members.flatMap((member) => member.childForFieldName('key')?.text ?? member.text)];
      return { splices: cutMembers(file, made.options, members, words), imports: [], dependencies: [], covers: members, title: members.length > 1 ? 'key arguments go' : 'key argument goes', why: `without a key the client finds ${treatment.finds}.` };
    }
    case 'entra':
      return writeEntra(file, made, members, treatment.option, need);
    case 'openai':
      return writeOpenAi(file, made, members, need);
    case 'vertex':
      return writeVertex(file, made, members, need);
    case 'aws-chain': {
      const entries = [[`${treatment.option}: fromNodeProviderChain()`]];
      const splices = replaceOptions(file, made, members, entries);
      if ('reason' in splices) return splices;
      return { splices: splices.splices, imports: [{ package: '@aws-sdk/credential-providers', names: ['fromNodeProviderChain'] }], dependencies: [CREDENTIAL_PROVIDERS], covers: members, title: 'keys become the default chain of AWS', why: 'the AI SDK reads only keys by itself, so it is given the default chain.' };
    }
    case 'refuse':
      return { reason: treatment.reason, byHand: treatment.byHand };
  }
}

function writeEntra(file: JsFile, made: Made, members: readonly SyntaxNode[], option: string, { names, isShared }: Need): Written | CannotWrite {
  const { quote, semicolon } = file.style;
  const shared = { imports: [{ package: '@azure/identity', names: ['DefaultAzureCredential', 'getBearerTokenProvider'] }], dependencies: [AZURE_IDENTITY], covers: members, title: 'key becomes a token provider', why: 'DefaultAzureCredential finds the federated identity, and the client asks it for tokens.' };
  const call = `getBearerTokenProvider(new DefaultAzureCredential(), ${quote}${AZURE_SCOPE}${quote})`;
  const broken = [`${option}: getBearerTokenProvider(`, '  new DefaultAzureCredential(),', `  ${quote}${AZURE_SCOPE}${quote},`, ')'];
  const isInline = made.options === undefined || isOnOneLine(file, made.options);
  if (isShared && !file.identifiers.has(option)) {
    const [head = '', ...tail] = broken;
    const line = `const ${option} = ${call}${semicolon}`;
    const common = afterImports(file, line.length <= widthOf(file) ? [line] : [`const ${option} = ${head.slice(option.length + 2)}`, ...tail.slice(0, -1), `)${semicolon}`]);
    const placed = replaceOptions(file, made, members, [[option]], names);
    if (common !== undefined && !loadsLate(file)) return 'reason' in placed ? placed : { ...shared, splices: [common, ...placed.splices] };
  }
  if (isInline && !isShared && !file.identifiers.has(option)) {
    // As the documents of the SDK have it: the provider first, then the client.
    const line = `const ${option} = ${call}${semicolon}`;
    const [head = '', ...tail] = broken;
    const base = indentAt(file.text, made.node.startIndex).length;
    const lines = base + line.length <= widthOf(file) ? [line] : [`const ${option} = ${head.slice(option.length + 2)}`, ...tail.map((part) => part.replace(/^ +/, file.style.unit))];
    const before = beforeStatement(file, made.node, lines.map((part, index) => (index === lines.length - 1 && lines.length > 1 ? `${part}${semicolon}` : part)));
    const placed = before === undefined ? undefined : replaceOptions(file, made, members, [[option]]);
    if (before !== undefined && placed !== undefined && !('reason' in placed)) return { ...shared, splices: [before, ...placed.splices] };
  }
  const [member] = members;
  const indent = member === undefined ? '' : indentAt(file.text, member.startIndex);
  const fits = indent.length + option.length + call.length + 3 <= widthOf(file);
  const splices = replaceOptions(file, made, members, [fits ? [`${option}: ${call}`] : broken], names);
  return 'reason' in splices ? splices : { ...shared, splices: splices.splices };
}

/** Variables come from a file that is read after the imports: nothing may read them before. */
function loadsLate({ text }: JsFile): boolean {
  return /\bdotenv\b[^]*\bconfig\(|loadEnvFile\(|loadEnvConfig\(/.test(text);
}

function writeOpenAi(file: JsFile, made: Made, members: readonly SyntaxNode[], { follows, accessor, names, isShared }: Need): Written | CannotWrite {
  const { replacement } = follows;
  const { quote } = file.style;
  let provider: string;
  let imported: string;
  if (TOKEN_FILE_PLATFORMS.has(replacement.platform)) {
    imported = 'k8sServiceAccountTokenProvider';
    provider = `k8sServiceAccountTokenProvider(${variable(file, OPENAI_VARIABLES.tokenFile, accessor)} ?? ${quote}${quote})`;
  } else if (replacement.platform === 'google-compute') {
    const [audience, ...more] = replacement.identity.audience;
    if (typeof audience !== 'string' || more.length > 0 || /['"\\\n]/.test(audience)) return { reason: `The audience of the token of ${replacement.workload} is not known yet.`, byHand: 'Give new OpenAI workloadIdentity with gcpIDTokenProvider(audience) of openai/auth and apiKey: null.' };
    imported = 'gcpIDTokenProvider';
    provider = `gcpIDTokenProvider(${quote}${audience}${quote})`;
  } else {
    return { reason: `The package openai has no ready way to the token of ${replacement.workload} (${replacement.platform}).`, byHand: "Give new OpenAI apiKey: null and workloadIdentity: { identityProviderId, serviceAccountId, provider: { tokenType: 'jwt', getToken } }, where getToken asks the platform for its token." };
  }
  const fields = [`  identityProviderId: ${variable(file, OPENAI_VARIABLES.identityProvider, accessor)} ?? ${quote}${quote},`, `  serviceAccountId: ${variable(file, OPENAI_VARIABLES.serviceAccount, accessor)} ?? ${quote}${quote},`, `  provider: ${provider},`];
  const common = isShared && !file.identifiers.has('workloadIdentity') && !loadsLate(file) ? afterImports(file, ['const workloadIdentity = {', ...fields, `}${file.style.semicolon}`]) : undefined;
  const entries = [['apiKey: null'], common === undefined ? ['workloadIdentity: {', ...fields, '}'] : ['workloadIdentity']];
  const splices = replaceOptions(file, made, members, entries, names);
  if ('reason' in splices) return splices;
  return { splices: common === undefined ? splices.splices : [common, ...splices.splices], imports: [{ package: 'openai/auth', names: [imported] }], dependencies: [], covers: members, title: 'key becomes workloadIdentity', why: 'the client exchanges the token of the workload; no variable configures that, so the code says it.' };
}

/** Calls that only the Developer API answers. https://ai.google.dev/gemini-api/docs/files, 2026-11-23. */
const DEVELOPER_ONLY = /\.(?:files\s*\.\s*(?:upload|get|list|delete|download)|authTokens|fileSearchStores)\b/;

function writeVertex(file: JsFile, made: Made, members: readonly SyntaxNode[], { accessor, names }: Need): Written | CannotWrite {
  if (DEVELOPER_ONLY.test(file.text)) return { reason: 'The file uses files or tokens of the Gemini Developer API, which Vertex AI does not have.', byHand: 'Put the files into Cloud Storage, then make the client with vertexai: true, project and location.' };
  const entries = [['vertexai: true'], [`project: ${variable(file, 'GOOGLE_CLOUD_PROJECT', accessor)}`], [`location: ${variable(file, 'GOOGLE_CLOUD_LOCATION', accessor)}`]];
  const splices = replaceOptions(file, made, members, entries, names);
  if ('reason' in splices) return splices;
  return { splices: splices.splices, imports: [], dependencies: [], covers: members, title: 'key becomes Vertex AI', why: 'the same models on Vertex AI take application default credentials; ids of models and quotas may differ.' };
}

/** `process.env.NAME`, in the way the file reads its variables. */
export function variable(file: JsFile, name: string, like: SyntaxNode | undefined): string {
  const { quote } = file.style;
  const object = like?.childForFieldName('object')?.text ?? 'process.env';
  const isIndexed = like === undefined ? /process\.env\[/.test(file.text) && !/process\.env\.\w/.test(file.text) : like.type === 'subscript_expression';
  return isIndexed ? `${object}[${quote}${name}${quote}]` : `${object}.${name}`;
}

function isOnOneLine(file: JsFile, options: SyntaxNode): boolean {
  return !file.text.slice(options.startIndex, options.endIndex).includes('\n');
}

/** Lines of entries with `  ` for one level of the file's indentation. */
function indented(file: JsFile, entries: readonly (readonly string[])[], indent: string): readonly string[] {
  return entries.map((lines) => lines.map((line) => line.replace(/^ +/, (blanks) => file.style.unit.repeat(blanks.length / 2))).join(`\n${indent}`));
}

/** `entries` in place of `members`; with none of them there, as the first. */
function replaceOptions(file: JsFile, made: Made, members: readonly SyntaxNode[], entries: readonly (readonly string[])[], names: readonly string[] = []): { readonly splices: readonly Splice[] } | CannotWrite {
  const { text } = file;
  const { options, arguments: list, node } = made;
  const given = list?.namedChildren.filter(({ type }) => type !== 'comment') ?? [];
  const base = indentAt(text, node.startIndex);
  if (options === undefined) {
    if (given.length > 0) return { reason: `${made.title} is given options that are made elsewhere.`, byHand: 'Change the options where they are made.' };
    const start = list?.startIndex ?? node.endIndex;
    const end = list?.endIndex ?? node.endIndex;
    const object = objectText(file, entries, base, start - lineStart(text, start) + 2, false);
    return { splices: [{ start, end, text: `(${object})` }] };
  }
  const all = membersOf(options);
  const [first, ...others] = members;
  const isLoose = all.length > 0 && all.every((member) => text.slice(lineStart(text, member.startIndex), member.startIndex).trim() === '');
  if (isLoose) {
    const place = first ?? all[0];
    if (place === undefined) return { reason: 'The options have no entry.', byHand: 'Change the options by hand.' };
    const indent = indentAt(text, place.startIndex);
    const joined = indented(file, entries, indent).join(`,\n${indent}`);
    const splices: Splice[] = first === undefined ? [{ start: place.startIndex, end: place.startIndex, text: `${joined},\n${indent}` }] : [...withoutRemarks(file, options, first, [...names, ...members.map((member) => nameOfMember(member) ?? '').filter((name) => name !== '')]), { start: first.startIndex, end: first.endIndex, text: joined }];
    return { splices: [...splices, ...(others.length === 0 ? [] : cutMembers(file, options, others, names))] };
  }
  const isInline = isOnOneLine(file, options);
  if (!isInline || options.namedChildren.some(({ type }) => type === 'comment')) return { reason: `The options of ${made.title} stand in a form that is not known.`, byHand: 'Change the options by hand.' };
  const rest = all.filter((member) => !others.some(({ id }) => id === member.id));
  const merged = first === undefined ? [...entries, ...rest.map((member) => [member.text])] : rest.flatMap((member) => (member.id === first.id ? entries : [[member.text]]));
  const object = objectText(file, merged, base, options.startIndex - lineStart(text, options.startIndex) + endOfLineLength(text, options.endIndex), !options.text.startsWith('{ ') && all.length > 0);
  return { splices: [{ start: options.startIndex, end: options.endIndex, text: object }] };
}

function endOfLineLength(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return (end === -1 ? text.length : end) - at;
}

/** On one line when it fits. `beside` is how much else stands on the line. */
function objectText(file: JsFile, entries: readonly (readonly string[])[], base: string, beside: number, isTight: boolean): string {
  const pad = isTight ? '' : ' ';
  const inline = `{${pad}${entries.map(([only = '']) => only).join(', ')}${pad}}`;
  if (entries.every(({ length }) => length === 1) && beside + inline.length <= widthOf(file)) return inline;
  const indent = `${base}${file.style.unit}`;
  return `{\n${indented(file, entries, indent)
    .map((entry) => `${indent}${entry},\n`)
    .join('')}${base}}`;
}
