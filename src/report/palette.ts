import { Chalk } from 'chalk';
import type { Palette } from './text-page.ts';

/**
 * Sixteen-colour styles, so that the user's own theme decides how they look. The level is set here because the caller has already
 * weighed terminal, `NO_COLOR` and `--no-color`; detection by the library could disagree.
 */
export function colorPalette(): Palette {
  const chalk = new Chalk({ level: 1 });
  return {
    critical: (text) => chalk.bold.red(text),
    high: (text) => chalk.red(text),
    medium: (text) => chalk.yellow(text),
    low: (text) => chalk.cyan(text),
    info: (text) => chalk.dim(text),
    strong: (text) => chalk.bold(text),
    dim: (text) => chalk.dim(text),
    good: (text) => chalk.green(text),
    command: (text) => chalk.cyan(text),
  };
}
