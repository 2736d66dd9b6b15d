import type { DataNode } from '../../support/data-tree.ts';
import { parseJson } from '../../support/json.ts';
import { parseToml } from '../../support/toml.ts';
import type { Draft } from './config-draft.ts';
import { parseYamlDocuments } from './config-yaml.ts';

const TEMPLATED = /\{\{|\{%|<%/;

/**
 * The trees of a JSON, TOML or YAML file, told apart by the end of its name. What cannot be read is noted as a problem, unless the file is a
 * template of some engine and so is not meant to be read before it is filled in.
 */
export function readTrees(draft: Draft): readonly DataNode[] {
  const path = draft.path.replace(/\.(?:example|sample|template|dist|tmpl|tpl|j2|erb)$/i, '');
  const silent = TEMPLATED.test(draft.text) || path !== draft.path;
  if (/\.ya?ml$/i.test(path)) {
    const { documents, fault } = parseYamlDocuments(draft.text);
    if (!silent) draft.fault(fault, 'YAML');
    return documents;
  }
  const isToml = /\.toml$/i.test(path);
  const { root, fault } = isToml ? parseToml(draft.text) : parseJson(draft.text);
  if (!silent) draft.fault(fault, isToml ? 'TOML' : 'JSON');
  return root === undefined ? [] : [root];
}
