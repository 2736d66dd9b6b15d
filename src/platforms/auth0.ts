import type { SubjectForm } from '../model/issuer.ts';
import type { Platform } from '../model/reference.ts';
import { issuerOnly } from './_shared/issuer-only.ts';
import { asked, type ShapeSpec, shapeFrom } from './_shared/token-shape.ts';

const FORM: SubjectForm = { id: 'client', template: '{client}@clients' };

const SPEC: ShapeSpec = {
  issuer: 'https://{domain}/',
  form: FORM,
  fields: {
    domain: asked('tenant', 'auth0.domain', 'Auth0 domain', 'name', 'Such as acme.eu.auth0.com.'),
    client: asked('application', 'auth0.client_id', 'Client id of the application', 'name', 'Applications: client id.'),
  },
  claims: [{ claim: 'azp', value: '{client}', role: 'id' }],
  warnings: ['The application’s own credential stays: without private_key_jwt the key has only moved.'],
};

export const platform: Platform = {
  id: 'auth0',
  title: 'Auth0',
  checked: '2026-11-23',
  issuesTokens: true,
  tokens: {
    issuer: 'https://{domain}/',
    isShared: false,
    discovery: 'public',
    subjects: [FORM],
    stableClaims: ['azp'],
    audience: 'free',
    lifetime: { seconds: 86400, refresh: 'ask-again' },
    arrival: { kind: 'request', how: 'POST https://DOMAIN/oauth/token with client_credentials' },
    edits: ['Let the application log in with private_key_jwt: a client secret is only another key.'],
    source: 'https://auth0.com/docs/get-started/authentication-and-authorization-flow/client-credentials-flow',
    describe: (workload) => shapeFrom(SPEC, workload),
  },
  ...issuerOnly,
};
