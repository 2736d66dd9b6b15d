import type { Rewriter } from '../types.ts';
import { agentConfig } from './agent-config.ts';
import { appEngine } from './app-engine.ts';
import { appSettings } from './app-settings.ts';
import { bicep } from './bicep.ts';
import { cloudformation } from './cloudformation.ts';
import { docs } from './docs.ts';
import { dotenv } from './dotenv.ts';
import { fly } from './fly.ts';
import { pulumi } from './pulumi.ts';
import { render } from './render.ts';
import { serverless } from './serverless.ts';
import { shell } from './shell.ts';
import { terraform } from './terraform.ts';
import { vercel } from './vercel.ts';

/** Settings, infrastructure and texts, in which the workloads of other files find their keys. */
export const settings: readonly Rewriter[] = [{ ...dotenv, follows: true }, agentConfig, terraform, bicep, serverless, cloudformation, appEngine, render, fly, vercel, appSettings, pulumi, { ...shell, follows: true }, { ...docs, follows: true }];
