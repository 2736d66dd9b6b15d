/** For each judge a file that is right and one that is wrong, so that a judge that looks at nothing is noticed. */
import type { FileToCheck } from './run.ts';

const SHA = '11bd71901bbe5b1630ceea73d27597364c9af683';

const workflow = (permissions: string, uses: string): string => `name: evals
on:
  push:
    branches: [main]
permissions: {}
concurrency:
  group: evals
  cancel-in-progress: true
jobs:
  evals:
    name: evals
    runs-on: ubuntu-24.04
    ${permissions}
    steps:
      - uses: ${uses}
        with:
          persist-credentials: false
      - name: run
        run: ./evals.sh
`;

const trust = (conditions: string): string =>
  `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},"Action":"sts:AssumeRoleWithWebIdentity",${conditions}}]}`;

const template = (type: string): string => `AWSTemplateFormatVersion: '2010-09-09'
Resources:
  Role:
    Type: ${type}
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal:
              Federated: arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com
            Action: sts:AssumeRoleWithWebIdentity
            Condition:
              StringEquals:
                token.actions.githubusercontent.com:aud: sts.amazonaws.com
                token.actions.githubusercontent.com:sub: repo:acme/app:ref:refs/heads/main
`;

const account = (kind: string, name: string): string => `apiVersion: v1
kind: ${kind}
metadata:
  name: worker
  namespace: ai
${name}: false
`;

export const goodFiles: readonly FileToCheck[] = [
  { path: 'good/create.sh', kind: 'shell', text: '#!/usr/bin/env bash\nset -euo pipefail\nname="$1"\nprintf \'%s\\n\' "$name"\n' },
  {
    path: 'good/main.tf',
    kind: 'terraform',
    text: 'variable "subject" {\n  type        = string\n  description = "Subject of the workload."\n}\n\nresource "aws_iam_openid_connect_provider" "github" {\n  url            = "https://token.actions.githubusercontent.com"\n  client_id_list = ["sts.amazonaws.com"]\n}\n',
  },
  { path: 'good/template.yaml', kind: 'cloudformation', text: template('AWS::IAM::Role') },
  { path: 'good/trust.json', kind: 'json', text: trust('"Condition":{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"}}') },
  { path: 'good/policy.json', kind: 'json', text: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-evals/*"}]}' },
  { path: 'good/account.yaml', kind: 'kubernetes', text: account('ServiceAccount', 'automountServiceAccountToken') },
  { path: 'good/main.bicep', kind: 'bicep', text: "param name string\n\nresource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {\n  name: name\n  location: resourceGroup().location\n}\n" },
  { path: 'good/user.sql', kind: 'sql', text: 'CREATE ROLE IF NOT EXISTS dekey_worker;\nGRANT USAGE ON DATABASE acme TO ROLE dekey_worker;\n' },
  { path: 'good/policy.rego', kind: 'rego', text: 'package dekey\n\nimport rego.v1\n\ndefault allow := false\n\nallow if input.subject == "repo:acme/app:ref:refs/heads/main"\n' },
  { path: 'good/policy.cedar', kind: 'cedar', text: 'permit (principal == Workload::"app", action == Action::"read", resource);\n' },
  { path: 'good/helper.conf', kind: 'helper-config', text: 'agent_address = "/run/spire/agent.sock"\njwt_svids = [{jwt_audience="https://api.anthropic.com", jwt_svid_file_name="ai.token"}]\n' },
  { path: 'good/.github/workflows/evals.yml', kind: 'yaml', text: workflow('permissions:\n      contents: read # to check out', `actions/checkout@${SHA} # v4.2.2`) },
  { path: 'good/.gitlab-ci.yml', kind: 'yaml', text: 'evals:\n  id_tokens:\n    AI_ID_TOKEN:\n      aud: https://api.anthropic.com\n  script:\n    - ./evals.sh\n' },
];

export const wrongFiles: readonly FileToCheck[] = [
  { path: 'wrong/create.sh', kind: 'shell', text: '#!/usr/bin/env bash\ncd $1\nif true; then\n' },
  { path: 'wrong/main.tf', kind: 'terraform', text: 'resource "aws_iam_role" "x" {\n  name = = "x"\n' },
  {
    path: 'wrong/open.tf',
    kind: 'terraform',
    text: 'resource "aws_iam_role_policy" "x" {\n  role   = "x"\n  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })\n}\n',
  },
  { path: 'wrong/template.yaml', kind: 'cloudformation', text: template('AWS::IAM::Rolle') },
  { path: 'wrong/trust.json', kind: 'json', text: trust('"Resource":"*"') },
  { path: 'wrong/policy.json', kind: 'json', text: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObjekt","Resource":"*"}]}' },
  { path: 'wrong/account.yaml', kind: 'kubernetes', text: account('ServiceAccount', 'automountServiceAccountTokens') },
  { path: 'wrong/main.bicep', kind: 'bicep', text: "resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {\n  name: \n" },
  { path: 'wrong/user.sql', kind: 'sql', text: 'CREATE ROLE IF EXISTS NOT (dekey_worker;\n' },
  { path: 'wrong/policy.rego', kind: 'rego', text: 'package dekey\n\nallow if {\n' },
  { path: 'wrong/policy.cedar', kind: 'cedar', text: 'permit (principal == Workload::"app", action);\n' },
  { path: 'wrong/.github/workflows/evals.yml', kind: 'yaml', text: workflow('permission: write-all', 'actions/checkout@main') },
  { path: 'wrong/.gitlab-ci.yml', kind: 'yaml', text: 'evals:\n  id_tokens:\n    AI_ID_TOKEN: https://api.anthropic.com\n  script:\n    - ./evals.sh\n' },
];
