import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { TargetError, UsageError } from '../../model/errors.ts';
import { findProgram } from '../../support/find-program.ts';
import { Getter, type GetOptions, HttpError } from '../../support/get.ts';

const PROGRAM_TIMEOUT = 60_000;
/** A token of a program is asked for again after this: programs renew theirs some minutes before they end. */
const TOKEN_AGE = 4 * 60_000;

/**
 * The first of some variables that is set and not blank.
 *
 * @throws TargetError when it cannot be sent: an error of `fetch` would quote it
 */
export function loginFrom(env: Readonly<Record<string, string | undefined>>, names: readonly string[]): { readonly name: string; readonly value: string } | undefined {
  for (const name of names) {
    const value = env[name]?.trim();
    if (value === undefined || value === '') continue;
    checkSendable(value, name);
    return { name, value };
  }
  return undefined;
}

function checkSendable(value: string, from: string): void {
  if (!/^[\u0021-\u007e]+$/.test(value)) throw new TargetError(`${from} holds characters that no login has, or nothing`, `It has to be the login alone, on one line.`);
}

/** @throws UsageError when `base` is no address, or a plain http one of another machine; `variable` is where it came from */
export function openGetter(variable: string, options: GetOptions): Getter {
  const base = options.base.trim().replace(/\/+$/, '');
  const fix = `Set ${variable} to an https address, or leave it out.`;
  if (!URL.canParse(base)) throw new UsageError(`${variable} is no address`, fix);
  const { username, password, search, hash } = new URL(base);
  if (username !== '' || password !== '' || search !== '' || hash !== '') throw new UsageError(`${variable} holds more than an address`, fix);
  try {
    return new Getter({ ...options, base });
  } catch (error) {
    if (error instanceof HttpError) throw new UsageError(`${variable}: ${error.detail}`, fix, { cause: error });
    throw error;
  }
}

/**
 * What a program of a cloud prints: its login that is on this machine already. Arguments are fixed by the caller; no shell takes part.
 *
 * @throws TargetError when there is no such program (on Windows: those of clouds are scripts there, which need a shell), or it fails; what it printed is never part of it
 */
export async function askProgram(name: string, parameters: readonly string[], env: Readonly<Record<string, string | undefined>>, fix: string): Promise<string> {
  const program = findProgram(name);
  if (program === undefined) throw new TargetError(`There is no login, and no program ${name} to ask for one`, fix);
  try {
    const { stdout } = await promisify(execFile)(program, [...parameters], { env: { ...env }, timeout: PROGRAM_TIMEOUT, maxBuffer: 2 ** 20, windowsHide: true });
    return stdout;
  } catch (error) {
    const said = lastLine(error);
    // Not as its cause: that would hold what was printed.
    throw new TargetError(`${name} ${parameters.slice(0, 2).join(' ')} gave no login${said === '' ? '' : `: ${said}`}`, fix);
  }
}

/** Of what the program said to its user. */
function lastLine(error: unknown): string {
  const said = error instanceof Error && 'stderr' in error && typeof error.stderr === 'string' ? error.stderr : '';
  return said.trim().split('\n').at(-1)?.replaceAll(/[\u0000-\u001f\u007f]/g, ' ').slice(0, 200) ?? '';
}

/**
 * The first request, which tells whether there is a way in.
 *
 * @throws TargetError when nobody answers, or the login is no good; a permission that is missing is no reason: something else may be allowed
 */
export async function knock(getter: Getter, path: string, parameters: Readonly<Record<string, string | number>>, fixes: { readonly login: string; readonly address: string }): Promise<void> {
  try {
    await getter.json(path, parameters);
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    if (error.status === 0 || error.status === 401) throw new TargetError(error.message, error.status === 0 ? fixes.address : fixes.login, { cause: error });
  }
}

/** A token that ends within the hour: kept for some minutes, then asked for again, so that a long run does not outlive it. */
export class Renewed {
  readonly #ask: () => Promise<string>;
  readonly #from: string;
  readonly #now: () => number;
  #held: { readonly token: Promise<string>; readonly at: number } | undefined;

  constructor(from: string, ask: () => Promise<string>, now: () => number = Date.now) {
    this.#ask = ask;
    this.#from = from;
    this.#now = now;
  }

  /**
   * An old one stays where no new one is to be had: it may still do, and the service says so when it does not.
   *
   * @throws TargetError when what came is no token
   */
  async token(): Promise<string> {
    const held = this.#held;
    if (held !== undefined && this.#now() - held.at <= TOKEN_AGE) return await held.token;
    const fresh = held === undefined ? this.#fresh() : this.#fresh().catch(async () => await held.token);
    this.#held = { token: fresh, at: this.#now() };
    return await fresh;
  }

  async #fresh(): Promise<string> {
    const token = (await this.#ask()).trim();
    checkSendable(token, this.#from);
    return token;
  }
}
