import { queryOptions } from '@tanstack/react-query';
import { answerOf, api } from '../client';
import { Problem } from '../problem';
import { callQuery } from './invocations';

/** The record of a call that has just ended. It is on disk a moment later, so it is looked for a few times. */
export function recordedCallQuery(requestId: string) {
  return queryOptions({
    queryKey: ['recorded-call', requestId],
    queryFn: async ({ signal, client }) => {
      const query = { request_id: requestId, limit: 1 };
      const { items } = await answerOf(api.GET('/monitor/invocations', { params: { query }, signal }));
      const [item] = items;
      if (!item) throw new Problem('this call is not recorded', 404, 'not_recorded', requestId);
      return client.fetchQuery(callQuery(item.id));
    },
    retry: (failures, error) =>
      failures < 6 && error instanceof Problem && (error.status === 404 || error.status >= 502),
    retryDelay: (failures) => Math.min(2000, 150 * 2 ** failures),
    staleTime: 'static',
  });
}
