import type { RemoteExplanation } from '../remote.ts';
import { PLACES } from './places.ts';

const SYSTEMS = { linux: 'Linux', macos: 'macOS', windows: 'Windows' } as const;

/** For `dekey explain machine`: the table of places is the table that is read. */
export const explainMachine: RemoteExplanation = {
  title: 'This machine: the places in a home folder where keys of AI providers lie',
  calls: PLACES.map(({ title, platforms, globs }) => ({
    call: globs.length > 3 ? `~/${globs.slice(0, 3).join(', ~/')} and ${globs.length - 3} more` : `~/${globs.join(', ~/')}`,
    permission: '',
    title: `${title} (${platforms.map((platform) => SYSTEMS[platform]).join(', ')})`,
  })),
  login: ['No login. Files are read as the user who runs dekey; nothing is unlocked, nothing is sent anywhere, and a report shows keys by their previews alone.'],
  limits: [
    'Only these places of the home folder are looked at: projects are scanned as folders (`dekey scan ~/code`).',
    'Links are followed inside the home folder only. What variables such as CODEX_HOME move out of it is named and not read.',
    'Files over 20 MB are named and not read.',
    'Keychains (macOS Keychain, Secret Service, Windows Credential Manager) are not read, not even by name: no tool that comes with all of these systems lists names without the chance of a prompt to unlock.',
    'Storage that an editor or a browser encrypts tells nothing of what is in it.',
    'The environment is that of the dekey process: other programs may have been started with other variables.',
  ],
};
