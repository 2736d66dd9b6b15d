import type { TokenRefusal, WorkloadContext } from '../model/issuer.ts';
import type { NoPath } from '../model/plan.ts';
import type { Provider } from '../model/provider.ts';
import type { Platform } from '../model/reference.ts';
import { type Candidate, searchPaths, type World } from './search.ts';

/** What becomes of a provider's key on a platform. */
export interface Cell {
  readonly provider: string;
  readonly platform: string;
  readonly best: Candidate | undefined;
  readonly others: readonly Candidate[];
  readonly noPath: NoPath | TokenRefusal | undefined;
}

/** A workload that stands for any on its platform: everything a plan would read out of files is known, and nothing else. */
export function exampleWorkload(platform: string): WorkloadContext {
  const cluster = new Set(['kubernetes', 'eks', 'gke', 'aks']).has(platform);
  return {
    platform,
    name: cluster ? 'Deployment/bot' : 'evals',
    path: platform === 'gitlab-ci' ? '.gitlab-ci.yml' : '.github/workflows/evals.yml',
    route: 'jobs.evals',
    facts: cluster ? { namespace: 'bots', serviceAccount: 'bot' } : platform === 'github-actions' ? { triggers: 'push', runsOn: 'ubuntu-latest' } : {},
    repository: { host: platform === 'gitlab-ci' ? 'gitlab.com' : 'github.com', owner: 'acme', name: 'app' },
    branch: 'main',
  };
}

/** The cell of one provider and one platform. Pure; never throws for ids of the registries. */
export function cellOf(provider: Provider, platform: Platform, world: World): Cell {
  const context = exampleWorkload(platform.id);
  const none = (noPath: NoPath | TokenRefusal): Cell => ({ provider: provider.id, platform: platform.id, best: undefined, others: [], noPath });
  if (provider.retired !== undefined) {
    return none({ code: 'service-retired', reason: `${provider.title} was shut down on ${provider.retired.on}: ${provider.retired.note}`, unblock: 'Delete the key and choose another provider.' });
  }
  if (platform.tokens === undefined) {
    const why = platform.whyNot;
    return none(
      why === undefined
        ? { code: 'where-it-runs-unknown', reason: `${platform.title} is a file format: its workloads run wherever they are deployed.`, unblock: 'Say where with --runs-on, and look at the row of that platform.' }
        : { code: 'platform-issues-no-token', reason: why.reason, unblock: why.unblock },
    );
  }
  const shape = platform.tokens.describe(context);
  if (shape.kind === 'refused') return none(shape);
  const { candidates, refusals } = searchPaths(context, platform.tokens, shape, provider, world, { parties: new Set() });
  const [best, ...others] = candidates;
  if (best === undefined) return none(refusals[0] ?? { code: 'no-route', reason: `No way to ${provider.title} without its key is known.`, unblock: provider.federation.note });
  return { provider: provider.id, platform: platform.id, best, others, noPath: undefined };
}
