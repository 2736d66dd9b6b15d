import { chmodSync, existsSync, lstatSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { offers, type Offered, type Surroundings } from '../../init/templates.ts';
import { openRepository } from '../../sources/git/repository.ts';
import { writeNewFile } from '../../support/atomic-write.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { print } from '../print.ts';

/** Runs `dekey init`: shows the files that fit this folder, or with `--write` makes those that are not there. Never replaces one. Returns the exit code. */
export async function runInit(raw: Readonly<Record<string, unknown>>, version: string): Promise<number> {
  const cwd = process.cwd();
  const isWriting = raw['write'] === true;
  const files = offers(await surroundings(cwd), version).map((offered) => ({ offered, isThere: existsSync(join(cwd, offered.path)) }));
  const fresh = files.filter(({ isThere }) => !isThere).map(({ offered }) => offered);
  if (isWriting) for (const offered of fresh) await write(cwd, offered);
  const lines = files.flatMap(({ offered, isThere }) => [
    `${isThere ? 'is there' : isWriting ? 'written ' : 'would be'}  ${offered.path}`,
    `          ${offered.why}`,
    ...(offered.next === undefined || isThere ? [] : [`          ${offered.next}`]),
    ...(isWriting || isThere ? [] : ['', ...offered.text.trimEnd().split('\n').map((line) => `          | ${line}`.trimEnd()), '']),
  ]);
  await print(`${[...lines, ...(isWriting || fresh.length === 0 ? [] : ['dekey init --write', '  writes what is not there; nothing is replaced'])].join('\n')}\n`);
  return EXIT_CODES.clean.code;
}

async function surroundings(cwd: string): Promise<Surroundings> {
  const repository = await openRepository(cwd, { allowAlternates: false });
  const isTop = lstatSync(join(cwd, '.git'), { throwIfNoEntry: false })?.isDirectory() === true;
  const host = repository?.remote?.host ?? '';
  return {
    hasHooks: isTop,
    isOnGithub: host === 'github.com' || host.endsWith('.ghe.com') || existsSync(join(cwd, '.github')),
    isOnGitlab: host.includes('gitlab') || existsSync(join(cwd, '.gitlab-ci.yml')),
  };
}

async function write(cwd: string, { path, text, executable }: Offered): Promise<void> {
  const file = join(cwd, path);
  mkdirSync(dirname(file), { recursive: true });
  await writeNewFile(file, text);
  // Written for its owner alone: these are for everyone who has the repository.
  chmodSync(file, executable === true ? 0o755 : 0o644);
}
