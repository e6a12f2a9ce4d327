/** Why a request came to nothing, and what a person can do about it. */
export interface Failure {
  kind: 'refused' | 'in_stream' | 'cut' | 'unreachable';
  /** 0 where there was no answer. */
  status: number;
  code: string;
  message: string;
  /** Seconds. */
  retryAfter: number | undefined;
  /** Another attempt with the same request may succeed. */
  isWorthRetrying: boolean;
  requestId: string | undefined;
}

type Json = Record<string, unknown>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** From an answer's body: OpenAI's form, the router's own, or an event of a stream that had begun. */
export function failureOf(status: number, body: unknown, headers?: Headers): Failure {
  const whole = isObject(body) ? body : {};
  const inner = isObject(whole.error) ? whole.error : whole;
  const text = (...values: unknown[]): string => values.find((value) => typeof value === 'string' && value) as string;
  const after = Number(headers?.get('retry-after') ?? Number.NaN);
  return {
    kind: headers ? 'refused' : 'in_stream',
    status,
    code: text(inner.code, inner.type, '') ?? '',
    message: text(inner.message, inner.detail, `HTTP ${status}`),
    retryAfter: Number.isFinite(after) ? after : undefined,
    isWorthRetrying:
      headers?.get('x-should-retry') !== 'false' && (status === 429 || status === 408 || status >= 500 || !headers),
    requestId: text(inner.request_id, headers?.get('x-request-id')) || undefined,
  };
}

export function unreachable(cause: unknown): Failure {
  const message = cause instanceof Error ? cause.message : String(cause);
  return { ...none, kind: 'unreachable', code: '', message };
}

/** The stream ended without its last event. */
export function cut(cause?: unknown): Failure {
  return { ...none, kind: 'cut', code: '', message: cause instanceof Error ? cause.message : '' };
}

const none = { status: 0, retryAfter: undefined, isWorthRetrying: true, requestId: undefined };

/** What to do: a key of texts, and the page where it is done. */
export interface Advice {
  text: keyof typeof advices | 'unreachable' | 'cut' | 'wait' | 'other';
  page?: 'models' | 'providers' | 'keys' | 'routing' | 'configuration';
}

const advices = {
  invalid_request: {},
  model_required: {},
  upstream_rejected_request: {},
  budget_exceeded: { page: 'keys' },
  model_not_allowed: { page: 'keys' },
  model_not_found: { page: 'models' },
  no_matching_model: { page: 'models' },
  upstream_not_found: { page: 'providers' },
  request_too_large: {},
  rate_limit_exceeded: { page: 'models' },
  concurrency_limit_exceeded: { page: 'models' },
  tokens_per_minute_exceeded: { page: 'models' },
  upstream_rate_limited: { page: 'providers' },
  upstream_quota_exhausted: { page: 'providers' },
  upstream_refused_key: { page: 'providers' },
  upstream_billing: { page: 'providers' },
  upstream_unreachable: { page: 'providers' },
  upstream_timeout: { page: 'providers' },
  no_healthy_model: { page: 'providers' },
  no_usable_model: { page: 'providers' },
  provider_busy: { page: 'providers' },
  deadline_exceeded: { page: 'configuration' },
  loop_detected: { page: 'providers' },
  cancelled: {},
  shutting_down: {},
  internal_error: {},
} as const satisfies Record<string, { page?: Advice['page'] }>;

export function adviceFor(failure: Pick<Failure, 'kind' | 'code' | 'retryAfter' | 'isWorthRetrying'>): Advice {
  const { kind, code, retryAfter, isWorthRetrying } = failure;
  if (kind === 'unreachable' || kind === 'cut') return { text: kind };
  const known = Object.entries(advices).find(([name]) => name === code);
  if (known) return { text: known[0] as keyof typeof advices, ...known[1] };
  return { text: retryAfter !== undefined ? 'wait' : isWorthRetrying ? 'other' : 'invalid_request' };
}
