/** Versions and ranges of package managers: how a lower bound is raised in the style that stands there. */
import type { RewriteContext, Replacement } from '../types.ts';

export interface Floor {
  readonly package: string;
  readonly version: string;
  readonly migrations: readonly string[];
  /** `Anthropic`. */
  readonly title: string;
}

/** First versions that can do what the planned paths need, for one language. */
export function floorsFor(context: Pick<RewriteContext, 'all'>, language: string): readonly Floor[] {
  const floors = new Map<string, { package: string; version: string; migrations: string[]; title: string }>();
  for (const replacement of context.all) {
    const { floors: own, migration, title, class: kind } = replacement;
    if (kind === 'broker' || kind === 'short-lived' || isExchanged(replacement) || !mayBeIn(replacement.path, language)) continue;
    for (const floor of own.filter((one) => one.language === language)) {
      const known = floors.get(floor.package);
      if (known === undefined) floors.set(floor.package, { package: floor.package, version: floor.version, migrations: [migration], title });
      else {
        known.migrations.push(migration);
        if (compareVersions(floor.version, known.version) > 0) known.version = floor.version;
      }
    }
  }
  return [...floors.values()];
}

const PROGRAMS: Readonly<Record<string, RegExp>> = { javascript: /\.(?:[cm]?[jt]sx?|vue|svelte|astro)$/i, python: /\.(?:pyw?|ipynb)$/i, go: /\.go$/i, java: /\.(?:java|kts?|scala|groovy)$/i };

/** Whether the workload at `path` may run programs in `language`: a program in another one has no use for its packages. */
export function mayBeIn(path: string, language: string): boolean {
  return PROGRAMS[language]?.test(path) !== false || !Object.values(PROGRAMS).some((one) => one.test(path));
}

/** A step of the workflow makes the exchange: any release of the client takes what it gives. */
export function isExchanged({ platform, parties: [party], set }: Replacement): boolean {
  return platform === 'github-actions' && party !== 'anthropic' && party !== 'google' && party !== 'aws' && !Object.values(set).includes('{token-file}');
}

export function wants(context: Pick<RewriteContext, 'all'>, provider: string, route: string): readonly Replacement[] {
  return context.all.filter((one) => one.provider === provider && one.route === route);
}

/** Numbers of a plain release; undefined for anything that is more (`1.0rc1`, a variable). */
export function numbersOf(version: string): readonly number[] | undefined {
  return /^v?\d+(?:\.\d+){0,3}$/.test(version) ? version.replace(/^v/, '').split('.').map(Number) : undefined;
}

export function compareVersions(a: string, b: string): number {
  const [left = [], right = []] = [numbersOf(a), numbersOf(b)];
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** `floor` with as many parts as `like` has, where no number is lost by it. */
export function inStyle(like: string, floor: string): string {
  const wanted = numbersOf(like)?.length ?? 3;
  const parts = floor.split('.');
  while (parts.length > wanted && parts.at(-1) === '0') parts.pop();
  return parts.join('.');
}

export type Raised = { readonly kind: 'fine' } | { readonly kind: 'raised'; readonly text: string; readonly crosses: boolean } | { readonly kind: 'refused'; readonly reason: string };

/** Raises one or more comma-separated clauses of PEP 440 or Poetry: `>=0.40,<1`, `==0.40.0`, `~=0.40`, `^0.40`. White space stays. */
export function raisePython(specifier: string, floor: string): Raised {
  const clauses = specifier.split(',');
  let changed = false;
  let crosses = false;
  const result: string[] = [];
  for (const clause of clauses) {
    const match = /^(\s*)(===?|~=|>=|<=|!=|>|<|\^|~|)(\s*)(v?\d[\w.*+!-]*)(\s*)$/.exec(clause);
    if (match === null) {
      if (/^\s*\*?\s*$/.test(clause)) return { kind: 'fine' };
      return { kind: 'refused', reason: 'its range is written in a way that is not read here' };
    }
    const [, lead = '', operator = '', space = '', version = '', tail = ''] = match;
    const star = /^(.*?)(\.\*)+$/.exec(version);
    const plain = star?.[1] ?? version;
    const numbers = numbersOf(plain);
    if (numbers === undefined) {
      if (operator === '!=') {
        result.push(clause);
        continue;
      }
      return { kind: 'refused', reason: `it asks for ${version}, which is no plain release` };
    }
    const isUpper = operator === '<' || operator === '<=';
    if (isUpper) {
      const order = compareVersions(plain, floor);
      if (order < 0 || (order === 0 && operator === '<')) return { kind: 'refused', reason: `it asks for less than ${plain}` };
    }
    if (isUpper || operator === '!=' || reaches(operator, plain, floor)) {
      result.push(clause);
      continue;
    }
    changed = true;
    crosses ||= numbers[0] !== numbersOf(floor)?.[0];
    const isPart = star !== null || operator === '~=' || operator === '~';
    const next = isPart ? floor.split('.').slice(0, Math.max(star === null ? 2 : 1, numbers.length)).join('.') : inStyle(plain, floor);
    result.push(`${lead}${operator === '>' ? '>=' : operator}${space}${next}${star === null ? '' : '.*'}${tail}`);
  }
  return changed ? { kind: 'raised', text: result.join(','), crosses } : { kind: 'fine' };
}

/** Whether everything the clause allows is at least the floor; a pin that is newer is fine, too. */
function reaches(operator: string, version: string, floor: string): boolean {
  const order = compareVersions(version, floor);
  if (operator === '>') return order >= 0;
  return order >= 0;
}
