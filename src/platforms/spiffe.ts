import type { SubjectForm } from '../model/issuer.ts';
import type { Platform } from '../model/reference.ts';
import { issuerOnly } from './_shared/issuer-only.ts';
import { asked, type ShapeSpec, shapeFrom } from './_shared/token-shape.ts';

const FORM: SubjectForm = { id: 'spiffe-id', template: 'spiffe://{trust-domain}/{path}', except: { path: '', 'trust-domain': '/' } };

const SPEC: ShapeSpec = {
  issuer: '{issuer}',
  form: FORM,
  fields: {
    issuer: asked('issuer', 'spiffe.issuer', 'jwt_issuer of the SPIRE server', 'url', 'jwt_issuer in the configuration of the SPIRE server; the discovery provider has to serve it.'),
    'trust-domain': asked('trust domain', 'spiffe.trust_domain', 'Trust domain', 'name', 'trust_domain of the SPIRE server.'),
    path: asked('path', 'spiffe.path', 'Path of the SPIFFE ID', 'path', 'spire-server entry show; such as ns/bots/sa/bot.'),
  },
  claims: [],
};

export const platform: Platform = {
  id: 'spiffe',
  title: 'SPIFFE and SPIRE',
  checked: '2026-11-23',
  issuesTokens: true,
  tokens: {
    issuer: '{issuer}',
    isShared: false,
    discovery: 'public',
    subjects: [FORM],
    stableClaims: [],
    audience: 'free',
    lifetime: { seconds: 300, refresh: 'rotated-file' },
    arrival: { kind: 'file', path: '/run/spiffe/token' },
    edits: [
      'Register the workload (spire/ has the entry) and let spiffe-helper write the JWT-SVID to a file.',
      'Take the key out of the environment.',
    ],
    source: 'https://spiffe.io/docs/latest/keyless/',
    describe: (workload) => shapeFrom(SPEC, workload),
  },
  ...issuerOnly,
};
