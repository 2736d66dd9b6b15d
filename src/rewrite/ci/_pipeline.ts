import type { YamlEntry, YamlNode } from '../../support/yaml.ts';
import type { Edit } from '../edit.ts';
import type { Replacement, RewriteContext, Rewriting } from '../types.ts';
import type { YamlEditor, YamlMap } from '../yaml-edit.ts';
import { type Refused, settle, type Unit } from './_settle.ts';
import { type Dialect, type KeyNames, keyNamesOf, type Leaf, leavesOf, type Use, useOf } from './_uses.ts';
import { hiding, isSetup, type Obstacle, type Setup, setupOf } from './_way.ts';

/** A text that reaches a job: an entry of a map, with the map and the keys above it. */
export interface Part {
  readonly holder: YamlMap;
  readonly entry: YamlEntry;
  readonly path: readonly string[];
}

/** What runs in a pipeline with an identity of its own. */
export interface Job {
  /** Unique in the file. */
  readonly name: string;
  readonly node: YamlMap;
  /** From 1. */
  readonly line: number;
  readonly own: readonly Part[];
  /** Texts that other jobs may have too. */
  readonly shared: readonly Part[];
  /** Written through an alias, so that an edit would change others. */
  readonly isAlias: boolean;
}

/** What a job gets for the units that can be carried out. `hidden`: variables that would win over the new identity. */
export interface Installation {
  readonly job: Job;
  readonly setups: readonly Setup[];
  readonly hidden: readonly string[];
  readonly uses: readonly Use[];
}

/** One kind of pipeline file. */
export interface PipelineShape {
  readonly jobs: ReadonlyMap<string, Job>;
  readonly dialect: Dialect;
  /** Uses that only this platform has. */
  readonly special?: (job: Job, leaf: Leaf, keys: KeyNames) => Use | undefined;
  /** Why a use that was found cannot be edited where it stands. */
  readonly guard: (job: Job, use: Use, keys: KeyNames) => Obstacle | undefined;
  readonly hasToken: (job: Job, setup: Setup) => boolean;
  readonly install: (installation: Installation) => readonly Edit[] | Obstacle;
  readonly store: string;
  /** What a change rests on beside the rest. */
  readonly note?: (uses: readonly Use[], jobs: readonly Job[], parties: readonly string[]) => string;
}

