import { isAppEngine } from '../../platforms/_shared/settings-files.ts';
import { settingsRewriter } from './_settings.ts';
import { type YamlSetting, yamlSettings } from './_settings-yaml.ts';

/** App Engine: a service runs under a service account, and knows its project (https://cloud.google.com/appengine/docs/standard/services/access, 2026-11-24). */
export const appEngine = settingsRewriter<YamlSetting>({ id: 'app-engine', matches: isAppEngine, provided: ['GOOGLE_CLOUD_PROJECT'], read: (_, text) => yamlSettings(text, (root) => [root]) });
