import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answerOf, api } from '../client';
import type { paths } from '../schema.gen';

export type EventsQuery = NonNullable<paths['/events']['get']['parameters']['query']>;

export function eventsQuery(query: EventsQuery) {
  return queryOptions({
    queryKey: ['events', query],
    queryFn: ({ signal }) => answerOf(api.GET('/events', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });
}

/** The journal, newest first, of the kinds named; all of them where none is. */
export function journalQuery(kinds: readonly string[], subject: string | undefined) {
  const kind = kinds.join(',') || undefined;
  return infiniteQueryOptions({
    queryKey: ['events', 'journal', { kind, subject }],
    queryFn: ({ pageParam, signal }) => {
      const query = { kind, subject, before: pageParam ?? undefined, limit: 50 };
      return answerOf(api.GET('/events', { params: { query }, signal }));
    },
    initialPageParam: null as number | null,
    getNextPageParam: ({ next_before }) => next_before,
    placeholderData: keepPreviousData,
  });
}
