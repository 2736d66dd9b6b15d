import type { Extraction, NameTable, Platform, TextFile } from '../model/reference.ts';
import { childOf, entriesOf, itemsOf, routeTo, textOf, type DataEntry, type DataMap, type DataNode } from '../support/data-tree.ts';
import { bindTree } from './_shared/config-bindings.ts';
import { isAgentConfig } from './_shared/agent-files.ts';
import { baseName, Draft, NO_IDENTITY, placeOf, type Place, type WorkloadSeed } from './_shared/config-draft.ts';
import { readTrees } from './_shared/config-file.ts';
import { formOf } from './_shared/config-values.ts';

/** Coding agents, MCP clients and model gateways on a developer's machine or a server. */
export const platform: Platform = {
  id: 'agent-config',
  title: 'Agent configuration',
  checked: '2026-11-23',
  issuesTokens: false,
  runsOn: () => 'developer-machine',
  matches: (file: TextFile) => isAgentConfig(file),
  extract(file: TextFile, names: NameTable): Extraction {
    const draft = new Draft(file, 'agent-config', names);
    for (const root of readTrees(draft)) {
      const settings: WorkloadSeed = { key: 'settings', name: baseName(file.path), route: '', start: 0, end: 0, identity: NO_IDENTITY, facts: settingsFacts(root) };
      readSettings(draft, settings, root, '', []);
    }
    return draft.done();
  },
};

function settingsFacts(root: DataNode): Record<string, string> {
  return childOf(root, 'apiKeyHelper') === undefined ? {} : { apiKeyHelper: 'true' };
}

const SERVER_TABLES = new Set(['mcpServers', 'mcp_servers', 'context_servers', 'mcp-servers']);

/** Which entries of a map are MCP servers: by the table's name, or by what stands in it (`mcp` and `servers` mean other things too). */
function serversIn(key: string, value: DataNode): readonly DataEntry[] {
  const entries = entriesOf(value);
  if (SERVER_TABLES.has(key)) return entries;
  if (key !== 'servers' && key !== 'mcp') return [];
  return entries.some((entry) => ['command', 'url', 'type', 'args'].some((field) => childOf(entry.value, field) !== undefined)) ? entries : [];
}

const BARE_KEY = /^(?:(?:x[-_])?api[-_]?key|auth[-_]?token|token|bearer|authorization|key|master_key|credentials?)$/i;

function readSettings(draft: Draft, workload: WorkloadSeed, node: DataNode, route: string, parents: readonly string[]): void {
  if (node.kind === 'list') {
    node.items.forEach((item, index) => {
      const at = routeTo(route, index);
      const pair = item.kind === 'scalar' ? /^([\w.-]{1,64})=/.exec(draft.text.slice(item.start, item.end)) : null;
      const name = pair?.[1] === undefined ? undefined : contextName(draft, 'api-key', [pair[1]]);
      if (pair !== null && name !== undefined && parents.at(-1) === 'api-key') {
        draft.bind(workload, { name, route: at, place: placeOf(item), value: { start: item.start + pair[0].length, end: item.end } });
      } else if (item.kind === 'scalar') bindTree(draft, workload, { kind: 'list', items: [item], start: item.start, end: item.end }, route, {});
      else readSettings(draft, workload, item, at, parents);
    });
    return;
  }
  if (node.kind === 'scalar') return draft.mentions(workload, placeOf(node), route);
  for (const entry of node.entries) {
    const at = routeTo(route, entry.key);
    const { value } = entry;
    const servers = serversIn(entry.key, value);
    if (servers.length > 0) {
      for (const server of servers) readServer(draft, server, routeTo(at, server.key));
    } else if (value.kind === 'scalar') readSetting(draft, workload, node, entry, at, parents);
    else if (/^env(?:ironment)?$/i.test(entry.key) && value.kind === 'map') bindTree(draft, workload, value, at);
    else readSettings(draft, workload, value, at, [...parents.slice(-3), entry.key]);
  }
}

