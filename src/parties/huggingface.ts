import type { RelyingParty } from '../model/federation.ts';

export const party: RelyingParty = {
  id: 'huggingface',
  title: 'Hugging Face',
  checked: '2026-11-23',
  audience: { fixed: 'https://huggingface.co' },
  issuers: 'any',
  uploadsKeys: false,
  subject: 'exact',
  claims: 'strings',
  lifetime: 3600,
  exchange: {
    url: 'https://huggingface.co/oauth/token',
    encoding: 'json',
    grant: 'urn:ietf:params:oauth:grant-type:token-exchange',
    tokenField: 'subject_token',
    fields: { subject_token_type: 'urn:ietf:params:oauth:token-type:id_token', resource: '{huggingface.resource}' },
  },
  status: 'general',
  prerequisites: ['Somebody with the Write role adds the trusted publisher in the settings of the repository, or the account adds CI/CD access.'],
  source: 'https://huggingface.co/docs/hub/trusted-publishers',
};
