import type { SubjectForm } from '../model/issuer.ts';
import type { Extraction, NameTable, Platform, TextFile } from '../model/reference.ts';
import { childOf, itemsOf, textOf } from '../support/data-tree.ts';
import { bindTree } from './_shared/config-bindings.ts';
import { baseName, Draft, NO_IDENTITY } from './_shared/config-draft.ts';
import { readTrees } from './_shared/config-file.ts';
import { isRender } from './_shared/settings-files.ts';
import { asked, type ShapeSpec, shapeFrom } from './_shared/token-shape.ts';

/** Render blueprints: `envVars` of services and of groups. */
const FORM: SubjectForm = { id: 'default', template: 'workspace:{workspace}:environment:{environment}:service:{service}' };

const SPEC: ShapeSpec = {
  issuer: 'https://oidc.render.com/{workspace}',
  form: FORM,
  fields: {
    workspace: asked('workspace', 'render.workspace_id', 'Render workspace id', 'name', 'Workspace settings (tea-...).'),
    environment: asked('environment', 'render.environment_id', 'Render environment id', 'name', 'Project settings (evm-...).'),
    service: asked('service', 'render.service_id', 'Render service id', 'name', 'The service in the address of the dashboard (srv-...).'),
  },
  claims: [],
  warnings: ['A public beta, for AWS only: decode a token, and register the subject it says.'],
};

export const platform: Platform = {
  id: 'render',
  title: 'Render',
  checked: '2026-11-23',
  issuesTokens: true,
  tokens: {
    issuer: 'https://oidc.render.com/{workspace}',
    isShared: false,
    discovery: 'public',
    subjects: [FORM],
    stableClaims: [],
    audience: { fixed: 'sts.amazonaws.com' },
    lifetime: { seconds: 3600, refresh: 'rotated-file' },
    arrival: { kind: 'file', path: 'the file that Render sets up for AWS' },
    edits: [
      'Connect the service to the AWS role; Render sets the variables of the role up.',
      'Remove the environment variable that holds the key.',
    ],
    source: 'https://render.com/docs/oidc',
    describe: (workload) => shapeFrom(SPEC, workload),
  },
  matches: isRender,
  extract(file: TextFile, names: NameTable): Extraction {
    const draft = new Draft(file, 'render', names);
    for (const root of readTrees(draft)) {
      for (const list of ['services', 'envVarGroups', 'jobs']) {
        itemsOf(childOf(root, list)).forEach((service, index) => {
          const route = `${list}[${index}]`;
          const name = textOf(childOf(service, 'name')) ?? baseName(file.path);
          const workload = { key: route, name, route, start: service.start, end: service.end, identity: NO_IDENTITY };
          bindTree(draft, workload, service, route);
        });
      }
    }
    return draft.done();
  },
};
