import { type JsonFault, readJson } from '@/lib/json-text';
import type { SnippetRequest } from '@/lib/snippets/snippet';
import type { Draft, DraftMessage, Parameter, TagQuery, Target } from './draft';

type Json = Record<string, unknown>;
type JsonField = 'tools' | 'responseFormat' | 'more';

export interface Faults {
  json: Partial<Record<JsonField, JsonFault>>;
  /** Numbers that are none. */
  parameters: Parameter[];
  /** Nothing to send. */
  isBlank: boolean;
}

export interface BuiltRequest extends Pick<SnippetRequest, 'path' | 'body'> {
  faults: Faults;
}

const textual: readonly Parameter[] = ['stop', 'reasoning_effort'];

/** The request that a draft stands for; what is wrong in it is left out and named. */
export function buildRequest(draft: Draft, target: Target): BuiltRequest {
  const faults: Faults = { json: {}, parameters: [], isBlank: false };
  const json = (field: JsonField, want: 'object' | 'array'): unknown => {
    const read = readJson(draft[field], want);
    if ('value' in read) return read.value;
    faults.json[field] = read.fault;
    return undefined;
  };
  const messages = messagesOf(draft);
  faults.isBlank = !messages.some(({ role }) => role !== 'system');
  const tools = json('tools', 'array');
  const format = json('responseFormat', 'object');
  const more = json('more', 'object') as Json | undefined;
  const request: Json = {
    messages,
    ...parametersOf(draft.parameters, faults),
    ...(tools === undefined ? {} : { tools }),
    ...(format === undefined ? {} : { response_format: format }),
    ...more,
    ...(draft.isStreamed ? { stream: true, stream_options: { include_usage: true } } : {}),
  };
  if (target.kind === 'name') {
    return { path: '/v1/chat/completions', body: { model: target.name.trim(), ...request }, faults };
  }
  return { path: '/route/invoke', body: { query: queryOf(target.query), request }, faults };
}

export function isSound({ json, parameters, isBlank }: Faults): boolean {
  return !isBlank && !parameters.length && !Object.keys(json).length;
}

function parametersOf(texts: Draft['parameters'], faults: Faults): Json {
  const known: Json = {};
  for (const [name, text] of Object.entries(texts) as [Parameter, string][]) {
    const value = text.trim();
    if (!value) continue;
    const number = Number(value);
    if (textual.includes(name)) known[name] = value;
    else if (Number.isFinite(number)) known[name] = number;
    else faults.parameters.push(name);
  }
  return known;
}

function messagesOf({ system, messages }: Draft): Json[] {
  const written = messages.filter(
    ({ text, images, parts, rest }) => text.trim() || images.length || parts.length || Object.keys(rest).length,
  );
  return [...(system.trim() ? [{ role: 'system', content: system }] : []), ...written.map(messageBody)];
}

function messageBody({ role, text, images, parts, rest }: DraftMessage): Json {
  if (!images.length && !parts.length) {
    // An assistant's message that only calls tools has no content.
    return { role, content: text || ('tool_calls' in rest ? null : ''), ...rest };
  }
  const content = [
    ...(text ? [{ type: 'text', text }] : []),
    ...images.map((url) => ({ type: 'image_url', image_url: { url } })),
    ...parts,
  ];
  return { role, content, ...rest };
}

function queryOf({ all, any, none, providerTypes, strategy }: TagQuery): Json {
  return {
    ...(all.length ? { tags: all } : {}),
    ...(any.length ? { any_tags: any } : {}),
    ...(none.length ? { exclude_tags: none } : {}),
    ...(providerTypes.length ? { provider_types: providerTypes } : {}),
    ...(strategy ? { strategy } : {}),
  };
}

/** For explaining: the candidates depend on there being images, not on what they show. */
export function withoutImageData(body: Json): Json {
  return JSON.parse(JSON.stringify(body), (_name, value: unknown) =>
    typeof value === 'string' ? value.replace(/^(data:[\w/+.-]+;base64,).{64,}$/s, '$1AAAA') : value,
  ) as Json;
}
