import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = process.cwd();

/** Writes what `files` gives for `id`, none of which may exist, and runs the generator. A bad or a taken id sets exit code 2. */
export function scaffold(kind: 'provider' | 'platform', id: string | undefined, files: (id: string) => ReadonlyMap<string, string>): void {
  if (id === undefined || !/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(id)) {
    refuse(`usage: npm run new:${kind} -- ID ["Title"]   (ID in kebab-case)`);
    return;
  }
  const made = files(id);
  const taken = [...made.keys()].find((path) => existsSync(join(root, path)));
  if (taken !== undefined) {
    refuse(`${taken} exists already`);
    return;
  }
  for (const [path, text] of made) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    process.stdout.write(`${path}\n`);
  }
  const generated = spawnSync(process.execPath, [join(root, 'scripts/run.mjs'), 'scripts/generate.ts'], { cwd: root, stdio: 'inherit' });
  if (generated.status !== 0) process.exitCode = 1;
  else process.stdout.write('Fill in what says TODO, then: npm run check\n');
}

/** `Acme Cloud` for `acme-cloud`, unless a title was given. */
export function titleFor(id: string, given: string | undefined): string {
  return given ?? id.replace(/(?:^|-)([a-z0-9])/g, (match, letter: string) => `${match.startsWith('-') ? ' ' : ''}${letter.toUpperCase()}`);
}

function refuse(message: string): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = 2;
}
