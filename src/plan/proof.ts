import type { Matcher, TrustPolicy } from '../model/federation.ts';
import type { Refusal, TokenShape, TokenSource } from '../model/issuer.ts';
import type { RefusalRow, Tightness } from '../model/plan.ts';
import type { Text } from '../model/text.ts';
import { fieldsOf } from '../support/text-form.ts';
import { either, isWithin, type Language, segment, sequence } from '../support/text-language.ts';
import { Atoms, keyOf, sameText } from './texts.ts';

/** What a token says, claim by claim. */
export type Token = Readonly<Record<string, Text>>;

/** The token the workload will show under `policy`: everything that is known of it. */
export function intendedToken(policy: TrustPolicy, shape: TokenShape): Token {
  const token: Record<string, Text> = { iss: shape.issuer, aud: policy.audience };
  const subject = shape.subject.text ?? (shape.subject.prefix === undefined ? undefined : [...shape.subject.prefix, '1']);
  if (subject !== undefined) token['sub'] = subject;
  for (const { claim, value } of shape.claims) token[claim] = value;
  return token;
}

/** The first part of `policy` that does not let `token` in, or undefined when it is let in. */
export function refusedBy(policy: TrustPolicy, token: Token): string | undefined {
  if (!says(token, 'iss', policy.issuer)) return 'issuer';
  if (!says(token, 'aud', policy.audience)) return 'audience';
  if (policy.subject !== undefined && !matches(policy.subject, token['sub'])) return 'subject';
  return policy.claims.find(({ claim, value }) => !says(token, claim, value))?.claim;
}

function says(token: Token, claim: string, value: Text): boolean {
  const said = token[claim];
  return said !== undefined && sameText(said, value);
}

function matches(matcher: Matcher, subject: Text | undefined): boolean {
  if (subject === undefined) return false;
  return matcher.kind === 'exact' ? sameText(matcher.text, subject) : keyOf(subject).startsWith(keyOf(matcher.text));
}

/** Each token that must be refused, with the part of the policy that refuses it. */
export function refusalTable(policy: TrustPolicy, shape: TokenShape): readonly RefusalRow[] {
  const intended = intendedToken(policy, shape);
  const everywhere: readonly Refusal[] = [
    { title: 'a token for another audience', changes: { aud: ['https://another.example'] } },
    { title: 'the same claims, signed by another issuer', changes: { iss: ['https://other-issuer.example'] } },
  ];
  return [...shape.refusals, ...everywhere].map(({ title, changes }) => ({ title, changes, refusedBy: refusedBy(policy, changed(intended, changes)) ?? null }));
}

function changed(token: Token, changes: Refusal['changes']): Token {
  const result: Record<string, Text> = { ...token };
  for (const [claim, value] of Object.entries(changes)) {
    if (value === null) delete result[claim];
    else result[claim] = value;
  }
  return result;
}

/**
 * Whether every subject that `policy` lets in is one of this workload's: decided by comparing the two languages, over all subjects the platform can
 * write. Inputs are atoms, so the answer holds for whatever values they take.
 */
export function tightnessOf(policy: TrustPolicy, tokens: TokenSource, shape: TokenShape): Tightness {
  const ids = policy.claims.filter(({ claim, value }) => shape.claims.some((pinned) => pinned.role === 'id' && pinned.claim === claim && sameText(pinned.value, value)));
  const pinned = ids.map(({ claim }) => claim).join(' and ');
  const { subject } = policy;
  if (subject === undefined) {
    return ids.length > 0 ? { holds: true, by: `${pinned}: ids that are never given out again` } : { holds: 'undecided', why: 'neither a subject nor an id is compared' };
  }
  const own = `the subject is ${subject.kind === 'exact' ? 'one text' : 'bound to the workload'}${ids.length > 0 ? `, beside ${pinned}` : ''}`;
  // A text lets in itself: nothing to search.
  if (subject.kind === 'exact' && shape.subject.text !== undefined && sameText(subject.text, shape.subject.text)) return { holds: true, by: own };
  const atoms = new Atoms();
  const allowed = subject.kind === 'exact' ? atoms.exactly(subject.text) : atoms.beginning(subject.text);
  const intended = intendedSubjects(shape, atoms);
  if (intended === undefined) return { holds: 'undecided', why: 'the platform does not say how its subjects are made' };
  const result = isWithin(allowed, intended, subject.kind === 'exact' ? undefined : anySubject(tokens, atoms, subject.text));
  if (result.holds === true) return { holds: true, by: own };
  if (result.holds === 'undecided') return { holds: 'undecided', why: 'the comparison took too many steps' };
  return { holds: false, counterexample: atoms.readable(result.counterexample) };
}

/** All subjects of tokens of this workload. */
function intendedSubjects(shape: TokenShape, atoms: Atoms): Language | undefined {
  const { text, prefix } = shape.subject;
  if (text !== undefined) return atoms.exactly(text);
  return prefix === undefined ? undefined : atoms.beginning(prefix);
}

/** All subjects the platform can write, unknown parts of the policy's own text among them. */
function anySubject(tokens: TokenSource, atoms: Atoms, own: Text): Language {
  const forms = tokens.subjects.map(({ template, except }) => {
    const parts = template.split(/(\{[a-z-]+\})/).filter((piece) => piece !== '');
    return sequence(...parts.map((piece) => (piece.startsWith('{') ? segment(except?.[piece.slice(1, -1)] ?? ':') : atoms.exactly([piece]))));
  });
  // A prefix whose parts are inputs is in no form letter by letter, but begins the texts it stands for.
  return own.every((part) => typeof part === 'string') && tokens.subjects.every((form) => fieldsOf(form).length > 0) ? either(...forms) : atoms.beginning([]);
}
