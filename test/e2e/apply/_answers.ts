/** What the models say on loopback: as little as a program gets on with, in the shape that it asked for. */
import { type Asked, type Fields, isFields, readFields } from '../plan/http.ts';

const TEXT = 'pong';
const OPENAI_USAGE = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };

/** A text is a stream of events. */
export type Said = Fields | string;

export function answerAnthropic(asked: Asked): Said {
  const body = readFields(asked.body) ?? {};
  if (asked.path.endsWith('/count_tokens')) return { input_tokens: 1 };
  if (asked.path.endsWith('/models')) return { data: [], has_more: false, first_id: null, last_id: null };
  const base = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', stop_sequence: null };
  if (body['stream'] === true) {
    return events([
      { type: 'message_start', message: { ...base, content: [], stop_reason: null, usage: { input_tokens: 1, output_tokens: 1 } } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: TEXT } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 1 } },
      { type: 'message_stop' },
    ]);
  }
  return { ...base, content: [{ type: 'text', text: TEXT }], stop_reason: 'end_turn', usage: { input_tokens: 1, output_tokens: 1 } };
}

export function answerOpenAi(asked: Asked): Said {
  const body = readFields(asked.body) ?? {};
  if (asked.path.endsWith('/embeddings')) return { object: 'list', model: 'm', data: [{ object: 'embedding', index: 0, embedding: [0.5, 0.25] }], usage: OPENAI_USAGE };
  if (asked.path.endsWith('/moderations')) return { id: 'm', model: 'm', results: [{ flagged: false, categories: {}, category_scores: {}, category_applied_input_types: {} }] };
  if (asked.path.endsWith('/models')) return { object: 'list', data: [] };
  return asked.path.endsWith('/responses') ? responses(body) : completions(body);
}

function completions(body: Fields): Said {
  const base = { id: 'c', created: 1, model: 'm' };
  const called = calledTool(body);
  const content = schemaIn(body['response_format']) ?? TEXT;
  if (body['stream'] === true) {
    return events([
      { ...base, object: 'chat.completion.chunk', choices: [{ index: 0, delta: { role: 'assistant', content }, finish_reason: null }] },
      { ...base, object: 'chat.completion.chunk', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    ], { named: false });
  }
  const message = called === undefined ? { role: 'assistant', content, refusal: null } : { role: 'assistant', content: null, refusal: null, tool_calls: [{ id: 't', type: 'function', function: called }] };
  return { ...base, object: 'chat.completion', choices: [{ index: 0, finish_reason: called === undefined ? 'stop' : 'tool_calls', message, logprobs: null }], usage: OPENAI_USAGE };
}

function responses(body: Fields): Said {
  const text = schemaIn(isFields(body['text']) ? body['text']['format'] : undefined) ?? TEXT;
  const part = { type: 'output_text', text, annotations: [], logprobs: [] };
  const item = { id: 'msg_1', type: 'message', role: 'assistant', status: 'completed', content: [part] };
  const base = { id: 'r', object: 'response', created_at: 1, model: 'm', status: 'completed', error: null, incomplete_details: null, instructions: null, metadata: {}, parallel_tool_calls: true, temperature: 1, tool_choice: 'auto', tools: [], top_p: 1 };
  const whole = { ...base, output: [item], usage: { input_tokens: 1, input_tokens_details: { cached_tokens: 0 }, output_tokens: 1, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 2 } };
  if (body['stream'] !== true) return whole;
  const at = { item_id: 'msg_1', output_index: 0, content_index: 0 };
  return events([
    { type: 'response.created', sequence_number: 0, response: { ...base, status: 'in_progress', output: [] } },
    { type: 'response.output_item.added', sequence_number: 1, output_index: 0, item: { ...item, status: 'in_progress', content: [] } },
    { type: 'response.content_part.added', sequence_number: 2, ...at, part: { ...part, text: '' } },
    { type: 'response.output_text.delta', sequence_number: 3, ...at, delta: text, logprobs: [] },
    { type: 'response.output_text.done', sequence_number: 4, ...at, text, logprobs: [] },
    { type: 'response.content_part.done', sequence_number: 5, ...at, part },
    { type: 'response.output_item.done', sequence_number: 6, output_index: 0, item },
    { type: 'response.completed', sequence_number: 7, response: whole },
  ]);
}

export function answerGemini(asked: Asked): Said {
  if (asked.path.endsWith('/models')) return { models: [], publisherModels: [] };
  const config = readFields(asked.body)?.['generationConfig'];
  const schema = isFields(config) ? (config['responseJsonSchema'] ?? config['responseSchema']) : undefined;
  const text = isFields(schema) ? JSON.stringify(sample(schema, schema)) : TEXT;
  const answer = { candidates: [{ content: { role: 'model', parts: [{ text }] }, finishReason: 'STOP', index: 0 }], usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 } };
  return asked.path.endsWith(':streamGenerateContent') ? events([answer], { named: false, end: false }) : answer;
}

