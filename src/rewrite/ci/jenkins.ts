import type { Change } from '../../model/change.ts';
import type { Edit } from '../edit.ts';
import type { FileRefusal, Replacement, Rewriter, RewriteContext } from '../types.ts';
import { FILES, nothing } from './_file.ts';
import { blankComments, closingOf, lineOf } from './_groovy.ts';
import { isSetup, notYetSet, type Obstacle, restsOn, type Setup, setupOf, written } from './_way.ts';

/** Longer files are data. */
const MAX_LENGTH = 1_500_000;

/** A place where a credential of the controller gets a variable. */
interface Binding {
  readonly kind: 'bound' | 'environment';
  /** The whole call: `string(credentialsId: 'id', variable: 'NAME')`, or `NAME = credentials('id')`. */
  readonly start: number;
  readonly end: number;
  readonly id: string;
  readonly variable: string;
  /** Of `withCredentials`: `string`, `usernamePassword`, `[$class: ...]`. */
  readonly type: string;
  /** The quote of its strings. */
  readonly quote: string;
}

/**
 * Pipelines in Groovy. Only the binding of one credential is replaced by another binding: the plugin oidc-provider makes the token a credential, as a file or as a text.
 * https://github.com/jenkinsci/oidc-provider-plugin, 2026-11-23
 */
export const rewriter: Rewriter = {
  id: 'jenkins',
  matches: (path) => FILES.jenkins.test(path),
  rewrite(_, text, context) {
    const own = context.own.filter((replacement) => replacement.platform === 'jenkins');
    if (own.length === 0 || text.length > MAX_LENGTH) return nothing;
    const code = blankComments(text);
    const bindings = bindingsIn(code);
    const changes: Change<Edit>[] = [];
    const refusals: FileRefusal[] = [];
    for (const replacement of own) {
      const found = rewriteOne(text, code, bindings, replacement, context);
      if (found === undefined) continue;
      if ('edits' in found) changes.push(found);
      else refusals.push({ ...found, migrations: [replacement.migration] });
    }
    return { changes, refusals };
  },
};

type Refusal = Obstacle & { readonly line: number; readonly shadows: boolean };

function rewriteOne(text: string, code: string, bindings: readonly Binding[], replacement: Replacement, context: RewriteContext): Change<Edit> | Refusal | undefined {
  const names = new Set([...replacement.names, ...replacement.variables, ...replacement.remove]);
  const mine = bindings.filter(({ id, variable }) => names.has(id) || names.has(variable));
  const line = mine[0] === undefined ? replacement.line : lineOf(text, mine[0].start);
  const refuse = (obstacle: Obstacle, at = line, shadows = true): Refusal => ({ ...obstacle, line: at, shadows });
  const setup = setupOf(replacement, context);
  if (!isSetup(setup)) return refuse(setup, line, false);
  const variable = variableOf(setup);
  if (mine.length === 0) {
    if (bindings.some((binding) => binding.variable === variable)) return undefined;
    return refuse({ code: 'unknown-shape', reason: `The key of ${replacement.title} is bound in no form that is known here.`, byHand: `Add a credential "OpenID Connect id token as file" with the audience of the rule, and bind it to ${variable} in place of the key.` });
  }
  if (setup.way.kind === 'google') return refuse({ code: 'unknown-shape', reason: 'Google’s libraries need a configuration file beside the token, which no binding makes.', byHand: 'Bind the token as a file, write the configuration with gcloud iam workload-identity-pools create-cred-config, and point GOOGLE_APPLICATION_CREDENTIALS at it.' });
  const odd = mine.find(({ kind, type }) => kind === 'bound' && type !== 'string');
  if (odd !== undefined) return refuse({ code: 'unknown-shape', reason: `A credential of the type ${odd.type} holds the key.`, byHand: `Bind the token with file(credentialsId: '${credentialOf(setup)}', variable: '${variable}') in its place.` }, lineOf(text, odd.start));
  const bound = new Set(mine.map((binding) => binding.variable));
  const read = readOf(code, mine, names, bound);
  if (read !== undefined) return refuse({ code: 'unknown-shape', reason: `The pipeline itself reads ${read.name}.`, byHand: `Let the program find its identity by itself, take ${read.name} out, and run again.` }, lineOf(text, read.at));
  const renamed = [...bound].find((name) => !replacement.variables.includes(name) && !replacement.remove.includes(name));
  if (renamed !== undefined) return refuse({ code: 'needs-code-change', reason: `${renamed} hands the key on under a name that no client of ${replacement.title} reads by itself.`, byHand: `Let the program make its client without a key, take ${renamed} out, and run again.` });
  const needed = written(notYetSet(setup.settings, code));
  if (needed.length > 0 && !mine.every(({ kind }) => kind === 'environment')) {
    return refuse({ code: 'unknown-shape', reason: `${needed.map(({ name }) => name).join(', ')} would have to be set beside the binding.`, byHand: `Set ${needed.map(({ name }) => name).join(', ')} in environment { } or withEnv, bind the token to ${variable}, and take the key out.` });
  }
  const edits = mine.map((binding): Edit => ({ kind: 'text', start: binding.start, end: binding.end, text: replacementFor(text, binding, setup) }));
  return {
    id: `pipeline/${replacement.provider}`,
    line,
    title: `the key of ${replacement.title} becomes an identity token`,
    why: `The pipeline shows its own identity to ${replacement.title} and holds no key. A credential "OpenID Connect id token as file" with the id ${credentialOf(setup)} has to be there, with the audience of the rule${setup.needed.length === 0 ? '' : `; ${setup.needed.join(', ')} as environment variables of the folder or the controller`}.`,
    safety: 'unsafe',
    reason: restsOn([setup], mine.map(({ id }) => id)),
    migrations: [replacement.migration],
    edits,
  };
}

