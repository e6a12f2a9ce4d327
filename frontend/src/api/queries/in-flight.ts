import { queryOptions } from '@tanstack/react-query';
import { answerOf, api } from '../client';

export function inFlightQuery() {
  return queryOptions({
    queryKey: ['in-flight'],
    queryFn: ({ signal }) => answerOf(api.GET('/monitor/in-flight', { signal })),
    refetchInterval: 3000,
  });
}

/** Ends a call as if its client had left. */
export async function cancelCall(requestId: string): Promise<void> {
  await answerOf(api.DELETE('/monitor/in-flight/{request_id}', { params: { path: { request_id: requestId } } }));
}
