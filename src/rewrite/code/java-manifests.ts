import type { Change, Splice } from '../../model/change.ts';
import type { Edit } from '../edit.ts';
import type { FileRefusal, Rewriter, Rewriting } from '../types.ts';
import { compareVersions, type Floor, floorsFor, numbersOf } from './_floors.ts';

/** Maven and Gradle files: versions that can do without a key. */
export const javaManifests: Rewriter = {
  id: 'java-manifests',
  matches: (path) => /(?:^|\/)(?:pom\.xml|build\.gradle(?:\.kts)?|libs\.versions\.toml)$/.test(path),
  rewrite: (path, text, context): Rewriting => {
    const changes: Change<Edit>[] = [];
    const refusals: FileRefusal[] = [];
    for (const floor of floorsFor(context, 'java')) {
      const splices: Splice[] = [];
      for (const { start, version } of path.endsWith('pom.xml') ? inPom(text, floor) : inGradle(text, floor)) {
        const numbers = numbersOf(version);
        if (numbers !== undefined && compareVersions(version, floor.version) >= 0) continue;
        const line = text.slice(0, start).split('\n').length;
        if (numbers === undefined) refusals.push({ code: 'needs-code-change', line, reason: `${floor.title} without a key needs ${floor.package} ${floor.version} or later, and what ${version === '' ? 'no version' : version} stands for is not decided here.`, byHand: `Have it ask for ${floor.version} or later where the version is decided.`, migrations: floor.migrations, shadows: false });
        else splices.push({ start, end: start + version.length, text: floor.version });
      }
      const [first] = splices;
      if (first === undefined) continue;
      const isMajor = splices.some(({ start, end }) => numbersOf(text.slice(start, end))?.[0] !== numbersOf(floor.version)?.[0]);
      changes.push({
        id: `${floor.package}/floor`,
        line: text.slice(0, first.start).split('\n').length,
        title: `${floor.package} ${floor.version} or later`,
        why: 'Earlier releases do not know workload identity.',
        safety: 'unsafe',
        reason: `Rests on this: the program compiles with ${floor.package} ${floor.version}${isMajor ? ', another major release than the one asked for' : ''}.`,
        migrations: floor.migrations,
        edits: splices.map((splice) => ({ kind: 'text', ...splice })),
      });
    }
    return { changes, refusals };
  },
};

interface Found {
  readonly start: number;
  readonly version: string;
}

function inPom(text: string, floor: Floor): readonly Found[] {
  const [group = '', artifact = ''] = floor.package.split(':');
  const found: Found[] = [];
  for (const match of text.matchAll(/<dependency>(?:(?!<\/dependency>)[^])*<\/dependency>/g)) {
    const [block] = match;
    if (!block.includes(`<groupId>${group}</groupId>`) || !new RegExp(`<artifactId>${artifact}(?:-[\\w-]+)?</artifactId>`).test(block)) continue;
    const version = /<version>\s*([^<\s]*)\s*<\/version>/.exec(block);
    if (version === null) continue;
    const start = match.index + version.index + version[0].indexOf(version[1] ?? '', '<version>'.length);
    const property = /^\$\{([\w.-]+)\}$/.exec(version[1] ?? '')?.[1];
    const defined = property === undefined ? [] : [...text.matchAll(new RegExp(`<${property.replaceAll('.', '\\.')}>\\s*([^<\\s]+)\\s*</`, 'g'))];
    const [only] = defined;
    if (property === undefined) found.push({ start, version: version[1] ?? '' });
    else if (only !== undefined && defined.length === 1) found.push({ start: only.index + only[0].indexOf(only[1] ?? '', property.length + 2), version: only[1] ?? '' });
    else found.push({ start, version: version[1] ?? '' });
  }
  return found.filter(({ start }, index, all) => all.findIndex((other) => other.start === start) === index);
}

function inGradle(text: string, floor: Floor): readonly Found[] {
  const [group = '', artifact = ''] = floor.package.split(':').map((part) => part.replaceAll('.', '\\.'));
  const patterns = [
    new RegExp(`^(?!\\s*//)[^\\n]*?(["']${group}:${artifact}(?:-[\\w-]+)?:)([^"'\\s]+)["']`, 'gm'),
    new RegExp(`^(?!\\s*//)[^\\n]*?(group\\s*[:=]\\s*["']${group}["']\\s*,\\s*name\\s*[:=]\\s*["']${artifact}(?:-[\\w-]+)?["']\\s*,\\s*version\\s*[:=]\\s*["'])([^"'\\s]+)["']`, 'gm'),
    new RegExp(`^(?!\\s*#)[^\\n]*?(module\\s*=\\s*["']${group}:${artifact}(?:-[\\w-]+)?["']\\s*,\\s*version\\s*=\\s*["'])([^"'\\s]+)["']`, 'gm'),
  ];
  return patterns.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => ({ start: match.index + match[0].lastIndexOf(match[2] ?? ''), version: match[2] ?? '' })));
}
