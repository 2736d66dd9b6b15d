import type { SubjectForm } from '../model/issuer.ts';
import type { Platform } from '../model/reference.ts';
import { issuerOnly } from './_shared/issuer-only.ts';
import { asked, type ShapeSpec, shapeFrom } from './_shared/token-shape.ts';

const FORM: SubjectForm = { id: 'default', template: 'org:{organization}:project:{project}:repo:{repository}:ref_type:{ref-type}:ref:{ref}' };

const SPEC: ShapeSpec = {
  issuer: 'https://{organization}.semaphoreci.com',
  form: FORM,
  fields: {
    organization: asked('organisation', 'semaphore.organization', 'Semaphore organization', 'name', 'The first part of the address.'),
    project: asked('project', 'semaphore.project_id', 'Semaphore project id', 'uuid', 'Project settings: id.'),
    repository: asked('repository', 'semaphore.repository', 'Repository name', 'name', 'As in the token: decode one.'),
    'ref-type': asked('ref type', 'semaphore.ref_type', 'Ref type', 'name', 'branch'),
    ref: asked('ref', 'semaphore.ref', 'Ref whose runs are trusted', 'path', 'refs/heads/main'),
  },
  claims: [
    { claim: 'prj_id', value: '{project}', role: 'id' },
    { claim: 'ref_type', value: '{ref-type}', role: 'context' },
    { claim: 'ref', value: '{ref}', role: 'context' },
    { claim: 'job_type', value: 'pipeline_job', role: 'context' },
  ],
  audience: 'https://{organization}.semaphoreci.com',
  refusals: [{ title: 'a debug job', claims: { job_type: 'debug_job' } }],
};

export const platform: Platform = {
  id: 'semaphore',
  title: 'Semaphore',
  checked: '2026-11-23',
  issuesTokens: true,
  tokens: {
    issuer: 'https://{organization}.semaphoreci.com',
    isShared: false,
    discovery: 'public',
    subjects: [FORM],
    stableClaims: ['prj_id'],
    audience: { fixed: 'https://{organization}.semaphoreci.com' },
    lifetime: { seconds: 3600, refresh: 'none' },
    arrival: { kind: 'variable', name: 'SEMAPHORE_OIDC_TOKEN' },
    edits: ['Write SEMAPHORE_OIDC_TOKEN to a file that only the job can read.', 'Remove the secret that holds the key from the pipeline.'],
    source: 'https://docs.semaphoreci.com/using-semaphore/openid',
    describe: (workload) => shapeFrom(SPEC, workload),
  },
  ...issuerOnly,
};
