import { get, textOf } from '../../support/yaml.ts';
import type { Replacement } from '../types.ts';
import type { YamlMap } from '../yaml-edit.ts';
import { stepsOf, type Use } from './uses.ts';

/** What a reviewer has to know of rights and of money, which stand in no file. */

/** The rights that a login by a key had, and the identity in its place has not yet. Undefined where the plan grants what is needed. */
export function rightsTold({ parties: [party], identity: { permission } }: Pick<Replacement, 'parties' | 'identity'>): string | undefined {
  if (party === 'google') {
    return permission === 'cloud-access'
      ? 'the plan grants no role: grant the principal those that the service account of the secret has (gcloud projects get-iam-policy PROJECT --flatten=bindings[].members --filter=bindings.members:ACCOUNT, and the policies of buckets), and where a service takes no direct federation let it impersonate that account'
      : 'the principal of the plan may use Vertex AI and nothing else: what more the service account of the secret was used for has to be granted too';
  }
  if (permission !== 'cloud-access') return undefined;
  return party === 'aws'
    ? 'the role may do only what the managed policy allows that the plan asks for: see which policies the user of the key has (aws iam list-attached-user-policies, list-user-policies, list-groups-for-user)'
    : party === 'azure' ? 'the plan grants no role: grant the identity those that the application of the secret has (az role assignment list --assignee CLIENT_ID --all)' : undefined;
}

/** Who pays for what was free or paid otherwise before. */
export function moneyTold({ provider, parties: [party] }: Pick<Replacement, 'provider' | 'parties'>, uses: readonly Use[]): string | undefined {
  if (provider === 'google-gemini' && party === 'google') return 'Vertex AI is billed to the Google Cloud project, and a key of the Gemini API may have been of its free tier';
  const isSubscription = provider === 'anthropic' && party === 'anthropic' && uses.some(({ scalar, held }) => /claude_code_oauth|oauth_token/i.test(`${held?.entry.key ?? ''} ${scalar.value}`));
  return isSubscription ? 'the OAuth token was paid by a subscription, federation is billed to the API organization' : undefined;
}

/** A step that may be left without credentials, or a job that goes on another way where a login left none. */
export function goesWithoutLogin(job: YamlMap, step: YamlMap): boolean {
  const id = textOf(get(step, 'id'));
  const isSoft = textOf(get(step, 'continue-on-error')) === 'true';
  return isSoft || stepsOf(job).some(({ step: other }) => {
    const text = `${textOf(get(other, 'run')) ?? ''}\n${textOf(get(other, 'if')) ?? ''}`;
    return /-[nz] "?\$\{?GOOGLE_APPLICATION_CREDENTIALS\b|env\.GOOGLE_APPLICATION_CREDENTIALS\b/.test(text) || (id !== undefined && new RegExp(`\\bsteps\\.${id}\\.(?:outcome|outputs\\.credentials_file_path)\\b`).test(text));
  });
}
