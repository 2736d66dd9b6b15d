import type { AccountKind } from '../model/inventory.ts';
import { EXPLANATIONS } from '../sources/explanations.ts';

/** What a source asks for, what it needs to be allowed, and what it cannot say: from the tables that the source itself asks by. */
export function explainSource(kind: AccountKind): readonly string[] {
  const { title, calls, login, policy, limits } = EXPLANATIONS[kind];
  const width = Math.min(64, Math.max(...calls.map(({ call }) => call.length)));
  const always = calls.filter(({ onlyValues }) => onlyValues !== true);
  const values = calls.filter(({ onlyValues }) => onlyValues === true);
  const row = ({ call, permission, title: reads }: (typeof calls)[number]): string => `  ${call.padEnd(width)}  ${permission === '' || permission === call ? reads : `${reads} (needs ${permission})`}`;
  return [
    `${title}: dekey scan ${kind}: only reads. What it asks:`,
    ...always.map(row),
    ...(values.length === 0 ? [] : ['', 'With --read-values also:', ...values.map(row)]),
    '',
    'The login:',
    ...login.map((line) => `  ${line}`),
    ...(policy === undefined ? [] : ['', 'The least that has to be allowed, to paste:', ...policy.map((line) => `  ${line}`)]),
    '',
    'Limits:',
    ...limits.map((line) => `  ${line}`),
    '',
    'What may not be read is named in the report, and the run ends with exit code 3.',
  ];
}
