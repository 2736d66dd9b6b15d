import type { RewriteContext } from '../types.ts';
import { keyNames } from './_pod.ts';

/** The key of one provider, as the files round the workloads name it. */
export interface KeyOf {
  readonly provider: string;
  readonly title: string;
  readonly names: ReadonlySet<string>;
  /** Some workload of the target goes without it from now on. */
  readonly isReplaced: boolean;
}

/** Keys of the target by provider. A name that two providers have is the first one's. */
export function keysOf({ all, kept }: Pick<RewriteContext, 'all' | 'kept'>): readonly KeyOf[] {
  const found = new Map<string, { readonly title: string; readonly names: Set<string>; isReplaced: boolean }>();
  for (const one of [...all.map((replacement) => ({ ...replacement, known: keyNames(replacement), isReplaced: true })), ...kept.map((keep) => ({ ...keep, known: new Set(keep.names), isReplaced: false }))]) {
    const entry = found.get(one.provider) ?? { title: one.title, names: new Set<string>(), isReplaced: false };
    for (const name of one.known) entry.names.add(name);
    entry.isReplaced ||= one.isReplaced;
    found.set(one.provider, entry);
  }
  return [...found].map(([provider, entry]) => ({ provider, ...entry }));
}

/** Migrations of this file that have no path, by provider; of one workload where it is named. */
export function keptHere(context: Pick<RewriteContext, 'kept'>, path: string, provider: string, workload?: string): readonly string[] {
  return context.kept.filter((one) => one.path === path && one.provider === provider && (workload === undefined || one.workload === workload)).map(({ migration }) => migration);
}

/** How a person logs in where a shared key was, and where the login is kept below the home folder. */
export interface Login {
  readonly command: string;
  readonly folder: string;
  /** Variables beside the key that are of no use without it. */
  readonly beside: readonly string[];
}

const AWS: Login = { command: 'aws sso login', folder: '.aws', beside: ['AWS_SESSION_TOKEN'] };
const AZURE: Login = { command: 'az login', folder: '.azure', beside: [] };
const GOOGLE: Login = { command: 'gcloud auth application-default login', folder: '.config/gcloud', beside: [] };

/** Logins that clients of the provider find by themselves (2026-11-23): https://platform.claude.com/docs/en/manage-claude/workload-identity-federation and the clouds' own default chains. */
export const LOGINS: Readonly<Record<string, Login>> = {
  anthropic: { command: 'ant auth login', folder: '.config/anthropic', beside: [] },
  aws: AWS,
  'aws-bedrock': AWS,
  azure: AZURE,
  'azure-openai': AZURE,
  'google-vertex': GOOGLE,
};
