import { CannotRewrite } from '../cannot.ts';
import type { RewriteContext } from '../types.ts';
import { sourcesIn } from './clients.ts';

/** A program asks how its key begins, or of what letters it is. */
const CHECKS = /(?:\bstarts_?with\(|\bfullmatch\(|\bmatch\(|\.test\(|\bHasPrefix\(|start_with\?)[^\n]{0,60}["'`/^](?:sk|hf|pk|gsk|key)[-_]|["'`/]\^?(?:sk|hf|gsk)[-_][^\n"'`]{0,40}["'`/][^\n]{0,20}\.test\(|\bif \[\[[^\n]{0,60}=[~=] *["^]?(?:sk|hf|gsk)[-_]/i;

const STOPS = /\braise\b|\bthrow\b|\bexit\(|\bSystemExit\b|\bpanic\(|\blog\.Fatal/;

/** What has to be said of programs that are handed a token where they had a key: the line that would refuse it, where one is seen. @throws CannotRewrite where it stops there */
export function formDoubt({ paths = [], read }: Pick<RewriteContext, 'paths' | 'read'>, scripts: string): string {
  const seen = [...sourcesIn(paths, read, scripts), { path: '', text: scripts }];
  for (const { path, text } of seen) {
    const lines = text.split('\n');
    const at = lines.findIndex((line) => CHECKS.test(line));
    if (at >= 0 && path !== '' && STOPS.test(lines.slice(at, at + 3).join('\n'))) {
      throw new CannotRewrite('needs-code-change', `${path}:${at + 1} stops when the key does not begin as a key does, and an exchanged token begins otherwise.`, 'Let it ask only whether the variable is set, then plan again.');
    }
    if (at >= 0) return path === '' ? 'a step looks at how the key begins, and would not take the token' : `${path}:${at + 1} looks at how the key begins, and would not take the token`;
  }
  return seen.length > 1 ? 'the token has not the form of a key: the programs that the steps name were not seen to look at that, what they import was not looked through' : 'a program that checks the form of its key would not take the token';
}
