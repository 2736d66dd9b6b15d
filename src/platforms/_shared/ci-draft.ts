import type { Confidence } from '../../model/levels.ts';
import type { Extraction, NameMatch, NameTable, Problem, ReferenceDraft, ReferenceStore, TextFile, ValueDraft, WorkloadDraft, WorkloadIdentity } from '../../model/reference.ts';
import type { LineIndex } from '../../support/lines.ts';
import type { YamlFile, YamlRange } from '../../support/yaml.ts';
import { formOf } from './config-values.ts';

/** A job or step group before it is known whether it uses any key. */
export interface Job {
  readonly key: string;
  readonly name: string;
  readonly route: string;
  readonly range: YamlRange;
  readonly identity: WorkloadIdentity;
  readonly facts: Readonly<Record<string, string>>;
  /** True when other files may show that it uses keys although this one names none (`secrets: inherit`). */
  readonly keep?: boolean;
}

/** A name taken from a store, and what it is handed on as. */
interface Take {
  readonly name: string;
  readonly target?: string | undefined;
  readonly store: ReferenceStore;
  readonly route: string;
  readonly range: YamlRange;
  /** No better than this. */
  readonly confidence?: Confidence;
}

const ORDER: readonly Confidence[] = ['high', 'medium', 'low'];
/** Files beyond this many findings are generated or hostile; the rest adds nothing a reader could use. */
const MAX_REFERENCES = 20_000;

function weaker(a: Confidence, b: Confidence): Confidence {
  return ORDER.indexOf(a) >= ORDER.indexOf(b) ? a : b;
}

/**
 * Which key a stored name and the name it is handed on as stand for. The stored name decides (`OPENAI_API_KEY: ${{ secrets.OPENROUTER_KEY }}`
 * is an OpenRouter key) unless it says less than the other (`OPENAI_API_KEY: ${{ secrets.API_KEY }}`).
 */
function matchOf(names: NameTable, name: string, target: string | undefined): NameMatch | undefined {
  const own = names.lookup(name);
  if (target === undefined || target === name) return own;
  if (own !== undefined && own.confidence !== 'low') return own;
  const other = names.lookup(target);
  if (other === undefined || other.confidence === 'low') return own;
  // `ANTHROPIC_API_KEY: $ANTHROPIC_MODEL` would be odd, but `api_key: $GITHUB_TOKEN` is everyday.
  return isPlatformToken(name) ? undefined : other;
}

/** Tokens that the CI system makes for each run, or that belong to code hosting and package registries, whoever's word is in the name. */
function isPlatformToken(name: string): boolean {
  return /(?:^|_)(?:GITHUB|GH|GITLAB|NPM|CI_JOB|SYSTEM|BUILDKITE_AGENT)[_.-]?(?:APP_|BOT_)?(?:TOKEN|PAT|JWT|ACCESSTOKEN|PRIVATE_KEY)(?:_|$)/i.test(name.slice(0, 256));
}

/** Gathers what one CI file gives. Jobs that use no key are left out, so readers may declare every job they pass. */
export class CiDraft {
  readonly #file: TextFile;
  readonly #platform: string;
  readonly #names: NameTable;
  readonly #lines: LineIndex;
  readonly #references: ReferenceDraft[] = [];
  readonly #values: ValueDraft[] = [];
  readonly #problems: Problem[] = [];
  readonly #jobs = new Map<string, Job>();
  readonly #used = new Set<string>();
  readonly #seen = new Set<string>();
  readonly #starts = new Set<number>();
  readonly #facts = new Map<string, Map<string, string>>();

  constructor(file: TextFile, platform: string, names: NameTable, lines: LineIndex) {
    this.#file = file;
    this.#platform = platform;
    this.#names = names;
    this.#lines = lines;
  }

  get path(): string {
    return this.#file.path;
  }

  /** The first of two jobs with one key wins; a broken file may hold both. */
  declare(job: Job): Job {
    const known = this.#jobs.get(job.key);
    if (known !== undefined) return known;
    this.#jobs.set(job.key, job);
    return job;
  }

