import type { SubjectForm } from '../model/issuer.ts';
import type { Extraction, NameTable, Platform, TextFile } from '../model/reference.ts';
import { bindTree } from './_shared/config-bindings.ts';
import { baseName, Draft, IDENTITY_AVAILABLE } from './_shared/config-draft.ts';
import { readTrees } from './_shared/config-file.ts';
import { isFly } from './_shared/settings-files.ts';
import { asked, type ShapeSpec, shapeFrom } from './_shared/token-shape.ts';

/** Fly.io applications: `[env]`, `[build.args]` and secrets mounted as files. */
const FORM: SubjectForm = { id: 'default', template: '{organization}:{app}:{machine}' };

const SPEC: ShapeSpec = {
  issuer: 'https://oidc.fly.io/{organization}',
  form: FORM,
  fields: {
    organization: asked('organisation', 'fly.organization', 'Fly.io organization slug', 'name', 'fly orgs list'),
    app: asked('app', 'fly.app', 'Fly.io app name', 'name', 'fly apps list'),
    machine: { ...asked('machine', 'fly.machine', 'Machine of the run', 'name', 'Another one in every run.'), perRun: true },
    'app-id': asked('app', 'fly.app_id', 'App id', 'name', 'Claim app_id of a decoded token.'),
    'org-id': asked('organisation', 'fly.org_id', 'Organization id', 'name', 'Claim org_id of a decoded token.'),
  },
  claims: [{ claim: 'app_id', value: '{app-id}', role: 'id' }, { claim: 'org_id', value: '{org-id}', role: 'id' }],
};

export const platform: Platform = {
  id: 'fly',
  title: 'Fly.io',
  checked: '2026-11-23',
  issuesTokens: true,
  tokens: {
    issuer: 'https://oidc.fly.io/{organization}',
    isShared: false,
    discovery: 'public',
    subjects: [FORM],
    stableClaims: ['app_id', 'org_id'],
    audience: 'free',
    lifetime: { seconds: 600, refresh: 'ask-again' },
    arrival: { kind: 'request', how: 'POST /v1/tokens/oidc on the socket /.fly/api' },
    edits: [
      'Ask the Machine for a token: curl --unix-socket /.fly/api -X POST http://localhost/v1/tokens/oidc -d \'{"aud":"AUDIENCE"}\', into a file that is written anew every five minutes.',
      'fly secrets unset the key.',
    ],
    source: 'https://fly.io/docs/security/openid-connect/',
    describe: (workload) => shapeFrom(SPEC, workload),
  },
  matches: isFly,
  extract(file: TextFile, names: NameTable): Extraction {
    const draft = new Draft(file, 'fly', names);
    for (const root of readTrees(draft)) {
      const workload = { key: 'app', name: baseName(file.path), route: '', start: 0, end: 0, identity: IDENTITY_AVAILABLE };
      bindTree(draft, workload, root, '');
    }
    return draft.done();
  },
};
