import { isRender } from '../../platforms/_shared/settings-files.ts';
import { get, itemsOf, textOf } from '../../support/yaml.ts';
import { settingsRewriter } from './_settings.ts';
import { type YamlSetting, yamlSettings } from './_settings-yaml.ts';

/** Render blueprints: services and groups of variables. */
export const render = settingsRewriter<YamlSetting>({
  id: 'render',
  matches: isRender,
  read: (_, text) => yamlSettings(text, (root, replacement) => ['services', 'envVarGroups', 'jobs'].flatMap((list) => itemsOf(get(root, list)).filter((item) => textOf(get(item, 'name')) === replacement.workload))),
});
