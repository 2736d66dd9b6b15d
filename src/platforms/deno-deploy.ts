import type { SubjectForm } from '../model/issuer.ts';
import type { Platform } from '../model/reference.ts';
import { issuerOnly } from './_shared/issuer-only.ts';
import { asked, type ShapeSpec, shapeFrom } from './_shared/token-shape.ts';

const FORM: SubjectForm = { id: 'default', template: 'deployment:{organization}/{app}/{context}', except: { organization: '/', app: '/' } };

const SPEC: ShapeSpec = {
  issuer: 'https://oidc.deno.com',
  form: FORM,
  fields: {
    organization: asked('organisation', 'deno.organization', 'Deno Deploy organization', 'name', 'The organization in the address of the dashboard.'),
    app: asked('app', 'deno.app', 'Deno Deploy app', 'name', 'The app in the address of the dashboard.'),
    context: asked('context', 'deno.context', 'Context', 'name', 'production'),
    'app-id': asked('app', 'deno.app_id', 'App id', 'name', 'Claim of a decoded token.'),
  },
  claims: [{ claim: 'app_id', value: '{app-id}', role: 'id' }],
  warnings: ['Decode a token first: issuer, subject and ids are registered as it says them.'],
};

export const platform: Platform = {
  id: 'deno-deploy',
  title: 'Deno Deploy',
  checked: '2026-11-23',
  issuesTokens: true,
  tokens: {
    issuer: 'https://oidc.deno.com',
    isShared: true,
    discovery: 'public',
    subjects: [FORM],
    stableClaims: ['app_id'],
    audience: 'free',
    lifetime: { seconds: 300, refresh: 'ask-again' },
    arrival: { kind: 'request', how: 'getIdToken(AUDIENCE) of @deno/oidc' },
    edits: [
      'Give the client a token provider that calls getIdToken(AUDIENCE) of jsr:@deno/oidc.',
      'Remove the environment variable that holds the key.',
    ],
    source: 'https://docs.deno.com/deploy/reference/oidc/',
    describe: (workload) => shapeFrom(SPEC, workload),
  },
  ...issuerOnly,
};
