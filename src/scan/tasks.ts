import type { Sighting } from '../detect/scan-bytes.ts';
import type { PackPlan } from '../sources/git/pack/pack-plan.ts';
import type { GitRepository } from '../sources/git/repository.ts';
import type { Extraction, Problem } from '../model/reference.ts';

/** What every thread needs to know once. Plain data: it crosses a thread boundary. */
export interface EngineOptions {
  /** Random, for this run only. */
  readonly runKey: Uint8Array;
  /** The operator's own, when given: makes fingerprints comparable between runs. */
  readonly operatorKey?: Uint8Array;
  readonly scope: 'tree' | 'history';
  /** Files above this many bytes are not read. */
  readonly maxFileSize: number;
}

/** Files of a tree, read and scanned by one thread. */
export interface FilesTask {
  readonly kind: 'files';
  /** Links resolved: nothing outside it is read, even when a folder is swapped for a link meanwhile. */
  readonly root: string;
  readonly files: readonly { readonly path: string; readonly absolute: string }[];
}

/** Objects of a repository, read through one `git cat-file` of the thread's own. */
export interface ObjectsTask {
  readonly kind: 'objects';
  readonly repository: GitRepository;
  readonly objects: readonly string[];
  /** Paths, when they are known before the scan (staged files): references and file names then count too. */
  readonly paths?: readonly string[];
}

/** Objects of a pack, read by our own reader: entries `order[from..to)`. */
export interface PackTask {
  readonly kind: 'pack';
  readonly plan: PackPlan;
  readonly from: number;
  readonly to: number;
}

/** Loose objects, read by our own reader. */
export interface LooseTask {
  readonly kind: 'loose';
  readonly objects: readonly { readonly oid: string; readonly path: string }[];
}

/** Texts that are no files: what an API tells, under the path it is reported at. */
export interface TextsTask {
  readonly kind: 'texts';
  readonly texts: readonly { readonly path: string; readonly text: string }[];
  /** They have the format of files of these names: references and workloads are sought in them as well. */
  readonly areFiles?: true;
}

export type Task = FilesTask | ObjectsTask | PackTask | LooseTask | TextsTask;

/** What one artefact gave; artefacts without anything to say are left out. */
export interface ArtifactResult {
  /** Path of a file, id of an object. */
  readonly name: string;
  readonly type: 'file' | 'blob' | 'commit' | 'tag';
  readonly sightings: readonly Sighting[];
  readonly encoding?: 'utf-16le' | 'utf-16be';
  /** References with byte offsets already put in their spans. Only for files with a path. */
  readonly extractions: readonly { readonly platform: string; readonly extraction: Extraction }[];
  readonly allowed: ReadonlyMap<number, string>;
  readonly problems: readonly Problem[];
}

export interface TaskResult {
  readonly artifacts: readonly ArtifactResult[];
  readonly skipped: readonly { readonly name: string; readonly reason: string; readonly incomplete: boolean }[];
  /** Objects that our own reader could not read: git is to be asked. */
  readonly unread: readonly string[];
  readonly count: number;
  readonly bytes: number;
}

export interface Progress {
  readonly artifacts: number;
  readonly bytes: number;
}
