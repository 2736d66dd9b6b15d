import type { Finding } from '../../model/inventory.ts';
import { READINESS_PATTERNS, READINESS_SCORES } from '../../model/readiness.ts';
import type { PageControl, PageData } from './page-data.ts';

/** Places that a control names; an inventory may have one for each of ten thousand files. */
const PLACES = 20;
const UNKNOWN = READINESS_SCORES.indexOf('unknown');
/** Scores that say something: 0, 1, 2. */
const MET = READINESS_SCORES.indexOf('2');

/**
 * The scorecard: every control of every pattern, with what the findings say of it. Nothing when there is no such finding. A control that several findings speak of has the lowest score of
 * theirs, and a pattern the lowest of its controls: one that is bad is not averaged away. What nobody looked at, or could not tell, is unknown, and is never taken for met or for absent.
 */
export function pageReadiness(findings: readonly Finding[], details: (finding: Finding) => string, clean: (text: string) => string): Pick<PageData, 'readiness'> {
  const own = findings.filter((finding) => finding.class === 'readiness');
  if (own.length === 0) return {};
  const known = new Set(READINESS_PATTERNS.flatMap(({ controls }) => controls.map(([id]) => id)));
  const control = ([id, title]: readonly [string, string], about: readonly Finding[]): PageControl => {
    const scores = about.map(({ arguments: { score } }) => READINESS_SCORES.findIndex((one) => one === score)).filter((score) => score >= 0);
    const told = scores.filter((score) => score <= MET);
    return {
      id,
      title,
      score: told.length > 0 ? Math.min(...told) : scores.length > 0 && scores.every((score) => score !== UNKNOWN) ? READINESS_SCORES.indexOf('n/a') : UNKNOWN,
      says: [...new Set(about.map(details))].filter((said) => said !== ''),
      places: [...new Set(about.map(({ location: { path, line } }) => `${clean(path)}${line > 0 ? `:${line}` : ''}`))].slice(0, PLACES),
      more: Math.max(0, new Set(about.map(({ location: { path, line } }) => `${path}:${line}`)).size - PLACES),
    };
  };
  const patterns = READINESS_PATTERNS.map(({ id, title, controls }) => {
    const rows = controls.map((one) => control(one, own.filter(({ arguments: { control: of } }) => of === one[0])));
    const told = rows.map(({ score }) => score).filter((score) => score <= MET);
    const least = told.length === 0 ? UNKNOWN : Math.min(...told);
    // Met it is only when nothing is left to know.
    return { id, title, level: least === MET && rows.some(({ score }) => score === UNKNOWN) ? UNKNOWN : least, controls: rows };
  });
  // Of a control that this version does not know.
  const others = [...new Set(own.filter(({ arguments: { control: of = '' } }) => !known.has(of)).map(({ code }) => code))];
  const rest = others.map((code) => control([clean(code), ''], own.filter((finding) => finding.code === code && !known.has(finding.arguments['control'] ?? ''))));
  return { readiness: [...patterns, ...(rest.length === 0 ? [] : [{ id: '', title: 'Others', level: UNKNOWN, controls: rest }])] };
}
