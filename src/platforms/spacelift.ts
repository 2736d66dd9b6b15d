import type { SubjectForm } from '../model/issuer.ts';
import type { Platform } from '../model/reference.ts';
import { issuerOnly } from './_shared/issuer-only.ts';
import { asked, type ShapeSpec, shapeFrom } from './_shared/token-shape.ts';

const FORM: SubjectForm = { id: 'default', template: 'space:{space}:stack:{stack}:run_type:{run-type}:scope:{scope}' };

const SPEC: ShapeSpec = {
  issuer: 'https://{account}.app.spacelift.io',
  form: FORM,
  fields: {
    account: asked('account', 'spacelift.account', 'Spacelift account', 'name', 'The first part of the address of the account.'),
    space: asked('space', 'spacelift.space_id', 'Spacelift space id', 'name', 'Space settings: id.'),
    stack: asked('stack', 'spacelift.stack_id', 'Spacelift stack id', 'name', 'Stack settings: id.'),
    'run-type': asked('run type', 'spacelift.run_type', 'Run type', 'name', 'TRACKED for runs of the branch.'),
    scope: asked('scope', 'spacelift.scope', 'Scope', 'name', 'write for what applies, read for proposed runs.'),
  },
  claims: [
    { claim: 'spaceId', value: '{space}', role: 'id' },
    { claim: 'callerId', value: '{stack}', role: 'id' },
    { claim: 'runType', value: '{run-type}', role: 'context' },
    { claim: 'scope', value: '{scope}', role: 'context' },
  ],
  audience: '{account}.app.spacelift.io',
};

export const platform: Platform = {
  id: 'spacelift',
  title: 'Spacelift',
  checked: '2026-11-23',
  issuesTokens: true,
  tokens: {
    issuer: 'https://{account}.app.spacelift.io',
    isShared: false,
    discovery: 'public',
    subjects: [FORM],
    stableClaims: ['spaceId', 'callerId'],
    audience: { fixed: '{account}.app.spacelift.io' },
    lifetime: { seconds: 3600, refresh: 'rotated-file' },
    arrival: { kind: 'file', path: '/mnt/workspace/spacelift.oidc' },
    edits: ['Point the token file at /mnt/workspace/spacelift.oidc.', 'Remove the environment variable or context that holds the key.'],
    source: 'https://docs.spacelift.io/integrations/cloud-providers/oidc/',
    describe: (workload) => shapeFrom(SPEC, workload),
  },
  ...issuerOnly,
};
