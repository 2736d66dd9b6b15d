import { UsageError } from '../model/errors.ts';
import type { RiskFactor } from '../model/inventory.ts';
import type { Severity } from '../model/levels.ts';
import { findFactor, NOT_A_KEY, SCALES, scoreOf, type FactorValue } from './factors.ts';

/** Names the table of weights; a vector says which it was computed with. */
const VERSION = 'DK1';

/** As much of a wrong vector as a message repeats. */
const MOST_QUOTED = 40;

/** What a vector says, recomputed from the vector alone. */
export interface ParsedVector {
  readonly score: number;
  readonly level: Severity;
  /** In the order of the scales, in their general wording. */
  readonly factors: readonly RiskFactor[];
}

/** `DK1/EX:PH/PR:W/...`, in the order of the scales, whatever the order of `factors`. */
export function formatVector(factors: readonly { readonly code: string; readonly value: string }[]): string {
  return [VERSION, ...inScaleOrder(factors).map(({ code, value }) => `${code}:${value}`)].join('/');
}

/**
 * Reads a vector back. Parts may stand in any order and any may be missing: a factor that is not named adds nothing.
 *
 * @throws UsageError that names the wrong part and lists what is allowed there.
 */
export function parseVector(text: string): ParsedVector {
  const [version = '', ...parts] = text.trim().split('/');
  if (version !== VERSION) throw new UsageError(`${quote(text)} is not a risk vector: it begins with ${quote(version)}`, `A vector begins with ${VERSION}/, as in ${EXAMPLE}.`);
  if (parts.length === 0) throw new UsageError('the risk vector holds no factor', `Write it as ${EXAMPLE}.`);

  const factors = new Map<string, RiskFactor>();
  for (const part of parts) {
    const factor = parsePart(part);
    if (factors.has(factor.code)) throw new UsageError(`${factor.code} stands twice in the risk vector`, 'Name each factor once.');
    factors.set(factor.code, factor);
  }
  if (factors.has(NOT_A_KEY.code) && factors.size > 1) {
    throw new UsageError(`${NOT_A_KEY.code} stands with other factors in the risk vector`, `${NOT_A_KEY.code} says that there is no key to score, so it stands alone.`);
  }
  const ordered = inScaleOrder([...factors.values()]);
  return { ...scoreOf(ordered), factors: ordered };
}

const EXAMPLE = `${VERSION}/EX:RT/PR:P/ST:P/AG:U/SP:S/SE:U/RP:T`;

function parsePart(part: string): RiskFactor {
  const [code = '', value, ...more] = part.split(':');
  const scale = SCALES.get(code);
  if (scale === undefined) throw new UsageError(`${quote(part)} in the risk vector names no factor`, `Factors are ${listed([...SCALES.values()].map((one) => `${one.code} (${one.title})`))}.`);
  const factor = value === undefined || more.length > 0 ? undefined : findFactor(code, value);
  if (factor === undefined) {
    throw new UsageError(`${quote(part)} in the risk vector has no value that ${code} (${scale.title}) can take`, `Values of ${code} are ${listed(scale.values.map((one) => `${one.value} (${one.label})`))}.`);
  }
  return factor;
}

function listed(items: readonly string[]): string {
  return items.join(', ');
}

function quote(text: string): string {
  return JSON.stringify(text.length > MOST_QUOTED ? `${text.slice(0, MOST_QUOTED)}…` : text);
}

const POSITIONS: ReadonlyMap<string, number> = new Map([...SCALES.keys()].map((code, index) => [code, index]));

function inScaleOrder<T extends { readonly code: string }>(factors: readonly T[]): T[] {
  return factors.toSorted((a, b) => (POSITIONS.get(a.code) ?? POSITIONS.size) - (POSITIONS.get(b.code) ?? POSITIONS.size));
}

/** One addend of a vector, for people. */
export interface VectorLine extends RiskFactor {
  readonly title: string;
  /** Every value the factor can take, worst first. */
  readonly values: readonly FactorValue[];
}

export interface VectorExplanation {
  /** In canonical order. */
  readonly vector: string;
  readonly score: number;
  readonly level: Severity;
  /** Sum of the points; above `score` when it passes 100. */
  readonly sum: number;
  readonly lines: readonly VectorLine[];
  /** Factors the vector does not name, with what they could add. */
  readonly absent: readonly { readonly code: string; readonly title: string; readonly values: readonly FactorValue[] }[];
}

/** What `dekey explain VECTOR` shows, as data. Throws as {@link parseVector} does. */
export function explainVector(text: string): VectorExplanation {
  const { score, level, factors } = parseVector(text);
  const named = new Set(factors.map(({ code }) => code));
  let sum = 0;
  for (const { points } of factors) sum += points;
  return {
    vector: formatVector(factors),
    score,
    level,
    sum,
    lines: factors.map((factor) => ({ ...factor, title: SCALES.get(factor.code)?.title ?? factor.code, values: SCALES.get(factor.code)?.values ?? [] })),
    absent: named.has(NOT_A_KEY.code)
      ? []
      : [...SCALES.values()].filter(({ code }) => code !== NOT_A_KEY.code && !named.has(code)).map(({ code, title, values }) => ({ code, title, values })),
  };
}
