import type { SubjectForm } from '../model/issuer.ts';
import type { Platform } from '../model/reference.ts';
import { issuerOnly } from './_shared/issuer-only.ts';
import { asked, type ShapeSpec, shapeFrom } from './_shared/token-shape.ts';

const FORM: SubjectForm = { id: 'pipeline', template: '{subject}', except: { subject: '' } };

const SPEC: ShapeSpec = {
  issuer: '{issuer}',
  form: FORM,
  fields: {
    issuer: asked('account', 'harness.issuer', 'Issuer of the Harness account', 'url', 'Claim iss of a decoded token.'),
    subject: asked('pipeline', 'harness.subject', 'Subject of the pipeline', 'id', 'Claim sub of a decoded token.'),
  },
  claims: [],
  warnings: ['Register issuer and subject exactly as a decoded token says them.'],
};

export const platform: Platform = {
  id: 'harness',
  title: 'Harness',
  checked: '2026-11-23',
  issuesTokens: true,
  tokens: {
    issuer: '{issuer}',
    isShared: false,
    discovery: 'public',
    subjects: [FORM],
    stableClaims: [],
    audience: 'free',
    lifetime: { seconds: 3600, refresh: 'ask-again' },
    arrival: { kind: 'request', how: 'a step of the pipeline' },
    edits: ['Add the step that makes the token, with the audience of the rule.', 'Remove the secret that holds the key.'],
    source: 'https://developer.harness.io/docs/continuous-integration/secure-ci/configure-oidc-gcp-wif-ci-hosted/',
    describe: (workload) => shapeFrom(SPEC, workload),
  },
  ...issuerOnly,
};
