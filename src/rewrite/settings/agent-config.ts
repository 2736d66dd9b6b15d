import { posix } from 'node:path';
import { formOf } from '../../platforms/_shared/config-values.ts';
import { isAgentConfig } from '../../platforms/_shared/agent-files.ts';
import type { Change } from '../../model/change.ts';
import type { Edit } from '../edit.ts';
import type { FileRefusal, Kept, RewriteContext, Rewriter } from '../types.ts';
import { jsonEntries, jsonGet, type JsonNode, jsonText, jsonTree, keyOf, propertiesOf, removeJson } from './_json.ts';
import { lineNumber } from './_lines.ts';
import { holdsName, listed, loginOf } from './_needs.ts';

/** Coding agents and MCP clients on machines of people: a login of each person takes the place of a shared key. */
export const agentConfig: Rewriter = {
  id: 'agent-config',
  matches: (path, text) => isAgentConfig({ path, text }),
  rewrite(path, text, context) {
    const wanted = context.kept.filter((kept) => kept.path === path && kept.platform === 'developer-machine' && kept.code === 'platform-issues-no-token');
    if (wanted.length === 0) return { changes: [], refusals: [] };
    const isJson = /\.jsonc?(?:\.(?:example|sample|template|dist))?$/i.test(path);
    const root = isJson ? jsonTree(text) : undefined;
    const changes: Change<Edit>[] = [];
    const refusals: FileRefusal[] = [];
    for (const kept of wanted) {
      const decided = root === undefined ? refuseByName(text, kept, isJson) : decide({ path, text, root, context }, kept);
      if ('edits' in decided) changes.push(decided);
      else refusals.push(decided);
    }
    return { changes, refusals };
  },
};

interface File {
  readonly path: string;
  readonly text: string;
  readonly root: JsonNode;
  readonly context: RewriteContext;
}

/** Providers whose clients find the login of a person by themselves, with the party that is logged in at. */
const PARTIES = { anthropic: 'anthropic', 'aws-bedrock': 'aws', aws: 'aws', 'google-vertex': 'google' } as const;

function loginFor(provider: string): string | undefined {
  const party = Object.entries(PARTIES).find(([id]) => id === provider)?.[1];
  return party === undefined ? undefined : loginOf({ outcome: 'gone', parties: [party] })?.command;
}

function decide(file: File, kept: Kept): Change<Edit> | FileRefusal {
  const { path, text, root } = file;
  const environments = jsonEntries(root, (key) => key === 'env' || key === 'environment').filter((property) => property.children?.[1]?.type === 'object' && isOf(property, kept, text));
  const held = environments.flatMap((property) => propertiesOf(property.children?.[1])).filter((property) => kept.names.includes(keyOf(property)));
  const [first] = held;
  if (first === undefined) return refuseByName(text, kept, true);
  const names = listed(held.map(keyOf));
  const line = lineNumber(text, first.offset);
  const refuse = (code: FileRefusal['code'], reason: string, byHand: string): FileRefusal => ({ code, line, reason, byHand, migrations: [kept.migration], shadows: false });
  if (held.some((property) => formOf(jsonText(property.children?.[1]) ?? '').kind === 'literal')) {
    return refuse('literal-key', `${names} has a value that looks like a real key.`, `Revoke the key at ${kept.title} first, then take the entry out; it stays in the history of the repository.`);
  }
  const login = loginFor(kept.provider);
  const isAgent = isClaudeCode(path) && environments.every(({ parent }) => parent === root);
  if (login === undefined) {
    return refuse('no-path', `${kept.workload} runs on a developer’s machine, and ${kept.title} has no login that programs find by themselves.`, `Let each person have a key of their own that expires soon, in their own environment, and keep the file free of values.`);
  }
  if (isAgent && (jsonGet(root, 'apiKeyHelper') !== undefined || environments.some((property) => isGateway(property.children?.[1])))) {
    return refuse('unknown-shape', 'A script or another host gives the agent its credentials, and would win over a login.', `Take apiKeyHelper and ANTHROPIC_BASE_URL away together with ${names}, and let each person run ${login}.`);
  }
  if (!isAgent && !environments.every(({ parent }) => isOwnProgram(file, parent))) {
    return refuse('takes-only-a-key', `${kept.workload} is no program of this repository: whether it takes anything but a key is not known.`, `Where its documentation says that it finds a login, take ${names} out of its env and let each person run ${login}; else give each person a key of their own that expires soon.`);
  }
  const splices = removeJson(text, [...held, ...orphanedInputs(text, root, held)], held.map(keyOf));
  if (splices === undefined) return refuse('unknown-shape', 'Nothing would be left of the file.', 'Delete the file.');
  return {
    id: `${kept.workload}/${kept.provider}`,
    line,
    title: `${kept.workload}: ${names} goes: ${login} instead`,
    why: `A person’s machine has no workload identity, and needs no shared key either: ${login} gives each person a token of their own. The key would win over it.`,
    safety: 'unsafe',
    reason: isAgent ? 'Rests on everyone who opens this project being logged in.' : `Rests on everyone being logged in, and on ${kept.workload} making its client without a key argument, in a version that finds the login.`,
    migrations: [kept.migration],
    edits: splices.map((splice) => ({ kind: 'text', ...splice })),
  };
}

