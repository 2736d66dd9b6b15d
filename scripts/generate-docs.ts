/** Writes the generated documentation; run by `scripts/generate.ts`. Takes `--check` as it does. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedPages } from './doc-pages.ts';
import { writeOrComplain } from './write-generated.ts';

const root = process.cwd();
writeOrComplain(root, generatedPages(readFileSync(join(root, 'README.md'), 'utf8')), process.argv.includes('--check'));
