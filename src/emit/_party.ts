import type { EmittedFile, Target } from '../model/federation.ts';
import type { Input, Text } from '../model/text.ts';
import { literal, placeholder } from './_text.ts';
import { type Script, shellText } from './_shell.ts';

/** Answers an input, and keeps it, so that scripts can ask for what documents leave open. */
export class Asking {
  readonly #ask: (input: Input) => Text;
  readonly #inputs = new Map<string, Input>();

  constructor(ask: (input: Input) => Text, known: ReadonlyMap<string, Input>) {
    this.#ask = ask;
    for (const [id, input] of known) this.#inputs.set(id, input);
  }

  get(input: Input): Text {
    this.#inputs.set(input.id, input);
    return this.#ask(input);
  }

  /** Definitions of `ids`, each once, in order. */
  describe(ids: Iterable<string>): readonly Input[] {
    return [...new Set(ids)].toSorted().map((id) => {
      const input = this.#inputs.get(id);
      if (input === undefined) throw new Error(`nobody has described the input ${id}`);
      return input;
    });
  }
}

/** A script of a party's folder. */
export function scriptFile(folder: string, role: 'create' | 'check' | 'undo', purpose: string, script: Omit<Script, 'purpose'>): EmittedFile {
  return { path: `${folder}/${role}.sh`, kind: 'shell', role, purpose, text: shellText({ purpose, ...script }) };
}

export function byId(targets: readonly Target[]): readonly Target[] {
  return targets.toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

/** Targets by their issuer, in order, with a name for each issuer that holds in the party's account. */
export function byIssuer(targets: readonly Target[]): readonly { readonly issuer: Text; readonly slug: string; readonly uploadsKeys: boolean; readonly targets: readonly Target[] }[] {
  const groups = new Map<string, { issuer: Text; uploadsKeys: boolean; targets: Target[] }>();
  for (const target of byId(targets)) {
    const key = placeholder(target.policy.issuer);
    const group = groups.get(key) ?? { issuer: target.policy.issuer, uploadsKeys: target.policy.uploadsKeys, targets: [] };
    group.targets.push(target);
    groups.set(key, group);
  }
  return [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, group]) => ({ ...group, slug: issuerSlug(group.issuer, key) }));
}

/** `github` of token.actions.githubusercontent.com, the host of others, the platform's input where nothing is known. */
function issuerSlug(issuer: Text, key: string): string {
  const known = literal(issuer);
  if (known === 'https://token.actions.githubusercontent.com') return 'github-actions';
  const text = (known ?? key).replace(/^https:\/\//, '').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '');
  return text.slice(0, 60).replace(/-+$/, '') || 'issuer';
}

/** The claim as an expression of CEL: `claims.ref`, `claims["a.b/c"]`. */
export function celClaim(root: string, claim: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(claim) ? `${root}.${claim}` : `${root}[${celText(claim)}]`;
}

/** A literal of CEL: nothing in it ends it. */
export function celText(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r')}'`;
}
