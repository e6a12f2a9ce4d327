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

/** All that a call can name as its model, which models that leads to, and what is tried after these. */
export function targetsQuery() {
  return queryOptions({
    queryKey: ['targets'],
    queryFn: ({ signal }) => answerOf(api.GET('/route/targets', { signal })),
    placeholderData: keepPreviousData,
    staleTime: 5000,
  });
}
