import type { Credential, Finding, Inventory, TargetReport, Workload } from '../model/inventory.ts';
import type { Severity } from '../model/levels.ts';
import { catalogOf, type Catalog } from './messages.ts';
import type { RenderOptions } from './renderer.ts';
import { printable, printableAscii } from './scanned.ts';

type Style = Severity | 'strong' | 'dim' | 'good' | 'command';
export type Palette = Readonly<Record<Style, (text: string) => string>>;

export const plainPalette: Palette = {
  critical: asIs,
  high: asIs,
  medium: asIs,
  low: asIs,
  info: asIs,
  strong: asIs,
  dim: asIs,
  good: asIs,
  command: asIs,
};

/** Characters of our own wording that a terminal without UTF-8 cannot show. */
const GLYPHS = {
  unicode: { dot: '·', ellipsis: '…', arrow: '→', filled: '█', half: '▒', empty: '░' },
  ascii: { dot: '-', ellipsis: '...', arrow: '->', filled: '#', half: '=', empty: '.' },
} as const;

/** Where the rows of a block's labels begin and where their text begins. */
export const INDENT = 3;
export const LABEL = 9;
/** Names given beside a count before the rest is left to `--verbose`. */
export const EXAMPLES = 2;
/** The step that replaces a key by an identity. */
export const FEDERATE = 'federate';

/** Everything the parts of the text report share. */
export interface Page {
  readonly inventory: Inventory;
  readonly options: RenderOptions;
  readonly width: number;
  readonly paint: Palette;
  readonly glyphs: (typeof GLYPHS)[keyof typeof GLYPHS];
  readonly clean: (scanned: string) => string;
  readonly catalog: Catalog;
  readonly targets: ReadonlyMap<string, TargetReport>;
  readonly findings: ReadonlyMap<string, Finding>;
  readonly workloads: ReadonlyMap<string, Workload>;
}

function asIs(text: string): string {
  return text;
}

export function pageOf(inventory: Inventory, options: RenderOptions, paint: Palette): Page {
  const isUnicode = options.unicode !== false;
  return {
    inventory,
    options,
    width: Math.max(60, Math.min(200, Math.trunc(options.width) || 80)),
    paint,
    glyphs: isUnicode ? GLYPHS.unicode : GLYPHS.ascii,
    clean: isUnicode ? printable : printableAscii,
    catalog: catalogOf(options.providers, options.platforms),
    targets: new Map(inventory.targets.map((target) => [target.id, target])),
    findings: new Map(inventory.findings.map((finding) => [finding.id, finding])),
    workloads: new Map(inventory.workloads.map((workload) => [workload.id, workload])),
  };
}

export function findingsOf(page: Page, credential: Credential): Finding[] {
  return credential.findings.flatMap((id) => page.findings.get(id) ?? []);
}

export function isAccepted(finding: Finding): boolean {
  return finding.allowed !== undefined || finding.baselined !== undefined;
}
