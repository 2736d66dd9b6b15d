import type { SubjectForm } from '../model/issuer.ts';
import type { Platform } from '../model/reference.ts';
import { issuerOnly } from './_shared/issuer-only.ts';
import { asked, type ShapeSpec, shapeFrom } from './_shared/token-shape.ts';

const FORM: SubjectForm = { id: 'client', template: '{client}' };

const SPEC: ShapeSpec = {
  issuer: 'https://{domain}/oauth2/{server}',
  form: FORM,
  fields: {
    domain: asked('organisation', 'okta.domain', 'Okta domain', 'name', 'Such as acme.okta.com.'),
    server: asked('authorization server', 'okta.authorization_server', 'Custom authorization server', 'name', 'Security, API: id of a custom server, never the organisation’s own.'),
    client: asked('application', 'okta.client_id', 'Client id of the service application', 'name', 'Applications: client id.'),
  },
  claims: [{ claim: 'cid', value: '{client}', role: 'id' }],
  warnings: ['The application’s own credential stays: without private_key_jwt the key has only moved.'],
};

export const platform: Platform = {
  id: 'okta',
  title: 'Okta',
  checked: '2026-11-23',
  issuesTokens: true,
  tokens: {
    issuer: 'https://{domain}/oauth2/{server}',
    isShared: false,
    discovery: 'public',
    subjects: [FORM],
    stableClaims: ['cid'],
    audience: 'free',
    lifetime: { seconds: 3600, refresh: 'ask-again' },
    arrival: { kind: 'request', how: 'POST ISSUER/v1/token with client_credentials and private_key_jwt' },
    edits: ['Let the application log in with private_key_jwt on a key that cannot be exported: a client secret is only another key.'],
    source: 'https://developer.okta.com/docs/guides/implement-oauth-for-okta-serviceapp/main/',
    describe: (workload) => shapeFrom(SPEC, workload),
  },
  ...issuerOnly,
};
