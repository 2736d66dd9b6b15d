import type { TextFile } from '../../model/reference.ts';
import { baseName } from './config-draft.ts';

// Which files are whose: asked by those that read them and by those that edit them.

export function isServerless(file: TextFile): boolean {
  return /^serverless(?:[._-][\w-]+)*\.(?:ya?ml|json)$/.test(baseName(file.path));
}

export function isCloudFormation(file: TextFile): boolean {
  return /\.(?:ya?ml|json|template)$/i.test(file.path) && /AWSTemplateFormatVersion|AWS::Serverless-|["']?Type["']?\s*:\s*["']?AWS::[A-Z]\w+::/.test(file.text);
}

export function isAppEngine(file: TextFile): boolean {
  return /^app(?:[._-][\w-]+)*\.ya?ml$/.test(baseName(file.path)) && /^(?:runtime|env_variables|entrypoint)\s*:/m.test(file.text);
}

export function isRender(file: TextFile): boolean {
  return /^render\.ya?ml$/.test(baseName(file.path));
}

export function isFly(file: TextFile): boolean {
  return /^fly(?:[._-][\w-]+)*\.toml$/.test(baseName(file.path));
}

export function isVercel(file: TextFile): boolean {
  return /^(?:vercel|now)\.json$/.test(baseName(file.path));
}

export function isAppSettings(file: TextFile): boolean {
  return /^(?:appsettings(?:[._-][\w-]+)*\.json|local\.settings\.json|application(?:[._-][\w-]+)*\.ya?ml|bootstrap\.ya?ml)$/i.test(baseName(file.path)) || /(?:^|\/)\.streamlit\/secrets[\w.-]*\.toml(?:\.(?:example|sample|template))?$/.test(file.path);
}

export function isPulumi(file: TextFile): boolean {
  return /^Pulumi(?:\.[\w-]+)*\.ya?ml$/.test(baseName(file.path));
}
