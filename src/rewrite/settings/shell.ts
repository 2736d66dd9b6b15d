import { parties } from '../../parties/index.ts';
import type { Change } from '../../model/change.ts';
import { parseCode, type SyntaxNode } from '../code/syntax.ts';
import type { Edit } from '../edit.ts';
import type { FileRefusal, Replacement, RewriteContext, Rewriter } from '../types.ts';
import { lineNumber, lineStart } from './_lines.ts';
import { holdsName, listed, type Need, needsOf, variablesOf } from './_needs.ts';

/** Shell scripts that call a provider with `curl`: the header takes a token in place of the key. Always for a person to look at. */
export const shell: Rewriter = {
  id: 'shell',
  matches: (path, text) => isScript(path, text) || isMakefile(path),
  grammars: (path) => (isMakefile(path) ? [] : ['bash']),
  rewrite(path, text, context) {
    const changes: Change<Edit>[] = [];
    const refusals: FileRefusal[] = [];
    for (const need of needsOf(context)) {
      const names = variablesOf(need.names).filter((name) => holdsName(text, name));
      // Where workloads without a path are left, nothing says that this script is none of them.
      if (names.length === 0 || need.kept.length > 0 || keepsItsName(need)) continue;
      const decided = isMakefile(path) ? refuse(need, context, lineOfName(text, names), 'unknown-shape', `A recipe uses ${listed(names)}.`) : decide(text, need, names, context);
      if ('edits' in decided) changes.push(decided);
      else refusals.push(decided);
    }
    return { changes, refusals };
  },
  problems: (path, text) => (isMakefile(path) ? [] : parseCode('bash', text).errors),
};

function isScript(path: string, text: string): boolean {
  if (/\.(?:sh|bash)$/i.test(path)) return true;
  return !/\.[\w-]+$/.test(path) && /^#!\s*\/(?:usr\/)?bin\/(?:env (?:-S )?)?(?:ba|da)?sh\b/.test(text);
}

function isMakefile(path: string): boolean {
  return /(?:^|\/)(?:GNUm|m|M)akefile$|\.mk$/.test(path);
}

/** A step before the script exchanges the job's token and leaves the result under the key's own name: the script goes on as it is. */
function keepsItsName({ replacements }: Need): boolean {
  return replacements.every(({ route, outcome }) => route === 'native-step' || outcome === 'reduced');
}

/** How a provider is called with a token of minutes. */
interface Form {
  readonly header: RegExp;
  readonly host: RegExp;
  /** What the header says then, without its quotes. */
  readonly bearer: string;
  /** Another header that goes with it. */
  readonly beside?: string;
  /** Lines that stand before the first call. */
  readonly before?: string;
  /** Variable that tells whether the new way is set up; guards ask for it instead. */
  readonly gate?: string;
  readonly why: string;
  readonly reason: string;
}

const ACCESS_TOKEN = 'ANTHROPIC_ACCESS_TOKEN';

function formOf(need: Need, text: string): Form | undefined {
  const [first] = need.replacements;
  if (first === undefined || !need.replacements.every(({ route }) => route === 'native')) return undefined;
  if (need.provider === 'azure-openai') {
    return {
      header: /^api-key:[ \t]*$/i,
      host: /\.openai\.azure\.com|\.cognitiveservices\.azure\.com|\$/,
      // https://learn.microsoft.com/en-us/azure/ai-services/openai/how-to/managed-identity, 2026-11-24
      bearer: 'Authorization: Bearer $(az account get-access-token --resource https://cognitiveservices.azure.com --query accessToken --output tsv)',
      why: 'Azure OpenAI takes a token of Microsoft Entra ID in place of the key; az hands out that of the workload, or of the person who ran az login.',
      reason: 'Rests on az being there and logged in where the script runs, with a role at the resource.',
    };
  }
  const exchange = need.replacements.every(({ parties: hops }) => hops.length === 1) ? exchangeText(first, text) : undefined;
  if (need.provider !== 'anthropic' || exchange === undefined) return undefined;
  return {
    header: /^(?:x-api-key:[ \t]*|authorization:[ \t]*bearer )$/i,
    host: /api\.anthropic\.com/,
    bearer: `Authorization: Bearer $${ACCESS_TOKEN}`,
    beside: 'anthropic-beta: oauth-2025-04-20',
    before: exchange,
    gate: tokenFileOf(first) ?? '',
    why: 'The workload’s own identity token is exchanged once for a token of minutes, which goes into the header Authorization; x-api-key takes keys only.',
    reason: `Rests on the script running where ${tokenFileOf(first) ?? ''} and the ids of the plan are set, on being done before the token ends, and on no other process exchanging the same identity token.`,
  };
}

function tokenFileOf({ set }: Replacement): string | undefined {
  return Object.entries(set).find(([, value]) => value === '{token-file}')?.[0];
}

