import type { SubjectForm } from '../model/issuer.ts';
import type { Platform } from '../model/reference.ts';
import { issuerOnly } from './_shared/issuer-only.ts';
import { asked, type ShapeSpec, shapeFrom } from './_shared/token-shape.ts';

const FORM: SubjectForm = { id: 'unique-id', template: '{unique-id}' };

const SPEC: ShapeSpec = {
  issuer: 'https://accounts.google.com',
  form: FORM,
  fields: {
    'unique-id': asked('service account', 'google.service_account_unique_id', 'Numeric id of the service account', 'digits', 'gcloud iam service-accounts describe ACCOUNT --format="value(uniqueId)"'),
    email: asked('service account', 'google.service_account_email', 'E-mail of the service account', 'email', 'gcloud iam service-accounts list'),
  },
  claims: [{ claim: 'email', value: '{email}', role: 'name' }],
  warnings: ['The default service account is shared by everything in the project: do not use it.'],
};

export const platform: Platform = {
  id: 'google-compute',
  title: 'Google Cloud compute',
  checked: '2026-11-23',
  issuesTokens: true,
  tokens: {
    issuer: 'https://accounts.google.com',
    isShared: true,
    discovery: 'public',
    subjects: [FORM],
    stableClaims: ['sub'],
    audience: 'free',
    lifetime: { seconds: 3600, refresh: 'ask-again' },
    arrival: { kind: 'request', how: 'GET http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/identity?audience=AUDIENCE&format=full' },
    edits: [
      'Run the workload under a service account of its own.',
      'Ask the metadata server for an identity token with the audience of the rule.',
      'Remove the variable or secret that holds the key.',
    ],
    source: 'https://cloud.google.com/docs/authentication/get-id-token',
    describe: (workload) => shapeFrom(SPEC, workload),
  },
  ...issuerOnly,
};
