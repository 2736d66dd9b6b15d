/** The sources of accounts that need no SDK, in one bundle of their own: most runs never open it. */
export { openAnthropic } from './anthropic/index.ts';
export { openAzure } from './azure/index.ts';
export { openGcp } from './gcp/index.ts';
export { openGitlab } from './gitlab/index.ts';
export { openKubernetes } from './kubernetes/index.ts';
export { openMachine } from './machine/index.ts';
export { openOpenai } from './openai/index.ts';
