import type { FileRefusal, Rewriter, Rewriting } from '../types.ts';
import type { Change } from '../../model/change.ts';
import type { Edit } from '../edit.ts';
import { compareVersions, floorsFor, numbersOf } from './_floors.ts';

/** Go modules: versions that can do without a key. go.sum is written by the go command alone. */
export const goMod: Rewriter = {
  id: 'go-mod',
  matches: (path) => /(?:^|\/)go\.mod$/.test(path),
  rewrite: (_, text, context): Rewriting => {
    const changes: Change<Edit>[] = [];
    const refusals: FileRefusal[] = [];
    for (const floor of floorsFor(context, 'go')) {
      const pattern = new RegExp(`^([ \\t]*(?:require[ \\t]+)?${floor.package.replaceAll(/[.\\/]/g, '\\$&')}[ \\t]+)(v\\S+)(?=[ \\t]*(?://.*)?\\r?$)`, 'm');
      const match = pattern.exec(text);
      if (match === null) continue;
      const [, lead = '', version = ''] = match;
      const numbers = numbersOf(version);
      if (numbers !== undefined && compareVersions(version, floor.version) >= 0) continue;
      const line = text.slice(0, match.index).split('\n').length;
      const command = `go get ${floor.package}@v${floor.version} && go mod tidy`;
      const replaced = new RegExp(`^[ \\t]*(?:replace[ \\t]+)?${floor.package.replaceAll(/[.\\/]/g, '\\$&')}\\b[^\\n]*=>`, 'm').test(text);
      if (numbers === undefined || replaced || numbers[0] !== numbersOf(floor.version)?.[0]) {
        refusals.push({ code: 'needs-code-change', line, reason: `${floor.title} without a key needs ${floor.package} v${floor.version} or later, and ${replaced ? 'the module is replaced by another' : `${version} is no release of the same major version`}.`, byHand: replaced ? 'Raise what it is replaced by.' : `Run ${command}, and mend what does not compile any more.`, migrations: floor.migrations, shadows: false });
        continue;
      }
      const start = match.index + lead.length;
      changes.push({
        id: `${floor.package}/floor`,
        line,
        title: `${floor.package} v${floor.version} or later`,
        why: `Earlier releases do not know workload identity. Afterwards run ${command}, so that go.sum follows.`,
        safety: 'unsafe',
        reason: `Rests on this: the program compiles with ${floor.package} v${floor.version}, and go.sum is brought up to date.`,
        migrations: floor.migrations,
        edits: [{ kind: 'text', start, end: start + version.length, text: `v${floor.version}` }],
      });
    }
    return { changes, refusals };
  },
};
