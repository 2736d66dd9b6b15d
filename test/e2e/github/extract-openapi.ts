/**
 * Takes out of GitHub's published OpenAPI description what the loopback server plays: `node scripts/run.mjs test/e2e/github/extract-openapi.ts FILE`, where FILE is
 * `api.github.com.json` of the npm package `@octokit/openapi` (MIT). Writes `server/openapi.json`.
 *
 * Prose and examples are left out. What is left is turned from OpenAPI 3.0's dialect into JSON Schema: `nullable` becomes a type of its own, and an object with listed
 * properties has no others, unless it is a part of an `allOf`: a server that invents a field, and a client that sends one, are both at fault.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { type Fields, isFields } from '../plan/http.ts';
import { OPERATIONS } from './server/operations.ts';

const TARGET = 'test/e2e/github/server/openapi.json';
const PROSE = new Set(['description', 'example', 'examples', 'title', 'externalDocs', 'deprecated', 'readOnly', 'summary', 'tags']);

function main(): void {
  const [file] = process.argv.slice(2);
  if (file === undefined) throw new Error('usage: node scripts/run.mjs test/e2e/github/extract-openapi.ts api.github.com.json');
  const published: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const source = new Published(published);
  const operations = OPERATIONS.map((path) => source.operation(path));
  const info = fieldsOf(source.at('#/info'));
  const extract = {
    source: `npm package @octokit/openapi ${String(info['version'])}, api.github.com.json, licence MIT, https://github.com/octokit/openapi`,
    operations,
    schemas: source.schemas(),
  };
  writeFileSync(TARGET, `${JSON.stringify(extract)}\n`);
  process.stdout.write(`${TARGET}: ${operations.length} operations, ${Object.keys(extract.schemas).length} schemas\n`);
}

class Published {
  readonly #root: unknown;
  /** What any operation may answer with, described there or not. */
  readonly #wanted = new Set(['basic-error', 'validation-error', 'validation-error-simple']);
  /** Parts of an `allOf` describe an object together, so none of them may forbid what another allows. */
  readonly #open = new Set<string>();

  constructor(root: unknown) {
    this.#root = root;
    this.#findOpen(root);
  }

  at(reference: string): unknown {
    let value: unknown = this.#root;
    for (const part of reference.slice(2).split('/')) value = fieldsOf(value)[part.replaceAll('~1', '/').replaceAll('~0', '~')];
    return value;
  }

  /** `GET /repos/{owner}/{repo}`: parameters, body and answers by status. */
  operation(name: string): Fields {
    const [method = '', path = ''] = name.split(' ');
    const operation = fieldsOf(fieldsOf(fieldsOf(fieldsOf(this.#root)['paths'])[path])[method.toLowerCase()]);
    if (operation['operationId'] === undefined) throw new Error(`not in the description: ${name}`);
    const parameters = listOf(operation['parameters']).map((parameter) => {
      const { name: key, in: place, required, schema } = this.#followed(parameter);
      return { name: key, in: place, ...(required === true ? { required } : {}), schema: this.#schema(schema) };
    });
    const body = fieldsOf(fieldsOf(fieldsOf(this.#followed(operation['requestBody'])['content'])['application/json'])['schema']);
    const answers: Record<string, unknown> = {};
    for (const [status, answer] of Object.entries(fieldsOf(operation['responses']))) {
      const content = fieldsOf(this.#followed(answer)['content']);
      const schema = fieldsOf(content['application/json'])['schema'];
      answers[status] = schema === undefined ? null : this.#schema(schema);
    }
    return {
      id: operation['operationId'],
      method,
      path,
      parameters,
      ...(Object.keys(body).length === 0 ? {} : { body: this.#schema(body), bodyRequired: fieldsOf(operation['requestBody'])['required'] === true }),
      answers,
    };
  }

  schemas(): Fields {
    const made: Record<string, unknown> = {};
    for (let before = -1; before !== Object.keys(made).length; ) {
      before = Object.keys(made).length;
      for (const name of [...this.#wanted].sort()) made[name] ??= this.#schema(this.at(`#/components/schemas/${name}`), this.#open.has(name));
    }
    return Object.fromEntries(Object.entries(made).sort(([left], [right]) => (left < right ? -1 : 1)));
  }

  #followed(value: unknown): Fields {
    const fields = fieldsOf(value);
    return typeof fields['$ref'] === 'string' ? fieldsOf(this.at(fields['$ref'])) : fields;
  }

  #schema(value: unknown, isOpen = false): unknown {
    if (!isFields(value)) return value;
    if (typeof value['$ref'] === 'string') {
      const name = value['$ref'].replace('#/components/schemas/', '');
      this.#wanted.add(name);
      return { $ref: `#/schemas/${name}` };
    }
    const made: Record<string, unknown> = {};
    for (const [key, inner] of Object.entries(value)) {
      if (PROSE.has(key) || key.startsWith('x-') || key === 'nullable') continue;
      if (key === 'properties') made[key] = Object.fromEntries(Object.entries(fieldsOf(inner)).map(([name, property]) => [name, this.#schema(property)]));
      else if (key === 'items' || key === 'additionalProperties') made[key] = this.#schema(inner);
      else if (key === 'allOf') made[key] = listOf(inner).map((one) => this.#schema(one, true));
      else if (key === 'anyOf' || key === 'oneOf') made['anyOf'] = listOf(inner).map((one) => this.#schema(one, isOpen));
      else made[key] = inner;
    }
    if (isFields(made['properties']) && made['additionalProperties'] === undefined && made['allOf'] === undefined && made['anyOf'] === undefined && !isOpen) made['additionalProperties'] = false;
    if (value['nullable'] !== true) return made;
    if (typeof made['type'] !== 'string') return { anyOf: [made, { type: 'null' }] };
    return { ...made, type: [made['type'], 'null'], ...(Array.isArray(made['enum']) ? { enum: [...made['enum'], null] } : {}) };
  }

  #findOpen(value: unknown): void {
    if (Array.isArray(value)) {
      for (const one of value) this.#findOpen(one);
    } else if (isFields(value)) {
      for (const one of listOf(value['allOf'])) {
        const reference = fieldsOf(one)['$ref'];
        if (typeof reference === 'string') this.#open.add(reference.replace('#/components/schemas/', ''));
      }
      for (const inner of Object.values(value)) this.#findOpen(inner);
    }
  }
}

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

main();
