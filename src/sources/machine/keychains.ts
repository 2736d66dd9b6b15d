import { execFile } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { StoredSecret, StoreId } from '../../model/account.ts';
import { entryName, type KeychainEntry, parseCmdkeyList, parseKeychainDump, parsePlainKeyring, parsePythonKeyring, PLAIN_KEYRING } from './keychain-text.ts';
import type { Found } from './walk.ts';

/** Names of entries of keychains and password stores. Their values are never asked for, and nothing is unlocked. */
export type KeychainName = Omit<StoredSecret, 'target' | 'readers'>;

/** What a program of the system said. */
export type Answer = { readonly kind: 'printed'; readonly text: string } | { readonly kind: 'absent' } | { readonly kind: 'refused' } | { readonly kind: 'late' };

/** The system that `machine:` runs on, as far as keychains go: replaced by tests. */
export interface KeychainSystem {
  readonly platform: NodeJS.Platform;
  /** Runs a program of the system, by its absolute path. Throws for nothing. */
  readonly run: (program: string, parameters: readonly string[], env: Readonly<Record<string, string>>) => Promise<Answer>;
}

/** A keychain that answers does so at once; one that waits for somebody does not. */
const TIMEOUT = 10_000;
const LARGEST_ANSWER = 32 * 2 ** 20;

export const THIS_SYSTEM: KeychainSystem = {
  platform: process.platform,
  run: async (program, parameters, env) => {
    try {
      accessSync(program, constants.X_OK);
    } catch {
      return { kind: 'absent' };
    }
    return await new Promise((resolve) => {
      const child = execFile(program, [...parameters], { env: { ...env }, timeout: TIMEOUT, killSignal: 'SIGKILL', maxBuffer: LARGEST_ANSWER, encoding: 'latin1', windowsHide: true }, (error, stdout) => {
        if (error === null) resolve({ kind: 'printed', text: stdout });
        else resolve({ kind: error.killed === true ? 'late' : 'refused' });
      });
      // Nobody answers a question.
      child.stdin?.on('error', () => undefined);
      child.stdin?.end();
    });
  },
};

/** Files whose names are the names of what is in them, below the folder before the `**`. */
export const PASSWORD_STORES: readonly { readonly store: StoreId; readonly title: string; readonly glob: string }[] = [
  { store: 'pass', title: 'pass', glob: '.password-store/**/*.gpg' },
  { store: 'pass', title: 'gopass', glob: '.local/share/gopass/stores/**/*.{gpg,age}' },
  { store: 'pass', title: 'passage', glob: '.passage/store/**/*.age' },
];

/** Files in which names stand. */
export const KEYRING_FILES: readonly { readonly format: 'python' | 'gnome'; readonly title: string; readonly globs: readonly string[] }[] = [
  { format: 'python', title: 'files of Python’s keyring', globs: ['.local/share/python_keyring/*.cfg', 'AppData/Local/Python Keyring/*.cfg'] },
  { format: 'gnome', title: 'GNOME keyrings without a password', globs: ['.local/share/keyrings/*.keyring'] },
];

/** The one of Python's files whose values are encoded, and not encrypted. */
const PLAIN_PYTHON = /(?:^|\/)keyring_pass\.cfg$/;

/** Encrypted as a whole: that they are there is all that can be said. */
export const ENCRYPTED_KEYRINGS = ['.local/share/kwalletd/*.kwl'] as const;

/** Programs that list names, by system. `security` prints attributes alone without `-d`; neither of them prints a value or takes one. */
export const KEYCHAIN_PROGRAMS = {
  darwin: { store: 'macos-keychain', title: 'macOS Keychain', program: '/usr/bin/security', parameters: ['dump-keychain'] },
  win32: { store: 'windows-credentials', title: 'Windows Credential Manager', program: String.raw`%SystemRoot%\System32\cmdkey.exe`, parameters: ['/list'] },
} as const;

/**
 * Entries of programs that hold a key under a name that does not say so. Claude Code keeps the API key of a login to the Console so on macOS; what it keeps in
 * `Claude Code-credentials` is a login that renews itself, and no key (seen in its releases of 2025 and 2026).
 */
const KNOWN: readonly { readonly service: RegExp; readonly holds?: NonNullable<StoredSecret['holds']> }[] = [
  { service: /^Claude Code$/, holds: { provider: 'anthropic', kind: 'api-key' } },
  { service: /^Claude Code-credentials(?:-|$)/ },
];

