import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answerOf, api, type Schemas } from '../client';

export type ExplainRequest = Schemas['ExplainRequest'];

/** The candidates that a request would have now; no model is called. */
export function explainQuery(body: ExplainRequest) {
  return queryOptions({
    queryKey: ['explain', body],
    queryFn: ({ signal }) => answerOf(api.POST('/route/explain', { body, signal })),
    placeholderData: keepPreviousData,
    staleTime: 5000,
    retry: false,
  });
}

/** What a client may name: models by their ids, and the aliases and pairs of the router. */
export function namesQuery() {
  return queryOptions({
    queryKey: ['names'],
    queryFn: ({ signal }) => answerOf(api.GET('/v1/models', { signal })),
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  });
}
