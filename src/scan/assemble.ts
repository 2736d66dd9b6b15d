import type { Location, Span } from '../model/location.ts';
import type { ReferenceSighting, SecretSighting, Skipped, WorkloadSighting } from '../model/inventory.ts';
import type { Detector, Provider } from '../model/provider.ts';
import type { NameTable, Problem } from '../model/reference.ts';
import { judgePlace } from '../detect/judge.ts';
import type { Sighting } from '../detect/scan-bytes.ts';
import type { ArtifactResult } from './tasks.ts';

/** Where an artefact stands: one path for a file, every path a blob was committed under for an object. */
export interface Place {
  readonly path: string;
  readonly history?: NonNullable<Location['history']>;
}

/** Turns what threads found into sightings of the model: places, kinds and names put to them. Pure. */
export class Assembler {
  readonly secrets: SecretSighting[] = [];
  readonly references: ReferenceSighting[] = [];
  readonly workloads: WorkloadSighting[] = [];
  readonly problems: Problem[] = [];
  readonly #detectors: ReadonlyMap<string, Detector>;
  readonly #names: NameTable;

  constructor(providers: readonly Provider[], names: NameTable) {
    this.#detectors = new Map(providers.flatMap((provider) => provider.detectors.map((detector) => [detector.id, detector] as const)));
    this.#names = names;
  }

  /** Adds one artefact under each of its places. References and workloads come from files with a path only. */
  add(target: string, artifact: ArtifactResult, places: readonly Place[]): void {
    for (const place of places) {
      for (const sighting of artifact.sightings) this.secrets.push(this.#secret(target, artifact, sighting, place));
      for (const { platform, extraction } of artifact.extractions) this.#extraction(target, artifact, platform, extraction, place);
    }
    this.problems.push(...artifact.problems);
  }

  #secret(target: string, artifact: ArtifactResult, sighting: Sighting, place: Place): SecretSighting {
    const detector = this.#detectors.get(sighting.detector);
    const judged = judgePlace(sighting.confidence, sighting.proven, place.path);
    const encoding = [...(artifact.encoding === undefined ? [] : [artifact.encoding]), ...sighting.encoding];
    const allowed = artifact.allowed.get(sighting.from.line);
    return {
      class: 'secret',
      provider: sighting.provider,
      detector: sighting.detector,
      kind: detector?.kind ?? (sighting.assignedTo === undefined ? undefined : this.#names.lookup(sighting.assignedTo)?.kind) ?? 'api-key',
      lifetime: detector?.lifetime ?? 'long',
      privilege: detector?.privilege ?? 'unknown',
      confidence: judged.confidence,
      identity: sighting.identity,
      ...(sighting.fingerprint === undefined ? {} : { fingerprint: sighting.fingerprint }),
      ...(sighting.hint === undefined ? {} : { hint: sighting.hint }),
      preview: sighting.preview,
      location: {
        target,
        path: place.path,
        start: sighting.start,
        end: sighting.end,
        line: sighting.from.line,
        column: sighting.from.column,
        endLine: sighting.to.line,
        endColumn: sighting.to.column,
        ...(place.history === undefined ? {} : { history: place.history }),
        ...(encoding.length === 0 ? {} : { encoding }),
        ...(sighting.route === undefined ? {} : { route: sighting.route }),
      },
      lineDigest: sighting.lineDigest,
      reasons: judged.reason === undefined ? sighting.reasons : [...sighting.reasons, judged.reason],
      facts: sighting.facts,
      ...(allowed === undefined ? {} : { allowed }),
      ...(sighting.assignedTo === undefined ? {} : { assignedTo: sighting.assignedTo }),
    };
  }

  #extraction(target: string, artifact: ArtifactResult, platform: string, extraction: ArtifactResult['extractions'][number]['extraction'], place: Place): void {
    const idOf = (key: string): string => `${target}:${place.path}:${platform}:${key}`;
    const locate = (span: Span, route: string): Location => ({
      target,
      path: place.path,
      start: span.start,
      end: span.end,
      line: span.line,
      column: span.column,
      endLine: span.endLine,
      endColumn: span.endColumn,
      ...(route === '' ? {} : { route }),
      ...(place.history === undefined ? {} : { history: place.history }),
    });
    for (const workload of extraction.workloads) {
      this.workloads.push({
        id: idOf(workload.key),
        platform: workload.platform,
        name: workload.name,
        location: locate(workload.span, workload.route),
        identity: workload.identity,
        facts: workload.facts,
      });
    }
    for (const reference of extraction.references) {
      const allowed = artifact.allowed.get(reference.span.line);
      this.references.push({
        class: 'reference',
        provider: reference.provider,
        kind: reference.kind,
        name: reference.name,
        ...(reference.alias === undefined ? {} : { alias: reference.alias }),
        ...(reference.entry === undefined ? {} : { entry: reference.entry }),
        store: reference.store,
        confidence: reference.confidence,
        location: locate(reference.span, reference.route),
        workload: idOf(reference.workload),
        ...(allowed === undefined ? {} : { allowed }),
      });
    }
  }
}

/** Names kept of each reason; the count is of all. */
const MOST_EXAMPLES = 20;

/** Sums skips by reason: total order, names sorted and bounded. */
export function sumSkipped(parts: Iterable<Skipped | { readonly name: string; readonly reason: string; readonly incomplete: boolean }>): Skipped[] {
  const byReason = new Map<string, { count: number; examples: Set<string>; incomplete: boolean }>();
  for (const part of parts) {
    const sum = byReason.get(part.reason) ?? { count: 0, examples: new Set<string>(), incomplete: false };
    sum.count += 'count' in part ? part.count : 1;
    for (const name of 'examples' in part ? part.examples : [part.name]) sum.examples.add(name);
    sum.incomplete ||= part.incomplete;
    byReason.set(part.reason, sum);
  }
  return [...byReason.entries()]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([reason, sum]) => ({ reason, count: sum.count, examples: [...sum.examples].toSorted().slice(0, MOST_EXAMPLES), incomplete: sum.incomplete }));
}
