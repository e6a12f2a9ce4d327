import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answerOf, api, type Schemas } from '../client';
import type { paths } from '../schema.gen';

export type InvocationsQuery = NonNullable<paths['/monitor/invocations']['get']['parameters']['query']>;

/** What a call was counted with; dollars per million tokens. */
export interface CallPrice {
  input_per_1m: number | null;
  cached_per_1m: number | null;
  cache_write_per_1m: number | null;
  output_per_1m: number | null;
  reasoning_per_1m: number | null;
  source: string;
  as_of: string | null;
}

/** The document leaves the trace open and gives the price the type of another one. */
export interface CallDetail extends Omit<Schemas['InvocationDetail'], 'route' | 'timings' | 'price'> {
  route: Schemas['RouteTrace'] | null;
  timings: Schemas['Timings'] | null;
  price: CallPrice | null;
}

/** One page of calls, newest first. */
export function invocationsQuery(query: InvocationsQuery) {
  return queryOptions({
    queryKey: ['invocations', query],
    queryFn: ({ signal }) => answerOf(api.GET('/monitor/invocations', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });
}

/**
 * Calls page by page. What is loaded stays as it is: the live stream brings what is new, and a list of a hundred
 * thousand rows is not asked for again.
 */
export function callsQuery(query: InvocationsQuery, generation: number) {
  return infiniteQueryOptions({
    queryKey: ['calls', query, generation],
    queryFn: ({ pageParam, signal }) =>
      answerOf(
        api.GET('/monitor/invocations', { params: { query: { ...query, cursor: pageParam ?? undefined } }, signal }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
    staleTime: 'static',
    gcTime: 0,
    structuralSharing: false,
    placeholderData: keepPreviousData,
  });
}

/** One call with its bodies; it never changes. */
export function callQuery(id: number) {
  return queryOptions({
    queryKey: ['call', id],
    queryFn: async ({ signal }) =>
      (await answerOf(
        api.GET('/monitor/invocations/{id}', { params: { path: { id } }, signal }),
      )) as unknown as CallDetail,
    staleTime: 'static',
    gcTime: 60_000,
    structuralSharing: false,
  });
}

/** The first call that is still in the call log. */
export function oldestCallQuery() {
  return queryOptions({
    ...invocationsQuery({ limit: 1, order_by: 'started_at', order_desc: false }),
    staleTime: 60_000,
    select: ({ items }: Schemas['InvocationList']) => items[0] ?? null,
  });
}
