/** A request as a person writes it: texts of fields, not yet JSON. */
export interface Draft {
  system: string;
  messages: DraftMessage[];
  /** JSON texts; blank is none. */
  tools: string;
  responseFormat: string;
  /** Any other member of the request, as one JSON object. */
  more: string;
  parameters: Record<Parameter, string>;
  isStreamed: boolean;
}

export const roles = ['user', 'assistant', 'tool', 'developer'] as const;
export type Role = (typeof roles)[number];

export interface DraftMessage {
  id: string;
  role: Role;
  text: string;
  /** URLs; those from a file are `data:`. */
  images: string[];
  /** Parts that are neither text nor image, and members beside role and content, such as `tool_calls`. */
  parts: unknown[];
  rest: Record<string, unknown>;
}

export const parameters = [
  'temperature',
  'top_p',
  'max_tokens',
  'seed',
  'presence_penalty',
  'frequency_penalty',
  'stop',
  'reasoning_effort',
] as const;
export type Parameter = (typeof parameters)[number];

/** What a request is for: a name as `model`, or a query over tags. */
export type Target = { kind: 'name'; name: string } | { kind: 'query'; query: TagQuery };

export interface TagQuery {
  all: string[];
  any: string[];
  none: string[];
  providerTypes: string[];
  strategy: string;
}

export const strategies = [
  'priority',
  'weighted',
  'round_robin',
  'least_latency',
  'least_cost',
  'least_busy',
  'sticky',
] as const;

export const emptyQuery: TagQuery = { all: [], any: [], none: [], providerTypes: [], strategy: '' };

export function newMessage(role: Role = 'user', text = ''): DraftMessage {
  return { id: crypto.randomUUID?.() ?? String(Math.random()), role, text, images: [], parts: [], rest: {} };
}

export function emptyDraft(): Draft {
  return {
    system: '',
    messages: [newMessage()],
    tools: '',
    responseFormat: '',
    more: '',
    parameters: Object.fromEntries(parameters.map((name) => [name, ''])) as Draft['parameters'],
    isStreamed: true,
  };
}

/** As one word for lists and titles. */
export function targetLabel(target: Target): string {
  if (target.kind === 'name') return target.name;
  const { all, any, none } = target.query;
  const terms = [...all, ...(any.length ? [any.join('|')] : []), ...none.map((tag) => `!${tag}`)];
  return `tag:${terms.join(',') || '*'}`;
}
