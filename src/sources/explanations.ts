import type { AccountKind } from '../model/inventory.ts';
import { explainAnthropic } from './anthropic/explain.ts';
import { explainAws } from './aws/explain.ts';
import { explainAzure } from './azure/explain.ts';
import { explainGcp } from './gcp/explain.ts';
import { explainGitlab } from './gitlab/explain.ts';
import { explainKubernetes } from './kubernetes/explain.ts';
import { explainMachine } from './machine/explain.ts';
import { explainOpenai } from './openai/explain.ts';
import type { RemoteExplanation } from './remote.ts';

/** What `dekey explain` says of each kind of source. */
export const EXPLANATIONS: Readonly<Record<AccountKind, RemoteExplanation>> = {
  aws: explainAws,
  anthropic: explainAnthropic,
  openai: explainOpenai,
  gcp: explainGcp,
  azure: explainAzure,
  kubernetes: explainKubernetes,
  gitlab: explainGitlab,
  machine: explainMachine,
};
