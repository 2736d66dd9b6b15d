import { joinCredentials, type JoinedCredential, type JoinedFinding, type JoinedInventory } from '../inventory/build.ts';
import { worstFirst } from '../inventory/order.ts';
import { summaryOf } from '../inventory/summary.ts';
import type { Credential, Disposition, Finding, Inventory, Liveness, Sightings, Workload } from '../model/inventory.ts';
import type { Severity } from '../model/levels.ts';
import type { Provider } from '../model/provider.ts';
import type { NameTable, ReferenceStore } from '../model/reference.ts';
import { accountSeverity } from './account-severity.ts';
import { assess } from './assess.ts';

/** What a score rests on besides the sightings. */
export interface ScoreContext {
  /** Of dekey. */
  readonly version: string;
  /** ISO date; ages count up to it. */
  readonly now: string;
  /** True when the scanned repositories are readable by anyone. */
  readonly public: boolean;
}

/**
 * Joins and scores sightings: the whole way from what was seen to the inventory. Pure.
 *
 * @param names needed when the sightings hold those of an account
 */
export function buildInventory(sightings: Sightings, providers: readonly Provider[], context: ScoreContext, names?: NameTable): Inventory {
  return scoreInventory(joinCredentials(sightings, providers, names === undefined ? undefined : { names, now: context.now }), providers, context);
}

/**
 * Scores a joined inventory. Pure; credentials come worst first, findings and workloads by place.
 *
 * The severity of a finding of class secret is its credential's level. That of a reference depends on what it consumes:
 *
 * | reference                                                   | severity |
 * | ----------------------------------------------------------- | -------- |
 * | low confidence, or what it consumes is not a key            | info     |
 * | read from a vault, or asked of a person                     | low      |
 * | CI secret, cluster secret, environment, file, unknown store | medium   |
 *
 * That a store holds a key is as bad as a use of it from there. Other findings of an account have a severity by kind (`account-severity.ts`).
 */
export function scoreInventory(joined: JoinedInventory, providers: readonly Provider[], context: ScoreContext): Inventory {
  const providerById = new Map(providers.map((provider) => [provider.id, provider]));
  const findingById = new Map(joined.findings.map((finding) => [finding.id, finding]));
  const workloadById = new Map(joined.workloads.map((workload) => [workload.id, workload]));
  const targets = new Map(joined.targets.map((target) => [target.id, target]));
  const now = Date.parse(context.now);

  const credentials = joined.credentials
    .map((credential): Credential => {
      const provider = providerById.get(credential.provider);
      const liveness = livenessOf(credential, now);
      const disposition = dispositionOf(credential, provider, liveness);
      const risk = assess({
        credential,
        findings: credential.findings.flatMap((id) => findingById.get(id) ?? []),
        workloads: credential.workloads.flatMap((id) => workloadById.get(id) ?? []),
        provider,
        targets,
        liveness,
        disposition,
        public: context.public,
        now,
      });
      return { ...credential, liveness, risk, disposition };
    })
    .toSorted(worstFirst);

  const credentialById = new Map(credentials.map((credential) => [credential.id, credential]));
  const findings = joined.findings.map((finding) => scoredFinding(finding, credentialById.get(finding.credential)));
  const rank = new Map(credentials.map(({ id }, index) => [id, index]));
  const workloads = joined.workloads.map((workload): Workload => ({ ...workload, uses: workload.uses.toSorted((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0)) }));
  return {
    schemaVersion: joined.accounts === undefined ? '1.0' : '1.1',
    tool: { name: 'dekey', version: context.version },
    targets: joined.targets,
    summary: summaryOf(credentials, findings, workloads),
    credentials,
    findings,
    workloads,
    problems: joined.problems,
    ...(joined.accounts === undefined ? {} : { accounts: joined.accounts }),
  };
}

/** A key that carries its own expiry date tells when it is over; everything else has to be asked. */
function livenessOf(credential: JoinedCredential, now: number): Liveness {
  const expires = Date.parse(credential.facts['expires'] ?? '');
  return credential.liveness === 'not-checked' && expires < now ? 'expired' : credential.liveness;
}

/**
 * What federation can do about the credential. Short-lived tokens, and keys that are known not to open anything any more, are nothing
 * to replace.
 */
function dispositionOf(credential: JoinedCredential, provider: Provider | undefined, liveness: Liveness): Disposition {
  if (credential.lifetime === 'short' || liveness === 'expired' || liveness === 'dead') return 'not-a-key';
  const federation = provider?.federation;
  switch (federation?.kind) {
    case 'native':
      return federation.terms === undefined ? 'today' : 'after-change';
    case 'after-change':
      return 'after-change';
    case 'none':
    case undefined:
      return 'none';
  }
}

function scoredFinding({ store, ...finding }: JoinedFinding, credential: Credential | undefined): Finding {
  const { id, code, class: kind, provider, detector, ...rest } = finding;
  const severity = severityOf(finding, store, credential);
  return { id, code, class: kind, provider, detector, severity, ...rest };
}

function severityOf(finding: JoinedFinding, store: ReferenceStore | undefined, credential: Credential | undefined): Severity {
  if (store !== undefined) return referenceSeverity(finding, store, credential);
  if (finding.class === 'account') return accountSeverity(finding, credential);
  return credential?.risk.level ?? 'info';
}

const STORE_SEVERITY: Readonly<Record<ReferenceStore, Severity>> = {
  'ci-secret': 'medium',
  'cluster-secret': 'medium',
  environment: 'medium',
  file: 'medium',
  unknown: 'medium',
  vault: 'low',
  prompt: 'low',
};

function referenceSeverity(finding: Pick<Finding, 'confidence'>, store: ReferenceStore, credential: Credential | undefined): Severity {
  if (finding.confidence === 'low' || credential === undefined || credential.disposition === 'not-a-key') return 'info';
  return STORE_SEVERITY[store];
}
