import { getNodeValue, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Change } from '../../model/change.ts';
import { formOf } from '../../platforms/_shared/config-values.ts';
import { LineIndex } from '../../support/lines.ts';
import type { Edit } from '../edit.ts';
import type { FileRefusal, RewriteContext, Rewriter, Rewriting } from '../types.ts';
import { keptHere, keysOf, LOGINS } from './_keys.ts';

const OPTIONS = { allowTrailingComma: true, disallowComments: false } as const;
/** Blocks of variables by name. */
const BLOCKS = ['remoteEnv', 'containerEnv', 'secrets'] as const;

/** Development containers: each person logs in inside, in place of a key that is handed in. */
export const devcontainer: Rewriter = {
  id: 'devcontainer',
  matches: (path) => /(?:^|\/)\.?devcontainer\.json$/.test(path),
  rewrite(path, text, context): Rewriting {
    const errors: ParseError[] = [];
    const root = parseTree(text.replace(/^\uFEFF/, ' '), errors, OPTIONS);
    if (root?.type !== 'object' || errors.length > 0) return { changes: [], refusals: [] };
    const results = keysOf(context).map((key) => rewriteKey(path, text, root, key, context));
    return { changes: results.flatMap(({ changes }) => changes), refusals: results.flatMap(({ refusals }) => refusals) };
  },
  problems(_, text) {
    const errors: ParseError[] = [];
    parseTree(text.replace(/^\uFEFF/, ' '), errors, OPTIONS);
    return errors.map(({ error }) => printParseErrorCode(error));
  },
};

/** A property of one of the blocks. */
interface Named {
  readonly name: string;
  readonly block: Node;
  readonly property: Node;
  readonly value: string | undefined;
}

function rewriteKey(path: string, text: string, root: Node, key: ReturnType<typeof keysOf>[number], context: RewriteContext): Rewriting {
  const lines = new LineIndex(text);
  const lineOf = (node: Node): number => lines.position(node.offset).line;
  const migrations = keptHere(context, path, key.provider);
  const login = LOGINS[key.provider];
  const all = namedIn(root);
  const own = all.filter(({ name }) => key.names.has(name));
  const [first] = own;
  if (first === undefined) return { changes: [], refusals: [] };
  const refuse = (code: FileRefusal['code'], at: Named, reason: string, byHand: string): Rewriting => ({ changes: [], refusals: [{ code, line: lineOf(at.property), reason, byHand, migrations, shadows: false }] });
  const literal = own.find(({ value }) => value !== undefined && formOf(value).kind === 'literal');
  if (literal !== undefined) return refuse('literal-key', literal, `A key of ${key.title} stands in the file itself, as ${literal.name}.`, `Revoke that key at ${key.title} first, then take the entry out.`);
  const list = [...new Set(own.map(({ name }) => name))];
  const names = list.join(' and ');
  if (login === undefined) {
    return refuse('no-path', first, `A development container runs as a person, and ${key.title} has no login that its clients find by themselves.`, `Leave ${names} to each person's own key, outside this file, or call ${key.title} only where an identity is.`);
  }
  const gone = [...own, ...all.filter(({ name }) => login.beside.includes(name))];
  const change: Change<Edit> = {
    id: `devcontainer/${key.provider}`,
    line: lineOf(first.property),
    title: `${names} ${list.length === 1 ? 'goes' : 'go'}; each person logs in`,
    why: `A person's own login takes the place of a shared key; a key in the environment would win over it.`,
    safety: 'unsafe',
    reason: `It rests on each person running \`${login.command}\` in the container, and on the program making its client without a key argument.`,
    migrations,
    edits: removals(text, root, gone.map(({ property }) => property)),
  };
  return { changes: [change], refusals: [] };
}

function namedIn(root: Node): readonly Named[] {
  return BLOCKS.flatMap((name) => {
    const block = propertyOf(root, name)?.children?.[1];
    return (block?.type === 'object' ? (block.children ?? []) : []).flatMap((property): Named[] => {
      const [key, value] = property.children ?? [];
      const given: unknown = value === undefined ? undefined : getNodeValue(value);
      return block === undefined || typeof key?.value !== 'string' ? [] : [{ name: key.value, block, property, value: typeof given === 'string' ? given : undefined }];
    });
  });
}

function propertyOf(object: Node, name: string): Node | undefined {
  return object.children?.find((property) => property.children?.[0]?.value === name);
}

/** Takes properties out, and a block that is left without any. */
function removals(text: string, root: Node, gone: readonly Node[]): readonly Edit[] {
  const blocks = [...new Set(gone.flatMap(({ parent }) => (parent === undefined ? [] : [parent])))];
  const emptied = blocks.filter(({ children }) => (children ?? []).every((property) => gone.includes(property))).flatMap(({ parent }) => (parent === undefined ? [] : [parent]));
  const whole = [...emptied, ...gone.filter(({ parent }) => !emptied.some((property) => property.children?.[1] === parent))];
  const holders = [...new Set(whole.map(({ parent }) => parent ?? root))];
  return holders.flatMap((holder) => removeFrom(text, holder, whole.filter(({ parent }) => parent === holder)));
}

/** Whole lines where properties stand on lines of their own; the comma of the one before goes where the last goes. */
function removeFrom(text: string, holder: Node, gone: readonly Node[]): readonly Edit[] {
  const all = holder.children ?? [];
  const edits: Edit[] = [];
  const last = all.at(-1);
  const endOf = (node: Node): number => node.offset + node.length;
  const kept = all.filter((property) => !gone.includes(property));
  for (const property of gone) {
    const start = text.lastIndexOf('\n', property.offset - 1) + 1;
    const rest = /^[ \t]*,?[ \t]*(?:\/\/[^\n]*|\/\*[^\n*]*\*\/[ \t]*)?\r?\n/.exec(text.slice(endOf(property), endOf(property) + 400));
    if (/^\uFEFF?[ \t]*$/.test(text.slice(start, property.offset)) && rest !== null) {
      edits.push({ kind: 'text', start: commentAbove(text, start, property), end: endOf(property) + rest[0].length, text: '' });
      continue;
    }
    const next = all[all.indexOf(property) + 1];
    const previous = all[all.indexOf(property) - 1];
    if (next !== undefined) edits.push({ kind: 'text', start: property.offset, end: next.offset, text: '' });
    else edits.push({ kind: 'text', start: previous === undefined || gone.includes(previous) ? property.offset : endOf(previous), end: endOf(property), text: '' });
  }
  // A comma behind the last one stays when there was one before.
  const lastKept = kept.at(-1);
  if (last !== undefined && gone.includes(last) && lastKept !== undefined && !/^\s*,/.test(text.slice(endOf(last), endOf(last) + 200))) {
    const comma = text.indexOf(',', endOf(lastKept));
    const isCut = edits.some((edit) => edit.kind === 'text' && edit.start <= comma && comma < edit.end);
    if (comma !== -1 && !isCut && /^\s*$/.test(text.slice(endOf(lastKept), comma))) edits.push({ kind: 'text', start: comma, end: comma + 1, text: '' });
  }
  return edits;
}

/** A single comment line above that names the property goes with it. */
function commentAbove(text: string, start: number, property: Node): number {
  const name: unknown = property.children?.[0]?.value;
  if (start === 0 || typeof name !== 'string') return start;
  const above = text.lastIndexOf('\n', start - 2) + 1;
  const further = above === 0 ? '' : text.slice(text.lastIndexOf('\n', above - 2) + 1, above);
  return text.slice(above, start).trim().startsWith('//') && text.slice(above, start).includes(name) && !further.trim().startsWith('//') ? above : start;
}
