import type { Change } from '../../model/change.ts';
import { formOf } from '../../platforms/_shared/config-values.ts';
import { isComposeFile } from '../../platforms/_shared/file-names.ts';
import { entriesOf, entry, get, itemsOf, textOf, type YamlEntry, type YamlNode } from '../../support/yaml.ts';
import type { Edit } from '../edit.ts';
import { editorOf } from '../editors.ts';
import type { FileRefusal, Replacement, RewriteContext, Rewriter, Rewriting } from '../types.ts';
import type { YamlEdit, YamlEditor } from '../yaml-edit.ts';
import { keptHere, type KeyOf, keysOf, type Login, LOGINS } from './_keys.ts';

/**
 * Compose files: on a person's machine they run as that person, so that a login takes the place of a key; none of them can ask for a token. The key goes where the
 * service has the login mounted already.
 */
export const dockerCompose: Rewriter = {
  id: 'docker-compose',
  matches: (path, text) => isComposeFile(path, text) && /\.ya?ml$/i.test(path) && !text.includes('{{'),
  rewrite(path, text, context): Rewriting {
    const editor = editorOf(text);
    if (editor.file.problems.length > 0) return { changes: [], refusals: [] };
    const results = editor.file.documents.flatMap((root) => entriesOf(get(root, 'services')).map((service) => rewriteService(path, editor, service, context)));
    return { changes: results.flatMap(({ changes }) => changes), refusals: results.flatMap(({ refusals }) => refusals) };
  },
  problems: (_, text) => editorOf(text).file.problems.map(({ message }) => message),
};

/** A variable that a service is given. */
interface Given {
  readonly name: string;
  /** Undefined: passed through from the host. */
  readonly value: string | undefined;
  readonly node: YamlNode | YamlEntry;
  readonly edit: YamlEdit;
  readonly isShared: boolean;
}

function rewriteService(path: string, editor: YamlEditor, service: YamlEntry, context: RewriteContext): Rewriting {
  const changes: Change<Edit>[] = [];
  const refusals: FileRefusal[] = [];
  const given = givenTo(editor, service.value);
  for (const key of keysOf(context)) {
    const own = given.filter(({ name, value }) => key.names.has(name) && (value === undefined || formOf(value).kind !== 'dummy'));
    if (own.length === 0) continue;
    const replacement = context.own.find((one) => one.workload === service.key && one.provider === key.provider);
    const migrations = replacement === undefined ? keptHere(context, path, key.provider, service.key) : [replacement.migration];
    const decided = decide(editor, service, key, own, given, replacement, migrations);
    if ('edits' in decided) changes.push(decided);
    else refusals.push(decided);
  }
  return { changes, refusals };
}

function decide(editor: YamlEditor, service: YamlEntry, key: KeyOf, own: readonly Given[], given: readonly Given[], replacement: Replacement | undefined, migrations: readonly string[]): Change<Edit> | FileRefusal {
  const [first] = own;
  const line = first === undefined ? editor.lineOf(service) : Math.min(...own.map(({ node }) => editor.lineOf(node)));
  const names = [...new Set(own.map(({ name }) => name))];
  const listed = names.join(' and ');
  const literal = own.find(({ value }) => value !== undefined && formOf(value).kind === 'literal');
  if (literal !== undefined) return { code: 'literal-key', line: editor.lineOf(literal.node), reason: `A key of ${key.title} stands in the file itself, as ${literal.name}.`, byHand: `Revoke that key at ${key.title} first, then take the entry out.`, migrations, shadows: replacement !== undefined };
  if (replacement !== undefined) {
    return { code: 'no-path', line, reason: `A compose file can ask for no token: that of ${replacement.platform} has to come from the host.`, byHand: `Keep a fresh token in a folder of the host, as the README of the plan says, mount that folder (not the file) read-only into ${service.key}, set the variables of the plan, and take ${listed} out.`, migrations, shadows: true };
  }
  const login = LOGINS[key.provider];
  if (login === undefined) return { code: 'no-path', line, reason: `On a person's machine ${service.key} runs as that person, and ${key.title} has no login that its clients find by themselves.`, byHand: `Leave ${listed} to each person's own key in an env file that is not committed, or run ${service.key} where it has an identity.`, migrations, shadows: false };
  if (!mounts(service.value, login)) return { code: 'no-path', line, reason: `On a person's machine ${service.key} runs as that person, and a compose file can ask for no token.`, byHand: `Let each person run \`${login.command}\`, mount ~/${login.folder} into ${service.key} where its user has its home folder, and take ${listed} out.`, migrations, shadows: false };
  const beside = given.filter(({ name }) => login.beside.includes(name));
  const shared = [...own, ...beside].find(({ isShared }) => isShared);
  if (shared !== undefined) return { code: 'shared-by-alias', line: editor.lineOf(shared.node), reason: `${shared.name} comes through an anchor, so one edit would change several services.`, byHand: `Take ${listed} out where the anchor stands, when all of its services have the login.`, migrations, shadows: true };
  return {
    id: `${service.key}/${key.provider}`,
    line,
    title: `${service.key}: ${listed} ${names.length === 1 ? 'goes' : 'go'}, the login of each person stays`,
    why: `~/${login.folder} is mounted, so the client finds the login of whoever runs it; a key in the environment would win over it.`,
    safety: 'unsafe',
    reason: `It rests on each person having run \`${login.command}\`, and on the program making its client without a key argument.`,
    migrations,
    edits: [...own, ...beside].map(({ edit }) => edit),
  };
}

function givenTo(editor: YamlEditor, service: YamlNode): readonly Given[] {
  return [entry(service, 'environment'), entry(get(service, 'build'), 'args')].flatMap((block): Given[] => {
    const value = block?.value;
    if (block === undefined || value === undefined || value.kind === 'scalar') return [];
    const isShared = block.via !== undefined || editor.isShared(value);
    if (value.kind === 'map') {
      return value.entries.map((own) => ({ name: own.key, value: textOf(own.value) === '' ? undefined : textOf(own.value), node: own, isShared: isShared || own.via !== undefined, edit: { kind: 'remove-entry', holder: value, entry: own, names: [own.key] } }));
    }
    return value.items.flatMap((item): Given[] => {
      const text = textOf(item);
      if (text === undefined) return [];
      const equals = text.indexOf('=');
      const name = (equals < 0 ? text : text.slice(0, equals)).trim();
      return [{ name, value: equals < 0 ? undefined : text.slice(equals + 1), node: item, isShared: isShared || editor.isShared(item), edit: { kind: 'remove-item', holder: value, item, names: [name] } }];
    });
  });
}

/** Whether the folder of a login is mounted into the service. */
function mounts(service: YamlNode, { folder }: Login): boolean {
  return itemsOf(get(service, 'volumes')).some((volume) => {
    const source = textOf(get(volume, 'source')) ?? (textOf(volume) ?? '').split(':', 1)[0] ?? '';
    return source === `~/${folder}` || source.endsWith(`}/${folder}`) || source === `$HOME/${folder}`;
  });
}
