import type { SubjectForm } from '../model/issuer.ts';
import type { Platform } from '../model/reference.ts';
import { issuerOnly } from './_shared/issuer-only.ts';
import { asked, type ShapeSpec, shapeFrom } from './_shared/token-shape.ts';

const FORM: SubjectForm = { id: 'service-account-user', template: '{user}' };

const SPEC: ShapeSpec = {
  issuer: '{url}/realms/{realm}',
  form: FORM,
  fields: {
    url: asked('server', 'keycloak.url', 'Address of Keycloak', 'url', 'Its public address.'),
    realm: asked('realm', 'keycloak.realm', 'Realm', 'name', 'The name of the realm.'),
    user: asked('client', 'keycloak.service_account_user', 'Id of the client’s service account user', 'uuid', 'Clients, the client, Service account roles: id of the user.'),
    client: asked('client', 'keycloak.client_id', 'Client id', 'name', 'Clients: client id.'),
  },
  claims: [{ claim: 'azp', value: '{client}', role: 'name' }],
  warnings: ['The client’s own credential stays: without a signed JWT the key has only moved.'],
};

export const platform: Platform = {
  id: 'keycloak',
  title: 'Keycloak',
  checked: '2026-11-23',
  issuesTokens: true,
  tokens: {
    issuer: '{url}/realms/{realm}',
    isShared: false,
    discovery: 'network',
    subjects: [FORM],
    stableClaims: [],
    audience: 'free',
    lifetime: { seconds: 300, refresh: 'ask-again' },
    arrival: { kind: 'request', how: 'POST ISSUER/protocol/openid-connect/token with client_credentials' },
    edits: ['Add an audience mapper for the audience of the rule, and let the client log in with a signed JWT.'],
    source: 'https://www.keycloak.org/securing-apps/oidc-layers',
    describe: (workload) => shapeFrom(SPEC, workload),
  },
  ...issuerOnly,
};
