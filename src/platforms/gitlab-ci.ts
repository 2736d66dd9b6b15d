import type { Platform, WorkloadIdentity } from '../model/reference.ts';
import { at, entriesOf, entry, get, itemsOf, joinRoute, textOf, textsOf, type YamlEntry, type YamlNode } from '../support/yaml.ts';
import { factList, factText, type Job } from './_shared/ci-draft.ts';
import { lastParents, openFile, readBroken, readParts, type Part, type VariableReader, type VariableSystem } from './_shared/ci-variables.ts';
import { describeGitlab } from './_shared/gitlab-token.ts';

const SYSTEM: VariableSystem = {
  store: 'ci-secret',
  assigners: new Set(['variables', 'inputs', 'with']),
  bareName(leaf) {
    // `secrets: { NAME: { vault: path@mount } }`: the job gets NAME from a vault.
    const keys = leaf.route.slice(0, 400).match(/(?:^|\.)secrets\.([^.[\]]+)\.(?:vault|gcp_secret_manager|azure_key_vault|aws_secrets_manager|akeyless|gitlab_secrets_manager)(?:\.|$)/);
    const name = keys?.[1];
    if (name !== undefined) return { name, store: 'vault' };
    const input = /^\$\[\[\s{0,8}inputs\.([\w-]{1,100})[^\]]{0,200}\]\]$/.exec(leaf.scalar.value.slice(0, 400))?.[1];
    return input === undefined ? undefined : { name: input, ...(leaf.assigned === undefined ? {} : { target: leaf.assigned }), store: 'unknown' };
  },
};

/** Keys at the root that are no jobs. */
const GLOBAL_KEYS: ReadonlySet<string> = new Set(['default', 'include', 'stages', 'variables', 'workflow', 'spec', 'image', 'services', 'cache', 'before_script', 'after_script', 'pages_settings']);
/** What jobs take from `default:`, or from the root in old files, unless they set it themselves. */
const INHERITED = ['before_script', 'after_script', 'services', 'image', 'id_tokens', 'secrets', 'hooks'] as const;
const MAX_EXTENDS = 11;

