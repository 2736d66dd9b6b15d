import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { isAbsolute, relative, resolve } from 'node:path';
import type { AccountSightings } from '../../model/account.ts';
import { TargetError, UsageError } from '../../model/errors.ts';
import type { Skipped } from '../../model/inventory.ts';
import { dotenvText } from '../../support/dotenv-text.ts';
import { isInside, toPosix } from '../../support/paths.ts';
import type { OpenRemote, RemoteContext, RemoteSource, RemoteTarget } from '../remote.ts';
import { type KeychainFile, type KeychainName, type KeychainSystem, readKeychains, THIS_SYSTEM } from './keychains.ts';
import { type MachinePlace, MOVED, PLACES } from './places.ts';
import { expand, type Found } from './walk.ts';

/** A longer file is no file of settings; what is this long is a log or a database. */
const LARGEST = 20 * 2 ** 20;
/** Names in a fact and in what was skipped. */
const MOST_NAMES = 20;

/**
 * Opens `machine:`: the files of this user's home in which keys of AI providers usually lie, and the variables of this process.
 *
 * @throws UsageError when anything stands after the colon; TargetError when there is no home folder
 */
export const openMachine: OpenRemote = async (rest, context) => await openOn(THIS_SYSTEM, rest, context);

/** The same for any system; for tests. */
export async function openOn(system: KeychainSystem, rest: string, context: RemoteContext): Promise<RemoteSource> {
  if (rest !== '') throw new UsageError(`machine:${rest} is no target`, 'Write `machine:` alone: it is this machine, and the home folder of the user who runs it.');
  let home: string;
  try {
    home = realpathSync(context.home);
    if (!statSync(home).isDirectory()) throw new Error('not a folder');
  } catch (error) {
    throw new TargetError('the home folder cannot be read', 'Set HOME to the folder of the user whose files are to be looked at.', { cause: error });
  }
  return await Promise.resolve(new Machine(home, context, system));
}

class Machine implements RemoteSource {
  readonly #home: string;
  readonly #context: RemoteContext;
  readonly #system: KeychainSystem;
  #stored: AccountSightings['stored'] = [];

  constructor(home: string, context: RemoteContext, system: KeychainSystem) {
    this.#home = home;
    this.#context = context;
    this.#system = system;
  }