/** Variable that tells the client where its token is. */
function variableOf({ way }: Setup): string {
  return way.kind === 'google' ? 'GOOGLE_APPLICATION_CREDENTIALS' : way.kind === 'file' ? way.variable : (way.file ?? way.variable);
}

/** Id of the credential that issues the token: to be made in the folder of the job. */
function credentialOf({ party }: Setup): string {
  return `${party}-identity-token`;
}

function replacementFor(text: string, binding: Binding, setup: Setup): string {
  const { quote } = binding;
  const variable = variableOf(setup);
  const isText = setup.way.kind === 'token' && setup.way.file === undefined;
  if (binding.kind === 'bound') return `${isText ? 'string' : 'file'}(credentialsId: ${quote}${credentialOf(setup)}${quote}, variable: ${quote}${variable}${quote})`;
  const indent = /[ \t]*$/.exec(text.slice(text.lastIndexOf('\n', binding.start - 1) + 1, binding.start))?.[0] ?? '';
  const others = written(notYetSet(setup.settings, text)).map(({ name, source }) => `\n${indent}${name} = ${source.kind === 'literal' ? `'${source.text}'` : `"\${env.${source.name}}"`}`);
  return `${variable} = credentials(${quote}${credentialOf(setup)}${quote})${others.join('')}`;
}

/** The first place outside the bindings where the key's variable is read. */
function readOf(code: string, mine: readonly Binding[], names: ReadonlySet<string>, bound: ReadonlySet<string>): { readonly name: string; readonly at: number } | undefined {
  for (const match of code.matchAll(/(?<!\w)[A-Za-z_]\w{2,127}(?!\w)/g)) {
    const name = match[0];
    if (!names.has(name) && !bound.has(name)) continue;
    if (mine.some(({ start, end }) => start <= match.index && match.index < end)) continue;
    return { name, at: match.index };
  }
  return undefined;
}

/** Bindings with literal ids, in order. */
function bindingsIn(code: string): readonly Binding[] {
  const found: Binding[] = [];
  for (const match of code.matchAll(/\b([A-Za-z_]\w{0,127})([ \t]{0,20}=[ \t]{0,20})credentials[ \t]{0,4}\([ \t]{0,20}(["'])([^"'\n$]{1,200})\3[ \t]{0,20}\)/g)) {
    found.push({ kind: 'environment', start: match.index, end: match.index + match[0].length, id: match[4] ?? '', variable: match[1] ?? '', type: 'credentials', quote: match[3] ?? "'" });
  }
  for (const match of code.matchAll(/\b([A-Za-z]\w{0,60})[ \t]{0,4}\((?=[^()]{0,600}\bcredentialsId\b)/g)) {
    const open = match.index + match[0].length - 1;
    const close = closingOf(code, open);
    if (close === undefined) continue;
    const inside = code.slice(open + 1, close);
    const id = /\bcredentialsId\s{0,10}:\s{0,10}(["'])([^"'\n$]{1,200})\1/.exec(inside);
    const variable = /\b(?:variable|passwordVariable|secretKeyVariable)\s{0,10}:\s{0,10}["']([A-Za-z_]\w{0,127})["']/.exec(inside)?.[1];
    if (id === null || variable === undefined) continue;
    found.push({ kind: 'bound', start: match.index, end: close + 1, id: id[2] ?? '', variable, type: match[1] ?? '', quote: id[1] ?? "'" });
  }
  return found.toSorted((a, b) => a.start - b.start);
}
