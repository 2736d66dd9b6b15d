/** The join at scale: 10,000 credentials and 50,000 references, made up by a seed, joined and scored. */
import type { ListedKey, StoredSecret } from '../../../src/model/account.ts';
import type { Location } from '../../../src/model/location.ts';
import type { ReferenceSighting, SecretSighting, Sightings, TargetReport, WorkloadSighting } from '../../../src/model/inventory.ts';
import { buildNameTable } from '../../../src/providers/_names.ts';
import { providers } from '../../../src/providers/index.ts';
import { buildInventory } from '../../../src/risk/score-inventory.ts';
import { seededRandom } from '../../support/recipes.ts';
import { Proof } from '../github/checks.ts';

const NAMES = ['OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'GEMINI_API_KEY', 'HF_TOKEN', 'MISTRAL_API_KEY', 'COHERE_API_KEY', 'GROQ_API_KEY', 'AZURE_OPENAI_API_KEY'] as const;
const PROVIDERS = ['openai', 'anthropic', 'google-gemini', 'huggingface', 'mistral', 'cohere', 'groq', 'azure-openai'] as const;
const REPOSITORIES = 500;
/** Those that names make in repositories without a value come on top. */
const PLANTED = 8_000;
const CREDENTIALS = 10_000;
const REFERENCES = 50_000;
const SECONDS = 10;
const MEGABYTES = 500;

/** Sightings of an organisation with as many credentials and references; deterministic. */
export function madeUpSightings(): Sightings {
  const random = seededRandom(61);
  const pick = (below: number): number => Math.floor(random() * below);
  const targets = Array.from({ length: REPOSITORIES }, (_, index): TargetReport => ({ id: `t${index}`, kind: 'github', name: `github:acme/r${index}`, complete: true, files: 100, objects: 0, bytes: 1e6, skipped: [], facts: { remote: `github.com/acme/r${index}`, branch: 'main', visibility: 'private' } }));
  const at = (target: string, path: string, line: number, route?: string): Location => ({ target, path, start: line * 80, end: line * 80 + 40, line, column: 1, endLine: line, endColumn: 41, ...(route === undefined ? {} : { route }) });
  const hex = (): string => Array.from({ length: 32 }, () => pick(16).toString(16)).join('');
  const secrets: SecretSighting[] = [];
  const listed: ListedKey[] = [];
  const stored: StoredSecret[] = [];
  // Half are seen, most of these in two places and every second one listed too; a quarter are listed only; a quarter are stored in repositories.
  for (let index = 0; index < PLANTED; index += 1) {
    const which = index % NAMES.length;
    const [name, provider] = [NAMES[which] ?? NAMES[0], PROVIDERS[which] ?? PROVIDERS[0]];
    const kind = index % 4;
    const hint = hex();
    if (kind < 2) {
      const [identity, preview] = [hex(), `sk-…${hex().slice(0, 4)}`];
      for (let copy = 0; copy < 1 + (index % 3); copy += 1) {
        secrets.push({ class: 'secret', provider, detector: `${provider}-api-key`, kind: 'api-key', lifetime: 'long', privilege: 'project', confidence: 'high', identity, hint, preview, location: at(`t${pick(REPOSITORIES)}`, `src/config/${index}.env`, 3 + copy), lineDigest: hex(), reasons: [], facts: {}, assignedTo: name });
      }
    }
    if (kind === 2 || (kind === 0 && index % 8 === 0)) listed.push({ target: 't0', provider, kind: 'api-key', privilege: 'project', id: `key_${index}`, name: `key ${index}`, status: 'active', created: '2025-03-01T00:00:00Z', lastUsed: '2026-11-01T00:00:00Z', hint: { head: 'sk-abc', tail: hint.slice(-4) }, hintIdentity: hint, facts: {} });
    if (kind === 3) stored.push({ target: `t${pick(REPOSITORIES)}`, store: 'github-actions', scope: 'environment', environment: `e${index}`, name, updated: '2025-06-01T00:00:00Z', readers: [] });
  }
  const references: ReferenceSighting[] = [];
  const workloads: WorkloadSighting[] = [];
  for (let index = 0; index < REFERENCES; index += 1) {
    const target = `t${index % REPOSITORIES}`;
    const path = `.github/workflows/w${Math.floor(index / REPOSITORIES) % 20}.yml`;
    const job = `job${Math.floor(index / REPOSITORIES / 20)}`;
    const id = `${target}:${path}:${job}`;
    const which = pick(NAMES.length);
    workloads.push({ id, platform: 'github-actions', name: `${path} › ${job}`, location: at(target, path, 5, `jobs.${job}`), identity: { kind: 'available' }, facts: { triggers: 'push' } });
    references.push({ class: 'reference', provider: PROVIDERS[which] ?? PROVIDERS[0], kind: 'api-key', name: NAMES[which] ?? NAMES[0], store: 'ci-secret', confidence: 'high', location: at(target, path, 10 + (index % 50), `jobs.${job}.steps[${index % 50}].env`), workload: id });
  }
  return { targets, secrets, references, workloads, problems: [], accounts: { stored, listed, settings: [], readWhole: {} } };
}

/** Joins and scores them in this process; memory is the resident size of all of it, the made-up sightings included. */
export function proveScale(): Proof {
  const proof = new Proof('the join at scale');
  const sightings = madeUpSightings();
  const started = process.cpuUsage();
  const inventory = buildInventory(sightings, providers, { version: '0.0.0', now: '2026-11-29T00:00:00Z', public: false }, buildNameTable(providers));
  // Of the processor, so that what else runs here does not count.
  const { user, system } = process.cpuUsage(started);
  const seconds = (user + system) / 1e6;
  const megabytes = process.memoryUsage().rss / 2 ** 20;
  proof.say(`  ${inventory.credentials.length} credentials, ${sightings.references.length} references, ${inventory.findings.length} findings: ${seconds.toFixed(1)} s of processor time, ${megabytes.toFixed(0)} MB`);
  proof.check(inventory.credentials.length >= CREDENTIALS, 'credentials were lost');
  proof.check(seconds < SECONDS, `the join took ${seconds.toFixed(1)} s`);
  proof.check(megabytes < MEGABYTES, `the join took ${megabytes.toFixed(0)} MB`);
  return proof;
}
