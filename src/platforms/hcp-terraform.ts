import type { SubjectForm } from '../model/issuer.ts';
import type { Platform } from '../model/reference.ts';
import { issuerOnly } from './_shared/issuer-only.ts';
import { asked, type ShapeSpec, shapeFrom } from './_shared/token-shape.ts';

const FORM: SubjectForm = { id: 'default', template: 'organization:{organization}:project:{project}:workspace:{workspace}:run_phase:{phase}' };

const SPEC: ShapeSpec = {
  issuer: 'https://app.terraform.io',
  form: FORM,
  fields: {
    organization: asked('organisation', 'terraform.organization', 'HCP Terraform organization', 'name', 'The organization in the address of the workspace.'),
    project: asked('project', 'terraform.project', 'HCP Terraform project', 'name', 'Workspace settings, General: project.'),
    workspace: asked('workspace', 'terraform.workspace', 'HCP Terraform workspace', 'name', 'The name of the workspace.'),
    phase: asked('run phase', 'terraform.run_phase', 'Run phase that needs the model', 'name', 'apply, or plan for what runs in speculative plans too.'),
    'workspace-id': asked('workspace', 'terraform.workspace_id', 'Workspace id', 'id', 'Workspace settings, General (ws-...).'),
    'organization-id': asked('organisation', 'terraform.organization_id', 'Organization id', 'id', 'Organization settings (org-...).'),
  },
  claims: [
    { claim: 'terraform_workspace_id', value: '{workspace-id}', role: 'id' },
    { claim: 'terraform_organization_id', value: '{organization-id}', role: 'id' },
    { claim: 'terraform_run_phase', value: '{phase}', role: 'context' },
  ],
  warnings: ['Plans of pull requests run code that nobody has reviewed: give plan an identity of its own, with less.'],
};

export const platform: Platform = {
  id: 'hcp-terraform',
  title: 'HCP Terraform',
  checked: '2026-11-23',
  issuesTokens: true,
  tokens: {
    issuer: 'https://app.terraform.io',
    isShared: true,
    discovery: 'public',
    subjects: [FORM],
    stableClaims: ['terraform_organization_id', 'terraform_workspace_id'],
    audience: 'free',
    lifetime: { seconds: 86400, refresh: 'none' },
    arrival: { kind: 'variable', name: 'TFC_WORKLOAD_IDENTITY_TOKEN' },
    edits: [
      'Set TFC_WORKLOAD_IDENTITY_AUDIENCE to the audience of the rule on the workspace; the token is in TFC_WORKLOAD_IDENTITY_TOKEN.',
      'Remove the workspace variable that holds the key.',
    ],
    source: 'https://developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials/workload-identity-tokens',
    describe: (workload) => shapeFrom(SPEC, workload),
  },
  ...issuerOnly,
};
