import { isCloudFormation } from '../../platforms/_shared/settings-files.ts';
import { entriesOf, get } from '../../support/yaml.ts';
import type { FileRefusal, Rewriter } from '../types.ts';
import { jsonEntries, jsonTree, keyOf } from './_json.ts';
import { lineNumber } from './_lines.ts';
import { holdsName } from './_needs.ts';
import { type Setting, settingsRewriter } from './_settings.ts';
import { type JsonSetting, jsonSettings } from './_settings-json.ts';
import { type YamlSetting, yamlSettings } from './_settings-yaml.ts';

/** CloudFormation and SAM templates: what runs code has a role. */
const yaml = settingsRewriter<YamlSetting>({
  id: 'cloudformation',
  matches: isCloudFormation,
  read: (_, text) =>
    yamlSettings(text, (root, replacement) =>
      ['Resources', 'Globals', 'Mappings'].flatMap((section) => entriesOf(get(root, section)).flatMap(({ key, value }) => (key === replacement.workload ? [value] : []))),
    ),
  after: parametersLeft,
});

const json = settingsRewriter<JsonSetting>({
  id: 'cloudformation',
  matches: isCloudFormation,
  read: (_, text) =>
    jsonSettings(text, (root, replacement) =>
      (root.children ?? []).flatMap((section) => (['Resources', 'Globals', 'Mappings'].includes(keyOf(section)) ? (section.children?.[1]?.children ?? []).filter((property) => keyOf(property) === replacement.workload) : [])),
    ),
  after: parametersLeft,
});

export const cloudformation: Rewriter = { ...yaml, rewrite: (path, text, context) => (isJson(text) ? json : yaml).rewrite(path, text, context) };

function isJson(text: string): boolean {
  return /^\s*\{/.test(text.replace(/^\uFEFF/, ''));
}

/** Parameters that filled the settings: whoever deploys the template passes them, and passing one that is gone is an error. */
function parametersLeft(_: string, text: string, gone: readonly Setting[]): readonly FileRefusal[] {
  const names = new Set(gone.flatMap(({ value }) => (/^[A-Za-z0-9]{1,255}$/.test(value) ? [value] : [])));
  const root = isJson(text) ? jsonTree(text) : undefined;
  return [...names].flatMap((name): readonly FileRefusal[] => {
    const uses = text.split('\n').filter((line) => holdsName(line, name) && !line.trim().startsWith('#')).length;
    const offset = root === undefined ? (new RegExp(`^[ \\t]+["']?${name}["']?:`, 'm').exec(text)?.index ?? -1) : (jsonEntries(root, (key) => key === name)[0]?.offset ?? -1);
    if (offset === -1 || uses > 2) return [];
    const line = lineNumber(text, text.indexOf(name, offset));
    return [{ code: 'unknown-shape', line, reason: `Nothing in the template uses the parameter ${name} any more, but whoever deploys it still passes it.`, byHand: `Delete the parameter together with its value wherever the stack is deployed.`, migrations: [], shadows: false }];
  });
}
