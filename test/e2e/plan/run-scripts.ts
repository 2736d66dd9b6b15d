/**
 * The scripts of a plan, run: `create`, `check`, `create` again, a change made behind their back, `check`, `undo`. AWS's own command line against an emulator of IAM; inputs
 * come from the environment, as a person gives them.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type MotoAccount, startMoto } from '../../../scripts/judges/moto.ts';
import { sampleOf } from '../../support/sample-plan.ts';
import { planOne } from './matrix.ts';

const ACCOUNT = '123456789012';
/** One whose issuer is known, one where an input stands in the names of the conditions, one whose issuer is an input. */
const PLATFORMS = ['github-actions', 'circleci', 'eks'] as const;

export async function runAwsScripts(say: (lines: readonly string[]) => void): Promise<readonly string[]> {
  const failures: string[] = [];
  for (const platform of PLATFORMS) {
    const moto = await startMoto();
    const folder = mkdtempSync(join(tmpdir(), 'dekey-scripts-'));
    try {
      failures.push(...runOn(platform, moto, folder, say));
    } finally {
      moto.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return failures;
}

function runOn(platform: string, moto: MotoAccount, folder: string, say: (lines: readonly string[]) => void): readonly string[] {
  const { files, draft, inputs } = planOne(platform, ['aws-bedrock'], {});
  const values = Object.fromEntries([...draft.inputs, ...inputs].map((input) => [input.id.toUpperCase().replaceAll('.', '_'), input.id === 'aws.account_id' ? ACCOUNT : sampleOf(input)]));
  const [identity] = draft.identities;
  if (identity === undefined) return [`${platform}: no identity`];
  const role = identity.target.id;
  for (const name of ['create', 'check', 'undo']) writeFileSync(join(folder, `${name}.sh`), files.find(({ path }) => path === `aws/${name}.sh`)?.text ?? '');
  // AWS_REGION is an input of the script and a setting of the command line: the sample is a real one.
  const env = { ...moto.env, ...values };
  const run = (name: string): { readonly status: number | null; readonly out: string } => {
    const { status, stdout, stderr } = spawnSync('bash', [join(folder, `${name}.sh`)], { env, encoding: 'utf8', timeout: 120_000 });
    return { status, out: `${stdout}${stderr}` };
  };
  const aws = (...args: readonly string[]): string => spawnSync('aws', args, { env, encoding: 'utf8', timeout: 60_000 }).stdout;
  const failures: string[] = [];
  const expect = (step: string, wanted: number, got: { readonly status: number | null; readonly out: string }): void => {
    say([`  ${platform}: ${step}: exit ${String(got.status)}`]);
    if (got.status !== wanted) failures.push(`${platform}: ${step}: exit ${String(got.status)} and not ${wanted}: ${got.out.trim().slice(-400)}`);
  };
  expect('check before anything is there', 1, run('check'));
  expect('create', 0, run('create'));
  expect('check', 0, run('check'));
  expect('create again', 0, run('create'));
  const trust = aws('iam', 'get-role', '--role-name', role, '--output', 'json', '--query', 'Role.AssumeRolePolicyDocument');
  if (!trust.includes('sts:AssumeRoleWithWebIdentity') || /https:\/\//.test(trust) || trust.includes('${')) failures.push(`${platform}: the role trusts ${trust.slice(0, 300)}`);
  aws('iam', 'update-assume-role-policy', '--role-name', role, '--policy-document', '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}');
  expect('check after somebody changed the role', 1, run('check'));
  expect('create puts it right', 0, run('create'));
  expect('check', 0, run('check'));
  expect('undo', 0, run('undo'));
  expect('undo again', 0, run('undo'));
  expect('check after undo', 1, run('check'));
  return failures;
}
