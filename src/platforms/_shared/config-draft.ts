import type { Confidence } from '../../model/levels.ts';
import type { Extraction, NameMatch, NameTable, Problem, ReferenceDraft, ReferenceStore, TextFile, ValueDraft, WorkloadDraft, WorkloadIdentity } from '../../model/reference.ts';
import type { DataFault, DataNode } from '../../support/data-tree.ts';
import { LineIndex } from '../../support/lines.ts';
import { assignments, variableUses } from '../../support/shell-words.ts';
import { formOf, interpolations, type Interpolation } from './config-values.ts';

export interface Place {
  readonly start: number;
  readonly end: number;
}

export const NO_IDENTITY: WorkloadIdentity = { kind: 'none' };
export const IDENTITY_AVAILABLE: WorkloadIdentity = { kind: 'available' };

/** A workload before it is known whether it uses any key. */
export interface WorkloadSeed extends Place {
  readonly key: string;
  readonly name: string;
  readonly route: string;
  readonly identity: WorkloadIdentity;
  readonly facts?: Readonly<Record<string, string>>;
}

/** A name that a value is bound to, as configuration files do it. */
export interface Binding {
  readonly name: string;
  readonly route: string;
  /** What to point at when the value itself has no text: the key. */
  readonly place: Place;
  /** The value as it stands between its quotes; undefined when the name stands alone (a pass-through). */
  readonly value?: Place;
  /** Store of a value that is absent or left to be filled in. */
  readonly unset?: ReferenceStore | 'skip';
  /** Store of a `taken` value when the notation alone does not say. */
  readonly taken?: ReferenceStore;
  /** No better than this. */
  readonly confidence?: Confidence;
  /** A literal is not a value of its own here (an example default, for instance). */
  readonly ignoreLiterals?: true;
}

const ORDER: readonly Confidence[] = ['high', 'medium', 'low'];

function weaker(a: Confidence, b: Confidence): Confidence {
  return ORDER.indexOf(a) >= ORDER.indexOf(b) ? a : b;
}

/**
 * Gathers what one file gives. A workload enters the result only when something refers to it, so readers may declare every pod, job and
 * service they pass.
 */
export class Draft {
  readonly text: string;
  readonly path: string;
  readonly names: NameTable;
  readonly #platform: string;
  #lines: LineIndex | undefined;
  readonly #references: ReferenceDraft[] = [];
  readonly #values: ValueDraft[] = [];
  readonly #problems: Problem[] = [];
  readonly #used = new Map<string, WorkloadSeed>();
  readonly #seen = new Set<string>();

  constructor(file: TextFile, platform: string, names: NameTable) {
    this.text = file.text;
    this.path = file.path;
    this.names = names;
    this.#platform = platform;
  }

