/** Colour only on a terminal that wants it: NO_COLOR and FORCE_COLOR as their conventions say. Never into a file. */
export function useColor(output: string | undefined): boolean {
  const { env } = process;
  if (output !== undefined || (env['NO_COLOR'] ?? '') !== '') return false;
  if ((env['FORCE_COLOR'] ?? '') !== '') return env['FORCE_COLOR'] !== '0';
  return process.stdout.isTTY && env['TERM'] !== 'dumb';
}

export function hasUnicode(): boolean {
  const { env } = process;
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  // Without a locale (containers, CI) the reader is a file or a log viewer, and those take UTF-8.
  return locale === '' || /utf-?8/i.test(locale) || process.platform === 'win32' || !process.stdout.isTTY;
}
