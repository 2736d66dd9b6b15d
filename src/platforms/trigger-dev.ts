import type { SubjectForm } from '../model/issuer.ts';
import type { Platform } from '../model/reference.ts';
import { issuerOnly } from './_shared/issuer-only.ts';
import { asked, type ShapeSpec, shapeFrom } from './_shared/token-shape.ts';

const FORM: SubjectForm = { id: 'environment', template: '{environment}', except: { environment: '' } };

const SPEC: ShapeSpec = {
  issuer: 'https://oidc.trigger.dev/{organization}',
  form: FORM,
  fields: {
    organization: asked('organisation', 'trigger.organization', 'trigger.dev organization', 'name', 'The organization in the address of the dashboard.'),
    environment: asked('environment', 'trigger.subject', 'Subject of the environment', 'id', 'Project settings, OIDC: the subject of the environment.'),
  },
  claims: [],
};

export const platform: Platform = {
  id: 'trigger-dev',
  title: 'trigger.dev',
  checked: '2026-11-23',
  issuesTokens: true,
  tokens: {
    issuer: 'https://oidc.trigger.dev/{organization}',
    isShared: false,
    discovery: 'public',
    subjects: [FORM],
    stableClaims: [],
    audience: 'free',
    lifetime: { seconds: 600, refresh: 'ask-again' },
    arrival: { kind: 'request', how: 'auth.getOIDCToken({ audience }) of @trigger.dev/sdk' },
    edits: [
      'Give the client a token provider that calls auth.getOIDCToken({ audience }).',
      'Remove the environment variable that holds the key.',
    ],
    source: 'https://trigger.dev/docs/oidc',
    describe: (workload) => shapeFrom(SPEC, workload),
  },
  ...issuerOnly,
};
