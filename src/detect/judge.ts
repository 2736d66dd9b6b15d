import type { Confidence } from '../model/levels.ts';
import type { Matcher } from './compile.ts';
import { entropy } from './entropy.ts';
import { doubtOf } from './placeholder.ts';
import { type Candidate, prove } from './proofs.ts';

/** What we think of a match. */
export interface Verdict {
  readonly confidence: Confidence;
  readonly reasons: readonly string[];
  readonly facts: Readonly<Record<string, string>>;
  /** True when the key's own structure proves it: then it is a key wherever it stands. */
  readonly proven: boolean;
}

/** Paths where shape alone does not make a finding certain: here keys are shown, and made up for it. */
const EXAMPLE_PATH = /(?:^|[/_.-])(?:samples?|examples?|stories|docs?|documentation|content|demos?|tutorials?|cookbooks?)(?:[/_.-]|$)|\.(?:mdx?|rst|adoc|ipynb|html?)$/i;
/** Paths where made-up keys are at home, with checksums and all: what tests need is a key that looks whole. */
const TEST_PATH = /(?:^|[/_.-])(?:tests?|testing|specs?|__tests__|__mocks__|__fixtures__|__snapshots__|mocks?|fixtures?|testdata|testutils?|cassettes?|snapshots?)(?:[/_.-]|$)|[a-z0-9](?:Tests?|Specs?|IT|Mocks?)\.(?:java|kt|kts|cs|scala|swift|php|groovy)$|\.snap$/i;

/** What the place of a finding says about it. Applied when the path is known, which for history is after the scan. */
export function judgePlace(confidence: Confidence, proven: boolean, path: string): { confidence: Confidence; reason?: string } {
  if (confidence !== 'high') return { confidence };
  if (TEST_PATH.test(path)) return { confidence: 'medium', reason: 'stands among tests' };
  if (!proven && EXAMPLE_PATH.test(path)) return { confidence: 'medium', reason: 'stands among examples or documentation' };
  return { confidence };
}

/** A structure that proves the key makes up for a body that is poorer than one in a thousand. */
const PROVEN_SLACK = 0.6;

/** Judges one match; undefined when it is no key. `candidate.text` is the window round the key. */
export function judge(matcher: Matcher, candidate: Candidate): Verdict | undefined {
  const { detector } = matcher;
  const body = candidate.key.startsWith(detector.publicPrefix) ? candidate.key.slice(detector.publicPrefix.length) : candidate.key;
  if (!contextHolds(matcher, candidate)) return undefined;
  const multiline = candidate.key.startsWith('-----BEGIN');
  const doubt = multiline ? undefined : doubtOf(body);
  if (doubt?.strength === 'certain') return undefined;

  const reasons: string[] = [];
  let confidence = detector.confidence.shape;
  let facts: Readonly<Record<string, string>> = {};
  let proven = false;
  if (detector.proof !== undefined) {
    const proof = prove(detector.proof, candidate);
    facts = proof.facts;
    if (proof.verdict === 'refuted') {
      if (detector.confidence.refuted === undefined) return undefined;
      confidence = detector.confidence.refuted;
    }
    proven = proof.verdict === 'proven';
    if (proven || proof.verdict === 'supported') confidence = detector.confidence.proven ?? confidence;
    if (proof.reason !== '') reasons.push(proof.reason);
  }
  if (entropy(body) < detector.minEntropy - (proven ? PROVEN_SLACK : 0)) return undefined;
  if (doubt !== undefined && !proven) {
    confidence = 'low';
    reasons.push(doubt.reason);
  }
  return { confidence, reasons, facts, proven };
}

/** Whether the words that make a weak shape mean this provider stand near enough. */
function contextHolds(matcher: Matcher, { key, text, at }: Candidate): boolean {
  const { context } = matcher.detector;
  if (context === undefined) return true;
  const before = text.slice(Math.max(0, at - context.distance), at).toLowerCase();
  const after = context.relation === 'near' ? text.slice(at + key.length, at + key.length + context.distance).toLowerCase() : '';
  return context.words.some((word) => before.includes(word.toLowerCase()) || after.includes(word.toLowerCase()));
}
