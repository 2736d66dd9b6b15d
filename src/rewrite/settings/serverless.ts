import { isServerless } from '../../platforms/_shared/settings-files.ts';
import { entriesOf, get } from '../../support/yaml.ts';
import { jsonEntries, keyOf } from './_json.ts';
import { settingsRewriter } from './_settings.ts';
import { type JsonSetting, jsonSettings } from './_settings-json.ts';
import { type YamlSetting, yamlSettings } from './_settings-yaml.ts';

/** Serverless Framework: each function runs under a role of AWS. */
const yaml = settingsRewriter<YamlSetting>({
  id: 'serverless',
  matches: isServerless,
  read: (_, text) =>
    yamlSettings(text, (root, replacement, lineOf) => {
      const functions = get(root, 'functions');
      const own = entriesOf(functions).find((entry) => entry.key === replacement.workload && lineOf(entry) === replacement.line);
      return own === undefined ? entriesOf(root).flatMap(({ key, value }) => (key === 'functions' ? [] : [value])) : [own.value];
    }),
});

const json = settingsRewriter<JsonSetting>({
  id: 'serverless',
  matches: isServerless,
  read: (_, text) =>
    jsonSettings(text, (root, replacement) => {
      const functions = jsonEntries(root, (key) => key === 'functions')[0];
      const own = (functions?.children?.[1]?.children ?? []).find((property) => keyOf(property) === replacement.workload);
      return own === undefined ? (root.children ?? []).filter((property) => property !== functions) : [own];
    }),
});

export const serverless = { ...yaml, rewrite: (path, text, context) => (path.endsWith('.json') ? json : yaml).rewrite(path, text, context) } satisfies typeof yaml;
