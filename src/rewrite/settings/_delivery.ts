import type { PartyId } from '../../model/federation.ts';
import type { FileRefusal, Replacement } from '../types.ts';

/** How the new identity reaches a workload that a settings file describes. */
export type Delivery =
  /** The cloud that lets it in runs it too: the default chain of the cloud's client finds the identity of the machine, and nothing has to be handed over. */
  | { readonly kind: 'ambient'; readonly cloud: Cloud }
  /** The platform hands the cloud's client a token when it is told the role. */
  | { readonly kind: 'role'; readonly how: string; readonly inFile: boolean }
  /** This kind of file cannot do it. */
  | { readonly kind: 'refused'; readonly code: FileRefusal['code']; readonly reason: string; readonly byHand: string };

export type Cloud = 'aws' | 'google' | 'azure';

/** Platforms whose workloads have an identity of their cloud. */
const CLOUDS: Readonly<Record<string, Cloud>> = { 'aws-compute': 'aws', 'google-compute': 'google', 'azure-identity': 'azure' };
const CLOUD_TITLES: Readonly<Record<Cloud, string>> = { aws: 'AWS', google: 'Google Cloud', azure: 'Azure' };

/**
 * Platforms that set the clients of AWS up by themselves. Sources, 2026-11-24: https://fly.io/docs/security/openid-connect/ (AWS_ROLE_ARN is all that is needed),
 * https://render.com/docs/oidc (connected in the dashboard).
 */
const AWS_BY_PLATFORM: Readonly<Record<string, { readonly how: string; readonly inFile: boolean }>> = {
  fly: { how: 'Fly.io keeps a token for AWS in a file when AWS_ROLE_ARN is set', inFile: true },
  render: { how: 'Render sets the role up for a service that is connected to it', inFile: false },
};

const CLUSTERS: ReadonlySet<string> = new Set(['kubernetes', 'eks', 'gke', 'aks']);

/** How a token is asked for where none lies ready: what the platforms themselves say of it. */
const ASKED: Readonly<Record<string, string>> = {
  'aws-compute': 'aws sts get-web-identity-token --audience AUDIENCE --signing-algorithm RS256 --duration-seconds 900',
  'google-compute': 'GET http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/identity?audience=AUDIENCE&format=full',
  'azure-identity': 'the identity endpoint of the resource, $IDENTITY_ENDPOINT',
  vercel: 'getVercelOidcToken of @vercel/oidc',
  fly: 'POST /v1/tokens/oidc on the socket /.fly/api',
};

export function deliveryOf(replacement: Replacement): Delivery {
  const { title, workload, change, outcome, parties, platform } = replacement;
  const last = parties.at(-1);
  if (outcome === 'reduced') return refused('no-path', `${title} has no federation: ${workload} goes on reading the key, from one guarded place.`, `Let ${workload} read the key from ${partyTitle(last)} while it runs, as the README of the plan says, and take the entry out then.`);
  if (change === 'model') return refused('needs-code-change', `${workload} has to call another model service before its key of ${title} can go.`, 'Change the client and the id of the model as the README of the plan says, and take the entry out in the same change.');
  const cloud = CLOUDS[platform];
  if (cloud !== undefined && cloud === last) return { kind: 'ambient', cloud };
  if (parties.length > 1) return refused('no-path', `The path has ${parties.length} hops (${parties.map(partyTitle).join(', then ')}), and this file cannot make the ones in between.`, 'Make each hop as the README of the plan says, and take the entry out then.');
  const byPlatform = AWS_BY_PLATFORM[platform];
  if (byPlatform !== undefined && last === 'aws') return { kind: 'role', ...byPlatform };
  if (CLUSTERS.has(platform)) return refused('unknown-shape', `${workload} needs a volume with a token of its service account, which is written where its pods are described.`, 'Add the projected token volume that the plan has in its folder kubernetes, set the variables of the plan, and take the entry out in the same change.');
  const asked = ASKED[platform];
  const how = asked === undefined ? '' : ` (${asked})`;
  return refused(
    'needs-code-change',
    `${workload} gets no token by its settings: it has to ask for one while it runs${how}.`,
    `${change === 'code' ? `Give the client of ${title} a token provider that does` : `Let ${workload} write the token to the file that ${tokenVariable(replacement)} names, and renew it`}, set the variables of the plan, and take the entry out in the same change.`,
  );
}

/** What a workload in its own cloud still has to be told, as `name` and template: project and place, no secrets. */
export function ambientSettings(replacement: Replacement, cloud: Cloud): readonly (readonly [string, string])[] {
  if (cloud !== 'google') return [];
  return Object.entries(replacement.set).filter(([name]) => !/CREDENTIALS|TOKEN/.test(name));
}

export function cloudTitle(cloud: Cloud): string {
  return CLOUD_TITLES[cloud];
}

function tokenVariable({ set }: Replacement): string {
  return Object.entries(set).find(([, value]) => value === '{token-file}')?.[0] ?? 'the plan';
}

function refused(code: FileRefusal['code'], reason: string, byHand: string): Delivery {
  return { kind: 'refused', code, reason, byHand };
}

function partyTitle(party: PartyId | undefined): string {
  return party === undefined ? 'a broker' : (TITLES[party] ?? `${party[0]?.toUpperCase() ?? ''}${party.slice(1)}`);
}

const TITLES: Readonly<Partial<Record<PartyId, string>>> = { aws: 'AWS', openai: 'OpenAI', huggingface: 'Hugging Face', wandb: 'Weights & Biases', 'vercel-ai-gateway': 'Vercel AI Gateway', 'github-copilot': 'GitHub Copilot', onepassword: '1Password' };
