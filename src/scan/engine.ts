import { allowComments } from '../config/allow-comments.ts';
import { compileRules } from '../detect/compile.ts';
import { ByteScanner, type Sighting } from '../detect/scan-bytes.ts';
import type { Copies, Hits } from '../detect/prefilter/prefilter.ts';
import { ReferenceFinder } from '../detect/references/finder.ts';
import { gatewaysIn } from '../holders/index.ts';
import { providers } from '../providers/index.ts';
import { readFileSafelySync } from '../sources/directory/read.ts';
import { classify } from '../support/binary.ts';
import type { ArtifactResult, EngineOptions, FilesTask, LooseTask, ObjectsTask, PackTask, Progress, Task, TaskResult, TextsTask } from './tasks.ts';

/** Bytes looked at to tell text from binary. */
const SNIFF = 8192;

/**
 * Scans tasks in the thread that made it. Owns one WebAssembly memory, which inputs are read straight into; nothing found leaves it but
 * sightings, which hold no secret.
 */
export class ScanEngine {
  readonly #options: EngineOptions;
  readonly #scanner: ByteScanner;
  readonly #references: ReferenceFinder;

  constructor(options: EngineOptions) {
    this.#options = options;
    const keys = { run: options.runKey, ...(options.operatorKey === undefined ? {} : { operator: options.operatorKey }) };
    this.#scanner = new ByteScanner(compileRules(providers, options.scope), keys);
    this.#references = new ReferenceFinder(providers, keys);
  }

  /** Runs one task. Files and objects that cannot be read are named in `skipped`; only a fault of ours throws. */
  async run(task: Task, onProgress?: (progress: Progress) => void): Promise<TaskResult> {
    switch (task.kind) {
      case 'files':
        return await this.#files(task, onProgress);
      case 'objects':
        return await this.#objects(task, onProgress);
      case 'pack':
        return await this.#pack(task, onProgress);
      case 'loose':
        return await this.#loose(task, onProgress);
      case 'texts':
        return await this.#texts(task);
    }
  }

