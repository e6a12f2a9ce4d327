import { keepPreviousData, queryOptions } from '@tanstack/react-query';
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