function readSetting(draft: Draft, workload: WorkloadSeed, holder: DataMap, entry: DataEntry, route: string, parents: readonly string[]): void {
  const { value } = entry;
  const text = textOf(value);
  const place = { start: entry.keyStart, end: entry.keyEnd };
  if (text === undefined) return;
  // `env_key = "NAME"`, `bearer_token_env_var`, `env_http_headers = { X = "NAME" }`: the value is the variable's name.
  if (/^[A-Z][A-Z0-9_]{2,99}$/.test(text) && (/env/i.test(entry.key) || parents.some((parent) => /env/i.test(parent)))) {
    const match = draft.names.lookup(text);
    if (match !== undefined) draft.reference(workload, match, { name: text, store: 'environment', route, place: placeOf(value) });
    return;
  }
  const own = draft.names.lookup(entry.key);
  const contextual = BARE_KEY.test(entry.key) ? contextName(draft, entry.key, contextOf(holder, parents)) : undefined;
  const name = contextual ?? (own === undefined ? undefined : entry.key);
  if (name !== undefined) draft.bind(workload, { name, route, place, value: placeOf(value), unset: 'environment' });
  else draft.mentions(workload, placeOf(value), route);
}

/** Whose key a bare `apiKey` is: the provider or model beside it, or the name of the table it stands in. */
function contextOf(holder: DataMap, parents: readonly string[]): string[] {
  const beside = ['provider', 'providerId', 'custom_llm_provider', 'model', 'name', 'type'].flatMap((key) => {
    const text = textOf(childOf(holder, key));
    return text === undefined || text.length > 100 ? [] : [text.split(/[/:]/, 1)[0] ?? ''];
  });
  return [...beside, ...parents.toReversed()];
}

function contextName(draft: Draft, key: string, contexts: readonly string[]): string | undefined {
  for (const context of contexts) {
    const name = `${context}.${/key|token/i.test(key) ? key : 'api_key'}`;
    if (context !== '' && draft.names.lookup(name) !== undefined) return name;
  }
  return undefined;
}

function readServer(draft: Draft, server: DataEntry, route: string): void {
  const { value } = server;
  if (value.kind !== 'map') return;
  const url = textOf(childOf(value, 'url')) ?? textOf(childOf(value, 'serverUrl')) ?? textOf(childOf(value, 'httpUrl'));
  const envFile = textOf(childOf(value, 'envFile'));
  const workload: WorkloadSeed = {
    key: route,
    name: server.key,
    route,
    start: server.keyStart,
    end: value.end,
    identity: NO_IDENTITY,
    facts: { transport: url === undefined ? 'stdio' : 'http', ...(envFile === undefined ? {} : { env_file: envFile.slice(0, 200) }) },
  };
  for (const entry of value.entries) {
    const at = routeTo(route, entry.key);
    switch (entry.key) {
      case 'env':
      case 'environment':
      case 'envs':
        bindTree(draft, workload, entry.value, at, { nameLists: ['env', 'envs'] });
        // Codex lists names to pass through; a list of strings has no other meaning here.
        itemsOf(entry.value).forEach((item, index) => passThrough(draft, workload, placeOf(item), routeTo(at, index)));
        break;
      case 'env_vars':
        itemsOf(entry.value).forEach((item, index) => passThrough(draft, workload, placeOf(item), routeTo(at, index)));
        break;
      case 'args':
        readArguments(draft, workload, itemsOf(entry.value), at, server.key);
        break;
      case 'command':
        if (entry.value.kind === 'list') readArguments(draft, workload, entry.value.items, at, server.key);
        else draft.mentions(workload, placeOf(entry.value), at);
        break;
      case 'headers':
      case 'http_headers':
      case 'requestInit':
        readHeaders(draft, workload, entry.value, at, server.key);
        break;
      case 'url':
      case 'serverUrl':
      case 'httpUrl':
        readAddress(draft, workload, placeOf(entry.value), at, server.key);
        break;
      default:
        if (entry.value.kind === 'scalar') readSetting(draft, workload, value, entry, at, [server.key]);
        else readSettings(draft, workload, entry.value, at, [server.key, entry.key]);
    }
  }
}

