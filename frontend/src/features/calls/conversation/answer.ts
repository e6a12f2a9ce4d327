import { isObject, type Json, piecesOf } from '@/lib/bodies';
import { inputOf, type Part, partsOf, type Turn, textOf } from './parts';
import { turnOf } from './request';

/** Puts a streamed answer together: texts grow, calls collect their arguments. */
class Builder {
  readonly #parts: Part[] = [];
  readonly #calls = new Map<string, { part: Part & { kind: 'call' } }>();

  grow(kind: 'text' | 'reasoning', text: unknown): void {
    if (typeof text !== 'string' || text === '') return;
    const last = this.#parts.at(-1);
    if (last?.kind === kind) last.text += text;
    else this.#parts.push({ kind, text });
  }

  call(key: unknown, id: unknown, name: unknown, input: unknown): void {
    const known = this.#calls.get(String(key));
    const part = known?.part ?? { kind: 'call', id: textOf(id), name: '', input: '' };
    if (!known) {
      this.#calls.set(String(key), { part });
      this.#parts.push(part);
    }
    part.name ||= textOf(name) ?? '';
    part.input +=
      typeof input === 'string' ? input : isObject(input) && Object.keys(input).length ? inputOf(input) : '';
  }

  push(parts: readonly Part[]): void {
    for (const part of parts) {
      if (part.kind === 'text' || part.kind === 'reasoning') this.grow(part.kind, part.text);
      else this.#parts.push(part);
    }
  }

  parts(): Part[] {
    return this.#parts.map((part) => (part.kind === 'call' ? { ...part, input: inputOf(part.input) } : part));
  }
}

/** The answer of any of the APIs, whole or from its stream; one turn for each choice. */
export function readAnswer(text: string | null | undefined): Turn[] {
  const choices = new Map<number, Builder>();
  const builder = (index: unknown): Builder => {
    const key = typeof index === 'number' ? index : 0;
    const known = choices.get(key) ?? new Builder();
    choices.set(key, known);
    return known;
  };
  const pieces = piecesOf(text);
  // The Responses API ends its stream with the whole answer.
  const whole = pieces.findLast(
    ({ type }) => type === 'response.completed' || type === 'response.incomplete',
  )?.response;
  for (const piece of isObject(whole) ? [whole] : pieces) take(piece, builder);
  return [...choices.entries()]
    .sort(([a], [b]) => a - b)
    .map(([, choice]) => ({ role: 'assistant', parts: choice.parts() }))
    .filter(({ parts }) => parts.length);
}

function take(piece: Json, builder: (index?: unknown) => Builder): void {
  if (Array.isArray(piece.choices)) {
    for (const choice of piece.choices.filter(isObject)) takeChoice(choice, builder(choice.index));
  } else if (Array.isArray(piece.candidates)) {
    for (const candidate of piece.candidates.filter(isObject)) {
      if (isObject(candidate.content)) builder(candidate.index).push(partsOf(candidate.content.parts));
    }
  } else if (Array.isArray(piece.output)) {
    for (const item of piece.output.filter(isObject)) builder().push(turnOf(item).parts);
  } else if (isObject(piece.message) && piece.type === undefined) {
    builder().push(turnOf(piece.message).parts);
  } else if (piece.type === 'message') {
    builder().push(partsOf(piece.content));
  } else if (typeof piece.type === 'string') {
    takeEvent(piece, builder());
  } else {
    takePlain(piece, builder());
  }
}

function takeChoice(choice: Json, builder: Builder): void {
  if (isObject(choice.message)) builder.push(turnOf(choice.message).parts);
  if (typeof choice.text === 'string') builder.grow('text', choice.text);
  const { delta } = choice;
  if (!isObject(delta)) return;
  builder.grow('reasoning', delta.reasoning_content ?? delta.reasoning);
  if (typeof delta.content === 'string') builder.grow('text', delta.content);
  else builder.push(partsOf(delta.content));
  builder.grow('text', delta.refusal);
  for (const one of Array.isArray(delta.tool_calls) ? delta.tool_calls.filter(isObject) : []) {
    const named = isObject(one.function) ? one.function : {};
    builder.call(one.index ?? one.id, one.id, named.name, named.arguments);
  }
}

/** Events of Claude's and of the Responses API. */
function takeEvent(event: Json, builder: Builder): void {
  const delta = isObject(event.delta) ? event.delta : {};
  switch (event.type) {
    case 'content_block_start': {
      const block = isObject(event.content_block) ? event.content_block : {};
      if (block.type === 'tool_use') builder.call(event.index, block.id, block.name, block.input);
      else builder.push(partsOf([block]));
      return;
    }
    case 'content_block_delta':
      builder.grow('text', delta.text);
      builder.grow('reasoning', delta.thinking);
      if (delta.type === 'input_json_delta') builder.call(event.index, undefined, undefined, delta.partial_json);
      return;
    case 'response.output_text.delta':
    case 'response.refusal.delta':
      builder.grow('text', event.delta);
      return;
    case 'response.reasoning_summary_text.delta':
    case 'response.reasoning_text.delta':
      builder.grow('reasoning', event.delta);
      return;
    case 'response.output_item.added': {
      const item = isObject(event.item) ? event.item : {};
      if (item.type === 'function_call') builder.call(event.output_index, item.call_id, item.name, '');
      return;
    }
    case 'response.function_call_arguments.delta':
      builder.call(event.output_index, undefined, undefined, event.delta);
  }
}

/** The router's own `/invoke`, and Ollama's `/api/generate`. */
function takePlain(piece: Json, builder: Builder): void {
  builder.grow('reasoning', piece.reasoning ?? piece.thinking);
  builder.grow('text', piece.output_text ?? piece.text ?? piece.response);
  if (Array.isArray(piece.tool_calls)) builder.push(turnOf({ role: 'assistant', tool_calls: piece.tool_calls }).parts);
}
