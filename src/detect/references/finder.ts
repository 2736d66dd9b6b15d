import { createHmac } from 'node:crypto';
import type { Provider } from '../../model/provider.ts';
import type { Extraction, NameTable, Platform, Problem, TextFile, ValueDraft } from '../../model/reference.ts';
import { Secret, previewOf } from '../../model/secret.ts';
import { buildNameTable } from '../../providers/_names.ts';
import { LineIndex } from '../../support/lines.ts';
import { looksGenerated } from '../generated.ts';
import type { DigestKeys, Sighting } from '../scan-bytes.ts';
import { type BytePlace, placesOf } from '../text-place.ts';
import type { routesOf as RoutesOf } from '../route.ts';
import type { languageOf as LanguageOf, extractCode as ExtractCode } from './code.ts';

/** Files above this are searched for keys but not for references: nothing a person wrote is as long. */
const LONGEST_TEXT = 4_000_000;
/** Formats that neither configure nor run anything; a cheap no before any text is decoded. */
const NEVER = /\.(?:mdx?|rst|adoc|txt|log|csv|tsv|svg|png|jpe?g|gif|webp|ico|pdf|zip|gz|woff2?|ttf|eot|mp[34]|wasm|map|lock|snap|css|scss|less|html?|po|pot|parquet|bin|so|dylib|dll|exe|jar|class|pyc|proto|sum)$|(?:^|\/)(?:package-lock\.json|pnpm-lock\.yaml|yarn\.lock|poetry\.lock|uv\.lock|Cargo\.lock|go\.sum|composer\.lock|Gemfile\.lock|LICENSE|CHANGELOG[^/]*)$/i;

/** Keys of one file that are given a route: each costs a walk down its tree. */
const MOST_ROUTES = 200;

/** What one file's text gave besides keys with a shape. */
export interface TextFindings {
  /** The sightings given, with names put to them, and values without a known shape added. In order of place. */
  readonly sightings: readonly Sighting[];
  readonly extractions: readonly { readonly platform: string; readonly extraction: Extraction }[];
  readonly problems: readonly Problem[];
}

/** Runs the readers of `platforms/` and of source code over files with a name. One instance a thread. */
export class ReferenceFinder {
  readonly #providers: readonly Provider[];
  readonly #keys: DigestKeys;
  #names: NameTable | undefined;
  #platforms: readonly Platform[] | undefined;
  #routesOf: typeof RoutesOf | undefined;
  #code: { languageOf: typeof LanguageOf; extractCode: typeof ExtractCode } | undefined;

  constructor(providers: readonly Provider[], keys: DigestKeys) {
    this.#providers = providers;
    this.#keys = keys;
  }

