import type { Platform } from '../model/reference.ts';
import { clusterTokens } from './_shared/cluster-token.ts';
import { issuerOnly } from './_shared/issuer-only.ts';

export const platform: Platform = {
  id: 'eks',
  title: 'Amazon EKS',
  checked: '2026-11-23',
  issuesTokens: true,
  tokens: clusterTokens({ template: 'https://oidc.eks.{region}.amazonaws.com/id/{id}', id: 'eks.issuer', how: 'aws eks describe-cluster --name CLUSTER --query cluster.identity.oidc.issuer --output text', discovery: 'public' }),
  ...issuerOnly,
};
