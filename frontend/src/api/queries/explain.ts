import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answerOf, api, type Schemas } from '../client';

/** The candidates of a request; no model is called. */
export function explainQuery(body: Schemas['ExplainRequest']) {
  return queryOptions({
    queryKey: ['explain', body],
    queryFn: ({ signal }) => answerOf(api.POST('/route/explain', { body, signal })),
    placeholderData: keepPreviousData,
    // Health and limits change it.
    staleTime: 5000,
    gcTime: 30_000,
  });
}
