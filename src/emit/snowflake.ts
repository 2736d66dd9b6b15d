import type { EmittedFile, Emitter, Target } from '../model/federation.ts';
import type { Text } from '../model/text.ts';
import { byId } from './_party.ts';
import { sqlName, sqlText } from './_sql.ts';
import { literal } from './_text.ts';

/** Longest subject that Snowflake keeps. */
const LONGEST = 255;

/** Snowflake: a service user for each identity, without password or key pair, with the role that Cortex needs. */
export const emitSnowflake: Emitter = (targets) => {
  const items = byId(targets);
  const file = (role: 'create' | 'check' | 'undo', purpose: string, statements: readonly string[]): EmittedFile => ({ path: `snowflake/${role}.sql`, kind: 'sql', role, purpose, text: `-- ${purpose}\n${statements.join('\n')}\n` });
  return {
    files: [
      file('create', 'Makes a service user for each workload; run it with a role that may create users.', items.flatMap((target) => create(target))),
      file('check', 'Shows the identity of each service user, to be compared with create.sql.', items.map(({ id }) => `DESCRIBE USER ${sqlName(userName(id))};`)),
      file('undo', 'Drops the service users of this plan.', items.map(({ id }) => `DROP USER IF EXISTS ${sqlName(userName(id))};`)),
    ],
    manual: ['Fill the ${NAME}s of create.sql in before you run it; README.md says where each is read.', 'Cortex is called through SQL over the driver: whether its REST interface takes the token is not confirmed.'],
  };
};

function userName(id: string): string {
  return id.toUpperCase().replaceAll('-', '_');
}

function create({ id, policy, workload }: Target): string[] {
  const subject = subjectOf(id, policy.subject);
  const name = sqlName(userName(id));
  return [
    `-- ${workload.replace(/[^\x20-\x7e]/g, '-')}`,
    `CREATE USER IF NOT EXISTS ${name} TYPE = SERVICE WORKLOAD_IDENTITY = (TYPE = OIDC ISSUER = ${sqlText(policy.issuer)} SUBJECT = ${sqlText(subject)} OIDC_AUDIENCE_LIST = (${sqlText(policy.audience)}));`,
    `CREATE ROLE IF NOT EXISTS ${name};`,
    `GRANT DATABASE ROLE SNOWFLAKE.CORTEX_USER TO ROLE ${name};`,
    `GRANT ROLE ${name} TO USER ${name};`,
    `ALTER USER ${name} SET DEFAULT_ROLE = ${name};`,
  ];
}

function subjectOf(id: string, subject: Target['policy']['subject']): Text {
  if (subject?.kind !== 'exact') throw new Error(`Snowflake compares the subject as a whole: ${id}`);
  if ((literal(subject.text) ?? '').length > LONGEST) throw new Error(`the subject of ${id} is longer than ${LONGEST} characters`);
  return subject.text;
}
