/** A failure that was expected: says what failed, why, and what to do. The command line prints it without a stack. */
export class DekeyError extends Error {
  override readonly name: string = 'DekeyError';
  /** What the user can do about it, one sentence. */
  readonly fix: string;

  constructor(message: string, fix: string, options?: { cause?: unknown }) {
    super(message, options);
    this.fix = fix;
  }
}

/** Bad arguments or configuration: exit code 2. */
export class UsageError extends DekeyError {
  override readonly name = 'UsageError';
}

/** A target that cannot be read at all: exit code 3. */
export class TargetError extends DekeyError {
  override readonly name = 'TargetError';
}