/** The exchange by curl: the identity token goes through standard input, so that no list of processes shows it. */
function exchangeText(replacement: Replacement, script: string): string | undefined {
  const wire = parties.find(({ id }) => id === replacement.parties[0])?.exchange;
  const file = tokenFileOf(replacement);
  if (wire?.encoding !== 'json' || file === undefined) return undefined;
  const fields = Object.entries(wire.fields).map(([name, template]) => [name, Object.entries(replacement.set).find(([, value]) => value === template)?.[0]] as const);
  if (fields.some(([, variable]) => variable === undefined)) return undefined;
  const body = [`"grant_type": "${wire.grant}"`, `"${wire.tokenField}": "$(cat "$${file}")"`, ...fields.map(([name, variable]) => `"${name}": "$${variable ?? ''}"`)];
  const read = /\bjq\b/.test(script) ? "jq -r '.access_token // empty'" : String.raw`sed -n 's/.*"access_token" *: *"\([^"]*\)".*/\1/p'`;
  return `# The identity token of this workload, exchanged for a token of minutes in place of a key.
${ACCESS_TOKEN}="$(
  curl --silent --show-error --fail --header 'content-type: application/json' --data @- ${wire.url} <<JSON | ${read}
{${body.join(', ')}}
JSON
)"
: "\${${ACCESS_TOKEN}:?${replacement.title} refused the exchange}"

`;
}

function decide(text: string, need: Need, names: readonly string[], context: RewriteContext): Change<Edit> | FileRefusal {
  const { root } = parseCode('bash', text);
  const uses = root.descendantsOfType('variable_name').filter((node): node is SyntaxNode => node !== null && names.includes(node.text));
  const firstLine = lineOfName(text, names);
  const [firstUse] = uses;
  if (firstUse === undefined) return refuse(need, context, firstLine, 'unknown-shape', `${listed(names)} stands in text that another program may run.`);
  const form = formOf(need, text);
  if (form === undefined) return refuse(need, context, firstUse.startPosition.row + 1, 'needs-code-change', `The script uses ${listed(names)} for ${need.title}.`);
  const edits: Edit[] = [];
  const calls: SyntaxNode[] = [];
  const guards: SyntaxNode[] = [];
  for (const use of uses) {
    const header = headerOf(use, form);
    const guard = form.gate === undefined ? undefined : guardOf(use);
    if (header !== undefined) {
      edits.push(...headerEdits(text, header, form));
      calls.push(header.command);
    } else if (guard !== undefined) guards.push(guard);
    else return refuse(need, context, use.startPosition.row + 1, 'needs-code-change', `${use.text} is used in another way than as the header of a curl command to ${need.title}.`);
  }
  const [firstCall] = calls;
  if (firstCall === undefined) return refuse(need, context, firstUse.startPosition.row + 1, 'needs-code-change', `${listed(names)} is looked at, but no curl command takes it.`);
  const statement = statementOf(firstCall);
  const branch = form.before === undefined ? undefined : calls.find(isConditional);
  if (branch !== undefined) return refuse(need, context, branch.startPosition.row + 1, 'unknown-shape', 'The call is one of several things that the script may do, and only then needs a token.');
  if (form.before !== undefined) {
    if (guards.some((guard) => guard.startIndex > statement.startIndex)) return refuse(need, context, firstCall.startPosition.row + 1, 'unknown-shape', 'The first call stands above the place where the script asks whether the key is there.');
    const at = commentsAbove(text, statement);
    if (text.slice(lineStart(text, at), at).trim() !== '') return refuse(need, context, firstCall.startPosition.row + 1, 'unknown-shape', 'The first call does not begin a line.');
    edits.push({ kind: 'text', start: lineStart(text, at), end: lineStart(text, at), text: form.before });
  }
  for (const guard of guards) edits.push(...renamed(guard, names, form.gate ?? ''));
  // Code that another shell is handed as text is not looked into.
  const hidden = root.descendantsOfType(['raw_string', 'heredoc_body']).find((node) => node !== null && names.some((name) => new RegExp(`\\$\\{?${name}\\b`).test(node.text)) && node.descendantsOfType('variable_name').length === 0);
  if (hidden !== undefined && hidden !== null) return refuse(need, context, hidden.startPosition.row + 1, 'needs-code-change', `${listed(names)} is used in text that another program runs.`);
  return {
    id: `script/${need.provider}`,
    line: firstUse.startPosition.row + 1,
    title: `curl: ${listed(uses.map((use) => use.text))} becomes a bearer token of minutes`,
    why: form.why,
    safety: 'unsafe',
    reason: form.reason,
    migrations: ownMigrations(need, context),
    edits,
  };
}

interface Header {
  readonly command: SyntaxNode;
  readonly flag: SyntaxNode;
  readonly value: SyntaxNode;
}

