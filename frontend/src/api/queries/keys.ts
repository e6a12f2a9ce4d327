import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answerOf, api } from '../client';

export function keysQuery() {
  return queryOptions({
    queryKey: ['keys'],
    queryFn: ({ signal }) => answerOf(api.GET('/api-keys', { signal })),
    placeholderData: keepPreviousData,
  });
}
