/**
 * A text some of whose parts are not known yet: `['repo:', { input: 'github.acme.app.owner' }, ':ref:refs/heads/main']`. What is not known is asked for,
 * never invented; once known it is put in place of the reference (`plan/inputs.ts`).
 */
export type Text = readonly (string | InputRef)[];

/** Stands for the value of the input of this id. */
export interface InputRef {
  readonly input: string;
}

/** What a value must be made of, and so what it can never hold: a wildcard, a quote or a space is in none. */
export type InputShape = 'name' | 'path' | 'digits' | 'hex' | 'uuid' | 'url' | 'id' | 'email' | 'subject-prefix';

/** One non-secret value that a person, the configuration or an API has to give. */
export interface Input {
  /** Lower case, parts joined by `.`, of `[a-z0-9_]`: `anthropic.organization_id`. Equal ids mean equal values. */
  readonly id: string;
  /** `Anthropic organization id`. */
  readonly title: string;
  readonly shape: InputShape;
  /** Where to read it: a command or the page of a console. One sentence. */
  readonly how: string;
  /** A value that it could have, where only some of its shape make sense. */
  readonly example?: string;
}