/** Rewrites the jobs of one file. `nameOf` gives the job that a replacement is for. */
export function rewritePipeline(editor: YamlEditor, shape: PipelineShape, own: readonly Replacement[], context: RewriteContext, nameOf: (replacement: Replacement) => string | undefined): Rewriting {
  const users = new Map<YamlNode, string[]>();
  for (const { name, shared } of shape.jobs.values()) for (const { entry } of shared) users.set(entry.value, [...(users.get(entry.value) ?? []), name]);
  const partOf = new Map<Use, Part>();
  const units: Unit[] = [];
  const refused: Refused[] = [];
  for (const replacement of own) {
    const job = shape.jobs.get(nameOf(replacement) ?? '');
    const refuse = (obstacle: Obstacle, shadows: boolean): void => void refused.push({ job: job?.name ?? '', migration: replacement.migration, obstacle, line: replacement.line, shadows });
    if (job === undefined) {
      refuse({ code: 'unknown-shape', reason: `${replacement.workload} is no job that is written out in this file.`, byHand: 'Make the change where the job is written, as the README of the plan says.' }, false);
      continue;
    }
    const setup = setupOf(replacement, context);
    if (!isSetup(setup)) {
      refuse(setup, false);
      continue;
    }
    if (job.isAlias) {
      refuse({ code: 'shared-by-alias', reason: `${job.name} is written through an alias: one edit would change several places.`, byHand: 'Write it out, and run again.' }, true);
      continue;
    }
    const keys = keyNamesOf(replacement, setup.gate);
    const uses = usesIn(job, job.own, keys);
    const shared = usesIn(job, job.shared, keys);
    if (uses.length + shared.length > 0) units.push({ setup, job: job.name, line: job.line, own: uses, shared });
    else if (!shape.hasToken(job, setup)) refuse({ code: 'unknown-shape', reason: `Where ${job.name} takes the key of ${replacement.title} from is not seen in a place that can be edited.`, byHand: 'Follow the README of the plan for this job.' }, true);
  }
  // What one job finds in the platform's store, the others do too.
  const stored: ReadonlySet<string> = new Set(units.flatMap(storedBy));
  return settle(units, refused, {
    usersOf: (use) => users.get(partOf.get(use)?.entry.value ?? use.leaf.scalar) ?? [],
    lineOf: (use) => editor.lineOf(use.leaf.scalar),
    install(name, of) {
      const job = shape.jobs.get(name);
      if (job === undefined) return { code: 'unknown-shape', reason: `${name} is no job of this file.`, byHand: 'Follow the README of the plan for this job.' };
      const setups = onePerParty(of.map(({ setup }) => setup));
      if ('code' in setups) return setups;
      // What is set anew need not be unset first.
      const hidden = hiddenBy(of, stored).filter((variable) => variable !== 'GOOGLE_APPLICATION_CREDENTIALS' || !setups.some(({ way }) => way.kind === 'google'));
      return shape.install({ job, setups, hidden, uses: of.flatMap((unit) => [...unit.own, ...unit.shared]) });
    },
    stored: (of) => [...new Set(of.flatMap(storedBy))].toSorted(),
    store: shape.store,
    note: (of) =>
      shape.note?.(
        of.flatMap((unit) => [...unit.own, ...unit.shared]),
        [...new Set(of.map((unit) => unit.job))].flatMap((name) => shape.jobs.get(name) ?? []),
        of.map((unit) => unit.setup.party),
      ) ?? '',
  });

  function usesIn(job: Job, parts: readonly Part[], keys: KeyNames): readonly Use[] {
    const uses: Use[] = [];
    const seen = new Set<YamlNode>();
    for (const part of parts) {
      for (const leaf of leavesOf(part.holder, shape.dialect.assigners, part.path, (candidate) => candidate === part.entry)) {
        if (seen.has(leaf.scalar)) continue;
        const found = shape.special?.(job, leaf, keys) ?? useOf(leaf, keys, shape.dialect);
        if (found === undefined) continue;
        seen.add(leaf.scalar);
        const use = { ...found, answer: obstacleTo(job, found, keys) ?? found.answer };
        partOf.set(use, part);
        uses.push(use);
      }
    }
    return uses;
  }

  function obstacleTo(job: Job, use: Use, keys: KeyNames): Obstacle | undefined {
    if (editor.isShared(use.leaf.scalar)) return { code: 'shared-by-alias', reason: 'It is reached through an alias or a merge key: one edit would change several places.', byHand: 'Write it out where it is used, and run again.' };
    return shape.guard(job, use, keys);
  }
}

function hiddenBy(units: readonly Unit[], stored: ReadonlySet<string>): readonly string[] {
  return [...new Set(units.flatMap((unit) => hiding(unit.setup, stored)))].toSorted();
}

/** Two keys of one party become one identity; two identities do not fit into one environment. */
function onePerParty(setups: readonly Setup[]): readonly Setup[] | Obstacle {
  const byParty = new Map<string, Setup>();
  for (const setup of setups) {
    const other = byParty.get(setup.party);
    if (other === undefined) byParty.set(setup.party, setup);
    else if (other.replacement.identity.id !== setup.replacement.identity.id && JSON.stringify(other.settings) !== JSON.stringify(setup.settings)) {
      return { code: 'unknown-shape', reason: `${other.replacement.title} and ${setup.replacement.title} need two identities in one environment.`, byHand: 'Put what uses each into a job of its own, and run again.' };
    }
  }
  return [...byParty.values()];
}

/** The job that a replacement is for, of jobs whose names may stand twice: by the line it was found at. */
export function jobNamed(candidates: readonly { readonly key: string; readonly workload: string; readonly from: number; readonly to: number }[], { workload, line }: Replacement): string | undefined {
  const named = candidates.filter((candidate) => candidate.workload === workload);
  return (named.find(({ from, to }) => from <= line && line <= to) ?? (named.length === 1 ? named[0] : undefined))?.key;
}

/** `name` when it is free, else with its line. */
export function distinctName(name: string, line: number, taken: ReadonlyMap<string, unknown>): string {
  return taken.has(name) ? `${name} (line ${line})` : name;
}

/** Names in the platform's own store: read here, and given by nothing in this file. */
function storedBy({ own, shared }: Unit): readonly string[] {
  const uses = [...own, ...shared];
  const given = new Set(uses.flatMap(({ leaf, reads, gives }) => (gives !== undefined ? [gives] : leaf.assigns !== undefined && !reads.includes(leaf.assigns.entry.key) ? [leaf.assigns.entry.key] : [])));
  return [...new Set(uses.flatMap(({ reads }) => reads))].filter((name) => !given.has(name));
}
