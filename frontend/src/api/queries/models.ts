import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answerOf, api } from '../client';

export function modelsQuery() {
  return queryOptions({
    queryKey: ['models'],
    queryFn: ({ signal }) => answerOf(api.GET('/models', { params: { query: { include_inactive: true } }, signal })),
    placeholderData: keepPreviousData,
  });
}
