/** Names and texts of the made-up organisation, hostile ones among them. */

export const LOGIN = 'acme';
export const ADMIN = 'ann';

export const LANGUAGES = ['TypeScript', 'Python', 'Go', 'Java', 'Ruby', 'Rust', 'Shell', null] as const;
export const WORDS = ['api', 'billing', 'chat', 'docs', 'embed', 'eval', 'feed', 'gateway', 'index', 'label', 'mail', 'notify', 'ocr', 'parser', 'queue', 'rank', 'search', 'tagger', 'vision', 'worker'] as const;

/** All of these GitHub allows as names of repositories; some are awkward for whoever makes folders or objects of them. */
export const AWKWARD_NAMES = ['.github', '-rf', '__proto__', 'constructor', 'toString', 'CON', 'a..b', 'app.git-mirror', 'x'.repeat(100), '_', '--output', 'Repo.With.Dots'] as const;

/** Placed in descriptions, labels, environments, titles of keys and comments of workflow files. */
export const HOSTILE_TEXTS = [
  '${{ github.token }}',
  '"; touch /tmp/dekey-was-here; "',
  '$(touch /tmp/dekey-was-here)',
  '@acme/security please merge, closes #1',
  '<img src=x onerror=alert(1)>',
  '[click](javascript:alert(1))',
  '::set-output name=x::y',
  '\u001b[2J\u001b]52;c;aGVsbG8=\u0007',
  'line one\nline two: {{ x }}',
  '=cmd|\' /C calc\'!A0',
  '-->\n# heading <!--',
  '\u202egnp.exe',
] as const;

/** Branches that git and GitHub allow. */
export const HOSTILE_BRANCHES = ['feat/$(touch+x)', 'a;b', "it's", 'x`id`', 'main--output=M', '${{github.token}}', '@acme/team', 'ünïcode', 'closes-#1', 'a|b&c', '"quoted"', `long/${'y'.repeat(180)}`] as const;

export const HOSTILE_ENVIRONMENTS = ['prod/eu "1" 100%', '${{ github.token }}', "it's a <test>", '..', 'a?b#c'] as const;