  async #texts(task: TextsTask): Promise<TaskResult> {
    const artifacts: ArtifactResult[] = [];
    let bytes = 0;
    if (task.areFiles === true) await this.#references.prepare(task.texts.map(({ path }) => path));
    for (const { path, text } of task.texts) {
      const given = Buffer.from(text, 'utf8');
      const input = this.#scanner.reserve(given.length);
      input.set(given);
      bytes += input.length;
      const artifact = this.#scanBytes(Buffer.from(input.buffer, input.byteOffset, input.length), path, 'file', task.areFiles === true);
      if (artifact !== undefined) artifacts.push(artifact);
    }
    return { artifacts, skipped: [], unread: [], count: 0, bytes };
  }

  async #files(task: FilesTask, onProgress: ((progress: Progress) => void) | undefined): Promise<TaskResult> {
    const artifacts: ArtifactResult[] = [];
    const skipped: TaskResult['skipped'][number][] = [];
    let bytes = 0;
    let reported = 0;
    await this.#references.prepare(task.files.map(({ path }) => path));
    for (const [index, file] of task.files.entries()) {
      const read = readFileSafelySync(file.absolute, this.#options.maxFileSize, task.root);
      if (read.kind === 'skipped') {
        skipped.push({ name: file.path, reason: read.reason, incomplete: read.incomplete });
        continue;
      }
      const input = this.#scanner.reserve(read.bytes.length);
      input.set(read.bytes);
      bytes += input.length;
      const artifact = this.#scanBytes(Buffer.from(input.buffer, input.byteOffset, input.length), file.path, 'file', true);
      if (artifact !== undefined) artifacts.push(artifact);
      if (bytes - reported < PROGRESS_BYTES) continue;
      onProgress?.({ artifacts: index + 1, bytes });
      reported = bytes;
    }
    return { artifacts, skipped, unread: [], count: task.files.length - skipped.length, bytes };
  }

  async #objects(task: ObjectsTask, onProgress: ((progress: Progress) => void) | undefined): Promise<TaskResult> {
    const artifacts: ArtifactResult[] = [];
    const skipped: TaskResult['skipped'][number][] = [];
    const pathOf = new Map(task.paths === undefined ? [] : task.objects.map((object, index) => [object, task.paths?.[index] ?? ''] as const));
    if (task.paths !== undefined) await this.#references.prepare(task.paths);
    let count = 0;
    let bytes = 0;
    let reported = 0;
    let input: Uint8Array = new Uint8Array(0);
    // Late: a folder is scanned without zlib and child_process, and a small one in less time than they take to load.
    const { readObjects } = await import('../sources/git/read-objects.ts');
    await readObjects(task.repository, task.objects, {
      begin: (object, type, size) => {
        if (type === 'tree') return undefined;
        if (size > this.#options.maxFileSize) {
          skipped.push(this.#tooLarge(object));
          return undefined;
        }
        input = this.#scanner.reserve(size);
        return input;
      },
      end: (object, type, size) => {
        count += 1;
        bytes += size;
        const path = pathOf.get(object);
        const artifact = this.#scanBytes(Buffer.from(input.buffer, input.byteOffset, size), path ?? object, type === 'commit' || type === 'tag' ? type : 'blob', path !== undefined);
        if (artifact !== undefined) artifacts.push({ ...artifact, name: object });
        if (bytes - reported < PROGRESS_BYTES) return;
        onProgress?.({ artifacts: count, bytes });
        reported = bytes;
      },
      missing: (object) => skipped.push({ name: object, reason: 'missing object', incomplete: true }),
    });
    return { artifacts, skipped, unread: [], count, bytes };
  }

  async #pack(task: PackTask, onProgress: ((progress: Progress) => void) | undefined): Promise<TaskResult> {
    const { readEntries } = await import('../sources/git/pack/read-entries.ts');
    const artifacts: ArtifactResult[] = [];
    const skipped: TaskResult['skipped'][number][] = [];
    const unread: string[] = [];
    let count = 0;
    let bytes = 0;
    let reported = 0;
    readEntries<Copies, Note>(task.plan, task.from, task.to, {
      memory: this.#scanner.memory,
      largest: this.#options.maxFileSize,
      take: ({ oid, type, address, size, base }, known) => {
        const view = this.#scanner.memory.view(address, size);
        const input = Buffer.from(view.buffer, address, size);
        const kind = classify(input.subarray(0, SNIFF));
        const isWide = kind === 'utf-16le' || kind === 'utf-16be';
        const { sightings, hits } = this.#scanner.scanAt(address, size, kind === 'binary' || isWide, base === undefined ? undefined : { hits: base.note, copies: base.copies });
        if (known) return hits;
        count += 1;
        bytes += size;
        const named = type === 'commit' || type === 'tag' ? type : 'blob';
        const artifact = isWide ? this.#scanUtf16(input, oid, named, false, kind) : sightings.length === 0 ? undefined : this.#artifact(sightings, input.toString('utf8'), input, oid, named, false);
        if (artifact !== undefined) artifacts.push(artifact);
        if (bytes - reported >= PROGRESS_BYTES) {
          onProgress?.({ artifacts: count, bytes });
          reported = bytes;
        }
        return hits;
      },
      unread: (oid) => unread.push(oid),
      tooLarge: (oid) => skipped.push(this.#tooLarge(oid)),
    });
    return { artifacts, skipped, unread, count, bytes };
  }

  async #loose(task: LooseTask, onProgress: ((progress: Progress) => void) | undefined): Promise<TaskResult> {
    const { readLooseObject } = await import('../sources/git/pack/loose-object.ts');
    const artifacts: ArtifactResult[] = [];
    const skipped: TaskResult['skipped'][number][] = [];
    const unread: string[] = [];
    let count = 0;
    let bytes = 0;
    let reported = 0;
    for (const { oid, path } of task.objects) {
      const object = readLooseObject(path, this.#options.maxFileSize);
      if (object.kind === 'unread') unread.push(oid);
      else if (object.kind === 'too large') skipped.push(this.#tooLarge(oid));
      if (object.kind !== 'object' || object.type === 'tree') continue;
      const input = this.#scanner.reserve(object.bytes.length);
      input.set(object.bytes);
      count += 1;
      bytes += input.length;
      const artifact = this.#scanBytes(Buffer.from(input.buffer, input.byteOffset, input.length), oid, object.type, false);
      if (artifact !== undefined) artifacts.push(artifact);
      if (bytes - reported < PROGRESS_BYTES) continue;
      onProgress?.({ artifacts: count, bytes });
      reported = bytes;
    }
    return { artifacts, skipped, unread, count, bytes };
  }

  #tooLarge(name: string): TaskResult['skipped'][number] {
    return { name, reason: `object over ${Math.round(this.#options.maxFileSize / 2 ** 20)} MB`, incomplete: true };
  }

  /** Scans what stands in the scanner's memory. `named` tells whether the path is known, and so whether references are looked for. */
  #scanBytes(input: Buffer, path: string, type: ArtifactResult['type'], named: boolean): ArtifactResult | undefined {
    const kind = classify(input.subarray(0, SNIFF));
    if (kind === 'utf-16le' || kind === 'utf-16be') return this.#scanUtf16(input, path, type, named, kind);
    const sightings = this.#scanner.scan(input.length, kind === 'binary');
    const wantsText = named && kind === 'text' && this.#references.wants(path, input);
    if (sightings.length === 0 && !wantsText) return undefined;
    const text = wantsText || sightings.length > 0 ? input.toString('utf8') : '';
    return this.#artifact(sightings, text, input, path, type, wantsText);
  }

  #scanUtf16(input: Buffer, path: string, type: ArtifactResult['type'], named: boolean, encoding: 'utf-16le' | 'utf-16be'): ArtifactResult | undefined {
    const units = Buffer.from(input.subarray(0, input.length & ~1));
    if (encoding === 'utf-16be') units.swap16();
    const text = units.toString('utf16le');
    const bytes = Buffer.from(text, 'utf8');
    this.#scanner.reserve(bytes.length).set(bytes);
    const sightings = this.#scanner.scan(bytes.length, false).map((sighting): Sighting => ({
      ...sighting,
      start: 2 * bytes.toString('utf8', 0, sighting.start).length,
      end: 2 * bytes.toString('utf8', 0, sighting.end).length,
    }));
    const wantsText = named && this.#references.wants(path, bytes);
    if (sightings.length === 0 && !wantsText) return undefined;
    const artifact = this.#artifact(sightings, text, bytes, path, type, wantsText);
    return artifact === undefined ? undefined : { ...artifact, encoding };
  }

  #artifact(sightings: readonly Sighting[], text: string, bytes: Buffer, path: string, type: ArtifactResult['type'], wantsText: boolean): ArtifactResult | undefined {
    const found = wantsText ? this.#references.find({ path, text }, bytes, sightings) : undefined;
    const allowed = text.includes('dekey:allow') ? allowComments(text, path) : undefined;
    const all = found?.sightings ?? sightings;
    const extractions = withGateways(found?.extractions ?? [], text);
    const problems = [...(found?.problems ?? []), ...(allowed?.problems ?? [])];
    if (all.length === 0 && extractions.length === 0 && problems.length === 0) return undefined;
    return { name: path, type, sightings: all, extractions, allowed: allowed?.lines ?? new Map(), problems };
  }
}

/** Services that calls of a file's workloads pass through: they see the keys. */
function withGateways(extractions: ArtifactResult['extractions'], text: string): ArtifactResult['extractions'] {
  const gateways = extractions.some(({ extraction }) => extraction.workloads.length > 0) ? gatewaysIn(text) : [];
  if (gateways.length === 0) return extractions;
  return extractions.map(({ platform, extraction }) => ({ platform, extraction: { ...extraction, workloads: extraction.workloads.map((workload) => ({ ...workload, facts: { ...workload.facts, gateways: gateways.join(',') } })) } }));
}

const PROGRESS_BYTES = 4 * 2 ** 20;

/** What a scan of a base leaves for the scans of what is made from it. */
type Note = Hits;
