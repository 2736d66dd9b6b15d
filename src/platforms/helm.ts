import type { Extraction, NameTable, Platform, TextFile } from '../model/reference.ts';
import { childOf, textOf } from '../support/data-tree.ts';
import { bindTree } from './_shared/config-bindings.ts';
import { Draft, IDENTITY_AVAILABLE, mayNameKey } from './_shared/config-draft.ts';
import { readManifestText } from './_shared/config-manifest-text.ts';
import { parseYamlDocuments } from './_shared/config-yaml.ts';
import { isHelmTemplate, isHelmValues } from './_shared/file-names.ts';

/** Helm charts: values files, and templates read as text because they are YAML only once rendered. */
export const platform: Platform = {
  id: 'helm',
  title: 'Helm chart',
  checked: '2026-11-23',
  issuesTokens: false,
  runsOn: () => 'kubernetes',
  matches(file: TextFile): boolean {
    return isHelmValues(file.path) || isHelmTemplate(file.path, file.text);
  },
  extract(file: TextFile, names: NameTable): Extraction {
    const draft = new Draft(file, 'helm', names);
    if (!mayNameKey(file.text, names)) return draft.done();
    if (!isHelmValues(file.path)) {
      readManifestText(draft);
      return draft.done();
    }
    const { documents, fault } = parseYamlDocuments(file.text);
    // A values file for helmfile or CI is often a template itself, and no fault of its author.
    if (file.text.includes('{{')) {
      if (fault !== undefined) readManifestText(draft);
    } else draft.fault(fault, 'YAML');
    for (const document of documents) {
      // The account that the chart's own helper gives the pods; without a name it is called after the release, which no file tells.
      const account = textOf(childOf(document, 'serviceAccount', 'name')) ?? '';
      const workload = { key: 'values', name: file.path, route: '', start: 0, end: 0, identity: IDENTITY_AVAILABLE, ...(account === '' ? {} : { facts: { serviceAccount: account } }) };
      bindTree(draft, workload, document, '', { confidence: 'medium', unset: 'environment' });
    }
    return draft.done();
  },
};
