import type { RemoteExplanation } from '../remote.ts';
import { CALLS } from './calls.ts';

/** For `dekey explain gitlab`: the table of calls is the table that is asked by. */
export const explainGitlab: RemoteExplanation = {
  title: 'A group or project of GitLab: CI/CD variables with their values, and the pipelines that use them',
  calls: Object.values(CALLS),
  login: [
    'GITLAB_TOKEN, else the token that glab keeps for the host (not from a keyring).',
    'The host: gitlab:https://HOST/GROUP, else GITLAB_HOST, else CI_SERVER_URL, else gitlab.com.',
    'Least: a group access token with the scope read_api and the role Owner, for the group that is named. With the role Maintainer variables of projects are seen, and those of groups are named as missing.',
    'The token of a CI job (CI_JOB_TOKEN) may not list variables.',
  ],
  limits: [
    'GitLab hands values of variables to every Maintainer, masked ones too; only hidden ones have none. They are compared in memory and never kept.',
    'Variables have no date: when a key was set is not known.',
    'Of files only pipelines are read, with what they include from this GitLab. Scan a clone for keys in code. Includes by address and components are named and not read.',
    'Variables of the instance are listed by an administrator alone.',
    'Whether a variable is protected is not judged: one that is not reaches the pipeline of every branch.',
    'Integrations, webhooks, deploy tokens, job logs, artifacts and package registries are not read.',
    'Projects that are shared into a group, and do not lie in it, are not read.',
  ],
};
