import { queryOptions } from '@tanstack/react-query';
import { answerOf, api } from '../client';

export function inFlightQuery() {
  return queryOptions({
    queryKey: ['in-flight'],
    queryFn: ({ signal }) => answerOf(api.GET('/monitor/in-flight', { signal })),
    refetchInterval: 3000,
  });
}
