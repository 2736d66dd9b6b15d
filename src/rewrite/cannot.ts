import type { RefusalCode } from '../model/change.ts';

/** Why an edit is not made. Thrown while one is worked out, and caught where the refusal is written: it never leaves a rewriter. */
export class CannotRewrite extends Error {
  readonly code: RefusalCode;
  readonly byHand: string;
  /** From 1, where it differs from the line of the workload. */
  readonly line: number | undefined;
  readonly shadows: boolean;

  /** `reason` is one sentence and names no value; `byHand` is one imperative sentence. */
  constructor(code: RefusalCode, reason: string, byHand: string, more: { readonly line?: number; readonly shadows?: boolean } = {}) {
    super(reason);
    this.code = code;
    this.byHand = byHand;
    this.line = more.line;
    this.shadows = more.shadows ?? false;
  }
}
