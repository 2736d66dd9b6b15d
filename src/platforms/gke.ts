import type { Platform } from '../model/reference.ts';
import { clusterTokens } from './_shared/cluster-token.ts';
import { issuerOnly } from './_shared/issuer-only.ts';

export const platform: Platform = {
  id: 'gke',
  title: 'Google Kubernetes Engine',
  checked: '2026-11-23',
  issuesTokens: true,
  tokens: clusterTokens({ template: 'https://container.googleapis.com/v1/projects/{project}/locations/{location}/clusters/{cluster}', id: 'gke.issuer', how: 'https://container.googleapis.com/v1/projects/PROJECT/locations/LOCATION/clusters/CLUSTER', discovery: 'public' }),
  ...issuerOnly,
};
