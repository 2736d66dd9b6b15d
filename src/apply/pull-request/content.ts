import { createHash } from 'node:crypto';

/** A file as git names it: its path and the id of its bytes. */
export interface FileId {
  readonly path: string;
  readonly oid: string;
}

/** The id that git gives to these bytes (SHA-1, as GitHub's repositories have). */
export function blobOid(bytes: Uint8Array): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

/** One digest for what a branch changes: it does not depend on the order, on dates or on the base. Hexadecimal. */
export function contentDigest(files: readonly FileId[]): string {
  const hash = createHash('sha256');
  for (const { path, oid } of files.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))) hash.update(`${path}\0${oid}\n`);
  return hash.digest('hex');
}

const TRAILER = 'Dekey-Content';

/** The last lines of a commit message of ours. */
export function trailers(content: string, plan: string): string {
  return `${TRAILER}: ${content}\nDekey-Plan: ${plan}`;
}

/** The content that a commit message of ours names; undefined when it is not one. */
export function contentIn(message: string): string | undefined {
  return new RegExp(`^${TRAILER}: ([0-9a-f]{64})$`, 'm').exec(message)?.[1];
}

/** What the hidden line of a description says. */
export interface Marker {
  readonly plan: string;
  readonly content: string;
  /** dekey itself has closed it, because nothing was left to do: it may make another. */
  readonly isWithdrawn: boolean;
}

/** A hidden line that is ours whatever else stands in the description. Holds hexadecimal digits only. */
export function markerLine({ plan, content, isWithdrawn }: Marker): string {
  return `<!-- dekey:pull-request plan=${plan} content=${content}${isWithdrawn ? ' withdrawn' : ''} -->`;
}

export function markerIn(body: string): Marker | undefined {
  const match = /<!-- dekey:pull-request plan=([0-9a-f]{64}) content=([0-9a-f]{64})( withdrawn)? -->/.exec(body);
  return match?.[1] === undefined || match[2] === undefined ? undefined : { plan: match[1], content: match[2], isWithdrawn: match[3] !== undefined };
}

const END = '<!-- dekey:end -->';

/** Our part of a description, between hidden lines: what a person writes below it stays. */
export function framed(text: string, marker: Marker): string {
  return `${markerLine(marker)}\n${text.trimEnd()}\n${END}\n`;
}

/** Our part of `body`, and what a person wrote round it; undefined when it is not there whole. */
function partsOf(body: string): { readonly before: string; readonly own: string; readonly after: string } | undefined {
  // GitHub's own editor writes CRLF.
  const text = body.replaceAll('\r\n', '\n');
  const start = text.search(/<!-- dekey:pull-request [^>]*-->/);
  const end = text.indexOf(END, start);
  return start === -1 || end === -1 ? undefined : { before: text.slice(0, start), own: text.slice(start, end + END.length), after: text.slice(end + END.length) };
}

/**
 * The description that `old` becomes: our part anew, with the boxes that somebody has ticked, and the rest as it was. `fresh` is what {@link framed} makes.
 */
export function mergedBody(old: string, fresh: string): string {
  const parts = partsOf(old);
  if (parts === undefined) return fresh;
  const ticked = new Set([...parts.own.matchAll(/^- \[[xX]\] (.*)$/gm)].map(([, text]) => text));
  const own = fresh.trimEnd().replace(/^- \[ \] (.*)$/gm, (line, text: string) => (ticked.has(text) ? `- [x] ${text}` : line));
  return `${parts.before}${own}${parts.after.trimEnd()}\n`;
}

/** Whether two descriptions say the same: the digest of the plan and line ends do not count. */
export function saysTheSame(a: string, b: string): boolean {
  return bare(a) === bare(b);
}

function bare(body: string): string {
  return body.replaceAll('\r\n', '\n').replace(/(<!-- dekey:pull-request plan=)[0-9a-f]{64}/, '$1').trimEnd();
}
