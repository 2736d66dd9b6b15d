import { isVercel } from '../../platforms/_shared/settings-files.ts';
import { settingsRewriter } from './_settings.ts';
import { type JsonSetting, jsonSettings } from './_settings-json.ts';

/** Vercel: a function asks for its token with every request, so that settings alone never do. */
export const vercel = settingsRewriter<JsonSetting>({ id: 'vercel', matches: isVercel, read: (_, text) => jsonSettings(text) });
