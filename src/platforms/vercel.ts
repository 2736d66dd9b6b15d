import type { SubjectForm } from '../model/issuer.ts';
import type { Extraction, NameTable, Platform, TextFile } from '../model/reference.ts';
import { bindTree } from './_shared/config-bindings.ts';
import { baseName, Draft, IDENTITY_AVAILABLE } from './_shared/config-draft.ts';
import { readTrees } from './_shared/config-file.ts';
import { isVercel } from './_shared/settings-files.ts';
import { asked, type ShapeSpec, shapeFrom } from './_shared/token-shape.ts';

/** Vercel project configuration: `env` and `build.env`, with `@name` for stored secrets. */
const FORM: SubjectForm = { id: 'default', template: 'owner:{team}:project:{project}:environment:{environment}' };

const SPEC: ShapeSpec = {
  issuer: 'https://oidc.vercel.com/{team}',
  form: FORM,
  fields: {
    team: asked('team', 'vercel.team', 'Vercel team slug', 'name', 'The team in the address of the dashboard.'),
    project: asked('project', 'vercel.project', 'Vercel project name', 'name', 'The project in the address of the dashboard.'),
    environment: asked('environment', 'vercel.environment', 'Environment', 'name', 'production'),
    'owner-id': asked('team', 'vercel.owner_id', 'Team id', 'name', 'Team settings, General: Team ID.'),
    'project-id': asked('project', 'vercel.project_id', 'Project id', 'name', 'Project settings, General: Project ID.'),
  },
  claims: [
    { claim: 'owner_id', value: '{owner-id}', role: 'id' },
    { claim: 'project_id', value: '{project-id}', role: 'id' },
    { claim: 'environment', value: '{environment}', role: 'context' },
  ],
  warnings: ['Preview deployments run branches that nobody has reviewed: give them an identity of their own.'],
};

export const platform: Platform = {
  id: 'vercel',
  title: 'Vercel',
  checked: '2026-11-23',
  issuesTokens: true,
  tokens: {
    issuer: 'https://oidc.vercel.com/{team}',
    isShared: false,
    discovery: 'public',
    subjects: [FORM],
    stableClaims: ['owner_id', 'project_id'],
    audience: 'free',
    lifetime: { seconds: 3600, refresh: 'ask-again' },
    arrival: { kind: 'request', how: 'getVercelOidcToken({ audience }) of @vercel/oidc' },
    edits: [
      'Switch OIDC federation on for the project, in team issuer mode.',
      'Give the client a token provider that calls getVercelOidcToken: the token changes with every request, so never keep it.',
      'Remove the environment variable that holds the key from the project.',
    ],
    source: 'https://vercel.com/docs/oidc/reference',
    describe: (workload) => shapeFrom(SPEC, workload),
  },
  matches: isVercel,
  extract(file: TextFile, names: NameTable): Extraction {
    const draft = new Draft(file, 'vercel', names);
    for (const root of readTrees(draft)) {
      const workload = { key: 'project', name: baseName(file.path), route: '', start: 0, end: 0, identity: IDENTITY_AVAILABLE };
      bindTree(draft, workload, root, '');
    }
    return draft.done();
  },
};
