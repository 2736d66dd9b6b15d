/** One replacement in a file's text. Offsets are UTF-16 code units of the text before, half open. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * `safe`: what the file means afterwards follows from the file alone, and is what the plan wants. `unsafe`: it also rests on something that is not in the
 * file, such as what a program does with its environment; the reason says on what.
 */
export type Safety = 'safe' | 'unsafe';

export type RefusalCode =
  /** No path was planned, or the path asks for a change that cannot be made in this kind of file. */
  | 'no-path'
  /** The action, plugin or orb takes only a key. */
  | 'takes-only-a-key'
  /** Reached through an anchor, alias or merge key: one edit would change several places. */
  | 'shared-by-alias'
  /** The secret's name is computed: `secrets[matrix.key]`. */
  | 'computed-name'
  /** `secrets: inherit`, `envFrom`, a variable group: the key is not named here. */
  | 'not-named-here'
  /** A job of another repository decides. */
  | 'other-repository'
  /** Go, Jinja or Helm template: no file until it is rendered. */
  | 'template'
  /** The file does not parse, or has two entries of one name. */
  | 'not-readable'
  /** A literal key: it has to be revoked first. */
  | 'literal-key'
  /** A shape that is known and has no safe edit. */
  | 'unknown-shape'
  /** Set at another scope, it would win over the new identity. */
  | 'shadowing'
  /** The program or SDK needs a version that the files do not ask for, or a change of model. */
  | 'needs-code-change'
  /** A change in another file has to be made together with it, and is not. */
  | 'needs-other-change'
  /** Made, but the text afterwards was not the one intended. A defect of ours. */
  | 'dropped';

/** Something that was not changed, and what a person does about it. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly target: string;
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** One sentence; names no value. */
  readonly reason: string;
  /** Imperative, one sentence. */
  readonly byHand: string;
  readonly migrations: readonly string[];
  /** A key that stays where it is and would shadow federation: an error by default. */
  readonly shadows: boolean;
}

/** What one reviewer's decision covers: the parts of it make sense only together. */
export interface Change<E> {
  /** Unique in the file; the same in every run on the same file: `evals/anthropic`. */
  readonly id: string;
  /** From 1, of the first place it touches. */
  readonly line: number;
  /** `evals: key input becomes federation inputs`. */
  readonly title: string;
  /** Why it is made, one or two sentences. */
  readonly why: string;
  readonly safety: Safety;
  /** What the safety rests on. */
  readonly reason: string;
  readonly migrations: readonly string[];
  /** Changes of other files without which this one would break something: a workflow that calls, and the one that is called. */
  readonly requires?: readonly { readonly path: string; readonly id: string }[];
  /** No program of the repository takes the key here: what source files do with it elsewhere does not matter. */
  readonly standsAlone?: true;
  readonly edits: readonly E[];
}
