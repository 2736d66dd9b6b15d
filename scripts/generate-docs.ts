/** Writes the generated documentation; run by `scripts/generate.ts`. Takes `--check` as it does. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { demoPictures } from './demo-pictures.ts';
import { generatedPages } from './doc-pages.ts';
import { writeOrComplain } from './write-generated.ts';

const root = process.cwd();
writeOrComplain(root, new Map([...generatedPages(readFileSync(join(root, 'README.md'), 'utf8')), ...demoPictures(root)]), process.argv.includes('--check'));
