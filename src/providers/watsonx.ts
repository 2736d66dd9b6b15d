import type { Provider } from '../model/provider.ts';
import { ASSIGNED_REACH, assigned, keyNames, literals } from './_shapes.ts';

export const provider: Provider = {
  id: 'watsonx',
  title: 'IBM watsonx.ai and IBM Cloud',
  checked: '2026-11-23',
  words: ['watsonx', 'watson', 'ibm cloud', 'ibm watsonx', 'ibmcloud'],
  hosts: ['iam.cloud.ibm.com', 'ml.cloud.ibm.com'],
  env: [
    { name: 'WATSONX_APIKEY', kind: 'api-key' },
    { name: 'WATSONX_API_KEY', kind: 'api-key' },
    { name: 'WATSONX_AI_APIKEY', kind: 'api-key' },
    { name: 'WATSONX_AI_API_KEY', kind: 'api-key' },
    { name: 'IBM_CLOUD_API_KEY', kind: 'api-key' },
    { name: 'IBMCLOUD_API_KEY', kind: 'api-key' },
    { name: 'IC_API_KEY', kind: 'api-key' },
    { name: 'WATSON_API_KEY', kind: 'api-key' },
    { name: 'WATSONX_TOKEN', kind: 'session-token', notAKey: true },
  ],
  sdks: [
    {
      language: 'python',
      packages: ['ibm_watsonx_ai', 'langchain_ibm', 'ibm_watson_machine_learning'],
      constructors: ['Credentials', 'APIClient', 'ChatWatsonx', 'WatsonxLLM'],
      keyArguments: ['api_key', 'apikey'],
      implicitEnv: ['WATSONX_APIKEY', 'WATSONX_API_KEY'],
    },
    {
      language: 'javascript',
      packages: ['@ibm-cloud/watsonx-ai', '@langchain/community/chat_models/ibm'],
      constructors: ['WatsonXAI', 'WatsonXAI.newInstance', 'ChatWatsonx', 'IamAuthenticator'],
      keyArguments: ['apikey', 'watsonxAIApikey'],
      implicitEnv: ['WATSONX_AI_APIKEY'],
    },
  ],
  detectors: [
    {
      id: 'watsonx-api-key',
      title: 'IBM Cloud API key',
      kind: 'api-key',
      lifetime: 'long',
      privilege: 'account',
      literals: [
        ...keyNames('watsonx', 'watsonx ai', 'watson', 'ibm cloud', 'ibmcloud'),
        ...literals('WATSONX_APIKEY', 'watsonx_apikey', 'IAM_APIKEY', 'iam_apikey'),
      ],
      pattern: assigned(['watsonx', 'watsonx ai', 'watson', 'ibm cloud', 'ibmcloud'], '[A-Za-z0-9_-]{42,44}', ['[Ii](?:am|AM)_[Aa](?:pikey|PIKEY)["\'` :=]{1,8}']),
      boundary: 'url',
      window: { before: 8, after: ASSIGNED_REACH + 52 },
      publicPrefix: '',
      minEntropy: 4.35,
      confidence: { shape: 'medium' },
      context: { words: ['watson', 'ibm', 'iam_apikey'], distance: 160, relation: 'assigned' },
      inBinary: false,
      samples: {
        ok: [
          'WATSONX_APIKEY={url:44}\n',
          'os.environ["WATSONX_APIKEY"] = "{url:44}"',
          '- name: WATSONX_APIKEY\n  value: "{url:44}"\n',
          "const watsonxApiKey = '{url:44}';",
        ],
        ng: [
          'WATSONX_APIKEY=${{{{ secrets.WATSONX_APIKEY }}\n',
          'WATSONX_APIKEY=your-watsonx-api-key-goes-here-now\n',
          'WATSONX_APIKEY=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n',
          '"watsonx": "{hex:64}"',
          'WATSONX_MODEL={url:44}\n',
        ],
      },
      evidence: { grade: 'H', source: 'betterleaks, trufflehog' },
    },
  ],
  federation: {
    kind: 'after-change',
    note: 'Trusted profiles give keyless access to workloads on IBM Cloud compute; other issuers are not confirmed.',
    source: 'https://cloud.ibm.com/docs/account?topic=account-create-trusted-profile',
  },
  spend: 'unknown',
  revoke: 'Delete the API key (`ibmcloud iam api-key-delete NAME`).',
};
