import { isCloudFormation } from '../../platforms/_shared/settings-files.ts';
import { entriesOf, get, textOf } from '../../support/yaml.ts';
import { editorOf } from '../editors.ts';
import type { FileRefusal, Rewriter } from '../types.ts';
import { jsonEntries, jsonGet, jsonText, jsonTree, keyOf } from './_json.ts';
import { lineNumber } from './_lines.ts';
import { holdsName } from './_needs.ts';
import { type Setting, settingsRewriter } from './_settings.ts';
import { type JsonSetting, jsonSettings } from './_settings-json.ts';
import { type YamlSetting, yamlSettings } from './_settings-yaml.ts';

const TASK = 'AWS::ECS::TaskDefinition';

function noTaskRole(workload: string): { readonly reason: string; readonly byHand: string } {
  return { reason: `${workload} has no task role: its programs run without an identity.`, byHand: 'Give it TaskRoleArn (the role of the plan), and take the key out in the same change.' };
}

/** CloudFormation and SAM templates: what runs code has a role. */
const yaml = settingsRewriter<YamlSetting>({
  id: 'cloudformation',
  matches: isCloudFormation,
  read: (_, text) => ({
    ...yamlSettings(text, (root, replacement) => ['Resources', 'Globals', 'Mappings'].flatMap((section) => entriesOf(get(root, section)).flatMap(({ key, value }) => (key === replacement.workload ? [value] : [])))),
    unfit: ({ workload }) => {
      const resource = editorOf(text).file.documents.map((root) => get(get(root, 'Resources'), workload)).find((node) => node !== undefined);
      return textOf(get(resource, 'Type')) === TASK && get(get(resource, 'Properties'), 'TaskRoleArn') === undefined ? noTaskRole(workload) : undefined;
    },
  }),
  after: parametersLeft,
});

const json = settingsRewriter<JsonSetting>({
  id: 'cloudformation',
  matches: isCloudFormation,
  read: (_, text) => ({
    ...jsonSettings(text, (root, replacement) =>
      (root.children ?? []).flatMap((section) => (['Resources', 'Globals', 'Mappings'].includes(keyOf(section)) ? (section.children?.[1]?.children ?? []).filter((property) => keyOf(property) === replacement.workload) : [])),
    ),
    unfit: ({ workload }) => {
      const resource = jsonGet(jsonGet(jsonTree(text), 'Resources'), workload);
      return jsonText(jsonGet(resource, 'Type')) === TASK && jsonGet(jsonGet(resource, 'Properties'), 'TaskRoleArn') === undefined ? noTaskRole(workload) : undefined;
    },
  }),
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
