import { isAppSettings } from '../../platforms/_shared/settings-files.ts';
import { settingsRewriter } from './_settings.ts';
import { type JsonSetting, jsonSettings } from './_settings-json.ts';
import type { Rewriter } from '../types.ts';

/** `local.settings.json` hands a process variables; other settings files are read by code, under names of its own. */
const json = settingsRewriter<JsonSetting>({ id: 'app-settings', matches: isAppSettings, login: (path) => (/(?:^|\/)local\.settings\.json$/i.test(path) ? 'az login' : undefined), read: (_, text) => jsonSettings(text) });

export const appSettings: Rewriter = { ...json, matches: (path, text) => /\.json$/i.test(path) && json.matches(path, text) };
