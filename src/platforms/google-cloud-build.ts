import type { Platform } from '../model/reference.ts';
import { at, get, itemsOf, textOf, textsOf, type YamlRange } from '../support/yaml.ts';
import { factList, factText } from './_shared/ci-draft.ts';
import { assignmentTarget } from './_shared/ci-shell.ts';
import { lastParents, openFile, readBroken, readParts, type Part, type VariableSystem } from './_shared/ci-variables.ts';

const SYSTEM: VariableSystem = {
  store: 'environment',
  assigners: new Set(['substitutions']),
  bareName(leaf) {
    const { scalar, route, entry } = leaf;
    const [parent] = lastParents(route);
    if (entry === undefined && parent === 'secretEnv') return { name: scalar.value, store: 'vault' };
    if (entry?.key !== 'versionName') return undefined;
    const name = secretName(scalar.value);
    return name === undefined ? undefined : { name, store: 'vault' };
  },
};

export const platform: Platform = {
  id: 'google-cloud-build',
  title: 'Google Cloud Build',
  checked: '2026-11-23',
  issuesTokens: false,
  runsOn: () => 'google-compute',
  matches(file) {
    return /(?:^|\/)(?:[^/]*[._-])?cloud-?build(?:[._-][^/]*)?\.(?:ya?ml|json)$/i.test(file.path) && /["']?steps["']?[ \t]*:/.test(file.text);
  },
  extract(file, names) {
    const reader = openFile(file, 'google-cloud-build', names, SYSTEM);
    const { root, draft } = reader;
    const steps = get(root, 'steps');
    const job = draft.declare({
      key: 'build',
      name: `${reader.fileName} › build`,
      route: '',
      range: root?.range ?? { start: 0, end: 0 },
      // Builds run as a service account, whose tokens the metadata server gives to any step.
      identity: { kind: 'available' },
      facts: { serviceAccount: factText(textOf(get(root, 'serviceAccount')) ?? ''), container: factList(itemsOf(steps).flatMap((step) => textsOf(get(step, 'name')))) },
    });
    // The secret's own name, with the variable it arrives in.
    for (const [index, secret] of itemsOf(at(root, ['availableSecrets', 'secretManager'])).entries()) {
      const version = get(secret, 'versionName');
      const name = secretName(textOf(version) ?? '');
      if (version === undefined || name === undefined) continue;
      draft.take(job, { name, target: textOf(get(secret, 'env')), store: 'vault', route: `availableSecrets.secretManager[${index}].versionName`, range: version.range });
    }
    const parts: Part[] = ['steps', 'options', 'substitutions'].flatMap((key) => {
      const node = get(root, key);
      return node === undefined ? [] : [{ node, route: key }];
    });
    readParts(reader, job, parts);
    for (const [index, step] of itemsOf(steps).entries()) {
      for (const [position, item] of itemsOf(get(step, 'env')).entries()) if (item.kind === 'scalar') readPair(item.value, item.range, `steps[${index}].env[${position}]`);
    }
    readBroken(reader);
    return draft.finish();

    /** `NAME=value` in a list. */
    function readPair(text: string, range: YamlRange, route: string): void {
      const equals = text.indexOf('=');
      if (equals === -1 || assignmentTarget(text, equals + 1) === undefined || range.end - range.start !== text.length) return;
      draft.literal(job, text.slice(0, equals), text.slice(equals + 1), route, { start: range.start + equals + 1, end: range.end });
    }
  },
};

/** `projects/P/secrets/NAME/versions/V` */
function secretName(version: string): string | undefined {
  return /(?:^|\/)secrets\/([\w-]{1,255})(?:\/|$)/.exec(version.slice(0, 600))?.[1];
}
