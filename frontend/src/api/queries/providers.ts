import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answerOf, api } from '../client';

export function providersQuery() {
  return queryOptions({
    queryKey: ['providers'],
    queryFn: ({ signal }) => answerOf(api.GET('/providers', { signal })),
    placeholderData: keepPreviousData,
  });
}