export interface KeychainFile extends Pick<Found, 'absolute' | 'stats'> {
  /** As the report names it. */
  readonly shown: string;
  /** Below the folder before the first wildcard of its glob. */
  readonly below: string;
}

interface Reading {
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly system: KeychainSystem;
  /** Files that a glob names, below the home folder and where variables move its folder to. */
  readonly find: (glob: string) => readonly KeychainFile[];
  readonly gap: (reason: string, name: string, incomplete: boolean) => void;
}

/** All names, each once for its store, sorted. */
export async function readKeychains(reading: Reading): Promise<readonly KeychainName[]> {
  const named: KeychainName[] = [];
  const user = basename(reading.home);
  const add = (store: StoreId, entries: readonly KeychainEntry[]): void => {
    for (const entry of entries) {
      const known = KNOWN.find(({ service }) => service.test(entry.service));
      const name = entryName(entry, user);
      if (name === '' || (known !== undefined && known.holds === undefined)) continue;
      const { created, updated } = entry;
      named.push({ store, scope: 'user', name, ...(created === undefined ? {} : { created }), ...(updated === undefined ? {} : { updated }), ...(known?.holds === undefined ? {} : { holds: known.holds }) });
    }
  };
  for (const { store, glob } of PASSWORD_STORES) add(store, reading.find(glob).map(({ below }) => ({ service: below.replace(/\.(?:gpg|age)$/, ''), account: '' })));
  for (const { format, globs } of KEYRING_FILES) {
    for (const file of globs.flatMap((glob) => reading.find(glob))) {
      const text = textOf(file, reading);
      if (text === undefined) continue;
      if (format === 'python') add(PLAIN_PYTHON.test(file.shown) ? 'plain-keyring' : 'python-keyring', parsePythonKeyring(text));
      else if (text.startsWith(PLAIN_KEYRING)) add('plain-keyring', parsePlainKeyring(text));
      else reading.gap(ENCRYPTED, file.shown, false);
    }
  }
  for (const glob of ENCRYPTED_KEYRINGS) for (const { shown } of reading.find(glob)) reading.gap(ENCRYPTED, shown, false);
  await askSystem(reading, add);
  return named.toSorted((a, b) => (`${a.store}\0${a.name}` < `${b.store}\0${b.name}` ? -1 : 1));
}

const ENCRYPTED = 'keyring with encrypted names';
/** As for every other file here. */
const LARGEST_FILE = 20 * 2 ** 20;

function textOf({ shown, absolute, stats }: KeychainFile, { gap }: Reading): string | undefined {
  if (stats.size > LARGEST_FILE) {
    gap('over 20 MB', shown, false);
    return undefined;
  }
  try {
    return readFileSync(absolute, 'utf8');
  } catch {
    gap('unreadable', shown, true);
    return undefined;
  }
}

async function askSystem({ home, env, system, gap }: Reading, add: (store: StoreId, entries: readonly KeychainEntry[]) => void): Promise<void> {
  if (system.platform !== 'darwin' && system.platform !== 'win32') return;
  const { store, title, program, parameters } = KEYCHAIN_PROGRAMS[system.platform];
  const root = env['SystemRoot'] ?? String.raw`C:\Windows`;
  const path = program.replace('%SystemRoot%', () => root);
  // A folder of Windows is on a drive of this machine; anything else is no place for a program of the system.
  if (system.platform === 'win32' && !/^[A-Za-z]:\\[^"<>|*?%\n\r]*$/.test(path)) return gap(`${title} could not be read`, 'SystemRoot is no folder', true);
  const answer = await system.run(path, parameters, system.platform === 'darwin' ? { HOME: home, PATH: '/usr/bin:/bin' } : { SystemRoot: root });
  switch (answer.kind) {
    case 'printed':
      return add(store, system.platform === 'darwin' ? parseKeychainDump(answer.text) : parseCmdkeyList(answer.text));
    case 'absent':
      return gap(`${title} could not be read`, `no ${path}`, true);
    case 'refused':
      return gap(`${title} could not be read`, 'it is locked, or refused', true);
    case 'late':
      return gap(`${title} could not be read`, 'no answer within 10 s', true);
  }
}
