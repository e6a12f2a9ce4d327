import { isObject, type Json } from '@/lib/bodies';

/** A conversation as it is shown, whichever API it was spoken in. */
export type Part =
  | { kind: 'text'; text: string }
  | { kind: 'reasoning'; text: string }
  | { kind: 'image'; url: string }
  | { kind: 'file'; name: string }
  | { kind: 'call'; id: string | undefined; name: string; input: string; result?: string }
  | { kind: 'result'; id: string | undefined; text: string };

export interface Turn {
  role: string;
  parts: Part[];
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Arguments are a text in one API and an object in another. */
export function inputOf(value: unknown): string {
  if (typeof value !== 'string') return value === undefined ? '' : JSON.stringify(value, null, 2);
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
}

/** What a tool gave back: a text, parts, or anything. */
export function resultOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) {
    const texts = partsOf(value).flatMap((part) => ('text' in part ? [part.text] : []));
    if (texts.length) return texts.join('\n');
  }
  return inputOf(value);
}

const magic: [string, string][] = [
  ['/9j/', 'image/jpeg'],
  ['iVBOR', 'image/png'],
  ['R0lGOD', 'image/gif'],
  ['UklGR', 'image/webp'],
];

/** Base64 without a type, as Ollama has it. */
export function imageOf(base64: string, type?: string): Part {
  const found = type ?? magic.find(([start]) => base64.startsWith(start))?.[1] ?? 'application/octet-stream';
  return { kind: 'image', url: `data:${found};base64,${base64}` };
}

/** The parts of a message's content: a text, or a list of whatever the APIs know. */
export function partsOf(content: unknown): Part[] {
  if (typeof content === 'string') return content === '' ? [] : [{ kind: 'text', text: content }];
  if (!Array.isArray(content)) return isObject(content) ? partOf(content) : [];
  return content.flatMap((one) => (isObject(one) ? partOf(one) : partsOf(one)));
}

function partOf(part: Json): Part[] {
  switch (part.type) {
    case 'image_url':
    case 'input_image':
      return imageAt(isObject(part.image_url) ? part.image_url.url : part.image_url);
    case 'image':
      return claudeImage(part.source);
    case 'thinking':
      return reasoning(part.thinking);
    case 'redacted_thinking':
      return [];
    case 'reasoning':
      return partsOf(part.summary).flatMap((one) => ('text' in one ? reasoning(one.text) : []));
    case 'tool_use':
    case 'server_tool_use':
      return [call(part.id, part.name, part.input)];
    case 'tool_result':
      return [{ kind: 'result', id: textOf(part.tool_use_id), text: resultOf(part.content) }];
    case 'refusal':
      return partsOf(part.refusal);
    case 'file':
    case 'input_file':
    case 'document':
    case 'input_audio':
      return [{ kind: 'file', name: fileName(part) }];
  }
  return geminiPart(part);
}

function geminiPart(part: Json): Part[] {
  const inline = part.inlineData ?? part.inline_data;
  const called = part.functionCall ?? part.function_call;
  const answered = part.functionResponse ?? part.function_response;
  if (isObject(called)) return [call(called.id ?? called.name, called.name, called.args ?? {})];
  if (isObject(answered)) {
    return [{ kind: 'result', id: textOf(answered.id) ?? textOf(answered.name), text: resultOf(answered.response) }];
  }
  if (isObject(inline)) {
    const type = textOf(inline.mimeType) ?? textOf(inline.mime_type);
    const data = textOf(inline.data) ?? '';
    return type?.startsWith('image/') ? [imageOf(data, type)] : [{ kind: 'file', name: type ?? 'file' }];
  }
  if (typeof part.text !== 'string') return [];
  return part.thought === true ? reasoning(part.text) : partsOf(part.text);
}

export function call(id: unknown, name: unknown, input: unknown): Part {
  return { kind: 'call', id: textOf(id), name: textOf(name) ?? '?', input: inputOf(input) };
}

export function reasoning(text: unknown): Part[] {
  return typeof text === 'string' && text.trim() ? [{ kind: 'reasoning', text }] : [];
}

function imageAt(url: unknown): Part[] {
  return typeof url === 'string' ? [{ kind: 'image', url }] : [];
}

function claudeImage(source: unknown): Part[] {
  if (!isObject(source)) return [];
  if (typeof source.data === 'string') return [imageOf(source.data, textOf(source.media_type))];
  return imageAt(source.url);
}

function fileName(part: Json): string {
  const file = isObject(part.file) ? part.file : part;
  return textOf(file.filename) ?? textOf(file.title) ?? textOf(file.file_id) ?? String(part.type).replace('input_', '');
}
