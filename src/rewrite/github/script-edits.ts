import { type KeyNames, normal, type Use } from './uses.ts';

/** The variable that an exchange for requests made by hand sets: no client reads it. */
export const ACCESS_TOKEN = 'ANTHROPIC_ACCESS_TOKEN';
/** A test whether the variable is set, and `docker run -e NAME`. Group 1 is what stands before the name. */
export const TESTED = '(\\[\\[? -[nz] "?\\$\\{?)NAME(?:(?::-)?\\})?"? \\]\\]?|(?:-e|--env)[ =]NAME(?:="?\\$\\{?NAME\\}?"?)?(?![A-Za-z0-9_=])';

interface Header {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Each `x-api-key: KEY` of `script`, with what takes its place. */
export function headersIn(script: string, { names }: KeyNames, variables: readonly string[]): readonly Header[] {
  const headers: Header[] = [];
  for (const { index, 0: whole, 1: quote = '', 2: read = '' } of script.matchAll(/(?<=(["']))x-api-key:[ ]?(\$\{\{\s*secrets\.[A-Za-z0-9_-]+\s*\}\}|\$\{?[A-Za-z0-9_]+\}?)(?=\1)/gi)) {
    const name = /^\$\{\{\s*secrets\.([A-Za-z0-9_-]+)/.exec(read)?.[1] ?? /^\$\{?([A-Za-z0-9_]+)/.exec(read)?.[1] ?? '';
    const isExpression = read.startsWith('${{');
    if (isExpression ? !names.has(normal(name)) : quote !== '"' || !variables.includes(name)) continue;
    headers.push({ start: index, end: index + whole.length, text: `Authorization: Bearer ${isExpression ? `\${{ env.${ACCESS_TOKEN} }}` : `$${ACCESS_TOKEN}`}` });
  }
  return headers;
}

/** How often a script reads the key, by expression or by variable. */
export function mentionsIn(script: string, uses: readonly Use[], variables: readonly string[]): number {
  const expressions = uses.filter(({ scope }) => scope === 'step-run').reduce((sum, { spans }) => sum + spans.length, 0);
  return expressions + [...script.matchAll(/\$\{?([A-Za-z0-9_]+)/g)].filter(([, name = '']) => variables.includes(name)).length;
}

/** Programs that keep what they are given: a token of minutes is no use there. */
export const STORES =
  /\b(?:aws (?:ssm put-parameter|secretsmanager (?:create|put|update)|lambda (?:create-function|update-function-configuration)|ecs (?:register-task-definition|update-service)|apprunner (?:create|update)-service|amplify update-\w+|cloudformation (?:deploy|create-stack|update-stack)|elasticbeanstalk update-environment)|gcloud (?:secrets|run (?:deploy|services update|jobs (?:create|update|deploy))|functions deploy|app deploy|builds submit)|az (?:keyvault secret set|webapp config|functionapp config|containerapp (?:create|update|up|secret)|container create|deployment \w+ create)|kubectl (?:create secret|apply|set env)|helm (?:upgrade|install)|wrangler (?:secret|deploy|publish)|vercel (?:env|deploy|--prod)|netlify (?:env:set|deploy)|supabase secrets|fly(?:ctl)? (?:secrets|deploy)|railway (?:variables|up)|render deploy|heroku config:set|doctl apps|dokku config:set|cf (?:set-env|push)|eb setenv|sam deploy|(?:serverless|sls) deploy|cdk deploy|sst deploy|copilot \w+ deploy|kamal (?:deploy|env)|eas (?:secret|env)|modal (?:secret|deploy)|gh (?:secret|variable) set|docker build\b[^\n]*--build-arg|terraform apply|tofu apply|ansible-playbook|npm config set|pulumi (?:config set|up)|scp|rsync)\b/;

/** Whether a script writes what one of `names` holds to a file, by a here-document or a line of its own. */
export function writesDown(script: string, reads: readonly RegExp[]): boolean {
  const documents = [...script.matchAll(/(?:>{1,2}|\btee\b)[^\n<|]*<<-?\s*["']?(\w+)["']?[^\n]*\n([\s\S]*?)^[ \t]*\1[ \t]*$|<<-?\s*["']?(\w+)["']?[^\n]*>[^\n]*\n([\s\S]*?)^[ \t]*\3[ \t]*$/gm)].map(([, , first, , second]) => first ?? second ?? '');
  const lines = script.split('\n').filter((line) => /(?:^|[^0-9&])>{1,2}\s*["']?[^\s&]*\.env\b|\btee\b[^\n]*\.env\b/.test(line));
  return [...documents, ...lines].some((text) => reads.some((read) => read.test(text)));
}

/** Commands that set the environment of what is deployed. */
const DEPLOYS = /\baws (?:lambda (?:create-function|update-function-configuration)|ecs register-task-definition|apprunner (?:create|update)-service|amplify update-(?:app|branch))\b|\baz (?:webapp|functionapp) config appsettings set\b|\baz containerapp (?:create|update|secret set|up)\b|\bgcloud (?:functions deploy|app deploy)\b|\b(?:sam|serverless|sls|cdk) deploy\b|\bkubectl (?:set env|create configmap)\b/;

/** Whether a script that deploys something gives it the value of the variable `name`. */
export function sentTo(script: string, name: string): boolean {
  return DEPLOYS.test(script) && new RegExp(`\\$\\{?${name}\\b`).test(script.split('\n').filter((line) => !/\[\[?\s[^\]]*-[nz]\s|^\s*(?:#|echo\b)/.test(line)).join('\n'));
}

/** Commands that take a text apart or count it. */
const COUNTS = '(?:wc|sha\\d*sum|md5sum|shasum|md5|cut|head|tail|base64|xxd|od|tr|sed|awk|grep|rev|fold)';

/** Whether a script looks at the value of `name` itself: its length, its first letters, its hash. What takes the key's place has another. */
export function looksAt(script: string, name: string): boolean {
  if (!script.includes(name)) return false;
  const value = `"?\\$\\{?${name}\\b\\}?"?`;
  return [
    `\\$\\{#${name}\\}`,
    `\\$\\{${name}:(?: ?-?\\d|\\()`,
    `\\$\\{${name}(?:#|%)`,
    `\\b(?:echo|printf)\\b[^|\\n;]*${value}[^|\\n;]*\\|\\s*${COUNTS}\\b`,
    `<<<\\s*${value}`,
    `\\[\\[? ${value} (?:=~|==?|!=) *["'^]?(?:sk|hf|AIza|gsk|xai|AKIA|\\^)`,
    `\\blen\\(\\s*os\\.(?:environ|getenv)[^)]*${name}`,
  ].some((pattern) => new RegExp(pattern).test(script));
}

/** Every place of `name` in a script that only asks for it or speaks of it. */
export function placesOf(script: string, name: string): readonly number[] {
  return [...script.matchAll(new RegExp(`(?<![A-Za-z0-9_])${name}(?![A-Za-z0-9_])`, 'g'))].map(({ index }) => index);
}