  get #index(): LineIndex {
    this.#lines ??= new LineIndex(this.text);
    return this.#lines;
  }

  fault(fault: DataFault | undefined, format: string): void {
    if (fault === undefined) return;
    this.#problems.push({
      path: this.path,
      line: this.#index.position(fault.offset).line,
      message: `not readable as ${format}: ${fault.message}`,
      fix: `Correct the ${format} syntax; until then the file is scanned as plain text.`,
    });
  }

  reference(workload: WorkloadSeed, match: NameMatch, reference: { name: string; alias?: string | undefined; entry?: string | undefined; store: ReferenceStore; route: string; place: Place; confidence?: Confidence }): void {
    const { name, alias, entry, store, route, place } = reference;
    const identity = `r ${workload.key} ${name} ${place.start}`;
    if (this.#seen.has(identity)) return;
    this.#seen.add(identity);
    this.#references.push({
      provider: match.provider,
      kind: match.kind,
      name,
      ...(alias === undefined || alias === name || !ALIAS.test(alias) ? {} : { alias }),
      ...(entry === undefined ? {} : { entry }),
      store,
      confidence: weaker(match.confidence, reference.confidence ?? 'high'),
      route,
      span: this.#index.span(place.start, place.end),
      workload: this.#use(workload),
    });
  }

  value(workload: WorkloadSeed | undefined, match: NameMatch, name: string, route: string, place: Place): void {
    const identity = `v ${place.start}`;
    if (this.#seen.has(identity)) return;
    this.#seen.add(identity);
    this.#values.push({ provider: match.provider, kind: match.kind, name, route, span: this.#index.span(place.start, place.end) });
    if (workload !== undefined) this.#use(workload);
  }

  /** Sorts one binding into a reference, a value or nothing. */
  bind(workload: WorkloadSeed, binding: Binding): void {
    const { name, route, place } = binding;
    const match = this.names.lookup(name);
    const value = binding.value;
    const confidence = binding.confidence ?? 'high';
    const unset = (grade: Confidence): void => {
      const store = binding.unset ?? 'environment';
      if (match !== undefined && store !== 'skip') this.reference(workload, match, { name, store, route, place, confidence: weaker(grade, confidence) });
    };
    if (value === undefined) return unset('high');
    const text = this.text.slice(value.start, value.end);
    const form = formOf(text);
    switch (form.kind) {
      case 'unset':
        return unset(text.trim() === '' ? 'medium' : 'low');
      case 'dummy':
        return undefined;
      case 'vault':
        if (match !== undefined) this.reference(workload, match, { name, store: 'vault', route, place: value, confidence });
        return undefined;
      case 'literal':
        if (match !== undefined && binding.ignoreLiterals === undefined) this.value(workload, match, name, route, trimmed(this.text, value));
        return undefined;
      case 'taken':
        for (const from of form.from) this.#bindTaken(workload, binding, value, from, match);
    }
  }

  #bindTaken(workload: WorkloadSeed, binding: Binding, value: Place, from: Interpolation, match: NameMatch | undefined): void {
    const { name, route } = binding;
    const theirs = ALIAS.test(from.name) ? this.names.lookup(from.name) : undefined;
    const found = theirs ?? match;
    if (found === undefined) return;
    const place = { start: value.start + from.start, end: value.start + from.end };
    const store = from.store === 'environment' || from.store === 'unknown' ? (binding.taken ?? from.store) : from.store;
    const isKnown = theirs !== undefined;
    this.reference(workload, found, {
      name: isKnown ? from.name : name,
      alias: isKnown ? (isFreeText(name) ? undefined : name) : from.name,
      store,
      route,
      place,
      ...(binding.confidence === undefined ? {} : { confidence: binding.confidence }),
    });
    if (from.fallback === undefined || formOf(from.fallback.text).kind !== 'literal') return;
    const start = value.start + from.fallback.start;
    this.value(workload, found, isKnown ? from.name : name, route, { start, end: start + from.fallback.text.length });
  }

  /** `$NAME` uses and `NAME=value` words in shell text at `place`. */
  shell(workload: WorkloadSeed, place: Place, route: string, store: ReferenceStore = 'environment'): void {
    const text = this.text.slice(place.start, place.end);
    for (const use of variableUses(text)) {
      const match = this.names.lookup(use.name);
      const at = { start: place.start + use.start, end: place.start + use.end };
      if (match !== undefined) this.reference(workload, match, { name: use.name, store, route, place: at });
      if (match === undefined || use.fallback === undefined || formOf(use.fallback.text).kind !== 'literal') continue;
      const start = place.start + use.fallback.start;
      this.value(workload, match, use.name, route, { start, end: start + use.fallback.text.length });
    }
    for (const assignment of assignments(text)) {
      const match = this.names.lookup(assignment.name);
      if (match === undefined) continue;
      const form = formOf(assignment.value);
      const value = { start: place.start + assignment.valueStart, end: place.start + assignment.valueEnd };
      if (form.kind === 'literal') this.value(workload, match, assignment.name, route, value);
      // `HF_TOKEN=$(cat file) run`: the name is known only on this side.
      if (form.kind !== 'taken' || form.from.some((from) => ALIAS.test(from.name) && this.names.lookup(from.name) !== undefined)) continue;
      const [from] = form.from;
      if (from !== undefined) this.reference(workload, match, { name: assignment.name, alias: from.name, store: from.store, route, place: { start: place.start + assignment.nameStart, end: value.end } });
    }
  }

  /** Key names filled in from elsewhere anywhere in a text (a header, an address, an argument). */
  mentions(workload: WorkloadSeed, place: Place, route: string, taken?: ReferenceStore): void {
    const text = this.text.slice(place.start, place.end);
    for (const from of interpolations(text)) {
      const match = ALIAS.test(from.name) ? this.names.lookup(from.name) : undefined;
      if (match === undefined) continue;
      const store = taken !== undefined && from.store === 'environment' ? taken : from.store;
      this.reference(workload, match, { name: from.name, store, route, place: { start: place.start + from.start, end: place.start + from.end } });
    }
  }

  #use(workload: WorkloadSeed): string {
    if (!this.#used.has(workload.key)) this.#used.set(workload.key, workload);
    return workload.key;
  }

  done(): Extraction {
    const workloads: WorkloadDraft[] = [...this.#used.values()].map((seed) => ({
      key: seed.key,
      platform: this.#platform,
      name: seed.name,
      span: this.#index.span(seed.start, seed.end),
      route: seed.route,
      identity: seed.identity,
      facts: seed.facts ?? {},
    }));
    const byPlace = (a: { readonly span: Place }, b: { readonly span: Place }): number => a.span.start - b.span.start;
    return {
      references: this.#references.toSorted(byPlace),
      workloads: workloads.toSorted(byPlace),
      values: this.#values.toSorted(byPlace),
      problems: this.#problems,
    };
  }
}

/** A command or a sentence is no second name. */
const ALIAS = /^[\w./:@-]{1,200}$/;

/** `Authorization` and the like say nothing as an alias. */
function isFreeText(name: string): boolean {
  return !/^[\w.-]+$/.test(name);
}

function trimmed(text: string, place: Place): Place {
  let { start, end } = place;
  while (start < end && text.charCodeAt(start) <= 32) start += 1;
  while (end > start && text.charCodeAt(end - 1) <= 32) end -= 1;
  return { start, end };
}

const WORD = /[A-Za-z_][\w.-]{1,127}/g;

/**
 * Whether any word of a text could name a key, alone or as the holder of one (`openai: { apiKey }`). Parsing is dear and most manifests have
 * nothing to do with keys; a false yes costs time only.
 */
export function mayNameKey(text: string, names: NameTable): boolean {
  const tried = new Set<string>();
  for (const [word] of text.matchAll(WORD)) {
    if (tried.has(word)) continue;
    tried.add(word);
    if (names.lookup(word) !== undefined || names.lookup(`${word}.api_key`) !== undefined) return true;
  }
  return false;
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The part of a node's text worth pointing at, also for a collection. */
export function placeOf(node: DataNode): Place {
  return { start: node.start, end: node.end };
}