  /** Adds to a job's facts what is only learnt while reading it. */
  fact(job: Job, name: string, value: string): void {
    const facts = this.#facts.get(job.key) ?? new Map<string, string>();
    facts.set(name, value);
    this.#facts.set(job.key, facts);
  }

  /** True when `take` names a key, and was recorded. */
  take(job: Job, take: Take): boolean {
    const match = matchOf(this.#names, take.name, take.target);
    if (match === undefined || isPlatformToken(take.name)) return false;
    const identity = `${job.key}\n${take.name}\n${take.route}\n${take.range.start}`;
    if (this.#seen.has(identity) || this.#references.length >= MAX_REFERENCES) return true;
    this.#seen.add(identity);
    this.#starts.add(take.range.start);
    this.#used.add(job.key);
    const alias = take.target === undefined || take.target === take.name ? {} : { alias: take.target };
    this.#references.push({
      provider: match.provider,
      kind: match.kind,
      name: take.name,
      ...alias,
      store: take.store,
      confidence: weaker(match.confidence, take.confidence ?? 'high'),
      route: take.route,
      span: this.#lines.span(take.range.start, take.range.end),
      workload: job.key,
    });
    return true;
  }

  /** True when a reference at this very place is known already. */
  knows(offset: number): boolean {
    return this.#starts.has(offset);
  }

  /** A literal under a name that belongs to a key; placeholders, paths and words are none. */
  literal(job: Job, name: string, text: string, route: string, range: YamlRange): void {
    const match = this.#names.lookup(name);
    if (match === undefined || match.confidence === 'low' || text.length > 4096 || formOf(text).kind !== 'literal') return;
    const identity = `value\n${range.start}`;
    if (this.#seen.has(identity) || this.#values.length >= MAX_REFERENCES) return;
    this.#seen.add(identity);
    this.#used.add(job.key);
    this.#values.push({ provider: match.provider, kind: match.kind, name, route, span: this.#lines.span(range.start, range.end) });
  }

  problem(line: number, message: string, fix: string): void {
    this.#problems.push({ path: this.#file.path, line, message, fix });
  }

  /** Says the first thing that is wrong with the file: what follows in a broken file is mostly a consequence of it. */
  problemsOf(yaml: YamlFile): void {
    const [first] = yaml.problems;
    if (first === undefined) return;
    const remedy = first.message.startsWith('duplicate key') ? 'Remove one of the two and run again.' : 'Correct the syntax and run again.';
    this.problem(first.line, first.message, `The file was also scanned as text, so keys in it are found, but it cannot be planned or edited. ${remedy}`);
  }

  finish(): Extraction {
    const workloads: WorkloadDraft[] = [];
    for (const job of this.#jobs.values()) {
      if (!this.#used.has(job.key) && job.keep !== true) continue;
      const learnt = this.#facts.get(job.key) ?? new Map<string, string>();
      workloads.push({
        key: job.key,
        platform: this.#platform,
        name: job.name,
        span: this.#lines.span(job.range.start, job.range.end),
        route: job.route,
        identity: job.identity,
        facts: Object.fromEntries([...Object.entries(job.facts), ...learnt].filter(([, value]) => value !== '')),
      });
    }
    return { references: this.#references, workloads, values: this.#values, problems: this.#problems };
  }
}

/** At most this many members of a list are kept as a fact. */
const MAX_LISTED = 20;

/** Facts are shown and stored, so long random words, which may be keys written in the wrong place, are cut. */
export function factText(text: string): string {
  const short = text.split(/\s+/, 40).join(' ').trim().slice(0, 200);
  return short.replace(/[A-Za-z0-9_+/=-]{20,}/g, (word) => (/[0-9]/.test(word) && /[A-Za-z]/.test(word) && !/^[0-9a-f]{40}$/.test(word) ? `${word.slice(0, 6)}…` : word));
}

export function factList(texts: Iterable<string>): string {
  return [...new Set([...texts].map((text) => factText(text)).filter((text) => text !== ''))].slice(0, MAX_LISTED).join(',');
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
