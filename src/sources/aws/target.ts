import { UsageError } from '../../model/errors.ts';

/** What stands behind `aws:`. */
export interface AwsTarget {
  /** Absent: the default login. */
  readonly profile?: string;
  /** Role to assume in each account of the organisation, with its path. */
  readonly role?: string;
  /** Absent: the region of the login. */
  readonly regions?: readonly string[] | 'all';
}

const REGION = /^[a-z]{2,8}(?:-[a-z]+)+-\d{1,2}$/;
const ROLE = /^(?:[\w+=,.@-]+\/){0,20}[\w+=,.@-]{1,64}$/;
const FORMS = 'Write aws:, aws:PROFILE, aws:PROFILE@eu-central-1,us-east-1, aws:PROFILE@all or aws:PROFILE/ROLE.';

/**
 * Reads `PROFILE`, `PROFILE@REGIONS`, `PROFILE/ROLE` and `PROFILE/ROLE@REGIONS`; the profile may be empty, and may hold an `@` of its own.
 *
 * @throws UsageError
 */
export function parseAwsTarget(rest: string): AwsTarget {
  const at = rest.lastIndexOf('@');
  const asked = at < 0 ? undefined : regionsOf(rest.slice(at + 1));
  const name = asked === undefined ? rest : rest.slice(0, at);
  const slash = name.indexOf('/');
  const profile = slash < 0 ? name : name.slice(0, slash);
  const role = slash < 0 ? undefined : name.slice(slash + 1);
  if (/[\u0000-\u001f\u007f]/.test(profile)) throw new UsageError('aws: the name of the profile holds a control character', FORMS);
  if (role !== undefined && !ROLE.test(role)) throw new UsageError(`aws: ${JSON.stringify(role)} is no name of a role`, FORMS);
  return { ...(profile === '' ? {} : { profile }), ...(role === undefined ? {} : { role }), ...(asked === undefined ? {} : { regions: asked }) };
}

function regionsOf(text: string): readonly string[] | 'all' | undefined {
  if (text === 'all') return 'all';
  const names = text.split(',');
  return names.every((name) => REGION.test(name)) ? [...new Set(names)] : undefined;
}