export function answerBedrock(asked: Asked): Said {
  if (asked.path.endsWith('/converse')) return { output: { message: { role: 'assistant', content: [{ text: TEXT }] } }, stopReason: 'end_turn', usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 }, metrics: { latencyMs: 1 } };
  return asked.path.includes('embed') ? { embedding: [0.5, 0.25], inputTextTokenCount: 1 } : answerAnthropic({ ...asked, path: '/v1/messages' });
}

function events(all: readonly Fields[], { named = true, end = !named }: { readonly named?: boolean; readonly end?: boolean } = {}): string {
  const lines = all.map((one) => `${named && typeof one['type'] === 'string' ? `event: ${one['type']}\n` : ''}data: ${JSON.stringify(one)}\n\n`);
  return `${lines.join('')}${end ? 'data: [DONE]\n\n' : ''}`;
}

/** The tool that has to be called, with arguments that fit it. */
function calledTool(body: Fields): { readonly name: string; readonly arguments: string } | undefined {
  const { tools, tool_choice: choice } = body;
  if (!Array.isArray(tools) || choice === undefined || choice === 'auto' || choice === 'none') return undefined;
  const wanted = isFields(choice) && isFields(choice['function']) ? choice['function']['name'] : undefined;
  const functions = tools.flatMap((tool: unknown) => (isFields(tool) && isFields(tool['function']) ? [tool['function']] : []));
  const tool = functions.find(({ name }) => wanted === undefined || name === wanted);
  if (typeof tool?.['name'] !== 'string') return undefined;
  const schema = tool['parameters'];
  return { name: tool['name'], arguments: JSON.stringify(isFields(schema) ? sample(schema, schema) : {}) };
}

/** JSON that fits the schema of a format; undefined where text is asked for. */
function schemaIn(format: unknown): string | undefined {
  if (!isFields(format)) return undefined;
  if (format['type'] === 'json_object') return '{}';
  const schema = isFields(format['json_schema']) ? format['json_schema']['schema'] : format['schema'];
  return isFields(schema) ? JSON.stringify(sample(schema, schema)) : undefined;
}

/** The least value that a schema allows. */
function sample(schema: Fields, root: Fields): unknown {
  const { $ref: reference, enum: choices, const: only, properties, items } = schema;
  if (typeof reference === 'string') {
    const found = reference.split('/').slice(1).reduce<unknown>((at, name) => (isFields(at) ? at[name] : undefined), root);
    return isFields(found) ? sample(found, root) : null;
  }
  if (only !== undefined) return only;
  if (Array.isArray(choices)) return choices[0];
  for (const name of ['anyOf', 'oneOf', 'allOf']) {
    const options = schema[name];
    if (Array.isArray(options) && isFields(options[0])) return sample(options[0], root);
  }
  const type = String(Array.isArray(schema['type']) ? schema['type'][0] : schema['type']).toLowerCase();
  if (type === 'object') return Object.fromEntries(Object.entries(isFields(properties) ? properties : {}).map(([name, inner]) => [name, isFields(inner) ? sample(inner, root) : null]));
  if (type === 'array') return isFields(items) ? [sample(items, root)] : [];
  if (type === 'integer' || type === 'number') return 1;
  if (type === 'boolean') return true;
  return type === 'null' ? null : TEXT;
}
