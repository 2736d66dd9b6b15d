import type { PrefilterLiteral } from '../model/provider.ts';

/** What may stand between a name and its value in the languages and formats we read: quotes, brackets, `:=`, `??`, `:-`, escapes, new lines. */
const SEPARATOR = '(?:[\\s"\'`:=<>,(){}|\\[\\]\\\\?@&*;!]|(?<=[:>|-])-|-(?=[->]))';
/**
 * What may stand between the provider's word and the key word: `MISTRAL_API_KEY`, `mistral api key`, `Mistral({ apiKey`, `"mistral": { "token"`.
 * New lines only inside an opened bracket, so that an empty variable does not claim the value of the next line.
 */
const INFIX = '[\\w .-]{0,32}?(?:["\'`\\\\ \\t:=]{0,8}[({\\[]{1,3}[\\s"\'`\\\\]{0,24}[\\w.-]{0,16}?|)';
const KEY_WORD = anyCase('key|token|secret|pat|credential|password');
/** Words that may stand before the value itself, on lines of their own as well: `value:` of Kubernetes, `<string>` of property lists, blocks of Terraform. */
const FIELD_WORD = anyCase('value|string|type|sensitive|true|false|default|plain|text');
/** The same, but after a line break these would begin another variable: types, modifiers, constructors, an authentication scheme. */
const INLINE_WORD = anyCase('str|bearer|token|key|secret|some|new|final|static|mut|option|optional|to|from|secretstr|securestring|char|const|literal|get|set|init|body|is|std|var|b|r|u|f');
/** Between a name and its value: separators, a closing tag, and up to five such words. */
export const BETWEEN = `(?:<\\/[\\w:]{1,12}>|)${SEPARATOR}{1,40}(?:(?:${FIELD_WORD}|(?<!\\n[ \\t]{0,20})(?:${INLINE_WORD}))${SEPARATOR}{1,24}){0,5}`;
const LINE = '(?:|[^\\n{}\\[\\]]{0,80}\\n)';
/** `mistral:` or `[mistral]` with the key under it, some lines below. */
const SECTION = `["'\`]{0,1}[ \\t]{0,8}[:=\\]]{0,2}[ \\t]{0,8}\\{?[ \\t]{0,8}\\r?\\n${LINE}${LINE}${LINE}[ \\t"'\`]{0,20}[\\w.-]{0,16}?`;

/** Bytes a pattern of {@link assigned} may need after the name, without the key itself. */
export const ASSIGNED_REACH = 200;

/**
 * Pattern for a key without a mark of its own: the provider's name with a key word, then separators, then the key.
 *
 * @param names provider words as they stand in identifiers, a space where `_`, `-`, `.` or nothing may stand: `azure openai`.
 * @param body regular expression of the key.
 * @param before further patterns that may stand straight before the key instead (headers, positional arguments).
 */
export function assigned(names: readonly string[], body: string, before: readonly string[] = []): string {
  const name = names.map((text) => text.split(' ').map(anyCase).join('[_.-]?')).join('|');
  const named = `(?:${name})(?:${INFIX}|${SECTION})(?:${KEY_WORD})[\\w.-]{0,24}${BETWEEN}`;
  return `(?:${[named, ...before].join('|')})(?<key>${body})`;
}

/** The usual ways to write a provider's key name, as literals: `MISTRAL_API_KEY`, `mistral-api-key`, `mistralApiKey`, ... */
export function keyNames(...names: readonly string[]): PrefilterLiteral[] {
  return names.flatMap((name) => {
    const words = name.split(' ');
    const upper = words.join('_').toUpperCase();
    const lower = words.join('_');
    const camel = words.map((word, index) => (index === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1))).join('');
    // Without its first letter the camel form also finds `MistralApiKey`.
    return literals(`${upper}_API_KEY`, `${upper}_KEY`, `${lower}_api_key`, `${words.join('-')}-api-key`, `${words.join('.')}.api`, `${camel.slice(1)}ApiKey`, `${camel.slice(1)}APIKey`);
  });
}

/** Heads of sections that hold a key under them, as literals: `mistral:`, `[mistral]`, `"Mistral": {`. */
export function sections(...names: readonly string[]): PrefilterLiteral[] {
  return names.flatMap((name) => literals(`${name}:`, `${name}]`, `${name}": {`));
}

export function literals(...texts: readonly string[]): PrefilterLiteral[] {
  return texts.map((text) => ({ text }));
}

/** `ab|c` -> `[Aa][Bb]|[Cc]`: ignoring case for names alone, because the key beside them keeps its case. */
function anyCase(text: string): string {
  return text.replace(/[a-z]/gi, (letter) => `[${letter.toUpperCase()}${letter.toLowerCase()}]`);
}