  async *read(): AsyncGenerator<RemoteTarget> {
    const { target, names } = await readMachine(this.#home, this.#context, this.#system);
    this.#stored = names.map((name) => ({ ...name, target: target.id, readers: [] }));
    yield target;
  }

  accounts(): AccountSightings {
    return { stored: this.#stored, settings: [], readWhole: {} };
  }

  finish(): Promise<void> {
    return Promise.resolve();
  }
}

async function readMachine(home: string, { env, firstId }: RemoteContext, system: KeychainSystem): Promise<{ readonly target: RemoteTarget; readonly names: readonly KeychainName[] }> {
  const found = new Map<string, { readonly path: string; readonly absolute: string }>();
  const gaps = new Gaps();
  const open: string[] = [];
  const isClosed = isClosedFolder(home);
  const take = ({ absolute, stats }: Found, path: string, kind: MachinePlace['kind']): void => {
    // One file under two names is read once.
    if (found.has(absolute)) return;
    if (stats.size > LARGEST) return gaps.add('over 20 MB', path, false);
    try {
      accessSync(absolute, constants.R_OK);
    } catch {
      return gaps.add('unreadable', path, true);
    }
    found.set(absolute, { path, absolute });
    if (!isClosed && (kind === 'credentials' || kind === 'history') && isOpenToOthers(stats.mode)) open.push(path);
  };

  for (const { globs, kind } of PLACES) {
    for (const { glob, folder, shown } of globs.flatMap((one) => startsOf(one, home, env))) {
      for (const file of expand(home, folder, glob, ({ path, reason, incomplete }) => gaps.add(reason, `${shown}${path}`, incomplete))) take(file, `${shown}${file.path}`, kind);
    }
  }
  readNamed(home, env, gaps, (file, path) => take(file, path, 'credentials'));
  const names = await readKeychains({
    home,
    env,
    system,
    find: (glob) => startsOf(glob, home, env).flatMap((start) => filesAt(start, home, gaps)),
    gap: (reason, name, incomplete) => gaps.add(reason, name, incomplete),
  });
  const target: RemoteTarget = {
    id: `t${firstId}`,
    kind: 'machine',
    name: 'machine:',
    facts: open.length === 0 ? {} : { readableByOthers: [...open.toSorted().slice(0, MOST_NAMES), ...(open.length > MOST_NAMES ? [`and ${open.length - MOST_NAMES} more`] : [])].join(', ') },
    skipped: gaps.skipped(),
    files: [...found.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    texts: environmentText(env),
  };
  return { target, names };
}

/** Files of a keychain or a password store. One that a variable moves to where it is anyhow is named twice, and counts once: names are unique in a store. */
function filesAt({ glob, folder, shown }: Start, home: string, gaps: Gaps): KeychainFile[] {
  const before = glob.slice(0, glob.search(/[^/]*[*?[{]/));
  return expand(home, folder, glob, ({ path, reason, incomplete }) => gaps.add(reason, `${shown}${path}`, incomplete)).map(({ path, absolute, stats }) => ({ shown: `${shown}${path}`, below: path.slice(before.length), absolute, stats }));
}

interface Start {
  readonly glob: string;
  readonly folder: string;
  /** What a path found there begins with in the report. */
  readonly shown: string;
}

/** Where a glob is looked for: in the home folder, and where variables have moved its folder to. */
function startsOf(glob: string, home: string, env: RemoteContext['env']): readonly Start[] {
  const starts: Start[] = [{ glob, folder: home, shown: '~/' }];
  for (const { variable, folder } of MOVED) {
    const value = env[variable];
    if (folder === undefined || value === undefined || !isAbsolute(value)) continue;
    const at = resolvedOr(value);
    if (at === undefined || !isInside(home, at)) continue;
    const prefix = folder === '' ? '' : `${folder}/`;
    // `ZDOTDIR` moves the files of one shell alone.
    if (!glob.startsWith(prefix) || (folder === '' && !glob.startsWith('.z'))) continue;
    const shown = toPosix(relative(home, at));
    starts.push({ glob: glob.slice(prefix.length), folder: at, shown: shown === '' ? '~/' : `~/${shown}/` });
  }
  return starts;
}

/** Files that variables name, and places that they move out of the home folder: those are named and not read. */
function readNamed(home: string, env: RemoteContext['env'], gaps: Gaps, take: (file: Found, path: string) => void): void {
  for (const { variable, folder } of MOVED) {
    for (const value of (env[variable] ?? '').split(variable === 'KUBECONFIG' ? (process.platform === 'win32' ? ';' : ':') : '\0')) {
      const at = value === '' ? undefined : resolvedOr(resolve(home, value));
      if (at === undefined) continue;
      if (!isInside(home, at)) gaps.add('outside the home folder', variable, true);
      else if (folder === undefined) for (const file of expand(home, home, escaped(toPosix(relative(home, at))), () => undefined)) take(file, `~/${file.path}`);
    }
  }
}

function escaped(path: string): string {
  return path.replaceAll(/[\\*?[\]{}]/g, String.raw`\$&`);
}

function resolvedOr(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/** Variables of this process: what a session manager, `setx` or `launchctl` has set stands in no file of the table. */
function environmentText(env: RemoteContext['env']): RemoteTarget['texts'] {
  const variables = Object.entries(env).flatMap(([name, value]) => (value === undefined || value === '' || !/^[A-Za-z_]\w*$/.test(name) ? [] : [{ name, value }]));
  if (variables.length === 0) return [];
  return [{ path: 'environment/variables.env', text: dotenvText(variables.toSorted((a, b) => (a.name < b.name ? -1 : 1))) }];
}

/** Nobody else gets past a folder without the right to enter it. */
function isClosedFolder(home: string): boolean {
  return process.platform === 'win32' || (statSync(home).mode & 0o011) === 0;
}

function isOpenToOthers(mode: number): boolean {
  return (mode & 0o044) !== 0;
}

class Gaps {
  readonly #byReason = new Map<string, { readonly names: Set<string>; incomplete: boolean }>();

  add(reason: string, name: string, incomplete: boolean): void {
    const gap = this.#byReason.get(reason) ?? { names: new Set<string>(), incomplete };
    gap.names.add(name);
    this.#byReason.set(reason, gap);
  }

  skipped(): Skipped[] {
    return [...this.#byReason].map(([reason, { names, incomplete }]) => ({ reason, count: names.size, examples: [...names].toSorted().slice(0, MOST_NAMES), incomplete })).toSorted((a, b) => (a.reason < b.reason ? -1 : 1));
  }
}
