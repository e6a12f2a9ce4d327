import { queryOptions } from '@tanstack/react-query';
import { answerOf, api } from '../client';

/** Everything that may stand as `model`: models, aliases and pairs that the caller may call. */
export function callableQuery() {
  return queryOptions({
    queryKey: ['callable'],
    queryFn: ({ signal }) => answerOf(api.GET('/v1/models', { signal })),
    staleTime: 30_000,
  });
}
