import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answerOf, api, type Schemas } from '../client';
import type { paths } from '../schema.gen';

export type InvocationsQuery = NonNullable<paths['/monitor/invocations']['get']['parameters']['query']>;

/** What a call was counted with; dollars per million tokens. */
export type CallPrice = Schemas['CallPrice'];

export type CallDetail = Schemas['InvocationDetail'];

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
    queryFn: ({ signal }) => answerOf(api.GET('/monitor/invocations/{id}', { params: { path: { id } }, signal })),
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
