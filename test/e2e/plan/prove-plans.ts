/** The planner's part of the proof: cells, judges on everything emitted, tokens at parties on loopback, sameness and speed. */
import { table } from '../../../bench/table.ts';
import { allCells, planMany, platformPlans, provePlan } from './matrix.ts';

interface ToCheck {
  readonly path: string;
  readonly kind: string;
  readonly text: string;
}

/** What the judges say of files: their lines for people, and the number of problems. */
type CheckFiles = (files: readonly ToCheck[]) => Promise<{ readonly verdicts: readonly { readonly name: string; readonly version: string; readonly checked: number; readonly problems: readonly { readonly path: string; readonly text: string }[] }[] }>;

const WORKLOADS = 5000;

/** What a judge says because its tables are older than the facts, or because a value is still to be filled in: each with the reason, and counted. */
const EXPECTED: readonly { readonly judge: string; readonly path: RegExp; readonly text: RegExp; readonly why: string }[] = [
  { judge: 'checkov', path: /^github-actions\/filled\/google\//, text: /^CKV_GCP_125 /, why: 'its pattern for repositories does not know subjects with numeric ids; the same file with names passes' },
  { judge: 'moto', path: /\/open\//, text: /Missing parameter/, why: 'a template with parameters that have no values creates nothing' },
  { judge: 'parliament', path: /./, text: /UNKNOWN_ACTION.*(?:sts:GetWebIdentityToken|bedrock:CallWithBearerToken)/, why: 'the actions are newer than its tables' },
  { judge: 'parliament', path: /guardrails\/aws-scp\.json$/, text: /UNKNOWN_CONDITION_FOR_ACTION.*iam:ServiceSpecificCredentialServiceName/, why: 'the condition key is newer than its tables' },
  { judge: 'parliament', path: /permissions\.json$/, text: /RESOURCE_MISMATCH.*bedrock:InvokeModel/, why: 'it wants every kind of resource of an action named; one kind is what least privilege means' },
  { judge: 'parliament', path: /\/open\//, text: /INVALID_ARN/, why: 'the place of a value that is still to be filled in' },
];

/** Gives what failed, empty when all holds. */
export async function provePlans(say: (lines: readonly string[]) => void, checkFiles: CheckFiles): Promise<readonly string[]> {
  const failures: string[] = [];
  const cells = allCells();
  say(['', ...cells.map(({ platform, provider, outcome }) => `cell ${provider} x ${platform}: ${outcome}`)]);
  const counts = new Map<string, number>();
  for (const { outcome } of cells) {
    const kind = outcome.replace(/ \(.*\)$/, '');
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  say(['', ...table(['cells', 'number'], [...[...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([kind, count]) => [kind, String(count)]), ['in all', String(cells.length)]]), '']);

  const plans = platformPlans();
  const files = new Map<string, ToCheck>();
  for (const { open, filled, named } of plans) {
    for (const [state, plan] of [['open', open], ['filled', filled], ['named', named]] as const) for (const file of plan.files) files.set(`${file.kind}\n${file.text}`, { path: `${plan.platform}/${state}/${file.path}`, kind: file.kind, text: file.text });
  }
  const emitted = plans.reduce((sum, { open, filled, named }) => sum + open.files.length + filled.files.length + named.files.length, 0);
  say([`${emitted} files for ${plans.length} platforms, open, filled in, and with names for ids; ${files.size} of them different, given to the judges:`]);
  const report = await checkFiles([...files.values()]);
  const expected = new Map<string, number>();
  const rows0 = report.verdicts.map(({ name, version, checked, problems }) => {
    const open = problems.filter(({ path, text }) => {
      const known = EXPECTED.find((each) => each.judge === name && each.path.test(path) && each.text.test(text));
      if (known !== undefined) expected.set(`${name}: ${known.why}`, (expected.get(`${name}: ${known.why}`) ?? 0) + 1);
      return known === undefined;
    });
    failures.push(...open.map(({ path, text }) => `${name}: ${path}: ${text.slice(0, 300)}`));
    return [name, version, String(checked), String(problems.length), String(open.length)];
  });
  say([...table(['judge', 'version', 'files', 'says', 'of it not explained'], rows0), ...[...expected].map(([why, count]) => `  ${count} x ${why}`)]);

  const rows: string[][] = [];
  for (const { filled } of plans) {
    const proofs = await provePlan(filled);
    const byParty = new Map<string, { identities: number; tokens: number; failures: number }>();
    for (const proof of proofs) {
      const sum = byParty.get(proof.party) ?? { identities: 0, tokens: 0, failures: 0 };
      byParty.set(proof.party, { identities: sum.identities + 1, tokens: sum.tokens + proof.tokens, failures: sum.failures + proof.failures.length });
      failures.push(...proof.failures.map((failure) => `${proof.platform} at ${proof.party}, ${proof.identity}: ${failure}`));
    }
    for (const [party, sum] of byParty) rows.push([filled.platform, party, String(sum.identities), String(sum.tokens), String(sum.failures)]);
  }
  say(['', ...table(['tokens of', 'at', 'identities', 'tokens', 'not as wanted'], rows)]);

  const { seconds, migrations, same } = planMany(WORKLOADS);
  say(['', `${WORKLOADS} workloads, ${migrations} migrations, planned and written out in ${seconds.toFixed(1)} s (limit 5); made twice: ${same ? 'the same' : 'DIFFERENT'}.`]);
  if (!same) failures.push('a plan made twice is not the same');
  return failures;
}
