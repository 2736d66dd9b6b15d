import type { SubjectForm } from '../model/issuer.ts';
import type { Platform } from '../model/reference.ts';
import { LineIndex } from '../support/lines.ts';
import { baseName, CiDraft, factList } from './_shared/ci-draft.ts';
import { assignments, locallySet, variableMentions } from './_shared/ci-shell.ts';
import { asked, type ShapeSpec, shapeFrom } from './_shared/token-shape.ts';

const MAX_LENGTH = 1_500_000;
/** Characters after a binding in which its variable is looked for: `string(credentialsId: 'id', variable: 'NAME')` in any order. */
const BINDING = 600;

const FORM: SubjectForm = { id: 'job', template: '{job-url}', except: { 'job-url': '' } };

const SPEC: ShapeSpec = {
  issuer: '{url}/oidc',
  form: FORM,
  fields: {
    url: asked('controller', 'jenkins.url', 'Address of the Jenkins controller', 'url', 'Manage Jenkins, System: Jenkins URL.'),
    'job-url': asked('job', 'jenkins.job_url', 'Address of the job', 'url', 'JOB_URL of the trusted branch, with its last slash.'),
  },
  claims: [],
  warnings: ['Everybody who can configure a job in the credential’s folder can have its token.'],
};

export const platform: Platform = {
  id: 'jenkins',
  title: 'Jenkins',
  checked: '2026-11-23',
  issuesTokens: true,
  tokens: {
    issuer: '{url}/oidc',
    isShared: false,
    discovery: 'network',
    subjects: [FORM],
    stableClaims: [],
    audience: 'free',
    lifetime: { seconds: 3600, refresh: 'none' },
    arrival: { kind: 'file', path: 'the variable of withCredentials' },
    edits: [
      'Add a credential "OpenID Connect id token as file" with the audience of the rule, in the folder of the job, and bind it with withCredentials([file(...)]).',
      'Remove the credential that holds the key.',
    ],
    source: 'https://github.com/jenkinsci/oidc-provider-plugin',
    describe: (workload) => shapeFrom(SPEC, workload),
  },
  matches(file) {
    return /(?:^|\/)(?:Jenkinsfile[^/]*|[^/]*\.jenkinsfile|[^/]*\.Jenkinsfile)$|(?:^|\/)vars\/[^/]+\.groovy$/.test(file.path);
  },
  extract(file, names) {
    const lines = new LineIndex(file.text);
    const draft = new CiDraft(file, 'jenkins', names, lines);
    if (file.text.length > MAX_LENGTH) {
      draft.problem(1, `longer than ${MAX_LENGTH} characters`, 'The file is still scanned as text for keys, but places that use keys in it are not listed.');
      return draft.finish();
    }
    const text = withoutComments(file.text);
    const job = draft.declare({
      key: 'pipeline',
      name: baseName(file.path),
      route: '',
      range: { start: 0, end: file.text.length },
      identity: { kind: 'available' },
      facts: { stages: factList([...text.matchAll(/\bstage\s{0,4}\(\s{0,4}["']([^"'\n]{1,100})["']/g)].map((match) => match[1] ?? '')) },
    });
    const bound = new Set<string>();
    // `NAME = credentials('id')` in `environment { }`.
    for (const match of text.matchAll(/(?:\b([A-Za-z_]\w{0,127})\s{0,20}=\s{0,20})?\bcredentials\s{0,4}\(\s{0,20}(["'])([^"'\n]{1,200})\2/g)) {
      const [whole, variable, , id = ''] = match;
      const start = match.index + whole.length - 1 - id.length;
      if (variable !== undefined) bound.add(variable);
      draft.take(job, { name: id, target: variable, store: 'ci-secret', route: variable === undefined ? 'credentials' : `environment.${variable}`, range: { start, end: start + id.length } });
    }
    // `string(credentialsId: 'id', variable: 'NAME')` in `withCredentials([...])`.
    for (const match of text.matchAll(/\bcredentialsId\s{0,4}:\s{0,20}(["'])([^"'\n]{1,200})\1/g)) {
      const [whole, , id = ''] = match;
      const before = text.slice(Math.max(0, match.index - BINDING), match.index);
      const after = text.slice(match.index, match.index + BINDING);
      const close = after.indexOf(')');
      const binding = before.slice(before.lastIndexOf('(') + 1) + (close === -1 ? after : after.slice(0, close));
      const variable = /\b(?:variable|passwordVariable|secretKeyVariable)\s{0,4}:\s{0,20}["']([A-Za-z_]\w{0,127})["']/.exec(binding)?.[1];
      for (const name of binding.matchAll(/\b\w{0,40}[vV]ariable\s{0,4}:\s{0,20}["']([A-Za-z_]\w{0,127})["']/g)) bound.add(name[1] ?? '');
      const start = match.index + whole.length - 1 - id.length;
      draft.take(job, { name: id, target: variable, store: 'ci-secret', route: variable === undefined ? 'withCredentials' : `withCredentials.${variable}`, range: { start, end: start + id.length } });
    }
    // `[envVar: 'NAME', vaultKey: 'key']` in `withVault(...)`.
    for (const match of text.matchAll(/\benvVar\s{0,4}:\s{0,20}(["'])([A-Za-z_]\w{0,127})\1/g)) {
      const [whole, , variable = ''] = match;
      const start = match.index + whole.length - 1 - variable.length;
      bound.add(variable);
      draft.take(job, { name: variable, store: 'vault', route: `withVault.${variable}`, range: { start, end: start + variable.length } });
    }
    const set = new Set([...bound, ...locallySet(text)]);
    for (const { name, target, start, end } of [...variableMentions(text), ...groovyReads(text)]) {
      if (!set.has(name)) draft.take(job, { name, target, store: 'environment', route: `line ${lines.position(start).line}`, range: { start, end }, confidence: 'medium' });
    }
    for (const { name, value, start, end } of [...assignments(text), ...groovyAssignments(text)]) draft.literal(job, name, value, `line ${lines.position(start).line}`, { start, end });
    return draft.finish();
  },
};

/** `env.NAME`, `params.NAME`. */
function groovyReads(text: string): readonly { readonly name: string; readonly start: number; readonly end: number; readonly target: undefined }[] {
  return [...text.matchAll(/(?<![\w.])(?:env|params)\.([A-Za-z_]\w{0,127})(?!\s{0,4}=[^=])/g)].map((match) => {
    const name = match[1] ?? '';
    return { name, start: match.index, end: match.index + match[0].length, target: undefined };
  });
}

/** `NAME = 'value'` as Groovy writes it, with blanks. */
function groovyAssignments(text: string): readonly { readonly name: string; readonly value: string; readonly start: number; readonly end: number }[] {
  return [...text.matchAll(/(?<!\w)([A-Za-z_]\w{0,127})[ \t]{1,20}=[ \t]{0,20}(["'])([^"'\s]{1,512})\2/g)].map((match) => {
    const [whole, name = '', , value = ''] = match;
    const start = match.index + whole.length - 1 - value.length;
    return { name, value, start, end: start + value.length };
  });
}

/** Comments blanked out, offsets kept. Strings are stepped over, for addresses in them hold `//`; one that does not close ends with its line. */
function withoutComments(text: string): string {
  const parts: string[] = [];
  let from = 0;
  let quote = '';
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (quote !== '') {
      if (character === '\\') at += 1;
      else if (character === quote || character === '\n') quote = '';
      continue;
    }
    if (character === '"' || character === "'") quote = character;
    const next = character === '/' ? text[at + 1] : undefined;
    if (next !== '/' && next !== '*') continue;
    const close = next === '/' ? text.indexOf('\n', at) : text.indexOf('*/', at + 2);
    const end = close === -1 ? text.length : next === '/' ? close : close + 2;
    parts.push(text.slice(from, at), text.slice(at, end).replace(/[^\n]/g, ' '));
    from = end;
    at = end - 1;
  }
  parts.push(text.slice(from));
  return parts.join('');
}
