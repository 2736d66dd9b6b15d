import type { Confidence } from '../../model/levels.ts';
import type { NameTable, ReferenceStore, TextFile } from '../../model/reference.ts';
import { parseYaml, sourceRange, walk, type WalkBudget, type YamlEntry, type YamlFile, type YamlNode, type YamlRange, type YamlScalar } from '../../support/yaml.ts';
import { baseName, CiDraft, type Job } from './ci-draft.ts';
import { assignments, locallySet, variableMentions, type VariableMention } from './ci-shell.ts';

/** CI systems that hand out secrets as variables of the job: no expression names a store, a script's `$NAME` is the reference. */
export interface VariableSystem {
  /** Store behind a variable that the file itself does not set. */
  readonly store: ReferenceStore;
  /** Keys whose children are variables: `variables`, `environment`, `env`. */
  readonly assigners: ReadonlySet<string>;
  /** Names that stand without a dollar: `secrets: [NAME]`. */
  bareName?(leaf: VariableLeaf): { readonly name: string; readonly target?: string; readonly store: ReferenceStore; readonly confidence?: Confidence; readonly range?: YamlRange } | undefined;
  /** More reads in the text than a shell has. */
  mentions?(text: string): readonly VariableMention[];
}

interface VariableLeaf {
  readonly scalar: YamlScalar;
  readonly route: string;
  readonly entry: YamlEntry | undefined;
  /** The name that the value is assigned to, when it stands under an assigner. */
  readonly assigned: string | undefined;
}

/** A tree that reaches a job, with where it stands in the file. */
export interface Part {
  readonly node: YamlNode;
  readonly route: string;
}

export interface VariableReader {
  readonly yaml: YamlFile;
  readonly draft: CiDraft;
  readonly names: NameTable;
  readonly system: VariableSystem;
  readonly budget: WalkBudget;
  /** First document that is a map; the configuration proper. */
  readonly root: YamlNode | undefined;
  readonly fileName: string;
}

const MAX_LENGTH = 1_500_000;
/** Scalars read in one file, those that reach several jobs counted each time. */
const MAX_SCALARS = 100_000;

export function openFile(file: TextFile, platform: string, names: NameTable, system: VariableSystem): VariableReader {
  const yaml = parseYaml(file.text, MAX_LENGTH);
  const draft = new CiDraft(file, platform, names, yaml.lines);
  draft.problemsOf(yaml);
  return { yaml, draft, names, system, budget: { left: MAX_SCALARS }, root: yaml.documents.findLast((document) => document.kind === 'map') ?? yaml.documents[0], fileName: baseName(file.path) };
}

/** Reads all `parts` that reach `job`. A variable that any of them sets is read from the file, not from a store. */
export function readParts(reader: VariableReader, job: Job, parts: readonly Part[]): void {
  const leaves = parts.flatMap((part) => leavesOf(reader, part));
  const defined = new Set<string>();
  for (const leaf of leaves) {
    const bare = reader.system.bareName?.(leaf);
    if (bare !== undefined) defined.add(bare.target ?? bare.name);
    else if (leaf.assigned !== undefined) defined.add(leaf.assigned);
    else for (const name of locallySet(leaf.scalar.value)) defined.add(name);
  }
  for (const leaf of leaves) readLeaf(reader, job, leaf, defined);
}

function leavesOf(reader: VariableReader, part: Part): readonly VariableLeaf[] {
  const leaves: VariableLeaf[] = [];
  walk(
    part.node,
    part.route,
    (scalar, route, entry) => {
      if (scalar.value !== '') leaves.push({ scalar, route, entry, assigned: assignedName(reader.system, route, entry) });
    },
    reader.budget,
  );
  return leaves;
}

/** `variables.NAME`, `variables.NAME.value`. Routes are cut to what the last keys need. */
function assignedName(system: VariableSystem, route: string, entry: YamlEntry | undefined): string | undefined {
  if (entry === undefined) return undefined;
  const [parent, holder] = lastParents(route);
  if (parent !== undefined && system.assigners.has(parent)) return entry.key;
  return holder !== undefined && system.assigners.has(holder) && entry.key === 'value' ? parent : undefined;
}

/** The keys above the last one, nearest first. */
export function lastParents(route: string): readonly (string | undefined)[] {
  const keys = route.slice(-300).match(/[^.[\]"]+|\[\d+\]/g) ?? [];
  return [keys.at(-2), keys.at(-3), keys.at(-4)];
}

function readLeaf(reader: VariableReader, job: Job, leaf: VariableLeaf, defined: ReadonlySet<string>): void {
  const { draft, system, yaml } = reader;
  const { scalar, route, assigned } = leaf;
  const bare = system.bareName?.(leaf);
  if (bare !== undefined) {
    draft.take(job, { ...bare, route, range: bare.range ?? scalar.range });
    return;
  }
  const mentions = [...variableMentions(scalar.value), ...(system.mentions?.(scalar.value) ?? [])];
  for (const { name, target = assigned, start, end } of mentions) {
    // `KEY: $KEY` sets a name from the store under that name; any other read of a set name only passes on what was counted there.
    if (defined.has(name) && target !== name) continue;
    draft.take(job, { name, target, store: system.store, route, range: sourceRange(yaml, scalar, start, end) });
  }
  if (assigned !== undefined && mentions.length === 0) draft.literal(job, assigned, scalar.value, route, scalar.range);
  if (assigned !== undefined) return;
  for (const { name, value, start, end } of assignments(scalar.value)) draft.literal(job, name, value, route, sourceRange(yaml, scalar, start, end));
}

/**
 * Reads a file whose structure could not be read whole: every variable in its text, given to one workload for the file. Names that the
 * structured reader has found already are left alone.
 */
export function readBroken(reader: VariableReader): void {
  const { yaml, draft, system } = reader;
  if (yaml.problems.length === 0) return;
  const job: Job = { key: 'file', name: reader.fileName, route: '', range: { start: 0, end: yaml.text.length }, identity: { kind: 'available' }, facts: { unreadable: 'true' } };
  for (const { name, target, start, end } of [...variableMentions(yaml.text), ...(system.mentions?.(yaml.text) ?? [])]) {
    if (draft.knows(start)) continue;
    const { line } = yaml.lines.position(start);
    draft.take(draft.declare(job), { name, target, store: system.store, route: `line ${line}`, range: { start, end }, confidence: 'medium' });
  }
}
