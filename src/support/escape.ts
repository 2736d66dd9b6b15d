/**
 * What a terminal, a log viewer or an editor acts on or hides instead of showing: controls (C0, DEL, C1, so also ESC and line ends), format
 * characters (bidi, zero-width, soft hyphen, tags), line and paragraph separators, lone surrogates, and all that Unicode lets
 * renderers ignore. The two selectors that choose between a text and an emoji glyph stay.
 */
const INVISIBLE = /(?!\ufe0e|\ufe0f)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** Text from outside made safe to print on a terminal: each acting or hidden character becomes `\u{202e}`. Also puts it on one line. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}

/** The message of a GitHub Actions workflow command (`::error ...::MESSAGE`); line ends survive encoded, other controls become visible. */
export function escapeWorkflowData(text: string): string {
  return text.split(/(\r|\n)/).map(encodeWorkflowPart).join('');
}

function encodeWorkflowPart(part: string): string {
  if (part === '\r') return '%0D';
  if (part === '\n') return '%0A';
  return visible(part).replaceAll('%', '%25');
}

/** A property of a GitHub Actions workflow command (`::error file=VALUE,...::`). */
export function escapeWorkflowProperty(text: string): string {
  return escapeWorkflowData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

/** A relative path with `/` as a relative URI reference (RFC 3986), as SARIF wants it. Unpaired surrogates become U+FFFD. */
export function percentEncodePath(path: string): string {
  return path.replace(/\p{Cs}/gu, '\ufffd').split('/').map(encodeSegment).join('/');
}

function encodeSegment(segment: string): string {
  return encodeURIComponent(segment).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
