/** What the steps of a job do with the repository's own token, as far as a reader can tell: by the action's name, by commands, and by calls of the API. */
import { entriesOf, get, itemsOf, textOf, walk, type YamlNode } from '../../support/yaml.ts';

type Level = 'read' | 'write';
type Scopes = Readonly<Record<string, Level>>;

const BOTH: Scopes = { issues: 'write', 'pull-requests': 'write' };

/** Scopes that steps need, by the action's name: what their documentation asks for. */
const BY_ACTION: readonly (readonly [RegExp, Scopes])[] = [
  [/^actions\/checkout@/, { contents: 'read' }],
  [/^actions\/stale@/, BOTH],
  [/^actions\/labeler@/, { 'pull-requests': 'write' }],
  [/^actions\/first-interaction@/, BOTH],
  [/^actions\/deploy-pages@/, { pages: 'write' }],
  [/^actions\/configure-pages@/, { pages: 'read' }],
  [/^actions\/attest(?:-build-provenance|-sbom)?@/, { attestations: 'write' }],
  [/^actions\/dependency-review-action@/, { 'pull-requests': 'write' }],
  [/^actions\/ai-inference@/, { models: 'read' }],
  [/^actions\/(?:create-release|upload-release-asset)@/, { contents: 'write' }],
  [/^actions\/delete-package-versions@/, { packages: 'write' }],
  [/^peter-evans\/create-pull-request@/, { contents: 'write', 'pull-requests': 'write' }],
  [/^peter-evans\/create-or-update-comment@/, BOTH],
  [/^peter-evans\/find-comment@/, { issues: 'read', 'pull-requests': 'read' }],
  [/^(?:marocchino\/sticky-pull-request-comment|thollander\/actions-comment-pull-request|hmarr\/auto-approve-action)@/, { 'pull-requests': 'write' }],
  [/^mshick\/add-pr-comment@/, BOTH],
  [/^(?:softprops\/action-gh-release|ncipollo\/release-action|goreleaser\/goreleaser-action|release-drafter\/release-drafter|googleapis\/release-please-action|google-github-actions\/release-please-action|changesets\/action)@/, { contents: 'write', 'pull-requests': 'write' }],
  [/^(?:cycjimmy\/semantic-release-action|python-semantic-release\/python-semantic-release)@/, { contents: 'write', ...BOTH }],
  [/^(?:stefanzweifel\/git-auto-commit-action|EndBug\/add-and-commit|JamesIves\/github-pages-deploy-action|peaceiris\/actions-gh-pages|ad-m\/github-push-action)@/, { contents: 'write' }],
  [/^py-cov-action\/python-coverage-comment-action@/, { contents: 'write', 'pull-requests': 'write' }],
  [/^github\/codeql-action\//, { actions: 'read', 'security-events': 'write' }],
  [/^ossf\/scorecard-action@/, { actions: 'read', 'security-events': 'write' }],
  [/^(?:dorny\/test-reporter|EnricoMi\/publish-unit-test-result-action|mikepenz\/action-junit-report)/, { checks: 'write', 'pull-requests': 'write' }],
  [/^reviewdog\//, { checks: 'write', 'pull-requests': 'write' }],
  [/^(?:super-linter|github)\/super-linter/, { statuses: 'write' }],
  [/^(?:dorny\/paths-filter|amannn\/action-semantic-pull-request|tj-actions\/changed-files)@/, { 'pull-requests': 'read' }],
  [/^anthropics\/claude-code-action/, { actions: 'read', ...BOTH }],
  [/^google-github-actions\/run-gemini-cli@/, BOTH],
];

const BY_COMMAND: readonly (readonly [RegExp, Scopes])[] = [
  [/\bgh\s+pr\s+(?:comment|create|edit|close|merge|review|ready)\b/, { 'pull-requests': 'write' }],
  [/\bgh\s+pr\s+merge\b/, { contents: 'write' }],
  [/\bgh\s+pr\b/, { 'pull-requests': 'read' }],
  [/\bgh\s+issue\s+(?:comment|create|edit|close)\b/, { issues: 'write' }],
  [/\bgh\s+issue\b/, { issues: 'read' }],
  [/\bgh\s+label\s+(?:create|edit|delete)\b/, { issues: 'write' }],
  [/\bgh\s+release\s+(?:create|edit|upload|delete)\b/, { contents: 'write' }],
  [/\bgh\s+(?:workflow\s+(?:run|enable|disable)|run\s+(?:rerun|cancel|delete)|cache\s+delete)\b/, { actions: 'write' }],
  [/\bgh\s+(?:run|workflow|cache)\b/, { actions: 'read' }],
  // One to an address elsewhere needs nothing here.
  [/\bgit\s+push\b(?![^\n]*https?:\/\/(?![^\n]*github\.com))/, { contents: 'write' }],
  [/\bsemantic-release\b/, { contents: 'write', ...BOTH }],
  [/\bghcr\.io\b|\bnpm\.pkg\.github\.com\b|\bmaven\.pkg\.github\.com\b|\bnuget\.pkg\.github\.com\b/, { packages: 'write' }],
  [/\bmodels\.github\.ai\b|\bmodels\.inference\.ai\.azure\.com\b|\bgh\s+models\b/, { models: 'read' }],
];

/** Parts of the API with the scope they need. First match of a call wins. */
const BY_PATH: readonly (readonly [RegExp, string])[] = [
  [/^(?:check-runs|check-suites|checks)/i, 'checks'],
  [/^(?:statuses|createcommitstatus)/i, 'statuses'],
  [/^(?:deployments|createdeployment)/i, 'deployments'],
  [/^(?:issues|labels|milestones|assignees)/i, 'issues'],
  [/^pulls/i, 'pull-requests'],
  [/^(?:actions|dispatches)/i, 'actions'],
  [/^pages/i, 'pages'],
  [/^(?:packages)/i, 'packages'],
  [/^(?:codeScanning|code-scanning)/i, 'security-events'],
  [/^(?:releases|git|contents|merges|branches|tags|createrelease|createorupdatefilecontents|deletefile|uploadreleaseasset|merge)/i, 'contents'],
];

/** Text of a file of the repository; undefined when it is not there. */
export type Read = (path: string) => string | undefined;

/** What the steps of jobs need beside their token: `contents: read` at least. */
export function neededBy(jobs: readonly YamlNode[], read: Read): readonly (readonly [string, Level])[] {
  const needed = new Map<string, Level>([['contents', 'read']]);
  for (const step of jobs.flatMap((job) => itemsOf(get(job, 'steps')))) {
    for (const [scope, level] of scopesOf(step, read)) if (needed.get(scope) !== 'write') needed.set(scope, level);
  }
  return [...needed].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** Whether nothing can use the repository's token but what is known here: then the list is whole. */
export function isWhole(jobs: readonly YamlNode[]): boolean {
  return jobs.every((job) => {
    const steps = itemsOf(get(job, 'steps'));
    return steps.length > 0 && steps.every(isUnderstood);
  });
}

function isUnderstood(step: YamlNode): boolean {
  const uses = textOf(get(step, 'uses'));
  const scalars: string[] = [];
  walk(step, '', ({ value }) => scalars.push(value));
  const isMentioned = scalars.some((value) => /github\.token|secrets\.GITHUB_TOKEN/i.test(value)) || /\bgh\s|\bgit\s+push\b/.test(textOf(get(step, 'run')) ?? '');
  return !isMentioned && (uses === undefined || BY_ACTION.some(([pattern, scopes]) => pattern.test(uses) && Object.values(scopes).every((level) => level === 'read')) || /^actions\/(?:setup-[a-z]+|cache|upload-artifact|upload-pages-artifact)@/.test(uses));
}

function scopesOf(step: YamlNode, read: Read): readonly (readonly [string, Level])[] {
  const uses = textOf(get(step, 'uses')) ?? '';
  // An argument may stand on the next line.
  // What is only printed is run by nobody; a substitution in it is.
  const run = (textOf(get(step, 'run')) ?? '').replaceAll(/\\\n\s*/g, ' ').replaceAll(/^\s*echo\s+(?:"(?:[^"$`]|\$(?!\())*"|'[^']*')(?:\s*>>?\s*"?\$\{?GITHUB_STEP_SUMMARY\}?"?)?[ \t]*$/gm, '');
  const inputs = get(step, 'with');
  const found: (readonly [string, Level])[] = [];
  for (const [pattern, scopes] of BY_ACTION) if (pattern.test(uses)) found.push(...Object.entries(scopes));
  for (const [pattern, scopes] of BY_COMMAND) if (pattern.test(run)) found.push(...Object.entries(scopes));
  if (uses.startsWith('docker/login-action@') && textOf(get(inputs, 'registry')) === 'ghcr.io') found.push(['packages', 'write']);
  if (/^actions\/setup-(?:node|java)@/.test(uses) && /npm\.pkg\.github\.com/.test(textOf(get(inputs, 'registry-url')) ?? '')) found.push(['packages', 'write']);
  // Artefacts of another run.
  if (uses.startsWith('actions/download-artifact@') && get(inputs, 'run-id') !== undefined) found.push(['actions', 'read']);
  if (uses.startsWith('actions/github-script@')) found.push(...scriptScopes(textOf(get(inputs, 'script')) ?? ''));
  if (handsToken(step)) for (const text of programsIn(run, textOf(get(step, 'working-directory')) ?? '', read)) found.push(...programScopes(text));
  // An action that is given the token and works on pull requests.
  if (handsToken(step) && uses !== '' && !/^[.$]\//.test(uses) && /review|comment|\bpr\b|pull/i.test(uses.replace(/@.*/, ''))) found.push(...Object.entries(BOTH));
  if (/\bgh\s+api\b|api\.github\.com|\$\{?GITHUB_API_URL/.test(run)) found.push(...requestScopes(run));
  return found;
}

/** Whether the step's program is handed the repository's token. */
function handsToken(step: YamlNode): boolean {
  return [...entriesOf(get(step, 'env')), ...entriesOf(get(step, 'with'))].some(({ value }) => /\bgithub\.token\b|\bsecrets\.GITHUB_TOKEN\b/i.test(textOf(value) ?? ''));
}

const MOST_PROGRAMS = 20;

/** Texts of the repository's own programs that a script names. */
function programsIn(run: string, folder: string, read: Read): readonly string[] {
  const names = [...run.matchAll(/(?<![\w/.-])(?:\.\/)?((?:[\w.-]+\/)*[\w.-]+\.(?:py|[cm]?[jt]s|sh|rb))(?![\w.-])/g)].map(([, name = '']) => name);
  const modules = [...run.matchAll(/\bpython[\d.]*\s+-m\s+([\w.]+)/g)].map(([, name = '']) => `${name.replaceAll('.', '/')}.py`);
  const base = folder.replace(/^\.\//, '').replace(/\/+$/, '');
  return [...new Set([...names, ...modules])].slice(0, MOST_PROGRAMS).flatMap((name) => read(base === '' ? name : `${base}/${name}`) ?? []);
}

/** What a program does with the token: calls of clients, and requests by their address. */
function programScopes(text: string): readonly (readonly [string, Level])[] {
  const found: (readonly [string, Level])[] = [...scriptScopes(text.replace(/\b(?:octokit|client|gh|api)\.(?=(?:rest\.)?(?:issues|pulls|checks|repos|git|actions)\.)/g, 'github.'), false)];
  for (const [pattern, scopes] of BY_COMMAND) if (pattern.test(text)) found.push(...Object.entries(scopes));
  const posts = /\b(?:requests|httpx|session|client|axios|urllib)\b[\s\S]{0,4000}?\b(?:post|patch|put|request|urlopen)\b|\bfetch\(|method["']?\s*[:=]\s*["'](?:POST|PATCH|PUT)/i.test(text);
  if (posts && /\/issues\/[^\s"'`]*\/(?:comments|labels)/.test(text)) found.push(...Object.entries(BOTH));
  if (posts && /\/pulls\/[^\s"'`]*\/(?:reviews|comments)/.test(text)) found.push(['pull-requests', 'write']);
  if (posts && /\/(?:check-runs|statuses)\b/.test(text)) found.push([text.includes('/check-runs') ? 'checks' : 'statuses', 'write']);
  if (/\/(?:pulls|issues)\//.test(text)) found.push(['pull-requests', 'read']);
  // PyGithub and its like.
  if (/\.create_(?:issue_comment|review|review_comment|comment)\(|\.add_to_labels\(/.test(text)) found.push(...Object.entries(BOTH));
  if (/\.create_(?:pull|git_ref|file)\(|\.update_file\(/.test(text)) found.push(['contents', 'write'], ['pull-requests', 'write']);
  if (/\.create_issue\(/.test(text)) found.push(['issues', 'write']);
  if (/\.get_pull\(/.test(text)) found.push(['pull-requests', 'read']);
  return found;
}

/** Calls of Octokit in a script: `github.rest.issues.createComment(...)`. One whose calls cannot be read is taken to comment. */
function scriptScopes(script: string, mayComment = true): readonly (readonly [string, Level])[] {
  const calls = [...script.matchAll(/\bgithub\.(?:rest\.)?([a-z]\w{1,30})\.([a-zA-Z]\w{1,60})/g)].flatMap(([, group = '', name = '']): (readonly [string, Level])[] => {
    const level: Level = /^(?:get|list|download|compare|paginate|check)/.test(name) ? 'read' : 'write';
    const scope = BY_PATH.find(([pattern]) => pattern.test(group === 'repos' ? name : group))?.[1];
    if (scope === undefined) return [];
    // A comment on a pull request is a comment on an issue there, and may be made with either.
    if (scope === 'issues' && level === 'write') return Object.entries(BOTH);
    return [[scope, level]];
  });
  if (calls.length > 0) return calls;
  return mayComment && /\bgithub\.|require\(/.test(script) ? Object.entries(BOTH) : [];
}

/** `gh api` and curl against the API of a repository. */
function requestScopes(run: string): readonly (readonly [string, Level])[] {
  const commands = run.replaceAll('\\\n', ' ').split('\n').filter((line) => /\bgh\s+api\b|api\.github\.com|\$\{?GITHUB_API_URL/.test(line));
  return commands.flatMap((line): (readonly [string, Level])[] => {
    // Owner and name may be one variable or two.
    const [, ...segments] = (/\brepos\/([^\s"'?]+)/.exec(line.replace(/\$\{\{[^}]*\}\}|\$\{[^}]*\}|\{\w+\}/g, 'X'))?.[1] ?? '').replace(/\/commits\/[^/]+\//, '/').split('/');
    const part = segments.slice(0, 2).find((segment) => BY_PATH.some(([pattern]) => pattern.test(segment)));
    const scope = part === undefined ? undefined : BY_PATH.find(([pattern]) => pattern.test(part))?.[1];
    if (scope === undefined) return [];
    const writes = /(?:-X|--method|--request)[ =]?["']?(?:POST|PATCH|PUT|DELETE)|\s(?:-f|-F|--field|--raw-field|-d|--data)[ =]/.test(line);
    // Dispatching a workflow by `dispatches` of the repository needs contents.
    return [[part === 'dispatches' ? 'contents' : scope, writes ? 'write' : 'read']];
  });
}
