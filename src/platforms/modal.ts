import type { SubjectForm } from '../model/issuer.ts';
import type { Platform } from '../model/reference.ts';
import { issuerOnly } from './_shared/issuer-only.ts';
import { asked, type ShapeSpec, shapeFrom } from './_shared/token-shape.ts';

const FORM: SubjectForm = { id: 'default', template: 'modal:workspace_id:{workspace-id}:environment_name:{environment}:app_name:{app}:function_name:{function}:container_id:{container}' };

const SPEC: ShapeSpec = {
  issuer: 'https://oidc.modal.com',
  form: FORM,
  fields: {
    'workspace-id': asked('workspace', 'modal.workspace_id', 'Modal workspace id', 'name', 'Claim workspace_id of MODAL_IDENTITY_TOKEN, decoded.'),
    environment: asked('environment', 'modal.environment_name', 'Modal environment', 'name', 'modal environment list'),
    app: asked('app', 'modal.app_name', 'Modal app', 'name', 'modal app list'),
    function: asked('function', 'modal.function_name', 'Modal function', 'name', 'The name of the function.'),
    container: { ...asked('container', 'modal.container_id', 'Container of the run', 'name', 'Another one in every run.'), perRun: true },
    'app-id': asked('app', 'modal.app_id', 'App id', 'name', 'Claim app_id of a decoded token.'),
  },
  claims: [{ claim: 'workspace_id', value: '{workspace-id}', role: 'id' }, { claim: 'app_id', value: '{app-id}', role: 'id' }],
  warnings: ['The token lives for about two days: a party that limits the life of tokens may refuse it.'],
};

export const platform: Platform = {
  id: 'modal',
  title: 'Modal',
  checked: '2026-11-23',
  issuesTokens: true,
  tokens: {
    issuer: 'https://oidc.modal.com',
    isShared: true,
    discovery: 'public',
    subjects: [FORM],
    stableClaims: ['workspace_id', 'environment_id', 'app_id', 'function_id'],
    audience: { fixed: 'oidc.modal.com' },
    lifetime: { seconds: 172800, refresh: 'none' },
    arrival: { kind: 'variable', name: 'MODAL_IDENTITY_TOKEN' },
    edits: [
      'Write MODAL_IDENTITY_TOKEN to a file when the function starts.',
      'Take the modal.Secret that holds the key away from the function.',
    ],
    source: 'https://modal.com/docs/guide/oidc-integration',
    describe: (workload) => shapeFrom(SPEC, workload),
  },
  ...issuerOnly,
};
