import type { RemoteCall } from '../remote.ts';

function call(path: string, permission: string, title: string): RemoteCall {
  return { call: `GET ${path}`, permission, title };
}

/** Everything that is asked, once: what was refused is named by these, and `dekey explain gitlab` prints them. Source: docs.gitlab.com/api, and account-inventory.md 3. */
export const CALLS = {
  user: call('/user', 'any login', 'who logs in, and whether as administrator'),
  group: call('/groups/:id', 'Guest in the group', 'the group, and those above it'),
  subgroups: call('/groups/:id/descendant_groups', 'Guest in the group', 'subgroups'),
  projects: call('/groups/:id/projects', 'Guest in the group', 'projects of the group and its subgroups'),
  project: call('/projects/:id', 'Guest in the project', 'the project, or one that it includes'),
  groupVariables: call('/groups/:id/variables', 'Owner of the group', 'variables of the group'),
  projectVariables: call('/projects/:id/variables', 'Maintainer of the project', 'variables of the project'),
  instanceVariables: call('/admin/ci/variables', 'administrator', 'variables of the instance'),
  schedules: call('/projects/:id/pipeline_schedules', 'Developer in the project', 'schedules of pipelines'),
  schedule: call('/projects/:id/pipeline_schedules/:schedule', 'Owner of the schedule, or Maintainer of the project', 'variables of a schedule'),
  files: call('/projects/:id/repository/files/:path', 'Reporter in the project', 'the pipeline, .gitlab-ci.yml and what it includes'),
  tree: call('/projects/:id/repository/tree', 'Reporter in the project', 'names of files, where an include has a wildcard'),
} as const satisfies Readonly<Record<string, RemoteCall>>;