  /** Loads the readers, once, when at least one of the paths may need them: a folder of pictures pays nothing. */
  async prepare(paths: readonly string[]): Promise<void> {
    if (this.#platforms !== undefined || paths.every((path) => NEVER.test(path))) return;
    const [{ platforms }, code, { routesOf }] = await Promise.all([import('../../platforms/index.ts'), import('./code.ts'), import('../route.ts')]);
    this.#platforms = platforms;
    this.#code = code;
    this.#routesOf = routesOf;
    this.#names = buildNameTable(this.#providers);
  }

  /** Cheap, by name and size alone. */
  wants(path: string, bytes: Uint8Array): boolean {
    return this.#platforms !== undefined && bytes.length <= LONGEST_TEXT && !NEVER.test(path);
  }

  /** `bytes` are the UTF-8 bytes of `file.text`; all offsets in the result are bytes. */
  find(file: TextFile, bytes: Buffer, sightings: readonly Sighting[]): TextFindings {
    const names = this.#names;
    if (names === undefined || this.#platforms === undefined || this.#code === undefined) return { sightings, extractions: [], problems: [] };
    const extractions: { platform: string; extraction: Extraction }[] = [];
    for (const platform of this.#platforms) {
      if (platform.matches(file)) extractions.push({ platform: platform.id, extraction: platform.extract(file, names) });
    }
    const language = this.#code.languageOf(file.path, file.text.slice(0, 256));
    if (language !== undefined) extractions.push({ platform: 'code', extraction: this.#code.extractCode(file, language, names, this.#providers) });

    const wanted = extractions.filter(({ extraction }) => extraction.references.length + extraction.values.length + extraction.workloads.length > 0);
    const problems = extractions.flatMap(({ extraction }) => extraction.problems);
    if (wanted.length === 0) return { sightings: this.#withRoutes(file, sightings), extractions: [], problems };
    const toBytes = byteOffsets(file.text, bytes);
    const placed = wanted.map(({ platform, extraction }) => ({ platform, extraction: placeInBytes(extraction, toBytes) }));
    const values = placed.flatMap(({ extraction }) => extraction.values);
    return { sightings: this.#withRoutes(file, this.#withValues(file, bytes, sightings, values)), extractions: placed, problems };
  }

  /** Says where in the file's own structure each key stands, for formats that have one. */
  #withRoutes(file: TextFile, sightings: readonly Sighting[]): readonly Sighting[] {
    if (sightings.length === 0 || this.#routesOf === undefined) return sightings;
    // By line and column: offsets may count the bytes of another encoding.
    // A byte-order mark is part of the text, and no column counts it.
    const starts = [file.text.charCodeAt(0) === 0xfeff ? 1 : 0];
    for (let at = file.text.indexOf('\n'); at !== -1; at = file.text.indexOf('\n', at + 1)) starts.push(at + 1);
    const unit = ({ line, column }: BytePlace): number => (starts[line - 1] ?? 0) + column - 1;
    const routes = this.#routesOf(file.path, file.text, sightings.slice(0, MOST_ROUTES).map(({ from, to }) => ({ start: unit(from), end: unit(to) })));
    return sightings.map((sighting, index) => {
      const route = routes[index];
      return route === undefined ? sighting : { ...sighting, route };
    });
  }

  /** Gives names to keys that stand under one, and adds values that look generated although no shape is known for them. */
  #withValues(file: TextFile, bytes: Buffer, sightings: readonly Sighting[], values: readonly ValueDraft[]): readonly Sighting[] {
    if (values.length === 0) return sightings;
    const result = [...sightings];
    for (const value of values) {
      const inside = result.findIndex((one) => one.start < value.span.end && value.span.start < one.end);
      const known = result[inside];
      if (known !== undefined) {
        result[inside] = { ...known, assignedTo: value.name };
        continue;
      }
      const sighting = this.#valueSighting(file, bytes, value);
      if (sighting !== undefined) result.push(sighting);
    }
    return result.toSorted((a, b) => a.start - b.start || a.end - b.end);
  }

  #valueSighting(file: TextFile, bytes: Buffer, value: ValueDraft): Sighting | undefined {
    const text = bytes.toString('utf8', value.span.start, value.span.end).replace(/^(["'`])(.*)\1$/s, '$2').trim();
    if (!looksGenerated(text)) return undefined;
    const secret = new Secret(text);
    const [from, to] = placesOf(bytes, [value.span.start, value.span.end]);
    if (from === undefined || to === undefined) return undefined;
    const digest = (key: Uint8Array): string => secret.expose((plain) => createHmac('sha256', key).update(plain, 'utf8').digest('hex').slice(0, 32));
    return {
      provider: value.provider,
      detector: `${value.provider}-value`,
      start: value.span.start,
      end: value.span.end,
      from,
      to,
      encoding: [],
      confidence: 'medium',
      proven: false,
      reasons: [`stands as the value of ${value.name}, shape not known`],
      facts: {},
      preview: previewOf(secret, ''),
      identity: digest(this.#keys.run),
      lineDigest: createHmac('sha256', 'place').update(`${file.path}\0${value.route}`).digest('hex').slice(0, 16),
      ...(this.#keys.operator === undefined ? {} : { fingerprint: digest(this.#keys.operator) }),
      assignedTo: value.name,
    };
  }
}

/** Maps offsets in UTF-16 units to bytes of the UTF-8 form; the identity for ASCII, which nearly all files are. */
function byteOffsets(text: string, bytes: Buffer): (offset: number) => number {
  if (text.length === bytes.length) return (offset) => offset;
  // One entry a line keeps the map small; the rest of the line is measured.
  const lines = new LineIndex(text);
  const starts: number[] = [];
  let at = 0;
  let unit = 0;
  for (const line of splitLines(text)) {
    starts.push(at);
    at += Buffer.byteLength(line);
    unit += line.length;
  }
  return (offset) => {
    const { line, column } = lines.position(offset);
    const first = offset - column + 1;
    return (starts[line - 1] ?? unit) + Buffer.byteLength(text.slice(first, offset));
  };
}

/** Lines with their ends, cut where {@link LineIndex} cuts. */
function splitLines(text: string): string[] {
  return text.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/g) ?? [];
}

function placeInBytes(extraction: Extraction, toBytes: (offset: number) => number): Extraction {
  const place = <T extends { readonly span: Extraction['references'][number]['span'] }>(one: T): T => ({
    ...one,
    span: { ...one.span, start: toBytes(one.span.start), end: toBytes(one.span.end) },
  });
  return { ...extraction, references: extraction.references.map(place), workloads: extraction.workloads.map(place), values: extraction.values.map(place) };
}
