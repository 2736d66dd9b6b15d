/** What GitHub limits, refuses and hides: the run waits, goes on, and names what it could not read. */
import { Proof } from './checks.ts';
import { Session } from './session.ts';
import { tokenText } from './world/make.ts';

/** A run that needs more requests than two windows have. `windowSeconds` stand for GitHub's hour. */
export async function proveWindows(repositories: number, windowSeconds: number): Promise<Proof> {
  const proof = new Proof(`${repositories} repositories across two limits`);
  const session = await Session.open(51, { repositories }, { limits: { pointsAMinute: 1_000_000 } });
  try {
    // Full: about 9 a repository; two and a half windows.
    const primary = Math.ceil((repositories * 9) / 2.6);
    session.server.limits.settings = { ...session.server.limits.settings, primary, primaryWindowMs: windowSeconds * 1000 };
    const run = await session.scan(['github:acme'], { timeoutMs: 3_000_000 });
    proof.say(`  exit ${run.code}, ${run.seconds.toFixed(0)} s, ${run.records.length} requests, ${primary} allowed in a window: ${session.server.limits.crossed} limits crossed, ${run.records.filter(({ status }) => status === 403).length} refusals`);
    proof.equal(run.code, 0, 'exit code');
    proof.check(session.server.limits.crossed >= 2, `only ${session.server.limits.crossed} limits crossed`);
    proof.equal(run.inventory.targets.filter(({ complete }) => !complete).map(({ name }) => name), [], 'incomplete targets');
    proof.check(run.records.filter(({ status }) => status === 403).length <= 60, 'the run goes on asking while it is limited');
    proof.clean(session);
  } finally {
    await session.close();
  }
  return proof;
}

export async function proveRefusals(): Promise<Proof> {
  const proof = new Proof('what cannot be read');
  const session = await Session.open(53, { repositories: 30 }, { limits: { pointsAMinute: 20_000 } });
  try {
    const account = session.world.user('ann');
    if (account === undefined) throw new Error('nobody');
    const { world } = session;
    const poor = tokenText('poor');
    world.tokens.set(poor, { text: poor, account, kind: 'fine-grained', permissions: { metadata: 'read', contents: 'read', actions: 'read', administration: 'read', secrets: 'read' } });
    const run = await session.scan(['github:acme'], { token: 'poor', cache: 'poor' });
    proof.equal(run.code, 3, 'exit code without permissions');
    const reasons = run.inventory.targets.flatMap(({ skipped }) => skipped.filter(({ incomplete }) => incomplete === true).map(({ reason }) => reason)).join('\n');
    for (const permission of ['dependabot_secrets', 'codespaces_secrets', 'organization_secrets']) proof.check(reasons.includes(permission), `the report does not name ${permission}: ${reasons.slice(0, 400)}`);
    proof.check(!run.records.some(({ isChange }) => isChange), 'a scan changes something');

    const taken = world.repositoriesOf('acme').find(({ isArchived, visibility }) => !isArchived && visibility !== 'public');
    if (taken !== undefined) world.addRepository({ ...taken, isTakenDown: true });
    const hidden = await session.scan(['github:acme'], { cache: 'taken' });
    proof.check(hidden.code === 0 || hidden.code === 3, `exit code ${hidden.code} with a repository that was taken down`);

    const organization = world.organization('acme');
    if (organization !== undefined) world.organizations.set('acme', { ...organization, needsSignOn: true });
    const blocked = await session.dekey(['scan', 'github:acme', '--format', 'json'], { cache: 'blocked' });
    proof.equal(blocked.code, 3, 'exit code behind a sign-on');
    proof.check(/SSO|sign-on|SAML/i.test(`${blocked.stderr}${blocked.stdout}`), 'the sign-on is not named');
    proof.clean(session);
  } finally {
    await session.close();
  }
  return proof;
}
