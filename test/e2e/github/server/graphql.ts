/** GraphQL: real execution of whatever document comes, with GitHub's limits on pages, nodes and points. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  buildSchema,
  type DocumentNode,
  execute,
  type FieldNode,
  type FragmentDefinitionNode,
  getNamedType,
  GraphQLError,
  type GraphQLCompositeType,
  type GraphQLFormattedError,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
  validate,
} from 'graphql';
import type { Fields } from '../../plan/http.ts';
import { type GraphqlContext, queryRoot } from './graphql-query.ts';
import { mutationRoot } from './graphql-mutations.ts';

const schema = buildSchema(readFileSync(join(process.cwd(), 'test', 'e2e', 'github', 'server', 'schema.graphql'), 'utf8'));

const MOST_NODES = 500_000;
const PAGE = 100;

export interface GraphqlRequest {
  readonly document: DocumentNode;
  readonly isMutation: boolean;
  /** Names of the fields asked for at the top. */
  readonly fields: readonly string[];
  readonly cost: number;
  readonly nodes: number;
}

export interface GraphqlFailure {
  readonly errors: readonly Fields[];
  /** The document is not of the published schema, or asks for more than the rules allow: a fault of the client's. */
  readonly isViolation: boolean;
}

/** Reads a document and judges it before anything is done. */
export function prepare(query: string, variables: Fields): GraphqlRequest | GraphqlFailure {
  let document: DocumentNode;
  try {
    document = parse(query);
  } catch (error) {
    return { isViolation: true, errors: [{ message: error instanceof Error ? error.message : 'not a document' }] };
  }
  const problems = validate(schema, document);
  if (problems.length > 0) return { isViolation: true, errors: problems.map(({ message }) => ({ message, extensions: { code: 'undefinedField' } })) };
  const operation = document.definitions.find((definition): definition is OperationDefinitionNode => definition.kind === Kind.OPERATION_DEFINITION);
  if (operation === undefined) return { isViolation: true, errors: [{ message: 'An operation is needed.' }] };
  const isMutation = operation.operation === 'mutation';
  const root = isMutation ? schema.getMutationType() : schema.getQueryType();
  if (root === undefined || root === null) throw new Error('the schema has no such operation');
  const measure = new Measure(document, variables);
  measure.walk(root, operation.selectionSet, 1);
  if (measure.problems.length > 0) return { isViolation: true, errors: measure.problems };
  if (measure.nodes > MOST_NODES) return { isViolation: true, errors: [{ type: 'MAX_NODE_LIMIT_EXCEEDED', message: `This query requests up to ${measure.nodes} possible nodes which exceeds the maximum limit of ${MOST_NODES}.` }] };
  const fields = operation.selectionSet.selections.flatMap((selection) => (selection.kind === Kind.FIELD ? [selection.name.value] : []));
  return { document, isMutation, fields, cost: Math.max(1, Math.round(measure.requests / 100)), nodes: measure.nodes };
}

export async function run({ document, isMutation }: GraphqlRequest, variables: Fields, context: GraphqlContext): Promise<{ readonly data: unknown; readonly errors?: readonly Fields[] }> {
  const { data, errors } = await execute({ schema, document, variableValues: variables, rootValue: isMutation ? mutationRoot(context) : queryRoot(context), contextValue: context });
  return { data: data ?? null, ...(errors === undefined ? {} : { errors: errors.map(written) }) };
}

/** GitHub puts the kind of an error beside its message. */
function written(error: GraphQLError): Fields {
  const { extensions, ...rest }: GraphQLFormattedError = error.toJSON();
  const type = extensions?.['type'];
  // What no resolver meant to say is a defect of this server.
  if (type === undefined && error.originalError !== undefined && !(error.originalError instanceof GraphQLError)) throw error.originalError;
  return { ...(type === undefined ? {} : { type }), ...rest };
}

/** Nodes and requests of a query, by the published formula: every page is taken to be full. */
class Measure {
  nodes = 0;
  requests = 0;
  readonly problems: Fields[] = [];
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #variables: Fields;

  constructor(document: DocumentNode, variables: Fields) {
    this.#fragments = new Map(document.definitions.flatMap((definition) => (definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition]] : [])));
    this.#variables = variables;
  }

  walk(type: GraphQLCompositeType, selections: SelectionSetNode, times: number): void {
    for (const selection of selections.selections) {
      if (selection.kind === Kind.FIELD) this.#field(type, selection, times);
      else if (selection.kind === Kind.INLINE_FRAGMENT) this.walk(compositeNamed(selection.typeCondition?.name.value) ?? type, selection.selectionSet, times);
      else {
        const fragment = this.#fragments.get(selection.name.value);
        if (fragment !== undefined) this.walk(compositeNamed(fragment.typeCondition.name.value) ?? type, fragment.selectionSet, times);
      }
    }
  }

  #field(type: GraphQLCompositeType, field: FieldNode, times: number): void {
    if ((!isObjectType(type) && !isInterfaceType(type)) || field.selectionSet === undefined) return;
    const inner = getNamedType(type.getFields()[field.name.value]?.type);
    if (inner === undefined || !isCompositeType(inner)) return;
    let more = times;
    if (inner.name.endsWith('Connection')) {
      const size = this.#argument(field, 'first') ?? this.#argument(field, 'last');
      const name = field.name.value;
      if (size === undefined) this.problems.push({ type: 'MISSING_PAGINATION_BOUNDARIES', message: `You must provide a \`first\` or \`last\` value to properly paginate the \`${name}\` connection.` });
      else if (size > PAGE) this.problems.push({ type: 'EXCESSIVE_PAGINATION', message: `Requesting ${size} records on the \`${name}\` connection exceeds the \`first\` limit of ${PAGE} records.` });
      this.requests += times;
      more = times * Math.min(size ?? PAGE, PAGE);
      this.nodes += more;
    } else if (field.name.value === 'nodes' && type === schema.getQueryType()) {
      const ids = field.arguments?.find(({ name }) => name.value === 'ids')?.value;
      const given = ids?.kind === Kind.VARIABLE ? this.#variables[ids.name.value] : undefined;
      const count = ids?.kind === Kind.LIST ? ids.values.length : Array.isArray(given) ? given.length : 0;
      if (count > PAGE) this.problems.push({ type: 'EXCESSIVE_PAGINATION', message: `You may not provide more than ${PAGE} node ids; you provided ${count}.` });
      more = times * Math.max(1, count);
      this.nodes += more;
    }
    this.walk(inner, field.selectionSet, more);
  }

  #argument(field: FieldNode, wanted: string): number | undefined {
    const value = field.arguments?.find(({ name }) => name.value === wanted)?.value;
    if (value?.kind === Kind.INT) return Number(value.value);
    const given = value?.kind === Kind.VARIABLE ? this.#variables[value.name.value] : undefined;
    return typeof given === 'number' ? given : undefined;
  }
}

function compositeNamed(name: string | undefined): GraphQLCompositeType | undefined {
  const type = name === undefined ? undefined : schema.getType(name);
  return type !== undefined && isCompositeType(type) ? type : undefined;
}
