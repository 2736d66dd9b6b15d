import { ACCOUNT_FINDINGS, type AccountFinding, storeKind, type StoreId } from '../model/account.ts';
import type { Finding } from '../model/inventory.ts';

type Escape = (scanned: string) => string;
type Said = Readonly<Record<string, string | undefined>>;

/** Wording of one kind of finding about an account. */
interface AccountDescription {
  readonly title: string;
  readonly what: string;
  readonly why: string;
  readonly fix: string;
  /** About one of them. Every part that comes from the account goes through `escape`. */
  readonly sentence: (said: Said, escape: Escape) => string;
}

/** As a person names the store, before "secret": `Dependabot secret`. GitHub Actions is what is meant when nothing is said. Of what belongs to no repository: with its noun. */
const STORE_WORDS: Readonly<Record<StoreId, string>> = {
  'github-actions': '',
  'github-dependabot': 'Dependabot ',
  'github-codespaces': 'Codespaces ',
  'github-agents': 'agents ',
  'gitlab-ci': 'GitLab CI/CD ',
  'aws-secrets-manager': 'Secrets Manager secret',
  'aws-parameter-store': 'Parameter Store entry',
  'macos-keychain': 'macOS Keychain entry',
  'windows-credentials': 'Windows credential',
  'python-keyring': 'Python keyring entry',
  'plain-keyring': 'entry of a keyring in plain text',
  pass: 'password store entry',
};

const SCOPE_WORDS: Readonly<Record<string, string>> = { organization: 'organisation', repository: 'repository', environment: 'environment' };

/** `organisation secret`, `Dependabot secret of the repository`, `secret of environment production`. */
export function storedWords(said: Said, escape: Escape): string {
  const word = STORE_WORD_BY_ID.get(said['store'] ?? '') ?? '';
  if (storeKind(said['store']) !== 'ci') return word;
  const scope = SCOPE_WORDS[said['scope'] ?? ''] ?? '';
  if (said['environment'] !== undefined) return `${word}secret of environment ${escape(said['environment'])}`;
  return word === '' ? `${scope} secret`.trimStart() : `${word}secret of the ${scope}`;
}

const STORE_WORD_BY_ID: ReadonlyMap<string, string> = new Map(Object.entries(STORE_WORDS));

function secretOf(said: Said, escape: Escape): string {
  return `${capital(storedWords(said, escape))} ${escape(said['name'] ?? '')}`;
}

