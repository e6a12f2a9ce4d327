import type { FilterSearch } from '@/lib/search';
import type { paths } from './schema.gen';

type ListQuery = NonNullable<paths['/monitor/invocations']['get']['parameters']['query']>;

/** The filters that lists, sums, series, facets, the live stream and exports share. */
export type FilterQuery = Pick<
  ListQuery,
  | 'status'
  | 'model_name'
  | 'provider_name'
  | 'api_key_id'
  | 'tag'
  | 'error_code'
  | 'http_status'
  | 'endpoint'
  | 'request_id'
  | 'session_id'
  | 'min_duration_ms'
  | 'min_cost'
  | 'min_attempts'
  | 'unpriced'
  | 'q'
>;

const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `2s`, `500ms`, `1.5m`; a bare number is in seconds. */
export function readDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)?$/.exec(text.trim());
  return match ? Number(match[1]) * (units[match[2] ?? 's'] ?? 1000) : undefined;
}

function readNumber(text: string | undefined): number | undefined {
  const value = Number(text?.replace('$', ''));
  return text && Number.isFinite(value) && value >= 0 ? value : undefined;
}

/** `openai/gpt-6` names both, `openai/*` a provider, `gpt-6` a model of whichever provider. */
export function readModel(text: string): { provider_name?: string; model_name?: string } {
  const slash = text.indexOf('/');
  if (slash < 0) return { model_name: text };
  const [provider_name, model_name] = [text.slice(0, slash), text.slice(slash + 1)];
  return model_name === '*' || model_name === '' ? { provider_name } : { provider_name, model_name };
}

/** The filters of the URL as the API takes them. */
export function filterQuery(search: FilterSearch): FilterQuery {
  const {
    status,
    model,
    provider,
    key,
    tag,
    error,
    endpoint,
    duration,
    cost,
    attempts,
    unpriced,
    request,
    session,
    q,
  } = search;
  const isHttp = error !== undefined && /^\d{3}$/.test(error);
  const all: FilterQuery = {
    status,
    provider_name: provider,
    ...(model ? readModel(model) : {}),
    // The API takes a key's name as well as its id.
    api_key_id: key,
    tag,
    error_code: isHttp ? undefined : error,
    http_status: isHttp ? Number(error) : undefined,
    endpoint,
    min_duration_ms: duration === undefined ? undefined : readDuration(duration),
    min_cost: readNumber(cost),
    min_attempts: attempts === undefined ? undefined : (readNumber(attempts) ?? 0) + 1,
    unpriced: unpriced === '1' || undefined,
    request_id: request,
    session_id: session,
    q,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
