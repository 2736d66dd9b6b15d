import { ENDPOINTS, PULL_REQUEST_PERMISSIONS, readPermissions, type Endpoint, type Permission } from '../sources/github/families.ts';

/** What a token or an App has to be allowed, from the table that the source itself asks by. */
export function explainGithub(): readonly string[] {
  const permissions = readPermissions();
  const unnamed = permissions.filter(({ key }) => key === undefined);
  const width = Math.max(...permissions.map(({ title }) => title.length));
  const list = (of: Permission['of']): readonly string[] => permissions.filter((entry) => entry.of === of).map(({ title, reads }) => `  ${title.padEnd(width)}  read   ${reads.join('; ')}`);
  return [
    'GitHub: what dekey scan github:ORG and dekey plan github:ORG ask for, and what they need to be allowed. Nothing is written.',
    '',
    'A fine-grained token, of the organisation, for all repositories that are to be read.',
    'Repository permissions:',
    ...list('repository'),
    'Organisation permissions:',
    ...list('organization'),
    'A classic token needs the scopes repo and admin:org, which allow far more than reading: prefer one of the others.',
    'Less is possible: what a token may not read is named in the report, and the run ends with exit code 3.',
    '',
    'A GitHub App that reads, as the manifest it is made from (its requests have a limit of their own):',
    ...JSON.stringify(manifest('dekey (reads)', permissions.map((entry) => ({ ...entry, access: 'read' }))), undefined, 2).split('\n').map((line) => `  ${line}`),
    ...(unnamed.length === 0 ? [] : [`  To be added by hand on the App's page, since GitHub publishes no name for the manifest: ${unnamed.map(({ title, of }) => `${title} of the ${of === 'organization' ? 'organisation' : 'repository'}`).join(', ')}.`]),
    '',
    'Then: dekey scan github:ORG --github-app ID --github-app-key FILE',
    '',
    'Pull requests (dekey apply PLAN --pull-request) need these and none of the above. Better another token or App, for the repositories that are to be changed:',
    ...PULL_REQUEST_PERMISSIONS.map(({ title, access, why }) => `  ${title.padEnd(width)}  ${access.padEnd(5)}  ${why}`),
    'As a manifest:',
    ...JSON.stringify(manifest('dekey (pull requests)', PULL_REQUEST_PERMISSIONS), undefined, 2).split('\n').map((line) => `  ${line}`),
    '',
    'What is asked, each at most once a run and conditionally when it was asked before (with --quick only what is marked):',
    ...Object.values<Endpoint>(ENDPOINTS).map(({ path, title, isQuick, isCloudOnly }) => `  ${isQuick ? '*' : ' '} ${path}  ${title}${isCloudOnly ? ' (not on GitHub Enterprise Server)' : ''}`),
    '',
    'Where the token comes from, in this order: --github-app; GITHUB_TOKEN or GH_TOKEN (for a server of your own GH_ENTERPRISE_TOKEN); gh auth token.',
    'Not read: variables of environments and of agents in repositories, runners of single repositories, and, when one repository is named, what its organisation holds besides Actions secrets.',
  ];
}

function manifest(name: string, permissions: readonly (Permission & { readonly access: string })[]): object {
  const named = permissions.flatMap(({ key, access }): [string, string][] => (key === undefined ? [] : [[key, access]]));
  return { name, url: 'https://www.npmjs.com/package/dekey', public: false, default_permissions: Object.fromEntries(named.toSorted(([a], [b]) => (a < b ? -1 : 1))) };
}