/** A name that is spelt small stays so. */
function capital(text: string): string {
  if (text.startsWith('macOS')) return text;
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** `1 day`, `1,200 repositories`; for numbers that come as text. */
function many(number: string | undefined, one: string, more: string): string {
  return `${grouped(number)} ${number === '1' ? one : more}`;
}

function grouped(number: string | undefined): string {
  return (number ?? '0').replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** The names of the settings, and how many more there are. */
function listed(said: Said, escape: Escape): string {
  const names = escape(said['names'] ?? '');
  const shown = (said['names'] ?? '').split(', ').length;
  const left = Number(said['count']) - shown;
  return left > 0 ? `${names} and ${grouped(String(left))} more` : names;
}

const DESCRIPTIONS: Readonly<Record<AccountFinding, AccountDescription>> = {
  'stored-key': {
    title: 'AI key in a secret store',
    what: 'A secret store of an account, or a keychain of this machine, holds a long-lived credential of an AI provider, as the name of its entry says. Its value was not read.',
    why: 'Every workload that may read the store can copy the key, and so can everyone who may change what those workloads run; of a keychain, every program that its owner starts. It does not expire by itself.',
    fix: 'Let the workloads that use it prove who they are by an identity token, and people log in, then delete the entry and revoke the key.',
    sentence: (said, escape) => {
      const set = said['updated'] === undefined ? '' : `, set ${said['updated'].slice(0, 10)}`;
      const reach = said['readers'] === undefined ? '' : ` ${many(said['readers'], 'repository', 'repositories')} may read it, ${grouped(said['users'])} ${said['users'] === '1' ? 'uses' : 'use'} it.`;
      return `${secretOf(said, escape)} holds an AI key${set}.${reach}`;
    },
  },
  'unused-key': {
    title: 'Stored AI key that nothing uses',
    what: 'A secret store holds an AI key, and no workflow on a default branch that may read it names it. Only said where all of them, and the store, were read.',
    why: 'A key that nobody needs is pure risk: it works for whoever copies it, and nobody would notice that it is gone (OWASP NHI1:2025 Improper Offboarding).',
    fix: 'Look at other branches and at what reads secrets outside workflows. If nothing needs it, revoke the key at its provider and delete the secret.',
    sentence: (said, escape) => {
      const who = said['readers'] === undefined ? 'no workflow of the repository names it' : said['readers'] === '0' ? 'no repository may read it' : `none of the ${many(said['readers'], 'repository', 'repositories')} that may read it names it`;
      return `${secretOf(said, escape)} holds an AI key, and ${who}.`;
    },
  },
  'missing-key': {
    title: 'Name of an AI key that no store holds',
    what: 'A workflow asks for a secret that neither its environment, nor the repository, nor the organisation holds for it. Only said where all of these were read.',
    why: 'The workflow gets an empty text in its place: either it does not work, or it is dead, or somebody is about to create one more key for it.',
    fix: 'Delete the workflow if it is dead. If it is needed, do not store a key for it: let it use an identity token.',
    sentence: (said, escape) => {
      const where =
        said['elsewhere'] !== undefined
          ? `only the ${STORE_WORD_BY_ID.get(said['elsewhere']) ?? ''}secrets have it, which runs that people start do not get`
          : said['hidden'] === 'true' ? 'the organisation has one of that name, which this repository may not read' : 'no environment of the job, repository or organisation holds it';
      return `Secret ${escape(said['name'] ?? '')} is asked for${said['places'] === '1' ? '' : ` in ${many(said['places'], 'place', 'places')}`}, and ${where}.`;
    },
  },
  'old-key': {
    title: 'AI key not changed for 90 days or more',
    what: 'An AI key was made, or the value of a stored one last set, 90 days ago or longer. A stored key itself may be older still.',
    why: 'The longer a key lives, the more copies of it there are. CIS AWS 7.0 2.12 and the AWS AI Security Framework (AISF-IAM-03) ask for a new one within 90 days.',
    fix: 'Replace it by an identity token rather than by another key. Until then, rotate it.',
    sentence: (said, escape) =>
      said['store'] === undefined
        ? `Key ${escape(said['name'] ?? '')} was made ${many(said['days'], 'day', 'days')} ago, on ${(said['created'] ?? '').slice(0, 10)}.`
        : `${secretOf(said, escape)} was last set ${many(said['days'], 'day', 'days')} ago, on ${(said['updated'] ?? '').slice(0, 10)}.`,
  },
  'wide-key': {
    title: 'Shared AI key that far more repositories may read than use',
    what: 'An AI key is a secret of the organisation that all, or all private, repositories may read, and only a few use it.',
    why: 'Whoever may push to any of these repositories can copy the key with three lines of a workflow. OWASP NHI5:2025 Overprivileged NHI.',
    fix: 'Give the secret to selected repositories, those that use it, until it can go.',
    sentence: (said, escape) => `${secretOf(said, escape)} is visible to ${many(said['readers'], 'repository', 'repositories')}, and ${many(said['users'], 'repository uses', 'repositories use')} it.`,
  },
  'same-name': {
    title: 'AI keys under one name in many repositories',
    what: 'Three repositories or more each store an AI key under the same name.',
    why: 'Values cannot be compared, so this proves nothing; but it is what one key copied many times looks like, and then one leak is a leak of all (OWASP NHI9:2025 NHI Reuse).',
    fix: 'Ask who set them. One federation rule for each repository makes copies unnecessary.',
    sentence: (said, escape) => `${many(said['repositories'], 'repository stores', 'repositories store')} a secret named ${escape(said['name'] ?? '')}: perhaps one key, copied.`,
  },
  'token-write': {
    title: 'Workflow token may write by default',
    what: 'Jobs that declare no permissions get a token of the repository that may write.',
    why: 'A step that is taken over can change the code of the workflow, and so what runs as a workload that a federation rule trusts.',
    fix: 'Set the default to read, under Settings, Actions, General, and let each job declare what it needs.',
    sentence: () => 'The token of workflows may write by default.',
  },
  'public-runner': {
    title: 'Self-hosted runner within reach of public repositories',
    what: 'A machine of one\'s own runs jobs of a public repository.',
    why: 'Pull requests of strangers can run code on it, and what they leave behind sees the keys and identity tokens of later jobs.',
    fix: 'Use runners of the platform for public repositories, or machines that serve one job and are thrown away, and allow no public repository in the group.',
    sentence: (said, escape) => `Self-hosted ${said['count'] === '1' ? 'runner' : 'runners'} ${listed(said, escape)} may run jobs of public repositories.`,
  },
  'open-environment': {
    title: 'Environment with AI keys and no rule',
    what: 'An environment holds AI keys, and neither asks for a reviewer nor limits the branches that may use it.',
    why: 'Whoever may push any branch can read its keys. A federation rule that trusts the environment (TP011) would trust every branch just so.',
    fix: 'Limit it to protected branches, and add reviewers where a deployment has some.',
    sentence: (said, escape) => `${said['count'] === '1' ? 'Environment' : 'Environments'} ${listed(said, escape)} ${said['count'] === '1' ? 'holds' : 'hold'} AI keys and ${said['count'] === '1' ? 'has' : 'have'} no rule.`,
  },
  'deploy-key': {
    title: 'Deploy key that may write',
    what: 'An SSH key without an owner may push to a repository that stores or uses AI keys.',
    why: 'Whoever holds it can change the workflows, and so act as the workload that reads the keys or that a federation rule trusts.',
    fix: 'Make it read-only, or replace it by an App with the permissions it needs.',
    sentence: (said, escape) => `${said['count'] === '1' ? 'Deploy key' : 'Deploy keys'} ${listed(said, escape)} may push.`,
  },
  'app-write': {
    title: 'App that may change what workloads run',
    what: 'An installed App may write contents, workflows, secrets or settings of repositories.',
    why: 'Its private key is a key to everything that those repositories may read: it can change a workflow, and so act as any workload of theirs.',
    fix: 'Remove what is not used, and narrow the rest to the repositories and permissions it needs.',
    sentence: (said, escape) => `${said['count'] === '1' ? 'App' : 'Apps'} ${listed(said, escape)} may change what workloads run.`,
  },
  'open-branch': {
    title: 'Default branch without protection',
    what: 'Whoever may push can push to the default branch of a repository that uses AI keys.',
    why: 'A federation rule trusts a branch by its name. Without protection, that is trust in everyone who may push.',
    fix: 'Protect the branch by a rule or a ruleset before a federation rule names it, or let the rule name an environment that is protected.',
    sentence: (said, escape) => `Default branch ${escape(said['names'] ?? '')} is not protected${said['federated'] === 'true' ? ', and a job of the repository asks for identity tokens already' : ''}.`,
  },
  'listed-key': {
    title: 'Long-lived AI key in an account',
    what: 'The account of the issuer lists a key that does not go away by itself. Its value was not read: no list gives it.',
    why: 'It works for whoever has a copy, from anywhere, and the list does not say who has one.',
    fix: 'Find its users below, let them prove who they are by an identity token, then take the key out of use.',
    sentence: (said, escape) => `Key ${keyWords(said, escape)}${lastUse(said)}.`,
  },
  'leaked-key': {
    title: 'Key that its issuer found in public',
    what: 'The issuer itself has found the key in public and marked it: AWS by a quarantine policy on its user.',
    why: 'Someone else has it. The policy stops some calls and leaves the key in use; it does not stop all calls to models.',
    fix: 'Take the key out of use now, look through what was done with it, then delete it. Replace it by an identity, not by another key.',
    sentence: (said, escape) => `Key ${escape(said['name'] ?? '')}${ownedBy(said, escape)} was found in public by its issuer.`,
  },
  'root-key': {
    title: 'Access key of the root user',
    what: 'The root user of an account has an access key.',
    why: 'No policy limits the root user. CIS AWS 7.0 and AWS itself ask that it have no key at all.',
    fix: 'Delete it. Nothing that runs needs it.',
    sentence: () => 'The root user has an access key.',
  },
  'ownerless-key': {
    title: 'Key without an owner',
    what: 'Nobody answers for the key: it belongs to no person and to no service account.',
    why: 'It is in use by who knows whom, goes with nobody who leaves, and nobody is asked before it is used (OWASP NHI1:2025).',
    fix: 'Find its users by the places below and by its use, move them to an identity, and take the key out of use.',
    sentence: (said, escape) => `Key ${escape(said['name'] ?? '')} has no owner.`,
  },
  'open-key': {
    title: 'API key without restrictions that reaches models',
    what: 'A key of a cloud project is bound to no API and to no caller, and the project has an API for models switched on.',
    why: 'What the key opens grows when somebody switches an API on, with no change to the key: that is how keys for maps came to open Gemini (2026).',
    fix: 'Restrict it to the APIs it is for, and use an identity for models.',
    sentence: (said, escape) => `Key ${escape(said['name'] ?? '')} is not restricted, and models are within its reach.`,
  },
  'local-auth': {
    title: 'Resource that takes keys beside identities',
    what: 'A resource with models accepts its two keys, which never expire, as well as tokens of identities.',
    why: 'Everyone who may list its keys has them for good, and no log says which of their holders called.',
    fix: 'When all its users have an identity, switch local authentication off (disableLocalAuth): that ends both keys at once, and can be undone.',
    sentence: (said, escape) => `${escape(said['name'] ?? '')} accepts keys.`,
  },
  'idle-key': {
    title: 'Key that is not used',
    what: 'The issuer says when the key was last used, or that it never was: that is 90 days ago or longer, or as long as --unused-after says. Whether anything that was scanned uses it is said beside it.',
    why: 'A key that nobody needs is pure risk: it works for whoever copies it, and nobody would notice that it is gone (OWASP NHI1:2025 Improper Offboarding).',
    fix: 'Deactivate it where that can be undone, wait, then delete it.',
    sentence: (said, escape) => `Key ${escape(said['name'] ?? '')}${ownedBy(said, escape)} ${said['lastUsed'] === 'never' ? `was made ${many(said['days'], 'day', 'days')} ago and never used` : `was last used ${many(said['idleDays'], 'day', 'days')} ago, on ${(said['lastUsed'] ?? '').slice(0, 10)}`}${consumers(said)}.`,
  },
  'keys-allowed': {
    title: 'Nothing stops new keys',
    what: 'The policy that forbids making long-lived keys is not in force.',
    why: 'Keys that have been replaced come back with the next person in a hurry.',
    fix: 'Put the policy in force once the workloads have identities; exceptions can be given to single projects.',
    sentence: (said, escape) => `Not in force: ${listed(said, escape)}.`,
  },
};

/** Inventories of before name no number. */
function consumers({ users }: Said): string {
  if (users === undefined) return '';
  return users === '0' ? ', and nothing that was scanned uses it' : `, though ${many(users, 'workload names', 'workloads name')} it`;
}

/** `AKIA… of ann, made 2024-01-02, never expires`. */
function keyWords(said: Said, escape: Escape): string {
  const parts = [
    said['status'] === undefined || said['status'] === 'active' ? undefined : said['status'],
    said['created'] === undefined ? undefined : `made ${said['created'].slice(0, 10)}`,
    said['expires'] === undefined ? undefined : said['expires'] === 'never' ? 'never expires' : `expires ${said['expires'].slice(0, 10)}`,
    said['can'] === undefined ? undefined : `may ${escape(said['can'])}`,
  ].filter((part) => part !== undefined);
  return `${escape(said['name'] ?? '')}${ownedBy(said, escape)}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`;
}

function ownedBy(said: Said, escape: Escape): string {
  return said['owner'] === undefined || said['ownerKind'] === 'none' ? '' : ` of ${escape(said['owner'])}`;
}

function lastUse(said: Said): string {
  if (said['lastUsed'] === undefined) return '';
  return said['lastUsed'] === 'never' ? ', never used' : `, last used ${said['lastUsed'].slice(0, 10)}`;
}

const PREFIX = 'DK-ACCOUNT-';

/** Every code, sorted. */
export function accountCodes(): string[] {
  return ACCOUNT_FINDINGS.map((finding) => PREFIX + finding.toUpperCase()).toSorted();
}

/** The wording of `DK-ACCOUNT-...`; undefined for any other code. */
export function describeAccount(code: string): AccountDescription | undefined {
  return code.startsWith(PREFIX) ? BY_KIND.get(code.slice(PREFIX.length).toLowerCase()) : undefined;
}

const BY_KIND: ReadonlyMap<string, AccountDescription> = new Map(Object.entries(DESCRIPTIONS));

/** One sentence about a finding of an account; undefined for a kind of a newer version. */
export function accountSentence(finding: Finding, escape: Escape): string | undefined {
  return BY_KIND.get(finding.detector)?.sentence(finding.arguments, escape);
}
