import {
  type Draft,
  type DraftMessage,
  emptyDraft,
  emptyQuery,
  newMessage,
  parameters,
  type Role,
  roles,
  type TagQuery,
  type Target,
} from './draft';

type Json = Record<string, unknown>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A recorded request back into the form; nothing of it is lost. */
export function draftOf(body: Json): Draft {
  const draft = emptyDraft();
  const { messages, tools, response_format, ...rest } = body;
  const all = Array.isArray(messages) ? messages.filter(isObject) : [];
  // A first system message has a field of its own, others stay where they stood.
  const [first] = all;
  const hasSystem = first?.role === 'system' && typeof first.content === 'string';
  if (hasSystem) draft.system = String(first.content);
  draft.messages = all.slice(hasSystem ? 1 : 0).map(messageOf);
  if (!draft.messages.length) draft.messages = [newMessage()];
  if (tools !== undefined && tools !== null) draft.tools = JSON.stringify(tools, null, 2);
  if (response_format !== undefined && response_format !== null) {
    draft.responseFormat = JSON.stringify(response_format, null, 2);
  }
  const more: Json = {};
  for (const [name, value] of Object.entries(rest)) {
    const known = parameters.find((parameter) => parameter === name);
    if (known && (typeof value === 'number' || typeof value === 'string')) draft.parameters[known] = String(value);
    else more[name] = value;
  }
  if (Object.keys(more).length) draft.more = JSON.stringify(more, null, 2);
  return draft;
}

function messageOf({ role, content, ...rest }: Json): DraftMessage {
  const known = roles.find((one) => one === role);
  const message = newMessage(known ?? ('user' satisfies Role));
  message.rest = known ? rest : { ...rest, role };
  if (typeof content === 'string') message.text = content;
  for (const part of Array.isArray(content) ? content : []) {
    const url = isObject(part) && isObject(part.image_url) ? part.image_url.url : undefined;
    if (isObject(part) && part.type === 'text') message.text += String(part.text ?? '');
    else if (typeof url === 'string' && Object.keys((part as { image_url: Json }).image_url).length === 1) {
      message.images.push(url);
    } else message.parts.push(part);
  }
  return message;
}

const terms: Record<string, 'all' | 'any' | 'none' | 'providerTypes'> = {
  tag: 'all',
  any_tag: 'any',
  exclude_tag: 'none',
  provider_type: 'providerTypes',
};

const marker = 'query:';

/** `requested` of a recorded call: a name, or the terms of a query such as `tag:coding any_tag:fast`. */
export function targetOf(text: string): Target {
  const isMarked = text.startsWith(marker);
  const parts = (isMarked ? text.slice(marker.length) : text).split(' ').filter(Boolean);
  const isQuery = isMarked || parts.length > 1 || /^(any_tag|exclude_tag|provider_type|strategy):/.test(text);
  if (!isQuery) return { kind: 'name', name: text };
  const query: TagQuery = structuredClone(emptyQuery);
  for (const part of parts) {
    const [name = '', value = ''] = part.split(/:(.*)/s);
    const list = terms[name];
    if (name === 'strategy') query.strategy = value;
    else if (list) query[list].push(...value.split(','));
    else return { kind: 'name', name: text };
  }
  return { kind: 'query', query };
}

/** The other way, for the URL. */
export function targetText(target: Target): string {
  if (target.kind === 'name') return target.name;
  const { query } = target;
  const lists = Object.entries(terms).flatMap(([name, list]) => query[list].map((value) => `${name}:${value}`));
  return marker + [...lists, ...(query.strategy ? [`strategy:${query.strategy}`] : [])].join(' ');
}
