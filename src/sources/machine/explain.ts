import type { RemoteExplanation } from '../remote.ts';
import { KEYCHAIN_PROGRAMS, KEYRING_FILES, PASSWORD_STORES } from './keychains.ts';
import { PLACES } from './places.ts';

function folded(globs: readonly string[]): string {
  return globs.length > 3 ? `~/${globs.slice(0, 3).join(', ~/')} and ${globs.length - 3} more` : `~/${globs.join(', ~/')}`;
}

const SYSTEMS = { linux: 'Linux', macos: 'macOS', windows: 'Windows' } as const;

/** For `dekey explain machine`: the table of places is the table that is read. */
export const explainMachine: RemoteExplanation = {
  title: 'This machine: the places in a home folder where keys of AI providers lie',
  calls: [
    ...PLACES.map(({ title, platforms, globs }) => ({ call: folded(globs), permission: '', title: `${title} (${platforms.map((platform) => SYSTEMS[platform]).join(', ')})` })),
    ...PASSWORD_STORES.map(({ title, glob }) => ({ call: folded([glob]), permission: '', title: `names of the entries of ${title}: those of the files; none is opened` })),
    ...KEYRING_FILES.map(({ title, globs }) => ({ call: folded(globs), permission: '', title: `names of the entries of ${title}` })),
    ...Object.values(KEYCHAIN_PROGRAMS).map(({ title, program, parameters }) => ({ call: [program, ...parameters].join(' '), permission: '', title: `names of the entries of ${title}` })),
  ],
  login: ['No login. Files are read as the user who runs dekey; nothing is unlocked, nothing is sent anywhere, and a report shows keys by their previews alone.'],
  limits: [
    'Only these places of the home folder are looked at: projects are scanned as folders (`dekey scan ~/code`).',
    'Links are followed inside the home folder only. What variables such as CODEX_HOME move out of it is named and not read.',
    'Files over 20 MB are named and not read.',
    'Of keychains and password stores the names of entries are read, never a value; an entry is told when its name says that it is a key of an AI provider. One under a name of its own, or among several in one entry, is not found.',
    'The program of the system that lists the names (security without -d, cmdkey) is run by its absolute path and gets ten seconds: a keychain that is locked, or asks for somebody, is named and not read. Passwords in iCloud are not among them.',
    'Secret Service on Linux is not asked: it lists nothing without the chance of a prompt to unlock. Keyrings of GNOME and KWallet hold their names encrypted and are named, unless the keyring has no password.',
    'Password managers with a login of their own (1Password, Bitwarden, KeePassXC) are not asked.',
    'Storage that an editor or a browser encrypts tells nothing of what is in it.',
    'The environment is that of the dekey process: other programs may have been started with other variables.',
  ],
};