export const platform: Platform = {
  id: 'gitlab-ci',
  title: 'GitLab CI/CD',
  checked: '2026-11-23',
  issuesTokens: true,
  tokens: {
    issuer: 'https://gitlab.com',
    isShared: true,
    subjects: [
      { id: 'id-branch', template: 'project_id:{project-id}:ref_type:branch:ref:{branch}' },
      { id: 'id-tag', template: 'project_id:{project-id}:ref_type:tag:ref:{tag}' },
      { id: 'branch', template: 'project_path:{project}:ref_type:branch:ref:{branch}' },
      { id: 'tag', template: 'project_path:{project}:ref_type:tag:ref:{tag}' },
    ],
    stableClaims: ['project_id', 'namespace_id'],
    discovery: 'public',
    audience: 'free',
    lifetime: { seconds: 3600, refresh: 'none' },
    arrival: { kind: 'variable', name: 'the name given under id_tokens' },
    edits: [
      'Give the job id_tokens: { AI_ID_TOKEN: { aud: AUDIENCE } }, and write the variable to a file outside the checkout that only the job can read.',
      'Remove the CI/CD variable that holds the key from the job.',
    ],
    describe: (workload) => describeGitlab(workload, 'branch'),
    source: 'https://docs.gitlab.com/ci/secrets/id_token_authentication/',
  },
  matches(file) {
    return /(?:^|\/)\.gitlab-ci\.ya?ml$|\.gitlab-ci\.ya?ml$|(?:^|\/)\.gitlab\/(?:.*\/)?[^/]+\.ya?ml$/.test(file.path) && !/(?:^|\/)\.gitlab\/(?:issue|merge_request)_templates\//.test(file.path);
  },
  extract(file, names) {
    const reader = openFile(file, 'gitlab-ci', names, SYSTEM);
    const { root } = reader;
    const referred = new Map<YamlNode, readonly Part[]>();
    const extended = new Set(entriesOf(root).flatMap((job) => textsOf(get(job.value, 'extends'))));
    for (const match of file.text.matchAll(/!reference[ \t]{0,8}\[[ \t]{0,8}["']?(\.[^\s,\]"']{1,200})/g)) extended.add(match[1] ?? '');
    for (const job of entriesOf(root)) {
      // A hidden job runs only through those that extend it; alone in its file it is a template for other files.
      if (GLOBAL_KEYS.has(job.key) || job.value.kind !== 'map' || (job.key.startsWith('.') && extended.has(job.key))) continue;
      readJob(reader, root, job, referred);
    }
    readIncludes(reader, root);
    readBroken(reader);
    return reader.draft.finish();
  },
};

function readJob(reader: VariableReader, root: YamlNode | undefined, source: YamlEntry, referred: Map<YamlNode, readonly Part[]>): void {
  const parts = partsOf(root, source, referred);
  const job = reader.draft.declare(jobOf(reader, root, source, parts));
  readParts(reader, job, parts);
}

/** Everything whose text reaches the job: itself, what it extends and refers to, the defaults, and the variables of the file. */
function partsOf(root: YamlNode | undefined, source: YamlEntry, referred: Map<YamlNode, readonly Part[]>): readonly Part[] {
  const chain: Part[] = [];
  const pending = [source.key];
  const seen = new Set<string>();
  while (pending.length > 0 && chain.length < MAX_EXTENDS) {
    const name = pending.shift() ?? '';
    if (seen.has(name)) continue;
    seen.add(name);
    const node = name === source.key ? source.value : get(root, name);
    if (node === undefined) continue;
    chain.push({ node, route: joinRoute('', name) });
    pending.push(...textsOf(get(node, 'extends')));
  }
  const parts = chain.flatMap((part) => [part, ...referredTo(root, part.node, referred)]);
  for (const key of INHERITED) {
    if (chain.some((part) => get(part.node, key) !== undefined)) continue;
    const fallback = at(root, ['default', key]);
    const old = fallback ?? get(root, key);
    if (old !== undefined) parts.push({ node: old, route: fallback === undefined ? key : `default.${key}` });
  }
  const variables = get(root, 'variables');
  if (variables !== undefined && textOf(at(source.value, ['inherit', 'variables'])) !== 'false') parts.push({ node: variables, route: 'variables' });
  return parts;
}

/** What `!reference [.job, key]` in the job's own keys brings in. */
function referredTo(root: YamlNode | undefined, job: YamlNode, referred: Map<YamlNode, readonly Part[]>): readonly Part[] {
  const known = referred.get(job);
  if (known !== undefined) return known;
  const parts: Part[] = [];
  referred.set(job, parts);
  for (const { value } of entriesOf(job)) {
    for (const node of [value, ...itemsOf(value), ...entriesOf(value).map((child) => child.value)]) {
      if (node.tag !== '!reference' || parts.length >= 20) continue;
      const path = textsOf(node);
      const target = at(root, path);
      if (target !== undefined && path.length > 1) parts.push({ node: target, route: path.reduce((route, key) => joinRoute(route, key), '') });
    }
  }
  return parts;
}

function jobOf(reader: VariableReader, root: YamlNode | undefined, source: YamlEntry, parts: readonly Part[]): Job {
  const job = source.value;
  const environment = get(job, 'environment');
  const image = get(job, 'image') ?? at(root, ['default', 'image']) ?? get(root, 'image');
  return {
    key: source.key,
    name: `${reader.fileName} › ${source.key}`,
    route: joinRoute('', source.key),
    range: { start: source.keyRange.start, end: source.via === undefined ? Math.max(source.keyRange.end, job.range.end) : source.keyRange.end },
    identity: identityOf(parts),
    facts: {
      stage: factText(textOf(get(job, 'stage')) ?? ''),
      environment: factText(textOf(environment) ?? textOf(get(environment, 'name')) ?? ''),
      extends: factList(textsOf(get(job, 'extends'))),
      container: factText(textOf(image) ?? textOf(get(image, 'name')) ?? ''),
      tags: factList(textsOf(get(job, 'tags'))),
      matrix: at(job, ['parallel', 'matrix']) === undefined ? '' : 'true',
      calls: factText(textOf(get(job, 'trigger')) ?? textOf(at(job, ['trigger', 'project'])) ?? textOf(at(job, ['trigger', 'include'])) ?? ''),
      hidden: source.key.startsWith('.') ? 'true' : '',
      triggers: factList(itemsOf(get(job, 'rules')).flatMap((rule) => pipelineSources(textOf(get(rule, 'if')) ?? ''))),
    },
  };
}

function pipelineSources(condition: string): readonly string[] {
  return [...condition.slice(0, 1000).matchAll(/\$CI_PIPELINE_SOURCE\s{0,4}==\s{0,4}["'](\w{1,60})["']/g)].map((match) => match[1] ?? '');
}

function identityOf(parts: readonly Part[]): WorkloadIdentity {
  const names = parts.flatMap((part) => [...entriesOf(get(part.node, 'id_tokens')), ...(lastKey(part.route) === 'id_tokens' ? entriesOf(part.node) : [])]).map((token) => token.key);
  return names.length > 0 ? { kind: 'enabled', how: `id_tokens: ${factList(names)}` } : { kind: 'available' };
}

function lastKey(route: string): string {
  return lastParents(`${route}.x`)[0] ?? '';
}

/** Keys handed to included components and templates belong to no job of this file. */
function readIncludes(reader: VariableReader, root: YamlNode | undefined): void {
  const include = entry(root, 'include');
  if (include === undefined) return;
  const job = reader.draft.declare({ key: 'include', name: `${reader.fileName} › include`, route: 'include', range: { start: include.keyRange.start, end: include.value.range.end }, identity: { kind: 'available' }, facts: {} });
  readParts(reader, job, [{ node: include.value, route: 'include' }]);
}
