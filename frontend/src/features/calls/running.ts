import type { Schemas } from '@/api/client';
import { readModel } from '@/api/filters';
import type { FilterSearch } from '@/lib/search';

export type Running = Schemas['InFlightView'];

/** A call that has just begun mostly ends before one could read its line. */
const leastAgeMs = 500;

// What a call will have come to is not known while it runs.
const onlyAtTheEnd = ['status', 'tag', 'error', 'duration', 'cost', 'attempts', 'unpriced', 'q'] as const;

/** The calls in flight that the filters of the list let through. */
export function matching(calls: readonly Running[], search: FilterSearch): readonly Running[] {
  if (onlyAtTheEnd.some((name) => search[name] !== undefined)) return [];
  const wanted = search.model === undefined ? {} : readModel(search.model);
  const provider = search.provider ?? wanted.provider_name;
  const isKey = (call: Running): boolean =>
    search.key === undefined || (search.key === '0' ? !call.api_key : call.api_key === search.key);
  return calls.filter(
    (call) =>
      (provider === undefined || call.provider_name === provider) &&
      (wanted.model_name === undefined || call.model_name === wanted.model_name) &&
      (search.endpoint === undefined || call.endpoint === search.endpoint) &&
      (search.request === undefined || call.request_id === search.request) &&
      (search.session === undefined || call.session_id === search.session) &&
      isKey(call),
  );
}

export interface RunningLine {
  call: Running;
  ageMs: number;
  state: 'routing' | 'waiting' | 'streaming';
}

/** The oldest first, with their clocks. */
export function runningLines(calls: readonly Running[], now: number): RunningLine[] {
  return calls
    .map((call) => ({ call, ageMs: Math.max(0, now - Date.parse(call.started_at)), state: stateOf(call) }))
    .filter(({ ageMs }) => ageMs >= leastAgeMs)
    .sort((a, b) => b.ageMs - a.ageMs);
}

function stateOf(call: Running): RunningLine['state'] {
  if (call.first_token_at) return 'streaming';
  return call.model_name ? 'waiting' : 'routing';
}
