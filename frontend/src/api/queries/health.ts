import { queryOptions } from '@tanstack/react-query';
import { answerOf, api } from '../client';

export function healthQuery() {
  return queryOptions({
    queryKey: ['health'],
    queryFn: ({ signal }) => answerOf(api.GET('/health/detail', { signal })),
    refetchInterval: 5000,
  });
}
