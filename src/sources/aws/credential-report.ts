import { setTimeout as pause } from 'node:timers/promises';
import { GenerateCredentialReportCommand, GetCredentialReportCommand, type IAMClient } from '@aws-sdk/client-iam';
import { CALLS } from './calls.ts';
import type { Gaps } from './gaps.ts';

/** One key of a row; the report tells no id. */
export interface ReportKey {
  readonly active: boolean;
  /** ISO 8601 in UTC. */
  readonly rotated?: string;
  /** Absent: never, or not known. */
  readonly lastUsed?: string;
  readonly lastUsedBy?: string;
}

export interface ReportRow {
  readonly user: string;
  readonly hasPassword: boolean;
  /** Of the two columns, those that are in use. */
  readonly keys: readonly ReportKey[];
  /** Keys and certificates beyond two, where the report has that column. */
  readonly more: number;
}

export interface CredentialReport {
  /** AWS makes one in four hours: this is how old it is. */
  readonly made: Date | undefined;
  readonly rows: ReadonlyMap<string, ReportRow>;
}

/** Name of the row of the root user. */
export const ROOT_ROW = '<root_account>';

const POLLS = 30;
const POLL_MS = 1000;

/** Asks for the report and waits until it is there; undefined when it could not be had, which is noted. */
export async function readCredentialReport(iam: IAMClient, gaps: Gaps): Promise<CredentialReport | undefined> {
  for (let poll = 0; poll < POLLS; poll += 1) {
    const state = await gaps.attempt(CALLS.makeReport, async () => (await iam.send(new GenerateCredentialReportCommand({}))).State ?? 'STARTED');
    // Somebody else may have had one made: it is asked for all the same.
    if (state === undefined || state === 'COMPLETE') break;
    await pause(poll === 0 ? 200 : POLL_MS);
  }
  return await gaps.attempt(CALLS.report, async () => {
    const { Content, GeneratedTime } = await iam.send(new GetCredentialReportCommand({}));
    return { made: GeneratedTime, rows: readReport(Buffer.from(Content ?? new Uint8Array()).toString('utf8')) };
  });
}

/** Rows of the CSV by user. Columns are found by name: AWS adds some at the end. */
export function readReport(text: string): ReadonlyMap<string, ReportRow> {
  const [head = [], ...lines] = text.split(/\r?\n/).filter((line) => line !== '').map(cellsOf);
  const column = new Map(head.map((name, index) => [name, index]));
  return new Map(lines.map((cells) => {
    const cell = (name: string): string | undefined => {
      const value = cells[column.get(name) ?? -1];
      return value === undefined || BLANK.has(value) ? undefined : value;
    };
    const user = cell('user') ?? '';
    const keys = ['1', '2'].flatMap((which): readonly ReportKey[] => {
      const of = (name: string): string | undefined => cell(`access_key_${which}_${name}`);
      const [rotated, lastUsed, service, region] = [dateOf(of('last_rotated')), dateOf(of('last_used_date')), of('last_used_service'), of('last_used_region')];
      if (of('active') !== 'true' && rotated === undefined) return [];
      const by = service === undefined ? undefined : region === undefined ? service : `${service} in ${region}`;
      return [{ active: of('active') === 'true', ...(rotated === undefined ? {} : { rotated }), ...(lastUsed === undefined ? {} : { lastUsed }), ...(by === undefined ? {} : { lastUsedBy: by }) }];
    });
    const more = Number(cell('additional_credentials_info') ?? '0');
    return [user, { user, hasPassword: cell('password_enabled') === 'true', keys, more: Number.isSafeInteger(more) ? more : 0 }];
  }));
}

const BLANK = new Set(['', 'N/A', 'no_information', 'not_supported']);

function dateOf(text: string | undefined): string | undefined {
  const at = Date.parse(text ?? '');
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}

/** Cells of a line; those in quotes may hold commas and doubled quotes. */
function cellsOf(line: string): readonly string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? '');
}
