/** `npm run docs [FOLDER]`: see `site/build.ts`. */
import { join, resolve } from 'node:path';
import { buildSite } from './site/build.ts';

const root = process.cwd();
const folder = resolve(process.argv[2] ?? 'site');
const { count, faults } = buildSite(root, folder);
process.stdout.write(`${count} files in ${folder}; open ${join(folder, 'index.html')}\n`);
for (const fault of faults) process.stderr.write(`${fault}\n`);
if (faults.length > 0) process.exitCode = 1;
