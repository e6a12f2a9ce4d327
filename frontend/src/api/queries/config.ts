import { queryOptions } from '@tanstack/react-query';
import { answerOf, api } from '../client';

export function configStatusQuery() {
  return queryOptions({
    queryKey: ['config', 'status'],
    queryFn: ({ signal }) => answerOf(api.GET('/config/status', { signal })),
    refetchInterval: 10_000,
  });
}