function passThrough(draft: Draft, workload: WorkloadSeed, place: Place, route: string): void {
  const name = draft.text.slice(place.start, place.end);
  const match = /^[A-Za-z_]\w{0,127}$/.test(name) ? draft.names.lookup(name) : undefined;
  if (match !== undefined) draft.reference(workload, match, { name, store: 'environment', route, place });
}

/** `-e NAME=value`, `-e NAME`, `--api-key value`, `--openai-api-key=value`, `--header "Name: value"`. */
function readArguments(draft: Draft, workload: WorkloadSeed, items: readonly DataNode[], route: string, server: string): void {
  items.forEach((item, index) => {
    if (item.kind !== 'scalar') return;
    const at = routeTo(route, index);
    const text = draft.text.slice(item.start, item.end);
    const previous = items[index - 1];
    const option = previous?.kind === 'scalar' ? draft.text.slice(previous.start, previous.end) : '';
    const pair = /^(?:--env=|-e=?)?(-{0,2}[A-Za-z_][\w.-]{0,100})=/.exec(text);
    if (pair?.[1] !== undefined) {
      const name = keyName(draft, pair[1].replace(/^-+/, ''), server);
      const value = { start: item.start + pair[0].length, end: item.end };
      if (name !== undefined) return draft.bind(workload, { name, route: at, place: placeOf(item), value });
    }
    if (option === '-e' || option === '--env') return passThrough(draft, workload, placeOf(item), at);
    const flag = /^-{1,2}([A-Za-z][\w-]{1,100})$/.exec(option)?.[1];
    const name = flag === undefined ? undefined : keyName(draft, flag, server);
    if (name !== undefined) draft.bind(workload, { name, route: at, place: placeOf(item), value: placeOf(item), unset: 'skip' });
    else if (/^https?:/.test(text)) readAddress(draft, workload, placeOf(item), at, server);
    else draft.mentions(workload, placeOf(item), at);
  });
}

/** The name a flag, header or query parameter stands for: by itself, or as the key of the server it is given to. */
function keyName(draft: Draft, name: string, server: string): string | undefined {
  const own = draft.names.lookup(name);
  if (own !== undefined && own.confidence !== 'low') return name;
  if (BARE_KEY.test(name)) return contextName(draft, name, [server]) ?? (own === undefined ? undefined : name);
  return own === undefined ? undefined : name;
}

function readHeaders(draft: Draft, workload: WorkloadSeed, node: DataNode, route: string, server: string): void {
  for (const entry of entriesOf(node)) {
    const at = routeTo(route, entry.key);
    if (entry.value.kind !== 'scalar') {
      readHeaders(draft, workload, entry.value, at, server);
      continue;
    }
    const text = draft.text.slice(entry.value.start, entry.value.end);
    const scheme = /^(?:Bearer|Basic|Token|Api-Key)\s+/i.exec(text)?.[0].length ?? 0;
    const value = { start: entry.value.start + scheme, end: entry.value.end };
    const name = keyName(draft, entry.key, server);
    if (name === undefined) draft.mentions(workload, placeOf(entry.value), at);
    else draft.bind(workload, { name, route: at, place: { start: entry.keyStart, end: entry.keyEnd }, value, unset: 'skip' });
  }
}

/** `https://host/mcp?apiKey=...`. */
function readAddress(draft: Draft, workload: WorkloadSeed, place: Place, route: string, server: string): void {
  draft.mentions(workload, place, route);
  const text = draft.text.slice(place.start, place.end);
  for (const parameter of text.matchAll(/[?&]([A-Za-z_][\w.-]{0,60})=([^&#\s]{1,500})/g)) {
    const name = keyName(draft, parameter[1] ?? '', server);
    const value = parameter[2] ?? '';
    const match = name === undefined ? undefined : draft.names.lookup(name);
    if (name === undefined || match === undefined) continue;
    const start = place.start + parameter.index + parameter[0].length - value.length;
    const at = { start, end: start + value.length };
    if (formOf(value).kind === 'literal') draft.value(workload, match, name, route, at);
    else draft.bind(workload, { name, route, place: at, value: at, unset: 'skip' });
  }
}
