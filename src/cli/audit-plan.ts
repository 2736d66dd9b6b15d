import type { EmittedFile } from '../model/federation.ts';
import { atLeast } from '../model/levels.ts';
import type { Input, InputShape } from '../model/text.ts';
import { readAwsTrust } from '../trust/read-aws.ts';
import { readAzureCredential } from '../trust/read-azure.ts';
import { readGoogleProvider } from '../trust/read-google.ts';
import { readKubernetesWorkload } from '../trust/read-kubernetes.ts';
import { readAnthropicRule, readDatabricksPolicy, readOpenAiRule, readSnowflakeUser, readVaultRole } from '../trust/read-rules.ts';
import type { TrustContext, TrustFinding, TrustProblem, TrustReading } from '../trust/model.ts';
import { auditTrust } from '../trust/rules.ts';
import { parseYaml } from '../support/yaml.ts';

/** What our own rules say of one emitted document. */
interface AuditedFile {
  readonly path: string;
  readonly findings: readonly TrustFinding[];
  readonly problems: readonly TrustProblem[];
}

/** Values of the shape of each input: what a policy lets in does not depend on which of them is put in, since no wildcard is of any shape. */
const SAMPLES: Readonly<Record<InputShape, string>> = {
  name: 'sample',
  path: 'sample/name',
  digits: '123456789012',
  hex: '0123abcd',
  uuid: '00000000-0000-4000-8000-000000000000',
  url: 'https://issuer.example.com',
  id: 'sample-id',
  email: 'sample@example.iam.gserviceaccount.com',
  'subject-prefix': 'repo:sample@1/name@2',
};

/**
 * Holds every emitted policy against our own rules, with whatever is still open filled in by a value of its shape.
 *
 * @throws Error naming rule and file: what we would complain about in others is not written
 */
export function refuseLoosePolicies(files: readonly EmittedFile[], inputs: readonly Input[]): void {
  const variables = new Map(inputs.map(({ id, shape, example }) => [id.toUpperCase().replaceAll('.', '_'), example ?? SAMPLES[shape]]));
  const fill = (text: string): string => text.replace(/\$\{([A-Z][A-Z0-9_]*)\}/g, (whole, name: string) => variables.get(name) ?? whole);
  // The identity is for inference; keys that are uploaded are renewed by a script of the plan.
  for (const { path, findings, problems } of auditFiles(files.map((file) => ({ ...file, text: fill(file.text) })), { privileged: false, use: 'inference', keysRenewed: true })) {
    const [problem] = problems;
    if (problem !== undefined) throw new Error(`${path} cannot be read by our own rules: ${problem.message}`);
    const found = findings.find(({ severity, status }) => status === 'found' && atLeast(severity, 'medium'));
    if (found !== undefined) throw new Error(`${path} breaks our own rule ${found.rule}: ${found.message}`);
  }
}

/** Reads every trust policy among `files` as anybody's, and audits it. Files that hold no policy are left out. Pure. */
function auditFiles(files: readonly EmittedFile[], context: TrustContext): readonly AuditedFile[] {
  return files.flatMap((file): AuditedFile[] => {
    const reading = readingOf(file, files);
    if (reading === undefined) return [];
    return [{ path: file.path, findings: reading.documents.flatMap((document) => auditTrust(document, context)), problems: reading.problems }];
  });
}

const LARGEST = 5_000_000;

function readingOf({ path, text, kind, beside }: EmittedFile, files: readonly EmittedFile[]): TrustReading | undefined {
  if (path.endsWith('.trust.json')) return readAwsTrust(text);
  if (/^azure\/credential\..*\.json$/.test(path)) return readAzureCredential(text);
  if (/^google\/provider\..*\.json$/.test(path)) return readGoogle(text);
  if (/^anthropic\/rule\..*\.json$/.test(path)) return readAnthropicRule(text, textAt(files, beside));
  if (/^openai\/rule\..*\.json$/.test(path)) return readOpenAiRule(text, textAt(files, beside));
  if (/^vault\/role\..*\.json$/.test(path)) return readVaultRole(text);
  if (/^databricks\/policy\..*\.json$/.test(path)) return readDatabricksPolicy(text);
  if (path === 'snowflake/create.sql') return readSnowflakeUser(text);
  return kind === 'kubernetes' || path.startsWith('kubernetes/patch.') ? readKubernetesWorkload(parseYaml(text, LARGEST)) : undefined;
}

function textAt(files: readonly EmittedFile[], path: string | undefined): string | undefined {
  return files.find((file) => file.path === path)?.text;
}

function readGoogle(text: string): TrustReading {
  const { oidc, attributeMapping, attributeCondition } = JSON.parse(text) as {
    readonly oidc: { readonly issuerUri: string; readonly allowedAudiences: readonly string[] };
    readonly attributeMapping: Readonly<Record<string, string>>;
    readonly attributeCondition: string;
  };
  return readGoogleProvider({ issuer: oidc.issuerUri, allowedAudiences: oidc.allowedAudiences, attributeMapping, attributeCondition });
}
