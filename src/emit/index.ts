import type { Emitter, PartyId } from '../model/federation.ts';
import { emitAnthropic } from './anthropic.ts';
import { emitAws } from './aws.ts';
import { emitAzure } from './azure.ts';
import * as consoles from './consoles.ts';
import { emitDatabricks } from './databricks.ts';
import { emitGoogle } from './google.ts';
import { emitOpenAi } from './openai.ts';
import { emitSnowflake } from './snowflake.ts';
import { emitVault } from './vault.ts';

/** Who writes what a party needs. The type demands one for each party. */
export const emitters: Readonly<Record<PartyId, Emitter>> = {
  anthropic: emitAnthropic,
  openai: emitOpenAi,
  aws: emitAws,
  google: emitGoogle,
  azure: emitAzure,
  huggingface: consoles.emitHuggingFace,
  mistral: consoles.emitMistral,
  openrouter: consoles.emitOpenRouter,
  databricks: emitDatabricks,
  snowflake: emitSnowflake,
  wandb: consoles.emitWandb,
  'vercel-ai-gateway': consoles.emitVercelAiGateway,
  'github-copilot': consoles.emitGithubCopilot,
  watsonx: consoles.emitWatsonx,
  weaviate: consoles.emitWeaviate,
  litellm: consoles.emitLiteLlm,
  portkey: consoles.emitPortkey,
  truefoundry: consoles.emitTrueFoundry,
  bifrost: consoles.emitBifrost,
  vault: emitVault,
  infisical: consoles.emitInfisical,
  doppler: consoles.emitDoppler,
  onepassword: consoles.emitOnePassword,
  akeyless: consoles.emitAkeyless,
};
