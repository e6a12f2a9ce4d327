import { queryOptions } from '@tanstack/react-query';
import { answerOf, api, type Schemas } from '../client';
import { figuresKey } from './figures';

export interface SessionCalls {
  first: Schemas['InvocationView'];
  last: Schemas['InvocationView'];
  sums: Schemas['Figures'];
}

/** The whole session, whatever the page's range: its ends, and what its calls come to. None where no call is kept. */
export function sessionCallsQuery(id: string) {
  const end = (isLast: boolean, signal: AbortSignal) =>
    answerOf(
      api.GET('/monitor/invocations', {
        params: { query: { session_id: id, limit: 1, order_by: 'started_at', order_desc: isLast } },
        signal,
      }),
    );
  return queryOptions({
    queryKey: [figuresKey, 'session', id],
    queryFn: async ({ signal }): Promise<SessionCalls | null> => {
      const [{ items: firsts }, { items: lasts }] = await Promise.all([end(false, signal), end(true, signal)]);
      const [first, last] = [firsts[0], lasts[0]];
      if (!first || !last) return null;
      const query = { session_id: id, start_time: first.started_at, end_time: last.started_at };
      const { overall } = await answerOf(api.GET('/monitor/statistics', { params: { query }, signal }));
      return { first, last, sums: overall };
    },
  });
}
