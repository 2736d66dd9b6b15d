import { parseTree, type Node } from 'jsonc-parser';

/** Sections of package.json that name packages, in the order in which npm installs by them. https://docs.npmjs.com/cli/v11/configuring-npm/package-json, 2026-11-29. */
export const SECTIONS = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'] as const;
export type Section = (typeof SECTIONS)[number];

export interface Declared {
  readonly section: Section;
  readonly name: string;
  readonly range: string;
  /** The whole entry, and its value with the quotes. */
  readonly entry: Node;
  readonly value: Node;
}

export interface Manifest {
  readonly root: Node;
  readonly declared: readonly Declared[];
}

/** A package.json; undefined when it is none. */
export function readManifest(text: string): Manifest | undefined {
  // Deeply nested texts are no package.json, and the parser recurses.
  if (text.length > 2 ** 20 || /(?:[[{]\s*){200}/.test(text)) return undefined;
  const body = text.charCodeAt(0) === 0xfeff ? ` ${text.slice(1)}` : text;
  const errors: { readonly error: number }[] = [];
  const root = parseTree(body, errors as never[], { allowTrailingComma: true, disallowComments: false });
  if (root?.type !== 'object' || errors.length > 0) return undefined;
  const declared = (root.children ?? []).flatMap((property): Declared[] => {
    const [key, value] = property.children ?? [];
    const section = SECTIONS.find((one) => one === key?.value);
    if (section === undefined || value?.type !== 'object') return [];
    return (value.children ?? []).flatMap((entry): Declared[] => {
      const [name, range] = entry.children ?? [];
      return typeof name?.value === 'string' && typeof range?.value === 'string' ? [{ section, name: name.value, range: range.value, entry, value: range }] : [];
    });
  });
  return { root, declared };
}

const MOST = 64;
const known = new Map<string, Manifest | undefined>();

/** {@link readManifest}, remembered. */
export function manifestOf(text: string): Manifest | undefined {
  if (known.has(text)) return known.get(text);
  if (known.size >= MOST) known.delete(known.keys().next().value ?? '');
  const manifest = readManifest(text);
  known.set(text, manifest);
  return manifest;
}

/** The nearest package.json above `path` that names the package, with the range it asks for. */
export function declaring(path: string, name: string, read: (path: string) => string | undefined): { readonly path: string; readonly range: string } | undefined {
  for (const candidate of manifestsAbove(path)) {
    const text = read(candidate);
    const found = text === undefined ? undefined : manifestOf(text)?.declared.find((one) => one.name === name);
    if (found !== undefined) return { path: candidate, range: found.range };
  }
  return undefined;
}

/** Paths of package.json files that may be for `path`, nearest first. */
export function manifestsAbove(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1);
  return Array.from({ length: parts.length + 1 }, (_, index) => [...parts.slice(0, parts.length - index), 'package.json'].join('/'));
}
