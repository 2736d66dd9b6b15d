import type { AccountSetting, AccountSightings, StoredSecret, StoreId } from '../../src/model/account.ts';
import type { ReferenceSighting, Sightings, TargetReport, WorkloadSighting } from '../../src/model/inventory.ts';
import type { Location } from '../../src/model/location.ts';

/** The organisation that the made-up repositories belong to. */
export const ORGANIZATION = 'github.com/acme';

export function organization(more: Partial<TargetReport> = {}): TargetReport {
  return { id: 'org', kind: 'github-organization', name: 'github:acme', complete: true, files: 0, objects: 0, bytes: 0, skipped: [], facts: { remote: ORGANIZATION }, ...more };
}

export function repository(name: string, facts: Readonly<Record<string, string>> = {}, more: Partial<TargetReport> = {}): TargetReport {
  return {
    id: name,
    kind: 'github',
    name: `github:acme/${name}`,
    complete: true,
    files: 40,
    objects: 0,
    bytes: 80_000,
    skipped: [],
    facts: { remote: `${ORGANIZATION}/${name}`, branch: 'main', visibility: 'private', ...facts },
    ...more,
  };
}

function place(target: string, path: string, line: number, route?: string): Location {
  return { target, path, start: line * 80, end: line * 80 + 20, line, column: 9, endLine: line, endColumn: 29, ...(route === undefined ? {} : { route }) };
}

export function job(target: string, path: string, key: string, facts: Readonly<Record<string, string>> = {}, more: Partial<WorkloadSighting> = {}): WorkloadSighting {
  const name = `${path.slice(path.lastIndexOf('/') + 1)} › ${key}`;
  return { id: `${target} ${path} ${key}`, platform: 'github-actions', name, location: place(target, path, 4, `jobs.${key}`), identity: { kind: 'available' }, facts: { triggers: 'push', ...facts }, ...more };
}

/** `env: ALIAS: ${{ secrets.NAME }}` in a job. */
export function secretUse(user: WorkloadSighting, name: string, more: Partial<ReferenceSighting> & { readonly line?: number; readonly route?: string } = {}): ReferenceSighting {
  const { line = 12, route = `${user.location.route ?? ''}.steps[0].env.${name}`, ...fields } = more;
  return {
    class: 'reference',
    provider: name.startsWith('ANTHROPIC') ? 'anthropic' : 'openai',
    kind: 'api-key',
    name,
    store: 'ci-secret',
    confidence: 'high',
    location: place(user.location.target, user.location.path, line, route),
    workload: user.id,
    ...fields,
  };
}

export function stored(target: string, name: string, more: Partial<StoredSecret> = {}): StoredSecret {
  return { target, store: 'github-actions', scope: 'repository', name, created: '2025-01-10T09:00:00Z', updated: '2025-10-07T09:00:00Z', readers: [target], ...more };
}

export function setting(target: string, kind: AccountSetting['kind'], name: string, facts: Readonly<Record<string, string>>): AccountSetting {
  return { target, kind, name, facts };
}

export const WHOLE: readonly StoreId[] = ['github-actions', 'github-dependabot'];

export function accountOf(targets: readonly TargetReport[], parts: Partial<AccountSightings> = {}): AccountSightings {
  return { stored: [], settings: [], readWhole: Object.fromEntries(targets.map(({ id }) => [id, WHOLE])), ...parts };
}

export function world(parts: Partial<Sightings> & Pick<Sightings, 'targets'>): Sightings {
  return { secrets: [], references: [], workloads: [], problems: [], ...parts };
}

/**
 * An organisation of `count` repositories with what a real one has: a shared key that every third one uses, a shared one for two, keys of single repositories
 * and environments, copies under one name, keys that nothing uses, names that nothing holds, other secrets, and loose settings.
 */
export function madeUpOrganization(count: number): Sightings {
  const names = Array.from({ length: count }, (_, index) => `service-${String(index).padStart(4, '0')}`);
  const targets = [organization(), ...names.map((name, index) => repository(name, index % 90 === 9 ? { visibility: 'public' } : {}))];
  const everyone = names;
  const secrets: StoredSecret[] = [
    stored('org', 'OPENAI_API_KEY', { scope: 'organization', visibility: 'all', readers: everyone, updated: '2025-03-02T08:00:00Z' }),
    stored('org', 'ANTHROPIC_API_KEY', { scope: 'organization', visibility: 'all', readers: everyone, updated: '2026-09-20T08:00:00Z' }),
    stored('org', 'MISTRAL_API_KEY', { scope: 'organization', visibility: 'selected', readers: names.slice(0, 12), updated: '2024-05-05T08:00:00Z' }),
    stored('org', 'NPM_TOKEN', { scope: 'organization', visibility: 'all', readers: everyone }),
  ];
  const workloads: WorkloadSighting[] = [];
  const references: ReferenceSighting[] = [];
  const settings: AccountSetting[] = [
    setting('org', 'app-installation', 'release-helper', { permissions: 'contents:write,metadata:read', repositories: 'all' }),
    setting('org', 'app-installation', 'reader', { permissions: 'contents:read', repositories: 'all' }),
  ];
  names.forEach((name, index) => {
    const ci = job(name, '.github/workflows/ci.yml', 'test', {}, index % 11 === 0 ? { identity: { kind: 'enabled', how: 'permissions: id-token: write' } } : {});
    const deploy = job(name, '.github/workflows/deploy.yml', 'deploy', { environment: 'production' });
    const use = (user: WorkloadSighting, secret: string, more: Parameters<typeof secretUse>[2] = {}): void => {
      if (!workloads.includes(user)) workloads.push(user);
      references.push(secretUse(user, secret, more));
    };
    if (index % 3 === 0) use(ci, 'OPENAI_API_KEY');
    if (index === 4 || index === 5) use(ci, 'ANTHROPIC_API_KEY');
    if (index % 25 === 3) {
      secrets.push(stored(name, 'ANTHROPIC_API_KEY', { updated: '2026-11-01T08:00:00Z' }));
      use(ci, 'ANTHROPIC_API_KEY', { line: 15 });
    }
    if (index % 40 === 1) {
      secrets.push(stored(name, 'PROD_KEY', { scope: 'environment', environment: 'production', updated: '2025-12-24T08:00:00Z' }));
      settings.push(setting(name, 'environment', 'production', index % 80 === 1 ? { reviewers: '0', branches: 'all' } : { reviewers: '2', branches: 'protected' }));
      use(deploy, 'PROD_KEY', { alias: 'OPENAI_API_KEY' });
    }
    if (index % 100 === 9) secrets.push(stored(name, 'COHERE_API_KEY', { updated: '2024-02-02T08:00:00Z' }));
    if (index % 150 === 20) use(deploy, 'GEMINI_API_KEY', { provider: 'google-gemini' });
    secrets.push(stored(name, 'DB_PASSWORD'));
    settings.push(setting(name, 'workflow-token', 'default', { default: index % 2 === 0 ? 'write' : 'read', canApprove: 'false' }));
    settings.push(setting(name, 'branch-protection', 'main', { protected: index % 5 === 0 ? 'false' : 'true', default: 'true' }));
    if (index % 90 === 9) settings.push(setting(name, 'runner', 'gpu-1', { selfHosted: 'true' }));
    if (index % 60 === 3) settings.push(setting(name, 'deploy-key', 'old server', { readOnly: 'false' }));
  });
  return world({ targets, workloads, references, accounts: accountOf(targets, { stored: secrets, settings }) });
}
