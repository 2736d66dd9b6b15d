import type { Provider } from '../model/provider.ts';

export const provider: Provider = {
  id: 'modal',
  title: 'Modal',
  checked: '2026-11-23',
  words: ['modal token', 'modal labs', 'modal api'],
  hosts: ['api.modal.com', 'modal.run'],
  env: [
    { name: 'MODAL_TOKEN_SECRET', kind: 'secret-key' },
    { name: 'MODAL_TOKEN_ID', kind: 'access-key' },
    { name: 'MODAL_IDENTITY_TOKEN', kind: 'session-token', notAKey: true },
  ],
  sdks: [
    {
      language: 'python',
      packages: ['modal'],
      constructors: ['modal.App', 'App', 'modal.Client.from_credentials'],
      keyArguments: ['token_id', 'token_secret'],
      implicitEnv: ['MODAL_TOKEN_ID', 'MODAL_TOKEN_SECRET'],
    },
  ],
  detectors: [],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://modal.com/docs',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the Modal dashboard.',
};
