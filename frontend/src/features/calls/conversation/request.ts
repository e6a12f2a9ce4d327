import { isObject, type Json } from '@/lib/bodies';
import { call, imageOf, type Part, partsOf, reasoning, resultOf, type Turn, textOf } from './parts';

export interface Tool {
  name: string;
  description: string | undefined;
}

export interface RequestView {
  turns: Turn[];
  tools: Tool[];
  /** All else that was asked for, in its own order. */
  parameters: [string, unknown][];
}

const notParameters = new Set([
  'messages',
  'prompt',
  'input',
  'contents',
  'system',
  'systemInstruction',
  'system_instruction',
  'instructions',
  'tools',
  'request',
  'parameters',
  'batch',
]);

/** Reads a request of any of the APIs. */
export function readRequest(body: unknown): RequestView {
  if (!isObject(body)) return { turns: [], tools: [], parameters: [] };
  // `/route/invoke` has its request inside.
  const whole = isObject(body.request) ? { ...body, ...body.request } : body;
  const inner = isObject(whole.parameters) ? { ...whole, ...whole.parameters } : whole;
  const parameters = Object.entries(inner).filter(([name]) => !notParameters.has(name));
  const first = inner.system ?? inner.systemInstruction ?? inner.system_instruction ?? inner.instructions;
  const system = partsOf(isObject(first) && Array.isArray(first.parts) ? first.parts : first);
  return {
    turns: [...(system.length ? [{ role: 'system', parts: system }] : []), ...turnsOf(inner)],
    tools: Array.isArray(inner.tools) ? inner.tools.flatMap(toolsOf) : [],
    parameters,
  };
}

function turnsOf(body: Json): Turn[] {
  const list = body.messages ?? body.contents ?? body.input ?? body.prompt;
  if (typeof list === 'string') return [{ role: 'user', parts: partsOf(list) }];
  return Array.isArray(list) ? paired(list.filter(isObject).map(turnOf)) : [];
}

/** One message, or one item of the Responses API. */
export function turnOf(message: Json): Turn {
  switch (message.type) {
    case 'function_call':
    case 'custom_tool_call':
      return { role: 'assistant', parts: [call(message.call_id, message.name, message.arguments ?? message.input)] };
    case 'function_call_output':
    case 'custom_tool_call_output':
      return toolTurn(message.call_id, message.output);
    case 'reasoning':
      return { role: 'assistant', parts: partsOf([message]) };
  }
  const role = message.role === 'model' ? 'assistant' : (textOf(message.role) ?? 'user');
  if (role === 'tool' || role === 'function') return toolTurn(message.tool_call_id ?? message.name, message.content);
  const thought = message.reasoning_content ?? message.reasoning ?? message.thinking;
  const images = Array.isArray(message.images) ? message.images : [];
  return {
    role,
    parts: [
      ...reasoning(thought),
      ...partsOf(message.parts ?? message.content),
      ...images.flatMap((image) => (typeof image === 'string' ? [imageOf(image)] : partsOf([image]))),
      ...partsOf(message.refusal),
      ...callsOf(message),
    ],
  };
}

function toolTurn(id: unknown, content: unknown): Turn {
  return { role: 'tool', parts: [{ kind: 'result', id: textOf(id), text: resultOf(content) }] };
}

function callsOf(message: Json): Part[] {
  const calls = Array.isArray(message.tool_calls) ? message.tool_calls : [];
  return calls.filter(isObject).map((one) => {
    const named = isObject(one.function) ? one.function : isObject(one.custom) ? one.custom : one;
    return call(one.id ?? named.name, named.name, named.arguments ?? named.input);
  });
}

/** A tool's result stands with its call; what has no call keeps its place. */
function paired(turns: readonly Turn[]): Turn[] {
  const open = new Map<string, Part & { kind: 'call' }>();
  const kept: Turn[] = [];
  for (const { role, parts } of turns) {
    const rest: Part[] = [];
    for (const part of parts) {
      if (part.kind === 'call') {
        const copy = { ...part };
        if (copy.id) open.set(copy.id, copy);
        rest.push(copy);
        continue;
      }
      const asked = part.kind === 'result' && part.id ? open.get(part.id) : undefined;
      if (!asked || part.kind !== 'result') {
        rest.push(part);
        continue;
      }
      asked.result = part.text;
      open.delete(part.id ?? '');
    }
    if (rest.length || !parts.length) kept.push({ role, parts: rest });
  }
  return kept;
}

function toolsOf(tool: unknown): Tool[] {
  if (!isObject(tool)) return [];
  const declared = tool.functionDeclarations ?? tool.function_declarations;
  if (Array.isArray(declared)) return declared.flatMap(toolsOf);
  const named = isObject(tool.function) ? tool.function : tool;
  return [{ name: textOf(named.name) ?? String(tool.type ?? '?'), description: textOf(named.description) }];
}
