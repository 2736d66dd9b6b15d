import type { RewriteContext } from '../types.ts';
import { type Setting, type Setup, settingText, written } from './_way.ts';

/** `'export NAME=value'`, as a word that a shell prints; nothing when the platform brings the variable under its name. */
export function exportLine(setting: Setting): readonly string[] {
  return written([setting]).map(({ name, source }) => (source.kind === 'literal' ? `'export ${name}=${wordOf(source.text)}'` : `"export ${name}='$${source.name}'"`));
}

/** A command that writes the credential configuration of Google's libraries; without a heredoc, whose `<<` some pipelines read as their own. */
export function credentialLine(setup: Setup, context: Pick<RewriteContext, 'value' | 'ids'>, token: string, config: string, dollar = '$'): readonly string[] {
  const number = settingText('google.project_number', setup, context, (variable) => `"${dollar}${variable}"`);
  const json = `{"type":"external_account","audience":"//iam.googleapis.com/projects/%s/locations/global/workloadIdentityPools/dekey/providers/${setup.replacement.identity.id}","subject_token_type":"urn:ietf:params:oauth:token-type:jwt","token_url":"https://sts.googleapis.com/v1/token","credential_source":{"file":"%s"}}`;
  return [`printf '${json}\\n' ${number} "${token}" > "${config}"`];
}

/** A value as one word of a shell. */
export function wordOf(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `"${text.replace(/["\\$`]/g, '\\$&')}"`;
}
