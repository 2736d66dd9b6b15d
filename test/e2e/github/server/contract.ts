/** GitHub's published description, as a judge: which operation a request is, and whether it and its answer are as described. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import type { Fields } from '../../plan/http.ts';

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: Fields;
}

interface Described {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body?: unknown;
  readonly bodyRequired?: boolean;
  readonly answers: Readonly<Record<string, unknown>>;
}

export interface Operation {
  readonly id: string;
  readonly method: string;
  /** `/repos/{owner}/{repo}/git/ref/{ref}` */
  readonly template: string;
  /** What is wrong with a request, empty when nothing is. `query` comes as it was sent. */
  readonly requestProblems: (path: Readonly<Record<string, string>>, query: URLSearchParams, body: unknown) => readonly string[];
  /** What is wrong with an answer. */
  readonly answerProblems: (status: number, body: unknown) => readonly string[];
  /** Highest `per_page` that is honoured. */
  readonly pageCap: number;
  readonly pageDefault: number;
}

export interface Matched {
  readonly operation: Operation;
  /** Values of the path's places, decoded. */
  readonly path: Readonly<Record<string, string>>;
}

/** Where a test runs from: the root of the project. */
const FILE = join(process.cwd(), 'test', 'e2e', 'github', 'server', 'openapi.json');
/** Places that take the rest of a path, slashes and all. */
const GREEDY = new Set(['path', 'ref', 'basehead']);
/** What any operation may answer besides what its description lists. */
const GENERAL = new Set([301, 304, 307, 400, 401, 403, 404, 409, 422, 429, 451, 500, 502, 503]);

export class Contract {
  readonly #byShape: { readonly pattern: RegExp; readonly names: readonly string[]; readonly operation: Operation }[] = [];

  constructor() {
    const { operations, schemas }: { operations: readonly Described[]; schemas: Fields } = JSON.parse(readFileSync(FILE, 'utf8'));
    const ajv = new Ajv({ strict: false, allErrors: false, coerceTypes: false, validateFormats: true, formats: FORMATS });
    // References in the extract are `#/schemas/NAME` wherever they stand.
    const anchored = (schema: unknown): Fields => ({ ...(JSON.parse(JSON.stringify(schema).replaceAll('"#/schemas/', '"github#/schemas/')) as Fields) });
    ajv.addSchema({ $id: 'github', schemas: anchored(schemas) });
    const compile = (schema: unknown): ValidateFunction => ajv.compile(anchored(schema));
    // `/actions/secrets` is matched before `/actions/{anything}`: literal parts first.
    const sorted = [...operations].sort((left, right) => places(left.path) - places(right.path));
    for (const described of sorted) {
      const names: string[] = [];
      const source = described.path.replace(/\{([a-z_]+)\}/g, (_, name: string) => {
        names.push(name);
        return GREEDY.has(name) ? '(.+)' : '([^/]+)';
      });
      this.#byShape.push({ pattern: new RegExp(`^${described.method} ${source}$`), names, operation: operationOf(described, compile) });
    }
  }

  /** `path`: as it was sent, percent signs and all. */
  match(method: string, path: string): Matched | undefined {
    for (const { pattern, names, operation } of this.#byShape) {
      const match = pattern.exec(`${method} ${path}`);
      if (match === null) continue;
      try {
        return { operation, path: Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(match[index + 1] ?? '')])) };
      } catch {
        return undefined;
      }
    }
    return undefined;
  }
}

function operationOf(described: Described, compile: (schema: unknown) => ValidateFunction): Operation {
  const lazily = (schema: unknown): (() => ValidateFunction) => {
    let made: ValidateFunction | undefined;
    return () => (made ??= compile(schema));
  };
  const parameters = new Map(described.parameters.map((parameter) => [`${parameter.in} ${parameter.name}`, { ...parameter, validate: lazily(parameter.schema) }]));
  const body = described.body === undefined ? undefined : lazily(described.body);
  const answers = new Map(Object.entries(described.answers).map(([status, schema]) => [Number(status), schema === null ? undefined : lazily(schema)]));
  const general = lazily({ $ref: '#/schemas/basic-error' });
  const invalid = lazily({ anyOf: [{ $ref: '#/schemas/validation-error' }, { $ref: '#/schemas/validation-error-simple' }] });
  const perPage = described.parameters.find(({ name }) => name === 'per_page');

  return {
    id: described.id,
    method: described.method,
    template: described.path,
    pageDefault: typeof perPage?.schema['default'] === 'number' ? perPage.schema['default'] : 30,
    // Only the prose of the description says so: "max 30" for variables, whose default is 10.
    pageCap: perPage?.schema['default'] === 10 ? 30 : 100,
    requestProblems(path, query, sent) {
      const problems: string[] = [];
      for (const [key, value] of [...Object.entries(path).map(([name, text]) => [`path ${name}`, text] as const), ...[...query].map(([name, text]) => [`query ${name}`, text] as const)]) {
        const parameter = parameters.get(key) ?? parameters.get(key.replace('[]', ''));
        if (parameter === undefined) problems.push(`${key} is not described`);
        else if (!fits(parameter.validate(), parameter.schema, value)) problems.push(`${key}: ${JSON.stringify(value)} does not fit`);
      }
      for (const { name, required, in: place } of parameters.values()) if (required === true && place === 'query' && !query.has(name)) problems.push(`query ${name} is missing`);
      if (body === undefined) {
        if (sent !== undefined && JSON.stringify(sent) !== '{}') problems.push('a body is not described');
      } else if (sent === undefined) {
        if (described.bodyRequired === true) problems.push('the body is missing');
      } else problems.push(...problemsOf(body(), sent, 'body'));
      return problems;
    },
    answerProblems(status, answer) {
      if (answers.has(status)) {
        const validate = answers.get(status);
        if (validate === undefined) return answer === undefined || status === 302 ? [] : [`status ${status} has no body`];
        return problemsOf(validate(), answer, `answer ${status}`);
      }
      if (!GENERAL.has(status)) return [`status ${status} is not described`];
      if (status === 304) return [];
      return problemsOf(status === 422 ? invalid() : general(), answer, `answer ${status}`);
    },
  };
}

function problemsOf(validate: ValidateFunction, value: unknown, what: string): readonly string[] {
  return validate(value) ? [] : (validate.errors ?? []).map(({ instancePath, message, params }) => `${what}${instancePath} ${message ?? ''} ${JSON.stringify(params)}`);
}

/** A parameter is text; its schema may want a number. */
function fits(validate: ValidateFunction, schema: Fields, text: string): boolean {
  if (validate(text)) return true;
  if (schema['type'] === 'integer' || schema['type'] === 'number' || schema['anyOf'] !== undefined) return /^\d+$/.test(text) && validate(Number(text));
  return schema['type'] === 'boolean' && (text === 'true' || text === 'false');
}

function places(path: string): number {
  return (path.match(/\{/g)?.length ?? 0) + (/\{(path|ref|basehead)\}/.test(path) ? 10 : 0);
}

const FORMATS = {
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
  uri: (text: string): boolean => URL.canParse(text),
  'uri-template': true,
  date: /^\d{4}-\d\d-\d\d$/,
  email: /^[^@\s]+@[^@\s]+$/,
  int64: true,
  'repo.nwo': /^[^/]+\/[^/]+$/,
} as const;
