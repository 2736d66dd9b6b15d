import { isFly } from '../../platforms/_shared/settings-files.ts';
import { settingsRewriter } from './_settings.ts';
import { type TomlSetting, tomlSettings } from './_settings-toml.ts';

export const fly = settingsRewriter<TomlSetting>({ id: 'fly', matches: isFly, read: (_, text) => tomlSettings(text) });
