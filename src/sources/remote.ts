import type { AccountSightings } from '../model/account.ts';
import type { Skipped, TargetReport } from '../model/inventory.ts';

/** What a source may know of the run. Nothing is taken from the process itself, so that a test can give all of it. */
export interface RemoteContext {
  /** Number of the first target, as in `t7`: the source numbers its targets from here. */
  readonly firstId: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly version: string;
  /** Values of stores are read too, where the API gives them (`--read-values`); they are scanned as texts and never kept. */
  readonly readValues: boolean;
  /** ISO date. */
  readonly now: string;
  /** A line for standard error. */
  readonly note: (line: string) => void;
}

/** One target as it was read: an account, a cluster, a group, a machine. */
export interface RemoteTarget {
  /** `t` and a number. */
  readonly id: string;
  readonly kind: TargetReport['kind'];
  /** As the user could name it: `aws:prod`, `aws:prod/123456789012`. */
  readonly name: string;
  readonly facts: Readonly<Record<string, string>>;
  /** What could not be read, by the name of the permission that is missing; `incomplete: true` for all that might hold keys. */
  readonly skipped: readonly Skipped[];
  /** Folder whose files are scanned. */
  readonly root?: string;
  /** Single files to be scanned instead of a folder: `path` is what the report says. */
  readonly files?: readonly { readonly path: string; readonly absolute: string }[];
  /**
   * Texts that are no files, by the place they are found at. Where a platform reads keys and consumers out of a file format (a manifest of Kubernetes, a CloudFormation template, a dotenv
   * file), the text has that format and the path its ending, so that the same readers find the workloads: `cluster/ai/deployment/worker.yaml`.
   */
  readonly texts: readonly { readonly path: string; readonly text: string }[];
  /** Fetches everything git holds; absent where there is nothing. */
  readonly clone?: () => Promise<{ readonly path: string; remove(): void }>;
}

/** A source behind an API, or one that picks files of this machine. It only reads. */
export interface RemoteSource {
  read(): AsyncGenerator<RemoteTarget>;
  /** Complete when everything has been read. */
  accounts(): AccountSightings;
  finish(): Promise<void>;
}

/**
 * Opens `KIND:REST`.
 *
 * @param rest what the user wrote after the colon
 * @throws UsageError when `rest` cannot be; TargetError when there is no way in at all (no login, refused): it names the fix
 */
export type OpenRemote = (rest: string, context: RemoteContext) => Promise<RemoteSource>;

/** A call that a source makes and the least permission that allows it, for `dekey explain SOURCE` and for the report when it is refused. */
export interface RemoteCall {
  /** `iam:ListUsers`, `GET /v1/organizations/api_keys` */
  readonly call: string;
  /** `iam:ListUsers`, `Reader on the subscription`; '' when any login will do. */
  readonly permission: string;
  /** What is read by it. */
  readonly title: string;
  /** Only with `--read-values`. */
  readonly onlyValues?: true;
}

/** What `dekey explain SOURCE` prints, beside the table of the calls. */
export interface RemoteExplanation {
  readonly title: string;
  readonly calls: readonly RemoteCall[];
  /** Where the login comes from, in order, and how to give the least one; whole lines. */
  readonly login: readonly string[];
  /** A policy to paste, as lines of its own format. */
  readonly policy?: readonly string[];
  /** What is not read, and what an answer cannot say. */
  readonly limits: readonly string[];
}
