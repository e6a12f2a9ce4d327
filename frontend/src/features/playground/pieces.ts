import type { Piece, ToolCall, Usage } from './answer';
import { type Failure, failureOf } from './failure';

type Json = Record<string, unknown>;

export interface Read {
  piece: Piece;
  failure?: Failure;
  /** The router's own last word of a stream. */
  isLast: boolean;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** The data of one event: a chunk of OpenAI's API, or a line of `/route/invoke`. */
export function readEvent(data: string): Read {
  if (data === '[DONE]') return { piece: {}, isLast: true };
  const json: unknown = JSON.parse(data);
  if (!isObject(json)) return { piece: {}, isLast: false };
  if (isObject(json.error)) return { piece: {}, failure: failureOf(200, json), isLast: true };
  return 'is_final' in json ? readLine(json) : { piece: readChunk(json, 'delta'), isLast: false };
}

/** A whole answer of either form. */
export function readAnswer(json: unknown): Piece {
  if (!isObject(json)) return {};
  if (!('output_text' in json)) return readChunk(json, 'message');
  const raw = isObject(json.raw) ? readChunk(json.raw, 'message') : {};
  return { ...raw, ...ownFields(json), text: textOf(json.output_text) };
}

function readLine(line: Json): Read {
  const delta = isObject(line.delta) ? readDelta(line.delta) : {};
  const piece = { ...delta, text: textOf(line.text), finishReason: textOf(line.finish_reason) };
  return { piece: line.is_final ? { ...piece, ...ownFields(line) } : piece, isLast: line.is_final === true };
}

function ownFields(json: Json): Piece {
  const [provider, model] = [textOf(json.provider), textOf(json.model)];
  return {
    finishReason: textOf(json.finish_reason),
    usage: usageOf(json.usage),
    cost: numberOf(json.cost),
    servedBy: provider && model ? `${provider}/${model}` : undefined,
  };
}

function readChunk(json: Json, member: 'delta' | 'message'): Piece {
  const choice: unknown = Array.isArray(json.choices) ? json.choices[0] : undefined;
  const content = isObject(choice) ? choice[member] : undefined;
  return {
    ...(isObject(content) ? readDelta(content) : {}),
    finishReason: isObject(choice) ? textOf(choice.finish_reason) : undefined,
    usage: usageOf(json.usage),
  };
}

function readDelta(delta: Json): Piece {
  const calls = Array.isArray(delta.tool_calls) ? delta.tool_calls.filter(isObject) : [];
  return {
    // Parts, where a provider answers with them.
    text: Array.isArray(delta.content)
      ? delta.content.map((part) => (isObject(part) ? (textOf(part.text) ?? '') : '')).join('')
      : (textOf(delta.content) ?? textOf(delta.refusal)),
    reasoning: textOf(delta.reasoning_content) ?? textOf(delta.reasoning),
    toolCalls: calls.length ? calls.map(readCall) : undefined,
  };
}

function readCall(call: Json, place: number): { index: number } & Partial<ToolCall> {
  const made = isObject(call.function) ? call.function : {};
  return {
    index: numberOf(call.index) ?? place,
    id: textOf(call.id),
    name: textOf(made.name),
    arguments: textOf(made.arguments),
  };
}

function usageOf(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined;
  const [prompt, completion] = [value.prompt_tokens_details, value.completion_tokens_details];
  return {
    promptTokens: numberOf(value.prompt_tokens),
    completionTokens: numberOf(value.completion_tokens),
    cachedTokens: numberOf(value.cached_tokens) ?? (isObject(prompt) ? numberOf(prompt.cached_tokens) : undefined),
    reasoningTokens:
      numberOf(value.reasoning_tokens) ?? (isObject(completion) ? numberOf(completion.reasoning_tokens) : undefined),
  };
}