/** The header of a curl command to the provider that is made of this variable alone. */
function headerOf(use: SyntaxNode, form: Form): Header | undefined {
  const expansion = use.parent;
  const value = expansion?.parent;
  const command = value?.parent;
  if (expansion === null || value?.type !== 'string' || command?.type !== 'command' || command.childForFieldName('name')?.text !== 'curl') return undefined;
  const plain = expansion.type === 'simple_expansion' || /^\$\{\w+(?::?-)?\}$/.test(expansion.text);
  const parts = value.namedChildren.filter((part) => part !== null);
  const [said] = parts;
  if (!plain || parts.length !== 2 || said?.type !== 'string_content' || !form.header.test(said.text)) return undefined;
  const children = command.children.filter((child) => child !== null);
  const flag = children[children.findIndex((child) => child.id === value.id) - 1];
  const toHost = children.some((child) => child.id !== value.id && /https?:|\$/.test(child.text) && form.host.test(child.text));
  return flag !== undefined && /^(?:-H|--header)$/.test(flag.text) && toHost ? { command, flag, value } : undefined;
}

function headerEdits(text: string, { flag, value }: Header, { bearer, beside }: Form): readonly Edit[] {
  const before = flag.previousSibling;
  const between = before === null ? ' ' : text.slice(before.endIndex, flag.startIndex);
  const gap = between.includes('\n') ? between : ' ';
  return [{ kind: 'text', start: value.startIndex, end: value.endIndex, text: `"${bearer}"${beside === undefined ? '' : `${gap}${flag.text} "${beside}"`}` }];
}

/** A test whether the key is there: `[ -z "$KEY" ]`, `: "${KEY:?...}"`. */
function guardOf(use: SyntaxNode): SyntaxNode | undefined {
  for (let node: SyntaxNode | null = use.parent; node !== null; node = node.parent) {
    if (node.type === 'unary_expression' && /^-[zn]$/.test(node.children[0]?.text ?? '')) {
      const test = node.parent;
      return test?.parent?.type === 'if_statement' ? test.parent : (test ?? undefined);
    }
    if (node.type === 'command') return node.childForFieldName('name')?.text === ':' && use.parent?.type === 'expansion' && /^\$\{\w+:?\?/.test(use.parent.text) ? node : undefined;
  }
  return undefined;
}

function renamed(guard: SyntaxNode, names: readonly string[], gate: string): readonly Edit[] {
  return names.flatMap((name) => [...guard.text.matchAll(new RegExp(`(?<![\\w-])${name}(?![\\w-])`, 'g'))].map((match): Edit => ({ kind: 'text', start: guard.startIndex + match.index, end: guard.startIndex + match.index + name.length, text: gate })));
}

/** A branch of `case`, or a function: what stands in it does not always run. */
function isConditional(node: SyntaxNode): boolean {
  for (let above = node.parent; above !== null; above = above.parent) if (above.type === 'case_statement' || above.type === 'function_definition') return true;
  return false;
}

function statementOf(node: SyntaxNode): SyntaxNode {
  let statement = node;
  while (statement.parent !== null && statement.parent.type !== 'program') statement = statement.parent;
  return statement;
}

/** Comments right above a statement are about it. */
function commentsAbove(text: string, statement: SyntaxNode): number {
  let at = statement.startIndex;
  for (let above = statement.previousSibling; above?.type === 'comment' && above.startPosition.row > 0 && /^[ \t]*\r?\n[ \t]*$/.test(text.slice(above.endIndex, at)); above = above.previousSibling) at = above.startIndex;
  return at;
}

function refuse(need: Need, context: RewriteContext, line: number, code: FileRefusal['code'], reason: string): FileRefusal {
  return { code, line, reason, byHand: BY_HAND[need.provider] ?? `Call ${need.title} the way that the README of the plan names, with a token of the workload in place of the key.`, migrations: ownMigrations(need, context), shadows: false };
}

const BY_HAND: Readonly<Record<string, string>> = {
  anthropic: 'Exchange the identity token at https://api.anthropic.com/v1/oauth/token, and send the result in the header Authorization: Bearer, with anthropic-beta: oauth-2025-04-20, in place of x-api-key.',
  openai: 'Exchange the identity token at https://auth.openai.com/oauth/token before the call, and send the result in the header Authorization: Bearer.',
  'azure-openai': 'Send Authorization: Bearer with the token of az account get-access-token --resource https://cognitiveservices.azure.com in place of the header api-key.',
  huggingface: 'Put HF_TOKEN="$(hf auth token)" before the one command that needs it.',
  'google-gemini': 'Call the model at Vertex AI, with Authorization: Bearer and the token of gcloud auth print-access-token.',
  'google-vertex': 'Let GOOGLE_APPLICATION_CREDENTIALS name the external_account file of the plan, or leave it unset where the machine has an identity of its own.',
  aws: 'Leave the variables unset: the command line and the SDKs of AWS find the role of the workload.',
  'aws-bedrock': 'Use aws bedrock-runtime, or curl --aws-sigv4, with the credentials of the role.',
};

function ownMigrations(need: Need, context: RewriteContext): readonly string[] {
  return context.own.filter(({ provider }) => provider === need.provider).map(({ migration }) => migration);
}

function lineOfName(text: string, names: readonly string[]): number {
  const offsets = names.flatMap((name) => {
    const at = text.search(new RegExp(`(?<![\\w-])${name}(?![\\w-])`));
    return at === -1 ? [] : [at];
  });
  return lineNumber(text, Math.min(...offsets, text.length));
}
