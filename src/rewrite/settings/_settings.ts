import { formOf } from '../../platforms/_shared/config-values.ts';
import type { Change } from '../../model/change.ts';
import type { TextFile } from '../../model/reference.ts';
import type { Edit } from '../edit.ts';
import type { FileRefusal, Replacement, RewriteContext, Rewriter } from '../types.ts';
import { ambientSettings, cloudTitle, deliveryOf } from './_delivery.ts';
import { goes, isReadByClients, listed, namesOf } from './_needs.ts';

/** A variable that a settings file hands a program. */
export interface Setting {
  readonly name: string;
  /** From 1. */
  readonly line: number;
  /** As written, for telling what it is; never shown. */
  readonly value: string;
}

/** One syntax of settings, read for one file. */
export interface SettingsFile<S extends Setting> {
  /** Why it cannot be read. */
  readonly fault: string | undefined;
  /** The settings of one workload that hold one of `names`. */
  readonly settingsOf: (replacement: Replacement, isNamed: (name: string) => boolean) => readonly S[];
  /** Why a workload has no identity at its cloud as it stands. */
  readonly unfit?: (replacement: Replacement) => { readonly reason: string; readonly byHand: string } | undefined;
  /** Edits that take `settings` out and put `added` in place of the first; undefined when that cannot be written. */
  readonly remove: (settings: readonly S[], added: readonly (readonly [string, string])[]) => readonly Edit[] | undefined;
}

export interface SettingsSpec<S extends Setting> {
  readonly id: string;
  readonly matches: (file: TextFile) => boolean;
  readonly read: (path: string, text: string) => SettingsFile<S>;
  /** Names of variables that the platform sets by itself. */
  readonly provided?: readonly string[];
  /** The command by which a person logs in, for files that are read on machines of people. */
  readonly login?: (path: string) => string | undefined;
  readonly problems?: Rewriter['problems'];
  /** More to say once the settings are gone, such as a parameter that only they used. */
  readonly after?: (path: string, text: string, gone: readonly S[]) => readonly FileRefusal[];
}

/** A rewriter of files that describe workloads by their settings: the key goes where the workload's cloud gives it an identity, and is refused elsewhere. */
export function settingsRewriter<S extends Setting>(spec: SettingsSpec<S>): Rewriter {
  return {
    id: spec.id,
    matches: (path, text) => spec.matches({ path, text }),
    ...(spec.problems === undefined ? {} : { problems: spec.problems }),
    rewrite(path, text, context) {
      if (context.own.length === 0) return { changes: [], refusals: [] };
      const file = spec.read(path, text);
      const changes: Change<Edit>[] = [];
      const refusals: FileRefusal[] = [];
      // Two keys of one workload may be replaced by the same settings.
      const put = new Set<string>();
      for (const replacement of context.own) {
        const decided = decide(spec, path, file, replacement, context, put);
        if (decided === undefined) continue;
        if (!('gone' in decided)) {
          refusals.push(decided);
          continue;
        }
        changes.push(decided.change);
        refusals.push(...(spec.after?.(path, text, decided.gone) ?? []));
      }
      return { changes, refusals };
    },
  };
}

function decide<S extends Setting>(spec: SettingsSpec<S>, path: string, file: SettingsFile<S>, replacement: Replacement, context: RewriteContext, put: Set<string>): { readonly change: Change<Edit>; readonly gone: readonly S[] } | FileRefusal | undefined {
  const { workload, title, migration, provider } = replacement;
  const refuse = (line: number, code: FileRefusal['code'], reason: string, byHand: string): FileRefusal => ({ code, line, reason, byHand, migrations: [migration], shadows: false });
  if (file.fault !== undefined) return refuse(replacement.line, 'not-readable', `The file cannot be read: ${file.fault}.`, 'Correct its syntax, and run again.');
  const names = namesOf([replacement]);
  const held = file.settingsOf(replacement, (name) => names.has(name));
  const [first] = held;
  // Named in a way that this reader does not know: said for all files alike.
  if (first === undefined) return undefined;
  const called = listed(held.map(({ name }) => name));
  if (held.some(({ value }) => formOf(value).kind === 'literal')) return refuse(first.line, 'literal-key', `${called} has a value that looks like a real key.`, `Revoke the key at ${title} first, then take it out; it stays in the history of the repository.`);
  const delivery = deliveryOf(replacement);
  if (delivery.kind === 'refused') return refuse(first.line, delivery.code, delivery.reason, delivery.byHand);
  if (!held.every(({ name }) => isReadByClients(name, replacement))) return refuse(first.line, 'needs-code-change', `${workload} reads ${called} by a name of its own: what it does without is in its code.`, `Change the code that makes the client of ${title}, and take ${called} out in the same change.`);
  const unfit = file.unfit?.(replacement);
  if (unfit !== undefined) return refuse(first.line, 'unknown-shape', unfit.reason, unfit.byHand);
  const wanted = delivery.kind === 'ambient' ? ambientSettings(replacement, delivery.cloud) : delivery.inFile ? [['AWS_ROLE_ARN', replacement.set['AWS_ROLE_ARN'] ?? ''] as const] : [];
  const wantedNames = new Set(wanted.map(([name]) => name));
  const there = new Set([...file.settingsOf(replacement, (name) => wantedNames.has(name)).map(({ name }) => name), ...(spec.provided ?? [])]);
  const added: (readonly [string, string])[] = [];
  const unknown: { readonly name: string; readonly input: string }[] = [];
  for (const [name, value] of wanted) {
    if (there.has(name) || put.has(`${workload}\n${name}`)) continue;
    const input = /^\{([a-z_]+\.[a-z_]+)\}$/.exec(value)?.[1];
    const known = input === undefined ? value : context.value(input);
    if (known === undefined || !/^[\w:/.@-]+$/.test(known)) unknown.push({ name, input: input ?? name });
    else added.push([name, known]);
  }
  if (unknown.length > 0) return refuse(first.line, 'unknown-shape', `${workload} has to be told ${listed(unknown.map(({ name }) => name))} in place of the key, and the values are not known.`, `Run again with ${unknown.map(({ input }) => `--set ${input}=...`).join(' ')}, or make the change by hand.`);
  const edits = file.remove(held, added);
  for (const [name] of added) put.add(`${workload}\n${name}`);
  if (edits === undefined) return refuse(first.line, 'unknown-shape', `${called} does not stand where it can be taken out alone.`, 'Take it out by hand.');
  const login = spec.login?.(path);
  const instead = added.length === 0 ? '' : `, ${listed(added.map(([name]) => name))} ${added.length === 1 ? 'comes' : 'come'}`;
  return {
    gone: held,
    change: {
      id: `${workload}/${provider}`,
      line: first.line,
      title: `${workload}: ${called} ${goes(held.map(({ name }) => name))}${instead}`,
      why: login !== undefined ? `The file is read on machines of people, who log in with ${login}; the key would win over it.` : delivery.kind === 'ambient' ? `${workload} runs under an identity of ${cloudTitle(delivery.cloud)} that the client finds by itself; the key would win over it.` : `${delivery.how}, and the client finds it by itself; the key would win over it.`,
      safety: 'unsafe',
      reason: `Rests on ${login !== undefined ? 'everyone who uses the file being logged in' : `the ${delivery.kind === 'ambient' && delivery.cloud !== 'aws' ? 'identity' : 'role'} of ${workload} being allowed what the plan gives it`}${replacement.change === 'code' ? `, and on the code that makes the client of ${title} being changed too` : ''}.`,
      migrations: [migration],
      edits,
    },
  };
}
