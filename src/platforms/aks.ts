import type { Platform } from '../model/reference.ts';
import { clusterTokens } from './_shared/cluster-token.ts';
import { issuerOnly } from './_shared/issuer-only.ts';

export const platform: Platform = {
  id: 'aks',
  title: 'Azure Kubernetes Service',
  checked: '2026-11-23',
  issuesTokens: true,
  tokens: clusterTokens({ template: 'https://{region}.oic.prod-aks.azure.com/{tenant}/{id}/', id: 'aks.issuer', how: 'az aks show --name CLUSTER --resource-group GROUP --query oidcIssuerProfile.issuerUrl --output tsv: with its last slash.', discovery: 'public' }),
  ...issuerOnly,
};