/** The workload of a server is called as the server is; settings that belong to no server are called as the file is. */
function isOf(environment: JsonNode, kept: Kept, text: string): boolean {
  const holder = environment.parent?.parent;
  if (holder === undefined) return true;
  return holder.type === 'property' && keyOf(holder) === kept.workload && lineNumber(text, holder.offset) === kept.line;
}

/** Claude Code reads the same chain of credentials as the client, and these variables come first in it. */
function isClaudeCode(path: string): boolean {
  return /(?:^|\/)\.claude\/settings[\w.-]*\.json$/.test(path);
}

function isGateway(environment: JsonNode | undefined): boolean {
  const base = jsonText(jsonGet(environment, 'ANTHROPIC_BASE_URL'));
  return base !== undefined && !/^https:\/\/api\.anthropic\.com\/?$/.test(base);
}

/** Whether a server is started from a file of this repository. */
function isOwnProgram({ path, context }: File, server: JsonNode | undefined): boolean {
  const words = [jsonGet(server, 'command'), ...(jsonGet(server, 'args')?.children ?? []), ...(jsonGet(server, 'command')?.children ?? [])].flatMap((node) => jsonText(node) ?? []);
  return words.some((word) => {
    const inside = word.replace(/^\$\{(?:workspaceFolder|PWD|CLAUDE_PROJECT_DIR)(?::-\.)?\}\//, '').replace(/^\.\//, '');
    if (!/^[\w@][\w@./-]*\.(?:[cm]?[jt]s|py|sh|go)$/.test(inside) || inside.includes('..')) return false;
    return context.read(inside) !== undefined || context.read(posix.join(posix.dirname(path), inside)) !== undefined;
  });
}

/** Questions of VS Code (`"inputs"`) that only these values asked. */
function orphanedInputs(text: string, root: JsonNode, held: readonly JsonNode[]): readonly JsonNode[] {
  const ids = held.flatMap((property) => /^\$\{input:([\w.-]+)\}$/.exec(jsonText(property.children?.[1]) ?? '')?.[1] ?? []);
  const asked = jsonGet(root, 'inputs')?.children ?? [];
  return asked.filter((item) => {
    const id = jsonText(jsonGet(item, 'id'));
    return id !== undefined && ids.includes(id) && text.split(`\${input:${id}}`).length - 1 === ids.filter((other) => other === id).length;
  });
}

/** The key stands in a header, an argument or a file that is no JSON: named with its place. */
function refuseByName(text: string, kept: Kept, isJson: boolean): FileRefusal {
  const offset = kept.names.map((name) => text.indexOf(name)).find((at) => at !== -1 && kept.names.some((name) => holdsName(text.slice(at, at + name.length), name)));
  const login = loginFor(kept.provider);
  return {
    code: isJson && jsonTree(text) === undefined ? 'not-readable' : 'takes-only-a-key',
    line: offset === undefined ? kept.line : lineNumber(text, offset),
    reason: `${kept.workload} is handed a key of ${kept.title} in a place where only a key fits.`,
    byHand: `${login === undefined ? '' : `Where the program finds a login, take the key out and let each person run ${login}; else g`}${login === undefined ? 'G' : ''}ive each person a key of their own that expires soon.`,
    migrations: [kept.migration],
    shadows: false,
  };
}
