/** Compares what a scan found with what the corpus says stands there. Pure. */
import type { Finding, Inventory } from '../src/model/inventory.ts';
import type { Corpus, ReferenceLabel, SecretLabel, TrapLabel } from './corpus.ts';

export interface Tally {
  readonly name: string;
  readonly met: number;
  readonly of: number;
}

export interface Accuracy {
  /** Per grade of evidence. */
  readonly grades: readonly Tally[];
  readonly shapes: readonly Tally[];
  readonly dresses: readonly Tally[];
  readonly missed: readonly SecretLabel[];
  /** Labels met, but by a detector of another provider. */
  readonly misnamed: readonly { readonly label: SecretLabel; readonly provider: string }[];
  readonly traps: { readonly hit: number; readonly of: number; readonly byTrap: readonly Tally[]; readonly findings: readonly { readonly label: TrapLabel; readonly finding: Finding }[] };
  /** Secret findings at confidence high or medium where no label stands. */
  readonly invented: readonly Finding[];
  readonly references: { readonly met: number; readonly of: number; readonly byPlatform: readonly Tally[]; readonly missed: readonly ReferenceLabel[]; readonly wrongPlatform: number };
  /** Reference findings at confidence high or medium in files that are labelled for references, or hold traps in plain text. */
  readonly precision: { readonly right: number; readonly of: number; readonly invented: readonly Finding[] };
}

/** What was found and what stands there, line by line. A key removed later is met where its file was. */
export function compare(corpus: Corpus, inventory: Inventory): Accuracy {
  const secrets = byLine(inventory.findings.filter((finding) => finding.class === 'secret'));
  const references = byLine(inventory.findings.filter((finding) => finding.class === 'reference'));
  const met = corpus.secrets.map((label) => ({ label, finding: at(secrets, label).find((finding) => finding.confidence !== 'low' && (finding.location.history !== undefined || !label.history)) }));

  const trapLines = new Map(corpus.traps.map((label) => [place(label), label]));
  const keyLines = new Set(corpus.secrets.map(place));
  const confident = inventory.findings.filter((finding) => finding.class === 'secret' && finding.confidence !== 'low');
  // One line of one file is one trap, whether its file, its blob or both were reported.
  const trapHits = new Map<string, { label: TrapLabel; finding: Finding }>();
  const invented = new Map<string, Finding>();
  for (const finding of confident) {
    const where = place({ path: finding.location.path, line: finding.location.line });
    const label = trapLines.get(where);
    if (label !== undefined) trapHits.set(where, { label, finding });
    else if (!keyLines.has(where)) invented.set(`${where} ${finding.detector}`, finding);
  }

  const found = corpus.references.map((label) => ({ label, finding: at(references, label).find((finding) => finding.provider === label.provider && finding.confidence !== 'low') }));
  const referenceLines = new Set(corpus.references.map(place));
  // Traps in files that are read by structure may well be references: only plain text must give none.
  const labelled = new Set([...corpus.references, ...corpus.traps.filter(({ path: name }) => name.endsWith('.txt'))].map(({ path }) => path));
  const judged = inventory.findings.filter((finding) => finding.class === 'reference' && finding.confidence !== 'low' && labelled.has(finding.location.path));
  const wrong = judged.filter((finding) => !linesOf(finding).some((line) => referenceLines.has(place({ path: finding.location.path, line }))));

  return {
    grades: tallies(met, ({ label }) => label.grade),
    shapes: tallies(met, ({ label }) => label.shape),
    dresses: tallies(met, ({ label }) => label.dress + (label.history ? ' (history)' : '')),
    missed: met.flatMap(({ label, finding }) => (finding === undefined ? [label] : [])),
    misnamed: met.flatMap(({ label, finding }) => (finding !== undefined && !family(label.provider, finding.provider) ? [{ label, provider: finding.provider }] : [])),
    traps: {
      hit: trapHits.size,
      of: corpus.traps.length,
      byTrap: tallies(corpus.traps.map((label) => ({ label, finding: trapHits.get(place(label))?.finding })), ({ label }) => label.trap).filter((tally) => tally.met > 0),
      findings: [...trapHits.values()],
    },
    invented: [...invented.values()],
    references: {
      met: found.filter(({ finding }) => finding !== undefined).length,
      of: found.length,
      byPlatform: tallies(found, ({ label }) => label.platform),
      missed: found.flatMap(({ label, finding }) => (finding === undefined ? [label] : [])),
      wrongPlatform: found.filter(({ label, finding }) => finding !== undefined && finding.code !== `DK-REF-${label.platform.toUpperCase()}`).length,
    },
    precision: { right: judged.length - wrong.length, of: judged.length, invented: wrong },
  };
}

interface Line {
  readonly path: string;
  readonly line: number;
}

function place({ path, line }: Line): string {
  return `${path}:${line}`;
}

function linesOf({ location }: Finding): number[] {
  return Array.from({ length: Math.min(20, location.endLine - location.line + 1) }, (_, index) => location.line + index);
}

function byLine(findings: readonly Finding[]): ReadonlyMap<string, readonly Finding[]> {
  const lines = new Map<string, Finding[]>();
  for (const finding of findings) {
    for (const line of linesOf(finding)) {
      const where = place({ path: finding.location.path, line });
      const there = lines.get(where);
      if (there === undefined) lines.set(where, [finding]);
      else there.push(finding);
    }
  }
  return lines;
}

function at(lines: ReadonlyMap<string, readonly Finding[]>, label: Line): readonly Finding[] {
  return lines.get(place(label)) ?? [];
}

/** Google keys open Gemini, Vertex and Maps alike, and an AWS key opens Bedrock: either name is right. */
function family(a: string, b: string): boolean {
  const root = (id: string): string => (id.startsWith('google') ? 'google' : id.startsWith('aws') ? 'aws' : id.startsWith('azure') ? 'azure' : id);
  return root(a) === root(b);
}

function tallies<T extends { readonly finding: Finding | undefined }>(items: readonly T[], nameOf: (item: T) => string): Tally[] {
  const sums = new Map<string, { met: number; of: number }>();
  for (const item of items) {
    const name = nameOf(item);
    const sum = sums.get(name) ?? { met: 0, of: 0 };
    sum.of += 1;
    if (item.finding !== undefined) sum.met += 1;
    sums.set(name, sum);
  }
  return [...sums].map(([name, sum]) => ({ name, ...sum })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
