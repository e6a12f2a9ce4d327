import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answerOf, api } from '../client';
import type { paths } from '../schema.gen';

export type InvocationsQuery = NonNullable<paths['/monitor/invocations']['get']['parameters']['query']>;

/** One page of calls, newest first. */
export function invocationsQuery(query: InvocationsQuery) {
  return queryOptions({
    queryKey: ['invocations', query],
    queryFn: ({ signal }) => answerOf(api.GET('/monitor/invocations', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });
}
