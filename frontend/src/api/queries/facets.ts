import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answerOf, api } from '../client';
import type { paths } from '../schema.gen';

export type FacetsQuery = NonNullable<paths['/monitor/facets']['get']['parameters']['query']>;

/** Names with counts, for the suggestions of the filter bar. */
export function facetsQuery(query: FacetsQuery) {
  return queryOptions({
    queryKey: ['facets', query],
    queryFn: ({ signal }) => answerOf(api.GET('/monitor/facets', { params: { query }, signal })),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });
}
