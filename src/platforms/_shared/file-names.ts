import { baseName } from './config-draft.ts';

const COMPOSE = /^(?:.*[._-])?(?:docker-)?(?:compose|stack)(?:[._-].*)?\.ya?ml(?:\.(?:example|sample|template|dist|tmpl|tpl|j2|jinja2?))?$/i;
const VALUES = /^(?:(?:.*[._-])?values(?:[._-].*)?\.ya?ml|helmfile(?:[._-].*)?\.ya?ml)$/i;
const TEMPLATE = /(?:^|\/)templates\/.+\.(?:ya?ml|tpl|txt)$/i;

export function isComposeFile(path: string, text: string): boolean {
  return COMPOSE.test(baseName(path)) && /^["']?(?:services|secrets|x-[\w-]+)["']?\s*:/m.test(text);
}

/** Values of a chart, and what helmfile gives it. */
export function isHelmValues(path: string): boolean {
  return VALUES.test(baseName(path));
}

export function isHelmTemplate(path: string, text: string): boolean {
  return TEMPLATE.test(path) && text.includes('{{') && /^[ \t]*(?:kind|apiVersion):|secretKeyRef|\.Values\./m.test(text.slice(0, 20_000));
}
